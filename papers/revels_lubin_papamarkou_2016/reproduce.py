"""Chunks of directions in forward mode, after Revels, Lubin and Papamarkou (2016).

Run ``python papers/revels_lubin_papamarkou_2016/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import hoad

N = 64
CHUNKS = (1, 2, 4, 8, 16, 32, 64)


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's function, one of the paper's two."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def ackley(x: Any) -> Any:
    """Ackley's function, the other."""
    n = x.shape[0]
    a, b, c = 20.0, 0.2, 2 * np.pi
    return -a * np.exp(-b * np.sqrt(x @ x / n)) - np.exp(np.sum(np.cos(c * x)) / n) + a + np.e


def counted(f: Callable[[Any], Any]) -> tuple[Callable[[Any], Any], list[int]]:
    """A function that counts how often it is run."""
    runs = [0]

    def counting(x: Any) -> Any:
        runs[0] += 1
        return f(x)

    return counting, runs


def milliseconds(call: Callable[[], Any]) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def gradient(f: Callable[[Any], Any], x: np.ndarray, chunk: int) -> np.ndarray:
    """The gradient in forward mode, so many directions in a run."""
    found: np.ndarray = hoad.jacobian(f, x, mode="forward", chunk_size=chunk)
    return found


def report(f: Callable[[Any], Any]) -> None:
    """A gradient by chunks: the runs of f are n / N, and each result is the same."""
    x = np.linspace(-1.0, 1.5, N)
    right = hoad.grad(f, x)
    print(f"{f.__name__}, n = {N}")
    print(f"  {'chunk N':>8}{'runs of f':>11}{'ms':>9}{'numbers held':>14}")
    for chunk in CHUNKS:
        g, runs = counted(f)
        found = gradient(g, x, chunk)
        once = runs[0]
        np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)
        assert once == math.ceil(N / chunk), (chunk, once)
        cost = milliseconds(lambda chunk=chunk: gradient(f, x, chunk))
        print(f"  {chunk:>8}{once:>11}{cost:>9.2f}{N * (chunk + 1):>14}")
    print(f"  {'reverse':>8}{1:>11}{milliseconds(lambda: hoad.grad(f, x)):>9.2f}\n")


def report_nested() -> None:
    """Dual numbers of dual numbers: a Hessian in forward over forward mode, as in the paper's section on
    it.
    """
    x = np.linspace(-1.0, 1.5, 6)
    found = hoad.hessian(rosenbrock, x, mode="forward-forward")
    np.testing.assert_allclose(found, hoad.hessian(rosenbrock, x, mode="reverse-reverse"), rtol=1e-12)
    print("forward over forward and reverse over reverse give the same Hessian")


def main() -> None:
    for f in (rosenbrock, ackley):
        report(f)
    report_nested()


if __name__ == "__main__":
    main()
