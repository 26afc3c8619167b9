"""Crystallography: structure factors of a triclinic cell."""

import numpy as np

ATOMS = [
    ("Na", np.array([0.0, 0.0, 0.0]), 0.8),
    ("Cl", np.array([0.5, 0.48, 0.52]), 1.1),
    ("O", np.array([0.21, 0.3, 0.77]), 1.4),
]
FORM = {"Na": (4.76, 3.28), "Cl": (11.46, 0.01), "O": (3.05, 13.28)}
HKL = [(1, 0, 0), (1, 1, 0), (1, 1, 1), (2, 0, 1)]


def metric_tensor(a, b, c, alpha, beta, gamma):
    ca, cb, cg = np.cos(np.radians([alpha, beta, gamma]))
    return np.array([
        [a * a, a * b * cg, a * c * cb],
        [a * b * cg, b * b, b * c * ca],
        [a * c * cb, b * c * ca, c * c],
    ])  # fmt: skip


def sin_theta_over_lambda_sq(hkl, Ginv):
    h = np.array(hkl)
    return h @ Ginv @ h / 4


def structure_factor(hkl, Ginv, scale_b):
    s2 = sin_theta_over_lambda_sq(hkl, Ginv)
    F = 0j
    for element, xyz, B in ATOMS:
        a, b = FORM[element]
        f = a * np.exp(-b * s2)
        F += f * np.exp(-scale_b * B * s2) * np.exp(2j * np.pi * np.dot(hkl, xyz))
    return F


def intensities(p):
    G = metric_tensor(p[0], p[0] * 1.1, p[1], 90.0, p[2], 88.0)
    Ginv = np.linalg.inv(G)
    I = np.zeros(len(HKL))
    for k, hkl in enumerate(HKL):
        I[k] = abs(structure_factor(hkl, Ginv, 1.0)) ** 2
    return np.sqrt(I).sum() / np.sqrt(np.linalg.det(G))
