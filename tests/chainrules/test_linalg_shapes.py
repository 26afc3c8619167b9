"""Linear algebra and products over every shape that NumPy takes: stacked, broadcast, of one axis, empty.

Values, shapes, types and containers are NumPy's; forward mode is reverse mode is central differences.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from linear_algebra import PAIRS, PRODUCTS, RECTANGLE, SQUARE, Function, adjoint

import hoad
from hoad.chainrules.numpy.contraction import cheapest

QUICK = settings(
    derandomize=True,
    deadline=None,
    max_examples=10,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
DTYPES = (np.float64, np.float32, np.complex128)
Shape = tuple[int, ...]


def filled(shape: Shape, dtype: Any, seed: int, square: bool = False) -> np.ndarray:
    """Random numbers; square matrices well conditioned, with eigenvalues apart."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape) * 0.3
    if dtype is np.complex128:
        x = x + 1j * rng.normal(size=shape) * 0.3
    if square:
        x = x + np.diag(2.0 + 1.5 * np.arange(shape[-1]))
    return np.asarray(x).astype(dtype)


def listed(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


def is_inexact(x: Any) -> bool:
    return np.result_type(x).kind in "fc"


def flat(out: Any) -> list[np.ndarray]:
    """The outputs that have derivatives."""
    return [np.asarray(o) for o in listed(out) if is_inexact(o)]


def inner(a: list[Any], b: list[Any]) -> float:
    return sum(
        float(np.sum(np.real(np.conj(np.asarray(x, complex)) * np.asarray(y, complex))))
        for x, y in zip(a, b, strict=True)
    )


def close(found: Any, right: Any, tolerance: float, what: str) -> None:
    assert np.shape(found) == np.shape(right), what
    scale = 1.0 + np.max(np.abs(right), initial=0.0)
    np.testing.assert_allclose(
        np.asarray(found) / scale, np.asarray(right) / scale, atol=tolerance, err_msg=what
    )


def differences(f: Function, points: list[np.ndarray], tangents: list[np.ndarray]) -> list[np.ndarray]:
    """Central differences of the function alone, with one step of Richardson's."""

    def quotient(h: float) -> list[np.ndarray]:
        sides = [flat(f(*[x + s * h * d for x, d in zip(points, tangents, strict=True)])) for s in (1, -1)]
        return [(a - b) / (2 * h) for a, b in zip(*sides, strict=True)]

    return [(4 * a - b) / 3 for a, b in zip(quotient(5e-4), quotient(1e-3), strict=True)]


def same_value(found: Any, right: Any, tolerance: float, what: str) -> None:
    """The value, its type and its container are NumPy's."""
    assert type(found) is type(right) or not isinstance(right, tuple), what
    pairs = zip(found, right, strict=True) if isinstance(right, tuple) else [(found, right)]
    for a, b in pairs:
        assert np.result_type(a) == np.result_type(b), (what, np.result_type(a), np.result_type(b))
        close(a, b, tolerance, what)


def check(f: Function, points: list[np.ndarray], smooth: Function | None = None) -> None:
    """Values as NumPy's; derivatives of ``smooth``, in which signs and phases that are free have no part."""
    try:
        right = f(*points)
    except (np.linalg.LinAlgError, ValueError, IndexError, TypeError):
        return  # NumPy has no value either
    with np.errstate(all="ignore"):
        tolerance = 3e-5 if any(x.dtype == np.float32 for x in points) else 1e-12
        tangents = [filled(x.shape, x.dtype.type, 7 + k) for k, x in enumerate(points)]
        same_value(hoad.jvp(f, tuple(points), tuple(tangents))[0], right, tolerance, "forward value")
        same_value(hoad.vjp(f, *points)[0], right, tolerance, "reverse value")
        g: Function = smooth or f
        _, change = hoad.jvp(g, tuple(points), tuple(tangents))
        value, pullback = hoad.vjp(g, *points)
        outs = flat(value)
        changes = [np.asarray(c) for c, o in zip(listed(change), listed(value), strict=True) if is_inexact(o)]
        assert [c.dtype for c in changes] == [o.dtype for o in outs]
        if tolerance < 1e-6:
            for found, quotient in zip(changes, differences(g, points, tangents), strict=True):
                close(found, quotient, 1e-8, "differences")
        us = [filled(o.shape, o.dtype.type, 70 + k) for k, o in enumerate(outs)]
        back = pullback(us[0] if not isinstance(value, tuple) else type_like(value, us))
        for x, c in zip(points, back, strict=True):
            assert np.shape(c) == x.shape
            assert np.result_type(c) == x.dtype
        left, pulled = inner(us, changes), inner(list(back), tangents)
        assert abs(left - pulled) <= 30 * tolerance * (1 + abs(left)), (left, pulled)


def type_like(value: Any, us: list[Any]) -> Any:
    """Cotangents in the container of the value."""
    rest = iter(us)
    parts = [next(rest) if is_inexact(o) else np.zeros(np.shape(o)) for o in value]
    return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)


# ------------------------------------------------------------------------------------------------------------
# Products
# ------------------------------------------------------------------------------------------------------------

SIDES: dict[str, Any] = {"min_side": 0, "max_side": 3, "max_dims": 2}


@pytest.mark.parametrize("name", PRODUCTS)
@QUICK
@given(st.data(), st.lists(st.sampled_from(DTYPES), min_size=2, max_size=2), st.integers(0, 1000))
def test_products_of_stacks(name: str, data: Any, dtypes: Any, seed: int) -> None:
    f, signature = PRODUCTS[name]
    kind = hnp.mutually_broadcastable_shapes(signature=signature, **SIDES)
    a, b = data.draw(kind).input_shapes
    if name == "solve of vectors":
        b = b[-1:]
    points = [filled(a, dtypes[0], seed, "solve" in name), filled(b, dtypes[1], seed + 1)]
    check(f, points)


@QUICK
@given(hnp.mutually_broadcastable_shapes(signature="(n),(n)->()", **SIDES), st.sampled_from(DTYPES))
def test_products_along_the_first_axis(shapes: Any, dtype: Any) -> None:
    """The axis is that of each operand, before they are broadcast."""
    a, b = [np.moveaxis(filled(s, dtype, k), -1, 0) for k, s in enumerate(shapes.input_shapes)]
    check(lambda a, b: np.vecdot(a, b, axis=0), [a, b])
    check(lambda a, b: np.linalg.vecdot(a, b, axis=0), [a, b])


SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@pytest.mark.parametrize("name", PAIRS)
@settings(QUICK, max_examples=20)
@given(st.data(), st.lists(st.sampled_from(DTYPES), min_size=2, max_size=2), st.integers(0, 1000))
def test_products_of_pairs(name: str, data: Any, dtypes: Any, seed: int) -> None:
    """Shapes that fit, or that NumPy refuses."""
    a = data.draw(SHAPES)
    fitting = {"dot": (*a[-1:], 2), "inner": (2, *a[-1:]), "tensordot 1": (*a[-1:], 2), "vdot": a[::-1]}
    fitting |= {"tensordot 2": (*a[-2:], 2), "tensordot axes": a[::-1], "einsum dots": (*a[-1:], 2)}
    fitting |= {"einsum transposed": (*a[-1:], 2)}
    b = data.draw(st.one_of(st.just(fitting.get(name, a)), st.just(a), SHAPES))
    check(PAIRS[name], [filled(a, dtypes[0], seed), filled(b, dtypes[1], seed + 1)])


@QUICK
@given(
    st.lists(st.integers(0, 3), min_size=3, max_size=5), st.booleans(), st.booleans(), st.sampled_from(DTYPES)
)
def test_chains_of_matrices(sides: list[int], first: bool, last: bool, dtype: Any) -> None:
    points = [filled(s, dtype, k) for k, s in enumerate(itertools.pairwise(sides))]
    points[0] = points[0][0] if first and sides[0] else points[0]
    points[-1] = points[-1][:, 0] if last and sides[-1] else points[-1]
    check(lambda *arrays: np.linalg.multi_dot(arrays), points)


# ------------------------------------------------------------------------------------------------------------
# Functions of one matrix, or of a stack
# ------------------------------------------------------------------------------------------------------------


def positive(a: np.ndarray) -> np.ndarray:
    """A matrix whose lower triangle is that of a positive definite one; the upper one is anything."""
    whole = a @ adjoint(a) + np.eye(a.shape[-1], dtype=a.dtype)
    return (np.tril(whole) + 1.5 * np.triu(a, 1)).astype(a.dtype)


LEADS = hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=2)


@pytest.mark.parametrize("name", [*SQUARE, "cholesky", "cholesky upper"])
@QUICK
@given(LEADS, st.integers(0, 3), st.sampled_from(DTYPES), st.integers(0, 1000))
def test_functions_of_square_matrices(name: str, lead: Shape, n: int, dtype: Any, seed: int) -> None:
    a = filled((*lead, n, n), dtype, seed, square=True)
    if name.startswith("cholesky"):
        upper = name.endswith("upper")
        check(
            lambda a: np.linalg.cholesky(a, upper=upper),
            [np.swapaxes(positive(a), -1, -2) if upper else positive(a)],
        )
    else:
        check(SQUARE[name][0], [a], SQUARE[name][1])


@pytest.mark.parametrize("name", RECTANGLE)
@QUICK
@given(LEADS, st.integers(0, 3), st.integers(0, 3), st.sampled_from(DTYPES), st.integers(0, 1000))
def test_functions_of_matrices(name: str, lead: Shape, m: int, n: int, dtype: Any, seed: int) -> None:
    k = max(m, n)
    a = filled((*lead, k, k), dtype, seed, square=True)[..., :m, :n]
    check(RECTANGLE[name][0], [a], RECTANGLE[name][1])


@settings(QUICK, max_examples=40)
@given(
    st.data(),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    st.sampled_from([None, 0, 1, 2, 3, -1, 2.5, np.inf, -np.inf]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(DTYPES),
)
def test_vector_norms(data: Any, shape: Shape, order: Any, keepdims: bool, new: bool, dtype: Any) -> None:
    axis = data.draw(st.sampled_from([None, *range(-len(shape), len(shape))]))
    x = filled(shape, dtype, 3) + dtype(1)
    if new and axis is not None:
        check(lambda x: np.linalg.vector_norm(x, axis=axis, ord=2 if order is None else order), [x])
    else:
        check(lambda x: np.linalg.norm(x, order, axis, keepdims), [x])


@pytest.mark.parametrize("order", [None, 0, 1, 2, 3, -1, -2, 2.5, np.inf, -np.inf, "fro", "nuc"])
def test_norms_of_nothing_are_what_numpy_says(order: Any) -> None:
    """The numbers that NumPy has, and an error of the same kind where it has none."""
    for shape in itertools.chain.from_iterable(itertools.product((0, 2), repeat=n) for n in (1, 2, 3)):
        for axis in {None, 0, -1, (0, -1), (-1, 0)}:
            x, f = np.ones(shape), lambda x, axis=axis: np.linalg.norm(x, order, axis)
            try:
                right = f(x)
            except Exception as refusal:
                for run in (lambda: hoad.jvp(f, (x,), (x,)), lambda: hoad.vjp(f, x)):  # noqa: B023
                    with pytest.raises(ValueError if isinstance(refusal, ValueError) else type(refusal)):
                        run()
            else:
                np.testing.assert_allclose(hoad.jvp(f, (x,), (x,))[0], right)


@settings(QUICK, max_examples=20)
@given(st.integers(0, 4), st.integers(0, 3), st.sampled_from([(), (0,), (1,), (2,)]), st.sampled_from(DTYPES))
def test_least_squares(m: int, n: int, columns: Shape, dtype: Any) -> None:
    k = max(m, n)
    a = filled((k, k), dtype, 1, square=True)[:m, :n]
    check(lambda a, b: tuple(np.linalg.lstsq(a, b)), [a, filled((m, *columns), dtype, 2)])


@QUICK
@given(hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=2), st.sampled_from(DTYPES))
def test_tensor_equations(shape: Shape, dtype: Any) -> None:
    size = int(np.prod(shape))
    a = filled((size, size), dtype, 1, square=True).reshape(*shape, size)
    check(np.linalg.tensorsolve, [a, filled(shape, dtype, 2)])
    check(
        lambda a, b: np.linalg.tensorsolve(a, b, axes=(0,)), [np.moveaxis(a, -1, 0), filled(shape, dtype, 2)]
    )
    check(lambda a: np.linalg.tensorinv(a, ind=len(shape)), [a])


def test_chains_of_matrices_are_multiplied_in_the_cheapest_order() -> None:
    """As many products of numbers as in the best of all orders."""

    def best(sides: list[int]) -> int:
        whole = sides[0] * sides[-1]
        ways = [best(sides[: k + 1]) + best(sides[k:]) + whole * sides[k] for k in range(1, len(sides) - 1)]
        return min(ways, default=0)

    def taken(split: dict[tuple[int, int], int], sides: list[int], i: int, j: int) -> int:
        if i == j:
            return 0
        k = split[i, j]
        both = taken(split, sides, i, k) + taken(split, sides, k + 1, j)
        return both + sides[i] * sides[k + 1] * sides[j + 1]

    rng = np.random.default_rng(0)
    for n in (2, 3, 4, 5, 6) * 5:
        sides = rng.integers(1, 9, n + 1).tolist()
        assert taken(cheapest(sides), sides, 0, n - 1) == best(sides)
