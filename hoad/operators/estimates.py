"""Differential operators by random sampling, for functions of so many variables that all directions are too
many: an unbiased estimate with its standard error.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..errors import OPERATOR, ArgumentError, NonScalarOutputError, describe
from ..kinds.collapsed import weighted
from ..running.calling import Function
from ..running.chunks import Chunks
from ..running.operator import LATER, operator
from ..running.points import Point
from ..running.results import check_output, is_function, kind_of, ratio
from ..tangents.fit import narrowed
from ..values.shapes import size_of
from .differential import DifferentialOperator
from .multi_indices import Index
from .stencils import located, ways
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
    if directions == "coordinates" and n:
        rows = np.eye(n)[random.choice(n, min(m, n), replace=False)]
    elif directions == "normal":
        rows = random.normal(size=(m, n))
    else:
        rows = random.choice([-1.0, 1.0], size=(m, n))
    c = coefficients(f, point, rows, {2}, Chunks(chunk_size, progress, "Laplacian"))[2]
    return summary(2.0 * n * c, n) if directions == "coordinates" and n else summary(2.0 * c, None)


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
    drawn = [indices[k] for k in sorted(chosen)]
    factors = [c(x) if callable(c := operator.terms[i]) else c for i in drawn]
    parts = derivatives(f, point, drawn, Chunks(chunk_size, progress, "operator"))
    each = [factor * part for factor, part in zip(factors, parts, strict=True)]
    return summary(len(indices) * np.stack(each), len(indices))


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


def derivatives(f: Function, point: Point, indices: list[Index], chunks: Chunks) -> list[Any]:
    """Mixed derivatives of any orders, the value of f among them, along all directions that they need at
    once.
    """
    x = point.differentiated()[0]
    places: dict[Index, int] = {}
    sums = []
    for i in indices:
        found = ways(i) if any(i) else {}
        rows = [places.setdefault(direction, len(places)) for direction in found]
        sums.append((sum(i), rows, [ratio(w, x) for w in found.values()]))
    directions = np.array(list(places), dtype=float).reshape(len(places), len(indices[0]))
    c = coefficients(f, point, directions, {order for order, *_ in sums}, chunks)
    each = [weighted(located(np.stack(w), x), c[k][rows]) if k else c[0] for k, rows, w in sums]
    return [narrowed(part, kind_of(c[k])) for part, (k, *_) in zip(each, sums, strict=True)]


def coefficients(f: Function, point: Point, rows: np.ndarray, orders: set[int], chunks: Chunks) -> Any:
    """Taylor coefficients of some orders along several directions, one in each row; that of order 0 is the
    value.
    """
    work = lambda which: along(f, point, rows[which.start : which.stop], orders)
    first, *rest = chunks.map(work, len(rows), rows.shape[1], like=point.differentiated())
    return {k: np.concatenate([c, *[r[k] for r in rest]]) if k and rest else c for k, c in first.items()}


def along(f: Function, point: Point, rows: np.ndarray, orders: set[int]) -> dict[int, Any]:
    """The same for some of them."""
    ((value, series), *_), structure = expanded(f, point, rows, max(orders))
    if structure is not None or is_function(value):
        raise NonScalarOutputError(
            f"{OPERATOR} wants a function whose value is a number or an array, and it returned a "
            f"{'function' if structure is None else 'container'}"
        )
    check_output(value, holomorphic=False)
    return {k: series[k] if k else value for k in orders}


def summary(values: Any, population: int | None) -> Estimate:
    """Mean and standard error of samples along the first axis, drawn from a finite population or not."""
    m = len(values)
    mean = np.mean(values, axis=0)
    share = 1.0 if population is None else 1.0 - m / population
    spread = np.std(values, axis=0, ddof=1) if m > 1 else np.zeros_like(mean)
    error = spread * math.sqrt(share / m)
    return Estimate(*[float(v) if isinstance(v, (np.floating, float)) else v for v in (mean, error)])
