"""Exact derivatives of plain NumPy code, to any order.

Example:
    >>> import numpy as np, hoad
    >>> def f(x):
    ...     return np.sum(np.sin(x) ** 2)
    >>> hoad.grad(f, np.array([0.0, np.pi / 4]))
    array([0., 1.])
"""

from . import chainrules, errors, shortcuts  # noqa: F401  (shortcuts installs itself)
from .higher import derivative, derivatives, diag_hessian, hessian, hvp, laplacian, value_grad_hessian
from .jacobians import jacobian, value_and_jacobian
from .operators import (
    elementwise_grad,
    grad,
    gradient,
    jvp,
    primal,
    pullback,
    pushforward,
    stop_gradient,
    value_and_grad,
    vjp,
)
from .prime import Differentiable, differentiable, prime

__version__ = "0.1.0"

__all__ = [
    "Differentiable",
    "__version__",
    "chainrules",
    "derivative",
    "derivatives",
    "diag_hessian",
    "differentiable",
    "elementwise_grad",
    "errors",
    "grad",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "laplacian",
    "primal",
    "prime",
    "pullback",
    "pushforward",
    "stop_gradient",
    "value_and_grad",
    "value_and_jacobian",
    "value_grad_hessian",
    "vjp",
]
