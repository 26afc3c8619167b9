"""``vmap`` gives what a loop over the members gives: for every rule and axis, nested with all modes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import LIST, NAMES, Program, energy, weights

import hoad
from hoad.errors import ArgumentError, ShapeMismatchError

# The values decide, and differ between members.
BRANCHES = {
    "piecewise", "real_if_close", "trim_zeros", "intersect1d", "setdiff1d", "polymul", "polydiv", "roots",
}  # fmt: skip
MEMBERS = 3


def stacks(entry: Program) -> list:
    return [np.stack([x * (1 + 0.01 * k) for k in range(MEMBERS)]) for x in entry.arguments]


def close(got, right):
    np.testing.assert_allclose(got, right, rtol=1e-11, atol=1e-11)


RULES = [
    pytest.param(e, id=n) for n, e in zip(NAMES, LIST, strict=True) if n.rpartition("-")[0] not in BRANCHES
]


@pytest.mark.parametrize("entry", RULES)
def test_every_rule(entry: Program) -> None:
    """The function, its gradient, and the gradient of the mapped function."""
    xs = stacks(entry)
    values = [entry.run(*[x[k] for x in xs]) for k in range(MEMBERS)]
    close(hoad.vmap(entry.run)(*xs), np.stack(values))
    if any(np.iscomplexobj(v) for v in (*values, *xs)):
        return
    every = tuple(range(len(xs)))
    w = weights(values[0], 8)
    run = entry.run  # a search need not go over the entry
    loss = lambda *p: energy(run(*p), w)
    gradients = [hoad.grad(loss, *[x[k] for x in xs], argnums=every) for k in range(MEMBERS)]
    inside = hoad.vmap(hoad.grad(loss, argnums=every))(*xs)
    outside = hoad.grad(lambda *p: np.sum(hoad.vmap(loss)(*p)), *xs, argnums=every)
    v = tuple(np.ones_like(x) for x in entry.arguments)
    along = lambda *p: hoad.jvp(run, p, v)[1]
    close(hoad.vmap(along)(*xs), np.stack([along(*[x[k] for x in xs]) for k in range(MEMBERS)]))
    for i in every:
        right = np.stack([g[i] for g in gradients])
        close(inside[i], right)
        close(outside[i], right)


@given(st.data())
def test_axes_and_shapes(data) -> None:
    """Any axis in, any axis out, shared arguments, chunks."""
    n = data.draw(st.integers(1, 4))
    shape = data.draw(st.lists(st.integers(1, 3), max_size=2))
    place = data.draw(st.integers(-len(shape) - 1, len(shape)))
    end = data.draw(st.integers(-len(shape) - 1, len(shape)))
    chunk = data.draw(st.none() | st.integers(1, 5))
    x = np.random.default_rng(7).normal(size=(n, *shape))
    shared = np.random.default_rng(8).normal(size=shape)
    f = lambda x, y: np.sin(x) * y + np.sum(x)
    got = hoad.vmap(f, in_axes=(place, None), out_axes=end, chunk_size=chunk)(
        np.moveaxis(x, 0, place), shared
    )
    close(got, np.moveaxis(np.stack([f(m, shared) for m in x]), 0, end))


@given(st.permutations(["vmap", "grad", "jvp", "jet"]))
def test_nesting_in_any_order(order) -> None:
    """Each transformation of a function of one number commutes with the map over points."""
    wrap = {
        "grad": lambda f: hoad.grad(f),
        "jvp": lambda f: lambda x: hoad.jvp(f, (x,), (1.0,))[1],
        "jet": lambda f: lambda x: hoad.derivative(f, x, 3),
        "vmap": lambda f: lambda x: hoad.vmap(f)(np.stack([x, 2 * x]))[1],  # at 2 x: a factor for each order
    }
    f = lambda x: np.exp(np.sin(x)) * x**2
    scale, right = 1.0, 0.0
    for k, name in enumerate(order):
        f = wrap[name](f)
        if name == "vmap":
            outer = {"grad": 1, "jvp": 1, "jet": 3}
            scale = 2.0 ** sum(outer[o] for o in order[k + 1 :])
    right = scale * hoad.derivative(lambda x: np.exp(np.sin(x)) * x**2, 0.6, 5)
    assert float(f(0.3)) == pytest.approx(right, rel=1e-12)


def test_maps_in_maps() -> None:
    a, b = np.arange(3.0), np.arange(4.0)
    table = hoad.vmap(hoad.vmap(lambda x, y: x * y**2, (None, 0)), (0, None))
    np.testing.assert_array_equal(table(a, b), a[:, None] * b**2)
    slopes = hoad.vmap(hoad.vmap(hoad.grad(lambda x, y: x * y**2, argnums=1), (None, 0)), (0, None))
    np.testing.assert_array_equal(slopes(a, b), 2 * a[:, None] * b)


def test_positions_that_differ_between_members() -> None:
    x = np.arange(12.0).reshape(4, 3)
    i = np.array([2, 0])
    read = hoad.vmap(lambda i: np.take_along_axis(x[:, 1], np.reshape(i, 1), axis=0))
    np.testing.assert_array_equal(read(i), x[i, 1:2])
    both = hoad.vmap(lambda x, i: np.take(x, i, axis=1))
    np.testing.assert_array_equal(both(np.stack([x, 2 * x]), i), [x[:, 2], 2 * x[:, 0]])
    picked = lambda x, i: x[i] ** 2
    np.testing.assert_array_equal(hoad.vmap(picked)(x[:2], i), x[[0, 1], i] ** 2)
    g = hoad.grad(lambda x: np.sum(hoad.vmap(lambda i: x[i] ** 2)(np.array([1, 1, 3]))), np.arange(4.0))
    assert g.tolist() == [0.0, 4.0, 0.0, 6.0]
    g = hoad.vmap(hoad.grad(picked), (None, 0))(np.arange(3.0), i)
    assert g.tolist() == [[0.0, 0.0, 4.0], [0.0, 0.0, 0.0]]

    def written(x, i):
        x[i] = 10.0
        x[:, None][i] *= 2
        return x

    assert hoad.vmap(written)(np.zeros((2, 3)), i).tolist() == [[0.0, 0.0, 20.0], [20.0, 0.0, 0.0]]

    def masked(x):
        x[x < 1] = 7.0
        return x

    assert hoad.vmap(masked)(np.array([[0.0, 2.0], [3.0, 0.5]])).tolist() == [[7.0, 2.0], [3.0, 7.0]]
    with pytest.raises(ArgumentError, match=r"np\.where"):
        hoad.vmap(lambda x: np.sum(x[x > 1]))(np.array([[0.0, 2.0], [3.0, 4.5]]))


def test_views_and_writes() -> None:
    def f(x):
        out = np.zeros_like(x)
        first = out[0]
        first += x[1]
        out.reshape(-1)[-1] = 5.0
        out.T[0, 1] = x[0, 0]
        return out

    x = np.arange(12.0).reshape(3, 2, 2)
    before = x.copy()
    np.testing.assert_array_equal(hoad.vmap(f)(x), np.stack([f(m) for m in x]))
    overwrites = hoad.vmap(lambda x: np.multiply(x, 2, out=x))
    np.testing.assert_array_equal(overwrites(x), 2 * x)
    np.testing.assert_array_equal(x, before)


@dataclasses.dataclass
class Ball:
    place: np.ndarray
    mass: float


def test_containers() -> None:
    balls = {"ball": Ball(np.arange(6.0).reshape(3, 2), 2.0), "name": "x"}
    momentum = lambda d: {"p": d["ball"].place * d["ball"].mass, "name": d["name"]}
    out = hoad.vmap(
        momentum, in_axes=({"ball": Ball(0, None), "name": None},), out_axes={"p": 1, "name": None}
    )(balls)
    np.testing.assert_array_equal(out["p"], balls["ball"].place.T * 2)
    assert out["name"] == "x"
    pair = hoad.vmap(lambda x, *, k: (x * k, 1.0))(np.arange(2.0), k=np.array([5.0, 7.0]))
    assert [p.tolist() for p in pair] == [[0.0, 7.0], [1.0, 1.0]]
    assert hoad.vmap(lambda x: (x, 3.0), out_axes=(0, None))(np.ones(2))[1] == 3.0
    assert hoad.vmap(lambda x: x.tolist())(np.eye(2))[0].tolist() == [1.0, 0.0]


def test_no_members() -> None:
    assert hoad.vmap(lambda x: np.sum(np.sin(x)))(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: hoad.vmap(np.sin)(1.0),
            ArgumentError,
            r"argument 0 holds 1\.0 \(float\), which has no axis 0",
        ),
        (lambda: hoad.vmap(np.sin, in_axes=2)(np.ones((2, 2))), ArgumentError, "has no axis 2"),
        (lambda: hoad.vmap(np.sin, in_axes=None)(np.ones(2)), ArgumentError, "nothing to map over"),
        (lambda: hoad.vmap(np.sin, in_axes="0")(np.ones(2)), ArgumentError, "must be an integer, or None"),
        (lambda: hoad.vmap(np.add, in_axes=(0,))(np.ones(2), np.ones(2)), ArgumentError, "2 arguments"),
        (lambda: hoad.vmap(np.add)(np.ones(2), np.ones(3)), ShapeMismatchError, "2 in argument 0, 3 in argu"),
        (lambda: hoad.vmap(np.sin, out_axes=1)(np.ones(2)), ArgumentError, "out_axes has 1"),
        (lambda: hoad.vmap(np.sin, out_axes=None)(np.ones(2)), ArgumentError, "differs between the members"),
        (lambda: hoad.vmap(np.sin, chunk_size=0), ArgumentError, "chunk_size=0"),
        (lambda: hoad.vmap(3), ArgumentError, "not a function"),
        (lambda: hoad.vmap(lambda x: np.sin)(np.ones(2)), ArgumentError, "returned a function"),
        (lambda: hoad.vmap(lambda x: x if x > 0 else -x)(np.array([1.0, -1.0])), TypeError, r"np\.where"),
        (lambda: hoad.vmap(np.add, ((0, 0), 0))(np.ones(2), np.ones(2)), ShapeMismatchError, "argument 0"),
    ],
)
def test_bad_input(call, error, text) -> None:
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("x", [[1.0, 2.0], [-1.0, -2.0]])
def test_a_branch_that_all_members_take_together(x) -> None:
    """As a check of arguments does; its condition may be traced, within a derivative and around one."""
    f = lambda x: x**2 if x > 0 else -x
    right = np.where(np.array(x) > 0, 2 * np.array(x), -1.0)
    np.testing.assert_array_equal(hoad.vmap(f)(np.array(x)), [f(v) for v in x])
    np.testing.assert_array_equal(hoad.vmap(hoad.grad(f))(np.array(x)), right)
    np.testing.assert_array_equal(hoad.grad(lambda x: np.sum(hoad.vmap(f)(x)))(np.array(x)), right)


def test_a_mask_that_differs_takes_a_number_and_no_array() -> None:
    """The number goes to each; of an array, nobody knows how many elements each member would take."""
    rows = np.array([[1.0, 2.0], [2.0, 3.0]])

    def filled(x, value):
        y = x * 1.0
        y[x > 1] = value
        return y

    assert hoad.vmap(lambda x: filled(x, 7.0))(rows).tolist() == [[1.0, 7.0], [7.0, 7.0]]
    with pytest.raises(ArgumentError, match=r"np\.where"):
        hoad.vmap(lambda x: filled(x, np.array([7.0])))(rows)


def test_an_index_that_differs_moves_the_array_that_is_filled() -> None:
    """A number goes to another place for each member, so there is an array for each."""

    def unit(i):
        y = hoad.numpy.zeros(3)
        y[i] = 5.0
        return y

    assert hoad.vmap(unit)(np.array([0, 2])).tolist() == [[5.0, 0.0, 0.0], [0.0, 0.0, 5.0]]
    scaled = lambda t: np.sum(hoad.vmap(lambda i: t * unit(i))(np.array([0, 2])))
    assert hoad.grad(scaled)(1.0) == 10.0


@pytest.mark.parametrize(
    "f",
    [lambda s: s**2, lambda s: s**2.5, lambda s: 2**s, lambda s: 1 / s, lambda s: s / 3, np.sqrt,
     lambda s: np.hypot(s, 2.0), lambda s: np.arctan2(s, 2.0), np.log, np.arcsin, np.arccosh],
)  # fmt: skip
def test_a_cotangent_that_is_one_number_meets_partials_of_many_members(f) -> None:
    """The seed of a gradient is a float, and what the value depends on a batch."""
    rows = np.array([[0.25, 0.5], [0.125, 0.25]])
    g = hoad.grad(lambda x: f(np.sum(x)))
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(hoad.vmap(g)(rows), [g(row) for row in rows], rtol=1e-14)
