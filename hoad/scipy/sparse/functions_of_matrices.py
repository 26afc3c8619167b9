"""Norms, powers and exponentials of sparse matrices, and what an exponential does to a vector."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.sparse import linalg

from ...chainrules.doors import door
from ...chainrules.scipy.matrix_functions import expm as exponential
from ...chainrules.scipy.without import asking, refusal
from ...nested import primal
from ..inputs import Inputs, outside
from ..members import by_members
from ..steps import step
from .arithmetic import dense, of_each, trace
from .functions import guarded
from .holding import as_held, plain_of, without
from .operators import LinearOperator, applied, parts_of, plain_operator
from .systems import as_matrix

TERMS, REACH = 34, 2.0  # of the series, for operators up to that norm: the rest is below 1e-25


def norm(x: Any, ord: Any = None, axis: Any = None) -> Any:
    """A norm of a matrix, or of its rows or columns."""
    if isinstance(axis, int) or (isinstance(axis, tuple) and len(axis) == 1):
        return vector_norm(x, ord, axis if isinstance(axis, int) else axis[0])
    if ord in (None, "fro", "f"):
        return np.linalg.norm(as_held(x).entries)
    if ord in (1, -1, np.inf, -np.inf):
        along = 0 if abs(ord) == 1 else 1
        sums = absolute_sums(x, along)
        return np.max(sums) if ord > 0 else np.min(sums)
    linalg.norm(without(x), ord, axis)  # what SciPy raises
    return np.linalg.norm(x.toarray(), ord)


def absolute_sums(x: Any, axis: int) -> Any:
    """The sums of the absolute values along an axis."""
    sizes = of_each(np.abs)(x)
    return (sizes.T if axis == 0 else sizes) @ np.ones(x.shape[axis])


def vector_norm(x: Any, ord: Any, axis: int) -> Any:
    """The norms of the rows or columns."""
    return np.linalg.norm(x.toarray(), ord, axis)


def expm(A: Any) -> Any:
    """The exponential, by that of the array."""
    return as_matrix(exponential(A.toarray()), A)


def matrix_power(A: Any, power: int) -> Any:
    """The product of a matrix with itself."""
    out = A
    for _ in range(power - 1):
        out = out @ A
    return linalg_matrix_power(without(A), power) if power < 1 else out


linalg_matrix_power = linalg.matrix_power


@door(linalg.expm_multiply, always=True, keeps=(0, "A"))
@by_members
def expm_multiply(
    A: Any,
    B: Any,
    start: Any = None,
    stop: Any = None,
    num: Any = None,
    endpoint: Any = None,
    traceA: Any = None,
) -> Any:
    """What the exponential of a matrix does to vectors, at one time or at several."""
    depends = Inputs(parts_of(A), B, start, stop, traceA)
    a, b = plain_operator(A), depends.plain(dense(B))
    options = {"start": start, "stop": stop, "num": num, "endpoint": endpoint, "traceA": traceA}
    plain = {k: plain_of(v) for k, v in options.items() if v is not None}
    with outside():
        found = linalg_expm_multiply(a, b, **plain)
    if not depends.leaves:
        return found
    shift = 0.0 if isinstance(A, LinearOperator) else diagonal_mean(A)
    size = norm_of(a, primal(shift))
    if start is None and stop is None and num is None and endpoint is None:
        return found + step(carried(A, dense(B), 1.0, shift, size))
    start, stop = 0.0 if start is None else start, 1.0 if stop is None else stop
    many, ends = len(found), endpoint is not False
    width = (stop - start) / max(many - 1 if ends else many, 1)
    states = [carried(A, dense(B), start, shift, size)]
    for _ in range(many - 1):
        states.append(carried(A, states[-1], width, shift, size))
    return found + step(np.stack(states))


linalg_expm_multiply = linalg.expm_multiply


def diagonal_mean(A: Any) -> Any:
    """The mean of the diagonal, by which a matrix is shifted to have a smaller norm."""
    return (trace(A) if not isinstance(A, np.ndarray) else np.trace(A)) / A.shape[0]


def norm_of(a: Any, shift: Any) -> float:
    """The norm of a plain operator, or an estimate of it."""
    with outside():
        if not isinstance(a, LinearOperator):
            sizes = np.abs(a)
            return float(np.max(sizes.sum(axis=0)) + abs(shift))
        both = linalg.onenormest(a), linalg.onenormest(a.adjoint())
        return 2.0 * math.sqrt(both[0] * both[1])


def carried(A: Any, b: Any, t: Any, shift: Any, size: float) -> Any:
    """``expm(t A) @ b`` by as many series as the norm asks for.

    Source: A. Al-Mohy and N. Higham, Computing the action of the matrix exponential (2011).
    """
    length = abs(float(primal(t))) * size
    parts = max(1, math.ceil(length / REACH))
    h = t / parts
    for _ in range(parts):
        term = total_ = b
        for j in range(1, TERMS + 1):
            term = (applied(A, term) - shift * term) * (h / j)
            total_ = total_ + term
        b = total_ * np.exp(h * shift)
    return b


NO_DERIVATIVE = {
    "lobpcg": "eigsh(A, k) finds the same eigenvalues, and has one",
    "onenormest": "it is an estimate, by vectors that it chooses; norm(A, 1) has one",
    "funm_multiply_krylov": "it stops where an estimate says; expm_multiply(A, b) has one",
}
guarded(linalg.norm, norm)
guarded(linalg.expm, expm)
guarded(linalg.matrix_power, matrix_power)
for _name in ("is_sptriangular", "spbandwidth"):
    if hasattr(linalg, _name):
        door(getattr(linalg, _name))(asking(getattr(linalg, _name)))
for _name, _reason in NO_DERIVATIVE.items():
    if hasattr(linalg, _name):
        guarded(getattr(linalg, _name), refusal(f"scipy.sparse.linalg.{_name}", _reason))
