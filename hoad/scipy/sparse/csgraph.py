"""``scipy.sparse.csgraph``: paths and trees in graphs, of which nothing is differentiated, and which say
so.
"""

from __future__ import annotations

import types

from scipy.sparse import csgraph

from ...chainrules.scipy.without import refusal
from ..namesakes import names_of
from .functions import guarded

REASON = (
    "which edges it takes changes by jumps, and it reads numbers alone; find the edges for "
    "hoad.primal(A.data), and add up the traced lengths along them"
)
for _name in csgraph.__all__:
    if not isinstance(_plain := getattr(csgraph, _name), type | types.ModuleType):
        guarded(_plain, refusal(f"scipy.sparse.csgraph.{_name}", REASON))

globals().update(names_of(csgraph))
__all__ = csgraph.__all__
