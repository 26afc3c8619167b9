"""What a compiled function promises: the values, classes and errors of the plain one, arrays of its own, and
constants as they were.
"""

from __future__ import annotations

import copy
import subprocess
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, CompiledDiffersError, RecordingError, RecordingWarning
from hoad.program.sources.numpy_source import constant_text

X = np.array([0.5, -1.25, 2.0])
Y = np.array([1.5, 0.25, -0.75])


def compiled(f: Any, **options: Any) -> Any:
    return hoad.compile(f, backend="numpy", **options)


def same(got: Any, right: Any) -> bool:
    if isinstance(right, (tuple, list)):
        return type(got) is type(right) and all(map(same, got, right)) and len(got) == len(right)
    if isinstance(right, dict):
        return list(got) == list(right) and all(same(got[k], right[k]) for k in right)
    a, b = np.asarray(got), np.asarray(right)
    return (
        type(got) is type(right) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    )


def check(f: Any, *points: Any, variants: int | None = None, **options: Any) -> Any:
    """Compiled and plain, each point twice; no call but those that nan answers is plain."""
    c = compiled(f, **options)
    for point in (*points, *points):
        args = point if isinstance(point, tuple) else (point,)
        assert same(c(*args), f(*args)), (point, c.why())
    assert variants is None or len(c.variants) == variants
    return c


# ------------------------------------------------------------------------------------------------------------
# Values
# ------------------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    first: Any
    second: Any


CONTAINERS = {
    "tuple": lambda x: (x * 2, x[0]),
    "list": lambda x: [x * 2, [x[0], 3]],
    "dictionary": lambda x: {"b": x * 2, "a": {"c": x[0] * 2}},
    "named tuple": lambda x: Pair(x[0] * 2, x),
    "constants": lambda x: (x, 1.5, 2, "text", None, True, np.arange(3)),
    "nothing": lambda x: (),
    "None": lambda x: None,
    "twice the same": lambda x: (x * 2,) * 2,
    "the argument": lambda x: x,
    "views": lambda x: (x[1:], x.reshape(3, 1), x.T),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_out(name: str) -> None:
    check(CONTAINERS[name], X, Y)


def test_containers_in() -> None:
    f = lambda p, q=None, *, scale=1.0: {"r": p["a"] * p["b"][0] + (0 if q is None else q.first) * scale}
    c = compiled(f)
    for k in (1.0, 2.0):
        p = {"a": X * k, "b": [Y, 3]}
        for args, named in (((p,), {}), ((p, Pair(X, 1.0)), {"scale": k}), ((p,), {"q": Pair(Y, k)})):
            assert same(c(*args, **named), f(*args, **named))
    assert not c.why()


def test_a_method_and_a_decorator() -> None:
    class Model:
        def __init__(self, k: float) -> None:
            self.k = k

        @hoad.compile
        def loss(self, x: Any) -> Any:
            return np.sum(np.sin(x) * self.k)

    a, b = Model(2.0), Model(3.0)
    for x in (X, Y):
        for model in (a, b):
            np.testing.assert_allclose(model.loss(x), np.sum(np.sin(x) * model.k), rtol=1e-15)


def test_static_arguments() -> None:
    f = lambda x, n, how="sum": getattr(np, how)(x**n)
    c = compiled(f, static_argnums=1, static_argnames="how")
    for n in (2, 3, 2.0):
        for how in ("sum", "prod"):
            assert same(c(X, n, how=how), f(X, n, how=how)) and same(c(Y, n, how=how), f(Y, n, how=how))
    assert len(c.variants) == 6


def test_each_class_shape_and_type_has_a_program() -> None:
    f = lambda x: x * 2
    points = [
        1.5,
        np.float64(1.5),
        X,
        X[:2],
        X.astype(np.float32),
        np.float32(1.5),
        X + 1j,
        2j,
        np.array(1.5),
    ]
    check(f, *points, variants=8, max_variants=8)  # a ninth runs as it is written
    check(f, 3, True, np.arange(3), [X, Y][0])


@pytest.mark.parametrize("layout", ["strided", "reversed", "columns", "read-only", "broadcast"])
def test_arguments_that_lie_otherwise(layout: str) -> None:
    base = np.arange(1.0, 13.0).reshape(3, 4)
    point = {
        "strided": base[:, ::2],
        "reversed": base[::-1],
        "columns": np.asfortranarray(base),
        "read-only": np.broadcast_to(base[:1], (3, 4)),
        "broadcast": np.broadcast_to(base[:, :1], (3, 4)),
    }[layout]
    check(lambda x: (np.sum(x * x), x * 2, np.cumsum(x, axis=0)), point, point * 2)
    check(hoad.grad(lambda x: np.sum(np.sin(x) ** 2)), point, point * 2)


STRONG = {
    "root at 0": (
        lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)),
        [np.array([0.0, 4.0])],
    ),
    "root of nothing": (lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), [np.array([0.0, 4.0])]),
    "norm at 0": (lambda x: np.linalg.norm(x), [np.zeros(3), X]),
    "x**1.5 at 0": (lambda x: np.sum(x**1.5), [np.array([0.0, 1.0]), np.array([4.0, 1.0])]),
    "overflow": (lambda x: np.sum(np.exp(x) / (1 + np.exp(x))), [np.array([800.0, 1.0]), X]),
    "zero times infinity": (lambda x: np.sum(0.0 * x) + np.sum(x), [np.array([1.0, np.inf]), X]),
    "zeros times infinity": (lambda x: np.sum(np.zeros(2) * x[:2]), [np.array([1.0, np.inf]), X]),
    "logarithm of 0": (lambda x: np.sum(np.log(x) * np.array([0.0, 1.0])), [np.array([0.0, 1.0])]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", STRONG)
def test_zeros_infinities_and_nan(name: str) -> None:
    f, points = STRONG[name]
    for g in (f, hoad.grad(f), hoad.hessian(f)):
        c = compiled(g)
        for x in (*points, *points):
            np.testing.assert_array_equal(c(x), g(x))


def test_warnings_are_those_of_the_plain_function() -> None:
    f = lambda x: np.sum(np.log(x))
    c = compiled(f)
    assert c(np.array([1.0, 2.0])) == f(np.array([1.0, 2.0]))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert c(np.array([0.0, 2.0])) == -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(c(np.array([1.0, 3.0])))


# ------------------------------------------------------------------------------------------------------------
# Branches, loops, writing
# ------------------------------------------------------------------------------------------------------------


def newton(x: Any) -> Any:
    y = 1.0
    while abs(y * y - x) > 1e-12:
        y = 0.5 * (y + x / y)
    return y


def relu(x: Any) -> Any:
    return sum([v * v if v > 0 else 0.1 * v for v in x])


def test_branches_are_variants() -> None:
    c = check(relu, X, Y, -X, -Y, np.abs(X), variants=5)
    assert all([len(v.program.guards) == 3 for v in c.variants])
    check(newton, 2.0, 3.0, 2.5, 100.0)
    check(hoad.derivative(newton), 2.0, 3.0, 2.5)
    check(hoad.hessian(relu), X, Y, variants=2)


def test_both_sides_of_a_guard() -> None:
    f = lambda x: x * 2.0 if x > 1.0 else x * 3.0
    one = 1.0
    check(f, float(np.nextafter(one, 2)), one, float(np.nextafter(one, 0)), variants=2)
    c = compiled(f)
    for x in (2.0, np.float64(np.nan), 0.5, float("nan")):
        np.testing.assert_array_equal(c(x), f(x))


def test_too_many_ways_run_as_written() -> None:
    f = lambda x: x * float(int(x))
    c = check(f, *np.arange(1.0, 9.0), max_variants=3)
    assert len(c.variants) == 3 and c.stats()["plain"] > 0


def filled(x: Any) -> Any:
    out = np.zeros(5)
    out[1:4] = x
    view = out[2:]
    view *= 2.0
    view[0] += x[0]
    out[out > 1] -= x[1]
    return out, view


def test_writing_in_place() -> None:
    check(filled, X, Y)
    check(hoad.jacobian(lambda x: filled(x)[0]), X, Y)


def test_writing_into_the_argument() -> None:
    """It is the caller's array, so the function runs as it is written, and the array changes as it would."""

    def f(x: Any) -> Any:
        x[0] = 7.0
        return np.sum(x)

    c = compiled(f)
    for _ in range(2):
        a, b = X.copy(), X.copy()
        assert c(a) == f(b) and same(a, b) and a[0] == 7.0
    assert "writes into its argument" in c.why()


def test_closures_are_constants() -> None:
    held, weights = [2.0], np.ones(3)
    c = compiled(lambda x: held[0] * x * weights)
    assert same(c(X), 2.0 * X)
    held[0] = 3.0
    weights[:] = 5.0
    assert same(c(Y), 2.0 * Y)
    c.clear()
    assert same(c(Y), 15.0 * Y)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("size", [3, 3000])
@pytest.mark.parametrize("kind", [np.int64, np.int32, np.int16, np.int8])
def test_numbers_that_no_integer_holds(kind: Any, size: int) -> None:
    """NumPy warns of them, and makes others of them: what its processor gives."""
    compiled = hoad.compile(lambda x: x.astype(kind) * x)
    compiled(np.ones(size))
    largest = float(np.iinfo(kind).max)
    for value in (largest + 1.0, -2.0 * largest, 1e200, np.nan, np.inf, 0.25 * largest, -0.5 * largest, -0.9):
        x = np.linspace(-1.0, 1.0, size)
        x[1] = value
        np.testing.assert_array_equal(compiled(x), x.astype(kind) * x)


def test_a_value_that_is_no_number(recwarn: pytest.WarningsRecorder) -> None:
    """Native code gives none then, alone or beside others."""
    for value in (None, "text", (None,), (None, "text")):
        compiled = hoad.compile(lambda x, value=value: value if np.sum(x) > 0 else x)
        for k in (1.0, 2.0, 3.0, -1.0):
            found = compiled(np.full(3, k))
            assert np.array_equal(found, np.full(3, k)) if k < 0 else found == value
    assert not [w for w in recwarn if "a mistake of hoad's" in str(w.message)]


def test_results_are_the_callers_own() -> None:
    """No two share memory, nor does any with an argument, a constant, or what an earlier call gave."""
    table = np.arange(3.0)
    c = compiled(lambda x: (x, x[:], x * 1.0, table, table + 0 * x, (x * 2)[1:], np.sin(x), np.sin(x)[::-1]))
    x = X.copy()
    first = c(x)
    kept = [y.copy() for y in first]
    for y in c(Y):
        y[...] = 99.0
    for k, y in enumerate(first):
        assert same(y, kept[k]) and not np.shares_memory(y, x) and not np.shares_memory(y, table)
        assert not any([np.shares_memory(y, z) for z in first[:k]]) and y.flags.writeable
    big = np.linspace(0.0, 1.0, 1000)
    c = compiled(lambda x: (np.sin(x) * 2 + 1, np.cos(np.sin(x) * 3)))
    before = c(big)
    kept = [y.copy() for y in before]
    c(big * 2)
    assert same(list(before), kept) and same(big, np.linspace(0.0, 1.0, 1000))


class Model:
    def __init__(self, k: float) -> None:
        self.k, self.inner, self.weights = k, {"a": [1.0]}, np.ones(3)

    def loss(self, x: Any) -> Any:
        return np.sum(self.weights * x) * self.k * self.inner["a"][0]


CHANGES = {
    "an attribute": lambda m: setattr(m, "k", 5.0),
    "a container in it": lambda m: m.inner["a"].append(m.inner["a"].__setitem__(0, 7.0)),
    "an array in it": lambda m: m.weights.__setitem__(0, 9.0),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_object_that_has_changed(name: str) -> None:
    """As an argument, it is what is in it; as what a function holds, a constant."""
    model = Model(2.0)
    c = compiled(Model.loss)
    for _ in range(2):
        assert same(c(model, X), model.loss(X)) and same(c(model, Y), model.loss(Y))
        CHANGES[name](model)
    assert not c.why()


ARGUMENTS = {
    "list": ([2.0, 1], lambda a: a.__setitem__(1, 3), lambda a, x: x * a[0] * a[1]),
    "set": ({1, 2}, lambda a: a.add(3), lambda a, x: x * len(a)),
    "dictionary": ({"k": "a"}, lambda a: a.update(k="bb"), lambda a, x: x * len(a["k"])),
    "partial": (Model(2.0), lambda a: setattr(a, "k", 3.0), lambda a, x: x * a.k),
    "method": (Model(2.0), lambda a: setattr(a, "k", 3.0), lambda a, x: a.loss(x)),
    "generator of numbers": (iter(range(9)), lambda a: next(a), lambda a, x: x * next(a)),
    "random generator": (np.random.default_rng(3), lambda a: a.normal(), lambda a, x: x * a.normal()),
    "array of text": (np.array(["a"]), lambda a: a.__setitem__(0, "b"), lambda a, x: x * (a[0] == "a")),
}


@pytest.mark.parametrize("static", [(), 0], ids=["as they are", "static"])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_that_change(name: str, static: Any) -> None:
    argument, change, f = copy.deepcopy(ARGUMENTS[name][0]), *ARGUMENTS[name][1:]
    c = compiled(f, static_argnums=static)
    for _ in range(3):
        beside = copy.deepcopy(argument)
        assert same(c(argument, X), f(beside, X)), c.why()
        change(argument)


def test_tables_and_parameters_run_as_written() -> None:
    pandas = pytest.importorskip("pandas")
    c = compiled(lambda s: s.mean() * 2)
    for k in (1.0, 3.0, 5.0):
        assert c(pandas.Series([1.0, k])) == 1.0 + k
    assert "Series" in c.why()
    w = hoad.param(np.ones(3))
    for f in (lambda x: np.sum(w * x), lambda x: x * np.sum(w), hoad.grad(lambda x: np.sum(w * x**2))):
        c = compiled(f)
        for k in (1.0, 2.0):
            w[0] = k
            assert same(c(X), f(X)) and "parameter" in c.why()


ORDERS = {
    "sort": lambda x: np.sort(x) * np.arange(4.0),
    "median": lambda x: np.median(x) * x,
    "quantile": lambda x: np.quantile(x, [0.3, 0.6]),
    "positions": lambda x: x[np.argsort(x)] * np.arange(4.0),
    "along": lambda x: np.take_along_axis(x, np.argsort(-x), 0) * np.arange(4.0),
    "argmax": lambda x: x[np.argmax(x)] * 2.0,
    "max": lambda x: np.max(x) - np.min(x),
}


@pytest.mark.parametrize("name", ORDERS)
def test_another_order_needs_no_other_program(name: str) -> None:
    loss = lambda x: np.sum(ORDERS[name](x) ** 2)
    rng = np.random.default_rng(0)
    for g in (ORDERS[name], hoad.grad(loss), hoad.hessian(loss)):
        c = compiled(g)
        for _ in range(6):
            x = rng.permutation(np.array([0.5, -1.0, 2.0, 3.5]))
            np.testing.assert_allclose(c(x), g(x), rtol=1e-14, atol=1e-15)
        assert len(c.variants) == 1 and not c.why()


# ------------------------------------------------------------------------------------------------------------
# Errors
# ------------------------------------------------------------------------------------------------------------


def failing(x: Any) -> Any:
    if np.sum(x) > 1:
        raise ValueError(f"the sum of {x!r} is too large")
    return x * 2


def test_errors_are_those_of_the_function() -> None:
    c = compiled(failing)
    for _ in range(2):
        with pytest.raises(
            ValueError, match=r"the sum of array\(\[0.5 , -1.25, 2.  \]\)|the sum of array"
        ) as found:
            c(X)
        frames = traceback.extract_tb(found.value.__traceback__)
        assert frames[-1].name == "failing"
        assert same(c(-Y - 1), failing(-Y - 1))
    with pytest.raises(TypeError):
        c()


def test_tracebacks_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOAD_TRACEBACKS", raising=False)
    c = compiled(failing)
    for _ in range(2):
        with pytest.raises(ValueError) as found:
            c(X)
        names = [f.name for f in traceback.extract_tb(found.value.__traceback__)]
        assert names == ["test_tracebacks_are_short", "failing"]
        c(-X - 1)


def test_what_is_refused() -> None:
    with pytest.raises(ArgumentError, match="backend='fast' is none of"):
        hoad.compile(np.sin, backend="fast")
    with pytest.raises(ArgumentError, match="on_fail"):
        hoad.compile(np.sin, on_fail="ignore")
    with pytest.raises(ArgumentError, match="call it first"):
        compiled(np.sin).source()
    c = compiled(lambda x: x.tobytes(), on_fail="raise")
    with pytest.raises(Exception, match="bytes"):
        c(X)
    c = compiled(lambda x: {x[0]: 1.0}[0.5], on_fail="warn")
    with pytest.warns(RecordingWarning, match="dictionary") as told:
        assert c(X) == 1.0
    assert told[0].filename == __file__
    assert "test_contract.py" in c.why()


@pytest.mark.filterwarnings("ignore:the function writes into a list")
def test_check() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(x)
        return x * len(calls)

    c = compiled(f, check=True)
    c(1.0)
    with pytest.raises(CompiledDiffersError, match="something that is not among its arguments"):
        c(1.0)
    assert check(np.sin, 0.5, 1.0, check=2)


# ------------------------------------------------------------------------------------------------------------
# Around and within
# ------------------------------------------------------------------------------------------------------------


def energy(x: Any) -> Any:
    return np.sum(np.sin(x) ** 2) + np.prod(x) * (2.0 if x[0] > 0 else 3.0)


WITHIN = {
    "grad": lambda f: hoad.grad(f),
    "hessian": lambda f: hoad.hessian(f),
    "jvp": lambda f: lambda x: hoad.jvp(f, (x,), (Y,)),
    "vjp": lambda f: lambda x: hoad.vjp(f, x)[1](1.0),
    "vmap": lambda f: lambda x: hoad.vmap(f)(np.stack([np.abs(x), np.abs(x) + 1])),
    "laplacian": lambda f: hoad.laplacian(f),
    "derivative of it": lambda f: lambda x: hoad.derivative(lambda t: f(x * t), 1.0, 3),
    "vmap of grad": lambda f: lambda x: hoad.vmap(hoad.grad(f))(np.stack([np.abs(x), np.abs(x) + 1])),
    "compile": lambda f: compiled(lambda x: f(x) * 2),
    "compile of grad": lambda f: compiled(hoad.grad(lambda x: f(x) * 2)),
    "value and grad": lambda f: hoad.value_and_grad(f),
}


@pytest.mark.parametrize("name", WITHIN)
def test_compiled_within(name: str) -> None:
    inner = compiled(energy)
    if name.startswith("vmap"):  # a batch has no truth value
        inner = compiled(lambda x: np.sum(np.sin(x) ** 2))
        plain = lambda x: np.sum(np.sin(x) ** 2)
    else:
        plain = energy
    got, right = WITHIN[name](inner), WITHIN[name](plain)
    for x in (X, Y, -X, X):
        for a, b in zip(
            np.atleast_1d(got(x)) if name != "value and grad" else got(x),
            right(x) if name == "value and grad" else np.atleast_1d(right(x)),
            strict=True,
        ):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


AROUND = {
    "grad": hoad.grad, "hessian": hoad.hessian, "laplacian": hoad.laplacian, "jacobian": hoad.jacobian,
    "value_and_grad": hoad.value_and_grad, "diag_hessian": hoad.diag_hessian,
    "value_grad_hessian": hoad.value_grad_hessian,
    "hvp": lambda f: lambda x: hoad.hvp(f, x, Y), "jvp": lambda f: lambda x: hoad.jvp(f, (x,), (Y,)),
    "derivatives": lambda f: lambda x: hoad.derivatives(lambda t: f(x * t), 1.0, 3),
    "derivative": lambda f: lambda x: hoad.derivative(lambda t: f(x * t), 1.0, 2),
    "vmap": lambda f: lambda x: hoad.vmap(lambda v: np.sum(v**2))(np.outer(x, x)),
    "checkpoint": lambda f: hoad.grad(hoad.checkpoint(f)),
    "nested": lambda f: hoad.grad(lambda x: np.sum(hoad.grad(f)(x) ** 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_compiled_around(name: str) -> None:
    """The classes of the results are the plain ones' too, of arrays and of numbers."""
    g = AROUND[name](energy)
    c = compiled(g)
    for x in (X, Y, -X, X):
        got, right = c(x), g(x)
        if not same(got, right):
            for a, b in zip(got, right, strict=True) if isinstance(right, tuple) else [(got, right)]:
                assert type(a) is type(b)
                np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)
    assert not c.why()


SCALARS = {
    "derivative": hoad.derivative, "grad": hoad.grad, "value_and_grad": hoad.value_and_grad,
    "third": lambda f: lambda x: hoad.derivative(f, x, 3), "hessian": hoad.hessian, "jacobian": hoad.jacobian,
    "laplacian": hoad.laplacian, "taylor": lambda f: lambda x: hoad.derivatives(f, x, 4),
    "function": lambda f: f, "diag_hessian": hoad.diag_hessian,
    "twice": lambda f: hoad.derivative(hoad.derivative(f)), "mixed": lambda f: hoad.grad(hoad.derivative(f)),
}  # fmt: skip


@pytest.mark.parametrize("kind", [float, np.float64, np.float32], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", SCALARS)
def test_numbers_keep_their_class(name: str, kind: type) -> None:
    for f in (lambda x: x * x * x - 2 * x, lambda x: np.sin(x) * x**2.5, lambda x: x / (1 + x) + abs(x)):
        g = SCALARS[name](f)
        c = compiled(g)
        for x in (1.5, 0.75, 2.0):
            got, right = c(kind(x)), g(kind(x))
            if (name, kind) == ("laplacian", np.float32):  # powers of single precision, rounded once more
                assert type(got) is type(right)
                np.testing.assert_allclose(got, right, rtol=1e-6)
            else:
                assert same(got, right), (got, right)


def test_threads() -> None:
    c = compiled(hoad.grad(relu), max_variants=64)
    points = [np.random.default_rng(k).normal(size=3) for k in range(24)]
    right = [hoad.grad(relu)(x) for x in points]
    wrong: list[Any] = []

    def work(seed: int) -> None:
        for k in np.random.default_rng(seed).permutation(24):
            if not same(c(points[k]), right[k]):
                wrong.append(k)

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not wrong


def test_counts() -> None:
    c = check(relu, X, Y)
    found = c.stats()
    assert (found["variants"], found["hits"], found["plain"]) == (2, 2, 0)
    assert hoad.compile.stats()["functions"] >= 1
    c.clear()
    assert not c.variants and c.stats()["variants"] == 0


# ------------------------------------------------------------------------------------------------------------
# Source
# ------------------------------------------------------------------------------------------------------------

SAVED = {
    "gradient": hoad.grad(energy),
    "Hessian": hoad.hessian(energy),
    "constants": lambda x: x * np.array([1.0, np.inf, -0.0]) + np.array([1j, complex(-0.0, 2.0), 3]),
    "numbers": lambda x: x * np.float32(0.1) + complex(-0.0, -1.0),
    "own functions": hoad.grad(lambda x: np.sum(np.logaddexp(x, 1.0) + np.sinc(x) + np.tanh(x) ** 2)),
    "sorted": lambda x: np.sort(x) * np.median(x),
    "linear algebra": lambda x: np.linalg.solve(np.outer(x, x) + np.eye(3), x),
    "names": lambda np_, v1: np_ * v1,
}


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_module_needs_no_hoad(name: str, tmp_path: Path) -> None:
    c = compiled(SAVED[name])
    args = (X, Y) if name == "names" else (X,)
    c(*args)
    c.save(tmp_path / "saved.py")
    np.save(tmp_path / "x.npy", np.stack(args))
    title = c.source().split("(")[0].split()[-1]
    code = (
        "import sys, numpy as np, saved\n"
        f"out = saved.{title}(*np.load('x.npy'))\n"
        "assert not [m for m in sys.modules if m.startswith('hoad')]\n"
        "np.save('y.npy', out[0])\n"
    )
    subprocess.run(
        [sys.executable, "-S", "-c", "import site; site.main()\n" + code], cwd=tmp_path, check=True
    )
    assert np.load(tmp_path / "y.npy").tobytes() == np.asarray(c(*args)).tobytes()


LAYOUTS: dict[str, Any] = {
    "as it is": lambda a: a,
    "by columns": lambda a: np.asfortranarray(a),
    "transposed": lambda a: a.T,
    "every second": lambda a: a[:, ::2],
    "backwards": lambda a: a[::-1, ::-1],
    "stretched": lambda a: np.broadcast_to(a[:, :1], a.shape),
    "one": lambda a: a[1:2, 2:].reshape(()),
    "a number": lambda a: a[1, 2],
    "none": lambda a: a[:0],
}


@pytest.mark.parametrize("kind", "?bBhHiIlLqQefdgFDG")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_constant_as_text_has_the_same_bits(kind: str, layout: str) -> None:
    """Of every type, however it lies in memory."""
    held = np.array([[0.0, 1.0, 1 / 3], [100.0, 5.0, 0.1]]).astype(kind)
    if held.dtype.kind in "fc":
        held[0, 0], held[0, 1], held[1, 0] = -0.0, -np.inf, np.finfo(kind).smallest_subnormal
    if held.dtype.kind == "c":
        held.imag = [[-np.inf, -0.0, 0.1], [2.0, np.nan, 0.3]]
    value, namespace = LAYOUTS[layout](held), {"np": np}
    exec(f"c = {constant_text('c', value)}", namespace)
    found: Any = namespace["c"]
    assert (found.dtype, found.shape) == (value.dtype, value.shape)
    np.testing.assert_array_equal(found, value)
    for part in (np.real, np.imag) if value.dtype.kind in "fc" else ():
        np.testing.assert_array_equal(np.signbit(part(found)), np.signbit(part(value)))


def test_what_has_no_text() -> None:
    held = {"f": np.frompyfunc(lambda v: v, 1, 1)}
    c = compiled(lambda x: np.sin(x) * (1.0 if held else 2.0))
    c(X)
    assert "np.sin" in c.source()
    with pytest.raises((RecordingError, ArgumentError)):
        compiled(lambda x: x.tobytes()).save("nowhere.py")


NAMES = ["np", "math", "MISSED", "v1", "c1", "float", "abs", "NotImplemented", "compiled", "f"]


@pytest.mark.parametrize("name", NAMES)
def test_arguments_may_have_any_name(name: str) -> None:
    names: dict[str, Any] = {}
    exec(f"import numpy\ndef f({name}):\n    return numpy.sin({name}) * 2.0 + [1.5, 0.5, 2.5]", names)
    check(names["f"], X, Y)
    exec(f"import numpy\ndef {name}(x):\n    return numpy.sin(x) * 2.0 + x", names)
    check(names[name], X, 0.5)


def test_programs_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    c = check(hoad.grad(energy), X)
    c.show()
    shown = capsys.readouterr().out
    assert "recorded, " in shown and "carried out, " in shown and "np.cos" in shown
    assert "\npruned, " in shown and "\nwithout units, " in shown  # the passes that change it
    *before, last = [part for part in shown.split("\n\n") if " operations:\n" in part]
    assert before[-1].partition(":")[2] == last.partition(":")[2]  # all in one go comes to the same
    assert repr(c.variants[0]).startswith("<energy: ")


def infinite_points() -> list[np.ndarray]:
    held = (0.5, -0.0, np.inf, -np.inf)
    return [np.array([a, b, 1.5]) for a in held for b in held]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.exp(-x) / 3),
        lambda x: np.sum(np.exp(x) * x[::-1]),
        lambda x: np.sum(np.cosh(np.expm1(np.abs(x)))),
        lambda x: np.sum(np.tanh(x) / (1 + x**2)),
        lambda x: np.exp(-x[0]) * np.arctan(x[1]) + 1 / x[2],
        lambda x: np.sum(np.logaddexp(x, x[::-1])),
        lambda x: np.sum(np.maximum(x, 0.5) * np.sqrt(np.abs(x))),
        lambda x: np.hypot(x[0], x[1]) ** 3 * x[2],
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_zeros_have_the_signs_of_the_plain_call_at_infinity(f: Any) -> None:
    """A program that was recorded where nan came up on the way is none for other points."""
    for operator in (hoad.hessian, hoad.grad):
        g = operator(f)
        compiled = hoad.compile(g, backend="numpy")
        for x in infinite_points():
            with np.errstate(all="ignore"):
                got, right = compiled(x), g(x)
            np.testing.assert_allclose(got, right, rtol=1e-13)
            np.testing.assert_array_equal(np.signbit(got[right == 0]), np.signbit(right[right == 0]))
