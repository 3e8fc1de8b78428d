"""What changed between two runs: rows, verdicts, repairs, counts, and what the runs were told and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.report.rows import ROW_LIMIT, Excerpt
from dedupkit.report.verdict import COUNT_WORDS
from dedupkit.report.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dedupkit.report.frames import Run

#: Columns of ``records.parquet`` that are compared or shown.
_COMPARED: Final = ("record_id", "source", "line", "title", "repairs", "verdict", "reason")

#: Rows whose repairs are unpacked at a time: unpacked lists of all rows are large.
_SLICE_ROWS: Final = 65_536

_PLACE: Final = ("record_id", "title", "source", "line")
_REPAIR: Final = ("column", "kind", "start", "before", "after")
_FILE: Final = "records.parquet"
_EARLIER_FILE: Final = "records.parquet of the earlier run"


class CountChange(NamedTuple):
    """A count before and now, None where a run did not count it, and then no difference."""

    name: str
    before: int | None
    now: int | None
    difference: int | None

    @property
    def label(self) -> str:
        """What is counted, in words."""
        return COUNT_WORDS[self.name]


class Difference(NamedTuple):
    """A value before and now, as people read it; empty where a run has none."""

    name: str
    before: str
    now: str


class Flip(NamedTuple):
    """How many records went from one verdict to another."""

    before: str
    now: str
    records: int


class RepairChange(NamedTuple):
    """How many repairs of a kind came and went."""

    kind: str
    came: int
    went: int


class CheckChange(NamedTuple):
    """An expectation whose status changed; empty where a run did not ask it."""

    rule: str
    description: str
    before: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """What changed from an earlier run to this one.

    Attributes:
        counts: Every count of the first screen, changed or not.
        came: Records that only this run has: ``record_id``, ``title``, ``source``, ``line``.
        went: Records that only the earlier run has, the same columns.
        flips: Verdicts that changed, most frequent first.
        flipped: Their records: ``record_id``, ``title``, ``before``, ``now``, ``reason_before``, ``reason_now``.
        repair_kinds: Repairs that came or went in records of both runs, most frequent kind first.
        repairs_came: Those of this run only: ``record_id`` and the fields of ``record.REPAIR`` but ``start``.
        repairs_went: Those of the earlier run only, the same columns.
        settings: Settings that differ, and the suite.
        versions: Versions that differ.
        inputs: Sources that were added, removed or changed, as differences of their SHA-256.
        checks: Expectations whose status changed.
    """

    counts: tuple[CountChange, ...]
    came: Excerpt
    went: Excerpt
    flips: tuple[Flip, ...]
    flipped: Excerpt
    repair_kinds: tuple[RepairChange, ...]
    repairs_came: Excerpt
    repairs_went: Excerpt
    settings: tuple[Difference, ...]
    versions: tuple[Difference, ...]
    inputs: Excerpt
    checks: Excerpt

    def named(self) -> Iterator[str]:
        """The ids of the records of this run that the examples are of."""
        for excerpt in (self.came, self.flipped, self.repairs_came, self.repairs_went):
            yield from (row["record_id"] for row in excerpt.rows)

    @property
    def is_same(self) -> bool:
        """Whether nothing that is compared differs."""
        return not (
            any(count.before != count.now for count in self.counts)
            or self.came.total
            or self.went.total
            or self.flips
            or self.repair_kinds
            or self.settings
            or self.versions
            or self.inputs.total
            or self.checks.total
        )


def compare(new: Run, old: Run) -> Comparison:
    """Find what changed from ``old`` to ``new``.

    A record is known by its id, which says source, line and raw text; repairs are compared in the records that
    both runs have.

    Args:
        new: Its ``facts``, and of its records a few columns; columns and facts may be missing.
        old: The same of the earlier run.
    """
    now, before = (run.select(_COMPARED).collect(engine="streaming") for run in (new, old))
    both = _in_both(now, before)
    flips, flipped = _flips(now, before, both)
    kinds, repairs_came, repairs_went = _repairs(now, before, both)
    return Comparison(
        counts=_counts(new.facts.get("counts") or {}, old.facts.get("counts") or {}),
        came=_only_in(now, before, _FILE),
        went=_only_in(before, now, _EARLIER_FILE),
        flips=flips,
        flipped=flipped,
        repair_kinds=kinds,
        repairs_came=repairs_came,
        repairs_went=repairs_went,
        settings=_differences(_settings(new.facts), _settings(old.facts)),
        versions=_differences(new.facts.get("versions") or {}, old.facts.get("versions") or {}),
        inputs=_excerpt(_differences(_hashes(new.facts), _hashes(old.facts))),
        checks=_excerpt(_checks(new.facts, old.facts)),
    )


def _in_both(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """The records of both runs by their row numbers, ``now`` and ``before``, in the order of this run."""
    return (
        now.select("record_id")
        .with_row_index("now")
        .join(
            before.select("record_id").with_row_index("before"),
            on="record_id",
            how="inner",
            maintain_order="left",
        )
        .drop("record_id")
    )


def _only_in(these: pl.DataFrame, those: pl.DataFrame, file: str) -> Excerpt:
    """The records of one run that the other has not, in input order."""
    rows = (
        these.select("record_id")
        .with_row_index("row")
        .join(those.select("record_id"), on="record_id", how="anti", maintain_order="left")["row"]
    )
    return Excerpt(these.select(_PLACE)[rows.head(ROW_LIMIT)].to_dicts(), rows.len(), file)


def _flips(now: pl.DataFrame, before: pl.DataFrame, both: pl.DataFrame) -> tuple[tuple[Flip, ...], Excerpt]:
    """The verdicts that changed, counted, and the first records that they are of, the rarest change first."""
    verdicts = pl.DataFrame(
        {
            "row_now": both["now"],
            "row_before": both["before"],
            "before": before["verdict"].gather(both["before"]).fill_null(""),
            "now": now["verdict"].gather(both["now"]).fill_null(""),
        }
    ).filter(pl.col("before") != pl.col("now"))
    counts = verdicts.group_by("before", "now").len("count").with_columns(pl.col("count").cast(pl.Int64))
    flips = counts.sort("count", "before", "now", descending=[True, False, False])
    first = (
        verdicts.join(counts, on=["before", "now"])
        .sort("count", "before", "now", "row_now")
        .head(ROW_LIMIT)
        .drop("count")
    )
    examples = first.select(
        now["record_id"].gather(first["row_now"]),
        now["title"].gather(first["row_now"]),
        "before",
        "now",
        before["reason"].gather(first["row_before"]).alias("reason_before"),
        now["reason"].gather(first["row_now"]).alias("reason_now"),
    )
    told = tuple(Flip(*row) for row in flips.select("before", "now", "count").iter_rows())
    return told, Excerpt(examples.to_dicts(), verdicts.height, _FILE)


def _repairs(
    now: pl.DataFrame, before: pl.DataFrame, both: pl.DataFrame
) -> tuple[tuple[RepairChange, ...], Excerpt, Excerpt]:
    """The repairs that came and went in the records of both runs: by kind, and the first of each."""
    came: list[pl.DataFrame] = []
    went: list[pl.DataFrame] = []
    kinds: list[pl.DataFrame] = []
    for rows in both.iter_slices(_SLICE_ROWS):
        these, those = now["repairs"].gather(rows["now"]), before["repairs"].gather(rows["before"])
        differs = these.ne_missing(those)
        ours = _unpacked(these.filter(differs), rows["now"].filter(differs))
        theirs = _unpacked(those.filter(differs), rows["before"].filter(differs))
        for one, other, found, name in ((ours, theirs, came, "came"), (theirs, ours, went, "went")):
            only = one.join(other, on=["pair", *_REPAIR], how="anti", nulls_equal=True, maintain_order="left")
            kinds.append(only.group_by("kind").len("count").with_columns(way=pl.lit(name)))
            found.append(only.sort("row", maintain_order=True).head(ROW_LIMIT))
    if not kinds:
        return (), Excerpt([], 0, _FILE), Excerpt([], 0, _EARLIER_FILE)
    counted = (
        pl.concat(kinds)
        .group_by(pl.col("kind").fill_null(""))
        .agg(
            pl.col("count").filter(pl.col("way") == name).sum().cast(pl.Int64).alias(name)
            for name in ("came", "went")
        )
        .sort(pl.col("came") + pl.col("went"), "kind", descending=[True, False])
    )
    changes = tuple(RepairChange(*row) for row in counted.select("kind", "came", "went").iter_rows())
    return (
        changes,
        _first_repairs(now, came, sum(each.came for each in changes), _FILE),
        _first_repairs(before, went, sum(each.went for each in changes), _EARLIER_FILE),
    )


def _unpacked(repairs: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """A row for each repair: the number of its record in this slice, ``pair``, and in its run, ``row``."""
    return (
        pl.DataFrame({"row": rows, "repairs": repairs})
        .with_row_index("pair")
        .explode("repairs", empty_as_null=False, keep_nulls=False)
        .unnest("repairs")
    )


def _first_repairs(records: pl.DataFrame, found: list[pl.DataFrame], total: int, file: str) -> Excerpt:
    """The first of some repairs in the order of their records, with the ids of these."""
    first = pl.concat(found).sort("row", maintain_order=True).head(ROW_LIMIT)
    examples = first.select(records["record_id"].gather(first["row"]), "column", "kind", "before", "after")
    return Excerpt(examples.to_dicts(), total, file)


def _counts(now: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[CountChange, ...]:
    return tuple(
        CountChange(
            name,
            before.get(name),
            now.get(name),
            now[name] - before[name] if name in now and name in before else None,
        )
        for name in COUNT_WORDS
    )


def _settings(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run, and as one more its suite, which ``facts`` keeps elsewhere."""
    expectations = facts.get("expectations") or {}
    suite = (
        f"{expectations.get('suite')}, SHA-256 {expectations['sha256']}" if "sha256" in expectations else ""
    )
    return {**(facts.get("settings") or {}), **({"suite": suite} if suite else {})}


def _hashes(facts: Mapping[str, Any]) -> dict[str, str]:
    return {each["source"]: each.get("sha256") or "" for each in facts.get("sources") or []}


def _differences(now: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The values that differ, by name."""
    return tuple(
        Difference(
            name,
            plain(before[name]) if name in before else "",
            plain(now[name]) if name in now else "",
        )
        for name in sorted(now.keys() | before.keys())
        if name not in now or name not in before or now[name] != before[name]
    )


def _checks(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[CheckChange]:
    """The expectations whose status changed, in the order of the suites, those that are gone last."""
    ours, theirs = _by_rule(now), _by_rule(before)
    return [
        CheckChange(
            rule,
            str((ours.get(rule) or theirs[rule]).get("description") or ""),
            *(str(run.get(rule, {}).get("status") or "") for run in (theirs, ours)),
        )
        for rule in ours | theirs
        if ours.get(rule, {}).get("status") != theirs.get(rule, {}).get("status")
    ]


def _by_rule(facts: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {check["rule"]: check for check in (facts.get("expectations") or {}).get("checks") or []}


def _excerpt(rows: Iterable[Any]) -> Excerpt:
    """The first of what differs in the facts."""
    every = list(rows)
    return Excerpt(every[:ROW_LIMIT], len(every), "facts.json")
