"""Matrix equations: Sylvester's, Lyapunov's and Riccati's, by what follows from them for a change of each
matrix (the theorem of the implicit function). Each change is the solution of a linear equation of Sylvester's
or Lyapunov's with the same matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from ...values.shapes import shape_of
from ..doors import door, outside
from ..numpy.factors import adjoint
from ..statements import Differential


def _sylvester(a: Any, b: Any, q: Any) -> Any:
    """SciPy's, of numbers of one kind: beside complex ones it takes the real form of Schur's of a real
    matrix, whose blocks are read as if they were triangular, and what comes out is no solution.
    """
    whole = (a, b, q)
    if any([np.iscomplexobj(x) for x in whole]):
        whole = tuple([np.add(x, 0j) for x in whole])
    return scipy.linalg.solve_sylvester(*whole)


sylvester_: Differential = Differential(
    _sylvester,
    lambda d, a, b, q, out: -sylvester_(a, b, d @ out),
    lambda d, a, b, q, out: -sylvester_(a, b, out @ d),
    transposes={2: lambda g, a, b, q: sylvester_(adjoint(a), adjoint(b), g)},
    name="scipy.linalg.solve_sylvester",
)


@door(scipy.linalg.solve_sylvester)
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """The solution of ``a @ x + x @ b = q``."""
    return sylvester_(a, b, q)


@door(scipy.linalg.solve_continuous_lyapunov, scipy.linalg.solve_lyapunov)
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """The solution of ``a @ x + x @ a^H = q``."""
    return sylvester_(a, adjoint(a), q)


def _stein(a: Any, q: Any, method: str | None) -> Any:
    return scipy.linalg.solve_discrete_lyapunov(a, q, method=method)


stein_: Differential = Differential(
    _stein,
    lambda d, a, q, out, method: stein_(a, d @ out @ adjoint(a) + a @ out @ adjoint(d), method=method),
    transposes={1: lambda g, a, q, method: stein_(adjoint(a), g, method=method)},
    name="scipy.linalg.solve_discrete_lyapunov",
)


@door(scipy.linalg.solve_discrete_lyapunov)
def solve_discrete_lyapunov(a: Any, q: Any, method: str | None = None) -> Any:
    """The solution of ``a @ x @ a^H - x + q = 0``."""
    return stein_(a, q, method=method)


# ------------------------------------------------------------------------------------------------------------
# Riccati equations. With the gain K, a change of the residual in each matrix moves X by the solution of
#     (A - BK)^H dX E + E^H dX (A - BK) = -change         (continuous)
#     (A - BK)^H dX (A - BK) - E^H dX E = -change         (discrete)
# ------------------------------------------------------------------------------------------------------------


def both(x: Any) -> Any:
    """A matrix and its adjoint."""
    return x + adjoint(x)


def over(x: Any, e: Any) -> Any:
    """The quotient ``x @ inv(e)``."""
    return np.swapaxes(np.linalg.solve(np.swapaxes(e, -1, -2), np.swapaxes(x, -1, -2)), -1, -2)


def gain_of(a: Any, b: Any, r: Any, e: Any, s: Any, x: Any, discrete: bool) -> Any:
    """The gain K of the feedback."""
    if discrete:
        return np.linalg.solve(r + adjoint(b) @ x @ b, adjoint(b) @ x @ a + adjoint(s))
    return np.linalg.solve(r, adjoint(b) @ x @ e + adjoint(s))


def by(change: Callable[..., Any]) -> Callable[..., Any]:
    """The differential of the solution, from the change of the residual: ``change(d, gain, a - b @ gain, e,
    x, discrete)``.
    """

    def differential(
        d: Any, a: Any, b: Any, q: Any, r: Any, e: Any, s: Any, x: Any, discrete: bool, balanced: bool
    ) -> Any:
        gain = gain_of(a, b, r, e, s, x, discrete)
        closed = a - b @ gain
        right = np.linalg.solve(adjoint(e), over(change(d, gain, closed, e, x, discrete), e))
        m = adjoint(over(closed, e))
        return stein_(m, right, method=None) if discrete else sylvester_(m, adjoint(m), -right)

    return differential


def _riccati(a: Any, b: Any, q: Any, r: Any, e: Any, s: Any, discrete: bool, balanced: bool) -> Any:
    solve = scipy.linalg.solve_discrete_are if discrete else scipy.linalg.solve_continuous_are
    return solve(a, b, q, r, e, s, balanced=balanced)


riccati_: Differential = Differential(
    _riccati,
    by(lambda d, k, c, e, x, discrete: both(adjoint(d) @ x @ (c if discrete else e))),
    by(lambda d, k, c, e, x, discrete: -both(adjoint(d @ k) @ x @ (c if discrete else e))),
    by(lambda d, k, c, e, x, discrete: d),
    by(lambda d, k, c, e, x, discrete: adjoint(k) @ d @ k),
    by(lambda d, k, c, e, x, discrete: -both(adjoint(d) @ x @ e) if discrete else both(adjoint(d) @ x @ c)),
    by(lambda d, k, c, e, x, discrete: -both(d @ k)),
    name="an algebraic Riccati equation",
)


def _solution(a: Any, b: Any, q: Any, r: Any, e: Any, s: Any, discrete: bool, balanced: bool) -> Any:
    e = np.eye(shape_of(a)[-1]) if e is None else e
    s = np.zeros(shape_of(b)) if s is None else s
    return riccati_(a, b, q, r, e, s, discrete=discrete, balanced=balanced)


@door(scipy.linalg.solve_continuous_are)
def solve_continuous_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """The stabilizing solution of the continuous algebraic Riccati equation."""
    return _solution(a, b, q, r, e, s, False, balanced)


@door(scipy.linalg.solve_discrete_are)
def solve_discrete_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """The stabilizing solution of the discrete algebraic Riccati equation."""
    return _solution(a, b, q, r, e, s, True, balanced)


for _rule in (
    sylvester_,
    stein_,
    riccati_,
):
    _rule.function = outside(_rule.function)
