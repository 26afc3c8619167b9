"""Tangents and cotangents brought to the shape, the precision and the field of the values they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nested import Traced, bare, glance
from ..values.constants import as_array, is_elsewhere, ones, zeros
from ..values.shapes import COMPLEXES, DOUBLE, REALS, is_complex, shape_of

COMPLEX = np.dtype(np.complex128)
FEW = 1024  # numbers that are summed one after the other, and not in pairs as ``np.sum`` does
ONES = np.ones(FEW)


def fit_tangent(tangent: Any, out: Any) -> Any:
    """Bring a tangent to the shape and the precision of its primal."""
    if tangent.__class__ is np.ndarray and out.__class__ is np.ndarray:
        if tangent.shape == out.shape and tangent.dtype is out.dtype:
            return tangent
    elif tangent.__class__ in REALS and out.__class__ in REALS:
        return tangent
    shape = shape_of(out)
    if shape_of(tangent) != shape:
        tangent = np.broadcast_to(tangent, shape)  # read-only: a write copies it
    if isinstance(out, Traced) and not out.noted:
        return as_precise(tangent, out)
    kind = getattr(bare(out), "dtype", None)
    if kind is None or kind.kind not in "fc":
        return tangent
    have = tangent.dtype if hasattr(tangent, "dtype") else np.result_type(tangent)
    if have == kind or (have.kind == "f" and kind.kind == "c"):
        return tangent
    if isinstance(tangent, Traced):
        tangent = np.real(tangent) if tangent.noted and kind.kind == "f" else tangent
        return tangent.astype(kind) if tangent.dtype.kind == kind.kind else tangent
    return as_array(tangent.real if kind.kind == "f" else tangent).astype(kind)[()]


def as_precise(tangent: Any, out: Any) -> Any:
    """A tangent, or a cotangent, in the precision of its value, where either carries tangents itself."""
    have, kind = getattr(tangent, "dtype", None), getattr(out, "dtype", None)
    if have is kind or have is None or kind is None or have == kind or not have.kind == kind.kind == "f":
        return tangent
    return tangent.astype(kind)


def fit_cotangent(t: Any, x: Any) -> Any:
    """Bring a cotangent to the shape, the precision and the field of the value that it belongs to."""
    if t.__class__ is np.ndarray:
        if x.__class__ is np.ndarray:
            if t.shape == x.shape:
                if t.dtype is x.dtype:
                    return t
                if t.dtype is COMPLEX and x.dtype is DOUBLE:
                    return t.real
        elif x.__class__ in REALS and t.dtype is DOUBLE:
            return total(t)
    elif t.__class__ in COMPLEXES:
        if x.__class__ in COMPLEXES:
            return t
        if x.__class__ in REALS:
            return t.real
    elif t.__class__ in REALS:
        if (not x.shape and x.dtype is DOUBLE) if x.__class__ is np.ndarray else is_real_number(x):
            return t
    elif is_real_number(t) and is_real_number(x):
        return t
    shape = shape_of(x)
    if shape_of(t) != shape:
        t = summed_to(t, shape)
    if isinstance(t, Traced) and not t.noted:
        return as_precise(np.real(t) if is_complex(t) and not is_complex(x) else t, x)
    dtype = getattr(bare(x), "dtype", None)
    if dtype is None:
        return t.real if is_complex(t) and not is_complex(x) else t
    return narrowed(t, dtype)


def total(t: np.ndarray) -> Any:
    """The sum of an array of doubles; of a short row as a product with ones, which BLAS begins sooner."""
    return t.dot(ONES[: t.size]) if t.ndim == 1 and t.size <= FEW else np.add.reduce(t, axis=None)


def is_real_number(x: Any) -> bool:
    """Tell whether a value is a real number at whatever levels."""
    return glance(x).__class__ in REALS


def zero_of(x: Any) -> Any:
    """The zero tangent of a number or an array."""
    x = bare(x)
    kind = getattr(x, "dtype", np.dtype(complex if isinstance(x, complex) else float))
    zero = zeros(shape_of(x), kind if kind.kind in "fc" else float, like=x)
    return zero[()] if zero.ndim or hasattr(x, "dtype") else zero.item()


def unit_seed(y: Any) -> Any:
    """An exact 1 in the shape of an output, where that lies: of one number, a number of Python's."""
    if y.__class__ in REALS:
        return 1.0
    shape = shape_of(y)
    if shape == () and not is_elsewhere(glance(y)):
        return 1.0
    kind = getattr(bare(y), "dtype", None)
    return ones(shape, kind if kind is not None and kind.kind in "fc" else float, like=y)


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Tell whether an array of ``shape`` broadcasts to the shape ``to``."""
    extra = len(to) - len(shape)
    return extra >= 0 and all(n in (m, 1) for n, m in zip(shape, to[extra:], strict=True))


def narrowed(t: Any, dtype: Any) -> Any:
    """Real where ``dtype`` is real, and no more precise than it."""
    have = getattr(t, "dtype", None)
    if have is dtype or (have is None and not isinstance(t, complex)) or dtype.kind not in "fc":
        return t
    if dtype.kind == "f" and is_complex(t):
        t = t.real
        have = getattr(t, "dtype", None)
    return t.astype(dtype) if have is not None and have != dtype and have.kind == dtype.kind else t


def summed_to(t: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which ``shape`` was broadcast, and stretch over those that ``t`` lacks; axes of
    length 1 in front of ``shape`` are as good as none.
    """
    own = shape_of(t)
    extra = len(own) - len(shape)
    if extra == 0 and t.__class__ is np.ndarray:
        axes = tuple([k for k, (n, m) in enumerate(zip(shape, own, strict=True)) if n == 1 != m])
        found = np.add.reduce(t, axis=axes, keepdims=True) if axes else t
        return found if found.shape == shape else np.broadcast_to(found, shape)
    if extra > 0 and own[extra:] == shape and t.__class__ is np.ndarray:
        return np.add.reduce(t, axis=0 if extra == 1 else tuple(range(extra)))
    if (
        extra < 0 and own and set(shape[:-extra]) == {1} and broadcasts(shape[-extra:], own)
    ):  # leading ones, which NumPy drops in a write
        return np.reshape(summed_to(t, shape[-extra:]), shape)
    if extra >= 0:
        stretched = [k + extra for k, n in enumerate(shape) if n == 1 and own[k + extra] != 1]
        if extra or stretched:
            gone = (*range(extra), *stretched)
            if t.__class__ is np.ndarray:
                t = np.add.reduce(t, axis=gone, keepdims=True)
                t = t.reshape(t.shape[extra:])
            else:
                t = np.sum(t, axis=gone, keepdims=True)
                t = np.reshape(t, shape_of(t)[extra:])
    return t if shape_of(t) == shape else np.broadcast_to(t, shape)
