"""Chemistry: rate laws as closures made by factories, composed by ``functools.reduce``."""

import functools
import itertools
import operator

import numpy as np


def arrhenius(prefactor, energy):
    calls = 0

    def rate(temperature):
        nonlocal calls
        calls += 1
        return prefactor * np.exp(-energy / temperature)

    rate.calls = lambda: calls
    return rate


def mass_action(k, *orders):
    def law(state, temperature):
        terms = itertools.starmap(pow, zip(state, orders, strict=False))
        return k(temperature) * functools.reduce(operator.mul, terms, 1.0)

    return law


def compose(*functions):
    return functools.reduce(lambda f, g: lambda x: f(g(x)), functions)


def euler(laws, stoichiometry, h):
    def step(state):
        flux = [law(state, 1.3) for law in laws]
        return tuple(
            s + h * sum(n * r for n, r in zip(column, flux, strict=True))
            for s, column in zip(state, zip(*stoichiometry, strict=True), strict=True)
        )

    return step


def yield_of_product(p):
    rates = [arrhenius(a, e) for a, e in zip((2.0, 1.1), p[:2], strict=True)]
    laws = [mass_action(rates[0], 1, 1, 0), mass_action(rates[1], 0, 0, 2)]
    step = euler(laws, ([-1, -1, 1], [0, 1, -2]), 0.05)
    run = compose(*[step] * 12)
    final = run((1.0, p[2], 0.0))
    assert rates[0].calls() == 12
    return final[2] / functools.reduce(max, final)
