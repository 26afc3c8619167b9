"""Programs as native code, made by LLVM (the package llvmlite, the extra ``hoad[compile]``)."""

from __future__ import annotations

import ctypes
import functools
import importlib
import math
import threading
from typing import Any

import numpy as np

from ..program.definitions import Unsupported
from ..program.expansion import Expansion
from ..program.fields import Fields
from ..program.llvm import Kernel
from ..program.loops import Loops, TooManyBoxes
from ..program.memory import Memory
from ..program.plan import Plan
from ..program.program import Program
from .entry import Entry, Kind, callable_at, is_understood

LIMIT = 200_000  # operations on single numbers
FEW = 1_600  # of those, up to which no loop is faster
MANY = 20_000  # of those, up to which it is looked whether there is more than one for each number
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


@functools.cache
def blas() -> dict[str, int] | None:
    """Where SciPy has the functions of BLAS; None without SciPy."""
    try:
        capsules = importlib.import_module("scipy.linalg.cython_blas").__pyx_capi__
    except ImportError:
        return None
    pythonapi = ctypes.pythonapi
    pythonapi.PyCapsule_GetName.restype, pythonapi.PyCapsule_GetName.argtypes = (
        ctypes.c_char_p,
        [ctypes.py_object],
    )
    get = pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return {
        name: get(capsules[name], pythonapi.PyCapsule_GetName(capsules[name])) for name in ("dgemm", "dgemv")
    }


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
        self.kept: list[Any] = []  # arrays that the code reads and writes
        self.mode, kernel, vectors = self.lowered(program)
        self.ir = kernel + Entry(self.inputs, self.outputs, single).text()
        with _lock:
            self.engine = self.made(vectors)
            self.address = int(self.engine.get_function_address("entry"))
            self.counter = ctypes.c_int64.from_address(self.engine.get_global_value_address("hits"))
        self.methods: list[Any] = []

    def lowered(self, program: Program) -> tuple[str, str, bool]:
        """The kernel's text: of single numbers where they are few, else of loops over arrays.

        Returns:
            What was chosen, the text, and whether loops are to be made vector instructions.
        """
        work = sum([math.prod(node.shape) for node in program.nodes])
        of_numbers = work < 2 * program.size()
        try:
            kernel = Kernel(Expansion(program, LIMIT if of_numbers else MANY))
            if of_numbers or len(kernel.live) <= FEW or work > 20 * len(kernel.live):
                return "scalars", kernel.text(), False
        except Unsupported:
            pass
        try:
            return "loops", self.loops(Fields(program, LIMIT)), True
        except Unsupported as error:
            try:
                return "scalars", Kernel(Expansion(program, LIMIT)).text(), False
            except Unsupported:
                raise error from None

    def loops(self, fields: Fields) -> str:
        """The kernel as loops over arrays."""
        forced: set[int] = set()
        arena: list[Any] = []

        def address(held: Any) -> int:
            if held is None:
                return int(arena[0].ctypes.data)
            self.kept.append(held.value)
            return int(held.value.ctypes.data)

        while True:
            plan = Plan(fields, forced)
            memory = Memory(plan)
            arena[:] = [np.zeros(memory.size // 8)]
            try:
                text = Loops(plan, memory, address, blas()).text()
                self.kept.append(arena[0])
                return text
            except TooManyBoxes as error:
                forced.add(error.one)

    def made(self, vectors: bool) -> Any:
        """The machine code."""
        binding = llvm()
        module = binding.parse_assembly(self.ir)
        module.verify()
        target = machine()
        module.triple, module.data_layout = binding.get_process_triple(), str(target.target_data)
        if vectors:
            tuning = binding.create_pipeline_tuning_options(speed_level=2)
            tuning.loop_vectorization, tuning.slp_vectorization = True, False
            builder = binding.create_pass_builder(target, tuning)
            builder.getModulePassManager().run(module, builder)
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
