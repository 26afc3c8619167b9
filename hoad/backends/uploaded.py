"""Small arrays that are copied to a device once, and held there: positions that the host knows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

LARGEST = 2**14  # positions of which one is made
MOST = 128  # arrays
MOST_BYTES = 2**20  # of one


class Uploaded:
    """What was copied, by what it was made of: those that were asked for last."""

    def __init__(self) -> None:
        self.arrays: OrderedDict[Any, Any] = OrderedDict()
        self.known: dict[int, Any] = {}
        self.guard = threading.RLock()

    def __contains__(self, x: Any) -> bool:
        return self.known.get(id(x)) is x

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """The array of a key, or the tuple of those, which is made where there is none."""
        with self.guard:
            found = self.arrays.get(key)
            if found is not None:
                self.arrays.move_to_end(key)
                return found
        made = make()
        parts = made if isinstance(made, tuple) else (made,)
        if sum([part.nbytes for part in parts]) <= MOST_BYTES:
            with self.guard:
                self.arrays[key] = made
                self.known.update({id(part): part for part in parts})
                while len(self.arrays) > MOST:
                    self._forget(self.arrays.popitem(last=False)[1])
        return made

    def _forget(self, made: Any) -> None:
        for part in made if isinstance(made, tuple) else (made,):
            self.known.pop(id(part), None)
