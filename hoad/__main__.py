"""The command line: ``hoad derivative``, ``hoad hessian``, ``hoad demo``."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .errors import HoadError
from .expressions import ExpressionError, parse
from .higher import derivatives, value_grad_hessian


def number(text: str) -> float:
    """A coordinate: a number, or an expression without x such as ``pi/2``."""
    return float(parse(text)(np.nan))


def point(text: str) -> Any:
    """A point: one number, or several with commas between."""
    values = [number(part) for part in text.split(",")]
    if np.isnan(values).any():
        raise ExpressionError(f"--at {text!r} is not a point: it must be numbers such as 1,2 or pi/2")
    return values[0] if len(values) == 1 else np.array(values)


def load(place: str) -> Any:
    """The function that ``FILE.py:name`` stands for."""
    path, _, name = place.rpartition(":")
    if not path or not name:
        raise ExpressionError(f"{place!r} does not name a function; type FILE.py:f")
    if not Path(path).is_file():
        raise ExpressionError(f"there is no file {path!r}")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise ExpressionError(f"{path!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if not callable(found):
        there = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise ExpressionError(f"{path} has no function {name!r}; it has {', '.join(there) or 'none'}")
    return found


def derivative_command(options: argparse.Namespace) -> int:
    """Print a table of derivatives."""
    x = point(options.at)
    if np.ndim(x):
        raise ExpressionError(f"--at {options.at!r}: an expression is a function of one number, x")
    f = parse(options.expression)
    print(f"f(x) = {options.expression} at x = {x:.17g}\n")
    print(f"{'order':>5}  {'derivative':>24}")
    for order, value in enumerate(derivatives(f, x, options.order)):
        print(f"{order:>5}  {float(value):>24.16g}")
    return 0


def hessian_command(options: argparse.Namespace) -> int:
    """Print value, gradient and Hessian."""
    f, x = load(options.function), point(options.at)
    value, gradient, second = value_grad_hessian(f, x)
    print(f"value     {value}\ngradient  {gradient}")
    print("hessian   " + str(second).replace("\n", "\n          "))
    return 0


def demo_command(options: argparse.Namespace) -> int:
    """Run the demonstration."""
    if importlib.util.find_spec("scipy") is None:
        raise ExpressionError("hoad demo needs SciPy; install it with: pip install 'hoad[scipy]'")
    from .demo import main as demo

    return demo()


def arguments() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="hoad", description="Exact derivatives of plain NumPy code, to any order."
    )
    parser.add_argument("--version", action="version", version=f"hoad {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("derivative", help="a table of the derivatives of an expression")
    one.add_argument("expression", help="a function of x, such as 'exp(sin(x))'")
    one.add_argument("--at", default="0", help="the point, such as 1 or pi/2 (default: 0)")
    one.add_argument("--order", type=int, default=1, help="the highest order (default: 1)")
    one.set_defaults(run=derivative_command)
    two = commands.add_parser("hessian", help="value, gradient and Hessian of a function in a file")
    two.add_argument("function", help="FILE.py:f")
    two.add_argument("--at", required=True, help="the point, such as 1,2")
    two.set_defaults(run=hessian_command)
    demo = commands.add_parser("demo", help="fit published data with exact derivatives, and compare")
    demo.set_defaults(run=demo_command)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        The exit status: 0, 1 if the demonstration disagrees with what was published, 2 for bad input.

    Example:
        >>> main(["derivative", "x**2", "--at", "3", "--order", "2"])
        f(x) = x**2 at x = 3
        <BLANKLINE>
        order                derivative
            0                         9
            1                         6
            2                         2
        0
    """
    options = arguments().parse_args(argv)
    try:
        status: int = options.run(options)
    except HoadError as error:
        print(f"hoad: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
