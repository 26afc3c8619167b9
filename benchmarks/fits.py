"""Twenty small fits as scientists write them: what their derivatives cost beside finite differences.

Each has 2 to 8 parameters and 20 to 500 points of data, and is plain NumPy. A gradient by finite differences
takes n + 1 evaluations, a Hessian about n²: that is what a derivative of such a program has to beat. Each is
measured twice: run at each call, as the first calls of a fit are, and called often, when pure functions are
answered by what was recorded of them (``hoad.learned``).
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.limits import Limit
from benchmarks.peers import Peer
from benchmarks.timing import Effort, best_of, freeze, repeat

GRADIENT = 1.0  # in n + 1 evaluations, in the median
WORST = 1.5  # the same of the most expensive
HESSIAN = 30.0  # in evaluations, in the median
CALLS, SECONDS = 130, 0.4  # before the first reading, at most: until a sweep is written out
CALLS_TO_LEARN, SECONDS_TO_LEARN = 4000, 2.5  # the same until a function is learned
COMPILED = 1.0  # a compiled gradient in evaluations of the plain function, in the median


@dataclass(frozen=True)
class Fit:
    """A loss of some parameters, and where it is differentiated."""

    name: str
    loss: Callable[[Any], Any]
    start: np.ndarray


def sampled(model: Callable[..., Any], p: list[float], *data: Any, noise: float = 0.02) -> np.ndarray:
    """Data that a model explains up to noise."""
    exact = np.asarray(model(np.array(p), *data))
    return exact + noise * np.random.default_rng(len(p)).standard_normal(exact.shape)


def squares(name: str, model: Callable[..., Any], p: list[float], *data: Any, noise: float = 0.02) -> Fit:
    """A fit by least squares, near the parameters that the data were made with."""
    y = sampled(model, p, *data, noise=noise)

    def loss(q: Any) -> Any:
        return np.sum((y - model(q, *data)) ** 2)

    return Fit(name, loss, 1.02 * np.array(p))


# ------------------------------------------------------------------------------------------------------------
# Spectra and kinetics
# ------------------------------------------------------------------------------------------------------------


def gaussian_line(p: Any, x: Any) -> Any:
    """A Gaussian line over a sloping background."""
    height, center, width, level, slope = p
    return height * np.exp(-0.5 * ((x - center) / width) ** 2) + level + slope * x


def doublet(p: Any, x: Any) -> Any:
    """Two Lorentzian lines over a constant background."""
    first = p[0] / (1 + ((x - p[1]) / p[2]) ** 2)
    second = p[3] / (1 + ((x - p[4]) / p[5]) ** 2)
    return first + second + p[6]


def pseudo_voigt(p: Any, x: Any) -> Any:
    """A mixture of a Gaussian and a Lorentzian line of the same width."""
    height, center, width, share, level = p
    u = (x - center) / width
    return height * (share / (1 + u**2) + (1 - share) * np.exp(-np.log(2) * u**2)) + level


def dose_response(p: Any, dose: Any) -> Any:
    """The logistic curve of four parameters."""
    bottom, top, half, hill = p
    return bottom + (top - bottom) / (1 + (dose / half) ** -hill)


def inhibition(p: Any, s: Any, i: Any) -> Any:
    """Michaelis and Menten with a competitive inhibitor."""
    return p[0] * s / (p[1] * (1 + i / p[2]) + s)


def oral_dose(p: Any, t: Any) -> Any:
    """The concentration in one compartment after an oral dose."""
    ka, ke, volume = np.exp(p)
    return 100.0 * ka / (volume * (ka - ke)) * (np.exp(-ke * t) - np.exp(-ka * t))


def stretched(p: Any, t: Any) -> Any:
    """A stretched exponential decay."""
    return p[0] * np.exp(-((t / p[1]) ** p[2])) + p[3]


def damped(p: Any, t: Any) -> Any:
    """A damped oscillation."""
    a, gamma, omega, phase = p
    return a * np.exp(-gamma * t) * np.cos(omega * t + phase)


# ------------------------------------------------------------------------------------------------------------
# Matter, money, the sky
# ------------------------------------------------------------------------------------------------------------


def birch_murnaghan(p: Any, v: Any) -> Any:
    """The energy of a crystal at a volume, to third order."""
    e0, v0, b0, b1 = p
    eta = (v0 / v) ** (2 / 3)
    return e0 + 9 * v0 * b0 / 16 * ((eta - 1) ** 3 * b1 + (eta - 1) ** 2 * (6 - 4 * eta))


def peng_robinson(p: Any, t: Any, v: Any) -> Any:
    """The pressure of a real gas, with attraction, volume and acentric factor as parameters."""
    a, b, w = p
    kappa = 0.37464 + 1.54226 * w - 0.26992 * w**2
    alpha = (1 + kappa * (1 - np.sqrt(t))) ** 2
    return t / (v - b) - a * alpha / (v**2 + 2 * b * v - b**2)


def nelson_siegel(p: Any, tau: Any) -> Any:
    """A yield curve."""
    u = tau / p[3]
    load = (1 - np.exp(-u)) / u
    return p[0] + p[1] * load + p[2] * (load - np.exp(-u))


def radial_velocity(p: Any, t: Any) -> Any:
    """The velocity of a star with a planet: Kepler's equation by Newton's method."""
    k, period, e, omega, t0, drift = p
    mean = 2 * np.pi * (t - t0) / period
    big = mean + e * np.sin(mean)
    for _ in range(5):
        big = big - (big - e * np.sin(big) - mean) / (1 - e * np.cos(big))
    true = 2 * np.arctan2(np.sqrt(1 + e) * np.sin(big / 2), np.sqrt(1 - e) * np.cos(big / 2))
    return k * (np.cos(true + omega) + e * np.cos(omega)) + drift


def debye(p: Any, frequency: Any) -> Any:
    """The modulus of a permittivity with one time of relaxation (Cole and Cole)."""
    low, high, tau, alpha = p
    return np.abs(high + (low - high) / (1 + (1j * frequency * tau) ** (1 - alpha)))


def epidemic(p: Any, days: int) -> Any:
    """The infected of an epidemic, by Euler's method."""
    beta, gamma, infected = p
    susceptible, found = 1.0 - infected, []
    for _ in range(days):
        new = beta * susceptible * infected
        susceptible = susceptible - new
        infected = infected + new - gamma * infected
        found.append(infected)
    return np.array(found)


# ------------------------------------------------------------------------------------------------------------
# Likelihoods
# ------------------------------------------------------------------------------------------------------------


def weibull(x: np.ndarray) -> Callable[[Any], Any]:
    """Minus the log-likelihood of failure times."""

    def loss(p: Any) -> Any:
        shape, scale = p
        z = x / scale
        return -np.sum(np.log(shape / scale) + (shape - 1) * np.log(z) - z**shape)

    return loss


def mixture(x: np.ndarray) -> Callable[[Any], Any]:
    """Minus the log-likelihood of a mixture of two normal distributions."""

    def density(m: Any, s: Any) -> Any:
        return np.exp(-0.5 * ((x - m) / s) ** 2) / (s * np.sqrt(2 * np.pi))

    def loss(p: Any) -> Any:
        w = 1 / (1 + np.exp(-p[0]))
        return -np.sum(np.log(w * density(p[1], p[2]) + (1 - w) * density(p[3], p[4])))

    return loss


def logistic(features: np.ndarray, y: np.ndarray) -> Callable[[Any], Any]:
    """Minus the log-likelihood of a logistic regression, with a penalty."""

    def loss(w: Any) -> Any:
        z = features @ w
        return np.sum(np.logaddexp(0, z) - y * z) + 0.1 * np.sum(w**2)

    return loss


def poisson(features: np.ndarray, counts: np.ndarray) -> Callable[[Any], Any]:
    """Minus the log-likelihood of a regression of counts, without what does not depend on the weights."""

    def loss(w: Any) -> Any:
        eta = features @ w
        return np.sum(np.exp(eta) - counts * eta)

    return loss


def garch(returns: np.ndarray) -> Callable[[Any], Any]:
    """Minus the log-likelihood of GARCH(1, 1)."""

    def loss(p: Any) -> Any:
        omega, alpha, beta = p
        variance = np.zeros(len(returns))
        variance[0] = np.var(returns)
        for k in range(1, len(returns)):
            variance[k] = omega + alpha * returns[k - 1] ** 2 + beta * variance[k - 1]
        return 0.5 * np.sum(np.log(2 * np.pi * variance) + returns**2 / variance)

    return loss


def process(x: np.ndarray, y: np.ndarray) -> Callable[[Any], Any]:
    """Minus the log of the marginal likelihood of a Gaussian process."""
    gaps = (x[:, None] - x[None, :]) ** 2

    def loss(p: Any) -> Any:
        k = np.exp(2 * p[0]) * np.exp(-0.5 * gaps / np.exp(2 * p[1])) + np.exp(2 * p[2]) * np.eye(len(x))
        return 0.5 * y @ np.linalg.solve(k, y) + 0.5 * np.linalg.slogdet(k)[1]

    return loss


def fits() -> list[Fit]:
    """All twenty."""
    random = np.random.default_rng(0)
    x, t, dose = np.linspace(-5, 5, 200), np.linspace(0.1, 10, 60), np.logspace(-2, 2, 20)
    features = np.column_stack([np.ones(200), random.standard_normal((200, 4))])
    w = [0.2, 0.5, -0.3, 0.1, 0.4]
    s = np.repeat([0.5, 1.0, 2.0, 4.0, 8.0, 16.0], 4)
    volume = np.linspace(30.0, 50.0, 20)
    two = np.concatenate([random.normal(-1, 0.5, 120), random.normal(2, 1.0, 80)])
    nights, spots = np.sort(random.uniform(0, 50, 60)), np.linspace(0, 4, 25)
    labels = (random.random(200) < 1 / (1 + np.exp(-features @ w))).astype(float)
    return [
        squares("Gaussian line", gaussian_line, [3.0, 0.4, 0.8, 0.5, 0.05], x),
        squares("Lorentzian doublet", doublet, [2.0, -1.0, 0.6, 1.2, 1.3, 0.9, 0.2], np.linspace(-5, 5, 500)),
        squares("pseudo-Voigt line", pseudo_voigt, [3.0, 0.4, 0.8, 0.4, 0.5], x),
        squares("dose and response", dose_response, [0.1, 1.0, 1.5, 1.2], dose),
        squares("competitive inhibition", inhibition, [2.0, 1.5, 0.8], s, np.tile([0.0, 0.5, 1.0, 2.0], 6)),
        squares("oral dose", oral_dose, [0.5, -1.2, 3.0], np.linspace(0.25, 24, 24)),
        squares("stretched exponential", stretched, [1.0, 2.5, 0.7, 0.1], t),
        squares("damped oscillation", damped, [1.0, 0.2, 2.5, 0.3], np.linspace(0, 10, 100)),
        squares("Birch and Murnaghan", birch_murnaghan, [-10.0, 40.0, 0.6, 4.5], volume),
        squares("Peng and Robinson", peng_robinson, [1.2, 0.1, 0.2], np.repeat([0.8, 1.0, 1.2], 10),
                np.tile(np.linspace(0.5, 5, 10), 3)),
        squares("yield curve", nelson_siegel, [4.0, -2.0, 1.0, 2.0], np.linspace(0.25, 30, 40)),
        squares("radial velocity", radial_velocity, [55.0, 4.2, 0.3, 0.8, 1.0, 2.0], nights, noise=2.0),
        squares("dielectric relaxation", debye, [80.0, 5.0, 0.8, 0.1], dose),
        squares("epidemic", epidemic, [0.4, 0.1, 0.01], 60, noise=0.002),
        Fit("failure times", weibull(random.weibull(1.5, 100) * 3.0), np.array([1.4, 2.8])),
        Fit("mixture of two", mixture(two), np.array([0.3, -1.1, 0.6, 1.9, 1.1])),
        Fit("logistic regression", logistic(features, labels), np.array(w)),
        Fit("counts", poisson(features, random.poisson(np.exp(features @ w))), np.array(w)),
        Fit("GARCH", garch(0.01 * random.standard_normal(200)), np.array([1e-5, 0.1, 0.8])),
        Fit("Gaussian process", process(spots, np.sin(spots)), np.array([0.0, 0.0, -2.0])),
    ]  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What derivatives of a fit cost: seconds of an evaluation, a gradient, a Hessian, of those called often,
    and of those compiled.
    """

    fit: Fit
    value: float
    gradient: float
    hessian: float
    gradient_often: float
    hessian_often: float
    compiled: float
    compiled_hessian: float

    def by_differences(self, often: bool = False) -> float:
        """The gradient in n + 1 evaluations."""
        gradient = self.gradient_often if often else self.gradient
        return gradient / (self.value * (len(self.fit.start) + 1))

    def second(self, often: bool = False) -> float:
        """The Hessian in evaluations."""
        return (self.hessian_often if often else self.hessian) / self.value


def cost_of(hoad: Any, fit: Fit, effort: Effort) -> Cost:
    """Measure one of them; its gradient is compared with finite differences before."""
    f, p = fit.loss, fit.start
    check(f, p, hoad.grad(f, p))
    calls = {
        "value": lambda: f(p),
        "gradient": hoad.run_each_time()(lambda: hoad.grad(f, p)),
        "hessian": hoad.run_each_time()(lambda: hoad.hessian(f, p)),
        "gradient_often": lambda: hoad.grad(f, p),
        "hessian_often": lambda: hoad.hessian(f, p),
    }
    for name in ("gradient", "hessian"):
        repeat(calls[name], CALLS, SECONDS)
        repeat(calls[f"{name}_often"], CALLS_TO_LEARN, SECONDS_TO_LEARN)
    for name, derivative in (("compiled", hoad.grad(f)), ("compiled_hessian", hoad.hessian(f))):
        made = hoad.compile(derivative)
        np.testing.assert_allclose(
            made(p), derivative(p), rtol=1e-9, atol=1e-9 * np.max(np.abs(derivative(p)))
        )
        calls[name] = functools.partial(made, p)
    return Cost(fit, **best_of(calls, effort))


def check(f: Callable[[Any], Any], p: np.ndarray, gradient: np.ndarray) -> None:
    """The slope along a direction, by central differences."""
    h = 1e-6 * p
    slope = (f(p + h) - f(p - h)) / 2
    scale = float(np.sum(np.abs(gradient * h)))
    np.testing.assert_allclose(slope, gradient @ h, rtol=1e-5, atol=1e-5 * scale)


def costs(hoad: Any, effort: Effort) -> list[Cost]:
    """What the derivatives of all fits cost."""
    return [cost_of(hoad, fit, effort) for fit in fits()]


def fits_beside_differences(peers: dict[str, Peer], repeats: int) -> Iterator[Limit]:
    """Each gradient in n + 1 evaluations; the medians of that, and of the Hessians in evaluations."""
    if "hoad" not in peers:
        return
    freeze()
    found = costs(peers["hoad"].hoad, Effort(seconds=0.03 * repeats))  # type: ignore[attr-defined]
    for often, when in ((False, "run at each call"), (True, "called often")):
        for cost in found:
            ratio = cost.by_differences(often)
            yield limit(f"gradient, {when}: {cost.fit.name}, in n + 1 evaluations", ratio, WORST)
        ratio = statistics.median([c.by_differences(often) for c in found])
        yield limit(f"gradients of fits, {when}, in n + 1 evaluations, median", ratio, GRADIENT)
        share = statistics.median([c.second(often) for c in found])
        yield limit(f"Hessians of fits, {when}, in evaluations, median", share, HESSIAN)
    for name in ("compiled", "compiled_hessian"):
        share = statistics.median([getattr(c, name) / c.value for c in found])
        yield limit(f"{name.replace('_', ' ')} of fits in evaluations, median", share, COMPILED)


def limit(name: str, value: float, most: float) -> Limit:
    """One line of the table."""
    return Limit("fits", name, value, most, "times", {})


def table(found: list[Cost]) -> str:
    """All costs, one fit a line."""
    return "\n".join(
        f"{c.fit.name:24s} n = {len(c.fit.start)}  f {c.value * 1e6:7.1f} µs   "
        f"gradient {c.gradient * 1e6:8.1f} µs = {c.gradient / c.value:5.1f} f = "
        f"{c.by_differences():5.2f} (n + 1) f   Hessian {c.second():6.1f} f   "
        f"often {c.by_differences(True):5.2f} (n + 1) f, {c.second(True):6.1f} f   "
        f"compiled {c.compiled / c.value:6.3f} f, {c.compiled_hessian / c.value:6.3f} f"
        for c in found
    )
