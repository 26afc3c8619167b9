"""Libraries of arrays: where the constants of a derivative are made, and how parts are added up there.

A program in ``np`` runs on the arrays of any library that answers NumPy's protocols (``__array_ufunc__``,
``__array_function__``), and so do the statements of derivatives. What these protocols leave open is in a
``Backend``: how to make zeros beside an array, how to add at positions, whether reading a value waits.
NumPy's is one, CuPy's and Dask's are others; ``register`` adds more. The class of an array tells whose it is;
nothing is imported for it.
"""

from .backend import NUMPY, Backend
from .cupy import CuPy
from .dask import Dask
from .registry import backend_of, register

__all__ = ["NUMPY", "Backend", "CuPy", "Dask", "backend_of", "register"]
