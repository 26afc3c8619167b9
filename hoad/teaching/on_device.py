"""What ``hoad.debug()`` sees of a program whose arrays lie on a device: where it reads a value, and what an
index asks for that the library leaves open.

The methods of traced values that may read are others meanwhile; outside of the context they ask nothing.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import itertools
import math
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import CodeType
from typing import Any

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.operators import COMPARISONS
from ..chainrules import RULES
from ..chainrules.numpy.indexing import plain_index
from ..chainrules.statements import Constant
from ..nested import Traced, glance
from ..places import OURS, shown, users_place
from ..values.constants import is_elsewhere, library
from ..values.reading import WATCHED, Teller, note

BETWEEN = frozenset({"CACHE", "COPY", "EXTENDED_ARG", "NOP"})  # a comparison, and what is done with it
DECIDING = ("POP_JUMP", "JUMP_IF", "TO_BOOL", "UNARY_NOT")


_guard = threading.RLock()
_open = [0]
_plain: dict[str, Any] = {}
STRICT: ContextVar[bool] = ContextVar("refuse indices that a library leaves open", default=False)


@contextlib.contextmanager
def watched(tell: Teller, strict: bool = False) -> Iterator[None]:
    """Let traced values tell what they read of a device.

    Args:
        tell: is given what was done, and the user's line.
        strict: whether positions that are out of bounds, or are written to twice at once, are refused.
    """
    token, mode = WATCHED.set(tell), STRICT.set(strict)
    with _guard:
        _open[0] += 1
        if _open[0] == 1:
            install()
    try:
        yield
    finally:
        WATCHED.reset(token)
        STRICT.reset(mode)
        with _guard:
            _open[0] -= 1
            if not _open[0]:
                for name, method in _plain.items():
                    setattr(ArrayLike, name, method)


def install() -> None:
    """Give traced values the methods that tell."""
    _plain.update({name: getattr(ArrayLike, name) for name in WATCHING})
    for name, watching in WATCHING.items():
        setattr(ArrayLike, name, watching(_plain[name]))


# ------------------------------------------------------------------------------------------------------------
# Comparisons
# ------------------------------------------------------------------------------------------------------------


def comparing(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison that tells of itself where the program goes on as it says."""

    def method(self: Any, other: Any) -> Any:
        found = plain(self, other)
        if WATCHED.get() is not None and is_elsewhere(found) and decides():
            note("decides a branch", found)
        return found

    return method


def decides() -> bool:
    """Tell whether the user's line goes on as the comparison says that it is at."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    return frame.f_lasti in decisions(frame.f_code)


@functools.lru_cache(maxsize=512)
def decisions(code: CodeType) -> frozenset[int]:
    """Where in the instructions of a function a comparison stands whose result decides what comes next."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in BETWEEN]
    pairs = itertools.pairwise(steps)
    found = [a.offset for a, b in pairs if a.opname == "COMPARE_OP" and b.opname.startswith(DECIDING)]
    return frozenset(found)


# ------------------------------------------------------------------------------------------------------------
# Indices
# ------------------------------------------------------------------------------------------------------------


def reading(plain: Callable[..., Any]) -> Callable[..., Any]:
    """``x[index]``."""

    def method(self: Any, index: Any) -> Any:
        if WATCHED.get() is not None:
            look_at(index, self.shape, self)
        return plain(self, index)

    return method


def writing(plain: Callable[..., Any]) -> Callable[..., Any]:
    """``x[index] = value``."""

    def method(self: Any, index: Any, value: Any) -> None:
        if WATCHED.get() is not None:
            places = look_at(index, self.shape, self)
            if places is not None and np.unique(places).size < places.size and np.ndim(value):
                refuse(f"{positions_of(places, self.shape)} is written to several times at once", self)
        plain(self, index, value)

    return method


def look_at(index: Any, shape: tuple[int, ...], x: Any) -> Any:
    """The places in an array of a shape that an index of positions asks for, read from the device of ``x``;
    None of other indices.

    Raises:
        IndexError: there is none of them.
    """
    held = glance(x)
    if not is_elsewhere(held) or not library(held).waits or library(held).lazy:
        return None
    parts = plain_index(index)
    parts = parts if isinstance(parts, tuple) else (parts,)
    if any([isinstance(part, Traced) for part in parts]):
        return None  # each member of a batch has its own
    arrays = [np.asarray(part) if isinstance(part, list) else part for part in parts]
    kinds = [getattr(getattr(part, "dtype", None), "kind", "") for part in arrays]
    for part, kind in zip(arrays, kinds, strict=True):
        if kind == "b":
            note("is a mask in an index", part)
    if not STRICT.get() or not {"i", "u"}.intersection(kinds):
        return None
    here = tuple([library(p).to_numpy(p) if is_elsewhere(p) else p for p in parts])
    try:
        return np.arange(math.prod(shape)).reshape(shape)[here]
    except IndexError as error:
        refuse(str(error), x)


def positions_of(places: Any, shape: tuple[int, ...]) -> str:
    """The first position that stands there twice."""
    found, counts = np.unique(places, return_counts=True)
    place = np.unravel_index(found[counts > 1][0], shape)
    return f"position {', '.join([str(k) for k in place])}"


def refuse(what: str, x: Any) -> None:
    """Raise, with the user's line."""
    name = library(glance(x)).name
    raise IndexError(
        f"{what}, at {shown(users_place())}; {name} raises nothing: positions out of bounds come in again at "
        f"the other end, and of several values for one place it keeps any (within a derivative, the last)"
    )


# ------------------------------------------------------------------------------------------------------------
# Functions
# ------------------------------------------------------------------------------------------------------------


def calling(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's: how many elements the value of some have, is read."""

    def method(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        rule = RULES.get(func)
        if func is np.take and WATCHED.get() is not None:
            look_at_taken(*args, **kwargs)
        if func in BY_VALUES or (rule.__class__ is Constant and rule.sizes_vary):
            note("decides a length or a type", self)
        return plain(self, func, types, args, kwargs)

    return method


def look_at_taken(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> None:
    """The same of ``np.take``, which takes positions along an axis."""
    shape = np.shape(a)
    if mode == "raise" and axis is None:
        look_at(indices, (math.prod(shape),), a)
    elif mode == "raise":
        look_at((*(slice(None),) * (axis % len(shape)), indices), shape, a)


# Functions in whose rules a value decides what kind of result there is, or how long it is.
OF_VALUES = """extract compress unique unique_all unique_counts unique_inverse unique_values union1d
intersect1d setdiff1d setxor1d trim_zeros bincount real_if_close polydiv polymul polyfit"""
OF_MATRICES = "lstsq eig eigvals"
BY_VALUES = frozenset(
    [getattr(np, name) for name in OF_VALUES.split() if hasattr(np, name)]
    + [getattr(np.linalg, name) for name in OF_MATRICES.split()]
)
WATCHING: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    **{f"__{name}__": comparing for name in COMPARISONS},
    "__getitem__": reading,
    "__setitem__": writing,
    "__array_function__": calling,
}
