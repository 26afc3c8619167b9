"""CuPy's ``ElementwiseKernel`` where there is no GPU, of bodies that are assignments of numbers."""

from __future__ import annotations

import functools
import importlib
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.scipy.evaluation import IN_KERNELS
from ..fast.cells import STRONG
from ..fast.forms import EXPONENT, NAMES, SPECIAL, TYPES, WORD
from ..values.quiet import heard, hushed

SINGLE = re.compile(r"(?<=[\d.])f(?=\))")  # the mark of a constant that is no double


def in_type(kind: np.dtype) -> Callable[..., Any]:
    """What makes values of a type, as the name of that does in C; of two, a complex one."""

    def converted(x: Any, imaginary: Any = None) -> Any:
        found = np.asarray(x).astype(kind)
        if imaginary is not None:
            found.imag = imaginary
        return found[()]

    return converted


def strong(d: Any, t: Any) -> Any:
    """What the preamble says of changes."""
    return np.where((t != t) & (d == 0), np.zeros_like(t), t)


FUNCTIONS: dict[str, Any] = {name: function for function, name in NAMES.items()}
FUNCTIONS |= {name: in_type(kind) for kind, name in TYPES.items()} | {
    STRONG: strong,
    EXPONENT: lambda x: np.frexp(x)[1].astype(x.dtype),
    "conj": np.conjugate,
    "hoad_not": np.logical_not,
    "hoad_at": lambda p, there, k, zero: np.where(there, p.ravel()[np.where(there, k, 0)], zero),
    "ptrdiff_t": in_type(np.dtype(np.int64)),
    "HOAD_NAN": np.nan,
    "HOAD_INFINITY": np.inf,
}


def ufuncs() -> Any:
    """The functions of ``scipy.special`` by the names that they have inside."""
    return importlib.import_module("scipy.special._ufuncs")


def assignments(name: str, text: str) -> Any:
    """Assignments of C as Python, whose operators are those of C.

    Raises:
        NotImplementedError: there is more in the text.
    """
    lines = []
    for statement in [s.strip() for s in text.split(";") if s.strip()]:
        target, equals, value = statement.partition(" = ")
        *kind, variable = target.split()
        if not equals or not variable.isidentifier() or "?" in value or "{" in value or len(kind) > 1:
            raise NotImplementedError(f"{name}: {statement}")
        value = SINGLE.sub("", value)
        lines.append(f"{variable} = {kind[0]}({value})" if kind else f"{variable} = {value}")
    return compile("\n".join(lines), f"<{name}>", "exec")


def special_in(text: str) -> dict[str, Any]:
    """SciPy's functions that a text calls."""
    words = set(WORD.findall(text))
    called = {inside: name for name, inside in SPECIAL.items() if inside in words}
    own = {name: function for name, function in IN_KERNELS.items() if name in words}
    return own | {inside: getattr(ufuncs(), name) for inside, name in called.items()}


class ElementwiseKernel:
    """A kernel whose body NumPy carries out, one assignment after the other, with NumPy's functions.

    Args:
        called: calls a function with what arrays on the device hold, and counts the launch.
        in_params: types and names, as ``"float64 x, float64 y"``.
        out_params: the same of the results.
        operation: the body.
        name: of the kernel.
        preamble: functions that the body calls, which must be known here.
        return_tuple: whether one result is a tuple too.
        options: of the compiler, which are not looked at.

    Raises:
        NotImplementedError: when it is called, where the body is more than assignments.
    """

    def __init__(
        self,
        called: Callable[..., Any],
        in_params: str,
        out_params: str,
        operation: str,
        name: str = "kernel",
        preamble: str = "",
        return_tuple: bool = False,
        options: tuple[str, ...] = (),
    ) -> None:
        self.called = called
        self.inputs = [part.split()[-1] for part in in_params.split(",") if part.strip()]
        self.raw = {part.split()[-1] for part in in_params.split(",") if part.split()[:1] == ["raw"]}
        self.outputs = [part.split()[-1] for part in out_params.split(",")]
        self.kinds = [np.dtype(part.split()[0]) for part in out_params.split(",")]
        self.operation, self.name, self.return_tuple = operation, name, return_tuple
        self.nin = len(self.inputs)

    def __call__(self, *args: Any, size: int | None = None) -> Any:
        for x in args:
            if hasattr(x, "__cupy_override_elementwise_kernel__"):
                return x.__cupy_override_elementwise_kernel__(self, *args)
        found = self.called(self.carried_out, args, {} if size is None else {"size": size})
        return found if self.return_tuple or len(found) > 1 else found[0]

    @functools.cached_property
    def code(self) -> Any:
        """The body as Python."""
        return assignments(self.name, self.operation)

    @functools.cached_property
    def special(self) -> dict[str, Any]:
        """SciPy's functions that the body calls."""
        return special_in(self.operation)

    def carried_out(self, *args: Any, size: int | None = None) -> tuple[Any, ...]:
        """The results, as arrays of NumPy's."""
        names = dict(zip(self.inputs, args, strict=True))
        shape: tuple[int, ...] = np.broadcast_shapes(
            *[np.shape(x) for n, x in names.items() if n not in self.raw]
        )
        shape = shape if size is None else (size,)
        if self.raw:
            names["i"] = np.arange(math.prod(shape)).reshape(shape)
        warnings = hushed()
        try:
            exec(self.code, {"__builtins__": {}, **FUNCTIONS, **self.special}, names)
        finally:
            heard(warnings)
        return tuple(
            [
                np.array(np.broadcast_to(names[r], shape), k)
                for r, k in zip(self.outputs, self.kinds, strict=True)
            ]
        )
