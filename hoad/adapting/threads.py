"""Threads that a program starts itself: they belong to the derivative that runs, as its context says."""

from __future__ import annotations

import concurrent
import concurrent.futures
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from ..nested import INSIDE
from .modules import changed


class Thread(threading.Thread):
    """``threading.Thread``, which within a derivative goes on in its context."""

    context: Context | None = None

    def start(self) -> None:
        """Begin, in the context of whoever starts it."""
        self.context = copy_context() if INSIDE.get() else None
        super().start()

    def run(self) -> None:
        """Run the target."""
        super().run() if self.context is None else self.context.run(super().run)


class ThreadPoolExecutor(concurrent.futures.ThreadPoolExecutor):
    """``concurrent.futures.ThreadPoolExecutor``, whose threads do the same."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a function in one of the threads."""
        return super().submit(*((copy_context().run,) if INSIDE.get() else ()), fn, *args, **kwargs)


FUTURES = changed(concurrent.futures, ThreadPoolExecutor=ThreadPoolExecutor)
THREADS = {
    threading: changed(threading, Thread=Thread),
    concurrent.futures: FUTURES,
    concurrent: changed(concurrent, futures=FUTURES),
}
