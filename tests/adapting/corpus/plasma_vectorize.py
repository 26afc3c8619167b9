"""Plasma: scalar formulas made functions of arrays by ``np.vectorize`` and ``np.frompyfunc``."""

import math

import numpy as np


def debye(n, temperature):
    if n <= 0.0:
        return math.inf
    return math.sqrt(temperature / n)


def coulomb_log(n, temperature, kind="ion"):
    if kind == "ion":
        return 2.0 + math.log1p(debye(n, temperature)) if temperature < 10 * n else 5.0
    return 1.0


debye_of = np.vectorize(debye, otypes=[float])
logarithm_of = np.vectorize(coulomb_log, otypes=["d"], excluded=["kind"])
distance = np.vectorize(lambda a, b: np.sqrt(np.sum((a - b) ** 2)), signature="(k),(k)->()")
both = np.vectorize(lambda t: (math.sin(t), t * t))
larger = np.frompyfunc(lambda a, b: a if a > b else b, 2, 1)


@np.vectorize
def screened(r, length):
    return math.exp(-r / length) / r


def rate(p):
    n = np.linspace(0.5, 2.0, 4) * p[0]
    t = np.array([0.4, 1.0, 2.5, 3.0]) + p[1]
    lengths = debye_of(n, t)
    logs = logarithm_of(n, t, kind="ion")
    s, q = both(lengths)
    far = distance(np.stack([lengths, logs], axis=1), np.array([p[2], 0.5]))
    top = larger(logs, 2.3).astype(float)
    return np.sum(screened(1.0 + p[2], lengths) * logs) + s @ q + far.mean() + top.max()
