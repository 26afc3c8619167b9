"""Roots of splines and piecewise polynomials, by the implicit function theorem.

Where ``f(x, q) = 0`` makes x a function of q, each step of Newton's method with a constant slope makes one
more order of derivatives right: ``x - f(x, q) / f'(x)``. The value stays SciPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate
from scipy.interpolate import PPoly, UnivariateSpline

from ...errors import MissingRuleError
from ...nested import depth, primal, refused, values
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..numpy.indexing import read
from .fitpack import curve_of, spline_of
from .piecewise import polynomials
from .plain import as_outside, compiled
from .splines import valued


def implicit(f: Any, roots: Any, known: Any) -> Any:
    """Roots as functions of what an equation is made of.

    Args:
        f: the equation, and its derivative in the point: ``f(x, nu)``.
        roots: plain numbers.
        known: what is traced in it.
    """
    slope = primal(f(roots, 1))
    x: Any = roots
    for _ in range(max([depth(v) for v in traced_in(known)], default=0)):
        x = x - f(x, 0) / slope
    return roots + (x - primal(x))


@compiled(interpolate.sproot, keeps=(0, "tck"))
def sproot(tck: Any, mest: int = 10) -> Any:
    """The roots of a cubic spline."""
    curve = curve_of(tck)
    if curve is not None:
        return [sproot(part, mest) for part in curve]
    t, c, k = spline_of(tck)
    found = np.asarray(as_outside(interpolate.sproot, (values(t), values(c), k), mest))
    return implicit(lambda x, nu: valued(t, c, k, x, nu), found, (t, c))


@compiled(UnivariateSpline.roots)
def of_univariate(self: Any) -> Any:
    """The roots of a cubic spline of FITPACK's."""
    t, _, k = self._eval_args
    if k != 3:
        raise NotImplementedError("finding roots unsupported for non-cubic splines")
    return sproot(self._eval_args, 3 * (len(t) - 7))


SOLVE = PPoly.solve


@compiled(PPoly.solve)
def solve(self: Any, y: Any = 0.0, discontinuity: bool = True, extrapolate: Any = None) -> Any:
    """Where a piecewise polynomial has a value; where it jumps past it, the breakpoint."""
    c, knots = self.c, self.x
    if ndim_of(c) > 2:
        message = (
            f"PPoly.solve and .roots have no derivative for an array of polynomials, of which each has roots "
            f"of its own number: PPoly(c[:, :, i], x) has one, of shape {shape_of(c)[:2]}"
        )
        raise refused(MissingRuleError(message), *traced_in((c, knots, y)))
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    found = as_outside(plain_roots, values(c), values(knots), values(y), discontinuity, extrapolate)

    def f(x: Any, nu: int) -> Any:
        return polynomials(self, x, nu, True) - (0.0 if nu else y)

    place = np.clip(
        np.searchsorted(np.abs(values(knots) - values(knots)[0]), np.abs(found - values(knots)[0])),
        0,
        len(knots) - 1,
    )
    at = read(knots, place)
    rest, slope = primal(f(found, 0)), primal(f(found, 1))
    jumps = (values(at) == found) & (
        (np.abs(rest) > 1e-9 * np.max(np.abs(values(c)))) | ((rest == 0) & (slope == 0))
    )
    smooth = implicit(f, found, (c, knots, y))
    return np.where(jumps, at, smooth) if np.any(jumps) else smooth


def plain_roots(c: Any, x: Any, y: Any, discontinuity: bool, extrapolate: Any) -> Any:
    """SciPy's own roots."""
    return SOLVE(PPoly(c, x, extrapolate), y, discontinuity, extrapolate)
