"""Astronomy: distances in an expanding universe, integrals by trapezia, a class with lazy values."""

import functools

import numpy as np

C = 299792.458
SUPERNOVAE = [(0.1, 38.3), (0.35, 41.3), (0.8, 43.6)]


class Cosmology:
    def __init__(self, H0=70.0, Om=0.3, w=-1.0):
        self.H0, self.Om, self.w = H0, Om, w

    @functools.cached_property
    def hubble_distance(self):
        return C / self.H0

    def E(self, z):
        return np.sqrt(self.Om * (1 + z) ** 3 + (1 - self.Om) * (1 + z) ** (3 * (1 + self.w)))

    @functools.lru_cache(maxsize=None)
    def comoving(self, z, n=64):
        zs = np.linspace(0.0, z, n)
        return self.hubble_distance * np.trapezoid(1.0 / self.E(zs), zs)

    def distance_modulus(self, z):
        return 5 * np.log10((1 + z) * self.comoving(z)) + 25


def chi2(p):
    model = Cosmology(*p)
    return sum(((mu - model.distance_modulus(z)) / 0.15) ** 2 for z, mu in SUPERNOVAE)
