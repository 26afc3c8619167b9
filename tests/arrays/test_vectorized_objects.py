"""``np.vectorize`` beside arguments that are no numbers: None, text, objects of a class."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hoad


def scaled(x: Any, how: Any) -> Any:
    return x**2 if how is None else x * 3.0 if how == "text" else x * float(how)


@pytest.mark.parametrize("how", [None, "text", Fraction(5, 2), 2, True])
@pytest.mark.parametrize("x", [1.5, np.float64(1.5), np.array([1.5, 2.0])])
def test_other_arguments_come_as_they_are(how: Any, x: Any) -> None:
    f = np.vectorize(scaled, otypes=[float])
    value, change = hoad.jvp(lambda x: f(x, how), x, x * 0 + 1.0)
    np.testing.assert_allclose(value, f(x, how))
    wanted = (
        {None: 2 * x, "text": 3.0 + 0 * x}.get(how) if how is None or how == "text" else float(how) + 0 * x
    )
    np.testing.assert_allclose(change, wanted)
    np.testing.assert_allclose(hoad.grad(lambda x: np.sum(f(x, how)))(x), wanted)
    np.testing.assert_allclose(hoad.grad(lambda x: np.sum(f(x, how=how)))(x), wanted)
