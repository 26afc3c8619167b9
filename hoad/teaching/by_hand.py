"""Dual numbers, recorded numbers and series that a student makes by hand, each with a tag of its own.

``hoad.Dual(3.0, 1.0)`` is the same kind of value that derivatives are made of, and computes as that does. It
is at a level of its own, so that two of them are told apart; ``like=`` puts one at the level of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dual, tracer
from ..errors import ArgumentError, describe
from ..kinds import jet
from ..kinds.series import Series
from ..nested import Level, Traced
from ..program.back import adjoints
from ..tangents.fit import fit_tangent
from ..tape import Tape, no_pull
from ..values.trees import as_point
from .numbers import shown


class ByHand(type):
    """The class of what stands for a kind of traced values: ``isinstance`` asks for that kind."""

    kinds: tuple[type, ...]

    def __instancecheck__(cls, x: Any) -> bool:
        return type(x) in cls.kinds


class Dual(metaclass=ByHand):
    """Make a dual number: a value, and its tangent at an ε of its own.

    Args:
        primal: the value: a number, an array, or another traced value, for nesting.
        tangent: what stands at ε, of the shape of the value.
        like: a dual number whose ε is meant; without it, the ε is a new one.

    Returns:
        A dual number. Its attributes ``primal`` and ``tangent`` are the parts, and its text names the ε.

    Raises:
        NotDifferentiableError: the value is no number.
        ShapeMismatchError: the tangent has not the shape of the value.

    Source:
        Clifford, "Preliminary sketch of biquaternions", Proc. London Math. Soc. 4 (1873).

    Example:
        >>> import numpy as np, hoad
        >>> x = hoad.Dual(3.0, 1.0)
        >>> x * x
        Dual(9.0, 6.0, ε...)
        >>> y = hoad.Dual(2.0, 1.0)  # another ε
        >>> x * y
        Dual(Dual(6.0, 2.0, ε...), Dual(3.0, 1.0, ε...), ε...)
        >>> x * hoad.Dual(2.0, 1.0, like=x)
        Dual(6.0, 5.0, ε...)
    """

    kinds = (dual.Dual,)

    def __new__(cls, primal: Any, tangent: Any = 1.0, *, like: Any = None) -> Any:
        """Make it."""
        value = value_of(primal)
        return dual.Dual(level_of(like, cls, Level), value, fit_tangent(tangent_of(tangent), value))


class Tracer(metaclass=ByHand):
    """Make a recorded number: every operation with it goes onto a tape.

    Args:
        primal: the value: a number, an array, or another traced value.
        like: a recorded number whose tape is meant; without it, the tape is a new one.

    Returns:
        A recorded number. ``hoad.Tracer.back(y, x)`` sweeps the tape back from y.

    Raises:
        NotDifferentiableError: the value is no number.

    Source:
        Speelpenning, "Compiling fast partial derivatives of functions given by algorithms", thesis,
        University of Illinois (1980).

    Example:
        >>> import numpy as np, hoad
        >>> x = hoad.Tracer(3.0)
        >>> w = hoad.Tracer(2.0, like=x)
        >>> y = np.sin(x) * w
        >>> hoad.Tracer.back(y, x, w) == (2 * np.cos(3.0), np.sin(3.0))
        True
    """

    kinds = (tracer.Tracer, tracer.Draft)

    def __new__(cls, primal: Any, *, like: Any = None) -> Any:
        """Make it."""
        return tracer.entered(level_of(like, cls, Tape), value_of(primal))

    @staticmethod
    def back(y: Any, *inputs: Any, cotangent: Any = 1.0) -> Any:
        """Sweep the tape of y back.

        Args:
            y: a recorded number.
            inputs: those of which the cotangent is wanted; without any, those that were made by hand.
            cotangent: that of y.

        Returns:
            The cotangent of the input, or a tuple of them, zero where nothing comes back.
        """
        if isinstance(y, tracer.Draft):
            y.finish()
        if type(y) is not tracer.Tracer:
            raise ArgumentError(f"Tracer.back wants a recorded number, and got {describe(y)}")
        columns = y.level.columns()
        wanted = [x.slot for x in inputs] or [k for k, pull in enumerate(columns[0]) if pull is no_pull]
        found = adjoints(columns, {y.slot: cotangent}, 0)
        given = tuple([np.zeros_like(columns[3][k])[()] if found[k] is None else found[k] for k in wanted])
        return given[0] if len(given) == 1 else given


class Jet(metaclass=ByHand):
    """Make a truncated power series: its coefficients, of a t of its own.

    Args:
        coefficients: the value, and what stands at t, t², ...; numbers, or arrays of one shape.
        like: a series whose t is meant; without it, the t is a new one.

    Returns:
        A series, of the order of its last coefficient. They are in the attribute ``tangent.known``, zeros as
        None.

    Raises:
        ArgumentError: there is no coefficient beside the value.

    Source:
        Griewank and Walther, "Evaluating derivatives", SIAM (2008), chapter 13.

    Example:
        >>> import numpy as np, hoad
        >>> t = hoad.Jet(0.0, 1.0, 0.0, 0.0)
        >>> np.exp(t)
        Jet([1.0, 1.0, 0.5, 0.16666666666666666], t...)
    """

    kinds = (jet.Jet,)

    def __new__(cls, *coefficients: Any, like: Any = None) -> Any:
        """Make it."""
        if len(coefficients) < 2:
            raise ArgumentError("a series has a value and one coefficient at least: hoad.Jet(2.0, 1.0, 0.0)")
        value, *others = [value_of(c) for c in coefficients]
        known = [value, *[None if is_nothing(c) else fit_tangent(c, value) for c in others]]
        return jet.Jet(level_of(like, cls, Level), Series(known))


def value_of(x: Any) -> Any:
    """A value as a derivative takes it: integers are floats."""
    return x if isinstance(x, Traced) else as_point(x, "the value")


def tangent_of(t: Any) -> Any:
    """A tangent as an array, or a float."""
    if isinstance(t, (Traced, float)):
        return t
    return float(t) if isinstance(t, int) else np.asarray(t)[()]


def is_nothing(c: Any) -> bool:
    """Tell whether a coefficient is one number, zero."""
    return not isinstance(c, Traced) and np.ndim(c) == 0 and c == 0


def level_of(like: Any, kind: Any, fresh: Any) -> Any:
    """A new level, or that of another value."""
    if like is None:
        return fresh()
    if not isinstance(like, kind):
        raise ArgumentError(
            f"like={describe(like)} is no {kind.__name__}; make both with hoad.{kind.__name__}"
        )
    return like.level


class EveryLevel(Sequence[Level]):
    """All levels, each at the place of its tag."""

    def __contains__(self, level: object) -> bool:
        return True

    def index(self, level: Any, *args: Any) -> int:
        """Where a level is, so that its ε has the number of its tag."""
        return int(level.tag) - 1

    def __len__(self) -> int:
        return 0

    def __getitem__(self, k: Any) -> Any:
        raise IndexError(k)


def in_latex(x: Any) -> str:
    """What a notebook shows of a dual number or a series."""
    return f"${shown(x, EveryLevel(), latex=True)}$"


setattr(dual.Dual, "_repr_latex_", in_latex)
setattr(jet.Jet, "_repr_latex_", in_latex)
