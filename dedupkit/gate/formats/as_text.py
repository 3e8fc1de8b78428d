"""The gate's verdict for people, as a terminal shows it, without colours."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dedupkit.gate import Judged


def render(judged: Judged) -> str:
    """The table of what failed, the verdict and the next command."""
    from dedupkit.show import plain_console, verdict_of_gate  # noqa: PLC0415  # loads rich

    document = StringIO()
    verdict_of_gate(judged, plain_console(document))
    lines = [line.rstrip() for line in document.getvalue().splitlines()]  # rich fills them with spaces
    return "\n".join(lines).strip("\n") + "\n"
