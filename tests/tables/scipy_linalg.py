"""The functions of ``scipy.linalg`` with the options that change what they compute, and points for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
import scipy.linalg as sl


def numbers(*shape: int, seed: int = 0, kind: str = "f") -> Any:
    rng = np.random.default_rng([seed, *shape])
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if kind == "c" else x


def general(n: int = 3, seed: int = 0, kind: str = "f") -> Any:
    return numbers(n, n, seed=seed, kind=kind) * 0.6 + np.diag(np.arange(1.0, n + 1))


def positive(n: int = 3, seed: int = 0, kind: str = "f") -> Any:
    a = numbers(n, n, seed=seed, kind=kind) * 0.5
    return a @ np.conj(a.T) + np.diag(np.arange(1.0, n + 1))


A, B3, V = general(), numbers(3, 2), numbers(3)
C, BC = general(kind="c"), numbers(3, 2, kind="c")
P, PC = positive(), positive(kind="c")
BANDS = numbers(4, 5) * 0.3 + np.array([0, 0, 3.0, 0])[:, None]
HBANDS = numbers(3, 5) * 0.3 + np.array([0, 0, 3.0])[:, None]
HBANDS_C = numbers(3, 5, kind="c") * 0.3 + np.array([0, 0, 3.0])[:, None]
COLUMN, ROW = np.array([3.0, 0.5, -0.4, 0.2]), np.array([3.0, 0.3, 0.7, -0.1])
STABLE = general(seed=4) * 0.2
S = numbers(3, 2, seed=9) * 0.2
sym = lambda x: (x + x.T) / 2


def sizes(found: Any) -> Any:
    """The values, and the squares of the vectors, in which their phases have no part."""
    w, *vectors = found
    return (w, *[np.real(v * np.conj(v)) for v in vectors])


def phased(t: Any, z: Any) -> Any:
    """A form of Schur's with the phases of its vectors taken off."""
    phase = z[0] / np.abs(z[0])
    return np.conj(phase)[:, None] ** -1 * t * np.conj(phase)[None, :], z * np.conj(phase)


TURNING = general(4, seed=2) * 0.3 + np.kron(np.diag([1.0, 2.0]), np.array([[0.0, 3.0], [-2.0, 0.0]]))
TAKES_STACKS = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 16)
CASES: dict[str, Any] = {
    # systems
    "solve": (sl.solve, A, B3),
    "solve of a vector": (sl.solve, A, V),
    "solve complex": (sl.solve, C, BC),
    "solve mixed": (sl.solve, A, BC),
    **({"solve stacked": (sl.solve, np.stack([A, A.T]), B3)} if TAKES_STACKS else {}),
    **({"kron": (sl.kron, A, B3)} if hasattr(sl, "kron") else {}),
    "solve transposed": (lambda a, b: sl.solve(a, b, transposed=True), A, B3),
    **{
        f"solve {kind} {lower}": (
            lambda a, b, k=kind, w=lower: sl.solve(a, b, assume_a=k, lower=w), P + 0.1 * A, B3)
        for kind in ("gen", "sym", "her", "pos")
        for lower in (False, True)
    },
    **{
        f"solve {kind}": (lambda a, b, k=kind: sl.solve(a, b, assume_a=k), A, B3)
        for kind in ("diagonal", "tridiagonal", "banded", "upper triangular", "lower triangular")
    },
    "solve her complex": (lambda a, b: sl.solve(a, b, assume_a="her"), PC, BC),
    "solve sym complex": (lambda a, b: sl.solve(a, b, assume_a="sym"), PC, BC),
    "inv": (sl.inv, A),
    "inv complex": (sl.inv, C),
    "det": (sl.det, A),
    **{
        f"solve_triangular {t} {w} {u}": (
            lambda a, b, t=t, w=w, u=u: sl.solve_triangular(a, b, trans=t, lower=w, unit_diagonal=u), C, BC)
        for t in (0, 1, "C") for w in (False, True) for u in (False, True)
    },
    "solve_triangular of a vector": (sl.solve_triangular, A, V),
    "cho_factor": (lambda a: sl.cho_factor(a), P),
    "cho_factor lower": (lambda a: sl.cho_factor(a, lower=True), PC),
    "cho_solve": (lambda c, b: sl.cho_solve((c, False), b), P, B3),
    "cho_solve lower": (lambda c, b: sl.cho_solve((c, True), b), PC, BC),
    "cho_solve of cho_factor": (lambda a, b: sl.cho_solve(sl.cho_factor(a), b), P, V),
    "solve_banded": (lambda ab, b: sl.solve_banded((1, 2), ab, b), BANDS, numbers(5)),
    "solve_banded complex": (
        lambda ab, b: sl.solve_banded((2, 1), ab, b), BANDS[[0, 2, 1, 3]] + 0.1j, numbers(5, 2)),
    "solveh_banded": (lambda ab, b: sl.solveh_banded(ab, b), HBANDS, numbers(5, 2)),
    "solveh_banded lower": (lambda ab, b: sl.solveh_banded(ab, b, lower=True), HBANDS_C[::-1], numbers(5)),
    "cholesky_banded": (sl.cholesky_banded, HBANDS_C),
    "cholesky_banded lower": (lambda ab: sl.cholesky_banded(ab, lower=True), HBANDS[::-1]),
    "cho_solve_banded": (lambda cb, b: sl.cho_solve_banded((cb, False), b), HBANDS_C, numbers(5)),
    "cho_solve_banded lower": (lambda cb, b: sl.cho_solve_banded((cb, True), b), HBANDS[::-1], numbers(5, 2)),
    "lstsq": (sl.lstsq, numbers(5, 3), numbers(5)),
    "lstsq wide": (sl.lstsq, numbers(3, 5), numbers(3, 2)),
    "lstsq gelsy": (lambda a, b: sl.lstsq(a, b, lapack_driver="gelsy"), numbers(5, 3), numbers(5, 2)),
    "pinv": (sl.pinv, numbers(4, 3)),
    "pinv with rank": (lambda a: sl.pinv(a, rtol=1e-9, return_rank=True), numbers(3, 4, kind="c")),
    "pinvh": (sl.pinvh, P),
    "solve_toeplitz": (lambda c, b: sl.solve_toeplitz(c, b), COLUMN, numbers(4)),
    "solve_toeplitz row": (lambda c, r, b: sl.solve_toeplitz((c, r), b), COLUMN + 0.1j, ROW, numbers(4, 2)),
    "matmul_toeplitz": (lambda c, r, x: sl.matmul_toeplitz((c, r), x), COLUMN, ROW[:3], numbers(3, 2)),
    "solve_circulant": (lambda c, b: sl.solve_circulant(c, b), COLUMN, numbers(4)),
    "solve_circulant lstsq": (lambda c, b: sl.solve_circulant(c, b, singular="lstsq"), COLUMN, numbers(4)),
    # factors
    "cholesky": (sl.cholesky, P),
    "cholesky lower": (lambda a: sl.cholesky(a, lower=True), PC),
    "lu": (sl.lu, A),
    "lu permute_l": (lambda a: sl.lu(a, permute_l=True), numbers(4, 3)),
    "lu p_indices": (lambda a: sl.lu(a, p_indices=True), numbers(3, 4, kind="c")),
    "lu_factor": (sl.lu_factor, A[::-1]),
    "lu_factor high": (sl.lu_factor, numbers(4, 3)),
    "lu_factor wide": (sl.lu_factor, numbers(3, 4)),
    **{
        f"lu_solve {t}": (
            lambda a, b, t=t: sl.lu_solve(sl.lu_factor(a), b, trans=t), C[::-1], BC) for t in (0, 1, 2)
    },
    "lu_solve of a vector": (lambda a, b: sl.lu_solve(sl.lu_factor(a), b), A[::-1], V),
    "qr": (sl.qr, A),
    "qr economic": (lambda a: sl.qr(a, mode="economic"), numbers(4, 3, kind="c")),
    "qr r": (lambda a: sl.qr(a, mode="r"), numbers(4, 3)),
    "qr pivoting": (lambda a: sl.qr(a, pivoting=True), A),
    "qr_multiply": (lambda a, c: sl.qr_multiply(a, c), numbers(4, 3), numbers(2, 4)),
    "qr_multiply left": (lambda a, c: sl.qr_multiply(a, c, "left"), A, B3),
    "rq": (sl.rq, A),
    "rq economic": (lambda a: sl.rq(a, mode="economic"), numbers(3, 4, kind="c")),
    "rq high": (sl.rq, numbers(4, 3)),
    "svd": (sl.svd, A),
    "svd values": (lambda a: sl.svd(a, compute_uv=False), C),
    "svdvals": (sl.svdvals, numbers(3, 4)),
    "diagsvd": (lambda s: sl.diagsvd(s, 3, 5), V),
    "polar": (sl.polar, A),
    "polar high": (sl.polar, numbers(4, 3, kind="c")),
    "polar left": (lambda a: sl.polar(a, side="left"), numbers(4, 3)),
    "polar wide": (sl.polar, numbers(3, 4)),
    "polar wide left": (lambda a: sl.polar(a, side="left"), numbers(3, 4, kind="c")),
    "null_space": (lambda a: (lambda z: z @ np.conj(z.T))(sl.null_space(a)), numbers(2, 4)),
    "orth": (lambda a: (lambda q: q @ np.conj(q.T))(sl.orth(a)), numbers(4, 2, kind="c")),
    "orth, its vectors": (sl.orth, numbers(4, 2)),
    "orth of a wide matrix": (sl.orth, numbers(2, 4)),
    "orth of equal singular values": (lambda a: (lambda q: q @ q.T)(sl.orth(a)), np.eye(4)[:, :2]),
    "schur": (sl.schur, P + np.triu(A, 1)),
    "schur of complex eigenvalues": (sl.schur, TURNING),
    "schur complex": (lambda a: phased(*sl.schur(a)), C),
    "schur complex of a real matrix": (lambda a: phased(*sl.schur(a, "complex")), A),
    "schur of a number": (sl.schur, A[:1, :1]),
    "hessenberg": (lambda a: sl.hessenberg(a, calc_q=True), general(5)),
    "hessenberg alone": (sl.hessenberg, general(4)),
    "subspace_angles": (sl.subspace_angles, numbers(4, 2), numbers(4, 2, seed=3)),
    "orthogonal_procrustes": (sl.orthogonal_procrustes, numbers(5, 3), numbers(5, 3, seed=1)),
    # spectra
    "eigh": (sl.eigh, P),
    "eigh upper": (lambda a: sizes(sl.eigh(a, lower=False)), PC),
    "eigh values": (lambda a: sl.eigh(a, eigvals_only=True), P),
    **{f"eigh type {t}": (lambda a, b, t=t: sl.eigh(a, b, type=t), A, positive(seed=2)) for t in (1, 2, 3)},
    "eigh complex pair": (lambda a, b: sizes(sl.eigh(a, b)), C, positive(seed=2, kind="c")),
    "eigh by index": (lambda a: sl.eigh(a, subset_by_index=[1, 2]), P),
    "eigh by value": (lambda a: sl.eigh(a, subset_by_value=[0.5, 2.9]), P),
    "eigvalsh": (sl.eigvalsh, P),
    "eigvalsh of a pair": (lambda a, b: sl.eigvalsh(a, b, subset_by_index=[0, 1]), A, positive(seed=2)),
    "eig": (lambda a: sizes(sl.eig(a)), C),
    "eig left": (lambda a: sizes(sl.eig(a, left=True)), C),
    "eig real": (lambda a: sizes(sl.eig(a)), A),
    "eig of a pair": (lambda a, b: sizes(sl.eig(a, b, left=True)), C, general(seed=5, kind="c")),
    "eigvals": (sl.eigvals, A),
    "eig_banded": (lambda a: sizes(sl.eig_banded(a)), HBANDS),
    "eig_banded lower": (
        lambda a: sizes(sl.eig_banded(a, lower=True, select="i", select_range=(1, 3))), HBANDS_C[::-1]),
    "eigvals_banded": (sl.eigvals_banded, HBANDS_C),
    "eigh_tridiagonal": (lambda d, e: sizes(sl.eigh_tridiagonal(d, e)), COLUMN, V),
    "eigvalsh_tridiagonal": (lambda d, e: sl.eigvalsh_tridiagonal(d, e, "i", (1, 2)), COLUMN, V),
    # functions of matrices
    "expm": (sl.expm, A),
    "expm complex": (sl.expm, C),
    "expm stacked": (sl.expm, np.stack([A, -A])),
    "expm of a large matrix": (sl.expm, 5.0 * A),
    "expm_frechet": (sl.expm_frechet, A, numbers(3, 3, seed=1)),
    "logm": (sl.logm, P),
    "logm complex": (sl.logm, C),
    "sqrtm": (sl.sqrtm, P),
    "sqrtm complex": (sl.sqrtm, C),
    "signm": (sl.signm, A - 2 * np.eye(3)),
    "signm complex": (sl.signm, C - 2 * np.eye(3)),
    **{n: (getattr(sl, n), A * 0.4) for n in ("cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm")},
    "cosm complex": (sl.cosm, C * 0.5),
    "sinm complex": (sl.sinm, C * 0.5),
    "fractional_matrix_power": (lambda a: sl.fractional_matrix_power(a, 0.7), P),
    "fractional_matrix_power integer": (lambda a: sl.fractional_matrix_power(a, 3), A),
    "fractional_matrix_power in t": (lambda a, t: sl.fractional_matrix_power(a, t), P, 0.7),
    "funm": (lambda a: sl.funm(a, lambda x: np.exp(-x * x)), A * 0.7),
    "khatri_rao": (sl.khatri_rao, B3, numbers(4, 2)),
    # equations
    "solve_sylvester": (sl.solve_sylvester, A, general(2, seed=1), B3),
    "solve_sylvester complex": (sl.solve_sylvester, C, general(2, seed=1), BC),
    "solve_continuous_lyapunov": (sl.solve_continuous_lyapunov, C, numbers(3, 3, kind="c")),
    "solve_discrete_lyapunov": (sl.solve_discrete_lyapunov, A, numbers(3, 3)),
    "solve_discrete_lyapunov bilinear": (
        lambda a, q: sl.solve_discrete_lyapunov(a, q, "bilinear"), STABLE + 0.1j, numbers(3, 3)),
    "solve_continuous_are": (
        # at A the solution is 4 500, and SciPy's own differences keep seven digits of it
        lambda a, b, q, r: sl.solve_continuous_are(a, b, sym(q), sym(r)),
        A - 2 * np.eye(3), B3, P, positive(2)),
    "solve_continuous_are whole": (
        lambda a, b, q, r, e, s: sl.solve_continuous_are(a, b, sym(q), sym(r), e, s),
        A, B3, P, positive(2), general(seed=6), S),
    "solve_discrete_are": (
        lambda a, b, q, r: sl.solve_discrete_are(a, b, sym(q), sym(r)), STABLE, B3, P, positive(2)),
    "solve_discrete_are whole": (
        lambda a, b, q, r, e, s: sl.solve_discrete_are(a, b, sym(q), sym(r), e, s),
        STABLE, B3, P, positive(2), general(seed=6), S),
    # matrices of numbers
    "norm": (sl.norm, A),
    "norm 1": (lambda a: sl.norm(a, 1), A),
    "norm of rows": (lambda a: sl.norm(a, axis=1), B3),
    "toeplitz": (sl.toeplitz, COLUMN + 0.1j),
    "toeplitz row": (sl.toeplitz, COLUMN, ROW[:3]),
    "hankel": (sl.hankel, COLUMN),
    "hankel row": (sl.hankel, COLUMN, ROW[:3]),
    "circulant": (sl.circulant, COLUMN),
    "companion": (sl.companion, COLUMN),
    "fiedler": (sl.fiedler, COLUMN),
    "fiedler_companion": (sl.fiedler_companion, np.append(COLUMN, [0.7, -0.3])),
    "leslie": (sl.leslie, COLUMN, V),
    **{f"convolution_matrix {m}": (
        lambda a, m=m: sl.convolution_matrix(a, 3, m), COLUMN)
        for m in ("full", "same", "valid")},
    "block_diag": (sl.block_diag, A, V, B3),
}  # fmt: skip

# Where SciPy's own values are too coarse for small steps of the differences.
STEPS: dict[str, float] = {}

# What takes no traced array: its arguments are numbers of rows, names of routines, types.
MAKERS = frozenset({
    "dft", "hadamard", "helmert", "hilbert", "invhilbert", "invpascal", "pascal", "find_best_blas_type",
    "get_blas_funcs", "get_lapack_funcs", "LinAlgError", "LinAlgWarning",
})  # fmt: skip

WITHOUT = (
    "rsf2csf", "cdf2rdf", "qz", "ordqz", "ldl", "cossin", "qr_delete", "qr_insert",
    "qr_update", "matrix_balance", "expm_cond", "clarkson_woodruff_transform",
)  # fmt: skip
QUESTIONS = ("bandwidth", "ishermitian", "issymmetric")

SINGLE = (
    "solve", "solve_triangular 0 False False", "cho_solve of cho_factor", "solve_banded", "pinv", "lu_factor",
    "polar", "eigh type 1", "expm", "sqrtm", "solve_sylvester", "lstsq", "eigh_tridiagonal", "toeplitz row",
    "solve_circulant", "null_space", "rq",
)  # fmt: skip
