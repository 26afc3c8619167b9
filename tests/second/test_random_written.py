"""Sweeps of second order that are written out, of random programs of all kinds: bit for bit the sweep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tables.random_programs import ODD_POINTS, POINTS, PROGRAMS, made

import hoad
from hoad.fast import straight
from hoad.second import sweep


def outcome(call: Any) -> Any:
    """A value, or the class of the error."""
    try:
        return [np.asarray(part) for part in call()]
    except Exception as error:
        return type(error)


@settings(max_examples=40, deadline=None)
@given(PROGRAMS, POINTS, POINTS | ODD_POINTS)
def test_random_programs(program: Any, first: np.ndarray, other: np.ndarray) -> None:
    f = made(program)

    def loss(x: Any) -> Any:
        found = f(x)
        parts = found if isinstance(found, (list, tuple)) else [found]
        return sum([np.sum(np.sin(part)) for part in parts])

    def second(x: Any) -> Any:
        return lambda: [
            hoad.hessian(loss, x),
            hoad.hvp(loss, x, np.cos(x)),
            hoad.hessian(loss, x, chunk_size=8),
        ]

    straight.forget()
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"), hoad.run_each_time():
        patch.setattr(straight, "SIGHTS", 2)
        for _ in range(3):
            outcome(second(first))
        found = [outcome(second(x)) for x in (first, other)]
        patch.setattr(sweep, "straight_pairs", lambda *args: None)
        expected = [outcome(second(x)) for x in (first, other)]
    for one, right in zip(found, expected, strict=True):
        if isinstance(right, type):
            assert one is right
        else:
            for a, b in zip(one, right, strict=True):
                np.testing.assert_array_equal(a, b)
