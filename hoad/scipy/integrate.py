"""``scipy.integrate``, whose functions take traced values, and functions that captured some."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate

from ..chainrules.doors import door
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


globals().update(names_of(scipy.integrate))
__all__ = scipy.integrate.__all__
