"""Thermodynamics: formulas that guard themselves by exceptions, warnings and the floating point state."""

import math
import warnings

import numpy as np


def safe_log(x):
    try:
        return math.log(x)
    except ValueError:
        return -30.0


def ratio(a, b):
    try:
        return a / b
    except ZeroDivisionError:
        return 0.0


def exponential(x):
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def checked(v):
    if np.isnan(v).any() or not np.all(np.isfinite(v)):
        raise FloatingPointError("not finite")
    return v


def strict(x):
    with np.errstate(all="raise"):
        try:
            return np.log(x) / (x - 1.0)
        except FloatingPointError:
            return np.ones_like(x)


def activity(p):
    p = [float(v) for v in p]
    terms = [
        safe_log(p[0]),
        safe_log(p[0] - 5.0),
        ratio(p[1], p[1] - p[1]),
        ratio(p[1], p[0]),
        1 / exponential(800.0 * p[1] + 300.0),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            v = np.sqrt(np.array([p[2], -1.0]))
        except RuntimeWarning:
            v = np.sqrt(np.abs(np.array([p[2], -1.0])))
    s = strict(np.array([p[0], 2.0])) + strict(np.array([0.0, 2.0])) * p[2]
    try:
        checked(np.log(np.array([p[1], np.nan])))
    except FloatingPointError:
        terms.append(p[1] ** 2)
    return sum(terms) + np.prod(checked(v)) + s.sum()
