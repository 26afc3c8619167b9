"""Launches that are noted once, as a graph of CUDA's, and replayed: one call for the device instead of many.

A graph knows addresses, so its inputs and results lie in memory of its own: arguments are copied there, and
results from there. Products of matrices are calls of the library, which it refuses to have noted; so a
program is cut there.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

LEAST = 16  # launches one after the other, from which on a graph of them is worth it
MOST_BYTES = 2**24  # of arguments and results, which are copied


def is_worth_it(lengths: Sequence[int], size: int) -> bool:
    """Tell whether to replay a program: of runs of so many launches, with so many bytes to be copied."""
    return max(lengths, default=0) >= LEAST and size <= MOST_BYTES


class Replay:
    """The graphs of a program, with what they read and write.

    Args:
        library: of the arrays.
        parts: what is done one after the other, each a function of the memory; of launches, how many.
        inputs: shapes and types of the arguments.
        results: the same of the results.
        room: bytes of the arena.
    """

    def __init__(
        self, library: Any, parts: list[tuple[int, Callable[..., None]]], inputs: Any, results: Any, room: int
    ) -> None:
        self.library = library
        self.parts = parts
        self.inputs = [library.empty(shape, dtype) for shape, dtype in inputs]
        self.results = [library.empty(shape, dtype) for shape, dtype in results]
        self.room = library.empty(room, "uint8")
        self.steps: list[Callable[[], None]] = []
        self.lock = threading.Lock()
        self.stream: Any = None  # where it was carried out last
        self.done: Any = None  # what that stream was at, when it was

    @property
    def memory(self) -> list[Any]:
        """What the parts are given."""
        return [*self.inputs, *self.results, self.room]

    def __call__(self, *numbers: Any) -> tuple[Any, ...]:
        """The results, and the arena, which holds the flag."""
        current = self.library.cuda.get_current_stream()
        with self.lock:
            if self.done is not None and current.ptr != self.stream:
                current.wait_event(self.done)
            for own, x in zip(self.inputs, numbers, strict=True):
                own[...] = x
            if not self.steps:
                self.capture(current)
            for step in self.steps:
                step()
            found = tuple([y.copy() for y in self.results])
            room = self.room[:8].copy()
            self.stream, self.done = current.ptr, current.record()
        return (*found, room)

    def capture(self, current: Any) -> None:
        """Note the launches, which are carried out once before: a kernel is loaded when it is first used, and
        that can't be noted.
        """
        for _, part in self.parts:
            part(*self.memory)
        stream = self.library.cuda.Stream(non_blocking=True)
        stream.wait_event(current.record())
        steps: list[Callable[[], None]] = []
        for length, part in self.parts:
            plain = functools.partial(part, *self.memory)
            steps.append(plain if length < LEAST else self.noted(stream, plain))
        current.wait_event(stream.record())
        self.steps = steps

    def noted(self, stream: Any, part: Callable[[], None]) -> Callable[[], None]:
        """A graph of launches, to be replayed; the launches themselves where the library can't note them."""
        try:
            with stream:
                stream.begin_capture()
                try:
                    part()
                finally:
                    graph = stream.end_capture()
        except Exception:
            return part
        launch: Callable[[], None] = graph.launch
        return launch
