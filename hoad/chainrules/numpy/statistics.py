"""Statistics: quantiles, covariances, the forms that leave out nan, and the weights of histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import primal, values
from ..statements import RULES, composite, constant
from .indexing import scatter
from .reductions import as_rows, normalize

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
    interpolation: Any = None,
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
    return np.expand_dims(weights, tuple(k for k in range(len(shape)) if k not in axes))


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
def percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    """Quantiles in percent."""
    return np.quantile(a, np.true_divide(q, 100), *args, **kwargs)


def _each_row(function: Any) -> Any:
    """A function of vectors with nan in them, along an axis, without those."""

    def body(a: Any, *args: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
             keepdims: Any = False, **kwargs: Any) -> Any:  # fmt: skip
        rows, lead, kept = as_rows(a, axis)
        holes = np.isnan(primal(rows))
        found = []
        for k in np.ndindex(*lead):
            row = rows[k][np.flatnonzero(~holes[k])]
            nothing = np.full(np.shape(args[0]) if args else (), np.nan)
            found.append(function(row, *args, **kwargs) if np.size(row) else nothing)
        values = np.reshape(np.stack(found), (*lead, *np.shape(found[0])))
        values = np.moveaxis(values, list(range(len(lead))), list(range(-len(lead), 0))) if lead else values
        if keepdims is True:
            values = np.reshape(values, (*np.shape(found[0]), *kept))
        return values[()]

    return body


def _nan_quantile(scale: float, name: str) -> Any:
    inner = _each_row(np.quantile)

    def body(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        **kwargs: Any,
    ) -> Any:
        return inner(a, np.true_divide(q, scale), axis=axis, keepdims=keepdims, method=method)

    body.__name__ = name
    return body


RULES[np.nanquantile] = _nan_quantile(1.0, "nanquantile")
RULES[np.nanpercentile] = _nan_quantile(100.0, "nanpercentile")
_nanmedian = _each_row(np.median)


@composite(np.nanmedian)
def nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    """The median without nan."""
    return _nanmedian(a, axis=axis, keepdims=keepdims)


def _without_nan(function: Any) -> Any:
    """A moment with ``where=`` for the elements that are no nan."""

    def body(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
             keepdims: Any = False, *, where: Any = True, mean: Any = None,
             correction: Any = None) -> Any:  # fmt: skip
        holes = np.isnan(primal(a))
        ddof = ddof if correction is None else correction
        return function(
            np.where(holes, 0, a), axis=axis, ddof=ddof, keepdims=keepdims is True, where=where & ~holes
        )

    return body


RULES[np.nanvar] = _without_nan(np.var)
RULES[np.nanstd] = _without_nan(np.std)


def _running(function: Any, neutral: float) -> Any:
    def body(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        return function(np.where(np.isnan(primal(a)), neutral, a), axis=axis)

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
        found = function(x, axis=axis)
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
    x = np.atleast_2d(m)
    if not rowvar and np.ndim(m) != 1:
        x = np.transpose(x)
    if y is not None:
        other = np.atleast_2d(y)
        x = np.concatenate([x, other if rowvar or np.ndim(y) == 1 else np.transpose(other)], axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    for given in (fweights, aweights):
        w = w if given is None else np.multiply(given, 1.0 if w is None else w)
    total = np.shape(x)[1] if w is None else np.sum(w)
    middle = np.mean(x, axis=1) if w is None else np.sum(x * w, axis=1) / total
    spread = x - np.expand_dims(middle, -1)
    if aweights is None or ddof == 0:
        degrees = total - ddof
    else:
        degrees = total - ddof * np.sum(w * aweights) / total
    heavy = spread if w is None else spread * w
    return np.squeeze(heavy @ np.conj(np.transpose(spread)) / degrees)[()]


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlation coefficients."""
    c = np.cov(x, y, rowvar)
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


def _bins(values: Any, edges: Any) -> Any:
    """The bin of each value; the last one holds its upper edge."""
    places = np.searchsorted(edges, values, side="right") - 1
    return np.where(values == edges[-1], len(edges) - 2, places)


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """Counts, or sums of weights, in bins: constant in the values, linear in the weights."""
    data = np.ravel(np.asarray(values(a)))
    if weights is None:
        return np.histogram(data, primal(bins), range, density)
    edges = np.histogram_bin_edges(data, primal(bins), range)
    return _summed(weights, [_bins(data, edges)], [edges], bool(density)), edges


@composite(np.histogram2d)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Counts, or sums of weights, in two dimensions."""
    data = [np.asarray(values(v)) for v in (x, y)]
    if weights is None:
        return np.histogram2d(*data, primal(bins), range, density)
    _, *edges = np.histogram2d(*data, primal(bins), range)
    places = [_bins(v, e) for v, e in zip(data, edges, strict=True)]
    return (_summed(weights, places, edges, bool(density)), *edges)


@composite(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Counts, or sums of weights, in any number of dimensions."""
    data = np.asarray(values(sample))
    if weights is None:
        return np.histogramdd(data, primal(bins), range, density)
    _, edges = np.histogramdd(data, primal(bins), range)
    places = [_bins(data[:, k], e) for k, e in enumerate(edges)]
    return _summed(weights, places, list(edges), bool(density)), edges


@composite(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    """The weighted mean along axes."""
    if weights is None:
        weights = np.ones(np.shape(a))
    elif np.shape(weights) != np.shape(a):
        axes = normalize(axis, np.ndim(a))
        weights = np.broadcast_to(
            np.reshape(weights, [n if k in axes else 1 for k, n in enumerate(np.shape(a))]), np.shape(a)
        )
    total = np.sum(weights, axis=axis, keepdims=keepdims is True)
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


constant(np.histogram_bin_edges)
