"""Many texts are repaired by several processes, and come back as one process makes them, in their order."""

import os

import polars as pl
import pytest

from dedupkit.repair import repair_column, repair_text
from dedupkit.repair.pool import Pool


def _with_process(text):
    return os.getpid(), text


MANY = [f'Schr\\"odinger number {number}  has two  spaces. ' * 100 for number in range(1_200)]

MANY_BYTES = sum(map(len, MANY))


@pytest.mark.skipif(pl.thread_pool_size() == 1, reason="one core")
def test_many_texts_are_shared_by_processes():
    with Pool(MANY_BYTES) as pool:
        found = list(pool.map(_with_process, MANY))
    assert [text for _, text in found] == MANY
    processes = {process for process, _ in found}
    assert os.getpid() not in processes
    assert len(processes) > 1


def test_few_texts_stay_in_this_process():
    with Pool(1_000) as pool:
        assert {process for process, _ in pool.map(_with_process, MANY)} == {os.getpid()}


def test_processes_repair_as_one_does():
    told = []
    repaired, changes = repair_column(pl.Series(MANY), lambda done, of: told.append((done, of)))
    assert repaired.to_list() == [repair_text(text).text for text in MANY]
    assert changes.filter(row=7).drop("row").rows() == repair_text(MANY[7]).changes
    assert told == [(1_200, 1_200)]


def _failing(text):
    if "number 900 " in text:
        raise ValueError(text[:30])
    return text


def test_an_error_in_another_process_is_raised_here():
    with Pool(MANY_BYTES) as pool, pytest.raises(ValueError, match="number 900"):
        list(pool.map(_failing, MANY))
