"""Epidemics: the renewal equation, with a generator and np.fromiter."""

import numpy as np


def serial_interval(mean, cv, n=7):
    days = np.arange(1, n + 1)
    shape = 1 / cv**2
    w = days ** (shape - 1) * np.exp(-days * shape / mean)
    return w / w.sum()


def infections(R, w, seed=5.0, n=14):
    history = [seed]
    yield seed
    for t in range(1, n):
        force = sum(w[k] * history[t - 1 - k] for k in range(min(t, len(w))))
        history.append(R(t) * force)
        yield history[-1]


def attack(p):
    r0, drop, mean = p

    def R(t):
        return r0 if t < 6 else r0 * (1 - drop)

    curve = np.fromiter(infections(R, serial_interval(mean, 0.45)), dtype=float)
    return np.log(np.cumsum(curve)[-1]) + 1e-3 * curve.max()
