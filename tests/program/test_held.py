"""Known values are looked up by a sample, and told apart by all of their bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hoad.program.held import SAMPLES, Held

N = 40 * SAMPLES


def changed(place: int, value: float) -> Any:
    found = np.zeros(N)
    found[place] = value
    return found


@pytest.mark.parametrize("place", range(0, N, 97))
@pytest.mark.parametrize("value", [-0.0, 5e-324, np.nan])
def test_one_element_makes_a_difference(place: int, value: float) -> None:
    assert Held(changed(place, value)) != Held(np.zeros(N))
    assert Held(changed(place, value)) == Held(changed(place, value))
    assert hash(Held(changed(place, value))) == hash(Held(changed(place, value)))


@pytest.mark.parametrize(
    "other", [np.zeros((2, 2), np.float32), np.zeros(4), np.zeros((2, 2), np.int64), 0.0, 0, ((0.0,),), None]
)
def test_types_and_shapes_make_a_difference(other: Any) -> None:
    assert Held(other) != Held(np.zeros((2, 2)))
    assert Held(other) == Held(other)


def test_views_are_the_same_as_copies() -> None:
    whole = np.arange(4.0 * N).reshape(N, 4)
    for part in (whole[:, 1], whole.T, whole[::-1], whole[3, 2]):
        assert Held(part) == Held(part.copy())
        assert hash(Held(part)) == hash(Held(part.copy()))
