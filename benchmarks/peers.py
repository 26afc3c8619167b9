"""How each library takes a derivative: its own calls, as its users make them, built before the clock starts.

A method returns every way worth trying, and the fastest counts. What a way returns is the peer's own value;
``Peer.numpy`` turns it into NumPy's for the comparison, outside the clock.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

Function = Callable[[Any], Any]
Ways = list[Callable[[], Any]]


def map_leaves(convert: Callable[[Any], Any], tree: Any) -> Any:
    """``convert`` applied to every leaf of dicts, tuples and lists."""
    if isinstance(tree, Mapping):
        return {key: map_leaves(convert, value) for key, value in tree.items()}
    if isinstance(tree, tuple | list):
        return type(tree)(map_leaves(convert, value) for value in tree)
    return convert(tree)


class Peer:
    """A library: the array module of its programs, and its operators."""

    name: ClassVar[str]
    package: ClassVar[str]
    xp: ModuleType

    def point(self, value: Any) -> Any:
        """The point of differentiation as this library's users hold it."""
        return value

    def data(self, value: Any) -> Any:
        """The constants of a program as this library's users hold them."""
        return value

    def numpy(self, value: Any) -> Any:
        """A result as NumPy arrays."""
        return map_leaves(np.asarray, value)

    def jvp(self, f: Function, x: Any) -> Ways:
        """Value and derivative of a scalar function, forward mode."""
        raise NotImplementedError

    def gradient(self, f: Function, x: Any) -> Ways:
        """Gradient, reverse mode."""
        raise NotImplementedError

    def second(self, f: Function, x: Any) -> Ways:
        """Second derivative of a scalar function."""
        raise NotImplementedError

    def hessian(self, f: Function, x: Any) -> Ways:
        """Matrix of second derivatives."""
        raise NotImplementedError

    def tenth(self, f: Function, x: Any) -> Ways:
        """Tenth derivative of a scalar function."""
        raise NotImplementedError

    def jacobian(self, f: Function, x: Any) -> Ways:
        """Matrix of first derivatives."""
        raise NotImplementedError

    def laplacian(self, f: Function, x: Any) -> Ways:
        """Laplacian of a function at each row of x."""
        raise NotImplementedError

    def third(self, f: Function, x: Any) -> Ways:
        """All third derivatives."""
        raise NotImplementedError


class Hoad(Peer):
    """hoad, on programs of plain NumPy."""

    name = "hoad"
    package = "hoad"

    def __init__(self) -> None:
        self.xp = np
        self.hoad: Any = importlib.import_module("hoad")

    def jvp(self, f: Function, x: Any) -> Ways:
        return [lambda: self.hoad.jvp(f, (x,), (1.0,))]

    def gradient(self, f: Function, x: Any) -> Ways:
        gradient = self.hoad.grad(f)
        return [lambda: gradient(x)]

    def second(self, f: Function, x: Any) -> Ways:
        return [
            lambda: self.hoad.derivative(self.hoad.grad(f), x)
        ]  # forward over reverse: what the goal names

    def hessian(self, f: Function, x: Any) -> Ways:
        return [lambda: self.hoad.hessian(f, x)]

    def tenth(self, f: Function, x: Any) -> Ways:
        return [lambda: self.hoad.derivative(f, x, 10)]

    def jacobian(self, f: Function, x: Any) -> Ways:
        return [lambda: self.hoad.jacobian(f, x)]

    def laplacian(self, f: Function, x: Any) -> Ways:
        mapped = self.hoad.vmap(self.hoad.laplacian(f))
        return [lambda: mapped(x)]

    def third(self, f: Function, x: Any) -> Ways:
        return [lambda: self.hoad.derivative_tensor(f, x, 3)]


class Autograd(Peer):
    """autograd, through ``autograd.numpy``."""

    name = "autograd"
    package = "autograd"

    def __init__(self) -> None:
        self.xp = importlib.import_module("autograd.numpy")
        self.autograd: Any = importlib.import_module("autograd")
        self.operators: Any = importlib.import_module("autograd.differential_operators")

    def jvp(self, f: Function, x: Any) -> Ways:
        make = self.operators.make_jvp(f)
        return [lambda: make(x)(1.0)]

    def gradient(self, f: Function, x: Any) -> Ways:
        gradient = self.autograd.grad(f)
        return [lambda: gradient(x)]

    def second(self, f: Function, x: Any) -> Ways:
        over_reverse = self.operators.make_jvp(self.autograd.grad(f))
        twice = self.autograd.grad(self.autograd.grad(f))
        return [lambda: over_reverse(x)(1.0)[1], lambda: twice(x)]

    def hessian(self, f: Function, x: Any) -> Ways:
        hessian = self.autograd.hessian(f)
        gradient = self.autograd.grad(f)

        def products() -> Any:
            product, _ = self.operators.make_vjp(gradient)(x)
            return np.stack([product(direction) for direction in np.eye(len(x))])

        return [lambda: hessian(x), products]

    def tenth(self, f: Function, x: Any) -> Ways:
        for _ in range(10):
            f = self.autograd.grad(f)
        return [lambda: f(x)]

    def jacobian(self, f: Function, x: Any) -> Ways:
        jacobian = self.autograd.jacobian(f)
        return [lambda: jacobian(x)]


class Torch(Peer):
    """PyTorch, eager, in double precision."""

    name = "torch"
    package = "torch"

    def __init__(self) -> None:
        torch: Any = importlib.import_module("torch")
        torch.set_default_dtype(torch.float64)
        self.xp = self.torch = torch
        self.forward: Any = importlib.import_module("torch.autograd.forward_ad")

    def point(self, value: Any) -> Any:
        return map_leaves(lambda leaf: self.torch.tensor(leaf).requires_grad_(), value)

    def data(self, value: Any) -> Any:
        return map_leaves(
            lambda leaf: self.torch.tensor(leaf) if isinstance(leaf, np.ndarray) else leaf, value
        )

    def numpy(self, value: Any) -> Any:
        return map_leaves(lambda leaf: leaf.detach().numpy(), value)

    def jvp(self, f: Function, x: Any) -> Ways:
        x, tangent = x.detach(), self.torch.ones(())

        def forward() -> Any:
            with self.forward.dual_level():
                out = f(self.forward.make_dual(x, tangent))
                return tuple(self.forward.unpack_dual(out))

        return [forward]

    def gradient(self, f: Function, x: Any) -> Ways:
        grad = self.torch.autograd.grad
        if not isinstance(x, dict):
            return [lambda: grad(f(x), x)[0]]
        leaves = list(x.values())
        return [lambda: dict(zip(x, grad(f(x), leaves), strict=True))]

    def second(self, f: Function, x: Any) -> Ways:
        grad = self.torch.autograd.grad
        return [lambda: grad(grad(f(x), x, create_graph=True)[0], x)[0]]

    def hessian(self, f: Function, x: Any) -> Ways:
        plain = x.detach()
        rows = self.torch.autograd.functional.hessian
        vectorised = self.torch.func.hessian(f)
        return [lambda: rows(f, plain, vectorize=True), lambda: vectorised(plain)]

    def jacobian(self, f: Function, x: Any) -> Ways:
        plain = x.detach()
        forward, reverse = self.torch.func.jacfwd(f), self.torch.func.jacrev(f)
        return [lambda: forward(plain), lambda: reverse(plain)]

    def laplacian(self, f: Function, x: Any) -> Ways:
        plain, func = x.detach(), self.torch.func
        traced = self.torch.vmap(lambda x: self.torch.trace(func.hessian(f)(x)))
        return [lambda: traced(plain)]

    def third(self, f: Function, x: Any) -> Ways:
        plain, func = x.detach(), self.torch.func
        nested = func.jacfwd(func.jacfwd(func.jacrev(f)))
        return [lambda: nested(plain)]


class Jax(Peer):
    """JAX, operation by operation, in double precision."""

    name = "jax"
    package = "jax"

    def __init__(self) -> None:
        jax: Any = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.xp = importlib.import_module("jax.numpy")

    def compile(self, function: Function, x: Any) -> Ways:
        """The function at x, finished before it returns: JAX would otherwise hand back a promise."""
        return [lambda: self.jax.block_until_ready(function(x))]

    def point(self, value: Any) -> Any:
        return map_leaves(self.xp.asarray, value)

    def data(self, value: Any) -> Any:
        return map_leaves(lambda leaf: self.xp.asarray(leaf) if isinstance(leaf, np.ndarray) else leaf, value)

    def jvp(self, f: Function, x: Any) -> Ways:
        one = self.xp.ones_like(x)
        return self.compile(lambda x: self.jax.jvp(f, (x,), (one,)), x)

    def gradient(self, f: Function, x: Any) -> Ways:
        return self.compile(self.jax.grad(f), x)

    def second(self, f: Function, x: Any) -> Ways:
        one, gradient = self.xp.ones_like(x), self.jax.grad(f)
        return self.compile(lambda x: self.jax.jvp(gradient, (x,), (one,))[1], x)

    def hessian(self, f: Function, x: Any) -> Ways:
        return self.compile(self.jax.hessian(f), x)

    def tenth(self, f: Function, x: Any) -> Ways:
        jet = importlib.import_module("jax.experimental.jet").jet
        series = [1.0] + [0.0] * 9
        return self.compile(lambda x: jet(f, (x,), (series,))[1][-1], x)

    def jacobian(self, f: Function, x: Any) -> Ways:
        return self.compile(self.jax.jacfwd(f), x)

    def laplacian(self, f: Function, x: Any) -> Ways:
        return self.compile(self.jax.vmap(lambda x: self.xp.trace(self.jax.hessian(f)(x))), x)

    def third(self, f: Function, x: Any) -> Ways:
        return self.compile(self.jax.jacfwd(self.jax.jacfwd(self.jax.grad(f))), x)


class JaxJit(Jax):
    """JAX, compiled; the compilation is outside the clock. For information: the rest is not compiled."""

    name = "jax.jit"

    def compile(self, function: Function, x: Any) -> Ways:
        compiled = self.jax.jit(function)
        return [lambda: self.jax.block_until_ready(compiled(x))]


class Algopy(Peer):
    """algopy: univariate Taylor arithmetic on NumPy."""

    name = "algopy"
    package = "algopy"

    def __init__(self) -> None:
        self.xp = self.algopy = importlib.import_module("algopy")

    def tenth(self, f: Function, x: Any) -> Ways:
        def by_series() -> Any:
            t = self.algopy.UTPM(np.zeros((11, 1)))
            t.data[0, 0], t.data[1, 0] = x, 1.0
            return f(t).data[10, 0] * math.factorial(10)

        return [by_series]


class Nested(Hoad):
    """Not a library: hoad by three nested forward modes, without Taylor series."""

    name = "nested"

    def third(self, f: Function, x: Any) -> Ways:
        forward = lambda g: lambda x: self.hoad.jacobian(g, x, mode="forward")
        return [lambda: forward(forward(forward(f)))(x)]

    jvp, gradient, second = Peer.jvp, Peer.gradient, Peer.second
    hessian, tenth, jacobian, laplacian = Peer.hessian, Peer.tenth, Peer.jacobian, Peer.laplacian


class ByHand(Peer):
    """Not a library: the gradient typed by a person. What is asked of it is in ``by_hand.py``."""

    name = "by hand"
    package = "numpy"

    def __init__(self) -> None:
        self.xp = np


PEERS: tuple[type[Peer], ...] = (Hoad, Autograd, Torch, Jax, JaxJit, Algopy, Nested, ByHand)


def load(names: list[str] | None = None) -> tuple[dict[str, Peer], dict[str, str]]:
    """The peers that can be imported, by name, and why the others cannot."""
    present: dict[str, Peer] = {}
    missing: dict[str, str] = {}
    for kind in PEERS:
        if names is not None and kind.name not in names:
            continue
        try:
            present[kind.name] = kind()
        except ImportError as error:
            missing[kind.name] = str(error)
    return present, missing
