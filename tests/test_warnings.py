"""A person is told what to look at before a result is used, and nothing where all is well."""

import polars as pl

from dedupkit.facts import warnings


def records(dropped, kept, source="a.txt"):
    """Some records of one cluster, dropped for the first, and some that are alone."""
    ids = [f"{number:016x}" for number in range(dropped + kept)]
    return pl.DataFrame(
        {
            "cluster": [ids[0]] * (dropped + 1) + ids[dropped + 1 :],
            "duplicate_of": [None] + [ids[0]] * dropped + [None] * (kept - 1),
            "source": [source] * len(ids),
        },
        schema_overrides={"duplicate_of": pl.String},
    )


def test_nothing_is_told_where_all_is_well():
    assert warnings(records(5, 95), 10, 0) == []
    assert warnings(records(0, 1), 0, 0) == []
    assert warnings(records(0, 1).clear(), 0, 0) == []


def test_a_giant_cluster_is_told():
    (told,) = warnings(records(60, 400), 10, 0)
    assert told == "One cluster holds 61 records; its first is 0000000000000000."


def test_a_source_that_loses_most_of_its_records_is_told():
    other = records(0, 200, "b.txt").with_columns(cluster=pl.lit("b") + pl.col("cluster"))
    told = warnings(pl.concat([records(15, 10), other]), 10, 0)
    assert told == ["a.txt loses 15 of its 25 records."]


def test_an_implausible_removal_rate_is_told():
    assert "45 of 100 records are dropped." in warnings(records(45, 55).drop("source"), 10, 0)


def test_pairs_that_were_not_compared_are_told():
    assert warnings(records(0, 30), 1_000, 25) == [
        "25 pairs in crowded buckets were not compared; 1,000 were."
    ]
