"""Linear algebra where conventions and numbers decide: which entries are read, ties, very large and small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
