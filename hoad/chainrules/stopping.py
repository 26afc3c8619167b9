"""Where derivatives end: the value of ``hoad.stop_gradient`` and ``hoad.primal`` in a program that is noted,
since that may be differentiated later.
"""

from __future__ import annotations

from typing import Any

from ..values.constants import is_array
from .statements import Constant


def _still(x: Any) -> Any:
    return x.copy() if is_array(x) else x


still = Constant(_still, name="stop_gradient")
