"""Arrays of numbers, and numbers of arrays: the short ways give what the general path gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays.arraylike import ArrayLike
from hoad.chainrules.numpy.joining import np_stack
from hoad.chainrules.numpy.reductions import np_sum
from hoad.dual import Dual
from hoad.fast import numbers
from hoad.kinds.batch import Batch
from hoad.nested import Level, everything
from hoad.tape import Tape, sweep
from hoad.tracer import Tracer, entered

PARTS: dict[str, list[Any]] = {
    "all": ["x", "y"],
    "twice": ["x", "x", "y"],
    "with a constant": [1.5, "x", 2],
    "of NumPy": [np.float64(0.5), "y"],
    "float32": [np.float32(0.5), "y"],
    "a bool": [True, "x"],
    "an array": [np.array(0.25), "x"],
    "complex": [1j, "x"],
}


def filled(parts: list[Any], x: Any, y: Any) -> list[Any]:
    return [{"x": x, "y": y}[p] if isinstance(p, str) else p for p in parts]


def same(a: Any, b: Any) -> bool:
    return bool(type(a) is type(b) and np.array_equal(a, b) and np.result_type(a) == np.result_type(b))


@pytest.mark.parametrize("parts", PARTS.values(), ids=list(PARTS))
@pytest.mark.parametrize("kind", [float, np.float64])
def test_recorded_numbers(parts: list[Any], kind: Any) -> None:
    found = []
    for stack in (numbers.stack_of_recorded, np_stack):
        tape = Tape()
        x, y = (entered(tape, kind(v)) for v in (0.5, -2.0))
        out = stack(filled(parts, x, y))
        seed = np.linspace(1.0, 2.0, len(parts))
        found.append([out.primal, *sweep(tape, {out.slot: seed}, [x.slot, y.slot])])
    for a, b in zip(*found, strict=True):
        assert same(a, b)


TANGENTS = {
    "numbers": lambda level, k: float(k) + 0.5,
    "batches": lambda level, k: Batch(level, np.arange(3.0) + k),
    "one batch": lambda level, k: Batch(level, np.arange(3.0)) if k else 2.0,
    "batches of integers": lambda level, k: Batch(level, np.arange(3) + k),
}


@pytest.mark.parametrize("parts", PARTS.values(), ids=list(PARTS))
@pytest.mark.parametrize("tangent", TANGENTS.values(), ids=list(TANGENTS))
def test_numbers_with_tangents(parts: list[Any], tangent: Callable[[Level, int], Any]) -> None:
    members, level = Level(), Level()
    x, y = (Dual(level, v, tangent(members, k)) for k, v in enumerate((0.5, -2.0)))
    fast, general = numbers.stack_of_duals(filled(parts, x, y)), np_stack(filled(parts, x, y))
    assert same(fast.primal, general.primal)
    plain = [t.primal if isinstance(t, Batch) else t for t in (fast.tangent, general.tangent)]
    assert same(*plain)


@pytest.mark.parametrize("index", [0, 2, -1, np.int64(1), True, None, slice(1, 3), [0, 0]])
@pytest.mark.parametrize("batched", [False, True])
def test_elements_of_dual_vectors(index: Any, batched: bool) -> None:
    level, members = Level(), Level()
    d = Batch(members, np.arange(6.0).reshape(2, 3)) if batched else np.array([0.5, 1.5, 2.5])
    x = Dual(level, np.array([1.0, 2.0, 4.0]), d)
    fast, general = x[index], ArrayLike.__getitem__(x, index)
    assert same(fast.primal, general.primal)
    plain = [t.primal if isinstance(t, Batch) else t for t in (fast.tangent, general.tangent)]
    assert same(*plain)


def test_levels_that_differ() -> None:
    outer, inner = Tape(), Level()
    x = entered(outer, 2.0)
    y = Dual(inner, x, 1.0)
    out = numbers.stack_of_duals([y, x])
    assert type(out) is Dual
    assert type(out.primal) is Tracer
    assert type(numbers.stack_of_recorded([x, y])) is Dual


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "loop": lambda p: steps(p),
    "written": lambda p: written(p),
    "lists of lists": lambda p: np.array([[p[0], 2.0], [p[1] * p[2], p[0]]]) @ np.array([p[1], 1.0]),
    "one output": lambda p: np.sin(p[0]) * p[1] / p[2],
    "many outputs": lambda p: np.array([p[0] * k + np.exp(p[1] / (k + 1.0)) * p[2] for k in range(9)]),
    "two outputs": lambda p: np.array([p[0] * p[1], np.tanh(p[2])]),
    "a container": lambda p: {"a": p[0] * p[1], "b": [np.array([p[2], p[0]]), 3.0]},
}


def steps(p: Any) -> Any:
    y = np.array([1.0, 0.5])
    for _ in range(5):
        y = y + 0.1 * np.array([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - y[1]])
    return y


def written(p: Any) -> Any:
    z = np.array([p[0], p[1], p[2]])
    kept = z[0]
    z[0] = p[1] * 2.0
    z[1:] *= p[2]
    return np.array([kept, z[0], z[1], z[2]])


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=list(PROGRAMS))
def test_jacobians_agree(f: Callable[[Any], Any]) -> None:
    p = np.array([0.75, 1.25, 0.5])
    leaves = [
        hoad.values.trees.flatten(hoad.jacobian(f, p, mode=mode))[0]
        for mode in ("auto", "forward", "reverse")
    ]
    for auto, forward, reverse in zip(*leaves, strict=True):
        np.testing.assert_allclose(auto, forward, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(reverse, forward, rtol=1e-13, atol=1e-14)
        assert np.shape(auto) == np.shape(forward) == np.shape(reverse)


@pytest.mark.parametrize("name", ["loop", "two outputs", "written"])
def test_directions_one_by_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few directions go one by one, and many along one axis: with the same result."""
    f, p = PROGRAMS[name], np.array([0.75, 1.25, 0.5])
    loss = lambda p: np.sum(f(p) ** 2 * np.arange(1.0, 1 + len(f(p))))
    found = []
    for least in (False, True):
        monkeypatch.setattr(hoad.second.sweep.Program, "one_by_one", lambda self, n, least=least: least)
        found.append((hoad.jacobian(f, p), hoad.hessian(loss, p), hoad.value_grad_hessian(loss, p)[1]))
    for rows, alone in zip(*found, strict=True):
        np.testing.assert_allclose(alone, rows, rtol=1e-13, atol=1e-14)


CHANGES: dict[str, Callable[[Level, tuple[int, ...]], Any]] = {
    "plain": lambda level, shape: np.arange(float(np.prod(shape))).reshape(shape),
    "a batch": lambda level, shape: Batch(level, np.arange(2.0 * np.prod(shape)).reshape(2, *shape)),
    "a view": lambda level, shape: Batch(level, np.arange(2.0 * np.prod(shape)).reshape(*shape[::-1], 2).T),
    "read-only": lambda level, shape: np.broadcast_to(1.5, shape),
    "float32": lambda level, shape: np.ones(shape, np.float32),
}
VALUES: dict[str, Callable[[Level, Level, Level], Any]] = {
    "a number": lambda members, level, outer: 2.5,
    "a dual": lambda members, level, outer: Dual(level, 2.5, 0.75),
    "a dual of members": lambda members, level, outer: Dual(level, 2.5, Batch(members, np.array([3.0, 4.0]))),
    "of other members": lambda members, level, outer: Dual(level, 2.5, Batch(outer, np.array([3.0, 4.0]))),
    "of another level": lambda members, level, outer: Dual(outer, 2.5, 0.75),
    "complex": lambda members, level, outer: Dual(level, 2.5 + 1j, 0.75j),
}


@pytest.mark.parametrize("index", [1, -1, (1,), (0, 1), slice(0, 1), True])
@pytest.mark.parametrize("value", VALUES.values(), ids=list(VALUES))
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_writes_into_dual_arrays(change: Any, value: Any, index: Any) -> None:
    found = []
    for write in (numbers.setitem, ArrayLike.__setitem__):
        outer, members, level = Level(), Level(), Level()
        shape = (2, 2) if isinstance(index, tuple) and len(index) == 2 else (3,)
        x = Dual(level, np.arange(float(np.prod(shape))).reshape(shape), change(members, shape))
        before = x.tangent.primal if isinstance(x.tangent, Batch) else None
        held = None if before is None else before.copy()
        try:
            write(x, index, value(members, level, outer))
            found.append([type(x), *[everything(part) for part in (x.primal, x.tangent)]])
        except (TypeError, ValueError) as error:
            found.append([type(error), 0, 0])
        if before is not None:
            assert np.array_equal(before, held)  # somebody else looks at these members
    (fast, *parts), (general, *others) = found
    assert fast is general
    assert all(np.array_equal(a, b) for a, b in zip(parts, others, strict=True))


@pytest.mark.parametrize("shape", [(5,), (2, 3), (0,), (2, 0)])
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_sums_of_dual_arrays(change: Any, shape: tuple[int, ...]) -> None:
    members, level = Level(), Level()
    x = Dual(level, np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), change(members, shape))
    fast, general = np.sum(x), np_sum(x)
    assert same(fast.primal, general.primal)
    assert same(everything(fast.tangent), everything(general.tangent))
    assert same(everything(x.sum().tangent), everything(general.tangent))
