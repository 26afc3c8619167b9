"""``cupyx.scipy.special``."""

from __future__ import annotations

import scipy.special

from ...cupy_facts import SPECIAL
from .functions import functions

globals().update(functions(__name__, scipy.special, SPECIAL))
