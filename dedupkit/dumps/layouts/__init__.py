"""The layouts that are recognised, in the order in which equal confidence is settled.

To add one: a module here with ``NAME``, ``RECOGNISES`` (one sentence), ``STEPS``, ``costs(page)`` and
``read(page, labels)``, and its name in ``LAYOUTS``. Layouts that are described in the configuration are made by
``described.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.dumps.layouts import daily_list, paragraphs, publications_page, search_results

if TYPE_CHECKING:
    from dedupkit.dumps.reading import Layout

LAYOUTS: Final[tuple[Layout, ...]] = (daily_list, publications_page, search_results)

#: What reads a dump that no layout recognises.
UNKNOWN: Final[Layout] = paragraphs
