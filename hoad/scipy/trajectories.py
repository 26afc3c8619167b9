"""Derivatives of the solutions of initial value problems; SciPy does the solving.

The solution is SciPy's own. Its derivatives by all parameters and starting values travel together in a second
solve of the sensitivity equations, with the same tolerances and control of the error; for explicit methods by
DOP853, which needs the fewest steps. By the times, and
by the time of an event, they follow from the equation itself.

Source: R. Serban and A. C. Hindmarsh, CVODES, an ODE solver with sensitivity analysis capabilities (2005).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.integrate import odeint as odeint_of_scipy
from scipy.integrate import solve_ivp as solve_ivp_of_scipy

from ..errors import ArgumentError, ConvergenceError
from ..nested import primal, refused
from ..operators.jacobians import jacobian
from ..operators.questions import order
from . import stiff
from .adjoint import fits, solution
from .inputs import Directions, Inputs, array, checked_plain, extra, outside
from .recorded_solutions import finer, noted_solution, settings, tables_of
from .steps import step
from .straight import written
from .switches import code_of, tell_of_switches

Function = Callable[..., Any]
MANY = 200  # elements of the Jacobian by states and parameters, from which on reverse mode goes back
FEW = 8  # blocks of a Jacobian, up to which it is a plain array
MOST = 4  # derivatives by a time: the order of the step that is taken


class Motion:
    """A differential equation that depends on traced values.

    Args:
        f: the right-hand side, ``f(t, y, *args)``.
        args: its arguments.
        start: the time at which it begins.
        y0: the value there.
        more: what else may depend on traced values: events.
    """

    def __init__(self, f: Function, args: Any, start: Any, y0: Any, more: Any = ()) -> None:
        self.f, self.args = f, tuple(args)
        self.start = start
        self.y0 = array(y0)
        if np.ndim(self.y0) != 1:
            raise ArgumentError("y0 must be an array of one axis")
        if self.y0.dtype.kind not in "fc":
            self.y0 = self.y0.astype(float)
        self.inputs = Inputs(f, self.args, start, self.y0, more)

    # -- The right-hand side ---------------------------------------------------------------------------------

    @functools.cached_property
    def plain(self) -> Function:
        """The right-hand side for plain numbers."""
        f, args = self.inputs.plain((self.f, self.args))
        return lambda t, y: checked_plain(array(f(t, y, *args)), "solvers")

    def slope(self, t: Any, y: Any) -> Any:
        """The right-hand side."""
        return array(self.f(t, y, *self.args))

    # -- Sensitivities ---------------------------------------------------------------------------------------

    @functools.cached_property
    def directions(self) -> Directions:
        """The directions of the inputs."""
        return Directions(self.inputs)

    @functools.cached_property
    def table(self) -> Any:
        """The table of the value at the plain time of the start."""
        f, args, start, y0 = self.inputs.at((self.f, self.args, self.start, self.y0), self.directions.q)
        y = moved(lambda t, y: array(f(t, y, *args)), start, y0, primal(self.start) - start)
        return self.directions.table(y)

    @functools.cached_property
    def rates(self) -> Function:
        """The right-hand side of the sensitivity equations, of a flat table."""
        if self.straight is None:
            return self.followed
        quick = self.straight(self.inputs.numbers)

        def slope(t: Any, z: Any) -> Any:
            try:
                return quick(t, z)
            except (ArithmeticError, TypeError, ValueError):
                return self.followed(t, z)

        return slope

    @functools.cached_property
    def straight(self) -> Function | None:
        """The same by a straight program, as a function of the numbers of the inputs."""
        is_complex = self.y0.dtype.kind == "c"
        return None if is_complex else written(self.inputs, (self.f, self.args), self.y0.shape[0])

    @functools.cached_property
    def followed(self) -> Function:
        """The same by a run of the right-hand side on levels."""
        directions, shape = self.directions, self.table.shape
        f, args = self.inputs.at((self.f, self.args), directions.q)

        def slope(t: Any, z: Any) -> Any:
            found = directions.table(f(t, directions.lift(z.reshape(shape)), *args))
            return np.ravel(found) if found.shape == shape else np.ravel(np.broadcast_to(found, shape))

        return slope

    def jacobian(self, t: Any, z: Any) -> Any:
        """The Jacobian of those, but for what couples a derivative to the value: one block for each."""
        with outside():
            block = np.asarray(
                jacobian(
                    lambda y: self.plain_slope(t, y),
                    np.array(z[: len(self.y0)]),
                    holomorphic=np.iscomplexobj(z),
                )
            )
        copies = len(z) // len(self.y0)
        if copies <= FEW:
            return np.kron(np.eye(copies), block)
        return sparse.block_diag([sparse.coo_array(block)] * copies, "csc")

    def dense_jacobian(self, t: Any, z: Any) -> Any:
        """The same for a method that takes no sparse matrix."""
        found = self.jacobian(t, z)
        return found.toarray() if sparse.issparse(found) else found

    def plain_slope(self, t: Any, y: Any) -> Any:
        f, args = self.inputs.plain((self.f, self.args))
        return array(f(t, y, *args))

    def spread(self, tolerance: Any) -> Any:
        """A tolerance for each element of the table."""
        if np.ndim(tolerance) == 0:
            return tolerance
        return np.ravel(np.broadcast_to(tolerance, self.shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a table of the states."""
        shape: tuple[int, ...] = self.y0.shape
        return (1 + len(self.inputs.numbers),) * self.inputs.order + shape

    def tables(self, z: Any) -> Any:
        """Tables at several times, the times last: with the axes of the derivatives first."""
        k = self.inputs.order
        whole = np.reshape(z, (*self.shape, -1))
        return np.moveaxis(whole, -1, k)

    def polynomial(self, values: Any, z: Any) -> Any:
        """The values at several times (times, elements), as functions of the inputs."""
        return self.inputs.polynomial(values, self.tables(z))


def moved(f: Function, t: Any, y: Any, h: Any) -> Any:
    """A solution a step further, by the method of Runge and Kutta of order 4: for a step that is zero but for
    its derivatives, exact to the fourth.

    Raises:
        ArgumentError: more derivatives are taken.
    """
    n = order(h)
    if n == 0:
        return y
    if n > MOST:
        raise ArgumentError(f"{n} derivatives of a solution by its time; there are no more than {MOST}")
    a = f(t, y)
    if n == 1:
        return y + h * a
    b = f(t + h / 2, y + h / 2 * a)
    c = f(t + h / 2, y + h / 2 * b)
    d = f(t + h, y + h * c)
    return y + h / 6 * (a + 2 * b + 2 * c + d)


def solve_ivp(
    fun: Function,
    t_span: Any,
    y0: Any,
    method: Any = "RK45",
    t_eval: Any = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: Any = None,
    **options: Any,
) -> Any:
    """``scipy.integrate.solve_ivp``, with the derivatives of what it finds."""
    start, end = t_span
    watched = list(events) if isinstance(events, (list, tuple)) else [] if events is None else [events]
    args = extra("solve_ivp", args)
    motion = Motion(fun, args, start, y0, (watched, t_eval, end, options))
    inputs = motion.inputs
    given = inputs.plain((fun, (start, end), motion.y0, t_eval, args, options))
    f, span, first, times, more, rest = given
    if inputs.is_noted:
        is_plain = not (watched or dense_output or order((start, end, t_eval, rest)))
        return noted_solution(motion, given, method, vectorized, is_plain and not stiffly(method))
    many = len(motion.y0) * (len(motion.y0) + len(inputs.numbers)) > MANY
    goes_back = many and fits(motion, method, dense_output, watched, order((start, end, t_eval, rest)))
    plain_events = [plain_event(inputs.plain(e), e) for e in watched]
    with outside():
        found = solve_ivp_of_scipy(
            f, tuple(map(float, span)), first, method, None if times is None else np.asarray(times, float),
            dense_output or goes_back, plain_events or None, vectorized, more, **rest,
        )  # fmt: skip
    if not inputs.leaves:
        return found
    if not found.success:
        raise refused(ConvergenceError(f"scipy.integrate.solve_ivp: {found.message}"), *inputs.leaves)
    tell_of_switches(inputs, (fun, motion.args), code_of(fun), found.t, found.y)
    if goes_back:
        result = type(found)(found)
        result.y, result.sol = laid(solution(motion, method, found), found.y), None
        return result
    at_events = np.concatenate([np.zeros(0), *(found.t_events or [])])
    wanted = np.unique(np.concatenate([found.t, at_events]))
    wanted = wanted if span[0] <= span[1] else wanted[::-1]
    numbers = settings(motion, rest)
    stop = wanted[-1] if len(wanted) else span[1]
    if stiffly(method):
        takes_sparse = method not in ("LSODA", stiff.METHODS["LSODA"])
        numbers["jac"] = motion.jacobian if takes_sparse else motion.dense_jacobian
    both = solve_ivp_of_scipy(
        motion.rates,
        (float(span[0]), float(stop)),
        np.ravel(motion.table),
        finer(method),
        wanted,
        dense_output,
        **numbers,
    )
    if not both.success:
        raise refused(ConvergenceError(f"the sensitivity equations: {both.message}"), *inputs.leaves)
    return Found(motion, found, both, wanted, (start, end), t_eval, watched).result()


def stiffly(method: Any) -> bool:
    """Tell whether a method is for stiff equations."""
    return method in stiff.METHODS or method in stiff.METHODS.values()


def plain_event(plain: Function, event: Function) -> Function:
    """An event for plain numbers, which says what the event says: terminal, direction."""
    if plain is event:
        return event
    called = functools.wraps(event)(lambda *a: plain(*a))
    for name in ("terminal", "direction"):
        if hasattr(event, name):
            setattr(called, name, getattr(event, name))
    return called


def laid(y: Any, like: np.ndarray) -> Any:
    """The solution, given as (times, elements), as (elements, times); it lies in memory as SciPy's does, so
    that sums over it are the same to the last bit.
    """
    return np.copy(np.transpose(y), "C" if like.flags.c_contiguous else "F")


class Found:
    """What was found for plain numbers, and what it is as a function of the inputs."""

    def __init__(
        self, motion: Motion, plain: Any, both: Any, wanted: Any, span: Any, t_eval: Any, events: Any
    ) -> None:
        self.motion, self.plain, self.both = motion, plain, both
        self.wanted, self.span, self.t_eval, self.events = wanted, span, t_eval, events

    def values(self, times: Any, values: Any) -> Any:
        """The solution at some of the times that were wanted (times, elements)."""
        index = [int(np.argmin(np.abs(self.wanted - t))) for t in times]
        return self.motion.polynomial(values, self.both.y[:, index])

    def result(self) -> Any:
        """SciPy's result, with derivatives in it."""
        plain = self.plain
        t, y = plain.t, self.values(plain.t, plain.y.T)
        t, y = self.at_traced_times(t, y)
        result = type(plain)(plain)
        if plain.t_events is not None:
            pairs = [self.at_event(k, e) for k, e in enumerate(self.events)]
            result.t_events = [a for a, _ in pairs]
            result.y_events = [b for _, b in pairs]
            if plain.status == 1 and self.t_eval is None:
                t, y = self.ended(result, t, y)
        result.t, result.y = t, laid(y, plain.y)
        if plain.sol is not None:
            result.sol = Solution(self.motion, plain.sol, self.both.sol)
        return result

    def at_traced_times(self, t: Any, y: Any) -> tuple[Any, Any]:
        """The solution at times that are traced: all that are asked for, or the two ends."""
        if self.t_eval is not None:
            given = array(self.t_eval)
            if not order(given):
                return t, y
            rows = [moved(self.motion.slope, t[k], y[k], step(given[k])) for k in range(len(t))]
            return given[: len(t)], np.stack(rows)
        if not order(self.span):
            return t, y
        start, end = self.span
        times = [start, *t[1:-1], end if self.plain.status == 0 else t[-1]]
        first = moved(self.motion.slope, t[0], y[0], step(start) if order(start) else 0.0)
        last = moved(self.motion.slope, t[-1], y[-1], step(times[-1]) if order(times[-1]) else 0.0)
        return np.stack([x + 0.0 for x in times]), np.concatenate([first[None], y[1:-1], last[None]])

    def at_event(self, k: int, event: Function) -> tuple[Any, Any]:
        """The times of an event, and the solution there."""
        times = self.plain.t_events[k]
        if not len(times):
            return times, self.plain.y_events[k]
        rows = self.values(times, self.plain.y_events[k])
        pairs = [self.crossing(event, t, rows[i]) for i, t in enumerate(times)]
        return np.stack([a for a, _ in pairs]), np.stack([b for _, b in pairs])

    def crossing(self, event: Function, t: Any, y: Any) -> tuple[Any, Any]:
        """The time of one event by steps of Newton's method, and the solution then."""
        motion = self.motion
        f, args = motion.inputs.plain((event, motion.args))
        point = primal(y)
        rise = primal(motion.plain(t, point))
        rate = float(
            primal(jacobian(lambda s: np.reshape(f(t + s[0], point + s[0] * rise, *args), ()), np.zeros(1)))[
                0
            ]
        )
        if rate == 0:
            raise refused(ConvergenceError("an event only touches zero, so its time has no derivative"), y)
        time = t
        for _ in range(motion.inputs.order):
            now = moved(motion.slope, t, y, step(time) if order(time) else 0.0)
            time = time - step(np.reshape(event(time, now, *motion.args), ())) / rate
        return time, moved(motion.slope, t, y, step(time))

    def ended(self, result: Any, t: Any, y: Any) -> tuple[Any, Any]:
        """The last time and value of a solution that an event has ended."""
        for times, values, plain in zip(result.t_events, result.y_events, self.plain.t_events, strict=True):
            if len(plain) and plain[-1] == self.plain.t[-1]:
                return np.concatenate([t[:-1], times[-1:]]), np.concatenate([y[:-1], values[-1:]])
        return t, y


class Solution:
    """The solution as a function of time: ``sol`` of SciPy's result, with derivatives."""

    def __init__(self, motion: Motion, plain: Any, both: Any) -> None:
        self._motion, self._plain, self._both = motion, plain, both

    def __call__(self, t: Any) -> Any:
        t = array(t)
        at = np.atleast_1d(primal(t))
        y = self._motion.polynomial(self._plain(at).T, self._both(at))
        if order(t):
            times = np.atleast_1d(t)
            rows = [moved(self._motion.slope, at[k], y[k], step(times[k])) for k in range(len(at))]
            y = np.stack(rows)
        return np.transpose(y) if np.ndim(t) else y[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


def odeint(
    func: Function,
    y0: Any,
    t: Any,
    args: Any = (),
    Dfun: Any = None,
    col_deriv: Any = 0,
    full_output: Any = 0,
    ml: Any = None,
    mu: Any = None,
    rtol: Any = None,
    atol: Any = None,
    tcrit: Any = None,
    h0: Any = 0.0,
    hmax: Any = 0.0,
    hmin: Any = 0.0,
    ixpr: Any = 0,
    mxstep: Any = 0,
    mxhnil: Any = 0,
    mxordn: Any = 12,
    mxords: Any = 5,
    printmessg: Any = 0,
    tfirst: Any = False,
) -> Any:
    """``scipy.integrate.odeint``, with the derivatives of what it finds."""
    args = extra("odeint", args)
    forward: Function = func if tfirst else swapped(func)
    times, start = array(t), array(y0)
    motion = Motion(forward, args, times[0], np.reshape(start, (-1,)), times)
    at = np.asarray(primal(times), float)
    steps = {"tcrit": tcrit, "h0": h0, "hmax": hmax, "hmin": hmin, "mxstep": mxstep, "mxhnil": mxhnil,
             "mxordn": mxordn, "mxords": mxords}  # fmt: skip
    f, first, more = motion.inputs.plain((func, motion.y0, args))
    plain: Function = lambda f, first, more: odeint_of_scipy(
        f, first, at, more, Dfun, col_deriv, True, ml, mu, rtol, atol, ixpr=ixpr, printmessg=printmessg,
        tfirst=tfirst, **steps,
    )  # fmt: skip
    values, info = motion.inputs.apart(plain, f, first, more)
    if motion.inputs.leaves:
        if not motion.inputs.is_noted:
            thing = forward, motion.args
            tell_of_switches(motion.inputs, thing, code_of(func), at, np.transpose(values))
        spread = None if atol is None else motion.spread(atol)
        solve: Function = lambda rates, z: odeint_of_scipy(
            rates, z, at, rtol=rtol, atol=spread, tfirst=True, **steps
        )
        if motion.inputs.is_noted:
            z = tables_of(motion, solve)
        else:
            z = solve(motion.rates, np.ravel(motion.table))
        y = motion.polynomial(values, z.T)
        if order(times):
            rows = [moved(motion.slope, at[k], y[k], step(times[k])) for k in range(len(at))]
            y = np.stack(rows)
        values = y
    return (values, info) if full_output else values


def swapped(func: Function) -> Function:
    """A right-hand side whose first argument is the time."""

    def f(t: Any, y: Any, *args: Any) -> Any:
        return func(y, t, *args)

    return f
