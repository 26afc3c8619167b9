"""Differential operators by random sampling, for functions of so many variables that all directions are too
many: an unbiased estimate with its standard error.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import OPERATOR, ArgumentError, NonScalarOutputError, describe
from ..running.calling import Function
from ..running.chunks import Chunks
from ..running.operator import LATER, operator
from ..running.points import Point
from ..running.results import check_output, is_function
from ..values.constants import asarray
from ..values.shapes import size_of
from .differential import DifferentialOperator, stencil
from .multi_indices import Index
from .taylor import expanded

Seed = Any
KINDS = ("rademacher", "normal", "coordinates")


class Estimate(NamedTuple):
    """An estimate: its value, and the standard error of that.

    Args:
        value: the mean of the samples, a number or an array.
        standard_error: of the mean, of the same shape.

    Example:
        >>> import numpy as np, hoad
        >>> found = hoad.estimate_laplacian(lambda x: np.sum(x**2), np.ones(4), samples=8, seed=0)
        >>> found.value, found.standard_error
        (8.0, 0.0)
    """

    value: Any
    standard_error: Any


def checked_samples(samples: Any) -> int:
    """A number of samples, of which at least two are needed for a standard error."""
    if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < 2:
        raise ArgumentError(
            f"samples={samples!r} must be an integer, 2 or larger: the standard error comes from the "
            f"differences between the samples"
        )
    return int(samples)


def _estimate_laplacian(
    f: Function,
    args: Any,
    kwargs: Any,
    samples: int,
    seed: Seed,
    directions: str,
    chunk_size: int | None,
    progress: bool,
) -> Estimate:
    (x,), m = args, samples
    point = Point([x], ["the point"])
    n = sum(size_of(v) for v in point.differentiated())
    random = np.random.default_rng(seed)
    if directions == "coordinates":
        rows = np.eye(n)[random.choice(n, min(m, n), replace=False)]
    elif directions == "normal":
        rows = random.normal(size=(m, n))
    else:
        rows = random.choice([-1.0, 1.0], size=(m, n))
    c = coefficients(f, point, rows, 2, Chunks(chunk_size, progress, "Laplacian"))
    return summary(2.0 * n * c, n) if directions == "coordinates" else summary(2.0 * c, None)


def checked_directions(directions: Any) -> str:
    """A way to draw directions."""
    if directions not in KINDS:
        raise ArgumentError(f"directions={directions!r} must be one of {', '.join(map(repr, KINDS))}")
    return str(directions)


@operator(_estimate_laplacian, samples=checked_samples, directions=checked_directions)
def estimate_laplacian(
    f: Function,
    x: Any = LATER,
    samples: int = 100,
    *,
    seed: Seed = None,
    directions: str = "rademacher",
    chunk_size: int | None = None,
    progress: bool = False,
) -> Any:
    """Estimate the Laplacian from second derivatives along random directions.

    Args:
        f: a function of one argument whose value is a number or an array.
        x: the point: a number, an array or a container; without it, the estimate is returned as a function.
        samples: the number of directions.
        seed: of the random numbers, as ``numpy.random.default_rng`` takes it.
        directions: "rademacher" (Hutchinson's estimator, entries 1 and -1), "normal" (Gaussian entries), or
            "coordinates" (different axes at random: the sparse stochastic Taylor derivative estimator, exact
            with as many samples as variables).
        chunk_size: how many directions to take at once; see ``hoad.jacobian``.
        progress: show a progress bar (by tqdm).

    Returns:
        ``(value, standard_error)``, each of the shape of f's value.

    Raises:
        ArgumentError: too few samples, or no such directions.

    Source:
        M. Hutchinson, Communications in Statistics 19 (1990) 433; Z. Hu, Z. Shi, G. Karniadakis and K.
        Kawaguchi, Stochastic Taylor Derivative Estimator, NeurIPS 2024.

    Example:
        >>> import numpy as np, hoad
        >>> f = lambda x: np.sum(x**3) + x[0] * x[1]
        >>> hoad.estimate_laplacian(f, np.array([1.0, 2.0]), samples=2, seed=0, directions="coordinates")
        Estimate(value=18.0, standard_error=0.0)
    """


def _estimate_operator(
    f: Function,
    args: Any,
    kwargs: Any,
    operator: DifferentialOperator,
    samples: int,
    seed: Seed,
    chunk_size: int | None,
    progress: bool,
) -> Estimate:
    (x,), m = args, min(samples, len(operator.terms))
    point = Point([x], ["the point"])
    operator.check(point)
    indices = list(operator.terms)
    chosen = np.random.default_rng(seed).choice(len(indices), m, replace=False)
    chunks = Chunks(chunk_size, progress, "operator")
    parts = [term(f, x, point, indices[k], operator.terms[indices[k]], chunks) for k in sorted(chosen)]
    return summary(len(indices) * np.stack(parts), len(indices))


def checked_operator(operator: Any) -> DifferentialOperator:
    """A differential operator."""
    if isinstance(operator, DifferentialOperator):
        return operator
    raise ArgumentError(
        f"estimate_operator wants a differential operator first, and got {describe(operator)}: "
        f"hoad.estimate_operator(hoad.DifferentialOperator({{(2, 0): 1.0}}), f, x)"
    )


@operator(_estimate_operator, samples=checked_samples, operator=checked_operator)
def estimate_operator(
    operator: DifferentialOperator,
    f: Function,
    x: Any = LATER,
    samples: int = 100,
    *,
    seed: Seed = None,
    chunk_size: int | None = None,
    progress: bool = False,
) -> Any:
    """Estimate a differential operator of many terms from some of its terms, drawn at random without
    replacement.

    Args:
        operator: the operator.
        f: a function of one argument whose value is a number or an array.
        x: the point; without it, the estimate is returned as a function.
        samples: the number of terms to work out.
        seed: of the random numbers, as ``numpy.random.default_rng`` takes it.
        chunk_size: how many directions to take at once; see ``hoad.jacobian``.
        progress: show a progress bar (by tqdm).

    Returns:
        ``(value, standard_error)``, each of the shape of f's value; exact, with the error 0, if there are no
        more terms than samples.

    Source:
        Z. Hu, Z. Shi, G. Karniadakis and K. Kawaguchi, Stochastic Taylor Derivative Estimator, NeurIPS 2024.

    Raises:
        ArgumentError: the operator is none, or ``samples`` less than 2.

    Example:
        >>> import numpy as np, hoad
        >>> wave = hoad.DifferentialOperator({(2, 0): 1.0, (0, 2): -4.0})
        >>> hoad.estimate_operator(wave, lambda p: p[0]**2 + p[1]**3, np.array([1.0, 0.5]), seed=0)
        Estimate(value=-10.0, standard_error=0.0)
    """


def term(f: Function, x: Any, point: Point, index: Index, factor: Any, chunks: Chunks) -> Any:
    """One term of an operator."""
    factor = factor(x) if callable(factor) else factor
    if not any(index):
        return factor * f(x)
    sums = stencil({index: 1.0}, sum(index), point.differentiated()[0])
    c = coefficients(f, point, sums.directions, sums.order, chunks)
    return factor * np.tensordot(asarray(sums.weights, like=c), c, 1)


def coefficients(f: Function, point: Point, rows: np.ndarray, order: int, chunks: Chunks) -> Any:
    """The last Taylor coefficients along several directions, one in each row."""
    work = lambda which: along(f, point, rows[which.start : which.stop], order)
    found = chunks.map(work, len(rows), rows.shape[1], like=point.differentiated())
    return found[0] if len(found) == 1 else np.concatenate(found)


def along(f: Function, point: Point, rows: np.ndarray, order: int) -> Any:
    """The same for some of them."""
    ((value, last), *_), structure = expanded(f, point, rows, order)
    if structure is not None or is_function(value):
        raise NonScalarOutputError(
            f"{OPERATOR} wants a function whose value is a number or an array, and it returned a "
            f"{'function' if structure is None else 'container'}"
        )
    check_output(value, holomorphic=False)
    return last


def summary(values: Any, population: int | None) -> Estimate:
    """Mean and standard error of samples along the first axis, drawn from a finite population or not."""
    m = len(values)
    mean = np.mean(values, axis=0)
    share = 1.0 if population is None else 1.0 - m / population
    spread = np.std(values, axis=0, ddof=1) if m > 1 else np.zeros_like(mean)
    error = spread * np.sqrt(share / m)
    return Estimate(*[float(v) if isinstance(v, (np.floating, float)) else v for v in (mean, error)])
