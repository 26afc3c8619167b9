"""The chunks of one call, spread over this thread and the workers of an executor: threads, processes, or
other machines.

A worker is given the call as it was made (the operator's evaluation, f, its arguments and options), and the
places of its chunks; f and its data travel once, however many calls there are. It makes the same call, in
which f runs again, and stops where the chunks are asked for: those of its share it works out and sends back.
So nothing that a run of f records has to travel, and an operator says no more than ``chunks.maps(...)``,
whoever carries that out.
"""

from __future__ import annotations

import importlib
import itertools
import os
import pickle
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..adapting.known import bound_for
from ..errors import ArgumentError, describe
from ..nested import INSIDE, Traced
from ..values.trees import flatten
from .calling import Function
from .chunks import Chunks, Work, bar_of
from .team import Part, Team

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

WORTH = 0.003  # seconds of work, below which it stays here
SMALL = 2**14  # numbers of all directions, likewise, where each chunk runs f again
WIDER = 2  # threads wait for each other between calls, of which larger arrays need fewer
BYTES = 1e9  # a second that reach another process
HELD: dict[int, Any] = {}  # of a worker: the f that it was given last, and what is done to it
SENT: Any = (
    weakref.WeakKeyDictionary()
)  # by executor: the number of what its workers were given, and the bytes
HOLDING = threading.RLock()
serial = itertools.count().__next__


@dataclass(frozen=True)
class Call:
    """A call of an operator: ``evaluate(f, args, kwargs, chunks=..., **options)``."""

    evaluate: Function
    f: Function
    args: Any
    kwargs: Any
    options: dict[str, Any]

    def with_chunks(self, chunks: Chunks) -> Any:
        """Make the call."""
        return self.evaluate(self.f, self.args, self.kwargs, chunks=chunks, **self.options)


class Found(BaseException):
    """The share is worked out; no ``except`` of the call's may take this for an error."""


class Share(Chunks):
    """The chunks as a worker sees them.

    Args:
        turn: which request for chunks of the call is meant.
        earlier: what became of those before it: None, or the error that the call went on from.
        parts: the chunks to work out: those of its share, or a team's, one by one.
        size: the size that the user chose, on which the way of the call may depend.
    """

    shared = True

    def __init__(
        self,
        turn: int,
        earlier: list[BaseException | None],
        parts: list[Part] | Team,
        size: int | None,
    ) -> None:
        super().__init__(size)
        self.turn, self.earlier, self.parts = turn, list(earlier), parts

    def maps(self, works: list[Work], like: Any = 0.0) -> list[list[Any]]:
        """The share, in the turn that is meant."""
        if self.turn == 0:
            if not isinstance(self.parts, Team):
                raise Found([self.done(works[k], which, like) for k, which in self.parts])
            for k, which in self.parts.taken():
                self.parts.take((k, which), self.done(works[k], which, like))
            raise Found(None)
        self.turn -= 1
        error = self.earlier.pop(0)
        if error is not None:
            raise error
        return super().maps(works, like)


class Spread(Chunks):
    """The chunks of a call, shared by this thread and an executor's workers.

    This thread works out one, and looks at the clock. If the rest is worth it, the others get theirs, and it
    goes on with its own: no one waits for what he could do himself.

    Args:
        call: the call.
        executor: the executor.
        size: how many directions a chunk has; None for what is best.
        progress: whether to show a bar.
        what: what is worked out.
    """

    def __init__(self, call: Call, executor: Any, size: int | None, progress: bool, what: str) -> None:
        super().__init__(size, progress, what)
        self.call, self.executor = call, executor
        self.workers = workers_of(executor)
        self.threads = isinstance(executor, engines().ThreadPoolExecutor)
        near = self.threads or isinstance(executor, engines().ProcessPoolExecutor)
        self.helpers = self.workers - near  # on this machine, this thread is one of the workers
        self.wider = WIDER if self.threads else 1
        self.earlier: list[BaseException | None] = []

    def maps(self, works: list[Work], like: Any = 0.0) -> list[list[Any]]:
        """All chunks, in their order."""
        parts = self.parts(works, like)
        try:
            alone = len(parts) <= 1 or not self.helpers
            found = super().maps(works, like) if alone else self.collected(works, parts, like)
        except Exception as error:
            self.earlier.append(error)
            raise
        self.earlier.append(None)
        return found

    def parts(self, works: list[Work], like: Any = 0.0) -> list[Part]:
        """All chunks: of the user's size, or one for each worker where f runs again for each; else some more,
        so that no one has to wait for another's last.
        """
        parties = self.helpers + 1
        found: list[Part] = []
        for k, work in enumerate(works):
            small = work.again and work.count * work.elements < SMALL
            share = -(-work.count // (1 if small else parties if work.again else 4 * parties))
            size = self.at_once(work.elements, like)
            found += [(k, which) for which in self.ranges(work.count, min(size, max(share, 1)))]
        return found

    def collected(self, works: list[Work], parts: list[Part], like: Any) -> list[list[Any]]:
        """The results of all chunks, by piece of work."""
        results: dict[tuple[int, int], Any] = {}
        bar = bar_of(sum([work.count for work in works]), self.what) if self.progress else None

        def take(part: Part, result: Any) -> None:
            k, which = part
            results[k, which.start] = works[k].placed(which, result)
            if bar is not None:
                bar.update(len(which))

        do: Function = lambda part: self.done(works[part[0]], part[1], like)
        try:
            if any([work.again for work in works]):
                self.by_tasks(parts, do, take)
            else:
                self.by_need(parts, do, take)
        finally:
            if bar is not None:
                bar.close()
        return [[results[key] for key in sorted(results) if key[0] == k] for k in range(len(works))]

    def by_need(self, parts: list[Part], do: Function, take: Function) -> None:
        """All chunks, of which two small ones tell what the others will take: the first finds the memory."""
        (k, which), *rest = parts
        few = max(len(which) // 4, 1)
        cut = [which[:few], which[few : 2 * few], which[2 * few :]]
        first, second, *rest = [(k, part) for part in cut if len(part)] + rest
        take(first, do(first))
        begun = time.perf_counter()
        result = do(second)
        alone = (time.perf_counter() - begun) / len(second[1])
        take(second, result)
        if not self.pays(alone, result, len(second[1]), directions(rest)):
            for part in rest:
                take(part, do(part))
        elif self.threads:
            self.by_team(Team(rest, alone, take), do)
        else:
            self.by_tasks(rest, do, take)

    def pays(self, alone: float, result: Any, n: int, rest: int) -> bool:
        """Tell whether others are a help with the rest, as far as ``n`` directions tell."""
        theirs = rest * self.helpers / (self.helpers + 1)
        size = sum([getattr(x, "nbytes", 8) for x in flatten(result)[0]]) / n
        return alone * theirs > WORTH + (0.0 if self.threads else size * theirs / BYTES)

    def by_team(self, team: Team, do: Function) -> None:
        """The chunks by threads, each of which takes the next that waits."""
        submit = self.submitting()
        futures = [submit(len(self.earlier), self.earlier, team, self.size) for _ in range(self.helpers)]
        everything = list(team.waiting)
        try:
            for part in team.mine():
                team.take(part, do(part))
                if any([future.done() and future.exception() for future in futures]):
                    team.close()
                    break
            for future in futures:
                if not future.cancel():  # it has begun
                    with naming(everything, self.what):
                        future.result()
        finally:
            team.close()

    def by_tasks(self, parts: list[Part], do: Function, take: Function) -> None:
        """The chunks by this thread from the first on, and from the last on by the others, each of which gets
        some more when those that it had are back: many at first, so that f does not run too often, then
        fewer, so that nobody waits for long.
        """
        waiting = deque(parts)
        futures: dict[Future[Any], list[Part]] = {}
        submit = self.submitting()

        def hand_out() -> None:
            while waiting and len(futures) < self.helpers:
                few = self.size is not None
                count = 1 if few else max(len(waiting) // (2 * (self.helpers + 1)), 1)
                share = [waiting.pop() for _ in range(count)]
                futures[submit(len(self.earlier), self.earlier, share, self.size)] = share

        def fetch(future: Future[Any]) -> None:
            share = futures.pop(future)
            with naming(share, self.what):
                try:
                    results = future.result()
                except NotHeld:
                    submit = self.submitting(anew=True)
                    futures[submit(len(self.earlier), self.earlier, share, self.size)] = share
                    return
            for part, result in zip(share, results, strict=True):
                take(part, result)

        try:
            hand_out()
            while waiting or futures:
                if waiting:
                    part = waiting.popleft()
                    take(part, do(part))
                    ready = [future for future in futures if future.done()]
                else:
                    ready = list(engines().wait(list(futures), return_when="FIRST_COMPLETED").done)
                for future in ready:
                    fetch(future)
                hand_out()
        finally:
            for future in futures:
                future.cancel()

    def submitting(self, anew: bool = False) -> Function:
        """What hands a share to the executor, with the call: as it is to a thread, else as bytes, of which
        those of f travel once, as long as the calls are of the same f.

        Args:
            anew: whether they are to travel again, to a worker that has not had them.
        """
        executor = self.executor
        if isinstance(executor, engines().ThreadPoolExecutor):
            return lambda *share: executor.submit(worked_out, self.call, *share)
        program, point = packed(self.call)
        client = getattr(executor, "_client", None)
        owner = executor if client is None else client
        key, known, handle = SENT.get(owner, (0, b"", None)) if is_remembered(owner) else (0, b"", None)
        if known != program:
            key, handle, anew = os.getpid() << 32 | serial(), program, True
            if client is not None:  # Dask's: each worker has the bytes before the first chunk comes
                handle = client.scatter(program, broadcast=True, hash=False)
            if is_remembered(owner):
                SENT[owner] = key, program, handle
        rest = itertools.repeat(handle if client is not None else None)
        given = itertools.chain(itertools.repeat(handle, self.workers if anew else 0), rest)
        return lambda *share: executor.submit(unpacked_and_worked_out, key, next(given), point, *share)


def directions(parts: list[Part]) -> int:
    """How many directions there are in some chunks."""
    return sum([len(which) for _, which in parts])


def is_remembered(executor: Any) -> bool:
    """Tell whether it can be known of an executor what its workers were given, as long as it lives."""
    return hasattr(executor, "__weakref__") and getattr(executor, "__hash__", None) is not None


@contextmanager
def naming(parts: list[Part], what: str) -> Iterator[None]:
    """An error of a worker's says which directions it was given."""
    try:
        yield
    except Exception as error:
        first, last = parts[0][1].start, parts[-1][1].stop - 1
        error.add_note(f"raised by a worker of executor=, for directions {first} to {last} of the {what}")
        raise


def worked_out(call: Call, *share: Any) -> Any:
    """What a worker does: the results of its share, in order."""
    try:
        with bound_for(call.f, call.args, call.kwargs):
            call.with_chunks(Share(*share))
    except Found as found:
        return found.args[0]
    raise RuntimeError("the call took another way in a worker: f must do the same each time it is run")


class NotHeld(Exception):
    """A worker was not given f yet."""


def unpacked_and_worked_out(key: int, program: bytes | None, point: bytes, *share: Any) -> Any:
    """The same from bytes; those of f are unpacked once in a worker, and may then be left out."""
    with HOLDING:
        if key not in HELD:
            if program is None:
                raise NotHeld
            HELD.clear()
            HELD[key] = pickle.loads(program)
        evaluate, f, options = HELD[key]
    args, kwargs = pickle.loads(point)
    return worked_out(Call(evaluate, f, args, kwargs, options), *share)


def packed(call: Call) -> tuple[bytes, bytes]:
    """The call as bytes: f with what is done to it, and its arguments.

    Raises:
        ArgumentError: something in it can't be pickled; the message says what.
    """
    try:
        dumps = importlib.import_module("cloudpickle").dumps
        hint = ""
    except ImportError:
        dumps = pickle.dumps
        hint = "; pip install cloudpickle, which takes functions of any kind (a lambda, one in a notebook)"
    for name, part in (("f", call.f), ("an argument", call.args), ("a keyword", call.kwargs)):
        try:
            dumps(part)
        except Exception as error:
            raise ArgumentError(
                f"executor= sends f and its arguments to other processes, and {name}, {describe(part)}, "
                f"can't be pickled: {error}{hint}; a ThreadPoolExecutor needs no pickling"
            ) from error
    return bytes(dumps((call.evaluate, call.f, call.options))), bytes(dumps((call.args, call.kwargs)))


def engines() -> Any:
    """``concurrent.futures``, which takes a while to import and is seldom needed."""
    return importlib.import_module("concurrent.futures")


def checked_executor(executor: Any) -> Any:
    """An executor, None, or True for threads.

    Raises:
        ArgumentError: it is none.
    """
    if executor is None or executor is False:
        return None
    if executor is True:
        return threads()
    if hasattr(executor, "get_executor"):  # a client of Dask's
        return executor.get_executor()
    if not hasattr(executor, "submit"):
        raise ArgumentError(
            f"executor={describe(executor)} must have a method submit, as executors of "
            f"concurrent.futures have, or be True for threads"
        )
    return executor


THREADS: list[ThreadPoolExecutor] = []


def threads() -> ThreadPoolExecutor:
    """The threads of ``executor=True``, one for each processor, kept for the next call."""
    with HOLDING:
        if not THREADS:
            THREADS.append(engines().ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="hoad"))
    return THREADS[0]


def workers_of(executor: Any) -> int:
    """How many workers an executor has, as far as it says."""
    client = getattr(executor, "_client", None)
    if client is not None:
        return max(len(client.ncores()), 1)
    for name in ("_max_workers", "num_workers"):
        n = getattr(executor, name, None)
        if isinstance(n, int) and n > 0:
            return n
    return os.cpu_count() or 1


def chunks_for(call: Call, chunk_size: int | None, progress: bool, what: str, executor: Any = None) -> Chunks:
    """The chunks of a call, spread where the user gave an executor.

    Raises:
        ArgumentError: the call is within another derivative, whose numbers can't leave this process.
    """
    if executor is None:
        return Chunks(chunk_size, progress, what)
    traced = any([isinstance(x, Traced) for x in flatten((call.args, call.kwargs))[0]])
    if INSIDE.get() or traced:
        raise ArgumentError(
            "executor= is for the outermost derivative: within another one, the numbers carry derivatives, "
            "which can't be sent to a worker; give executor= to the outer operator"
        )
    return Spread(call, executor, chunk_size, progress, what)


def in_chunks(evaluate: Function, what: str = "Jacobian") -> Function:
    """What an operator computes, with its directions in chunks of a size that the user chose."""

    def evaluated(
        f: Function,
        args: Any,
        kwargs: Any,
        chunk_size: int | None,
        progress: bool,
        executor: Any = None,
        **options: Any,
    ) -> Any:
        call = Call(evaluate, f, args, kwargs, options)
        return call.with_chunks(chunks_for(call, chunk_size, progress, what, executor))

    return evaluated
