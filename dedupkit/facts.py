"""What a run did, in numbers: ``facts.json``, from which reports are rendered."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.quality import status_of
from dedupkit.record import KEPT, QUARANTINED, VERDICTS
from dedupkit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.config import Settings
    from dedupkit.dumps import Parsed
    from dedupkit.quality import Check, Suite

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
    records: pl.DataFrame,
    pairs: pl.DataFrame,
    judged: tuple[Suite, Sequence[Check]],
    settings: Settings,
) -> dict[str, Any]:
    """Count every stage. No clocks and no paths of the machine: equal runs give equal facts."""
    suite, checks = judged
    verdicts = dict.fromkeys(VERDICTS, 0) | counts(records["verdict"])
    kept, quarantined = verdicts[KEPT], verdicts[QUARANTINED]
    clusters = records.group_by("cluster").len().filter(pl.col("len") > 1).height
    return {
        "schema": SCHEMA,
        "counts": {
            "lines": sum(source.lines or 0 for source in parsed.sources),
            "read": records.height,
            "repaired": records.filter(pl.col("repairs").list.len() > 0).height,
            "kept": kept,
            "quarantined": quarantined,
            "dropped": records.height - kept - quarantined,
            "unparsed": parsed.unparsed.height,
            "pairs": pairs.height,
            "clusters_with_duplicates": clusters,
        },
        "verdicts": verdicts,
        "sources": [source.as_dict() for source in parsed.sources],
        "skipped": [skipped._asdict() for skipped in parsed.skipped],
        "repairs": counts(records["repairs"].explode().struct.field("kind")),
        "languages": counts(records["language"].fill_null("")),
        "rules": counts(pairs["rule"]),
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


def counts(values: pl.Series) -> dict[str, int]:
    """How often each value occurs, the most frequent first, equal ones by name; nulls left out.

    >>> counts(pl.Series(["b", "a", "b", "c", None]))
    {'b': 2, 'a': 1, 'c': 1}
    """
    counted = values.drop_nulls().value_counts(name="count").rows()
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))
