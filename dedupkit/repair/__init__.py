"""Raw text to text, with every change recorded.

A repair is a plain function that returns the edits it wants; ``phases.py`` has all of them in their order. The changes
are kept in the coordinates of the raw text, so that replaying them on the raw text gives the repaired text.
"""

from __future__ import annotations

from dedupkit.config import MathStyle
from dedupkit.repair.columns import repair_column, repair_records, repaired_rows
from dedupkit.repair.edits import Change, Edit, Repair, apply_edits, replay
from dedupkit.repair.phases import DEFAULT_STYLE, Repaired, repair_text, repairs
from dedupkit.repair.screen import may_need_repair

__all__ = [
    "DEFAULT_STYLE",
    "Change",
    "Edit",
    "MathStyle",
    "Repair",
    "Repaired",
    "apply_edits",
    "may_need_repair",
    "repair_column",
    "repair_records",
    "repair_text",
    "repaired_rows",
    "repairs",
    "replay",
]
