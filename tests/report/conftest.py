"""A small run to render: every verdict, every sort of repair, hostile text."""

import polars as pl
import pytest

from dedupkit.record import PAIRS, RECORDS, UNPARSED
from dedupkit.report import Run

HOSTILE = '<script>document.title="pwned"</script><img src=x onerror="document.title=\'pwned\'">'
OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe\N{NULL}\N{BELL}"


def record(number, verdict="kept", **columns):
    title = f"Paper {number} on {'abcdefgh'[number % 8]}"
    row = {
        "record_id": f"{number:016x}",
        "source": "a/000.txt",
        "line": 3 * number + 1,
        "title": title,
        "abstract": f"We study question {number}. " * 20,
        "title_raw": title,
        "abstract_raw": f"We study question {number}. " * 20,
        "authors": ["A. One", "B. Two"],
        "language": "en",
        "language_score": 0.99,
        "repairs": [],
        "verdict": verdict,
        "cluster": f"{number:016x}",
    }
    return row | columns


def repair(kind, raw, before, after, column="abstract"):
    return {"column": column, "kind": kind, "start": raw.index(before), "before": before, "after": after}


def check(rule, status="passed", severity="critical", **fields):
    return {
        "rule": rule,
        "expectation": "expect_column_values_to_be_between",
        "description": f"What {rule} is for",
        "column": "latex_hits",
        "severity": severity,
        "status": status,
        "limit": "at most 0",
        "observed": "1 of 9 rows does not (11 %)",
        "rows": 9,
        "unexpected_count": 1,
        "examples": [],
        "error": "",
    } | fields


@pytest.fixture
def records():
    raw = 'A na\\"ive  model\N{SOFT HYPHEN} of Schr\\"odinger bridges with 85\\% accuracy, <b>bold</b> claims and a long tail of words'
    changes = [
        repair("latex_accent", raw, '\\"i', "ï"),
        repair("latex_escape", raw, "\\%", "%"),
        repair("space_run", raw, "  ", " "),
        repair("invisible", raw, "\N{SOFT HYPHEN}", ""),
        repair("html_tag", raw, "<b>", ""),
    ]
    dropped = {"duplicate_of": f"{1:016x}", "cluster": f"{1:016x}"}
    return pl.DataFrame(
        [
            record(1, abstract=raw, abstract_raw=raw, repairs=changes),
            record(
                2, "near_duplicate", **dropped, similarity=0.71, reason="0.71 of its shingles are shared."
            ),
            record(3, "exact_duplicate", **dropped, similarity=1.0, reason="The same text."),
            record(4, title=HOSTILE, abstract=HOSTILE + OVERRIDE + "w" * 1_000_000),
            record(5, title="العنوان بالعربية", language="ar"),
            record(6, "quarantined", reason="Shares its abstract with 7."),
            record(7, "quarantined", reason="Shares its abstract with 6.", cluster=f"{6:016x}"),
            record(8, "rejected", title=None, abstract=None, reason="It has no text."),
            record(9, "near_duplicate", duplicate_of="ffffffffffffffff", similarity=None, reason=HOSTILE),
        ],
        schema=RECORDS,
    )


@pytest.fixture
def pairs():
    first = f"{1:016x}"
    rows = [(first, f"{2:016x}", "near_duplicate", 0.71), (first, f"{3:016x}", "exact_duplicate", 1.0)]
    return pl.DataFrame(rows, schema=PAIRS, orient="row")


@pytest.fixture
def unparsed():
    rows = [("a/000.txt", 1, HOSTILE, "page furniture"), ("a/000.txt", 2, "x" * 400, OVERRIDE)]
    return pl.DataFrame(rows, schema=UNPARSED, orient="row")


@pytest.fixture
def facts():
    counts = {"lines": 40, "read": 9, "repaired": 1, "kept": 3, "quarantined": 2, "dropped": 4, "unparsed": 2}
    return {
        "schema": "dedupkit.facts/1",
        "counts": counts | {"pairs": 2, "clusters_with_duplicates": 2},
        "verdicts": {
            "kept": 3,
            "quarantined": 2,
            "exact_duplicate": 1,
            "near_duplicate": 2,
            "same_title": 0,
            "contained": 0,
            "rejected": 1,
        },
        "sources": [
            {
                "source": "a/000.txt",
                "sha256": "ab" * 32,
                "bytes": 1234,
                "encoding": "utf-8",
                "layout": "publications_page",
                "confidence": 0.97,
                "why": "12 of 12 abstracts hold a see-more marker",
                "lines": 40,
                "blank_lines": 0,
                "records": 9,
                "unparsed_lines": 2,
                "furniture": {"see_more_markers": 9, "glued_labels": ["Subscribe", HOSTILE]},
            },
            {"source": "b.parquet", "sha256": "cd" * 32, "bytes": 99, "layout": "table", "lines": None},
        ],
        "skipped": [{"source": "README.md", "why": "suffix .md is not read"}],
        "repairs": {"latex_accent": 12, "latex_escape": 3, "space_run": 40, "invisible": 2, "html_tag": 1},
        "languages": {"en": 7, "ar": 1, "": 1},
        "rules": {"near_duplicate": 1, "exact_duplicate": 1},
        "expectations": {
            "suite": "cleaned",
            "sha256": "ef" * 32,
            "status": "failed",
            "checks": [
                check("DK001"),
                check("DK016", "failed", examples=[f"{4:016x}", f"{5:016x}"], description=HOSTILE),
                check("DK018", "failed", "warning", examples=[f"{1:016x}"]),
                check(
                    "DK020", "could not run", "info", unexpected_count=None, error='there is no column "x"'
                ),
            ],
        },
        "cluster_sizes": {"3": 1, "2": 1},
        "copies": [
            {"source": "a/000.txt", "of": "a/000.txt", "records": 2},
            {"source": HOSTILE, "of": None, "records": 1},
        ],
        "lengths": {
            "title": {"step": 10, "before": [0, 9] + [0] * 38, "after": [0, 5] + [0] * 38},
            "abstract": {"step": 100, "before": [1] * 9 + [0] * 31, "after": [1] * 5 + [0] * 35},
        },
        "similarities": {
            "bins": 40,
            "accepted": [0] * 28 + [1] + [0] * 10 + [1],
            "refused": [5] + [0] * 26 + [1] + [0] * 12,
            "near_misses": [
                {
                    "left": f"{1:016x}",
                    "right": f"{5:016x}",
                    "similarity": 0.69,
                    "why": "below the threshold",
                }
            ],
        },
        "settings": {"threshold": 0.7, "text_column": None},
        "versions": {"dedupkit": "0.1.0", "polars": "2.1.0"},
    }


@pytest.fixture
def run(facts, records, pairs, unparsed):
    return Run(facts, records.lazy(), pairs.lazy(), unparsed.lazy())
