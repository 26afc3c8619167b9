"""Where the buffers of a plan lie on a device. The left sides of two products by one matrix lie one behind
the other, and so do the products: the two are one then, of twice as many rows.
"""

from __future__ import annotations

import math

import numpy as np

from ..fields.lattice import dense
from ..fields.memory import LINE, Memory
from ..fields.plan import Plan
from .text import Types

DTYPES = {"double": np.dtype(np.float64), "float": np.dtype(np.float32), "int": np.dtype(bool)}


class DeviceMemory(Memory):
    """The places of the buffers, each of as many bytes as its type needs.

    ``products`` are pairs of products that are one.

    Args:
        plan: what is computed in which order.
        types: of the values.
    """

    def __init__(self, plan: Plan, types: Types) -> None:
        self.types = types
        self.couples: dict[int, tuple[int, int]] = {}  # of what lies one behind the other, by each of the two
        self.reserved: dict[int, int] = {}
        self.gone: set[int] = set()
        self.plan = plan
        self.products = self.paired()
        super().__init__(plan)

    def bytes(self, one: int) -> int:
        """The bytes of a value."""
        size: int = DTYPES[self.types(one)].itemsize * max(1, math.prod(self.plan.algebra.shapes[one]))
        return size

    def need(self, one: int) -> int:
        """The same in whole lines."""
        return -(-self.bytes(one) // LINE) * LINE

    # -- Pairs -----------------------------------------------------------------------------------------------

    def paired(self) -> list[tuple[int, int]]:
        """The products that can be one: at the same time, by the same matrix, of different left sides."""
        plan, algebra = self.plan, self.plan.algebra
        alike: dict[tuple[int, int], list[int]] = {}
        for one in plan.order:
            if algebra.operations[one][0] == "matmul" and len(algebra.shapes[one]) == 2:
                alike.setdefault((plan.level[one], algebra.operations[one][2]), []).append(one)
        found = []
        for ones in alike.values():
            for a, b in zip(ones[::2], ones[1::2], strict=False):
                lefts = algebra.operations[a][1], algebra.operations[b][1]
                if algebra.shapes[b][1] > 1 and self.fits(*lefts) and self.fits(a, b):
                    self.couples.update(dict.fromkeys(lefts, lefts) | dict.fromkeys((a, b), (a, b)))
                    found.append((a, b))
        return found

    def fits(self, a: int, b: int) -> bool:
        """Tell whether two values can lie one behind the other."""
        if a in self.couples or b in self.couples:
            return self.couples.get(a) == self.couples.get(b) == (a, b)
        free = all([k in self.plan.kept and k not in self.plan.results for k in (a, b)])
        rows = all([self.plan.algebra.base(k) == (k, 0, dense(self.plan.algebra.shapes[k])) for k in (a, b)])
        return (
            free
            and rows
            and a != b
            and self.types(a) == self.types(b)
            and self.bytes(a) % LINE == 0
            and (self.plan.algebra.shapes[a] == self.plan.algebra.shapes[b])
        )

    def given(self, one: int) -> int:
        """The place of a value: of one of a pair, beside the other."""
        couple = self.couples.get(one)
        if couple is None:
            return super().given(one)
        if one not in self.reserved:
            start = self.taken(2 * self.need(one))
            self.reserved.update({couple[0]: start, couple[1]: start + self.need(one)})
        return self.reserved[one]

    def released(self, one: int) -> None:
        """Let the place of a value be used again: of a pair, when both are gone."""
        couple = self.couples.get(one)
        if couple is None:
            super().released(one)
            return
        self.gone.add(one)
        if self.gone.issuperset(couple):
            self.free.setdefault(2 * self.need(one), []).append(self.offsets[couple[0]])
