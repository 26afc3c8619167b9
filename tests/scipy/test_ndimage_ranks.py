"""Filters of ``scipy.ndimage`` and ``scipy.signal`` that choose a neighbour: SciPy's values for all options,
and the change of what is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest

ndimage = pytest.importorskip("scipy.ndimage")
from scipy import signal  # noqa: E402

import hoad  # noqa: E402
from hoad.chainrules.scipy.imaging import MODES  # noqa: E402

X = np.random.default_rng(0).normal(size=(5, 6))
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
HILL = np.random.default_rng(1).normal(size=(3, 3))
SLOPE = np.random.default_rng(2).normal(size=(2, 3))
SIZES: list[dict[str, Any]] = [
    {"size": 3}, {"size": (2, 3)}, {"footprint": CROSS}, {"size": 3, "origin": 1},
    {"size": (4, 3), "origin": (-1, 1)}, {"size": 3, "cval": 0.3}, {"size": (3, 1)},
]  # fmt: skip
STRUCTURES: list[dict[str, Any]] = [
    {"structure": HILL}, {"structure": SLOPE}, {"structure": HILL, "footprint": CROSS},
    {"structure": SLOPE, "origin": (-1, 1)},
]  # fmt: skip
RANKS = {
    "minimum": ndimage.minimum_filter,
    "maximum": ndimage.maximum_filter,
    "median": ndimage.median_filter,
    "rank": lambda x, **how: ndimage.rank_filter(x, -2, **how),
    "percentile": lambda x, **how: ndimage.percentile_filter(x, 30, **how),
    "the last percentile": lambda x, **how: ndimage.percentile_filter(x, 100, **how),
}
SHAPES = {
    name: getattr(ndimage, name)
    for name in (
        "grey_erosion", "grey_dilation", "grey_opening", "grey_closing", "morphological_gradient",
        "morphological_laplace", "white_tophat", "black_tophat",
    )
}  # fmt: skip


def same_value(f: Callable[..., Any], *args: Any) -> None:
    value = hoad.jvp(f, args, args)[0]
    plain = f(*args)
    np.testing.assert_allclose(value, plain, rtol=1e-13, atol=1e-13)
    assert value.dtype == plain.dtype


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*RANKS, *SHAPES])
def test_values(name: str, mode: str) -> None:
    f = RANKS.get(name) or SHAPES[name]
    for how in SIZES + (STRUCTURES if name in SHAPES else []):
        same_value(lambda x, how=how: f(x, mode=mode, **how), X)
    if name in SHAPES:
        same_value(lambda s: f(X, structure=s, mode=mode), HILL)


@pytest.mark.parametrize("mode", MODES)
def test_values_along_an_axis(mode: str) -> None:
    for least in (ndimage.minimum_filter1d, ndimage.maximum_filter1d):
        for size, origin in ((3, 0), (4, 1), (2, -1), (1, 0)):
            same_value(lambda x, s=size, o=origin, f=least: f(x, s, axis=0, mode=mode, origin=o), X)


PROGRAMS: dict[str, tuple[Callable[..., Any], Any]] = {
    "median": (lambda x: ndimage.median_filter(x, 3) ** 3, (X,)),
    "minimum": (lambda x: ndimage.minimum_filter(x, footprint=CROSS) ** 3, (X,)),
    "maximum": (lambda x: ndimage.maximum_filter(x, (2, 3)) ** 3, (X,)),
    "percentile": (lambda x: ndimage.percentile_filter(x, 30, 3) ** 3, (X,)),
    "erosion": (lambda x, s: ndimage.grey_erosion(x, structure=s) ** 3, (X, HILL)),
    "opening": (lambda x, s: ndimage.grey_opening(x, structure=s) ** 3, (X, HILL)),
    "top hat": (lambda x: ndimage.white_tophat(x, 3) ** 3, (X,)),
    "laplace": (lambda x: ndimage.morphological_laplace(x, 3) ** 3, (X,)),
    "medfilt": (lambda x: signal.medfilt(x, (3, 1)) ** 3, (X,)),
    "medfilt2d": (lambda x: signal.medfilt2d(x) ** 3, (X,)),
    "order_filter": (lambda x: signal.order_filter(x, CROSS, 2) ** 3, (X,)),
}


@pytest.mark.parametrize("name", proofs.sampled(PROGRAMS, 2))
def test_derivatives(name: str) -> None:
    f, args = PROGRAMS[name]
    proofs.prove(f, *args)
    proofs.single(f, *args)


def test_only_the_chosen_counts() -> None:
    found = hoad.jacobian(
        lambda x: ndimage.median_filter(x, 3, mode="nearest"), np.array([3.0, 1.0, 2.0, 5.0])
    )
    np.testing.assert_array_equal(found, [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ndimage.median_filter(x, 3, mode="sane"),
        lambda x: ndimage.median_filter(x),
        lambda x: ndimage.rank_filter(x, 9, 3),
        lambda x: ndimage.percentile_filter(x, 101, 3),
        lambda x: ndimage.minimum_filter(x, 3, origin=2),
        lambda x: ndimage.grey_erosion(x),
        lambda x: ndimage.median_filter(x + 1j, 3),
        lambda x: signal.medfilt(x, 2),
        lambda x: signal.order_filter(x, np.ones((2, 2)), 0),
        lambda x: signal.order_filter(x, np.ones((3, 3)), 9),
    ],
)
def test_what_scipy_refuses(f: Callable[[Any], Any]) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError)) as plain:
        f(X)
    with pytest.raises(plain.type):
        hoad.grad(lambda x: np.sum(np.real(f(x))), X)
