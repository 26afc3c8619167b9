"""Derivatives through solvers, by the implicit function theorem; SciPy, or any code, does the solving.

If ``F(x, p) = 0`` defines x as a function of p, its derivative is one linear solve with dF/dx, whatever
iterations led to x. Here that solve is a step of Newton's method: from the solution ``x0`` for the plain
values of p, ``x0 - J^-1 F(x0, p)`` has the right value and first derivative by p. A further step with the
same matrix makes one more order right, so as many are taken as the derivatives that are nested.

Source: M. Blondel and others, Efficient and modular implicit differentiation (NeurIPS 2022).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.custom import Custom
from ..errors import (
    ArgumentError,
    CallError,
    ConvergenceError,
    MissingDependencyError,
    ShapeMismatchError,
    describe,
)
from ..nested import INSIDE, Traced, pack
from ..operators.gradients import grad
from ..operators.jacobians import jacobian
from ..operators.questions import order, primal
from ..running.calling import check_function
from ..running.mistakes import binds, name_of
from ..running.tracebacks import folding
from ..values.captures import with_changed
from ..values.containers import is_container
from ..values.shapes import is_complex
from ..values.wrappers import plain_one

Function = Callable[..., Any]


def scipy(module: str) -> Any:
    """A module of SciPy, if it is there."""
    try:
        return importlib.import_module(f"scipy.{module}")
    except ImportError:
        raise MissingDependencyError(f"scipy.{module} is needed: pip install 'hoad[scipy]'") from None


def plain(p: Any) -> Any:
    """Values without any level of differentiation."""
    return with_changed(p, primal)


# ------------------------------------------------------------------------------------------------------------
# What is solved for: numbers and arrays, real or, in real and imaginary parts, complex
# ------------------------------------------------------------------------------------------------------------


def unknown(x: Any, what: str) -> Any:
    """A guess or a solution: a number or an array of floats or complex numbers."""
    if is_container(x) and not isinstance(x, list):
        raise ArgumentError(
            f"{what} is {describe(x)}; what is solved for must be one number or one array: put its parts "
            f"into an array with np.concatenate, and take them apart in the function"
        )
    x = x if isinstance(x, Traced) else np.asarray(plain_one(x, what))[()]
    if x.dtype.kind not in "biufc":
        raise ArgumentError(f"{what} is {describe(x)}; what is solved for must be numbers")
    return x if x.dtype.kind in "fc" else x.astype(float)


def in_parts(x: Any) -> Any:
    """Complex numbers as real ones, with one more axis in front: the real parts and the imaginary parts."""
    return np.stack([np.real(x) + 0.0, np.imag(x) + 0.0])


def together(z: Any) -> Any:
    """Complex numbers from their parts."""
    return z[0] + 1j * z[1]


def of_parts(f: Function) -> Function:
    """A function of complex numbers as one of their parts, with the parts of its value."""
    return lambda z, *p: in_parts(as_array(f(together(z), *p)))


def as_array(y: Any) -> Any:
    """What a function gives, where it may be a list, or an object array of traced values."""
    return pack(np.array(y) if isinstance(y, (list, tuple)) else y)


# ------------------------------------------------------------------------------------------------------------
# Implicit functions
# ------------------------------------------------------------------------------------------------------------


def implicit_function(residual: Function, solver: Function) -> Function:
    """Give the solution of an equation as a function of its parameters, which hoad differentiates.

    Args:
        residual: ``F(x, *p)``, zero at the solution; NumPy code. x is a number or an array, real or complex,
            and F of the same shape.
        solver: ``solver(*p)`` gives x for plain parameters, by any code.

    Returns:
        A function of the parameters (numbers, arrays, containers): the solution, with derivatives of all
        orders in all modes.

    Raises:
        LinAlgError: the equation does not determine x: dF/dx is singular.
        ArgumentError: x is a container.
        ShapeMismatchError: F is not of the shape of x.

    Example:
        >>> import numpy as np, hoad
        >>> from hoad import implicit_function
        >>> root = implicit_function(lambda x, p: x**2 - p, lambda p: np.sqrt(p))
        >>> hoad.derivative(root, 4.0), hoad.derivative(root, 4.0, 2)
        (0.25, -0.03125)
    """
    check_function(residual, "implicit_function")
    check_function(solver, "implicit_function")

    each = Custom(solver)  # which takes one member of a batch after the other

    @folding
    def solution(*p: Any) -> Any:
        numbers = plain(p)
        start = unknown(each(*numbers), "the solution")
        steps = order((p, residual))  # a parameter may be in its closure, too
        if not steps and INSIDE.get():  # or come from where nobody sees it, as that of a module
            steps = order(as_array(residual(start, *p)))
        if not steps:
            return start
        if is_complex(start):
            return together(corrected(of_parts(residual), in_parts(start), p, numbers, steps))
        return corrected(residual, start, p, numbers, steps)

    return solution


def corrected(residual: Function, x: Any, p: Any, numbers: Any, steps: int) -> Any:
    """A solution with derivatives by p."""
    shape, n = np.shape(x), int(np.size(x))
    slopes = jacobian(lambda y: fitting(residual(y, *numbers), shape), x, mode="forward")
    return newton(lambda y: fitting(residual(y, *p), shape), x, np.reshape(slopes, (n, n)), steps)


def newton(residual: Function, x: Any, matrix: Any, steps: int) -> Any:
    """A solution after some steps of Newton's method with one matrix, the slope at the solution: the
    derivatives by what the residual depends on come right, one order with each step.
    """
    for _ in range(steps):
        rest = np.reshape(residual(x), -1)
        x = x - np.reshape(np.linalg.solve(matrix, rest), np.shape(x))
    return x


def fitting(rest: Any, shape: tuple[int, ...]) -> Any:
    """What a residual gives, which is to be of the shape of the solution."""
    rest = as_array(rest)
    if np.shape(rest) != shape:
        raise ShapeMismatchError(
            f"the residual has the shape {np.shape(rest)}, and the solution {shape}; an equation for each "
            f"number that is solved for is needed"
        )
    if is_complex(rest):
        raise ArgumentError(
            "the residual is complex and the solution real, so there are two equations for each unknown; "
            "give a complex guess or solution (1j * 0 + x), or a real residual"
        )
    return rest


FORMS = {
    "root": "root(f, guess, *p), with f(x, *p)",
    "brentq": "brentq(f, a, b, *p), with f(x, *p)",
    "minimize": "minimize(loss, guess, *p), with loss(x, *p)",
    "fixed_point": "fixed_point(g, guess, *p), with g(x, *p)",
    "solve_ivp": "solve_ivp(f, times, y0, p), with f(t, y, p), the solution being wanted at times",
}
OF_SCIPY = ("args", "t_eval", "t_span", "fun", "x0", "y0", "dense_output", "full_output", "events")


def check_form(name: str, f: Any, given: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Refuse SciPy's form of a call.

    Raises:
        ArgumentError: an option is SciPy's and not hoad's.
        CallError: the function does not take what it will be given.
    """
    check_function(f, name)
    for key in options:
        if key in OF_SCIPY:
            raise ArgumentError(f"{key}= is of SciPy's {name}; hoad's is called as hoad.{FORMS[name]}")
    if not binds(f, given, {}):
        raise CallError(
            f"{name_of(f)} can't be called with {len(given)} arguments, as hoad.{name} does: the form is "
            f"hoad.{FORMS[name]}"
        )


@folding
def root(f: Function, guess: Any, *p: Any, **options: Any) -> Any:
    """Solve ``f(x, *p) = 0`` by ``scipy.optimize.root``, with derivatives by the parameters.

    Args:
        f: the residual: NumPy code of x (a number or an array) and the parameters.
        guess: where to begin; x is complex if this is.
        p: the parameters, which may be traced.
        options: passed on to SciPy (``method=``, ``tol=``, ``options=``).

    Returns:
        The solution, of the shape of the guess.

    Raises:
        ConvergenceError: SciPy found none.
        ArgumentError: the guess is a container, or f is complex and the guess is real.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.derivative(lambda p: hoad.root(lambda x, p: x**3 + x - p, 1.0, p), 2.0)
        0.25
    """
    check_form("root", f, (guess, *p), options)
    optimize, guess = scipy("optimize"), plain(unknown(guess, "the guess"))
    if is_complex(guess):
        check_real_options(options)
        return together(root(of_parts(f), in_parts(guess), *p, **options))
    shape, plain_f = np.shape(guess), plain(f)

    def solver(*p: Any) -> Any:
        rest: Function = lambda x: fitting(plain_f(np.reshape(x, shape)[()], *p), shape)
        flat = lambda x: np.reshape(np.asarray(primal(rest(x)), dtype=float), -1)
        slope = lambda x: np.reshape(primal(jacobian(rest, x)), (np.size(x),) * 2)
        found = optimize.root(flat, np.reshape(guess, -1), **{"jac": slope, "tol": 1e-13, **options})
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

    Raises:
        ValueError: f has the same sign at both ends.

    Example:
        >>> import numpy as np, hoad
        >>> round(hoad.derivative(lambda p: hoad.brentq(lambda x, p: np.cos(x) - p * x, 0.0, 2.0, p), 1.0), 6)
        -0.441...
    """
    check_form("brentq", f, (a, *p), options)
    optimize, plain_f = scipy("optimize"), plain(f)

    def of_one(x: Any, *p: Any) -> float:
        y = plain_f(x, *p)
        if is_complex(y):
            raise ArgumentError(
                "f is complex, and has no sign; hoad.root takes complex equations, from a complex guess"
            )
        return float(primal(y))

    return implicit_function(f, lambda *p: optimize.brentq(of_one, a, b, args=p, **options))(*p)


@folding
def minimize(loss: Function, guess: Any, *p: Any, **options: Any) -> Any:
    """Minimise ``loss(x, *p)`` over x by ``scipy.optimize.minimize``, with derivatives of the minimiser by
    the parameters.

    Args:
        loss: NumPy code of x (a number or an array) and the parameters, smooth at the minimum.
        guess: where to begin; x is complex if this is.
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
    optimize, guess = scipy("optimize"), plain(unknown(guess, "the guess"))
    if is_complex(guess):
        check_real_options(options)
        return together(minimize(lambda z, *p: loss(together(z), *p), in_parts(guess), *p, **options))
    shape, plain_loss = np.shape(guess), plain(loss)
    slope: Function = lambda x, *p: grad(lambda y: loss(y, *p), x)
    plain_slope: Function = lambda x, *p: grad(lambda y: plain_loss(y, *p), x)

    def solver(*p: Any) -> Any:
        fun = lambda x: real_number(plain_loss(np.reshape(x, shape)[()], *p))
        jac = lambda x: np.reshape(primal(plain_slope(np.reshape(x, shape)[()], *p)), -1)
        found = optimize.minimize(fun, np.reshape(guess, -1), **{"jac": jac, **options})
        x = np.reshape(found.x, shape)[()]
        if not found.success and np.max(np.abs(primal(plain_slope(x, *p))), initial=0.0) > 1e-4:
            raise ConvergenceError(f"scipy.optimize.minimize: {found.message}")
        return primal(polished(plain_slope, x, p))

    return implicit_function(slope, solver)(*p)


def real_number(y: Any) -> float:
    """The value of a loss."""
    if is_complex(y):
        raise ArgumentError("the loss is complex, and has no minimum; np.abs(loss) or its square is real")
    return float(primal(y))


def check_real_options(options: dict[str, Any]) -> None:
    """Refuse what speaks of the unknowns, where those are solved for in real and imaginary parts."""
    for name in ("jac", "hess", "hessp", "bounds", "constraints"):
        if name in options:
            raise ArgumentError(
                f"{name}= can't be given for complex unknowns, which are solved for in real and imaginary "
                f"parts; solve for those yourself, as real numbers"
            )


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
    plain_g = plain(g)

    def solver(*p: Any) -> Any:
        x = plain(unknown(guess, "the guess"))
        for _ in range(iterations):
            old, x = x, unknown(primal(plain_g(x, *p)), "the next x")
            if np.max(np.abs(x - old), initial=0.0) <= tolerance * max(1.0, np.max(np.abs(x), initial=0.0)):
                return x
        raise ConvergenceError(f"the iteration has not settled after {iterations} steps")

    return implicit_function(lambda x, *p: x - g(x, *p), solver)(*p)
