"""``executor=``: the chunks of a call, worked out by threads, by processes, and refused where they can't
be.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError
from hoad.running import spread
from hoad.running.team import Team
from hoad.values.trees import flatten

X = np.linspace(0.1, 1.0, 12)


def loss(x: Any) -> Any:
    return np.sum(np.sin(x[1:] * x[:-1])) * np.sum(x**3)


def wide(x: Any) -> Any:
    return {"a": np.sin(x * np.sum(x)), "b": np.sum(x**2), "name": "kept"}


def tall(x: Any) -> Any:
    return np.outer(x, np.cos(x))


def of_a_container(p: Any) -> Any:
    return loss(p["x"]) * p["y"]


def of_two(x: Any, y: Any) -> Any:
    return np.sum(x) * np.sin(y) + y**2 * x


def chain(x: Any) -> Any:
    return np.sum(np.sin(x[2:] * x[:-2]) + x[1:-1] ** 2 * x[:-2])


def arrow(x: Any) -> Any:
    return np.concatenate([np.sum(x * x)[None], x[1:] * x[0]])


def norm(x: Any) -> Any:
    return np.sqrt(np.sum(x * x))


PLANS = {
    f: hoad.sparse_plan(f, X, order=order) for f, order in ((tall, 1), (chain, 2), (arrow, 1), (norm, 1))
}

CALLS: dict[str, Callable[..., Any]] = {
    "jacobian": lambda **o: hoad.jacobian(tall, X, **o),
    "jacobian of a container": lambda **o: hoad.jacobian(wide, X, **o),
    "jacobian, reverse": lambda **o: hoad.jacobian(wide, X, mode="reverse", **o),
    "jacobian, forward": lambda **o: hoad.jacobian(wide, X, mode="forward", **o),
    "jacobian by two": lambda **o: hoad.jacobian(of_two, X, X[::-1], argnums=(0, 1), **o),
    "jacobian, complex": lambda **o: hoad.jacobian(lambda z: z**3, X + 1j, holomorphic=True, **o),
    "value and jacobian": lambda **o: hoad.value_and_jacobian(tall, X, **o),
    "hessian": lambda **o: hoad.hessian(loss, X, **o),
    "hessian of levels": lambda **o: hoad.hessian(loss, X, mode="forward-reverse", **o),
    "hessian, reverse-forward": lambda **o: hoad.hessian(loss, X, mode="reverse-forward", **o),
    "hessian of a container": lambda **o: hoad.hessian(of_a_container, {"x": X, "y": 2.0}, **o),
    "derivative tensor": lambda **o: hoad.derivative_tensor(loss, X[:5], 3, **o),
    "plan, forward": lambda **o: PLANS[tall](X, **o).toarray(),
    "plan, back": lambda **o: PLANS[norm](X, **o).toarray(),
    "plan, both sides": lambda **o: PLANS[arrow](X, **o).toarray(),
    "plan of a Hessian": lambda **o: PLANS[chain](X, **o).toarray(),
    "vmap": lambda **o: hoad.vmap(loss, **o)(np.outer(X, X)),
    "vmap of a gradient": lambda **o: hoad.vmap(hoad.grad(loss), **o)(np.outer(X, X)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def whatever_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small work goes to the workers, too."""
    monkeypatch.setattr(spread, "WORTH", -1.0)
    monkeypatch.setattr(spread, "SMALL", 0)
    monkeypatch.setattr(Team, "hinder", lambda team: False)
    monkeypatch.setattr(Future, "cancel", lambda future: False)  # what is given away is not taken back


def same(found: Any, right: Any) -> None:
    leaves, wanted = flatten(found)[0], flatten(right)[0]
    for got, want in zip(leaves, wanted, strict=True):
        if isinstance(want, str):
            assert got == want
        else:
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)
            assert np.shape(got) == np.shape(want) and np.asarray(got).dtype == np.asarray(want).dtype


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    with ThreadPoolExecutor(3) as pool:
        yield pool


@pytest.mark.parametrize("chunk_size", [None, 1, 5])
@pytest.mark.parametrize("name", CALLS)
def test_threads(name: str, chunk_size: int | None, workers: Executor) -> None:
    same(CALLS[name](executor=workers, chunk_size=chunk_size), CALLS[name]())


@pytest.mark.parametrize("name", CALLS)
def test_processes(name: str, processes: Executor) -> None:
    same(CALLS[name](executor=processes), CALLS[name]())


def test_every_operator_that_takes_chunks_of_rows_takes_an_executor() -> None:
    names = {n for n in hoad.__all__ if callable(getattr(hoad, n)) and "executor" in parameters(n)}
    assert names >= {"jacobian", "value_and_jacobian", "hessian", "derivative_tensor", "vmap"}


def parameters(name: str) -> Any:
    try:
        return inspect.signature(getattr(hoad, name)).parameters
    except (TypeError, ValueError):
        return {}


def test_true_is_threads_that_are_kept() -> None:
    same(hoad.hessian(loss, X, executor=True), hoad.hessian(loss, X))
    assert spread.checked_executor(True) is spread.checked_executor(True)


def test_all_workers_work() -> None:
    seen: set[str] = set()
    gate = threading.Barrier(3, timeout=300)

    def f(x: Any) -> Any:
        name = threading.current_thread().name
        if name not in seen:
            seen.add(name)
            gate.wait()
        return np.sin(x)

    with ThreadPoolExecutor(3) as pool:
        hoad.jacobian(f, X, mode="forward", executor=pool)
    assert len(seen) == 3 and threading.current_thread().name in seen  # who calls is one of them


class Counting(ThreadPoolExecutor):
    """Counts what it is given, and remembers the bytes."""

    def __init__(self) -> None:
        super().__init__(2)
        self.shares: list[Any] = []

    def submit(self, f: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.shares.append(args)
        return super().submit(f, *args, **kwargs)


@pytest.mark.parametrize(("chunk_size", "sizes"), [(None, [6]), (4, [4, 4]), (5, [2, 5]), (12, [6])])
def test_one_share_a_worker_or_chunks_of_the_users_size(chunk_size: int | None, sizes: list[int]) -> None:
    """The first here, and from the last on by others, as long as there are some."""
    with Counting() as pool:
        hoad.jacobian(tall, X, mode="forward", executor=pool, chunk_size=chunk_size)
        given = [len(which) for *_, ((_, which),), _ in pool.shares]
        assert given and given == sizes[: len(given)]


def test_one_direction_stays_here() -> None:
    with Counting() as pool:
        assert hoad.jacobian(np.sin, 1.0, executor=pool) == np.cos(1.0)
        assert not pool.shares


def test_functions_of_any_kind_reach_other_processes(processes: Executor) -> None:
    power = 3
    same(hoad.jacobian(lambda x: x**power, X, executor=processes), hoad.jacobian(lambda x: x**power, X))


class Travelling(ProcessPoolExecutor):
    """Remembers the bytes of f that it is given: None, where a worker has them."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.programs: list[Any] = []
        self.futures: list[Future[Any]] = []

    def submit(self, f: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.programs.append(args[1])
        self.futures.append(super().submit(f, *args, **kwargs))
        return self.futures[-1]

    def refused(self) -> int:
        """How often a worker was asked that had no f yet."""
        done = [future for future in self.futures if not future.cancelled()]
        return len([f for f in done if isinstance(f.exception(), spread.NotHeld)])


def test_f_travels_once() -> None:
    """Also to workers that join late, as they have no f yet; and again where its data has changed."""
    data = np.ones(12)
    f = lambda x: np.outer(x * data, x)
    with Travelling(2) as pool:
        for k in range(16):
            same(hoad.jacobian(f, X + k, executor=pool), hoad.jacobian(f, X + k))
        sent = [p for p in pool.programs if p is not None]
        assert len(set(sent)) == 1 and len(sent) <= 2 * (1 + pool.refused()) < len(pool.programs)
        data *= 2.0
        same(hoad.jacobian(f, X, executor=pool), hoad.jacobian(f, X))
        spread.SENT[pool] = (spread.SENT[pool][0] + 7, *spread.SENT[pool][1:])  # which no worker knows
        same(hoad.jacobian(f, X, executor=pool), hoad.jacobian(f, X))


def test_what_structure_gives_is_not_shared_out() -> None:
    """A Hessian that one structured tangent gives costs less than its directions on all workers."""
    f = lambda x: np.sum(x[1:] ** 2 * x[:-1]) + np.sum(x) ** 2
    x = np.linspace(0.0, 1.0, 600)
    with Counting() as pool:
        same(hoad.hessian(f, x, executor=pool), hoad.hessian(f, x))
        assert not pool.shares


def test_what_cannot_be_pickled_is_named(processes: Executor) -> None:
    lock = threading.Lock()

    def f(x: Any) -> Any:
        with lock:
            return x**2

    with pytest.raises(ArgumentError, match=r"and f, .* can't be pickled.*ThreadPoolExecutor"):
        hoad.jacobian(f, X, executor=processes)


def failing(x: Any) -> Any:
    raise KeyError("no such row")


def failing_elsewhere(here: int, x: Any) -> Any:
    if os.getpid() != here:
        raise KeyError("no such row")
    return x**2


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_an_error_of_f_comes_back_as_itself(mode: str, processes: Executor) -> None:
    f = functools.partial(failing_elsewhere, os.getpid())
    with pytest.raises(KeyError, match="no such row") as caught:
        hoad.jacobian(f, X, mode=mode, executor=processes)
    assert any("for directions" in note for note in caught.value.__notes__)


def test_the_rest_is_called_off_after_an_error() -> None:
    with Counting() as pool, pytest.raises(KeyError):
        hoad.jacobian(failing, np.ones(400), mode="forward", chunk_size=1, executor=pool)


@pytest.mark.parametrize("executor", [object(), 3, "threads"])
def test_what_is_no_executor_is_refused(executor: Any) -> None:
    with pytest.raises(ArgumentError, match=r"executor=.* must have a method submit"):
        hoad.jacobian(tall, X, executor=executor)


def test_it_is_refused_within_another_derivative(workers: Executor) -> None:
    with pytest.raises(ArgumentError, match="outermost derivative"):
        hoad.grad(lambda x: np.sum(hoad.jacobian(tall, x, executor=workers)), X)
    with pytest.raises(ArgumentError, match="outermost derivative"):
        hoad.grad(lambda x: np.sum(hoad.jacobian(lambda y: x * y, np.ones(12), executor=workers)), X)
    with pytest.raises(ArgumentError, match="outermost derivative"):
        hoad.grad(lambda x: np.sum(x) * PLANS[tall](X, executor=workers).sum(), X)


def test_a_plan_gives_its_directions_away() -> None:
    """The directions of the colours, and the one that checks them, whatever way the plan goes alone."""
    plan = PLANS[tall]
    assert plan.coloring.forward == 12 and not plan.coloring.reverse
    with Counting() as pool:
        same(plan(X, executor=pool, chunk_size=5).toarray(), plan(X).toarray())
        assert [len(which) for *_, ((_, which),), _ in pool.shares][:1] == [3]  # the last


def test_a_compiled_plan_is_one_program(workers: Executor) -> None:
    plan = hoad.sparse_plan(tall, X, compile=True)
    with pytest.raises(ArgumentError, match="make the plan without compile=True"):
        plan(X, executor=workers)


def test_a_plan_that_lacks_an_entry_finds_it_with_an_executor(workers: Executor) -> None:
    f = lambda x: x**2 if x[0] > 0 else x * x[::-1]
    plan = hoad.sparse_plan(f, X)
    same(plan(-X, executor=workers).toarray(), hoad.jacobian(f, -X))
    assert plan.grown == 1


def test_progress(workers: Executor, capsys: Any) -> None:
    hoad.jacobian(tall, X, mode="forward", chunk_size=3, executor=workers, progress=True)
    assert "12/12" in capsys.readouterr().err


def test_out(workers: Executor) -> None:
    out = np.empty((12, 12, 12))
    assert hoad.jacobian(tall, X, executor=workers, out=out) is out
    same(out, hoad.jacobian(tall, X))


def test_an_adapted_program(processes: Executor) -> None:
    def f(x: Any) -> Any:
        return np.array([math.exp(v) * float(v) for v in x])

    same(hoad.jacobian(f, X, mode="forward", executor=processes), hoad.jacobian(f, X))


def test_small_work_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock where the first directions tell, by the numbers where f runs again."""
    monkeypatch.setattr(spread, "WORTH", 10.0)
    monkeypatch.setattr(spread, "SMALL", 10**6)
    with Counting() as pool:
        for mode in ("auto", "forward"):
            same(hoad.jacobian(tall, X, mode=mode, executor=pool), hoad.jacobian(tall, X))
        same(hoad.hessian(loss, X, executor=pool), hoad.hessian(loss, X))
        assert not pool.shares


def test_who_hinders_goes_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Helpers get no more chunks, and the rest is done here."""
    monkeypatch.undo()
    team = Team([(0, range(k, k + 1)) for k in range(100)], 1.0, lambda part, result: None)
    assert not team.hinder()
    helped, own = team.taken(), team.mine()
    assert next(helped)[1] == range(1) and next(own)[1] == range(1, 2)
    monkeypatch.setattr(team, "begun", team.begun - 10.0)
    assert team.hinder()  # 10 seconds, in which 10 would have been done here, and 5 may be lost
    assert next(own)[1] == range(2, 3) and team.closed
    assert list(helped) == [] and len(list(own)) == 97


@pytest.mark.parametrize("name", ["hessian", "jacobian", "jacobian by two", "hessian of a container"])
def test_a_hindering_team(name: str, workers: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Team, "hinder", lambda team: True)
    same(CALLS[name](executor=workers), CALLS[name]())


def test_a_hessian_in_chunks_that_are_put_where_they_belong() -> None:
    """Also where some are no plain arrays: those of integers stay what they are."""
    for kind in (np.float32, np.float64):
        x = X.astype(kind)
        for point, f in ((x, loss), ({"x": x, "y": 2.0}, of_a_container)):
            same(hoad.hessian(f, point, chunk_size=5), hoad.hessian(f, point, chunk_size=100))
