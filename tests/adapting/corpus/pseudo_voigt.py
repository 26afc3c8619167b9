"""Spectroscopy: a spectrum of pseudo-Voigt lines over a polynomial background."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Line:
    center: float
    area: float
    width: float
    eta: float = 0.5

    def profile(self, x):
        x = np.asarray(x, dtype=float)
        z = (x - self.center) / self.width
        gauss = np.exp(-np.log(2.0) * z**2) * np.sqrt(np.log(2.0) / np.pi) / self.width
        lorentz = 1.0 / (np.pi * self.width * (1.0 + z**2))
        return self.area * (self.eta * lorentz + (1 - self.eta) * gauss)


@dataclass
class Spectrum:
    grid: np.ndarray
    lines: list = field(default_factory=list)
    background: tuple = (0.1, -0.02)

    def add(self, **kwargs):
        self.lines.append(Line(**kwargs))
        return self

    def evaluate(self):
        total = np.zeros(len(self.grid))
        for line in self.lines:
            total += line.profile(self.grid)
        total += np.polyval(self.background[::-1], self.grid)
        return total


GRID = np.linspace(-3.0, 3.0, 31)
OBSERVED = 0.8 * np.exp(-((GRID - 0.2) ** 2)) + 0.1


def chi2(params):
    s = Spectrum(GRID)
    s.add(center=params[0], area=params[1], width=params[2])
    s.add(center=-1.0, area=0.3 * params[1], width=params[2] * 1.5, eta=params[3])
    r = s.evaluate() - OBSERVED
    return float((r @ r) / (len(r) - len(params)))
