"""Between the host's memory and a device's: linear functions, each of which is the other's transpose.

``x.get()`` and ``cp.asnumpy(x)`` of a traced x copy its numbers to the host, ``cp.asarray(x)`` brings them to
the device. What comes back goes the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backends import NUMPY, Backend
from ..nested import glance
from ..values.constants import is_elsewhere, library
from ..values.reading import note
from .statements import Linear


def _to_host(x: Any) -> Any:
    note("was copied to the host", x)
    return library(x).to_numpy(x)


def _back_to_device(g: Any, x: Any) -> Any:
    return to_device(g, library(x), glance(x))


def _to_device(x: Any, backend: Backend, like: Any) -> Any:
    if is_elsewhere(x) and (like is None or backend.lazy):
        return x
    found = backend.asarray(like, x)  # from another device, too
    if not is_elsewhere(x):
        note("was copied from the host", found)
    return found


def _back_to_host(g: Any, x: Any, backend: Backend, like: Any) -> Any:
    return g if library(x) is not NUMPY else to_host(g)


to_host: Linear = Linear(_to_host, _back_to_device, name="to the host")
to_device: Linear = Linear(_to_device, _back_to_host, name="to the device")


def arriving(backend: Backend) -> Callable[..., Any]:
    """What stands for a library's ``asarray`` of a traced value."""

    def asarray(a: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
        found = to_device(a, backend, None)
        return found if dtype is None else found.astype(dtype)

    return asarray


def leaving(a: Any, *_: Any, **__: Any) -> Any:
    """What stands for a library's ``asnumpy`` of a traced value."""
    return to_host(a) if library(a) is not NUMPY else a
