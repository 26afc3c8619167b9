"""Parts of an array put in their places by one launch: each element asks which parts it comes from.

The kernel is told where each part begins, its steps and its lengths, so one text serves all indices::

    ptrdiff_t j1 = i % m1;
    ptrdiff_t j0 = i / m1;
    ptrdiff_t a0_0 = j0 - s0_0;
    bool k0_0 = (a0_0 >= 0) & (a0_0 % d0_0 == 0) & (a0_0 < d0_0 * n0_0);
    ...
    double v0 = hoad_at(p0, k0_0 & k0_1, o0_1, double(0));
    r0 = x + v0;
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

MOST = 8  # parts of a launch, whose parameters have 4 KB in all
MOST_AXES = 4
PREAMBLE = "#define hoad_at(p, there, k, zero) ((there) ? (p)[k] : (zero))"
NAMES = {"float32": "float", "float64": "double", "complex64": "hoad_c8", "complex128": "hoad_c16"}  # in C
DEFINED = {"complex64": "typedef complex<float> hoad_c8;", "complex128": "typedef complex<double> hoad_c16;"}


class Placed(NamedTuple):
    """A part, with as many axes as the whole, and for each of those the first position, the step between
    positions, and how many there are.
    """

    part: Any
    places: tuple[tuple[int, int, int], ...]


def placed(part: Any, index: Any, shape: tuple[int, ...]) -> Placed | None:
    """Where ``whole[index]`` lies, for integers, slices, ``...`` and ``None``; None for other indices."""
    given = list(index) if isinstance(index, tuple) else [index]
    if any([one.__class__ is bool or not (one is None or one is ... or is_slice(one)) for one in given]):
        return None
    axes = sum([one is not None and one is not ... for one in given])
    if not any([one is ... for one in given]):
        given.append(...)
    where = next(k for k, one in enumerate(given) if one is ...)
    given[where : where + 1] = [slice(None)] * (len(shape) - axes)
    places, turns = [], []
    for one, n in zip([one for one in given if one is not None], shape, strict=True):
        if not isinstance(one, slice):
            places.append((int(one) % n, 1, 1))
            turns.append(slice(None))
            continue
        start, stop, step = one.indices(n)
        count = len(range(start, stop, step))
        places.append((start, step, count) if step > 0 else (start + (count - 1) * step, -step, count))
        turns.append(slice(None, None, 1 if step > 0 else -1))
    lengths = tuple([count for _, _, count in places])
    if math.prod(lengths) != part.size:
        return None
    return Placed(part.reshape(lengths)[tuple(turns)], tuple(places))


def is_slice(one: Any) -> bool:
    """Tell whether a part of an index is an integer or a slice."""
    return isinstance(one, slice) or (hasattr(one, "__index__") and not getattr(one, "ndim", 0))


class Collector:
    """The kernel for some parts of an array.

    Args:
        axes: of the array.
        count: how many parts there are.
        kind: the name of their type.
        beside: whether there is an array to add them to.
    """

    def __init__(self, axes: int, count: int, kind: str, beside: bool) -> None:
        self.axes, self.count, self.kind = axes, count, kind
        lines = self.coordinates()
        for p in range(count):
            lines += self.part(p)
        total = " + ".join([*(["x"] if beside else []), *[f"v{p}" for p in range(count)]])
        self.body = "\n".join([*lines, f"r0 = {total};"])
        self.inputs = [f"{kind} x"] if beside else []
        self.inputs += [f"int64 m{a}" for a in range(1, axes)]
        for p in range(count):
            self.inputs.append(f"raw {kind} p{p}")
            self.inputs += [f"int64 {letter}{p}_{a}" for a in range(axes) for letter in "sdn"]

    def coordinates(self) -> list[str]:
        """The place of element ``i``."""
        lines, rest = [], "i"
        for a in range(self.axes - 1, 0, -1):
            lines += [f"ptrdiff_t j{a} = {rest} % m{a};", f"ptrdiff_t q{a} = {rest} / m{a};"]
            rest = f"q{a}"
        return [*lines, f"ptrdiff_t j0 = {rest} + 0;"] if self.axes else lines

    def part(self, p: int) -> list[str]:
        """What a part has at that place."""
        lines, there, place = [], [], "0"
        for a in range(self.axes):
            name = f"{p}_{a}"
            lines.append(f"ptrdiff_t a{name} = j{a} - s{name};")
            inside = f"(a{name} >= 0) & (a{name} % d{name} == 0) & (a{name} < d{name} * n{name})"
            lines.append(f"bool k{name} = {inside};")
            lines.append(f"ptrdiff_t o{name} = {place} * n{name} + a{name} / d{name};")
            there.append(f"k{name}")
            place = f"o{name}"
        found = f"hoad_at(p{p}, {' & '.join(there)}, {place}, {NAMES[self.kind]}(0))"
        return [*lines, f"{NAMES[self.kind]} v{p} = {found};"]


def preamble(kind: str) -> str:
    """What the text of a kernel needs."""
    return "\n".join([PREAMBLE, *([DEFINED[kind]] if kind in DEFINED else [])])
