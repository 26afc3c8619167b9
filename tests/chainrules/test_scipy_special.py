"""``scipy.special``: what is not proved with mpmath elsewhere, against differences, in every mode."""

from __future__ import annotations

import importlib  # later: tables of tests are made of the rules that are there at the start
import re
import types

import mpmath as mp
import numpy as np
import proofs
import pytest
import scipy_special as table
from test_special import ONE, TWO

import hoad
from hoad.chainrules.statements import Constant

sc = pytest.importorskip("scipy.special")


@pytest.mark.parametrize("name", proofs.sampled(table.CASES, 9))
def test_derivatives(name: str) -> None:
    step, coarse = table.STEPS.get(name, 5e-3), table.COARSE.get(name, 1.0e-8)
    proofs.prove(*table.CASES[name], step=step, differences=coarse)


def test_every_name_is_accounted_for() -> None:
    """A rule or a program with a case, here or in the tables with mpmath; a reason; or nothing to trace."""
    importlib.import_module("hoad.scipy.special")
    proved = {name.split()[0] for name in table.CASES} | {*ONE, *TWO}
    names = {id(getattr(sc, name)): name for name in proved if hasattr(sc, name)}
    rest = []
    for name in sc.__all__:
        f = getattr(sc, name)
        zeros = name.endswith(("_zeros", "roots")) or name.startswith("roots_")
        if isinstance(f, types.ModuleType) or zeros or name in table.MAKERS:
            continue
        if isinstance(hoad.chainrules.RULES.get(f), Constant):
            continue
        if (id(f) in names) == (name in table.WITHOUT):  # some have two names
            rest.append(name)
    assert rest == []


def arguments(f) -> list[int]:
    return [*range(f.nin)] if isinstance(f, np.ufunc) else [1]


@pytest.mark.parametrize("name", [n for n in table.WITHOUT if hasattr(sc, n)])
def test_what_has_none_says_so(name: str) -> None:
    """By each of its arguments, and never a number."""
    f = getattr(sc, name)
    for k in arguments(f):
        count = f.nin if isinstance(f, np.ufunc) else 6
        call = lambda x, k=k, n=count: f(*[x if j == k else 1.0 for j in range(n)])
        with pytest.raises((hoad.errors.HoadError, TypeError)):
            hoad.derivative(call, 0.5)


@pytest.mark.skipif(not hasattr(sc, "elliprc"), reason="not in this SciPy")
@pytest.mark.parametrize("point", [(0.5 + 1j, 0.8 - 0.3j), (2 + 0.1j, 0.3 + 2j), (0.2 + 3j, 1.1 + 0j)])
def test_second_derivatives_of_a_complex_integral(point: tuple[complex, complex]) -> None:
    for k in range(2):
        f = lambda z, k=k: sc.elliprc(*point[:k], z, *point[k + 1 :])
        orders = (2, 0) if k == 0 else (0, 2)
        right = complex(mp.diff(mp.elliprc, tuple(map(mp.mpc, point)), orders))
        np.testing.assert_allclose(hoad.derivative(f, point[k], 2, holomorphic=True), right, rtol=1e-13)


def test_zeta_of_a_complex_number_beside_a_place_has_no_value_and_no_derivative() -> None:
    z, q = 2.4 + 0.8j, np.array([0.8])
    assert np.isnan(sc.zeta(z, q)).all()
    assert np.isnan(hoad.grad(lambda q: np.sum(np.real(sc.zeta(z, q))), q)).all()


PARAMETERS = {
    "hyp2f1": (0.5, 0.4, 1.5, 0.3), "hyp1f1": (0.5, 1.5, 0.3), "bdtr": (2.0, 5.0, 0.3),
        "eval_legendre": (2.0, 0.3),
    "ive": (0.5, 1.0), "struve": (0.5, 1.0), "chndtr": (1.0, 2.0, 0.5), "expn": (2.0, 1.0), "hankel1": (0.5,
        1.0),
    "wright_bessel": (0.5, 0.6, 1.0), "tklmbda": (0.2, 0.4),
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_argument_without_a_derivative_is_named(name: str) -> None:
    f, point = getattr(sc, name), PARAMETERS[name]
    refused = 0
    for k in range(len(point)):
        call = lambda x, k=k: np.real(f(*point[:k], x, *point[k + 1 :]))
        try:
            assert np.isfinite(hoad.derivative(call, point[k]))
        except hoad.errors.MissingRuleError as error:
            refused += 1
            assert re.search(rf"scipy.special.{name} has no derivative by its argument \w+", str(error))
    assert 0 < refused < len(point) or name == "bdtr"


EXACT = {
    "betainc": (lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True), (2.3, 0.7, 0.4), (35.0, 60.0, 0.3)),
    "stdtr": (
        lambda v, t: 1 - mp.betainc(v / 2, mp.mpf(1) / 2, 0, v / (v + t * t), regularized=True) / 2,
        (3.5, 0.7), (80.0, 2.1),
    ),
    "fdtr": (
        lambda m, n, x: mp.betainc(m / 2, n / 2, 0, m * x / (m * x + n), regularized=True),
        (3.5, 7.0, 0.7), (12.0, 2.5, 1.9),
    ),
    "ellipkinc": (mp.ellipf, (0.7, 0.3), (1.4, 0.9)),
    "ellipeinc": (mp.ellipe, (0.7, 0.3), (1.4, 0.9)),
    "elliprd": (mp.elliprd, (0.3, 0.8, 1.7), (40.0, 1e-3, 2.0)),
    "elliprj": (mp.elliprj, (0.3, 0.8, 1.7, 0.9)),
    "boxcox": (lambda x, p: (x**p - 1) / p, (0.7, 1e-5), (3.0, -0.6)),
    "pseudo_huber": (lambda d, r: d * d * (mp.sqrt(1 + (r / d) ** 2) - 1), (0.7, 1e-3), (2.0, 9.0)),
    "owens_t": (
        lambda h, a: mp.quad(lambda t: mp.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a]) / (2 * mp.pi),
        (0.7, 0.4),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_several_arguments_exactly(name: str) -> None:
    """The first two derivatives in every argument and pair of arguments, against mpmath's at 40 digits."""
    exact, *points = EXACT[name]
    f = getattr(sc, name)
    for point in points:
        whole = lambda x: f(*[x[k] for k in range(x.shape[0])])
        got = hoad.grad(whole, np.array(point)), hoad.hessian(whole, np.array(point))
        with mp.workdps(40):
            number = [mp.mpf(v) for v in point]
            for i in range(len(point)):
                counts = tuple(int(k == i) for k in range(len(point)))
                right = float(mp.diff(exact, number, counts))
                assert got[0][i] == pytest.approx(right, rel=2e-12), (i, point)
                for j in range(len(point)):
                    counts = tuple(int(k == i) + int(k == j) for k in range(len(point)))
                    right = float(mp.diff(exact, number, counts))
                    assert got[1][i, j] == pytest.approx(right, rel=2e-11, abs=1e-300), (i, j, point)


def test_the_faddeeva_function_far_out() -> None:
    """Where the recurrence cancels: to third order, in the upper half plane and next to the real axis."""
    faddeeva = importlib.import_module("hoad.chainrules.scipy.integrals").faddeeva
    exact = lambda z: mp.exp(-z * z) * mp.erfc(-1j * z)
    for z in (3 + 0.1j, 29.0 + 1j, 31.0 + 0.2j, -500 + 20j, 1e5 + 1e-3j, 6 - 0.3j):
        for n in (1, 2, 3):
            with mp.workdps(60):
                right = complex(mp.diff(exact, mp.mpmathify(z), n))
            got = complex(faddeeva(z, n))
            assert abs(got - right) <= 1e-9 * abs(right), (z, n)
