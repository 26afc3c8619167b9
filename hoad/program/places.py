"""Where in the user's files an operation was called for."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from typing import Any

import numpy as np

OURS = (str(Path(__file__).parent.parent), str(Path(np.__file__).parent), "<hoad")

Place = tuple[str, int]


def users_place() -> Place:
    """File and line of the innermost frame that is neither hoad's nor NumPy's."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    return ("?", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def text_of(place: Place) -> str:
    """The line of source at a place, without its indentation; empty where it is not known."""
    return linecache.getline(*place).strip()


def name_of(place: Place) -> str:
    """A place in a few letters: ``file.py:12``."""
    return f"{Path(place[0]).name}:{place[1]}"


class PlacedProgram(list[Any]):
    """The program of a tape, with the place that each operation was called from."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, Place] = {}

    def __iadd__(self, operation: Any) -> PlacedProgram:  # type: ignore[misc]
        self.places[operation[0]] = users_place()
        self.extend(operation)
        return self
