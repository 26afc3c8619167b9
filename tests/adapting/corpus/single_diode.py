"""Photovoltaics: the single-diode model, for numbers and for arrays."""

import numpy as np

K_OVER_Q = 8.617333262e-5
DEFAULTS = {"Rs": 0.35, "Rsh": 220.0, "n": 1.3, "cells": 36}


def photocurrent(irradiance, temperature, isc=5.2, coeff=3e-3):
    return irradiance / 1000.0 * (isc + coeff * (temperature - 298.15))


def saturation(temperature, i0=2e-7, gap=1.12):
    return i0 * (temperature / 298.15) ** 3 * np.exp(gap / K_OVER_Q * (1 / 298.15 - 1 / temperature))


def current(v, irradiance, temperature, **overrides):
    par = {**DEFAULTS, **overrides}
    scalar = np.isscalar(v)
    v = np.atleast_1d(np.asarray(v, dtype=float))
    il, i0 = photocurrent(irradiance, temperature), saturation(temperature)
    nvt = par["n"] * par["cells"] * K_OVER_Q * temperature
    i = np.full_like(v, il)
    for _ in range(60):
        ex = np.exp((v + i * par["Rs"]) / nvt)
        f = il - i0 * (ex - 1) - (v + i * par["Rs"]) / par["Rsh"] - i
        df = -i0 * ex * par["Rs"] / nvt - par["Rs"] / par["Rsh"] - 1
        delta = f / df
        i -= delta
        if np.max(np.abs(delta)) < 1e-13:
            break
    return i[0] if scalar else i


def power(x):
    """Of an operating voltage, an irradiance and a temperature."""
    v = 16.0 * x[0]
    total = v * current(v, 800.0 * x[1], 300.0 * x[2])
    grid = np.linspace(10.0, 17.0, 4)
    return total + np.sum(grid * current(grid, 800.0 * x[1], 300.0 * x[2], Rs=0.3)) / 10
