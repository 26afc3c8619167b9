"""Every rule, proved: its value is NumPy's, and its derivatives are those of the function itself.

Elementwise rules are compared with the derivatives of their SymPy expressions, evaluated with 1600 digits,
over the whole range of double precision. All others are run on numbers of 60 digits, and differenced there:
the steps of 1e-20 leave 40 right digits. Errors are counted in units in the last place.

Each derivative is taken in both modes, the second in all four nestings. The pullback must be the transpose of
the pushforward, and a batch of directions must give what its members give.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import numpy_points  # noqa: F401  (enters its programs)
import pytest
import sympy as sp
from rule_points import CONSTANTS, ELEMENTWISE, PROGRAMS, Elementwise, Program
from turns import some_in

import hoad
from hoad import chainrules
from hoad.chainrules import RULES
from hoad.chainrules.scipy import special
from hoad.chainrules.statements import OWN, Constant, Linear, Multilinear, Primitive, Scalar
from hoad.chainrules.text import read
from hoad.dual import Dual
from hoad.nested import Level

DIGITS = 1600
SYMBOLS = sp.symbols("x y z")
FAMILIES = [vars(chainrules.numpy)[name] for name in chainrules.numpy.__all__]


def name_of(key: Any) -> str:
    """How a rule is called in the list of tests."""
    if isinstance(key, Primitive):
        return f"hoad.{key.name}"
    module = str(getattr(key, "__module__", ""))
    owner = "linalg." if "linalg" in module else "fft." if "fft" in module else ""
    return owner + str(getattr(key, "__name__", key))


def all_rules() -> dict[Any, Any]:
    """The rules of the table, and those that only other rules use, by what they are the rules of."""
    inner = {rule.function: rule for rule in all_primitives()}
    return {**inner, **RULES}


def all_primitives() -> list[Primitive]:
    """Every primitive that a family of rules states."""
    return [value for family in FAMILIES for value in vars(family).values() if isinstance(value, Primitive)]


def all_programs() -> list[Program]:
    return [entry for entries in PROGRAMS.values() for entry in entries]


ENTRIES = list(ELEMENTWISE.values())
ENTRY_NAMES = [name_of(entry.function) for entry in ENTRIES]
LIST = all_programs()
NAMES = [f"{name_of(entry.function)}-{k}" for entries in PROGRAMS.values() for k, entry in enumerate(entries)]


def test_every_rule_has_points() -> None:
    """A new rule brings its own proof."""
    entered = {*ELEMENTWISE, *PROGRAMS, *CONSTANTS, *special.FUNCTIONS}  # the last in test_special.py
    missing = {name_of(f) for f, rule in OWN.items() if f not in entered and rule not in entered}
    missing |= {repr(rule) for rule in all_primitives() if not {rule, rule.function} & entered}
    assert not missing, f"enter points for them in rule_points.py: {sorted(missing)}"


# ------------------------------------------------------------------------------------------------------------
# Errors in units in the last place
# ------------------------------------------------------------------------------------------------------------


def ulps(got: Any, exact: Any) -> float:
    """The error of one number, in units in the last place of the exact one; of its modulus, if complex."""
    with mpmath.workdps(DIGITS):
        exact = mpmath.mpmathify(exact)
        if isinstance(exact, mpmath.mpc) and not isinstance(got, complex):
            exact = exact.real
        if exact == 0:
            return 0.0 if got == 0 else np.inf
        if abs(exact) >= mpmath.ldexp(1, 1024):
            return 0.0 if got == float(mpmath.sign(exact)) * np.inf else np.inf
        if not np.isfinite(got):
            return np.inf
        _, exponent = mpmath.frexp(abs(exact))
        unit = mpmath.ldexp(1, max(int(exponent) - 53, -1074))
        return float(abs(mpmath.mpmathify(got) - exact) / unit)


def ulps_of_largest(got: Any, exact: Any) -> float:
    """The largest error of an array, in units in the last place of its largest entry."""
    got, exact = np.asarray(got), np.asarray(exact, dtype=object)
    assert got.shape == exact.shape
    if not got.size:
        return 0.0
    error = max(abs(mpmath.mpmathify(g) - e) for g, e in zip(got.flat, exact.flat, strict=True))
    largest = max(abs(mpmath.mpmathify(e)) for e in exact.flat)
    return float(error / largest * 2**52) if largest else (0.0 if error == 0 else np.inf)


def test_ulps() -> None:
    assert ulps(1.0, 1) == 0 and ulps(1 + 2.0**-52, 1) == 1 and ulps(2.0**-1073, mpmath.ldexp(1, -1074)) == 1
    assert ulps(np.inf, mpmath.mpf(10) ** 400) == 0 and ulps(0.0, mpmath.mpf(10) ** -400) < 1
    assert ulps(0.0, 1e-300) > 1e15 and ulps(np.nan, 1) == ulps(1e-300, 0) == np.inf


# ------------------------------------------------------------------------------------------------------------
# What NumPy achieves on the machine at hand
# ------------------------------------------------------------------------------------------------------------

PROMISE = {1: 2.0, 2: 4.0}  # hoad's own roundings in a derivative of that order


@functools.cache
def error_of_numpy(function: Any) -> float:
    """The largest error of NumPy's own value at the points of a ufunc, by number and by array; it differs
    between processors.
    """
    entry = ELEMENTWISE[function]
    rows = np.array(entry.points, dtype=float).T if len(entry.arguments) == len(entry.points[0]) else None
    whole = function(*rows) if rows is not None else [None] * len(entry.points)
    worst = 0.0
    for point, of_array in zip(entry.points, whole, strict=True):
        exact = derivative_of(function, point, ())
        if 1e-300 < abs(exact) < 1e300:
            worst = max([worst, *[ulps(v, exact) for v in (function(*point), of_array) if v is not None]])
    return worst


@functools.cache
def error_behind(function: Any) -> float:
    """The largest error of NumPy's own values that a derivative is made of: the function's, and those of the
    functions that its partials call. Only ufuncs differ between processors.
    """
    rule = function if isinstance(function, Primitive) else RULES[function]
    text = read(rule) if isinstance(rule, Scalar) else None
    called = re.findall(r"np\.(\w+)", " ".join(text.terms)) if text else []
    functions = [getattr(np, name, None) for name in called]
    ufuncs = [f for f in [function, *functions] if isinstance(f, np.ufunc) and f in ELEMENTWISE]
    return max(map(error_of_numpy, ufuncs), default=0.0)


def allowed(entry: Elementwise, order: int) -> float:
    """The bound on the error of a derivative: what is promised for it, or where NumPy errs by more than usual
    here, that error. In the derivative of order n the value may stand in 2 n + 1 factors, as in that of cbrt.
    """
    bound = entry.first if order == 1 else float(entry.second or 0)
    return max(bound, PROMISE[order] + (2 * order + 1) * error_behind(entry.function))


# ------------------------------------------------------------------------------------------------------------
# Elementwise rules against SymPy
# ------------------------------------------------------------------------------------------------------------


@functools.cache
def derivative_of(key: Any, point: tuple[Any, ...], by: tuple[int, ...]) -> Any:
    """The exact partial derivative of an elementwise function at the exact value of a point of floats."""
    symbols = SYMBOLS[: len(point)]
    expression = sp.sympify(ELEMENTWISE[key].expression(point)(*symbols))
    for i in by:
        expression = sp.diff(expression, symbols[i])
    with mpmath.workdps(DIGITS):
        return sp.lambdify(symbols, expression, "mpmath")(*map(mpmath.mpmathify, point))


def first_by(mode: str, f: Callable[..., Any], holomorphic: bool = False) -> Callable[[Any], Any]:
    """The derivative of a function of one number."""
    if mode == "forward":
        return lambda x: hoad.derivative(f, x, holomorphic=holomorphic)
    return hoad.grad(f, holomorphic=holomorphic)


def at(f: Callable[..., Any], point: tuple[Any, ...], i: int) -> Callable[[Any], Any]:
    """A function of several numbers, as one of its i-th."""
    return lambda x: f(*point[:i], x, *point[i + 1 :])


def mixed(f: Any, point: tuple[Any, ...], i: int, j: int, modes: tuple[str, str], holomorphic: bool) -> Any:
    """The derivative by the i-th number, then by the j-th, in two modes, outer first."""

    def inner(y: Any) -> Any:
        moved = (*point[:j], y, *point[j + 1 :])
        return first_by(modes[1], at(f, moved, i), holomorphic)(moved[i])

    return first_by(modes[0], inner, holomorphic)(point[j])


def check(worst: dict[str, float], bound: float, why: str) -> None:
    bad = {case: error for case, error in worst.items() if not error <= bound}
    assert not bad, f"more than {bound:g} ulp {why}: {bad}"


@pytest.mark.parametrize("entry", ENTRIES, ids=ENTRY_NAMES)
def test_partials(entry: Elementwise) -> None:
    """First derivatives, forward and reverse, at real and complex points."""
    worst = {}
    for point, i in itertools.product(entry.points + entry.complex_points, entry.arguments):
        exact = derivative_of(entry.function, point, (i,))
        for mode in ("forward", "reverse"):
            got = first_by(mode, at(entry.function, point, i), isinstance(point[0], complex))(point[i])
            worst[f"{mode} in {i} at {point}"] = ulps(got, exact)
    check(worst, allowed(entry, 1), entry.why)


OF_PROGRAMS = [
    entry for entry in ENTRIES if entry.second is not None
]  # the others stand in derivatives alone


@pytest.mark.parametrize("entry", OF_PROGRAMS, ids=lambda entry: name_of(entry.function))
def test_second_partials(entry: Elementwise) -> None:
    """Second derivatives in all four nestings."""
    worst = {}
    pairs = list(itertools.combinations_with_replacement(entry.arguments, 2))
    nestings = list(itertools.product(("forward", "reverse"), repeat=2))
    for point, (i, j) in itertools.product(entry.points + entry.complex_points, pairs):
        exact = derivative_of(entry.function, point, (i, j))
        for modes in nestings:
            got = mixed(entry.function, point, i, j, modes, isinstance(point[0], complex))
            worst[f"{modes} in {i}, {j} at {point}"] = ulps(got, exact)
    check(worst, allowed(entry, 2), entry.why)


ONE_NUMBER = [k for k, entry in enumerate(ENTRIES) if entry.second and len(entry.points[0]) == 1]


@pytest.mark.parametrize("k", ONE_NUMBER, ids=[ENTRY_NAMES[k] for k in ONE_NUMBER])
def test_third_derivatives(k: int) -> None:
    """The forms hold for one order more than they were chosen for."""
    entry, worst = ENTRIES[k], {}
    for point in entry.points:
        exact = derivative_of(entry.function, point, (0, 0, 0))
        if abs(exact) > 1e300:
            continue
        worst[f"forward at {point}"] = ulps(hoad.derivatives(entry.function, point[0], 3)[3], exact)
        mixed_modes = hoad.grad(hoad.derivative(hoad.grad(entry.function)))
        worst[f"reverse, forward, reverse at {point}"] = ulps(mixed_modes(point[0]), exact)
    check(worst, 4 * allowed(entry, 2), entry.why)


# An argument that is an option is the same for a whole array.
OF_ARRAYS = [entry for entry in ENTRIES if len(entry.arguments) == len(entry.points[0])]


@pytest.mark.parametrize("entry", OF_ARRAYS, ids=lambda entry: name_of(entry.function))
def test_partials_of_arrays(entry: Elementwise) -> None:
    """All points at once, as an array: NumPy has other loops for those."""
    columns = [np.array([point[k] for point in entry.points]) for k in range(len(entry.points[0]))]
    ones = np.ones(len(entry.points))
    for i in entry.arguments:
        f = at(entry.function, tuple(columns), i)
        exact = [derivative_of(entry.function, point, (i,)) for point in entry.points]
        second = [derivative_of(entry.function, point, (i, i)) for point in entry.points]
        along = lambda g: lambda x: hoad.jvp(g, (x,), (ones,))[1]
        each = {"forward": along(f), "reverse": hoad.elementwise_grad(f)}
        twice = {
            "forward-reverse": along(hoad.elementwise_grad(f)),
            "reverse-forward": hoad.elementwise_grad(along(f)),
            "forward-forward": along(along(f)),
            "reverse-reverse": hoad.elementwise_grad(hoad.elementwise_grad(f)),
        }
        orders = [(each, exact, allowed(entry, 1))]
        if entry.second is not None:
            orders.append((twice, second, allowed(entry, 2)))
        for table, wanted, bound in orders:
            for mode, g in table.items():
                worst = {
                    f"{mode} in {i} at {p}": ulps(got, want)
                    for got, want, p in zip(g(columns[i]), wanted, entry.points, strict=True)
                }
                check(worst, bound, entry.why)


@pytest.mark.parametrize("entry", ENTRIES, ids=ENTRY_NAMES)
def test_value(entry: Elementwise) -> None:
    """The value is NumPy's, in both modes and at two levels."""
    own = isinstance(entry.function, Primitive)
    function = entry.function.function if own else entry.function
    for point, i in itertools.product(entry.points + entry.complex_points, entry.arguments):
        f = at(entry.function, point, i)
        right = function(*point)
        direction = type(point[i])(1)
        pushed = functools.partial(hoad.jvp, f, tangents=(direction,))
        for got in (
            pushed((point[i],))[0],
            hoad.vjp(f, point[i])[0],
            hoad.vjp(lambda x, pushed=pushed: pushed((x,))[0], point[i])[0],
        ):
            assert ulps(got, right) <= own, (point, got, right)


# ------------------------------------------------------------------------------------------------------------
# Programs against themselves, at 60 digits
# ------------------------------------------------------------------------------------------------------------


def precise(x: Any) -> Any:
    """An array of mpmath's numbers."""
    return np.frompyfunc(mpmath.mpmathify, 1, 1)(x)


def directions(entry: Program, seed: int) -> tuple[Any, ...]:
    """A tangent for each argument."""
    rng = np.random.default_rng([seed, *[int(np.size(x)) for x in entry.arguments]])
    found = []
    for x in entry.arguments:
        v = np.round(rng.uniform(-1, 1, np.shape(x)), 6)
        found.append(v + 1j * np.round(rng.uniform(-1, 1, np.shape(x)), 6) if np.iscomplexobj(x) else v)
    return tuple(found)


def weights(y: Any, seed: int) -> Any:
    """A cotangent for a value."""
    rng = np.random.default_rng([seed, int(np.size(y))])
    w = np.round(rng.uniform(0.5, 1.5, np.shape(y)), 6)
    return w + 1j * np.round(rng.uniform(-1, 1, np.shape(y)), 6) if np.iscomplexobj(y) else w


def moved(entry: Program, *steps: tuple[Any, tuple[Any, ...]]) -> Any:
    """The exact function, some steps away from the point."""
    points = [precise(x) for x in entry.arguments]
    for h, v in steps:
        points = [p + h * precise(d) for p, d in zip(points, v, strict=True)]
    return entry.exact(*points)


def inner(a: Any, b: Any) -> Any:
    """The real inner product."""
    return np.sum(np.real(np.conj(a) * b))


def energy(y: Any, w: Any) -> Any:
    """A real function of a value that is not linear, so that linear functions have second derivatives too."""
    re, im = np.real(y), np.imag(y)
    return np.sum(np.real(w) * re * re + (1 + np.real(w)) * im * im)


def exact_energy(y: Any, w: Any) -> Any:
    total = mpmath.mpf(0)
    for value, weight in zip(np.asarray(y, dtype=object).flat, np.ravel(np.real(w)), strict=True):
        total += weight * mpmath.re(value) ** 2 + (1 + mpmath.mpf(weight)) * mpmath.im(value) ** 2
    return total


def own_error(entry: Program) -> float:
    """The error of NumPy's own value of a program here, in units in the last place of its largest entry."""
    with mpmath.workdps(60):
        return ulps_of_largest(entry.run(*entry.arguments), moved(entry))


def program_bound(entry: Program) -> float:
    """The bound on the error of a derivative: what is promised, on top of NumPy's own error here."""
    return entry.bound + own_error(entry)


@pytest.mark.parametrize("entry", LIST, ids=NAMES)
def test_program_value(entry: Program) -> None:
    """NumPy's value, type and shape in both modes; the arguments are as they were."""
    kept = [np.array(x) for x in entry.arguments]
    right = entry.run(*entry.arguments)
    own = own_error(entry)
    v = directions(entry, 1)
    for value in (
        hoad.jvp(entry.run, entry.arguments, v)[0],
        hoad.vjp(entry.run, *entry.arguments)[0],
        hoad.vjp(lambda *x: hoad.jvp(entry.run, x, v)[0], *entry.arguments)[0],
    ):
        assert np.shape(value) == np.shape(right)
        assert np.result_type(value) == np.result_type(right)
        close(value, right, 4.0 + own)
    for before, after in zip(kept, entry.arguments, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("entry", LIST, ids=NAMES)
def test_pushforward(entry: Program) -> None:
    """J v against differences of the exact function."""
    v = directions(entry, 2)
    got = hoad.jvp(entry.run, entry.arguments, v)[1]
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -20
        exact = (moved(entry, (h, v)) - moved(entry, (-h, v))) / (2 * h)
        error = ulps_of_largest(got, exact)
    assert error <= program_bound(entry), f"{error:.1f} ulp {entry.why}"


@pytest.mark.parametrize("entry", LIST, ids=NAMES)
def test_pullback_is_the_transpose(entry: Program) -> None:
    """<u, J v> = <J' u, v>, with the real inner product."""
    v = directions(entry, 3)
    value, change = hoad.jvp(entry.run, entry.arguments, v)
    u = weights(value, 4)
    cotangents = hoad.vjp(entry.run, *entry.arguments)[1](u)
    for x, c in zip(entry.arguments, cotangents, strict=True):
        assert np.shape(c) == np.shape(x) and np.result_type(c) == np.result_type(x)
    pairs = list(zip(cotangents, v, strict=True))
    size = np.sum(np.abs(u) * np.abs(change)) + sum(np.sum(np.abs(c) * np.abs(d)) for c, d in pairs)
    assert abs(inner(u, change) - sum(inner(c, d) for c, d in pairs)) <= entry.bound * 2**-52 * size


@some_in(2)
@pytest.mark.parametrize("k", range(len(LIST)), ids=NAMES)
def test_second_derivatives(k: int, every: int) -> None:
    """u' H v of a function of the value, in all four nestings, against differences of the exact function; in
    the default run, both of one mode or both of two, by turns.
    """
    entry = LIST[k]
    u, v = directions(entry, 5), directions(entry, 6)
    w = weights(entry.run(*entry.arguments), 7)
    run = entry.run  # a search need not go over the entry
    f = lambda *x: energy(run(*x), w)

    def forward(g: Any, d: Any) -> Callable[..., Any]:
        return lambda *x: hoad.jvp(g, x, d)[1]

    def reverse(g: Any, d: Any) -> Callable[..., Any]:
        every = tuple(range(len(d)))
        return lambda *x: sum(inner(c, e) for c, e in zip(hoad.grad(g, *x, argnums=every), d, strict=True))

    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -15
        terms = [
            (a * b) * exact_energy(moved(entry, (a * h, u), (b * h, v)), w)
            for a, b in itertools.product((1, -1), repeat=2)
        ]
        exact = mpmath.fsum(terms) / (4 * h * h)
        scale = second_scale(entry, f, u, v)
        nestings = [(forward, forward), (forward, reverse), (reverse, reverse), (reverse, forward)]
        for outer, innermost in nestings[k % every :: every]:
            got = outer(innermost(f, v), u)(*entry.arguments)
            error = float(abs(mpmath.mpf(float(got)) - exact) / scale * 2**52)
            assert error <= entry.bound, f"{outer.__name__} over {innermost.__name__}: {error:.1f} ulp"


def second_scale(entry: Program, f: Any, u: Any, v: Any) -> float:
    """The size of the terms that u' H v is the sum of."""
    every = tuple(range(len(v)))
    h = hoad.jvp(lambda *x: hoad.grad(f, *x, argnums=every), entry.arguments, v)[1]
    return float(max(sum(np.sum(np.abs(c) * np.abs(d)) for c, d in zip(h, u, strict=True)), 1e-300))


@some_in(3)
@pytest.mark.parametrize("entry", LIST, ids=NAMES)
def test_batches(entry: Program, every: int) -> None:
    """A batch of directions gives what its members give, for the Jacobian and for the Hessian."""
    if any(np.iscomplexobj(x) for x in entry.arguments) or np.iscomplexobj(entry.run(*entry.arguments)):
        for mode in ("forward", "reverse"):  # there is no Jacobian, and who asks for one is told
            with pytest.raises(hoad.errors.HoadError, match="holomorphic"):
                hoad.jacobian(entry.run, *entry.arguments, mode=mode, argnums=(0,))
        return
    places = tuple(range(len(entry.arguments)))
    w = weights(entry.run(*entry.arguments), 8)
    run = entry.run  # a search need not go over the entry
    slope = lambda *x: hoad.grad(lambda *p: energy(run(*p), w), *x, argnums=places)
    jacobian = hoad.jacobian(entry.run, *entry.arguments, mode="forward", argnums=places)
    backward = hoad.jacobian(entry.run, *entry.arguments, mode="reverse", argnums=places)
    hessian = hoad.hessian(lambda *p: energy(run(*p), w), *entry.arguments, argnums=places)
    for k in places:
        for position in [*np.ndindex(np.shape(entry.arguments[k]))][::every]:
            v = tuple(np.zeros_like(x) for x in entry.arguments)
            v[k][position] = 1.0
            column = hoad.jvp(entry.run, entry.arguments, v)[1]
            close(jacobian[k][(..., *position)], column, entry.bound)
            close(backward[k][(..., *position)], column, entry.bound)
            product = hoad.jvp(slope, entry.arguments, v)[1]
            for row, part in zip(hessian, product, strict=True):
                close(row[k][(..., *position)], part, entry.bound)


def close(got: Any, right: Any, bound: float) -> None:
    scale = float(np.max(np.abs(right), initial=0.0))
    np.testing.assert_allclose(got, right, rtol=0, atol=bound * 2**-52 * max(scale, 1.0))


LINEAR = [k for k, p in enumerate(LIST) if isinstance(p.function, (Linear, Multilinear))]


@pytest.mark.parametrize("k", LINEAR, ids=[NAMES[k] for k in LINEAR])
def test_linear_rules_push_tangents_through_the_function(k: int) -> None:
    """Forward mode of a linear function is the function itself; of a multilinear one, a sum of it."""
    entry = LIST[k]
    v = directions(entry, 9)
    change = hoad.jvp(entry.run, entry.arguments, v)[1]
    if isinstance(entry.function, Linear):
        np.testing.assert_array_equal(change, entry.run(*v))
    else:
        x = entry.arguments
        terms = [entry.run(*x[:i], d, *x[i + 1 :]) for i, d in enumerate(v)]
        close(change, sum(terms), 4.0)


# ------------------------------------------------------------------------------------------------------------
# Piecewise constant functions
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", list(CONSTANTS), ids=list(map(name_of, CONSTANTS)))
def test_constant(function: Any) -> None:
    """NumPy's value, which is no longer traced: at one level, and at two."""
    arguments = CONSTANTS[function]
    rule = RULES.get(function, function)
    plain = function.function if isinstance(function, Primitive) else function
    right = plain(*arguments)
    for levels in (1, 2):
        traced = list(arguments)
        for level in [Level() for _ in range(levels)]:
            traced = [
                Dual(level, x, np.ones(np.shape(x))) if isinstance(x, (np.ndarray, Dual)) else x
                for x in traced
            ]
        got = rule(*traced)
        assert type(got) is type(right)
        for part, wanted in zip(got, right, strict=True) if isinstance(right, tuple) else [(got, right)]:
            assert not isinstance(part, Dual)
            np.testing.assert_equal(part, wanted)


def test_kinds_of_rules_are_where_they_belong() -> None:
    """Scalar rules have expressions, constants have arguments, and the rest has programs."""
    for key, rule in all_rules().items():
        if getattr(key, "types", None) == ["O->O"]:
            continue  # made of a function by ``np.frompyfunc`` as a program ran
        if isinstance(rule, Scalar):
            assert key in ELEMENTWISE or rule in ELEMENTWISE or key in special.FUNCTIONS, name_of(key)
        elif isinstance(rule, Constant):
            assert key in CONSTANTS or rule in CONSTANTS or key in special.FUNCTIONS, name_of(key)


# ------------------------------------------------------------------------------------------------------------
# Quotients of large numbers
# ------------------------------------------------------------------------------------------------------------

QUOTIENTS: list[tuple[Callable[[Any], Any], float, float]] = [
    (lambda x: np.exp(x) / np.exp(x), 700.0, 0.0),
    (lambda x: np.exp(x) / (1 + np.exp(x)), 700.0, 0.0),
    (lambda x: x**2 / x**2, 1e100, 0.0),
    (lambda x: 1 / np.exp(x), 700.0, -np.exp(-700.0)),
    (lambda x: (x * 1e200) / (x * 1e200), 3.0, 0.0),
]


@pytest.mark.parametrize(("f", "x", "right"), QUOTIENTS)
def test_quotients_do_not_overflow(f: Any, x: float, right: float) -> None:
    """The cotangent of a denominator is -g (x / y) / y, not -g x / y**2: the square would overflow."""
    for mode in ("forward", "reverse"):
        assert first_by(mode, f)(x) == pytest.approx(right, rel=1e-15, abs=1e-15)
