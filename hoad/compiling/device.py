"""Programs on a device: kernels made by NVRTC, through the library that the arrays are of.

What is used of the library is what CuPy has: ``RawModule``, ``empty``, ``matmul``, streams and their graphs.
A call launches the kernels on the current stream and comes back; what it gives is the caller's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..chainrules.text import compile_source
from ..errors import RecordingError
from ..program.device.cuda import Kernels, kernels
from ..program.device.source import OPTIONS, DeviceSource
from ..program.elsewhere import opened
from ..program.lowering.complexes import has_complex, in_pairs
from ..program.lowering.definitions import Unsupported
from ..program.program import Program
from ..program.sources.numpy_source import MISSED, constant_text
from . import disk, kept
from .replay import Replay, is_worth_it

KINDS = ("float64", "float32", "complex128", "complex64", "bool")


class Device:
    """Kernels of a program, with the arrays that they read beside its arguments.

    Args:
        program: in terms of rules.
        backend: the library.
        like: an array that lies where the program is carried out.
        limit: how many operations there may be.
        names: what the inputs are called.
        title: the name of the function.
        cache: the folder in which kernels are kept for other processes.
        is_stage: whether it is a part of a program, which reads the flags of all its parts.

    Raises:
        Unsupported: something in it has no form on the device, or the library makes no kernels.
    """

    def __init__(
        self,
        program: Program,
        backend: Any,
        like: Any,
        limit: int,
        names: list[str],
        title: str,
        cache: Path | None,
        is_stage: bool = False,
    ) -> None:
        self.backend = backend
        self.replay: Replay | None = None
        library = backend.module
        if not hasattr(library, "RawModule"):
            raise Unsupported(f"{backend.name} makes no kernels")
        for node in (*program.inputs, *program.outputs):
            if node.dtype is None or node.dtype.name not in KINDS:
                raise Unsupported(f"an argument or a result of type {node.dtype}")
        inner, held = opened(program)
        inner = in_pairs(inner, True) if has_complex(inner) else inner
        self.cached = False  # whether the kernels were written by another process, or an earlier one
        self.kernels = self.found(inner, limit, like, cache)
        self.text = DeviceSource(program, self.kernels, len(held), names, title, is_stage)
        with like.device:
            self.held = [library.ascontiguousarray(x) for x in held]
            self.arrays = [library.asarray(x) for x in self.kernels.arrays.values()]
            self.module = library.RawModule(code=self.kernels.source, options=OPTIONS, backend="nvrtc")
            self.function = self.bound()
        self.function.gives_flag = self.text.gives_flag  # type: ignore[attr-defined]

    def found(self, program: Program, limit: int, like: Any, cache: Path | None) -> Kernels:
        """The kernels, from disk if they are there."""
        made_by = None if cache is None else disk.versions_of(self.backend.module, like.device)
        name = None if cache is None else disk.name_of(program, False, made_by)
        if cache is None or name is None:
            return made(program, limit)
        code = disk.found(cache / name)
        if code is not None and code.mode == kept.MODE:
            self.cached = True
            return kept.of_code(code)
        fresh = made(program, limit)
        disk.keep(cache / name, kept.as_code(fresh))
        return fresh

    def bound(self) -> Callable[..., Any]:
        """The function of the text, with what it reads."""
        names: dict[str, Any] = {"cp": self.backend.module, "MISSED": MISSED}
        names |= dict(zip(self.text.held, self.held, strict=True))
        names |= dict(zip(self.text.arrays.values(), self.arrays, strict=True))
        called = {step.kernel for step in self.kernels.steps if step.kernel is not None}
        names |= {name: self.module.get_function(name) for name in called}
        function: Callable[..., Any] = compile_source(self.text.title, self.text.body, names)
        lengths = [len(run) for run in self.text.runs]
        inputs, results = [[(y.shape, y.dtype) for y in ys] for ys in (self.text.inputs, self.text.outputs)]
        size = sum([math.prod(shape) * dtype.itemsize for shape, dtype in (*inputs, *results)])
        if not is_worth_it(lengths, size):
            return function
        parts = [(n, names[f"part{k}"]) for k, n in enumerate(lengths)]
        names["replay"] = self.replay = Replay(self.backend.module, parts, inputs, results, self.text.room)
        function = compile_source(self.text.title, self.text.whole(replays=True), names)
        return function

    def size(self) -> int:
        """The bytes that lie on the device between calls."""
        return sum([x.nbytes for x in (*self.held, *self.arrays)])

    def __str__(self) -> str:
        return f"{self.text.body}\n\n{self.kernels}"

    def saved(self) -> str:
        """A module that carries out the program, and needs the library alone.

        Raises:
            RecordingError: it holds a large array.
        """
        texts = []
        for x in (*self.held, *self.arrays):
            if x.size > LARGEST:
                raise RecordingError(f"it holds an array of {x.size} elements: make that an argument")
            texts.append(constant_text("an array", self.backend.to_numpy(x)))
        return self.text.module(self.backend.name, texts)


LARGEST = 100_000  # elements of an array that is written as text


def made(program: Program, limit: int) -> Kernels:
    """The kernels of a program; whatever is met that has no form is named alike."""
    try:
        return kernels(program, limit)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(f"{type(error).__name__}: {error}") from error
