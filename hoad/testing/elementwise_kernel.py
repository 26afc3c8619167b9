"""CuPy's ``ElementwiseKernel`` where there is no GPU, of bodies that are assignments of real numbers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..fast.kernels import NAMES, STRONG
from ..values.quiet import heard, hushed

SINGLE = re.compile(r"(?<=[\d.])f(?=\))")  # the mark of a constant that is no double
FUNCTIONS: dict[str, Any] = {name: ufunc for ufunc, name in NAMES.items()}
FUNCTIONS[STRONG] = lambda d, t: np.where((t != t) & (d == 0), 0.0, t)  # what the preamble says


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
        self.outputs = [part.split()[-1] for part in out_params.split(",")]
        self.dtype = np.dtype(out_params.split()[0])
        self.operation, self.name, self.return_tuple = operation, name, return_tuple
        self.nin = len(self.inputs)

    def __call__(self, *args: Any) -> Any:
        for x in args:
            if hasattr(x, "__cupy_override_elementwise_kernel__"):
                return x.__cupy_override_elementwise_kernel__(self, *args)
        found = self.called(self.carried_out, args, {})
        return found if self.return_tuple or len(found) > 1 else found[0]

    @functools.cached_property
    def code(self) -> Any:
        """The body as Python, whose operators are those of C."""
        lines = []
        for statement in [s.strip() for s in self.operation.split(";") if s.strip()]:
            target, equals, text = statement.removeprefix("double ").removeprefix("float ").partition("=")
            if not equals or not target.strip().isidentifier() or "?" in text or "{" in text:
                raise NotImplementedError(f"{self.name}: {statement}")
            lines.append(f"{target.strip()} = {SINGLE.sub('', text.strip())}")
        return compile("\n".join(lines), f"<{self.name}>", "exec")

    def carried_out(self, *args: Any) -> tuple[Any, ...]:
        """The results, as arrays of NumPy's."""
        names = dict(zip(self.inputs, args, strict=True))
        warnings = hushed()
        try:
            exec(self.code, {"__builtins__": {}, **FUNCTIONS}, names)
        finally:
            heard(warnings)
        shape = np.broadcast_shapes(*[np.shape(x) for x in args])
        return tuple([np.array(np.broadcast_to(names[r], shape), self.dtype) for r in self.outputs])
