"""What the arguments of the command line mean: points, expressions, functions in files."""

from __future__ import annotations

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

from ..errors import HoadError
from .expressions import ExpressionError, parse


class UsageError(HoadError, ValueError):
    """The command line asks for what can't be done: no such file or function, no point, no SciPy."""


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


def function_of(text: str) -> tuple[str, Any]:
    """An expression, or the path of ``FILE.py:f``, and the function that it stands for."""
    if ".py:" in text:
        return load(text)
    f = parse(text)
    f.__name__ = "f"
    return text.strip(), f
