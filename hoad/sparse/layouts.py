"""Layouts: where the entries of a derivative are in what the directions give, and how they are read off and
checked.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from ..errors import ArgumentError, ShapeMismatchError, describe
from . import colors, matrices
from .acyclic import Forest, forest
from .blocks import is_same
from .checks import Check, at_random
from .colors import Coloring
from .derivatives import untraced
from .recorded import Recorded


class Layout(NamedTuple):
    """A pattern with its colours: nothing of it ever changes, so threads may share it.

    ``forward`` and ``backward`` are the directions, one in each row; the last of either is the one that
    checks the others, if there is a check. ``places`` tells which of the others give an entry, and ``where``
    the same among all numbers. ``program`` is compiled, and gives the entries.
    """

    pattern: Any
    coloring: Coloring
    places: np.ndarray
    where: np.ndarray | Forest
    forward: np.ndarray
    backward: np.ndarray
    check: Check | None
    program: Recorded | None = None


def laid_out(pattern: Any, coloring: Coloring, check: bool) -> Layout:
    """The directions of a colouring, and where the entries will be.

    Raises:
        ArgumentError: two colours conflict.
    """
    if coloring.substituted and coloring.columns is not None:
        return by_substitution(pattern, coloring, check)
    try:
        places = colors.places(pattern, coloring)
    except ValueError as error:
        raise ArgumentError(
            f"colors= conflict: {error}; leave out colors=, and hoad finds some that do not"
        ) from None
    return with_check(Layout(pattern, coloring, places, places, *both(pattern, coloring), None), check)


def by_substitution(pattern: Any, coloring: Coloring, check: bool) -> Layout:
    """The layout of an acyclic colouring."""
    trees = forest(pattern, np.asarray(coloring.columns))
    places = trees.where[trees.mirror]
    return with_check(Layout(pattern, coloring, places, trees, *both(pattern, coloring), None), check)


def both(pattern: Any, coloring: Coloring) -> tuple[np.ndarray, np.ndarray]:
    """The directions of the colours that go forward, and of those that go back."""
    m, n = pattern.shape
    forward, backward = colors.directions(coloring.columns), colors.directions(coloring.rows)
    return forward.reshape(len(forward), n), backward.reshape(len(backward), m)


def with_check(layout: Layout, checked: bool) -> Layout:
    """The same with one direction more, if results are to be checked."""
    if not checked:
        return layout
    m, n = layout.pattern.shape
    if layout.coloring.columns is None:
        direction, first = at_random(m), len(layout.backward) * n
        backward = np.concatenate([layout.backward, direction[None]])
        layout = layout._replace(backward=backward)
        return layout._replace(check=Check(direction, slice(first, first + n), True))
    direction, first = at_random(n), len(layout.forward) * m
    forward = np.concatenate([layout.forward, direction[None]])
    where = layout.where
    if len(layout.backward):  # what checks stands before what those give that go back
        where = np.where(layout.places >= first, layout.places + m, layout.places)
    check = Check(direction, slice(first, first + m), False)
    return layout._replace(forward=forward, where=where, check=check)


def in_rectangle(layout: Layout) -> Check | None:
    """The check of a layout with its terms side by side, as compiled programs want it: at their places in
    what the directions give, which is read fewer times so, or among the entries, where those are a rectangle
    or are found one after the other.
    """
    check = layout.check
    if check is None:
        return None
    rows, columns = matrices.entries(layout.pattern)
    lines, others = (columns, rows) if check.back else (rows, columns)
    found = isinstance(layout.where, Forest)
    return check.with_rectangle(lines, others, np.arange(len(rows)) if found else layout.where)


def recovered(parts: list[np.ndarray], layout: Layout) -> Any:
    """The derivative from the directions; None if the check fails, or the value has another size here."""
    sides = [
        n
        for n, rows in zip(layout.pattern.shape, (layout.forward, layout.backward), strict=True)
        if len(rows)
    ]
    parts = [untraced(part) for part in parts]
    if [p.shape[1] for p in parts] != sides:
        return None
    if not parts:
        return matrices.empty(*layout.pattern.shape)
    flat = parts[0].reshape(-1) if len(parts) == 1 else np.concatenate([p.reshape(-1) for p in parts])
    return from_directions(flat, layout)


def from_directions(flat: np.ndarray, layout: Layout) -> Any:
    """The same from what all directions give, in one line."""
    entries, check = read_in(flat, layout.where), layout.check
    return checked(entries, 0.0 if check is None else flat[check.probe], layout)


def read_in(flat: Any, where: np.ndarray | Forest) -> Any:
    """The entries in what all directions give, in operations that can be compiled."""
    return where.found(flat) if isinstance(where, Forest) else flat[where]


def checked(entries: np.ndarray, product: Any, layout: Layout) -> Any:
    """The derivative of some entries; None if they are not what the product of the check tells, or if as many
    elements as ``product`` says are known to disagree.
    """
    matrix = matrices.with_entries(layout.pattern, matrices.storable(entries))
    if layout.check is None or np.ndim(product) == 0:
        return None if product else matrix
    return matrix if layout.check.holds(matrix, product) else None


def embedded(matrix: Any, pattern: Any, known: dict[Any, Any]) -> tuple[Any, tuple[int, int, float] | None]:
    """A matrix with the places of a pattern, and its first entry that has no place there.

    Args:
        matrix: of the same shape.
        pattern: where entries may be.
        known: keeps where those of the last matrix stood; the next may have the same places, in the same
            memory.
    """
    places = matrix.indices, matrix.indptr, pattern.indices
    of, where, held = known.get("embedded", ((), None, None))
    if not of or not all([is_same(a, b) for a, b in zip(places, of, strict=True)]):
        same = matrices.at_same_places(matrix, pattern)
        where, held = (None, None) if same else found_in(matrix, pattern)
        known["embedded"] = places, where, held
    if where is None:
        return matrices.with_entries(pattern, matrix.data), None
    values = np.zeros(pattern.nnz, matrix.dtype)
    found = matrices.with_entries(pattern, values)
    if held is None:
        values[where] = matrix.data
        return found, None
    values[where[held]] = matrix.data[held]
    lost = np.flatnonzero(~held & (matrix.data != 0))
    if not len(lost):
        return found, None
    (i, j), k = matrices.entries(matrix), lost[0]
    return found, (int(i[k]), int(j[k]), float(matrix.data[k]))


def found_in(matrix: Any, pattern: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Where the entries of a matrix stand in a pattern, and which do; None if all."""
    n = pattern.shape[1]
    (i, j), (a, b) = matrices.entries(matrix), matrices.entries(pattern)
    keys, at = i.astype(np.int64) * n + j, a.astype(np.int64) * n + b
    where = np.searchsorted(at, keys)
    held = at[np.minimum(where, max(len(at) - 1, 0))] == keys if len(at) else np.zeros(len(keys), bool)
    return where, None if held.all() else held


def has_places_of(out: Any, matrix: Any) -> bool:
    """Tell whether a sparse matrix of the user's has the entries of another in the same order: by columns,
    those of a symmetric pattern would have the same numbers, and be those of the transpose.
    """
    if (out.format, out.shape) != (matrix.format, matrix.shape):
        return False
    pairs = (out.indptr, matrix.indptr), (out.indices, matrix.indices)
    return all([np.array_equal(a, b) for a, b in pairs])


def handed_out(matrix: Any, out: Any) -> Any:
    """A result, in arrays of the user's own."""
    if out is None:
        matrix.indices, matrix.indptr = matrix.indices.copy(), matrix.indptr.copy()
        return matrix
    values = matrix.data
    entries: Any = getattr(out, "data", None) if sp.issparse(out) else out
    same = not sp.issparse(out) or has_places_of(out, matrix)
    if np.shape(entries) != values.shape or not same:
        raise ShapeMismatchError(
            f"out= must be an array of the {len(values)} entries of the plan, or a matrix that it gave; it "
            f"has other places now, if the plan has grown"
        )
    if entries.__class__ is not np.ndarray or not np.can_cast(values.dtype, entries.dtype, "same_kind"):
        raise ArgumentError(
            f"out= is {describe(out)}, which can't hold the entries, of dtype {values.dtype}; pass "
            f"np.empty({len(values)})"
        )
    entries[...] = values
    return out
