"""Chemistry: Robertson-like kinetics by the backward Euler method, with Newton's method inside."""

import numpy as np

STOICHIOMETRY = np.array([[-1, 1, 0], [1, -1, -1], [0, 0, 1]])
GAS = 8.314


def rates(y, T, params):
    k = params["A"] * np.exp(-params["Ea"] / (GAS * T))
    return np.array([k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] ** 2])


def rate_jacobian(y, T, params):
    k = params["A"] * np.exp(-params["Ea"] / (GAS * T))
    J = np.zeros((3, 3))
    J[0, 0] = k[0]
    J[1, 1], J[1, 2] = k[1] * y[2], k[1] * y[1]
    J[2, 1] = 2 * k[2] * y[1]
    return J


def integrate(T, params, h=0.3, n=5):
    y = np.array([1.0, 0.0, 0.2])
    for _ in range(n):
        new = y.copy()
        converged = False
        count = 0
        while not converged:
            F = new - y - h * STOICHIOMETRY @ rates(new, T, params)
            dF = np.eye(3) - h * STOICHIOMETRY @ rate_jacobian(new, T, params)
            dx = np.linalg.solve(dF, -F)
            new += dx
            count += 1
            converged = np.linalg.norm(dx) < 1e-13 or count > 30
        y = new
    return y


def product(x):
    params = {"A": np.array([2.0, 30.0, x[1]]), "Ea": np.array([2000.0, 4000.0, 1000.0 * x[2]])}
    return integrate(350.0 * x[0], params)[2]
