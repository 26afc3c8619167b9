"""Approximation: polynomials as NumPy's classes have them, and series in other bases."""

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.polynomial import chebyshev as cheb


def horner(coefficients, x):
    result = 0
    for c in reversed(coefficients):
        result = result * x + c
    return result


def residual(p):
    q = Polynomial([p[0], p[1], 1.0, p[2]])
    slope = q.deriv()
    area = q.integ()
    old = np.poly1d([p[2], 1.0, p[1], p[0]])
    t = Chebyshev([p[0], 0.0, p[1]])
    product = q * Polynomial([1.0, p[2]])
    return (
        q(0.7)
        + slope(0.3) ** 2
        + (area(1.0) - area(0.0))
        + old(0.5) * old.deriv()(0.2)
        + t(0.4)
        + cheb.chebval(0.3, [p[0], p[1], p[2]])
        + np.polyval(np.polymul([p[0], 1.0], [1.0, p[1]]), 0.6)
        + horner([p[0], p[1], p[2]], 0.9)
        + product.coef[2]
    )
