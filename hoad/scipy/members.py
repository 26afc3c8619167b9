"""A solver within ``vmap``: it is called once for each member, and what it finds is put together again.

A solver takes plain numbers, and there is no plain number among many. So each member of a batch is taken
out, at whatever level of derivatives it lies: ``member`` is linear, and so is ``together``, which makes a
batch of members; they are each other's transposes.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.statements import Linear
from ..errors import ArgumentError
from ..kinds.batch import Batch
from ..kinds.outcomes import compare
from ..nested import Level, Traced, forgiven, innermost, refused
from ..operands import operands
from ..values.captures import traced_in, with_changed
from .inputs import BatchedError


class Across(Linear):
    """A linear function that looks into a batch of one level, where that is the innermost."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = operands(args)
        top = innermost(args)
        if top is None or top.level.tag <= kwargs["level"].tag:
            return self.function(*args, **kwargs)
        return top.process(self, args, kwargs)

    general = __call__


def length_of(level: Level, *values: Any) -> int:
    """How many members the batch has that one of the values is of; 0 if none is."""
    for x in values:
        while isinstance(x, Traced):
            if x.level is level:
                return len(x.primal)
            x = x.primal
    return 0


def _member(x: Any, *, k: int, level: Level) -> Any:
    return x.primal[k] if isinstance(x, Batch) and x.level is level else x


def _member_transpose(g: Any, x: Any, *, k: int, level: Level) -> Any:
    n = length_of(level, x)
    return spread_(g, k=k, n=n, level=level) if n else g


def _spread(g: Any, *, k: int, n: int, level: Level) -> Any:
    return Batch(level, np.stack([g if j == k else np.zeros_like(g) for j in range(n)]))


member_ = Across(_member, _member_transpose, name="a member of a batch")
spread_ = Across(
    _spread, lambda g, x, *, k, n, level: member_(g, k=k, level=level), name="a member among zeros"
)
together_ = Across(
    lambda *parts, level: Batch(level, np.stack(parts)),
    lambda g, *parts, level: [member_(g, k=k, level=level) for k in range(len(parts))],
    positions=None,
    name="a batch",
)


def _opened(x: Any, *, level: Level) -> Any:
    return x.primal if isinstance(x, Batch) and x.level is level else x


# The members along a leading axis, and back.
opened_: Across = Across(
    _opened,
    lambda g, x, *, level: closed_(g, level=level) if length_of(level, x) else g,
    name="the members of a batch",
)
closed_: Across = Across(
    lambda x, *, level: Batch(level, x),
    lambda g, x, *, level: opened_(g, level=level),
    name="a batch of members",
)


def level_of_batch(values: list[Any]) -> Level | None:
    """The level of a batch that some traced values stand for."""
    for x in values:
        while isinstance(x, Traced) and not x.noted:
            if isinstance(x, Batch):
                level: Level = x.level
                return level
            x = x.primal
    return None


def elementwise(body: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a function of each element: all members of a batch at once, along a leading axis."""

    @functools.wraps(body)
    def called(*args: Any, **kwargs: Any) -> Any:
        values = traced_in((args[1:], kwargs))  # the distribution itself holds nothing traced
        level = level_of_batch(values)
        if level is None:
            return body(*args, **kwargs)
        given = [
            x
            for x in (*args, *kwargs.values())
            if isinstance(x, (float, int, np.ndarray, np.generic, Traced))
        ]
        most = max([np.ndim(x) for x in given])

        def opened(x: Any) -> Any:
            n, shape = length_of(level, x), np.shape(x)
            if not n:
                return x
            return np.reshape(opened_(x, level=level), (n, *(1,) * (most - len(shape)), *shape))

        whole, named = with_changed((args, kwargs), opened)

        def back(x: Any) -> Any:  # what no member has a part in is the same for all
            return closed_(x, level=level) if np.ndim(x) == most + 1 else x

        found = called(*whole, **named)
        return tuple([back(f) for f in found]) if isinstance(found, tuple) else back(found)

    return called


def by_members(body: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a solver: where it meets a batch, one call for each member."""

    @functools.wraps(body)
    def called(*args: Any, **kwargs: Any) -> Any:
        values = traced_in((args, kwargs))
        level = level_of_batch(values)
        if level is None:
            try:
                return body(*args, **kwargs)
            except BatchedError as error:  # one that an object of SciPy's holds
                forgiven(error)
                level = error.level
        return member_by_member(called, level, values, args, kwargs)

    return called


def member_by_member(function: Any, level: Level, values: list[Any], args: Any, kwargs: Any) -> Any:
    """A function of each member of a batch, and what it finds put together."""
    n = length_of(level, *values)

    def one(k: int) -> Any:
        own: dict[int, Any] = {id(t): member_(t, k=k, level=level) for t in values}
        given, named = with_changed((args, kwargs), functools.partial(lookup, own))
        return function(*given, **named)

    try:
        found = [one(k) for k in range(n)]
    except Exception as error:
        compare(error, level, n, one)
        raise
    return joined(level, found, values)


def lookup(own: dict[int, Any], t: Any) -> Any:
    """What stands for a traced value."""
    return own[id(t)]


def joined(level: Level, parts: list[Any], values: list[Any]) -> Any:
    """What was found for each member, as one.

    Raises:
        ArgumentError: it has another form for each.
    """
    first = parts[0]
    if isinstance(first, tuple):
        return type(first)([joined(level, list(column), values) for column in zip(*parts, strict=True)])
    if isinstance(first, list):
        return [joined(level, list(column), values) for column in zip(*parts, strict=True)]
    if isinstance(first, dict):
        whole = copy.copy(first)  # of some classes a call makes another thing of a dictionary
        whole.update({k: joined(level, [p[k] for p in parts], values) for k in first})
        return whole
    if isinstance(first, (bool, int)) and not all([p == first for p in parts]):
        return closed_(np.array(parts), level=level)  # whether each was found, in how many steps
    if isinstance(first, (float, np.ndarray, np.generic, Traced)):
        if len({np.shape(p) for p in parts}) > 1:
            message = (
                "what was found within vmap has another length for each member; ask for the same of all "
                "(t_eval= of solve_ivp), or call it for one after the other: np.stack([f(r) for r in x])"
            )
            raise refused(ArgumentError(message), *values)
        return together_(*parts, level=level)
    return first
