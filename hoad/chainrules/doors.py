"""Doors: functions of SciPy's that are written in Python or in C, and ask no operand for its rule.

A *door* is what stands for such a function where a derivative is taken: given a traced value it goes to the
rule, and is the function itself otherwise. The rules are stated in ``chainrules/scipy/``, and those that need
derivatives themselves in ``hoad/scipy/``. They have a table of their own, apart from ``RULES``: SciPy's
function stays untouched, and what the user states for it counts before.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..nested import INSIDE, Traced, innermost, pack
from ..operands import parts, without_tables
from ..values.constants import library
from .located import own, place_of
from .statements import RULES, Function

BEHIND: dict[Any, Any] = {}  # by SciPy's function: what is run in its place
DOORS: dict[Any, Any] = {}  # by SciPy's function: its door
# By the class of an object of SciPy's that is compiled: what stands for it within a derivative.
STAND_INS: dict[type, Callable[[Any], Any]] = {}
# By a class of SciPy's: what is run in the place of one that is made of it, of which there is no list.
HEIRS: dict[type, Callable[[Any], Any]] = {}
# By the beginning of a module: classes whose methods have doors, of which its functions give objects.
COMPANIONS: dict[str, tuple[type, ...]] = {}


def door(
    *functions: Function, always: bool = False, keeps: tuple[int | str, ...] = ()
) -> Callable[[Function], Function]:
    """State what stands for functions of SciPy's where an argument is traced; for a method, one of these or
    what its object holds.

    Args:
        functions: the functions, or functions that stand in a class as its methods.
        always: within a derivative the body is run for any arguments, and decides itself: what counts may be
            what a function has captured.
        keeps: arguments, by place and by name, that come as they are: a pair of arrays is a pair.

    Returns:
        A decorator of the body: ``np`` code with the signature of the functions. Lists of traced numbers come
        as arrays.
    """

    def decorate(body: Function) -> Function:
        for function in functions:
            BEHIND[function] = fitted(function, body)
            DOORS[function] = made(function, always, frozenset(keeps))
        return body

    return decorate


def fitted(function: Any, body: Function) -> Function:
    """A body that is called as SciPy's function is: by its names, in its order, and with its complaints.

    What the body does not take by place comes by name; so what it has in another order is no other argument.
    """
    own, wanted = signature_of(body), signature_of(function)
    if own is None or wanted is None or passes_on(own) or listed(own) == listed(wanted):
        return body
    by_place = leading(own, wanted)

    @functools.wraps(body)
    def called(*args: Any, **kwargs: Any) -> Any:
        wanted.bind(*args, **kwargs)
        if len(args) <= by_place:
            return body(*args, **kwargs)
        names = list(wanted.parameters)[by_place : len(args)]
        return body(*args[:by_place], **dict(zip(names, args[by_place:], strict=True)), **kwargs)

    return called


def signature_of(function: Any) -> inspect.Signature | None:
    """The parameters of a function; None for those of which Python knows none."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def passes_on(signature: inspect.Signature) -> bool:
    """Tell whether a function takes anything by place, to hand it on."""
    return any([p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()])


def listed(signature: inspect.Signature) -> list[Any]:
    """The names and kinds of the parameters, and which must be given."""
    return [(p.name, p.kind, p.default is p.empty) for p in signature.parameters.values()]


def leading(own: inspect.Signature, wanted: inspect.Signature) -> int:
    """How many parameters at the start are the same, by their names or by neither's having the other, and may
    come by place.
    """
    count = 0
    for mine, theirs in zip(listed(own), listed(wanted), strict=False):
        renamed = mine[0] not in wanted.parameters and theirs[0] not in own.parameters
        if not (mine[0] == theirs[0] or renamed) or mine[1] != theirs[1] or mine[1] is KEYWORD_ONLY:
            break
        count += 1
    return count


KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY


def outside(function: Function) -> Function:
    """A function of SciPy's for plain values, whose code runs as outside of a derivative: the arrays that it
    makes, for compiled code to fill, are NumPy's own.
    """
    return standing(INSIDE, False, function)


def standing(variable: ContextVar[Any], value: Any, function: Function) -> Function:
    """A function that runs while a context variable has another value."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        token = variable.set(value)
        try:
            return function(*args, **kwargs)
        finally:
            variable.reset(token)

    return called


PLAIN = frozenset((np.ndarray, int, float, complex, bool, str, type(None), np.float64, np.complex128))


def made(function: Any, always: bool, keeps: frozenset[int | str]) -> Any:
    """The door of a function."""
    plain, apart = function, outside(function)

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not INSIDE.get():
            here = all([a.__class__ in PLAIN for a in args])
            return plain(*args, **kwargs) if here else where_they_lie(function, args, kwargs)
        if not (always or any([is_traced(a) for a in args]) or is_traced(kwargs)) and not (
            args and holds(args[0])
        ):
            knows_all = all([a.__class__ in PLAIN for a in (*args, *kwargs.values())])
            return apart(*args, **kwargs) if knows_all else where_they_lie(function, args, kwargs)
        args, kwargs = without_tables(args, kwargs)
        rule = RULES.get(function) or BEHIND[function]
        given = tuple([a if k in keeps else as_array(a) for k, a in enumerate(args)])
        named = {name: a if name in keeps else as_array(a) for name, a in kwargs.items()}
        first = next((x for x in parts((*given, *named.values())) if isinstance(x, Traced)), None)
        return rule(*given, **named) if first is None else first.whole(plain, rule, given, named, called)

    return OfClass.of(function, called) if isinstance(function, type) else called


WITHIN: ContextVar[tuple[Any, ...]] = ContextVar(
    "functions that are computed by what stands for them", default=()
)


def where_they_lie(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of SciPy's of plain values: of arrays on a device, the library's own, and what stands for it
    here where that has none.
    """
    like = place_of(*args, *kwargs.values())
    if like is None:
        return function(*args, **kwargs)
    if library(like).of_scipy(function.__module__, function.__name__) is not None or function in WITHIN.get():
        return own(function, like)(*args, **kwargs)
    token = WITHIN.set((*WITHIN.get(), function))
    try:
        return BEHIND[function](*args, **kwargs)  # made of what it has, perhaps
    except TypeError as error:
        if "Implicit conversion" in str(error):
            own(function, like)  # which says so
        raise
    finally:
        WITHIN.reset(token)


class OfClass(type):
    """The door of a class: called, it makes what stands for one of its objects; asked, it is the class."""

    original: Any
    make: Any

    @classmethod
    def of(cls, original: type, make: Function) -> OfClass:
        """The door of a class, by what is called in its place."""
        names = {str(name): getattr(make, name, None) for name in functools.WRAPPER_ASSIGNMENTS}
        names |= {"__signature__": signature_of(original), "original": original, "make": make}
        return cls(original.__name__, (), names)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        found = vars(cls)["make"](*args, **kwargs)
        if not isinstance(found, cls.original):
            found.__dict__["stands_for"] = cls.original
        return found

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, cls.original) or issubclass(vars_of(x).get("stands_for", int), cls.original)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(vars(other).get("original", other), cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)

    def __repr__(cls) -> str:
        return repr(cls.original)


def vars_of(x: Any) -> dict[str, Any]:
    """The attributes of an object, where it keeps them in a dictionary."""
    return getattr(x, "__dict__", {})


def is_traced(x: Any) -> bool:
    """Tell whether an argument is a traced value, or a container that has one in it."""
    if isinstance(x, Traced):
        return True
    if x.__class__ in (list, tuple):
        return any([is_traced(part) for part in x])
    if x.__class__ is dict:
        return any([is_traced(part) for part in x.values()])
    return x.__class__ is np.ndarray and x.dtype.kind == "O" and innermost(x.flat) is not None


def holds(x: Any) -> bool:
    """Tell whether an object of SciPy's has a traced value among its attributes."""
    cls = x.__class__
    if not cls.__module__.startswith("scipy."):
        return False
    slots = [n for base in cls.__mro__ for n in getattr(base, "__slots__", ())]
    values = [*getattr(x, "__dict__", {}).values(), *[getattr(x, n, None) for n in slots]]
    return any([is_traced(v) for v in values])


def as_array(x: Any) -> Any:
    """One traced array of a list of traced numbers, or of arrays of one shape; others stay what they are."""
    if x.__class__ in (list, tuple) and is_traced(x):
        parts = [as_array(part) for part in x]
        numbers = all([isinstance(p, NUMBERS) and p.__class__ is not bool for p in parts])
        return np.stack(parts) if numbers and len({np.shape(p) for p in parts}) == 1 else x
    return pack(x) if x.__class__ is np.ndarray and x.dtype.kind == "O" else x


NUMBERS = (Traced, int, float, complex, np.generic, np.ndarray)
