"""The recorded program."""

from __future__ import annotations

from typing import Any

from hoad.tape import Tape, no_pull


class Growing(list[Any]):
    """A program to which another thread adds an operation while it is read."""

    def __getitem__(self, k: Any) -> Any:
        found = super().__getitem__(k)
        if isinstance(k, slice):
            self.extend([len(self) // 5, no_pull, None, None, 7.0])
        return found


def test_a_program_that_grows_while_it_is_read() -> None:
    """What comes in after the slots have been read is left out of every column."""
    tape = Tape()
    tape.program = Growing([part for k in range(20) for part in (k, no_pull, None, None, float(k))])
    pullbacks, left, right, values = tape.columns()
    assert len(pullbacks) == len(left) == len(right) == 20
    assert values == [float(k) for k in range(20)]
