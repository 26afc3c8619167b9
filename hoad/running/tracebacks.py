"""Tracebacks as a user reads them: the call of the operator, then the user's own lines.

hoad's frames between the two are taken out of the chain while the error is on its way, and nothing is done
where no error is raised. ``HOAD_TRACEBACKS=full`` in the environment, and ``hoad.debug()``, keep all of them.
"""

from __future__ import annotations

import functools
import os
import types
from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from ..errors import HoadError

P = ParamSpec("P")
R = TypeVar("R")
OURS = (os.path.dirname(os.path.dirname(__file__)) + os.sep, "<hoad")
WHOLE: ContextVar[bool] = ContextVar("whole tracebacks", default=False)


def told(error: BaseException, name: str) -> None:
    """Let an error name the operator that was called, and show the user's lines and not hoad's."""
    if isinstance(error, HoadError) and error.operator is None:
        error.operator = name
    fold(error)


def fold(error: BaseException) -> None:
    """Take hoad's frames out of the traceback of an error, and of those that it was raised from."""
    if WHOLE.get() or os.environ.get("HOAD_TRACEBACKS") == "full":
        return
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        found.__traceback__ = folded(found.__traceback__, isinstance(found, HoadError))
        found = found.__cause__ or found.__context__


def folded(chain: types.TracebackType | None, explains: bool) -> types.TracebackType | None:
    """The frames that are not hoad's; and the last one, if the error does not explain itself."""
    frames = []
    while chain is not None:
        frames.append(chain)
        chain = chain.tb_next
    kept = [f for f in frames if not f.tb_frame.f_code.co_filename.startswith(OURS)]
    if frames and not explains and frames[-1] not in kept:
        kept.append(frames[-1])
    for frame in reversed(kept):
        chain = types.TracebackType(chain, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return chain


def folding(public: Callable[P, R]) -> Callable[P, R]:
    """A public function whose errors name it, and show the user's lines alone."""

    @functools.wraps(public)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return public(*args, **kwargs)
        except Exception as error:
            told(error, public.__name__)
            raise

    return called
