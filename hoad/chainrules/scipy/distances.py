"""Distances between vectors, and between the rows of matrices, as ``scipy.spatial.distance`` has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc
from scipy.spatial import distance

from ...errors import MissingRuleError
from ...nested import glance, refused
from ...values.captures import traced_in
from ...values.constants import as_array, is_elsewhere
from ...values.shapes import ndim_of, shape_of
from ..doors import door
from ..numpy.shaping import cast
from .without import ask, refusal

# ------------------------------------------------------------------------------------------------------------
# The metrics: of vectors along the last axis
# ------------------------------------------------------------------------------------------------------------


def total(x: Any, w: Any) -> Any:
    """The sum, by weights if there are some."""
    return np.sum(x if w is None else x * w, axis=-1)


def euclidean(u: Any, v: Any, w: Any = None) -> Any:
    return np.linalg.norm(u - v if w is None else np.sqrt(w) * (u - v), axis=-1)


def sqeuclidean(u: Any, v: Any, w: Any = None) -> Any:
    return total((u - v) * (u - v), w)


def cityblock(u: Any, v: Any, w: Any = None) -> Any:
    return total(np.abs(u - v), w)


def chebyshev(u: Any, v: Any, w: Any = None) -> Any:
    away = np.abs(u - v)
    return np.max(away if w is None else (w if WEIGHED else w > 0) * away, axis=-1)


def minkowski(u: Any, v: Any, p: Any = 2, w: Any = None) -> Any:
    if np.isscalar(p) and not traced_in(p) and np.isinf(p):
        return chebyshev(u, v, w)
    if not traced_in(p) and p in (1, 2):
        return cityblock(u, v, w) if p == 1 else euclidean(u, v, w)
    return total(np.abs(u - v) ** p, w) ** (1 / p)


def canberra(u: Any, v: Any, w: Any = None) -> Any:
    size = np.abs(u) + np.abs(v)
    known = size != 0
    return total(np.where(known, np.abs(u - v), 0.0) / np.where(known, size, 1.0), w)


def braycurtis(u: Any, v: Any, w: Any = None) -> Any:
    return total(np.abs(u - v), w) / total(np.abs(u + v), w)


def correlation(u: Any, v: Any, w: Any = None, centered: bool = True) -> Any:
    w = 1.0 / shape_of(u)[-1] if w is None else w / np.sum(w)
    if centered:
        u, v = (x - np.expand_dims(total(x, w), -1) for x in (u, v))
    return 1.0 - total(u * v, w) / np.sqrt(total(u * u, w) * total(v * v, w))


def cosine(u: Any, v: Any, w: Any = None) -> Any:
    return correlation(u, v, w, centered=False)


def jensenshannon(u: Any, v: Any, base: Any = None, *, axis: int = -1, keepdims: bool = False) -> Any:
    p, q = (x / np.sum(x, axis=axis, keepdims=True) for x in (u, v))
    sums = [np.sum(to_middle(x, y), axis=axis, keepdims=keepdims) for x, y in ((p, q), (q, p))]
    both = (sums[0] + sums[1]) / 2
    if base is not None:
        both = cast(both / np.log(base), both.dtype) if ndim_of(both) else both / np.log(base)
    return np.sqrt(both)


def to_middle(p: Any, q: Any) -> Any:
    """``p log(p / m)``, with the middle m of two shares; where both are 0, as for ``q = 0``."""
    none = (p == 0) & (q == 0)
    return np.where(none, math.log(2.0) * p, sc.rel_entr(p, np.where(none, 1.0, (p + q) / 2)))


def mahalanobis(u: Any, v: Any, VI: Any = None) -> Any:
    d = u - v
    return np.sqrt(np.sum((d @ VI) * d, axis=-1))


def seuclidean(u: Any, v: Any, V: Any = None) -> Any:
    return np.sqrt(np.sum((u - v) ** 2 / V, axis=-1))


METRICS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        euclidean, sqeuclidean, cityblock, chebyshev, minkowski, canberra, braycurtis, correlation, cosine,
        jensenshannon, mahalanobis, seuclidean,
    )
}  # fmt: skip
OTHER_NAMES = {
    "braycurtis": (), "canberra": (), "chebyshev": ("chebychev", "cheby", "cheb", "ch"),
    "cityblock": ("cblock", "cb", "c"), "correlation": ("co",), "cosine": ("cos",),
    "euclidean": ("euclid", "eu", "e"), "jensenshannon": ("js",), "mahalanobis": ("mahal", "mah"),
    "minkowski": ("mi", "m", "pnorm"), "seuclidean": ("se", "s"), "sqeuclidean": ("sqe", "sqeuclid"),
}  # fmt: skip
NAMED = {alias: name for name, aliases in OTHER_NAMES.items() for alias in (name, *aliases)}
# Whether the weights of Chebyshev's distance multiply, or only choose: SciPy has had both.
WEIGHED = bool(distance.chebyshev([0.0], [1.0], [2.0]) == 2.0)
OF_TRUTH = ("dice", "hamming", "jaccard", "kulczynski1", "rogerstanimoto", "russellrao", "sokalmichener",
            "sokalsneath", "yule")  # fmt: skip


def refuse(name: str, metric: Any, *values: Any) -> MissingRuleError:
    """The error for a metric without a derivative."""
    message = (
        f"scipy.spatial.distance.{name} has no derivative with metric={metric!r}, which counts elements that "
        f"are alike; it has one with a function, and with {', '.join(METRICS)}"
    )
    return refused(MissingRuleError(message), *traced_in(values))


# ------------------------------------------------------------------------------------------------------------
# Of two vectors
# ------------------------------------------------------------------------------------------------------------


def of_two(metric: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """The distance of two vectors, or of rows, which newer functions of SciPy's take; what SciPy refuses is
    refused by it, and the precision is SciPy's.
    """
    alone = gives_double(plain)

    def measured(u: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        u, v, double = as_array(u), as_array(v), alone
        if (
            args
            or kwargs
            or ndim_of(u) != 1
            or shape_of(u) != shape_of(v)
            or "c" in u.dtype.kind + v.dtype.kind
        ):
            seen = plain(*map(at_hand, (u, v, *args)), **{k: at_hand(x) for k, x in kwargs.items()})
            double = np.asarray(seen).dtype == np.float64
            args, kwargs = (
                tuple([arrays(x, double) for x in args]),
                {k: arrays(x, double) for k, x in kwargs.items()},
            )
        return metric(arrays(u, double), arrays(v, double), *args, **kwargs)

    return measured


def gives_double(plain: Callable[..., Any]) -> bool:
    """Tell whether one of SciPy's functions gives a double for two vectors of single precision."""
    one = np.ones(1, np.float32)
    beside = (one,) if plain in (distance.mahalanobis, distance.seuclidean) else ()
    return bool(np.asarray(plain(one, one, *beside)).dtype == np.float64)


def arrays(x: Any, double: bool) -> Any:
    """An array for a list, in double precision if this is what SciPy computes in."""
    if np.isscalar(x) or x is None:
        return x
    return in_double(as_array(x)) if double else as_array(x)


def at_hand(x: Any) -> Any:
    """What SciPy is asked with: the plain value; ones in the place of several, and of those on a device."""
    seen = glance(x)
    if is_elsewhere(seen) or np.shape(seen) != shape_of(x):
        return np.ones(shape_of(x), x.dtype)
    return seen


def in_double(x: Any) -> Any:
    """Numbers of less than double precision in that, in which SciPy's compiled code computes."""
    return cast(x, np.float64) if x.dtype.kind == "f" and x.dtype.itemsize < 8 else x


def jensenshannon_along(p: Any, q: Any, base: Any = None, *, axis: int = 0, keepdims: bool = False) -> Any:
    """Jensen's and Shannon's distance of distributions along an axis."""
    return jensenshannon(as_array(p), as_array(q), base, axis=axis, keepdims=keepdims)


for _name, _metric in METRICS.items():
    _plain = getattr(distance, _name)
    door(_plain)(jensenshannon_along if _name == "jensenshannon" else of_two(_metric, _plain))
for _name in OF_TRUTH:
    if hasattr(distance, _name):
        door(getattr(distance, _name))(
            refusal(f"scipy.spatial.distance.{_name}", "it counts elements that are alike")
        )
door(distance.directed_hausdorff)(
    refusal(
        "scipy.spatial.distance.directed_hausdorff",
        "compiled code looks for the pair; np.max(np.min(cdist(u, v), axis=1)) is the same distance",
    )
)
ask(distance, "is_valid_dm", "is_valid_y", "num_obs_dm", "num_obs_y")


# ------------------------------------------------------------------------------------------------------------
# Of rows
# ------------------------------------------------------------------------------------------------------------


def distances(name: str, rows: tuple[Any, ...], u: Any, v: Any, metric: Any, options: dict[str, Any]) -> Any:
    """The distances of rows u and v; of all rows where a metric has options that are found from them."""
    if callable(metric):
        metric = getattr(metric, "__name__", "") if metric in OWN else metric
    if not callable(metric):
        known = NAMED.get(str(metric).lower())
        if known is None:
            raise refuse(name, metric, u, v)
        rows, u, v = tuple(map(in_double, rows)), in_double(u), in_double(v)
        return METRICS[known](u, v, **completed(known, rows, options))
    shape = np.broadcast_shapes(shape_of(u), shape_of(v))
    pairs = zip(*[np.reshape(np.broadcast_to(x, shape), (-1, shape[-1])) for x in (u, v)], strict=True)
    return np.reshape(np.stack([metric(a, b, **options) for a, b in pairs]), shape[:-1])


OWN = tuple([getattr(distance, name) for name in METRICS])


def completed(metric: str, rows: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    """The options of a metric, with what it takes from all rows."""
    options = {k: v for k, v in options.items() if v is not None}
    if metric == "seuclidean" and "V" not in options:
        options["V"] = np.var(np.concatenate(rows), axis=0, ddof=1)
    if metric == "mahalanobis" and "VI" not in options:
        options["VI"] = np.linalg.inv(np.cov(np.transpose(np.concatenate(rows)))).T
    return options


@door(distance.cdist, keeps=("metric",))
def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """The distances of each row of one matrix to each of another."""
    found = distances("cdist", (XA, XB), np.expand_dims(XA, 1), np.expand_dims(XB, 0), metric, kwargs)
    return written(found, out)


@door(distance.pdist, keeps=("metric",))
def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """The distances of the rows of a matrix, of each pair."""
    i, j = np.triu_indices(shape_of(X)[0], 1)
    return written(distances("pdist", (X,), X[i], X[j], metric, kwargs), out)


def written(found: Any, out: Any) -> Any:
    """What was found, in the array that was given for it."""
    if out is None:
        return found
    out[...] = found
    return out


@door(distance.squareform)
def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
    """A vector of distances as a matrix, or back; what SciPy refuses is refused by it."""
    shape = shape_of(X)
    for member in np.reshape(glance(X), (-1, *shape)):
        distance.squareform(member, force, checks)
    if len(shape) == 2:
        return X[np.triu_indices(shape[0], 1)]
    n = int((1 + (1 + 8 * shape[0]) ** 0.5) / 2)
    where = np.zeros((n, n), dtype=int)
    i, j = np.triu_indices(n, 1)
    where[i, j] = where[j, i] = np.arange(len(i))
    return np.where(np.eye(n, dtype=bool), 0.0, X[where])
