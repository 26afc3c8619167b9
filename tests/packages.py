"""The public functions of published packages, as they stand, against differences of themselves.

``make packages`` installs the packages, calls each function with numbers, and with arrays of three, until it
answers with finite numbers, and differentiates it there in both modes by all its arguments that have no
default. What is not right is written to ``build/packages.txt``. Of those that are called wrong, each is to be
looked at: a function may jump, or be so badly conditioned that its differences say nothing.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import importlib
import inspect
import os
import pkgutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import hoad
from hoad.errors import HoadError

PACKAGES = (
    "fluids",
    "chemicals",
    "ht",
    "pvlib",
    "seawater",
    "lmfit",
    "pymap3d",
    "transforms3d",
    "ahrs",
    "pyet",
    "colour",
    "galpy",
    "PyAstronomy",
    "skyfield",
    "skrf",
    "thermo",
    "scoringrules",
    "vollib",
    "pysolar",
    "refnx",
)
LEFT_OUT = (
    "test",
    "numba",
    "vectorized",
    "plot",
    "example",
    "conftest",
    "__main__",
    "pandas",
)  # parts of modules
SCALES: tuple[Callable[[Any, int], Any], ...] = (
    lambda rng, n: rng.uniform(0.2, 0.9, n),
    lambda rng, n: rng.uniform(1.0, 5.0, n),
    lambda rng, n: rng.uniform(30.0, 300.0, n),
    lambda rng, n: rng.uniform(-1.0, 1.0, n),
    lambda rng, n: 10 ** rng.uniform(-3.0, 5.0, n),
)
MOST = 12  # arguments
WIDTH = 3  # of the arrays
MODES = ("reverse", "forward")
WEIGHTS = 0.7 + 0.31 * np.sin(3.1 * np.arange(400) + 1)
Function = Callable[..., Any]


class Late(BaseException):
    """A call took too long; it is no ``Exception``, so that nobody catches it."""


def late(*_: Any) -> None:
    raise Late


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """The value of a call that may take so long.

    Raises:
        Late: it took longer.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """What functions write goes into a folder that is thrown away, and what they print and ask nowhere."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("r+") as nothing:
        os.chdir(folder)
        answers, sys.stdin = sys.stdin, nothing
        try:
            with contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
                yield
        finally:
            sys.stdin = answers
            os.chdir(before)


def functions(package: str) -> Iterator[Function]:
    """The public functions of a package, each once."""
    whole = importlib.import_module(package)
    modules = [whole]
    for found in pkgutil.walk_packages(getattr(whole, "__path__", ()), package + "."):
        if not any([part in found.name for part in LEFT_OUT]):
            with contextlib.suppress(Exception, Late, SystemExit):
                modules.append(within(30, lambda name=found.name: importlib.import_module(name)))
    seen: set[Function] = set()
    for module in modules:
        for name, f in sorted(vars(module).items()):
            own = inspect.isfunction(f) and (f.__module__ or "").startswith(package)
            if own and not name.startswith("_") and f not in seen:
                seen.add(f)
                yield f


def numbers_in(value: Any) -> list[Any]:
    """The numbers in what a function gives, one after the other; integers, text and truth values are none."""
    if isinstance(value, dict):
        return [x for name in sorted(value, key=str) for x in numbers_in(value[name])]
    if isinstance(value, (tuple, list)):
        return [x for part in value for x in numbers_in(part)]
    if type(value).__module__.startswith("hoad") or isinstance(value, np.ndarray):
        kind = value.dtype.kind
        return [] if kind not in "fcO" else list(np.ravel(value)) if np.ndim(value) else [value]
    return [value] if isinstance(value, (float, complex, np.inexact)) else []


def total(value: Any) -> Any:
    """A weighted sum of them."""
    found = numbers_in(value)[: len(WEIGHTS)]
    return sum([w * (np.real(x) + 0.3 * np.imag(x)) for w, x in zip(WEIGHTS, found, strict=False)], 0.0)


def difference(f: Function, x: np.ndarray, i: int) -> tuple[float, float]:
    """A derivative by central differences with extrapolation, and its error."""
    unit = np.eye(len(x))[i]
    h = 1e-3 * max(abs(x[i]), 1e-3)
    first, second, third = [(f(x + s * unit) - f(x - s * unit)) / (2 * s) for s in (h, h / 2, h / 4)]
    coarse, fine = (4 * second - first) / 3, (4 * third - second) / 3
    return fine, abs(fine - coarse)


def point_of(f: Function, n: int, size: int, seed: int) -> tuple[Function, np.ndarray] | None:
    """The function of one vector, and a point where it answers with a finite number, if there is one."""
    rng = np.random.default_rng(seed)
    parts = [slice(k * size, (k + 1) * size) if size > 1 else k for k in range(n)]
    g: Function = lambda x: total(f(*[x[part] for part in parts]))
    for scale in SCALES * 2:
        x = np.asarray(scale(rng, n * size), float)
        with contextlib.suppress(Exception, Late, SystemExit):
            value = within(2, lambda x=x: g(x.copy()))
            if value.__class__ is not float and np.isfinite(value):
                return g, x
    return None


def verdict(g: Function, x: np.ndarray, mode: str, right: Any, error: Any, size: float) -> tuple[str, str]:
    """What becomes of a derivative (``right``, ``nan``, ``wrong``, ``refused`` by hoad, ``error``, ``late``),
    and what is said of it.
    """
    try:
        found = within(20, lambda: np.asarray(hoad.jacobian(g, mode=mode)(x.copy()), float))
    except Late:
        return "late", ""
    except HoadError as refusal:
        return "refused", f"{type(refusal).__name__}: {refusal}"
    except Exception as other:
        return "error", f"{type(other).__name__}: {other}"
    noise = size / np.maximum(np.abs(x), 1e-3)
    known = np.isfinite(right) & (error <= 1e-5 * np.abs(right) + 1e-7 * noise)
    off = known & ~(np.abs(found - right) <= 1e-3 * np.abs(right) + 3 * error + 1e-5 * noise)
    if not off.any():
        return "right", ""
    return "nan" if np.isnan(found[off]).all() else "wrong", f"{found.tolist()}, and not {right.tolist()}"


def judged(f: Function, name: str) -> Iterator[tuple[str, str, str, str]]:
    """The mode, the kind of arguments, the verdict and what is said of it, for one function."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return
    given = [
        p
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    for size in (1, WIDTH):
        place = point_of(f, len(given), size, sum(map(ord, name))) if 1 <= len(given) <= MOST else None
        if place is None:
            continue
        g, x = place
        try:
            slopes = within(6, lambda g=g, x=x: [difference(g, x, i) for i in range(len(x))])
        except (Exception, Late):
            continue
        right, error = np.array(slopes, float).T
        for mode in MODES:
            found = verdict(g, x, mode, right, error, max(1e-12, abs(g(x.copy()))))
            yield mode, "numbers" if size == 1 else "arrays", *found


def main(arguments: list[str]) -> None:
    """Go through the packages; print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--only", default="", help="functions whose name contains this")
    parser.add_argument("--out", default="build/packages.txt")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGALRM, late)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    out = Path(options.out).absolute()
    lines = []
    for package in options.packages:
        counts: collections.Counter[tuple[str, str]] = collections.Counter()
        with apart():
            for f in functions(package):
                name = f"{f.__module__}.{f.__name__}"
                if options.only in name:
                    for mode, kind, what, why in judged(f, name):
                        counts[mode, what] += 1
                        if what != "right":
                            lines.append(f"{what}  {name}  {mode}, {kind}: {why[:400]}")
        print(
            package,
            *[f"{mode} {what} {n}" for (mode, what), n in sorted(counts.items())],
            sep="; ",
            flush=True,
        )
    out.parent.mkdir(exist_ok=True)
    out.write_text("\n".join(sorted(lines)) + "\n")
    print(f"what is not right: {options.out}")


if __name__ == "__main__":
    main(sys.argv[1:])
