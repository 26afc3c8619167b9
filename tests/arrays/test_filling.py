"""``hoad.numpy`` and ``adapt``: arrays made and filled, in programs that say nothing of derivatives."""

import copy
import functools
import math
import pickle
import threading
from math import cos

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import zeros

import hoad
import hoad.numpy as hnp
from hoad.arrays.fillable import Fillable
from hoad.errors import ArgumentError, EscapeError
from hoad.nested import Traced

SCALE = 2.0


def everything(x):
    """Arrays made, filled, viewed and overwritten."""
    out = hnp.zeros(4)
    square = hnp.reshape(out, (2, 2))
    row = square[1]
    out[0] = x[0]
    for k in range(1, 4):
        out[k] = out[k - 1] * x[k % 2]
    row += 1.0
    three = hnp.ones(2) * 3
    three[0] = x[1]
    values = hnp.array([x[0], 2.0, x[1]])
    matrix = hnp.array([[x[0], 1.0], [0.0, x[1]]])
    unit = hnp.eye(2)
    unit[0, 1] = x[0]
    squares = hnp.vectorize(lambda a: a * a)(x)
    return (
        hnp.sum(square) + three @ three + hnp.sum(values**2) + hnp.linalg.det(matrix)
        + hnp.sum(hnp.linalg.inv(unit)) + squares.sum()
    )  # fmt: skip


X = np.array([2.0, 3.0])


def slope(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


def test_hoad_numpy() -> None:
    right = slope(everything, X)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(everything, X, mode=mode), right, rtol=1e-8)
    hessian = hoad.hessian(everything, X)
    for mode in hoad.operators.hessians.MODES:
        np.testing.assert_allclose(hoad.hessian(everything, X, mode=mode), hessian, rtol=1e-13)
    np.testing.assert_allclose(hessian, slope(hoad.grad(everything), X), rtol=1e-7)
    assert hoad.laplacian(everything, X) == pytest.approx(np.trace(hessian), rel=1e-13)
    along = hoad.derivatives(lambda t: everything(hnp.array([t, t * t])), 1.5, 4)
    third = hoad.derivative(hoad.grad(hoad.grad(lambda t: everything(hnp.array([t, t * t])))), 1.5)
    assert along[3] == pytest.approx(third, rel=1e-12)
    mapped = hoad.vmap(everything)(np.stack([X, 2 * X]))
    np.testing.assert_allclose(mapped, [everything(X), everything(2 * X)], rtol=1e-14)


def test_outside_of_a_derivative_it_is_numpy() -> None:
    assert type(hnp.zeros(2)) is np.ndarray
    assert type(hnp.array([1, 2])) is np.ndarray
    assert hnp.add is np.add
    assert hnp.float32 is np.float32
    missing = [n for n in dir(np) if not n.startswith("_") and not hasattr(hnp, n)]
    assert missing == []
    hoad.grad(lambda x: np.sum(hnp.zeros(2)) + x, 1.0)
    assert type(hnp.zeros(2)) is np.ndarray


def test_results_are_plain() -> None:
    value, j = hoad.value_and_jacobian(lambda x: hnp.zeros(2), 1.0)
    assert type(value) is np.ndarray
    assert j.tolist() == [0.0, 0.0]
    assert hoad.grad(lambda x: hnp.zeros(3).sum() + x, 1.0) == 1.0
    kept = []
    hoad.grad(lambda x: kept.append(hnp.ones(2)) or x, 1.0)
    assert (kept[0] + 1).primal.tolist() == [2.0, 2.0] if hasattr(kept[0] + 1, "primal") else True
    assert np.asarray(kept[0]).tolist() == [1.0, 1.0]


def test_integers_stay_integers() -> None:
    def f(x):
        counts = hnp.zeros(2, dtype=int)
        counts[0] = 3
        index = hnp.arange(2)
        return x[index[1]] * counts[0]

    assert hoad.grad(f, X).tolist() == [0.0, 3.0]


# ------------------------------------------------------------------------------------------------------------
# Random programs of reads, writes, views and aliases
# ------------------------------------------------------------------------------------------------------------

SIZE = 4
READS = [
    lambda a, k: a[k],
    lambda a, k: np.sum(a[k:]),
    lambda a, k: a[-1 - k] * a[k],
    lambda a, k: np.sin(a[k]),
]
VIEWS = [
    lambda a: a[::-1],
    lambda a: a[:],
    lambda a: a.reshape(2, 2).T.reshape(-1)[:],
    lambda a: a.reshape(2, 2)[1],
]

step = st.one_of(
    st.tuples(
        st.just("write"),
        st.integers(0, 1),
        st.integers(0, 1),
        st.integers(0, 3),
        st.integers(0, 1),
        st.integers(0, 1),
    ),
    st.tuples(st.just("add"), st.integers(0, 1), st.floats(-1, 1, width=16)),
    st.tuples(st.just("scale"), st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.just("view"), st.integers(0, 1), st.integers(0, 3)),
    st.tuples(st.just("alias"), st.integers(0, 1)),
    st.tuples(st.just("slice"), st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.just("fancy"), st.integers(0, 1), st.permutations([0, 1])),
    st.tuples(st.just("out"), st.integers(0, 1)),
)


def run(program, x):
    """The program on the input and on an array that it makes; what they hold is its value."""
    made = hnp.zeros(SIZE)
    base = [x, made]
    now = [x, made]
    for kind, a, *rest in program:
        y = now[a]
        if kind == "write":
            b, r, k, j = rest
            y[j % len(y)] = READS[r](now[b], k % len(now[b])) + 0.5
        elif kind == "add":
            y += rest[0]
        elif kind == "scale":
            b, k = rest
            y *= now[b][k] * 0.5
        elif kind == "view":
            now[a] = VIEWS[rest[0]](base[a])
        elif kind == "alias":
            now[a] = base[1 - a]
        elif kind == "slice":
            y[:2] = now[rest[0]][-2:] * 2.0
        elif kind == "fancy":
            y[[0, 1]] = y[list(rest[0])]
        else:
            np.multiply(y, 1.5, out=y)
    return np.sum(base[0] * np.arange(1.0, SIZE + 1)) + np.sum(base[1] ** 2)


@settings(deadline=None, max_examples=75)
@given(st.lists(step, max_size=8), st.integers(0, 2**16))
def test_random_programs(program, seed) -> None:
    """NumPy's value, and derivatives in every mode that agree with the complex step."""
    x = np.random.default_rng(seed).uniform(-1, 1, SIZE)
    before = x.copy()

    def exact(x):
        made = np.zeros(SIZE, dtype=x.dtype)
        kept = hnp.zeros
        try:
            hnp.zeros = lambda n: made
            return run(program, x.copy())
        finally:
            hnp.zeros = kept

    right_value = exact(x)
    h = 1e-30
    right = np.array([np.imag(exact(x + 1j * h * e)) / h for e in np.eye(SIZE)])
    f = functools.partial(run, program)
    value, g = hoad.value_and_grad(f, x)
    assert value == pytest.approx(right_value, rel=1e-13, abs=1e-13)
    np.testing.assert_allclose(g, right, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(hoad.jacobian(f, x, mode="forward"), right, rtol=1e-11, atol=1e-11)
    second = hoad.hessian(f, x)
    np.testing.assert_allclose(hoad.hessian(f, x, mode="reverse-reverse"), second, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(hoad.laplacian(f, x), np.trace(second), rtol=1e-9, atol=1e-9)
    v = np.ones(SIZE)
    assert hoad.directional(f, x, v, 2) == pytest.approx(v @ second @ v, rel=1e-9, abs=1e-9)
    np.testing.assert_array_equal(x, before)


# ------------------------------------------------------------------------------------------------------------
# adapt
# ------------------------------------------------------------------------------------------------------------


def helper(x):
    if not isinstance(x, float):
        raise TypeError("a float, please")
    return math.sin(x) * SCALE


def recursive(n, x):
    return x if n == 0 else helper(recursive(n - 1, x))


def untouched(x):
    """Nothing here knows of derivatives."""
    out = zeros(3)
    for i in range(3):
        out[i] = recursive(i, x[i]) + cos(x[0])
    pair = np.array([x[0], 1.0])
    steps = np.vectorize(lambda t: math.exp(t) if t > 0 else 0.0)(x)
    return float(np.sum(out)) + np.asarray(pair) @ np.ones(2) + steps.sum() + math.hypot(x[0], x[1])


P = np.array([0.3, 0.5, 0.7])


def test_adapt() -> None:
    f = hoad.adapt(untouched)
    assert f(P) == untouched(P)
    right = slope(untouched, P)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(f, P, mode=mode), right, rtol=1e-8)
    np.testing.assert_allclose(hoad.hessian(f, P), slope(hoad.grad(f), P), rtol=1e-6, atol=1e-8)
    assert (f.__name__, f.__doc__) == (untouched.__name__, untouched.__doc__)
    with hoad.no_adapt(), pytest.raises(EscapeError):
        hoad.grad(untouched, P)


def test_adapt_changes_nothing_global() -> None:
    before = {k: v for k, v in globals().items() if not k.startswith("_")}
    seen = []

    def look(x):
        seen.append(threading.get_ident())
        return hoad.grad(hoad.adapt(untouched), x)

    threads = [threading.Thread(target=look, args=(P,)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(seen) == 4
    assert {k: v for k, v in globals().items() if k in before} == before
    assert math.sin(1.0) == np.sin(1.0)
    assert zeros is np.zeros


COUNT = 0


def counting(x):
    global COUNT
    COUNT += 1
    return math.sqrt(x)


def test_adapt_writes_globals_to_their_module() -> None:
    hoad.grad(hoad.adapt(counting), 4.0)
    hoad.grad(hoad.adapt(counting), 4.0)
    assert COUNT == 2


def test_adapt_of_closures_methods_and_partials() -> None:
    def factor(x):
        return math.log(x, 2)

    def closed(x, k=3.0, *, m=1.0):
        return factor(x) * k * m

    assert hoad.grad(hoad.adapt(closed), 2.0) == pytest.approx(3 / (2 * math.log(2)))
    assert hoad.adapt(closed)(2.0, m=2.0) == 6.0

    class Body:
        mass = 2.0

        def energy(self, v):
            return 0.5 * self.mass * math.pow(v, 2)

    assert hoad.grad(hoad.adapt(Body().energy), 3.0) == 6.0
    assert hoad.grad(hoad.adapt(functools.partial(closed, k=1.0)), 2.0) == pytest.approx(
        1 / (2 * math.log(2))
    )
    names = ["sin", "cos", "tan", "exp", "log", "sqrt", "atan", "sinh", "tanh", "asinh", "log1p", "expm1"]
    for name in names:
        g = hoad.adapt(eval(f"lambda x: math.{name}(x)", {"math": math}))
        h = 1e-6
        right = (getattr(math, name)(0.7 + h) - getattr(math, name)(0.7 - h)) / (2 * h)
        assert hoad.grad(g, 0.7) == pytest.approx(right, rel=1e-8)


@pytest.mark.parametrize("wrong", [np.sin, math.sin, 3, print])
def test_what_cannot_be_adapted(wrong) -> None:
    with pytest.raises(ArgumentError):
        hoad.adapt(wrong)


@pytest.mark.parametrize("count", [1, 127, 128, 129, 300])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_any_number_of_views_is_written_through(count, mode):
    """Views that nobody holds are forgotten from time to time, and those that somebody holds never."""

    def f(x):
        y = x * 1.0
        views = [y[:2] for _ in range(count)]
        for _ in range(count):
            y[1:]  # nobody holds it
        y[0] = 10 * x[0]
        return sum(view[0] for view in views) + x[2]

    assert hoad.jacobian(f, np.ones(3), mode=mode).tolist() == [10.0 * count, 0.0, 1.0]


MADE = {
    name: (lambda a, name=name: getattr(a, name)())
    for name in dir(np.ndarray)
    if name in {
        "copy", "flatten", "ravel", "conj", "conjugate", "squeeze", "transpose", "round", "view", "cumsum",
        "cumprod", "__copy__", "__neg__", "__pos__", "__abs__",
    }
} | {
    "astype": lambda a: a.astype(float),
    "sum": lambda a: a.sum(axis=0), "mean": lambda a: a.mean(axis=0), "max": lambda a: a.max(axis=0),
    "prod": lambda a: a.prod(axis=0), "std": lambda a: a.std(axis=0), "var": lambda a: a.var(axis=0),
    "take": lambda a: a.take([0, 1], axis=0), "repeat": lambda a: a.repeat(2, axis=0),
    "dot": lambda a: a.dot(a),
    "clip": lambda a: a.clip(0, 1), "swapaxes": lambda a: a.swapaxes(0, 1), "reshape": lambda a: a.reshape(4),
    "compress": lambda a: a.compress([True, False], axis=0), "a list": lambda a: a[[0, 1]],
    "a mask": lambda a: a[a > 0], "a mesh": lambda a: a[np.ix_([0], [1])], "a row": lambda a: a[0],
    "sum with a list": lambda a: np.add(a, [1.0, 2.0]), "product": lambda a: a @ [1.0, 2.0],
    "of a plain array": lambda a: np.eye(2) * a, "solve": lambda a: np.linalg.solve(a + np.eye(2) * 5, a),
    "divmod": lambda a: divmod(a, 2)[1], "real": lambda a: a.real,
    "T": lambda a: a.T,
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_of_an_array_that_can_be_filled_can_be_filled(name) -> None:
    def f(x, made=MADE[name]):
        out = made(hnp.array([[1.0, 2.0], [3.0, 4.0]]))
        out[0] = x
        return hnp.sum(out * out)

    count = np.size(MADE[name](np.array([[1.0, 2.0], [3.0, 4.0]]))[0])
    assert hoad.derivative(f, 1.5) == pytest.approx(3.0 * count)


def test_an_array_that_outlives_its_derivative_acts_as_a_plain_one() -> None:
    kept = []

    def f(x):
        filled = hnp.zeros(2)
        filled[0] = x
        kept.extend([hnp.ones(2), filled])
        return filled.sum() * x

    hoad.grad(f, 1.0)
    plain = np.ones(2)
    plain += kept[0]
    plain -= kept[1]
    np.add(plain, kept[0], out=plain)
    assert plain.tolist() == [2.0, 3.0]
    assert repr(kept[0]) == "array([1., 1.])"
    assert type(kept[0] + 1) is type(kept[0].copy()) is type(copy.deepcopy(kept[0])) is np.ndarray
    for array, values in zip(kept, ([1.0, 1.0], [1.0, 0.0]), strict=True):
        assert str(array) == str(np.array(values))
        assert array.tolist() == values == pickle.loads(pickle.dumps(array)).tolist()
        assert type(np.asarray(array)) is type(pickle.loads(pickle.dumps(array))) is np.ndarray
        array[1] = 7.0
        assert np.asarray(array).tolist() == [values[0], 7.0]


def test_constants_that_can_be_filled_are_added_to_plain_arrays() -> None:
    held = np.ones(3)

    def f(x):
        again = held
        again += hnp.full(3, 2.0)
        return hnp.sum(again) * x

    assert hoad.grad(f, 1.0) == 9.0
    assert held.tolist() == [3.0, 3.0, 3.0]


def test_bytes_of_traced_numbers_are_refused() -> None:
    with pytest.raises(EscapeError, match="frombuffer"):
        hoad.grad(lambda x: np.sum(np.frombuffer(np.asarray(x))), np.ones(2))
    with pytest.raises(EscapeError, match="frombuffer"):
        hoad.grad(lambda x: hnp.sum(hnp.frombuffer(hnp.array([x, x], dtype=object))), 1.0)
    assert hnp.frombuffer(np.ones(2).tobytes()).tolist() == [1.0, 1.0]


def test_a_piece_for_all_the_rest_at_a_number() -> None:
    f = lambda x: np.piecewise(x, [x > 1], [lambda v: v**2, 5.0]) * x
    assert hoad.grad(f, 2.0) == 12.0
    assert hoad.grad(f, 0.5) == 5.0
    assert hoad.derivative(f, 2.0, 2) == 12.0


BESIDE = {
    "sum": lambda y, x: y + x, "quotient": lambda y, x: x / y, "power": lambda y, x: x**y,
    "choice": lambda y, x: np.where(y > 0, y, x), "larger": np.maximum, "remainder": np.fmod,
    "angle": np.arctan2, "sign": lambda y, x: np.copysign(x, y), "clipped": lambda y, x: np.clip(x, y, 9.0),
    "rows": lambda y, x: np.stack([y, x]),
    "joined": lambda y, x: np.concatenate([y, x]),
    "letters": lambda y, x: np.einsum("i,i->i", y, x), "matrix": lambda y, x: np.outer(y, x) @ x,
    "solution": lambda y, x: np.linalg.solve(np.diag(y), x),
    "inner": lambda y, x: np.inner(y, x) * x, "convolution": np.convolve,
    "selected": lambda y, x: np.select([y > 1], [y], x),
}  # fmt: skip
LEVELS = {
    "forward": lambda f, x: hoad.jvp(f, (x,), (x,)),
    "reverse": lambda f, x: hoad.vjp(f, x),
    "batch": lambda f, x: hoad.vmap(f)(np.stack([x, x])),
    "nested": lambda f, x: hoad.jvp(lambda z: hoad.jvp(f, (z,), (z,))[1], (x,), (x,)),
    "series": lambda f, x: hoad.derivatives(lambda t: np.sum(f(x * t)), 1.0, 2),
}


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_of_a_level_holds_no_array_that_waits(level) -> None:
    """Beside a value of a level, an array that can be filled is its numbers as they are then."""
    x, held = np.array([1.5, 0.5, 2.5]), []
    for name, function in BESIDE.items():

        def f(x, function=function):
            y = np.zeros(3)
            y[:] = np.array([1.0, 2.0, 3.0])
            held.append(function(y, x))
            return held[-1]

        LEVELS[level](f, x)
        assert isinstance(held[-1], Traced), name
        while held:
            z = held.pop()
            while isinstance(z, Traced):
                assert z.__class__ is not Fillable, name
                assert getattr(z, "tangent", None).__class__ is not Fillable, name
                z = z.primal
