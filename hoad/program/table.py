"""``Table``: what native code finds elsewhere in memory. Its text knows no address, only numbers of entries,
so the machine code of one process may be loaded in another.
"""

from __future__ import annotations

import re
from typing import Any

USED = re.compile(r"%table(\d+)(?:_(\d+))?\b")


class Table:
    """The entries, by what they stand for; ``keys`` are those in order."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    @property
    def keys(self) -> list[Any]:
        """What each entry stands for."""
        return list(self.numbers)

    def pointer(self, *key: Any, offset: int = 0) -> str:
        """The pointer to something, or to a place in it, as it stands in the text of a function."""
        number = self.numbers.setdefault(key, len(self.numbers))
        return f"%table{number}_{offset}" if offset else f"%table{number}"

    def loaded(self, text: str) -> str:
        """The text of a function with what it uses of the table read at its beginning."""
        bases: dict[str, None] = {}
        places: dict[str, None] = {}
        for number, offset in dict.fromkeys(USED.findall(text)):
            entry = f"getelementptr (ptr, ptr @table, i64 {number})"
            bases[f"  %table{number} = load ptr, ptr {entry}\n"] = None
            if offset:
                places[
                    f"  %table{number}_{offset} = getelementptr i8, ptr %table{number}, i64 {offset}\n"
                ] = None
        head, entry, rest = text.partition("entry:\n")
        return "".join([head, entry, *bases, *places, rest])

    def text(self) -> str:
        """The table itself, which is filled when the code is loaded."""
        return f"@table = global [{max(1, len(self.numbers))} x ptr] zeroinitializer\n"
