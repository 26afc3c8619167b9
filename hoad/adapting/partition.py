"""Which of the lists, arrays and objects that a program holds are one: what is written by one name is read by
the others. So a program that holds equal things is another one where two that were apart have become one, or
one has become two.

Things are known by their numbers (``id``), so that nothing of the user's is kept alive. As long as each has
the number that it had, the partition is the same, and one comparison for each thing tells. Where one has
another number, all are looked at again, and each new one is noted: it must be apart from all others then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Met(threading.local):
    """What the look that is going on has met: the new number of each thing by its old one, and the old by the
    new; None where there is no such look.
    """

    numbers: tuple[dict[int, int], dict[int, int]] | None = None


MET = Met()


class Partition:
    """The things that a program holds.

    Attributes:
        things: by their numbers; of memory, by the negative ones.
        kept: what has these numbers, until all are known.
        is_exact: whether each thing is noted at each look. It is from that time on at which one has the
            number of another one of before: that may be gone, or may be where it was.
    """

    __slots__ = ("is_exact", "kept", "things")

    def __init__(self) -> None:
        self.things: dict[int, Thing] = {}
        self.kept: list[Any] = []
        self.is_exact = False

    def thing(self, value: Any, sign: int = 1) -> Thing:
        """The thing that something is, which is met once more.

        Args:
            value: the list, array or object.
            sign: -1 for the memory that it is.
        """
        number = sign * id(value)
        self.kept.append(value)
        found = self.things.get(number)
        if found is None:
            found = self.things[number] = Thing(self, number)
        else:
            found.is_again = True
        return found

    def look_closer(self) -> bool:
        """Note each thing from the next look on; this one has not."""
        for thing in self.things.values():
            thing.number = 0
        self.is_exact = True  # which looks in other threads see at their end, if they have passed some
        return False

    def alike(self, test: Callable[[Any], bool]) -> Callable[[Any], bool]:
        """The look at all things, for where a test has failed that passes none but the same ones.

        Args:
            test: of what the program holds.
        """
        self.kept, things = [], self.things.values()
        if len([thing for thing in things if thing.was > 0]) < 2 and not any([t.is_again for t in things]):
            for thing in things:
                thing.is_alone = True
            return lambda now: False

        def look(now: Any) -> bool:
            before, is_exact = MET.numbers, self.is_exact
            MET.numbers = {}, {}
            try:
                return test(now) and self.is_exact is is_exact
            finally:
                MET.numbers = before

        return look


class Thing:
    """Something that may be written to.

    Attributes:
        number: by which it is passed without a look; 0 if there is none.
        was: its number, at first.
        is_again: whether it was met at several places.
        is_alone: whether there is no other.
    """

    __slots__ = ("is_again", "is_alone", "number", "partition", "was")

    def __init__(self, partition: Partition, number: int) -> None:
        self.partition, self.number, self.was = partition, number, number
        self.is_again = self.is_alone = False

    def is_here(self, now: Any) -> bool:
        """The test of a place in which it is met again: what is in it is compared where it was met first."""
        return id(now) == self.number or self.meets(id(now))

    def meets(self, number: int) -> bool:
        """Tell whether what has a number may stand in the place of this: it does wherever this stood, and
        nowhere else.
        """
        if self.is_alone:
            return True
        if MET.numbers is None:
            return False
        partition, (new, old) = self.partition, MET.numbers
        if not partition.is_exact and (self.is_again or number in partition.things):
            return partition.look_closer()
        return new.setdefault(self.was, number) == number and old.setdefault(number, self.was) == self.was
