"""Many directions at once: how many, with what progress bar, and whether the result fits into memory."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import ArgumentError, MissingDependencyError, TooLargeError

SMALL = 2**20  # bytes that every machine has
AT_ONCE = 2**28  # bytes that one array of a batch may have, if the user does not say
Work = tuple[Callable[[range], Any], int, int]  # of a chunk; of how many directions; elements of each


class Chunks:
    """The directions of one call, in chunks.

    Args:
        size: how many to take at once; None for as many as fit into ``AT_ONCE`` bytes.
        progress: whether to show a bar.
        what: what is worked out, for the bar and for messages.
    """

    shared = False  # whether these are the share of a worker

    def __init__(self, size: int | None = None, progress: bool = False, what: str = "Jacobian") -> None:
        self.size = checked_chunk(size)
        self.progress = progress
        self.what = what

    def over(self, n: int, elements: int) -> Iterator[range]:
        """The ranges that make up ``range(n)``, for arrays of so many elements a direction."""
        bar = bar_of(n, self.what) if self.progress else None
        try:
            for chunk in self.ranges(n, self.at_once(elements)):
                yield chunk
                if bar is not None:
                    bar.update(len(chunk))
        finally:
            if bar is not None:
                bar.close()

    def at_once(self, elements: int) -> int:
        """How many directions a chunk has."""
        return self.size or max(AT_ONCE // (8 * max(elements, 1)), 1)

    @staticmethod
    def ranges(n: int, size: int) -> Iterator[range]:
        """``range(n)`` in pieces; one empty piece of nothing, whose result has the shape."""
        for start in range(0, max(n, 1), size):
            yield range(start, min(start + size, n))

    def map(self, work: Callable[[range], Any], n: int, elements: int) -> list[Any]:
        """The results of ``work`` for all chunks of ``range(n)``, in order."""
        return self.maps([(work, n, elements)])[0]

    def maps(self, works: list[Work]) -> list[list[Any]]:
        """The same for several pieces of work."""
        return [[work(which) for which in self.over(n, elements)] for work, n, elements in works]


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


def memory() -> float:
    """Bytes of memory that the machine has; infinite where it doesn't tell."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return float("inf")


def refuse_too_large(shape: tuple[int, ...], what: str, instead: str) -> None:
    """Refuse a result that the machine can't hold, before its memory is taken.

    Raises:
        TooLargeError: with an estimate of the size.
    """
    wanted = 8.0 * math.prod(map(float, shape))
    if wanted > SMALL and wanted > (held := memory()):
        text = " x ".join(str(n) for n in shape)
        raise TooLargeError(
            f"the {what} would have {text} entries, {in_words(wanted)}, and this machine has "
            f"{in_words(held)} of memory; {instead}"
        )


def in_words(size: float) -> str:
    """A number of bytes with its unit."""
    power = min(int(math.log10(max(size, 1)) / 3), 5)
    return f"{size / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB', 'TB', 'PB')[power]}"
