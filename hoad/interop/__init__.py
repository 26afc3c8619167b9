"""Other systems: JAX and PyTorch, SciPy's solvers and transforms, and code that makes its own arrays."""

from .engines import differentiate_with
from .jax import from_jax, to_jax
from .torch import from_torch, to_torch

__all__ = ["differentiate_with", "from_jax", "from_torch", "to_jax", "to_torch"]
