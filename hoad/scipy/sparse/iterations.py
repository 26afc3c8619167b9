"""Iterative solvers of ``scipy.sparse.linalg``, by the implicit function theorem.

The value is SciPy's. Its derivatives are those of the solution of the equations: by steps of Newton's method
from there, each of which is a solve by the same method with the plain operator, to nearly all digits; reverse
mode solves with the adjoint one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import linalg

from ...chainrules.doors import door
from ...chainrules.statements import Linear
from ...errors import ConvergenceError
from ...nested import primal, refused
from ..inputs import Inputs, outside
from ..members import by_members
from ..steps import step
from .arithmetic import dense
from .operators import LinearOperator, adjoint, applied, applied_adjoint, parts_of, plain_operator

SYMMETRIC = ("cg", "minres")
SQUARE = ("cg", "cgs", "bicg", "bicgstab", "gmres", "lgmres", "minres", "qmr", "gcrotmk", "tfqmr")
FINE, ENOUGH = 1e-13, 1e-9  # how small the rest shall be beside b, and how small it must be
MOST = 300  # vectors that are kept where a method has broken down


class Inverse:
    """The solution of a plain system by an iteration, to nearly all digits.

    Args:
        solve: ``solve(operator, b)`` gives the solution and whether it was found.
        operator: the plain operator.
    """

    def __init__(
        self, solve: Callable[..., Any], operator: Any, name: str, turned: Inverse | None = None
    ) -> None:
        self.solve, self.operator, self.name = solve, operator, name
        self._adjoint = turned

    @property
    def adjoint(self) -> Inverse:
        """That of the adjoint operator."""
        if self._adjoint is None:
            symmetric = self.name in SYMMETRIC
            operator = self.operator if symmetric else adjoint(self.operator)
            self._adjoint = Inverse(self.solve, operator, self.name, self)
        return self._adjoint

    def __call__(self, b: Any) -> Any:
        if not np.any(b):
            return np.zeros_like(b)
        if np.iscomplexobj(b) and not np.issubdtype(self.operator.dtype, np.complexfloating):
            return self(b.real) + 1j * self(b.imag)
        size = np.max(np.abs(b))
        with outside():
            found, failed = self.solve(self.operator, b / size)
            rest = self.operator @ found - b / size
            if failed:  # the methods of few vectors break down, where all of them find it
                most = min(len(b), MOST)
                found, failed = linalg.gmres(
                    self.operator, b / size, found, rtol=FINE, atol=0.0, restart=most, maxiter=9
                )
                rest = self.operator @ found - b / size
        if failed and np.linalg.norm(rest) > ENOUGH * np.linalg.norm(b / size):
            raise ConvergenceError(
                f"scipy.sparse.linalg.{self.name} has not found the derivative: info={failed}"
            )
        return found * size


# The solution by iteration of a system whose operator is plain.
inverse_: Linear = Linear(
    lambda b, *, by: by(b), lambda g, b, *, by: inverse_(g, by=by.adjoint), name="an iterative solver"
)


def square(name: str) -> Callable[..., Any]:
    """A solver of square systems."""
    plain = getattr(linalg, name)

    def solver(A: Any, b: Any, x0: Any = None, **options: Any) -> Any:
        depends = Inputs(parts_of(A), b, options.get("shift", 0.0))
        operator, given = plain_operator(A), {k: v for k, v in options.items() if k != "shift"}
        shift = options.get("shift", 0.0)
        more = {"shift": primal(shift)} if "shift" in options else {}
        with outside():
            found, info = plain(operator, depends.plain(dense(b)), primal(x0), **given, **more)
        if not depends.leaves:
            return found, info
        if info:
            message = f"scipy.sparse.linalg.{name} has not converged (info={info}), so x has no derivative"
            raise refused(ConvergenceError(message), *depends.leaves)
        fine = {k: v for k, v in given.items() if k in ("M", "M1", "M2", "restart", "m", "k", "inner_m")}
        n = np.shape(found)[0]

        def solve(operator: Any, b: Any) -> Any:
            tight = {} if name == "minres" else {"atol": 0.0}
            return plain(operator, b, rtol=FINE, maxiter=20 * n + 100, **fine, **tight, **more)

        by = Inverse(solve, operator, name)
        b, x = np.reshape(dense(b), -1), found
        for _ in range(depends.order):
            x = x + inverse_(b - applied(A, x) + shift * x, by=by)
        return found + step(x), info

    return solver


def least(name: str) -> Callable[..., Any]:
    """A solver of least squares: of the normal equations of what it found."""
    plain = getattr(linalg, name)

    def solver(A: Any, b: Any, damp: Any = 0.0, *args: Any, **options: Any) -> Any:
        depends = Inputs(parts_of(A), b, damp)
        operator = plain_operator(A)
        with outside():
            found = plain(operator, depends.plain(dense(b)), float(primal(damp)), *args, **options)
        if not depends.leaves:
            return found
        b, d = np.reshape(dense(b), -1), damp * damp
        m, n = operator.shape
        wide = m < n and not np.any(primal(d))
        product = normal(operator, float(primal(d)), wide)
        by = Inverse(lambda op, r: linalg.cg(op, r, rtol=FINE, atol=0.0, maxiter=20 * (m + n)), product, "cg")
        x, y = found[0], by(operator @ found[0]) if wide else None
        for _ in range(depends.order):
            if wide:  # the solution of least norm is a combination of the rows
                y = y + inverse_(b - applied(A, applied_adjoint(A, y)), by=by)
                x = applied_adjoint(A, y)
            else:
                x = x + inverse_(applied_adjoint(A, b - applied(A, x)) - d * x, by=by)
        x = found[0] + step(x)
        return (x, *found[1:3], *norms(name, A, b, x, damp, found))

    return solver


def normal(operator: Any, damp: float, wide: bool) -> Any:
    """The operator of the normal equations."""
    back = adjoint(operator)
    of: Any = (lambda v: operator @ (back @ v)) if wide else (lambda v: back @ (operator @ v) + damp * v)
    n = operator.shape[0 if wide else 1]
    return LinearOperator((n, n), matvec=of, rmatvec=of, dtype=np.result_type(operator.dtype, float))


def norms(name: str, A: Any, b: Any, x: Any, damp: Any, found: Any) -> tuple[Any, ...]:
    """The norms that a solver gives beside the solution; what it estimates stays."""
    rest = b - applied(A, x)
    r, size = np.linalg.norm(rest), np.linalg.norm(x)
    both = np.sqrt(r**2 + damp**2 * size**2)
    gradient = np.linalg.norm(applied_adjoint(A, rest) - damp**2 * x)
    if name == "lsqr":
        return (r, both, *found[5:7], gradient, size, *found[9:])
    return (both, gradient, *found[5:7], size)


for _name in SQUARE:
    door(getattr(linalg, _name), always=True, keeps=(0, "A"))(by_members(square(_name)))
for _name in ("lsqr", "lsmr"):
    door(getattr(linalg, _name), always=True, keeps=(0, "A"))(by_members(least(_name)))
