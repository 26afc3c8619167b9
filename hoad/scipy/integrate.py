"""``scipy.integrate``, whose functions take traced values, and functions that captured some."""

from __future__ import annotations

import scipy.integrate

from ..chainrules.doors import door
from . import integrals, sampled, trajectories  # noqa: F401  (sampled states its doors)
from .inputs import arguments_of
from .members import by_members
from .namesakes import names_of

for _solver in ("solve_ivp", "odeint"):
    _plain = getattr(scipy.integrate, _solver)
    door(_plain, always=True, keeps=arguments_of(_plain))(by_members(getattr(trajectories, _solver)))

for _solver in ("quad", "quad_vec", "dblquad", "tplquad", "nquad", "fixed_quad"):
    _plain = getattr(scipy.integrate, _solver)
    door(_plain, always=True, keeps=arguments_of(_plain))(by_members(getattr(integrals, _solver)))

globals().update(names_of(scipy.integrate))
__all__ = scipy.integrate.__all__
