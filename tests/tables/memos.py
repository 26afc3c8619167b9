"""Programs that keep what they have computed, in all ways that Python has: cubes, by their arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

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


MEMOS: dict[str, Callable[[], Callable[..., Any]]] = {
    "a closure": in_a_closure, "a global one": lambda: in_a_global_one, "a default": lambda: in_a_default,
    "an attribute": Model, "__missing__": of_a_missing_one, "an object": in_an_object,
    "decorated": lambda: decorated(cube), "setdefault": by_default, "objects as keys": by_objects,
    "an alias": by_alias, "update": by_update, "merged": by_merging, "of lists": of_lists,
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
