"""Where the buffers of a plan lie: one arena, of which a part is used again once nobody reads what stood in
it.
"""

from __future__ import annotations

import math

from .plan import Plan, Step

LINE = 64  # bytes of a line of the cache, which no two buffers share


class Memory:
    """The places of the buffers.

    ``offsets`` are in bytes, by id; the first line is for the flag. ``size`` is that of the arena.

    Args:
        plan: what is computed in which order.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.offsets: dict[int, int] = {}
        self.size = LINE
        self.free: dict[int, list[int]] = {}  # places that are free, by their size
        ends = self.ends()
        for k, step in enumerate(plan.steps):
            for one in made(step):
                if one not in plan.results:
                    self.offsets[one] = self.given(one)
            for one in ends.get(k, ()):
                if one in self.offsets:
                    self.released(one)

    def need(self, one: int) -> int:
        """The bytes of a value, in whole lines."""
        return -(-8 * max(1, math.prod(self.plan.algebra.shapes[one])) // LINE) * LINE

    def given(self, one: int) -> int:
        """The place of a value."""
        return self.taken(self.need(one))

    def released(self, one: int) -> None:
        """Let the place of a value be used again."""
        self.free.setdefault(self.need(one), []).append(self.offsets[one])

    def taken(self, need: int) -> int:
        """A place of a size: one that is free, or at the end."""
        if self.free.get(need):
            return self.free[need].pop()
        self.size += need
        return self.size - need

    def ends(self) -> dict[int, list[int]]:
        """Which values nobody reads after each step."""
        last: dict[int, int] = {}
        for k, step in enumerate(self.plan.steps):
            for one in made(step):
                last.setdefault(one, k)
                last.update(dict.fromkeys(self.plan.read[one], k))
        for one in self.plan.roots:
            last[one] = len(self.plan.steps)
        found: dict[int, list[int]] = {}
        for one, k in last.items():
            found.setdefault(k, []).append(one)
        return found


def made(step: Step) -> list[int]:
    """What a step writes to memory."""
    if step.group is not None:
        return [*step.group.stores, *step.group.sums]
    return [] if step.value is None else [step.value]
