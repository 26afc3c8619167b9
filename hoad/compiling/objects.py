"""Machine code as LLVM makes it: an object file in memory, which is loaded, and whose table is filled with
the addresses of this process.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
import threading
from typing import Any, NamedTuple

import numpy as np

from ..program.lowering.special import address_of
from .entry import CLASSES, addresses, reason

_lock = threading.RLock()  # LLVM is one for the process


class Code(NamedTuple):
    """Machine code.

    ``mode`` is what it consists of, ``"scalars"`` or ``"loops"``; ``table`` is what it finds elsewhere in
    memory, by its key; ``data`` is the object file.
    """

    mode: str
    table: list[Any]
    data: bytes


@functools.cache
def llvm() -> Any:
    """LLVM, made ready for this machine; None where it is not there."""
    if reason():
        return None
    try:
        binding = importlib.import_module("llvmlite.binding")
    except ImportError:
        return None
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def missing() -> str:
    """Why there is no native code here; empty if there is."""
    return reason() or ("" if llvm() is not None else "it needs llvmlite: pip install 'hoad[compile]'")


def processor() -> tuple[str, str]:
    """The name of the processor that code is made for, and its instructions: this one's, or those of the
    kind that ``HOAD_CPU`` names, as LLVM does (``x86-64-v3``: with AVX2, without AVX-512).
    """
    named = os.environ.get("HOAD_CPU")
    if named:
        return named, ""
    binding = llvm()
    return binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()


def machine(level: int) -> Any:
    """The processor that code is made for.

    Args:
        level: how much time to take for it, 0 to 3.
    """
    binding = llvm()
    target = binding.Target.from_triple(binding.get_process_triple())
    name, instructions = processor()
    return target.create_target_machine(cpu=name, features=instructions, opt=level, jit=True)


def assembled(text: str, level: int, vectors: bool) -> bytes:
    """The object file of LLVM's text.

    Args:
        text: a module.
        level: see ``machine``.
        vectors: whether loops are to be made vector instructions.
    """
    binding = llvm()
    with _lock:
        module = binding.parse_assembly(text)
        module.verify()
        target = machine(level)
        module.triple, module.data_layout = binding.get_process_triple(), str(target.target_data)
        if vectors:
            tuning = binding.create_pipeline_tuning_options(speed_level=2)
            tuning.loop_vectorization, tuning.slp_vectorization = True, False
            builder = binding.create_pass_builder(target, tuning)
            builder.getModulePassManager().run(module, builder)
        made: bytes = target.emit_object(module)
    return made


class Loaded:
    """Machine code in memory, for as long as this object lives.

    ``address`` is that of the entry, ``counter`` the number of calls that it has answered, ``size`` the bytes
    of the code and of the arrays that it keeps.
    """

    def __init__(self, code: Code) -> None:
        binding = llvm()
        self.kept: list[Any] = []  # arrays that the code reads and writes
        with _lock:
            self.engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine(1))
            self.engine.add_object_file(binding.ObjectFileRef.from_data(code.data))
            self.engine.finalize_object()
            self.address = int(self.engine.get_function_address("entry"))
            table = self.engine.get_global_value_address("table")
            self.counter = ctypes.c_int64.from_address(self.engine.get_global_value_address("hits"))
        entries = (ctypes.c_uint64 * len(code.table)).from_address(table)
        for k, key in enumerate(code.table):
            entries[k] = self.place(*key)
        self.size: int = len(code.data) + sum([array.nbytes for array in self.kept])

    def place(self, kind: str, *what: Any) -> int:
        """The address of what stands in the table."""
        if kind == "function":
            return addresses()[what[0]]
        if kind == "class":
            return id(CLASSES[what[0]])
        if kind == "dtype":
            return id(np.dtype(what[0]))
        if kind == "blas":
            return blas()[what[0]]
        if kind == "special":
            return address_of(what[0])
        array = what[0].value if kind == "array" else np.zeros(-(-what[1] // 8) + 8)
        self.kept.append(array)
        start = int(array.ctypes.data)
        return start if kind == "array" else -(-start // LINE) * LINE


LINE = 64  # bytes of a line of the cache, at which a room begins


LINEAR = ("dgemm", "dgemv", "dtrsm", "dtrsv", "dgetrf", "dgetrs", "dgetri", "dpotrf")


@functools.cache
def blas() -> dict[str, int]:
    """Where SciPy has the functions of BLAS and LAPACK; nothing without SciPy."""
    try:
        modules = [importlib.import_module(f"scipy.linalg.cython_{name}") for name in ("blas", "lapack")]
    except ImportError:
        return {}
    capsules = {**modules[0].__pyx_capi__, **modules[1].__pyx_capi__}
    pythonapi = ctypes.pythonapi
    pythonapi.PyCapsule_GetName.restype, pythonapi.PyCapsule_GetName.argtypes = (
        ctypes.c_char_p,
        [ctypes.py_object],
    )
    get = pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return {name: get(capsules[name], pythonapi.PyCapsule_GetName(capsules[name])) for name in LINEAR}
