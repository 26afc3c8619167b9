"""Derivatives along a few directions that stand for many: forward, back, and of second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..kinds.batch import Batch, unbatch
from ..nested import Level
from ..operators.losses import Loss, side_by_side
from ..running.calling import Function
from ..running.chunks import Chunks, Work
from ..running.points import Point
from ..running.pushing import pushed
from ..running.recording import Recording
from ..running.results import along, by_leaf
from ..running.spread import in_chunks
from ..second.general import Unknown
from ..second.sweep import Program
from ..tracer import Tracer
from ..values.constants import as_array, zeros
from ..values.shapes import shape_of, size_of
from ..values.trees import number
from .derivatives import check_array, gradient_of_point, of_another_size, sparse_point, starts


class Sweeps(NamedTuple):
    """What gives the products with some of the directions; of how many elements the largest array is."""

    product: Callable[[np.ndarray], np.ndarray]
    elements: int
    end: Callable[[], None]


def products(
    f: Function,
    args: Any,
    kwargs: Any,
    order: int,
    rows: tuple[np.ndarray, np.ndarray],
    chunks: Chunks,
) -> list[np.ndarray]:
    """The products with the directions that go forward, and with those that go back, one in each row; of a
    side without directions there is none.

    Args:
        f: the function.
        args: its arguments, of which the first is differentiated.
        kwargs: passed on to f.
        order: 1 for the Jacobian, 2 for the Hessian, whose directions all go forward.
        rows: the directions of both sides, one in each row.
        chunks: how many go together, and who works them out.
    """
    return products_at(*sparse_point(f, args, kwargs, 0), order, rows, chunks)


def products_at(f: Function, point: Point, order: int, rows: Any, chunks: Chunks) -> list[Any]:
    """The same at a point, wherever that lies, and the directions with it."""
    if order == 2:
        try:
            return swept([(second(f, point), rows[0])], chunks)
        except Unknown:
            f, point = gradient_of_point(f, point)
    try:
        return by_sides(f, point, rows, (forward, backward), chunks)
    except Unknown:
        return by_sides(f, point, rows, (in_runs, backward), chunks)


def by_sides(f: Function, point: Point, rows: Any, ways: Any, chunks: Chunks) -> list[np.ndarray]:
    """The products with the directions of both sides, each in its way."""
    sides = [(way(f, point, len(r)), r) for way, r in zip(ways, rows, strict=True) if len(r)]
    return swept(sides, chunks)


products_in_chunks = in_chunks(products)


def swept(sides: list[tuple[Sweeps, np.ndarray]], chunks: Chunks) -> list[np.ndarray]:
    """The products with all directions of each side."""

    def work(sweeps: Sweeps, rows: np.ndarray) -> Callable[[range], np.ndarray]:
        return lambda which: sweeps.product(rows[which.start : which.stop])

    try:
        found = chunks.maps([Work(work(sweeps, rows), len(rows), sweeps.elements) for sweeps, rows in sides])
    finally:
        for sweeps, _ in sides:
            sweeps.end()
    return [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in found]


def forward(f: Function, point: Point, count: int) -> Sweeps:
    """The changes of all numbers of the value along each direction, down the recorded program.

    Raises:
        Unknown: only a run of the function gives them.
    """
    recording = Recording(f, point)
    tape = recording.tape
    outputs = numbers_of(recording.outputs, recording.structure)
    mine = {k: y.slot for k, y in enumerate(outputs) if y.__class__ is Tracer and y.level is tape}
    try:
        if tape.lift is not None or tape.program.__class__ is not list:
            raise Unknown
        program = Program(tape.columns(), max(mine.values(), default=-1), len(point.differentiated()))
    except Unknown:
        tape.release()
        raise

    def product(rows: np.ndarray) -> np.ndarray:
        k = len(rows)
        moved = program.down(by_leaf(rows, point.differentiated()), k, list(mine.values()))
        changes = dict(zip(mine, moved, strict=True))
        parts = [
            np.reshape(changes[j], (k, -1)) if j in mine else zeros((k, size_of(y)), rows.dtype, like=rows)
            for j, y in enumerate(outputs)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    return Sweeps(product, program.at_once(few=True), tape.release)


def numbers_of(leaves: list[Any], structure: Any) -> list[Any]:
    """The leaves of a value that have a derivative, each real: along rows, of complex ones only a part would
    be seen.
    """
    found = [y for y in leaves if structure is None or number(y)]
    for y in found:
        check_array(y)
    return found


def in_runs(f: Function, point: Point, count: int) -> Sweeps:
    """The same by runs of the function, one for each chunk."""

    def product(rows: np.ndarray) -> np.ndarray:
        level, k = Level(), len(rows)
        leaves, changes, structure = pushed(f, point, along(rows, point.differentiated(), level))
        level.alive = False
        numbers_of(leaves, structure)
        parts = [
            np.reshape(
                unbatch(zeros(shape_of(y), rows.dtype, like=rows) if d is None else d, level, k), (k, -1)
            )
            for y, d in zip(leaves, changes, strict=True)
            if structure is None or number(y)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    return Sweeps(product, sum(map(size_of, point.differentiated())), lambda: None)


def backward(f: Function, point: Point, count: int) -> Sweeps:
    """The sum of the rows of the Jacobian with the weights of each of ``count`` directions; f runs once."""
    recording = Recording(f, point)
    leaves = numbers_of(recording.outputs, recording.structure)
    size = sum(map(size_of, leaves))

    def product(rows: np.ndarray) -> np.ndarray:
        level, k = Level(), len(rows)
        if rows.shape[1] != size:
            raise of_another_size((size, starts(point)[-1]), (rows.shape[1], starts(point)[-1]))
        parts = iter(by_leaf(rows, leaves))
        seeds = [
            Batch(level, next(parts)) if recording.structure is None or number(y) else None
            for y in recording.outputs
        ]
        found = recording.back(seeds, free=k == count)
        level.alive = False
        return side_by_side(
            [
                zeros((k, size_of(x)), rows.dtype, like=rows) if g is None else as_array(unbatch(g, level, k))
                for g, x in zip(found, point.differentiated(), strict=True)
            ]
        )

    return Sweeps(product, recording.largest(), recording.tape.release)


def second(f: Function, point: Point) -> Sweeps:
    """The products of the Hessian with each direction; f runs once.

    Raises:
        Unknown: only a run on nested levels gives it.
    """
    loss = Loss(f, point)

    def product(rows: np.ndarray) -> np.ndarray:
        return side_by_side(loss.along_many(by_leaf(rows, loss.inputs), len(rows))[1])

    return Sweeps(product, loss.program.at_once(few=True) if loss.program else 1, loss.recording.tape.release)
