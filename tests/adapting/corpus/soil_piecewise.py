"""Soil: curves in pieces, by ``select``, ``piecewise``, ``choose``, ``interp`` and ``digitize``."""

import numpy as np

DEPTHS = np.array([0.0, 0.3, 0.8, 1.5])


def retention(h, alpha, n):
    m = 1 - 1 / n
    return np.piecewise(h, [h < 0, h >= 0], [lambda s: (1 + (alpha * np.abs(s)) ** n) ** -m, 1.0])


def conductivity(theta, k_s):
    conditions = [theta < 0.4, theta < 0.7, theta >= 0.7]
    return np.select(conditions, [k_s * theta**3, k_s * theta**2 * 0.4, k_s * (0.28 * theta)], default=np.nan)


def layered(z, values):
    k = np.clip(np.digitize(z, DEPTHS) - 1, 0, len(values) - 1)
    return np.choose(k, values)


def drainage(p):
    z = np.linspace(0.05, 1.4, 8)
    h = np.where(z > 1.0, 0.2, -1.0 / (z + 0.1))
    theta = retention(h, p[0], p[1])
    k = conductivity(theta, np.interp(z, DEPTHS, [p[2], 2 * p[2], 1.0, 0.5]))
    weights = layered(z, [1.0, p[0], p[2], 0.7])
    flux = np.nan_to_num(k * weights, nan=0.0)
    edges = np.gradient(flux, z)
    return np.trapezoid(flux, z) + np.ptp(theta) + np.abs(edges)[np.argmax(np.abs(edges))]
