"""Integration: a Runge-Kutta tableau of fractions, and money in decimals that stays apart."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

F = Fraction
A = [[], [F(1, 3)], [F(-1, 3), F(1)], [F(1), F(-1), F(1)]]
B = [F(1, 8), F(3, 8), F(3, 8), F(1, 8)]


def step(f, y, h):
    k = []
    for row in A:
        k.append(f(y + h * sum((a * v for a, v in zip(row, k, strict=True)), start=0)))
    return y + h * sum(b * v for b, v in zip(B, k, strict=True))


def fee(amount):
    try:
        return amount * Decimal("0.1")
    except TypeError:
        return amount * float(Decimal("0.1"))


def parsed(text):
    try:
        return float(Decimal(text))
    except InvalidOperation:
        return float(Fraction(1, 4))


def growth(p):
    y = p[0]
    for _ in range(4):
        y = step(lambda v: p[1] * v * (1 - v / p[2]), y, F(1, 5))
    weights = np.array([float(b) for b in B]) @ np.array([p[0], p[1], p[2], y])
    return fee(y) + parsed("1.5e0") * y + parsed("none") * weights + y / Fraction(7, 3) + 2 ** (F(1, 2) * y)
