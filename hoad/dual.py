"""Forward mode: ``Dual``, a primal and its tangent at one level.

How each kind of rule is read forward: scalar, the partials times the tangents; linear and multilinear, the
function itself applied to the tangents; differential, as stated; constant, no tangent.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from . import fuse
from .arraylike import BINARY, UNARY, ArrayLike
from .chainrules import RULES
from .chainrules.elementwise import real_absolute, strong_multiply
from .chainrules.registry import LISTENERS, Constant, Differential, Linear, Multilinear, Primitive, Scalar
from .mutation import VIEWS, blank_like, is_view, link_view, own, put
from .nested import Level, Traced

REALS = frozenset({float, np.float64})
PLAIN = frozenset(
    {float, int, complex, bool, np.float64, np.float32, np.longdouble, np.float16, np.complex128, np.int64}
)


class Dual(ArrayLike):
    """``primal + tangent * e`` with ``e**2 = 0``, where ``e`` belongs to ``level`` alone.

    Example:
        >>> level = Level()
        >>> x = Dual(level, 3.0, 1.0)
        >>> x * x
        Dual(9.0, 6.0)
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}

    def __init__(self, level: Level, primal: Any, tangent: Any) -> None:
        self.level = level
        self.primal = primal
        self.tangent = tangent

    def __repr__(self) -> str:
        return f"Dual({self.primal!r}, {self.tangent!r})"

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Push the tangents of the arguments forward."""
        level = self.level
        mine = [a.__class__ is Dual and a.level is level for a in args]
        primals = tuple([a.primal if own_level else a for a, own_level in zip(args, mine, strict=True)])
        out = rule(*primals, **kwargs)
        if rule.__class__ is Constant:
            return out
        tangents = {
            i: a.tangent for i, (a, own_level) in enumerate(zip(args, mine, strict=True)) if own_level
        }
        if rule.kind == "adapted" and not any([isinstance(p, Traced) and p.differentiates for p in primals]):
            out, chosen = rule.choose(out, primals, tangents)  # type: ignore[attr-defined]
            change = PUSH[rule.kind](rule, chosen, primals, kwargs, tangents)
        else:
            change = PUSH[rule.kind](rule, out, primals, kwargs, tangents)
        if out.__class__ is tuple or isinstance(out, tuple):
            return tuple([Dual(level, o, fit(c, o)) for o, c in zip(out, change, strict=True)])
        result = Dual(level, out, fit(change, out))
        if rule.name in VIEWS and is_view(out, primals[0]):
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

    def put(self, index: Any, value: Any) -> None:
        """Write ``value`` into primal and tangent."""
        mine = value.__class__ is Dual and value.level is self.level
        self.primal = put(self.primal, index, value.primal if mine else value)
        self.tangent = put(self.tangent, index, value.tangent if mine else 0)


def zeros_of(value: Any) -> Any:
    """A tangent of zeros for ``value``."""
    return np.zeros_like(value) if np.ndim(value) else 0.0


def fit(tangent: Any, out: Any) -> Any:
    """Bring a tangent to the shape and the precision of its primal."""
    if tangent.__class__ is np.ndarray and out.__class__ is np.ndarray:
        if tangent.shape == out.shape and tangent.dtype is out.dtype:
            return tangent
    elif tangent.__class__ in REALS and out.__class__ in REALS:
        return tangent
    shape = np.shape(out)
    if np.shape(tangent) != shape:
        tangent = np.broadcast_to(tangent, shape)
        tangent = tangent.copy() if isinstance(tangent, np.ndarray) else tangent
    if isinstance(out, Traced):
        return tangent
    kind = getattr(out, "dtype", None)
    if kind is None or kind.kind not in "fc":
        return tangent
    have = tangent.dtype if hasattr(tangent, "dtype") else np.result_type(tangent)
    if have == kind or (have.kind == "f" and kind.kind == "c"):
        return tangent
    if isinstance(tangent, Traced):
        return tangent.astype(kind) if have.kind == kind.kind else tangent
    return np.asarray(tangent.real if kind.kind == "f" else tangent).astype(kind)[()]


def push(p: Any, d: Any, out: Any) -> Any:
    """``p * d`` in the shape of ``out``; a zero tangent stays zero even if the partial is inf or nan."""
    if p.__class__ in REALS and d.__class__ in REALS:
        return p * d if p and d else 0.0
    with np.errstate(invalid="ignore"):
        change = p * d
    if has_nan(change):
        change = strong_multiply(d, p)
    return fit(change, out)


def guarded(change: Any, out: Any, *products: tuple[Any, Any]) -> Any:
    """A change in the shape of ``out``; where nan came in, with products in which zero stays zero."""
    if has_nan(change):
        change = None
        for p, d in products:
            part = push(p, d, out)
            change = part if change is None else change + part
    return fit(change, out)


def has_nan(x: Any) -> bool:
    """Tell whether nan stands anywhere in a value or in the tangents that it carries."""
    if isinstance(x, Traced):
        return has_nan(x.primal) or (x.__class__ is Dual and has_nan(x.tangent))
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        row = x.ravel()
        square = row.dot(row)
        return bool(square != square)
    return bool(np.any(x != x))


def copied(d: Any) -> Any:
    """A tangent that becomes the tangent of another value: its own array, so that neither is written through
    the other.
    """
    return d.copy() if d.__class__ is np.ndarray or (isinstance(d, Traced) and d.ndim) else d


# ------------------------------------------------------------------------------------------------------------
# The kinds of rules, read forward
# ------------------------------------------------------------------------------------------------------------


def push_scalar(rule: Scalar, out: Any, args: tuple[Any, ...], kwargs: Any, tangents: dict[int, Any]) -> Any:
    """Sum of partial times tangent."""
    total = None
    for i, d in tangents.items():
        change = push(fuse.safe_partial(rule, i, args, out), d, out)
        total = change if total is None else total + change
    return copied(total)


def push_linear(rule: Linear, out: Any, args: tuple[Any, ...], kwargs: Any, tangents: dict[int, Any]) -> Any:
    """The function applied to the tangents of all its linear arguments together."""
    linear = range(len(args)) if rule.positions is None else rule.positions
    if not any(i in tangents for i in linear):
        return zeros_of(out)
    moved = [tangents.get(i, zeros_of(a)) if i in linear else a for i, a in enumerate(args)]
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
    """Sum of the differentials as they are stated."""
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


PUSH: dict[str, Callable[..., Any]] = {
    "scalar": push_scalar,
    "linear": push_linear,
    "multilinear": push_multilinear,
    "differential": push_differential,
    "adapted": push_differential,
}

# ------------------------------------------------------------------------------------------------------------
# One-frame methods
# ------------------------------------------------------------------------------------------------------------

HELPERS = {
    "_Dual": Dual, "_REALS": REALS, "_PLAIN": PLAIN, "_ndarray": np.ndarray, "_guarded": guarded, "_fit": fit,
    "_copied": copied,
}  # fmt: skip

UNARY_METHOD = """\
def {name}(_a):
    {x} = _a.primal
{primal1}
{change}
    return _Dual(_a.level, out, _t)
"""

BINARY_METHOD = """\
def {name}({signature}):
    if _a.__class__ is _Dual:
        if _b.__class__ is _Dual:
            if _a.level is _b.level:
                {x} = _a.primal
                {y} = _b.primal
{primal4}
{both}
                return _Dual(_a.level, out, _t)
        elif _b.__class__ in _PLAIN or _b.__class__ is _ndarray and _b.dtype.kind != "O":
{constant3}            {x} = _a.primal
            {y} = _b
{primal3}
{first}
            return _Dual(_a.level, out, _t)
    elif _b.__class__ is _Dual and (
        _a.__class__ in _PLAIN or _a.__class__ is _ndarray and _a.dtype.kind != "O"
    ):
{constant2}        {x} = _a
        {y} = _b.primal
{primal2}
{second}
        return _Dual(_b.level, out, _t)
    return _general(_a, _b)
"""


def primal_blocks(rule: Scalar, text: fuse.Text) -> dict[str, str]:
    """The evaluation of the primal, and what comes before it beside a constant, at the indentations of the
    templates.
    """
    blocks = {f"primal{depth}": fuse.indent(fuse.primal_lines(text), depth) for depth in (1, 2, 3, 4)}
    head = fuse.beside_a_constant(rule)
    return blocks | {f"constant{depth}": textwrap.indent(head, "    " * depth) for depth in (2, 3)}


def change_lines(text: fuse.Text, active: tuple[int, ...]) -> list[str]:
    """Compute ``_t``, the change of the output when the arguments ``active`` change."""
    lines, terms, products = [], [], []
    for i in active:
        d = f"_{'ab'[i]}.tangent"
        p = text.partials[i]
        if p in ("0", "1", "-1"):
            alone = len(active) == 1
            terms.append({"0": f"0 * {d}", "1": f"_copied({d})" if alone else d, "-1": f"-{d}"}[p])
            products.append(f"({p}, {d})")
            continue
        lines += fuse.partial_lines(text, i)
        terms.append(f"_p{i} * {d}")
        products.append(f"(_p{i}, {d})")
    lines.append(f"_t = {' + '.join(terms)}")
    if all(text.partials[i] in ("0", "1", "-1") for i in active):
        return [
            *lines,
            "if _t.__class__ not in _REALS or out.__class__ not in _REALS:",
            "    _t = _fit(_t, out)",
        ]
    return [
        *lines,
        "if _t.__class__ not in _REALS or _t != _t or out.__class__ not in _REALS:",
        f"    _t = _guarded(_t, out, {', '.join(products)})",
    ]


def forward_source(rule: Scalar, name: str, signature: str = "_a, _b") -> tuple[str, dict[str, Any]] | None:
    """Write the forward method of a scalar rule, or None where the rule has no text."""
    text = fuse.read(rule)
    if text is None or rule.arity > 2:
        return None
    namespace = {**text.namespace, **HELPERS, "_general": rule.general}
    if rule.arity == 1:
        change = fuse.indent(change_lines(text, (0,)))
        return UNARY_METHOD.format(
            name=name, x=text.names[0], **primal_blocks(rule, text), change=change
        ), namespace
    blocks = {
        "both": fuse.indent(change_lines(text, (0, 1)), 4),
        "first": fuse.indent(change_lines(text, (0,)), 3),
        "second": fuse.indent(change_lines(text, (1,)), 2),
    }
    x, y = text.names
    return BINARY_METHOD.format(
        name=name, signature=signature, x=x, y=y, **primal_blocks(rule, text), **blocks
    ), namespace


def has_method(rule: Any) -> bool:
    """Tell whether a one-frame method can be written for a rule."""
    return isinstance(rule, Scalar) and rule.arity <= 2


def install(cls: Any, source: Callable[..., Any]) -> None:
    """Give a kind of traced value its one-frame methods, each written when it is first called."""

    def written(rule: Scalar, name: str, signature: str) -> Callable[..., Any]:
        made = source(rule, name, signature)
        if made is None:
            return rule.general if signature == "_a, _b" else lambda b, a: rule.general(a, b)
        function: Callable[..., Any] = fuse.compile_source(name, *made)
        return function

    def later(key: Any, rule: Scalar, attribute: str | None, signature: str = "_a, _b") -> Callable[..., Any]:
        def first_call(*args: Any) -> Any:
            method = written(rule, str(rule.name), signature)
            if attribute is not None:
                setattr(cls, attribute, method)
            else:
                cls.fused[key] = method
            return method(*args)

        return first_call

    def learn(function: Any, rule: Any) -> None:
        if has_method(rule):
            cls.fused[rule.function] = later(rule.function, rule, None)
        elif function in cls.fused:
            cls.fused[function] = rule
        for attribute, reflected in OPERATORS.get(function, ()):
            if has_method(rule):
                setattr(cls, attribute, later(None, rule, attribute, "_b, _a" if reflected else "_a, _b"))
            elif attribute in vars(cls):
                delattr(cls, attribute)  # the general operator of ArrayLike remains

    fuse.KINDS.add(cls)
    for function, rule in [*RULES.items(), (real_absolute.function, real_absolute)]:
        if has_method(rule):
            learn(function, rule)
    LISTENERS.append(learn)


OPERATORS = {
    ufunc: [(f"__{prefix}{name}__", bool(prefix)) for prefix in prefixes]
    for table, prefixes in ((BINARY, ("", "r")), (UNARY, ("",)))
    for name, ufunc in table.items()
}
install(Dual, forward_source)
