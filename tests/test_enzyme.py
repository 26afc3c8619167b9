"""Enzyme, row by row: its calling form, functions that write, and another engine's backward pass."""

import numpy as np
import pytest
from features import row

import hoad
from hoad.chainrules import adjoint, remove_rule
from hoad.enzyme import (
    Active,
    BatchDuplicated,
    Const,
    Duplicated,
    DuplicatedNoNeed,
    Forward,
    ForwardWithPrimal,
    Reverse,
    ReverseSplitWithPrimal,
    ReverseWithPrimal,
    autodiff,
    autodiff_thunk,
    make_zero,
)
from hoad.errors import ArgumentError, NonScalarOutputError, ShapeMismatchError

SYSTEM = "Enzyme"
rosenbrock = lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2
A, B = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])


def add_(s, a, b):
    """Write the sum into the first argument, and return nothing."""
    s[:] = a + b


@row(
    SYSTEM,
    "autodiff(Reverse, …)",
    "hoad.enzyme.autodiff(Reverse, f, Active(x), …)",
    "also with no mode: reverse",
)
def test_reverse():
    assert autodiff(Reverse, rosenbrock, Active, Active(1.0), Active(2.0)) == ((-400.0, 200.0),)
    assert autodiff(Reverse, rosenbrock, Active(1.0), Const(2.0)) == ((-400.0, None),)
    assert autodiff(rosenbrock, Active, Active(1), Active(2)) == ((-400.0, 200.0),)
    x, dx = np.array([1.0, 2.0]), np.zeros(2)
    autodiff(Reverse, lambda x: x[0] ** 2 * x[1], Active, Duplicated(x, dx))
    assert dx.tolist() == [4.0, 1.0]


@row(SYSTEM, "autodiff(Forward, …)", "hoad.enzyme.autodiff(Forward, f, Duplicated(x, dx), …)")
def test_forward():
    assert autodiff(Forward, rosenbrock, Duplicated, Duplicated(1.0, 1.0), Const(2.0)) == (-400.0,)
    x, dx = A.copy(), np.array([1.0, 0.0, 0.0])

    def double_(x):
        x *= 2.0
        x[1] = x[0] * x[2]

    assert autodiff(Forward, double_, Const, Duplicated(x, dx)) == (None,)
    assert x.tolist() == [2.0, 12.0, 6.0]
    assert dx.tolist() == [2.0, 12.0, 0.0]


@row(
    SYSTEM,
    "Const, Active, Duplicated, …",
    "Const, Active, Duplicated, DuplicatedNoNeed, BatchDuplicated",
    "shadows are added to and consumed as in Enzyme; every misuse is refused before anything is changed",
)
def test_activities():
    s, ds = np.zeros(3), np.array([10.0, 14.0, 18.0])
    da, db = np.zeros(3), np.zeros(3)
    call = lambda: autodiff(Reverse, add_, Const, Duplicated(s, ds), Duplicated(A, da), Duplicated(B, db))
    assert call() == ((None, None, None),)
    assert s.tolist() == [5.0, 7.0, 9.0]
    assert da.tolist() == db.tolist() == [10.0, 14.0, 18.0]
    assert ds.tolist() == [0.0, 0.0, 0.0]  # consumed: s was overwritten
    ds[:] = [10.0, 14.0, 18.0]
    call()
    assert da.tolist() == [20.0, 28.0, 36.0]  # not zeroed in between: doubled
    s, ds = np.zeros(3), np.ones(3)
    autodiff(Reverse, add_, Const, DuplicatedNoNeed(s, ds), Duplicated(A, np.zeros(3)), Const(B))
    assert s.tolist() == [0.0, 0.0, 0.0]
    shadows = [np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    x = np.array([3.0, 4.0])
    product = lambda x: x[0] * x[1]
    assert autodiff(Forward, product, Duplicated, BatchDuplicated(x, shadows)) == ((4.0, 3.0),)
    zeros = [np.zeros(2), np.zeros(2)]
    autodiff(Reverse, product, Active, BatchDuplicated(x, zeros))
    assert [z.tolist() for z in zeros] == [[4.0, 3.0], [4.0, 3.0]]


@row(SYSTEM, "ForwardWithPrimal, ReverseWithPrimal", "hoad.enzyme.ReverseWithPrimal, ForwardWithPrimal")
def test_with_primal():
    assert autodiff(ReverseWithPrimal, rosenbrock, Active(1.0), Active(2.0)) == ((-400.0, 200.0), 100.0)
    assert autodiff(ForwardWithPrimal, rosenbrock, Duplicated(1.0, 1.0), Const(2.0)) == (-400.0, 100.0)


@row(SYSTEM, "ReverseHolomorphic", "hoad.grad(f, z, holomorphic=True)", "the same word for every operator")
def test_holomorphic():
    z = 1 + 1j
    assert hoad.grad(lambda z: z**3, z, holomorphic=True) == pytest.approx(3 * z**2)


@row(
    SYSTEM,
    "autodiff_thunk",
    "hoad.enzyme.autodiff_thunk(ReverseSplitWithPrimal, f)",
    "a tape is used once, and says so",
)
def test_thunk():
    forward, reverse = autodiff_thunk(ReverseSplitWithPrimal, lambda x, y: np.sum(x * y), Active)
    dx = np.zeros(3)
    tape, value = forward(Duplicated(A, dx), Const(B))
    assert value == 32.0
    assert dx.tolist() == [0.0, 0.0, 0.0]
    assert reverse(Duplicated(A, dx), Const(B), 2.0, tape) == ((None, None),)
    assert dx.tolist() == [8.0, 10.0, 12.0]
    with pytest.raises(ArgumentError, match="used once"):
        reverse(Duplicated(A, dx), Const(B), 2.0, tape)


@row(SYSTEM, "gradient, jacobian", "hoad.gradient, hoad.jacobian", "shape of the output, then of the input")
def test_gradient():
    assert hoad.gradient(rosenbrock, 1.0, 2.0) == (-400.0, 200.0)
    assert hoad.jacobian(lambda x: np.outer(x, x), A).shape == (3, 3, 3)


@row(SYSTEM, "hvp, hvp_and_gradient!", "hoad.hvp(f, x, v), hoad.jvp(hoad.grad(f), (x,), (v,))")
def test_hvp():
    f = lambda x: np.sin(x[0] * x[1])
    x, v = np.array([2.0, 3.0]), np.array([5.0, 2.7])
    g, h = hoad.jvp(hoad.grad(f), (x,), (v,))
    np.testing.assert_allclose(h, [19.69268826373025, 16.201003759768003], rtol=1e-13)
    np.testing.assert_allclose(g, [2.880510859951098, 1.920340573300732], rtol=1e-13)
    np.testing.assert_allclose(hoad.hvp(f, x, v), h, rtol=1e-15)


@row(
    SYSTEM,
    "mutation, make_zero",
    "out[i] = v, hoad.enzyme.make_zero(x)",
    "views, aliases and containers; the function says nothing of it",
)
def test_mutation():
    p = {"w": A.copy(), "parts": [np.ones(2), 3.0], "name": "layer"}
    shadow = make_zero(p)
    assert shadow["name"] == "layer"

    def loss(p):
        w = p["w"]
        w[1:] *= p["parts"][1]
        return np.sum(w**2) + np.sum(p["parts"][0])

    autodiff(Reverse, loss, Active, Duplicated(p, shadow))
    assert p["w"].tolist() == [1.0, 6.0, 9.0]
    assert shadow["w"].tolist() == [2.0, 36.0, 54.0]
    assert shadow["parts"][0].tolist() == [1.0, 1.0]
    assert shadow["parts"][1] == 2 * 3 * (4.0 + 9.0)


@row(SYSTEM, "ignore_derivatives, within_autodiff", "hoad.ignore_derivatives(f), hoad.is_tracing(x)")
def test_ignore():
    assert hoad.grad(lambda x: x * hoad.stop_gradient(x), 3.0) == 3.0
    assert hoad.grad(lambda x: x * (2.0 if hoad.is_tracing(x) else 1.0), 3.0) == 2.0


@row(SYSTEM, "set_strong_zero", "always", "a zero cotangent stays zero, whatever it meets")
def test_strong_zero():
    assert hoad.grad(lambda x: np.minimum(1.0, 1 / x), 0.0) == 0.0


@row(SYSTEM, "EnzymeRules", "@hoad.chainrules.rrule with needs=", "a rule is told which arguments are active")
def test_rules():
    def f(a, b):
        return a * b

    seen = []

    @hoad.chainrules.rrule(f)
    def _(a, b, *, needs):
        seen.append(tuple(needs))
        return a * b, lambda g: (hoad.chainrules.NoTangent(), g * b, g * a)

    assert hoad.grad(lambda a: f(a, 3.0), 2.0) == 3.0
    assert seen
    remove_rule(f)


@row(SYSTEM, "autodiff_deferred", "automatic", "derivatives nest to any order")
def test_nested():
    def inner(x):
        return autodiff(Reverse, lambda y: y**3 * x, Active, Active(x))[0][0]

    assert hoad.grad(inner, 2.0) == pytest.approx(3 * 3 * 2.0**2)  # d/dx of 3 x^2 * x


# ------------------------------------------------------------------------------------------------------------
# The adjoint of one system by the backward pass of another
# ------------------------------------------------------------------------------------------------------------


def summed(a, b):
    s = np.zeros_like(a)
    add_(s, a, b)
    return s


def test_a_custom_adjoint_by_autodiff():
    square = lambda y: np.sum(y**2)
    plain = hoad.gradient(lambda a, b: square(a + b), A, B)
    no_rule = hoad.gradient(lambda a, b: square(summed(a, b)), A, B)
    calls = []

    def back(dzds, a, b):
        calls.append(1)
        s, da, db = np.zeros_like(a), np.zeros_like(dzds), np.zeros_like(dzds)
        autodiff(add_, Const, Duplicated(s, dzds.copy()), Duplicated(a, da), Duplicated(b, db))
        return da, db

    @adjoint(summed)
    def _(a, b):
        return a + b, lambda dzds: back(dzds, a, b)

    try:
        assert square(summed(A, B)) == 155.0
        ruled = hoad.gradient(lambda a, b: square(summed(a, b)), A, B)
        assert calls
        for way in (plain, no_rule, ruled):
            assert [g.tolist() for g in way] == [[10.0, 14.0, 18.0]] * 2
        cotangent = np.array([1.0, 2.0, 3.0])
        _, pullback = hoad.vjp(summed, A, B)
        pullback(cotangent)
        assert cotangent.tolist() == [1.0, 2.0, 3.0]
        f = lambda x: square(summed(x[0], x[1]))
        h = hoad.hessian(f, np.stack([A, B])).reshape(6, 6)
        eye = np.eye(3)
        np.testing.assert_array_equal(h, 2 * np.block([[eye, eye], [eye, eye]]))
    finally:
        remove_rule(summed)


BAD = [
    (lambda: autodiff(Reverse, np.sum, Active, Active(A)), ArgumentError, "only a number is active"),
    (
        lambda: autodiff(Reverse, np.sum, Active, Duplicated(A, np.zeros(2))),
        ShapeMismatchError,
        r"shape \(2,\)",
    ),
    (lambda: autodiff(Reverse, np.sum, Active, Duplicated(A, np.zeros(3, int))), ShapeMismatchError, "int64"),
    (lambda: autodiff(Reverse, np.sum, Active, Duplicated(A, A)), ArgumentError, "shares memory"),
    (lambda: autodiff(Reverse, np.sum, Active, Duplicated(A, A[::-1])), ArgumentError, "shares memory"),
    (lambda: autodiff(Reverse, np.sum, Active, A), ArgumentError, r"Const\(x\)"),
    (lambda: autodiff(Forward, np.sum, Active, Active(1.0)), ArgumentError, "forward mode"),
    (
        lambda: autodiff(Reverse, lambda x: x, Active, Duplicated(A, np.zeros(3))),
        NonScalarOutputError,
        "Const",
    ),
    (
        lambda: autodiff(Reverse, np.sum, Active, Duplicated({"a": A}, [np.zeros(3)])),
        ShapeMismatchError,
        "make_zero",
    ),
    (lambda: autodiff(3), ArgumentError, "not a function"),
]


@pytest.mark.parametrize(("call", "error", "text"), BAD)
def test_bad_input(call, error, text):
    with pytest.raises(error, match=text):
        call()
    assert A.tolist() == [1.0, 2.0, 3.0]


def test_read_only():
    locked = A.copy()
    locked.flags.writeable = False
    s, ds = locked, np.zeros(3)
    with pytest.raises(ValueError, match="read-only"):
        autodiff(Reverse, add_, Const, Duplicated(s, ds), Const(A), Const(B))
    autodiff(Reverse, lambda x: np.sum(x), Active, Duplicated(locked, ds))
    assert ds.tolist() == [1.0, 1.0, 1.0]
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    with pytest.raises(ArgumentError, match="read-only"):
        autodiff(Reverse, lambda x: np.sum(x), Active, Duplicated(A, frozen))
