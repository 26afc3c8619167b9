"""The signs and methods of a recorded value, which are noted as they are written: ``x + y``, ``x.sum()``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..arrays.arraylike import ArrayLike
from ..arrays.operators import (
    BINARY,
    COMPARISONS,
    EACH,
    LOGICAL,
    METHODS,
    UNARY,
    as_operand,
    check_output,
    of_each,
    operands,
)
from ..chainrules.statements import RULES, Primitive
from ..nested import Traced, pack
from ..values.arithmetic import UNANSWERED, answered


def signs_of(cls: type, sign: Callable[..., Any], ufunc: Any) -> tuple[Callable[..., Any], ...]:
    """An operator, the same from the right, and in place."""
    rule: Any = RULES[ufunc]

    def carried_out(top: Any, args: tuple[Any, Any], other: Any) -> Any:
        if not operands(other):
            return of_each(top, EACH.get(ufunc))
        answer = answered(ufunc, args)
        if answer is not UNANSWERED:
            return answer
        inner = pack(as_operand(other))
        if isinstance(inner, Traced) and inner.__class__ is not cls:
            return rule(*[inner if a is other else a for a in args])
        return top.by_sign(sign, rule, args)

    def direct(self: Any, other: Any) -> Any:
        return carried_out(self, (self, other), other)

    def reflected(self: Any, other: Any) -> Any:
        return carried_out(self, (other, self), other)

    def in_place(self: Any, other: Any) -> Any:
        if not self.ndim and not hasattr(self, "source"):
            return NotImplemented
        result = direct(self, other)
        check_output(result, self)
        self[...] = result
        return self

    return direct, reflected, in_place


def sign_of_one(sign: Callable[..., Any], ufunc: Any) -> Callable[..., Any]:
    """An operator with one operand."""
    return lambda self: self.by_sign(sign, RULES[ufunc], (self,))


def method_of(function: Any) -> Callable[..., Any]:
    """A method that is a function of NumPy's by another name."""
    method = getattr(ArrayLike, function.__name__)

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(RULES[function], Primitive) or "out" in kwargs:
            return method(self, *args, **kwargs)
        return self.whole(function, method, (self, *args), kwargs)

    return called


def install(cls: type) -> None:
    """Give a class all signs and methods, which it notes as what was written (``by_sign``, ``whole``)."""
    for name, ufunc in {**BINARY, **LOGICAL}.items():
        sign = getattr(operator, f"{name}_" if name in ("and", "or") else name)
        direct, reflected, in_place = signs_of(cls, sign, ufunc)
        setattr(cls, f"__{name}__", direct)
        setattr(cls, f"__r{name}__", reflected)
        setattr(cls, f"__i{name}__", in_place)
    for name, ufunc in COMPARISONS.items():
        setattr(cls, f"__{name}__", signs_of(cls, getattr(operator, name), ufunc)[0])
    for name, ufunc in UNARY.items():
        setattr(cls, f"__{name}__", sign_of_one(abs if name == "abs" else getattr(operator, name), ufunc))
    for name, function in METHODS.items():
        method = method_of(function)
        method.__name__ = name
        setattr(cls, name, method)
