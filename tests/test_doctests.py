"""The examples in the docstrings are the specification: each of them runs."""

import doctest
import importlib
import pkgutil

import pytest

import dedupkit

MODULES = [name for _, name, _ in pkgutil.walk_packages(dedupkit.__path__, "dedupkit.")]
EXAMPLES = [
    test
    for module in map(importlib.import_module, MODULES)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module)
    if test.examples
]


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_the_examples_of_a_docstring_hold(example):
    told = []
    failed, tried = doctest.DocTestRunner(verbose=False).run(example, out=told.append)
    assert tried > 0
    assert failed == 0, "".join(told)
