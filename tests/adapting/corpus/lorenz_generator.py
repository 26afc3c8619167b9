"""Chaos: a trajectory as a generator, taken in pieces by itertools."""

import itertools

import numpy as np


def flow(s, sigma, rho, beta):
    x, y, z = s
    return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


def trajectory(start, *parameters, h=0.01):
    state = np.asarray(start, dtype=float)
    while True:
        received = yield state
        if received is not None:
            state = state + received
        k1 = flow(state, *parameters)
        k2 = flow(state + 0.5 * h * k1, *parameters)
        state = state + h * k2


def windows(values, n):
    its = itertools.tee(values, n)
    for k, it in enumerate(its):
        next(itertools.islice(it, k, k), None)
    return zip(*its, strict=False)


def burn_in(steps, run):
    yield from itertools.islice(run, steps)


def roughness(p):
    run = trajectory((1.0, p[2], 20.0), 10.0 * p[0], 28.0, 8.0 / 3.0 * p[1])
    next(run)
    run.send(np.array([0.01, 0.0, -0.02]))
    list(burn_in(3, run))
    heights = (s[2] for s in itertools.islice(run, 15))
    second = (a - 2 * b + c for a, b, c in windows(heights, 3))
    total = sum(d * d for d in itertools.takewhile(lambda d: d < 1e3, second))
    run.close()
    return np.log(total)
