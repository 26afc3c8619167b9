"""Forward mode: ``Dual``, a primal and its tangent at one level.

How each kind of rule is read forward: scalar, the partials times the tangents; linear and multilinear, the
function itself applied to the tangents; differential, as stated; constant, no tangent.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, ClassVar

import numpy as np

from .arrays.arraylike import ArrayLike
from .arrays.memory import axes_of_primal
from .arrays.mutation import blank_like, is_view, link_view, own, put, widened
from .backends.registry import FUSING
from .chainrules.numpy.elementwise import carried, strong_multiply
from .chainrules.statements import Constant, Differential, Linear, Multilinear, Primitive, Scalar
from .chainrules.text import in_numpy, safe_partial, term_of
from .nested import FIXED, SIMPLE, Level, Traced, everything, glance, mark
from .tangents.fit import fit_tangent
from .values.constants import is_elsewhere
from .values.moving import is_moving
from .values.quiet import sum_of_squares
from .values.reading import is_read
from .values.shapes import DOUBLE, DOUBLES, REALS, shape_of

HEARD = (ArithmeticError, RuntimeWarning)  # what NumPy raises of numbers, where the program has asked for it


class Dual(ArrayLike):
    """``primal + tangent * e`` with ``e**2 = 0``, where ``e`` belongs to ``level`` alone.

    Example:
        >>> level = Level()
        >>> x = Dual(level, 3.0, 1.0)
        >>> x * x
        Dual(9.0, 6.0, ε...)
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    functions: ClassVar[dict[Any, Callable[..., Any]]] = {}

    ndim = property(axes_of_primal)
    launched: ClassVar[Callable[..., Any]] = staticmethod(lambda rule, args: None)  # fast/forward.py
    stepped: ClassVar[Callable[..., Any]] = staticmethod(
        lambda rule, way, run, given: run(*given)
    )  # fast/deferred.py

    def __init__(self, level: Level, primal: Any, tangent: Any) -> None:
        self.level = level
        self.primal = primal
        self.tangent = tangent

    def __repr__(self) -> str:
        return f"Dual({self.primal!r}, {self.tangent!r}, {mark(self.level)})"

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Push the tangents of the arguments forward."""
        if FUSING and rule.kind == "scalar" and not kwargs:
            found = Dual.launched(rule, args)
            if found is not None:
                return found
        level = self.level
        tangents: dict[int, Any] = {}
        held: list[Any] = []
        is_plain = rule.kind != "scalar"  # whether the function can be asked itself, and not its rule
        for i, a in enumerate(args):
            if a.__class__ is Dual and a.level is level:
                tangents[i] = a.tangent
                a = a.primal
            kind = a.__class__
            if is_plain and kind not in FIXED:
                is_plain = a.dtype.kind != "O" if kind is np.ndarray else kind is tuple
            held.append(a)
        primals = tuple(held)
        out = rule.function(*primals, **kwargs) if is_plain else value_by(rule, primals, kwargs)
        if rule.__class__ is Constant:
            return out
        chosen = out
        if rule.choose is not None and not any([isinstance(p, Traced) and p.differentiates for p in primals]):
            out, chosen = rule.choose(out, primals, tangents)
        try:
            change = pushed_by(rule, chosen, primals, kwargs, tangents)
        except HEARD:  # of the change, which is none of the program's business
            with np.errstate(all="ignore"):
                change = pushed_by(rule, chosen, primals, kwargs, tangents)
        if out.__class__ is tuple or isinstance(out, tuple):
            return tuple([Dual(level, o, fit_tangent(c, o)) for o, c in zip(out, change, strict=True)])
        result = Dual(level, out, fit_tangent(change, out))
        if rule.is_view and is_view(out, primals[0]):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def constant(self, value: Any) -> Dual:
        """A value of this level with the tangent 0, whose contents may be written to."""
        return Dual(self.level, own(value), zeros_of(value))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Dual:
        """Zeros of this level."""
        kind = dtype if np.dtype(dtype).kind in "fc" else float
        return Dual(self.level, blank_like(self.primal, shape, dtype), blank_like(self.tangent, shape, kind))

    def frozen(self) -> Dual:
        """This value under a handle of its own, which later writes do not reach."""
        return Dual(self.level, own(self.primal), own(self.tangent))

    def store(self, index: Any, value: Any) -> None:
        """Write ``value`` into primal and tangent."""
        mine = value.__class__ is Dual and value.level is self.level
        self.primal = put(self.primal, index, value.primal if mine else value)
        self.tangent = put(widened(self.tangent, self.primal), index, value.tangent if mine else 0)


SIMPLE.add(Dual)


def zeros_of(value: Any) -> Any:
    """A tangent of zeros for ``value``."""
    if shape_of(value) or is_elsewhere(value):
        return np.zeros_like(value)
    return value.dtype.type(0) if isinstance(value, np.generic) and value.dtype.kind in "fc" else 0.0


def push(p: Any, d: Any, out: Any, steady: bool = False, x: Any = 0.0) -> Any:
    """``p * d`` in the shape of ``out``; a zero tangent stays zero even if the partial is inf or nan, and a
    zero partial does where it is ``steady``, or its argument ``x`` is infinite.
    """
    if p.__class__ in REALS and d.__class__ in REALS and p and d:
        return p * d
    with np.errstate(invalid="ignore"):
        change = p * d
        return fit_tangent(with_zeros(change, p, d, x, lambda: steady) if has_nan(change) else change, out)


def pushed(rule: Scalar, i: int, d: Any, args: tuple[Any, ...], out: Any, active: Container[int]) -> Any:
    """The change of ``out`` by a change ``d`` of argument ``i``, where the arguments ``active`` change."""
    p = None
    if rule.applied is not None:
        change = in_numpy(term_of(rule, i), d, *args, out)
    else:
        p = safe_partial(rule, i, args, out)
        with np.errstate(invalid="ignore"):
            change = p * d
    if has_nan(change):
        p = safe_partial(rule, i, args, out) if p is None else p
        change = with_zeros(change, p, d, args[i], lambda: is_steady(rule, i, args, out, active))
    return fit_tangent(change, out)


def with_zeros(change: Any, p: Any, d: Any, x: Any, steady: Callable[[], bool]) -> Any:
    """A change ``p * d`` in which nan came up, with the zeros that are known: of a tangent that is zero, and
    of a partial that is zero all around, or where its argument ``x`` has grown to infinity.
    """
    with np.errstate(all="ignore"):
        change = np.where(np.equal(d, 0), carried(d, p), change)[()]
        vanishes = np.equal(p, 0) & np.not_equal(d, 0)
        if np.any(everything(vanishes)):
            if steady():
                change = np.where(vanishes, strong_multiply(d, p), change)[()]
            change = np.where(vanishes & np.equal(x, np.inf), 0, change)[()]
        return change


@is_moving.register
def moves_forward(x: Dual, least: float = 0.0) -> bool:
    """Of a value with a tangent: whether that is not 0."""
    return is_moving(x.primal, least) or (x.level.alive and is_moving(x.tangent, least))


def is_steady(rule: Scalar, i: int, args: tuple[Any, ...], out: Any, active: Container[int]) -> bool:
    """Tell whether partial ``i`` stays as it is where the arguments ``active`` change: it then depends on
    none of them. So a zero in it is one of the program's own, as that of a mask, and not one of the point.
    """
    level = Level()
    moving = [Dual(level, a, zeros_of(a)) if k in active else a for k, a in enumerate(args)]
    p = safe_partial(rule, i, tuple(moving), Dual(level, out, zeros_of(out)))
    return not (isinstance(p, Dual) and p.level is level)


def has_nan(x: Any) -> bool:
    """Tell whether nan stands anywhere in a value or in the tangents that it carries; of values on a device,
    which would have to be waited for, it is not asked (``careful``).
    """
    if x.__class__ in DOUBLES:
        return bool(x != x)
    if isinstance(x, Traced):
        if x.noted:  # where there is, what is done then is right only for values with nan
            return has_nan(glance(x)) and bool(np.any(np.not_equal(x, x)))
        return has_nan(x.primal) or (x.__class__ is Dual and has_nan(x.tangent))
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        row = shown(x)
        square = sum_of_squares(row)
        if square == square or x.dtype.kind == "f":
            return bool(square != square)  # of complex infinities, a square may be nan
    return is_read(x) and bool(np.any(x != x))


def shown(x: np.ndarray) -> np.ndarray:
    """The elements of an array in a row, each once where the array shows one of them many times."""
    if 0 in x.strides and x.size:
        x = x[tuple([slice(None if step else 1) for step in x.strides])]
    return x if x.ndim == 1 else x.ravel("K")


def is_finite(x: Any) -> bool:
    """Tell whether neither nan nor infinity stands anywhere in a value or in the tangents that it carries."""
    if x.__class__ in REALS:
        return bool(x * 0 == 0)
    if x.__class__ is np.ndarray and x.ndim == 1 and len(x) <= 16 and x.dtype is DOUBLE:
        total = sum(x.tolist())  # of so few, sooner than NumPy begins
        if total - total == 0:
            return True
    if isinstance(x, Traced):
        if x.noted:
            return is_finite(glance(x)) or bool(np.all(np.isfinite(x)))
        return is_finite(x.primal) and (x.__class__ is not Dual or is_finite(x.tangent))
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        row = shown(x)
        square = sum_of_squares(row)
        if square - square == 0:
            return True
        return bool(np.isfinite(row).all())
    if not is_read(x):
        return True
    if isinstance(x, (complex, np.inexact)) or is_elsewhere(x):
        return bool(np.isfinite(x).all())
    return not has_nan(x)


def copied(d: Any) -> Any:
    """A tangent that becomes the tangent of another value: its own array, so that neither is written through
    the other.
    """
    return (
        d.copy() if d.__class__ is np.ndarray or (isinstance(d, Traced) and d.ndim) or is_elsewhere(d) else d
    )


# ------------------------------------------------------------------------------------------------------------
# The kinds of rules, read forward
# ------------------------------------------------------------------------------------------------------------


def push_scalar(rule: Scalar, out: Any, args: tuple[Any, ...], kwargs: Any, tangents: dict[int, Any]) -> Any:
    """Sum of the partials applied to the tangents."""
    total = None
    for i, d in tangents.items():
        change = pushed(rule, i, d, args, out, tangents)
        total = change if total is None else total + change
    return copied(total)


def push_linear(rule: Linear, out: Any, args: tuple[Any, ...], kwargs: Any, tangents: dict[int, Any]) -> Any:
    """The function applied to the tangents of all its linear arguments together."""
    linear = range(len(args)) if rule.positions is None else rule.positions
    if not any(i in tangents for i in linear):
        return zeros_of(out)
    moved = [
        a if i not in linear else tangents[i] if i in tangents else zeros_of(a) for i, a in enumerate(args)
    ]
    return rule(*moved, **kwargs)


def push_multilinear(
    rule: Multilinear, out: Any, args: tuple[Any, ...], kwargs: Any, tangents: dict[int, Any]
) -> Any:
    """Sum of the function with one argument replaced by its tangent."""
    total = None
    for i, d in tangents.items():
        change = rule(*args[:i], d, *args[i + 1 :], **kwargs)
        total = change if total is None else total + change
    return total


def push_differential(
    rule: Differential, out: Any, args: tuple[Any, ...], kwargs: Any, tangents: dict[int, Any]
) -> Any:
    """Sum of the differentials as they are stated, or what is stated of all of them together."""
    together = rule.together.get(tuple(sorted(tangents))) if rule.together else None
    if together is not None:
        return together([tangents[i] for i in sorted(tangents)], *args, out, **kwargs)
    total: Any = None
    for i, d in tangents.items():
        change = rule.differential_at(d, i, args, out, kwargs)
        if total is None:
            total = change
        elif isinstance(total, tuple):
            total = tuple([a + b for a, b in zip(total, change, strict=True)])
        else:
            total = total + change
    return total


def value_by(rule: Any, args: Any, kwargs: Any) -> Any:
    """The value of a rule."""
    if not FUSING or rule.kind != "differential":
        return rule(*args, **kwargs)
    return Dual.stepped(rule, "value", lambda *args: rule(*args, **kwargs), [*args])


def pushed_by(rule: Any, out: Any, args: tuple[Any, ...], kwargs: Any, tangents: dict[int, Any]) -> Any:
    """The change of the value of a rule."""
    push = PUSH[rule.kind]
    if not FUSING or rule.kind == "scalar":
        return push(rule, out, args, kwargs, tangents)
    places, count = tuple(tangents), len(args)

    def step(out: Any, *given: Any) -> Any:
        moved = dict(zip(places, given[count:], strict=True))
        return push(rule, out, given[:count], kwargs, moved)

    return Dual.stepped(rule, "forward", step, [out, *args, *tangents.values()])


PUSH: dict[str, Callable[..., Any]] = {
    "scalar": push_scalar,
    "linear": push_linear,
    "multilinear": push_multilinear,
    "differential": push_differential,
}
