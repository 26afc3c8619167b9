"""``scipy.optimize``: inside a derivative, what is found has derivatives by all that it depends on; outside
of one, the solvers are given the derivatives that they want.

Example:
    >>> import numpy as np
    >>> import hoad, hoad.scipy.optimize
    >>> rosen = lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    >>> found = hoad.scipy.optimize.minimize(rosen, np.zeros(2), method="trust-exact")
    >>> found.x.round(6), found.nhev > 0
    (array([1., 1.]), True)
"""

from __future__ import annotations

import scipy.optimize

from . import older_optimisers, optimisers  # noqa: F401  (they state the doors)
from .filling import FILLED
from .namesakes import names_of

globals().update(names_of(scipy.optimize) | FILLED)
__all__ = scipy.optimize.__all__
