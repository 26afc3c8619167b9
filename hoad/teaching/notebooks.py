"""What notebooks show of hoad's values: tables in HTML, formulas in LaTeX. The classes know nothing of it.

This is imported where IPython is; each method returns None where there is nothing better than the text.
"""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from ..errors import HoadError
from ..operators.differential import DifferentialOperator
from ..operators.prime import Differentiable
from ..parameters.grads import Grads
from ..parameters.params import Params
from ..program.operations import short
from ..values.fields import sympy
from .formulas import formula
from .numbers import latex_name
from .verification import Verification


def rows(headings: list[str], cells: list[list[str]]) -> str:
    """A table."""
    head = "".join([f"<th>{html.escape(h)}</th>" for h in headings])
    body = "".join(["<tr>" + "".join([f"<td>{html.escape(c)}</td>" for c in row]) + "</tr>" for row in cells])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def grads_html(grads: Grads) -> str:
    """Each parameter beside the derivative by it."""
    pairs = zip(grads, grads.parts, strict=True)
    cells = [[str(k), str(p.shape), short(p.primal), brief(g)] for k, (p, g) in enumerate(pairs)]
    return rows(["", "shape", "parameter", "gradient"], cells)


def params_html(params: Params) -> str:
    """The parameters with their values."""
    cells = [[str(k), str(p.shape), short(p.primal)] for k, p in enumerate(params)]
    return rows(["", "shape", "parameter"], cells)


def brief(g: Any) -> str:
    """A derivative in a few letters."""
    return repr(g) if isinstance(g, Grads) else short(np.asarray(g)[()])


def verification_html(report: Verification) -> str:
    """The worst entry of each order and mode."""
    cells = [
        [str(e.order), e.mode, f"{e.found:.17g}", f"{e.exact:.17g}", f"{e.ulps:.2g}", e.source]
        for e in report.rows()
    ]
    return rows(["order", "mode", "hoad", "exact", "ulps", "source"], cells)


def function_latex(f: Differentiable[..., Any]) -> str | None:
    """The formula of a function that has derivatives, if it has one."""
    try:
        expression = formula(f._f, order=f._order)
        latex = sympy().latex(expression)
    except (HoadError, AttributeError, TypeError, ValueError):
        return None
    name = getattr(f, "__name__", "f")
    shown = "f" if not name.isidentifier() else latex_name(name)
    prime = "'" * f._order if f._order < 4 else f"^{{({f._order})}}"
    return f"${shown}{prime} = {latex}$"


def operator_latex(operator: DifferentialOperator) -> str:
    """A differential operator as a sum of partial derivatives."""
    terms = [f"{factor(c, k)}{derivative(i)}" for k, (i, c) in enumerate(operator.terms.items())]
    text = " + ".join([t.strip() for t in terms]) or "0"
    return f"${text.replace('+ -', '- ')}$"


def factor(c: Any, k: int) -> str:
    """A coefficient."""
    if callable(c):
        return f"c_{{{k}}}(x) \\, "
    return "" if c == 1 else "-" if c == -1 else f"{short(c)} \\, "


def derivative(index: tuple[int, ...]) -> str:
    """A partial derivative of a multi-index."""
    order = sum(index)
    if order == 0:
        return r"\mathrm{id}"
    below = [rf"\partial x_{{{k}}}" + (f"^{{{n}}}" if n > 1 else "") for k, n in enumerate(index) if n]
    above = r"\partial" + (f"^{{{order}}}" if order > 1 else "")
    return rf"\frac{{{above}}}{{{' '.join(below)}}}"


SHOWN: list[tuple[type, str, Any]] = [
    (Grads, "_repr_html_", grads_html),
    (Params, "_repr_html_", params_html),
    (Verification, "_repr_html_", verification_html),
    (Differentiable, "_repr_latex_", function_latex),
    (DifferentialOperator, "_repr_latex_", operator_latex),
]
for _class, _name, _method in SHOWN:
    setattr(_class, _name, _method)
