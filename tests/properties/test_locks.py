"""What threads share is changed by one of them at a time: each lock is taken where it must be."""

from __future__ import annotations

import ast
import collections
import contextlib
import functools
import importlib
import re
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import learning
import numpy as np
import pytest
import scipy.sparse

import hoad
from hoad.adapting import binding
from hoad.adapting.bound import Bound
from hoad.backends.uploaded import Uploaded
from hoad.chainrules import parsing
from hoad.running.team import Team
from hoad.sparse import plans
from hoad.testing import device

HOME = Path(hoad.__file__).parent
NAMES = ("lock", "guard", "HOLDING", "LOCK")
TAKES = re.compile(rf"({'|'.join(NAMES)})(:$|,|\)| as |\.acquire)", re.MULTILINE)


def taken_in(text: str) -> collections.Counter[str]:
    """The functions of a module that take a lock, and at how many places each."""
    found: collections.Counter[str] = collections.Counter()
    for f in ast.walk(ast.parse(text)) if TAKES.search(text) else ():
        if isinstance(f, ast.FunctionDef):
            inner = list(ast.walk(f))
            whats = [ast.unparse(i.context_expr) for n in inner if isinstance(n, ast.With) for i in n.items]
            whats += [
                ast.unparse(n.value) for n in inner if isinstance(n, ast.Attribute) and n.attr == "acquire"
            ]
            found[f.name] += sum([what.endswith(NAMES) for what in whats])
    return +found


# The functions that must hold a lock, by file, and at how many places; each with a call that comes there.
LOCKED: dict[str, dict[str, int]] = {
    "adapting/binding.py": {"binding_at": 1, "original_at": 1},
    "adapting/bound.py": {"bind": 1, "release": 1},
    "adapting/known.py": {"bind": 1, "release": 1},
    "arrays/buffers.py": {"leave": 1, "spare": 1},
    "arrays/protect.py": {"lock": 1, "unlock": 1},
    "backends/uploaded.py": {"get": 2},
    "chainrules/parsing.py": {"parse": 1},
    "compiling/compiled.py": {"__init__": 1, "_add": 1, "clear": 1, "stats": 1},
    "compiling/learned.py": {"meanwhile": 1, "missed": 1, "looked": 1},
    "compiling/objects.py": {"assembled": 1, "__init__": 1},
    "compiling/replay.py": {"__call__": 1},  # of a device, see tests/program
    "running/spread.py": {"unpacked_and_worked_out": 1, "threads": 1},
    "running/team.py": {"each": 2, "hinder": 1},
    "sparse/plans.py": {"_colored": 1, "_grow": 1},
    "sparse/recorded.py": {"anew": 1},
    "teaching/debugging.py": {"debug": 2},
    "teaching/on_device.py": {"watched": 2},
}


def test_locks_are_taken_where_they_are_listed() -> None:
    found = {str(p.relative_to(HOME)): taken_in(p.read_text()) for p in HOME.rglob("*.py")}
    assert {name: dict(of) for name, of in found.items() if of} == LOCKED


MIDST: list[Callable[[], Any]] = []  # what is done once, where a lock is held


class Watched:
    """A lock that notes the lines at which it is taken."""

    def __init__(self, lock: Any, seen: set[tuple[str, str, int]]) -> None:
        self.lock, self.seen = lock, seen

    def __enter__(self) -> None:
        self.note(sys._getframe(1))
        assert self.lock.acquire(timeout=30.0), "it waits for itself"
        if MIDST:
            MIDST.pop()()

    def __exit__(self, *error: object) -> None:
        self.lock.release()

    def note(self, frame: types.FrameType) -> None:
        name = str(Path(frame.f_code.co_filename).relative_to(HOME))
        self.seen.add((name, frame.f_code.co_name, frame.f_lineno))

    def acquire(self, blocking: bool = True) -> bool:
        self.note(sys._getframe(1))
        return bool(self.lock.acquire(blocking=blocking))

    def release(self) -> None:
        self.lock.release()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, str, int]]]:
    found: set[tuple[str, str, int]] = set()
    watched: dict[int, Watched] = {}
    make = lambda of: lambda: Watched(of(), found)
    threads = types.SimpleNamespace(
        **{**vars(threading), "Lock": make(threading.Lock), "RLock": make(threading.RLock)}
    )
    for name in LOCKED:
        module = importlib.import_module("hoad." + name[:-3].replace("/", "."))
        for key, value in list(vars(module).items()):
            if isinstance(value, (type(threading.Lock()), type(threading.RLock()))):
                monkeypatch.setattr(module, key, watched.setdefault(id(value), Watched(value, found)))
        if hasattr(module, "threading"):
            monkeypatch.setattr(module, "threading", threads)
    yield found


def fresh() -> Any:
    """A function that nobody has seen, in names of its own, which must be bound."""
    names: dict[str, Any] = {}
    exec("import math\ndef f(x):\n    return math.sin(x) * x\n", names)
    return names["f"]


def with_a_large_constant() -> None:
    c = np.ones(5000)
    hoad.grad(lambda x: np.sum(x * c * c))(np.ones(5000))


def of_large_arrays() -> None:
    x = np.linspace(0.1, 1.0, 2**15)
    for _ in range(3):
        hoad.grad(lambda x: np.sum(np.exp(np.sin(x) * np.cos(x)) * x + np.log(x) * x))(x)


def of_a_plan() -> None:
    chosen = [False]
    f = lambda x: np.array([x[0] ** 2, x[1] * (x[2] if chosen[0] else 1.0), x[2] ** 3])
    plan = hoad.sparse_plan(f, np.array([1.0, 2.0, 3.0]))
    plan(np.array([1.0, 2.0, 3.0]))
    chosen[0] = True
    plan(np.array([1.0, 2.0, 3.5]))


def of_a_compiled_plan() -> None:
    held = np.array([1.0, 2.0, 3.0])
    plan = hoad.sparse_plan(lambda x: held * x**2, np.ones(3), compile=True)
    for _ in range(2):
        plan(np.ones(3))
        held[0] += 1.0


def in_debug() -> None:
    with hoad.debug():
        hoad.grad(np.sin)(1.0)


def in_debug_on_a_device() -> None:
    with hoad.debug(), contextlib.suppress(Exception):
        hoad.grad(lambda x: device.sum(x * x))(device.asarray([1.0, 2.0]))


def of_a_team() -> None:
    team = Team([(0, range(3)), (1, range(4))], 1e9, lambda part, result: None)
    assert [*team.mine(), *team.taken()] == [(0, range(3)), (1, range(4))] and team.done == 7


def compiled() -> None:
    f = hoad.compile(lambda x: x * x + 1.0)
    for x in (1.0, 2.0, 3.0):
        f(x)
    f.clear()
    assert hoad.compile.stats()["functions"] >= 1


def learned() -> None:
    f = lambda x: x * x if x > 0 else x**3
    with learning.at_once():
        for x in (1.0, 2.0, 3.0, 4.0, 5.0, -1.0, -2.0):
            assert hoad.derivative(f, x) == (2 * x if x > 0 else 3 * x * x)


CALLS: dict[str, Callable[[], Any]] = {
    "adapting/binding.py": lambda: hoad.grad(fresh())(1.0),
    "adapting/known.py": lambda: hoad.grad(fresh())(1.0),
    "arrays/buffers.py": of_large_arrays,
    "arrays/protect.py": with_a_large_constant,
    "backends/uploaded.py": lambda: Uploaded().get("positions", lambda: np.arange(3)),
    "chainrules/parsing.py": lambda: parsing.parse("x"),
    "compiling/compiled.py": compiled,
    "compiling/learned.py": learned,
    "compiling/objects.py": compiled,
    "running/team.py": of_a_team,
    "sparse/plans.py": of_a_plan,
    "sparse/recorded.py": of_a_compiled_plan,
    "teaching/debugging.py": in_debug,
    "teaching/on_device.py": in_debug_on_a_device,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_locks_of(name: str, seen: set[tuple[str, str, int]]) -> None:
    if name in ("compiling/learned.py", "compiling/objects.py"):
        pytest.importorskip("llvmlite")
    CALLS[name]()
    found = collections.Counter([f for file, f, _ in seen if file == name])
    assert dict(found) == LOCKED[name]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_a_finalizer_may_do_the_same_in_the_midst_of(name: str, seen: set[tuple[str, str, int]]) -> None:
    """A collection of garbage may come where a lock is held, and run any code of the user's."""
    if name in ("compiling/learned.py", "compiling/objects.py"):
        pytest.importorskip("llvmlite")
    ended: list[str] = []
    MIDST[:] = [lambda: (CALLS[name](), ended.append(name))]
    CALLS[name]()
    assert ended == [name] or name == "compiling/learned.py"  # which does without where its lock is taken


def test_two_threads_grow_a_pattern_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has an entry that the other does not know: where both start from the same pattern, one is lost."""
    plan = hoad.sparse_plan(lambda x: x * x, np.array([1.0, 2.0, 3.0]))
    both, united = threading.Barrier(2), plans.united

    def meeting(pattern: Any, more: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)  # the other comes only if nothing holds it off
        return united(pattern, more)

    monkeypatch.setattr(plans, "united", meeting)
    entries = [scipy.sparse.csr_matrix(([1.0], ([i], [j])), (3, 3)) for i, j in ((0, 2), (2, 0))]
    threads = [threading.Thread(target=plan._grow, args=(matrix,)) for matrix in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert plan.grown == 2 and plan.nnz == 5


@pytest.mark.parametrize("begins", [True, False])
def test_names_are_searched_while_another_thread_binds_them(begins: bool) -> None:
    """What is bound, or bound back, between two looks at a place is not taken for the original: a program for
    which that happened would run unbound for ever.
    """
    names, held, others = {"name": "original"}, [], []

    class Place(binding.Item):
        def get(self) -> Any:
            found = super().get()
            if others:  # a thread that comes just now
                other = others.pop()
                other.start()
                other.join(timeout=0.2)  # it comes to its end only if nothing holds it off
                held.append(other)
            return super().get() if begins else found

    place = Place(names, "name")

    def begin() -> None:
        held.append(binding.binding_at(place, "original", "replacement", lambda *three: three[-1]))
        Bound(held[-1:]).bind()

    if not begins:
        begin()
        bound = held[-1]
    others.append(threading.Thread(target=begin if begins else lambda: Bound([bound]).release()))
    assert binding.original_at(place) == "original"
    next(other for other in held if isinstance(other, threading.Thread)).join()
    if begins:
        Bound([b for b in held if isinstance(b, binding.Binding)]).release()
    assert names == {"name": "original"}


# What several threads change, gone through by one of them: it must not grow meanwhile.

GROWING = (dict, set, weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet)
WRITES = {"add", "clear", "discard", "pop", "popitem", "remove", "setdefault", "update"}
THROUGH = {"all", "any", "dict", "frozenset", "list", "set", "sorted", "tuple"}


@functools.cache
def modules() -> list[tuple[Any, ast.Module]]:
    """All modules of hoad that can be imported here, and their trees."""
    found = []
    for path in sorted(HOME.rglob("*.py")):
        name = ".".join(["hoad", *path.relative_to(HOME).with_suffix("").parts])
        with contextlib.suppress(ImportError):
            found.append((importlib.import_module(name), ast.parse(path.read_text())))
    return found


def shared(module: Any, node: ast.AST) -> Any:
    """The dictionary or set of a module that an expression names, or None."""
    thing: Any = None
    if isinstance(node, ast.Name):
        thing = vars(module).get(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        thing = getattr(vars(module).get(node.value.id), node.attr, None)
    return thing if isinstance(thing, GROWING) else None


def written_in(function: ast.AST) -> Iterator[ast.AST]:
    """The expressions into which a function writes items."""
    for n in ast.walk(function):
        targets = n.targets if isinstance(n, (ast.Assign, ast.Delete)) else [getattr(n, "target", None)]
        yield from [t.value for t in targets if isinstance(t, ast.Subscript)]
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in WRITES:
            yield n.func.value


def alone(tree: ast.AST, held: frozenset[str] = frozenset()) -> Iterator[ast.AST]:
    """What a module does without a lock, where these functions are only called with one."""
    for n in ast.iter_child_nodes(tree):
        with_lock = isinstance(n, ast.With) and any([ends_in_lock(i.context_expr) for i in n.items])
        if not with_lock and not (isinstance(n, ast.FunctionDef) and n.name in held):
            yield n
            yield from alone(n, held)


def ends_in_lock(node: ast.AST) -> bool:
    return ast.unparse(node).endswith(NAMES)


def calls_in(nodes: Iterable[ast.AST]) -> set[str]:
    return {ast.unparse(n.func) for n in nodes if isinstance(n, ast.Call)}


def with_a_lock(tree: ast.AST) -> frozenset[str]:
    """The functions of a module that are called, and only where a lock is held."""
    held: frozenset[str] = frozenset()
    while (more := held | (calls_in(ast.walk(tree)) - calls_in(alone(tree, held)))) != held:
        held = more
    return held


def gone_through(module: Any, tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that are gone through outside of locks, step by step.

    No other thread has its turn while ``list(d)`` or ``any(d.values())`` runs; but each item of ``d.items()``
    is made, which may start a collection of garbage, and what is weak is gone through in Python.
    """
    for n in alone(tree, with_a_lock(tree)):
        if isinstance(n, (ast.For, ast.comprehension)):
            yield n.iter
        whole = [n.value] if isinstance(n, ast.Starred) else n.args if isinstance(n, ast.Call) else []
        for a in whole:
            by_name = getattr(getattr(n, "func", None), "id", "") in THROUGH
            if ast.unparse(a).endswith(".items()") or (by_name and is_weak(shared(module, without_view(a)))):
                yield a


def is_weak(thing: Any) -> bool:
    return isinstance(thing, GROWING) and not isinstance(thing, (dict, set))


def without_view(node: ast.AST) -> ast.AST:
    """The dictionary of ``d.items()`` and its kin."""
    is_view = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("items", "keys", "values")
    return without_view(node.func.value) if is_view else node  # type: ignore[attr-defined]


def unguarded() -> list[str]:
    """Where hoad goes through a dictionary or set of a module, into which functions write."""
    every = modules()
    growing = {
        id(thing)
        for module, tree in every
        for f in ast.walk(tree)
        if isinstance(f, (ast.FunctionDef, ast.Lambda))
        for node in written_in(f)
        if (thing := shared(module, node)) is not None
    }
    return [
        f"{module.__name__}:{node.lineno} {ast.unparse(node)}"
        for module, tree in every
        for node in gone_through(module, tree)
        if id(shared(module, without_view(node))) in growing
    ]


def test_what_grows_is_gone_through_as_a_copy() -> None:
    assert unguarded() == []


def test_texts_are_parsed_by_one_thread_at_a_time() -> None:
    """``ast.parse`` of two threads can end in a SystemError before Python 3.11.8."""
    calls = {
        f"{module.__name__}:{n.lineno}"
        for module, tree in modules()
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and ast.unparse(n.func) == "ast.parse"
    }
    assert [call.partition(":")[0] for call in calls] == ["hoad.chainrules.parsing"]
