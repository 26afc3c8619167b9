"""Power series whose coefficients are known one after the other, and how each kind of rule yields the next.

Let ``x(t) = x0 + x1 t + x2 t**2 + ...`` and ``y = f(x)``. Then ``y' = f'(x) x'``; comparing coefficients, ::

    k y_k = sum of j x_j p_(k-j) over j = 1..k,   where p is the series of the partial f'(x)

needs of ``p`` only what is known before ``y_k``. So a partial that mentions the output (``exp`` has ``out``),
or a function whose own partial leads back (``sin`` has ``cos``, which has ``-sin``), costs no more than a
product of series: n**2 for n coefficients. The partial is the one that the rule states for all modes; it is
evaluated once, on *open* series, which work out a coefficient when it is asked for. Among open series, the
same function of the same series is the same series: that closes the circle of ``sin`` and ``cos``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.statements import Linear, Multilinear
from ..chainrules.text import in_numpy
from ..dual import has_nan, push, push_linear
from ..nested import Value
from ..tangents.fit import fit_tangent
from ..values.shapes import REALS

Next = Callable[[int], Any]


class Series:
    """Coefficients ``known[k]`` of ``t**k``; None is an exact zero.

    Args:
        known: the first coefficients.
        more: gives the next one, for an open series; None where ``known`` is all there is.
        memo: for an open series, the functions of it that are there already.
        pattern: for one that is worked out, what kind of coefficients it has and how many (``fast/jets.py``);
            None until somebody has looked.
    """

    __slots__ = ("known", "memo", "more", "pattern")

    def __init__(
        self,
        known: list[Any],
        more: Next | None = None,
        memo: dict[Any, Any] | None = None,
        pattern: Any = None,
    ) -> None:
        self.known = known
        self.more = more
        self.memo = memo
        self.pattern = pattern

    def at(self, k: int) -> Any:
        """Coefficient ``k``."""
        known = self.known
        while len(known) <= k:
            if self.more is None:
                raise IndexError(f"coefficient {k} of a series of order {len(known) - 1}")
            known.append(self.more(len(known)))
        return known[k]

    def opened(self) -> Series:
        """This series as an open one, under a name of its own."""
        return self if self.memo is not None else Series(self.known, self.more, {})

    def close(self, order: int) -> Series:
        """Work out all coefficients up to ``order``, and forget how."""
        self.at(order)
        self.more = self.memo = None
        return self

    def __repr__(self) -> str:
        return f"Series({self.known!r}{'' if self.more is None else ', ...'})"


def constant(value: Value) -> Series:
    """The series of a value that does not depend on t."""
    return Series([value], nothing, {})


def nothing(k: int) -> None:
    """The coefficients of a constant."""
    return


def is_steady(p: Series) -> bool:
    """Tell whether a factor does not depend on t: a zero of it is the program's own."""
    return p.more is nothing


def derivative(s: Series) -> Series:
    """The series of the derivative by t."""

    def coefficient(k: int) -> Any:
        c = s.at(k + 1)
        return None if c is None else (k + 1) * c if k else c

    return Series([], coefficient, {})


# ------------------------------------------------------------------------------------------------------------
# The kinds of rules, read as recurrences: operands with series among them, the indices of those, the output
# ------------------------------------------------------------------------------------------------------------


def plus(a: Any, b: Any) -> Any:
    """A sum in which None is zero."""
    return b if a is None else a if b is None else a + b


def weighted(xs: list[Any], ps: list[Any], k: int) -> Any:
    """The sum of ``j x_j p_(k-j)`` over j = 1..k."""
    total = None
    for j in range(1, k + 1):
        x, p = xs[j], ps[k - j]
        if x is not None and p is not None:
            term = x * p if j == 1 else j * x * p
            total = term if total is None else total + term
    return total


def strongly_weighted(x: Series, p: Series, k: int, out: Value) -> Any:
    """The same, where a change that is zero stays zero whatever it meets, and a zero partial where it can."""
    pairs = [(p.known[k - j], x.known[j], j) for j in range(1, k + 1)]
    terms = [
        push(q, j * c, out, is_steady(p), x.known[0]) for q, c, j in pairs if c is not None and q is not None
    ]
    return sum(terms[1:], terms[0])


def of_scalar(partials: Callable[[], dict[int, Series]], inputs: dict[int, Series], out: Value) -> Next:
    """``k y_k = sum of j x_j p_(k-j)``, summed over the arguments."""
    if len(inputs) == 1:
        ((i, s),) = inputs.items()
        return of_one(lambda: partials()[i], s, out)
    slopes: dict[int, Series] = {}

    def coefficient(k: int) -> Any:
        if not slopes:
            slopes.update(partials())
        total = None
        for i, s in inputs.items():
            p = slopes[i]
            s.at(k), p.at(k - 1)
            part = weighted(s.known, p.known, k)
            if is_nan(part):
                part = strongly_weighted(s, p, k, out)
            total = plus(total, part)
        return None if total is None else fitted(scaled(total, k), out)

    return coefficient


def of_one(partial: Callable[[], Series], s: Series, out: Value) -> Next:
    """The same for one argument, of which only the coefficients that are not zero are looked at."""
    slope: list[Series] = []
    terms: list[tuple[int, Any]] = []  # j, and j x_j

    def coefficient(k: int) -> Any:
        if not slope:
            slope.append(partial())
        p = slope[0]
        x = s.known[k] if k < len(s.known) else s.at(k)
        if x is not None:
            terms.append((k, x if k == 1 else k * x))
        ps = p.known
        if len(ps) < k:
            p.at(k - 1)
        total = None
        for j, c in terms:
            q = ps[k - j]
            if q is not None:
                total = c * q if total is None else total + c * q
        if total.__class__ is float and total == total and out.__class__ is float:
            return total / k
        if is_nan(total):
            total = strongly_weighted(s, p, k, out)
        return None if total is None else fitted(scaled(total, k), out)

    return coefficient


def of_applied(
    moves: Callable[[], list[Series]],
    partials: Callable[[], dict[int, Series]],
    inputs: dict[int, Series],
    out: Value,
) -> Next:
    """``k y_k`` is the coefficient k-1 of the partials applied to the derivatives of the arguments; where nan
    comes up in it, zero times whatever the partial is remains zero.
    """
    found: list[Series] = []
    products = of_scalar(partials, inputs, out)

    def coefficient(k: int) -> Any:
        if not found:
            found.extend(moves())
        total = found[0].at(k - 1)
        for s in found[1:]:
            total = plus(total, s.at(k - 1))
        if is_nan(total):
            product = products(k)
            total = np.where(np.equal(total, total), total, 0 if product is None else k * product)[()]
        return None if total is None else fitted(scaled(total, k), out)

    return coefficient


def is_nan(c: Any) -> bool:
    """Tell whether nan stands anywhere in a coefficient."""
    return c is not None and (c != c if c.__class__ is float else has_nan(c))


def fitted(c: Any, out: Value) -> Any:
    """A coefficient in the shape and precision of the value."""
    return c if c is None or (c.__class__ in REALS and out.__class__ in REALS) else fit_tangent(c, out)


def of_linear(
    rule: Linear, args: tuple[Any, ...], kwargs: Any, inputs: dict[int, Series], out: Value
) -> Next:
    """The function itself, coefficient by coefficient."""

    def coefficient(k: int) -> Any:
        found = {i: s.at(k) for i, s in inputs.items()}
        found = {i: c for i, c in found.items() if c is not None}
        return push_linear(rule, out, args, kwargs, found) if found else None

    return coefficient


def of_multilinear(
    rule: Multilinear, args: tuple[Any, ...], kwargs: Any, inputs: dict[int, Series], out: Value
) -> Next:
    """The sum over all ways to share ``k`` among the arguments."""
    places = list(inputs)

    def coefficient(k: int) -> Any:
        total = None
        for head in itertools.product(range(k + 1), repeat=len(places) - 1):
            if sum(head) <= k:
                parts = [inputs[i].at(j) for i, j in zip(places, (*head, k - sum(head)), strict=True)]
                if all([p is not None for p in parts]):
                    chosen = dict(zip(places, parts, strict=True))
                    total = plus(total, rule(*[chosen.get(i, a) for i, a in enumerate(args)], **kwargs))
        return total

    return coefficient


def of_differential(changes: Callable[[], list[Series]]) -> Next:
    """``k y_k`` is the coefficient k-1 of the differential, applied to the derivatives of the arguments."""
    found: list[Series] = []

    def coefficient(k: int) -> Any:
        if not found:
            found.extend(changes())
        total = None
        for s in found:
            total = plus(total, s.at(k - 1))
        return None if total is None else scaled(total, k)

    return coefficient


def scaled(total: Any, k: int) -> Any:
    """A coefficient divided by ``k``, where it may be one of several outputs."""
    if k == 1:
        return total
    return tuple([c / k for c in total]) if isinstance(total, tuple) else total / k


# ------------------------------------------------------------------------------------------------------------
# Arithmetic, which all else is made of
# ------------------------------------------------------------------------------------------------------------


def product(a: list[Any], b: list[Any], order: int, least: int = 0) -> list[Any]:
    """The product of two series that are known to ``order``, from the coefficient ``least`` on."""
    out: list[Any] = [None] * (order + 1)
    right = [(j, d) for j, d in enumerate(b[: order + 1]) if d is not None]
    if a is b:
        return squared(right, out, least)
    for i, c in enumerate(a[: order + 1]):
        if c is not None:
            for j, d in right:
                if i + j > order:
                    break
                if i + j >= least:
                    held = out[i + j]
                    out[i + j] = c * d if held is None else held + c * d
    return out


def squared(terms: list[tuple[int, Any]], out: list[Any], least: int) -> list[Any]:
    """The square of a series, of which two factors that differ are multiplied once."""
    for place, (i, c) in enumerate(terms):
        for j, d in terms[place:]:
            if least <= i + j < len(out):
                part = c * d if i == j else 2 * (c * d)
                out[i + j] = part if out[i + j] is None else out[i + j] + part
    return out


def strong_product(a: Series, b: Series, k: int, out: Value) -> Any:
    """Coefficient ``k`` of a product, where zero stays zero as it does in nested derivatives: of a change
    that meets a value, and of a factor that is constant or has an infinite one beside it.
    """
    a.at(k), b.at(k)
    x, y = a.known, b.known
    terms = [
        push(x[j], y[k - j], out, is_steady(a), y[0])
        if j == 0
        else push(y[k - j], x[j], out, j == k and is_steady(b), x[0])
        for j in range(k + 1)
        if x[j] is not None and y[k - j] is not None
    ]
    return sum(terms[1:], terms[0])


def of_product(a: Series, b: Series) -> Next:
    """``sum of a_j b_(k-j)``."""

    def coefficient(k: int) -> Any:
        a.at(k), b.at(k)
        total = None
        for j in range(k + 1):
            c, d = a.known[j], b.known[k - j]
            if c is not None and d is not None:
                total = c * d if total is None else total + c * d
        return strong_product(a, b, k, total) if is_nan(total) else total

    return coefficient


def of_quotient(a: Series, b: Series, out: Series) -> Next:
    """``b_0 y_k = a_k - sum of b_j y_(k-j)``."""

    def coefficient(k: int) -> Any:
        total = a.at(k)
        b.at(k)
        for j in range(1, k + 1):
            d, y = b.known[j], out.known[k - j]
            if d is not None and y is not None:
                total = -(d * y) if total is None else total - d * y
        return None if total is None else divided(total, b.known[0])

    return coefficient


def divided(a: Any, b: Any) -> Any:
    """``a / b`` in NumPy's arithmetic."""
    try:
        return a / b
    except ZeroDivisionError:
        return in_numpy(np.divide, a, b)
