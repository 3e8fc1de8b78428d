"""When two records are one work: what a pair has in common, and the rules that decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dedupkit.blocks import in_blocks
from dedupkit.matches import pair_kernels
from dedupkit.matches.candidates import compare_titles
from dedupkit.matches.details import Wanted
from dedupkit.matches.ragged import let_go

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dedupkit.config import Settings
    from dedupkit.matches.candidates import Pairs, Units
    from dedupkit.matches.details import Details
    from dedupkit.matches.fingerprints import Fingerprints
    from dedupkit.matches.ragged import Ragged

#: Share of the shorter text's shingles that the longer one must hold for it to be a cut copy.
CONTAINMENT: Final = 0.95

#: A text of fewer shingles says too little to be called a cut copy of another.
CONTAINED_SHINGLES: Final = 20
CONTAINED_SHINGLES_OF_ONE_TITLE: Final = 5

#: What chance gives no two abstracts.
RELATED_JACCARD: Final = 0.02

#: Abstracts of different papers of one field share about 1 % of their word triples; edited ones far more.
EDITED_JACCARD: Final = 0.05

#: A title of fewer words ("Introduction", "Deep Learning") may stand over several papers.
SPECIFIC_TITLE_WORDS: Final = 4

#: A title of so many words in one year is one work's even if no author's name is spelt the same.
LONG_TITLE_WORDS: Final = 6

#: Share of the shorter title's longer words that related titles have in common.
RELATED_TITLES: Final = 0.5

#: Share of all their words but the numbers that the titles of sister papers have in common.
SISTER_TITLES: Final = 0.8

#: The same where each has a number that the other has not ("Part I: Theory", "Part II: Experiments").
SISTER_PARTS: Final = 0.4

#: The same of their longer words: small words are shared by all titles.
SISTER_LONG_WORDS: Final = 0.25

#: Reports of one team on two tasks of one campaign differ in a few words of the title and share much of the abstract.
SISTER_JACCARD: Final = 0.85

#: Share of their letter n-grams that titles have in common which differ by typing and punctuation; by a word or a
#: subtitle; by more.
SAME_TITLE_GRAMS: Final = 0.85
CLOSE_TITLE_GRAMS: Final = 0.65
LOOSE_TITLE_GRAMS: Final = 0.4

#: Letter n-grams that one typing error takes from a word; another word takes more.
TYPED_GRAMS: Final = 4

#: Share of their longer words that titles have in common which differ by a word or by small words.
CLOSE_TITLE_WORDS: Final = 0.75

#: Jaccard similarity of abstracts of one work under close titles, and under titles that have less in common.
CLOSE_JACCARD: Final = 0.15
LOOSE_JACCARD: Final = 0.3
RENAMED_JACCARD: Final = 0.5

#: Share of the words in the shorter list of names that lists of one work's authors have in common.
AGREEING_AUTHORS: Final = 0.6


def wanted_rows(pairs: Pairs, units: Units) -> Wanted:
    """Which records have to be read to compare pairs of units: equal texts need not be."""
    ends = (pairs.left, pairs.right)
    rows = np.unique(np.concatenate([owner[end] for owner in (units.record, units.named) for end in ends]))
    told = []
    for keys in (units.abstract, units.title):
        left, right = (keys[end] for end in ends)
        differ = _differ(left, right)
        told.append(np.isin(rows, np.concatenate([units.record[end[differ]] for end in ends])))
    return Wanted(rows, *told)


def compare(pairs: Pairs, units: Units, prints: Fingerprints, details: Details) -> pl.DataFrame:
    """What the units of each pair have in common, exactly.

    Returns:
        One row for each pair: ``left``, ``right`` (Int64, units); ``same_abstract``, ``jaccard``, ``containment``
        (of the smaller set in the larger), ``smaller`` (its shingles), null where one has no abstract;
        ``lone_abstract`` (just one has); ``same_title``, ``about`` (one alone is an erratum or a reply), ``common``
        (front matter, or a short title that recurs); ``grams`` (Jaccard similarity of the titles' letters),
        ``numbers_differ``, ``numbers_clash`` (each has one that the other has not), ``words`` (of the shorter title),
        ``wording`` (Jaccard similarity of the titles' words but the numbers), ``long_words`` (of the shorter title),
        ``long_wording``, ``replaced`` (longer words of the shorter title that the other has not), ``exchanged``
        (words of the shorter title that the other has not), ``misspelt`` (the same of letter n-grams), ``related`` (share
        of the shorter title's longer words), ``begins`` (one title begins with the other), null where one has no title;
        ``authors`` (share of the words in the shorter list of names) and ``authors_shared``, null where one has none; ``authors_most`` (words of the longer list);
        ``years_apart``, null where one has none; ``years_clash`` (each abstract names years that the other does not),
        ``heads_differ`` (the titles name two methods before their colons); ``left_longer``.
    """
    left, right = pairs.left, pairs.right
    records = units.record[left], units.record[right]
    places = details.at(records[0]), details.at(records[1])
    named = details.at(units.named[left]), details.at(units.named[right])
    sets = {
        "shingles": (details.shingles, places),
        "grams": (details.grams, places),
        "names": (details.names, named),
    }
    columns: dict[str, NDArray[Any]] = {"left": left, "right": right}
    for name, (lists, (ours, theirs)) in sets.items():
        columns[f"{name}_left"] = lists.counts[ours]
        columns[f"{name}_right"] = lists.counts[theirs]
        columns[f"{name}_both"] = _shared(lists, ours, theirs)
    same_abstract, same_title = (
        units.abstract[left] == units.abstract[right],
        units.title[left] == units.title[right],
    )
    for name in ("left", "right", "both"):  # what is equal was not read
        columns[f"shingles_{name}"] = np.where(
            same_abstract, prints.shingles[records[0]], columns[f"shingles_{name}"]
        )
        columns[f"grams_{name}"] = np.where(same_title, 1, columns[f"grams_{name}"])
    titles = compare_titles(prints.title_words, *records)
    names = ("left", "right", "both")
    columns |= {f"words_{name}": titles[:, place] for place, name in enumerate(names)}
    columns |= {f"long_words_{name}": titles[:, 3 + place] for place, name in enumerate(names)}
    columns |= {
        "numbers_differ": titles[:, 6] > 0,
        "numbers_clash": titles[:, 6] == 3,
        "about": titles[:, 9] > 0,
        "begins": titles[:, 7] > 0,
        "furniture": titles[:, 8] > 0,
        "recurs": units.recurs[left] | units.recurs[right],
        "same_abstract": same_abstract,
        "same_title": same_title,
        "abstract_left": units.abstract[left] != 0,
        "abstract_right": units.abstract[right] != 0,
        "abstracts": (units.abstract[left] != 0) & (units.abstract[right] != 0),
        "titles": (units.title[left] != 0) & (units.title[right] != 0),
        "years_clash": _each_names_others(details.years[places[0]], details.years[places[1]]),
        "heads_differ": _differ(details.heads[places[0]], details.heads[places[1]]),
        "year_left": units.year[left],
        "year_right": units.year[right],
    }
    frame = pl.DataFrame(columns).lazy()
    shared, smaller = pl.col("shingles_both"), pl.min_horizontal("shingles_left", "shingles_right")
    has_abstracts, has_titles = pl.col("abstracts"), pl.col("titles")
    long_words = pl.min_horizontal("long_words_left", "long_words_right")
    return frame.select(
        "left",
        "right",
        same_abstract=has_abstracts & pl.col("same_abstract"),
        jaccard=pl.when(has_abstracts).then(
            shared / (pl.col("shingles_left") + pl.col("shingles_right") - shared)
        ),
        containment=pl.when(has_abstracts).then(shared / smaller),
        smaller=pl.when(has_abstracts).then(smaller),
        lone_abstract=pl.col("abstract_left") != pl.col("abstract_right"),
        same_title=has_titles & pl.col("same_title"),
        grams=pl.when(has_titles).then(_jaccard("grams")),
        numbers_differ=pl.when(has_titles).then("numbers_differ"),
        numbers_clash=pl.when(has_titles).then("numbers_clash"),
        about=has_titles & pl.col("about"),
        replaced=pl.when(has_titles).then(long_words - pl.col("long_words_both")),
        words=pl.when(has_titles).then(pl.min_horizontal("words_left", "words_right")),
        wording=pl.when(has_titles).then(_jaccard("words").fill_nan(0.0)),
        exchanged=pl.when(has_titles).then(
            pl.min_horizontal("words_left", "words_right") - pl.col("words_both")
        ),
        misspelt=pl.when(has_titles).then(
            pl.min_horizontal("grams_left", "grams_right") - pl.col("grams_both")
        ),
        related=pl.when(has_titles).then(
            pl.when(long_words > 0)
            .then(pl.col("long_words_both") / long_words)
            .otherwise(_jaccard("words").fill_nan(0.0))
        ),
        long_words=pl.when(has_titles).then(long_words),
        long_wording=pl.when(has_titles).then(_jaccard("long_words").fill_nan(0.0)),
        begins=pl.when(has_titles).then("begins"),
        common=has_titles & (pl.col("furniture") | (pl.col("recurs") & (long_words < SPECIFIC_TITLE_WORDS))),
        authors=pl.when(pl.min_horizontal("names_left", "names_right") > 0).then(
            pl.col("names_both") / pl.min_horizontal("names_left", "names_right")
        ),
        authors_shared="names_both",
        authors_most=pl.max_horizontal("names_left", "names_right"),
        years_apart=pl.when((pl.col("year_left") > 0) & (pl.col("year_right") > 0)).then(
            (pl.col("year_left") - pl.col("year_right")).abs()
        ),
        years_clash="years_clash",
        heads_differ="heads_differ",
        left_longer=pl.col("shingles_left") >= pl.col("shingles_right"),
    ).collect()


def _differ(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether both are there and are not the same."""
    differ: NDArray[np.bool_] = (left != 0) & (right != 0) & (left != right)
    return differ


def _each_names_others(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether of two sets of years each holds one that the other does not."""
    others: NDArray[np.bool_] = ((left & ~right) != 0) & ((right & ~left) != 0)
    return others


def _jaccard(name: str) -> pl.Expr:
    both = pl.col(f"{name}_both")
    return both / (pl.col(f"{name}_left") + pl.col(f"{name}_right") - both)


def _shared(lists: Ragged, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int32]:
    found = np.empty(len(left), np.int32)

    def run(first: int, last: int) -> None:
        pair_kernels.shared(lists.values, lists.starts, lists.counts, left, right, first, last, found)
        let_go(lists.values)

    in_blocks(len(left), run, block=512)  # each look at a file may bring 64 KB into memory
    return found


def name_rules(compared: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Apply the rules to compared pairs.

    The first that holds names the pair:

    * ``near_duplicate``: the abstracts are the same, or similar from the threshold on, and nothing speaks against it;
    * ``contained``: one abstract stands in the other, cut, and the titles are related;
    * ``same_title``: the titles are the same or an edited form of each other, and the authors, the years and what is
      left of the abstracts agree: the less alike the titles are, the more.

    Against all of them speak titles of sister papers, that differ in their numbers and hardly else, and abstracts of
    which each names years that the other does not (reports on one task in successive years), unless they are of one
    year (and name that of a copyright).

    Returns:
        The pairs with ``rule`` (String) added: of those that are one work, ``misaligned`` (one abstract under unrelated
        titles) or ``sisters`` (one abstract under titles of sister papers); null for the others.
    """
    rules = _rules(settings)
    return compared.with_columns(
        rule=pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in rules.items())
    )


def decide(ruled: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """What the rules found, with its evidence.

    Args:
        ruled: From ``name_rules``.
        settings: ``threshold``.

    Returns:
        Of the pairs that a rule names: ``left``, ``right``, ``rule``, ``similarity`` (Float64), ``evidence`` (String),
        ``left_longer``.
    """
    return (
        ruled.lazy()
        .filter(pl.col("rule").is_not_null())
        .with_columns(
            similarity=pl.when(pl.col("rule") == "contained")
            .then("containment")
            .otherwise(pl.col("jaccard").fill_null(1.0)),
            evidence=_evidence(settings),
        )
        .select("left", "right", "rule", "similarity", "evidence", "left_longer")
        .collect()
    )


def _rules(settings: Settings) -> dict[str, pl.Expr]:
    """What must hold for each rule, the strongest first."""
    agree, clash = _is(pl.col("authors") >= AGREEING_AUTHORS), _is(pl.col("authors") == 0)
    apart = pl.any_horizontal(_apart().values())
    related, template = _related(), _template()
    same = pl.col("same_abstract")
    similar = _is(pl.col("jaccard") >= settings.threshold)
    one_title = pl.col("same_title") | _is(pl.col("grams") >= SAME_TITLE_GRAMS)
    enough = pl.when(one_title).then(CONTAINED_SHINGLES_OF_ONE_TITLE).otherwise(CONTAINED_SHINGLES)
    cut = _is((pl.col("containment") >= CONTAINMENT) & (pl.col("smaller") >= enough))
    return {
        "near_duplicate": ~apart
        & ((same & (related | agree)) | (~same & similar & ~template & (related | ~clash))),
        "contained": ~apart & cut & related,
        "same_title": ~apart & _titles_agree(agree, clash, template),
        "misaligned": same & ~apart & ~related,
        "sisters": same & apart,
    }


def _apart() -> dict[str, pl.Expr]:
    """What speaks against all rules, each in words."""
    sister_numbers = _is(pl.col("numbers_differ") & (pl.col("wording") >= SISTER_TITLES))
    sister_parts = _is(pl.col("numbers_clash") & (pl.col("wording") >= SISTER_PARTS))
    other_years = pl.col("years_clash") & (pl.col("years_apart") > 0).fill_null(value=True)
    return {
        "one alone is an erratum or a reply": pl.col("about"),
        "the titles name different parts or years": sister_parts,
        "the titles differ in their numbers and hardly else": sister_numbers,
        "each abstract names years that the other does not": other_years,
    }


def _related() -> pl.Expr:
    """Whether the titles have enough in common, or one is missing."""
    return pl.col("same_title") | (pl.col("related") >= RELATED_TITLES).fill_null(value=True)


def _template() -> pl.Expr:
    """Whether the titles are those of reports of one team on several tasks."""
    return _is(
        (pl.col("replaced") > 1)
        & (pl.col("wording") >= SISTER_PARTS)
        & (pl.col("long_wording") >= SISTER_LONG_WORDS)
        & (pl.col("jaccard") < SISTER_JACCARD)
    )


def why_refused(settings: Settings) -> pl.Expr:
    """Why a pair that no rule calls one work is refused, in words (String).

    Below the threshold that is reason enough. From the threshold on it is the first of what speaks against
    ``near_duplicate``.
    """
    against = {
        **_apart(),
        "the titles are unrelated and the authors do not agree": ~_related() & pl.col("same_abstract"),
        "the titles are those of reports on different tasks": ~pl.col("same_abstract") & _template(),
        "the titles are unrelated and no author is the same": ~_related(),
    }
    return (
        pl.when(pl.col("jaccard") < settings.threshold)
        .then(pl.lit("below the threshold"))
        .otherwise(pl.coalesce(pl.when(holds).then(pl.lit(why)) for why, holds in against.items()))
    )


def _titles_agree(agree: pl.Expr, clash: pl.Expr, template: pl.Expr) -> pl.Expr:
    """Whether titles are those of one work, given what else is known of it."""
    small = pl.col("exchanged") - pl.col("replaced")  # of, in, for
    typed = (
        pl.col("same_title")
        | _is(pl.col("exchanged") == 0)
        | _is(
            ((small == 0) | ((small <= 2) & (pl.col("words") >= LONG_TITLE_WORDS)))
            & (pl.col("misspelt") <= TYPED_GRAMS * pl.col("exchanged"))
        )
    )
    grams, words, years = pl.col("grams"), pl.col("words"), pl.col("years_apart")
    jaccard = pl.col("jaccard")
    missing = jaccard.is_null()
    one = pl.col("same_title") | _is(grams >= SAME_TITLE_GRAMS)
    specific = _is(words >= SPECIFIC_TITLE_WORDS)
    long_title = _is(pl.col("long_words") >= SPECIFIC_TITLE_WORDS - 1)
    few_replaced = _is(pl.col("replaced") <= 1)
    close = few_replaced & (
        _is(grams >= CLOSE_TITLE_GRAMS)
        | (long_title & (_is(pl.col("long_wording") >= CLOSE_TITLE_WORDS) | _is(pl.col("begins"))))
    )
    loose = long_title & (_is(grams >= LOOSE_TITLE_GRAMS) | _is(pl.col("long_wording") >= LOOSE_TITLE_GRAMS))
    same_year = _is(years == 0)
    soon = (years <= 1).fill_null(value=True)
    in_time = (years <= pl.when(pl.col("lone_abstract")).then(3).otherwise(1)).fill_null(value=True)
    surely = agree & (_is(pl.col("authors_shared") >= 2) | _is(pl.col("authors_most") <= 2))
    common = pl.col("common")
    one_name = ~pl.col("heads_differ") | agree
    without_abstract = (one & agree & same_year & typed) | (
        ~common
        & typed
        & (
            (one & specific & soon)
            | (pl.col("same_title") & _is(words >= LONG_TITLE_WORDS) & in_time)
            | (one & agree & years.is_null())
            | (one & specific & agree & in_time)
            | (close & surely & (specific | same_year) & in_time)
        )
    )
    with_abstract = (
        (pl.col("same_title") & _is(jaccard >= EDITED_JACCARD) & (specific | agree))
        | (one & specific & agree & (pl.col("same_title") | _is(jaccard >= RELATED_JACCARD)))
        | (close & agree & _is(jaccard >= pl.when(typed).then(CLOSE_JACCARD).otherwise(LOOSE_JACCARD)))
        | (close & one_name & _is(pl.col("replaced") == 0) & _is(jaccard >= LOOSE_JACCARD))
        | (
            loose
            & agree
            & _is(jaccard >= pl.when(few_replaced).then(LOOSE_JACCARD).otherwise(RENAMED_JACCARD))
            & ~template
        )
    )
    unlike = clash & ~(pl.col("same_title") & same_year & _is(words >= LONG_TITLE_WORDS))
    return ~unlike & ((missing & without_abstract) | (~missing & ~common & with_abstract))


def _is(condition: pl.Expr) -> pl.Expr:
    """A condition that does not hold where nothing is known."""
    return condition.fill_null(value=False)


def _evidence(settings: Settings) -> pl.Expr:
    """The evidence of each rule, in words."""
    per_mille = (pl.col("containment") * 1_000).round().cast(pl.Int64)
    jaccard = _decimals(pl.col("jaccard"))
    authors = pl.when(pl.col("authors") >= AGREEING_AUTHORS).then(pl.lit("the authors agree"))
    return (
        pl.when(pl.col("rule") == "contained")
        .then(
            pl.format(
                "{}.{}% of the shorter abstract stands in the longer one", per_mille // 10, per_mille % 10
            )
        )
        .when(pl.col("rule") == "same_title")
        .then(
            pl.when(pl.col("jaccard").is_null())
            .then(
                pl.concat_str(
                    pl.lit("an abstract is missing, and "), authors.fill_null("nothing speaks against it")
                )
            )
            .otherwise(
                pl.concat_str(
                    pl.concat_str(authors, pl.lit(" and ")).fill_null(""),
                    pl.lit("the edited abstracts' Jaccard similarity is "),
                    jaccard,
                )
            )
        )
        .when(pl.col("same_abstract"))
        .then(
            pl.concat_str(
                pl.lit("the abstracts are the same and "),
                pl.when((pl.col("related") < RELATED_TITLES) & ~pl.col("same_title"))
                .then(pl.lit("the authors agree"))
                .otherwise(pl.lit("the titles are related")),
            )
        )
        .otherwise(
            pl.format(
                "the abstracts' Jaccard similarity is {} (threshold {})",
                jaccard,
                pl.lit(f"{settings.threshold:g}"),
            )
        )
    )


def _decimals(share: pl.Expr) -> pl.Expr:
    """Three decimals, cut and not rounded, so that 0.6999 does not read as the threshold."""
    return pl.concat_str(
        pl.when(share >= 1).then(pl.lit("1.")).otherwise(pl.lit("0.")),
        ((share * 1_000).floor().cast(pl.Int64) % 1_000).cast(pl.String).str.zfill(3),
    )
