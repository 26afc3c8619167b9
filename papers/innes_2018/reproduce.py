"""The five programs of Innes (2018): what a gradient costs beside its function, traced and compiled.

Run ``python papers/innes_2018/reproduce.py``; the note beside it explains what is printed.
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
# The programs
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """A program of the paper's table, a point, and its gradient by hand."""

    name: str
    f: Callable[[Any], Any]
    x: Any
    by_hand: Callable[[Any], Any]


def sincos(x: Any) -> Any:
    return np.sin(np.cos(x))


def loop(x: Any) -> Any:
    """A sum of a hundred sines, one at a time: control flow that a tape unrolls."""
    y = x
    for _ in range(100):
        y = np.sin(y) + y * 0.5
    return y


def loop_by_hand(x: float) -> float:
    y, d = x, 1.0
    for _ in range(100):
        y, d = np.sin(y) + y * 0.5, d * (np.cos(y) + 0.5)
    return d


def logsumexp(x: Any) -> Any:
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def examples() -> list[Example]:
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(100, 10)), random.integers(0, 2, size=100).astype(float)
    image, target = random.normal(size=784), 3
    first, second = 0.05 * random.normal(size=(32, 784)), 0.2 * random.normal(size=(10, 32))

    def logistic(w: Any) -> Any:
        z = features @ w
        return np.sum(np.logaddexp(0.0, z) - labels * z)

    def network(w: Any) -> Any:
        scores = second @ np.tanh(w @ image)
        return logsumexp(scores) - scores[target]

    def network_by_hand(w: np.ndarray) -> np.ndarray:
        hidden = np.tanh(w @ image)
        back = softmax(second @ hidden)
        back[target] -= 1.0
        return np.outer((second.T @ back) * (1 - hidden**2), image)

    return [
        Example("SinCos", sincos, 0.7, lambda x: -np.cos(np.cos(x)) * np.sin(x)),
        Example("Loop", loop, 0.3, loop_by_hand),
        Example("LogSumExp", logsumexp, random.normal(size=1000), softmax),
        Example("Logistic regression", logistic, 0.1 * random.normal(size=10),
                lambda w: features.T @ (1 / (1 + np.exp(-(features @ w))) - labels)),
        Example("Two-layer network", network, first, network_by_hand),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------
# What is found
# ------------------------------------------------------------------------------------------------------------


def microseconds(call: Callable[[], Any]) -> float:
    call()
    times = []
    for _ in range(15):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


def report_costs() -> None:
    """The paper's table of overheads: a gradient beside its function. Times are printed and not asserted."""
    print(
        f"{'microseconds':<22}{'function':>10}{'by hand':>10}{'traced':>10}{'compiled':>10}{'operations':>12}"
    )
    for e in examples():
        traced, compiled = hoad.grad(e.f), hoad.compile(hoad.grad(e.f))
        right = e.by_hand(e.x)
        np.testing.assert_allclose(traced(e.x), right, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(compiled(e.x), right, rtol=1e-11, atol=1e-13)
        costs = [
            microseconds(lambda call=call, x=e.x: call(x)) for call in (e.f, e.by_hand, traced, compiled)
        ]
        print(f"{e.name:<22}" + "".join(f"{c:>10.1f}" for c in costs) + f"{len(hoad.trace(e.f, e.x)):>12}")


def report_adjoint_code() -> None:
    """The adjoint of sin(cos x) is straight code, without a tape: four operations and a sign."""
    source = hoad.compile(hoad.grad(sincos), backend="numpy")
    assert source(0.7) == hoad.grad(sincos, 0.7)
    text = source.source()
    print("\nthe gradient of sin(cos(x)) as code, without a tape\n\n" + text)
    assert "cos(" in text and "sin(" in text and "hoad" not in text.split("def ", 1)[1]


def report_control_flow() -> None:
    """A loop whose length depends on the value, recursion and mutation: what is taken is differentiated."""

    def power(x: Any, n: int) -> Any:
        return 1.0 if n == 0 else x * power(x, n - 1)

    def newton(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-14 * a:
            x = (x + a / x) / 2
        return x

    def running(x: Any) -> Any:
        total = np.zeros(3)
        for k in range(3):
            total[k:] += x**k
        return total @ total

    print("control flow, recursion, mutation")
    for name, f, x, right in (
        ("recursive power, x**5", lambda x: power(x, 5), 1.3, 5 * 1.3**4),
        ("Newton's iteration for a root", newton, 2.0, 0.5 / np.sqrt(2.0)),
        ("writes into an array", running, 2.0, 2 * ((3.0) * 1 + (7.0) * 5)),
    ):
        found = float(hoad.grad(f)(x))
        print(f"  {name:<32}{found:.12f}")
        np.testing.assert_allclose(found, right, rtol=1e-12)


def main() -> None:
    report_costs()
    report_adjoint_code()
    report_control_flow()


if __name__ == "__main__":
    main()
