"""Large arrays: what is written over is nobody else's, what is let go is not missed."""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_paths import PATTERNS, POINTS, SCALARS

import hoad
from hoad import tape
from hoad.arrays import buffers
from hoad.chainrules import NoTangent, remove_rule, rrule
from hoad.dual import has_nan, is_finite
from hoad.fast import in_place, shortcuts
from hoad.running import recording
from hoad.tape import Tape
from hoad.tracer import HANDLES, Lean, entered, entered_input

SIZES = (buffers, tape, shortcuts)
WRITING = (buffers, tape, in_place, recording)  # who writes over an array of its own


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every array counts as large, in these tests."""
    for module in SIZES:
        monkeypatch.setattr(module, "LARGE", 0)
    yield
    buffers._waiting.clear()
    buffers._taken.clear()


def ordinary(f: Callable[..., Any], *args: Any) -> Any:
    """The same with no array being large."""
    with pytest.MonkeyPatch.context() as patch:
        for module in SIZES:
            patch.setattr(module, "LARGE", 2**60)
        return f(*args)


def apart(f: Callable[..., Any], *args: Any) -> Any:
    """The same with no array being written over."""
    with pytest.MonkeyPatch.context() as patch:
        for module in WRITING:
            patch.setattr(module, "is_own", lambda x: False)
        return f(*args)


def near(a: Any, b: Any) -> bool:
    """Tell whether cotangents are the same, but for the order in which they were added."""
    finite = np.isfinite(b)
    apart, largest = np.abs(a[finite] - b[finite]), np.max(np.abs(b[finite]), initial=1.0)
    return same(a[~finite], b[~finite]) and bool(np.all(apart <= 2 * np.spacing(largest)))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (tuple, list)):
        return all(same(p, q) for p, q in zip(a, b, strict=True))
    alike = type(a) is type(b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)
    return alike and np.array_equal(a, b, equal_nan=True) and np.shape(a) == np.shape(b)


# ------------------------------------------------------------------------------------------------------------
# Every rule, every pattern of operands: bit for bit what the ordinary methods give
# ------------------------------------------------------------------------------------------------------------

MATES: dict[str, Callable[[Any], Any]] = {
    "array": lambda b: np.array([b, b / 2, b, b / 4]),
    "number": lambda b: b,
    "row": lambda b: np.array([b]),
    "float32": lambda b: np.array([b, b, b, b], np.float32),
}
CASES = [
    pytest.param(rule, mate, pattern, id=f"{name}-{label}-{pattern}")
    for name, rule in SCALARS.items()
    for label, mate in MATES.items()
    for pattern in (PATTERNS if rule.arity == 2 else [(True,)])
    if rule.arity == 2 or label == "array"
]


@pytest.mark.parametrize(("rule", "mate", "pattern"), CASES)
def test_every_rule(rule: Any, mate: Any, pattern: tuple[bool, ...]) -> None:
    a, b = POINTS.get(rule.name, (0.375, 0.8125))
    plain = [np.array([a, a / 2 + b / 2, b, a]), mate(b)][: rule.arity]

    def pulled() -> Any:
        program = Tape()
        args = [
            entered_input(program, x) if on and np.result_type(x).kind == "f" else x
            for x, on in zip(plain, pattern, strict=True)
        ]
        handles = [x for x in args if x.__class__ in HANDLES]
        if not handles:
            pytest.skip("integers have no derivative")
        y = rule(*args) * 1.0  # the cotangent of the rule's value is the sweep's own
        g = np.linspace(0.5, 2.0, np.size(y.primal)).reshape(np.shape(y.primal))
        values = y.primal.copy()
        found = tape.sweep(program, {y.slot: g}, [t.slot for t in handles], free=True)
        return [values, *[0.0 if c is None else np.array(c) for c in found]]

    lean, plainly = pulled(), ordinary(pulled)
    assert same(lean, plainly), (lean, plainly)
    assert same(plain, [np.array([a, a / 2 + b / 2, b, a]), mate(b)][: rule.arity])


# ------------------------------------------------------------------------------------------------------------
# Random programs
# ------------------------------------------------------------------------------------------------------------

STEPS: dict[str, Callable[[list[Any], Any, Any], Any]] = {
    "add": lambda v, x, y: x + y,
    "subtract": lambda v, x, y: x - y,
    "multiply": lambda v, x, y: x * y,
    "divide": lambda v, x, y: x / (2.0 + y * y),
    "itself": lambda v, x, y: x * x,
    "sum with itself": lambda v, x, y: x + x,
    "sine": lambda v, x, y: np.sin(x),
    "exponential": lambda v, x, y: np.exp(-x * 0.25),
    "logarithm": lambda v, x, y: np.log(3.0 + np.cos(x)),
    "root": lambda v, x, y: np.sqrt(1.0 + y * y),
    "tanh": lambda v, x, y: np.tanh(x),
    "power": lambda v, x, y: x**3,
    "shift": lambda v, x, y: 1.5 - x,
    "negative": lambda v, x, y: -x,
    "slice": lambda v, x, y: np.concatenate([x[2:], y[:2]]),
    "reversed": lambda v, x, y: x[::-1] * y,
    "gathered": lambda v, x, y: x[np.array([0, 3, 3, 1, 2, 0])],
    "mean": lambda v, x, y: x - np.mean(y),
    "written": lambda v, x, y: written(x, y),
    "in place": lambda v, x, y: in_place(x, y),
    "chosen": lambda v, x, y: np.where(x > 0.5, x, y),
    "larger": lambda v, x, y: np.maximum(x, 0.25 * y),
    "sorted": lambda v, x, y: np.sort(x),
    "reshaped": lambda v, x, y: np.reshape(np.reshape(x, (2, 3)).T, 6),
    "product": lambda v, x, y: np.outer(x, y)[1],
    "constant": lambda v, x, y: x * CONSTANT,
}
CONSTANT = np.linspace(-1.0, 1.0, 6)


def written(x: Any, y: Any) -> Any:
    z = x * 1.0
    z[1:3] = y[3:5]
    return z


def in_place(x: Any, y: Any) -> Any:
    z = x + 0.0
    row = z[1:4]
    z *= y
    row += 1.0
    return z


def program_of(steps: list[tuple[str, int, int]]) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        values = [x, x * 0.5]
        for name, a, b in steps:
            values.append(STEPS[name](values, values[a % len(values)], values[b % len(values)]))
        return np.sum(values[-1] * values[len(values) // 2])

    return f


PROGRAMS = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9
)


@settings(derandomize=True, database=None, deadline=None, max_examples=120)
@given(PROGRAMS, st.integers(0, 2**30))
def test_random_programs(steps: list[tuple[str, int, int]], seed: int) -> None:
    f = program_of(steps)
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, 6)
    before = x.copy()
    both = hoad.value_and_grad(f)
    value, gradient = both(x)
    assert same((value, gradient), apart(both, x))
    assert same((value, gradient), both(x))
    assert same(x, before)
    ordinarily = ordinary(both, x)
    assert same(value, ordinarily[0])
    assert near(gradient, ordinarily[1])


def test_cotangents_are_added_in_another_order() -> None:
    """What is read as a handle and as a lean one is one value, whose cotangents are added for each apart."""

    def f(x: Any) -> Any:
        half = x * 0.5
        return np.sum(np.concatenate([half[2:], half[:2]]) * ((half + 0.0) * half))

    for x in np.random.default_rng(0).uniform(-1.5, 1.5, (20, 6)):
        found = hoad.grad(f, x)
        assert same(found, apart(hoad.grad(f), x))
        assert near(found, ordinary(hoad.grad(f), x))


@settings(derandomize=True, database=None, deadline=None, max_examples=25)
@given(PROGRAMS, st.integers(0, 2**30))
def test_derivatives_of_derivatives(steps: list[tuple[str, int, int]], seed: int) -> None:
    f = program_of(steps)
    x, v = np.random.default_rng(seed).uniform(-1.5, 1.5, (2, 6))
    for mode in ("reverse-reverse", "forward-reverse", "auto"):
        product = lambda x, mode=mode: hoad.hvp(f, x, v, mode=mode)
        found = product(x)
        assert same(found, apart(product, x)), mode
        assert near(found, ordinary(product, x)), mode


# ------------------------------------------------------------------------------------------------------------
# What others hold stays what it is
# ------------------------------------------------------------------------------------------------------------

X = np.linspace(0.25, 1.5, 5)


def test_a_cotangent_that_is_handed_in() -> None:
    _, pullback = hoad.vjp(lambda x: np.sin(x) * 2.0 + x, X)
    g = np.linspace(1.0, 2.0, 5)
    given, first = g.copy(), pullback(g)[0]
    kept = first.copy()
    second = pullback(g)[0]
    assert same(g, given)
    assert same(first, kept)
    assert same(second, kept)
    assert not np.shares_memory(first, g)
    assert not np.shares_memory(first, second)


@pytest.mark.parametrize("f", [lambda x: x, lambda x: x[:], lambda x: np.reshape(x, 5), lambda x: +x])
def test_outputs_that_alias_inputs(f: Any) -> None:
    value, pullback = hoad.vjp(f, X)
    g = np.ones(5)
    (back,) = pullback(g)
    back[:] = 7.0
    value[:] = 9.0
    assert same(g, np.ones(5))
    assert same(pullback(g)[0], np.ones(5))


def test_one_output_twice() -> None:
    def f(x: Any) -> Any:
        y = np.exp(x)
        return y, y, y[1:]

    value, pullback = hoad.vjp(f, X)
    g = np.linspace(1.0, 2.0, 5)
    assert same(pullback((g, g, g[1:])), ordinary(lambda: hoad.vjp(f, X)[1]((g, g, g[1:]))))
    value[0][:] = 0.0
    assert same(pullback((g, g, g[1:])), ordinary(lambda: hoad.vjp(f, X)[1]((g, g, g[1:]))))


def test_one_cotangent_for_two_operands() -> None:
    """``x + y`` hands the same array to both, and each is then multiplied."""
    f = lambda x, y: np.sum((np.sin(x) + np.exp(y)) * 3.0)
    found = hoad.grad(f, argnums=(0, 1))(X, X)
    assert same(found, (3.0 * np.cos(X), 3.0 * np.exp(X)))


def test_results_are_the_users_own() -> None:
    gradient = hoad.grad(lambda x: np.sum(np.sin(x) * x))
    results = [gradient(X * k) for k in range(1, 5)]
    assert same(results, [np.sin(X * k) + X * k * np.cos(X * k) for k in range(1, 5)])
    _, first = hoad.value_and_grad(lambda x: np.sum(x * x))(X)
    first[:] = 0.0
    assert same(gradient(X), results[0])


def test_values_that_a_program_keeps() -> None:
    """A primal, an array that a closure keeps, and a weak reference to one, are never written over."""
    kept: list[Any] = []

    def f(x: Any) -> Any:
        y = np.exp(x)
        kept.append(y)
        z = np.sin(y)
        kept.append(z.primal)
        return np.sum(z * y)

    hoad.grad(f)(X)
    seen = weakref.ref(kept[1]), kept[0].primal.copy(), kept[1].copy()
    for _ in range(3):
        hoad.grad(lambda x: np.sum(np.cos(np.exp(x)) * x))(X + 1.0)
    assert same(kept[0].primal, seen[1])
    assert same(kept[1], seen[2])
    assert seen[0]() is kept[1]


def test_rules_of_users_that_keep_their_cotangents() -> None:
    kept: list[Any] = []

    def twice(x: Any) -> Any:
        return 2.0 * x

    @rrule(twice)
    def _(x: Any) -> Any:
        def pullback(g: Any) -> Any:
            kept.append(g)
            return NoTangent(), BACK

        return 2.0 * x, pullback

    before = BACK.copy()
    try:
        found = hoad.grad(lambda x: np.sum(twice(np.sin(x)) * np.exp(x)))(X)
    finally:
        remove_rule(twice)
    assert same(kept[0], np.exp(X))
    assert same(BACK, before)
    assert same(found, BACK * np.cos(X) + np.exp(X) * (2.0 * np.sin(X)))


BACK = np.linspace(2.0, 3.0, 5)


def test_errors_leave_nothing_behind() -> None:
    def f(x: Any) -> Any:
        y = np.exp(x) * x
        raise RuntimeError(str(y.shape))

    for _ in range(3):
        with pytest.raises(RuntimeError):
            hoad.grad(f)(X)
    assert same(hoad.grad(lambda x: np.sum(np.exp(x)))(X), np.exp(X))


def test_strong_zeros_need_what_was_let_go() -> None:
    """After a nan the program is swept again, with care."""
    programs = [
        lambda x: np.sum(np.where(x > 0.5, np.log(x - 0.5), 0.0) + 1.0),
        lambda x: np.sum(np.sqrt((x - 0.5) * 0.0) * 0.0 + x),
        lambda x: np.sum(1.0 / np.sqrt(1.0 / (x - 0.5) ** 2)),
        lambda x: np.sum(np.exp(-np.exp(1.0 / (x - 0.5) ** 2) + 1.0)),
        lambda x: np.sum(np.reciprocal(np.exp(1e3 * x)) + np.cbrt(np.exp(1e3 * x))),
    ]
    x = np.array([0.25, 0.5, 0.75])
    with np.errstate(all="ignore"):
        for f in programs:
            assert same(hoad.grad(f)(x), ordinary(hoad.grad(f), x))


def test_threads() -> None:
    points = [np.random.default_rng(k).uniform(0.5, 1.5, 3000) for k in range(4)]
    f = lambda x: np.sum(np.sin(np.exp(x) * x) / (1.0 + x * x))
    right = [ordinary(hoad.grad(f), x) for x in points]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(40):
            if not same(hoad.grad(f)(points[k]), right[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


# ------------------------------------------------------------------------------------------------------------
# How much is held
# ------------------------------------------------------------------------------------------------------------


def chain(x: Any) -> Any:
    y = x
    for _ in range(5):
        y = np.sin(y * 1.01)
        y = y + 0.1
        y = y - 0.2
    return np.sum(y)


def peak_of(call: Callable[[], Any]) -> int:
    buffers._waiting.clear()
    gc.collect()
    tracemalloc.start()
    result = call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return most


def test_values_that_no_pullback_reads_are_not_held() -> None:
    """Of twenty operations, the five sines read their arguments; beside those there are a few arrays."""
    x = np.linspace(0.5, 1.0, 40_000)
    assert peak_of(lambda: hoad.grad(chain)(x)) < 11 * x.nbytes
    assert ordinary(peak_of, lambda: hoad.grad(chain)(x)) > 20 * x.nbytes


def test_buffers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "MOST", 10 * 8 * 40_000)
    for n in (40_000, 10_000, 40_000):
        x = np.linspace(0.5, 1.0, n)
        for _ in range(4):
            hoad.grad(lambda x: np.sum(np.sin(x) ** 3 * np.exp(x) / (1.0 + x * x)))(x)
            assert sum(b.nbytes for held in buffers._waiting.values() for b in held) <= buffers.MOST


def test_buffers_do_not_grow() -> None:
    x = np.linspace(0.5, 1.0, 1000)
    f = lambda x: np.sum(np.sin(x) ** 3 * np.exp(x) / (1.0 + x * x))
    counts = []
    for _ in range(12):
        hoad.grad(f)(x)
        counts.append(sum(map(len, buffers._waiting.values())))
    assert counts[4:] == counts[4:5] * 8


def test_a_lean_value_is_a_tracer_to_its_program() -> None:
    program = Tape()
    x = entered_input(program, X)
    y = x + 1.0
    assert type(x) is type(y) is Lean
    assert y.tangent is False
    np.multiply(y, y)
    assert y.tangent is True
    assert type(entered(program, X)) is not Lean
    y[1:3] = 0.0
    assert same(np.asarray(y.primal)[1:3], np.zeros(2))


def test_another_shape_of_an_array_is_its_own_where_nothing_else_refers_to_either() -> None:
    flat, alone = np.ones(600), np.ones(600).reshape(20, 30)
    assert buffers.is_own(alone)
    assert not buffers.is_own(flat.reshape(20, 30))
    assert not buffers.is_own(np.ones(600)[:30])
    assert not buffers.is_own(np.broadcast_to(np.ones(1), (600,)))
    assert not buffers.is_own(np.frombuffer(bytes(4800)))
    pair = np.ones(600)
    first, second = pair.reshape(20, 30), pair.reshape(30, 20)
    del pair
    assert not buffers.is_own(first)
    assert not buffers.is_own(second)


def test_a_gradient_that_went_through_another_shape_is_handed_out_as_it_is() -> None:
    """Two gradients by one cotangent are arrays of their own, in whatever shapes it came back."""
    x = np.linspace(0.5, 1.0, 600).reshape(20, 30)
    f = lambda x, y: np.sum(np.ravel(x) * C600 + np.ravel(y) * C600)
    g, h = hoad.grad(f, x, x, argnums=(0, 1))
    assert not np.shares_memory(g, h)
    g[...] = 0.0
    assert same(h, C600.reshape(20, 30))


C600 = np.linspace(1.0, 2.0, 600)


def test_what_is_not_finite_is_found_where_an_element_is_shown_many_times() -> None:
    for value, finite, nan in ((1.0, True, False), (np.inf, False, False), (np.nan, False, True)):
        for x in (
            np.broadcast_to(value, (30, 4)),
            np.broadcast_to([[value], [1.0]], (2, 5)),
            np.full((3, 4), value).T,
        ):
            assert (is_finite(x), has_nan(x)) == (finite, nan)
