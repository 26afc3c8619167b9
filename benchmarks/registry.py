"""What a derivative costs beside its function, in time and memory: ``python -m benchmarks.registry``.

Each function f is run on arrays of 10^5 elements. The theory's bound of 4 to 5 (Baur and Strassen 1983;
Griewank and Walther 2008, ch. 4) speaks of the value and the gradient of a scalar function, beside that
function: here of the sum of f's elements times weights, as ``hoad.value_and_grad`` takes it. Beside it stand,
in units of f itself, the value and the way back of a cotangent that is given (``hoad.vjp``), and value and
tangent (``hoad.jvp``). The bytes are the most that is held at a time, beside those of the function alone and
its argument.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import hoad
from benchmarks import timing

SIZE = 100_000
GOAL = 5.0
BYTES_GOAL = 8.0
UNARY = (
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arctanh", "exp"),
    *("exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "square", "reciprocal", "negative"),
    *("absolute", "sinc", "floor", "degrees"),
)
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "power",
    "arctan2",
    "hypot",
    "maximum",
    "minimum",
    "logaddexp",
]
MATRIX = {
    "matmul": lambda a: a @ a,
    "linalg.inv": np.linalg.inv,
    "linalg.det": np.linalg.det,
    "linalg.qr": lambda a: np.linalg.qr(a)[1],
    "linalg.eigvalsh": lambda a: np.linalg.eigvalsh(a + a.T),
    "linalg.svdvals": np.linalg.svdvals,
    "linalg.cholesky": lambda a: np.linalg.cholesky(a @ a.T + np.eye(len(a))),
    "linalg.solve": lambda a: np.linalg.solve(a, a[0]),
    "einsum": lambda a: np.einsum("ij,kj->ik", a, a),
    "fft.fft2": np.fft.fft2,
    "linalg.pinv": np.linalg.pinv,
    "linalg.eigh": lambda a: np.linalg.eigh(a + a.T)[1],
    "linalg.svd": lambda a: np.linalg.svd(a)[0],
    "linalg.slogdet": lambda a: np.linalg.slogdet(a)[1],
    "linalg.matrix_power": lambda a: np.linalg.matrix_power(a, 5),
    "linalg.norm, nuc": lambda a: np.linalg.norm(a, "nuc"),
    "linalg.cond": np.linalg.cond,
    "linalg.multi_dot": lambda a: np.linalg.multi_dot([a[:, :1], a[:1], a, a[:, :1]]),
    "linalg.lstsq": lambda a: np.linalg.lstsq(a[:, :20], a[:, 20])[0],
    "pinv of a tall one": lambda a: np.linalg.pinv(np.reshape(a, (-1, 4))),
    "svdvals of a tall one": lambda a: np.linalg.svdvals(np.reshape(a, (-1, 4))),
    "qr of a tall one": lambda a: np.linalg.qr(np.reshape(a, (-1, 4)))[1],
    "kron": lambda a: np.kron(a[:20, :20], a[:20, :20]),
    "outer": lambda a: np.outer(a[0], a[1]),
    "tensordot": lambda a: np.tensordot(a, a, axes=((0,), (1,))),
    "einsum, diagonal": lambda a: np.einsum("ii->i", a),
    "einsum, three": lambda a: np.einsum("ij,jk,kl->il", a[:40, :40], a[:40, :40], a[:40, :40]),
    "inner": lambda a: np.inner(a, a),
    "vdot": lambda a: np.vdot(a, a),
    "vecdot": lambda a: np.vecdot(a, a),
    "cross": lambda a: np.cross(np.reshape(a, (-1, 4))[:, :3], np.reshape(a, (-1, 4))[:, 1:]),
    "convolve": lambda a: np.convolve(np.ravel(a)[:2000], np.ravel(a)[:2000]),
    "correlate": lambda a: np.correlate(np.ravel(a)[:2000], np.ravel(a)[:2000], "same"),
    "trace": np.trace,
    "diagonal": np.diagonal,
    "tril": np.tril,
}
VECTOR: dict[str, Callable[[Any], Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "var": np.var,
    "std": np.std,
    "max": np.max,
    "prod": lambda x: np.prod(1 + x / SIZE),
    "cumsum": np.cumsum,
    "sort": np.sort,
    "median": np.median,
    "quantile": lambda x: np.quantile(x, 0.3),
    "diff": np.diff,
    "concatenate": lambda x: np.concatenate([x, x]),
    "where": lambda x: np.where(x > 0.5, x, 1.0),
    "clip": lambda x: np.clip(x, 0.4, 0.6),
    "take": lambda x: np.take(x, np.arange(0, SIZE, 2)),
    "fft.rfft": np.fft.rfft,
    "linalg.norm": np.linalg.norm,
    "dot": lambda x: x @ x,
    "interp": lambda x: np.interp(x, np.linspace(0, 1, 100), np.linspace(0, 1, 100) ** 2),
    "gradient": np.gradient,
    "trapezoid": np.trapezoid,
    "cumprod of 1000": lambda x: np.cumprod(1 + x[:1000] / SIZE),
    "pad": lambda x: np.pad(x, 100),
}


def functions() -> Iterator[tuple[str, Callable[[Any], Any], Any]]:
    """Name, function and point of every line."""
    x = np.random.default_rng(0).uniform(0.2, 0.8, SIZE)
    y = np.random.default_rng(1).uniform(0.2, 0.8, SIZE)
    for name in UNARY:
        yield name, getattr(np, name), x
    for name in BINARY:
        yield name, functools.partial(lambda f, x: f(x, y), getattr(np, name)), x
    for name, f in VECTOR.items():
        yield name, f, x
    square = np.random.default_rng(2).normal(size=(200, 200))
    for name, f in MATRIX.items():
        yield name, f, square


def best(call: Callable[[], Any], seconds: float) -> float:
    """Least seconds of one call, of processor time: other programs may run."""
    call()
    least, spent = float("inf"), 0.0
    while spent < seconds:
        start = time.process_time()
        call()
        spent += (took := time.process_time() - start)
        least = min(least, took)
    return least


def weighted(f: Callable[[Any], Any], value: Any) -> Callable[[Any], Any]:
    """The sum of a function's elements times weights, which is one number."""
    weights = np.random.default_rng(3).normal(size=np.shape(value))
    if not np.ndim(value):
        weight = float(weights)
        return lambda x: weight * f(x)
    if np.iscomplexobj(value):
        weights = weights + 0j
        return lambda x: np.real(np.vdot(weights, f(x)))
    return lambda x: np.vdot(weights, f(x))


def ratios(f: Callable[[Any], Any], x: Any, seconds: float) -> tuple[float, float, float, float]:
    """Seconds of the function; how many times the weighted sum its value and gradient take, and how many
    times the function reverse and forward mode.
    """
    value = f(x)
    total = weighted(f, value)
    seed = np.ones_like(value)[()]
    tangent = np.ones_like(x)
    scalar = best(lambda: total(x), seconds)
    gradient = best(lambda: hoad.value_and_grad(total, x), seconds)
    own = best(lambda: f(x), seconds)
    reverse = best(lambda: hoad.vjp(f, x)[1](seed), seconds)
    forward = best(lambda: hoad.jvp(f, (x,), (tangent,)), seconds)
    return own, gradient / scalar, reverse / own, forward / own


def held(call: Callable[[], Any]) -> int:
    """The most bytes that a call holds at a time, its result among them."""
    call()
    tracemalloc.start()
    kept = call()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return most


def memory(f: Callable[[Any], Any], x: Any) -> tuple[float, float]:
    """How many times the bytes of the function and its argument that reverse and forward mode hold."""
    value = f(x)
    seed, tangent = np.ones_like(value)[()], np.ones_like(x)
    own = held(lambda: f(x)) + x.nbytes
    return held(lambda: hoad.vjp(f, x)[1](seed)) / own, held(lambda: hoad.jvp(f, (x,), (tangent,))) / own


def main() -> None:
    """Measure, and print the table, worst first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registry", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.2, help="how long to try each")
    options = parser.parse_args()
    if not os.environ.get(timing.SETTLED):  # glibc reads its settings once, at the start
        settled = {**os.environ, **timing.environment(1), timing.SETTLED: "1"}
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.registry", *sys.argv[1:]], settled)
    with np.errstate(all="ignore"), hoad.run_each_time():
        rows = [(name, *ratios(f, x, options.seconds), *memory(f, x)) for name, f, x in functions()]
    rows.sort(key=lambda row: -row[2])
    print(
        f"| {'function':<21} | {'alone':>10} | {'gradient':>8} | within {GOAL:g} | {'vjp':>8} | {'jvp':>8} "
        f"| {'bytes, reverse':>14} | {'forward':>8} | within {BYTES_GOAL:g} |"
    )
    lines = [f"{'-' * width}:" for width in (11, 9, 9, 9, 15, 9)]
    print("|".join(["", "-" * 23, *lines[:2], "-" * 10, *lines[2:], "-" * 10, ""]))
    for name, own, gradient, reverse, forward, back, ahead in rows:
        met = "yes" if gradient <= GOAL else "NO"
        fits = "yes" if max(back, ahead) <= BYTES_GOAL else "NO"
        print(
            f"| {name:<21} | {own * 1e6:>7.0f} µs | {gradient:>7.1f}x | {met:<8} | {reverse:>7.1f}x "
            f"| {forward:>7.1f}x | {back:>13.1f}x | {ahead:>7.1f}x | {fits:<8} |"
        )
    print(f"{sum(row[2] <= GOAL for row in rows)} of {len(rows)} gradients within {GOAL:g}")


if __name__ == "__main__":
    main()
