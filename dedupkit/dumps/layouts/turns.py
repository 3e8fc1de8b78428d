"""What the layouts share: titles and abstracts in turn, and how labelled lines become entries."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from dedupkit.dumps import kinds
from dedupkit.dumps.glued import find_glued_label
from dedupkit.dumps.kinds import ABSTRACT, END, FURNITURE, START, TITLE
from dedupkit.dumps.reading import Entry, Line, Reading, Unparsed
from dedupkit.repair.edits import apply_edits
from dedupkit.repair.furniture import remove_glued_label, remove_see_more_markers

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Title and abstract in turn, furniture before, between and after.
TURNS: Final[kinds.Steps] = {
    (START, TITLE): 0,
    (START, FURNITURE): 0,
    (START, ABSTRACT): 7,
    (FURNITURE, FURNITURE): 0,
    (FURNITURE, TITLE): 0,
    (FURNITURE, ABSTRACT): 7,
    (TITLE, ABSTRACT): 0,
    (TITLE, TITLE): 4,  # a title without an abstract
    (TITLE, FURNITURE): 5,
    (ABSTRACT, TITLE): 0,
    (ABSTRACT, ABSTRACT): 4,  # a second paragraph
    (ABSTRACT, FURNITURE): 1.5,
    (TITLE, END): 1.5,  # a cut last record
    (ABSTRACT, END): 0,
    (FURNITURE, END): 0,
}

#: "laten… (see more)t": what stands in brackets right behind an ellipsis, and whether a word goes on behind it.
_MORE_LABEL_RE: Final = re.compile(r"(?:…|\.\.\.)\s?[(\[]([^()\[\]\d]{3,30})[)\]]")
_MORE_LABEL_IN_WORD_RE: Final = re.compile(
    r"[^\W\d_](?:…|\.\.\.)\s?[(\[]([^()\[\]\d]{3,30})[)\]](?=[^\W\d_A-Z])"
)


def text_costs(shape: kinds.Shape) -> kinds.Costs:
    """Costs of the kinds that every layout knows."""
    return {
        TITLE: kinds.title_cost(shape),
        ABSTRACT: kinds.abstract_cost(shape),
        FURNITURE: kinds.furniture_cost(shape),
    }


def build_entries(labelled: Sequence[tuple[Line, str]]) -> tuple[list[Entry], list[Unparsed]]:
    """Start an entry at each title, and give it the lines up to the next.

    Lines of other kinds than title, abstract and furniture stay in ``Entry.lines`` for the layout to
    read. An abstract of several lines is joined with line feeds. Furniture ends an entry.
    """
    entries: list[Entry] = []
    unparsed: list[Unparsed] = []
    current: Entry | None = None
    for line, kind in labelled:
        if kind == FURNITURE:
            place = "before the first record" if not entries else "between records or after the last"
            unparsed.append(Unparsed(line, f"page furniture {place}"))
            current = None
        elif kind == TITLE:
            current = Entry(lines=[line], title=line.text)
            entries.append(current)
        elif kind == ABSTRACT:
            if current is None:
                current = Entry(lines=[])
                entries.append(current)
            current.lines.append(line)
            current.abstract = line.text if current.abstract is None else f"{current.abstract}\n{line.text}"
        elif current is None:
            unparsed.append(Unparsed(line, f"{kind} without a title before it"))
        else:
            current.lines.append(line)
    return entries, unparsed


def find_more_label(texts: Sequence[str]) -> str | None:
    """The label of a page's show-more button: words in brackets behind an ellipsis, twice or more, or in a word.

    >>> find_more_label(["One thin… (plus)g.", "Two … (plus)things.", "Three... (see Figure B)."])
    'plus'
    >>> find_more_label(["One thin… (weiter)g."]), find_more_label(["Three ... (see Figure B)."])
    ('weiter', None)
    """
    counts = Counter(label for text in texts for label in _MORE_LABEL_RE.findall(text))
    if not counts:
        return None
    label, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    in_word = count == 1 and any(label in _MORE_LABEL_IN_WORD_RE.findall(text) for text in texts)
    return label if count >= 2 or in_word else None


def finish(reading: Reading, *, unknown_labels: bool = False) -> Reading:
    """Cut the page's furniture out of the entries: see-more markers, and a label glued to the first title.

    Args:
        reading: Entries as they stand on the page.
        unknown_labels: Whether the layout is one where any label may be glued, not only a known one.
    """
    abstracts = [entry.abstract or "" for entry in reading.entries]
    label = find_more_label(abstracts)
    for entry in reading.entries:
        if entry.abstract is not None:
            edits = list(remove_see_more_markers(entry.abstract, label))
            reading.see_more_markers += len(edits)
            entry.abstract = apply_edits(entry.abstract, edits) or None
    if reading.entries and (first := reading.entries[0]).title is not None:
        glued = find_glued_label(first.title, first.abstract or "", abstracts, unknown=unknown_labels)
        if glued is not None:
            first.title = apply_edits(first.title, remove_glued_label(first.title, glued)).strip()
            reading.glued_labels.append(glued)
    return reading
