"""The keywords of SciPy's functions: what a door takes, its body reads, and the value within a derivative is
SciPy's.

A keyword that is taken and not read gives the value of another function, silently.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")

import scipy_keywords as table
from test_signatures import HARMLESS, body_of, unread
from turns import some_in, thinned

import hoad
from hoad.adapting.doors import FAMILIES
from hoad.chainrules.doors import BEHIND
from hoad.nested import Traced, everything, pack

for _family in set(FAMILIES.values()):
    importlib.import_module(_family)

pytestmark = pytest.mark.filterwarnings("ignore")

# ------------------------------------------------------------------------------------------------------------
# What is taken is read
# ------------------------------------------------------------------------------------------------------------

# Parameters that a body needs not read, with the reason; and where some others go that it has.
FREE = {
    **HARMLESS,
    **dict.fromkeys(("self", "cls"), "there is one of each"),
    **dict.fromkeys(("lapack_driver", "driver", "lwork", "blocksize"), "how it is computed"),
    **dict.fromkeys(("workers", "plan"), "how it is computed"),
    "output": "the result is written there after the rule has run (chainrules/scipy/imaging.py)",
    "allow_singular": "it permits, it does not ask",
    "xp": "arrays here are NumPy's",
}
ELSEWHERE = {
    "expm_frechet": {"method", "check_finite"},  # how it is computed
    "eigh_tridiagonal": {"tol"}, "eigvalsh_tridiagonal": {"tol"},  # of one of LAPACK's ways, not taken
    "boxcox": {"alpha", "optimizer"},  # of a search for lmbda, which is refused
    "levene": {"proportiontocut"},  # of center="trimmed", which is refused
    "_validate_fs": {"allow_none"},  # an error of SciPy's own calls
    "evaluate_linear_2d": {"grid"},  # which the points of each axis are told of before
    "rv_continuous.fit": {"**kwds"}, "rv_generic.rvs": {"**kwds"},  # refused
}  # fmt: skip
REFUSING = "chosen.py"  # each of its bodies is an error
ROOM = Path(hoad.__file__).parent


def body(function: Any) -> Any:
    """The function that was stated for one of SciPy's, or None for what is no function of Python's."""
    found = inspect.unwrap(BEHIND[function])
    file = Path(found.__code__.co_filename) if inspect.isfunction(found) else Path(REFUSING)
    return found if ROOM in file.parents and file.name != REFUSING else None


BODIES = {function: found for function in BEHIND if (found := body(function)) is not None}


def test_every_parameter_is_read() -> None:
    assert len(BODIES) > 300
    missing = {}
    for function, found in BODIES.items():
        name = getattr(function, "__qualname__", function)
        left = [
            p
            for p in unread(body_of(found))
            if p not in FREE and not p.startswith("overwrite_") and p not in ELSEWHERE.get(name, ())
        ]
        if left:
            missing[name] = left
    assert missing == {}


# ------------------------------------------------------------------------------------------------------------
# The value is SciPy's
# ------------------------------------------------------------------------------------------------------------


def leaves(out: Any) -> list[Any]:
    """The numbers of a result: in tuples, and in the attributes of results of tests."""
    if isinstance(out, (tuple, list)):
        return [leaf for part in out for leaf in leaves(part)]
    if isinstance(out, (np.ndarray, np.generic, float, int, Traced)):
        return [pack(out)]
    named = sorted(getattr(out, "__dict__", {}).items())
    return [leaf for name, part in named if not name.startswith("_") for leaf in leaves(part)]


def attempt(run: Callable[[], Any]) -> Any:
    """The numbers that a call gives, or None where it is refused."""
    try:
        return leaves(run())
    except Exception:
        return None


WITHOUT_P = {"pearsonr"}  # whose p-value is refused where it is asked for


def check(call: tuple[Any, ...], options: dict[str, Any], differences: bool) -> None:
    """One call in forward mode: shapes, values, and, if that is asked for, the derivative."""
    function, *args = call
    places = [k for k, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind in "fc"]

    def run(*points: Any) -> Any:
        given = dict(zip(places, points, strict=True))
        return function(*[given.get(k, a) for k, a in enumerate(args)], **options)

    points = tuple(args[k] for k in places)
    expected = attempt(lambda: run(*points))
    if expected is None:
        return
    seen: list[Any] = []

    def traced(*points: Any) -> Any:
        found = leaves(run(*points))
        seen.append([np.asarray(everything(y)) for y in found])
        return [y for y in found if np.asarray(everything(y)).dtype.kind in "fc"]

    draw = np.random.default_rng(1).normal
    tangents = tuple(draw(size=np.shape(p)) * (1 + 1j if np.iscomplexobj(p) else 1) for p in points)
    change = attempt(lambda: hoad.jvp(traced, points, tangents)[1])
    if change is None:
        return  # refused, which is no other function
    if function.__name__ in WITHOUT_P:
        expected = expected[: len(seen[0])]
    assert len(seen[0]) == len(expected)
    loose = 1e-5 if any(np.asarray(e).dtype in (np.float32, np.complex64) for e in expected) else 1e-8
    for y, e in zip(seen[0], expected, strict=True):
        assert y.shape == np.shape(e), f"{y.shape}, and SciPy's has {np.shape(e)}"
        np.testing.assert_allclose(y, e, rtol=loose, atol=loose)
    if differences:
        h = 1e-6
        sides = [
            attempt(lambda s=s: run(*[p + s * h * d for p, d in zip(points, tangents, strict=True)]))
            for s in (1, -1)
        ]
        if None in sides:
            return  # SciPy refuses what is beside the point
        right = [(a - b) / (2 * h) for a, b in zip(*sides, strict=True) if np.asarray(a).dtype.kind in "fc"]
        for c, r in zip(change, right, strict=function.__name__ not in WITHOUT_P):
            if np.asarray(r).dtype in (np.float64, np.complex128):
                scale = float(np.max(np.abs(r), initial=1.0, where=np.isfinite(r)))
                np.testing.assert_allclose(c, r, rtol=1e-4, atol=1e-5 * scale)


def failures(
    call: tuple[Any, ...], pairs: bool, differences: bool, every: int = 1, turn: int = 0
) -> list[str]:
    found = []
    for options in thinned(table.ways(call, pairs), every, turn):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                check(call, options, differences)
        except AssertionError as error:
            found.append(f"{call[0].__name__}(**{options}): {' '.join(str(error).split())[:200]}")
    return found


NAMES = [f"{call[0].__name__}-{k}" for k, call in enumerate(table.CALLS)]


@some_in(7)
@pytest.mark.parametrize("k", range(len(NAMES)), ids=NAMES)
def test_each_keyword(k: int, every: int) -> None:
    """Every value of every keyword, alone; in the default run, every keyword."""
    assert failures(table.CALLS[k], pairs=False, differences=False, every=every, turn=k) == []


def test_the_check_finds_a_keyword_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question itself can fail."""
    wrong = lambda x, axis=0, **rest: np.mean(x, axis=0)
    for call in ((np.mean, table.M), (wrong, table.M)):
        monkeypatch.setitem(table.VALUES, "axis", [0, 1])
        right = lambda x, axis=0, f=call[0]: (f if isinstance(x, Traced) else np.mean)(x, axis=axis)
        assert bool(failures((right, table.M), pairs=False, differences=True)) == (call[0] is wrong)


@pytest.mark.sweep
@pytest.mark.parametrize("call", table.CALLS, ids=NAMES)
def test_keywords_together(call: tuple[Any, ...]) -> None:
    """Two keywords; and the derivatives by differences."""
    assert failures(call, pairs=False, differences=True) + failures(call, pairs=True, differences=True) == []


# ------------------------------------------------------------------------------------------------------------
# Precision
# ------------------------------------------------------------------------------------------------------------


def in_single(a: Any) -> Any:
    kind = a.dtype.kind if isinstance(a, np.ndarray) else ""
    return a.astype(np.complex64 if kind == "c" else np.float32) if kind in ("f", "c") else a


@pytest.mark.parametrize("call", table.CALLS, ids=NAMES)
def test_single_precision(call: tuple[Any, ...]) -> None:
    """The value and its tangent are of SciPy's type, the cotangent is of the argument's."""
    function, *args = [in_single(a) for a in call]
    places = [k for k, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind in "fc"]
    points = tuple(args[k] for k in places)

    def run(*points: Any) -> Any:
        given = dict(zip(places, points, strict=True))
        found = leaves(function(*[given.get(k, a) for k, a in enumerate(args)]))
        return [y for y in found if np.asarray(everything(y)).dtype.kind in "fc"]

    types = lambda found: {np.asarray(y).dtype for y in found}
    pushed = attempt(lambda: hoad.jvp(run, points, tuple(map(np.ones_like, points))))
    if pushed is None:
        return  # refused
    wanted = run(*points)
    assert types(pushed) == types(wanted[: len(pushed) // 2] if function.__name__ in WITHOUT_P else wanted)
    value, pullback = hoad.vjp(run, *points)
    assert [g.dtype for g in pullback([np.ones_like(y) for y in value])] == [p.dtype for p in points]


# ------------------------------------------------------------------------------------------------------------
# Numbers beside the arrays, each alone
# ------------------------------------------------------------------------------------------------------------

JUMPS = {("trim_mean", 1)}  # a count


def numbers_of(call: tuple[Any, ...]) -> Iterator[tuple[int | str, Any]]:
    """The places and names of numbers, and of arrays in keywords, with values."""
    function, *args = call
    yield from ((k, a) for k, a in enumerate(args) if isinstance(a, float))
    given = {name: v for options in table.ways(call, pairs=False) for name, v in options.items()}
    for name, parameter in inspect.signature(function).parameters.items():
        if type(parameter.default) is float:
            given.setdefault(name, parameter.default + 0.37)
        if type(parameter.default) in (float, int) and not parameter.default:
            yield name, np.float64(0.0)  # where a term may be left out that is not constant
        v = given.get(name)
        if isinstance(v, float) or (isinstance(v, np.ndarray) and v.dtype.kind == "f"):
            yield name, np.asarray(v)[()]


@pytest.mark.parametrize("call", table.CALLS, ids=NAMES)
def test_a_number_alone(call: tuple[Any, ...]) -> None:
    """The derivative by it is that of differences, or it is refused: no number is a constant by mistake."""
    function, *args = call
    for at, point in numbers_of(call):
        if (function.__name__, at) in JUMPS:
            continue

        def run(p: Any, at: Any = at) -> Any:
            if isinstance(at, str):
                found = leaves(function(*args, **{at: p}))
            else:
                found = leaves(function(*args[:at], p, *args[at + 1 :]))
            parts = [np.ravel(y) for y in found if np.asarray(everything(y)).dtype.kind in "fc"]
            return np.concatenate([part(y) for y in parts for part in (np.real, np.imag)])

        h, d = 1e-5, np.ones_like(point)
        right = attempt(lambda run=run, p=point, h=h, d=d: (run(p + h * d) - run(p - h * d)) / (2 * h))
        got = attempt(lambda run=run, p=point, d=d: hoad.jvp(run, (p,), (d,))[1])
        if right is not None and got is not None:
            scale = float(np.max(np.abs(right[0]), initial=1.0, where=np.isfinite(right[0])))
            np.testing.assert_allclose(got[0], right[0], rtol=1e-4, atol=1e-5 * scale, err_msg=f"by {at}")
