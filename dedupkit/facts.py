"""What a run did, in numbers: ``facts.json``, from which reports are rendered."""

from __future__ import annotations

import itertools
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.language import count_abstentions
from dedupkit.quality import status_of
from dedupkit.record import IN_CLEAN, KEPT, QUARANTINED, TEXT_COLUMNS, VERDICTS
from dedupkit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.config import Settings
    from dedupkit.dumps import Parsed
    from dedupkit.matches import Marked
    from dedupkit.quality import Check, Suite

_SLICE_ROWS: Final = 65_536

SCHEMA: Final = "dedupkit.facts/1"

#: Libraries whose version may change a result.
_LIBRARIES: Final = (
    "datasketch",
    "ftfy",
    "great-expectations",
    "langdetect",
    "polars",
    "pylatexenc",
)


def gather_facts(
    parsed: Parsed,
    marked: Marked,
    judged: tuple[Suite, Sequence[Check]],
    settings: Settings,
) -> dict[str, Any]:
    """Count every stage. No clocks and no paths of the machine: equal runs give equal facts."""
    suite, checks = judged
    records, pairs = marked.records, marked.pairs
    verdicts = dict.fromkeys(VERDICTS, 0) | counts(records["verdict"])
    kept, quarantined = verdicts[KEPT], verdicts[QUARANTINED]
    clusters = records.group_by("cluster").len().filter(pl.col("len") > 1).height
    return {
        "schema": SCHEMA,
        "counts": {
            "lines": sum(source.lines or 0 for source in parsed.sources),
            "read": records.height,
            "repaired": records.select(pl.col("repairs").list.len().gt(0).sum()).item(),
            "kept": kept,
            "quarantined": quarantined,
            "dropped": records.height - kept - quarantined,
            "held": marked.held,
            "unparsed": parsed.unparsed.height,
            "pairs": pairs.height,
            "clusters_with_duplicates": clusters,
            "compared": marked.candidates,
            "not_compared": marked.candidates_cut,
        },
        "verdicts": verdicts,
        "sources": [source.as_dict() for source in parsed.sources],
        "skipped": [skipped._asdict() for skipped in parsed.skipped],
        "repairs": counts(_repair_kinds(records)),
        "languages": counts(records["language"].fill_null("")),
        "languages_not_named": count_abstentions(records["language_note"]),
        "warnings": warnings(records, marked.candidates, marked.candidates_cut),
        "rules": counts(pairs["rule"]),
        "cluster_sizes": cluster_sizes(records),
        "copies": copies(records),
        "lengths": lengths(records),
        "expectations": {
            "suite": suite.name,
            "sha256": suite.sha256,
            "status": status_of(checks),
            "checks": [check.as_dict() for check in checks],
        },
        "settings": {name: value for name, value in settings.as_dict().items() if name != "suite"},
        "versions": {"dedupkit": VERSION, "python": ".".join(platform.python_version_tuple()[:2])}
        | {name: version(name) for name in _LIBRARIES},
    }


#: Clusters of so many records and more are counted together.
_SIZES: Final = (2, 3, 4, 5, 10, 50, 500)


def cluster_sizes(records: pl.DataFrame) -> dict[str, int]:
    """How many clusters there are of 2, 3, 4, 5 to 9, ... records; those that there are none of left out.

    >>> cluster_sizes(pl.DataFrame({"cluster": ["a", "a", "b", "c", "c"] + ["d"] * 7}))
    {'2': 2, '5 to 9': 1}
    """
    sizes = records.group_by("cluster").len()["len"]
    words = [
        f"{low:,}" if high == low + 1 else f"{low:,} to {high - 1:,}"
        for low, high in itertools.pairwise(_SIZES)
    ]
    words.append(f"{_SIZES[-1]:,} and more")
    found = sizes.filter(sizes > 1).cut(list(_SIZES[1:]), labels=words, left_closed=True)
    counted = dict(found.cast(pl.String).value_counts().iter_rows())
    return {word: counted[word] for word in words if word in counted}


#: Pairs of sources of which is told how many records one has copied from the other.
_MOST_COPIES: Final = 200


def copies(records: pl.DataFrame) -> list[dict[str, Any]]:
    """Which source copies from which: ``source`` of dropped records, ``of`` whom they copy, ``records``.

    ``of`` is null where the record that stays is in the base. Those that copy most are first, 200 at most.
    """
    dropped = records.select("source", "duplicate_of").filter(pl.col("duplicate_of").is_not_null())
    stays = records.select(duplicate_of="record_id", of="source").unique(
        "duplicate_of", keep="first", maintain_order=True
    )
    found = dropped.join(stays, on="duplicate_of", how="left").group_by("source", "of").agg(records=pl.len())
    return (
        found.sort(["records", "source", "of"], descending=[True, False, False], nulls_last=True)
        .head(_MOST_COPIES)
        .to_dicts()
    )


#: Characters of a bar of the histograms of lengths; the last of 40 counts all longer texts.
_STEPS: Final = {"title": 10, "abstract": 100}
_BARS: Final = 40


def lengths(records: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """How long texts were as read, and are in the cleaned set: for each column ``step``, ``before`` and ``after``.

    ``before`` and ``after`` count texts by length, ``step`` characters a bar; the last of the 40 bars counts all that
    are longer. What is missing or blank is not counted.
    """
    is_clean = records["verdict"].is_in(IN_CLEAN)
    return {
        column: {
            "step": _STEPS[column],
            "before": _bars(records[raw], _STEPS[column]),
            "after": _bars(records[column].filter(is_clean), _STEPS[column]),
        }
        for column, raw in TEXT_COLUMNS.items()
    }


def _bars(texts: pl.Series, step: int) -> list[int]:
    sizes = texts.str.len_chars()
    bars = (sizes.filter(sizes > 0) // step).clip(0, _BARS - 1)
    found = dict(bars.value_counts().iter_rows())
    return [found.get(bar, 0) for bar in range(_BARS)]


def _repair_kinds(records: pl.DataFrame) -> pl.Series:
    """The kind of each repair; slice by slice, for unpacked lists of all rows are large."""
    slices = records.select("repairs").iter_slices(_SLICE_ROWS)
    kinds = [batch["repairs"].explode().struct.field("kind") for batch in slices]
    return pl.concat(kinds) if kinds else pl.Series(dtype=pl.String)


#: A cluster of more records, and of more than that share of all, is looked at by a person.
_GIANT_RECORDS: Final = 50
_GIANT_SHARE: Final = 0.01

#: A source of at least so many records that loses more than that share of them to others.
_SOURCE_RECORDS: Final = 20
_SOURCE_SHARE: Final = 0.5

#: Share of all records that are dropped, above which something else than duplicates is likely the cause.
_REMOVAL_SHARE: Final = 0.4


def warnings(records: pl.DataFrame, compared: int, not_compared: int) -> list[str]:
    """What a person should look at before the result is used, a sentence each.

    A giant cluster, a source that loses most of its records, an implausible removal rate, pairs that were not
    compared.

    Args:
        records: Reads ``cluster``, ``duplicate_of`` and, where there is one, ``source``.
        compared: Pairs that were compared.
        not_compared: Pairs in crowded buckets that were not.
    """
    dropped = pl.col("duplicate_of").is_not_null()
    told = []
    largest = records.group_by("cluster").len().sort("len", "cluster", descending=[True, False])
    if records.height:
        cluster, size = largest.row(0)
        if size > max(_GIANT_RECORDS, _GIANT_SHARE * records.height):
            told.append(f"One cluster holds {size:,} records; its first is {cluster}.")
    sources = records if "source" in records.columns else records.clear().with_columns(source=pl.lit(""))
    lost = (
        sources.group_by("source", maintain_order=True)
        .agg(records=pl.len(), dropped=dropped.sum())
        .filter(pl.col("records") >= _SOURCE_RECORDS, pl.col("dropped") > _SOURCE_SHARE * pl.col("records"))
    )
    told += [f"{source} loses {gone:,} of its {size:,} records." for source, size, gone in lost.iter_rows()]
    gone = records.select(dropped.sum()).item()
    if gone > _REMOVAL_SHARE * records.height and records.height >= _SOURCE_RECORDS:
        told.append(f"{gone:,} of {records.height:,} records are dropped.")
    if not_compared:
        told.append(f"{not_compared:,} pairs in crowded buckets were not compared; {compared:,} were.")
    return told


def counts(values: pl.Series) -> dict[str, int]:
    """How often each value occurs, the most frequent first, equal ones by name; nulls left out.

    >>> counts(pl.Series(["b", "a", "b", "c", None]))
    {'b': 2, 'a': 1, 'c': 1}
    """
    counted = values.drop_nulls().value_counts(name="count").rows()
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))
