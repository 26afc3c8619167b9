"""Derivatives as SciPy's solvers ask for them, again and again: sparse ones by a plan, where they are
sparse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..nested import forgiven
from ..sparse.plans import SparsePlan

Function = Callable[..., Any]
FROM = 100  # unknowns, from which on a look at the pattern pays
# The same for least_squares: a sparse matrix makes SciPy solve its linear problems by iterations (LSMR), that
# need many where they are ill-conditioned, and below this size the factors of a dense one cost little.
ITERATED = 1000
SPARSE = 0.1  # the part of the entries that may differ from zero, up to which a matrix is handed over sparse


def planned(
    f: Function, x: Any, args: tuple[Any, ...], order: int, compile: bool, least: int = FROM
) -> SparsePlan | None:
    """A plan of a derivative of at least so many unknowns, if that is sparse."""
    if np.size(x) < least or np.iscomplexobj(x):
        return None
    try:
        plan = SparsePlan(f, x, args, order, None, None, True, compile)
    except Exception as error:  # what is wrong with f is told where its dense derivative is taken
        forgiven(error)
        return None
    rows, columns = plan.shape
    return plan if plan.nnz <= SPARSE * rows * columns else None


class Slopes:
    """A derivative of a function, sparse if it is so at the first point.

    Args:
        f: the function; more than the point is passed on to it.
        dense: its derivative as an array.
        order: 1 for the Jacobian, 2 for the Hessian.
        compile: whether what is planned is compiled.
        as_array: whether the solver takes arrays alone.
        least: how many unknowns there must be.
    """

    def __init__(
        self,
        f: Function,
        dense: Function,
        order: int = 1,
        compile: bool = False,
        as_array: bool = False,
        least: int = FROM,
    ) -> None:
        self.f = f
        self.dense = dense
        self.order = order
        self.compile = compile
        self.as_array = as_array
        self.least = least
        self.plan: SparsePlan | None = None
        self.is_known = False

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        x = np.asarray(x, float)
        if not self.is_known:
            f = (lambda z, *more: self.f(z, *more, **kwargs)) if kwargs else self.f
            self.plan, self.is_known = planned(f, x, args, self.order, self.compile, self.least), True
        if self.plan is None:
            return self.dense(x, *args, **kwargs)
        found = self.plan(x, *args)
        return found.toarray() if self.as_array else found
