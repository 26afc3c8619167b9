"""What it costs that programs are differentiated as they are written: beside the same without adapting, the
same written for ``hoad.numpy``, and the same without the lines that are there for other callers.
"""

from __future__ import annotations

import contextvars
import importlib
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import Limit, against
from benchmarks.peers import Peer
from benchmarks.timing import Effort, best_of

MICROSECONDS = 1.0  # that a call of a program that needs nothing may take longer
AS_LONG = 1.1  # as the same program for ``hoad.numpy``, in times
AS_A_COPY = 1.2  # as the copy of SciPy's function without its first lines

FILLED = """
def filled(x):
    out = np.zeros((20, 3))
    for k in range(20):
        t = 0.1 * k
        out[k] = [x[0] * math.exp(-x[1] * t), x[2] * t, 1.0]
        out[k] += x
    y = np.array([np.sum(out[:, 0]), np.mean(out[:, 1] ** 2), math.sqrt(x[0])])
    return np.dot(y, y)
"""


def energy(x: Any) -> Any:
    """A program that needs nothing."""
    return np.sum(np.sin(x) * x)


def filled(numpy: Any, mathematics: Any) -> Callable[..., Any]:
    """One that fills arrays, calls ``math`` and makes arrays of lists, with what its names mean."""
    names: dict[str, Any] = {"np": numpy, "math": mathematics}
    exec(FILLED, names)
    found: Callable[..., Any] = names["filled"]
    return found


def rosenbrock(x: Any) -> Any:
    """``scipy.optimize.rosen`` without its lines that make an array of x."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0, axis=0)


def left(hoad: Any, call: Callable[[], Any]) -> Callable[[], Any]:
    """A call in a context in which nothing is adapted."""
    context = contextvars.copy_context()
    context.run(hoad.no_adapt().__enter__)
    return lambda: context.run(call)


def programs_as_they_are(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """The three costs."""
    if "hoad" not in peers:
        return
    hoad: Any = peers["hoad"].hoad  # type: ignore[attr-defined]
    effort = Effort(seconds=0.3 * repeats)
    x, long = np.array([1.0, 2.0, 3.0]), np.linspace(0.1, 1.9, 100_000)
    plain = left(hoad, lambda: None)
    calls = {"as written": lambda: hoad.grad(energy, x), "left": left(hoad, lambda: hoad.grad(energy, x))}
    best = best_of({**calls, "nothing": plain}, effort)
    extra = best["as written"] - best["left"] + best["nothing"]
    yield against(
        "adapting", "a program that needs nothing: adapting", {"hoad": extra}, 1e6, MICROSECONDS, "µs"
    )

    written, own = filled(np, math), filled(importlib.import_module("hoad.numpy"), in_numpy())
    calls = {"as written": lambda: hoad.grad(written, x), "own": left(hoad, lambda: hoad.grad(own, x))}
    yield ratio("arrays filled, beside hoad.numpy", best_of(calls, effort), AS_LONG)

    rosen = importlib.import_module("scipy.optimize").rosen
    calls = {"as written": lambda: hoad.grad(rosen, long), "own": lambda: hoad.grad(rosenbrock, long)}
    yield ratio("scipy.optimize.rosen, n = 10^5, beside a copy", best_of(calls, effort), AS_A_COPY)


def in_numpy() -> types.SimpleNamespace:
    """The functions of ``math`` that are used, of NumPy."""
    return types.SimpleNamespace(exp=np.exp, sqrt=np.sqrt)


def ratio(name: str, best: dict[str, float], most: float) -> Limit:
    """How many times as long as the other the program takes."""
    return against("adapting", name, {"hoad": best["as written"] / best["own"]}, 1.0, most, "times")
