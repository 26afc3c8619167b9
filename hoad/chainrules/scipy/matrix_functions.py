"""Functions of matrices: the exponential, logarithm, square root, and what is made of them.

The derivatives of a matrix function f stand in f of larger matrices: with ``x = [[a, d], [0, a]]`` the upper
right block of ``f(x)`` is the derivative of f at a in the direction d, and with ``[[x, e], [0, x]]``, where e
is ``[[e, 0], [0, e]]``, it is the second in the directions d and e (Mathias 1996; Higham and Relton 2014).
The k-th derivative is linear and symmetric in its directions, and its transpose in one of them is the same
derivative at the adjoint of a, in the adjoints of the others.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from ...deprecations import passed_on
from ...errors import MissingRuleError
from ...nested import Traced, everything, refused
from ...values.captures import traced_in
from ...values.constants import eye, zeros
from ...values.shapes import ndim_of, shape_of
from ..doors import door, outside
from ..located import located, place_of
from ..numpy.factors import adjoint
from ..statements import Differential
from .matrix_equations import sylvester_


def enlarged(a: Any, directions: tuple[Any, ...]) -> Any:
    """The matrix in whose function the derivative stands."""
    x = a
    for k, d in enumerate(directions):
        if k == 0 and x.__class__ is d.__class__ is np.ndarray and x.ndim == d.ndim == 2:
            x = block(x, d)
            continue
        d = np.kron(eye(2**k, like=a), d) if ndim_of(d) == 2 else repeated(d, 2**k)
        x = np.concatenate([np.concatenate([x, d], -1), np.concatenate([np.zeros_like(x), x], -1)], axis=-2)
    return x


def block(x: np.ndarray, d: np.ndarray) -> Any:
    """``[[x, d], [0, x]]``."""
    n = len(x)
    out = np.zeros((2 * n, 2 * n), np.result_type(x, d))
    out[:n, :n] = out[n:, n:] = x
    out[:n, n:] = d
    return out


def by_block(a: np.ndarray, d: np.ndarray) -> Any:
    """The derivative of the exponential, of small matrices in a fifth of the time of ``expm_frechet``: it is
    linear in the direction, whose elements are brought to 1, lest they decide how often a is halved.
    """
    size = np.abs(d).max(initial=0.0)
    scale = math.ldexp(1.0, math.frexp(size)[1] - 1) if 1e-290 < size < 1e290 else 1.0
    return exponential(block(a, d / scale))[: len(a), len(a) :] * scale


SMALL = 16  # rows, up to which that is so
exponential = outside(scipy.linalg.expm)


def repeated(d: Any, n: int) -> Any:
    """A matrix n times along the diagonal, of a stack of matrices."""
    rows, columns = shape_of(d)[-2:]
    out = zeros((*shape_of(d)[:-2], n * rows, n * columns), np.result_type(d), like=d)
    for k in range(n):
        out[..., k * rows : (k + 1) * rows, k * columns : (k + 1) * columns] = d
    return out


@functools.cache
def derived(f: Callable[..., Any], k: int) -> Differential:
    """The k-th derivative of a matrix function with ``f(adjoint(a)) = adjoint(f(a))``, as a rule of its own:
    of the matrix and k directions.
    """

    def upper_right(a: Any, *directions: Any) -> Any:
        n = shape_of(a)[-1]
        plane = ndim_of(a) == ndim_of(directions[0]) == 2 if k == 1 else False
        if plane and f is scipy.linalg.expm and place_of(a) is None:
            if n <= SMALL and np.result_type(a, *directions) in (float, complex):
                return by_block(a, *directions)
            change = outside(scipy.linalg.expm_frechet)(a, *directions, compute_expm=False)
            return change.astype(np.result_type(a, *directions))  # by less than half of the work
        return outside(located(f))(enlarged(a, directions))[..., :n, shape_of(a)[-1] * (2**k - 1) :]

    def transpose(i: int) -> Callable[..., Any]:
        def of_direction(g: Any, a: Any, *directions: Any) -> Any:
            others = [adjoint(d) for j, d in enumerate(directions, 1) if j != i]
            return derived(f, k)(adjoint(a), *others, g)

        return of_direction

    def backward(g: Any, a: Any, *rest: Any) -> Any:
        return derived(f, k + 1)(adjoint(a), *map(adjoint, rest[:-1]), g)

    return Differential(
        upper_right,
        lambda d, a, *rest: derived(f, k + 1)(a, *rest[:-1], d),
        transposes={i: transpose(i) for i in range(1, k + 1)},
        backward={0: backward},
        name=f"scipy.linalg.{f.__name__}" if k == 0 else f"derivative {k} of scipy.linalg.{f.__name__}",
        by_shapes=True,
    )


@door(scipy.linalg.expm)
def expm(A: Any) -> Any:
    """The exponential of a matrix; of a number, its exponential."""
    return derived(scipy.linalg.expm, 0)(A) if ndim_of(A) > 1 else np.reshape(np.exp(A), (1, 1))


@door(scipy.linalg.expm_frechet)
def expm_frechet(
    A: Any, E: Any, method: str | None = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """The exponential and its derivative in a direction."""
    change = derived(scipy.linalg.expm, 1)(A, E)
    return (expm(A), change) if compute_expm else change


def value_alone(f: Callable[..., Any], A: Any) -> MissingRuleError:
    """The error of a call that asks for the estimate of an error."""
    return refused(
        MissingRuleError(
            f"scipy.linalg.{f.__name__} with disp=False gives an estimate of its error beside the value, "
            f"which has no derivative; scipy.linalg.{f.__name__}(A) has the value alone"
        ),
        *traced_in(A),
    )


UNSAID = object()  # the default of what SciPy will not take any more


def check_options(f: Callable[..., Any], A: Any, **options: Any) -> None:
    """Refuse the estimate of an error, and pass on what SciPy says of options that were given."""
    if options["disp"] is False:
        raise value_alone(f, A)
    given = {name: value for name, value in options.items() if value is not UNSAID}
    if given:
        passed_on(f, ((1.0,),), **given)


@door(scipy.linalg.logm)
def logm(A: Any, disp: Any = UNSAID) -> Any:
    """The principal logarithm."""
    check_options(scipy.linalg.logm, A, disp=disp)
    return derived(scipy.linalg.logm, 0)(A)


@door(scipy.linalg.sqrtm)
def sqrtm(A: Any, disp: Any = UNSAID, blocksize: Any = UNSAID) -> Any:
    """The principal square root."""
    check_options(scipy.linalg.sqrtm, A, disp=disp, blocksize=blocksize)
    return derived(scipy.linalg.sqrtm, 0)(A)


def _sign(a: Any) -> Any:
    out = np.linalg.solve(outside(scipy.linalg.sqrtm)(a @ a), a)
    return real_as(a, 0.5 * (out + np.linalg.inv(out)))  # a step of Newton's: a @ a has lost digits


def _sign_change(d: Any, a: Any, out: Any) -> Any:
    root = a @ out  # of a @ a
    change = sylvester_(root, root, d - out @ d @ out)
    # What is left out is rounding, of any size near an imaginary axis.
    return 0.5 * (change - out @ change @ out)


sign_: Differential = Differential(_sign, _sign_change, name="scipy.linalg.signm")


@door(scipy.linalg.signm)
def signm(A: Any, disp: Any = UNSAID) -> Any:
    """The sign S. Its change solves N dS + dS N = dA - S dA S, where N = A S, and S dS = -dS S (Higham,
    *Functions of Matrices*, 5.1 and 5.3).
    """
    check_options(scipy.linalg.signm, A, disp=disp)
    return sign_(A)


def real_as(a: Any, out: Any) -> Any:
    """The real part, where the matrix is real and what is imaginary is rounding, as SciPy takes it."""
    if np.iscomplexobj(a) or not np.iscomplexobj(out):
        return out
    plain = everything(out)
    small = 1e3 * np.finfo(plain.dtype).eps * max(1.0, float(np.max(np.abs(plain), initial=0.0)))
    return np.real(out) if np.all(np.abs(plain.imag) <= small) else out


@door(scipy.linalg.cosm)
def cosm(A: Any) -> Any:
    """The cosine."""
    return 0.5 * (expm(1j * A) + expm(-1j * A)) if np.iscomplexobj(A) else np.real(expm(1j * A))


@door(scipy.linalg.sinm)
def sinm(A: Any) -> Any:
    """The sine."""
    return -0.5j * (expm(1j * A) - expm(-1j * A)) if np.iscomplexobj(A) else np.imag(expm(1j * A))


@door(scipy.linalg.coshm)
def coshm(A: Any) -> Any:
    """The hyperbolic cosine."""
    return 0.5 * (expm(A) + expm(-A))


@door(scipy.linalg.sinhm)
def sinhm(A: Any) -> Any:
    """The hyperbolic sine."""
    return 0.5 * (expm(A) - expm(-A))


door(scipy.linalg.tanm)(lambda A: np.linalg.solve(cosm(A), sinm(A)))
door(scipy.linalg.tanhm)(lambda A: np.linalg.solve(coshm(A), sinhm(A)))


@door(scipy.linalg.fractional_matrix_power)
def fractional_matrix_power(A: Any, t: Any) -> Any:
    """A matrix to a power: exp(t log A), and by multiplications where the power is a plain integer."""
    if not isinstance(t, Traced) and float(t).is_integer():
        return np.linalg.matrix_power(A, int(t))
    if not isinstance(A, Traced):
        return real_as(A, expm(t * scipy.linalg.logm(A)))
    return real_as(A, expm(t * derived(scipy.linalg.logm, 0)(A)))


@door(scipy.linalg.funm)
def funm(A: Any, func: Any, disp: bool = True) -> Any:
    """A function of the eigenvalues, in ``np`` code; where two of them are equal, the derivative is nan."""
    if not disp:
        raise value_alone(scipy.linalg.funm, A)
    w, v = np.linalg.eig(A)
    out = v * np.expand_dims(func(w + 0j), -2) @ np.linalg.inv(v)
    return real_as(A, out)


if hasattr(scipy.linalg, "kron"):  # before SciPy 1.17
    door(scipy.linalg.kron)(np.kron)


@door(scipy.linalg.khatri_rao)
def khatri_rao(a: Any, b: Any) -> Any:
    """The Kronecker products of columns."""
    if ndim_of(a) != 2 or ndim_of(b) != 2 or shape_of(a)[1] != shape_of(b)[1]:
        raise ValueError("The arrays should be 2-dimensional, with equal numbers of columns.")
    return np.reshape(np.expand_dims(a, 1) * np.expand_dims(b, 0), (-1, shape_of(a)[1]))
