"""``scipy.integrate``, whose functions take traced values, and functions that captured some."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import scipy.integrate

from ..chainrules.doors import DOORS, door
from ..chainrules.scipy.without import refuse
from ..interop.objective import as_compiled, as_written
from ..nested import INSIDE
from ..operators.jacobians import jacobian
from . import integrals, sampled, trajectories, volumes  # noqa: F401  (sampled states its doors)
from .filling import missing
from .inputs import arguments_of, array, extra
from .members import by_members
from .namesakes import names_of
from .slopes import Slopes

for _solver in ("solve_ivp", "odeint"):
    _plain = getattr(scipy.integrate, _solver)
    door(_plain, always=True, keeps=arguments_of(_plain))(by_members(getattr(trajectories, _solver)))

for _solver in ("quad", "quad_vec", "fixed_quad"):
    _plain = getattr(scipy.integrate, _solver)
    door(_plain, always=True, keeps=arguments_of(_plain))(by_members(getattr(integrals, _solver)))

for _solver in ("dblquad", "tplquad", "nquad"):
    _plain = getattr(scipy.integrate, _solver)
    door(_plain, always=True, keeps=arguments_of(_plain))(by_members(getattr(volumes, _solver)))


IMPLICIT = {"BDF": scipy.integrate.BDF, "Radau": scipy.integrate.Radau}


@functools.wraps(scipy.integrate.solve_ivp)
def solve_ivp(
    fun: Any, t_span: Any, y0: Any, method: Any = "RK45", *more: Any, args: Any = None, compile: bool = False,
    **options: Any,
) -> Any:  # fmt: skip
    """SciPy's, with the Jacobian for the implicit methods: a sparse one, where it is sparse. Outside of
    derivatives, ``compile=True`` compiles the function and the Jacobian.
    """
    plain = fun
    if compile and not INSIDE.get():
        fun = as_compiled(lambda *given: np.asarray(plain(*given)))
    implicit = method in IMPLICIT or method in IMPLICIT.values()
    if INSIDE.get() or not implicit or len(more) > 4 or missing(options.get("jac")) is False:
        return DOORS[scipy.integrate.solve_ivp](fun, t_span, y0, method, *more, args=args, **options)
    given = extra("solve_ivp", args)
    made = as_compiled if compile else as_written
    slope = lambda y, t: np.reshape(plain(t, y, *given), -1)
    dense = made(lambda y, t: np.asarray(jacobian(slope, y, t, holomorphic=np.iscomplexobj(y))))
    if not np.iscomplexobj(y0) and "jac_sparsity" not in options:
        slopes = Slopes(slope, dense, 1, compile)
        options["jac"] = lambda t, y, *_: slopes(y, t)
    return DOORS[scipy.integrate.solve_ivp](fun, t_span, y0, method, *more, args=args, **options)


@door(scipy.integrate.OdeSolution.__call__)
@by_members
def _(self: Any, t: Any) -> Any:
    """A solution at traced times: each by the polynomial that it lies in."""
    if not np.ndim(t):
        return array(self._call_single(t))
    return np.stack([array(self._call_single(x)) for x in t], -1)


_BY_CELLS = "quad, quad_vec, dblquad and nquad have one"
refuse(
    scipy.integrate,
    {
        "tanhsinh": "its nodes are chosen by what it finds; " + _BY_CELLS,
        "cubature": "its cells are chosen by what it finds; " + _BY_CELLS,
        "qmc_quad": "it is an estimate; the mean of the function at qrng.random(n) has one",
        "nsum": "where it stops is chosen by what it finds; np.sum(f(np.arange(n))) has one",
        "ode": "it steps in compiled code; solve_ivp has one",
        "complex_ode": "it steps in compiled code; solve_ivp of complex values has one",
        "solve_bvp": "scipy.optimize.root of the equations at the points has one",
    },
    captured=True,
)

globals().update(names_of(scipy.integrate) | {"solve_ivp": solve_ivp})
__all__ = scipy.integrate.__all__
