"""Enzyme's calling form: functions that change their arguments, with a shadow beside each.

The function is read as a map from what its arguments hold before the call to what they hold after it, and to
what it returns. Forward mode pushes the shadows through that map; reverse mode pulls them back through it. So
an argument that is only read keeps its shadow, to which the rest is added; one that is overwritten has the
shadow consumed, since nothing of what it held before is left.

Source: W. Moses and V. Churavy, Instead of rewriting foreign code for machine learning, automatically
synthesize fast gradients, NeurIPS 2020; the documentation of Enzyme.jl.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .adapting.known import bound_for
from .errors import ArgumentError, NonScalarOutputError, ShapeMismatchError, describe
from .nested import Traced, primal
from .operators.products import jvp, vjp
from .running.calling import check_function
from .running.results import zero_like
from .running.tracebacks import folding
from .tangents.fit import unit_seed
from .values.constants import is_array, is_elsewhere, is_locked, library
from .values.containers import is_container, is_differentiable
from .values.shapes import shape_of
from .values.trees import flatten, is_one_number, map_leaves

# ------------------------------------------------------------------------------------------------------------
# Modes and activities
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mode:
    """How ``autodiff`` goes through a function."""

    name: str
    forward: bool
    with_primal: bool = False

    def __repr__(self) -> str:
        return self.name


Forward = Mode("Forward", True)
ForwardWithPrimal = Mode("ForwardWithPrimal", True, True)
Reverse = Mode("Reverse", False)
ReverseWithPrimal = Mode("ReverseWithPrimal", False, True)
ReverseSplitNoPrimal = Mode("ReverseSplitNoPrimal", False)
ReverseSplitWithPrimal = Mode("ReverseSplitWithPrimal", False, True)


class Annotation:
    """An argument with what is known of its activity."""

    shadows: tuple[Any, ...] = ()

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class Const(Annotation):
    """An argument, or a returned value, that is not differentiated."""


class Active(Annotation):
    """A number, whose derivative is returned (reverse mode)."""


class Duplicated(Annotation):
    """A value with its shadow: its tangent (forward mode), or what its cotangent is added to (reverse mode).

    Args:
        value: an array, or a container of arrays.
        shadow: the same in structure and shapes; it is written into.
    """

    def __init__(self, value: Any, shadow: Any) -> None:
        super().__init__(value)
        self.shadows = (shadow,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r}, {self.shadows[0]!r})"


class DuplicatedNoNeed(Duplicated):
    """The same, where what the function leaves in the value is not needed; the value stays as it was."""


class BatchDuplicated(Annotation):
    """A value with several shadows, for as many directions at once.

    Args:
        value: an array, or a container of arrays.
        shadows: a tuple of shadows, each the same in structure and shapes.
    """

    def __init__(self, value: Any, shadows: Sequence[Any]) -> None:
        super().__init__(value)
        self.shadows = tuple(shadows)


def make_zero(x: Any) -> Any:
    """A shadow of zeros for a value: the same structure, with zeros for its numbers.

    Args:
        x: a number, an array or a container.

    Returns:
        A new value; what is no number in a container stays.

    Example:
        >>> make_zero({"w": np.ones(2), "name": "layer"})
        {'w': array([0., 0.]), 'name': 'layer'}
    """
    return map_leaves(lambda leaf: zero_like(leaf) if is_differentiable(leaf) else leaf, x)


# ------------------------------------------------------------------------------------------------------------
# Checks, before anything is changed
# ------------------------------------------------------------------------------------------------------------


def check(args: tuple[Any, ...], mode: Mode) -> int:
    """Refuse what does not fit, and give the number of directions."""
    widths = set()
    seen: list[tuple[str, Any]] = []
    for k, a in enumerate(args):
        name = f"argument {k}"
        if not isinstance(a, Annotation):
            raise ArgumentError(
                f"{name} is {describe(a)}; autodiff wants each argument as Const(x), Active(x), "
                f"Duplicated(x, shadow) or BatchDuplicated(x, shadows)"
            )
        if isinstance(a, Active):
            check_active(a.value, name, mode)
        for shadow in a.shadows:
            check_shadow(a.value, shadow, name)
        if a.shadows:
            widths.add(len(a.shadows))
        seen += [(name, leaf) for leaf in arrays_of(a.value)] if a.shadows else []
        seen += [(f"the shadow of {name}", leaf) for s in a.shadows for leaf in arrays_of(s)]
    check_memory(seen)
    if len(widths) > 1:
        raise ArgumentError(f"the arguments have {sorted(widths)} shadows each; all must have as many")
    return widths.pop() if widths else 1


def check_active(x: Any, name: str, mode: Mode) -> None:
    """Refuse Active where there is no number, or no way back."""
    if mode.forward:
        raise ArgumentError(f"{name} is Active, which forward mode has not: Duplicated(x, tangent)")
    if not is_one_number(x):
        raise ArgumentError(
            f"{name} is Active({describe(x)}): only a number is active by value; an array has a shadow, "
            f"Duplicated(x, np.zeros_like(x))"
        )


def check_shadow(value: Any, shadow: Any, name: str) -> None:
    """Refuse a shadow of another structure, shape or kind."""
    (values, structure), (shadows, own) = flatten(value), flatten(shadow)
    if str(structure) != str(own):
        raise ShapeMismatchError(f"the shadow of {name} has not its structure: make_zero(x) makes one")
    for v, s in zip(values, shadows, strict=True):
        if not is_differentiable(v):
            continue
        if shape_of(v) != shape_of(s):
            raise ShapeMismatchError(
                f"the shadow of {name} has shape {shape_of(s)}, and the value {shape_of(v)}: "
                f"np.zeros_like(x) fits"
            )
        if np.result_type(primal(s)).kind not in "fcO" or (
            np.iscomplexobj(primal(s)) and not np.iscomplexobj(primal(v))
        ):
            raise ShapeMismatchError(
                f"the shadow of {name} has dtype {np.result_type(primal(s))}, which can't hold a derivative "
                f"of {np.result_type(primal(v))}"
            )
        if is_locked(s):
            raise ArgumentError(f"the shadow of {name} is read-only, and is to be written into")


def arrays_of(x: Any) -> list[Any]:
    """The arrays in a value."""
    return [leaf for leaf in flatten(x)[0] if is_written_into(leaf)]


def check_memory(seen: list[tuple[str, Any]]) -> None:
    """Refuse shadows that share memory with their values or with each other."""
    for k, (name, a) in enumerate(seen):
        for other, b in seen[:k]:
            shares = a is b or overlap(a, b)
            if shares and ("shadow" in name or "shadow" in other):
                raise ArgumentError(f"{name} shares memory with {other}: use a copy")


def overlap(a: Any, b: Any) -> bool:
    """Tell whether two arrays have elements in common."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return bool(np.shares_memory(a, b))
    return bool(is_elsewhere(a) and a.__class__ is b.__class__ and library(a).shares(a, b))


# ------------------------------------------------------------------------------------------------------------
# The function as a map of what its arguments hold
# ------------------------------------------------------------------------------------------------------------


class StateMap:
    """A call: the values that are differentiated, and the map from them to what is left, and returned."""

    def __init__(self, f: Callable[..., Any], args: tuple[Annotation, ...], returns: Any) -> None:
        self.f = f
        self.args = args
        self.returns = returns
        self.places = [k for k, a in enumerate(args) if not isinstance(a, Const)]
        self.values = tuple([args[k].value for k in self.places])

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        full = [a.value for a in self.args]
        for k, v in zip(self.places, values, strict=True):
            full[k] = v
        with bound_for(self.f, full):
            y = self.f(*full)
        left = [v for k, v in zip(self.places, values, strict=True) if self.args[k].shadows]
        return (None if self.returns is Const else y, *left)

    def shadowed(self) -> list[Annotation]:
        """The arguments that have shadows."""
        return [a for a in self.args if a.shadows]

    def store(self, left: tuple[Any, ...]) -> None:
        """Let the caller's arguments hold what the function left in them."""
        wanted = [
            (a, v) for a, v in zip(self.shadowed(), left, strict=True) if type(a) is not DuplicatedNoNeed
        ]
        for a, v in wanted:
            for old, new in zip(flatten(a.value)[0], flatten(v)[0], strict=True):
                if is_locked(old) and differs(old, new):
                    raise ValueError("assignment destination is read-only")
        for a, v in wanted:
            assign(a.value, v)


def differs(old: Any, new: Any) -> bool:
    """Tell whether a function has changed an array."""
    return not np.array_equal(old, primal(new), equal_nan=old.dtype.kind in "fc")


def assign(target: Any, new: Any) -> None:
    """Write a value into one of the same structure, array by array, entry by entry."""
    if is_written_into(target):
        if not is_locked(target):
            target[...] = new
        return
    if not is_container(target):
        return
    if isinstance(target, (list, dict)):
        keys: Any = target if isinstance(target, dict) else range(len(target))
        for key in keys:
            if is_container(target[key]) or is_written_into(target[key]):
                assign(target[key], new[key])
            else:
                target[key] = new[key]
        return
    if isinstance(target, tuple):
        for part, other in zip(target, new, strict=True):
            assign(part, other)
        return
    for key, part in vars(target).items():
        other = getattr(new, key)
        if is_container(part) or is_written_into(part):
            assign(part, other)
        elif is_differentiable(part):
            setattr(target, key, other)


def is_written_into(x: Any) -> bool:
    """Tell whether an entry is an array, which is written into and not replaced."""
    return (isinstance(x, Traced) or is_array(x)) and bool(shape_of(x))


# ------------------------------------------------------------------------------------------------------------
# Forward and reverse
# ------------------------------------------------------------------------------------------------------------


@folding
def autodiff(mode: Any, *rest: Any) -> tuple[Any, ...]:
    """Differentiate a function that may change its arguments, in Enzyme's calling form.

    Args:
        mode: ``Forward``, ``ForwardWithPrimal``, ``Reverse`` or ``ReverseWithPrimal``; without one,
            ``Reverse``.
        rest: the function; then, if wanted, the class ``Const``, ``Active`` or ``Duplicated`` for what it
            returns (by default what it returns is differentiated if it is a number); then its arguments, each
            as ``Const(x)``, ``Active(x)``, ``Duplicated(x, shadow)``, ``DuplicatedNoNeed(x, shadow)`` or
            ``BatchDuplicated(x, shadows)``.

    Returns:
        Forward: ``(tangent,)`` of the returned value, with several shadows a tuple of tangents; with primal
        ``(tangent, value)``. Reverse: ``(derivatives,)``, one entry for each argument, None for those that
        are not Active; with primal ``(derivatives, value)``. Shadows are changed in place: a tangent becomes
        that of what the function left in the argument; in reverse mode cotangents are *added* to the shadows
        of what is read, and the shadow of what is overwritten is consumed. So zero them before the next call.

    Raises:
        ArgumentError: an argument without annotation, Active on an array, a shadow that shares memory.
        ShapeMismatchError: a shadow that does not fit its value.

    Example:
        >>> import numpy as np, hoad
        >>> from hoad.enzyme import Active, Const, Duplicated, Reverse, autodiff
        >>> autodiff(Reverse, lambda x, y: (1 - x)**2 + 100 * (y - x**2)**2, Active, Active(1.0), Active(2.0))
        ((-400.0, 200.0),)
        >>> def f_(s, a, b):
        ...     s[:] = a * b
        >>> a, b, s = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.zeros(2)
        >>> da, db, ds = np.zeros(2), np.zeros(2), np.ones(2)
        >>> autodiff(Reverse, f_, Const, Duplicated(s, ds), Duplicated(a, da), Duplicated(b, db))
        ((None, None, None),)
        >>> s, da, db, ds
        (array([3., 8.]), array([3., 4.]), array([1., 2.]), array([0., 0.]))
    """
    if not isinstance(mode, Mode):
        mode, rest = Reverse, (mode, *rest)
    f, returns, args = parsed(rest)
    width = check(args, mode)
    call = StateMap(f, args, returns)
    if mode.forward:
        return pushed(call, mode, width)
    forward = Split(call, mode, width)
    derivatives = forward.back(None)
    call.store(forward.left)
    return (derivatives, forward.value) if mode.with_primal else (derivatives,)


def parsed(rest: tuple[Any, ...]) -> tuple[Any, Any, tuple[Any, ...]]:
    """The function, the activity of what it returns, and the arguments."""
    f, *args = rest
    check_function(f, "enzyme.autodiff")
    returns = None
    if args and isinstance(args[0], type) and issubclass(args[0], Annotation):
        returns, *args = args
    return f, returns, tuple(args)


def pushed(call: StateMap, mode: Mode, width: int) -> tuple[Any, ...]:
    """Forward mode, for each direction."""
    found: list[Any] = []
    outs: Any = None
    moved = []
    for k in range(width):
        tangents = tuple([call.args[p].shadows[k] for p in call.places])
        if call.values:
            outs, changes = jvp(call, call.values, tangents)
        else:
            outs = call()
            changes = tuple([make_zero(y) for y in outs])
        found.append(changes[0])
        moved.append(changes[1:])
    value, left = outs[0], outs[1:]
    call.store(left)
    for k, changes in enumerate(moved):
        for a, change in zip(call.shadowed(), changes, strict=True):
            assign(a.shadows[k], change)
    tangent = found[0] if width == 1 else tuple(found)
    return (tangent, value) if mode.with_primal else (tangent,)


class Split:
    """The forward pass of reverse mode: what was returned and left, and the way back."""

    def __init__(self, call: StateMap, mode: Mode, width: int) -> None:
        self.call, self.width = call, width
        outs: Any
        self.pullback: Callable[..., Any]
        outs, self.pullback = vjp(call, *call.values) if call.values else (call(), lambda seed: ())
        self.value, self.left = outs[0], outs[1:]
        if call.returns is not Const and self.value is not None and not is_one_number(self.value):
            raise NonScalarOutputError(
                f"reverse mode wants a function that returns one number or None, and this one returned "
                f"{describe(self.value)}; Const after the function says that it is not differentiated"
            )

    def back(self, seed: Any) -> tuple[Any, ...]:
        """Pull the shadows back, change them, and give the derivatives of what is Active."""
        call = self.call
        unit = (
            0.0
            if call.returns is Const or self.value is None
            else unit_seed(self.value)
            if seed is None
            else seed
        )
        active: list[Any] = []
        for k in range(self.width):
            shadows = [a.shadows[k] for a in call.shadowed()]
            first = make_zero(self.value) if self.value is None or call.returns is Const else unit
            found = self.pullback((first, *shadows)) if call.values else ()
            active.append(
                tuple([g for p, g in zip(call.places, found, strict=True) if not call.args[p].shadows])
            )
            for p, g in zip(call.places, found, strict=True):
                if call.args[p].shadows:
                    assign(call.args[p].shadows[k], g)
        return self.by_argument(active)

    def by_argument(self, active: list[Any]) -> tuple[Any, ...]:
        """The derivatives of what is Active, with None for the other arguments."""
        result: list[Any] = []
        place = 0
        for a in self.call.args:
            if isinstance(a, Active):
                each = [row[place] for row in active]
                result.append(each[0] if self.width == 1 else tuple(each))
                place += 1
            else:
                result.append(None)
        return tuple(result)


def autodiff_thunk(mode: Mode, *rest: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Split reverse mode into its two passes.

    Args:
        mode: ``ReverseSplitNoPrimal`` or ``ReverseSplitWithPrimal``.
        rest: the function, and if wanted the class for what it returns.

    Returns:
        ``forward``, which takes the annotated arguments, runs the function and gives ``(tape, value)`` (the
        value is None without primal); and ``reverse``, which takes the same arguments, if wanted a cotangent
        of the returned value, and the tape (used once), changes the shadows and gives the derivatives of what
        is Active.

    Example:
        >>> forward, reverse = autodiff_thunk(ReverseSplitWithPrimal, lambda x: x * x, Active)
        >>> tape, value = forward(Active(3.0))
        >>> value, reverse(Active(3.0), 10.0, tape)
        (9.0, ((60.0,),))
    """
    f, returns, _ = parsed(rest)

    @folding
    def forward(*args: Any) -> tuple[Any, Any]:
        width = check(args, mode)
        call = StateMap(f, args, returns)
        split = Split(call, mode, width)
        call.store(split.left)
        return split, split.value if mode.with_primal else None

    @folding
    def reverse(*args: Any) -> tuple[Any, ...]:
        *annotated, tape = args
        seed = None
        if annotated and not isinstance(annotated[-1], Annotation):
            *annotated, seed = annotated
        if not isinstance(tape, Split) or tape.call is None:
            raise ArgumentError("the last argument must be the tape of the forward pass, which is used once")
        check(tuple(annotated), mode)
        tape.call.args = tuple(annotated)
        derivatives = tape.back(seed)
        tape.call = None  # type: ignore[assignment]
        return (derivatives,)

    return forward, reverse
