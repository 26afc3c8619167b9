"""Small programs as they are found in statistics, finance and machine learning."""

from __future__ import annotations

import logging
import math
from collections import defaultdict, namedtuple
from typing import Any

import numpy as np
from scipy import linalg, optimize, stats
from scipy.spatial.distance import cdist

LOG = logging.getLogger(__name__)
Prior = namedtuple("Prior", "mean deviation")
COVARIANCE = np.array([[0.1, 0.02, 0.01], [0.02, 0.12, 0.03], [0.01, 0.03, 0.2]])


def hidden_markov(p: Any) -> Any:
    """The likelihood of a hidden chain of two states."""
    chain, means = np.array([[1 - p[0], p[0]], [p[1], 1 - p[1]]]), np.array([p[2], p[3]])
    found, now = 0.0, np.array([0.5, 0.5])
    for t, seen in enumerate([1.1, 0.9, 2.2, 1.9, 2.4, 0.7]):
        now = (now if t == 0 else now @ chain) * stats.norm.pdf(seen, means, 0.5)
        total = now.sum()
        found += np.log(total)
        now /= total
    return found


class Kalman:
    """A filter of a place and a speed."""

    def __init__(self, noise: Any, error: Any) -> None:
        self.move, self.look = np.array([[1, 1.0], [0, 1]]), np.array([[1.0, 0]])
        self.noise, self.error = noise, error
        self.x, self.p, self.likelihood = np.zeros((2, 1)), np.eye(2) * 10, 0.0

    def predict(self) -> None:
        """A step in time."""
        self.x = self.move @ self.x
        self.p = self.move.dot(self.p).dot(self.move.T) + self.noise

    def update(self, z: float) -> None:
        """What a reading tells."""
        y = z - self.look @ self.x
        s = self.look @ self.p @ self.look.T + self.error
        gain = self.p @ self.look.T @ np.linalg.inv(s)
        self.x = self.x + gain @ y
        self.p = (np.eye(2) - gain @ self.look) @ self.p
        self.likelihood += -0.5 * (y.T @ np.linalg.inv(s) @ y + np.log(np.linalg.det(s))).item()


def kalman(p: Any) -> Any:
    """The likelihood of a filtered series."""
    found = Kalman(p[0] * np.eye(2), np.array([[p[1]]]))
    for z in [1, 2.1, 2.9, 4.2, 5.1]:
        found.predict()
        found.update(z)
    return found.likelihood


def fit_within(p: Any) -> Any:
    """A result of a fit to data that vary."""
    t = np.linspace(0, 1, 15)
    y = p[0] * np.exp(-p[1] * t) + 0.01 * np.sin(9 * t)
    q, _ = optimize.curve_fit(lambda t, a, b: a * np.exp(-b * t), t, y, p0=[1.0, 0.1])
    return q[0] * q[1]


def implied_volatility(p: Any) -> Any:
    """The volatility at which an option has a price, by bisection."""

    def price(s: Any) -> Any:
        d1 = (math.log(p[1] / 100.0) + (p[2] + s * s / 2)) / s
        return p[1] * stats.norm.cdf(d1) - 100 * math.exp(-p[2]) * stats.norm.cdf(d1 - s)

    return optimize.brentq(lambda s: price(s) - p[0], 1e-3, 3)


def gaussian_process(p: Any) -> Any:
    """The likelihood of a Gaussian process."""
    x = np.linspace(0, 3, 8)[:, None]
    y = np.sin(x[:, 0])
    kernel = p[1] ** 2 * np.exp(-cdist(x, x, "sqeuclidean") / (2 * p[0] ** 2))
    factor = linalg.cholesky(kernel + p[2] ** 2 * np.eye(len(x)), lower=True)
    a = linalg.cho_solve((factor, True), y)
    return 0.5 * y @ a + np.log(np.diag(factor)).sum() + len(y) / 2 * math.log(2 * np.pi)


def network(w: Any) -> Any:
    """A network with a hidden layer, whose weights are in a dictionary."""
    weights = {"w1": w[:4].reshape(2, 2), "b1": w[4:6], "w2": w[6:8][:, None], "b2": w[8:9]}
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([0, 1, 1, 0])
    inner = x @ weights["w1"]
    h = np.maximum(0, inner + weights["b1"]) + 0.01 * np.tanh(inner)
    o = np.clip(1 / (1 + np.exp(-(h @ weights["w2"] + weights["b2"]))).ravel(), 1e-7, 1 - 1e-7)
    penalty = sum(np.sum(v**2) for k, v in weights.items() if k.startswith("w"))
    return -np.mean(y * np.log(o) + (1 - y) * np.log(1 - o)) + 1e-3 * penalty


def stationary(p: Any) -> Any:
    """The mean of a chain that is run until it stands."""
    chain = np.array([[1 - p[0], p[0], 0], [p[1] / 2, 1 - p[1], p[1] / 2], [0, p[2], 1 - p[2]]])
    v = np.ones(3) / 3
    while True:
        w = v @ chain
        if np.max(np.abs(w - v)) < 1e-13:
            return w @ [1, 2, 3]
        v = w


def survival(b: Any) -> Any:
    """Cox's partial likelihood."""
    x = np.array([[1, 2], [0, 1], [2, 0.5], [1.5, 1], [0.3, 0.2]])
    order = np.argsort(-np.array([5, 3, 8, 1, 4]))
    risk = x[order] @ b
    died = np.array([1, 1, 0, 1, 1])[order] == 1
    return np.sum((risk - np.logaddexp.accumulate(risk))[died])


def garch(p: Any) -> Any:
    """The likelihood of a volatility that is a recursion."""
    r = np.sin(np.arange(30) * 1.7) * 0.5
    h = np.empty(30)
    h[0] = r.var()
    for t in range(1, 30):
        h[t] = p[0] + p[1] * r[t - 1] ** 2 + p[2] * h[t - 1]
    return -0.5 * np.sum(np.log(2 * np.pi * h) + r**2 / h)


def posterior(p: Any) -> Any:
    """A posterior density, of frozen distributions."""
    mean, logarithm = p
    deviation, prior = np.exp(logarithm), Prior(0, 10)
    if not np.isfinite(deviation) or deviation > 1e6:
        return -np.inf
    return (
        stats.norm(mean, deviation).logpdf([0.2, 0.5, 1.2]).sum()
        + stats.norm.logpdf(mean, *prior)
        + stats.halfcauchy.logpdf(deviation, scale=2)
        + logarithm
    )


def portfolio(mean: Any) -> Any:
    """The use of the best weights."""
    w = np.linalg.solve(COVARIANCE, mean)
    w = w / w.sum()
    return w @ mean - 0.5 * w @ COVARIANCE @ w


def time_warping(x: Any) -> Any:
    """The distance of two series, by dynamic programming."""
    y, n = [0.2, 0.9, 0.4], 3
    d = np.full((n + 1, n + 1), np.inf)
    d[0, 0] = 0
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            d[i, j] = (x[i - 1] - y[j - 1]) ** 2 + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[n, n]


def page_rank(p: Any) -> Any:
    """The ranks of a small graph, in dictionaries."""
    links = defaultdict(list)
    for a, b in [(0, 1), (1, 2), (2, 0), (2, 1)]:
        links[a].append(b)
    ranks: dict[int, Any] = dict.fromkeys(range(3), 1 / 3)
    for _ in range(30):
        new = dict.fromkeys(ranks, (1 - p[0]) / 3)
        for a, outs in links.items():
            for b in outs:
                new[b] += p[0] * ranks[a] / len(outs)
        ranks = new
    return ranks[0] * p[1] + ranks[1] ** 2


def normal_vectors(p: Any) -> Any:
    """A density of normal vectors."""
    law = stats.multivariate_normal([p[0], 0], [[1, p[2]], [p[2], 1 + p[1]]])
    return law.logpdf([[0.1, 0.2], [1, 0.3]]).sum()


def least_squares(p: Any) -> Any:
    """Where two residuals vanish."""
    found = optimize.least_squares(
        lambda q: [q[0] ** 2 + q[1] - p[0], q[0] - q[1] * p[1]],
        [1.0, 1.0],
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
    )
    return found.x[0] * found.x[1]


def minimum(p: Any) -> Any:
    """The least of a function with parameters."""
    loss = lambda q: (q[0] - p[0]) ** 2 + (q[1] - p[1] * q[0]) ** 2 + 0.1 * q[1] ** 4
    return optimize.minimize(loss, [0.0, 0.0], tol=1e-12).fun


def logged(p: Any) -> Any:
    """A sum of squares, which is logged and written."""
    LOG.debug("p = %s", p)
    text, found = f"{p[0]:.3f}", {"a": p[0]}
    found.update(b=p[1] * 2)
    return sum(v**2 for v in found.values()) + len(text)


def polynomial(y: Any) -> Any:
    """A fitted polynomial, and the sum of its roots."""
    c = np.polyfit([0, 1, 2, 3.0], y, 2)
    return np.polyval(c, 1.5) + np.roots(c).real.sum()


def density(p: Any) -> Any:
    """The integral of a density of kernels."""
    x, grid = np.array([0.1, 0.4, 0.9]), np.linspace(0, 1, 11)
    d = (grid[:, None] - x - p[0]) / p[1]
    heights = np.exp(-0.5 * d**2).sum(1)
    return np.sum((heights[1:] + heights[:-1]) / 2 * np.diff(grid))


def low_rank(x: Any) -> Any:
    """The best approximation of rank one."""
    u, s, v = np.linalg.svd(np.sin(x).reshape(2, 3), full_matrices=False)
    return (u[:, :1] * s[:1] @ v[:1]).sum() + s[1] ** 2


PROGRAMS = [
    (hidden_markov, [0.3, 0.6, 1.0, 2.0]),
    (kalman, [0.1, 0.5]),
    (fit_within, [1.5, 0.2]),
    (implied_volatility, [10.5, 100.0, 0.03]),
    (gaussian_process, [0.7, 1.2, 0.3]),
    (network, list(np.arange(10) * 0.1 - 0.4)),
    (stationary, [0.2, 0.5, 0.3]),
    (survival, [0.3, -0.2]),
    (garch, [0.1, 0.1, 0.8]),
    (posterior, [0.5, 1.0]),
    (portfolio, [0.1, 0.2, 0.15]),
    (time_warping, [0.3, 0.8, 0.5]),
    (page_rank, [0.85, 0.3]),
    (normal_vectors, [0.2, 0.5, 0.3]),
    (least_squares, [1.2, 0.7]),
    (minimum, [1.2, 0.7]),
    (logged, [1.2, 0.7]),
    (polynomial, [1.0, 0.5, 2.0, 3.0]),
    (density, [0.3, 0.5]),
    (low_rank, list(np.arange(6) * 0.3 + 0.1)),
]
