"""Operators and methods of traced values that are NumPy functions by another name."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..chainrules import RULES
from ..chainrules.numpy.shaping import check_casting
from ..chainrules.statements import is_asked_by_the_program
from ..guests import SIGNS
from ..nested import CATCHES, DOUBTS, EQUAL, Traced, ask, bare, everything, glance, pack, primal, settle
from ..operands import without_tables
from ..places import is_of_a_rule
from ..values.arithmetic import UNANSWERED, answered
from ..values.constants import full
from .hashing import HASHED, are_one_key
from .mutation import overwrite
from .tables import check_meaning
from .writing import takes_as_they_are, with_out

BITWISE = ("and", "or", "xor", "lshift", "rshift")
LOGICAL = {name: SIGNS[name] for name in BITWISE}
BINARY = {name: function for name, function in SIGNS.items() if name not in LOGICAL}
UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}
COMPARE = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}
BY_NAME = (np.arctan2, np.hypot, np.fmod)  # np.hypot of arrays of objects calls x.hypot(y)
METHODS: dict[str, Any] = {
    name: getattr(np, name)
    for name in [
        "sum",
        "prod",
        "mean",
        "var",
        "std",
        "max",
        "min",
        "ptp",
        "cumsum",
        "cumprod",
        "dot",
        "trace",
        "diagonal",
        "ravel",
        "squeeze",
        "swapaxes",
        "take",
        "repeat",
        "round",
        "argmax",
        "argmin",
        "argsort",
        "argpartition",
        "choose",
        "searchsorted",
        "nonzero",
        "any",
        "all",
    ]
}


def operands(other: Any) -> bool:
    """Tell whether an operator of ours takes ``other``; strings, lists of strings and the like are Python's
    to refuse.
    """
    return not isinstance(other, (str, bytes, dict, set, type(None)))


def refuse_as_python(compute: Callable[..., Any], *given: Any) -> None:
    """Raise what Python's numbers raise (``1.0 // 0.0``), where the program may catch that."""
    if not CATCHES.get():
        return
    numbers = [everything(x) for x in given]
    if {*[type(bare(x)) for x in numbers]} <= {float, int}:
        try:
            compute(*numbers)
        except ArithmeticError:
            if is_asked_by_the_program():
                raise


def _binary(name: str, ufunc: Any) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    compute = getattr(operator, f"__{name}__")

    def direct(self: Any, other: Any) -> Any:
        if isinstance(other, Traced):
            refuse_as_python(compute, self, other)
            return RULES[ufunc](self, other)
        if not operands(other):
            return NotImplemented
        answer = answered(ufunc, (self, other))
        if answer is not UNANSWERED:
            return answer
        refuse_as_python(compute, self, other)
        return RULES[ufunc](self, pack(as_operand(other)))

    def reflected(self: Any, other: Any) -> Any:
        if not operands(other):
            return NotImplemented
        answer = answered(ufunc, (other, self))
        if answer is not UNANSWERED:
            return answer
        refuse_as_python(compute, other, self)
        return RULES[ufunc](pack(as_operand(other)), self)

    def in_place(self: Any, other: Any) -> Any:
        if not self.ndim and not hasattr(self, "source"):
            return NotImplemented
        result = RULES[ufunc](self, pack(as_operand(other)))
        is_like = are_alike(result, self)
        if not is_like:
            check_output(result, self)
        if is_like or result.dtype == self.dtype:
            overwrite(self, result)
        else:
            self[...] = result
        return self

    return direct, reflected, in_place


def are_alike(result: Any, target: Any) -> bool:
    """Tell whether two values of one level hold arrays of NumPy's of the same shape and type."""
    if result.__class__ is not target.__class__ or result.level is not target.level:
        return False
    new, old = result.primal, target.primal
    return bool(
        new.__class__ is old.__class__ is np.ndarray and new.shape == old.shape and new.dtype is old.dtype
    )


def check_output(result: Any, target: Any) -> None:
    """Refuse to write into an array what is larger than it, or of another kind, as NumPy does."""
    check_casting(result.dtype, target.dtype, "same_kind")
    if result.shape != target.shape:
        raise ValueError(
            f"non-broadcastable output operand with shape {target.shape} doesn't match the broadcast shape "
            f"{result.shape}"
        )


def _comparison(compare: Any) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        if not operands(other):
            return of_each(self, EACH.get(compare))
        return compare(primal(self), primal(pack(other)))

    def equal(self: Any, other: Any) -> Any:
        return ask_if_equal(method(self, other), wanted, (self, other))

    def same(self: Any, other: Any) -> Any:
        answer = method(self, other)
        if HASHED and is_one(answer):
            one = are_one_key(self, other, sys._getframe(1))
            if one is not None:
                return one and found(self, other)
        return ask_if_equal(answer, True, (self, other))

    def within(self: Any, other: Any) -> Any:
        if not operands(other):
            return NotImplemented
        answer = compare(primal(self), primal(pack(other)))
        if other.__class__ is float and 0.0 < other < SMALL and not np.any(glance(self)):
            return ask_if_equal(answer, compare in BELOW, (self, other))
        return answer

    wanted = compare is operator.eq
    if compare in BELOW or compare in (operator.gt, operator.ge):
        return within
    return same if wanted else equal if compare is operator.ne else method


def ask_if_equal(answer: Any, wanted: bool, values: tuple[Any, ...]) -> Any:
    """Note that a traced value was found equal to a plain one, all of it, as a cache asks of its point;
    ``wanted`` is what a comparison says of equal elements.

    Returns:
        The answer, or the opposite where it is doubted (``running/kept.py``).
    """
    kind = answer.__class__
    if kind is np.ndarray:
        is_same = answer.size > 0 and bool(np.all(answer) if wanted else not np.any(answer))
    else:
        is_same = (kind is bool or kind is np.bool_) and bool(answer) is wanted
    if is_same:
        at_work = [x for x in values if isinstance(x, Traced) and x.level.alive]
        if len(at_work) == 1 and not is_of_a_rule():
            ask(at_work[0], EQUAL, met=any([may_be_kept(x, at_work[0]) for x in values]))
            if (doubts := DOUBTS.get()) and doubts.pop():
                return np.logical_not(answer)
    return answer


def may_be_kept(x: Any, point: Any) -> bool:
    """Tell whether an operand may be the point of an earlier call: an array of the same shape."""
    x = settle(x)
    return x.__class__ is np.ndarray and x.ndim > 0 and x.shape == point.shape


TRUE = np.True_


def is_one(answer: Any) -> bool:
    """Tell whether a comparison of two numbers says that they are equal."""
    return answer is True or answer is TRUE


def found(*values: Any) -> bool:
    """Note that a table had a key of the same value, of which nobody knows whether it was kept."""
    at_work = [x for x in values if isinstance(x, Traced) and x.level.alive]
    if len(at_work) == 1:
        ask(at_work[0], FOUND)
    return True


EACH = {operator.eq: False, np.equal: False, operator.ne: True, np.not_equal: True}


def of_each(x: Any, answer: bool | None) -> Any:
    """What NumPy says of each element of an array beside None, a text or a table: that they are not equal."""
    return NotImplemented if answer is None or not x.shape else full(x.shape, answer, bool, like=primal(x))


FOUND = "it was found in a table"
BELOW = (operator.lt, operator.le)
SMALL = 1e-3  # a tolerance, with which a distance is compared


def compare_members(cls: Any) -> None:
    """Let the comparisons of a kind that has no single primal be functions like all others."""

    def compared(ufunc: Any) -> Callable[..., Any]:
        def method(self: Any, other: Any) -> Any:
            if not operands(other) and not (isinstance(other, str) and self.dtype.kind == "U"):
                return of_each(self, EACH.get(ufunc))
            return RULES[ufunc](self, as_operand(other))

        return method

    for name, ufunc in COMPARISONS.items():
        setattr(cls, f"__{name}__", compared(ufunc))


COMPARISONS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}


def as_operand(other: Any) -> Any:
    """Lists and tuples count as arrays beside a traced array."""
    return np.array(other) if isinstance(other, (list, tuple)) else other


def _method_of(function: Any) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.level.notes is None and takes_as_they_are(RULES[function], (self, *args), kwargs):
            return RULES[function](self, *args, **kwargs)
        _, args, kwargs = without_tables(self, args, kwargs)
        check_meaning(self, function.__name__, args, kwargs)
        return with_out(RULES[function], (self, *map(pack, args)), kwargs)

    method.__doc__ = f"As ``np.{getattr(function, '__name__', '')}`` of this value."
    return method


def are_matched_as_sequences(x: Any) -> bool:
    """Tell whether ``case [a, b]:`` is for arrays, too, as it is since NumPy 2.5."""
    match x:
        case [_, _]:
            return True
    return False


def install(cls: Any) -> None:
    """Give a class all operators and methods."""
    for name, ufunc in {**BINARY, **LOGICAL}.items():
        operator, reflected, in_place = _binary(name, ufunc)
        setattr(cls, f"__{name}__", operator)
        setattr(cls, f"__r{name}__", reflected)
        setattr(cls, f"__i{name}__", in_place)
    for name, compare in COMPARE.items():
        setattr(cls, f"__{name}__", _comparison(compare))
    for name, ufunc in UNARY.items():
        setattr(cls, f"__{name}__", _method_of(ufunc))
    for name, function in METHODS.items():
        method = _method_of(function)
        method.__name__ = name  # by which pint knows what unit comes out
        setattr(cls, name, method)
    for function in list(RULES):
        name = getattr(function, "__name__", "")
        is_unary = isinstance(function, np.ufunc) and function.nin == 1
        if (is_unary or function in BY_NAME) and not hasattr(cls, name):
            setattr(cls, name, _method_of(function))  # np.sin of an object array calls x.sin()
    if are_matched_as_sequences(np.empty(2)):
        Sequence.register(cls)
    setattr(cls, "__divmod__", lambda self, other: (self // other, self % other))
    setattr(cls, "__rdivmod__", lambda self, other: (other // self, other % self))
