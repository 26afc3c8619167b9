"""``scipy.fft``, whose functions take traced values."""

from __future__ import annotations

import scipy.fft

from ..chainrules.scipy import transforms  # noqa: F401  (it states the rules)
from .namesakes import names_of

globals().update(names_of(scipy.fft))
__all__ = scipy.fft.__all__
