"""One-frame methods of batches, and of duals whose tangents are batches, give what the general path gives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from turns import some_in

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.numpy.elementwise import real_absolute
from hoad.chainrules.statements import Scalar
from hoad.dual import Dual
from hoad.fast.writer import has_method
from hoad.kinds.batch import Batch, Row
from hoad.nested import Level, everything

SCALARS = {rule.name: rule for rule in [*RULES.values(), real_absolute] if has_method(rule)}
POINTS = {"arccosh": (1.5, 2.25), "root_of_square_minus_one": (1.5, 2.25)}
EDGES = [0.0, -1.0, 710.5, -1e308, np.inf, np.nan]


def same(a: Any, b: Any) -> None:
    a, b = everything(a), everything(b)
    np.testing.assert_allclose(a, b, rtol=4e-16, atol=0, equal_nan=True)
    assert np.shape(a) == np.shape(b) and np.result_type(a) == np.result_type(b)


def spread(x: float, *shape: int) -> np.ndarray:
    """Numbers next to one, which all differ."""
    return x * (1 + 0.125 * np.arange(np.prod(shape)).reshape(shape) / np.prod(shape))


def operands(rule: Scalar, outer: Level, level: Level) -> list[list[Any]]:
    """Batches of numbers, of arrays and of a value at a level outside, beside each other and constants."""
    x, y = POINTS.get(rule.name, (0.375, 0.8125))
    kinds = [
        lambda x: Batch(level, spread(x, 3)),
        lambda x: Batch(level, spread(x, 3, 2)),
        lambda x: Batch(level, spread(x, 3, 2).astype(np.float32)),
        lambda x: Batch(level, Dual(outer, spread(x, 3, 2), spread(x, 3, 2))),
        float,
        np.float64,
        lambda x: spread(x, 2),
        lambda x: spread(x, 4, 2),
        lambda x: Dual(outer, x, 0.5),
        lambda x: Dual(outer, spread(x, 2), spread(0.5, 2)),
    ]
    if rule.arity == 1:
        return [[make(x)] for make in kinds[:4]]
    pairs = [[a(x), b(y)] for a, b in itertools.product(kinds, kinds)]
    return [p for p in pairs if any([isinstance(v, Batch) for v in p])]


@pytest.mark.parametrize("rule", SCALARS.values(), ids=SCALARS)
def test_batches(rule: Scalar) -> None:
    outer, level = Level(), Level()
    for args in operands(rule, outer, level):
        got, right = Batch.fused[rule.function](*args), rule.general(*args)
        assert type(got) is type(right) is Batch and got.level is level
        same(got, right)
        if isinstance(right.primal, Dual):
            same(got.primal.tangent, right.primal.tangent)


LONG = {"stdtr", "stdtrit", "stdtridf"}  # whose derivatives are series within series
MARKED = [pytest.param(r, id=n, marks=[pytest.mark.sweep] if n in LONG else []) for n, r in SCALARS.items()]


@some_in(3)
@pytest.mark.parametrize("rule", MARKED)
def test_tangents_that_are_batches(rule: Scalar, every: int) -> None:
    point = POINTS.get(rule.name, (0.375, 0.8125))[: rule.arity]
    points = [point, *itertools.product(EDGES, repeat=rule.arity)]
    members, level = Level(), Level()
    directions = [np.array([1.0, 0.0, -0.5]), np.array([0.0, 0.0, 2.0])]
    for values, kind in [*itertools.product(points, (float, np.float64))][::every]:
        duals = [Dual(level, kind(x), Batch(members, d)) for x, d in zip(values, directions, strict=False)]
        for args in [duals] if rule.arity == 1 else [duals, [duals[0], values[1]], [values[0], duals[1]]]:
            with np.errstate(all="ignore"):
                got, right = Dual.fused[rule.function](*args), rule.general(*args)
            same(got.primal, right.primal)
            same(got.tangent, right.tangent)


@some_in(3)
@pytest.mark.parametrize("rule", MARKED)
def test_rows_of_numbers(rule: Scalar, every: int) -> None:
    """Alone, beside other kinds, and as tangents of numbers, a row is the batch of its members."""
    x, y = POINTS.get(rule.name, (0.375, 0.8125))
    outer, level = Level(), Level()
    call = rule.function if isinstance(rule.function, np.ufunc) else rule
    others = [lambda: 0.8125, lambda: np.float64(y), lambda: spread(y, 4), lambda: Dual(outer, y, 0.5),
              lambda: Batch(level, spread(y, 3)), lambda: Batch(level, spread(y, 3, 2)),
              lambda: Row(level, tuple(spread(y, 3).tolist()))]  # fmt: skip
    for other in others[: 1 if rule.arity == 1 else None]:
        found = []
        for kind in (lambda m: Row(level, tuple(m.tolist())), lambda m: Batch(level, m)):
            row = kind(spread(x, 3))
            ways = [(row,)] if rule.arity == 1 else [(row, other()), (other(), kind(spread(x, 3)))]
            found.append([call(*args) for args in ways])
        for got, right in zip(*found, strict=True):
            assert type(got) is type(right) is Batch and got.level is level
            same(got, right)
    points = [(x, y)[: rule.arity], *itertools.product(EDGES, repeat=rule.arity)]
    directions = [(1.0, 0.0, -0.5), (0.0, 0.0, 2.0)], [(1e150, -1e150, 1.0), (1e150, 1e150, 0.0)]
    for values, kind, ds in [*itertools.product(points, (float, np.float64), directions)][::every]:
        both = [
            [Dual(outer, kind(v), make(d)) for v, d in zip(values, ds, strict=False)]
            for make in (lambda d: Row(level, d), lambda d: Batch(level, np.array(d)))
        ]
        rows, batches = both
        pairs = [(rows, batches)]
        if rule.arity == 2:
            pairs += [([rows[0], values[1]], [batches[0], values[1]])]
            pairs += [([values[0], rows[1]], [values[0], batches[1]])]
            pairs += [([batches[0], rows[1]], batches)]
        for mine, theirs in pairs:
            with np.errstate(all="ignore"):
                got, right = Dual.fused[rule.function](*mine), rule.general(*theirs)
            same(got.primal, right.primal)
            same(got.tangent, right.tangent)


def test_a_pass_over_a_batch_is_one_column_after_the_other() -> None:
    def f(p: Any) -> Any:
        u = p[0] * 1.5
        for _ in range(5):
            u = np.sin(u) * p[1] + p[2] / (1 + u * u)
        return np.array([u, u * p[0]])

    x = np.array([0.3, 1.1, -0.7])
    columns = [hoad.jvp(f, (x,), (e,))[1] for e in np.eye(3)]
    np.testing.assert_allclose(hoad.jacobian(f, x, mode="forward"), np.stack(columns, 1), rtol=1e-15)
