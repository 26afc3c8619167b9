"""Methods by hand, each of which counts as long as the rules do that it was written for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..chainrules.statements import LISTENERS, RULES

Place = type | dict[Any, Callable[..., Any]]


def by_hand(place: Place, key: Any, method: Callable[..., Any], *functions: Any) -> None:
    """Give a kind of traced value a method in place of the general path; where a user states a rule for one
    of the functions that it carries out, it is taken away, and with the last of such rules it comes back.

    Args:
        place: the kind, or its table of methods by function.
        key: the name of the method, or the function.
        method: what is called there.
        functions: those whose rules it stands for, all being hoad's own now.
    """
    own = [RULES[function] for function in functions]

    def follow(function: Any, rule: Any) -> None:
        if function in functions:
            counts = all(RULES.get(f) is r for f, r in zip(functions, own, strict=True))
            (give if counts else take_away)(place, key, method)

    give(place, key, method)
    LISTENERS.append(follow)


def give(place: Place, key: Any, method: Callable[..., Any]) -> None:
    """Put a method where it is looked for."""
    if isinstance(place, dict):
        place[key] = method
    else:
        setattr(place, key, method)


def take_away(place: Place, key: Any, method: Callable[..., Any]) -> None:
    """Leave the general path there."""
    if isinstance(place, dict):
        place.pop(key, None)
    elif key in vars(place):
        delattr(place, key)
