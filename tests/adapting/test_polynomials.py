"""NumPy's polynomials: a coefficient that is 0 at the point and not beside it is not left out.

Each function of ``numpy`` and ``numpy.polynomial`` that takes coefficients is called with the variable in
each place, at 0, where NumPy's code trims it. The right values are those of a polynomial through points
beside 0.
"""

from __future__ import annotations

import functools
import importlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.polynomial as npp
import pytest
import scipy.interpolate
from numpy.polynomial import Polynomial, polyutils

import hoad
from hoad.adapting.polynomials import BASES
from hoad.values.moving import is_moving

pytestmark = pytest.mark.filterwarnings("ignore")
Function = Callable[[Any], Any]
T = 0.7
MODULES = {
    npp.polynomial: ("poly", npp.Polynomial), npp.chebyshev: ("cheb", npp.Chebyshev),
    npp.legendre: ("leg", npp.Legendre), npp.laguerre: ("lag", npp.Laguerre),
    npp.hermite: ("herm", npp.Hermite), npp.hermite_e: ("herme", npp.HermiteE),
}  # fmt: skip
PLACES = [(n, k) for n in (1, 2, 3) for k in range(n)]
MODES: dict[str, Callable[[Function], tuple[float, float]]] = {
    "forward": lambda f: (hoad.derivative(f, 0.0), hoad.derivative(f, 0.0, 2)),
    "reverse": lambda f: (hoad.grad(f, 0.0), hoad.hessian(f, 0.0)),
    "nested": lambda f: (hoad.grad(f, 0.0), hoad.grad(hoad.grad(f), 0.0)),
    "mixed": lambda f: (hoad.grad(f, 0.0), hoad.derivative(hoad.grad(f), 0.0)),
    "Taylor": lambda f: (hoad.taylor(f, 0.0, 2)[1], 2 * hoad.taylor(f, 0.0, 2)[2]),
}


def coefficients(n: int, k: int, x: Any) -> list[Any]:
    """A number in one place of a list."""
    c: list[Any] = [1.5, -2.0, 0.5][:n]
    c[k] = x
    return c


def of_classes(cls: Any, p: Callable[[Any], Any]) -> dict[str, Function]:
    """What the classes of ``numpy.polynomial`` do."""
    q = cls([0.3, 2.0])
    return {
        "call": lambda x: p(x)(T),
        "mul": lambda x: (q * p(x))(T),
        "add": lambda x: (p(x) + q)(T),
        "sub": lambda x: (q - p(x))(T),
        "pow": lambda x: (p(x) ** 2)(T),
        "floordiv": lambda x: (p(x) // q)(T),
        "mod": lambda x: (p(x) % q)(T),
        "deriv": lambda x: p(x).deriv()(T),
        "integ": lambda x: p(x).integ(2, [0.4, 0.1], 0.2)(T),
        "convert": lambda x: p(x).convert(kind=npp.Chebyshev)(T),
        "composed": lambda x: p(x)(Polynomial([0.3, 2.0]))(T),
        "composed with": lambda x: q(p(x))(T),
        "plus a number": lambda x: (x + p(x) * 3.0)(T),
        "square": lambda x: (p(x) * p(x) + p(x**2))(T),
    }


def of_modules(module: Any, name: str, c: Callable[[Any], Any]) -> dict[str, Function]:
    """The functions of the modules of ``numpy.polynomial``."""
    value, given = getattr(module, f"{name}val"), [0.3, 2.0]

    def at(end: str, *rest: Any, part: Any = None) -> Function:
        def f(x: Any) -> Any:
            found = getattr(module, name + end)(c(x), *rest)
            return value(T, found if part is None else found[part])

        return f

    found = {end: at(end, *rest) for end, rest in FUNCTIONS.items()}
    found |= {"div": at("div", given, part=0), "rem": at("div", given, part=1)}
    found |= {
        "val": lambda x: value(T, c(x)),
        "line": lambda x: value(T, getattr(module, f"{name}line")(1.0, x)),
    }
    if name != "poly":
        found |= {
            "from": lambda x: value(T, getattr(module, f"poly2{name}")(c(x))),
            "to": lambda x: npp.polynomial.polyval(T, getattr(module, f"{name}2poly")(c(x))),
        }
    return found


FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "mulx": (), "mul": ([0.3, 2.0],), "add": ([0.3, 2.0],), "sub": ([0.3, 2.0],), "pow": (3,), "der": (),
    "int": (2,), "fromroots": (),
}  # fmt: skip


def of_numpy(c: Callable[[Any], Any]) -> dict[str, Function]:
    """Those of ``numpy``, the highest power first."""
    q = [2.0, 0.3]
    p: Callable[[Any], Any] = lambda x: np.poly1d(c(x))
    return {
        "poly1d": lambda x: p(x)(T),
        "polymul": lambda x: np.polyval(np.polymul(c(x), q), T),
        "polymul, second": lambda x: np.polyval(np.polymul(q, c(x)), T),
        "polyadd": lambda x: np.polyval(np.polyadd(c(x), q), T),
        "polysub": lambda x: np.polyval(np.polysub(q, c(x)), T),
        "polydiv": lambda x: np.polyval(np.polydiv(c(x), q)[0], T),
        "remainder": lambda x: np.polyval(np.polydiv(c(x), q)[1], T),
        "polyder": lambda x: np.polyval(np.polyder(c(x)), T),
        "polyint": lambda x: np.polyval(np.polyint(c(x), 2), T),
        "operators": lambda x: (p(x) * np.poly1d(q) + p(x) ** 2 - p(x))(T),
        "quotient": lambda x: (p(x) / np.poly1d(q))[0](T),
        "deriv": lambda x: p(x).deriv()(T),
        "integ": lambda x: p(x).integ()(T),
        "by roots": lambda x: np.poly1d(c(x), True)(T),
        "square": lambda x: np.polyval(np.polymul(c(x**2), q), T),
        "composed": lambda x: np.polyval(p(x), np.poly1d([1.0, 2.0]))(T),
    }


def every_call() -> Iterator[tuple[str, Function]]:
    """Every function, with the variable in every place."""
    for n, k in PLACES:
        c = functools.partial(coefficients, n, k)
        for module, (name, cls) in MODULES.items():
            for what, f in of_classes(cls, lambda x, c=c, cls=cls: cls(c(x))).items():
                yield f"{cls.__name__} {what} {n} {k}", f
            for make in (list, np.array):
                made = lambda x, c=c, make=make: make(c(x))
                for what, f in of_modules(module, name, made).items():
                    yield f"{name}{what} {make.__name__} {n} {k}", f
        for make in (list, np.array, np.stack):
            for what, f in of_numpy(lambda x, c=c, make=make: make(c(x))).items():
                yield f"np {what} {make.__name__} {n} {k}", f


def beside(f: Function) -> tuple[float, float]:
    """The first two derivatives at 0, of a polynomial of at most the fifth degree, from points beside 0."""
    points = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]) * 0.03
    found = np.polyfit(points, [float(f(x)) for x in points], 5)
    return found[-2], 2 * found[-3]


CALLS = list(every_call())


def check(mode: str, calls: list[tuple[str, Function]]) -> None:
    wrong = {}
    for name, f in calls:
        found, right = MODES[mode](f), beside(f)
        if not np.allclose(found, right, rtol=1e-5, atol=1e-5):
            wrong[name] = found, right
    assert wrong == {}


@pytest.mark.parametrize("mode", MODES)
def test_no_coefficient_is_lost(mode: str) -> None:
    """One call in forty; others in each mode."""
    check(mode, CALLS[list(MODES).index(mode) :: 40])


@pytest.mark.sweep
@pytest.mark.parametrize("mode", MODES)
def test_no_coefficient_is_lost_in_any_call(mode: str) -> None:
    check(mode, CALLS)


@pytest.mark.parametrize("place", range(4))
def test_interpolation_by_lagrange(place: int) -> None:
    def f(x: Any) -> Any:
        y = [1.0, -2.0, 3.0, 0.5]
        y[place] = x
        return scipy.interpolate.lagrange([0.0, 1.0, 2.0, 4.0], y)(0.5)

    for mode in MODES.values():
        np.testing.assert_allclose(mode(f), beside(f), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("mode", [hoad.derivative, hoad.grad, hoad.hessian])
def test_what_stays_zero_is_left_out(mode: Any) -> None:
    """As NumPy leaves it out: a constant, in a list or in an array that was filled, and what is multiplied by
    one.
    """

    def filled(x: Any) -> Any:
        a = np.zeros(3)
        a[1] = x
        return a

    makers: list[Function] = [
        lambda x: [0.0, x, 2.0], lambda x: np.array([0.0, x, 2.0]), lambda x: np.stack([0.0 * x, x, 2.0]),
        lambda x: np.concatenate([np.zeros(1), np.stack([x, 1.0])]), filled,
    ]  # fmt: skip

    def f(x: Any) -> Any:
        for make in makers:
            assert np.shape(np.polymul(make(x), [1.0, 3.0])) == (3,)
        assert np.poly1d([0.0, x, 1.0]).order == 1
        assert len((Polynomial([1.0, x, 0.0]) * Polynomial([1.0, 2.0])).coef) == 3
        assert len(np.polydiv([1.0, 3.0 + x, 2.0 + x], [1.0, 1.0])[1]) == 1
        return x * x

    mode(f, 0.5)


def test_a_divisor_and_roots_are_numpys() -> None:
    """The quotient has a pole there, and a root goes to infinity: NumPy's value, and the derivative of
    that.
    """
    f = lambda x: (Polynomial([1.0, 2.0, 3.0]) // Polynomial([1.0, 2.0, x]))(T)
    g = lambda x: (np.poly1d([1.0, 2.0, 3.0]) / np.poly1d([x, 2.0, 1.0]))[0](T)
    h = lambda x: np.sum(np.roots([x, 1.0, 2.0]))
    for p, mode in itertools.product((f, g, h), (hoad.derivative, hoad.grad)):
        assert mode(p, 0.0) == 0.0
        assert hoad.value_and_grad(p)(0.0)[0] == p(0.0)


C, XS, YS = np.array([0.5, 3.0, 1.0, 0.7]), np.array([0.1, 0.5, 0.9, 1.3]), np.array([1.0, 2.0, 4.0, 3.0])


def of_lapack() -> Iterator[tuple[str, Function, np.ndarray]]:
    """Roots, fits, and the matrices that they are of."""
    for module, (name, cls) in MODULES.items():
        held = vars(module)
        roots, fit, vander = held[f"{name}roots"], held[f"{name}fit"], held[f"{name}vander"]
        companion, vander2d = held[f"{name}companion"], held[f"{name}vander2d"]
        yield f"{name}roots", roots, C
        yield f"{name}roots, 0", roots, np.array([0.0, 3.0, 1.0])
        yield f"{name}roots, list", lambda c, f=roots: f([c[0], c[1], 1.0]), C[:2]
        yield f"{name}roots, two", roots, C[:2]
        yield f"{cls.__name__}.roots", lambda c, cls=cls: cls(c).roots(), C
        yield f"{name}companion", lambda c, f=companion: f(c), C
        yield f"{name}fit", lambda y, f=fit: f(XS, y, 2), YS
        yield f"{name}fit, points", lambda x, f=fit: f(x, YS, 2), XS
        yield f"{name}fit, weights", lambda w, f=fit: f(XS, YS, 2, w=w), XS
        yield f"{name}fit, degrees", lambda y, f=fit: f(XS, y, [0, 2]), YS
        yield f"{name}fit, columns", lambda y, f=fit: f(XS, np.stack([y, y**2], 1), 2), YS
        yield f"{cls.__name__}.fit", lambda y, cls=cls: cls.fit(XS, y, 2).coef, YS
        yield f"{cls.__name__}.fit, points", lambda x, cls=cls: cls.fit(x, YS, 2)(T), XS
        yield f"{name}vander", lambda x, f=vander: f(x, 3), XS
        yield f"{name}vander2d", lambda x, f=vander2d: f(x, 2 * x, [1, 2]), XS
    for p in ([1.0, 3.0, 0.0], [1.0, 3.0, 1.0, 0.0], [2.0, 7.0, 1.0, -0.5], [1.0, 0.2, -4.0, 0.0]):
        for lead in ([], [0.0, 0.0]):
            yield f"roots {lead} {p}", lambda q, lead=lead: np.roots(np.concatenate([lead, q])), np.array(p)
            yield f"roots, list {lead} {p}", lambda q, lead=lead: np.roots([*lead, *q]), np.array(p)
            yield f"roots, 0 {lead} {p}", lambda q, lead=lead: np.roots([*lead, *q, 0.0]), np.array(p[:-1])


@pytest.mark.parametrize(("name", "f", "x"), list(of_lapack()), ids=lambda v: v if isinstance(v, str) else "")
def test_roots_and_fits(name: str, f: Function, x: np.ndarray) -> None:
    """As NumPy has them, in its order; a last coefficient of 0 is a root at 0, which moves with it."""
    g, h = (lambda x: np.stack([np.real(f(x)), np.imag(f(x))])), 1e-3 * np.eye(len(x))
    near = [np.stack([g(x + k * e) - g(x - k * e) for e in h], -1) / (2 * k * 1e-3) for k in (1, 2, 4)]
    wanted = (64 * near[0] - 20 * near[1] + near[2]) / 45
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(g, x, mode=mode), wanted, 1e-6, 1e-6)
    value, _ = hoad.jvp(g, (x,), (x,))
    np.testing.assert_allclose(value, g(x), 1e-12, 1e-12)


def test_the_second_derivative_of_a_root_at_zero() -> None:
    f = lambda x: np.roots([1.0, 3.0, x])[1]  # (-3 + sqrt(9 - 4 x)) / 2
    assert np.isclose(hoad.derivative(f, 0.0, 2), -2 / 27) and np.isclose(hoad.hessian(f, 0.0), -2 / 27)
    assert np.isclose(hoad.taylor(f, 0.0, 3)[3], -2 / 243)


def test_numpy_has_its_own_functions_again() -> None:
    before = polyutils.trimseq, npp.polynomial.polyint, np.poly1d.__init__, vars(npp.Chebyshev)["_int"]
    hoad.grad(lambda x: (npp.Chebyshev([1.0, x]).integ() * np.poly1d([x, 2.0])(1.0))(T), 0.0)
    assert before == (
        polyutils.trimseq, npp.polynomial.polyint, np.poly1d.__init__, vars(npp.Chebyshev)["_int"]
    )  # fmt: skip
    assert (
        np.poly1d([0.0, 1.0]).order == 0 and len((Polynomial([1.0, 1.0]) - Polynomial([0.0, 1.0])).coef) == 1
    )


def test_is_moving() -> None:
    """By what a value depends on, and not by what its derivative happens to be."""
    seen: dict[str, Any] = {}

    @hoad.no_adapt
    def f(x: Any) -> Any:
        seen.update(
            x=is_moving(x), square=is_moving(x**2), nothing=is_moving(0 * x), other=is_moving(x - 1.0),
            small=is_moving(1e-9 * x, 1e-8), large=is_moving(1e-3 * x, 1e-8),
        )  # fmt: skip
        return x

    hoad.grad(f, 0.0)
    assert seen == {"x": 1, "square": 1, "nothing": 0, "other": 1, "small": 0, "large": 1}
    hoad.derivative(f, 0.0)
    assert seen == {"x": 1, "square": 0, "nothing": 0, "other": 1, "small": 0, "large": 1}
    hoad.derivative(f, 0.0, 2)
    assert seen["square"] and not seen["nothing"]
    hoad.taylor(f, 0.0, 2)
    assert seen["square"] and not seen["nothing"]
    hoad.laplacian(hoad.no_adapt(lambda x: (f(x[0]), x[0] ** 2)[1]), np.zeros(2))
    assert seen["square"] and not seen["nothing"]
    hoad.vmap(f)(np.array([0.0, 1.0]))
    assert seen["x"] and not seen["nothing"]


@pytest.mark.parametrize("mode", [hoad.derivative, hoad.grad, lambda f, x: hoad.taylor(f, x, 1)[1]])
@pytest.mark.parametrize("name", ["poly1d", "polymul", "class"])
def test_of_compiled_functions(name: str, mode: Any) -> None:
    """A program that was recorded at 0 has left the coefficient out, and is not the one to differentiate."""
    f: Function = {
        "poly1d": lambda x: np.poly1d([x, 1.0])(3.0),
        "polymul": lambda x: np.polyval(np.polymul(np.array([x, 0.5]), [1.0, 2.0]), 3.0),
        "class": lambda x: (Polynomial([1.0, x]) * Polynomial([1.0, 2.0]))(3.0),
    }[name]
    outer, inner = hoad.compile(lambda x: mode(f, x)), hoad.compile(f, backend="numpy")
    for x in (0.0, 1.0, 0.0, 2.0):
        assert mode(inner, x) == outer(x) == mode(f, x) == mode(f, 0.5) != 0.0
        assert inner(x) == f(x)


@pytest.mark.parametrize("u", [[1.0, 3.0, 2.0], np.poly1d([1.0, 3.0, 2.0])], ids=["list", "poly1d"])
@pytest.mark.parametrize("v", [lambda x: [x, 1.0], lambda x: np.poly1d([x, 1.0]), lambda x: [1.0, 1.0]])
def test_quotients_are_polynomials_where_numpys_are(u: Any, v: Function) -> None:
    """``np.poly1d`` if either is one, else arrays: of coefficients that are traced, or not."""

    def f(x: Any) -> Any:
        found = np.polydiv(u, v(x))
        assert [isinstance(p, np.poly1d) for p in found] == 2 * [isinstance(u, np.poly1d) or callable(v(2.0))]
        return np.sum(found[0](0.5) if callable(found[0]) else np.polyval(found[0], 0.5))

    assert np.isclose(hoad.derivative(f, 2.0), (f(2.0 + 1e-6) - f(2.0 - 1e-6)) / 2e-6, atol=1e-6)


X, ROOTS, COLUMNS = np.array([0.3, 0.7]), np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
OF_POINTS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "points of roots": (lambda x: np.polynomial.polynomial.polyvalfromroots(x, ROOTS), X),
    "points of roots in columns": (lambda x: np.polynomial.polynomial.polyvalfromroots(x, COLUMNS), X),
    "points of roots, one each": (
        lambda x: np.polynomial.polynomial.polyvalfromroots(x, COLUMNS, tensor=False), X),
    "roots": (lambda r: np.polynomial.polynomial.polyvalfromroots(X, r), ROOTS),
}  # fmt: skip
for _module in BASES:
    _held = vars(importlib.import_module(f"numpy.polynomial.{_module}"))
    for _name, _f in _held.items():
        if _name.endswith("val") and callable(_f) and _f.__module__ == _held["__name__"]:
            OF_POINTS[f"{_name}, points"] = (lambda x, f=_f: f(x, COLUMNS), X)
            OF_POINTS[f"{_name}, points of axes"] = (lambda x, f=_f: f(np.outer(x, x), COLUMNS), X)
            OF_POINTS[f"{_name}, a polynomial for each point"] = (
                lambda x, f=_f: f(x, COLUMNS, tensor=False),
                X,
            )
            OF_POINTS[f"{_name}, coefficients"] = (lambda c, f=_f: f(X, c), COLUMNS)
        if _name.endswith(("val2d", "grid2d")):
            OF_POINTS[f"{_name}, points"] = (lambda x, f=_f: f(x, 2 * x, COLUMNS), X)
            OF_POINTS[f"{_name}, coefficients"] = (lambda c, f=_f: f(X, 2 * X, c), COLUMNS)


@pytest.mark.parametrize("name", OF_POINTS)
def test_points_have_the_axes_of_arrays(name: str) -> None:
    f, at = OF_POINTS[name]
    units = 1e-6 * np.eye(at.size).reshape(-1, *at.shape)
    right = np.stack([(f(at + h) - f(at - h)) / 2e-6 for h in units], -1).reshape(*np.shape(f(at)), *at.shape)
    for mode in ("forward", "reverse"):
        value, change = hoad.value_and_jacobian(f, at, mode=mode)
        np.testing.assert_array_equal(value, f(at))
        np.testing.assert_allclose(change, right, rtol=1e-7, atol=1e-7)
