"""Distances, against differences of SciPy's own."""

from __future__ import annotations

import numpy as np
import proofs
import pytest

import hoad

distance = pytest.importorskip("scipy.spatial.distance")
A = np.array([[0.1, 0.2], [0.3, 0.9], [-0.4, 1.3]])
B = np.array([[0.5, -0.3], [1.2, 1.9]])


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cityblock", "chebyshev"])
def test_metrics(metric: str) -> None:
    proofs.prove(lambda a, b: distance.cdist(a, b, metric), A, B)
    proofs.prove(lambda a: distance.squareform(distance.pdist(a, metric)), A)
    proofs.prove(lambda a: distance.squareform(distance.squareform(distance.pdist(a, metric))), A)


def test_other_metrics_are_refused() -> None:
    for call in (
        lambda a: np.sum(distance.cdist(a, B, "cosine")),
        lambda a: np.sum(distance.pdist(a, "minkowski", p=3)),
    ):
        with pytest.raises(hoad.errors.MissingRuleError, match="euclidean, sqeuclidean"):
            hoad.grad(call, A)
