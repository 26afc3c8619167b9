"""Shapes at the edges: arrays of no elements, of one, numbers with an axis, batches of size 0.

Every call of the tables at shapes by turns: value, shape, type and the class of an error are
NumPy's, in both modes; the Jacobians of both modes are those of differences.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from shape_calls import ACCIDENTS, ONE
from shape_operands import ACCIDENTS_BESIDE, BESIDE

import hoad

SHAPES = [
    (), (0,), (1,), (2,), (3,), (5,), (0, 2), (2, 0), (1, 1), (3, 1), (1, 3), (2, 3), (3, 3), (0, 0),
    (2, 0, 3), (2, 3, 2), (1, 2, 1), (0, 1, 2),
]  # fmt: skip
STEP = 1e-6
AT_ONCE = 1  # shapes that the default run takes for each call, by turns; ``make sweep`` takes all


def admitted(accidents: Any) -> list[tuple[int, ...]]:
    """The shapes at which a call is NumPy's in all."""
    return [] if ... in accidents else [shape for shape in SHAPES if shape not in accidents]


CALLS = [
    (f"{name}-{k}", call, admitted(accidents.get(name, {}).get(k, ())))
    for table, accidents in (
        ({getattr(f, "__name__", f): calls for f, calls in ONE.items()}, ACCIDENTS),
        (BESIDE, ACCIDENTS_BESIDE),
    )
    for name, calls in table.items()
    for k, call in enumerate(calls)
]


def values(shape: tuple[int, ...]) -> Any:
    """Numbers in no order, no two of which are equal or have their mean in common."""
    n = int(np.prod(shape))
    x = np.random.default_rng(n).permutation(np.linspace(0.27, 1.71, n) ** 1.5).reshape(shape)
    return x if shape else np.float64(0.83)


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def attempt(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:
        return error


def check_value(got: Any, right: Any) -> None:
    """The value, or the refusal, is NumPy's."""
    if isinstance(right, Exception):
        assert isinstance(got, type(right)), (got, right)
        return
    if isinstance(got, Exception):
        raise got
    for a, b in zip(leaves(got[0]), leaves(right), strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


def check_jacobians(call: Callable[[Any], Any], x: Any) -> None:
    """Forward, reverse, and differences."""

    def flat(x: Any) -> Any:
        parts = [np.ravel(np.real(p)) for p in leaves(call(x)) if np.result_type(p).kind in "fc"]
        return np.concatenate(parts) if parts else np.zeros(0)

    shape, size = np.shape(x), np.size(flat(x))
    forward, reverse = (np.asarray(hoad.jacobian(flat, x, mode=mode)) for mode in ("forward", "reverse"))
    assert forward.shape == reverse.shape == (size, *shape)
    np.testing.assert_allclose(forward, reverse, rtol=1e-11, atol=1e-11)
    right = np.zeros((size, *shape))
    for k in np.ndindex(*shape):
        e = np.zeros(shape)
        e[k] = STEP
        right[(..., *k)] = (flat(x + e) - flat(x - e)) / (2 * STEP)
    unknown = np.isnan(flat(x))  # differences of nan don't say on what it depends
    np.testing.assert_allclose(forward[~unknown], right[~unknown], rtol=1e-5, atol=1e-6)
    assert (
        not size or not np.prod(shape) or np.isnan(forward[unknown]).any(tuple(range(1, forward.ndim))).all()
    )


def check(call: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    x = values(shape)
    with np.errstate(all="ignore"):
        right = attempt(lambda: call(x))
        check_value(attempt(lambda: hoad.jvp(call, (x,), (np.ones_like(x),))), right)
        check_value(attempt(lambda: hoad.vjp(call, x)), right)
        if not isinstance(right, Exception):
            check_jacobians(call, x)


PARTS = 8


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(PARTS))
def test_shapes_at_the_edges(part: int) -> None:
    """Every call, at a few shapes, others for the next call."""
    for n, (name, call, shapes) in enumerate(CALLS):
        if n % PARTS != part:
            continue
        for k in range(min(AT_ONCE, len(shapes))):
            shape = shapes[(n // PARTS + k * 7) % len(shapes)]
            with told(f"{name} at {shape}"):
                check(call, shape)


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """A failure says of which call it is."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


@pytest.mark.sweep
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "call", "shapes"), CALLS, ids=[name for name, *_ in CALLS])
def test_every_shape_at_the_edges(name: str, call: Any, shapes: Any) -> None:
    for shape in shapes:
        with told(f"{name} at {shape}"):
            check(call, shape)


def test_what_nothing_is_divided_among() -> None:
    """Means and variances of no degrees of freedom are nan, and so are their derivatives."""
    with np.errstate(all="ignore"):
        for mode in ("forward", "reverse"):
            variance = hoad.jacobian(lambda x: np.var(x, ddof=1), np.ones((1, 1)), mode=mode)
            assert variance.shape == (1, 1) and np.isnan(variance[0, 0])
            assert hoad.jacobian(np.mean, np.zeros(0), mode=mode).shape == (0,)
            selected = lambda x: np.nan_to_num(np.mean(x[x > 9])) + x[0]
            np.testing.assert_array_equal(hoad.jacobian(selected, np.arange(1.0, 4.0), mode=mode), [1, 0, 0])


def test_no_quantile_of_a_long_row() -> None:
    """The elements of long rows are found in another way than those of short ones."""
    for n in (3, 5000):
        for mode in ("forward", "reverse"):
            assert hoad.jacobian(lambda x: np.quantile(x, []), np.arange(float(n)), mode=mode).shape == (0, n)


WITHOUT_UNKNOWNS = {
    "cholesky": np.linalg.cholesky,
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "pinv": np.linalg.pinv,
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "eigvalsh": np.linalg.eigvalsh,
    "eigh": lambda a: np.linalg.eigh(a)[1],
    "svd": lambda a: np.linalg.svd(a)[1],
    "qr": lambda a: np.linalg.qr(a)[0],
    "solve": lambda a: np.linalg.solve(a, a),
    "power": lambda a: np.linalg.matrix_power(a, 3),
    "product": lambda a: a @ a,
    "kron": lambda a: np.kron(a, a),
}


@pytest.mark.parametrize("name", WITHOUT_UNKNOWNS)
@pytest.mark.parametrize("shape", [(0, 0), (0, 2, 2), (2, 0, 0)])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobians_of_matrices_without_elements(name: str, shape: tuple[int, ...], mode: str) -> None:
    """The directions, or the cotangents, are a batch, of which there may be none."""
    f, a = WITHOUT_UNKNOWNS[name], np.zeros(shape)
    found = hoad.jacobian(f, a, mode=mode)  # type: ignore[call-overload]
    assert np.shape(found) == np.shape(f(a)) + shape
    assert np.shape(hoad.jacobian(hoad.jacobian(f, mode=mode))(a)) == np.shape(found) + shape  # type: ignore[call-overload]
