"""Random shapes, broadcasts, types, axes and expressions: every mode must tell the same story.

Three independent witnesses: the two modes against each other (<u, J v> = <J^T u, v>), the batched directions
against single ones, and the complex step (for analytic functions) or central differences, which need no hoad.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import hoad

STEP = 2.0**-200
QUICK = settings(
    derandomize=True,
    deadline=None,
    max_examples=120,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
DTYPES = [np.float64, np.float32, np.complex128]
FOUR = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]


def values(shape: tuple[int, ...], dtype: Any, seed: int) -> np.ndarray:
    """Numbers between 0.25 and 1.75 in modulus, no two alike, away from kinks and poles."""
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.linspace(0.25, 1.75, max(1, int(np.prod(shape)))))[: int(np.prod(shape))].reshape(
        shape
    )
    return (x + 1j * rng.uniform(0.1, 0.5, shape) if dtype is np.complex128 else x).astype(dtype)


def inner(a: Any, b: Any) -> float:
    """The real inner product, of complex arrays too."""
    return float(np.sum(np.real(np.conj(np.asarray(a, complex)) * np.asarray(b, complex))))


def tolerance(*arrays: Any) -> float:
    return 2e-4 if any(np.asarray(a).dtype in (np.float32, np.complex64) for a in arrays) else 1e-11


def check_adjoint(f: Callable[..., Any], points: list[np.ndarray], seed: int) -> None:
    """<u, J v> = <J^T u, v>, with tangents and cotangents of the right shapes and types."""
    tangents = [values(x.shape, x.dtype.type, seed + 1 + k) for k, x in enumerate(points)]
    value, change = hoad.jvp(f, tuple(points), tuple(tangents))
    again, pullback = hoad.vjp(f, *points)
    right = np.asarray(f(*[x.copy() for x in points]))
    np.testing.assert_allclose(value, right, rtol=tolerance(right))
    np.testing.assert_allclose(again, right, rtol=tolerance(right))
    assert np.shape(change) == right.shape
    if right.dtype.kind in "fc":
        assert np.result_type(value) == right.dtype
        assert np.result_type(change) == right.dtype
    u = values(right.shape, right.dtype.type if right.dtype.kind in "fc" else np.float64, seed + 50)
    cotangents = pullback(u)
    for x, c in zip(points, cotangents, strict=True):
        assert np.shape(c) == x.shape
        assert np.result_type(c) == x.dtype
    left = inner(u, change)
    pulled = sum(inner(c, t) for c, t in zip(cotangents, tangents, strict=True))
    size = 1.0 + sum(float(np.sum(np.abs(c) * np.abs(t))) for c, t in zip(cotangents, tangents, strict=True))
    assert abs(left - pulled) <= tolerance(right, *points) * size, (left, pulled)


def check_modes(f: Callable[[Any], Any], x: np.ndarray) -> None:
    """The Jacobian in forward mode is that in reverse mode, and its columns are directional derivatives."""
    value = np.asarray(f(x.copy()))
    forward, reverse = [np.asarray(hoad.jacobian(f, x, mode=mode)) for mode in ("forward", "reverse")]
    assert forward.shape == reverse.shape == (*value.shape, *x.shape)
    if value.dtype == x.dtype:
        assert forward.dtype == reverse.dtype == x.dtype
    scale = 1.0 + np.max(np.abs(forward), initial=0.0)
    np.testing.assert_allclose(forward / scale, reverse / scale, atol=tolerance(x))
    if x.size:
        one = np.zeros(x.shape, x.dtype)
        one.flat[x.size // 2] = 1.0
        change = hoad.jvp(f, (x,), (one,))[1]
        column = forward.reshape(*np.shape(change), x.size)[..., x.size // 2]
        np.testing.assert_allclose(change / scale, column / scale, atol=tolerance(x))


def check_complex_step(f: Callable[[Any], Any], x: np.ndarray) -> None:
    """One direction of an analytic function of real numbers, without hoad."""
    v = values(x.shape, np.float64, 9)
    right = np.imag(f(x.astype(complex) + 1j * STEP * v)) / STEP
    change = hoad.jvp(f, (x,), (v.astype(x.dtype),))[1]
    scale = 1.0 + np.max(np.abs(right), initial=0.0)
    np.testing.assert_allclose(change / scale, right / scale, atol=tolerance(x))


def check_hessians(f: Callable[[Any], Any], x: np.ndarray) -> None:
    """The four nestings agree, are symmetric, and agree with central differences of the gradient."""
    weights = np.cos(np.arange(np.size(f(x.copy()))) + 0.5).reshape(np.shape(f(x.copy())))

    def g(x: Any) -> Any:
        return np.sum(f(x) * weights)

    results = [hoad.hessian(g, x, mode=mode) for mode in FOUR]
    scale = 1.0 + np.max(np.abs(results[0]), initial=0.0)
    for result in results:
        assert result.shape == x.shape * 2
        np.testing.assert_allclose(result / scale, results[0] / scale, atol=1e-11)
        flat = result.reshape(x.size, x.size) / scale
        np.testing.assert_allclose(flat, flat.T, atol=1e-11)
    if x.size:
        v = values(x.shape, np.float64, 9)
        h = 1e-5
        right = (hoad.grad(g, x + h * v) - hoad.grad(g, x - h * v)) / (2 * h)
        product = np.tensordot(results[0], v, axes=x.ndim)
        np.testing.assert_allclose(product / scale, right / scale, atol=1e-6)


# ------------------------------------------------------------------------------------------------------------
# Random expressions over broadcast operands
# ------------------------------------------------------------------------------------------------------------

UNARY: list[Callable[[Any], Any]] = [
    np.sin,
    np.cos,
    np.exp,
    np.tanh,
    np.arctan,
    np.square,
    np.negative,
    np.expm1,
    lambda x: np.sqrt(x * x + 2),
    lambda x: np.log(x * x + 3),
    lambda x: 1 / (x * x + 2),
    lambda x: x**3,
    lambda x: 2.0**x,
    lambda x: np.sum(x, axis=-1, keepdims=True) if np.ndim(x) else x,
    lambda x: np.cumsum(x, axis=0) if np.ndim(x) else x,
    lambda x: x[..., ::-1] if np.ndim(x) else x,
    lambda x: np.flip(x),
    lambda x: np.roll(x, 1),
    lambda x: x - np.mean(x) if np.size(x) else x,
]
BINARY: list[Callable[[Any, Any], Any]] = [
    operator.add,
    operator.sub,
    operator.mul,
    np.multiply,
    lambda a, b: a / (b * b + 2),
    lambda a, b: (a * a + 2) ** b,
    lambda a, b: np.where(True, a, b) + b,
    lambda a, b: a * np.float64(0.5) - 2 * b,
]


@dataclass(frozen=True)
class Expression:
    """A tree of functions over a few variables; calling it evaluates it with NumPy."""

    tree: Any

    def __call__(self, *variables: Any) -> Any:
        return evaluate(self.tree, variables)


def evaluate(tree: Any, variables: tuple[Any, ...]) -> Any:
    kind, *rest = tree
    if kind == "variable":
        return variables[rest[0] % len(variables)]
    if kind == "constant":
        return rest[0]
    if kind == "unary":
        return UNARY[rest[0]](evaluate(rest[1], variables))
    return BINARY[rest[0]](evaluate(rest[1], variables), evaluate(rest[2], variables))


TREES = st.recursive(
    st.one_of(
        st.tuples(st.just("variable"), st.integers(0, 2)),
        st.tuples(st.just("variable"), st.integers(0, 2)),
        st.tuples(st.just("constant"), st.sampled_from([0.5, 2, -1.25, np.float64(0.75)])),
    ),
    lambda trees: st.one_of(
        st.tuples(st.just("unary"), st.integers(0, len(UNARY) - 1), trees),
        st.tuples(st.just("binary"), st.integers(0, len(BINARY) - 1), trees, trees),
    ),
    max_leaves=5,
)
SHAPES = hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3)
FLAT = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def tame(f: Callable[..., Any], points: list[np.ndarray]) -> bool:
    """Tell whether a random expression stays among ordinary numbers."""
    with np.errstate(all="ignore"):
        out = np.asarray(f(*points))
    return bool(np.all(np.isfinite(out)) and np.all(np.abs(out) < 1e4))


@QUICK
@given(TREES, SHAPES, st.lists(st.sampled_from(DTYPES), min_size=3, max_size=3), st.integers(0, 10**6))
def test_expressions_of_broadcast_operands(tree: Any, shapes: Any, dtypes: Any, seed: int) -> None:
    f = Expression(tree)
    points = [
        values(s, d, seed + k) for k, (s, d) in enumerate(zip(shapes.input_shapes, dtypes, strict=True))
    ]
    if tame(f, points):
        check_adjoint(f, points, seed)


@QUICK
@given(TREES, FLAT, st.sampled_from([np.float64, np.float32]), st.integers(0, 10**6))
def test_jacobians_of_expressions(tree: Any, shape: Any, dtype: Any, seed: int) -> None:
    f, x = Expression(tree), values(shape, dtype, seed)
    if tame(f, [x]):
        check_modes(f, x)
        check_complex_step(f, x.astype(np.float64))


@settings(QUICK, max_examples=40)
@given(TREES, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3), st.integers(0, 10**6))
def test_hessians_of_expressions(tree: Any, shape: Any, seed: int) -> None:
    f, x = Expression(tree), values(shape, np.float64, seed)
    if tame(f, [x]):
        check_hessians(f, x)


@settings(QUICK, max_examples=30)
@given(TREES, SHAPES, st.integers(0, 10**6))
def test_several_arguments_at_once_are_as_one_after_the_other(tree: Any, shapes: Any, seed: int) -> None:
    f = Expression(tree)
    points = [values(s, np.float64, seed + k) for k, s in enumerate(shapes.input_shapes)]
    if not tame(f, points):
        return
    together = hoad.jacobian(f, *points, argnums=(0, 1, 2), mode="forward")
    for k in range(3):
        for mode in ("forward", "reverse"):
            alone = hoad.jacobian(f, *points, argnums=k, mode=mode)
            np.testing.assert_allclose(alone, together[k], rtol=1e-11, atol=1e-11)


@settings(QUICK, max_examples=30)
@given(TREES, st.integers(0, 10**6))
def test_expressions_of_python_numbers(tree: Any, seed: int) -> None:
    f = Expression(tree)
    points = [float(v) for v in values((3,), np.float64, seed)]
    if not tame(f, points):
        return
    moved = [p + 1j * STEP * (k + 1.0) for k, p in enumerate(points)]
    right = float(np.imag(f(*moved))) / STEP
    value, change = hoad.jvp(f, tuple(points), (1.0, 2.0, 3.0))
    assert value == pytest.approx(float(f(*points)), rel=1e-14)
    assert change == pytest.approx(right, rel=1e-11, abs=1e-12)
    gradient = hoad.gradient(f, *points)
    assert all(isinstance(g, float) for g in gradient)
    assert float(np.dot(gradient, [1.0, 2.0, 3.0])) == pytest.approx(right, rel=1e-11, abs=1e-12)


# ------------------------------------------------------------------------------------------------------------
# Reductions, shapes, indices, contractions
# ------------------------------------------------------------------------------------------------------------

REDUCTIONS = [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.linalg.norm]


@st.composite
def axes_of(draw: Any, ndim: int, several: bool = True) -> Any:
    """None, one axis, or several, from either end."""
    if ndim == 0:
        return None
    one = st.integers(-ndim, ndim - 1)
    if not several:
        return draw(st.one_of(st.none(), one))
    chosen = draw(st.one_of(st.none(), one, st.sets(st.integers(0, ndim - 1), min_size=1)))
    if isinstance(chosen, set):
        return tuple(
            k if draw(st.booleans()) else k - ndim for k in sorted(chosen, key=lambda k: (k * 7) % 5)
        )
    return chosen


@QUICK
@given(
    st.data(),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3),
    st.integers(0, len(REDUCTIONS) - 1),
    st.booleans(),
    st.sampled_from(DTYPES),
    st.integers(0, 10**6),
)
def test_reductions(data: Any, shape: Any, which: int, keepdims: bool, dtype: Any, seed: int) -> None:
    reduction = REDUCTIONS[which]
    if dtype is np.complex128 and reduction in (np.max, np.min):
        dtype = np.float64  # an order of complex numbers is nobody's wish
    axis = data.draw(axes_of(len(shape)))
    x = values(shape, dtype, seed)
    if reduction is np.linalg.norm and (
        (isinstance(axis, tuple) and len(axis) > 2) or (axis is None and len(shape) > 2)
    ):
        return
    count = x.size if axis is None else int(np.prod([shape[k] for k in np.atleast_1d(axis)]))
    if reduction in (np.var, np.std) and count < 2:
        return  # a kink: the deviation of one number

    def f(x: Any) -> Any:
        return reduction(x, axis=axis, keepdims=keepdims)

    check_adjoint(f, [x], seed)
    if dtype is np.float64:
        check_modes(f, x)
        if reduction in (np.sum, np.mean, np.prod, np.var):
            check_hessians(f, x)


@QUICK
@given(
    st.data(),
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3),
    st.sampled_from(
        ["cumsum", "cumprod", "flip", "roll", "diff", "sort", "repeat", "stack", "expand", "softmax"]
    ),
    st.sampled_from([np.float64, np.float32]),
    st.integers(0, 10**6),
)
def test_functions_along_an_axis(data: Any, shape: Any, name: str, dtype: Any, seed: int) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    forms: dict[str, Callable[[Any], Any]] = {
        "cumsum": lambda x: np.cumsum(x, axis=axis),
        "cumprod": lambda x: np.cumprod(x, axis=axis),
        "flip": lambda x: np.flip(x, axis) * x,
        "roll": lambda x: np.roll(x, 2, axis) * x,
        "diff": lambda x: np.diff(x, axis=axis) ** 2,
        "sort": lambda x: np.sort(x, axis=axis) * x,
        "repeat": lambda x: np.repeat(x, 2, axis=axis) ** 2,
        "stack": lambda x: np.stack([x, x * x], axis=axis),
        "expand": lambda x: np.expand_dims(x * x, axis) + np.sum(x),
        "softmax": lambda x: np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True),
    }
    f, x = forms[name], values(shape, dtype, seed)
    check_adjoint(f, [x], seed)
    if dtype is np.float64:
        check_modes(f, x)
        check_hessians(f, x)
        if name != "sort":
            check_complex_step(f, x)


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> Any:
    """An index of any kind that NumPy knows."""
    kind = draw(st.sampled_from(["basic", "integer", "mask", "row mask", "outer"]))
    if kind == "basic":
        return draw(hnp.basic_indices(shape, allow_newaxis=True))
    if kind == "mask":
        return draw(hnp.arrays(bool, shape))
    if kind == "row mask":
        return draw(hnp.arrays(bool, shape[:1]))
    if kind == "outer":
        parts = [draw(hnp.arrays(np.int64, st.integers(1, 3), elements=st.integers(0, n - 1))) for n in shape]
        return np.ix_(*parts)
    return draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))


@QUICK
@given(st.data(), hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3), st.integers(0, 10**6))
def test_indices(data: Any, shape: Any, seed: int) -> None:
    index = data.draw(indices(shape))
    x = values(shape, np.float64, seed)

    def f(x: Any) -> Any:
        return x[index] * x[index]

    check_adjoint(f, [x], seed)
    check_modes(f, x)
    check_hessians(f, x)


@QUICK
@given(
    st.data(),
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3),
    st.sampled_from(["set", "add", "multiply", "number"]),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_writes(data: Any, shape: Any, how: str, fresh: bool, seed: int) -> None:
    """Into an array of zeros or into what was computed, whatever the index; repeated positions too."""
    index = data.draw(indices(shape))
    x = values(shape, np.float64, seed)

    def f(x: Any) -> Any:
        out = np.zeros_like(x) if fresh else x * x
        piece = np.sin(x[index])
        if how == "set":
            out[index] = piece
        elif how == "add":
            out[index] += piece * x[index]
        elif how == "multiply":
            out[index] *= piece
        else:
            out[index] = np.sum(piece)
        return out * x

    check_adjoint(f, [x], seed)
    check_modes(f, x)
    check_complex_step(f, x)
    check_hessians(f, x)


@QUICK
@given(
    st.data(),
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3),
    st.integers(0, 10**6),
)
def test_writes_through_views(data: Any, shape: Any, seed: int) -> None:
    first = data.draw(hnp.basic_indices(shape))
    x = values(shape, np.float64, seed)
    inner_shape = np.shape(x[first])
    if len(inner_shape) == 0:
        return
    second = data.draw(hnp.basic_indices(inner_shape))
    turned = data.draw(st.booleans())
    later = data.draw(hnp.basic_indices(shape))

    def f(x: Any) -> Any:
        out = x * x
        view = out[first]
        if turned:
            view = view.T
            view[...] = view * 3.0 + np.sum(x)
        else:
            view[second] = np.sin(view[second]) + x.sum()
        out[later] = out[later] * 2.0
        return out * x + np.sum(view)

    check_adjoint(f, [x], seed)
    check_modes(f, x)
    check_complex_step(f, x)
    check_hessians(f, x)


@QUICK
@given(
    hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3),
    st.sampled_from(DTYPES),
    st.integers(0, 10**6),
)
def test_matrix_products(shapes: Any, dtype: Any, seed: int) -> None:
    points = [values(s, dtype, seed + k) for k, s in enumerate(shapes.input_shapes)]
    check_adjoint(np.matmul, points, seed)
    check_adjoint(operator.matmul, points, seed)
    if dtype is np.float64:
        check_modes(lambda a: a @ points[1], points[0])
        check_modes(lambda b: points[0] @ b, points[1])
        if points[0].ndim == 2 and points[0].shape[0] == points[0].shape[1]:
            check_hessians(lambda a: a @ a @ points[1], points[0])


@QUICK
@given(
    st.sampled_from(
        [
            "ij,jk->ik",
            "ij,ij->",
            "ij,kj->ki",
            "i,j->ij",
            "ij->ji",
            "ii->i",
            "ii",
            "ij,j",
            "bij,bjk->bik",
            "i...,i...->...",
        ]
    ),
    st.lists(st.integers(1, 3), min_size=4, max_size=4),
    st.sampled_from(DTYPES),
    st.integers(0, 10**6),
)
def test_einsum(subscripts: str, sizes: Any, dtype: Any, seed: int) -> None:
    size = dict(zip("ijkb", sizes, strict=True))
    terms = subscripts.split("->")[0].replace("...", "jk").split(",")
    points = [values(tuple(size[c] for c in term), dtype, seed + k) for k, term in enumerate(terms)]

    def f(*operands: Any) -> Any:
        return np.einsum(subscripts, *operands)

    check_adjoint(f, points, seed)
    if dtype is np.float64:
        check_modes(lambda a: f(a * a, *points[1:]), points[0])
        check_hessians(lambda a: f(a * a, *points[1:]), points[0])


@QUICK
@given(
    st.data(),
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
    st.integers(0, 10**6),
)
def test_joining_and_reshaping(data: Any, lengths: Any, seed: int) -> None:
    axis = data.draw(st.integers(-2, 1))
    shapes = [(n, 2) if axis % 2 == 0 else (2, n) for n in lengths]
    points = [
        values(s, data.draw(st.sampled_from([np.float64, np.float32])), seed + k)
        for k, s in enumerate(shapes)
    ]
    order = data.draw(st.sampled_from("CF"))
    total = sum(lengths) * 2

    def f(*parts: Any) -> Any:
        joined = np.concatenate(parts, axis=axis)
        return np.reshape(joined, (2, total // 2), order=order) * np.ravel(joined.T).reshape(2, -1)

    check_adjoint(f, points, seed)
    check_modes(lambda x: f(x, *points[1:]), points[0].astype(np.float64))


@QUICK
@given(
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3),
    st.sampled_from(["abs", "maximum", "where", "clip", "sign", "floor", "max"]),
    st.integers(0, 10**6),
)
def test_piecewise_smooth_functions_away_from_their_kinks(shape: Any, name: str, seed: int) -> None:
    x = values(shape, np.float64, seed) - 1.003
    forms: dict[str, Callable[[Any], Any]] = {
        "abs": lambda x: np.abs(x) * x,
        "maximum": lambda x: np.maximum(x, 0.1234) * np.minimum(x, np.flip(x) + 0.01),
        "where": lambda x: np.where(x > 0, x**2, np.exp(x)),
        "clip": lambda x: np.clip(x, -0.3333, 0.4444) * x,
        "sign": lambda x: np.sign(x) * x**2,
        "floor": lambda x: (np.floor(3 * x) + np.round(x)) * x,
        "max": lambda x: np.max(x) * x + np.min(x),
    }
    f = forms[name]
    check_adjoint(f, [x], seed)
    check_modes(f, x)
    v = values(x.shape, np.float64, 5)
    h = 1e-7
    right = (f(x + h * v) - f(x - h * v)) / (2 * h)
    np.testing.assert_allclose(hoad.jvp(f, (x,), (v,))[1], right, atol=1e-6)


# ------------------------------------------------------------------------------------------------------------
# Complex numbers
# ------------------------------------------------------------------------------------------------------------


@settings(QUICK, max_examples=40)
@given(TREES, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3), st.integers(0, 10**6))
def test_gradients_of_real_functions_of_complex_numbers(tree: Any, shape: Any, seed: int) -> None:
    """The derivative in the real part plus i times that in the imaginary part, by central differences."""
    z = values(shape, np.complex128, seed)
    expression = Expression(tree)

    def loss(z: Any) -> Any:
        w = expression(z)
        return np.sum(np.abs(w) ** 2) + np.sum(np.real(w) * np.imag(w * z))

    if not tame(loss, [z]) or not z.size:
        return
    gradient = hoad.grad(loss, z)
    assert np.result_type(gradient) == np.complex128
    h = 1e-6
    for d in (values(shape, np.complex128, 3), 1j * values(shape, np.complex128, 4)):
        right = (loss(z + h * d) - loss(z - h * d)) / (2 * h)
        size = 1.0 + float(np.sum(np.abs(gradient) * np.abs(d)))
        assert abs(inner(gradient, d) - right) / size < 1e-6
        assert abs(float(hoad.jvp(loss, (z,), (d,))[1]) - right) / size < 1e-6


@settings(QUICK, max_examples=40)
@given(TREES, hnp.array_shapes(min_dims=0, max_dims=2, min_side=1, max_side=2), st.integers(0, 10**6))
def test_holomorphic_jacobians(tree: Any, shape: Any, seed: int) -> None:
    z, f = values(shape, np.complex128, seed), Expression(tree)
    if not tame(f, [z]) or tame_only_for_reals(f, z):
        return
    results = [hoad.jacobian(f, z, mode=mode, holomorphic=True) for mode in ("forward", "reverse")]
    d, h = values(shape, np.complex128, 3), 1e-6
    right = (f(z + h * d) - f(z - h * d)) / (2 * h)
    scale = 1.0 + np.max(np.abs(right))
    for jac in results:
        assert np.shape(jac) == (*np.shape(right), *z.shape)
        np.testing.assert_allclose(np.tensordot(jac, d, axes=z.ndim) / scale, right / scale, atol=1e-6)


def tame_only_for_reals(f: Callable[..., Any], z: np.ndarray) -> bool:
    """A constant expression, which has a real value and no holomorphic derivative to ask for."""
    return not np.iscomplexobj(f(z))
