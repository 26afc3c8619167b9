"""A function at a point, with the directions in which its derivatives are compared."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.custom import Custom, parameters_of
from ..chainrules.interception import separate
from ..chainrules.statements import RULES, Primitive
from ..errors import ArgumentError, describe
from ..operators.products import jvp, vjp
from ..values.captures import traced_in
from ..values.containers import is_container, is_differentiable
from ..values.trees import flatten, is_of_numbers, map_leaves
from .causes import known_numbers
from .differences import along_a_line
from .directions import flat, inner, moved, random_tangent

RTOL, ATOL = 1e-6, 1e-9
Modes = tuple[str, ...]


class Problem:
    """A function at a point, with random directions for its arguments and a random cotangent for its value.

    The comparisons are of numbers: for directions v, w, … of the arguments and a cotangent g of the value,
    the n-th derivative of ``t -> <g, f(x)>`` along them. For one argument at a time, so that a report can
    say which one is wrong.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        fkwargs: dict[str, Any] | None = None,
        tangents: tuple[Any, ...] | None = None,
        cotangent: Any = None,
        rtol: float = RTOL,
        atol: float = ATOL,
        seed: int = 0,
    ) -> None:
        self.f, self.fkwargs = f, fkwargs or {}
        self.rule = f if isinstance(f, Primitive) else RULES.get(f)
        self.name = getattr(f, "__name__", None) or getattr(self.rule, "name", None) or repr(f)
        args = tuple([in_floats(x) for x in args])
        self.args = copied(args)
        self.active = [i for i, x in enumerate(args) if varies(x)]
        if not self.active:
            raise ArgumentError(
                f"none of the arguments of {self.name} can vary, so there is no derivative to check: write "
                f"1.0 for 1, or pass an array of floats"
            )
        if tangents is not None and len(tangents) != len(args):
            raise ArgumentError(f"{len(tangents)} tangents for {len(args)} arguments: give one for each")
        self.rng = np.random.default_rng(seed)
        self.first = tangents
        self.value = self.plain(*copied(args))
        self.cotangent = random_tangent(self.value, self.rng) if cotangent is None else cotangent
        if not any(is_differentiable(leaf) for leaf in flatten(self.value)[0]):
            raise ArgumentError(
                f"the value of {self.name} is {describe(self.value)}, which has no derivative"
            )
        self.precision = max(epsilon(x) for x in (*args, self.value))
        self.rtol, self.atol = max(rtol, 1e3 * self.precision), max(atol, self.precision)

    def call(self, *args: Any) -> Any:
        """The function, by its rule if it has one."""
        f: Any = self.rule if self.rule is not None else self.f
        return f(*args, **self.fkwargs)

    def plain(self, *args: Any) -> Any:
        """The function, without its rule."""
        f = self.rule.function if isinstance(self.rule, Primitive) else separate(self.f)
        return f(*args, **self.fkwargs)

    def argument(self, i: int) -> str:
        """How a report calls an argument."""
        names = [p.name for p in parameters_of(self.f)]
        return f"{i} ({names[i]})" if i < len(names) and names[i] != "args" else str(i)

    def direction(self, order: int) -> list[Any]:
        """A tangent for each argument that varies."""
        if order == 1 and self.first is not None:
            return [self.first[i] for i in self.active]
        return [random_tangent(self.args[i], self.rng) for i in self.active]

    def number(self, f: Callable[..., Any], chosen: tuple[int, ...]) -> Callable[..., Any]:
        """``<g, f(x)>`` as a function of some of the arguments."""

        def phi(*values: Any) -> Any:
            args = list(copied(self.args))
            for i, x in zip(chosen, values, strict=True):
                args[i] = x
            return inner(self.cotangent, f(*args))

        return phi

    # -- hoad's numbers --------------------------------------------------------------------------------------

    def nested(self, sequence: Modes, directions: list[list[Any]], i: int) -> Any:
        """The derivative along directions, the last of them of argument ``i`` alone.

        Args:
            sequence: the mode of each derivative, from the outermost inward.
            directions: as many, each for all arguments that vary, in the same order; of the first only the
                part for argument ``i`` is used.
        """
        whole = tuple(self.active)
        phi = self.number(self.call, whole)
        for mode, vs in reversed(list(zip(sequence[1:], directions[1:], strict=True))):
            phi = functools.partial(differentiated, phi, mode, vs)
        point = [self.args[k] for k in whole]
        place = whole.index(i)
        alone = lambda x: phi(*point[:place], x, *point[place + 1 :])
        return differentiated(alone, sequence[0], [directions[0][place]], self.args[i])

    # -- the other numbers -----------------------------------------------------------------------------------

    def expected(self, sequence: Modes, directions: list[list[Any]], i: int) -> tuple[float, float]:
        """The same by finite differences of the derivative of one order less; and its error."""
        whole = tuple(self.active)
        phi = self.number(self.plain if len(sequence) == 1 else self.call, whole)
        for mode, vs in reversed(list(zip(sequence[1:], directions[1:], strict=True))):
            phi = functools.partial(differentiated, phi, mode, vs)
        point = [doubled(self.args[k]) for k in whole]
        place = whole.index(i)
        v = doubled(directions[0][place])

        def along(t: float) -> float:
            return float(phi(*point[:place], moved(point[place], t, v), *point[place + 1 :]))

        return along_a_line(along, first_step(point[place], v))

    def known(self) -> dict[str, Any]:
        """The numbers that a wrong factor may be."""
        names = [f"argument {self.argument(i)}" for i in range(len(self.args))]
        return known_numbers(self.args, names, self.value)

    def halves(self) -> tuple[Any, Any]:
        """The frule and the rrule, as the author wrote them."""
        return (self.rule.frule, self.rule.rrule) if isinstance(self.rule, Custom) else (None, None)


def differentiated(phi: Callable[..., Any], mode: str, vs: list[Any], *point: Any) -> Any:
    """The derivative of a function to one number, along directions, in a mode."""
    if mode == "forward":
        return jvp(phi, tuple(point), tuple(vs))[1]
    _, pullback = vjp(phi, *point)
    return sum([inner(g, v) for g, v in zip(pullback(1.0), vs, strict=True)])


def sequences(modes: Modes, order: int) -> list[Modes]:
    """All nestings of the modes, of an order."""
    return list(itertools.product(modes, repeat=order))


def varies(x: Any) -> bool:
    """Tell whether an argument has a tangent; integers have none here, since they mostly count or index."""
    return not traced_in(x) and any([is_differentiable(leaf) for leaf in flatten(x)[0]])


def in_floats(x: Any) -> Any:
    """An argument whose integers are floats where they are differentiated: in a list of numbers."""
    if not (is_of_numbers(x) and varies(x)):
        return x
    return map_leaves(lambda leaf: float(leaf) if isinstance(leaf, (int, np.integer)) else leaf, x)


def copied(args: Any) -> Any:
    """Arguments that share no array with the user's."""
    return tuple([_copied(x) for x in args])


def _copied(x: Any) -> Any:
    if is_container(x):
        return map_leaves(_copied, x)
    return x.copy() if isinstance(x, np.ndarray) else x


def epsilon(x: Any) -> float:
    """The coarsest precision in a value."""
    kinds = [leaf.dtype for leaf in flatten(x)[0] if is_differentiable(leaf) and hasattr(leaf, "dtype")]
    return max([float(np.finfo(kind).eps) for kind in kinds if kind.kind in "fc"], default=2.0**-52)


def doubled(x: Any) -> Any:
    """A value in double precision at least."""

    def double(leaf: Any) -> Any:
        if not is_differentiable(leaf) or not hasattr(leaf, "dtype") or leaf.dtype.kind not in "fc":
            return leaf
        return leaf.astype(np.result_type(leaf.dtype, np.float64))

    return map_leaves(double, x)


def first_step(x: Any, v: Any) -> float:
    """A step that moves no number by more than a tenth of it, but for those near zero."""
    numbers, rates = np.abs(flat(x)), np.abs(flat(v))
    ratios = numbers[(numbers > 0) & (rates > 0)] / rates[(numbers > 0) & (rates > 0)]
    return float(np.clip(0.1 * np.min(ratios, initial=1.0), 1e-3, 0.1))
