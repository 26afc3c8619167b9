"""Derivatives along a few directions that stand for many: forward, back, and of second order."""

from __future__ import annotations

import numpy as np

from ..kinds.batch import Batch, unbatch
from ..nested import Level
from ..operators.losses import Loss, side_by_side
from ..running.calling import Function
from ..running.points import Point
from ..running.recording import Recording, pushed
from ..running.results import along, by_leaf
from ..second.general import Unknown
from ..values.trees import number
from .derivatives import gradient_of_point


def forward(f: Function, point: Point, rows: np.ndarray) -> np.ndarray:
    """The changes of all numbers of the value along each direction, one in each row."""
    level, k = Level(), len(rows)
    leaves, changes, structure = pushed(f, point, along(rows, point.differentiated(), level))
    level.alive = False
    parts = [
        np.reshape(unbatch(np.zeros(np.shape(y)) if d is None else d, level, k), (k, -1))
        for y, d in zip(leaves, changes, strict=True)
        if structure is None or number(y)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def backward(f: Function, point: Point, rows: np.ndarray) -> np.ndarray:
    """The sum of the rows of the Jacobian with the weights of each direction, one in each row."""
    recording, level, k = Recording(f, point), Level(), len(rows)
    leaves = [y for y in recording.outputs if recording.structure is None or number(y)]
    parts = iter(by_leaf(rows, leaves))
    seeds = [
        Batch(level, next(parts)) if recording.structure is None or number(y) else None
        for y in recording.outputs
    ]
    found = recording.back(seeds, free=True)
    recording.tape.release()
    level.alive = False
    return side_by_side(
        [
            np.zeros((k, int(np.size(x)))) if g is None else np.asarray(unbatch(g, level, k))
            for g, x in zip(found, point.differentiated(), strict=True)
        ]
    )


def second(f: Function, point: Point, rows: np.ndarray) -> np.ndarray:
    """The products of the Hessian with each direction, one in each row."""
    try:
        loss = Loss(f, point)
    except Unknown:
        return forward(*gradient_of_point(f, point), rows)
    try:
        _, changes = loss.along_many(by_leaf(rows, loss.inputs), len(rows))
        return side_by_side(changes)
    except Unknown:
        return forward(*gradient_of_point(f, point), rows)
    finally:
        loss.recording.tape.release()
