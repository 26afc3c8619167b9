"""``scipy.integrate``, whose functions take traced values, and functions that captured some."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate

from ..chainrules.doors import door
from ..chainrules.scipy.without import refuse
from . import integrals, sampled, trajectories  # noqa: F401  (sampled states its doors)
from .inputs import arguments_of, array
from .members import by_members
from .namesakes import names_of

for _solver in ("solve_ivp", "odeint"):
    _plain = getattr(scipy.integrate, _solver)
    door(_plain, always=True, keeps=arguments_of(_plain))(by_members(getattr(trajectories, _solver)))

for _solver in ("quad", "quad_vec", "dblquad", "tplquad", "nquad", "fixed_quad"):
    _plain = getattr(scipy.integrate, _solver)
    door(_plain, always=True, keeps=arguments_of(_plain))(by_members(getattr(integrals, _solver)))


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

globals().update(names_of(scipy.integrate))
__all__ = scipy.integrate.__all__
