"""Arrays that are compared with what is no number: of each element, as NumPy's are."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

OTHERS: dict[str, Any] = {
    "None": None, "a text": "a", "bytes": b"a", "a table": {0.5: 1}, "an empty table": {}, "a set": {0.5},
    "a function": len, "a class": float, "an object": object(), "dots": ..., "a complex number": 1j,
}  # fmt: skip
ARRAYS: dict[str, Any] = {
    "array": np.array([0.5, 1.5]), "matrix": np.ones((2, 2)), "of one": np.array([0.5]), "empty": np.zeros(0),
    "of no axes": np.array(0.5), "number": 0.5, "number of NumPy's": np.float64(0.5),
}  # fmt: skip
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "reflected": lambda x, other: other == x,
}  # fmt: skip
WAYS: dict[str, Callable[[Any], Any]] = {
    "forward": lambda f: lambda x: hoad.jvp(f, (x,), (x,))[0],
    "reverse": lambda f: lambda x: hoad.vjp(f, x)[0],
    "map": lambda f: lambda x: hoad.vmap(f)(np.stack([x, x]))[1],
    "compiled": hoad.compile,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("compared", COMPARED)
@pytest.mark.parametrize("way", WAYS)
def test_each_element_is_told(other: str, compared: str, way: str) -> None:
    def f(x: Any) -> Any:
        answer = COMPARED[compared](x, OTHERS[other])
        return x[answer] * 2.0 if np.ndim(x) and np.ndim(answer) else x * (1.0 + np.sum(answer))

    for x in ARRAYS.values():
        found, right = WAYS[way](f)(x), f(x)
        assert np.shape(found) == np.shape(right)
        np.testing.assert_array_equal(found, right)
