"""Writes the table of errors in ``docs/native.md``: of the functions in machine code, against mpmath, over
their whole range. ``make accuracy`` runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import mpmath
import numpy as np
import scipy.special

import hoad
from hoad.compiling import native

PAGE = Path(__file__).parent.parent.parent / "docs" / "native.md"
BEGIN, END = "<!-- errors: `make accuracy` -->\n", "<!-- end of errors -->\n"
N = 500
BITS = 160
SEED = 20_261_127


class Case(NamedTuple):
    """A function, what it is exactly, and from where to where its arguments go."""

    name: str
    function: Callable[..., Any]
    exact: Callable[..., Any]
    low: float
    high: float
    arity: int = 1


CASES = [
    Case("exp", np.exp, mpmath.exp, -708.0, 709.7),
    Case("expm1", np.expm1, mpmath.expm1, -60.0, 709.7),
    Case("exp2", np.exp2, lambda x: mpmath.mpf(2) ** x, -1021.0, 1023.9),
    Case("log", np.log, mpmath.log, 0.0, 1.7e308),
    Case("log1p", np.log1p, mpmath.log1p, -0.9999, 1.7e308),
    Case("log2", np.log2, lambda x: mpmath.log(x, 2), 0.0, 1.7e308),
    Case("log10", np.log10, mpmath.log10, 0.0, 1.7e308),
    Case("sin", np.sin, mpmath.sin, -(2.0**20), 2.0**20),
    Case("cos", np.cos, mpmath.cos, -(2.0**20), 2.0**20),
    Case("tan", np.tan, mpmath.tan, -1e300, 1e300),
    Case("arcsin", np.arcsin, mpmath.asin, -1.0, 1.0),
    Case("arccos", np.arccos, mpmath.acos, -1.0, 1.0),
    Case("arctan", np.arctan, mpmath.atan, -1e300, 1e300),
    Case("sinh", np.sinh, mpmath.sinh, -710.4, 710.4),
    Case("cosh", np.cosh, mpmath.cosh, -710.4, 710.4),
    Case("tanh", np.tanh, mpmath.tanh, -25.0, 25.0),
    Case("arcsinh", np.arcsinh, mpmath.asinh, -1e300, 1e300),
    Case("arccosh", np.arccosh, mpmath.acosh, 1.0, 1e300),
    Case("arctanh", np.arctanh, mpmath.atanh, -1.0, 1.0),
    Case("sqrt", np.sqrt, mpmath.sqrt, 0.0, 1.7e308),
    Case("cbrt", np.cbrt, lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), -1e300, 1e300),
    Case("power", np.power, mpmath.power, 0.0, 30.0, 2),
    Case("hypot", np.hypot, lambda x, y: mpmath.sqrt(x * x + y * y), -1e150, 1e150, 2),
    Case("arctan2", np.arctan2, mpmath.atan2, -1e150, 1e150, 2),
    Case("erf", scipy.special.erf, mpmath.erf, -6.0, 6.0),
    Case("erfc", scipy.special.erfc, mpmath.erfc, -6.0, 26.0),
    Case("gammaln", scipy.special.gammaln, lambda x: mpmath.re(mpmath.loggamma(x)), 0.0, 1e300),
    Case("psi", scipy.special.psi, mpmath.digamma, 0.0, 1e10),
    Case("expit", scipy.special.expit, lambda x: 1 / (1 + mpmath.exp(-x)), -700.0, 40.0),
]


def points(case: Case) -> list[Any]:
    """Arguments: spread over the range, over the sizes of numbers within it, and around 0 and 1."""
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(case.arity):
        low, high = max(case.low, -1e300), case.high
        largest = np.log10(max(abs(low), abs(high)))
        sized = 10.0 ** rng.uniform(max(-300.0, -300.0 if case.arity == 1 else -3.0), largest, N)
        parts = [rng.uniform(low, high, N), sized * rng.choice([-1, 1], N), rng.uniform(-4, 4, N)]
        x = np.concatenate([*parts, 1 + 10.0 ** rng.uniform(-12, 0, N) * rng.choice([-1, 1], N)])
        found.append(rng.permutation(x))
    inside = np.all([(x > case.low) & (x < case.high) for x in found], axis=0)
    return [x[inside] for x in found]


def in_form(case: Case, args: list[Any], form: str) -> Any:
    """The values: as loops over arrays, as single numbers, or NumPy's and SciPy's own."""
    if form == "NumPy":
        return case.function(*args)
    loops = {"FEW": -1, "MANY": 0} if form == "loops" else {"FEW": 10**9, "MANY": 10**9}
    with mock.patch.multiple(native, **loops):
        compiled = hoad.compile(lambda *args: case.function(*args))
        compiled(*args)
    (variant,) = compiled.variants
    assert variant.native is not None and (variant.native.mode == "loops") is (form == "loops"), (
        compiled.why()
    )
    return variant.native.function(lambda *args: None)(*args)


def errors(case: Case, forms: tuple[str, ...] = ("loops", "scalars", "NumPy")) -> list[float]:
    """The largest error of each form, in units in the last place."""
    args = points(case)
    with np.errstate(all="ignore"):
        values = [in_form(case, args, form) for form in forms]
    with mpmath.workprec(BITS):
        right = [case.exact(*[mpmath.mpf(float(x)) for x in row]) for row in zip(*args, strict=True)]
        return [max(map(error, found, right)) for found in values]


def error(y: float, right: Any) -> float:
    """In units in the last place; 0 where the value is too small to be told so."""
    unit = float(np.spacing(abs(float(right))))
    if not np.isfinite(unit) or abs(float(right)) < 2.0**-1021:
        return 0.0
    return float(abs(mpmath.mpf(float(y)) - right) / mpmath.mpf(unit))


def table() -> str:
    """The rows."""
    rows = ["| | range | loops | single numbers | NumPy, SciPy |", "|---|---|---|---|---|"]
    for case in CASES:
        found = " | ".join([f"{e:.2f}" if e < 100 else f"{e:.2g}" for e in errors(case)])
        rows.append(f"| {case.name} | {case.low:.6g} to {case.high:.6g} | {found} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Write the table into the page."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    sys.exit(main())
