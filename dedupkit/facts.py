"""What a run did, in numbers: ``facts.json``, from which reports are rendered."""

from __future__ import annotations

import itertools
import platform
from bisect import bisect_right
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.language import ABSTENTIONS, count_abstentions
from dedupkit.quality import status_of
from dedupkit.record import IN_CLEAN, KEPT, QUARANTINED, TEXT_COLUMNS, VERDICTS
from dedupkit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dedupkit.config import Settings
    from dedupkit.dumps import Parsed
    from dedupkit.dumps.files import Skipped
    from dedupkit.matches import Marked, Similarities
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


class Clusters(NamedTuple):
    """What clusters a run found.

    Attributes:
        sizes: How many clusters there are of each number of records.
        largest: How many records the largest holds, and its name; of several the first name.
        copies: How many records of a source are dropped for one of another source, or of the base (None).
    """

    sizes: Counter[int]
    largest: tuple[int, str]
    copies: Counter[tuple[str, str | None]]


class Tally(NamedTuple):
    """Counts of records, or of a part of them; those of several parts add up.

    Attributes:
        of_values: How often each value occurs: of ``verdict``, ``kind`` (of repairs), ``language``, ``note``, ``rule``;
            ``repaired``; ``records`` and ``dropped`` by source; ``before`` and ``after`` (bars of lengths) by column.
        clusters: See there.
    """

    of_values: dict[str, Counter[Any]]
    clusters: Clusters


def gather_facts(
    parsed: Parsed,
    marked: Marked,
    judged: tuple[Suite, Sequence[Check]],
    settings: Settings,
) -> dict[str, Any]:
    """Count every stage. No clocks and no paths of the machine: equal runs give equal facts."""
    tally = Tally(
        count_values(marked.records) | {"rule": Counter(counts(marked.pairs["rule"]))},
        count_clusters(marked.records),
    )
    matching = Matching(marked.held, marked.candidates, marked.candidates_cut, marked.similarities)
    reading = Reading([source.as_dict() for source in parsed.sources], parsed.skipped, parsed.unparsed.height)
    return to_facts(reading, tally, matching, judged, settings)


class Reading(NamedTuple):
    """What was read: facts of each source, what was passed over, and how many lines are in no record."""

    sources: list[dict[str, Any]]
    skipped: Sequence[Skipped]
    unparsed: int


class Matching(NamedTuple):
    """What was compared: records held by the base, pairs that were compared and that were not, their similarities."""

    held: int
    candidates: int
    candidates_cut: int
    similarities: Similarities


def to_facts(
    reading: Reading,
    tally: Tally,
    matching: Matching,
    judged: tuple[Suite, Sequence[Check]],
    settings: Settings,
) -> dict[str, Any]:
    """What ``facts.json`` holds."""
    suite, checks = judged
    found = tally.of_values
    verdicts = dict.fromkeys(VERDICTS, 0) | in_order(found["verdict"])
    kept, quarantined = verdicts[KEPT], verdicts[QUARANTINED]
    read = found["verdict"].total()
    return {
        "schema": SCHEMA,
        "counts": {
            "lines": sum(source["lines"] or 0 for source in reading.sources),
            "read": read,
            "repaired": found["repaired"].total(),
            "kept": kept,
            "quarantined": quarantined,
            "dropped": read - kept - quarantined,
            "held": matching.held,
            "unparsed": reading.unparsed,
            "pairs": found["rule"].total(),
            "clusters_with_duplicates": sum(
                count for size, count in tally.clusters.sizes.items() if size > 1
            ),
            "compared": matching.candidates,
            "not_compared": matching.candidates_cut,
        },
        "verdicts": verdicts,
        "sources": reading.sources,
        "skipped": [skipped._asdict() for skipped in reading.skipped],
        "repairs": in_order(found["kind"]),
        "languages": in_order(found["language"]),
        "languages_not_named": {kind: found["note"][kind] for kind in ABSTENTIONS.values()},
        "warnings": _warnings(tally, matching.candidates, matching.candidates_cut),
        "rules": in_order(found["rule"]),
        "cluster_sizes": _in_words(tally.clusters.sizes),
        "copies": _most_copies(tally.clusters.copies),
        "lengths": {
            column: {
                "step": _STEPS[column],
                **{
                    when: [found[f"{when} {column}"][bar] for bar in range(_BARS)]
                    for when in ("before", "after")
                },
            }
            for column in TEXT_COLUMNS
        },
        "similarities": matching.similarities.as_dict(),
        "expectations": {
            "suite": suite.name,
            "sha256": suite.sha256,
            "status": status_of(checks),
            "checks": [check.as_dict() for check in checks],
        },
        "settings": settings.as_dict(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Versions of all that may change a result."""
    own = {"dedupkit": VERSION, "python": ".".join(platform.python_version_tuple()[:2])}
    return own | {name: version(name) for name in _LIBRARIES}


def count_values(records: pl.DataFrame) -> dict[str, Counter[Any]]:
    """What ``Tally.of_values`` holds, but for rules.

    Args:
        records: Reads ``source``, ``verdict``, ``duplicate_of``, ``repairs``, ``language``, ``language_note``, and the
            texts as read and repaired.
    """
    found = {
        "verdict": Counter(counts(records["verdict"])),
        "repaired": Counter(repaired=int(records.select(pl.col("repairs").list.len().gt(0).sum()).item())),
        "kind": Counter(counts(_repair_kinds(records))),
        "language": Counter(counts(records["language"].fill_null(""))),
        "note": Counter(count_abstentions(records["language_note"])),
        **_of_sources(records),
    }
    is_clean = records["verdict"].is_in(IN_CLEAN)
    for column, raw in TEXT_COLUMNS.items():
        found[f"before {column}"] = _bars(records[raw], _STEPS[column])
        found[f"after {column}"] = _bars(records[column].filter(is_clean), _STEPS[column])
    return found


def _of_sources(records: pl.DataFrame) -> dict[str, Counter[Any]]:
    """How many records each source has, in the order of their first, and how many it loses to others."""
    sources = records if "source" in records.columns else records.clear().with_columns(source=pl.lit(""))
    told = sources.group_by("source", maintain_order=True).agg(
        records=pl.len(), dropped=pl.col("duplicate_of").is_not_null().sum()
    )
    every: Counter[Any] = Counter(dict(told.select("source", "records").iter_rows()))
    lost: Counter[Any] = Counter(dict(told.select("source", "dropped").iter_rows()))
    every[None], lost[None] = records.height, int(records["duplicate_of"].is_not_null().sum())  # of all
    return {"records": every, "dropped": lost}


def count_clusters(records: pl.DataFrame) -> Clusters:
    """Count clusters by size, and copies by source.

    Args:
        records: Reads ``cluster``, ``duplicate_of`` and, where there are, ``record_id`` and ``source``.
    """
    largest = (0, "")
    sizes = records.group_by("cluster").len()
    if records.height:
        cluster, size = sizes.sort("len", "cluster", descending=[True, False]).row(0)
        largest = (size, cluster)
    histogram = dict(sizes["len"].value_counts().iter_rows())
    if not {"record_id", "source"} <= set(records.columns):
        return Clusters(Counter(histogram), largest, Counter())
    dropped = records.select("source", "duplicate_of").filter(pl.col("duplicate_of").is_not_null())
    stays = records.select(duplicate_of="record_id", of="source").unique(
        "duplicate_of", keep="first", maintain_order=True
    )
    found = dropped.join(stays, on="duplicate_of", how="left").group_by("source", "of").len()
    return Clusters(
        Counter(histogram), largest, Counter({(source, of): count for source, of, count in found.iter_rows()})
    )


#: Clusters of so many records and more are counted together.
_SIZES: Final = (2, 3, 4, 5, 10, 50, 500)


def _in_words(sizes: Mapping[int, int]) -> dict[str, int]:
    """How many clusters there are of 2, 3, 4, 5 to 9, ... records; those that there are none of left out.

    >>> _in_words({1: 1, 2: 2, 7: 1})
    {'2': 2, '5 to 9': 1}
    """
    words = [
        f"{low:,}" if high == low + 1 else f"{low:,} to {high - 1:,}"
        for low, high in itertools.pairwise(_SIZES)
    ]
    words.append(f"{_SIZES[-1]:,} and more")
    found = [0] * len(words)
    for size, count in sizes.items():
        if size > 1:
            found[bisect_right(_SIZES, size) - 1] += count
    return {word: count for word, count in zip(words, found, strict=True) if count}


#: Pairs of sources of which is told how many records one has copied from the other.
_MOST_COPIES: Final = 200


def _most_copies(copies: Mapping[tuple[str, str | None], int]) -> list[dict[str, Any]]:
    """Which source copies from which: ``source`` of dropped records, ``of`` whom they copy, ``records``.

    ``of`` is null where the record that stays is in the base. Those that copy most are first, 200 at most.
    """
    ordered = sorted(
        ((source, of, count) for (source, of), count in copies.items()),
        key=lambda row: (-row[2], row[0], row[1] is None, row[1] or ""),
    )
    return [{"source": source, "of": of, "records": count} for source, of, count in ordered[:_MOST_COPIES]]


#: Characters of a bar of the histograms of lengths; the last of 40 counts all longer texts.
_STEPS: Final = {"title": 10, "abstract": 100}
_BARS: Final = 40


def _bars(texts: pl.Series, step: int) -> Counter[int]:
    """Texts by length, ``step`` characters a bar, by bar; the last counts all longer ones. Blank ones are not counted."""
    sizes = texts.str.len_chars()
    bars = (sizes.filter(sizes > 0) // step).clip(0, _BARS - 1)
    return Counter(dict(bars.value_counts().iter_rows()))


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
    return _warnings(Tally(_of_sources(records), count_clusters(records)), compared, not_compared)


def _warnings(tally: Tally, compared: int, not_compared: int) -> list[str]:
    told = []
    every, lost = dict(tally.of_values["records"]), dict(tally.of_values["dropped"])
    read, gone = every.pop(None, 0), lost.pop(None, 0)
    size, cluster = tally.clusters.largest
    if size > max(_GIANT_RECORDS, _GIANT_SHARE * read):
        told.append(f"One cluster holds {size:,} records; its first is {cluster}.")
    told += [
        f"{source} loses {lost[source]:,} of its {records:,} records."
        for source, records in every.items()
        if records >= _SOURCE_RECORDS and lost[source] > _SOURCE_SHARE * records
    ]
    if gone > _REMOVAL_SHARE * read and read >= _SOURCE_RECORDS:
        told.append(f"{gone:,} of {read:,} records are dropped.")
    if not_compared:
        told.append(f"{not_compared:,} pairs in crowded buckets were not compared; {compared:,} were.")
    return told


def counts(values: pl.Series) -> dict[str, int]:
    """How often each value occurs, the most frequent first, equal ones by name; nulls left out.

    >>> counts(pl.Series(["b", "a", "b", "c", None]))
    {'b': 2, 'a': 1, 'c': 1}
    """
    return in_order(dict(values.drop_nulls().value_counts(name="count").iter_rows()))


def in_order(counted: Mapping[str, int]) -> dict[str, int]:
    """Counts, the highest first, equal ones by name."""
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
