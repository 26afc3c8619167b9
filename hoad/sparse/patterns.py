"""Which entries of a derivative may differ from zero: f runs once on marks, where none can cancel."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from ..adapting.known import bound_for
from ..errors import ArgumentError, describe
from ..nested import forgiven
from ..running.calling import Function, check_function
from ..running.points import Point
from ..running.pushing import pushed
from ..running.tracebacks import folding
from ..values.trees import number
from . import matrices
from .derivatives import first_order, followed, second_order, sparse_point, starts
from .exact import whole

LARGEST = 2**28  # entries of a pattern that is full
MOVED = 0.1  # how far from the point the pattern is looked at a second time, relative to its size


def checked_order(order: Any) -> int:
    """The order of a derivative that has a pattern."""
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order not in (1, 2):
        raise ArgumentError(f"order={order!r} must be 1, for the Jacobian, or 2, for the Hessian")
    return int(order)


def marked(f: Function, point: Point, order: int, known: dict[Any, Any] | None = None) -> Any:
    """The pattern at a point, as a matrix of ones; all of it, where it can't be followed."""
    n = starts(point)[-1]
    if order == 2:
        return followed(lambda: second_order(f, point, True, known), lambda: full(n, n))
    return followed(lambda: whole(first_order(f, point, True, known)), lambda: full(value_size(f, point), n))


def full(m: int, n: int) -> Any:
    """A pattern in which nothing is known to be zero."""
    if m * n > LARGEST:
        raise ArgumentError(
            f"the program can't be followed on marks, so nothing is known of the {m} x {n} entries, which "
            f"are too many to hold: give the pattern that you know of (sparse_plan(..., pattern=)), or take "
            f"products with the derivative (hoad.jvp, hoad.vjp, hoad.hvp)"
        )
    return sp.csr_array(np.ones((m, n)))


def value_size(f: Function, point: Point) -> int:
    """How many numbers a value has."""
    leaves, _, structure = pushed(f, point, [np.zeros(np.shape(x))[()] for x in point.differentiated()])
    return sum([int(np.size(y)) for y in leaves if structure is None or number(y)])


def moved(point: Point) -> list[Any]:
    """The numbers of a point, each moved at random by a part of what is usual there; by a part of 1 where all
    are zero, since zeros hide what a product of two arrays depends on.
    """
    rng = np.random.default_rng(0)
    found = []
    for x in point.differentiated():
        x = np.asarray(x)
        kind = x.dtype if x.dtype.kind == "f" else np.dtype(float)
        usual = np.mean(np.abs(x)) if np.any(x) else 1.0
        found.append((x + MOVED * (np.abs(x) + usual) * rng.normal(size=x.shape)).astype(kind)[()])
    return found


def as_pattern(matrix: Any) -> Any:
    """A pattern as a CSR array, its columns in order."""
    matrix = matrices.canonical(matrix)
    return matrices.with_entries(matrix, np.ones(matrix.nnz, bool))


def as_matrix(pattern: Any) -> Any:
    """A pattern of the user's as a sparse matrix; the entries of a sparse one are those that it stores.

    Raises:
        ArgumentError: it is no matrix.
    """
    if hasattr(pattern, "to_scipy_sparse") and np.ndim(pattern) == 2:
        pattern = pattern.to_scipy_sparse()
    given = pattern
    if not sp.issparse(pattern):
        try:
            pattern = np.asarray(pattern)
            pattern = pattern != 0 if pattern.dtype.kind in "biufc" else pattern
        except ValueError:  # lists of several lengths
            pattern = np.zeros(0)
    if pattern.ndim != 2 or pattern.dtype.kind not in "biufc":
        raise ArgumentError(
            f"pattern= is {describe(given)}; it must be a matrix, dense or sparse, with numbers other than 0 "
            f"where the derivative may have entries"
        )
    return sp.csr_array(pattern)


def united(a: Any, b: Any) -> Any:
    """The entries of both."""
    ones = [matrices.with_entries(p, np.ones(p.nnz)) for p in (a, b)]
    return as_pattern(sp.csr_array(ones[0] + ones[1]))


def nearby(f: Function, point: Point, order: int, known: dict[Any, Any]) -> Any:
    """The pattern at a point near to one; None if f can't be evaluated there. ``known`` receives where terms
    stand.
    """
    try:
        with np.errstate(all="ignore"):
            near = Point(point.replaced(moved(point)), ["x"] * len(point.values), point.several)
            return as_pattern(marked(f, near, order, known))
    except Exception as error:
        forgiven(error)
        return None


def found_pattern(
    f: Function, point: Point, order: int, known: dict[Any, Any], near: Any, exact: Any = None
) -> tuple[Any, str]:
    """The pattern of a derivative, and a note of what is known of other points.

    It is looked for at the point, and at one near it: where the two differ, the program chooses by the
    numbers what it computes with, and the pattern is the union.

    Args:
        f: the function.
        point: where.
        order: 1 or 2.
        known: where terms stand.
        near: the pattern near the point, if there is one.
        exact: the derivative at the point by structured tangents, if it is known: where it has the places
            that there are nearby, the program has chosen alike, and does not run on marks again.
    """
    if near is not None and exact is not None and matrices.at_same_places(exact, near):
        return near, ""
    here = as_pattern(marked(f, point, order, known))
    if near is None:
        return (
            here,
            "f can't be evaluated near the point, so whether the pattern depends on numbers is not known",
        )
    if near.shape != here.shape:
        return here, f"the shape depends on the numbers: {here.shape} here, {near.shape} nearby"
    if matrices.at_same_places(here, near):
        return here, ""
    both = united(here, near)
    new, gone = both.nnz - here.nnz, both.nnz - near.nnz
    return both, (
        f"the pattern depends on the numbers: {new} entries came and {gone} went where the point was moved a "
        f"little; this is the union"
    )


def symmetric(pattern: Any) -> Any:
    """The entries of a pattern and of its transpose, and the diagonal."""
    turned = sp.csr_array(pattern.T)
    found = pattern if matrices.at_same_places(pattern, turned) else united(pattern, turned)
    rows, columns = matrices.entries(found)
    n = int(found.shape[0])
    if np.count_nonzero(rows == columns) == n:
        return found
    return united(found, sp.csr_array(sp.eye_array(n, dtype=bool)))


@folding
def pattern(f: Function, x: Any, *args: Any, order: int = 1) -> Any:
    """Give the entries of a Jacobian or Hessian that may differ from zero, for every point at which f takes
    the same branches.

    f runs on marks in the place of numbers, so that an entry which happens to be zero at the point is there.
    Where f chooses by the values what it computes with (sorting, masks), the pattern of other points may
    differ; it is looked for at a second point nearby, and the result has a ``note`` if the two differ.

    Args:
        f: the function.
        x: the point, an array or a container of arrays.
        args: further arguments of f.
        order: 1 for the Jacobian, 2 for the Hessian of a function whose value is one number.

    Returns:
        A ``scipy.sparse.csr_array`` of booleans: a row for each number of the value (of ``x`` for the
        Hessian), a column for each of ``x``. Its attribute ``note`` is a text, empty if there is nothing to
        say.

    Raises:
        ArgumentError: ``order`` is neither, or ``x`` is traced.
        MissingDependencyError: SciPy is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.pattern(lambda x: x[1:] * x[:-1], np.zeros(4)).toarray().astype(int)
        array([[1, 1, 0, 0],
               [0, 1, 1, 0],
               [0, 0, 1, 1]])
    """
    check_function(f, "pattern")
    order = checked_order(order)
    with bound_for(f, (x, *args), {}):
        g, point = sparse_point(f, (x, *args), {}, 0)
        known: dict[Any, Any] = {}
        near = nearby(g, point, order, known)
        found, note = found_pattern(g, point, order, known, near)
    found.note = note
    return found
