"""Meteorology: vapour pressure, the lifted level and the wet bulb; scalars and arrays by np.vectorize."""

import math
from functools import lru_cache

import numpy as np

EPS, RD, CP, LV = 0.622, 287.05, 1005.0, 2.501e6


@lru_cache(maxsize=128)
def e_sat(t):
    """Saturation vapour pressure over water; t in degrees."""
    if t < -40 or t > 60:
        raise ValueError(f"out of range: {t}")
    return 6.112 * math.exp(17.67 * t / (t + 243.5))


def mixing_ratio(e, p):
    return EPS * e / (p - e)


def wet_bulb(t, rh, p):
    w = mixing_ratio(rh * e_sat(t), p)
    tw = t
    for _ in range(30):
        f = w - mixing_ratio(e_sat(tw), p) + CP / LV * (t - tw)
        h = 1e-3
        g = (mixing_ratio(e_sat(tw + h), p) - mixing_ratio(e_sat(tw - h), p)) / (2 * h) + CP / LV
        tw = tw + f / g
        if abs(f) < 1e-9:
            break
    return tw + f / g


saturation = np.vectorize(e_sat)


def profile_energy(x):
    t, rh, p = x
    levels = np.array([0.0, 1.0, 2.0])
    temps = t - 6.5 * levels
    e = rh * saturation(temps)
    return wet_bulb(t, rh, 1000.0 * p) + np.sum(mixing_ratio(e, 1000.0 * p * np.exp(-levels / 8))) * 100
