"""What Spark writes of its tasks while it runs (``spark.eventLog.enabled``): bytes that they hand to others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Task(NamedTuple):
    """A task that ended.

    Attributes:
        began: When, in seconds since 1970.
        shuffled_bytes: What it wrote for tasks of the next stage, compressed.
    """

    began: float
    shuffled_bytes: int


def keys(folder: Path) -> dict[str, str]:
    """Keys of Spark's that make it write such a log into a folder."""
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{folder}",
        "spark.eventLog.compress": "false",
    }


def tasks(folder: Path) -> list[Task]:
    """All tasks that left metrics, failed ones too, in the logs of a folder."""
    return [task for path in sorted(folder.rglob("*")) if path.is_file() for task in _tasks(path)]


def _tasks(path: Path) -> Iterator[Task]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if "SparkListenerTaskEnd" not in line[:60]:
                continue
            event = json.loads(line)
            metrics = event.get("Task Metrics")
            if metrics:
                written = metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
                yield Task(event["Task Info"]["Launch Time"] / 1000, written)
