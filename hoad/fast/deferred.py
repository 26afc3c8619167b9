"""Steps of rules that are more than functions of each element: what lies between two calls is one launch.

The differential of ``np.max`` compares, counts, divides, multiplies and sums. Run on ``Deferred`` arrays it
does so in two launches after that of the maximum, in the place of six: what is done to each element is noted,
as lines of a kernel (``cells.py``), until somebody asks for numbers: a call that has no form in C, as a
product of matrices, or the end of the step. A sum, or an extreme, of what was noted is one launch with it.

A step that reads its numbers, or writes into what was noted before, is made as ever, and so are errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends import backend_of
from ..backends.registry import FUSING
from ..chainrules.statements import LISTENERS, Primitive
from ..dual import Dual
from ..kinds.batch import Batch
from ..nested import Traced
from .cells import Cell, Cells
from .forms import REAL, TYPES
from .kernels import NOTING, Kernel, Summing, fusing, is_known
from .wires import Unclear

NUMBERS = (bool, int, float, complex, np.generic)
OF_ELEMENTS = (np.where, np.real, np.imag)  # functions that are no ufuncs
CONSTANTS = {np.zeros_like: 0.0, np.ones_like: 1.0}


class Step:
    """What is noted of a step that is being carried out.

    Args:
        like: an array where all of it is.
    """

    def __init__(self, like: Any) -> None:
        self.like: Any = like
        self.backend: Any = backend_of(like)
        self.cells = Cells(REAL[like.dtype])
        self.leaves: list[Any] = []
        self.names: dict[int, str] = {}
        self.constants: dict[str, Any] = {}

    def close(self) -> None:
        """Give back the arrays: what was noted, and never settled, is in circles that are collected late."""
        self.like = None
        self.leaves.clear()

    def leaf(self, array: Any) -> Deferred:
        """An array as it is.

        Raises:
            Unclear: kernels have no such numbers.
        """
        if array.dtype not in TYPES:
            raise Unclear
        name = self.names.get(id(array))
        if name is None:
            name = self.names[id(array)] = f"x{len(self.leaves)}"
            self.leaves.append(array)
        return Deferred(self, self.cells.given(name, array.dtype), array.shape, array)

    def constant(self, value: float, shape: tuple[int, ...], kind: Any) -> Deferred:
        """One number for all elements."""
        cell = self.cells.fitted(self.cells.real.type(value), kind)
        self.constants[str(cell.slot)] = value
        return Deferred(self, cell, shape)

    def wrapped(self, found: Any) -> Any:
        """Arrays of the library, as they are in the step; all else stays."""
        if isinstance(found, (list, tuple)):
            parts = [self.wrapped(part) for part in found]
            return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
        if found.__class__ is self.like.__class__ and found.dtype in TYPES:
            return self.leaf(found)
        if found.__class__ is Dual:
            return Dual(found.level, self.wrapped(found.primal), self.wrapped(found.tangent))
        if found.__class__ is Batch:
            return Batch(found.level, self.wrapped(found.primal))
        if isinstance(found, Traced):
            raise Unclear
        return found

    def operand(self, x: Any) -> Any:
        """A cell, or a number."""
        if x.__class__ is Deferred and x.step is self:
            return x.cell
        if x.__class__ is self.like.__class__:
            return self.leaf(x).cell
        if isinstance(x, NUMBERS):
            return x
        raise Unclear

    def each(self, function: Any, args: tuple[Any, ...]) -> Deferred | None:
        """A function of each element, noted; None where it has no form."""
        try:
            found = function(*[self.operand(x) for x in args])
        except (Unclear, TypeError, ValueError, AttributeError, NotImplementedError):
            return None
        if found.__class__ is not Cell:
            return None
        return Deferred(self, found, np.broadcast_shapes(*[getattr(x, "shape", ()) for x in args]))

    def used(self, cells: list[Any]) -> tuple[list[Any], set[str], tuple[int, ...]]:
        """The lines of some cells, the arrays that they read, and the shape of those."""
        wanted = [str(cell.slot) for cell in cells]
        lines = self.cells.needed(wanted)
        names = {name for line in lines for name in line.used if name.startswith("x")}
        names |= {name for name in wanted if name.startswith("x")}
        shapes = [self.leaves[int(name[1:])].shape for name in names]
        return lines, names, np.broadcast_shapes(*shapes)

    def key(self, lines: list[Any], names: set[str], cells: list[Any]) -> Any:
        """What a kernel is known by."""
        kinds = tuple([(name, self.cells.kinds[name]) for name in sorted(names)])
        return tuple([(line.name, line.text) for line in lines]), kinds, tuple([str(c.slot) for c in cells])

    def inputs(self) -> list[str]:
        """The names of the arrays."""
        return [f"x{k}" for k in range(len(self.leaves))]

    def settled(self, values: list[Deferred]) -> None:
        """Compute what is noted of some values: those of one shape in one launch."""
        by_shape: dict[Any, list[Deferred]] = {}
        for x in values:
            if x.array is None:
                by_shape.setdefault(x.shape, []).append(x)
        for shape, group in by_shape.items():
            self.settled_alike(shape, group)

    def settled_alike(self, shape: tuple[int, ...], group: list[Deferred]) -> None:
        """The same of values of one shape."""
        cells = [x.cell for x in group]
        lines, names, has = self.used(cells)
        if not names:
            for x in group:
                x.become(self.backend.full(self.like, shape, self.constants[x.cell.slot], x.dtype))
            return
        key = self.key(lines, names, cells)
        kernel = _kernels.get(key)
        if kernel is None:
            kernel = _kernels[key] = Kernel("step", self.cells, self.inputs(), cells, own=True)
        for x, array in zip(group, kernel(self.backend, self.leaves), strict=True):
            x.become(array if has == shape else np.broadcast_to(array, shape))

    def reduced(self, function: Any, x: Deferred, axis: Any, keepdims: bool) -> Any:
        """A sum, or an extreme, of what is noted, in one launch with that; None where there is none."""
        if x.array is not None or not math.prod(x.shape):
            return None
        lines, names, has = self.used([x.cell])
        if has != x.shape or not names:
            return None
        key = function, self.key(lines, names, [x.cell])
        kernel = _kernels.get(key)
        if kernel is None:
            kernel = _kernels[key] = Summing(function, self.cells, self.inputs(), x.cell)
        return self.leaf(kernel(self.backend, self.leaves, axis, keepdims))


class Deferred(np.lib.mixins.NDArrayOperatorsMixin):  # type: ignore[misc]
    """An array of a step: what is noted of its elements, or the array itself."""

    __slots__ = ("array", "beside", "cell", "own", "shape", "step")
    __array_priority__ = 200
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, step: Step, cell: Any, shape: tuple[int, ...], array: Any = None) -> None:
        self.step, self.cell, self.shape, self.array = step, cell, shape, array
        self.beside: list[Deferred] = []  # with what it would be one launch, itself among them
        self.own = False  # whether the step has made it, and nobody else holds it

    dtype = property(lambda self: self.cell.dtype)
    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: math.prod(self.shape))
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.size * self.itemsize)
    device = property(lambda self: self.step.like.device)

    def become(self, array: Any) -> None:
        """Be an array that has been computed."""
        self.array, self.cell, self.beside = array, self.step.leaf(array).cell, []

    def is_own(self) -> bool:
        """Tell whether it may be written into: nothing that was noted reads it."""
        lines = self.step.cells.lines
        return bool(self.own and not any([self.cell.slot in line.used for line in lines]))

    def forced(self) -> Any:
        """The array."""
        self.own = False
        if self.array is None:
            self.step.settled([x for x in self.beside or [self] if x.shape == self.shape])
        return self.array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any([isinstance(x, Traced) for x in inputs]):
            return NotImplemented
        if "out" in kwargs or method == "at":
            raise Unclear
        if method == "__call__" and not kwargs:
            found = self.step.each(ufunc, inputs)
            if found is not None:
                return found
        return self.called(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        if any([issubclass(kind, Traced) for kind in types]):
            return NotImplemented
        if function in OF_ELEMENTS and not kwargs and len(args) != 2:
            found = self.step.each(function, args)
            if found is not None:
                return found
        if function in CONSTANTS and len(args) == 1 and not kwargs:
            return self.step.constant(CONSTANTS[function], self.shape, self.dtype)
        if function in Summing.FORMS and len(args) == 1 and kwargs.keys() <= {"axis", "keepdims"}:
            axis, keepdims = kwargs.get("axis"), kwargs.get("keepdims", False)
            found = self.step.reduced(function, args[0], axis, keepdims is True)
            if found is not None:
                return found
        if function is np.broadcast_to and len(args) == 2 and not kwargs:
            shape = (args[1],) if isinstance(args[1], int) else tuple(args[1])
            return (
                Deferred(self.step, self.cell, shape)
                if self.array is None
                else self.called(function, args, {})
            )
        if function is np.reshape and len(args) == 2 and not kwargs and args[1] == self.shape:
            return self
        if function is np.result_type:
            return function(*[x.dtype if x.__class__ is Deferred else x for x in args])
        if function is np.iscomplexobj:
            return self.dtype.kind == "c"
        if function in (np.shape, np.ndim, np.size) and len(args) == 1:
            return getattr(self, function.__name__)
        if "out" in kwargs or function in WRITING:
            raise Unclear
        return self.called(function, args, kwargs)

    def called(self, function: Any, args: Any, kwargs: Any) -> Any:
        """A function of the arrays themselves."""
        given = [settled(x) for x in args]
        return self.step.wrapped(function(*given, **{name: settled(x) for name, x in kwargs.items()}))

    def noted(self, step: Any, given: list[Any], rows: Any) -> list[Any] | None:
        """The lines of a step that would be one launch; None where that has no form."""
        if rows is not None:
            return None
        try:
            found = step([None if x is None else self.step.operand(x) for x in given])
        except Unclear:
            return None
        shape = np.broadcast_shapes(*[getattr(x, "shape", ()) for x in given if x is not None])
        if not all([x is None or x.__class__ is Cell for x in found]):
            return None
        made = [x if x is None else Deferred(self.step, x, shape) for x in found]
        together = [x for x in made if x is not None]
        for x in together:
            x.beside = together
        return made

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """In another precision."""
        kind = np.dtype(dtype)
        if kind in TYPES and not args and kwargs.keys() <= {"copy"}:
            try:
                return Deferred(self.step, self.step.cells.cast(self.cell, kind), self.shape)
            except Unclear:
                pass
        return self.step.wrapped(self.forced().astype(dtype, *args, **kwargs))

    def __getitem__(self, index: Any) -> Any:
        if index is ... or (
            index.__class__ is tuple and (not index or (len(index) == 1 and index[0] is ...))
        ):
            return self
        return self.step.wrapped(self.forced()[settled(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        raise Unclear

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.forced(), name)
        if not callable(found):
            return self.step.wrapped(found)
        return lambda *args, **kwargs: self.called(found, args, kwargs)

    def copy(self, order: str = "K") -> Deferred:
        """Itself: nobody writes into it from now on."""
        self.own = False
        return self

    def _refused(self, *_: Any) -> Any:
        raise Unclear

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    real = property(lambda self: np.real(self), _refused)
    imag = property(lambda self: np.imag(self), _refused)
    __bool__ = __float__ = __int__ = __complex__ = __array__ = __index__ = _refused


NOTING.add(Deferred)
WRITING = (np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis)


def settled(x: Any) -> Any:
    """What is noted, computed, in containers too."""
    if x.__class__ is Deferred:
        return x.forced()
    if isinstance(x, (list, tuple)):
        parts = [settled(part) for part in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return x


# ------------------------------------------------------------------------------------------------------------
# The steps of rules
# ------------------------------------------------------------------------------------------------------------

_kernels: dict[Any, Any] = {}
_refusing: dict[Any, type] = {}  # the steps that are made as ever, and what was raised


def forget(*stated: Any) -> None:
    """Where a rule is stated, steps may be others."""
    _kernels.clear()
    _refusing.clear()


LISTENERS.append(forget)


def first_array(given: Any) -> Any:
    """An array that lies on a device whose library makes kernels; None where there is none, or where another
    kind of traced value stands.
    """
    found = None
    for x in given:
        while x.__class__ is Dual or x.__class__ is Batch:
            x = x.primal
        if isinstance(x, Traced):
            return None
        if x.__class__ in (list, tuple):
            x = first_array(x)
        if found is None and x.__class__ in FUSING and x.__class__ is not Deferred and fusing(x) is not None:
            found = x
    return found


def unwrapped(found: Any) -> Any:
    """The arrays of a step in the place of what stood for them."""
    if found.__class__ is Dual:
        return Dual(found.level, unwrapped(found.primal), unwrapped(found.tangent))
    if found.__class__ is Batch:
        return Batch(found.level, unwrapped(found.primal))
    if isinstance(found, (list, tuple)):
        parts = [unwrapped(part) for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    if isinstance(found, Traced):
        raise Unclear
    return found.forced() if found.__class__ is Deferred else found


def all_of(found: Any) -> list[Deferred]:
    """What stands for arrays in a result."""
    if found.__class__ is Deferred:
        return [found]
    if found.__class__ is Dual:
        return [*all_of(found.primal), *all_of(found.tangent)]
    if found.__class__ is Batch:
        return all_of(found.primal)
    return [x for part in found for x in all_of(part)] if isinstance(found, (list, tuple)) else []


def deferred(rule: Primitive, way: str, run: Callable[..., Any], given: list[Any]) -> Any:
    """Carry out a step of a rule.

    Args:
        rule: the rule.
        way: which of its steps it is.
        run: the step, of what is given.
        given: values, tangents, cotangents.
    """
    key = rule, way
    like = None if key in _refusing or not is_known(rule) else first_array(given)
    if like is None:
        return run(*given)
    step = Step(like)
    try:
        found = run(*step.wrapped(given))
        step.settled(all_of(found))
        return unwrapped(found)
    except Exception as problem:
        raised = type(problem)
    finally:
        step.close()
    found = run(*given)  # where something is wrong with the values, it is found again
    _refusing[key] = raised
    return found


Dual.stepped = staticmethod(deferred)
