"""What a program asks about its values may have another answer in each member of a batch.

``vmap`` gives each its own, or refuses: no member's answer is that of all.
"""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
import math
import operator
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

X = np.array([0.7, 1.3, -0.2])
ROWS = np.array([[0.7, 0.7], [1.3, 0.7], [0.2, 2.4]])


def matched(x: Any) -> bool:
    match x:
        case 0.7:
            return True
        case _:
            return False


def count_of_squarings(x: Any) -> int:
    n = 0
    while x < 1:
        x, n = x * x + 1, n + 1
    return n


NUMBERS: dict[str, Callable[[Any], Any]] = {
    "==": lambda x: x == 0.7,
    "if ==": lambda x: 1 if x == 0.7 else 2,
    "operator.ne": lambda x: 1 if operator.ne(x, 0.7) else 2,
    "a chain": lambda x: 1 if 0 < x < 1 else 2,
    "not": lambda x: 1 if not x > 1 else 2,
    "and": lambda x: (x > 0 and x) * 1.0,
    "a tolerance": lambda x: 1 if abs(x - 0.7) < 1e-9 else 2,
    "bool()": lambda x: bool(x > 1),
    "int()": lambda x: int(x),
    "round()": lambda x: round(x),
    "floor": lambda x: math.floor(x),
    "divmod": lambda x: divmod(x, 0.4)[0],
    "a loop": count_of_squarings,
    "match": matched,
    "in a list": lambda x: x in [0.7, 5],
    "in a tuple": lambda x: 1 if x in (0.7, 5) else 2,
    "in a set": lambda x: 1 if x in {0.7, 5.0} else 2,
    "in an array": lambda x: x in np.array([0.7, 5.0]),
    "list.index": lambda x: [0.7, 1.3, -0.2].index(x),
    "list.count": lambda x: [0.7, 1.3, 0.7].count(x),
    "equal tuples": lambda x: 1 if (x, 1) == (0.7, 1) else 2,
    "tuples in order": lambda x: 1 if (x, 1) < (1.0, 1) else 2,
    "equal dictionaries": lambda x: 1 if {"a": x} == {"a": 0.7} else 2,
    "len of a set": lambda x: len({x, 0.7}),
    "min": lambda x: min(x, 1.0),
    "max with a key": lambda x: max(x, 1.0, key=lambda t: -t),
    "sorted": lambda x: sorted([x, 1.0, 0.0])[1],
    "sorted by a key": lambda x: sorted([0, 1], key=lambda i: [x, 1.0][i])[0],
    "any": lambda x: any([x < 0, x > 1]),
    "all": lambda x: 1 if all([x > 0, x > 1]) else 2,
    "filter": lambda x: sum(filter(lambda t: t > 1, [x, 2.0])),
    "takewhile": lambda x: sum(itertools.takewhile(lambda t: t < 1, [x, 0.5])),
    "groupby": lambda x: len(list(itertools.groupby([x, 0.7]))),
    "reduce": lambda x: functools.reduce(max, [x, 1.0]),
    "bisect": lambda x: bisect.bisect([0, 1.0, 2], x),
    "heapq": lambda x: heapq.nsmallest(1, [x, 1.0])[0],
    "statistics": lambda x: statistics.median([x, 1.0, 0.5]),
    "math.isclose": lambda x: math.isclose(x, 0.7),
    "math.isnan": lambda x: 1 if math.isnan(x) else 2,
    "math.copysign": lambda x: math.copysign(3.0, x),
    "np.isclose": lambda x: np.isclose(x, 0.7),
    "if np.isclose": lambda x: 1 if np.isclose(x, 0.7) else 2,
    "where np.isclose": lambda x: np.where(np.isclose(x, 0.7), 1.0, x),
    "np.allclose": lambda x: np.allclose(x, 0.7),
    "np.allclose of a list": lambda x: np.allclose([x, 0.7], 0.7),
    "np.array_equal": lambda x: np.array_equal([x], [0.7]),
    "np.array_equiv": lambda x: np.array_equiv(x, [0.7, 0.7]),
    "np.isin": lambda x: np.isin(x, [0.7, 9]),
    "np.any": lambda x: np.any([x == 0.7]),
    "np.count_nonzero": lambda x: np.count_nonzero([x > 1, x > 0]),
    "np.isfinite": lambda x: np.isfinite(1 / (x - 0.7)),
    "np.iscomplex": lambda x: np.iscomplex(x + 1j * (x > 1)),
    "np.signbit": np.signbit,
    "np.argmax": lambda x: np.argmax([x, 1.0]),
    "np.piecewise": lambda x: np.piecewise(x, [x > 1], [2.0, 3.0]),
    "np.lexsort": lambda x: np.lexsort(([x, 1.0],))[0],
    "positions": lambda x: len(np.where(np.array([x > 1]))[0]),
    "an array that is filled": lambda x: np.arange(5.0)[int(x > 1)],
}
ARRAYS: dict[str, Callable[[Any], Any]] = {
    "np.isclose": lambda x: np.isclose(x, 0.7),
    "np.isclose of elements": lambda x: np.isclose(x, x[0]),
    "np.allclose": lambda x: np.allclose(x, 0.7),
    "np.allclose, loosely": lambda x: np.allclose(x, 1.0, rtol=0.0, atol=0.5),
    "np.array_equal": lambda x: np.array_equal(x, [0.7, 0.7]),
    "np.array_equal of lists": lambda x: np.array_equal([x[0], x[1]], [0.7, 0.7]),
    "np.array_equiv": lambda x: np.array_equiv(x, 0.7),
    "if np.array_equal": lambda x: 1 if np.array_equal(x, [0.7, 0.7]) else 2,
    "all of ==": lambda x: np.all(x == 0.7),
    "(x == y).any()": lambda x: (x == 0.7).any(),
    "x.tolist()": lambda x: 1 if x.tolist() == [0.7, 0.7] else 2,
    "tuple(x)": lambda x: 1 if tuple(x) == (0.7, 0.7) else 2,
    "sum of bools": lambda x: sum(v == 0.7 for v in x),
    "max of a list": lambda x: max(list(x)),
    "sorted by values": lambda x: sorted(range(2), key=x.__getitem__)[0],
}
CASES = [(f"{n} of a number", f, X) for n, f in NUMBERS.items()]
CASES += [(f"{n} of a row", f, ROWS) for n, f in ARRAYS.items()]


def answered(run: Callable[[], Any]) -> Any:
    """What a program gives, or nothing where it is refused."""
    try:
        return run()
    except (TypeError, ValueError, hoad.errors.HoadError):
        return None


@pytest.mark.parametrize(("f", "members"), [case[1:] for case in CASES], ids=[name for name, *_ in CASES])
@pytest.mark.filterwarnings("ignore")
def test_every_member_has_its_own_answer(f: Any, members: Any) -> None:
    weighed = lambda x: np.sum(f(x) * x)
    values, slopes = (np.stack([g(x) for x in members]) for g in (weighed, hoad.grad(weighed)))
    mapped = hoad.vmap(weighed)
    twice = np.stack([members, members[::-1]])
    for run, right in (
        (lambda: mapped(members), values),
        (lambda: hoad.vmap(hoad.grad(weighed))(members), slopes),
        (lambda: hoad.grad(lambda m: np.sum(mapped(m)))(members), slopes),
        (lambda: hoad.vmap(mapped)(twice), np.stack([values, values[::-1]])),
    ):
        got = answered(run)
        if got is not None:
            np.testing.assert_allclose(got, right, rtol=1e-13)


def test_what_is_alike_in_all_members_may_decide() -> None:
    for f in (lambda x: np.allclose(x, 0.7), lambda x: np.array_equal(x, [0.7, 0.7])):
        assert hoad.vmap(lambda x, f=f: 1.0 if f(x) else 2.0)(ROWS[[0, 0]]).tolist() == [1.0, 1.0]
        assert hoad.vmap(lambda x, f=f: 1.0 if f(x) else 2.0)(ROWS[[1, 2]]).tolist() == [2.0, 2.0]
