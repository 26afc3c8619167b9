"""``vmap`` of functions that make or take an index: the members choose other elements, each its own.

Every program is mapped over rows in another order each, as it is and under each derivative, and compared with
a loop over the rows. It is weighed in two ways: with the squares, so that the cotangents differ between the
members, and with constants, so that they don't.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
import hoad.numpy as hnp
from hoad.errors import ArgumentError

Program = Callable[[Any], Any]
ROWS = np.array([[0.55, 0.72, 0.60, 0.31], [0.42, 0.65, 0.12, 0.89], [0.96, 0.38, 0.79, 0.61]])
K = np.array([0.2, 0.45, 0.63, 0.9])


def written(write: Callable[[Any], None]) -> Program:
    """A program that writes into a copy of its argument."""

    def run(x: Any) -> Any:
        y = x * 1.0
        write(y)
        return y * x

    return run


def square(x: Any) -> Any:
    return np.reshape(x, (2, 2))


def with_hole(x: Any) -> Any:
    return np.where(np.arange(4) == 2, np.nan, x)


PROGRAMS: dict[str, Program] = {
    "argsort": lambda x: x[np.argsort(x)],
    "argsort of rows": lambda x: np.take_along_axis(square(x), np.argsort(square(x), axis=1), 1),
    "x.argsort()": lambda x: x[x.argsort()[::-1]],
    "argmax": lambda x: x[np.argmax(x)],
    "argmin": lambda x: x[x.argmin()],
    "argmax of rows": lambda x: np.take_along_axis(
        square(x), np.argmax(square(x), axis=0, keepdims=True), axis=0
    ),
    "nanargmax": lambda x: x[np.nanargmax(with_hole(x))],
    "argpartition": lambda x: np.sort(x[np.argpartition(x, 2)[:2]]),
    "lexsort": lambda x: x[np.lexsort((x,))],
    "lexsort of two": lambda x: x[np.lexsort((x, np.round(x)))],
    "unravel_index": lambda x: square(x)[np.unravel_index(np.argmax(x), (2, 2))],
    "sort": np.sort,
    "sort of columns": lambda x: np.sort(square(x), axis=0),
    "sort of all": lambda x: np.sort(square(x), axis=None),
    "sort in place": written(lambda y: y.sort()),
    "sort_complex": lambda x: np.real(np.sort_complex(x)),
    "partition": lambda x: np.sort(np.partition(x, 1)[2:]),
    "median": np.median,
    "median of columns": lambda x: np.median(square(x), axis=0, keepdims=True),
    "nanmedian": lambda x: np.nanmedian(with_hole(x)),
    "quantile": lambda x: np.quantile(x, 0.3),
    "quantiles": lambda x: np.quantile(square(x), [0.3, 0.6], axis=1),
    "quantile by q": lambda x: np.quantile(K**2, x),
    "quantile with weights": lambda x: np.quantile(x, 0.4, weights=1 + x, method="inverted_cdf"),
    "nanquantile": lambda x: np.nanquantile(with_hole(x), [0.2, 0.7]),
    "percentile": lambda x: np.percentile(x, 40.0, method="hazen"),
    "max": np.max,
    "ptp": lambda x: np.ptp(square(x), axis=0),
    "maximum.accumulate": np.maximum.accumulate,
    "searchsorted": lambda x: hnp.asarray(K)[np.minimum(np.searchsorted(K, x), 3)] * x,
    "searchsorted in members": lambda x: x * np.searchsorted(np.sort(x), 0.5),
    "digitize": lambda x: x * np.digitize(x, K),
    "interp": lambda x: np.interp(x, K, K**2),
    "interp of members": lambda x: np.interp([0.3, 0.5], K, x),
    "interp at members": lambda x: np.interp([0.3, 0.5], np.sort(x), K),
    "take": lambda x: np.take(x, np.argsort(x)[:2]),
    "take of columns": lambda x: np.take(square(x), np.argsort(x[:2]), axis=1)[:, :1],
    "take, clipped": lambda x: np.take(x, np.argsort(x) + 2, mode="clip"),
    "take, wrapped": lambda x: np.take(x, np.argsort(x) + 2, mode="wrap"),
    "masks of equal counts": lambda x: x[x > np.median(x)],
    "a mask of rows": lambda x: square(x)[:, x[:2] == np.max(x[:2])],
    "compress": lambda x: np.compress(x > np.median(x), x),
    "extract": lambda x: np.extract(x > np.median(x), x),
    "nonzero": lambda x: x[np.nonzero(x > np.median(x))],
    "where": lambda x: x[np.where(x > np.median(x))],
    "argwhere": lambda x: x[np.argwhere(x > np.median(x))[:, 0]],
    "choose": lambda x: np.choose((x > 0.5).astype(int), [x, x**2]),
    "select": lambda x: np.select([x > 0.6, x > 0.4], [x, x**2]),
    "unique": np.unique,
    "unique inverse": lambda x: np.unique_inverse(x).inverse_indices * x,
    "union1d": lambda x: np.union1d(x, [2.0, 3.0]),
    "intersect1d": lambda x: np.intersect1d(x, x[::-1]),
    "setdiff1d": lambda x: np.setdiff1d(x, [2.0]),
    "setxor1d": lambda x: np.setxor1d(x, [2.0]),
    "isin": lambda x: x * np.isin(x, [0.55, 0.89]),
    "insert": lambda x: np.insert(x, np.argmax(x), 2.0),
    "delete": lambda x: np.delete(x, np.argmax(x)),
    "roll": lambda x: np.roll(x, np.argmax(x)),
    "ldexp": lambda x: np.ldexp(x, np.argsort(x)),
    "a plain table": lambda x: hnp.asarray(K)[np.argmax(x)] * x,
    "in place of a slice": lambda x: x[np.arange(2) + np.argmax(x[:3])],
    "counts": lambda x: x * np.count_nonzero(x > 0.5) + x * np.any(x > 0.9),
    "put": written(lambda y: np.put(y, np.argsort(y)[:2], y[:2] ** 2)),
    "put_along_axis": written(lambda y: np.put_along_axis(y, np.argmax(y, keepdims=True), 0.5, 0)),
    "y[argmax] = 0": written(lambda y: y.__setitem__(np.argmax(y), 0.0)),
    "y[mask] = 0": written(lambda y: y.__setitem__(y > 0.5, 0.0)),
    "y[:, mask] = 0": written(lambda y: square(y).__setitem__((slice(None), y[:2] > 0.5), 0.0)),
    "y[mask] = values": written(lambda y: y.__setitem__(y > np.median(y), y[:2] ** 2)),
    "histogram of weights": lambda x: np.histogram(K, 3, weights=x)[0],
    "unwrap": lambda x: np.unwrap(20 * x),
    "a loop over positions": lambda x: sum(x[j] for j in np.argsort(x)[:2]),
}
WEIGHTS = {
    "squares": lambda f: lambda x: np.sum(np.square(f(x))),
    "constants": lambda f: (
        lambda x: np.sum(f(x) * np.cos(np.arange(np.shape(f(x))[-1] if np.ndim(f(x)) else 1)))
    ),
}
DERIVATIVES: dict[str, Callable[[Program], Program]] = {
    "value": lambda f: f,
    "grad": hoad.grad,
    "forward": lambda f: hoad.jacobian(f, mode="forward"),
    "laplacian": hoad.laplacian,
    **{
        f"hessian {mode}": lambda f, mode=mode: hoad.hessian(f, mode=mode)
        for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
    },
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_members_choose_their_own_elements(name: str, weights: str) -> None:
    f = WEIGHTS[weights](PROGRAMS[name])
    for which, derivative in DERIVATIVES.items():
        g = derivative(f)
        right = np.stack([g(row) for row in ROWS])
        np.testing.assert_allclose(hoad.vmap(g)(ROWS), right, rtol=1e-12, atol=1e-13, err_msg=which)
    blocks = np.zeros((len(ROWS), *ROWS.shape))
    blocks[np.arange(len(ROWS)), np.arange(len(ROWS))] = [hoad.grad(f)(row) for row in ROWS]
    for mode in ("forward", "reverse"):
        whole = hoad.jacobian(hoad.vmap(f), ROWS, mode=mode)
        np.testing.assert_allclose(whole, blocks, rtol=1e-12, atol=1e-13, err_msg=f"jacobian of vmap, {mode}")


ERRORS: list[tuple[Program, type[Exception], str]] = [
    (lambda x: x[x > 0.6], ArgumentError, r"np\.where\(mask, x, y\)"),
    (lambda x: x[np.nonzero(x > 0.6)], ArgumentError, r"np\.stack\(\[f\(r\) for r in x\]\)"),
    (lambda x: K[np.argsort(x)], ArgumentError, r"hoad\.numpy\.asarray\(table\)\[i\]"),
    (lambda x: K[np.argmax(x)], ArgumentError, r"hoad\.numpy\.asarray\(table\)\[i\]"),
    (lambda x: x[np.argmax(x) :], TypeError, r"x\[np\.arange\(n\) \+ i\]"),
    (lambda x: np.trim_zeros(np.where(x > 0.6, x, 0)), TypeError, r"np\.stack\(\[f\(r\) for r in x\]\)"),
    (lambda x: np.bincount(np.argsort(x), x), TypeError, r"np\.stack\(\[f\(r\) for r in x\]\)"),
    (lambda x: np.histogram2d(x, x, 3)[0], TypeError, r"np\.stack\(\[f\(r\) for r in x\]\)"),
    (lambda x: np.unique(np.round(2 * x)), ArgumentError, r"np\.stack\(\[f\(r\) for r in x\]\)"),
]


@pytest.mark.parametrize(("f", "kind", "advice"), ERRORS)
def test_what_no_array_can_hold_is_refused_with_advice(
    f: Program, kind: type[Exception], advice: str
) -> None:
    for g in (f, hoad.grad(lambda x: np.sum(f(x)))):
        with pytest.raises(kind, match=advice):
            hoad.vmap(g)(ROWS)


@pytest.mark.parametrize("stop", [hoad.stop_gradient, hoad.primal, hoad.ignore_derivatives])
def test_what_is_stopped_is_stopped_within_vmap_too(stop: Program) -> None:
    """The derivative may be outside of vmap: the batch then holds the traced values, not they the batch."""
    x = np.array([2.0, 3.0])
    for mode in ("forward", "reverse"):
        jac = hoad.jacobian(hoad.vmap(lambda x: stop(x) * x), x, mode=mode)
        np.testing.assert_array_equal(jac, np.diag(x))
    assert hoad.hessian(lambda x: np.sum(hoad.vmap(lambda x: stop(x) * x**2)(x)), x)[1, 1] == 6.0
    orders: list[int] = []
    hoad.jacobian(hoad.vmap(lambda x: (orders.append(hoad.order(x)), x)[1]), x, mode="forward")
    assert orders == [1]
