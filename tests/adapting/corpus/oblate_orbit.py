"""Orbital mechanics: propagation with J2, the state changed in place."""

import numpy as np

MU, J2, RE = 1.0, 1e-3, 0.9


def acceleration(r):
    x, y, z = r
    d = np.linalg.norm(r)
    a = -MU * r / d**3
    factor = 1.5 * J2 * MU * RE**2 / d**5
    a[0] += factor * x * (5 * z**2 / d**2 - 1)
    a[1] += factor * y * (5 * z**2 / d**2 - 1)
    a[2] += factor * z * (5 * z**2 / d**2 - 3)
    return a


def propagate(state, dt, n):
    """Velocity Verlet; ``state`` is overwritten."""
    r, v = state[:3], state[3:]
    for _ in range(n):
        v += 0.5 * dt * acceleration(r)
        r += dt * v
        v += 0.5 * dt * acceleration(r)
    return state


def energy_and_height(p):
    state = np.array([1.0, 0.0, 0.1, 0.0, p[0], p[1]])
    propagate(state, p[2], 10)
    h = np.cross(state[:3], state[3:])
    return 0.5 * state[3:].dot(state[3:]) + state[2] + h[2] ** 2
