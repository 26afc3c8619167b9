"""One run of a function inside of a derivative, and what becomes of an error that it caught.

In ::

    def f(x):
        try:
            return math.exp(x)
        except TypeError:
            return 0.0

``math.exp`` can't follow a traced value; hoad says so, and f catches that. The 0 that it returns is no value
of the function that f is on floats, and its derivative, 0, none of its derivatives. So whatever refuses a
traced value notes that on the value's level (``nested.refused``), and a run that ends as if nothing had been
is refused in turn. That costs a look at each level, once in a run.
"""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any

from .errors import KeptValueWarning, ObjectArrayWarning, SwallowedError
from .nested import INSIDE, Level, Refusal, Traced
from .places import Place, shown


class running:
    """``with running(level, ...):`` is the run of a function on values of some levels, which are finished
    with it.

    Raises:
        SwallowedError: the function has caught an error that said that such a value can't be followed.
    """

    __slots__ = ("levels", "token")

    def __init__(self, *levels: Level) -> None:
        self.levels = levels

    def __enter__(self) -> None:
        self.token: Any = INSIDE.set(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        INSIDE.reset(self.token)
        ended(self.levels, error)


def ended(levels: tuple[Level, ...], error: BaseException | None) -> None:
    """A run has ended: its levels are finished; an error that it caught itself is raised, or noted on the one
    that it ended with.
    """
    refusal = None
    for level in levels:
        level.alive = False
        if level.notes is not None:
            refusal = refusal or level.notes.refusal
    if refusal is not None:
        if error is None:
            raise swallowed(refusal)
        error.__dict__.setdefault("refusal", refusal)


def check_dependence(leaves: list[Any], *levels: Level) -> None:
    """Warn of a value that is constant, where the function may have caught an error, or looked up what it
    kept from an earlier call.

    Most functions refuse arrays of objects, which traced values became, with errors of their own, of which
    hoad hears only where they pass through the derivative. The function may have caught one and returned what
    it returns where it fails.
    """
    for level in levels:
        notes = level.notes
        if notes is None or (notes.place is None and notes.asked is None) or depends(leaves, level):
            continue
        if notes.place is not None:
            tell_constant(
                notes.place,
                "it became an array of objects, which many functions refuse: if the function catches that "
                "error, the derivative is 0 as that of its fallback",
                ObjectArrayWarning,
            )
        elif notes.asked is not None:
            place, how = notes.asked
            tell_constant(
                place,
                f"{how}, as where a value is looked up that was kept from an earlier call: such a value has "
                f"no derivative. Leave the cache out, or clear it before",
                KeptValueWarning,
            )


def depends(leaves: list[Any], *levels: Level) -> bool:
    """Tell whether the value of a function depends on what it is differentiated by."""
    return any([isinstance(x, Traced) and x.level in levels for x in leaves])


def tell_constant(place: Place, why: str, category: type[Warning]) -> None:
    """Warn of a value that does not depend on what it is differentiated by."""
    text = f"the value does not depend on what it is differentiated by; at {shown(place)} {why}"
    warnings.warn_explicit(text, category, *place)


def swallowed(refusal: Refusal) -> SwallowedError:
    """The error for a run that caught one of hoad's."""
    text, place = refusal
    return SwallowedError(
        f"the function caught an error of hoad's itself, raised at {shown(place)}; what it returned after "
        f"that is not its value on plain numbers, and has another derivative. Mend that line, or take it "
        f"out of its try. The error: {text}"
    )
