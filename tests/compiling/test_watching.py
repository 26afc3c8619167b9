"""Warnings of what a recorded function does that its program can't do again, with the line."""

from __future__ import annotations

import datetime
import functools
import gc
import io
import os
import random
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.compiling import variant
from hoad.errors import RecordingWarning
from hoad.values import containers
from hoad.values.trees import flatten

RNG = np.random.default_rng(5)
RNG.normal()
STATE = np.random.RandomState(3)
HELD = np.zeros(3)


def drawn(x: Any) -> Any:
    noise = np.random.normal(size=3)  # noqa: NPY002
    return x + noise


def counted(x: Any) -> Any:
    HELD[0] += 1
    return x * 2


class Counter:
    def __init__(self) -> None:
        self.calls = np.zeros(1)

    def __call__(self, x: Any) -> Any:
        return self.count(x)

    def count(self, x: Any) -> Any:
        self.calls += 1
        return x * 2


def timed(x: Any) -> Any:
    return x * (time.perf_counter() > 0)


KEPT: list[Any] = []
TABLE: dict[str, Any] = {}
CALLS = 0


def counted_globally(x: Any) -> Any:
    global CALLS
    CALLS += 1
    return x * 2


def counting() -> Any:
    calls = 0

    def f(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return x * 2

    return f


class Tally:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return x * 2

    def count(self, x: Any) -> Any:
        self.calls += 1
        return x * 2


TALLY = Tally()


def opened(x: Any) -> Any:
    with open(os.devnull) as file:
        return x * (len(file.read()) + 1)


SEEN: dict[str, tuple[Callable[[Any], Any], str]] = {
    "np.random": (drawn, "draws random numbers, at test_watching.py:.*noise = np.random.normal"),
    "a generator": (lambda x: x * RNG.normal(), "draws random numbers, at .*RNG.normal"),
    "a new generator": (lambda x: x * np.random.default_rng().normal(), "draws random numbers"),
    "a state": (lambda x: x * STATE.rand(), "draws random numbers"),
    "random": (lambda x: x * random.random(), "draws random numbers"),
    "random.gauss": (lambda x: x * random.gauss(0.0, 1.0), "draws random numbers"),
    "a new random": (lambda x: x * random.Random().random(), "draws random numbers"),
    "one after a seeded one": (lambda x: x * random.Random(3).random() * random.Random().random(), "draws"),
    "seeded by None": (lambda x: (random.seed(None), x * random.random())[1], "draws random numbers"),
    "within a derivative": (hoad.grad(lambda x: np.sum(drawn(x) ** 2)), "draws random numbers"),
    "time": (timed, "reads a clock, at .*perf_counter"),
    "datetime": (lambda x: x * datetime.datetime.now().year, "reads a clock"),
    "input": (lambda x: x * len(input()), "asks for input"),
    "print": (lambda x: (print(x), x * 2)[1], "prints, at .*print"),
    "a global array": (counted, "writes into an array that it holds"),
    "in a partial": (functools.partial(lambda a, x: counted(x), 1), "writes into an array that it holds"),
    "a list": (lambda x: (KEPT.append(1.0), x * 2)[1], "writes into a list that it holds, at .*KEPT"),
    "a dictionary": (
        lambda x: (TABLE.update(a=object()), x * 2)[1],
        "writes into a dictionary that it holds",
    ),
    "a list among the defaults": (lambda x, kept=[]: (kept.append(1), x * 2)[1], "writes into a list"),
    "a global variable": (counted_globally, "sets a global variable, at .*test_watching.py"),
    "a captured variable": (counting(), "sets a variable that it has captured"),
    "an attribute": (lambda x: TALLY.count(x), "sets an attribute of an object that it holds"),
    "an attribute of its object": (Tally().count, "sets an attribute of an object that it holds"),
    "an attribute of itself": (Tally(), "sets an attribute of an object that it holds"),
    "a file": (opened, "opens a file, at .*os.devnull"),
    "an object's array": (Counter().count, "writes into an array that it holds"),
}


@pytest.mark.parametrize("name", SEEN)
def test_warned_of(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("text\n"))
    f, text = SEEN[name]
    compiled = hoad.compile(f, backend="numpy")
    with pytest.warns(RecordingWarning, match=text):
        compiled(np.arange(3.0))
    assert not compiled.why()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(np.arange(1.0, 4.0))


def seeded(x: Any) -> Any:
    rng = np.random.default_rng(7)
    return x * rng.normal(size=3) + rng.uniform()


def seeded_state(x: Any) -> Any:
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    return x * np.random.normal(size=3) + random.random() + random.Random(3).gauss(0.0, 1.0)  # noqa: NPY002


def written(x: Any) -> Any:
    out = np.zeros(3)
    out[0] = x[0]
    return out * HELD.size


def gathered(x: Any) -> Any:
    kept, table, total = list(KEPT), dict(TABLE), 0.0
    for k in range(3):
        kept.append(x[k])
        table[str(k)] = x

        def add(y: Any) -> None:
            nonlocal total
            total = total + y

        add(x[k])
    return np.stack(kept[-3:]) * total + table["1"] * TALLY.calls


@pytest.mark.parametrize(
    "f", [gathered, seeded, seeded_state, written, np.sin, hoad.hessian(lambda x: np.sum(x**3))]
)
def test_not_warned_of(f: Any) -> None:
    """What a chosen seed gives is the same in each call."""
    compiled = hoad.compile(f, backend="numpy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            np.testing.assert_array_equal(compiled(np.arange(3.0)), f(np.arange(3.0)))


def test_what_hoad_has_found_out_is_no_effect_of_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps which classes are containers."""
    monkeypatch.setattr(containers, "CONTAINERS", {tuple: True})
    compiled = hoad.compile(lambda x: flatten((x, x))[0][1] * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiled(3.0) == 6.0
    assert len(containers.CONTAINERS) > 1


def test_a_profiler_stays() -> None:
    look = lambda *args: None
    sys.setprofile(look)
    try:
        hoad.compile(drawn, backend="numpy")(np.arange(3.0))
        assert sys.getprofile() is look
    finally:
        sys.setprofile(None)


def test_a_mistake_while_machine_code_is_made_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is right, by NumPy's code."""
    pytest.importorskip("llvmlite")

    def failing(*args: Any) -> Any:
        raise KeyError("a mistake of the test's")

    monkeypatch.setattr(variant, "Native", failing)
    with pytest.warns(RecordingWarning, match=r"KeyError: .*please report it"):
        assert hoad.compile(lambda x: x * 3, backend="native")(2.0) == 6.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hoad.compile(lambda x: x * 4, backend="native")(2.0) == 8.0


def test_a_clock_that_is_read_while_garbage_is_collected_is_not_the_functions() -> None:
    read: list[float] = []
    call = lambda phase, info: read.append(time.perf_counter())

    def f(x: Any) -> Any:
        gc.collect()
        return getattr(x, "real") * 2  # noqa: B009 (a name that is looked at)

    gc.callbacks.append(call)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            assert hoad.compile(f)(1.5) == 3.0
    finally:
        gc.callbacks.remove(call)
    assert read and not told
