"""Functions as SciPy's optimisers and linear solvers take them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiling import compiled as compiling
from ..compiling.signature import Same, key_of
from ..errors import ArgumentError, MissingDependencyError, RecordingError, describe
from ..operators.gradients import value_and_grad
from ..operators.hessians import hessian, hvp
from ..operators.jacobians import value_and_jacobian
from ..operators.products import jvp, vjp
from ..running.calling import check_function
from ..values.wrappers import plain_one

Function = Callable[..., Any]


class Objective:
    """A function with its derivatives, each worked out once for a point, as SciPy asks for them.

    Args:
        f: the function, whose first argument is the point; its value is a number (for ``minimize``) or an
            array (for ``root`` and ``least_squares``).
        compile: whether to record what is called, and to carry out the recorded programs (``hoad.compile``);
            worth it from some hundred calls on.

    Raises:
        ArgumentError: the point is complex; SciPy's own solvers take real ones.

    Example:
        >>> import numpy as np, hoad
        >>> from scipy.optimize import minimize
        >>> f = hoad.Objective(lambda x: (1 - x[0])**2 + 100 * (x[1] - x[0]**2)**2)
        >>> minimize(f, np.zeros(2), jac=f.jac, hess=f.hess, method="trust-exact").x.round(6)
        array([1., 1.])
        >>> minimize(f.value_and_grad, np.zeros(2), jac=True).x.round(3)
        array([1., 1.])
    """

    def __init__(self, f: Function, *, compile: bool = False) -> None:
        check_function(f)
        self.f = f
        made = as_compiled if compile else as_written
        self._value_and_grad = made(value_and_grad(f))
        self._value_and_jacobian = made(lambda x, *args: value_and_jacobian(lambda y: f(y, *args), x))
        self._hess = made(lambda x, *args: hessian(lambda y: f(y, *args), x))
        self._hessp = made(lambda x, v, *args: hvp(lambda y: f(y, *args), x, v))
        self._ndim: int | None = None
        self._key: Any = None
        self._known: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<objective of {getattr(self.f, '__name__', self.f)}>"

    def __call__(self, x: Any, *args: Any) -> Any:
        """The value."""
        return self._at(x, args)[0]

    def jac(self, x: Any, *args: Any) -> Any:
        """The gradient of a number, or the Jacobian of an array."""
        return self._at(x, args)[1]

    def value_and_grad(self, x: Any, *args: Any) -> tuple[Any, Any]:
        """Both, for ``jac=True``."""
        return self._at(x, args)

    def hess(self, x: Any, *args: Any) -> Any:
        """The Hessian."""
        self._move(x, args)
        if "hess" not in self._known:
            self._known["hess"] = self._hess(real_array(x), *args)
        return np.array(self._known["hess"])

    def hessp(self, x: Any, v: Any, *args: Any) -> Any:
        """The product of the Hessian with a vector."""
        return self._hessp(real_array(x), real_array(v), *args)

    def _move(self, x: Any, args: tuple[Any, ...]) -> None:
        """Forget what is known of another point."""
        key = (real_array(x).tobytes(), np.shape(x), tuple(map(contents, args)))
        if key != self._key:
            self._key, self._known = key, {}

    def _at(self, x: Any, args: tuple[Any, ...]) -> tuple[Any, Any]:
        """Value and first derivative."""
        self._move(x, args)
        if "first" not in self._known:
            point = real_array(x)
            if self._ndim is None:  # whether it is a number, the first value tells
                found = value_and_jacobian(lambda y: self.f(y, *args), point)
                self._ndim = np.ndim(found[0])
            else:
                found = (self._value_and_jacobian if self._ndim else self._value_and_grad)(point, *args)
            self._known["first"] = found
        value, slope = self._known["first"]
        return value, np.array(slope)


def contents(x: Any) -> Any:
    """What is in an argument now, or the argument itself where nobody can tell."""
    try:
        return key_of(x, [])
    except RecordingError:
        return Same(x)


def as_written(f: Function) -> Function:
    """The function itself."""
    return f


def as_compiled(f: Function) -> Function:
    """The function, recorded at its first call."""
    compiled: Function = compiling.compile(f)
    return compiled


def real_array(x: Any) -> np.ndarray:
    """A point or a direction as an array of floats."""
    x = plain_one(x, "the point")
    if np.iscomplexobj(x):
        raise ArgumentError(
            f"{describe(x)} is complex; derivatives are given to SciPy for real numbers: take the real and "
            f"imaginary parts as the variables"
        )
    return np.asarray(x, dtype=float)


def of_vectors(product: Function) -> Function:
    """The product of a real matrix with a vector, which may be complex."""

    def times(v: Any) -> Any:
        v = np.asarray(v)
        if v.dtype.kind == "c":
            return product(v.real) + 1j * product(v.imag)
        return product(v.astype(float))

    return times


def linear_operator(f: Function, x: Any, kind: str = "jacobian") -> Any:
    """Give the Jacobian or the Hessian at a point as SciPy's ``LinearOperator``, which never forms the
    matrix.

    Args:
        f: the function: of an array to an array for "jacobian", to a number for "hessian".
        x: the point, an array.
        kind: "jacobian" or "hessian".

    Returns:
        A ``scipy.sparse.linalg.LinearOperator`` of shape (size of the value, size of x), or (size of x)
        twice.

    Raises:
        ArgumentError: ``kind`` is neither, or the point or the value is complex.
        MissingDependencyError: SciPy is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> from scipy.sparse.linalg import cg
        >>> f = lambda x: np.sum(x**4) + np.sum(x)**2
        >>> H = hoad.linear_operator(f, np.ones(3), "hessian")
        >>> cg(H, np.ones(3))[0].round(6)
        array([0.055556, 0.055556, 0.055556])
    """
    check_function(f)
    if kind not in ("jacobian", "hessian"):
        raise ArgumentError(f"kind={kind!r} must be 'jacobian' or 'hessian'")
    try:
        linalg = importlib.import_module("scipy.sparse.linalg")
    except ImportError:
        raise MissingDependencyError("linear_operator needs SciPy: pip install 'hoad[scipy]'") from None
    x = real_array(x).copy()
    n, shape = x.size, x.shape
    if kind == "hessian":
        product = of_vectors(lambda v: np.reshape(hvp(f, x, np.reshape(v, shape)), -1))
        return linalg.LinearOperator((n, n), matvec=product, rmatvec=product, dtype=float)
    y, pullback = vjp(f, x)
    if np.iscomplexobj(y):
        raise ArgumentError("the value is complex; np.stack([np.real(y), np.imag(y)]) has a real Jacobian")
    forward = of_vectors(lambda v: np.reshape(jvp(f, (x,), (np.reshape(v, shape),))[1], -1))
    back = of_vectors(lambda u: np.reshape(pullback(np.reshape(u, np.shape(y))[()])[0], -1))
    return linalg.LinearOperator((int(np.size(y)), n), matvec=forward, rmatvec=back, dtype=float)
