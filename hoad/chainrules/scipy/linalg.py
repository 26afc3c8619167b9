"""Rules for the functions of ``scipy.linalg``, by what they do; and what has none, with the reason."""

from __future__ import annotations

import scipy.linalg

from . import (
    factorizations,
    linear_systems,
    matrix_equations,
    matrix_functions,
    special_matrices,
    spectra,
    triangular_forms,
)
from .without import ask, refuse

__all__ = [
    "factorizations",
    "linear_systems",
    "matrix_equations",
    "matrix_functions",
    "special_matrices",
    "spectra",
    "triangular_forms",
]

ask(scipy.linalg, "bandwidth", "ishermitian", "issymmetric")

TURNING = "its factors are one choice of many, which LAPACK makes by the values; "
VALUES = "scipy.linalg.eig and eigh have the eigenvalues and eigenvectors"
refuse(
    scipy.linalg,
    {
        "rsf2csf": TURNING + "scipy.linalg.schur(a, 'complex') has a derivative",
        "cdf2rdf": TURNING + VALUES,
        "qz": TURNING + "scipy.linalg.eig(a, b) has the eigenvalues and eigenvectors",
        "ordqz": TURNING + "scipy.linalg.eig(a, b) has the eigenvalues and eigenvectors",
        "ldl": TURNING + "scipy.linalg.cholesky and lu have derivatives",
        "cossin": TURNING + "scipy.linalg.svd of the blocks has a derivative",
        "qr_delete": "scipy.linalg.qr of the smaller matrix has one",
        "qr_insert": "scipy.linalg.qr of the larger matrix has one",
        "qr_update": "scipy.linalg.qr(q @ r + u @ v.T) has one",
        "matrix_balance": "the scales are powers of two that jump; hoad.primal(a) can be balanced",
        "expm_cond": "it is an estimate; the norm of scipy.linalg.expm_frechet has a derivative",
        "clarkson_woodruff_transform": "it is random; s @ a with a sketch s of your own has one",
    },
)
