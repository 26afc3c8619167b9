"""Filters: an extended filter that is given its functions, and their Jacobians by differences."""

import numpy as np


def numerical_jacobian(f, x, eps=1e-2):
    fx = np.atleast_1d(f(x))
    J = np.zeros((fx.size, x.size))
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = eps
        J[:, i] = (np.atleast_1d(f(x + step)) - np.atleast_1d(f(x - step))) / (2 * eps)
    return J


def ekf(f, h, x, P, Q, R, measurements):
    innovations = []
    for z in measurements:
        F = numerical_jacobian(f, x)
        x = f(x)
        P = F @ P @ F.T + Q
        H = numerical_jacobian(h, x)
        S = H @ P @ H.T + R
        K = np.linalg.solve(S.T, (P @ H.T).T).T
        nu = z - h(x)
        innovations.append(nu.T @ np.linalg.inv(S) @ nu + np.linalg.slogdet(S)[1])
        x = x + K @ nu
        P = (np.eye(len(x)) - K @ H) @ P
    return np.mean(innovations)


def pendulum_cost(theta):
    g_over_l, damping, noise = theta

    def f(x):
        return np.array([x[0] + 0.05 * x[1], x[1] - 0.05 * (g_over_l * np.sin(x[0]) + damping * x[1])])

    h = lambda x: np.array([np.sin(x[0])])
    zs = [np.array([0.5]), np.array([0.42]), np.array([0.2]), np.array([-0.05])]
    return ekf(f, h, np.array([0.6, 0.0]), np.eye(2), 1e-2 * np.eye(2), noise**2 * np.eye(1), zs)
