"""What was recorded is on disk: another process does not run the function, unless it is another function."""

from __future__ import annotations

import collections
import importlib
import io
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special as sc

import hoad
from hoad.adapting import spelling
from hoad.chainrules import remove_rule, scalar_rule
from hoad.chainrules.statements import RULES
from hoad.compiling import compiled, disk, recordings
from hoad.testing.raw_module import compiler

X = np.array([0.1, 0.4, -0.3])
A = np.arange(9.0).reshape(3, 3)
Pair = collections.namedtuple("Pair", "first second")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no test of another file had stated a rule."""
    monkeypatch.setattr(spelling, "OWN", collections.ChainMap(spelling.OWN, dict(RULES)))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that a function is run to be recorded."""
    found: list[int] = []
    record = compiled.recorded

    def noted(*args: Any, **kwargs: Any) -> Any:
        found.append(1)
        return record(*args, **kwargs)

    monkeypatch.setattr(compiled, "recorded", noted)
    return found


SCRIPT = """
import sys
import numpy as np
import hoad
from hoad.compiling import compiled
from hoad.testing import device as cp

runs, record = [], compiled.recorded
compiled.recorded = lambda *args, **kwargs: (runs.append(1), record(*args, **kwargs))[1]
A = 2.5


def layer(x):
    return np.tanh(A * x) * np.exp(-x)


def f(x):
    return np.sum(np.sort(layer(x)) ** 2) if x[0] > 0 else np.sum(layer(x)[1:])


points = [np.array([0.1, 0.4, -0.3]), np.array([-0.1, 0.4, -0.3])]
weights = cp.asarray([1.0, 3.0, 2.0])
for run, place in (
    (hoad.grad(f), np.asarray),
    (lambda x: {"a": [hoad.hvp(f, x, np.cos(x)), 3]}, np.asarray),
    (lambda x: hoad.grad(f)(x * weights), cp.asarray),
):
    made = hoad.compile(run, cache=sys.argv[1])
    for x in points:
        print(made(place(x)))
print(len(runs), "runs")
"""


@pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
def test_another_process_runs_nothing(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(tmp_path / "cache")]
    first, second = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines() for _ in "ab"
    ]
    assert first[:-1] == second[:-1]
    assert first[-1] == "6 runs" and second[-1] == "0 runs"


def with_value(c: Any) -> Callable[[Any], Any]:
    return lambda x: c * np.sin(x)


def by_number(x: Any, n: int) -> Any:
    return np.sin(n * x)


def calls_another(x: Any) -> Any:
    return np.sum(by_number(x, 2))


CHANGES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "a constant": (lambda x: x * 2.0, lambda x: x * 2.5),
    "a function": (lambda x: np.sin(x), lambda x: np.cos(x)),
    "its library": (lambda x, f=np.expm1: f(x), lambda x, f=sc.expm1: f(x)),
    "a captured value": (with_value(2.0), with_value(3.0)),
    "its class": (with_value(2.0), with_value(np.float64(2.0))),
    "its sign": (with_value(0.0), with_value(-0.0)),
    "an array": (with_value(X), with_value(X + 1)),
    "a default": (lambda x, n=2: x**n, lambda x, n=3: x**n),
    "an operator": (hoad.grad(calls_another), hoad.hessian(calls_another)),
    "its option": (hoad.jacobian(with_value(2.0), mode="forward"), hoad.jacobian(with_value(2.0))),
    "an inner function": (
        lambda x: np.sum([(lambda y: y * 2)(v) for v in x]),
        lambda x: np.sum([(lambda y: y * 3)(v) for v in x]),
    ),
}


def test_functions_of_numbers_stand_by_their_names_and_nothing_is_said() -> None:
    """Where the old names of NumPy's modules are imported, too, as other packages do."""
    functions = [f for f in (*vars(np).values(), *vars(sc).values()) if f.__class__ is np.ufunc]
    assert len(functions) > 300 and {np.expm1, sc.expm1} <= {*functions}
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("numpy.core")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recordings.Writer(file, ()).dump(functions)
        found = recordings.Reader(io.BytesIO(file.getvalue()), 0, None).load()
    assert [a is b for a, b in zip(found, functions, strict=True)] == [True] * len(functions)


def test_a_function_of_numbers_that_stands_nowhere_is_not_kept() -> None:
    with pytest.raises(pickle.PicklingError, match="in no module"):
        recordings.Writer(io.BytesIO(), ()).dump(np.frompyfunc(abs, 1, 1))


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_function_is_recorded_anew(name: str, tmp_path: Path, runs: list[int]) -> None:
    for k, f in enumerate(CHANGES[name]):
        for _ in range(2):
            np.testing.assert_array_equal(hoad.compile(f, cache=tmp_path, backend="numpy")(X), f(X))
        assert len(runs) == k + 1


def test_a_changed_global_is_recorded_anew(
    tmp_path: Path, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    f = lambda x: calls_another(x) + np.sum(A @ x)
    changes = [(A, A + 1), (by_number, lambda x, n: np.cos(n * x))]
    for k, (name, (_, other)) in enumerate(zip(("A", "by_number"), changes, strict=True)):
        for _ in range(2):
            np.testing.assert_allclose(hoad.compile(f, cache=tmp_path)(X), f(X), rtol=1e-14)
        assert len(runs) == k + 1
        monkeypatch.setitem(globals(), name, other)
    np.testing.assert_allclose(hoad.compile(f, cache=tmp_path)(X), f(X), rtol=1e-14)
    assert len(runs) == 3


def test_other_arguments_are_recorded_anew(tmp_path: Path, runs: list[int]) -> None:
    f = lambda x, n: np.sin(n * x)
    calls = [(X, 2), (X, 3), (X, 2.0), (X.astype(np.float32), 2), (X[:2], 2), (X + 0j, 2), (0.5, 2)]
    for k, args in enumerate(calls):
        for _ in range(2):
            found, right = hoad.compile(f, cache=tmp_path, backend="numpy")(*args), f(*args)
            assert type(found) is type(right) and np.array_equal(found, right)
        assert len(runs) == k + 1
    for part in ([X], (X,), {"a": X}, {"b": X}):
        for _ in range(2):
            hoad.compile(lambda p: p, cache=tmp_path)(part)
    assert len(runs) == len(calls) + 4


def test_another_version_records_anew(
    tmp_path: Path, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    f = with_value(2.0)
    hoad.compile(f, cache=tmp_path)(X)
    for name in ("version_of", "sources"):
        monkeypatch.setattr(disk, name, lambda *_: "another")
        hoad.compile(f, cache=tmp_path)(X)
    assert len(runs) == 3


class Law:
    def __init__(self, c: float) -> None:
        self.c = c

    def at(self, x: Any) -> Any:
        return self.c * x


counts = [0]


def counting(x: Any) -> Any:
    counts[0] += 1
    return x * 2.0


law = Law(2.0)
UNKNOWN: dict[str, tuple[Callable[..., Any], Any]] = {
    "an object": (lambda x: law.at(x), X),
    "a method": (law.at, X),
    "a file": (lambda x: (open, x)[1], X),
    "what it writes into": (counting, X),
    "identities": (lambda x: x if x is X else 2 * x, X),
    "an argument of a class": (lambda p: p.first * p.second, Pair(X, X)),
    "a compiled function": (hoad.compile(with_value(2.0)), X),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_can_tell_is_recorded_in_each_process(name: str, tmp_path: Path, runs: list[int]) -> None:
    f, x = UNKNOWN[name]
    for _ in range(2):
        hoad.compile(f, cache=tmp_path)(x)
    assert len(runs) >= 2 and not list(tmp_path.glob("*.run"))


def test_where_rules_of_users_count_nothing_is_kept(tmp_path: Path, runs: list[int]) -> None:
    f = lambda x: hoad.grad(lambda y: np.sum(np.sin(y)))(x)
    hoad.compile(f, cache=tmp_path)(X)
    scalar_rule(np.sin, lambda x, out: 3 * np.cos(x))
    try:
        np.testing.assert_allclose(hoad.compile(f, cache=tmp_path)(X), 3 * np.cos(X), rtol=1e-14)
    finally:
        remove_rule(np.sin)
    assert len(runs) == 2
    np.testing.assert_allclose(hoad.compile(f, cache=tmp_path)(X), np.cos(X), rtol=1e-14)
    assert len(runs) == 2


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b"", lambda b: b"hello"])
def test_a_damaged_file_is_written_anew(damage: Any, tmp_path: Path, runs: list[int]) -> None:
    f = hoad.grad(calls_another)
    hoad.compile(f, cache=tmp_path)(X)
    (file,) = tmp_path.glob("*.run")
    file.write_bytes(damage(file.read_bytes()))
    for _ in range(2):
        np.testing.assert_allclose(hoad.compile(f, cache=tmp_path)(X), f(X), rtol=1e-14)
    assert len(runs) == 2


def test_a_captured_value_that_changes_between_branches(tmp_path: Path, runs: list[int]) -> None:
    """A program stands in the file of what the function held when that was recorded."""
    held = np.array([1.0, 1.0, 1.0])
    f = lambda x: np.sin(held * x) if x[0] > 0 else np.cos(held * x)
    made = hoad.compile(f, cache=tmp_path)
    made(X)
    held[:] = 2.0
    made(-X)
    again = hoad.compile(f, cache=tmp_path)
    np.testing.assert_allclose(again(-X), f(-X), rtol=1e-14)
    assert len(runs) == 2
    np.testing.assert_allclose(again(X), f(X), rtol=1e-14)
    assert len(runs) == 3


def test_derivatives_of_what_was_kept(tmp_path: Path, runs: list[int]) -> None:
    """Rules are what they are: the programs can be differentiated."""
    f = lambda x: np.sum(sc.erf(x) * np.linalg.solve(np.outer(x, x) + 9 * np.eye(3), np.sort(x)) ** 2)
    hoad.compile(f, cache=tmp_path)(X)
    again = hoad.compile(f, cache=tmp_path)
    np.testing.assert_allclose(hoad.hessian(again, X), hoad.hessian(f, X), rtol=1e-10)
    assert len(runs) == 1


def test_programs_of_the_tables_are_what_they_were(tmp_path: Path, runs: list[int]) -> None:
    """What is read from the file carries out the same, bit by bit."""
    from compiled_cases import CASES

    kept = 0
    for k, name in enumerate(sorted(CASES)[::29]):
        f, args = CASES[name][:2]
        try:
            made = hoad.compile(f, backend="numpy")
            right = made(*args)
            (variant,) = made.variants
        except Exception:
            continue
        data = recordings.written(variant)
        if data is None:
            continue
        kept += 1
        read = recordings.read(data, len(variant.recorded.nodes), None, names=variant.names, title="f")
        numbers = compiled.taken_apart(args, {}, frozenset()).numbers()
        again, right = read.at(numbers), variant.at(numbers)
        for a, b in zip(compiled.flatten_result(again)[0], compiled.flatten_result(right)[0], strict=True):
            assert type(a) is type(b) and np.array_equal(a, b, equal_nan=np.asarray(b).dtype.kind in "fc"), k
    assert kept > 60
