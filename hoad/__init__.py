"""Exact derivatives of plain NumPy code, to any order.

Example:
    >>> import numpy as np, hoad
    >>> def f(x):
    ...     return np.sum(np.sin(x) ** 2)
    >>> hoad.grad(f, np.array([0.0, np.pi / 4]))
    array([0., 1.])
"""

import importlib
from typing import TYPE_CHECKING

from . import chainrules, errors, jet_operators, shortcuts, transposition  # noqa: F401  (some install themselves)
from .expansions import directional, jet, taylor
from .grads import Grads
from .higher import derivative, derivatives, diag_hessian, hessian, hvp, value_grad_hessian
from .hooks import checkpoint, forward, hook, ignore_derivatives, is_tracing, order, show_grad
from .implicit import Params
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
from .parameters import Parameter, param
from .prime import Differentiable, differentiable, prime
from .vmap import vmap
from .zygote import diaghessian, hessian_reverse, wirtinger, withgradient, withjacobian

__version__ = "0.1.0"


if TYPE_CHECKING:
    from .adapting import adapt
    from .debugging import debug
    from .differential_operators import DifferentialOperator, biharmonic, laplacian, partial
    from .estimators import Estimate, estimate_laplacian, estimate_operator
    from .formulas import symbolic
    from .graph import trace
    from .objective import Objective, linear_operator
    from .scipy_fft import fft_backend
    from .solutions import brentq, fixed_point, implicit_function, minimize, root, solve_ivp
    from .tensors import derivative_tensor
    from .verification import verify

# What is imported when it is first asked for: ``import hoad`` stays fast.
LATER = {
    "adapting": ("adapt",),
    "debugging": ("debug",),
    "differential_operators": (
        "DifferentialOperator",
        "biharmonic",
        "laplacian",
        "partial",
    ),
    "estimators": (
        "Estimate",
        "estimate_laplacian",
        "estimate_operator",
    ),
    "graph": ("trace",),
    "objective": (
        "Objective",
        "linear_operator",
    ),
    "scipy_fft": ("fft_backend",),
    "solutions": (
        "brentq",
        "fixed_point",
        "implicit_function",
        "minimize",
        "root",
        "solve_ivp",
    ),
    "formulas": ("symbolic",),
    "tensors": ("derivative_tensor",),
    "verification": ("verify",),
}
HOME = {name: module for module, names in LATER.items() for name in names}
MODULES = ("enzyme", "interop", "numpy", "special", "testing")


def __getattr__(name: str) -> object:
    """A name of one of the modules that are imported when they are first asked for, or such a module."""
    if name in HOME:
        found = getattr(importlib.import_module(f"hoad.{HOME[name]}"), name)
        globals()[name] = found
        return found
    if name in MODULES or name in LATER:
        return importlib.import_module(f"hoad.{name}")
    raise AttributeError(f"module 'hoad' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *HOME, *MODULES})


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
    "fft_backend",
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
