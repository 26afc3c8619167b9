"""Calls on one array of any shape in which it meets others, is written to, or is a stack of matrices:
ufuncs and their methods, writes, products, linear algebra.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from shape_calls import NUMBER, Call
from versions import of_numpy

from hoad.chainrules.statements import RULES

BESIDE: dict[str, list[Call]] = {}
# As ACCIDENTS: where NumPy's own answer is one, or hoad's is another refusal or more lenient.
ACCIDENTS_BESIDE: dict[str, dict[int, Any]] = {}


def beside(name: str, *calls: Call, but: dict[int, Any] | None = None) -> None:
    """Enter calls of a function, but for some at some shapes."""
    BESIDE.setdefault(name, []).extend(calls)
    if but:
        ACCIDENTS_BESIDE[name] = but


def written(write: Callable[[Any, Any], Any]) -> Call:
    """A call that writes into a copy."""

    def call(x: Any) -> Any:
        y = x * 1.0
        write(y, x)
        return y

    return call


# ------------------------------------------------------------------------------------------------------------
# Ufuncs
# ------------------------------------------------------------------------------------------------------------

OF_INTEGERS = {"gcd", "lcm", "isnat", "left_shift", "right_shift", "invert", "ldexp"}
QUESTIONS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "divmod"}
OVERLAPPING = {
    "power",
    "arctan2",
}  # NumPy reduces three by another loop than one after the other, which is wrong
UFUNCS = [f for f in RULES if isinstance(f, np.ufunc) and f.signature is None]
UFUNCS = [f for f in UFUNCS if getattr(np, f.__name__, None) is f]  # and none of SciPy's
UFUNCS = [f for f in UFUNCS if f.__name__ not in OF_INTEGERS and not f.__name__.startswith("bitwise")]
for f in UFUNCS:
    name = f.__name__
    if f.nin == 1:
        beside(name, lambda x, f=f: f(x * 0.3))
        continue
    beside(
        name,
        lambda x, f=f: f(x, 0.71),
        lambda x, f=f: f(0.71, x),
        lambda x, f=f: f(x, np.full((2, 1), 0.71)),
        lambda x, f=f: f(np.full((2, 1), 0.71), x),
        lambda x, f=f: f(x, x * 0.9 + 0.05),
        lambda x, f=f: f(x, np.zeros((0, 1)) + 1.3),
        lambda x, f=f: f(x, np.reshape(x, (-1,))[:1] * 0.7 + 0.01),
        lambda x, f=f: f.outer(x, [0.31, 0.77]),
    )
    if name not in QUESTIONS and not name.startswith("logical"):
        odd = {s for s in ((3,), (5,), (3, 1), (1, 3), (2, 3), (3, 3)) if name in OVERLAPPING}
        beside(
            name,
            lambda x, f=f: f.reduce(x),
            lambda x, f=f: f.reduce(x, axis=-1, keepdims=True),
            lambda x, f=f: f.accumulate(x),
            lambda x, f=f: f.reduceat(x, [0]),
            but={8: odd, 9: odd, 11: odd},
        )

# ------------------------------------------------------------------------------------------------------------
# Arrays made, and written to
# ------------------------------------------------------------------------------------------------------------

# A number of NumPy's is not written to; a traced one is, as an array without axes.
beside(
    "copyto",
    written(lambda y, x: np.copyto(y, x * x)),
    written(lambda y, x: np.copyto(y, 3 * x, where=x > 0.5)),
    written(lambda y, x: np.copyto(y, np.sum(x))),
    but=dict.fromkeys(range(3), NUMBER),
)
beside(
    "put",
    written(lambda y, x: np.put(y, [0], x * x)),
    written(lambda y, x: np.put(y, [], [])),
    written(lambda y, x: np.put(y, [0, -1], np.sum(x))),
    written(lambda y, x: np.put(y, [5, -7], np.ravel(x)[:2] ** 2, mode="wrap")),
)
beside(
    "put_along_axis",
    written(lambda y, x: np.put_along_axis(y, np.argmax(x, -1, keepdims=True), np.sum(x), -1)),
    written(lambda y, x: np.put_along_axis(y, np.zeros((1,) * np.ndim(x), int), 7.0, 0)),
    but={0: NUMBER, 1: NUMBER},
)
beside(
    "putmask",
    written(lambda y, x: np.putmask(y, x > 0.5, x * x)),
    written(lambda y, x: np.putmask(y, x > 0.5, np.ravel(x)[:2] ** 2)),
    written(lambda y, x: np.putmask(y, x > 9, 1.0)),
    but=dict.fromkeys(range(3), NUMBER),
)
beside(
    "place",
    written(lambda y, x: np.place(y, x > 0.5, np.ravel(x) ** 2)),
    written(lambda y, x: np.place(y, x > 9, [1.0])),
    written(lambda y, x: np.place(y, x > 9, [])),
    but=dict.fromkeys(range(3), NUMBER),
)
beside(
    "fill_diagonal",
    written(lambda y, x: np.fill_diagonal(y, np.sum(x))),
    written(lambda y, x: np.fill_diagonal(y, x[0], wrap=True)),
)
for name in ("array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray"):
    f = getattr(np, name)
    beside(name, lambda x, f=f: f(x), lambda x, f=f: f([x, x]), lambda x, f=f: f([x[0], x[-1]]))
for f in of_numpy("astype"):
    beside("astype", lambda x, f=f: f(x, complex), lambda x, f=f: f(x, np.float64, copy=False))
beside("empty_like", lambda x: np.empty_like(x) * 0 + x)
beside(
    "sliding_window_view",
    *[
        lambda x, w=w, axis=axis: np.lib.stride_tricks.sliding_window_view(x, w, axis=axis)
        for w, axis in ((1, 0), (2, 0), (2, -1), ((1, 1), None), (0, 0), (5, -1), ((1, 2), (0, 0)))
    ],
)
beside("around", lambda x: np.around(x, 1), lambda x: np.fix(x))
beside("real_if_close", lambda x: np.real_if_close(x + 0j) * x)
beside("amax", lambda x: np.amax(x, axis=0), lambda x: np.amin(x, axis=-1, keepdims=True))
for name in ("allclose", "array_equal", "array_equiv", "isclose"):
    f = getattr(np, name)
    beside(name, lambda x, f=f: f(x, x), lambda x, f=f: f(x, np.zeros((0, 1))))
for name in ("iscomplex", "isneginf", "isposinf", "isreal", "ndim", "size"):
    beside(name, getattr(np, name))
for name in ("arccos", "arcsin", "arctanh", "log", "log10", "log2", "sqrt"):
    f = getattr(np.emath, name)
    beside(f"emath.{name}", f, lambda x, f=f: f(-x))
beside("emath.power", lambda x: np.emath.power(x, 0.5), lambda x: np.emath.power(-x, x))
METHODS = (
    "sum mean prod max min std var cumsum cumprod ravel flatten transpose squeeze round conj argmax any all"
)
for name in f"{METHODS} trace diagonal nonzero tolist copy".split():
    beside(f".{name}", lambda x, name=name: getattr(x * 1.0, name)())

# ------------------------------------------------------------------------------------------------------------
# Products
# ------------------------------------------------------------------------------------------------------------

OTHERS = [np.ones(s) * 0.7 for s in ((), (2,), (3,), (0,), (1, 3), (3, 2), (2, 3, 2))]
for name, f in {"kron": np.kron, "outer": np.outer, "inner": np.inner, "dot": np.dot}.items():
    beside(name, lambda x, f=f: f(x, x))
    beside(
        name, *[lambda x, f=f, a=a: f(x, a) for a in OTHERS], *[lambda x, f=f, a=a: f(a, x) for a in OTHERS]
    )
beside("vdot", lambda x: np.vdot(x, x), lambda x: np.vdot(x, 2.0))
beside("linalg.outer", lambda x: np.linalg.outer(x, x), lambda x: np.linalg.outer(x, [1.0, 2.0]))
beside(
    "tensordot",
    *[
        lambda x, axes=axes: np.tensordot(x, x, axes)
        for axes in (0, 1, 2, ([], []), ([0], [0]), (-1, -1), ([0, 1], [0, 1]))
    ],
)
PLANE = {
    (2,),
    (0, 2),
    (2, 3, 2),
    (0, 1, 2),
    (2, 0),
    (2, 3),
    (2, 0, 3),
    (),
}  # vectors of two components: refused
beside(
    "cross",
    lambda x: np.cross(x, x * x),
    lambda x: np.cross(x, [1.0, 2, 3]),
    lambda x: np.cross(x, x * x, axis=0),
    but=dict.fromkeys(range(3), PLANE),
)
beside(
    "einsum",
    *[lambda x, s=s: np.einsum(s, x) for s in ("...i->...", "ij->j", "ii->i", "ii", "i->i", "...i", "->")],
    *[lambda x, s=s: np.einsum(s, x, x) for s in ("...,...->...", "i,j", "ij,ij", "ij,jk", "...i,...i", ",")],
    but={2: {(0, 2), (2, 0)}, 3: {(3, 1), (1, 3)}},
)
beside(
    "matmul",
    lambda x: x @ x,
    lambda x: x @ np.ones(3),
    lambda x: np.ones((2, 3)) @ x,
    lambda x: x @ np.ones((0, 2)),
    lambda x: x @ np.swapaxes(x, -1, -2),
    but={0: NUMBER, 1: NUMBER, 2: NUMBER, 3: NUMBER, 4: NUMBER},
)
beside("vecdot", lambda x: np.vecdot(x, x), lambda x: np.vecdot(x, [1.0]))
for f in of_numpy("matvec"):
    beside("matvec", lambda x, f=f: f(np.ones((2, 3)), x), lambda x, f=f: f(x, x), lambda x, f=f: f(x, [1.0]))
for f in of_numpy("vecmat"):
    beside("vecmat", lambda x, f=f: f(x, np.ones((3, 2))), lambda x, f=f: f(x, x), lambda x, f=f: f([1.0], x))

# ------------------------------------------------------------------------------------------------------------
# Linear algebra
# ------------------------------------------------------------------------------------------------------------

SMALLEST = {(0, 2), (2, 0), (0, 0), (2, 0, 3), (0, 1, 2)}  # where the smallest singular value is none
for order in (None, 1, 2, -1, -2, np.inf, -np.inf, "fro", "nuc", 0, 3):
    beside(
        f"linalg.norm {order}",
        lambda x, order=order: np.linalg.norm(x, order),
        lambda x, order=order: np.linalg.norm(x, order, axis=-1),
        lambda x, order=order: np.linalg.norm(x, order, axis=(0, 1)),
        lambda x, order=order: np.linalg.norm(x, order, axis=0, keepdims=True),
        but=dict.fromkeys(range(4), SMALLEST) if order == -2 else None,
    )
beside(
    "linalg.vector_norm",
    lambda x: np.linalg.vector_norm(x),
    lambda x: np.linalg.vector_norm(x, axis=0, ord=3),
    lambda x: np.linalg.vector_norm(x, axis=(0, 1)),
    lambda x: np.linalg.vector_norm(x, ord=np.inf, axis=-1, keepdims=True),
)
for name in (
    "det",
    "inv",
    "slogdet",
    "pinv",
    "eigvalsh",
    "cholesky",
    "matrix_transpose",
    "trace",
    "diagonal",
):
    f = getattr(np.linalg, name)
    beside(f"linalg.{name}", f, lambda x, f=f: f(np.eye(3) * 2 + 0.1 * x))
beside("linalg.matrix_power", *[lambda x, k=k: np.linalg.matrix_power(x, k) for k in (-1, 0, 1, 3)])
beside(
    "linalg.solve",
    lambda x: np.linalg.solve(np.eye(3) + 0.1 * np.sum(x), x),
    lambda x: np.linalg.solve(np.eye(2) + x, np.ones(2)),
    lambda x: np.linalg.solve(x, x),
)
