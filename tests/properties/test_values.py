"""Traced values in the hands of users, who treat them as the arrays that they stand for.

Each program is ordinary NumPy code. It is run on plain arrays first: its value is what traced values must
give, and its derivative is found by the complex step, with NumPy's own indexing, views and writes. Then it is
run in both modes, and twice.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

V = np.array([0.5, -1.25, 2.0])
M = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.25]])
S = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.25], [1.0, -0.5, 1.75]])
MODES = ["forward", "reverse"]
STEP = 2.0**-200

Program = Callable[[Any], Any]
PROGRAMS: list[tuple[Program, np.ndarray]] = []


def program(x: Any) -> Callable[[Program], Program]:
    """Enter a program, and the point at which it is run."""

    def enter(f: Program) -> Program:
        PROGRAMS.append((f, x))
        return f

    return enter


def complex_step(f: Program, x: np.ndarray) -> np.ndarray:
    """The Jacobian of an analytic program, from plain NumPy."""
    columns = []
    for k in range(x.size):
        moved = x.astype(complex).ravel()
        moved[k] += 1j * STEP
        columns.append(np.imag(np.asarray(f(moved.reshape(x.shape)))) / STEP)
    columns = np.stack(columns, axis=-1)
    return columns.reshape(*columns.shape[:-1], *x.shape)


# ------------------------------------------------------------------------------------------------------------
# Attributes and methods
# ------------------------------------------------------------------------------------------------------------


@program(M)
def shape_ndim_size(x: Any) -> Any:
    assert x.shape == (2, 3)
    assert x.ndim == 2
    assert x.size == 6
    assert len(x) == 2
    assert np.shape(x) == (2, 3)
    assert np.ndim(x) == 2
    assert np.size(x) == 6
    assert x[0, 0].shape == ()
    assert x[0, 0].ndim == 0
    assert x[0, 0].size == 1
    n, m = x.shape
    return x * x.size + x.ndim * n * m


@program(V)
def type_and_bytes(x: Any) -> Any:
    assert x.dtype in (np.float64, np.complex128)
    assert x.dtype.kind in "fc"
    assert x.itemsize == x.dtype.itemsize
    assert x.nbytes == 3 * x.itemsize
    out = np.empty(3, dtype=x.dtype) if not isinstance(x, hoad.nested.Traced) else np.empty_like(x)
    out[:] = x * x
    return out


@program(M)
def transposes(x: Any) -> Any:
    return x.T @ x + x.mT @ x + x.transpose() @ x + x.transpose(1, 0) @ x + x.transpose((1, 0)) @ x


@program(M)
def reshapes(x: Any) -> Any:
    a = x.reshape(3, 2)[0, 1] * x.reshape((6,))[4] + x.reshape(-1, 1)[3, 0] ** 2
    return a + x.ravel()[1] * x.flatten()[5] + x.reshape(2, -1)[1, 1] + x.reshape(6, order="F")[1] ** 2


@program(M)
def sums(x: Any) -> Any:
    parts = [x.sum(), x.sum(axis=0)[1], x.sum(1)[0], x.sum(axis=1, keepdims=True)[1, 0]]
    parts += [x.mean(), x.mean(axis=0)[2], x.prod(), x.cumsum()[3], x.cumsum(axis=1)[1, 2], x.cumprod()[2]]
    return np.stack(parts)


@program(S)
def matrix_methods(x: Any) -> Any:
    return np.stack([x.trace(), x.diagonal().sum(), x.dot(x)[0, 1], x.dot(x[0])[2], x[0].dot(x[1])])


@program(M)
def spreads(x: Any) -> Any:
    return np.stack([x.var(), x.var(axis=0)[1], x.std(), x.var(ddof=1), x.std(axis=1)[0]])


def spreads_right(x: Any) -> Any:
    """The complex step does not see through NumPy's var, which takes moduli."""

    def variance(x: Any, n: Any) -> Any:
        return np.sum((x - np.sum(x) / x.size) ** 2) / n

    return np.stack(
        [
            variance(x, 6),
            variance(x[:, 1], 2),
            np.sqrt(variance(x, 6)),
            variance(x, 5),
            np.sqrt(variance(x[0], 3)),
        ]
    )


@program(M)
def moves(x: Any) -> Any:
    y = x.swapaxes(0, 1)[2, 1] + x[:, None, :].squeeze()[1, 0] + x[None].squeeze(axis=0)[0, 1]
    return y * x.take([0, 4]).sum() + x.repeat(2, axis=1)[0, 3] * x.take(1, axis=1)[1]


@program(V)
def extremes(x: Any) -> Any:
    assert x.argmax() == 2
    assert x.argmin() == 1
    assert list(x.argsort()) == [1, 0, 2]
    assert bool(x.any())
    assert bool(x.all())
    return np.stack([x.max(), x.min(), x.clip(-1.0, 1.0)[0], x[x.argsort()][1], x.max() * x.min()])


@program(V)
def parts_of_real_numbers(x: Any) -> Any:
    return x.real * 2 + x.conj() * 1 + x.conjugate()


def parts_of_real_numbers_right(x: Any) -> Any:
    return 4 * x


@program(V)
def casts(x: Any) -> Any:
    return x.astype(x.dtype) * x.astype(complex if x.dtype.kind == "c" else float) + x.copy() * copy.copy(x)


@program(V)
def deep_copies(x: Any) -> Any:
    kept = copy.deepcopy({"a": x})
    kept["a"][0] = 7.0
    return x * kept["a"]


@program(V)
def items(x: Any) -> Any:
    return np.stack([x.item(0) * x.item(2), x[1].item() ** 2, x.item((1,)) * 3, x.sum().item()])


@program(M)
def lists(x: Any) -> Any:
    rows = x.tolist()
    assert isinstance(rows, list)
    return rows[0][1] * rows[1][2] + sum(rows[1])


@program(M)
def flat_iteration(x: Any) -> Any:
    return sum(k * e**2 for k, e in enumerate(x.flat))


@program(V)
def fill_and_sort(x: Any) -> Any:
    a = x.copy()
    a.fill(x[1] ** 2)
    b = x.copy()
    b.sort()
    return a * b


# ------------------------------------------------------------------------------------------------------------
# Iteration and indexing
# ------------------------------------------------------------------------------------------------------------


@program(M)
def iteration(x: Any) -> Any:
    total = 0.0
    for row in x:
        for element in row:
            total = total + element**2 * len(row)
    first, second = x
    a, b, c = first
    *start, last = second
    return total + first @ second + a * b * c + start[0] * last


@program(M)
def comprehensions(x: Any) -> Any:
    return np.array([sum(row) * max(1, len(row)) for row in x]) + np.array(
        [a * b for a, b in zip(x[0, :2], x[1, :2], strict=True)]
    )


@program(V)
def enumerate_reversed_zip(x: Any) -> Any:
    return sum(k * a * b for k, (a, b) in enumerate(zip(reversed(list(x)), x, strict=True)))


@program(M)
def basic_indices(x: Any) -> Any:
    parts = [x[0, 1], x[-1, -2], x[1][2], x[0][-1], x[np.int64(1), 0], x[(0, 2)], x[..., 0][1], x[..., 1, 2]]
    return np.stack(parts) * np.arange(1.0, 9.0)


@program(M)
def slices(x: Any) -> Any:
    return (
        x[:, 1:] @ x[:, ::2].T
        + x[:, :-1] @ x[:, -2:].T
        + x[::-1, ::-1] @ x[:, -1:-4:-1].T
        + x[slice(None), slice(0, 2)] @ x[0:2, 0:2]
        + x[:2, 5:].sum()
    )


@program(V)
def new_axes(x: Any) -> Any:
    return x[:, None] * x[None, :] + x[np.newaxis] * x[..., None] + x[None, ..., None][0]


@program(M)
def ellipses(x: Any) -> Any:
    return x[...] * x[..., :] * x[:, ...] + x[0, ...] + x[..., 2:]


@program(M)
def fancy_indices(x: Any) -> Any:
    a = x[[0, 1, 0], [2, 1, 2]] * x[np.array([1, 1, 0]), 0]
    b = x[:, [0, 0, 2]] + x[[1, 0]] * x[np.ix_([0, 1], [2, 1, 0])]
    return a.sum() * b + x[np.array([[0, 1, 1], [1, 0, 0]]), np.array([0, 1, 2])]


@program(M)
def boolean_indices(x: Any) -> Any:
    mask = x > 0
    assert mask.dtype == bool
    chosen = x[mask]
    assert chosen.shape == (4,)
    rows = x[np.array([True, False])]
    columns = x[:, np.array([True, False, True])]
    return chosen.sum() * chosen[1] + rows[0, 1] * columns[1, 1] + x[x[:, 0] > 1][0, 1] + x[0, x[0] < 0][0]


@program(M)
def indices_by_argmax(x: Any) -> Any:
    k = np.argmax(x[0])
    order = np.argsort(x[1])
    return x[1, k] * x[0, order][0] + x[np.unravel_index(3, x.shape)] * x[np.nonzero(x[:, 0] > 1)[0][0], 2]


@program(V)
def a_traced_mask_of_a_plain_array(x: Any) -> Any:
    table = np.array([10.0, 20.0, 30.0])
    return x * table[x > 0].sum() + table[np.argmax(x)] * x[0]


# ------------------------------------------------------------------------------------------------------------
# Comparisons, truth, text
# ------------------------------------------------------------------------------------------------------------


@program(V)
def branches(x: Any) -> Any:
    y = x[0] * 3 if x[0] > 0 else x[0]
    y = y * 2 if x[1] >= 0 else y + x[1] ** 2
    if x[0] < x[2] <= 5.0 and x[2] != x[0]:
        y = y * x[2]
    if np.all(x != 0) and np.any(x > 1) and x[1] != 3:
        y = y + 1
    while y.real < 100:
        y = y * 2
    return y


@program(V)
def truth(x: Any) -> Any:
    assert bool(x[0])
    assert x[0]
    assert not x[0] * 0
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x > 0)
    return x[0] or x[1]


@program(V)
def comparisons(x: Any) -> Any:
    for mask in (
        x > 0,
        x >= 0.25,
        -x < 0,
        np.greater(x, 0),
        np.array([0.0, 0, 0]) < x,
        np.logical_and(x > 0, x < 9),
    ):
        assert isinstance(mask, np.ndarray)
        assert list(mask) == [True, False, True]
    assert list(x == x * 1.0) == [True, True, True]
    assert list(x.real == x.real[0]) == [True, False, False]
    assert list(x.real != x.real[0]) == [False, True, True]
    assert x.real[0] in x.real
    assert 7.0 not in x
    assert np.allclose(x, V, atol=1e-4)
    assert np.array_equal(x, x * 1.0)
    assert np.isfinite(x).all()
    return x * (x > 0) + 2 * x * ~(x > 0) + (x < 0) * x


@program(V)
def maxima_of_python(x: Any) -> Any:
    ordered = sorted(x, key=lambda e: e.real)
    assert [e.real == y.real for e, y in zip(ordered, x[[1, 0, 2]], strict=True)] == [True] * 3
    low = min(x, key=lambda e: e.real)
    high = max(list(x), key=lambda e: e.real)
    return low * high + sum(x) + sum(list(x), 10.0)


# ------------------------------------------------------------------------------------------------------------
# Arithmetic with everything that stands beside an array
# ------------------------------------------------------------------------------------------------------------


@program(V)
def operators(x: Any) -> Any:
    y = +x + 1 - x * 2.0 / 3 + 5 / (x + 4) - (-x) * 2 + 1 - x
    return y + x**2 + x**3.0 + 2**x + (x + 3) ** x + (3 - x)


@program(V)
def numpy_scalars(x: Any) -> Any:
    a = np.float64(2.0) * x + np.float32(0.5) * x - np.int64(3) - x
    b = np.float64(2.0) * x[0] + np.float64(3) / x[1] - np.float64(1) + np.float64(1) - x[2] ** np.int64(2)
    return a * b + np.float64(2) ** x[0] + np.array(2.0) * x


@program(V)
def plain_arrays(x: Any) -> Any:
    c, m = np.array([1.0, 2.0, 3.0]), np.arange(6.0).reshape(2, 3)
    return np.concatenate(
        [c * x + x * c - c - x + c / (x + 5), m @ x, x @ m.T, np.stack([c @ x, x @ c]), (m * x).ravel(), c**x]
    )


@program(V)
def lists_and_tuples(x: Any) -> Any:
    return [1.0, 2.0, 3.0] + x + (4, 5, 6) * x - [x[0], 1.0, x[2]] / (x + 3) + np.add([1, 2, 3], x)


@program(V)
def lists_with_the_variable_in_them(x: Any) -> Any:
    mixed = [x[0], 1.0, x[2] ** 2]
    return np.stack(
        [mixed * x, x / mixed, np.multiply(mixed, x), np.maximum(x, mixed), x - (x[1], x[0], 5.0)]
    )


@program(V)
def lists_with_the_variable_in_functions(x: Any) -> Any:
    mixed = [x[0], 1.0, x[2] ** 2]
    a = np.dot(mixed, x) + np.inner(x, mixed) + np.einsum("i,i->", mixed, x) + np.vdot(np.conj(mixed), x)
    b = (
        np.where([True, False, True], mixed, x)
        + np.append(x[:2], [x[0]])
        + np.concatenate([x[:1], [x[1], x[0]]])
    )
    c = np.subtract.outer(x, mixed)[1] + np.cross(x, mixed) + np.add.outer([x[2], 1.0], x)[0]
    return a + b + c + np.hstack([x[:1], [x[2]], (x[0],)])


@program(V)
def matmul_with_lists(x: Any) -> Any:
    return x @ [1.0, 2.0, 3.0] * np.dot([1.0, x[0], 2.0], x)


@program(V)
def remainders(x: Any) -> Any:
    return x % 0.75 + x // 0.75 * x + divmod(x, 0.75)[1] + 7.5 % (x + 3) + abs(x) + round(x[2] + 0.2)


def remainders_right(x: Any) -> Any:
    quotient, other = np.floor(V / 0.75), np.floor(7.5 / (V + 3))
    return 2 * (x - quotient * 0.75) + quotient * x + 7.5 - other * (x + 3) + np.sign(V) * x + 2.0


# ------------------------------------------------------------------------------------------------------------
# Arrays built from pieces
# ------------------------------------------------------------------------------------------------------------


@program(V)
def arrays_of_scalars(x: Any) -> Any:
    a = np.array([x[0], x[1] * 2, x[2]])
    b = np.array([[x[0], 1.0], [x[2], x[1] ** 2]])
    return np.sin(a) * 2 + (b @ b)[0, 1] + b.T[1, 0] + np.exp(a).sum() + (b * 2 + x[0] - b / x[1]).sum()


@program(V)
def arrays_of_arrays(x: Any) -> Any:
    a = np.array([x, 2 * x])
    b = np.asarray([x * x, x])
    return a * b + np.array([x[:2] @ x[1:], 1.0])[:, None]


@program(V)
def an_array_of_one_value(x: Any) -> Any:
    return np.array(x) * np.asarray(x) + np.array(x[0]) * x + np.array([x])[0]


@program(V)
def object_arrays_are_returned_packed(x: Any) -> Any:
    return np.array([x[0] * x[1], x[2] ** 2])


@program(V)
def object_arrays_in_functions(x: Any) -> Any:
    a = np.array([x[0], x[1], x[2] * 2])
    return (
        np.sin(a)
        + np.cumsum(a)
        + np.dot(a, a)
        + np.linalg.norm(a) * 0
        + np.where([True, False, True], a, x)
        + a[::-1]
        + np.array([a[0] * 1.0])
        + np.sqrt(a + 9)
    )


def object_arrays_in_functions_right(x: Any) -> Any:
    a = np.array([x[0], x[1], x[2] * 2])
    reverse, flags = a[::-1], np.array([1, 0, 1])
    return np.sin(a) + np.cumsum(a) + a @ a + flags * a + (1 - flags) * x + reverse + a[0] + np.sqrt(a + 9)


@program(V)
def joined(x: Any) -> Any:
    a = np.stack([x, x**2, np.ones(3)])
    b = np.concatenate([x[:1], np.array([2.0]), [x[2]], x[1] * np.ones(2)])
    c = np.hstack([x, 1.0, x[0]]) * np.append(x, [1.0, 2.0])
    d = np.vstack([x, x * 2]).sum(axis=0)
    e = np.block([[x, x[:1]], [np.ones(2), x[:2]]])
    f = np.column_stack([x, x**3])[2, 1] + np.r_[1.0, 2.0] @ x[:2]
    return a.sum() * b + c + d[1] + e[0, 3] * f + np.stack((x[0], x[1]), axis=0)[1]


@program(V)
def chosen(x: Any) -> Any:
    a = np.where(x > 0, x**2, -3 * x) + np.where(True, x, 0.0)
    b = np.select([x > 1, x > 0], [x**3, 2 * x], default=x[0] * 7)
    c = np.piecewise(x, [x < 0, x >= 0], [lambda t: -t * t, lambda t: t**3])
    d = np.piecewise(x, [x < 0], [2.0, lambda t: 5 * t])
    return a * b + c + d


@program(V)
def created_like(x: Any) -> Any:
    a = np.zeros(3, like=x) if isinstance(x, hoad.nested.Traced) else np.zeros(3, dtype=x.dtype)
    b, c = np.ones_like(x), np.empty_like(x)
    d = np.full_like(x, x[0] * 2)
    a[1] = x[2]
    b[0] = x[1]
    c[...] = x
    return a + b * x + c * d + np.full_like(x, 2.0) * x + np.zeros_like(x) + np.eye(3) @ x


@program(V)
def evenly_spaced(x: Any) -> Any:
    return (
        np.linspace(x[0], x[2], 5) ** 2
        + np.linspace(0.0, x[1], 5)
        + np.linspace(x[0], 1.0, 5, endpoint=False)
    )


@program(V)
def contractions(x: Any) -> Any:
    m = np.outer(x, x) + np.eye(3)
    return (
        np.einsum("ij,jk,k->i", m, m, x)
        + np.tensordot(m, x, axes=1)
        + np.inner(x, x)
        + np.vdot(x.real if x.dtype.kind == "f" else x.conj(), x)
        + np.kron(x[:1], x)
        + np.cross(x, np.array([1.0, 2.0, 3.0]))
        + np.linalg.solve(m, x)
        + np.linalg.inv(m)[0]
        + np.linalg.det(m)
    )


# ------------------------------------------------------------------------------------------------------------
# Writing in place
# ------------------------------------------------------------------------------------------------------------


@program(V)
def fill_by_loop(x: Any) -> Any:
    out = np.zeros_like(x)
    for k in range(3):
        out[k] = x[k] * x[k - 1] + (out[k - 1] if k else 0.0)
    return out


@program(V)
def accumulate_in_place(x: Any) -> Any:
    out = np.zeros_like(x)
    out += x
    out *= x
    out -= 1.0
    out /= x + 5
    out **= 2
    out[1] += x[0]
    out[:2] *= x[1]
    out[[0, 2]] -= x[1] ** 2
    return out


@program(S)
def matmul_in_place(x: Any) -> Any:
    y = x.copy()
    y @= x
    y @= np.eye(3) + 1.0
    return y


@program(V)
def overwritten_input(x: Any) -> Any:
    y = x[0] ** 2
    x[0] = x[1] * y
    x[2] = 5.0
    x *= 2
    return x * y


@program(V)
def read_then_overwritten(x: Any) -> Any:
    out = x * 1.0
    before = out[0] * out[1]
    held = out * 2
    out[0] = 7.0
    out[:] = out**2
    return before + held + out


@program(V)
def aliases(x: Any) -> Any:
    a = x * 2
    b = a
    b[0] = x[2] ** 2
    c = a[:]
    c[1] = x[0]
    return a * 1.0


@program(M)
def row_views(x: Any) -> Any:
    out = x * 1.0
    row = out[0]
    row[1] = x[1, 2] ** 2
    row *= 2
    second = out[1]
    out[1, 0] = x[0, 0] * 5
    return out * np.sum(second)


@program(M)
def views_of_views(x: Any) -> Any:
    out = x * 1.0
    inner = out[1][1:]
    inner[0] = x[0, 0] ** 2
    middle = out[:, 1]
    middle[...] = middle * middle
    out[0, 1] += 3.0
    return out + middle[0] * inner[1]


@program(M)
def writes_through_transposes(x: Any) -> Any:
    out = np.zeros_like(x)
    out.T[...] = x.T * 2
    out.T[2, 1] = x[0, 0] ** 2
    turned = out.T
    out[0, 0] = x[1, 1]
    return turned @ out


@program(M)
def writes_through_reshapes(x: Any) -> Any:
    out = x * 1.0
    out.reshape(-1)[4] = x[0, 1] * 3
    flat = out.reshape(-1)
    flat[0] = x[1, 0] ** 2
    out.ravel()[5] = x[0, 0]
    out[1, 1] *= 2
    return out * flat[4]


@program(M)
def writes_through_swapped_axes_and_squeezes(x: Any) -> Any:
    out = x * 1.0
    out.swapaxes(0, 1)[0, 1] = x[0, 0] * x[1, 1]
    out[None].squeeze()[0, 2] = x[1, 2] ** 2
    np.moveaxis(out, 0, 1)[1, 0] = 4.0
    return out


@program(M)
def writes_by_slice_and_broadcast(x: Any) -> Any:
    out = np.zeros_like(x)
    out[:, 0] = x[:, 1]
    out[0, 1:] = x[1, 2]
    out[...] += x[0]
    out[1] = 3.0
    out[:, ::2] = x[:, 1:] ** 2
    out[::-1, 1] = x[:, 0]
    return out


@program(M)
def writes_by_fancy_index_and_mask(x: Any) -> Any:
    out = x * 1.0
    out[[0, 1], [2, 0]] = x[0, :2] ** 2
    out[out < 0] = 0.0
    out[x > 1] = x[0, 0]
    out[:, [0, 1]] = out[:, [1, 0]] * 2
    out[np.array([True, False])] += x[1]
    return out


@program(V)
def repeated_positions(x: Any) -> Any:
    out = x * 1.0
    out[[0, 0, 1]] = x  # the last write to a position stands
    out[[2, 2]] += x[:2]
    return out


@program(V)
def writes_of_object_arrays_and_lists(x: Any) -> Any:
    out = np.zeros_like(x)
    out[:2] = [x[1], x[0] * 2]
    out[1:] += np.array([x[2], 1.0])
    out[0] = np.array([x[1] ** 2])[0]
    return out


@program(V)
def a_swap(x: Any) -> Any:
    y = x * 1.0
    y[0], y[1] = y[1], y[0]
    y[[1, 2]] = y[[2, 1]]
    return y * np.array([1.0, 10.0, 100.0])


@program(V)
def unary_updates_of_scalars(x: Any) -> Any:
    total = x[0]
    kept = total
    total += x[1]
    total *= total
    total -= 1
    total /= x[2]
    total **= 2
    return total * kept


@program(V)
def a_buffer_used_again(x: Any) -> Any:
    buffer, total = np.zeros_like(x), 0.0
    for k in range(3):
        buffer[:] = x * k
        buffer[k] = x[0] ** 2
        total = total + np.sum(buffer**2)
    return total


@program(S)
def cholesky_by_hand(x: Any) -> Any:
    a = x @ x.T + 3 * np.eye(3)
    low = np.zeros_like(a)
    for i in range(3):
        for j in range(i + 1):
            rest = a[i, j] - low[i, :j] @ low[j, :j]
            low[i, j] = np.sqrt(rest) if i == j else rest / low[j, j]
    return low


@program(S)
def elimination_by_hand(x: Any) -> Any:
    a = x + 3 * np.eye(3)
    b = x[0] * 1.0
    for k in range(3):
        for i in range(k + 1, 3):
            factor = a[i, k] / a[k, k]
            a[i] -= factor * a[k]
            b[i] -= factor * b[k]
    for k in reversed(range(3)):
        b[k] = (b[k] - a[k, k + 1 :] @ b[k + 1 :]) / a[k, k]
    return b


# ------------------------------------------------------------------------------------------------------------
# Functions of NumPy that write
# ------------------------------------------------------------------------------------------------------------


@program(V)
def out_arguments(x: Any) -> Any:
    out = np.zeros_like(x)
    np.multiply(x, x, out=out)
    result = np.add(out, 1.0, out=out)
    result[0] = x[2]
    np.sin(x, out)
    np.multiply(out, 2.0, out=(out,))
    return out * x


@program(V)
def where_arguments(x: Any) -> Any:
    out = x * 2
    np.multiply(x, x, out=out, where=x > 0)
    out[0] += np.sum(x, where=x < 0) ** 2
    return out


@program(V)
def ufunc_methods(x: Any) -> Any:
    table = np.add.outer(x, x**2) * np.multiply.outer(x, np.array([1.0, 2.0, 3.0]))
    return (
        table
        + np.add.reduce(x) * np.multiply.reduce(x + 4)
        + np.add.reduce(table, axis=1)
        + np.add.accumulate(x) * np.multiply.accumulate(x)
        + np.add.reduce(table, axis=(0, 1), keepdims=True)
        + np.subtract.outer(x, [x[0], 1.0, 2.0])
    )


@program(V)
def reductions_of_extremes(x: Any) -> Any:
    return np.maximum.reduce(x) * np.minimum.reduce(x) + np.maximum.reduce(np.stack([x, x[::-1]]))[0]


@program(V)
def add_at(x: Any) -> Any:
    out = x * 1.0
    np.add.at(out, [0, 0, 2], x)
    np.subtract.at(out, np.array([1, 1]), x[0] ** 2)
    np.add.at(out, (slice(0, 2),), 3.0)
    return out


@program(V)
def copies_to(x: Any) -> Any:
    out = np.zeros_like(x)
    np.copyto(out, x**2)
    np.copyto(out, x * 5, where=x > 1)
    return out * x


@program(M)
def broadcasts(x: Any) -> Any:
    a, b = np.broadcast_arrays(x, x[:, :1])
    return a * b + np.broadcast_to(x[0], (2, 3)) * x


@program(V)
def scalar_functions_of_numpy(x: Any) -> Any:
    a, b = x[0], x[2]
    return (
        np.sin(a) * np.exp(b) + a.sin() + b.sqrt()
        if isinstance(a, hoad.nested.Traced)
        else np.sin(a) * (np.exp(b) + 1) + np.sqrt(b)
    )


# ------------------------------------------------------------------------------------------------------------
# The checks
# ------------------------------------------------------------------------------------------------------------

IDS = [f.__name__ for f, _ in PROGRAMS]


def right_form(f: Program) -> Program:
    """What the program computes, in analytic form, where it is not analytic itself."""
    return globals().get(f.__name__ + "_right", f)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "x"), PROGRAMS, ids=IDS)
def test_value_and_jacobian(f: Program, x: np.ndarray, mode: str) -> None:
    before = x.copy()
    plain = np.asarray(f(x.copy()))
    value, jac = hoad.value_and_jacobian(f, x, mode=mode)
    assert np.shape(value) == plain.shape
    np.testing.assert_allclose(np.asarray(value, dtype=float), plain.astype(float), rtol=1e-14, atol=1e-14)
    right = complex_step(right_form(f), x)
    assert jac.dtype == np.float64
    assert jac.shape == right.shape
    np.testing.assert_allclose(jac, right, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(("f", "x"), PROGRAMS, ids=IDS)
def test_the_right_form_computes_the_same(f: Program, x: np.ndarray) -> None:
    if right_form(f) is not f:
        right = np.asarray(f(x.copy()), dtype=float)
        np.testing.assert_allclose(np.asarray(right_form(f)(x), dtype=float), right, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(("f", "x"), PROGRAMS, ids=IDS)
def test_second_derivatives_agree_in_all_nestings(f: Program, x: np.ndarray) -> None:
    """Along one direction, against central differences of the first derivative."""
    u = np.linspace(0.5, 1.5, x.size).reshape(x.shape)
    weights = np.cos(np.arange(np.size(f(x.copy()))) + 0.5).reshape(np.shape(f(x.copy())))

    def g(x: Any) -> Any:
        return np.sum(f(x) * weights)

    h = 1e-6
    right = (hoad.grad(g, x + h * u) - hoad.grad(g, x - h * u)) / (2 * h)
    results = {
        mode: hoad.hvp(g, x, u, mode=mode)
        for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
    }
    scale = 1.0 + np.max(np.abs(right))
    for mode, result in results.items():
        np.testing.assert_allclose(result / scale, right / scale, atol=1e-7, err_msg=mode)
        np.testing.assert_allclose(
            result / scale, results["forward-reverse"] / scale, atol=1e-13, err_msg=mode
        )


@pytest.mark.parametrize(("f", "x"), PROGRAMS, ids=IDS)
def test_a_batch_of_directions_agrees_with_one_at_a_time(f: Program, x: np.ndarray) -> None:
    jac = hoad.jacobian(f, x, mode="forward")
    for k in range(x.size):
        direction = np.zeros(x.size)
        direction[k] = 1.0
        change = hoad.jvp(f, (x,), (direction.reshape(x.shape),))[1]
        np.testing.assert_allclose(change, jac.reshape(*np.shape(change), -1)[..., k], rtol=1e-13, atol=1e-13)


# ------------------------------------------------------------------------------------------------------------
# What the programs above can't say
# ------------------------------------------------------------------------------------------------------------


def seen_by(mode: str, f: Program, x: Any) -> None:
    """Run a function on a traced value of each kind."""
    if mode == "forward":
        hoad.jvp(f, (x,), (x,))
    else:
        hoad.vjp(f, x)


@pytest.mark.parametrize("mode", MODES)
def test_text(mode: str) -> None:
    def f(x: Any) -> Any:
        assert f"{x[0]:.3f} {x[1]:+8.2e}" == f"{V[0]:.3f} {V[1]:+8.2e}"
        assert f"{x[0]}" == f"{V[0]}"
        assert str(x) == str(V)
        assert f"{x}" == f"{V}"
        assert "0.5" in repr(x[0])
        assert "-1.25" in repr(x)
        assert format(x[0], ".2f") == "0.50"
        return x

    seen_by(mode, f, V)


@pytest.mark.parametrize("mode", MODES)
def test_text_of_numbers(mode: str) -> None:
    def f(x: Any) -> Any:
        assert f"{x:.3f}" == "0.500"
        assert str(x) == "0.5"
        assert "0.5" in repr(x)
        return x

    seen_by(mode, f, 0.5)


@pytest.mark.parametrize("mode", MODES)
def test_printing_is_possible(mode: str, capsys: Any) -> None:
    seen_by(mode, lambda x: print(x, x[0]) or x, V)
    assert capsys.readouterr().out == f"{V} {V[0]}\n"


@pytest.mark.parametrize("mode", MODES)
def test_printing_below_two_levels(mode: str, capsys: Any) -> None:
    seen_by(mode, lambda x: hoad.grad(lambda y: print(y * x) or y**2, x) * 1.0, 0.5)
    assert capsys.readouterr().out == "0.25\n"


@pytest.mark.parametrize("mode", MODES)
def test_numbers_have_no_length(mode: str) -> None:
    def f(x: Any) -> Any:
        with pytest.raises(TypeError):
            len(x)
        with pytest.raises(TypeError):
            iter(x)
        with pytest.raises((TypeError, IndexError)):
            x[0]
        return x

    seen_by(mode, f, 0.5)
    seen_by(mode, lambda x: f(x[0]), V)


@pytest.mark.parametrize("mode", MODES)
def test_numpys_own_errors(mode: str) -> None:
    def f(x: Any) -> Any:
        with pytest.raises(IndexError):
            x[3]
        with pytest.raises(IndexError):
            x[0, 0]
        with pytest.raises(IndexError):
            x[[0, 5]]
        with pytest.raises(IndexError):
            x[np.array([True, False])]
        with pytest.raises(IndexError):
            x[3] = 1.0
        with pytest.raises(IndexError):
            x[1.5]
        with pytest.raises(ValueError):
            x[:2] = x
        with pytest.raises(ValueError):
            x.reshape(2, 2)
        with pytest.raises(ValueError):
            x + np.ones(2)
        with pytest.raises(ValueError):
            x @ np.ones(2)
        with pytest.raises(ValueError):
            x += np.ones((2, 3))
        with pytest.raises(ValueError):
            np.concatenate([x, np.ones((2, 2))])
        with pytest.raises(ValueError):
            np.stack([x, np.ones(2)])
        with pytest.raises(ValueError):
            x.item()
        with pytest.raises(ValueError):
            _, _ = x
        with pytest.raises((ValueError, np.exceptions.AxisError)):
            x.sum(axis=1)
        with pytest.raises(TypeError):
            x + "text"
        with pytest.raises(TypeError):
            x * None
        with pytest.raises(AttributeError):
            _ = x.no_such_attribute
        return x * 2

    seen_by(mode, f, V)


@pytest.mark.parametrize("mode", MODES)
def test_comparison_with_other_things(mode: str) -> None:
    def f(x: Any) -> Any:
        assert (x[0] == "text") is False or not np.any(x[0] == "text")
        assert x is not None
        return x

    seen_by(mode, f, V)


@pytest.mark.parametrize("mode", MODES)
def test_zero_dimensional_arrays(mode: str) -> None:
    def f(x: Any) -> Any:
        y = x[()] * 2 + x[...] + x.reshape(1)[0] + x.sum() + x[None][0]
        out = np.zeros_like(x)
        out[...] = y
        out[()] += x
        return out**2

    value, jac = hoad.value_and_jacobian(f, np.array(3.0), mode=mode)
    assert value == 441.0
    assert jac == 294.0


@pytest.mark.parametrize("mode", MODES)
def test_real_and_imaginary_parts(mode: str) -> None:
    z = np.array([1 + 2j, 3 - 1j])

    def f(z: Any) -> Any:
        assert z.dtype == np.complex128
        assert z.real.dtype == np.float64
        assert z.imag.shape == (2,)
        assert np.iscomplexobj(z)
        return np.sum(z.real**2 * z.imag) + np.sum(np.real(z * z.conj())) + np.imag(z[0] * z[1])

    x, y = z.real, z.imag
    right = 2 * x * y + 1j * x**2 + 2 * z
    right += np.array([y[1] + 1j * x[1], y[0] + 1j * x[0]])
    if mode == "reverse":
        np.testing.assert_allclose(hoad.grad(f, z), right, rtol=1e-15)
    else:
        for d in (np.array([1.0, 0]), np.array([1j, 0]), np.array([0, 1.0 - 2j])):
            change = hoad.jvp(f, (z,), (d,))[1]
            assert change == pytest.approx(np.sum(right.real * d.real + right.imag * d.imag), rel=1e-15)


@pytest.mark.parametrize("mode", MODES)
def test_writing_complex_values(mode: str) -> None:
    def f(x: Any) -> Any:
        out = np.zeros_like(x, dtype=complex)
        assert out.dtype == np.complex128
        out[0] = x[0] + 1j * x[1]
        out[1:] = 1j * x[1:] ** 2
        return np.real(out * out.conj()) + np.imag(out)

    right = np.array([[2 * 0.5, 2 * -1.25 + 1, 0], [0, 4 * (-1.25) ** 3 - 2.5, 0], [0, 0, 4 * 8 + 4.0]])
    np.testing.assert_allclose(hoad.jacobian(f, V, mode=mode), right, rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_casting_to_integers_and_back_is_a_constant(mode: str) -> None:
    def f(x: Any) -> Any:
        k = x.astype(int)
        assert isinstance(k, np.ndarray)
        assert k.dtype.kind == "i"
        assert list(k) == [0, -1, 2]
        flags = x.astype(bool)
        assert flags.dtype == bool
        return x * k + flags

    np.testing.assert_array_equal(hoad.jacobian(f, V, mode=mode), np.diag([0.0, -1.0, 2.0]))


@pytest.mark.parametrize("mode", MODES)
def test_casting_to_single_precision_keeps_the_derivative(mode: str) -> None:
    def f(x: Any) -> Any:
        y = x.astype(np.float32)
        assert y.dtype == np.float32
        return y * y

    value, jac = hoad.value_and_jacobian(f, V, mode=mode)
    assert value.dtype == np.float32
    np.testing.assert_array_equal(jac, np.diag(2 * V))


@pytest.mark.parametrize("mode", MODES)
def test_integer_buffers_can_not_swallow_a_derivative(mode: str) -> None:
    def f(x: Any) -> Any:
        out = np.zeros_like(x, dtype=int)
        out[0] = x[0]
        return np.sum(out * 1.0)

    try:
        result = hoad.jacobian(f, V, mode=mode)
    except hoad.errors.HoadError as error:
        assert "int" in str(error)
    else:  # NumPy's meaning: the value is cut to 0, a constant
        np.testing.assert_array_equal(result, np.zeros(3))


@pytest.mark.parametrize("mode", MODES)
def test_fill_diagonal_works_or_says_why_not(mode: str) -> None:
    def f(x: Any) -> Any:
        out = np.outer(x, x)
        np.fill_diagonal(out, x[0])
        return out

    right = hoad.jacobian(lambda x: np.outer(x, x) * (1 - np.eye(3)) + np.eye(3) * x[0], V)
    try:
        result = hoad.jacobian(f, V, mode=mode)
    except hoad.errors.MissingRuleError as error:
        assert "fill_diagonal" in str(error)
    else:
        np.testing.assert_allclose(result, right, rtol=1e-15)


WRITES = [
    lambda out, x: np.put(out, [0, 2], x[:2]),
    lambda out, x: np.put_along_axis(out, np.array([1]), x[:1], 0),
    lambda out, x: np.place(out, np.array([True, False, True]), [x[0], x[1]]),
    lambda out, x: np.putmask(out, np.array([True, False, True]), x * 3),
    lambda out, x: out.put([0, 2], x[:2]),
    lambda out, x: np.multiply.at(out, [0, 0], x[:2]),
    lambda out, x: np.clip(x, 0.0, 1.0, out=out),
    lambda out, x: np.cumsum(x, out=out),
    lambda out, x: np.dot(np.diag(x), x, out=out),
    lambda out, x: np.matmul(np.diag(x), x, out=out),
    lambda out, x: np.concatenate([x[:1], x[1:] ** 2], out=out),
    lambda out, x: np.sum(np.outer(x, x), axis=0, out=out),
    lambda out, x: np.mean(np.outer(x, x), axis=0, out=out),
    lambda out, x: np.take(x, [2, 1, 0], out=out),
    lambda out, x: np.stack([x[0], x[1], x[0]], out=out),
    lambda out, x: np.einsum("i,i->i", x, x, out=out),
    lambda out, x: np.add.reduce(np.outer(x, x), axis=0, out=out),
    lambda out, x: np.add.accumulate(x, out=out),
    lambda out, x: np.max(np.outer(x, x), axis=0, out=out),
    lambda out, x: np.round(x + 0.2, out=out),
    lambda out, x: np.sin(x, out=out, where=np.array([True, False, True])),
    lambda out, x: np.choose(np.array([0, 1, 0]), [x, 2 * x], out=out),
    lambda out, x: np.partition(out, 1),
    lambda out, x: np.cumprod(x, out=out),
    lambda out, x: np.prod(np.outer(x, x), axis=0, out=out),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("write", WRITES, ids=range(len(WRITES)))
def test_every_function_that_writes_works_or_says_why_not(write: Any, mode: str) -> None:
    """To drop ``out=`` without a word, or to write values without their derivatives, is the wrong answer."""

    def f(x: Any) -> Any:
        out = x * 10.0
        write(out, x)
        return out

    try:
        value, jac = hoad.value_and_jacobian(f, V, mode=mode)
    except (hoad.errors.HoadError, TypeError, AttributeError) as error:
        assert str(error)  # refused, in words
    else:
        np.testing.assert_allclose(value, f(V.copy()), rtol=1e-14)
        h = 1e-6
        columns = [(f(V + h * e) - f(V - h * e)) / (2 * h) for e in np.eye(3)]
        np.testing.assert_allclose(jac, np.stack(columns, axis=-1), atol=1e-8)


@pytest.mark.parametrize("mode", MODES)
def test_vectorize(mode: str) -> None:
    right = np.diag([math.cos(v) for v in V])
    np.testing.assert_allclose(
        hoad.jacobian(np.vectorize(lambda t: np.sin(t), otypes=[object]), V, mode=mode), right
    )


@pytest.mark.parametrize("mode", MODES)
def test_object_arrays_of_any_shape_are_packed(mode: str) -> None:
    def f(x: Any) -> Any:
        grid = np.empty((2, 2), dtype=object)
        grid[0, 0] = x[0] * x[1]
        grid[0, 1] = 1.0
        grid[1, 0] = x[2]
        grid[1, 1] = 2
        return grid

    value, jac = hoad.value_and_jacobian(f, V, mode=mode)
    assert value.dtype == np.float64
    np.testing.assert_array_equal(value, [[-0.625, 1.0], [2.0, 2.0]])
    right = np.zeros((2, 2, 3))
    right[0, 0] = [-1.25, 0.5, 0.0]
    right[1, 0, 2] = 1.0
    np.testing.assert_array_equal(jac, right)


@pytest.mark.as_written
@pytest.mark.parametrize("mode", MODES)
def test_arithmetic_of_object_arrays(mode: str) -> None:
    """Before it is packed, an object array computes with its elements' own methods."""

    def f(x: Any) -> Any:
        a = np.array([x[0], x[1], x[2]])
        b = a * a + np.sin(a) / 2 - a @ a
        b[0] = x[1] * 3
        b = b + np.array([1.0, 2.0, 3.0]) * a
        assert b.dtype == object or isinstance(b, hoad.nested.Traced)
        return b.sum() + b[1] + np.sum(b**2)

    def g(x: Any) -> Any:
        b = x * x + np.sin(x) / 2 - x @ x
        b = np.concatenate([x[1:2] * 3, b[1:]]) + np.array([1.0, 2.0, 3.0]) * x
        return b.sum() + b[1] + np.sum(b**2)

    np.testing.assert_allclose(hoad.jacobian(f, V, mode=mode), complex_step(g, V), rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_scalars_in_python_containers(mode: str) -> None:
    def f(x: Any) -> Any:
        table = {"a": x[0], "b": [x[1], (x[2],)]}
        seen = {x[0]: 1, x[1]: 2}  # by identity
        assert len(seen) == 2
        total = table["a"] * table["b"][0] + table["b"][1][0] ** 2
        return total

    np.testing.assert_array_equal(hoad.jacobian(f, V, mode=mode), [-1.25, 0.5, 4.0])


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_a_write_of_an_inner_value_into_an_outer_buffer(outer: str, inner: str) -> None:
    """The buffer is made of the outer variable, and written to within the inner derivative."""

    def f(x: Any) -> Any:
        buffer = np.zeros_like(x)

        def g(y: Any) -> Any:
            buffer[0] = y[0] * x[1]
            buffer[1] = y[1] ** 2
            buffer[2] = x[2]
            return np.sum(buffer**2)  # y0**2 x1**2 + y1**4 + x2**2

        return hoad.jacobian(g, x, mode=inner)  # 2 x0 x1**2, 4 x1**3, 0

    right = np.array([[2 * 1.25**2, 4 * 0.5 * -1.25, 0.0], [0.0, 12 * 1.25**2, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(hoad.jacobian(f, V, mode=outer), right, rtol=1e-14)


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_an_inner_derivative_that_overwrites_its_copy_of_the_outer_variable(outer: str, inner: str) -> None:
    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            y[0] = y[1] * y[2] * x[0]
            return np.sum(y**2)

        slope = hoad.jacobian(g, x, mode=inner)
        return slope * x  # x is as it was

    def right(x: Any) -> Any:
        return (
            np.stack(
                [
                    0.0 * x[0],
                    2 * x[1] * (x[2] * x[0]) ** 2 + 2 * x[1],
                    2 * x[2] * (x[1] * x[0]) ** 2 + 2 * x[2],
                ]
            )
            * x
        )

    np.testing.assert_allclose(hoad.jacobian(f, V, mode=outer), complex_step(right, V), rtol=1e-13)


def used_then_changed(x: Any, inner: str) -> Any:
    """The inner derivative uses an array of the outer level, which then changes: x**2."""
    buffer = x * 1.0

    def g(y: Any) -> Any:
        z = y * buffer * buffer
        buffer[0] = buffer[0] * 3.0
        buffer[1] = 7.0
        return np.sum(z)

    return hoad.jacobian(g, V * 1.0, mode=inner)


def changed_before_the_pullback(x: Any, inner: str) -> Any:
    """x**2 again."""
    buffer = x * 1.0
    value, pullback = hoad.vjp(lambda y: y * buffer * buffer, V)
    buffer *= 5.0
    value *= 2.0
    return pullback(np.ones(3))[0]


def accumulated_across_the_levels(x: Any, inner: str) -> Any:
    """The derivative by y of sum((2 (x + y))**2) at y = x: 16 x."""
    a = x * 1.0

    def g(y: Any) -> Any:
        a[:] = a + y
        turned = a[::-1]
        turned *= 2
        return np.sum(a**2)

    return hoad.jacobian(g, x, mode=inner)


def left_behind_by_the_inner_level(x: Any, inner: str) -> Any:
    """What the inner level wrote stays, without its own derivative and with the outer one: x**2."""
    a = x * 1.0

    def g(y: Any) -> Any:
        a[:] = a * y
        return np.sum(a)

    hoad.jacobian(g, x, mode=inner)
    return a * 1.0


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize(
    ("f", "right"),
    [
        (used_then_changed, 2 * V),
        (changed_before_the_pullback, 2 * V),
        (accumulated_across_the_levels, np.full(3, 16.0)),
        (left_behind_by_the_inner_level, 2 * V),
    ],
)
def test_writes_across_two_levels(f: Any, right: Any, inner: str, outer: str) -> None:
    jac = hoad.jacobian(lambda x: f(x, inner), V, mode=outer)
    assert jac.dtype == np.float64
    np.testing.assert_allclose(jac, np.diag(right), rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_a_view_made_outside_and_written_to_inside(outer: str, inner: str) -> None:
    def f(x: Any) -> Any:
        whole = (x * 1.0)[None]
        row = whole[0]

        def g(y: Any) -> Any:
            row[1] = y[0] * y[0]
            return whole[0, 1] * x[2]

        return hoad.jacobian(g, x, mode=inner)  # 2 x0 x2, 0, 0

    right = np.zeros((3, 3))
    right[0] = [2 * V[2], 0.0, 2 * V[0]]
    np.testing.assert_allclose(hoad.jacobian(f, V, mode=outer), right, rtol=1e-15)


@pytest.mark.parametrize("mode", MODES)
def test_long_chains_do_not_recurse(mode: str) -> None:
    def f(x: Any) -> Any:
        for _ in range(5000):
            x = x + 0.5 * x * 2.0**-14
        return x

    right = (1 + 2.0**-15) ** 5000
    assert hoad.jacobian(f, 1.0, mode=mode) == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_many_elements_written_one_by_one(mode: str) -> None:
    def f(x: Any) -> Any:
        out = np.zeros_like(x)
        for k in range(len(x)):
            out[k] = x[k] ** 2
        return np.sum(out)

    x = np.linspace(0.0, 1.0, 300)
    change = hoad.grad(f, x) if mode == "reverse" else hoad.jacobian(f, x, mode="forward")
    np.testing.assert_allclose(change, 2 * x, rtol=1e-15)
