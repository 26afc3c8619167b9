"""What the writers of one-frame methods share: the head of a method, and how a kind is given its methods."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.fillable import Fillable
from ..arrays.operators import BINARY, UNARY
from ..chainrules import RULES
from ..chainrules.numpy.elementwise import flat, real_absolute
from ..chainrules.statements import LISTENERS, Scalar, choice_of, root_of
from ..chainrules.text import KINDS, Text, compile_source, identifier, indent, primal_lines
from ..nested import ROOTS, Traced, Value, innermost
from ..operands import operands
from ..values.reading import vanishes
from ..values.shapes import DOUBLE, PLAIN, REALS


def beside_a_constant(rule: Scalar, traced: str) -> str:
    """The head of a branch for a plain operand: numbers of other kinds take the general path, where a partial
    may compute with that operand alone (``1 / y``), and must do so exactly.
    """
    plain = rule.function in (np.add, np.subtract, np.multiply)
    return "" if plain else f"if {traced}.level.lift is not None:\n    return _general(_a, _b)\n"


def primal_blocks(rule: Scalar, text: Text) -> dict[str, str]:
    """The evaluation of the primal, and what comes before it beside a constant, at the indentations of the
    templates.
    """
    blocks = {f"primal{depth}": indent(primal_lines(text), depth) for depth in (1, 2, 3, 4, 5)}
    for letter in "ab":
        head = beside_a_constant(rule, f"_{letter}")
        blocks |= {f"constant_{letter}{depth}": textwrap.indent(head, "    " * depth) for depth in (2, 3, 4)}
    return blocks


def has_method(rule: Any) -> bool:
    """Tell whether a one-frame method can be written for a rule."""
    return isinstance(rule, Scalar) and rule.arity <= 2


def elsewhere(rule: Scalar, cls: Any) -> Callable[..., Any]:
    """What a method of a kind does with operands that it has no branch for: that of the innermost operand, if
    that is of another kind, else the general path. An array that waits to be filled is a plain one here.
    """

    def general(a: Value, b: Value) -> Any:
        if b.__class__ is Fillable and a.__class__ is cls and a.level.alive:
            return cls.fused[rule.function](a, b.frozen())
        if a.__class__ is Fillable and b.__class__ is cls and b.level.alive:
            return cls.fused[rule.function](a.frozen(), b)
        held = operands((a, b))
        if held[0] is not a or held[1] is not b:
            return rule(*held)
        top = innermost(held)
        if top is None or top.__class__ is cls:
            return rule.general(a, b)
        return rule(a, b)

    return general


def from_source(source: Callable[..., Any]) -> Callable[..., Any]:
    """What makes methods of what writes their text and names: the general path, where it writes none."""

    def written(rule: Scalar, name: str, signature: str) -> Callable[..., Any]:
        made = source(rule, name, signature)
        if made is None:
            return rule.general if signature == "_a, _b" else lambda b, a: rule.general(a, b)
        function: Callable[..., Any] = compile_source(name, *made)
        return function

    return written


def rooting(rule: Scalar, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a rule; of a root, one whose value remembers its square where it may be 0, and of a choice
    its kink.
    """
    square, tie = rule.square, rule.tie
    if tie is not None:
        return tying(tie, method)
    if square is None:
        return method

    def rooted(*args: Any) -> Any:
        found = method(*args)
        value = found.primal if isinstance(found, Traced) else found
        if value.__class__ in REALS:
            return found if value else root_of(square, found, *args)
        if value.__class__ is np.ndarray and value.dtype is DOUBLE and not vanishes(value):
            return found
        return root_of(square, found, *args)

    return rooted


def tying(tie: float, method: Callable[..., Any]) -> Callable[..., Any]:
    """The method of a choice between two, where second derivatives are taken."""

    def chosen(a: Any, b: Any) -> Any:
        found = method(a, b)
        if (found.order < 2 and found.primal.__class__ in PLAIN) or id(found) in ROOTS:
            return found  # the first derivative is all of it; or the general path has asked
        return choice_of(tie, found, a, b)

    return chosen


def install(cls: Any, written: Callable[..., Any]) -> None:
    """Give a kind of traced value its one-frame methods, each written when it is first called."""

    def later(key: Any, rule: Scalar, attribute: str | None, signature: str = "_a, _b") -> Callable[..., Any]:
        def first_call(*args: Any) -> Any:
            method = rooting(rule, written(rule, identifier(rule), signature))
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

    KINDS.add(cls)
    for function, rule in [*RULES.copy().items(), *[(rule.function, rule) for rule in (real_absolute, flat)]]:
        if has_method(rule):
            learn(function, rule)
    LISTENERS.append(learn)


OPERATORS = {
    ufunc: [(f"__{prefix}{name}__", bool(prefix)) for prefix in prefixes]
    for table, prefixes in ((BINARY, ("", "r")), (UNARY, ("",)))
    for name, ufunc in table.items()
}
