"""Whatever can't be differentiated is refused in words: the value, the cause, and what to type instead.

The one wrong answer is a number without its derivative. So each test looks for an error of hoad's own, and
for the words in it that help. (Where NumPy puts a ValueError of its own on top, that is the cause.)
"""

from __future__ import annotations

import dataclasses
import datetime
import math
import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import hoad
from hoad import errors
from hoad.chainrules.numpy.without import WITHOUT

pytestmark = pytest.mark.as_written

X = np.array([0.5, -1.25, 2.0])

RUNS: dict[str, Callable[..., Any]] = {
    "jvp": lambda f, x: hoad.jvp(f, (x,), (x,)),
    "batch": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "vjp": lambda f, x: hoad.vjp(f, x),
    "twice": lambda f, x: hoad.hessian(f, x),
}
EVERY_MODE = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


def refused(kind: type[Exception], *words: str) -> Any:
    """Expect an error of hoad's own, with all of the words in its message, in any order."""
    assert issubclass(kind, errors.HoadError)
    return pytest.raises(kind, match="".join(f"(?=(?s:.*){word})" for word in words))


# ------------------------------------------------------------------------------------------------------------
# The classes
# ------------------------------------------------------------------------------------------------------------

KINDS = {
    errors.NotDifferentiableError: TypeError,
    errors.NonScalarOutputError: TypeError,
    errors.ComplexOutputError: TypeError,
    errors.MissingRuleError: NotImplementedError,
    errors.EscapeError: TypeError,
    errors.ShapeMismatchError: ValueError,
    errors.ArgumentError: ValueError,
}


@pytest.mark.parametrize(("kind", "builtin"), KINDS.items(), ids=[k.__name__ for k in KINDS])
def test_every_error_is_hoads_and_pythons(kind: Any, builtin: Any) -> None:
    assert issubclass(kind, errors.HoadError)
    assert issubclass(kind, builtin)
    assert kind.__doc__


def test_describe() -> None:
    assert errors.describe("abc") == "'abc' (str)"
    assert errors.describe(np.zeros((2, 3))) == "ndarray of shape (2, 3) and dtype float64"
    assert errors.describe(None) == "None (NoneType)"
    assert errors.describe(list(range(1000))) == "list"
    assert errors.describe(3.5) == "3.5 (float)"


# ------------------------------------------------------------------------------------------------------------
# Outputs
# ------------------------------------------------------------------------------------------------------------

SCALAR_OPERATORS = [
    hoad.grad,
    hoad.value_and_grad,
    hoad.gradient,
    hoad.hessian,
    hoad.value_grad_hessian,
    hoad.diag_hessian,
]


@pytest.mark.parametrize("operator", SCALAR_OPERATORS)
def test_array_outputs_name_the_shape_and_jacobian(operator: Any) -> None:
    with refused(errors.NonScalarOutputError, "jacobian", r"shape \(3,\)", "one real number"):
        operator(lambda x: x * 2, X)
    with refused(errors.NonScalarOutputError, "jacobian", r"shape \(0,\)"):
        operator(lambda x: x[:0], X)
    with refused(errors.NonScalarOutputError, "jacobian", r"shape \(2, 2\)"):
        operator(lambda x: np.ones((2, 2)), X)
    with refused(errors.NonScalarOutputError, "jacobian"):
        operator(lambda x: np.array([x[0], x[1]]), X)


@pytest.mark.parametrize("operator", SCALAR_OPERATORS)
@pytest.mark.parametrize("value", [None, "text", object(), {1, 2}], ids=["None", "str", "object", "set"])
def test_outputs_that_are_no_numbers(operator: Any, value: Any) -> None:
    with refused(errors.NonScalarOutputError, "returned", type(value).__name__):
        operator(lambda x: value, X)


@pytest.mark.parametrize("operator", SCALAR_OPERATORS)
def test_container_outputs_name_jacobian_and_has_aux(operator: Any) -> None:
    for value in (lambda x: (x[0], x[1]), lambda x: [x[0]], lambda x: {"a": x[0]}):
        with refused(errors.NonScalarOutputError, "jacobian", "has_aux"):
            operator(value, X)


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_jacobian_of_no_numbers(mode: str) -> None:
    for value in (None, "text", object()):
        with refused(errors.NonScalarOutputError, "jacobian", type(value).__name__):
            hoad.jacobian(lambda x, value=value: value, X, mode=mode)


def test_a_function_that_forgets_to_return() -> None:
    def forgetful(x: Any) -> Any:
        np.sum(x**2)

    with refused(errors.NonScalarOutputError, "None"):
        hoad.grad(forgetful, X)
    with refused(errors.NonScalarOutputError, "None"):
        hoad.derivative(forgetful, 1.0)


@pytest.mark.parametrize("operator", SCALAR_OPERATORS)
def test_complex_outputs_name_holomorphic(operator: Any) -> None:
    with refused(errors.ComplexOutputError, "holomorphic=True", "complex", "np.real"):
        operator(lambda x: np.sum(x) * 1j, X)
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        operator(lambda x: 3 + 4j, X)


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_complex_jacobians_name_holomorphic(mode: str) -> None:
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        hoad.jacobian(lambda x: x * 1j, X, mode=mode)
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        hoad.jacobian(lambda x: x**2, X * (1 + 1j), mode=mode)
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        hoad.jacobian(np.abs, X * (1 + 1j), mode=mode)


def test_complex_derivatives_and_gradients_name_holomorphic() -> None:
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        hoad.grad(np.sin, 1 + 2j)
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        hoad.derivative(np.sin, 1 + 2j)
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        hoad.derivatives(np.sin, 1 + 2j, 2)
    with refused(errors.ComplexOutputError, "holomorphic=True"):
        hoad.derivative(lambda x: np.exp(1j * x), 0.5)


@pytest.mark.parametrize("value", [3.0, None, [1, 2], (1,), (1, 2, 3), {"a": 1, "b": 2}])
def test_has_aux_without_a_pair(value: Any) -> None:
    for operator in (hoad.grad, hoad.value_and_grad, hoad.vjp):
        with refused(errors.ArgumentError, "has_aux", "value, aux"):
            operator(lambda x: value, X, has_aux=True)


def test_a_pair_without_has_aux() -> None:
    with refused(errors.NonScalarOutputError, "has_aux=True"):
        hoad.grad(lambda x: (np.sum(x), "extra"), X)


# ------------------------------------------------------------------------------------------------------------
# Inputs
# ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Named:
    name: str


BAD_POINTS = [
    ("str", "three"),
    ("bytes", b"three"),
    ("NoneType", None),
    ("object", object()),
    ("set", {1.0}),
    ("function", lambda: 1.0),
    ("datetime", datetime.datetime(2024, 1, 1)),
    ("array of strings", np.array(["a"])),
    ("array of dates", np.array(["2024-01-01"], dtype="datetime64[D]")),
]


@pytest.mark.parametrize("point", [p for _, p in BAD_POINTS], ids=[n for n, _ in BAD_POINTS])
@pytest.mark.parametrize(
    "operator",
    [
        hoad.grad,
        hoad.value_and_grad,
        hoad.jacobian,
        hoad.gradient,
        hoad.hessian,
        hoad.vjp,
        hoad.elementwise_grad,
    ],
)
def test_points_that_are_no_numbers_are_named(operator: Any, point: Any) -> None:
    with refused(errors.NotDifferentiableError, "argument 0"):
        operator(lambda x: 1.0, point)


def test_the_second_of_two_arguments_is_named() -> None:
    with refused(errors.NotDifferentiableError, "argument 1", "'text'"):
        hoad.gradient(lambda x, y: x, 1.0, "text")
    with refused(errors.NotDifferentiableError, "argument 1", "None", "argnums"):
        hoad.grad(lambda x, y: x, 1.0, None, argnums=1)
    with refused(errors.NotDifferentiableError, "'y'", "None"):
        hoad.grad(lambda x, y: x, 1.0, y=None, argnums="y")
    with refused(errors.NotDifferentiableError, "primal 1"):
        hoad.jvp(lambda x, y: x, (1.0, "text"), (1.0, 1.0))


def test_points_of_derivative() -> None:
    with refused(errors.HoadError, "one number", "jacobian", r"shape \(3,\)"):
        hoad.derivative(np.sum, X)
    with refused(errors.HoadError, "one number", "hoad.jacobian"):
        hoad.derivative(lambda x: x, [1.0, None])
    with refused(errors.HoadError, "one number"):
        hoad.derivatives(np.sum, X, 2)
    with refused(errors.HoadError, "'text'"):
        hoad.derivative(lambda x: x, "text")
    with refused(errors.HoadError, "None"):
        hoad.derivative(lambda x: x, None)


@pytest.mark.parametrize(
    "point",
    [
        [1, (2, 3)],
        (1, True),
        {"a": 1, "b": True},
        {"a": np.arange(3)},
        [None, "s"],
        Named("n"),
        [[1], {"k": 2}],
    ],
    ids=repr,
)
@pytest.mark.parametrize("operator", [hoad.grad, hoad.jacobian, hoad.vjp, hoad.hessian])
def test_containers_with_nothing_to_differentiate(operator: Any, point: Any) -> None:
    with refused(errors.NotDifferentiableError, "argument 0", "1.0 for 1", "left alone"):
        operator(lambda p: 1.0, point)


# ------------------------------------------------------------------------------------------------------------
# Calls
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [3, 3.0, "sin", None, [np.sin]], ids=repr)
@pytest.mark.parametrize(
    "operator",
    [
        hoad.grad,
        hoad.value_and_grad,
        hoad.gradient,
        hoad.elementwise_grad,
        hoad.jacobian,
        hoad.value_and_jacobian,
        hoad.hessian,
        hoad.value_grad_hessian,
        hoad.diag_hessian,
        hoad.laplacian,
        hoad.derivative,
    ],
)
def test_what_is_no_function(operator: Any, wrong: Any) -> None:
    with refused(errors.ArgumentError, "not a function"):
        operator(wrong)
    with refused(errors.ArgumentError, "not a function"):
        operator(wrong, 1.0)


def test_what_is_no_function_in_products() -> None:
    for call in (
        lambda: hoad.jvp(3.0, (1.0,), (1.0,)),
        lambda: hoad.vjp(3.0, 1.0),
        lambda: hoad.pullback(3.0, 1.0),
        lambda: hoad.hvp(3.0, 1.0, 1.0),
        lambda: hoad.derivatives(3.0, 1.0, 2),
        lambda: hoad.pushforward(3.0, 1.0)(1.0),
    ):
        with refused(errors.ArgumentError, "not a function"):
            call()


def two(a: Any, b: Any) -> Any:
    return a * b


@pytest.mark.parametrize(
    "operator", [hoad.grad, hoad.jacobian, hoad.hessian, hoad.elementwise_grad, hoad.laplacian]
)
def test_wrong_argnums(operator: Any) -> None:
    with refused(errors.ArgumentError, "argnums=2", "out of range", "2 positional"):
        operator(two, 1.0, 2.0, argnums=2)
    with refused(errors.ArgumentError, "argnums=-3", "out of range"):
        operator(two, 1.0, 2.0, argnums=-3)
    with refused(errors.ArgumentError, "argnums='c'", "a, b"):
        operator(two, 1.0, 2.0, argnums="c")
    with refused(errors.ArgumentError, "argnums=1.5", "position"):
        operator(two, 1.0, 2.0, argnums=1.5)
    with refused(errors.ArgumentError, "argnums=None"):
        operator(two, 1.0, 2.0, argnums=None)
    with refused(errors.ArgumentError, "argnums=True"):
        operator(two, 1.0, 2.0, argnums=True)
    with refused(errors.ArgumentError, "argnums"):
        operator(two, 1.0, 2.0, argnums=(0, 5))
    with refused(errors.ArgumentError, "argnums=1"):
        operator(two, argnums=1)(1.0)


def test_the_same_argument_twice_in_argnums() -> None:
    for argnums in ((0, 0), (0, "a"), (1, -1)):
        try:
            result = hoad.grad(two, 2.0, 3.0, argnums=argnums)
        except errors.ArgumentError as error:
            assert "argnums" in str(error)
        else:
            assert result in [(3.0, 3.0), (2.0, 2.0)]


def test_argnums_by_name_of_a_ufunc() -> None:
    with refused(errors.ArgumentError, "argnums='angle'"):
        hoad.grad(np.sin, 1.0, argnums="angle")
    with refused(errors.ArgumentError, "argnums=1"):
        hoad.grad(np.sin, 1.0, argnums=1)


@pytest.mark.parametrize("mode", ["backward", "Forward", "", None, 1, "forward-reverse"])
def test_wrong_mode_of_a_jacobian(mode: Any) -> None:
    for operator in (hoad.jacobian, hoad.value_and_jacobian):
        with refused(errors.ArgumentError, "mode=", "'forward'", "'reverse'", "'auto'"):
            operator(np.sin, X, mode=mode)


@pytest.mark.parametrize("mode", ["forward", "reverse", "forward-", "reverse-forward-reverse", None, 2])
def test_wrong_mode_of_a_hessian(mode: Any) -> None:
    with refused(errors.ArgumentError, "mode=", "'forward-reverse'", "'reverse-reverse'"):
        hoad.hessian(np.sum, X, mode=mode)
    with refused(errors.ArgumentError, "mode=", "'forward-reverse'"):
        hoad.hvp(np.sum, X, X, mode=mode)


@pytest.mark.parametrize("n", [-1, 1.0, 1.5, "1", None, True, [1]])
def test_wrong_order(n: Any) -> None:
    with refused(errors.ArgumentError, "n=", "integer"):
        hoad.derivative(np.sin, 1.0, n=n)
    with refused(errors.ArgumentError, "n=", "integer"):
        hoad.derivative(np.sin, 1.0, n)
    with refused(errors.ArgumentError, "n=", "integer"):
        hoad.derivatives(np.sin, 1.0, n)
    with refused(errors.ArgumentError, "n=", "integer"):
        hoad.derivative(np.sin, n=n)


def test_a_missing_argument_is_the_functions_own_error() -> None:
    with pytest.raises(TypeError, match="'b'"):
        hoad.grad(two, 1.0)
    with pytest.raises(TypeError, match="unexpected keyword"):
        hoad.grad(two, 1.0, 2.0, c=3.0)


# ------------------------------------------------------------------------------------------------------------
# Tangents and cotangents
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tangent",
    [np.ones(2), np.ones((3, 1)), np.ones((1, 3)), 1.0, np.ones(0), np.ones((3, 3))],
    ids=lambda t: str(np.shape(t)),
)
def test_tangents_of_the_wrong_shape(tangent: Any) -> None:
    with refused(
        errors.ShapeMismatchError,
        "tangent",
        r"\(3,\)",
        str(np.shape(tangent)).replace("(", r"\(").replace(")", r"\)"),
    ):
        hoad.jvp(np.sin, (X,), (tangent,))
    with refused(errors.ShapeMismatchError, "tangent"):
        hoad.pushforward(np.sin, X)(tangent)
    with refused(errors.ShapeMismatchError, "tangent|vector"):
        hoad.hvp(np.sum, X, tangent)
    with refused(errors.ShapeMismatchError, "cotangent", r"\(3,\)"):
        hoad.vjp(np.sin, X)[1](tangent)


@pytest.mark.parametrize("mode", ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"])
def test_vectors_of_the_wrong_shape_in_a_hessian_product(mode: str) -> None:
    for v in (np.ones(2), 1.0, np.ones((3, 1))):
        with refused(errors.ShapeMismatchError, r"\(3,\)"):
            hoad.hvp(lambda x: np.sum(x**2), X, v, mode=mode)
    with refused(errors.ShapeMismatchError, "structure"):
        hoad.hvp(lambda p: p["a"] ** 2, {"a": 1.0}, {"b": 1.0}, mode=mode)


def test_an_array_as_the_tangent_of_a_number() -> None:
    with refused(errors.ShapeMismatchError, r"\(3,\)"):
        hoad.jvp(np.sin, (1.0,), (X,))
    with refused(errors.ShapeMismatchError, r"\(3,\)"):
        hoad.vjp(np.sum, X)[1](X)


def test_too_few_and_too_many_tangents() -> None:
    for tangents in ((), (1.0,), (1.0, 1.0, 1.0)):
        with refused(errors.ShapeMismatchError, "2 primals"):
            hoad.jvp(two, (1.0, 2.0), tangents)
        with refused(errors.ShapeMismatchError, "2 primals"):
            hoad.pushforward(two, 1.0, 2.0)(*tangents)
    with refused(errors.ShapeMismatchError, "2 primals"):
        hoad.jvp(two, (1.0, 2.0), 1.0)


def test_tangents_of_the_wrong_structure() -> None:
    for tangent in ({"b": 1.0}, [1.0], 1.0, {"a": 1.0, "b": 1.0}, {"a": [1.0]}, {}):
        with refused(errors.ShapeMismatchError, "tangent"):
            hoad.jvp(lambda p: p["a"], ({"a": 1.0},), (tangent,))
    for tangent in ([1.0], (1.0, 1.0), {"a": 1.0}):
        with refused(errors.ShapeMismatchError, "tangent"):
            hoad.jvp(lambda p: p[0], ([1.0, 2.0],), (tangent,))


def test_cotangents_of_the_wrong_structure() -> None:
    _, pullback = hoad.vjp(lambda x: {"a": x, "b": x**2}, 2.0)
    for cotangent in ({"a": 1.0}, [1.0, 1.0], 1.0, {"a": 1.0, "c": 1.0}, {"a": 1.0, "b": [1.0]}, None):
        with refused(errors.ShapeMismatchError, "cotangent"):
            pullback(cotangent)
    assert pullback({"a": 1.0, "b": 1.0}) == (5.0,)


@pytest.mark.parametrize("wrong", ["text", None, object()], ids=["str", "None", "object"])
def test_tangents_and_cotangents_that_are_no_numbers(wrong: Any) -> None:
    with refused(errors.ShapeMismatchError, "tangent"):
        hoad.jvp(np.sin, (1.0,), (wrong,))
    if wrong is not None:
        with refused(errors.ShapeMismatchError, "cotangent"):
            hoad.vjp(np.sin, 1.0)[1](wrong)


def test_complex_tangents_of_real_values() -> None:
    with refused(errors.ShapeMismatchError, "complex", "real"):
        hoad.jvp(np.sin, (1.0,), (1j,))
    with refused(errors.ShapeMismatchError, "complex", "real"):
        hoad.vjp(np.sin, 1.0)[1](1j)


def test_a_pullback_called_the_wrong_way() -> None:
    _, pullback = hoad.vjp(two, 1.0, 2.0)
    with pytest.raises(TypeError):
        pullback()
    with pytest.raises(TypeError):
        pullback(1.0, 2.0)


# ------------------------------------------------------------------------------------------------------------
# Functions without a rule
# ------------------------------------------------------------------------------------------------------------


def function_of(name: str) -> Any:
    """A function of NumPy by its name, as ``linalg.qr``; None where this version lacks it."""
    return attrgetter(name)(np) if name.partition(".")[0] in dir(np) else None


ASKING = [name for name in WITHOUT if hasattr(function_of(name), "_implementation")]  # it asks its arguments


def test_some_functions_without_a_derivative_ask_their_arguments() -> None:
    assert len(ASKING) >= 10


@pytest.mark.parametrize("name", ASKING)
@EVERY_MODE
def test_a_function_of_numpy_without_a_derivative_is_named(name: str, run: Any) -> None:
    function = function_of(name)
    with refused(
        errors.MissingRuleError, re.escape(f"numpy.{name} has no derivative"), re.escape(WITHOUT[name])
    ):
        run(lambda x: x.__array_function__(function, (type(x),), (x,), {}), X)


@EVERY_MODE
def test_a_foreign_ufunc_without_a_rule_is_named(run: Any) -> None:
    scipy_special = pytest.importorskip("scipy.special")
    assert scipy_special.smirnov not in hoad.chainrules.RULES  # or take another
    with refused(errors.MissingRuleError, "smirnov", "scalar_rule"):
        run(lambda x: np.sum(scipy_special.smirnov(2, x)), X)


def test_the_advice_of_the_message_works() -> None:
    """The rule that the message tells to state makes the function differentiable."""
    scipy_special = pytest.importorskip("scipy.special")
    function = scipy_special.smirnov
    f = lambda x: np.sum(function(2, x))
    try:
        hoad.chainrules.constant(function)
        assert hoad.grad(f, X).tolist() == [0.0, 0.0, 0.0]
        hoad.chainrules.composite(function)(lambda p, m: m * 1.0)
        assert hoad.grad(f, X).tolist() == [1.0, 1.0, 1.0]
        hoad.chainrules.scalar_rule(function, lambda p, m, out: (0.0, 2.0))
        assert hoad.grad(f, X).tolist() == [2.0, 2.0, 2.0]
    finally:
        hoad.chainrules.remove_rule(function)
    with refused(errors.MissingRuleError, "smirnov"):
        hoad.grad(f, X)


# ------------------------------------------------------------------------------------------------------------
# Escapes: a traced value on its way to becoming a plain number
# ------------------------------------------------------------------------------------------------------------


def stored_in_a_plain_array(x: Any) -> Any:
    out = np.zeros(3)
    out[0] = x[0]
    return np.sum(out)


def stored_whole_in_a_plain_array(x: Any) -> Any:
    out = np.zeros(3)
    out[:] = x
    return np.sum(out)


def stored_in_an_integer_array(x: Any) -> Any:
    out = np.zeros(3, dtype=int)
    out[0] = x[0]
    return np.sum(out)


def added_to_a_plain_array(x: Any) -> Any:
    y = np.ones(3)
    kept = y
    y += x
    return np.sum(kept)


def subtracted_from_a_slice(x: Any) -> Any:
    y = np.ones(3)
    y[1:] -= x[1:]
    return np.sum(y)


def matmul_in_place(x: Any) -> Any:
    y = np.eye(3)
    y @= np.outer(x, x)
    return np.sum(y)


def out_argument(x: Any) -> Any:
    y = np.ones(3)
    np.add(1.0, x, out=y)
    return np.sum(y)


def out_argument_by_position(x: Any) -> Any:
    y = np.ones(3)
    np.sin(x, y)
    return np.sum(y)


def out_argument_with_where(x: Any) -> Any:
    y = np.ones(3)
    np.multiply(x, x, out=y, where=np.array([True, False, True]))
    return np.sum(y)


def copyto(x: Any) -> Any:
    y = np.ones(3)
    np.copyto(y, x)
    return np.sum(y)


def copyto_with_where(x: Any) -> Any:
    y = np.ones(3)
    np.copyto(y, x, where=np.array([True, False, True]))
    return np.sum(y)


def add_at(x: Any) -> Any:
    y = np.ones(3)
    np.add.at(y, [0, 1], x[:2])
    return np.sum(y)


def add_at_of_one_number(x: Any) -> Any:
    y = np.ones(3)
    np.add.at(y, 1, x[0])
    return np.sum(y)


def sum_with_out(x: Any) -> Any:
    y = np.zeros(())
    np.sum(x, out=y)
    return y * 1.0


def cumsum_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.cumsum(x, out=y)
    return np.sum(y)


def reduce_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.add.reduce(np.outer(x, x), axis=0, out=y)
    return np.sum(y)


def dot_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.dot(np.outer(x, x), x, out=y)
    return np.sum(y)


def matmul_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.matmul(np.outer(x, x), x, out=y)
    return np.sum(y)


def clip_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.clip(x, -1.0, 1.0, out=y)
    return np.sum(y)


def concatenate_with_out(x: Any) -> Any:
    y = np.zeros(6)
    np.concatenate([x, x], out=y)
    return np.sum(y)


def stack_with_out(x: Any) -> Any:
    y = np.zeros((2, 3))
    np.stack([x, x], out=y)
    return np.sum(y)


def take_with_out(x: Any) -> Any:
    y = np.zeros(2)
    np.take(x, [0, 1], out=y)
    return np.sum(y)


def mean_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.mean(np.outer(x, x), axis=0, out=y)
    return np.sum(y)


def max_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.max(np.outer(x, x), axis=0, out=y)
    return np.sum(y)


def einsum_with_out(x: Any) -> Any:
    y = np.zeros(3)
    np.einsum("i,i->i", x, x, out=y)
    return np.sum(y)


def put(x: Any) -> Any:
    y = np.zeros(3)
    np.put(y, [0, 1], x[:2])
    return np.sum(y)


def putmask(x: Any) -> Any:
    y = np.zeros(3)
    np.putmask(y, np.array([True, False, True]), x)
    return np.sum(y)


def place(x: Any) -> Any:
    y = np.zeros(3)
    np.place(y, np.array([True, False, True]), x[:2])
    return np.sum(y)


def fill(x: Any) -> Any:
    y = np.zeros(3)
    y.fill(x[0])
    return np.sum(y)


def fill_diagonal(x: Any) -> Any:
    y = np.zeros((3, 3))
    np.fill_diagonal(y, x)
    return np.sum(y)


def item_assignment_by_mask(x: Any) -> Any:
    y = np.zeros(3)
    y[y == 0] = x
    return np.sum(y)


def array_of_floats(x: Any) -> Any:
    return np.sum(np.array([x[0], x[1]], dtype=float))


def asarray_of_floats(x: Any) -> Any:
    return np.sum(np.asarray(x, dtype=np.float64))


def full_of_a_number(x: Any) -> Any:
    return np.sum(np.full(3, x[0], dtype=float))


def from_iterator(x: Any) -> Any:
    return np.sum(np.fromiter((e for e in x), dtype=float))


def cast_of_an_object_array(x: Any) -> Any:
    return np.sum(np.array([x[0], x[1]]).astype(float))


def float_of(x: Any) -> Any:
    return float(x[0])


def int_of(x: Any) -> Any:
    return int(x[2])


def complex_of(x: Any) -> Any:
    return abs(complex(x[0]))


def math_function(x: Any) -> Any:
    return math.sin(x[0])


def math_power(x: Any) -> Any:
    return math.pow(2.0, x[0])


def math_sum(x: Any) -> Any:
    return math.fsum(x)


def math_floor(x: Any) -> Any:
    return math.floor(x[2]) * 1.0 + math.hypot(x[0], x[1])


def numpy_scalar_of(x: Any) -> Any:
    return np.float64(x[0])


def formatted_back(x: Any) -> Any:
    return float(np.float32(x[0]))


def python_statistics(x: Any) -> Any:
    return np.random.default_rng(0).normal(x[0], 1.0)


def interpolated(x: Any) -> Any:
    return np.bincount([0, 1, 2], weights=np.asarray(x, dtype=float)).sum()


ESCAPES = [
    (stored_in_a_plain_array, ["np.zeros_like"]),
    (stored_whole_in_a_plain_array, ["np.zeros_like"]),
    (added_to_a_plain_array, ["np.zeros_like"]),
    (subtracted_from_a_slice, ["np.zeros_like"]),
    (matmul_in_place, ["np.zeros_like"]),
    (out_argument, ["np.zeros_like", "out="]),
    (out_argument_by_position, ["np.zeros_like"]),
    (out_argument_with_where, ["np.zeros_like"]),
    (copyto, ["np.zeros_like"]),
    (copyto_with_where, ["np.zeros_like"]),
    (add_at, ["np.zeros_like"]),
    (add_at_of_one_number, ["np.zeros_like"]),
    (sum_with_out, []),
    (cumsum_with_out, []),
    (reduce_with_out, []),
    (dot_with_out, []),
    (matmul_with_out, []),
    (clip_with_out, []),
    (concatenate_with_out, []),
    (stack_with_out, []),
    (take_with_out, []),
    (mean_with_out, []),
    (max_with_out, []),
    (einsum_with_out, []),
    (put, []),
    (putmask, []),
    (place, []),
    (fill, []),
    (fill_diagonal, []),
    (item_assignment_by_mask, ["np.zeros_like"]),
    (array_of_floats, []),
    (asarray_of_floats, []),
    (full_of_a_number, []),
    (from_iterator, []),
    (cast_of_an_object_array, []),
    (float_of, ["np.sin", "hoad.primal"]),
    (complex_of, ["hoad.primal"]),
    (math_function, ["np.sin", "math.sin"]),
    (math_power, ["np.sin", "math.sin"]),
    (math_sum, []),
    (math_floor, []),
    (numpy_scalar_of, []),
    (formatted_back, []),
    (python_statistics, []),
    (interpolated, []),
]


@EVERY_MODE
@pytest.mark.parametrize(("f", "words"), ESCAPES, ids=[f.__name__ for f, _ in ESCAPES])
def test_escapes_raise(f: Any, words: Any, run: Any) -> None:
    """With a message that says what was lost and what to type; never a number without its derivative."""
    with pytest.raises(errors.EscapeError) as caught:
        run(f, X)
    for word in words:
        assert word in str(caught.value)
    assert re.search(r"test_errors\.py:\d+: \w", str(caught.value))  # the line


@EVERY_MODE
def test_an_escape_whose_cause_numpy_hides(run: Any) -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3)
        y.flat[1] = x[1]
        return np.sum(y)

    with pytest.raises(errors.EscapeError, match="zeros_like"):
        run(f, X)


@EVERY_MODE
def test_the_message_shows_the_value(run: Any) -> None:
    with refused(errors.EscapeError, "-1.25", "lose its derivative"):
        run(lambda x: float(x[1]), X)


@EVERY_MODE
def test_an_escape_is_a_type_error_too(run: Any) -> None:
    """So that ``try: float(x) except TypeError`` works as for any other object."""
    with pytest.raises(TypeError):
        run(lambda x: float(x[1]), X)


@EVERY_MODE
def test_an_array_is_no_number(run: Any) -> None:
    for convert in (float, int, complex, math.sin):
        with pytest.raises(TypeError):
            run(lambda x, convert=convert: convert(x), X)


@EVERY_MODE
def test_a_traced_value_is_no_index(run: Any) -> None:
    with pytest.raises((TypeError, IndexError)):
        run(lambda x: X[x[2]], X)
    with pytest.raises((TypeError, IndexError)):
        run(lambda x: x[x[2]], X)
    with pytest.raises(TypeError):
        run(lambda x: np.sum(x) * len(range(x[2])), X)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_integers_are_plain(mode: str) -> None:
    """NumPy cuts what it stores among integers, and ``int`` does: both are constant between two of them."""
    for f in (stored_in_an_integer_array, int_of):
        value, slope = hoad.value_and_jacobian(f, X, mode=mode)
        assert value == f(X)
        assert slope.tolist() == [0.0, 0.0, 0.0]


def test_the_deliberate_ways_out() -> None:
    assert hoad.grad(lambda x: float(hoad.primal(x[0])) * x[1], X).tolist() == [0.0, 0.5, 0.0]
    assert hoad.grad(lambda x: int(hoad.primal(x[2])) * x[1], X).tolist() == [0.0, 2.0, 0.0]
    assert hoad.grad(lambda x: math.sin(hoad.stop_gradient(x[0])) * x[1], X)[1] == math.sin(0.5)


@EVERY_MODE
def test_plain_arrays_are_unchanged_after_a_refusal(run: Any) -> None:
    y = np.ones(3)

    def f(x: Any) -> Any:
        nonlocal y
        y += x
        return np.sum(y)

    kept = y
    with pytest.raises(errors.EscapeError):
        run(f, X)
    np.testing.assert_array_equal(kept, np.ones(3))
    assert y is kept


def test_the_tracks_of_a_refusal_do_not_disturb_the_next_derivative() -> None:
    for f, _ in ESCAPES:
        with pytest.raises((TypeError, ValueError)):
            hoad.grad(f, X)
        assert hoad.grad(lambda x: np.sum(x**2), X).tolist() == [1.0, -2.5, 4.0]


# ------------------------------------------------------------------------------------------------------------
# The function's own exceptions
# ------------------------------------------------------------------------------------------------------------


@EVERY_MODE
def test_the_functions_own_exception_comes_through(run: Any) -> None:
    class Own(Exception):
        pass

    def broken(x: Any) -> Any:
        raise Own("mine", 7)

    with pytest.raises(Own) as caught:
        run(broken, X)
    assert caught.value.args == ("mine", 7)
    assert caught.traceback[-1].name == "broken"


@pytest.mark.parametrize("value", [2.0, np.ones(2), np.ones((2, 3))], ids=str)
@pytest.mark.parametrize(
    "operator",
    [
        lambda f, x: hoad.jvp(f, (x,), (x,)),
        lambda f, x: hoad.vjp(f, x),
        lambda f, x: hoad.derivatives(lambda t: f(t * x), 1.0, 3),
        lambda f, x: hoad.jvp(lambda y: hoad.vjp(f, y)[0], (x,), (x,)),
        lambda f, x: hoad.jacobian(f, x, mode="forward"),
    ],
)
def test_messages_speak_of_the_users_values(operator: Any, value: Any) -> None:
    """And not of what stands for them while a derivative runs."""
    told = []
    operator(lambda x: (told.append(errors.describe(x)), np.sum(x))[1], value)
    plain = {errors.describe(value), errors.describe(np.asarray(value)[()])}
    assert told and plain.issuperset(told)
