"""Every attribute and method of arrays and numbers, by NumPy's and Python's own lists of them: what is read
of a recorded value is a guard, part of the program, or refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_ways_out import POINTS, attempt

import hoad

VALUES: dict[str, tuple[type, list[Any]]] = {
    "array": (np.ndarray, POINTS[:3]),
    "number of NumPy's": (np.float64, [np.float64(x) for x in (3.5, -1.25, 0.0)]),
    "float": (float, [3.5, -1.25, 0.0]),
    "complex": (complex, [3.5 + 1j, -1.25 + 0.5j, 1j]),
}
# What says where a value lies in memory or makes others of its class, and what writes it to a file (how it is
# pickled stands in test_ways_out.py).
APART = {
    "__class__", "__init__", "__new__", "__init_subclass__", "__subclasshook__", "__doc__", "__dir__", "dump",
    "__getattribute__", "__setattr__", "__delattr__", "__sizeof__", "base", "ctypes", "data", "tofile",
    "__array_priority__", "__array_finalize__", "__getnewargs__", "__getformat__", "setflags", "__buffer__",
    "__dlpack__", "__dlpack_device__", "__array_struct__", "__class_getitem__", "fromhex", "from_number",
    "__array_namespace__", "flags", "view", "__reduce__", "__reduce_ex__", "resize",
}  # fmt: skip
GIVEN: list[tuple[Any, ...] | None] = [None, (), (1,), ("self",)]  # None: the attribute is not called


def end_of(x: Any) -> Any:
    """What was read, in a form that can be compared: truth values and integers as numbers."""
    if isinstance(x, (tuple, list)):
        return tuple([end_of(part) for part in x])
    if isinstance(x, bool) or np.result_type(getattr(x, "dtype", float)).kind == "b":
        return np.where(x, 1.0, 0.0)
    return x if hasattr(x, "dtype") or isinstance(x, (int, float, complex, str, bytes)) else None


def reading(name: str, given: tuple[Any, ...] | None) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        held = getattr(x, name)
        if given is None:
            return x * 2.0, None if callable(held) else end_of(held)
        return x * 2.0, end_of(held(*[x if a == "self" else a for a in given]))

    return f


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", VALUES)
def test_nothing_is_left_of_the_first_point(kind: str) -> None:
    of, points = VALUES[kind]
    looked_at = 0
    for name in sorted({*dir(of)} - APART):
        for given in GIVEN:
            f = reading(name, given)
            right = [attempt(f, Own(x)) for x in points]
            if all([isinstance(r, type) for r in right]):
                continue
            looked_at += 1
            compiled = hoad.compile(f, backend="numpy")
            for k in (0, 0, 1, 2, 1, 0):
                assert attempt(compiled, Own(points[k])) == right[k], (name, given, k, compiled.why())
    assert looked_at > {"array": 200, "number of NumPy's": 200, "float": 80, "complex": 50}[kind]


class Own:
    """A value of which ``attempt`` takes a copy."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def copy(self) -> Any:
        return self.x.copy() if isinstance(self.x, np.ndarray) else self.x
