"""Rows in one kernel: few launches, and what the program gives plainly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels_run import carried_out, kernels_of, together, ulps

import hoad
from hoad.testing import raw_module
from hoad.testing.raw_module import RawModule, compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
RNG = np.random.default_rng(5)


def softmax(x: Any, axis: Any) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_sum_exp(x: Any, axis: Any) -> Any:
    m = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(m, axis=axis) + np.log(np.sum(np.exp(x - m), axis=axis))


def of_length_one(x: Any, axis: Any) -> Any:
    return x / np.sqrt(np.sum(x * x, axis=axis, keepdims=True))


def standardised(x: Any, axis: Any) -> Any:
    m = np.mean(x, axis=axis, keepdims=True)
    return (x - m) / np.sqrt(np.mean((x - m) ** 2, axis=axis, keepdims=True) + 1e-5)


FUNCTIONS = {f.__name__: f for f in (softmax, log_sum_exp, of_length_one, standardised)}
SHAPES = [((7, 37), 1), ((7, 37), 0), ((3, 2000), 1), ((4, 3, 5), (1, 2))]
DERIVATIVES: dict[str, Any] = {
    "value": lambda f: f,
    "gradient": lambda f: hoad.grad(lambda x: np.sum(f(x) ** 3)),
    "hvp": lambda f: lambda x: hoad.hvp(lambda x: np.sum(f(x) ** 3), x, x),
}
MOST = {"value": 1, "gradient": 2, "hvp": 4}  # kernels, beside those that look whether an assumption holds


def same(cases: list[tuple[Any, tuple[Any, ...]]], bound: float) -> list[Any]:
    """Compare what the kernels of functions give with what the functions give; and give the kernels."""
    found = [kernels_of(f, args) for f, args in cases]
    assert all(found)
    module = RawModule(together([made.source for made, _ in found]))
    for (made, leaves), (_, args) in zip(found, cases, strict=True):
        outputs, _ = carried_out(made, args, module)
        for got, right in zip(outputs, leaves, strict=True):
            assert ulps(got, right) <= bound, made.source
    return [made for made, _ in found]


def working(made: Any) -> list[Any]:
    """The launches that compute something: without those that set, or look at, the flag."""
    return [step for step in made.steps if "rows" in step.what or "values of" in step.what]


@pytest.mark.parametrize(
    ("name", "kind"), [*[(name, np.float64) for name in FUNCTIONS], ("softmax", np.float32)]
)
def test_rows_are_gone_over_in_one_kernel(name: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cases, most = [], []
    for shape, axis in SHAPES:
        for how, derivative in DERIVATIVES.items():
            f = derivative(lambda x, axis=axis: FUNCTIONS[name](x, axis))
            cases.append((f, (RNG.normal(size=shape).astype(kind),)))
            most.append(MOST[how])
    for made, few in zip(same(cases, 4096), most, strict=True):
        assert len(working(made)) <= few, made
    monkeypatch.setattr(raw_module, "backwards", True)
    same(cases[:3], 4096)


def test_long_rows_that_are_few_are_shared_out() -> None:
    """A row of which each block takes a part is added up in two kernels."""
    (made,) = same([(lambda x: softmax(x, 1), (RNG.normal(size=(2, 20_000)),))], 64)
    assert len(made.steps) > 3


def test_a_sum_that_is_read_in_another_row_is_kept() -> None:
    def f(x: Any) -> Any:
        s = np.sum(x, axis=1)
        return np.exp(x - s[:, None]) * s[::-1, None] + np.roll(s, 1)[:, None], s

    (made,) = same([(f, (RNG.normal(size=(9, 6)),))], 64)
    assert len(made.steps) == 2


# Steps of a program: of an array, and of one number for each row.
STEPS: list[Any] = [
    lambda x, s, axis: (np.exp(-np.abs(x - s)), s),
    lambda x, s, axis: (x * s, s),
    lambda x, s, axis: (x / (1 + s * s), s),
    lambda x, s, axis: (x, np.sum(x * x, axis=axis, keepdims=True)),
    lambda x, s, axis: (x, np.max(x, axis=axis, keepdims=True)),
    lambda x, s, axis: (x, np.min(x - s, axis=axis, keepdims=True) + s),
    lambda x, s, axis: (x, np.tanh(np.mean(x, axis=axis, keepdims=True))),
    lambda x, s, axis: (x, np.sqrt(1 + s * s)),
    lambda x, s, axis: (np.where(x > s, x, s), s),
    lambda x, s, axis: (x[::-1], s),
    lambda x, s, axis: (x, s[::-1]),
    lambda x, s, axis: (np.roll(x, 1, axis), s),
    lambda x, s, axis: (x + np.roll(s, 1, 0), s),
    lambda x, s, axis: (x, np.sum(x) * 0.1 + s),
    lambda x, s, axis: (x, np.sum(x, axis=1 - axis, keepdims=True)[:1, :1] + s),
]


def program(steps: list[int], axis: int) -> Any:
    """A function of an array."""

    def f(x: Any) -> Any:
        s = np.sum(x, axis=axis, keepdims=True) * 0.3
        for step in steps:
            x, s = STEPS[step](x, s, axis)
        return x, np.squeeze(s, axis=axis) * 1.5

    return f


def total(f: Any) -> Any:
    return lambda x: sum([np.sum(np.sin(y)) for y in f(x)])


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, len(STEPS) - 1), min_size=1, max_size=7),
            st.integers(0, 1),
            st.sampled_from([(3, 4), (1, 5), (5, 1), (6, 33)]),
            st.booleans(),
        ),
        min_size=8,
        max_size=8,
    )
)
def test_random_programs(drawn: list[Any]) -> None:
    """Eight programs, in one run of the compiler."""
    cases = []
    for k, (steps, axis, shape, is_gradient) in enumerate(drawn):
        f = program(steps, axis)
        x = np.random.default_rng(k).normal(size=shape)
        cases.append((hoad.grad(total(f)) if is_gradient else f, (x,)))
    same(cases, 2**16)
