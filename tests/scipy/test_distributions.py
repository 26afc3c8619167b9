"""Every distribution of ``scipy.stats``, every method, by every argument: right, or refused by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats as st
from tables.distributions import (
    CONTINUOUS,
    DISCRETE,
    LOC,
    NOISY,
    OF_COUNT,
    OF_POINT,
    OF_PROBABILITY,
    OF_SHAPES,
    REFUSED,
    SCALE,
    call,
    point,
)

import hoad
from hoad.errors import MissingRuleError, NotDifferentiableError
from hoad.scipy.distributions import moments, selecting

SAMPLE = 16  # of how many functions one is in the default run
REFUSALS = (MissingRuleError, NotDifferentiableError)


def difference(f: Callable[[float], float], x: float, h: float) -> float:
    """The central difference of order 8."""
    weights = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
    return sum([w * (f(x + k * h) - f(x - k * h)) for k, w in weights]) / h


def agrees(found: float, f: Callable[[float], float], x: float, rtol: float) -> bool:
    """Tell whether a derivative is that of the differences of one of several steps, as far as the noise of
    SciPy's own values lets long steps tell.
    """
    noise, errors = max([abs(f(x * (1 + k * 1e-13)) - f(x)) for k in (1, 2, 3, 4)]), []
    for h in (3e-2, 1e-2, 3e-3, 1e-3, 1e-4):
        try:
            step = h * max(abs(x), 0.1)
            wanted = difference(f, x, step)
        except (RuntimeError, ValueError):
            continue
        unsure = noise / step if h >= 1e-2 and np.isfinite(noise) else 0.0
        errors.append(max(abs(wanted - found) - unsure, 0.0) / (abs(wanted) + 1e-7))
    return bool(np.nanmin([*errors, np.inf]) < rtol)


def cases() -> list[Any]:
    found = []
    for name, shapes in CONTINUOUS:
        for method in OF_POINT + OF_PROBABILITY:
            found.append((name, shapes, method))
    for name, shapes in DISCRETE:
        for method in OF_COUNT:
            found.append((name, shapes, method))
    return found


CASES = cases()
SLOW = {"genhyperbolic", "studentized_range", "levy_stable", "kstwo", "gausshyper", "geninvgauss", "kappa4"}
SAMPLED = [c for k, c in enumerate(CASES) if k % SAMPLE == 3 and c[0] not in SLOW]


def prove(name: str, shapes: Any, method: str, q: float = 0.37) -> int:
    """Prove one function by each of its arguments; how many were differentiated."""
    dist = getattr(st, name)
    counts = isinstance(dist, st.rv_discrete)
    first = (
        q
        if method in OF_PROBABILITY
        else point(name, shapes, q) * (1 if counts else SCALE) + (0 if counts else LOC)
    )
    args = [first, *shapes, *(() if counts else (LOC, SCALE))]
    differentiated = 0
    for i in range(counts, len(args)):
        f = lambda t, i=i: getattr(dist, method)(*args[:i], t, *args[i + 1 :])
        try:
            found = float(hoad.derivative(f, float(args[i])))
        except REFUSALS as error:
            integral = "integer" in str(error) or "another formula" in str(error)
            assert integral or name in REFUSED, f"{name}.{method} by argument {i}: {error}"
            continue
        differentiated += 1
        plain = lambda t, f=f: float(f(t))
        if not np.isfinite(plain(args[i])):
            assert np.isnan(found), f"{name}.{method} by argument {i} is infinite, and has no derivative"
        elif name not in NOISY:
            assert agrees(found, plain, float(args[i]), 1e-5), f"{name}.{method} by argument {i}: {found}"
    return differentiated


@pytest.mark.parametrize(("name", "shapes", "method"), SAMPLED)
@pytest.mark.filterwarnings("ignore")
def test_functions_of_a_point_and_of_a_probability(name: str, shapes: Any, method: str) -> None:
    prove(name, shapes, method)


@pytest.mark.sweep
@pytest.mark.parametrize("q", [0.08, 0.37, 0.9])
@pytest.mark.parametrize(("name", "shapes", "method"), CASES)
@pytest.mark.filterwarnings("ignore")
def test_functions_of_a_point_and_of_a_probability_all(name: str, shapes: Any, method: str, q: float) -> None:
    prove(name, shapes, method, q)


# Whose moments SciPy integrates itself, which takes long.
BY_QUADRATURE = {
    "argus", "burr", "vonmises", "kstwobign", "exponpow", "exponweib", "gausshyper", "genexpon",
    "genhalflogistic", "genhyperbolic", "geninvgauss", "gompertz", "halfgennorm", "johnsonsb", "kappa3",
    "kappa4", "ksone", "kstwo", "levy_stable", "mielke", "ncf", "nct", "norminvgauss", "powerlognorm",
    "powernorm", "rdist", "recipinvgauss", "rel_breitwigner", "studentized_range", "truncpareto",
    "tukeylambda", "vonmises_line", "dpareto_lognorm", "crystalball",
}  # fmt: skip
MOMENTS = [(n, s, m) for n, s in CONTINUOUS + DISCRETE for m in OF_SHAPES if n not in BY_QUADRATURE]


def prove_moment(name: str, shapes: Any, method: str) -> None:
    """Prove a moment or the entropy by each parameter."""
    dist = getattr(st, name)
    args = [*shapes, *(() if isinstance(dist, st.rv_discrete) else (LOC, SCALE))]
    for i in range(len(args)):
        f = lambda t, i=i: call(dist, method, [*args[:i], t, *args[i + 1 :]])
        plain = lambda t, f=f: float(f(t))
        if not np.isfinite(plain(args[i])):
            continue
        try:
            found = float(hoad.derivative(f, float(args[i])))
        except REFUSALS as error:
            assert name in str(error)
            continue
        assert agrees(found, plain, float(args[i]), 1e-4), f"{name}.{method} by argument {i}: {found}"


@pytest.mark.parametrize(("name", "shapes", "method"), MOMENTS[5::18])
@pytest.mark.filterwarnings("ignore")
def test_moments_and_entropy(name: str, shapes: Any, method: str) -> None:
    prove_moment(name, shapes, method)


@pytest.mark.parametrize("x", [0.1, 0.5, 0.95])
def test_flat_parts(x: float) -> None:
    """Where a density does not depend on x, its derivative is zero and no refusal."""
    u = 2 / 1.5
    right = {0.1: u / 0.3, 0.5: 0.0, 0.95: -u / 0.2}[x]
    assert hoad.grad(lambda x: st.trapezoid.pdf(x, 0.3, 0.8))(x) == pytest.approx(right, rel=1e-14)
    assert hoad.derivative(lambda c: st.trapezoid.pdf(0.5, c, 0.8), 0.3) == pytest.approx(2 / 1.5**2)
    assert hoad.derivative(lambda x: st.trapezoid(0.3, 0.8).logpdf(x), 0.5) == 0.0
    assert hoad.grad(lambda x: st.uniform.pdf(x))(x) == 0.0


@pytest.mark.sweep
@pytest.mark.parametrize(("name", "shapes", "method"), MOMENTS)
@pytest.mark.filterwarnings("ignore")
def test_moments_and_entropy_all(name: str, shapes: Any, method: str) -> None:
    prove_moment(name, shapes, method)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "shapes"), [c for c in CONTINUOUS if c[1] and c[0] not in REFUSED and c[0] not in SLOW][::6]
)
def test_no_parameter_is_lost_at_a_special_value(name: str, shapes: Any) -> None:
    """SciPy's formulas branch where a parameter is 0 or 1; an array that holds such a value beside another
    must not lose the derivative there.
    """
    special_values(name, shapes)


@pytest.mark.sweep
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "shapes"), [c for c in CONTINUOUS if c[1] and c[0] not in REFUSED])
def test_no_parameter_is_lost_at_a_special_value_all(name: str, shapes: Any) -> None:
    special_values(name, shapes)


def special_values(name: str, shapes: Any) -> None:
    dist = getattr(st, name)
    for i in range(len(shapes)):
        for special in (0.0, 1.0, 2.0, 0.5):
            args = [np.array([v, v]) for v in shapes]
            args[i] = np.array([shapes[i], special])
            if not np.all(dist._argcheck(*args)):
                continue
            x = dist.ppf(0.3, *args)
            f = lambda v, i=i, x=x, args=args: dist.logpdf(x, *[*args[:i], v, *args[i + 1 :]])
            try:
                found = np.diag(hoad.jacobian(f, args[i]))
            except REFUSALS:
                continue
            h = 1e-3 * np.maximum(np.abs(args[i]), 0.1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                wanted = difference(f, args[i], h)
            fine = np.isfinite(wanted)
            assert np.allclose(found[fine], wanted[fine], rtol=1e-3, atol=1e-5), (name, i, special)


# ------------------------------------------------------------------------------------------------------------
# Programs
# ------------------------------------------------------------------------------------------------------------


def close(f: Any, x: Any, rtol: float = 1e-6) -> None:
    """The gradient is that of differences, in both modes, and the Hessian that of the gradient."""
    x = np.asarray(x, float)
    unit = np.eye(x.size)
    wanted = [difference(lambda t, e=e: f(x + t * e), 0.0, 1e-3) for e in unit]
    assert np.allclose(hoad.grad(f)(x), wanted, rtol, 1e-9)
    assert np.allclose(hoad.jacobian(f, x, mode="forward"), wanted, rtol, 1e-9)
    slope = hoad.grad(f)
    second = [difference(lambda t, e=e: slope(x + t * e), 0.0, 1e-3) for e in unit]
    assert np.allclose(hoad.hessian(f, x), second, 10 * rtol, 1e-8)


DATA = np.array([0.4, 1.1, 2.3, 0.9])
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "norm": lambda p: np.sum(st.norm.logpdf(DATA, loc=p[0], scale=p[1])),
    "frozen": lambda p: st.norm(p[0], p[1]).cdf(1.0) + st.gamma(p[1]).logsf(0.3),
    "t": lambda p: np.sum(st.t.logpdf(DATA, p[0] + 2, 0.1, p[1])),
    "by quadrature": lambda p: np.sum(st.beta.cdf([0.2, 0.7], p[0], p[1])),
    "tails": lambda p: st.gamma.logcdf(0.01, p[0]) + st.gamma.logsf(40.0, p[1]),
    "quantiles": lambda p: np.sum(st.gamma.ppf([0.1, 0.9], p[0], scale=p[1])),
    "interval": lambda p: st.weibull_min.interval(0.9, p[0], scale=p[1])[1],
    "median": lambda p: st.weibull_min.median(p[0], scale=p[1]),
    "moments": lambda p: st.gamma.mean(p[0]) * st.gamma.std(p[1]) + st.lognorm.entropy(p[0]),
    "poisson": lambda p: np.sum(st.poisson.logpmf([1, 4], p[0])) + st.binom(9, p[1] / 3).cdf(3),
    "partly outside": lambda p: np.sum(st.gamma.pdf([-1.0, 0.5, 2.0], p[0], scale=p[1])),
    "likelihood": lambda p: st.gamma.nnlf((p[0], -0.1, p[1]), DATA),
    "truncated": lambda p: np.sum(st.truncnorm(-p[0], 2.0, scale=p[1]).logpdf([0.3, 0.8])),
    "poisson binomial": lambda p: st.poisson_binom.pmf(1, [p[0] / 2, p[1] / 3, 0.3]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_in_both_modes_to_second_order(name: str) -> None:
    close(PROGRAMS[name], [0.7, 1.2])


def test_the_value_is_that_of_scipy() -> None:
    for f in PROGRAMS.values():
        x = np.array([0.7, 1.2])
        assert np.allclose(hoad.value_and_grad(f, x)[0], f(x), 1e-14)


def test_taylor_and_third_order() -> None:
    f = lambda t: st.gamma.logcdf(1.3, t)
    wanted = difference(lambda t: hoad.derivative(f, t, 2), 1.7, 1e-2)
    assert np.allclose(hoad.derivatives(f, 1.7, 3)[3], wanted, 1e-6)


def test_of_several_members() -> None:
    f = lambda m: st.norm.logpdf(0.3, m, 2.0)
    x = np.array([0.1, 0.2, 0.9])
    assert np.allclose(hoad.vmap(hoad.derivative(f))(x), hoad.derivative(f, x))


def test_minus_infinity_has_no_derivative() -> None:
    for f in (
        lambda t: st.gamma.logpdf(-1.0, t),
        lambda t: st.expon.logpdf(t),
        lambda t: st.binom.logsf(5, 5, t),
    ):
        value, slope = hoad.value_and_grad(f, -0.5 if f(-0.5) == -np.inf else 0.5)
        assert value == -np.inf
        assert np.isnan(slope)


@pytest.mark.parametrize("name", ["expon", "uniform", "gamma", "pareto", "truncnorm"])
@pytest.mark.parametrize("method", OF_POINT)
@pytest.mark.filterwarnings("ignore")
def test_values_outside_of_the_support_are_those_of_scipy(name: str, method: str) -> None:
    dist, shapes = getattr(st, name), dict(CONTINUOUS)[name]
    for x in (np.array([-9.0, 0.5, 99.0]), np.array(-9.0), np.array(99.0)):
        f = lambda t, x=x: getattr(dist, method)(x, *shapes, loc=t, scale=1.5)
        value, slope = hoad.value_and_jacobian(f, 0.1)
        assert np.allclose(value, f(0.1), 1e-13)
        assert np.array_equal(np.isnan(slope), np.isinf(value))


REFUSING: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a count": (lambda t: st.poisson.pmf(t, 2.0), r"poisson\.pmf has no derivative by k"),
    "an integer": (lambda t: st.binom.pmf(2, t, 0.3), r"binom has no derivative by n"),
    "a quantile of counts": (lambda t: st.poisson.ppf(0.3, t), r"poisson\.ppf has no derivative by mu"),
    "a shape": (lambda t: st.levy_stable.pdf(0.3, t, 0.5), r"levy_stable\..*by alpha"),
    "a draw": (lambda t: st.norm.rvs(loc=t, size=3)[0], "draw from the standard form"),
    "a fit": (lambda t: st.norm.fit(np.array([1.0, 2.0, 3.0]) * t)[0], "minimise nnlf"),
    "a special value": (lambda t: st.genpareto.logpdf(0.5, t), "c = 0"),
}


@pytest.mark.parametrize("name", REFUSING)
def test_what_is_refused_names_the_argument(name: str) -> None:
    f, text = REFUSING[name]
    with pytest.raises(REFUSALS, match=text):
        hoad.derivative(f, 0.0 if name == "a special value" else 4.0 if name == "an integer" else 1.5)


@pytest.mark.parametrize(
    ("name", "shapes"), [case for case in CONTINUOUS if case[1] and case[0] != "levy_stable"]
)
def test_an_integral_does_not_depend_on_where_it_is_split(
    name: str, shapes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corner of the density that lies within a part is found by its error, which another split changes."""
    entropy = getattr(st, name).entropy
    at = tuple(map(float, shapes))

    def slopes() -> Any:
        return np.array([hoad.grad(lambda *p: entropy(*p), argnums=k)(*at) for k in range(len(at))])

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = slopes()
            own = moments.KINKS.get(name, lambda median, *_: median)
            if name not in moments.KINKS:  # a corner that is stated stays
                monkeypatch.setitem(moments.KINKS, name, lambda *a: own(*a) + 0.3 * np.abs(own(*a)) + 0.05)
            again = slopes()
    except REFUSALS:
        return
    np.testing.assert_allclose(again, found, rtol=1e-5, atol=2e-8)


def test_the_entropy_of_a_cauchy_distribution_does_not_depend_on_its_skew() -> None:
    assert abs(hoad.derivative(st.skewcauchy.entropy, 0.3)) < 1e-14


@pytest.mark.parametrize(
    "condition", [np.array([True, False, True]), np.array([True] * 3), np.array([False] * 3)]
)
def test_choices_by_every_name_and_parameter_that_scipy_has_for_them(condition: Any) -> None:
    x = np.array([1.0, 2.0, 3.0])
    square, cube = lambda x: x**2, lambda x: x**3
    choices = [
        lambda x: selecting.apply_where(condition, x, square, cube),
        lambda x: selecting.lazywhere(condition, (x,), f=square, f2=cube),
        lambda x: selecting.lazywhere(condition, (x,), square, f2=cube),
    ]
    for f in choices:
        np.testing.assert_array_equal(hoad.elementwise_grad(f, x), np.where(condition, 2 * x, 3 * x**2))
    filled = [
        lambda x: selecting.apply_where(condition, x, square, fill_value=7.0),
        lambda x: selecting.lazywhere(condition, (x,), f=square, fillvalue=7.0),
        lambda x: selecting.lazywhere(condition, (x,), square, 7.0),
    ]
    for f in filled:
        np.testing.assert_array_equal(hoad.jacobian(f, x), np.diag(np.where(condition, 2 * x, 0.0)))
