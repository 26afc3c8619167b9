"""A compiled function that is recorded anew where what the function behind it holds is not what it was."""

from __future__ import annotations

import threading
import warnings
from typing import Any

from ..adapting.holdings import Holdings
from ..compiling import compiled as compiling
from ..errors import RecordingWarning
from ..places import users_place
from ..running.calling import Function
from ..running.made import label

MOST = 8  # programs that are recorded, after which there are none


class Recorded:
    """A function of a point that is carried out as it was recorded.

    Args:
        evaluated: the function.
        f: the user's, which it calls: what that holds is compared at each call.

    Attributes:
        count: how often it was recorded.
        gave_up: whether it is not recorded any more.
    """

    def __init__(self, evaluated: Function, f: Function) -> None:
        self.evaluated, self.f = evaluated, f
        self.count = 0
        self.gave_up = False
        self.now: tuple[Holdings, Function] | None = None
        self.lock = threading.RLock()

    def __call__(self, x: Any, *args: Any) -> Any:
        """The value; None if what f holds varies too often."""
        now = self.now
        if now is None or now[0].changed():
            now = self.anew(now)
        return None if now is None else now[1](x, *args)

    def anew(self, before: tuple[Holdings, Function] | None) -> tuple[Holdings, Function] | None:
        """A program that is recorded at its first call: of what f holds from now on, at the latest."""
        with self.lock:
            if self.now is before and self.count < MOST:
                self.count += 1
                self.now = Holdings(self.f), compiling.compile(self.evaluated)
            elif self.now is before and before is not None:
                self.now, self.gave_up = None, True
                warnings.warn_explicit(self.why(before[0].changed()), RecordingWarning, *users_place())
            return self.now

    def why(self, name: str) -> str:
        """Why nothing is recorded any more, since something varies."""
        given = name if name.isidentifier() else "c"
        return (
            f"{label(self.f)} holds {name or 'something'} that varies from call to call, and was compiled "
            f"{MOST} times for it; from now on the plan is not compiled: give what varies after the point, "
            f"as in plan(x, {given})"
        )
