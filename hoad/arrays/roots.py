"""Roots of squares where they are zero: ``abs(x)``, the length of a vector, the standard deviation.

There a root has a kink, and of its change nothing is left but the slope that is chosen: in ``abs(x)**2`` the
second derivative would be lost with it, though it is 2, that of ``x * x``. So a root that is zero somewhere
remembers what it is the root of. An even power of it is a power of that, and so is its product with itself; a
multiple and an element of it are roots again. To all other operations it is the value that it is.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..nested import Traced, everything, primal
from ..values.constants import is_elsewhere
from ..values.reading import vanishes
from ..values.shapes import REALS

SET_CLASS = vars(object)["__class__"].__set__
EXPONENTS = (int, np.integer, *REALS)
INNER = (np.dot, np.vdot, np.inner)
UNIT = 1


class Root(NamedTuple):
    """What a root is the root of.

    Attributes:
        square: gives the square, as it was when the root was taken.
        key: tells it from other squares.
        factor: what the root was multiplied by since.
        held: the root, as long as it is there.
    """

    square: Callable[[], Any]
    key: Any
    factor: Any
    held: Any

    def squared(self, factor: Any) -> Any:
        """The square, times two factors."""
        exact = self.square()
        return exact if self.factor is UNIT and factor is UNIT else self.factor * factor * exact


ROOTS: dict[int, Root] = {}  # by the identity of the roots


def remember(x: Any, square: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """A root that may be zero somewhere, with what it is the root of."""
    if x.differentiates and is_zero_somewhere(everything(x)):
        key = (square, *map(contents_of, args))
        note(x, functools.partial(square, *map(as_it_is, args)), key, UNIT)
    return x


def note(x: Any, square: Callable[[], Any], key: Any, factor: Any) -> Any:
    """A value, as a multiple of the root of a square."""
    if isinstance(x, Traced) and id(x) not in ROOTS:
        place = id(x)
        ROOTS[place] = Root(square, key, factor, weakref.ref(x, lambda _: ROOTS.pop(place, None)))
        kind: Any = type(x)
        SET_CLASS(x, class_of(kind))
    return x


def is_zero_somewhere(value: Any) -> bool:
    """Tell whether a plain value is 0 at any place; of one whose every use is noted, whether it may be."""
    if value.__class__ is np.ndarray:
        return vanishes(value)
    if isinstance(value, (*REALS, np.generic)):
        return bool(not value)
    return isinstance(value, Traced) or not (is_elsewhere(value) or bool(np.all(value)))


def as_it_is(x: Any) -> Any:
    """An argument, which later writes do not reach."""
    if isinstance(x, Traced):
        return x.frozen()
    return x.copy() if isinstance(x, np.ndarray) else x


def contents_of(x: Any) -> Any:
    """What tells a value, with all its derivatives, from others."""
    if isinstance(x, Traced):
        held = [contents_of(getattr(x, name, None)) for name in x.contents if name != "level"]
        return (x.__class__, x.level.tag, *held)
    if isinstance(x, np.ndarray):
        return (x.shape, x.dtype.str, x.tobytes())
    if isinstance(x, (tuple, list)):
        return tuple(map(contents_of, x))
    return x if isinstance(x, (int, *REALS, complex, np.generic)) else id(x)


@functools.cache
def class_of(kind: Any) -> Any:
    """The class of the roots of a kind of traced values: to all who ask, it is that kind."""
    says = property(lambda self: kind, changed)
    return type("Rooted", (Rooted, kind), {"__slots__": (), "__class__": says})


def changed(x: Any, kind: type) -> None:
    """A root becomes a value of another kind, as something is written into it."""
    forget(x).__class__ = kind


def root_in(x: Any) -> Root | None:
    """What a value remembers to be the root of."""
    return ROOTS.get(id(x)) if isinstance(x, Traced) else None


def forget(x: Any) -> Any:
    """A root as any other value of its kind."""
    ROOTS.pop(id(x), None)
    SET_CLASS(x, x.__class__)
    return x


def power(x: Any, exponent: Any) -> Any:
    """A power of a root; None where nothing is known of it."""
    root = root_in(x)
    if root is None or not isinstance(exponent, EXPONENTS) or exponent < 2 or exponent % 2:
        return None
    half, is_zero = int(exponent) // 2, np.equal(x, 0)
    if isinstance(is_zero, Traced) and not is_zero.has_members and not x.ndim and not is_zero:
        return None  # its every use is noted, and nothing was known when it was made
    exact = root.squared(root.factor)
    return as_computed(exact if half == 1 else exact**half, primal(x) ** exponent)


def as_computed(exact: Any, value: Any) -> Any:
    """The exact form of a power, with the last digits that NumPy gives the value."""
    with np.errstate(invalid="ignore"):
        short = value - primal(exact)
    return exact + np.where(np.isfinite(short), short, 0)[()]


def product(x: Any, y: Any, ufunc: Any, result: Any) -> Any:
    """A product or a quotient in which there is a root: of two multiples of one root, or of a constant."""
    one, other = root_in(x), root_in(y)
    if ufunc is np.multiply and one is not None and other is not None and one.key == other.key:
        return as_computed(one.squared(other.factor), primal(result))
    if one is not None and not isinstance(y, Traced):
        return again(result, one, ufunc(one.factor, y))
    if other is not None and not isinstance(x, Traced) and ufunc is np.multiply:
        return again(result, other, x * other.factor)
    return result


def again(result: Any, root: Root, factor: Any) -> Any:
    """A multiple of a root, as a root."""
    known = not np.iscomplexobj(factor) and np.all(np.isfinite(factor))
    return note(result, root.square, root.key, factor) if known else result


def inner(x: Any, y: Any, result: Any) -> Any:
    """An inner product in which there is a root: of two multiples of one root."""
    one, other = root_in(x), root_in(y)
    if one is None or other is None or np.ndim(x) != 1 or np.ndim(y) != 1 or one.key != other.key:
        return result
    return as_computed(np.sum(one.squared(other.factor)), primal(result))


def overwritten(x: Any, value: Any) -> Any:
    """An array that was a root, and now holds a power or a product of it."""
    if not x.ndim:
        return NotImplemented
    forget(x)[...] = value
    return x


def moved(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
    """The elements of a root in another shape."""
    x = args[0]
    root = root_in(x)
    if root is None:
        return result
    factor = np.broadcast_to(root.factor, x.shape) if np.ndim(root.factor) else root.factor
    factor = rule(factor, *args[1:], **kwargs) if np.ndim(factor) else factor
    key = (root.key, rule, contents_of((*args[1:], *kwargs.values())))
    return note(result, lambda: rule(root.square(), *args[1:], **kwargs), key, factor)


def element(x: Any, index: Any, result: Any) -> Any:
    """Elements of a root."""
    root = root_in(x)
    if root is None:
        return result
    factor = np.broadcast_to(root.factor, x.shape)[index] if np.ndim(root.factor) else root.factor
    key = (root.key, "elements", contents_of(index))
    return note(result, lambda: root.square()[index], key, factor)


def of_ufunc(ufunc: Any, inputs: Any, result: Callable[[], Any]) -> Any:
    """A ufunc, one of whose inputs is a root."""
    if ufunc is np.square or ufunc is np.power:
        found = power(inputs[0], 2 if ufunc is np.square else inputs[1])
        return result() if found is None else found
    if ufunc in (np.multiply, np.divide):
        return product(inputs[0], inputs[1], ufunc, result())
    return inner(inputs[0], inputs[1], result()) if ufunc is np.matmul else result()


def sign(name: str, then: Callable[..., Any]) -> Callable[..., Any]:
    """A sign between a root and another operand."""

    def applied(self: Any, other: Any) -> Any:
        result = getattr(super(Rooted, self), name)(other)
        return result if result is NotImplemented else then(self, other, result)

    return applied


class Rooted:
    """What a root that is zero somewhere does otherwise than other values of its kind."""

    __slots__ = ()
    __mul__ = sign("__mul__", lambda x, y, result: product(x, y, np.multiply, result))
    __rmul__ = sign("__rmul__", lambda x, y, result: product(y, x, np.multiply, result))
    __truediv__ = sign("__truediv__", lambda x, y, result: product(x, y, np.divide, result))
    __matmul__ = sign("__matmul__", lambda x, y, result: inner(x, y, result))
    __getitem__ = sign("__getitem__", lambda x, index, result: element(x, index, result))
    __imul__ = sign("__mul__", lambda x, y, result: overwritten(x, product(x, y, np.multiply, result)))

    def __neg__(self) -> Any:
        return self * -1.0

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))  # type: ignore[arg-type]

    def __pow__(self, exponent: Any, *modulus: Any) -> Any:
        found = power(self, exponent)
        return as_any(self, "__pow__")(exponent, *modulus) if found is None else found

    def __ipow__(self, exponent: Any) -> Any:  # type: ignore[misc]
        return overwritten(self, self**exponent)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        result = functools.partial(as_any(self, "__array_ufunc__"), ufunc, method, *inputs, **kwargs)
        return result() if method != "__call__" or kwargs else of_ufunc(ufunc, inputs, result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = as_any(self, "__array_function__")(func, types, args, kwargs)
        return inner(args[0], args[1], result) if func in INNER and len(args) == 2 and not kwargs else result

    def process(self, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a rule."""
        result = as_any(self, "process")(rule, args, kwargs)
        return moved(rule, args, kwargs, result) if rule.is_view else result

    def store(self, index: Any, value: Any) -> None:
        """Write into contents that are none of a root any more."""
        forget(self).store(index, value)


def as_any(x: Any, name: str) -> Any:
    """A method, as any value of the kind has it."""
    return getattr(super(Rooted, x), name)
