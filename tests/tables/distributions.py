"""Every distribution of ``scipy.stats`` at the parameters that SciPy's own tests use, and what is refused."""

from __future__ import annotations

from typing import Any

import scipy
import scipy.stats as st
from scipy.stats._distr_params import distcont, distdiscrete

LOC, SCALE = 0.2, 1.3
CONTINUOUS = [(name, tuple(map(float, shapes))) for name, shapes in distcont]
DISCRETE = [
    (name, tuple(shapes))
    for name, shapes in distdiscrete
    if isinstance(name, str) and name != "poisson_binom"
]
OF_POINT = ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf")
OF_PROBABILITY = ("ppf", "isf")
OF_COUNT = ("pmf", "logpmf", "cdf", "sf", "logcdf", "logsf")
OF_SHAPES = ("mean", "var", "std", "skewness", "kurtosis", "entropy", "third")

# What SciPy computes by code that can't be followed: these are refused, by name. "density" stands for what
# needs the derivative of the density, "shapes" for all that depends on the shape parameters.
REFUSED: dict[str, str] = {
    "irwinhall": "shapes",
    "kstwo": "density shapes",
    "ksone": "density shapes",
    "landau": "density",
    "levy_stable": "density shapes",
    "studentized_range": "density shapes",
}
if scipy.__version__.startswith("1.15."):
    REFUSED["zipfian"] = "shapes"  # by Python code for each number
# Values of SciPy that are not accurate enough for their differences to be.
NOISY = {"nchypergeom_wallenius", "studentized_range", "levy_stable"}


def call(dist: Any, name: str, args: list[Any]) -> Any:
    """One of the functions of a distribution."""
    if name in ("skewness", "kurtosis"):
        return dist.stats(*args, moments=name[0])
    if name == "third":
        return dist.moment(3, *args)
    return getattr(dist, name)(*args)


def point(name: str, shapes: Any, q: float) -> float:
    """A point beside a quantile."""
    return float(getattr(st, name).ppf(q, *shapes))
