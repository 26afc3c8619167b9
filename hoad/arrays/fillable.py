"""Arrays of constants that traced values may be written into.

``np.zeros(3)`` is a plain float array, and NumPy can't put a traced value there. Within a derivative
``hoad.numpy.zeros(3)`` is a ``Fillable``: a handle on a plain array, at a level outside of all derivatives.
As long as numbers are written it stays one; with the first traced value it moves to the level of that, as
every handle does (``mutation.py``), its views with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..chainrules.statements import Primitive
from ..nested import BASE, INSIDE, SIMPLE, Traced, primal
from ..values.constants import asarray, is_array, zeros
from .arraylike import ArrayLike
from .mutation import is_view, link_view, put


class Fillable(ArrayLike):
    """A plain array under a handle that can move to a level.

    Example:
        >>> y = Fillable(np.zeros(2))
        >>> y[0] = 3.0
        >>> y
        array([3., 0.])
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}

    def __init__(self, primal: np.ndarray) -> None:
        self.level = BASE
        self.primal = primal

    def __repr__(self) -> str:
        return repr(self.primal)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.primal, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self.primal)

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a function on the plain arrays: what it makes can be filled, as they can."""
        plain = [a.primal if a.__class__ is Fillable else a for a in args]
        out = rule(*plain, **kwargs)
        if rule.is_view and args[0].__class__ is Fillable and is_view(out, plain[0]):
            view = Fillable(out)
            link_view(view, args[0], rule, args[1:], kwargs)
            return view
        return fillable(out)

    @property
    def order(self) -> int:
        """No derivative is taken outside of all."""
        return 0

    def frozen(self) -> Any:
        """The numbers as they are now."""
        return self.primal.copy("K")

    def constant(self, value: Any) -> Any:
        """Only reached by what belongs to no level."""
        return Fillable(asarray(value, like=self.primal))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Zeros."""
        return Fillable(zeros(shape, dtype, like=self.primal))

    def store(self, index: Any, value: Any) -> None:
        """Write numbers."""
        if value.__class__ is not Fillable and isinstance(value, Traced):
            self.primal[index] = value  # of objects, as wires are held in
        else:
            put(self.primal, index, primal(value))


SIMPLE.add(Fillable)


def fillable(out: Any) -> Any:
    """An array of floats as a ``Fillable``, while a derivative runs; anything else as it is."""
    if out.__class__ is np.ndarray:
        return Fillable(out) if out.dtype.kind in "fc" and INSIDE.get() else out
    if isinstance(out, Traced) or not INSIDE.get() or not is_array(out):
        return out
    return Fillable(out) if out.dtype.kind in "fc" else out
