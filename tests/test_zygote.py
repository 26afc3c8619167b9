"""The operators of Zygote, one test for each row of its feature table; the numbers are those of its
documentation.
"""

import functools
import io
import sys

import numpy as np
import pytest
from features import row

import hoad
from hoad.chainrules import non_differentiable, remove_rule, rrule
from hoad.errors import ArgumentError, ComplexOutputError, NonScalarOutputError, RuleError, ShapeMismatchError

NESTINGS = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]


# ------------------------------------------------------------------------------------------------------------
# Operators
# ------------------------------------------------------------------------------------------------------------


@row(
    "Zygote",
    "gradient",
    "hoad.gradient(f, *args)",
    "one gradient for one argument, a tuple for several; zeros where Zygote says nothing",
)
def test_gradient():
    assert hoad.gradient(lambda x: 3 * x**2 + 2 * x + 1, 5) == 32.0
    gx, gy, gd = hoad.gradient(
        lambda x, y, d: np.sum(x ** np.shape(x)[int(hoad.primal(d))] + y), np.array([7, 11]), 0, 0
    )
    assert (gx.tolist(), gy, gd) == ([14.0, 22.0], 2.0, 0.0)
    x = np.array([2.0, 3.0])
    one, other = hoad.gradient(lambda a, b: np.sum(a * b**2), x, x)  # one object twice: two arguments
    assert one.tolist() == [4.0, 9.0] and other.tolist() == [8.0, 18.0]
    with pytest.raises(NonScalarOutputError, match="jacobian"):
        hoad.gradient(lambda x: x * np.ones(2), 1.0)
    with pytest.raises(ComplexOutputError, match="holomorphic"):
        hoad.gradient(lambda z: z * 1j, 1.0)


@row(
    "Zygote",
    "withgradient",
    "hoad.withgradient(f, *args), hoad.value_and_grad(f, x, has_aux=True)",
    "what is beside the value comes back as plain numbers",
)
def test_withgradient():
    assert hoad.withgradient(lambda a, b: a / b, 1, 2) == (0.5, (0.5, -0.25))
    found = hoad.withgradient(lambda x: (np.sum(x**2), {"half": x / 2}), np.array([2.0, 4.0]))
    assert (
        found.val[0] == 20.0
        and found.val[1]["half"].tolist() == [1.0, 2.0]
        and found.grad.tolist() == [4.0, 8.0]
    )
    assert type(found.val[1]["half"]) is np.ndarray
    assert hoad.value_and_grad(lambda x: (x**2, "aux"), 3.0, has_aux=True) == ((9.0, "aux"), 6.0)


@row(
    "Zygote",
    "pullback",
    "y, pullback = hoad.vjp(f, *args)",
    "`hoad.pullback` is the same; it may be called again, and nothing accumulates",
)
def test_pullback():
    y, back = hoad.pullback(lambda a, b, c: a * b * c, 2, 3, 5)
    assert (y, back(1), back(2), back(1)) == (30.0, (15.0, 10.0, 6.0), (30.0, 20.0, 12.0), (15.0, 10.0, 6.0))
    y, back = hoad.vjp(lambda x: [x**2, x**3], 2.0)
    assert back([2.0, None]) == (8.0,)  # a part that is not there is zero
    with pytest.raises(ShapeMismatchError, match="structure"):
        back([1.0])
    with pytest.raises(ShapeMismatchError, match="shape"):
        back([1.0, np.ones(2)])


@row(
    "Zygote",
    "pushforward",
    "hoad.pushforward(f, *args)(*tangents), hoad.jvp",
    "with every rule, and nested with all other modes",
)
def test_pushforward():
    assert hoad.pushforward(lambda x: x**2, 3.0)(1.0) == 6.0
    assert hoad.pushforward(lambda x, y: x * y, 2.0, 5.0)(1.0, 0.0) == 5.0
    confused = hoad.pushforward(lambda x: x * hoad.pushforward(lambda y: x + y, 1.0)(1.0), 1.0)(1.0)
    assert confused == 1.0
    outer = hoad.pushforward(lambda x: hoad.pushforward(lambda y: x * y**2, 3.0)(1.0), 2.0)(1.0)
    assert outer == 6.0


@row(
    "Zygote",
    "jacobian",
    "hoad.jacobian(f, x, argnums=...)",
    "shape of the output, then of the input, unflattened; either mode",
)
def test_jacobian():
    found = hoad.jacobian(lambda a: 100 * a[:3] ** 2, np.arange(1, 8))
    assert (
        found.shape == (3, 7) and np.diag(found).tolist() == [200.0, 400.0, 600.0] and np.sum(found) == 1200.0
    )
    a, x = hoad.jacobian(lambda a, x: a**2 * x, np.array([1, 2, 3]), 1, argnums=(0, 1))
    assert a.tolist() == np.diag([2.0, 4.0, 6.0]).tolist() and x.tolist() == [1.0, 4.0, 9.0]
    assert hoad.jacobian(lambda x: np.sum(x**2), np.ones((2, 3))).shape == (2, 3)


@row("Zygote", "withjacobian", "hoad.withjacobian(f, *args), hoad.value_and_jacobian", "")
def test_withjacobian():
    val, grad = hoad.withjacobian(np.cumsum, np.array([1, 2, 3]))
    assert val.tolist() == [1.0, 3.0, 6.0] and grad.tolist() == np.tril(np.ones((3, 3))).tolist()
    val, (a, b) = hoad.withjacobian(lambda a, b: a * b, np.array([1.0, 2.0]), 3.0)
    assert val.tolist() == [3.0, 6.0] and a.tolist() == [[3.0, 0.0], [0.0, 3.0]] and b.tolist() == [1.0, 2.0]


@row(
    "Zygote",
    "hessian",
    "hoad.hessian(f, x)",
    "shape of the input twice, also for containers; right where f takes derivatives itself",
)
def test_hessian():
    found = hoad.hessian(lambda x: np.sum(x**3), np.array([[1, 2], [3, 4]]))
    assert (
        found.shape == (2, 2, 2, 2)
        and found.reshape(4, 4).tolist() == np.diag([6.0, 12.0, 18.0, 24.0]).tolist()
    )
    assert hoad.hessian(np.sin, np.pi / 2) == -1.0
    inner = lambda x: hoad.derivative(lambda t: np.sum((t * x) ** 3), 1.0)  # Zygote #1218
    np.testing.assert_allclose(hoad.hessian(inner, np.array([1.0, 2.0])), np.diag([18.0, 36.0]), rtol=1e-14)


@row(
    "Zygote",
    "hessian_reverse",
    "hoad.hessian_reverse(f, x), hoad.hessian(f, x, mode=...)",
    "any of the four nestings by name",
)
def test_hessian_reverse():
    x = np.array([0.3, -0.7, 1.1])
    f = lambda x: np.prod(np.sin(x)) / np.linalg.norm(x)
    reverse = hoad.hessian_reverse(f, x)
    for mode in NESTINGS:
        np.testing.assert_allclose(hoad.hessian(f, x, mode=mode), reverse, rtol=1e-13, atol=1e-15)


@row(
    "Zygote",
    "diaghessian",
    "hoad.diaghessian(f, *args), hoad.diag_hessian",
    "by one run, with all directions at once",
)
def test_diaghessian():
    np.testing.assert_allclose(hoad.diaghessian(np.arctan2, 1, 2), (-0.16, 0.16), rtol=1e-14)
    first, second = hoad.diaghessian(
        lambda x, y: np.sum(x * y[:, None] * y), np.array([[1, 22], [333, 4]]), np.array([0.5, 0.666])
    )
    assert first.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    np.testing.assert_allclose(second, [2.0, 8.0], rtol=1e-14)
    assert hoad.diaghessian(lambda x: x**3, 2.0) == 12.0


@row(
    "Zygote",
    "f'",
    "hoad.prime(f), f.prime",
    "a plain function takes no operator in Python, so `prime` wraps it, or `@hoad.differentiable` does",
)
def test_prime():
    f = hoad.differentiable(lambda x: 5 * x + 3)
    assert (f(10), f.prime(10), f.prime.prime(10)) == (53, 5.0, 0.0)
    assert isinstance(f(10), int) and isinstance(f.prime(10), float)
    assert hoad.prime(np.sin).prime.prime(0.0) == -1.0


# ------------------------------------------------------------------------------------------------------------
# The examples of its README
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slope"), [("sin", 0.5403023058681398), ("cos", -0.8414709848078965), ("tan", 3.425518820814759)]
)
def test_a_function_chosen_by_a_line_of_input(monkeypatch, name, slope):
    """The function is called exactly once: there is one line to read."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(name + "\n"))
    fs = {"sin": np.sin, "cos": np.cos, "tan": np.tan}
    assert hoad.gradient(lambda x: fs[input()](x), 1) == pytest.approx(slope, rel=1e-15)
    with pytest.raises(EOFError):
        input()


# ------------------------------------------------------------------------------------------------------------
# Hooks
# ------------------------------------------------------------------------------------------------------------


@row("Zygote", "hook", "hoad.hook(g, x)", "the cotangents of all uses of the returned value come as one sum")
def test_hook():
    assert hoad.gradient(lambda a, b: hoad.hook(lambda g: -g, a) * b, 2, 3) == (-3.0, 2.0)
    seen = []
    f = lambda a: (lambda h: h * 2 + h * 3)(hoad.hook(lambda g: (seen.append(g), g)[1], a))
    assert hoad.grad(f)(1.0) == 5.0 and seen == [5.0]
    assert hoad.hook(np.negative, 3.0) == 3.0
    assert hoad.jvp(lambda a: hoad.hook(lambda g: -g, a), (2.0,), (1.0,)) == (2.0, 1.0)


def test_hooks_clip_scale_and_nest():
    clipped = lambda x: np.sum(hoad.hook(lambda g: np.clip(g, -1, 1), x) ** 2)
    assert hoad.grad(clipped)(np.array([0.1, 5.0])).tolist() == [0.2, 1.0]
    reversal = lambda x: hoad.hook(lambda g: 2 * g, x) ** 3
    assert hoad.grad(reversal)(2.0) == 24.0
    assert hoad.hessian(reversal, 2.0, mode="forward-reverse") == 24.0
    assert (
        hoad.grad(lambda p: hoad.hook(lambda g: {"a": -g["a"], "n": None}, p)["a"] * 3)({"a": 1.0, "n": "x"})[
            "a"
        ]
        == -3.0
    )


def test_a_hook_may_use_what_is_traced_outside():
    found = hoad.grad(lambda s: hoad.grad(lambda x: hoad.hook(lambda g: s * g, x) ** 2)(3.0))(2.0)
    assert found == 6.0


def test_a_hook_that_gives_another_shape():
    with pytest.raises(ShapeMismatchError, match=r"argument 1 \(x\) of hook.*shape \(3,\).*shape \(2,\)"):
        hoad.grad(lambda x: np.sum(hoad.hook(lambda g: np.ones(3), x)))(np.ones(2))
    with pytest.raises(RuleError, match="neither a number"):
        hoad.grad(lambda x: hoad.hook(lambda g: "g", x))(1.0)
    with pytest.raises(ArgumentError, match="not a function"):
        hoad.hook(3.0, 2.0)


@row("Zygote", "@showgrad", "hoad.show_grad(x, name)", "")
def test_show_grad(capsys):
    assert hoad.grad(lambda x: hoad.show_grad(2 * x, "twice") ** 2)(3.0) == 24.0
    assert capsys.readouterr().out == "cotangent of twice: 12.0\n"


@row(
    "Zygote",
    "isderiving, nestlevel",
    "hoad.is_tracing(x), hoad.order(x)",
    "a property of the value, not of the thread",
)
def test_is_tracing():
    seen = []

    def f(x):
        seen.append((hoad.is_tracing(x), hoad.is_tracing(1.0), hoad.is_tracing({"a": [x]}), hoad.order(x)))
        return x**2

    f(1.0)
    hoad.grad(f)(1.0)
    hoad.jvp(f, (1.0,), (1.0,))
    hoad.hessian(f, 1.0)
    assert seen == [
        (False, False, False, 0),
        (True, False, True, 1),
        (True, False, True, 1),
        (True, False, True, 2),
    ]
    kept = []
    hoad.grad(lambda x: (kept.append(x), x * x)[1])(1.0)
    assert not hoad.is_tracing(kept[0])
    assert hoad.grad(lambda x: x * hoad.is_tracing(lambda: x))(2.0) == 1.0


@row(
    "Zygote",
    "Buffer",
    "out = np.zeros_like(x); out[i] = v",
    "arrays are written to as in NumPy, so no buffer is needed",
)
def test_no_buffer_is_needed():
    def f(x):
        out = np.zeros_like(x)
        for i in range(len(x)):
            out[i] = x[i] ** 2
        return np.sum(out)

    x = np.array([1.0, 2.0, 3.0])
    assert hoad.grad(f)(x).tolist() == [2.0, 4.0, 6.0]
    for mode in NESTINGS:
        assert hoad.hessian(f, x, mode=mode).tolist() == np.diag([2.0, 2.0, 2.0]).tolist()


# ------------------------------------------------------------------------------------------------------------
# Checkpoints, and forward mode within reverse
# ------------------------------------------------------------------------------------------------------------


def counted(f):
    @functools.wraps(f)
    def wrapped(*args):
        wrapped.calls += 1
        return f(*args)

    wrapped.calls = 0
    return wrapped


@row("Zygote", "checkpointed", "hoad.checkpoint(f)(*xs)", "forward mode too, and any order")
def test_checkpoint():
    f = counted(lambda x: np.sin(x) ** 2)
    y, back = hoad.vjp(hoad.checkpoint(f), 0.7)
    assert f.calls == 1
    assert back(1.0)[0] == pytest.approx(np.sin(1.4), rel=1e-15) and f.calls == 2
    back(1.0)
    assert f.calls == 3
    assert y == np.sin(0.7) ** 2


def test_nested_checkpoints_are_run_two_three_and_four_times():
    h = counted(lambda x: x**2)
    g = counted(lambda x: hoad.checkpoint(h)(x) * 3)
    f = counted(lambda x: hoad.checkpoint(g)(x) + 1)
    assert hoad.grad(hoad.checkpoint(f))(5.0) == 30.0
    assert (f.calls, g.calls, h.calls) == (2, 3, 4)


def test_a_checkpoint_keeps_what_its_closure_holds():
    f = lambda w, x: hoad.checkpoint(lambda x: w * x**2)(x)
    assert hoad.gradient(f, 2.0, 3.0) == (9.0, 12.0)
    assert hoad.jvp(f, (2.0, 3.0), (1.0, 10.0)) == (18.0, 129.0)
    exact = [[0.0, 6.0], [6.0, 4.0]]
    for mode in NESTINGS:
        np.testing.assert_allclose(
            hoad.hessian(lambda p: f(p[0], p[1]), np.array([2.0, 3.0]), mode=mode), exact, rtol=1e-14
        )


def test_a_checkpoint_of_arrays_containers_and_options():
    layer = hoad.checkpoint(lambda p, x, power=1: {"out": np.tanh(p["W"] @ x + p["b"]) ** power})
    plain = lambda p, x: np.sum(np.tanh(p["W"] @ x + p["b"]) ** 2)
    rng = np.random.default_rng(3)
    p, x = {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=2)}, rng.normal(size=3)
    found = hoad.grad(lambda p: np.sum(layer(p, x, power=2)["out"]))(p)
    exact = hoad.grad(plain)(p, x)
    for name in p:
        np.testing.assert_allclose(found[name], exact[name], rtol=1e-14)


def test_a_checkpoint_records_one_operation():
    from hoad.tape import Tape
    from hoad.tracer import entered

    tape = Tape()
    x = entered(tape, 0.3)
    deep = lambda x: functools.reduce(lambda y, _: np.sin(y), range(100), x)
    hoad.checkpoint(deep)(x)
    assert len(tape.program) // 5 < 5


@row("Zygote", "eager_update!", "hoad.hook(g, x)", "an update from within a hook; no function of its own")
def test_an_update_from_within_the_sweep():
    w = {"a": 1.0}

    def loss(a):
        return hoad.hook(lambda g: (w.update(a=w["a"] - 0.1 * hoad.primal(g)), g)[1], a) ** 2

    for _ in range(3):
        hoad.grad(loss)(w["a"])
    assert w["a"] == pytest.approx(0.8**3)


@row(
    "Zygote",
    "forwarddiff",
    "hoad.forward(f)(x)",
    "what the function closes over keeps its gradient, which Zygote drops",
)
def test_forward():
    assert hoad.gradient(lambda a, b: hoad.forward(lambda a: a * b)(a), 2, 3) == (3.0, 2.0)
    calls = counted(lambda x: np.sum(np.sin(x) * np.arange(3.0)))
    x = np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(hoad.grad(hoad.forward(calls))(x), np.cos(x) * np.arange(3.0), rtol=1e-15)
    assert calls.calls == 1
    for mode in NESTINGS:
        f = lambda x: hoad.forward(lambda y: np.prod(y))(x) ** 2
        np.testing.assert_allclose(
            hoad.hessian(f, np.array([2.0, 3.0]), mode=mode), [[18.0, 24.0], [24.0, 8.0]], rtol=1e-14
        )


@row(
    "Complaints",
    "3.24 forward mode drops closures",
    "hoad.forward(lambda a: a * b)(a)",
    "(3, 2), where Zygote says (3, nothing)",
)
def test_forward_keeps_closures_of_arrays_and_containers():
    def loss(w, x):
        return np.sum(hoad.forward(lambda p: {"y": p["a"] * w, "z": np.sum(p["a"])})({"a": x})["y"] ** 2)

    w, x = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    gw, gx = hoad.gradient(loss, w, x)
    np.testing.assert_allclose(gw, 2 * x**2 * w, rtol=1e-15)
    np.testing.assert_allclose(gx, 2 * w**2 * x, rtol=1e-15)


@row(
    "Zygote",
    "dropgrad, ignore",
    "hoad.stop_gradient(x), hoad.ignore_derivatives(f)",
    "at every order, in every mode; there is no `with` block",
)
def test_stop_gradient():
    f = lambda x: x**2 * hoad.stop_gradient(x)
    assert hoad.grad(f)(3.0) == 18.0 and hoad.derivative(f, 3.0) == 18.0
    for mode in NESTINGS:
        assert hoad.hessian(f, 3.0, mode=mode) == 6.0
    assert hoad.derivative(f, 3.0, 3) == 0.0


@row("Zygote", "@nograd", "@hoad.chainrules.non_differentiable", "")
def test_nograd():
    def scale(x):
        return float(x) ** 2

    non_differentiable(scale)
    f = lambda x: x * scale(x)
    assert hoad.grad(f)(3.0) == 9.0 and hoad.hessian(f, 3.0, mode="reverse-reverse") == 0.0
    remove_rule(scale)


@row("Zygote", "refresh", "nothing to do", "a rule counts from the next call on")
def test_no_refresh_is_needed():
    def f(x):
        return 2 * x

    before = hoad.grad(f)(1.0)
    rrule(f, lambda x: (f(x), lambda g: (None, 3 * g)))
    assert (before, hoad.grad(f)(1.0)) == (2.0, 3.0)
    remove_rule(f)


def test_wirtinger():
    assert hoad.wirtinger(lambda z: 3 * z**2 + 2 * z + 1, 1 + 2j) == (8 + 12j, 0)
    assert hoad.wirtinger(lambda z: abs(z) ** 2, 1 + 2j) == (1 - 2j, 1 + 2j)
    by_z, by_conjugate = hoad.wirtinger(lambda z: np.sum(z * np.conj(z) ** 2), np.array([1j, 2.0]))
    np.testing.assert_allclose(by_z, np.conj([1j, 2.0]) ** 2, rtol=1e-15)
    np.testing.assert_allclose(by_conjugate, 2 * np.abs([1j, 2.0]) ** 2, rtol=1e-15)
    with pytest.raises(NonScalarOutputError, match="one number"):
        hoad.wirtinger(lambda z: z * np.ones(2), 1j)
