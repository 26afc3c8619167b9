"""The clock: best of repeats, the contenders in turn, and a process in which nothing but they is measured."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SETTLED = "HOAD_BENCHMARKS_SETTLED"


def environment(threads: int) -> dict[str, str]:
    """The settings of a process in which nothing but the peers is measured, and all of them alike.

    glibc returns freed memory to the kernel when 128 kB lie free at the top of the heap, and maps large
    arrays
    afresh each time: on a tape of some MB, page faults are what would be measured. And two threads of a
        matrix
    product wait for each other: when a third process comes between them, 40 µs become 5 ms.
    """
    count = str(threads)
    return {
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
        "MALLOC_TOP_PAD_": str(2**26),
        "MALLOC_MMAP_THRESHOLD_": str(2**30),
        "OPENBLAS_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,  # PyTorch's too
        "MKL_NUM_THREADS": count,
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'false' if threads == 1 else 'true'}",
        "PYTHONHASHSEED": "0",
    }


def settle(arguments: Sequence[str], threads: int) -> None:
    """Start this process again with the settings of ``environment``, which are read once, at the start."""
    if os.environ.get(SETTLED):
        return
    settled = {**os.environ, **environment(threads), SETTLED: "1"}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *arguments], settled)


def freeze() -> None:
    """Hide what is alive now from the garbage collector.

    Otherwise the hundred thousands of objects that torch and jax bring along, or make when they first meet a
    program, would be traversed again and again on everybody's account. The collector itself stays on, as in
    any user's process.
    """
    gc.collect()
    gc.freeze()


class Company:
    """How much of the machine other processes use meanwhile, where Linux tells it.

    On a shared machine a ratio may be off by a factor: two threads of a matrix product that wait for each
        other
    suffer far more from a third than one thread does.
    """

    def __init__(self) -> None:
        self.begin = self._now()

    def cores(self) -> float | None:
        """The mean number of cores that others kept busy since the beginning."""
        if self.begin is None or (end := self._now()) is None:
            return None
        wall, busy, own = (b - a for a, b in zip(self.begin, end, strict=True))
        return max(0.0, (busy - own) / wall)

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        """Wall time, everybody's processor time, and that of this process and its children; in seconds."""
        try:
            user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
        except (OSError, ValueError):
            return None
        own = os.times()
        ticks = (user + nice + system) / os.sysconf("SC_CLK_TCK")
        return own.elapsed, ticks, own.user + own.system + own.children_user + own.children_system


@dataclass(frozen=True)
class Effort:
    """How long to try: seconds for each contender, and the fewest repeats."""

    seconds: float = 1.0
    repeats: int = 5
    batch: float = 0.01  # seconds in one reading of the clock


QUICK = Effort(seconds=0.15, repeats=3)


def clock(call: Callable[[], object], number: int) -> float:
    """Seconds for one call, the mean of ``number`` calls in a row."""
    gc.collect()
    turns = range(number)
    start = time.perf_counter()
    for _ in turns:
        call()
    return (time.perf_counter() - start) / number


def best_of(calls: dict[str, Callable[[], object]], effort: Effort) -> dict[str, float]:
    """Least seconds for one call of each.

    The contenders take turns, so that a slow spell of the machine falls on all of them.
    """
    best: dict[str, float] = {}
    numbers: dict[str, int] = {}
    for name, call in calls.items():
        best[name] = clock(call, 1)
        best[name] = min(best[name], clock(call, 1))
        numbers[name] = max(1, round(effort.batch / best[name]))
    spent = dict.fromkeys(calls, 0.0)
    turn = 0
    while spent:
        for name in list(spent):
            seconds = clock(calls[name], numbers[name])
            best[name] = min(best[name], seconds)
            spent[name] += seconds * numbers[name]
            repeated = turn + 1 >= effort.repeats or spent[name] >= 3.0 * effort.seconds  # the slow get fewer
            if repeated and spent[name] >= effort.seconds:
                del spent[name]
        turn += 1
    return best


def repeat(call: Callable[[], object], calls: int, seconds: float) -> None:
    """Calls before the first reading: so many, and no more than take so much processor time."""
    begun = time.process_time()
    for _ in range(calls):
        call()
        if time.process_time() - begun > seconds:
            break


def least(call: Callable[[], object], readings: int) -> float:
    """The least seconds of processor time that a call takes, of some readings."""
    found = []
    for _ in range(readings):
        started = time.process_time()
        call()
        found.append(time.process_time() - started)
    return min(found)
