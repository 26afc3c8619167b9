"""Optics: reflection at a stack of films by transfer matrices, with cmath."""

import cmath
import math

import numpy as np


def snell(n0, n1, theta0):
    return cmath.asin(n0 * cmath.sin(theta0) / n1)


def layer_matrix(n, d, theta, wavelength, pol):
    delta = 2 * math.pi * n * d * cmath.cos(theta) / wavelength
    eta = n * cmath.cos(theta) if pol == "s" else n / cmath.cos(theta)
    M = np.zeros((2, 2), dtype=complex)
    M[0, 0] = M[1, 1] = cmath.cos(delta)
    M[0, 1] = 1j * cmath.sin(delta) / eta
    M[1, 0] = 1j * eta * cmath.sin(delta)
    return M


def reflectance(stack, wavelength, theta=0.3, n_in=1.0, n_sub=1.52, pol="s"):
    M = np.eye(2, dtype=complex)
    for n, d in stack:
        M = M @ layer_matrix(n, d, snell(n_in, n, theta), wavelength, pol)
    ts = snell(n_in, n_sub, theta)
    eta0 = n_in * math.cos(theta) if pol == "s" else n_in / math.cos(theta)
    etas = n_sub * cmath.cos(ts) if pol == "s" else n_sub / cmath.cos(ts)
    B, C = M @ np.array([1.0, etas])
    r = (eta0 * B - C) / (eta0 * B + C)
    return abs(r) ** 2


def merit(x):
    stack = [(x[0], 95.0 * x[1]), (2.3 + 0.01j, 60.0 * x[1]), (1.38, 100.0 * x[2])]
    total = 0.0
    for wl in (450.0, 550.0, 650.0):
        for pol in ("s", "p"):
            total += reflectance(stack, wl, pol=pol)
    return total / 6
