"""Epidemics: SEIR by Euler's method, with lists and named tuples."""

from collections import namedtuple

import numpy as np

State = namedtuple("State", "S E I R")
CASES = np.array([2.0, 3.0, 5.0, 9.0, 14.0, 20.0])


def step(state, beta, sigma, gamma, N, dt):
    infection = beta * state.S * state.I / N * dt
    onset = sigma * state.E * dt
    recovery = gamma * state.I * dt
    new = State(
        state.S - infection, state.E + infection - onset, state.I + onset - recovery, state.R + recovery
    )
    return new, onset


def incidence(R0, sigma, gamma, N=1000, days=6, dt=0.25):
    beta = R0 * gamma
    state = State(S=N - 10, E=6, I=4, R=0)
    daily = []
    for day in range(days):
        if day == 4:
            beta = 0.6 * beta
        cases = 0
        for _ in range(int(1 / dt)):
            state, new = step(state, beta, sigma, gamma, N, dt)
            cases += new
        daily.append(cases)
    return daily


def deviance(p):
    mu = np.array(incidence(*p))
    return 2 * np.sum(CASES * np.log(CASES / mu) - (CASES - mu))
