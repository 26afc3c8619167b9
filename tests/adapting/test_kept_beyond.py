"""What a function leaves in a global, a list or an attribute behaves as the plain value, whoever ran it."""

from __future__ import annotations

import collections
import contextlib
import copy
import itertools
import math
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import learning
import numpy as np
import pytest

import hoad
from hoad.errors import EscapeError

STATE: dict[str, Any] = {}
POINT = np.array([0.5, 2.0])


def leaves_numbers(x: Any) -> Any:
    y = x[0] * np.exp(x[1])
    STATE["number"] = float(y)
    STATE["array"] = x * 2.0
    STATE["list"] = [x[0] ** 2, y]
    STATE["truth"] = y > 1.0
    return y**2 + x[0]


def learned(x: Any) -> None:
    with learning.at_once():
        for _ in range(4):
            hoad.grad(leaves_numbers)(x)


RUNS: dict[str, Callable[[Any], Any]] = {
    "grad": hoad.grad(leaves_numbers),
    "forward": lambda x: hoad.jacobian(leaves_numbers, x, mode="forward"),
    "hessian": hoad.hessian(leaves_numbers),
    "nested": lambda x: hoad.hessian(leaves_numbers, x, mode="reverse-reverse"),
    "series": lambda x: hoad.directional(leaves_numbers, x, np.ones(2), 3),
    "compiled": lambda x: hoad.compile(leaves_numbers, backend="numpy")(x),
    "compiled grad": lambda x: hoad.compile(hoad.grad(leaves_numbers), backend="numpy")(x),
    "compiled hessian": lambda x: hoad.compile(hoad.hessian(leaves_numbers), backend="numpy")(x),
    "learned": learned,
    "mapped": lambda x: hoad.vmap(leaves_numbers)(np.stack([x * 2.0, x + 1.0, x])),  # as a loop leaves it
    "gradients": lambda x: hoad.vmap(hoad.grad(leaves_numbers))(np.stack([x * 2.0, x])),
    "of a mapped one": lambda x: hoad.grad(lambda z: np.sum(hoad.vmap(leaves_numbers)(z)))(
        np.stack([x * 2.0, x])
    ),
}
USES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "arithmetic": lambda kept: (kept["number"] + 1.0) * kept["array"] / kept["list"][0] ** 2,
    "ufuncs": lambda kept: np.sin(kept["array"]) + np.hypot(kept["number"], 2.0),
    "functions": lambda kept: np.stack([kept["array"], kept["array"][::-1]]) @ kept["array"],
    "linalg": lambda kept: np.linalg.norm(kept["array"]),
    "math": lambda kept: math.sin(kept["number"]),
    "float": lambda kept: float(kept["number"]),
    "int": lambda kept: int(kept["number"]),
    "truth": lambda kept: 1.0 if kept["truth"] else 2.0,
    "comparison": lambda kept: 1.0 if kept["number"] > 3.0 and bool(kept["array"][0] == 1.0) else 2.0,
    "text": lambda kept: len(f"{kept['number']:.3f} {kept['array']}" + str(kept["number"])),
    "asarray": lambda kept: np.asarray(kept["array"], dtype=float) * 2.0,
    "key": lambda kept: {kept["number"]: 1.0}[kept["number"]],
    "pickle": lambda kept: pickle.loads(pickle.dumps(kept["array"])),
    "copy": lambda kept: copy.deepcopy(kept)["list"][1],
    "elements": lambda kept: sum([v * 2.0 for v in kept["array"]]) + kept["array"][1],
    "listed": lambda kept: kept["array"].tolist(),
    "item": lambda kept: kept["array"].sum().item(),
    "sorted": lambda kept: sorted([kept["number"], *kept["list"], 1.0]),
    "constant of a derivative": lambda kept: hoad.grad(lambda z: np.sum(z * kept["number"]))(POINT),
    "constant of a compiled one": lambda kept: hoad.compile(
        lambda z: np.sum(z * kept["number"]), backend="numpy"
    )(POINT),
    "point of a derivative": lambda kept: hoad.grad(lambda z: np.sum(z**2))(kept["array"]),
}


@pytest.mark.filterwarnings("ignore::hoad.errors.RecordingWarning")
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("run", RUNS)
def test_what_is_left_is_plain(run: str, use: str) -> None:
    leaves_numbers(POINT)
    wanted = USES[use](dict(STATE))
    STATE.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hoad.errors.RecordingWarning)
        RUNS[run](POINT)
    found = USES[use](dict(STATE))
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(wanted, float), rtol=1e-12)


def warm(x: Any) -> Any:
    """A root by Newton's method, from where the last search ended."""
    t = STATE.get("root", 1.0)
    for _ in range(60):
        step = (t**3 + x[0] * t - x[1]) / (3.0 * t**2 + x[0])
        t = t - step
        if abs(step) < 1e-13:
            break
    STATE["root"] = float(t)
    return t**2


@pytest.mark.filterwarnings("ignore::hoad.errors.RecordingWarning")
def test_a_warm_start_by_what_was_left() -> None:
    STATE.clear()
    wanted = [hoad.grad(lambda x: STATE.clear() or warm(x))(POINT * s) for s in (1.0, 1.1, 1.0)]
    STATE.clear()
    compiled = hoad.compile(hoad.grad(warm), backend="numpy")
    np.testing.assert_allclose([compiled(POINT * s) for s in (1.0, 1.1, 1.0)], wanted, rtol=1e-9)
    assert isinstance(float(warm(POINT * 1.2)), float)


def by_the_last_used() -> tuple[dict[Any, Any], Callable[[Any], Any]]:
    """A table of results that knows which was asked for last, and the function that fills it."""
    memo: collections.OrderedDict[Any, Any] = collections.OrderedDict()

    def cube(x: Any) -> Any:
        if x in memo:
            memo.move_to_end(x)
            return memo[x]
        memo[x] = x**3
        while len(memo) > 100:
            memo.popitem(last=False)
        return memo[x]

    return memo, cube


OF_A_NUMBER: dict[str, Callable[[Any], Any]] = {
    "plain": lambda f: f(0.7),
    "grad": lambda f: hoad.grad(f)(0.7),
    "second": lambda f: hoad.derivative(f, 0.7, 2),
    "series": lambda f: hoad.taylor(f, 0.7, 3),
    "mapped": lambda f: hoad.vmap(f)(np.array([0.7, 0.5, 0.7])),
    "gradients": lambda f: hoad.vmap(hoad.grad(f))(np.array([0.7, 0.7])),
    "of a mapped one": lambda f: hoad.grad(lambda x: np.sum(hoad.vmap(f)(x)))(np.array([0.7, 0.7])),
    "compiled": lambda f: hoad.compile(f)(0.7),
    "compiled grad": lambda f: hoad.compile(hoad.grad(f))(0.7),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("second", OF_A_NUMBER)
@pytest.mark.parametrize("first", OF_A_NUMBER)
def test_an_ordered_table_is_gone_over_once(first: str, second: str) -> None:
    """Python asks for the hashes of its keys on the way, and goes round in circles where two have become
    equal that were not.
    """
    memo, cube = by_the_last_used()
    for way in (first, second, first, second):
        with contextlib.suppress(EscapeError):  # by name
            OF_A_NUMBER[way](lambda x: cube(x) + 3 * cube(2 * x - 0.7) + cube(0.7))
    assert len(list(itertools.islice(memo.values(), 500))) == len(memo) > 0
