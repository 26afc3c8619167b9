"""Statistics: quantiles, covariances, the forms that leave out nan, and the weights of histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import primal, values
from ..statements import RULES, composite
from .indexing import scatter
from .reductions import as_rows, normalize
from .shaping import cast, kind_of

# ------------------------------------------------------------------------------------------------------------
# Quantiles
# ------------------------------------------------------------------------------------------------------------

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
        heavy = as_rows(np.broadcast_to(_along(weights, np.shape(a), axis), np.shape(a)), axis)[0]
        found = _weighted(rows, np.asarray(values(q)), values(heavy), method)
    else:
        found = _between(np.sort(rows, axis=-1), q, method)
    found = np.moveaxis(found, -1, 0)
    if keepdims:
        found = np.reshape(found, (np.shape(found)[0], *kept))
    return np.reshape(found, (*np.shape(q), *np.shape(found)[1:]))[()]


def _along(weights: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Weights in the shape of the array, where they are given for the axes alone."""
    if np.shape(weights) == shape:
        return weights
    axes = normalize(axis, len(shape))
    sizes = tuple(n if k in axes else 1 for k, n in enumerate(shape))
    return np.reshape(np.transpose(weights, np.argsort(axes)), sizes)


def _between(ordered: Any, q: Any, method: str) -> Any:
    """The quantiles of sorted rows, along a last axis of their own."""
    n = np.shape(ordered)[-1]
    levels = np.ravel(np.asarray(values(q)))
    place = np.quantile(np.arange(float(n)), levels, method=method)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, n - 1)
    inside = (place > 0) & (place < n - 1)
    slope = np.where(inside, n + SLOPES[method], 0.0) if method in SLOPES else 0.0
    part = (place - low) + slope * (np.ravel(q) - levels)
    left, right = ordered[..., low], ordered[..., high]
    return left + (right - left) * part


def _weighted(rows: Any, q: Any, weights: Any, method: str) -> Any:
    """The quantiles of rows with weights, which are elements of the rows."""
    order = np.argsort(values(rows), axis=-1, kind="stable")
    ordered, heavy = np.take_along_axis(rows, order, -1), np.take_along_axis(weights, order, -1)
    places = np.empty((*np.shape(rows)[:-1], np.size(q)), dtype=int)
    position = np.arange(float(np.shape(rows)[-1]))
    for k in np.ndindex(np.shape(rows)[:-1]):
        places[k] = np.quantile(position, np.ravel(q), weights=heavy[k], method=method)
    return np.take_along_axis(ordered, places, -1)


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
    return quantile(a, np.true_divide(q, 100), axis, None, False, method, keepdims, weights=weights)


def _each_row(function: Any, a: Any, axis: Any, keepdims: Any, shape: Any, weights: Any = None) -> Any:
    """A function of vectors, along an axis, without the nan in them; ``shape`` is that of its value."""
    rows, lead, kept = as_rows(a, axis)
    if weights is not None:
        weights = as_rows(np.broadcast_to(_along(weights, np.shape(a), axis), np.shape(a)), axis)[0]
    there = ~np.isnan(primal(rows))
    found = []
    for k in np.ndindex(*lead):
        which = np.flatnonzero(there[k])
        more = {} if weights is None else {"weights": weights[k][which]}
        found.append(function(rows[k][which], **more) if len(which) else np.full(shape, np.nan))
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
    return _each_row(one, a, axis, keepdims, np.shape(q), weights)


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
    return nanquantile(a, np.true_divide(q, 100), axis, None, False, method, keepdims, weights=weights)


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
        there = ~np.isnan(a)
        return function(
            np.where(there, a, 0), axis, dtype, None, ddof, keepdims is True, where=there & where, mean=mean,
            correction=correction,
        )  # fmt: skip

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
        axis = (0 if np.ndim(x) == 1 else None) if axis is None else axis
        if axis is None:
            raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
        found = function(x, axis, dtype)
        if include_initial:
            shape = [1 if k == axis % np.ndim(x) else n for k, n in enumerate(np.shape(x))]
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
    x = cast(np.atleast_2d(m), dtype)
    if not rowvar and np.ndim(m) != 1:
        x = np.transpose(x)
    if y is not None:
        other = cast(np.atleast_2d(y), dtype)
        x = np.concatenate([x, other if rowvar or np.ndim(y) == 1 else np.transpose(other)], axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    for given in (fweights, aweights):
        w = w if given is None else np.multiply(given, 1.0 if w is None else w)
    total = np.shape(x)[1] if w is None else np.sum(w)
    middle = np.mean(x, axis=1) if w is None else np.sum(x * w, axis=1) / total
    spread = x - np.expand_dims(middle, -1)
    if dtype is not None:
        spread = cast(spread, x.dtype)
    if aweights is None or ddof == 0:
        degrees = total - ddof
    else:
        degrees = total - ddof * np.sum(w * aweights) / total
    heavy = spread if w is None else spread * w
    return np.squeeze(heavy @ np.conj(np.transpose(spread)) / degrees)


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlation coefficients."""
    c = np.cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
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
    places = np.asarray(values(x))
    size = max(int(places.max(initial=-1)) + 1, minlength)
    return scatter(np.ravel(weights), places, (size,))


def _summed(weights: Any, places: list[Any], edges: list[Any], density: bool) -> Any:
    """The weights summed in each bin, or their density."""
    shape = tuple(len(e) - 1 for e in edges)
    inside = np.all([(p >= 0) & (p < n) for p, n in zip(places, shape, strict=True)], axis=0)
    index = tuple(p[inside] for p in places)
    total = scatter(np.ravel(weights)[np.flatnonzero(inside)], index, shape)
    if density:
        sizes = np.ones(shape)
        for k, e in enumerate(edges):
            sizes = sizes * np.reshape(np.diff(e), [-1 if j == k else 1 for j in range(len(edges))])
        total = total / sizes / np.sum(total)
    return total


def _bins(data: Any, edges: Any) -> Any:
    """The bin of each value; the last one holds its upper edge."""
    places = np.searchsorted(edges, data, side="right") - 1
    return np.where(data == edges[-1], len(edges) - 2, places)


def _ends(x: Any) -> Any:
    """Where bins begin and end that are to hold all values; equal values have bins of width one."""
    low, high = np.min(x), np.max(x)
    more = 0.5 * np.equal(low, high)
    return low - more, high + more


def _edges(x: Any, bins: Any, span: Any, count: int) -> Any:
    """The edges of bins, which move with the least and the largest value."""
    if np.ndim(bins) == 1:
        return bins if hasattr(bins, "dtype") else np.asarray(bins)
    low, high = _ends(x) if span is None else span
    return np.linspace(low, high, count)


def _plain(x: Any) -> Any:
    """The plain values in nested lists."""
    return [_plain(part) for part in x] if isinstance(x, (list, tuple)) else values(x)


@composite(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """The edges of the bins: they move with the least and the largest value, their number is constant."""
    data = values(a) if isinstance(bins, str) else [0.0, 1.0]  # a name asks the values how many there are
    found = np.histogram_bin_edges(data, _plain(bins), _plain(range), _plain(weights))
    return _edges(a, bins, range, len(found))


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """Counts, or sums of weights, in bins: constant in the values, linear in the weights."""
    data = np.ravel(np.asarray(values(a)))
    counts, found = np.histogram(data, _plain(bins), _plain(range))
    edges = _edges(a, bins, range, len(found))
    if weights is None and not density:
        return counts, edges
    weights = np.ones(len(data)) if weights is None else weights
    return _summed(weights, [_bins(data, found)], [edges], bool(density)), edges


@composite(np.histogram2d)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Counts, or sums of weights, in two dimensions."""
    if np.ndim(bins) == 1 and len(bins) > 2:
        bins = [bins, bins]
    found, edges = histogramdd(np.stack([x, y], axis=1), bins, range, density, weights)
    return found, *edges


@composite(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Counts, or sums of weights, in any number of dimensions."""
    sample = sample if np.ndim(sample) == 2 and hasattr(sample, "dtype") else np.atleast_2d(sample).T
    data = np.asarray(values(sample))
    counts, found = np.histogramdd(data, _plain(bins), _plain(range))
    each, spans = bins if np.iterable(bins) else [bins] * len(found), range or [None] * len(found)
    edges = [_edges(sample[:, k], each[k], spans[k], len(e)) for k, e in enumerate(found)]
    if weights is None and not density:
        return counts, edges
    weights = np.ones(len(data)) if weights is None else weights
    places = [_bins(data[:, k], e) for k, e in enumerate(found)]
    return _summed(weights, places, edges, bool(density)), edges


@composite(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    """The weighted mean along axes."""
    if weights is None:
        weights = np.ones(np.shape(a))
    elif np.shape(weights) != np.shape(a):
        weights = np.broadcast_to(_along(weights, np.shape(a), axis), np.shape(a))
    kinds = (kind_of(a), kind_of(weights))
    kind = np.result_type(*kinds, *([] if kinds[0].kind in "fc" else [float]))
    total = np.sum(weights, axis=axis, dtype=kind, keepdims=keepdims is True)
    result = np.sum(a * weights, axis=axis, keepdims=keepdims is True) / total
    return (result, np.broadcast_to(total, np.shape(result))) if returned else result


@composite(np.median)
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    """The middle of the sorted elements, or the mean of the middle two."""
    rows, _, kept = as_rows(a, axis)
    rows = np.sort(rows, axis=-1)
    n = np.shape(rows)[-1]
    middle = (rows[..., (n - 1) // 2] + rows[..., n // 2]) / 2
    return np.reshape(middle, kept) if keepdims is True else middle
