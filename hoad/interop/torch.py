"""PyTorch: its functions inside hoad, and hoad's inside it."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..operators import products
from ..running.calling import check_function
from ..values.trees import flatten, map_leaves, unflatten
from .engines import Function, differentiate_with, engine, filled

# ------------------------------------------------------------------------------------------------------------
# PyTorch
# ------------------------------------------------------------------------------------------------------------


def from_torch(f: Function) -> Function:
    """Give a function of PyTorch as one that hoad differentiates, by PyTorch's derivatives.

    Args:
        f: a function of tensors (a module, for instance) whose value is a tensor or a container of tensors.

    Returns:
        A function of NumPy arrays; what is given is not copied where PyTorch can share its memory.

    Raises:
        MissingDependencyError: PyTorch is not installed.
    """
    check_function(f)
    torch = engine("torch")

    def run(*args: Any) -> Any:
        tensors = [map_leaves(lambda leaf: _tensor(torch, leaf), a) for a in args]
        return _to_numpy(f(*tensors))

    @functools.cache
    def pushing(n: int) -> Function:
        return from_torch(lambda *both: torch.func.jvp(f, both[:n], both[n:])[1])

    @functools.cache
    def pulling() -> Function:
        return from_torch(lambda g, *xs: torch.func.vjp(f, *xs)[1](g))

    def push(primals: Any, tangents: Any) -> Any:
        return pushing(len(primals))(*primals, *filled(primals, tangents))

    def pull(primals: Any, g: Any) -> Any:
        return pulling()(g, *primals)

    return differentiate_with(functools.wraps(f, updated=())(run), jvp=push, vjp=pull)


def _tensor(torch: Any, x: Any) -> Any:
    """An array as a tensor over the same memory, where that may be written to."""
    x = np.asarray(x)
    return torch.from_numpy(x if x.flags.writeable else x.copy())


def _to_numpy(y: Any) -> Any:
    """Tensors as arrays."""
    if hasattr(y, "detach"):
        return y.detach().cpu().numpy()
    leaves, structure = flatten(y)
    arrays = [leaf.detach().cpu().numpy() if hasattr(leaf, "detach") else leaf for leaf in leaves]
    return unflatten(structure, arrays)


def to_torch(f: Function) -> Function:
    """Give a function of NumPy code as one that PyTorch differentiates, by hoad's derivatives.

    Args:
        f: a function of arrays whose value is a number or an array.

    Returns:
        A function of tensors. Reverse mode, to any order.

    Raises:
        MissingDependencyError: PyTorch is not installed.
    """
    check_function(f)
    torch = engine("torch")

    @functools.cache
    def pulling(k: int) -> Function:
        return to_torch(lambda g, *xs: products.vjp(f, *xs)[1](g)[k])

    class Inside(torch.autograd.Function):  # type: ignore[misc,name-defined]
        """f, as PyTorch sees it."""

        @staticmethod
        def forward(ctx: Any, *args: Any) -> Any:
            ctx.save_for_backward(*args)
            return torch.as_tensor(np.asarray(f(*[a.detach().cpu().numpy()[()] for a in args])))

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            args = ctx.saved_tensors

            return tuple(
                [pulling(k)(g, *args) if ctx.needs_input_grad[k] else None for k in range(len(args))]
            )

    return functools.wraps(f, updated=())(lambda *args: Inside.apply(*[torch.as_tensor(a) for a in args]))
