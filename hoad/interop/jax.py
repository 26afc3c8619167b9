"""JAX: its functions inside hoad, and hoad's inside it."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import numpy as np

from ..operators import products
from ..running.calling import check_function
from ..values.trees import map_leaves
from .engines import Function, differentiate_with, engine, filled

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
        return pushing(len(primals))(*primals, *filled(primals, tangents))

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
        return to_jax(lambda g, *xs: products.vjp(f, *xs)[1](_number(g))[k])

    def backward(args: Any, g: Any) -> tuple[Any, ...]:
        return tuple([pulling(k)(g, *args) for k in range(len(args))])

    inside.defvjp(forward, backward)
    return lambda *args: inside(*[jax.numpy.asarray(a) for a in args])


def _number(g: Any) -> Any:
    """A number for an array without axes."""
    return g[()] if isinstance(g, np.ndarray) and g.ndim == 0 else g
