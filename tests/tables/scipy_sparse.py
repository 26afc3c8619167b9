"""The functions of ``scipy.sparse`` and its solvers, and points for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as ss
import scipy.sparse.linalg as sl

N = 5
RNG = np.random.default_rng(3)
DENSE = np.diag(np.arange(4.0, 4 + N)) + RNG.normal(size=(N, N)) * (RNG.random((N, N)) < 0.5) * 0.7
SYMMETRIC = np.diag(np.arange(3.0, 3 + 2 * N, 2)) + 0.3 * (DENSE + DENSE.T)
I, J = DENSE.nonzero()
SI, SJ = SYMMETRIC.nonzero()
V, SV = DENSE[I, J], SYMMETRIC[SI, SJ]
A = ss.csr_array(DENSE)
B, Y = RNG.normal(size=N), RNG.normal(size=(N, 2))
LU, SOLVE = sl.splu(A.tocsc()), sl.factorized(A.tocsc())
OPERATOR = sl.aslinearoperator(A)
FORMATS = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
CLASSES = [getattr(ss, f"{form}_{kind}") for kind in ("array", "matrix") for form in FORMATS]


def made(v: Any, cls: Any = ss.csr_array) -> Any:
    """A matrix of entries at the places of A."""
    return ss.coo_array((v, (I, J)), shape=(N, N)).asformat("csr") if cls is ss.csr_array else cls(
        ss.coo_array((v, (I, J)), shape=(N, N))
    )  # fmt: skip


def symmetric(v: Any) -> Any:
    """A symmetric matrix; each pair of entries has the mean of two."""
    whole = ss.csr_array((v, (SI, SJ)), shape=(N, N))
    return (whole + whole.T) * 0.5


def dense(found: Any) -> Any:
    """What a function gives, as an array."""
    return found.toarray() if ss.issparse(found) else found


def operator(v: Any) -> Any:
    """An operator whose functions have captured traced values."""
    whole = symmetric(v)
    return sl.LinearOperator((N, N), matvec=lambda x: whole @ x, rmatvec=lambda x: whole @ x)


def scaled(v: Any) -> Any:
    """One that depends on three numbers, and does not know its adjoint."""
    return sl.LinearOperator((N, N), matvec=lambda x: DENSE @ x * v[0] + v[1] * x + v[2] * x[::-1])


COLUMNS, ROWS = slice(0, 3), slice(0, 3)
ONE = np.array([1.1])
THREE = np.array([1.1, 0.4, 0.2])
MASS = np.arange(1.0, N + 1)

# By name: a function of arrays, and points. Values and derivatives of all orders are proved, and vmap.
CASES: dict[str, Any] = {
    "csr_array of triplets": (lambda v: ss.csr_array((v, (I, J)), shape=(N, N)).toarray(), V),
    "csr_array of twins": (lambda v: dense(ss.csr_array((v, ([0, 0, 1], [1, 1, 0])), shape=(2, 2)) @ v[:2]),
        V[:3]),
    "coo_array of twins": (lambda v: np.sin(ss.coo_array((v, ([0, 0, 1], [1, 1, 0]))).toarray()), V[:3]),
    "csr_array of rows": (lambda v: ss.csr_array((v, A.indices, A.indptr), shape=(N, N)) @ B, V),
    "csc_matrix of columns": (lambda v: ss.csc_matrix((v, A.indices, A.indptr), shape=(N, N)) @ B, V),
    "bsr_array of blocks": (lambda v: ss.bsr_array((v, [1, 0], [0, 1, 2])) @ np.ones(4),
        RNG.normal(size=(2, 2, 2))),
    "dia_array of diagonals": (lambda v: ss.dia_array((v, [0, 1]), shape=(3, 3)) @ v[0],
        RNG.normal(size=(2, 3))),
    "csr_array of an array": (lambda v: ss.csr_array(v) @ B, DENSE),
    "csr_matrix of complex entries": (lambda v: ss.csr_matrix((v, (I, J))).conj().T @ B, V + 0.3j * V[::-1]),
    "diags": (lambda v: ss.diags([v, v[1:] * 2, 3.0], [0, 1, -1], shape=(N, N)) @ v, B),
    "diags_array": (lambda v: dense(ss.diags_array([v, v[1:] ** 2], offsets=[0, -1])), B),
    "spdiags": (lambda v: dense(ss.spdiags(v, [0, 1], N, N)), RNG.normal(size=(2, N))),
    "hstack": (lambda v: ss.hstack([made(v), A, made(v * v)]) @ np.arange(3.0 * N), V),
    "vstack": (lambda v: ss.vstack([A, made(v)]) @ B, V),
    "bmat": (lambda v: ss.bmat([[made(v), None], [A, made(2 * v)]]) @ np.arange(2.0 * N), V),
    "block_array": (lambda v: ss.block_array([[None, made(v)], [A, None]]) @ np.arange(2.0 * N), V),
    "block_diag": (lambda v: dense(ss.block_diag([made(v), np.expand_dims(v[:2] * 2, 0), A])), V),
    "tril": (lambda v: dense(ss.tril(made(v))), V),
    "triu": (lambda v: dense(ss.triu(made(v), 1)), V),
    "kron": (lambda v: dense(ss.kron(made(v), ss.csr_array(np.array([[1.0, 2.0]])))), V),
    "kronsum": (lambda v: dense(ss.kronsum(made(v), ss.diags_array(v[:2]))), V),
    "find": (lambda v: ss.find(made(v))[2], V),
    "swapaxes": (lambda v: dense(ss.swapaxes(made(v).tocoo(), 0, 1)), V),
    "permute_dims": (lambda v: dense(ss.permute_dims(made(v).tocoo(), (1, 0))), V),
    "expand_dims": (lambda v: ss.expand_dims(made(v).tocoo(), axis=0).toarray(), V),
    "a product of two": (lambda v, w: dense(made(v) @ made(w)), V, V[::-1].copy()),
    "a product of each": (lambda v, w: dense(made(v).multiply(made(w).T)), V, V[::-1].copy()),
    "a sum of two": (lambda v, w: dense(made(v) + made(w).T * 2 - A), V, V[::-1].copy()),
    "with one matrix": (lambda v, x: made(v) @ x, V, Y),
    "from the left": (lambda v, x: x.T @ made(v), V, Y),
    "of numbers": (lambda v, p: dense((made(v) * p[0] / p[1] - made(v)) * p[2]), V, THREE),
    "a power": (lambda v: dense(made(v).power(3)), V),
    "a power of a matrix": (lambda v: dense(ss.csr_matrix(made(v)) ** 3), V),
    "writing": (lambda v: written(v), V),
    "spsolve": (lambda v, b: sl.spsolve(made(v).tocsc(), b), V, B),
    "spsolve of columns": (lambda v, b: sl.spsolve(made(v).tocsc(), b), V, Y),
    "spsolve complex": (lambda v, b: sl.spsolve(made(v).tocsc(), b), V + 0.2j * V[::-1],
        Y[:, 0] - 1j * Y[:, 1]),
    "spsolve of a sparse one": (lambda v: dense(sl.spsolve(made(v).tocsc(), ss.csc_array(Y))), V),
    "spsolve_triangular": (lambda v, b: sl.spsolve_triangular(ss.tril(made(v)).tocsr(), b), V, B),
    "spsolve_triangular unit": (
        lambda v, b: sl.spsolve_triangular(
            ss.triu(made(v)).tocsr(), b, lower=False, unit_diagonal=True), V, B),
    "inv": (lambda v: dense(sl.inv(made(v).tocsc())), V),
    "splu": (lambda v, b: sl.splu(made(v).tocsc()).solve(b), V, B),
    "splu turned": (lambda v, b: sl.splu(made(v).tocsc()).solve(b, "T"), V, B),
    "splu adjoint": (lambda v, b: sl.splu(made(v).tocsc()).solve(b, "H"), V + 0.2j, Y[:, 0] + 1j * Y[:, 1]),
    "SuperLU": (lambda b: LU.solve(b) * LU.solve(b, "T"), B),
    "SuperLU complex": (lambda b: LU.solve(b, "H"), Y + 1j * Y[::-1]),
    "factorized": (lambda v, b: sl.factorized(made(v).tocsc())(b), V, B),
    "factorized before": (lambda b: SOLVE(b) ** 2, B),
    "matrix_power": (lambda v: dense(sl.matrix_power(made(v), 3)), V),
    "norm": (lambda v: sl.norm(made(v)), V),
    "norm 1": (lambda v: sl.norm(made(v), 1), V),
    "norm inf": (lambda v: sl.norm(made(v), np.inf), V),
    "norm of rows": (lambda v: sl.norm(made(v), axis=1), V),
    "expm": (lambda v: dense(sl.expm(made(v).tocsc() * 0.2)), V),
}  # fmt: skip

CASES["matrix_transpose"] = (lambda v: dense(ss.matrix_transpose(made(v))), V)
for _new in ("expand_dims", "swapaxes", "permute_dims", "matrix_transpose"):
    if not hasattr(ss, _new):
        del CASES[_new]

# The same of what iterates: not to all digits.
ITERATED: dict[str, Any] = {
    **{
        name: (lambda v, b, f=f: f(symmetric(v), b, rtol=1e-14)[0], SV, B)
        for name, f in (
            ("cg", sl.cg), ("cgs", sl.cgs), ("bicg", sl.bicg), ("bicgstab", sl.bicgstab), ("gmres", sl.gmres),
            ("lgmres", sl.lgmres), ("minres", sl.minres), ("qmr", sl.qmr), ("gcrotmk", sl.gcrotmk),
            ("tfqmr", sl.tfqmr),
        )
    },
    "gmres of no symmetric matrix": (lambda v, b: sl.gmres(made(v), b, rtol=1e-14)[0], V, B),
    "gmres of an operator": (lambda v: sl.gmres(scaled(v), B, rtol=1e-14)[0], THREE),
    "minres shifted": (lambda v, s: sl.minres(symmetric(v), B, shift=s[0], rtol=1e-14)[0], SV, ONE),
    "cg of an array": (lambda v: sl.cg(v @ v.T, B, rtol=1e-14)[0], DENSE),
    "lsqr": (lambda v, b: sl.lsqr(made(v)[:, COLUMNS], b, atol=1e-15, btol=1e-15)[0], V, B),
    "lsqr of few rows": (lambda v, b: sl.lsqr(made(v)[ROWS], b[:3], atol=1e-15, btol=1e-15)[0], V, B),
    "lsqr damped": (lambda v, d: sl.lsqr(made(v)[:, COLUMNS], B, d[0], atol=1e-15, btol=1e-15)[0], V, ONE),
    "lsqr, its norms": (
        lambda v: np.stack(norms(sl.lsqr(made(v)[:, COLUMNS], B, 0.3, 1e-15, 1e-15), 3, 4, 7, 8)), V),
    "lsmr": (lambda v, b: sl.lsmr(made(v)[:, COLUMNS], b, atol=1e-15, btol=1e-15)[0], V, B),
    "lsmr, its norms": (lambda v: np.stack(norms(sl.lsmr(made(v)[:, COLUMNS], B, 0.3, 1e-15, 1e-15), 3, 7)),
        V),
    "eigsh": (lambda v: sl.eigsh(symmetric(v), 2, v0=B, return_eigenvectors=False), SV),
    "eigsh, vectors": (lambda v: sl.eigsh(symmetric(v), 2, v0=B)[1] ** 2, SV),
    "eigsh near a number": (lambda v: sl.eigsh(symmetric(v).tocsc(), 2, sigma=2.0, v0=B)[0], SV),
    "eigsh of two": (lambda v, m: sl.eigsh(symmetric(v), 2, M=ss.diags_array(m).tocsc(), v0=B)[0], SV, MASS),
    "eigsh of an operator": (lambda v: sl.eigsh(operator(v), 2, v0=B)[0], SV),
    "eigs": (lambda v: np.abs(sl.eigs(made(v), 2, v0=B)[0]), V),
    "eigs, vectors": (lambda v: np.abs(sl.eigs(made(v), 2, v0=B)[1]), V),
    "svds": (lambda v: sl.svds(made(v), 2, v0=B)[1], V),
    "svds, vectors": (lambda v: sl.svds(made(v), 2, v0=B)[0] ** 2, V),
    "expm_multiply": (lambda v, b: sl.expm_multiply(made(v) * 0.2, b), V, B),
    "expm_multiply of columns": (lambda v, b: sl.expm_multiply(made(v) * -0.2, b), V, Y),
    "expm_multiply at times": (
        lambda v, t: sl.expm_multiply(made(v) * 0.2, B, start=t[0] / 4, stop=t[0], num=3), V, ONE),
    "expm_multiply of an operator": (lambda v: sl.expm_multiply(operator(v), B, traceA=0.0), SV * 0.1),
    "LinearOperator": (lambda v, x: operator(v) @ x + operator(v).matmat(np.stack([x, x * x], 1))[:, 1], SV,
        B),
    "aslinearoperator": (lambda x: OPERATOR @ x + OPERATOR.rmatvec(x**2) + (OPERATOR * 2).matvec(x), B),
    "aslinearoperator of entries": (lambda v: (sl.aslinearoperator(made(v)) * 2.0).matvec(B), V),
}  # fmt: skip


def norms(found: Any, *places: int) -> list[Any]:
    """Some of the numbers in a result."""
    return [found[k] for k in places]


def written(v: Any) -> Any:
    """Matrices that traced numbers are written into."""
    lil, dok, csr = ss.lil_array((3, 3)), ss.dok_array((3, 3)), ss.csr_array(np.eye(3))
    lil[0, 1] = v[0]
    lil[0, 1] += v[1] * v[0]
    lil[1, :2] = v[:2]
    dok[2, 2] = v[2] ** 2
    csr[0, 0] = v[3]
    csr.setdiag(v[:2] * 3, 1)
    return (lil.tocsr() + dok.tocsr()).toarray() + csr.toarray() * v[4]


# Public names that need no rule: what they are or ask has no derivative.
MAKERS = {
    "eye", "eye_array", "identity", "random", "rand", "random_array", "load_npz", "get_index_dtype",
    "safely_cast_index_arrays", "issparse", "isspmatrix", *[f"isspmatrix_{form}" for form in FORMATS],
}  # fmt: skip
QUESTIONS = {"is_sptriangular", "spbandwidth", "use_solver", "LaplacianNd", "aslinearoperator",
"LinearOperator",
             "SuperLU"}  # fmt: skip
WITHOUT = {"save_npz": ss, "spilu": sl, "lobpcg": sl, "onenormest": sl, "funm_multiply_krylov": sl}
