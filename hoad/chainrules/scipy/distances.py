"""Distances between the rows of matrices, as ``scipy.spatial.distance`` has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import distance

from ...errors import MissingRuleError
from ...nested import refused
from ..captures import traced_in
from ..doors import door

METRICS: dict[str, Any] = {
    "euclidean": lambda d: np.linalg.norm(d, axis=-1),
    "sqeuclidean": lambda d: np.sum(d * d, axis=-1),
    "cityblock": lambda d: np.sum(np.abs(d), axis=-1),
    "chebyshev": lambda d: np.max(np.abs(d), axis=-1),
}


def distances(name: str, u: Any, v: Any, metric: Any, options: dict[str, Any]) -> Any:
    """The distances of rows, by a metric of their differences."""
    if metric not in METRICS or options:
        raise refused(
            MissingRuleError(
                f"scipy.spatial.distance.{name} has no derivative with metric={metric!r} and options "
                f"{sorted(options)}; it has one with {', '.join(METRICS)}, without options"
            ),
            *traced_in((u, v, options)),
        )
    return METRICS[metric](u - v)


@door(distance.cdist)
def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """The distances of each row of one matrix to each of another."""
    return distances("cdist", np.expand_dims(XA, 1), np.expand_dims(XB, 0), metric, options_of(out, kwargs))


@door(distance.pdist)
def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """The distances of the rows of a matrix, of each pair."""
    i, j = np.triu_indices(np.shape(X)[0], 1)
    return distances("pdist", X[i], X[j], metric, options_of(out, kwargs))


def options_of(out: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """What else is asked for."""
    return kwargs if out is None else {**kwargs, "out": out}


@door(distance.squareform)
def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
    """A vector of distances as a matrix, or back."""
    if np.ndim(X) == 2:
        return X[np.triu_indices(np.shape(X)[0], 1)]
    n = int((1 + (1 + 8 * np.shape(X)[0]) ** 0.5) / 2)
    where = np.zeros((n, n), dtype=int)
    i, j = np.triu_indices(n, 1)
    where[i, j] = where[j, i] = np.arange(len(i))
    return np.where(np.eye(n, dtype=bool), 0.0, X[where])
