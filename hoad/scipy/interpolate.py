"""``scipy.interpolate``, whose functions take traced values."""

from __future__ import annotations

import scipy.interpolate

from ..chainrules.scipy import collocation, fitpack, grids, piecewise, radial, scattered, splines  # noqa: F401  (they state the rules)
from . import linalg  # noqa: F401  (what makes the coefficients solves banded systems)
from .namesakes import names_of

globals().update(names_of(scipy.interpolate))
__all__ = scipy.interpolate.__all__
