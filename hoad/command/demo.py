"""The main job on real data: fit published regression problems with exact derivatives, and compare with what
was published.

``scipy.optimize`` drives each fit twice: with hoad's Jacobian of the residuals (``least_squares``), and with
hoad's gradient and Hessian of the sum of squares (``minimize``, the trust-region Newton method). The same two
solvers then run on forward differences, which are SciPy's default, so that the cost and the digits of both
can be compared.

A sum of squares is flat at its minimum: comparing its values tells estimates apart to about half the digits
of a float, and ``least_squares`` may stop there. The zero of the gradient is sharp, if the gradient is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from scipy import optimize

from ..operators.gradients import grad
from ..operators.hessians import hessian
from ..operators.jacobians import jacobian
from .datasets import ALL, Dataset

AGREEMENT = 0.51  # half a unit of the last digit, and a little for the rounding of the last step
FINITE = "finite differences"
LEGEND = """\
Published nonlinear regressions, fitted with exact derivatives.

se      standard error
s       standard deviation of the residuals
off by  distance from what was published, in units of the last published digit; a solver's worst
runs    how often the model was run, on numbers or on traced values"""
SECOND_STEP = 1e-5  # of differences of differences, whose own error is near the root of the rounding error


@dataclass(frozen=True)
class Work:
    """What one solver did: its iterations, its runs of the model (traced ones too), and how far from the
    published estimates it stopped, in units of their last digit.
    """

    solver: str
    derivatives: str
    iterations: int
    runs: int
    off: float


@dataclass(frozen=True)
class Fit:
    """What a fit found: estimates, standard errors, the residuals' standard deviation, and each solver's
    work.
    """

    estimates: Any
    errors: Any
    deviation: float
    work: tuple[Work, ...]


class Counted:
    """A function that counts its runs.

    Example:
        >>> f = Counted(abs)
        >>> f(-1), f(-2), f.runs
        (1, 2, 2)
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function, self.runs = function, 0

    def __call__(self, theta: Any) -> Any:
        self.runs += 1
        return self.function(theta)


# ------------------------------------------------------------------------------------------------------------
# Fits
# ------------------------------------------------------------------------------------------------------------


def residuals_of(data: Dataset) -> Callable[[Any], Any]:
    """The residuals as a function of the parameters, in units of the starting values."""
    scale = np.array(data.start)
    return lambda theta: data.model(theta * scale, data.x) - data.y


def half_sum_of_squares(residuals: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What a fit makes small."""
    return lambda theta: np.sum(residuals(theta) ** 2) / 2


def by_least_squares(data: Dataset, *, exact: bool) -> tuple[Any, Work]:
    """Fit by the residuals and their Jacobian."""
    residuals = Counted(residuals_of(data))
    found = optimize.least_squares(
        residuals,
        np.ones(len(data.start)),
        jac=jacobian(residuals) if exact else "2-point",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-12,
    )
    return found.x, work_of(data, "least_squares", exact, found.njev, residuals.runs, found.x)


def by_newton(data: Dataset, *, exact: bool) -> tuple[Any, Work]:
    """Fit by the sum of squares, its gradient and its Hessian."""
    residuals = Counted(residuals_of(data))
    loss = half_sum_of_squares(residuals)
    slope: Callable[[Any], Any] = grad(loss) if exact else lambda t: optimize.approx_fprime(t, loss)
    bend: Callable[[Any], Any] = (
        hessian(loss) if exact else lambda t: optimize.approx_fprime(t, slope, SECOND_STEP)
    )
    options = {"gtol": 1e-8, "maxiter": 100}
    one = np.ones(len(data.start))
    found = optimize.minimize(loss, one, jac=slope, hess=bend, method="trust-exact", options=options)
    return found.x, work_of(data, "minimize, trust-exact", exact, found.nit, residuals.runs, found.x)


def work_of(data: Dataset, solver: str, exact: bool, iterations: int, runs: int, theta: Any) -> Work:
    """The record of a solver's work."""
    found = zip(theta * np.array(data.start), data.estimates, strict=True)
    off = largest([difference(float(value), text) for value, text in found])
    return Work(solver, "hoad" if exact else FINITE, int(iterations), runs, off)


def fit(data: Dataset) -> Fit:
    """Fit a problem by both solvers, each with exact derivatives and with finite differences.

    Args:
        data: the problem.

    Returns:
        The estimates of the Newton method with hoad's derivatives, polished by two Newton steps; their
        standard errors, the roots of the diagonal of ``s**2 (J^T J)^-1``, by a QR factorisation of hoad's
        Jacobian J; the residuals' standard deviation s; and the work of the solvers.

    Example:
        >>> from hoad.command.datasets import PUROMYCIN
        >>> [round(float(v), 5) for v in fit(PUROMYCIN).estimates]
        [212.68374, 0.06412]
    """
    tries = [solve(data, exact=exact) for solve in (by_least_squares, by_newton) for exact in (True, False)]
    residuals, scale = residuals_of(data), np.array(data.start)
    loss, theta = half_sum_of_squares(residuals), tries[2][0]
    for _ in range(2):
        theta = theta - np.linalg.solve(hessian(loss, theta), grad(loss, theta))
    deviation = np.sqrt(2 * loss(theta) / (len(data.y) - len(theta)))
    root = np.linalg.inv(np.linalg.qr(jacobian(residuals, theta), mode="r"))
    errors = deviation * np.sqrt(np.sum(root**2, axis=1))
    return Fit(theta * scale, errors * np.abs(scale), float(deviation), tuple(work for _, work in tries))


# ------------------------------------------------------------------------------------------------------------
# Comparisons
# ------------------------------------------------------------------------------------------------------------


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


def largest(differences: list[float]) -> float:
    """The largest difference; nan if there is one, which is no agreement."""
    return float(np.max(differences))


def digits(found: float, published: str) -> str:
    """A number with as many digits as a published one."""
    places = len(published.partition("E")[0].partition(".")[2])
    return f"{found:.{places}E}" if "E" in published else f"{found:.{places}f}"


def rows(data: Dataset, result: Fit) -> list[tuple[str, float, str, float]]:
    """Label, number found, number published, and how far apart they are, of everything published."""
    labels = [*data.names, *(f"se {name}" for name in data.names), "s"]
    found = [float(v) for v in (*result.estimates, *result.errors, result.deviation)]
    published = [*data.estimates, *data.errors, data.deviation]
    return [(n, v, t, difference(v, t)) for n, v, t in zip(labels, found, published, strict=True)]


def report(data: Dataset) -> float:
    """Print a problem's comparison.

    Args:
        data: the problem.

    Returns:
        The largest difference from a published number, in units of its last digit.
    """
    result = fit(data)
    table = rows(data, result)
    print(f"\n{data.name}: {data.formula}\n{data.source}\n")
    print(f"  {'':<6}{'hoad':>18}{'published':>20}{'off by':>10}")
    for label, value, text, off in table:
        print(f"  {label:<6}{digits(value, text):>18}{text:>20}{off:>10.2f}")
    print(f"\n  {'solver':<23}{'derivatives':<20}{'iterations':>11}{'runs':>7}{'off by':>10}")
    for work in result.work:
        print(line(work))
    return largest([off for *_, off in table])


def line(work: Work) -> str:
    """A solver's work, as a line of the table."""
    off = f"{work.off:.2f}" if work.off < 1e6 else f"{work.off:.1e}"
    return f"  {work.solver:<23}{work.derivatives:<20}{work.iterations:>11}{work.runs:>7}{off:>10}"


def main(problems: tuple[Dataset, ...] = ALL) -> int:
    """Fit all problems and compare with what was published.

    Args:
        problems: the problems.

    Returns:
        0 if every estimate, standard error and standard deviation agrees to the digits that were published,
        else 1.
    """
    print(LEGEND)
    worst = largest([report(data) for data in problems])
    agrees = worst <= AGREEMENT
    verdict = (
        "All agree to the digits that were published" if agrees else "NOT all agree to the published digits"
    )
    print(
        f"\n{verdict}: the largest difference is {worst:.2f} units of a last digit (agreement: at most "
        f"{AGREEMENT})."
    )
    return 0 if agrees else 1
