"""Sums of cotangents: what comes back to one value from all its uses.

Most are arrays, and are added. What comes back from a reading ``x[i]`` is a ``Piece``, and the pieces of one
value are ``Gathered`` in one buffer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.numpy.indexing import add_at, is_basic, scatter
from ..nested import Traced, innermost
from ..values.constants import HERE, asarray, is_elsewhere, library, zeros
from ..values.shapes import DOUBLE, REALS

AT_ONCE = 8  # pieces on a device that wait for each other, and are held until then


def accumulate(cotangents: list[Any], slot: int, part: Any) -> None:
    """Add to the cotangent of a slot."""
    held = cotangents[slot]
    if part.__class__ is Piece and held.__class__ is not Gathered:
        cotangents[slot] = held = Gathered(part.shape, held)
    if held is None:
        cotangents[slot] = part
    elif held.__class__ is Gathered:
        held.add(part)
    else:
        cotangents[slot] = held + part


class Parts:
    """What a pullback gives to its operands, one by one: where two of them are the same value, a sweep adds
    up one part after the other, and rounds as it goes.
    """

    def __init__(self) -> None:
        self.found: list[tuple[int, Any]] = []

    def __getitem__(self, slot: int) -> Any:
        """What was given already of a value that has several; of any other, nothing that more is added to."""
        last = self.found[-1] if self.found else (None, None)
        return last[1] if last[0] == slot and last[1].__class__ is list else None

    def __setitem__(self, slot: int, part: Any) -> None:
        self.found.append((slot, part))


class Piece:
    """The cotangent of a reading ``x[index]``: not yet an array of the shape of x."""

    __slots__ = ("g", "index", "shape")

    def __init__(self, g: Any, index: Any, shape: tuple[int, ...]) -> None:
        self.g, self.index, self.shape = g, index, shape


class Gathered:
    """A cotangent collected from many readings, in one buffer: reading n elements one by one costs n, not
    n**2.
    """

    __slots__ = ("buffer", "later", "pieces", "rest", "shape")

    def __init__(self, shape: tuple[int, ...], rest: Any, buffer: Any = None) -> None:
        self.shape = shape
        self.rest = rest
        self.buffer = buffer
        self.pieces: list[Piece] = []
        self.later: list[Piece] = []  # on a device, where one launch puts many in their places

    def is_plain(self) -> bool:
        """Tell whether the buffer, which nobody else holds, is all there is."""
        return self.rest is None and not self.pieces and not self.later and self.buffer is not None

    def add(self, part: Any) -> None:
        """Add a piece, or a whole cotangent."""
        if part.__class__ is not Piece:
            self.rest = part if self.rest is None else self.rest + part
        elif isinstance(part.g, Traced):
            self.pieces.append(part)
        elif is_later(part):
            self.later.append(part)
            if len(self.later) >= AT_ONCE:
                self._put_in_places()
        else:
            self._collect(part.g, part.index)

    def _collect(self, g: Any, index: Any) -> None:
        kind = DOUBLE if g.__class__ in REALS else g.dtype if hasattr(g, "dtype") else np.asarray(g).dtype
        if kind.kind == "O":  # numbers of another kind, among doubles
            g, kind = np.asarray(g, float), DOUBLE
        if self.buffer is None:
            self.buffer = zeros(self.shape, kind if kind.kind in "fc" else float, like=g)
        elif self.buffer.dtype is not kind and self.buffer.dtype != kind:
            self.buffer = self.buffer.astype(np.result_type(self.buffer, kind))
        if is_elsewhere(g) and not is_elsewhere(self.buffer):
            self.buffer = asarray(self.buffer, like=g)
        if is_basic(index) and self.buffer.__class__ is np.ndarray:
            self.buffer[index] += g
        elif innermost(as_tuple(index)) is not None:  # it differs between the members of a batch
            self.pieces.append(Piece(g, index, self.shape))
        else:
            self.buffer = add_at(self.buffer, index, g)

    def _put_in_places(self) -> None:
        """Add the pieces that have waited for each other."""
        if not self.later:
            return
        pieces, self.later = self.later, []
        found = library(pieces[0].g).collected(self.shape, [(p.g, p.index) for p in pieces], self.rest)
        if found is not None:
            self.rest = found
            return
        for piece in pieces:
            self._collect(piece.g, piece.index)

    def __add__(self, part: Any) -> Gathered:
        self.add(part)
        return self

    def total(self) -> Any:
        """The sum as one array; pieces that are traced numbers are put in place together."""
        self._put_in_places()
        parts = [p for p in (self.rest, self.buffer) if p is not None]
        single: list[Piece] = []
        other: list[Piece] = []
        for piece in self.pieces:
            (single if self._is_number(piece) else other).append(piece)
        if len(single) == 1:  # nothing to put together
            other, single = [*single, *other], []
        if single:
            where = tuple(
                [np.array(column) for column in zip(*(as_tuple(p.index) for p in single), strict=True)]
            )
            parts.append(scatter(np.stack([p.g for p in single]), where, self.shape))
        parts += [scatter(p.g, p.index, p.shape) for p in other]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def _is_number(self, piece: Piece) -> bool:
        index = as_tuple(piece.index)
        return len(index) == len(self.shape) > 0 and all(is_position(k) for k in index)


def is_later(piece: Piece) -> bool:
    """Tell whether a piece is to wait for others: it lies where launches cost more than that, and has a place
    that an index of integers and slices says.
    """
    return piece.g.__class__ not in HERE and library(piece.g).fuses and is_basic(piece.index)


def is_position(k: Any) -> bool:
    """Tell whether a part of an index is the position of one element; a bool is a mask."""
    return isinstance(k, (int, np.integer)) and not isinstance(k, bool)


def as_tuple(index: Any) -> tuple[Any, ...]:
    """An index as a tuple."""
    return index if isinstance(index, tuple) else (index,)
