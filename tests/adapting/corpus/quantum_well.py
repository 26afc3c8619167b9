"""Quantum mechanics: levels of a well on a grid, expectation values, and a perturbation."""

import numpy as np


def hamiltonian(V, dx, mass=1.0):
    n = len(V)
    H = np.zeros((n, n))
    t = 1.0 / (2.0 * mass * dx**2)
    np.fill_diagonal(H, 2 * t + V)
    idx = np.arange(n - 1)
    H[idx, idx + 1] = -t
    H[idx + 1, idx] = -t
    return H


class Potential:
    registry = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Potential.registry[cls.__name__.lower()] = cls

    def __call__(self, x):
        raise NotImplementedError


class Quartic(Potential):
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __call__(self, x):
        return self.a * x**2 + self.b * x**4


def ground_state(name, *params, n=15):
    x = np.linspace(-3, 3, n)
    pot = Potential.registry[name](*params)
    E, psi = np.linalg.eigh(hamiltonian(pot(x), x[1] - x[0]))
    psi0 = psi[:, 0]
    if psi0[n // 2] < 0:
        psi0 = -psi0
    return E, psi0, x


def observable(p):
    E, psi, x = ground_state("quartic", p[0], p[1])
    return E[1] - E[0] + p[2] * np.sum(psi**2 * x**2) + psi[7]
