"""Equal eigenvalues and singular values: right where the function is smooth, or nan, never another number."""

import numpy as np
import pytest
import scipy.linalg

import hoad

TURN = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
SPECTRA = {
    "all equal": [2.0, 2.0, 2.0, 2.0],
    "two pairs": [1.0, 1.0, 3.0, 3.0],
    "three equal": [2.0, 2.0, 2.0, -1.0],
    "zero twice": [0.0, 0.0, 1.5, 4.0],
    "all different": [1.0, 2.0, 3.5, 5.0],
}
DIAGONAL = [np.diag(w) for w in SPECTRA.values()]


def symmetric(a):
    """The matrix that NumPy sees: it reads the lower triangle."""
    return np.tril(a) + np.tril(a, -1).T


# Functions of the spectrum, and the same of the matrix.
CASES = {
    "cube": (lambda w: np.sum(w**3), lambda a: np.trace(a @ a @ a)),
    "square of the trace": (
        lambda w: np.sum(w) ** 2 * np.sum(w**2),
        lambda a: np.trace(a) ** 2 * np.trace(a @ a),
    ),
    "determinant": (lambda w: np.prod(w), np.linalg.det),
    "quotient": (lambda w: np.sum(1 / (7 + w)), lambda a: np.trace(np.linalg.inv(a + 7 * np.eye(4)))),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("a", DIAGONAL, ids=list(SPECTRA))
def test_values_to_second_order(case, a) -> None:
    """Gradient and Hessian of a function of the eigenvalues are those of the function of the matrix."""
    of_spectrum, of_matrix = CASES[case]
    f = lambda a: of_spectrum(np.linalg.eigvalsh(a))
    g = lambda a: of_matrix(symmetric(a))
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(
            hoad.jacobian(f, a, mode=mode), hoad.jacobian(g, a, mode=mode), rtol=1e-11, atol=1e-11
        )
    right = hoad.hessian(g, a)
    for mode in ("forward-reverse", "forward-forward"):
        np.testing.assert_allclose(hoad.hessian(f, a, mode=mode), right, rtol=1e-10, atol=1e-10)
    for mode in ("reverse-reverse", "reverse-forward"):
        h = hoad.hessian(f, a, mode=mode)
        assert np.all(np.isnan(h) | np.isclose(h, right, rtol=1e-10, atol=1e-10)), "never another number"


@pytest.mark.parametrize("case", CASES)
def test_nearly_equal_values(case) -> None:
    """A distance of rounding errors is none: the matrix is turned, so that equal values come out apart."""
    of_spectrum, of_matrix = CASES[case]
    a = symmetric(TURN @ np.diag([2.0, 2.0, 2.0, -1.0]) @ TURN.T)
    f = lambda a: of_spectrum(np.linalg.eigvalsh(a))
    right = hoad.hessian(lambda a: of_matrix(symmetric(a)), a)
    np.testing.assert_allclose(hoad.hessian(f, a), right, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("a", DIAGONAL, ids=list(SPECTRA))
def test_vectors_forward(a) -> None:
    """A function of a matrix by its eigenvectors, along any direction, and back."""

    def exponential(a):
        w, v = np.linalg.eigh(a)
        return (v * np.exp(w)) @ v.T

    d = symmetric(np.random.default_rng(1).normal(size=(4, 4)))
    with np.errstate(all="ignore"):
        w = np.diag(a)
        gap = w[:, None] - w
        kernel = np.where(gap == 0, np.exp(w), (np.exp(w)[:, None] - np.exp(w)) / np.where(gap == 0, 1, gap))
    right = kernel * d  # Daleckii and Krein (1965)
    np.testing.assert_allclose(hoad.jvp(exponential, (a,), (d,))[1], right, rtol=1e-12, atol=1e-12)
    whole = hoad.jacobian(exponential, a, mode="forward")
    np.testing.assert_allclose(np.tensordot(whole, d), right, rtol=1e-12, atol=1e-12)
    u = np.random.default_rng(2).normal(size=(4, 4))
    g = hoad.vjp(exponential, a)[1](u)[0]
    pulled = kernel * (u + u.T) / 2
    exact = np.tril(pulled + pulled.T) - np.diag(np.diag(pulled))
    np.testing.assert_allclose(g, exact, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("values", [[2.0, 2.0, 2.0], [3.0, 1.0, 1.0], [4.0, 2.0, 1.0]])
def test_singular_values(values) -> None:
    """Smooth functions of the singular values, to second order; of rectangular matrices too."""
    q = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    a = q @ np.diag(values)
    f = lambda a: np.sum(np.linalg.svdvals(a) ** 4)
    g = lambda a: np.trace(a.T @ a @ a.T @ a)
    np.testing.assert_allclose(hoad.grad(f, a), hoad.grad(g, a), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(hoad.hessian(f, a), hoad.hessian(g, a), rtol=1e-6, atol=1e-5)
    tall = np.concatenate([a, np.ones((1, 3))])
    np.testing.assert_allclose(hoad.grad(f, tall), hoad.grad(g, tall), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(hoad.hessian(f, tall), hoad.hessian(g, tall), rtol=1e-6, atol=1e-5)
    nuclear = hoad.grad(lambda a: np.linalg.norm(a, "nuc"), a)
    u, _, vh = np.linalg.svd(a)
    np.testing.assert_allclose(nuclear, u @ vh, rtol=1e-12, atol=1e-12)


def test_batches_of_matrices() -> None:
    """Each member of a stack, and of a map, has directions of its own."""
    stack = np.stack([np.eye(3), np.diag([1.0, 1.0, 2.0]), np.diag([1.0, 2.0, 3.0])])
    f = lambda a: np.sum(np.linalg.eigvalsh(a) ** 3)
    right = np.stack(
        [hoad.hessian(lambda a: np.trace(symmetric(a) @ symmetric(a) @ symmetric(a)), a) for a in stack]
    )
    np.testing.assert_allclose(hoad.vmap(hoad.hessian(f))(stack), right, rtol=1e-11, atol=1e-11)
    d = symmetric(np.arange(9.0).reshape(3, 3))
    along = hoad.jvp(lambda a: np.sum(np.linalg.eigvalsh(a) ** 3, axis=-1), (stack,), (np.stack([d] * 3),))[1]
    np.testing.assert_allclose(along, [3 * np.trace(a @ a @ d) for a in stack], rtol=1e-12)


def test_second_order_through_vectors_is_nan() -> None:
    """A function of a matrix by its eigenvectors, at equal eigenvalues: not known, and said so."""

    def total(a):
        w, v = np.linalg.eigh(a)
        return np.sum((v * np.exp(w)) @ v.T * np.arange(4.0).reshape(2, 2))

    for mode in hoad.operators.hessians.MODES:
        assert np.isnan(hoad.hessian(total, np.eye(2), mode=mode)).any()
    assert np.isfinite(hoad.hessian(total, np.diag([1.0, 2.0]))).all()


def test_what_has_no_derivative() -> None:
    """One of two equal eigenvalues is not smooth, and its vector has none: nan or the directional value."""
    first_vector = lambda a: np.linalg.eigh(a)[1][0, 0]
    assert np.isnan(hoad.grad(first_vector, np.eye(2))).any()
    with np.errstate(all="ignore"):
        assert np.isnan(hoad.grad(lambda a: np.linalg.svd(a)[0][0, 1], np.eye(2))).any()
        assert np.isnan(hoad.grad(lambda a: np.real(np.linalg.eig(a)[1])[0, 1], np.eye(2))).any()
    with pytest.raises(np.linalg.LinAlgError):
        hoad.grad(lambda a: np.sum(np.linalg.inv(a)), np.ones((2, 2)))
    with pytest.raises(NotImplementedError, match="reduced"):
        hoad.grad(lambda a: np.sum(np.linalg.qr(a, "raw")[0]), np.eye(2))


@pytest.mark.parametrize("n", [4, 8, 9, 12])
def test_singular_determinants(n) -> None:
    """The gradient is the matrix of cofactors, whatever the size; the second derivative is right too."""
    a = np.random.default_rng(n).normal(size=(n, n))
    a[0] = 2 * a[1]
    minor = lambda i, j: np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) * (-1) ** (i + j)
    exact = np.array([[minor(i, j) for j in range(n)] for i in range(n)])
    np.testing.assert_allclose(hoad.grad(np.linalg.det, a), exact, atol=1e-12 * np.max(np.abs(exact)))
    f = lambda a: np.linalg.det(a) ** 2
    v = np.ones_like(a)
    quotient = (hoad.grad(f, a + 1e-5 * v) - hoad.grad(f, a - 1e-5 * v)) / 2e-5
    for mode in ("forward-reverse", "reverse-reverse"):
        np.testing.assert_allclose(
            hoad.hvp(f, a, v, mode=mode), quotient, atol=1e-8 * np.max(np.abs(quotient))
        )


# ------------------------------------------------------------------------------------------------------------
# The lengths and the phases of vectors are NumPy's
# ------------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(3)
REAL, IMAGINARY, WAY = RNG.normal(size=(3, 4, 4))
COMPLEX = REAL + 1j * IMAGINARY
HERMITIAN, AWAY = COMPLEX + COMPLEX.conj().T, WAY + WAY.T + 1j * (IMAGINARY - IMAGINARY.T)
VECTORS = {
    "eig, pairs of complex ones": lambda t: np.linalg.eig(REAL + t * WAY)[1],
    "eig": lambda t: np.linalg.eig(COMPLEX + t * WAY)[1],
    "eig of several": lambda t: np.linalg.eig(np.stack([COMPLEX, COMPLEX.T]) + t * WAY)[1],
    "eigh": lambda t: np.linalg.eigh(HERMITIAN + t * AWAY)[1],
    "eigh, upper": lambda t: np.linalg.eigh(HERMITIAN + t * AWAY, "U")[1],
    "svd, left": lambda t: np.linalg.svd(COMPLEX[:, :3] + t * WAY[:, :3], full_matrices=False)[0],
    "svd, right": lambda t: np.linalg.svd(COMPLEX + t * WAY)[2],
    "SciPy's eig": lambda t: scipy.linalg.eig(COMPLEX + t * WAY)[1],
    "SciPy's eig, left": lambda t: scipy.linalg.eig(REAL + t * WAY, left=True, right=False)[1],
    "SciPy's eigh": lambda t: scipy.linalg.eigh(HERMITIAN + t * AWAY)[1],
}


def aligned(f):
    """The vectors with the signs that they have at 0, which may jump."""
    at_zero = f(0.0)

    def g(t):
        v = f(t)
        return v * np.sign(np.sum(np.real(np.conj(at_zero) * v), axis=AXIS.get(f, -2), keepdims=True))

    return g


AXIS = {VECTORS["svd, right"]: -1}


def differences(f, h=1e-3):
    """The derivative at 0 of what NumPy computes, by six points."""
    return sum(c * (f(k * h) - f(-k * h)) for k, c in ((1, 45), (2, -9), (3, 1))) / (60 * h)


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_are_those_that_numpy_computes(name):
    f = aligned(VECTORS[name])
    right = differences(f)
    pushed = hoad.jvp(f, (0.0,), (1.0,))[1]
    np.testing.assert_allclose(pushed, right, rtol=1e-6, atol=1e-6)
    weights = np.random.default_rng(1).normal(size=(2, *np.shape(right)))
    loss = lambda t: np.sum(weights[0] * np.real(f(t)) + weights[1] * np.imag(f(t)))
    np.testing.assert_allclose(hoad.grad(loss, 0.0), differences(loss), rtol=1e-6)
    second = differences(lambda t: hoad.derivative(loss, t))
    np.testing.assert_allclose(hoad.hessian(loss, 0.0), second, rtol=1e-5)


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_keep_length_1(name):
    f = VECTORS[name]
    lengths = lambda t: np.sum(np.abs(f(t)) ** 2, axis=-2)
    for order in (1, 2):
        np.testing.assert_allclose(hoad.derivative(lengths, 0.0, order), 0.0, atol=1e-10)
