"""Cotangents in a sweep that is written out (``lines.py``): what a slot receives, in lines."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nested import Slot
from ..values.shapes import DOUBLE, REALS, is_complex


class Unwritten(Exception):
    """A program that can't be written out."""


class Sums:
    """What is added up by slots: whole values, and elements of them.

    Args:
        sweep: the function in which the lines are.
        letter: with which the names of buffers begin.
        rows: the axis of the directions, if there are many.
    """

    def __init__(self, sweep: Any, letter: str, rows: tuple[int, ...] = ()) -> None:
        self.sweep, self.letter, self.rows = sweep, letter, rows
        self.whole: dict[Slot, str] = {}
        self.pieces: dict[Slot, dict[int, str]] = {}
        self.buffers: set[Slot] = set()
        self.cuts: dict[Slot, Cut] = {}
        self.components: dict[Slot, list[str | None]] = {}
        self.names: dict[Slot, str] = {}  # of buffers that came from another slot

    def has(self, slot: Slot) -> bool:
        """Tell whether something was added to a slot."""
        return slot in {*self.whole, *self.pieces, *self.buffers, *self.cuts}

    def add(self, slot: Slot, t: str) -> None:
        """Add to all of it."""
        if slot in self.cuts:
            self.spread_out(slot)
        held = self.whole.get(slot)
        self.whole[slot] = t if held is None else self.sweep.emit(f"{held} + {t}")

    def replace(self, slot: Slot, t: str, buffer: str) -> None:
        """Hold something else in place of all that was added to a slot: a whole, and elements in a buffer."""
        self.whole.pop(slot, None)
        self.buffers.discard(slot)
        self.names.pop(slot, None)
        if self.sweep.value(t) is not None:
            self.whole[slot] = t
        if self.sweep.value(buffer) is not None:
            self.buffers.add(slot)
            self.names[slot] = buffer

    def add_component(self, slot: Slot, k: int, n: int, t: str) -> None:
        """Add to one of several values."""
        held = self.components.setdefault(slot, [None] * n)
        held[k] = t if held[k] is None else self.sweep.emit(f"{held[k]} + {t}")

    def add_piece(self, slot: Slot, index: Any, t: str) -> None:
        """Add to some elements."""
        x, part = self.sweep.values[slot], self.sweep.value(t)
        if part.__class__ is np.ndarray and part.dtype is not DOUBLE and part.dtype != complex:
            raise Unwritten
        if slot in self.cuts:
            if is_element(index, x):
                self.cuts[slot].add(self.sweep, index % x.size, t)
                return
            self.spread_out(slot)
        if x.ndim == 1 and index.__class__ is int and slot not in self.buffers:
            held = self.pieces.setdefault(slot, {})
            place = index % x.size
            held[place] = self.sweep.emit(f"{held.get(place, '0.0')} + {t}")
            return
        name = self.spill(slot)
        if is_complex(part) and not is_complex(self.sweep.value(name)):
            self.sweep.do(f"{name} = {name}.astype(complex)")
        self.sweep.do(f"{name}[{self.place(index)}] += {t}")

    def place(self, index: Any) -> str:
        """An index in text."""
        parts = index if index.__class__ is tuple else (index,)
        return ", ".join([":", *map(repr, parts)]) if self.rows else repr(index)

    def spill(self, slot: Slot) -> str:
        """The buffer of the elements."""
        name = self.names.get(slot, f"{self.letter}{slot}")
        if slot not in self.buffers:
            self.buffers.add(slot)
            pieces = self.pieces.get(slot, {}).values()
            kind = ", complex" if any([is_complex(self.sweep.value(t)) for t in pieces]) else ""
            self.sweep.do(f"{name} = _zeros({(*self.rows, *self.sweep.values[slot].shape)}{kind})")
        for index, t in self.pieces.pop(slot, {}).items():
            self.sweep.do(f"{name}[{self.place(index)}] = {t}")
        return name

    def spread_out(self, slot: Slot) -> None:
        """A row of which elements were taken out, as a buffer."""
        self.cuts.pop(slot).whole(self.sweep, f"{self.letter}{slot}", self.sweep.values[slot].shape)
        self.buffers.add(slot)

    def total(self, slot: Slot) -> str | None:
        """The sum, when all has been added to it; None for zero."""
        if slot in self.components:
            several: str = self.sweep.emit(f"[{', '.join(map(str, self.components[slot]))}]")
            return several
        if slot in self.cuts:
            return self.cuts[slot].whole(self.sweep, f"{self.letter}{slot}", self.sweep.values[slot].shape)
        held = self.whole.get(slot)
        if slot not in self.pieces and slot not in self.buffers:
            return held
        buffer = self.spill(slot)
        return buffer if held is None else self.sweep.emit(f"{held} + {buffer}")

    def moved(self, i: Slot, slot: Slot, index: int) -> str | None:
        """The cotangent of what was written at an index, and the rest of it passed on to the slot before.

        Returns:
            The number; None where nothing comes back.
        """
        if i not in self.cuts:
            pieces = self.pieces.pop(i, None) if i not in self.whole and i not in self.buffers else None
            base = self.total(i) if pieces is None else None
            if base is None and pieces is None:
                return None
            if base is not None and self.sweep.value(base).dtype is not DOUBLE:
                raise Unwritten
            self.cuts[i] = Cut(
                None if base is None else self.sweep.emit(f"{base}.tolist()"), base, pieces or {}
            )
        cut = self.cuts[slot] = self.cuts.pop(i)
        return cut.taken(self.sweep, index % self.sweep.values[i].size)

    def cut_out(self, i: Slot, slot: Slot, index: Any) -> str | None:
        """The same where several elements were written, or one of more axes: in one buffer that is passed on.

        Returns:
            What was written; None where nothing comes back.
        """
        own = i not in self.whole
        g = self.total(i)
        if g is None:
            return None
        if self.sweep.value(g).dtype is not DOUBLE:
            raise Unwritten
        buffer = g if own else self.sweep.emit(f"{g}.copy()")
        found: str = self.sweep.emit(f"{buffer}[{self.place(index)}]")
        if self.sweep.value(found).__class__ not in REALS:
            found = self.sweep.emit(f"{found}.copy()")
        self.sweep.do(f"{buffer}[{self.place(index)}] = 0.0")
        self.names[slot] = buffer
        self.buffers.add(slot)
        return found


class Cut:
    """A row of which some elements were taken out: the others are those of an array.

    Args:
        numbers: the elements of the array; None for zeros.
        base: the array.
        elements: those that differ from it, by their places.
    """

    def __init__(self, numbers: str | None, base: str | None, elements: dict[int, str]) -> None:
        self.numbers, self.base, self.elements = numbers, base, elements

    def at(self, place: int) -> str:
        """An element."""
        return self.elements.get(place) or ("0.0" if self.numbers is None else f"{self.numbers}[{place}]")

    def add(self, sweep: Any, place: int, t: str) -> None:
        """Add to an element."""
        self.elements[place] = sweep.emit(f"{self.at(place)} + {t}")

    def taken(self, sweep: Any, place: int) -> str:
        """An element, which is zero from now on."""
        found: str = sweep.emit(self.at(place))
        self.elements[place] = "0.0"
        return found

    def whole(self, sweep: Any, name: str, shape: tuple[int, ...]) -> str:
        """All of it, as an array."""
        sweep.do(f"{name} = _zeros({shape})" if self.base is None else f"{name} = {self.base}.copy()")
        for place, t in self.elements.items():
            sweep.do(f"{name}[{place}] = {t}")
        return name


def is_element(index: Any, x: Any) -> bool:
    """Tell whether an index is that of an element of a row."""
    return bool(x.ndim == 1 and index.__class__ is int)
