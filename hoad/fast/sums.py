"""Cotangents in a sweep that is written out (``lines.py``): what a slot receives, in lines."""

from __future__ import annotations

from typing import Any

from ..nested import Slot


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

    def add(self, slot: Slot, t: str) -> None:
        """Add to all of it."""
        held = self.whole.get(slot)
        self.whole[slot] = t if held is None else self.sweep.emit(f"{held} + {t}")

    def add_piece(self, slot: Slot, index: Any, t: str) -> None:
        """Add to some elements."""
        x = self.sweep.values[slot]
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
        held = self.whole.get(slot)
        if slot not in self.pieces and slot not in self.buffers:
            return held
        buffer = self.spill(slot)
        return buffer if held is None else self.sweep.emit(f"{held} + {buffer}")
