"""NumPy's functions that its protocols don't bring to a traced value: what stands in for them where a program
is adapted.

NumPy asks the operands of a function and no list that holds them, it makes arrays of objects of those, and
some functions of it (``np.testing``, ``np.fromiter``, ``np.nditer``) ask nobody. Each entry of ``UNREACHED``
does exactly what NumPy's function does where nothing is traced.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..chainrules import RULES
from ..chainrules.numpy.shaping import cast, reshape
from ..chainrules.refusals import escape
from ..nested import FIXED, INSIDE, SIMPLE, Traced, everything, innermost, pack
from ..values.captures import traced_in
from ..values.trees import flatten
from .fillable import fillable
from .operators import ask_if_equal
from .strided import as_strided
from .texts import check_text
from .vectorized import Vectorized
from .visiting import Visitor
from .writing import with_out

Function = Callable[..., Any]

# ------------------------------------------------------------------------------------------------------------
# Lists of traced numbers, and arrays of objects, in the place of arrays
# ------------------------------------------------------------------------------------------------------------

# Functions of several arrays in one list, whose entries NumPy asks.
OF_SEQUENCES = frozenset(
    {
        np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.block, np.select,
        np.choose, np.lexsort, np.linalg.multi_dot, np.einsum, np.histogramdd, np.shape,
        np.ndim, np.size, np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal,
        np.apply_along_axis, np.apply_over_axes, np.broadcast_arrays, np.meshgrid, np.ix_, np.pad,
    }
)  # fmt: skip
# Functions of one number, which NumPy asks each object for as a method: Python's floats have none.
OF_ONE = frozenset([f for f in list(RULES) if isinstance(f, np.ufunc) and f.nin == 1 and "d->d" in f.types])
# Functions that NumPy carries out by a method of the first object alone, or not at all.
UFUNCS = (
    np.arctan2, np.copysign, np.divmod, np.float_power, np.fmod, np.frexp, np.heaviside, np.hypot,
    np.isfinite, np.isinf, np.isnan, np.ldexp, np.logaddexp, np.logaddexp2, np.modf, np.nextafter,
    np.signbit, np.logical_and, np.logical_or, np.logical_xor, np.logical_not, *OF_ONE,
)  # fmt: skip
OF_UFUNCS = ("accumulate", "at", "outer", "reduce", "reduceat", "nin", "nout", "nargs", "ntypes", "types",
             "identity", "signature", "resolve_dtypes")  # fmt: skip


def holds_traced(x: Any) -> bool:
    """Tell whether a list, or an array of objects, has a traced value in it."""
    if x.__class__ in SEQUENCES:
        if FIXED.issuperset(map(type, x)):
            return False
        return any([isinstance(part, Traced) or holds_traced(part) for part in x])
    return x.__class__ is np.ndarray and x.dtype.kind == "O" and innermost(x.flat) is not None


def packed(x: Any) -> Any:
    """One traced array of a list of traced numbers, of one of arrays, or of an array of objects."""
    if x.__class__ not in SEQUENCES:
        return pack(x)
    whole = table(x)
    if whole is not None:
        return whole
    if not holds_traced(x):
        return np.asarray(x)
    parts = [packed(part) if part.__class__ in HOLDING else part for part in x]
    return stacked(parts)


def stacked(parts: list[Any]) -> Any:
    """Traced values and constants along a new axis."""
    stack = getattr(innermost(parts), "functions", {}).get(np.stack, np.stack)
    return stack(parts)


def table(x: Any) -> Any:
    """One traced array of a list of numbers, some of them traced, or of rows of such; else None."""
    shape = None
    if x and x[0].__class__ in SEQUENCES:
        shape, rows, x = (len(x), len(x[0])), x, []
        for row in rows:
            if row.__class__ not in SEQUENCES or len(row) != shape[1]:
                return None
            x += row
    top, tag = None, 0
    for part in x:
        kind = part.__class__
        if kind in NUMBERS:
            continue
        if not isinstance(part, Traced) or (
            not (kind in SIMPLE and part.primal.__class__ in NUMBERS) and part.shape
        ):
            return None
        if part.level.tag > tag:
            top, tag = part, part.level.tag
    if top is None:
        return None
    functions: dict[Any, Function] = getattr(top, "functions", {})
    by_rows = functions.get(table)
    if by_rows is not None:
        return by_rows(x, shape)
    row = functions.get(np.stack, np.stack)(x)
    return row if shape is None else reshape(row, shape)


SEQUENCES = (list, tuple)
NUMBERS = frozenset({float, int, complex, np.float64, np.complex128})


def of_ufunc(ufunc: Any) -> Function:
    """A ufunc which takes lists of traced numbers for arrays, too."""

    @functools.wraps(ufunc)
    def asked(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if x.__class__ in HOLDING and holds_traced(x):
                return ufunc(*[packed(a) if holds_traced(a) else a for a in args], **kwargs)
        return ufunc(*args, **kwargs)

    for name in OF_UFUNCS:
        setattr(asked, name, getattr(ufunc, name, None))
    return asked


HOLDING = frozenset({list, tuple, np.ndarray})


# Functions with further numbers by place, which NumPy does not ask.
OF_NUMBERS = frozenset({np.interp, np.nan_to_num, np.unwrap})


def of_numbers(function: Any) -> Function:
    """A function that asks all that it is given by place."""

    def asked(*args: Any, **kwargs: Any) -> Any:
        return (RULES[function] if innermost(args) is not None else function)(*args, **kwargs)

    return asked


def of_lists(function: Any) -> Function:
    """A function of arrays, which takes lists of traced numbers for those too, and a traced keyword or number
    alone: NumPy asks none of them.
    """
    in_its_place = of_numbers(function) if function in OF_NUMBERS else function

    @functools.wraps(function)
    def asked(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            kind = x.__class__
            if not (
                kind in SIMPLE
                or (kind is np.ndarray and x.dtype.kind != "O")
                or (kind in SEQUENCES and FIXED.issuperset(map(type, x)))
            ):
                break
        else:
            if not kwargs or FIXED.issuperset(map(type, kwargs.values())):
                if args and isinstance(args[0], Traced):  # whom NumPy would ask, at the end of a longer way
                    return args[0].__array_function__(function, (), args, kwargs)  # type: ignore[attr-defined]
                return in_its_place(*args, **kwargs)
        rows = [table(a) if a.__class__ in SEQUENCES else None for a in args]
        args = tuple([a if row is None else row for a, row in zip(args, rows, strict=True)])
        if any([row is not None for row in rows]):
            return asked(*args, **kwargs)
        if not (any(map(holds_traced, args)) or (kwargs and any(map(holds_traced, kwargs.values())))):
            alone = kwargs and innermost(kwargs.values()) is not None and innermost(args) is None
            return with_out(RULES[function], args, kwargs) if alone else in_its_place(*args, **kwargs)
        given = tuple([packed(a) if holds_traced(a) else a for a in args])
        named = {name: packed(v) if holds_traced(v) else v for name, v in kwargs.items()}
        if innermost(given) is not None:
            return function(*given, **named)
        return with_out(RULES[function], given, named)

    return asked


# ------------------------------------------------------------------------------------------------------------
# Questions that a program asks about its values: answered by those
# ------------------------------------------------------------------------------------------------------------


def plainly(function: Function) -> Function:
    """An assertion, which is given the plain values, of one member of a batch after the other."""

    @functools.wraps(function)
    def compared(*args: Any, **kwargs: Any) -> Any:
        if not traced_in((args, kwargs)):
            return function(*args, **kwargs)
        count = max([of_members(x) for x in flatten((args, kwargs))[0]], default=0)
        answers = [
            function(*[plain(a, k) for a in args], **{name: plain(v, k) for name, v in kwargs.items()})
            for k in range(max(count, 1))
        ]
        return answers[0]

    return compared


def by_members(function: Function) -> Function:
    """A function that compares arrays, whose answer is each member's own where those of a batch differ."""
    by_rule = of_lists(function)

    @functools.wraps(function)
    def compared(*args: Any, **kwargs: Any) -> Any:
        if not traced_in((args, kwargs)):
            return function(*args, **kwargs)
        answer = by_rule(*args, **kwargs)
        found = everything(answer)
        asked = ask_if_equal(found, True, args[:2])
        return answer if asked is found else np.logical_not(answer)

    return compared


def of_members(x: Any) -> int:
    """How many members a traced value stands for, in all; 0 for one."""
    lead = np.shape(everything(x))[: np.ndim(everything(x)) - np.ndim(x)] if isinstance(x, Traced) else ()
    return int(np.prod(lead)) if lead else 0


def plain(x: Any, k: int) -> Any:
    """The plain value of an argument, for member ``k``."""
    if isinstance(x, (list, tuple)):
        return type(x)(plain(part, k) for part in x)
    if isinstance(x, dict):
        return {name: plain(part, k) for name, part in x.items()}
    if isinstance(x, np.ndarray) and holds_traced(x):
        return plain(pack(x), k)
    if not of_members(x):
        return everything(x)
    members = np.reshape(everything(x), (-1, *np.shape(x)))
    return members[k]


def is_assertion(name: str) -> bool:
    """Tell whether a function of ``np.testing`` compares values."""
    if not name.startswith("assert_") or name == "assert_string_equal":
        return False
    return bool({"actual", "x", "val"} & set(inspect.signature(getattr(np.testing, name)).parameters))


# ------------------------------------------------------------------------------------------------------------
# Functions that ask nobody
# ------------------------------------------------------------------------------------------------------------


@functools.wraps(np.full)
def full(shape: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
    """An array of one value, or of rows of such, which may be traced."""
    if isinstance(fill_value, Traced) or holds_traced(fill_value):
        value = packed(fill_value)
        return RULES[np.full](shape, value, *args, **kwargs | {"like": value})
    return np.full(shape, fill_value, *args, **kwargs)


@functools.wraps(np.full_like)
def full_like(a: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
    """The same like another array."""
    if isinstance(a, Traced) or isinstance(fill_value, Traced) or holds_traced((a, fill_value)):
        return RULES[np.full_like](packed(a), packed(fill_value), *args, **kwargs)
    return np.full_like(a, fill_value, *args, **kwargs)


@functools.wraps(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Functions and numbers, each where its condition holds: NumPy asks neither them nor what they give."""
    if isinstance(x, Traced) or not INSIDE.get():
        return np.piecewise(x, condlist, funclist, *args, **kw)
    grid = packed(x) if holds_traced(x) else fillable(np.array(x))
    return RULES[np.piecewise](grid, condlist, funclist, *args, **kw)


@functools.wraps(np.fromiter)
def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1, *, like: Any = None) -> Any:
    """An array of what an iterable gives, which may be traced."""
    values = list(iter) if count < 0 else [v for v, _ in zip(iter, range(count), strict=False)]
    if not any([isinstance(v, Traced) for v in values]):
        options = {} if like is None else {"like": like}
        return np.fromiter(values, dtype, count, **options)
    if len(values) < count:
        raise ValueError(f"iterator too short: Expected {count} but iterator had only {len(values)} items.")
    return cast(np.stack(values), dtype)


@functools.wraps(np.frombuffer)
def frombuffer(buffer: Any, *args: Any, **kwargs: Any) -> Any:
    """An array of bytes, which those of an array of objects are none of."""
    if isinstance(buffer, Traced) or holds_traced(buffer):
        top = buffer if isinstance(buffer, Traced) else pack(buffer)
        raise escape(top, "np.frombuffer reads the bytes of an array", "leave it out: x is an array")
    return np.frombuffer(buffer, *args, **kwargs)


@functools.wraps(np.fromstring)
def fromstring(text: Any, *args: Any, **kwargs: Any) -> Any:
    """The numbers of a text, in which no number of a derivative stands."""
    check_text(text)
    return np.fromstring(text, *args, **kwargs)


@functools.wraps(np.nditer)
def nditer(op: Any, *args: Any, **kwargs: Any) -> Any:
    """An iterator over the elements of arrays, which may be traced."""
    return Visitor(op, *args, **kwargs) if traced_in((op,)) else np.nditer(op, *args, **kwargs)


@functools.wraps(np.vectorize)
def vectorize(*args: Any, **kwargs: Any) -> Any:
    """A function of numbers, for each element of arrays, which may be traced."""
    return Vectorized(*args, **kwargs)


@functools.wraps(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    """Quotient and remainder: of objects of ``poly1d`` too, whose coefficients are an array of objects. A
    divisor has none that is 0 in front.
    """
    given = [packed(p.coeffs) if isinstance(p, np.poly1d) else p for p in (u, v)]
    if given[0] is u and given[1] is v:
        return dividing(u, v)
    if not any([isinstance(p, Traced) or holds_traced(p) for p in given]):
        return np.polydiv(u, v)
    divisor = np.trim_zeros(given[1], "f") if isinstance(v, np.poly1d) else given[1]
    return tuple([np.poly1d(part) for part in dividing(given[0], divisor)])


dividing = of_lists(np.polydiv)
UNREACHED: dict[Any, Function] = {
    **{
        function: of_lists(function)
        for function in list(RULES)
        if (getattr(function, "__module__", None) or "").partition(".")[0] == "numpy"
        and not isinstance(function, (np.ufunc, type))
        and function not in OF_SEQUENCES
    },
    **{ufunc: of_ufunc(ufunc) for ufunc in UFUNCS},
    **{
        getattr(np.testing, n): plainly(getattr(np.testing, n)) for n in np.testing.__all__ if is_assertion(n)
    },
    **{
        function: by_members(function)
        for function in (np.allclose, np.isclose, np.array_equal, np.array_equiv)
    },
    np.full: full,
    np.full_like: full_like,
    np.frombuffer: frombuffer,
    np.fromiter: fromiter,
    np.fromstring: fromstring,
    np.nditer: nditer,
    np.piecewise: piecewise,
    np.polydiv: polydiv,
    np.vectorize: vectorize,
    np.lib.stride_tricks.as_strided: as_strided,
}
