"""``scipy.sparse``, whose matrices hold traced values, and take part in products with them."""

from __future__ import annotations

import scipy.sparse

from ..namesakes import names_of
from . import batches, classes, functions  # noqa: F401  (they make the doors)

globals().update(names_of(scipy.sparse))
__all__ = [name for name in scipy.sparse.__all__ if name not in ("linalg", "csgraph")]
