"""``scipy.ndimage``, whose filters take traced values."""

from __future__ import annotations

import scipy.ndimage

from ..chainrules.scipy import images, neighbourhoods, ranks, spectral_images, warping  # noqa: F401  (they state the rules)
from .namesakes import names_of

globals().update(names_of(scipy.ndimage))
__all__ = scipy.ndimage.__all__
