"""Questions about arrays, which their shapes, types and places in memory answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import Traced, bare, innermost, primal
from ...values.constants import arange
from ..declarations import composite, constant
from ..statements import RULES
from .layouts import ask_where

RULES[np.shape] = lambda a: a.shape
RULES[np.ndim] = lambda a: a.ndim
RULES[np.size] = lambda a, axis=None: a.size if axis is None else a.shape[axis]
RULES[np.iscomplexobj] = lambda x: x.dtype.kind == "c"
RULES[np.isrealobj] = lambda x: x.dtype.kind != "c"


@composite(np.common_type)
def common_type(*arrays: Any) -> Any:
    """The class of numbers that arrays have in common."""
    return np.common_type(*[np.empty(0, a.dtype) for a in arrays])


@composite(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> Any:
    """The type of a result."""
    return np.result_type(*(primal_like(a) for a in arrays_and_dtypes))


def primal_like(a: Any) -> Any:
    """The plain value, a number of Python's as such, or the type where that is a batch."""
    a = bare(primal(a))
    return a.dtype if innermost((a,)) is not None else a


constant(np.array_repr, np.array_str, np.array2string)


@composite(np.einsum_path)
def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    """The order in which a product of arrays is best made: a question of their shapes."""
    shapes = [np.broadcast_to(0.0, x.shape) if isinstance(x, Traced) else x for x in operands]
    return np.einsum_path(*shapes, optimize=optimize, einsum_call=einsum_call)


def places_of(x: Any) -> tuple[Any, Any]:
    """The array that a traced one is a view of, and at which of its elements."""
    if not hasattr(x, "source"):
        return x, arange(x.size, like=x).reshape(x.shape)
    parent, rule, args, kwargs = x.source
    root, places = places_of(parent)
    return root, rule(places, *args, **kwargs)


def common_places(a: Any, b: Any) -> tuple[Any, Any] | None:
    """Where two arrays lie in one that both are views of; None where there is none."""
    (root, here), (other, there) = places_of(a), places_of(b)
    return (here, there) if root is other and here.size and there.size else None


def may_share_memory(a: Any, b: Any, max_work: int | None = None) -> bool:
    """Whether there may be an element of both: one lies between the first and the last of the other."""
    return meet(a, b, is_exact=bool(max_work))


def shares_memory(a: Any, b: Any, max_work: int | None = None) -> bool:
    """Whether an element is of both."""
    return meet(a, b, is_exact=max_work is None or bool(max_work))


def meet(a: Any, b: Any, is_exact: bool) -> bool:
    """Whether two arrays share elements, or lie where they may. Of an array of objects, which may hold those
    of the other, it is not known.
    """
    are_traced = isinstance(a, Traced) and isinstance(b, Traced)
    if are_traced and (is_packed(a) or is_packed(b)):
        return True
    found = common_places(a, b) if are_traced else None
    if found is None:
        for x in (a, b):
            ask_where(x, "np.shares_memory")
        return False
    here, there = found
    if is_exact:
        return bool(np.isin(here, there).any())
    return bool(np.min(here) <= np.max(there) and np.min(there) <= np.max(here))


def is_packed(x: Traced) -> bool:
    """Tell whether a traced array stands for an array of objects."""
    notes = x.level.notes
    return notes is not None and any([known is x for _, _, known in notes.packed.values()])


RULES[np.may_share_memory], RULES[np.shares_memory] = may_share_memory, shares_memory
