"""Forty small programs as they are found: what their gradients cost beside finite differences.

``python -m benchmarks.everyday`` prints each gradient in n + 1 evaluations, which finite differences take,
and each Hessian in evaluations: processor time, the least of some readings, after some calls. Then the
gradient once more, after so many calls that pure functions are answered by what was recorded of them
(``hoad.learned``).
"""

from __future__ import annotations

import os
import statistics
import sys
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import hoad
from benchmarks import everyday_physics, everyday_statistics, timing

PROGRAMS = everyday_physics.PROGRAMS + everyday_statistics.PROGRAMS
READINGS = 7
SECONDS = 0.4  # of calls before the first reading, at most
SIGHTS = 130  # calls before the first reading, at most
SECONDS_TO_LEARN, SIGHTS_TO_LEARN = 4.0, 3000  # the same where a program is to be learned


def least(call: Callable[[], Any], sights: int = SIGHTS, seconds: float = SECONDS) -> float:
    """Least seconds of processor time of a call, after some that are not read."""
    timing.repeat(call, sights, seconds)
    return timing.least(call, READINGS)


def check(f: Callable[[Any], Any], p: np.ndarray, gradient: np.ndarray) -> None:
    """The slope along a direction, by central differences."""
    h = 1e-5 * np.linspace(0.5, 1.0, len(p))
    slope = (f(p + h) - f(p - h)) / 2
    np.testing.assert_allclose(
        slope, gradient @ h, rtol=1e-3, atol=1e-3 * float(np.sum(np.abs(gradient * h)))
    )


def main() -> int:
    """Print the table."""
    ratios, seconds, often = [], [], []
    for f, start in PROGRAMS:
        p, gradient, hessian = np.array(start, float), hoad.grad(f), hoad.hessian(f)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(f, p, gradient(p))
            with hoad.run_each_time():
                value, first, second = [
                    least(lambda call=call, p=p: call(p)) for call in (f, gradient, hessian)
                ]
            learned = least(lambda g=gradient, p=p: g(p), SIGHTS_TO_LEARN, SECONDS_TO_LEARN)
        ratios.append(first / value / (len(p) + 1))
        seconds.append(second / value)
        often.append(learned / value / (len(p) + 1))
        print(
            f"{f.__name__:20s} n = {len(p):2d}  f {value * 1e6:8.1f} µs   gradient {first * 1e6:9.1f} µs = "
            f"{ratios[-1]:6.2f} (n + 1) f   Hessian {seconds[-1]:7.1f} f   "
            f"gradient, often {learned * 1e6:9.1f} µs = {often[-1]:6.2f} (n + 1) f",
            flush=True,
        )
    for what, found in (("gradient", ratios), ("gradient, called often", often)):
        cheaper = sum(ratio <= 1 for ratio in found)
        print(
            f"{what}, in n + 1 evaluations: median {statistics.median(found):.2f}, worst {max(found):.1f}, "
            f"{cheaper} of {len(found)} at most 1"
        )
    print(f"Hessian in evaluations: median {statistics.median(seconds):.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
