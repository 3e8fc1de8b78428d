"""A run on many machines, on paper: what was measured a row, times rows. Nothing here was run on more than one machine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from showing import table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spark_showing import Run

#: Share of the cores that work, on average.
USE: Final = 0.7

#: As in ``dedupkit.spark``: rows of a part, ranges of keys at most, parts in a block at most and from how many blocks on
#: they have more than one, bits of a row's number in a pair.
PART_ROWS: Final = 12_288
MOST_RANGES: Final = 4_096
MOST_PARTS: Final = 20
FEW_BLOCKS: Final = 32
_ROW_BITS: Final = 32

#: Each block of parts sends keys to each range this often: five meetings, in which short keys go, then whole ones.
_SENDINGS: Final = 10

#: Stages that take as long whatever the rows.
_FIXED: Final = ("Importing", "Starting Spark", "Starting, ending")

#: Arrays of the whole run that every node looks rows up in.
TOLD: Final = (
    "all_words",
    "all_word_starts",
    "all_abstract_keys",
    *(f"group_{what}_{kind}" for kind in (0, 1) for what in ("firsts", "members")),
)


class Cost(NamedTuple):
    """What a stage takes for each row.

    Attributes:
        name: Of the stage.
        cpu_seconds: Of tasks: Java and Python workers, wherever they run.
        driver_seconds: Of the driver, which is one process: what it does itself is not spread.
        shuffled_bytes: What tasks hand to each other.
    """

    name: str
    cpu_seconds: float
    driver_seconds: float
    shuffled_bytes: float


class Cluster(NamedTuple):
    """Rows and what they are given.

    Attributes:
        rows: Of the run.
        nodes: Machines.
        cores: Of each.
    """

    rows: int
    nodes: int
    cores: int

    @property
    def parts(self) -> int:
        """Parts of the rows."""
        return math.ceil(self.rows / PART_ROWS)

    @property
    def parcels(self) -> int:
        """Parcels of keys, most of them small where there are many ranges."""
        parts_of_a_block = max(1, min(MOST_PARTS, self.parts // FEW_BLOCKS))
        return _SENDINGS * math.ceil(self.parts / parts_of_a_block) * min(self.parts, MOST_RANGES)

    @property
    def runs(self) -> int:
        """Into so many runs the rows would have to be split, for their numbers to have room in pairs."""
        return math.ceil(self.rows / (1 << _ROW_BITS))

    def task_hours(self, costs: Sequence[Cost]) -> float:
        """Processor time of tasks."""
        return self.rows * sum(cost.cpu_seconds for cost in costs) / 3600

    def driver_hours(self, costs: Sequence[Cost]) -> float:
        """Time in which the driver works alone."""
        return self.rows * sum(cost.driver_seconds for cost in costs) / 3600

    def parcel_hours(self, parcel_seconds: float) -> float:
        """Processor time of parcels, beyond what is measured a row: small runs have few."""
        return self.parcels * parcel_seconds / 3600

    def wall_hours(self, costs: Sequence[Cost], parcel_seconds: float) -> float:
        """Tasks on the share ``USE`` of all cores, and the driver's own work before or after them."""
        tasks = self.task_hours(costs) + self.parcel_hours(parcel_seconds)
        return tasks / (self.nodes * self.cores * USE) + self.driver_hours(costs)


CLUSTERS: Final = (Cluster(10**9, 32, 16), Cluster(10**10, 128, 16))


def costs_of(runs: Sequence[Run]) -> list[Cost]:
    """What each stage takes a row: what the larger of two runs takes more than the smaller.

    Args:
        runs: Of one place, by rows; the last two count.
    """
    before, run = runs[-2:]
    rows = run.rows - before.rows
    costs = []
    for name in run.stages:
        if name not in _FIXED:
            grown = zip(_whole(run, name)[1:], _whole(before, name)[1:], strict=True)
            costs.append(Cost(name, *(max(own - less, 0.0) / rows for own, less in grown)))
    return costs


def _whole(run: Run, name: str) -> Cost:
    """What a stage of a run took for all its rows."""
    spent = run.stages[name]
    tasks = spent.jvm_cpu_seconds + spent.worker_cpu_seconds
    return Cost(name, tasks, min(spent.driver_cpu_seconds, spent.seconds), spent.shuffled_bytes)


def work_bytes_of(runs: Sequence[Run]) -> dict[str, float]:
    """Bytes a row of each folder of the work folder, as ``costs_of``."""
    before, run = runs[-2:]
    rows = run.rows - before.rows
    return {
        kind: max(size - before.work_bytes.get(kind, 0), 0) / rows for kind, size in run.work_bytes.items()
    }


def markdown(costs: Sequence[Cost], work_bytes: Mapping[str, float], parcel_seconds: float) -> str:
    """The plan for each of ``CLUSTERS``."""
    return f"{_stages(costs)}\n\n{_totals(costs, work_bytes, parcel_seconds)}"


def _stages(costs: Sequence[Cost]) -> str:
    head = ["on paper, a stage", "CPU µs a row", "driver µs a row", "bytes shuffled a row"]
    for cluster in CLUSTERS:
        head += [f"CPU hours, {_rows(cluster)} rows", "driver hours", "TB shuffled"]
    return table(head, [_stage(cost) for cost in costs], words=1)


def _stage(cost: Cost) -> list[str]:
    row = [cost.name, f"{cost.cpu_seconds * 1e6:,.1f}", f"{cost.driver_seconds * 1e6:,.1f}"]
    row.append(f"{cost.shuffled_bytes:,.1f}")
    for cluster in CLUSTERS:
        hours = cluster.task_hours([cost]), cluster.driver_hours([cost])
        row += [*(f"{own:,.1f}" for own in hours), f"{cluster.rows * cost.shuffled_bytes / 1e12:,.3f}"]
    return row


def _totals(costs: Sequence[Cost], work_bytes: Mapping[str, float], parcel_seconds: float) -> str:
    shuffled = sum(cost.shuffled_bytes for cost in costs)
    work = sum(work_bytes.values())
    lines: dict[str, Callable[[Cluster], str]] = {
        "nodes × cores": lambda its: f"{its.nodes} × {its.cores}",
        "rows of a part": lambda _: f"{PART_ROWS:,}",
        "parts": lambda its: f"{its.parts:,}",
        "parcels of keys": lambda its: f"{its.parcels:,}",
        "CPU hours by rows": lambda its: f"{its.task_hours(costs):,.1f}",
        f"CPU hours of these parcels, {parcel_seconds * 1e6:,.0f} µs each": lambda its: (
            f"{its.parcel_hours(parcel_seconds):,.1f}"
        ),
        "hours in which the driver works alone": lambda its: f"{its.driver_hours(costs):,.1f}",
        f"hours of wall, cores {USE:.0%} used": lambda its: f"{its.wall_hours(costs, parcel_seconds):,.1f}",
        "TB over the network": lambda its: f"{its.rows * shuffled * (1 - 1 / its.nodes) / 1e12:,.2f}",
        "GB over the network, a node": lambda its: (
            f"{its.rows * shuffled * (1 - 1 / its.nodes) / its.nodes / 1e9:,.1f}"
        ),
        "TB of the work folder": lambda its: f"{its.rows * work / 1e12:,.2f}",
        **{
            f"GB of `{name}`, {work_bytes[name]:,.1f} bytes a row": _gigabytes(work_bytes[name])
            for name in TOLD
            if work_bytes.get(name)
        },
        "runs, for rows to have numbers below 2³²": lambda its: f"{its.runs}",
    }
    head = ["on paper", *(f"{_rows(cluster)} rows" for cluster in CLUSTERS)]
    return table(head, [[name, *map(told, CLUSTERS)] for name, told in lines.items()], words=1)


def _gigabytes(bytes_a_row: float) -> Callable[[Cluster], str]:
    return lambda its: f"{its.rows * bytes_a_row / 1e9:,.1f}"


def _rows(cluster: Cluster) -> str:
    """A power of ten, as people write it.

    >>> _rows(Cluster(10**9, 1, 1))
    '10⁹'
    """
    digits = str(len(str(cluster.rows)) - 1)
    return f"10{digits.translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
