"""Images between their elements: SciPy's values in all modes and orders, far outside too, and derivatives in
the image, in the coordinates and in what they are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest

ndimage = pytest.importorskip("scipy.ndimage")

import hoad  # noqa: E402
from hoad.chainrules.scipy.coordinates import terms  # noqa: E402
from hoad.chainrules.scipy.imaging import MODES  # noqa: E402

RNG = np.random.default_rng(0)
X, LINE, SOLID = RNG.normal(size=(5, 6)), RNG.normal(size=7), RNG.normal(size=(3, 4, 5))
POINTS = np.array([[0.3, 1.6, 3.2, -1.3, 2.2], [4.7, 0.2, 2.4, 1.1, 7.3]])
FAR = np.concatenate([RNG.uniform(-20, 25, 40), np.arange(-12.0, 16), np.arange(-12, 16) + 0.5])
TURN = np.array([[0.9, 0.2], [-0.1, 1.1]])
MOVES: dict[str, Callable[[Any, int, str], Any]] = {
    "map_coordinates": lambda x, n, mode: ndimage.map_coordinates(x, POINTS, order=n, mode=mode, cval=0.4),
    "no filter": lambda x, n, mode: ndimage.map_coordinates(x, POINTS, order=n, mode=mode, prefilter=False),
    "shift": lambda x, n, mode: ndimage.shift(x, (0.3, -1.2), order=n, mode=mode, cval=0.4),
    "zoom in": lambda x, n, mode: ndimage.zoom(x, (2, 1.7), order=n, mode=mode, cval=0.4),
    "zoom out": lambda x, n, mode: ndimage.zoom(x, (0.6, 1), order=n, mode=mode, cval=0.4, grid_mode=True),
    "affine": lambda x, n, mode: ndimage.affine_transform(x, TURN, (0.3, -0.2), order=n, mode=mode, cval=0.4),
    "factors": lambda x, n, mode: ndimage.affine_transform(x, np.array([0.9, 1.2]), 0.3, order=n, mode=mode),
    "rotate": lambda x, n, mode: ndimage.rotate(x, 20.0, order=n, mode=mode, cval=0.3),
    "a right angle": lambda x, n, mode: ndimage.rotate(x, 90.0, order=n, mode=mode, reshape=False),
    "complex": lambda x, n, mode: ndimage.map_coordinates(x + 1j * x[::-1], POINTS, order=n, mode=mode),
}


@pytest.mark.filterwarnings("ignore:It is recommended")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", proofs.sampled(MOVES, 4))
def test_values(name: str, mode: str) -> None:
    f, g = MOVES[name], RNG.normal(size=X.shape)
    for order in range(6):
        value, change = hoad.jvp(lambda x, n=order: f(x, n, mode), (X,), (g,))
        np.testing.assert_allclose(value, f(X, order, mode), rtol=1e-12, atol=1e-12)
        linear = f(X + g, order, mode) - f(X, order, mode)
        np.testing.assert_allclose(change, linear, rtol=1e-10, atol=1e-11)
        weights = np.cos(np.arange(np.size(value))).reshape(np.shape(value))
        back = hoad.grad(lambda x, n=order, w=weights: np.sum(np.real(w * f(x, n, mode))), X)
        assert np.sum(back * g) == pytest.approx(np.sum(np.real(weights * change)), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("mode", MODES)
def test_the_coefficients_that_count(mode: str) -> None:
    """What the derivative by coordinates is made of is, without a derivative, SciPy's value."""
    for order in range(6):
        for n in (1, 2, 5, 7):
            c = RNG.normal(size=n)
            right = ndimage.map_coordinates(c, [FAR], order=order, mode=mode, prefilter=False, cval=0.7)
            found = np.zeros(FAR.shape)
            for (place,), weight in terms(FAR[None], (n,), (0,), order, mode):
                found += weight * np.where(place >= 0, c[place], 0.7)
            if mode == "constant":
                found = np.where((FAR < 0) | (n - 1 < FAR), 0.7, found)
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12, err_msg=f"{order}, {n}")


@pytest.mark.parametrize("mode", MODES)
def test_the_transpose_of_the_filter(mode: str) -> None:
    for order in range(2, 6):
        for n in (1, 2, 9, 39, 40, 41, 64):
            f = lambda x, k=order: ndimage.spline_filter1d(x, k, mode=mode)
            found = hoad.jacobian(f, RNG.normal(size=n), mode="reverse")
            np.testing.assert_allclose(found, f(np.eye(n)).T, rtol=1e-12, atol=1e-12, err_msg=f"{order}, {n}")


PROGRAMS: dict[str, tuple[Callable[..., Any], Any]] = {
    f"order {order}, {mode}": (
        lambda x, p, n=order, m=mode: ndimage.map_coordinates(x, p, order=n, mode=m, cval=0.4),
        (X, POINTS),
    )
    for mode in MODES
    for order in (5,)
}
PROGRAMS |= {
    "a straight line": (lambda x, p: ndimage.map_coordinates(x, p, order=1), (X, POINTS)),
    "complex": (
        lambda x, p: ndimage.map_coordinates(x, p, order=5, mode="mirror"),
        (X + 1j * X[::-1], POINTS),
    ),
    "cval": (lambda x, p, c: ndimage.map_coordinates(x, p, order=5, cval=c), (X, POINTS, 0.4)),
    "cval on a grid": (
        lambda x, p, c: ndimage.map_coordinates(x, p, order=5, cval=c, mode="grid-constant"),
        (X, POINTS, 0.4),
    ),
    "shift": (lambda x, s, t: ndimage.shift(x, (s, t), order=5, mode="reflect"), (X, 0.3, 0.6)),
    "zoom": (lambda x: ndimage.zoom(x, 1.7), (X,)),
    "affine": (
        lambda x, a, b: ndimage.affine_transform(x, a, b, order=5, mode="mirror"),
        (X, TURN, np.array([0.3, 0.4])),
    ),
    "homogeneous": (
        lambda x, a: ndimage.affine_transform(x, a, order=5, mode="mirror", output_shape=(3, 4)),
        (X, np.column_stack([TURN, [0.3, 0.4]])),
    ),
    "factors": (
        lambda x, a, b: ndimage.affine_transform(x, a, b, order=5, mode="mirror"),
        (X, np.array([0.9, 1.1]), np.array([0.3, 0.4])),
    ),
    "rotate": (lambda x, t: ndimage.rotate(x, 60 * t, order=5, mode="mirror", reshape=False), (X, 0.3)),
    "a plane of three": (
        lambda x, t: ndimage.rotate(x, 60 * t, (0, 2), order=5, mode="mirror", reshape=False),
        (SOLID, 0.3),
    ),
    "a function": (
        lambda x, s: ndimage.geometric_transform(
            x, lambda p: (p[0] * s + 0.1, p[1] + 0.3 * s), order=5, mode="mirror"
        ),
        (X, 0.8),
    ),
    "spline_filter": (lambda x: ndimage.spline_filter(x, 4, mode="reflect") ** 3, (X,)),
}


@pytest.mark.parametrize("name", proofs.sampled(PROGRAMS, 5))
def test_derivatives(name: str) -> None:
    f, args = PROGRAMS[name]
    proofs.prove(f, *args)


def test_single_precision_stays() -> None:
    proofs.single(lambda x, p: ndimage.map_coordinates(x, p, order=3, mode="mirror"), X, POINTS)


def test_what_has_no_derivative_says_so() -> None:
    with pytest.raises(
        hoad.errors.MissingRuleError, match=r"zoom has no derivative by zoom.*affine_transform"
    ):
        hoad.grad(lambda z: np.sum(ndimage.zoom(X, z)), 2.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ndimage.map_coordinates(x, POINTS, order=6),
        lambda x: ndimage.map_coordinates(x, POINTS, mode="sane"),
        lambda x: ndimage.map_coordinates(x, POINTS[:1]),
        lambda x: ndimage.map_coordinates(x, POINTS + 1j),
        lambda x: ndimage.shift(x, (1, 2, 3)),
        lambda x: ndimage.rotate(x, 20, axes=(0, 4)),
        lambda x: ndimage.affine_transform(x, np.eye(4)),
        lambda x: ndimage.spline_filter(x, 1),
    ],
)
def test_what_scipy_refuses(f: Callable[[Any], Any]) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError)) as plain:
        f(X)
    with pytest.raises(plain.type):
        hoad.grad(lambda x: np.sum(f(x)), X)
