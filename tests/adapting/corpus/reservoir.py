"""Hydrology: linear reservoirs in a cascade; module constants, a property, and Nash and Sutcliffe's score."""

import numpy as np

INFLOW = np.array([0.0, 4.0, 9.0, 6.0, 3.0, 2.0, 1.0, 1.0])
OBSERVED = np.array([0.2, 0.9, 2.7, 4.0, 4.1, 3.5, 2.7, 2.1])
DT = 1.0


class Reservoir:
    def __init__(self, k, storage=0.5):
        self.k = k
        self._storage = storage

    @property
    def outflow(self):
        return self._storage / self.k

    @property
    def storage(self):
        return self._storage

    @storage.setter
    def storage(self, value):
        if value < 0:
            raise ValueError(f"negative storage: {value:.3f}")
        self._storage = value

    def route(self, q):
        c = np.exp(-DT / self.k)
        self.storage = self.storage * c + q * self.k * (1 - c)
        return self.outflow


def nse(sim, obs):
    return 1 - np.sum((sim - obs) ** 2) / np.sum((obs - np.mean(obs)) ** 2)


def objective(params):
    cascade = [Reservoir(k) for k in params[:2]]
    sim = np.zeros_like(INFLOW)
    for t, q in enumerate(INFLOW):
        q = params[2] * q
        for r in cascade:
            q = r.route(q)
        sim[t] = q
    return 1 - nse(sim, OBSERVED)
