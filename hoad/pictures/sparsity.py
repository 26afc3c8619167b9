"""The pattern of a sparse Hessian, with the colors of the directions that go together."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..adapting.known import bound_for
from ..errors import ArgumentError, NonScalarOutputError, describe
from ..nested import Traced
from ..running.calling import Function, check_function
from ..running.points import Point
from ..running.recording import Recording
from ..running.tracebacks import folding
from ..second.sparsity import Dense, colors, pattern
from ..second.sweep import Program
from .canvas import axes, pyplot


def pattern_of(f: Function, x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of the elements of a Hessian that may not be zero, and the color of each column."""
    point = Point([x], ["x"])
    if not point.plain:
        raise ArgumentError("the pattern of a Hessian is drawn for a point that is one array")
    n = int(np.size(point.leaves[0]))
    with bound_for(f, (x,), {}):
        recording = Recording(f, point)
    y = recording.outputs[0]
    if recording.structure is not None or np.ndim(recording.value):
        raise NonScalarOutputError(
            f"a Hessian is that of a function whose value is one number, and this one returned "
            f"{describe(recording.value)}; lambda x: np.sum(f(x)) is one"
        )
    if not (isinstance(y, Traced) and y.level is recording.tape):
        nothing = np.zeros(0, int)
        return nothing, nothing, np.zeros(n, int)
    try:
        rows, columns = pattern(Program(recording.tape.columns(), y.slot, len(recording.inputs)), n)
    except Dense:
        rows, columns = np.divmod(np.arange(n * n), n)
    finally:
        recording.tape.release()
    return rows, columns, colors(rows, columns, n)


@folding
def plot_sparsity(f: Function, x: Any, *, ax: Any = None, **style: Any) -> Any:
    """Draw which elements of a Hessian may differ from zero, each column in the color of the directions that
    one sweep takes together.

    Args:
        f: a function of one array; its value is one number.
        x: the point.
        ax: Matplotlib's axes; new ones by default.
        style: passed on to Matplotlib's ``Axes.scatter``.

    Returns:
        The axes; their title says how many sweeps the Hessian takes.

    Raises:
        ArgumentError: the point is no array.
        NonScalarOutputError: the value of f is no number.
        MissingDependencyError: Matplotlib is not installed.

    Source:
        Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices", J. Inst. Maths Applics 13
        (1974).

    Example:
        >>> import numpy as np, hoad
        >>> chain = lambda x: np.sum((x[1:] - x[:-1]**2)**2)
        >>> ax = hoad.plot_sparsity(chain, np.ones(20))
    """
    check_function(f, "plot_sparsity")
    pyplot()
    rows, columns, chosen = pattern_of(f, x)
    n, used = len(chosen), len(np.unique(chosen[columns])) if len(columns) else 0
    ax = draw_entries(rows, columns, chosen[columns], (n, n), ax, **style)
    ax.set_title(f"{len(rows)} of {n * n} elements, {used} of {n} directions")
    return ax


def draw_entries(
    rows: np.ndarray, columns: np.ndarray, color: np.ndarray, shape: tuple[int, int], ax: Any, **style: Any
) -> Any:
    """The entries of a matrix, each in its color."""
    m, n = shape
    ax = axes(ax)
    ax.scatter(columns, rows, c=color, **{"s": 2000 / max(m, n, 20), "marker": "s", "cmap": "tab20", **style})
    ax.set_xlim(-0.5, n - 0.5)
    ax.set_ylim(m - 0.5, -0.5)
    ax.set_aspect("equal")
    ax.set_title(f"{len(rows)} of {m * n} elements, {len(np.unique(color))} directions")
    return ax
