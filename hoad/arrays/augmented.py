"""``a += x`` where ``a`` is a plain array that nobody else holds: its name gets a new, traced array.

Python carries out ``np.add(a, x, out=a)``, and then binds the name to what that has given. A plain array
can't hold a traced value. But where only that name holds it, nobody can tell a new array from the old one
with new contents, so ::

    r = y.copy()
    r -= X @ beta

is followed. Both is looked up, and nothing is guessed: that the program stands at such an assignment to a
variable, in its instructions, and that the array has no other holder, by the count of its references. (An
attribute or an entry may be read in one place and stored in another: there the array must have no holder at
all, as what ``K[rows] += x`` has read.)
"""

from __future__ import annotations

import dis
import functools
import sys
import types
from typing import Any

import numpy as np

OPERATION = dis.opmap["BINARY_OP"]
BETWEEN = frozenset({dis.EXTENDED_ARG, *[dis.opmap[name] for name in ("CACHE", "SWAP")]})
IN_PLACE = range(13, 26)  # the operations of BINARY_OP that assign
VARIABLES = ("STORE_FAST", "STORE_DEREF", "STORE_GLOBAL")


def stands_alone(out: Any) -> bool:
    """Tell whether ``out=`` of a call is a plain array that the program assigns to, and nobody else holds.

    Args:
        out: the tuple, as NumPy gives it.
    """
    if len(out) != 1 or out[0].__class__ is not np.ndarray or out[0].base is not None:
        return False
    holders = sys.getrefcount(out[0]) - least()
    if holders > 0:
        return False
    stored = stored_by(users_frame())
    return stored.startswith(VARIABLES) or (holders < 0 and stored.startswith("STORE"))


def users_frame() -> types.FrameType:
    """The frame whose instruction has led to ``__array_ufunc__``."""
    frame: Any = sys._getframe(2)
    while frame.f_code.co_name != "__array_ufunc__":
        frame = frame.f_back
    found: types.FrameType = frame.f_back
    return found


def stored_by(frame: types.FrameType) -> str:
    """The instruction that stores the result of the assignment in place that a frame is at; "" if it is at
    none.
    """
    code, k = frame.f_code.co_code, frame.f_lasti
    if code[k] != OPERATION or code[k + 1] not in IN_PLACE:
        return ""
    rest = [dis.opname[c] for c in code[k + 2 : k + 20 : 2] if c not in BETWEEN]
    return rest[0] if rest and rest[0].startswith("STORE") else ""


class Probe:
    """Counts the references to the array that it is added to."""

    __slots__ = ("count",)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self.counted(kwargs["out"])

    def counted(self, out: Any) -> Any:
        """The array itself."""
        self.count = sys.getrefcount(out[0])
        return out[0]


@functools.cache
def least() -> int:
    """The references to an array that one variable holds, as it is assigned to."""
    probe, alone = Probe(), np.zeros(1)
    alone += probe
    return probe.count
