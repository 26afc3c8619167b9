"""The chunks of one call, spread over the workers of an executor: threads, processes, or other machines.

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
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..adapting.known import bound_for
from ..errors import ArgumentError, describe
from ..nested import INSIDE, Traced
from ..values.trees import flatten
from .calling import Function
from .chunks import Chunks, Work, bar_of

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Part = tuple[int, range]  # which of the pieces of work, and which of its directions
HELD: dict[int, Any] = {}  # of a worker: the f that it was given last, and what is done to it
SENT: Any = (
    weakref.WeakKeyDictionary()
)  # by executor: the number of what its workers were given, and the bytes
HOLDING = threading.Lock()
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
        parts: the chunks to work out.
        size: the size that the user chose, on which the way of the call may depend.
    """

    shared = True

    def __init__(
        self, turn: int, earlier: list[BaseException | None], parts: list[Part], size: int | None
    ) -> None:
        super().__init__(size)
        self.turn, self.earlier, self.parts = turn, list(earlier), parts

    def maps(self, works: list[Work], like: Any = 0.0) -> list[list[Any]]:
        """The share, in the turn that is meant."""
        if self.turn == 0:
            raise Found([self.done(works[k][0], which, works[k][2], like) for k, which in self.parts])
        self.turn -= 1
        error = self.earlier.pop(0)
        if error is not None:
            raise error
        return super().maps(works, like)


class Spread(Chunks):
    """The chunks of a call, which an executor's workers work out.

    Args:
        call: the call.
        executor: the executor.
        size: how many directions a chunk has; None for one share a worker.
        progress: whether to show a bar.
        what: what is worked out.
    """

    def __init__(self, call: Call, executor: Any, size: int | None, progress: bool, what: str) -> None:
        super().__init__(size, progress, what)
        self.call, self.executor = call, executor
        self.workers = workers_of(executor)
        self.earlier: list[BaseException | None] = []

    def maps(self, works: list[Work], like: Any = 0.0) -> list[list[Any]]:
        """All chunks, in their order."""
        shares = self.shares(works, like)
        try:
            found = super().maps(works, like) if len(shares) <= 1 else self.collected(works, shares)
        except Exception as error:
            self.earlier.append(error)
            raise
        self.earlier.append(None)
        return found

    def shares(self, works: list[Work], like: Any = 0.0) -> list[list[Part]]:
        """What each worker is given: a chunk of the user's size, or as many directions as the others."""
        total = sum([n for _, n, _ in works])
        most = max(-(-total // self.workers), 1)
        parts = [
            (k, r)
            for k, (_, n, e) in enumerate(works)
            for r in self.ranges(n, min(self.at_once(e, like), most))
        ]
        if self.size is not None:
            return [[part] for part in parts]
        shares: list[list[Part]] = []
        for part in parts:
            room = shares and sum([len(which) for _, which in shares[-1]]) + len(part[1]) <= most
            shares[-1].append(part) if room else shares.append([part])
        return shares

    def collected(self, works: list[Work], shares: list[list[Part]]) -> list[list[Any]]:
        """The results of all shares, by piece of work."""
        results: list[Any] = [None] * len(shares)
        bar = bar_of(sum([n for _, n, _ in works]), self.what) if self.progress else None
        futures: dict[Future[Any], int] = {}

        def hand_out(which: Iterable[int], anew: bool) -> dict[Future[Any], int]:
            submit = self.submitting(anew)
            return {submit(len(self.earlier), self.earlier, shares[k], self.size): k for k in which}

        try:
            futures = hand_out(range(len(shares)), False)
            while futures:
                without: list[int] = []
                for future in engines().as_completed(futures):
                    k = futures[future]
                    with naming(shares[k], self.what):
                        try:
                            results[k] = future.result()
                        except NotHeld:
                            without.append(k)
                            continue
                    if bar is not None:
                        bar.update(sum([len(which) for _, which in shares[k]]))
                futures = hand_out(without, True) if without else {}
        finally:
            for future in futures:
                future.cancel()
            if bar is not None:
                bar.close()
        found: list[list[Any]] = [[] for _ in works]
        for parts, result in zip(shares, results, strict=True):
            for (k, _), part in zip(parts, result, strict=True):
                found[k].append(part)
        return found

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
        given = handle if anew or client is not None else None
        return lambda *share: executor.submit(unpacked_and_worked_out, key, given, point, *share)


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
