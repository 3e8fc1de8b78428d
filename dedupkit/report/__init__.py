"""The report of a run: one HTML file that needs no network, and the full lists beside it."""

from dedupkit.report.frames import Run
from dedupkit.report.lists import lists_of
from dedupkit.report.page import render

__all__ = ["Run", "lists_of", "render"]
