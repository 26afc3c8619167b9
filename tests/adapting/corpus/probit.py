"""Econometrics: a probit, its distribution made by np.vectorize of math.erf."""

import math

import numpy as np

X = np.column_stack([np.ones(6), [0.2, -1.0, 0.7, 1.5, -0.3, 0.1], [1, 0, 0, 1, 1, 0]])
y = np.array([1, 0, 1, 1, 0, 0])


def _phi(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


Phi = np.vectorize(_phi)


def loglike(beta):
    q = 2 * y - 1
    p = Phi(q * (X @ beta))
    p = np.clip(p, 1e-300, 1.0)
    return np.sum(np.log(p))


def marginal_effect(beta, j=1):
    """At the means, of a likelihood-weighted slope."""
    xb = float(np.dot(X.mean(axis=0), beta))
    return beta[j] * math.exp(-(xb**2) / 2) / math.sqrt(2 * math.pi) + 0.1 * loglike(beta)
