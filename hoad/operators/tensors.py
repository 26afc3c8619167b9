"""Derivative tensors of any order, by univariate Taylor expansions along many directions at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import OPERATOR, ArgumentError, ComplexOutputError, describe
from ..running.calling import Function
from ..running.chunks import Chunks, refuse_too_large
from ..running.operator import LATER, operator
from ..running.points import Point
from ..running.results import (
    complex_message,
    each_result,
    holds_functions,
    is_function,
    kind_of,
    owned,
    ratio,
    tidy,
)
from ..running.spread import in_chunks
from ..tangents.fit import narrowed
from ..values.constants import asarray
from ..values.containers import is_container
from ..values.shapes import is_complex, size_of
from ..values.trees import is_of_numbers, number, unflatten
from .grids import as_grid
from .multi_indices import table
from .taylor import checked_order, expanded


def _derivative_tensor(f: Function, args: Any, kwargs: Any, order: int, chunks: Chunks) -> Any:
    (x,) = args
    if is_of_numbers(x):
        f, x = as_grid(f, x)
    elif is_container(x):
        raise ArgumentError(
            f"{OPERATOR} wants a point that is a number, an array or a list of numbers, and got "
            f"{describe(x)}; hoad.partial takes containers"
        )
    point = Point([x], ["the point"])
    (v,) = point.differentiated()
    if order == 0:
        return f(v)
    n = size_of(v)
    refuse_too_large(
        (n,) * order, chunks.what, "hoad.partial and hoad.directional give single entries of it", like=v
    )
    directions, groups, places = table(order, n)
    again: Function = lambda g: _derivative_tensor(g, args, {}, order, chunks)
    work: Function = lambda which: coefficients(f, point, directions[which.start : which.stop], order)
    columns = chunks.map(work, len(directions), n, like=v)
    leaves, structure = columns[0]
    if structure is None and is_function(leaves[0]):
        return lambda *more, **named: again(lambda p: f(p)(*more, **named))
    rows = zip(*[found for found, _ in columns], strict=True)
    whole = [assembled(parts, groups, places, np.shape(v), order) for parts in rows]
    done = [tidy(v, leaf) for leaf in whole]
    if holds_functions(leaves, structure):
        return each_result(again, f, leaves, structure, done)
    return unflatten(structure, done)


def checked(order: Any) -> int:
    """The order of a tensor."""
    return checked_order(order, "order")


@operator(in_chunks(_derivative_tensor, "derivative tensor"), order=checked)
def derivative_tensor(
    f: Function,
    x: Any = LATER,
    order: int = LATER,
    *,
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
) -> Any:
    """Give all partial derivatives of an order, each symmetric entry worked out once.

    A function of n variables is expanded along as many directions as its tensor has different entries, in one
    batch of Taylor series (Griewank, Utke and Walther 2000). The method adds and subtracts derivatives along
    directions, by which about one digit is lost for each order beyond the second.

    Args:
        f: a function of one argument.
        x: the point: a number or an array; without it, the tensor is returned as a function.
        order: of the derivatives; 1 is the Jacobian, 2 the Hessian.
        chunk_size: how many directions to take at once; see ``hoad.jacobian``.
        progress: show a progress bar (by tqdm).
        executor: whose workers share the directions; see ``hoad.jacobian``.

    Returns:
        An array of the shape of f's value, followed by that of ``x`` as often as the order says; in the
        structure of f's value, if that is a container.

    Raises:
        ArgumentError: ``order`` is no order, or ``x`` is a container.
        TooLargeError: the tensor would not fit into the machine's memory.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.derivative_tensor(lambda x: x[0]**2 * x[1], np.array([1.0, 2.0]), 3).round(12) + 0.0
        array([[[0., 2.],
                [2., 0.]],
        <BLANKLINE>
               [[2., 0.],
                [0., 0.]]])
    """


def coefficients(f: Function, point: Point, directions: np.ndarray, order: int) -> tuple[list[Any], Any]:
    """The last Taylor coefficient of each leaf of the value, with the directions along its first axis."""
    leaves, structure = expanded(f, point, directions, order)
    for value, _ in leaves:
        if number(value) and is_complex(value):
            raise ComplexOutputError(complex_message(value))
    return [series[-1] for _, series in leaves], structure


def assembled(
    parts: tuple[Any, ...], groups: list[Any], places: np.ndarray, shape: tuple[int, ...], order: int
) -> Any:
    """The tensor of one leaf of the value."""
    if not number(parts[0]):
        return parts[0]
    c = parts[0] if len(parts) == 1 else np.concatenate(parts)
    weighted = [
        np.tensordot(asarray(np.stack([ratio(w, c) for w in ws]), like=c), c[rows], ([0], [1]))
        for rows, ws in groups
    ]
    entries = np.concatenate(weighted) if weighted else c
    tensor = narrowed(np.moveaxis(entries[places], 0, -1), kind_of(c))
    return owned(np.reshape(tensor, (*np.shape(c)[1:], *shape * order))[()])
