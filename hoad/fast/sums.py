"""Cotangents in a sweep that is written out (``lines.py``): what a slot receives, in lines."""

from __future__ import annotations

from typing import Any

from ..nested import Slot


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

    def add(self, slot: Slot, t: str) -> None:
        """Add to all of it."""
        if slot in self.cuts:
            raise Unwritten
        held = self.whole.get(slot)
        self.whole[slot] = t if held is None else self.sweep.emit(f"{held} + {t}")

    def add_piece(self, slot: Slot, index: Any, t: str) -> None:
        """Add to some elements."""
        x = self.sweep.values[slot]
        if slot in self.cuts:
            self.cuts[slot].add(self.sweep, position(index, x), t)
            return
        if x.ndim == 1 and index.__class__ is int and slot not in self.buffers:
            held = self.pieces.setdefault(slot, {})
            place = index % x.size
            held[place] = self.sweep.emit(f"{held.get(place, '0.0')} + {t}")
            return
        self.sweep.do(f"{self.spill(slot)}[{self.place(index)}] += {t}")

    def place(self, index: Any) -> str:
        """An index in text."""
        parts = index if index.__class__ is tuple else (index,)
        return ", ".join([":", *map(repr, parts)]) if self.rows else repr(index)

    def spill(self, slot: Slot) -> str:
        """The buffer of the elements."""
        name = f"{self.letter}{slot}"
        if slot not in self.buffers:
            self.buffers.add(slot)
            self.sweep.do(f"{name} = _zeros({(*self.rows, *self.sweep.values[slot].shape)})")
        for index, t in self.pieces.pop(slot, {}).items():
            self.sweep.do(f"{name}[{self.place(index)}] = {t}")
        return name

    def total(self, slot: Slot) -> str | None:
        """The sum, when all has been added to it; None for zero."""
        if slot in self.cuts:
            return self.cuts[slot].whole(self.sweep, f"{self.letter}{slot}", self.sweep.values[slot].shape)
        held = self.whole.get(slot)
        if slot not in self.pieces and slot not in self.buffers:
            return held
        buffer = self.spill(slot)
        return buffer if held is None else self.sweep.emit(f"{held} + {buffer}")

    def moved(self, i: Slot, slot: Slot, index: Any) -> str | None:
        """The cotangent of what was written at an index, and the rest of it passed on to the slot before.

        Returns:
            The number; None where nothing comes back.
        """
        if slot in {*self.whole, *self.pieces, *self.buffers, *self.cuts}:
            raise Unwritten
        if i not in self.cuts:
            pieces = self.pieces.pop(i, None) if i not in self.whole and i not in self.buffers else None
            base = self.total(i) if pieces is None else None
            if base is None and pieces is None:
                return None
            self.cuts[i] = Cut(
                None if base is None else self.sweep.emit(f"{base}.tolist()"), base, pieces or {}
            )
        cut = self.cuts[slot] = self.cuts.pop(i)
        return cut.taken(self.sweep, position(index, self.sweep.values[i]))


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


def position(index: Any, x: Any) -> int:
    """The place of an element in a row.

    Raises:
        Unwritten: it is another index.
    """
    if x.ndim != 1 or index.__class__ is not int:
        raise Unwritten
    place: int = index % x.size
    return place
