"""``LinearOperator`` on traced vectors, and with traced values in what its functions have captured."""

from __future__ import annotations

import copy
import functools
import types
from typing import Any

import numpy as np
from scipy.sparse import linalg

from ...chainrules.doors import COMPANIONS, door
from ...nested import INSIDE, Traced, pack, primal
from ...operators.products import vjp
from ...values.captures import traced_in, with_changed
from ..inputs import outside
from .arithmetic import conjugated
from .holding import ANY, Holding, concerns, plain_of, without

LinearOperator = linalg.LinearOperator


def values(x: Any) -> Any:
    """What an operator is given, or gives."""
    return x if isinstance(x, Traced) else pack(np.array(x) if isinstance(x, (list, tuple)) else x)


def vector_by(name: str, turned: bool) -> Any:
    """``matvec`` or ``rmatvec``, by the method that a class of operators has for it."""

    def method(self: Any, x: Any) -> Any:
        x, (rows, columns) = values(x), self.shape
        m, n = (columns, rows) if turned else (rows, columns)
        if np.shape(x) not in ((n,), (n, 1)):
            raise ValueError("dimension mismatch")
        y = values(getattr(self, name)(x))
        return np.reshape(y, m if np.ndim(x) == 1 else (m, 1))

    return method


def matrix_by(name: str, vector: Any) -> Any:
    """``matmat`` or ``rmatmat``: the operator's own, or column by column."""
    default = getattr(LinearOperator, name)

    def method(self: Any, X: Any) -> Any:
        X, own = values(X), getattr(type(self), name)
        if np.ndim(X) != 2:
            raise ValueError(f"expected 2-d ndarray or matrix, not {np.ndim(X)}-d")
        if own is not default and not isinstance(self, CUSTOM):
            return values(own(self, X))
        return np.stack([vector(self, X[:, k]) for k in range(np.shape(X)[1])], 1)

    return method


CUSTOM = type(LinearOperator((1, 1), matvec=lambda x: x, dtype=float))
matvec = vector_by("_matvec", turned=False)
rmatvec = vector_by("_rmatvec", turned=True)
matmat = matrix_by("_matmat", matvec)
rmatmat = matrix_by("_rmatmat", rmatvec)


def dot(self: Any, x: Any) -> Any:
    """The product with a vector or a matrix; with an operator or a number it is SciPy's."""
    if isinstance(x, LinearOperator) or np.ndim(x) == 0:
        return self._scaled(x) if hasattr(self, "_scaled") else SCALED(self, x)
    if isinstance(x, ANY):
        return matmat(self, x)
    x = values(x)
    return matvec(self, x) if np.ndim(x) == 1 or np.shape(x)[1] == 1 else matmat(self, x)


SCALED = type(2.0 * LinearOperator((1, 1), matvec=lambda x: x, dtype=float))
BODIES = {"matvec": matvec, "rmatvec": rmatvec, "matmat": matmat, "rmatmat": rmatmat}


def standing(name: str, plain: Any) -> Any:
    """A method that may meet traced values, in its operand or in what the operator has captured."""

    def method(self: Any, x: Any) -> Any:
        if not isinstance(x, (LinearOperator, *ANY)) and (concerns(x) or traced_in(held_by(self))):
            return BODIES[name](self, x) if name in BODIES else dot(self, x)
        return plain(self, x)

    def of_matrices(self: Any, X: Any) -> Any:
        return method(self, X)

    return of_matrices if name in ("matmat", "rmatmat") else method


def held_by(operator: Any) -> Any:
    """What an operator has in it."""
    parts: list[Any] = []
    for value in vars(operator).values():
        parts += held_by(value) if isinstance(value, LinearOperator) else [value]
        if isinstance(value, tuple) and any([isinstance(v, LinearOperator) for v in value]):
            parts += [p for v in value if isinstance(v, LinearOperator) for p in held_by(v)]
    return [p for p in parts if isinstance(p, (types.FunctionType, types.MethodType, Traced, Holding))]


def typed(plain: Any) -> Any:
    """How an operator finds the type of its values."""

    def method(self: Any) -> None:
        if self.dtype is None and INSIDE.get() and traced_in(held_by(self)):
            self.dtype = np.dtype(primal(matvec(self, np.zeros(self.shape[1], np.int8))).dtype)
        else:
            plain(self)

    return method


for _name in (*BODIES, "dot"):
    _plain = getattr(LinearOperator, _name)
    door(_plain, always=True, keeps=(0,))(standing(_name, _plain))
door(LinearOperator._init_dtype, always=True, keeps=(0,))(typed(LinearOperator._init_dtype))
COMPANIONS["scipy.sparse"] += (LinearOperator, CUSTOM)


# ------------------------------------------------------------------------------------------------------------
# What solvers are given: a sparse matrix, an array, or an operator
# ------------------------------------------------------------------------------------------------------------


def parts_of(a: Any) -> Any:
    """What may be traced in an operand of a solver."""
    return held_by(a) if isinstance(a, LinearOperator) else a


def applied(a: Any, x: Any) -> Any:
    """The product of any of them with a vector or a matrix."""
    if isinstance(a, LinearOperator):
        return matvec(a, x) if np.ndim(x) == 1 else matmat(a, x)
    return a @ x


def applied_adjoint(a: Any, x: Any) -> Any:
    """The product of the conjugate transpose."""
    if isinstance(a, LinearOperator):
        return rmatvec(a, x)
    return (conjugated(a.T) if isinstance(a, Holding) else np.conj(a.T)) @ x


def plain_operator(a: Any) -> Any:
    """The same for plain numbers; its transpose by hoad, if it has none."""
    if not isinstance(a, LinearOperator):
        return without(a) if isinstance(a, ANY) else plain_of(a)
    if not traced_in(held_by(a)) and has_adjoint(a):
        return a
    plain = copy.copy(a)
    vars(plain).update({name: plain_part(value) for name, value in vars(a).items()})
    if has_adjoint(plain):
        return plain

    def back(v: Any) -> Any:
        with outside():
            return vjp(functools.partial(matvec, plain), np.zeros(a.shape[1], np.result_type(v, float)))[1](
                np.reshape(v, -1)
            )

    return LinearOperator(a.shape, matvec=plain.matvec, rmatvec=back, dtype=a.dtype)


def plain_part(part: Any) -> Any:
    """What an operator has in it, without derivatives."""
    if isinstance(part, LinearOperator):
        return plain_operator(part)
    if isinstance(part, tuple):
        return tuple([plain_part(p) for p in part])
    return without(part) if isinstance(part, Holding) else with_changed(part, primal)


def has_adjoint(a: Any) -> bool:
    """Tell whether an operator knows its conjugate transpose."""
    try:
        a.rmatvec(np.zeros(a.shape[0]))
    except (NotImplementedError, TypeError, AttributeError, RecursionError):
        return False
    return True


def adjoint(a: Any) -> Any:
    """The conjugate transpose of a plain one."""
    return a.adjoint() if isinstance(a, LinearOperator) else a.conj().T
