"""What the gate found as documents: for people, for CI systems, for reviews and for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.gate.formats import as_github, as_json, as_junit, as_markdown, as_sarif, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from dedupkit.gate import Judged

#: Every format by its name; each gives the whole document with one line feed at its end.
FORMATS: Final[dict[str, Callable[[Judged], str]]] = {
    "text": as_text.render,
    "json": as_json.render,
    "junit": as_junit.render,
    "sarif": as_sarif.render,
    "markdown": as_markdown.render,
    "github": as_github.render,
}
