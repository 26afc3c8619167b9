"""``np.vectorize``: a function of numbers, for each element of traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.shaping import cast
from ..nested import Traced, pack, primal, type_of
from ..values.captures import traced_in


class Vectorized(np.vectorize):  # type: ignore[misc]  # NumPy gives it no type
    """NumPy's own, and where an argument is traced the same, of traced numbers.

    Example:
        >>> import hoad
        >>> ramp = Vectorized(lambda x: x * x if x > 0 else 0.0, otypes=[float])
        >>> hoad.elementwise_grad(ramp, np.array([-1.0, 3.0]))
        array([0., 6.])
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function of every element."""
        pyfunc: Any = self.pyfunc
        if pyfunc is np._NoValue or not traced_in((args, kwargs)):
            return super().__call__(*args, **kwargs)
        if self.signature is not None:
            return self._of_parts(args, kwargs)
        mapped = [k for k in range(len(args)) if k not in self.excluded]
        names = [name for name in kwargs if name not in self.excluded]
        arrays = np.broadcast_arrays(
            *[
                pack(np.asanyarray(args[k]) if isinstance(args[k], (list, tuple)) else args[k])
                for k in mapped
            ],
            *[kwargs[name] for name in names],
        )
        shape = np.shape(arrays[0])
        rows = [np.reshape(a, -1) for a in arrays]
        # NumPy makes arrays of objects first, in which the elements of arrays are Python's numbers.
        given_as = (*[args[k] for k in mapped], *map(kwargs.get, names))
        as_they_are = [
            is_number_of_numpy(a) or row.dtype.kind == "O" for a, row in zip(given_as, rows, strict=True)
        ]

        def of_one(n: int) -> Any:
            values = [row[n] if kept else row[n].item() for row, kept in zip(rows, as_they_are, strict=True)]
            given = list(args)
            for k, value in zip(mapped, values, strict=False):
                given[k] = value
            named = dict(zip(names, values[len(mapped) :], strict=True))
            return pyfunc(*given, **{**kwargs, **named})

        count = int(np.prod(shape, dtype=int))
        if not count:
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        found = [of_one(n) for n in range(count)]
        if not isinstance(found[0], tuple):
            return self._array(found, shape, 0)
        return tuple(self._array(column, shape, k) for k, column in enumerate(zip(*found, strict=True)))

    def _array(self, found: Any, shape: tuple[int, ...], k: int) -> Any:
        """Values in a shape, of the type that was asked for, or of the first."""
        kind = self.otypes[k] if self.otypes else np.asarray(primal(found[0])).dtype
        return cast(np.reshape(np.stack(found), shape)[()], kind)

    def _of_parts(self, args: Any, kwargs: Any) -> Any:
        """Of vectors and matrices, as the signature says."""
        outputs = self.signature.partition("->")[2].count("(")
        plain: Callable[..., Any] = np.vectorize(
            self.pyfunc, otypes="O" * outputs, excluded=self.excluded, signature=self.signature
        )
        found = plain(*[as_given(a) for a in args], **{name: as_given(a) for name, a in kwargs.items()})
        kinds = self.otypes or [None] * outputs
        if not isinstance(found, tuple):
            return cast(pack(found), kinds[0])
        return tuple(cast(pack(part), kind) for part, kind in zip(found, kinds, strict=True))


def is_number_of_numpy(x: Any) -> bool:
    """Tell whether a value is a number of NumPy's, and no array."""
    return issubclass(type_of(x), np.generic)


def as_given(x: Any) -> Any:
    """An argument, of which NumPy makes an array before it takes it apart."""
    return np.reshape(x, np.shape(x)) if isinstance(x, Traced) and not x.ndim else x
