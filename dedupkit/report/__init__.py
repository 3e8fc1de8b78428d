"""The report of a run: one HTML file that needs no network and runs no script."""

from dedupkit.report.page import render

__all__ = ["render"]
