"""The command line: ``hoad derivative``, ``hoad hessian``, ``hoad explain`` and the other commands."""

from __future__ import annotations

import argparse
import importlib.util
import sys

import numpy as np

from . import __version__
from .command.expressions import parse
from .command.inputs import UsageError, blaming, load, point
from .command.lessons import add_lessons
from .command.play import add_play
from .errors import HoadError
from .operators.derivatives import derivatives
from .operators.hessians import value_grad_hessian

EXAMPLES = """\
examples:
  hoad derivative "exp(sin(x))" --at 1 --order 5   a table of derivatives
  hoad explain "sin(x**2)" --at 1                  how the derivative comes about, step by step
  hoad explain "sin(x**2)" --at 1 --order 2        the second derivative, by numbers with an ε
  hoad formula "x*exp(-x)" --order 2               the second derivative as a formula
  hoad taylor "log(1 + x)" --order 4               the Taylor polynomial
  hoad plot "exp(-x**2)" --save bell.png           a picture of a function and two derivatives
  hoad play "sin(x**2)"                            a page in the browser, to move the point on
  hoad hessian FILE.py:f --at 1,2                  value, gradient and Hessian of a function of yours

An expression may hold x, numbers, + - * / % **, pi, e, and NumPy's mathematical functions.
`hoad COMMAND --help` lists the options of a command."""

# ------------------------------------------------------------------------------------------------------------
# The commands
# ------------------------------------------------------------------------------------------------------------


def derivative_command(options: argparse.Namespace) -> int:
    """Print a table of derivatives."""
    x = point(options.at)
    if np.ndim(x):
        raise UsageError(f"--at {options.at!r}: an expression is a function of one number, x")
    with np.errstate(all="ignore"):  # inf and nan in the table say as much
        values = derivatives(parse(options.expression), x, options.order)
    print(f"f(x) = {options.expression.strip()} at x = {x:.17g}\n")
    print(f"{'order':>5}  {'derivative':>24}")
    for order, value in enumerate(values):
        print(f"{order:>5}  {float(value):>24.16g}")
    return 0


def hessian_command(options: argparse.Namespace) -> int:
    """Print value, gradient and Hessian."""
    x = point(options.at)
    path, f = load(options.function)
    with blaming(path), np.errstate(all="ignore"):
        value, gradient, second = value_grad_hessian(f, x)
    print(f"value     {value}\ngradient  {gradient}")
    print("hessian   " + str(second).replace("\n", "\n          "))
    return 0


def demo_command(options: argparse.Namespace) -> int:
    """Run the demonstration."""
    if importlib.util.find_spec("scipy") is None:
        raise UsageError("hoad demo needs SciPy; install it with: pip install 'hoad[scipy]'")
    from .command.demo import main as demo

    return demo()


def arguments() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="hoad",
        description="Exact derivatives of plain NumPy code, to any order.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hoad {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    one = commands.add_parser("derivative", help="a table of the derivatives of an expression")
    one.add_argument("expression", help="a function of x, such as 'exp(sin(x))'")
    one.add_argument("--at", default="0", help="the point, such as 1 or pi/2 (default: 0)")
    one.add_argument("--order", type=int, default=1, help="the highest order (default: 1)")
    one.set_defaults(run=derivative_command)
    two = commands.add_parser("hessian", help="value, gradient and Hessian of a function in a file")
    two.add_argument("function", help="FILE.py:f")
    two.add_argument("--at", required=True, help="the point, such as 1,2")
    two.set_defaults(run=hessian_command)
    add_lessons(commands)
    add_play(commands)
    demo = commands.add_parser("demo", help="fit published data with exact derivatives, and compare")
    demo.set_defaults(run=demo_command)
    return parser


def shielded(argv: list[str]) -> list[str]:
    """The arguments with a space before those such as ``-1,2`` or ``-x**2``, which argparse would take for
    options.
    """
    return [f" {a}" if a.startswith("-") and not a.startswith("--") and a != "-h" else a for a in argv]


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
    options = arguments().parse_args(shielded(sys.argv[1:] if argv is None else argv))
    try:
        status: int = options.run(options)
    except (HoadError, RecursionError) as error:
        print(f"hoad: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
