"""Traced numbers count in sets by their values, as floats do, and as keys by what they are."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad


class Visits:
    def __init__(self) -> None:
        self.seen: set[Any] = set()

    def count(self, p: Any) -> Any:
        again = 0.0
        for v in p:
            if v in self.seen:
                again = again + v * v
            self.seen.add(v)
        return again + sum(self.seen)


def local_set(p):
    seen, again = {0.0}, 0.0
    for v in [*p, *p[:2]]:
        again = again + v**2 if v in seen else again
        seen.add(v)
    seen.discard(p[0])
    return again + sum(seen)


KNOWN = {2.0, 7.0}
SETS = {
    "a display": lambda p: sum({p[0], p[1], p[0]}) * len({p[0], p[1], p[0]}),
    "a display of all": lambda p: sum({*p, *p}) ** 2,
    "a comprehension": lambda p: sum({v * v for v in [*p, *p]}),
    "set()": lambda p: sum(set(p)) * len(set(list(p) + list(p))),
    "frozenset()": lambda p: sum(v**3 for v in frozenset([*p, p[0]])),
    "sorted": lambda p: sum(k * v for k, v in enumerate(sorted(set(p.tolist())))),
    "a local one": local_set,
    "an attribute": lambda p: Visits().count([*p, *p[:2]]),
    "a constant": lambda p: p[0] ** 2 if p[0] in {1.0, 5.0} else p[1],
    "a global one": lambda p: p[0] ** 2 if p[1] in KNOWN else p[1] * p[2],
    "one on the spot": lambda p: p[0] ** 2 if p[0] in {p[1], p[0]} else p[1],
    "unions": lambda p: sum({p[0], p[1]} & {p[1], p[2]}) + sum({p[0]}.union({p[0], p[2]})) ** 2,
    "a check of arguments": lambda p: np.sum(p**2) if len(set(p)) == len(p) else np.sum(p),
    "Counter": lambda p: sum(v**n for v, n in collections.Counter([*p, *p]).items()),
    "dict.fromkeys": lambda p: sum(k * v for k, v in enumerate(dict.fromkeys([*p, *p]))),
}
POINTS = {"apart": np.array([1.0, 2.0, 3.0]), "equal": np.array([1.0, 1.0, 3.0])}


def slope(f, x):
    """Differences, in steps by which what was equal and in a set of constants stays so."""
    return np.array([(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(3)])


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("way", SETS)
def test_sets(way: str, point: str) -> None:
    f, x = SETS[way], POINTS[point]
    value, gradient = hoad.value_and_grad(f)(x)
    assert value == f(x)
    np.testing.assert_array_equal(hoad.jacobian(f, x, mode="forward"), gradient)
    assert hoad.jvp(hoad.grad(f), (x,), (x,))[0] == pytest.approx(gradient)
    assert hoad.compile(f)(x) == f(x)
    if point == "apart" and "constant" not in way and "global" not in way:
        np.testing.assert_allclose(gradient, slope(f, x), rtol=1e-6, atol=1e-6)


def test_a_table_of_results_tells_arguments_apart() -> None:
    table: dict[Any, Any] = {}

    def kept(x):
        if x not in table:
            table[x] = np.sin(x)
        return table[x]

    kept(1.0)  # a plain number, which is no key of a derivative's
    counted = functools.lru_cache(np.sin)
    for f in (kept, counted, lambda x: table.setdefault((x, 2), np.sin(x))):
        for _ in range(2):
            got = hoad.grad(lambda p, f=f: f(p[0]) + 2 * f(p[1]) + f(p[0]), np.ones(2))
            np.testing.assert_allclose(got, 2 * np.cos([1.0, 1.0]), rtol=1e-15)


def test_members_of_a_batch_make_no_set_together() -> None:
    with pytest.raises(TypeError, match="no single hash"):
        hoad.vmap(SETS["a display"])(np.ones((2, 3)))
    with pytest.raises(TypeError, match="no single hash"):
        hoad.vmap(hoad.grad(SETS["a display"]))(np.ones((2, 3)))


ASKED: dict[str, Callable[[Any], Any]] = {
    "hash": hash,
    "a key": lambda x: {x: 1},
    "a lookup": lambda x: {}.get(x),
    "in a tuple": lambda x: (x, 1) in {0.5: 1},
    "a set": lambda x: {x},
    "a frozen set": lambda x: frozenset([x]),
    "is in it": lambda x: 0.5 in x,
    "a number": lambda x: float(x),
    "a complex number": lambda x: complex(x),
}
VALUES: dict[str, Any] = {
    "float": 0.5, "number of NumPy's": np.float64(0.5), "array": np.array([0.5, 1.5]),
    "matrix": np.ones((1, 2)),
    "array of one": np.array([0.5]), "float32": np.float32(0.5),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("operator", [hoad.jvp, hoad.vjp, hoad.compile])
def test_what_has_no_hash_and_no_elements_has_none(asked: str, kind: str, operator: Any) -> None:
    """``except TypeError`` is where many memos compute what they can't keep."""

    def f(x: Any) -> Any:
        try:
            ASKED[asked](x)
        except TypeError:
            return x * x
        return 3.0 * x

    x = VALUES[kind]
    ways = {
        hoad.jvp: lambda: hoad.jvp(f, (x,), (x,))[0],
        hoad.vjp: lambda: hoad.vjp(f, x)[0],
        hoad.compile: lambda: hoad.compile(f)(x),
    }
    np.testing.assert_allclose(ways[operator](), f(x))
