"""Interpolants in barycentric form, polynomials and rational functions, as ``scipy.interpolate`` has them.

SciPy divides by the distances from the nodes, and puts the value in its place where a point is one. That
has the right value there and the derivative of a constant. Here all is multiplied by the distance ``d``
from the nearest node, k, ::

    (w[k] f[k] + sum_j w[j] f[j] d / (x - x[j])) / (w[k] + sum_j w[j] d / (x - x[j])),

which is as smooth at a node as elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import AAA, BarycentricInterpolator, FloaterHormannInterpolator

from ...nested import deciding
from ...values.shapes import ndim_of, shape_of
from ..doors import COMPANIONS
from ..numpy.indexing import read
from ..statements import Constant
from .plain import compiled

nearest_: Constant = Constant(
    lambda x, nodes: np.argmin(np.abs(np.expand_dims(x, -1) - nodes), axis=-1), name="the nearest nodes"
)


def barycentric(x: Any, nodes: Any, w: Any, f: Any) -> Any:
    """The values at a row of points, for rows of values at the nodes."""
    k = nearest_(deciding(x), deciding(nodes))
    here = np.expand_dims(k, -1) == np.arange(len(nodes))
    apart = np.where(here, 1.0, np.expand_dims(x, -1) - nodes)
    share = w * np.where(here, 1.0, np.expand_dims(x - read(nodes, k), -1) / apart)
    return (share @ f) / np.sum(share, axis=-1, keepdims=True)


@compiled(BarycentricInterpolator._evaluate)
def polynomial(self: Any, x: Any) -> Any:
    """A polynomial by its values at the nodes."""
    found = barycentric(np.ravel(x), self.xi, self.wi, self.yi)
    return np.reshape(found, (*shape_of(x), shape_of(self.yi)[1]))


_Rational = AAA.__mro__[1]  # of which both rational interpolators are


@compiled(_Rational.__call__)
def rational(self: Any, z: Any) -> Any:
    """A rational function by its values at the nodes; at infinity, the limit."""
    x = np.ravel(z)
    f = np.reshape(self._support_values, (len(self._support_values), -1))
    far = np.isinf(deciding(x))
    found = barycentric(np.where(far, 0.0, x), self._support_points, self.weights, f)
    if np.any(far):
        limit = np.sum(np.expand_dims(self.weights, -1) * f) / np.sum(self.weights)
        found = np.where(np.expand_dims(far, -1), limit, found)
    found = np.reshape(found, (*shape_of(z), *self._shape))
    return np.moveaxis(found, 0, getattr(self, "_axis", 0)) if ndim_of(z) else found


COMPANIONS["scipy.interpolate"] += (BarycentricInterpolator, _Rational, AAA, FloaterHormannInterpolator)
