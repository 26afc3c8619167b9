"""Filters of ``scipy.ndimage`` and ``scipy.signal`` that choose one of the neighbours: its change is
theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage, signal

from ..doors import door
from ..statements import Constant
from .convolutions import array, turned
from .imaging import axes_of, for_each, image, spread_over, surrounded


def around(x: Any, there: Any, mode: Any, cval: Any, origins: Any, change: Any = None) -> Any:
    """The neighbours of each element, along a leading axis.

    Args:
        there: which neighbours there are.
        change: what is added to each.
    """
    wide, found = surrounded(x, np.shape(there), mode, cval, origins), []
    for place in zip(*np.nonzero(there), strict=True):
        here = tuple([slice(k, k + n) for k, n in zip(place, np.shape(x), strict=True)])
        found.append(wide[here] if change is None else wide[here] + change[place])
    return np.stack(found)


def shape_of(x: Any, size: Any, footprint: Any, axes: Any) -> Any:
    """Which neighbours there are.

    Raises:
        RuntimeError: neither a size nor a footprint is given.
    """
    if footprint is not None:
        return np.asarray(footprint, dtype=bool)
    if size is None:
        raise RuntimeError("no footprint or filter size provided")
    along = axes_of(x, axes)
    return np.ones([int(n) for n in for_each(size, along)], dtype=bool)


def least(choose: Callable[..., Any]) -> Callable[..., Any]:
    """``minimum_filter`` or ``maximum_filter``."""

    def body(
        input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
        cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
    ) -> Any:  # fmt: skip
        refuse_complex(input)
        there = shape_of(input, size, footprint, axes)
        if not there.any():
            raise ValueError("All-zero footprint is not supported.")
        if not there.all():
            whole, origins = spread_over(input, there, axes, origin)
            return choose(around(input, whole, mode, cval, origins), axis=0)
        along, found = axes_of(input, axes), input
        options = zip(along, there.shape, *[for_each(v, along) for v in (mode, origin)], strict=True)
        for axis, n, how, o in options:
            found = one_axis(choose, found, n, axis, how, cval, o) if n > 1 else found
        return found

    return body


def one_axis(choose: Any, x: Any, size: int, axis: int, mode: Any, cval: Any, origin: int) -> Any:
    """The least, or the greatest, of the neighbours along an axis."""
    if size < 1:
        raise RuntimeError("incorrect filter size")
    there, origins = spread_over(x, np.ones(int(size), dtype=bool), axis, origin)
    return choose(around(x, there, mode, cval, origins), axis=0)


def least_along(choose: Callable[..., Any]) -> Callable[..., Any]:
    """The same along one axis."""

    def body(
        input: Any, size: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
        origin: int = 0,
    ) -> Any:  # fmt: skip
        refuse_complex(input)
        return one_axis(choose, input, size, axis, mode, cval, origin)

    return body


def refuse_complex(x: Any) -> None:
    """Raise what SciPy raises for complex numbers, which have no order."""
    if np.iscomplexobj(x):
        raise TypeError("Complex type not supported")


image(ndimage.minimum_filter)(least(np.min))
image(ndimage.maximum_filter)(least(np.max))
image(ndimage.minimum_filter1d)(least_along(np.min))
image(ndimage.maximum_filter1d)(least_along(np.max))


def ranked(
    x: Any,
    rank: Callable[[int], int],
    size: Any,
    footprint: Any,
    mode: Any,
    cval: Any,
    origin: Any,
    axes: Any,
) -> Any:
    """One of the neighbours, in their order."""
    refuse_complex(x)
    whole, origins = spread_over(x, shape_of(x, size, footprint, axes), axes, origin)
    count = int(np.sum(whole))
    k = rank(count)
    k = k + count if k < 0 else k
    if not 0 <= k < count:
        raise RuntimeError("rank not within filter footprint size")
    near = around(x, whole, mode, cval, origins)
    return np.min(near, axis=0) if k == 0 else np.max(near, axis=0) if k == count - 1 else chosen(near, k)


def chosen(near: Any, k: int) -> Any:
    """The k-th of the neighbours."""
    return np.take_along_axis(near, order_(near, k=k), axis=0)[0]


# Which of the neighbours is the k-th.
order_: Constant = Constant(
    lambda near, *, k: np.argsort(near, axis=0, kind="stable")[k : k + 1], "the order"
)


@image(ndimage.rank_filter)
def rank_filter(
    input: Any, rank: int, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """The neighbour of a rank."""
    return ranked(input, lambda n: int(rank), size, footprint, mode, cval, origin, axes)


@image(ndimage.median_filter)
def median_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """The neighbour in the middle, of an even number the second of two."""
    return ranked(input, lambda n: n // 2, size, footprint, mode, cval, origin, axes)


@image(ndimage.percentile_filter)
def percentile_filter(
    input: Any, percentile: Any, size: Any = None, footprint: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """The neighbour that a share of the others is below."""
    share = percentile + 100.0 if percentile < 0 else percentile
    if not 0 <= share <= 100:
        raise RuntimeError("invalid percentile")
    rank = lambda n: n - 1 if share == 100.0 else int(float(n) * share / 100.0)
    return ranked(input, rank, size, footprint, mode, cval, origin, axes)


# ------------------------------------------------------------------------------------------------------------
# Of signals
# ------------------------------------------------------------------------------------------------------------


def within_zeros(x: Any, there: Any, rank: int) -> Any:
    """A rank among neighbours, with zeros beyond the ends."""
    return chosen(around(x, there, "constant", 0.0, [0] * np.ndim(x)), rank)


@door(signal.order_filter)
def order_filter(a: Any, domain: Any, rank: int) -> Any:
    """The neighbour of a rank, in a domain."""
    a, there = array(a), np.asarray(domain)
    if any([n % 2 == 0 for n in there.shape]):
        raise ValueError("Each dimension of domain argument should have an odd number of elements.")
    if np.ndim(a) != there.ndim or not 0 <= rank < np.count_nonzero(there):
        signal.order_filter(np.zeros(np.shape(a)), domain, rank)
    return within_zeros(a, there != 0, rank)


def median_of(function: Any, volume: Any, kernel_size: Any) -> Any:
    """The median of neighbours, with zeros beyond the ends."""
    x = array(volume)
    sizes = np.full(np.ndim(x), 3 if kernel_size is None else kernel_size)
    if np.any(sizes % 2 == 0) or np.iscomplexobj(x):
        function(np.zeros(np.shape(x), x.dtype), kernel_size)
    return within_zeros(x, np.ones(sizes, dtype=bool), int(np.prod(sizes)) // 2)


@door(signal.medfilt)
def medfilt(volume: Any, kernel_size: Any = None) -> Any:
    """The median of neighbours."""
    return median_of(signal.medfilt, volume, kernel_size)


@door(signal.medfilt2d)
def medfilt2d(input: Any, kernel_size: Any = 3) -> Any:
    """The same, of two axes."""
    return median_of(signal.medfilt2d, input, kernel_size)


# ------------------------------------------------------------------------------------------------------------
# Morphology
# ------------------------------------------------------------------------------------------------------------


def shifted(
    x: Any,
    size: Any,
    footprint: Any,
    structure: Any,
    mode: Any,
    cval: Any,
    origin: Any,
    axes: Any,
    sign: float,
) -> Any:
    """The least of the neighbours minus a structure, or the greatest of those plus one."""
    choose = np.min if sign < 0 else np.max
    if structure is None:
        found: Any = least(choose)(x, size, footprint, None, mode, cval, origin, axes=axes)
        return found
    structure = array(structure)
    there = np.ones(np.shape(structure), bool) if footprint is None else np.asarray(footprint, dtype=bool)
    whole, origins = spread_over(x, there, axes, origin)
    change = sign * spread_over(x, structure, axes, 0)[0]
    return choose(around(x, whole, mode, cval, origins, change), axis=0)


def eroded(x: Any, size: Any, footprint: Any, structure: Any, mode: Any, cval: Any, o: Any, axes: Any) -> Any:
    """An erosion."""
    if size is None and footprint is None and structure is None:
        raise ValueError("size, footprint, or structure must be specified")
    return shifted(x, size, footprint, structure, mode, cval, o, axes, -1.0)


def dilated(
    x: Any, size: Any, footprint: Any, structure: Any, mode: Any, cval: Any, o: Any, axes: Any
) -> Any:
    """A dilation: an erosion of the negative, with everything turned around."""
    if size is None and footprint is None and structure is None:
        raise ValueError("size, footprint, or structure must be specified")
    along = axes_of(x, axes)
    structure = None if structure is None else turned(array(structure))
    footprint = None if footprint is None else turned(np.asarray(footprint))
    shape = next((np.shape(s) for s in (footprint, structure) if s is not None), None)
    sizes = for_each(size, along) if shape is None else shape
    origins = [-p - (1 - int(n) % 2) for p, n in zip(for_each(o, along), sizes, strict=True)]
    return shifted(x, size, footprint, structure, mode, cval, origins, axes, 1.0)


def opened(x: Any, *how: Any) -> Any:
    """What is left of an array that is eroded, and dilated then."""
    return dilated(eroded(x, *how), *how)


def closed(x: Any, *how: Any) -> Any:
    """The other order."""
    return eroded(dilated(x, *how), *how)


def morphological(function: str, of: Callable[..., Any]) -> None:
    """State the door of one of these functions, which all have the same arguments."""

    def body(
        input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
        mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
    ) -> Any:  # fmt: skip
        return of(input, size, footprint, structure, mode, cval, origin, axes)

    image(getattr(ndimage, function))(body)


morphological("grey_erosion", eroded)
morphological("grey_dilation", dilated)
morphological("grey_opening", opened)
morphological("grey_closing", closed)
morphological("morphological_gradient", lambda x, *how: dilated(x, *how) - eroded(x, *how))
morphological("morphological_laplace", lambda x, *how: dilated(x, *how) + eroded(x, *how) - 2 * x)
morphological("white_tophat", lambda x, *how: x - opened(x, *how))
morphological("black_tophat", lambda x, *how: closed(x, *how) - x)
