"""Functions of jets in one frame: scripts (``scripts.py``), one for each rule and pattern of coefficients.

What is exactly zero is None, as everywhere in series, and a pattern says how many coefficients a series has
and how many of them are there: ``x0 + x1 t`` to order 10 has 11 and 2, and its sine needs no convolution.
What has no script, and values at which a script gives None, take the general path, which is the
specification.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends.registry import FUSING
from ..chainrules.statements import LISTENERS, OWN, RULES, Scalar, is_asked_by_the_program
from ..kinds.jet import Jet
from ..kinds.series import Series
from ..nested import CATCHES, Level, Value
from ..values.constants import is_elsewhere
from ..values.shapes import REALS
from .kernels import fusing, is_known
from .launched_jets import kernel_script
from .scripts import DOUBLE, Pattern, Script, pattern, script_of
from .writer import install

LONGEST = 16  # of the series that have scripts: the lines grow as the square
MOST = 64  # scripts of a rule for exponents, which are written into them

Scripts = dict[Any, Script]

KNOWN: list[Scripts] = []  # of all rules, since a rule that a user states anew changes the scripts of others


def forget(function: Any, rule: Any) -> None:
    """Scripts are of hoad's own rules: they are written anew after one of those was replaced."""
    if function in OWN:
        for scripts in KNOWN:
            scripts.clear()


def is_own() -> bool:
    """Tell whether all of hoad's rules count."""
    return all([RULES.get(function) is rule for function, rule in OWN.copy().items()])


def refuse(level: Level, *operands: Any) -> None:
    """The script of what has none."""
    return


def general(rule: Scalar, *operands: Value) -> Any:
    """The general path, where a script has failed. A program may catch the error of the value itself."""
    of_python = OF_PYTHON.get(rule.function)
    if of_python is not None and CATCHES.get() and is_asked_by_the_program():
        of_python(*[x.tangent.known[0] if x.__class__ is Jet else x for x in operands])
    return rule.general(*operands)


OF_PYTHON: dict[Any, Callable[..., Any]] = {
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.remainder: operator.mod,
}


def looked_at(s: Series) -> Pattern | None:
    """The pattern of a series; None where it is open, or its coefficients are not of one kind."""
    if s.pattern is None and s.memo is None:
        s.pattern = pattern_of(s.known)
    return s.pattern if s.pattern is None or 1 < s.pattern.size <= LONGEST else None


def pattern_of(known: list[Any]) -> Pattern | None:
    """The pattern of some coefficients."""
    count, first = len(known), known[0]
    kind = first.__class__
    while count > 1 and known[count - 1] is None:
        count -= 1
    there = known[:count]
    if kind is np.ndarray or (kind not in REALS and is_elsewhere(first) and fusing(first) is not None):
        dtype = DOUBLE if kind is np.ndarray else first.dtype
        alike = [c.__class__ is kind and c.dtype is dtype and c.shape == first.shape for c in there]
    else:
        alike = [c.__class__ is kind in REALS for c in there]
    return pattern(kind, len(known), count) if count > 1 and all(alike) else None


# ------------------------------------------------------------------------------------------------------------
# Functions of one argument
# ------------------------------------------------------------------------------------------------------------


def unary(rule: Scalar) -> Callable[..., Any]:
    """The method for a function of one argument."""
    scripts: Scripts = {}
    KNOWN.append(scripts)

    def method(a: Value) -> Any:
        s = a.tangent
        script = scripts.get(s.pattern)
        if script is None:
            script = learned(s)
        try:
            found = script(a.level, s.known)
        except ArithmeticError:
            found = None
        return general(rule, a) if found is None else found

    def learned(s: Series) -> Script:
        shape = looked_at(s)
        if shape is None:
            return refuse
        return scripts.get(shape) or scripts.setdefault(shape, written(rule, shape))

    return method


def written(rule: Scalar, *patterns: Any) -> Script:
    """The script of a rule for some patterns."""
    kind = next(s.kind for s in patterns if s.__class__ is Pattern)
    if not is_own() or (kind not in REALS and not is_known(rule)):
        return refuse
    written_by = script_of if kind is np.ndarray or kind in REALS else kernel_script
    return written_by(rule, patterns) or refuse


# ------------------------------------------------------------------------------------------------------------
# Functions of two arguments, of which one may be a constant
# ------------------------------------------------------------------------------------------------------------


def binary(rule: Scalar) -> Callable[..., Any]:
    """The method for a function of two arguments."""
    scripts: Scripts = {}
    KNOWN.append(scripts)

    def method(a: Value, b: Value) -> Any:
        x = y = None
        if a.__class__ is Jet:
            level, x = a.level, a.tangent
            if b.__class__ is Jet:
                y = b.tangent
                if b.level is not level:
                    return rule.general(a, b)
        else:
            level, y = b.level, b.tangent
        if level.lift is not None:
            return rule.general(a, b)
        key = (a.__class__ if x is None else x.pattern, b.__class__ if y is None else y.pattern)
        script = scripts.get(key)
        if script is None:
            script = learned(key, x, y)
        try:
            found = script(level, a if x is None else x.known, b if y is None else y.known)
        except ArithmeticError:
            found = None
        return general(rule, a, b) if found is None else found

    def learned(key: tuple[Any, Any], x: Series | None, y: Series | None) -> Script:
        shapes = (key[0] if x is None else looked_at(x), key[1] if y is None else looked_at(y))
        if not goes_together(*shapes):
            return refuse
        return scripts.get(shapes) or scripts.setdefault(shapes, written_for_two(rule, shapes))

    return method


def goes_together(a: Any, b: Any) -> bool:
    """Tell whether two patterns, or a pattern and the class of a constant, may have a script."""
    if a is None or b is None:
        return False
    if a.__class__ is b.__class__ is Pattern:
        return a.kind is b.kind and a.size == b.size
    kind, other = (a.kind, b) if a.__class__ is Pattern else (b.kind, a)
    return other in (float, int) or (other is np.float64 is not kind) or (other is kind not in REALS)


def written_for_two(rule: Scalar, shapes: tuple[Any, Any]) -> Script:
    """The script of a rule of two arguments, of which the second may be a number that it depends on, as a
    power does on its exponent.
    """
    script = written(rule, *shapes)
    return by_value(rule, shapes[0]) if script is refuse and shapes[1] in (float, int) else script


def by_value(rule: Scalar, shape: Pattern) -> Script:
    """A script for each value of the second operand."""
    scripts: dict[Any, Script] = {}

    def script(level: Level, x: list[Any], n: Any) -> Jet | None:
        found = scripts.get(n)
        if found is None:
            found = refuse if len(scripts) >= MOST else scripts.setdefault(n, written(rule, shape, n))
        return found(level, x, n)

    return script


# ------------------------------------------------------------------------------------------------------------
# Rules without a method of their own, on a device
# ------------------------------------------------------------------------------------------------------------

_launched: Scripts = {}
KNOWN.append(_launched)


def launched(rule: Scalar, args: tuple[Any, ...]) -> Jet | None:
    """What a rule does to jets of arrays on a device in one launch, where it can be."""
    jets = [a for a in args if a.__class__ is Jet]
    level, kind = jets[0].level, jets[0].primal.__class__
    if rule.function in Jet.fused or kind not in FUSING or level.lift is not None:
        return None
    if any([a.level is not level for a in jets]):
        return None
    shapes = tuple([shape_of_operand(a, kind) for a in args])
    if None in shapes or len({s.size for s in shapes if s.__class__ is Pattern}) > 1:
        return None
    script = _launched.get((rule, *shapes)) or _launched.setdefault((rule, *shapes), written(rule, *shapes))
    return script(level, *[a.tangent.known if a.__class__ is Jet else a for a in args])


def shape_of_operand(a: Value, kind: Any) -> Any:
    """What a script is written for: the pattern of a series, an integer as it is, as it may number a
    derivative, and the class of another constant; None of what has no script.
    """
    if a.__class__ is Jet:
        found = looked_at(a.tangent)
        return found if found is not None and found.kind is kind else None
    return a if a.__class__ is int else a.__class__ if a.__class__ in (float, kind) else None


Jet.launched = staticmethod(launched)


# ------------------------------------------------------------------------------------------------------------
# All rules
# ------------------------------------------------------------------------------------------------------------


def jet_method(rule: Scalar, name: str, signature: str) -> Callable[..., Any]:
    """The method of a rule, for the operands in either order."""
    if rule.arity == 1:
        return unary(rule)
    method = binary(rule)
    return method if signature == "_a, _b" else lambda b, a: method(a, b)


LISTENERS.append(forget)
install(Jet, jet_method)
