"""Sparse Jacobians and Hessians at a point, without a pattern: one run of f with tangents that are linear
maps.

Where a tangent is asked for what no map can tell (whether it is zero, since nan came up), or a part would be
too large, unit directions go through f, some at a time, and their zeros are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, ComplexOutputError, NonScalarOutputError, ShapeMismatchError
from ..kinds.batch import unbatch
from ..nested import Level, Traced, forgiven, primal, settle
from ..operators.blocks import basis
from ..operators.gradients import _grad
from ..operators.losses import Loss
from ..running.calling import Argnums, Function, select
from ..running.points import Point
from ..running.pushing import pushed
from ..running.results import check_output, is_function
from ..values.trees import Foreign, number, unflatten
from . import matrices
from .budget import Unstructured
from .linear_map import Columns
from .structured import Structured, identities

AT_ONCE = 64  # directions that go together where nothing is known


class Found(NamedTuple):
    """The derivative of each leaf of a value by all numbers of a point."""

    values: list[Any]
    parts: list[Any]
    structure: Any


def of_other_numbers() -> ArgumentError:
    """What to say of fractions and the like."""
    return ArgumentError(
        "the argument holds numbers that are no floats, and SciPy's matrices have no place for them: pass "
        "np.asarray(x, float); or leave out sparse=True, whose derivatives are of such numbers, too"
    )


def untraced(x: Any) -> Any:
    """A value without finished levels; refused, if it carries another derivative, of the point or of what f
    has captured.
    """
    x = settle(x)
    if isinstance(x, Traced):
        raise ArgumentError(
            "a sparse derivative inside another derivative, vmap or hoad.compile is not possible: its "
            "entries would be traced, and SciPy's matrices hold plain numbers; leave out sparse=True "
            "there, or take products with it (hoad.jvp, hoad.vjp, hoad.hvp)"
        )
    return x


def sparse_point(f: Function, args: Any, kwargs: Any, argnums: Argnums) -> tuple[Function, Point]:
    """What is differentiated, if it can be done here."""
    g, values, names = select(f, args, kwargs, argnums)
    try:
        point = Point(values, names, several=isinstance(argnums, tuple))
    except Foreign:
        raise of_other_numbers() from None
    for x in point.differentiated():
        untraced(x)
        if getattr(getattr(x, "dtype", None), "kind", "") == "O":
            raise of_other_numbers()
        if np.iscomplexobj(primal(x)):
            raise ComplexOutputError(
                "the argument is complex; sparse derivatives are those of real arguments: take the real and "
                "imaginary parts as the variables"
            )
    return g, point


def of_another_size(here: tuple[int, int], planned: tuple[int, int]) -> ShapeMismatchError:
    """What to say of a derivative whose size is not that of the plan."""
    return ShapeMismatchError(
        f"the derivative is {here[0]} x {here[1]} at this point, and the plan is for {planned[0]} x "
        f"{planned[1]}: make a plan for it"
    )


def starts(point: Point) -> list[int]:
    """The number of the first column of each leaf of a point, and how many there are."""
    return [0, *itertools.accumulate([int(np.size(x)) for x in point.differentiated()])]


def as_matrix(change: Any, size: int, n: int) -> Any:
    """A tangent as a sparse matrix; what is no map is a zero tangent."""
    if isinstance(change, Structured):
        return change.matrix()
    change = untraced(change)
    if change is not None and np.any(np.asarray(change)):
        raise Unstructured("a tangent that is no linear map of the inputs")
    return matrices.empty(size, n)


def first_order(f: Function, point: Point, marks: bool = False, known: dict[Any, Any] | None = None) -> Found:
    """The Jacobian of each leaf of the value.

    Args:
        f: the function.
        point: where.
        marks: whether to find the pattern alone.
        known: where terms stood at other points; see ``Columns``.

    Raises:
        Unstructured: it has no structure that could be followed.
    """
    n = starts(point)[-1]
    level = Columns(n, marks, known=known)
    leaves, changes, structure = pushed(f, point, identities(point.differentiated(), level))
    level.alive = False
    parts = []
    for y, d in zip(leaves, changes, strict=True):
        if structure is not None and not number(y):
            parts.append(y)
            continue
        check_array(y)
        parts.append(as_matrix(d, int(np.size(y)), n))
    return Found(leaves, parts, structure)


def second_order(f: Function, point: Point, marks: bool = False, known: dict[Any, Any] | None = None) -> Any:
    """The Hessian by all numbers of a point: structured tangents down the recorded program, and what they
    make of the gradient back up; its arguments are those of ``first_order``.

    Raises:
        Unstructured: it has no structure that could be followed.
        Unknown: only a run on nested levels gives it.
    """
    n = starts(point)[-1]
    level = Columns(n, marks, known=known)
    loss = Loss(f, point)
    try:
        _, changes = loss.along(identities(point.differentiated(), level))
        parts = [as_matrix(d, int(np.size(x)), n) for d, x in zip(changes, loss.inputs, strict=True)]
    finally:
        level.alive = False
        loss.recording.tape.release()
    return parts[0] if len(parts) == 1 else matrices.joined(parts)


def blocks_of(matrix: Any, point: Point, format: str) -> Any:
    """The columns of a matrix in the structure of the arguments."""
    if point.plain:
        return matrix.asformat(format)
    edges = starts(point)
    parts = [matrix[:, a:b].asformat(format) for a, b in itertools.pairwise(edges)]
    values = point.replaced(parts)
    return tuple(values) if point.several else values[0]


def by_directions(f: Function, point: Point) -> Found:
    """The Jacobian of each leaf of the value by unit directions, some at a time, without its zeros."""
    x = point.differentiated()
    columns: list[list[Any]] = []
    for start in range(0, starts(point)[-1], AT_ONCE):
        level, which = Level(), range(start, min(start + AT_ONCE, starts(point)[-1]))
        leaves, changes, structure = pushed(f, point, basis(x, level, which))
        found = []
        for y, d in zip(leaves, changes, strict=True):
            if structure is not None and not number(y):
                found.append(y)
                continue
            check_array(y)
            rows = unbatch(np.zeros(np.shape(y)) if d is None else d, level, len(which))
            rows = untraced(rows)
            found.append(matrices.of_dense(rows.reshape(len(which), -1).T))
        columns.append(found)
        level.alive = False
    parts = [
        matrices.side_by_side(list(part)) if structure is None or number(y) else y
        for y, *part in zip(leaves, *columns, strict=True)
    ]
    return Found(leaves, parts, structure)


def check_array(y: Any) -> None:
    """Refuse a value that has no sparse Jacobian."""
    if is_function(y):
        raise ArgumentError(
            "the value of the function is a function, which has no sparse derivative: call it, or leave out "
            "sparse=True"
        )
    check_output(y, False)


def sparse_jacobian(f: Function, args: Any, kwargs: Any, argnums: Argnums, format: str) -> Any:
    """The Jacobian as sparse matrices, in the structure of the value and of the arguments.

    Args:
        f: the function.
        args: its arguments.
        kwargs: passed on to f.
        argnums: which of them to differentiate.
        format: of SciPy's.
    """
    g, point = sparse_point(f, args, kwargs, argnums)
    found = followed(lambda: first_order(g, point), lambda: by_directions(g, point))
    parts = [
        blocks_of(p, point, format) if found.structure is None or number(y) else p
        for y, p in zip(found.values, matrices.apart(found.parts), strict=True)
    ]
    return unflatten(found.structure, parts)


def sparse_hessian(f: Function, args: Any, kwargs: Any, argnums: Argnums, format: str) -> Any:
    """The Hessian as sparse matrices, in the structure of the arguments twice; see ``sparse_jacobian``."""
    g, point = sparse_point(f, args, kwargs, argnums)
    whole = followed(lambda: second_order(g, point), lambda: by_gradients(g, point))
    if point.plain:
        return whole.asformat(format)
    edges = starts(point)
    rows = [blocks_of(whole[a:b], point, format) for a, b in itertools.pairwise(edges)]
    values = point.replaced(rows)
    return tuple(values) if point.several else values[0]


def by_gradients(f: Function, point: Point) -> Any:
    """The Hessian by unit directions of the gradient."""
    parts = by_directions(*gradient_of_point(f, point)).parts
    return parts[0] if len(parts) == 1 else matrices.joined(parts)


def gradient_of_point(f: Function, point: Point) -> tuple[Function, Point]:
    """The gradient as a function of the leaves of a point, and those as a point."""

    def gradient(*leaves: Any) -> Any:
        return _grad(lambda *v: f(*point.replaced(list(v))), leaves, {}, tuple(range(len(leaves))))

    x = list(point.differentiated())
    return gradient, Point(x, [f"argument {k}" for k in range(len(x))], True)


def followed(by_structure: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """A derivative by structured tangents; or the other way, where an operation does not take those.

    What else goes wrong in f goes wrong again on the other way, and is told from there.
    """
    try:
        return by_structure()
    except (NonScalarOutputError, ComplexOutputError):
        raise
    except Exception as error:
        forgiven(error)
    return otherwise()
