"""What one operation on small arrays costs in a gradient: ``python -m benchmarks.operations``.

Each operation stands in a loop, whose results are summed. The slope of the time with the number of turns,
less that of a loop with the sum alone, is what one operation costs, recorded and swept back. It is told in
units of the operation by itself, and of ``v + v`` in the same gradient: processor time, the least of many
readings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import hoad
from benchmarks import timing

SIZE = 6
TURNS = (2, 22)
READINGS = 15
VECTOR = np.linspace(0.3, 1.2, SIZE)
MATRIX = np.sqrt(np.arange(1.0, 1.0 + SIZE * SIZE)).reshape(SIZE, SIZE) / 6 + 3 * np.eye(SIZE)
MASK = np.arange(SIZE) > 2

Operation = Callable[[Any, Any], Any]

SIMPLE: dict[str, Operation] = {
    "v + v": lambda v, a: v + v,
    "2 * v": lambda v, a: 2 * v,
    "v**2": lambda v, a: v**2,
    "sin": lambda v, a: np.sin(v),
    "abs": lambda v, a: np.abs(v),
    "maximum": lambda v, a: np.maximum(v, 0.5),
    "v[1:-1]": lambda v, a: v[1:-1],
    "v[::-1]": lambda v, a: v[::-1],
    "v[None]": lambda v, a: v[None],
    "v[[1, 2]]": lambda v, a: v[[1, 2]],
    "v[mask]": lambda v, a: v[MASK],
    "a[1]": lambda v, a: a[1],
    "a[:, 0]": lambda v, a: a[:, 0],
    "sum": lambda v, a: np.sum(v),
    "sum(axis=0)": lambda v, a: a.sum(axis=0),
    "sum(axis=1)": lambda v, a: a.sum(axis=1),
    "mean": lambda v, a: v.mean(),
    "max": lambda v, a: v.max(),
    "cumsum": lambda v, a: np.cumsum(v),
    "v @ v": lambda v, a: v @ v,
    "a @ v": lambda v, a: a @ v,
    "a @ a": lambda v, a: a @ a,
    "constant @ v": lambda v, a: MATRIX @ v,
    "a.dot(v)": lambda v, a: a.dot(v),
    "a.T": lambda v, a: a.T,
    "reshape": lambda v, a: a.reshape(4, 9),
    "ravel": lambda v, a: a.ravel(),
    "copy": lambda v, a: v.copy(),
    "concatenate": lambda v, a: np.concatenate([v, v]),
    "stack": lambda v, a: np.stack([v, v]),
    "array of two": lambda v, a: np.array([v[0], v[1]]),
    "where": lambda v, a: np.where(MASK, v, 0.0),
    "diag": lambda v, a: np.diag(a),
}
COMPOUND: dict[str, Operation] = {
    "diff": lambda v, a: np.diff(v),
    "clip": lambda v, a: np.clip(v, 0.4, 1.0),
    "norm": lambda v, a: np.linalg.norm(v),
    "std": lambda v, a: v.std(),
    "prod": lambda v, a: np.prod(v),
    "sort": lambda v, a: np.sort(v),
    "trapezoid": lambda v, a: np.sum((v[1:] + v[:-1]) / 2),
    "outer": lambda v, a: np.outer(v, v),
    "einsum": lambda v, a: np.einsum("ij,j->i", a, v),
    "cross": lambda v, a: np.cross(v[:3], v[3:]),
    "hstack": lambda v, a: np.hstack([v, v]),
    "append": lambda v, a: np.append(v, 1.0),
    "tile": lambda v, a: np.tile(v, 2),
    "roll": lambda v, a: np.roll(v, 1),
    "pad": lambda v, a: np.pad(v, 1),
    "trace": lambda v, a: np.trace(a),
    "interp": lambda v, a: np.interp(0.7, VECTOR, v),
}
LINEAR_ALGEBRA: dict[str, Operation] = {
    "inv": lambda v, a: np.linalg.inv(a),
    "solve": lambda v, a: np.linalg.solve(a, v),
    "det": lambda v, a: np.linalg.det(a),
    "slogdet": lambda v, a: np.linalg.slogdet(a)[1],
    "cholesky": lambda v, a: np.linalg.cholesky(a @ a.T),
    "eigvalsh": lambda v, a: np.linalg.eigvalsh(a + a.T),
}
GROUPS = {"simple": SIMPLE, "compound": COMPOUND, "linear algebra": LINEAR_ALGEBRA}


def in_loop(operation: Operation, turns: int) -> Operation:
    """A program that does an operation many times, and sums the results."""

    def program(v: Any, a: Any) -> Any:
        total = 0.0
        for _ in range(turns):
            found = operation(v, a)
            total = total + (found.sum() if found.shape else found)
        return total

    return program


def least(call: Callable[[], Any]) -> float:
    """Least seconds of processor time of a call, after one that is not read."""
    call()
    return timing.least(call, READINGS)


def slope(operation: Operation, differentiate: bool) -> float:
    """Seconds of one turn."""
    programs = [in_loop(operation, turns) for turns in TURNS]
    calls = [hoad.grad(f, argnums=(0, 1)) for f in programs] if differentiate else programs
    few, many = [least(lambda call=call: call(VECTOR, MATRIX)) for call in calls]
    return (many - few) / (TURNS[1] - TURNS[0])


def costs(operation: Operation) -> tuple[float, float]:
    """Seconds of an operation by itself, and in a gradient, without those of the sum of its results."""
    is_number = not np.shape(operation(VECTOR, MATRIX))
    empty: Operation = (lambda v, a: VECTOR[0]) if is_number else (lambda v, a: v)
    plain = slope(operation, False) - slope(empty, False)
    return max(plain, 5e-8), slope(operation, True) - slope(empty, True)


def main() -> int:
    """Print the table."""
    unit = costs(SIMPLE["v + v"])[1]
    print(f"v + v in a gradient: {unit * 1e6:.1f} µs")
    for group, operations in GROUPS.items():
        print(f"\n{group:16s} {'plain µs':>9s} {'gradient µs':>12s} {'/ plain':>8s} {'/ (v + v)':>10s}")
        for name, operation in operations.items():
            plain, found = costs(operation)
            print(
                f"{name:16s} {plain * 1e6:9.2f} {found * 1e6:12.2f} {found / plain:8.1f} {found / unit:10.1f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
