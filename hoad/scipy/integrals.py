"""Derivatives of the integrals that SciPy finds: under the integral sign by all that the integrand depends
on, and by the limits, as far as they are traced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import quad as quad_of_scipy
from scipy.integrate import quad_vec as quad_vec_of_scipy
from scipy.special import roots_legendre

from ..errors import MissingRuleError, RecordingError
from ..nested import Traced, pack, primal, refused
from ..operators.questions import order
from ..values.captures import traced_in
from .apart import apart
from .inputs import Directions, Inputs, array, checked_plain, extra
from .jumps import parts_of, tell_of_jumps
from .quadrature import FINE, integral_of_table
from .steps import area, step
from .straight import tabled

Function = Callable[..., Any]
NUMBERS = frozenset({float, np.float64})  # which need no second look
WEIGHTS: dict[Any, Function] = {
    None: lambda x, wvar: 1.0,
    "cos": lambda x, wvar: np.cos(wvar * x),
    "sin": lambda x, wvar: np.sin(wvar * x),
    "cauchy": lambda x, wvar: 1 / (x - wvar),
}


class Integrand:
    """A function to be integrated, and what it depends on."""

    def __init__(self, f: Function, args: Any) -> None:
        self.f = f
        self.args = extra("quad", args)
        self.inputs = Inputs(f, self.args)

    def integrated(self, integrate: Function, name: str, *limits: Any) -> Any:
        """What SciPy finds: ``integrate(f, *limits)`` for plain numbers."""
        thing = self.inputs.plain((self.f, self.args))

        def integral(thing: Any, *limits: Any) -> Any:
            f, args = thing

            def plain(*x: Any) -> Any:
                y = f(*x, *args)
                return y if y.__class__ in NUMBERS else checked_plain(array(y), name)

            return integrate(plain, *limits)

        return apart(integral, (thing, *limits))

    def __call__(self, *x: Any) -> Any:
        return array(self.f(*x, *self.args))

    def table(self, k: int = 1) -> Function:
        """The function of k numbers and its derivatives by the inputs, at plain points: by a straight
        program, and on levels where there is none, or what it gives is not finite.
        """
        form = tabled(self.inputs, (self.f, self.args), k)
        if form is None:
            return self.table_on_levels()
        straight = form(self.inputs.numbers)

        def table(*x: Any) -> Any:
            try:
                return straight(*x)
            except ArithmeticError:
                return self.table_on_levels()(*x)

        return table

    def table_on_levels(self) -> Function:
        """The same by the rules at each point."""
        directions = Directions(self.inputs)
        f, args = self.inputs.at((self.f, self.args), directions.q)
        return lambda *x: directions.table(f(*x, *args))


def by_inputs(g: Integrand, value: Any, integrate: Function, *limits: Any, k: int = 1) -> Any:
    """An integral over k variables as a function of what the integrand depends on; a table of it is
    integrated by ``integrate(table, *limits)``.
    """
    if not g.inputs.leaves:
        return value
    if not g.inputs.is_noted:
        return g.inputs.polynomial(value, integrate(g.table(k), *limits))
    form, thing = tabled(g.inputs, (g.f, g.args), k), g.inputs.plain((g.f, g.args))
    if form is None:
        raise refused(RecordingError("an integrand without a straight program"), *g.inputs.leaves)
    tables: Function = lambda thing, numbers, *limits: integrate(form(numbers), *limits)
    return g.inputs.polynomial(value, apart(tables, (thing, g.inputs.numbers, *limits)))


def by_limits(g: Integrand, a: Any, b: Any, weight: Function) -> Any:
    """The change of an integral by its limits: zero, with derivatives."""
    f: Function = lambda x: weight(x) * g(x)
    return area(f, pack(b)) - area(f, pack(a))


def ends(a: Any, b: Any) -> tuple[Any, Any]:
    """Limits as plain numbers."""
    low, high = primal(a), primal(b)
    return low if isinstance(low, Traced) else float(low), high if isinstance(high, Traced) else float(high)


def finite(end: Any) -> Any:
    """A limit, which has no derivative where it is infinite."""
    return primal(end) if np.isinf(primal(end)) else end


def quad(
    func: Function,
    a: Any,
    b: Any,
    args: Any = (),
    full_output: Any = 0,
    epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
    limit: int = 50,
    points: Any = None,
    weight: Any = None,
    wvar: Any = None,
    wopts: Any = None,
    maxp1: int = 50,
    limlst: int = 50,
    complex_func: bool = False,
) -> Any:
    """``scipy.integrate.quad``, with the derivatives of what it finds."""
    a, b = finite(a), finite(b)
    g, (low, high) = Integrand(func, args), ends(a, b)
    if traced_in(points):
        message = "scipy.integrate.quad has no derivative by points; integrate from one to the next"
        raise refused(MissingRuleError(message), *traced_in(points))
    options = {"limit": limit, "points": points, "weight": weight, "wvar": wvar, "wopts": wopts}
    options |= {"maxp1": maxp1, "limlst": limlst, "complex_func": complex_func}
    named = options | {"full_output": full_output, "epsabs": epsabs, "epsrel": epsrel}
    plain: Function = lambda f, low, high, wvar: quad_of_scipy(f, low, high, **named | {"wvar": wvar})
    found = g.integrated(plain, "quad", low, high, primal_of(wvar))
    if traced_in(wvar) or (order((a, b)) and weight not in WEIGHTS):
        f, a, b, options = rewritten(func, a, b, weight, wvar)
        return (found[0] + step(quad(f, a, b, args, epsabs=epsabs, epsrel=epsrel, **options)[0]), *found[1:])

    def integrate(table: Function, low: Any, high: Any) -> Any:
        if weight is None:
            inside = None if points is None else [p for p in points if low < p < high]
            value = None if isinstance(found[0], Traced) else found[0]
            fine = {"epsrel": FINE if epsrel == 1.49e-8 else epsrel, "points": inside, "limit": limit}
            total, parts = integral_of_table(g.inputs, table, low, high, value, **fine)
            tell_of_jumps(g.inputs, (g.f, g.args), parts_of(parts, low, high))
            return total
        shape = np.shape(table(low + 1.0 if np.isinf(high) else (low + high) / 2))
        one: Function = lambda k: quad_of_scipy(
            lambda x: table(x).flat[k], low, high, epsrel=FINE, **options
        )[0]
        return np.reshape([one(k) for k in range(int(np.prod(shape)))], shape)

    total = by_inputs(g, found[0], integrate, low, high)
    if order((a, b)):
        total = total + by_limits(g, a, b, lambda x: WEIGHTS[weight](x, wvar))
    return (total, *found[1:])


def primal_of(wvar: Any) -> Any:
    """The parameters of a weight as plain numbers."""
    return tuple(map(primal, wvar)) if isinstance(wvar, tuple) else primal(wvar)


def rewritten(
    func: Function, a: Any, b: Any, weight: Any, wvar: Any
) -> tuple[Function, Any, Any, dict[str, Any]]:
    """An integral in which what is traced stands in the integrand or at a limit: the function, the limits,
    and what else ``quad`` takes.

    Raises:
        MissingRuleError: there is none.
    """
    if weight in ("cos", "sin") and not np.any(np.isinf([primal(a), primal(b)])):
        return lambda x, *args: WEIGHTS[weight](x, wvar) * func(x, *args), a, b, {}
    if weight == "cauchy":
        named = {"weight": weight, "wvar": 0.0}
        return lambda t, *args: func(wvar + t, *args), a - wvar, b - wvar, named
    if weight == "alg" and not traced_in(wvar):
        size = b - a
        named = {"weight": weight, "wvar": wvar}
        return lambda u, *args: size ** (1 + sum(wvar)) * func(a + size * u, *args), 0.0, 1.0, named
    what = "wvar" if traced_in(wvar) else " and ".join(n for n, x in (("a", a), ("b", b)) if order(x))
    message = f"scipy.integrate.quad with weight={weight!r} and these limits has no derivative by {what}"
    raise refused(MissingRuleError(message), *traced_in((a, b, wvar)))


def quad_vec(
    f: Function, a: Any, b: Any, *rest: Any, args: Any = (), points: Any = None, **options: Any
) -> Any:
    """``scipy.integrate.quad_vec``, with the derivatives of what it finds."""
    a, b = finite(a), finite(b)
    g, (low, high) = Integrand(f, args), ends(a, b)
    plain: Function = lambda f, low, high: quad_vec_of_scipy(f, low, high, *rest, points=points, **options)
    found = g.integrated(plain, "quad_vec", low, high)
    integrate: Function = lambda table, low, high: quad_vec_of_scipy(
        table, low, high, epsabs=1e-14, epsrel=FINE, points=points
    )[0]
    total = by_inputs(g, found[0], integrate, low, high)
    if order((a, b)):
        total = total + by_limits(g, a, b, lambda x: 1.0)
    return (total, *found[1:])


def fixed_quad(func: Function, a: Any, b: Any, args: Any = (), n: int = 5) -> Any:
    """``scipy.integrate.fixed_quad``: Gauss's rule."""
    nodes, weights = roots_legendre(n)
    values = array(func((b - a) * (nodes + 1) / 2 + a, *args))
    return (b - a) / 2 * np.sum(weights * values, axis=-1), None
