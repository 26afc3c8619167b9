"""Writes ``docs/coverage.md``: what hoad has for each function of NumPy, what is proven, and how exact it is.

``make coverage`` runs it. The errors are those of the machine that it runs on: of its NumPy, that is, and its
vector instructions.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "chainrules")]

import test_rules
from rule_points import CONSTANTS, ELEMENTWISE, PROGRAMS
from special_points import LOOSER

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.numpy.without import WITHOUT
from hoad.chainrules.scipy import special
from hoad.chainrules.statements import Primitive

PAGE = Path(__file__).parent.parent.parent / "docs" / "coverage.md"
NAMESPACES = {"": np, "linalg.": np.linalg, "fft.": np.fft}
GOALS = (4.0, 64.0)
HEAD = """# Coverage of NumPy

NumPy {version}: {count} public functions of `numpy`, `numpy.linalg` and `numpy.fft`. Each has a rule, is
constant, or is listed at the end with the reason why it has no derivative. This page is written by `make
coverage`, and a test fails on any name that is not accounted for.

Of `numpy.random`, samples are constants; a distribution's parameters come in by what is done to the
sample, as in `mu + sigma * rng.normal(size=n)`, which is differentiated in `mu` and `sigma`. The
functions of `numpy.polynomial` take traced points. The methods `reduce`, `accumulate`, `reduceat`,
`outer` and `at` of ufuncs are differentiated too.

## Elementwise functions: the errors

The largest error over the whole range of the arguments (`tests/tables/rule_points.py` has the points, from
1e-300 to 1e150 where the function goes that far), in units in the last place, against 50 digits: of the
first derivative (forward and reverse), the second (forward over reverse, and forward over forward) and
the third (Taylor mode), by each argument. The aim is 4 for the first and 64 for the second; what misses
it has its reason beside it.
"""
PROOF = """
 Each program is proven (`tests/chainrules/test_rules.py`) in value, shape and type against NumPy; in the
first derivative against differences in mpmath at 60 digits; in reverse by transposition; in second
derivatives in all four nestings; as a batch, mapped (`tests/operators/test_vmap.py`), as a Laplacian, and as
a Taylor series to order 5.
"""
SPECIAL = """
## Functions of scipy.special

{count} functions have a rule. Their derivatives of orders 1 to 3 are proven against mpmath over the whole
range, from 1e-308 to overflow and next to every pole, zero and end of a branch
(`tests/tables/special_points.py`, `tests/chainrules/test_special_ranges.py`). The first is right to 4 units
in the last place, the second to 64, the third to 256, and to twice the error of SciPy's own value beyond
that, where it has one. Next to a zero of a derivative, the unit is that of what it changes by where the
argument moves by a sixteenth of its last place. More is allowed for the first derivative of these:

| functions | units in the last place | because of |
|---|---:|---|
{rows}

By the order of `jv`, `yv`, `iv` and `kv`, and the first argument of `gammainc`, `gammaincc` and `zeta`, all
derivatives have nine digits or more (`tests/chainrules/test_special_parameters.py`). They are nan, at every
order, where that is out of reach: for Bessel functions of x <= 0, of complex x, of x or an order beyond 1e4,
and `jv` of orders above x > 250; for a > 1e4; for the values of `zeta` that SciPy does not have. They cost
some hundred times what the function costs. Off the real axis, 11 digits are right to third order.

[scipy.md](scipy.md) has the errors of each, by each argument, and the other modules of SciPy.
"""


def special_part() -> str:
    """The part about SciPy."""
    by_bound: dict[Any, list[str]] = {}
    for name, reason in LOOSER.items():
        by_bound.setdefault(reason, []).append(f"`{name}`")
    rows = "\n".join(f"| {', '.join(names)} | {b:g} | {why} |" for (b, why), names in by_bound.items())
    return SPECIAL.format(count=len(special.FUNCTIONS), rows=rows)


def public() -> dict[str, Any]:
    """Every function that NumPy makes public, by its name; what several names share counts once for each."""
    found = {}
    for prefix, namespace in NAMESPACES.items():
        for name in dir(namespace):
            value = getattr(namespace, name)
            if not name.startswith("_") and callable(value) and not isinstance(value, type):
                found[prefix + name] = value
    return found


def errors(entry: Any) -> list[float | None]:
    """The largest errors of the derivatives of orders 1 to 3, by each argument, over all points and modes."""
    worst: list[float | None] = [0.0, 0.0, 0.0]
    for point, i in itertools.product(entry.points, entry.arguments):
        f = test_rules.at(entry.function, point, i)
        gradient = hoad.grad(f)
        with np.errstate(all="ignore"):
            ways = [
                [hoad.derivative(f, point[i]), gradient(point[i])],
                [hoad.derivative(gradient, point[i]), hoad.derivative(f, point[i], 2)],
                [hoad.derivatives(f, point[i], 3)[3]],
            ]
        for order, got in enumerate(ways):
            exact = test_rules.derivative_of(entry.function, point, (i,) * (order + 1))
            if abs(exact) < 1e300:
                worst[order] = max([worst[order] or 0.0, *[test_rules.ulps(g, exact) for g in got]])
    if entry.second is None:
        worst[1:] = [None, None]
    return worst


def number(error: float | None) -> str:
    """An error with two digits."""
    if error is None:
        return "-"
    return "inf" if math.isinf(error) else f"{error:.2g}"


def kind_of(function: Any) -> str:
    """How the derivative of a function is stated."""
    rule = RULES[function]
    return rule.kind if isinstance(rule, Primitive) else "composite"


def page() -> str:
    """The page, as Markdown."""
    names = public()
    lines = [
        HEAD.format(version=np.__version__, count=len(names)).rstrip(),
        "",
        "| function | first | second | third | note |",
        "|---|---:|---:|---:|---|",
    ]
    for function, entry in ELEMENTWISE.items():
        own = [f"`{name}`" for name, f in names.items() if f is function]
        if not own:
            continue
        found = errors(entry)
        missed = any(e is not None and e > goal for e, goal in zip(found, GOALS, strict=False))
        note = entry.why if missed else ""
        if found[2] is not None and found[2] > 1000:
            note = "the third derivative has a zero near a point: its error is that of a difference"
        lines.append(f"| {', '.join(own)} | {' | '.join(map(number, found))} | {note} |")
    lines += [
        "",
        "## Other functions",
        "",
        "| function | rule | programs proven | bound in ulp |",
        "|---|---|---:|---:|",
    ]
    for name, function in sorted(names.items()):
        if function in PROGRAMS and function in RULES:
            entries = PROGRAMS[function]
            bound = max(entry.bound for entry in entries)
            lines.append(f"| `{name}` | {kind_of(function)} | {len(entries)} | {bound:g} |")
    lines += [
        PROOF,
        "## Constant functions",
        "",
        "Their derivative is zero wherever they have one: "
        + ", ".join(f"`{n}`" for n, f in sorted(names.items()) if f in RULES and f in CONSTANTS)
        + ".",
        "",
        "## Without a derivative",
        "",
        "| function | why, and what instead |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {reason} |" for name, reason in sorted(WITHOUT.items()) if name in names]
    rest = [n for n, f in sorted(names.items()) if listed_nowhere(n, f)]
    if rest:
        lines += [
            "",
            "Questions, creators and aliases with rules of their own: "
            + ", ".join(f"`{n}`" for n in rest)
            + ".",
        ]
    return "\n".join(lines) + "\n" + special_part()


def listed_nowhere(name: str, function: Any) -> bool:
    """Tell whether a function is in none of the tables of the page."""
    in_tables = function in ELEMENTWISE or (function in PROGRAMS and function in RULES)
    return not in_tables and name not in WITHOUT and not (function in RULES and function in CONSTANTS)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        PAGE.write_text(page(), encoding="utf-8")
