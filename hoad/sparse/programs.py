"""What a compiled plan records: products with all directions at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiling import compiled as compiling
from ..operators.hessians import hvp
from ..operators.products import jvp, vjp
from ..operators.vmap import vmap
from ..running.calling import Function


def along_all(product: Function, rows: np.ndarray) -> Function:
    """A product with each of some directions, compiled."""
    compiled: Function = compiling.compile(lambda x, *args: vmap(lambda v: product(x, v, *args))(rows))
    return compiled


def product_of_jacobian(f: Function) -> Function:
    """The Jacobian times a direction, as one row of numbers."""
    return lambda x, v, *args: np.ravel(jvp(lambda z: f(z, *args), (x,), (v,))[1])


def product_of_hessian(f: Function) -> Function:
    """The Hessian times a direction, as one row of numbers."""
    return lambda x, v, *args: np.ravel(hvp(f, x, v, *args))


def product_from_the_left(f: Function) -> Function:
    """Weights times the Jacobian, as one row of numbers."""

    def product(x: Any, u: Any, *args: Any) -> Any:
        y, pullback = vjp(lambda z: f(z, *args), x)
        return np.ravel(pullback(np.reshape(u, np.shape(y)))[0])

    return product
