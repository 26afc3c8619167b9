"""Statistical physics: kernels that numba compiles where it is there."""

import math

import numpy as np

try:
    from numba import njit, prange
except ImportError:
    prange = range

    def njit(f=None, **options):
        return f if callable(f) else lambda g: g


@njit(cache=True)
def pair(r2, eps):
    if r2 > 6.25:
        return 0.0
    s = 1.0 / (r2 * r2 * r2)
    return 4.0 * eps * (s * s - s)


@njit(fastmath=True, parallel=False)
def total(positions, eps, out):
    n = positions.shape[0]
    for i in prange(n):
        for j in range(i + 1, n):
            r2 = 0.0
            for k in range(positions.shape[1]):
                d = positions[i, k] - positions[j, k]
                r2 += d * d
            e = pair(r2, eps)
            out[i] += 0.5 * e
            out[j] += 0.5 * e
    return out.sum()


def energy(p):
    positions = np.array([[0.0, 0.0], [1.1, 0.1], [0.4, 1.2], [1.5, 1.3]])
    positions[:, 1] *= p[0]
    positions[3] += p[1] * np.ones(2)
    out = np.zeros(4)
    return total(positions, p[2], out) + math.sqrt(np.max(out) ** 2 + 1.0)
