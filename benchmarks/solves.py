"""Derivatives of what SciPy solves and computes, in solves: beside the same call without derivatives."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.limits import Limit, against
from benchmarks.peers import Peer
from benchmarks.timing import Effort, best_of

TIGHT = {"rtol": 1e-8, "atol": 1e-8}
RATES = np.array([1.1, 0.4, 0.4, 0.1])
NET = np.random.default_rng(0).normal(size=(10, 10)) * 0.3
GRADIENT, HESSIAN, MANY = 5.0, 40.0, 8.0  # solves, at most
PRODUCT = 6.0  # products
SPLINE = 25.0  # splines through 10^4 data, of which the derivative is one solve; the rest is NumPy's passes
CLOSED, DENSITY = 5.0, 6.0  # values
SHAPE = np.array([0.3, 1.2])
SPECIAL = ("erf", "gammaln", "psi", "log_ndtr", "expit", "j0", "erfinv", "exp1", "ndtri", "logsumexp")


def prey(t: Any, y: Any, a: Any, b: Any, c: Any, d: Any) -> list[Any]:
    """The equations of Lotka and Volterra."""
    return [a * y[0] - b * y[0] * y[1], -c * y[1] + d * y[0] * y[1]]


def solves(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """Equations of motion with few parameters and with many, and a product with a sparse matrix."""
    if "hoad" not in peers:
        return
    hoad: Any = peers["hoad"].hoad  # type: ignore[attr-defined]
    solve_ivp = importlib.import_module("scipy.integrate").solve_ivp
    sparse = importlib.import_module("scipy.sparse")
    effort = Effort(seconds=0.3 * repeats)
    times, few = np.linspace(0, 10, 50), np.linspace(0, 5, 20)

    def fit(p: Any) -> Any:
        return np.sum(solve_ivp(prey, (0, 10), [10.0, 5.0], t_eval=times, args=tuple(p), **TIGHT).y ** 2)

    def net(w: Any) -> Any:
        rate = lambda t, y: np.tanh(w @ y) - y
        return np.sum(solve_ivp(rate, (0, 5), np.ones(10), t_eval=few, **TIGHT).y ** 2)

    a = sparse.random_array((20_000, 20_000), density=5e-4, rng=0, format="csr")
    x = np.ones(20_000)
    energy = lambda x: np.sum((a @ x) ** 2)
    linalg, stats = importlib.import_module("scipy.linalg"), importlib.import_module("scipy.stats")
    special = importlib.import_module("scipy.special")
    matrix, many = np.random.default_rng(1).normal(size=(50, 50)) / 10, np.linspace(0.1, 3.0, 10_000)
    whole = lambda a: np.sum(linalg.expm(a))
    likelihood = lambda p: np.sum(stats.norm.logpdf(many, loc=p[0], scale=p[1]))
    summed = lambda g: lambda x: np.sum(g(x))
    functions = {name: summed(getattr(special, name)) for name in SPECIAL}
    of_elements = {
        f"scipy.special.{name} of 10^4: gradient": (f, lambda f=f: hoad.grad(f, many), many, CLOSED)
        for name, f in functions.items()
    }
    cubic = importlib.import_module("scipy.interpolate").CubicSpline
    knots, points = np.linspace(0, 10, 10_001), np.linspace(0.1, 9.9, 2000)
    waves = np.sin(knots)
    curve = lambda y: np.sum(cubic(knots, y)(points) ** 2)
    cases = {
        **of_elements,
        "expm of 50 x 50: gradient": (whole, lambda: hoad.grad(whole, matrix), matrix, CLOSED),
        "norm.logpdf of 10^4: gradient in loc and scale": (
            likelihood, lambda: hoad.grad(likelihood, SHAPE), SHAPE, DENSITY),
        "Lotka and Volterra, 4 parameters: gradient": (fit, lambda: hoad.grad(fit, RATES), RATES, GRADIENT),
        "Lotka and Volterra, 4 parameters: Hessian": (fit, lambda: hoad.hessian(fit, RATES), RATES, HESSIAN),
        "100 parameters, 10 states: gradient": (net, lambda: hoad.grad(net, NET), NET, MANY),
        "CubicSpline in its data: gradient": (curve, lambda: hoad.grad(curve, waves), waves, SPLINE),
        "|A x|^2, A sparse: gradient": (energy, lambda: hoad.grad(energy, x), x, PRODUCT),
    }  # fmt: skip
    for name, (f, derivative, point, most) in cases.items():
        best = best_of({"derivative": derivative, "value": lambda f=f, point=point: f(point)}, effort)
        yield against("solves", name, {"hoad": best["derivative"] / best["value"]}, 1.0, most, "values")
