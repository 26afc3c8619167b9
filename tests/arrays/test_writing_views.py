"""Programs that write through views: setters, ``flat``, in-place operators, arrays lent to NumPy."""

from __future__ import annotations

import itertools
import weakref
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from differences import slopes

import hoad
import hoad.numpy as hnp
from hoad.nested import pack

X = np.array([0.5, -1.25, 2.0, 0.75])
STEP = 2.0**-10


def real_setter(x: Any) -> Any:
    y = x * (1 + 2j)
    y.real = np.clip(x, 0.0, 1.5)
    y.imag *= x[::-1]
    return np.real(y) + 3 * np.imag(y)


def setter_of_a_real_array(x: Any) -> Any:
    y = x * 1.0
    y.real = x[::-1]
    y.real += x[0] * x
    return y


def imaginary_part_of_a_sum(x: Any) -> Any:
    """The derivative of ``x + 1j`` is real, that of what is written is not."""
    y = x + 1j
    y[0] = 2j * x[1]
    y.imag[1:3] = x[2]
    return np.real(y) + 5 * np.imag(y)


def part_of_a_part(x: Any) -> Any:
    y = np.outer(x, x) * (2 - 1j)
    y.T[1].imag[::2] = x[:2]
    y.real.T[0] += x
    row = y[1:].imag
    y[2, 1] = 7j * x[0]
    return np.concatenate([np.ravel(row), np.real(np.ravel(y))])


def flat_writes(x: Any) -> Any:
    y = np.outer(x, x)
    y.flat[1] = 7 * x[0]
    y.flat[4:9] = x[:2]
    y.flat[[10, -1]] = x[1:3]
    y.T.flat[2] = x[3]
    y.flat[[]] = 3.0
    return y + sum(y.flat) + len(y.flat) * y.flat[3]


def flat_setter(x: Any) -> Any:
    y = np.outer(x, x)
    y.flat = x[:3] * x[0]
    return y


def flat_iteration(x: Any) -> Any:
    it = (x * 1.0).flat
    first, place = next(it), it.coords
    return np.stack([first * place[0], *it, it.base[0]])


def in_place(x: Any) -> Any:
    y = np.outer(x, x)
    y[...] += x
    y.T[0] *= 2
    np.diagonal(y.T).base[1] -= x
    np.einsum("ii->i", y)[1:] /= x[0]
    y[1:] = y[:-1]
    np.copyto(y.T[2], x)
    np.add(y[3], x, out=y[3])
    np.fill_diagonal(y[1:, 1:], x[:3])
    return y


def functions_that_write(x: Any) -> Any:
    y = np.outer(x, x)
    y.put([1, -1], x[:2])
    np.put(y.T, [2], x[3])
    np.place(y[0], [True, False, False, True], x[1:3])
    np.putmask(y[:, 1], [True, False, True, False], x * 2)
    np.put_along_axis(y[2:], np.array([[0], [3]]), x[:2, None], 1)
    np.copyto(y[1], x, where=[False, True, True, False])
    np.nan_to_num(y[3], copy=False)[0] = x[0] ** 2
    return y


def number_without_axes(x: Any) -> Any:
    y = x * 1.0
    z = y[1, ...]
    z += x[0]
    y.reshape(4, 1)[2].squeeze()[...] = x[1] * x[3]
    return y * z


def pairs(x: Any) -> Any:
    y = x * (1 + 2j)
    y.view(float)[1::4] = x[:2]
    z = x * 1.0
    z.view(complex)[1] *= 1j
    return np.concatenate([np.imag(y), z])


def stretched(x: Any) -> Any:
    y = x * 1.0
    a, b = np.meshgrid(y[:2], y[2:], copy=False, sparse=True)
    a[0, 0] = x[3]
    b[1] += x[0]
    return y


def sum_of_a_number_and_an_array(x: Any) -> Any:
    """Its tangent is that of the number, stretched."""
    y = x[0] + np.ones(3)
    z = y[1:]
    z[0] = x[1] * x[1]
    y[1] += x[2]
    return np.concatenate([y, z]) * x[3]


def lent(x: Any) -> Any:
    y = x * 1.0
    np.asarray(y)[0] = 7 * x[1]
    np.asarray(y[::2])[1] = x[0] * x[3]
    held = np.asarray(y)
    y[3] = x[2] * 2
    return np.concatenate([y, pack(held[1:])])


def lent_and_returned(x: Any) -> Any:
    y = x * 1.0
    held = np.asarray(y)
    held[1:3] = held[1:3] * 2.0
    held[3] = held[0] * x[1]
    return y


def shape_in_place(x: Any) -> Any:
    """Who held a part before sees what is written after, and the other way round."""
    y = np.outer(x, x)
    row, whole = y[1], y
    y.shape = (2, -1)
    y[0, 5] = 3 * x[0]
    y.shape = (2, 2, 4)
    y[0, 1, 1] += row[0]
    row[3] = x[2] * x[2]
    z = y[1]
    z.shape = 8
    z[1] = x[3]
    w = z.reshape(4, 2)
    z.shape = (2, 4)
    z[0, 0] = x[1] ** 3
    return np.concatenate([np.ravel(whole), np.ravel(w), row])


def type_in_place(x: Any) -> Any:
    y = x * (2 + 1j)
    part = y[1:]
    y.dtype = float
    y[3] = x[0] * x[1]
    return np.concatenate([y, np.imag(part)])


def resized(x: Any) -> Any:
    y, z = np.outer(x, x), x * x
    y.resize((2, 3))
    z.resize(2, 4)
    z[1, 3] = x[0]
    y.resize()
    return np.concatenate([np.ravel(y), np.ravel(z)])


def locked(x: Any) -> Any:
    y = x * x
    part = y[:2]
    y.flags.writeable = False
    assert not y.flags.writeable
    assert not y[1:].flags["WRITEABLE"]
    assert part.flags.writeable
    for write in (lambda: y.__setitem__(0, x[1]), lambda: y.put([0], 1.0), lambda: y[1:].fill(0.0)):
        with pytest.raises(ValueError, match="read-only"):
            write()
    part[0] = 5 * x[3]
    y.setflags(write=True)
    y[1] = 2 * x[0]
    return np.concatenate([y, part])


def all_in_place_operators(x: Any) -> Any:
    y = np.outer(x, x) + np.eye(4) * 9
    z = y
    z += x
    z -= x[::-1]
    z *= x[0]
    z /= np.abs(x) + 1
    z **= 2
    z %= 7.5
    z @= np.outer(x, np.ones(4)) + np.eye(4)
    w = x * 3.0
    w //= 1.7
    y.real *= x
    y.T[1] -= x
    return np.concatenate([np.ravel(y), w])


def positions_put(x: Any) -> Any:
    y, z, w = np.outer(x, x), np.outer(x, x), x * x
    y.put([-1, 17, 4], x[:2], mode="wrap")
    z.T.put(np.array([[-3, 99]]), [x[0]], mode="clip")
    w.put(1, x[3])
    w.put([], x)
    w[1:].put([0, 0], [x[2], x[0]])
    return np.concatenate([np.ravel(y), np.ravel(z), w])


def partitioned(x: Any) -> Any:
    y = np.outer(x, x)
    y.partition(1)
    z = x * x
    z.partition(2, axis=0)
    return np.concatenate([np.sort(np.ravel(y[:, :2])), z[2:3], np.sort(x[x.argpartition(1)[:2]])])


def items(x: Any) -> Any:
    y = np.outer(x, x)
    found = [y.item(np.int64(2)), y.item(-1), y.item(1, 2), y.item((3, 0)), y[:1, :1].item(), *y[2].tolist()]
    return np.stack(found)


PROGRAMS = [
    shape_in_place, type_in_place, resized, locked, all_in_place_operators, positions_put, partitioned, items,
    real_setter, setter_of_a_real_array, imaginary_part_of_a_sum, part_of_a_part, flat_writes, flat_setter,
    flat_iteration, in_place, functions_that_write, number_without_axes, pairs, stretched,
    sum_of_a_number_and_an_array, lent, lent_and_returned,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(program: Any) -> None:
    """NumPy's value, and its derivatives: first and second, in every mode, of every member of a batch."""
    value, right = program(X), slopes(program, X)
    for mode in ("forward", "reverse"):
        got, j = hoad.value_and_jacobian(program, X, mode=mode)
        np.testing.assert_allclose(got, value, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(j, right, rtol=1e-8, atol=1e-8)
    second = slopes(lambda x: slopes(program, x), X)
    for outer, inner in itertools.product(("forward", "reverse"), repeat=2):
        got = hoad.jacobian(lambda x, inner=inner: hoad.jacobian(program, x, mode=inner), X, mode=outer)
        np.testing.assert_allclose(got, second, rtol=1e-5, atol=1e-5)
    along = hoad.derivatives(lambda t: program(X + t * np.ones(4)), 0.0, 2)
    np.testing.assert_allclose(along[1], right.sum(-1), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(along[2], second.sum((-1, -2)), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        hoad.laplacian(program, X), np.trace(second, axis1=-1, axis2=-2), rtol=1e-5, atol=1e-5
    )
    np.testing.assert_allclose(
        hoad.vmap(program)(np.stack([X, X[::-1]])), [value, program(X[::-1])], rtol=1e-14, atol=1e-14
    )


READ_ONLY = [
    lambda y: np.diagonal(np.outer(y, y)),
    lambda y: np.diagonal(np.outer(y, y))[1:],
    lambda y: np.broadcast_to(y, (2, 4)).T,
    lambda y: np.imag(y),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("view", READ_ONLY, ids=range(len(READ_ONLY)))
def test_what_numpy_makes_read_only(view: Any, mode: str) -> None:
    def f(x: Any) -> Any:
        out = view(x * 1.0)
        for write in (out.__setitem__, np.copyto):
            args = (Ellipsis, x[0]) if write != np.copyto else (out, x[0])
            with pytest.raises(ValueError, match="read-only"):
                write(*args)
        return x

    f(X)
    hoad.jacobian(f, X, mode=mode)


def test_imaginary_part_of_a_real_array_is_not_set() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        with pytest.raises(TypeError, match="imaginary part"):
            y.imag = x
        return y

    hoad.jacobian(f, X)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_hundreds_of_views(mode: str) -> None:
    """The first view still follows; what nobody holds any more is let go."""

    def f(x: Any) -> Any:
        y = x * 1.0
        kept = y[:2]
        gone = [weakref.ref(y[k % 3 :]) for k in range(300)]
        held = [y[k % 3 :] for k in range(300)]
        y[0] = 10 * x[0]
        assert not any(reference() for reference in gone)
        assert len(y.views) < 500
        return kept[0] + sum(v[0] for v in held[1::3]) + x[2]

    assert hoad.jacobian(f, X, mode=mode).tolist() == [10.0, 100.0, 1.0, 0.0]


@pytest.mark.as_written
def test_a_loan_ends_at_the_first_look() -> None:
    """From then on NumPy's array can't be written to: nobody would notice."""

    def f(x: Any) -> Any:
        y = x * 1.0
        held = np.asarray(y)
        held[0] = x[1]
        total = np.sum(y)
        with pytest.raises(ValueError, match="read-only"):
            held[1] = 0.0
        return total

    assert hoad.grad(f, X).tolist() == [0.0, 2.0, 1.0, 1.0]


def test_arrays_of_constants_and_their_views() -> None:
    def f(x: Any) -> Any:
        y = hnp.zeros((2, 2))
        row, diagonal, flat = y[1], np.einsum("ii->i", y), y.flat
        z = hnp.zeros(2, dtype=complex)
        re = z.real
        row[0] = x[0] * x[1]
        diagonal[:] += x[2:]
        flat[1] = x[3]
        re[:] = x[:2]
        z.imag = x[2:]
        return np.concatenate([np.ravel(y), np.real(z), np.imag(z)])

    right = np.zeros((8, 4))
    right[[0, 1, 2, 2, 3], [2, 3, 0, 1, 3]] = 1.0, 1.0, X[1], X[0], 1.0
    right[4:] = np.eye(4)
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(hoad.jacobian(f, X, mode=mode), right)


def test_copies_of_exact_numbers() -> None:
    """A copy of an array of fractions is its own."""

    def f(t: Any) -> Any:
        y = np.stack([t, t * t])
        z = y.copy()
        z[0] = 5 * t * t
        return y[0] + z[0]

    assert hoad.derivative(f, Fraction(1, 3)) == Fraction(13, 3)

    def g(x: Any) -> Any:
        y = x * 1
        z = y.T.reshape(-1)  # by columns: a copy
        z[1] = 7 * x[0, 0]
        y.reshape(-1)[2] = 5 * x[0, 0]
        return (y**2).sum() + z.sum()

    x = np.array([[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]])
    np.testing.assert_array_equal(hoad.grad(g)(x), [[60, 5], [0, 9]])


def test_views_as_another_type() -> None:
    """Numbers may be seen as complex ones of the same precision, and as no others."""
    x = np.arange(4.0)
    assert hoad.jacobian(lambda x: np.real(x.view(complex)), x).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    for dtype, other in ((np.float32, np.float64), (np.float64, np.int64), (np.float64, np.complex64)):
        with pytest.raises(TypeError):
            hoad.jvp(lambda x, to=other: x.view(to) * 1.0, (x.astype(dtype),), (x.astype(dtype),))


def test_axes_of_transpose() -> None:
    """``y.transpose()``, with None, with a tuple and with axes one by one."""
    x = np.arange(6.0).reshape(2, 3)
    for axes in ((), (None,), ((1, 0),), (1, 0), (0, 1), ((0, 1),)):
        value, change = hoad.jvp(lambda x, axes=axes: x.transpose(*axes), (x,), (x,))
        np.testing.assert_array_equal(value, x.transpose(*axes))
        np.testing.assert_array_equal(change, x.transpose(*axes))
