"""Fractions, decimals, mpmath's numbers and SymPy's formulas: the catalogue's programs in every mode."""

import itertools
import numbers
from decimal import Decimal, getcontext
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from catalogue import ONE_VARIABLE, SEVERAL_VARIABLES, Function
from sympy.logic.boolalg import BooleanAtom

import hoad
from hoad.errors import ArgumentError, NonScalarOutputError, NumberError
from hoad.values import fields

DIGITS = 40
TOLERANCE = mpmath.mpf(10) ** -30
X = sp.Symbol("x", real=True)
RATIONAL = [
    "cubic", "product of factors", "rational", "near a zero", "negative powers", "Horner's scheme",
    "Chebyshev", "Newton's iteration", "continued fraction", "logistic map", "Fibonacci",
]  # fmt: skip
# What runs through floats on purpose, and has no other numbers.
FLOATS = {"pendulum step", "Branin", "Helmholtz energy"}  # 1 / 6, sqrt(2) and the like are floats in them
ROUNDED = {"continued fraction", "Bessel series", *FLOATS}  # a constant is no decimal fraction of few digits


def modes_of(program, x):
    """Derivatives of order 2 (and 5) of a program, by every way there is."""
    yield 2, hoad.derivative(program, x, 2)
    yield 2, hoad.derivatives(program, x, 4)[2]
    yield 5, hoad.derivative(program, x, 5)
    yield 2, hoad.directional(program, x, 1, 2)
    yield 2, hoad.grad(hoad.grad(program))(x)
    for mode in hoad.operators.hessians.MODES:
        yield 2, hoad.hessian(program, x, mode=mode)
    yield 2, hoad.hvp(program, x, x**0)
    yield 2, hoad.derivative_tensor(program, x, 2)
    yield 2, hoad.laplacian(program, x)


def exact(entry: Function, x, order, *, of):
    derivative = sp.diff(sp.sympify(entry.expression(X)), X, order)
    return of(derivative, x)


@pytest.mark.parametrize("entry", [e for e in ONE_VARIABLE if e.name in RATIONAL], ids=str)
def test_fractions_are_exact(entry: Function) -> None:
    x = Fraction(entry.points[0])
    in_sympy = lambda d, x: d.subs(X, sp.Rational(x.numerator, x.denominator))
    if entry.name == "Newton's iteration":  # whose closed form is the limit of the program
        rows = [2, 5]
        right = {
            n: hoad.symbolic(entry.program, X, order=n).subs(X, sp.Rational(x.numerator, x.denominator))
            for n in rows
        }
    else:
        right = {n: exact(entry, x, n, of=in_sympy) for n in (2, 5)}
    for order, got in modes_of(entry.program, x):
        assert isinstance(got, (Fraction, int))
        assert sp.Rational(Fraction(got).numerator, Fraction(got).denominator) == right[order]


def test_every_name_is_in_the_catalogue() -> None:
    assert {*RATIONAL, *FLOATS, *ROUNDED} <= {e.name for e in (*ONE_VARIABLE, *SEVERAL_VARIABLES)}


@pytest.mark.parametrize("entry", [e for e in ONE_VARIABLE if e.name not in FLOATS], ids=str)
def test_any_precision(entry: Function) -> None:
    """In 40 digits, and right to 30: no float is on the way."""
    with mpmath.workdps(DIGITS):
        x = mpmath.mpf(entry.points[0])
        in_mpmath = lambda d, x: sp.lambdify([X], d, "mpmath")(x)
        right = {n: exact(entry, x, n, of=in_mpmath) for n in (2, 5)}
        for order, got in modes_of(entry.program, x):
            assert isinstance(got, mpmath.mpf)
            assert abs(got - right[order]) <= TOLERANCE * (1 + abs(right[order]))


OF_ONE_VALUE = [e for e in SEVERAL_VARIABLES if np.ndim(e.program(np.array(e.points[0]))) == 0]


@pytest.mark.parametrize("entry", [e for e in OF_ONE_VALUE if e.name not in FLOATS], ids=str)
def test_arrays_in_any_precision(entry: Function) -> None:
    with mpmath.workdps(DIGITS):
        x = np.array([mpmath.mpf(float(v)) for v in entry.points[0]], dtype=object)
        symbols = list(sp.symbols(f"x:{len(x)}", real=True))
        expression = entry.expression(symbols)
        gradient = [sp.lambdify(symbols, sp.diff(expression, s), "mpmath")(*x) for s in symbols]
        got = hoad.grad(entry.program, x)
        assert got.dtype == object
        for g, right in zip(got, gradient, strict=True):
            assert abs(g - right) <= TOLERANCE * (1 + abs(right))
        again = hoad.jacobian(entry.program, x, mode="forward")
        assert all(abs(g - a) <= TOLERANCE * (1 + abs(g)) for g, a in zip(got, again, strict=True))


@pytest.mark.parametrize("entry", [e for e in ONE_VARIABLE if e.name not in ROUNDED], ids=str)
def test_formulas(entry: Function) -> None:
    """The derivative as a formula has the value that SymPy's has."""
    point = entry.points[0]
    try:
        formula = hoad.symbolic(entry.program, "x", order=2)
    except ArgumentError as error:
        assert "branches" in str(error)
        return
    with mpmath.workdps(DIGITS):
        x = mpmath.mpf(point)
        got = sp.lambdify([X], formula, "mpmath")(x)
        right = sp.lambdify([X], sp.diff(sp.sympify(entry.expression(X)), X, 2), "mpmath")(x)
        assert abs(got - right) <= TOLERANCE * (1 + abs(right))


def test_decimals() -> None:
    getcontext().prec = 28
    x = Decimal("0.3")
    f = lambda x: np.exp(x) * np.log(1 + x) / np.sqrt(x) + x**3
    for got in (hoad.derivative(f, x), hoad.grad(f, x), hoad.derivatives(f, x, 3)[1]):
        assert isinstance(got, Decimal)
        right = mpmath.diff(
            lambda x: mpmath.exp(x) * mpmath.log(1 + x) / mpmath.sqrt(x) + x**3, mpmath.mpf("0.3")
        )
        assert abs(float(got) - float(right)) < 1e-15
    assert abs(hoad.derivative(lambda x: x**3 / 7, Decimal(2), 2) - Decimal(12) / 7) < Decimal("1e-26")


def test_complex_numbers_of_mpmath() -> None:
    with mpmath.workdps(DIGITS):
        z = mpmath.mpc("0.3", "0.7")
        f = lambda z: np.exp(np.sin(z)) / (1 + z * z)
        right = mpmath.diff(lambda z: mpmath.exp(mpmath.sin(z)) / (1 + z * z), z)
        assert abs(hoad.derivative(f, z, holomorphic=True) - right) < TOLERANCE
        third = mpmath.diff(lambda z: mpmath.exp(mpmath.sin(z)) / (1 + z * z), z, 3)
        assert abs(hoad.derivatives(f, z, 3, holomorphic=True)[3] - third) < mpmath.mpf(10) ** -20
        g = hoad.grad(lambda z: np.abs(z) ** 2, z)  # 2 z, by the convention
        assert abs(g - 2 * z) < TOLERANCE
        real = hoad.grad(lambda x: np.real(np.exp(1j * x)), mpmath.mpf("0.3"))
        assert abs(real + mpmath.sin(mpmath.mpf("0.3"))) < TOLERANCE


def test_linear_algebra() -> None:
    a = np.array([[Fraction(2), Fraction(1, 3)], [Fraction(1), Fraction(3)]])
    b = np.array([Fraction(1), Fraction(2)])
    f = lambda a: np.sum(np.linalg.solve(a, b)) + np.linalg.det(a) * np.trace(np.linalg.inv(a))
    got = hoad.grad(f, a)
    assert all(isinstance(v, Fraction) for v in got.flat)
    np.testing.assert_allclose(got.astype(float), float_gradient(a, b), rtol=1e-13)
    assert hoad.grad(np.linalg.det, a).tolist() == [[3, -1], [Fraction(-1, 3), 2]]
    three = np.array([[Fraction(i * j + i - j**2) for i in range(4)] for j in range(4)])
    assert (
        hoad.jacobian(np.linalg.det, three, mode="forward").tolist()
        == hoad.grad(np.linalg.det, three).tolist()
    )
    with pytest.raises(np.linalg.LinAlgError):
        hoad.grad(
            lambda a: np.sum(np.linalg.inv(a)),
            np.array([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]]),
        )


def float_gradient(a, b):
    a, b = a.astype(float), b.astype(float)
    return hoad.grad(
        lambda a: np.sum(np.linalg.solve(a, b)) + np.linalg.det(a) * np.trace(np.linalg.inv(a)), a
    )


def test_containers_writes_and_choices() -> None:
    third = Fraction(1, 3)
    g = hoad.grad(lambda p: p["a"] ** 2 * p["b"][0] + p["n"], {"a": third, "b": [Fraction(5)], "n": 3})
    assert g == {"a": Fraction(10, 3), "b": [Fraction(1, 9)], "n": 3}

    def written(x):
        out = np.zeros_like(x)
        out[0] = x[0] / 3
        for k in range(1, len(x)):
            out[k] = out[k - 1] * x[k]
        tail = out[1:]
        tail *= 2
        return np.sum(out)

    x = np.array([Fraction(1, 2), Fraction(2), Fraction(3)])
    assert hoad.grad(written, x).tolist() == [Fraction(17, 3), Fraction(4, 3), Fraction(2, 3)]
    assert x.tolist() == [Fraction(1, 2), 2, 3]
    picked = lambda x: (
        np.sum(np.where(x > 1, x**2, -x)) + np.max(x) + np.sort(x)[0] + np.abs(-x[1]) + np.prod(x)
    )
    assert hoad.grad(picked, x).tolist() == [6, Fraction(13, 2), 8]
    value, pullback = hoad.vjp(lambda x: x**2, third)
    assert (value, pullback(Fraction(1, 2))) == (Fraction(1, 9), (third,))
    assert hoad.jvp(lambda x, y: x * y, (third, Fraction(2)), (Fraction(1), Fraction(0))) == (2 * third, 2)
    assert hoad.derivative(lambda x: lambda y: x * y, third)(Fraction(7)) == 7
    assert hoad.differentiable(lambda x: x**3).nth(2)(third) == 2
    assert hoad.derivative(lambda x: x * hoad.derivative(lambda y: x * y**2, third), third) == Fraction(4, 9)


def test_what_a_user_sees() -> None:
    assert str(hoad.symbolic(lambda x: np.exp(-(x**2)) / 2, "x", order=1)) == "-x*exp(-x**2)"
    assert hoad.symbolic(np.square, "x", order=1)._repr_latex_() == r"$\displaystyle 2 x$"
    a, b = sp.symbols("a b", real=True)
    assert hoad.symbolic(lambda p: {"s": p[0] * p[1], "n": "text"}, "a b") == {"s": a * b, "n": "text"}
    assert hoad.symbolic(lambda x, k: 0.1 * x * np.pi * k, "a", 3) == sp.Rational(3, 10) * sp.pi * a
    assert hoad.symbolic(lambda x: np.where(x > 0, x, 0.0), "a") == sp.Piecewise((a, a > 0), (0, True))
    assert hoad.symbolic(lambda x: np.sum(x), "x:3") == sum(sp.symbols("x:3", real=True))
    norm = hoad.symbolic(lambda x: np.linalg.norm(x), "a b", order=1)
    assert norm[0] == a / sp.sqrt(a**2 + b**2)
    derivative = hoad.derivative(lambda x: np.sin(x) * x, a)
    assert derivative == sp.sin(a) + a * sp.cos(a)


def test_verify() -> None:
    report = hoad.verify(lambda x: np.exp(np.sin(x)) / (1 + x**2), 1.3, order=5)
    assert report.ulps < 64
    assert {e.source for e in report.entries} == {"SymPy"}
    assert {e.mode for e in report.entries if e.order == 2} == {
        "Taylor",
        "forward-reverse",
        "reverse-reverse",
    }
    assert "order" in str(report)
    assert "ulps" in repr(report)
    report = hoad.verify(lambda x: np.sum(np.tanh(np.outer(x, x))) * x[0], np.array([0.3, 1.1]), order=3)
    assert report.ulps < 64
    assert len([e for e in report.entries if e.order == 3]) == 4
    branch = hoad.verify(lambda x: x**3 if x > 0 else -x, 1.3, order=3)
    assert {e.source for e in branch.entries} == {"mpmath"}
    assert branch.ulps < 4
    wrong = lambda x: np.sin(hoad.stop_gradient(x)) + x  # a function whose derivative hoad was told to lose
    assert hoad.verify(wrong, 0.5, order=1).ulps > 1e14


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: hoad.grad(np.sin, Fraction(1, 3)), NumberError, r"sin of a Fraction.*mpmath\.mpf"),
        (lambda: hoad.derivative(np.sqrt, Fraction(1, 3)), NumberError, "no fraction"),
        (lambda: hoad.derivative(lambda x: x**0.5, Fraction(1, 3)), NumberError, "no fraction"),
        (lambda: hoad.derivative(np.arctan, Decimal(1)), NumberError, r"arctan of a Decimal.*mpmath\.mpf"),
        (lambda: hoad.symbolic(lambda x: x if x > 0 else -x, "x"), ArgumentError, r"np\.where"),
        (lambda: hoad.symbolic(3, "x"), ArgumentError, "not a function"),
        (lambda: hoad.symbolic(np.sin, "x", order=-1), ArgumentError, "order=-1"),
        (lambda: hoad.verify(lambda x: x, np.ones(2)), NonScalarOutputError, "one real number"),
        (lambda: hoad.verify(np.sum, np.ones(30)), ArgumentError, "at most 20"),
    ],
)
def test_bad_input(call, error, text) -> None:
    with pytest.raises(error, match=text):
        call()


class Interval(numbers.Number):
    """A number class of a user's own: it has the operators, and the methods that functions need."""

    def __init__(self, low, high=None):
        self.low, self.high = low, low if high is None else high

    def __add__(self, other):
        other = other if isinstance(other, Interval) else Interval(other)
        return Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other):
        other = other if isinstance(other, Interval) else Interval(other)
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other):
        return isinstance(other, Interval) and (self.low, self.high) == (other.low, other.high)

    def __hash__(self):
        return hash((self.low, self.high))

    def exp(self):
        return Interval(np.exp(self.low), np.exp(self.high))


def test_a_number_class_of_the_user() -> None:
    x = Interval(1.0, 2.0)
    assert hoad.derivative(lambda x: x * x + 3 * x, x) == Interval(5.0, 7.0)
    assert hoad.grad(lambda x: x * x + 3 * x, x) == Interval(5.0, 7.0)
    slope = hoad.derivative(lambda x: np.exp(x) * 2, x)
    assert (slope.low, slope.high) == (2 * np.exp(1.0), 2 * np.exp(2.0))
    with pytest.raises(NumberError, match=r"Interval\.NAME"):
        hoad.grad(np.tan, x)


THIRD = Fraction(1, 3)
UNITS = {
    "derivative": lambda: hoad.derivative(lambda x: x * x, THIRD, 2),
    "derivatives": lambda: hoad.derivatives(lambda x: x * x, THIRD, 2)[2],
    "derivatives by jets": lambda: hoad.derivatives(lambda x: x * x, THIRD, 3)[2],
    "taylor": lambda: 2 * hoad.taylor(lambda x: x * x, THIRD, 2)[2],
    "directional": lambda: hoad.directional(lambda x: x * x, THIRD, Fraction(1), 2),
    "hessian": lambda: hoad.hessian(lambda x: x * x, THIRD),
    "hessian of an array": lambda: hoad.hessian(lambda v: np.sum(v * v), np.array([THIRD, THIRD]))[0, 0],
    "hessian, reverse": lambda: hoad.hessian(
        lambda v: np.sum(v * v), np.array([THIRD, THIRD]), mode="reverse-reverse"
    )[0, 0],
    "diag_hessian": lambda: hoad.diag_hessian(lambda v: np.sum(v * v), np.array([THIRD, THIRD]))[0],
    "derivative_tensor, third": lambda: hoad.derivative_tensor(
        lambda v: v[0] ** 2 * v[1], np.array([THIRD, THIRD]), 3
    )[0, 0, 1],
    "partial": lambda: hoad.partial(lambda v: v[0] ** 2 * v[1], np.array([THIRD, THIRD]), (2, 1)),
    "laplacian": lambda: hoad.laplacian(lambda x: x * x, THIRD),
    "derivative_tensor": lambda: hoad.derivative_tensor(lambda v: v @ v, np.array([THIRD, THIRD]), 2)[0, 0],
    "jacobian": lambda: hoad.jacobian(lambda v: 2 * v, np.array([THIRD, THIRD]), mode="forward")[0, 0],
    "jacobian, reverse": lambda: hoad.jacobian(lambda v: 2 * v, np.array([THIRD, THIRD]), mode="reverse")[
        0, 0
    ],
    "jacobian, off the diagonal": lambda: 2 + hoad.jacobian(lambda v: 2 * v, np.array([THIRD, THIRD]))[0, 1],
}


@pytest.mark.parametrize("way", UNITS)
def test_a_derivative_that_is_constant_is_a_fraction_too(way: str) -> None:
    """The direction of 1 is a fraction, where nothing else would make the result one."""
    found = UNITS[way]()
    assert type(found) is Fraction and found == 2


# ------------------------------------------------------------------------------------------------------------
# Every function of every number system
# ------------------------------------------------------------------------------------------------------------

SYSTEMS = {
    "Fraction": (fields.FRACTIONS, Fraction),
    "Decimal": (fields.DECIMALS, Decimal),
    "mpmath": (fields.mpmath_field(False), mpmath.mpf),
    "complex mpmath": (fields.mpmath_field(True), mpmath.mpc),
    "SymPy": (fields.sympy_field(), sp.Rational),
}
NUMBERS = (0.75, -1.625, 2.5, -0.375, 0.0, 4.0)  # of few digits, and no two with the same distance from 0
OF_WHICH = {"invert": np.logical_not}  # of truth values


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_function_is_numpys(system: str) -> None:
    """At numbers of each sign and size, the arguments in either order, where the system has a value."""
    field, make = SYSTEMS[system]
    names = [n for n in {*field.functions, *fields.OPERATORS} if isinstance(getattr(np, n, None), np.ufunc)]
    compared = set()
    for name in names:
        ufunc = OF_WHICH.get(name, getattr(np, name))
        truth = name.startswith(("logical", "bitwise", "invert"))
        for args in itertools.product((True, False) if truth else NUMBERS, repeat=ufunc.nin):
            with np.errstate(all="ignore"):
                right = complex(ufunc(*args))
            if not np.isfinite(right) or (name == "arctan2" and not any(args)):
                continue
            exact = [sp.sympify(x) if system == "SymPy" else x for x in args] if truth else map(make, args)
            try:
                found = field.function(getattr(np, name))(*exact)
            except (NumberError, ArithmeticError, TypeError, AttributeError):
                continue  # no rational number, or no number that has an order
            found = complex(bool(found) if isinstance(found, BooleanAtom) else found)
            if name in ("cbrt", "power") and found.imag:
                continue  # of a negative number, another root
            assert found == pytest.approx(right, rel=1e-12, abs=1e-12), (name, args)
            compared.add(name)
    assert len(compared) > 25, sorted({*names} - compared)


@pytest.mark.parametrize("name", ["absolute", "fabs", "maximum", "minimum", "fmax", "fmin", "sign", "hypot"])
def test_functions_of_symbols_are_those_of_the_numbers_put_in(name: str) -> None:
    """Where there is no number yet that could be compared."""
    field, ufunc = fields.sympy_field(), getattr(np, name)
    symbols = sp.symbols("a b", real=True)[: ufunc.nin]
    formula = field.function(ufunc)(*symbols)
    for args in itertools.product(NUMBERS, repeat=ufunc.nin):
        found = formula.subs(dict(zip(symbols, map(sp.Rational, args), strict=True)))
        assert float(found) == pytest.approx(float(ufunc(*args)), rel=1e-14), args


@pytest.mark.parametrize("number", [mpmath.mpf, Decimal])
def test_the_largest_pivot_is_taken(number: type) -> None:
    """A first one that is tiny loses all digits of the others."""
    x = np.array([number(10) ** -40, number(1), number(1), number(1)], dtype=object)
    functions = {
        "solve": lambda a: np.linalg.solve(a, np.array([number(1), number(2)], dtype=object)),
        "inv": lambda a: np.ravel(np.linalg.inv(a)),
        "det": np.linalg.det,
    }
    inverse = [[-1, 1], [1, 0]]
    expected = {"solve": [1, 1], "inv": np.ravel(inverse), "det": -1}
    for name, f in functions.items():
        value, change = hoad.jvp(lambda v, f=f: f(v.reshape(2, 2)), (x,), (x,))
        np.testing.assert_allclose(np.array(value, float), expected[name], rtol=1e-15, atol=1e-30)
        order = {"solve": -1, "inv": -1, "det": 2}[name]  # of how many factors each is, by Euler
        np.testing.assert_allclose(np.array(change, float), order * np.array(value, float), atol=1e-15)
