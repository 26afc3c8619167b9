"""Operations that have no form: they go on as dense rows, one for each input that the operands depend on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.statements import Linear, Primitive
from ..kinds.batch import Batch
from ..nested import Level
from .budget import Unstructured
from .forms import Args, Function, Mine
from .linear_map import LinearMap, check_room


def as_rows(s: LinearMap, used: np.ndarray) -> np.ndarray:
    """A map as dense rows, one for each of the columns ``used``."""
    check_room(len(used) * s.size)
    return np.ascontiguousarray(s.matrix().tocsc()[:, used].toarray().T).reshape(-1, *s.own_shape)


def columns_of(s: LinearMap) -> np.ndarray:
    """The columns that a map has."""
    return np.unique(s.matrix().indices)


def by_rows(rule: Primitive, args: Args, mine: Mine, **options: Any) -> Any:
    """An operation without a form: on dense rows, one for each input that the operands depend on."""
    if rule.kind == "constant":
        raise Unstructured(f"{rule.name} asks for the numbers of a tangent")
    if rule.kind == "scalar":
        raise Unstructured(f"{rule.name} of a tangent is not linear")
    level = Level()
    first = next(a for a, own in zip(args, mine, strict=True) if own)
    used = np.unique(np.concatenate([columns_of(a) for a, own in zip(args, mine, strict=True) if own]))
    if first.level.marks:
        return of_everything(rule, args, mine, options, first, used)
    rows = [Batch(level, as_rows(a, used)) if own else a for a, own in zip(args, mine, strict=True)]
    check_room(len(used) * max([a.size for a, own in zip(args, mine, strict=True) if own]))
    out = rule(*rows, **options)
    back: Function = lambda o: first.like(o.shape, [], None, [(np.asarray(o.primal), used)])
    if isinstance(out, tuple):
        return tuple([back(o) if isinstance(o, Batch) else o for o in out])
    return back(out) if isinstance(out, Batch) else out


def of_everything(
    rule: Primitive, args: Args, mine: Mine, options: dict[str, Any], first: LinearMap, used: np.ndarray
) -> Any:
    """Marks of an operation without a form: every element may depend on all that any operand does."""
    level = Level()
    rows = [Batch(level, np.ones((1, *a.own_shape))) if own else a for a, own in zip(args, mine, strict=True)]
    out = rule(*rows, **options)
    if isinstance(rule, Linear) and rule.leaves_out and rule.positions == (0,):
        used = of_those_used(rule, args, options, out)
    row = np.zeros((1, first.level.count))
    row[:, used] = 1.0
    mark: Function = lambda o: first.like(o.shape, [], None, [(np.ones((1, *o.shape)), row)])
    return tuple([mark(o) for o in out]) if isinstance(out, tuple) else mark(out)


def of_those_used(rule: Linear, args: Args, options: dict[str, Any], out: Any) -> np.ndarray:
    """The columns of the elements that a linear operation does not leave out: a cotangent comes to these."""
    s, rest = args[0], args[1:]
    g = np.random.default_rng(0).normal(size=out.shape) * (1 + 1j if np.iscomplexobj(out.primal) else 1)
    back = rule.transposes(g, (0,), (np.zeros(s.own_shape), *rest), options)[0]
    return np.unique(s.matrix()[np.flatnonzero(np.broadcast_to(back, s.own_shape))].indices)
