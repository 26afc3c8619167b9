"""Traced values as text: that of the plain value, which is what a program prints and logs.

What a program computes from the text, by ``float(f"{x}")`` or ``eval``, can't be followed, and nothing can
refuse it without refusing what is printed. ``hoad.debug()`` tells where a value became text.
"""

from __future__ import annotations

import dis
import warnings
from contextvars import ContextVar
from types import FrameType
from typing import Any

from ..errors import TextWarning
from ..nested import primal
from ..places import shown, users_place

WATCHED: ContextVar[bool] = ContextVar("tell what becomes text", default=False)
BINARY = dis.opmap["BINARY_OP"]
REMAINDERS = frozenset(
    [step.arg for text in ("a % b", "a %= b") for step in dis.Bytecode(text) if step.opcode == BINARY]
)


def as_text(x: Any) -> Any:
    """The plain value, of which text will be made."""
    if WATCHED.get() and x.differentiates and x.level.alive:
        place = users_place()
        warnings.warn_explicit(
            f"a value that is being differentiated became text, at {shown(place)}; what is computed from the "
            f"text, by float() or eval(), has no derivative",
            TextWarning,
            *place,
        )
    return primal(x)


def is_formatting(frame: FrameType) -> bool:
    """Tell whether a frame is at ``"%.3f" % x``, for which Python asks x for ``float(x)``: a number or an
    array on the left would be asked for the remainder first.
    """
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] == BINARY and code[at + 1] in REMAINDERS
