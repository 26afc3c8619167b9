"""Calls of NumPy's functions with each of their keywords, over the values that NumPy takes.

``calls(function, *args, keyword=[values])``: every array of floats among the arguments is differentiated, and
so is a keyword's value that stands in ``Traced``. ``test_keywords.py`` asks that no keyword is left out.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from versions import AT_LEAST_2_1, of_numpy

rng = np.random.default_rng(20)


@dataclass(frozen=True)
class Traced:
    """A value of a keyword that is differentiated."""

    value: Any


@dataclass(frozen=True)
class Call:
    """One function and its arguments, with values to try for its keywords."""

    function: Any
    args: tuple[Any, ...]
    keywords: dict[str, list[Any]]
    given: dict[str, Any]
    tried: Any


CALLS: list[Call] = []
# Keywords that say nothing about the value, with the reason.
WITHOUT_EFFECT = {
    "out": "tests/arrays: where the result is written",
    "like": "it chooses the rule",
    "ndmax": "it says where nested lists end; refused",
    "subok": "traced values have no subclasses",
    "overwrite_input": "it permits, it does not ask",
}


def calls(
    function: Any, *args: Any, given: dict[str, Any] | None = None, of: Any = None, **keywords: list[Any]
) -> None:
    """Enter the calls of a function with one keyword or several.

    Args:
        given: keywords that every call has.
        of: the function of NumPy that takes the keywords, where ``function`` is a program with it.
    """
    CALLS.append(Call(function, args, taken(of or function, keywords), given or {}, of or function))


def taken(function: Any, keywords: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The keywords that the function takes in the installed NumPy."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        return keywords
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return {name: values for name, values in keywords.items() if takes_all or name in parameters}


V = np.array([0.8, -1.3, 2.1, 0.4])
U = np.array([1.7, 0.6, -0.9, 2.4])
M = rng.uniform(0.3, 2.0, (3, 4)) * rng.choice([-1.0, 1.0], (3, 4))
N = rng.uniform(0.3, 2.0, (3, 4))
S = rng.uniform(0.3, 2.0, (3, 3)) + 2 * np.eye(3)
C = rng.uniform(0.3, 2.0, (2, 3, 2)) * rng.choice([-1.0, 1.0], (2, 3, 2))
ROWS = rng.permutation(12).reshape(3, 4) * 0.37 - 2.0
HOLES = np.where(np.arange(12).reshape(3, 4) % 5 == 1, np.nan, ROWS)
Z = V + 1j * U
MASK = np.array([[True, False, True, True], [False, True, True, True], [True, True, False, True]])

AXES = [None, 0, 1, -1, (0, 1), (-1, 0), ()]
AXIS = [0, 1, -1, -2]
DTYPES = [None, float, np.float32, np.complex64, complex, int, "f4", np.longdouble]
FLOATS = [None, float, np.float32, np.complex64, complex, "f4", np.longdouble]
KEEP = [True, False]
ORDER = ["C", "F", "A", "K"]
CASTING = ["no", "equiv", "safe", "same_kind", "unsafe"]
WHERE = [True, MASK, MASK[:1], MASK[:, :1] | True]
MEAN = [0.5, Traced(0.5), N[:, :1], Traced(N[:1]), Traced(np.array([[0.7]]))]

# -- Reductions ----------------------------------------------------------------------------------------------
INITIAL = [0.0, 1.5, 2, Traced(0.5)]
calls(np.sum, M, axis=AXES, dtype=DTYPES, keepdims=KEEP, initial=INITIAL, where=WHERE)
calls(np.prod, M, axis=AXES, dtype=DTYPES, keepdims=KEEP, initial=INITIAL, where=WHERE)
calls(np.nansum, HOLES, axis=AXES, dtype=FLOATS, keepdims=KEEP, initial=INITIAL, where=WHERE)
calls(np.nanprod, HOLES, axis=AXES, dtype=FLOATS, keepdims=KEEP, initial=INITIAL, where=WHERE)
for extreme in (np.max, np.min, np.amax, np.amin):
    calls(extreme, ROWS, axis=AXES, keepdims=KEEP, initial=[0.1, -9.0, 9.0, Traced(0.1)])
    calls(extreme, ROWS, given={"initial": 0.1}, axis=AXES, keepdims=KEEP, where=WHERE)
for extreme in (np.nanmax, np.nanmin):
    calls(extreme, HOLES, axis=AXES, keepdims=KEEP, initial=[0.1, -9.0, 9.0, Traced(0.1)])
    calls(extreme, HOLES, given={"initial": 0.1}, axis=AXES, keepdims=KEEP, where=WHERE)
calls(np.ptp, ROWS, axis=AXES, keepdims=KEEP)
calls(np.mean, M, axis=AXES, dtype=DTYPES, keepdims=KEEP, where=WHERE)
calls(np.nanmean, HOLES, axis=AXES, dtype=FLOATS, keepdims=KEEP, where=WHERE)
for moment, data in ((np.var, M), (np.std, M), (np.nanvar, HOLES), (np.nanstd, HOLES)):
    calls(
        moment,
        data,
        axis=[None, 0, 1, -1, (0, 1)],
        dtype=FLOATS,
        ddof=[0, 1, 1.5],
        keepdims=KEEP,
        where=WHERE,
        correction=[0, 1, 0.5],
        mean=MEAN,
    )
calls(np.cumsum, M, axis=[None, 0, 1, -1], dtype=DTYPES)
calls(np.cumprod, M, axis=[None, 0, 1, -1], dtype=DTYPES)
calls(np.nancumsum, HOLES, axis=[None, 0, 1, -1], dtype=FLOATS)
calls(np.nancumprod, HOLES, axis=[None, 0, 1, -1], dtype=FLOATS)
for running in of_numpy("cumulative_sum", "cumulative_prod"):
    calls(running, V, axis=[None, 0, -1], dtype=DTYPES, include_initial=KEEP)
    calls(running, M, axis=[None, 0, 1], dtype=DTYPES, include_initial=KEEP)
calls(
    np.average, M, axis=[None, 0, 1, -1, (0, 1)], weights=[None, N, Traced(N)], returned=KEEP, keepdims=KEEP
)
calls(
    np.average,
    M,
    given={"axis": 1},
    weights=[U + 3, Traced(U + 3), [1, 2, 3, 4]],
    returned=KEEP,
    keepdims=KEEP,
)
calls(np.average, M, given={"axis": (1, 0)}, weights=[N.T, Traced(N.T), N])
calls(np.count_nonzero, M, axis=AXES, keepdims=KEEP)
for question in (np.any, np.all):
    calls(question, M, axis=AXES, keepdims=KEEP, where=WHERE)
for place in (np.argmax, np.argmin, np.nanargmax, np.nanargmin):
    calls(place, ROWS, axis=[None, 0, 1, -1], keepdims=KEEP)

# -- Quantiles -----------------------------------------------------------------------------------------------
METHODS = [
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
]
for quantile, data, q in (
    (np.quantile, ROWS, 0.37),
    (np.percentile, ROWS, 37.0),
    (np.nanquantile, HOLES, 0.37),
    (np.nanpercentile, HOLES, 37.0),
):
    for level in (q, np.array([q, 2 * q]), np.array([[q], [2 * q], [0.35 * q]])):
        calls(quantile, data, level, axis=[None, 0, 1, -1, (0, 1)], method=METHODS, keepdims=KEEP)
    calls(
        quantile,
        data,
        given={"method": "inverted_cdf", "q": q},
        axis=[None, 0, 1],
        keepdims=KEEP,
        weights=[N, None],
    )
for median, data in ((np.median, ROWS), (np.nanmedian, HOLES)):
    calls(median, data, axis=[None, 0, 1, -1, (0, 1)], keepdims=KEEP)

# -- Statistics ----------------------------------------------------------------------------------------------
calls(
    np.cov,
    M,
    y=[None, N, Traced(N)],
    rowvar=KEEP,
    bias=KEEP,
    ddof=[None, 0, 1, 2],
    fweights=[None, [1, 2, 1, 3]],
    aweights=[None, U + 3, Traced(U + 3)],
    dtype=FLOATS,
)
calls(
    np.cov,
    V,
    y=[None, U, Traced(U)],
    rowvar=KEEP,
    bias=KEEP,
    ddof=[None, 0, 1, 2],
    dtype=FLOATS,
    fweights=[None, [1, 2, 1, 3]],
    aweights=[None, U + 3, Traced(U + 3)],
)
calls(np.corrcoef, M, y=[None, N, Traced(N)], rowvar=KEEP, dtype=FLOATS)
calls(np.corrcoef, V, y=[None, U, Traced(U)], rowvar=KEEP, dtype=FLOATS)
calls(np.bincount, [0, 2, 1, 2], weights=[Traced(V)], minlength=[0, 2, 7])
DATA, MORE = np.array([0.8, -1.3, 2.1, 0.43, 0.6]), np.array([1.7, 0.55, -0.9, 2.4, 0.37])
HEAVY = [None, MORE + 2, Traced(MORE + 2)]
BINS = [3, 7, [-2.0, 0.1, 1.1, 3.0], "auto", Traced(np.array([-2.0, 0.1, 1.1, 3.0]))]
SPAN = [None, (-1.07, 2.03)]
DENSITY = [None, True, False]
calls(np.histogram, DATA, bins=BINS, range=SPAN, density=DENSITY, weights=HEAVY)
calls(np.histogram_bin_edges, DATA, bins=BINS, range=SPAN, weights=[None])
calls(
    np.histogram2d,
    DATA,
    MORE,
    bins=[3, [2, 3]],
    range=[None, [SPAN[1], (-0.53, 2.61)]],
    density=DENSITY,
    weights=HEAVY,
)
calls(
    np.histogramdd,
    np.stack([DATA, MORE], axis=1),
    bins=[3, [2, 3], [[-2.0, 0.1, 3.0], [-1.0, 1.0, 3.0]]],
    range=[None, [SPAN[1], (-0.53, 2.61)]],
    density=DENSITY,
    weights=HEAVY,
)

# -- Shapes --------------------------------------------------------------------------------------------------
STRIDED = {
    "T": lambda x: x.T,
    "C": lambda x: x,
    "moved": lambda x: np.moveaxis(x, 0, -1),
    "step": lambda x: x[:, ::2],
}
for look in STRIDED.values():
    for x in (M, C):
        calls(lambda x, look=look, **options: np.ravel(look(x), **options), x, order=ORDER)
        calls(lambda x, look=look, **options: look(x).flatten(**options), x, order=ORDER)
        calls(lambda x, look=look, **options: np.reshape(look(x), -1, **options), x, order=["C", "F", "A"])
        calls(lambda x, look=look, **options: np.ravel(np.copy(look(x), **options), "K"), x, order=ORDER)
        calls(lambda x, look=look, **options: np.ravel(look(x).copy(**options), "K"), x, order=ORDER)
        calls(lambda x, look=look, **options: np.ravel(look(x).astype(float, **options), "K"), x, order=ORDER)
calls(np.ravel, M, order=ORDER)
calls(np.reshape, M, (2, -1), order=["C", "F", "A"], copy=[None, True])
calls(np.copy, M, order=ORDER)
calls(np.squeeze, M[:, None, :1], axis=[None, 1, (1, 2), -1])
calls(np.transpose, C, axes=[None, (1, 0, 2), (-1, 0, 1)])
calls(np.rollaxis, C, 2, start=[0, 1, -1, 3])
calls(np.flip, C, axis=[None, 0, -1, (0, 2)])
calls(np.roll, C, 4, axis=[None, 0, -1])
calls(np.roll, C, (1, -2), axis=[(0, 1), (-1, 0)])
calls(np.rot90, M, k=[0, 1, 2, 3, -1, 5], axes=[(0, 1), (1, 0), (-1, 0)])
calls(np.repeat, M, 2, axis=[None, 0, 1, -1])
calls(np.repeat, M, [1, 0, 2], axis=[0, -2])
calls(np.broadcast_to, V, (3, 4))
calls(np.size, M, axis=[None, 0, 1, -1])
for astype in of_numpy("astype"):
    for dtype in DTYPES[1:]:
        calls(astype, M, given={"dtype": dtype}, copy=KEEP, device=[None, "cpu"])
calls(
    lambda x, dtype, **options: x.astype(dtype, **options),
    M,
    given={"dtype": np.float32},
    order=ORDER,
    casting=CASTING,
    copy=KEEP,
)
calls(
    lambda x, dtype, **options: x.astype(dtype, **options),
    M,
    given={"dtype": int},
    order=ORDER,
    casting=CASTING,
    copy=KEEP,
)
calls(
    lambda x, **options: np.trim_zeros(np.pad(x, (2, 1)), **options),
    V,
    of=np.trim_zeros,
    trim=["fb", "f", "b", "FB"],
    axis=[None, 0, -1],
)

# -- Joining -------------------------------------------------------------------------------------------------
for join in (np.concatenate, np.stack):
    calls(join, [M, N], axis=[0, 1, -1], dtype=DTYPES, casting=CASTING)
    calls(join, [M, N], given={"dtype": np.float32}, casting=CASTING)
    calls(join, [M, N], given={"dtype": int}, casting=CASTING)
calls(np.concatenate, [M, N], axis=[None], dtype=DTYPES)
for join in (np.vstack, np.hstack):
    calls(join, [M, N], dtype=DTYPES, casting=CASTING)
    calls(join, [M, N], given={"dtype": int}, casting=CASTING)
calls(np.append, M, N, axis=[None, 0, 1, -1])
for split in (np.split, np.array_split):
    calls(split, M, [1, 2], axis=[0, 1, -1])
    calls(split, M[:, :3], 3, axis=[0, 1, -1])
for unstack in of_numpy("unstack"):
    calls(unstack, C, axis=[0, 1, 2, -1])

# -- Making --------------------------------------------------------------------------------------------------
INDEXING = ["xy", "ij"]
calls(np.meshgrid, V, U[:3], copy=KEEP, sparse=KEEP, indexing=INDEXING)
for steps in (np.linspace, np.logspace, np.geomspace):
    for start, stop in ((0.3, 1.9), (V[[0, 2]], U[[0, 3]])):
        more = {"retstep": KEEP} if steps is np.linspace else {}
        calls(
            steps,
            np.asarray(start),
            np.asarray(stop),
            num=[1, 2, 5],
            endpoint=KEEP,
            dtype=DTYPES,
            axis=[0, -1],
            **more,
        )
calls(
    np.linspace,
    np.asarray(0.3),
    np.asarray(1.9),
    given={"endpoint": False, "retstep": True},
    num=[1, 4],
    dtype=DTYPES,
)
calls(np.linspace, np.asarray(0.3), np.asarray(1.9), device=[None, "cpu"])
calls(np.logspace, np.asarray(0.3), np.asarray(1.9), base=[2.0, Traced(2.5)])
for make in (np.zeros_like, np.ones_like):
    calls(make, M, dtype=DTYPES, order=ORDER, shape=[None, (2, 2), 5], device=[None, "cpu"])
LIKE = {"dtype": DTYPES, "order": ORDER, "shape": [None, (2, 2), 5], "device": [None, "cpu"]}


def filled(x: Any, **options: Any) -> Any:
    """An array without contents, written whole."""
    y = np.empty_like(x, **options)
    y[...] = 2
    return y


calls(filled, M, of=np.empty_like, **LIKE)
calls(
    lambda x, **options: np.isnan(np.empty((2, 3), like=x, **options)) * 0,
    M,
    of=np.empty,
    dtype=FLOATS,
    order=["C", "F"],
    device=[None, "cpu"],
)
for look in STRIDED.values():
    for make in (np.zeros_like, np.ones_like):

        def laid(x: Any, look: Any = look, make: Any = make, **options: Any) -> Any:
            """Where the elements of a new array are held."""
            y = make(look(x), **options)
            y[...] = look(x)
            return np.ravel(y, "K")

        calls(laid, M, order=ORDER, shape=[None])
        calls(laid, C, order=ORDER)
calls(np.full_like, M, 2.7, dtype=DTYPES, order=ORDER, shape=[None, (2, 4), 5], device=[None, "cpu"])
calls(np.full_like, M, given={"fill_value": Traced(2.7)}, dtype=DTYPES, order=ORDER, shape=[None, (2, 4), 5])
calls(
    lambda x, **options: np.full((2, 3), 2.7, like=x, **options),
    M,
    of=np.full,
    dtype=DTYPES,
    order=["C", "F"],
    device=[None, "cpu"],
)
calls(lambda x, **options: np.full((2, 3), 3, like=x, **options), M, dtype=DTYPES)
calls(lambda x, y, **options: np.full((2, 3), y, like=x, **options), M, np.asarray(0.7), dtype=DTYPES)
calls(
    lambda x, **options: np.zeros((2, 3), like=x, **options),
    M,
    of=np.zeros,
    dtype=DTYPES,
    order=["C", "F"],
    device=[None, "cpu"],
)
calls(
    lambda x, **options: np.ones((2, 3), like=x, **options),
    M,
    of=np.ones,
    dtype=DTYPES,
    order=["C", "F"],
    device=[None, "cpu"],
)
calls(
    lambda x, **options: np.array(x, like=x, **options),
    M,
    of=np.array,
    dtype=DTYPES,
    copy=[True, None],
    order=ORDER,
    subok=KEEP,
    ndmin=[0, 1, 3],
)
calls(
    lambda x, **options: np.array([x, x], like=x, **options),
    V,
    of=np.array,
    dtype=DTYPES,
    copy=[True, None],
    order=ORDER,
    subok=KEEP,
    ndmin=[0, 1, 3],
)
for make in (np.asarray, np.asanyarray):
    calls(
        lambda x, make=make, **options: make(x, like=x, **options),
        M,
        of=make,
        dtype=DTYPES,
        order=ORDER,
        **({"copy": [None, True], "device": [None, "cpu"]} if make is np.asarray or AT_LEAST_2_1 else {}),
    )
calls(
    lambda x, **options: np.ascontiguousarray(x, like=x, **options), M, of=np.ascontiguousarray, dtype=DTYPES
)
calls(
    lambda x, **options: np.ravel(np.asfortranarray(x, like=x, **options), "K"),
    M,
    of=np.asfortranarray,
    dtype=DTYPES,
)
calls(np.vander, V, N=[None, 1, 2, 6], increasing=KEEP)

# -- Padding, inserting --------------------------------------------------------------------------------------
calls(np.pad, M, 2, constant_values=[0, 1.5, (1.0, 2.0), ((1.0, 2.0), (3.0, 4.0)), Traced(0.5)])
calls(
    np.pad,
    M,
    ((1, 0), (2, 3)),
    mode=[
        "constant",
        "edge",
        "linear_ramp",
        "maximum",
        "mean",
        "median",
        "minimum",
        "reflect",
        "symmetric",
        "wrap",
        "empty",
    ][:-1],
)
calls(np.pad, M, ((1, 0), (2, 3)), "linear_ramp", end_values=[0, 1.5, (1.0, 2.0), Traced(0.5)])
for mode in ("maximum", "mean", "median", "minimum"):
    calls(np.pad, ROWS, ((1, 0), (2, 3)), mode, stat_length=[None, 1, 2, (1, 2), ((1, 2), (3, 4))])
for mode in ("reflect", "symmetric"):
    calls(np.pad, M, ((1, 4), (2, 3)), mode, reflect_type=["even", "odd"])
calls(np.insert, M, 1, 0.5, axis=[None, 0, 1, -1])
calls(np.delete, M, 1, axis=[None, 0, 1, -1])

# -- Indexing ------------------------------------------------------------------------------------------------
calls(np.take, M, [[0, 2], [1, 1]], axis=[None, 0, 1, -1], mode=["raise", "wrap", "clip"])
calls(np.take, M, [[0, -5], [-1, 7]], axis=[None, 0, 1, -1], mode=["raise", "wrap", "clip"])
calls(np.take_along_axis, M, np.array([[0, 2, 1, 1]]), axis=[0, -2])
calls(np.take_along_axis, M, np.array([[0], [2], [-1]]), axis=[1, -1])
calls(np.take_along_axis, M, np.array([0, 2, -1]), axis=[None])
calls(np.compress, [True, False, True], M, axis=[None, 0, 1, -1])
calls(np.choose, [[0, 1, 1, 0]], [M, N], mode=["raise", "wrap", "clip"])
calls(np.choose, [[0, -1, 5, 2]], [M, N], mode=["raise", "wrap", "clip"])
calls(np.select, [MASK, ~MASK[:1]], [M, N], default=[0, 1.5, Traced(0.5), Traced(V)])
for diagonal in (np.diagonal, np.trace):
    calls(diagonal, C, offset=[0, 1, -1], axis1=[0, 1], axis2=[-1, 2])
calls(np.trace, M, dtype=DTYPES)
calls(np.linalg.diagonal, C, offset=[0, 1, -1])
calls(np.linalg.trace, C, offset=[0, 1, -1], dtype=DTYPES)
for triangle in (np.diag, np.diagflat, np.tril, np.triu):
    calls(triangle, M, k=[0, 1, -1, 2])
windows = np.lib.stride_tricks.sliding_window_view
calls(windows, M, (2, 3), axis=[None, (0, 1), (1, 0), (-1, 0)], writeable=KEEP)
calls(windows, M, 2, axis=[0, 1, -1, None], writeable=KEEP)
calls(np.diag, V, k=[0, 1, -1, 2])
KINDS = [None, "quicksort", "mergesort", "heapsort", "stable"]
for ordering in (np.sort, np.argsort):
    calls(
        ordering,
        ROWS,
        axis=[None, 0, 1, -1],
        kind=KINDS,
        order=[None, "f"],
        stable=[None, True, False],
        descending=[None, True, False],
    )
calls(np.partition, ROWS, 2, axis=[None, 0, 1, -1], kind=["introselect"], order=[None, "f"])
calls(np.partition, ROWS, [1, 2], axis=[None, 0, 1, -1])
calls(np.argpartition, ROWS, 2, axis=[None, 0, 1, -1], kind=["introselect"], order=[None, "f"])
calls(np.searchsorted, np.sort(V), 0.5, side=["left", "right"], sorter=[None, [0, 1, 2, 3]])
calls(np.digitize, V, np.sort(U), right=KEEP)
calls(np.lexsort, ROWS, axis=[0, 1, -1])

# -- Sets ----------------------------------------------------------------------------------------------------
TIED: dict[Any, Any] = {
    None: lambda x: np.concatenate([x, x[:2]]),
    0: lambda x: x[[1, 0, 1, 2]],
    1: lambda x: x[:, [1, 0, 1, 2]],
}
calls(
    lambda x, axis=None, **options: np.unique(TIED[None](x), axis=axis, **options),
    V,
    of=np.unique,
    return_index=KEEP,
    return_inverse=KEEP,
    return_counts=KEEP,
    axis=[None, 0, -1],
    equal_nan=KEEP,
    sorted=[True],
)
for k in (0, 1):
    calls(
        lambda x, k=k, **options: np.unique(TIED[k](x), axis=k, **options),
        ROWS[:3, :3],
        return_index=KEEP,
        return_inverse=KEEP,
        return_counts=KEEP,
        equal_nan=KEEP,
    )
calls(np.unique, np.array([1.5, np.nan, 0.5, np.nan]), equal_nan=KEEP, return_counts=KEEP)
ONCE, OTHERS = np.array([0.5, 2.5, 1.5]), np.array([1.6, 0.25, 3.5])
for sets in (np.intersect1d, np.setdiff1d, np.setxor1d, np.union1d):
    more = {} if sets is np.union1d else {"assume_unique": KEEP}
    more = {**more, "return_indices": KEEP} if sets is np.intersect1d else more
    calls(
        lambda x, y, sets=sets, **options: sets(x, np.append(y, x[:1]), **options),
        ONCE,
        OTHERS,
        of=sets,
        **more,
    )
    calls(
        lambda x, y, sets=sets, **options: sets(x[[0, 1, 0]], np.append(y, x[:1]), **options),
        ONCE,
        OTHERS,
        **more,
    )
calls(np.isin, ONCE, OTHERS, assume_unique=KEEP, invert=KEEP, kind=[None, "sort"])

# -- Writing -------------------------------------------------------------------------------------------------


def written(function: Any) -> Any:
    """What an array is after a function has written into a copy of it."""

    def program(x: Any, *args: Any, **options: Any) -> Any:
        y = x * 1
        function(y, *args, **options)
        return y

    program.__name__ = function.__name__
    return program


MODE = ["raise", "wrap", "clip"]
calls(written(np.put), M, [0, 5, -1], V, mode=MODE, of=np.put)
calls(written(np.put), M, [13, -15, -2, 2], V[:3], mode=MODE, of=np.put)
calls(written(np.fill_diagonal), rng.uniform(0, 1, (7, 3)), np.asarray(0.5), wrap=KEEP, of=np.fill_diagonal)
calls(written(np.fill_diagonal), rng.uniform(0, 1, (7, 3)), V, wrap=KEEP, of=np.fill_diagonal)
calls(written(np.fill_diagonal), rng.uniform(0, 1, (5, 2)), V[:2], wrap=KEEP, of=np.fill_diagonal)
calls(written(np.fill_diagonal), M, V[:3], wrap=KEEP, of=np.fill_diagonal)
calls(written(np.fill_diagonal), rng.uniform(0, 1, (3, 3, 3)), V[:3], wrap=KEEP, of=np.fill_diagonal)
calls(written(np.putmask), M, MASK, V[:3])
calls(written(np.place), M, MASK, V[:3])
calls(written(np.copyto), M, V, casting=CASTING, where=[True, MASK, MASK[0]], of=np.copyto)
calls(written(np.copyto), M, np.asarray(0.5), casting=CASTING, where=[True, MASK, MASK[0]], of=np.copyto)
calls(
    written(np.put_along_axis),
    M,
    of=np.put_along_axis,
    given={"indices": np.array([[0, 2, 1, 1]]), "values": Traced(V), "axis": 0},
)

# -- Interpolation, differences ------------------------------------------------------------------------------
KNOTS = np.array([-1.5, 0.1, 0.9, 2.0])
SIDE = [None, 1.5, Traced(0.5)]
calls(
    np.interp, np.array([-2.3, 0.4, 1.1, 2.7]), KNOTS, U, left=SIDE, right=SIDE, period=[None, 4.0, -4.0, 2.5]
)
calls(np.interp, np.array([-2.3, 0.4, 1.1, 2.7]), KNOTS, Z, left=SIDE, right=SIDE, period=[None, 4.0, -4.0])
calls(np.interp, np.asarray(0.4), list(KNOTS), list(U), left=SIDE, right=SIDE, period=[None, 4.0, -4.0])
calls(np.gradient, M, axis=[None, 0, 1, -1, (0, 1), (-1,)], edge_order=[1, 2])
calls(np.gradient, M, np.asarray(0.7), axis=[None, 0, 1, -1, (0, 1), (-1,)], edge_order=[1, 2])
calls(np.trapezoid, M, x=[None, KNOTS, Traced(KNOTS), Traced(N)], dx=[1.0, 0.3, Traced(0.5)], axis=[-1, 1])
calls(np.trapezoid, M, axis=[0, -2], dx=[0.3])
calls(np.ediff1d, M, to_end=[None, 1.5, Traced(0.5), Traced(V)], to_begin=[None, 1.5, Traced(0.5), Traced(V)])
calls(np.unwrap, M * 5, discont=[None, 4.0, 5.0], axis=[0, 1, -1], period=[2 * np.pi, 3.0, Traced(4.0)])
ENDS = [np._NoValue, 0.0, Traced(0.5), N[:, :1], Traced(N[:, :2])]
calls(np.diff, M, n=[0, 1, 2, 3], axis=[0, 1, -1], prepend=[np._NoValue, 0.0, Traced(0.5)])
calls(np.diff, M, n=[1, 2], axis=[1, -1], prepend=ENDS, append=ENDS)

# -- Products ------------------------------------------------------------------------------------------------
calls(
    np.einsum,
    "ij,kj->ik",
    M,
    N,
    optimize=[False, True, "greedy", "optimal"],
    order=ORDER,
)
# Where optimize= leads NumPy to matmul, it heeds no casting=; hoad always does.
calls(np.einsum, "ij,kj->ik", M, N, dtype=DTYPES, order=ORDER, casting=CASTING)
calls(np.einsum, "ij,kj->ik", M, N, given={"dtype": np.float32}, casting=CASTING)
calls(np.einsum, M, [0, 1], N, [2, 1], [0, 2], dtype=DTYPES, casting=CASTING)
calls(np.einsum, M, [0, 1], N, [2, 1], [0, 2], optimize=[False, True])
calls(np.tensordot, M, N, axes=[([0, 1], [0, 1]), ((1,), (1,)), (0, 0), (-1, -1), 2, 0])
calls(np.linalg.tensordot, M, N, axes=[([0, 1], [0, 1]), ((1,), (1,)), (0, 0), (-1, -1), 2, 0])
calls(np.cross, S, C[0, :, 0], axisa=[0, 1, -1], axisb=[0, -1], axisc=[0, 1, -1], axis=[None])
calls(np.cross, S, S.T + 1, axis=[None, 0, 1, -1], axisa=[0, 1], axisb=[0, 1], axisc=[0, 1])
calls(np.linalg.cross, S, S.T + 1, axis=[0, 1, -1])
calls(np.linalg.vecdot, M, N, axis=[0, 1, -1])
for mode in (np.convolve, np.correlate):
    for pair in ((V, U[:3]), (V[:2], U), (V, U), (Z, Z[:2] * 1j), (V[:1], Z)):
        calls(mode, *pair, mode=["full", "same", "valid"])

# -- Elementwise ---------------------------------------------------------------------------------------------
BOUND = [None, 0.5, Traced(0.5), Traced(V)]
calls(np.clip, M, given={"a_min": -0.3}, a_max=BOUND)
calls(np.clip, M, given={"a_max": 1.3}, a_min=BOUND)
if AT_LEAST_2_1:
    calls(np.clip, M, min=BOUND, max=[None, 1.3, Traced(1.3)])
calls(np.clip, M, -0.3, 1.3, dtype=FLOATS, where=[True], casting=CASTING, order=ORDER, subok=KEEP)
calls(np.clip, M, given={"a_min": -0.3, "a_max": 1.3, "dtype": np.float32}, casting=CASTING)
calls(np.clip, M, given={"a_min": -0.3, "a_max": 1.3, "dtype": int}, casting=CASTING)
calls(np.angle, Z, deg=KEEP)
calls(lambda x, **options: np.real_if_close(x + 1e-15j, **options), V, tol=[100, 1e-10, 1])
calls(np.real_if_close, Z, tol=[100, 1e-10, 1])
BAD = np.array([1.5, np.nan, np.inf, -np.inf])
calls(
    np.nan_to_num,
    BAD,
    copy=KEEP,
    nan=[0.0, 1.5, Traced(0.5)],
    posinf=[None, 9.0, Traced(0.5)],
    neginf=[None, -9.0, Traced(0.5)],
)
for rounding in (np.round, np.around):
    calls(rounding, M * 37, decimals=[0, 1, -1])
CLOSE = {"rtol": [1e-5, 1.0], "atol": [1e-8, 1.0], "equal_nan": KEEP}
WORK = [None, 0, 1, -1]
calls(np.shares_memory, M, N, max_work=WORK)
calls(np.may_share_memory, M, N, max_work=WORK)
calls(
    lambda x, y, **options: x @ y.T * len(np.einsum_path("ij,kj", x, y, **options)[0]),
    *(M, N),
    of=np.einsum_path,
    optimize=[True, "greedy", "optimal", ("greedy", 100)],
    einsum_call=KEEP,
)
calls(np.isclose, M, N, **CLOSE)
calls(np.allclose, M, N, **CLOSE)
calls(np.array_equal, M, N, equal_nan=KEEP)

# -- Fourier transforms --------------------------------------------------------------------------------------
NORM = [None, "backward", "ortho", "forward"]
for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    calls(getattr(np.fft, name), M, n=[None, 2, 3, 4, 6], axis=[0, 1, -1], norm=NORM)
for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"):
    calls(
        getattr(np.fft, name),
        M,
        s=[None, (2, 3), (4, 6), (3, -1)],
        axes=[(0, 1), (1, 0), (-1, -2)],
        norm=NORM,
    )
for shift in (np.fft.fftshift, np.fft.ifftshift):
    calls(shift, M, axes=[None, 0, 1, -1, (0, 1), (1,)])

# -- Polynomials ---------------------------------------------------------------------------------------------
calls(np.polyder, V, m=[0, 1, 2, 3, 4, 5])
calls(np.polyint, V, m=[0, 1, 2, 3], k=[None, 1.5, Traced(0.5)])
calls(np.polyint, V, given={"m": 2}, k=[[1.0, 2.0], Traced(U[:2])])
calls(
    np.polyfit,
    KNOTS,
    U,
    1,
    rcond=[None, 1e-12],
    full=KEEP,
    w=[None, U + 3, Traced(U + 3)],
    cov=[False, True, "unscaled"],
)

# -- Linear algebra ------------------------------------------------------------------------------------------
calls(
    np.linalg.norm,
    M,
    ord=[None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf],
    keepdims=KEEP,
    axis=[None, (0, 1), (1, 0), (-1, -2)],
)
calls(
    np.linalg.norm,
    C,
    given={"axis": (0, 1)},
    ord=[None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf],
    keepdims=KEEP,
)
calls(
    np.linalg.norm, M, given={"axis": 1}, ord=[None, 0, 1, 2, 3, -1, -2, 0.5, np.inf, -np.inf], keepdims=KEEP
)
calls(
    np.linalg.vector_norm,
    M,
    axis=[None, 0, 1, -1, (0, 1)],
    keepdims=KEEP,
    ord=[0, 1, 2, 3, -1, 0.5, np.inf, -np.inf],
)
calls(np.linalg.matrix_norm, C, keepdims=KEEP, ord=["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
SYMMETRIC = lambda x: x @ x.T
calls(lambda x, **options: np.linalg.cholesky(SYMMETRIC(x), **options), S, of=np.linalg.cholesky, upper=KEEP)
for decompose in (np.linalg.eigh, np.linalg.eigvalsh):
    calls(
        lambda x, f=decompose, **options: f(SYMMETRIC(x), **options),
        S,
        of=decompose,
        UPLO=["L", "U", "l", "u"],
    )
calls(np.linalg.svd, M, given={"compute_uv": False}, full_matrices=KEEP)
calls(lambda x, **options: np.linalg.svd(SYMMETRIC(x), False, False, **options), S, hermitian=KEEP)
calls(np.linalg.svd, S, full_matrices=KEEP, compute_uv=KEEP, hermitian=[False])
calls(np.linalg.qr, S, mode=["reduced", "complete", "r", "raw"][:3])
calls(np.linalg.pinv, M, rcond=[None, 1e-10, 0.3], hermitian=[False], rtol=[np._NoValue, None, 1e-10])
calls(lambda x, **options: np.linalg.pinv(SYMMETRIC(x), **options), S, hermitian=KEEP)
calls(np.linalg.lstsq, M.T, V, rcond=[None, -1, 1e-10])
calls(np.linalg.cond, S, p=[None, 2, -2, "fro", 1, -1, np.inf, -np.inf])
calls(np.linalg.matrix_rank, S, tol=[None, 0.1], hermitian=KEEP, rtol=[None, 0.1])
calls(np.linalg.tensorinv, rng.uniform(0, 1, (4, 2, 2)), ind=[1])
calls(np.linalg.tensorinv, rng.uniform(0, 1, (2, 2, 4)), ind=[2])
calls(np.linalg.tensorsolve, rng.uniform(0, 1, (2, 2, 4)), S[:2, :2], axes=[None])
calls(np.linalg.tensorsolve, rng.uniform(0, 1, (4, 2, 2)), S[:2, :2], axes=[(0,)])

# -- Methods of arrays ---------------------------------------------------------------------------------------


def method(name: str) -> Any:
    """An array's method, as a function."""

    def program(x: Any, *args: Any, **options: Any) -> Any:
        return getattr(x, name)(*args, **options)

    program.__name__ = f"ndarray.{name}"
    return program


MOMENT = {"axis": AXES[:5], "dtype": FLOATS, "keepdims": KEEP, "where": WHERE}
for name in ("sum", "prod"):
    calls(method(name), M, **MOMENT, initial=INITIAL)
calls(method("mean"), M, **MOMENT)
for name in ("var", "std"):
    calls(method(name), M, **MOMENT, ddof=[0, 1], mean=MEAN)
for name in ("max", "min"):
    calls(method(name), ROWS, axis=AXES, keepdims=KEEP, initial=[0.1, Traced(0.1)])
for name in ("cumsum", "cumprod"):
    calls(method(name), M, axis=[None, 0, -1], dtype=DTYPES)
for name in ("argmax", "argmin"):
    calls(method(name), ROWS, axis=[None, 0, -1], keepdims=KEEP)
for name in ("any", "all"):
    calls(method(name), M, axis=[None, 0, -1], keepdims=KEEP, where=WHERE)
calls(method("argsort"), ROWS, axis=[None, 0, -1], kind=KINDS, stable=[None, True])
calls(method("compress"), M, [True, False, True], axis=[None, 0, -1])
calls(method("clip"), M, 0.5)
calls(method("clip"), M, None, 0.5)
calls(method("clip"), M, given={"max": 1.3}, min=BOUND)
calls(method("clip"), M, given={"min": -0.3}, max=BOUND)
calls(method("trace"), C, offset=[0, 1, -1], axis1=[0, 1], axis2=[-1, 2], dtype=DTYPES)
calls(method("diagonal"), C, offset=[0, 1, -1], axis1=[0, 1], axis2=[-1, 2])
calls(method("dot"), M, N.T)
calls(method("ravel"), M.T, order=ORDER)
COPY = {"copy": [None, True]} if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else {}
calls(method("reshape"), M.T, -1, order=["C", "F", "A"], **COPY)
calls(method("reshape"), M.T, 2, 6, order=["C", "F", "A"])
calls(method("repeat"), M, 2, axis=[None, 0, 1, -1])
calls(method("round"), M * 37, decimals=[0, 1, -1])
calls(method("searchsorted"), np.sort(V), 0.5, side=["left", "right"], sorter=[None, [0, 1, 2, 3]])
calls(method("squeeze"), M[:, None, :1], axis=[None, 1, (1, 2), -1])
calls(method("swapaxes"), C, 0, -1)
calls(method("take"), M, [[0, -5], [-1, 7]], axis=[None, 0, 1, -1], mode=["raise", "wrap", "clip"])
calls(method("transpose"), C, (1, 0, 2))
calls(method("transpose"), C, 1, 0, 2)


def in_place(name: str) -> Any:
    """What an array is after a method has changed a copy of it."""

    def program(x: Any, *args: Any, **options: Any) -> Any:
        y = x * 1
        getattr(y, name)(*args, **options)
        return y

    program.__name__ = f"ndarray.{name}"
    return program


calls(in_place("sort"), ROWS, axis=[0, 1, -1], kind=KINDS, order=[None, "f"], stable=[None, True])
calls(in_place("fill"), M, np.asarray(0.5))

# -- Keywords of ufuncs and of their methods -----------------------------------------------------------------
UFUNC: dict[str, list[Any]] = {"dtype": FLOATS, "casting": CASTING, "order": ORDER, "subok": KEEP}
for ufunc in (np.add, np.multiply, np.divide, np.maximum, np.arctan2, np.hypot, np.float_power, np.power):
    calls(ufunc, N, N[:1] + 1, **UFUNC)
    calls(ufunc, N, 2.5, **UFUNC)
    calls(ufunc, N, 2, **UFUNC)
    calls(ufunc, N, N[:1] + 1, given={"dtype": np.float32}, casting=CASTING)
    calls(ufunc, N, N[:1] + 1, given={"dtype": int}, casting=CASTING)
calls(np.add, N, N[:1], signature=["dd->d", (None, None, float)])
for ufunc in (np.sin, np.exp, np.sqrt, np.negative, np.absolute, np.square, np.conjugate, np.positive):
    calls(ufunc, N, **UFUNC)
    calls(ufunc, N, given={"dtype": np.float32}, casting=CASTING)
    calls(ufunc, N, given={"dtype": np.complex64}, casting=CASTING)
    calls(ufunc, N.astype(np.float32), dtype=[None, float, np.float32], casting=CASTING)
for ufunc in (np.divmod, np.modf):
    calls(ufunc, *(N + 0.5, N[:1])[: ufunc.nin], dtype=[None, np.float32], casting=CASTING)


def over(ufunc: Any) -> Any:
    """A ufunc that leaves places of ``out=`` as they are."""

    def program(x: Any, y: Any, **options: Any) -> Any:
        out = tuple(y * 1 for _ in range(ufunc.nout))
        ufunc(*(x, y)[: ufunc.nin], out=out, **options)
        return list(out)

    program.__name__ = f"{ufunc.__name__}-out"
    return program


for ufunc in (np.add, np.sin, np.divmod, np.modf):
    calls(over(ufunc), N + 0.1, N + 0.7, where=WHERE, casting=CASTING[2:])
PARTS = {"axis": [0, 1, -1], "dtype": FLOATS}
for ufunc in (np.add, np.multiply, np.maximum, np.logaddexp, np.hypot, np.subtract, np.divide):
    calls(ufunc.accumulate, N, of=ufunc.accumulate, **PARTS)
    calls(ufunc.reduceat, N, [0, 2], **PARTS)
    calls(ufunc.outer, V, U, dtype=FLOATS, casting=CASTING)
    axes = [0, 1, -1] if ufunc in (np.subtract, np.divide) else AXES[:5]
    calls(ufunc.reduce, N, axis=axes, dtype=FLOATS, keepdims=KEEP, initial=[2.5, Traced(0.5), np._NoValue])
for ufunc in (np.add, np.multiply, np.logaddexp, np.maximum):
    calls(ufunc.reduce, N, given={"initial": 0.3}, where=WHERE, axis=AXES[:5], keepdims=KEEP)
calls(np.add.reduce, N, initial=[None, 0, 1])
CORES: list[Any] = [
    [(0, 1), (0, 1), (0, 1)],
    [(1, 2), (0, 2), (0, 2)],
    [(-1, -2), (-1, -2), (-2, -1)],
    [(0, 1), (0, 1), (2, 1)],
]
calls(
    np.matmul,
    rng.uniform(0, 1, (3, 3, 3)),
    rng.uniform(0, 1, (3, 3, 3)),
    axes=CORES,
    dtype=FLOATS,
    casting=CASTING,
)
calls(
    np.vecdot,
    M,
    N,
    axis=[0, 1, -1],
    keepdims=KEEP,
    axes=[[0, 0], [1, 1], [(0,), (0,), ()], [0, 0, 0], [0, 0, 1]],
    dtype=FLOATS,
)
if hasattr(np, "matvec"):
    calls(np.matvec, S, S[0], axes=[[(1, 0), 0, 0]], dtype=FLOATS)
    calls(np.vecmat, S[0], S, axes=[[0, (1, 0), 0]], dtype=FLOATS)
