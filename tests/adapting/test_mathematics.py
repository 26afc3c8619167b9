"""Every function of ``math``, ``cmath`` and ``statistics``: its derivative, or the same refusal."""

import cmath
import math
import statistics

import numpy as np
import pytest

import hoad
from hoad.adapting.mathematics import MATHEMATICS

NEW = {old.__name__: new for old, new in MATHEMATICS.items()}
# Functions whose value is no real number that varies: integers, truth, pieces that are flat.
FLAT = {
    "ceil",
    "floor",
    "trunc",
    "ulp",
    "isqrt",
    "factorial",
    "gcd",
    "lcm",
    "comb",
    "perm",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "nextafter",
}
CALLS = {
    "acosh": lambda m, x: m.acosh(1 + x),
    "atan2": lambda m, x: m.atan2(x, 1 - x),
    "copysign": lambda m, x: m.copysign(x, -1.0),
    "dist": lambda m, x: m.dist([x, 1.0], (2.0, x * x)),
    "fmod": lambda m, x: m.fmod(x * x, x / 3),
    "fsum": lambda m, x: m.fsum(v for v in (x, x * x, 1.0)),
    "prod": lambda m, x: m.prod([x, 2.0, x]),
    "hypot": lambda m, x: m.hypot(x, 1.0, 2 * x),
    "ldexp": lambda m, x: m.ldexp(x, 3),
    "pow": lambda m, x: m.pow(x, x),
    "modf": lambda m, x: m.modf(3 * x)[0] + 2 * m.modf(3 * x)[1],
    "frexp": lambda m, x: m.frexp(x)[0] * m.frexp(x)[1],
    "remainder": lambda m, x: m.remainder(7 * x, x * x),
    "fma": lambda m, x: m.fma(x, x, 2 * x),
    "sumprod": lambda m, x: m.sumprod([x, 1.0], [x, x]),
    "log": lambda m, x: m.log(x, 3.0) + m.log(2.0, x) + m.log(x),
    "cbrt": lambda m, x: m.cbrt(x),
}
COMPLEX = {
    "rect": lambda m, x: m.rect(x, x * x).real,
    "phase": lambda m, x: m.phase(x + 2j),
    "polar": lambda m, x: sum(m.polar(x + 2j)),
    "log": lambda m, x: m.log(x + 2j, 3.0).imag,
    "isclose": lambda m, x: 0.0 * m.isclose(x, x),
}
POINT = 0.37


def functions(module) -> list[str]:
    return [n for n, f in vars(module).items() if callable(f) and not n.startswith("_")]


def slope(f, x: float) -> float:
    """A derivative by differences, extrapolated."""
    first, second = ((f(x + h) - f(x - h)) / (2 * h) for h in (1e-3, 5e-4))
    return (4 * second - first) / 3


@pytest.mark.parametrize("name", functions(math))
def test_math(name: str) -> None:
    if name in FLAT:
        return
    call = CALLS.get(name, lambda m, x: getattr(m, name)(x))
    right = slope(lambda x: call(math, x), POINT)
    twice = slope(lambda y: slope(lambda x: call(math, x), y), POINT)
    found = hoad.derivatives(lambda x: call(NEW["math"], x), POINT, 2)
    assert found[0] == pytest.approx(call(math, POINT), rel=1e-14)
    assert found[1] == pytest.approx(right, rel=1e-7, abs=1e-9)
    assert found[2] == pytest.approx(twice, rel=1e-4, abs=1e-5)
    assert hoad.grad(lambda x: call(math, x), POINT) == pytest.approx(found[1], rel=1e-13)


@pytest.mark.parametrize("name", functions(cmath))
def test_cmath(name: str) -> None:
    if name in ("isfinite", "isinf", "isnan"):
        return
    call = COMPLEX.get(name, lambda m, x: getattr(m, name)(x + 0.5j * x).imag)
    right = slope(lambda x: call(cmath, x), POINT)
    assert hoad.grad(lambda x: call(cmath, x), POINT) == pytest.approx(right, rel=1e-7, abs=1e-12)
    assert hoad.jvp(lambda x: call(cmath, x), (POINT,), (1.0,))[1] == pytest.approx(
        right, rel=1e-7, abs=1e-12
    )


def parts(z):
    """A real number, of all that a result has."""
    return sum([np.real(part) + 2.0 * np.imag(part) for part in (z if isinstance(z, tuple) else (z,))])


@pytest.mark.parametrize("x", [0.37, -0.37, 1.7, -1.7])
@pytest.mark.parametrize("name", functions(cmath))
def test_cmath_of_real_numbers(name: str, x: float) -> None:
    """They are complex numbers to it: the square root of -1.0 is 1j."""
    if name in ("isfinite", "isinf", "isnan", "isclose"):
        return
    call = {"rect": lambda m, x: m.rect(x, x * x), "log": lambda m, x: m.log(x, 3.0) + m.log(x)}.get(
        name, lambda m, x: getattr(m, name)(x)
    )
    right = slope(lambda x: parts(call(cmath, x)), x)
    twice = slope(lambda y: slope(lambda x: parts(call(cmath, x)), y), x)
    found = hoad.derivatives(lambda x: parts(call(cmath, x)), x, 2)
    assert found[0] == pytest.approx(parts(call(cmath, x)), rel=1e-14)
    assert found[1] == pytest.approx(right, rel=1e-7, abs=1e-8)
    assert found[2] == pytest.approx(twice, rel=1e-4, abs=1e-4)
    assert hoad.grad(lambda x: parts(call(cmath, x)), x) == pytest.approx(right, rel=1e-7, abs=1e-8)
    kinds = []
    hoad.grad(lambda x: (kinds.append(type(call(cmath, x))), x)[1], x)
    assert kinds == [type(call(cmath, x))]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble, float])
@pytest.mark.parametrize("name", sorted({*functions(math)} - FLAT))
def test_math_computes_with_numbers_of_python(name: str, kind) -> None:
    call = CALLS.get(name, lambda m, x: getattr(m, name)(x))
    seen = []
    hoad.jvp(lambda x: (seen.append(call(math, x)), x)[1], (kind(POINT),), (kind(1.0),))
    right = call(math, kind(POINT))
    assert float(hoad.primal(seen[0])) == pytest.approx(float(right), rel=1e-13)
    if name in OF_PYTHON:
        assert type(hoad.primal(seen[0])) is type(right)


OF_PYTHON = (
    "sin",
    "exp",
    "log",
    "sqrt",
    "atan2",
    "cbrt",
    "fabs",
    "gamma",
    "erf",
    "degrees",
    "ldexp",
    "copysign",
)

DATA = np.array([0.3, 1.7, 0.9, 1.2])
STATISTICS = {
    "mean",
    "fmean",
    "geometric_mean",
    "harmonic_mean",
    "median",
    "median_low",
    "median_high",
    "stdev",
    "variance",
    "pstdev",
    "pvariance",
    "covariance",
    "correlation",
    "linear_regression",
}
OF_TWO = {"covariance", "correlation", "linear_regression"}
NOT_OF_NUMBERS = {
    "mode",
    "multimode",
    "quantiles",
    "median_grouped",
    "kde",
    "kde_random",
    "NormalDist",
    "StatisticsError",
    "LinearRegression",
}


@pytest.mark.parametrize("name", sorted(STATISTICS))
def test_statistics(name: str) -> None:
    def f(x):
        function = getattr(statistics, name)
        if name not in OF_TWO:
            return function(list(x)) + function(v * v for v in x)
        found = function(list(x), [2.0, v[0] if (v := list(x)) else 0.0, 1.0, 5.0])
        return found.slope * found.intercept if name == "linear_regression" else found

    right = [slope(lambda t, e=e: f((DATA + t * e).tolist()), 0.0) for e in np.eye(4)]
    np.testing.assert_allclose(hoad.grad(f, DATA), right, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(hoad.jacobian(f, DATA, mode="forward"), right, rtol=1e-7, atol=1e-9)


def test_all_of_statistics_are_known() -> None:
    public = {n for n in statistics.__all__ if callable(getattr(statistics, n))}
    assert public - STATISTICS - NOT_OF_NUMBERS == set()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: math.log(x - 1),
        lambda x: math.sqrt(-x),
        lambda x: math.exp(1e4 * x),
        lambda x: math.acos(2 + x),
        lambda x: math.pow(-x, 0.5),
        lambda x: math.log(x - POINT),
        lambda x: math.gamma(x - POINT),
        lambda x: math.fmod(x, x - POINT),
        lambda x: math.atanh(1 + x),
        lambda x: statistics.harmonic_mean([-x, 1.0]),
        lambda x: statistics.stdev([x]),
        lambda x: statistics.mean([]),
    ],
)
def test_what_python_refuses_is_refused(call) -> None:
    with pytest.raises((ValueError, OverflowError)) as plain:
        call(POINT)

    def guarded(x):
        try:
            return call(x)
        except type(plain.value):
            return 5.0 * x

    with pytest.raises(type(plain.value)):
        hoad.grad(call, POINT)
    assert hoad.grad(guarded, POINT) == 5.0
    assert hoad.derivative(guarded, POINT) == 5.0
