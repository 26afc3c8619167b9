"""Seismology: travel times through layers, by Snell's law and a search of the ray."""

import math

DEPTHS = [1.0, 2.5, 4.0]


def offset_and_time(p, velocities):
    x = t = 0.0
    top = 0.0
    for bottom, v in zip(DEPTHS, velocities):
        h = bottom - top
        eta = math.sqrt(1.0 / v**2 - p**2)
        x += h * p / eta
        t += h / (v**2 * eta)
        top = bottom
    return x, t


def shoot(distance, velocities, tol=1e-14):
    p = 0.5 / max(velocities)
    for _ in range(60):
        x, t = offset_and_time(p, velocities)
        dxdp = 0.0
        top = 0.0
        for bottom, v in zip(DEPTHS, velocities):
            dxdp += (bottom - top) / v**2 / (1 / v**2 - p**2) ** 1.5
            top = bottom
        dp = (distance - x) / dxdp
        p += dp
        if abs(dp) < tol:
            return offset_and_time(p, velocities)[1]
    return float("nan")


def misfit(v):
    picks = {1.0: 1.85, 2.0: 2.02, 3.0: 2.2}
    return sum((shoot(d, list(v)) - t) ** 2 for d, t in picks.items()) + math.hypot(v[0] - 2.0, v[1] - 2.5)
