"""Roots of squares where they are zero: ``abs(x)``, the length of a vector, the standard deviation, ``sqrt``.

There a root has a kink, and of its change nothing is left but the slope that is chosen: in ``abs(x)**2`` the
second derivative would be lost with it, though it is 2, that of ``x * x``. So a root that is zero somewhere
remembers what it is the root of. An even power of it is a power of that, and so is its product with itself; a
multiple and an element of it are roots again. What else is made of it, element by element, has a root as a
part (``bends.py``).
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, ClassVar, cast

import numpy as np

from ..chainrules import RULES
from ..guests import SIGNS
from ..nested import ROOTS, Traced, everything, primal
from ..values.constants import is_elsewhere
from ..values.reading import is_read, vanishes
from ..values.shapes import REALS, shape_of
from .terms import NONE, Root, new

SET_CLASS = vars(object)["__class__"].__set__
EXPONENTS = (int, np.integer, *REALS)
FEW = 64  # rows of roots, which are moved one after the other
HELD_BY_SLOT: set[type] = (
    set()
)  # kinds of values that a later write does not reach, without a copy (tracer.py)


class Itself:
    """An array on a device, which is told from others by identity: it is held, so that no other one takes its
    place, and a write into it makes another one while there are roots (``mutation.put``).
    """

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and other.held is self.held

    def __hash__(self) -> int:
        return id(self.held)


LEFT: ContextVar[bool] = ContextVar("roots are the values that they are", default=False)


def remember(x: Any, square: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """A root that may be zero somewhere, with what it is the root of."""
    if x.differentiates and (is_zero_somewhere(everything(x)) or may_be_zero(x)):
        key = (shape_of(x), square, *map(contents_of, args))
        root = new(key, functools.partial(square, *map(as_it_is, args)), shape_of(x))
        note(x if root_in(x) is None else forget(x), root)
    return x


def note(x: Any, root: Root | None) -> Any:
    """A value, with the roots of which it is made."""
    if root is not None and isinstance(x, Traced) and id(x) not in ROOTS:
        place = id(x)
        held = weakref.ref(x, lambda _: ROOTS.pop(place, None))
        ROOTS[place] = root.of_shape(shape_of(x))._replace(held=held)
        kind: Any = type(x)
        SET_CLASS(x, class_of(kind))
    return x


def is_zero_somewhere(value: Any) -> bool:
    """Tell whether a plain value is 0 at any place; of one whose every use is noted, whether it may be."""
    if value.__class__ is np.ndarray:
        return vanishes(value)
    if isinstance(value, (*REALS, np.generic)):
        return bool(not value)
    return isinstance(value, Traced) or (not is_elsewhere(value) and bool(np.any(np.equal(value, 0))))


def may_be_zero(x: Any) -> bool:
    """Tell whether a value on a device, where nobody looks for zeros, is to remember its square: where second
    derivatives are taken, which are lost without it, and where that costs nothing.
    """
    held = x
    while isinstance(held, Traced) and not held.noted:
        if held.is_element:  # within the kernel of a step
            return False
        held = held.primal
    return is_elsewhere(held) and not is_read(held) and (orders(x) > 1 or x.__class__ in HELD_BY_SLOT)


def orders(x: Any) -> int:
    """How many derivatives are being taken of a value; those that are taken of a recording later carry out
    its operations again, and ask then.
    """
    total = 0
    while isinstance(x, Traced) and not x.noted:
        total += x.order if x.level.alive else 0
        x = x.primal
    return total


def as_it_is(x: Any) -> Any:
    """An argument, which later writes do not reach; a root is one as before."""
    if isinstance(x, Traced):
        root = root_in(x)
        return x.frozen() if root is None else note(x.frozen(), root)
    return x.copy() if isinstance(x, np.ndarray) else x


def contents_of(x: Any) -> Any:
    """What tells a value, with all its derivatives, from others."""
    if isinstance(x, Traced):
        program, slot = getattr(x.level, "program", None), getattr(x, "slot", None)
        if program.__class__ is list and slot is not None and getattr(x, "tangent", None) is None:
            held = [origin_of(slot, program)]
        else:
            held = [contents_of(getattr(x, name, None)) for name in x.contents if name != "level"]
        root = root_in(x)
        roots = () if root is None else (contents_of(root.numbers), contents_of(root.factor))
        return (x.__class__, x.level.tag, *held, *roots)
    if isinstance(x, np.ndarray):
        return (x.shape, x.dtype.str, x.tobytes())
    if isinstance(x, (tuple, list)):
        return tuple(map(contents_of, x))
    if x.__class__ is slice:
        return (slice, x.start, x.stop, x.step)
    if isinstance(x, dict):
        return tuple([(name, contents_of(v)) for name, v in x.items()])
    if is_elsewhere(x):
        return Itself(x)
    known = getattr(x, "known", None)  # of a series
    if known is not None:
        return tuple(map(contents_of, known))
    return x if isinstance(x, (int, *REALS, complex, np.generic)) else id(x)


def origin_of(slot: int, program: list[Any], steps: int = 4) -> Any:
    """What tells a recorded value from others, but from one that was made of the same values by the same
    operation: ``x[0]``, which is another slot each time that a program writes it.
    """
    number, pullback, a, b, value = program[5 * slot : 5 * slot + 5] or [None] * 5
    if number != slot or steps == 0 or (a is None and b is None):
        return slot  # an input, or recorded by several threads
    return (pullback, *[operand_of(v, program, steps - 1) for v in (a, b)], contents_of(value))


def operand_of(x: Any, program: list[Any], steps: int) -> Any:
    """The same of an operand, which may be a slot; a constant that is taken for one is so every time."""
    if x.__class__ is int and 0 <= x < len(program) // 5:
        return origin_of(x, program, steps)
    if x.__class__ is list:
        return tuple([operand_of(v, program, steps) for v in x])
    return contents_of(x)


@functools.cache
def class_of(kind: Any) -> Any:
    """The class of the roots of a kind of traced values: to all who ask, it is that kind."""
    says = property(lambda self: kind, changed)
    general = {name: method_of(kind.__mro__, name) for name in ("sum", "mean", "dot", "__setitem__")}
    return type("Rooted", (Rooted, kind), {"__slots__": (), "__class__": says, **general})


def method_of(kinds: tuple[Any, ...], name: str) -> Any:
    """A method as the most general of some kinds has it, which is made of rules."""
    return [vars(kind)[name] for kind in kinds if name in vars(kind)][-1]


def changed(x: Any, kind: Any) -> None:
    """A root becomes a value of another kind, by which it is the same value."""
    SET_CLASS(x, kind if issubclass(kind, Rooted) else class_of(kind))


def hand_over(handle: Any, new: Any) -> None:
    """A value holds now what another one holds, and has the roots of that."""
    root, kind = root_in(new), new.__class__
    ROOTS.pop(id(handle), None)
    SET_CLASS(handle, kind)
    if root is not None:
        note(handle, root)


def root_in(x: Any) -> Root | None:
    """What a value remembers to be the root of."""
    return ROOTS.get(id(x)) if isinstance(x, Traced) else None


def alone_in(x: Any) -> Root | None:
    """The same of a value that is a multiple of a root, and nothing beside it."""
    root = root_in(x)
    return root if root is not None and root.is_alone else None


def forget(x: Any) -> Any:
    """A root as any other value of its kind."""
    ROOTS.pop(id(x), None)
    SET_CLASS(x, x.__class__)
    return x


def power(x: Any, exponent: Any) -> Any:
    """A power of a root; None where nothing is known of it."""
    root = alone_in(x)
    if root is None or not isinstance(exponent, EXPONENTS) or exponent < 2 or exponent % 2:
        return None
    half, is_zero = int(exponent) // 2, np.equal(x, 0)
    if isinstance(is_zero, Traced) and not is_zero.has_members and not x.ndim and not is_zero:
        return None  # its every use is noted, and nothing was known when it was made
    exact = root.squared(root.factor)
    exact = exact if half == 1 else exact**half
    if is_everywhere(root):
        return as_computed(exact, primal(x) ** exponent)
    other = forget(x.frozen()) ** exponent
    return np.where(root.numbers[0] >= 0, as_computed(exact, primal(other)), other)[()]


def is_everywhere(root: Root) -> bool:
    """Tell whether each element of a value is a multiple of a root."""
    return bool(root.is_alone and np.all(root.numbers >= 0))


def as_computed(exact: Any, value: Any) -> Any:
    """The exact form of a power, with the last digits that NumPy gives the value; on a device without."""
    if is_elsewhere(everything(exact)) and not is_read(everything(exact)):
        return exact
    token = LEFT.set(True)
    try:
        with np.errstate(invalid="ignore"):
            short = value - primal(exact)
        return note(exact + np.where(np.isfinite(short), short, 0)[()], root_in(exact))
    finally:
        LEFT.reset(token)


def product(x: Any, y: Any, ufunc: Any) -> Any:
    """A product or a quotient in which there is a root: of two multiples of one root, or of a constant; None
    where it is another.
    """
    one, other = root_in(x), root_in(y)
    if one is not None and other is not None:
        if ufunc is not np.multiply or not (one.is_alone and other.is_alone):
            return None
        shape = np.broadcast_shapes(one.shape, other.shape)
        one, other = one.of_shape(shape), other.of_shape(shape)
        same = (one.numbers == other.numbers)[0] & (one.numbers[0] >= 0)
        if not same.any() or (not same.all() and not is_read(everything(x))):
            return None
        exact: Any = lambda result: as_computed(one.squared(other.factor), primal(result))
        return exact if same.all() else lambda result: np.where(same, exact(result), result)[()]
    if one is not None and not isinstance(y, Traced):
        return lambda result: again(result, one, lambda factor: ufunc(factor, y))
    if other is not None and not isinstance(x, Traced) and ufunc is np.multiply:
        return lambda result: again(result, other, lambda factor: x * factor)
    return None


def distance(x: Any) -> Root | None:
    """The root of which x is a multiple, and its absolute value too, since no root is below 0; but for those
    of ``copysign``, whose sign the value tells, and on a device, where nobody looks.
    """
    root = alone_in(x)
    if root is None or not is_read(everything(x)):
        return None
    is_below = np.signbit(everything(x)) != np.signbit(everything(root.factor))
    return None if np.any(is_below & (root.numbers[0] >= 0)) else root


def again(result: Any, root: Root, change: Callable[[Any], Any]) -> Any:
    """A multiple of what has roots."""
    root = root.of_shape(shape_of(result))
    factor = change(root.factor)
    if is_elsewhere(everything(factor)):
        return result  # nobody looks whether it is finite
    if not np.all(np.isfinite(primal(factor))):
        return result
    return note(result, root._replace(factor=factor))


def overwritten(x: Any, value: Any) -> Any:
    """An array that was a root, and now holds what was made of it."""
    if not x.ndim or value is NotImplemented:
        return NotImplemented
    root = root_in(value)
    forget(x)[...] = value
    return x if root is None else note(forget(x), root)


def moved(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
    """The elements of a root in another shape."""
    x, *rest = args
    found = placed(x, lambda v: rule(v, *rest, **kwargs), result)
    return SPREAD[0](rule, args, kwargs, result) if root_in(found) is None else found


def element(x: Any, index: Any, result: Any) -> Any:
    """Elements of a root."""
    return placed(x, lambda v: v[index], result)


def placed(x: Any, move: Callable[[Any], Any], result: Any) -> Any:
    """What has the elements of a root, or some of them, in other places."""
    root = root_in(x)
    made = None if root is None or len(root.numbers) > FEW else root.placed(move)
    return note(result, made) if made is not None and made.shape == shape_of(result) else result


def unwritten(root: Root, index: Any) -> Root:
    """The roots of an array into which something else was written at an index."""
    written = np.zeros(root.shape, bool)
    written[index] = True
    factor = np.where(written, 0.0, root.factor)
    return root._replace(numbers=np.where(written, NONE, root.numbers), factor=factor)


def of_ufunc(ufunc: Any, inputs: Any, result: Callable[[], Any]) -> Any:
    """A ufunc, one of whose inputs is a root."""
    if LEFT.get():
        return result()
    if ufunc is np.square or ufunc is np.power:
        found = power(inputs[0], 2 if ufunc is np.square else inputs[1])
        if found is not None:
            return found
    if ufunc in (np.multiply, np.divide):
        made = product(inputs[0], inputs[1], ufunc)
        if made is not None:
            return made(as_values(result))
    if (ufunc is np.absolute or ufunc is np.fabs) and (root := distance(inputs[0])) is not None:
        return again(forget(as_values(result)), root, np.abs)
    rule: Any = RULES.get(ufunc, ufunc)
    if getattr(rule, "kind", "composite") != "scalar":  # what it is made of comes here
        are_arrays = all([isinstance(x, (Traced, np.ndarray, *EXPONENTS)) for x in inputs])
        return rule(*inputs) if are_arrays and rule is not ufunc else result()
    return BENT[0](ufunc, inputs, result)


def as_values(result: Callable[[], Any], are: bool = True) -> Any:
    """What is made of roots as the values that they are; or as roots, again."""
    token = LEFT.set(are)
    try:
        return result()
    finally:
        LEFT.reset(token)


# What is done by ``bends.py`` and ``spreads.py``, which stand above.
SPREAD: list[Callable[[Any, Any, Any, Any], Any]] = [lambda rule, args, kwargs, result: result]
TIED: list[Callable[[Any, float, Any, Any], Any]] = [lambda value, tie, x, y: value]
WRITTEN: list[Callable[[Any, Any, Any], None]] = [lambda target, index, value: None]
BENT: list[Callable[[Any, Any, Callable[[], Any]], Any]] = [lambda ufunc, inputs, result: result()]


def sign(name: str, ufunc: Any, is_reflected: bool = False) -> Callable[..., Any]:
    """A sign between a root and another operand."""

    def applied(self: Any, other: Any, *modulus: Any) -> Any:
        refused = []

        def result() -> Any:
            found = getattr(super(Rooted, self), name)(other, *modulus)
            refused.append(found is NotImplemented)
            return 0.0 if found is NotImplemented else found

        found = of_ufunc(ufunc, (other, self) if is_reflected else (self, other), result)
        return NotImplemented if any(refused) else found

    return applied


def in_place(made: Callable[..., Any]) -> Callable[..., Any]:
    """A sign that writes what it makes into its first operand."""
    return lambda self, other: overwritten(self, made(self, other))


class Rooted:
    """What a root that is zero somewhere does otherwise than other values of its kind."""

    __slots__ = ()
    functions: ClassVar[dict[Any, Any]] = {}  # none by hand: what is made of rules asks ``process``
    __getitem__ = lambda self, index: element(self, index, as_any(self, "__getitem__")(index))

    def __neg__(self) -> Any:
        return cast(Any, self) * -1.0

    def __abs__(self) -> Any:
        return np.absolute(cast(Any, self))

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))  # type: ignore[arg-type]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        result = functools.partial(as_any(self, "__array_ufunc__"), ufunc, method, *inputs, **kwargs)
        return result() if method != "__call__" or kwargs else of_ufunc(ufunc, inputs, result)

    def bent(self, rule: Any, args: tuple[Any, ...]) -> Any:
        """Carry out a function of numbers that a rule of hoad's own asks for; beside a value of another kind
        on the same level, as an array that is being written to, by the way that finishes that.
        """
        is_listed: bool = RULES.get(rule.function) is rule
        function = rule.function if is_listed else rule
        level, kind = cast(Any, self).level, cast(Any, self).__class__
        alike = all([not isinstance(a, Traced) or a.level is not level or a.__class__ is kind for a in args])
        method = as_any(self, "fused").get(rule.function) if alike else None
        result: Any = lambda: rule.processed(self, args, {}) if method is None else method(*args)
        return of_ufunc(function, args, result)

    def process(self, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a rule."""
        result = as_any(self, "process")(rule, args, kwargs)
        return moved(rule, args, kwargs, result) if rule.is_view else SPREAD[0](rule, args, kwargs, result)

    def store(self, index: Any, value: Any) -> None:
        """Write into contents; what is not written stays as it was."""
        root = root_in(self)
        forget(self).store(index, value)
        if root is not None and is_read(everything(self)):
            note(self, unwritten(root, index))


def as_any(x: Any, name: str) -> Any:
    """A method, as any value of the kind has it."""
    return getattr(super(Rooted, x), name)


for _name in ("add", "sub", "mul", "truediv", "mod", "pow", "matmul"):
    setattr(Rooted, f"__{_name}__", sign(f"__{_name}__", SIGNS[_name]))
    setattr(Rooted, f"__r{_name}__", sign(f"__r{_name}__", SIGNS[_name], is_reflected=True))
    setattr(Rooted, f"__i{_name}__", in_place(getattr(Rooted, f"__{_name}__")))
