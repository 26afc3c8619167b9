"""What a recorded program is for: the structure of the arguments, the class, type and shape of each number,
and the values of what is no number.
"""

from __future__ import annotations

import functools
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..errors import RecordingError, describe
from ..guests import is_foreign, is_table
from ..nested import Traced, glance
from ..values.constants import is_elsewhere
from ..values.containers import is_container
from ..values.trees import flatten, unflatten

NUMBERS = frozenset(
    {float, complex, np.float64, np.float32, np.float16, np.complex128, np.complex64, np.longdouble}
)
KINDS = "fciub"  # of the elements of arrays
ONE_BY_ONE: Any = object()
PLAIN = frozenset({int, bool, str, bytes, type(None), type(Ellipsis)})
FIXED = (type, FunctionType, BuiltinFunctionType, ModuleType, np.ufunc)  # what is what it is
PARTS: dict[type, tuple[str, ...]] = {
    slice: ("start", "stop", "step"),
    functools.partial: ("func", "args", "keywords"),
}
DEEPEST = 12  # objects within objects


class Call(NamedTuple):
    """The arguments of a call, taken apart.

    ``leaves`` are all leaves, ``varying`` the places of the numbers and arrays among them; ``key`` says
    what a program must be for.
    """

    leaves: list[Any]
    varying: tuple[int, ...]
    structure: Any
    key: Any

    def numbers(self) -> list[Any]:
        """The leaves that vary."""
        return [self.leaves[k] for k in self.varying]

    def with_numbers(self, numbers: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with other numbers."""
        leaves = list(self.leaves)
        for k, number in zip(self.varying, numbers, strict=True):
            leaves[k] = number
        if self.structure is ONE_BY_ONE:
            return tuple(leaves), {}
        args, kwargs = unflatten(self.structure, leaves)
        return args, kwargs


class Static:
    """An argument that is part of the program, by its value."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.key: Any = key_of(value, [])


class Same:
    """An object by its identity, which is kept so that no other has its place."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value


def key_of(value: Any, above: list[Any]) -> Any:
    """What an argument must be for a program to be that of the function: containers, arrays and objects by
    what is in them, since that may change.

    Args:
        value: the argument, or a part of it.
        above: the objects that it is a part of.

    Raises:
        RecordingError: nobody can tell what is in it.
    """
    kind = value.__class__
    if kind in PLAIN:
        return kind, value
    if kind in (float, complex):
        return kind, repr(value)  # -0.0 is 0.0, and another number
    if isinstance(value, np.generic):
        return kind, value.dtype, value.tobytes()
    if isinstance(value, FIXED) or hasattr(value, "_form"):
        return kind, Same(value)
    if any([value is one for one in above]):
        return kind, "itself"
    inner = [*above, value]
    if len(inner) > DEEPEST or is_table(value) or is_foreign(value) or is_elsewhere(value):
        raise RecordingError(f"an argument is {describe(value)}, which can't be part of a program")
    if kind is np.ndarray:
        if value.dtype.kind == "O":
            return kind, value.shape, tuple([key_of(part, inner) for part in value.flat])
        return kind, value.dtype, value.shape, value.tobytes()
    if isinstance(value, (list, tuple)):
        return kind, tuple([key_of(part, inner) for part in value])
    if isinstance(value, dict):
        return kind, tuple([(key_of(k, inner), key_of(part, inner)) for k, part in value.items()])
    if isinstance(value, (set, frozenset)):
        return kind, frozenset([key_of(part, inner) for part in value])
    if kind is MethodType:
        return kind, Same(value.__func__), key_of(value.__self__, inner)
    if kind in PARTS:
        return kind, tuple([key_of(getattr(value, name), inner) for name in PARTS[kind]])
    if kind.__hash__ is object.__hash__ or not is_hashable(value):
        return kind, Same(value), parts_of(value, inner)
    try:
        return kind, value, parts_of(value, inner)  # of equal objects, one may hold 1, and the other True
    except RecordingError:
        return kind, value


def is_hashable(value: Any) -> bool:
    """Tell whether an object can be looked up by what it is equal to."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def parts_of(value: Any, inner: list[Any]) -> Any:
    """The attributes of an object, as they are now.

    Raises:
        RecordingError: it has none.
    """
    kind = value.__class__
    names = [n for base in kind.__mro__ for n in getattr(base, "__slots__", ()) if n != "__weakref__"]
    parts = {n: getattr(value, n) for n in names if hasattr(value, n)} | getattr(value, "__dict__", {})
    if not parts:
        raise RecordingError(f"an argument is {describe(value)}, and nobody can tell what is in it")
    return tuple([(n, key_of(part, inner)) for n, part in parts.items()])


def taken_apart(args: tuple[Any, ...], kwargs: dict[str, Any], static: frozenset[Any]) -> Call:
    """The arguments of a call.

    Args:
        args: by position.
        kwargs: by name.
        static: positions and names of arguments that are part of the program.
    """
    if not kwargs and not static and not any([is_container(a) for a in args]):
        return described(list(args), ONE_BY_ONE, ONE_BY_ONE)
    held = [Static(a) if k in static else a for k, a in enumerate(args)]
    named = {name: Static(a) if name in static else a for name, a in sorted(kwargs.items())}
    leaves, structure = flatten((held, named))
    found = described(leaves, structure, str(structure))
    values = [leaf.value if leaf.__class__ is Static else leaf for leaf in leaves]
    return found._replace(leaves=values)


def lying(x: Any) -> Any:
    """What a program must be for of an array on a device: it has kernels for that device."""
    return x.__class__, x.dtype, x.shape, repr(getattr(x, "device", None))


def order_of(x: Any) -> tuple[Any, ...]:
    """In which order the axes of an array of NumPy's lie in memory, which ``ravel("K")`` tells, and which are
    gone through from their ends; nothing where they lie as those of a new array do.

    Example:
        >>> order_of(np.ones((2, 3))), order_of(np.ones((4, 3))[::2]), order_of(np.ones((2, 3)).T)
        ((), (), (1, 0, False, False))
    """
    if x.__class__ is not np.ndarray or x.ndim < 2 or x.flags.c_contiguous:
        return ()
    order = sorted(range(x.ndim), key=lambda k: -abs(x.strides[k]))
    is_plain = order == [*range(x.ndim)] and min(x.strides) > 0
    return () if is_plain else (*order, *[step < 0 for step in x.strides])


def described(leaves: list[Any], structure: Any, text: Any) -> Call:
    """The same of leaves."""
    key: list[Any] = [text]
    varying: list[int] = []
    for k, leaf in enumerate(leaves):
        kind = leaf.__class__
        if kind is np.ndarray and leaf.dtype.kind in KINDS:
            key.append((leaf.dtype, leaf.shape, *order_of(leaf)))
            varying.append(k)
        elif is_elsewhere(leaf) and leaf.dtype.kind in KINDS:
            key.append(lying(leaf))
            varying.append(k)
        elif kind in NUMBERS:
            key.append(kind)
            varying.append(k)
        elif isinstance(leaf, Traced):
            value = glance(leaf)
            has_axes = leaf.shape or isinstance(value, np.ndarray)
            plain = (value.dtype, leaf.shape, *order_of(value)) if has_axes else type(value)
            key.append(lying(value) if is_elsewhere(value) else plain)
            varying.append(k)
        else:
            key.append(leaf.key if kind is Static else Static(leaf).key)
    return Call(leaves, tuple(varying), structure, tuple(key))
