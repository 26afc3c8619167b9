"""What a value lacks, it lacks in every kind of traced value: an attribute that arrays have and numbers of
Python's have not, and the precision that NumPy does not give to a number of Python's beside another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

POINTS: dict[str, Any] = {
    "float": 0.75, "complex": 0.75 + 0.5j, "number of NumPy's": np.float64(0.75), "float32": np.float32(0.75),
    "of no axes": np.array(0.75), "array": np.array([0.75, 1.5]),
}  # fmt: skip
NAMES = sorted({name for x in POINTS.values() for name in dir(x) if not name.startswith("__")})
MISSING = object()


def jvp_of(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: hoad.jvp(f, (x,), (x,))[0]


def often(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The value beside a derivative that is asked for so often that programs are learned of it."""

    def last(x: Any) -> Any:
        for _ in range(120):
            value, _ = hoad.vjp(f, x)
        return value if x.__class__ is complex else hoad.value_and_jacobian(f, x)[0]

    return last


WAYS: dict[str, Callable[[Any], Any]] = {
    "forward": jvp_of,
    "reverse": lambda f: lambda x: hoad.vjp(f, x)[0],
    "compiled": hoad.compile,
    "a compiled derivative": lambda f: hoad.compile(jvp_of(f)),
    "a compiled pullback": lambda f: hoad.compile(lambda x: hoad.vjp(f, x)[0]),
    "often": often,
}


def asking(*names: str) -> Callable[[Any], Any]:
    """How often an attribute is there, of some names."""

    def f(x: Any) -> Any:
        there = [getattr(x, name, MISSING) is not MISSING for name in names]
        there += [hasattr(x, name) for name in names]
        return x * (1.0 + sum(there))

    return f


def trying(x: Any) -> Any:
    found = 1.0
    try:
        found += 1.0 + x.ndim
    except AttributeError:
        found += 10.0
    try:
        found += x.dot(x) * 0.0 + 100.0
    except AttributeError:
        found += 1000.0
    return x * found


def promoting(x: Any) -> Any:
    beside = (np.float16(1), np.float32(1), np.ones(2, np.float32), np.complex64(1), 1, 1.0)
    return x * sum([(k + 1) * np.result_type(other, x).itemsize for k, other in enumerate(beside)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", POINTS)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_lacking_is_lacking(way: str, kind: str) -> None:
    x = POINTS[kind]
    names = [name for name in NAMES if not hasattr(type(x), name)]
    for f in (asking(*names), trying, promoting):
        np.testing.assert_allclose(WAYS[way](f)(x), f(x), rtol=1e-6)
