"""What NumPy and SciPy say of an argument that they will not take any more, where a rule takes it without
asking them: the user is told at the line of the call, as by the plain call.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Hashable
from typing import Any

from .places import users_frame


def passed_on(call: Callable[..., Any], *args: Hashable, **kwargs: Hashable) -> None:
    """Tell the user what a call says: by Python's default, once for each line.

    Args:
        call: what makes it, of something small in the place of what is traced.
        args: what else it is of.
        kwargs: the same.
    """
    said = heard(call, *args, **kwargs)
    frame = users_frame() if said else None
    if frame is not None:
        known = frame.f_globals.setdefault("__warningregistry__", {})
        module, place = frame.f_globals.get("__name__"), (frame.f_code.co_filename, frame.f_lineno)
        for text, category in said:
            warnings.warn_explicit(text, category, *place, module, known)


@functools.lru_cache(maxsize=256)
def heard(call: Callable[..., Any], *args: Any, **kwargs: Any) -> list[tuple[str, type[Warning]]]:
    """What it says, asked once: Python forgets what it has told where warnings are kept in a list."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call(*args, **kwargs)
    return [(str(warning.message), warning.category) for warning in told]
