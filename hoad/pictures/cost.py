"""What a Jacobian costs in forward and in reverse mode, as inputs and outputs grow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..operators.jacobians import jacobian
from ..running.tracebacks import folding
from .canvas import axes

MODES = ("forward", "reverse")


def layer(n: int, m: int) -> tuple[Callable[[Any], Any], np.ndarray]:
    """A function of n numbers with m, and a point: ``sin(A @ x)``."""
    a = np.cos(np.arange(m * n, dtype=float)).reshape(m, n)
    return lambda x: np.sin(a @ x), np.linspace(0.0, 1.0, n)


def seconds(call: Callable[[], Any], repeats: int) -> float:
    """The least time that a call takes on the processor, of several."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


@folding
def plot_cost(
    sizes: Any = (1, 4, 16, 64, 256), *, by: str = "inputs", other: int = 1, repeats: int = 5,
    make: Callable[[int, int], Any] = layer, ax: Any = None,
) -> Any:  # fmt: skip
    """Measure and draw what a Jacobian costs in forward mode and in reverse mode, in units of the function.

    Args:
        sizes: how many inputs, or outputs, the functions have.
        by: which of the two grow: "inputs" or "outputs".
        other: how many there are of the other.
        repeats: how often each is measured; the least time counts.
        make: ``make(n, m)`` gives a function of an array of n numbers that gives one of m, and a point.
        ax: Matplotlib's axes; new ones by default.

    Returns:
        The axes, with a line for each mode.

    Raises:
        ArgumentError: ``by`` is none of the two, or a size is no positive integer.
        MissingDependencyError: Matplotlib is not installed.

    Example:
        >>> import hoad
        >>> ax = hoad.plot_cost((1, 10, 100))
    """
    if by not in ("inputs", "outputs"):
        raise ArgumentError(f"by is {by!r}; it must be 'inputs' or 'outputs'")
    counts = [int(n) for n in sizes]
    if not counts or min(counts) < 1 or other < 1:
        raise ArgumentError(f"sizes {sizes!r} and other={other!r} must be positive integers")
    ax = axes(ax)
    costs: dict[str, list[float]] = {mode: [] for mode in MODES}
    for k in counts:
        f, x = make(*((k, other) if by == "inputs" else (other, k)))
        unit = max(seconds(lambda f=f, x=x: [f(x) for _ in range(50)], repeats) / 50, 1e-9)  # type: ignore[misc]
        for mode in MODES:
            once = lambda f=f, x=x, mode=mode: jacobian(f, x, mode=mode)
            costs[mode].append(seconds(once, repeats) / unit)
    for mode in MODES:
        ax.plot(counts, costs[mode], "o-", label=mode)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(by)
    ax.set_ylabel("cost of the Jacobian / cost of the function")
    ax.legend()
    return ax
