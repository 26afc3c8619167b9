"""The command line: ``hoad derivative``, ``hoad hessian``, ``hoad demo``."""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import __version__
from .command.expressions import ExpressionError, parse
from .errors import HoadError
from .operators.derivatives import derivatives
from .operators.hessians import value_grad_hessian


class UsageError(HoadError, ValueError):
    """The command line asks for what can't be done: no such file or function, no point, no SciPy."""


# ------------------------------------------------------------------------------------------------------------
# What the arguments mean
# ------------------------------------------------------------------------------------------------------------


def number(text: str) -> float:
    """A coordinate: a number, or an expression without x such as ``pi/2``."""
    return float(parse(text)(np.nan))


def point(text: str) -> Any:
    """A point: one number, or several with commas between."""
    try:
        values = [number(part) for part in text.split(",")]
    except ExpressionError as error:
        raise UsageError(f"--at {text!r} is not a point: {error}") from None
    if np.isnan(values).any():
        raise UsageError(f"--at {text!r} is not a point: it must be numbers such as 1,2 or pi/2")
    return values[0] if len(values) == 1 else np.array(values)


@contextmanager
def blaming(path: str) -> Iterator[None]:
    """An error in the user's file becomes a message that names its line."""
    try:
        yield
    except Exception as error:
        line = line_of(error, Path(path).resolve())
        if isinstance(error, HoadError) and not line:
            raise  # of what the function returned
        place = f"{path}, line {line}" if line else path
        cause = error.__cause__
        told = cause if isinstance(cause, HoadError) else error  # NumPy wraps an EscapeError
        raise UsageError(f"{place}: {type(told).__name__}: {told}") from error


def line_of(error: BaseException, path: Path) -> int | None:
    """The line of a file where an error arose, if it arose there."""
    if isinstance(error, SyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path]
    return lines[-1] if lines else None


def run_file(path: str) -> ModuleType:
    """The module of a file, which may import its neighbours."""
    if not Path(path).is_file():
        raise UsageError(f"there is no file {path!r}")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path!r} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(Path(path).resolve().parent))
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module  # dataclasses look their module up there
    try:
        with blaming(path):
            spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
        if before is not None:
            sys.modules[module.__name__] = before
    return module


def load(place: str) -> tuple[str, Any]:
    """The file, and the function in it, that ``FILE.py:name`` stands for."""
    path, _, name = place.strip().rpartition(":")
    if not path or not name:
        raise UsageError(f"{place!r} does not name a function; type FILE.py:f")
    module = run_file(path)
    found = getattr(module, name, None)
    if not callable(found):
        own = [key for key, value in vars(module).items() if is_own(value, module)]
        close = difflib.get_close_matches(name, own, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"{path} has no function {name!r}; it has {', '.join(own) or 'none'}{meant}")
    return path, found


def is_own(value: Any, module: ModuleType) -> bool:
    """Is this a function that the module does not import from elsewhere?"""
    return callable(value) and getattr(value, "__module__", None) == module.__name__


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
