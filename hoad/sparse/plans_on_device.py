"""Plans for points on a device: pattern and colours are found on the host, once, and entries stay there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeMismatchError, describe
from ..running.calling import Function
from ..running.points import Point
from ..values.constants import is_elsewhere
from .derivatives import sparse_point
from .on_device import Placed, looking_on_host, on_host
from .plans import SparsePlan
from .programs import program_of
from .recorded import Recorded
from .sharing import Sharing


class DevicePlan(SparsePlan):
    """The same for points that lie on a device, which its arguments are those of.

    Where the check of a result does not hold, the derivative at that point is taken on the host, from where
    the pattern grows.
    """

    may_be_structured = False

    def __init__(self, f: Function, x: Any, args: tuple[Any, ...], *given: Any) -> None:
        if not is_elsewhere(x):
            raise ArgumentError(
                "a sparse derivative on a device is by one array: put the container together in f, of the "
                "parts of one array, or pass the numbers from the device, as cupy.asnumpy(x)"
            )
        self._placed: dict[Any, tuple[Placed, Recorded | None]] = {}
        with looking_on_host():
            super().__init__(f, on_host(x), on_host(args), *given)
        self._at(x)

    def _check_place(self, point: Point) -> None:
        """Refuse a point on the host."""
        if not all(map(is_elsewhere, point.differentiated())):
            raise ArgumentError(
                "the plan is for points on a device, and this one is an array of NumPy's: make a plan for "
                "it, or bring it there, as cupy.asarray(x)"
            )

    def _at(self, x: Any) -> tuple[Placed, Recorded | None]:
        """The layout where a point lies, and the program of it, if the plan is compiled."""
        key, layout = (getattr(x.device, "id", None), x.dtype), self._colored
        found = self._placed.get(key)
        if found is None or found[0].layout is not layout:
            placed, program = Placed(layout, x), None
            if self._compile and len(layout.forward) + len(layout.backward):
                numbers = lambda a: placed.there(a, placed.dtype)
                program = program_of(self.f, self.order, layout, self._shape, numbers)
            found = self._placed[key] = placed, program
        return found

    def _with_program(self, layout: Any) -> Any:
        """The layout alone: programs are of the devices."""
        return layout

    def _by_colors(self, g: Function, point: Point, args: Any, asked: Sharing) -> Any:
        """The derivative from the directions of the colours."""
        placed, _ = self._at(args[0])
        flat = placed.flat(self._products(args, placed.rows, asked))
        entries, check = placed.entries(flat), placed.layout.check
        if check is not None and flat.size and not placed.holds(entries, flat[check.probe]):
            return self._by_structure(g, point, args[1:])
        return placed.matrix(entries)

    def _by_program(self, x: Any, args: Any) -> Any:
        """The same by the compiled program."""
        g, point = sparse_point(self.f, (x, *args), {}, 0)
        self._check_point(point)
        placed, program = self._at(x)
        if program is None:
            return placed.matrix(placed.none)
        found = program(x, *args)
        if found is None:
            self._compile = not program.gave_up
            return self._by_structure(g, point, args)
        entries, *product = found
        if product and not (placed.holds(entries, product[0]) if np.ndim(product[0]) else not product[0]):
            return self._by_structure(g, point, args)
        return placed.matrix(entries)

    def _by_structure(self, g: Function, point: Point, args: tuple[Any, ...]) -> Any:
        """The derivative as it is found on the host; the plan grows, if it lacks an entry."""
        (x,) = point.differentiated()
        with looking_on_host():
            found = super()._by_structure(*sparse_point(self.f, on_host((x, *args)), {}, 0), ())
        placed, _ = self._at(x)
        return placed.matrix(placed.there(found.data, x.dtype))

    def _handed_out(self, matrix: Any, out: Any) -> Any:
        """A result, in arrays of the user's own."""
        if out is None:
            return matrix
        values, entries = matrix.data, getattr(out, "data", out) if hasattr(out, "indptr") else out
        same = entries is out or has_places_of(out, matrix)
        if np.shape(entries) != values.shape or not same:
            raise ShapeMismatchError(
                f"out= must be an array of the {len(values)} entries of the plan, or a matrix that it gave; "
                f"it has other places now, if the plan has grown"
            )
        if entries.__class__ is not values.__class__ or not np.can_cast(
            values.dtype, entries.dtype, "same_kind"
        ):
            raise ArgumentError(
                f"out= is {describe(out)}, which can't hold the entries, of dtype {values.dtype}: pass an "
                f"array of {len(values)} of them on the device"
            )
        entries[...] = values
        return out

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_placed": {}}


def has_places_of(out: Any, matrix: Any) -> bool:
    """Tell whether a matrix of the user's has the entries of another in the same order."""
    if (out.format, out.shape, out.nnz) != (matrix.format, matrix.shape, matrix.nnz):
        return False
    pairs = (out.indptr, matrix.indptr), (out.indices, matrix.indices)
    return all([bool(np.all(a == b)) for a, b in pairs])
