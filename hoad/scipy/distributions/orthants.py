"""The distribution function of a normal vector, up to four components.

Of two it is the integral ``ndtr(h) ndtr(k) + 1/(2 pi) * int_0^asin(rho) exp(-(h^2 + k^2 - 2 h k sin t) / (2
cos^2 t)) dt``; of more, the integral over the first of what the others have, given it. The value is
SciPy's, its derivatives those of these integrals, by Gauss's rule.

Source: A. Genz, Numerical computation of rectangular bivariate and trivariate normal and t probabilities
(2004).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc
from scipy.stats import _multivariate as of_scipy

from ...chainrules.doors import door
from ...errors import ArgumentError
from ...nested import primal, refused
from ...values.captures import traced_in, with_changed
from ..inputs import outside
from ..members import by_members
from ..steps import gauss, step
from .multivariate import normal, normal_of, points_of

MOST, OUTER, INNER, FAR = 4, 48, 40, 9.0


def of_two(h: Any, k: Any, rho: Any) -> Any:
    """Two standard components below h and k."""
    nodes, weights = map(np.array, gauss(INNER))
    end = np.arcsin(rho)
    sines, cosines = np.sin(nodes * end), np.cos(nodes * end)
    a, b = np.expand_dims(h, -1), np.expand_dims(k, -1)
    total = np.sum(weights * np.exp(-(a * a + b * b - 2 * a * b * sines) / (2 * cosines**2)), axis=-1)
    return sc.ndtr(h) * sc.ndtr(k) + end * total / (2 * np.pi)


def below(z: Any, cov: Any) -> Any:
    """The probability of centered components below z, whose last axis they are."""
    n = np.shape(cov)[0]
    first = np.sqrt(cov[0, 0])
    h = z[..., 0] / first
    if n == 1:
        return sc.ndtr(h)
    if n == 2:
        second = np.sqrt(cov[1, 1])
        return of_two(h, z[..., 1] / second, cov[0, 1] / (first * second))
    slope = cov[1:, 0] / first
    rest = cov[1:, 1:] - slope[:, None] * slope
    nodes, weights = map(np.array, gauss(OUTER))
    low = np.minimum(primal(h), 0.0) - FAR
    size = h - low
    t = np.expand_dims(low, -1) + nodes * np.expand_dims(size, -1)
    density = weights * np.exp(-t * t / 2) / np.sqrt(2 * np.pi)
    others = np.expand_dims(z[..., 1:], -2) - np.expand_dims(t, -1) * slope
    return size * np.sum(density * below(others, rest), axis=-1)


@by_members
def cdf(self: Any, x: Any, mean: Any = None, cov: Any = 1, *rest: Any, **options: Any) -> Any:
    """The probability that all components are below those of a point.

    Raises:
        ArgumentError: there are more than four, or lower limits.
    """
    center, matrix, n = normal_of(mean, cov)
    if n > MOST or options.get("lower_limit") is not None:
        limits = f"up to {MOST} components, without lower_limit"
        message = f"scipy.stats.multivariate_normal.cdf has derivatives {limits}"
        raise refused(ArgumentError(message), *traced_in((x, mean, cov)))
    plain = with_changed((x, mean, cov), primal)
    with outside():
        found = normal.cdf(self, *plain, *rest, **options)
    return found + step(np.reshape(below(points_of(x, n) - center, matrix), np.shape(found)))


door(normal.cdf)(cdf)


@door(normal.logcdf)
def _(self: Any, x: Any, mean: Any = None, cov: Any = 1, *rest: Any, **options: Any) -> Any:
    return np.log(cdf(self, x, mean, cov, *rest, **options))


frozen = of_scipy.multivariate_normal_frozen


@door(frozen.cdf)
def _(self: Any, x: Any, **options: Any) -> Any:
    return cdf(self._dist, x, self.mean, self.cov_object, **options)


@door(frozen.logcdf)
def _(self: Any, x: Any, **options: Any) -> Any:
    return np.log(cdf(self._dist, x, self.mean, self.cov_object, **options))
