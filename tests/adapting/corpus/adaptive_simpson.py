"""Quadrature: adaptive Simpson's rule by recursion, with a cache of values that the module holds."""

import math

_values = {}
_calls = 0


def integrand(t, a, b):
    return math.exp(-a * t * t) * math.cos(b * t) if t < 2.0 else 0.0


def remembered(f, t):
    global _calls
    if t not in _values:
        _calls += 1
        _values[t] = f(t)
    return _values[t]


def simpson(f, a, b):
    return (b - a) / 6 * (remembered(f, a) + 4 * remembered(f, (a + b) / 2) + remembered(f, b))


def adaptive(f, a, b, whole=None, tolerance=1e-4, depth=0):
    middle = (a + b) / 2
    whole = simpson(f, a, b) if whole is None else whole
    left, right = simpson(f, a, middle), simpson(f, middle, b)
    if (error := abs(left + right - whole)) < 15 * tolerance or depth >= 5:
        return left + right + (left + right - whole) / 15
    assert error > 0
    return adaptive(f, a, middle, left, tolerance / 2, depth + 1) + adaptive(
        f, middle, b, right, tolerance / 2, depth + 1
    )


def ratio(p):
    global _calls
    results = []
    for upper in (1.0, 1.75):
        _values.clear()
        results.append(adaptive(lambda t: integrand(t, p[0], p[1]), 0.0, upper * p[2]))
    assert _calls > 0
    _calls = 0
    _values.clear()
    return results[0] / results[1]
