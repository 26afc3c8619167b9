"""Custom rules, read forward and backward; where only one half is stated, the other by transposition.

An rrule is a linear map from cotangents to cotangents, an frule one from tangents to tangents, and each is
the transpose of the other. So a half that is missing is found by running the one that is there on a tape of
its own, and sweeping that; where it calls foreign code, by running it once for each direction. The half must
be linear indeed: a probe checks that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.gathered import accumulate
from ..chainrules.custom import Custom, declined, reading
from ..dual import Dual
from ..errors import RuleError
from ..kinds.batch import Batch
from ..kinds.collapsed import Collapsed, Directions, known, without_last
from ..kinds.grid_points import all_of, merged
from ..kinds.gridded import Gridded
from ..kinds.jet import Jet
from ..kinds.number import Number
from ..kinds.series import Series, derivative, fitted, plus
from ..nested import Level, Traced, everything, forgiven, primal
from ..tangents.fit import fit_tangent, zero_of
from ..tangents.projection import is_perturbable
from ..tangents.types import NoTangent
from ..tracer import Draft, Lean, Tracer, transposed_all
from ..values.captures import traced_in, with_changed
from ..values.constants import arange, as_array, asarray
from ..values.shapes import is_complex, size_of
from ..values.trees import flatten, unflatten
from .calls import Call, Leaves, fresh, members, picked, pulled, pushed, strong, together

Linear = Callable[[Leaves], Leaves]

MOST_COLUMNS = 4096
PROBE = 1000.0  # the size of a probe of linearity: larger than what a clipped gradient lets through

# ------------------------------------------------------------------------------------------------------------
# Forward
# ------------------------------------------------------------------------------------------------------------


@reading.register
def push_custom(top: Dual, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Push the tangents of the arguments forward: by the frule, or by the transpose of the rrule."""
    call = Call(rule, top.level, args, kwargs)
    tangents = [t.tangent for t in call.inputs]
    found = pushed_by_frule(call, tangents)
    if found is NotImplemented:
        found = pushed_by_rrule(call, tangents)
    if found is NotImplemented:
        return declined(rule, args, kwargs)
    y, changes = found
    leaves, structure = flatten(y)
    duals = [
        leaf if isinstance(d, NoTangent) else Dual(top.level, leaf, fit_tangent(d, leaf))
        for leaf, d in zip(leaves, changes, strict=True)
    ]
    return unflatten(structure, duals)


def pushed_by_frule(call: Call, tangents: Leaves) -> Any:
    """The value and the leaves of its tangent, as the frule gives them."""
    found = pushed(call, tangents)
    if found is NotImplemented:
        return NotImplemented
    spread = levels_beside(tangents, call.args, call.rule)
    return with_changed(found[0], functools.partial(one_of_all, spread)), found[1]


def one_of_all(levels: set[Level], t: Any) -> Any:
    """A value that was computed in one array with tangents, of which some are batches of these levels: it is
    the same for all members.
    """
    return t.primal[0] if isinstance(t, Batch) and t.level in levels and len(t.primal) else t


def levels_beside(tangents: Any, args: tuple[Any, ...], rule: Custom) -> set[Level]:
    """The levels of tangents at which no value can be: those of no argument, nor of what the rule holds."""
    return levels_in(tangents) - levels_in((args, rule.function, rule.frule, rule.rrule))


def levels_in(tree: Any) -> set[Level]:
    """The levels of all traced values in an argument, one within the other."""
    found = set()
    for t in traced_in(tree):
        x: Any = t
        while isinstance(x, Traced):
            found.add(x.level)
            x = x.primal
    return found


def pushed_by_rrule(call: Call, tangents: Leaves) -> Any:
    """The value, and its tangent by the transpose of the pullback."""
    found = pulled(call)
    if found is NotImplemented:
        return NotImplemented
    y, pullback = found
    leaves, structure = flatten(y)
    active = active_leaves(leaves, structure)
    linear = lambda gs: pullback(filled(leaves, structure, active, gs))
    chosen = [leaves[k] for k in active]
    changes = transpose(linear, chosen, tangents, call.rule.name, "frule")
    probe(call, linear, chosen, changes, tangents, "pullback")
    return y, flatten(filled(leaves, structure, active, changes))[0]


# ------------------------------------------------------------------------------------------------------------
# Forward, to any order
# ------------------------------------------------------------------------------------------------------------


@reading.register
def push_series(top: Jet, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Push series forward: the rule gives the tangent as a series of one order less, and so ``y' = dy``."""
    inputs = [t.tangent for t in traced_in(args) if t.level is top.level]
    orders = [len(s.known) - 1 for s in inputs if s.memo is None]
    order = min(orders) if orders else 0
    found = expanded(rule, top, args, kwargs, order)
    if found is NotImplemented:
        return declined(rule, args, kwargs)
    leaves, structure = found
    jets = [
        jet_of(leaf, n, rule, top, args, kwargs, open_=len(orders) < len(inputs))
        for n, leaf in enumerate(leaves)
    ]
    return unflatten(structure, jets)


def jet_of(leaf: Any, n: int, rule: Custom, top: Jet, args: Any, kwargs: Any, open_: bool) -> Any:
    """One leaf of a value; of open series, a coefficient is worked out when it is asked for."""
    if not isinstance(leaf, list):
        return leaf
    more = lambda k: expanded(rule, top, args, kwargs, k)[0][n][k]
    return Jet(top.level, Series(leaf[:1], more, {}) if open_ else Series(leaf))


def expanded(rule: Custom, top: Jet, args: tuple[Any, ...], kwargs: dict[str, Any], order: int) -> Any:
    """The leaves of the value, each as its coefficients, and their structure."""
    if not order:
        leaves, structure = flatten(
            rule(*with_changed(args, functools.partial(first_of, top.level)), **kwargs)
        )
        return [[leaf] if is_perturbable(leaf) else leaf for leaf in leaves], structure
    level = Level()

    def shorter(s: Series, first: Any) -> Any:
        return first if order == 1 else Jet(level, Series([first, *[s.at(k) for k in range(1, order)]]))

    def rate(t: Traced) -> Any:
        s = derivative(t.tangent)
        return shorter(s, zero_of(t.primal) if s.at(0) is None else s.at(0))

    try:
        call = Call(rule, top.level, args, kwargs, without=lambda t: shorter(t.tangent, t.primal))
        tangents = [rate(t) for t in call.inputs]
        found = pushed_by_frule(call, tangents)
        found = pushed_by_rrule(call, tangents) if found is NotImplemented else found
    finally:
        level.alive = False
    if found is NotImplemented:
        return NotImplemented
    leaves, structure = flatten(found[0])
    moving = [c for t in call.inputs for c in t.tangent.known[1:]]
    spread = levels_beside(moving, with_changed(call.args, functools.partial(first_of, level)), rule)
    pairs = zip(leaves, found[1], strict=True)
    return [coefficients(y, d, level, order, spread) for y, d in pairs], structure


def first_of(level: Level, t: Traced) -> Any:
    """A value without a level."""
    return t.primal if t.level is level else t


def coefficients(y: Any, d: Any, level: Level, order: int, spread: set[Level]) -> Any:
    """The coefficients of a leaf from its value and its derivative."""
    if isinstance(d, NoTangent):
        return y
    rates = d.tangent.known if d.__class__ is Jet and d.level is level else [d, *[None] * (order - 1)]
    first = one_of_all(spread, first_of(level, y) if isinstance(y, Traced) else y)
    return [fresh(first)] + [
        None if c is None else fit_tangent(fresh(c) / (k + 1), y) for k, c in enumerate(rates)
    ]


# ------------------------------------------------------------------------------------------------------------
# Forward, along many directions of which a sum is wanted
# ------------------------------------------------------------------------------------------------------------


@reading.register
def push_collapsed(top: Collapsed, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Push series along all directions, without their last coefficients; the sum of those as a tangent."""
    level = top.level

    def values(change: Callable[[Any], Any]) -> tuple[Leaves, Any]:
        changed = with_changed(args, lambda t: change(t) if t.level is level else t)
        leaves, structure = flatten(rule(*changed, **kwargs))
        return leaves, structure

    leaves, structure = values(without_last)
    sums = values(dual_of_sum)[0] if any_sum(args, level) else leaves
    return unflatten(structure, [whole(y, d, level) for y, d in zip(leaves, sums, strict=True)])


def any_sum(args: tuple[Any, ...], level: Directions) -> bool:
    """Tell whether the sum of the last coefficients of an argument is not zero."""
    return any([t.slot is not None for t in traced_in(args) if t.level is level])


def dual_of_sum(t: Traced) -> Dual:
    """A value with the sum of its last coefficients as its tangent."""
    return Dual(t.level.inner, t.primal, zero_of(t.primal) if t.slot is None else t.slot)


def whole(y: Any, d: Any, level: Directions) -> Any:
    """One leaf of a value: its series, the weighted sum of their last coefficients, and what ``d`` adds."""
    is_dual = d.__class__ is Dual and d.level is level.inner
    if not is_dual and not (y.__class__ is Jet and y.level is level.inner):
        return y
    out, *terms, last = known(y, level)
    total = plus(level.total(last), d.tangent if is_dual else None)
    return Collapsed(level, fresh(out), terms, fitted(total, out))


# ------------------------------------------------------------------------------------------------------------
# Backward
# ------------------------------------------------------------------------------------------------------------


@reading.register(Tracer)
@reading.register(Draft)
@reading.register(Lean)
def pull_custom(top: Tracer, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Record a call, with its pullback: the rrule's, or the transpose of the frule."""
    args = with_changed(args, finished)  # the top, too
    call = Call(rule, top.level, args, kwargs)
    found = pulled(call)
    if found is NotImplemented and rule.frule is not None:
        found = reversed_by_frule(call)
    if found is NotImplemented:
        return declined(rule, args, kwargs)
    y, pullback = found
    leaves, structure = flatten(y)
    active = active_leaves(leaves, structure)
    back = lambda gs: pullback(filled(leaves, structure, active, gs))
    slots = [t.slot for t in call.inputs]
    primals = [t.primal for t in call.inputs]
    outs = tuple([leaves[k] for k in active])
    tracers = top.record(pull_call, slots, (back, outs, primals, rule), outs)
    whole = list(leaves)
    for k, tracer in zip(active, tracers, strict=True):
        whole[k] = tracer
    return unflatten(structure, whole)


def finished(t: Any) -> Any:
    """A tracer that was being written to, or was not held, finished."""
    if t.__class__ is Draft or t.__class__ is Lean:
        t.finish()
    return t


def pull_call(g: Any, values: list[Any], cotangents: list[Any], i: int, slots: Any, kept: Any) -> None:
    """The pullback of a call."""
    back, outs, primals, _ = kept
    gs = [zero_of(o) if part is None else part for part, o in zip(g, outs, strict=True)]
    for slot, part in zip(slots, strong(back, gs, primals), strict=True):
        accumulate(cotangents, slot, part)


def reversed_by_frule(call: Call) -> Any:
    """The value, and a pullback by the transpose of the frule."""
    primals = [t.primal for t in call.inputs]
    found = pushed(call, [zero_of(x) for x in primals])
    if found is NotImplemented:
        return NotImplemented
    y = found[0]
    leaves, structure = flatten(y)
    active = active_leaves(leaves, structure)

    def linear(ds: Leaves) -> Leaves:
        changes = pushed(call, ds)[1]
        return [changes[k] for k in active]

    def pullback(ybar: Any) -> Leaves:
        given = flatten(ybar)[0]
        gs = [given[k] for k in active]
        parts = transpose(linear, primals, gs, call.rule.name, "rrule")
        probe(call, linear, primals, parts, gs, "frule")
        return parts

    return y, pullback


# ------------------------------------------------------------------------------------------------------------
# Transposes that can be trusted
# ------------------------------------------------------------------------------------------------------------


def transpose(linear: Linear, xs: Leaves, gs: Leaves, name: str | None, missing: str) -> Leaves:
    """Apply the transpose of half a rule: recorded on a tape, or, where it is foreign code, from its values.

    Args:
        linear: the half that is stated, from values like ``xs`` to values like ``gs``.
        xs: what the answer is like.
        gs: what the transpose is applied to.
        name: the function that the rule is for.
        missing: the other half, which a message asks for.
    """
    try:
        found = transposed_all(linear, xs, gs)
    except Exception as error:
        try:
            found = column_by_column(linear, xs, gs)
            forgiven(error)
        except Exception:
            raise RuleError(
                f"the {missing} of {name} is needed and not stated, and its other half can't be transposed "
                f"({type(error).__name__}: {error}); state it with hoad.chainrules.{missing}({name}), or "
                f"write the other half in NumPy functions"
            ) from error
    return [zero_of(x) if part is None else part for part, x in zip(found, xs, strict=True)]


def column_by_column(linear: Linear, xs: Leaves, gs: Leaves) -> Leaves:
    """The transpose of a linear function that takes plain numbers only, by one call for each direction."""
    if sum(size_of(x) for x in xs) > MOST_COLUMNS:
        raise RuleError("too many directions to take one by one")
    zeros = [zero_of(x) for x in xs]
    answer = []
    for n, x in enumerate(xs):
        units = [1.0, 1j] if is_complex(x) else [1.0]
        columns = []
        for k in range(size_of(x)):
            directions = [
                np.reshape(unit * (arange(size_of(x), like=x) == k), np.shape(x))[()] for unit in units
            ]
            outs = [linear([*zeros[:n], d, *zeros[n + 1 :]]) for d in directions]
            columns.append(sum(unit * inner(out, gs) for unit, out in zip(units, outs, strict=True)))
        answer.append(np.reshape(np.stack(columns), np.shape(x)))
    return answer


def inner(outs: Leaves, gs: Leaves) -> Any:
    """The real inner product of two lists of values."""
    pairs = [(o, g) for o, g in zip(outs, gs, strict=True) if not isinstance(o, NoTangent)]
    return sum(np.sum(np.real(np.conj(o) * g)) for o, g in pairs)


def probe(call: Call, linear: Linear, xs: Leaves, found: Leaves, gs: Leaves, what: str) -> None:
    """Refuse the transpose of what is not linear: for a random v, <v, found> must be <linear(v), gs>, without
    the derivatives of anything, for each member of a batch.
    """
    xs, found, gs = [[primal(v) for v in leaves] for leaves in (xs, found, gs)]
    rng = np.random.default_rng(0)
    vs = [PROBE * drawn(rng, x) for x in xs]
    if not all(map(has_numbers, gs)):  # maps from all inputs
        gs = [drawn(rng, g) for g in gs]
        found = [primal(v) for v in transpose(linear, xs, gs, call.rule.name, what)]
    outs = [
        zero_of(g) if isinstance(o, NoTangent) else primal(o) for o, g in zip(linear(vs), gs, strict=True)
    ]
    if not all(map(has_numbers, (*xs, *found, *gs, *outs))):
        return
    pairs = [*zip(vs, found, strict=True), *zip(outs, gs, strict=True)]
    products = [np.sum(np.real(np.conj(a) * b)) for a, b in pairs]
    difference = sum(products[: len(vs)]) - sum(products[len(vs) :])
    precision = max(np.finfo(precision_of(v)).eps for v in (*found, *outs, *gs))
    with np.errstate(invalid="ignore"):
        excess = everything(abs(difference) - np.sqrt(precision) * sum(map(abs, products)))
    if np.any(excess > 0):  # what is not finite is no less than its sizes
        raise RuleError(
            f"the {what} of {call.rule.name} is not linear, so its transpose is not its other half; state "
            f"both, with hoad.chainrules.frule and rrule"
        )


def drawn(rng: np.random.Generator, x: Any) -> Any:
    """Numbers at random in the shape of x, where that lies."""
    return asarray(rng.standard_normal(np.shape(x)), like=x)[()]


def has_numbers(x: Any) -> bool:
    """Tell whether a value is an array of numbers, or one for each member of a batch."""
    while isinstance(x, Batch):
        x = x.primal
    return not isinstance(x, Traced)


def precision_of(x: Any) -> Any:
    """The type of the numbers of an array, or of the members of a batch; half precision for integers."""
    return np.result_type(x.dtype if isinstance(x, Traced) else as_array(x).dtype, np.float16)


def active_leaves(leaves: Leaves, structure: Any) -> list[int]:
    """Which leaves of a value have tangents; integers in containers are left alone."""
    counted = [structure is not None and leaf.__class__ is int for leaf in leaves]
    return [k for k, leaf in enumerate(leaves) if is_perturbable(leaf) and not counted[k]]


def filled(leaves: Leaves, structure: Any, active: list[int], gs: Leaves) -> Any:
    """The cotangent of a value, from those of its leaves."""
    whole: Leaves = [NoTangent()] * len(leaves)
    for k, g in zip(active, gs, strict=True):
        whole[k] = g
    return unflatten(structure, whole)


# ------------------------------------------------------------------------------------------------------------
# Batches
# ------------------------------------------------------------------------------------------------------------


@reading.register
def each_member(top: Batch, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the function once for each member of a batch."""
    outs = []
    for k in members(top):
        member = with_changed(args, functools.partial(picked, k, top.level))
        outs.append(flatten(rule(*member, **kwargs)))
    return unflatten(outs[0][1], together([leaves for leaves, _ in outs], top))


# ------------------------------------------------------------------------------------------------------------
# Grids
# ------------------------------------------------------------------------------------------------------------


@reading.register
def over_a_grid(top: Gridded, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The rule for the values; what those depend on is what the code of the function says."""
    call = Call(rule, top.level, args, kwargs)
    leaves, structure = flatten(rule(*call.args, **kwargs))
    known = points_by_code(rule, top.level, args, kwargs, len(leaves))
    whole = all_of([merged(t.slot, None) for t in call.inputs])
    for k in active_leaves(leaves, structure):
        shape = np.shape(leaves[k])
        points = whole if known is None or np.shape(known[k]) != shape else known[k]
        leaves[k] = Gridded(top.level, fresh(leaves[k]), np.broadcast_to(points, shape))
    return unflatten(structure, leaves)


def points_by_code(rule: Custom, level: Level, args: Any, kwargs: Any, n: int) -> list[Any] | None:
    """The points that each of n leaves of the value of a function depends on; None where its code can't be
    followed, or hides that it depends on any.
    """
    without = lambda t: Gridded(level, primal(t.primal), t.slot) if t.level is level else primal(t)
    try:
        leaves, _ = flatten(declined(rule, with_changed(args, without), kwargs))
    except Exception as error:
        forgiven(error)
        return None
    found = [leaf.slot for leaf in leaves if leaf.__class__ is Gridded and leaf.level is level]
    return found if len(found) == n else None


# ------------------------------------------------------------------------------------------------------------
# Numbers of other kinds
# ------------------------------------------------------------------------------------------------------------


@reading.register
def by_field(top: Number, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """No derivative is taken: a ufunc is what the field has under its name, other code runs as it stands."""
    is_ufunc = isinstance(rule.function, np.ufunc)
    return top.process(rule, args, kwargs) if is_ufunc else declined(rule, args, kwargs)
