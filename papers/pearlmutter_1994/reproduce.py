"""Fast exact multiplication by the Hessian, after Pearlmutter (1994): the R-operator is forward over reverse.

Run ``python papers/pearlmutter_1994/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import hoad

# ------------------------------------------------------------------------------------------------------------
# A network with one hidden layer, as plain NumPy
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """Data of a network with a layer of tanh: inputs of shape (samples, i), targets of shape (samples, o)."""

    inputs: np.ndarray
    targets: np.ndarray
    hidden: int

    @property
    def weights(self) -> int:
        i, o = self.inputs.shape[1], self.targets.shape[1]
        return self.hidden * (i + 1) + o * (self.hidden + 1)


def problem(samples: int, inputs: int, hidden: int, outputs: int, seed: int = 0) -> Problem:
    random = np.random.default_rng(seed)
    return Problem(random.normal(size=(samples, inputs)), random.normal(size=(samples, outputs)), hidden)


def unpack(p: Problem, w: Any) -> tuple[Any, Any, Any, Any]:
    """Split a vector of weights into W, b of the hidden layer and V, c of the output."""
    i, o, h = p.inputs.shape[1], p.targets.shape[1], p.hidden
    ends = np.cumsum([h * i, h, o * h])
    return (
        w[: ends[0]].reshape(h, i),
        w[ends[0] : ends[1]],
        w[ends[1] : ends[2]].reshape(o, h),
        w[ends[2] :],
    )


def error(p: Problem, w: Any) -> Any:
    """E = 1/2 sum |V tanh(W x + b) + c - target|^2 over the samples."""
    W, b, V, c = unpack(p, w)
    return 0.5 * np.sum((np.tanh(p.inputs @ W.T + b) @ V.T + c - p.targets) ** 2)


# ------------------------------------------------------------------------------------------------------------
# The paper's equations, by hand
# ------------------------------------------------------------------------------------------------------------


def r_backpropagation(p: Problem, w: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backpropagation and R{backpropagation}, line by line: the gradient and H v.

    R{f(w)} = d/dr f(w + r v) at r = 0. Each line gives its R by the product rule and the chain rule, with
    R{w} = v.
    """
    W, b, V, c = unpack(p, w)
    RW, Rb, RV, Rc = unpack(p, v)

    y = np.tanh(p.inputs @ W.T + b)
    Ry = (1 - y**2) * (p.inputs @ RW.T + Rb)

    out = y @ V.T + c - p.targets
    Rout = Ry @ V.T + y @ RV.T + Rc

    back = (out @ V) * (1 - y**2)
    Rback = (Rout @ V + out @ RV) * (1 - y**2) - 2 * (out @ V) * y * Ry

    gradient = back.T @ p.inputs, back.sum(0), out.T @ y, out.sum(0)
    product = Rback.T @ p.inputs, Rback.sum(0), Rout.T @ y + out.T @ Ry, Rout.sum(0)
    return np.concatenate([g.ravel() for g in gradient]), np.concatenate([g.ravel() for g in product])


# ------------------------------------------------------------------------------------------------------------
# Accuracy
# ------------------------------------------------------------------------------------------------------------


def ways(p: Problem, v: np.ndarray) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Every way to H v with hoad; the first is the paper's."""

    def E(w: Any) -> Any:
        return error(p, w)

    return {
        "forward over reverse: jvp of grad": lambda w: hoad.jvp(hoad.grad(E), (w,), (v,))[1],
        "hoad.hvp": lambda w: hoad.hvp(E, w, v),
        "reverse over forward: grad of jvp": hoad.grad(lambda w: hoad.jvp(E, (w,), (v,))[1]),
        "reverse over reverse: grad of v.grad": hoad.grad(lambda w: v @ hoad.grad(E, w)),
        "the full Hessian times v": lambda w: hoad.hessian(E, w) @ v,
        "the paper's equations by hand": lambda w: r_backpropagation(p, w, v)[1],
    }


def relative(got: np.ndarray, exact: np.ndarray) -> float:
    return float(np.linalg.norm(got - exact) / np.linalg.norm(exact))


def report_accuracy(p: Problem, w: np.ndarray, v: np.ndarray) -> None:
    """Each exact way is right to the last digits; differences of gradients have a best step."""
    wide = Problem(p.inputs.astype(np.longdouble), p.targets.astype(np.longdouble), p.hidden)
    exact = r_backpropagation(wide, w.astype(np.longdouble), v.astype(np.longdouble))[1]

    print(f"H v for {p.weights} weights: relative error")
    for name, product in ways(p, v).items():
        found = relative(product(w), exact)
        print(f"  {name:40}{found:9.1e}")
        assert found < 1e-14

    gradient = hoad.grad(lambda w: error(p, w))
    print("\nfinite differences of the gradient: relative error")
    print(f"  {'step r':>8}{'(g(w+rv) - g(w))/r':>22}{'(g(w+rv) - g(w-rv))/2r':>26}")
    errors = []
    for r in 10.0 ** np.arange(0, -15, -1):
        one_sided = relative((gradient(w + r * v) - gradient(w)) / r, exact)
        central = relative((gradient(w + r * v) - gradient(w - r * v)) / (2 * r), exact)
        errors.append((one_sided, central))
        print(f"  {r:8.0e}{one_sided:22.1e}{central:26.1e}")
    for curve in np.array(errors).T:
        best = int(np.argmin(curve))
        assert 0 < best < len(curve) - 1, "the error falls, and rises again"
        assert curve[best] > 1e-13 > 10 * relative(hoad.hvp(lambda w: error(p, w), w, v), exact)


# ------------------------------------------------------------------------------------------------------------
# Use and cost
# ------------------------------------------------------------------------------------------------------------


def report_largest_curvature(p: Problem, w: np.ndarray) -> None:
    """The eigenvalue of largest size by products alone, one of the uses in the paper: power iteration."""
    v = np.ones_like(w)
    for _ in range(200):
        v = hoad.hvp(lambda w: error(p, w), w, v)
        v = v / np.linalg.norm(v)
    found = v @ hoad.hvp(lambda w: error(p, w), w, v)
    eigenvalues = np.linalg.eigvalsh(hoad.hessian(lambda w: error(p, w), w))
    exact = eigenvalues[np.argmax(np.abs(eigenvalues))]
    print(f"\nlargest eigenvalue of H: {found:.10f} by 200 products, {exact:.10f} from the full Hessian")
    assert abs(found - exact) < 1e-8 * abs(exact)


def milliseconds(call: Callable[[], Any], repeats: int = 21) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def report_cost() -> None:
    """A product costs a few gradients, whatever the number of weights. Times are printed and not asserted."""
    print("\ncost in milliseconds (median of 21)")
    print(f"  {'weights':>8}{'error':>10}{'gradient':>10}{'H v':>10}{'H v / gradient':>16}")
    for samples, hidden in ((10, 5), (100, 50), (500, 200)):
        p = problem(samples, 10, hidden, 2)
        random = np.random.default_rng(2)
        w, v = 0.5 * random.normal(size=p.weights), random.normal(size=p.weights)
        value = milliseconds(lambda p=p, w=w: error(p, w))
        gradient = milliseconds(lambda p=p, w=w: hoad.grad(lambda w: error(p, w), w))
        product = milliseconds(lambda p=p, w=w, v=v: hoad.hvp(lambda w: error(p, w), w, v))
        print(f"  {p.weights:8}{value:10.3f}{gradient:10.3f}{product:10.3f}{product / gradient:16.1f}")


def main() -> None:
    p = problem(samples=20, inputs=3, hidden=6, outputs=2)
    random = np.random.default_rng(1)
    w, v = 0.5 * random.normal(size=p.weights), random.normal(size=p.weights)
    report_accuracy(p, w, v)
    report_largest_curvature(p, w)
    report_cost()


if __name__ == "__main__":
    main()
