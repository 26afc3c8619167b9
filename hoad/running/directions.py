"""Cotangents where only a direction can tell.

Eigenvectors of equal eigenvalues are not unique. Forward mode chooses those that move smoothly along its
direction; a sweep back knows no direction and gives nan, though ``v * f(w) @ v.T`` has a derivative. There f
runs once more, along the unit directions of what is differentiated and along two others, one of them opposite
to all. The changes are those of a derivative where the value is the same along all, and the change along each
other direction is the sum of the units'; elsewhere nan stays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..adapting.known import AS_IT_IS, OFF, RUNNING, bound_for
from ..kinds.batch import unbatch
from ..nested import Cotangent, Level, Traced, Value, forgiven, glance, settle
from ..tangents.fit import fit_cotangent
from ..tape import generic
from ..values.constants import HERE
from ..values.shapes import is_complex, shape_of, size_of
from .calling import Function
from .chunks import Chunks
from .points import Point
from .pushing import pushed
from .results import along, kind_of

MOST = 1024  # numbers that are differentiated, up to which f runs along all their directions
ROUNDING = 1000  # units in the last place of f's value, up to which a difference may be rounding


class Directions:
    """The changes of f's value along the unit directions, and along some others.

    Args:
        f: the function.
        point: where.
    """

    def __init__(self, f: Function, point: Point) -> None:
        self.f, self.point = f, point
        self.inputs = point.differentiated()
        n = sum(map(size_of, self.inputs))
        self.columns: list[tuple[Any, Any] | None] = []
        if not 0 < n <= MOST or not all(map(can_be_told, self.inputs)):
            return
        numbers = np.reshape(generic(np.zeros(n)), n)
        self.others = np.stack([-numbers, numbers * np.resize([1.0, -1.0], n)])
        self.rows = np.concatenate([np.eye(n), self.others])
        parts = self.run(None) or self.run(1)
        self.columns = [joined(list(column)) for column in zip(*parts, strict=True)]

    def run(self, at_once: int | None) -> list[list[tuple[Value, Any] | None]]:
        """The leaves of the value and their changes, so many directions at a time; nothing where f can't run
        so, as where it branches by the vectors, which differ by direction.
        """
        count, n = self.rows.shape
        try:
            with np.errstate(all="ignore"):
                return Chunks(at_once).map(self.moved, count, n, like=self.inputs)
        except Exception as error:
            forgiven(error)
            return []

    def moved(self, which: range) -> list[tuple[Value, Any] | None]:
        """The leaves of the value and their changes, for some directions; None for no dependence."""
        level, n = Level(), len(which)
        seeds = along(self.rows[which.start : which.stop], self.inputs, level)
        beyond = RUNNING.get() is None and not OFF.get()  # a pullback, whose operator has returned
        with bound_for(self.f, self.point.values) if beyond else AS_IT_IS:
            leaves, changes, _ = pushed(self.f, self.point, seeds)
        found = [
            None if d is None else (settle(unbatch(y, level, n)), settle(unbatch(d, level, n)))
            for y, d in zip(leaves, changes, strict=True)
        ]
        level.alive = False
        return found

    def told(self, found: list[Cotangent], cotangents: list[Cotangent], values: list[Value]) -> list[Any]:
        """Cotangents of the inputs, with that of the derivative, where there is one, in place of nan.

        Args:
            found: the cotangents of the inputs.
            cotangents: those of the leaves of the value.
            values: the leaves of the value.
        """
        if not self.columns:
            return found
        total, apart, size = self.pulled(cotangents, values)
        each, others = total[:-2], total[-2:]
        eps = max([float(np.finfo(kind_of(x)).eps) for x in self.inputs])
        largest = max([float(np.max(np.abs(glance(x)), initial=0.0)) for x in self.inputs]) or 1.0
        scale = np.sum(np.abs(self.others[0] * each))
        size = ROUNDING * eps * (size + largest * scale)
        short = np.max(np.abs(others - np.sum(self.others * each, axis=1)))
        smooth = (short <= eps**0.5 * scale + size / largest) & (apart <= size)
        start, result = 0, []
        for g, x in zip(found, self.inputs, strict=True):
            part = np.reshape(each[start : start + size_of(x)], shape_of(x))
            start += size_of(x)
            known = g if g is None else np.where(smooth & np.isnan(g), part, g)[()]
            result.append(g if g is None else fit_cotangent(known, x))
        return result

    def pulled(self, cotangents: list[Cotangent], values: list[Value]) -> tuple[Any, Any, Any]:
        """What cotangents make of the changes along the directions; of how far the values along them are
        apart; and of the value.
        """
        total, apart, size = np.zeros(len(self.rows)), 0.0, 0.0
        for g, y, column in zip(cotangents, values, self.columns, strict=True):
            if g is not None and column is not None:
                there, changes = column
                axes = tuple(range(1, np.ndim(changes)))
                total = total + np.real(np.sum(np.conj(changes) * g, axis=axes))
                apart = apart + np.max(np.sum(np.abs((there - y) * g), axis=axes))
                size = size + np.sum(np.abs(g)) * np.max(np.abs(y))
        return total, apart, size


def joined(column: list[tuple[Value, Any] | None]) -> tuple[Any, Any] | None:
    """A leaf along all directions, and its changes, from those along some."""
    if None in column:
        return None
    values, changes = zip(*column, strict=True)
    return np.concatenate(values), np.concatenate(changes)


def can_be_told(x: Value) -> bool:
    """Tell whether x is of real numbers and in no other derivative, by whose direction vectors are chosen."""
    is_inner = isinstance(x, Traced) and x.differentiates
    return not is_inner and glance(x).__class__ in HERE and not is_complex(x)
