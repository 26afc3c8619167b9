"""Programs that keep what they have computed, in all ways that Python has: cubes, by their arguments."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any, ClassVar

from looked_up import Pair, Point, cube


def in_a_closure() -> Callable[..., Any]:
    memo: dict[Any, Any] = {}

    def g(x):
        if x in memo:
            return memo[x]
        memo[x] = x**3
        return memo[x]

    return g


KEPT: dict[Any, Any] = {}


def in_a_global_one(x):
    if x not in KEPT:
        KEPT[x] = x**3
    return KEPT[x]


def in_a_default(x, memo={}):  # noqa: B006
    try:
        return memo[x]
    except KeyError:
        memo[x] = result = x**3
        return result


class Model:
    def __init__(self) -> None:
        self.memo: dict[Any, Any] = {}

    def __call__(self, x: Any) -> Any:
        found = self.memo.get(x)
        if found is None:
            found = self.memo[x] = x**3
        return found


class Missing(dict[Any, Any]):
    def __missing__(self, key: Any) -> Any:
        self[key] = result = key**3
        return result


class Cache:
    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        return self.kept.get(key)

    def put(self, key: Any, value: Any) -> None:
        self.kept[key] = value


def in_an_object() -> Callable[..., Any]:
    cache = Cache()

    def g(x):
        found = cache.get(x)
        if found is None:
            found = x**3
            cache.put(x, found)
        return found

    return g


def decorated(f: Callable[..., Any]) -> Callable[..., Any]:
    cache: dict[Any, Any] = {}

    @functools.wraps(f)
    def wrapper(*args: Any) -> Any:
        if args not in cache:
            cache[args] = f(*args)
        return cache[args]

    return wrapper


def by_default() -> Callable[..., Any]:
    table: dict[Any, Any] = {}
    return lambda x: table.setdefault(x, x**3)


def by_objects() -> Callable[..., Any]:
    table: dict[Any, Any] = {}

    def g(x):
        point = Point(x)
        if point not in table:
            table[point] = x**3
        return table[point]

    return g


def by_alias() -> Callable[..., Any]:
    model = Model()

    def g(x):
        memo, find = model.memo, model.memo.get
        found = find(x)
        if found is None:
            memo[x] = found = x**3
        return found

    return g


def by_update() -> Callable[..., Any]:
    memo: dict[Any, Any] = {}

    def g(x):
        if (x, 3) not in memo:
            memo.update({(x, 3): x**3})
        return memo[x, 3]

    return g


def by_merging() -> Callable[..., Any]:
    memo: dict[Any, Any] = {}

    def g(x):
        nonlocal memo
        if x not in memo:
            memo = {**memo, x: x**3}
        return memo[x]

    return g


def of_lists() -> Callable[..., Any]:
    memo: dict[Any, Any] = {}

    def g(x):
        if x not in memo:
            memo[x] = [x, x**3]
        return memo[x][1]

    return g


def of_functools() -> Callable[..., Any]:
    return functools.lru_cache(lambda x: x**3)


def of_a_missing_one() -> Callable[..., Any]:
    memo = Missing()
    return lambda x: memo[x]


def or_by_default():
    memo = {}
    return lambda x: memo.get(x) or memo.setdefault(x, x**3)


def chosen():
    memo = {}
    return lambda x: memo[x] if x in memo else memo.setdefault(x, x**3)


def by_walrus():
    memo = {}

    def g(x):
        if (v := memo.get(x)) is None:
            memo[x] = v = x**3
        return v

    return g


def of_tables():
    memo = {}

    def g(x, n=3):
        if x in memo.get(n, {}):
            return memo[n][x]
        memo.setdefault(n, {})[x] = r = x**n
        return r

    return g


def of_default_tables():
    memo = collections.defaultdict(dict)

    def g(x, n=3):
        if x in memo[n]:
            return memo[n][x]
        memo[n][x] = r = x**n
        return r

    return g


def the_last_used():
    memo = collections.OrderedDict()

    def g(x):
        if x in memo:
            memo.move_to_end(x)
            return memo[x]
        memo[x] = x**3
        while len(memo) > 100:
            memo.popitem(last=False)
        return memo[x]

    return g


def by_keys():
    memo = {}

    def g(x):
        if x in memo:
            return memo[x]
        memo[x] = x**3
        return memo[x]

    return g


def looked_up_within():
    memo = {}

    def look(x):
        return memo[x]

    def g(x):
        try:
            return look(x)
        except KeyError:
            memo[x] = x**3
        return look(x)

    return g


def by_a_helper():
    memo = {}

    def remember(key, make):
        if key not in memo:
            memo[key] = make()
        return memo[key]

    return lambda x: remember(x, lambda: x**3)


def by_methods():
    memo = {}

    def g(x):
        if not memo.__contains__(x):
            memo.__setitem__(x, x**3)
        return memo.__getitem__(x)

    return g


def of_a_user_dict():
    memo = collections.UserDict()

    def g(x):
        if x not in memo:
            memo[x] = x**3
        return memo[x]

    return g


def of_a_chain():
    memo = collections.ChainMap({}, {})

    def g(x):
        if x not in memo:
            memo[x] = x**3
        return memo[x]

    return g


def by_own_objects():
    class K:
        def __init__(self, x):
            self.x = x

        def __hash__(self):
            return hash(self.x)

        def __eq__(self, o):
            return self.x == o.x

    memo = {}

    def g(x):
        if K(x) not in memo:
            memo[K(x)] = x**3
        return memo[K(x)]

    return g


def over_a_loop():
    memo = dict()

    def g(x):
        for k in (x,):
            if k not in memo:
                memo[k] = k**3
        return memo[x]

    return g


def of_what_is_new():
    memo = {}

    def g(x):
        new = [v for v in (x,) if v not in memo]
        memo.update({v: v**3 for v in new})
        return memo[x]

    return g


def under_another_name():
    memo = {}

    def g(x):
        y = x
        if x in memo:
            return memo[x]
        memo[y] = x**3
        return memo[y]

    return g


def of_pairs():
    memo = {}

    def g(x):
        new = [v for v in (x,) if v not in memo]
        memo.update((v, v**3) for v in new)
        return memo[x]

    return g


class Finding:
    def __init__(self):
        self.memo = {}

    def find(self, x):
        m = self.memo
        if x in m:
            return m[x]
        return None

    def keep(self, x, v):
        self.memo[x] = v

    def __call__(self, x):
        v = self.find(x)
        if v is None:
            v = x**3
            self.keep(x, v)
        return v


class OfTuples:
    def __init__(self):
        self.x = None
        self.d = {}

    def __call__(self, x):
        k = (x, "a")
        try:
            return self.d[k][0]
        except KeyError:
            self.d[k] = (x**3, 1)
        return self.d[k][0]


class OfTheClass:
    cache: ClassVar[dict[Any, Any]] = {}

    def __call__(self, x):
        if x not in OfTheClass.cache:
            OfTheClass.cache[x] = self.compute(x)
        return OfTheClass.cache[x]

    def compute(self, x):
        return x**3


class Decorating:
    def __init__(self, f):
        self.f = f
        self.cache = {}

    def __call__(self, *a, **k):
        key = (a, tuple(k.items()))
        if key in self.cache:
            return self.cache[key]
        value = self.f(*a, **k)
        self.cache[key] = value
        return value


MEMOS: dict[str, Callable[[], Callable[..., Any]]] = {
    "a closure": in_a_closure, "a global one": lambda: in_a_global_one, "a default": lambda: in_a_default,
    "an attribute": Model, "__missing__": of_a_missing_one, "an object": in_an_object,
    "decorated": lambda: decorated(cube), "setdefault": by_default, "objects as keys": by_objects,
    "an alias": by_alias, "update": by_update, "merged": by_merging, "of lists": of_lists,
    "get or setdefault": or_by_default, "chosen": chosen, "a walrus": by_walrus, "tables": of_tables,
    "tables by default": of_default_tables, "the last used": the_last_used, "keys": by_keys,
    "a lookup within": looked_up_within, "a helper": by_a_helper, "methods": by_methods,
    "a UserDict": of_a_user_dict,
    "a ChainMap": of_a_chain, "own objects": by_own_objects, "a loop": over_a_loop,
    "what is new": of_what_is_new,
    "of tuples": OfTuples, "of the class": OfTheClass, "decorating": lambda: Decorating(cube),
    "lru_cache": of_functools, "cache": lambda: functools.cache(cube),
}  # fmt: skip
USES: dict[str, Callable[[Any, Any], Any]] = {
    "a constant before": lambda g, x: g(0.7) + 3 * g(x),
    "a constant after": lambda g, x: 3 * g(x) + g(0.7),
    "another of the same value": lambda g, x: g(x) + 3 * g(2 * x - 0.7) + g(x),
    "again": lambda g, x: g(x) * g(x) + g(1.0 * x),
}


def used(use: Any, g: Callable[..., Any]) -> Pair:
    """A program that computes with a memo, and the same with what it keeps."""
    return lambda x: use(g, x), lambda x: use(cube, x)


MEMOIZED = {f"{memo}, {use}": used(u, make()) for memo, make in MEMOS.items() for use, u in USES.items()}

# Of which the text does not tell that they are memos: right, or refused.
UNTOLD: dict[str, Callable[[], Callable[..., Any]]] = {
    "under another name": under_another_name,
    "of pairs": of_pairs,
    "finding": Finding,
}
