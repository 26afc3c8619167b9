"""The functions of ``scipy.special`` against mpmath, to third order, in every mode."""

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sc
import scipy_special

import hoad
from hoad.errors import NumberError

normal = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2
logistic = lambda x: 1 / (1 + mp.exp(-x))
ONE = {
    "erf": (mp.erf, 0.3, -1.5), "erfc": (mp.erfc, 0.3, 2.5), "erfi": (mp.erfi, 0.3, 1.5),
    "erfcx": (lambda x: mp.exp(x * x) * mp.erfc(x), 0.3, 1.2), "erfinv": (mp.erfinv, 0.3, -0.7),
    "erfcinv": (lambda x: mp.erfinv(1 - x), 0.3, 1.4), "ndtr": (normal, 0.3, -1.5),
    "log_ndtr": (lambda x: mp.log(normal(x)), 0.3, -1.5, -15.0),
    "ndtri": (lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1), 0.3, 0.8),
    "dawsn": (lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), 0.3, 1.5),
    "gamma": (mp.gamma, 0.7, 3.3, -1.5), "gammaln": (mp.loggamma, 0.7, 3.3),
    "loggamma": (mp.loggamma, 0.7, 3.3),
    "rgamma": (mp.rgamma, 0.7, 3.3), "psi": (mp.digamma, 0.7, 3.3), "expit": (logistic, 0.3, -2.0),
    "logit": (lambda x: mp.log(x / (1 - x)), 0.3, 0.8),
    "log_expit": (lambda x: mp.log(logistic(x)), 0.3, -2.0),
    "entr": (lambda x: -x * mp.log(x), 0.3, 2.0), "j0": (lambda x: mp.besselj(0, x), 0.3, 4.0),
    "j1": (lambda x: mp.besselj(1, x), 0.3, 4.0), "y0": (lambda x: mp.bessely(0, x), 0.8, 4.0),
    "y1": (lambda x: mp.bessely(1, x), 0.8, 4.0), "i0": (lambda x: mp.besseli(0, x), 0.3, 2.0),
    "i1": (lambda x: mp.besseli(1, x), 0.3, 2.0), "k0": (lambda x: mp.besselk(0, x), 0.8, 2.0),
    "k1": (lambda x: mp.besselk(1, x), 0.8, 2.0), "exp1": (mp.e1, 0.3, 2.0), "expi": (mp.ei, 0.3, 2.0),
    "spence": (lambda x: mp.polylog(2, 1 - x), 0.3, 0.7), "ellipk": (mp.ellipk, 0.3, 0.7),
    "ellipe": (mp.ellipe, 0.3, 0.7),
}  # fmt: skip
TWO = {
    "zeta": (lambda x, q: mp.zeta(x, q), (2.5, 1.3), (1,)),
    "beta": (mp.beta, (0.7, 2.3), (0, 1)),
    "betaln": (lambda a, b: mp.log(mp.beta(a, b)), (0.7, 2.3), (0, 1)),
    "gammainc": (lambda a, x: mp.gammainc(a, 0, x, regularized=True), (1.5, 0.8), (1,)),
    "gammaincc": (lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True), (1.5, 0.8), (1,)),
    "xlogy": (lambda x, y: x * mp.log(y), (0.7, 2.3), (0, 1)),
    "xlog1py": (lambda x, y: x * mp.log(1 + y), (0.7, 2.3), (0, 1)),
    "rel_entr": (lambda x, y: x * mp.log(x / y), (0.7, 2.3), (0, 1)),
    "kl_div": (lambda x, y: x * mp.log(x / y) - x + y, (0.7, 2.3), (0, 1)),
    "jv": (mp.besselj, (1.5, 2.0), (1,)),
    "yv": (mp.bessely, (1.5, 2.0), (1,)),
    "iv": (mp.besseli, (1.5, 2.0), (1,)),
    "kv": (mp.besselk, (1.5, 2.0), (1,)),
}


def close(got, right):
    assert abs(float(got) - float(right)) <= 2e-12 * max(abs(float(right)), 1.0)


@pytest.mark.parametrize("name", ONE)
def test_functions_of_one_number(name) -> None:
    exact, *points = ONE[name]
    f = getattr(sc, name)
    for x in points:
        with mp.workdps(40):
            right = [mp.diff(exact, mp.mpf(x), n) for n in range(4)]
        for got, wanted in zip(hoad.derivatives(f, x, 3), right, strict=True):
            close(got, wanted)
        close(hoad.grad(f, x), right[1])
        for mode in hoad.operators.hessians.MODES:
            close(hoad.hessian(f, x, mode=mode), right[2])
    row = np.array(points)
    np.testing.assert_allclose(hoad.elementwise_grad(f, row), [hoad.grad(f, x) for x in points], rtol=1e-14)


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_numbers(name) -> None:
    exact, point, active = TWO[name]
    f = getattr(sc, name)
    for i in active:
        of_one = lambda x, i=i: f(*point[:i], x, *point[i + 1 :])
        with mp.workdps(40):
            number = [mp.mpf(v) for v in point]
            right = [mp.diff(exact, number, tuple(n if k == i else 0 for k in range(2))) for n in (1, 2)]
        close(hoad.derivative(of_one, point[i]), right[0])
        close(hoad.grad(of_one, point[i]), right[0])
        for mode in hoad.operators.hessians.MODES:
            close(hoad.hessian(of_one, point[i], mode=mode), right[1])


@pytest.mark.parametrize("name", ONE)
def test_arrays_are_their_elements(name) -> None:
    """Of any shape and precision, whatever formula each element takes."""
    f, row = getattr(sc, name), np.array([*ONE[name][1:], -20.0, -0.2, 0.97, 1.0, 5.0, 30.0, 0.0])
    twice = hoad.elementwise_grad(hoad.elementwise_grad(f))
    with np.errstate(all="ignore"):
        for g in (hoad.elementwise_grad(f), twice, lambda x: hoad.jvp(f, (x,), (np.ones_like(x),))[1]):
            each = [g(x) for x in row]
            np.testing.assert_allclose(g(row), each, rtol=1e-14)
            np.testing.assert_allclose(
                g(row[:4].reshape(2, 2, 1)), np.reshape(each[:4], (2, 2, 1)), rtol=1e-14
            )
            assert g(row.astype(np.float32)).dtype == np.float32
            assert g(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("name", TWO)
def test_two_arrays_are_their_elements(name) -> None:
    """A column and a row give a table."""
    f = getattr(sc, name)
    column, row = np.array([[1.5], [0.7], [12.0]]), np.array([2.0, 0.8, 30.0, 3.1])
    total = lambda x, y: np.sum(f(x, y))
    got = hoad.grad(total, argnums=(0, 1))(column, row)
    each = np.array([[hoad.grad(f, argnums=(0, 1))(x, y) for y in row] for x in column[:, 0]])
    np.testing.assert_allclose(got[0], each[:, :, 0].sum(axis=1, keepdims=True), rtol=1e-13)
    np.testing.assert_allclose(got[1], each[:, :, 1].sum(axis=0), rtol=1e-13)
    mapped = hoad.vmap(hoad.grad(f, argnums=(0, 1)), in_axes=(None, 0))(1.5, row)
    np.testing.assert_allclose(np.stack(mapped, axis=-1), each[0], rtol=1e-13)
    assert hoad.grad(total, argnums=1)(column, np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("name", ["erf", "erfc", "erfi", "erfinv", "ellipk", "ellipe"])
def test_numbers_of_other_kinds(name) -> None:
    """Where mpmath has the function, its derivatives have mpmath's digits, but for factors like sqrt(pi)."""
    with mp.workdps(30):
        x = mp.mpf("0.3")
        for n in (1, 2, 3):
            right = mp.diff(ONE[name][0], x, n)
            assert abs(hoad.derivative(getattr(sc, name), x, n) - right) <= 1e-15 * abs(right)


def test_numbers_without_a_formula() -> None:
    with pytest.raises(NumberError, match="double precision"):
        hoad.derivative(sc.gamma, mp.mpf("0.3"))


def test_every_rule_is_proved() -> None:
    from hoad.chainrules.scipy.special import FUNCTIONS

    names = {f.__name__.lstrip("_").removesuffix("_d") for f in FUNCTIONS}
    others = {name.split()[0] for name in scipy_special.CASES}
    assert {*ONE, *TWO} <= names <= {*ONE, *TWO, *others, "round", "gammasgn"}


def test_it_is_not_imported_before_it_is_asked_for() -> None:
    import subprocess
    import sys

    code = (
        "import sys, scipy.special, hoad; rules = 'hoad.chainrules.scipy.special'; "
        "print(rules in sys.modules); "
        "print(round(hoad.grad(scipy.special.erf, 0.0), 6)); print(rules in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "1.128379", "True"]


def test_a_rule_of_the_user_counts() -> None:
    rule = hoad.chainrules.scalar_rule(sc.erf, lambda x, out: 7.0 + 0 * x)
    assert hoad.grad(sc.erf, 0.0) == 7.0
    hoad.chainrules.remove_rule(rule)
    assert hoad.grad(sc.erf, 0.0) == pytest.approx(2 / np.sqrt(np.pi))


def test_numbers_of_other_kinds_beyond_a_range() -> None:
    """Where SciPy's function of real numbers is nan, mpmath's would be complex."""
    for name in ("erf", "erfc", "erfi", "ellipk", "ellipe"):
        f = getattr(sc, name)
        for x in (-2.5, -1.0, 0.0, 0.5, 1.5, 3.0):
            value = hoad.value_and_grad(f, mp.mpf(x))[0]
            assert isinstance(value, mp.mpf)
            assert bool(mp.isnan(value)) == bool(np.isnan(f(x)))
