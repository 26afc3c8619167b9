"""Robotics: some steps of damped least squares towards a target, as a function of target and damping."""

import math

import numpy as np

LENGTHS = [0.6, 0.5, 0.2]


def tip(q):
    angle, pos = 0.0, np.zeros(2)
    for length, qi in zip(LENGTHS, q):
        angle += qi
        pos += np.array([length * math.cos(angle), length * math.sin(angle)])
    return pos


def jacobian(q):
    J = np.zeros((2, len(q)))
    for i in range(len(q)):
        for k in range(i, len(q)):
            total = np.sum(q[: k + 1])
            J[0, i] -= LENGTHS[k] * math.sin(total)
            J[1, i] += LENGTHS[k] * math.cos(total)
    return J


def solve_ik(target, damping, q0=(0.3, 0.4, 0.5), n_iter=5):
    q = np.array(q0)
    for _ in range(n_iter):
        e = target - tip(q)
        J = jacobian(q)
        q = q + J.T @ np.linalg.solve(J @ J.T + damping**2 * np.eye(2), e)
    return q


def comfort(x):
    q = solve_ik(np.asarray(x[:2]), x[2])
    return q @ q
