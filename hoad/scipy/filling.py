"""SciPy's optimisers with the derivatives that they want, each in the orientation that it wants."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize as of_scipy

from ..chainrules.doors import DOORS
from ..interop.objective import Objective, as_compiled, as_written
from ..nested import INSIDE
from ..operators.derivatives import derivative
from ..operators.hessians import hessian
from ..operators.jacobians import jacobian
from .slopes import ITERATED, Slopes

Function = Callable[..., Any]
WITHOUT = {"nelder-mead", "powell", "cobyla", "cobyqa"}  # methods that want no derivative
BY_HESSIAN = {"dogleg", "trust-exact", "trust-constr"}
BY_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov"}
FILLED: dict[str, Any] = {}


def filled(function: Function) -> Callable[[Function], Function]:
    """A solver that is given derivatives outside of a derivative; inside of one, it is its door."""

    def decorate(body: Function) -> Function:
        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            return DOORS[function](*args, **kwargs) if INSIDE.get() else body(*args, **kwargs)

        FILLED[function.__name__] = called
        return called

    return decorate


def missing(jac: Any) -> bool:
    """Tell whether a derivative is to be found by differences, as long as nobody gives it."""
    return jac is None or jac is False or jac in ("2-point", "3-point", "cs")


@filled(of_scipy.minimize)
def _(
    fun: Function, x0: Any, args: Any = (), method: Any = None, jac: Any = None, hess: Any = None,
    hessp: Any = None, bounds: Any = None, constraints: Any = (), *, compile: bool = False, **rest: Any,
) -> Any:  # fmt: skip
    name = method.lower() if isinstance(method, str) else method
    if name in WITHOUT and compile:
        fun = as_compiled(fun)
    if missing(jac) and name not in WITHOUT:
        f = Objective(fun, compile=compile)
        jac, fun = f.jac, f
        if missing(hess) and hessp is None and name in BY_HESSIAN:
            hess = Slopes(f.f, f.hess, 2, compile) if name == "trust-constr" else f.hess
        if missing(hess) and hessp is None and name in BY_PRODUCTS:
            hess, hessp = None, f.hessp
        constraints = with_slopes(constraints, compile)
    return of_scipy.minimize(fun, x0, args, method, jac, hess, hessp, bounds, constraints, **rest)


def with_slopes(constraints: Any, compile: bool) -> Any:
    """Constraints with their Jacobians."""
    if isinstance(constraints, dict):
        made = as_compiled if compile else as_written
        if missing(constraints.get("jac")):
            f = constraints["fun"]
            slopes = made(lambda x, *args: jacobian(lambda y: flat(f(y, *args)), x))
            of_array = lambda x, *args: np.asarray(slopes(np.asarray(x, float), *args))
            return {**constraints, "fun": made(f), "jac": of_array}
        return constraints
    if isinstance(constraints, (list, tuple)):
        return [with_slopes(c, compile) for c in constraints]
    return constraints


def flat(y: Any) -> Any:
    """A number, or a row of numbers."""
    return y if np.ndim(y) == 0 else np.reshape(y, -1)


@filled(of_scipy.least_squares)
def _(fun: Function, x0: Any, jac: Any = "2-point", *more: Any, compile: bool = False, **rest: Any) -> Any:
    if missing(jac):
        plain, made = fun, as_compiled if compile else as_written
        slopes = made(
            lambda x, *args, **kwargs: jacobian(lambda y: np.reshape(plain(y, *args, **kwargs), -1), x)
        )
        jac = lambda x, *args, **kwargs: np.asarray(slopes(np.asarray(x, float), *args, **kwargs))
        if rest.get("method") != "lm" and rest.get("tr_solver") != "exact" and len(more) < 2:
            rows = lambda x, *a, **k: np.reshape(plain(x, *a, **k), -1)
            jac = Slopes(rows, jac, 1, compile, least=ITERATED)
        fun = made(fun)
    return of_scipy.least_squares(fun, x0, jac, *more, **rest)


@filled(of_scipy.curve_fit)
def _(
    f: Function, xdata: Any, ydata: Any, p0: Any = None, *more: Any, compile: bool = False, **rest: Any
) -> Any:
    if len(more) < 6 and missing(rest.get("jac")):
        plain, made = f, as_compiled if compile else as_written
        slopes = made(lambda x, p: jacobian(lambda q: np.reshape(plain(x, *q), -1), p))
        rest["jac"] = lambda x, *p: np.asarray(slopes(x, np.array(p, float)))
        if compile:  # SciPy reads the number of parameters off the function, if there is no guess
            f = made(f)
    return of_scipy.curve_fit(f, xdata, ydata, p0, *more, **rest)


@filled(of_scipy.root)
def _(
    fun: Function,
    x0: Any,
    args: Any = (),
    method: str = "hybr",
    jac: Any = None,
    *,
    compile: bool = False,
    **rest: Any,
) -> Any:
    if missing(jac) and method in ("hybr", "lm"):
        f = Objective(fun, compile=compile)
        jac, fun = Slopes(f.f, f.jac, 1, compile, as_array=True), f
    return of_scipy.root(fun, x0, args, method, jac, **rest)


@filled(of_scipy.root_scalar)
def _(f: Function, args: Any = (), method: Any = None, *more: Any, compile: bool = False, **rest: Any) -> Any:
    made = as_compiled if compile else as_written
    wants = method in ("newton", "halley") or (method is None and "bracket" not in rest and "x1" not in rest)
    if wants and not more and rest.get("fprime") is None:
        first = made(lambda x, *args: derivative(lambda y: f(y, *args), x))
        second = made(lambda x, *args: derivative(lambda y: f(y, *args), x, 2))
        rest["fprime"] = lambda x, *args: first(float(x), *args)
        if method == "halley" and rest.get("fprime2") is None:
            rest["fprime2"] = lambda x, *args: second(float(x), *args)
    return of_scipy.root_scalar(made(f), args, method, *more, **rest)


@filled(of_scipy.minimize_scalar)
def _(fun: Function, *more: Any, compile: bool = False, **rest: Any) -> Any:
    return of_scipy.minimize_scalar(as_compiled(fun) if compile else fun, *more, **rest)


def nonlinear_constraint(
    fun: Function,
    lb: Any,
    ub: Any,
    jac: Any = "2-point",
    hess: Any = None,
    *,
    compile: bool = False,
    **rest: Any,
) -> Any:
    """``scipy.optimize.NonlinearConstraint``, with the Jacobian of its function and the Hessian of what the
    multipliers make of it.
    """
    made = as_compiled if compile else as_written
    if missing(jac):
        rows = lambda x: np.reshape(fun(x), -1)
        jac = Slopes(rows, made(lambda x: np.atleast_2d(jacobian(rows, x))), 1, compile)
    if hess is None or missing(hess):
        weighted = lambda x, v: np.sum(np.reshape(fun(x), -1) * v)
        hess = Slopes(weighted, made(lambda x, v: hessian(weighted, x, v)), 2, compile)
    return of_scipy.NonlinearConstraint(made(fun), lb, ub, jac, hess, **rest)


FILLED["NonlinearConstraint"] = nonlinear_constraint
