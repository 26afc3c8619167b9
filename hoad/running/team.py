"""``Team``: the chunks that are still to be done, which this thread and its helpers take one by one, as long
as that is faster than this thread alone.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

LOST = 0.05  # of the time that this thread alone would take
Part = tuple[int, range]  # which of the pieces of work, and which of its directions


class Team:
    """Chunks, and what is known of the time that they take.

    Args:
        parts: the chunks.
        alone: the seconds of a direction where nobody helps.
        take: is given each chunk with its result.
    """

    def __init__(self, parts: list[Part], alone: float, take: Callable[[Part, Any], None]) -> None:
        self.waiting = deque(parts)
        self.total = sum([len(which) for _, which in parts])
        self.alone = alone
        self.take = take
        self.begun = time.perf_counter()
        self.done = 0.0
        self.held: dict[object, int] = {}  # by who takes chunks, the directions that he is at
        self.closed = False
        self.lock = threading.RLock()

    def taken(self) -> Iterator[Part]:
        """The chunks for a helper, until it is told that it hinders."""
        return self.each(lambda: self.closed)

    def mine(self) -> Iterator[Part]:
        """The chunks for the thread that waits for the result, which looks at the clock after each."""

        def judged() -> bool:
            self.closed = self.closed or self.hinder()
            return False

        return self.each(judged)

    def each(self, ended: Callable[[], bool]) -> Iterator[Part]:
        """Chunks, one by one."""
        me = object()
        while not ended():
            with self.lock:
                if not self.waiting:
                    return
                part = self.waiting.popleft()
                self.held[me] = len(part[1])
            yield part
            with self.lock:
                self.done += self.held.pop(me)

    def hinder(self) -> bool:
        """Tell whether more time was lost with them than may be; what is half done counts by half."""
        with self.lock:
            helped = self.done + 0.5 * sum(self.held.values())
        lost = time.perf_counter() - self.begun - self.alone * helped
        return lost > LOST * self.alone * self.total

    def close(self) -> None:
        """Send the helpers home."""
        self.closed = True
