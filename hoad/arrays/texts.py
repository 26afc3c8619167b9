"""Traced values as text: that of the plain value, which is what a program prints and logs.

What a program computes from the text can't be followed. Where a program is adapted, ``float(text)``,
``eval(text)``, ``ast.literal_eval``, ``json.loads`` and ``np.fromstring`` of a text in which such a value
stands, in all its digits, are refused; other ways from text to numbers are not seen. ``hoad.debug()`` tells
where a value became text.
"""

from __future__ import annotations

import dis
import re
import warnings
from contextvars import ContextVar
from types import FrameType
from typing import Any

import numpy as np

from ..errors import EscapeError, TextWarning
from ..nested import SAID, ask, primal, refused
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
    ask(x, "it became text")
    value, said = primal(x), SAID.get()
    if said is not None and not np.ndim(value) and x.differentiates and x.level.alive and len(said) < MOST:
        said[abs(value)] = x
    return value


def check_text(text: str) -> None:
    """Refuse to make a number of a text in which a value stands that is being differentiated.

    Raises:
        EscapeError: with what to write.
    """
    said = SAID.get() or {}
    for digits in NUMBER.findall(text) if said else ():
        x = said.get(float(digits))
        if x is not None and x.level.alive:
            message = (
                f"the number {digits} in the text {text!r} is a value that is being differentiated, which "
                f"became text before, and what is computed from that has no derivative: compute with the "
                f"value itself, or make the text of hoad.primal(x) where none is wanted"
            )
            raise refused(EscapeError(message), x)


NUMBER = re.compile(r"(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?")  # no integers
MOST = 1000  # values that are remembered


def is_formatting(frame: FrameType) -> bool:
    """Tell whether a frame is at ``"%.3f" % x``, for which Python asks x for ``float(x)``: a number or an
    array on the left would be asked for the remainder first.
    """
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] == BINARY and code[at + 1] in REMAINDERS
