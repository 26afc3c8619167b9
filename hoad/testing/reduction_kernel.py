"""CuPy's ``ReductionKernel`` where there is no GPU, of expressions of numbers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..fast.forms import TYPES
from ..values.quiet import heard, hushed
from .elementwise_kernel import FUNCTIONS, assignments, in_type, special_in

REDUCED = {
    "a + b": np.sum,
    "a * b": np.prod,
    "max(a, b)": np.max,
    "min(a, b)": np.min,
    "hoad_maximum(a, b)": np.max,
    "hoad_minimum(a, b)": np.min,
}  # by the expression
OF_DEVICE = re.compile(r"^__device__ inline (\w+) (\w+)\(([^)]*)\) \{\n(.*?)\n\}", re.MULTILINE | re.DOTALL)
KINDS = {text: kind for kind, text in TYPES.items()}


class ReductionKernel:
    """A kernel that NumPy carries out: an expression of each element, and one of those in ``REDUCED``.

    Args:
        called: calls a function with what arrays on the device hold, and counts the launch.
        in_params: types and names, as ``"float64 x, float64 y"``.
        out_params: the same of the result.
        map_expr: the expression of each element; the preamble may have functions that it calls.
        reduce_expr: how two of them become one.
        post_map_expr: the result, of what comes out, ``a``.
        identity: what the reduction begins with.
        name: of the kernel.
        preamble: functions that the expressions call.
        options: of the compiler, which are not looked at.

    Raises:
        NotImplementedError: when it is called, where the expressions are others.
    """

    def __init__(
        self,
        called: Callable[..., Any],
        in_params: str,
        out_params: str,
        map_expr: str,
        reduce_expr: str,
        post_map_expr: str,
        identity: str,
        name: str = "reduce_kernel",
        preamble: str = "",
        options: tuple[str, ...] = (),
    ) -> None:
        self.called, self.name = called, name
        self.inputs = [part.split()[-1] for part in in_params.split(",") if part.strip()]
        self.output = out_params.split()[-1]
        self.map_expr, self.reduce_expr, self.post_map_expr = map_expr, reduce_expr, post_map_expr
        self.kind, self.preamble = out_params.split()[0], preamble
        self.nin = len(self.inputs)

    def __call__(self, *args: Any, axis: Any = None, keepdims: bool = False) -> Any:
        for x in args:
            if hasattr(x, "__array_ufunc__") and not hasattr(x, "_held"):
                raise TypeError(f"Unsupported type {type(x)}")
        return self.called(self.carried_out, args, {"axis": axis, "keepdims": keepdims})

    @functools.cached_property
    def functions(self) -> dict[str, Any]:
        """What the preamble defines, beside what is known anyway."""
        found: dict[str, Any] = {}
        for kind, name, parameters, body in OF_DEVICE.findall(self.preamble):
            names = [part.split()[-1] for part in parameters.split(",")]
            *lines, last = body.split(";")[:-1]
            code = assignments(name, "; ".join([*lines, f"found = {last.split('return ', 1)[1]}"]))
            found[name] = functools.partial(carried_out, code, names, KINDS[kind], special_in(body))
        return found

    def carried_out(self, *args: Any, axis: Any, keepdims: bool) -> Any:
        """The result, as an array of NumPy's."""
        if self.reduce_expr not in REDUCED:
            raise NotImplementedError(f"{self.name}: {self.reduce_expr}")
        names = {**FUNCTIONS, **special_in(self.map_expr), **self.functions}
        given = dict(zip(self.inputs, args, strict=True))
        shape = np.broadcast_shapes(*map(np.shape, args))
        each = np.broadcast_to(eval(self.map_expr, {"__builtins__": {}, **names}, given), shape)
        warnings = hushed()
        try:
            given["a"] = REDUCED[self.reduce_expr](each, axis=axis, keepdims=keepdims)
        finally:
            heard(warnings)
        exec(assignments(self.name, self.post_map_expr), {"__builtins__": {}, **names}, given)
        found = np.asarray(given[self.output])
        return found if self.kind == "T" else found.astype(self.kind)


def carried_out(code: Any, names: list[str], kind: Any, special: dict[str, Any], *args: Any) -> Any:
    """A function of the preamble."""
    given = dict(zip(names, args, strict=True))
    warnings = hushed()
    try:
        exec(code, {"__builtins__": {}, **FUNCTIONS, **special}, given)
    finally:
        heard(warnings)
    return in_type(kind)(given["found"])
