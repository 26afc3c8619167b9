"""Layouts: where the entries of a derivative are in what the directions give, and how they are read off and
checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from ..errors import ArgumentError, ShapeMismatchError, describe
from . import colors, matrices
from .acyclic import Forest, forest
from .blocks import is_same
from .colors import Coloring
from .derivatives import untraced

Function = Callable[..., Any]
ROUNDING = 0.6  # the power of the precision up to which a check may differ


class Check(NamedTuple):
    """A direction at random, and where the product with it stands among what the directions give. ``back`` is
    whether it goes back.
    """

    direction: np.ndarray
    probe: slice
    back: bool

    def holds(self, matrix: Any, flat: np.ndarray) -> bool:
        """Tell whether the product is that of the matrix, up to rounding; where they are finite.

        A gap is compared with the product first, and with the sum of the sizes of its terms only where that
        does not settle it.
        """
        product = flat[self.probe]
        kind = flat.dtype if flat.dtype.kind == "f" else np.dtype(float)
        tolerance = np.finfo(kind).eps ** ROUNDING
        with np.errstate(all="ignore"):
            gap = self.times(matrix, self.direction)
            gap = np.abs(np.subtract(gap, product, out=gap))
            size = np.abs(product)
            if (gap <= tolerance * size).all():
                return True
            size += self.times(abs(matrix), np.abs(self.direction))
            return not bool(np.any(gap > tolerance * size))

    def times(self, matrix: Any, direction: np.ndarray) -> np.ndarray:
        """The product of a matrix with a direction."""
        return np.asarray(direction @ matrix if self.back else matrix @ direction)


class Layout(NamedTuple):
    """A pattern with its colours: nothing of it ever changes, so threads may share it.

    ``forward`` and ``backward`` are the directions, one in each row; the last of either is the one that
    checks the others, if there is a check. ``places`` tells which of the others give an entry, and ``where``
    the same among all numbers. ``programs`` are compiled, and how many directions each takes.
    """

    pattern: Any
    coloring: Coloring
    places: np.ndarray
    where: np.ndarray | Forest
    forward: np.ndarray
    backward: np.ndarray
    check: Check | None
    programs: list[tuple[Function, int]] | None = None


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


def with_check(layout: Layout, check: bool) -> Layout:
    """The same with one direction more, if results are to be checked."""
    if not check:
        return layout
    m, n = layout.pattern.shape
    random = np.random.default_rng(1).normal
    if layout.coloring.columns is None:
        direction, first = random(size=m), len(layout.backward) * n
        backward = np.concatenate([layout.backward, direction[None]])
        return layout._replace(backward=backward, check=Check(direction, slice(first, first + n), True))
    direction, first = random(size=n), len(layout.forward) * m
    forward = np.concatenate([layout.forward, direction[None]])
    where = layout.where
    if len(layout.backward):  # what checks stands before what those give that go back
        where = np.where(layout.places >= first, layout.places + m, layout.places)
    return layout._replace(
        forward=forward, where=where, check=Check(direction, slice(first, first + m), False)
    )


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
    where = layout.where
    matrix = matrices.with_entries(
        layout.pattern, where.found(flat) if isinstance(where, Forest) else flat[where]
    )
    return matrix if layout.check is None or layout.check.holds(matrix, flat) else None


def embedded(matrix: Any, pattern: Any, known: dict[Any, Any]) -> tuple[Any, tuple[int, int, float] | None]:
    """A matrix with the places of a pattern, and its first entry that has no place there.

    Args:
        matrix: of the same shape.
        pattern: where entries may be.
        known: keeps where those of the last matrix stood; the next may have the same places, in the same
            memory.
    """
    if (
        matrix.nnz == pattern.nnz
        and np.array_equal(matrix.indptr, pattern.indptr)
        and np.array_equal(matrix.indices, pattern.indices)
    ):
        return matrices.with_entries(pattern, matrix.data), None
    places = matrix.indices, matrix.indptr, pattern.indices
    of, where, held = known.get("embedded", ((), None, None))
    if not of or not all([is_same(a, b) for a, b in zip(places, of, strict=True)]):
        where, held = found_in(matrix, pattern)
        known["embedded"] = places, where, held
    values = np.zeros(pattern.nnz, matrix.dtype)
    found = matrices.with_entries(pattern, values)
    if held is None:
        values[where] = matrix.data
        return found, None
    values[where[held]] = matrix.data[held]
    lost = np.flatnonzero(~held & (matrix.data != 0))
    if not len(lost):
        return found, None
    (i, j), k = colors.entries(matrix), lost[0]
    return found, (int(i[k]), int(j[k]), float(matrix.data[k]))


def found_in(matrix: Any, pattern: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Where the entries of a matrix stand in a pattern, and which do; None if all."""
    n = pattern.shape[1]
    (i, j), (a, b) = colors.entries(matrix), colors.entries(pattern)
    keys, at = i.astype(np.int64) * n + j, a.astype(np.int64) * n + b
    where = np.searchsorted(at, keys)
    held = at[np.minimum(where, max(len(at) - 1, 0))] == keys if len(at) else np.zeros(len(keys), bool)
    return where, None if held.all() else held


def handed_out(matrix: Any, out: Any) -> Any:
    """A result, in arrays of the user's own."""
    if out is None:
        matrix.indices, matrix.indptr = matrix.indices.copy(), matrix.indptr.copy()
        return matrix
    values = matrix.data
    entries = out.data if sp.issparse(out) else out
    same = not sp.issparse(out) or (
        np.array_equal(out.indptr, matrix.indptr) and np.array_equal(out.indices, matrix.indices)
    )
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
