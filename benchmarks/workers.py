"""Hessians by the workers of an executor, beside the call without them: by turns in one process, wall time.

``python -m benchmarks.workers`` prints how many times as fast each is. It means something on free cores only.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import hoad

RNG = np.random.default_rng(0)
SEEN, WANTED = RNG.normal(size=(64, 40)), RNG.normal(size=64)
MIXED = RNG.normal(size=(400, 400))
START = RNG.normal(size=2000) * 0.3
ROUNDS = 25


def network(w: Any) -> Any:
    """A small network of 2 000 weights."""
    inner, outer, bias = w[:1800].reshape(40, 45), w[1800:1980].reshape(45, 4), w[1980:]
    out = np.tanh(np.tanh(SEEN @ inner) @ outer)
    return np.mean((np.sum(out, 1) - WANTED) ** 2) + np.sum(bias**4)


def mixed(x: Any) -> Any:
    """A function of 400 variables, of which structure gives the Hessian."""
    return np.sum((np.tanh(MIXED @ np.sin(x)) * np.exp(MIXED.T @ x * 0.01)) ** 2)


def interleaved(runs: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """The least of some rounds, in each of which every way has its turn."""
    best = dict.fromkeys(runs, float("inf"))
    for k in range(ROUNDS + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if k:
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    """Print the table."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        ways = {"alone": None, "True": True, "two threads": threads, "two processes": processes}
        for f, x in ((network, START), (mixed, START[:400])):
            runs = {
                name: lambda f=f, x=x, e=e: hoad.hessian(f, x, executor=e)  # type: ignore[misc]
                for name, e in ways.items()
            }
            found = interleaved(runs)
            alone = found.pop("alone")
            times = ", ".join([f"{name} {alone / t:.2f}" for name, t in found.items()])
            print(f"{x.size} variables: alone {1e3 * alone:.0f} ms; times as fast: {times}", flush=True)


if __name__ == "__main__":
    main()
