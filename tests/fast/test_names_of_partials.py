"""Partials refer to helpers by whatever names those have: also by those that the one-frame methods use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import remove_rule, scalar_rule
from hoad.chainrules.text import TAKEN, read
from hoad.fast import forward, reverse

HELPERS = {**forward.HELPERS, **reverse.HELPERS}
RESERVED = sorted(
    {*TAKEN, *HELPERS, "_primal", "_rule", "_KINDS", "_t", "_t0", "_p0", "_c0", "_d", "_general"}
)


def helper(x: Any) -> Any:
    return 3 * x**2


values = tape = g = a = _fit = _rule = _t0 = _p0 = _pullback = cubed = helper
_d = 3.0


PARTIALS: dict[str, Callable[..., Any]] = {
    "the method": lambda x, out: cubed(x),
    "values": lambda x, out: values(x),
    "g": lambda x, out: g(x),
    "tape, a parameter that is taken": lambda tape, out: a(tape),
    "_fit": lambda x, out: _fit(x),
    "_rule": lambda x, out: _rule(x),
    "_p0": lambda x, out: _p0(x),
    "_t0": lambda _a, out: _t0(_a),
    "_pullback": lambda x, out: _pullback(x),
    "_d": lambda x, out: _d * x * x,
    "a function within": lambda x, out: (lambda g: g * x * x)(_d),
}


@pytest.fixture
def stated(request: Any) -> Iterator[Any]:
    def cube(x: Any) -> Any:
        return x**3

    cube.__name__ = "cubed"
    rule = scalar_rule(cube, PARTIALS[request.param])
    assert read(rule) is not None
    yield rule
    remove_rule(cube)


@pytest.mark.parametrize("stated", PARTIALS, indirect=True)
def test_a_helper_may_have_any_name(stated: Any) -> None:
    for x in (2.0, np.float64(2.0)):
        assert hoad.derivative(stated, x) == hoad.grad(stated, x) == 12.0
        assert hoad.derivative(stated, x, 2) == 12.0
    for mode in ("forward", "reverse"):
        assert hoad.jacobian(stated, np.array([2.0]), mode=mode) == 12.0


def test_what_is_applied_may_call_the_method_by_name() -> None:
    def cube(x: Any) -> Any:
        return x**3

    cube.__name__ = "cubed"
    rule = scalar_rule(cube, applied=lambda g, x, out: g * cubed(x))
    try:
        assert hoad.derivative(rule, 2.0) == hoad.grad(rule, 2.0) == 12.0
    finally:
        remove_rule(cube)


def test_the_names_that_are_taken_are_told_by_their_look() -> None:
    """What the methods refer to begins with an underscore, or is in the list."""
    assert [name for name in RESERVED if not name.startswith("_") and name not in TAKEN] == []
