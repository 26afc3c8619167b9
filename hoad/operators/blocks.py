"""Derivatives in blocks, one for each pair of leaves: unit directions, and rows taken apart."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..nested import Level, bare
from ..running.points import Point
from ..running.results import (
    along,
    by_leaf,
    kind_of,
    tidy,
)
from ..values.constants import HERE, asarray, eye, is_array, is_elsewhere, library
from ..values.shapes import DOUBLE, shape_of, size_of


def basis(leaves: list[Any], level: Level, which: range | None = None) -> list[Any]:
    """Unit directions of several leaves together, all or some of them, as one batch per leaf."""
    return along(unit_rows(leaves, which), leaves, level)


def units(leaves: list[Any], which: range) -> list[Any]:
    """The same as plain rows for each leaf."""
    x = leaves[0]
    if len(leaves) == 1 and x.__class__ is np.ndarray and x.dtype is DOUBLE and x.size <= FEW:
        return [few_rows(x.shape, which)]
    return by_leaf(unit_rows(leaves, which), leaves)


FEW = 16  # numbers of an array, whose unit directions are kept


@functools.lru_cache(maxsize=64)
def few_rows(shape: tuple[int, ...], which: range) -> np.ndarray:
    """Unit directions of a small array, which nobody may write to."""
    rows = np.eye(len(which), math.prod(shape), which.start).reshape(len(which), *shape)
    rows.flags.writeable = False
    return rows


def unit_rows(leaves: list[Any], which: range | None = None) -> np.ndarray:
    """Unit directions over all numbers of several leaves, all or some of them, one in each row."""
    total = sum([math.prod(shape_of(x)) for x in leaves])
    which = range(total) if which is None else which
    kinds = {kind_of(x) for x in leaves}
    kind = np.float32 if kinds == {np.dtype(np.float32)} else float  # of their own, which is no copy
    return eye(len(which), total, which.start, kind, like=leaves)


def pieces(rows: Any, leaves: list[Any], shape: tuple[int, ...], last: bool) -> list[Any]:
    """Cut a derivative with one row per direction into one block per leaf: its shape after (or before)
    ``shape``.
    """
    blocks, start = [], 0
    for x in leaves:
        n = size_of(x)
        part = rows if n == len(rows) else rows[start : start + n]
        if last and len(np.shape(part)) <= 2:
            part = np.reshape(part.T, (*shape, *np.shape(x)))
        elif last:
            part = np.reshape(np.moveaxis(part, 0, -1), (*shape, *np.shape(x)))
        else:
            part = np.reshape(part, (*np.shape(x), *shape))
        if is_elsewhere(bare(x)) and bare(part).__class__ in HERE:  # of numbers that the program read
            part = asarray(part, like=x)
        blocks.append(scalar_or_array(part))
        start += n
    return blocks


def scalar_or_array(part: Any) -> Any:
    """A block as the user gets it: in its own array, a number without axes as a number."""
    if is_array(part):
        return part.copy("K")[()] if isinstance(part, np.ndarray) else library(part).copy(part)
    return part[()] if isinstance(bare(part), np.ndarray) and not part.ndim else part


def nested_blocks(point: Point, blocks: list[Any]) -> Any:
    """Blocks in the structure of the arguments: one for one argument, else a tuple."""
    values = point.replaced([tidy(x, b) for x, b in zip(point.differentiated(), blocks, strict=True)])
    return tuple(values) if point.several else values[0]
