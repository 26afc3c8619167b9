from __future__ import annotations
import scipy.sparse.linalg
from ..namesakes import names_of
globals().update(names_of(scipy.sparse.linalg))
__all__ = scipy.sparse.linalg.__all__
