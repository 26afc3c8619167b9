"""Traced values as text: that of the plain value, which is what a program prints and logs.

What a program computes from the text can't be followed. Where a program is adapted, ``float(text)``,
``eval(text)``, ``ast.literal_eval``, ``json.loads`` and ``np.fromstring`` of a text in which such a value
stands, in all its digits, are refused; other ways from text to numbers are not seen. ``hoad.debug()`` tells
where a value became text.

A batch has another text for each member. What ``str(x)`` and ``format(x)`` give of one is shown, logged and
put together as any text, and refuses to be asked what it is (``MembersText``). Within a longer text it is not
seen, so it gets into one only if the program shows that and does nothing else (``uses.py``).
"""

from __future__ import annotations

import dis
import re
import sys
import warnings
from contextvars import ContextVar
from types import FrameType
from typing import Any

import numpy as np

from ..errors import EscapeError, TextWarning
from ..nested import SAID, ask, primal, refused
from ..places import OURS, is_of_a_library, shown, users_place
from .syntax import path_at
from .uses import Use

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


class MembersText(str):
    """Text of a batch: it is for people, and a program that asks what it is would go on with an answer that
    is of no member.
    """

    __slots__ = ("batch",)
    batch: Any

    def __add__(self, other: str) -> MembersText:
        return text_of_members(str.__add__(self, other), self.batch)

    def __radd__(self, other: str) -> MembersText:
        return text_of_members(other + str.__str__(self), self.batch)

    def __str__(self) -> str:
        check_use(self.batch, sys._getframe(1))
        return self

    def __format__(self, spec: str) -> str:
        check_use(self.batch, sys._getframe(1))
        return self


def text_of_members(text: str, batch: Any) -> MembersText:
    """Text in which a batch stands."""
    found = MembersText(text)
    found.batch = batch
    return found


def made_text(batch: Any) -> MembersText:
    """The text of a batch, for a program that only shows it, or asks the text itself.

    Raises:
        EscapeError: it is put into a longer text of which the program may ask anything, and will not be seen.
    """
    check_use(batch, sys._getframe(1))
    text = repr(batch)
    return text_of_members(text, batch)


def made_representation(batch: Any, text: str, frame: FrameType) -> str:
    """What ``repr`` gives of a batch: text, where the program asks for it."""
    if frame.f_code.co_filename.startswith(OURS) or is_of_a_library(frame.f_code.co_filename):
        return text
    if path_at(frame) is None:  # where it is shown by Python itself
        return text
    use = Use(frame)
    use.of_parts(batch)
    if not use.shows():
        raise refused(EscapeError(ASKS), batch)
    return text_of_members(text, batch)


def check_use(batch: Any, frame: FrameType) -> None:
    """Refuse to make a text of a batch of which the program may ask anything.

    Raises:
        EscapeError: with what to write.
    """
    if not Use(frame).shows():
        raise refused(EscapeError(ASKS), batch)


ASKS = (
    "a program asks what the text of a value in vmap is, and it is another one for each member: "
    "compute with the value itself, or call the function for one member after the other: "
    "np.stack([f(r) for r in x]) in place of vmap(f)(x)"
)


def _refusing(name: str) -> Any:
    def method(self: MembersText, *args: Any, **kwargs: Any) -> Any:
        raise refused(EscapeError(ASKS), self.batch)

    method.__name__ = name
    return method


COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"}
OF_OUTPUT = {"__add__", "__getnewargs__", "encode", "__str__", "__format__"}
for _name in COMPARISONS | (vars(str).keys() - vars(object).keys() - OF_OUTPUT):
    setattr(MembersText, _name, _refusing(_name))


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
