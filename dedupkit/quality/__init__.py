"""Whether a cleaned set is fit to be merged: metrics of its records, judged by a suite of expectations."""

from dedupkit.quality.metrics import METRICS, Measured, measure, measure_merge, measure_parsed, twins_within
from dedupkit.quality.suite import SEVERITIES, Expectation, Suite, find_suite, load_suite
from dedupkit.quality.validate import Check, Status, not_run, passes, status_of, validate

__all__ = [
    "METRICS",
    "SEVERITIES",
    "Check",
    "Expectation",
    "Measured",
    "Status",
    "Suite",
    "find_suite",
    "load_suite",
    "measure",
    "measure_merge",
    "measure_parsed",
    "not_run",
    "passes",
    "status_of",
    "twins_within",
    "validate",
]
