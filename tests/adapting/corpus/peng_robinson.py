"""Equations of state: Peng and Robinson's, with helpers in another module of the package."""

import math

import numpy as np

from . import substances
from .substances import R, alpha_function


def cubic_roots(A, B):
    c = [1.0, -(1 - B), A - 3 * B**2 - 2 * B, -(A * B - B**2 - B**3)]
    roots = np.roots(c)
    real = roots[np.abs(roots.imag) < 1e-8].real
    return np.sort(real)


def ln_phi(T, P, name, phase="vapour"):
    data = substances.get(name)
    a = 0.45724 * R**2 * data["Tc"] ** 2 / data["Pc"] * alpha_function(T / data["Tc"], data["omega"])
    b = 0.07780 * R * data["Tc"] / data["Pc"]
    A, B = a * P / (R * T) ** 2, b * P / (R * T)
    roots = cubic_roots(A, B)
    Z = roots[-1] if phase == "vapour" else roots[0]
    s2 = math.sqrt(2)
    return Z - 1 - math.log(Z - B) - A / (2 * s2 * B) * math.log((Z + (1 + s2) * B) / (Z + (1 - s2) * B))


def fugacity_difference(x):
    T, P = 300.0 * x[0], 1e6 * x[1]
    return ln_phi(T, P, "propane") - ln_phi(T, P, "propane", phase="liquid")
