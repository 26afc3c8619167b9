"""Finance: bonds under the yield curve of Nelson, Siegel and Svensson, with a cache of its own."""

import math

import numpy as np

BONDS = [(2, 0.03, 101.2), (5, 0.04, 103.5), (10, 0.025, 92.0)]


class Curve:
    _basis = {}  # by maturity and decay: the loadings do not depend on the betas

    def __init__(self, beta0, beta1, beta2, tau=1.8):
        self.betas = np.array([beta0, beta1, beta2])
        self.tau = tau
        self.cache = {}

    @classmethod
    def loadings(cls, t, tau):
        key = (t, tau)
        if key not in cls._basis:
            x = t / tau
            slope = (1 - math.exp(-x)) / x
            cls._basis[key] = np.array([1.0, slope, slope - math.exp(-x)])
        return cls._basis[key]

    def zero(self, t):
        if t not in self.cache:
            self.cache[t] = np.dot(self.betas, self.loadings(t, self.tau))
        return self.cache[t]

    def discount(self, t):
        return math.exp(-self.zero(t) * t)


def bond_price(curve, maturity, coupon, face=100.0):
    return sum(coupon * face * curve.discount(t) for t in range(1, maturity + 1)) + face * curve.discount(
        maturity
    )


def objective(betas):
    curve = Curve(*betas)
    errors = [bond_price(curve, m, c) - p for m, c, p in BONDS]
    return math.fsum(e**2 for e in errors)
