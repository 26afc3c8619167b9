"""Compiled functions beside plain hoad: NumPy code of the same bits, and what it takes to make it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks import programs
from benchmarks.limits import Limit, against
from benchmarks.peers import Peer
from benchmarks.programs import Program
from benchmarks.timing import Effort, best_of

SHARE = 1 / 3  # of plain hoad's time, at most, in the median
MOST = 1.0  # of plain hoad's time, for any


def derivatives(hoad: Any) -> dict[str, tuple[Any, Any]]:
    """Derivatives with the points at which they are taken."""
    scalar = programs.scalar_programs()
    fit = programs.fit_program()

    def of(program: Program) -> Any:
        return programs.bind(program.run, program.data, np)

    mixed, rosenbrock, helmholtz = (
        scalar["mixed"],
        programs.rosenbrock_program(),
        programs.helmholtz_program(),
    )
    found = {
        "second derivative of 20 scalar operations": (
            hoad.derivative(hoad.derivative(of(mixed))),
            mixed.point,
        ),
        "gradient: Rosenbrock, n = 100": (hoad.grad(of(rosenbrock)), rosenbrock.point),
        "Hessian: Rosenbrock, n = 100": (hoad.hessian(of(rosenbrock)), rosenbrock.point),
        "gradient: Helmholtz, n = 100": (hoad.grad(of(helmholtz)), helmholtz.point),
        "Jacobian: exponential fit": (hoad.jacobian(of(fit)), fit.point),
    }
    for program in (programs.recurrent_program(), programs.runge_kutta_program()):
        found[f"gradient: {program.name}"] = (hoad.grad(of(program)), program.point)
    return found


def compiled_functions(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """NumPy code against the derivative that it was recorded of, in units of that."""
    if "hoad" not in peers:
        return
    hoad: Any = peers["hoad"].hoad  # type: ignore[attr-defined]
    effort, shares = Effort(seconds=0.3 * repeats), []
    hoad.compile(hoad.grad(np.sum), backend="numpy")(
        np.ones(3)
    )  # what is imported at the first is no work of theirs
    for name, (derivative, point) in derivatives(hoad).items():
        compiled = hoad.compile(derivative, backend="numpy")
        started = time.process_time()
        compiled(point)
        made = time.process_time() - started
        calls = {
            "compiled": lambda f=compiled, x=point: f(x),
            "plain": lambda f=derivative, x=point: f(x),
        }
        best = best_of(calls, effort)
        shares.append(best["compiled"] / best["plain"])
        yield against("compiled", f"{name}, NumPy code", {"hoad": shares[-1]}, 1.0, MOST, "plain calls")
        yield against(
            "compiled", f"{name}, making it", {"hoad": made / best["plain"]}, 1.0, 500.0, "plain calls"
        )
    yield against("compiled", "the median", {"hoad": float(np.median(shares))}, 1.0, SHARE, "plain calls")
