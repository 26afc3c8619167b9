"""Commands for a lesson: ``hoad explain``, ``hoad taylor``, ``hoad formula``, ``hoad plot``."""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np

from ..operators.derivatives import derivatives
from ..pictures.canvas import pyplot
from ..pictures.curves import plot
from ..teaching.explain import explain
from ..teaching.formulas import formula
from ..values.fields import sympy
from .inputs import UsageError, blaming, function_of, number, point

USUAL = {1: "reverse", 2: "forward-reverse"}  # modes by order; Taylor mode above


def explain_command(options: argparse.Namespace) -> int:
    """Print a derivative step by step."""
    name, f = function_of(options.function)
    mode = options.mode or USUAL.get(options.order, "taylor")
    with blaming(name), np.errstate(all="ignore"):
        lesson: Any = explain(f, point(options.at), mode=mode, order=options.order)
    is_file = ".py:" in options.function
    print(lesson.text(None if options.all else 24, source=is_file))
    return 0


def taylor_command(options: argparse.Namespace) -> int:
    """Print the Taylor polynomial around a point."""
    name, f = function_of(options.function)
    x = point(options.at)
    if np.ndim(x):
        raise UsageError(f"--at {options.at!r}: a Taylor polynomial is that of a function of one number, x")
    with blaming(name), np.errstate(all="ignore"):
        found = [float(d) / math.factorial(n) for n, d in enumerate(derivatives(f, x, options.order))]
    print(f"{options.function.strip()} = {polynomial(found, x)} + ...\n")
    print(f"{'order':>5}  {'coefficient':>24}")
    for n, c in enumerate(found):
        print(f"{n:>5}  {c:>24.16g}")
    return 0


def polynomial(coefficients: list[float], x: float) -> str:
    """A polynomial in powers of the distance from a point."""
    step = "x" if x == 0 else f"(x - {x:.6g})" if x > 0 else f"(x + {-x:.6g})"
    powers = [f"*{step}**{n}" if n > 1 else f"*{step}" if n else "" for n in range(len(coefficients))]
    terms = [f"{c:.6g}{p}" for c, p in zip(coefficients, powers, strict=True) if c != 0 or not p]
    terms = terms[1:] if len(terms) > 1 and coefficients[0] == 0 else terms
    return " + ".join(terms).replace("+ -", "- ")


def formula_command(options: argparse.Namespace) -> int:
    """Print the formula of a derivative."""
    name, f = function_of(options.function)
    with blaming(name):
        names = () if ".py:" in options.function else ("x",)
        found = formula(f, *names, order=options.order, simplify=options.simplify)
    print(sympy().latex(found) if options.latex else found)
    return 0


def plot_command(options: argparse.Namespace) -> int:
    """Draw a function and its derivatives, in a window or into a file."""
    name, f = function_of(options.function)
    orders = [order_of(part) for part in options.orders.split(",")]
    with blaming(name):
        ax = plot(f, ended(options.start), ended(options.stop), orders)
    ax.set_title(options.function.strip())
    show = pyplot()
    if options.save:
        ax.figure.savefig(options.save)
        print(f"drawn into {options.save}")
    elif not opens_windows(show.get_backend()):
        raise UsageError("no window can be opened here; write the picture into a file: --save picture.png")
    else:
        show.show()
    return 0


def opens_windows(backend: str) -> bool:
    """Tell whether Matplotlib shows what it draws."""
    return backend.lower() not in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def ended(text: str) -> float:
    """One end of an interval."""
    try:
        return number(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no end of an interval: {error}") from None


def order_of(text: str) -> int:
    """One order of derivatives."""
    if not text.strip().isdigit():
        raise UsageError(f"--orders {text!r}: it must be numbers with commas between, such as 0,1,2")
    return int(text)


def add_lessons(commands: Any) -> None:
    """Add the commands to those of the command line."""
    what = "a function of x, such as 'sin(x**2)', or one in a file, FILE.py:f"
    one = commands.add_parser("explain", help="a derivative step by step: rules, numbers, and what flows")
    one.add_argument("function", help=what)
    one.add_argument("--at", default="0", help="the point, such as 1 or pi/2, or 1,2 for a file (default: 0)")
    one.add_argument("--order", type=int, default=1, help="of the derivative (default: 1)")
    modes = ("reverse", "forward", "forward-reverse", "taylor")
    one.add_argument("--mode", choices=modes, help="how it is found (default: what suits the order)")
    one.add_argument("--all", action="store_true", help="show all steps of a long function")
    one.set_defaults(run=explain_command)
    two = commands.add_parser("taylor", help="the Taylor polynomial around a point")
    two.add_argument("function", help=what)
    two.add_argument("--at", default="0", help="the point (default: 0)")
    two.add_argument("--order", type=int, default=5, help="of the polynomial (default: 5)")
    two.set_defaults(run=taylor_command)
    three = commands.add_parser("formula", help="the formula of a derivative (needs SymPy)")
    three.add_argument("function", help=what)
    three.add_argument("--order", type=int, default=1, help="of the derivative (default: 1)")
    three.add_argument("--simplify", action="store_true", help="have SymPy simplify it")
    three.add_argument("--latex", action="store_true", help="as LaTeX")
    three.set_defaults(run=formula_command)
    four = commands.add_parser("plot", help="a function and its derivatives as curves (needs Matplotlib)")
    four.add_argument("function", help=what)
    four.add_argument("--from", dest="start", default="-3", help="where the picture begins (default: -3)")
    four.add_argument("--to", dest="stop", default="3", help="where it ends (default: 3)")
    four.add_argument("--orders", default="0,1,2", help="of the derivatives (default: 0,1,2)")
    four.add_argument("--save", metavar="FILE", help="write the picture into a file, and open no window")
    four.set_defaults(run=plot_command)
