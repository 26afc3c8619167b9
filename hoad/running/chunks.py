"""Many directions at once: how many, with what progress bar, and whether the result fits into memory."""

from __future__ import annotations

import importlib
import math
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError, MissingDependencyError, TooLargeError
from ..values.constants import library, plain_of, waits

SMALL = 2**20  # bytes that every machine has


def as_it_is(which: range, result: Any) -> Any:
    """The result of a chunk."""
    return result


@dataclass(frozen=True)
class Work:
    """Something that is worked out for many directions.

    Args:
        do: gives the result of a chunk of them.
        count: how many there are.
        elements: how many numbers the arrays of each have.
        again: whether f runs again for each chunk.
        placed: is told the result of each chunk, and gives what is to be kept of it.
    """

    do: Callable[[range], Any]
    count: int
    elements: int
    again: bool = True
    placed: Callable[[range, Any], Any] = as_it_is


class Chunks:
    """The directions of one call, in chunks.

    Args:
        size: how many to take at once; None for as many as there is room for where the numbers lie.
        progress: whether to show a bar.
        what: what is worked out, for the bar and for messages.
    """

    shared = False  # whether these are the share of a worker
    wider = 1  # how many times more directions go at once than the cache would have it

    def __init__(self, size: int | None = None, progress: bool = False, what: str = "Jacobian") -> None:
        self.size = checked_chunk(size)
        self.progress = progress
        self.what = what

    def over(self, n: int, elements: int, like: Any = 0.0) -> Iterator[range]:
        """The ranges that make up ``range(n)``, for arrays of so many elements a direction."""
        bar = bar_of(n, self.what) if self.progress else None
        try:
            for chunk in self.ranges(n, self.at_once(elements, like)):
                yield chunk
                if bar is not None:
                    bar.update(len(chunk))
        finally:
            if bar is not None:
                bar.close()

    def at_once(self, elements: int, like: Any = 0.0) -> int:
        """How many directions a chunk has, of numbers that lie where ``like`` does."""
        return self.size or fitting(elements, library(like).room(plain_of(like)))

    @staticmethod
    def ranges(n: int, size: int) -> Iterator[range]:
        """``range(n)`` in pieces; one empty piece of nothing, whose result has the shape."""
        for start in range(0, max(n, 1), size):
            yield range(start, min(start + size, n))

    def map(self, do: Callable[[range], Any], n: int, elements: int, like: Any = 0.0) -> list[Any]:
        """The results of ``do`` for all chunks of ``range(n)``, in order."""
        return self.maps([Work(do, n, elements)], like)[0]

    def maps(self, works: list[Work], like: Any = 0.0) -> list[list[Any]]:
        """The same for several pieces of work."""
        return [
            [
                work.placed(which, self.done(work, which, like))
                for which in self.over(work.count, work.elements, like)
            ]
            for work in works
        ]

    def done(self, work: Work, which: range, like: Any) -> Any:
        """The result of one chunk.

        Raises:
            TooLargeError: there was not enough memory for it.
        """
        try:
            return work.do(which)
        except MemoryError as error:
            if isinstance(error, TooLargeError):
                raise
            traceback.clear_frames(error.__traceback__)  # they hold what the chunk took
            room = library(like).room(plain_of(like))
            raise out_of_memory(error, self.what, len(which), fitting(work.elements, room)) from error


def fitting(elements: int, room: float) -> int:
    """How many directions there is room for."""
    return max(int(min(room, 2.0**62)) // (8 * max(elements, 1)), 1)


def out_of_memory(error: MemoryError, what: str, n: int, fits: int) -> TooLargeError:
    """The error of a chunk of ``n`` directions."""
    instead = (
        f"chunk_size={min(fits, n // 2)} fits" if n > 1 else "one is too many: hoad.checkpoint keeps less"
    )
    return TooLargeError(f"no memory for {n} directions of the {what} at once: {error}; {instead}")


def checked_chunk(chunk_size: Any) -> int | None:
    """A number of members or directions to take at once."""
    if chunk_size is None:
        return None
    if isinstance(chunk_size, bool) or not isinstance(chunk_size, (int, np.integer)) or chunk_size < 1:
        raise ArgumentError(f"chunk_size={chunk_size!r} must be an integer, 1 or larger, or None")
    return int(chunk_size)


def bar_of(n: int, what: str) -> Any:
    """A progress bar."""
    try:
        tqdm = importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        raise MissingDependencyError(
            "progress=True draws its bar with tqdm, which is not installed: pip install 'hoad[progress]'"
        ) from None
    return tqdm(total=n, desc=what, unit="direction")


def refuse_too_large(shape: tuple[int, ...], what: str, instead: str, like: Any = 0.0) -> None:
    """Refuse a result that there is no memory for where ``like`` lies, before its memory is taken.

    Raises:
        TooLargeError: with an estimate of the size.
    """
    wanted = 8.0 * math.prod(map(float, shape))
    if wanted > SMALL and wanted > (held := library(like).memory(plain_of(like))):
        text = " x ".join(str(n) for n in shape)
        where = "its device has" if waits(like) else "this machine has"
        raise TooLargeError(
            f"the {what} would have {text} entries, {in_words(wanted)}, and {where} "
            f"{in_words(held)} of memory; {instead}"
        )


def in_words(size: float) -> str:
    """A number of bytes with its unit."""
    power = min(int(math.log10(max(size, 1)) / 3), 5)
    return f"{size / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB', 'TB', 'PB')[power]}"
