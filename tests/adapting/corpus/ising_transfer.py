"""Statistical physics: the transfer matrix of a chain and of a strip."""

import itertools

import numpy as np


def chain_free_energy(J, h, beta):
    T = np.empty((2, 2))
    for a, sa in enumerate((1, -1)):
        for b, sb in enumerate((1, -1)):
            T[a, b] = np.exp(beta * (J * sa * sb + h * (sa + sb) / 2))
    return -np.log(np.linalg.eigvalsh(T).max()) / beta


def strip_free_energy(J, h, beta, width=2):
    states = list(itertools.product([1, -1], repeat=width))
    T = np.zeros((len(states), len(states)))
    for i, s in enumerate(states):
        for j, t in enumerate(states):
            inter = sum(a * b for a, b in zip(s, t))
            intra = sum(s[k] * s[(k + 1) % width] + t[k] * t[(k + 1) % width] for k in range(width)) / 2
            T[i, j] = np.exp(beta * (J * (inter + intra) + h * (sum(s) + sum(t)) / 2))
    return -np.log(np.linalg.eigvalsh(T)[-1]) / (beta * width)


def free_energy(x):
    return chain_free_energy(*x) + strip_free_energy(*x)
