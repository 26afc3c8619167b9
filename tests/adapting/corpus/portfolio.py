"""Finance: risk of a portfolio from a DataFrame of returns, with abstract classes and default factories."""

import abc

import numpy as np
import pandas as pd

returns = pd.DataFrame(
    {"A": [0.01, -0.02, 0.015, 0.003], "B": [0.004, 0.001, -0.01, 0.02], "C": [-0.005, 0.012, 0.007, -0.001]},
    index=pd.date_range("2020-01-01", periods=4),
)


class Risk(abc.ABC):
    @abc.abstractmethod
    def measure(self, weights): ...

    def __call__(self, weights):
        w = np.asarray(weights, dtype=float)
        if w.ndim != 1:
            raise ValueError("weights must be a vector")
        return self.measure(w / np.sum(w))


class Variance(Risk):
    def __init__(self, data):
        self.cov = data.cov().values * 252

    def measure(self, weights):
        return weights @ self.cov @ weights


class Shortfall(Risk):
    def __init__(self, data, sharpness=50.0):
        self.data, self.sharpness = data, sharpness

    def measure(self, weights):
        pnl = self.data.values @ weights
        soft = -np.log(np.mean(np.exp(-self.sharpness * pnl))) / self.sharpness
        return -soft


MEASURES = [Variance(returns), Shortfall(returns)]


def objective(w):
    mean = returns.mean().to_numpy()
    return sum(risk(w) for risk in MEASURES) - 0.5 * np.dot(w, mean) + 1e-3 * np.sum(np.abs(w) ** 1.5)
