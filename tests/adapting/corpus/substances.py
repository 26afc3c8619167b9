"""Constants of substances, for ``peng_robinson.py`` and ``mixture.py``."""

import math

R = 8.314462618

_TABLE = {
    "propane": {"Tc": 369.83, "Pc": 4.248e6, "omega": 0.152},
    "butane": {"Tc": 425.12, "Pc": 3.796e6, "omega": 0.200},
}


def get(name):
    try:
        return _TABLE[name]
    except KeyError:
        raise ValueError(f"unknown substance {name!r}") from None


def alpha_function(Tr, omega):
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    return math.pow(1 + kappa * (1 - math.sqrt(Tr)), 2)
