"""Statistics: quantiles, covariances, the forms that leave out nan, and the weights of histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import Traced, deciding, everything, primal, values
from ...values.constants import arange, as_array, asarray, full, is_elsewhere, known
from ...values.reading import is_read, somewhere
from ...values.shapes import ndim_of, shape_of, size_of
from ..declarations import composite
from ..statements import RULES, Constant
from ..unknown import unknown
from .axes import normalize
from .indexing import read, scatter
from .reductions import as_rows, degrees_of_freedom, number, of_some
from .shaping import cast, in_type, kind_of

# ------------------------------------------------------------------------------------------------------------
# Quantiles
# ------------------------------------------------------------------------------------------------------------

MANY = 1024  # elements, from which on a selection takes less time than NumPy needs to begin with its steps
FEW = 16  # ranks that are sought one by one


def at_ranks(rows: Any, ranks: Any) -> Any:
    """The elements, along a last axis, that a stable sort puts at some ranks."""
    plain = primal(rows)
    is_plain = plain.__class__ is np.ndarray and plain.dtype.kind == "f" and plain.size >= MANY
    if not is_plain or ranks.__class__ is not np.ndarray or not 0 < len(ranks) <= FEW:
        return read(np.sort(rows, axis=-1), (..., ranks))
    return np.take_along_axis(rows, places_of_ranks(plain, ranks), -1)


def places_of_ranks(rows: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Which elements these are: at each rank the one that a selection finds, and of several equal ones that
    which as many come before as the rank is further than all that are smaller.
    """
    different = np.unique(ranks)
    found = np.partition(rows, different, axis=-1)
    places = {rank: place_of_rank(rows, found[..., rank], rank) for rank in different.tolist()}
    return np.stack([places[rank] for rank in ranks.tolist()], axis=-1)


def place_of_rank(rows: np.ndarray, value: np.ndarray, rank: int) -> np.ndarray:
    """The place of one of them, of which the value is known."""
    value = np.expand_dims(value, -1)
    equal = rows == value
    if np.count_nonzero(equal) > value.size:
        before = rank - np.count_nonzero(rows < value, axis=-1, keepdims=True)
        equal = np.cumsum(equal, axis=-1) == before + 1
    place: np.ndarray = np.argmax(equal, axis=-1)
    return place


# How fast the place of a quantile among n sorted elements moves with q: n plus this.
SLOPES = {
    "linear": -1.0,
    "interpolated_inverted_cdf": 0.0,
    "hazen": 0.0,
    "weibull": 1.0,
    "median_unbiased": 1 / 3,
    "normal_unbiased": 0.25,
}


@composite(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """Quantiles by each of NumPy's methods: sorted elements, and between two of them a straight line."""
    rows, _, kept = as_rows(a, axis)
    if weights is not None:
        heavy = as_rows(np.broadcast_to(_along(weights, shape_of(a), axis), shape_of(a)), axis)[0]
        found = _weighted(rows, deciding(q), deciding(heavy), method)
    else:
        found = _between(rows, q, method)
    found = np.moveaxis(_known(found, rows), -1, 0)
    if keepdims:
        found = np.reshape(found, (shape_of(found)[0], *kept))
    return np.reshape(found, (*shape_of(q), *shape_of(found)[1:]))[()]


def _known(found: Any, rows: Any) -> Any:
    """What is found of rows, along a last axis; of a row with nan in it, nan."""
    plain = everything(rows)
    if plain.dtype.kind not in "fc" or not somewhere(np.isnan(plain)):
        return found
    holes = np.any(np.isnan(rows), axis=-1, keepdims=True)
    return np.where(holes, unknown(np.sum(rows, axis=-1, keepdims=True)), found)


def _along(weights: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Weights in the shape of the array, where they are given for the axes alone."""
    if shape_of(weights) == shape:
        return weights
    axes = normalize(axis, len(shape))
    sizes = tuple(n if k in axes else 1 for k, n in enumerate(shape))
    return np.reshape(np.transpose(weights, tuple(np.argsort(axes).tolist())), sizes)


def _between(rows: Any, q: Any, method: str) -> Any:
    """The quantiles of rows, along a last axis of their own."""
    n, plain = shape_of(rows)[-1], deciding(q)
    hidden = isinstance(plain, Traced) or is_elsewhere(plain)
    levels = np.ravel(asarray(plain, like=rows) if hidden else plain)
    place = _places(levels, n, method, np.empty(0, np.result_type(rows.dtype, levels.dtype)).real.dtype)
    low, inside = np.floor(place).astype(int), (place > 0) & (place < n - 1)
    slope = np.where(inside, n + SLOPES[method], 0.0) if method in SLOPES else 0.0
    part, ranks = place - low, np.concatenate([low, np.minimum(low + 1, n - 1)])
    part, ranks = [x if hidden else known(x, like=rows) for x in (part, ranks)]
    if q is not plain:
        part = part + asarray(slope, like=rows) * (np.ravel(q) - asarray(levels, like=rows))
    both = at_ranks(rows, ranks)
    left, right = both[..., : len(low)], both[..., len(low) :]
    known_q = np.zeros(1, plain.dtype) if hidden else plain
    kind = np.quantile(np.zeros(1, rows.dtype), known_q, method=method).dtype
    return in_type(left + (right - left) * part, kind)


def _weighted(rows: Any, q: Any, weights: Any, method: str) -> Any:
    """The quantiles of rows with weights, which are elements of the rows."""
    order = np.argsort(deciding(rows), axis=-1, kind="stable")
    ordered, heavy = np.take_along_axis(rows, order, -1), np.take_along_axis(weights, order, -1)
    return np.take_along_axis(ordered, _weighted_places(np.ravel(q), heavy, method), -1)


def _find_places(q: Any, n: int, method: str, kind: Any) -> Any:
    """Where quantiles lie among n sorted elements."""
    return np.quantile(arange(n, like=q).astype(kind), q, method=method)


def _find_weighted_places(q: Any, weights: Any, method: str) -> Any:
    """Which of the sorted elements with these weights the quantiles are."""
    places = np.empty((*weights.shape[:-1], len(q)), dtype=int)
    position = np.arange(float(weights.shape[-1]))
    for k in np.ndindex(weights.shape[:-1]):
        places[k] = np.quantile(position, q, weights=weights[k], method=method)
    return places


_places, _weighted_places = Constant(_find_places, "quantile"), Constant(_find_weighted_places, "quantile")


@composite(np.percentile)
def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """Quantiles in percent."""
    return quantile(a, np.true_divide(q, hundred(a)), axis, None, False, method, keepdims, weights=weights)


def hundred(a: Any) -> Any:
    """100 in the precision of an array, as which NumPy takes percents."""
    return a.dtype.type(100) if getattr(getattr(a, "dtype", None), "kind", "") == "f" else 100


def _each_row(function: Any, a: Any, axis: Any, keepdims: Any, shape: Any, weights: Any = None) -> Any:
    """A function of vectors, along an axis, without the nan in them; ``shape`` is that of its value."""
    if size_of(a) == 0:
        return np.mean(a, axis=axis, keepdims=keepdims is True)
    rows, lead, kept = as_rows(a, axis)
    if weights is not None:
        weights = as_rows(np.broadcast_to(_along(weights, shape_of(a), axis), shape_of(a)), axis)[0]
    there = ~np.isnan(primal(rows))
    found = []
    for k in np.ndindex(*lead):
        which = np.flatnonzero(there[k])
        more = {} if weights is None else {"weights": weights[k][which]}
        found.append(function(rows[k][which], **more) if len(which) else full(shape, np.nan, like=rows))
    values = np.reshape(np.stack(found), (*lead, *shape))
    values = np.moveaxis(values, list(range(len(lead))), list(range(-len(lead), 0))) if lead else values
    return np.reshape(values, (*shape, *kept))[()] if keepdims is True else values[()]


@composite(np.nanquantile)
def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """Quantiles of the elements that are not nan."""
    one = lambda row, **more: np.quantile(row, q, method=method, **more)
    return _each_row(one, a, axis, keepdims, shape_of(q), weights)


@composite(np.nanpercentile)
def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """Quantiles in percent of the elements that are not nan."""
    return nanquantile(a, np.true_divide(q, hundred(a)), axis, None, False, method, keepdims, weights=weights)


@composite(np.nanmedian)
def nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    """The median without nan."""
    return _each_row(np.median, a, axis, keepdims, ())


def _without_nan(function: Any) -> Any:
    """A moment with ``where=`` for the elements that are no nan."""

    def body(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
             keepdims: Any = False, *, where: Any = True, mean: Any = np._NoValue,
             correction: Any = np._NoValue) -> Any:  # fmt: skip
        there = ~np.isnan(a) & where
        found = function(
            np.where(there, a, 0), axis, dtype, None, ddof, keepdims is True, where=there, mean=mean,
            correction=correction,
        )  # fmt: skip
        n = degrees_of_freedom(number(a, axis, there, keepdims is True), ddof, correction)
        if not somewhere(np.equal(n, 0)):
            return found
        return of_some(np.where(np.equal(n, 0), np.nan, found), n, np.real(a), axis, keepdims is True)

    return body


RULES[np.nanvar] = _without_nan(np.var)
RULES[np.nanstd] = _without_nan(np.std)


def _running(function: Any, neutral: float) -> Any:
    def body(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        return function(np.where(np.isnan(a), neutral, a), axis, dtype)

    return body


RULES[np.nancumsum] = _running(np.cumsum, 0.0)
RULES[np.nancumprod] = _running(np.cumprod, 1.0)


def _cumulative(function: Any, start: float) -> Any:
    """A running sum or product, as the array API has it."""

    def body(
        x: Any,
        /,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        axis = (0 if ndim_of(x) <= 1 else None) if axis is None else axis
        if axis is None:
            raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
        x = np.ravel(x) if ndim_of(x) == 0 else x
        found = function(x, axis, dtype)
        if include_initial:
            shape = [1 if k == axis % ndim_of(x) else n for k, n in enumerate(shape_of(x))]
            found = np.concatenate([np.full_like(found, start, shape=shape), found], axis=axis)
        return found

    return body


if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    RULES[np.cumulative_sum] = _cumulative(np.cumsum, 0.0)
    RULES[np.cumulative_prod] = _cumulative(np.cumprod, 1.0)

# ------------------------------------------------------------------------------------------------------------
# Covariances
# ------------------------------------------------------------------------------------------------------------


@composite(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """The covariance of rows of observations."""
    if ndim_of(m) > 2:
        raise ValueError("m has more than 2 dimensions")
    m = as_array(m)
    x = np.atleast_2d(in_type(m, np.result_type(m, np.float64)) if dtype is None else cast(m, dtype))
    if not rowvar and ndim_of(m) != 1:
        x = np.transpose(x)
    if y is not None:
        other = cast(np.atleast_2d(y), dtype)
        x = np.concatenate([x, other if rowvar or ndim_of(y) == 1 else np.transpose(other)], axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    for given in (fweights, aweights):
        w = w if given is None else np.multiply(asarray(given, like=x), 1.0 if w is None else w)
    total = shape_of(x)[1] if w is None else np.sum(w)
    middle = np.mean(x, axis=1) if w is None else np.sum(x * w, axis=1) / total
    spread = x - np.expand_dims(middle, -1)
    if dtype is not None:
        spread = cast(spread, x.dtype)
    if aweights is None or ddof == 0:
        degrees = total - ddof
    else:
        degrees = total - ddof * np.sum(w * asarray(aweights, like=x)) / total
    degrees = np.maximum(degrees, 0.0) if w is not None else max(degrees, 0)
    heavy = spread if w is None else spread * w
    found = heavy @ np.conj(np.transpose(spread)) / degrees
    if not isinstance(degrees, Traced) and degrees == 0:  # of no degrees of freedom: see ``of_some``
        lost = unknown(np.sum(np.real(x), axis=1))
        both = cast(np.expand_dims(lost, 1) + np.expand_dims(lost, 0), kind_of(found))
        found = np.where(np.isnan(found), both, found)
    return np.squeeze(found)


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlation coefficients."""
    c = np.cov(x, y, rowvar, dtype=dtype)
    if ndim_of(c) == 0:
        return c / c
    size = np.sqrt(np.real(np.diagonal(c)))
    scaled = c / np.expand_dims(size, 1) / np.expand_dims(size, 0)
    return np.clip(scaled, -1, 1) if not np.iscomplexobj(c) else scaled


# ------------------------------------------------------------------------------------------------------------
# Counts with weights
# ------------------------------------------------------------------------------------------------------------


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """The sum of the weights for each number; numbers have no derivative."""
    places = as_array(values(x))
    size = max(int(places.max()) + 1 if places.size else 0, minlength)
    return scatter(in_type(np.ravel(weights), np.float64), places, (size,))


def _summed(weights: Any, places: list[Any], shape: tuple[int, ...]) -> Any:
    """The weights summed in each bin."""
    inside = np.all([(p >= 0) & (p < n) for p, n in zip(places, shape, strict=True)], axis=0)
    index = tuple(p[inside] for p in places)
    return scatter(np.ravel(weights)[np.flatnonzero(inside)], index, shape)


def _density(total: Any, edges: list[Any]) -> Any:
    """The weights in each bin over its size and their sum."""
    sizes: Any = 1.0
    for k, e in enumerate(edges):
        sizes = sizes * np.reshape(
            in_type(np.diff(e), np.float64), [-1 if j == k else 1 for j in range(len(edges))]
        )
    return total / asarray(sizes, like=total) / np.sum(total)


def _bins(values: Any, edges: Any) -> Any:
    """The bin of each value; the last one holds its upper edge."""
    places = np.searchsorted(edges, values, side="right") - 1
    return np.where(values == edges[-1], len(edges) - 2, places)


def _ends(range: Any) -> Any:
    """A range without its derivative."""
    return None if range is None else tuple(values(end) for end in range)


@composite(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """Edges in equal steps from the smallest value to the largest; how many there are is constant."""
    if not isinstance(bins, str) and ndim_of(bins) == 1:
        return asarray(bins, like=a)
    data = [] if isinstance(bins, (int, np.integer)) else values(a)
    shaped = None if weights is None or isinstance(data, list) else np.zeros(shape_of(weights))
    plain = np.histogram_bin_edges(data, bins, _ends(range), shaped)
    if range is None and not size_of(a):
        return asarray(plain, like=a)
    low, high = (np.min(a), np.max(a)) if range is None else range
    half = 0.5 * np.equal(deciding(low), deciding(high))
    half = half if isinstance(half, Traced) or is_elsewhere(half) else float(half)
    return asarray(np.linspace(low - half, high + half, len(plain)), like=a)


def _count(a: Any, bins: Any, range: Any) -> Any:
    return np.histogram(a, bins, range)[0]


_counts = Constant(_count, "histogram")


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """Counts, or sums of weights, in bins: linear in the weights, constant in the values but for what the
    edges of the bins are made of.
    """
    edges = histogram_bin_edges(a, bins, range, weights)
    if weights is None:
        total = _counts(deciding(a), deciding(bins), _ends(range))
    else:
        data = np.ravel(as_array(values(a)))
        fixed = np.histogram_bin_edges(data, values(bins), _ends(range))
        total = _summed(weights, [_bins(data, fixed)], (len(fixed) - 1,))
    return (_density(total, [edges]) if density else total), edges


@composite(np.histogram2d)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Counts, or sums of weights, in two dimensions."""
    if ndim_of(bins) == 1 and len(bins) > 2:
        bins = [bins, bins]
    total, edges = histogramdd([x, y], bins, range, density, weights)
    return (total, *edges)


@composite(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Counts, or sums of weights, in any number of dimensions."""
    columns = sample if isinstance(sample, (list, tuple)) else list(np.atleast_2d(np.transpose(sample)))
    each = list(bins) if isinstance(bins, (list, tuple)) or ndim_of(bins) else [bins] * len(columns)
    ends = [None] * len(columns) if range is None else list(range)
    data = [as_array(values(c)) for c in columns]
    edges = [histogram_bin_edges(c, b, r) for c, b, r in zip(columns, each, ends, strict=True)]
    total, fixed = np.histogramdd(data, [values(b) for b in each], [_ends(r) for r in ends])
    if weights is not None:
        places = [_bins(d, e) for d, e in zip(data, fixed, strict=True)]
        total = _summed(in_type(weights, np.float64), places, tuple(len(e) - 1 for e in fixed))
    return (_density(total, edges) if density else total), edges


@composite(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    """The weighted mean along axes."""
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims is True)
        return (mean, np.full_like(mean, size_of(a) / size_of(mean))) if returned else mean
    axis = None if axis is None else normalize(axis, ndim_of(a))
    if shape_of(weights) != shape_of(a):
        weights = np.broadcast_to(_along(weights, shape_of(a), axis), shape_of(a))
    kinds = (kind_of(a), kind_of(weights))
    kind = np.result_type(*kinds, *([] if kinds[0].kind in "fc" else [float]))
    total = np.sum(weights, axis=axis, dtype=kind, keepdims=keepdims is True)
    if is_read(everything(total)) and np.any(np.equal(everything(total), 0)):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    result = np.sum(a * weights, axis=axis, keepdims=keepdims is True) / total
    return (result, np.broadcast_to(total, shape_of(result))) if returned else result


@composite(np.median)
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    """The middle of the sorted elements, or the mean of the middle two."""
    rows, _, kept = as_rows(a, axis)
    n = shape_of(rows)[-1]
    if n == 0:
        return np.mean(a, axis=axis, keepdims=keepdims is True)
    both = at_ranks(rows, known(np.array([(n - 1) // 2, n // 2]), like=rows))
    middle = (both[..., 0] + both[..., 1]) / 2
    middle = _known(np.expand_dims(middle, -1), rows)[..., 0][()]
    return np.reshape(middle, kept) if keepdims is True else middle
