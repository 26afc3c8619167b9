"""Radial basis functions, as ``scipy.interpolate.RBFInterpolator`` sums them.

A kernel is stated as a function of the displacement from a data point, since as one of the distance it is
not smooth where that is 0: the differential of ``r**3`` is ``3 r (x . d)``, which has a second derivative
there, and no third. Where a derivative does not exist, it is nan; the first one of ``r`` is 0 there, as
that of ``norm``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree

from ...nested import deciding, everything
from ...values.shapes import ndim_of, shape_of
from ..doors import COMPANIONS
from ..numpy.indexing import read
from ..statements import Constant, Differential
from ..unknown import corner
from .piecewise import points_of
from .plain import compiled, floats, plainly, sample

# ------------------------------------------------------------------------------------------------------------
# Kernels: functions of a displacement, along the last axis
# ------------------------------------------------------------------------------------------------------------


def length(x: Any) -> Any:
    return np.linalg.norm(x, axis=-1)


def square(x: Any) -> Any:
    return np.sum(x * x, axis=-1)


def inner(x: Any, d: Any) -> Any:
    return np.sum(x * d, axis=-1)


cubic_: Differential = Differential(
    lambda x: length(x) ** 3, lambda d, x, out: 3.0 * length(x) * inner(x, d), name="cubic kernel"
)
quintic_: Differential = Differential(
    lambda x: length(x) ** 5, lambda d, x, out: 5.0 * cubic_(x) * inner(x, d), name="quintic kernel"
)


def _plate(x: Any) -> Any:
    r = length(x)
    return r * r * np.log(np.where(r == 0, 1.0, r))


def steepness(x: Any) -> Any:
    """What a thin plate's differential has in front of ``x . d``; 0 at 0, where it has no derivative."""
    r = length(x)
    none = deciding(r) == 0
    slope = 2.0 * np.log(np.where(none, 1.0, r)) + 1.0
    return np.where(none, corner(np.sum(x, axis=-1)), slope) if np.any(everything(none)) else slope


plate_: Differential = Differential(
    _plate, lambda d, x, out: steepness(x) * inner(x, d), name="thin plate kernel"
)

KERNELS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: -length(x),
    "thin_plate_spline": lambda x: plate_(x),
    "cubic": lambda x: cubic_(x),
    "quintic": lambda x: -quintic_(x),
    "multiquadric": lambda x: -np.sqrt(square(x) + 1.0),
    "inverse_multiquadric": lambda x: 1.0 / np.sqrt(square(x) + 1.0),
    "inverse_quadratic": lambda x: 1.0 / (square(x) + 1.0),
    "gaussian": lambda x: np.exp(-square(x)),
}

# ------------------------------------------------------------------------------------------------------------
# The system
# ------------------------------------------------------------------------------------------------------------


def monomials(x: Any, powers: Any) -> Any:
    """The products of powers of coordinates, one for each row of the powers."""
    columns = []
    for row in powers:
        column = np.ones(shape_of(x)[:-1])
        for k, power in enumerate(row):
            for _ in range(int(power)):
                column = column * x[..., k]
        columns.append(column)
    return np.stack(columns, axis=-1) if columns else np.zeros((*shape_of(x)[:-1], 0))


def middle_and_size(y: Any) -> tuple[Any, Any]:
    """Where data points lie: the polynomials are of what is shifted and scaled by that, and their sums are
    the same for any shift, so it has no derivative.
    """
    low, high = np.min(y, axis=-2), np.max(y, axis=-2)
    size = (high - low) / 2
    return (high + low) / 2, np.where(size == 0.0, 1.0, size)


def weights(self: Any, y: Any, d: Any, smoothing: Any, shift: Any, scale: Any) -> Any:
    """The coefficients of kernels and monomials."""
    n = shape_of(y)[-2]
    same = np.eye(n, dtype=bool)
    kernel = KERNELS[self.kernel]
    apart = self.epsilon * (np.expand_dims(y, -2) - np.expand_dims(y, -3))
    at_zero = kernel(np.zeros(shape_of(y)[-1]))
    matrix = np.where(same, at_zero, kernel(np.where(same[..., None], 1.0, apart)))
    matrix = matrix + np.expand_dims(smoothing, -1) * np.eye(n)
    p = monomials((y - np.expand_dims(shift, -2)) / np.expand_dims(scale, -2), self.powers)
    m = shape_of(p)[-1]
    rest = np.zeros((*shape_of(p)[:-2], m, m))
    left = np.concatenate([matrix, np.swapaxes(p, -1, -2)], axis=-2)
    whole = np.concatenate([left, np.concatenate([p, rest], axis=-2)], axis=-1)
    below = np.zeros((*shape_of(d)[:-2], m, shape_of(d)[-1]))
    return np.linalg.solve(whole, np.concatenate([d, below], axis=-2))


def terms(self: Any, x: Any, y: Any, shift: Any, scale: Any) -> Any:
    """Kernels and monomials at points, which have all the same data points, or each its own."""
    kernel = KERNELS[self.kernel](self.epsilon * (np.expand_dims(x, -2) - y))
    p = monomials((x - shift) / scale, self.powers)
    return np.concatenate([kernel, p], axis=-1)


PLAIN = RBFInterpolator.__init__


@compiled(RBFInterpolator.__init__)
def interpolator(
    self: Any,
    y: Any,
    d: Any,
    neighbors: Any = None,
    smoothing: Any = 0.0,
    kernel: str = "thin_plate_spline",
    epsilon: Any = None,
    degree: Any = None,
) -> None:
    """The interpolator of traced data: their coefficients, where all data points count at each point."""
    number = None if epsilon is None else float(sample(epsilon))
    plainly(PLAIN, self, y, d, neighbors, smoothing, kernel, number, degree)
    self.y, self.epsilon = floats(y), self.epsilon if epsilon is None else floats(epsilon)
    self.d = in_columns(floats(d))
    self.smoothing = np.broadcast_to(floats(smoothing), shape_of(y)[:1])
    if neighbors is None:
        self._shift, self._scale = middle_and_size(sample(self.y))
        self._coeffs = weights(self, self.y, self.d, self.smoothing, self._shift, self._scale)


def in_columns(d: Any) -> Any:
    """Data as a matrix; real and imaginary parts are columns of their own."""
    if np.iscomplexobj(d):
        d = np.stack([np.real(d), np.imag(d)], axis=-1)
    return np.reshape(d, (len(d), -1))


def _near(x: Any, y: Any, count: int) -> Any:
    found = KDTree(y).query(x, count)[1]
    return np.reshape(found, (len(x), -1))


near_: Constant = Constant(_near, name="the nearest points")


@compiled(RBFInterpolator.__call__)
def called(self: Any, x: Any) -> Any:
    """The sums of all kernels at points, or of those of the nearest data points."""
    x = points_of(x)
    if ndim_of(x) != 2:
        raise ValueError("`x` must be a 2-dimensional array.")
    if shape_of(x)[1] != shape_of(self.y)[1]:
        raise ValueError(f"Expected the second axis of `x` to have length {shape_of(self.y)[1]}.")
    if self.neighbors is None:
        found = terms(self, x, self.y, self._shift, self._scale) @ self._coeffs
    else:
        near = near_(deciding(x), deciding(self.y), count=int(self.neighbors))
        y, d, smoothing = [read(part, near) for part in (self.y, self.d, self.smoothing)]
        shift, scale = middle_and_size(deciding(y))
        c = weights(self, y, d, smoothing, shift, scale)
        found = np.sum(np.expand_dims(terms(self, x, y, shift, scale), -1) * c, axis=-2)
    if self.d_dtype in (complex, np.complex128):
        found = found[:, 0::2] + 1j * found[:, 1::2]
    return np.reshape(found, (len(x), *self.d_shape))


COMPANIONS["scipy.interpolate"] += (RBFInterpolator,)
