"""``scipy.signal``, whose filters take traced values."""

from __future__ import annotations

import scipy.signal

from ..chainrules.scipy import peaks, ranks, recursions, signals, systems  # noqa: F401  (they state the rules)
from . import fft, linalg, ndimage  # noqa: F401  (what its Python code calls)
from .namesakes import names_of

globals().update(names_of(scipy.signal))
__all__ = scipy.signal.__all__
