"""``scipy.special``: its ufuncs ask traced values themselves, and its Python code is a program."""

from __future__ import annotations

import scipy.special

from ..chainrules.scipy import special  # noqa: F401  (it states the rules)
from ..chainrules.scipy.exponential_sums import log_shares_, shares_
from ..kinds.grid_points import FORMS, along
from .namesakes import names_of

FORMS.update(dict.fromkeys((shares_, log_shares_), along))

globals().update(names_of(scipy.special))
__all__ = scipy.special.__all__
