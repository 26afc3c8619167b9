"""Orbital mechanics: Kepler's equation, and the position in space."""

import numpy as np

MU = 398600.4418


class Orbit:
    def __init__(self, a, e, i, raan=0.3, argp=0.7):
        if not 0 <= e < 1:
            raise ValueError("the orbit is not elliptic")
        self.a, self.e, self.i = a, e, i
        self.raan, self.argp = raan, argp

    @property
    def mean_motion(self):
        return np.sqrt(MU / self.a**3)

    @staticmethod
    def eccentric_anomaly(M, e, tol=1e-14):
        E = M if e < 0.8 else np.pi
        while True:
            delta = (E - e * np.sin(E) - M) / (1 - e * np.cos(E))
            E -= delta
            if abs(delta) < tol:
                return E

    @staticmethod
    def _rot(axis, angle):
        c, s = np.cos(angle), np.sin(angle)
        if axis == 3:
            return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])

    def position(self, t):
        E = self.eccentric_anomaly(self.mean_motion * t, self.e)
        nu = 2 * np.arctan2(np.sqrt(1 + self.e) * np.sin(E / 2), np.sqrt(1 - self.e) * np.cos(E / 2))
        r = self.a * (1 - self.e * np.cos(E))
        plane = np.array([r * np.cos(nu), r * np.sin(nu), 0.0])
        return self._rot(3, self.raan) @ self._rot(1, self.i) @ self._rot(3, self.argp) @ plane


STATION = np.array([4200.0, 1100.0, 4600.0])


def slant_range(x):
    orbit = Orbit(a=7000.0 * x[0], e=x[1], i=x[2])
    return sum(np.linalg.norm(orbit.position(t) - STATION) for t in (300.0, 900.0)) / 1000.0
