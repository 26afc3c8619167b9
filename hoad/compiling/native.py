"""Programs as native code, made by LLVM (the package llvmlite, the extra ``hoad[compile]``)."""

from __future__ import annotations

import ctypes
import functools
import importlib
import threading
from typing import Any

import numpy as np

from ..program.definitions import Unsupported
from ..program.llvm import Kernel
from ..program.program import Program
from ..program.scalars import Expansion
from .entry import Entry, Kind, callable_at, is_understood

LIMIT = 60_000  # operations on single numbers
_lock = threading.Lock()  # LLVM is one for the process


@functools.cache
def llvm() -> Any:
    """LLVM, made ready for this machine; None where it is not there."""
    if not is_understood():
        return None
    try:
        binding = importlib.import_module("llvmlite.binding")
    except ImportError:
        return None
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def machine() -> Any:
    """The processor that code is made for."""
    binding = llvm()
    target = binding.Target.from_triple(binding.get_process_triple())
    features = binding.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=binding.get_host_cpu_name(), features=features, opt=2, jit=True)


class Native:
    """Native code of a program.

    Args:
        program: of numbers and arrays of float64.
        single: whether its value is one number or array, and no tuple.

    Raises:
        Unsupported: something in it has no native form.
    """

    def __init__(self, program: Program, single: bool) -> None:
        self.inputs = [Kind(node.kind, node.shape) for node in program.inputs]
        self.outputs = [Kind(node.kind, node.shape) for node in program.outputs]
        for node in (*program.inputs, *program.outputs):
            if node.kind not in (float, np.float64, np.ndarray) or node.dtype != np.float64:
                raise Unsupported(f"{node.kind.__name__} of {node.dtype}")
        self.ir = Kernel(Expansion(program, LIMIT)).text() + Entry(self.inputs, self.outputs, single).text()
        with _lock:
            self.engine = self.made()
            self.address = int(self.engine.get_function_address("entry"))
            self.counter = ctypes.c_int64.from_address(self.engine.get_global_value_address("hits"))
        self.methods: list[Any] = []

    def made(self) -> Any:
        """The machine code."""
        binding = llvm()
        module = binding.parse_assembly(self.ir)
        module.verify()
        target = machine()
        module.triple, module.data_layout = binding.get_process_triple(), str(target.target_data)
        engine = binding.create_mcjit_compiler(module, target)
        engine.finalize_object()
        return engine

    def function(self, otherwise: Any) -> Any:
        """A function of the program's inputs; other arguments, and where it misses, go to a Python
        function.
        """
        made, method = callable_at(self.address, Otherwise(self, otherwise))
        self.methods.append(method)
        return made

    def hits(self) -> int:
        """How many calls the native code has answered."""
        return int(self.counter.value)


class Otherwise:
    """What native code calls for arguments that are not for it; keeps the code in memory."""

    __slots__ = ("call", "native")

    def __init__(self, native: Native, call: Any) -> None:
        self.native = native
        self.call = call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)
