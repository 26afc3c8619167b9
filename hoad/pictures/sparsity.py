"""The pattern of a sparse Hessian, with the colors of the directions that go together."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from ..adapting.known import bound_for
from ..errors import ArgumentError, MissingDependencyError, NonScalarOutputError, describe
from ..running.calling import Function, check_function
from ..running.points import Point
from ..running.recording import Recording
from ..running.tracebacks import folding
from .canvas import axes, pyplot


def pattern_of(f: Function, x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of the elements of a Hessian that may not be zero, and the color of each column."""
    point = Point([x], ["x"])
    if not point.plain:
        raise ArgumentError("the pattern of a Hessian is drawn for a point that is one array")
    try:
        patterns = importlib.import_module("hoad.sparse.patterns")
        colors = importlib.import_module("hoad.sparse.colors")
        matrices = importlib.import_module("hoad.sparse.matrices")
    except ModuleNotFoundError:
        raise MissingDependencyError("plot_sparsity needs SciPy: pip install 'hoad[scipy]'") from None
    with bound_for(f, (x,), {}):
        value = Recording(f, point).value
        if np.ndim(value):
            raise NonScalarOutputError(
                f"a Hessian is that of a function whose value is one number, and this one returned "
                f"{describe(value)}; lambda x: np.sum(f(x)) is one"
            )
        found = patterns.as_pattern(patterns.marked(f, point, 2))
    rows, columns = matrices.entries(found)
    chosen = colors.chosen_symmetric(patterns.symmetric(found), np.shape(x))
    return rows, columns, chosen.columns


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
