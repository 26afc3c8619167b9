"""Batches: one more kind of traced value, which stands for a whole axis of values at once.

``jacobian`` and ``hessian`` push all their directions through a function together, as tangents (or
cotangents) that are batches: each NumPy call then serves every direction. A rule that has no batched form
below is run once for each member of the batch.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.mutation import is_view, link_view, own, put
from ..arrays.operators import compare_members
from ..arrays.texts import made_representation
from ..chainrules import RULES
from ..chainrules.numpy.indexing import read
from ..chainrules.statements import Primitive
from ..chainrules.transfers import to_device, to_host
from ..errors import ArgumentError
from ..nested import Level, Traced, Value, everything, glance, primal, refused
from ..values.constants import arange, is_elsewhere, library, plain_of, zeros
from ..values.shapes import shape_of
from .batch_forms import FORMS, elementwise, is_elementwise, length, of_member, one_by_one, whole_index
from .outcomes import compare

DIFFERS = "that differs between the members of a batch stands where Python and NumPy want a plain one"


class Batch(ArrayLike):
    """Values along a leading axis of ``primal``, of which the rest of the program sees one at a time.

    Example:
        >>> rows = Batch(Level(), np.eye(2))
        >>> rows.shape, np.sum(rows).primal
        ((2,), array([1., 1.]))
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    differentiates = False
    has_members = True

    def __init__(self, level: Level, primal: Value) -> None:
        self.level = level
        self.primal = primal

    def __repr__(self) -> str:
        return made_representation(self, f"Batch({self.primal!r})", sys._getframe(1))

    def _shape(self) -> tuple[int, ...]:
        """The shape of one member."""
        return shape_of(self.primal)[1:]

    def _dtype(self) -> Any:
        """The type of the elements."""
        return self.primal.dtype

    shape = property(_shape, ArrayLike.set_shape)
    dtype = property(_dtype, ArrayLike.set_dtype)

    def __index__(self) -> int:
        message = (
            f"an index {DIFFERS}: hoad.numpy.asarray(table)[i] reads a plain table, x[np.arange(n) + i] "
            f"takes the place of a slice; what has another length for each member needs a loop over them"
        )
        if self.dtype.kind not in "biu":  # no index in the plain program either: NumPy 2.0 asks each exponent
            raise TypeError(message)
        raise refused(TypeError(message), self)

    def __bool__(self) -> bool:
        """What all members have in common, as a check of an argument does; a branch that they do not take
        together is refused.
        """
        members = everything(self)
        if np.all(members):
            return True
        if not np.any(members):
            return False
        message = "a batch has no single truth value; use np.where instead of a branch"
        raise refused(TypeError(message), self)

    def __int__(self) -> int:
        message = f"a number {DIFFERS}: x.astype(int) is int(x) of every member"
        raise refused(TypeError(message), self)

    def __floor__(self) -> Any:
        return np.floor(self).astype(int)

    def __ceil__(self) -> Any:
        return np.ceil(self).astype(int)

    def __trunc__(self) -> Any:
        return np.trunc(self).astype(int)

    def __round__(self, ndigits: int | None = None) -> Any:
        return np.round(self).astype(int) if ndigits is None else np.round(self, ndigits)

    def is_integer(self) -> Any:
        """Which members have no fraction."""
        return np.floor(self) == self

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out the rule for all members."""
        level = self.level
        batched = [has_members(a, level) for a in args]
        primals = [without(a, b) for a, b in zip(args, batched, strict=True)]
        if rule is not to_host and any([is_elsewhere(glance(p)) for p in primals]):
            primals = [
                beside(p, primals) if b and is_number(a) else p
                for p, a, b in zip(primals, args, batched, strict=True)
            ]
        form = elementwise if is_elementwise(rule) else FORMS.get(rule)
        try:
            out = form(rule, primals, batched, **kwargs) if form is not None else None
            if out is None:
                out = one_by_one(rule, primals, batched, **kwargs)
        except ArgumentError as error:  # the members differ where they can't
            raise refused(error, self) from None
        except Exception as error:
            one = functools.partial(of_member, rule, primals, batched, kwargs)
            compare(error, level, length(primals, batched), one)
            raise
        if isinstance(out, tuple):
            return tuple([Batch(level, o) for o in out])
        result = Batch(level, out)
        if rule.is_view and batched[0] and is_view(out, primals[0]) and not is_element(result, rule, args):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def constant(self, value: Value) -> Batch:
        """The same value for every member."""
        return Batch(self.level, own(np.broadcast_to(value, (len(self.primal), *np.shape(value)))))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Batch:
        """Zeros for every member."""
        return Batch(self.level, zeros((len(self.primal), *shape), dtype, like=self))

    def frozen(self) -> Batch:
        """The same members under a handle of its own."""
        return Batch(self.level, self.primal)

    def store(self, index: Any, value: Value) -> None:
        """Write into every member."""
        flags = has_members(index, self.level)
        mask = whole_mask(index, flags, self.ndim) if np.ndim(value) == 0 else None
        if mask is not None:
            self.primal = RULES[np.where](mask, value, self.frozen()).primal
            return
        whole = whole_index(without(index, flags), flags, len(self.primal))
        if whole is None:
            whole = self._positions(index)
        if isinstance(value, Batch) and value.level is self.level:
            value = of_axes(value.primal, np.ndim(read(self.primal, whole)))
        self.primal = put(own(self.primal), whole, value)

    def without_derivatives(self) -> Batch:
        """The members, without derivatives of any."""
        value = primal(self.primal)
        return self if value is self.primal else Batch(self.level, value)

    def _positions(self, index: Any) -> tuple[Any, ...]:
        """Any index as the positions of what it selects, along one axis for each of the array's."""
        place = arange(self.size, like=self).reshape(self.shape)
        chosen = Batch(self.level, np.broadcast_to(place, self.primal.shape))[index].primal
        members = arange(len(chosen), like=chosen).reshape(-1, *(1,) * (chosen.ndim - 1))
        return (members, *np.unravel_index(chosen, self.shape))


class Row(Batch):
    """A few numbers as a batch, in a tuple, where NumPy takes longer to begin than Python to finish. It is a
    batch like any other as soon as somebody asks for its array.

    Example:
        >>> row = Row(Level(), (1.0, 2.0))
        >>> (row * 3.0).primal, type(row).__name__
        (array([3., 6.]), 'Batch')
    """

    __slots__ = ()

    def __init__(self, level: Level, numbers: tuple[float, ...]) -> None:
        self.level = level
        self.tangent = numbers

    def _array(self) -> Any:
        """The members along an axis, from now on."""
        numbers, self.__class__ = self.tangent, Batch  # type: ignore[assignment]
        self.primal = np.array(numbers)
        return self.primal

    def _become(self, members: Value) -> None:
        """Hold other members."""
        self.__class__ = Batch  # type: ignore[assignment]
        self.primal = members

    primal = property(_array, _become)

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out the rule for all members."""
        self._array()
        return self.process(rule, args, kwargs)


def is_number(x: Value) -> bool:
    """Tell whether each member is one number."""
    return isinstance(x, Batch) and x.ndim == 0


def beside(members: Any, others: list[Any]) -> Any:
    """Members that are numbers of the host's, which meet arrays of a device as one number does."""
    return members if is_elsewhere(glance(members)) else to_device(members, library(others), plain_of(others))


def of_axes(members: Any, ndim: int) -> Any:
    """Members that are to be written where there are ``ndim`` axes with theirs: axes of length 1 are put in
    front, or dropped there, as NumPy does for one of them.
    """
    n, *shape = np.shape(members)
    while len(shape) > max(ndim - 1, 0) and shape[0] == 1:
        shape = shape[1:]
    return np.reshape(members, (n, *(1,) * (ndim - 1 - len(shape)), *shape))


def is_element(out: Batch, rule: Primitive, args: tuple[Any, ...]) -> bool:
    """Tell whether members are what NumPy gives as numbers: ``x[1]``, and not ``x[1, ...]``."""
    if out.ndim or not rule.gathers:
        return False
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    return not any([part is Ellipsis for part in index])


def has_members(x: Value, level: Level) -> Any:
    """Whether an operand is a batch of a level; for a tuple that holds some, whether each entry is one."""
    if x.__class__ is tuple:
        flags = tuple([isinstance(a, Batch) and a.level is level for a in x])
        return flags if True in flags else False
    return isinstance(x, Batch) and x.level is level


def whole_mask(index: Any, flags: Any, ndim: int) -> Any:
    """The mask of an index that is nothing else, in the shape of a member, where it differs between those."""
    parts = index if index.__class__ is tuple else (index,)
    where = [k for k, p in enumerate(parts) if isinstance(p, Traced) and p.dtype.kind == "b"]
    if len(where) != 1 or any(
        p.__class__ is not slice or p != slice(None) for k, p in enumerate(parts) if k not in where
    ):
        return None
    mask = parts[where[0]]
    return np.reshape(mask, (1,) * where[0] + mask.shape + (1,) * (ndim - where[0] - mask.ndim))


def without(x: Value, flag: Any) -> Any:
    """An operand without its level."""
    if flag.__class__ is tuple:
        return tuple([a.primal if b else a for a, b in zip(x, flag, strict=True)])
    return x.primal if flag else x


def unbatch(x: Value, level: Level, n: int) -> Any:
    """All members along a leading axis, whether or not ``x`` depends on the batch."""
    if isinstance(x, Batch) and x.level is level:
        return x.primal
    return np.broadcast_to(x, (n, *np.shape(x)))


compare_members(Batch)
