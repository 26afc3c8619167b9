"""``+ - * /`` of jets whose coefficients are floats, in one frame each; ``jet.py`` has the general forms.

What is exactly zero is None, as everywhere in series; a product in which nan comes up, and all other
operands, take the general path, which is the specification.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.arraylike import as_operand, operands
from ..chainrules import RULES
from ..kinds.jet import Jet
from ..kinds.series import Series, is_nan, product
from ..nested import Value, pack
from .by_hand import by_hand

PLAIN = frozenset({float, int})
Terms = list[Any]


def is_closed(x: Value) -> bool:
    """Tell whether an operand is a jet of floats that is worked out."""
    return x.__class__ is Jet and x.primal.__class__ is float and x.tangent.memo is None


def add(a: Value, b: Value) -> Any:
    """The sum."""
    if is_closed(a):
        s = a.tangent.known
        if b.__class__ in PLAIN:
            return Jet(a.level, Series([s[0] + b, *s[1:]]))
        if is_closed(b) and b.level is a.level:
            t = b.tangent.known
            terms = [d if c is None else c if d is None else c + d for c, d in zip(s, t, strict=True)]
            return Jet(a.level, Series(terms))
    elif a.__class__ in PLAIN and is_closed(b):
        t = b.tangent.known
        return Jet(b.level, Series([a + t[0], *t[1:]]))
    return general(np.add, a, b)


def subtract(a: Value, b: Value) -> Any:
    """The difference."""
    if is_closed(a):
        s = a.tangent.known
        if b.__class__ in PLAIN:
            return Jet(a.level, Series([s[0] - b, *s[1:]]))
        if is_closed(b) and b.level is a.level:
            t = b.tangent.known
            pairs = zip(s, t, strict=True)
            terms = [c if d is None else -d if c is None else c - d for c, d in pairs]
            return Jet(a.level, Series(terms))
    elif a.__class__ in PLAIN and is_closed(b):
        t = b.tangent.known
        return Jet(b.level, Series([a - t[0], *[None if d is None else -d for d in t[1:]]]))
    return general(np.subtract, a, b)


def multiply(a: Value, b: Value) -> Any:
    """The product."""
    if is_closed(a):
        s = a.tangent.known
        if b.__class__ in PLAIN:
            terms = [None if c is None else c * b for c in s]
            return finished(np.multiply, a, b, terms, a.level)
        if is_closed(b) and b.level is a.level:
            return finished(np.multiply, a, b, product(s, b.tangent.known, len(s) - 1), a.level)
    elif a.__class__ in PLAIN and is_closed(b):
        terms = [None if c is None else a * c for c in b.tangent.known]
        return finished(np.multiply, a, b, terms, b.level)
    return general(np.multiply, a, b)


def divide(a: Value, b: Value) -> Any:
    """The quotient."""
    if is_closed(a) and b.__class__ in PLAIN and b:
        terms = [None if c is None else c / b for c in a.tangent.known]
        return finished(np.divide, a, b, terms, a.level)
    if is_closed(b) and b.primal and (a.__class__ in PLAIN or (is_closed(a) and a.level is b.level)):
        t = b.tangent.known
        n, lead = len(t), t[0]
        s = a.tangent.known if a.__class__ is Jet else [a, *[None] * (n - 1)]
        right = [(j, d) for j, d in enumerate(t) if j and d is not None]
        out: Terms = []
        for k in range(n):
            total = s[k]
            for j, d in right:
                if j > k:
                    break
                y = out[k - j]
                if y is not None:
                    total = -(d * y) if total is None else total - d * y
            out.append(None if total is None else total / lead)
        return finished(np.divide, a, b, out, b.level)
    return general(np.divide, a, b)


def finished(ufunc: Any, a: Value, b: Value, terms: Terms, level: Any) -> Any:
    """The jet of the coefficients, unless nan came up in them."""
    for c in terms:
        if c is not None and (c != c if c.__class__ is float else is_nan(c)):
            return general(ufunc, a, b)
    return Jet(level, Series(terms))


def general(ufunc: Any, a: Value, b: Value) -> Any:
    """The general path."""
    if operands(a) and operands(b):
        return RULES[ufunc](pack(as_operand(a)), pack(as_operand(b)))
    return NotImplemented


def reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same with the operands exchanged."""
    return lambda b, a: function(a, b)


for _ufunc, _name, _method in [
    (np.add, "add", add),
    (np.subtract, "sub", subtract),
    (np.multiply, "mul", multiply),
    (np.divide, "truediv", divide),
]:
    by_hand(Jet, f"__{_name}__", _method, _ufunc)
    by_hand(Jet, f"__r{_name}__", reflected(_method), _ufunc)
