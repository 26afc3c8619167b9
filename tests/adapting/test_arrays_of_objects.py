"""No array of objects comes of NumPy's functions: of one that holds complex numbers ``.real`` would be the
whole number, ``.imag`` 0, and ``.dtype`` no number's.

Whatever makes an array beside the protocols is called with traced numbers in each of its ways, and what it
gives has to be an array of numbers; its parts, real and imaginary, have the derivatives of differences.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.adapting.polynomials import BASES
from hoad.errors import HoadError, NotDifferentiableError

pytestmark = pytest.mark.filterwarnings("ignore")
Program = Callable[[Any], Any]
X = np.array([0.7, 1.3])
A = np.array([[1.0, 2.0], [3.0, 4.5]])
V = np.array([0.3, 0.9])
H = A + 1j * A.T


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def as_one_number(f: Program, seen: list[Any]) -> Program:
    """A number that depends on the real and the imaginary part of each element of each result."""

    def number(x: Any) -> Any:
        total = 0.0 * x[0]
        for k, leaf in enumerate(leaves(f(x))):
            seen.append((type(leaf), getattr(leaf, "dtype", None)))
            weights = np.cos(np.arange(np.size(leaf)) + k).reshape(np.shape(leaf))
            total = total + np.sum(weights * leaf.real) + 2.0 * np.sum(weights * leaf.imag)
        return total

    return number


def check(f: Program, batched: bool = True, rounding: float = 0.0) -> None:
    """Compare with differences, and the value with the plain one: up to NumPy's own rounding, if more."""
    seen: list[Any] = []
    number = as_one_number(f, seen)
    plain = number(X.copy())
    kinds = seen.copy()
    seen.clear()
    value, g = hoad.value_and_grad(number, X)
    assert [(cls, kind) for cls, kind in seen[: len(kinds)]] == kinds  # as they are outside of a derivative
    np.testing.assert_allclose(value, plain, rtol=1e-14, atol=max(1e-14, rounding))
    right = [(number(X + 1e-5 * e) - number(X - 1e-5 * e)) / 2e-5 for e in np.eye(2)]
    scale = max(1.0, np.abs(right).max())
    np.testing.assert_allclose(g, right, rtol=1e-5, atol=1e-7 * scale)
    np.testing.assert_allclose(hoad.jacobian(number, X, mode="forward"), g, rtol=1e-12, atol=1e-12 * scale)
    if batched:
        whole = hoad.vmap(hoad.grad(number))(np.stack([X, X]))
        np.testing.assert_allclose(whole, [g, g], rtol=1e-12, atol=1e-12 * scale)
    else:
        with pytest.raises((HoadError, TypeError)):
            hoad.vmap(hoad.grad(number))(np.stack([X, X]))
    gradient = hoad.grad(number)
    second = [(gradient(X + 1e-5 * e) - gradient(X - 1e-5 * e)) / 2e-5 for e in np.eye(2)]
    scale = max(1.0, np.abs(second).max())
    np.testing.assert_allclose(hoad.hessian(number, X), second, rtol=1e-4, atol=1e-6 * scale)


# ------------------------------------------------------------------------------------------------------------
# What makes arrays of numbers
# ------------------------------------------------------------------------------------------------------------

MADE: dict[str, Program] = {
    "full": lambda x: np.full((2, 2), x[0]),
    "full, complex": lambda x: np.full(3, x[0] * 1j),
    "full of a row": lambda x: np.full((2, 2), x),
    "full of a list": lambda x: np.full((2, 2), [x[0], 1.0]),
    "full by name": lambda x: np.full(shape=3, fill_value=x[1], dtype=complex),
    "full_like": lambda x: np.full_like(A, x[0]),
    "full_like of a row": lambda x: np.full_like(A, x),
    "full_like by name": lambda x: np.full_like(V, fill_value=x, dtype=complex),
    "full_like of both": lambda x: np.full_like(x, x[1]) * x,
    "full of a shape": lambda x: np.full_like(V, x[0], shape=(3,)),
    "r_": lambda x: np.r_[x[0] * 1j, 1.0, x],
    "r_ of arrays": lambda x: np.r_[x, V, 2.0],
    "r_ of lists": lambda x: np.r_[[x[0], 2.0], x],
    "r_ stacked": lambda x: np.r_["0,2", x, V],
    "r_ of columns": lambda x: np.r_["1,2,0", x, x * 1j],
    "r_ of three axes": lambda x: np.r_["0,3,1", np.outer(x, x), A],
    "r_ along the last": lambda x: np.r_["-1", A, np.outer(x, x)],
    "r_ of points": lambda x: np.r_[x[0] : x[1] : 4j],
    "r_ of steps": lambda x: np.r_[x[0] : 3 : 0.5, x],
    "r_ of a step": lambda x: np.r_[0 : 2 : x[0], 5],
    "c_": lambda x: np.c_[x, x * 1j],
    "c_ beside": lambda x: np.c_[A, x, V],
    "c_ of numbers": lambda x: np.c_[x[0], 2.0],
    "c_ of points": lambda x: np.c_[0 : x[0] : 2j, x],
    "mgrid": lambda x: np.mgrid[0 : x[0] : 3j],
    "mgrid of two": lambda x: np.mgrid[x[0] : x[1] : 3j, 0:2],
    "mgrid of steps": lambda x: np.mgrid[x[0] : 3 : 0.5, 0 : 2 : x[1]],
    "ogrid": lambda x: np.ogrid[x[0] : x[1] : 3j, 0 : x[0] : 2j],
    "ogrid of steps": lambda x: np.ogrid[x[0] : 3.0 : 0.5],
    "a product": lambda x: H.dot(x),
    "a product of complex numbers": lambda x: A.dot(x * 1j),
    "a product of matrices": lambda x: A.dot(np.outer(x, x)),
    "a product of vectors": lambda x: V.dot(x) * x,
    "a product with a list": lambda x: A.dot([x[0], x[1] * 1j]),
    "a product by a name": lambda x: list(map(A.dot, [x, x * 1j])),
    "a product by text": lambda x: [getattr(H, name)(x) for name in ("dot",)],
    "clip": lambda x: A.clip(x[0], 3.0),
    "clip by name": lambda x: A.clip(max=x[1] * 2),
    "choose": lambda x: np.array([0, 1]).choose([x, x * 2j]),
    "poly1d": lambda x: np.poly1d([x[0] * 1j, x[1], 1.0]).c,
    "its roots": lambda x: np.sort(np.poly1d([1.0, x[0], x[1]]).r.imag),
    "of its roots": lambda x: np.poly1d(x, True).c,
    "its product": lambda x: (np.poly1d([x[0], x[1], 1.0]) * np.poly1d([1.0, x[0] * 1j])).c,
    "its derivative": lambda x: np.poly1d([x[0] * 1j, x[1], 1.0]).deriv().coeffs,
    "its integral": lambda x: np.poly1d([x[0] * 1j, x[1], 1.0]).integ().coeffs,
    "its values": lambda x: np.poly1d([x[0], x[1], 1.0])(1j * V),
}


@pytest.mark.parametrize("name", MADE)
def test_arrays_of_numbers(name: str) -> None:
    check(MADE[name], batched="step" not in name)  # how many steps there are is decided by the values


def test_a_matrix_is_refused() -> None:
    with pytest.raises(NotDifferentiableError, match="leave the letter out"):
        hoad.grad(lambda x: np.sum(np.r_["c", x, x]), X)


def test_numpys_objects_are_as_they_were() -> None:
    """Of what is not traced they are asked as ever, within a derivative too."""
    f = lambda x: (
        np.sum(x) * (np.r_[0:3, 5].sum() + np.mgrid[0:2, 0:2].sum() + len(np.c_) + np.full(2, 7).sum())
    )
    assert hoad.grad(f, X).tolist() == [8 + 4 + 0 + 14] * 2
    assert "hoad" not in type(np.r_).__module__


IN_LISTS: dict[str, Program] = {
    "a product": lambda x: V * [x[0] * 1j, x[1]],
    "a difference": lambda x: A - [[x[0]], [x[1] * 1j]],
    "a matrix": lambda x: [x[0], 2j] @ A,
    "a power": lambda x: (A ** [x[0], x[1]]) * 1j,
}


@pytest.mark.parametrize("name", IN_LISTS)
def test_parts_of_arrays_of_objects(name: str) -> None:
    """Operators ask no list, and make arrays of objects, whose parts are those of the numbers."""
    check(
        lambda x: [part(IN_LISTS[name](x)) for part in (np.real, np.imag, lambda z: z.real, lambda z: z.imag)]
    )


# ------------------------------------------------------------------------------------------------------------
# Every method of an array, beside traced operands
# ------------------------------------------------------------------------------------------------------------

OPERANDS: tuple[Callable[[Any], tuple[Any, ...]], ...] = (
    lambda x: (x,),
    lambda x: (x[0],),
    lambda x: (x[0], 3.0),
    lambda x: (0, x[0]),
    lambda x: ([x, x],),
    lambda x: (np.outer(x, x),),
)
METHODS = [n for n in dir(np.ndarray) if callable(getattr(np.ndarray, n)) and not n.startswith("__")]


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_plain_arrays(name: str) -> None:
    """What NumPy takes outside of a derivative is an array of numbers within one, or refused."""
    for operands in OPERANDS:
        for plain in (A, np.array([0, 1])):
            try:
                getattr(plain.copy(), name)(*operands(X.copy()))
            except Exception:  # NumPy refuses it
                continue
            found: list[Any] = []

            def f(x: Any, operands: Any = operands, plain: Any = plain, found: list[Any] = found) -> Any:
                out = getattr(plain.copy(), name)(*operands(x))
                found.extend([getattr(leaf, "dtype", None) for leaf in leaves(out)])
                return np.sum(x)

            try:
                hoad.grad(f, X)
            except (HoadError, TypeError):
                continue
            assert np.dtype(object) not in found, operands


# ------------------------------------------------------------------------------------------------------------
# Polynomials
# ------------------------------------------------------------------------------------------------------------

GIVEN: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "coefficients": lambda x: ([x[0], x[1] * 1j, 1.0],),
    "two": lambda x: ([x[0], x[1] * 1j, 1.0], [1.0, x[0]]),
    "points": lambda x: (np.array([x[0] * 1j, 0.2]), [1.0, 2.0, 3.0]),
    "both": lambda x: (x, [x[0] * 1j, 2.0, 3.0]),
    "a vector": lambda x: (x,),
    "a vector and a number": lambda x: (x * 1j, 2),
    "data": lambda x: (np.array([0.1, 0.4, 0.7, 0.9]), np.concatenate([x, x**2]), 2),
    "a grid": lambda x: (x, x * 1j, np.ones((2, 2))),
    "a table": lambda x: (x, x, np.outer(x, x) * 1j),
    "a number": lambda x: ([x[0], x[1] * 1j, 1.0], 2),
}


def fit(cls: Any, x: Any, order: list[int]) -> Any:
    return cls.fit(np.arange(4.0)[order], np.concatenate([x, x**2])[order], 2).coef


def fit_of_points(cls: Any, x: Any, order: list[int]) -> Any:
    return cls.fit(np.concatenate([x, x**2])[order], np.arange(4.0)[order], 2)(V)


FITS: dict[str, Callable[[Any, Any, list[int]], Any]] = {"fit": fit, "fit of points": fit_of_points}

OF_CLASSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "coef": lambda cls, p, x: p.coef,
    "values": lambda cls, p, x: p(V * 1j),
    "values at points": lambda cls, p, x: p(x),
    "values at a list": lambda cls, p, x: p([x[0], 0.2]),
    "roots": lambda cls, p, x: np.sum(p.roots().real ** 2) + np.sum(p.roots().imag ** 2),
    "deriv": lambda cls, p, x: p.deriv().coef,
    "integ": lambda cls, p, x: p.integ().coef,
    "product": lambda cls, p, x: (p * p).coef,
    "sum": lambda cls, p, x: (p + 1j).coef,
    "power": lambda cls, p, x: (p**2).coef,
    "quotient": lambda cls, p, x: (p // cls([1.0, 2.0 + x[0]])).coef,
    "linspace": lambda cls, p, x: list(p.linspace(5)),
    "convert": lambda cls, p, x: p.convert(kind=np.polynomial.Polynomial).coef,
    "truncate": lambda cls, p, x: p.truncate(2).coef,
    "domain": lambda cls, p, x: p.domain,
    "mapparms": lambda cls, p, x: np.array(p.mapparms()),
    "basis": lambda cls, p, x: cls.basis(2)(x),
    "fromroots": lambda cls, p, x: cls.fromroots(x).coef,
    **{name: lambda cls, p, x, made=made: made(cls, x, [0, 1, 2, 3]) for name, made in FITS.items()},
}


def rounding_of(name: str, cls: Any) -> float:
    """By how much NumPy's own fit through the same points differs where they come in another order."""
    if name not in FITS:
        return 0.0
    orders = itertools.permutations(range(4))
    numbers = [as_one_number(lambda x, o=o: FITS[name](cls, x, [*o]), [])(X) for o in orders]  # type: ignore[misc]
    return float(np.ptp(numbers))


def of_base(base: str) -> tuple[dict[str, Callable[..., Any]], Any]:
    """The functions of a module of ``numpy.polynomial``, and its class."""
    module = vars(importlib.import_module(f"numpy.polynomial.{base}"))
    own = {n: v for n, v in module.items() if getattr(v, "__module__", None) == module["__name__"]}
    functions = {n: v for n, v in own.items() if callable(v) and n in module["__all__"]}
    cls = next(v for v in own.values() if inspect.isclass(v))
    return {n: f for n, f in functions.items() if f is not cls}, cls


@pytest.mark.parametrize("base", BASES)
def test_functions_of_polynomials(base: str) -> None:
    functions, _ = of_base(base)
    compared = 0
    for name, function in functions.items():
        for given in GIVEN.values():
            kinds: list[Any] = []

            def f(x: Any, function: Any = function, given: Any = given, kinds: list[Any] = kinds) -> Any:
                kinds.append([getattr(leaf, "dtype", None) for leaf in leaves(function(*given(x)))])
                return np.sum(x)

            try:
                f(X)
            except Exception:  # NumPy refuses it
                continue
            hoad.grad(f, X)
            assert kinds[1] == kinds[0], name
            compared += 1
    assert compared > 40


@pytest.mark.parametrize("name", OF_CLASSES)
@pytest.mark.parametrize("base", BASES)
def test_classes_of_polynomials(base: str, name: str) -> None:
    _, cls = of_base(base)
    program = OF_CLASSES[name]
    made = lambda x: cls([x[0], x[1] * 1j, 1.0] if name != "roots" else [x[0], x[1], 1.0])
    check(lambda x: program(cls, made(x), x), rounding=rounding_of(name, cls))


@pytest.mark.parametrize("base", BASES)
def test_domains_of_polynomials(base: str) -> None:
    _, cls = of_base(base)
    made = lambda x: cls([x[0], x[1], 1.0], domain=[0.0, x[1]])
    check(lambda x: made(x)(V * 1j))
    check(lambda x: made(x).convert(kind=np.polynomial.Chebyshev)(V))
    check(lambda x: made(x).roots().real ** 2)
