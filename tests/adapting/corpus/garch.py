"""Econometrics: the likelihood of GARCH(1, 1), as a class with parameters by name."""

import numpy as np

RETURNS = np.array([0.1, -0.4, 0.9, -1.2, 0.3, 0.05, -0.6, 1.4, -0.2, 0.5, -0.1, 0.8])


class Garch:
    names = ("omega", "alpha", "beta")

    def __init__(self, returns, mean=None):
        self.y = np.asarray(returns)
        self.mean = self.y.mean() if mean is None else mean
        self.nobs = self.y.shape[0]

    def variances(self, params):
        resid2 = (self.y - self.mean) ** 2
        sigma2 = np.empty(self.nobs)
        sigma2[0] = params["omega"] / (1.0 - params["alpha"] - params["beta"])
        for t in range(1, self.nobs):
            sigma2[t] = params["omega"] + params["alpha"] * resid2[t - 1] + params["beta"] * sigma2[t - 1]
        return sigma2

    def loglike(self, theta):
        params = {name: value for name, value in zip(self.names, theta, strict=True)}
        if params["alpha"] + params["beta"] >= 1 or min(theta) < 0:
            return -np.inf
        s2 = self.variances(params)
        return -0.5 * np.sum(np.log(2 * np.pi) + np.log(s2) + (self.y - self.mean) ** 2 / s2)


model = Garch(RETURNS)
