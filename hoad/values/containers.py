"""What is a container, and of which kind: tuple, list, dict, namedtuple, dataclass, objects of any class."""

from __future__ import annotations

import contextlib
import functools
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from ..guests import APART, holds_floats, is_foreign
from ..nested import Traced
from .constants import is_elsewhere
from .fields import field_of
from .functions import FUNCTIONS, held_by
from .structs import attributes, is_struct_class, put_together, refuse_cycle, take_apart
from .wrappers import KNOWN, LISTENERS, wrapper_of

NAMESPACE = "hoad"

NUMBERS = (float, complex, np.floating, np.complexfloating)
LEFT_ALONE = {int, bool, str, bytes, type(None)}

# Whether the values of a class are containers, for each class that was met.
CONTAINERS: dict[type, bool] = dict.fromkeys((tuple, list, dict), True)
CONTAINERS |= dict.fromkeys((float, int, complex, str, bool, type(None), np.ndarray, np.float64), False)

_STRUCTS: set[type] = set()  # those of them whose objects hold their attributes


def is_container(value: Any) -> bool:
    """Tell whether ``value`` holds other values that the operators look into."""
    known = CONTAINERS.get(value.__class__)
    return enter(value.__class__) if known is None else known


def enter(cls: type) -> bool:
    """Note whether the values of a class are containers, and how they are taken apart."""
    known = optree.is_namedtuple_class(cls) or optree.is_structseq_class(cls)
    known = known or optree.register_pytree_node.get(cls) is not None
    if cls in KNOWN or cls.__module__.partition(".")[0] in APART or cls.__module__.startswith("scipy.sparse"):
        known = False  # it holds one array, as its owner said, or is one
    elif cls in FUNCTIONS:
        known = False
    elif not known and is_struct_class(cls):
        with contextlib.suppress(ValueError):  # another thread was first
            optree.register_pytree_node(
                cls,
                functools.partial(take_apart, holds_number=holds_number),
                functools.partial(put_together, cls),
                namespace=NAMESPACE,
            )
        _STRUCTS.add(cls)
        known = True
    CONTAINERS[cls] = known
    return known


def _forget(cls: type) -> None:
    """A class was registered as one that wraps an array: it is no container from now on."""
    if CONTAINERS.pop(cls, False):
        with contextlib.suppress(ValueError):
            optree.unregister_pytree_node(cls, namespace=NAMESPACE)


LISTENERS.append(_forget)


def is_struct(value: Any) -> bool:
    """Tell whether ``value`` is an object that counts as a container by its attributes."""
    return is_container(value) and value.__class__ in _STRUCTS


def holds_number(tree: Any, above: tuple[Any, ...] = ()) -> bool:
    """Tell whether a number, or an array, is anywhere in a container. (A function that holds an object
    counts: it may be one of the same container, which is put together again.)

    Raises:
        ArgumentError: an object in it holds itself.
    """
    if not is_container(tree):
        if isinstance(tree, FUNCTIONS):
            return _holds_object(tree, set())
        return is_differentiable(tree) or tree.__class__ is int
    if any([tree is other for other in above]):
        refuse_cycle(tree)
    held = [*attributes(tree).values()]
    if isinstance(tree, dict):
        held += tree.values()
    elif isinstance(tree, (list, tuple, deque)):
        held += tree
    return any([holds_number(part, (*above, tree)) for part in held])


def _holds_object(function: Any, seen: set[int]) -> bool:
    """Tell whether a function holds an object, as a method does."""
    seen.add(id(function))
    parts = held_by(function)
    while parts:
        part = parts.pop()
        if isinstance(part, FUNCTIONS):
            if id(part) not in seen and _holds_object(part, seen):
                return True
        elif is_struct(part):
            return True
        elif is_container(part) and id(part) not in seen:
            seen.add(id(part))
            parts += children_of(part)
    return False


def is_differentiable(leaf: Any) -> bool:
    """Tell whether a leaf of a container is differentiated; None, strings, integers and other objects are
    left alone. (An array of another library is not, which may be refused then.)
    """
    if leaf.__class__ is np.ndarray or is_elsewhere(leaf):
        return leaf.dtype.kind in "fcO"
    if isinstance(leaf, (*NUMBERS, Traced)) or field_of(leaf) is not None:
        return True
    if leaf.__class__ in LEFT_ALONE:
        return False
    return wrapper_of(leaf) is not None or (is_foreign(leaf) and holds_floats(leaf))


def map_parts(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply ``function`` to each leaf of a container, and to each object in it, which stays whole."""
    return optree.tree_map(function, tree, is_leaf=is_struct, none_is_leaf=True, namespace=NAMESPACE)


def children_of(tree: Any) -> list[Any]:
    """What a container holds at its outermost level."""
    if is_struct(tree):
        return take_apart(tree, lambda _: True)[0]
    return optree.tree_flatten_one_level(tree, none_is_leaf=True, namespace=NAMESPACE).children
