"""A call of an operator at a wrapped point: opened before it, closed around what f is given, and the labels
of the result made of those of the point and of the value.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

from ..errors import ArgumentError, NotDifferentiableError
from ..values.trees import flatten, unflatten
from ..values.wrappers import Wrapper, alike, unopened, wrapper_of
from .calling import Function, locate

Degree = Any  # how many orders the result has; a tuple for several results; the name of an option that says


class Opened:
    """The arguments of one call, taken out of their wrappers.

    Args:
        tree: the arguments as f takes them: ``(args, kwargs)``.
    """

    def __init__(self, tree: Any) -> None:
        leaves, self.structure = flatten(tree)
        self.wrappers = [wrapper_of(leaf) for leaf in leaves]
        pairs = [
            (leaf, None) if w is None else w.take(leaf) for leaf, w in zip(leaves, self.wrappers, strict=True)
        ]
        self.arrays = [array for array, _ in pairs]
        self.labels = [label for _, label in pairs]
        self.value: list[tuple[Wrapper | None, Any]] = []

    def plain(self) -> Any:
        """The arguments with plain arrays."""
        return unflatten(self.structure, self.arrays)

    def around(self, f: Function) -> Function:
        """The function of plain arrays that f is; the labels of its value are noted."""

        def opened(*args: Any, **kwargs: Any) -> Any:
            leaves, structure = flatten((args, kwargs))
            closed = [
                leaf if w is None else w.put(leaf, label)
                for leaf, w, label in zip(leaves, self.wrappers, self.labels, strict=True)
            ]
            a, k = unflatten(structure, closed)
            return self.noted(f(*a, **k))

        return opened

    def noted(self, y: Any) -> Any:
        """The value of f, opened."""
        leaves, structure = flatten(y)
        wrappers = [wrapper_of(leaf) for leaf in leaves]
        pairs = [
            (leaf, None) if w is None else w.take(leaf) for leaf, w in zip(leaves, wrappers, strict=True)
        ]
        self.value = list(zip(wrappers, [label for _, label in pairs], strict=True))
        return unflatten(structure, [array for array, _ in pairs])

    def closed(self, result: Any, degree: int, chosen: list[int]) -> Any:
        """A derivative of an order, with its labels: leaf by leaf of the value, and of the point for each
        order.

        Raises:
            NotDifferentiableError: its leaves are not those.
        """
        leaves, structure = flatten(result)
        places = [(y, by) for y in self.value for by in itertools.product(chosen, repeat=degree)]
        if len(places) != len(leaves):
            raise NotDifferentiableError(
                "a derivative by wrapped arrays wants a value and a point that hold numbers and arrays alone"
            )
        return unflatten(structure, [self.leaf(v, y, by) for v, (y, by) in zip(leaves, places, strict=True)])

    def leaf(self, array: Any, y: tuple[Wrapper | None, Any], by: tuple[int, ...]) -> Any:
        """One leaf of a derivative."""
        found = next((w for w in (*[self.wrappers[k] for k in by], y[0]) if w is not None), None)
        if not by and found is None:  # a value of f, which NumPy has computed
            found = next((w for w in self.wrappers if w is not None and w.optional), None)
        if found is None:
            return array
        labels = tuple([self.labels[k] for k in by if self.wrappers[k] is found])
        label = found.derive(y[1] if y[0] is found else None, labels)
        return array if label is None else found.put(array, label)


def optional_one(args: Any, kwargs: dict[str, Any]) -> Wrapper | None:
    """How an array among the arguments is opened, of which NumPy makes one by itself, and whose class the
    result is to have.
    """
    if "jax" not in sys.modules:
        return None
    found = [wrapper_of(x) for x in flatten((args, kwargs))[0]]
    return next((w for w in found if w is not None and w.optional), None)


def as_theirs(result: Any, kind: Wrapper | None) -> Any:
    """A result that NumPy has computed, as arrays of the library that the arguments are of."""
    return result if kind is None else alike(result, lambda array: kind.put(array, None))


def with_wrapped(form: Any, f: Function, args: Any, kwargs: dict[str, Any], options: dict[str, Any]) -> Any:
    """A call of an operator whose point is wrapped.

    Raises:
        NotDifferentiableError: the operator has not said what its result is made of.
    """
    several = form.later[:1] == ("primals",)
    inputs = args[0] if several and isinstance(args[0], tuple) else args
    opened = Opened((tuple(inputs), kwargs))
    if form.degree is None or options.get("has_aux"):
        value = next(leaf for leaf in flatten((inputs, kwargs))[0] if wrapper_of(leaf) is not None)
        raise unopened(value, "the point")
    plain, named = opened.plain()
    along = {name: like_point(options[name], opened, inputs, name) for name in form.later[1:] if name != "n"}
    given = plain if inputs is args else (plain,)
    result = form.evaluate(opened.around(f), given, named, **{**options, **along})
    degree = options["n"] if form.degree == "n" else form.degree
    chosen = chosen_leaves(f, inputs, kwargs, options.get("argnums", 0), several)
    if isinstance(degree, tuple):
        return tuple([opened.closed(r, d, chosen) for r, d in zip(result, degree, strict=True)])
    return opened.closed(result, degree, chosen)


def like_point(value: Any, opened: Opened, inputs: Any, name: str) -> Any:
    """A direction, whose labels must be those of the point; plain numbers stand for such.

    Raises:
        ArgumentError: it has another unit, or other axes.
    """
    leaves, structure = flatten(value)
    found = []
    for leaf, label in zip(leaves, opened.labels, strict=False):
        w = wrapper_of(leaf)
        array, own = (leaf, label) if w is None else w.take(leaf)
        if own != label:
            raise ArgumentError(
                f"{name} is {leaf!r}, which has another unit, other axes, or other entries than the "
                f"point; plain numbers are taken for the point's"
            )
        found.append(array)
    return unflatten(structure, [*found, *leaves[len(found) :]])


def chosen_leaves(f: Function, args: Any, kwargs: Any, argnums: Any, all_of_them: bool) -> list[int]:
    """Which leaves of the arguments are differentiated, by their places."""
    counts = [len(flatten(a)[0]) for a in args]
    ends = list(itertools.accumulate(counts))
    wanted = range(len(args)) if all_of_them else argnums if isinstance(argnums, tuple) else (argnums,)
    found: list[int] = []
    for a in wanted:
        place = a if all_of_them else locate(f, args, kwargs, a)
        if isinstance(place, str):
            before = sorted(kwargs)[: sorted(kwargs).index(place)]  # as trees order them
            start = ends[-1] + sum([len(flatten(kwargs[k])[0]) for k in before])
            found += range(start, start + len(flatten(kwargs[place])[0]))
        else:
            found += range(ends[place] - counts[place], ends[place])
    return found
