"""Derivatives through solvers, by the implicit function theorem; SciPy, or any code, does the solving.

If ``F(x, p) = 0`` defines x as a function of p, its derivative is one linear solve with dF/dx, whatever
iterations led to x. Here that solve is a step of Newton's method: from the solution ``x0`` for the plain
values of p, ``x0 - J^-1 F(x0, p)`` has the right value and first derivative by p. A further step with the
same matrix makes one more order right, so as many are taken as the derivatives that are nested.

Sources: M. Blondel and others, Efficient and modular implicit differentiation (NeurIPS 2022); R. Chen and
others, Neural ordinary differential equations (NeurIPS 2018), for the adjoint of an initial value problem.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules import NoTangent
from ..chainrules.captures import traced_in
from ..chainrules.custom import Custom
from ..chainrules.numpy.linalg import solve
from ..errors import ArgumentError, CallError, ConvergenceError, EscapeError, MissingDependencyError
from ..operators.gradients import grad
from ..operators.jacobians import jacobian
from ..operators.products import jvp, vjp
from ..operators.questions import order, primal
from ..running.calling import check_function
from ..running.mistakes import binds, name_of
from ..running.tracebacks import folding
from ..values.trees import map_leaves

Function = Callable[..., Any]


def scipy(module: str) -> Any:
    """A module of SciPy, if it is there."""
    try:
        return importlib.import_module(f"scipy.{module}")
    except ImportError:
        raise MissingDependencyError(f"scipy.{module} is needed: pip install 'hoad[scipy]'") from None


def plain(p: Any) -> Any:
    """Values without any level."""
    return map_leaves(primal, p)


# ------------------------------------------------------------------------------------------------------------
# Implicit functions
# ------------------------------------------------------------------------------------------------------------


def implicit_function(residual: Function, solver: Function) -> Function:
    """Give the solution of an equation as a function of its parameters, which hoad differentiates.

    Args:
        residual: ``F(x, *p)``, zero at the solution; NumPy code. x is a number or an array, F of the same
        shape. solver: ``solver(*p)`` gives x for plain parameters, by any code.

    Returns:
        A function of the parameters (numbers, arrays, containers): the solution, with derivatives of all
        orders in all modes.

    Raises:
        LinAlgError: the equation does not determine x: dF/dx is singular.

    Example:
        >>> import numpy as np, hoad
        >>> from hoad import implicit_function
        >>> root = implicit_function(lambda x, p: x**2 - p, lambda p: np.sqrt(p))
        >>> hoad.derivative(root, 4.0), hoad.derivative(root, 4.0, 2)
        (0.25, -0.03125)
    """
    check_function(residual, "implicit_function")
    check_function(solver, "implicit_function")

    @folding
    def solution(*p: Any) -> Any:
        start = solver(*[plain(q) for q in p])
        steps = order((p, residual))  # a parameter may be in its closure, too
        if not steps:
            return start
        x: Any = np.asarray(start, dtype=float)[()]
        shape, n = np.shape(x), int(np.size(x))
        matrix = np.reshape(
            jacobian(lambda y: residual(y, *[plain(q) for q in p]), x, mode="forward"), (n, n)
        )
        for _ in range(steps):
            rest = np.reshape(residual(x, *p), n)
            x = x - np.reshape(solve(matrix, rest), shape)
        return x

    return solution


FORMS = {
    "root": "root(f, guess, *p), with f(x, *p)",
    "brentq": "brentq(f, a, b, *p), with f(x, *p)",
    "minimize": "minimize(loss, guess, *p), with loss(x, *p)",
    "fixed_point": "fixed_point(g, guess, *p), with g(x, *p)",
    "solve_ivp": "solve_ivp(f, times, y0, p), with f(t, y, p), the solution being wanted at times",
}
OF_SCIPY = ("args", "t_eval", "t_span", "fun", "x0", "y0", "dense_output", "full_output")


def check_form(name: str, f: Any, given: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Refuse SciPy's form of a call, and parameters that a closure would hide.

    Raises:
        CallError: the function does not take what it will be given, or an option is not hoad's.
        EscapeError: the function holds a traced value.
    """
    check_function(f, name)
    for key in options:
        if key in OF_SCIPY:
            raise CallError(f"{key}= is of SciPy's {name}; hoad's is called as hoad.{FORMS[name]}")
    if not binds(f, given, {}):
        raise CallError(
            f"{name_of(f)} can't be called with {len(given)} arguments, as hoad.{name} does: the form is "
            f"hoad.{FORMS[name]}"
        )
    if any([t.differentiates and t.level.alive for t in traced_in(f)]):
        raise EscapeError(
            f"{name_of(f)} uses a value that is being differentiated from outside of it, where hoad.{name} "
            f"can't see it; pass it as p: hoad.{FORMS[name]}"
        )


@folding
def root(f: Function, guess: Any, *p: Any, **options: Any) -> Any:
    """Solve ``f(x, *p) = 0`` by ``scipy.optimize.root``, with derivatives by the parameters.

    Args:
        f: the residual: NumPy code of x (a number or an array) and the parameters.
        guess: where to begin.
        p: the parameters, which may be traced.
        options: passed on to SciPy (``method=``, ``tol=``, ``options=``).

    Returns:
        The solution, of the shape of the guess.

    Raises:
        ConvergenceError: SciPy found none.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.derivative(lambda p: hoad.root(lambda x, p: x**3 + x - p, 1.0, p), 2.0)
        0.25
    """
    check_form("root", f, (guess, *p), options)
    optimize, shape = scipy("optimize"), np.shape(guess)

    def solver(*p: Any) -> Any:
        flat = lambda x: np.reshape(np.asarray(f(np.reshape(x, shape)[()], *p), dtype=float), -1)
        slope = lambda x: np.reshape(
            jacobian(lambda y: f(y, *p), np.reshape(x, shape)[()]), (np.size(x),) * 2
        )
        options.setdefault("jac", slope)
        options.setdefault("tol", 1e-13)
        found = optimize.root(flat, np.reshape(np.asarray(guess, dtype=float), -1), **options)
        if not (found.success or np.max(np.abs(found.fun), initial=0.0) < 1e-8):
            raise ConvergenceError(f"scipy.optimize.root: {found.message}")
        return np.reshape(found.x, shape)[()]

    return implicit_function(f, solver)(*p)


@folding
def brentq(f: Function, a: float, b: float, *p: Any, **options: Any) -> Any:
    """Solve ``f(x, *p) = 0`` for one number between two, by ``scipy.optimize.brentq``, with derivatives by
    the parameters.

    Args:
        f: the residual, of a number and the parameters.
        a: one end, where f has one sign.
        b: the other, where it has the other sign.
        p: the parameters, which may be traced.
        options: passed on to SciPy.

    Returns:
        The root.

    Example:
        >>> import numpy as np, hoad
        >>> round(hoad.derivative(lambda p: hoad.brentq(lambda x, p: np.cos(x) - p * x, 0.0, 2.0, p), 1.0), 6)
        -0.441...
    """
    check_form("brentq", f, (a, *p), options)
    optimize = scipy("optimize")
    solver = lambda *p: optimize.brentq(lambda x: float(f(x, *p)), a, b, **options)
    return implicit_function(f, solver)(*p)


@folding
def minimize(loss: Function, guess: Any, *p: Any, **options: Any) -> Any:
    """Minimise ``loss(x, *p)`` over x by ``scipy.optimize.minimize``, with derivatives of the minimiser by
    the parameters.

    Args:
        loss: NumPy code of x (a number or an array) and the parameters, smooth at the minimum.
        guess: where to begin.
        p: the parameters, which may be traced.
        options: passed on to SciPy (``method=``, ``tol=``, ``options=``); the gradient is hoad's.

    Returns:
        The minimiser, of the shape of the guess.

    Raises:
        ConvergenceError: SciPy found none.

    Example:
        >>> import numpy as np, hoad
        >>> best = lambda p: hoad.minimize(lambda x, p: np.sum((x - p)**2) + np.sum(x)**2, np.zeros(2), p)
        >>> hoad.jacobian(best, np.array([3.0, 0.0])).round(6)
        array([[ 0.666667, -0.333333],
               [-0.333333,  0.666667]])
    """
    check_form("minimize", loss, (guess, *p), options)
    optimize, shape = scipy("optimize"), np.shape(guess)
    slope: Function = lambda x, *p: grad(lambda y: loss(y, *p), x)

    def solver(*p: Any) -> Any:
        fun = lambda x: float(loss(np.reshape(x, shape)[()], *p))
        options.setdefault("jac", lambda x: np.reshape(slope(np.reshape(x, shape)[()], *p), -1))
        found = optimize.minimize(fun, np.reshape(np.asarray(guess, dtype=float), -1), **options)
        x = np.reshape(found.x, shape)[()]
        if not found.success and np.max(np.abs(slope(x, *p)), initial=0.0) > 1e-4:
            raise ConvergenceError(f"scipy.optimize.minimize: {found.message}")
        return polished(slope, x, p)

    return implicit_function(slope, solver)(*p)


def polished(residual: Function, x: Any, p: Any) -> Any:
    """A solution after two steps of Newton's method: minimisers come with half of the digits."""
    shape, n = np.shape(x), int(np.size(x))
    for _ in range(2):
        matrix = np.reshape(jacobian(lambda y: residual(y, *p), x, mode="forward"), (n, n))
        x = x - np.reshape(np.linalg.solve(matrix, np.reshape(residual(x, *p), n)), shape)[()]
    return x


@folding
def fixed_point(g: Function, guess: Any, *p: Any, tolerance: float = 1e-13, iterations: int = 10_000) -> Any:
    """Solve ``x = g(x, *p)`` by iteration, with derivatives by the parameters.

    Args:
        g: NumPy code of x (a number or an array) and the parameters, a contraction.
        guess: where to begin.
        p: the parameters, which may be traced.
        tolerance: the change, beside the size of x, at which to stop.
        iterations: how many at most.

    Returns:
        The fixed point, of the shape of the guess.

    Raises:
        ConvergenceError: the iteration did not settle.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.derivative(lambda p: hoad.fixed_point(lambda x, p: (x + p / x) / 2, 1.0, p), 4.0)
        0.25
    """
    check_form("fixed_point", g, (guess, *p), {})

    def solver(*p: Any) -> Any:
        x = np.asarray(guess, dtype=float)[()]
        for _ in range(iterations):
            old, x = x, g(x, *p)
            if np.max(np.abs(x - old), initial=0.0) <= tolerance * max(1.0, np.max(np.abs(x), initial=0.0)):
                return x
        raise ConvergenceError(f"the iteration has not settled after {iterations} steps")

    return implicit_function(lambda x, *p: x - g(x, *p), solver)(*p)


# ------------------------------------------------------------------------------------------------------------
# Initial value problems
# ------------------------------------------------------------------------------------------------------------


@folding
def solve_ivp(f: Function, times: Any, y0: Any, p: Any = (), **options: Any) -> Any:
    """Solve ``y' = f(t, y, p)``, ``y(times[0]) = y0`` by ``scipy.integrate.solve_ivp``, with derivatives by
    y0 and p: by the sensitivity equations in forward mode, by the adjoint equations in reverse mode.

    Args:
        f: the right-hand side, NumPy code; y is an array of one axis.
        times: where the solution is wanted, the first being the start.
        y0: the value there; may be traced.
        p: parameters, a number or an array; may be traced.
        options: passed on to SciPy; by default the method DOP853 with tolerances of 1e-10.

    Returns:
        The solution, of shape (times, elements of y).

    Raises:
        ConvergenceError: SciPy failed.

    Example:
        >>> import numpy as np, hoad
        >>> decay = lambda p: hoad.solve_ivp(lambda t, y, p: -p * y, [0.0, 1.0], np.array([2.0]), p)[-1, 0]
        >>> round(hoad.derivative(decay, 0.5), 8), round(-2 * float(np.exp(-0.5)), 8)
        (-1.21306132, -1.21306132)
    """
    check_form("solve_ivp", f, (times, y0, p), options)
    if isinstance(p, (tuple, list, dict)) and p != ():
        raise ArgumentError(f"p={p!r} must be a number or an array: np.array(p)")
    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or len(times) < 2:
        raise ArgumentError(f"times={times!r} must be at least two times, the first being the start")
    settings = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-10, **options}
    p = p if not isinstance(p, tuple) else np.zeros(0)
    return Flow(f, times, settings).of(y0, p)


class Flow:
    """The solution of one differential equation, as a function of where it starts and of its parameters."""

    def __init__(self, f: Function, times: np.ndarray, settings: dict[str, Any]) -> None:
        self.f, self.times, self.settings = f, times, settings

        self.of = Custom(self.solved, frule=self.push, rrule=self.pull)

    def solved(self, y0: Any, p: Any) -> Any:
        """The solution for plain values."""
        integrate = scipy("integrate")
        found = integrate.solve_ivp(
            lambda t, y: np.asarray(self.f(t, y, p), dtype=float),
            (self.times[0], self.times[-1]),
            np.asarray(y0, dtype=float),
            t_eval=self.times,
            **self.settings,
        )
        if not found.success:
            raise ConvergenceError(f"scipy.integrate.solve_ivp: {found.message}")
        return found.y.T

    @functools.cached_property
    def sensitivities(self) -> Flow:
        """The flow of value and change together; its parameters are those and their change."""

        def right_hand_side(t: float, z: Any, q: Any) -> Any:
            n, m = np.shape(z)[0] // 2, np.shape(q)[0] // 2
            shaped: Function = lambda v: np.reshape(v, self.shape)[()]
            y, change = jvp(lambda y, p: self.f(t, y, shaped(p)), (z[:n], q[:m]), (z[n:], q[m:]))
            return np.concatenate([y, change])

        return Flow(right_hand_side, self.times, self.settings)

    shape: tuple[int, ...] = ()

    def push(self, tangents: Any, y0: Any, p: Any) -> Any:
        """Forward mode: the change travels with the value."""
        self.shape = np.shape(p)
        _, dy0, dp = tangents
        n = np.shape(y0)[0]
        z0 = np.concatenate([y0, dense(dy0, y0)])
        q = np.concatenate([np.reshape(p, -1), np.reshape(dense(dp, p), -1)])
        both = self.sensitivities.of(z0, q)
        return both[:, :n], both[:, n:]

    def pull(self, y0: Any, p: Any) -> Any:
        """Reverse mode: the adjoint travels back, from one time to the one before."""
        self.shape = np.shape(p)
        ys = self.of(y0, p)
        n, m = np.shape(y0)[0], int(np.size(p))

        def pullback(g: Any) -> tuple[Any, ...]:
            adjoint, total = g[-1], np.zeros(m)
            for k in range(len(self.times) - 1, 0, -1):
                back = self.backward(k)
                z = back.of(np.concatenate([ys[k], adjoint, total]), np.reshape(p, -1))[-1]
                adjoint, total = z[n : 2 * n] + g[k - 1], z[2 * n :]
            return NoTangent(), adjoint, np.reshape(total, np.shape(p))[()]

        return ys, pullback

    @functools.cache  # noqa: B019  (as long as the flow)
    def backward(self, k: int) -> Flow:
        """The flow of value, adjoint and gradient by the parameters from one time to the one before."""

        def right_hand_side(t: float, z: Any, p: Any) -> Any:
            m = np.shape(p)[0]
            n = (np.shape(z)[0] - m) // 2
            y, a = z[:n], z[n : 2 * n]
            shaped: Function = lambda v: np.reshape(v, self.shape)[()]
            value, back = vjp(lambda y, p: self.f(t, y, shaped(p)), y, p)
            gy, gp = back(a)
            return np.concatenate([value, -gy, -gp])

        return Flow(right_hand_side, self.times[[k, k - 1]], self.settings)


def dense(d: Any, x: Any) -> Any:
    """A tangent with zeros where there is none."""
    return d if hasattr(d, "dtype") or isinstance(d, float) else np.zeros_like(x)
