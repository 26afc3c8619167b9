"""Each keyword of each function, over the values that NumPy takes: within a derivative the value is NumPy's,
in shape and type too, and the derivative is that of the function.
"""

from __future__ import annotations

import inspect
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keywords as table
import numpy as np
import pytest
from test_signatures import COMPOSITES, TOLD
from turns import some_in, thinned

import hoad
import hoad.numpy
from hoad.nested import pack
from hoad.values.trees import flatten

pytestmark = pytest.mark.filterwarnings("ignore")  # NumPy's, about what some of the calls ask for
DOUBLE = (np.float64, np.complex128)


def is_float(x: Any) -> bool:
    """Whether an argument is differentiated."""
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


class Program:
    """A call as a function of all that is differentiated in it: the arrays among the arguments and the traced
    values of keywords.
    """

    def __init__(self, call: table.Call, options: dict[str, Any]) -> None:
        self.function = call.function
        self.args = call.args
        self.options = {**call.given, **options}
        self.points = list(self.leaves())
        asked = [self.options.get("dtype"), *[np.asarray(p).dtype for p in self.points]]
        self.is_coarse = any(kind is not None and np.dtype(kind) not in DOUBLE for kind in asked)

    def leaves(self) -> Iterator[Any]:
        """What is differentiated."""
        for a in self.args:
            yield from (part for part in (a if isinstance(a, list) else [a]) if is_float(part))
        for v in self.options.values():
            if isinstance(v, table.Traced):
                yield v.value

    def __call__(self, *points: Any) -> list[Any]:
        """The results, in a row."""
        given = iter(points)
        fill = lambda a: next(given) if is_float(a) else a
        args = [[fill(part) for part in a] if isinstance(a, list) else fill(a) for a in self.args]
        options = {k: next(given) if isinstance(v, table.Traced) else v for k, v in self.options.items()}
        with np.errstate(all="ignore"):
            out = self.function(*args, **options)
        return list(flatten(out)[0])

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", "")
        return f"{name}({', '.join(map(repr, self.args))}, **{self.options})"


def differentiable(y: Any) -> bool:
    """Whether a result has a derivative."""
    return np.asarray(y).dtype.kind in "fc"


def tangents(program: Program, seed: int = 0) -> list[Any]:
    """A direction."""
    rng = np.random.default_rng(seed)
    found = []
    for p in program.points:
        d = np.empty_like(p)  # held in memory as p is: order="K" asks
        d[...] = rng.normal(size=np.shape(p)) + (
            1j * rng.normal(size=np.shape(p)) if np.iscomplexobj(p) else 0
        )
        found.append(d if np.ndim(p) else d[()])
    return found


def noting(program: Program, seen: list[Any]) -> Callable[..., list[Any]]:
    """The program, which notes its values; one function for both modes, so that it is searched once."""

    def run(*points: Any) -> list[Any]:
        out = program(*points)
        seen.append([hoad.primal(pack(y)) for y in out])
        return out

    return run


def value_and_pushed(program: Program) -> tuple[list[Any], list[Any]]:
    """The values within a forward derivative, and their tangents."""
    seen: list[Any] = []
    _, change = hoad.jvp(noting(program, seen), tuple(program.points), tuple(tangents(program)))
    return seen[0], change


def value_and_pulled(program: Program) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The values within a reverse derivative, and the pullback."""
    seen: list[Any] = []
    _, pull = hoad.vjp(noting(program, seen), *program.points)
    return seen[0], pull


def by_differences(program: Program) -> list[Any]:
    """The change along the direction, by differences of order six."""
    direction, h = tangents(program), 3e-4
    weights = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}
    total: list[Any] = []
    for k, w in weights.items():
        for sign in (1, -1):
            out = program(*[p + sign * k * h * d for p, d in zip(program.points, direction, strict=True)])
            parts = [np.asarray(y) * (sign * w / h) if differentiable(y) else None for y in out]
            total = (
                parts if not total else [a if b is None else a + b for a, b in zip(total, parts, strict=True)]
            )
    return total


def compare(program: Program, got: list[Any], expected: list[Any]) -> None:
    """The same values, of the same shapes and types."""
    assert len(got) == len(expected)
    for y, e in zip(got, expected, strict=True):
        y, e = np.asarray(y), np.asarray(e)
        assert y.shape == e.shape
        assert y.dtype == e.dtype or y.dtype.kind == e.dtype.kind == "i"
        eps = max(64 * float(np.finfo(e.dtype).eps), 1e-14) if e.dtype.kind in "fc" else 0
        np.testing.assert_allclose(y, e, rtol=eps, atol=eps)


def is_refused(program: Program) -> bool:
    """Whether hoad raises an error."""
    try:
        value_and_pushed(program)
    except Exception:
        return True
    return False


def check(program: Program) -> None:
    """One call, in both modes, beside NumPy's value and differences."""
    if not program.points:
        return
    try:
        expected = program(*program.points)
    except Exception as error:
        assert is_refused(program), f"NumPy refuses it: {error!r}"
        return
    seen, change = value_and_pushed(program)
    compare(program, seen, expected)
    seen, pull = value_and_pulled(program)
    compare(program, seen, expected)
    exact = by_differences(program)
    cotangents = []
    for k, (y, d) in enumerate(zip(expected, change, strict=True)):
        if not differentiable(y):
            cotangents.append(np.zeros(np.shape(y))[()])
            assert not np.any(np.asarray(d, float) if np.asarray(d).dtype.kind in "biuf" else 0)
            continue
        y = np.asarray(y)
        there = np.isfinite(y) & (np.abs(y) < 1e100)
        size = float(np.max(np.abs(y), initial=1.0, where=there))
        rtol, atol = (5e-3, 2e-3 * size) if program.is_coarse else (1e-7, 1e-8)
        np.testing.assert_allclose(np.where(there, d, 0), np.where(there, exact[k], 0), rtol=rtol, atol=atol)
        rng = np.random.default_rng(k)
        g = rng.normal(size=y.shape) + (1j * rng.normal(size=y.shape) if y.dtype.kind == "c" else 0)
        cotangents.append(np.where(np.isfinite(np.asarray(d)), g, 0).astype(y.dtype)[()])
    pulled = pull(cotangents)
    inner = lambda a, b: float(np.sum(np.real(np.conj(a) * np.where(np.asarray(a) == 0, 0, b))))
    left = sum(
        inner(g, d) for g, d in zip(cotangents, change, strict=True) if np.asarray(d).dtype.kind in "fc"
    )
    right = sum(inner(d, p) for d, p in zip(tangents(program), pulled, strict=True))
    loose = 1e-4 if program.is_coarse else 1e-9
    assert left == pytest.approx(right, rel=loose, abs=loose)


def single(call: table.Call) -> Iterator[dict[str, Any]]:
    """The call without keywords and with one."""
    yield {}
    for name, values in call.keywords.items():
        for value in values:
            yield {name: value}


def several(call: table.Call, count: int | None) -> Iterator[dict[str, Any]]:
    """The call with two keywords and with all, all ways or some of them."""
    found = [
        {a: x, b: y}
        for a, b in itertools.combinations(call.keywords, 2)
        for x in call.keywords[a]
        for y in call.keywords[b]
    ]
    draw = random.Random(len(found))
    if len(call.keywords) > 2:
        found += [{k: draw.choice(v) for k, v in call.keywords.items()} for _ in range(20)]
    yield from found if count is None else draw.sample(found, min(count, len(found)))


def name_of(k: int) -> str:
    """A call's name in the test's."""
    function = table.CALLS[k].tried
    owner = getattr(function, "__self__", None)
    return f"{f'{owner.__name__}.' if isinstance(owner, np.ufunc) else ''}{function.__name__}-{k}"


PLACES = range(len(table.CALLS))


def check_all(call: table.Call, ways: Iterable[dict[str, Any]]) -> None:
    """All ways to call, with a list of those that fail."""
    failures = []
    for options in ways:
        program = Program(call, options)
        try:
            check(program)
        except Exception as error:
            failures.append(f"{program}:\n    {type(error).__name__} {str(error).strip()[:300]}")
    assert not failures, "\n".join(failures)


@some_in(5)
@pytest.mark.parametrize("k", PLACES, ids=name_of)
def test_each_keyword(k: int, every: int) -> None:
    """Every value of every keyword, alone; in the default run, every keyword."""
    check_all(table.CALLS[k], thinned(single(table.CALLS[k]), every, k))


@pytest.mark.parametrize("k", PLACES, ids=name_of)
def test_some_keywords_together(k: int) -> None:
    """Two keywords and more, in some of the combinations."""
    check_all(table.CALLS[k], several(table.CALLS[k], 2))


@pytest.mark.sweep
@pytest.mark.parametrize("k", PLACES, ids=name_of)
def test_keywords_together(k: int) -> None:
    """Two keywords, in all combinations."""
    check_all(table.CALLS[k], several(table.CALLS[k], None))


# ------------------------------------------------------------------------------------------------------------
# Keywords alone are differentiated
# ------------------------------------------------------------------------------------------------------------


class Alone(Program):
    """A call of which a keyword alone is differentiated."""

    def leaves(self) -> Iterator[Any]:
        """What is differentiated."""
        return (v.value for v in self.options.values() if isinstance(v, table.Traced))

    def __call__(self, *points: Any) -> list[Any]:
        """The results, in a row."""
        given = iter(points)
        options = {k: next(given) if isinstance(v, table.Traced) else v for k, v in self.options.items()}
        with np.errstate(all="ignore"):
            return list(flatten(self.function(*self.args, **options))[0])


ALONE = [
    (call, {name: value})
    for call in table.CALLS
    for name, values in call.keywords.items()
    for value in values
    if isinstance(value, table.Traced) and getattr(np, call.function.__name__, None) is call.function
]


@pytest.mark.parametrize(
    "k", range(len(ALONE)), ids=lambda k: f"{ALONE[k][0].function.__name__}-{next(iter(ALONE[k][1]))}"
)
def test_a_keyword_alone(k: int) -> None:
    """``hoad.numpy`` differentiates it; NumPy's own function, which may not ask it, does too or raises."""
    call, options = ALONE[k]
    program = Alone(call, options)
    program.function = getattr(hoad.numpy, call.function.__name__)
    check(program)
    program.function = call.function
    if not is_refused(program):
        check(program)


# ------------------------------------------------------------------------------------------------------------
# No keyword is left out
# ------------------------------------------------------------------------------------------------------------


def named(function: Any) -> set[str]:
    """The keywords that NumPy has for a function: those with a default."""
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = inspect.signature(function).parameters.values()
    return {p.name for p in found if p.kind in kinds and p.default is not p.empty}


def tried(function: Any) -> set[str]:
    """The keywords that the table gives the function."""
    return {name for call in table.CALLS if call.tried == function for name in (*call.keywords, *call.given)}


@pytest.mark.parametrize("name", TOLD)
def test_every_keyword_is_tried(name: str) -> None:
    """What NumPy takes stands in the table."""
    function, _ = COMPOSITES[name]
    assert named(function) - tried(function) - set(table.WITHOUT_EFFECT) == set()


# ------------------------------------------------------------------------------------------------------------
# Batches
# ------------------------------------------------------------------------------------------------------------


@some_in(4)
@pytest.mark.parametrize("k", [k for k in PLACES if "order" in table.CALLS[k].keywords], ids=name_of)
def test_the_layout_of_a_member(k: int, every: int) -> None:
    """``order=`` asks how a member of a batch is held in memory, not how the batch is."""
    for options in thinned(single(table.CALLS[k]), every, k):
        program = Program(table.CALLS[k], options)
        try:
            expected = program(*program.points)
        except Exception:
            continue
        found = hoad.vmap(program)(*[np.stack([p, p]) for p in program.points])
        for y, e in zip(found, expected, strict=True):
            np.testing.assert_allclose(y, np.stack([e, e]), rtol=1e-5, atol=1e-6)
