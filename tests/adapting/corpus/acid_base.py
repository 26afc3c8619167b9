"""Chemistry: the pH of a buffer by Newton's method on the balance of charge."""

import math

import numpy as np


class Acid:
    def __init__(self, pKas, conc):
        self.Ka = np.array([10**-pk for pk in np.atleast_1d(pKas)])
        self.conc = conc

    def charge(self, h):
        """The mean charge of the anions, per volume."""
        terms = [h ** len(self.Ka)]
        for i in range(len(self.Ka)):
            terms.append(terms[0] / h ** (i + 1) * np.prod(self.Ka[: i + 1]))
        total = sum(terms)
        return -self.conc * sum(i * t for i, t in enumerate(terms)) / total


class System:
    def __init__(self, *species, strong_base=0.0):
        self.species = species
        self.base = strong_base

    def imbalance(self, pH):
        h = math.pow(10, -pH)
        return h - 1e-14 / h + self.base + sum(s.charge(h) for s in self.species)

    def solve(self, guess=6.0):
        pH = guess
        for _ in range(100):
            d = 1e-4
            slope = (self.imbalance(pH + d) - self.imbalance(pH - d)) / (2 * d)
            step = self.imbalance(pH) / slope
            if abs(step) > 0.5:
                step = math.copysign(0.5, step)
            pH -= step
            if abs(step) < 1e-6:
                break
        for _ in range(4):
            pH -= self.imbalance(pH) / slope
        return pH


def ph(x):
    return System(Acid([2.15, 7.2, 12.3], x[0]), Acid(x[1], 0.02), strong_base=x[2]).solve()
