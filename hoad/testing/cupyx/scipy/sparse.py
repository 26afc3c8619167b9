"""``cupyx.scipy.sparse``: matrices whose entries lie on the device that is not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from hoad.testing import device


class spmatrix:
    """A matrix of three arrays on the device.

    Args:
        whole: the entries, their columns (or rows), and where each row (or column) begins.
        shape: the rows and the columns.
    """

    format = ""

    def __init__(self, whole: Any, shape: tuple[int, int]) -> None:
        for part in whole:
            if not isinstance(part, device.ndarray):
                raise TypeError(f"Unsupported type {type(part)}")
        self.data, self.indices, self.indptr = whole
        self.shape = int(shape[0]), int(shape[1])

    nnz = property(lambda self: self.data.size)
    dtype = property(lambda self: self.data.dtype)

    def held(self) -> Any:
        """The same of SciPy's, which nobody waits for."""
        make = getattr(scipy.sparse, f"{self.format}_matrix")
        return make(tuple([part._held for part in (self.data, self.indices, self.indptr)]), self.shape)

    def get(self) -> Any:
        """A copy in the host's memory, a matrix of SciPy's."""
        device.waited(None)
        return self.held().copy()

    def asformat(self, format: str | None) -> Any:
        """The same in another format: ``"csr"`` or ``"csc"``."""
        if format in (None, self.format):
            return self
        if format not in FORMATS:
            raise ValueError(f"Format {format} is unknown.")
        found = self.held().asformat(format)
        parts = [device.asarray(part) for part in (found.data, found.indices, found.indptr)]
        return FORMATS[format](tuple(parts), self.shape)

    def toarray(self) -> Any:
        """The same with its zeros."""
        return device.asarray(self.held().toarray())

    def __matmul__(self, other: Any) -> Any:
        return device.asarray(np.asarray(self.held() @ other._held))

    dot = __matmul__


class csr_matrix(spmatrix):
    """By rows."""

    format = "csr"


class csc_matrix(spmatrix):
    """By columns."""

    format = "csc"


FORMATS: dict[str, type[spmatrix]] = {"csr": csr_matrix, "csc": csc_matrix}


def issparse(x: Any) -> bool:
    """Tell whether something is such a matrix."""
    return isinstance(x, spmatrix)
