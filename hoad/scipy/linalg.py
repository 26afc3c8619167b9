"""``scipy.linalg``, whose functions take traced values."""

from __future__ import annotations

import scipy.linalg

from ..chainrules.scipy import linalg  # noqa: F401  (it states the rules)
from .namesakes import names_of

globals().update(names_of(scipy.linalg))
__all__ = scipy.linalg.__all__
