"""One run of a function on a tape."""

from __future__ import annotations

import sys
from typing import Any

from ..arrays.buffers import ALONE, holders, is_large, is_own
from ..errors import ArgumentError, describe
from ..nested import INSIDE, Cotangent
from ..runs import ended
from ..tangents.fit import unit_seed
from ..tape import Tape, sweep
from ..tracer import Draft, Lean, Tracer, become, entered_input
from ..values.constants import is_elsewhere, library
from ..values.trees import unflatten
from .calling import Function
from .directions import Directions
from .kept import known_again, looked_up
from .points import Point
from .results import finished, outputs, owned, stripped, stripped_tree
from .unfollowed import check_followed


class Recording:
    """A function's run on a tape: its output, and the way back to its inputs."""

    __slots__ = ("aux", "directions", "f", "inputs", "outputs", "point", "structure", "tape")

    def __init__(self, f: Function, point: Point, has_aux: bool = False, tape: Tape | None = None) -> None:
        tape = self.tape = Tape() if tape is None else tape
        self.point = point
        self.f: Function = (lambda *a: split_aux(f(*a))[0]) if has_aux else f
        self.directions: Directions | None = None
        self.aux = None
        token = INSIDE.set(True)
        try:
            if point.plain:
                x = entered_input(tape, point.differentiated()[0])
                self.inputs = [x.slot]
                args: Any = (x,)
                y = f(x)
            else:
                tracers = [entered_input(tape, leaf) for leaf in point.differentiated()]
                self.inputs = [t.slot for t in tracers]
                args = point.replaced(tracers)
                y = f(*args)
            if has_aux:
                y, aux = split_aux(y)
                self.aux = stripped_tree(aux, tape)
            if y.__class__ is Tracer and y.level is tape and (tape.notes is None or not tape.notes.met):
                self.outputs, self.structure = [y], None
            else:
                leaves, self.structure = outputs(y)
                if has_aux:
                    if not looked_up(leaves, tape):
                        check_followed(self.f, args, leaves, tape)
                else:
                    leaves, self.structure = known_again(f, args, leaves, self.structure, tape)
                self.outputs = [read_out(leaf) for leaf in leaves]
        except BaseException as error:
            INSIDE.reset(token)
            tape.release()
            ended((tape,), error)
            raise
        INSIDE.reset(token)
        tape.alive = False
        if tape.notes is not None:
            self.check()

    def check(self) -> None:
        """Refuse a run that caught an error of hoad's."""
        try:
            ended((self.tape,), None)
        except BaseException:
            self.tape.release()
            raise

    @property
    def value(self) -> Any:
        """What the function returned, in arrays of the caller's own."""
        values = [handed_out(leaf, self.tape) for leaf in self.outputs]
        return values[0] if self.structure is None else unflatten(self.structure, values)

    def seeds(self, cotangents: list[Cotangent]) -> dict[int, Any]:
        """Cotangents by the slots of the outputs that depend on the inputs; None is zero."""
        seeds: dict[int, Any] = {}
        for y, g in zip(self.outputs, cotangents, strict=True):
            if g is not None and y.__class__ is Tracer and y.level is self.tape:
                seeds[y.slot] = g if y.slot not in seeds else seeds[y.slot] + g
        return seeds

    def back(self, cotangents: list[Cotangent], free: bool = False) -> list[Any]:
        """The cotangents of the inputs."""
        found = sweep(self.tape, self.seeds(cotangents), self.inputs, free)
        return self.told(found, cotangents) if self.tape.open else found

    def told(self, found: list[Cotangent], cotangents: list[Cotangent]) -> list[Cotangent]:
        """The same, where a value is not unique, by runs of the function that know their direction."""
        if self.directions is None:
            self.directions = Directions(self.f, self.point)
        return self.directions.told(found, cotangents, [stripped(y, self.tape) for y in self.outputs])

    def largest(self) -> int:
        """The number of elements of the largest value."""
        return max([v.size for v in self.tape.program[4::5] if hasattr(v, "size")], default=1)

    def gradient(self) -> list[Any]:
        """The arguments' gradients, for an output that is one number; uses the program up."""
        y, seeds = self.outputs[0], {}
        if y.__class__ is Tracer and y.level is self.tape:
            seeds[y.slot] = unit_seed(y.primal)
        found = sweep(self.tape, seeds, self.inputs, free=True)
        if self.tape.open:
            found = self.told(found, [*seeds.values()])
        point = self.point
        if point.plain:
            return [given(found, 0, point.leaves[0])]
        return point.replaced([given(found, k, x) for k, x in enumerate(point.differentiated())])


def handed_out(leaf: Any, tape: Tape) -> Any:
    """A leaf of the value as the user gets it: a large one that the program does not hold is his."""
    alone = leaf.__class__ is Tracer and leaf.level is tape and sys.getrefcount(leaf.primal) == ALONE
    if alone and is_large(leaf.primal) and is_own(leaf.primal):
        return leaf.primal
    return owned(stripped(leaf, tape))


def given(found: list[Any], k: int, x: Any) -> Any:
    """A gradient as the user gets it: a large one that nobody else holds is his."""
    g = found[k]
    if is_large(g):
        mine = is_large(x) and g.shape == x.shape and holders(found, k) == ALONE + 1 and is_own(g)
    else:
        mine = is_elsewhere(g) and holders(found, k) == ALONE + 1 and is_like(g, x)
    if mine:
        return g
    return finished(g, x)


def is_like(g: Any, x: Any) -> bool:
    """Tell whether a cotangent on a device has memory of its own, and is as the value that it belongs to."""
    alone = g.base is None if library(g).views else True
    return bool(alone and g.__class__ is x.__class__ and g.shape == x.shape and g.dtype == x.dtype)


def read_out(leaf: Any) -> Any:
    """A leaf of an output as a plain tracer: of one that was being written to, or was not held."""
    if leaf.__class__ is Draft:
        leaf.finish()
    if leaf.__class__ is Lean:
        become(leaf, Tracer)
    return leaf


def split_aux(y: Any) -> tuple[Any, Any]:
    """The value and the extra of a function that returns both."""
    if not isinstance(y, tuple) or len(y) != 2:
        raise ArgumentError(
            f"has_aux=True wants a function that returns (value, aux), and it returned {describe(y)}"
        )
    return y[0], y[1]
