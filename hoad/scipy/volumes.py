"""Derivatives of integrals over several variables.

An integral whose limits depend on what is traced is one with plain limits, differentiated under the integral
sign, and for each limit the integral along that edge of the region (Leibniz's rule, from the inside out):

    ∫∫ f dy dx, y from a(x; q) to b(x; q)  =  ∫∫ f dy dx at the plain limits  +  ∫ area(f, b) - area(f, a) dx
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.integrate import dblquad as dblquad_of_scipy
from scipy.integrate import nquad as nquad_of_scipy
from scipy.integrate import tplquad as tplquad_of_scipy

from ..errors import MissingRuleError
from ..nested import primal, refused
from ..values.captures import traced_in, with_changed
from .inputs import Inputs, extra
from .integrals import Integrand, by_inputs, finite
from .quadrature import FINE
from .steps import area, step

Function = Callable[..., Any]
Ranges = Sequence[Function]  # of the inner variables first; each gives its limits at the variables behind it
POINTS = 2**17  # as many are kept, for the derivatives by the other inputs


def nested(f: Function, ranges: Ranges) -> Any:
    """An integral over several variables, the first being the innermost."""
    if not ranges:
        return f()
    plain = [with_changed(r, primal) for r in ranges]
    total = within(f, plain)
    for k, r in enumerate(ranges):
        if traced_in(r):
            total = total + nested(along_edges(f, plain[:k], plain[k], r), ranges[k + 1 :])
    return total


def along_edges(f: Function, inner: Ranges, plain: Function, limits: Function) -> Function:
    """What the limits of one variable change in an integral over it and those within: the integral between
    the plain limits and the traced ones. The variables behind it may be traced themselves.
    """

    def edges(*rest: Any) -> Any:
        def whole(x: Any) -> Any:
            return nested(lambda *y: f(*y, x, *rest), [lambda *y, r=r: r(*y, x, *rest) for r in inner])

        (low, high), (start, end) = limits(*rest), plain(*rest)
        return (
            area(whole, finite(high))
            - area(whole, finite(end))
            - area(whole, finite(low))
            + area(whole, finite(start))
        )

    return edges


def within(f: Function, ranges: Ranges) -> Any:
    """An integral between plain limits, by SciPy: one for each derivative of the integrand, at the same
    points.
    """
    g = Integrand(f, ())
    accuracy = [{"epsabs": 1e-12, "epsrel": FINE * 30**k, "limit": 50} for k in range(len(ranges))]
    integral: Function = lambda f, ranges: nquad_of_scipy(f, ranges, opts=accuracy)[0]

    def integrate(table: Function, ranges: Ranges) -> Any:
        at = functools.lru_cache(maxsize=POINTS)(lambda *x: np.reshape(table(*x), -1).tolist())
        shape = np.shape(table(*inside(ranges)))
        size = int(np.prod(shape))
        return np.reshape([integral(lambda *x, i=i: at(*x)[i], ranges) for i in range(size)], shape)

    return by_inputs(g, g.integrated(integral, "nquad", ranges), integrate, ranges, k=len(ranges))


def inside(ranges: Ranges) -> tuple[float, ...]:
    """A point of the region."""
    point: tuple[float, ...] = ()
    for r in reversed(ranges):
        low, high = np.clip(r(*point), -1e3, 1e3)
        point = (float(low + high) / 2, *point)
    return point


def of_several(
    plain: Function, given: tuple[Any, ...], options: dict[str, Any], f: Function, ranges: Ranges
) -> Any:
    """SciPy's integral, with the derivatives of the nested ones."""
    inputs = Inputs(*given, options)
    arguments, named = inputs.plain((given, options))
    found = inputs.apart(lambda arguments, named: plain(*arguments, **named), arguments, named)
    return (found[0] + step(nested(f, ranges)), *found[1:]) if inputs.leaves else found


def limit(end: Any) -> Function:
    """A limit as a function of the outer variables."""
    return end if callable(end) else lambda *x: end


def dblquad(func: Any, a: Any, b: Any, gfun: Any, hfun: Any, args: Any = (), **options: Any) -> Any:
    """``scipy.integrate.dblquad``, with the derivatives of what it finds."""
    inner: Function = lambda x: (limit(gfun)(x), limit(hfun)(x))
    f: Function = lambda y, x: func(y, x, *args)
    return of_several(dblquad_of_scipy, (func, a, b, gfun, hfun, args), options, f, [inner, lambda: (a, b)])


def tplquad(
    func: Any, a: Any, b: Any, gfun: Any, hfun: Any, qfun: Any, rfun: Any, args: Any = (), **options: Any
) -> Any:
    """``scipy.integrate.tplquad``, with the derivatives of what it finds."""
    middle: Function = lambda x: (limit(gfun)(x), limit(hfun)(x))
    inner: Function = lambda y, x: (limit(qfun)(x, y), limit(rfun)(x, y))
    f: Function = lambda z, y, x: func(z, y, x, *args)
    given = (func, a, b, gfun, hfun, qfun, rfun, args)
    return of_several(tplquad_of_scipy, given, options, f, [inner, middle, lambda: (a, b)])


def all_plain(opts: Any) -> bool:
    """Tell whether options say only how exact an integral is to be."""
    every = opts if isinstance(opts, (list, tuple)) else [opts or {}]
    return all([isinstance(o, dict) and not {"points", "weight"} & o.keys() for o in every])


def nquad(func: Any, ranges: Any, args: Any = None, opts: Any = None, full_output: Any = False) -> Any:
    """``scipy.integrate.nquad``, with the derivatives of what it finds."""
    more = extra("nquad", args)
    inputs = Inputs(func, list(ranges), more)
    if inputs.leaves and not all_plain(opts):
        message = (
            "scipy.integrate.nquad with points or weights in opts=, or functions there, has no derivative; "
            "quad within quad has"
        )
        raise refused(MissingRuleError(message), *inputs.leaves)
    f: Function = lambda *x: func(*x, *more)
    whole = [(lambda *x, r=r: r(*x, *more)) if callable(r) else (lambda *x, r=r: r) for r in ranges]
    named = {"args": more, "opts": opts, "full_output": full_output}
    return of_several(nquad_of_scipy, (func, list(ranges)), named, f, whole)
