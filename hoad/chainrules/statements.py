"""Statements of derivatives: ``Primitive`` and the six ways to state one.

A statement says the mathematics once, in plain ``np`` code. It says nothing of modes: ``dual.py`` reads it
as a pushforward, ``tracer.py`` as a pullback, ``kinds/batch.py`` along an axis, ``text.py`` as text, and the
tests as a claim to prove.

============ ========================================== ========================= =========================
kind         what the author states                     forward                   reverse
============ ========================================== ========================= =========================
scalar       the partials, or how they are applied      sum of p_i * dx_i         conj(p_i) * g, summed
linear       its transpose                              f(dx)                     transpose(g)
multilinear  one transpose per argument                 sum of f(.., dx_i, ..)    the transposes
differential d -> an expression linear in d             apply it                  transpose it on a tape
composite    a body in other primitives                 runs the body             runs the body
constant     nothing                                    no tangent                no cotangent
============ ========================================== ========================= =========================
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from ..errors import RuleError, describe
from ..nested import (
    BASE,
    CATCHES,
    ROOTS,
    UNDERSTOOD,
    Cotangent,
    Tangent,
    Traced,
    Value,
    bare,
    converted,
    innermost,
)
from ..operands import operands
from ..places import OURS
from ..values.arithmetic import UNANSWERED, answered, as_numbers

Function = Callable[..., Any]


class Primitive:
    """A function together with the statement of its derivative; calling it dispatches to the innermost level.

    Args:
        function: what runs on plain values, a NumPy function or one of hoad's own.
        name: how it is called in messages and tables; the function's own name by default.
    """

    __slots__ = ("function", "name")
    kind = "primitive"
    is_view = False  # whether the value may share its elements with the first argument
    gathers = False  # whether it is ``x[index]``, of its two arguments
    sizes_vary = False  # whether the shape of the value depends on the values of the arguments
    choose: Function | None = None  # for a value that is not unique: see ``Adapted``
    products: Function | None = None  # the same by products of numbers and sums (``arrays/spreads.py``)

    def __init__(self, function: Function, name: str | None = None) -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", repr(function))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        top, tag = None, 0
        for a in args:  # as ``taken`` does it, for the values that most operations are of
            if a.__class__ in UNDERSTOOD or (a.__class__ is np.ndarray and a.dtype.kind != "O"):
                continue
            level = a.level if isinstance(a, Traced) else None
            if level is None or level is BASE or not level.alive:
                args, top = taken(args)
                if top is not None:
                    args = as_numbers(str(self.name), args)
                    top = innermost(args)
                break
            if level.tag > tag:
                top, tag = a, level.tag
        if top is None:
            return self.function(*args, **kwargs)
        if ROOTS:
            top = next((a for a in args if id(a) in ROOTS and a.level is top.level), top)
        return top.process(self, args, kwargs)

    general = __call__

    def __repr__(self) -> str:
        return f"<{self.kind} rule of {self.name}>"


def taken(args: tuple[Any, ...]) -> tuple[tuple[Any, ...], Traced | None]:
    """The operands of an operation as the levels take them, and the innermost of them: ``operands`` and
    ``innermost`` in one, where nothing is to be done by the former.
    """
    top, tag, waits = None, 0, False
    for a in args:
        if a.__class__ in UNDERSTOOD or (a.__class__ is np.ndarray and a.dtype.kind != "O"):
            continue
        level = a.level if isinstance(a, Traced) else None
        if level is BASE:
            waits = True
            continue
        if level is None or (a.differentiates and not level.alive):
            args = operands(args)
            return args, innermost(args)
        if level.tag > tag:
            top, tag = a, level.tag
    if waits:  # to be filled: beside a value of a level, the numbers as they are now
        if top is None:
            return args, innermost(args)
        args = tuple([a.frozen() if isinstance(a, Traced) and a.level is BASE else a for a in args])
    return args, top


class Scalar(Primitive):
    """An elementwise function, by its partials, or by how they are applied to a change of an argument.

    Args:
        partials: ``lambda x, y, out: (p_x, p_y)``.
        applied: in place of those, ``lambda d, x, y, out: (p_x * d, p_y * d)``, in an order in which nothing
            overflows: of a quotient, ``(d / y, -(d / y) * out)``, where the partial ``-out / y`` alone may
            be too small for a float. The partials are what it gives for ``d = 1``.
        square: of a root, ``lambda x, y: ...`` gives what it is the root of (``arrays/roots.py``).
        tie: of a choice between two arguments, what it has of ``abs(x - y)`` where these are equal, beside
            half of their sum.
    """

    __slots__ = ("applied", "arity", "partials", "square", "tie")
    kind = "scalar"

    def __init__(
        self,
        function: Function,
        partials: Function | None = None,
        name: str | None = None,
        *,
        applied: Function | None = None,
        square: Function | None = None,
        tie: float | None = None,
    ) -> None:
        super().__init__(function, name)
        statement = partials if applied is None else applied
        self.applied = applied
        self.square = square
        self.tie = tie
        self.partials: Any = partials if applied is None else functools.partial(applied, 1.0)
        self.arity = arity_of(function, statement, () if applied is None else ("d",))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args, top = taken(args)
        if top is None:
            try:
                return self.function(*args, **kwargs)
            except (ZeroDivisionError, OverflowError):  # of Python's floats
                return value_in_numpy(self.function, *args, **kwargs)
        if ROOTS and not kwargs:
            root = next((a for a in args if id(a) in ROOTS and a.level is top.level), None)
            if root is not None:
                return root.bent(self, args)
        method = top.fused.get(self.function)
        return self.processed(top, args, kwargs) if method is None or kwargs else method(*args)

    def general(self, *args: Any, **kwargs: Any) -> Any:
        """The general path, where tuples count as arrays too. An operand that asks NumPy for it (as a
        polynomial does) is left to compute with numbers itself: a sign's method says so to Python. One of a
        class of the program's own that says what operators do is asked.
        """
        for a in args:
            if a.__class__ is np.ndarray and a.dtype.kind != "O":
                continue
            if a.__class__ not in UNDERSTOOD and not isinstance(a, Traced):
                answer = answered(self.function, args)
                if answer is not UNANSWERED:
                    return answer
                if innermost(args) is not None:
                    args = as_numbers(str(self.name), args)
                break
        given = tuple([list(a) if a.__class__ is tuple else a for a in args])
        args = operands(given)
        if args is not given:
            return self(*args, **kwargs)
        top = innermost(args)
        return self.function(*args, **kwargs) if top is None else self.processed(top, args, kwargs)

    def processed(self, top: Traced, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the innermost of the operands makes of it; a root remembers its square."""
        lift = top.level.lift
        found = top.process(self, args if lift is None else lift(self, args), kwargs)
        if self.square is not None:
            return root_of(self.square, found, *args)
        return found if self.tie is None else choice_of(self.tie, found, *args)

    def partials_at(self, args: tuple[Any, ...], out: Value) -> tuple[Any, ...]:
        """Evaluate all partials at ``args``."""
        partials = self.partials(*args, out)
        return partials if isinstance(partials, tuple) else (partials,)


def root_of(square: Any, value: Any, *args: Any) -> Any:
    """The root of ``square(*args)``, which remembers that where it may be 0."""
    return value.rooted(square, *args) if isinstance(value, Traced) else value


def choice_of(tie: float, value: Any, *args: Any) -> Any:
    """A choice between two values, which remembers its kink where they are equal."""
    return value.tied(tie, *args) if isinstance(value, Traced) else value


def arity_of(function: Any, partials: Any, first: tuple[str, ...] = ()) -> int:
    """How many arguments the partials take, beside the value and what comes ``first``.

    Raises:
        RuleError: that is not how many the function takes, or nobody can tell.
    """
    code = getattr(partials, "__code__", None)
    name = getattr(function, "__name__", "f")
    if code is None:
        text = getattr(partials, "__name__", "p")
        raise RuleError(
            f"the partials of {name} are {describe(partials)}, which is no Python function; write "
            f"lambda x, out: {text}(x)"
        )
    own = getattr(function, "__code__", None)
    most = getattr(function, "nin", None) if own is None else own.co_argcount
    arity: int = code.co_argcount - 1 - len(first)
    if most is None or (own and own.co_flags & inspect.CO_VARARGS):
        return arity
    if not most - len((own and function.__defaults__) or ()) <= arity <= most:
        names = ", ".join((*first, *(own.co_varnames[:most] if own else ("x", "y", "z")[:most])))
        raise RuleError(
            f"the partials of {name} take {code.co_argcount} arguments, and are called with those of {name} "
            f"and its value: lambda {names}, out: ..."
        )
    return arity


def value_in_numpy(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The value of an operation that Python's floats refuse: 1 / 0.0 is inf.

    Raises:
        ArithmeticError: the one that is being handled, where the program itself asked for the operation, and
            may catch that.
    """
    error = sys.exception()
    if error is not None and CATCHES.get() and is_asked_by_the_program():
        raise error
    return as_numpy(function, *args, **kwargs)


def is_asked_by_the_program() -> bool:
    """Tell whether an operation is the program's own: it went neither through the body of another rule nor
    through NumPy, whose functions of a zero raise nothing.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and (file := frame.f_code.co_filename).startswith(OURS):
        if frame.f_code.co_name == "__array_ufunc__" or (RULES_OF_HOAD in file and file != __file__):
            return False
        frame = frame.f_back
    return True


RULES_OF_HOAD = os.sep.join(["", "hoad", "chainrules", ""])


def as_numpy(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Evaluate with NumPy's scalars in place of Python's floats: 1 / 0.0 is inf, with NumPy's warning.
    Integers and complex numbers stay, unless Python refuses them.
    """
    given = [converted(a, np.float64) if type(bare(a)) is float else a for a in args]
    try:
        return function(*given, **kwargs)
    except (ZeroDivisionError, OverflowError):
        kinds = [OF_NUMPY.get(type(bare(a))) for a in given]
        return function(
            *[a if kind is None else converted(a, kind) for a, kind in zip(given, kinds, strict=True)],
            **kwargs,
        )


OF_NUMPY: dict[type, Callable[..., Any]] = {int: np.float64, complex: np.complex128}


class Linear(Primitive):
    """A function linear in some of its arguments together.

    Args:
        transpose: for one linear argument, ``lambda g, x, **options: ...``; for several, ``lambda g, i,
            *args, **options`` gives the cotangent of argument ``i``; for all (``positions=None``), ``lambda
            g, *args, **options`` gives a list.
        positions: which arguments are linear; None for all of them.
        is_view: the value may share its elements with the first argument x, as ``np.reshape``'s does: a write
            through the one is then seen by the other.
        holds: for a view, ``lambda v, x, *args: ...`` gives the contents of x once the view holds v. Without
            it, each element of the view is one of x, and what is written goes to the positions in x of the
            elements that are written to.
        gathers: the function is ``x[index]`` of its arguments x and index. Its cotangents are collected in
            one buffer for x, and a write through its value goes to ``x[index]``.
        leaves_out: there may be elements of x on which the value does not depend, so that a cotangent has
            zeros there, whatever else comes to it.
    """

    __slots__ = ("gathers", "holds", "is_view", "leaves_out", "positions", "transpose")
    kind = "linear"

    def __init__(
        self,
        function: Function,
        transpose: Function,
        positions: tuple[int, ...] | None = (0,),
        name: str | None = None,
        is_view: bool = False,
        gathers: bool = False,
        holds: Function | None = None,
        leaves_out: bool = False,
    ) -> None:
        super().__init__(function, name)
        self.transpose = transpose
        self.leaves_out = leaves_out or gathers
        self.positions = positions
        self.is_view = is_view
        self.gathers = gathers
        self.holds = holds

    def transposes(self, g: Cotangent, active: Any, args: Any, kwargs: dict[str, Any]) -> list[Any]:
        """The cotangents of the arguments ``active``; None for one that is not linear."""
        if self.positions == (0,):
            return [self.transpose(g, *args, **kwargs) if i == 0 else None for i in active]
        if self.positions is None:
            parts = self.transpose(g, *args, **kwargs)
            return [parts[i] for i in active]
        return [self.transpose(g, i, *args, **kwargs) if i in self.positions else None for i in active]


class Multilinear(Primitive):
    """A function linear in each of its arguments separately.

    Args:
        transpose: ``lambda g, i, *args, **options: ...`` gives the cotangent of argument ``i``.
        by_shapes: what the transpose does is told by the shapes and the types of its arguments, and not by
            their values.
        products: the same function of ``*args, **options``, written by products of numbers, element by
            element, and sums; it gives None where these are too many. It is for arguments that have roots
            (``arrays/spreads.py``).
    """

    __slots__ = ("by_shapes", "products", "transpose")
    kind = "multilinear"

    def __init__(
        self,
        function: Function,
        transpose: Function,
        name: str | None = None,
        by_shapes: bool = False,
        products: Function | None = None,
    ) -> None:
        super().__init__(function, name)
        self.transpose = transpose
        self.by_shapes = by_shapes
        self.products = products


class Differential(Primitive):
    """A function by its differential: per argument, ``lambda d, *args, out, **options`` is linear in ``d``.

    Args:
        differentials: one for each argument that is differentiated, in order.
        transposes: for an argument in which the function is linear, its transpose ``lambda g, *args,
            **options: ...`` in place of a differential (which would be the function itself).
        backward: for an argument with a differential, the transpose of that, ``lambda g, *args, out,
            **options: ...``, where it is less work than the differential itself, transposed; for a tuple of
            arguments, what all of them receive, where they have work in common.
        together: for a tuple of arguments, what a change of all of them makes, ``lambda ds, *args, out,
            **options: ...``, where the differentials of each have work in common.
        by_shapes: what all of these do is told by the shapes and the types of their arguments, and not by
            their values.
        products: of a function that multiplies elements, as of ``Multilinear``.
    """

    __slots__ = ("backward", "by_shapes", "differentials", "products", "together", "transposes")
    kind = "differential"

    def __init__(
        self,
        function: Function,
        *differentials: Function,
        transposes: dict[int, Function] | None = None,
        backward: dict[Any, Function] | None = None,
        together: dict[tuple[int, ...], Function] | None = None,
        name: str | None = None,
        by_shapes: bool = False,
        products: Function | None = None,
    ) -> None:
        super().__init__(function, name)
        self.products = products
        self.together = together or {}
        self.by_shapes = by_shapes
        self.differentials = differentials
        self.transposes = transposes or {}
        self.backward = backward or {}

    def differential_at(self, d: Tangent, i: int, args: Any, out: Value, kwargs: dict[str, Any]) -> Any:
        """The change of the output for a change ``d`` of argument ``i``."""
        if i in self.transposes:
            return self(*args[:i], d, *args[i + 1 :], **kwargs)
        return self.differentials[i](d, *args, out, **kwargs)


class Adapted(Differential):
    """A function whose value is not unique, as eigenvectors of equal eigenvalues are: forward mode chooses
    the value that moves smoothly in the direction of the tangent.

    Args:
        choose: ``lambda out, args, tangents: ...`` gives the value for the tangents (by argument), and what
            the differential is to take for the value at this level alone.
        is_open: ``lambda out: ...`` tells whether there are several such values.
    """

    __slots__ = ("choose", "is_open")

    def __init__(
        self, function: Function, *differentials: Function, choose: Function, is_open: Function, name: str
    ) -> None:
        super().__init__(function, *differentials, name=name)
        self.choose = choose
        self.is_open = is_open


class Constant(Primitive):
    """A function whose derivative is zero wherever it has one: comparisons, roundings, indices.

    Args:
        sizes_vary: how many elements the value has depends on the values of the arguments, as of
        ``np.nonzero``.
    """

    __slots__ = ("sizes_vary",)
    kind = "constant"

    def __init__(self, function: Function, name: str | None = None, *, sizes_vary: bool = False) -> None:
        super().__init__(function, name)
        self.sizes_vary = sizes_vary


# ------------------------------------------------------------------------------------------------------------
# The table
# ------------------------------------------------------------------------------------------------------------

RULES: dict[Any, Callable[..., Any]] = {}
# What a helper of partials, whose body is more than one expression, changes by: for each of its arguments
# ``change(*args, e)``, where ``e`` is the change of that; None for zero, or for a function of the others.
CHANGES: dict[Any, dict[int, Function | None]] = {}
LISTENERS: list[
    Callable[[Any, Any], None]
] = []  # the kinds of traced values, which have methods made of rules
OWN: dict[Any, Any] = {}  # hoad's own rules, which come back when a user's is removed
