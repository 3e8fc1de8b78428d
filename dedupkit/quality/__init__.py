"""Whether a cleaned set is fit to be merged: metrics of its records, judged by a suite of expectations."""

from dedupkit.quality.metrics import METRICS, measure
from dedupkit.quality.suite import SEVERITIES, Expectation, Suite, find_suite, load_suite
from dedupkit.quality.validate import Check, Status, passes, status_of, validate

__all__ = [
    "METRICS",
    "SEVERITIES",
    "Check",
    "Expectation",
    "Status",
    "Suite",
    "find_suite",
    "load_suite",
    "measure",
    "passes",
    "status_of",
    "validate",
]
