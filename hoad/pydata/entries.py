"""``Entries``: an array of pydata/sparse whose entries are traced, or that meets a traced value.

Most of its elements are one number, the *fill*; where the others are does not depend on any value. So it is
one more kind of traced value, further in than all levels: what NumPy is asked to do with it is done with the
vector of entries (``forms.py``), and so comes to all modes as operations on plain arrays do. An array of the
library's comes in as one (``of``), and one in which nothing is traced any more goes out as the library's.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import coo_array
from sparse import COO, DOK, GCXS, SparseArray

from ..arrays.arraylike import ArrayLike
from ..chainrules.numpy.indexing import scatter
from ..errors import MissingRuleError
from ..nested import Traced, primal, refused
from ..scipy.sparse.guest import GUESTS
from ..scipy.sparse.holding import of_places

FORMATS = {"coo": COO, "gcxs": GCXS, "dok": DOK}


class Entries(ArrayLike):
    """An array most of whose elements are one number.

    Args:
        coords: where the entries are, each place once: a row for each axis.
        entries: the vector of them.
        fill: what all other elements are.
        shape: that of the array.
        form: the class of the library's that it stands for.
    """

    __slots__ = ("__dict__", "coords", "entries", "filling", "form", "own_shape")
    differentiates = False
    stands_in = True
    contents: ClassVar[tuple[str, ...]] = ("level", "coords", "entries", "filling", "form", "own_shape")

    def __init__(self, coords: Any, entries: Any, fill: Any, shape: Any, form: Any = COO) -> None:
        self.level = GUESTS
        self.coords, self.entries, self.filling, self.form = coords, entries, fill, form
        self.own_shape = tuple([int(n) for n in shape])
        self.stands_for = form

    def process(self, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a function on the entries."""
        return FORMS[0](rule, args, kwargs)

    def _shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.own_shape

    def _dtype(self) -> Any:
        """The type of the entries."""
        return np.result_type(self.entries.dtype if self.own_shape else self.filling)

    shape = property(_shape, ArrayLike.set_shape)
    dtype = property(_dtype, ArrayLike.set_dtype)

    @property
    def primal(self) -> Any:
        """The library's array of the numbers."""
        return plain(self.coords, primal(self.entries), primal(self.filling), self.own_shape, self.form)

    def without_derivatives(self) -> Any:
        """The library's array of the numbers."""
        return self.primal

    @property
    def order(self) -> int:
        """No derivative is taken at its level."""
        return 0

    def whole_array(self) -> Any:
        """The array with all its elements, as a value of the levels."""
        return self.todense()

    def __repr__(self) -> str:
        return (
            f"<{self.form.__name__}: shape={self.own_shape}, entries={self.entries!r}, fill={self.filling!r}>"
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        raise self.refusal("a write into")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self.form, name):
            raise AttributeError(f"{self.form.__name__!r} object has no attribute {name!r}", name=name)
        raise self.refusal(f".{name} of")

    def refusal(self, what: str) -> Exception:
        """The error for what is not done with entries that are traced."""
        message = (
            f"{what} a {self.form.__name__} (sparse) whose entries are being differentiated has no "
            f"derivative; write a.todense(), which is an array of NumPy's"
        )
        return refused(MissingRuleError(message), self.entries, self.filling)

    # -- What the library's arrays have beside those of NumPy ------------------------------------------------

    @property
    def data(self) -> Any:
        """The entries, in the order of ``coords``."""
        if self.form is not COO:
            raise self.refusal(".data of")
        return self.entries

    @property
    def fill_value(self) -> Any:
        """What all other elements are."""
        return self.filling

    @property
    def nnz(self) -> int:
        """How many entries there are."""
        return int(self.coords.shape[1])

    @property
    def density(self) -> float:
        """The part of the elements that are entries."""
        return self.nnz / self.size

    def todense(self) -> Any:
        """The array with all its elements."""
        shape, n = self.own_shape, self.nnz
        if not shape:
            return self.filling
        places = tuple(self.coords)
        if n == math.prod(shape) and np.array_equal(np.ravel_multi_index(places, shape), np.arange(n)):
            return np.reshape(self.entries, shape)
        if is_zero(self.filling):
            return scatter(self.entries, places, shape)
        where: Any = np.full(shape, n)
        where[places] = np.arange(n)
        return completed(self.entries, self.filling)[where]

    def asformat(self, format: Any, **options: Any) -> Any:
        """The same array for another class of the library's."""
        form = FORMATS.get(format, format) if isinstance(format, str) else format
        return Entries(self.coords, self.entries, self.filling, self.own_shape, form)

    def tocoo(self) -> Any:
        """The same as a COO."""
        return self.asformat(COO)

    to_coo = tocoo

    def to_scipy_sparse(self, **options: Any) -> Any:
        """SciPy's sparse array with the same entries."""
        if len(self.own_shape) != 2 or not is_zero(self.filling):
            raise self.refusal(".to_scipy_sparse() of other than a matrix of zeros and entries,")
        return of_places(tuple(self.coords), self.entries, self.own_shape, coo_array, "coo")

    # -- Labels ----------------------------------------------------------------------------------------------

    def labels(self, first: int = 1) -> Any:
        """The library's COO with the number ``first + k`` where entry k is."""
        return COO(self.coords, np.arange(first, first + self.nnz), shape=self.own_shape, fill_value=0)

    def like(self, coords: Any, entries: Any, fill: Any, shape: Any) -> Any:
        """Another array of the same class."""
        return made(coords, entries, fill, shape, self.form)


FORMS: list[Any] = []  # what carries out a function, set by ``forms.py``, which needs this class


def is_zero(fill: Any) -> bool:
    """Tell whether a fill is zero and stays so."""
    return not isinstance(fill, Traced) and bool(np.all(fill == 0))


def completed(entries: Any, fill: Any) -> Any:
    """The entries, and after them the fill."""
    return np.concatenate([entries, np.reshape(fill, (1,))])


def of(array: Any) -> Entries:
    """An array of the library's as a kind of value."""
    if isinstance(array, Entries):
        return array
    coo = array.asformat("coo")
    fill = np.asarray(coo.todense())[()] if not coo.shape else coo.fill_value
    return Entries(coo.coords, coo.data, fill, coo.shape, form_of(array))


def form_of(array: Any) -> Any:
    """The class of an array of the library's, whichever it was derived from."""
    return next((form for form in FORMATS.values() if isinstance(array, form)), COO)


def made(coords: Any, entries: Any, fill: Any, shape: Any, form: Any) -> Any:
    """An array of entries: the library's own, if nothing is traced."""
    if isinstance(entries, Traced) or isinstance(fill, Traced):
        return Entries(coords, entries, fill, shape, form)
    return plain(coords, entries, fill, shape, form)


def of_dense(x: Any, form: Any) -> Any:
    """An array with all elements for entries."""
    if not isinstance(x, Traced):
        return x
    if not np.shape(x):
        return Entries(np.zeros((0, 0), np.intp), np.zeros(0), x, (), form)
    coords = np.indices(np.shape(x)).reshape(np.ndim(x), -1)
    return Entries(coords, np.reshape(x, -1), x.dtype.type(0), np.shape(x), form)


def plain(coords: Any, entries: Any, fill: Any, shape: Any, form: Any) -> Any:
    """The library's array, with entries that are zero as well."""
    if not shape:
        return COO.from_numpy(np.asarray(fill)).asformat(form)
    kind = np.result_type(entries, fill)
    coo = COO(coords, np.asarray(entries, kind), shape=shape, fill_value=np.asarray(fill, kind)[()])
    return coo if form is COO else coo.asformat(form)


def converted(x: Any) -> Any:
    """An argument with the library's arrays as a kind of value, in lists and tuples too."""
    if isinstance(x, SparseArray):
        return of(x)
    if x.__class__ in (list, tuple):
        return x.__class__([converted(part) for part in x])
    return x
