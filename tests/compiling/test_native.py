"""Machine code gives what the plain function gives, in both of its forms: of single numbers, and as loops."""

from __future__ import annotations

import gc
import linecache
import math
import os
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs import total
from random_programs import ODD_POINTS, POINTS, PROGRAMS, made, text_of
from turns import by_turns

import hoad
from hoad.compiling import entry, native, objects
from hoad.program.fields.fields import Fields
from hoad.program.fields.lattice import lattice_of, runs_of
from hoad.program.fields.memory import Memory
from hoad.program.fields.plan import Plan

pytest.importorskip("llvmlite")
EXAMPLES = int(os.environ.get("HOAD_EXAMPLES", "12"))
BOUNDED = settings(derandomize=True, database=None, deadline=None, max_examples=EXAMPLES)
TWO = st.lists(POINTS | ODD_POINTS, min_size=2, max_size=2)
X = np.linspace(0.5, 1.5, 7)


@pytest.fixture(params=["scalars", "loops"], scope="module")
def mode(request: pytest.FixtureRequest) -> Any:
    """One of the two forms, for programs of any size."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "loops":
            patch.setattr(native, "FEW", -1)
            patch.setattr(native, "MANY", 0)
        else:
            patch.setattr(native, "FEW", 2_000)
        yield request.param


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def attempt(f: Any, x: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return f(x.copy())
    except Exception as error:
        return error


def compared(g: Any, points: list[Any], text: str) -> None:
    compiled = hoad.compile(g, max_variants=4)
    for x in (*points, points[0]):
        got, right = attempt(compiled, x), attempt(g, x)
        if isinstance(got, Exception) or isinstance(right, Exception):
            assert (type(got), str(got)) == (type(right), str(right)), text
            continue
        for a, b in zip(leaves(got), leaves(right), strict=True):
            assert type(a) is type(b) and np.shape(a) == np.shape(b), text
            size = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12 * size, err_msg=text)


FORMS: dict[str, Callable[[Any], Any]] = {
    "value": lambda f: f,
    "gradient": lambda f: hoad.grad(total(f)),
    "Hessian": lambda f: hoad.hessian(total(f)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", FORMS)
def test_random_programs(mode: str, form: str) -> None:
    @BOUNDED
    @given(PROGRAMS, TWO)
    def check(program: Any, points: list[Any]) -> None:
        compared(FORMS[form](made(program)), points, text_of(program))

    check()


def rosen(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def heat(u: Any) -> Any:
    for _ in range(2):
        around = np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)
        u = u + 0.2 * (around - 4 * u) - 0.01 * u**3
    return np.sum(u**2)


def filled(x: Any) -> Any:
    y = np.zeros((len(x), 3))
    y[:, 0] = np.sin(x)
    y[1:, 1] = x[:-1] * 2
    y[::2, 2] += np.cos(x[::2])
    return np.sum(y * y)


A = np.random.default_rng(1).normal(size=(40, 7))
C = np.random.default_rng(2).normal(size=(5, 3, 8))
SHAPES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "shifts": (rosen, X),
    "heat": (heat, np.outer(X[:4], X[:3])),
    "filled": (filled, X),
    "products": (lambda x: np.sum(np.tanh(A @ x) ** 2) + x @ (A.T @ (A @ x)), X),
    "matrices": (lambda x: np.sum((x @ x.T + A[:7] @ x) ** 3), np.outer(X, X)),
    "stacks": (lambda x: np.sum(np.sin(np.matmul(A[:6, None, :], x)) ** 2), np.outer(X, X[:4])),
    "einsum": (
        lambda x: np.sum(np.einsum("ij,jk,kl->il", x, x, x) * np.einsum("ii->", x)),
        np.outer(X[:3], X[:3]),
    ),
    "two stacks": (
        lambda x: (
            np.sum(np.matmul(x, np.swapaxes(x, 1, 2)) ** 2) + np.sum(np.einsum("kij,nkj->nki", x, C) ** 3)
        ),
        np.arange(3 * 9 * 8).reshape(3, 9, 8) / 100 + 0.1,
    ),
    "gathers": (lambda x: np.sum(x[[3, 1, 1, 6]] ** 3 * x[[0, 2, 4, 6]]), X),
    "extremes": (lambda x: np.max(x * x[::-1], axis=None) - np.min(np.outer(x, x), axis=1) @ x, X),
    "logsumexp": (lambda x: np.log(np.sum(np.exp(x - np.max(x)))), X),
    "turned": (
        lambda x: np.sum(np.transpose(x) @ x[:, ::-1] * np.reshape(x, (5, 7))[:, :5]),
        np.outer(X, X[:5]),
    ),
    "diagonals": (lambda x: np.sum(np.diagonal(x) ** 3) + np.trace(np.diag(x[0]) @ x), np.outer(X, X)),
    "windows": (lambda x: np.sum(np.lib.stride_tricks.sliding_window_view(x, 3).prod(axis=-1)), X),
    "branches": (lambda x: np.sum(np.where(x > 1, x**2, np.sin(x)) + np.maximum(x, 0.9)), X),
    "norms": (lambda x: np.linalg.norm(x) + np.linalg.norm(np.outer(x, x), axis=1) @ x, X),
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "value": lambda f: f,
    "gradient": hoad.grad,
    "Hessian": hoad.hessian,
    "product": lambda f: lambda x: hoad.hvp(f, x, np.cos(x)),
    "Laplacian": hoad.laplacian,
    "Jacobian of gradient": lambda f: hoad.jacobian(hoad.grad(f)),
}


@pytest.mark.parametrize(("name", "operator"), by_turns(SHAPES, OPERATORS, every=2))
def test_arrays(mode: str, name: str, operator: str) -> None:
    f, x = SHAPES[name]
    g = OPERATORS[operator](f)
    compiled = hoad.compile(g, backend="native")
    compiled(x)
    for point in (x, x * 1.03 + 0.01):
        right = g(point)
        np.testing.assert_allclose(compiled(point), right, rtol=1e-11, atol=1e-12 * np.max(np.abs(right)))
    assert compiled.stats()["native"], compiled.why()


RANKS = [
    *[((20, 20, 30), (20, 30, 10)), ((2, 10, 20, 30), (10, 30, 10)), ((1, 30, 40), (9, 40, 30))],
    *[((20, 3, 4), (20, 4, 5)), ((30,), (3, 30, 5)), ((4, 30), (3, 30, 5)), ((3, 4, 30), (30,))],
]


@pytest.mark.parametrize(("left", "right"), RANKS, ids=str)
def test_products_of_arrays_of_all_ranks(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    x = np.cos(np.arange(math.prod(left))).reshape(left)
    y = np.sin(np.arange(math.prod(right))).reshape(right)
    f = hoad.grad(lambda x: np.sum(np.matmul(x, y) ** 2))
    compiled = hoad.compile(f, backend="native")
    compiled(x)
    np.testing.assert_allclose(compiled(x), f(x), rtol=1e-11, atol=1e-11)
    assert compiled.stats()["native"], compiled.why()


# ------------------------------------------------------------------------------------------------------------
# What structure saves
# ------------------------------------------------------------------------------------------------------------


def plan_of(g: Any, x: Any) -> Plan:
    compiled = hoad.compile(g, backend="numpy")
    compiled(x)
    return Plan(Fields(compiled.variants[0].program), set())


def test_a_banded_hessian_is_made_of_bands() -> None:
    """Nothing but the result is of n by n, and nothing is computed for each of its elements."""
    plan = plan_of(hoad.hessian(rosen), np.linspace(0.5, 1.5, 80))
    assert Memory(plan).size < 80 * 80 * 8
    assert all([step.group is None or step.group.shape != (80, 80) for step in plan.steps])


def test_a_gradient_with_shifts_is_one_loop() -> None:
    plan = plan_of(hoad.grad(rosen), np.linspace(0.5, 1.5, 80))
    assert [step.group.shape for step in plan.steps if step.group] == [(80,)]


def test_products_by_one_matrix_are_one() -> None:
    symmetric = A[:7] + A[:7].T
    plan = plan_of(hoad.grad(lambda x: x @ symmetric @ x), X)
    assert sum([name == "matmul" for name, *_ in plan.algebra.operations]) <= 1


@pytest.mark.parametrize(
    "index", [(slice(1, None, 2), slice(None)), (2,), (slice(None, None, -1), 1), (..., 3)]
)
def test_a_lattice_is_where_numpy_puts_it(index: Any) -> None:
    shape = (5, 4)
    lattice, part = lattice_of(index, shape)
    places = np.zeros(shape, int)
    for at in np.ndindex(part):
        steps = [n * np.array(step, int) for n, step in zip(at, lattice.steps, strict=True)]
        places[tuple(np.array(lattice.start) + sum(steps, np.zeros(2, int)))] += 1
    right = np.zeros(shape, int)
    right[index] = 1
    np.testing.assert_array_equal(places, right)


def test_positions_in_few_runs_are_slices() -> None:
    assert runs_of((np.array([3, 4, 0, 1, 2]),), (5,)) == (0, [slice(3, 5), slice(0, 3)])
    assert runs_of((np.array([3, 1, 4, 0, 2]),), (5,)) is None


# ------------------------------------------------------------------------------------------------------------
# The way in and out
# ------------------------------------------------------------------------------------------------------------


def test_offsets_of_objects_are_what_they_are_taken_for() -> None:
    assert entry.is_understood()


CALLS: dict[str, Callable[[Any], Any]] = {
    "backwards": lambda x: x[::-1],
    "transposed": lambda x: np.asfortranarray(np.outer(x, x))[0],
    "longer": lambda x: np.concatenate([x, x]),
    "of integers": lambda x: np.arange(7),
    "single precision": lambda x: x.astype(np.float32),
    "of one element": lambda x: x[:1] + 0,
    "read-only": lambda x: np.broadcast_to(np.float64(1.25), 7),
    "a subclass": lambda x: x.view(type("Sub", (np.ndarray,), {})),
}


@pytest.mark.parametrize("name", CALLS)
def test_other_arguments(name: str) -> None:
    g = lambda x: np.sum(np.sin(x) ** 2) * x
    compiled = hoad.compile(g)
    compiled(X)
    x = CALLS[name](X)
    got, right = compiled(x), g(x)
    np.testing.assert_allclose(got, right, rtol=1e-6 if right.dtype == np.float32 else 1e-14)
    assert got.dtype == right.dtype and got.shape == right.shape


def test_keywords_and_wrong_arguments() -> None:
    compiled = hoad.compile(lambda x, y=2.0: x * y)
    assert compiled(3.0) == compiled(x=3.0) == compiled(3.0, 2.0) == compiled(3.0, y=2.0) == 6.0
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        compiled()
    with pytest.raises(TypeError, match="unexpected keyword"):
        compiled(3.0, z=1.0)
    assert compiled(3.0) == 6.0


def test_results_are_the_callers_own() -> None:
    compiled = hoad.compile(lambda x: (x, 2 * x, x[1:], np.ones(2)))
    compiled(X)
    first = compiled(X)
    kept = [part.copy() for part in first]
    for part in first:
        part[...] = -1.0
    assert all([np.array_equal(a, b) for a, b in zip(compiled(X), kept, strict=True)])
    assert X[0] == 0.5


def test_nothing_is_leaked() -> None:
    compiled = hoad.compile(hoad.value_and_grad(rosen))
    compiled(X)
    counts = sys.getrefcount(X), sys.getrefcount(np.dtype(float))
    for _ in range(1000):
        compiled(X)
    assert abs(sys.getrefcount(X) - counts[0]) < 5
    assert abs(sys.getrefcount(np.dtype(float)) - counts[1]) < 50


def test_code_goes_with_the_function() -> None:
    compiled = hoad.compile(lambda x: np.sin(x) * 2)
    compiled(1.0)
    compiled(2.0)
    (variant,) = compiled.variants
    gone = weakref.ref(variant.native)
    del variant, compiled
    gc.collect()
    assert gone() is None


def test_threads() -> None:
    compiled = hoad.compile(hoad.grad(rosen))
    points = [np.linspace(0.1 * k, 1.0 + 0.1 * k, 300) for k in range(4)]
    right = [hoad.grad(rosen)(x) for x in points]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(300):
            if not np.allclose(compiled(points[k]), right[k], rtol=1e-12, atol=1e-9):
                wrong.append(k)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_variants_are_tried_in_turn() -> None:
    def f(x: Any) -> Any:
        return x * x if x < 1 else np.sin(x) if x < 2 else -(x**3)

    compiled = hoad.compile(hoad.derivative(f))
    for x in (0.5, 1.5, 2.5, 0.9, 1.1, 3.0) * 3:
        assert compiled(x) == pytest.approx(hoad.derivative(f, x), rel=1e-15)
    assert compiled.stats()["variants"] == 3 and compiled.stats()["plain"] == 0


def test_a_zero_of_the_users_own_is_no_strong_zero(mode: str) -> None:
    compiled = hoad.compile(lambda x: np.sum(0.0 * x) + np.sum(x))
    assert compiled(np.ones(4)) == 4.0
    with np.errstate(invalid="ignore"):
        assert np.isnan(compiled(np.array([1.0, np.inf, 2.0, 3.0])))


def test_strong_zeros_are_those_of_plain_hoad(mode: str) -> None:
    f = lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)) + np.sqrt(np.sum(x * x))
    compiled = hoad.compile(hoad.grad(f))
    for x in ([1.0, 2.0, 4.0], [1.0, 0.0, 4.0], [0.0, -1.0, 4.0], [0.0, 0.0, 0.0]):
        point = np.array(x)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(compiled(point), hoad.grad(f)(point))


def test_where_llvm_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    objects.llvm.cache_clear()
    try:
        compiled = hoad.compile(np.sin)
        assert compiled(1.0) == compiled(1.0) == np.sin(1.0)
        assert not compiled.stats()["native"]
        with pytest.raises(hoad.errors.MissingDependencyError, match=r"pip install 'hoad\[compile\]'"):
            hoad.compile(np.sin, backend="native")
    finally:
        objects.llvm.cache_clear()


# ------------------------------------------------------------------------------------------------------------
# Native stages between calls
# ------------------------------------------------------------------------------------------------------------

D = np.random.default_rng(3).normal(size=(7, 7))
CALLED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "solve": (lambda x: np.sum(np.linalg.solve(np.outer(x, x) + np.diag(np.exp(x)), np.sin(x)) ** 2), X),
    "cholesky": (
        lambda x: np.sum(
            np.log(np.diag(np.linalg.cholesky(np.exp(-((x[:, None] - x) ** 2)) + 0.1 * np.eye(7))))
        ),
        X,
    ),
    "slogdet": (
        lambda x: np.linalg.slogdet(D @ D.T + np.diag(np.exp(x) * x))[1] * np.sum(np.tanh(x) ** 2),
        X,
    ),
    "sorted": (lambda x: np.sum(np.sort(np.sin(3 * x) * x) * np.exp(np.arange(7.0) / 7)), X),
    "median": (lambda x: np.median(np.sin(3 * x) * x) * np.sum(np.cos(x) * x), X),
    "fourier": (lambda x: np.sum(np.abs(np.fft.fft(np.sin(x) * x)) ** 2 * np.exp(-np.arange(7.0))), X),
    "eigenvalues": (lambda x: np.sum(np.linalg.eigvalsh(np.outer(x, x) + D + D.T) ** 3), X),
    "greatest": (lambda x: x[int(np.argmax(np.sin(3 * x)))] ** 2 * np.sum(np.exp(x) * x), X),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", ["value", "gradient", "Hessian"])
@pytest.mark.parametrize("name", CALLED)
def test_stages(name: str, operator: str) -> None:
    f, x = CALLED[name]
    g = OPERATORS[operator](f)
    compiled = hoad.compile(g)
    compiled(x)
    for point in (x, x[::-1] * 1.07, np.roll(x, 2) + 0.01):
        right = g(point)
        for _ in range(2):
            np.testing.assert_allclose(compiled(point), right, rtol=1e-9, atol=1e-10 * np.max(np.abs(right)))


def test_stages_are_used() -> None:
    f, x = CALLED["eigenvalues"]
    compiled = hoad.compile(hoad.hessian(f))
    compiled(x)
    assert "native stages" in repr(compiled.variants[0])
    assert compiled(x).shape == (7, 7) and compiled.variants[0].calls == 1
    singular = hoad.compile(lambda x: np.sum(np.linalg.solve(np.outer(x, x), np.exp(x)) * np.sin(x) ** 2))
    singular(np.ones(1))
    with pytest.raises(np.linalg.LinAlgError):
        singular(np.zeros(1))


def test_definitions_of_methods_outlive_their_functions() -> None:
    """Python reads them when a function goes, after all that the function held is gone."""
    for k in range(20):
        compiled = hoad.compile(lambda x, k=k: x * (k + 1.5))
        assert compiled(2.0) == compiled(2.0) == 2.0 * (k + 1.5)
        compiled.itself = compiled  # a cycle
    before = len(entry._spent)
    del compiled
    gc.collect()
    assert len(entry._spent) > before


def bands(x: Any) -> Any:
    return np.sum(x**4) + np.sum(np.exp(-x[1:] * x[:-1])) + np.sum(np.sin(x[2:] + x[:-2]))


def test_constants_of_few_diagonals_are_those() -> None:
    """The Hessian of five bands is made of them, though the constants in it have two, and zeros with a
    sign.
    """
    plan = plan_of(hoad.hessian(bands), np.linspace(0.5, 1.5, 80))
    assert all([step.group is None or len(step.group.shape) == 1 for step in plan.steps])
    assert not [name for name, *rest in plan.algebra.operations if name == "array" and len(rest[-1]) == 2]
    compiled = hoad.compile(hoad.hessian(bands))
    for n in (80, 81):
        x = np.linspace(-0.5, 1.5, n)
        np.testing.assert_allclose(compiled(x), hoad.hessian(bands)(x), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, x: np.diag(x) @ a,
        lambda a, x: a @ np.diag(x),
        lambda a, x: (np.diag(x) + np.outer(x, x)) @ a,
        lambda a, x: a @ (np.diag(x[:5], 1) - np.diag(x)),
        lambda a, x: (np.diag(x[:5], -1) - np.outer(x, x)) @ (np.diag(x) @ a),
    ],
)
def test_products_of_structured_matrices_are_loops(f: Any) -> None:
    """Of diagonals and outer products: nothing is in the way of loops over them."""
    a, x = np.random.default_rng(6).normal(size=(6, 6)), np.linspace(0.5, 1.5, 6)
    assert plan_of(lambda x: f(a, x), x).steps
    compiled = hoad.compile(lambda x: f(a, x))
    for point in (x, -x):
        np.testing.assert_allclose(compiled(point), f(a, point), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("shape", [(6, 6), (6, 5), (5, 6)])
def test_constant_matrices(mode: str, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(6)
    made = [np.eye(*shape, k) * rng.normal(size=shape[1]) for k in (-2, 0, 1)]
    matrices = [sum(made), made[0] - made[1], -made[2], -0.0 * made[0], made[1] * (rng.random(shape) < 0.5)]
    f = lambda x: [np.outer(x, x)[: shape[0], : shape[1]] * m + m @ x[: shape[1]][:, None] for m in matrices]
    x = rng.normal(size=6)
    compiled = hoad.compile(f)
    compiled(x)
    for got, right in zip(compiled(x), f(x), strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-14, atol=1e-15)


def test_what_is_kept_is_told_and_goes_with_the_function() -> None:
    hoad.compile(hoad.grad(lambda x: np.sum(np.sin(x) ** 2)), backend="numpy")(np.ones(3))
    gc.collect()
    before = set(linecache.cache)
    compiled = [
        hoad.compile(hoad.grad(lambda x, k=k: np.sum(np.sin(k * x) ** 2)), backend=b) for k, b in KEPT
    ]
    for c in compiled:
        c(np.linspace(0.0, 1.0, 500))
        c.source()
    assert [name for name in set(linecache.cache) - before if name.startswith("<hoad.compile")]
    assert compiled[0].stats()["bytes"] > 1000 and compiled[1].stats()["bytes"] == 0
    assert hoad.compile.stats()["bytes"] >= compiled[0].stats()["bytes"]
    del c, compiled
    gc.collect()
    assert not [name for name in set(linecache.cache) - before if name.startswith("<hoad.compile")]


KEPT = [(2.0, "native"), (3.0, "numpy"), (4.0, "numpy"), (5.0, "numpy"), (6.0, "numpy"), (7.0, "native")] * 3


def test_a_program_that_would_need_too_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "MOST_BYTES", 10_000)
    compiled = hoad.compile(hoad.grad(lambda x: np.sum(np.tanh(np.outer(x, x) @ np.outer(x, x)) ** 2)))
    x = np.linspace(0.1, 0.2, 60)
    np.testing.assert_allclose(compiled(x), compiled(x), rtol=1e-13)
    assert "MB between its loops" in compiled.why()


@pytest.mark.filterwarnings("ignore")
def test_remainders_and_quotients_at_special_numbers(mode: str) -> None:
    numbers = [1.5, -1.5, 0.75, -0.25, 7.0, 1e300, -1e-300, 5e-324, 0.0, -0.0, np.inf, -np.inf, np.nan]
    f = lambda x, y: (x % y, x // y, np.fmod(x, y), np.divmod(x, y)[0])
    arrays, floats = hoad.compile(f), hoad.compile(lambda x, y: (x % y, x // y))
    arrays(np.full(3, 1.5), np.full(3, 0.5))
    floats(1.5, 0.5)
    for a in numbers:
        for b in numbers:
            x, y = np.full(3, a), np.full(3, b)
            for got, right in zip(arrays(x, y), f(x, y), strict=True):
                np.testing.assert_array_equal(got, right)
                assert np.array_equal(np.signbit(got), np.signbit(right)) or np.isnan(right[0])
            if b == 0:
                with pytest.raises(ZeroDivisionError):
                    floats(a, b)
            else:
                assert repr(floats(a, b)) == repr((a % b, a // b))


def test_a_power_of_two_is_part_of_another_factor(mode: str) -> None:
    compiled = hoad.compile(lambda x: 100.0 * (-2.0 * x))
    compiled(0.1)
    assert (-200.0).hex() in compiled.to_c() and (2.0).hex() not in compiled.to_c()
    for x in (0.1, -3.7, 1e307, 1e-320):
        assert repr(compiled(x)) == repr(100.0 * (-2.0 * x))
    rounded = hoad.compile(lambda x: 0.1 * (0.3 * x))
    rounded(1.0)
    assert [rounded(x) for x in (0.7, 3.1)] == [0.1 * (0.3 * x) for x in (0.7, 3.1)]


def test_one_element_that_is_not_finite_hands_the_call_on() -> None:
    compiled = hoad.compile(lambda x: 1.0 / x)
    x = np.linspace(1.0, 2.0, 5_000)
    compiled(x)
    compiled(x)
    assert compiled.stats()["hits"] == 1
    for place, value in ((0, 0.0), (2_500, np.nan), (4_999, -0.0)):
        odd = x.copy()
        odd[place] = value
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(compiled(odd), 1.0 / odd)
    assert compiled.stats()["hits"] == 1


@pytest.mark.parametrize(("n", "form"), [(2, "scalars"), (1_000, "loops")])
def test_the_form_is_the_one_with_less_work(n: int, form: str) -> None:
    def bent(x: Any) -> Any:
        return np.sum((x[1:] - x[:-1] ** 2) ** 2)

    compiled = hoad.compile(hoad.grad(bent))
    x = np.linspace(-1.0, 1.0, n)
    compiled(x)
    assert compiled.variants[0].native.mode == form
    np.testing.assert_allclose(compiled(x), hoad.grad(bent)(x), rtol=1e-13)


def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form is chosen as it is for users, whatever form the tests around ask for."""
    monkeypatch.setattr(native, "FEW", 400)
    monkeypatch.setattr(native, "MANY", 20_000)


@pytest.mark.parametrize(("n", "form"), [(3, "scalars"), (200, "loops")])
def test_functions_in_single_numbers_are_weighed(n: int, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of a sine takes as long as many additions, and in a loop a part of that."""
    as_it_is(monkeypatch)
    compiled = hoad.compile(hoad.grad(lambda x: np.sum(np.cos(x[1:] * x[:-1]))))
    compiled(np.ones(n))
    assert compiled.variants[0].native.mode == form


def test_the_form_of_a_sparse_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check adds operations on arrays, and must not be what makes them loops."""
    as_it_is(monkeypatch)
    x = np.linspace(0.5, 1.5, 1_000)
    f = lambda x: x[1:-1] * np.sin(x[:-2]) - np.exp(-x[2:] * x[1:-1])
    for check in (False, True):
        plan = hoad.sparse_plan(f, x, compile=True, check=check)
        plan(x)
        (variant,) = plan._colored.program.now[1].variants
        assert variant.native.mode == "loops"


def test_known_elements_of_a_result_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "FEW", 2_000)  # whatever form the tests around it ask for
    known = np.where(np.arange(30) % 3 == 0, 0.0, np.arange(30) / 7)
    known[4], known[5] = -0.0, 1e308

    def f(x: Any) -> Any:
        out = known.copy() + 0 * x[0]
        out[7::9] = x
        return out

    compiled = hoad.compile(f)
    x = np.array([0.5, 1.5, 2.5])
    compiled(x)
    assert compiled.variants[0].native.mode == "scalars"
    np.testing.assert_array_equal(compiled(x), f(x))
    np.testing.assert_array_equal(compiled(x + 1), f(x + 1))


def test_quotients_that_are_rounded_below_an_integer(mode: str) -> None:
    """The multiple of the divisor that is divided by it may come out as less than the integer that it is."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1e6, 1e6, 200), rng.uniform(-3.0, 3.0, 200)
    f = lambda x, y: (x // y, np.floor_divide(y, x), np.divmod(x, y)[0], x % y)
    compiled = hoad.compile(f)
    compiled(x, y)
    for got, right in zip(compiled(x, y), f(x, y), strict=True):
        np.testing.assert_array_equal(got, right)
    of_numbers = hoad.compile(lambda x, y: (x // y, x % y))
    of_numbers(1.5, 0.5)
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        assert of_numbers(a, b) == (a // b, a % b)
