"""Compiled derivatives of large arrays beside jitted JAX, on one core: ``python -m benchmarks.one_core``.

CPU time of a call, medians, all in one process; JAX runs the heat equation by ``lax.scan``, since a loop of
fifty steps takes it minutes to compile. A copy of the point is what memory alone would take.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import jax
import jax.numpy as jnp
import numpy as np

import hoad

SECONDS = 1.0  # of the readings of each
ROWS = {  # the sides of the point, steps, and what is aimed at: gradient and Hv in units of JAX's
    "Rosenbrock, n = 10^6": ((1_000_000,), 0, (0.4, 0.45)),
    "heat equation, 256^2, 50 steps": ((256, 256), 50, (0.45, 0.2)),
    "heat equation, 1024^2, 20 steps": ((1024, 1024), 20, (0.2, 0.15)),
}


def rosenbrock(xp: Any, x: Any) -> Any:
    return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def step(xp: Any, u: Any) -> Any:
    around = xp.roll(u, 1, 0) + xp.roll(u, -1, 0) + xp.roll(u, 1, 1) + xp.roll(u, -1, 1)
    return u + 0.2 * (around - 4 * u) - 0.01 * u**3


def heat(xp: Any, u: Any, steps: int) -> Any:
    if xp is jnp:
        u = jax.lax.scan(lambda u, _: (step(jnp, u), None), u, None, length=steps)[0]
    else:
        for _ in range(steps):
            u = step(xp, u)
    return xp.sum(u**2)


def median(*functions: Callable[[], Any]) -> list[float]:
    """Milliseconds of CPU time of each, in turn."""
    readings: list[list[float]] = [[] for _ in functions]
    begun = time.perf_counter()
    while len(readings[0]) < 5 or time.perf_counter() - begun < SECONDS * len(functions):
        for found, function in zip(readings, functions, strict=True):
            started = time.process_time()
            function()
            found.append(time.process_time() - started)
    return [statistics.median(found) * 1e3 for found in readings]


def main() -> int:
    """Print the table."""
    jax.config.update("jax_enable_x64", True)
    print("| work | compiled ms | JAX ms | ratio | at most | a copy ms | first call s | JAX's | error |")
    print("|---|---|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for name, (shape, steps, goals) in ROWS.items():
        f = (lambda xp, u, steps=steps: heat(xp, u, steps)) if steps else rosenbrock
        x, v = rng.normal(size=shape), rng.normal(size=shape)
        slope = jax.grad(lambda x, f=f: f(jnp, x))
        pairs = {
            "gradient": (hoad.grad(lambda x, f=f: f(np, x)), jax.jit(slope), (x,)),
            "Hv": (
                lambda x, v, f=f: hoad.hvp(lambda x: f(np, x), x, v),
                jax.jit(lambda x, v, slope=slope: jax.jvp(slope, (x,), (v,))[1]),
                (x, v),
            ),
        }
        for (what, (derivative, jitted, args)), goal in zip(pairs.items(), goals, strict=True):
            started = time.process_time()
            compiled = hoad.compile(derivative, backend="native", on_fail="raise")
            compiled(*args)
            mine_first = time.process_time() - started
            given = [jnp.asarray(a) for a in args]
            started = time.process_time()
            right = np.asarray(jitted(*given))
            other_first = time.process_time() - started
            error = np.abs(compiled(*args) - right).max() / np.abs(right).max()

            def theirs(jitted: Any = jitted, given: Any = given) -> None:
                jax.block_until_ready(jitted(*given))

            mine, other, copy = median(lambda c=compiled, a=args: c(*a), theirs, x.copy)
            cells = [f"{name}: {what}", f"{mine:.3g}", f"{other:.3g}", f"{mine / other:.2f}", f"{goal}"]
            cells += [f"{copy:.2g}", f"{mine_first:.1f}", f"{other_first:.1f}", f"{error:.0e}"]
            print(f"| {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
