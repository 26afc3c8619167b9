"""Points that are wrapped: quantities of pint's, arrays of xarray's, and classes that users register."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pint
import pytest
import xarray as xr

import hoad
import hoad.kinds.recorded  # a kind that is made when it is first needed
from hoad.arrays.arraylike import ArrayLike
from hoad.errors import ArgumentError, MissingRuleError, NotDifferentiableError
from hoad.parameters.parameter import Parameter
from hoad.values import wrappers

UNITS = pint.UnitRegistry()
M, S, KM = UNITS.meter, UNITS.second, UNITS.kilometer
V = np.array([0.7, 1.2, 2.1])
ALONG = np.array([0.3, -1.0, 0.5])
NUMBERS: dict[str, Callable[[Any], Any]] = {
    "sum of squares": lambda x: (x**2).sum(),
    "mean of products": lambda x: (x * x * x).mean(),
    "parts": lambda x: (x[0] * x[1:]).sum(),
    "extremum": lambda x: x.max() * x.sum(),
    "numpy": lambda x: np.sqrt(np.sum(x * x)),
}
ARRAYS: dict[str, Callable[[Any], Any]] = {
    "product": lambda x: x * x * 2.0,
    "power": lambda x: x**3,
    "slice": lambda x: x[1:] * x[:-1],
    "scaled": lambda x: x * x.sum(),
    "root": lambda x: np.sqrt(x * x * x),
}
OF_NUMBERS: dict[str, Callable[..., Any]] = {
    "grad": hoad.grad,
    "hessian": hoad.hessian,
    "hvp": lambda f, x: hoad.hvp(f, x, ALONG),
    "value_and_grad": lambda f, x: hoad.value_and_grad(f, x)[1],
    "value_grad_hessian": lambda f, x: hoad.value_grad_hessian(f, x)[2],
}
OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "jacobian": hoad.jacobian,
    "jacobian, forward": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "jvp": lambda f, x: hoad.jvp(f, (x,), (ALONG,))[1],
    "value_and_jacobian": lambda f, x: hoad.value_and_jacobian(f, x)[1],
}
CASES = [(op, name) for op in OF_NUMBERS for name in NUMBERS] + [
    (op, name) for op in OF_ARRAYS for name in ARRAYS
]
ORDER = {"hessian": 2, "value_grad_hessian": 2, "jvp": 0}


def case(op: str, name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return (OF_NUMBERS[op], NUMBERS[name]) if op in OF_NUMBERS else (OF_ARRAYS[op], ARRAYS[name])


@pytest.mark.parametrize(("op", "name"), CASES)
def test_quantities(op: str, name: str) -> None:
    operator, f = case(op, name)
    found, right = operator(f, V * M), operator(f, V)
    np.testing.assert_allclose(found.magnitude, right, rtol=1e-14)
    assert found.units == f(V * M).units / M ** ORDER.get(op, 1)


@pytest.mark.parametrize(("op", "name"), [(op, name) for op, name in CASES if name not in ("slice", "parts")])
def test_arrays_of_xarray(op: str, name: str) -> None:
    """But what overlaps, which xarray aligns by its labels: the next test has that."""
    operator, f = case(op, name)
    x = xr.DataArray(V, dims="i", coords={"i": [10, 20, 30]})
    found, right = operator(f, x), operator(f, V)
    np.testing.assert_allclose(np.asarray(found), right, rtol=1e-14)
    if np.ndim(right) == 1:
        assert found.dims == ("i",) and list(found.i) == [10, 20, 30]


def test_xarrays_own_methods() -> None:
    x = xr.DataArray(V, dims="i", coords={"i": [10, 20, 30]})
    for f, right in (
        (lambda x: x.sel(i=20) ** 2, [0, 2 * V[1], 0]),
        (lambda x: x.isel(i=0) * x.isel(i=slice(1, None)).sum(), [V[1] + V[2], V[0], V[0]]),
        (lambda x: x.dot(x), 2 * V),
        (lambda x: x.mean("i"), np.full(3, 1 / 3)),
    ):
        np.testing.assert_allclose(hoad.grad(f, x), right, rtol=1e-14)
    two = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("j", "i"))
    found = hoad.jacobian(lambda x: two.dot(x, dim="i"), xr.DataArray(V, dims="i"))
    assert found.dims == ("j", "i")
    np.testing.assert_allclose(found, two)


@pytest.mark.parametrize(
    ("f", "x", "magnitude", "unit"),
    [
        (lambda x: x**3, 3.0 * M, 27.0, M**2),
        (lambda x: np.sin(x / M), 3.0 * M, np.cos(3.0), 1 / M),
        (lambda x: np.sum(x.to(M)), np.ones(2) * KM, [1000.0, 1000.0], M / KM),
        (lambda x: np.sum((x + 1 * M) ** 2), np.array([1.0, 2.0]) * KM, [2.002, 4.002], KM),
        (lambda x: x.magnitude**2, 3.0 * M, 6.0, 1 / M),
    ],
)
def test_units_of_a_gradient(f: Any, x: Any, magnitude: Any, unit: Any) -> None:
    found = hoad.grad(f, x)
    np.testing.assert_allclose(found.magnitude, magnitude, rtol=1e-14)
    assert found.units == unit


def test_derivatives_of_an_order() -> None:
    found = hoad.derivative(lambda x: x**4, 2.0 * S, 3)
    assert found.magnitude == 48.0 and found.units == S


def test_several_arguments_and_containers() -> None:
    by_x, by_t = hoad.grad(lambda x, t: np.sum(x) / t, V * M, 2.0 * S, argnums=(0, 1))
    assert by_x.units == 1 / S and by_t.units == M / S**2
    np.testing.assert_allclose(by_t.magnitude, -V.sum() / 4)
    by = hoad.grad(lambda p: np.sum(p["x"]) / p["t"] * p["k"], {"x": V * M, "t": 2.0 * S, "k": 3.0})
    assert by["x"].units == 1 / S and by["t"].units == M / S**2 and by["k"].units == M / S
    named = hoad.grad(lambda t, x: np.sum(x) / t, 2.0 * S, x=V * M, argnums="x")
    assert named.units == 1 / S
    (tt, tx), (xt, xx) = hoad.hessian(lambda t, x: np.sum(x**2) * t, 2.0 * S, V * M, argnums=(0, 1))
    assert (tt.units, tx.units, xt.units, xx.units) == (M**2 / S, M, M, S)
    np.testing.assert_allclose(xx.magnitude, 4 * np.eye(3))


METHODS = [n for n in dir(np.ndarray) if n[0] != "_" and callable(getattr(np.ndarray, n))]


def kinds(cls: type = ArrayLike) -> Iterator[type]:
    for kind in cls.__subclasses__():
        yield kind
        yield from kinds(kind)


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_called_what_they_are(name: str) -> None:
    """pint looks at the name of a method to know what unit comes out; ``conj`` is NumPy's other name."""
    hoad.hessian(lambda x: np.sum(x**2), V)  # the kinds are there
    names = {
        getattr(getattr(kind, name, None), "__name__", name) for kind in kinds() if kind is not Parameter
    }
    assert names <= {name, "conjugate" if name == "conj" else name}


def test_a_function_without_the_point() -> None:
    assert hoad.grad(lambda x: x**2)(3.0 * M).units == M


def test_pint_and_xarray_still_check() -> None:
    with pytest.raises(pint.DimensionalityError):
        hoad.grad(lambda x: np.sum(x + 1 * S), V * M)
    with pytest.raises((ValueError, MissingRuleError), match="align"):  # by a class of its own since 2025
        hoad.grad(lambda x: xr.align(x, other, join="exact")[0].sum(), xr.DataArray(V, {"i": [0, 1, 2]}, "i"))


other = xr.DataArray(V, {"i": [1, 2, 3]}, "i")


def test_a_direction_has_the_units_of_the_point() -> None:
    found = hoad.hvp(lambda x: np.sum(x**3), V * M, ALONG * M)
    np.testing.assert_allclose(found.magnitude, 6 * V * ALONG)
    with pytest.raises(ArgumentError, match="another unit"):
        hoad.hvp(lambda x: np.sum(x**3), V * M, ALONG * S)


def test_nothing_of_the_users_is_changed() -> None:
    x = V * M
    before = copy.deepcopy(x)
    hoad.grad(lambda x: np.sum(x**2), x)
    assert (x == before).all() and type(x.magnitude) is np.ndarray


def test_operators_that_do_not_take_them_say_so() -> None:
    with pytest.raises(NotDifferentiableError, match=r"the point is a Quantity \(pint\); hoad.grad"):
        hoad.taylor(lambda x: x**2, 3.0 * M, 2)


class Length:
    """A class of a user's."""

    def __init__(self, metres: Any, note: str) -> None:
        self.metres, self.note = metres, note

    def __mul__(self, other: Any) -> Length:
        return Length(self.metres * other, self.note)

    def total(self) -> Any:
        return np.sum(self.metres**2)


@pytest.fixture
def registered() -> Iterator[None]:
    hoad.wrapper(Length, lambda w: (w.metres, w.note), Length)
    yield
    del wrappers.KNOWN[Length]


@pytest.mark.usefixtures("registered")
def test_a_class_of_a_users() -> None:
    found = hoad.grad(lambda w: (w * 2.0).total(), Length(V, "mine"))
    assert isinstance(found, Length) and found.note == "mine"
    np.testing.assert_allclose(found.metres, 8 * V)
    np.testing.assert_allclose(hoad.hessian(lambda w: w.total(), Length(V, "mine")), 2 * np.eye(3))
    assert isinstance(hoad.grad(lambda w: w.total())(Length(V, "mine")), Length)


def test_what_is_no_wrapper_is_refused() -> None:
    with pytest.raises(ArgumentError, match="must be a class"):
        hoad.wrapper(3, lambda w: w, lambda a, b: a)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="take is"):
        hoad.wrapper(Length, None, lambda a, b: a)  # type: ignore[arg-type]
