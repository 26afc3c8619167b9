"""Orbital mechanics: Stumpff's functions, and the universal anomaly, for any conic."""

from math import cos, cosh, sin, sinh, sqrt


def stumpff(psi):
    if psi > 1e-6:
        s = sqrt(psi)
        return (1 - cos(s)) / psi, (s - sin(s)) / s**3
    if psi < -1e-6:
        s = sqrt(-psi)
        return (1 - cosh(s)) / psi, (sinh(s) - s) / s**3
    return 0.5, 1 / 6.0


def anomaly(dt, r0, vr0, alpha):
    chi = sqrt(abs(alpha)) * dt
    for _ in range(50):
        c2, c3 = stumpff(alpha * chi**2)
        F = r0 * vr0 * chi**2 * c2 + (1 - alpha * r0) * chi**3 * c3 + r0 * chi - dt
        dF = r0 * vr0 * chi * (1 - alpha * chi**2 * c3) + (1 - alpha * r0) * chi**2 * c2 + r0
        ratio = F / dF
        chi -= ratio
        if abs(ratio) <= 1e-14 * (1 + abs(chi)):
            break
    else:
        raise ArithmeticError("no convergence")
    return chi


def lagrange_f(x):
    """An ellipse and a hyperbola at once."""
    r0, v0, dt = x
    total = 0.0
    for speed in (v0, 1.6 * v0):
        alpha = 2 / r0 - speed**2
        chi = anomaly(dt, r0, 0.1 * speed, alpha)
        c2, _ = stumpff(alpha * chi**2)
        total += 1 - chi**2 / r0 * c2
    return total
