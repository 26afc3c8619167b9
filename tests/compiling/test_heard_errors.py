"""What a function hears of NumPy's errors, in whichever way, decides what it does, compiled as plain."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import learning
import numpy as np
import pytest

import hoad


def by_errors(work: Callable[[Any], Any], x: Any) -> tuple[Any, int]:
    try:
        with np.errstate(all="raise"):
            return work(x), 0
    except FloatingPointError:
        return 0.0, 1


def by_calls(work: Callable[[Any], Any], x: Any) -> tuple[Any, int]:
    heard = []
    with np.errstate(all="call", call=lambda kind, flag: heard.append(kind)):
        return work(x), len(heard)


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


def by_a_log(work: Callable[[Any], Any], x: Any) -> tuple[Any, int]:
    log = Log()
    with np.errstate(all="log", call=log):
        return work(x), len(log.lines)


def by_warnings(work: Callable[[Any], Any], x: Any) -> tuple[Any, int]:
    with warnings.catch_warnings(record=True) as heard, np.errstate(all="warn"):
        warnings.simplefilter("always")
        return work(x), len(heard)


def by_warnings_as_errors(work: Callable[[Any], Any], x: Any) -> tuple[Any, int]:
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        try:
            return work(x), 0
        except RuntimeWarning:
            return 0.0, 1


def by_warnings_of_the_callers_settings(work: Callable[[Any], Any], x: Any) -> tuple[Any, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return work(x), 0
        except RuntimeWarning:
            return 0.0, 1


WAYS = [
    by_errors,
    by_calls,
    by_a_log,
    by_warnings,
    by_warnings_as_errors,
    by_warnings_of_the_callers_settings,
]
WORK: dict[str, tuple[Callable[[Any], Any], float]] = {
    "log": (np.log, -1.5),
    "sqrt": (np.sqrt, -1.5),
    "arccos": (np.arccos, 2.0),
    "reciprocal": (lambda x: 1.0 / x, 0.0),
    "exp": (np.exp, 800.0),
    "power": (lambda x: x**300, 200.0),
    "an array": (lambda x: np.sum(np.log(np.stack([x, x + 1.0]))), 0.0),
}


def heard(way: Any, work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        y, times = way(work, x * 1.0)
        return 3.0 * x if times else y + 0.0 * x

    return f


@pytest.mark.parametrize("form", [lambda f: f, hoad.grad])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", WORK)
def test_what_is_heard_is_a_branch(name: str, way: Any, form: Any) -> None:
    work, bad = WORK[name]
    f = form(heard(way, work))
    points = [np.float64(x) for x in (0.5, 0.5, bad, 0.25, bad, 0.75)]
    with np.errstate(all="warn"):
        wanted = [f(x) for x in points]
        compiled = hoad.compile(f, backend="numpy")
        np.testing.assert_allclose([compiled(x) for x in points], wanted)
        again = hoad.compile(f, backend="numpy")  # from the other side
        np.testing.assert_allclose([again(x) for x in points[::-1]], wanted[::-1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", WORK)
def test_learned(name: str, way: Any) -> None:
    work, bad = WORK[name]
    f = hoad.grad(heard(way, work))
    points = [np.float64(x) for x in (0.5, 0.5, 0.5, bad, 0.25, bad)]
    with np.errstate(all="warn"):
        with hoad.run_each_time():
            wanted = [f(x) for x in points]
        with learning.at_once():
            np.testing.assert_allclose([f(x) for x in points], wanted)


def test_what_nobody_hears_stays_a_program() -> None:
    def f(x: Any) -> Any:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.sum(np.where(x > 0.0, np.log(x), 0.0))

    compiled = hoad.compile(f, backend="numpy", on_fail="raise")
    for x in (np.array([0.5, -1.0]), np.array([2.0, -3.0])):
        assert compiled(x) == f(x)
