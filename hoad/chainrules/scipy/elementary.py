"""Functions of ``scipy.special`` with elementary derivatives: roots, powers, degrees, losses, Lambert's W."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ..statements import Constant
from ..unknown import corner, within
from .gamma_functions import polygamma
from .riemann import riemann
from .stating import enter, own, within_some

DEGREE = math.pi / 180


FAR = 1e8  # where SciPy's series of Kummer's function begins to be long; at 1e300 it does not end


def exprel_slope(x: Any) -> Any:
    """The derivative of ``(e**x - 1) / x``, by Kummer's function, and by what is left of it far from 0."""
    above, below = np.greater(x, FAR), np.less(x, -FAR)
    near = np.where(above | below, 0.0, x)
    y = np.where(below, x, -1.0)
    far = np.where(above, np.exp(np.where(above, x, 1.0)), (1 / y) / y)
    return np.where(above | below, far, 0.5 * sc.hyp1f1(2.0, 3.0, near))[()]


own(sc.cbrt, lambda x, out: 1 / (3 * within(out) * out))
own(sc.exp2, lambda x, out: out * math.log(2))
own(sc.exp10, lambda x, out: out * math.log(10))
own(sc.expm1, lambda x, out: np.exp(x))
own(sc.log1p, lambda x, out: 1 / (1 + within(x)))
own(sc.cosm1, lambda x, out: -np.sin(x))
own(sc.sindg, lambda x, out: DEGREE * sc.cosdg(x))
own(sc.cosdg, lambda x, out: -DEGREE * sc.sindg(x))
own(sc.tandg, lambda x, out: DEGREE / sc.cosdg(x) ** 2)
own(sc.cotdg, lambda x, out: -DEGREE / sc.sindg(x) ** 2)
own(sc.radian, lambda d, m, s, out: (DEGREE, DEGREE / 60, DEGREE / 3600))
own(sc.exprel, lambda x, out: exprel_slope(x))
own(sc.powm1, lambda x, y, out: (y * np.power(within(x), y - 1), np.power(x, y) * np.log(x)))
for function in (sc.round, sc.gammasgn):
    enter(function, Constant(function))

# Powers as statistics has them: (x**p - 1) / p, which is log(x) exprel(p log(x))
own(
    sc.boxcox,
    lambda x, p, out: (np.power(within(x), p - 1), np.log(x) ** 2 * exprel_slope(p * np.log(x))),
)
own(
    sc.boxcox1p,
    lambda x, p, out: (
        np.exp((p - 1) * np.log1p(within(x))),
        np.log1p(x) ** 2 * exprel_slope(p * np.log1p(x)),
    ),
)
own(
    sc.inv_boxcox,
    lambda x, p, out: (
        np.power(within(out), 1 - p),
        -np.power(out, 1 - p) * np.log(out) ** 2 * exprel_slope(p * np.log(out)),
    ),
)
own(
    sc.inv_boxcox1p,
    lambda x, p, out: (
        np.power(1 + within(out), 1 - p),
        -np.power(1 + out, 1 - p) * np.log1p(out) ** 2 * exprel_slope(p * np.log1p(out)),
    ),
)

# Losses: quadratic near 0, linear far from it
own(
    sc.huber,
    lambda d, r, out: (
        np.where(np.less_equal(np.abs(r), d), 0.0, np.abs(r) - d),
        np.where(np.less_equal(np.abs(r), d), r, d * np.sign(r)),
    ),
)
own(
    sc.pseudo_huber,
    lambda d, r, out: (
        np.where(
            np.less(np.abs(r), d),
            d * (r / d) ** 4 / (np.hypot(1, r / d) * (1 + np.hypot(1, r / d)) ** 2),
            np.hypot(d, r) - 2 * d + d * (d / np.hypot(d, r)),
        ),
        np.where(
            np.less(np.abs(r), d), r / np.hypot(1, r / d), d * np.tanh(np.arcsinh(r / d))
        ),  # the same, twice
    ),
)

own(sc.wrightomega, lambda z, out: out / (1 + out))
own(sc._ufuncs._lambertw, lambda z, k, tol, out: (np.exp(-out) / (1 + out), 0, 0))
enter(sc.agm, lambda a, b: _agm(a, b, np.equal(a, 0) & np.equal(b, 0)))


def _agm(a: Any, b: Any, none: Any) -> Any:
    """The arithmetic-geometric mean, by an elliptic integral; 0 of two zeros, where it has no derivative."""
    total = np.where(none, 1.0, a + b)
    mean = np.pi / 4 * total / sc.ellipkm1(4 * (a / total) * (b / total))
    return np.where(none, corner(a + b), mean)[()]


own(
    sc.binom,
    lambda n, k, out: (
        out * (sc.psi(n + 1) - sc.psi(n - k + 1)),
        out * (sc.psi(n - k + 1) - sc.psi(k + 1)),
    ),
)
own(
    sc.poch,
    lambda a, m, out: (out * (polygamma(a + m, 0) - polygamma(a, 0)), out * polygamma(a + m, 0)),
)
own(sc.zetac, lambda s, out: riemann(s, 1))
own(sc._ufuncs._riemann_zeta, lambda s, out: riemann(s, 1))
within_some(
    "tklmbda",
    lambda x, p, out: (1 / (np.power(out, p - 1) + np.power(1 - out, p - 1)), 0),
    "x -lmbda",
)
