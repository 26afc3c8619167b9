"""Linear algebra keeps the precision: each function, in each mode and nesting, of each type NumPy takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from linear_algebra import PAIRS, PRODUCTS, RECTANGLE, SQUARE, Function

import hoad

DTYPES = (np.float16, np.float32, np.longdouble, np.complex64)
rng = np.random.default_rng(3)
GRAM = np.array([[4.0, 0.5, 0.3], [0.5, 5.0, 0.25], [0.3, 0.25, 6.5]])
TALL = rng.normal(size=(3, 2)) + np.eye(3, 2)
MATRIX_AND_VECTOR = {"solve of vectors": GRAM[0], "matvec": GRAM[0]}


def points_of_pair(name: str) -> list[np.ndarray]:
    """Two operands that the product takes."""
    if name in PRODUCTS:
        shapes = {
            "vecmat": (GRAM[0], GRAM),
            "vecdot": (GRAM[0], GRAM[1]),
            "linalg.vecdot": (GRAM[0], GRAM[1]),
        }
        return list(
            shapes.get(
                name, (GRAM, MATRIX_AND_VECTOR.get(name, TALL if "m,n" in PRODUCTS[name][1] else GRAM))
            )
        )
    if name == "einsum outer":
        return [GRAM, GRAM[0]]
    vectors = ("convolve", "correlate", "linalg.outer")
    return [GRAM[0], GRAM[1]] if name.startswith(vectors) else [GRAM, GRAM.T]


def cases() -> Iterator[tuple[str, Function, list[np.ndarray]]]:
    """Name, function and points; of pairs, the function of either operand."""
    for name, f in [*((n, f) for n, (f, _) in PRODUCTS.items()), *PAIRS.items()]:
        a, b = points_of_pair(name)
        yield name, f, [a, b]
    for name, (f, smooth) in SQUARE.items():
        yield name, smooth or f, [GRAM]
    for name, (f, smooth) in RECTANGLE.items():
        yield name, smooth or f, [TALL]
    yield "cholesky", np.linalg.cholesky, [GRAM]
    yield "cholesky upper", lambda a: np.linalg.cholesky(a, upper=True), [GRAM]
    yield "lstsq", lambda a, b: tuple(np.linalg.lstsq(a, b)[k] for k in (0, 1, 3)), [TALL, GRAM]
    yield "multi_dot", lambda a, b: np.linalg.multi_dot([a, b, a]), [GRAM, GRAM]
    yield "tensorsolve", lambda a, b: np.linalg.tensorsolve(a, b), [GRAM, GRAM[0]]
    yield "tensorinv", lambda a: np.linalg.tensorinv(a, 1), [GRAM]
    for order in (None, 0, 1, 3, np.inf, -np.inf):
        yield f"vector norm {order}", lambda x, p=order: np.linalg.norm(x, p, axis=-1), [TALL]


CASES = list(cases())


def first(out: Any) -> Any:
    return out[0] if isinstance(out, tuple) else out


def total(f: Function) -> Callable[[Any], Any]:
    """The sum of all that a function returns, real and squared."""

    def loss(x: Any) -> Any:
        outs = f(x)
        parts = [np.sum(np.real(o) * np.real(o)) for o in (outs if isinstance(outs, tuple) else (outs,))]
        return sum(parts[1:], parts[0])

    return loss


def nestings(loss: Callable[[Any], Any], x: Any, d: Any) -> dict[str, Any]:
    """First derivatives, and second ones by each pair of modes."""
    slope = lambda x: hoad.jvp(loss, (x,), (d,))[1]
    along = lambda g: np.sum(np.real(np.conj(g) * d))
    zero = np.real(x).dtype.type(0)
    return {
        "forward": slope(x),
        "reverse": hoad.grad(loss)(x),
        "forward-reverse": hoad.jvp(hoad.grad(loss), (x,), (d,))[1],
        "reverse-forward": hoad.grad(slope)(x),
        "forward-forward": hoad.jvp(slope, (x,), (d,))[1],
        "reverse-reverse": hoad.grad(lambda x: along(hoad.grad(loss)(x)))(x),
        "taylor": hoad.derivative(lambda t: loss(x + t * d), zero, 2),
    }


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize(("name", "f", "points"), CASES, ids=[name for name, *_ in CASES])
def test_types(name: str, f: Function, points: list[np.ndarray], dtype: Any) -> None:
    points = [p.astype(dtype) for p in points]
    try:
        right = f(*points)
    except TypeError:  # NumPy does not take this type
        for k, x in enumerate(points):
            of_one = lambda x, k=k: f(*points[:k], x, *points[k + 1 :])
            for d in (lambda f, x: hoad.jvp(f, (x,), (x,)), hoad.vjp):
                with pytest.raises(TypeError):
                    d(of_one, x)
        return
    for k, x in enumerate(points):
        of_one = lambda x, k=k: f(*points[:k], x, *points[k + 1 :])
        value, change = hoad.jvp(of_one, (x,), (x,))
        for found in (value, change):
            for a, b in zip(listed(found), listed(right), strict=True):
                assert np.result_type(a) == np.result_type(b)
        loss = total(of_one)
        real = np.result_type(loss(x))
        for mode, found in nestings(loss, x, x).items():
            kind = x.dtype if np.shape(found) == x.shape else real
            assert np.result_type(found) == kind, mode


def listed(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)
