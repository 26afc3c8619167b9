"""``hoad.debug()``: the first nan or infinity raises, with the user's line.

Outside of the context nothing is checked, and nothing is in the way of speed: within it, tapes keep their
program in a list that looks at each value, and ``Dual`` has an ``__init__`` that looks at each tangent. Other
threads, which are not in the context, are told apart by a context variable.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from .. import dual
from ..arrays.gathered import Gathered
from ..arrays.texts import WATCHED
from ..dual import Dual
from ..errors import NonFiniteError
from ..kinds.batch import Batch
from ..kinds.jet import Jet
from ..nested import Traced, everything
from ..places import name_of, text_of, users_place
from ..program.operations import described, short
from ..program.places import PlacedProgram
from ..running.tracebacks import WHOLE
from ..tape import Tape, mark_of, no_pull, pull_with_care
from ..values.constants import as_array, is_array
from ..values.reading import warned
from .on_device import watched

_inside: ContextVar[bool] = ContextVar("inside hoad.debug()", default=False)
_guard = threading.RLock()
_plain_init, _plain_jet, _plain_zeros = Dual.__init__, Jet.__init__, dual.with_zeros
_open = [0]


def what_is_wrong(x: Any) -> str:
    """The word for the first value that is not finite: ``nan``, ``inf`` or nothing."""
    while isinstance(x, Traced):
        x = x.primal
    if isinstance(x, tuple):
        return next(filter(None, map(what_is_wrong, x)), "")
    if not (isinstance(x, (float, complex, np.inexact)) or is_array(x)) or np.all(finite(x)):
        return ""
    return "nan" if np.any(np.isnan(x)) else "inf"


def finite(x: Any) -> Any:
    """Where a value is finite; what has no such notion is."""
    return np.isfinite(x) if as_array(x).dtype.kind in "fc" else True


def message(word: str, what: str, of: str, place: tuple[str, int]) -> str:
    """The text of a ``NonFiniteError``."""
    return f"{word} came up in a {what}: {of}, at {name_of(place)}: {text_of(place)}"


class WatchedProgram(PlacedProgram):
    """A program that looks at each value as it is recorded, and at each cotangent as it is swept."""

    __slots__ = ()

    def __iadd__(self, operation: Any) -> WatchedProgram:  # type: ignore[misc]
        super().__iadd__(operation)
        slot, pullback, a, b, value = operation
        word = what_is_wrong(value)
        if word:
            self.raise_primal(word, slot, pullback, a, b, value)
        return self

    def raise_primal(self, word: str, slot: int, pullback: Any, a: Any, b: Any, value: Any) -> None:
        """Refuse a value, naming its operation and operands."""
        place = self.places[slot]
        if pullback is no_pull:
            raise NonFiniteError(message(word, "primal", f"the input is {short(value)} to begin with", place))
        name, operands = described(pullback, a, b, value)
        values = dict(zip(self[0::5], self[4::5], strict=True))
        given = ", ".join(short(values[o.slot] if o.slot is not None else o.constant) for o in operands)
        raise NonFiniteError(message(word, "primal", f"{name}({given}) = {short(value)}", place))

    def swept(self, columns: list[list[Any]], seeds: dict[int, Any], inputs: int) -> list[Any]:
        """The careful sweep, looking at each cotangent."""
        pullbacks, left, right, values = columns
        cotangents = WatchedCotangents([None] * len(pullbacks))
        cotangents.program, cotangents.columns = self, columns
        marks: list[Any] = [None] * len(pullbacks)
        for slot, g in seeds.items():
            cotangents[slot], marks[slot] = g, mark_of(g)
        with np.errstate(all="ignore"):
            for i in range(max(seeds, default=-1), inputs - 1, -1):
                g = cotangents[i]
                if g is not None:
                    cotangents.now = i
                    pull_with_care(pullbacks[i], values, cotangents, marks, i, left[i], right[i])
        return [g.total() if g.__class__ is Gathered else g for g in cotangents[:inputs]]


class WatchedCotangents(list[Any]):
    """Cotangents of a sweep; one that is not finite is refused when it is written."""

    __slots__ = ("columns", "now", "program")
    columns: list[list[Any]]
    now: int
    program: PlacedProgram

    def __setitem__(self, slot: Any, g: Any) -> None:
        word = "" if g is None or isinstance(g, (list, Gathered)) else what_is_wrong(g)
        if word:
            pullbacks, left, right, values = self.columns
            now = self.now if hasattr(self, "now") else slot
            name, _ = described(pullbacks[now], left[now], right[now], values[now])
            of = f"the derivative of {name} at {short(values[slot])} gives {short(g)}"
            raise NonFiniteError(message(word, "cotangent", of, self.program.places[now]))
        super().__setitem__(slot, g)


def _watching_init(self: Dual, level: Any, primal: Any, tangent: Any) -> None:
    _plain_init(self, level, primal, tangent)
    if _inside.get():
        for what, value in (("primal", primal), ("tangent", tangent)):
            word = what_is_wrong(value.primal if isinstance(value, Batch) else value)
            if word:
                place = users_place()
                raise NonFiniteError(message(word, what, f"the {what} is {short(value)}", place))


def _watching_zeros(change: Any, p: Any, d: Any, x: Any, steady: Any) -> Any:
    found = _plain_zeros(change, p, d, x, steady)
    if _inside.get() and not what_is_wrong(found):  # else it is told of the tangent
        strong = np.equal(d, 0) & np.logical_not(np.isfinite(p))
        if np.any(everything(strong)):
            of = f"the partial at {short(x)} is {short(p)}, times a change of 0, which counts as 0"
            raise NonFiniteError(message(what_is_wrong(p), "partial", of, users_place()))
    return found


def _watching_jet(self: Jet, level: Any, series: Any) -> None:
    _plain_jet(self, level, series)
    if _inside.get() and series.memo is None:
        for k, c in enumerate(series.known):
            word = what_is_wrong(c)
            if word:
                of = f"coefficient {k} of the series is {short(c)}"
                raise NonFiniteError(message(word, "tangent" if k else "primal", of, users_place()))


def _new_program() -> list[Any]:
    return WatchedProgram() if _inside.get() else []


@contextlib.contextmanager
def debug() -> Iterator[None]:
    """Give a context in which the first nan or infinity in a derivative raises, with your line.

    What is looked at: primals, tangents and cotangents, in every nesting of forward and reverse mode; and, in
    forward mode, an infinite partial of what has no change, which leaves no trace in the derivative.
    Tracebacks show hoad's own frames, too. It also serves as a decorator. Outside of it nothing is checked,
    and nothing is slower. A ``TextWarning`` tells where a value became text (``f"{x}"``, ``print(x)``,
    ``"%g" % x``), since what a program computes from the text has no derivative; a ``WaitWarning``, where a
    value on a device was read or copied to the host. Positions in an index on a device are looked at: out of
    bounds, and written to twice at once, they are an IndexError.

    Returns:
        A context manager, which serves as a decorator too.

    Raises:
        NonFiniteError: within the context; the message names the operation, its operands, and the file and
            line that called for it.

    Example:
        >>> import numpy as np, hoad
        >>> with hoad.debug():
        ...     hoad.grad(lambda x: np.sqrt(x), 0.0)
        Traceback (most recent call last):
            ...
        hoad.errors.NonFiniteError: inf came up in a cotangent: the derivative of sqrt at 0 gives inf, ...
    """
    token, whole, texts = _inside.set(True), WHOLE.set(True), WATCHED.set(True)
    with _guard:
        _open[0] += 1
        Dual.__init__ = _watching_init  # type: ignore[method-assign]
        Jet.__init__ = _watching_jet  # type: ignore[method-assign]
        dual.with_zeros = _watching_zeros
        Tape.new_program = staticmethod(_new_program)
    try:
        with watched(warned, strict=True):
            yield
    finally:
        _inside.reset(token)
        WHOLE.reset(whole)
        WATCHED.reset(texts)
        with _guard:
            _open[0] -= 1
            if not _open[0]:
                Dual.__init__ = _plain_init  # type: ignore[method-assign]
                Jet.__init__ = _plain_jet  # type: ignore[method-assign]
                dual.with_zeros = _plain_zeros
                Tape.new_program = list
