"""Zeros that meet what is not finite, in kernels of forward mode, where nobody looks for nan.

On NumPy's arrays a tangent in which nan came up is made again with care (``dual.py``). In a kernel the care
is a line for each product of a tangent and a partial, and costs no launch. For cotangents there is
``strong.py``.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from ..chainrules.statements import LISTENERS, Scalar
from ..chainrules.text import safe_partial, term_of
from ..dual import is_steady
from ..strong import PROBES, partial_of
from .cells import Cell


class Vanishing(NamedTuple):
    """Where the partials of a rule may be zero, and a change that is not finite has no part in the value.

    Args:
        steady: those that depend on nothing that changes: a mask, a sign, a share in a choice.
        ended: those that are zero where their argument has grown to infinity.
    """

    steady: frozenset[int]
    ended: frozenset[int]


@functools.cache
def vanishing(rule: Scalar, active: tuple[int, ...]) -> Vanishing:
    """What is so of a rule, tried out at a few numbers."""
    steady, ended = set(), set()
    points = np.meshgrid(*rule.arity * [np.array([*PROBES, np.inf])])
    args = tuple([p.ravel() for p in points])
    with np.errstate(all="ignore"):
        try:
            out = rule.function(*args)
            for k in active:
                zero = np.equal(safe_partial(rule, k, args, out), 0)
                if np.any(zero) and is_steady(rule, k, args, out, active):
                    steady.add(k)
                elif np.any(zero & np.equal(args[k], np.inf)):
                    ended.add(k)
        except Exception:  # a function that takes no such numbers
            return Vanishing(frozenset(), frozenset())
    return Vanishing(frozenset(steady), frozenset(ended))


LISTENERS.append(lambda *stated: vanishing.cache_clear())


def pushed(rule: Scalar, k: int, d: Cell, args: tuple[Any, ...], out: Any, active: tuple[int, ...]) -> Any:
    """What a change of an argument makes of the value, in a kernel."""
    program, known, term = d.level, vanishing(rule, active), term_of(rule, k)
    change = term(d, *args, out) if rule.applied is not None else term(*args, out) * d
    change = program.strong(d, change)
    if k in known.steady or k in known.ended:
        p = partial_of(rule, k, args, out)
        if p.__class__ is Cell and p.dtype.kind != "c":
            p = p if k in known.steady else np.where(np.equal(args[k], np.inf), p, 1.0)
            change = program.strong(p, change)
    return change
