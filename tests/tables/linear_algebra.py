"""The functions of linear algebra and the products, each with the options that change what it computes.

Beside each function stands, where it is needed, a smooth function of its result in which the signs and phases
that are free have no part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]

# Functions of two stacks, with their core dimensions as NumPy writes them.
PRODUCTS: dict[str, tuple[Function, str]] = {
    "matmul": (np.matmul, "(m?,n),(n,p?)->(m?,p?)"),
    "linalg.matmul": (np.linalg.matmul, "(m,n),(n,p)->(m,p)"),
    "vecdot": (np.vecdot, "(n),(n)->()"),
    "linalg.vecdot": (np.linalg.vecdot, "(n),(n)->()"),
    "cross": (np.cross, "(3),(3)->(3)"),
    "linalg.cross": (np.linalg.cross, "(3),(3)->(3)"),
    "solve": (np.linalg.solve, "(m,m),(m,n)->(m,n)"),
    "solve of vectors": (np.linalg.solve, "(m,m),(m)->(m)"),
}
if hasattr(np, "matvec"):
    PRODUCTS["matvec"] = (np.matvec, "(m,n),(n)->(m)")
    PRODUCTS["vecmat"] = (np.vecmat, "(n),(n,p)->(p)")


# Functions of two arrays of any shape.
PAIRS: dict[str, Function] = {
    "dot": np.dot,
    "inner": np.inner,
    "outer": np.outer,
    "linalg.outer": np.linalg.outer,
    "vdot": np.vdot,
    "kron": np.kron,
    "tensordot 0": lambda a, b: np.tensordot(a, b, 0),
    "tensordot 1": lambda a, b: np.tensordot(a, b, 1),
    "tensordot 2": lambda a, b: np.tensordot(a, b),
    "tensordot axes": lambda a, b: np.linalg.tensordot(a, b, axes=((0, -1), (-1, 0))),
    "convolve": np.convolve,
    "convolve same": lambda a, b: np.convolve(a, b, "same"),
    "convolve valid": lambda a, b: np.convolve(a, b, "valid"),
    "correlate": np.correlate,
    "correlate full": lambda a, b: np.correlate(a, b, "full"),
    "einsum outer": lambda a, b: np.einsum("...i,j->...ij", a, b),
    "einsum dots": lambda a, b: np.einsum("...ij,...jk", a, b),
    "einsum stretched": lambda a, b: np.einsum("...i,...i->...", a, b),
    "einsum sum": lambda a, b: np.einsum("...i,...j->...", a, b),
    "einsum transposed": lambda a, b: np.einsum("...ij,j...->i...", a, b),
}


def adjoint(a: Any) -> Any:
    return np.conj(np.swapaxes(a, -1, -2))


def of_eigenvectors(a: Any, uplo: str) -> Any:
    w, v = np.linalg.eigh(a, uplo)
    return w, (v * np.expand_dims(w**2, -2)) @ adjoint(v)


def of_singular_vectors(a: Any, **options: Any) -> Any:
    u, s, vh = np.linalg.svd(a, **options)
    k = np.shape(s)[-1]
    return s, (u[..., :k] * np.expand_dims(s**2, -2)) @ vh[..., :k, :]


def of_any_eigenvectors(a: Any) -> Any:
    w, v = np.linalg.eig(a)
    return (v * np.expand_dims(w**2, -2)) @ np.linalg.inv(v)


def of_triangles(a: Any, mode: str) -> Any:
    q, r = np.linalg.qr(a, mode)
    k = min(np.shape(a)[-2:])
    return q[..., :k] @ adjoint(q[..., :k]), adjoint(r) @ r


# Functions of a square matrix, and of any.
SQUARE: dict[str, tuple[Function, Function | None]] = {
    "inv": (np.linalg.inv, None),
    "det": (np.linalg.det, None),
    "slogdet": (np.linalg.slogdet, None),
    "eigvals": (lambda a: np.linalg.eigvals(a), lambda a: np.sort(np.linalg.eigvals(a))),
    "eig": (np.linalg.eig, of_any_eigenvectors),
    "eigh": (np.linalg.eigh, lambda a: of_eigenvectors(a, "L")),
    "eigh upper": (lambda a: np.linalg.eigh(a, "U"), lambda a: of_eigenvectors(a, "U")),
    "eigvalsh": (np.linalg.eigvalsh, None),
    "eigvalsh upper": (lambda a: np.linalg.eigvalsh(a, UPLO="u"), None),
    "svd hermitian": (
        lambda a: np.linalg.svd(a, hermitian=True),
        lambda a: of_singular_vectors(a, hermitian=True),
    ),
    "svdvals hermitian": (lambda a: np.linalg.svd(a, compute_uv=False, hermitian=True), None),
    "pinv hermitian": (lambda a: np.linalg.pinv(a, hermitian=True), None),
    "matrix_rank": (lambda a: int(np.linalg.matrix_rank(a, hermitian=True)) * a, None),
    **{f"power {n}": (lambda a, n=n: np.linalg.matrix_power(a, n), None) for n in (0, 1, 2, 5, -1, -2)},
    **{
        f"cond {p}": (lambda a, p=p: np.real(np.linalg.cond(a, p)), None)  # complex until NumPy 2.1
        for p in (None, 1, -1, np.inf, 2, -2, "fro", "nuc")
    },
    "trace": (lambda a: np.linalg.trace(a, offset=1), None),
}
RECTANGLE: dict[str, tuple[Function, Function | None]] = {
    "svd": (np.linalg.svd, of_singular_vectors),
    "svd reduced": (
        lambda a: np.linalg.svd(a, full_matrices=False),
        lambda a: of_singular_vectors(a, full_matrices=False),
    ),
    "svdvals": (np.linalg.svdvals, None),
    "svd values": (lambda a: np.linalg.svd(a, compute_uv=False), None),
    "qr": (np.linalg.qr, lambda a: of_triangles(a, "reduced")),
    "qr complete": (lambda a: np.linalg.qr(a, "complete"), lambda a: of_triangles(a, "complete")),
    "qr r": (lambda a: np.linalg.qr(a, "r"), lambda a: adjoint(np.linalg.qr(a, "r")) @ np.linalg.qr(a, "r")),
    "pinv": (np.linalg.pinv, None),
    "matrix_norm": (np.linalg.matrix_norm, None),
    **{
        f"norm {p}": (lambda a, p=p: np.linalg.norm(a, p, axis=(-2, -1), keepdims=True), None)
        for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    },
    "cond": (np.linalg.cond, None),
    "diagonal": (lambda a: np.linalg.diagonal(a, offset=-1), None),
    "matrix_transpose": (np.linalg.matrix_transpose, None),
}
