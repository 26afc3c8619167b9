"""Combinations that the default run takes by turns; ``make sweep`` takes all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest


def by_turns(*lists: Iterable[Any], every: int, names: Iterable[str] | None = None) -> list[Any]:
    """The parameters of all combinations, one of several in the default run, and the others in the sweep.

    Each element of each list is in the default run at least once: what is left out is where it meets what.

    Args:
        lists: what is combined; the last turns fastest.
        every: how many of the combinations there are for each that the default run takes.
        names: of the combinations, for the list of tests; by what they are made of if not given.
    """
    whole = [list(part) for part in lists]
    places = list(itertools.product(*[range(len(part)) for part in whole]))
    taken = {place for place in places if sum(place) % every == 0}
    for k, part in enumerate(whole):
        for i in set(range(len(part))) - {place[k] for place in taken}:
            taken.add(next(place for place in places if place[k] == i))
    ids = [None] * len(places) if names is None else list(names)
    return [
        pytest.param(
            *[part[i] for part, i in zip(whole, place, strict=True)],
            marks=[] if place in taken else pytest.mark.sweep,
            id=name,
        )
        for place, name in zip(places, ids, strict=True)
    ]


def some_in(every: int) -> Any:
    """A test goes over one in ``every`` of its cases in the default run, over all of them in the sweep."""
    whole = pytest.param(1, marks=pytest.mark.sweep)
    return pytest.mark.parametrize("every", [every, whole], ids=["some", "all"])


def thinned(ways: Iterable[dict[str, Any]], every: int, turn: int) -> list[dict[str, Any]]:
    """One in ``every`` of the ways to give some keywords, others for another call; at least one for each."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for way in ways:
        groups.setdefault(tuple(way), []).append(way)
    return [way for group in groups.values() for way in group[turn % min(every, len(group)) :: every]]
