"""Optimisation with constraints, as IPOPT wants it: values alone, in the order of a structure that stays."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, MissingDependencyError
from ..operators.gradients import grad
from ..running.calling import check_function
from .objective import as_compiled, as_written, real_array

Function = Callable[..., Any]


class NonlinearProgram:
    """An objective and constraints with their sparse derivatives, under the names that ``cyipopt`` asks for.

    The Jacobian of the constraints and the Hessian of the Lagrangian, ``s f(x) + m @ g(x)``, are found by
    plans (``hoad.sparse_plan``), whose patterns are found once, at ``x``.

    Args:
        f: the objective: a number for an array.
        x: a point, an array of any shape; IPOPT has its numbers in one line.
        constraints: their values, an array for an array; there are none by default.
        compile: whether all derivatives are recorded and compiled (``hoad.compile``).

    Raises:
        ArgumentError: f is no function, or x is complex; at another point, if the derivatives have entries
            there that the structure lacks, as IPOPT keeps it from the start.
        MissingDependencyError: SciPy is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> f = lambda x: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]
        >>> g = lambda x: np.stack([np.prod(x), np.sum(x**2)])
        >>> x0 = np.array([1.0, 5.0, 5.0, 1.0])
        >>> p = hoad.NonlinearProgram(f, x0, g)
        >>> p.n, p.m, len(p.jacobianstructure()[0]), len(p.hessianstructure()[0])
        (4, 2, 8, 10)
        >>> # cyipopt.Problem(p.n, p.m, p, lb=..., ub=..., cl=[25, 40], cu=[2e19, 40]).solve(x0)
    """

    def __init__(
        self, f: Function, x: Any, constraints: Function | None = None, *, compile: bool = False
    ) -> None:
        check_function(f, "NonlinearProgram")
        if constraints is not None:
            check_function(constraints, "NonlinearProgram")
        x = real_array(x).copy()
        self._shape = x.shape
        self._f, self._g = f, constraints
        self._gradient = (as_compiled if compile else as_written)(grad(f))
        self.n = int(x.size)
        self.m = 0 if constraints is None else int(np.size(constraints(x)))
        sparse_plan = plans().sparse_plan
        self._first = None if constraints is None else sparse_plan(constraints, x, compile=compile)
        weights = [1.0] if constraints is None else [1.0, np.ones(self.m)]
        self._second = sparse_plan(lagrangian(f, constraints), x, *weights, order=2, compile=compile)
        rows, columns = self._second.structure
        self._lower = np.flatnonzero(rows >= columns)
        self._structure = rows[self._lower], columns[self._lower]

    def __repr__(self) -> str:
        name = getattr(self._f, "__name__", self._f)
        return f"<nonlinear program of {name}: {self.n} variables, {self.m} constraints>"

    def objective(self, x: Any) -> float:
        """The value to be minimised."""
        return float(self._f(self._point(x)))

    def gradient(self, x: Any) -> np.ndarray:
        """Its gradient."""
        return np.reshape(self._gradient(self._point(x)), -1)

    def constraints(self, x: Any) -> np.ndarray:
        """The values of the constraints, in one line."""
        return np.zeros(0) if self._g is None else np.reshape(self._g(self._point(x)), -1)

    def jacobianstructure(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows and columns of the entries of the constraints' Jacobian."""
        none = np.zeros(0, int)
        return (none, none) if self._first is None else self._first.structure

    def jacobian(self, x: Any) -> np.ndarray:
        """Those entries."""
        return np.zeros(0) if self._first is None else entries(self._first, self._point(x))

    def hessianstructure(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows and columns of the entries of the Lagrangian's Hessian, on the diagonal and below."""
        return self._structure

    def hessian(self, x: Any, lagrange: Any, obj_factor: float) -> np.ndarray:
        """Those entries, for multipliers of the constraints and a factor of the objective."""
        weights = (float(obj_factor),) if self._g is None else (float(obj_factor), real_array(lagrange))
        return entries(self._second, self._point(x), *weights)[self._lower]

    def _point(self, x: Any) -> np.ndarray:
        """The numbers that IPOPT gives, as f takes them."""
        return np.reshape(real_array(x), self._shape).copy()


def lagrangian(f: Function, constraints: Function | None) -> Function:
    """The weighted sum of an objective and constraints."""
    if constraints is None:
        return lambda x, s: s * f(x)
    return lambda x, s, m: s * f(x) + m @ np.reshape(constraints(x), -1)


def plans() -> Any:
    """The module of plans, which needs SciPy."""
    try:
        return importlib.import_module("hoad.sparse.planning")
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("scipy"):
            raise
        raise MissingDependencyError("NonlinearProgram needs SciPy: pip install 'hoad[scipy]'") from None


def entries(plan: Any, x: np.ndarray, *weights: Any) -> np.ndarray:
    """The entries that a plan gives, whose places must not change."""
    grown = plan.grown
    found: np.ndarray = plan(x, *weights).data
    if plan.grown != grown:
        raise ArgumentError(
            "the derivatives have entries here that they had not where the NonlinearProgram was made, as "
            "the function takes another branch, and IPOPT keeps the structure of the start: make it again "
            "here, and solve from this point, or write np.where for if, which has the entries of both"
        )
    return found
