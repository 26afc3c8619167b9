"""What the playground shows of a function at a point: curves, polynomials, a table, numbers with an ε, a
graph.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..errors import HoadError
from ..operators.derivatives import derivatives
from ..pictures.canvas import axes, pyplot
from ..pictures.curves import plot, plot_taylor
from ..teaching.explain import explain
from ..teaching.formulas import formula
from ..teaching.graph import trace
from ..values.fields import sympy
from .expressions import Evaluator, parse

EXAMPLES = {
    "a bell": "exp(-x**2)",
    "a wave in a wave": "sin(x**2)",
    "a pole out of sight": "1 / (1 + x**2)",
    "a kink": "abs(sin(x))",
    "a quotient at 0": "sin(x) / x",
    "slower than any line": "log(1 + x**2)",
}
START = "a bell"


def function(text: str) -> Evaluator | str:
    """The function of x that an expression stands for, or what is wrong with it."""
    try:
        f = parse(text)
    except HoadError as error:
        return str(error)
    f.__name__ = "f"
    return f


def curves(f: Evaluator, x: float, a: float, b: float) -> Any:
    """The function with two derivatives, their values at the point, and the tangent there."""
    ax = plot(f, a, b, (0, 1, 2), ax=axes(None))
    with np.errstate(all="ignore"):
        values = [float(value) for value in derivatives(f, x, 2)]
    for line, value in zip(ax.lines[:3], values, strict=True):
        ax.plot([x], [value], "o", color=line.get_color())
    near = np.array([x - (b - a) / 8, x + (b - a) / 8])
    ax.plot(near, values[0] + values[1] * (near - x), "k", linewidth=0.8, label="_tangent")
    ax.axvline(x, color="0.8", linewidth=0.8, zorder=0)
    return closed(ax)


def polynomials(f: Evaluator, x: float, a: float, b: float, order: int) -> Any:
    """The Taylor polynomial of an order around the point, and its error."""
    return closed(plot_taylor(f, x, a, b, (order,))[0])


def closed(ax: Any) -> Any:
    """The axes, of a figure that Matplotlib does not keep: the page draws a new one at each move."""
    pyplot().close(ax.figure)
    return ax


def table(f: Evaluator, x: float, order: int) -> str:
    """The derivatives up to an order, with their formulas up to the second, in Markdown."""
    with np.errstate(all="ignore"):
        values = [float(value) for value in derivatives(f, x, order)]
    rows = [f"| {n} | {text(f, n)} | {v:.12g} | {v / math.factorial(n):.12g} |" for n, v in enumerate(values)]
    return "\n".join(
        [f"**x = {x:.6g}**", "", "| n | formula | derivative | coefficient |", "|---|---|---|---|", *rows]
    )


@functools.lru_cache
def text(f: Evaluator, order: int) -> str:
    """The formula of a low derivative, in LaTeX; a bar would end the cell of a table."""
    if order > 2:
        return ""
    try:
        found = sympy().latex(formula(f, "x", order=order, simplify=True))
    except HoadError:
        return ""  # of a function that SymPy has no name for
    return f"${found}$".replace(r"\left|", r"\lvert ").replace(r"\right|", r"\rvert ").replace("|", r"\vert ")


def duals(f: Evaluator, x: float) -> str:
    """The calculation with numbers that carry ε₁ and ε₂."""
    return str(explain(f, x, mode="forward", order=2))


def walk(f: Evaluator, x: float) -> str:
    """The way down and back, as a page with a slider."""
    return explain(f, x)._repr_html_()


def graph(f: Evaluator, x: float) -> str:
    """The graph of the calculation with its values, for Mermaid."""
    return trace(f, x).to_mermaid()
