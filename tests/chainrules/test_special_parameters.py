"""The functions of ``scipy.special`` by the arguments without a closed form, by several, and off the axis."""

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sc

import hoad
from hoad.chainrules.refusals import INSTEAD
from hoad.errors import MissingRuleError

lower = lambda a, x: mp.gammainc(a, 0, x, regularized=True)
upper = lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True)
BESSEL = [
    (v, x) for v in (-5.5, -0.3, 0.0, 0.5, 1.3, 5.0, 20.0, 60.0) for x in (0.01, 0.5, 2.0, 6.0, 40.0, 150.0)
]
GAMMA = [(a, x) for a in (1e-3, 0.3, 1.0, 2.5, 12.0, 80.0) for x in (1e-3, 0.5, 2.9, 3.1, 11.0, 30.0, 90.0)]
ZETA = [(s, q) for s in (1.001, 1.5, 3.0, 12.0, 60.0) for q in (1e-3, 0.5, 1.0, 1.5, 12.0, 300.0)]
BY_PARAMETER = {
    "jv": (mp.besselj, BESSEL, 1e-9), "yv": (mp.bessely, BESSEL, 1e-9), "iv": (mp.besseli, BESSEL, 1e-9),
    "kv": (mp.besselk, BESSEL, 1e-9), "gammainc": (lower, GAMMA, 1e-10), "gammaincc": (upper, GAMMA, 1e-10),
    "zeta": (mp.zeta, ZETA, 1e-11),
}  # fmt: skip


SLOW = ("yv", "kv")  # mpmath's at integer orders; its values next to those have the same derivatives


def exact(f, x, y, nudge):
    """The derivatives by x of orders 1 to 3, and by x and y, by differences."""
    with mp.workdps(150):
        h = mp.mpf(10) ** -15
        rows = [[f(x + nudge + i * h, mp.mpf(y) + j * h) for i in range(-2, 3)] for j in (-1, 1)]
        a, b, c, d, e = (f(x + nudge + i * h, mp.mpf(y)) for i in range(-2, 3))
        mixed = (rows[1][3] - rows[1][1] - rows[0][3] + rows[0][1]) / (4 * h * h)
        return [(d - b) / (2 * h), (d - 2 * c + b) / h**2, (e - 2 * d + 2 * b - a) / (2 * h**3), mixed]


def found(f, x, y):
    """The same by hoad."""
    by_x = lambda x: f(x, y)
    mixed = hoad.hessian(lambda p: f(p[0], p[1]), np.array([x, y]))[0, 1]
    return [*hoad.derivatives(by_x, x, 3)[1:], mixed]


def wrong(name, points):
    f, (g, _, bound), bad = getattr(sc, name), BY_PARAMETER[name], []
    for x, y in points:
        size = abs(f(x, y))
        right = exact(g, x, y, mp.mpf(10) ** -60 if name in SLOW else 0)
        for what, got, want in zip((1, 2, 3, "mixed"), found(f, x, y), right, strict=True):
            if (
                1e-200 < abs(want) < 1e280
                and abs(want) > 1e-30 * size
                and not abs(got - want) <= bound * max(abs(want), abs(right[0]) * 1e-2)
            ):
                bad.append((what, x, y, float(got), float(want), float(abs(got / want - 1))))
    return bad


@pytest.mark.sweep
@pytest.mark.parametrize("name", BY_PARAMETER)
def test_by_parameter(name) -> None:
    assert not wrong(name, BY_PARAMETER[name][1])


@pytest.mark.parametrize("name", BY_PARAMETER)
def test_by_parameter_sampled(name) -> None:
    points = BY_PARAMETER[name][1]
    chosen = np.random.default_rng(len(name)).permutation(len(points))[:5]
    assert not wrong(name, [points[i] for i in chosen])


UNKNOWN = {
    "jv": [(0.5, -1.0), (3000.0, 2900.0), (2.0, 1e5)], "yv": [(0.5, -1.0), (2.0, 1e5)], "iv": [(2.0, -1.0)],
    "kv": [(2.0, -1.0)], "gammainc": [(2e4, 2e4), (-0.5, 1.0)], "gammaincc": [(2e4, 2e4)],
    "zeta": [(0.5, 2.0)],
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_nan_at_every_order(name) -> None:
    f = getattr(sc, name)
    for x, y in UNKNOWN[name]:
        by_x = lambda x, y=y: f(x, y)
        with np.errstate(all="ignore"):
            assert np.isnan(hoad.derivatives(by_x, x, 3)[1:]).all()
            for mode in hoad.operators.hessians.MODES:
                found = hoad.hessian(lambda p: f(p[0], p[1]), np.array([x, y]), mode=mode)
                assert np.isnan(found[0, 0]), (mode, x, y)
                assert found[0, 1] != 0 and found[1, 0] != 0  # by both, it may be known


PLANE = [0.5 + 0.25j, -1.5 + 2j, 2.0 - 0.75j, -0.125 - 3j, 6.0 + 1j, 0.3 + 8j]
ANALYTIC = {
    "erf": mp.erf, "erfc": mp.erfc, "erfi": mp.erfi, "gamma": mp.gamma, "loggamma": mp.loggamma,
    "rgamma": mp.rgamma, "psi": mp.digamma, "exp1": mp.e1, "spence": lambda x: mp.polylog(2, 1 - x),
    "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x), "log_ndtr": lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2),
    "dawsn": lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x),
    "zeta": mp.zeta,
}  # fmt: skip


@pytest.mark.parametrize("name", ANALYTIC)
def test_complex_numbers(name) -> None:
    """To third order, off the real axis; the recurrences of some lose three digits there."""
    f = getattr(sc, name)
    for z in PLANE:
        with mp.workdps(60):
            right = [complex(mp.diff(ANALYTIC[name], mp.mpmathify(z), n)) for n in (1, 2, 3)]
        for n, want in enumerate(right, 1):
            g = f
            for _ in range(n):
                g = hoad.grad(g, holomorphic=True)
            assert abs(g(z) - want) <= 1e-11 * max(abs(want), abs(right[0])), (z, n, g(z), want)


AT_POINTS = [
    (lambda x: sc.xlogy(x, 0.0), 0.0, (-np.inf, 0.0)),
    (lambda y: sc.xlogy(0.0, y), 0.0, (0.0, 0.0)),
    (lambda y: sc.xlog1py(0.0, y), -1.0, (0.0, 0.0)),
    (lambda y: sc.rel_entr(0.0, y), 0.0, (0.0, 0.0)),
    (lambda y: sc.kl_div(0.0, y), 0.0, (1.0, 0.0)),
    (lambda y: sc.kl_div(0.0, y), 2.0, (1.0, 0.0)),
    (sc.rgamma, 0.0, (1.0, 2 * np.euler_gamma)),
    (sc.rgamma, -1.0, (-1.0, 2 - 2 * np.euler_gamma)),
    (sc.spence, 1.0, (-1.0, 0.5)),
    (sc.ellipk, 0.0, (np.pi / 8, 9 * np.pi / 64)),
    (sc.ellipe, 0.0, (-np.pi / 8, -3 * np.pi / 64)),
    (sc.ellipk, 1.0, (np.inf, np.inf)),
    (lambda x: sc.gammainc(1.0, x), 0.0, (1.0, -1.0)),
    (lambda x: sc.gammainc(2.0, x), 0.0, (0.0, 1.0)),
    (lambda x: sc.gammainc(3.0, x), 0.0, (0.0, 0.0)),
    (sc.erf, np.inf, (0.0, 0.0)),
    (sc.ndtr, -np.inf, (0.0, 0.0)),
    (sc.erfinv, 1.0, (np.inf, np.inf)),
    (sc.ndtri, 0.0, (np.inf, -np.inf)),
    (sc.log_ndtr, 1e200, (0.0, 0.0)),
    (sc.dawsn, 1e200, (0.0, 0.0)),
    (sc.expit, 1e3, (0.0, 0.0)),
]


@pytest.mark.parametrize("k", range(len(AT_POINTS)))
def test_special_points(k) -> None:
    f, x, right = AT_POINTS[k]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(hoad.derivatives(f, x, 2)[1:], right, rtol=1e-14)
        for mode in hoad.operators.hessians.MODES:
            np.testing.assert_allclose(hoad.hessian(f, x, mode=mode), right[1], rtol=1e-14)


PAIRS = {
    "beta": mp.beta, "betaln": lambda a, b: mp.log(mp.beta(a, b)), "xlogy": lambda x, y: x * mp.log(y),
    "rel_entr": lambda x, y: x * mp.log(x / y), "kl_div": lambda x, y: x * mp.log(x / y) - x + y,
    "gammainc": lower, "jv": mp.besselj, "zeta": lambda s, q: mp.zeta(s + 1, q),
}  # fmt: skip


@pytest.mark.parametrize("name", ["beta", "betaln", "xlogy", "xlog1py", "rel_entr", "kl_div"])
def test_mixed_derivatives(name) -> None:
    """By both arguments, over many sizes."""
    g = PAIRS.get(name, lambda x, y: x * mp.log1p(y))
    for x in (1e-8, 0.013, 0.9, 2.3, 51.0, 1e5):
        for y in (1e-8, 0.013, 1.1, 2.3, 49.0, 1e5):
            right = mp.mpf(0)
            with mp.workdps(90):
                h, k = x * mp.mpf(10) ** -20, y * mp.mpf(10) ** -20
                right = (g(x + h, y + k) - g(x - h, y + k) - g(x + h, y - k) + g(x - h, y - k)) / (4 * h * k)
            got = hoad.hessian(lambda p: getattr(sc, name)(p[0], p[1]), np.array([x, y]))
            value = getattr(sc, name)(x, y)
            own = abs(value / g(mp.mpf(x), mp.mpf(y)) - 1) if value else 0
            assert got[0, 1] == pytest.approx(float(right), rel=float(1e-13 + 4 * own)), (x, y)
            assert got[0, 1] == got[1, 0] or got[0, 1] == pytest.approx(got[1, 0], rel=1e-13)


@pytest.mark.as_written
@pytest.mark.parametrize(
    "name", ["logsumexp", "softmax", "log_softmax", "polygamma", "multigammaln", "diric"]
)
def test_functions_in_python_are_refused(name) -> None:
    """SciPy makes plain arrays of their arguments: an error says so, and what to type instead."""
    f, x = getattr(sc, name), np.array([3.0, 4.0])
    # A function that is itself handed to an operator goes through its door; one that is called does not here.
    call = {"polygamma": lambda x: f(1, x), "multigammaln": lambda x: f(x, 2), "diric": lambda x: f(x, 3)}
    for operator in (hoad.jacobian, lambda g, x: hoad.jacobian(g, x, mode="forward"), hoad.hessian):
        with pytest.raises(MissingRuleError, match=f"scipy.special.{name} has no derivative rule") as told:
            operator(call.get(name, lambda x: f(x)), x)
        if name in INSTEAD:
            assert INSTEAD[name] in str(told.value)


def test_what_is_told_instead_is_the_same() -> None:
    x = np.array([0.3, 2.0, -1.0])
    np.testing.assert_allclose(np.logaddexp.reduce(x), sc.logsumexp(x))
    np.testing.assert_allclose(hoad.grad(np.logaddexp.reduce, x), sc.softmax(x))
    np.testing.assert_allclose(np.exp(x - np.logaddexp.reduce(x)), sc.softmax(x))
    np.testing.assert_allclose(x - np.logaddexp.reduce(x), sc.log_softmax(x))
    trigamma = lambda x: (-1) ** 2 * 1 * sc.zeta(2, x)
    np.testing.assert_allclose(hoad.derivative(trigamma, 3.0), sc.polygamma(2, 3.0))
