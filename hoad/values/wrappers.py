"""Arrays that other libraries wrap: a quantity has a unit, an array of xarray names for its axes.

A derivative goes through the array within; the wrapper goes around a traced array on the way into f, so
that its own library checks units and aligns axes, and it is taken off the value of f. What was around it is
its *label*: a unit, the names of axes. The label of a derivative is made of those of the value and of the
point.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, NotDifferentiableError, describe
from ..guests import has_guide, house_of, in_words, is_of_jax, plain_array_of
from ..nested import Traced

Label = Any


@dataclasses.dataclass(frozen=True)
class Wrapper:
    """How the objects of a class are opened and closed.

    Args:
        take: gives the array within and the label, ``take(value) -> (array, label)``.
        put: gives an object of the class, ``put(array, label) -> value``.
        derive: gives the label of a derivative, ``derive(label of the value, labels of the point) -> label``,
            with as many labels of the point as the derivative has orders; None for a plain array. The label
            of a value that is no such object is None.
        optional: whether NumPy takes the object for its array, so that it need not be opened.
        uniform: whether a label says the same of each element, as a unit does, so that it holds of some of
            them as well, and with axes more or fewer.
    """

    take: Callable[[Any], tuple[Any, Label]]
    put: Callable[[Any, Label], Any]
    derive: Callable[[Label, tuple[Label, ...]], Label]
    optional: bool = False
    uniform: bool = False


KNOWN: dict[type, Wrapper] = {}
LISTENERS: list[Callable[[type], None]] = []  # told of each class that is registered


def wrapper(
    cls: type,
    take: Callable[[Any], tuple[Any, Label]],
    put: Callable[[Any, Label], Any],
    derive: Callable[[Label, tuple[Label, ...]], Label] | None = None,
) -> type:
    """Let objects of a class that holds one array be points, with derivatives of the same class.

    The array that ``put`` is given may hold traced numbers, so the class must take any array that has NumPy's
    protocols (``__array_ufunc__``, ``__array_function__``), and do its arithmetic with them.

    Args:
        cls: the class.
        take: ``take(value)`` gives the array within, and a label: what else there is of the value.
        put: ``put(array, label)`` makes a value.
        derive: ``derive(label_of_value, labels_of_point)`` gives the label of a derivative, one label of the
            point for each order, or None for a plain array. By default a first derivative of a number has
            the point's label, and any other is a plain array.

    Returns:
        The class, so that this can be a decorator's last step.

    Raises:
        ArgumentError: ``cls`` is no class, or one of the others no function.

    Example:
        >>> import numpy as np, hoad
        >>> class Length:
        ...     def __init__(self, metres): self.metres = metres
        ...     def __mul__(self, other): return Length(self.metres * other)
        ...     def total(self): return np.sum(self.metres ** 2)
        ...     def __repr__(self): return f"Length({self.metres})"
        >>> _ = hoad.wrapper(Length, lambda w: (w.metres, None), lambda array, _: Length(array))
        >>> hoad.grad(lambda w: (w * 2.0).total(), Length(np.array([1.0, 2.0])))
        Length([ 8. 16.])
    """
    if not isinstance(cls, type):
        raise ArgumentError(f"cls is {describe(cls)}; it must be a class")
    for name, function in (("take", take), ("put", put), ("derive", derive)):
        if not callable(function) and not (name == "derive" and function is None):
            raise ArgumentError(f"{name} is {describe(function)}; it must be a function")
    KNOWN[cls] = Wrapper(take, put, derive) if derive is not None else undescribed(take, put)
    for told in LISTENERS:
        told(cls)
    return cls


def undescribed(take: Callable[[Any], tuple[Any, Label]], put: Callable[[Any, Label], Any]) -> Wrapper:
    """A wrapper of which nothing was said of derivatives: a gradient has the label of the point. A label may
    be None, so each is held in a list.
    """

    def opened(value: Any) -> tuple[Any, Label]:
        array, label = take(value)
        return array, [label]

    def derived(value: Label, point: tuple[Label, ...]) -> Label:
        return point[0] if len(point) == 1 and value is None else None

    return Wrapper(opened, lambda array, label: put(array, label[0]), derived)


def wrapper_of(value: Any) -> Wrapper | None:
    """How a value is opened, if its class was registered, or is pint's or xarray's."""
    for cls in value.__class__.__mro__:
        if cls in KNOWN:
            return KNOWN[cls]
    house = house_of(value)
    if house == "sparse" and has_guide(house):
        return next((KNOWN[cls] for cls in value.__class__.__mro__ if cls in KNOWN), None)
    if is_of_jax(value):
        return OF_JAX if value.dtype.kind in "fc" else None
    if house == "pint" and hasattr(value, "magnitude"):
        return QUANTITY
    if house == "xarray" and value.__class__.__name__ == "DataArray":
        return LABELLED
    return None


def uniform_wrapper(value: Any) -> Wrapper | None:
    """The same, if its label says the same of each element."""
    found = wrapper_of(value)
    return found if found is not None and found.uniform else None


def unopened(value: Any, name: str) -> NotDifferentiableError:
    """The error of a wrapped array where a plain one is wanted; an operator that opens it goes on from it."""
    error = NotDifferentiableError(
        f"{name} is {in_words(value)}; hoad.grad, value_and_grad, jacobian, hessian, hvp, jvp and derivative "
        f"take it as their point, and what else takes a point takes the plain array: pass "
        f"{plain_array_of(value)}, of which f may make the other again"
    )
    error.wrapped = True
    return error


def plain_one(value: Any, name: str) -> Any:
    """A value that is no wrapped array.

    Raises:
        NotDifferentiableError: it is one.
    """
    found = wrapper_of(value)
    if found is not None and not found.optional:
        raise unopened(value, name)
    return value


def alike(result: Any, put: Callable[[Any], Any]) -> Any:
    """The arrays and numbers of a result as another library has them, in tuples, lists and dictionaries."""
    if isinstance(result, (tuple, list)):
        parts = [alike(part, put) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    if result.__class__ is dict:
        return {key: alike(part, put) for key, part in result.items()}
    return result.alike(put) if hasattr(result.__class__, "alike") else put(result)


# ------------------------------------------------------------------------------------------------------------
# pint
# ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Unit:
    """A unit of pint's, and the class of its quantities."""

    unit: Any
    quantity: type


def open_quantity(value: Any) -> tuple[Any, Unit]:
    """The magnitude, and the unit."""
    return value.magnitude, Unit(value.units, value.__class__)


def unit_of_derivative(value: Unit | None, point: tuple[Unit, ...]) -> Unit:
    """The unit of the value by those of the point."""
    if value is not None and not point:
        return value
    below = math.prod([p.unit for p in point[1:]], start=point[0].unit)
    return Unit(below**-1 if value is None else value.unit / below, point[0].quantity)


QUANTITY = Wrapper(
    open_quantity,
    lambda array, label: label.quantity(array, label.unit),
    unit_of_derivative,
    uniform=True,
)

# ------------------------------------------------------------------------------------------------------------
# xarray
# ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Axes:
    """The names of axes and the coordinates of an array of xarray's, and its class."""

    dims: tuple[Any, ...]
    coords: dict[Any, Any]
    array: type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Axes) and self.dims == other.dims

    def __hash__(self) -> int:
        return hash(self.dims)


def open_array(value: Any) -> tuple[Any, Axes]:
    """The array, and its axes."""
    return value.variable._data, Axes(value.dims, dict(value.coords), value.__class__)


def axes_of_derivative(value: Axes | None, point: tuple[Axes, ...]) -> Axes | None:
    """The axes of the value, and then those of the point, if all differ in name; else a plain array."""
    parts = [part for part in (value, *point) if part is not None]
    dims = tuple([name for part in parts for name in part.dims])
    if len(set(dims)) < len(dims):
        return None
    coords = {name: c for part in parts for name, c in part.coords.items()}
    return Axes(dims, coords, point[0].array if point else parts[0].array)


def labelled(array: Any, label: Axes) -> Any:
    """An array with its names; a sparse matrix of SciPy's can have none."""
    return array if hasattr(array, "tocsr") else label.array(array, dims=label.dims, coords=label.coords)


LABELLED = Wrapper(open_array, labelled, axes_of_derivative)

# ------------------------------------------------------------------------------------------------------------
# JAX
# ------------------------------------------------------------------------------------------------------------


def array_of_jax(array: Any, label: Label) -> Any:
    """A result as an array of JAX's; f itself computes with what NumPy makes of it."""
    plain = isinstance(array, (np.ndarray, np.generic, float, complex)) and not isinstance(array, Traced)
    return sys.modules["jax"].numpy.asarray(array) if plain else array


OF_JAX = Wrapper(
    lambda value: (np.asarray(value), None),
    array_of_jax,
    lambda value, point: "an array of JAX's",
    optional=True,
)
