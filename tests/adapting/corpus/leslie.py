"""Ecology: a structured population, its growth rate and what is left after some years."""

import numpy as np


def leslie(fecundity, survival):
    n = len(fecundity)
    A = np.zeros((n, n))
    A[0] = fecundity
    A[np.arange(1, n), np.arange(n - 1)] = survival
    return A


def growth_rate(A):
    w = np.linalg.eigvals(A)
    return np.max(np.abs(w))


def project(A, n0, years):
    out = [n0]
    for _ in range(years):
        out.append(A @ out[-1])
    return np.vstack(out)


def objective(p):
    A = leslie([0.0, p[0], 1.4 * p[0]], [p[1], p[2]])
    pop = project(A, np.array([10.0, 6.0, 3.0]), 5)
    shares = pop / pop.sum(axis=1)[:, np.newaxis]
    entropy = -(shares[-1] * np.log(shares[-1])).sum()
    return np.log(growth_rate(A)) + entropy + 1e-3 * np.linalg.matrix_power(A, 4).sum()
