"""Heat: Crank and Nicolson with the algorithm of Thomas, arrays changed in place."""

import numpy as np


def thomas(a, b, c, d):
    """Solve a tridiagonal system; b and d are destroyed."""
    n = len(d)
    for i in range(1, n):
        m = a[i] / b[i - 1]
        b[i] -= m * c[i - 1]
        d[i] -= m * d[i - 1]
    x = np.zeros(n)
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return x


def conductivity(u, k0, k1):
    return k0 * (1 + k1 * u)


def solve(k0, k1, source, nx=7, nt=4, dt=0.01):
    dx = 1.0 / (nx - 1)
    u = np.sin(np.pi * np.linspace(0, 1, nx))
    for _ in range(nt):
        r = conductivity(0.5 * (u[1:] + u[:-1]), k0, k1) * dt / (2 * dx**2)
        a, b, c, d = np.zeros((4, nx))
        b[[0, -1]] = 1.0
        b[1:-1] = 1 + r[1:] + r[:-1]
        a[1:-1], c[1:-1] = -r[:-1], -r[1:]
        d[1:-1] = u[1:-1] + r[1:] * (u[2:] - u[1:-1]) - r[:-1] * (u[1:-1] - u[:-2]) + dt * source
        u = thomas(a, b, c, d)
    return u


def mean_temperature(p):
    u = solve(*p)
    return np.average(u, weights=np.hanning(len(u)) + 0.1)
