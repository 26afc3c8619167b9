"""``verify``: a user's own function checked as hoad's tests check hoad's rules."""

from __future__ import annotations

import importlib
import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import ArgumentError, HoadError, MissingDependencyError, NonScalarOutputError, describe
from ..kinds.number import Number, as_objects, plain_of
from ..operators.derivatives import derivatives
from ..operators.gradients import grad
from ..operators.hessians import hessian
from ..operators.jacobians import jacobian
from ..operators.taylor import checked_order
from ..operators.tensors import derivative_tensor
from ..running.calling import Function, check_function
from ..running.tracebacks import folding
from ..values.constants import as_array, is_elsewhere, library
from ..values.fields import mpmath_field, sympy_field
from .formulas import expressed


@dataclass(frozen=True)
class Entry:
    """One derivative that was compared.

    Attributes:
        order: of the derivative.
        by: which elements of the argument it is taken by.
        mode: how hoad got it.
        found: hoad's number.
        exact: the exact number, rounded to a float.
        ulps: the difference in units in the last place of the exact number.
        source: "SymPy" or "mpmath".
    """

    order: int
    by: tuple[int, ...]
    mode: str
    found: float
    exact: float
    ulps: float
    source: str


@dataclass
class Verification:
    """What ``verify`` found: ``worst`` is the entry with the largest error, and ``print`` shows a table."""

    entries: list[Entry] = field(default_factory=list)

    @property
    def worst(self) -> Entry:
        """The entry with the largest error."""
        return max(self.entries, key=lambda e: e.ulps)

    @property
    def ulps(self) -> float:
        """The largest error, in units in the last place."""
        return self.worst.ulps

    def rows(self) -> list[Entry]:
        """The worst entry of each order and mode."""
        keys = dict.fromkeys((e.order, e.mode) for e in self.entries)
        return [max((e for e in self.entries if (e.order, e.mode) == k), key=lambda e: e.ulps) for k in keys]

    def __str__(self) -> str:
        lines = [f"{'order':>5}  {'mode':<16}  {'hoad':>24}  {'exact':>24}  {'ulps':>8}  source"]
        for e in self.rows():
            lines.append(
                f"{e.order:>5}  {e.mode:<16}  {e.found:>24.17g}  {e.exact:>24.17g}  {e.ulps:>8.2g}  "
                f"{e.source}"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        w = self.worst
        return f"<verified: largest error {w.ulps:.2g} ulps, at order {w.order} ({w.mode}), by {w.source}>"


@folding
def verify(f: Function, x: Any, order: int = 2, *, digits: int = 50) -> Verification:
    """Compare hoad's derivatives of a function with exact ones.

    The exact ones have another source than hoad's rules: f is run on SymPy symbols and SymPy differentiates;
    where that is impossible (a branch, a missing function), f is run on mpmath's numbers and differences of
    high order are taken, with twice the digits.

    Args:
        f: a function of one argument whose value is one real number.
        x: the point: a number, or an array of few elements, which may lie on a device: then hoad's
            derivatives are those of the device, and the exact ones of the same numbers.
        order: up to which order.
        digits: of the exact numbers.

    Returns:
        A ``Verification``, with an entry for each derivative, in each mode.

    Raises:
        NonScalarOutputError: the value is no number.
        MissingDependencyError: SymPy or mpmath is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> report = hoad.verify(lambda x: np.exp(np.sin(x)), 1.0, order=3)
        >>> report.ulps < 16
        True
    """
    check_function(f, "verify")
    order = checked_order(order, "order")
    there = x.astype(np.float64) if is_elsewhere(x) else np.asarray(x, dtype=float)[()]
    x = on_the_host(there)
    y = on_the_host(f(there))
    if np.ndim(y) or not isinstance(y, (float, int, np.number)):
        raise NonScalarOutputError(
            f"verify wants a function whose value is one real number, and this one returned {describe(y)}; "
            f"lambda x: f(x)[0] is one element"
        )
    if np.size(x) > 20:
        raise ArgumentError(f"x has {np.size(x)} elements; verify wants at most 20, for SymPy takes its time")
    try:
        exact, source = exact_values(f, x, order, digits)
    except TypeError as error:
        if not is_elsewhere(there):
            raise
        raise ArgumentError(
            "the exact numbers are computed on the host, where the function met an array of the device: "
            "verify wants its data to be NumPy's, as its point then is, or as elements of the point"
        ) from error
    report = Verification()
    for n, mode, values in by_hoad(f, there, order):
        values = on_the_host(values)
        scale = max([abs(v) for by, v in exact.items() if len(by) == n], default=1)
        for by, right in exact.items():
            if len(by) == n:
                found = float(values[by] if np.ndim(x) else values)
                report.entries.append(
                    Entry(n, by, mode, found, float(right), ulps(found, right, scale), source)
                )
    return report


def on_the_host(x: Any) -> Any:
    """An array of a device as one of NumPy's, which the exact numbers are compared with."""
    return library(x).to_numpy(x)[()] if is_elsewhere(x) else x


def by_hoad(f: Function, x: Any, order: int) -> list[tuple[int, str, Any]]:
    """Order, mode and value of all that hoad has to say."""
    found: list[tuple[int, str, Any]] = []
    if not np.ndim(x):
        for n, d in enumerate(derivatives(f, x if is_elsewhere(x) else float(x), order)):
            found.append((n, "Taylor", d))
    else:
        for n in range(order + 1):
            found.append((n, "Taylor", as_array(derivative_tensor(f, x, n))))
    if order >= 1:
        found.append((1, "forward", jacobian(f, x, mode="forward")))
        found.append((1, "reverse", grad(f, x)))
    if order >= 2:
        for mode in ("forward-reverse", "reverse-reverse"):
            found.append((2, mode, hessian(f, x, mode=mode)))
    return found


def ulps(found: float, right: Any, scale: Any) -> float:
    """The difference in units in the last place; of a zero, in those of the largest entry."""
    size = abs(right) or scale or 1
    return float(abs(found - right) / mp().mpf(float(np.spacing(float(size)))))


def exact_values(f: Function, x: Any, order: int, digits: int) -> tuple[dict[tuple[int, ...], Any], str]:
    """All derivatives up to an order, each by the elements that it is taken by, and where they are from."""
    places = [
        by
        for n in range(order + 1)
        for by in itertools.combinations_with_replacement(range(int(np.size(x))), n)
    ]
    with mp().workdps(digits + 15):
        try:
            return by_sympy(f, x, places), "SymPy"
        except (HoadError, TypeError, ValueError, NotImplementedError, AttributeError):
            return by_mpmath(f, x, places), "mpmath"


def by_sympy(f: Function, x: Any, places: list[tuple[int, ...]]) -> dict[tuple[int, ...], Any]:
    """The derivatives of the formula."""
    sp = importlib.import_module("sympy")
    symbols = np.array(sp.symbols(f"x:{np.size(x)}", real=True), dtype=object)
    point = [mp().mpf(float(v)) for v in np.ravel(x)]
    expression = expressed(f, [symbols.reshape(np.shape(x))[()]], {}, 0, sympy_field(as_typed=False))
    known: dict[tuple[int, ...], Any] = {(): expression}
    found = {}
    for by in places:
        if by:
            known[by] = sp.diff(known[by[:-1]], symbols[by[-1]])
        value = sp.lambdify(list(symbols), known[by], "mpmath")(*point)
        if not mp().isfinite(value) or mp().im(value) != 0:
            raise ValueError(f"the formula has the value {value}")
        found[by] = mp().re(value)
    return found


def by_mpmath(f: Function, x: Any, places: list[tuple[int, ...]]) -> dict[tuple[int, ...], Any]:
    """Differences of high order, in twice the digits."""
    n = int(np.size(x))

    def of_numbers(*values: Any) -> Any:
        point = np.array(values, dtype=object).reshape(np.shape(x))[()]
        return plain_of(f(Number(as_objects(point, kind), kind)))

    point = [mp().mpf(float(v)) for v in np.ravel(x)]
    kind = mpmath_field(is_complex=False)
    return {by: mp().diff(of_numbers, tuple(point), tuple([by.count(k) for k in range(n)])) for by in places}


def mp() -> Any:
    """mpmath, if it is there."""
    try:
        return importlib.import_module("mpmath")
    except ImportError:
        raise MissingDependencyError("verify needs SymPy and mpmath: pip install 'hoad[symbolic]'") from None
