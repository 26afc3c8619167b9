"""Every function that has a rule: forward, reverse, batched and nested derivatives agree, and its value is
NumPy's.

The transposition identity <u, J v> = <J' u, v> ties reverse mode to forward mode; central differences of the
function itself tie forward mode to the mathematics; all four nestings must give one Hessian. A function of
``RULES`` without a program here fails a test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy_points  # noqa: F401  (enters its programs)
import pytest
import rule_points

import hoad
from hoad.chainrules.scipy import stating
from hoad.chainrules.statements import OWN, Constant, Scalar

Program = Callable[[Any], Any]
rng = np.random.default_rng(7)
V = rng.uniform(0.3, 1.7, 4)
W = rng.normal(size=4)
M = rng.normal(size=(3, 4))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
T = rng.normal(size=(2, 3, 4))
Q = 2 * np.eye(3) + 0.2 * rng.normal(size=(3, 3))
INDEX = np.array([2, 0, 3])


def spd(x: Any) -> Any:
    return x @ np.swapaxes(x, -1, -2) + np.eye(3)


def written(function: Any, *args: Any) -> Program:
    def program(x: Any) -> Any:
        out = x * 1.0
        function(out, *[a(x) if callable(a) else a for a in args])
        return out * x

    return program


PROGRAMS: dict[Any, list[tuple[Program, Any]]] = {
    np.absolute: [(np.abs, W)],
    np.real: [(lambda x: np.real(x * (1 + 2j)), W)],
    np.imag: [(lambda x: np.imag(x * (1 + 2j)) + np.imag(x), W)],
    np.conjugate: [(lambda x: np.real(np.conj(x * (1 + 2j)) * (3 - 1j)), W)],
    np.angle: [(lambda x: np.angle(x + 1j, deg=True), W)],
    np.real_if_close: [(lambda x: np.real_if_close(x * (1 + 0j)), W)],
    np.float_power: [(lambda x: np.float_power(x, 2.5), V)],
    np.divmod: [(lambda x: divmod(x, 0.3)[1] + np.divmod(x, 0.4)[1], V)],
    np.modf: [(lambda x: np.modf(3 * x)[0], V)],
    np.ldexp: [(lambda x: np.ldexp(x, 3), V)],
    np.frexp: [(lambda x: np.frexp(x)[0], V)],
    np.clip: [(lambda x: np.clip(x, 0.5, 1.1), V), (lambda x: np.clip(W, None, x), V)],
    np.nan_to_num: [(lambda x: np.nan_to_num(x * x), V)],
    np.sinc: [(np.sinc, V)],
    np.where: [(lambda x: np.where(x > 1, x**2, 3 * x), V), (lambda x: np.where(M > 0, x, 1.0), V)],
    np.select: [(lambda x: np.select([x > 1.2, x > 0.7], [x**2, -x], 5.0), V)],
    np.piecewise: [(lambda x: np.piecewise(x, [x < 1, x >= 1], [np.sin, lambda t: t**2]), V)],
    np.take: [
        (lambda x: np.take(x, [[0, 1], [5, 2]]), M),
        (lambda x: np.take(x, INDEX, axis=-1), M),
        (lambda x: np.take(x, [-5, 9], mode="wrap"), V),
    ],
    np.take_along_axis: [(lambda x: np.take_along_axis(x, np.argsort(M, axis=1), axis=1), M)],
    np.compress: [(lambda x: np.compress([True, False, True], x, axis=0), M)],
    np.extract: [(lambda x: np.extract(M > 0, x), M)],
    np.diagonal: [(lambda x: np.diagonal(x, 1), M), (lambda x: np.diagonal(x, 0, 0, 2), T)],
    np.diag: [(lambda x: np.diag(x, -1), V), (lambda x: np.diag(x, 1), M)],
    np.diagflat: [(lambda x: np.diagflat(x, 1), V)],
    np.tril: [(lambda x: np.tril(x, 1), M)],
    np.triu: [(lambda x: np.triu(x, -1), T)],
    np.trace: [(lambda x: np.trace(x, 1), M), (lambda x: np.trace(x, axis1=1, axis2=2), T)],
    np.sort: [(np.sort, V), (lambda x: np.sort(x, axis=0), M), (lambda x: np.sort(x, axis=None), M)],
    np.partition: [(lambda x: np.partition(x, 2), V)],
    np.unique: [(np.unique, M)],
    np.reshape: [(lambda x: np.reshape(x, (2, -1)) ** 2, M), (lambda x: np.reshape(x, (4, 3), order="F"), M)],
    np.transpose: [(lambda x: np.transpose(x, (2, 0, 1)), T), (np.transpose, M)],
    np.broadcast_to: [(lambda x: np.broadcast_to(x, (2, 3, 4)), V)],
    np.ravel: [(np.ravel, M), (lambda x: np.ravel(x, order="F"), M)],
    np.squeeze: [(lambda x: np.squeeze(x[:, None, :], 1), M)],
    np.expand_dims: [(lambda x: np.expand_dims(x, (0, 2)), M), (lambda x: np.expand_dims(x, -1), M)],
    np.swapaxes: [(lambda x: np.swapaxes(x, 0, -1), T)],
    np.matrix_transpose: [(np.matrix_transpose, T)],
    np.linalg.matrix_transpose: [(np.linalg.matrix_transpose, T)],
    np.moveaxis: [(lambda x: np.moveaxis(x, (0, 1), (-1, 0)), T)],
    np.rollaxis: [(lambda x: np.rollaxis(x, 2, 1), T)],
    np.flip: [(np.flip, M), (lambda x: np.flip(x, 1), T)],
    np.flipud: [(np.flipud, M)],
    np.fliplr: [(np.fliplr, M)],
    np.roll: [(lambda x: np.roll(x, 2), M), (lambda x: np.roll(x, (1, -2), (0, 1)), M)],
    np.rot90: [(lambda x, k=k: np.rot90(x, k), M) for k in range(-1, 3)],
    np.tile: [(lambda x: np.tile(x, (2, 1, 3)), M)],
    np.repeat: [(lambda x: np.repeat(x, 2), M), (lambda x: np.repeat(x, [1, 0, 2], axis=0), M)],
    np.copy: [(np.copy, M)],
    np.atleast_1d: [(lambda x: np.atleast_1d(x[0]), V)],
    np.atleast_2d: [(lambda x: np.atleast_2d(x), V)],
    np.atleast_3d: [(np.atleast_3d, V), (np.atleast_3d, M)],
    np.concatenate: [
        (lambda x: np.concatenate([x, M, x**2], axis=1), M),
        (lambda x: np.concatenate([x, V], axis=None), M),
    ],
    np.stack: [(lambda x: np.stack([x, x**2, M], axis=1), M)],
    np.vstack: [(lambda x: np.vstack([x, x**2]), V)],
    np.hstack: [(lambda x: np.hstack([x, x**2]), M)],
    np.dstack: [(lambda x: np.dstack([x, x**2]), M)],
    np.column_stack: [(lambda x: np.column_stack([x, x**2]), V)],
    np.append: [(lambda x: np.append(x, x[:1] ** 2, axis=0), M), (lambda x: np.append(x, 1.0), M)],
    np.block: [(lambda x: np.block([[x, x**2], [np.ones((1, 8))]]), M)],
    np.broadcast_arrays: [(lambda x: np.broadcast_arrays(x, M)[0], V)],
    np.array_split: [(lambda x: np.array_split(x, 3)[1], V)],
    np.split: [(lambda x: np.split(x, [1, 3], axis=1)[1], M)],
    np.vsplit: [(lambda x: np.vsplit(x, 3)[1], M)],
    np.hsplit: [(lambda x: np.hsplit(x, 2)[1], M)],
    np.zeros_like: [(lambda x: np.zeros_like(x) + x, M)],
    np.empty_like: [(written(lambda out: np.empty_like(out).shape), V)],
    np.ones_like: [(lambda x: np.ones_like(x) * x, M)],
    np.full_like: [(lambda x: np.full_like(x, x[0]) * x, V)],
    np.linspace: [(lambda x: np.linspace(x[0], x[1], 5, axis=0), M)],
    np.copyto: [(written(np.copyto, lambda x: x**2), V)],
    np.put: [(written(np.put, [0, 2], lambda x: x[1:3]), V)],
    np.putmask: [(written(np.putmask, W > 0, lambda x: x**2), V)],
    np.place: [(written(np.place, W > 0, lambda x: x[:1]), V)],
    np.fill_diagonal: [(written(np.fill_diagonal, lambda x: x[0, 0] ** 2), S)],
    np.put_along_axis: [(written(np.put_along_axis, np.array([[1], [0], [2]]), lambda x: x[:, :1], 1), M)],
    np.sum: [
        (np.sum, M),
        (lambda x: np.sum(x, axis=(0, 2), keepdims=True), T),
        (lambda x: np.sum(x, axis=1, where=M > 0, initial=2.0), M),
    ],
    np.cumsum: [(np.cumsum, M), (lambda x: np.cumsum(x, axis=0), M)],
    np.mean: [(lambda x: np.mean(x, axis=1), M), (lambda x: np.mean(x, where=M > 0), M)],
    np.average: [(lambda x: np.average(x, axis=0, weights=[1, 2, 3]), M), (lambda x: np.average(M, weights=x), M**2)],
    np.var: [(lambda x: np.var(x, axis=(0, 2), ddof=1), T), (lambda x: np.var(x, where=M > 0), M)],
    np.std: [(lambda x: np.std(x, axis=1, ddof=1), M), (lambda x: np.std(x, where=M > 0), M)],
    np.ptp: [(lambda x: np.ptp(x, axis=0), M)],
    np.diff: [(lambda x: np.diff(x, 2), M), (lambda x: np.diff(x, axis=0, prepend=0.0), M)],
    np.prod: [(np.prod, V), (lambda x: np.prod(x, axis=(0, 2)), T), (lambda x: np.prod(x, where=W > 0), V)],
    np.cumprod: [(np.cumprod, V), (lambda x: np.cumprod(x, axis=1), M)],
    np.max: [(np.max, M), (lambda x: np.max(x, axis=1, keepdims=True, initial=0.1), M)],
    np.min: [(np.min, M), (lambda x: np.min(x, axis=(0, 1), where=T > 0, initial=9.0), T)],
    np.maximum.accumulate: [(np.maximum.accumulate, V)],
    np.median: [(np.median, V), (lambda x: np.median(x, axis=0), M)],
    np.nansum: [(np.nansum, M)],
    np.nanprod: [(np.nanprod, V)],
    np.nanmax: [(np.nanmax, V)],
    np.nanmin: [(np.nanmin, V)],
    np.nanmean: [(lambda x: np.nanmean(x, axis=0), M)],
    np.matmul: [
        (lambda x: x @ x, S),
        (lambda x: x @ V, M),
        (lambda x: W @ x, V),
        (lambda x: M @ x, V),
        (lambda x: np.matmul(T, x), rng.normal(size=(2, 4, 2))),
        (lambda x: np.matmul(x, W), T),
        (lambda x: np.matmul(x, np.swapaxes(T, 1, 2)), M),
    ],
    np.einsum: [
        (lambda x: np.einsum("ij,kj->ik", x, M), M),
        (lambda x: np.einsum("ii->i", x), S),
        (lambda x: np.einsum("ii", x), S),
        (lambda x: np.einsum("...i,...i", x, T), T),
        (lambda x: np.einsum("ij,jk,k", M, x, W), rng.normal(size=(4, 4))),
        (lambda x: np.einsum(x, [0, 1], M, [0, 1], [1]), M),
        (lambda x: np.einsum("i,j->ij", x, x), V),
    ],
    np.dot: [(lambda x: np.dot(x, np.swapaxes(T, 1, 2)), M), (lambda x: np.dot(x, 2.0), M), (lambda x: np.dot(x, x), V)],
    np.inner: [(lambda x: np.inner(x, M), M)],
    np.outer: [(lambda x: np.outer(x, W), V)],
    np.linalg.outer: [(lambda x: np.linalg.outer(x, x), V)],
    np.vdot: [(lambda x: np.vdot(x, M), M)],
    np.vecdot: [(lambda x: np.vecdot(x, M), M)],
    np.linalg.vecdot: [(lambda x: np.linalg.vecdot(x, M, axis=0), M)],
    np.tensordot: [(lambda x: np.tensordot(x, T, ((0, 1), (1, 2))), M), (lambda x: np.tensordot(x, x, 0), V)],
    np.linalg.tensordot: [(lambda x: np.linalg.tensordot(x, M.T, axes=1), M)],
    np.kron: [(lambda x: np.kron(x, S), M)],
    np.cross: [(lambda x: np.cross(x, S), S)],
    np.linalg.cross: [(lambda x: np.linalg.cross(S, x), S)],
    np.linalg.matmul: [(lambda x: np.linalg.matmul(x, M), S)],
    np.linalg.multi_dot: [(lambda x: np.linalg.multi_dot([x, S, M]), S)],
    np.convolve: [(lambda x, how=mode: np.convolve(x, [1.0, 2.0, -1.0], how), V) for mode in ("full", "same", "valid")],
    np.linalg.inv: [(np.linalg.inv, S), (np.linalg.inv, np.stack([S, S.T + 1]))],
    np.linalg.solve: [(lambda x: np.linalg.solve(x, M), S), (lambda x: np.linalg.solve(S, x), M[:, 0])],
    np.linalg.det: [(np.linalg.det, S), (np.linalg.det, np.ones((3, 3)))],
    np.linalg.slogdet: [(lambda x: np.linalg.slogdet(x)[1], S)],
    np.linalg.cholesky: [(lambda x: np.linalg.cholesky(spd(x)), S), (lambda x: np.linalg.cholesky(spd(x), upper=True), S)],
    np.linalg.eigh: [(lambda x: np.linalg.eigh(spd(x))[1] ** 2, S), (lambda x: np.linalg.eigh(spd(x))[0], S)],
    np.linalg.eigvalsh: [(lambda x: np.linalg.eigvalsh(spd(x), "U"), S)],
    np.linalg.matrix_power: [(lambda x, n=n: np.linalg.matrix_power(x, n), Q) for n in (-2, 0, 3)],
    np.linalg.norm: [
        *[(lambda x, p=p: np.linalg.norm(x, p), W) for p in (None, 1, 2, 3, np.inf, -np.inf)],
        *[(lambda x, p=p: np.linalg.norm(x, p), M) for p in (None, "fro", 1, -1, np.inf, 2, -2, "nuc")],
        (lambda x: np.linalg.norm(x, axis=1, keepdims=True), M),
        (lambda x: np.linalg.norm(x, 1, axis=(0, 2)), T),
    ],
    np.linalg.trace: [(np.linalg.trace, S)],
    np.linalg.diagonal: [(np.linalg.diagonal, T)],
    np.linalg.vector_norm: [(np.linalg.vector_norm, M), (lambda x: np.linalg.vector_norm(x, axis=0, ord=3), M)],
    np.linalg.matrix_norm: [(np.linalg.matrix_norm, M)],
    np.round: [(lambda x: np.round(x, 1) * x, V)],
    np.around: [(lambda x: np.around(x, 1) * x, V)],
}  # fmt: skip
if hasattr(np, "matvec"):  # NumPy 2.2
    PROGRAMS[np.matvec] = [(lambda x: np.matvec(x, W), T)]
    PROGRAMS[np.vecmat] = [(lambda x: np.vecmat(x, M), rng.normal(size=3))]
QUESTIONS = {np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.result_type}
CREATORS = {
    np.zeros,
    np.empty,
    np.ones,
    np.full,
    np.array,
    np.asarray,
    np.asanyarray,
    np.ascontiguousarray,
    np.asfortranarray,
}
CASES = [
    pytest.param(f, x, id=f"{getattr(function, '__name__', function)}-{k}")
    for function, rows in PROGRAMS.items()
    for k, (f, x) in enumerate(rows)
]


def test_every_rule_has_a_program() -> None:
    """Elementwise rules are proved in ``test_rules.py``, questions and creators in ``test_values.py``."""
    known = set(PROGRAMS) | QUESTIONS | CREATORS | set(rule_points.PROGRAMS) | set(rule_points.CONSTANTS)
    known |= {function for function, rule in OWN.items() if rule is OWN[np.trapezoid]}  # it had another name
    assert [
        getattr(function, "__name__", function)
        for function, rule in OWN.items()
        if not isinstance(rule, (Constant, Scalar))
        and function not in known
        and function not in stating.FUNCTIONS  # proved in test_scipy_special.py
        and not (getattr(function, "__module__", None) or "").startswith("hoad")
    ] == []


def dot(a: Any, b: Any) -> float:
    return float(np.sum(np.asarray(a) * np.asarray(b)))


@pytest.mark.parametrize(("f", "x"), CASES)
def test_first_order(f: Program, x: Any) -> None:
    before, seeds = x.copy(), np.random.default_rng(3)
    v = seeds.normal(size=x.shape)
    y, dy = hoad.jvp(f, (x,), (v,))
    np.testing.assert_allclose(y, f(x), rtol=1e-13, atol=1e-14)
    u = seeds.normal(size=np.shape(y))[()]
    _, pullback = hoad.vjp(f, x)
    assert abs(dot(u, dy) - dot(pullback(u)[0], v)) <= 1e-12 * (1 + abs(dot(u, dy)))
    h = 1e-5
    quotient = (8 * (f(x + h * v) - f(x - h * v)) - (f(x + 2 * h * v) - f(x - 2 * h * v))) / (12 * h)
    np.testing.assert_allclose(dy, quotient, rtol=1e-7, atol=1e-8)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(("f", "x"), CASES)
def test_batched_and_nested(f: Program, x: Any) -> None:
    forward, reverse = (hoad.jacobian(f, x, mode=mode) for mode in ("forward", "reverse"))
    assert np.shape(forward) == np.shape(f(x)) + x.shape
    np.testing.assert_allclose(forward, reverse, rtol=1e-11, atol=1e-12)
    u = np.random.default_rng(4).normal(size=np.shape(f(x)))

    def scalar(x: Any) -> Any:
        return np.sum(u * np.sin(f(x)))

    hessians = [hoad.hessian(scalar, x, mode=mode) for mode in hoad.operators.hessians.MODES]
    for h in hessians[1:]:
        np.testing.assert_allclose(h, hessians[0], rtol=1e-9, atol=1e-9)
    v, h = np.random.default_rng(5).normal(size=x.shape), 1e-5
    quotient = (hoad.grad(scalar, x + h * v) - hoad.grad(scalar, x - h * v)) / (2 * h)
    np.testing.assert_allclose(hoad.hvp(scalar, x, v), quotient, rtol=1e-5, atol=1e-5)
