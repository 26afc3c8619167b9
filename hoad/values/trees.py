"""Containers (tuple, list, dict, namedtuple, dataclass, objects of any class): the one place that takes them
apart and puts them together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from ..errors import ArgumentError, NotDifferentiableError, ShapeMismatchError, describe
from ..guests import (
    REFUSED,
    house_of,
    in_words,
    is_foreign,
    is_of_a_house,
    is_of_jax,
    name_of_class,
    plain_array_of,
)
from ..nested import Traced, glance, settle
from .constants import is_array, is_elsewhere
from .containers import CONTAINERS, NAMESPACE, enter, is_container, is_differentiable
from .fields import field_of, field_of_array
from .links import HOLDERS, Linked, linked, relinked
from .shapes import shape_of
from .wrappers import unopened, wrapper_of


class Foreign(Exception):
    """The point is a number of another kind, which the operator is to wrap; users never see this."""


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
        classes = {leaf.__class__ for leaf in leaves}
        if not any([enter(cls) for cls in classes - CONTAINERS.keys()]):
            holds = any([issubclass(cls, HOLDERS) for cls in classes])
            return linked(leaves, tree) if holds else leaves, structure


def flatten_result(y: Any) -> tuple[list[Any], Any]:
    """Take the value of a function apart; an object that can be called counts as a function."""
    return ([y], None) if callable(y) else flatten(y)


def unflatten(structure: Any, leaves: list[Any]) -> Any:
    """Put a container together again from its leaves; the inverse of ``flatten``."""
    if structure is None:
        return leaves[0]
    tree = optree.tree_unflatten(structure, leaves)
    links = [leaf for leaf in leaves if leaf.__class__ is Linked]
    return relinked(tree, links[0].tree) if links else tree


def one_level(tree: Any) -> tuple[list[Any], tuple[Any, ...], Callable[[list[Any]], Any]]:
    """Take only the outermost container apart: its children, their keys, and the way back."""
    flatten(tree)  # so that its class is known
    level = optree.tree_flatten_one_level(tree, none_is_leaf=True, namespace=NAMESPACE)
    return level.children, level.entries, lambda children: level.unflatten_func(level.metadata, children)


def fill(out: Any, result: Any) -> Any:
    """Write a result into the user's arrays.

    Args:
        out: an array, or a container of arrays.
        result: numbers and arrays in the same structure, of the same shapes.

    Returns:
        ``out``.

    Raises:
        ShapeMismatchError: a structure or a shape differs, or a number in ``out`` is no array.
        ArgumentError: the array can't hold what is to be written.

    Example:
        >>> fill(np.zeros(2), np.array([1.0, 2.0]))
        array([1., 2.])
    """
    (places, structure), (values, wanted) = flatten(out), flatten(result)
    if str(structure) != str(wanted):
        raise ShapeMismatchError(
            f"out= is {describe(out)}, which has not the structure of {describe(result)}"
        )
    pairs = [(p, v) for p, v in zip(places, values, strict=True) if is_differentiable(v)]
    for place, value in pairs:
        if not is_array(place) or place.shape != shape_of(value):
            raise ShapeMismatchError(
                f"out= has {describe(place)}, where an array of shape {np.shape(value)} is to be filled: "
                f"np.empty({np.shape(value)})"
            )
        if isinstance(value, Traced) or not np.can_cast(np.result_type(value), place.dtype, "same_kind"):
            raise ArgumentError(f"out= has {describe(place)}, which can't hold {describe(value)}")
    for place, value in pairs:
        place[...] = value
    return out


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply ``function`` to each leaf of a container, and give a container of the same structure."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(leaf) for leaf in leaves])


def spread(prefix: Any, tree: Any, name: str) -> list[Any]:
    """The leaves of a container that is given for the upper levels of another one, each once for every leaf
    of the other that is below it.

    Raises:
        ShapeMismatchError: the two containers have not the same upper levels.

    Example:
        >>> spread((0, None), ([1.0, 2.0], 3.0), "the argument")
        [0, 0, None]
    """
    flatten(tree)  # so that the classes in it are known
    try:
        return optree.broadcast_prefix(prefix, tree, none_is_leaf=True, namespace=NAMESPACE)
    except ValueError as error:
        raise ShapeMismatchError(f"{prefix!r} does not fit the structure of {name}: {error}") from None


def is_of_numbers(tree: Any) -> bool:
    """Tell whether a value is a list or tuple, of whatever depth, of nothing but numbers, integers among
    them: it stands for an array.

    Example:
        >>> is_of_numbers([[1, 2.5], (3.0, 4)]), is_of_numbers([1.0, None]), is_of_numbers([1.0, [2.0, 3]])
        (True, False, False)
    """
    return tree.__class__ in (list, tuple) and _shape_of_numbers(tree) is not None


def _shape_of_numbers(tree: Any) -> tuple[int, ...] | None:
    """The shape of the array that a number, or numbers in lists, stand for; None for other things."""
    if tree.__class__ in (float, int, complex, np.float64):
        return ()
    if tree.__class__ in (list, tuple):
        shapes = {_shape_of_numbers(part) for part in tree}
        shape = shapes.pop() if len(shapes) == 1 else None
        return None if shape is None else (len(tree), *shape)
    if isinstance(tree, (np.number, Traced)):
        return () if shape_of(tree) == () else None
    return None if isinstance(tree, bool) or field_of(tree) is None else ()


def number(y: Any) -> bool:
    """Tell whether a value is something that a derivative can be taken of."""
    return isinstance(y, (int, float, complex, np.number, np.bool_, np.ndarray, Traced)) or (
        hasattr(y, "__add__") and not isinstance(y, (str, bytes))
    )


def is_one_number(y: Any) -> bool:
    """Tell whether a value is one number, traced or not, of whatever kind."""
    return not is_container(y) and number(y) and shape_of(y) == ()


def is_number_like(x: Any) -> bool:
    """Tell whether an object computes as numbers do: other number types, and arrays of other libraries."""
    return hasattr(x, "__array_ufunc__") or (hasattr(x, "__mul__") and hasattr(x, "__truediv__"))


def refuse_objects(x: Any, name: str) -> None:
    """Refuse an array of objects that are no numbers."""
    for value in x.flat:
        if not is_number_like(value):
            raise NotDifferentiableError(
                f"{name} is an array of objects, and {describe(value)} in it is no number; pass an array of "
                f"floats: np.array(x, dtype=float)"
            )


def as_plain(x: Any, name: str) -> Any:
    """The same as a plain array, if it is one of another class, which may have an arithmetic of its own.

    Raises:
        NotDifferentiableError: that class has more than numbers in it, as a mask.
    """
    seen = glance(x)
    return as_point(x, name) if isinstance(seen, np.ndarray) and seen.__class__ is not np.ndarray else x


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
    if x.__class__ is float:
        return x
    if x.__class__ is np.ndarray and x.dtype.kind == "f":
        return x.copy("K")
    x = settle(x)
    seen = glance(x)
    if seen.__class__.__name__ in REFUSED and house_of(seen) == "numpy":
        raise NotDifferentiableError(f"{name} is {describe(seen)}; pass {REFUSED[seen.__class__.__name__]}")
    if isinstance(x, Traced):
        return x.astype(np.float64) if x.dtype.kind in "biu" else x
    if isinstance(x, (float, complex, np.inexact)):
        return x
    if isinstance(x, (bool, int, np.bool_, np.integer)):
        return float(x)
    if isinstance(x, np.ndarray):
        if x.dtype.kind == "O" and x.size and is_of_a_house(x.flat[0]):
            raise NotDifferentiableError(
                f"{name} is an array of {name_of_class(x.flat[0])}; pass {plain_array_of(x.flat[0])}"
            )
        if is_of_a_house(x):
            raise NotDifferentiableError(f"{name} is {in_words(x)}; pass {plain_array_of(x)}")
        if x.dtype.kind == "O" and field_of_array(x) is not None:
            raise Foreign
        if x.dtype.kind in "biu":
            return x.astype(np.float64, subok=False)
        if x.dtype.kind == "O":
            refuse_objects(x, name)
        if x.dtype.kind in "fcO":
            return np.array(x, copy=True, subok=False)
        raise NotDifferentiableError(
            f"{name} is an array of dtype {x.dtype}, which has no derivative; pass an array of floats"
        )
    if is_of_jax(x):
        return as_point(np.asarray(x), name)
    if is_elsewhere(x):
        if x.dtype.kind in "biufc":
            return x.copy() if x.dtype.kind in "fc" else x.astype(np.float64)
        raise NotDifferentiableError(
            f"{name} is an array of dtype {x.dtype}, which has no derivative; pass an array of floats"
        )
    if field_of(x) is not None:
        raise Foreign
    if wrapper_of(x) is not None:
        raise unopened(x, name)
    if is_foreign(x):
        raise NotDifferentiableError(f"{name} is {in_words(x)}; pass {plain_array_of(x)}")
    if is_number_like(x):
        return x
    raise NotDifferentiableError(
        f"{name} is {describe(x)}, which can't be differentiated; pass a number, an array or a container "
        f"of those, "
        f"or choose another argument with argnums="
    )
