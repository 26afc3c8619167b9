"""Parameters: arrays that a derivative can be taken by wherever a function reads them.

A plain array in a global variable can't be intercepted; a ``Parameter`` in its place can. It is a handle that
stands for its array, and, while a derivative by it runs, for the traced value of that derivative. Which
derivative runs is told by a context variable, so any number may run at once, in threads or in tasks.

The handle needs no mode and no rule of its own. Its level counts as finished, and a value that outlived its
level behaves as its primal: so wherever the levels meet a parameter, they take what it stands for. Its tag is
larger than all others, so that no other level takes it for a value of its own.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arrays.arraylike import CREATORS, ArrayLike
from ..arrays.mutation import move, own, write
from ..arrays.operators import BINARY, COMPARE, LOGICAL, METHODS, UNARY
from ..chainrules.refusals import escape
from ..errors import NotDifferentiableError, RecordingError, describe
from ..nested import NOTING, Level, Traced, settle
from ..values.constants import is_array, is_elsewhere, is_locked
from ..values.containers import is_container
from ..values.trees import as_plain, map_leaves


class Everywhere(Level):
    """The level of all parameters: its tag is larger than any, and it counts as finished."""

    __slots__ = ()

    def __init__(self) -> None:
        self.tag: Any = float("inf")
        self.alive = False
        self.lift = None
        self.notes = None
        self.linked = False


class Parameter(ArrayLike):
    """A handle on an array of floats, by which derivatives can be taken; ``hoad.param`` makes it.

    Args:
        value: a number, or what an array can be made of.

    Example:
        >>> import hoad
        >>> W = hoad.param([1.0, 2.0])
        >>> W
        Parameter(array([1., 2.]))
    """

    __slots__ = ("held",)
    level = Everywhere()

    def __init__(self, value: Any) -> None:
        self.held = held_array(value)

    @property
    def primal(self) -> Any:
        """What the parameter stands for now: a traced value within a derivative by it, else its array."""
        found = RUNNING.get().get(self)
        if found is not None:
            return found
        if NOTING.get():
            raise RecordingError("it reads a parameter (hoad.param), which may be another in the next call")
        return self.held if self.held.ndim else self.held[()]

    def __hash__(self) -> int:
        """Of the parameter, whatever it stands for now: what runs are told by is found by it."""
        return id(self)

    # -- NumPy's protocols -----------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if out:
            kwargs["out"] = tuple([writable(o) for o in out])
        first = writable(inputs[0]) if method == "at" else settle(inputs[0])
        result = getattr(ufunc, method)(first, *map(settle, inputs[1:]), **kwargs)
        return out[0] if out and len(out) == 1 else result

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in CREATORS and isinstance(self.primal, Traced):  # np.zeros(3, like=W)
            kwargs = {**kwargs, "like": self.primal}
        out = kwargs.get("out")
        if isinstance(out, Parameter):
            kwargs = {**kwargs, "out": writable(out)}
        result = func(*map(settled, args), **{name: settled(value) for name, value in kwargs.items()})
        return out if isinstance(out, Parameter) else result

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        now = self.primal
        if isinstance(now, Traced):
            return now.__array__(dtype, copy)
        return np.array(self.held if self.held.ndim else now, dtype=dtype, copy=copy)

    # -- Writing ---------------------------------------------------------------------------------------------

    def __setitem__(self, index: Any, value: Any) -> None:
        target, value = writable(self), settle(value)
        if target.ndim == 0 and self in RUNNING.get():  # a number has no place to write to
            self.stand_for(np.reshape(value, ()).astype(target.dtype))
        elif isinstance(value, Traced) and not isinstance(target, Traced):
            raise escape(
                value,
                "it is written into a parameter by which this derivative is not taken",
                "put the parameter into the Params of the derivative, or return the new value",
            )
        else:
            target[index] = value

    def stand_for(self, value: Any) -> None:
        """Stand for another value, until the derivative that runs is done."""
        running: Any = RUNNING.get()
        running[self] = value

    def constant(self, value: Any) -> Awaiting:
        """A handle on ``value`` that takes what a parameter stands for; see ``Awaiting``."""
        handle = Awaiting()
        handle.primal = value
        return handle

    def shown(self) -> Any:
        """Messages call it a parameter."""
        return self

    def frozen(self) -> Any:
        """What the parameter stands for now, which later writes do not reach."""
        return own(self.primal)

    # -- Printing, copies ------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"Parameter({self.primal if self in RUNNING.get() else self.held!r})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("primal", "held"):
            raise AttributeError(name)
        return getattr(self.primal, name)  # what NumPy's arrays have and traced values have not

    def __copy__(self) -> Parameter:
        return Parameter(self)

    def __deepcopy__(self, memo: Any) -> Parameter:
        return Parameter(self)

    def __reduce__(self) -> Any:
        return Parameter, (self.held,)


class Awaiting(ArrayLike):
    """A traced array into which a parameter is about to be written.

    A write of a value from further in first moves the array to the level of that value. For a parameter,
    the array becomes this for the moment: ``store`` then moves it back and writes what the parameter stands
    for.
    """

    __slots__ = ()

    def store(self, index: Any, value: Any) -> None:
        """Be the array again, and write."""
        move(self, self.primal)
        write(self, index, settle(value))


RUNNING: ContextVar[Mapping[Parameter, Any]] = ContextVar(
    "what parameters stand for", default=MappingProxyType({})
)


@contextlib.contextmanager
def standing(values: dict[Parameter, Any]) -> Iterator[None]:
    """Let parameters stand for other values, in this thread or task."""
    token = RUNNING.set({**RUNNING.get(), **values})
    try:
        yield
    finally:
        RUNNING.reset(token)


def writable(x: Any) -> Any:
    """What a write into ``x`` goes to: for a parameter, the array that it stands for."""
    if not isinstance(x, Parameter):
        return x
    found = RUNNING.get().get(x)
    if found is None and is_locked(x.held):  # a recording keeps it: see protect.py
        x.held = x.held.copy()
    return x.held if found is None else found


def settled(x: Any) -> Any:
    """An argument of a NumPy function, with what parameters stand for in their place."""
    if is_container(x):
        return map_leaves(settled, x)
    if isinstance(x, Collection) and not (isinstance(x, (str, bytes, Traced)) or is_array(x)):
        return [settled(value) for value in x]
    return settle(x)


def held_array(value: Any) -> Any:
    """The array of a new parameter: its own, of floats or complex numbers."""
    value = as_plain(settle(value), "the value of a parameter")
    if isinstance(value, Traced):
        raise escape(value, "hoad.param copies its numbers", "make the parameter before")
    try:
        array = value.copy() if is_elsewhere(value) else np.array(value, subok=False)
    except (TypeError, ValueError) as error:
        raise NotDifferentiableError(no_numbers(value)) from error
    if array.dtype.kind not in "biufc":
        raise NotDifferentiableError(no_numbers(value))
    return array.astype(float) if array.dtype.kind in "biu" else array


def no_numbers(value: Any) -> str:
    """The text of the error for a parameter of what is no number."""
    return f"hoad.param wants a number or an array of numbers, and got {describe(value)}"


def param(value: Any) -> Parameter:
    """Make a parameter: an array that functions may read from anywhere, and be differentiated by.

    Args:
        value: a number or an array of numbers; it is copied, and integers become floats. float32, longdouble
            and complex are kept.

    Returns:
        A ``Parameter``. It computes as its array does, and ``W -= step`` and ``W[0] = v`` change it in place.
        Operations on it give plain arrays. It is a key of dictionaries and of ``Grads``, by identity. A
        thread that a differentiated function starts knows of the derivative; one that other code starts for
        it does if it is given a copy of the context: ``pool.submit(contextvars.copy_context().run, f)``.

    Raises:
        NotDifferentiableError: the value is no number and no array of numbers.
        EscapeError: the value is being differentiated.

    Example:
        >>> import numpy as np, hoad
        >>> W = hoad.param([[1.0, 2.0], [3.0, 4.0]])
        >>> W @ np.ones(2)
        array([3., 7.])
        >>> g = hoad.gradient(lambda: np.sum(W**2), hoad.Params([W]))
        >>> W -= 0.5 * g[W]
        >>> W
        Parameter(array([[0., 0.],
               [0., 0.]]))
    """
    return Parameter(value)


# ------------------------------------------------------------------------------------------------------------
# Operators and methods, which are those of what the parameter stands for
# ------------------------------------------------------------------------------------------------------------


def _binary(compute: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return lambda self, other: compute(self.primal, other), lambda self, other: compute(other, self.primal)


def _unary(compute: Any) -> Callable[..., Any]:
    return lambda self, *options: compute(self.primal, *options)


def _in_place(compute: Any) -> Callable[..., Any]:
    def method(self: Parameter, other: Any) -> Parameter:
        target = writable(self)
        result = compute(target, other)
        if result is not target:  # within a derivative, a number
            self.stand_for(result)
        return self

    return method


def _method(name: str) -> Callable[..., Any]:
    def method(self: Parameter, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.primal, name)(*args, **kwargs)

    method.__doc__ = f"As ``{name}`` of what the parameter stands for."
    return method


def _install() -> None:
    for name in (*BINARY, *LOGICAL):
        direct, reflected = _binary(getattr(operator, f"__{name}__"))
        setattr(Parameter, f"__{name}__", direct)
        setattr(Parameter, f"__r{name}__", reflected)
    for name in BINARY:
        setattr(Parameter, f"__i{name}__", _in_place(getattr(operator, f"__i{name}__")))
    for name, compare in COMPARE.items():
        setattr(Parameter, f"__{name}__", _binary(compare)[0])
    setattr(Parameter, "__divmod__", _binary(divmod)[0])
    setattr(Parameter, "__rdivmod__", _binary(divmod)[1])
    for name in UNARY:
        setattr(Parameter, f"__{name}__", _unary(getattr(operator, f"__{name}__")))
    conversions = {"float": float, "complex": complex, "int": int, "index": operator.index, "round": round}
    others = {"getitem": operator.getitem, "iter": iter, "len": len, "contains": operator.contains}
    for name, function in (conversions | others | {"bool": bool, "format": format}).items():
        setattr(Parameter, f"__{name}__", _unary(function))
    plain = ("reshape", "transpose", "flatten", "astype", "copy", "tolist", "item")
    for name in (*METHODS, *plain):
        setattr(Parameter, name, _method(name))


_install()
