"""``cupyx.scipy.linalg``."""

from __future__ import annotations

import scipy.linalg

from .functions import functions

NAMES = """
bandwidth block_diag circulant companion convolution_matrix dft expm fiedler fiedler_companion hadamard hankel
helmert hilbert khatri_rao kron leslie lu lu_factor lu_solve solve_triangular toeplitz tri tril triu
"""
globals().update(functions(__name__, scipy.linalg, NAMES))
