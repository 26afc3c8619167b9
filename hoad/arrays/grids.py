"""``np.r_``, ``np.c_``, ``np.mgrid`` and ``np.ogrid``, whose parts and ends may be traced.

They are objects that are asked for elements, which NumPy's protocols don't know: of traced parts they would
make arrays of objects. What they lay out is asked of NumPy itself, with positions in the place of values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NotDifferentiableError
from ..nested import Traced, innermost, primal, refused
from ..values.captures import traced_in
from ..values.shapes import shape_of
from .unreached import HOLDING, holds_traced, packed


def is_traced_part(part: Any) -> bool:
    """Tell whether a part of a key, or an end or a step of a slice, is traced."""
    if part.__class__ is slice:
        return innermost((part.start, part.stop, part.step)) is not None
    return isinstance(part, Traced) or (part.__class__ in HOLDING and holds_traced(part))


def count(step: Any) -> int | None:
    """How many points an imaginary step says; None of another one."""
    return int(abs(step)) if isinstance(step, (complex, np.complexfloating)) else None


class OfKeys:
    """One of the objects; everything but its elements is NumPy's."""

    def __init__(self, original: Any, made: Callable[[Any, tuple[Any, ...]], Any]) -> None:
        self.original = original
        self.made = made

    def __getitem__(self, key: Any) -> Any:
        parts = key if key.__class__ is tuple else (key,)
        return self.made(self.original, parts) if any(map(is_traced_part, parts)) else self.original[key]

    def __len__(self) -> int:
        return len(self.original)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def __repr__(self) -> str:
        return repr(self.original)


def together(original: Any, parts: tuple[Any, ...]) -> Any:
    """``np.r_`` and ``np.c_``: one gather of all that is put together, in NumPy's order.

    Raises:
        NotDifferentiableError: it is to be a ``np.matrix``.
    """
    values: list[Any] = []
    places: list[Any] = []
    size = 0
    for part in parts:
        if isinstance(part, str):  # how to put them together
            places.append(part)
            continue
        value = points(part) if part.__class__ is slice else packed(part) if holds_traced(part) else part
        length = int(np.prod(shape_of(value)))
        at = np.arange(size, size + length).reshape(shape_of(value))
        places.append(slice(size, size + length) if part.__class__ is slice else at)
        values.append(np.reshape(value, -1))
        size += length
    laid = original[tuple(places)]
    if isinstance(laid, np.matrix):
        message = "np.r_['r', ...] and 'c' make a np.matrix, which has another meaning of * and **"
        raise refused(NotDifferentiableError(f"{message}: leave the letter out"), *traced_in(parts))
    return np.concatenate(values)[laid]


def points(part: slice) -> Any:
    """The numbers of a slice."""
    n = count(part.step)
    if n is not None:
        return np.linspace(0 if part.start is None else part.start, part.stop, n)
    return along(part, len(np.r_[ends(part)]))


def grid(original: Any, parts: tuple[Any, ...]) -> Any:
    """``np.mgrid`` and ``np.ogrid``: along each axis the numbers of a slice, as many as NumPy says."""
    plain = tuple(map(ends, parts))
    if len(parts) == 1:
        return along(parts[0], len(original[plain[0]]))
    whole = original[plain]
    axes = [
        np.reshape(along(part, n), [-1 if k == axis else 1 for k in range(len(parts))])
        for axis, (part, n) in enumerate(zip(parts, np.broadcast_shapes(*map(np.shape, whole)), strict=True))
    ]
    return tuple(axes) if original.sparse else np.stack(np.broadcast_arrays(*axes))


def ends(part: slice) -> slice:
    """A slice of as many plain numbers."""
    if count(part.step) is not None:
        return slice(0, 1, part.step)
    return slice(*map(number, (part.start, part.stop, part.step)))


def number(end: Any) -> Any:
    """The plain number of an end or a step, which decides how many there are.

    Raises:
        EscapeError: it differs between the members of a batch.
    """
    value = primal(end)
    return value.__float__() if isinstance(value, Traced) else value  # type: ignore[attr-defined]


def along(part: slice, n: int) -> Any:
    """The numbers of a slice, of which there are n."""
    start, step = 0 if part.start is None else part.start, 1 if part.step is None else part.step
    if count(step) is not None:
        step = (part.stop - start) / (n - 1) if n > 1 else 1
    return start + np.arange(n) * step


KEYED: dict[str, OfKeys] = {
    **{name: OfKeys(getattr(np, name), together) for name in ("r_", "c_")},
    **{name: OfKeys(getattr(np, name), grid) for name in ("mgrid", "ogrid")},
}
