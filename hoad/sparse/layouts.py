"""Layouts: where the entries of a derivative are in what the directions give, and how they are read off and
checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from ..errors import ArgumentError, ShapeMismatchError
from . import colors, matrices
from .colors import Coloring
from .derivatives import untraced

Function = Callable[..., Any]
ROUNDING = 0.6  # the power of the precision up to which a check may differ


class Layout(NamedTuple):
    """A pattern with its colours: nothing of it ever changes, so threads may share it.

    ``forward`` and ``backward`` are the directions, one in each row; the last of either is the one that
    checks the others, if there is a check. ``programs`` are compiled, and how many directions each takes.
    """

    pattern: Any
    coloring: Coloring
    places: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    check: np.ndarray | None
    programs: list[tuple[Function, int]] | None = None


def laid_out(pattern: Any, coloring: Coloring, check: bool) -> Layout:
    """The directions of a colouring, and where the entries will be.

    Raises:
        ArgumentError: two colours conflict.
    """
    m, n = pattern.shape
    try:
        where = colors.places(pattern, coloring)
    except ValueError as error:
        raise ArgumentError(
            f"colors= conflict: {error}; leave out colors=, and hoad finds some that do not"
        ) from None
    forward, backward = colors.directions(coloring.columns), colors.directions(coloring.rows)
    forward = forward.reshape(len(forward), n)
    backward = backward.reshape(len(backward), m)
    if not check:
        return Layout(pattern, coloring, where, forward, backward, None)
    along_columns = coloring.columns is not None
    direction = np.random.default_rng(1).normal(size=n if along_columns else m)
    if along_columns:
        forward = np.concatenate([forward, direction[None]])
    else:
        backward = np.concatenate([backward, direction[None]])
    return Layout(pattern, coloring, where, forward, backward, direction)


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
    if layout.check is None:
        return flat[layout.places]
    if layout.coloring.columns is None:
        values, probe = flat[layout.places], parts[-1][-1]
        matrix = matrices.with_entries(layout.pattern, values).T
    else:
        skip = parts[0].shape[1]  # the row of the check stands before the directions that go back
        start = (len(parts[0]) - 1) * skip
        where = layout.places
        values = flat[np.where(where >= start, where + skip, where) if len(parts) > 1 else where]
        probe = parts[0][-1]
        matrix = matrices.with_entries(layout.pattern, values)
    return values if agrees(matrix, layout.check, probe) else None


def agrees(matrix: Any, direction: np.ndarray, product: np.ndarray) -> bool:
    """Tell whether a matrix times a direction is what it should be, up to rounding; where that is finite.

    A gap is compared with the product first, and with the sum of the sizes of its terms only where that does
    not settle it.
    """
    kind = product.dtype if product.dtype.kind == "f" else np.dtype(float)
    tolerance = np.finfo(kind).eps ** ROUNDING
    with np.errstate(all="ignore"):
        gap = matrix @ direction
        gap -= product
        np.abs(gap, out=gap)
        if (gap <= tolerance * np.abs(product)).all():
            return True
        size = np.maximum(abs(matrix) @ np.abs(direction), np.abs(product))
        return not bool(np.any(gap > tolerance * size))


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
    entries[...] = values
    return out
