"""Analytical chemistry: exponentially modified Gaussians, and their moments; data in a structured array."""

import math

import numpy as np

peaks = np.array([(2.0, 0.3, 1.0), (4.5, 0.4, 0.6)], dtype=[("t", float), ("s", float), ("h", float)])


def emg(t, mu, sigma, tau):
    z = (sigma / tau - (t - mu) / sigma) / math.sqrt(2)
    if z < 20:
        return math.exp(0.5 * (sigma / tau) ** 2 - (t - mu) / tau) * math.erfc(z) / (2 * tau)
    return math.exp(-0.5 * ((t - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))


def chromatogram(times, tau, stretch):
    return [sum(p["h"] * emg(t, p["t"] * stretch, p["s"], tau) for p in peaks) for t in times]


def resolution(p):
    times = np.linspace(0, 8, 17)
    y = np.array(chromatogram(times, *p[:2]))
    area = np.trapezoid(y, times)
    m1 = np.trapezoid(times * y, times) / area
    m2 = np.trapezoid((times - m1) ** 2 * y, times) / area
    return m1 / np.sqrt(m2) + p[2] * y.max()
