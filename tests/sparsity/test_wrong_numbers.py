"""What might come out of a plan as a wrong number without a word: each kind is right, or an error."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import hoad
from hoad.errors import ArgumentError, ComplexOutputError, NotDifferentiableError, ShapeMismatchError
from hoad.sparse import colors
from hoad.sparse.checks import Check, at_random, disagreeing
from hoad.sparse.colors import Coloring

X = np.random.default_rng(3).normal(size=12)
WAYS = ["colours", "structured", "compiled"]
SIDES = {
    "columns": lambda p: Coloring(colors.by_columns(p)),
    "rows": lambda p: Coloring(None, colors.by_columns(p.T.tocsr())),
    "both": colors.both_sides,
}


def planned(f: Any, x: Any, *args: Any, way: str, **options: Any) -> Any:
    """A plan that goes one way."""
    plan = hoad.sparse_plan(f, x, *args, compile=way == "compiled", **options)
    plan._structured = way == "structured"
    return plan


@pytest.fixture(params=list(SIDES))
def side(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Directions of one side, or of both."""
    monkeypatch.setattr(colors, "chosen", lambda pattern, shape: SIDES[request.param](pattern))
    return str(request.param)


def neighbours(x: Any) -> Any:
    return x * np.roll(x, 1) * 2 + np.roll(x, -1) * 3


def largest(x: Any) -> Any:
    return x[np.argmax(x)] ** 2 * x[0]


def steps(x: Any) -> Any:
    return np.sum((x[1:] - x[:-1] ** 2) ** 2)


def several(x: Any) -> Any:
    return {"b": x[:3] * x[1:4], "a": np.sum(x) * x[0], "c": [x[3:5], 2, "text", None]}


# -- Infinity and nan ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("colouring", [None, "acyclic"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("f", [steps, largest, lambda x: np.sum(x[2:] ** 2 * x[1:-1] * x[:-2])])
def test_what_is_not_finite_spoils_nothing_else(f: Any, bad: float, colouring: Any, way: str) -> None:
    """By colours, such an entry would be in the place of others, or be lost."""
    plan = planned(f, X, order=2, colors=None if way == "structured" else colouring, way=way)
    x = X.copy()
    x[4] = bad
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(plan(x).toarray(), hoad.hessian(f, x, sparse=True).toarray())


@pytest.mark.parametrize("way", ["colours", "compiled"])
def test_a_lost_entry_that_is_not_finite(side: str, way: str) -> None:
    def f(x: Any) -> Any:
        return np.where(x > 0, x, np.roll(x, 1) / np.roll(x, 2))

    plan = planned(f, np.ones(12), way=way)
    x = -np.ones(12)
    x[3] = 0.0
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(plan(x).toarray(), hoad.jacobian(f, x))


@pytest.mark.parametrize(
    ("found", "told"), [(np.inf, np.inf), (-np.inf, np.inf), (1.0, np.nan), (1e308, 1.0)]
)
def test_a_check_tells_nothing_of_what_is_not_finite(found: float, told: float) -> None:
    matrix, product = sp.csr_array([[found, 1e308]]), np.array([told])
    check = Check(np.array([1.0, -1.0]), slice(2, 3), False)
    assert not check.holds(matrix, product)
    laid = check.with_rectangle(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]))
    assert laid.rectangle is not None
    with np.errstate(all="ignore"):
        assert disagreeing(matrix.data, product, laid.rectangle) == 1


def test_directions_that_check_see_every_entry() -> None:
    """An entry whose weight is near zero would be lost unseen; of a million at random, some would be."""
    weights = np.abs(at_random(10**6))
    assert weights.min() >= 1 and weights.max() <= 2


# -- Values of another size, or kind -------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("way", ["colours", "compiled"])
@pytest.mark.parametrize("count", [2, 4])
def test_a_value_of_another_size(side: str, count: int, way: str, check: bool) -> None:
    """Directions that go back are as long as the value was, and fit a shorter one as well."""

    def f(x: Any, count: int) -> Any:
        return np.stack([np.sum(x * (k + 1)) for k in range(count)])

    plan = planned(f, X, 3, way=way, check=check)
    with pytest.raises(ShapeMismatchError, match=f"the derivative is {count} x 12 at this point"):
        plan(X, count)


@pytest.mark.parametrize("way", ["colours", "compiled"])
def test_a_value_that_becomes_complex(side: str, way: str) -> None:
    """Of which directions that go back would see one part."""
    plan = planned(lambda x: np.emath.sqrt(x) * np.roll(x, 1), np.ones(12), way=way)
    with pytest.raises(ComplexOutputError):
        plan(-np.ones(12))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("error")  # what hoad itself has found out is no effect of f
def test_containers_of_several_shapes(side: str, way: str) -> None:
    plan = planned(several, X, way=way)
    wanted = hoad.jacobian(several, X)
    rows = [np.reshape(part, (-1, 12)) for part in (wanted["a"], wanted["b"], wanted["c"][0])]
    found = plan(X).toarray()
    np.testing.assert_allclose(found[:6], np.concatenate(rows), rtol=1e-14)
    assert found.shape == (7, 12) and not found[6].any()


# -- Points --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_a_point_of_another_shape(way: str, check: bool) -> None:
    """Of as many numbers, that have other neighbours."""
    plan = planned(lambda x: np.diff(x, axis=0) * x[1:], X.reshape(3, 4), way=way, check=check)
    with pytest.raises(ShapeMismatchError, match=r"of shape \(3, 4\), not \(2, 6\)"):
        plan(X.reshape(2, 6))


@pytest.mark.parametrize("way", ["colours", "structured"])
def test_a_container_of_other_shapes(way: str) -> None:
    plan = planned(lambda d: d["a"] * np.sum(d["b"]), {"a": X[:2], "b": X[:4]}, way=way)
    with pytest.raises(ShapeMismatchError, match=r"\(2,\), \(4,\), not \(4,\), \(2,\)"):
        plan({"a": X[:4], "b": X[:2]})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (X + 1j, ComplexOutputError, "the argument is complex"),
        (np.ma.array(X, mask=X > 0), NotDifferentiableError, "a derivative has no mask"),
        (np.array([Fraction(1, 3)] * 12), ArgumentError, "numbers that are no floats"),
        (X.astype(object), ArgumentError, "numbers that are no floats"),
        ("text", NotDifferentiableError, "can't be differentiated"),
    ],
)
def test_points_that_are_no_floats(x: Any, error: type[Exception], message: str, way: str) -> None:
    """Whatever the way: a program of a compiled plan would take some of them for floats."""
    plan = planned(neighbours, X, way=way)
    with pytest.raises(error, match=message):
        plan(x)
    with pytest.raises(error, match=message):
        hoad.sparse_plan(neighbours, x, compile=way == "compiled")


@pytest.mark.parametrize("way", WAYS)
def test_within_another_derivative(way: str) -> None:
    plan = planned(neighbours, X, way=way)
    for call in (hoad.grad, lambda f, x: hoad.vmap(f)(x[None])):
        with pytest.raises(ArgumentError, match="inside another derivative"):
            call(lambda x: np.sum(plan(x).data), X)


def test_compiled_containers_are_refused() -> None:
    with pytest.raises(ArgumentError, match="a point that is one array"):
        hoad.sparse_plan(lambda d: d["a"], {"a": X}, compile=True)


@pytest.mark.parametrize("way", WAYS)
def test_points_without_numbers(way: str) -> None:
    assert planned(lambda x: x * x, np.zeros(0), way=way)(np.zeros(0)).shape == (0, 0)
    assert planned(np.sum, np.zeros(0), order=2, way=way)(np.zeros(0)).shape == (0, 0)


@pytest.mark.parametrize("zeros", [np.zeros(12), np.zeros(12, int)])
def test_a_pattern_that_zeros_would_hide(zeros: Any) -> None:
    """A product of two arrays that are zero depends on nothing, and of others on each of them."""

    def f(x: Any) -> Any:
        return np.sum((x.reshape(3, 4) @ x.reshape(4, 3)) ** 2)

    found = hoad.pattern(f, zeros, order=2)
    assert found.nnz == 144 and "depends on the numbers" in found.note
    plan = hoad.sparse_plan(f, zeros, order=2, check=False)
    np.testing.assert_allclose(plan(X).toarray(), hoad.hessian(f, X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("inside", [False, True])
def test_half_precision(inside: bool, order: int, way: str) -> None:
    """Which SciPy's matrices do not hold."""

    def f(x: Any) -> Any:
        y = (x.astype(np.float16) if inside else x) * x[0]
        return np.sum(y**2 * x) if order == 2 else np.concatenate([y, np.sum(y)[None]])

    x = np.linspace(0.5, 1.0, 8, dtype=float if inside else np.float16)
    derivative = hoad.hessian if order == 2 else hoad.jacobian
    wanted = derivative(f, x.astype(float))
    for found in (planned(f, x, order=order, way=way)(x), derivative(f, x, sparse=True)):
        assert found.dtype in (np.float32, float)
        np.testing.assert_allclose(found.toarray(), wanted, rtol=0.02)


# -- Where results are written -------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csc", "coo", "bsr", "dia", "lil", "dok"])
def test_matrices_of_other_formats_are_not_written_into(format: str) -> None:
    """One by columns has, of a symmetric pattern, the same places in the same order: of the transpose."""
    plan = hoad.sparse_plan(neighbours, X)
    with pytest.raises(ShapeMismatchError, match="or a matrix that it gave"):
        plan(X, out=plan(X).asformat(format))
    with pytest.raises(ShapeMismatchError, match="or a matrix that it gave"):
        plan(X, out=sp.csr_array((plan(X).data, plan(X).indices, plan(X).indptr), shape=(12, 13)))
