"""Finance: paths of Heston's model with a fixed seed."""

import numpy as np


def paths(v0, kappa, theta, xi, rho=-0.6, n_paths=8, n_steps=10, seed=7):
    rng = np.random.default_rng(seed)
    dt = 1.0 / n_steps
    S = np.empty((n_paths, n_steps + 1))
    v = np.full(n_paths, np.nan)
    S[:, 0] = 100.0
    v[:] = v0
    for k in range(n_steps):
        z1 = rng.standard_normal(n_paths)
        z2 = rho * z1 + np.sqrt(1 - rho**2) * rng.standard_normal(n_paths)
        vp = np.where(v > 0, v, 0.0)
        S[:, k + 1] = S[:, k] * np.exp(-0.5 * vp * dt + np.sqrt(vp * dt) * z1)
        v += kappa * (theta - vp) * dt + xi * np.sqrt(vp * dt) * z2
    return S


def call_price(p, strike=98.0):
    S = paths(*p)
    payoff = np.log1p(np.exp((S[:, -1] - strike) / 4.0)) * 4.0
    return payoff.mean(axis=0)
