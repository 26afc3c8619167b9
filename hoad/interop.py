"""Functions of other engines inside hoad, and hoad's functions inside theirs.

Each engine gives first derivatives of its functions as functions of the same kind, so they are wrapped like
the function itself: second order, and any order, follows where the engine has it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from . import operators
from .calling import check_function
from .chainrules import NoTangent
from .chainrules.custom import Custom
from .errors import ArgumentError, MissingDependencyError, describe
from .trees import flatten, map_leaves, unflatten

Function = Callable[..., Any]


def engine(name: str) -> Any:
    """The module of an engine, if it is there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingDependencyError(
            f"{name} is not installed: pip install 'hoad[interop]' installs JAX and PyTorch"
        ) from None


# ------------------------------------------------------------------------------------------------------------
# Any engine
# ------------------------------------------------------------------------------------------------------------


def differentiate_with(f: Function, *, jvp: Function | None = None, vjp: Function | None = None) -> Function:
    """Give a function whose derivatives are worked out by somebody else's code.

    Args:
        f: a function of numbers and arrays, in whatever code.
        jvp: ``jvp(primals, tangents)`` gives the tangent of the value, both being tuples.
        vjp: ``vjp(primals, cotangent)`` gives a tuple of cotangents, one for each argument; None for one that
            has none. One of the two is enough; the other follows by transposition.

    Returns:
        A function to call, and to differentiate with hoad in every mode; to second order if what is given can
        be differentiated too.

    Raises:
        ArgumentError: neither is given, or ``vjp`` returns another structure.

    Example:
        >>> import numpy as np, hoad
        >>> from hoad.interop import differentiate_with
        >>> f = differentiate_with(np.sinc, vjp=lambda x, g: (7.0 * g,))
        >>> hoad.grad(lambda x: f(x) * 2, 0.5)
        14.0
    """
    check_function(f)
    if jvp is None and vjp is None:
        raise ArgumentError("differentiate_with needs jvp=, vjp= or both")

    def rule(*args: Any) -> tuple[Any, Function]:
        def pullback(g: Any) -> tuple[Any, ...]:
            found = vjp(args, g) if vjp is not None else ()
            if not isinstance(found, (tuple, list)) or len(found) != len(args):
                raise ArgumentError(
                    f"vjp= returned {describe(found)}; it must return a tuple of {len(args)} cotangents, "
                    f"one for each argument"
                )
            return (NoTangent(), *found)

        return own(*args), pullback

    def push(tangents: Any, *args: Any) -> tuple[Any, Any]:
        return own(*args), jvp(args, tuple(tangents[1:])) if jvp is not None else None

    own = Custom(f, frule=push if jvp is not None else None, rrule=rule if vjp is not None else None)
    return functools.wraps(f, updated=())(lambda *args: own(*args))


# ------------------------------------------------------------------------------------------------------------
# JAX
# ------------------------------------------------------------------------------------------------------------


def from_jax(f: Function, *, jit: bool = True) -> Function:
    """Give a function of JAX as one that hoad differentiates, by JAX's derivatives.

    Args:
        f: a function of JAX arrays, jitted or not, whose value is an array or a container of arrays.
        jit: compile its derivatives, where f allows that (one that branches on values does not).

    Returns:
        A function of NumPy arrays, in double precision.

    Raises:
        MissingDependencyError: JAX is not installed.
    """
    check_function(f)
    jax = engine("jax")

    def run(*args: Any) -> Any:
        with _double(jax):
            return map_leaves(np.asarray, f(*[map_leaves(jax.numpy.asarray, a) for a in args]))

    @functools.cache
    def pushing(n: int) -> Function:
        return derivative(lambda *both: jax.jvp(f, both[:n], both[n:])[1])

    @functools.cache
    def pulling() -> Function:
        return derivative(lambda g, *xs: jax.vjp(f, *xs)[1](g))

    def derivative(h: Function) -> Function:
        return from_jax(_compiled(jax, h) if jit else h, jit=jit)

    def push(primals: Any, tangents: Any) -> Any:
        return pushing(len(primals))(*primals, *_filled(primals, tangents))

    def pull(primals: Any, g: Any) -> Any:
        return pulling()(g, *primals)

    return differentiate_with(functools.wraps(f, updated=())(run), jvp=push, vjp=pull)


def _compiled(jax: Any, h: Function) -> Function:
    """A function of JAX compiled; as it is, from the moment that it turns out to branch on values."""
    fast = [jax.jit(h)]

    def call(*args: Any) -> Any:
        if fast:
            try:
                return fast[0](*args)
            except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError):
                fast.clear()
        return h(*args)

    return call


def _double(jax: Any) -> Any:
    """JAX in double precision, for one call."""
    if jax.config.jax_enable_x64:
        return contextlib.nullcontext()
    return jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64()


def _filled(primals: Any, tangents: Any) -> list[Any]:
    """Tangents with zeros for those that are none."""
    return [
        np.zeros_like(x) + 0.0 if not isinstance(d, float) and not hasattr(d, "dtype") else d
        for x, d in zip(primals, tangents, strict=True)
    ]


def to_jax(f: Function) -> Function:
    """Give a function of NumPy code as one that JAX differentiates and jits, by hoad's derivatives.

    JAX calls back to Python for it. Reverse mode, to any order.

    Args:
        f: a function of arrays whose value is a number or an array.

    Returns:
        A function of JAX arrays.

    Raises:
        MissingDependencyError: JAX is not installed.
    """
    check_function(f)
    jax = engine("jax")

    def host(*args: Any) -> Any:
        return np.asarray(f(*[np.asarray(a) for a in args]))

    def shape_of(args: Any) -> Any:
        kinds = [np.result_type(a.dtype, np.float32) for a in args]
        y = host(*[np.full(a.shape, 0.5, kind)[()] for a, kind in zip(args, kinds, strict=True)])
        kind = np.result_type(y.dtype, np.float32) if jax.config.jax_enable_x64 else np.float32
        return jax.ShapeDtypeStruct(y.shape, kind)

    def call(*args: Any) -> Any:
        wanted = shape_of(args)
        cast = lambda *xs: host(*xs).astype(wanted.dtype)
        return jax.pure_callback(cast, wanted, *args, vmap_method="sequential")

    inside = jax.custom_vjp(functools.wraps(f, updated=())(call))

    def forward(*args: Any) -> Any:
        return inside(*args), args

    @functools.cache
    def pulling(k: int) -> Function:
        return to_jax(lambda g, *xs: operators.vjp(f, *xs)[1](_number(g))[k])

    def backward(args: Any, g: Any) -> tuple[Any, ...]:
        return tuple([pulling(k)(g, *args) for k in range(len(args))])

    inside.defvjp(forward, backward)
    return lambda *args: inside(*[jax.numpy.asarray(a) for a in args])


def _number(g: Any) -> Any:
    """A number for an array without axes."""
    return g[()] if isinstance(g, np.ndarray) and g.ndim == 0 else g


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
        return pushing(len(primals))(*primals, *_filled(primals, tangents))

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
        return to_torch(lambda g, *xs: operators.vjp(f, *xs)[1](g)[k])

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
