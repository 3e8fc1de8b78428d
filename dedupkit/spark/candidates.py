"""Which records to compare: what ``matches/candidates.py`` finds on one machine, as meetings of keys.

Each function is a stage: tasks leave what they find of their part or range in the work folder, and tell counts.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.matches.candidates import (
    MOST_SHARING_A_KEY,
    bits_for,
    bucket_pairs,
    crowded_abstracts,
    decoded,
    encoded,
    have_similar_titles,
    largest_bucket,
    many,
    recurring_titles,
    title_keys,
    unique,
    widest_window,
    word_frequencies,
)
from dedupkit.matches.notices import NOTICE
from dedupkit.progress import unwatched
from dedupkit.spark.corpus import own_whole_keys, own_words, told_keys
from dedupkit.spark.meeting import Keyed, Space, groups, meet, members
from dedupkit.spark.parcels import pack, unpack_all
from dedupkit.spark.tasks import Parcel, each, then, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray
    from pyspark.sql import SparkSession

    from dedupkit.record import Schema
    from dedupkit.spark.corpus import Corpus
    from dedupkit.spark.work import Work

#: Parts whose words one task counts: each task leaves 16 MB.
_PARTS_COUNTED: Final = 256

#: Ranges of keys at most.
_MOST_RANGES: Final = 4_096

#: Kinds of pairs: units that share an abstract, or a title; abstracts that share a band; titles that share a key.
_SAME_ABSTRACT, _SAME_TITLE, _BAND, _TITLE = range(4)

#: Of how many shingles an abstract is, up to so many, in the low bits of its title's key.
_SHINGLES_TOLD: Final = np.uint64(15)

_MARKS: Final[Schema] = {"row": pl.Int64, "kind": pl.UInt8}
_UNITS: Final[Schema] = {"row": pl.Int64, "unit": pl.Int64, "named": pl.Boolean, "fresh": pl.Boolean}
_FIRSTS: Final[Schema] = {"row": pl.Int64, "kind": pl.UInt8, "first": pl.Int64}
_PAIRS: Final[Schema] = {"kind": pl.UInt8, "code": pl.UInt64}
_EDGES: Final[Schema] = {"code": pl.UInt64, "differ": pl.Boolean}
_ROWS: Final[Schema] = {"row": pl.Int64}


class Found(NamedTuple):
    """What there is to compare; the pairs themselves lie in ``edges`` of the work folder.

    Attributes:
        pairs: How many pairs of units.
        cut: How many pairs in crowded buckets are left out.
    """

    pairs: int
    cut: int


class Candidates:
    """The stages in their order."""

    def __init__(
        self,
        session: SparkSession,
        corpus: Corpus,
        stage: Callable[[str], Callable[[int, int], None]] = unwatched,
    ) -> None:
        """Of the rows of a corpus, whose prints are there; ``stage`` opens a stage by name."""
        self._session, self._corpus, self._work, self._stage = session, corpus, corpus.work, stage
        self._ranges = max(1, min(corpus.parts, _MOST_RANGES))

    def find(self) -> Found:
        """Go through all stages."""
        self._stage("Collapsing copies")
        self._texts()
        units = self._units()
        self._distinct(units)
        self._stage("Joining bands")
        texts = self._bands()
        self._stage("Joining titles")
        titles = self._title_keys()
        self._stage("Finding candidates")
        return self._pairs(units, texts, titles)

    def _meet(
        self,
        spaces: list[Space],
        keyed_of: Callable[[int], Iterable[Keyed]],
        finish: Callable[[int, list[Keyed]], Iterable[Parcel]],
    ) -> Any:
        return meet(self._session, self._corpus, spaces, keyed_of, finish, self._ranges)

    def _texts(self) -> None:
        """Which abstracts stand under too many titles, and which titles over too many years."""
        corpus, work = self._corpus, self._work
        height = corpus.height

        def keyed(part: int) -> Iterator[Keyed]:
            rows = corpus.rows(part)
            prints = work.frame("prints", part)
            title, abstract, shingles, year = (
                prints[name].to_numpy() for name in ("title", "abstract", "shingles", "year")
            )
            title = np.where(np.isin(title, _placeholders()), np.uint64(0), title)
            given = np.flatnonzero((abstract != 0) & (abstract != NOTICE))
            few = np.minimum(shingles[given], _SHINGLES_TOLD).astype(np.uint64)
            yield Keyed(abstract[given], rows[given], title[given] & ~_SHINGLES_TOLD | few)
            titled = np.flatnonzero(title)  # undated ones are marked too
            yield Keyed(title[titled], rows[titled], year[titled].astype(np.uint64))

        def finish(place: int, found: list[Keyed]) -> Iterator[Parcel]:
            under, titled = found
            crowded = crowded_abstracts(
                pl.LazyFrame(
                    {
                        "abstract": under.keys,
                        "title": under.extra & ~_SHINGLES_TOLD,
                        "shingles": (under.extra & _SHINGLES_TOLD).astype(np.int32),
                    }
                )
            )
            recurring = recurring_titles(
                pl.LazyFrame({"title": titled.keys, "year": titled.extra.astype(np.int32)})
            )
            rows = (
                under.rows[np.isin(under.keys, crowded)],
                titled.rows[np.isin(titled.keys, recurring)],
            )
            frame = pl.concat(
                pl.DataFrame({"row": own, "kind": np.full(len(own), kind, np.uint8)}, schema=_MARKS)
                for kind, own in enumerate(rows)
            )
            yield from everywhere(corpus, place)
            yield from to_parts(corpus, place, frame)

        def keep(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
            found = received(parcels, _MARKS)
            rows = pl.Series(corpus.rows(part))
            marks = pl.DataFrame(
                {
                    name: rows.is_in(found.filter(pl.col("kind") == kind)["row"].implode())
                    for kind, name in enumerate(("crowded", "recurs"))
                }
            )
            work.save("marks", part, marks)
            keys = told_keys(work, part)
            work.save_array("abstract_keys", part, keys["abstract"].to_numpy())
            yield Parcel(part, 0, b"1")

        spaces = [Space(height), Space(height)]

        def run() -> list[bytes]:
            answers = told(then(self._meet(spaces, keyed, finish), corpus.parts, keep))
            work.join("abstract_keys", corpus.parts, "all_abstract_keys")
            return answers

        work.once("texts", run)

    def _units(self) -> dict[str, int]:
        """Equal records as units, named by their first; how many units have an abstract, and a title."""
        corpus, work, base = self._corpus, self._work, self._corpus.base

        def keyed(part: int) -> Iterator[Keyed]:
            keys, rows = told_keys(work, part), corpus.rows(part)
            some = np.flatnonzero((keys["title"] != 0) | (keys["abstract"] != 0))
            whole = own_whole_keys(keys, rows)
            signed = (keys["authors"].to_numpy() != 0).astype(np.uint64)
            yield Keyed(whole[some], rows[some], signed[some])

        def finish(place: int, found: list[Keyed]) -> Iterator[Parcel]:
            own = found[0]
            starts, sizes = groups(own.keys)
            places = members(starts, sizes)
            first = np.repeat(own.rows[starts], sizes)
            frame = pl.DataFrame({"row": own.rows[places], "unit": first, "signed": own.extra[places] > 0})
            of_unit = {
                "fresh": (pl.col("row") >= base).any().over("unit"),
                "best": pl.coalesce(
                    pl.col("row").filter(pl.col("signed")).min(), pl.col("unit").first()
                ).over("unit"),
            }
            frame = frame.with_columns(**of_unit).with_columns(named=pl.col("row") == pl.col("best"))
            yield from everywhere(corpus, place)
            yield from to_parts(corpus, place, frame, _UNITS)

        def keep(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
            found = received(parcels, _UNITS).unique("row")
            rows = pl.DataFrame({"row": corpus.rows(part)})
            units = rows.join(found, on="row", how="left", maintain_order="left").with_columns(
                pl.col("unit").fill_null(pl.col("row")),
                pl.col("named").fill_null(value=True),
                pl.col("fresh").fill_null(pl.col("row") >= base),
            )
            work.save("units", part, units)
            if base:
                work.save_array("fresh", part, units["fresh"].to_numpy())
            keys = told_keys(work, part)
            first = units["unit"] == units["row"]
            counts = {name: int((first & (keys[name] != 0)).sum()) for name in ("abstract", "title")}
            yield Parcel(part, 0, json.dumps(counts).encode())

        spaces = [Space(corpus.height)]

        def run() -> list[bytes]:
            answers = told(then(self._meet(spaces, keyed, finish), corpus.parts, keep))
            if base:
                work.join("fresh", corpus.parts, "all_fresh")
            return answers

        counts = work.once("units", run)
        return {name: sum(each_part[name] for each_part in counts) for name in ("abstract", "title")}

    def _distinct(self, units: dict[str, int]) -> None:
        """Units that share an abstract or a title, in groups that are named by their first."""
        corpus, work = self._corpus, self._work
        kinds = ("abstract", "title")
        low = [bits_for(units[kind]) for kind in kinds]

        def keyed(part: int) -> Iterator[Keyed]:
            keys, rows = told_keys(work, part), corpus.rows(part)
            first = (work.frame("units", part, ["unit"])["unit"] == pl.Series(rows)).to_numpy()
            for kind in kinds:
                own = keys[kind].to_numpy()
                some = np.flatnonzero(first & (own != 0))
                yield Keyed(own[some], rows[some], np.zeros(len(some), np.uint64))

        def finish(place: int, found: list[Keyed]) -> Iterator[Parcel]:
            firsts, buckets = [], []
            for kind, own in enumerate(found):
                starts, sizes = groups(own.keys)
                places = members(starts, sizes)
                firsts.append(
                    pl.DataFrame({"row": own.rows[places]}).with_columns(
                        kind=pl.lit(kind, pl.UInt8), first=pl.Series(np.repeat(own.rows[starts], sizes))
                    )
                )
                alike = own.keys >> np.uint64(low[kind])
                order = np.lexsort((own.rows, alike))
                buckets.append(_buckets(alike[order], own.rows[order]))
            work.save("same", place, _as_frame(buckets))
            work.save("groups", place, pl.concat(firsts))
            yield from everywhere(corpus, place)
            yield from to_parts(corpus, place, pl.concat(firsts), _FIRSTS)

        def keep(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
            found = received(parcels, _FIRSTS)
            rows = pl.DataFrame({"row": corpus.rows(part)})
            firsts = [
                rows.join(found.filter(pl.col("kind") == kind), on="row", how="left", maintain_order="left")
                .select(pl.coalesce("first", "row").alias(name))
                .to_series()
                for kind, name in enumerate(kinds)
            ]
            work.save("firsts", part, pl.DataFrame(firsts))
            keys = told_keys(work, part)
            unit = work.frame("units", part, ["unit"])["unit"] == rows["row"]
            texts = unit & (keys["abstract"] != 0) & (keys["shingles"] > 0)
            counts = {
                "members": int(texts.sum()),
                "texts": int((texts & (firsts[0] == rows["row"])).sum()),
                "titles": int((unit & (keys["title"] != 0) & (firsts[1] == rows["row"])).sum()),
            }
            yield Parcel(part, 0, json.dumps(counts).encode())

        spaces = [Space(units[kind], low[place], is_whole=True) for place, kind in enumerate(kinds)]

        def run() -> list[bytes]:
            answers = told(then(self._meet(spaces, keyed, finish), corpus.parts, keep))
            for kind in range(len(kinds)):
                self._join_groups(kind)
            return answers

        answers = work.once("distinct", run)
        self._counts = {name: sum(answer[name] for answer in answers) for name in answers[0]}

    def _join_groups(self, kind: int) -> None:
        """The members of the groups of one kind, for all tasks."""
        work = self._work
        parts = [work.frame("groups", place).filter(pl.col("kind") == kind) for place in range(self._ranges)]
        every = pl.concat(parts).sort("first", "row")
        work.save_array(f"group_firsts_{kind}", 0, every["first"].to_numpy())
        work.save_array(f"group_members_{kind}", 0, every["row"].to_numpy())

    def _told(self, name: str) -> int:
        return int(self._counts[name])

    def _bands(self) -> list[Window]:
        """Buckets of abstracts in each band; the window that each band is compared within."""
        corpus, work = self._corpus, self._work
        number = self._told("texts")
        low = bits_for(number)
        width = len(work.array("bands", 0))

        def keyed(part: int) -> Iterator[Keyed]:
            keys, rows = told_keys(work, part), corpus.rows(part)
            own = pl.Series(rows)
            first = (work.frame("firsts", part)["abstract"] == own) & (
                work.frame("units", part)["unit"] == own
            )
            some = np.flatnonzero((first & (keys["abstract"] != 0) & (keys["shingles"] > 0)).to_numpy())
            extra = np.zeros(len(some), np.uint64)
            for band in work.array("bands", part):
                yield Keyed(band[some], rows[some], extra)

        def finish(place: int, found: list[Keyed]) -> Iterator[Parcel]:
            buckets = [_buckets(own.keys, own.rows) for own in found]
            work.save("buckets", place, _as_frame(buckets))
            yield Parcel(place, 0, json.dumps([_sizes(own) for own in buckets]).encode())

        spaces = [Space(number, low)] * width
        answers = work.once("bands", lambda: told(self._meet(spaces, keyed, finish)))
        return [_window(histogram, number) for histogram in _added(answers)]

    def _title_keys(self) -> tuple[int, int]:
        """Buckets of titles that share rare words; up to which size they are followed, and what that leaves out."""
        corpus, work = self._corpus, self._work
        number = self._told("titles")
        bits = bits_for(number)
        self._count_words()

        def keyed(part: int) -> Iterator[Keyed]:
            keys, own = told_keys(work, part), pl.Series(corpus.rows(part))
            first = (work.frame("firsts", part)["title"] == own) & (work.frame("units", part)["unit"] == own)
            some = np.flatnonzero((first & (keys["title"] != 0)).to_numpy())
            frequencies = np.array(work.array("frequencies"))
            packed = title_keys(own_words(work, part), some, frequencies, bits)
            places = (packed & np.uint64((1 << bits) - 1)).astype(np.int64)
            yield Keyed(packed, corpus.first(part) + some[places], np.zeros(len(packed), np.uint64))

        def finish(place: int, found: list[Keyed]) -> Iterator[Parcel]:
            starts, sizes = groups(found[0].keys)
            few = sizes < MOST_SHARING_A_KEY  # larger ones are never followed
            own = found[0].rows[members(starts[few], sizes[few])], sizes[few]
            work.save("title_buckets", place, _as_frame([own]))
            counted = np.bincount(np.minimum(sizes, MOST_SHARING_A_KEY), minlength=MOST_SHARING_A_KEY + 1)
            yield Parcel(place, 0, json.dumps(counted.tolist()).encode())

        spaces = [Space(8 * number, bits)]
        answers = work.once("title_keys", lambda: told(self._meet(spaces, keyed, finish)))
        return largest_bucket(np.sum(answers, axis=0, dtype=np.int64), number)

    def _count_words(self) -> None:
        """How often the words of titles occur, and the words of all titles where each task finds them."""
        corpus, work = self._corpus, self._work
        tasks = -(-corpus.parts // _PARTS_COUNTED)

        def count(task: int) -> Iterator[Parcel]:
            first = task * _PARTS_COUNTED
            counted = word_frequencies(own_words(work, first))
            for part in range(first + 1, min(first + _PARTS_COUNTED, corpus.parts)):
                counted += word_frequencies(own_words(work, part))
            work.save_array("counted", task, counted)
            yield Parcel(task, 0, b"1")

        def run() -> list[bytes]:
            answers = told(each(self._session, range(tasks), count))
            counted = sum(np.array(work.array("counted", task)) for task in range(tasks))
            work.save_array("frequencies", 0, np.asarray(counted, np.int32))
            work.join("words", corpus.parts, "all_words")
            counts = [work.array("word_counts", part) for part in range(corpus.parts)]
            starts = np.concatenate([[0], np.cumsum(np.concatenate(counts), dtype=np.int64)])
            work.save_array("all_word_starts", 0, starts)
            return answers

        work.once("words", run)

    def _pairs(self, units: dict[str, int], bands: list[Window], titles: tuple[int, int]) -> Found:
        """Pairs of units, each once, at the part of the left one, and which abstracts they are compared by."""
        buckets = [self._work.frame("same", place) for place in range(self._ranges)]
        same = [
            _window(
                _added([[_sizes((None, frame["sizes"][kind].to_numpy()))] for frame in buckets])[0],
                units[name],
            )
            for kind, name in enumerate(("abstract", "title"))
        ]
        most, left_out = titles
        cut = left_out + sum(window.left_out for window in (*same, *bands))
        spreads = self._shared(
            [window.members for window in same], [window.members for window in bands], most
        )
        limits = {}
        for kind, number in ((_BAND, self._told("members")), (_TITLE, units["title"])):
            limits[kind], more = _limit(spreads[kind], many(number), self._spread_codes(kind))
            cut += more
        answers = self._edges(limits)
        return Found(sum(answer["pairs"] for answer in answers), cut)

    def _shared(self, windows: list[int], bands: list[int], most: int) -> dict[int, Counter[int]]:
        """Pairs out of buckets, to the part of the left one; how many there are by how many pairs of units they are."""
        corpus, work = self._corpus, self._work

        def offer(place: int) -> Iterator[Parcel]:
            same, own = work.frame("same", place), work.frame("buckets", place)
            codes = {
                _SAME_ABSTRACT: [_windowed(same, 0, windows[0])],
                _SAME_TITLE: [_windowed(same, 1, windows[1])],
                _BAND: [_windowed(own, band, window) for band, window in enumerate(bands)],
                _TITLE: [_windowed(work.frame("title_buckets", place), 0, most, most)],
            }
            frame = pl.concat(
                pl.DataFrame({"code": unique(some)}).select(pl.lit(kind, pl.UInt8).alias("kind"), "code")
                for kind, some in codes.items()
            )
            yield from everywhere(corpus, place)
            yield from to_parts(corpus, place, frame.with_columns(row=_left("code")), _PAIRS)

        def keep(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
            pairs = received(parcels, _PAIRS).unique().sort("kind", "code")
            left, right = decoded(pairs["code"].to_numpy())
            is_title = pairs["kind"].to_numpy() == _TITLE
            alike = np.ones(len(left), np.bool_)
            if is_title.any():
                alike[is_title] = have_similar_titles(corpus.words(), left[is_title], right[is_title])
            pairs = pairs.with_columns(spread=pl.Series(_spread(work, pairs["kind"].to_numpy(), left, right)))
            pairs = pairs.filter(pl.Series(alike))
            work.save("pairs", part, pairs)
            counts = pairs.group_by("kind", "spread").len().rows()
            yield Parcel(part, 0, json.dumps(counts).encode())

        answers = work.once(
            "pairs", lambda: told(then(each(self._session, range(self._ranges), offer), corpus.parts, keep))
        )
        spreads: dict[int, Counter[int]] = {_BAND: Counter(), _TITLE: Counter()}
        for kind, spread, count in (row for answer in answers for row in answer):
            if kind in spreads:
                spreads[kind][spread] += count
        return spreads

    def _spread_codes(self, kind: int) -> Callable[[int], NDArray[np.uint64]]:
        """The sorted pairs of one kind that are so many pairs of units."""

        def codes(spread: int) -> NDArray[np.uint64]:
            own = (pl.col("kind") == kind) & (pl.col("spread") == spread)
            parts = (self._work.frame("pairs", part).filter(own) for part in range(self._corpus.parts))
            return pl.concat([frame["code"] for frame in parts]).sort().to_numpy()

        return codes

    def _edges(self, limits: dict[int, _Limit]) -> list[dict[str, int]]:
        corpus, work, base = self._corpus, self._work, self._corpus.base

        def spread(part: int) -> Iterator[Parcel]:
            pairs = work.frame("pairs", part)
            found = []
            for kind in range(4):
                own = pairs.filter(pl.col("kind") == kind)
                codes = own["code"].to_numpy()
                if kind in limits:
                    codes = _expanded(work, kind, codes, own["spread"].to_numpy(), limits[kind])
                found.append(
                    pl.DataFrame({"code": codes}).with_columns(
                        differ=pl.Series(_differ(work, kind, codes), dtype=pl.Boolean)
                    )
                )
            frame = pl.concat(found).group_by("code").agg(pl.col("differ").any()).sort("code")
            yield Parcel(part, -1, b"")
            yield from to_parts(corpus, part, frame.with_columns(row=_left("code")), _EDGES)

        def keep(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
            edges = received(parcels, _EDGES).group_by("code").agg(pl.col("differ").any()).sort("code")
            left, right = decoded(edges["code"].to_numpy())
            edges = edges.select("differ", left=pl.Series(left), right=pl.Series(right))
            if base:
                fresh = work.array("all_fresh")
                edges = edges.filter(pl.Series(fresh[left] | fresh[right]))
            work.save("edges", part, edges)
            members_too = work.frame("units", part).filter(pl.col("unit") != pl.col("row"))
            links = pl.concat([edges.select("left", "right"), members_too.select(left="unit", right="row")])
            folder = work.path("links", part).parent
            folder.mkdir(exist_ok=True)
            with work.writing("links", part) as path:
                links.write_parquet(path)
            differing = edges.filter("differ")
            rows = pl.concat([differing["left"], differing["right"]]).unique().sort()
            yield Parcel(part, -1, b"")
            yield from to_parts(corpus, part, pl.DataFrame({"row": rows}), _ROWS)

        def want(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
            work.save("wanted", part, received(parcels, _ROWS).unique().sort("row"))
            pairs = work.frame("edges", part, ["left"]).height
            yield Parcel(part, 0, json.dumps({"pairs": pairs}).encode())

        def run() -> list[bytes]:
            spreading = each(self._session, range(corpus.parts), spread)
            return told(then(then(spreading, corpus.parts, keep), corpus.parts, want))

        return work.once("edges", run)


class _Limit(NamedTuple):
    """Which pairs are spread whole: those of fewer pairs of units, and of so many those up to a code."""

    spread: int
    code: int

    def holds(self, spread: NDArray[np.int64], codes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        whole: NDArray[np.bool_] = (spread < self.spread) | (
            (spread == self.spread) & (codes <= np.uint64(self.code))
        )
        return whole


def _spread(
    work: Work, kinds: NDArray[np.uint8], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many pairs of units pairs of abstracts or titles are."""
    spread = np.ones(len(left), np.int64)
    for kind, groups_of in ((_BAND, 0), (_TITLE, 1)):
        firsts = work.array(f"group_firsts_{groups_of}")
        own = kinds == kind
        for end in (left, right):
            sizes = np.searchsorted(firsts, end[own], "right") - np.searchsorted(firsts, end[own])
            spread[own] *= np.maximum(sizes, 1)
    return spread


def _expanded(
    work: Work, kind: int, codes: NDArray[np.uint64], spread: NDArray[np.int64], limit: _Limit
) -> NDArray[np.uint64]:
    """Pairs of abstracts or titles as pairs of units."""
    several = spread > 1
    if not several.any():
        return codes
    groups_of = 0 if kind == _BAND else 1
    firsts = work.array(f"group_firsts_{groups_of}")
    of_group = work.array(f"group_members_{groups_of}")
    left, right = decoded(codes[several])
    whole = limit.holds(spread[several], codes[several])
    ends = []
    for end in (left, right):
        start = np.searchsorted(firsts, end)
        size = np.searchsorted(firsts, end, "right") - start
        ends.append((start, np.where(whole, np.maximum(size, 1), 1), size == 0, end))
    (start, size, alone, end), (start_2, size_2, alone_2, end_2) = ends
    counts = size * size_2
    pair = np.repeat(np.arange(len(counts)), counts)
    at = np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts)
    one = _member(of_group, start[pair] + at // size_2[pair], alone[pair], end[pair])
    other = _member(of_group, start_2[pair] + at % size_2[pair], alone_2[pair], end_2[pair])
    spread_out = encoded(np.minimum(one, other), np.maximum(one, other))
    return np.concatenate([codes[~several], spread_out])


def _differ(work: Work, kind: int, codes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether both of two units have an abstract, and not the same."""
    if kind in (_BAND, _SAME_ABSTRACT):
        return np.full(len(codes), kind == _BAND)
    keys = work.array("all_abstract_keys")
    left, right = (keys[end] for end in decoded(codes))
    differ: NDArray[np.bool_] = (left != 0) & (right != 0) & (left != right)
    return differ


def _limit(
    spreads: Counter[int], most: int, codes_of: Callable[[int], NDArray[np.uint64]]
) -> tuple[_Limit, int]:
    """Up to which pairs the smallest come to ``most`` pairs of units; and how many that leaves out."""
    everything = _Limit(max(spreads, default=0) + 1, 0)
    if not spreads or max(spreads) == 1:
        return everything, 0
    done = 0
    for spread in sorted(spreads):
        count = spreads[spread]
        if done + spread * count <= most:
            done += spread * count
            continue
        fit = (most - done) // spread
        codes = codes_of(spread)
        limit = _Limit(spread, int(codes[fit - 1]) if fit else -1)
        if not fit:
            limit = _Limit(spread, 0)  # no pair has the code 0: left is before right
        left_out = sum((size - 1) * count for size, count in spreads.items() if size > spread)
        return limit, left_out + (spread - 1) * (count - fit)
    return everything, 0


def _member(
    of_group: NDArray[np.int64],
    places: NDArray[np.int64],
    alone: NDArray[np.bool_],
    firsts: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Members of groups at some places, or the one that is alone."""
    if not len(of_group):
        return firsts
    return np.where(alone, firsts, of_group[np.minimum(places, len(of_group) - 1)])


def everywhere(corpus: Corpus, place: int) -> Iterator[Parcel]:
    """Nothing to every part, from the first place: so that each part has something to keep."""
    if place == 0:
        yield from (Parcel(part, -1, b"") for part in range(corpus.parts))


def to_parts(corpus: Corpus, origin: int, frame: pl.DataFrame, schema: Any = None) -> Iterator[Parcel]:
    """Rows of a frame to the parts that its column ``row`` names, with the columns of a schema or all."""
    if not frame.height:
        return
    place = corpus.part_of(frame["row"].to_numpy())
    order = np.argsort(place, kind="stable")
    sent = frame.select(list(schema or frame.columns))[order]
    places, starts = np.unique(place[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    for part, first, last in zip(places.tolist(), starts.tolist(), ends, strict=True):
        yield Parcel(part, origin, pack(sent[first:last]))


def received(parcels: list[tuple[int, bytes]], schema: Any) -> pl.DataFrame:
    """What was sent, in the order of its origins."""
    return unpack_all((content for _, content in parcels if content), schema)


def _left(code: str) -> pl.Expr:
    return (pl.col(code) // (1 << 32)).cast(pl.Int64)


def _placeholders() -> NDArray[np.uint64]:
    from dedupkit.matches.notices import placeholder_keys  # noqa: PLC0415  cached there

    return placeholder_keys()


def _buckets(
    keys: NDArray[np.uint64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Members of buckets of two and more, one behind the other, and the sizes of the buckets."""
    starts, sizes = groups(keys)
    return rows[members(starts, sizes)], sizes


def _as_frame(buckets: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> pl.DataFrame:
    """Buckets of several spaces, a row each."""
    return pl.DataFrame(
        {
            "members": [pl.Series(rows, dtype=pl.Int64) for rows, _ in buckets],
            "sizes": [pl.Series(sizes, dtype=pl.Int64) for _, sizes in buckets],
        },
        schema={"members": pl.List(pl.Int64), "sizes": pl.List(pl.Int64)},
    )


def _sizes(buckets: tuple[NDArray[np.int64] | None, NDArray[np.int64]]) -> list[list[int]]:
    """How many buckets there are of each size."""
    sizes, counts = np.unique(buckets[1], return_counts=True)
    return [sizes.tolist(), counts.tolist()]


def _added(answers: list[list[list[list[int]]]]) -> list[Counter[int]]:
    """Histograms of all places as one, for each space."""
    added: list[Counter[int]] = [Counter() for _ in answers[0]]
    for answer in answers:
        for histogram, (sizes, counts) in zip(added, answer, strict=True):
            histogram.update(dict(zip(sizes, counts, strict=True)))
    return added


def _offered(histogram: Counter[int], window: int) -> int:
    """How many pairs buckets give within a window (``pair_kernels.bucket_pairs``)."""
    total = 0
    for size, count in histogram.items():
        reach = min(window, size - 1)
        total += count * (reach * (size - reach) + reach * (reach - 1) // 2)
    return total


class Window(NamedTuple):
    """How many members behind it each member of a bucket is compared with, and how many pairs that leaves out."""

    members: int
    left_out: int


def _window(histogram: Counter[int], number: int) -> Window:
    window = widest_window(lambda members: _offered(histogram, members), number)
    return Window(window, _offered(histogram, number) - _offered(histogram, window))


def _windowed(buckets: pl.DataFrame, space: int, window: int, most: int = 1 << 62) -> NDArray[np.uint64]:
    """Pairs of the members of each bucket of a space."""
    sizes = buckets["sizes"][space].to_numpy()
    numbers = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    packed = numbers << np.uint64(32) | buckets["members"][space].to_numpy().astype(np.uint64)
    return bucket_pairs(packed, 32, most, max(window, 0))
