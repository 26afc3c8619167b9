"""The densities of distributions of vectors and matrices, by their points and parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc
import scipy.stats as st
from scipy.stats import _multivariate as of_scipy

from ...chainrules.doors import BEHIND, COMPANIONS, door
from ...errors import ArgumentError
from .continuous import taken

Function = Callable[..., Any]
LOG_TAU = math.log(2 * math.pi)


def whitened(x: Any, center: Any, cov: Any) -> tuple[Any, Any]:
    """The squared distances of points in the measure of a positive definite matrix, and its log determinant.

    Raises:
        LinAlgError: it is singular, and the derivative by it would be of another density.
    """
    root = np.linalg.cholesky(cov)
    rest = np.reshape(x - center, (-1, np.shape(cov)[0]))
    scaled = np.linalg.solve(root, np.transpose(rest))
    squares = np.reshape(np.sum(scaled**2, axis=0), np.shape(x)[:-1])
    return squares, 2 * np.sum(np.log(np.diagonal(root)))


def points_of(x: Any, n: int) -> Any:
    """Points with their components along the last axis."""
    x = taken(x)
    if np.ndim(x) == 0:
        return np.reshape(x, (1,))
    return np.reshape(x, (-1, 1)) if np.ndim(x) == 1 and n == 1 else x


def normal_of(mean: Any, cov: Any) -> tuple[Any, Any, int]:
    """The mean, the covariance and the dimension, as SciPy reads them."""
    if isinstance(cov, st.Covariance):
        cov = cov.covariance
    mean = None if mean is None else np.reshape(taken(mean), (-1,))
    cov = taken(1.0 if cov is None else cov)
    n = np.size(mean) if mean is not None else max(np.shape(cov)[:1] or (1,))
    if np.ndim(cov) < 2:
        cov = cov * np.eye(n)
    return np.zeros(n) if mean is None else mean, cov, n


def normal_logpdf(x: Any, mean: Any, cov: Any) -> Any:
    """The logarithm of the density of a normal vector."""
    mean, cov, n = normal_of(mean, cov)
    squares, log_det = whitened(points_of(x, n), mean, cov)
    return np.squeeze(-0.5 * (n * LOG_TAU + log_det + squares))  # as SciPy, at one point it is a number


normal = of_scipy.multivariate_normal_gen


@door(normal.logpdf)
def _(self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    return normal_logpdf(x, mean, cov)


@door(normal.pdf)
def _(self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    return np.exp(normal_logpdf(x, mean, cov))


@door(normal.entropy)
def _(self: Any, mean: Any = None, cov: Any = 1) -> Any:
    _, cov, n = normal_of(mean, cov)
    return 0.5 * (n * (LOG_TAU + 1) + whitened(np.zeros(n), 0.0, cov)[1])


class Frozen:
    """A multivariate distribution with traced parameters."""

    def __init__(self, dist: Any, *args: Any, **kwargs: Any) -> None:
        self._dist, self._args, self._kwargs = dist, args, kwargs

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._dist, name)
        if name in ("entropy", "mean", "var"):
            return lambda: method(*self._args, **self._kwargs)
        return lambda x: method(x, *self._args, **self._kwargs)


for _cls in (
    of_scipy.multivariate_normal_gen,
    of_scipy.multivariate_t_gen,
    of_scipy.dirichlet_gen,
    of_scipy.wishart_gen,
):
    door(_cls.__call__)(Frozen)


def t_logpdf(x: Any, loc: Any, shape: Any, df: Any) -> Any:
    """The logarithm of the density of Student's vector."""
    loc, shape, n = normal_of(loc, shape)
    squares, log_det = whitened(points_of(x, n), loc, shape)
    half = 0.5 * (df + n)
    head = sc.gammaln(half) - sc.gammaln(0.5 * df) - n / 2 * np.log(df * np.pi) - 0.5 * log_det
    return np.squeeze(head - half * np.log1p(squares / df))


@door(of_scipy.multivariate_t_gen.logpdf)
def _(self: Any, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
    return t_logpdf(x, loc, shape, df)


@door(of_scipy.multivariate_t_gen.pdf)
def _(self: Any, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1, allow_singular: bool = False) -> Any:
    return np.exp(t_logpdf(x, loc, shape, df))


def dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    """The logarithm of Dirichlet's density; of n - 1 components, the last is what is left."""
    x, alpha = taken(x), taken(alpha)
    if np.shape(x)[0] == np.size(alpha) - 1:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
    whole = np.reshape(alpha, (-1,) + (1,) * (np.ndim(x) - 1))
    norm = sc.gammaln(np.sum(alpha)) - np.sum(sc.gammaln(alpha))
    return np.squeeze(norm + np.sum(sc.xlogy(whole - 1, x), axis=0))


@door(of_scipy.dirichlet_gen.logpdf)
def _(self: Any, x: Any, alpha: Any) -> Any:
    return dirichlet_logpdf(x, alpha)


@door(of_scipy.dirichlet_gen.pdf)
def _(self: Any, x: Any, alpha: Any) -> Any:
    return np.exp(dirichlet_logpdf(x, alpha))


@door(of_scipy.dirichlet_gen.mean)
def _(self: Any, alpha: Any) -> Any:
    return alpha / np.sum(alpha)


@door(of_scipy.dirichlet_gen.var)
def _(self: Any, alpha: Any) -> Any:
    total = np.sum(alpha)
    return alpha * (total - alpha) / (total**2 * (total + 1))


def wishart_logpdf(x: Any, df: Any, scale: Any) -> Any:
    """The logarithm of Wishart's density, of one matrix."""
    x, scale = taken(x), taken(scale)
    if np.ndim(x) != 2 or np.ndim(scale) != 2:
        raise ArgumentError("inside a derivative, scipy.stats.wishart has densities of one matrix at a time")
    n = np.shape(scale)[0]
    root = np.linalg.cholesky(scale)
    log_scale = 2 * np.sum(np.log(np.diagonal(root)))
    log_x = 2 * np.sum(np.log(np.diagonal(np.linalg.cholesky(x))))
    halves = df / 2 - np.arange(n) / 2
    gammas = n * (n - 1) / 4 * np.log(np.pi) + np.sum(sc.gammaln(halves))
    head = 0.5 * (df - n - 1) * log_x - 0.5 * np.trace(np.linalg.solve(scale, x))
    return head - 0.5 * df * n * np.log(2.0) - 0.5 * df * log_scale - gammas


@door(of_scipy.wishart_gen.logpdf)
def _(self: Any, x: Any, df: Any, scale: Any) -> Any:
    return wishart_logpdf(x, df, scale)


@door(of_scipy.wishart_gen.pdf)
def _(self: Any, x: Any, df: Any, scale: Any) -> Any:
    return np.exp(wishart_logpdf(x, df, scale))


@door(of_scipy.multinomial_gen.logpmf)
def _(self: Any, x: Any, n: Any, p: Any) -> Any:
    return multinomial_logpmf(x, n, p)


@door(of_scipy.multinomial_gen.pmf)
def _(self: Any, x: Any, n: Any, p: Any) -> Any:
    return np.exp(multinomial_logpmf(x, n, p))


def multinomial_logpmf(x: Any, n: Any, p: Any) -> Any:
    """The logarithm of the probability of counts; as SciPy, the last share is what the others leave."""
    x, p = np.asarray(x), taken(p)
    p = np.concatenate([p[..., :-1], 1 - np.sum(p[..., :-1], axis=-1, keepdims=True)], axis=-1)
    return sc.gammaln(n + 1) + np.sum(sc.xlogy(x, p) - sc.gammaln(x + 1), axis=-1)


# ------------------------------------------------------------------------------------------------------------
# Distributions whose parameters were given before
# ------------------------------------------------------------------------------------------------------------

PARAMETERS: dict[type, tuple[type, tuple[str, ...]]] = {
    of_scipy.multivariate_normal_frozen: (of_scipy.multivariate_normal_gen, ("mean", "cov_object")),
    of_scipy.multivariate_t_frozen: (of_scipy.multivariate_t_gen, ("loc", "shape", "df")),
    of_scipy.dirichlet_frozen: (of_scipy.dirichlet_gen, ("alpha",)),
    of_scipy.wishart_frozen: (of_scipy.wishart_gen, ("df", "scale")),
    of_scipy.multinomial_frozen: (of_scipy.multinomial_gen, ("n", "p")),
}


def of_frozen(method: Function, names: tuple[str, ...]) -> Function:
    """A density of a distribution that holds its parameters under these names."""
    return lambda self, x: BEHIND[method](self._dist, x, *[getattr(self, name) for name in names])


for _frozen, (_cls, _names) in PARAMETERS.items():
    for _method in ("logpdf", "pdf", "logpmf", "pmf"):
        if _method in vars(_frozen):
            door(vars(_frozen)[_method])(of_frozen(vars(_cls)[_method], _names))
COMPANIONS["scipy.stats._multivariate"] = tuple(PARAMETERS)  # a program may make them as it runs


# ------------------------------------------------------------------------------------------------------------
# Density estimates
# ------------------------------------------------------------------------------------------------------------


class Estimate:
    """``scipy.stats.gaussian_kde`` of traced data, or with a traced bandwidth."""

    def __init__(self, dataset: Any, bw_method: Any = None, weights: Any = None) -> None:
        self.dataset = np.atleast_2d(taken(dataset))
        self.d, self.n = np.shape(self.dataset)
        self.weights = (
            np.ones(self.n) / self.n if weights is None else taken(weights) / np.sum(taken(weights))
        )
        self.neff = 1 / np.sum(self.weights**2)
        if bw_method in (None, "scott"):
            self.factor = self.neff ** (-1.0 / (self.d + 4))
        elif isinstance(bw_method, str):
            self.factor = (self.neff * (self.d + 2) / 4.0) ** (-1.0 / (self.d + 4))
        else:
            self.factor = bw_method(self) if callable(bw_method) else np.reshape(bw_method, ())
        rest = self.dataset - np.sum(self.weights * self.dataset, axis=1, keepdims=True)
        self.covariance = (
            (self.weights * rest) @ np.transpose(rest) / (1 - np.sum(self.weights**2)) * self.factor**2
        )

    def logpdf(self, points: Any) -> Any:
        """The logarithm of the density."""
        return estimate(points, self.dataset, self.covariance, self.weights)

    def pdf(self, points: Any) -> Any:
        """The density."""
        return np.exp(self.logpdf(points))

    evaluate = __call__ = pdf

    def set_bandwidth(self, bw_method: Any = None) -> None:
        """Another bandwidth."""
        vars(self).update(vars(Estimate(self.dataset, bw_method, self.weights)))

    def integrate_gaussian(self, mean: Any, cov: Any) -> Any:
        """The integral of the density times a normal one."""
        return product_with_normal(self, mean, cov)

    def integrate_box_1d(self, low: Any, high: Any) -> Any:
        """The integral over an interval."""
        return within(self, low, high)

    def integrate_kde(self, other: Any) -> Any:
        """The integral of the product with another."""
        return product_with(self, other)

    def marginal(self, dimensions: Any) -> Any:
        """The estimate of some components."""
        rows = np.atleast_1d(dimensions)
        made = object.__new__(Estimate)
        vars(made).update(vars(self), dataset=self.dataset[rows], d=len(rows))
        made.covariance = self.covariance[rows][:, rows]
        return made


def product_with_normal(self: Any, mean: Any, cov: Any) -> Any:
    """The integral of an estimate times a normal density."""
    d = np.shape(self.dataset)[0]
    mean, cov = np.reshape(taken(mean), (-1,)), np.reshape(taken(cov), (d, d))
    terms = normal_logpdf(np.transpose(self.dataset), mean, self.covariance + cov)
    return np.sum(self.weights * np.exp(terms))


def product_with(self: Any, other: Any) -> Any:
    """The integral of the product of two estimates."""
    cov, zero = self.covariance + other.covariance, np.zeros(np.shape(self.dataset)[0])
    rest = np.transpose(self.dataset)[:, None, :] - np.transpose(other.dataset)[None, :, :]
    return np.sum(self.weights[:, None] * other.weights * np.exp(normal_logpdf(rest, zero, cov)))


def within(self: Any, low: Any, high: Any) -> Any:
    """The integral of an estimate of one component over an interval."""
    size, places = np.sqrt(self.covariance[0, 0]), self.dataset[0]
    return np.sum(self.weights * (sc.ndtr((high - places) / size) - sc.ndtr((low - places) / size)))


door(st.gaussian_kde.integrate_gaussian)(product_with_normal)
door(st.gaussian_kde.integrate_kde)(product_with)
door(st.gaussian_kde.integrate_box_1d)(within)


def estimate(points: Any, dataset: Any, cov: Any, weights: Any) -> Any:
    """The logarithm of a sum of normal densities."""
    points = np.atleast_2d(taken(points))
    d = np.shape(dataset)[0]
    if np.shape(points)[0] != d and np.shape(points) == (1, d):
        points = np.transpose(points)
    rest = np.transpose(points)[:, None, :] - np.transpose(dataset)[None, :, :]
    squares, log_det = whitened(rest, 0.0, cov)
    terms = np.log(weights) - 0.5 * (squares + log_det + d * LOG_TAU)
    top = np.max(terms, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(terms - top), axis=1)) + top[:, 0]


door(st.gaussian_kde)(Estimate)


@door(st.gaussian_kde.evaluate, st.gaussian_kde.__call__)
def _(self: Any, points: Any) -> Any:
    return np.exp(estimate(points, self.dataset, self.covariance, self.weights))


@door(st.gaussian_kde.pdf)
def _(self: Any, x: Any) -> Any:
    return np.exp(estimate(x, self.dataset, self.covariance, self.weights))


@door(st.gaussian_kde.logpdf)
def _(self: Any, x: Any) -> Any:
    return estimate(x, self.dataset, self.covariance, self.weights)
