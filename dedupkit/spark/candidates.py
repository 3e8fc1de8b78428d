"""Which records to compare: what ``matches/candidates.py`` finds on one machine, as meetings of keys.

Each function is a stage: tasks leave what they find of their part or range in the work folder, and tell counts.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.matches import candidates
from dedupkit.matches.candidates import (
    MANY_YEARS,
    MOST_SHARING_A_KEY,
    MOST_TITLES,
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
    told_titles,
    unique,
    widest_window,
    word_frequencies,
)
from dedupkit.matches.notices import NOTICE
from dedupkit.matches.ragged import let_go
from dedupkit.progress import unwatched
from dedupkit.spark.corpus import own_whole_keys, own_words, told_keys
from dedupkit.spark.meeting import Keyed, Space, blocks, few_of_each, groups, keyed_of_block, meet, members
from dedupkit.spark.parcels import pack, unpack_all
from dedupkit.spark.tasks import Parcel, each, then, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray
    from pyspark.sql import SparkSession

    from dedupkit.matches.ragged import Ragged
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

#: Pairs of titles that are compared at once: each brings two pages of a file into memory.
_COMPARED_AT_ONCE: Final = 1_024

#: More than any bucket holds.
_NONE: Final = 1 << 62

_MARKS: Final[Schema] = {"row": pl.Int64, "kind": pl.UInt8}
_UNITS: Final[Schema] = {"row": pl.Int64, "unit": pl.Int64, "best": pl.Int64, "fresh": pl.Boolean}
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
            title = told_titles(title)
            given = np.flatnonzero((abstract != 0) & (abstract != NOTICE))
            few = np.minimum(shingles[given], _SHINGLES_TOLD).astype(np.uint64)
            under = title[given] & ~_SHINGLES_TOLD | few
            some = few_of_each(abstract[given], under, MOST_TITLES + 2)  # a missing one is no title
            yield Keyed(abstract[given][some], rows[given][some], under[some])
            titled = np.flatnonzero(title)
            years = year[titled].astype(np.uint64)
            some = few_of_each(title[titled], years, MANY_YEARS + 1)  # nor a missing one a year
            yield Keyed(title[titled][some], rows[titled][some], years[some])

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
            prints = work.frame("prints", part, ["abstract", "title"])
            own_keys = {
                "crowded": prints["abstract"].to_numpy(),
                "recurs": told_titles(prints["title"].to_numpy()),
            }
            marks = {}
            for kind, (name, own) in enumerate(own_keys.items()):
                places = found.filter(pl.col("kind") == kind)["row"].to_numpy() - corpus.first(part)
                marks[name] = np.isin(own, own[places])  # all that have the key of one that was sent
            work.save("marks", part, pl.DataFrame(marks))
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
            own = _own_units(keys, rows)
            some = ((keys["title"] != 0) | (keys["abstract"] != 0)).alias("some")
            firsts = own.hstack([some]).filter(pl.col("row") == pl.col("unit"), pl.col("some"))
            signed = firsts.select((pl.col("best") + 1).fill_null(0).cast(pl.UInt64)).to_series()
            yield Keyed(firsts["key"].to_numpy(), firsts["row"].to_numpy(), signed.to_numpy())

        def finish(place: int, found: list[Keyed]) -> Iterator[Parcel]:
            own = found[0]  # the first of each part
            starts, sizes = groups(own.keys)
            places = members(starts, sizes)
            first = np.repeat(own.rows[starts], sizes)
            frame = pl.DataFrame({"row": own.rows[places], "unit": first, "signed": own.extra[places]})
            frame = frame.with_columns(
                fresh=(pl.col("row") >= base).any().over("unit"),
                best=pl.col("signed").filter(pl.col("signed") > 0).min().over("unit").cast(pl.Int64) - 1,
            )
            yield from everywhere(corpus, place)
            yield from to_parts(corpus, place, frame, _UNITS)

        def keep(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
            keys, rows = told_keys(work, part), corpus.rows(part)
            found = received(parcels, _UNITS).rename({"row": "first"})
            own = _own_units(keys, rows).rename({"unit": "first"})
            joined = own.join(found, on="first", how="left", maintain_order="left", suffix="_of_all")
            units = joined.select(
                "row",
                unit=pl.coalesce("unit", "first"),
                best=pl.coalesce("best_of_all", "best"),
                fresh=pl.coalesce("fresh", pl.col("row") >= base),
            ).select("row", "unit", "fresh", named=pl.col("row") == pl.coalesce("best", "unit"))
            work.save("units", part, units)
            if base:
                work.save_array("fresh", part, units["fresh"].to_numpy())
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
            return _band_keys(corpus, part)

        def finish(place: int, found: list[Keyed]) -> Iterator[Parcel]:
            buckets = [_buckets(own.keys, own.rows, own.extra) for own in found]
            work.save("buckets", place, _as_frame(buckets))
            thinned = [int(own.whole[own.is_thinned].min()) for own in buckets if own.is_thinned.any()]
            answer = {"sizes": [_sizes(own) for own in buckets], "fewest": min(thinned, default=0)}
            yield Parcel(place, 0, json.dumps(answer).encode())

        # from so many members on a bucket alone has more pairs than are looked at, and then no window is wider than the first
        crowd = math.isqrt(2 * many(number)) + 2

        def run(crowd: int) -> list[bytes]:
            space = Space(number, low, crowd=crowd, ends=max(candidates.WINDOWS[0], 1))
            return told(self._meet([space] * width, keyed, finish))

        answers = work.once("bands", lambda: run(crowd))
        if any(0 < answer["fewest"] < crowd for answer in answers):  # crowded by keys that only begin alike
            answers = work.once("bands_whole", lambda: run(_NONE))
        return [_window(histogram, number) for histogram in _added([answer["sizes"] for answer in answers])]

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
            own = found[0]
            starts, sizes = groups(own.keys)
            few = sizes < MOST_SHARING_A_KEY  # larger ones are never followed
            places = members(starts[few], sizes[few])
            work.save("title_buckets", place, _as_frame([_buckets(own.keys[places], own.rows[places])]))
            counted = np.bincount(np.minimum(sizes, MOST_SHARING_A_KEY), minlength=MOST_SHARING_A_KEY + 1)
            yield Parcel(place, 0, json.dumps(counted.tolist()).encode())

        spaces = [Space(8 * number, bits, most=MOST_SHARING_A_KEY)]
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
            counts = [np.array(work.array("word_counts", part)) for part in range(corpus.parts)]
            starts = np.concatenate([[0], np.cumsum(np.concatenate(counts), dtype=np.int64)])
            work.save_array("all_word_starts", 0, starts)
            return answers

        work.once("words", run)

    def _pairs(self, units: dict[str, int], bands: list[Window], titles: tuple[int, int]) -> Found:
        """Pairs of units, each once, at the part of the left one, and which abstracts they are compared by."""
        buckets = [self._work.frame("same", place) for place in range(self._ranges)]
        same = [
            _window(
                _added([[_sizes(_of_space(frame, kind))] for frame in buckets])[0],
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

    def _shared(  # noqa: C901  of ranges and of blocks
        self, windows: list[int], bands: list[int], most: int
    ) -> dict[int, Counter[int]]:
        """Pairs out of buckets, to the part of the left one; how many there are by how many pairs of units they are."""
        corpus, work = self._corpus, self._work
        low, ends = bits_for(self._told("texts")), max(candidates.WINDOWS[0], 1)
        ranges = self._ranges

        every = blocks(corpus)

        def unseen(block: int) -> Iterator[NDArray[np.uint64]]:
            """Pairs of crowded buckets of which a block left one out."""
            left_out = work.frame("left_out", block)
            if left_out.height:
                keyed = keyed_of_block(every[block], partial(_band_keys, corpus))
                for band, (own, window) in enumerate(zip(keyed, bands, strict=True)):
                    keys = own.keys >> np.uint64(low) << np.uint64(low)
                    for key in left_out.filter(pl.col("space") == band)["key"].to_numpy():
                        yield _inside(own.rows[keys == key], window, ends)

        def offer_of_block(block: int) -> Iterator[Parcel]:
            inside = pl.DataFrame({"code": unique(unseen(block))})
            inside = inside.with_columns(pl.lit(_BAND, pl.UInt8).alias("kind"), row=_left("code"))
            yield from to_parts(corpus, ranges + block, inside, _PAIRS)

        def offer(place: int) -> Iterator[Parcel]:
            if place >= ranges:
                yield from offer_of_block(place - ranges)
                return
            same, own = work.frame("same", place), work.frame("buckets", place)
            codes = {
                _SAME_ABSTRACT: [_windowed(_of_space(same, 0), windows[0])],
                _SAME_TITLE: [_windowed(_of_space(same, 1), windows[1])],
                _BAND: [_windowed(_of_space(own, band), window) for band, window in enumerate(bands)],
                _TITLE: [_windowed(_of_space(work.frame("title_buckets", place), 0), most, most)],
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
                alike[is_title] = _are_similar(corpus.words(), left[is_title], right[is_title])
            pairs = pairs.with_columns(spread=pl.Series(_spread(work, pairs["kind"].to_numpy(), left, right)))
            pairs = pairs.filter(pl.Series(alike))
            work.save("pairs", part, pairs)
            counts = pairs.group_by("kind", "spread").len().rows()
            yield Parcel(part, 0, json.dumps(counts).encode())

        answers = work.once(
            "pairs",
            lambda: told(then(each(self._session, range(ranges + len(every)), offer), corpus.parts, keep)),
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


def _band_keys(corpus: Corpus, part: int) -> Iterator[Keyed]:
    """Keys of each band of the distinct abstracts of a part."""
    work = corpus.work
    keys, rows = told_keys(work, part), corpus.rows(part)
    own = pl.Series(rows)
    first = (work.frame("firsts", part)["abstract"] == own) & (work.frame("units", part)["unit"] == own)
    some = np.flatnonzero((first & (keys["abstract"] != 0) & (keys["shingles"] > 0)).to_numpy())
    extra = np.zeros(len(some), np.uint64)
    for band in work.array("bands", part):
        yield Keyed(band[some], rows[some], extra)


def _own_units(keys: pl.DataFrame, rows: NDArray[np.int64]) -> pl.DataFrame:
    """Equal records of a part: ``row``, ``key``, ``unit`` (the first of them) and ``best`` (the first with authors)."""
    own = pl.DataFrame({"row": rows, "key": own_whole_keys(keys, rows), "authors": keys["authors"]})
    signed = pl.col("row").filter(pl.col("authors") != 0)
    return own.select("row", "key", unit=pl.col("row").min().over("key"), best=signed.min().over("key"))


def _are_similar(words: Ragged, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
    """``have_similar_titles``, with few words of all rows in memory."""
    found = [np.empty(0, np.bool_)]
    for first in range(0, len(left), _COMPARED_AT_ONCE):
        some = slice(first, first + _COMPARED_AT_ONCE)
        found.append(have_similar_titles(words, left[some], right[some]))
        let_go(words.values)
    return np.concatenate(found)


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
        limit = _Limit(spread, int(codes_of(spread)[fit - 1]) if fit else 0)  # no pair has the code 0
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


class _Buckets(NamedTuple):
    """Members of buckets of two and more.

    Attributes:
        rows: Of all buckets, one behind the other.
        behind: How many members a part left out behind each of these.
        sizes: How many rows each bucket has here.
        whole: How many it has with those that were left out.
    """

    rows: NDArray[np.int64]
    behind: NDArray[np.int64]
    sizes: NDArray[np.int64]
    whole: NDArray[np.int64]

    @property
    def is_thinned(self) -> NDArray[np.bool_]:
        return self.whole > self.sizes


def _buckets(
    keys: NDArray[np.uint64], rows: NDArray[np.int64], extra: NDArray[np.uint64] | None = None
) -> _Buckets:
    starts, sizes = groups(keys)
    places = members(starts, sizes)
    behind = np.zeros(len(places), np.int64) if extra is None else extra[places].astype(np.int64)
    ends = np.cumsum(sizes)
    left_out = np.concatenate([[0], np.cumsum(behind)])
    return _Buckets(rows[places], behind, sizes, sizes + left_out[ends] - left_out[ends - sizes])


def _as_frame(buckets: list[_Buckets]) -> pl.DataFrame:
    """Buckets of several spaces, a row each."""
    names = _Buckets._fields
    return pl.DataFrame(
        {name: [pl.Series(getattr(own, name), dtype=pl.Int64) for own in buckets] for name in names},
        schema=dict.fromkeys(names, pl.List(pl.Int64)),
    )


def _of_space(buckets: pl.DataFrame, space: int) -> _Buckets:
    return _Buckets(*(buckets[name][space].to_numpy() for name in _Buckets._fields))


def _sizes(buckets: _Buckets) -> list[list[int]]:
    """How many buckets there are of each size."""
    sizes, counts = np.unique(buckets.whole, return_counts=True)
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


def _windowed(buckets: _Buckets, window: int, most: int = _NONE) -> NDArray[np.uint64]:
    """Pairs of the members of each bucket, as far as both are here."""
    numbers = np.repeat(np.arange(len(buckets.sizes), dtype=np.uint64), buckets.sizes)
    whole = ~np.repeat(buckets.is_thinned, buckets.sizes)
    packed = numbers[whole] << np.uint64(32) | buckets.rows[whole].astype(np.uint64)
    found = [bucket_pairs(packed, 32, most, max(window, 0))]
    ends = np.cumsum(buckets.sizes)
    for number in np.flatnonzero(buckets.is_thinned).tolist():
        own = slice(ends[number] - buckets.sizes[number], ends[number])
        found.append(_near(buckets.rows[own], buckets.behind[own], window))
    return np.concatenate(found)


def _near(rows: NDArray[np.int64], behind: NDArray[np.int64], window: int) -> NDArray[np.uint64]:
    """Pairs of members that are within a window, counting those between them that are left out.

    >>> [ends.tolist() for ends in decoded(_near(np.array([2, 5, 9]), np.array([0, 4, 0]), 4))]
    [[2], [5]]
    """
    place = np.arange(len(rows)) + np.concatenate([[0], np.cumsum(behind)[:-1]])
    last = np.searchsorted(place, place + window, "right")
    counts = last - np.arange(len(rows)) - 1
    left = np.repeat(np.arange(len(rows)), counts)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return encoded(rows[left], rows[right])


def _inside(rows: NDArray[np.int64], window: int, ends: int) -> NDArray[np.uint64]:
    """Pairs within a window of which one is left out, of all members of a bucket that a part has.

    >>> len(_inside(np.arange(7), 2, ends=3))  # one is left out, with two on each side
    4
    """
    is_out = np.zeros(len(rows), np.bool_)
    is_out[ends : len(rows) - ends] = True
    found = [np.empty(0, np.uint64)]
    for step in range(1, min(window, len(rows) - 1) + 1):
        some = np.flatnonzero(is_out[:-step] | is_out[step:])
        found.append(encoded(rows[some], rows[some + step]))
    return np.concatenate(found)
