"""The programs that are timed, each a function of what is differentiated, its data and an array module.

``xp`` is ``numpy`` for hoad, and the peer's own module for a peer: the text is the same. Where the users of
PyTorch would reach for something of its own, a second writing stands beside the first, and the faster of the
two is what hoad is compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import by_hand

Value = Any  # what is differentiated: a float, an array, or a dict of arrays; or a peer's version of those
Writing = Callable[..., Value]


@dataclass(frozen=True)
class Program:
    """A function, the point at which it is differentiated, its constants, and how many operations it has."""

    name: str
    run: Writing
    point: Value
    data: Value = None
    operations: int = 1
    torch_writing: Writing | None = None
    hoad_writing: Writing | None = None  # what only hoad can do, in the place of the other
    by_hand: Writing | None = None  # its gradient, as a function of the point and the data
    compilable: bool = field(default=False, kw_only=True)  # cheap for jax.jit, which unrolls Python's loops

    def writings(self, peer: str) -> list[Writing]:
        """The ways in which this peer's users may write the program."""
        if peer == "hoad" and self.hoad_writing is not None:
            return [self.hoad_writing]
        extra = self.torch_writing if peer == "torch" else None
        return [self.run] if extra is None else [self.run, extra]


# ---------------------------------------------------------------------------------- scalars

CHAIN = 1000


def multiply_chain(x: Value, length: Value, xp: Any) -> Value:
    """x multiplied by itself, ``length`` times over."""
    y = x
    for _ in range(length):
        y = y * x
    return y


def sine_chain(x: Value, length: Value, xp: Any) -> Value:
    """sin(sin(… sin(x)))."""
    y = x
    for _ in range(length):
        y = xp.sin(y)
    return y


def mixed_scalar(x: Value, data: Value, xp: Any) -> Value:
    """Twenty operations of the kinds that scalar programs are made of."""
    a = xp.sin(x)  # 1
    b = a * x  # 2
    c = xp.exp(-(b + 1.5))  # 3, 4, 5
    d = c / (x + 2.0)  # 6, 7
    e = xp.sqrt(d + b * b)  # 8, 9, 10
    f = xp.cos(e) * a  # 11, 12
    g = xp.tanh(f - c)  # 13, 14
    h = xp.log(g * g + 1.0)  # 15, 16, 17
    return h * d - e / 3.0  # 18, 19, 20


def long_scalar(x: Value, operations: Value, xp: Any) -> Value:
    """A loop of four operations a turn, for tapes of any length."""
    y = x
    for _ in range(operations // 4):
        y = (xp.sin(y) * x + 0.25) / x
    return y


def exp_of_sine(x: Value, data: Value, xp: Any) -> Value:
    """exp(sin x)."""
    return xp.exp(xp.sin(x))


def horner(x: Value, coefficients: Value, xp: Any) -> Value:
    """A polynomial by Horner's scheme."""
    y = 0.0 * x + coefficients[0]
    for c in coefficients[1:]:
        y = y * x + c
    return y


def loop_of_twenty(x: Value, data: Value, xp: Any) -> Value:
    """Twenty operations in a loop of ten turns."""
    y = x
    for _ in range(10):
        y = xp.sin(y) * x
    return y


# ----------------------------------------------------------------------------------- many outputs


def exponential_fit(p: Value, times: Value, xp: Any) -> Value:
    """A sum of decaying exponentials, at every time."""
    return xp.exp(-xp.outer(times, p[5:])) @ p[:5]


def tanh_network(x: Value, weights: Value, xp: Any) -> Value:
    """Three layers with tanh between them; one number for one sample."""
    h = xp.tanh(weights["W1"] @ x)
    h = xp.tanh(weights["W2"] @ h)
    return xp.sum(weights["W3"] @ h)


def sines_and_exponentials(x: Value, data: Value, xp: Any) -> Value:
    """A function whose third derivatives are all different from zero."""
    return xp.sum(xp.sin(x) * xp.exp(0.5 * x)) * xp.sum(x**2)


# ----------------------------------------------------------------------------------- arrays

ROUNDS = 20
PER_ROUND = 7


def array_chain(x: Value, rounds: Value, xp: Any) -> Value:
    """Elementwise operations in turn: array with array, array with number, and functions of one array."""
    u = x
    w = x + 1.5
    for _ in range(rounds):
        u = u * w
        u = u + w
        u = xp.sin(u)
        u = xp.exp(-u)
        u = u / w
        u = 0.5 * u
    return xp.sum(u)


# ---------------------------------------------------------------------------------- gradients


def rosenbrock(x: Value, data: Value, xp: Any) -> Value:
    """Rosenbrock's valley in n dimensions, vectorised."""
    head, tail = x[:-1], x[1:]
    return xp.sum(100.0 * (tail - head**2) ** 2 + (1.0 - head) ** 2)


def helmholtz(x: Value, data: Value, xp: Any) -> Value:
    """The Helmholtz energy of a mixed fluid (Peng and Robinson), a classic of the field."""
    A, b = data["A"], data["b"]
    root = 2.0**0.5
    bx = b @ x
    entropy = xp.sum(x * xp.log(x / (1.0 - bx)))
    attraction = (
        (x @ (A @ x)) / (8.0**0.5 * bx) * xp.log((1.0 + (1.0 + root) * bx) / (1.0 + (1.0 - root) * bx))
    )
    return 8.314 * entropy - attraction


def logistic(w: Value, data: Value, xp: Any) -> Value:
    """The mean logistic loss of a linear classifier, labels ±1."""
    margin = data["labels"] * (data["inputs"] @ w)
    return xp.mean(xp.log1p(xp.exp(-margin)))


def logistic_torch(w: Value, data: Value, torch: Any) -> Value:
    """The same loss by PyTorch's own softplus."""
    margin = data["labels"] * (data["inputs"] @ w)
    return torch.mean(torch.nn.functional.softplus(-margin))


def network(p: Value, data: Value, xp: Any) -> Value:
    """Three layers, tanh between them, and the cross entropy of the softmax at the end."""
    h = xp.tanh(data["inputs"] @ p["W1"] + p["b1"])
    h = xp.tanh(h @ p["W2"] + p["b2"])
    z = h @ p["W3"] + p["b3"]
    log_likelihood = z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))
    return -xp.sum(data["targets"] * log_likelihood) / len(data["inputs"])


def network_torch(p: Value, data: Value, torch: Any) -> Value:
    """The same network by fused layers and PyTorch's own cross entropy."""
    h = torch.tanh(torch.addmm(p["b1"], data["inputs"], p["W1"]))
    h = torch.tanh(torch.addmm(p["b2"], h, p["W2"]))
    z = torch.addmm(p["b3"], h, p["W3"])
    return torch.nn.functional.cross_entropy(z, data["labels"])


def recurrent(p: Value, data: Value, xp: Any) -> Value:
    """h ← tanh(W h + U x + b), once for each input; the squared error of a linear read-out of every state."""
    h = data["start"]
    states = []
    for x in data["inputs"]:
        h = xp.tanh(p["W"] @ h + p["U"] @ x + p["b"])
        states.append(h)
    return xp.mean((xp.stack(states) @ p["V"] - data["targets"]) ** 2)


def recurrent_torch(p: Value, data: Value, torch: Any) -> Value:
    """The same steps by PyTorch's fused matrix-vector products."""
    h = data["start"]
    states = []
    for x in data["inputs"]:
        h = torch.tanh(torch.addmv(torch.addmv(p["b"], p["U"], x), p["W"], h))
        states.append(h)
    return torch.mean((torch.stack(states) @ p["V"] - data["targets"]) ** 2)


def runge_kutta(y: Value, data: Value, xp: Any) -> Value:
    """A ring of damped pendulums joined by springs, by the method of order four: energy at the end."""
    coupling, steps, dt = data["coupling"], data["steps"], data["dt"]
    n = len(y) // 2

    def field(y: Value) -> Value:
        q, v = y[:n], y[n:]
        return xp.concatenate([v, -xp.sin(q) - coupling @ q - 0.1 * v])

    for _ in range(steps):
        k1 = field(y)
        k2 = field(y + 0.5 * dt * k1)
        k3 = field(y + 0.5 * dt * k2)
        k4 = field(y + dt * k3)
        y = y + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return xp.sum(y * y)


def runge_kutta_in_place(y: Value, data: Value, xp: Any) -> Value:
    """The same, written into arrays."""
    coupling, steps, dt = data["coupling"], data["steps"], data["dt"]
    n = len(y) // 2

    def field(y: Value) -> Value:
        out = xp.empty_like(y)
        out[:n] = y[n:]
        out[n:] = -xp.sin(y[:n]) - coupling @ y[:n] - 0.1 * y[n:]
        return out

    y = y * 1.0
    for _ in range(steps):
        k1 = field(y)
        k2 = field(y + 0.5 * dt * k1)
        k3 = field(y + 0.5 * dt * k2)
        k4 = field(y + dt * k3)
        y += dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return xp.sum(y * y)


# ----------------------------------------------------------------------------------- points


def _random() -> np.random.Generator:
    return np.random.default_rng(20)


def scalar_programs() -> dict[str, Program]:
    """The programs of one number."""
    return {
        "multiply": Program("scalar multiply", multiply_chain, 1.0001, CHAIN, CHAIN),
        "sine": Program("np.sin on floats", sine_chain, 0.7, CHAIN, CHAIN),
        "mixed": Program("20-operation scalar program", mixed_scalar, 0.7, compilable=True),
    }


def array_program(size: int) -> Program:
    """The elementwise chain on arrays of ``size`` elements."""
    point = _random().uniform(0.5, 1.5, size)
    operations = PER_ROUND * ROUNDS + 2
    return Program(f"arrays of {size}", array_chain, point, ROUNDS, operations, compilable=True)


def rosenbrock_program(n: int = 100) -> Program:
    """Rosenbrock's function of n variables."""
    point = _random().uniform(-1.0, 1.0, n)
    return Program(f"Rosenbrock, n = {n}", rosenbrock, point, by_hand=by_hand.rosenbrock, compilable=True)


def helmholtz_program(n: int = 100) -> Program:
    """The Helmholtz energy of n components."""
    rng = _random()
    half = rng.uniform(0.0, 1.0, (n, n))
    data = {"A": half + half.T, "b": rng.uniform(0.0, 1.0, n)}
    point = rng.uniform(0.1, 1.0, n) / n
    name = f"Helmholtz energy, n = {n}"
    return Program(name, helmholtz, point, data, by_hand=by_hand.helmholtz, compilable=True)


def logistic_program(rows: int = 10_000, columns: int = 50) -> Program:
    """Logistic regression on a table of ``rows`` × ``columns``."""
    rng = _random()
    data = {"inputs": rng.normal(size=(rows, columns)), "labels": rng.choice([-1.0, 1.0], rows)}
    name = f"logistic regression, {rows} x {columns}"
    point = 0.1 * rng.normal(size=columns)
    program = Program(name, logistic, point, data, by_hand=by_hand.logistic, compilable=True)
    return replace(program, torch_writing=logistic_torch)


def network_program(batch: int = 256, sizes: tuple[int, ...] = (32, 32, 32, 10)) -> Program:
    """A network of three layers and its parameters, a dict of six arrays.

    Wider layers would time the matrix product of the machine, which every library calls: see ``by_hand``.
    """
    rng = _random()
    point: dict[str, Any] = {}
    for layer, (m, n) in enumerate(pairwise(sizes), start=1):
        point[f"W{layer}"] = rng.normal(size=(m, n)) / m**0.5
        point[f"b{layer}"] = 0.1 * rng.normal(size=n)
    labels = rng.integers(0, sizes[-1], batch)
    targets = np.eye(sizes[-1])[labels]
    data = {"inputs": rng.normal(size=(batch, sizes[0])), "targets": targets, "labels": labels}
    name = f"three-layer network, batch {batch}"
    program = Program(name, network, point, data, by_hand=by_hand.network, compilable=True)
    return replace(program, torch_writing=network_torch)


def recurrent_program(steps: int = 200, size: int = 16) -> Program:
    """A recurrent network of ``steps`` steps on vectors of ``size``."""
    rng = _random()
    point = {
        "W": rng.normal(size=(size, size)) / size**0.5,
        "U": rng.normal(size=(size, size)) / size**0.5,
        "V": rng.normal(size=size) / size**0.5,
        "b": 0.1 * rng.normal(size=size),
    }
    data = {
        "start": np.zeros(size),
        "inputs": rng.normal(size=(steps, size)),
        "targets": rng.normal(size=steps),
    }
    name = f"recurrent network, {steps} steps"
    return Program(name, recurrent, point, data, torch_writing=recurrent_torch, by_hand=by_hand.recurrent)


def runge_kutta_program(steps: int = 200, pendulums: int = 8) -> Program:
    """A Runge-Kutta integration of ``steps`` steps, from its starting point."""
    rng = _random()
    eye = np.eye(pendulums)
    coupling = 2.0 * eye - np.roll(eye, 1, axis=0) - np.roll(eye, -1, axis=0)
    data = {"coupling": 0.3 * coupling, "steps": steps, "dt": 0.05}
    point = rng.normal(size=2 * pendulums)
    return Program(f"Runge-Kutta, {steps} steps", runge_kutta, point, data, by_hand=by_hand.runge_kutta)


def in_place_program() -> Program:
    """The same integration, which hoad differentiates written in place, and the others as they can."""
    return replace(
        runge_kutta_program(), name="Runge-Kutta in place, 200 steps", hoad_writing=runge_kutta_in_place
    )


def tenth_programs() -> list[Program]:
    """The programs of one number whose tenth derivatives are timed."""
    return [
        Program("exp(sin x)", exp_of_sine, 0.7),
        Program("polynomial of degree 9", horner, 0.7, [float(k) for k in range(10, 0, -1)]),
        Program("loop of 20 operations", loop_of_twenty, 0.7),
    ]


def fit_program(residuals: int = 1000) -> Program:
    """The residuals of an exponential fit of ten parameters."""
    times = np.linspace(0.0, 1.0, residuals)
    return Program(
        "exponential fit, 1000 x 10", exponential_fit, np.linspace(0.5, 1.5, 10), times, compilable=True
    )


def laplacian_program(batch: int = 64, d: int = 50) -> Program:
    """A network of one number, at each sample of a batch."""
    rng = _random()
    shapes = {"W1": (d, d), "W2": (d, d), "W3": (1, d)}
    data = {name: rng.normal(size=shape) / d**0.5 for name, shape in shapes.items()}
    name = f"tanh network, d = {d}, batch {batch}"
    point = rng.normal(size=(batch, d))
    return Program(name, tanh_network, point, data, by_hand=by_hand.laplacian, compilable=True)


def tensor_program(n: int = 20) -> Program:
    """A function of n variables for its third derivatives."""
    return Program(
        f"third derivatives, n = {n}", sines_and_exponentials, np.linspace(0.1, 1.0, n), compilable=True
    )


def gradient_programs() -> list[Program]:
    """The six programs whose gradients are timed."""
    return [
        rosenbrock_program(),
        helmholtz_program(),
        logistic_program(),
        network_program(),
        recurrent_program(),
        runge_kutta_program(),
    ]


def bind(writing: Writing, data: Value, xp: ModuleType) -> Callable[[Value], Value]:
    """The program as a function of one argument, as its author would have it."""
    return lambda x: writing(x, data, xp)
