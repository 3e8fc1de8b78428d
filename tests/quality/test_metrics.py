"""Metrics count what is left in a text, and nothing that belongs there."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupkit.quality import METRICS, measure
from dedupkit.record import PAIRS

NO_PAIRS = pl.DataFrame(schema=PAIRS)


def records(*texts, **columns):
    """Records with the texts as abstracts, or as (title, abstract)."""
    both = [text if isinstance(text, tuple) else ("A title", text) for text in texts]
    frame = pl.DataFrame(
        {
            "record_id": [f"r{i}" for i in range(len(both))],
            "title": [t for t, _ in both],
            "abstract": [a for _, a in both],
        },
        schema_overrides={"record_id": pl.String, "title": pl.String, "abstract": pl.String},
    )
    return frame.with_columns(pl.Series(name, values) for name, values in columns.items())


def pairs(*rows):
    return pl.DataFrame(rows, schema=PAIRS, orient="row")


@pytest.mark.parametrize(
    "text, name, hits",
    [
        (r"the Schr\"odinger bridge", "latex_hits", 1),
        (r"up to a \emph{causal abstraction}, 85\% of it", "latex_hits", 2),
        (r"i.\,i.\,d.", "latex_hits", 2),
        ("either/or, 85% of $5, {a} ~ b_c^d", "latex_hits", 0),
        ("models … (see more)associated with", "see_more_hits", 1),
        ("des modèles ... (Voir plus) de", "see_more_hits", 1),
        ("as shown before (see more in Section 3)", "see_more_hits", 0),
        ("SubscribeNavigating Scaling Laws", "furniture_hits", 1),
        ("Subscribe to it; Subscribers come", "furniture_hits", 0),
        ("• 6 authors", "furniture_hits", 1),
        ("by 6 authors who agree", "furniture_hits", 0),
        ("Get trending papers in your email inbox!", "furniture_hits", 1),
        ("<p>bold</p> &amp; more&#8217;s", "html_hits", 4),
        ('<jats:p class="x">a</jats:p><br/>', "html_hits", 3),
        ("predict <mask> and <unk> in <s>, x < p > y, R&D; AT&T", "html_hits", 0),
        ("a\x00b\x1b\x7f\x9d", "control_hits", 4),
        ("a\tb\r\nc", "control_hits", 0),
        ("lost \N{REPLACEMENT CHARACTER}", "replacement_hits", 1),
        ("naÃ¯ve", "mojibake_hits", 1),
        ("naïve café — “quoted” £5 à Paris", "mojibake_hits", 0),
    ],
)
def test_hits(text, name, hits):
    assert measure(records(text), NO_PAIRS)[name].item() == hits
    assert measure(records((text, None)), NO_PAIRS)[name].item() == hits
    assert measure(records((text, text)), NO_PAIRS)[name].item() == 2 * hits


def test_blank_text_is_no_text():
    measured = measure(records(("", " \n"), (None, None), ("T", "")), NO_PAIRS)
    assert measured["has_text"].to_list() == [False, False, True]
    assert measured["title_chars"].to_list() == [None, None, 1]
    assert measured["abstract_chars"].to_list() == [None, None, None]


def test_keys_are_equal_for_equal_normal_forms_of_kept_rows_only():
    rows = records(
        ("Deep Learning", "One."),
        ("deep   learning!", "ONE"),
        ("Deep Learning", None),
        ("Deep Learning", "One."),
        (None, "One."),
        verdict=["kept", "kept", "kept", "quarantined", "kept"],
    )
    measured = measure(rows, NO_PAIRS)
    title, exact = measured["title_key"].to_list(), measured["exact_key"].to_list()
    assert title[0] == title[1] == title[2] is not None
    assert title[3] is title[4] is None
    assert exact[0] == exact[1] is not None
    assert exact[2] is exact[3] is None
    assert exact[4] not in {None, exact[0]}


def test_only_pairs_of_two_kept_rows_make_neighbours():
    rows = records("a", "b", "c", "d", verdict=["kept", "kept", "quarantined", "kept"])
    found = pairs(
        ("r0", "r1", "near_duplicate", 0.4),
        ("r0", "r1", "near_duplicate", 0.6),
        ("r1", "r2", "near_duplicate", 1.0),
        ("r3", "gone", "contained", 1.0),
    )
    measured = measure(rows, found)
    assert measured["nearest_similarity"].to_list() == [0.6, 0.6, 0.0, 0.0]
    assert measured["duplicate_pairs"].to_list() == [0, 0, 0, 0]
    other = measure(rows, found.with_columns(rule=pl.lit("contained")))
    assert other["nearest_similarity"].to_list() == [0.0, 0.0, 0.0, 0.0]
    assert other["duplicate_pairs"].to_list() == [2, 2, 0, 0]
    assert measure(rows, found.with_columns(rule=pl.lit("exact_duplicate")))["duplicate_pairs"].sum() == 0
    assert measure(rows.drop("verdict"), found)["nearest_similarity"].to_list() == [0.6, 1.0, 1.0, 0.0]


def test_an_unknown_language_is_null_and_missing_columns_stay_missing():
    rows = records("a", "b", language=["en", ""], language_score=[0.9, float("nan")])
    measured = measure(rows, NO_PAIRS)
    assert measured.select("language", "language_score").rows() == [("en", 0.9), (None, None)]
    assert measured.schema == pl.Schema(METRICS)
    assert "language" not in measure(records("a"), NO_PAIRS).columns


def test_an_empty_frame_is_measured():
    assert measure(records(language=[], language_score=[]), NO_PAIRS).height == 0


@given(st.lists(st.tuples(st.text() | st.none(), st.text() | st.none())))
def test_rows_stay_one_to_one_and_counts_are_never_null(texts):
    measured = measure(records(*texts), NO_PAIRS)
    assert measured["record_id"].to_list() == [f"r{i}" for i in range(len(texts))]
    counts = measured.select(pl.selectors.ends_with("_hits", "_pairs", "_similarity"))
    assert counts.null_count().sum_horizontal().sum() == 0
    assert all((counts[name] >= 0).all() for name in counts.columns)
