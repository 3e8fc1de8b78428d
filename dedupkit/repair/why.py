"""Why a change was made: one plain sentence for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.repair.edits import run_steps
from dedupkit.repair.phases import BEFORE_MATHEMATICS, DEFAULT_STYLE
from dedupkit.repair.stripped import accepted_commands, reasons
from dedupkit.repair.stripped.render import STRIPPED_MATH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dedupkit.config import MathStyle
    from dedupkit.repair.edits import Change

#: What speaks for each kind of change.
WHY: Final = {
    "broken_word": "the halves are a word that a line's end broke, and the second is none alone",
    "control_character": "no text holds this character",
    "doubled_backslash": "every command here has two backslashes: the site escaped them",
    "eaten_escape": "a control character before the rest of a command: its backslash and letter were read as an escape",
    "escaped_quote": "a backslash before an apostrophe inside a word",
    "glued_label": "the page shows this button's label elsewhere too",
    "glued_words": "two words of the language, and what stands between them ends one",
    "html_entity": "an entity of HTML that was not decoded",
    "latex_accent": "LaTeX writes this letter as an accent and a letter",
    "latex_command": "a command of LaTeX that only styles or names what it prints",
    "latex_escape": "LaTeX escapes this character",
    "latex_math": "a formula of LaTeX, all of which is understood",
    "latex_spacing": "LaTeX's way to write a space, or none",
    "line_break": "one of the other characters that end a line",
    "ligature": "one character for several letters",
    "mojibake": "these characters are what the right ones look like, read in a wrong encoding",
    "see_more_marker": "a page cut the text here",
    "unicode_escape": "an escape of Unicode that was not decoded",
    "whitespace": "one space does the same",
}


def why_changed(raw: str, changes: Sequence[Change], style: MathStyle = DEFAULT_STYLE) -> list[str]:
    r"""Say of each change of a text why it was made.

    Args:
        raw: The raw text.
        changes: What ``repair_text`` made of it.
        style: How mathematics was repaired.

    >>> from dedupkit.repair import repair_text
    >>> raw = r"85\% of it"
    >>> why_changed(raw, repair_text(raw).changes)
    ['LaTeX escapes this character']
    """
    commands = (
        _commands(raw, style) if any(STRIPPED_MATH in change.kind.split("+") for change in changes) else {}
    )
    return [_why(change, commands) for change in changes]


def _why(change: Change, commands: dict[int, str]) -> str:
    end = change.start + len(change.before)
    said = [
        sentence for place, sentence in commands.items() if change.start <= place < max(end, change.start + 1)
    ]
    said += [WHY[kind] for kind in change.kind.split("+") if kind in WHY]
    if not said and STRIPPED_MATH in change.kind:
        said = ["it belongs to the formula beside it"]
    return "; ".join(said)


def _commands(raw: str, style: MathStyle) -> dict[int, str]:
    """The commands that a text lost the backslash of: their place in the raw text, and what speaks for them."""
    text, changes = run_steps(raw, BEFORE_MATHEMATICS)
    return {
        _raw_place(changes, candidate.start): f"\\{candidate.name}: {', '.join(reasons(candidate))}".rstrip(
            ": "
        )
        for candidate in accepted_commands(text, style.level)
    }


def _raw_place(changes: Iterable[Change], place: int) -> int:
    """The place in the raw text of a place in the repaired one."""
    for change in changes:
        if change.start > place:
            break
        place += len(change.before) - len(change.after)
    return place
