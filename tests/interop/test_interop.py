"""hoad with JAX and PyTorch, where they are installed (``make interop``), and with any code of a user's."""

import sys

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, MissingDependencyError
from hoad.interop.engines import differentiate_with
from hoad.interop.jax import from_jax, to_jax
from hoad.interop.torch import from_torch, to_torch

X, Y = np.array([0.3, 0.7]), np.array([1.0, 2.0])


def plain(x, y):
    return np.sum(np.sin(x) * y)


def agrees(f):
    """Value, both modes, mixed orders: as the same in NumPy."""
    assert f(X, Y) == pytest.approx(plain(X, Y), rel=1e-15)
    for got, right in zip(hoad.gradient(f, X, Y), hoad.gradient(plain, X, Y), strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-15)
    forward = hoad.jacobian(lambda x: f(x, Y), X, mode="forward")
    np.testing.assert_allclose(forward, Y * np.cos(X), rtol=1e-15)
    square = lambda g: lambda x: g(x, Y) ** 2 + x[0]
    right = hoad.hessian(square(plain), X)
    for mode in hoad.operators.hessians.MODES:
        np.testing.assert_allclose(hoad.hessian(square(f), X, mode=mode), right, rtol=1e-13, atol=1e-14)
    third = hoad.grad(lambda x: hoad.hessian(square(f), x)[0, 0], X)
    np.testing.assert_allclose(
        third, hoad.grad(lambda x: hoad.hessian(square(plain), x)[0, 0], X), rtol=1e-13
    )


def test_from_jax():
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    f = lambda x, y: jnp.sum(jnp.sin(x) * y)
    agrees(from_jax(f))
    agrees(from_jax(jax.jit(f)))
    agrees(from_jax(f, jit=False))
    branch = from_jax(lambda x: x**2 if x > 0 else -x)
    assert [hoad.grad(branch, x) for x in (3.0, -1.0)] == [6.0, -1.0]
    pair = from_jax(lambda x: {"a": x**2, "b": (jnp.sum(x),)})
    assert hoad.jacobian(pair, X, mode="reverse")["a"].tolist() == np.diag(2 * X).tolist()
    assert hoad.jacobian(pair, X, mode="forward")["b"][0].tolist() == [1.0, 1.0]


def test_from_torch():
    torch = pytest.importorskip("torch")
    agrees(from_torch(lambda x, y: torch.sum(torch.sin(x) * y)))
    kept = X.copy()
    shared = []
    from_torch(lambda x: shared.append(x.data_ptr()) or x.sum())(kept)
    assert shared == [kept.ctypes.data]  # no copy


def test_to_jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    f = to_jax(plain)
    for g in (jax.grad(f, argnums=(0, 1)), jax.jit(jax.grad(f, argnums=(0, 1)))):
        for got, right in zip(g(X, Y), hoad.gradient(plain, X, Y), strict=True):
            np.testing.assert_allclose(got, right, rtol=1e-15)
    second = jax.jacrev(jax.grad(f))(X, Y)
    np.testing.assert_allclose(second, np.diag(-Y * np.sin(X)), atol=1e-16)
    array = to_jax(lambda x: x**3)
    np.testing.assert_allclose(jax.jacrev(array)(X), np.diag(3 * X**2), rtol=1e-15)


def test_to_torch():
    torch = pytest.importorskip("torch")
    f = to_torch(plain)
    x, y = (torch.tensor(v, requires_grad=True) for v in (X, Y))
    gx, gy = torch.autograd.grad(f(x, y), (x, y), create_graph=True)
    np.testing.assert_allclose(gx.detach(), Y * np.cos(X), rtol=1e-15)
    np.testing.assert_allclose(gy.detach(), np.sin(X), rtol=1e-15)
    (second,) = torch.autograd.grad(gx[0], x)
    np.testing.assert_allclose(second, [-np.sin(X[0]), 0.0], rtol=1e-15)
    only = f(x, torch.tensor(Y))
    only.backward()
    np.testing.assert_allclose(x.grad, Y * np.cos(X), rtol=1e-15)


def test_differentiate_with():
    calls = []

    def vjp(primals, g):
        calls.append("vjp")
        x, y = primals
        return g * y * np.cos(x), g * np.sin(x)

    def jvp(primals, tangents):
        calls.append("jvp")
        (x, y), (dx, dy) = primals, tangents
        return np.sum(y * np.cos(x) * dx) + np.sum(np.sin(x) * dy)

    secret = lambda x, y: float(np.sum(np.sin(np.array(x)) * np.array(y)))
    agrees(
        differentiate_with(
            secret,
            vjp=vjp,
            jvp=lambda p, t: jvp(
                p, [0.0 if not hasattr(d, "shape") and not isinstance(d, float) else d for d in t]
            ),
        )
    )
    assert set(calls) == {"vjp", "jvp"}
    only_back = differentiate_with(secret, vjp=vjp)
    assert hoad.gradient(only_back, X, Y)[0].tolist() == (Y * np.cos(X)).tolist()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: differentiate_with(np.sin), "needs jvp="),
        (lambda: differentiate_with(3, vjp=lambda x, g: g), "not a function"),
        (
            lambda: hoad.grad(differentiate_with(lambda x: x * 1, vjp=lambda p, g: (g, g)), 1.0),
            "tuple of 1 cotangents",
        ),
        (
            lambda: hoad.grad(differentiate_with(lambda x: x * 1, vjp=lambda p, g: g), 1.0),
            "tuple of 1 cotangents",
        ),
    ],
)
def test_bad_input(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


@pytest.mark.parametrize(
    ("name", "wrap"), [("jax", from_jax), ("jax", to_jax), ("torch", from_torch), ("torch", to_torch)]
)
def test_without_the_engine(name, wrap, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependencyError, match=r"hoad\[interop\]"):
        wrap(plain)
