"""``scipy.sparse.linalg``, whose functions take traced values, in the entries of matrices too."""

from __future__ import annotations

import scipy.sparse.linalg

from ..namesakes import names_of
from . import functions_of_matrices, iterations, spectra, systems  # noqa: F401  (they make the doors)

globals().update(names_of(scipy.sparse.linalg))
__all__ = scipy.sparse.linalg.__all__
