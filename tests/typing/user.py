"""A user's script, which mypy and pyright check in their strict modes; it also runs.

Where a comment ignores an error, there must be one: both checkers refuse comments that ignore nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import hoad

Array = npt.NDArray[np.float64]


def energy(x: Array, stiffness: float = 1.0) -> float:
    return float(0.5 * stiffness * (x**2).sum())


def field(t: float) -> Array:
    return np.array([np.sin(t), np.cos(t)])


point: Array = np.array([1.0, 2.0])

# An operator without the point is a function of what f is a function of.
slope = hoad.grad(energy)
assert_type(slope(point, 2.0), Any)
curvature = hoad.hessian(energy, chunk_size=4)
assert_type(curvature(point, stiffness=3.0), Any)
velocity = hoad.jacobian(field, mode="forward")
assert_type(velocity(0.5), Any)
acceleration = hoad.derivative(field, n=2)
assert_type(acceleration(0.5), Any)
both = hoad.value_and_grad(energy)
both(point)
hoad.gradient(energy)(point, 2.0)
hoad.elementwise_grad(field)(1.0)


def refused() -> None:
    """What a checker refuses; it is not called."""
    slope("a point")  # type: ignore[arg-type]
    curvature(point, stiffness="soft")  # type: ignore[arg-type]
    velocity()  # type: ignore[call-arg]
    hoad.grad(3.0)  # type: ignore[call-overload]
    hoad.hessian(energy, chunk_size="large")  # type: ignore[call-overload]
    height("now")  # type: ignore[arg-type]
    height.prime(1.0, 2.0, 3.0)  # pyright: ignore[reportCallIssue]


# With the point, any arguments of f and any options.
value: Array = hoad.grad(energy, point, 2.0, argnums=0)
rows: Array = hoad.jacobian(field, 0.5, mode="reverse")
matrix: Array = hoad.hessian(energy, point, mode="forward-reverse")
second: Array = hoad.derivative(field, 0.5, 2)


@hoad.differentiable
def height(t: float, g: float = 9.81) -> float:
    """The height of a stone."""
    return 20.0 - g * t**2 / 2


assert_type(height(1.0), float)
assert_type(height.prime(1.0, g=1.6), Any)
speed: Callable[[float, float], Any] = height.nth(1)
speed(1.0, 9.81)
assert_type(height.hessian(1.0), Any)

# Values of hoad's own.
operator = hoad.DifferentialOperator({(2, 0): 1.0, (0, 2): 1.0})
(3.0 * operator)(energy, point)
weights = hoad.param(np.ones(2))


def loss() -> float:
    return float((weights * point).sum())


gradients = hoad.gradient(loss, hoad.Params([weights]))
lesson = hoad.explain(field, 0.5, mode="forward")
print(lesson.last_line())


@hoad.chainrules.rrule(energy)
def energy_rule(x: Array, stiffness: float = 1.0) -> tuple[float, Callable[[float], tuple[Any, ...]]]:
    def pullback(ybar: float) -> tuple[Any, ...]:
        return hoad.chainrules.NoTangent(), ybar * stiffness * x, ybar * (x**2).sum() / 2

    return energy(x, stiffness), pullback


hoad.chainrules.remove_rule(energy)
