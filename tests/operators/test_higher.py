"""Hessians in all four nestings, their products, diagonals and traces, and derivatives of any order.

The right answers are SymPy's, or are found by hand where a hand can do it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp

import hoad

FOUR = ["auto", "forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]


def array(*values: Any) -> np.ndarray:
    return np.array(values, dtype=float)


def close(got: Any, right: Any, ulps: float = 32) -> None:
    """Compare with an exact answer, in units of 2**-52 of its largest entry; shape and type count too."""
    assert np.shape(got) == np.shape(right), (np.shape(got), np.shape(right))
    assert np.result_type(got) == np.float64
    np.testing.assert_allclose(
        got, right, rtol=0, atol=ulps * 2.0**-52 * max(1.0, np.max(np.abs(right), initial=0))
    )


# ------------------------------------------------------------------------------------------------------------
# Programs and the same functions in SymPy
# ------------------------------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def looped(x: Any) -> Any:
    total = 0.0
    for k in range(len(x)):
        total = total + np.sin(x[k] * x[k - 1]) / (1.0 + x[k] ** 2)
    return total


def filled(x: Any) -> Any:
    out = np.zeros_like(x)
    out[0] = x[0]
    for k in range(1, len(x)):
        out[k] = out[k - 1] * x[k] + x[k] ** 2
    return np.sum(out)


def stacked(x: Any) -> Any:
    y = np.array([np.exp(x[0] / 4), x[1] * x[2], x[0] - x[2]])
    return np.sqrt(y @ y + 1.0)


def branched(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.log1p(np.abs(x)), x**3)) * x[0]


def matrix_form(x: Any) -> Any:
    outer = np.outer(x, x)
    return np.trace(outer @ outer.T) + np.sum(np.tanh(outer))


def of_loop(s: Any) -> Any:
    return sum(sp.sin(s[k] * s[k - 1]) / (1 + s[k] ** 2) for k in range(3))


def of_fill(s: Any) -> Any:
    out = [s[0]]
    for k in range(1, 3):
        out.append(out[-1] * s[k] + s[k] ** 2)
    return sum(out)


SYMBOLS = sp.symbols("a b c")
PROGRAMS: list[tuple[Callable[[Any], Any], Any, tuple[float, ...]]] = [
    (
        rosenbrock,
        lambda s: sum(100 * (s[k + 1] - s[k] ** 2) ** 2 + (1 - s[k]) ** 2 for k in range(2)),
        (0.5, -0.25, 1.5),
    ),
    (looped, of_loop, (0.5, -0.75, 1.25)),
    (filled, of_fill, (0.5, -0.75, 1.25)),
    (
        stacked,
        lambda s: sp.sqrt(sp.exp(s[0] / 2) + (s[1] * s[2]) ** 2 + (s[0] - s[2]) ** 2 + 1),
        (0.5, -0.75, 1.25),
    ),
    (branched, lambda s: (sp.log(1 + s[0]) + s[1] ** 3 + sp.log(1 + s[2])) * s[0], (0.5, -0.75, 1.25)),
    (
        matrix_form,
        lambda s: sum(t**2 for t in s) ** 2 + sum(sp.tanh(t * u) for t in s for u in s),
        (0.5, -0.75, 1.25),
    ),
]
IDS = [program.__name__ for program, _, _ in PROGRAMS]


def exact(expression: Any, point: Any) -> float:
    substituted = expression.subs(dict(zip(SYMBOLS, map(sp.Rational, point), strict=True)))
    return float(substituted.evalf(40))


def exact_hessian(of_symbols: Any, point: Any) -> np.ndarray:
    matrix = sp.hessian(of_symbols(SYMBOLS), SYMBOLS)
    return np.array([[exact(matrix[i, j], point) for j in range(3)] for i in range(3)])


CASES = [(program, np.array(point), exact_hessian(form, point), form) for program, form, point in PROGRAMS]


@pytest.mark.parametrize("mode", FOUR)
@pytest.mark.parametrize(("program", "x", "right", "form"), CASES, ids=IDS)
def test_hessian(program: Any, x: Any, right: Any, form: Any, mode: str) -> None:
    close(hoad.hessian(program, x, mode=mode), right, 512)
    close(hoad.hessian(program, mode=mode)(x), right, 512)


@pytest.mark.parametrize("mode", FOUR)
@pytest.mark.parametrize(("program", "x", "right", "form"), CASES, ids=IDS)
def test_hvp(program: Any, x: Any, right: Any, form: Any, mode: str) -> None:
    v = array(1.0, -0.5, 2.0)
    close(hoad.hvp(program, x, v, mode=mode), right @ v, 512)


@pytest.mark.parametrize(("program", "x", "right", "form"), CASES, ids=IDS)
def test_hessian_and_its_parts_from_one_program(program: Any, x: Any, right: Any, form: Any) -> None:
    value, gradient, hessian = hoad.value_grad_hessian(program, x)
    expression = form(SYMBOLS)
    close(value, exact(expression, x), 64)
    close(gradient, [exact(sp.diff(expression, s), x) for s in SYMBOLS], 256)
    close(hessian, right, 512)
    close(hoad.diag_hessian(program, x), np.diag(right), 512)
    close(hoad.laplacian(program, x), np.trace(right), 512)


def test_modes_by_default_are_forward_over_reverse() -> None:
    x = array(0.5, -0.75, 1.25)
    np.testing.assert_array_equal(hoad.hessian(rosenbrock, x), hoad.hessian(rosenbrock, x, mode=FOUR[0]))


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_of_scalars(mode: str) -> None:
    assert hoad.hessian(lambda x: x**3, 2.0, mode=mode) == 12.0
    assert np.shape(hoad.hessian(lambda x: x**3, np.array(2.0), mode=mode)) == ()
    assert hoad.hessian(lambda x: x**3, np.array(2.0), mode=mode) == 12.0
    assert hoad.hessian(lambda x: x**3, 2, mode=mode) == 12.0
    assert type(hoad.hessian(lambda x: x**3, np.float32(2.0), mode=mode)) is np.float32
    close(hoad.hessian(lambda x: np.sum(x**3), array(2.0), mode=mode), [[12.0]])


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_has_the_shape_of_the_input_twice(mode: str) -> None:
    x = np.arange(6.0).reshape(2, 3)
    right = np.zeros((2, 3, 2, 3))
    right[0, 1, 1, 2] = right[1, 2, 0, 1] = 1.0
    right[1, 0, 1, 0] = 2.0
    close(hoad.hessian(lambda x: x[0, 1] * x[1, 2] + x[1, 0] ** 2, x, mode=mode), right)


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_of_more_inputs_than_one_batch_of_tangents(mode: str) -> None:
    x = np.linspace(0.5, 1.5, 45)
    right = np.diag(6 * x) + 2.0
    close(hoad.hessian(lambda x: np.sum(x**3) + np.sum(x) ** 2, x, mode=mode), right, 64)


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_of_linear_and_constant_functions_is_zero(mode: str) -> None:
    x = array(1.0, 2.0)
    for f in (np.sum, lambda x: x[0] * 3.0, lambda x: 5.0, lambda x: np.sum(x) * 0.0, lambda x: 2):
        close(hoad.hessian(f, x, mode=mode), np.zeros((2, 2)))
    for f in (np.sum, lambda x: x[0, 1] * 3.0, lambda x: 5.0):
        close(hoad.hessian(f, np.ones((2, 2)), mode=mode), np.zeros((2, 2, 2, 2)))
    assert hoad.hessian(lambda x: 3.0 * x, 1.0, mode=mode) == 0.0


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_of_an_empty_array(mode: str) -> None:
    assert hoad.hessian(np.sum, np.zeros(0), mode=mode).shape == (0, 0)


@pytest.mark.parametrize("mode", FOUR)
@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
def test_hessian_keeps_the_precision(mode: str, dtype: Any) -> None:
    x = np.array([1.0, 2.0], dtype)
    result = hoad.hessian(lambda x: np.sum(x**3) * x[0], x, mode=mode)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, np.array([[12, 12], [12, 12]], dtype))
    assert hoad.hvp(lambda x: np.sum(x**3), x, x, mode=mode).dtype == dtype


# ------------------------------------------------------------------------------------------------------------
# Containers, argnums, further arguments
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_of_a_dict(mode: str) -> None:
    point = {"a": 2.0, "b": array(3.0, 5.0), "unused": array(1.0)}

    def f(p: Any) -> Any:
        return p["a"] ** 3 * p["b"][0] + p["b"][1] ** 2

    h = hoad.hessian(f, point, mode=mode)
    assert list(h) == list(point)
    close(h["a"]["a"], 36.0)
    close(h["a"]["b"], array(12.0, 0.0))
    close(h["b"]["a"], array(12.0, 0.0))
    close(h["b"]["b"], array([0.0, 0.0], [0.0, 2.0]))
    close(h["a"]["unused"], array(0.0))
    close(h["b"]["unused"], np.zeros((2, 1)))
    close(h["unused"]["a"], array(0.0))
    close(h["unused"]["b"], np.zeros((1, 2)))
    close(h["unused"]["unused"], np.zeros((1, 1)))


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_leaves_integers_strings_and_none_alone(mode: str) -> None:
    h = hoad.hessian(lambda p: p["a"] ** p["n"], {"a": 2.0, "n": 3, "s": "text", "z": None}, mode=mode)
    assert list(h) == ["a", "n", "s", "z"]
    assert (h["n"], h["s"], h["z"]) == (3, "text", None)
    assert h["a"] == {"a": 12.0, "n": 3, "s": "text", "z": None}


@dataclasses.dataclass
class Model:
    weight: Any
    rest: Any
    name: str = "model"


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_of_a_dataclass_with_a_list_in_it(mode: str) -> None:
    point = Model(array(1.0, 2.0), [3.0, None])
    h = hoad.hessian(lambda m: np.sum(m.weight**2) * m.rest[0] ** 2, point, mode=mode)
    assert type(h) is Model
    assert type(h.weight) is Model
    assert h.name == "model"
    close(h.weight.weight, 18.0 * np.eye(2))
    close(h.weight.rest[0], array(12.0, 24.0))
    close(h.rest[0].weight, array(12.0, 24.0))
    close(h.rest[0].rest[0], 10.0)
    assert h.rest[1] is None


def cubic(x: Any, y: Any, scale: Any = 1.0, *, shift: float = 0.0) -> Any:
    return scale * np.sum(x**2) * y**2 + shift


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_argnums(mode: str) -> None:
    x, y = array(1.0, 2.0), 3.0
    close(hoad.hessian(cubic, x, y, mode=mode), 18.0 * np.eye(2))
    close(hoad.hessian(cubic, x, y, 2.0, shift=7.0, mode=mode), 36.0 * np.eye(2))
    for argnums in (1, -1, "y"):
        close(hoad.hessian(cubic, x, y, argnums=argnums, mode=mode), 10.0)
    close(hoad.hessian(cubic, x, y=y, argnums="y", mode=mode), 10.0)
    for argnums in ((0, 1), ("x", "y"), (0, -1)):
        (xx, xy), (yx, yy) = hoad.hessian(cubic, x, y, argnums=argnums, mode=mode)
        close(xx, 18.0 * np.eye(2))
        close(xy, array(12.0, 24.0))
        close(yx, array(12.0, 24.0))
        close(yy, 10.0)
    (yy, yx), (xy, xx) = hoad.hessian(cubic, x, y, argnums=(1, 0), mode=mode)
    close(yy, 10.0)
    close(xy, array(12.0, 24.0))


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_of_a_tuple_of_one_argnum(mode: str) -> None:
    ((yy,),) = hoad.hessian(cubic, array(1.0, 2.0), 3.0, argnums=(1,), mode=mode)
    close(yy, 10.0)


def test_value_grad_hessian_diag_and_laplacian_argnums() -> None:
    x, y = array(1.0, 2.0), 3.0
    value, gradient, hessian = hoad.value_grad_hessian(cubic, x, y, 2.0, shift=7.0)
    close(value, 97.0)
    close(gradient, array(36.0, 72.0))
    close(hessian, 36.0 * np.eye(2))
    value, gradient, hessian = hoad.value_grad_hessian(cubic, x, y, argnums="y")
    close(value, 45.0)
    close(gradient, 30.0)
    close(hessian, 10.0)
    value, (dx, dy), ((xx, xy), (yx, yy)) = hoad.value_grad_hessian(cubic, x, y, argnums=(0, 1))
    close(value, 45.0)
    close(dx, array(18.0, 36.0))
    close(dy, 30.0)
    close(xx, 18.0 * np.eye(2))
    close(xy, array(12.0, 24.0))
    close(yx, array(12.0, 24.0))
    close(yy, 10.0)
    close(hoad.diag_hessian(cubic, x, y, 2.0, shift=1.0), array(36.0, 36.0))
    close(hoad.diag_hessian(cubic, x, y=y, argnums="y"), 10.0)
    first, second = hoad.diag_hessian(cubic, x, y, argnums=(0, 1))
    close(first, array(18.0, 18.0))
    close(second, 10.0)
    close(hoad.laplacian(cubic, x, y), 36.0)
    close(hoad.laplacian(cubic, x, y, argnums=(0, 1)), 46.0)
    close(hoad.laplacian(cubic, argnums="y")(x, y), 10.0)


def test_value_grad_hessian_of_containers() -> None:
    point = {"a": 2.0, "b": array(3.0, 5.0)}
    value, gradient, hessian = hoad.value_grad_hessian(
        lambda p: p["a"] ** 3 * p["b"][0] + p["b"][1] ** 2, point
    )
    close(value, 49.0)
    close(gradient["a"], 36.0)
    close(gradient["b"], array(8.0, 10.0))
    close(hessian["a"]["a"], 36.0)
    close(hessian["a"]["b"], array(12.0, 0.0))
    close(hessian["b"]["a"], array(12.0, 0.0))
    close(hessian["b"]["b"], array([0.0, 0.0], [0.0, 2.0]))


def test_diag_hessian_and_laplacian_of_containers() -> None:
    point = {"a": 2.0, "b": array(3.0, 5.0), "s": "text", "unused": array(1.0)}
    diagonal = hoad.diag_hessian(lambda p: p["a"] ** 3 * p["b"][0] + p["b"][1] ** 2, point)
    close(diagonal["a"], 36.0)
    close(diagonal["b"], array(0.0, 2.0))
    close(diagonal["unused"], array(0.0))
    assert diagonal["s"] == "text"
    close(hoad.laplacian(lambda p: p["a"] ** 3 * p["b"][0] + p["b"][1] ** 2, point), 38.0)


@pytest.mark.parametrize("mode", FOUR)
def test_hvp_of_containers(mode: str) -> None:
    point = {"a": 2.0, "b": [array(3.0, 5.0), None]}
    v = {"a": 1.0, "b": [array(10.0, 100.0), None]}
    result = hoad.hvp(lambda p: p["a"] ** 3 * p["b"][0][0] + p["b"][0][1] ** 2, point, v, mode=mode)
    close(result["a"], 36.0 + 120.0)
    close(result["b"][0], array(12.0, 200.0))
    assert result["b"][1] is None


@pytest.mark.parametrize("mode", FOUR)
def test_hvp_of_scalars_and_of_shapes(mode: str) -> None:
    close(hoad.hvp(lambda x: x**3, 2.0, 10.0, mode=mode), 120.0)
    close(hoad.hvp(lambda x: x**3, 2.0, 10, mode=mode), 120.0)
    x = np.arange(6.0).reshape(2, 3)
    v = np.ones((2, 3))
    close(hoad.hvp(lambda x: np.sum(x**3), x, v, mode=mode), 6 * x)
    close(hoad.hvp(lambda x: np.sum(x), x, v, mode=mode), np.zeros((2, 3)))
    close(hoad.hvp(lambda x: 1.0, x, v, mode=mode), np.zeros((2, 3)))
    np.testing.assert_array_equal(v, np.ones((2, 3)))


@pytest.mark.parametrize("mode", FOUR)
def test_hvp_inside_a_derivative(mode: str) -> None:
    """H(x) v for f = sum(x**4) is 12 x**2 v, and its gradient in x, summed, 24 x v."""
    v = array(1.0, 10.0)
    g = hoad.grad(lambda x: np.sum(hoad.hvp(lambda y: np.sum(y**4), x, v, mode=mode)), array(1.0, 2.0))
    close(g, array(24.0, 480.0))
    g = hoad.grad(lambda v: np.sum(hoad.hvp(lambda y: np.sum(y**4), array(1.0, 2.0), v, mode=mode)), v)
    close(g, array(12.0, 48.0))


@pytest.mark.parametrize("mode", FOUR)
def test_hessian_inside_a_gradient(mode: str) -> None:
    def log_det(x: Any) -> Any:
        return np.log(np.linalg.det(hoad.hessian(lambda y: np.sum(y**4) / 12 + y[0] * y[1], x, mode=mode)))

    a, b = 2.0, 3.0  # the Hessian is [[a**2, 1], [1, b**2]]
    determinant = a * a * b * b - 1
    right = array(2 * a * b * b / determinant, 2 * a * a * b / determinant)
    close(hoad.grad(log_det, array(a, b)), right, 64)
    close(hoad.jacobian(log_det, array(a, b), mode="forward"), right, 64)


# ------------------------------------------------------------------------------------------------------------
# Third order and mixtures
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@pytest.mark.parametrize("mode", FOUR)
def test_third_derivatives_are_a_tensor(outer: str, mode: str) -> None:
    x = array(0.5, -1.5)
    tensor = hoad.jacobian(
        lambda x: hoad.hessian(lambda x: x[0] ** 2 * x[1] ** 3, x, mode=mode), x, mode=outer
    )
    right = np.zeros((2, 2, 2))
    right[1, 1, 1] = 6 * x[0] ** 2
    right[0, 1, 1] = right[1, 0, 1] = right[1, 1, 0] = 12 * x[0] * x[1]
    right[0, 0, 1] = right[0, 1, 0] = right[1, 0, 0] = 6 * x[1] ** 2
    close(tensor, right)


def test_laplacian_of_a_laplacian() -> None:
    """For r**4 in three dimensions, the Laplacian is 20 r**2 and its Laplacian 120."""
    x = array(0.5, -1.0, 2.0)
    close(hoad.laplacian(lambda x: np.sum(x**2) ** 2, x), 20.0 * 5.25)
    close(hoad.laplacian(lambda x: hoad.laplacian(lambda y: np.sum(y**2) ** 2, x), x), 120.0)


def test_laplacian_of_a_harmonic_function_is_zero() -> None:
    x = array(0.5, -1.0)
    assert abs(hoad.laplacian(lambda x: np.exp(x[0]) * np.sin(x[1]), x)) < 4e-16
    assert abs(hoad.laplacian(lambda x: np.log(np.hypot(x[0], x[1])), x)) < 4e-16


def test_gradient_of_the_laplacian() -> None:
    x = array(0.5, -1.0)
    close(hoad.grad(lambda x: hoad.laplacian(lambda y: np.sum(y**4), x), x), 24 * x)
    close(hoad.grad(lambda x: np.sum(hoad.diag_hessian(lambda y: np.sum(y**4), x) * x), x), 36 * x**2)


@pytest.mark.parametrize("n", [2, 40])
def test_diag_hessian_is_the_diagonal(n: int) -> None:
    x = np.linspace(0.25, 1.0, n)

    def f(x: Any) -> Any:
        return np.sum(np.sin(x)) * np.sum(np.exp(x)) + np.dot(x, x[::-1])

    close(hoad.diag_hessian(f, x), np.diag(hoad.hessian(f, x)), 64)
    assert hoad.diag_hessian(lambda x: x**3, 2.0) == 12.0
    close(hoad.diag_hessian(lambda x: 1.0, x), np.zeros(n))
    close(hoad.diag_hessian(np.sum, x), np.zeros(n))
    assert hoad.laplacian(np.sum, x) == 0.0
    assert hoad.laplacian(lambda x: 1.0, x) == 0.0


def test_every_operator_of_second_order_refuses_arrays() -> None:
    x = array(1.0, 2.0)
    for operator in (hoad.hessian, hoad.value_grad_hessian, hoad.diag_hessian):
        with pytest.raises(hoad.errors.NonScalarOutputError):
            operator(lambda x: x**2, x)
    for mode in FOUR:
        with pytest.raises(hoad.errors.NonScalarOutputError):
            hoad.hessian(lambda x: x**2, x, mode=mode)
        with pytest.raises(hoad.errors.NonScalarOutputError):
            hoad.hvp(lambda x: x**2, x, x, mode=mode)


def test_results_of_second_order_share_no_memory_and_can_be_written_to() -> None:
    x = array(1.0, 2.0)
    results = [hoad.hessian(rosenbrock, x, mode=mode) for mode in FOUR]
    results += [*hoad.value_grad_hessian(rosenbrock, x)[1:], hoad.diag_hessian(rosenbrock, x)]
    results += [hoad.hvp(rosenbrock, x, x, mode=mode) for mode in FOUR]
    for a in results:
        a += 1.0
        assert not np.shares_memory(a, x)
    np.testing.assert_array_equal(x, array(1.0, 2.0))


# ------------------------------------------------------------------------------------------------------------
# Functions of one number
# ------------------------------------------------------------------------------------------------------------

T = sp.Symbol("t")
ONE: list[tuple[str, Callable[[Any], Any], Any, float]] = [
    ("sin", lambda t: np.sin(t), sp.sin(T), 0.75),
    ("power", lambda t: t**5, T**5, 1.5),
    ("rational", lambda t: 1 / (1 + t * t), 1 / (1 + T**2), 0.5),
    ("root", lambda t: np.sqrt(1 + t), sp.sqrt(1 + T), 0.5),
    ("tower", lambda t: np.exp(np.sin(t) * t), sp.exp(sp.sin(T) * T), 0.5),
    ("tanh", lambda t: np.tanh(t), sp.tanh(T), 0.25),
    ("variable power", lambda t: (1 + t) ** t, (1 + T) ** T, 0.5),
]


@pytest.mark.parametrize(("name", "f", "expression", "x"), ONE, ids=[o[0] for o in ONE])
def test_derivatives_of_all_orders(name: str, f: Any, expression: Any, x: float) -> None:
    top = 5
    right = [float(sp.diff(expression, T, n).subs(T, sp.Rational(x)).evalf(40)) for n in range(top + 1)]
    got = hoad.derivatives(f, x, top)
    assert isinstance(got, list)
    assert len(got) == top + 1
    for n in range(top + 1):
        assert type(got[n]) is float
        assert got[n] == pytest.approx(right[n], rel=2e-14, abs=1e-15)
        assert hoad.derivative(f, x, n) == pytest.approx(right[n], rel=2e-14, abs=1e-15)
        assert hoad.derivative(f, x, n=n) == hoad.derivative(f, x, n)


def test_the_order_is_the_third_argument_by_position() -> None:
    assert hoad.derivative(lambda x: x**4, 1.0, 3) == 24.0
    assert hoad.derivative(lambda x: x**4, 1.0, 0) == 1.0
    assert hoad.derivative(lambda x: x**4, n=3)(1.0) == 24.0
    assert hoad.derivative(lambda x: x**4, 2) == 32.0  # the point, not the order
    assert hoad.derivatives(lambda x: x**4, 1.0, 2) == [1.0, 4.0, 12.0]
    assert hoad.derivatives(lambda x: x**4, 1.0, n=0) == [1.0]
    assert hoad.derivative(lambda x: x**4, 1.0, np.int64(2)) == 12.0


def test_further_arguments_follow_the_order() -> None:
    def f(x: Any, a: Any, *, b: Any = 0.0) -> Any:
        return a * x**3 + b * x

    assert hoad.derivative(f, 2.0, 1, 10.0, b=5.0) == 125.0
    assert hoad.derivative(f, 2.0, 2, 10.0) == 120.0
    assert hoad.derivatives(f, 2.0, 2, 10.0, b=5.0) == [90.0, 125.0, 120.0]
    assert hoad.derivative(f, n=2)(2.0, 10.0) == 120.0


def test_derivative_of_arrays_and_containers() -> None:
    close(hoad.derivative(lambda t: np.array([t, t**2, 1.0]), 3.0), array(1.0, 6.0, 0.0))
    close(hoad.derivative(lambda t: np.array([t, t**2, 1.0]), 3.0, 2), array(0.0, 2.0, 0.0))
    close(hoad.derivative(lambda t: t * np.eye(2), 3.0), np.eye(2))
    result = hoad.derivative(lambda t: {"a": t**2, "b": [np.sin(t) * np.ones(2), t]}, 0.0)
    assert result["a"] == 0.0
    close(result["b"][0], np.ones(2))
    assert result["b"][1] == 1.0
    values = hoad.derivatives(lambda t: (t**2, np.array([t, 1.0])), 3.0, 2)
    assert [v[0] for v in values] == [9.0, 6.0, 2.0]
    close(values[0][1], array(3.0, 1.0))
    close(values[1][1], array(1.0, 0.0))
    close(values[2][1], array(0.0, 0.0))


def test_derivative_of_a_constant() -> None:
    assert hoad.derivative(lambda t: 5.0, 1.0) == 0.0
    assert hoad.derivative(lambda t: 5, 1.0, 3) == 0.0
    assert hoad.derivatives(lambda t: 5.0, 1.0, 2) == [5.0, 0.0, 0.0]
    close(hoad.derivative(lambda t: np.ones(2), 1.0), np.zeros(2))
    assert hoad.derivatives(lambda t: hoad.stop_gradient(t) * t, 3.0, 2) == [9.0, 3.0, 0.0]


def test_integer_powers_end() -> None:
    assert hoad.derivatives(lambda x: x**3, 0.0, 6) == [0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0]
    assert hoad.derivatives(lambda x: x**2, -1.0, 4) == [1.0, -2.0, 2.0, 0.0, 0.0]
    assert hoad.derivatives(lambda x: x**0, 0.0, 2) == [1.0, 0.0, 0.0]


def test_high_orders_of_the_exponential() -> None:
    values = hoad.derivatives(np.exp, 1.0, 8)
    assert all(v == pytest.approx(np.e, rel=1e-15) for v in values)
    values = hoad.derivatives(lambda x: 1 / x, 1.0, 7)
    assert values == pytest.approx([1, -1, 2, -6, 24, -120, 720, -5040], rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
def test_derivative_keeps_the_precision(dtype: Any) -> None:
    for n in range(4):
        assert type(hoad.derivative(np.sin, dtype(0.5), n)) is dtype
    assert [type(v) for v in hoad.derivatives(lambda x: x * x, dtype(3), 2)] == [dtype] * 3


def test_holomorphic_derivatives() -> None:
    z = 0.5 + 1.5j
    for n in range(4):
        right = [np.sin(z), np.cos(z), -np.sin(z), -np.cos(z)][n]
        assert hoad.derivative(np.sin, z, n, holomorphic=True) == pytest.approx(right, rel=1e-15)
    with pytest.raises(hoad.errors.ComplexOutputError):
        hoad.derivative(np.sin, z)
    values = hoad.derivatives(lambda z: z**3, z, 3, holomorphic=True)
    assert values == pytest.approx([z**3, 3 * z**2, 6 * z, 6], rel=1e-14)


def test_zero_dimensional_points() -> None:
    result = hoad.derivative(lambda x: x**3, np.array(2.0))
    assert np.shape(result) == ()
    assert result == 12.0
    assert hoad.derivative(lambda x: x**3, True) == 3.0


def test_derivatives_nest() -> None:
    assert hoad.derivative(lambda x: hoad.derivative(lambda y: y**3 * x, x, 2), 2.0) == 24.0  # 6 x**2
    assert hoad.derivative(lambda x: hoad.derivatives(np.exp, x, 2)[2] * x, 0.0) == 1.0
    assert hoad.grad(lambda x: hoad.derivative(np.sin, x, 3), 0.5) == pytest.approx(np.sin(0.5), rel=1e-15)


def test_functions_as_results_at_higher_order() -> None:
    inner = hoad.derivative(lambda x: lambda y: x**3 * y, 2.0, 2)
    assert inner(5.0) == 60.0
    assert inner(y=1.0) == 12.0


def test_an_angle_of_large_numbers() -> None:
    """The slope of arctan(exp(u)) is half of 1/cosh(u), and u falls with x here."""
    found = hoad.derivatives(lambda x: np.arctan2(np.exp(x), np.exp(2 * x - 400)), 400.0, 3)
    assert found == pytest.approx([np.pi / 4, -0.5, 0.0, 0.5], abs=1e-12)
