"""What a rule does to jets of arrays on a device: all coefficients in one launch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.statements import Scalar
from ..chainrules.text import identifier
from ..kinds.jet import Jet
from ..kinds.series import Series
from ..nested import Level
from .cells import Cell
from .kernels import Launched
from .scripts import Pattern, Script, filled_of, pattern
from .wires import Unclear


def strong_by(operands: list[Any], known: list[Any]) -> list[Any]:
    """The coefficients of a product; where one factor is no series, and 0, it changes by nothing, whatever
    the other does.
    """
    factors = [x for x in operands if x.__class__ is Cell]
    if len(factors) != 1:
        return known
    (factor,) = factors
    changes = [c if c is None else factor.level.strong(factor, c) for c in known[1:]]
    return [known[0], *changes]


def kernel_script(rule: Scalar, shapes: tuple[Any, ...]) -> Script:
    """The script of a rule (``scripts.py``), which nobody looks at what it gives of."""
    kind, size = next((s.kind, s.size) for s in shapes if s.__class__ is Pattern)
    launched = Launched(identifier(rule))

    def step(wires: list[Any]) -> list[Any]:
        level, program = Level(), wires[0].level
        level.lift = None
        series, rest = iter(wires), iter(wires[sum([s.filled for s in shapes if s.__class__ is Pattern]) :])
        operands: list[Any] = []
        for s in shapes:
            if s.__class__ is Pattern:
                known = [next(series) for _ in range(s.filled)]
                operands.append(Jet(level, Series([*known, *[None] * (s.size - s.filled)])))
            else:
                operands.append(next(rest) if s.__class__ is type else s)
        known = rule.general(*operands).tangent.known
        filled = filled_of(known)
        if None in known[:filled]:
            raise Unclear
        if rule.function is np.multiply and len(operands) == 2:
            known = strong_by(operands, known)
        return [c if c is None else program.fitted(c, known[0].dtype) for c in known]

    def script(level: Level, *operands: Any) -> Jet | None:
        given: list[Any] = []
        for x, s in zip(operands, shapes, strict=False):
            given += x[: s.filled] if s.__class__ is Pattern else []
        recorded = len(given)
        given += [x for x, s in zip(operands, shapes, strict=False) if s.__class__ is type]
        found = launched.found((), step, given, recorded)
        if found is None or any([c is not None and c.shape != found[0].shape for c in found]):
            return None
        filled = filled_of(found)
        kept = pattern(kind, size, filled) if filled > 1 else None
        return Jet(level, Series(found, None, None, kept))

    return script
