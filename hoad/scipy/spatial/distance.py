"""``scipy.spatial.distance``, whose functions take traced values."""

from __future__ import annotations

import scipy.spatial.distance

from ...chainrules.scipy import distances  # noqa: F401  (it states the rules)
from ..namesakes import names_of

globals().update(names_of(scipy.spatial.distance))
__all__ = scipy.spatial.distance.__all__
