"""NumPy's polynomials: ``np.poly1d``, and the series of ``numpy.polynomial``.

They are Python code, which takes traced coefficients as they are, and leaves out a highest one that is 0:
one that is traced is 0 at this point and another number beside it. While a derivative runs of a program
that reaches them, some functions within NumPy's modules are bound to those here, which leave out only what
stays 0.

A divisor loses what is 0, as in NumPy: the quotient has a pole there. So do ``polytrim`` and ``trim``, which
ask for it, and roots, of which one goes to infinity.
"""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.unreached import packed, polydiv
from ..chainrules.doors import is_traced
from ..nested import Traced
from ..values.moving import is_moving
from .binding import Attribute, Item

Function = Callable[..., Any]
NAMES = frozenset({"poly1d", "polynomial"})  # by which a program finds them in ``numpy``
SERIES = "numpy.polynomial"
BASES = {  # the modules, with what the names of their functions begin with
    "polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "laguerre": "lag", "hermite": "herm",
    "hermite_e": "herme",
}  # fmt: skip


def is_of_polynomials(value: Any) -> bool:
    """Tell whether an object is one of NumPy's polynomials, or a class or function of theirs."""
    module = getattr(value if callable(value) else type(value), "__module__", None)
    of_series = module.__class__ is str and module.startswith(SERIES)
    return of_series or value is np.poly1d or isinstance(value, np.poly1d)


def standing_for(value: Any) -> Any:
    """What stands for a function of NumPy's polynomials; None for itself."""
    is_one = value in OLD if value.__class__ in FUNCTIONS else False
    of_series = value.__class__ in FUNCTIONS and str(value.__module__).startswith(SERIES)
    return tables()[1].get(value) if is_one or of_series else None


# Python's functions, and NumPy's that ask their arguments.
FUNCTIONS = (types.FunctionType, type(np.polydiv))
OLD = frozenset([np.poly1d.__init__, np.polydiv])


@functools.cache
def tables() -> tuple[list[tuple[Item, Any]], dict[Any, Function]]:
    """The places within NumPy's modules, with what they hold; and what is to stand for that."""
    common = vars(importlib.import_module(f"{SERIES}.polyutils"))
    init, trim = np.poly1d.__init__, common["trimseq"]
    new: dict[Any, Function] = {init: led_by_zeros(init), trim: ended_by_zeros(trim), np.polydiv: polydiv}
    found: list[tuple[Item, Any]] = [
        (Attribute(np.poly1d, "__init__"), init),
        (Item(init.__globals__, "polydiv"), np.polydiv),
        (Item(common, "trimseq"), trim),
    ]
    for name in ("_polybase", "polyutils", *BASES):
        found.append((Item(vars(importlib.import_module(f"{SERIES}.{name}")), "np"), np))
    for base, start in BASES.items():
        held = vars(importlib.import_module(f"{SERIES}.{base}"))
        for name, value in list(held.items()):
            make = MADE.get(name.removeprefix(start))
            if make is not None and getattr(value, "__module__", None) == held["__name__"]:
                new[value] = make(value)
                found.append((Item(held, name), value))
            elif value.__class__ is FUNCTIONS[1] and value.__module__ == held["__name__"]:
                new[value] = value.__wrapped__  # which asks nobody for a rule
                found.append((Item(held, name), value))
        for cls in [v for v in held.values() if isinstance(v, type) and v.__module__ == held["__name__"]]:
            parts = [(name, v) for name, v in vars(cls).items() if isinstance(v, staticmethod)]
            found += [(Attribute(cls, name), v) for name, v in parts if v.__func__ in new]
    return found, new


def asking() -> list[tuple[Item, str]]:
    """Where ``isinstance`` is asked whether points are an array, for as many axes as the coefficients get: it
    must answer by what a traced value stands for.
    """
    return [
        (Item(vars(importlib.import_module(f"{SERIES}.{base}")), "isinstance"), "isinstance")
        for base in BASES
    ]


def led_by_zeros(plain: Function) -> Function:
    """Of ``poly1d(c)``: coefficients, the highest first."""

    @functools.wraps(plain)
    def init(self: Any, c_or_r: Any, r: bool = False, variable: Any = None) -> None:
        if isinstance(c_or_r, np.poly1d) or not is_traced(c_or_r):
            plain(self, c_or_r, r, variable)
            return
        c = np.atleast_1d(np.poly(packed(c_or_r)) if r else packed(c_or_r))
        plain(self, np.ones(c.shape), False, variable)
        self._coeffs = c[next((k for k in range(len(c)) if is_moving(c[k])), len(c) - 1) :]

    return init


def ended_by_zeros(plain: Function) -> Function:
    """Of ``trimseq``: coefficients, the highest last; the first stays."""

    @functools.wraps(plain)
    def trimmed(seq: Any) -> Any:
        if not is_traced(seq):
            return plain(seq)
        return seq[: next((k + 1 for k in range(len(seq) - 1, 0, -1) if is_moving(seq[k])), 1)]

    return trimmed


def line(plain: Function) -> Function:
    """Of ``polyline`` and its kin, which have one coefficient where the slope is 0."""

    @functools.wraps(plain)
    def coefficients(off: Any, scl: Any) -> Any:
        if not isinstance(scl, Traced):
            return plain(off, scl)
        constant, slope = plain(0.0, 1.0)
        return np.array([off + constant * scl, slope * scl])

    return coefficients


def of_constants(plain: Function) -> Function:
    """Of ``polymulx`` and its kin, for which the constant 0 times x is the constant 0."""

    @functools.wraps(plain)
    def times_x(c: Any) -> Any:
        c = np.atleast_1d(packed(c))
        is_constant = is_traced(c) and not any([is_moving(part) for part in c[1:]])
        return c[0] * plain([1.0]) if is_constant else plain(c)

    return times_x


def integral(plain: Function) -> Function:
    """Of ``polyint`` and its kin, for which the constant 0 has one coefficient: with another, of 0, and
    without it again.
    """

    @functools.wraps(plain)
    def integrated(c: Any, m: Any = 1, k: Any = (), lbnd: Any = 0, scl: Any = 1, axis: int = 0) -> Any:
        given = np.moveaxis(np.atleast_1d(packed(c)), axis, 0)
        k = [] if k == () else k
        if len(given) != 1 or not is_traced(given) or not m:
            return plain(c, m, k, lbnd, scl, axis)
        longer = np.moveaxis(np.concatenate([given, 0.0 * given]), 0, axis)
        found = plain(longer, m, k, lbnd, scl, axis)
        return np.moveaxis(np.moveaxis(found, axis, 0)[:-1], 0, axis)

    return integrated


def divided(plain: Function) -> Function:
    """Of ``polydiv`` and its kin: by what is left of the divisor without a highest coefficient of 0."""

    @functools.wraps(plain)
    def quotient(c1: Any, c2: Any) -> Any:
        if is_traced(c2):
            c2 = without_zeros(c2)
        return plain(c1, c2)

    return quotient


def rooted(plain: Function) -> Function:
    """Of ``polyroots`` and its kin: of what is left without a highest coefficient of 0."""

    @functools.wraps(plain)
    def roots(c: Any) -> Any:
        return plain(without_zeros(c) if is_traced(c) else c)

    return roots


def without_zeros(c: Any) -> Any:
    """Coefficients, the highest last, without those at the end that are 0 here; the first stays."""
    c = np.atleast_1d(packed(c))
    return c[: next((k + 1 for k in range(len(c) - 1, 0, -1) if c[k] != 0), 1)]


MADE = {  # by the ends of names
    "line": line, "mulx": of_constants, "int": integral, "div": divided, "roots": rooted,
}  # fmt: skip
