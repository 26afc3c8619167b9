"""Arrays of pydata/sparse as points: the derivative is by their entries, and an array of the same pattern."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from sparse import COO, DOK, GCXS

from ..errors import ArgumentError
from ..nested import Traced
from ..values.wrappers import wrapper
from .entries import Entries, form_of, plain


@dataclasses.dataclass(frozen=True, eq=False)
class Places:
    """Where the entries of an array are, and what it is else; of several arrays, one after the other."""

    coords: np.ndarray
    shape: tuple[int, ...]
    fill: Any
    form: type
    axes: tuple[int, ...]  # how many entries each of the arrays has

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Places)
            and self.shape == other.shape
            and np.array_equal(self.coords, other.coords)
        )

    def __hash__(self) -> int:
        return hash(self.shape)


def taken(array: Any) -> tuple[Any, Places]:
    """The entries, and where they are."""
    coo = array.asformat("coo")
    return coo.data, Places(coo.coords, coo.shape, coo.fill_value, form_of(array), (coo.nnz,))


def put(entries: Any, places: Places) -> Any:
    """An array of entries; of a derivative, which has none elsewhere, with the axes of the value before: each
    element of the value has few, so what is zero there is left out.

    Raises:
        ArgumentError: they are in a matrix of SciPy's, as ``sparse=True`` gives them.
    """
    if isinstance(entries, Traced):
        return Entries(places.coords, entries, places.fill, places.shape, places.form)
    if hasattr(entries, "tocsr"):
        raise ArgumentError(
            "sparse=True gives matrices of SciPy's by plain arrays, and the point is one of pydata/sparse, "
            "whose derivative is such an array: leave sparse=True out, or write hoad.jacobian(lambda a: "
            "f(sparse.COO(A.coords, a, shape=A.shape)), A.data, sparse=True), by the entries"
        )
    own = np.shape(entries)[np.ndim(entries) - len(places.axes) :]
    lead = np.shape(entries)[: np.ndim(entries) - len(own)]
    before = np.indices(lead).reshape(len(lead), -1) if lead else np.zeros((0, 1), int)
    count = places.coords.shape[1]
    coords = np.concatenate([np.repeat(before, count, axis=1), np.tile(places.coords, before.shape[1])])
    flat = np.reshape(entries, -1)
    if lead:
        coords, flat = coords[:, flat != 0], flat[flat != 0]
    return plain(coords, flat, places.fill, (*lead, *places.shape), places.form)


def of_derivative(value: Any, point: tuple[Places, ...]) -> Places | None:
    """The places of a derivative: each of the point's with each, for a second one."""
    if not point:
        return None
    found = point[0]
    for other in point[1:]:
        n, m = found.coords.shape[1], other.coords.shape[1]
        coords = np.concatenate([np.repeat(found.coords, m, axis=1), np.tile(other.coords, n)])
        found = dataclasses.replace(
            found, coords=coords, shape=found.shape + other.shape, axes=found.axes + other.axes
        )
    return dataclasses.replace(found, fill=0.0)


for _cls in (COO, GCXS, DOK):
    wrapper(_cls, taken, put, of_derivative)
