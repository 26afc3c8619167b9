"""How the directions of a plan are shared out among workers."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import ArgumentError
from ..running.calling import checked_flag
from ..running.chunks import checked_chunk
from ..running.spread import checked_executor


class Sharing(NamedTuple):
    """What was said of it; true if the directions are to go in parts."""

    executor: Any = None
    chunk_size: int | None = None
    progress: bool | None = None

    def __bool__(self) -> bool:
        return any([given is not None and given is not False for given in self])

    def checked(self, compile: bool) -> Sharing:
        """The same, if a plan can do so.

        Raises:
            ArgumentError: it is compiled; ``chunk_size`` is no size, ``executor`` none, ``progress`` no flag.
        """
        if self.progress is not None:
            checked_flag("progress", self.progress)
        if compile and self:
            raise ArgumentError(
                "executor=, chunk_size= and progress= are for plans that are not compiled: a compiled one "
                "does its directions in one program; make the plan without compile=True"
            )
        checked_chunk(self.chunk_size)
        checked_executor(self.executor)
        return self

    def or_else(self, other: Sharing) -> tuple[int | None, bool, Any]:
        """What ``products_in_chunks`` takes: by these options, and by others where nothing was said."""
        executor, chunk_size, progress = [b if a is None else a for a, b in zip(self, other, strict=True)]
        return checked_chunk(chunk_size), bool(progress), checked_executor(executor)
