"""The solvers of ``scipy.optimize`` beside ``minimize`` and ``root``: those with a name for each method,
those that search everywhere, and least squares that are linear.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize as of_scipy

from ..chainrules.doors import door
from ..chainrules.scipy.without import ask, refuse
from ..nested import primal
from .inputs import array, outside
from .members import by_members
from .optimisers import Call, minimiser, number, of_equations, traced_call
from .steps import step

Function = Callable[..., Any]


def first_of(call: Call, found: Any) -> Any:
    """What a solver gives, with the solution in the first place, or alone."""
    return (found, *call.found[1:]) if isinstance(call.found, tuple) else found


def plain_first(call: Call) -> Any:
    """The solution alone."""
    return call.found[0] if isinstance(call.found, tuple) else call.found


# ------------------------------------------------------------------------------------------------------------
# Equations, and minima
# ------------------------------------------------------------------------------------------------------------

for _name in (
    "broyden1", "broyden2", "anderson", "newton_krylov", "diagbroyden", "excitingmixing", "linearmixing",
):  # fmt: skip
    traced_call(getattr(of_scipy, _name))(lambda call: of_equations(call, "F", call.found))


def lowest(call: Call) -> Any:
    """A minimiser that is given alone, or first of several things."""
    name = "func" if "func" in call.given else "f"
    valued = call.given.get("fprime") is None and not call.given.get("approx_grad", True)
    loss, plain = (number(call.function(name, p, valued)) for p in (False, True))
    x = minimiser(call, loss, plain, plain_first(call))
    if not isinstance(call.found, tuple):
        return x
    return x, call.found[1] + step(loss(x)), *call.found[2:]


for _name in (
    "fmin", "fmin_bfgs", "fmin_cg", "fmin_powell", "fmin_ncg", "fmin_l_bfgs_b", "fmin_tnc",
):  # fmt: skip
    traced_call(getattr(of_scipy, _name))(lowest)


@traced_call(of_scipy.fmin_slsqp)
def _(call: Call) -> Any:
    for given in (call.given, call.plain_given.arguments):
        given["constraints"] = [
            {"type": kind, "fun": f, "args": given["args"]}
            for kind, name in (("eq", "eqcons"), ("ineq", "ieqcons"))
            for f in (*given[name], *([given[f"f_{name}"]] if given[f"f_{name}"] else ()))
        ]
        given["bounds"] = given["bounds"] if len(given["bounds"]) else None
    return lowest(call)


@traced_call(of_scipy.fmin_cobyla)
def _(call: Call) -> Any:
    for given in (call.given, call.plain_given.arguments):
        cons, args = given["cons"], given["consargs"]
        args = given["args"] if args is None else args
        given["constraints"] = [
            {"type": "ineq", "fun": f, "args": args} for f in (cons if np.iterable(cons) else [cons])
        ]
    return lowest(call)


def lowest_of_one(call: Call) -> Any:
    """A minimiser that is a number."""
    if "x1" in call.given:
        call.given["bounds"] = [(call.given["x1"], call.given["x2"])]
    loss, plain = (call.function("func", p) for p in (False, True))
    of_one: Function = lambda f: lambda x: np.sum(f(x[0]))
    x = minimiser(call, of_one(loss), of_one(plain), np.atleast_1d(plain_first(call)))[0]
    if not isinstance(call.found, tuple):
        return x
    return x, call.found[1] + step(np.reshape(loss(x), ())), *call.found[2:]


for _name in ("brent", "golden", "fminbound"):
    traced_call(getattr(of_scipy, _name))(lowest_of_one)


def everywhere(call: Call) -> Any:
    """A result of a search over a whole box."""
    result = type(call.found)(call.found)
    loss, plain = (number(call.function("func", p)) for p in (False, True))
    result.x = minimiser(call, loss, plain, call.found.x)
    result.fun = call.found.fun + step(loss(result.x))
    return result


for _name in ("differential_evolution", "dual_annealing", "shgo", "basinhopping", "direct"):
    traced_call(getattr(of_scipy, _name))(everywhere)


@traced_call(of_scipy.brute)
def _(call: Call) -> Any:
    return lowest(call)


@traced_call(of_scipy.leastsq)
def _(call: Call) -> Any:
    half: Function = lambda f: lambda x: np.sum(f(x) ** 2) / 2
    f, plain = (call.function("func", p) for p in (False, True))
    return first_of(call, minimiser(call, half(f), half(plain), plain_first(call)))


# ------------------------------------------------------------------------------------------------------------
# Linear least squares
# ------------------------------------------------------------------------------------------------------------


def of_free(A: Any, b: Any, x: Any, free: Any, fixed: Any) -> Any:
    """The least squares of ``A x - b`` in some unknowns, the others being given."""
    n = np.shape(A)[1]
    rest = b - A[:, ~free] @ fixed[~free] if not free.all() else b
    places = np.argsort(np.concatenate([np.flatnonzero(free), np.flatnonzero(~free)]))
    best = np.linalg.lstsq(A[:, free], rest, rcond=None)[0] if free.any() else np.zeros(0)
    return x + step(np.concatenate([best, fixed[~free]])[places] if n else best)


@door(of_scipy.nnls)
@by_members
def nnls(A: Any, b: Any, **options: Any) -> Any:
    """Least squares without negative unknowns: those that are zero stay so."""
    with outside():
        x, norm = of_scipy.nnls(primal(A), primal(b), **options)
    found = of_free(array(A), array(b), x, x > 0, np.zeros(len(x)))
    rest = array(A) @ found - array(b)
    return found, norm + step(np.sqrt(np.sum(rest * rest))) if norm else norm


@door(of_scipy.lsq_linear)
@by_members
def lsq_linear(A: Any, b: Any, bounds: Any = (-np.inf, np.inf), method: str = "trf", **options: Any) -> Any:
    """Least squares within bounds: the unknowns that are at one stay there."""
    low, high = (bounds.lb, bounds.ub) if isinstance(bounds, of_scipy.Bounds) else bounds
    with outside():
        found = of_scipy.lsq_linear(primal(A), primal(b), (primal(low), primal(high)), method, **options)
    result, n = type(found)(found), len(found.x)
    ends = [np.broadcast_to(array(end), (n,)) for end in (low, high)]
    fixed = np.where(found.active_mask > 0, ends[1], np.where(found.active_mask < 0, ends[0], 0.0))
    result.x = of_free(array(A), array(b), found.x, found.active_mask == 0, fixed)
    rest = array(A) @ result.x - array(b)
    result.fun, result.cost = found.fun + step(rest), found.cost + step(np.sum(rest * rest) / 2)
    return result


if hasattr(of_scipy, "isotonic_regression"):

    @door(of_scipy.isotonic_regression)
    @by_members
    def isotonic_regression(y: Any, *, weights: Any = None, increasing: bool = True) -> Any:
        """The means of the blocks."""
        with outside():
            found = of_scipy.isotonic_regression(primal(y), weights=primal(weights), increasing=increasing)
        result, n = type(found)(found), np.size(y)
        w = np.ones(n) if weights is None else array(weights)
        blocks = found.blocks
        means = [np.sum((w * y)[i:j]) / np.sum(w[i:j]) for i, j in itertools.pairwise(blocks)]
        result.x = found.x + step(np.repeat(np.stack(means), np.diff(blocks)))
        return result


ask(of_scipy, "linear_sum_assignment", "bracket")
refuse(
    of_scipy,
    {
        "line_search": "it is a step of a minimiser, and minimize has one",
        "check_grad": "it compares with differences; hoad.verify compares without",
    },
    captured=True,
)
_VERTEX = "its solution is a corner; solve the equations of the constraints that hold there, np.linalg.solve"
refuse(
    of_scipy,
    {
        "linprog": _VERTEX,
        "milp": _VERTEX,
        "quadratic_assignment": "it is a permutation; index with it: f(hoad.primal(a)) gives it",
    },
)
