"""One call of a function with a custom rule, seen from one level: what goes into the rule, what comes out."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from ..arrays.mutation import own
from ..chainrules.custom import Custom, accepted, parameters_of
from ..dual import has_nan
from ..errors import HoadError, RuleError, ShapeMismatchError, describe
from ..kinds.batch import Batch
from ..nested import Level, Traced, forgiven, innermost, refused
from ..operators import products
from ..tangents.fit import broadcasts, zero_of
from ..tangents.projection import as_tangent, is_perturbable, project
from ..tangents.types import CapturedTangent, NoTangent, is_zero
from ..values.captures import traced_in, with_changed
from ..values.constants import is_array, zeros
from ..values.functions import FUNCTIONS
from ..values.shapes import shape_of
from ..values.trees import flatten, map_leaves, unflatten

Leaves = list[Any]


class Call:
    """The arguments of a call without one level, and what of them was at that level (the ``inputs``).

    Args:
        rule: the rule.
        level: the level.
        args: the arguments, with values of that level in them.
        kwargs: the options, with none.
        without: from a value of that level to what the rule is given in its place.
    """

    def __init__(
        self,
        rule: Custom,
        level: Level,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        without: Callable[[Traced], Any] = attrgetter("primal"),
    ) -> None:
        self.rule, self.level, self.kwargs, self.without = rule, level, kwargs, without
        self.inputs: list[Traced] = []
        self.places: list[
            tuple[int, int | None]
        ] = []  # argument and leaf; no leaf for what a function captured
        self.functions: list[tuple[Any, Any]] = []  # with and without this level
        self.args = tuple([self._argument(i, a) for i, a in enumerate(args)])
        self.tangents: Leaves = []  # of the inputs, where they are known
        self.shapes: set[tuple[int, ...]] = set()  # of the value

    def _argument(self, i: int, argument: Any) -> Any:
        leaves, structure = flatten(argument)
        return unflatten(structure, [self._leaf(i, k, leaf) for k, leaf in enumerate(leaves)])

    def _leaf(self, i: int, k: int, leaf: Any) -> Any:
        if isinstance(leaf, Traced):
            return self._enter(leaf, i, k)
        if not isinstance(leaf, FUNCTIONS):
            return leaf
        known: dict[int, Any] = {}
        changed = with_changed(leaf, lambda t: self._enter(t, i, None), known)
        self.functions += [(leaf, changed)] if changed is not leaf else []
        return changed

    def _enter(self, t: Traced, i: int, k: int | None) -> Any:
        if t.level is not self.level:
            return t
        self.inputs.append(t)
        self.places.append((i, k))
        return self.without(t)

    @property
    def needs(self) -> tuple[bool, ...]:
        """For each positional argument, whether it is differentiated at this level."""
        active = {i for i, _ in self.places}
        return tuple([i in active for i in range(len(self.args))])

    def extras(self, rule: Any) -> dict[str, Any]:
        """The keyword-only parameters of a rule that are hoad's to fill in."""
        given = {"needs": self.needs, "jvp": self.jvp, "vjp": self.vjp, "convert": self.convert}
        return accepted(rule, self.rule.function, given)

    # -- Calling back ----------------------------------------------------------------------------------------

    def captured(self) -> list[int]:
        """Which inputs were captured by functions."""
        return [n for n, (_, k) in enumerate(self.places) if k is None]

    def convert(self, g: Any) -> tuple[Callable[..., Any], Leaves, Callable[[Leaves], CapturedTangent]]:
        """Closure conversion: ``g`` as a function of what it captured at this level as well, that itself, and
        a way to give its cotangents back.
        """
        chosen = self.captured()
        position = {id(self.inputs[n]): m for m, n in enumerate(chosen)}

        def closed(values: Leaves, *xs: Any) -> Any:
            change = lambda t: values[position[id(t)]] if id(t) in position else t
            known = {id(new): with_changed(old, change) for old, new in self.functions}
            return with_changed(g, lambda t: t, known)(*xs)

        tangent = lambda parts: CapturedTangent(dict(zip(chosen, parts, strict=True)))
        return closed, [self.without(self.inputs[n]) for n in chosen], tangent

    def vjp(self, g: Any, *xs: Any) -> tuple[Any, Callable[[Any], Any]]:
        """The value of ``g`` and its pullback, to the cotangents of ``g`` and of each argument."""
        closed, values, tangent = self.convert(g)
        y, back = products.vjp(closed, values, *xs)

        def pullback(ybar: Any) -> tuple[Any, ...]:
            parts, *rest = back(ybar)
            return (tangent(parts), *rest)

        return y, pullback

    def jvp(self, g: Any, primals: Any, tangents: Any) -> tuple[Any, Any]:
        """The value of ``g`` and its tangent, that of what it captured included."""
        closed, values, _ = self.convert(g)
        changes = [self.tangents[n] for n in self.captured()]
        known = [zero_of(x) if is_zero(d) else d for x, d in zip(primals, tangents, strict=True)]
        pushed: tuple[Any, Any] = products.jvp(closed, (values, *primals), (changes, *known))
        return pushed

    # -- The rule, run ---------------------------------------------------------------------------------------

    def forward(self, tangents: Leaves) -> Any:
        """The frule: the value, and the leaves of its tangent; NotImplemented if it declines."""
        frule = self.rule.frule
        if frule is None:
            return NotImplemented
        self.tangents = [fresh(t) for t in tangents]
        given = [self._tangent(i, a) for i, a in enumerate(self.args)]
        pair = frule((NoTangent(), *given), *self.args, **self.kwargs, **self.extras(frule))
        if pair is NotImplemented:
            return NotImplemented
        y, dy = self._pair(pair, "frule", "(value, tangent)")
        try:
            return map_leaves(fresh, y), [fresh(d) for d in flatten(as_tangent(y, dy))[0]]
        except (RuleError, ShapeMismatchError) as error:
            raise type(error)(f"the frule of {self.rule.name}: {error}") from None

    def member(self, k: int, level: Level) -> Call:
        """The same call for one member of a batch among its arguments."""
        pick = functools.partial(picked, k, level)
        known: dict[int, Any] = {}
        one = copy.copy(self)
        one.args = with_changed(self.args, pick, known)
        one.functions = [(old, known.get(id(new), new)) for old, new in self.functions]
        one.without = lambda t: with_changed(self.without(t), pick)
        return one

    def _tangent(self, i: int, argument: Any) -> Any:
        given = {k: self.tangents[n] for n, (j, k) in enumerate(self.places) if j == i}
        parts = {n: self.tangents[n] for n, (j, k) in enumerate(self.places) if j == i and k is None}
        leaves, structure = flatten(argument)
        whole: Leaves = []
        for k, leaf in enumerate(leaves):
            captured = CapturedTangent(parts) if parts and callable(leaf) else NoTangent()
            whole.append(given[k] if k in given else zero_of(leaf) if is_perturbable(leaf) else captured)
        return unflatten(structure, whole)

    def reverse(self) -> Any:
        """The rrule: the value, and a pullback to cotangents of the inputs; NotImplemented if it declines."""
        rrule = self.rule.rrule
        if rrule is None:
            return NotImplemented
        pair = rrule(*self.args, **self.kwargs, **self.extras(rrule))
        if pair is NotImplemented:
            return NotImplemented
        y, pullback = self._pair(pair, "rrule", "(value, pullback)")
        if not callable(pullback):
            raise RuleError(
                f"the rrule of {self.rule.name} must return (value, pullback), not {describe(pullback)}"
            )
        self.shapes = {shape_of(leaf) for leaf in flatten(y)[0] if is_perturbable(leaf)}
        back = lambda ybar: [fresh(g) for g in self._cotangents(pullback(map_leaves(fresh, ybar)))]
        return map_leaves(fresh, y), back

    def _pair(self, pair: Any, half: str, wanted: str) -> tuple[Any, Any]:
        name = self.rule.name
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise RuleError(f"the {half} of {name} must return {wanted}, and it returned {describe(pair)}")
        if any([t.level is self.level for t in traced_in(pair[0])]):
            raise RuleError(
                f"the {half} of {name} uses a value that is being differentiated and is not among its "
                f"arguments; make it an argument of {name}, or a constant: hoad.stop_gradient"
            )
        y = pair[0]
        return (y * 1.0 if isinstance(y, (bool, int, np.bool_, np.integer)) else y), pair[1]

    def _cotangents(self, parts: Any) -> Leaves:
        parts = self._checked(parts)
        fitted = {i: self._fitted(i, parts[i + 1]) for i, needed in enumerate(self.needs) if needed}
        collected = sum([p for p in parts if isinstance(p, CapturedTangent)], CapturedTangent({})).parts
        self._check_captured(parts)
        return [
            fitted[i][k] if k is not None else self._captured_part(n, collected)
            for n, (i, k) in enumerate(self.places)
        ]

    def _captured_part(self, n: int, collected: dict[int, Any]) -> Any:
        return project(self.without(self.inputs[n]), collected.get(n))

    def _check_captured(self, parts: Any) -> None:
        for i, k in self.places:
            if k is None and type(parts[i + 1]) is NoTangent:
                raise RuleError(
                    f"{self.what(i)} is a function that captured values which are being differentiated, and "
                    f"the rrule gives it NoTangent(); give it the first cotangent of vjp(g, ...), or "
                    f"ZeroTangent()"
                )

    def _checked(self, parts: Any) -> Any:
        n = len(self.args)
        wanted = f"a tuple of NoTangent(), for the function itself, and {n} cotangents, one for each argument"
        if not isinstance(parts, (tuple, list)):
            raise RuleError(
                f"the pullback of {self.rule.name} returned {describe(parts)}; it must return {wanted}"
            )
        if n + 1 != len(parts) and not n + 1 < len(parts) <= self._most() + 1:
            hint = "; is the one of the function itself missing?" if len(parts) == n else ""
            raise RuleError(
                f"the pullback of {self.rule.name} returned {len(parts)} cotangents; it must return "
                f"{wanted}{hint}"
            )
        return parts

    def _most(self) -> int:
        kinds = [p.kind for p in parameters_of(self.rule.function)]
        return sum(
            k in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for k in kinds
        )

    def _fitted(self, i: int, part: Any) -> Leaves:
        if isinstance(part, CapturedTangent):
            part = None
        self._check_summed(i, part)
        try:
            return flatten(project(self.args[i], part))[0]
        except (RuleError, ShapeMismatchError) as error:
            raise type(error)(f"{self.what(i)}, as the rrule gives it: {error}") from None

    def _check_summed(self, i: int, part: Any) -> None:
        """Only what has the shape of the value is summed to that of an argument, which was broadcast."""
        x = self.args[i]
        if part is None or not (is_perturbable(x) and is_perturbable(part)):
            return
        have, wanted = shape_of(part), shape_of(x)
        if have not in (wanted, *self.shapes) and broadcasts(wanted, have):
            raise ShapeMismatchError(
                f"{self.what(i)}, as the rrule gives it, has shape {have}, and the argument {wanted}; return "
                f"one of that shape, by np.sum over the further axes (what has the shape of the value is "
                f"summed for you)"
            )

    def what(self, i: int) -> str:
        """How messages call the cotangent of an argument."""
        names = [p.name for p in parameters_of(self.rule.function)]
        name = f" ({names[i]})" if i < len(names) else ""
        return f"the cotangent of argument {i}{name} of {self.rule.name}"


def fresh(x: Any) -> Any:
    """A value that shares no memory with ``x``: the user's code may write into what it is given, and give its
    results in an array that it fills anew with the next call.
    """
    return own(x) if (is_array(x) or isinstance(x, Traced)) and x.shape else x


# ------------------------------------------------------------------------------------------------------------
# Code that takes no batches
# ------------------------------------------------------------------------------------------------------------

REFUSALS = (HoadError, TypeError, ValueError, AttributeError)  # how foreign code says that it takes no batch


def pushed(call: Call, tangents: Leaves) -> Any:
    """The frule's value and the leaves of its tangent; of one member at a time if it can't take batches."""
    try:
        return call.forward(tangents)
    except REFUSALS as error:
        top = one_to_split(error, call.args, tangents)
    level = top.level
    pairs = [pushed(call.member(k, level), [picked(k, level, t) for t in tangents]) for k in members(top)]
    if NotImplemented in pairs:
        return NotImplemented
    ys = [flatten(y) for y, _ in pairs]
    value = unflatten(ys[0][1], together([leaves for leaves, _ in ys], top))
    return value, together([changes for _, changes in pairs], top)


def pulled(call: Call) -> Any:
    """The rrule's value and pullback; of one member at a time if it can't take batches."""
    try:
        return call.reverse()
    except REFUSALS as error:
        top = one_to_split(error, call.args)
    pairs = [pulled(call.member(k, top.level)) for k in members(top)]
    if NotImplemented in pairs:
        return NotImplemented
    ys = [flatten(y) for y, _ in pairs]
    structure = ys[0][1]

    def pullback(ybar: Any) -> Leaves:
        parts = [with_changed(ybar, functools.partial(picked, k, top.level)) for k in members(top)]
        return together([back(part) for (_, back), part in zip(pairs, parts, strict=True)], top)

    return unflatten(structure, together([leaves for leaves, _ in ys], top)), pullback


def through_batches(function: Callable[[Leaves], Leaves], values: Leaves) -> Leaves:
    """Run a pullback on cotangents that may be batches; one member at a time if it can't take those."""
    try:
        return function(values)
    except REFUSALS as error:
        top = one_to_split(error, values)
    rows = [[picked(k, top.level, v) for v in values] for k in members(top)]
    return together([through_batches(function, row) for row in rows], top)


def batch_among(*trees: Any) -> Any:
    """The innermost batch in arguments or tangents; None if there is none."""
    return innermost([t for tree in trees for t in traced_in(tree) if isinstance(t, Batch)])


def one_to_split(error: Exception, *trees: Any) -> Batch:
    """The innermost batch, after whose members a rule is asked one by one that has raised an error.

    Raises:
        Exception: the error itself, if there is no batch.
    """
    top: Batch | None = batch_among(*trees)
    if top is None:
        raise refused(error, *traced_in(trees)) if isinstance(error, HoadError) else error
    forgiven(error)
    return top


def members(top: Batch) -> range:
    """The members of a batch; of none, one of zeros stands in, from which the shape of a value is known."""
    return range(max(len(top.primal), 1))


def picked(k: int, level: Level, t: Any) -> Any:
    """Member ``k`` of a batch of a level; anything else as it is."""
    if t.__class__ is not Batch or t.level is not level:
        return t
    return t.primal[k] if len(t.primal) else zeros(t.shape, t.dtype, like=t)[()]


def together(rows: list[Leaves], top: Batch) -> Leaves:
    """The leaves of all members as batches."""
    return [
        Batch(top.level, np.stack(column)[: len(top.primal)]) if is_perturbable(column[0]) else column[0]
        for column in zip(*rows, strict=True)
    ]


def strong(pullback: Callable[[Leaves], Leaves], gs: Leaves, inputs: Leaves) -> Leaves:
    """Cotangents by a pullback; zeros where all of its own are zero, even if it says nan."""
    with np.errstate(all="ignore"):
        parts = through_batches(pullback, gs)
    if any([has_nan(p) for p in parts if not isinstance(p, NoTangent)]) and not any([np.any(g) for g in gs]):
        return [zero_of(x) for x in inputs]
    return parts
