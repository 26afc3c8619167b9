"""Equations of state: the pressure of a mixture by van der Waals' rules, and its second virial coefficient."""

import numpy as np

from .substances import R, get

NAMES = ("propane", "butane")
KIJ = {("butane", "propane"): 0.003}


def pair(i, j):
    return KIJ.get(tuple(sorted((i, j))), 0.0)


def parameters(names):
    a = np.array([27 * R**2 * get(n)["Tc"] ** 2 / (64 * get(n)["Pc"]) for n in names])
    b = np.array([R * get(n)["Tc"] / (8 * get(n)["Pc"]) for n in names])
    return a, b


def pressure(T, v, x):
    a, b = parameters(NAMES)
    x = np.asarray(x, dtype=float)
    x = x / x.sum()
    amix = 0.0
    for i, ni in enumerate(NAMES):
        for j, nj in enumerate(NAMES):
            amix += x[i] * x[j] * np.sqrt(a[i] * a[j]) * (1 - pair(ni, nj))
    bmix = (x * b).sum()
    return R * T / (v - bmix) - amix / v**2


def compressibility(z):
    T, v = 350.0 * z[0], 2e-3 * z[1]
    return pressure(T, v, [z[2], 1 - z[2]]) * v / (R * T)
