"""Derivatives on a GPU: hoad, compiled and plain, beside jitted JAX and PyTorch, in one run of one card.

``make bench-gpu`` runs it with the Python that has CuPy; JAX and PyTorch take part where they are there. It
takes at most four minutes, fetches nothing, and writes its table to ``build/gpu.md`` as it goes. Each row is
tried by itself: one that fails says why. ``--library hoad.testing.device --small`` tries the script where no
GPU is; its times mean nothing then.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import numpy as np  # noqa: E402

SECONDS = 225.0  # of the whole run
READING = 0.4  # seconds of the readings of one contender
GOALS = {  # compiled / jitted JAX, plain / PyTorch, at most
    "Rosenbrock 2e7, gradient": (0.65, 1.0), "Rosenbrock 2e7, Hv": (0.36, 1.0),
    "Rosenbrock 100, gradient": (0.13, 1.0), "Rosenbrock 100, Hv": (0.13, 1.0),
    "Rosenbrock 100, Hessian": (0.11, 1.0), "elementwise 2e7, d1": (0.78, 1.0),
    "elementwise 2e7, d2": (0.78, 0.7), "elementwise 2e7, d4": (0.78, None),
    "elementwise 2e7, d6": (0.78, None), "heat 2048² × 50, gradient": (0.9, 1.0),
    "heat 2048² × 50, Hv": (0.9, 0.9), "logistic 2e6 × 50, gradient": (0.78, 1.0),
    "logistic 2e6 × 50, Hv": (0.8, 0.9), "logistic 2e6 × 50, Hessian": (0.8, 0.9),
    "network 16384, gradient": (0.85, 1.0), "network 16384, Hv": (0.95, 1.0),
    "network 16384, single, gradient": (0.85, 1.0), "network 16384, single, Hv": (0.95, 1.0),
    "recurrent 50, gradient": (0.95, 1.0), "recurrent 50, Hv": (0.95, 1.0),
    "Gaussian process 4000, gradient": (1.0, 1.0), "Gaussian process 4000, Hessian": (0.9, 0.8),
}  # fmt: skip
BYTES = {  # that must move, in arrays of the point's size
    "Rosenbrock 2e7, gradient": 2, "Rosenbrock 2e7, Hv": 3, "elementwise 2e7, d1": 2,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------
# Programs, each one text for all libraries
# ------------------------------------------------------------------------------------------------------------


def rosenbrock(xp: Any, x: Any) -> Any:
    return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def elementwise(xp: Any, x: Any) -> Any:
    return xp.sin(x) * xp.exp(-x * x) + xp.tanh(x) / (1.0 + x * x)


def heat(xp: Any, u: Any, steps: int) -> Any:
    for _ in range(steps):
        around = xp.roll(u, 1, 0) + xp.roll(u, -1, 0) + xp.roll(u, 1, 1) + xp.roll(u, -1, 1)
        u = u + 0.2 * (around - 4 * u) - 0.01 * u**3
    return xp.sum(u**2)


def logistic(xp: Any, w: Any, x: Any, y: Any) -> Any:
    z = x @ w
    return xp.sum(xp.logaddexp(z * 0, z) - y * z)


def network(xp: Any, w: Any, x: Any, y: Any) -> Any:
    n, m, k = x.shape[1], 512, y.shape[1]
    a, b = w[: n * m].reshape(n, m), w[n * m : n * m + m * m].reshape(m, m)
    c = w[-m * k :].reshape(m, k)
    return xp.sum((xp.tanh(xp.tanh(x @ a) @ b) @ c - y) ** 2) / y.shape[0]


def recurrent(xp: Any, w: Any, x: Any, h: Any) -> Any:
    w = w.reshape(x.shape[-1], x.shape[-1])
    for t in range(x.shape[0]):
        h = xp.tanh(h @ w + x[t])
    return xp.sum(h * h)


def process(xp: Any, p: Any, distances: Any, y: Any, unit: Any) -> Any:
    k = xp.exp(p[0]) * xp.exp(-distances * xp.exp(p[1])) + (1e-3 + xp.exp(p[2])) * unit
    factor = xp.linalg.cholesky(k)
    return 0.5 * xp.sum(y * xp.linalg.solve(k, y[:, None])[:, 0]) + xp.sum(xp.log(xp.diagonal(factor)))


Row = tuple[str, Callable[..., Any], str, Callable[[Any], tuple[Any, ...]]]  # name, program, derivative, data


def rows(small: bool) -> list[Row]:
    """What is measured; the first are the ones that say most."""
    n, m, k, steps, batch = (1000, 300, 16, 3, 32) if small else (20_000_000, 2_000_000, 2048, 50, 16384)
    gp, times = (30, 4) if small else (4000, 50)

    def line(size: int) -> Callable[[Any], tuple[Any, ...]]:
        return lambda r: (r.normal(size=size),)

    def data(r: Any) -> tuple[Any, ...]:
        return r.normal(size=50), r.normal(size=(m, 50)), (r.random(m) > 0.5) * 1.0

    def layers(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
        return lambda r: tuple(
            [
                np.asarray(a, kind)
                for a in (
                    r.normal(size=256 * 512 + 512 * 512 + 512 * 10) * 0.05,
                    r.normal(size=(batch, 256)),
                    r.normal(size=(batch, 10)),
                )
            ]
        )

    def sequence(r: Any) -> tuple[Any, ...]:
        return r.normal(size=256 * 256) * 0.06, r.normal(size=(times, 256, 256)), np.zeros((256, 256))

    def points(r: Any) -> tuple[Any, ...]:
        x = r.normal(size=(gp, 3))
        squares = ((x[:, None] - x[None]) ** 2).sum(-1) if gp < 100 else pairwise(x)
        return np.array([0.1, -0.2, -2.0]), squares, r.normal(size=gp), np.eye(gp)

    found: list[Row] = [("Rosenbrock 2e7, gradient", rosenbrock, "gradient", line(n))]
    found.append(("Rosenbrock 2e7, Hv", rosenbrock, "Hv", line(n)))
    found += [(f"Rosenbrock 100, {d}", rosenbrock, d, line(100)) for d in ("gradient", "Hv", "Hessian")]
    found += [(f"elementwise 2e7, d{k}", elementwise, f"d{k}", line(n)) for k in (1, 2)]
    turns = [
        (logistic, "logistic 2e6 × 50", data, ("gradient", "Hv", "Hessian")),
        (network, "network 16384", layers(np.float64), ("gradient", "Hv")),
        (network, "network 16384, single", layers(np.float32), ("gradient", "Hv")),
        (process, "Gaussian process 4000", points, ("gradient", "Hessian")),
        (recurrent, "recurrent 50", sequence, ("gradient", "Hv")),
    ]
    found += [(f"{name}, {d}", f, d, make) for f, name, make, whats in turns for d in whats]
    found += [(f"elementwise 2e7, d{k}", elementwise, f"d{k}", line(n)) for k in (4, 6)]

    def field(r: Any) -> tuple[Any, ...]:
        return (r.normal(size=(k, k)),)

    warm = [(f"heat 2048² × 50, {d}", lambda xp, u: heat(xp, u, steps), d, field) for d in ("gradient", "Hv")]
    return [*found, *warm]


def pairwise(x: Any) -> Any:
    """Squares of the distances between points."""
    squares = (x * x).sum(1)
    return np.maximum(squares[:, None] + squares[None] - 2 * x @ x.T, 0.0)


# ------------------------------------------------------------------------------------------------------------
# Contenders
# ------------------------------------------------------------------------------------------------------------


class Hoad:
    """Hoad on the arrays of CuPy, plain or compiled."""

    def __init__(self, library: Any) -> None:
        self.library = library
        self.hoad = importlib.import_module("hoad")

    def wait(self, out: Any = None) -> None:
        """Until the device has done all."""
        if hasattr(self.library.cuda, "Stream") and hasattr(self.library.cuda.Stream, "null"):
            self.library.cuda.Device().synchronize()

    def given(self, args: Any) -> list[Any]:
        """Arguments on the device."""
        return [self.library.asarray(a) for a in args]

    def derivative(self, f: Any, what: str, data: int) -> Any:
        """A function of a point, a direction where there is one, and data."""
        hoad = self.hoad
        if what == "gradient":
            return lambda x, *rest: hoad.grad(lambda x: f(np, x, *rest))(x)
        if what == "Hv":
            return lambda x, v, *rest: hoad.hvp(lambda x: f(np, x, *rest), x, v)
        if what == "Hessian":
            return lambda x, *rest: hoad.hessian(lambda x: f(np, x, *rest))(x)
        return lambda x: hoad.directional(lambda x: f(np, x), x, np.ones_like(x), int(what[1:]))

    def compiled(self, f: Any, what: str, data: int) -> Any:
        """The same, compiled."""
        return self.hoad.compile(self.derivative(f, what, data), on_fail="raise")

    def to_numpy(self, y: Any) -> Any:
        """A result in the host's memory."""
        return y.get()


class Jax:
    """Jitted JAX."""

    def __init__(self) -> None:
        self.jax = importlib.import_module("jax")
        self.jnp = importlib.import_module("jax.numpy")
        self.jax.config.update("jax_enable_x64", True)
        self.jax.config.update("jax_default_matmul_precision", "highest")
        if self.jax.default_backend() == "cpu":
            raise ImportError("JAX sees no GPU")

    def wait(self, out: Any = None) -> None:
        """Until a result is there."""
        self.jax.block_until_ready(out)

    def given(self, args: Any) -> list[Any]:
        """Arguments on the device."""
        return [self.jnp.asarray(a) for a in args]

    def compiled(self, f: Any, what: str, data: int) -> Any:
        """The derivative."""
        jax, jnp = self.jax, self.jnp
        if what == "gradient":
            return jax.jit(jax.grad(lambda x, *rest: f(jnp, x, *rest)))
        if what == "Hessian":
            return jax.jit(jax.hessian(lambda x, *rest: f(jnp, x, *rest)))
        if what == "Hv":
            slope = jax.grad(lambda x, *rest: f(jnp, x, *rest))
            return jax.jit(lambda x, v, *rest: jax.jvp(lambda x: slope(x, *rest), (x,), (v,))[1])
        held = lambda x: f(jnp, x)
        for _ in range(int(what[1:])):
            held = (lambda g: lambda x: jax.jvp(g, (x,), (jnp.ones_like(x),))[1])(held)
        return jax.jit(held)

    def to_numpy(self, y: Any) -> Any:
        """A result in the host's memory."""
        return np.asarray(y)


class Torch:
    """PyTorch, operation by operation."""

    def __init__(self) -> None:
        self.torch = importlib.import_module("torch")
        if not self.torch.cuda.is_available():
            raise ImportError("PyTorch sees no GPU")

    def wait(self, out: Any = None) -> None:
        """Until the device has done all."""
        self.torch.cuda.synchronize()

    def given(self, args: Any) -> list[Any]:
        """Arguments on the device."""
        return [self.torch.as_tensor(a, device="cuda") for a in args]

    def derivative(self, f: Any, what: str, data: int) -> Any:
        """The derivative."""
        torch = self.torch
        if what == "gradient":

            def gradient(x: Any, *rest: Any) -> Any:
                x = x.detach().requires_grad_()
                return torch.autograd.grad(f(torch, x, *rest), x)[0]

            return gradient
        if what == "Hessian":
            return lambda x, *rest: torch.func.hessian(lambda x: f(torch, x, *rest))(x)
        if what == "Hv":
            return lambda x, v, *rest: torch.func.jvp(
                torch.func.grad(lambda x: f(torch, x, *rest)), (x,), (v,)
            )[1]
        held = lambda x: f(torch, x)
        for _ in range(int(what[1:])):
            held = (lambda g: lambda x: torch.func.jvp(g, (x,), (torch.ones_like(x),))[1])(held)
        return held

    def to_numpy(self, y: Any) -> Any:
        """A result in the host's memory."""
        return y.detach().cpu().numpy()


# ------------------------------------------------------------------------------------------------------------
# The run
# ------------------------------------------------------------------------------------------------------------


def median(run: Callable[[], Any], wait: Callable[[Any], None]) -> float:
    """Milliseconds of a call, with the wait for it."""
    wait(run())
    started = time.perf_counter()
    wait(run())
    once = time.perf_counter() - started
    readings = []
    for _ in range(max(3, min(200, int(READING / max(once, 1e-6))))):
        started = time.perf_counter()
        wait(run())
        readings.append(time.perf_counter() - started)
    return statistics.median(readings) * 1e3


def measured(contender: Any, way: str, row: Row, args: Any, right: Any) -> tuple[dict[str, Any], Any]:
    """Time, time of the first call, and the difference from another's result."""
    _, f, what, _ = row
    found: dict[str, Any] = {}
    try:
        given = contender.given(args)
        function = getattr(contender, way)(f, what, len(args))
        started = time.perf_counter()
        out = function(*given)
        contender.wait(out)
        found["first"] = time.perf_counter() - started
        got = contender.to_numpy(function(*given))  # the first call is that of the function as it is written
        if right is not None:
            found["error"] = float(np.max(np.abs(got - right)) / (np.max(np.abs(right)) + 1e-300))
        found["ms"] = median(lambda: function(*given), contender.wait)
        if way == "compiled" and isinstance(contender, Hoad):
            found["why"] = function.why()
        return found, got if right is None else right
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"}, right
    finally:
        given = function = out = None
        gc.collect()


def ratio(found: dict[str, Any], mine: str, other: str) -> float | None:
    """Time divided by another's."""
    a, b = found.get(mine, {}).get("ms"), found.get(other, {}).get("ms")
    return a / b if a and b else None


def table(results: list[dict[str, Any]], card: str, copy: float | None) -> str:
    """The results as Markdown."""
    lines = [f"{card}; {time.strftime('%d %B %Y')}", ""]
    heads = ["work", "compiled ms", "JAX ms", "/ JAX", "at most", "plain ms", "PyTorch ms", "/ PyTorch"]
    heads += ["at most", "first call s", "JAX's", "of the memory limit", "error", "why"]
    lines += [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for found in results:
        jax_most, torch_most = GOALS.get(found["row"], (None, None))
        cells = [found["row"]]
        for mine, other, most in (("compiled", "jax", jax_most), ("plain", "torch", torch_most)):
            for name in (mine, other):
                one = found.get(name, {})
                cells.append(f"{one['ms']:.4g}" if "ms" in one else one.get("failed", "-"))
            share = ratio(found, mine, other)
            cells += ["-" if share is None else f"{share:.2f}", "-" if most is None else f"{most}"]
        firsts = [found.get(name, {}).get("first") for name in ("compiled", "jax")]
        cells += ["-" if x is None else f"{x:.2f}" for x in firsts]
        ms, arrays = found.get("compiled", {}).get("ms"), BYTES.get(found["row"])
        limit = (
            None if copy is None or arrays is None or not ms else arrays * found["bytes"] / copy / ms * 1e3
        )
        cells.append("-" if limit is None else f"{limit:.2f}")
        errors = [found.get(name, {}).get("error") for name in ("compiled", "plain", "torch")]
        errors = [e for e in errors if e is not None]
        cells += [f"{max(errors):.0e}" if errors else "-", found.get("compiled", {}).get("why", "")[:80]]
        lines.append(f"| {' | '.join([cell.replace('|', '/') for cell in cells])} |")
    return "\n".join([*lines, ""])


def bandwidth(hoad: Hoad) -> float:
    """Bytes a second of a copy on the device, counted both ways."""
    x = hoad.library.empty(50_000_000, "float64")
    y = hoad.library.empty_like(x)

    def copy() -> None:
        y[...] = x

    return 2 * x.nbytes / (median(copy, hoad.wait) * 1e-3)


def main() -> int:
    """Measure what there is time for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--library", default="cupy", help="the module of the arrays")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to try the script")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--out", default=str(ROOT / "build" / "gpu.md"), help="where the table goes")
    given = parser.parse_args()
    try:
        library = importlib.import_module(given.library)
        card = card_of(library)
    except Exception as error:
        print(f"bench-gpu needs a GPU and CuPy, and there is none here: {error}", file=sys.stderr)
        return 2
    begun = time.perf_counter()
    hoad, others = Hoad(library), {}
    for name, cls in (("jax", Jax), ("torch", Torch)):
        try:
            others[name] = cls()
        except Exception as error:
            print(f"{name} takes no part: {error}", file=sys.stderr)
    copy = None if given.small else bandwidth(hoad)
    results: list[dict[str, Any]] = []
    out = Path(given.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    for row in rows(given.small):
        if given.only not in row[0]:
            continue
        if time.perf_counter() - begun > SECONDS:
            print(f"no time is left for {row[0]}", file=sys.stderr)
            continue
        args = row[3](np.random.default_rng(0))
        if row[2] == "Hv":
            direction = np.random.default_rng(1).normal(size=args[0].shape).astype(args[0].dtype)
            args = (args[0], direction, *args[1:])
        found: dict[str, Any] = {"row": row[0], "bytes": args[0].nbytes}
        right = None
        ways = [("jax", others.get("jax"), "compiled"), ("compiled", hoad, "compiled")]
        ways += [("plain", hoad, "derivative"), ("torch", others.get("torch"), "derivative")]
        for name, contender, way in ways:
            if contender is not None:
                found[name], right = measured(contender, way, row, args, right)
                if hasattr(library, "get_default_memory_pool"):
                    library.get_default_memory_pool().free_all_blocks()
        results.append(found)
        print(json.dumps(found), flush=True)
        out.write_text(table(results, card, copy))
        out.with_suffix(".json").write_text(json.dumps(results, indent=1))
    print(f"\n{out}, after {time.perf_counter() - begun:.0f} s")
    return 0


def card_of(library: Any) -> str:
    """The card and the versions."""
    name = "no card"
    if hasattr(library.cuda, "runtime"):
        found = library.cuda.runtime.getDeviceProperties(library.cuda.Device().id)["name"]
        name = found.decode() if isinstance(found, bytes) else str(found)
    elif library.__name__ == "cupy":
        raise RuntimeError("no device")
    told = [f"{n} {m.__version__}" for n, m in sys.modules.items() if n in ("cupy", "numpy", "jax", "torch")]
    return ", ".join([name, *told, f"Python {platform.python_version()}"])


if __name__ == "__main__":
    sys.exit(main())
