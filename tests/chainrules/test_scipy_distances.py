"""Distances, against differences of SciPy's own."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import proofs
import pytest

import hoad
from hoad.chainrules.doors import DOORS

distance = pytest.importorskip("scipy.spatial.distance")
import hoad.scipy.spatial.distance  # noqa: E402
from hoad.chainrules.scipy.distances import METRICS, NAMED, OF_TRUTH  # noqa: E402

A = np.array([[0.13, 0.22, 0.71], [0.34, 0.97, 0.45], [-0.46, 1.38, 0.61], [0.89, -0.21, 0.52]])
B = np.array([[0.57, -0.35, 0.93], [1.26, 1.92, -0.64]])
W = np.array([0.5, 2.0, 1.5])
VI = np.array([[1.2, 0.3, 0.1], [0.3, 2.0, -0.2], [0.1, -0.2, 1.5]])
POSITIVE = ("jensenshannon",)
OPTIONS: dict[str, list[dict[str, Any]]] = {
    **{name: [{}, {"w": W}] for name in METRICS},
    "minkowski": [{"p": 3}, {"p": 1.5, "w": W}, {"p": 1}, {"p": np.inf}],
    "jensenshannon": [{}],
    "mahalanobis": [{"VI": VI}],
    "seuclidean": [{"V": W}],
}
CASES = [(name, k) for name, many in OPTIONS.items() for k in range(len(many))]


def points(name: str) -> tuple[Any, Any]:
    return (np.abs(A), np.abs(B)) if name in POSITIVE else (A, B)


@pytest.mark.parametrize(("name", "k"), CASES)
def test_metrics(name: str, k: int) -> None:
    options, (a, b) = OPTIONS[name][k], points(name)
    orders = 3 if k == 0 else 1
    proofs.prove(lambda a, b: distance.cdist(a, b, name, **options), a, b, orders=orders, batches=k == 0)
    proofs.prove(lambda a: distance.pdist(a, name, **options), a, orders=1, batches=False)
    f = getattr(distance, name)
    proofs.prove(lambda u, v: f(u, v, **options), a[0], b[1], orders=1, batches=False)


def test_by_options_found_from_all_rows() -> None:
    many = np.random.default_rng(0).normal(size=(6, 2))
    for name in ("seuclidean", "mahalanobis"):
        proofs.prove(lambda a, b, n=name: distance.cdist(a, b, n), many, many[:2] + 0.3, orders=2)
        proofs.prove(lambda a, n=name: distance.pdist(a, n), many, orders=1)


def test_by_options_that_are_traced() -> None:
    proofs.prove(lambda a, v: distance.cdist(a, B, "seuclidean", V=v), A, W)
    proofs.prove(lambda a, v: distance.cdist(a, B, "mahalanobis", VI=v), A, VI)
    proofs.prove(lambda a, w: distance.cdist(a, B, "minkowski", p=3, w=w), A, W)


def test_by_other_names_and_by_functions() -> None:
    for alias, name in NAMED.items():
        a, b = points(name)
        options = OPTIONS[name][0]
        f = lambda x, n=alias, b=b, o=options: np.sum(distance.cdist(x, b, n, **o))
        g = lambda x, n=name, b=b, o=options: np.sum(distance.cdist(x, b, n, **o))
        np.testing.assert_array_equal(hoad.grad(f, a), hoad.grad(g, a))
    own = lambda u, v: np.sum((u - v) ** 4)
    for metric in (own, distance.euclidean):
        proofs.prove(lambda a, m=metric: distance.cdist(a, B, m), A, orders=2, batches=False)
        proofs.prove(lambda a, m=metric: distance.pdist(a, m), A, orders=1, batches=False)


def test_squareform_and_axes() -> None:
    proofs.prove(lambda a: distance.squareform(distance.pdist(a)), A)
    proofs.prove(lambda a: distance.squareform(distance.squareform(distance.pdist(a))), A)
    a, b = np.abs(A[:2]), np.abs(B)
    for options in ({"axis": 1}, {"base": 2.0}, {"axis": 0, "keepdims": True}):
        proofs.prove(lambda a, b, o=options: distance.jensenshannon(a, b, **o), a, b, orders=1)


def test_equal_vectors_have_the_smallest_subgradient() -> None:
    np.testing.assert_array_equal(hoad.grad(lambda u: distance.euclidean(u, A[0]), A[0]), np.zeros(3))
    np.testing.assert_array_equal(hoad.grad(lambda u: distance.cityblock(u, A[0]), A[0]), np.zeros(3))


def test_shares_that_are_zero() -> None:
    """Infinite slopes by one share of 0; of two, the slopes of those beside them, and SciPy's values."""
    half, none = np.array([0.5, 0.5]), np.array([0.0, 1.5])
    f = lambda x, q=half: distance.jensenshannon(np.stack([x, 1.0]), q)
    near = [hoad.derivative(f, 10.0**-k) for k in (20, 40, 80)]
    assert near[0] > near[1] > near[2]  # as the logarithm
    assert hoad.derivative(f, 0.0) == hoad.grad(f, 0.0) == -np.inf
    p, q, common = np.array([0.3, 0.0, 0.9]), np.array([0.5, 0.0, 0.2]), [True, False, True]
    g = lambda p, q: distance.jensenshannon(p, q)
    for argnums in (0, 1):
        wanted = hoad.grad(g, argnums=argnums)(p[common], q[common])
        found = hoad.grad(g, argnums=argnums)(p, q)
        np.testing.assert_allclose(found[common], wanted, 1e-14)
        beside = [p.copy(), q.copy()]
        beside[argnums][1] = 1e-9
        assert np.isclose(found[1], hoad.grad(g, argnums=argnums)(*beside)[1], 1e-6)
    h = lambda x: distance.jensenshannon(np.stack([x, 0.5]), half)
    assert h(-0.1) == hoad.value_and_grad(h)(-0.1)[0] == np.inf
    for x in (np.zeros(2), none):
        assert np.array_equal(hoad.value_and_grad(g)(x, np.zeros(2))[0], g(x, np.zeros(2)), equal_nan=True)


def test_every_name_is_accounted_for() -> None:
    for name in distance.__all__:
        assert getattr(distance, name) in DOORS, name


def test_what_counts_is_refused() -> None:
    for name in OF_TRUTH:
        if hasattr(distance, name):
            f = getattr(distance, name)
            with pytest.raises(hoad.errors.MissingRuleError, match=f"distance.{name} has no derivative"):
                hoad.grad(lambda a, f=f: f(a[0], a[1]), A)
    with pytest.raises(hoad.errors.MissingRuleError, match="euclidean, sqeuclidean"):
        hoad.grad(lambda a: np.sum(distance.cdist(a, B, "hamming")), A)
    with pytest.raises(hoad.errors.MissingRuleError, match=r"np\.min\(cdist"):
        hoad.grad(lambda a: distance.directed_hausdorff(a, B)[0], A)


SHAPES = ((), (1,), (2,), (3,), (1, 3), (2, 3), (3, 1), (2, 2, 3))
# SciPy's functions of two vectors, with what is beside them.
BESIDE: list[tuple[str, dict[str, Any]]] = [
    *[(name, o) for name, k in CASES for o in [OPTIONS[name][k]]],
    ("minkowski", {"w": W, "p": np.inf}), ("minkowski", {"p": 4, "w": W}),
    ("minkowski", {"w": [0.5, 2, 1.5]}), ("cosine", {"w": None}),
    ("jensenshannon", {"axis": -1}), ("jensenshannon", {"keepdims": True, "base": 2.0}),
    ("correlation", {"centered": False, "w": W}), ("mahalanobis", {"VI": VI.tolist()}),
    ("seuclidean", {"V": [0.5, 2.0, 1.5]}),
    ("minkowski", {"p": -1}), ("minkowski", {"p": 0.5}),
    *[(name, {"w": w}) for name in METRICS for w in (-W, W[:2], W[:1], np.stack([W, W]), 2.0, W.tolist())
      if name not in ("jensenshannon", "mahalanobis", "seuclidean")],
    ("mahalanobis", {"VI": VI[:2]}), ("mahalanobis", {"VI": VI[0]}), ("seuclidean", {"V": W[:2]}),
    ("seuclidean", {"V": VI}),
]  # fmt: skip


def outcome(f: Any, *args: Any) -> Any:
    """What a call gives, or the error that it raises."""
    try:
        with np.errstate(all="ignore"):
            return f(*args)
    except Exception as error:
        return error


def typed(options: dict[str, Any], dtype: Any) -> dict[str, Any]:
    return {k: x.astype(dtype) if isinstance(x, np.ndarray) else x for k, x in options.items()}


@pytest.mark.parametrize("case", range(len(BESIDE)), ids=lambda k: f"{BESIDE[k][0]}-{k}")
@pytest.mark.filterwarnings("ignore")
def test_shapes_and_precisions_are_those_of_scipy(case: int) -> None:
    """Of vectors, of rows where this SciPy takes them, and of what it refuses, with its errors."""
    name, options = BESIDE[case]
    f, rng = getattr(distance, name), np.random.default_rng(case)
    for left in SHAPES:
        for right in SHAPES:
            a, b = rng.uniform(0.2, 1.0, left), rng.uniform(0.2, 1.0, right)
            wanted = outcome(lambda u, b=b: f(u, b, **options), a)
            found = outcome(
                lambda u, b=b: hoad.jvp(lambda u: f(u, b, **options), (u,), (np.ones(u.shape),)), a
            )
            if isinstance(wanted, Exception):
                assert isinstance(found, type(wanted)), (left, right, wanted, found)
                assert str(found).split("\n")[0] == str(wanted).split("\n")[0]
                continue
            assert not isinstance(found, Exception), (left, right, found)
            value, change = found
            np.testing.assert_allclose(value, wanted, 1e-12, 1e-14, strict=True)
            step = 1e-6
            if np.isnan(wanted).any():  # the correlation of one number
                continue
            near = (f(a + step, b, **options) - f(a - step, b, **options)) / (2 * step)
            np.testing.assert_allclose(change, near, 1e-4, 1e-7)
            if np.ndim(wanted) == 0 and wanted > 0:
                np.testing.assert_allclose(
                    np.sum(hoad.grad(lambda u, b=b: f(u, b, **options))(a)), change, 1e-9, 1e-12
                )


@pytest.mark.parametrize("case", range(len(BESIDE)), ids=lambda k: f"{BESIDE[k][0]}-{k}")
@pytest.mark.filterwarnings("ignore")
def test_the_precision_is_that_of_scipy(case: int) -> None:
    name, options = BESIDE[case]
    f = getattr(distance, name)
    a, b = np.abs(A[0]), np.abs(B[0])
    single, double = np.float32, np.float64
    for one, other, dtype, rows in itertools.product(
        (single, double), (single, double, np.int64, list), (single, double), (False, True)
    ):
        u, v = a.astype(one), b.tolist() if other is list else (3 * b).astype(other)
        u = np.stack([u, 2 * u]) if rows else u
        o = typed(options, dtype)
        wanted = outcome(lambda u, v=v, o=o: np.sum(f(u, v, **o)), u)
        found = outcome(lambda u, v=v, o=o: hoad.value_and_grad(lambda u: np.sum(f(u, v, **o)))(u), u)
        if isinstance(wanted, Exception):
            assert isinstance(found, type(wanted)), (one, other, dtype, rows, wanted, found)
            continue
        assert not isinstance(found, Exception), (one, other, dtype, rows, found)
        assert np.asarray(found[0]).dtype == np.asarray(wanted).dtype, (one, other, dtype, rows)
        np.testing.assert_allclose(found[0], wanted, 1e-5)
        assert found[1].dtype == one
