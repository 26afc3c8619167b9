"""``scipy.stats``, whose distributions and functions take traced values."""

from __future__ import annotations

import scipy.stats

from .distributions import comparisons, methods, modern, multivariate, orthants, spreads, summaries  # noqa: F401  (they state the doors)
from .namesakes import names_of

globals().update(names_of(scipy.stats))
__all__ = scipy.stats.__all__
