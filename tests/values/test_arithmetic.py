"""Objects of a program's own classes that bring their arithmetic: each operator and each function of NumPy's,
of each kind of number and such an object on either side, against differences of what plain NumPy computes.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.chainrules import RULES
from hoad.errors import NotDifferentiableError
from hoad.values.arithmetic import OPERATORS


class Reckoning:
    """A number in a slot, and what operators do with it."""

    __slots__ = ("k",)

    def __init__(self, k: Any) -> None:
        self.k = k


def _operators(cls: type) -> type:
    for name in OPERATORS.values():
        compute = getattr(operator, f"__{name}__")
        setattr(cls, f"__{name}__", lambda self, x, compute=compute: compute(self.k, x))
        setattr(cls, f"__r{name}__", lambda self, x, compute=compute: compute(x, self.k))
    return cls


@_operators
class Alone(Reckoning):
    __slots__ = ()


@_operators
class First(Reckoning):
    """Asked before NumPy's arrays."""

    __slots__ = ()
    __array_priority__ = 1.0


@_operators
class Apart(Reckoning):
    """Wants none of NumPy's functions."""

    __slots__ = ()
    __array_ufunc__ = None


@_operators
class Listed(Reckoning):
    """A sequence, of which NumPy makes an array where Python's floats ask it."""

    __slots__ = ()

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: int) -> Any:
        return (self.k, 2 * self.k)[i]


@_operators
class Arrayed(Reckoning):
    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array([self.k, 2 * self.k])


CLASSES = (Alone, First, Apart, Listed, Arrayed)
NUMBERS: dict[str, Callable[[Any], Any]] = {
    "a float": lambda p: math.exp(p[0]),
    "a number of NumPy's": lambda p: p[0],
    "an array without axes": lambda p: np.array(p[0]),
    "an array": lambda p: p[:2] * 1.5,
    "a table": lambda p: np.outer(p[:2], p[:2]),
}
NOT_OF_NUMBERS = (np.empty_like, np.array2string)
FUNCTIONS = [
    f for f in RULES if getattr(np, getattr(f, "__name__", ""), None) is f and f not in NOT_OF_NUMBERS
]
POINT = np.array([1.7, 2.3, 0.4])


def sum_of(answer: Any) -> Any:
    return sum([float(v) if isinstance(v, np.generic) else v for v in np.ravel(answer)])


def differences(f: Any, x: np.ndarray) -> Any:
    """First differences; None where plain NumPy has no value."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.array([(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(len(x))], dtype=float)
    except Exception:  # whatever NumPy's own code comes to
        return None


OF_NUMBERS = [n for n in OPERATORS.values() if n not in ("and", "or", "xor", "lshift", "rshift")]


@pytest.mark.parametrize(
    ("cls", "name", "of", "reflected"), by_turns(CLASSES, OF_NUMBERS, NUMBERS, [False, True], every=3)
)
def test_operators(cls: type, name: str, of: str, reflected: bool) -> None:
    compute = getattr(operator, f"__{name}__")

    def f(p: Any) -> Any:
        x, own = NUMBERS[of](p), cls(p[1])
        return sum_of(compute(own, x) if reflected else compute(x, own)) * p[2]

    wanted = differences(f, POINT)
    if wanted is None:
        for take in (hoad.grad(f), lambda x: hoad.jacobian(f, x, mode="forward")):
            with pytest.raises((TypeError, ValueError)):
                take(POINT)
        return
    np.testing.assert_allclose(hoad.grad(f)(POINT), wanted, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(hoad.jacobian(f, POINT, mode="forward"), wanted, rtol=1e-6, atol=1e-7)
    rows = np.array([differences(lambda x, i=i: hoad.grad(f)(x)[i], POINT) for i in range(3)])
    np.testing.assert_allclose(hoad.hessian(f, POINT), rows, rtol=1e-6, atol=1e-6)
    if cls is Alone and of in ("a float", "an array"):
        compiled = hoad.compile(f, backend="numpy")
        for x in (POINT, 1.25 * POINT):
            assert compiled(x) == pytest.approx(f(x), rel=1e-12)
    rows = hoad.vmap(hoad.grad(f))
    if cls in (Listed, Arrayed) and of not in ("an array", "a table") and not reflected:
        with pytest.raises(NotDifferentiableError, match="which of them the members of a batch are"):
            rows(np.array([POINT, 2 * POINT]))
    else:
        found = rows(np.array([POINT, 2 * POINT]))[0]
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("cls", [Alone, Listed])
def test_no_function_takes_one_that_holds_a_traced_value_for_a_constant(cls: type, function: Any) -> None:
    for reflected in (False, True):

        def f(p: Any, reflected: bool = reflected) -> Any:
            answer = sum_of(function(cls(p[1]), p[0]) if reflected else function(p[0], cls(p[1])))
            return (answer.k if isinstance(answer, Reckoning) else answer) * p[2]

        wanted = differences(f, POINT)
        if wanted is None:
            continue
        try:
            found = hoad.grad(f)(POINT)
        except Exception:  # refused; the program's own error, where it has one
            continue
        np.testing.assert_allclose(np.asarray(found, float), wanted, rtol=1e-6, atol=1e-7)


def test_a_vector_of_three_slots() -> None:
    class Vector:
        __slots__ = ("x", "y", "z")

        def __init__(self, x: Any, y: Any, z: Any) -> None:
            self.x, self.y, self.z = x, y, z

        def __add__(self, other: Any) -> Any:
            return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

        def __rmul__(self, k: Any) -> Any:
            return Vector(k * self.x, k * self.y, k * self.z)

        def dot(self, other: Any) -> Any:
            return self.x * other.x + self.y * other.y + self.z * other.z

    def potential(p: Any) -> Any:
        r, v = Vector(*p), Vector(0.0, 1.0, 0.1)
        for _ in range(3):
            v = v + (-0.01 / math.sqrt(r.dot(r)) ** 3) * r
            r = r + p[0] * v
        return r.dot(v)

    np.testing.assert_allclose(hoad.grad(potential)(POINT), differences(potential, POINT), rtol=1e-7)


def test_one_without_traced_values_stays_a_constant_of_functions() -> None:
    class Weight(Alone):
        def __gt__(self, x: Any) -> Any:
            return self.k > x

    with pytest.raises(
        NotDifferentiableError, match=r"Weight does not say what maximum of it and a number is"
    ):
        hoad.grad(lambda x: np.maximum(x, Weight(2 * x)))(1.0)


def test_float_of_an_object_is_what_its_method_returns() -> None:
    class Length:
        def __init__(self, metres: Any) -> None:
            self.metres = metres

        def __float__(self) -> float:
            return float(self.metres)

    assert hoad.grad(lambda x: float(Length(x * x)))(3.0) == 6.0
    assert hoad.grad(lambda x: np.float64(Length(x * x)))(3.0) == 6.0
