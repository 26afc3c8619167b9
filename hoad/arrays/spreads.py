"""What linear functions and products make of values that have roots, where they go over several elements.

A linear function is asked where it puts the elements: of numbers that tell them apart it gives what shows it,
or its transpose does. So ``np.stack``, ``np.sum`` and all others with a rule need nothing beside that. A
product of several elements is made by a rule's ``products``: the same by products of numbers, in which roots
meet themselves element by element (``roots.py``), and by sums.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..nested import Traced, everything, primal
from ..values.reading import is_read
from ..values.shapes import is_complex, shape_of
from .bends import directions, with_powers
from .roots import LEFT, SPREAD, WRITTEN, as_computed, contents_of, forget, note, orders, root_in
from .terms import MOST, NONE, Root, Shape, merged

PROBES = 2**14  # numbers that are made to see what a linear function does, where nothing else tells
KEPT = 256
SHORT = 64  # elements in a sum, of which it is seen in first derivatives, too, whether all are of one root
FEW = 16  # roots, of which each is followed by itself
PLANS: dict[Any, tuple[Plan | None, Any]] = {}  # with what is known by identity, so that it stays


class Plan(NamedTuple):
    """Where a linear function puts elements.

    Attributes:
        sources: by row and element of the value, the elements of all arguments that are added; ``NONE``.
        weights: what they are multiplied by; None for 1.
    """

    sources: np.ndarray
    weights: np.ndarray | None

    @property
    def moves(self) -> bool:
        """Whether each element of the value is one of an argument, or 0."""
        return len(self.sources) == 1 and self.weights is None


def spread(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
    """What a rule makes of arguments that have roots."""
    if LEFT.get() or rule.kind in ("scalar", "constant"):
        return result
    if result.__class__ is tuple:
        return tuple([one_by_one(rule, args, kwargs, part, k) for k, part in enumerate(result)])
    if not isinstance(result, Traced):
        return result
    if rule.products is not None:
        return multiplied(rule, args, kwargs, result)
    if rule.kind != "linear" or (made := added(rule, args, kwargs, result)) is None:
        made = one_by_one(rule, args, kwargs, result)
    return made


def multiplied(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
    """A product of elements in which there are roots."""
    if not has_shared(args) and (orders(result) < 2 or not is_read(everything(result))):
        return result
    exact = rule.products(*args, **kwargs)
    return result if exact is None else as_computed(exact, primal(result))


def has_shared(args: tuple[Any, ...]) -> bool:
    """Tell whether a root is in several elements of arguments."""
    numbers = np.concatenate([root.numbers.ravel() for root in map(root_in, args) if root is not None])
    numbers = numbers[numbers >= 0]
    return len(np.unique(numbers)) < len(numbers)


def added(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
    """A sum of elements, or what has them in other places; None where nothing is known of it."""
    places = tuple(range(len(args))) if rule.positions is None else rule.positions
    if not is_read(everything(result)):
        return None
    roots = [root_in(args[k]) for k in places]
    are_alone = all([root is None or root.is_alone for root in roots])
    if any([root is not None and is_complex(root.factor) for root in roots]):
        return None  # it may be linear in real numbers only
    if orders(result) < 2 and not are_alone:
        return result
    plan = plan_of(rule, places, args, kwargs)
    if plan is None or plan.sources.shape[1:] != shape_of(result):
        return None  # what it does of real numbers may be something else
    shapes = [shape_of(args[k]) for k in places]
    if are_alone and (plan.moves or orders(result) > 1 or result.size * len(plan.sources) <= SHORT):
        made = put(plan, roots, shapes)
        if made is not None and (plan.moves or is_of_one_root(plan, roots, made)):
            return note(result, made._replace(is_alone=True))
    if orders(result) < 2:
        return result
    roots = [directions(args[k]) for k in places]
    return note(result, put(plan, roots, shapes)) if any(roots) else result


def one_by_one(
    rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, place: int | None = None
) -> Any:
    """What any rule makes of a few roots: its Taylor polynomial along each of them; of several values, one
    of these.
    """
    if not isinstance(result, Traced) or orders(result) < 2 or not is_read(everything(result)):
        return result
    parts = [directions(a) for a in args]
    held = {int(n) for part in parts if part is not None for n in np.unique(part.numbers) if n >= 0}
    if not 0 < len(held) <= FEW or len(held) * result.size > MOST:
        return result
    token = LEFT.set(True)
    try:
        shape, value = (len(held), *shape_of(result)), result
        factors, squares = [], []
        for number in sorted(held):
            along = [None if part is None else part.along(number) for part in parts]
            square = next(
                part.square_of(number) for part in parts if part is not None and number in part.numbers
            )
            with np.errstate(all="ignore"):
                function = lambda *given: at(rule(*given, **kwargs), place)
                value, factor = with_powers(function, args, along, square, value)
            factors.append(factor)
            squares.append(square)
        rows: Any = lambda parts: np.stack([np.broadcast_to(p, shape[1:]) for p in parts])
        numbers, factor = rows(sorted(held)), rows(factors)
        taken = frozenset().union(*[part.taken for part in parts if part is not None])
        root = Root(numbers, factor, lambda: rows(squares), False, taken)
        if len(numbers) == 1:
            root = root._replace(factor=factor[0], square=lambda: squares[0])
        return note(value, root)
    finally:
        LEFT.reset(token)


def at(value: Any, place: int | None) -> Any:
    """A value, or one of several."""
    return value if place is None else value[place]


def is_of_one_root(plan: Plan, roots: list[Root | None], made: Root) -> bool:
    """Tell whether every element of a sum is a multiple of one root."""
    are_there = all([root is not None and bool(np.all(root.numbers >= 0)) for root in roots])
    return are_there and len(made.numbers) == 1 and bool(np.any(plan.sources >= 0, axis=0).all())


def put(plan: Plan, roots: list[Root | None], shapes: list[Shape]) -> Root | None:
    """The roots of a value, by where its elements come from."""
    rows = max([len(root.numbers) for root in roots if root is not None])
    sources, weights = plan
    shape = sources.shape[1:]
    if rows * len(sources) > 1 and rows * sources.size > MOST:
        return None
    is_none = np.broadcast_to(sources < 0, (rows, *sources.shape)).reshape(-1, *shape)
    count = len(is_none)

    def gathered(parts: list[Any]) -> Any:
        row = np.concatenate(parts, axis=1)[:, sources]
        return np.reshape(row, shape if count == 1 else (count, *shape))

    def of_all(of: Any, nothing: Any) -> Any:
        return gathered([laid(of, root, s, rows, nothing) for root, s in zip(roots, shapes, strict=True)])

    numbers = of_all(lambda root: root.numbers, NONE).reshape(count, *shape)
    numbers = np.where(is_none, NONE, numbers)
    factor = of_all(lambda root: root.factor, 0.0)
    if weights is not None:
        factor = factor * np.broadcast_to(weights, (rows, *sources.shape)).reshape(-1, *shape)
    factor = np.where(numbers[0] >= 0 if count == 1 else numbers >= 0, factor, 0.0)
    taken = frozenset().union(*[root.taken for root in roots if root is not None])
    made = Root(numbers, factor, lambda: of_all(lambda root: root.square(), 0.0), False, taken)
    made, (factor,) = merged(made, [factor])
    return made._replace(factor=factor)


def written(target: Any, index: Any, value: Any) -> None:
    """An array into which a value was written has the roots of that there."""
    mine, its = root_in(target), root_in(value)
    if its is None or not is_read(everything(target)) or is_complex(target):
        return
    shape, size = shape_of(target), target.size
    places = np.full(shape, NONE)
    places[index] = np.arange(value.size).reshape(value.shape)
    own = np.full(shape, NONE) if mine is None else np.arange(size).reshape(shape)
    plan = Plan(np.where(places >= 0, places + size, own)[None], None)
    made = put(plan, [mine, its], [shape, shape_of(value)])
    if made is not None:
        note(
            forget(target) if mine is not None else target,
            made._replace(is_alone=its.is_alone and (mine is None or mine.is_alone)),
        )


def laid(of: Any, root: Root | None, shape: Shape, rows: int, nothing: Any) -> Any:
    """Numbers of an argument's roots, each row in one, with empty rows below."""
    size = int(np.prod(shape, dtype=np.int64))
    if root is None:
        return np.full((rows, size), nothing)
    own = len(root.numbers)
    found = np.reshape(np.broadcast_to(of(root), root.numbers.shape), (own, size))
    return found if own == rows else np.concatenate([found, np.full((rows - own, size), nothing)])


def plan_of(rule: Any, places: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan | None:
    """Where a linear function puts the elements of its arguments; None where that can't be seen."""
    options = [*[a for k, a in enumerate(args) if k not in places], *kwargs.values()]
    if any([isinstance(a, Traced) for a in options]):
        return None
    shapes = [shape_of(args[k]) for k in places]
    key = (rule, len(args), tuple(shapes), tuple(kwargs), contents_of(options))
    if key not in PLANS:
        if len(PLANS) >= KEPT:
            PLANS.clear()
        PLANS[key] = seen(rule, places, args, kwargs, shapes), options
    return PLANS[key][0]


def seen(
    rule: Any, places: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any], shapes: list[Shape]
) -> Plan | None:
    """What a linear function does, by what it makes of numbers that tell elements apart."""
    ends = np.cumsum([0, *[int(np.prod(s, dtype=np.int64)) for s in shapes]])
    total = int(ends[-1])

    def given(x: np.ndarray) -> list[Any]:
        held = list(args)
        for k, shape, start, end in zip(places, shapes, ends[:-1], ends[1:], strict=True):
            held[k] = x[start:end].reshape(shape)
        return held

    forward: Any = lambda x: np.asarray(rule.function(*given(x), **kwargs))
    shape = forward(np.zeros(total)).shape
    size = int(np.prod(shape, dtype=np.int64))
    found = recognised(forward, total)
    if found is not None:
        return Plan(found.reshape(1, *shape), None)

    def backward(g: np.ndarray) -> np.ndarray:
        parts = rule.transposes(g.reshape(shape), places, given(np.zeros(total)), kwargs)
        return np.concatenate([np.broadcast_to(p, s).ravel() for p, s in zip(parts, shapes, strict=True)])

    found = recognised(backward, size)
    if found is not None:
        return grouped(found.ravel(), shape, size)
    if total * size > PROBES:
        return None
    return weighted(np.stack([forward(e) for e in np.eye(total)]))


def recognised(f: Any, total: int) -> np.ndarray | None:
    """The elements that a function gives of an array, by number, if it gives nothing else but zeros."""
    told, other = np.arange(1.0, total + 1), np.random.default_rng(0).normal(size=total)
    first, second = f(told), f(other)
    if np.iscomplexobj(first):
        return None
    numbers = np.rint(np.where(np.isfinite(first), first, 0)).astype(np.int64)
    if np.any(numbers < 0) or np.any(numbers > total):
        return None
    is_same = np.array_equal(first, numbers) and np.array_equal(second, np.append(0.0, other)[numbers])
    return numbers - 1 if is_same else None


def grouped(targets: np.ndarray, shape: Shape, size: int) -> Plan:
    """The plan of a function that adds each element to one of the value, or to none."""
    order = np.argsort(targets, kind="stable")
    order = order[targets[order] >= 0]
    there = targets[order]
    counts = np.bincount(there, minlength=size)
    rank = np.arange(len(order)) - (np.cumsum(counts) - counts)[there]
    sources = np.full((max(int(counts.max(initial=0)), 1), size), NONE)
    sources[rank, there] = order
    return Plan(sources.reshape(len(sources), *shape), None)


def weighted(matrix: np.ndarray) -> Plan | None:
    """The plan of any linear function, by what it makes of each element alone."""
    if np.iscomplexobj(matrix) or not np.all(np.isfinite(matrix)):
        return None
    order = np.argsort(matrix == 0, axis=0, kind="stable")
    weights = np.take_along_axis(matrix, order, 0)
    rows = max(int(np.max(np.sum(matrix != 0, axis=0), initial=1)), 1)
    return Plan(np.where(weights == 0, NONE, order)[:rows], weights[:rows])


SPREAD[0] = spread
WRITTEN[0] = written
