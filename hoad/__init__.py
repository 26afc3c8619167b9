"""Exact derivatives of plain NumPy code, to any order.

Example:
    >>> import numpy as np, hoad
    >>> def f(x):
    ...     return np.sum(np.sin(x) ** 2)
    >>> hoad.grad(f, np.array([0.0, np.pi / 4]))
    array([0., 1.])
"""

import difflib
import importlib
import sys
from typing import TYPE_CHECKING

from . import backends, chainrules, custom, errors, fast  # noqa: F401  (some install themselves)
from .custom.checkpoint import checkpoint, forward
from .custom.hooks import hook, ignore_derivatives, show_grad
from .operators.derivatives import derivative, derivatives
from .operators.gradients import elementwise_grad, grad, gradient, value_and_grad
from .operators.hessians import diag_hessian, hessian, hvp, value_grad_hessian
from .operators.jacobians import jacobian, value_and_jacobian
from .operators.prime import Differentiable, differentiable, prime
from .operators.products import jvp, pullback, pushforward, vjp
from .operators.questions import is_tracing, order, primal, stop_gradient
from .operators.taylor import directional, jet, taylor
from .operators.vmap import vmap
from .parameters.grads import Grads
from .parameters.parameter import Parameter, param
from .parameters.params import Params
from .values.reading import careful
from .zygote import diaghessian, hessian_reverse, wirtinger, withgradient, withjacobian

__version__ = "0.2.0"


if TYPE_CHECKING:
    from .compiling.compiled import compile
    from .interop.nonlinear_program import NonlinearProgram
    from .interop.objective import Objective, linear_operator
    from .interop.scipy_fft import fft_backend
    from .interop.solvers import brentq, fixed_point, implicit_function, minimize, root
    from .operators.adapt import adapt, adapted, no_adapt
    from .operators.differential import DifferentialOperator, biharmonic, laplacian, partial
    from .operators.estimates import Estimate, estimate_laplacian, estimate_operator
    from .operators.tensors import derivative_tensor
    from .pictures.cost import plot_cost
    from .pictures.curves import plot, plot_taylor
    from .pictures.sparsity import plot_sparsity
    from .pictures.surfaces import plot_gradient, plot_hessian
    from .running.often import learned, run_each_time
    from .scipy.evolution import solve_ivp
    from .sparse.patterns import pattern
    from .sparse.planning import sparse_plan
    from .teaching.by_hand import Dual, Jet, Tracer
    from .teaching.debugging import debug
    from .teaching.explain import explain
    from .teaching.formulas import formula, symbolic
    from .teaching.graph import trace
    from .teaching.verification import verify
    from .values.wrappers import wrapper

# What is imported when it is first asked for: ``import hoad`` stays fast.
LATER = {
    "compiling.compiled": ("compile",),
    "operators.adapt": ("adapt", "adapted", "no_adapt"),
    "running.often": ("learned", "run_each_time"),
    "interop.nonlinear_program": ("NonlinearProgram",),
    "interop.objective": ("Objective", "linear_operator"),
    "interop.scipy_fft": ("fft_backend",),
    "interop.solvers": ("brentq", "fixed_point", "implicit_function", "minimize", "root"),
    "scipy.evolution": ("solve_ivp",),
    "sparse.patterns": ("pattern",),
    "sparse.planning": ("sparse_plan",),
    "operators.differential": ("DifferentialOperator", "biharmonic", "laplacian", "partial"),
    "operators.estimates": ("Estimate", "estimate_laplacian", "estimate_operator"),
    "operators.tensors": ("derivative_tensor",),
    "pictures.cost": ("plot_cost",),
    "pictures.curves": ("plot", "plot_taylor"),
    "pictures.sparsity": ("plot_sparsity",),
    "pictures.surfaces": ("plot_gradient", "plot_hessian"),
    "values.wrappers": ("wrapper",),
    "teaching.by_hand": ("Dual", "Jet", "Tracer"),
    "teaching.debugging": ("debug",),
    "teaching.explain": ("explain",),
    "teaching.formulas": ("formula", "symbolic"),
    "teaching.graph": ("trace",),
    "teaching.verification": ("verify",),
}
HOME = {name: module for module, names in LATER.items() for name in names}
MODULES = ("enzyme", "interop", "numpy", "scipy", "testing")


def __getattr__(name: str) -> object:
    """A name of one of the modules that are imported when they are first asked for, or such a module."""
    if name in HOME:
        try:
            found = getattr(importlib.import_module(f"hoad.{HOME[name]}"), name)
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("scipy"):
                raise
            text = f"hoad.{name} needs SciPy: pip install 'hoad[scipy]'"
            raise errors.MissingDependencyError(text) from None
        globals()[name] = found
        return found
    if name in MODULES:
        return importlib.import_module(f"hoad.{name}")
    close = difflib.get_close_matches(name, [*__all__, *MODULES], 1, 0.7)
    hint = f"; did you mean hoad.{close[0]}?" if close else ""
    text = f"module 'hoad' has no attribute {name!r}{hint}"
    raise AttributeError(text, name=name, obj=sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*globals(), *HOME, *MODULES})


__all__ = [
    "Differentiable",
    "DifferentialOperator",
    "Dual",
    "Estimate",
    "Grads",
    "Jet",
    "NonlinearProgram",
    "Objective",
    "Parameter",
    "Params",
    "Tracer",
    "__version__",
    "adapt",
    "adapted",
    "backends",
    "biharmonic",
    "brentq",
    "careful",
    "chainrules",
    "checkpoint",
    "compile",
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
    "explain",
    "fft_backend",
    "fixed_point",
    "formula",
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
    "learned",
    "linear_operator",
    "minimize",
    "no_adapt",
    "order",
    "param",
    "partial",
    "pattern",
    "plot",
    "plot_cost",
    "plot_gradient",
    "plot_hessian",
    "plot_sparsity",
    "plot_taylor",
    "primal",
    "prime",
    "pullback",
    "pushforward",
    "root",
    "run_each_time",
    "show_grad",
    "solve_ivp",
    "sparse_plan",
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
    "wrapper",
]

if "IPython" in sys.modules:  # a notebook, which shows more than text
    importlib.import_module("hoad.teaching.notebooks")
