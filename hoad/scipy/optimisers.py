"""``scipy.optimize`` inside a derivative: SciPy's solvers find the solution, and the equations that it
fulfils give its derivatives.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize as of_scipy

from ..chainrules.doors import door
from ..errors import ArgumentError
from ..nested import Traced, pack, primal, refused
from ..operators.gradients import grad
from ..operators.jacobians import jacobian
from .apart import plain_array
from .implicit import flat, solution
from .inputs import Inputs, arguments_of, array, checked_plain, extra
from .members import by_members
from .steps import step

Function = Callable[..., Any]


class Call:
    """A call of a solver: what it depends on, and what SciPy finds for plain numbers."""

    def __init__(self, function: Function, args: Any, kwargs: Any) -> None:
        self.name = function.__name__
        args, kwargs = tuple(map(pack, args)), {name: pack(a) for name, a in kwargs.items()}
        bound = bound_to(function, args, kwargs)
        self.given = bound.arguments
        self.inputs = Inputs(list(args), kwargs)
        plain_args, plain_kwargs = self.inputs.plain((tuple(args), kwargs))
        self.found = self.inputs.apart(called(function), plain_args, plain_kwargs)
        self.plain_given = bound_to(function, plain_args, plain_kwargs)

    @property
    def differentiated(self) -> bool:
        """Whether anything is traced."""
        return bool(self.inputs.leaves)

    def function(self, name: str, plain: bool = False, valued: bool = False) -> Function:
        """One of the functions that were given, with its arguments; its value alone, if it gives more."""
        given = self.plain_given.arguments if plain else self.given
        f, args = given[name], given.get("args", ())
        args = extra(self.name, args)

        def called(x: Any) -> Any:
            y = f(x, *args)
            y = array(y[0] if valued and isinstance(y, tuple) else y)
            return checked_plain(y, self.name) if plain and not isinstance(x, Traced) else y

        return called


def called(function: Function) -> Function:
    """A function of its arguments by place and by name."""
    return functools.wraps(function)(lambda args, kwargs: function(*args, **kwargs))


def bound_to(function: Function, args: Any, kwargs: Any) -> inspect.BoundArguments:
    """The arguments by their names; what SciPy has renamed and still takes goes by the new one."""
    signature = inspect.signature(function)
    old = "seed" in kwargs and "seed" not in signature.parameters
    named = {"rng" if old and name == "seed" else name: a for name, a in kwargs.items()}
    bound = signature.bind(*args, **named)
    bound.apply_defaults()
    return bound


def traced_call(function: Function) -> Callable[[Callable[[Call], Any]], Any]:
    """The door of a solver: what is done with what SciPy found, where it depends on something traced."""

    def decorate(body: Callable[[Call], Any]) -> Any:
        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            call = Call(function, args, kwargs)
            return body(call) if call.differentiated else call.found

        return door(function, always=True, keeps=arguments_of(function))(by_members(called))

    return decorate


# ------------------------------------------------------------------------------------------------------------
# Equations
# ------------------------------------------------------------------------------------------------------------


def of_equations(call: Call, name: str, found: Any, valued: bool = False, less: bool = False) -> Any:
    """The solution of ``f(x) = 0``, or of ``f(x) = x``."""
    shape = np.shape(found)
    is_complex = np.iscomplexobj(found)
    n = int(np.size(found))

    def equations(f: Function) -> Function:
        def residual(x: Any) -> Any:
            at = np.reshape(x[:n] + 1j * x[n:] if is_complex else x, shape)[()]
            rest = flat(f(at)) - flat(at) if less else flat(f(at))
            return np.concatenate([np.real(rest), np.imag(rest)]) if is_complex else rest

        return residual

    start = flat(plain_array(found))
    start = np.concatenate([start.real, start.imag]) if is_complex else start
    f, plain = call.function(name, valued=valued), call.function(name, plain=True, valued=valued)
    x = solution(call.name, equations(f), equations(plain), start, call.inputs)
    return np.reshape(x[:n] + 1j * x[n:] if is_complex else x, shape)[()]


@traced_call(of_scipy.root)
def _(call: Call) -> Any:
    result = type(call.found)(call.found)
    result.x = of_equations(call, "fun", call.found.x, valued=call.given["jac"] is True)
    result.fun = call.found.fun
    return result


@traced_call(of_scipy.root_scalar)
def _(call: Call) -> Any:
    found = call.found
    valued = call.given["fprime"] is True or call.given["fprime2"] is True
    root = of_equations(call, "f", found.root, valued=valued)
    return of_scipy.RootResults(
        root, found.iterations, found.function_calls, int(not found.converged), found.method
    )


@traced_call(of_scipy.fsolve)
def _(call: Call) -> Any:
    if call.given["full_output"]:
        return (of_equations(call, "func", call.found[0]), *call.found[1:])
    return of_equations(call, "func", call.found)


def _bracketed(call: Call) -> Any:
    """A root between two numbers."""
    if call.given["full_output"]:
        return of_equations(call, "f", call.found[0]), call.found[1]
    return of_equations(call, "f", call.found)


for _solver in ("brentq", "brenth", "bisect", "ridder", "toms748"):
    traced_call(getattr(of_scipy, _solver))(_bracketed)


@traced_call(of_scipy.newton)
def _(call: Call) -> Any:
    found = call.found
    if isinstance(found, tuple):
        return (of_equations(call, "func", found[0]), *found[1:])
    return of_equations(call, "func", found)


@traced_call(of_scipy.fixed_point)
def _(call: Call) -> Any:
    return of_equations(call, "func", call.found, less=True)


# ------------------------------------------------------------------------------------------------------------
# Minima
# ------------------------------------------------------------------------------------------------------------


class Held:
    """What holds a minimiser: the bounds and constraints that are active there."""

    def __init__(self, call: Call, x: Any, gradient: Any) -> None:
        self.call = call
        self.low: Any
        self.high: Any
        self.low, self.high = (
            ends(call.given["bounds"], len(x)) if call.given.get("bounds") is not None else (None, None)
        )
        at_low, at_high = (near(x, end, gradient, s) for end, s in ((self.low, 1), (self.high, -1)))
        self.fixed = at_low | at_high
        self.place = np.flatnonzero(self.fixed)
        self.free = np.flatnonzero(~self.fixed)
        self.at_low = at_low
        self.active = active(call, call.given.get("constraints"), x, plain=False)
        self.plain_active = active(call, call.plain_given.arguments.get("constraints"), x, plain=True)

    def whole(self, free: Any) -> Any:
        """All unknowns, from those that are not at a bound."""
        if not len(self.place):
            return free
        parts = [self.low[k] if self.at_low[k] else self.high[k] for k in self.place]
        order = np.argsort(np.concatenate([self.free, self.place]))
        return np.concatenate([free, np.stack([p + 0.0 for p in parts])])[order]


def ends(bounds: Any, n: int) -> tuple[Any, Any]:
    """Lower and upper bounds."""
    low: Any
    high: Any
    if isinstance(bounds, of_scipy.Bounds):
        low, high = array(bounds.lb), array(bounds.ub)
    elif isinstance(bounds, Traced):
        low, high = np.transpose(bounds)
    else:
        low = array([-np.inf if b[0] is None else b[0] for b in bounds])
        high = array([np.inf if b[1] is None else b[1] for b in bounds])
    return np.broadcast_to(low, (n,)), np.broadcast_to(high, (n,))


def near(x: Any, end: Any, gradient: Any, sign: int) -> Any:
    """Which unknowns are at a bound, that the gradient presses against."""
    if end is None:
        return np.zeros(len(x), bool)
    end = plain_array(primal(end)).astype(float)
    close = np.abs(x - np.where(np.isfinite(end), end, np.inf)) <= 1e-6 * (
        1 + np.abs(np.where(np.isfinite(end), end, 0))
    )
    return close & (sign * gradient > 1e-7)


def active(call: Call, constraints: Any, x: Any, plain: bool) -> list[Function]:
    """The constraints that hold with equality: functions that are zero there."""
    if constraints is None:
        return []
    found: list[Function] = []
    for c in constraints if isinstance(constraints, (list, tuple)) else [constraints]:
        found += active_parts(c, x)
    del call, plain
    return found


def active_parts(c: Any, x: Any) -> list[Function]:
    """Those of one constraint."""
    if isinstance(c, dict):
        args = tuple(c.get("args", ()))
        f: Function = lambda x: flat(array(c["fun"](x, *args)))
        value = plain_array(primal(f(x)))
        which = np.arange(len(value)) if c["type"] == "eq" else np.flatnonzero(np.abs(value) < 1e-6)
        return [lambda x: f(x)[which]] if len(which) else []
    if isinstance(c, of_scipy.LinearConstraint):
        f = lambda x: np.dot(array(c.A), x) if np.ndim(c.A) > 1 else flat(np.sum(array(c.A) * x))
    else:
        f = lambda x: flat(array(c.fun(x)))
    value = plain_array(primal(f(x)))
    parts: list[Function] = []
    low, high = (np.broadcast_to(array(e), value.shape) for e in (c.lb, c.ub))
    for end, other in ((low, None), (high, low)):
        at = np.abs(value - plain_array(primal(end))) < 1e-5
        if other is not None:
            at &= ~(plain_array(primal(end)) == plain_array(primal(other)))
        which = np.flatnonzero(at)
        if len(which):
            parts.append(
                functools.partial(lambda x, end, which: f(x)[which] - end[which], end=end, which=which)
            )
    return parts


def minimiser(call: Call, loss: Function, plain_loss: Function, found: Any) -> Any:
    """A minimiser of a loss, under bounds and constraints, as a function of the inputs."""
    shape = np.shape(found)
    x = np.atleast_1d(plain_array(found)).astype(float)
    gradient = plain_array(primal(grad(plain_loss, x)))
    held = Held(call, x, gradient)
    many: Function = lambda parts, x: np.concatenate([np.zeros(0), *[p(x) for p in parts]])
    slopes = (
        plain_array(primal(jacobian(lambda x: many(held.plain_active, x), x)))
        if held.plain_active
        else np.zeros((0, len(x)))
    )
    slopes = np.reshape(slopes, (-1, len(x)))
    free = held.free
    forces = np.linalg.lstsq(slopes[:, free].T, gradient[free], rcond=None)[0]
    if len(forces) and np.min(np.abs(forces)) < 1e-7:
        message = (
            f"scipy.optimize.{call.name}: a constraint holds with equality and no force, so the "
            f"minimiser has no derivative"
        )
        raise refused(ArgumentError(message), *call.inputs.leaves)
    n = len(free)

    def conditions(loss: Function, parts: list[Function], whole: Function) -> Function:
        def residual(z: Any) -> Any:
            x, m = whole(z[:n]), z[n:]
            forces: Function = lambda y: loss(y) - (np.sum(many(parts, y) * m) if parts else 0.0)
            return np.concatenate([grad(forces, x)[free], many(parts, x)])

        return residual

    plain_whole: Function = lambda z: (
        primal(held.whole(primal(z))) if not isinstance(z, Traced) else spread_free(held, z)
    )
    z = solution(
        call.name,
        conditions(loss, held.active, held.whole),
        conditions(plain_loss, held.plain_active, plain_whole),
        np.concatenate([x[free], forces]),
        call.inputs,
    )
    best = held.whole(z[:n])
    return (
        np.reshape(np.where(held.fixed, x + step(best), best), shape)[()]
        if len(held.place)
        else np.reshape(best, shape)[()]
    )


def spread_free(held: Held, z: Any) -> Any:
    """All unknowns, those at bounds being plain."""
    if not len(held.place):
        return z
    parts = [primal(held.low[k] if held.at_low[k] else held.high[k]) for k in held.place]
    order = np.argsort(np.concatenate([held.free, held.place]))
    return np.concatenate([z, np.stack([p + 0.0 for p in parts])])[order]


def number(f: Function) -> Function:
    """A loss, as a number."""
    return lambda x: np.sum(f(x))


@traced_call(of_scipy.minimize)
def _(call: Call) -> Any:
    result = type(call.found)(call.found)
    valued = call.given["jac"] is True
    shape = np.shape(call.found.x)
    loss, plain = (number(call.function("fun", p, valued)) for p in (False, True))
    result.x = minimiser(call, loss, plain, np.reshape(call.found.x, shape))
    result.fun = call.found.fun + step(loss(result.x))
    return result


@traced_call(of_scipy.minimize_scalar)
def _(call: Call) -> Any:
    result = type(call.found)(call.found)
    loss, plain = (call.function("fun", p) for p in (False, True))
    if call.given["bounds"] is not None:
        call.given["bounds"] = [tuple(call.given["bounds"])]
    of_one: Function = lambda f: lambda x: np.sum(f(x[0]))
    result.x = minimiser(call, of_one(loss), of_one(plain), np.atleast_1d(call.found.x))[0]
    result.fun = call.found.fun + step(np.reshape(loss(result.x), np.shape(call.found.fun)))
    return result


LOSSES: dict[str, Function] = {
    "linear": lambda z: z,
    "soft_l1": lambda z: 2 * (np.sqrt(1 + z) - 1),
    "huber": lambda z: np.where(primal(z) <= 1, z, 2 * np.sqrt(np.where(primal(z) <= 1, 1.0, z)) - 1),
    "cauchy": np.log1p,
    "arctan": np.arctan,
}


@traced_call(of_scipy.least_squares)
def _(call: Call) -> Any:
    result, given = type(call.found)(call.found), call.given
    if not isinstance(given["loss"], str):
        raise refused(
            ArgumentError("least_squares with a loss of your own has no derivative"), *call.inputs.leaves
        )
    rho, scale = LOSSES[given["loss"]], given["f_scale"]
    kwargs = given["kwargs"] or {}
    low, high = (
        given["bounds"]
        if not isinstance(given["bounds"], of_scipy.Bounds)
        else (given["bounds"].lb, given["bounds"].ub)
    )
    n = len(call.found.x)
    given["bounds"] = list(
        zip(np.broadcast_to(array(low), (n,)), np.broadcast_to(array(high), (n,)), strict=True)
    )
    given["fun"] = functools.partial(given["fun"], **kwargs)
    call.plain_given.arguments["fun"] = functools.partial(
        call.plain_given.arguments["fun"], **call.inputs.plain(kwargs)
    )
    cost: Function = lambda f: lambda x: scale**2 * np.sum(rho((f(x) / scale) ** 2)) / 2
    f, plain = (call.function("fun", p) for p in (False, True))
    result.x = minimiser(call, cost(f), cost(plain), call.found.x)
    result.fun = call.found.fun + step(flat(f(result.x)))
    result.cost = call.found.cost + step(cost(f)(result.x))
    return result


@traced_call(of_scipy.curve_fit)
def _(call: Call) -> Any:
    best, covariance, *more = call.found
    given, plain = call.given, call.plain_given.arguments

    def weighted(given: Any) -> Function:
        model, sigma = given["f"], given["sigma"]
        x, y = given["xdata"], array(given["ydata"])

        def residual(p: Any) -> Any:
            rest = array(model(x, *p)) - y
            if sigma is None:
                return rest
            s = array(sigma)
            return rest / s if np.ndim(s) < 2 else np.linalg.solve(np.linalg.cholesky(s), rest)

        return residual

    low, high = (
        given["bounds"]
        if not isinstance(given["bounds"], of_scipy.Bounds)
        else (given["bounds"].lb, given["bounds"].ub)
    )
    n = len(best)
    given["bounds"] = list(
        zip(np.broadcast_to(array(low), (n,)), np.broadcast_to(array(high), (n,)), strict=True)
    )
    rest, plain_rest = weighted(given), weighted(plain)
    half: Function = lambda f: lambda p: np.sum(f(p) ** 2) / 2
    found = minimiser(call, half(rest), half(plain_rest), best)
    slopes = jacobian(rest, found)
    spread = np.linalg.inv(np.transpose(slopes) @ slopes)
    if not given["absolute_sigma"]:
        spread = spread * np.sum(rest(found) ** 2) / (np.size(rest(found)) - n)
    return (found, covariance + step(spread), *more)
