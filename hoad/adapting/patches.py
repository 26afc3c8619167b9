"""Functions that were put in the place of a module's own, by a test or a user: ``math.sin = my_sin``.

The derivative is that of what the plain call computes, so what stands for such a module has them too.
"""

from __future__ import annotations

import cmath
import contextlib
import math
import types
from collections.abc import Iterator, Set
from typing import Any

import numpy

from .binding import Own, original_at

# What modules had under their names when hoad was imported.
OWN: dict[types.ModuleType, dict[str, Any]] = {
    module: dict(vars(module)) for module in (math, cmath, numpy, numpy.linalg, numpy.fft, numpy.testing)
}


def patches(module: types.ModuleType) -> dict[str, Any]:
    """What stands under names of a module in the place of its own, or did before the run that restored it."""
    own, held = OWN.get(module, {}), vars(module)
    if module not in SEEN and own.items() <= held.items():
        return {}
    SEEN.add(module)
    there = {name: original_at(Own(held, name)) for name in own if name in held}
    return {name: value for name, value in there.items() if value is not own[name]}


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Modules as they are by themselves, while hoad makes what stands for them."""
    others = {module: patches(module) for module in OWN}
    for module, names in others.items():
        vars(module).update({name: OWN[module][name] for name in names})
    try:
        yield
    finally:
        for module, names in others.items():
            vars(module).update(names)


SEEN: set[types.ModuleType] = set()  # modules in which something was put in another's place


def read_in(module: types.ModuleType, used: Set[str]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """The names that a program may read in a module, with what they hold."""
    held = vars(module)
    for name in used & OWN.get(module, {}).keys():
        if name in held and not isinstance(held[name], types.ModuleType):
            yield held, name, original_at(Own(held, name))
