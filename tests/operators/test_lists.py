"""Lists and tuples of numbers are points as arrays are; a value of one element is a loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_alike import OPERATORS

import hoad
from hoad.errors import ArgumentError, NonScalarOutputError
from hoad.values.trees import is_of_numbers

POINTS = ([0.5, 1.5, -0.5], [1, 2, 3], [1, 2.5, -1])
OF_ARRAYS = {name: case for name, case in OPERATORS.items() if isinstance(case[2][0], np.ndarray)}


def loss(x: Any) -> Any:
    return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2 + x[2] * x[0]


def bend(x: Any) -> Any:
    return np.sin(x) * x


def numbers(result: Any, as_columns: bool = False) -> Any:
    """All numbers of a result, in lists or arrays; of a Jacobian by a list, which has its columns in one."""
    parts = (
        result
        if isinstance(result, tuple) and len(np.shape(result[0])) != len(np.shape(result[-1]))
        else (result,)
    )
    return np.concatenate([np.ravel(np.transpose(p) if as_columns else p) for p in parts])


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("name", OF_ARRAYS)
def test_every_operator_takes_lists(name: str, kind: type) -> None:
    g, options, (_, *rest) = OF_ARRAYS[name]
    f = bend if g.__name__ == "bend" else loss
    operator = getattr(hoad, name)
    for values in POINTS:
        found = operator(f, kind(values), *map(kind, rest), **options)
        right = operator(f, np.array(values, float), *rest, **options)
        np.testing.assert_allclose(
            numbers(found, as_columns="jacobian" in name), numbers(right), rtol=1e-12, atol=1e-12
        )


def test_what_the_function_gets_and_what_the_user() -> None:
    got = []

    def f(p: Any) -> Any:
        got.append(type(p))
        return p[0] * p[1] ** 2

    assert hoad.grad(f, [3, 4]) == [16.0, 24.0]
    assert hoad.grad(f, (3, np.int64(4))) == (16.0, 24.0)
    assert hoad.hessian(f, [3, 4]) == [[0.0, 8.0], [8.0, 6.0]]
    assert hoad.jvp(f, ([3, 4],), ([1, 0],)) == (48.0, 16.0)
    assert hoad.vjp(f, (3, 4))[1](1) == ((16.0, 24.0),)
    np.testing.assert_array_equal(hoad.derivative_tensor(f, [3, 4], 2), [[0.0, 8.0], [8.0, 6.0]])
    assert set(got) == {list, tuple}
    assert hoad.grad(lambda p: p[0][1] * p[1][0], [[1, 2], [3, 4]]) == [[0.0, 3.0], [2.0, 0.0]]
    assert hoad.grad(lambda a, p: a * p[0], 2, [3, 4], argnums=(0, 1)) == (3.0, [2.0, 0.0])


@pytest.mark.parametrize(
    "point",
    [
        (2.0, (5.0, 1)),
        [1.0, None],
        [1.0, True],
        [1.0, "n"],
        [],
        {"n": 1},
        [[1.0], [2.0, 3]],
        [X := np.ones(2), 3],
    ],
    ids=repr,
)
def test_what_is_no_list_of_numbers(point: Any) -> None:
    assert not is_of_numbers(point)


def test_integers_in_other_containers_are_left_alone() -> None:
    assert hoad.grad(lambda p: p["x"] ** p["n"], {"x": 3.0, "n": 2}) == {"x": 6.0, "n": 2}
    assert hoad.grad(lambda p: p[0] * p[1][0] ** p[1][1], (2.0, (3.0, 2, None))) == (9.0, (12.0, 2, None))


@pytest.mark.parametrize("shape", [(1,), (1, 1), ()])
def test_a_value_of_one_element_is_a_loss(shape: tuple[int, ...]) -> None:
    x, v = np.array([1.0, 2.0]), np.array([1.0, 10.0])
    plain = lambda x: np.sum(x**3) + x[0] * x[1]
    f = lambda x: np.reshape(plain(x), shape)
    np.testing.assert_array_equal(hoad.grad(f, x), hoad.grad(plain, x))
    np.testing.assert_array_equal(hoad.gradient(f, x), hoad.grad(plain, x))
    value, slope = hoad.value_and_grad(f, x)
    assert np.shape(value) == shape
    np.testing.assert_array_equal(slope, hoad.grad(plain, x))
    value, slope, second = hoad.value_grad_hessian(f, x)
    assert np.shape(value) == shape
    np.testing.assert_array_equal(second, hoad.hessian(plain, x))
    for mode in hoad.operators.hessians.MODES:
        np.testing.assert_array_equal(hoad.hessian(f, x, mode=mode), hoad.hessian(plain, x))
        np.testing.assert_array_equal(hoad.hvp(f, x, v, mode=mode), hoad.hvp(plain, x, v))
    np.testing.assert_array_equal(hoad.diag_hessian(f, x), hoad.diag_hessian(plain, x))
    np.testing.assert_array_equal(
        hoad.grad(lambda x: np.sum(hoad.grad(f, x) ** 2), x),
        hoad.grad(lambda x: np.sum(hoad.grad(plain, x) ** 2), x),
    )
    np.testing.assert_array_equal(
        hoad.vmap(hoad.grad(f))(np.stack([x, v])), hoad.vmap(hoad.grad(plain))(np.stack([x, v]))
    )
    w = hoad.param(x)
    np.testing.assert_array_equal(hoad.gradient(lambda: f(w), hoad.Params([w]))[w], hoad.grad(plain, x))
    assert hoad.grad(lambda t: np.reshape(np.sin(t), shape), 0.0) == 1.0
    assert hoad.grad(lambda z: np.reshape(z**2, shape), 1 + 2j, holomorphic=True) == 2 + 4j
    out = np.empty(2)
    hoad.grad(f, x, out=out)
    np.testing.assert_array_equal(out, hoad.grad(plain, x))


def test_two_elements_are_none() -> None:
    for operator in (hoad.grad, hoad.hessian, hoad.value_and_grad, hoad.diag_hessian):
        with pytest.raises(NonScalarOutputError, match="one real number"):
            operator(np.square, np.ones(2))
        with pytest.raises(NonScalarOutputError, match="one real number"):
            operator(lambda x: x[:0], np.ones(2))


def test_checks_of_derivatives_take_lists() -> None:
    for point in ([3.0, 4.0], [3, 4.0], (3.0, 4)):
        hoad.testing.check_grads(lambda p: p[0] * p[1] ** 2, point)
    with pytest.raises(ArgumentError, match=r"write 1\.0 for 1"):
        hoad.testing.check_grads(lambda p: p[0] * p[1] ** 2, [3, 4])
