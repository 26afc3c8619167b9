"""What the default run takes of the combinations: each element of each list, and the sweep has the rest."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from turns import by_turns, some_in, thinned


def in_the_default_run(params: list[Any]) -> list[Any]:
    return [p.values for p in params if not p.marks]


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "lists", [("abc", "xy"), ("a", "xyz"), ("ab", "xy", range(7)), ("abcdefg",)], ids=repr
)
def test_each_element_is_taken(lists: tuple[Any, ...], every: int) -> None:
    params = by_turns(*lists, every=every)
    assert [p.values for p in params] == list(itertools.product(*lists))
    taken = in_the_default_run(params)
    for k, part in enumerate(lists):
        assert {values[k] for values in taken} == set(part)
    assert 1 in [every, *map(len, lists), len(lists)] or len(taken) < len(params)
    assert all([[mark.name for mark in p.marks] in ([], ["sweep"]) for p in params])


@pytest.mark.parametrize("turn", range(4))
def test_each_keyword_is_taken(turn: int) -> None:
    ways = [{}, {"axis": 0}, {"axis": 1}, {"axis": None}, {"ddof": 1}, {"axis": 0, "ddof": 1}]
    taken = thinned(ways, 2, turn)
    assert {tuple(way) for way in taken} == {tuple(way) for way in ways} and len(taken) < len(ways)
    assert sorted(map(str, thinned(ways, 2, 0) + thinned(ways, 2, 1))).count("{}") == 2
    assert thinned(ways, 1, turn) == ways


def test_the_sweep_has_all() -> None:
    some, whole = some_in(4).args[1]
    assert some == 4 and whole.values == (1,) and whole.marks[0].name == "sweep"
