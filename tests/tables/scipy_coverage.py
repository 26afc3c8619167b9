"""Writes ``docs/scipy.md``: what hoad has for each function of SciPy, how exact it is, and what is refused.

``make coverage`` runs it. The errors are those of the machine that it runs on.
"""

from __future__ import annotations

import math
import sys
import types
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import scipy
import scipy.ndimage
import scipy.signal
import scipy.special as sc

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "chainrules")]

import scipy_names
import scipy_special as special_cases
import signal_programs
import test_special_ranges
from distributions import CONTINUOUS, DISCRETE, REFUSED
from image_measures import MEASURES
from special_exact import EXACT, Exact
from special_points import LOOSER, RANGES

import hoad
from hoad.adapting.doors import door_of
from hoad.chainrules import RULES
from hoad.chainrules.doors import BEHIND, DOORS
from hoad.chainrules.scipy.without import Question, Refusal
from hoad.chainrules.statements import Constant

PAGE = Path(__file__).parent.parent.parent / "docs" / "scipy.md"
MORE = {f"scipy.signal.{name.split()[0]}" for name in signal_programs.PROGRAMS}
MORE |= {f"scipy.ndimage.{name}" for name in MEASURES}
MOST = 12  # points of a range, of which there may be hundreds
GOAL = 64.0
HEAD = """# SciPy, function by function

SciPy {version}. This page is written by `make coverage`; tests fail on any public name of these modules
that is not accounted for. Inside a derivative each function is called by its own name, untouched.

## scipy.special: the errors

The largest error of the derivatives of orders 1 to 3 over the points of `tests/tables/special_exact.py` and
of `tests/tables/special_points.py` ({most} of the latter), in units in the last place, against mpmath at 50
digits and more. Next to a zero of a derivative the unit is that of what it changes by where the argument
moves by a sixteenth of its last place. The third order is by Taylor series; `own` is the error of SciPy's
value itself, in its own units.

| function | by | own | first | second | third | note |
|---|---:|---:|---:|---:|---:|---|
"""
WHY = {
    "jv": "by the order: an integral, to nine digits or more",
    "yv": "by the order: an integral, to nine digits or more",
    "iv": "by the order: an integral, to nine digits or more",
    "kv": "by the order: an integral, to nine digits or more",
    "zeta": "by s: a sum, to nine digits or more",
    "gammainc": "by a: series and continued fractions, to nine digits or more",
    "gammaincc": "by a: series and continued fractions, to nine digits or more",
    "betainc": "by a and b: continued fractions, to nine digits or more",
    "betaincc": "by a and b: continued fractions, to nine digits or more",
    "stdtr": "by the degrees of freedom, as betainc",
    "fdtr": "by the degrees of freedom, as betainc",
    "chdtr": "by the degrees of freedom, as gammainc",
    "gdtr": "by the shape, as gammainc",
    "pdtr": "as gammaincc",
    **dict.fromkeys(
        ("i0e", "i1e", "k0e", "k1e", "ive", "kve"),
        "two scaled functions, whose difference is a share 1/x of either",
    ),
    "voigt_profile": "w' = 2i/sqrt(pi) - 2zw cancels where w is nearly i/(sqrt(pi) z)",
    "struve": "two of SciPy's functions that cancel in part",
    "poch": "differences of digamma functions",
    "binom": "differences of digamma functions, and SciPy's own value",
}


def exact_derivatives(entry: Exact, point: tuple[float, ...], k: int) -> tuple[list[Any], list[Any]]:
    """The value and the derivatives to order 4 by one argument, and no noise."""
    with mp.workdps(50):
        numbers = [mp.mpf(v) for v in point]
        f = lambda t: mp.re(entry.exact(*numbers[:k], t, *numbers[k + 1 :]))
        return [mp.diff(f, numbers[k], n) if n else f(numbers[k]) for n in range(5)], [mp.mpf(0)] * 5


def errors(
    function: Any, point: tuple[float, ...], k: int, right: list[Any], noise: list[Any]
) -> list[float]:
    """The errors of the value and of the derivatives of orders 1 to 3."""
    f, x = lambda t: function(*point[:k], t, *point[k + 1 :]), point[k]
    with np.errstate(all="ignore"):
        first = max_by([hoad.derivative(f, x), hoad.grad(f)(x)], right, noise, 1, x)
        second = max_by([hoad.derivative(hoad.grad(f), x), hoad.derivative(f, x, 2)], right, noise, 2, x)
        third = max_by([hoad.derivatives(f, x, 3)[3]], right, noise, 3, x)
        return [max_by([f(x)], right, noise, 0, x), first, second, third]


def max_by(values: Any, right: list[Any], noise: list[Any], n: int, x: float) -> float:
    """The largest error of several ways."""
    if not 1e-290 < abs(right[n]) < 1e290:
        return 0.0
    return max([test_special_ranges.error(np.real(v), right, noise, n, x) for v in values])


def rows() -> dict[tuple[str, int], list[float]]:
    """The largest errors, by function and argument."""
    found: dict[tuple[str, int], list[float]] = {}

    def enter(name: str, k: int, these: list[float]) -> None:
        before = found.setdefault((name, k), [0.0] * 4)
        found[name, k] = [max(a, b) for a, b in zip(before, these, strict=True)]

    for j, entry in enumerate(RANGES):
        chosen = np.random.default_rng(j).permutation(len(entry.points))[:MOST]
        for point in [entry.points[i] for i in chosen]:
            right, noise = test_special_ranges.exact(j, point)
            these = errors(entry.function, point, entry.active, right, noise)
            if these[0] > 1e9:  # the table has minus the rest, which has other values
                these[0] = 0.0
            enter(entry.name.split()[0], entry.active, these)
    for entry in EXACT:
        for point in entry.points:
            for k in entry.arguments:
                right, noise = exact_derivatives(entry, point, k)
                these = errors(entry.function, point, k, right, noise)
                if these[0] > 1e9:
                    these[0] = 0.0
                enter(entry.name, k, these)
    return found


def number(error: float) -> str:
    """An error with two digits."""
    return "inf" if math.isinf(error) else f"{error:.2g}"


def note(name: str, these: list[float]) -> str:
    """Why an error is beyond the goal."""
    own = name.split()[0]
    if max(these[1:]) <= GOAL:
        return ""
    if own in WHY:
        return WHY[own]
    if own in LOOSER:
        return LOOSER[own][1]
    if these[0] > 4:
        return "SciPy's own values of this and of its neighbours are so"
    return (
        "its third derivative, a difference of larger terms"
        if max(these[1:3]) <= GOAL
        else "terms that cancel"
    )


def special_part() -> str:
    """The functions of scipy.special."""
    table = "".join([
        f"| `{name}` | {k} | {' | '.join(map(number, these))} | {note(name, these)} |\n"
        for (name, k), these in sorted(rows().items())
    ])  # fmt: skip
    return table + "\n" + special_rest()


def special_rest() -> str:
    """What is not measured: proved by differences, refused by an argument, and without a derivative."""
    exact = {e.name.split()[0] for e in (*EXACT, *RANGES)}
    by_differences = sorted({n.split()[0] for n in special_cases.CASES} - exact)
    parts = [
        "These are proved against differences of SciPy's own values, to eight digits, in all nestings to the "
        "third order: " + listed(by_differences) + ".",
        "",
        "An argument in which a function has no derivative is an error that names it: "
        + "; ".join([f"`{n}` by {', '.join(ks)}" for n, ks in sorted(unknown_arguments().items())])
        + ".",
        "",
        "Without a derivative:",
        "",
        "| functions | why, and what instead |",
        "|---|---|",
    ]
    reasons: dict[str, list[str]] = {}
    for name, reason in special_cases.WITHOUT.items():
        reasons.setdefault(reason, []).append(name)
    parts += [f"| {listed(sorted(names))} | {reason} |" for reason, names in reasons.items()]
    return "\n".join(parts)


def listed(names: Any) -> str:
    """Names in a row."""
    return ", ".join([f"`{n}`" for n in names])


def unknown_arguments() -> dict[str, list[str]]:
    """The arguments by which ufuncs refuse."""
    found: dict[str, list[str]] = {}
    names = {n.split()[0] for n in special_cases.CASES} | {e.name.split()[0] for e in (*EXACT, *RANGES)}
    for name in sorted(names):
        f = getattr(sc, name, None)
        if not isinstance(f, np.ufunc):
            continue
        for k in range(f.nin):
            point = [2.0, 3.0, 0.4, 0.5][: f.nin]
            try:
                g = lambda x, k=k, f=f, p=point: total(f(*p[:k], x, *p[k + 1 :]))
                hoad.derivative(g, point[k])
            except hoad.errors.MissingRuleError as error:
                found.setdefault(name, []).append(
                    str(error).split("by its argument ")[-1].split()[0].strip(",;:")
                )
            except (hoad.errors.HoadError, TypeError):
                continue
    return found


def total(out: Any) -> Any:
    """A real number of what a function gives."""
    return sum([np.real(o) for o in out]) if isinstance(out, tuple) else np.real(out)


def module_part(name: str, module: Any) -> str:
    """The public names of a module: those that work, and those that are refused."""
    works, refused = [], []
    for n in sorted(module.__all__):
        value = getattr(module, n)
        if isinstance(value, types.ModuleType):
            continue
        door_of(value)
        behind = BEHIND.get(value)
        if isinstance(behind, Refusal):
            refused.append(f"| `{n}` | {behind.reason} |")
        elif (
            (value in DOORS and not isinstance(behind, Question))
            or f"{name}.{n}" in scipy_names.PROGRAMS
            or f"{name}.{n}" in MORE
            or is_rule(value)
        ):
            works.append(n)
    lines = [f"## {name}", "", "Inside a derivative: " + listed(works) + "."]
    if refused:
        lines += ["", "| refused | why, and what instead |", "|---|---|", *refused]
    return "\n".join(lines) + "\n"


def is_rule(value: Any) -> bool:
    """Tell whether a function has a rule that is not a constant."""
    return value in RULES and not isinstance(RULES[value], Constant)


def distributions_part() -> str:
    """The distributions of scipy.stats."""
    whole = {"shapes": "the shape parameters", "density": "the derivative of the density"}
    lines = [
        "## scipy.stats: distributions",
        "",
        f"{len(dict(CONTINUOUS))} continuous and {len(dict(DISCRETE)) + 1} discrete distributions: `pdf`, "
        "`logpdf`, "
        "`cdf`, `sf`, `logcdf`, `logsf`, `ppf`, `isf`, `pmf`, `logpmf`, `mean`, `var`, `std`, `stats`, "
        "`entropy`, `moment`, `expect`, frozen or not, by the value, the shape parameters, `loc` and "
        "`scale`, against differences (`tests/scipy/test_distributions.py`). Refused, by name, where SciPy "
        "computes by code that can't be followed:",
        "",
        "| distribution | by |",
        "|---|---|",
    ]
    for name, what in sorted(REFUSED.items()):
        lines.append(f"| `{name}` | {' and '.join(whole[w] for w in what.split())} |")
    return "\n".join(lines) + "\n"


def modules() -> dict[str, Any]:
    """The modules of the page, beside special."""
    return {
        "scipy.linalg": scipy.linalg,
        **scipy_names.MODULES,
        "scipy.ndimage": scipy.ndimage,
        "scipy.signal": scipy.signal,
    }


def page() -> str:
    """The page, as Markdown."""
    head = HEAD.format(version=scipy.__version__, most=MOST)
    parts = [module_part(name, module) for name, module in modules().items()]
    return head + special_part() + "\n\n" + distributions_part() + "\n" + "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
