"""What a derivative holds in memory, beside its function: a small multiple, whatever the shapes."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from shape_calls import ONE
from shape_operands import BESIDE, UFUNCS

import hoad
from benchmarks.registry import MATRIX, held, memory
from hoad.running import often

pytestmark = pytest.mark.skipif(often.AT_ONCE, reason="to record a function takes memory of its own")

SQUARE = np.random.default_rng(2).normal(size=(64, 64))
# Those with two sets of singular vectors and their turns.
VALUES = (
    "linalg.svd",
    "linalg.svdvals",
    "linalg.norm, nuc",
    "linalg.cond",
    "linalg.lstsq",
    "svdvals of a tall one",
)


@pytest.mark.parametrize("name", MATRIX)
def test_bytes_of_linear_algebra(name: str) -> None:
    """At most 8 times the bytes of the function and its argument; 20 with two sets of singular vectors. A sum
    has a copy of its argument in NumPy 2.0.
    """
    reverse, forward = memory(MATRIX[name], SQUARE)
    copies = held(lambda: np.add.reduce(SQUARE, axis=0)) // SQUARE.nbytes
    assert max(reverse, forward) < (20 if name in VALUES else 8) + copies


LONG = np.random.default_rng(3).normal(size=3000)
TALL = np.random.default_rng(4).normal(size=(4000, 2))
# Functions whose argument is long or tall, where a square of its length would be far too much.
THIN: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "convolve": (lambda x: np.convolve(x, LONG), LONG),
    "correlate": (lambda x: np.correlate(LONG, x, "same"), LONG),
    "pinv": (np.linalg.pinv, TALL),
    "pinv, wide": (lambda a: np.linalg.pinv(a.T), TALL),
    "svdvals": (np.linalg.svdvals, TALL),
    "norm": (lambda a: np.linalg.norm(a.T, 2), TALL),
    "qr": (np.linalg.qr, TALL),
    "lstsq": (lambda a: np.linalg.lstsq(a, LONG[:1].repeat(4000))[0], TALL),
    "multi_dot": (lambda a: np.linalg.multi_dot([a, a.T, a]), TALL),
    "einsum": (lambda a: np.einsum("ij,ik,il->jkl", a, a, a), TALL),
    "einsum, trace": (lambda a: np.einsum("ij,ij->", a, a), TALL),
    "vecdot": (lambda a: np.vecdot(a, a), TALL),
    "cross": (lambda a: np.cross(np.reshape(a, (-1, 8))[:, :3], np.reshape(a, (-1, 8))[:, 3:6]), TALL),
}


@pytest.mark.parametrize("name", THIN)
def test_bytes_of_thin_arrays(name: str) -> None:
    f, x = THIN[name]
    d = np.ones_like(x)
    value = f(x)
    seed = tuple(np.ones_like(v) for v in value) if isinstance(value, tuple) else np.ones_like(value)[()]
    own = held(lambda: f(x)) + x.nbytes
    seed = type(value)(*seed) if isinstance(value, tuple) else seed
    assert held(lambda: hoad.vjp(f, x)[1](seed)) < 20 * own + 50_000
    assert held(lambda: hoad.jvp(f, (x,), (d,))) < 20 * own + 50_000


ROW = np.random.default_rng(5).permutation(np.linspace(0.27, 1.71, 600) ** 1.5)


LARGER = {"poly-0": "the polynomial after each root", "nanmedian-6": "a median for each element"}


def row_calls() -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """The calls of the tables, but for those of elements, each by itself or one after the other."""
    stepwise = {"accumulate", *[f.__name__ for f in UFUNCS]}
    for name, calls in [*ONE.items(), *BESIDE.items()]:
        for k, call in enumerate(calls if name not in (*stepwise, np.maximum.accumulate) else []):
            yield f"{getattr(name, '__name__', name)}-{k}", call


def excess(call: Callable[[Any], Any]) -> float:
    """How much more a derivative holds than a small multiple of what its function does; 0 if it is none."""
    try:
        value = call(ROW)
        is_row = isinstance(value, (np.ndarray, float)) and value.dtype.kind == "f" and value.nbytes < 100_000
    except Exception:
        return 0.0
    if not is_row:
        return 0.0
    own = held(lambda: call(ROW)) + ROW.nbytes + value.nbytes
    seed = np.ones_like(value)[()]
    most = max(held(lambda: hoad.vjp(call, ROW)[1](seed)), held(lambda: hoad.jvp(call, (ROW,), (ROW,))))
    return max(most - 20 * own - 600_000, 0.0)


@pytest.mark.filterwarnings("ignore")
def test_bytes_of_every_call_on_a_row() -> None:
    """No function of a row makes a table of its square."""
    with np.errstate(all="ignore"):
        assert {name for name, call in row_calls() if excess(call)} <= LARGER.keys()


def derivatives_of_a_new_function(scale: float, x: np.ndarray) -> None:
    """One of each kind, of a function that nobody has met before."""
    f = lambda p: scale * p[0] ** 2 * np.exp(-p[1]) + np.sum(p * scale)
    hoad.grad(f, x)
    hoad.hessian(f, x)
    hoad.derivative(lambda t: np.sin(scale * t), scale)


def growth(count: int, start: float, x: np.ndarray) -> int:
    """By how many bytes memory has grown after some derivatives."""
    before, _ = tracemalloc.get_traced_memory()
    for k in range(count):
        derivatives_of_a_new_function(start + k, x)
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


@hoad.run_each_time()  # learned programs are kept, up to a bound
def test_memory_after_thousands_of_derivatives_is_what_it_was() -> None:
    """What is left of each derivative is left in every row of them; a table that grows once is not."""
    x = np.array([1.0, 2.0])
    for k in range(300):
        derivatives_of_a_new_function(1.0 + k, x)
    gc.collect()
    tracemalloc.start()
    try:
        grown = [growth(350, start, x) for start in (0.5, 0.25, 0.75)]
    finally:
        tracemalloc.stop()
    assert min(grown) < 10_000, grown
