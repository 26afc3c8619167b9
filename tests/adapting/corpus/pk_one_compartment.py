"""Pharmacokinetics: one compartment with oral doses, superposed."""

import math

DOSES = [
    {"time": 0.0, "amount": 100.0},
    {"time": 8.0, "amount": 50.0},
    {"time": 16.0, "amount": 50.0, "lag": 0.5},
]
OBSERVATIONS = [(1.0, 1.6), (4.0, 1.9), (9.0, 1.8), (20.0, 1.2)]


def concentration(t, ka, cl, v):
    """Sum of the Bateman functions of the doses that were given."""
    ke = cl / v
    total = 0.0
    for dose in DOSES:
        dt = t - dose["time"] - dose.get("lag", 0.0)
        if dt <= 0:
            continue
        if abs(ka - ke) < 1e-8:
            total += dose["amount"] / v * ka * dt * math.exp(-ke * dt)
        else:
            total += dose["amount"] * ka / (v * (ka - ke)) * (math.exp(-ke * dt) - math.exp(-ka * dt))
    return total


def neg_log_likelihood(p):
    ka, cl, v, sigma = [math.exp(q) for q in p]
    nll = 0.0
    for t, y in OBSERVATIONS:
        c = concentration(t, ka, cl, v)
        nll += (
            math.log(sigma) + 0.5 * math.log(2 * math.pi) + 0.5 * ((math.log(y) - math.log(c)) / sigma) ** 2
        )
    return nll
