"""Kernels as what can be kept on disk: their text and launches, with the arrays that they read."""

from __future__ import annotations

import json
from typing import Any

from ..program.device.cuda import Kernels, Matrix, Result, Step
from ..program.held import Held
from .objects import Code

MODE = "kernels"


def as_code(made: Kernels) -> Code:
    """What a file has of kernels; arrays are known by their numbers there."""
    numbers = {place: ("known", k) for k, place in enumerate(made.arrays)}

    def numbered(place: Any) -> Any:
        return numbers.get(place, place)

    steps = [
        step._replace(
            places=tuple(map(numbered, step.places)),
            matrices=tuple([m._replace(place=numbered(m.place)) for m in step.matrices]),
        )
        for step in made.steps
    ]
    told = {"source": made.source, "steps": steps, "results": made.results}
    data = json.dumps({**told, "room": made.room, "guarded": made.guarded}).encode()
    return Code(MODE, [("array", Held(value)) for value in made.arrays.values()], data)


def of_code(code: Code) -> Kernels:
    """Kernels from a file."""
    told = json.loads(code.data)
    return Kernels(
        told["source"],
        tuple([step_of(*parts) for parts in told["steps"]]),
        tuple([Result(tuple(shape), dtype) for shape, dtype in told["results"]]),
        {("known", k): held.value for k, (_, held) in enumerate(code.table)},
        told["room"],
        told["guarded"],
    )


def step_of(kernel: Any, blocks: int, places: Any, matrices: Any, what: str) -> Step:
    """A step from its parts."""
    found = [
        Matrix(tuple(place), kind, offset, tuple(shape), tuple(strides))
        for place, kind, offset, shape, strides in matrices
    ]
    return Step(kernel, blocks, tuple(map(tuple, places)), tuple(found), what)
