"""Compiled results are of the classes, types and shapes that the plain call gives, down to the class of a
number: every operator, of functions of every kind, at numbers of every kind.

The default run takes some of the combinations, each operator and each function at least once; the sweep takes
all.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import RULES

Function = Callable[[Any], Any]

OPERATORS: dict[str, Callable[[Function], Function]] = {
    "value": lambda f: f,
    "grad": hoad.grad,
    "value_and_grad": hoad.value_and_grad,
    "derivative": lambda f: lambda x: hoad.derivative(f, x),
    "nested": lambda f: lambda x: hoad.derivative(lambda y: hoad.derivative(f, y), x),
    "derivatives": lambda f: lambda x: hoad.derivatives(f, x, 3),
    "jacobian": hoad.jacobian,
    "forward jacobian": lambda f: hoad.jacobian(f, mode="forward"),
    "hessian": hoad.hessian,
    "hvp": lambda f: lambda x: hoad.hvp(f, x, x),
    "jvp": lambda f: lambda x: hoad.jvp(f, x, x),
    "vjp": lambda f: lambda x: hoad.vjp(f, x)[0],
    "directional": lambda f: lambda x: hoad.directional(f, x, x),
    "laplacian": hoad.laplacian,
    "value_grad_hessian": hoad.value_grad_hessian,
    "vmap": lambda f: hoad.vmap(f),
}

POINTS: dict[str, Any] = {
    "float": 0.7,
    "int": 2,
    "bool": True,
    "float64": np.float64(0.7),
    "float32": np.float32(0.7),
    "int64": np.int64(2),
    "complex": 0.7 + 0.2j,
    "complex64": np.complex64(0.7 + 0.2j),
    "complex128": np.complex128(0.7 + 0.2j),
    "array without axes": np.array(0.7),
    "array of single precision": np.array([0.7, 0.6], np.float32),
    "array": np.array([0.7, 0.6]),
    "array of integers": np.array([2, 3]),
}


def literal(text: str) -> Function:
    """A function as a program has it, in which the names of what it calls can be read."""
    scope: dict[str, Any] = {"np": np, "math": math, "cmath": cmath}
    exec(f"def f(x):\n    return {text}\n", scope)
    found: Function = scope["f"]
    return found


def texts() -> list[str]:
    """Every ufunc that has a rule, every function of ``math``, and what else gives numbers."""
    found = []
    for ufunc in RULES:
        name = getattr(ufunc, "__name__", "")
        if not isinstance(ufunc, np.ufunc) or getattr(np, name, None) is not ufunc or ufunc.nout > 1:
            continue
        if ufunc.nin == 1:
            found += [f"np.{name}(x)", f"np.{name}(x) * x"]
        else:
            found += [
                f"np.{name}(x, x)", f"np.{name}(x, 0.3) * x", f"np.{name}(2.0, x) * x", f"np.{name}(x, 2)",
            ]  # fmt: skip
    for name in dir(math):
        if callable(getattr(math, name)) and not name.startswith("_"):
            call = f"math.{name}"
            found += [f"{call}(x)", f"{call}(x) * x", f"{call}(x, 0.3)", f"{call}(2.0, x)"]
    return found + OTHERS


OTHERS = [
    "x**3.5", "x**2", "x**-1", "x**0.5", "2**x", "2.0**x", "x**x", "x**3", "x**0", "x**1", "x*x + 2*x - 1",
    "1 / x + x / 3", "x % 0.4", "x // 0.4 + x", "-x", "+x", "abs(x)", "abs(x) * 2", "max(x, 0.1) ** 2",
    "min(x, 0.1) * x", "max(x, 0.1)", "x * 2 if np.real(x).sum() > 0 else x**2", "np.float64(2) * x",
    "x * np.float64(2)", "x + 1", "x * np.float32(2)", "2.0", "2", "x", "0 * x", "np.float64(3.0)",
    "float(x) * x", "x.item() * 2", "np.sum(x) ** 2", "np.mean(x)", "np.where(x == x, x, 0.0)",
    "np.clip(x, 0.1, 2.0)", "np.clip(x, 0.1, 0.2) * x", "np.stack([x, x * 2])", "np.array([x, 2 * x])",
    "np.sum(np.array([x, 2 * x]) ** 2)", "np.dot(x, x)", "x[0] * 2", "np.conj(x) * x", "np.real(x) * 2",
    "np.imag(x)", "x.real * x.real", "np.angle(x)", "(x, np.sin(x), {'a': x * 2, 'b': [math.sin(x), 3]})",
    "round(x, 1)", "sum([x * k for k in range(4)])", "math.prod([x, x, 2])", "math.fsum([x, x, 2])",
    "math.exp(-x) / x", "math.hypot(x, 2.0)", "cmath.exp(x) * x", "cmath.exp(1j * x).real", "(x + 1j) * x",
    "abs(x + 1j)", "np.outer(x, x)", "np.maximum(x, 0.0)", "np.float32(x) * x", "np.float64(x) * x",
    "complex(x) * x", "int(x) * x + x", "math.sin(np.sin(x)) * x", "np.reshape(x, (1,))",
    "np.squeeze(x) * 1.0", "np.expand_dims(x, 0)", "np.copy(x)", "np.asarray(x) * 2", "np.array(x)",
    "np.interp(x, [0.0, 1.0, 2.0], [1.0, 2.0, 5.0])", "np.polyval([1.0, 2.0, 3.0], x)", "np.cumsum(x)",
    "np.sort(np.array([x, 0.2]))[0] * x", "np.i0(x)", "np.sinc(x)", "np.nansum(x)", "np.sqrt(x.sum())",
]  # fmt: skip
FUNCTIONS = {text: literal(text) for text in texts()}
SOME = 61  # the default run takes one function in so many, another one for each operator and kind


def types_of(value: Any) -> Any:
    """Containers, with the classes, types and shapes in them."""
    if isinstance(value, dict):
        return {key: types_of(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return (type(value), *map(types_of, value))
    return type(value), getattr(value, "dtype", None), np.shape(value)


def differences(operator: str, kinds: list[str], functions: list[str], backend: str) -> list[str]:
    """The combinations in which the first or the second call gives other types than the plain one."""
    found = []
    for text in functions:
        g = OPERATORS[operator](FUNCTIONS[text])
        compiled = hoad.compile(g, backend=backend, max_variants=32)  # one for all kinds
        for kind in kinds:
            try:
                right = types_of(g(POINTS[kind]))
            except Exception:  # not defined there
                continue
            got = [types_of(compiled(POINTS[kind])) for _ in range(2)]
            if got != [right, right]:
                found.append(f"{operator} of {text} at {kind}: {got}, and not {right}")
    return found


PLACES = [(o, k) for o in OPERATORS for k in POINTS]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", OPERATORS)
def test_types_of_results_are_the_plain_ones(operator: str) -> None:
    found = []
    for k, kind in enumerate(POINTS):
        first = PLACES.index((operator, kind)) * 7 + k
        found += differences(operator, [kind], list(FUNCTIONS)[first % SOME :: SOME], "numpy")
    assert not found, "\n".join(found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", ["derivative", "jvp"])
def test_numbers_of_python_and_of_numpy_are_told_apart(operator: str) -> None:
    """Of all functions, by one compiled function for both: the second kind does not get the types of the
    first.
    """
    found = differences(operator, ["float", "float64", "float"], list(FUNCTIONS), "numpy")
    assert not found, "\n".join(found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", ["derivative", "jvp", "jacobian"])
def test_functions_of_numbers_refuse_arrays(operator: str) -> None:
    """Compiled as in a plain call; a derivative at an array asks for one number after the other then."""
    found = []
    for text in [text for text in FUNCTIONS if "math." in text]:
        g = OPERATORS[operator](FUNCTIONS[text])
        for kind in ("array", "array of single precision"):
            wanted = kind_of_outcome(g, POINTS[kind])
            got = kind_of_outcome(hoad.compile(g, backend="numpy"), POINTS[kind])
            if got != wanted:
                found.append(f"{operator} of {text} at {kind}: {got}, and not {wanted}")
    assert not found, "\n".join(found)


def kind_of_outcome(g: Function, x: Any) -> Any:
    """The types of what a call gives, or the class of its error."""
    try:
        return types_of(g(x))
    except Exception as error:
        return type(error)


@pytest.mark.filterwarnings("ignore")
def test_types_of_machine_code_are_the_plain_ones() -> None:
    pytest.importorskip("llvmlite")
    found = differences("jvp", ["float", "float64", "complex"], list(FUNCTIONS)[::11], "native")
    found += differences("hessian", ["float", "array"], list(FUNCTIONS)[5::31], "native")
    assert not found, "\n".join(found)


@pytest.mark.sweep
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("backend", ["numpy", "auto"])
def test_all_types_of_results_are_the_plain_ones(operator: str, backend: str) -> None:
    found = differences(operator, list(POINTS), list(FUNCTIONS), backend)
    assert not found, "\n".join(found)


def test_functions_of_lists_have_the_plain_values() -> None:
    """NumPy makes arrays of objects of lists, of which its logical functions give one of both."""
    for f in (
        lambda x: np.logical_or(x, 0.3) * x[0],
        lambda x: np.logical_and(x, 0.3) * x[0],
        lambda x: np.logical_not(x),
        lambda x: np.floor(x),
        lambda x: np.maximum(x, 2),
        lambda x: np.imag(x),
    ):
        compiled, x = hoad.compile(f, backend="numpy"), [0.7, 0.0]
        for _ in range(2):
            assert types_of(compiled(x)) == types_of(f(x))
            np.testing.assert_array_equal(compiled(x), f(x))
    for f, right in (
        (lambda x: np.logical_or(x, 0.3) * x[0], [1.0, 1.0]),
        (lambda x: np.logical_and(x, 0.3) * x[0], [1.0, 0.0]),
    ):
        np.testing.assert_array_equal(hoad.jacobian(f)([0.7, 0.0]), [right, [0.0, 0.0]])


def test_arrays_of_integers_are_differentiated_as_floats() -> None:
    """Powers of integers overflow."""
    x = np.array([20, 30])
    for g in (hoad.grad(lambda x: np.sum(x**15)), lambda x: hoad.jvp(lambda y: y**15 / 7, x, x**5)):
        compiled = hoad.compile(g, backend="numpy")
        for _ in range(2):
            for got, right in zip(compiled(x), g(x), strict=True):
                np.testing.assert_array_equal(got, right)
    many = hoad.vmap(lambda t: hoad.derivative(lambda s: s**20, t))(x)
    np.testing.assert_allclose(many, 20 * x.astype(float) ** 19, rtol=1e-15)


def test_complex_numbers_between_stages_keep_their_precision() -> None:
    pytest.importorskip("llvmlite")
    f = lambda x: hoad.jvp(np.expm1, x, x)  # of which expm1 alone has no native form
    compiled, x = hoad.compile(f, backend="native"), 0.7 + 0.2j
    compiled(x)
    assert types_of(compiled(x)) == types_of(f(x))
    np.testing.assert_allclose(compiled(x), f(x), rtol=1e-15)


MADE: dict[str, Function] = {
    "itself": lambda x: x,
    "of math": lambda x: math.sin(x),
    "of cmath": lambda x: cmath.sin(x),
    "of NumPy": lambda x: np.sin(x),
    "a sum": lambda x: x + 1,
    "a quotient": lambda x: 1.0 / (2 * x),
    "a number of Python's": lambda x: float(x),
    "a sum of elements": lambda x: np.sum(x),
    "its real part": lambda x: x.real,
    "a part of a list": lambda x: [x, 2 * x][1],
}
ASKED: dict[str, Callable[[Any, type], bool]] = {
    "type": lambda x, cls: type(x) is cls,
    "class": lambda x, cls: x.__class__ is cls,
    "isinstance": isinstance,
}
CLASSES = (int, float, complex, np.float64, np.float32, np.complex128, np.ndarray)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("made", MADE)
def test_a_program_that_asks_for_a_class_goes_the_same_way(made: str, asked: str) -> None:
    """A number of Python's was one of NumPy's to a program that is compiled."""
    make, ask = MADE[made], ASKED[asked]

    def f(x: Any) -> Any:
        y = make(x)
        return x * (1 + sum([2**k for k, cls in enumerate(CLASSES) if ask(y, cls)]))

    compared = 0
    for point in POINTS.values():
        try:
            right = f(point)
        except (TypeError, AttributeError):
            continue
        compiled = hoad.compile(f)
        for _ in range(2):
            np.testing.assert_array_equal(compiled(point), right, str(type(point)))
        compared += 1
    assert compared > 4
