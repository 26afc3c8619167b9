"""Nuclear physics: Bateman's chain, as a script of a few lines with everything global."""

import math

import numpy as np

names = ["Mo99", "Tc99m", "Tc99"]
half_lives = {"Mo99": 65.94, "Tc99m": 6.01, "Tc99": 1.85e9}
times = np.linspace(1, 24, 5)
activities = np.array([8.9, 8.3, 7.6, 7.0, 6.4])


def chain(lam, n0, t):
    """Numbers after a time, by the formula of Bateman."""
    n = len(lam)
    out = np.zeros(n)
    for k in range(n):
        prod = 1.0
        for i in range(k):
            prod *= lam[i]
        s = 0.0
        for i in range(k + 1):
            denom = 1.0
            for j in range(k + 1):
                if j != i:
                    denom *= lam[j] - lam[i]
            s += math.exp(-lam[i] * t) / denom
        out[k] = n0 * prod * s
    return out


def misfit(p):
    lam = [math.log(2) / (half_lives[name] * f) for name, f in zip(names, [p[0], p[1], 1.0])]
    total = 0
    for t, a in zip(times, activities):
        n = chain(lam, 1000 * p[2], t)
        total += (lam[0] * n[0] + 0.1 * lam[1] * n[1] - a) ** 2
    return total


if __name__ == "__main__":
    table = np.array([chain([0.01, 0.1, 0.3], 1.0, t) for t in times])
    print("sum of squares:", round(float(misfit([1.0, 1.0, 1.0])), 3))
