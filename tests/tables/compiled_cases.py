"""Programs to be compiled: those of all other tables, each as a function with the arguments of one call."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy_linalg
import scipy_special
import special_points
from catalogue import ONE_VARIABLE, SEVERAL_VARIABLES
from linear_algebra import RECTANGLE, SQUARE
from numpy_points import V
from rule_points import ELEMENTWISE, PROGRAMS, M, S
from shape_calls import ACCIDENTS, ONE

Case = tuple[Callable[..., Any], tuple[Any, ...]]


def name_of(function: Any) -> str:
    """The name of a function or a rule."""
    name = getattr(function, "name", None) or getattr(function, "__name__", None)
    return str(name or function)


def elementwise() -> Iterator[tuple[str, Case]]:
    """Functions of numbers, of Python floats and of arrays of all their points, complex ones too."""
    for function, entry in ELEMENTWISE.items():
        name = (
            f"{'' if name_of(function) == getattr(function, '__name__', '') else 'rule '}{name_of(function)}"
        )
        yield f"{name}, float", (function, tuple(map(float, entry.points[0])))
        yield f"{name}, array", (function, tuple(map(np.array, zip(*entry.points, strict=True))))
        if entry.complex_points:
            rows = zip(*entry.complex_points, strict=True)
            yield f"{name}, complex", (function, tuple(np.array(row, complex) for row in rows))


def programs() -> Iterator[tuple[str, Case]]:
    """What every rule that is not elementwise is proved with."""
    for function, entries in PROGRAMS.items():
        for k, entry in enumerate(entries):
            yield f"{name_of(function)} {k}", (entry.run, tuple(entry.arguments))


def functions() -> Iterator[tuple[str, Case]]:
    """The catalogue."""
    for entry in ONE_VARIABLE:
        yield entry.name, (entry.program, (entry.points[0],))
    for entry in SEVERAL_VARIABLES:
        yield entry.name, (entry.program, (np.array(entry.points[0]),))


def shapes() -> Iterator[tuple[str, Case]]:
    """Calls with their keywords, on matrices and vectors."""
    x = {
        "matrix": np.random.default_rng(6).permutation(np.linspace(0.27, 1.71, 6) ** 1.5).reshape(2, 3),
        "vector": V,
        "square": S,
        "empty": np.zeros((0, 2)),
        "number": np.float64(0.83),
    }
    for function, calls in ONE.items():
        accidents = ACCIDENTS.get(getattr(function, "__name__", function), set())
        for k, call in enumerate(calls):
            if k in accidents:
                continue
            for what, point in x.items():
                yield f"{name_of(function)} call {k} of a {what}", (call, (point,))


def algebra() -> Iterator[tuple[str, Case]]:
    """Decompositions and their kin."""
    for name, (f, _) in SQUARE.items():
        yield f"linalg {name}", (f, (S,))
    for name, (f, _) in RECTANGLE.items():
        yield f"linalg {name}", (f, (M,))


def of_scipy() -> Iterator[tuple[str, Case]]:
    """SciPy's functions, by their rules and doors."""
    for name, (f, *args) in {**scipy_special.CASES, **scipy_linalg.CASES}.items():
        yield f"scipy {name}", (lambda *xs, f=f: f(*xs), tuple(args))
    for entry in special_points.RANGES:
        points = entry.points[:: max(1, len(entry.points) // 12)]
        rows = [p if isinstance(p, tuple) else (p,) for p in points]
        yield f"special {entry.name}", (entry.function, tuple(map(np.array, zip(*rows, strict=True))))


CASES: dict[str, Case] = dict(
    itertools.chain(elementwise(), programs(), functions(), shapes(), algebra(), of_scipy())
)
