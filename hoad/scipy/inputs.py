"""What a solver's call depends on: the traced values in its arguments, and in what its functions captured.

Together they are one vector q of real numbers. A solver is given the same call with plain numbers in their
places; what it found is then a function of q of which the derivatives at those numbers are known, and its
Taylor polynomial in the step of q (``steps.py``) has the right derivatives in every mode.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..dual import Dual
from ..errors import EscapeError, MissingRuleError
from ..kinds.batch import Batch, unbatch
from ..nested import BASE, INSIDE, Level, Traced, pack, primal, refused, settle
from ..operators.questions import order
from ..values.captures import traced_in, with_changed
from .apart import apart
from .steps import step

Function = Callable[..., Any]


class BatchedError(MissingRuleError):
    """A solver that was given a batch: ``members.py`` calls it once for each member."""

    def __init__(self, message: str, level: Any) -> None:
        super().__init__(message)
        self.level = level


class Inputs:
    """The traced values in some arguments.

    Attributes:
        q: all of them in one vector, traced.
        numbers: its plain values.
        order: how many derivatives are nested.
        is_noted: whether every use of the plain values is noted, for a program.
    """

    def __init__(self, *things: Any) -> None:
        found = {id(t): t for t in traced_in(things) if t.level is not BASE and t.dtype.kind in "fc"}
        self.leaves = [t for t in found.values() if settle(t) is t or isinstance(settle(t), Traced)]
        self.order = order(self.leaves)
        self.q = np.concatenate([np.zeros(0), *[real(t) for t in self.leaves]])
        self.numbers = primal(self.q)
        self.is_noted = isinstance(self.numbers, Traced) and self.numbers.noted
        if isinstance(self.numbers, Traced) and not (self.numbers.has_members or self.is_noted):
            message = f"SciPy computes with floats, and was given numbers of another kind: {self.leaves[0]!r}"
            raise refused(MissingRuleError(message), *self.leaves)
        if isinstance(self.numbers, Traced) and not self.is_noted:
            message = (
                "a solver has no form for vmap; call it for one member after the other: "
                "np.stack([f(r) for r in x])"
            )
            raise refused(BatchedError(message, self.numbers.level), *self.leaves)
        self.change = step(self.q)

    def at(self, thing: Any, q: Any) -> Any:
        """An argument with what q says in the places of the traced values."""
        parts, start = {}, 0
        for t in self.leaves:
            n = int(np.size(t)) * (2 if t.dtype.kind == "c" else 1)
            parts[id(t)], start = as_it_was(t, q[start : start + n]), start + n
        return with_changed(thing, lambda t: parts[id(t)] if id(t) in parts else primal(t))

    def places_of(self, x: Any) -> np.ndarray:
        """Where the elements of a value that is one of the inputs stand in q; empty if it is none."""
        start = 0
        for t in self.leaves:
            n = int(np.size(t)) * (2 if t.dtype.kind == "c" else 1)
            if t is x:
                return np.arange(start, start + n)
            start += n
        return np.arange(0)

    def plain(self, thing: Any) -> Any:
        """An argument without derivatives."""
        return with_changed(thing, primal)

    def apart(self, compute: Function, *things: Any) -> Any:
        """``compute(*things)`` outside of all derivatives: things hold no more than the plain values."""
        if self.is_noted:
            return apart(compute, things)
        with outside():
            return compute(*things)

    def polynomial(self, value: Any, tables: Any) -> Any:
        """The value and its derivatives as a function of q.

        Args:
            value: the plain value.
            tables: for each order, an axis of length 1 + m: the value first, then its derivatives.
        """
        total = value
        for k in range(1, self.order + 1):
            term = tables[(slice(1, None),) * k + (0,) * (self.order - k)]
            for _ in range(k):
                term = np.tensordot(self.change, term, axes=(0, 0))
            total = total + term / math.factorial(k)
        return total


# SciPy's functions that take what is no tuple for one argument more; the others unpack it.
TAKEN_WHOLE = frozenset({
    "bisect", "brenth", "brentq", "fsolve", "leastsq", "minimize", "minimize_scalar", "odeint", "quad",
    "quad_vec", "ridder", "root", "root_scalar", "toms748",
})  # fmt: skip


def extra(name: str, args: Any) -> tuple[Any, ...]:
    """What SciPy's function of that name gives to its functions behind the variable, for ``args=args``."""
    if isinstance(args, tuple):
        return args
    return (args,) if name in TAKEN_WHOLE else () if args is None else tuple(args)


def real(x: Any) -> Any:
    """The real numbers in a value, in a row."""
    flat = np.reshape(x, -1)
    return np.concatenate([np.real(flat), np.imag(flat)]) if x.dtype.kind == "c" else flat


def as_it_was(like: Any, q: Any) -> Any:
    """A value from its real numbers."""
    if like.dtype.kind == "c":
        n = int(np.size(like))
        q = q[:n] + 1j * q[n:]
    return np.reshape(q, np.shape(like))[()]


class Directions:
    """Levels for all directions of the inputs at once, as often as derivatives are nested; they live as long
    as a solve.

    A *table* is an array with one axis for each level in front, of length 1 + m: the value first, then its
    derivatives along the directions.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.m = len(inputs.numbers)
        self.levels = [(Level(), Level()) for _ in range(inputs.order)]
        q = np.zeros((1 + self.m,) * inputs.order + (self.m,))
        q[(0,) * inputs.order] = inputs.numbers
        for k in range(inputs.order):
            q[(0,) * k + (slice(1, None),) + (0,) * (inputs.order - k - 1)] = np.eye(self.m)
        self.q = self.lift(q)

    def lift(self, z: Any, k: int | None = None) -> Any:
        """The traced value that a table stands for."""
        k = len(self.levels) if k is None else k
        if k == 0:
            return z if z.ndim else z[()]
        members, level = self.levels[k - 1]
        before = (slice(None),) * (k - 1)
        change = self.lift(z[(*before, slice(1, None))], k - 1)
        return Dual(level, self.lift(z[(*before, 0)], k - 1), Batch(members, change))

    def lower(self, y: Any, k: int | None = None) -> Any:
        """The table of a traced value."""
        k = len(self.levels) if k is None else k
        if k == 0:
            return np.asarray(primal(y))
        members, level = self.levels[k - 1]
        if not (isinstance(y, Dual) and y.level is level):
            value = self.lower(y, k - 1)
            still = np.zeros((*value.shape[: k - 1], self.m, *value.shape[k - 1 :]))
            return np.concatenate([value[(slice(None),) * (k - 1) + (None,)], still], k - 1)
        value, change = self.lower(y.primal, k - 1), self.lower(unbatch(y.tangent, members, self.m), k - 1)
        return np.concatenate([value[(slice(None),) * (k - 1) + (None,)], change], k - 1)

    def table(self, y: Any) -> Any:
        """The table of what a function gives, a list of numbers too."""
        if y.__class__ in (list, tuple) and not any([np.ndim(v) for v in y]):
            return np.stack([self.lower(settle(v)) for v in y], -1)
        return self.lower(array(y))


def arguments_of(function: Function) -> tuple[int | str, ...]:
    """The arguments of a function, by place and by name."""
    names = list(inspect.signature(function).parameters)
    return (*range(len(names)), *names)


def array(y: Any) -> Any:
    """What a function gives, a list too, as an array."""
    if y.__class__ in (list, tuple):
        traced = any([isinstance(v, Traced) for v in y])
        y = np.stack([*y]) if traced and len({np.shape(v) for v in y}) == 1 else np.array(y)
    return settle(pack(y))


@contextmanager
def outside() -> Any:
    """Plain code runs as outside of a derivative."""
    token = INSIDE.set(False)
    try:
        yield
    finally:
        INSIDE.reset(token)


def checked_plain(y: Any, name: str) -> Any:
    """A plain value of a function that was given plain arguments.

    Raises:
        EscapeError: it is traced: the function has a traced value from where nobody sees it.
    """
    if isinstance(y, Traced):
        message = (
            f"a function that was given to scipy's {name} uses a value that is being differentiated, and has "
            f"it from where hoad can't see it (a global variable): pass it as an argument, args=, "
            f"or let the function capture it"
        )
        raise refused(EscapeError(message), y)
    return y
