"""Derivatives on both sides of a branch cut, where the sign of zero tells the sides apart.

The right values are those of mpmath a step of 1e-40 off the cut, at 60 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import hoad

LEFT, INSIDE, RIGHT = (-3.5, -1.5, -1.0078125), (-0.5, 0.5), (1.0078125, 2.0, 40.0)

CUTS: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any], tuple[float, ...], bool]] = [
    ("arcsin", np.arcsin, mpmath.asin, LEFT + RIGHT, False),
    ("arccos", np.arccos, mpmath.acos, LEFT + RIGHT, False),
    ("arccosh", np.arccosh, mpmath.acosh, LEFT + INSIDE, False),
    ("arctanh", np.arctanh, mpmath.atanh, LEFT + RIGHT, False),
    ("arcsinh", np.arcsinh, mpmath.asinh, LEFT + RIGHT, True),
    ("arctan", np.arctan, mpmath.atan, LEFT + RIGHT, True),
    ("sqrt", np.sqrt, mpmath.sqrt, LEFT, False),
    ("log", np.log, mpmath.log, LEFT, False),
    ("log2", np.log2, lambda z: mpmath.log(z) / mpmath.log(2), LEFT, False),
    ("log10", np.log10, mpmath.log10, LEFT, False),
    ("log1p", np.log1p, lambda z: mpmath.log(1 + z), LEFT, False),
    ("z**0.25", lambda z: z**0.25, lambda z: z ** mpmath.mpf("0.25"), LEFT, False),
    ("z**1.5", lambda z: z**1.5, lambda z: z ** mpmath.mpf("1.5"), LEFT, False),
    ("z**-2.5", lambda z: z**-2.5, lambda z: z ** mpmath.mpf("-2.5"), LEFT, False),
    ("0.5**sqrt(z)", lambda z: 0.5 ** np.sqrt(z), lambda z: 0.5 ** mpmath.sqrt(z), LEFT, False),
    ("z**z", lambda z: z**z, lambda z: z**z, LEFT, False),
]


@pytest.mark.parametrize(
    ("f", "exact", "points", "imaginary"), [c[1:] for c in CUTS], ids=[c[0] for c in CUTS]
)
def test_both_sides_of_a_cut(f: Any, exact: Any, points: Any, imaginary: bool) -> None:
    for x in points:
        for side in (0.0, -0.0):
            z = complex(side, x) if imaginary else complex(x, side)
            step = mpmath.mpf(10) ** -40 * (1 if str(side) == "0.0" else -1)
            with mpmath.workdps(160):
                near = mpmath.mpc(step, x) if imaginary else mpmath.mpc(x, step)
                right = [complex(mpmath.diff(exact, near, n, h=mpmath.mpf(10) ** -45)) for n in (1, 2, 3)]
            for given in (z, np.array([z])):
                slope = lambda z: np.sum(hoad.jvp(f, (z,), (np.ones(np.shape(z))[()],))[1])
                for g, wanted in ((lambda z: np.sum(f(z)), right[0]), (slope, right[1])):
                    got = hoad.grad(g, given, holomorphic=True)
                    np.testing.assert_allclose(np.ravel(got)[0], wanted, rtol=1e-13, err_msg=str(z))
            for n in (1, 2, 3):
                along = hoad.derivatives(f, z, n, holomorphic=True)[n]
                np.testing.assert_allclose(along, right[n - 1], rtol=1e-13, err_msg=str(z))
