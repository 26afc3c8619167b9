"""What a recorded program is for: the structure of the arguments, the class, type and shape of each number,
and the values of what is no number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..nested import Traced, glance
from ..values.trees import flatten, is_container, unflatten

NUMBERS = frozenset(
    {float, complex, np.float64, np.float32, np.float16, np.complex128, np.complex64, np.longdouble}
)
KINDS = "fciub"  # of the elements of arrays
ONE_BY_ONE: Any = object()


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
    """An argument that is part of the program, by its value; what can't be looked up is so by identity."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        try:
            hash(value)
        except TypeError:
            self.key: Any = (value.__class__, id(value))
        else:
            self.key = (value.__class__, value)


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


def described(leaves: list[Any], structure: Any, text: Any) -> Call:
    """The same of leaves."""
    key: list[Any] = [text]
    varying: list[int] = []
    for k, leaf in enumerate(leaves):
        kind = leaf.__class__
        if kind is np.ndarray and leaf.dtype.kind in KINDS:
            key.append((leaf.dtype, leaf.shape))
            varying.append(k)
        elif kind in NUMBERS:
            key.append(kind)
            varying.append(k)
        elif isinstance(leaf, Traced):
            value = glance(leaf)
            key.append(
                (value.dtype, leaf.shape) if leaf.shape or isinstance(value, np.ndarray) else type(value)
            )
            varying.append(k)
        else:
            key.append(leaf.key if kind is Static else Static(leaf).key)
    return Call(leaves, tuple(varying), structure, tuple(key))
