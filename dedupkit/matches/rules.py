"""When two records are one work: the rules, their evidence, and the pairs that they verify."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.matches.keys import normal_form, shingles, words
from dedupkit.matches.minhash import candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dedupkit.config import Settings

#: Share of the shorter text's shingles that the longer one must hold for it to be a cut copy.
CONTAINMENT: Final = 0.95

#: A text of fewer shingles says too little to be called a cut copy of another.
_CONTAINED_SHINGLES: Final = 20

#: Abstracts of different papers of one field share about 1 % of their word triples; edited ones far more.
_EDITED_JACCARD: Final = 0.05

#: A title of fewer words ("Introduction", "Deep Learning") may stand over several papers.
_SPECIFIC_TITLE_WORDS: Final = 4

#: Share of the shorter title's words that related titles have in common.
_RELATED_TITLES: Final = 0.5

#: One title over more records than this is compared with its first record only; one abstract under more titles
#: than this is no paper's abstract.
_GROUP_LIMIT: Final = 50

#: Share of all their words but the numbers that the titles of sister papers have in common.
_SISTER_TITLES: Final = 0.8

#: "2019", "6th", "ii", "fifth".
_NUMBER_RE: Final = re.compile(
    r"\d+(?:st|nd|rd|th)?|\b(?:[ivx]+|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|fourth|fifth|"
    r"sixth|seventh|eighth|ninth|tenth)\b"
)


class Unit(NamedTuple):
    """Records that are equal in normal form; they are matched once.

    Attributes:
        rows: Row numbers, ascending.
        title: Normal form, or None.
        abstract: Normal form, or None.
        authors: Normal forms of the names, of the first row that has any.
        year: Of publication, of the first row that says it.
    """

    rows: list[int]
    title: str | None
    abstract: str | None
    authors: frozenset[str]
    year: int | None


class Match(NamedTuple):
    """Two units that are one work, with the rule that says so and its evidence in words."""

    left: int
    right: int
    rule: str
    similarity: float
    evidence: str


class Matched(NamedTuple):
    """All matches between units, and the units whose abstract stands under unrelated titles."""

    units: list[Unit]
    matches: list[Match]
    misaligned: dict[int, int]


def find_units(records: pl.DataFrame) -> list[Unit]:
    """Collapse records that are equal in normal form, in order of their first row.

    Records without an abstract must agree in their authors too: a title alone is little evidence.
    """
    names = pl.col("authors").list.join("\n")
    keys = records.select(
        row=pl.int_range(pl.len()),
        title=normal_form(pl.col("title")),
        abstract=normal_form(pl.col("abstract")),
        authors=names.str.to_lowercase(),
        year=pl.col("published").dt.year(),
    )
    units = (
        keys.filter(pl.col("title").is_not_null() | pl.col("abstract").is_not_null())
        .with_columns(told_apart_by=pl.when(pl.col("abstract").is_null()).then("authors"))
        .group_by("title", "abstract", "told_apart_by", maintain_order=True)
        .agg(
            "row",
            pl.col("authors").filter(pl.col("authors") != "").first(),
            pl.col("year").drop_nulls().first(),
        )
    )
    return [
        Unit(row, title, abstract, _name_keys(authors), year)
        for title, abstract, _, row, authors, year in units.iter_rows()
    ]


def find_matches(
    records: pl.DataFrame, settings: Settings, advance: Callable[[int, int], None] = lambda *_: None
) -> Matched:
    """Find and verify all matches.

    Reads ``title``, ``abstract``, ``authors`` and ``published``. Every candidate is checked exactly; a
    signature alone decides nothing.
    """
    units = find_units(records)
    by_abstract: dict[str, list[int]] = defaultdict(list)
    by_title: dict[str, list[int]] = defaultdict(list)
    for number, unit in enumerate(units):
        if unit.abstract is not None:
            by_abstract[unit.abstract].append(number)
        if unit.title is not None:
            by_title[unit.title].append(number)
    compare = _Comparison(list(by_abstract), settings.shingle_words)
    misaligned: dict[int, int] = {}
    found = [
        *_same_abstract(units, by_abstract, misaligned),
        *_near(units, by_abstract, compare, settings, advance),
        *_same_title(units, by_title, compare, settings),
    ]
    best: dict[tuple[int, int], Match] = {}
    for match in found:  # near before same title: the stronger rule names the pair
        best.setdefault((match.left, match.right), match)
    return Matched(units, sorted(best.values()), misaligned)


class _Comparison:
    """Exact similarities of texts in normal form; the shingles of compared texts are made once."""

    def __init__(self, texts: list[str], size: int) -> None:
        self._size = size
        self._words: dict[str, list[str]] = {}
        self._shingles: dict[str, set[str]] = {}
        frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
        unspaced = frame.filter(pl.col("text").str.contains(r"[^\x00-\x7F]"))
        split = unspaced.with_columns(words=words(pl.col("text")))
        self._words = dict(zip(split["text"].to_list(), split["words"].to_list(), strict=True))

    def shingles_of(self, text: str) -> set[str]:
        return shingles(self._words.get(text) or text.split(" "), self._size)

    def overlap(self, left: str, right: str) -> tuple[float, float, int]:
        """Jaccard similarity, containment of the smaller set, and the size of the smaller set."""
        for text in (left, right):
            if text not in self._shingles:
                self._shingles[text] = self.shingles_of(text)
        ours, theirs = self._shingles[left], self._shingles[right]
        shared = len(ours & theirs)
        smaller = min(len(ours), len(theirs))
        return shared / (len(ours) + len(theirs) - shared), shared / smaller, smaller


def _same_abstract(
    units: list[Unit], by_abstract: dict[str, list[int]], misaligned: dict[int, int]
) -> Iterator[Match]:
    """One abstract under several titles: versions of one work, or a misaligned scrape."""
    for group in by_abstract.values():
        related: set[int] = set()
        for left, right in combinations(group, 2) if len(group) <= _GROUP_LIMIT else ():
            title, other = units[left].title, units[right].title
            sisters = _only_numbers_differ(title, other)
            agree = not sisters and _titles_agree(title, other)
            if sisters or agree:
                related |= {left, right}
            if agree:
                yield Match(
                    left,
                    right,
                    "near_duplicate",
                    1.0,
                    "the abstracts are the same and the titles are related",
                )
        if len(group) > 1:
            unrelated = (number for number in group if number not in related)
            misaligned.update((number, group[group[0] == number]) for number in unrelated)


def _near(
    units: list[Unit],
    by_abstract: dict[str, list[int]],
    compare: _Comparison,
    settings: Settings,
    advance: Callable[[int, int], None],
) -> Iterator[Match]:
    """Abstracts that share enough shingles, or of which one holds the other."""
    texts = list(by_abstract)
    for first, second in candidates(texts, compare.shingles_of, settings, advance):
        jaccard, containment, smaller = compare.overlap(texts[first], texts[second])
        contained = containment >= CONTAINMENT and smaller >= _CONTAINED_SHINGLES
        if jaccard < settings.threshold and not contained:
            continue
        groups = by_abstract[texts[first]], by_abstract[texts[second]]
        if max(map(len, groups)) > _GROUP_LIMIT:
            continue
        for one in groups[0]:
            for other in groups[1]:
                left, right = min(one, other), max(one, other)
                titles = units[left].title, units[right].title
                if _only_numbers_differ(*titles):
                    continue
                if jaccard >= settings.threshold:
                    evidence = f"the abstracts' Jaccard similarity is {jaccard:.3f} (threshold {settings.threshold:g})"
                    yield Match(left, right, "near_duplicate", jaccard, evidence)
                elif _titles_agree(*titles):
                    evidence = f"{containment:.1%} of the shorter abstract stands in the longer one"
                    yield Match(left, right, "contained", containment, evidence)


def _same_title(
    units: list[Unit], by_title: dict[str, list[int]], compare: _Comparison, settings: Settings
) -> Iterator[Match]:
    """One title with a missing or an edited abstract, and evidence that agrees."""
    for group in by_title.values():
        for left, right in _pairs_of(group):
            ours, theirs = units[left], units[right]
            authors_agree = bool(ours.authors & theirs.authors)
            if ours.authors and theirs.authors and not authors_agree:
                continue
            if ours.year and theirs.year and abs(ours.year - theirs.year) > 1:
                continue
            specific = len((ours.title or "").split(" ")) >= _SPECIFIC_TITLE_WORDS
            if ours.abstract is None or theirs.abstract is None:
                if specific or authors_agree:
                    agree = "and the authors agree" if authors_agree else "and nothing speaks against it"
                    yield Match(left, right, "same_title", 1.0, f"one has no abstract, {agree}")
                continue
            jaccard, _, _ = compare.overlap(ours.abstract, theirs.abstract)
            if jaccard >= settings.threshold:
                continue  # a near duplicate, told as such
            edited = jaccard >= _EDITED_JACCARD and (specific or authors_agree)
            if edited or (authors_agree and specific):
                agree = "the authors agree and " if authors_agree else ""
                evidence = f"{agree}the edited abstracts' Jaccard similarity is {jaccard:.3f}"
                yield Match(left, right, "same_title", jaccard, evidence)


def _pairs_of(group: list[int]) -> Iterator[tuple[int, int]]:
    if len(group) <= _GROUP_LIMIT:
        yield from combinations(group, 2)
    else:
        yield from ((group[0], other) for other in group[1:])


def _titles_agree(left: str | None, right: str | None) -> bool:
    """Whether one title is missing, or the titles share words enough."""
    if left is None or right is None:
        return True
    ours, theirs = (
        {word for word in title.split(" ") if len(word) > 3 or not word.isascii()} or {title}
        for title in (left, right)
    )
    return len(ours & theirs) / min(len(ours), len(theirs)) >= _RELATED_TITLES


def _only_numbers_differ(left: str | None, right: str | None) -> bool:
    """Whether two titles are sisters: other numbers, and hardly another word that differs.

    >>> _only_numbers_differ("shared task 2019", "shared task 2020"), _only_numbers_differ("part i", "part i")
    (True, False)
    >>> _only_numbers_differ("the 6th verification contest 2025", "the fifth verification contest 2024")
    True
    >>> _only_numbers_differ("sorting in 3 passes", "whales of 2 oceans")
    False
    """
    if left is None or right is None or left == right:
        return False
    ours, theirs = set(_NUMBER_RE.sub(" ", left).split()), set(_NUMBER_RE.sub(" ", right).split())
    if _NUMBER_RE.findall(left) == _NUMBER_RE.findall(right):
        return False
    return len(ours & theirs) >= _SISTER_TITLES * len(ours | theirs)


def _name_keys(authors: str | None) -> frozenset[str]:
    """Names in a form in which ``S. Kaba`` and ``Sékou Kaba`` agree: first letter and last word."""
    if not authors:
        return frozenset()
    names = pl.DataFrame({"name": authors.split("\n")}).select(normal_form(pl.col("name"))).to_series()
    parts = [name.split(" ") for name in names.drop_nulls()]
    return frozenset(f"{part[0][0]} {part[-1]}" for part in parts)
