"""Collapsed Taylor mode: series along many directions, of which only a weighted sum is wanted.

A linear differential operator of order K is a weighted sum of K-th Taylor coefficients along directions. The
last coefficient of ``f(x)`` depends linearly on the last coefficient of ``x``; so the sum can be taken before
it goes through ``f``, and what travels is the value, K - 1 coefficients for each direction, and *one* last
coefficient. With K = 2 and the unit directions this is the forward Laplacian.

Sources: R. Li and others, A computational framework for neural network-based variational Monte Carlo with
forward Laplacian, Nature Machine Intelligence 6 (2024); F. Dangel, T. Siebert, M. Zeinhofer and A. Walther,
Collapsing Taylor mode automatic differentiation (2025).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.mutation import blank_like, is_view, link_view, own
from ..chainrules.statements import Constant, Primitive
from ..chainrules.text import safe_partial
from ..dual import PUSH, Dual, push
from ..nested import Level, Value, everything
from ..tangents.fit import fit_tangent
from ..values.moving import is_moving
from ..values.reading import is_read
from .batch import Batch, unbatch
from .jet import Jet, written
from .series import Series, plus

Terms = list[Any]


class Directions(Level):
    """A level at which values carry series along several directions.

    Args:
        order: the order K of the operator.
        weights: one for each of the first directions, which are summed; a single number where all are, alike.
        count: how many directions there are.
    """

    __slots__ = ("batch", "count", "inner", "order", "weights")

    def __init__(self, order: int, weights: Any, count: int) -> None:
        self.batch = Level()
        super().__init__()
        self.inner = Level()
        self.order = order
        self.weights = weights
        self.count = count

    def total(self, c: Any) -> Any:
        """The weighted sum over the directions; None for an exact zero."""
        if c is None or not self.count:
            return None
        return weighted(self.weights, unbatch(c, self.batch, self.count))

    def entered(self, x: Value, directions: Batch, last: Any) -> Collapsed:
        """A value that moves along the directions, where the sum of the last coefficients starts."""
        return Collapsed(self, own(x), [directions, *[None] * (self.order - 2)][: self.order - 1], last)


def weighted(weights: Any, rows: Any) -> Any:
    """The weighted sum of the first rows, as many as there are weights; a single one is that of all rows."""
    if np.ndim(weights) == 0:
        return weights * np.sum(rows, axis=0)
    n = len(weights)
    return np.tensordot(weights, rows if n == len(rows) else rows[:n], 1)


class Collapsed(ArrayLike):
    """A value with its coefficients 1 to K - 1 along each direction (``tangent``), and the weighted sum of
    those of order K (``slot``). None is an exact zero.

    Example:
        >>> level = Directions(2, 2.0, 2)  # the Laplacian in two variables
        >>> x = Collapsed(level, np.array([1.0, 3.0]), [Batch(level.batch, np.eye(2))], None)
        >>> float(np.sum(x**3).slot)  # 6 x_1 + 6 x_2
        24.0
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}

    def __init__(self, level: Directions, primal: Value, terms: Terms, last: Any) -> None:
        self.level = level
        self.primal = primal
        self.tangent = terms
        self.slot = last

    def __repr__(self) -> str:
        return f"Collapsed({self.primal!r}, {self.tangent!r}, {self.slot!r})"

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out the rule for value, series and sum."""
        level = self.level
        inputs = {i: a for i, a in enumerate(args) if a.__class__ is Collapsed and a.level is level}
        primals = tuple([a.primal if i in inputs else a for i, a in enumerate(args)])
        if rule.__class__ is Constant:
            return rule(*primals, **kwargs)
        if rule.kind == "scalar" and level.order == 2 and not kwargs:
            found = by_partials(rule, args, inputs, primals, level)
            if found is not None:
                return found
        form = by_linearity if rule.kind == "linear" else by_jets
        out, terms, last = form(rule, args, kwargs, inputs, primals, level)
        if isinstance(out, tuple):
            return tuple(
                [Collapsed(level, o, [nth(c, n) for c in terms], nth(last, n)) for n, o in enumerate(out)]
            )
        result = Collapsed(level, out, terms, last)
        if rule.is_view and is_view(out, primals[0]):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def constant(self, value: Value) -> Collapsed:
        """A value of this level that does not vary, whose contents may be written to."""
        return Collapsed(self.level, own(value), [None] * len(self.tangent), None)

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Collapsed:
        """Zeros of this level."""
        return Collapsed(self.level, blank_like(self.primal, shape, dtype), [None] * len(self.tangent), None)

    @property
    def order(self) -> int:
        """How many derivatives are taken: that of the operator."""
        return int(self.level.order)

    def frozen(self) -> Collapsed:
        """This value under a handle of its own; a write gives the other handle other contents."""
        return Collapsed(self.level, own(self.primal), self.tangent, self.slot)

    def store(self, index: Any, value: Value) -> None:
        """Write ``value`` into every coefficient."""
        mine = value.__class__ is Collapsed and value.level is self.level
        like = self.primal
        news = value.tangent if mine else [None] * len(self.tangent)
        self.tangent = [written(c, index, v, like) for c, v in zip(self.tangent, news, strict=True)]
        self.slot = written(self.slot, index, value.slot if mine else None, like)
        self.primal = written(self.primal, index, value.primal if mine else value, like)


def nth(c: Any, n: int) -> Any:
    """One of several outputs; None stays None."""
    return None if c is None else c[n]


def by_linearity(
    rule: Any, args: Any, kwargs: Any, inputs: dict[int, Collapsed], primals: Value, level: Directions
) -> tuple[Any, Terms, Any]:
    """A linear function, of each coefficient."""
    out = rule(*primals, **kwargs)

    def pushed(parts: dict[int, Any]) -> Any:
        parts = {i: c for i, c in parts.items() if c is not None}
        return PUSH["linear"](rule, out, primals, kwargs, parts) if parts else None

    terms = [pushed({i: a.tangent[k] for i, a in inputs.items()}) for k in range(level.order - 1)]
    return out, terms, pushed({i: a.slot for i, a in inputs.items()})


def by_jets(
    rule: Any, args: Any, kwargs: Any, inputs: dict[int, Collapsed], primals: Value, level: Directions
) -> tuple[Any, Terms, Any]:
    """Any function: its jet without the last coefficient, and its differential at the sum of those."""
    jets = [without_last(a) if i in inputs else a for i, a in enumerate(args)]
    found = rule(*jets, **kwargs)
    parts = found if isinstance(found, tuple) else (found,)
    series = [known(y, level) for y in parts]
    out: Value = tuple([s[0] for s in series])
    terms: Terms = [tuple([s[k] for s in series]) for k in range(1, level.order)]
    last: Any = tuple([level.total(s[level.order]) for s in series])
    if not isinstance(found, tuple):
        out, terms, last = out[0], [t[0] for t in terms], last[0]
    tops = {i: a.slot for i, a in inputs.items() if a.slot is not None}
    if tops:
        change = PUSH[rule.kind](rule, out, primals, kwargs, tops)
        if isinstance(found, tuple):
            last = tuple([plus(a, b) for a, b in zip(last, change, strict=True)])
        else:
            last = fit_tangent(plus(last, change), out)
    return out, terms, last


def without_last(x: Value) -> Jet:
    """A value as series along all directions, whose last coefficients are zero."""
    return Jet(x.level.inner, Series([x.primal, *x.tangent, None]))


def known(y: Value, level: Directions) -> Terms:
    """The coefficients of one output."""
    if y.__class__ is Jet and y.level is level.inner:
        return list(y.tangent.known)
    return [y, *[None] * level.order]


def by_partials(
    rule: Any, args: Any, inputs: dict[int, Collapsed], primals: Value, level: Directions
) -> Collapsed | None:
    """An elementwise function at order 2: what its second partials are multiplied by is summed first. None
    where their product may be of ordinary size and they are not.
    """
    out: Value = None
    first = last = None
    for i, a in inputs.items():
        out, p, seconds = slopes(rule, primals, i, list(inputs), level)
        known = seconds[i] is None, primals[i]
        d, top = a.tangent[0], a.slot
        if d is not None:
            first = plus(first, push(p, d, out, *known))
            for j, q in seconds.items():
                e = args[j].tangent[0]
                if q is not None and e is not None:
                    m = moment(d, e, level)
                    if not (is_moderate(q) and is_moderate(m)):
                        return None
                    last = plus(last, push(q * (0.5 if i == j else 1.0), m, out, True))
        if top is not None:
            last = plus(last, push(p, top, out, *known))
    return Collapsed(level, out, [None if first is None else fit_tangent(first, out)], fitted(last, out))


def fitted(c: Any, out: Value) -> Any:
    """A coefficient in the shape of the value."""
    return None if c is None else fit_tangent(c, out)


def slopes(
    rule: Any, primals: tuple[Any, ...], i: int, active: list[int], level: Directions
) -> tuple[Any, Any, dict[int, Any]]:
    """The value, its partial by argument i, and the partials of that by the arguments up to i."""
    x = primals[i]
    unit = np.ones_like(x) if np.ndim(x) else 1.0
    duals = tuple([Dual(level.inner, p, unit) if k == i else p for k, p in enumerate(primals)])
    y = rule(*duals)
    seconds = {}
    for j in active:
        p = safe_partial(rule, j, duals, y)
        is_dual = p.__class__ is Dual and p.level is level.inner
        if j <= i:
            seconds[j] = p.tangent if is_dual else None
        if j == i:
            own_slope = p.primal if is_dual else p
    return y.primal, own_slope, seconds


def is_moderate(x: Value) -> bool:
    """Tell whether a product of two such numbers stays within range; what is lost then is below 1e-200."""
    row = np.ravel(everything(x))
    if row.dtype.kind not in "fc" or not is_read(row):
        return True
    return bool(abs(np.vdot(row, row)) < (1e200 if row.itemsize >= 8 else 1e20))


def moment(d: Any, e: Any, level: Directions) -> Any:
    """The weighted sum of the products of two tangents over all directions."""
    if d is e and isinstance(d, Batch) and np.ndim(level.weights) == 0:
        rows = unbatch(d, level.batch, level.count)
        return level.weights * np.einsum("k...,k...->...", rows, rows)
    return level.total(d * e)


@is_moving.register
def moves_along(x: Collapsed, least: float = 0.0) -> bool:
    """Of a value with a series: whether any coefficient is not 0."""
    return any([is_moving(c, least) for c in (x.primal, *x.tangent, x.slot) if c is not None])
