"""``np.nditer``: the elements of traced arrays one by one, in the order in which memory holds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.numpy.layouts import ask_where, layout
from ..chainrules.refusals import refused_use
from ..nested import Traced


class Visitor:
    """What ``np.nditer`` is for arrays that are traced: NumPy's own iterator goes over the positions, and the
    elements there are views, which can be written to.

    Example:
        >>> import hoad
        >>> def doubled(x):
        ...     y = x * x
        ...     for v in Visitor(y, op_flags=["readwrite"]):
        ...         v[...] = 2 * v
        ...     return y
        >>> hoad.jacobian(doubled, np.array([1.0, 3.0])).diagonal()
        array([ 4., 12.])
    """

    def __init__(self, op: Any, flags: Any = None, op_flags: Any = None, *args: Any, **kwargs: Any) -> None:
        several = isinstance(op, (list, tuple))
        self.operands = tuple(op) if several else (op,)
        writes = "write" in str(op_flags)
        if any([part is None for part in self.operands]) or (writes and "external_loop" in (flags or ())):
            raise refused_use(
                "np.nditer",
                "it makes an array, or writes into several elements at once",
                "make the array with np.zeros_like(x), and leave 'external_loop' out",
                *self.operands,
            )
        whole = [positions(part) for part in self.operands]
        readable = [["readonly"] for _ in whole]
        self._inner: Any = np.nditer(whole, [*(flags or ()), "zerosize_ok"], readable, *args, **kwargs)

    @property
    def value(self) -> Any:
        """The elements at this place."""
        places = self._inner.value
        rows = places if isinstance(places, tuple) else (places,)
        found = [self._element(k, place) for k, place in enumerate(rows)]
        return found[0] if len(found) == 1 else tuple(found)

    def _element(self, k: int, place: Any) -> Any:
        array: Any = self.operands[k]
        where = np.unravel_index(place, np.shape(array))
        whole: Any = array if isinstance(array, Traced) else np.asarray(array)
        return whole[where] if np.ndim(place) else whole[(*map(int, where), ...)]

    def __iter__(self) -> Visitor:
        return self

    def __next__(self) -> Any:
        next(self._inner)
        return self.value

    def __getitem__(self, k: Any) -> Any:
        found = self.value
        return (found if isinstance(found, tuple) else (found,))[k]

    def __setitem__(self, k: int, value: Any) -> None:
        self[k][...] = value

    def __len__(self) -> int:
        return len(self.operands)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *error: Any) -> None:
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def positions(array: Any) -> Any:
    """The position of every element, in an array that lies in memory as ``array`` does."""
    held = layout(ask_where(array, "np.nditer")) if isinstance(array, Traced) else np.asarray(array)
    places = np.empty_like(held, dtype=int)
    places[...] = np.arange(held.size).reshape(held.shape)
    return places
