"""``Recorded``: a plain value of which every use is noted, so that the program can be carried out again.

It stands outside of all derivatives, as a float or an array does: duals, tracers and batches hold it as their
primal, so a derivative of any order and nesting that is taken of it is noted as the NumPy calls it consists
of. ``hoad.compile`` is made of it.

It knows the value that was *seen* in this run. Whoever reads that must say what for: a truth value, an
integer, the elements that a mask chooses become guards; a float that leaves for code which asks no rule
can't be guarded, and the program is not recorded then. What changes no result (the class of a value, its
place in memory, whether there is nan in it) is asked with ``nested.glance``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays.arraylike import ArrayLike, compare_members
from ..arrays.mutation import is_view, link_view, own
from ..chainrules.numpy.indexing import scatter, taken, where
from ..chainrules.statements import Constant, Primitive
from ..errors import RecordingError
from ..nested import Value, refused, settle
from ..values.shapes import shape_of
from .recording import Node, Recording, mapped

PYTHON = frozenset({float, int, bool, complex})  # numbers that have no precision of their own


class Recorded(ArrayLike):
    """A plain value, as ``slot`` in the program of its ``level``; ``seen`` is what it was in this run.

    Example:
        >>> recording = Recording()
        >>> x = Recorded(recording, 3.0, recording.entered(3.0))
        >>> y = np.sin(x) * 2.0
        >>> [node.what for node in recording.nodes]
        ['input', 'sin', 'multiply']
        >>> bool(y > 1), recording.guards
        (False, [(<greater greater bool[]>, False)])
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    contents: ClassVar[tuple[str, ...]] = ("level", "tangent", "slot")
    differentiates = False
    noted = True

    def __init__(self, level: Recording, seen: Value, node: Node) -> None:
        self.level = level
        self.tangent = seen
        self.slot = node

    @property
    def seen(self) -> Any:
        """The value in this run."""
        return self.tangent

    @property
    def primal(self) -> Any:
        """The value in this run, for somebody who goes on with it: as a guard."""
        return self.pinned()

    def __repr__(self) -> str:
        return f"Recorded({self.seen!r})"

    __str__ = __repr__

    # -- Operations ------------------------------------------------------------------------------------------

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a function, and note it."""
        recording: Recording = self.level
        args, kwargs = understood(rule, args, kwargs)
        plain = mapped(args, seen_of)
        options = mapped(kwargs, seen_of)
        out = rule(*plain, **options)
        if out.__class__ is np.float64 and all([a.__class__ in PYTHON for a in plain]):
            out = float(out)
        node = recording.add(
            Node(
                rule.name or "function",
                recording.taken(args),
                recording.taken(kwargs),
                out,
                rule.function,
                rule,
            )
        )
        result = self.result(out, node)
        if rule.__class__ is Constant and rule.sizes_vary:
            return mapped(result, pinned_of)
        if rule.is_view and isinstance(args[0], Recorded) and is_view(out, plain[0]):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def result(self, out: Value, node: Node) -> Any:
        """The value of a node; of several, each by itself."""
        if not isinstance(out, tuple):
            return Recorded(self.level, out, node)
        parts = [self.level.add(Node("part", (node, k), {}, part)) for k, part in enumerate(out)]
        return tuple([self.result(part, each) for part, each in zip(out, parts, strict=True)])

    # -- Writing in place ------------------------------------------------------------------------------------

    def constant(self, value: Value) -> Recorded:
        """A value that depends on nothing, whose contents may be written to."""
        held = own(seen_of(value))
        return Recorded(self.level, held, self.level.constant(held))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Recorded:
        """Zeros."""
        return self.constant(np.zeros(shape, dtype))

    def frozen(self) -> Recorded:
        """The same value under a handle of its own."""
        return Recorded(self.level, own(self.seen), self.slot)

    def store(self, index: Any, value: Value) -> None:
        """Write into the array."""
        recording: Recording = self.level
        index = mapped(index, chosen)
        held = self.seen if self.slot.what == "put" else own(self.seen)
        held[mapped(index, seen_of)] = seen_of(value)
        args = recording.taken((self, index, value))
        self.tangent = held
        self.slot = recording.add(Node("put", args, {}, held))

    # -- What leaves the program -----------------------------------------------------------------------------

    def pinned(self) -> Any:
        """The value in this run, if it is one that may be the same in the next."""
        value = self.seen
        if np.result_type(value).kind not in "biu":
            raise self.escape("it left for code that asks no rule")
        self.level.guard(self.slot, value.copy() if isinstance(value, np.ndarray) else value)
        return value

    def escape(self, how: str) -> RecordingError:
        """The error for a float that is read."""
        return refused(
            RecordingError(
                f"{how}: a number of which nobody knows what became of it can't be recorded, for it will be "
                f"another one in the next call"
            ),
            self,
        )

    def without_derivatives(self) -> Recorded:
        """The value itself: no level stands within it."""
        return self

    def __bool__(self) -> bool:
        found = bool(self.seen)
        if np.result_type(self.seen).kind != "b":
            return bool(np.not_equal(self, 0))
        self.level.guard(self.slot, found)
        return found

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if np.result_type(self.seen).kind in "biu":
            return np.array(self.pinned(), dtype=dtype)
        return super().__array__(dtype, copy)

    def __float__(self) -> float:
        raise self.escape("float(x) of it was taken")

    def __complex__(self) -> complex:
        raise self.escape("complex(x) of it was taken")

    def __int__(self) -> int:
        return int(np.trunc(self).astype(int).pinned()) if is_float(self) else int(self.pinned())

    def __index__(self) -> int:
        if is_float(self):
            raise TypeError(f"{self.seen!r} can't be an index: an index must be an integer; int(x) is one")
        return int(self.pinned())

    def __floor__(self) -> int:
        return int(np.floor(self))

    def __ceil__(self) -> int:
        return int(np.ceil(self))

    __trunc__ = __int__

    def __round__(self, ndigits: int | None = None) -> Any:
        return int(np.rint(self)) if ndigits is None else np.round(self, ndigits)

    def is_integer(self) -> bool:
        """Whether it has no fraction."""
        return bool(np.equal(self, np.floor(self)))

    def hex(self) -> str:
        """Its text."""
        raise self.escape("hex() of it was taken")

    # -- What never changes ----------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return shape_of(self.seen)

    @shape.setter
    def shape(self, shape: Any) -> None:
        self.set_shape(shape)

    @property
    def dtype(self) -> Any:
        """The type of its elements."""
        return np.result_type(self.seen) if not hasattr(self.seen, "dtype") else self.seen.dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.set_dtype(dtype)


compare_members(Recorded)


def seen_of(x: Any) -> Any:
    """A leaf of arguments as it is in this run."""
    return x.seen if x.__class__ is Recorded else settle(x)


def pinned_of(x: Any) -> Any:
    """A leaf of a value as a guard."""
    return x.pinned() if x.__class__ is Recorded else x


def is_float(x: Recorded) -> bool:
    """Tell whether a value is no integer."""
    return x.dtype.kind not in "biu"


def chosen(x: Any) -> Any:
    """A part of an index: a mask decides how many elements there are, so it becomes a guard."""
    return x.pinned() if x.__class__ is Recorded and x.dtype.kind == "b" else x


def understood(rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Arguments among which integers and truth values are guards, unless the shape of the result is known
    not to depend on them.
    """
    if rule.gathers or rule in (scatter, taken):
        return (args[0], mapped(args[1], chosen), *args[2:]), kwargs
    if rule is where or isinstance(rule.function, np.ufunc) or not numbers_count(args, kwargs):
        return args, kwargs
    if rule.kind == "linear" and not any([discrete(a) for a in args[1:]]) and not kwargs:
        return args, kwargs
    return mapped(args, fixed), mapped(kwargs, fixed)


def numbers_count(args: Any, kwargs: Any) -> bool:
    """Tell whether integers or truth values are among the traced arguments."""
    found: list[bool] = []
    mapped((args, kwargs), lambda leaf: found.append(discrete(leaf)))
    return any(found)


def discrete(x: Any) -> bool:
    """Tell whether an argument is a traced integer or truth value, or an array of such."""
    return x.__class__ is Recorded and not is_float(x)


def fixed(x: Any) -> Any:
    """A leaf of arguments, as a guard if it is an integer."""
    return x.pinned() if discrete(x) else x
