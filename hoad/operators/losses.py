"""A loss, recorded once, from which the operators of second order sweep (``second/sweep.py``)."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..nested import Traced, Value, forgiven, settle
from ..running.calling import Argnums, Function, later, select
from ..running.chunks import Chunks, Work, as_it_is
from ..running.points import Point
from ..running.recording import Recording
from ..running.results import by_leaf, check_scalar, finished, is_function, kind_of, tidy, unit_of
from ..second.costs import second_order
from ..second.general import Unknown
from ..second.sweep import Program
from ..tangents.fit import narrowed
from ..tape import Tape
from ..tracer import Tracer
from ..values.constants import zeros
from ..values.shapes import shape_of, size_of
from .blocks import nested_blocks, pieces, units
from .jacobians import check_size

# An operation on a structured tangent, and an element of one, in microseconds.
OF_OPERATION, OF_ELEMENT = 330.0, 0.0011
# How many times the operations dense rows must cost, for structured tangents to be tried; and to be tried
# with a look at a sample of the columns.
PROMISED, BLINDLY = 2.0, 4.4
# What structured tangents may cost, of dense rows; and the part of this before the sample is asked.
AT_MOST, UNSEEN = 0.5, 0.17
SAMPLE = 32


class OfFunctions(Exception):
    """What a function returned is a function."""


class Loss:
    """What a function of real value returned, and its recorded program.

    Args:
        f: the function of what is differentiated.
        point: where.

    Raises:
        Unknown: only a run on nested levels gives the second derivative: there are numbers of another kind,
            or calls with a rule of the user's.
        OfFunctions: the value is a function.
    """

    def __init__(self, f: Function, point: Point) -> None:
        tape = Tape(order=2)
        if tape.lift is not None or tape.program.__class__ is not list:
            raise Unknown
        self.recording = recording = Recording(f, point, tape=tape)
        self.inputs = point.differentiated()
        self.count = sum([size_of(x) for x in self.inputs])
        try:
            y = recording.outputs[0] if recording.structure is None else recording.value
            if is_function(y):
                raise OfFunctions
            check_scalar(y, False)
            self.program = self.read(y)
        except BaseException:
            tape.release()
            raise

    def read(self, y: Value) -> Program | None:
        """The program; None where the value does not depend on the inputs."""
        tape = self.recording.tape
        if y.__class__ is not Tracer or y.level is not tape:
            return None
        return Program(tape.columns(), y.slot, len(self.inputs))

    def along(self, tangents: list[Any], n: int | None = None) -> tuple[list[Any], list[Any]]:
        """The gradient by each input, and its change along one direction, or along ``n``; None for zero."""
        if self.program is None:
            return [None] * len(self.inputs), [None] * len(self.inputs)
        return self.program.along(tangents, n)

    def product(self, tangents: list[Any]) -> list[Any]:
        """The Hessian times a direction, by input."""
        _, changes = self.along(tangents)
        return [finished(d, x) for d, x in zip(changes, self.inputs, strict=True)]

    def size(self) -> int:
        """How many numbers the loss is a function of."""
        return self.count

    def mapped(
        self, do: Callable[[range], Any], chunks: Chunks, placed: Callable[[range, Any], Any] = as_it_is
    ) -> list[Any]:
        """The results for the directions, as many of which go through the program at once as is best."""
        n = self.size()
        at_once = self.program.at_once(wanted=n, wider=chunks.wider) if self.program else 1
        return chunks.maps([Work(do, n, at_once, False, placed)], like=self.inputs)[0]

    def rows(self, chunks: Chunks) -> tuple[list[Any], list[Any]]:
        """The gradient by each input, and the changes of that along all unit directions, one in each row."""
        structured = self.structured(chunks)
        if structured is not None:
            gradient, maps = structured
            whole = [np.reshape(m, (len(m), *shape_of(x))) for m, x in zip(maps, self.inputs, strict=True)]
            return gradient, [narrowed(d, kind_of(x)) for d, x in zip(whole, self.inputs, strict=True)]
        rows = Rows(self.inputs, self.size())
        gradients = self.mapped(
            lambda which: self.along_many(units(self.inputs, which), len(which)), chunks, rows.placed
        )
        return gradients[0], rows.whole()

    def along_many(self, directions: list[Any], n: int) -> tuple[list[Any], list[Any]]:
        """The gradient by each input, and its changes along ``n`` directions, as arrays of their own."""
        gradient, changes = self.along(directions, n)
        return gradient, [row_of(d, x, n) for d, x in zip(changes, self.inputs, strict=True)]

    def structured(self, chunks: Chunks) -> tuple[list[Any], list[np.ndarray]] | None:
        """The gradient by each input, and its changes as a matrix, found by one tangent that is a linear map
        (``hoad/sparse/``); None where that does not pay.
        """
        if self.program is None or chunks.size is not None or not self.program.real:
            return None
        if chunks.shared:  # this is a worker, who is asked for some rows
            return None
        if any([isinstance(x, Traced) for x in self.inputs]) or not self.promises():
            return None
        try:
            maps = importlib.import_module("hoad.sparse.structured")
        except ImportError:  # without SciPy
            return None
        found: tuple[list[Any], list[np.ndarray]] | None = self.within(maps, self.program)
        return found

    def within(self, maps: Any, program: Program, sample: int | None = None) -> Any:
        """The same, unless dense rows cost less; with a sample of the columns, whether they do not.

        Args:
            maps: structured tangents.
            program: the program.
            sample: how many columns are carried; None for all.
        """
        n, most = self.size(), AT_MOST * self.dense_cost() / OF_ELEMENT
        more: Callable[[], float] = lambda: 0.0
        if sample is None and most > AT_MOST * BLINDLY * program.top * OF_OPERATION / OF_ELEMENT:
            again = Program(program.columns, program.top, program.inputs)  # this one is at work
            more = lambda: float("inf") if self.within(maps, again, SAMPLE) else 0.0
            most *= UNSEEN
        level = maps.Columns(n, budget=maps.Budget(most, n, sample, more))
        try:
            gradient, changes = program.along(maps.identities(self.inputs, level))
            return gradient, [maps.as_array(d, x, level) for d, x in zip(changes, self.inputs, strict=True)]
        except Exception as error:  # an operation takes no such tangent, or it costs too much
            forgiven(error)
            return None

    def promises(self) -> bool:
        """Tell whether a structured tangent would save most of the time, as far as sizes tell."""
        return self.dense_cost() > PROMISED * OF_OPERATION * (self.program.top if self.program else 0)

    def dense_cost(self) -> float:
        """What dense rows cost, in microseconds, without what is spent on each operation."""
        program = self.program
        return second_order(program.columns, program.costs.elements, self.size()) if program else 0.0

    def hessian(self, chunks: Chunks) -> tuple[Any, Any]:
        """The gradient and the Hessian, in the structure of the arguments."""
        point = self.recording.point
        check_size(self.inputs, self.size(), chunks)
        if len(self.inputs) == 1 and shape_of(self.inputs[0]) == ():
            gradient, changes = self.along([unit_of(self.inputs[0])])
            blocks = [[finished(changes[0], self.inputs[0])]]
        else:
            gradient, rows = self.rows(chunks)
            blocks = [
                pieces(r, self.inputs, shape_of(x), last=True) for r, x in zip(rows, self.inputs, strict=True)
            ]
        second = point.replaced([nested_blocks(point, b) for b in blocks])
        return self.gradient(gradient), tuple(second) if point.several else second[0]

    def gradient(self, parts: list[Any]) -> Any:
        """The gradient as the user gets it."""
        point = self.recording.point
        found = point.replaced([finished(g, x) for g, x in zip(parts, self.inputs, strict=True)])
        return tuple(found) if point.several else found[0]

    def diagonal_part(self, which: range) -> Any:
        """Some entries of the diagonal of the Hessian, over all inputs together."""
        _, changes = self.along_many(units(self.inputs, which), len(which))
        here = np.arange(len(which))
        return side_by_side(changes)[here, here + which.start]

    def diagonal(self, chunks: Chunks) -> Any:
        """The diagonal of the Hessian, in the structure of the arguments."""
        structured = self.structured(chunks)
        if structured is not None:
            parts = [np.diagonal(np.concatenate(structured[1], axis=1))]
        else:
            parts = self.mapped(self.diagonal_part, chunks)
        rows = by_leaf(np.concatenate(parts)[None], self.inputs)
        point = self.recording.point
        found = point.replaced([tidy(x, r[0]) for x, r in zip(self.inputs, rows, strict=True)])
        return tuple(found) if point.several else found[0]


def side_by_side(rows: list[Any]) -> Any:
    """Rows for each leaf as rows over all numbers."""
    flat = [np.reshape(part, (len(part), math.prod(shape_of(part)[1:]))) for part in rows]
    return np.concatenate(flat, axis=1)


class Rows:
    """The changes along all directions, of which each chunk is put where it belongs.

    Args:
        inputs: what they are of.
        n: how many directions there are.
    """

    def __init__(self, inputs: list[Any], n: int) -> None:
        self.n = n
        plain = all([x.__class__ in (np.ndarray, float) for x in inputs])
        self.arrays = [np.empty((n, *shape_of(x)), kind_of(x)) for x in inputs] if plain else []
        self.found: list[tuple[int, int, list[Any] | None]] = []

    def placed(self, which: range, result: tuple[Any, list[Any]]) -> Any:
        """The gradient, once the changes are where they belong."""
        gradient, changes = result
        pairs = list(zip(self.arrays, changes, strict=False))
        if pairs and len(which) < self.n and all([is_kin(c, a) for a, c in pairs]):
            for array, part in pairs:
                array[which.start : which.stop] = part
            self.found.append((which.start, which.stop, None))
        else:
            self.found.append((which.start, which.stop, changes))
        return gradient

    def whole(self) -> list[Any]:
        """All of them."""
        if all([changes is None for *_, changes in self.found]):
            return self.arrays
        parts = [
            [a[start:stop] for a in self.arrays] if changes is None else changes
            for start, stop, changes in sorted(self.found, key=lambda each: each[0])
        ]
        return parts[0] if len(parts) == 1 else [np.concatenate(each) for each in zip(*parts, strict=True)]


def is_kin(part: Any, array: np.ndarray) -> bool:
    """Tell whether an array can be put into another as it is."""
    return part.__class__ is np.ndarray and part.dtype == array.dtype


def row_of(changes: Any, x: Any, n: int) -> Any:
    """The changes of a cotangent, one in each row, as an array of their own."""
    if changes is None:
        return zeros((n, *shape_of(x)), kind_of(x), like=x)
    changes = settle(changes)
    if isinstance(changes, Traced):
        return narrowed(changes, kind_of(x)) if changes.noted else changes
    return narrowed(changes.copy(), kind_of(x))


def swept(
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums,
    ask: Callable[[Loss], Any],
    again: Function,
    point: Point | None = None,
) -> Any:
    """What ``ask`` wants to know of a loss at the arguments of a call; None where nested levels must find its
    second derivative.

    Args:
        f: the loss.
        args: its arguments.
        kwargs: those by keyword.
        argnums: which are differentiated.
        ask: what is asked.
        again: the operator, for what the value is given later, if it is a function.
        point: that of these arguments, if it is known.
    """
    g, values, names = select(f, args, kwargs, argnums)
    try:
        loss = Loss(g, point or Point(values, names, several=isinstance(argnums, tuple)))
    except Unknown:
        return None
    except OfFunctions:
        return later(again, f, args, kwargs, {})
    try:
        return ask(loss)
    except Unknown:
        return None
    finally:
        loss.recording.tape.release()
