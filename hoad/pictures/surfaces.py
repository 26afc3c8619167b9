"""Functions of two numbers: level lines with the gradient, and the Hessian at a point as an ellipse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..operators.gradients import grad
from ..operators.hessians import value_grad_hessian
from ..running.calling import Function, check_function
from ..running.tracebacks import folding
from .canvas import axes, interval


def checked_span(span: Any, name: str) -> tuple[float, float]:
    """The two ends of an interval."""
    if np.shape(span) != (2,):
        raise ArgumentError(f"{name} is {span!r}; it must be two numbers, where the picture begins and ends")
    return span[0], span[1]


@folding
def plot_gradient(
    f: Function,
    xs: Any = (-2.0, 2.0),
    ys: Any = (-2.0, 2.0),
    *,
    arrows: int = 15,
    lines: int = 15,
    ax: Any = None,
) -> Any:
    """Draw the level lines of a function of two numbers, and its gradient as arrows.

    Args:
        f: a function of an array of two numbers; its value is one number.
        xs: where the first coordinate begins and ends.
        ys: the same of the second.
        arrows: how many arrows in a row.
        lines: how many level lines.
        ax: Matplotlib's axes; new ones by default.

    Returns:
        The axes, with the level lines and the arrows, ``ax.collections``.

    Raises:
        ArgumentError: an interval is empty.
        MissingDependencyError: Matplotlib is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> ax = hoad.plot_gradient(lambda x: x[0]**2 - x[1]**2)
    """
    check_function(f, "plot_gradient")
    u, v = (interval(*checked_span(s, name), 80) for s, name in ((xs, "xs"), (ys, "ys")))
    ax = axes(ax)
    with np.errstate(all="ignore"):
        ax.contour(u, v, on_grid(f, u, v), levels=lines, linewidths=0.8)
        places = [np.linspace(w[0], w[-1], arrows + 2)[1:-1] for w in (u, v)]
        field = on_grid(grad(f), *places)
    ax.quiver(*places, field[..., 0], field[..., 1], angles="xy")
    ax.set_xlabel("x[0]")
    ax.set_ylabel("x[1]")
    return ax


def on_grid(f: Callable[[Any], Any], u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A function at each point of a grid, the second coordinate along the rows."""
    return np.array([[f(np.array([a, b])) for a in u] for b in v])


@folding
def plot_hessian(f: Function, at: Any, *, level: float | None = None, lines: int = 15, ax: Any = None) -> Any:
    """Draw the Hessian of a function of two numbers at a point: the ellipse on which the quadratic term is
    constant, with its axes; a hyperbola where the function has a saddle.

    Args:
        f: a function of an array of two numbers; its value is one number.
        at: the point, two numbers.
        level: of the quadratic term, d·H·d / 2; by default such that the shorter axis has the length 1.
        lines: how many level lines of f are drawn beside it; 0 for none.
        ax: Matplotlib's axes; new ones by default.

    Returns:
        The axes: ``ax.lines`` are the curve (two branches of a hyperbola), the two axes and the point.

    Raises:
        ArgumentError: the point has not two coordinates, or the Hessian there is zero.
        MissingDependencyError: Matplotlib is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> ax = hoad.plot_hessian(lambda x: x[0]**2 + 4 * x[1]**2, np.zeros(2))
    """
    check_function(f, "plot_hessian")
    at = np.asarray(at, dtype=float)
    if at.shape != (2,):
        raise ArgumentError(
            f"the point has shape {at.shape}; a Hessian is drawn of a function of two numbers"
        )
    _, _, h = value_grad_hessian(f, at)
    values, vectors = np.linalg.eigh(h)
    largest = np.max(np.abs(values))
    if not largest > 0:
        raise ArgumentError("the Hessian at this point is zero, or nan; there is no ellipse to draw")
    ax = axes(ax)
    height = largest / 2 if level is None else abs(level)
    curves = conic(values, vectors, height)
    sign = "±" if values[0] * values[1] < 0 else "-" if values[0] < 0 else ""
    for k, curve in enumerate(curves):
        label = f"d·H·d = {sign}{2 * height:.4g}" if not k else None
        ax.plot(*(at[:, None] + curve), "C3", label=label)
    for value, vector in zip(values, vectors.T, strict=True):
        length = np.sqrt(2 * height / abs(value)) if value else 1.0
        ends = at[:, None] + np.outer(vector, [-length, length])
        ax.plot(*ends, "C0--" if value > 0 else "C1--", label=f"curvature {value:.4g}")
    ax.plot(*at[:, None], "ko")
    if lines:
        (u0, u1), (v0, v1) = ax.get_xlim(), ax.get_ylim()
        u, v = np.linspace(u0, u1, 60), np.linspace(v0, v1, 60)
        with np.errstate(all="ignore"):
            ax.contour(u, v, on_grid(f, u, v), levels=lines, linewidths=0.5)
    ax.set_aspect("equal")
    ax.legend()
    return ax


def conic(values: np.ndarray, vectors: np.ndarray, height: float) -> list[np.ndarray]:
    """Where ``|d·H·d| / 2`` is ``height``: an ellipse, the branches of two hyperbolas, or two lines."""
    scales = [np.sqrt(2 * height / abs(v)) if v else np.inf for v in values]
    if values[0] * values[1] > 0:
        t = np.linspace(0, 2 * np.pi, 200)
        return [vectors @ np.array([scales[0] * np.cos(t), scales[1] * np.sin(t)])]
    t = np.linspace(-1.5, 1.5, 100)
    if values[0] * values[1] < 0:
        branches = [np.array([sign * np.cosh(t), np.sinh(t)]) for sign in (1, -1)]
        both = [b[::order] for b in branches for order in (1, -1)]
        return [vectors @ (np.array(scales)[:, None] * b) for b in both]
    k = int(np.argmax(np.abs(values)))
    lines = [np.array([np.full_like(t, sign * scales[k]), t * scales[k]]) for sign in (1, -1)]
    return [vectors[:, [k, 1 - k]] @ line for line in lines]
