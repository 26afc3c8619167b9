"""Levels of differentiation: the idea of the library.

Each derivative call opens a *level*, which draws a fresh *tag* from one counter that only goes up. A *traced
value* stands for an ordinary value (its *primal*) at one level. When an operation meets traced values of
several levels, the innermost one (the largest tag) handles it, and its own arithmetic on primals and tangents
meets the other levels in turn. So the levels nest like the calls of the user's program, in any mix of forward
and reverse.

Why the tags. In ::

    derivative(lambda x: x * derivative(lambda y: x + y, 1.0), 1.0)

the inner derivative is 1 and the whole is 1. Dual numbers without tags carry ``x = 1 + e`` and ``y = 1 + e``
with the same ``e``; ``x + y`` is then ``2 + 2e``, the inner derivative comes out as 2 and the whole as 2: the
perturbation of ``x`` was taken for the one of ``y``. With tags, ``y = 1 + e2`` and only the coefficient of
``e2`` is read.

Why the tags are never reused. A tag that is the *depth* of the call is the same for two derivatives that run
in two threads, and for a value that a finished derivative left behind; both are then confused, silently. A
counter needs no lock, no stack and no context variable.
"""

from __future__ import annotations

import itertools
import operator
import weakref
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import numpy as np

from .guests import Labels, reckons_itself
from .places import Place, place_in_a_package, users_place

# What an argument is, where that is certain: names for readers, as a traced value may stand in any place.
Value = Any  # a number or an array that a program computes with, plain or traced
Tangent = Any  # the change of a value along a direction, of its shape
Cotangent = Any  # the change of a result by a value, of the shape of the value
Values = list[Value]  # of a recorded program, by slot
Cotangents = list[Cotangent]  # the same of their cotangents, while it is swept
Slot = int  # the place of a value in a recorded program

next_tag = itertools.count(1).__next__

Lift = Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]
LIFT: ContextVar[Lift | None] = ContextVar("what new levels do to constants", default=None)


# Classes whose values need no second look beside a traced value.
UNDERSTOOD = frozenset(
    {float, int, complex, bool, str, tuple, type(None), slice, type(...), np.float64, np.float32, np.int64}
    | {type(np.dtype(letter)) for letter in "?bhilqBHILQefdgFDG"}
)
FIXED = UNDERSTOOD - {tuple}  # those of which no part can be changed
SIMPLE: set[type] = {*FIXED}  # and the kinds of traced values, of which a rule can be asked as they are


class Refusal(NamedTuple):
    """What an error said that was raised since a value can't be followed, and where in the user's files."""

    text: str
    place: Place


class Notes:
    """What is noted of the values of a level, while the derivative runs.

    ``refusal`` is what could not be followed, if there was something (``refused``); ``labels`` are those of
    the arrays of pandas that were met; ``lent`` is the number of elements that went into NumPy's arrays of
    objects, ``place`` where the first did, and ``packed`` the traced arrays that were made of such;
    ``asked`` is where a cache may have been asked for a value (``ask``), and how; ``met`` tells whether an
    array was found equal to a plain one; ``stopped`` whether the program has taken a plain value by name, as
    a constant.
    """

    __slots__ = ("asked", "labels", "lent", "met", "packed", "place", "refusal", "stopped")

    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        self.labels: Labels | None = None
        self.lent = 0
        self.place: Place | None = None
        self.asked: tuple[Place, str] | None = None
        self.met = self.stopped = False
        self.packed: dict[int, tuple[Any, list[Any], Any]] = {}


class Level:
    """One derivative call: its tag orders it among all others, and ``alive`` tells whether it still runs.

    ``lift`` is for derivatives of fractions, formulas and their kin (``number.py``), else None: it is given a
    rule and its operands, and makes the constants among them exact. It stands on the level, so no other
    derivative is touched by it, in this thread or another.

    ``notes`` are what is only needed where a program does what few do; None until then. ``linked`` tells
    whether a value at the level may be a view of another one, or have views: to ask the value itself, where
    it is neither, takes as long as an operation.
    """

    __slots__ = ("alive", "lift", "linked", "notes", "tag")

    def __init__(self) -> None:
        self.tag = next_tag()
        self.alive = True
        self.lift = LIFT.get()
        self.notes: Notes | None = None
        self.linked = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tag}{'' if self.alive else ', finished'})"


LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def mark(level: Level, letter: str = "ε") -> str:
    """The name of the perturbation of a level: its tag tells it from all others."""
    return letter + str(level.tag).translate(LOWERED)


# Outside of all derivatives, since their tags are drawn before any other:
BASE = Level()  # the level of arrays that wait to be filled
NUMBERS = Level()  # the level of fractions, formulas and their kin
FILLS: ContextVar[bool] = ContextVar("the program may write into arrays", default=True)
CATCHES: ContextVar[bool] = ContextVar("the program may catch errors of Python's arithmetic", default=False)
SAID: ContextVar[dict[float, Any] | None] = ContextVar("the values that became text", default=None)
INSIDE: ContextVar[bool] = ContextVar("inside a derivative", default=False)
NOTING: ContextVar[bool] = ContextVar("operations are noted, to be carried out later", default=False)


ROOTS: dict[int, Any] = {}  # what values have of roots, by the identity of the values (``arrays/roots.py``)


class Traced:
    """A value at one level. The kinds differ in what they carry beside the primal.

    ``Dual`` uses ``tangent``; ``Tracer`` uses ``slot``; ``Batch`` uses neither. One layout serves all, so
    that a write in place can turn one kind into another; ``source`` and ``views`` tie a view to the array
    that it looks at.

    This is all that a kind owes: the methods below, of which those without a body here are its own to write;
    and how it reads a rule of a user (``chainrules.custom.reading``), which for a kind that differentiates is
    its own, too.
    """

    __slots__ = ("__weakref__", "level", "primal", "slot", "source", "tangent", "views")
    level: Any
    primal: Any
    tangent: Any
    slot: Any
    source: Any
    views: Any
    seen: Any
    differentiates = True  # whether a derivative is taken at its levels: it stands for its primal, then
    has_members = False  # whether it stands for many values, along an axis that the program does not see
    is_element = False  # whether it stands for each element of an array, which nobody reads
    stands_in = False  # whether it is another form of an array, which ``whole_array`` gives
    noted = False  # whether it stands for a plain value whose every use is noted, and must not be looked into
    known = True  # whether there is a value that the program may look at
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}  # one-frame methods, by function
    contents: ClassVar[tuple[str, ...]] = (
        "level",
        "primal",
        "tangent",
        "slot",
    )  # what a handle can hand over

    if TYPE_CHECKING:  # the face of an array, which ``ArrayLike`` gives to all kinds

        @property
        def shape(self) -> tuple[int, ...]: ...
        @property
        def ndim(self) -> int: ...
        @property
        def size(self) -> int: ...
        @property
        def dtype(self) -> Any: ...
        def astype(self, dtype: Any) -> Any: ...
        def copy(self, order: str = "C") -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any: ...

    # -- Operations ------------------------------------------------------------------------------------------

    def process(self, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out ``rule`` for this level; the primal computation goes on to the level outside it.

        If ``rule.is_view`` and the value shares its elements with the first argument, the two are linked
        (``mutation.link_view``).
        """
        raise NotImplementedError

    def whole(self, function: Any, body: Any, args: Any, kwargs: dict[str, Any], rule: Any = None) -> Any:
        """Carry out ``body``, which states a function in terms of others; a kind that notes what is called
        may note the function itself, and ``rule``, which stands for it where an argument is traced.
        """
        return body(*args, **kwargs)

    def whole_array(self) -> Any:
        """The array of which it is another form: for kinds that ``stands_in`` says so of."""
        raise NotImplementedError

    def converted(self, kind: Any) -> Any:
        """The same number as one of another class: for kinds that are ``noted``."""
        raise NotImplementedError

    def ask_where(self, what: str) -> None:
        """The program asks where its elements lie: for kinds that are ``noted``, of which each call may say
        another thing.
        """

    def rooted(self, square: Callable[..., Any], *args: Any) -> Any:
        """The same value, which remembers that it is the root of ``square(*args)``, where it may be 0."""
        return self

    def tied(self, tie: float, x: Any, y: Any) -> Any:
        """The same value, which remembers that it has ``tie * abs(x - y)`` in it, where that is 0."""
        return self

    # -- Writing in place (``mutation.py``) ------------------------------------------------------------------

    def constant(self, value: Any) -> Any:
        """A value of this level that does not vary, under a handle whose contents may be written to."""
        raise NotImplementedError

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Zeros that can hold what this value holds, at this level or one outside it."""
        raise NotImplementedError

    def frozen(self) -> Any:
        """The same value under a handle of its own, which later writes to this one do not reach."""
        raise NotImplementedError

    def store(self, index: Any, value: Any) -> None:
        """Write ``value``, of this level or of one outside it, into contents that nobody else holds."""
        raise NotImplementedError

    # -- Questions -------------------------------------------------------------------------------------------

    def shown(self) -> Any:
        """The value that messages speak of: the user's own, and not what hoad makes of it."""
        return everything(self)

    @property
    def order(self) -> int:
        """How many derivatives are taken at this level."""
        return 1 if self.differentiates else 0

    def without_derivatives(self) -> Any:
        """What this value stands for where all derivatives are taken off: the value of its primal. A kind
        that does not differentiate stays, around the value of its contents.
        """
        return primal(self.primal)


def innermost(values: Iterable[Any]) -> Traced | None:
    """Find the traced value with the largest tag.

    Args:
        values: the operands of an operation, traced or not.

    Returns:
        The traced value whose level handles the operation, or None if none is traced.

    Example:
        >>> innermost([1.0, "a", None]) is None
        True
    """
    top = None
    tag = 0
    for value in values:
        if isinstance(value, Traced) and value.level.tag > tag:
            top = value
            tag = value.level.tag
    return top


Refused = TypeVar("Refused", bound=BaseException)


def refused(error: Refused, *values: Any) -> Refused:
    """An error that is about to be raised since ``values`` can't be followed, noted on the level of the
    innermost: the program may catch it, and what it returns then is of another function (``runs.py``).

    The level it is, and not the run that is at work: a program that catches the error of a whole derivative
    of its own, by a value of that, does what it would do without the derivatives around it.

    Args:
        error: what will be raised.
        values: what can't be followed.

    Returns:
        The error.
    """
    top, place = innermost(values), users_place()
    level, text = None if top is None else top.level, str(error)
    if "place" not in error.__dict__:
        error.__dict__.update(place=place, within=place_in_a_package())
    if level is not None and level not in (BASE, NUMBERS):
        note(error, level, text, place)
    return error


def note(error: BaseException, level: Level, text: str, place: Place | None = None) -> None:
    """Note on a level what an error says that is about to be raised, in case that the program catches it."""
    notes = notes_of(level) if level.alive else None
    if notes is not None and notes.refusal is None:
        notes.refusal = Refusal(text, place or users_place())
        error.__dict__["notes"] = notes


def notes_of(level: Level) -> Notes:
    """The notes of a level, which has some from now on."""
    if level.notes is None:
        level.notes = Notes()
    return level.notes


EQUAL = "it was found equal to a plain number"
DOUBTS: ContextVar[list[bool] | None] = ContextVar("as often, what is equal is told to differ", default=None)


def ask(x: Any, how: str, met: bool = False) -> None:
    """Note on the levels of a traced value that the program did with it what is done to look a value up that
    was kept: found it equal to a plain one, made text of it (``runs.check_dependence``); and whether an array
    met one that may be the point of an earlier call.
    """
    while isinstance(x, Traced):
        if x.differentiates and x.level.alive and x.level not in (BASE, NUMBERS):
            notes = notes_of(x.level)
            notes.met = notes.met or met
            if notes.asked is None:
                notes.asked = users_place(), how
        x = x.primal


def stopped(x: Any) -> None:
    """Note on the levels of a traced value that the program takes its plain value for a constant."""
    while isinstance(x, Traced):
        if x.differentiates and x.level.alive and x.level not in (BASE, NUMBERS):
            notes_of(x.level).stopped = True
        x = x.primal


def forgiven(error: BaseException | None) -> None:
    """Take back what was noted of an error, and of those that it was raised from: hoad itself has caught it,
    and goes another way that gives the right value.
    """
    while error is not None:
        notes = error.__dict__.pop("notes", None)
        if notes is not None:
            notes.refusal = None
        error = error.__cause__ or error.__context__


def pack(x: Any) -> Any:
    """Turn an object array, as ``np.array([x[0], x[1]])`` makes it, into one traced array; the same one as
    long as nobody writes into it. It stays where an object in it brings its arithmetic with it.
    """
    if type(x) is not np.ndarray or x.dtype.kind != "O":
        return x
    held = list(x.flat)
    top = innermost(held)
    if top is None:
        return x
    packed = notes_of(top.level).packed
    array, parts, known = packed.get(id(x), (None, held, None))
    if array is None or array() is not x or not all(map(operator.is_, held, parts)):
        if any(
            [not isinstance(v, Traced) and reckons_itself(v) for v in held if v.__class__ not in UNDERSTOOD]
        ):
            return x  # NumPy's own loop asks each of its elements
        known = np.reshape(np.stack(held), x.shape)
        if top.level.alive and top.level is not NUMBERS:
            packed[id(x)] = weakref.ref(x), held, known
    return known


def primal(x: Any) -> Any:
    """Take all levels of differentiation off a traced value; what it stands for is not copied."""
    while isinstance(x, Traced):
        if not x.differentiates:
            return x.without_derivatives()
        x = x.primal
    return x


def type_of(x: Any) -> type:
    """The class of the value that a traced value stands for: what ``type(x)`` is outside of a derivative."""
    value = bare(primal(x))
    if not isinstance(value, Traced):
        return type(value)
    kind: type = np.ndarray if value.shape else value.dtype.type
    return kind


def depth(x: Any) -> int:
    """How many derivatives are being taken of a value, one within the other."""
    total = 0
    while isinstance(x, Traced) and not (x.noted and x.level.is_final):
        total += x.order if x.level.alive else 0
        x = x.primal
    return total


def everything(x: Any) -> Any:
    """Take off all levels, batches too: the values of all members, along leading axes. What is decided by
    them is decided by a value whose uses are noted, where one stands outside of all levels (``Recorded``).
    """
    while isinstance(x, Traced) and not x.noted:
        x = x.primal
    return x


def glance(x: Any) -> Any:
    """The plain value behind all levels, for questions whose answer changes no result: what class it has, how
    it lies in memory, whether there is nan in it.
    """
    while isinstance(x, Traced):
        x = x.seen if x.noted else x.primal
    return x


def bare(x: Any) -> Any:
    """A plain value of which every use is noted, as it is in this run; all else as it is. For questions about
    its class, whose answer is the same in every run.
    """
    return x.seen if isinstance(x, Traced) and x.noted else x


def converted(x: Any, kind: Any) -> Any:
    """A plain number, or one of which every use is noted, as one of another class."""
    return x.converted(kind) if isinstance(x, Traced) else kind(x)


def values(x: Any) -> Any:
    """The plain values by which elements are chosen or put in order.

    Raises:
        TypeError: they differ between the members of a batch.
    """
    x = primal(x)
    if isinstance(x, Traced):
        if x.has_members:
            message = (
                "this function chooses elements by their values, which differ between the members of a "
                "batch; call it for one member after the other: np.stack([f(r) for r in x]) in place of "
                "vmap(f)(x)"
            )
            raise refused(TypeError(message), x)
        x = everything(x)
    return np.asarray(x, dtype=float) if getattr(getattr(x, "dtype", None), "kind", "f") == "O" else x


def deciding(x: Any) -> Any:
    """The values by which elements are chosen, as a constant primitive takes them: plain, or a batch."""
    x = primal(x)
    return x if isinstance(x, Traced) and x.has_members else values(x)


def unfinished(x: Any) -> Any:
    """Take off the levels that are finished: a value that outlives its level behaves as its primal."""
    while isinstance(x, Traced) and x.differentiates and not x.level.alive:
        x = x.primal
    return x


def settle(x: Any) -> Any:
    """The same, and an array that waits to be filled is a plain one."""
    while isinstance(x, Traced) and x.differentiates and (not x.level.alive or x.level is BASE):
        x = x.primal
    return x
