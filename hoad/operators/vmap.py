"""``vmap``: a function of one point, mapped over an axis of its arguments in one run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..adapting.doors import behind_door
from ..adapting.known import bound_for
from ..arrays.mutation import own
from ..errors import OPERATOR, ArgumentError, ShapeMismatchError, describe
from ..kinds.batch import DIFFERS, Batch, unbatch
from ..kinds.retired import retire
from ..nested import Level, Value, pack, settle
from ..running.calling import Function
from ..running.chunks import Chunks, checked_chunk
from ..running.made import wrapper
from ..running.results import is_function, outputs, owned
from ..running.spread import checked_executor, in_chunks
from ..running.wrapped import as_theirs, optional_one
from ..runs import running
from ..values.containers import is_container
from ..values.shapes import shape_of
from ..values.trees import flatten, flatten_result, number, spread, unflatten
from ..values.wrappers import plain_one, uniform_wrapper

Axes = Any


def _mapped(f: Function, args: Any, kwargs: Any, in_axes: Axes, out_axes: Axes, chunks: Chunks) -> Any:
    entries = [Mapped(v, axes, name) for v, axes, name in inputs(args, kwargs, in_axes)]
    n = common(entries)
    f = behind_door(f)
    work: Function = lambda which: members(f, entries, len(args), list(kwargs), which, out_axes, n)
    with bound_for(f, args, kwargs):
        parts = chunks.map(work, n, 1)
    return as_theirs(parts[0] if len(parts) == 1 else joined(parts, out_axes), optional_one(args, kwargs))


@wrapper(in_chunks(_mapped, "map"), chunk_size=checked_chunk, executor=checked_executor)
def vmap(
    f: Function,
    in_axes: Axes = 0,
    out_axes: Axes = 0,
    *,
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
) -> Any:
    """Map a function over an axis of its arguments: one run, in which each NumPy call serves all members.

    It nests with every derivative, in either order. A branch on a value that differs between the members is
    an error (``np.where`` chooses for each).

    Args:
        f: a function of one member.
        in_axes: the axis of each argument along which the members lie, None for an argument that all share:
            one for all arguments, or a tuple with one for each; for a container, one for all its leaves, or a
            container of those. Arguments given by keyword are mapped along axis 0.
        out_axes: where that axis stands in the value, in the same forms; None for what no member changes.
        chunk_size: how many members to take at once, where all together need too much memory; None for all.
        progress: show a progress bar (by tqdm).
        executor: whose workers share the members; see ``hoad.jacobian``.

    Returns:
        A function of arrays with one more axis.

    Raises:
        ArgumentError: an axis that the argument does not have, or nothing to map over.
        ShapeMismatchError: axes of different lengths.

    Example:
        >>> import numpy as np, hoad
        >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> hoad.vmap(np.dot, in_axes=(0, None))(A, np.array([1.0, 10.0]))
        array([21., 43.])
        >>> hoad.vmap(hoad.grad(lambda x: np.sum(x**3)))(A)
        array([[ 3., 12.],
               [27., 48.]])
    """


class Mapped:
    """One argument of a mapped function: its leaves, each with the axis of the members (None: shared)."""

    __slots__ = ("axes", "leaves", "name", "puts", "structure")

    def __init__(self, value: Any, axes: Axes, name: str) -> None:
        leaves, self.structure = flatten(value)
        pairs = [opened(leaf) for leaf in leaves]
        self.leaves = [settle(pack(leaf)) for leaf, _ in pairs]
        self.puts = [put for _, put in pairs]
        for leaf in self.leaves:
            if not hasattr(leaf, "__array_function__"):  # which is how an axis comes to the front
                plain_one(leaf, name)
        self.axes = axes_of(axes, value, name)
        self.name = name
        for leaf, axis in zip(self.leaves, self.axes, strict=True):
            if axis is not None and not -len(shape_of(leaf)) <= axis < len(shape_of(leaf)):
                raise ArgumentError(
                    f"{name} holds {describe(leaf)}, which has no axis {axis} to map over; an argument that "
                    f"all members share has None in in_axes"
                )

    def lengths(self) -> list[int]:
        """How many members each leaf that is mapped holds."""
        return [shape_of(x)[axis] for x, axis in zip(self.leaves, self.axes, strict=True) if axis is not None]

    def at(self, level: Level, which: range, n: int) -> Any:
        """The argument as the function is given it: batches of some of the members."""
        leaves = [
            put(x if axis is None else Batch(level, in_front(x, axis, which, n)))
            for x, axis, put in zip(self.leaves, self.axes, self.puts, strict=True)
        ]
        return unflatten(self.structure, leaves)


def opened(leaf: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The array of a quantity, and what gives it its unit again; of all else, itself."""
    wrapper = uniform_wrapper(leaf)
    if wrapper is None:
        return leaf, as_it_is
    array, label = wrapper.take(leaf)
    return array, lambda x: wrapper.put(x, label)


def as_it_is(x: Any) -> Any:
    """The same."""
    return x


def inputs(args: tuple[Any, ...], kwargs: dict[str, Any], in_axes: Axes) -> list[tuple[Any, Axes, str]]:
    """Each argument with its axes and its name."""
    each = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
    if len(each) != len(args):
        raise ArgumentError(
            f"in_axes={in_axes!r} has {len(each)} entries, and the call has {len(args)} arguments"
        )
    found = [(v, axes, f"argument {k}") for k, (v, axes) in enumerate(zip(args, each, strict=True))]
    return found + [(v, 0, f"argument {name!r}") for name, v in kwargs.items()]


def axes_of(axes: Axes, value: Any, name: str) -> list[int | None]:
    """The axis of each leaf of a value, which may be a container."""
    leaves, _ = flatten(value)
    found = spread(axes, value, name) if is_container(axes) else [axes] * len(leaves)
    for axis in found:
        if axis is not None and (isinstance(axis, bool) or not isinstance(axis, (int, np.integer))):
            raise ArgumentError(f"the axis {axis!r} of {name} must be an integer, or None for what all share")
    return [axis if number(leaf) else None for leaf, axis in zip(leaves, found, strict=True)]


def common(entries: list[Mapped]) -> int:
    """The one length of all axes that are mapped."""
    found = [(n, entry.name) for entry in entries for n in entry.lengths()]
    if not found:
        raise ArgumentError("vmap has nothing to map over: no argument holds an array, or in_axes is None")
    n, first = found[0]
    for other, name in found:
        if other != n:
            raise ShapeMismatchError(
                f"the axes to map over differ in length: {n} in {first}, {other} in {name}; in_axes says "
                f"which axis of each argument holds the members"
            )
    return n


def in_front(x: Any, axis: int, which: range, n: int) -> Any:
    """An array with the axis of the members first, and some of them."""
    x = np.moveaxis(x, axis, 0)
    x = x if len(which) == n else x[which.start : which.stop]
    return own(x)


def members(
    f: Function,
    entries: list[Mapped],
    positional: int,
    names: list[str],
    which: range,
    out_axes: Axes,
    n: int,
) -> Any:
    """The function of some of the members, in one run."""
    level = Level()
    found = run_on(level, f, entries, positional, names, which, out_axes, n)
    if sys.getrefcount(level) > 2:  # somebody beside this function knows it
        retire(level)
    return found


def run_on(
    level: Level,
    f: Function,
    entries: list[Mapped],
    positional: int,
    names: list[str],
    which: range,
    out_axes: Axes,
    n: int,
) -> Any:
    """The value of the function at batches of a level."""
    try:
        with running(level):
            values = [entry.at(level, which, n) for entry in entries]
            y = f(*values[:positional], **dict(zip(names, values[positional:], strict=True)))
            return placed(y, out_axes, level, len(which))
    except IndexError as error:
        if "only integers, slices" not in str(error):
            raise
        raise ArgumentError(
            f"an index {DIFFERS}: table[i] of a plain table does not ask hoad, "
            f"hoad.numpy.asarray(table)[i] does"
        ) from error


def placed(y: Value, out_axes: Axes, level: Level, n: int) -> Any:
    """A value with the axis of the members where it is wanted."""
    leaves, structure = outputs(y)
    if structure is None and is_function(leaves[0]):
        raise ArgumentError(
            f"{OPERATOR} wants a function whose value holds numbers or arrays, and it returned a function"
        )
    axes = axes_of(out_axes, unflatten(structure, leaves), "the value")
    return unflatten(structure, [leaf_out(x, a, level, n) for x, a in zip(leaves, axes, strict=True)])


def leaf_out(x: Any, axis: int | None, level: Level, n: int) -> Any:
    """One leaf of a value, with the axis of the members where it is wanted."""
    if not number(x):
        return x
    x, put = opened(x)
    if put is not as_it_is:
        return put(leaf_out(x, axis, level, n))
    if axis is None:
        if isinstance(x, Batch) and x.level is level:
            raise ArgumentError("out_axes has None for a value that differs between the members")
        return owned(x)
    ndim = len(shape_of(x)) + 1
    if not -ndim <= axis < ndim:
        raise ArgumentError(f"out_axes has {axis} for a value that has {ndim} axes, the members' included")
    return owned(np.moveaxis(unbatch(x, level, n), 0, axis))


def joined(parts: list[Any], out_axes: Axes) -> Any:
    """The chunks of a value, one after the other."""
    structure = flatten_result(parts[0])[1]
    axes = axes_of(out_axes, parts[0], "the value")
    columns = zip(*[flatten_result(part)[0] for part in parts], strict=True)
    return unflatten(
        structure,
        [c[0] if a is None else np.concatenate(c, axis=a) for c, a in zip(columns, axes, strict=True)],
    )
