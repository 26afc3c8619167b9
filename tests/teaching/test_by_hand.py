"""Dual numbers, recorded numbers and series made by hand, which tell their tags."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, NotDifferentiableError, ShapeMismatchError


def tags(x: Any) -> list[str]:
    return re.findall("ε[₀-₉]+", repr(x))


def test_two_duals_have_two_tags_and_are_not_confused() -> None:
    x, y = hoad.Dual(3.0, 1.0), hoad.Dual(2.0, 1.0)
    assert len({*tags(x), *tags(y)}) == 2
    product = x * y
    assert sorted(tags(product)) == sorted([*tags(x), *tags(x), *tags(y)])
    assert product.level is y.level and product.tangent.primal == 3.0 and product.primal.tangent == 2.0


def test_duals_of_one_epsilon_add_up() -> None:
    x = hoad.Dual(3.0, 1.0)
    assert repr(x * hoad.Dual(2.0, 1.0, like=x)) == f"Dual(6.0, 5.0, {tags(x)[0]})"


def test_arrays_integers_and_nesting() -> None:
    v = hoad.Dual(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    np.testing.assert_array_equal(np.sum(v**2).tangent, 2.0)
    n = hoad.Dual(3)
    assert (n.primal, n.tangent) == (3.0, 1.0) and type(n.primal) is float
    nested = hoad.Dual(hoad.Dual(2.0, 1.0), 1.0)
    assert (nested * nested).tangent.tangent == 2.0


def test_they_are_of_the_kinds_that_derivatives_are_made_of() -> None:
    seen = []
    hoad.derivative(lambda x: (seen.append(x), x * x)[1], 2.0)
    hoad.grad(lambda x: (seen.append(x), x * x)[1], 2.0)
    assert isinstance(hoad.Dual(1.0), hoad.Dual) and not isinstance(1.0, hoad.Dual)
    assert isinstance(seen[1], hoad.Tracer) and isinstance(hoad.Jet(1.0, 2.0), hoad.Jet)
    assert not isinstance(hoad.Jet(1.0, 2.0), hoad.Dual)


def test_a_tape_by_hand() -> None:
    x = hoad.Tracer(3.0)
    w = hoad.Tracer(np.array([1.0, 2.0]), like=x)
    y = np.sum(np.sin(x) * w**2)
    assert hoad.Tracer.back(y, x) == 5 * np.cos(3.0)
    by_x, by_w = hoad.Tracer.back(y)
    np.testing.assert_allclose(by_w, 2 * np.sin(3.0) * np.array([1.0, 2.0]))
    assert by_x == 5 * np.cos(3.0) and hoad.Tracer.back(x * 1.0, w).tolist() == [0.0, 0.0]
    assert repr(x) == f"Tracer(3.0, tape {x.level.tag})"


def test_a_tape_of_duals_gives_a_second_derivative() -> None:
    x = hoad.Tracer(hoad.Dual(2.0, 1.0))
    found = hoad.Tracer.back(x**3, x)
    assert (found.primal, found.tangent) == (12.0, 12.0)


def test_a_series_by_hand() -> None:
    t = hoad.Jet(0.0, 1.0, 0.0, 0.0)
    np.testing.assert_allclose(np.exp(t).tangent.known, [1.0, 1.0, 1 / 2, 1 / 6])
    assert re.fullmatch("Jet\\(\\[0.0, 1.0, None, None\\], t[₀-₉]+\\)", repr(t))
    s = hoad.Jet(1.0, 2.0, like=t)
    assert s.level is t.level


def test_notebooks_show_the_tags() -> None:
    x = hoad.Dual(3.0, 2.0)
    assert x._repr_latex_() == rf"$3 + 2\varepsilon_{{{x.level.tag}}}$"
    assert hoad.Jet(1.0, 2.0, 0.0, 4.0)._repr_latex_() == "$1 + 2t + 4t^{3}$"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: hoad.Dual("a"), NotDifferentiableError, "the value"),
        (lambda: hoad.Dual(np.ones(2), np.ones(3)), (ShapeMismatchError, ValueError), "shape|broadcast"),
        (lambda: hoad.Dual(1.0, like=2.0), ArgumentError, "hoad.Dual"),
        (lambda: hoad.Jet(1.0), ArgumentError, "one coefficient at least"),
        (lambda: hoad.Tracer.back(3.0), ArgumentError, "recorded number"),
        (lambda: hoad.Tracer(1.0, like=hoad.Dual(1.0)), ArgumentError, "hoad.Tracer"),
    ],
)
def test_bad_input(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()
