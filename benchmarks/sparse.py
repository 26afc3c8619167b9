"""Sparse Jacobians and Hessians: hoad beside asdex and CasADi, all in one process, interleaved, by CPU time.

``python benchmarks/sparse.py`` prints the table; ``--small`` leaves out what has more than 10⁴ variables. A
peer that is not installed has no column. The rows are those of ``goals`` below, whose figures the README
repeats.
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import numpy as np

import hoad

Run = Callable[[], Any]
RNG = np.random.default_rng(0)


def banded(x: Any, xp: Any = np) -> Any:
    """Three diagonals of a Jacobian."""
    return x[1:-1] * xp.sin(x[:-2]) - xp.exp(-x[2:] * x[1:-1])


def pentadiagonal(x: Any, xp: Any = np) -> Any:
    """Five diagonals of a Hessian."""
    return xp.sum(xp.sin(x[2:] * x[:-2]) + x[1:-1] ** 2 * x[:-2])


def brusselator(v: Any, xp: Any = np) -> Any:
    """Two reacting and diffusing quantities on a square."""
    n = round((v.size / 2) ** 0.5)
    k = 10.0 * (n - 1) ** 2
    u, w = xp.reshape(v, (2, n, n))
    spread = lambda a: xp.roll(a, 1, 0) + xp.roll(a, -1, 0) + xp.roll(a, 1, 1) + xp.roll(a, -1, 1) - 4 * a
    meet = u * u * w
    rates = [1.0 + meet - 4.4 * u + k * spread(u), 3.4 * u - meet + k * spread(w)]
    return xp.ravel(xp.stack(rates))


class Cameras:
    """Bundle adjustment: cameras of eleven numbers see points, and each sight has a weight."""

    def __init__(self, cameras: int, points: int, sights: int) -> None:
        self.sizes = cameras, points, sights
        self.camera, self.place = RNG.integers(0, cameras, sights), RNG.integers(0, points, sights)
        self.seen = RNG.normal(size=(sights, 2))
        pose = np.array([0.1, 0.2, 0.3, 0, 0, 5, 1, 0, 0, 0.01, 0.001])
        cam = RNG.normal(size=(cameras, 11)) * 0.1 + pose
        parts = [cam, RNG.normal(size=(points, 3)), RNG.random(sights)]
        self.start = np.concatenate([p.ravel() for p in parts])

    def __call__(self, z: Any, xp: Any = np) -> Any:
        m, n, _ = self.sizes
        c = z[: 11 * m].reshape(m, 11)[self.camera]
        p = z[11 * m : 11 * m + 3 * n].reshape(n, 3)[self.place]
        w = z[11 * m + 3 * n :]
        turn, d = c[:, :3], p - c[:, 3:6]
        angle = xp.sqrt(xp.sum(turn * turn, axis=1))
        k = turn / angle[:, None]
        cross = xp.stack(
            [
                k[:, 1] * d[:, 2] - k[:, 2] * d[:, 1],
                k[:, 2] * d[:, 0] - k[:, 0] * d[:, 2],
                k[:, 0] * d[:, 1] - k[:, 1] * d[:, 0],
            ],
            axis=1,
        )
        dot = xp.sum(k * d, axis=1) * (1 - xp.cos(angle))
        r = d * xp.cos(angle)[:, None] + cross * xp.sin(angle)[:, None] + k * dot[:, None]
        image = r[:, :2] / r[:, 2:]
        r2 = xp.sum(image * image, axis=1)
        bent = image * (1 + c[:, 9] * r2 + c[:, 10] * r2 * r2)[:, None]
        e = w[:, None] * (c[:, 6:7] * bent + c[:, 7:9] - self.seen)
        return xp.concatenate([xp.ravel(e), 1 - w * w])


class Case(NamedTuple):
    """A row of the table."""

    name: str
    f: Callable[..., Any]
    x: np.ndarray
    order: int


def cases(small: bool) -> list[Case]:
    """The rows."""
    point = lambda n: RNG.random(n) + 0.5
    sizes = (10**3, 10**4) if small else (10**3, 10**4, 10**5, 10**6)
    found = [Case(f"banded Jacobian {n}", banded, point(n), 1) for n in sizes]
    found += [Case(f"pentadiagonal Hessian {n}", pentadiagonal, point(n), 2) for n in sizes]
    found += [
        Case(f"Brusselator {2 * n * n}", brusselator, point(2 * n * n), 1) for n in (32, 300)[: 2 - small]
    ]
    for seen in ((21, 1131, 3645), (49, 7776, 31843))[: 2 - small]:
        camera = Cameras(*seen)
        found.append(Case(f"bundle adjustment {camera.start.size}", camera, camera.start, 1))
    return found


def once(run: Run) -> float:
    """Milliseconds of a run."""
    start = time.process_time()
    run()
    return 1e3 * (time.process_time() - start)


def interleaved(runs: dict[str, Run], rounds: int) -> dict[str, float]:
    """The least of some rounds, in each of which every way has its turn."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            best[name] = min(best[name], once(run))
    return best


def of_hoad(case: Case, setups: dict[str, float]) -> dict[str, Run]:
    """hoad's ways."""
    f, x, order = case.f, case.x, case.order
    v = RNG.normal(size=x.shape)
    plans: dict[str, Any] = {}
    for name, options in (("plan", {}), ("unchecked", {"check": False}), ("compiled", {"compile": True})):

        def make(name: str = name, options: Any = options) -> None:
            plans[name] = hoad.sparse_plan(f, x, order=order, **options)
            plans[name](x)

        setups[name] = once(make)
    derivative = hoad.jacobian if order == 1 else hoad.hessian
    base: Run = (lambda: hoad.jvp(f, (x,), (v,))) if order == 1 else (lambda: hoad.grad(f, x))
    return {
        "base": base,
        "once": lambda: derivative(f, x, sparse=True),
        **{name: (lambda p=plan: p(x)) for name, plan in plans.items()},
    }


def of_asdex(case: Case, setups: dict[str, float]) -> dict[str, Run]:
    """asdex's, compiled by JAX."""
    try:
        asdex, jax = importlib.import_module("asdex"), importlib.import_module("jax")
    except ImportError:
        return {}
    jnp = jax.numpy
    f, x = (lambda z: case.f(z, jnp)), jnp.asarray(case.x)
    color = asdex.jacobian_coloring if case.order == 1 else asdex.hessian_coloring
    by_color = asdex.jacobian_from_coloring if case.order == 1 else asdex.hessian_from_coloring
    found: dict[str, Any] = {}

    def make() -> None:
        found["run"] = jax.jit(by_color(f, color(f, x)))
        jax.block_until_ready(found["run"](x))

    setups["asdex"] = once(make)
    return {"asdex": lambda: jax.block_until_ready(found["run"](x))}


def of_casadi(case: Case, setups: dict[str, float]) -> dict[str, Run]:
    """CasADi's, to a matrix of SciPy's."""
    if case.f not in (banded, pentadiagonal) or case.x.size > 10**5:
        return {}
    try:
        casadi = importlib.import_module("casadi")
    except ImportError:
        return {}
    casadi.sum = casadi.sum1
    found: dict[str, Any] = {}

    def make() -> None:
        symbol = casadi.SX.sym("x", case.x.size)
        y = case.f(symbol, casadi)
        derivative = casadi.jacobian(y, symbol) if case.order == 1 else casadi.hessian(y, symbol)[0]
        found["run"] = casadi.Function("d", [symbol], [derivative])
        found["run"](case.x)

    setups["CasADi"] = once(make)
    return {"CasADi": lambda: found["run"](case.x).sparse()}


def compared(case: Case, runs: dict[str, Run]) -> None:
    """Every matrix times a vector is what hoad's product is."""
    v = RNG.normal(size=case.x.size)
    right = hoad.hvp(case.f, case.x, v) if case.order == 2 else hoad.jvp(case.f, (case.x,), (v,))[1]
    for name, run in runs.items():
        if name != "base":
            got = np.asarray(run() @ v)
            np.testing.assert_allclose(got, right, rtol=1e-8, atol=1e-8 * np.abs(right).max(), err_msg=name)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="up to 10⁴ variables")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="the rows whose name contains this")
    options = parser.parse_args()
    names = ["base", "once", "plan", "unchecked", "compiled", "asdex", "CasADi"]
    print("milliseconds of CPU; in brackets what comes before the second evaluation")
    print(f"{'':32s}" + "".join(f"{name:>20s}" for name in names))
    for case in [c for c in cases(options.small) if options.only in c.name]:
        setups: dict[str, float] = {}
        runs = of_hoad(case, setups) | of_asdex(case, setups) | of_casadi(case, setups)
        compared(case, runs)
        best = interleaved(runs, options.rounds)
        cells = [
            f"{best[n]:.3f}" + (f" ({setups[n]:.0f})" if n in setups else "") if n in best else "-"
            for n in names
        ]
        print(f"{case.name:32s}" + "".join(f"{cell:>20s}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
