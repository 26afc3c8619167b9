"""Whether an error that is raised now may be handled by the program that runs, and not come to its caller.

A recorded program has no errors: it is that of all arguments for which none is raised. One that is raised
while a function is recorded ends the recording, unless the function catches it; then nothing of what it does
from there on may be taken for what it always does.
"""

from __future__ import annotations

import functools
from types import CodeType, FrameType

from ..places import OURS

LONGER, SIX = 64, 63  # bits of a byte of the table: whether another follows, and what it holds


def is_handled(frame: FrameType | None, outside: FrameType | None) -> bool:
    """Tell whether a frame, or one that has led to it, stands in a ``try`` or a ``with``: those of hoad and
    NumPy, and from ``outside`` on, do not count.
    """
    while frame is not None and frame is not outside:
        code = frame.f_code
        if code.co_exceptiontable and not code.co_filename.startswith(OURS):
            place = frame.f_lasti
            if any([start <= place < stop for start, stop in guarded(code)]):
                return True
        frame = frame.f_back
    return False


@functools.lru_cache(1024)
def guarded(code: CodeType) -> tuple[tuple[int, int], ...]:
    """The parts of a function from which errors go to a handler: first and last place among its bytes.

    Each entry of the table is start, length, target and depth, in pieces of six bits, the largest first.
    """
    numbers: list[int] = []
    number = 0
    for byte in code.co_exceptiontable:
        number = number << 6 | (byte & SIX)
        if not byte & LONGER:
            numbers.append(number)
            number = 0
    starts, lengths = numbers[::4], numbers[1::4]
    return tuple([(2 * start, 2 * (start + length)) for start, length in zip(starts, lengths, strict=True)])
