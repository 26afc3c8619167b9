"""Functions over a grid: the derivative of each element of a value by the number that it depends on."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import OPERATOR, ArgumentError, EscapeError, NonScalarOutputError, describe
from ..kinds.grid_points import NONE, SEVERAL
from ..kinds.gridded import Gridded
from ..nested import Level, Value, pack
from ..running.calling import Function
from ..running.mistakes import OF_CONTAINERS
from ..running.results import is_function, outputs
from ..runs import running
from ..values.containers import is_container
from ..values.trees import as_point, is_of_numbers, number, unflatten

Leaves = list[Any]
Expansion = tuple[list[Leaves], Any]

# What Python and NumPy say where an array stands in the place of a number, as in ``if x > 0``.
OF_NUMBERS = re.compile(
    r"truth value of an (empty )?array|arrays can be converted to Python scalars|only integer scalar arrays"
    r"|ndarray doesn't define __trunc__"
)


class OneValueError(NonScalarOutputError):
    """The value of a function of an array is one number, which has a gradient."""


def as_grid(f: Function, x: Any) -> tuple[Function, Any]:
    """A function of one number and its point, which may be an array of numbers, or a list of those.

    Raises:
        ArgumentError: the point is a container of other things.
    """
    if x.__class__ is float:
        return f, x
    if is_of_numbers(x):
        return lambda v: f(listed(v, x) if np.ndim(v) else v), as_point(pack(np.array(x)), "the point")
    if is_container(x):
        raise ArgumentError(
            f"{OPERATOR} wants a point that is one number, or an array or a list of numbers, which are taken "
            f"one by one, and got {describe(x)}; hoad.jacobian(f, x) takes containers"
        )
    return f, as_point(x, "the point")


def listed(values: Any, like: Any) -> Any:
    """The elements of an array in lists and tuples, as ``like`` has them."""
    return like.__class__(
        [listed(v, part) if is_container(part) else v for v, part in zip(values, like, strict=True)]
    )


def over_grid(f: Function, shape: tuple[int, ...]) -> Function:
    """A function of an array of this shape, which refuses where an element of the value depends on more than
    one element of the array, or on one at another place.
    """
    grid = np.arange(math.prod(shape)).reshape(shape)

    def of_array(x: Any) -> Any:
        level = Level()
        with running(level):
            y = f(Gridded(level, x, grid))
            leaves, structure = outputs(y)
            if is_of_numbers(y) and any([is_on(leaf, level) for leaf in leaves]):
                if not fits(points := points_of_list(leaves, structure, level), grid):
                    raise refusal(y, points, grid)
                return unflatten(structure, [without(leaf, level) for leaf in leaves])
            return unflatten(structure, [read(leaf, level, grid) for leaf in leaves])

    return of_array


def is_on(leaf: Value, level: Level) -> bool:
    """Tell whether a leaf of a value depends on a grid."""
    return leaf.__class__ is Gridded and leaf.level is level


def without(leaf: Value, level: Level) -> Any:
    """A leaf without its points."""
    return leaf.primal if is_on(leaf, level) else leaf


def points_of_list(leaves: Leaves, structure: Any, level: Level) -> Any:
    """The points of numbers in lists, as those of an array."""
    points = [int(leaf.slot) if is_on(leaf, level) else NONE for leaf in leaves]
    try:
        return np.array(unflatten(structure, points))
    except ValueError:  # lists of different lengths
        return np.array(points)


def read(leaf: Value, level: Level, grid: np.ndarray) -> Any:
    """A leaf without its points, which must be those at its places."""
    if not number(leaf) or is_function(leaf):
        return leaf
    points = leaf.slot if is_on(leaf, level) else np.full(np.shape(leaf), NONE)
    if np.ndim(points) == 0 and points == NONE:
        return np.broadcast_to(without(leaf, level), grid.shape)
    if fits(points, grid):
        return leaf.primal if is_on(leaf, level) else leaf
    raise refusal(leaf, points, grid)


def fits(points: Any, grid: np.ndarray) -> bool:
    """Tell whether the first or the last axes of a value are those of the grid, and each element depends on
    none but the number at its place.
    """
    more = np.ndim(points) - grid.ndim
    if more < 0:
        return False
    first = (grid.reshape(grid.shape + (1,) * more), np.shape(points)[: grid.ndim])
    for wanted, shape in (first, (grid, np.shape(points)[more:])):
        if shape == grid.shape and (points is wanted or np.all((points == wanted) | (points == NONE))):
            return True
    return False


def refusal(leaf: Value, points: Any, grid: np.ndarray) -> NonScalarOutputError:
    """The error for a value that is not of each element by itself."""
    what = f"{OPERATOR} at an array is the derivative of each element by its own, and "
    if np.ndim(points) == 0:
        return OneValueError(
            f"{what}this function returned one number, {describe(leaf)}, for the whole array of shape "
            f"{grid.shape}: hoad.grad(f, x), or hoad.jacobian(f, x), gives its derivative by every element"
        )
    why = f"this value, {describe(leaf)}, has not the shape {grid.shape} of x among its axes"
    if np.any(points == SEVERAL) or np.shape(points) == grid.shape:
        why = "an element of this value depends on other elements of x"
    return NonScalarOutputError(
        f"{what}{why}: hoad.jacobian(f, x) gives the derivatives by all of them, and "
        f"np.vectorize(hoad.prime(f))(x) takes f for a function of one number"
    )


# ------------------------------------------------------------------------------------------------------------
# One number after the other
# ------------------------------------------------------------------------------------------------------------


def wants_a_number(error: Exception) -> bool:
    """Tell whether an error says that the function takes one number, and no array: it branches on it."""
    if isinstance(error, EscapeError):
        return True
    return OF_NUMBERS.search(str(error)) is not None or OF_CONTAINERS.search(str(error)) is not None


def one_by_one(expand: Callable[[Any], Expansion], x: Any, n: int) -> Expansion:
    """The derivatives at one number of an array after the other, in arrays of its shape.

    Args:
        expand: the derivatives of orders 0 to n at a number.
        x: the array.
        n: the order.
    """
    shape = np.shape(x)
    found = [expand(x[index]) for index in itertools.product(*map(range, shape))]
    if not found:
        return [[np.zeros(shape, x.dtype) for _ in range(n + 1)]], None
    series, structure = found[0]
    if structure is None and is_function(series[0][0]):
        return found[0]
    if len({str(s) for _, s in found}) > 1:
        raise NonScalarOutputError(
            f"{OPERATOR} at an array wants values of one structure, and those of this function differ from "
            f"one number to the other"
        )
    columns = zip(*[leaves for leaves, _ in found], strict=True)
    return [[stacked(orders, shape) for orders in zip(*leaf, strict=True)] for leaf in columns], structure


def stacked(parts: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """What was found at each number, along the axes of the array."""
    if not number(parts[0]):
        return parts[0]
    whole = np.stack(parts)
    return np.reshape(whole, (*shape, *np.shape(whole)[1:]))
