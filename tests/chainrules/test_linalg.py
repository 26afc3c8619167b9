"""Linear algebra where conventions and numbers decide: which entries are read, ties, very large and small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import hoad
from hoad.operators.hessians import MODES

rng = np.random.default_rng(20)
ANY = rng.normal(size=(3, 3)) * 0.3 + np.diag([2.0, 3.5, 5.0])
ANY_COMPLEX = ANY + 0.3j * rng.normal(size=(3, 3))


def spectral(w: Any, v: Any) -> Any:
    return (v * np.expand_dims(w**2, -2)) @ np.conj(np.swapaxes(v, -1, -2))


# Functions that read one triangle, and which.
READERS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "cholesky": (np.linalg.cholesky, "L"),
    "cholesky upper": (lambda a: np.linalg.cholesky(a, upper=True), "U"),
    "eigvalsh": (np.linalg.eigvalsh, "L"),
    "eigvalsh upper": (lambda a: np.linalg.eigvalsh(a, UPLO="U"), "U"),
    "eigh": (lambda a: spectral(*np.linalg.eigh(a)), "L"),
    "eigh upper": (lambda a: spectral(*np.linalg.eigh(a, "u")), "U"),
    "pinv": (lambda a: np.linalg.pinv(a, hermitian=True), "L"),
    "svd": (lambda a: np.linalg.svd(a, hermitian=True)[1], "L"),
    "svd vectors": (lambda a: spectral(*np.linalg.svd(a, hermitian=True)[1::-1]), "L"),
    "svd values": (lambda a: np.linalg.svd(a, compute_uv=False, hermitian=True), "L"),
}


def read(a: np.ndarray, uplo: str) -> np.ndarray:
    """The Hermitian matrix that NumPy sees."""
    half = np.tril(a, -1) if uplo == "L" else np.triu(a, 1)
    return half + np.conj(half.T) + np.diag(np.diag(a).real)


@pytest.mark.parametrize("a", [ANY, ANY_COMPLEX], ids=["real", "complex"])
@pytest.mark.parametrize("name", READERS)
def test_one_triangle(name: str, a: np.ndarray) -> None:
    """Value and derivatives are those of the function that NumPy computes: the other triangle, and the
    imaginary part of the diagonal, have no part in them.
    """
    f, uplo = READERS[name]
    np.testing.assert_allclose(f(a), hoad.jvp(f, (a,), (a,))[0], rtol=1e-14, atol=1e-14)
    d, e = (
        rng.normal(size=(3, 3)) + (1j * rng.normal(size=(3, 3)) if np.iscomplexobj(a) else 0) for _ in "de"
    )
    quotient = (8 * (f(a + 1e-3 * d) - f(a - 1e-3 * d)) - f(a + 2e-3 * d) + f(a - 2e-3 * d)) / 12e-3
    change = hoad.jvp(f, (a,), (d,))[1]
    np.testing.assert_allclose(change, quotient, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(hoad.jvp(f, (a,), (read(d, uplo),))[1], change, rtol=1e-12, atol=1e-13)
    u = rng.normal(size=np.shape(f(a)))
    g = hoad.vjp(f, a)[1](u)[0]
    np.testing.assert_allclose(np.sum(np.real(np.conj(g) * d)), np.sum(np.real(u * change)), rtol=1e-11)
    np.testing.assert_array_equal(np.triu(g, 1) if uplo == "L" else np.tril(g, -1), 0)
    np.testing.assert_array_equal(np.imag(np.diag(g)), 0)
    loss = lambda t: np.sum(u * np.real(f(a + t[0] * d + t[1] * e)))
    t = np.zeros(2)
    whole = lambda t: np.sum(u * np.real(f(read(a + t[0] * d + t[1] * e, uplo))))
    right = (hoad.grad(whole, np.array([0.0, 1e-4])) - hoad.grad(whole, np.array([0.0, -1e-4]))) / 2e-4
    for mode in MODES:
        np.testing.assert_allclose(hoad.hessian(loss, t, mode=mode)[1], right, rtol=1e-5, atol=1e-6)
    along = lambda t: np.sum(u * np.real(f(a + t * d)))
    np.testing.assert_allclose(hoad.derivative(along, 0.0, 2), hoad.hessian(loss, t)[0, 0], rtol=1e-9)


# ------------------------------------------------------------------------------------------------------------
# Determinants: singular, nearly singular, and near the ends of the range of floats
# ------------------------------------------------------------------------------------------------------------


def determinants() -> dict[str, np.ndarray]:
    """Matrices whose determinant is hard to differentiate by its own value."""
    rng = np.random.default_rng(0)
    whole = rng.normal(size=(9, 9))
    once, twice = whole.copy(), whole.copy()
    once[0] = 2 * once[1]
    twice[0], twice[2] = 2 * twice[1], twice[1] - twice[3]
    ones = np.diag([1.0] * 8 + [0.0])
    return {
        "small": whole[:4, :4],
        "small, rank 2": twice[:4, :4],
        "one by one": np.array([[1e-9]]),
        "rank 8": once,
        "rank 7": twice,
        "equal singular values": ones,
        "rank 7, equal singular values": ones - np.diag([1.0] + [0.0] * 8),
        "nearly singular": ones + 1e-9 * np.eye(9),
        "one small singular value": ones + 1e-6 * np.eye(9),
        "one small singular value of few": np.diag([1.0, 1.0, 1.0, 1e-6]) @ whole[:4, :4],
        "nearly 1e300": whole * 1e33,
        "nearly 1e-300": whole * 1e-33,
        "rank 8, large": once * 1e32,
        "rank 8, small": once * 1e-33,
        "condition 1e7": np.diag(10.0 ** -np.linspace(0, 7, 9)) @ whole,
    }


def exact_derivatives(a: np.ndarray, d: np.ndarray, order: int) -> list[float]:
    """The derivatives of det(a + t d) at t = 0, from the polynomial that it is."""
    n = len(a)
    with mpmath.workdps(60):
        a, d = mpmath.matrix(a.tolist()), mpmath.matrix(d.tolist())
        nodes = [mpmath.mpf(k) / n for k in range(n + 1)]
        powers = mpmath.matrix([[t**j for j in range(n + 1)] for t in nodes])
        c = mpmath.lu_solve(powers, mpmath.matrix([mpmath.det(a + t * d) for t in nodes]))
        return [float(c[k] * mpmath.factorial(k)) for k in range(min(order, n) + 1)]


@pytest.mark.parametrize("name", determinants())
def test_determinants(name: str) -> None:
    """Orders 1 to 3, in each mode: exact to rounding, whatever the determinant itself is."""
    a, det = determinants()[name], np.linalg.det
    d = np.random.default_rng(1).normal(size=a.shape) * np.max(np.abs(a))
    right = exact_derivatives(a, d, 3)
    size = max(abs(r) for r in right[1:])
    right += [0.0] * (4 - len(right))
    found = hoad.derivatives(lambda t: det(a + t * d), 0.0, 3)[1:]
    np.testing.assert_allclose(np.array(found) / size, np.array(right[1:]) / size, atol=1e-12)
    np.testing.assert_allclose(np.sum(hoad.grad(det)(a) * d) / size, right[1] / size, atol=1e-12)
    for mode in MODES if name != "rank 8, large" else MODES[:3]:  # a sum on the way is 1e9 times larger there
        second = np.sum(hoad.hvp(det, a, d, mode=mode) * d)
        np.testing.assert_allclose(second / size, right[2] / size, atol=1e-12, err_msg=mode)


# ------------------------------------------------------------------------------------------------------------
# Equal singular values, equal eigenvalues, and eigenvalues without an eigenvector of their own
# ------------------------------------------------------------------------------------------------------------

Q = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
TIES = {
    # the norm, the point, and the derivative: the mean over the largest or smallest, without those that are 0
    "2 at the identity": (2, np.eye(2), np.eye(2) / 2),
    "-2 at the identity": (-2, np.eye(2), np.eye(2) / 2),
    "nuc at the identity": ("nuc", np.eye(2), np.eye(2)),
    "2 of a turn": (2, 3 * Q, Q / 3),
    "2, two of three": (2, Q @ np.diag([2.0, 2.0, 1.0]), Q @ np.diag([0.5, 0.5, 0.0])),
    "-2, two of three": (-2, Q @ np.diag([2.0, 1.0, 1.0]), Q @ np.diag([0.0, 0.5, 0.5])),
    "nuc of rank 2": ("nuc", Q @ np.diag([2.0, 1.0, 0.0]), Q @ np.diag([1.0, 1.0, 0.0])),
    "nuc at 0": ("nuc", np.zeros((2, 3)), np.zeros((2, 3))),
    "2 at 0": (2, np.zeros((3, 2)), np.zeros((3, 2))),
    "-2 of rank 2": (-2, Q @ np.diag([2.0, 1.0, 0.0]), np.zeros((3, 3))),
    "2, tall, rank 1": (2, np.ones((3, 2)), np.ones((3, 2)) / 6**0.5),
    "nuc, wide, rank 1": ("nuc", np.ones((2, 3)), np.ones((2, 3)) / 6**0.5),
    "nuc, tall, a column of zeros": ("nuc", np.eye(3, 2) * [1.0, 0.0], np.eye(3, 2) * [1.0, 0.0]),
}


@pytest.mark.parametrize("name", TIES)
def test_norms_at_ties(name: str) -> None:
    """Equal singular values share the derivative, 0 has none: the subgradient of least norm."""
    order, a, right = TIES[name]
    for mode in ("forward", "reverse"):
        found = hoad.jacobian(lambda a: np.linalg.norm(a, order), a, mode=mode)
        np.testing.assert_allclose(found, right, atol=1e-12, err_msg=mode)
    stack = np.stack([a, a + np.diag(np.arange(1.0, 4.0))[: a.shape[0], : a.shape[1]]])
    g = hoad.grad(lambda s: np.sum(np.linalg.norm(s, order, axis=(-2, -1))), stack)
    np.testing.assert_allclose(g[0], right, atol=1e-12)
    mapped = hoad.vmap(hoad.grad(lambda a: np.linalg.norm(a, order)))(stack)
    np.testing.assert_allclose(mapped, g, atol=1e-12)


def test_condition_number_at_a_tie() -> None:
    """The largest over the smallest, each shared by those that are equal: 0 at a multiple of a turn."""
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(np.linalg.cond, 2 * Q, mode=mode), 0, atol=1e-12)
        found = hoad.jacobian(np.linalg.cond, np.diag([2.0, 2.0, 1.0]), mode=mode)
        np.testing.assert_allclose(found, np.diag([0.5, 0.5, -2.0]), atol=1e-12)


def test_a_jordan_block_is_not_known() -> None:
    """Eigenvalues of a Jordan block move as a root: nan in both modes, since from a cotangent of each no mode
    can tell the trace of ``a`` from half of the trace of ``a @ a``, which have equal ones at this point.
    """
    a, d = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[0.3, 0.2], [0.7, 0.4]])
    for f in (lambda w: np.sum(w), lambda w: np.sum(w * w) / 2):
        g = lambda a, f=f: np.real(f(np.linalg.eigvals(a)))
        assert np.isnan(hoad.jvp(g, (a,), (d,))[1])
        assert np.isnan(hoad.grad(g, a)).any()
    apart = np.diag([0.0, 0.0, 5.0]) + np.eye(3, k=1) * [1.0, 0.0, 0.0]
    largest = lambda a: np.real(np.max(np.real(np.linalg.eigvals(a))))
    np.testing.assert_allclose(hoad.grad(largest, apart + 0 * Q), np.diag([0.0, 0.0, 1.0]), atol=1e-12)


@pytest.mark.parametrize("a", [np.eye(3), np.diag([2.0, 2.0, 5.0]), Q @ np.diag([2.0, 2.0, 5.0]) @ Q.T])
def test_equal_eigenvalues_with_vectors_of_their_own(a: np.ndarray) -> None:
    """A smooth function of the eigenvalues of any matrix, to first order in both modes."""
    f = lambda a: np.real(np.sum(np.linalg.eigvals(a) ** 3))
    right = 3 * (a @ a).T
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(f, a, mode=mode), right, atol=1e-10, err_msg=mode)


def of_eigh(a: Any) -> Any:
    w, v = np.linalg.eigh(a)
    return (v * np.sqrt(w + 1)) @ np.conj(np.swapaxes(v, -1, -2))


def of_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a)
    return (u * np.sqrt(s + 1)) @ vh


def of_eig(a: Any) -> Any:
    w, v = np.linalg.eig(a)
    return np.real((v * np.sqrt(w + 9)) @ np.linalg.inv(v))


@pytest.mark.parametrize("turned", [True, False], ids=["equal to rounding", "equal"])
@pytest.mark.parametrize("values", [(2.0, 2.0, 1.0), (2.0, 2.0, 2.0), (3.0, 2.0, 2.0), (3.0, 2.0, 1.0)])
@pytest.mark.parametrize("f", [of_eigh, of_svd, of_eig])
def test_functions_of_vectors_of_equal_values(f: Any, values: tuple[float, ...], turned: bool) -> None:
    """Right for Hermitian matrices and singular values; where not, nan, and never a number that is made of
    the rounding of a difference.
    """
    a = Q @ np.diag(values) @ Q.T if turned else np.diag(values)
    d = np.random.default_rng(6).normal(size=(3, 3))
    quotient = (8 * (f(a + 1e-3 * d) - f(a - 1e-3 * d)) - f(a + 2e-3 * d) + f(a - 2e-3 * d)) / 12e-3
    change = hoad.jvp(f, (a,), (d,))[1]
    is_unknown = f is of_eig and len(set(values)) < 3
    if is_unknown:
        assert np.all(np.isnan(change) | np.isclose(change, quotient, atol=1e-8))
    else:
        np.testing.assert_allclose(change, quotient, atol=1e-8)
    u = np.random.default_rng(7).normal(size=(3, 3))
    pulled = np.sum(hoad.vjp(f, a)[1](u)[0] * d)
    assert np.isnan(pulled) if is_unknown else np.isclose(pulled, np.sum(u * change), atol=1e-10)


@pytest.mark.parametrize(
    "values", [(2.0, 2.0, 1.0), (2.0, 2.0, 0.0), (2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (3.0, 2.0, 1.0)]
)
@pytest.mark.parametrize("rows", [2, 3, 4])
def test_second_derivatives_of_all_singular_values(values: tuple[float, ...], rows: int) -> None:
    """The sum of their squares: right if the outer mode is forward, else right or nan."""
    a = (np.concatenate([Q, np.ones((1, 3))])[:rows] if rows != 2 else Q[:2]) @ np.diag(values)
    d = np.random.default_rng(8).normal(size=a.shape)
    f = lambda a: np.sum(np.linalg.svdvals(a) ** 2)
    for mode in MODES:
        found = np.sum(d * hoad.hvp(f, a, d, mode=mode))
        right = np.isclose(found, 2 * np.sum(d * d), rtol=1e-9)
        assert right or (np.isnan(found) and mode.startswith("reverse")), mode
    assert np.isclose(hoad.derivative(lambda t: f(a + t * d), 0.0, 2), 2 * np.sum(d * d), rtol=1e-9)


# ------------------------------------------------------------------------------------------------------------
# Options that decide which numbers come out
# ------------------------------------------------------------------------------------------------------------


def test_the_smallest_singular_value_that_counts() -> None:
    """By default ``lstsq`` drops what is below the larger side of the matrix times the rounding."""
    a = np.linalg.qr(np.random.default_rng(0).normal(size=(40, 2)))[0] * [1.0, 9 * np.finfo(float).eps]
    b = np.random.default_rng(1).normal(size=40)
    solution, _, rank, _ = np.linalg.lstsq(a, b)
    assert rank == 1
    found = hoad.jvp(lambda b: np.linalg.lstsq(a, b)[0] + 0 * b[0], (b,), (b,))
    traced = hoad.vjp(lambda a: np.linalg.lstsq(a, b)[0], a)[0]
    np.testing.assert_allclose(found[0], solution, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(traced, solution, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order", ["nuc", 2, -2, "fro", 1, np.inf])
def test_norms_over_the_axes_that_are_asked_for(order: Any) -> None:
    x = np.random.default_rng(2).normal(size=(2, 2, 3))
    for axes in ((0, 1), (1, 0), (2, 0), (-1, 1)):
        whole = hoad.grad(lambda x, axes=axes: np.sum(np.linalg.norm(x, order, axis=axes)), x)
        moved = np.moveaxis(whole, axes, (-2, -1))
        for place, part in enumerate(np.moveaxis(x, axes, (-2, -1))):
            np.testing.assert_allclose(
                moved[place], hoad.grad(lambda a: np.linalg.norm(a, order), part), atol=1e-12
            )


def test_ellipses_of_different_lengths_end_together() -> None:
    a, b = np.random.default_rng(3).normal(size=(2, 3, 1)), np.random.default_rng(4).normal(size=(3, 1))
    g = hoad.grad(lambda b: np.sum(np.einsum("...i,...i->...", a, b) ** 2), b)
    np.testing.assert_allclose(g, hoad.grad(lambda b: np.sum(np.sum(a * b, axis=-1) ** 2), b), rtol=1e-13)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("kind", ["real", "complex eigenvalues", "complex", "symmetric", "svd"])
def test_vectors_keep_length_one(kind: str, mode: str) -> None:
    """Whatever a matrix changes by, the derivative of the length of its vectors is 0."""
    a = {
        "real": np.array([[2.0, 0.3, 0.1], [0.5, -1.0, 0.4], [0.2, 0.7, 0.5]]),
        "complex eigenvalues": np.array([[0.3, 1.0, 0.1], [-1.2, 0.3, 0.4], [0.2, 0.7, 2.0]]),
        "complex": np.array([[2.0, 0.3j, 0.1], [0.5, -1.0 + 1j, 0.4], [0.2j, 0.7, 0.5]]),
        "symmetric": np.array([[2.0, 0.3, 0.1], [0.3, -1.0, 0.4], [0.1, 0.4, 0.5]]),
        "svd": np.array([[2.0, 0.3, 0.1], [0.5, -1.0, 0.4], [0.2, 0.7, 0.5]]),
    }[kind]
    direction = np.array([[0.3, -0.2, 0.9], [0.1, 0.4, -0.5], [0.8, 0.6, 0.2]])

    def lengths(t):
        moved = a + t * (direction + direction.T if kind == "symmetric" else direction)
        if kind == "svd":
            u, _, vh = np.linalg.svd(moved)
            v = np.concatenate([u, vh.T])
        else:
            v = (np.linalg.eigh if kind == "symmetric" else np.linalg.eig)(moved)[1]
        return np.sum(np.real(v * np.conj(v)), axis=0)

    assert np.max(np.abs(hoad.jacobian(lengths, 0.0, mode=mode))) < 1e-14
    curved = hoad.jacobian(lambda t: hoad.jacobian(lengths, t, mode=mode), 0.0, mode="forward")
    assert np.max(np.abs(curved)) < 1e-12
