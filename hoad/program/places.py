"""A recorded program that knows where in the user's files each operation was called for."""

from __future__ import annotations

from typing import Any

from ..places import Place, users_place


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
