"""Programs in another library's names: ``import cupy as cp``.

Most of its functions ask their arguments nothing: ``cp.linalg.solve(a, b)`` takes arrays of its own. While a
derivative runs, the program finds in their places functions that hand traced values to NumPy's function of
the same name, and its rule; without traced values they are the library's own. Its ufuncs and kernels are left
as they are, for they ask (``arrays/kernels.py``).
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from ..arrays.namespace import filling, own
from ..backends.registry import REGISTERED
from ..chainrules.refusals import without_kernel
from ..chainrules.statements import RULES
from ..chainrules.transfers import arriving, leaving
from ..counterparts import NAMESPACES, counterpart, functions_of
from ..values.captures import traced_in
from .doors import door_of

Function = Callable[..., Any]


def is_of_a_library(module: types.ModuleType) -> bool:
    """Tell whether a module has the functions of one of NumPy's or SciPy's, or parts that have."""
    name = getattr(module, "__name__", "")
    return name in NAMESPACES or any([part.startswith(name + ".") for part in list(NAMESPACES)])


@functools.cache
def module_for(module: types.ModuleType) -> types.ModuleType:
    """What stands for a module of another library."""
    new = types.ModuleType(module.__name__, module.__doc__)
    new.__dict__.update(vars(module) | standing_in(module))
    if hasattr(module, "__getattr__"):
        new.__dict__["__getattr__"] = module.__getattr__
    return new


@functools.cache
def standing_in(module: types.ModuleType) -> dict[str, Any]:
    """By its name in a module, what stands for each function that asks its arguments nothing."""
    functions = {n: function_for(f) for n, f in functions_of(module)}
    found: dict[str, Any] = {n: f for n, f in functions.items() if f is not None}
    for name, part in vars(module).items():
        if (
            isinstance(part, types.ModuleType)
            and f"{module.__name__}.{name}" == part.__name__
            and is_of_a_library(part)
        ):
            found[name] = module_for(part)
    return found


def function_for(function: Any) -> Function | None:
    """What stands for a function of another library; None for itself."""
    if is_kernel(function):
        return Launching(function)
    if hasattr(type(function), "nin"):  # it asks its arguments
        return None
    crossing = transfer(function)
    if crossing is not None:
        return asking(function, crossing)
    other = counterpart(function)
    return None if other is None else asking(function, door_of(other) or own(other) or other)


KERNELS = frozenset({"ReductionKernel", "RawKernel", "_JitRawKernel"})  # which ask their arguments nothing


def is_kernel(x: Any) -> bool:
    """Tell whether something is a kernel of the user's that takes arrays and nothing else."""
    cls = type(x)
    if cls.__name__ not in KERNELS:
        return False
    home = cls.__module__.partition(".")[0]
    return any([name.partition(".")[0] == home for name in list(NAMESPACES)])  # as they are registered by now


class Launching:
    """A kernel of the user's while a derivative runs: its rule, where one is stated, and else refused by its
    name where a traced value is handed to it.
    """

    def __init__(self, kernel: Any) -> None:
        self.__dict__["kernel"] = kernel

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        found = traced_in((args, kwargs))
        if not found:
            return self.kernel(*args, **kwargs)
        rule = RULES.get(self.kernel)
        if rule is None:
            raise without_kernel(self.kernel, tuple(found))
        return rule(*args, **kwargs)

    def __getitem__(self, grid_and_block: Any) -> Any:
        """``kernel[grid, block](*args)``."""
        grid, block = grid_and_block
        return lambda *args, **kwargs: self(grid, block, args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kernel, name)


def transfer(function: Any) -> Function | None:
    """What stands for a function that copies arrays to a library's device, or from there."""
    home = str(getattr(function, "__module__", ""))
    backend = REGISTERED.get(home) or REGISTERED.get(home.partition(".")[0])
    if backend is None or not backend.waits:
        return None
    ways = {"asarray": arriving(backend), "array": arriving(backend), "asnumpy": leaving}
    return ways.get(getattr(function, "__name__", ""))


@functools.cache
def asking(function: Any, other: Any) -> Function:
    """A function of another library, which hands traced values to the one it stands for."""

    @functools.wraps(function)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return (other if traced_in((args, kwargs)) else function)(*args, **kwargs)

    return filling(asked)
