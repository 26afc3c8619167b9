"""A program as a function of ``jax.numpy``: the NumPy code, with other functions under NumPy's names."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ...errors import MissingDependencyError, RecordingError
from ..program import Program
from .numpy_source import Source
from .spelling import texts_of


def jax_function(program: Program, names: list[str], title: str) -> Callable[..., tuple[Any, ...]]:
    """A function of JAX's arrays, which may be jitted, differentiated and mapped by JAX.

    Raises:
        MissingDependencyError: JAX is not installed.
        RecordingError: the program holds only on one way through branches, or calls what JAX has not.
    """
    try:
        jnp: Any = importlib.import_module("jax.numpy")
    except ImportError:
        raise MissingDependencyError("to_jax() needs JAX: pip install jax") from None
    if program.guards:
        raise RecordingError("the program is that of one way through branches, which JAX can't choose")
    text = Source(program, names, title, reuse=False)
    functions = {name: f for name, (f, _) in text.functions.items() if name not in OF_JAX}
    numpy = ModuleType("numpy")
    numpy.__dict__.update(vars(jnp), errstate=lambda **options: contextlib.nullcontext())
    namespace: dict[str, Any] = {"np": numpy, **{n: as_jax(c, jnp) for n, c in text.constants.items()}}
    try:
        exec(texts_of(functions).replace("import numpy as np\n", ""), namespace)
    except (LookupError, AttributeError) as error:
        raise RecordingError(f"JAX has no form of this program: {error}") from None
    namespace |= {name: made(jnp) for name, made in OF_JAX.items()} | {"float": jnp.asarray}
    exec(text.body, namespace)
    function: Callable[..., tuple[Any, ...]] = namespace[title]
    return function


def as_jax(constant: Any, jnp: Any) -> Any:
    """A constant; what is an index stays NumPy's."""
    is_number = isinstance(constant, np.ndarray) and constant.dtype.kind in "fc"
    return jnp.asarray(constant) if is_number else constant


# Functions that write, which JAX has under other names.
OF_JAX: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "put": lambda jnp: lambda held, index, value: held.at[index].set(value),
    "scatter": lambda jnp: lambda g, index, shape: jnp.zeros(shape, jnp.result_type(g)).at[index].add(g),
    "astype": lambda jnp: lambda x, dtype, order="K": jnp.asarray(x).astype(dtype),
    "concatenate": lambda jnp: lambda *parts, axis=0: jnp.concatenate(parts, axis=axis),
    "stack": lambda jnp: lambda *parts, axis=0: jnp.stack(parts, axis=axis),
}
