"""Every regular expression of the package, and texts that are hostile to each.

Expressions that polars is given are not among them: its engine, Rust's ``regex``, is linear by construction.
"""

import ast
import importlib
import pkgutil
import re
import string
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import chain, permutations
from pathlib import Path
from re import _compiler as compiler
from re import _constants as ops
from re import _parser as parser
from typing import NamedTuple

import dedupkit

ROOT = Path(dedupkit.__file__).parent

#: What looks for an expression, and what makes one too.
METHODS = {"search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
MAKERS = METHODS | {"compile"}


class Call(NamedTuple):
    """A call of ``re`` that is given an expression as text.

    Attributes:
        module, function: Where it stands.
        method: What is called.
        pattern: What it compiles, or None where it is made of names that only the function knows.
    """

    module: str
    function: str
    method: str
    pattern: re.Pattern | None


@cache
def modules():
    """Every module of the package; those of Spark where pyspark is."""
    found = []
    for info in pkgutil.walk_packages([str(ROOT)], "dedupkit."):
        try:
            found.append(importlib.import_module(info.name))
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "pyspark":
                raise
    return tuple(found)


@cache
def tree_of(module):
    return ast.parse(Path(module.__file__).read_text(encoding="utf-8"))


def held(value, seen=None):
    """The compiled expressions in a value, and in what it holds."""
    seen = set() if seen is None else seen
    if isinstance(value, re.Pattern):
        yield value
    elif id(value) not in seen:
        seen.add(id(value))
        if isinstance(value, Mapping):
            inside = [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            inside = list(value)
        elif is_dataclass(value) and not isinstance(value, type):
            inside = [getattr(value, field.name) for field in fields(value)]
        else:
            inside = []
        for one in inside:
            yield from held(one, seen)


def handed_on():
    """Where a function of ``re`` is no call, or ``re`` has another name: what it is given then is not seen here."""
    for module in modules():
        called = {node.func for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call)}
        for node in ast.walk(tree_of(module)):
            match node:
                case ast.Attribute(value=ast.Name(id="re"), attr=method) if (
                    method in MAKERS and node not in called
                ):
                    yield f"{module.__name__}:{node.lineno}"
                case ast.ImportFrom(module="re" | "regex" | "re2"):
                    yield f"{module.__name__}:{node.lineno}"
                case ast.Import(names=names) if any(
                    (alias.name == "re" and alias.asname) or alias.name in {"regex", "re2"} for alias in names
                ):
                    yield f"{module.__name__}:{node.lineno}"


def calls():
    """Every call of ``re`` that is given an expression as text."""
    for module in modules():
        yield from _calls(module, tree_of(module), "")


def _calls(module, node, function):
    """Those below a node of a function."""
    match node:
        case ast.FunctionDef(name=name):
            function = name
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=method)) if method in MAKERS:
            yield Call(module.__name__, function, method, _evaluated(node, vars(module)))
    for child in ast.iter_child_nodes(node):
        yield from _calls(module, child, function)


def _evaluated(node, namespace):
    """What a call compiles, or None."""
    given = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
    flags = [ast.unparse(one) for one in given if ast.unparse(one).startswith("re.")]
    try:
        value = eval(ast.unparse(node.args[0]), dict(namespace))  # noqa: S307  our own source
    except NameError:
        return None
    return value if isinstance(value, re.Pattern) else re.compile(value, eval("|".join(flags) or "0"))  # noqa: S307


def asked():
    """Of each compiled expression, by its text and flags, what is asked of it: ``match``, ``fullmatch``, ``finditer``.

    The last stands for all that looks everywhere, and for what nobody knows: where a name is handed on, or a match
    is tried at place after place.
    """
    found = defaultdict(set)
    for module in modules():
        nodes = list(ast.walk(tree_of(module)))
        known = {name: list(held(value)) for name, value in list(vars(module).items())}
        told = set()  # names of which it is known what is done with them
        for node in nodes:
            match node:  # the expressions of a table, one after the other
                case (
                    ast.For(target=ast.Name(id=name), iter=ast.Name(id=table) as given)
                    | ast.comprehension(target=ast.Name(id=name), iter=ast.Name(id=table) as given)
                ) if known.get(table) and name not in known:
                    known[name] = known[table]
                    told.add(given)
        for node in nodes:
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name) as given, attr=method), args=args
                ) if method in METHODS:
                    told.add(given)
                    is_anywhere = "match" not in method or len(args) > 1
                    for pattern in known.get(name, ()):
                        found[key(pattern)].add("finditer" if is_anywhere else method)
        for node in nodes:
            match node:
                case ast.Name(id=name, ctx=ast.Load()) if node not in told:
                    for pattern in known.get(name, ()):
                        found[key(pattern)].add("finditer")
    return found


def key(pattern):
    return pattern.pattern, pattern.flags


# --- hostile texts ---

#: Characters of all kinds, from which those that an expression tells apart are taken.
CHARACTERS = (
    string.ascii_lowercase + string.ascii_uppercase + string.digits + string.punctuation + " \n\t\r\v\f\x00\x07\x08\x1b\x1f\x7f\x85\xa0"
    "éßſÀø²½′·•∙⋅×–—―‐‑‘’“”«»…†‡§¶∗✉⟨⟩∈√αΩжאعअ漢ア。、한\u0301\u20d7\u200b\u200d\u2028\u3000\ud800\uffff😀"
)  # fmt: skip

#: Texts that are hostile to many an expression, each repeated as often as there is room.
GENERIC = (
    "a", "A", "0", " ", "\n", "\t", "\\", "{", "}", "(", ")", "[", "]", "$", ".", ",", "-", "_", "'", '"', "/", "<", ">", "&", "^", "~",
    "`", "|", "…", "漢", "é", "\u0301", "a\u0301", "a ", "A ", " \n", "\n\n", "$a", "$ ", "\\a", "\\a ", "{a", "{{a", "a}", "{}", "((", "()",
    "a.", "a. ", "a,", "0.", "0,", "a-", "a'", "a_", "_{", "^{", "Aa", "AaA", "A. ", "a0", "<a", "<a ", "\\frac{", "\\frac{a}", "\\frac{a}{",
    "\\text{", "\\emph{", "\\begin{", "\\left(", "$\\alpha", "$$", "\\\\", "http://", "www.", "a@", "a@a.", "a/", "../", "&amp", "&#", "... ",
    "(see more", "[a", "a b. ", "word ", "words and ", ", and ",
)  # fmt: skip

#: What matches one character, and what repeats.
_ATOMS = frozenset([ops.LITERAL, ops.NOT_LITERAL, ops.IN, ops.ANY])
_REPEATS = frozenset([ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT])

#: How often a repeat must be able to repeat to be of interest.
_MANY = 8
_MOST_PAIRS = 7
_VARIANTS = 4


def hostile(pattern):
    """Texts that an expression may be slow on, as what is repeated in each: (head, repeated, tail).

    Made of the structure of the expression: the characters that it tells apart, alone and in pairs; what it begins
    with, so that it starts anew at each place; what each of its repeats repeats, alone, behind what leads there, and
    with what ends it.
    """
    reader = _Reader(pattern)
    units = dict.fromkeys(
        chain(reader.alphabet, map("".join, permutations(reader.alphabet[:_MOST_PAIRS], 2)))
    )
    found = dict.fromkeys(("", unit, "\x00") for unit in [*units, *GENERIC])
    for before in reader.beginnings():
        found |= dict.fromkeys([("", before, ""), ("", before, "\x00")])
    for before, body, end in reader.repeats():
        found |= dict.fromkeys([(before, body, end), ("", before + body, end), (before, body, "")])
    return [(head, unit, tail) for head, unit, tail in found if unit]


class _Reader:
    """The structure of an expression."""

    def __init__(self, pattern):
        self.is_text = isinstance(pattern.pattern, str)
        self.flags = pattern.flags
        self.tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        atoms = []
        self._atoms(self.tree, atoms, 0)
        atoms.sort(key=lambda atom: -atom[0])  # those that are repeated first
        known = list(
            dict.fromkeys(CHARACTERS + "".join(chr(item[1]) for _, item in atoms if item[0] is ops.LITERAL))
        )
        if not self.is_text:
            known = [character for character in known if ord(character) < 256]
        self.matched = {repr(item): self._matching(item, known) for _, item in atoms}
        classes = {}
        for character in known:
            told = tuple(character in self.matched[repr(item)] for _, item in atoms)
            classes.setdefault(told, character)
        ranked = sorted(classes, reverse=True)  # what the repeated ones match first
        self.alphabet = [classes[told] for told in ranked][:40]

    def _matching(self, item, known):
        single = parser.SubPattern(self.tree.state, [item])
        found = compiler.compile(single, self.flags)
        return {one for one in known if found.fullmatch(self.text(one))}

    def text(self, text):
        return text if self.is_text else text.encode("latin-1")

    def _atoms(self, tree, atoms, depth):
        for item in tree:
            op, value = item
            if op in _ATOMS:
                if all(item != other for _, other in atoms):
                    atoms.append((depth, item))
            else:
                for inside, is_repeated in _inside(op, value):
                    self._atoms(inside, atoms, depth + is_repeated)

    def characters(self, item):
        """Characters that an item matches, as many as there are variants: those of the alphabet first."""
        matched = self.matched[repr(item)]
        found = [one for one in self.alphabet if one in matched]
        return (found or sorted(matched) or [""])[:_VARIANTS]

    def sample(self, tree, variant, times=1):
        """Something that an expression matches, or nearly so, for it may look around."""
        out = []
        for op, value in tree:
            if op in _ATOMS:
                some = self.characters((op, value))
                out.append(some[variant % len(some)])
            elif op is ops.BRANCH:
                out.append(self.sample(value[1][variant % len(value[1])], variant, times))
            elif op in _REPEATS:
                low, high, body = value
                out.append(self.sample(body, variant, times) * min(max(low, times), high))
            elif op is ops.SUBPATTERN:
                out.append(self.sample(value[3], variant, times))
            elif op is ops.ATOMIC_GROUP:
                out.append(self.sample(value, variant, times))
        return "".join(out)

    def beginnings(self):
        """What the expression begins with, longer and longer, and all of it."""
        for variant in range(_VARIANTS):
            for times in (0, 1, 2):
                whole = self.sample(self.tree, variant, times)
                for length in {1, 2, 3, 5, 8, len(whole) // 2, len(whole) - 1, len(whole)}:
                    yield whole[:length]

    def repeats(self):
        """Of each repeat what leads to it, what it repeats, and what it cannot repeat."""
        for variant in range(_VARIANTS):
            yield from self._repeats(self.tree, "", variant)

    def _repeats(self, tree, before, variant):
        for place, (op, value) in enumerate(tree):
            if op in _REPEATS and value[1] >= _MANY:
                for times in (0, 1, 2):
                    body = self.sample(value[2], variant, times)
                    yield before, body, "\x00"
                    others = [one for one in self.alphabet if one not in body]
                    yield before, body, others[variant % len(others)] if others else ""
                    behind = self.sample(tree[place + 1 : place + 2], variant)
                    yield before, body + behind[:1], "\x00"
            for inside, _ in _inside(op, value):
                yield from self._repeats(inside, before, variant)
            before += self.sample([(op, value)], variant)


def _inside(op, value):
    """The expressions in an item of one, and whether they are repeated."""
    if op in _REPEATS:
        return [(value[2], value[1] >= _MANY)]
    inside = {
        ops.BRANCH: lambda: value[1],
        ops.SUBPATTERN: lambda: [value[3]],
        ops.ATOMIC_GROUP: lambda: [value],
        ops.ASSERT: lambda: [value[1]],
        ops.ASSERT_NOT: lambda: [value[1]],
        ops.GROUPREF_EXISTS: lambda: [branch for branch in value[1:] if branch],
    }.get(op, list)
    return [(one, False) for one in inside()]
