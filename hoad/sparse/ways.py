"""Ways: how a derivative is taken at a point, by structured tangents or by directions along colours, and
which takes less time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..nested import forgiven

Run = Callable[[], Any]
Clock = Callable[[], float]
SHORT, ROUNDS = 0.03, 4  # seconds, above which a run is not timed again; how often at most
CALLS = 30  # that make up for the search of colours


class Tried(NamedTuple):
    """A derivative by structured tangents, and the seconds that it took; None where there is none."""

    matrix: Any = None
    seconds: float = 0.0


def tried(run: Run, clock: Clock) -> Tried:
    """What comes of a run, and how long it took."""
    start = clock()
    try:
        return Tried(run(), clock() - start)
    except Exception as error:
        forgiven(error)
        return Tried()


class Ways(NamedTuple):
    """Runs: by structured tangents; along as few directions as any colouring needs; along those of the
    colours, once ``color`` has found them. ``is_found`` tells whether they are found in some seconds.
    """

    structured: Run
    few: Run
    is_found: Callable[[float], bool]
    color: Run
    colored: Run

    def is_faster_structured(self, first: float, clock: Clock, compared: bool) -> bool:
        """Tell whether a run with structured tangents takes less time than one with colours. Where the runs
        are long, colours are sought only if as few directions as any colouring needs are faster, and so much
        that some calls make up for the search; none is made to be timed that can't decide.

        Args:
            first: what the first run with structured tangents took.
            clock: tells the time.
            compared: whether both are to be timed however long they take.
        """
        if compared or first <= SHORT:
            self.color()
            structured, colored = lasting([self.structured, self.colored], clock, 1 + (first <= SHORT))
            return structured < colored
        if not self.is_found(CALLS * first):
            return True
        few = lasting([self.few], clock)[0]
        if 2 * few > first and (first < few or not self.is_found(CALLS * (first - few))):
            few = min(few, *lasting([self.few], clock))  # the first run makes what it needs
        if first < few or not self.is_found(CALLS * (first - few)):
            return True
        structured = min(first, *lasting([self.structured], clock))
        if structured < few or not self.is_found(CALLS * (structured - few)):
            return True
        self.color()
        colored = lasting([self.colored], clock)[0]
        if colored / 2 < structured < colored:  # as above
            colored = min(colored, *lasting([self.colored], clock))
        return structured < colored


def lasting(runs: list[Run], clock: Clock, least: int = 1) -> list[float]:
    """How long each of some runs takes: the least of a few, if they are short, which take turns, and of
    ``least`` in any case.
    """
    found: list[list[float]] = [[] for _ in runs]
    while len(found[0]) < ROUNDS and (len(found[0]) < least or sum(map(sum, found)) < SHORT * len(runs)):
        for times, run in zip(found, runs, strict=True):
            start = clock()
            run()
            times.append(clock() - start)
    return [min(times) for times in found]


def fewest(pattern: Any, order: int, check: bool) -> tuple[np.ndarray, np.ndarray]:
    """As many directions as must be there, since each entry of a derivative of some order is one of the
    numbers that they give.
    """
    (m, n), entries = pattern.shape, pattern.nnz
    unknown = (entries + n) // 2 if order == 2 else entries
    count = -(-unknown // max(m, n, 1)) + check
    rows = np.random.default_rng(0).normal(size=(count, min(m, n)))
    none = np.zeros((0, max(m, n)))
    return (rows, none) if n <= m else (none, rows)
