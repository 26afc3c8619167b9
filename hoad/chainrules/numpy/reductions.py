"""Reductions along axes: sums, products, moments, and their cumulative forms. (Extremes: ``extremes.py``.)"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...nested import Traced, everything
from ...tangents.fit import FEW
from ...values.constants import asarray
from ...values.reading import is_read, somewhere, vanishes
from ...values.shapes import DOUBLE, REALS, ndim_of, shape_of
from ..declarations import composite, differential, linear_rule
from ..statements import RULES, Differential, root_of
from ..unknown import unknown
from .axes import Axes, along, normalize, reduced
from .elementwise import square_of_size, unit
from .shaping import cast, in_type, kind_of

Shape = tuple[int, ...]


def spread(g: Any, shape: Axes, axis: Axes, keepdims: bool = False) -> Any:
    """Stretch a reduced array back over the axes that were reduced."""
    if not keepdims:
        kept = tuple([1 if k in axis else n for k, n in enumerate(shape)])
        g = g.reshape(kept) if g.__class__ is np.ndarray else np.reshape(g, kept)
    if g.__class__ is np.ndarray and math.prod(shape) <= FEW:
        part = np.empty(shape, g.dtype)  # of so few, in less time than a view
        part[...] = g
        return part
    return np.broadcast_to(g, shape)


def count(a: Any, axis: Any) -> int:
    """How many elements each result of a reduction comes from."""
    shape = shape_of(a)
    return math.prod(shape[k] for k in normalize(axis, len(shape)))


def masked(a: Any, where: Any, neutral: float) -> Any:
    """The array with ``neutral`` where the mask does not hold."""
    return a if where is True else np.where(where, a, neutral)


def number(a: Any, axis: Any, where: Any, keepdims: bool) -> Any:
    """How many elements that ``where=`` admits each result of a reduction comes from."""
    if where is True:
        return count(a, axis)
    return np.sum(np.broadcast_to(where, shape_of(a)), axis=axis, dtype=np.intp, keepdims=keepdims)


def degrees_of_freedom(n: Any, ddof: Any, correction: Any) -> Any:
    """What a sum of squares is divided by; ``correction`` is the name of ``ddof`` in the array API."""
    if correction is not np._NoValue:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    return max(n - ddof, 0) if isinstance(n, int) else np.maximum(n - ddof, 0)


def is_given(initial: Any, neutral: int) -> bool:
    """Tell whether a reduction begins with something else than its neutral element."""
    return (
        initial is not np._NoValue
        and initial is not None
        and not (initial.__class__ is int and initial == neutral)
    )


# ------------------------------------------------------------------------------------------------------------
# Sums
# ------------------------------------------------------------------------------------------------------------


def _sum(x: Any, axis: Axes, keepdims: bool) -> Any:
    if x.__class__ is np.ndarray:
        return np.add.reduce(x, axis=axis, keepdims=keepdims)
    return np.sum(x, axis=axis, keepdims=keepdims)


def backwards(x: Any, axis: int) -> Any:
    """An array in the opposite order along an axis, as ``np.flip`` gives it, at a tenth of the time."""
    return x[(slice(None),) * axis + (slice(None, None, -1),)]


def _cumsum(x: Any, axis: int) -> Any:
    return np.cumsum(x, axis=axis)


sum_ = linear_rule(_sum, lambda g, x, axis, keepdims: spread(g, shape_of(x), axis, keepdims), name="sum")
cumsum_ = linear_rule(
    _cumsum, lambda g, x, axis: backwards(np.cumsum(backwards(g, axis), axis), axis), name="cumsum"
)


@composite(np.sum)
def np_sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    """The sum along axes."""
    if where is not True or dtype is not None:
        a = in_type(masked(a, where, 0), dtype)
    total = sum_(a, reduced(axis, ndim_of(a)), keepdims is True)
    return total + cast(initial, kind_of(total)) if is_given(initial, 0) else total


@composite(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The cumulative sum."""
    if dtype is not None:
        a = in_type(a, dtype)
    return cumsum_(*(along(a, axis) if axis is not None or ndim_of(a) != 1 else (a, 0)))


@composite(np.mean)
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """The mean along axes."""
    n = number(a, axis, where, keepdims is True)
    found = divided(RULES[np.sum](a, axis, dtype, None, keepdims is True, 0, where), n, dtype)
    return of_some(found, n, a, axis, keepdims is True)


def divided(total: Any, n: Any, dtype: Any = None) -> Any:
    """A sum divided by how many it is of, in the type of the sum where ``dtype=`` names it."""
    if not isinstance(n, (int, float, Traced)):
        n = asarray(n, np.empty(0, kind_of(total)).real.dtype, like=total)
    return total / n if dtype is None else cast(total / n, kind_of(total))


def of_some(found: Any, n: Any, a: Any, axis: Any, keepdims: bool) -> Any:
    """A moment; one of nothing is nan, and so is its derivative, which by the rule of division would be 0."""
    if n.__class__ is int and n:
        return found
    is_refused = (
        isinstance(n, Traced) and n.noted and is_read(everything(n))
    )  # by NumPy's error, where n is 0
    if is_refused or not somewhere(np.equal(n, 0)):
        return found
    nothing = np.equal(n, 0) & np.isnan(found)
    lost = cast(unknown(sum_(a, reduced(axis, ndim_of(a)), keepdims)), kind_of(found))
    return np.where(nothing, lost, found)[()]


@composite(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = np._NoValue,
    correction: Any = np._NoValue,
) -> Any:
    """The variance along axes."""
    center = RULES[np.mean](a, axis, dtype, None, True, where=where) if mean is np._NoValue else mean
    n = degrees_of_freedom(number(a, axis, where, keepdims is True), ddof, correction)
    square = square_of_size(a - center) if np.iscomplexobj(a) else np.square(a - center)
    found = divided(np.sum(square, axis=axis, dtype=dtype, keepdims=keepdims is True, where=where), n, dtype)
    return of_some(found, n, np.real(a), axis, keepdims is True)


@composite(np.std)
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = np._NoValue,
    correction: Any = np._NoValue,
) -> Any:
    """The standard deviation along axes; its derivative is 0 where it is 0."""
    center = RULES[np.mean](a, axis, dtype, None, True, where=where) if mean is np._NoValue else mean
    deviation = a - center if where is True else masked(a - center, where, 0)
    n = degrees_of_freedom(number(a, axis, where, keepdims is True), ddof, correction)
    axes = reduced(axis, ndim_of(a))
    if n.__class__ is int and n:
        found = length(deviation, axes, keepdims is True, n)
    else:
        found = divided(length(deviation, axes, keepdims is True, 1), n**0.5)
    found = found if dtype is None else cast(found, dtype)
    options = {"where": where, "mean": mean, "correction": correction}
    square = lambda a: RULES[np.var](a, axis, dtype, None, ddof, keepdims, **options)
    found = root_of(square, found, a)
    return of_some(found, n, np.real(a), axis, keepdims is True)


def largest_size(x: Any, axis: Axes) -> Any:
    """The largest absolute value along axes, which are kept; 0 of none."""
    size = np.abs(x)
    if math.prod([shape_of(x)[k] for k in normalize(axis, len(shape_of(x)))]):
        return np.max(size, axis=axis, keepdims=True)
    return np.sum(size, axis=axis, keepdims=True)


def _length(x: Any, axis: Axes, keepdims: bool, count: int) -> Any:
    is_whole = axis.__class__ is tuple and len(axis) == ndim_of(x) and not keepdims
    if is_whole and x.__class__ is np.ndarray and x.dtype is DOUBLE:
        row = x.ravel()
        if 1e-100 < np.maximum.reduce(np.abs(row), initial=0.0) < 1e100:
            return np.sqrt(row.dot(row) / count)  # no square is out of range
    scale = largest_size(x, axis)
    scale = np.where((scale == 0) | ~np.isfinite(scale), 1.0, scale).astype(scale.dtype)
    total = scale * np.sqrt(np.sum(np.square(np.abs(x / scale)), axis=axis, keepdims=True) / count)
    return total if keepdims else np.squeeze(total, axis)[()]


def _length_change(d: Any, x: Any, axis: Axes, keepdims: bool, count: int, out: Any) -> Any:
    total = out if keepdims else np.expand_dims(out, axis)
    return np.sum(np.real(np.conj(unit(x, total)) * d), axis=axis, keepdims=keepdims) / count


def _length_back(g: Any, x: Any, axis: Axes, keepdims: bool, count: int, out: Any) -> Any:
    if out.__class__ is np.float64 and g.__class__ in REALS and out > 0:
        return x / out * (g / count)
    total = out if keepdims else np.expand_dims(out, axis)
    return unit(x, total) * (np.real(g if keepdims else np.expand_dims(g, axis)) / count)


# The root of a sum of squares, divided by a count: of 1, a length; of n, the root of the mean.
length = Differential(_length, _length_change, backward={0: _length_back}, name="length")


# ------------------------------------------------------------------------------------------------------------
# Products
# ------------------------------------------------------------------------------------------------------------


def prod_of_others(x: Any) -> Any:
    """For each element of the last axis, the product of all others: right with any number of zeros.

    A tree: products of neighbours on the way up, and on the way down each half is given the other's product.
    """
    n = shape_of(x)[-1]
    if n <= 1:
        return np.ones_like(x)
    if x.__class__ is np.ndarray and x.shape == (n,) and n <= SHORT and x.dtype is DOUBLE:
        return np.array(of_few(x.tolist()))
    if n % 2:
        x = np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)
    pairs = np.reshape(x, (*shape_of(x)[:-1], (n + 1) // 2, 2))
    above = prod_of_others(pairs[..., 0] * pairs[..., 1])
    others = np.expand_dims(above, -1) * pairs[..., ::-1]
    return np.reshape(others, shape_of(x))[..., :n]


FAR = 600.0  # the logarithm of a number that is far from the largest, and its reciprocal from the smallest
SHORT = 32  # elements, of which numbers of Python's are multiplied sooner than NumPy begins


def of_few(x: list[float]) -> list[float]:
    """The same of the numbers of one row."""
    n = len(x)
    if n == 1:
        return [1.0]
    if n % 2:
        x = [*x, 1.0]
    above = of_few([a * b for a, b in zip(x[::2], x[1::2], strict=True)])
    return [above[k // 2] * x[k ^ 1] for k in range(n)]


def _prod(x: Any) -> Any:
    return np.multiply.reduce(x, axis=-1) if x.__class__ is np.ndarray else np.prod(x, axis=-1)


def others_by_quotient(x: Any, out: Any) -> Any:
    """The same, by the product of all where it can be divided."""
    return np.expand_dims(out, -1) / x if divides_products(x) else prod_of_others(x)


def divides_products(x: Any) -> bool:
    """Tell whether the products of plain numbers can be divided by them, and have all their digits."""
    if x.__class__ is not np.ndarray or x.dtype is not DOUBLE or x.shape[-1] <= SHORT or vanishes(x):
        return False
    return bool(np.all(np.sum(np.abs(np.log(np.abs(x))), axis=-1) < FAR))


def _prod_back(g: Any, x: Any, out: Any) -> Any:
    others = others_by_quotient(x, out)
    if g.__class__ in REALS and others.__class__ is np.ndarray and others.dtype is DOUBLE:
        return g * others
    return np.conj(others) * np.expand_dims(g, -1)


def _prod_products(x: Any) -> Any:
    while (n := shape_of(x)[-1]) > 1:
        half = n // 2
        pairs = x[..., :half] * x[..., half : 2 * half]
        x = np.concatenate([pairs, x[..., 2 * half :]], axis=-1) if n % 2 else pairs
    return x[..., 0] if n else None


prod_last = Differential(
    _prod,
    lambda d, x, out: np.sum(others_by_quotient(x, out) * d, axis=-1),
    backward={0: _prod_back},
    name="prod",
    products=_prod_products,
)


def as_rows(a: Any, axis: Any) -> tuple[Any, Shape, Shape]:
    """An array with the axes of a reduction moved to its end and made one.

    Returns:
        The rows, the shape in front of them, and the shape of a result that keeps the axes.
    """
    shape = shape_of(a)
    if len(shape) == 1 and normalize(axis, 1) == (0,):
        return a, (), (1,)
    axes = normalize(axis, len(shape))
    rest = tuple(k for k in range(len(shape)) if k not in axes)
    lead = tuple(shape[k] for k in rest)
    size = math.prod(shape[k] for k in axes)
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape))
    return np.reshape(np.transpose(a, rest + axes), (*lead, size)), lead, kept


@composite(np.prod)
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    """The product along axes, with the right derivative where elements are zero."""
    if where is not True or dtype is not None:
        a = in_type(masked(a, where, 1), dtype)
    rows, _, kept = as_rows(a, reduced(axis, ndim_of(a)))
    total = prod_last(rows)
    if keepdims is True:
        total = np.reshape(total, kept)
    return total * cast(initial, kind_of(total)) if is_given(initial, 1) else total


def _cumprod(x: Any) -> Any:
    return np.multiply.accumulate(x, axis=-1)


def _cumprod_change(d: Any, x: Any, out: Any) -> Any:
    """``out * cumsum(d / x)`` where no element is 0, always ``dy_k = x_k dy_(k-1) + y_(k-1) d_k``: for all k
    at once, spans of length 1, 2, 4, ... put together.
    """
    if divides_products(x):
        return out * np.cumsum(d / x, axis=-1)
    before = np.concatenate([np.ones_like(out[..., :1]), out[..., :-1]], axis=-1)
    factor, total = x, before * d
    width, n = 1, shape_of(x)[-1]
    while width < n:
        total = np.concatenate(
            [total[..., :width], total[..., width:] + factor[..., width:] * total[..., :-width]], axis=-1
        )
        factor = np.concatenate([factor[..., :width], factor[..., width:] * factor[..., :-width]], axis=-1)
        width *= 2
    return total


def _cumprod_products(x: Any) -> Any:
    width = 1
    while width < shape_of(x)[-1]:
        x = np.concatenate([x[..., :width], x[..., width:] * x[..., :-width]], axis=-1)
        width *= 2
    return x


cumprod_last = differential(_cumprod, _cumprod_change, name="cumprod", products=_cumprod_products)


@composite(np.cumprod)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The cumulative product."""
    a, axis = along(in_type(a, dtype), axis)
    return np.moveaxis(cumprod_last(np.moveaxis(a, axis, -1)), -1, axis)


# ------------------------------------------------------------------------------------------------------------
# Sums that leave out nan
# ------------------------------------------------------------------------------------------------------------


def _without_nan(reduce: Any, neutral: float) -> Any:
    def body(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = np._NoValue,
        where: Any = True,
    ) -> Any:
        """The reduction of the elements that are not nan."""
        filled = np.where(np.isnan(a), neutral, a)
        return reduce(filled, axis, dtype, None, keepdims, initial, where)

    return body


RULES[np.nansum] = _without_nan(np_sum, 0.0)
RULES[np.nanprod] = _without_nan(prod, 1.0)


@composite(np.nanmean)
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """The mean of the elements that are not nan."""
    there = ~np.isnan(a)
    return np.mean(np.where(there, a, 0), axis, dtype, None, keepdims is True, where=there & where)
