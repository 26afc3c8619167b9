"""``scipy.interpolate``, whose functions take traced values."""

from __future__ import annotations

import scipy.interpolate

from ..chainrules.scipy import (
    chosen,
    collocation,
    fitpack,
    grids,
    piecewise,
    radial,
    rational,
    roots,
    scattered,
    splines,
)
from . import linalg
from .namesakes import names_of

# The rules; what makes the coefficients solves banded systems, too.
STATED = (chosen, collocation, fitpack, grids, linalg, piecewise, radial, rational, roots, scattered, splines)

globals().update(names_of(scipy.interpolate))
__all__ = scipy.interpolate.__all__
