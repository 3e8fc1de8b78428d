r"""What sites do to LaTeX: rules that strip an abstract, with a note of where every command was.

``wrappers``: the listing pages of a daily-papers site. Commands with an argument lose everything but the argument, up
to the first closing brace, one pass, everywhere; what is between dollars loses its dollars and backslashes.
``backslashes``: what is between dollars, ``\(`` and ``\)`` or ``\[`` and ``\]`` loses both, elsewhere LaTeX stays.
``everything``: as ``backslashes``, and outside of formulas backslashes go too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

RULES = ("wrappers", "backslashes", "everything")

#: Stand around the name of a command while a text is stripped.
_OPEN, _CLOSE = "\ue000", "\ue001"
#: Stands for ``_OPEN`` where the command lost its backslash.
_STRIPPED = "\ue002"

_WRAPPER_RE = re.compile(f"{_OPEN}[A-Za-z]+{_CLOSE}{{(.*?)}}")
_DOLLARS_RE = re.compile(r"\$(.+?)\$")
_FORMULA_RE = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_COMMAND_RE = re.compile(r"\\([A-Za-z]+)")
_KEPT_RE = re.compile(f"{_OPEN}([A-Za-z]+){_CLOSE}")
_STRIPPED_RE = re.compile(f"{_STRIPPED}([A-Za-z]+){_CLOSE}")


class Command(NamedTuple):
    """The name of a command that lost its backslash: where it is in the stripped text."""

    start: int
    end: int
    name: str


class Stripped(NamedTuple):
    """A text as a site leaves it, and the commands whose names are still in it."""

    text: str
    commands: list[Command]


def strip_latex(raw: str, rule: str) -> Stripped:
    r"""Strip a text of LaTeX as a site does.

    >>> strip_latex(r"$\mathsf{X}\in\mathbb{R}^{n\times d}$ is \emph{85\%}", "wrappers")
    Stripped(text='XinR^{ntimes d} is 85\\%', commands=[Command(start=1, end=3, name='in'), Command(start=7, end=12, name='times')])
    >>> strip_latex(r"$\mathbb{R}$ is \emph{85\%}", "everything").text
    'mathbb{R} is emph{85%}'
    """
    marked = _COMMAND_RE.sub(rf"{_OPEN}\1{_CLOSE}", raw)
    if rule == "wrappers":
        marked = _DOLLARS_RE.sub(lambda match: _bare(match[1]), _WRAPPER_RE.sub(r"\1", marked))
    else:
        marked = _FORMULA_RE.sub(lambda match: _bare(next(filter(None, match.groups()))), marked)
        if rule == "everything":
            marked = _bare(marked)
    marked = _KEPT_RE.sub(r"\\\1", marked)
    pieces = _STRIPPED_RE.split(marked)  # text, name, text, name, ..., text
    commands, start = [], 0
    for text, name in zip(pieces[::2], pieces[1::2], strict=False):
        start += len(text)
        commands.append(Command(start, start + len(name), name))
        start += len(name)
    return Stripped("".join(pieces), commands)


def _bare(formula: str) -> str:
    return formula.replace(_OPEN, _STRIPPED).replace("\\", "")
