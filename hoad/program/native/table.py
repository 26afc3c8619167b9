"""``Table``: what native code finds elsewhere in memory. Its text knows no address, only numbers of entries,
so the machine code of one process may be loaded in another.
"""

from __future__ import annotations

import re
from typing import Any

USED = re.compile(r"%table(\d+)(?:_(\d+))?\b")
OFFSET = re.compile(r"%table\d+_\d+\b")


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
        """The text of a function with what it uses of the table read at its beginning; places in that are
        worked out where they are used, so that few are alive at once.
        """
        head, entry, rest = text.partition("entry:\n")
        bases = dict.fromkeys(USED.findall(rest))
        loads = [
            f"  %table{k} = load ptr, ptr getelementptr (ptr, ptr @table, i64 {k})\n"
            for k in dict.fromkeys([number for number, _ in bases])
        ]
        if any([offset for _, offset in bases]):
            rest = "\n".join([placed(k, line) for k, line in enumerate(rest.split("\n"))])
        return "".join([head, entry, *loads, rest])

    def text(self) -> str:
        """The table itself, which is filled when the code is loaded."""
        return f"@table = global [{max(1, len(self.numbers))} x ptr] zeroinitializer\n"


def placed(k: int, line: str) -> str:
    """An instruction, behind the places in the table's entries that it uses."""
    lines = [
        f"  %table{number}_{offset}.{k} = getelementptr i8, ptr %table{number}, i64 {offset}"
        for number, offset in dict.fromkeys(USED.findall(line))
        if offset
    ]
    return "\n".join([*lines, OFFSET.sub(rf"\g<0>.{k}", line)]) if lines else line
