"""Exact derivatives of plain NumPy code, to any order.

Example:
    >>> import numpy as np, hoad
    >>> def f(x):
    ...     return np.sum(np.sin(x) ** 2)
    >>> hoad.grad(f, np.array([0.0, np.pi / 4]))
    array([0., 1.])
"""

import importlib

from . import chainrules, errors, jet_operators, shortcuts, transposition  # noqa: F401  (some install themselves)
from .adapting import adapt
from .debugging import debug
from .differential_operators import DifferentialOperator, biharmonic, laplacian, partial
from .estimators import Estimate, estimate_laplacian, estimate_operator
from .expansions import directional, jet, taylor
from .grads import Grads
from .graph import trace
from .higher import derivative, derivatives, diag_hessian, hessian, hvp, value_grad_hessian
from .hooks import checkpoint, forward, hook, ignore_derivatives, is_tracing, order, show_grad
from .implicit import Params
from .jacobians import jacobian, value_and_jacobian
from .objective import Objective, linear_operator
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
from .parameters import Parameter, param
from .prime import Differentiable, differentiable, prime
from .solutions import brentq, fixed_point, implicit_function, minimize, root, solve_ivp
from .symbolic import symbolic
from .tensors import derivative_tensor
from .verification import verify
from .vmap import vmap
from .zygote import diaghessian, hessian_reverse, wirtinger, withgradient, withjacobian

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """``hoad.testing``, imported when it is asked for: it needs SciPy and mpmath."""
    if name == "testing":
        return importlib.import_module("hoad.testing")
    raise AttributeError(f"module 'hoad' has no attribute {name!r}")


__all__ = [
    "Differentiable",
    "DifferentialOperator",
    "Estimate",
    "Grads",
    "Objective",
    "Parameter",
    "Params",
    "__version__",
    "adapt",
    "biharmonic",
    "brentq",
    "chainrules",
    "checkpoint",
    "debug",
    "derivative",
    "derivative_tensor",
    "derivatives",
    "diag_hessian",
    "diaghessian",
    "differentiable",
    "directional",
    "elementwise_grad",
    "errors",
    "estimate_laplacian",
    "estimate_operator",
    "fixed_point",
    "forward",
    "grad",
    "gradient",
    "hessian",
    "hessian_reverse",
    "hook",
    "hvp",
    "ignore_derivatives",
    "implicit_function",
    "is_tracing",
    "jacobian",
    "jet",
    "jvp",
    "laplacian",
    "linear_operator",
    "minimize",
    "order",
    "param",
    "partial",
    "primal",
    "prime",
    "pullback",
    "pushforward",
    "root",
    "show_grad",
    "solve_ivp",
    "stop_gradient",
    "symbolic",
    "taylor",
    "trace",
    "value_and_grad",
    "value_and_jacobian",
    "value_grad_hessian",
    "verify",
    "vjp",
    "vmap",
    "wirtinger",
    "withgradient",
    "withjacobian",
]
