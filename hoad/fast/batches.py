"""Functions of batches in one frame: those of each element by itself are NumPy's own of all members at once.

Members that have fewer axes than what they meet are given as many. All else takes the general path, which is
the specification.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..chainrules.statements import Scalar
from ..kinds.batch import Batch, Row
from ..nested import BASE, Traced, Value, glance
from ..values.shapes import PLAIN
from .writer import install

DOUBLE = np.dtype(np.float64)
UNLIKE = (ArithmeticError, Warning)  # what may be raised for some members: the general path compares them


def unary(rule: Scalar) -> Callable[..., Any]:
    """The method for a function of one argument."""
    function, general = rule.function, rule.general

    def method(a: Value) -> Any:
        x, level = a.primal, a.level
        if x.__class__ is np.ndarray:
            try:
                return Batch(level, function(x))
            except UNLIKE:
                return general(a)
        return Batch(level, rule(x)) if level.lift is None else general(a)

    return method


def binary(rule: Scalar) -> Callable[..., Any]:
    """The method for a function of two arguments, of which one may be a constant."""
    function, general = rule.function, rule.general

    def method(a: Value, b: Value) -> Any:
        try:
            if a.__class__ is Batch:
                x = a.primal
                if x.__class__ is np.ndarray and x.dtype is DOUBLE:
                    if b.__class__ in PLAIN:
                        return Batch(a.level, function(x, b))
                    if b.__class__ is Batch and b.level is a.level:
                        y = b.primal
                        if y.__class__ is np.ndarray:
                            if x.ndim == y.ndim:
                                return Batch(a.level, function(x, y))
                            if y.dtype is DOUBLE:
                                more = y.ndim - x.ndim
                                return Batch(a.level, function(with_axes(x, more), with_axes(y, -more)))
                    elif b.__class__ is np.ndarray and b.dtype is DOUBLE:
                        return Batch(a.level, function(with_axes(x, b.ndim + 1 - x.ndim), b))
            else:
                y = b.primal
                if y.__class__ is np.ndarray and y.dtype is DOUBLE:
                    if a.__class__ in PLAIN:
                        return Batch(b.level, function(a, y))
                    if a.__class__ is np.ndarray and a.dtype is DOUBLE:
                        return Batch(b.level, function(a, with_axes(y, a.ndim + 1 - y.ndim)))
            return at_other_levels(a, b)
        except UNLIKE:
            return general(a, b)

    def at_other_levels(a: Value, b: Value) -> Any:
        if a.__class__ is Batch is b.__class__ and a.level is b.level:
            level, x, y = a.level, a.primal, b.primal
            fits = x.ndim == y.ndim and glance(x).__class__ is glance(y).__class__
        elif a.__class__ is Batch:
            level, x, y = a.level, a.primal, b
            fits = b.__class__ in PLAIN or is_last(b, a)
        elif b.__class__ is Batch:
            level, x, y = b.level, a, b.primal
            fits = a.__class__ in PLAIN or is_last(a, b)
        else:
            return general(a, b)
        return Batch(level, rule(x, y)) if fits and level.lift is None else general(a, b)

    return method


def with_axes(members: np.ndarray, more: int) -> np.ndarray:
    """Members with more axes, of length 1, in front of their own."""
    return members.reshape(len(members), *(1,) * more, *members.shape[1:]) if more > 0 else members


def copy(x: Value, order: str = "C") -> Any:
    """The same members in memory of their own."""
    members = x.primal
    if members.__class__ is not np.ndarray or order not in ("C", "K") or x.level.lift is not None:
        return ArrayLike.copy(x, order)
    return Batch(x.level, members.copy(order))


def is_last(c: Value, batch: Batch) -> bool:
    """Tell whether a constant is an array, or a value at a level outside, whose axes are the last ones of
    each member.
    """
    if c.__class__ is np.ndarray:
        return bool(c.dtype.kind != "O" and c.ndim < batch.primal.ndim)
    outside = (
        isinstance(c, Traced) and c.level is not BASE and c.level.alive and c.level.tag < batch.level.tag
    )
    return bool(outside and c.ndim < batch.primal.ndim)


def batch_method(rule: Scalar, name: str, signature: str) -> Callable[..., Any]:
    """The method of a rule, for the operands in either order."""
    if rule.arity == 1:
        return unary(rule)
    method = binary(rule)
    return method if signature == "_a, _b" else lambda b, a: method(a, b)


def rows_method(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method of a batch, for rows of numbers, which become batches by it."""

    def of_arrays(*operands: Any) -> Any:
        for x in operands:
            if x.__class__ is Row:
                x.primal  # noqa: B018 - asking is what does it
        return method(*operands)

    return of_arrays


install(Batch, batch_method)
install(Row, lambda rule, name, signature: rows_method(batch_method(rule, name, signature)))
setattr(Batch, "copy", copy)
