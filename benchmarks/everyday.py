"""Forty small programs as they are found: what their gradients cost beside finite differences.

``python -m benchmarks.everyday`` prints each gradient in n + 1 evaluations, which finite differences take,
and each Hessian in evaluations: processor time, the least of some readings, after enough calls that what is
learned of a program has been learned.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import hoad
from benchmarks import everyday_physics, everyday_statistics, timing

PROGRAMS = everyday_physics.PROGRAMS + everyday_statistics.PROGRAMS
READINGS = 7
SECONDS = 0.4  # of calls before the first reading, at most
SIGHTS = 130  # calls before the first reading, at most


def least(call: Callable[[], Any]) -> float:
    """Least seconds of processor time of a call, after some that are not read."""
    begun = time.process_time()
    for _ in range(SIGHTS):
        call()
        if time.process_time() - begun > SECONDS:
            break
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
    ratios, seconds = [], []
    for f, start in PROGRAMS:
        p, gradient, hessian = np.array(start, float), hoad.grad(f), hoad.hessian(f)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(f, p, gradient(p))
            value, first, second = [least(lambda call=call, p=p: call(p)) for call in (f, gradient, hessian)]
        ratios.append(first / value / (len(p) + 1))
        seconds.append(second / value)
        print(
            f"{f.__name__:20s} n = {len(p):2d}  f {value * 1e6:8.1f} µs   gradient {first * 1e6:9.1f} µs = "
            f"{ratios[-1]:6.2f} (n + 1) f   Hessian {seconds[-1]:7.1f} f",
            flush=True,
        )
    cheaper = sum(ratio <= 1 for ratio in ratios)
    print(
        f"gradient in n + 1 evaluations: median {statistics.median(ratios):.2f}, worst {max(ratios):.1f}, "
        f"{cheaper} of {len(ratios)} at most 1; Hessian in evaluations: median "
        f"{statistics.median(seconds):.0f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
