"""Programs that look numbers and functions up, each with one that is the same and finds what it finds."""

from __future__ import annotations

import collections
import dataclasses
import math
import operator
import types
from collections.abc import Callable
from math import sin
from typing import Any

import numpy as np

TABLE, COUNTS = {0.7: 2.0, 1.4: 5.0}, {0.7: 2, 1.4: 5}
WORDS = {0.7: "square", 1.4: "line"}
FUNCTIONS = {0.7: np.sin, 1.4: np.cos}
PAIRS = {(0.7, 1): 2.0, (1.4, 2): 3.0}
FROZEN, SET = frozenset([0.7, 1.4]), {0.7, 1.4}
DEFAULTS = collections.defaultdict(lambda: 1.0, TABLE)
COUNTER = collections.Counter([0.7, 0.7, 1.4])
ORDERED, PROXY = collections.OrderedDict(TABLE), types.MappingProxyType(TABLE)
CHAIN, USERS = collections.ChainMap({1.4: 3.0}, TABLE), collections.UserDict(TABLE)
WEIGHTS = {math.sin: 3.0, math.cos: 4.0}
SLOPES = {math.sin: math.cos, math.cos: math.sin}
NAMES, MEMBERS, LISTED = {math.sin: "sin", math.exp: "exp"}, {math.sin, math.exp}, [math.sin, math.cos]
OF_NUMPY, SLOPES_OF_NUMPY = {np.sin: 3.0, np.zeros: 4.0}, {np.sin: np.cos}
KINDS = {float: 2.0, int: 3.0}


@dataclasses.dataclass(frozen=True)
class Point:
    x: Any
    n: int = 1


POINTS = {Point(0.7): 2.0}


class Subclass(dict[Any, Any]):
    pass


class Holder:
    of_class = TABLE

    def __init__(self, grid: Any) -> None:
        self.table: dict[Any, Any] = {}
        for k in grid:
            self.table[k] = 2.0 * k

    def at(self, x: Any) -> Any:
        return self.table[x] * x + self.of_class.get(x, 0.0) * self.table.get(x, 9.0)


OWN, HOLDER = Subclass(TABLE), Holder([0.7, 1.4])


def square(x):
    return x * x


def cube(x):
    return x**3


OWN_FUNCTIONS, OWN_SLOPES = {square: 3.0, cube: 4.0}, {square: cube}


def popped(x):
    table = {0.7: 2.0, 1.0: 3.0}
    return table.pop(x) * x + len(table)


def deleted(x):
    table = {0.7: 2.0, 1.0: 3.0}
    del table[x]
    return len(table) * x


def updated(x):
    table = {0.7: 2.0}
    table.update({x: 5.0})
    return len(table) * x * table[0.7]


def stored(x):
    table = {0.7: 2.0}
    table[x] = 5.0
    return len(table) * x * sum(table.values())


def merged(x):
    table = {0.7: 2.0} | {x: 5.0}
    table |= {x: 3.0}
    return len(table) * x * table[0.7]


def set_by_default(x):
    table = {0.7: 2.0}
    return table.setdefault(x, 9.0) * x


def comprehended(x):
    table = {k: v for k, v in [(0.7, 1.0), (x, 4.0)]}
    return len(table) * x + table[0.7]


def displayed(x):
    table = {0.7: 1.0, x: 4.0}
    return len(table) * x + table[x]


def by_its_method(x):
    table = {0.7: 2.0}
    get = table.get
    return get(x, 1.0) * x


def filled_over_a_grid(x):
    table = {}
    for k in (0.3, 0.7):
        table[k] = k * 2
    return table[x] * x


def of_places(x):
    places = dict(zip([0.1, 0.7], range(2), strict=True))
    return x ** (places.get(x, 5) + 1)


def of_a_set(x):
    members = {0.7, 1.4}
    members.discard(x)
    members.add(1.4 * x / 0.7)
    return len(members) * x


def counted(x):
    count: dict[Any, int] = {}
    for v in (x, x, 0.7, 1.0):
        count[v] = count.get(v, 0) + 1
    return sum(v * n * n for v, n in count.items())


def counted_by_default(x):
    count: Any = collections.defaultdict(int)
    for v in (x, 0.7, 1.0):
        count[v] += 1
    return x * sum(n * n for n in count.values())


def numbered(x):
    number: dict[Any, int] = {}
    for v in (1.4, 0.7, x):
        if v not in number:
            number[v] = len(number) + 1
    return x ** number[x] * len(number)


def added_up(x):
    total: dict[Any, Any] = {}
    for v, w in ((x, x), (0.7, 2 * x), (1.0, 3.0)):
        total[v] = total.get(v, 0.0) + w
    return sum(w * w for w in total.values())


def grouped(x):
    groups: Any = collections.defaultdict(list)
    for v, w in ((x, x), (0.7, 2 * x), (1.0, 3.0)):
        groups[v].append(w)
    return sum(len(ws) * sum(ws) for ws in groups.values())


def grouped_by_default(x):
    groups: dict[Any, Any] = {}
    for v, w in ((x, x), (0.7, 2 * x), (1.0, 3.0)):
        groups.setdefault(v, []).append(w)
    return sum(len(ws) * sum(ws) for ws in groups.values())


def overwritten(x):
    d = {0.7: 2.0}
    d[x] = x * x
    return len(d) * sum(d.values())


def overwritten_by_a_constant(x):
    d = {}
    d[x] = x * x
    d[0.7] = 3.0
    return len(d) * sum(d.values()) * x


def overwritten_by_another(x):
    d = {x: x * x}
    d[2 * x - 0.7] = 3 * x
    return len(d) * sum(d.values())


def written_in_a_loop(x):
    d = {}
    for k, v in ((x, x), (2 * x - 0.7, 3 * x)):
        d[k] = v
    return len(d) * d[x]


def made_of_pairs(x):
    d = dict([(x, x), (0.7, 2 * x)])
    return d[x] * len(d)


def added_or_begun(x):
    d = {}
    for v in (0.7, x):
        if v in d:
            d[v] += x
        else:
            d[v] = x
    return sum(w * w for w in d.values())


def the_largest(x):
    best = {}
    for k, w in ((0.7, x), (x, 2 * x)):
        if k not in best or w > best[k]:
            best[k] = w
    return sum(best.values())


def seen_before(x):
    seen = {}
    for k in (0.7, x):
        seen[k] = True
    return x * len(seen)


Pair = tuple[Callable[..., Any], Callable[..., Any]]
LOOKUPS: dict[str, Pair] = {  # each with a function that is the same and finds what it finds
    "a display, []": (lambda x: {0.7: 2.0}[x] * x, lambda x: 2.0 * x),
    "a display, get": (lambda x: {0.7: 2.0}.get(x) * x, lambda x: 2.0 * x),
    "a display, get, default": (lambda x: {0.7: 2.0}.get(x, 9.0) * x, lambda x: 2.0 * x),
    "a display, in": (lambda x: x * x if x in {0.7: 1} else x, square),
    "a display, not in": (lambda x: x if x not in {0.7: 1} else x * x, square),
    "a global one, []": (lambda x: TABLE[x] * x, lambda x: 2 * x),
    "a global one, get": (lambda x: TABLE.get(x, 1.0) * x, lambda x: 2 * x),
    "a global one, in": (lambda x: x * x if x in TABLE else x, square),
    "a global one, keys": (lambda x: x * x if x in TABLE.keys() else x, square),  # noqa: SIM118
    "integers": (lambda x: COUNTS.get(x, 1) * x, lambda x: 2 * x),
    "words": (lambda x: x * x if WORDS.get(x) == "square" else x, square),
    "functions": (lambda x: FUNCTIONS.get(x, np.cos)(x), np.sin),
    "within another": (lambda x: {"a": TABLE}["a"].get(x, 1.0) * x, lambda x: 2 * x),
    "pairs, get": (lambda x: PAIRS.get((x, 1), 1.0) * x, lambda x: 2 * x),
    "pairs, []": (lambda x: PAIRS[x, 1] * x, lambda x: 2 * x),
    "a frozenset": (lambda x: x * x if x in FROZEN else x, square),
    "a set": (lambda x: x * x if x in SET else x, square),
    "a set of pairs": (lambda x: x * x if (x, 1) in {(0.7, 1)} else x, square),
    "isdisjoint": (lambda x: x if SET.isdisjoint([x]) else x * x, square),
    "equal sets": (lambda x: x * x if {x} == {0.7} else x, square),
    "equal tables": (lambda x: x * x if {x: 1} == {0.7: 1} else x, square),
    "a defaultdict": (lambda x: DEFAULTS[x] * x, lambda x: 2 * x),
    "a Counter": (lambda x: COUNTER[x] * x, lambda x: 2 * x),
    "an OrderedDict": (lambda x: ORDERED.get(x, 1.0) * x, lambda x: 2 * x),
    "a MappingProxy": (lambda x: PROXY.get(x, 1.0) * x, lambda x: 2 * x),
    "a ChainMap": (lambda x: CHAIN.get(x, 1.0) * x, lambda x: 2 * x),
    "a UserDict": (lambda x: USERS[x] * x + USERS.get(x, 0.0), lambda x: 2 * x + 2.0),
    "a subclass": (lambda x: OWN.get(x, 1.0) * OWN[x] * x, lambda x: 4 * x),
    "attributes": (lambda x: HOLDER.at(x), lambda x: 1.4 * x + 2.8),
    "objects": (lambda x: POINTS.get(Point(x), 1.0) * x, lambda x: 2 * x),
    "getitem": (lambda x: operator.getitem(TABLE, x) * x, lambda x: 2 * x),
    "itemgetter": (lambda x: operator.itemgetter(x)(TABLE) * x, lambda x: 2 * x),
    "contains": (lambda x: x * x if operator.contains(TABLE, x) else x, square),
    "map": (lambda x: sum(map(TABLE.get, [x])) * x, lambda x: 2 * x),
    "hash": (lambda x: x * x if hash(x) == hash(0.7) else x, square),
    "a list": (lambda x: x ** [0.1, 0.7].index(x) if x in [0.1, 0.7] else 2 * x, lambda x: x),
    "pop": (popped, lambda x: 2 * x + 1),
    "del": (deleted, lambda x: x),
    "update": (updated, lambda x: 5 * x),
    "a constant, stored": (stored, lambda x: 5 * x),
    "|": (merged, lambda x: 3 * x),
    "setdefault": (set_by_default, lambda x: 2 * x),
    "a comprehension": (comprehended, lambda x: x + 4.0),
    "a traced key in a display": (displayed, lambda x: x + 4.0),
    "get, in a variable": (by_its_method, lambda x: 2 * x),
    "filled over a grid": (filled_over_a_grid, lambda x: 1.4 * x),
    "places": (of_places, square),
    "a set that changes": (of_a_set, lambda x: x),
    "counts": (counted, lambda x: 9 * x + 1.0),
    "counts, defaultdict": (counted_by_default, lambda x: 5 * x),
    "numbers": (numbered, lambda x: 2 * x * x),
    "sums": (added_up, lambda x: 9 * x * x + 9.0),
    "groups": (grouped, lambda x: 6 * x + 3.0),
    "groups, setdefault": (grouped_by_default, lambda x: 6 * x + 3.0),
    "math, a display": (lambda x: (lambda f: {math.sin: 3.0}[f] * f(x))(math.sin), lambda x: 3 * np.sin(x)),
    "math, []": (lambda x: WEIGHTS[math.sin] * math.sin(x), lambda x: 3 * np.sin(x)),
    "math, by its name": (lambda x: WEIGHTS[sin] * sin(x), lambda x: 3 * np.sin(x)),
    "math, get": (lambda x: WEIGHTS.get(math.sin, 1.0) * math.sin(x), lambda x: 3 * np.sin(x)),
    "math, in": (lambda x: math.exp(x) if math.sin in WEIGHTS else x, np.exp),
    "math, a set": (lambda x: math.exp(x) if math.sin in MEMBERS else x, np.exp),
    "math, a list": (lambda x: math.exp(x) if math.sin in LISTED else x, np.exp),
    "math, is": (lambda x: math.exp(x) if (lambda f: f is math.sin)(math.sin) else x, np.exp),
    "math, names": (lambda x: math.exp(x) if NAMES[math.sin] == "sin" else x, np.exp),
    "math, slopes": (lambda x: SLOPES[math.sin](x), np.cos),
    "math, fsum": (lambda x: {math.fsum: 2.0}[math.fsum] * math.fsum([x, x]), lambda x: 4 * x),
    "NumPy, []": (lambda x: OF_NUMPY[np.sin] * np.sin(x), lambda x: 3 * np.sin(x)),
    "NumPy, of arrays": (lambda x: OF_NUMPY[np.zeros] * np.sin(x), lambda x: 4 * np.sin(x)),
    "NumPy, slopes": (lambda x: SLOPES_OF_NUMPY[np.sin](x), np.cos),
    "own functions": (lambda x: OWN_FUNCTIONS[square] * square(x), lambda x: 3 * x * x),
    "own slopes": (lambda x: OWN_SLOPES[square](x), cube),
    "classes": (lambda x: KINDS[float] * float(x), lambda x: 2 * x),
    "overwritten": (overwritten, square),
    "overwritten by a constant": (overwritten_by_a_constant, lambda x: 3.0 * x),
    "overwritten by another": (overwritten_by_another, lambda x: 3 * x),
    "written in a loop": (written_in_a_loop, lambda x: 3 * x),
    "made of pairs": (made_of_pairs, lambda x: 2 * x),
    "added or begun": (added_or_begun, lambda x: 4 * x * x),
    "the largest": (the_largest, lambda x: 2 * x),
    "seen before": (seen_before, lambda x: x),
}
