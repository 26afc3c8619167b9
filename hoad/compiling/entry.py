"""The way from Python into native code and out of it: a C function, itself written in LLVM's text, that
looks at its arguments, makes the arrays of the results, calls the kernel, and hands everything that is not
for it to a Python function.

That is 0.1 µs a call, where a Python function around the kernel would take two. It reads the fields of
floats and arrays at their offsets, which are those of 64-bit CPython and NumPy 2; ``is_understood`` looks
at some objects before anything rests on it.
"""

from __future__ import annotations

import ctypes
import functools
import math
import platform
import sys
import sysconfig
import weakref
from typing import Any, NamedTuple

import numpy as np

from ..program.native.table import Table

TYPE, VALUE = 8, 16  # of any object, and of a number
DATA, NDIM, DIMENSIONS, DESCRIPTION, FLAGS = 16, 24, 32, 56, 64  # of an array
CONTIGUOUS, ALIGNED, WRITEABLE = 0x1, 0x100, 0x400
ITEMS = 24  # of a tuple
FASTCALL_WITH_KEYWORDS = 0x82
NUMPY_ZEROS, NUMPY_EMPTY = 183, 184  # places in NumPy's table of C functions
FLOAT64 = np.dtype(np.float64)
PROCESSORS = ("x86_64", "AMD64")
CLASSES: dict[str, type] = {
    "float": float, "complex": complex, "float64": np.float64, "float32": np.float32,
    "complex128": np.complex128, "complex64": np.complex64, "ndarray": np.ndarray,
}  # fmt: skip
NAMES = {cls: name for name, cls in CLASSES.items()}
NUMBERS = ("float64", "float32", "complex128", "complex64")
HALVES = ("float32", "complex64")  # of single precision: the kernel has them as doubles
PAIRS = ("complex128", "complex64")  # the kernel has them as two doubles


class Kind(NamedTuple):
    """What an argument or a result is: its class, its shape, the name of its type."""

    cls: type
    shape: tuple[int, ...]
    dtype: str = "float64"

    @property
    def doubles(self) -> int:
        """How many doubles it is to the kernel."""
        return math.prod(self.shape) * (2 if self.dtype in PAIRS else 1)


def is_known(cls: type, dtype: Any) -> bool:
    """Tell whether native code takes and gives such values."""
    return cls in NAMES and dtype is not None and dtype.name in NUMBERS


def read(address: int, ctype: Any) -> Any:
    """What stands in memory."""
    return ctype.from_address(address).value


@functools.cache
def reason() -> str:
    """Why there is no native code here; empty if there is."""
    if sys.implementation.name != "cpython":
        return f"it is made for CPython, and this is {sys.implementation.name}"
    if platform.machine() not in PROCESSORS or sys.maxsize < 2**62 or sys.byteorder != "little":
        return f"it is made for x86-64, and this is {platform.machine()} ({sys.maxsize.bit_length() + 1} bit)"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this Python is free-threaded"
    return "" if is_understood() else "objects lie in memory in another way than it takes them to"


@functools.cache
def is_understood() -> bool:
    """Tell whether objects lie in memory as this module takes it."""
    array, number, scalar, pair = np.full((3, 5), 0.5), 0.75, np.float64(0.25), (1.5, 2.5)
    halves, wide, single = np.complex64(0.5 + 2j), [0.5 + 2j, np.complex128(0.5 + 2j)], np.float32(0.375)
    at, turned = id(array), array.T
    dimensions = read(at + DIMENSIONS, ctypes.c_void_p)
    return bool(
        read(at + TYPE, ctypes.c_void_p) == id(np.ndarray)
        and read(at + DATA, ctypes.c_void_p) == array.ctypes.data
        and read(at + NDIM, ctypes.c_int) == 2
        and [read(dimensions + 8 * k, ctypes.c_int64) for k in (0, 1)] == [3, 5]
        and read(at + DESCRIPTION, ctypes.c_void_p) == id(FLOAT64)
        and read(at + FLAGS, ctypes.c_int) & (CONTIGUOUS | ALIGNED | WRITEABLE)
        == CONTIGUOUS | ALIGNED | WRITEABLE
        and not read(id(turned) + FLAGS, ctypes.c_int) & CONTIGUOUS
        and read(id(number) + VALUE, ctypes.c_double) == number
        and read(id(scalar) + VALUE, ctypes.c_double) == scalar
        and read(id(single) + VALUE, ctypes.c_float) == single
        and all([read(id(x) + VALUE + 8 * k, ctypes.c_double) == (0.5, 2)[k] for x in wide for k in (0, 1)])
        and [read(id(halves) + VALUE + 4 * k, ctypes.c_float) for k in (0, 1)] == [0.5, 2.0]
        and [read(id(pair) + ITEMS + 8 * k, ctypes.c_void_p) for k in (0, 1)] == list(map(id, pair))
    )


@functools.cache
def addresses() -> dict[str, int]:
    """Where the C functions of Python and NumPy are that the text calls."""
    names = [
        "PyFloat_FromDouble",
        "PyComplex_FromDoubles",
        "PyObject_Vectorcall",
        "PyType_GenericAlloc",
        "Py_DecRef",
        "Py_IncRef",
        "PyTuple_New",
    ]
    found = {name: ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0 for name in names}
    capsule = sys.modules["numpy._core._multiarray_umath"]._ARRAY_API
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(pointer(capsule, None), ctypes.POINTER(ctypes.c_void_p))
    return found | {"zeros": table[NUMPY_ZEROS] or 0, "empty": table[NUMPY_EMPTY] or 0}


class Entry:
    """The text of the C function.

    Args:
        inputs: what the arguments must be.
        outputs: what the results are; several come as a tuple.
        single: whether it is one, and no tuple.
        table: of what lies elsewhere.
    """

    def __init__(self, inputs: list[Kind], outputs: list[Kind], single: bool, table: Table) -> None:
        self.inputs, self.outputs, self.single = inputs, outputs, single
        self.table = table
        self.globals = ["@hits = global i64 0"]
        self.lines: list[str] = []

    def text(self) -> str:
        """The module's part of it."""
        head = "define ptr @entry(ptr %self, ptr %args, i64 %count, ptr %keywords) {"
        self.lines += [
            head,
            "entry:",
            f"  %few = icmp eq i64 %count, {len(self.inputs)}",
            "  %bare = icmp eq ptr %keywords, null",
            "  %both = and i1 %few, %bare",
            "  br i1 %both, label %a0, label %other",
        ]
        for k, kind in enumerate(self.inputs):
            self.argument(k, kind)
        self.lines.append(f"a{len(self.inputs)}:")
        for k, kind in enumerate(self.inputs):
            if kind.dtype in HALVES:
                self.lines.append(
                    f"  call void @widen(ptr {self.doubles('in', k, kind)}, ptr %in{k}, i64 {kind.doubles})"
                )
        for k, kind in enumerate(self.outputs):
            self.room(k, kind)
        names = [f"ptr {self.doubles('in', k, kind)}" for k, kind in enumerate(self.inputs)]
        names += [f"ptr {self.doubles('out', k, kind)}" for k, kind in enumerate(self.outputs)]
        self.lines += [
            f"  %code = call i32 @kernel({', '.join(names)})",
            "  %fine = icmp eq i32 %code, 0",
            "  br i1 %fine, label %done, label %undo",
            "undo:",
            *[f"  call void {self.function('Py_DecRef')}(ptr %made{k})" for k in self.arrays()],
            "  br label %other",
            "done:",
            "  %before = load i64, ptr @hits",
            "  %after = add i64 %before, 1",
            "  store i64 %after, ptr @hits",
        ]
        for k, kind in enumerate(self.outputs):
            self.result(k, kind)
        self.finish()
        has_halves = any([kind.dtype in HALVES for kind in (*self.inputs, *self.outputs)])
        text = self.table.loaded("\n".join(self.lines))
        return "\n".join([*self.globals, *([CONVERSIONS] if has_halves else []), text]) + "\n"

    def function(self, name: str) -> str:
        """A C function, to be called."""
        return self.table.pointer("function", name)

    def doubles(self, name: str, k: int, kind: Kind) -> str:
        """Where the kernel finds an argument, or puts a result."""
        if kind.dtype in HALVES:
            return self.table.pointer("room", f"{name}{k}", 8 * kind.doubles)
        return f"%{name}{k}"

    def arrays(self) -> list[int]:
        """Which results are arrays."""
        return [k for k, kind in enumerate(self.outputs) if kind.cls is np.ndarray]

    def field(self, name: str, of: str, offset: int, kind: str = "ptr") -> None:
        """Read a field of an object."""
        self.lines += [
            f"  %p{name} = getelementptr i8, ptr %{of}, i64 {offset}",
            f"  %{name} = load {kind}, ptr %p{name}",
        ]

    def argument(self, k: int, kind: Kind) -> None:
        """Look at an argument, and find its numbers."""
        self.lines += [
            f"a{k}:",
            f"  %q{k} = getelementptr ptr, ptr %args, i64 {k}",
            f"  %o{k} = load ptr, ptr %q{k}",
        ]
        self.field(f"t{k}", f"o{k}", TYPE)
        following = f"a{k + 1}" if kind.cls is not np.ndarray else f"b{k}"
        if kind.cls is not np.ndarray:
            self.lines.append(f"  %in{k} = getelementptr i8, ptr %o{k}, i64 {VALUE}")
        self.lines += [
            f"  %c{k} = icmp eq ptr %t{k}, {self.table.pointer('class', NAMES[kind.cls])}",
            f"  br i1 %c{k}, label %{following}, label %other",
        ]
        if kind.cls is np.ndarray:
            self.array(k, kind)

    def array(self, k: int, kind: Kind) -> None:
        """Look at an array."""
        self.lines.append(f"b{k}:")
        self.field(f"d{k}", f"o{k}", DESCRIPTION)
        self.field(f"f{k}", f"o{k}", FLAGS, "i32")
        self.field(f"n{k}", f"o{k}", NDIM, "i32")
        self.field(f"s{k}", f"o{k}", DIMENSIONS)
        self.field(f"in{k}", f"o{k}", DATA)
        wanted = CONTIGUOUS | ALIGNED
        self.lines += [
            f"  %u{k} = icmp eq ptr %d{k}, {self.table.pointer('dtype', kind.dtype)}",
            f"  %g{k} = and i32 %f{k}, {wanted}",
            f"  %h{k} = icmp eq i32 %g{k}, {wanted}",
            f"  %m{k} = icmp eq i32 %n{k}, {len(kind.shape)}",
            f"  %x{k} = and i1 %u{k}, %h{k}",
            f"  %y{k} = and i1 %x{k}, %m{k}",
            f"  br i1 %y{k}, label %z{k}, label %other",
            f"z{k}:",
        ]
        good = "true"
        for j, size in enumerate(kind.shape):
            self.field(f"l{k}_{j}", f"s{k}", 8 * j, "i64")
            self.lines += [
                f"  %e{k}_{j} = icmp eq i64 %l{k}_{j}, {size}",
                f"  %w{k}_{j} = and i1 {good}, %e{k}_{j}",
            ]
            good = f"%w{k}_{j}"
        self.lines.append(f"  br i1 {good}, label %a{k + 1}, label %other")

    def room(self, k: int, kind: Kind) -> None:
        """Make room for a result."""
        if kind.cls is not np.ndarray:
            self.lines.append(f"  %out{k} = alloca double, i64 {kind.doubles}")
            return
        shape = ", ".join([f"i64 {n}" for n in kind.shape]) or "i64 0"
        self.globals.append(f"@shape{k} = private constant [{max(len(kind.shape), 1)} x i64] [{shape}]")
        description = self.table.pointer("dtype", kind.dtype)
        self.lines += [
            f"  call void {self.function('Py_IncRef')}(ptr {description})",
            f"  %made{k} = call ptr {self.function('empty')}"
            f"(i32 {len(kind.shape)}, ptr @shape{k}, ptr {description}, i32 0)",
        ]
        self.field(f"out{k}", f"made{k}", DATA)

    def result(self, k: int, kind: Kind) -> None:
        """Make an object of a number."""
        if kind.cls in (float, complex):
            self.of_python(k, kind)
            return
        place = f"%out{k}"
        if kind.cls is not np.ndarray:
            place = f"%place{k}"
            cls = self.table.pointer("class", NAMES[kind.cls])
            self.lines += [
                f"  %made{k} = call ptr {self.function('PyType_GenericAlloc')}(ptr {cls}, i64 0)",
                f"  {place} = getelementptr i8, ptr %made{k}, i64 {VALUE}",
            ]
        if kind.dtype in HALVES:
            self.lines.append(
                f"  call void @narrow(ptr {place}, ptr {self.doubles('out', k, kind)}, i64 {kind.doubles})"
            )
        elif kind.cls is not np.ndarray:
            for j in range(kind.doubles):
                self.number(k, j)
                self.lines += [
                    f"  %put{k}_{j} = getelementptr double, ptr {place}, i64 {j}",
                    f"  store double %number{k}_{j}, ptr %put{k}_{j}",
                ]

    def number(self, k: int, j: int) -> None:
        """Read a number of a result."""
        self.lines += [
            f"  %get{k}_{j} = getelementptr double, ptr %out{k}, i64 {j}",
            f"  %number{k}_{j} = load double, ptr %get{k}_{j}",
        ]

    def of_python(self, k: int, kind: Kind) -> None:
        """Make a number of Python's."""
        for j in range(kind.doubles):
            self.number(k, j)
        given = ", ".join([f"double %number{k}_{j}" for j in range(kind.doubles)])
        name = "PyFloat_FromDouble" if kind.cls is float else "PyComplex_FromDoubles"
        self.lines.append(f"  %made{k} = call ptr {self.function(name)}({given})")

    def finish(self) -> None:
        """Return the results, or what the Python function gives."""
        if self.single:
            self.lines.append("  ret ptr %made0")
        else:
            self.lines.append(f"  %tuple = call ptr {self.function('PyTuple_New')}(i64 {len(self.outputs)})")
            for k in range(len(self.outputs)):
                self.lines += [
                    f"  %item{k} = getelementptr i8, ptr %tuple, i64 {ITEMS + 8 * k}",
                    f"  store ptr %made{k}, ptr %item{k}",
                ]
            self.lines.append("  ret ptr %tuple")
        call = f"call ptr {self.function('PyObject_Vectorcall')}"
        self.lines += [
            "other:",
            f"  %rest = {call}(ptr %self, ptr %args, i64 %count, ptr %keywords)",
            "  ret ptr %rest",
            "}",
        ]


CONVERSIONS = "\n".join(
    [
        f"""define internal void @{name}(ptr noalias %to, ptr noalias %from, i64 %n) noinline {{
entry:
  br label %loop
loop:
  %k = phi i64 [ 0, %entry ], [ %next, %loop ]
  %p = getelementptr {old}, ptr %from, i64 %k
  %x = load {old}, ptr %p
  %y = {how} {old} %x to {new}
  %q = getelementptr {new}, ptr %to, i64 %k
  store {new} %y, ptr %q
  %next = add i64 %k, 1
  %done = icmp eq i64 %next, %n
  br i1 %done, label %end, label %loop
end:
  ret void
}}"""
        for name, old, how, new in (
            ("widen", "float", "fpext", "double"),
            ("narrow", "double", "fptrunc", "float"),
        )
    ]
)


class Method(ctypes.Structure):
    """Python's ``PyMethodDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("text", ctypes.c_char_p),
    )


_spent: list[Method] = []  # of functions that are gone


def callable_at(address: int, otherwise: Any) -> Any:
    """A built-in function around native code.

    Python reads its ``PyMethodDef`` until the function's last moment, when all that it refers to may be gone
    already. So those stay in memory, and are used again.

    Args:
        address: of the C function.
        otherwise: what is called with arguments that are not for it; the function keeps it alive.
    """
    method = _spent.pop() if _spent else Method(b"compiled", None, FASTCALL_WITH_KEYWORDS, None)
    method.function = address
    make = ctypes.pythonapi.PyCMethod_New
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p]
    made = make(ctypes.addressof(method), otherwise, None, None)
    weakref.finalize(made, _spent.append, method).atexit = False
    return made
