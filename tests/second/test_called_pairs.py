"""Operations without lines in a sweep of second order that is written out: their pairs are called, and what
they give is looked at. The sweep that is not written out is the specification, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
from turns import by_turns

import hoad
from hoad.fast import straight
from hoad.second import sweep

X = np.array([0.3, 1.2, -0.7, 0.9])
TABLE = np.arange(6.0).reshape(2, 3)


def filled(x: Any) -> Any:
    y = np.empty(5)
    y[0] = x[0]
    for k in range(1, 5):
        y[k] = x[1] * y[k - 1] + x[2] * TABLE[0, k % 3]
    return np.sum(y * y)


def overwritten(x: Any) -> Any:
    y = np.zeros((3, 2))
    y[:, 0] = x[:3] ** 2
    z = y[1:, 0] * x[1:3]
    y[1:, 0] = z
    y[0] = x[0]
    y[[0, 2], 1] = x[1:3] * x[0]
    return np.sum(np.sin(y)) * y[1, 0] + np.sum(z)


def kept_while_written(x: Any) -> Any:
    y = x * 1.0
    before, view = y[1] * 2.0, y[2:]
    y[1] = x[0] * x[1]
    y[2] = before * y[1]
    return np.sum(view**3) + before * y[3] + y[2]


def read_and_written_again(x: Any) -> Any:
    y, w = np.zeros(3), np.sum(np.exp(x) * np.sin(x)) + np.sum(np.cos(x) * x**3)
    y[0] = x[0] * w
    first = y[0]
    y[0] = x[1] * first
    second = y[0]
    y[0] = second * x[2] + first
    return y[0] * first * second + np.sum(y)


def in_place(x: Any) -> Any:
    y = np.zeros(4)
    y += np.diff(x).sum() * x
    y[1:-1] += 0.5 * np.diff(y)[:2] * x[2:]
    y[0] -= y[3] ** 2
    return np.sum(y**3)


def solved(x: Any) -> Any:
    a = np.array([[2.0 + x[0], x[1]], [x[2], 3.0]])
    return np.linalg.solve(a, x[:2]) @ x[2:] + np.log(np.linalg.det(a))


def decomposed(x: Any) -> Any:
    a = np.outer(x, x) + 3 * np.eye(4)
    factor = scipy.linalg.cholesky(a, lower=True)
    return np.sum(np.log(np.diag(factor))) + x @ scipy.linalg.cho_solve((factor, True), x)


def complexes(x: Any) -> Any:
    z = np.exp(1j * x[:2]) * x[2:]
    return np.abs(np.sum(z**2)) ** 2 + np.real(z[0] * np.conj(z[1]))


def of_matrices(x: Any) -> Any:
    a = np.outer(x[:2], x[:2]) + np.diag(2 + np.sin(x[2:]))
    whole = np.linalg.inv(a) @ x[:2] + np.linalg.solve(a, x[2:]) @ scipy.linalg.expm(0.3 * a)
    factor = np.linalg.cholesky(a)
    return np.sum(whole**2) + x[:2] @ scipy.linalg.solve_triangular(factor, x[2:], lower=True)


def solved_in_vain(x: Any) -> Any:
    """A constant matrix, and a constant right-hand side; a matrix that is singular at zero."""
    a = np.array([[x[0], x[1]], [x[2], x[3] + x[0]]])
    return np.linalg.solve(a, np.array([1.0, 2.0])) @ np.linalg.solve(TABLE[:, :2] + np.eye(2), x[:2])


def put_together(x: Any) -> Any:
    """Of parts that move and parts that do not, along several axes."""
    a = np.array([[1 - x[0], x[0]], [2.0, x[1] * x[2]]])
    b = np.stack([x[:2], TABLE[0, :2], x[2:] ** 2], axis=1) @ np.concatenate([[0.5], x[:1] * x[1], x[3:]])
    return b @ a @ np.hstack([x[3] ** 2, 1.0]) + np.sum(np.vstack([a, TABLE[:, 1:] * x[2]]) ** 2)


def filtered(x: Any) -> Any:
    y = scipy.signal.lfilter([1.0, x[0]], [1.0, 0.5 * x[1], x[2] / 8], np.cos(np.arange(7.0)) * x[3])
    return np.log(y @ y) + np.sum(scipy.signal.lfilter([x[0], 0.25], [1.0], y)[2:] ** 2)


def choices(x: Any) -> Any:
    y = np.where(x > 0, x**2, np.exp(x))
    return np.max(y) * np.sum(np.concatenate([y[::-1], x[:2]])) + np.arctan2(x[0], x[1]) * np.prod(x)


def without_axes(x: Any) -> Any:
    y = np.einsum("i,i->", x, np.cos(x))
    return y * np.asarray(x[0] * x[1]) + np.reshape(y, ()) * x[2]


def products(x: Any) -> Any:
    a = x.reshape(2, 2)
    return np.sum((a @ a.T @ TABLE[:, :2]) * a) + (x @ np.cumsum(x)) ** 2


def contracted(x: Any) -> Any:
    a, t = x.reshape(2, 2), np.stack([x, x**2, x[::-1]]).reshape(3, 2, 2)
    y = np.einsum("ij,kjl,l->ki", a, t, x[:2]) + TABLE.T @ a
    y = np.outer(np.dot(a, x[2:]), x[:2] @ a) @ y[:2] + x[3] * TABLE[:, 1:] @ a
    return np.sum(np.sin(np.convolve(x, x[1:])) * np.convolve(TABLE[0, 1:], x)[:1]) + np.sum(y * y) * (x @ x)


def of_floats(x: Any) -> Any:
    """Numbers alone, so that directions go one by one; some of which nobody needs."""
    a, b, *rest = x
    for k in range(4):
        unread = np.sqrt(-abs(a)) + np.exp(1e3 * b)
        a, b = a * np.cos(b) / (2 + k) - b, np.arctan2(a, b) + rest[k % 2] ** 2 + (0 * unread if k < 0 else 0)
    return a * b + np.hypot(a, rest[0]) * np.arctan2(b, rest[1])


def read_again(x: Any) -> Any:
    return np.sum(x[[0, 0, 2]] * x[[1, 3, 3]]) * x[0] + np.sum(x[TABLE[0] > 0.5] if len(x) == 3 else x)


def unpacked(x: Any) -> Any:
    q, r = np.linalg.qr(x.reshape(2, 2))
    return np.sum(q * TABLE[:, :2]) + np.sum(r**2)


PROGRAMS = [
    filled, overwritten, kept_while_written, read_and_written_again, in_place, solved, decomposed, complexes,
    of_matrices, solved_in_vain, put_together, filtered, choices, without_axes, products, contracted,
    of_floats, read_again, unpacked,
]  # fmt: skip
PLACES = [1, slice(1, 3), [2, 1], np.array([False, True, True])]
SECOND: dict[str, Callable[[Any, Any], Any]] = {
    "hessian": lambda f, x: hoad.hessian(f, x),
    "hvp": lambda f, x: hoad.hvp(f, x, np.sin(3 * x)),
    "hessian in chunks": lambda f, x: hoad.hessian(f, x, chunk_size=8),
}


def often(call: Callable[[], Any]) -> Any:
    """The value of a call that has come so often that a function was written for it."""
    for _ in range(straight.SIGHTS + 1):
        call()
    return call()


def plainly(call: Callable[[], Any]) -> Any:
    """The value by the sweep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "straight_pairs", lambda *args: None)
        return call()


def compare(call: Callable[[], Any]) -> None:
    """A call gives what the sweep gives, or raises what that raises."""
    try:
        expected = plainly(call)
    except Exception as error:
        with pytest.raises(type(error)):
            call()
    else:
        np.testing.assert_array_equal(call(), expected)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each sweep was answered by a function."""
    found: list[bool] = []
    answer = sweep.straight_pairs

    def noted(*args: Any) -> Any:
        result = answer(*args)
        found.append(result is not None)
        return result

    monkeypatch.setattr(sweep, "straight_pairs", noted)
    straight.forget()
    return found


@pytest.mark.parametrize(("program", "operator"), by_turns(PROGRAMS, SECOND, every=2))
def test_programs(program: Any, operator: str, written: list[bool]) -> None:
    second = SECOND[operator]
    with hoad.run_each_time(), np.errstate(all="ignore"):
        often(lambda: second(program, X))
        compare(lambda: second(program, X))
        if program is not unpacked:  # an operation with several values
            assert written[-1]
        for x in (X[::-1].copy(), X + 0.5, -X, 1e200 * X, 0 * X, X * np.array([1, np.nan, 1, 1])):
            compare(lambda x=x: second(program, x))


@pytest.mark.parametrize("operator", SECOND)
def test_what_is_not_an_argument_may_change(operator: str) -> None:
    """Places, axes, masks, shapes and classes of constants are looked at, or read anew."""

    def program(place: Any, axis: Any, mask: Any, c: Any) -> Any:
        def f(x: Any) -> Any:
            y = np.zeros((2, 2))
            y[place] = x[0] * c
            a = np.sum(x.reshape(2, 2) ** 2, axis=axis)
            b = np.stack([a, np.cumsum(a)], axis=axis) @ (c * np.ones(2))
            return np.sum(y * y) + np.sum(b) * np.sum(np.where(mask, x, x**3)) * x[1]

        return f

    second, t = SECOND[operator], X > 0
    choices = [
        ((0, 1), 0, t, 2.0),
        ((1, 1), 0, ~t, 2.0),
        ((0, True), 0, t, 2.0),
        ((1,), 1, t, 3),
        (..., 1, t, 2.0),
    ]
    choices += [
        ([0, 1], 0, t, 2.0),
        ((0, 1), 0, True, np.array([1.0, 2.0])[:1]),
        ((0, 1), 1, t, np.float32(2)),
    ]
    straight.forget()
    with hoad.run_each_time():
        for first in choices:
            f = program(*first)
            try:
                often(lambda f=f: second(f, X))
            except (ValueError, TypeError):
                continue
            for other in choices:
                g = program(*other)
                compare(lambda g=g: second(g, X + 0.25))


@pytest.mark.parametrize("operator", SECOND)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_is_written_may_come_from_elsewhere(place: Any, operator: str) -> None:
    """The operations are the same ones, and one of them stores another value, or a constant."""

    def program(which: int) -> Any:
        def f(x: Any) -> Any:
            start = x[0] if place is PLACES[0] else x[:2]
            parts, y = [np.sin(start), np.exp(start), np.full(np.shape(start), 0.5)], np.zeros(3)
            y[place] = parts[which]
            return np.sum(y**2) * np.sum(parts[0] * parts[1])

        return f

    second, functions = SECOND[operator], [program(which) for which in (0, 1, 2)]
    with hoad.run_each_time():
        for first in functions:
            straight.forget()
            often(lambda first=first: second(first, X))
            for other in functions:
                compare(lambda other=other: second(other, X))


def test_a_product_of_the_users_is_called_each_time() -> None:
    """Nobody has said that its transpose is told by shapes."""
    calls = []

    def area(x: Any, y: Any) -> Any:
        return x[0] * y[1] - x[1] * y[0]

    def transpose(g: Any, i: int, x: Any, y: Any) -> Any:
        calls.append(i)
        v = x if i else y
        turned = np.stack([v[1], -v[0]])
        return -g * turned if i else g * turned

    rule = hoad.chainrules.multilinear_rule(area, transpose)
    f = lambda x: rule(x[:2] ** 2, np.sin(x[2:])) ** 2
    with hoad.run_each_time():
        often(lambda: hoad.hvp(f, X, X))
        for x in (X, -X, X[::-1].copy()):
            compare(lambda x=x: hoad.hvp(f, x, X))
        calls.clear()
        hoad.hvp(f, X, X)
    assert calls


@pytest.mark.parametrize("scale", [1e-200, 1e-90, 1e-10, 1.0, 1e90, 1e200])
def test_second_derivatives_of_an_angle_over_the_whole_range(scale: float) -> None:
    """Those of the imaginary part of the logarithm, of numbers and of arrays."""
    x, y = 0.75 * scale, -0.3125 * scale
    one = np.array([-0.3125, 0.75])
    turn, slope = 2 * one[0] * one[1] / (one @ one) ** 2, (one[0] ** 2 - one[1] ** 2) / (one @ one) ** 2
    expected = np.array([[-turn, slope], [slope, turn]])
    with np.errstate(all="ignore"):
        # a derivative may be out of range, where its product with what comes before is not
        number = hoad.hessian(lambda t: np.arctan2(scale * t[0], scale * t[1]), np.array([y, x]) / scale)
        array = hoad.hessian(
            lambda t: np.sum(np.arctan2(scale * t[:1], scale * t[1:])), np.array([y, x]) / scale
        )
    np.testing.assert_allclose(number, expected, rtol=4e-15)
    np.testing.assert_allclose(array, expected, rtol=4e-15)
