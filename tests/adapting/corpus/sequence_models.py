"""Genetics: the likelihood of a sequence by a hidden chain, and the best alignment, over tables of Python's."""

import math
from itertools import pairwise

READ, REFERENCE = "AABGABAAB", "ABGABAB"


def log_likelihood(stay, leave, emission):
    step = {"u": {"u": stay, "v": 1 - stay}, "v": {"u": leave, "v": 1 - leave}}
    weights = {"u": 0.5, "v": 0.5}
    total = 0.0
    for letter in READ:
        new = {b: sum(weights[a] * step[a][b] for a in "uv") * emission[b].get(letter, 0.05) for b in "uv"}
        scale = math.fsum(new.values())
        total += math.log(scale)
        weights = {state: weight / scale for state, weight in new.items()}
    return total


def alignment(gap, hit):
    row = [-gap * k for k in range(len(REFERENCE) + 1)]
    for i, letter in enumerate(READ, 1):
        last, row = row, [-gap * i]
        for (before, above), other in zip(pairwise(last), REFERENCE):
            row.append(max(before + (hit if letter == other else -0.37 * hit), above - gap, row[-1] - gap))
    return row[-1]


def score(x):
    emission = {"u": {"A": x[2], "B": 0.9 - x[2]}, "v": {"A": 0.2, "B": 0.6 * x[0], "G": 0.1}}
    return log_likelihood(x[0], x[1], emission) + alignment(x[1], x[0] * x[2]) ** 2
