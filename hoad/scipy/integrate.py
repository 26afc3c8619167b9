"""``scipy.integrate``, whose functions take traced values, and functions that captured some."""

from __future__ import annotations

import scipy.integrate

from ..chainrules.doors import door
from . import trajectories
from .namesakes import names_of

door(scipy.integrate.solve_ivp, always=True)(trajectories.solve_ivp)
door(scipy.integrate.odeint, always=True)(trajectories.odeint)

globals().update(names_of(scipy.integrate))
__all__ = scipy.integrate.__all__
