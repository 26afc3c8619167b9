"""The operators of first order: how they are called, what they take apart, return, and leave alone.

The numbers here are small enough to be checked in the head; that the rules are right is tested elsewhere.
"""

from __future__ import annotations

import dataclasses
import gc
import inspect
import pickle
import weakref
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

MODES = ["forward", "reverse", "auto"]
LARGE = 10_000  # more elements than hoad keeps a copy of


def product(x: Any, y: Any = 3.0, *, power: int = 1) -> Any:
    """Multiply, then raise.

    A second paragraph.
    """
    return (x * y) ** power


def squares(x: Any) -> Any:
    """The sum of squares."""
    return np.sum(x**2)


ALIKE = {(np.float64, float), (float, np.float64), (np.complex128, complex), (complex, np.complex128)}


def same(got: Any, right: Any) -> None:
    """Assert equality of numbers, arrays and containers: of types, shapes and dtypes too, exactly.

    An ``np.float64`` is a float, and passes for one; an array without axes does not.
    """
    assert type(got) is type(right) or (type(got), type(right)) in ALIKE, (got, right)
    if isinstance(right, (tuple, list)):
        assert len(got) == len(right)
        for g, r in zip(got, right, strict=True):
            same(g, r)
    elif isinstance(right, dict):
        assert list(got) == list(right)
        for key in right:
            same(got[key], right[key])
    elif dataclasses.is_dataclass(right):
        for field in dataclasses.fields(right):
            same(getattr(got, field.name), getattr(right, field.name))
    elif isinstance(right, np.ndarray):
        assert (got.dtype, got.shape) == (right.dtype, right.shape), (got, right)
        np.testing.assert_array_equal(got, right)
    else:
        assert got == right, (got, right)


def array(*values: Any, dtype: Any = float) -> np.ndarray:
    return np.array(values, dtype=dtype)


# ------------------------------------------------------------------------------------------------------------
# Each operator in two forms: evaluated at a point, and as a function
# ------------------------------------------------------------------------------------------------------------

EVERY: list[tuple[str, Callable[..., Any], Any]] = [
    ("grad", hoad.grad, 12.0),
    ("value_and_grad", hoad.value_and_grad, (8.0, 12.0)),
    ("gradient", hoad.gradient, 12.0),
    ("elementwise_grad", hoad.elementwise_grad, 12.0),
    ("jacobian", hoad.jacobian, 12.0),
    ("value_and_jacobian", hoad.value_and_jacobian, (8.0, 12.0)),
    ("hessian", hoad.hessian, 12.0),
    ("value_grad_hessian", hoad.value_grad_hessian, (8.0, 12.0, 12.0)),
    ("derivative", hoad.derivative, 12.0),
    ("diag_hessian", hoad.diag_hessian, 12.0),
    ("laplacian", hoad.laplacian, 12.0),
]
IDS = [name for name, _, _ in EVERY]


def cube(x: Any) -> Any:
    """The cube of x."""
    return x**3


@pytest.mark.parametrize(("name", "operator", "right"), EVERY, ids=IDS)
def test_evaluates_at_a_point_and_returns_a_function_without_one(
    name: str, operator: Any, right: Any
) -> None:
    same(operator(cube, 2.0), right)
    function = operator(cube)
    assert callable(function)
    same(function(2.0), right)
    same(function(2.0), right)


@pytest.mark.parametrize(("name", "operator", "right"), EVERY, ids=IDS)
def test_the_function_keeps_name_docstring_and_signature(name: str, operator: Any, right: Any) -> None:
    function = operator(product)
    assert function.__name__ == "product"
    assert function.__qualname__ == "product"
    assert function.__module__ == __name__
    assert function.__doc__ == product.__doc__
    assert inspect.signature(function) == inspect.signature(product)
    assert "product" in repr(function)


@pytest.mark.parametrize(("name", "operator", "right"), EVERY, ids=IDS)
def test_the_function_can_be_pickled(name: str, operator: Any, right: Any) -> None:
    again = pickle.loads(pickle.dumps(operator(cube)))
    same(again(2.0), right)
    assert again.__name__ == "cube"
    assert again.__doc__ == "The cube of x."


def test_options_survive_pickling() -> None:
    again = pickle.loads(pickle.dumps(hoad.grad(product, argnums=("y", 0))))
    assert again(2.0, 5.0) == (2.0, 5.0)
    nested = pickle.loads(pickle.dumps(hoad.grad(hoad.grad(cube))))
    assert nested(2.0) == 12.0


@pytest.mark.parametrize(("name", "operator", "right"), EVERY, ids=IDS)
def test_further_arguments_and_keywords_reach_the_function(name: str, operator: Any, right: Any) -> None:
    seen: list[tuple[Any, ...]] = []

    def f(x: Any, label: str, *, table: dict[str, float]) -> Any:
        seen.append((label, table))
        return x**3 * table["scale"]

    table = {"scale": 2.0}
    if name == "derivative":  # the order stands third
        got = operator(f, 2.0, 1, "a", table=table)
    elif name == "gradient":  # all positional arguments are differentiated
        got = operator(lambda x, table: f(x, "a", table=table), 2.0, table=table)
    else:
        got = operator(f, 2.0, "a", table=table)
    doubled = tuple(2 * part for part in right) if isinstance(right, tuple) else 2 * right
    same(got, doubled)
    assert seen == [("a", table)]
    assert seen[0][1] is table


@pytest.mark.parametrize(("name", "operator", "right"), EVERY, ids=IDS)
def test_calls_the_function_once(name: str, operator: Any, right: Any) -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return x**3

    operator(counted, 2.0)
    assert len(calls) == 1
    operator(counted)
    assert len(calls) == 1


@pytest.mark.parametrize("operator", [hoad.jvp, hoad.vjp, hoad.pushforward, hoad.pullback])
def test_products_with_vectors_call_the_function_once(operator: Any) -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return x**3

    if operator is hoad.jvp:
        assert operator(counted, (2.0,), (1.0,)) == (8.0, 12.0)
    elif operator is hoad.pushforward:
        assert operator(counted, 2.0)(1.0) == 12.0
    else:
        value, pullback = operator(counted, 2.0)
        assert (value, pullback(1.0), pullback(2.0)) == (8.0, (12.0,), (24.0,))
    assert len(calls) == 1


def test_works_as_a_decorator() -> None:
    @hoad.grad
    def slope(x: Any) -> Any:
        return x**3

    assert slope(2.0) == 12.0


def test_decorated_methods() -> None:
    class Spring:
        stiffness = 3.0

        @hoad.grad
        def force(self, x: Any) -> Any:
            return self.stiffness * x**2

    with pytest.raises(hoad.errors.HoadError):
        Spring().force(2.0)  # argument 0 is self

    class Better:
        stiffness = 3.0

        def energy(self, x: Any) -> Any:
            return self.stiffness * x**2

        force = hoad.grad(energy, argnums=1)

    assert Better().force(2.0) == 12.0
    assert hoad.grad(Better().energy, 2.0) == 12.0


def test_functions_without_a_name() -> None:
    class Callable_:
        def __call__(self, x: Any) -> Any:
            return x**2

    assert hoad.grad(Callable_(), 3.0) == 6.0
    assert hoad.grad(Callable_())(3.0) == 6.0
    assert hoad.grad(np.square)(3.0) == 6.0
    assert isinstance(repr(hoad.grad(Callable_())), str)


# ------------------------------------------------------------------------------------------------------------
# argnums
# ------------------------------------------------------------------------------------------------------------


def three(a: Any, b: Any, c: Any = 7.0) -> Any:
    return a * b**2 + c**3


POINT = (2.0, 3.0, 5.0)
PARTIALS = {"a": 9.0, "b": 12.0, "c": 75.0}


@pytest.mark.parametrize("operator", [hoad.grad, hoad.jacobian, hoad.elementwise_grad])
@pytest.mark.parametrize(
    ("argnums", "right"),
    [
        (0, 9.0),
        (1, 12.0),
        (2, 75.0),
        (-1, 75.0),
        (-3, 9.0),
        ("a", 9.0),
        ("b", 12.0),
        ("c", 75.0),
        ((0,), (9.0,)),
        ((0, 2), (9.0, 75.0)),
        ((2, 0), (75.0, 9.0)),
        ((-1, "a", 1), (75.0, 9.0, 12.0)),
        (("b", "c"), (12.0, 75.0)),
    ],
)
def test_argnums(operator: Any, argnums: Any, right: Any) -> None:
    same(operator(three, *POINT, argnums=argnums), right)
    same(operator(three, argnums=argnums)(*POINT), right)


@pytest.mark.parametrize("operator", [hoad.grad, hoad.jacobian, hoad.elementwise_grad])
def test_argnums_given_by_keyword(operator: Any) -> None:
    assert operator(three, 2.0, b=3.0, c=5.0, argnums="b") == 12.0
    assert operator(three, 2.0, c=5.0, b=3.0, argnums="c") == 75.0
    assert operator(three, 2.0, b=3.0, c=5.0, argnums=1) == 12.0
    assert operator(three, 2.0, b=3.0, c=5.0, argnums=("c", 0)) == (75.0, 9.0)
    assert operator(three, argnums="a")(a=2.0, b=3.0, c=5.0) == 9.0


def test_argnum_zero_may_be_a_keyword() -> None:
    assert hoad.grad(three)(a=2.0, b=3.0) == 9.0


def test_variadic_arguments() -> None:
    def total(*parts: Any, **named: Any) -> Any:
        return sum(p**2 for p in parts) + sum(v**3 for v in named.values())

    assert hoad.grad(total, 1.0, 2.0, 3.0, argnums=2) == 6.0
    assert hoad.grad(total, 1.0, 2.0, z=3.0, argnums="z") == 27.0


def test_the_same_object_as_two_arguments() -> None:
    x = array(2.0, 3.0)
    dx, dy = hoad.gradient(lambda x, y: np.sum(x * x * y), x, x)
    same(dx, array(8.0, 18.0))
    same(dy, array(4.0, 9.0))
    jx, jy = hoad.jacobian(lambda x, y: x * x * y, x, x, argnums=(0, 1), mode="forward")
    same(jx, np.diag([8.0, 18.0]))
    same(jy, np.diag([4.0, 9.0]))


# ------------------------------------------------------------------------------------------------------------
# has_aux, gradient, vjp, jvp
# ------------------------------------------------------------------------------------------------------------


def test_has_aux() -> None:
    def f(x: Any) -> Any:
        return x**2, {"cube": x**3, "label": "run 1", "steps": [x, 2]}

    extra = {"cube": 27.0, "label": "run 1", "steps": [3.0, 2]}
    same(hoad.grad(f, 3.0, has_aux=True), (6.0, extra))
    same(hoad.value_and_grad(f, 3.0, has_aux=True), ((9.0, extra), 6.0))
    same(hoad.value_and_grad(f, has_aux=True)(3.0), ((9.0, extra), 6.0))
    value, pullback, aux = hoad.vjp(f, 3.0, has_aux=True)
    same((value, pullback(1.0), aux), (9.0, (6.0,), extra))


def test_aux_stays_traced_for_the_level_outside() -> None:
    def outer(x: Any) -> Any:
        slope, aux = hoad.grad(lambda y: (y**2 * x, y * x), x, has_aux=True)
        return slope + aux  # 2 x**2 + x**2

    assert hoad.grad(outer, 3.0) == 18.0
    assert hoad.derivative(outer, 3.0) == 18.0


def test_gradient_takes_all_arguments() -> None:
    assert hoad.gradient(lambda x: x**2, 3.0) == 6.0
    assert hoad.gradient(three, *POINT) == (9.0, 12.0, 75.0)
    assert hoad.gradient(lambda x, y, scale: scale * x * y, 2.0, 5.0, scale=10.0) == (50.0, 20.0)


def test_vjp_is_reusable_and_linear() -> None:
    x = array(1.0, 2.0, 3.0)
    value, pullback = hoad.vjp(lambda x: np.stack([x[0] * x[1], x[2] ** 2]), x)
    same(value, array(2.0, 9.0))
    same(pullback(array(1.0, 0.0)), (array(2.0, 1.0, 0.0),))
    same(pullback(array(0.0, 1.0)), (array(0.0, 0.0, 6.0),))
    same(pullback(array(1.0, 10.0)), (array(2.0, 1.0, 60.0),))
    same(pullback(array(1.0, 0.0)), (array(2.0, 1.0, 0.0),))


def test_vjp_of_several_arguments_and_containers() -> None:
    value, pullback = hoad.vjp(lambda p, y: {"a": p["u"] * y, "b": p["v"]}, {"u": 2.0, "v": 3.0}, 5.0)
    same(value, {"a": 10.0, "b": 3.0})
    same(pullback({"a": 1.0, "b": 0.0}), ({"u": 5.0, "v": 0.0}, 2.0))
    same(pullback({"a": 0.0, "b": 1.0}), ({"u": 0.0, "v": 1.0}, 0.0))


def test_vjp_passes_keywords_on() -> None:
    value, pullback = hoad.vjp(product, 2.0, power=2)
    assert (value, pullback(1.0)) == (36.0, (36.0,))


def test_pullback_is_vjp() -> None:
    value, back = hoad.pullback(lambda x, y: x * y, 2.0, 3.0)
    assert (value, back(1.0)) == (6.0, (3.0, 2.0))


def test_jvp_and_pushforward() -> None:
    x, v = array(1.0, 2.0), array(3.0, 4.0)
    value, change = hoad.jvp(lambda x, c: x[0] * x[1] * c, (x, 10.0), (v, 1.0))
    assert float(value) == 20.0
    assert float(change) == 102.0  # 10 (3 * 2 + 1 * 4) + 1 * 2
    assert hoad.pushforward(lambda x, c: x[0] * x[1] * c, x, 10.0)(v, 1.0) == 102.0


def test_jvp_of_one_argument_outside_a_tuple() -> None:
    same(hoad.jvp(np.square, array(2.0, 3.0), array(1.0, 10.0)), (array(4.0, 9.0), array(4.0, 60.0)))


def test_jvp_of_containers() -> None:
    point, direction = (
        {"a": 2.0, "b": [array(1.0, 2.0), None, "s"]},
        {"a": 1.0, "b": [array(0.5, 0.0), None, "s"]},
    )
    value, change = hoad.jvp(lambda p: (p["a"] ** 2, {"k": p["a"] * p["b"][0]}), (point,), (direction,))
    same(value, (4.0, {"k": array(2.0, 4.0)}))
    same(change, (4.0, {"k": array(2.0, 2.0)}))


def test_integer_tangents_and_cotangents() -> None:
    assert hoad.jvp(cube, (2.0,), (1,)) == (8.0, 12.0)
    assert hoad.vjp(cube, 2.0)[1](1) == (12.0,)
    same(hoad.jvp(cube, (array(1.0, 2.0),), (array(1, 0, dtype=int),))[1], array(3.0, 0.0))
    same(hoad.vjp(cube, array(1.0, 2.0))[1](array(0, 1, dtype=int)), (array(0.0, 12.0),))


# ------------------------------------------------------------------------------------------------------------
# Jacobians
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_has_the_shape_of_the_output_and_then_of_the_input(mode: str) -> None:
    x = np.arange(6.0).reshape(2, 3)
    weights = np.arange(20.0).reshape(4, 5)

    def f(x: Any) -> Any:
        return x[0, 2] * x[1, 1] ** 2 * weights

    jac = hoad.jacobian(f, x, mode=mode)
    right = np.zeros((4, 5, 2, 3))
    right[..., 0, 2] = 16.0 * weights
    right[..., 1, 1] = 16.0 * weights
    same(jac, right)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [1, 40])
@pytest.mark.parametrize("m", [1, 50])
def test_jacobian_tall_and_wide(mode: str, n: int, m: int) -> None:
    matrix = np.arange(m * n, dtype=float).reshape(m, n)
    value, jac = hoad.value_and_jacobian(lambda x: matrix @ x, np.ones(n), mode=mode)
    same(jac, matrix)
    same(value, matrix.sum(axis=1))


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_scalars(mode: str) -> None:
    same(hoad.jacobian(cube, 2.0, mode=mode), 12.0)
    same(hoad.jacobian(lambda x: np.array([x, x**2]), 3.0, mode=mode), array(1.0, 6.0))
    same(hoad.jacobian(lambda x: np.sum(x**2), array(1.0, 2.0), mode=mode), array(2.0, 4.0))
    same(hoad.jacobian(lambda x: x[0], array(1.0, 2.0), mode=mode), array(1.0, 0.0))


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_zero_dimensional(mode: str) -> None:
    jac = hoad.jacobian(cube, np.array(2.0), mode=mode)
    assert np.shape(jac) == ()
    assert jac == 12.0
    same(hoad.jacobian(lambda x: x * np.ones(2), np.array(2.0), mode=mode), array(1.0, 1.0))
    assert hoad.jacobian(cube, np.array([2.0]), mode=mode).shape == (1, 1)


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_empty(mode: str) -> None:
    same(hoad.jacobian(np.sin, np.zeros(0), mode=mode), np.zeros((0, 0)))
    same(hoad.jacobian(np.sin, np.zeros((2, 0)), mode=mode), np.zeros((2, 0, 2, 0)))
    same(hoad.jacobian(lambda x: x[:0], np.ones(3), mode=mode), np.zeros((0, 3)))
    same(hoad.jacobian(lambda x: np.concatenate([x, np.ones(2)]), np.zeros(0), mode=mode), np.zeros((2, 0)))


def test_gradient_of_an_empty_array() -> None:
    same(hoad.grad(np.sum, np.zeros(0)), np.zeros(0))
    same(hoad.grad(np.sum, np.zeros((3, 0))), np.zeros((3, 0)))
    same(hoad.elementwise_grad(np.sin, np.zeros(0)), np.zeros(0))
    value, change = hoad.jvp(np.sin, (np.zeros(0),), (np.zeros(0),))
    same((value, change), (np.zeros(0), np.zeros(0)))
    same(hoad.vjp(np.sin, np.zeros(0))[1](np.zeros(0)), (np.zeros(0),))


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_of_containers(mode: str) -> None:
    def f(p: Any) -> Any:
        return {"s": p["a"] * p["b"][0], "v": [p["b"] ** 2]}

    jac = hoad.jacobian(f, {"a": 2.0, "b": array(3.0, 5.0)}, mode=mode)
    right = {
        "s": {"a": 3.0, "b": array(2.0, 0.0)},
        "v": [{"a": array(0.0, 0.0), "b": np.diag([6.0, 10.0])}],
    }
    same(jac, right)


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_of_several_arguments_with_several_outputs(mode: str) -> None:
    jac = hoad.jacobian(lambda x, y: (x * y[0], y**2), 3.0, array(2.0, 5.0), argnums=(0, 1), mode=mode)
    (a, b), (c, d) = jac
    assert a == 2.0
    same(b, array(3.0, 0.0))
    same(c, array(0.0, 0.0))
    same(d, np.diag([4.0, 10.0]))


@pytest.mark.parametrize("mode", MODES)
def test_a_tuple_of_one_argnum_gives_a_tuple(mode: str) -> None:
    jac = hoad.jacobian(lambda x: x**2, array(1.0, 2.0), argnums=(0,), mode=mode)
    same(jac, (np.diag([2.0, 4.0]),))


@pytest.mark.parametrize("mode", MODES)
def test_value_and_jacobian(mode: str) -> None:
    value, jac = hoad.value_and_jacobian(lambda x: x[1:] * x[0], array(2.0, 3.0, 4.0), mode=mode)
    same(value, array(6.0, 8.0))
    same(jac, array([3.0, 2.0, 0.0], [4.0, 0.0, 2.0]))
    assert hoad.value_and_jacobian(cube, 2.0, mode=mode) == (8.0, 12.0)


def test_elementwise_grad() -> None:
    x = np.arange(6.0).reshape(2, 3)
    same(hoad.elementwise_grad(np.square, x), 2 * x)
    same(hoad.elementwise_grad(lambda x, y: x * y, x, x + 1, argnums=1), x)
    gx, gy = hoad.elementwise_grad(lambda x, y: x * y, x, x + 1, argnums=(0, 1))
    same(gx, x + 1)
    same(gy, x)


# ------------------------------------------------------------------------------------------------------------
# Containers
# ------------------------------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "left right")


@dataclasses.dataclass
class Layer:
    weights: Any
    bias: Any
    name: str = "layer"
    size: int = 2


@dataclasses.dataclass(frozen=True)
class Frozen:
    weights: Any
    bias: Any
    name: str = "frozen"


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    weights: Any
    bias: Any


@dataclasses.dataclass
class Checked:
    """Refuses in __post_init__ what a gradient may be."""

    weights: Any
    bias: Any
    norm: Any = dataclasses.field(init=False, default=1.0)

    def __post_init__(self) -> None:
        if np.any(np.asarray(hoad.primal(self.weights)) > 4.0):
            raise ValueError("too large")


W, B = array(1.0, 2.0), 3.0
DW, DB = array(6.0, 12.0), 5.0  # of b * sum(w**2)

CONTAINERS: list[tuple[str, Any, Any, Any]] = [
    ("tuple", (W, B), (DW, DB), lambda p: (p[0], p[1])),
    ("list", [W, B], [DW, DB], lambda p: (p[0], p[1])),
    ("dict", {"w": W, "b": B}, {"w": DW, "b": DB}, lambda p: (p["w"], p["b"])),
    ("namedtuple", Pair(W, B), Pair(DW, DB), lambda p: (p.left, p.right)),
    ("dataclass", Layer(W, B), Layer(DW, DB), lambda p: (p.weights, p.bias)),
    ("frozen", Frozen(W, B), Frozen(DW, DB), lambda p: (p.weights, p.bias)),
    ("slots", Slotted(W, B), Slotted(DW, DB), lambda p: (p.weights, p.bias)),
    ("post_init", Checked(W, B), None, lambda p: (p.weights, p.bias)),
    (
        "nested",
        {"net": [Layer(W, None, "in"), (Pair(B, "text"), 7)], "none": None},
        {"net": [Layer(DW, None, "in"), (Pair(DB, "text"), 7)], "none": None},
        lambda p: (p["net"][0].weights, p["net"][1][0].left),
    ),
    (
        "nested dataclass",
        Frozen(Layer(W, 0.0), B),
        Frozen(Layer(DW, 0.0), DB),
        lambda p: (p.weights.weights, p.bias),
    ),
]


@pytest.mark.parametrize(("name", "point", "right", "parts"), CONTAINERS, ids=[c[0] for c in CONTAINERS])
def test_containers(name: str, point: Any, right: Any, parts: Any) -> None:
    def f(p: Any) -> Any:
        assert type(p) is type(point)
        w, b = parts(p)
        return b * np.sum(w**2)

    result = hoad.grad(f, point)
    assert type(result) is type(point)
    if name == "post_init":
        same(parts(result), (DW, DB))
        same(result.norm, 0.0)
        return
    same(result, right)
    value, result = hoad.value_and_grad(f, point)
    assert value == 15.0
    same(result, right)
    (result,) = hoad.vjp(f, point)[1](1.0)
    same(result, right)
    for mode in MODES:
        same(hoad.jacobian(f, point, mode=mode), right)


@pytest.mark.parametrize(("name", "point", "right", "parts"), CONTAINERS, ids=[c[0] for c in CONTAINERS])
def test_containers_as_values(name: str, point: Any, right: Any, parts: Any) -> None:
    """The point itself, each differentiated leaf tripled, is the value of the function."""

    def f(x: Any) -> Any:
        return hoad.values.trees.map_leaves(
            lambda leaf: leaf * x if hoad.values.trees.is_differentiable(leaf) else leaf, point
        )

    value, change = hoad.jvp(f, (3.0,), (1.0,))
    assert type(value) is type(change) is type(point)
    same(parts(value), (3 * W, 3 * B))
    same(parts(change), (W, B))


def test_what_is_no_float_in_a_container_is_handed_over_as_it_is() -> None:
    token = object()
    point = {"x": 2.0, "n": 3, "flag": True, "none": None, "text": "a", "thing": token, "ints": np.arange(3)}

    def f(p: Any) -> Any:
        assert p["n"] == 3
        assert type(p["n"]) is int
        assert p["flag"] is True
        assert p["none"] is None
        assert p["text"] == "a"
        assert p["thing"] is token
        assert p["ints"].dtype.kind == "i"
        return p["x"] ** p["n"]

    result = hoad.grad(f, point)
    assert list(result) == list(point)
    assert result["x"] == 12.0
    assert result["thing"] is token
    assert (result["n"], result["flag"], result["none"], result["text"]) == (3, True, None, "a")
    np.testing.assert_array_equal(result["ints"], np.arange(3))


def test_dicts_keep_their_kind_and_order() -> None:
    point = {"z": 1.0, "a": 2.0, "m": 3.0}
    assert list(hoad.grad(lambda p: p["a"] * p["z"], point)) == ["z", "a", "m"]
    ordered = hoad.grad(lambda p: p["a"] * p["z"], OrderedDict(z=1.0, a=2.0))
    assert type(ordered) is OrderedDict
    assert list(ordered.items()) == [("z", 2.0), ("a", 1.0)]
    default = hoad.grad(lambda p: p["a"] * p["z"], defaultdict(float, z=1.0, a=2.0))
    assert type(default) is defaultdict
    assert dict(default) == {"z": 2.0, "a": 1.0}
    assert hoad.grad(lambda p: p[1] * p["a"], {1: 2.0, "a": 3.0}) == {1: 3.0, "a": 2.0}


def test_unused_keys_are_kept() -> None:
    result = hoad.grad(lambda p: p["used"] ** 2, {"used": 3.0, "scalar": 1.0, "array": np.ones((2, 3))})
    same(result, {"used": 6.0, "scalar": 0.0, "array": np.zeros((2, 3))})


def test_empty_containers() -> None:
    same(
        hoad.grad(lambda p: p["x"] ** 2, {"x": 3.0, "rest": [], "more": {}}),
        {"x": 6.0, "rest": [], "more": {}},
    )


def test_the_container_of_the_caller_is_not_the_one_that_the_function_gets() -> None:
    point = {"x": 2.0, "list": [3.0]}

    def f(p: Any) -> Any:
        y = p["x"] * p["list"][0]
        p["new"] = y
        p["list"].append(y)
        p["x"] = 0.0
        return y

    same(hoad.grad(f, point), {"x": 3.0, "list": [2.0]})
    assert point == {"x": 2.0, "list": [3.0]}


def test_dataclass_methods_work_inside() -> None:
    @dataclasses.dataclass(frozen=True)
    class Line:
        slope: Any
        offset: Any

        def __call__(self, x: Any) -> Any:
            return self.slope * x + self.offset

    assert hoad.grad(lambda line: line(3.0) ** 2, Line(2.0, 1.0)) == Line(42.0, 14.0)


# ------------------------------------------------------------------------------------------------------------
# No dependence
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "x", [2.0, np.float32(2.0), np.ones(3), np.ones((2, 0)), np.ones(3, np.float32)], ids=repr
)
def test_no_dependence_gives_zeros(x: Any) -> None:
    zero = x * 0
    same(hoad.grad(lambda x: 1.0, x), zero)
    same(hoad.grad(lambda x: 7, x), zero)
    same(hoad.grad(lambda x: hoad.stop_gradient(np.sum(x)), x), zero)
    same(hoad.vjp(lambda x: 1.0, x)[1](1.0), (zero,))
    assert hoad.jvp(lambda x: 1.0, (x,), (x,)) == (1.0, 0.0)
    for mode in MODES:
        jac = hoad.jacobian(lambda x: 1.0, x, mode=mode)
        assert np.shape(jac) == np.shape(x)
        assert np.result_type(jac) == np.result_type(x)
        assert not np.any(jac)
        assert not np.any(hoad.jacobian(lambda x: np.ones((4, 2)), x, mode=mode))
        assert np.shape(hoad.jacobian(lambda x: np.ones((4, 2)), x, mode=mode)) == (4, 2, *np.shape(x))


def test_one_argument_of_two_without_influence() -> None:
    same(hoad.gradient(lambda x, y: x**2, 3.0, np.ones((2, 2))), (6.0, np.zeros((2, 2))))
    same(hoad.gradient(lambda x, y: x**2, 3.0, 1j), (6.0, 0j))


def test_no_dependence_of_one_output() -> None:
    value, change = hoad.jvp(lambda x: (x, np.ones(2), 3, "s", None), (2.0,), (1.0,))
    assert value[0] == 2.0
    assert value[2:] == (3, "s", None)
    assert change[0] == 1.0
    same(change[1], np.zeros(2))
    assert change[2] == 0


# ------------------------------------------------------------------------------------------------------------
# Number types
# ------------------------------------------------------------------------------------------------------------


def test_integers_and_bools_are_differentiated_as_floats() -> None:
    for operator in (hoad.grad, hoad.jacobian, hoad.derivative, hoad.gradient, hoad.elementwise_grad):
        same(operator(cube, 2), 12.0)
        same(operator(cube, True), 3.0)
        assert isinstance(operator(cube, np.int64(2)), float)
        assert operator(cube, np.int64(2)) == 12.0
    for mode in MODES:
        same(hoad.jacobian(cube, array(1, 2, dtype=int), mode=mode), np.diag([3.0, 12.0]))
    same(hoad.grad(squares, array(1, 2, dtype=int)), array(2.0, 4.0))
    same(hoad.grad(squares, array(True, False, dtype=bool)), array(2.0, 0.0))
    same(hoad.grad(squares, array(1, 2, dtype=np.uint8)), array(2.0, 4.0))
    same(hoad.jvp(squares, (array(1, 2, dtype=int),), (array(1.0, 1.0),))[1] * 1.0, np.float64(6.0))


def test_an_integer_array_has_float_values_inside() -> None:
    # in integers, x / 2 * 2 would be rounded by x // 1 and by writes
    def f(x: Any) -> Any:
        assert x.dtype == np.float64
        out = np.zeros_like(x)
        out[...] = x / 2
        return np.sum(out)

    same(hoad.grad(f, array(1, 3, dtype=int)), array(0.5, 0.5))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_precision_is_kept(dtype: Any) -> None:
    x = np.array([1.0, 2.0], dtype)
    same(hoad.grad(squares, x), np.array([2.0, 4.0], dtype))
    same(hoad.grad(lambda x: np.sum(np.sin(x) * 2.0), x), np.cos(x) * dtype(2))
    same(hoad.elementwise_grad(lambda x: x * x + 1, x), np.array([2.0, 4.0], dtype))
    for mode in MODES:
        same(hoad.jacobian(lambda x: x * x, x, mode=mode), np.diag(np.array([2.0, 4.0], dtype)))
    value, change = hoad.jvp(lambda x: x * x, (x,), (x,))
    assert (value.dtype, change.dtype) == (dtype, dtype)
    value, pullback = hoad.vjp(lambda x: x * x, x)
    assert value.dtype == dtype
    same(pullback(np.ones(2, dtype)), (np.array([2.0, 4.0], dtype),))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_precision_of_numpy_scalars_is_kept(dtype: Any) -> None:
    x = dtype(2)
    for result in (
        hoad.grad(cube, x),
        hoad.jacobian(cube, x),
        hoad.derivative(cube, x),
        hoad.gradient(cube, x),
    ):
        assert type(result) is dtype or (dtype is np.float64 and type(result) is float)
        assert result == 12


def test_longdouble_is_as_precise_as_it_looks() -> None:
    third = np.longdouble(1) / 3
    assert hoad.grad(lambda x: x * third, np.longdouble(2)) == third
    assert hoad.grad(np.exp, np.longdouble(1)) == np.exp(np.longdouble(1))
    assert hoad.derivative(np.exp, np.longdouble(1), 3) == np.exp(np.longdouble(1))


def test_mixed_precision() -> None:
    x, y = np.ones(2, np.float32), np.full(2, 3.0)
    gx, gy = hoad.gradient(lambda x, y: np.sum(x * y), x, y)
    same(gx, np.full(2, 3.0, np.float32))
    same(gy, np.ones(2))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + np.float64(0.5),
        lambda x: x * np.float64(0.5),
        lambda x: np.float64(2.0) - x,
        lambda x: np.where(x > 0, x, np.ones(2)),
        lambda x: np.concatenate([x, np.ones(1)]),
        lambda x: x.astype(np.float64),
    ],
)
def test_the_change_of_a_value_has_its_precision(f: Any) -> None:
    x = np.array([1.0, 2.0], np.float32)
    value, change = hoad.jvp(f, (x,), (x,))
    assert value.dtype == change.dtype == np.float64
    value, pullback = hoad.vjp(f, x)
    assert value.dtype == np.float64
    assert pullback(np.ones(value.shape))[0].dtype == np.float32


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(), (0,), (2,)])
def test_python_numbers_promote_nothing(mode: str, shape: Any) -> None:
    x = np.ones(shape, np.float32)
    for f in (
        lambda x: x + 0.5,
        lambda x: 2.0**x,
        lambda x: x**2,
        lambda x: np.maximum(x, 0.5),
        lambda x: 1 / x,
    ):
        assert np.result_type(hoad.jacobian(f, x, mode=mode)) == np.float32
        assert np.result_type(hoad.jvp(f, (x,), (x,))[1]) == np.float32


def test_python_numbers_give_python_numbers() -> None:
    for result in (
        hoad.grad(np.sin, 1.0),
        hoad.derivative(np.sin, 1.0),
        hoad.gradient(np.sin, 1.0),
        hoad.value_and_grad(np.sin, 1.0)[0],
        hoad.value_and_grad(np.sin, 1.0)[1],
        hoad.elementwise_grad(np.sin, 1.0),
        hoad.jacobian(np.sin, 1.0),
        hoad.jacobian(np.sin, 1.0, mode="reverse"),
        hoad.gradient(lambda x, y: np.sin(x), 1.0, 2.0)[1],
    ):
        assert type(result) is float
    assert type(hoad.gradient(lambda z: abs(z) ** 2, 1 + 2j)) in (complex, np.complex128)


# ------------------------------------------------------------------------------------------------------------
# Complex numbers
# ------------------------------------------------------------------------------------------------------------


def test_gradient_of_a_real_loss_is_the_derivative_in_re_plus_i_that_in_im() -> None:
    assert hoad.gradient(lambda z: abs(z) ** 2, 1 + 2j) == 2 + 4j
    assert hoad.grad(np.real, 1 + 2j) == 1
    assert hoad.grad(np.imag, 1 + 2j) == 1j
    assert hoad.grad(lambda z: np.real(z**2), 1 + 2j) == 2 - 4j
    z = array(1 + 2j, 3 - 1j, dtype=complex)
    same(hoad.grad(lambda z: np.sum(np.abs(z) ** 2), z), 2 * z)
    same(hoad.grad(lambda z: np.sum(z.real * z.imag), z), z.imag + 1j * z.real)


def test_a_real_input_has_a_real_gradient() -> None:
    assert type(hoad.grad(lambda x: np.abs(np.exp(1j * x) + x), 0.5)) is float
    same(hoad.grad(lambda x: np.sum(np.abs(x * (3 + 4j))), array(1.0, 2.0)), array(5.0, 5.0))
    for mode in MODES:
        same(hoad.jacobian(lambda x: np.real(x * (3 + 4j)), array(1.0, 2.0), mode=mode), np.diag([3.0, 3.0]))


def test_complex64_is_kept() -> None:
    z = array(1 + 2j, 3 - 1j, dtype=np.complex64)
    same(hoad.grad(lambda z: np.sum(np.abs(z) ** 2), z).dtype, np.dtype(np.complex64))


def test_holomorphic() -> None:
    z = 1 + 2j
    assert hoad.grad(lambda z: z**3, z, holomorphic=True) == pytest.approx(3 * z**2, rel=1e-15)
    value, slope = hoad.value_and_grad(np.exp, z, holomorphic=True)
    assert value == np.exp(z)
    assert slope == pytest.approx(np.exp(z), rel=1e-15)
    assert hoad.derivative(lambda z: z**3, z, holomorphic=True) == pytest.approx(3 * z**2, rel=1e-15)
    assert hoad.derivative(lambda z: z**3, z, 2, holomorphic=True) == pytest.approx(6 * z, rel=1e-15)
    points = array(1 + 2j, 3 - 1j, dtype=complex)
    for mode in MODES:
        jac = hoad.jacobian(lambda z: z**2 * (1 - 2j), points, mode=mode, holomorphic=True)
        np.testing.assert_allclose(jac, np.diag(2 * points * (1 - 2j)), rtol=1e-15)
        np.testing.assert_allclose(
            hoad.jacobian(lambda z: np.sin(z) * 1j, z, mode=mode, holomorphic=True),
            1j * np.cos(z),
            rtol=1e-15,
        )


def test_holomorphic_at_a_real_point() -> None:
    assert hoad.grad(lambda z: 1j * z**2, 3.0, holomorphic=True) == 6j
    for mode in MODES:
        np.testing.assert_allclose(
            hoad.jacobian(lambda z: 1j * z**2, array(3.0), mode=mode, holomorphic=True), [[6j]], rtol=1e-15
        )


def test_complex_products_with_vectors() -> None:
    z, v, w = 1 + 2j, 0.5 - 1j, 2 + 1j
    value, change = hoad.jvp(lambda z: z**2, (z,), (v,))
    assert value == z**2
    assert change == pytest.approx(2 * z * v, rel=1e-15)
    (back,) = hoad.vjp(lambda z: z**2, z)[1](w)
    assert back == pytest.approx(np.conj(2 * z) * w, rel=1e-15)
    (back,) = hoad.vjp(np.conj, z)[1](w)
    assert back == np.conj(w)


def test_a_complex_cotangent_of_a_real_input() -> None:
    (back,) = hoad.vjp(lambda x: x * (3 + 4j), 2.0)[1](1 + 1j)
    assert not np.iscomplexobj(back)
    assert back == 7.0  # Re(conj(3 + 4j) (1 + 1j))


# ------------------------------------------------------------------------------------------------------------
# stop_gradient, primal
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [hoad.stop_gradient, hoad.primal])
@pytest.mark.parametrize("operator", [hoad.grad, hoad.derivative, hoad.jacobian])
def test_stopped_values_are_constants(stop: Any, operator: Any) -> None:
    assert operator(lambda x: x * stop(x), 3.0) == 3.0
    assert operator(lambda x: stop(x**2), 3.0) == 0.0
    assert operator(lambda x: operator(lambda y: y * stop(x) * x, 1.0), 3.0) == 3.0


def test_stop_gradient_of_containers_and_plain_values() -> None:
    same(
        hoad.stop_gradient({"a": 1.0, "b": [None, "s", np.ones(2)]}), {"a": 1.0, "b": [None, "s", np.ones(2)]}
    )
    result = hoad.grad(lambda p: p["a"] * hoad.stop_gradient(p)["a"], {"a": 3.0, "b": array(1.0)})
    same(result, {"a": 3.0, "b": array(0.0)})
    assert hoad.primal("text") == "text"
    assert hoad.primal(2.0) == 2.0


def test_primal_is_an_ordinary_value() -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append(hoad.primal(x))
        return np.sum(x**2)

    hoad.grad(f, array(1.0, 2.0))
    hoad.grad(lambda x: hoad.grad(f, x)[0] * 1.0, array(1.0, 2.0))
    hoad.hessian(f, array(1.0, 2.0))
    for value in seen:
        same(value, array(1.0, 2.0))


# ------------------------------------------------------------------------------------------------------------
# Aliasing: results, inputs and constants are apart
# ------------------------------------------------------------------------------------------------------------

ALIASING = [
    lambda x: x,
    lambda x: x + 0,
    lambda x: x * 1.0,
    lambda x: x.T,
    lambda x: x.reshape(2, 2),
    lambda x: x[:],
    lambda x: x.ravel(),
    lambda x: np.broadcast_to(x, (2, 2, 2)),
    lambda x: (x, x),
    lambda x: {"a": x, "b": x.T},
    lambda x: -x,
]


def arrays_in(tree: Any) -> list[np.ndarray]:
    return [leaf for leaf in hoad.values.trees.flatten(tree)[0] if isinstance(leaf, np.ndarray)]


@pytest.mark.parametrize("f", ALIASING, ids=[inspect.getsource(f).strip().rstrip(",") for f in ALIASING])
def test_results_share_no_memory(f: Any) -> None:
    x, v = np.arange(4.0).reshape(2, 2), np.ones((2, 2))
    before = x.copy(), v.copy()
    value, change = hoad.jvp(f, (x,), (v,))
    y, pullback = hoad.vjp(f, x)
    ones = hoad.values.trees.map_leaves(np.ones_like, y)
    first, second = pullback(ones), pullback(ones)
    results = [value, change, y, ones, first, second]
    for mode in MODES:
        results += hoad.value_and_jacobian(f, x, mode=mode)
    found = [x, v] + [a for r in results for a in arrays_in(r)]
    for i, a in enumerate(found):
        for b in found[i + 1 :]:
            assert not np.shares_memory(a, b)
    for a in found[2:]:
        a += 1.0  # all of them may be written to
    same((x, v), before)
    same(
        pullback(hoad.values.trees.map_leaves(np.ones_like, y)),
        hoad.vjp(f, x)[1](hoad.values.trees.map_leaves(np.ones_like, y)),
    )


def test_gradients_share_no_memory() -> None:
    x, y = np.ones(3), np.ones(3)
    for a, b in (
        hoad.gradient(lambda x, y: np.sum(x + y), x, y),
        hoad.gradient(lambda x, y: np.sum(x) + np.sum(y), x, y),
        hoad.gradient(lambda x, y: np.sum(x - y), x, x),
        hoad.gradient(lambda x, y: np.sum(y), x, y),
    ):
        assert not np.shares_memory(a, b)
        a += 1
        b += 1
        same((x, y), (np.ones(3), np.ones(3)))
    constant = np.full(3, 5.0)
    result = hoad.grad(lambda x: np.sum(x * constant), x)
    assert not np.shares_memory(result, constant)
    result += 1
    same(constant, np.full(3, 5.0))


def test_values_do_not_alias_a_constant_that_is_returned() -> None:
    constant = np.full(3, 5.0)
    x = np.ones(3)
    assert not np.shares_memory(hoad.vjp(lambda x: constant, x)[0], constant)
    assert not np.shares_memory(hoad.jvp(lambda x: constant, (x,), (x,))[0], constant)
    for mode in MODES:
        assert not np.shares_memory(hoad.value_and_jacobian(lambda x: constant, x, mode=mode)[0], constant)


def test_the_extra_value_does_not_alias_the_point() -> None:
    x = np.ones(3)
    (_, aux), _ = hoad.value_and_grad(lambda x: (np.sum(x), x), x, has_aux=True)
    same(aux, np.ones(3))
    aux += 1
    same(x, np.ones(3))


def test_the_tangent_and_the_cotangent_of_the_caller_are_unchanged() -> None:
    v = np.ones(3)

    def f(x: Any) -> Any:
        x[0] = 0.0
        x *= 2.0
        return x

    value, change = hoad.jvp(f, (np.arange(3.0),), (v,))
    same((value, change, v), (array(0.0, 2.0, 4.0), array(0.0, 2.0, 2.0), np.ones(3)))
    g = np.ones(3)
    _, pullback = hoad.vjp(f, np.arange(3.0))
    same(pullback(g), (array(0.0, 2.0, 2.0),))
    same(g, np.ones(3))


@pytest.mark.parametrize("n", [3, LARGE])
def test_the_arrays_of_the_caller_are_unchanged_and_writeable_again(n: int) -> None:
    x, c = np.ones(n), np.full(n, 2.0)

    def overwrite(x: Any) -> Any:
        y = np.sum(x * c)
        x[...] = 0.0
        return y + np.sum(x)

    hoad.grad(overwrite, x)
    hoad.jacobian(lambda x: np.sum(x * c), x, mode="reverse")
    hoad.jvp(overwrite, (x,), (x,))
    same(x, np.ones(n))
    same(c, np.full(n, 2.0))
    assert x.flags.writeable
    assert c.flags.writeable
    value, pullback = hoad.vjp(lambda x: x * c, x)
    del value, pullback
    gc.collect()
    assert c.flags.writeable
    c += 1


def test_read_only_arrays_stay_read_only() -> None:
    for n in (3, LARGE):
        x, c = np.ones(n), np.full(n, 2.0)
        x.flags.writeable = c.flags.writeable = False
        same(hoad.grad(lambda x, c=c: np.sum(x * c), x), np.full(n, 2.0))
        assert not x.flags.writeable
        assert not c.flags.writeable


# ------------------------------------------------------------------------------------------------------------
# Mutation of what was used
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", [hoad.grad, lambda f, x: hoad.jacobian(f, x, mode="forward")])
@pytest.mark.parametrize(
    ("use", "slope"),
    [
        (lambda x, c: x * c, lambda x, c: c),
        (lambda x, c: c * x, lambda x, c: c),
        (lambda x, c: x / c, lambda x, c: 1 / c),
        (lambda x, c: c / x, lambda x, c: -c / x**2),
        (lambda x, c: x**c, lambda x, c: c * x ** (c - 1)),
        (lambda x, c: np.where(c > 2.5, x, 2 * x), lambda x, c: np.where(c > 2.5, 1.0, 2.0)),
        (lambda x, c: x * c[::-1], lambda x, c: c[::-1]),
        (lambda x, c: np.diag(c) @ x, lambda x, c: c),
        (lambda x, c: np.arctan2(x, c), lambda x, c: c / (x**2 + c**2)),
    ],
)
def test_a_small_constant_that_changes_after_its_use(operator: Any, use: Any, slope: Any) -> None:
    """autograd and JAX return the derivative with the changed constant."""
    x = array(1.0, 2.0, 4.0)
    fresh = array(2.0, 3.0, 5.0)
    c = fresh.copy()

    def f(x: Any) -> Any:
        y = use(x, c)
        c[...] *= 2.0
        return np.sum(y)

    np.testing.assert_allclose(operator(f, x), slope(x, fresh), rtol=1e-14)
    same(c, 2 * fresh)


@pytest.mark.parametrize(
    "use",
    [
        lambda x, c: x * c,
        lambda x, c: c @ x,
        lambda x, c: np.dot(x, c),
        lambda x, c: np.einsum("i,i->", x, c),
    ],
)
def test_a_large_constant_that_is_needed_and_changes_after_its_use(use: Any) -> None:
    c = np.arange(1.0, LARGE + 1)

    def f(x: Any) -> Any:
        y = use(x, c)
        c[LARGE - 1] *= 2.0
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only"):
        hoad.grad(f, np.ones(LARGE))
    same(c, np.arange(1.0, LARGE + 1))
    assert c.flags.writeable


@pytest.mark.parametrize(
    ("use", "slope"),
    [
        (lambda x, c: c / x, lambda x, c: -c / x**2),
        (lambda x, c: x / c, lambda x, c: 1 / c),
        (lambda x, c: c**x, lambda x, c: np.log(c) * c**x),
        (lambda x, c: np.maximum(x, c), lambda x, c: np.where(x > c, 1.0, np.where(x == c, 0.5, 0.0))),
        (lambda x, c: np.where(c > 1.5, x, 3 * x), lambda x, c: np.where(c > 1.5, 1.0, 3.0)),
        (lambda x, c: np.hypot(x, c), lambda x, c: x / np.hypot(x, c)),
    ],
)
def test_any_large_constant_that_changes_after_its_use(use: Any, slope: Any) -> None:
    """Either the change raises, or the derivative is that of what was computed."""
    x, fresh = np.full(LARGE, 1.5), np.linspace(1.0, 2.0, LARGE)
    c = fresh.copy()

    def f(x: Any) -> Any:
        y = use(x, c)
        c[...] = c[::-1].copy()
        return np.sum(y)

    try:
        result = hoad.grad(f, x)
    except ValueError as error:
        assert "read-only" in str(error)
        same(c, fresh)
    else:
        np.testing.assert_allclose(result, slope(x, fresh), rtol=1e-14)
    assert c.flags.writeable


def test_an_index_that_changes_after_its_use() -> None:
    index = np.array([0, 2])

    def f(x: Any) -> Any:
        y = x[index]
        index[...] = 1
        return np.sum(y * array(1.0, 10.0))

    same(hoad.grad(f, np.ones(3)), array(1.0, 0.0, 10.0))
    index[...] = [0, 2]
    mask = array(True, False, True, dtype=bool)

    def g(x: Any) -> Any:
        out = np.zeros_like(x)
        out[mask] = x[mask] * 3
        mask[...] = False
        return np.sum(out)

    same(hoad.grad(g, np.ones(3)), array(3.0, 0.0, 3.0))


def test_the_index_of_a_write_that_changes_after_its_use() -> None:
    for mode in MODES:
        index = np.array([0, 2])

        def f(x: Any, index: Any = index) -> Any:
            out = np.zeros_like(x)
            out[index] = x[:2] * array(1.0, 10.0)
            index[...] = 1
            return out

        right = array([1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 10.0, 0.0])
        same(hoad.jacobian(f, np.ones(3), mode=mode), right)


def test_a_list_as_an_index_that_changes_after_its_use() -> None:
    def f(x: Any) -> Any:
        index = [0, 2]
        y = x[index]
        index[0] = 1
        return np.sum(y)

    same(hoad.grad(f, np.ones(3)), array(1.0, 0.0, 1.0))


def test_a_condition_that_changes_after_its_use() -> None:
    condition = array(True, False, dtype=bool)

    def f(x: Any) -> Any:
        y = np.where(condition, x, 5 * x)
        condition[...] = ~condition
        return np.sum(y)

    same(hoad.grad(f, np.ones(2)), array(1.0, 5.0))


def test_changes_between_vjp_and_pullback() -> None:
    x, c = array(1.0, 2.0), array(3.0, 4.0)
    value, pullback = hoad.vjp(lambda x: x**2 * c, x)
    x[...] = 100.0
    c[...] = 100.0
    value[...] = 100.0
    same(pullback(np.ones(2)), (array(6.0, 16.0),))
    g = np.ones(2)
    first = pullback(g)
    g[...] = 100.0
    first[0][...] = 100.0
    same(pullback(np.ones(2)), (array(6.0, 16.0),))


def test_large_changes_between_vjp_and_pullback() -> None:
    x, c = np.ones(LARGE), np.full(LARGE, 3.0)
    value, pullback = hoad.vjp(lambda x: x**2 * c, x)
    x[...] = 100.0  # hoad has its own copy of the point
    value[...] = 100.0
    with pytest.raises(ValueError, match="read-only"):
        c[...] = 100.0
    same(pullback(np.ones(LARGE)), (np.full(LARGE, 6.0),))
    del pullback
    gc.collect()
    c[...] = 100.0


@pytest.mark.parametrize(
    "use",
    [
        lambda x, c: x * c.reshape(2, -1).reshape(-1),
        lambda x, c: x[: LARGE // 2] * c[LARGE // 2 :],
        lambda x, c: np.multiply.outer(c, x[:2]),
    ],
)
def test_a_view_of_a_large_constant_may_change_after_its_use(use: Any) -> None:
    x, c, fresh = np.ones(LARGE), np.linspace(1.0, 2.0, LARGE), np.linspace(1.0, 2.0, LARGE)

    def f(x: Any) -> Any:
        y = use(x, c)
        c[...] *= 2.0
        return np.sum(y)

    same(hoad.grad(f, x), hoad.grad(lambda x: np.sum(use(x, fresh)), x))


def test_two_views_of_one_large_constant_may_change_after_their_use() -> None:
    c = np.linspace(1.0, 2.0, 2 * LARGE)
    parts = [c[:LARGE], c[1 : LARGE + 1]]
    before = [part.copy() for part in parts]
    pullbacks = [hoad.vjp(lambda x, part=part: x * part, np.ones(LARGE))[1] for part in parts]
    c *= 2.0
    for pullback, part in zip(pullbacks, before, strict=True):
        same(pullback(np.ones(LARGE))[0], part)
    assert [a.flags.writeable for a in (c, *parts)] == [True, True, True]


@pytest.mark.parametrize("kind", ["its base", "sibling", "older view of a read-only array"])
def test_a_large_constant_that_changes_under_another_name(kind: str) -> None:
    """Either the change raises, or the derivative is that of what was computed."""
    fresh = np.linspace(1.0, 2.0, LARGE)
    owner = fresh.copy()
    other = owner if kind == "its base" else owner[:]
    c = owner[:] if kind in ("its base", "sibling") else owner
    if kind == "older view of a read-only array":
        owner.flags.writeable = False

    def f(x: Any) -> Any:
        y = np.sum(x * c)
        other[...] = 7.0
        return y

    try:
        result = hoad.grad(f, np.ones(LARGE))
    except ValueError as error:
        assert "read-only" in str(error)
    else:
        same(result, fresh)


def test_the_same_large_constant_used_twice_is_unlocked_once_both_are_done() -> None:
    c = np.linspace(1.0, 2.0, LARGE).copy()
    _, first = hoad.vjp(lambda x: x * c, np.ones(LARGE))
    hoad.grad(lambda x: np.sum(x * c), np.ones(LARGE))
    assert not c.flags.writeable
    same(first(np.ones(LARGE))[0], c.copy())
    del first
    gc.collect()
    c[0] = 0.0


def test_a_changed_constant_inside_a_hessian() -> None:
    c = array(2.0, 3.0)

    def f(x: Any) -> Any:
        y = np.sum(c * x**2)
        c[...] += 1.0
        return y

    same(hoad.hessian(f, np.ones(2)), np.diag([4.0, 6.0]))


def test_an_accumulator_reused_in_a_loop() -> None:
    def f(x: Any) -> Any:
        buffer, total = np.zeros(2), 0.0
        for k in range(1, 4):
            buffer[...] = k
            total = total + np.sum(buffer * x)
        return total

    same(hoad.grad(f, np.ones(2)), array(6.0, 6.0))


# ------------------------------------------------------------------------------------------------------------
# Functions as results
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operator",
    [
        hoad.grad,
        hoad.derivative,
        hoad.elementwise_grad,
        lambda f, x: hoad.value_and_grad(f, x)[1],
        lambda f, x: hoad.jacobian(f, x, mode="forward"),
        lambda f, x: hoad.jacobian(f, x, mode="reverse"),
        lambda f, x: hoad.value_and_jacobian(f, x)[1],
        lambda f, x: hoad.jvp(f, (x,), (1.0,))[1],
        lambda f, x: hoad.pushforward(f, x)(1.0),
    ],
)
def test_the_derivative_of_a_function_valued_function_is_a_function(operator: Any) -> None:
    inner = operator(lambda x: lambda y: x**2 * y, 3.0)
    assert callable(inner)
    assert inner(5.0) == 30.0
    assert inner(y=7.0) == 42.0
    assert inner(5.0) == 30.0


def test_value_of_a_function_valued_function() -> None:
    value, slope = hoad.value_and_grad(lambda x: lambda y: x**2 * y, 3.0)
    assert slope(5.0) == 30.0
    assert value(5.0) == 45.0


# ------------------------------------------------------------------------------------------------------------
# Exceptions and leaks
# ------------------------------------------------------------------------------------------------------------


class OwnError(Exception):
    pass


@pytest.mark.parametrize(("name", "operator", "right"), EVERY, ids=IDS)
@pytest.mark.parametrize("kind", [OwnError, ZeroDivisionError, KeyboardInterrupt, StopIteration])
def test_exceptions_come_through(name: str, operator: Any, right: Any, kind: Any) -> None:
    original = kind("mine")

    def broken(x: Any) -> Any:
        y = x * 2
        raise original
        return y

    with pytest.raises(kind) as caught:
        operator(broken, 2.0)
    assert caught.value is original
    assert caught.value.__cause__ is None
    same(operator(cube, 2.0), right)


@pytest.mark.parametrize("n", [3, LARGE])
def test_an_exception_frees_locked_arrays(n: int) -> None:
    c = np.ones(n)

    def broken(x: Any) -> Any:
        y = x * c
        raise OwnError(np.sum(y))

    with pytest.raises(OwnError):
        hoad.grad(broken, np.ones(n))
    assert c.flags.writeable
    same(hoad.grad(lambda x: np.sum(x * c), np.ones(n)), np.ones(n))


def test_an_exception_in_the_middle_of_a_nested_derivative() -> None:
    def inner(y: Any) -> Any:
        if y > 2:
            raise OwnError("y")
        return y**3

    def outer(x: Any) -> Any:
        try:
            return hoad.grad(inner, x)
        except OwnError:
            return x**2

    assert hoad.grad(outer, 3.0) == 6.0
    assert hoad.grad(outer, 1.0) == 6.0


def test_numpy_error_state_is_restored() -> None:
    before = np.geterr()
    hoad.grad(lambda x: np.sum(np.log(x)), array(0.5, 1.0))
    assert np.geterr() == before

    def broken(x: Any) -> Any:
        raise OwnError

    with pytest.raises(OwnError):
        hoad.grad(broken, 1.0)
    assert np.geterr() == before


def test_a_custom_error_state_is_the_users() -> None:
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        hoad.grad(lambda x: np.sum(1.0 / x), array(0.0, 1.0))


def test_nothing_is_left_behind_by_grad_without_the_collector() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        big = x * np.ones(1000)
        seen.append(weakref.ref(big))
        return np.sum(big**2)

    gc.collect()
    gc.disable()
    try:
        hoad.grad(f, np.ones(1000))
        assert seen[0]() is None
        hoad.jvp(f, (np.ones(1000),), (np.ones(1000),))
        assert seen[1]() is None
        value, pullback = hoad.vjp(f, np.ones(1000))
        pullback(1.0)
        del value, pullback
        assert seen[2]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(("name", "operator", "right"), EVERY, ids=IDS)
def test_no_traced_value_survives(name: str, operator: Any, right: Any) -> None:
    def f(x: Any) -> Any:
        held = [x * 1.0]
        return held[0] ** 3

    operator(f, 2.0)
    gc.collect()
    before = sum(issubclass(type(o), hoad.nested.Traced) for o in gc.get_objects())
    for _ in range(20):
        operator(f, 2.0)
    gc.collect()
    assert sum(issubclass(type(o), hoad.nested.Traced) for o in gc.get_objects()) <= before


def test_large_arrays_are_freed_after_an_exception() -> None:
    references: list[Any] = []

    def broken(x: Any) -> Any:
        y = x * 2.0
        references.append(weakref.ref(y))
        raise OwnError

    with pytest.raises(OwnError):
        hoad.grad(broken, np.ones(1000))
    gc.collect()
    assert references[0]() is None


def test_a_value_that_outlives_its_level_behaves_as_its_primal() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        kept.append(x * 2)
        return np.sum(x**2)

    for operator in (hoad.grad, lambda f, x: hoad.jacobian(f, x, mode="forward")):
        kept.clear()
        operator(f, array(1.0, 2.0))
        old = kept[0]
        np.testing.assert_array_equal(np.asarray(old), [2.0, 4.0])
        np.testing.assert_array_equal(np.asarray(old + 1), [3.0, 5.0])
        same(hoad.grad(lambda x, old=old: np.sum(x * old), array(1.0, 1.0)), array(2.0, 4.0))
        assert float(old[0]) == 2.0


@pytest.mark.parametrize("mode", MODES)
def test_a_constant_taken_from_a_traced_value_may_be_changed(mode: str) -> None:
    def f(x: Any) -> Any:
        y = x**2
        for taken in (hoad.stop_gradient(y), hoad.primal(x)):
            taken *= 0.0
        return np.sum(y * x)

    same(hoad.jacobian(f, array(1.0, 2.0), mode=mode), array(3.0, 12.0))
