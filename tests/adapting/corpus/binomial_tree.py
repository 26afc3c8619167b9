"""Finance: an American put on a tree of Cox, Ross and Rubinstein."""

import numpy as np


class Option:
    def __init__(self, strike, maturity, kind="put", american=True):
        self.strike = strike
        self.maturity = maturity
        self.kind = kind
        self.american = american

    def payoff(self, s):
        if self.kind == "put":
            return np.maximum(self.strike - s, 0)
        return np.maximum(s - self.strike, 0)


def crr(option, spot, rate, vol, steps=5):
    dt = option.maturity / steps
    u = np.exp(vol * np.sqrt(dt))
    d = 1 / u
    q = (np.exp(rate * dt) - d) / (u - d)
    disc = np.exp(-rate * dt)
    prices = np.zeros(steps + 1)
    for i in range(steps + 1):
        prices[i] = spot * u ** (steps - i) * d**i
    values = option.payoff(prices)
    for step in range(steps - 1, -1, -1):
        for i in range(step + 1):
            values[i] = disc * (q * values[i] + (1 - q) * values[i + 1])
            if option.american:
                s = spot * u ** (step - i) * d**i
                values[i] = max(values[i], option.strike - s)
    return values[0]


def price(x):
    return crr(Option(41.3, 0.75), float(x[0]), float(x[1]), float(x[2]))
