"""Statistics of samples in the precision of the SciPy at hand, which is asked where something is single."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ...chainrules.doors import door, outside
from ...chainrules.numpy.shaping import cast
from ...nested import Traced, glance
from ...values.captures import traced_in, with_changed
from ...values.constants import is_elsewhere
from ...values.shapes import shape_of

Function = Callable[..., Any]


def statistic(function: Function) -> Callable[[Function], Function]:
    """State what stands for a statistic of SciPy's, as ``door`` does: what it gives has SciPy's precision."""

    def decorate(body: Function) -> Function:
        @functools.wraps(body)
        def called(*args: Any, **kwargs: Any) -> Any:
            if not any([x.dtype.char in "feF" for x in traced_in((args, kwargs))]):
                return body(*args, **kwargs)
            seen = asked(function, args, kwargs)
            if "d" in precisions(seen):
                args, kwargs = with_changed((args, kwargs), doubled)
            return as_seen(body(*args, **kwargs), seen)

        door(function)(called)
        return body

    return decorate


def asked(function: Function, args: Any, kwargs: Any) -> Any:
    """What SciPy gives for the plain values."""
    args, kwargs = with_changed((args, kwargs), at_hand)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return outside(function)(*args, **kwargs)


def at_hand(x: Traced) -> Any:
    """A plain value: of several the first, and numbers in the place of those on a device."""
    seen, shape = glance(x), shape_of(x)
    if is_elsewhere(seen):
        return np.arange(1, 1 + int(np.prod(shape)), dtype=x.dtype).reshape(shape)
    return seen if np.shape(seen) == shape else np.reshape(seen, (-1, *shape))[0]


def precisions(seen: Any) -> set[str]:
    """The types of what SciPy gave, as letters."""
    if isinstance(seen, tuple):
        return set[str]().union(*map(precisions, seen))
    return {np.asarray(seen).dtype.char}


def doubled(x: Traced) -> Any:
    """A traced value in double precision."""
    return cast(x, np.result_type(x.dtype, np.float64)) if x.dtype.char in "feF" else x


def as_seen(found: Any, seen: Any) -> Any:
    """What was found, with the types of what SciPy gave; a name of a part is that of the part."""
    if isinstance(found, tuple):
        parts = [as_seen(one, other) for one, other in zip(found, seen, strict=True)]
        made: Any = tuple.__new__(type(found), parts)
        known = {id(one): part for one, part in zip(found, parts, strict=True)}
        for name, value in getattr(found, "__dict__", {}).items():
            vars(made)[name] = (
                known[id(value)] if id(value) in known else as_seen(value, getattr(seen, name, value))
            )
        return made
    if isinstance(found, Traced) and found.dtype.kind in "fc" and np.asarray(seen).dtype.kind in "fc":
        wanted = np.asarray(seen).dtype
        return found if found.dtype == wanted else cast(found, wanted)
    return found
