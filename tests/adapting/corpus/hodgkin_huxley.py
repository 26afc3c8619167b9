"""Neuroscience: the membrane of Hodgkin and Huxley, with removable singularities."""

import numpy as np


def vtrap(x, y):
    if np.abs(x / y) < 1e-6:
        return y * (1 - x / y / 2)
    return x / (np.exp(x / y) - 1)


def gates(V):
    return {
        "n": (0.01 * vtrap(10.0 - V, 10.0), 0.125 * np.exp(-V / 80.0)),
        "m": (0.1 * vtrap(25.0 - V, 10.0), 4.0 * np.exp(-V / 18.0)),
        "h": (0.07 * np.exp(-V / 20.0), 1.0 / (np.exp((30.0 - V) / 10.0) + 1.0)),
    }


class Neuron:
    gNa, gK, gL = 120.0, 36.0, 0.3
    ENa, EK, EL = 115.0, -12.0, 10.6

    def __init__(self, C=1.0, **conductances):
        self.C = C
        for name, value in conductances.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)
        self.V = 0.0
        self.gate = {}
        for name, (a, b) in gates(self.V).items():
            self.gate[name] = a / (a + b)

    def step(self, I, dt):
        g = self.gate
        I_ion = (
            self.gNa * g["m"] ** 3 * g["h"] * (self.V - self.ENa)
            + self.gK * g["n"] ** 4 * (self.V - self.EK)
            + self.gL * (self.V - self.EL)
        )
        for name, (a, b) in gates(self.V).items():
            inf = a / (a + b)
            g[name] = inf + (g[name] - inf) * np.exp(-dt * (a + b))
        self.V += dt * (I - I_ion) / self.C


def response(p, n=40, dt=0.02):
    cell = Neuron(C=p[2], gNa=p[1], gK=36.0)
    trace = np.zeros(n)
    for k in range(n):
        cell.step(p[0] if k < 30 else 0.0, dt)
        trace[k] = cell.V
    return trace.mean() + 0.1 * trace[-1]
