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
from .colors import Coloring
from .derivatives import untraced

Function = Callable[..., Any]
ROUNDING = 0.6  # the power of the precision up to which a check may differ


class Check(NamedTuple):
    """What must be zero of all the numbers that the directions give: each entry times the number of the one
    direction more, added up by lines, less the product with that direction. ``probe`` is where this stands.
    """

    matrix: Any
    probe: slice

    def holds(self, flat: np.ndarray) -> bool:
        """Tell whether the gaps are zero, up to rounding; where they are finite.

        A gap is compared with the product first, and with the sum of the sizes of its terms only where that
        does not settle it.
        """
        kind = flat.dtype if flat.dtype.kind == "f" else np.dtype(float)
        tolerance = np.finfo(kind).eps ** ROUNDING
        with np.errstate(all="ignore"):
            gap = np.abs(self.matrix @ flat)
            if (gap <= tolerance * np.abs(flat[self.probe])).all():
                return True
            return not bool(np.any(gap > tolerance * (abs(self.matrix) @ np.abs(flat))))


def checked(lines: np.ndarray, weights: np.ndarray, where: np.ndarray, probe: slice, size: int) -> Check:
    """How entries are checked that stand ``where`` they do among ``size`` numbers.

    Args:
        lines: the line of each entry, whose product it is a term of.
        weights: what it is multiplied by there.
        where: its place.
        probe: the places of the products.
        size: how many numbers there are.
    """
    there = np.arange(probe.start, probe.stop)
    values = np.concatenate([weights, np.full(len(there), -1.0)])
    rows = np.concatenate([lines, np.arange(len(there))])
    matrix = matrices.selection(rows, np.concatenate([where, there]), (len(there), size), values)
    return Check(matrix, probe)


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
    m, n = pattern.shape
    if coloring.substituted and coloring.columns is not None:
        return by_substitution(pattern, coloring, check)
    try:
        places = colors.places(pattern, coloring)
    except ValueError as error:
        raise ArgumentError(
            f"colors= conflict: {error}; leave out colors=, and hoad finds some that do not"
        ) from None
    forward, backward = colors.directions(coloring.columns), colors.directions(coloring.rows)
    forward = forward.reshape(len(forward), n)
    backward = backward.reshape(len(backward), m)
    if not check:
        return Layout(pattern, coloring, places, places, forward, backward, None)
    rows, columns = colors.entries(pattern)
    random = np.random.default_rng(1).normal
    if coloring.columns is None:
        direction, where, first = random(size=m), places, len(backward) * n
        test = checked(columns, direction[rows], where, slice(first, first + n), first + n)
        backward = np.concatenate([backward, direction[None]])
    else:  # what checks stands before the directions that go back
        direction, first = random(size=n), len(forward) * m
        where = np.where(places >= first, places + m, places) if len(backward) else places
        size = first + m + len(backward) * n
        test = checked(rows, direction[columns], where, slice(first, first + m), size)
        forward = np.concatenate([forward, direction[None]])
    return Layout(pattern, coloring, places, where, forward, backward, test)


def by_substitution(pattern: Any, coloring: Coloring, check: bool) -> Layout:
    """The layout of an acyclic colouring, whose check is of the entries and no more of the directions."""
    n, size = pattern.shape[0], pattern.nnz
    color = np.asarray(coloring.columns)
    trees = forest(pattern, color)
    forward, backward = colors.directions(color).reshape(-1, n), np.zeros((0, n))
    places = trees.where[trees.mirror]
    if not check:
        return Layout(pattern, coloring, places, trees, forward, backward, None)
    direction = np.random.default_rng(1).normal(size=n)
    rows, columns = colors.entries(pattern)
    test = checked(rows, direction[columns], np.arange(size), slice(size, size + n), size + n)
    forward = np.concatenate([forward, direction[None]])
    return Layout(pattern, coloring, places, trees, forward, backward, test)


def recovered(parts: list[np.ndarray], layout: Layout) -> np.ndarray | None:
    """The entries, from the directions; None if the check fails, or the value has another size here."""
    sides = [
        n
        for n, rows in zip(layout.pattern.shape, (layout.forward, layout.backward), strict=True)
        if len(rows)
    ]
    parts = [untraced(part) for part in parts]
    if [p.shape[1] for p in parts] != sides:
        return None
    if not parts:
        return np.zeros(0)
    flat = parts[0].reshape(-1) if len(parts) == 1 else np.concatenate([p.reshape(-1) for p in parts])
    if isinstance(layout.where, Forest):
        values = layout.where.found(flat)
        if layout.check is not None:
            probe = flat[len(flat) - layout.pattern.shape[0] :]
            flat = np.concatenate([values, probe])
        return values if layout.check is None or layout.check.holds(flat) else None
    if layout.check is not None and not layout.check.holds(flat):
        return None
    return flat[layout.where]


def embedded(matrix: Any, pattern: Any) -> tuple[np.ndarray, tuple[int, int, float] | None]:
    """The entries of a matrix at the places of a pattern, and the first that has no place there."""
    if (
        matrix.nnz == pattern.nnz
        and np.array_equal(matrix.indptr, pattern.indptr)
        and np.array_equal(matrix.indices, pattern.indices)
    ):
        return matrix.data, None
    n = pattern.shape[1]
    (i, j), (a, b) = colors.entries(matrix), colors.entries(pattern)
    keys, known = i.astype(np.int64) * n + j, a.astype(np.int64) * n + b
    where = np.searchsorted(known, keys)
    held = (
        known[np.minimum(where, max(len(known) - 1, 0))] == keys if len(known) else np.zeros(len(keys), bool)
    )
    values = np.zeros(len(known), matrix.dtype)
    values[where[held]] = matrix.data[held]
    lost = np.flatnonzero(~held & (matrix.data != 0))
    if not len(lost):
        return values, None
    k = lost[0]
    return values, (int(i[k]), int(j[k]), float(matrix.data[k]))


def handed_out(values: np.ndarray, pattern: Any, out: Any) -> Any:
    """The result, in arrays of the user's own."""
    if out is None:
        return sp.csr_array((values, pattern.indices.copy(), pattern.indptr.copy()), shape=pattern.shape)
    entries = out.data if sp.issparse(out) else out
    same = not sp.issparse(out) or (
        np.array_equal(out.indptr, pattern.indptr) and np.array_equal(out.indices, pattern.indices)
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
