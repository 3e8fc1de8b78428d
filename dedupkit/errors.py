"""The errors that dedupkit raises on purpose, and the exit status of each.

::

    DedupkitError           a fact, a place and a hint; the command line prints it without a traceback
    ├── UsageError       2  a flag, setting or suite that is wrong
    └── InputError       3  a file that cannot be read, or a job that cannot be done

A bad *row* is never an exception: it is data, with a verdict or a line in ``unparsed.parquet``.
"""

from __future__ import annotations

import unicodedata


class DedupkitError(Exception):
    """Something that the user can mend.

    Args:
        fact: What is wrong, with the offending value and its place (file, line, key).
        hint: What to do next.
    """

    exit_status = 3

    def __init__(self, fact: str, hint: str = "") -> None:
        super().__init__(f"{fact}\n\nHint: {hint}" if hint else fact)
        self.fact = fact
        self.hint = hint


class UsageError(DedupkitError):
    """A flag, a setting or a suite is wrong."""

    exit_status = 2


class InputError(DedupkitError):
    """Input cannot be read, or the job cannot be done."""

    exit_status = 3


def clause_of(error: BaseException) -> str:
    r"""What a library says went wrong: its first line, without a stop.

    >>> clause_of(ValueError("no table.\nOr so.")), clause_of(EOFError())
    ('no table', 'EOFError')
    """
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")


def on_one_line(text: str) -> str:
    r"""Text of anyone's as a message can hold it: control characters, and what is no Unicode, escaped.

    >>> print(on_one_line("a\nb\x1b[1m é \udcff"))
    a\nb\x1b[1m é \udcff
    """
    return "".join(
        character if unicodedata.category(character) not in _NOT_SHOWN else repr(character)[1:-1]
        for character in text
    )


#: Controls, formats (such as those that turn the direction of text), surrogates, ends of lines and paragraphs.
_NOT_SHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def worker_killed() -> InputError:
    """The error of a run one of whose processes is gone."""
    return InputError(
        "a process of this run was killed; systems do so where memory is short.",
        "give it less at a time, or fewer processes with POLARS_MAX_THREADS=1; an earlier result is unchanged.",
    )
