"""``scipy.linalg``: every public name, against differences of SciPy's own functions, in every mode."""

from __future__ import annotations

import inspect
import types
from typing import Any

import numpy as np
import proofs
import pytest
import scipy.linalg
import scipy_linalg as table

import hoad
import hoad.scipy.linalg
from hoad.chainrules.doors import DOORS

sl = pytest.importorskip("scipy.linalg")


@pytest.mark.parametrize("name", proofs.sampled(table.CASES))
def test_derivatives(name: str) -> None:
    f, *args = table.CASES[name]
    proofs.prove(f, *args, step=table.STEPS.get(name, 2e-3))


@pytest.mark.parametrize("name", table.SINGLE)
def test_single_precision(name: str) -> None:
    proofs.single(*table.CASES[name])


def test_every_name_is_accounted_for() -> None:
    """A rule with a case here, a refusal with its reason, a question, or no array to be traced."""
    proved = {name.split()[0] for name in table.CASES} | {"solve_lyapunov"}  # it has two names
    for name in sl.__all__:
        f = getattr(sl, name)
        if isinstance(f, types.ModuleType) or name in table.MAKERS:
            assert f not in DOORS
            continue
        reason = name in table.WITHOUT or name in table.QUESTIONS
        assert f in DOORS, name
        assert (name in proved) != reason, name


@pytest.mark.parametrize("name", table.WITHOUT)
def test_what_has_none_says_so(name: str) -> None:
    function = getattr(sl, name)
    with pytest.raises(hoad.errors.MissingRuleError, match=rf"scipy\.linalg\.{name} has no derivative: .*"):
        hoad.grad(lambda a: function(a), table.A)


@pytest.mark.parametrize("name", table.QUESTIONS)
def test_questions_are_answered_by_the_values(name: str) -> None:
    f = getattr(sl, name)
    seen = []
    hoad.grad(lambda a: (seen.append(f(a)), np.sum(a))[1], table.P)
    assert seen == [f(table.P)]


def test_options_that_have_no_derivative() -> None:
    estimates = "disp" in inspect.signature(sl.logm).parameters  # until SciPy 1.18
    for call in (
        lambda a: sl.eig(a, homogeneous_eigvals=True)[0][0, 0],
        lambda a: np.sum(sl.qr(a, mode="raw")[1]),
        lambda a: np.sum(sl.rq(a[:2])[1]),
        *[lambda a: np.sum(sl.logm(a, disp=False)[0])] * estimates,
    ):
        with pytest.raises((hoad.errors.MissingRuleError, NotImplementedError)):
            hoad.grad(call, table.A)


BAD = {
    "nan": (lambda a: sl.inv(a * np.nan), ValueError),
    "singular": (lambda a: sl.solve(0 * a + 1, a), np.linalg.LinAlgError),
    "shape": (lambda a: sl.solve(a, a[:2]), ValueError),
    "not positive": (lambda a: sl.cholesky(-a), np.linalg.LinAlgError),
    "side": (lambda a: sl.polar(a, side="up")[0], ValueError),
    "trans": (lambda a: sl.solve_banded((1, 1), a[:2], a[0]), ValueError),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_as_by_scipy(name: str) -> None:
    call, error = BAD[name]
    with pytest.raises(error):
        call(table.P)
    with pytest.raises(error):
        hoad.grad(lambda a: np.sum(call(a)), table.P)


@pytest.mark.parametrize("n", [1, 2, 5, 16, 17])
def test_derivatives_of_exponentials_of_any_size(n: int) -> None:
    """Of small matrices, whose derivative stands in the exponential of a block, and of larger ones: in a
    direction of any size, which does not decide how the matrix is scaled; and backward what forward says.
    """
    rng = np.random.default_rng(n)
    for field in (1.0, 1j):
        a = rng.normal(size=(n, n)) + (field - 1.0) * rng.normal(size=(n, n))
        d = rng.normal(size=(n, n)) + (field - 1.0) * rng.normal(size=(n, n))
        right = scipy.linalg.expm_frechet(a, d, compute_expm=False)
        for size in (1.0, 1e-200, 1e200, 1e12, 0.0):
            found = hoad.jvp(scipy.linalg.expm, (a,), (size * d,))[1]
            scale = size * np.max(np.abs(right))
            np.testing.assert_allclose(found, size * right, rtol=1e-11, atol=1e-12 * scale)
        g = rng.normal(size=(n, n)) + (field - 1.0) * rng.normal(size=(n, n))
        back = hoad.vjp(scipy.linalg.expm, a)[1](g)[0]
        np.testing.assert_allclose(
            np.sum(np.real(np.conj(back) * d)), np.sum(np.real(np.conj(g) * right)), rtol=1e-9
        )


@pytest.mark.parametrize("mode", ["auto", "forward-reverse", "reverse-reverse"])
@pytest.mark.parametrize("point", [(1e-3, 1.0, 2e-3), (1e-4, 1.0, 0.5), (0.3, 0.5, 2.0)])
def test_the_sign_keeps_its_digits_near_an_imaginary_eigenvalue(point: Any, mode: str) -> None:
    """The sign of ``[[a, b], [0, -c]]`` is ``[[1, 2b/(a+c)], [0, -1]]``."""
    right = hoad.hessian(lambda p: 2 * p[1] / (p[0] + p[2]))(np.array(point))
    found = hoad.hessian(lambda p: sl.signm(np.array([[p[0], p[1]], [0.0 * p[0], -p[2]]]))[0, 1], mode=mode)(
        np.array(point)
    )
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-12 * np.max(np.abs(right)))


TURNED = np.array([[1.0, 3.0, 0.0], [-2.0, 1.5, 0.3], [0.2, 0.0, 2.0]])  # two eigenvalues are complex
SMALLER = np.array([[1.0, 2.2], [-3.3, 2.0]])


@pytest.mark.parametrize("complex_ones", [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1)])
def test_sylvester_of_real_and_complex_matrices(complex_ones: tuple[int, ...]) -> None:
    """SciPy's answer is no solution there; within a derivative it is one, and so is its derivative."""
    given = [TURNED, SMALLER, table.numbers(3, 2)]
    given = [m * (1 + 0.3j) if k in complex_ones else m for k, m in enumerate(given)]
    weights = table.numbers(3, 2, seed=5)
    whole = lambda *args: np.sum(np.real(sl.solve_sylvester(*[m + 0j for m in args])) * weights)
    mixed = lambda *args: np.sum(np.real(sl.solve_sylvester(*args)) * weights)
    for k in range(3):
        at = lambda f, k=k: lambda m: f(*given[:k], m, *given[k + 1 :])
        right = hoad.grad(at(whole))(given[k])
        found = hoad.value_and_grad(at(mixed))(given[k])
        np.testing.assert_allclose(found[0], whole(*given), rtol=1e-12)
        np.testing.assert_allclose(found[1], right, rtol=1e-10, atol=1e-12)
        d = table.numbers(*given[k].shape, seed=7)
        along = hoad.jvp(at(mixed), (given[k],), (d,))[1]
        np.testing.assert_allclose(along, np.sum(np.real(np.conj(right) * d)), rtol=1e-10)
