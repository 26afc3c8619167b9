"""Taylor mode: ``Jet``, a truncated power series at one level.

How each kind of rule is read is said in ``series.py``; here are the value that carries a series, and the
forms of the few operations that all others rest on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays import bends, spreads  # noqa: F401 (what is made of roots)
from ..arrays.arraylike import ArrayLike
from ..arrays.mutation import blank_like, is_view, link_view, own, put, widened
from ..backends.registry import FUSING
from ..chainrules import RULES
from ..chainrules.numpy import linalg
from ..chainrules.statements import Constant, Primitive
from ..chainrules.text import in_numpy, safe_partial, term_of
from ..nested import Level, Value, bare, everything, mark
from ..values.moving import is_moving
from ..values.reading import somewhere
from .series import (
    Series,
    constant,
    derivative,
    fitted,
    is_nan,
    of_applied,
    of_differential,
    of_linear,
    of_multilinear,
    of_product,
    of_quotient,
    of_scalar,
    product,
    strong_product,
)

LARGEST_POWER = 64  # integer exponents up to this are products, which are exact at 0 and end where they end


class Jet(ArrayLike):
    """``x0 + x1 t + x2 t**2 + ...`` to a fixed order, where ``t`` belongs to ``level`` alone.

    Example:
        >>> x = Jet(Level(), Series([2.0, 1.0, None]))
        >>> (x * x).tangent.known
        [4.0, 4.0, 1.0]
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    launched: ClassVar[Callable[..., Any]] = staticmethod(lambda rule, args: None)  # fast/jets.py

    def __init__(self, level: Level, series: Series) -> None:
        self.level = level
        self.primal = series.known[0]
        self.tangent = series

    def __repr__(self) -> str:
        return f"Jet({self.tangent.known!r}, {mark(self.level, 't')})"

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Work out the series of the output."""
        if FUSING and rule.kind == "scalar" and not kwargs:
            found = Jet.launched(rule, args)
            if found is not None:
                return found
        level = self.level
        inputs = {i: a.tangent for i, a in enumerate(args) if a.__class__ is Jet and a.level is level}
        primals = tuple([a.primal if i in inputs else a for i, a in enumerate(args)])
        held = remembered(rule, args, inputs, kwargs)
        if held is not None:
            return Jet(level, held)
        out = plain_float(rule(*primals, **kwargs), primals)
        if rule.__class__ is Constant:
            return out
        series = series_of(rule, args, kwargs, inputs, primals, out, level)
        if isinstance(out, tuple):
            return tuple([Jet(level, component(series, n)) for n in range(len(out))])
        result = Jet(level, series)
        if rule.is_view and is_view(out, primals[0]):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def still(self, value: Value) -> Jet:
        """A value of this level that does not vary."""
        s = self.tangent
        series = constant(value) if s.memo is not None else Series([value, *[None] * (len(s.known) - 1)])
        return Jet(self.level, series)

    def constant(self, value: Value) -> Jet:
        """A value of this level that does not vary, whose contents may be written to."""
        return self.still(own(value))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Jet:
        """Zeros of this level."""
        return self.still(blank_like(self.primal, shape, dtype))

    @property
    def order(self) -> int:
        """How many derivatives are taken: to the last coefficient."""
        return max(len(self.tangent.known) - 1, 1)

    def frozen(self) -> Jet:
        """This value under a handle of its own; a write gives the other handle another series."""
        return Jet(self.level, self.tangent)

    def store(self, index: Any, value: Value) -> None:
        """Write ``value`` into every coefficient; the series that others may hold stays as it is."""
        mine = value.__class__ is Jet and value.level is self.level
        old, new = self.tangent, value.tangent if mine else constant(value)
        like = self.primal

        def more(k: int) -> Any:
            return written(old.at(k), index, new.at(k), like)

        self.tangent = Series([more(0)], more, {})
        self.primal = self.tangent.known[0]
        if old.memo is None:
            self.tangent.close(len(old.known) - 1)


def written(c: Any, index: Any, v: Any, like: Any) -> Any:
    """A coefficient after a write."""
    if c is None and v is None:
        return None
    kind = like.dtype if hasattr(like, "dtype") and like.dtype.kind in "fcO" else float
    buffer = blank_like(like, np.shape(like), kind) if c is None else own(c)
    return put(widened(buffer, like), index, 0 if v is None else v)


def plain_float(out: Value, primals: tuple[Any, ...]) -> Any:
    """A Python float where the operands are: their arithmetic is faster."""
    if bare(out).__class__ is np.float64 and not any([isinstance(bare(p), np.generic) for p in primals]):
        return out.item()
    return out


# ------------------------------------------------------------------------------------------------------------
# The series of an output
# ------------------------------------------------------------------------------------------------------------


def series_of(
    rule: Any, args: Any, kwargs: Any, inputs: dict[int, Series], primals: Value, out: Value, level: Level
) -> Series:
    """The series of an output: open if an input is, else to the order of the inputs."""
    is_open = any([s.memo is not None for s in inputs.values()])
    orders = [len(s.known) - 1 for s in inputs.values() if s.memo is None]
    series = Series([out], None, {})
    form = FORMS.get(rule)
    done = (
        form(args, inputs, series, None if is_open else min(orders), level) if form and not kwargs else False
    )
    if not done:
        opened = {i: s.opened() for i, s in inputs.items()}
        remember(rule, args, opened, kwargs, series)
        series.more = recurrence(rule, args, kwargs, opened, primals, series, level)
    return series if is_open else closed(series, min(orders))


def closed(series: Series, order: int) -> Series:
    """Worked out to ``order``, with NumPy's arithmetic."""
    if len(series.known) <= order:
        with np.errstate(all="ignore"):
            series.close(order)
    series.more = series.memo = None
    if bare(series.known[0]).__class__ is float:  # as the value is, the coefficients are
        series.known[1:] = [c.item() if bare(c).__class__ is np.float64 else c for c in series.known[1:]]
    return series


def recurrence(
    rule: Any, args: Any, kwargs: Any, inputs: dict[int, Series], primals: Value, series: Series, level: Level
) -> Callable[[int], Any]:
    """How a rule gives one coefficient after the other."""
    out = series.known[0]
    traced = [Jet(level, inputs[i]) if i in inputs else a for i, a in enumerate(args)]
    if rule.kind == "scalar":
        slopes = functools.partial(partials, rule, traced, inputs, series, level)
        if rule.applied is None:
            return of_scalar(slopes, inputs, out)
        return of_applied(functools.partial(moves, rule, traced, inputs, series, level), slopes, inputs, out)
    if rule.kind == "linear":
        return of_linear(rule, primals, kwargs, inputs, out)
    if rule.kind == "multilinear":
        return of_multilinear(rule, primals, kwargs, inputs, out)
    return of_differential(lambda: changes(rule, traced, kwargs, inputs, series, level))


def partials(
    rule: Any, traced: list[Any], inputs: dict[int, Series], out: Series, level: Level
) -> dict[int, Series]:
    """The partials of a scalar rule, as open series."""
    return {i: as_series(safe_partial(rule, i, tuple(traced), Jet(level, out)), level) for i in inputs}


def moves(rule: Any, traced: list[Any], inputs: dict[int, Series], out: Series, level: Level) -> list[Series]:
    """The partials of a scalar rule, applied to the derivatives of the arguments."""
    found = []
    for i, s in inputs.items():
        d = derivative(s)
        d.at(0)
        move = in_numpy(term_of(rule, i), Jet(level, filled(d, s)), *traced, Jet(level, out))
        found.append(as_series(move, level))
    return found


def changes(
    rule: Any, traced: list[Any], kwargs: Any, inputs: dict[int, Series], out: Series, level: Level
) -> list[Series]:
    """The differentials of a rule, applied to the derivatives of its arguments."""
    value = outputs(out, level)
    found = []
    for i, s in inputs.items():
        d = derivative(s)
        d.at(0)
        change = rule.differential_at(Jet(level, filled(d, s)), i, tuple(traced), value, kwargs)
        found.append(together(change, level) if isinstance(change, tuple) else as_series(change, level))
    return found


def filled(d: Series, s: Series) -> Series:
    """A derivative whose first coefficient is an array even where it is zero."""
    if d.known[0] is None:
        d.known[0] = np.zeros_like(s.known[0])
    return d


def as_series(value: Value, level: Level) -> Series:
    """A value as a series of a level."""
    return value.tangent if value.__class__ is Jet and value.level is level else constant(value)


def outputs(series: Series, level: Level) -> Any:
    """An output as rules are given it: a jet, or a tuple of jets."""
    if not isinstance(series.known[0], tuple):
        return Jet(level, series)
    return tuple([Jet(level, component(series, n)) for n in range(len(series.known[0]))])


def component(series: Series, n: int) -> Series:
    """One of several outputs."""

    def pick(c: Any) -> Any:
        return None if c is None else c[n]

    if series.memo is None:
        return Series([pick(c) for c in series.known])
    return Series([pick(series.known[0])], lambda k: pick(series.at(k)), {})


def together(parts: tuple[Any, ...], level: Level) -> Series:
    """Several outputs as one series of tuples."""
    series = [as_series(p, level) for p in parts]

    def whole(k: int) -> tuple[Any, ...]:
        return tuple([np.zeros_like(s.known[0]) if s.at(k) is None else s.at(k) for s in series])

    return Series([whole(0)], whole, {})


# ------------------------------------------------------------------------------------------------------------
# The same function of the same open series is the same series
# ------------------------------------------------------------------------------------------------------------


def key_of(rule: Any, args: Any, inputs: dict[int, Series]) -> Any:
    """A name for a function of series and numbers; None where it has none."""
    parts = [id(inputs[i].known) if i in inputs else ("n", a) for i, a in enumerate(args)]
    plain = [a.__class__ in (int, float, np.float64) for i, a in enumerate(args) if i not in inputs]
    return (rule, *parts) if all(plain) else None


def remembered(rule: Any, args: Any, inputs: dict[int, Series], kwargs: Any) -> Series | None:
    """The series of the same function of the same series, if it is there."""
    memos = [s.memo for s in inputs.values() if s.memo]
    key = key_of(rule, args, inputs) if memos and not kwargs else None
    return None if key is None else next((m[key][0] for m in memos if key in m), None)


def remember(rule: Any, args: Any, inputs: dict[int, Series], kwargs: Any, out: Series) -> None:
    """Enter a series under the name of what it is."""
    key = None if kwargs or isinstance(out.known[0], tuple) else key_of(rule, args, inputs)
    if key is not None:
        for s in inputs.values():
            if s.memo is not None:
                s.memo[key] = (out, [other.known for other in inputs.values()])  # so that no id is used again


# ------------------------------------------------------------------------------------------------------------
# Forms: operands, series among them, the output, the order wanted (None: open), the level
# ------------------------------------------------------------------------------------------------------------


def operand(args: Any, inputs: dict[int, Series], i: int) -> Series:
    """An operand as a series."""
    return inputs[i] if i in inputs else constant(args[i])


def multiply(args: Any, inputs: dict[int, Series], out: Series, order: int | None, level: Level) -> bool:
    """The product of series."""
    a, b = operand(args, inputs, 0), operand(args, inputs, 1)
    if order is None:
        out.more = of_product(a, b)
    else:
        found = product(a.known, b.known, order, 1)
        for k in range(1, order + 1):
            c = strong_product(a, b, k, out.known[0]) if is_nan(found[k]) else found[k]
            out.known.append(fitted(c, out.known[0]))
    return True


def add(args: Any, inputs: dict[int, Series], out: Series, order: int | None, level: Level) -> bool:
    """The sum of series."""
    return total(args, inputs, out, order, lambda c, d: d if c is None else c if d is None else c + d)


def subtract(args: Any, inputs: dict[int, Series], out: Series, order: int | None, level: Level) -> bool:
    """The difference of series."""
    return total(args, inputs, out, order, lambda c, d: c if d is None else -d if c is None else c - d)


def total(args: Any, inputs: dict[int, Series], out: Series, order: int | None, combine: Any) -> bool:
    """Coefficient by coefficient."""
    a, b = operand(args, inputs, 0), operand(args, inputs, 1)
    out.more = lambda k: fitted(combine(a.at(k), b.at(k)), out.known[0])
    return True


def divide(args: Any, inputs: dict[int, Series], out: Series, order: int | None, level: Level) -> bool:
    """The quotient of series."""
    more = of_quotient(operand(args, inputs, 0), operand(args, inputs, 1), out)
    out.more = lambda k: fitted(more(k), out.known[0])
    return True


def power(args: Any, inputs: dict[int, Series], out: Series, order: int | None, level: Level) -> bool:
    """Small integer powers are products; others solve ``x y' = n y x'`` where x is not 0."""
    x, n = args
    if 1 in inputs:
        return of_variable_exponent(args, inputs, out, level)
    if n.__class__ not in (int, float):
        return False
    if 0 <= n <= LARGEST_POWER and n == int(n) and by_squaring(inputs[0], int(n), out, order):
        return True
    if somewhere(np.equal(x, 0)):
        return False
    s = inputs[0]

    ratios: list[Any] = [None]  # x_j / x_0, for the product of x_j and y may overflow

    def coefficient(k: int) -> Any:
        c = s.at(k)
        ratios.append(None if c is None else c / s.known[0])
        found = None
        for j in range(1, k + 1):
            c, y = ratios[j], out.known[k - j]
            if c is not None and y is not None:
                term = (n * j - (k - j)) * c * y
                found = term if found is None else found + term
        return None if found is None else fitted(found / k, out.known[0])

    out.more = coefficient
    return True


def of_variable_exponent(args: Any, inputs: dict[int, Series], out: Series, level: Level) -> bool:
    """``x**y`` for positive x, as the exponential of ``y log(x)``."""
    x, y = [Jet(level, inputs[i].opened()) if i in inputs else a for i, a in enumerate(args)]
    if np.any(np.iscomplexobj(everything(x))) or somewhere(~np.greater(everything(x), 0)):
        return False
    s = as_series(y * np.log(x), level)
    out.more = of_scalar(lambda: {0: out}, {0: s}, out.known[0])
    return True


def by_squaring(s: Series, n: int, out: Series, order: int | None) -> bool:
    """A power by repeated squaring, worked out at once."""
    if order is None:
        return False
    result, square = None, s.known[: order + 1]
    while n:
        if n & 1:
            result = square if result is None else product(result, square, order, int(n == 1))
        n >>= 1
        square = product(square, square, order, int(n == 1 and result is None)) if n else square
    out.known[1:] = [None] * order if result is None else [fitted(c, out.known[0]) for c in result[1:]]
    return True


def solve(args: Any, inputs: dict[int, Series], out: Series, order: int | None, level: Level) -> bool:
    """``a_0 y_k = b_k - sum of a_j y_(k-j)``."""
    a, b = operand(args, inputs, 0), operand(args, inputs, 1)

    def coefficient(k: int) -> Any:
        rest = b.at(k)
        a.at(k)
        for j in range(1, k + 1):
            c, y = a.known[j], out.known[k - j]
            if c is not None and y is not None:
                rest = -(c @ y) if rest is None else rest - c @ y
        return None if rest is None else linalg.solve(a.known[0], rest)

    out.more = coefficient
    return True


FORMS: dict[Any, Callable[..., bool]] = {
    RULES[np.add]: add,
    RULES[np.subtract]: subtract,
    RULES[np.multiply]: multiply,
    RULES[np.divide]: divide,
    RULES[np.power]: power,
    linalg.solve: solve,
}


@is_moving.register
def moves_along(x: Jet, least: float = 0.0) -> bool:
    """Of a value with a series: whether any coefficient is not 0."""
    return any([is_moving(c, least) for c in x.tangent.known if c is not None])


def expansion(f: Callable[..., Any], at: list[Any], along: list[Any], order: int) -> list[Any]:
    """The Taylor coefficients of a function of some values along changes of them, None being none."""
    level = Level()
    rest = [None] * (order - 1)
    given = [x if d is None else Jet(level, Series([x, d, *rest])) for x, d in zip(at, along, strict=True)]
    try:
        series = as_series(f(*given), level)
        return [0.0 if (c := series.at(k)) is None else c for k in range(order + 1)]
    finally:
        level.alive = False


bends.TAYLOR.append(expansion)
