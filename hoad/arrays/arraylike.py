"""What traced values have in common with arrays: NumPy's protocols, attributes, methods, operators, and the
escapes.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from ..chainrules import RULES
from ..chainrules.numpy.indexing import plain_index, read
from ..chainrules.numpy.shaping import astype, cast
from ..chainrules.refusals import (
    escape,
    refuse_conversion_in_scipy,
    refuse_other_strides,
    refuse_reading_of_bytes,
    without_rule,
)
from ..chainrules.transfers import leaving
from ..nested import ROOTS, Traced, everything, glance, innermost, pack, primal, settle, type_of
from ..operands import without_tables
from ..values.arithmetic import OPERATORS, as_numbers
from ..values.constants import is_elsewhere
from ..values.reading import note
from .augmented import stands_alone
from .hashing import HASHED, are_one_key_of_numpy, hashed
from .kernels import AskedByKernels
from .lending import count, elements, lend, look
from .memory import InMemory
from .mutation import is_itself, is_read_only, is_scalar, write
from .operators import as_operand, ask_if_equal, check_output, found, install, is_one
from .roots import TIED, remember
from .scalarlike import ScalarLike
from .texts import as_text, made_text
from .ufunc_keywords import CORE, TYPES, in_types, on_axes
from .ufunc_methods import BY_STEPS, refuse_number
from .writing import add_in_place, is_of_objects, takes_as_they_are, with_out, write_out

REDUCE = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
CREATORS = frozenset(
    {
        np.zeros,
        np.empty,
        np.ones,
        np.full,
        np.array,
        np.asarray,
        np.asanyarray,
        np.ascontiguousarray,
        np.asfortranarray,
    }
)
ACCUMULATE = {np.add: np.cumsum, np.multiply: np.cumprod}
ABSENT: Any = object()  # in the place of an operand


class ArrayLike(InMemory, ScalarLike, AskedByKernels):
    """The face of an array, for every kind of traced value."""

    __slots__ = ()
    __array_priority__ = 1000.0
    __pandas_priority__ = 10_000  # so that a Series or DataFrame leaves the operation to this operand
    functions: ClassVar[dict[Any, Callable[..., Any]]] = {}

    # -- NumPy's protocols -----------------------------------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: Any, method: str, x: Any, y: Any = ABSENT, /, *more: Any, **kwargs: Any
    ) -> Any:  # named, since a tuple of all inputs takes longer to make and to take apart
        if method == "__call__" and not kwargs and not more:
            fused = self.fused.get(ufunc)
            if fused is not None:
                return fused(x) if y is ABSENT else fused(x, y)
        inputs = (x,) if y is ABSENT else (x, y, *more)
        del x, y  # ``stands_alone`` counts who holds them
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        rule = self.functions.get(func) or RULES.get(func)
        if rule is not None and func not in CREATORS and takes_as_they_are(rule, args, kwargs):
            return rule(*args, **kwargs)
        if func in CREATORS:
            kwargs["like"] = self
        if rule is None:
            raise without_rule(func, (self, *args, *kwargs.values()))
        _, args, kwargs = without_tables(self, args, kwargs)
        return with_out(rule, as_numbers(func.__name__, tuple(map(pack, args))), kwargs)

    # -- The array API ---------------------------------------------------------------------------------------

    @property
    def device(self) -> Any:
        """Where the elements are, as the array API asks, or as the library has it that they are of."""
        held = glance(self)
        return getattr(held, "device", "cpu") if is_elsewhere(held) else "cpu"

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """The same array: there is one device."""
        if device != "cpu":
            raise ValueError(f"Unsupported device {device!r}: only 'cpu' is there")
        return self

    def __array_namespace__(self, *, api_version: Any = None) -> Any:
        """The functions of the array API: ``hoad.numpy``."""
        return importlib.import_module("hoad.numpy")

    # -- Elements --------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        shape = self.shape
        if not shape:
            raise TypeError("len() of a number: this value has no axes")
        return shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a number: this value has no axes")
        return (self[k] for k in range(self.shape[0]))

    def __getitem__(self, index: Any) -> Any:
        _, index = without_tables(self, index)
        return read(self, plain_index(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        _, index, value = without_tables(self, index, value)
        if is_itself(self, index, value) and not is_read_only(self):
            return
        write(self, plain_index(index), pack(as_operand(value)))

    def __contains__(self, value: Any) -> bool:
        if not self.shape and (kind := type_of(self)) is not np.ndarray:
            raise TypeError(f"argument of type '{kind.__name__}' is not iterable")
        return bool(np.any(np.equal(self, value)))

    # -- Truth, printing, escapes ----------------------------------------------------------------------------

    def __bool__(self) -> bool:
        value = primal(self)
        if is_elsewhere(value):
            note("decides a branch", value)
        return bool(value)

    @property
    def get(self) -> Callable[..., Any]:
        """The copy in the host's memory, of an array that lies on a device."""
        if not is_elsewhere(glance(self)):
            raise AttributeError("'numpy.ndarray' object has no attribute 'get'", name="get", obj=self)
        return functools.partial(leaving, self)

    def __format__(self, spec: str) -> str:
        return format(as_text(self), spec) if self.differentiates else self._text()

    def __str__(self) -> str:
        return str(as_text(self)) if self.differentiates else self._text()

    def _text(self) -> str:
        return made_text(self) if self.has_members else repr(self)

    def __hash__(self) -> int:
        return hashed(self, sys._getframe(1))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.differentiates and not self.level.alive:
            return np.array(primal(self), dtype=dtype)
        if dtype is None or np.dtype(dtype).kind == "O":
            refuse_conversion_in_scipy(self)
            count(self)
            refuse_other_strides(self)
            refuse_reading_of_bytes(self)
            return elements(self) if copy or is_scalar(self) else lend(self, Lent)
        value = primal(self)
        if np.dtype(dtype).kind in "biu" and not (
            self.has_members or self.noted or isinstance(value, Traced)
        ):
            return np.asarray(value).astype(dtype)  # cut to integers, which have no derivative
        raise escape(self, "this call converts it to a plain array", "use NumPy functions on x itself")

    def rooted(self, square: Callable[..., Any], *args: Any) -> Any:
        return remember(self, square, args)

    def tied(self, tie: float, x: Any, y: Any) -> Any:
        return TIED[0](self, tie, x, y)

    # -- Methods of arrays -----------------------------------------------------------------------------------

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **options: Any) -> Any:
        """As ``np.clip`` of this value; either bound may be left out."""
        return np.clip(self, min, max, out=out, **options)

    def fill(self, value: Any) -> None:
        """Write one value everywhere."""
        self[...] = value

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """Elements where a condition holds."""
        return np.compress(condition, self, axis, out)

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Write values at positions of the flattened array."""
        np.put(self, indices, values, mode)

    def sort(
        self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None, **falling: Any
    ) -> None:
        """Sort in place; ``descending=`` from NumPy 2.5 on."""
        self[...] = np.sort(self, axis=axis, kind=kind, order=order, stable=stable, **falling)

    def partition(self, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None) -> None:
        """Partition in place."""
        self[...] = np.partition(self, kth, axis=axis, kind=kind, order=order)

    def __copy__(self) -> Any:
        return self.copy("K") if self.ndim else self

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy("K") if self.ndim else self

    def __reduce__(self) -> Any:
        value = settle(self)
        if isinstance(value, Traced) and (value.differentiates or value.has_members):
            raise escape(value, "it is pickled", "the number can be: pickle.dumps(hoad.primal(x))")
        return unpickled, (everything(self),)


def unpickled(value: Any) -> Any:
    """A value that was kept after its derivative was done, as pickle brings it back: what it stands for."""
    return value


class Lent(ArrayLike):
    """An array whose elements are lent (``lending.py``): at the first look it is again of the kind it was."""

    __slots__ = ()
    level = look("level")
    primal = look("primal")
    tangent = look("tangent")
    slot = look("slot")
    seen = look("seen")
    shape = look("shape")
    dtype = look("dtype")
    __class__ = look("__class__")


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Carry out a ufunc or one of its methods, with ``out=`` and ``where=``, by the rules."""
    if "out" in kwargs and innermost(kwargs["out"]) is None:
        plain = settled(inputs, kwargs)
        if plain is not None:
            return getattr(ufunc, method)(*plain[0], **plain[1])
        if method == "__call__" and len(kwargs) == 1 and stands_alone(kwargs["out"]):
            return instead(kwargs["out"][0], ufunc(*map(pack, inputs)))
    is_bare = method == "__call__" and not kwargs
    inputs, kwargs = without_tables(inputs, kwargs)
    out = kwargs.pop("out", None)
    if method == "at":
        return add_in_place(ufunc, *map(pack, inputs))
    inputs = tuple([pack(as_operand(x)) for x in inputs])
    if ufunc not in OPERATORS:
        inputs = as_numbers(ufunc.__name__, inputs)
    for target in out or ():
        if target is not None and not isinstance(target, Traced) and not is_of_objects(target):
            write_out(target, next(x for x in inputs if isinstance(x, Traced)))
    where = kwargs.pop("where", True) if method == "__call__" else True
    result = _method(ufunc, method, inputs, kwargs, is_bare)
    if where is True and not out:
        if ufunc in EQUALITIES and method == "__call__":
            if HASHED and ufunc is np.equal and is_one(result) and len(inputs) == 2:
                one = are_one_key_of_numpy(*inputs, sys._getframe(2))
                if one is not None:
                    return one and found(*inputs)
            return ask_if_equal(result, EQUALITIES[ufunc], inputs)
        return result
    if not isinstance(result, tuple):
        return placed(result, where, out[0] if out else None)
    targets = out or (None,) * len(result)
    return tuple([placed(part, where, target) for part, target in zip(result, targets, strict=True)])


EQUALITIES = {np.equal: True, np.not_equal: False}


def settled(inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any] | None:
    """Operands without levels that are finished, and arrays that wait to be filled as plain ones; None if a
    derivative is taken of one.
    """
    plain, named = tuple(map(settle, inputs)), {name: settle(v) for name, v in kwargs.items()}
    return (plain, named) if innermost((*plain, *named.values())) is None else None


def instead(target: Any, result: Any) -> Any:
    """A result that takes the place of a plain array, of the shape and the type of that."""
    check_output(result, target)
    return cast(result, target.dtype)


def in_order(result: Any, order: str) -> Any:
    """A result, or several, that lies in memory as ``order=`` says."""
    if isinstance(result, tuple):
        return tuple([in_order(part, order) for part in result])
    return astype(result, result.dtype, order) if np.ndim(result) > 1 else result


def placed(result: Any, where: Any, target: Any) -> Any:
    """A result where the mask holds, the old contents of ``out=`` (without it, 0) elsewhere."""
    if where is not True:
        result = np.where(where, result, 0.0 if target is None else target)
    return result if target is None else write_out(target, result)


def rule_of_scipy(ufunc: Any) -> Any:
    """The rule of a function of ``scipy.special``, which are stated when the first is called for."""
    if "scipy.special" in sys.modules:
        importlib.import_module("hoad.chainrules.scipy.special")
    return RULES.get(ufunc)


def numbers_in(x: Any) -> np.ndarray:
    """The elements of a traced array as a function of Python's is given them: Python's numbers."""
    held = elements(x)
    for place in np.ndindex(held.shape):
        held[place] = held[place].item()
    return held


def by_elements(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ufunc without a rule: one that ``np.frompyfunc`` made calls a Python function of each element.

    Raises:
        MissingRuleError: it is of NumPy's own make, or somebody else's in C.
    """
    if ufunc in RULES or list(ufunc.types) != ["O" * ufunc.nin + "->" + "O" * ufunc.nout]:
        raise without_rule(ufunc, inputs, "" if method == "__call__" else f".{method}")
    found = getattr(ufunc, method)(*[numbers_in(x) if isinstance(x, Traced) else x for x in inputs], **kwargs)
    return tuple(map(pack, found)) if isinstance(found, tuple) else pack(found)


def _method(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any], is_bare: bool) -> Any:
    if method in ("__call__", "outer"):
        rule = RULES.get(ufunc) or rule_of_scipy(ufunc)
        if rule is None:
            return by_elements(ufunc, method, inputs, kwargs)
        if method == "outer":
            a, b = inputs
            inputs = np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b
        if any([name in kwargs for name in TYPES]):
            inputs = in_types(ufunc, inputs, kwargs)
        if ufunc.signature is not None and any([name in kwargs for name in CORE]):
            result = on_axes(ufunc, rule, inputs, kwargs)
        else:
            result = rule(*inputs) if is_bare or not ROOTS else ufunc(*inputs)
        order = kwargs.get("order")
        return result if order in ("K", "A", None) else in_order(result, order)
    refuse_number(inputs[0], method)
    table = {"reduce": REDUCE, "accumulate": ACCUMULATE}.get(method, {})
    function = RULES.get(getattr(ufunc, method)) or table.get(ufunc)
    inputs = (cast(inputs[0], kwargs.pop("dtype", None)), *inputs[1:])
    if function is None:
        if ufunc not in RULES or method not in BY_STEPS:
            return by_elements(ufunc, method, inputs, kwargs)
        return BY_STEPS[method](ufunc, *inputs, **kwargs)
    kwargs.setdefault("axis", 0)
    return function(inputs[0], **kwargs)


install(ArrayLike)
