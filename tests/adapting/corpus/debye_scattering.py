"""Crystallography: Debye's formula over a small cluster, in plain loops."""

import math

import numpy as np


def make_cluster(d, tilt):
    pos = np.zeros((4, 3))
    for n in range(1, 4):
        phi = 2 * math.pi * n / 3 + tilt
        pos[n] = [d * math.cos(phi), d * math.sin(phi), 0.2 * d]
    return pos


def distances(pos):
    n = pos.shape[0]
    r = []
    for i in range(n):
        for j in range(i + 1, n):
            r.append(math.sqrt(sum((pos[i, k] - pos[j, k]) ** 2 for k in range(3))))
    return r


def intensity(q, r):
    def sinc(x):
        return 1.0 if x == 0 else math.sin(x) / x

    return 4 + 2 * sum(sinc(q * rij) for rij in r)


def loss(p):
    r = distances(make_cluster(*p))
    qs = np.arange(0.5, 4.0, 0.5)
    model = np.array([intensity(q, r) for q in qs])
    return np.log(model**2 + 1.0).sum() + 0.05 * r[0] * p[1] ** 2
