"""Containers (tuple, list, dict, namedtuple, dataclass): the one place that takes them apart and puts them
together.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from .errors import NotDifferentiableError, describe
from .nested import Traced, settle

NAMESPACE = "hoad"
CONTAINERS = (tuple, list, dict)
ATOMS = frozenset({float, int, complex, str, bool, type(None), np.ndarray, np.float64})
NUMBERS = (float, complex, np.floating, np.complexfloating)


def _register(cls: type) -> None:
    names = [field.name for field in dataclasses.fields(cls)]

    def take_apart(value: Any) -> tuple[list[Any], None, list[str]]:
        return [getattr(value, name) for name in names], None, names

    def put_together(_: Any, children: Any) -> Any:
        new: Any = object.__new__(cls)
        for name, child in zip(names, children, strict=True):
            object.__setattr__(new, name, child)
        return new

    with contextlib.suppress(ValueError):  # another thread was first
        optree.register_pytree_node(cls, take_apart, put_together, namespace=NAMESPACE)


def _is_dataclass(value: Any) -> bool:
    return hasattr(value.__class__, "__dataclass_fields__")


def is_container(value: Any) -> bool:
    """Tell whether ``value`` holds other values that the operators look into."""
    return value.__class__ not in ATOMS and (isinstance(value, CONTAINERS) or _is_dataclass(value))


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Take a container apart.

    Args:
        tree: a container of any depth, or a single value.

    Returns:
        The leaves in order, and the structure that ``unflatten`` needs (None for a single value).

    Example:
        >>> leaves, structure = flatten({"a": 1.0, "b": [2.0, None]})
        >>> leaves
        [1.0, 2.0, None]
        >>> unflatten(structure, [10.0, 20.0, None])
        {'a': 10.0, 'b': [20.0, None]}
    """
    if not is_container(tree):
        return [tree], None
    while True:
        leaves, structure = optree.tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
        strangers = {type(leaf) for leaf in leaves if _is_dataclass(leaf)}
        if not strangers:
            return leaves, structure
        for cls in strangers:
            _register(cls)


def unflatten(structure: Any, leaves: list[Any]) -> Any:
    """Put a container together again from its leaves; the inverse of ``flatten``."""
    return leaves[0] if structure is None else optree.tree_unflatten(structure, leaves)


def one_level(tree: Any) -> tuple[list[Any], tuple[Any, ...], Callable[[list[Any]], Any]]:
    """Take only the outermost container apart: its children, their keys, and the way back."""
    flatten(tree)  # so that its class is known
    level = optree.tree_flatten_one_level(tree, none_is_leaf=True, namespace=NAMESPACE)
    return level.children, level.entries, lambda children: level.unflatten_func(level.metadata, children)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply ``function`` to each leaf of a container, and give a container of the same structure."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(leaf) for leaf in leaves])


def is_differentiable(leaf: Any) -> bool:
    """Tell whether a leaf of a container is differentiated; None, strings, integers and other objects are
    left alone.
    """
    if leaf.__class__ is np.ndarray:
        return leaf.dtype.kind in "fcO"
    return isinstance(leaf, (*NUMBERS, Traced))


def is_number_like(x: Any) -> bool:
    """Tell whether an object computes as numbers do: other number types, and arrays of other libraries."""
    return hasattr(x, "__array_ufunc__") or (hasattr(x, "__mul__") and hasattr(x, "__truediv__"))


def as_point(x: Any, name: str = "the argument") -> Any:
    """Make a single value ready to be differentiated: integers and bools become floats, arrays become hoad's
    own copy.

    Args:
        x: a number or an array.
        name: what the message calls it.

    Returns:
        A float, complex, NumPy scalar, array or traced value.

    Raises:
        NotDifferentiableError: for anything else.

    Example:
        >>> as_point(3)
        3.0
    """
    x = settle(x)
    if x.__class__ is np.ndarray and x.dtype.kind == "f":
        return x.copy()
    if isinstance(x, (float, complex, Traced, np.inexact)):
        return x
    if isinstance(x, (bool, int, np.bool_, np.integer)):
        return float(x)
    if isinstance(x, np.ndarray):
        if x.dtype.kind in "biu":
            return x.astype(np.float64)
        if x.dtype.kind in "fcO":
            return np.array(x, copy=True, subok=False)
        raise NotDifferentiableError(
            f"{name} is an array of dtype {x.dtype}, which has no derivative; pass an array of floats"
        )
    if is_number_like(x):
        return x
    raise NotDifferentiableError(
        f"{name} is {describe(x)}, which can't be differentiated; pass a number, an array or a container "
        f"of those, "
        f"or choose another argument with argnums="
    )
