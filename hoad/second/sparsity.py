"""Which elements of a Hessian may differ from zero, told from the recorded program; and directions that can
go together, since no element of the gradient depends on two of them (Curtis, Powell and Reid 1974).

Beside each value goes, for each of its elements, the list of the inputs that it depends on. Two inputs meet
in the Hessian where they meet in an operation that is not linear (Gower and Mello 2012).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast import shortcuts
from ..nested import Slot
from ..tape import pull_same
from ..tracer import pull_rule
from ..values.shapes import shape_of
from .sweep import Program

LIMIT = 2**21  # entries of one array of dependences
NOTHING = -1  # where a list has no more entries


class Dense(Exception):
    """A program of which all elements may meet, or which is not worth a look."""


def merged(parts: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """The union of the dependences of operands that broadcast to ``shape``."""
    lifted = [p.reshape(*(1,) * (len(shape) + 1 - p.ndim), *p.shape) for p in parts]
    wide = [np.broadcast_to(p, (*shape, p.shape[-1])) for p in lifted]
    if len(wide) == 1 or (wide[0].shape == wide[1].shape and np.array_equal(*wide)):
        return wide[0]
    whole = np.concatenate(wide, -1)
    if whole.size > LIMIT:
        raise Dense
    whole.sort(-1)
    again = whole[..., 1:] == whole[..., :-1]
    if again.any():
        whole[..., 1:][again] = NOTHING
        whole.sort(-1)
        most = int(np.max(np.sum(whole != NOTHING, -1), initial=0))
        whole = whole[..., whole.shape[-1] - max(most, 1) :]
    return whole


def of_all(part: np.ndarray) -> np.ndarray:
    """The dependences of a number that depends on every element."""
    found = np.unique(part)
    return found[found != NOTHING]


def is_linear(pullback: Any) -> bool:
    """Tell whether an operation with a scalar rule has no second derivative by what is recorded."""
    _, text, active = pullback.statement
    moving = {text.names[k] for k in active} | {"out"}
    return not any([text.mentions(k) & moving for k in active])


def meetings(program: Program) -> list[np.ndarray]:
    """The lists of inputs that meet, one for each element of an operation that is not linear.

    Raises:
        Dense: there is an operation by which most of them meet.
    """
    pullbacks, left, right, values = program.columns
    found: list[Any] = [None] * (program.top + 1)
    start = 0
    for k in range(program.inputs):
        shape = shape_of(values[k])
        n = int(np.prod(shape))
        found[k] = np.arange(start, start + n).reshape(*shape, 1)
        start += n
    met: dict[Slot, np.ndarray] = {}
    for i in range(program.inputs, program.top + 1):
        pullback, a, b = pullbacks[i], left[i], right[i]
        if hasattr(pullback, "statement"):
            parts = [found[(a, b)[k]] for k in pullback.statement[2]]
            found[i] = merged(parts, shape_of(values[i]))
            if not is_linear(pullback):
                met[id(found[i])] = found[i]
        elif pullback is shortcuts.pull_getitem:
            found[i] = found[a][b]
        elif pullback is pull_rule and b[0].gathers and b[1][1].__class__ in (int, slice, tuple):
            found[i] = found[a[0]][b[1][1]]
        elif pullback is shortcuts.pull_total:
            found[i] = of_all(found[a])
        elif pullback is pull_same:
            found[i] = found[a]
        else:
            raise Dense
    return list(met.values())


def pattern(program: Program, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows and the columns of the elements of the Hessian that may differ from zero."""
    codes = [np.zeros(0, int)]
    for lists in meetings(program):
        rows = lists.reshape(-1, lists.shape[-1])
        if rows.size * rows.shape[1] > LIMIT:
            raise Dense
        both = (rows[:, :, None] != NOTHING) & (rows[:, None, :] != NOTHING)
        codes.append((rows[:, :, None] * n + rows[:, None, :])[both])
    found = np.unique(np.concatenate(codes))
    return found // n, found % n


def colors(rows: np.ndarray, columns: np.ndarray, n: int) -> np.ndarray:
    """A color for each column of a symmetric matrix, such that no row meets a color twice."""
    key = (n, rows.tobytes(), columns.tobytes())
    if key in _colors:
        return _colors[key]
    members: list[list[int]] = [[] for _ in range(n)]
    for r, c in zip(rows.tolist(), columns.tolist(), strict=True):
        members[r].append(c)
    chosen = [NOTHING] * n
    for j in range(n):
        taken = {chosen[c] for r in members[j] for c in members[r]}
        chosen[j] = next(k for k in range(n + 1) if k not in taken)
    if len(_colors) >= 64:
        _colors.clear()
    _colors[key] = np.array(chosen)
    return _colors[key]


_colors: dict[Any, np.ndarray] = {}


class Compressed:
    """Directions of a sparse Hessian, several in one.

    Args:
        program: of the loss.
        n: how many numbers it is a function of.

    Raises:
        Dense: it does not pay.
    """

    def __init__(self, program: Program, n: int) -> None:
        if program.top > n or not program.real:
            raise Dense
        self.n = n
        self.rows, self.columns = pattern(program, n)
        if 4 * self.rows.size > n * n:
            raise Dense
        self.color = colors(self.rows, self.columns, n)
        self.count = int(self.color.max(initial=0)) + 1
        if 2 * self.count > n:
            raise Dense

    def directions(self) -> np.ndarray:
        """One direction a color: the sum of the unit directions of its columns."""
        found = np.zeros((self.count, self.n))
        found[self.color, np.arange(self.n)] = 1.0
        return found

    def diagonal(self, changes: np.ndarray) -> np.ndarray:
        """The diagonal of the Hessian, from the changes of the gradient along the directions."""
        return changes[self.color, np.arange(self.n)]

    def whole(self, changes: np.ndarray) -> np.ndarray:
        """The Hessian, from the changes of the gradient along the directions."""
        found = np.zeros((self.n, self.n))
        found[self.columns, self.rows] = changes[self.color[self.columns], self.rows]
        return found
