"""Goals that name a number and not a peer: long tapes, their memory, and the time of the import."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.peers import Peer
from benchmarks.programs import bind, long_scalar
from benchmarks.timing import clock, freeze

LENGTHS = (100_000, 1_000_000)
POINT = 0.9
LINEAR = 1.25  # the most by which an operation of the long tape may exceed one of the short


@dataclass(frozen=True)
class Limit:
    """A measured number, and the most it may be."""

    group: str
    name: str
    value: float
    most: float
    unit: str
    peers: dict[str, float]

    def met(self) -> bool:
        """Whether the number stays within the goal."""
        return self.value < self.most


def gradient(peer: Peer, operations: int) -> Callable[[], Any]:
    """The gradient of the long program, as a call."""
    return peer.gradient(bind(long_scalar, operations, peer.xp), peer.point(POINT))[0]


def peak_bytes(call: Callable[[], Any]) -> int:
    """The most that was allocated at once while the call ran, beyond what was there before."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before


def long_tapes(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """Time and memory of a gradient over very many scalar operations; autograd on the shorter, for
    comparison.
    """
    freeze()
    per_operation = []
    for length in LENGTHS:
        calls = {name: gradient(peer, length) for name, peer in peers.items() if takes_part(name, length)}
        values = [peers[name].numpy(call()) for name, call in calls.items()]
        np.testing.assert_allclose(values, values[0], rtol=1e-9)
        seconds = {
            name: best(call, repeats if name == "hoad" else 1) / length for name, call in calls.items()
        }
        per_operation.append(seconds["hoad"])
        yield against("long", f"10^{digits(length)} scalar operations: time each", seconds, 1e6, 2.0, "µs")
        used = {name: peak_bytes(call) / length for name, call in calls.items()}
        yield against(
            "long", f"10^{digits(length)} scalar operations: memory each", used, 1.0, 200.0, "bytes"
        )
    growth = {"hoad": per_operation[1] / per_operation[0]}
    yield against("long", "one of 10^6 against one of 10^5", growth, 1.0, LINEAR, "times")


def filled_arrays(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """The gradient of a loop that fills an array: the time of one element, and whether it stays the same."""
    if "hoad" not in peers:
        return
    grad = peers["hoad"].hoad.grad  # type: ignore[attr-defined]
    point, seconds = np.array([0.5, 1.0, 1.5]), []

    def filling(x: Any, n: int) -> Any:
        out = np.zeros_like(x, shape=n)
        for k in range(n):
            out[k] = x[k % 3] * 2.0
        return np.sum(out)

    for n in (1_000, 100_000):
        seconds.append(best(lambda n=n: grad(lambda x: filling(x, n), point), repeats) / n)
        yield against(
            "filling", f"10^{digits(n)} elements filled: time each", {"hoad": seconds[-1]}, 1e6, 20.0, "µs"
        )
    yield against(
        "filling", "one of 10^5 against one of 10^3", {"hoad": seconds[1] / seconds[0]}, 1.0, LINEAR, "times"
    )


def growth_with_the_order(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """All derivatives up to order 30: the exponent of the growth of the time with the order, by a fit of its
    logarithm.
    """
    if "hoad" not in peers:
        return
    orders = np.array([15, 20, 25, 30, 40, 50, 60])
    derivatives = peers["hoad"].hoad.derivatives  # type: ignore[attr-defined]
    seconds = [
        best(lambda n=int(n): derivatives(lambda x: np.exp(np.sin(x)), 0.7, n), 5 * repeats) for n in orders
    ]
    exponent = float(np.polyfit(np.log(orders), np.log(seconds), 1)[0])
    yield against("growth", "all derivatives to order n: time grows as n^", {"hoad": exponent}, 1.0, 2.2, "")


def takes_part(peer: str, length: int) -> bool:
    """autograd would need half a minute and more than a gigabyte for the longer tape."""
    return peer == "hoad" or (peer == "autograd" and length == LENGTHS[0])


def digits(length: int) -> int:
    """The exponent of a power of ten."""
    return len(str(length)) - 1


def best(call: Callable[[], Any], repeats: int) -> float:
    """Least seconds of a few single calls."""
    return min(clock(call, 1) for _ in range(repeats))


def against(group: str, name: str, values: dict[str, float], scale: float, most: float, unit: str) -> Limit:
    """hoad's number beside its limit, and what each peer takes of what hoad takes one of."""
    own = values["hoad"]
    ratios = {peer: value / own for peer, value in values.items() if peer != "hoad"}
    return Limit(group, name, scale * own, most, unit, ratios)


IMPORT = """
import time, numpy
start = time.perf_counter()
import {package}
print(time.perf_counter() - start)
"""


def import_seconds(package: str, repeats: int) -> float:
    """Least wall time of the import, in fresh processes that have imported NumPy.

    The first is not read: it writes the bytecode.
    """
    command = [sys.executable, "-c", IMPORT.format(package=package)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)}
    readings = [
        float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
        for _ in range(repeats + 1)
    ]
    return min(readings[1:])


def imports(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """``import hoad`` beyond ``import numpy``, and the same of its peers."""
    packages = [peer.package for peer in peers.values() if peer.name == peer.package]
    seconds = {package: import_seconds(package, repeats) for package in packages}
    yield against("import", "import, beyond NumPy's", seconds, 1e3, 100.0, "ms")
