"""CuPy's arrays, in the memory of a GPU."""

from __future__ import annotations

import importlib
import math
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .backend import Backend, Shape
from .pieces import MOST, MOST_AXES, NAMES, Collector, Placed, placed, preamble
from .uploaded import LARGEST, Uploaded

SEQUENCES = (list, tuple, range)  # within an index, of positions


def has_positions(part: Any) -> bool:
    """Tell whether a part of an index is an array, or a list, of integers, which may name one place twice."""
    kind = getattr(getattr(part, "dtype", None), "kind", "")
    return isinstance(part, SEQUENCES) or (kind in "iu" and getattr(part, "ndim", 0) > 0 and kind != "")


def names_of(module: Any) -> list[str]:
    """The functions of a module."""
    named = {n: getattr(module, n) for n in dir(module) if not n.startswith("_")}
    return [n for n, value in named.items() if callable(value) and not isinstance(value, type)]


def public(module: Any) -> str:
    """The public module of SciPy's that one is in."""
    return ".".join([part for part in str(module).split(".") if not part.startswith("_")][:2])


class CuPy(Backend):
    """The library, or another with its functions: ``module`` need not be ``cupy``.

    Args:
        name: the module.
        extensions: the package in which the functions are that have SciPy's names.
    """

    def __init__(self, name: str, extensions: str = "cupyx") -> None:
        super().__init__(name)
        self.extensions = extensions
        self.collectors: dict[Any, Any] = {}
        self.uploaded = Uploaded()
        self.alone: dict[int, Any] = {}

    waits = True
    locks = False
    scalars = False

    def zeros(self, like: Any, shape: Shape, dtype: Any = float) -> Any:
        """An array of zeros, on the device of ``like``, whichever is the current one."""
        with like.device:
            return self.module.zeros(shape, dtype)

    def ones(self, like: Any, shape: Shape, dtype: Any = float) -> Any:
        """The same of ones."""
        with like.device:
            return self.module.ones(shape, dtype)

    def full(self, like: Any, shape: Shape, value: Any, dtype: Any = None) -> Any:
        """The same of one value."""
        with like.device:
            return self.module.full(shape, value, dtype)

    def eye(self, like: Any, n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> Any:
        """A matrix with ones in its diagonal ``k``."""
        with like.device:
            return self.module.eye(n, m, k, dtype)

    def arange(self, like: Any, *limits: Any) -> Any:
        """Numbers in steps."""
        with like.device:
            return self.module.arange(*limits)

    def tri(self, like: Any, n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> Any:
        """A matrix with ones up to its diagonal ``k``, which nobody writes into; a small one is held."""
        key = np.tri, n, m, k, np.dtype(dtype)
        if n * (m or n) <= LARGEST:
            return self.at_once(like, key, lambda: np.tri(n, m, k, dtype))
        with like.device:
            return self.module.tri(n, m, k, dtype)

    def asarray(self, like: Any, x: Any, dtype: Any = None) -> Any:
        """Numbers as an array on the device of ``like``."""
        if like is None:
            return self.module.asarray(x, dtype)
        with like.device:
            return self.module.asarray(x, dtype)

    def table(self, like: Any, make: Callable[..., Any], n: int, given: tuple[Any, ...]) -> Any:
        """The same: few are made on the host, copied once, and held; many are made on the device."""
        if n > LARGEST:
            return super().table(like, make, n, given)
        key = make, n, given, *map(type, given)
        return self.at_once(like, key, lambda: make(np.arange(n), *given))

    def known(self, like: Any, x: Any) -> Any:
        """The same, held by its contents."""
        return self.at_once(like, (x.shape, x.dtype, x.tobytes()), lambda: x)

    def at_once(self, like: Any, key: Any, make: Callable[[], Any]) -> Any:
        """What is held, for each device, stream and thread: another would have to wait for the copy."""
        stream, thread = self.module.cuda.get_current_stream().ptr, threading.get_ident()

        def copied() -> Any:
            made = make()
            is_one = not isinstance(made, tuple)
            return self.asarray(like, made) if is_one else tuple([self.asarray(like, x) for x in made])

        return self.uploaded.get((key, like.device.id, stream, thread), copied)

    def kept(self, x: Any) -> Any:
        """A copy, unless nobody writes into it."""
        return x if x in self.uploaded or id(x) in self.alone else x.copy()

    def unshared(self, x: Any) -> Any:
        """The same array, known as long as it is there."""
        key, alone = id(x), self.alone
        alone[key] = weakref.ref(x, lambda _: alone.pop(key, None))
        return x

    def memory(self, like: Any) -> float:
        """Bytes that are free on the device of ``like``: those of the device, and those that the library has
        taken of it and does not use.
        """
        with like.device:
            free, _ = self.module.cuda.runtime.memGetInfo()
            return float(free + self.module.get_default_memory_pool().free_bytes())

    def room(self, like: Any) -> float:
        """A sixteenth of that: a sweep holds some arrays of a batch at once, and their sum."""
        return self.memory(like) / 16

    def of_scipy(self, room: str, name: str) -> Any:
        """``cupyx.scipy.linalg.expm`` for ``scipy.linalg.expm``."""
        module = self.room_of(public(room))
        return None if module is None else getattr(module, name, None)

    def those_of_scipy(self, room: str) -> str:
        """What there is in ``cupyx.scipy.linalg``, for ``scipy.linalg``."""
        module, name = self.room_of(public(room)), f"{self.extensions}.{public(room)}"
        if module is None:
            return f"there is no {name}"
        return f"{name} has {', '.join(names_of(module))}"

    def room_of(self, name: str) -> Any:
        """The module with the counterparts of the functions of one of SciPy's; None if there is none."""
        try:
            return importlib.import_module(f"{self.extensions}.{name}")
        except ImportError:
            return None

    @property
    def fuses(self) -> bool:
        """Whether the library makes kernels."""
        return hasattr(self.module, "ElementwiseKernel") and hasattr(self.module, "ReductionKernel")

    def elementwise(
        self, name: str, inputs: list[str], outputs: list[str], body: str, preamble: str = ""
    ) -> Any:
        """The library's own kernel; products and sums are rounded each by itself, as in single functions."""
        make, options = self.module.ElementwiseKernel, ("--fmad=false",)
        given, made = ", ".join(inputs), ", ".join(outputs)
        return make(given, made, body, name, preamble=preamble, return_tuple=True, options=options)

    def reduction(
        self, name: str, inputs: list[str], output: str, each: str, reduce: str, identity: str, preamble: str
    ) -> Any:
        """The library's own kernel."""
        make, options = self.module.ReductionKernel, ("--fmad=false",)
        given = ", ".join(inputs)
        return make(
            given,
            output,
            each,
            reduce,
            f"{output.split()[1]} = a",
            identity,
            name,
            preamble=preamble,
            options=options,
        )

    def collected(self, shape: Any, pieces: list[tuple[Any, Any]], rest: Any) -> Any:
        """Parts in their places, as ``pieces.py`` says; every eight by a launch."""
        like = pieces[0][0]
        arrays = [g for g, _ in pieces] if rest is None else [rest, *[g for g, _ in pieces]]
        known = self.fuses and like.dtype.name in NAMES and 0 < len(shape) <= MOST_AXES
        if not known or any([x.__class__ is not like.__class__ or x.dtype != like.dtype for x in arrays]):
            return None
        parts = [placed(g, index, shape) for g, index in pieces]
        if None in parts or (rest is not None and rest.shape != shape) or not math.prod(shape):
            return None
        found = [part for part in parts if part is not None and part.part.size]
        with like.device:
            for k in range(0, max(len(found), 1), MOST):
                rest = self.in_places(shape, found[k : k + MOST], rest, like)
        return rest

    def in_places(self, shape: Any, parts: list[Placed], rest: Any, like: Any) -> Any:
        """The same of a few."""
        if not parts:
            return self.zeros(like, shape, like.dtype) if rest is None else rest
        count = next(n for n in (1, 2, 4, MOST) if n >= len(parts))
        nothing = Placed(parts[0].part, ((0, 1, 0),) * len(shape))
        key = len(shape), count, like.dtype.name, rest is not None
        if key not in self.collectors:
            text = Collector(*key)
            body, before = text.body, preamble(key[2])
            self.collectors[key] = self.elementwise(
                "hoad_in_places", text.inputs, [f"{key[2]} r0"], body, before
            )
        given = [] if rest is None else [rest]
        given += shape[1:]
        for part in [*parts, *[nothing] * (count - len(parts))]:
            given += [part.part, *[number for place in part.places for number in place]]
        size = {"size": math.prod(shape)} if rest is None else {}
        return self.collectors[key](*given, **size)[0].reshape(shape)

    def add_at(self, buffer: Any, index: Any, g: Any) -> Any:
        """Add at positions; CuPy takes them as arrays, and adds no complex numbers at once. What a slice
        selects is added in one launch, through the view; of a truth value there is none.
        """
        whole = index if isinstance(index, tuple) else (index,)
        if not any([hasattr(part, "ndim") or isinstance(part, SEQUENCES) for part in whole]):
            if any([part.__class__ is bool for part in whole]):
                buffer[index] += g
                return buffer
            view = buffer[index]
            view += g
            return buffer
        place = tuple([self.asarray(buffer, i) if isinstance(i, SEQUENCES) else i for i in whole])
        if buffer.dtype.kind == "c":
            self.module.add.at(buffer.real, place, g.real)
            self.module.add.at(buffer.imag, place, g.imag)
        else:
            self.module.add.at(buffer, place, g)
        return buffer

    def put(self, buffer: Any, index: Any, value: Any) -> Any:
        """Write at positions. Of several values for one, CuPy may take any; here the last one stays, as in
        NumPy: zeros are written, and what stays is added.
        """
        whole = index if isinstance(index, tuple) else (index,)
        if not any([has_positions(part) for part in whole]):
            buffer[index] = value
            return buffer
        order = self.arange(buffer, buffer.size).reshape(buffer.shape)[index]
        stays = self.last_of_each(order, buffer.size) != 0
        new = self.module.where(stays, value, 0).astype(buffer.dtype)  # first: it may be a part of the buffer
        buffer[index] = 0
        return self.add_at(buffer, index, new)

    def last_of_each(self, positions: Any, size: int) -> Any:
        """1 where a position stands for the last time, and 0 elsewhere: by the largest place of each."""
        order = self.arange(positions, positions.size).reshape(positions.shape)
        last = self.zeros(positions, size, int)
        self.module.maximum.at(last, positions, order)
        return (last[positions] == order) * 1.0

    def to_numpy(self, x: Any) -> Any:
        """A copy in the host's memory."""
        return self.module.asnumpy(x)
