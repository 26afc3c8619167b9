"""The main job on real data: fit published regression problems with exact derivatives, and compare with what
was published.

``scipy.optimize`` drives each fit with hoad's Jacobian of the residuals (``least_squares``), and with hoad's
gradient and Hessian of the sum of squares (``minimize``, a trust-region Newton method). The same solvers run
on finite differences beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from scipy import optimize

from .datasets import ALL, Dataset
from .higher import hessian
from .jacobians import jacobian
from .operators import grad

AGREEMENT = 0.51  # half a unit of the last digit, and a little for the rounding of the last step


@dataclass(frozen=True)
class Fit:
    """What a fit found: estimates, standard errors, and the work of each solver."""

    estimates: Any
    errors: Any
    work: tuple[tuple[str, int, int], ...]


def residuals_of(data: Dataset) -> Callable[[Any], Any]:
    """The residuals as a function of the parameters, in units of the starting values."""
    scale = np.array(data.start)
    return lambda theta: data.model(theta * scale, data.x) - data.y


def fit(data: Dataset) -> Fit:
    """Fit a problem by both solvers.

    Args:
        data: the problem.

    Returns:
        The estimates of the trust-region Newton method, polished by a Newton step, with their standard
        errors.

    Example:
        >>> from hoad.datasets import PUROMYCIN
        >>> [round(float(v), 5) for v in fit(PUROMYCIN).estimates]
        [212.68374, 0.06412]
    """
    residuals, scale = residuals_of(data), np.array(data.start)

    def loss(theta: Any) -> Any:
        return np.sum(residuals(theta) ** 2) / 2

    one = np.ones(len(scale))
    exact = optimize.least_squares(
        residuals, one, jac=jacobian(residuals), xtol=1e-15, ftol=1e-15, gtol=1e-12
    )
    rough = optimize.least_squares(residuals, one, jac="2-point", xtol=1e-15, ftol=1e-15, gtol=1e-12)
    newton = optimize.minimize(loss, one, jac=grad(loss), hess=hessian(loss), method="trust-exact")
    quasi = optimize.minimize(loss, one, method="BFGS")
    theta = newton.x - np.linalg.solve(hessian(loss, newton.x), grad(loss, newton.x))
    j = jacobian(residuals, theta)
    variance = np.sum(residuals(theta) ** 2) / (len(data.y) - len(theta))
    errors = np.sqrt(np.diag(variance * np.linalg.inv(j.T @ j)))
    work = (
        ("least_squares, hoad's Jacobian", exact.njev, exact.nfev),
        ("least_squares, finite differences", rough.njev, rough.nfev + rough.njev * len(theta)),
        ("minimize trust-exact, hoad's gradient and Hessian", newton.nit, newton.nfev),
        ("minimize BFGS, finite differences", quasi.nit, quasi.nfev),
    )
    return Fit(theta * scale, errors * np.abs(scale), work)


def last_digit(published: str) -> float:
    """The value of one unit in the last digit of a published number.

    Example:
        >>> last_digit("0.06412"), last_digit("2.5E+02")
        (1e-05, 10.0)
    """
    exponent = Decimal(published).as_tuple().exponent
    return 10.0 ** int(exponent)


def difference(found: float, published: str) -> float:
    """How far a number is from a published one, in units of its last digit; up to 0.5 is agreement."""
    return abs(found - float(published)) / last_digit(published)


def digits(found: float, published: str) -> str:
    """A number with as many digits as a published one."""
    places = len(published.partition("E")[0].partition(".")[2])
    return f"{found:.{places}E}" if "E" in published else f"{found:.{places}f}"


def report(data: Dataset) -> float:
    """Print a problem's comparison.

    Args:
        data: the problem.

    Returns:
        The largest difference from a published number, in units of its last digit.
    """
    result = fit(data)
    print(f"\n{data.name}: {data.formula}\n{data.source}\n")
    print(f"  {'':4}{'hoad':>20}{'published':>20}{'off by':>10}   (units of the last published digit)")
    worst = 0.0
    columns = (("", result.estimates, data.estimates), ("se ", result.errors, data.errors))
    for label, found, published in columns:
        for name, value, text in zip(data.names, found, published, strict=True):
            off = difference(float(value), text)
            worst = max(worst, off)
            print(f"  {label + name:<6}{digits(float(value), text):>18}{text:>20}{off:>10.2f}")
    print(f"\n  {'solver':<52}{'iterations':>11}{'evaluations':>13}")
    for solver, iterations, evaluations in result.work:
        print(f"  {solver:<52}{iterations:>11}{evaluations:>13}")
    return worst


def main(problems: tuple[Dataset, ...] = ALL) -> int:
    """Fit all problems and compare with what was published.

    Args:
        problems: the problems.

    Returns:
        0 if every estimate and standard error agrees to the digits that were published, else 1.
    """
    worst = max(report(data) for data in problems)
    agrees = worst <= AGREEMENT
    verdict = (
        "All agree to the digits that were published" if agrees else "NOT all agree to the published digits"
    )
    print(
        f"\n{verdict}: the largest difference is {worst:.2f} units of a last digit (agreement: at most "
        f"{AGREEMENT})."
    )
    return 0 if agrees else 1
