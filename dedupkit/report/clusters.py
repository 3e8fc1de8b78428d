"""Duplicates as people check them: clusters from large to small, and the pairs next to the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.record import DUPLICATE_VERDICTS
from dedupkit.report.differences import Sides, side_by_side
from dedupkit.report.frames import DUPLICATES_FILE
from dedupkit.report.rows import Excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dedupkit.report.frames import Run

#: Clusters that the page shows, copies of each, and pairs on either side of the threshold.
CLUSTER_LIMIT: Final = 40
COPY_LIMIT: Final = 6
BORDER_LIMIT: Final = 12

#: How far below the threshold a pair is next to it.
_NEAR: Final = 0.2


class _Found(NamedTuple):
    """What was found of two records."""

    rule: str
    similarity: float | None
    reason: str


@dataclass(frozen=True)
class Two:
    """Two records side by side.

    Attributes:
        kept: The one that stays, or the first of a pair; None if it is not in the set.
        kept_id: Its id.
        copy: The other one.
        rule: Why they are one, or are not: a verdict, or words.
        similarity: Of their abstracts, where it was computed.
        reason: In words.
        titles, abstracts: What differs.
    """

    kept: Mapping[str, Any] | None
    kept_id: str
    copy: Mapping[str, Any]
    rule: str
    similarity: float | None
    reason: str
    titles: Sides
    abstracts: Sides


@dataclass(frozen=True)
class Cluster:
    """Records that are one.

    Attributes:
        name: The id of its first record.
        size: How many copies were dropped.
        copies: The least similar of them, each beside the record that stays.
    """

    name: str
    size: int
    copies: Sequence[Two]


def clusters_of(run: Run) -> Excerpt:
    """The clusters that lost most records first, those with the least similar copies before others; in each these first."""
    dropped = run.slim.filter(pl.col("verdict").is_in(DUPLICATE_VERDICTS))
    sizes = dropped.group_by("cluster").agg(pl.col("similarity").min(), size=pl.len())
    largest = sizes.sort(
        "size", "similarity", "cluster", descending=[True, False, False], nulls_last=True
    ).head(CLUSTER_LIMIT)
    copies = (
        dropped.join(largest, on="cluster", how="semi", nulls_equal=True)
        .sort("similarity", "row", nulls_last=True)
        .group_by("cluster", maintain_order=True)
        .head(COPY_LIMIT)
    )
    texts = run.rows([*copies["record_id"], *copies["duplicate_of"].drop_nulls()])
    by_cluster: dict[str | None, list[Two]] = {}
    for row in copies.to_dicts():
        copy = texts[row["record_id"]]
        found = _Found(row["verdict"], row["similarity"], copy["reason"] or "")
        by_cluster.setdefault(row["cluster"], []).append(_two(texts, row["duplicate_of"] or "", copy, found))
    clusters = [
        Cluster(name or "", size, by_cluster[name])
        for name, size in largest.select("cluster", "size").iter_rows()
    ]
    return Excerpt(clusters, sizes.height, DUPLICATES_FILE)


class Borderline(NamedTuple):
    """Pairs that show whether the threshold and the rules are right.

    Attributes:
        above: The verified near-duplicates of the least similarity.
        below: The pairs of the highest similarity below the threshold.
        refused: Those that a rule refused though they are as similar as duplicates.
    """

    above: list[Two]
    below: list[Two]
    refused: list[Two]


def borderline_pairs(run: Run) -> Borderline:
    """The pairs next to the threshold on both sides, and those beyond it that a rule refused."""
    above = (
        run.pairs.filter(pl.col("rule") == "near_duplicate")
        .sort("similarity", "left", "right")
        .head(BORDER_LIMIT)
        .select("left", "right", "similarity")
        .collect()
        .to_dicts()
    )
    misses = list((run.facts.get("similarities") or {}).get("near_misses") or [])
    threshold = (run.facts.get("settings") or {}).get("threshold") or 0.0
    below = [each for each in misses if threshold - _NEAR <= each["similarity"] < threshold][:BORDER_LIMIT]
    refused = [each for each in misses if each["similarity"] >= threshold][:BORDER_LIMIT]
    texts = run.rows(each[side] for each in (*above, *below, *refused) for side in ("left", "right"))

    def twos(pairs: Iterable[Mapping[str, Any]], rule: str) -> list[Two]:
        return [
            _two(
                texts,
                each["left"],
                texts[each["right"]],
                _Found(rule, each["similarity"], each.get("why") or ""),
            )
            for each in pairs
            if each["right"] in texts
        ]

    return Borderline(twos(above, "duplicates"), twos(below, "no duplicates"), twos(refused, "no duplicates"))


def _two(texts: Mapping[str, Mapping[str, Any]], kept_id: str, copy: Mapping[str, Any], found: _Found) -> Two:
    kept = texts.get(kept_id)
    one: Mapping[str, Any] = kept or {"title": None, "abstract": None}
    return Two(
        kept=kept,
        kept_id=kept_id,
        copy=copy,
        **found._asdict(),
        titles=side_by_side(one["title"], copy["title"]),
        abstracts=side_by_side(one["abstract"], copy["abstract"]),
    )
