"""Pharmacokinetics: two compartments and an effect, by Runge and Kutta, with a configuration object."""

import numpy as np


class Config:
    """What argparse would give."""

    def __init__(self, **entries):
        self.__dict__.update(entries)


cfg = Config(dose=100.0, n_steps=12, dt=0.5, emax=2.0, hill=1.5)


def rhs(t, y, k):
    dydt = np.zeros_like(y)
    dydt[0] = -(k["k10"] + k["k12"]) * y[0] + k["k21"] * y[1]
    dydt[1] = k["k12"] * y[0] - k["k21"] * y[1]
    dydt[2] = k["ke0"] * (y[0] - y[2])
    return dydt


def simulate(k, config=cfg):
    y = np.zeros((config.n_steps + 1, 3))
    y[0, 0] = config.dose / k["v"]
    for i in range(config.n_steps):
        t, h = i * config.dt, config.dt
        k1 = rhs(t, y[i], k)
        k2 = rhs(t + h / 2, y[i] + h / 2 * k1, k)
        k3 = rhs(t + h / 2, y[i] + h / 2 * k2, k)
        k4 = rhs(t + h, y[i] + h * k3, k)
        y[i + 1] = y[i] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def effect(theta):
    k = dict(zip(("k10", "k12", "k21", "ke0"), theta, strict=True))
    k["v"] = 20.0
    y = simulate(k)
    ce = np.clip(y[1:, 2], 1e-12, None)
    e = cfg.emax * ce**cfg.hill / (1.0 + ce**cfg.hill)
    return e.mean()
