"""What is bound together while a derivative of a program runs, and bound back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .binding import LOCK, MISSING, Binding, Item


class Bound:
    """The bindings of a program: the names of modules, by far the most, and all else.

    Args:
        bindings: each at another place.
    """

    __slots__ = ("names", "others")

    def __init__(self, bindings: Sequence[Binding]) -> None:
        self.names: list[tuple[Binding, dict[str, Any], str]] = []
        self.others: list[Binding] = []
        for binding in bindings:
            place = binding.place
            if place.__class__ is Item and place.holder.__class__ is dict:
                self.names.append((binding, place.holder, place.name))
            else:
                self.others.append(binding)

    def bind(self) -> None:
        """One more derivative needs all of them. A place that holds something else by now is left alone."""
        with LOCK:
            for binding, held, name in self.names:
                binding.count += 1
                if binding.count == 1 and held.get(name, MISSING) is binding.original:
                    held[name] = binding.replacement
            for binding in self.others:
                binding.count += 1
                if binding.count == 1:
                    binding.exchange(binding.original, binding.replacement)

    def release(self) -> None:
        """One derivative less needs them. What the program has put there itself stays; one that can't be
        bound back does not keep the others.
        """
        error: BaseException | None = None
        with LOCK:
            for binding in reversed(self.others):
                binding.count -= 1
                if binding.count == 0:
                    try:
                        binding.exchange(binding.replacement, binding.original)
                    except BaseException as another:
                        error = another
            for binding, held, name in self.names:
                binding.count -= 1
                if binding.count == 0 and held.get(name, MISSING) is binding.replacement:
                    if binding.original is MISSING:
                        del held[name]
                    else:
                        held[name] = binding.original
        if error is not None:
            raise error
