"""A check of types takes the branch that it takes for the plain value, whatever class it asks for."""

import cmath
import collections.abc
import functools
import math
import numbers
import types
import typing
from fractions import Fraction

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.adapting.reading import names_of
from hoad.nested import primal

VALUES = {
    "float": 0.3,
    "float64": np.float64(0.3),
    "float32": np.float32(0.3),
    "complex": 0.3 + 1j,
    "array": np.array([0.3, 0.4]),
    "matrix": np.ones((2, 2)),
    "empty": np.ones(0),
}
CLASSES = {
    "float": float,
    "int": int,
    "complex": complex,
    "object": object,
    "str": str,
    "list": list,
    "tuple": tuple,
    "ndarray": np.ndarray,
    "generic": np.generic,
    "number": np.number,
    "floating": np.floating,
    "float64": np.float64,
    "float32": np.float32,
    "complexfloating": np.complexfloating,
    "integer": np.integer,
    "Number": numbers.Number,
    "Real": numbers.Real,
    "Complex": numbers.Complex,
    "Integral": numbers.Integral,
    "Iterable": collections.abc.Iterable,
    "Sized": collections.abc.Sized,
    "Sequence": collections.abc.Sequence,
    "Hashable": collections.abc.Hashable,
    "Callable": collections.abc.Callable,
    "Container": collections.abc.Container,
    "SupportsFloat": typing.SupportsFloat,
    "float or int": (float, int),
    "array or list": (np.ndarray, list),
    "union": float | int,
    "nested": (int, (float, np.ndarray)),
}


def is_class(c):
    return lambda x: isinstance(x, c)


def in_pattern(c):
    names = {"C": c, "held": types.SimpleNamespace(C=c)}
    exec(PATTERN, names)
    return names["matches"]


PATTERN = """
def matches(x):
    match x:
        case str():
            return 0
        case C() as y if y is not x:
            return 1
        case held.C():
            return [held_in(x)[0], 2]
    return 3

def held_in(x):
    def within(z):
        match z:
            case (C(), held.C()):
                return 4
        return 5
    return [within((y, x)) for y in [x]]
"""


def in_captured(c):
    def matches(x):
        match x:
            case c():
                return True
        return False

    return matches


def in_try(name):
    names: dict = {}
    exec(f"def found(x):\n try:\n  x.{name}\n except AttributeError:\n  return False\n return True", names)
    return names["found"]


def in_sequence(x):
    match x:
        case [_, _]:
            return 2
    return 0


@functools.singledispatch
def by_function(x):
    return "any"


class Dispatching:
    @functools.singledispatchmethod
    def by_method(self, x):
        return "any"


for number, cls in enumerate((float, np.floating, np.ndarray, numbers.Complex)):
    by_function.register(cls, lambda x, number=number: (number, type(x) is float))
    Dispatching.by_method.register(cls, lambda self, x, number=number: (number, type(x) is float))


CHECKS = {
    **{f"isinstance {name}": is_class(c) for name, c in CLASSES.items()},
    **{
        f"hasattr {name}": (lambda x, n=name: hasattr(x, n))
        for name in (
            "__len__",
            "__iter__",
            "shape",
            "dtype",
            "__array__",
            "__call__",
            "is_integer",
            "append",
            "size",
            "real",
            "__float__",
            "__getitem__",
            "__index__",
            "as_integer_ratio",
            "tolist",
            "values",
            "index",
            "units",
        )
    },
    "isscalar": lambda x: np.isscalar(x),
    "iterable": lambda x: np.iterable(x),
    "ndim": lambda x: np.ndim(x),
    "isrealobj": lambda x: np.isrealobj(x),
    "iscomplexobj": lambda x: np.iscomplexobj(x),
    "callable": lambda x: callable(x),
    "type is float": lambda x: type(x) is float,
    "type == float": lambda x: type(x) == float,  # noqa: E721
    "type in": lambda x: type(x) in (float, int),
    "type is ndarray": lambda x: type(x) is np.ndarray,
    "name of type": lambda x: type(x).__name__,
    "subclass": lambda x: issubclass(type(x), float),
    "type in a dictionary": lambda x: {float: 1, np.ndarray: 2}.get(type(x), 3),
    "type of another": lambda x: (isinstance(float, type), int == int, type(type) == type),  # noqa: E721
    "float of another": lambda x: (
        float("2"),
        isinstance(float(2), float),
        float.fromhex("0x1p3"),
        repr(float),
    ),
    "dtype": lambda x: x.dtype if hasattr(x, "dtype") else None,
    "subdtype": lambda x: np.issubdtype(np.asarray(x).dtype, np.floating),
    "dtype is float": lambda x: np.asarray(x).dtype == float,
    "dtype is float64": lambda x: np.asarray(x).dtype == np.float64,
    "len": lambda x: len(x) if hasattr(x, "__len__") else -1,
    "its class": lambda x: x.__class__ is float,
    "its class in a dictionary": lambda x: {float: 1, np.ndarray: 2}.get(x.__class__, 3),
    "name of its class": lambda x: x.__class__.__name__,
    "by singledispatch": lambda x: by_function(x),
    "by singledispatchmethod": lambda x: Dispatching().by_method(x),
    "getattr": lambda x: getattr(x, "ndim", "none") is x.ndim if hasattr(x, "ndim") else "none",
    "getattr with a default": lambda x: getattr(x, "T", None) is None,
    "type of float": lambda x: type(float(x)) is float,
    "type of an item": lambda x: type(x.item()).__name__ if hasattr(x, "item") else None,
    "type of one in a list": lambda x: type(np.asarray(x).ravel().tolist()[0]) if np.size(x) else None,
    "type of complex": lambda x: type(complex(x)).__name__,
    "type of math.exp": lambda x: type(math.exp(x)),
    "type of cmath.exp": lambda x: type(cmath.exp(x)),
    "type of float64": lambda x: type(np.float64(np.real(x))) is np.float64 if np.size(x) == 1 else None,
    **{f"pattern {name}": in_pattern(c) for name, c in CLASSES.items() if isinstance(c, type)},
    **{f"captured pattern {name}": in_captured(c) for name, c in CLASSES.items() if isinstance(c, type)},
    **{f"try {name}": in_try(name) for name in ("shape", "ndim", "dtype", "size", "T", "real", "units")},
    "sequence": lambda x: in_sequence(x),
    "in a set": lambda x: np.ndim(x) == 0 and x in {0.3, 0.5, "a"},
    "not in a set": lambda x: np.ndim(x) == 0 and x not in {0.25, 0.5},
    "in a tuple": lambda x: np.ndim(x) == 0 and x in (0.3, 0.5),
    "result type": lambda x: np.result_type(x),
    "can cast": lambda x: np.can_cast(np.asarray(x).dtype, np.complex128),
}


@pytest.mark.parametrize(("value", "check"), by_turns(VALUES, CHECKS, every=2))
def test_the_same_branch(value: str, check: str) -> None:
    x, f = VALUES[value], CHECKS[check]
    if check == "sequence" and not np.ndim(x) and in_sequence(np.zeros(2)):
        pytest.skip(
            "since NumPy 2.5, arrays are matched as sequences, and a traced number is asked for its length"
        )
    x = x.copy() if isinstance(x, np.ndarray) else x
    right = outcome(f, x)
    seen = []

    def program(z):
        seen.append(outcome(f, z))
        return np.sum(np.real(z))

    hoad.jvp(program, (x,), (x,))
    hoad.vjp(program, x)
    hoad.grad(lambda t: hoad.jvp(program, (x * t,), (x,))[1], 1.0)
    # Inside, 0.3 * t is a number of NumPy's. A fourth run is one in which what is equal is told to differ.
    as_given = seen[: 1 if value in ("float", "complex") else 3]
    assert as_given == [right] * len(as_given)


def outcome(f, x):
    """What a check says, or how it refuses."""
    try:
        return primal(f(x))
    except (TypeError, ValueError) as error:
        return type(error)


PATTERNS = """
import numpy as np

def branch(x):
    match x:
        case float():
            return 1
        case complex(real=r) if r > 0:
            return 2
        case [float(), *_]:
            return 3
    return 4

def by_numpy(x):
    match x:
        case np.float64():
            return 5
    return 6
"""


def test_patterns_of_classes_of_numbers() -> None:
    names: dict = {}
    exec(PATTERNS, names)
    branch, by_numpy, seen = names["branch"], names["by_numpy"], []
    for value in (0.3, 0.3 + 1j, np.float64(0.3)):
        hoad.jvp(lambda z: seen.append((branch(z), by_numpy(z))) or z * 1.0, (value,), (value,))
    hoad.grad(lambda x: seen.append((branch([x[0]]), by_numpy(x[0]))) or x[0], np.ones(2))
    assert seen == [(1, 6), (2, 6), (1, 5), (3, 5)]


def test_classes_of_numbers_are_called() -> None:
    def f(x):
        y = np.float64(x) * 2
        return abs(np.complex128(y + 0j)) + np.float32(0.0) + np.zeros(2, dtype=np.float64)[0]

    assert hoad.grad(f, 3.0) == 2.0


def test_a_class_that_is_compared_by_identity_is_not_bound() -> None:
    names: dict = {"np": np}
    exec("def f(x): return float(x)\ndef g(x): return type(x) == float", names)
    assert hoad.grad(names["f"], 2.0) == 1.0
    seen = []
    hoad.grad(lambda x: seen.append(names["g"](x)) or x, 2.0)
    assert seen == [True]
    exec("def f(x): return float(x) + k(x)\ndef k(x): return 0 if type(x) is float else x", names)
    plain, within = [float], []
    names["see"] = lambda: within.append(names.get("float", float))
    exec("def h(x): see(); return f(x)", names)
    assert hoad.grad(names["h"], 2.0) == 1.0
    assert within == plain  # another thread may compare


@pytest.mark.parametrize("order", [1, -1])
def test_a_class_is_compared_by_identity_in_one_module_and_called_in_another(order: int) -> None:
    """What one module compares says nothing of another, whichever is looked at first."""
    comparing: dict = {"np": np}
    exec("def f(x): return x if type(x) is float else 5.0 * x", comparing)
    calling: dict = {"np": np}
    exec("def f(x): return float(x) ** 2", calling)
    parts = [comparing["f"], calling["f"]][::order]
    within, plain = [], float
    comparing["see"] = lambda: within.append(comparing.get("float", plain))
    exec("def g(x): see(); return f(x)", comparing)
    parts[parts.index(comparing["f"])] = comparing["g"]
    assert hoad.grad(lambda x: parts[0](x) + parts[1](x), 2.0) == 5.0
    assert within == [plain]


def test_what_is_compared_stands_beside_the_comparison() -> None:
    def f(x, y=None):
        z = float(x)
        if y is None and z is not x:
            z = z * 2.0
        return z

    assert names_of(f.__code__).compared == set()
    assert names_of((lambda x: type(x) is float).__code__).compared == {"float"}
    assert names_of((lambda x: x.dtype.type is np.float64).__code__).compared == {"float64"}
    assert "float64" in names_of((lambda x: np.float64(x)).__code__).called
    assert "float64" not in names_of((lambda x: x.astype(np.float64)).__code__).called


CAUGHT = {
    "ZeroDivisionError": (lambda x: x / (x - 2.0), 2.0),
    "ArithmeticError": (lambda x: 1 / (x - 2.0), 2.0),
    "Exception": (lambda x: (x - 2.0) ** -1.0, 2.0),
    "OverflowError": (lambda x: x**400, 1e10),
    "(ValueError, OverflowError)": (lambda x: (x * x) ** 200.0, 1e10),
    "": (lambda x: 3.0 / (x - 2.0) - 3.0 * x, 2.0),
}
CATCHING = """
def f(x):
    try:
        return of(x)
    except {error}:
        return 5.0 * x
"""


@pytest.mark.parametrize("error", CAUGHT)
def test_errors_of_arithmetic_that_the_program_catches(error: str) -> None:
    of, x = CAUGHT[error]
    names = {"of": of}
    exec(CATCHING.format(error=error), names)
    f = names["f"]
    assert f(x) == 5.0 * x
    assert hoad.grad(f, x) == hoad.derivative(f, x) == 5.0
    assert hoad.derivative(f, x, 2) == hoad.hessian(f, x) == 0.0
    for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"):
        assert hoad.hessian(f, x, mode=mode) == 0.0
    with np.errstate(all="ignore"):
        assert not np.isfinite(hoad.grad(of, x))  # nobody catches it: infinite, as NumPy's
        assert not np.isfinite(hoad.grad(lambda x: f(x[0]), np.array([x])))  # a number of NumPy's


def test_a_partial_that_is_infinite_is_no_error_of_the_program() -> None:
    def f(x):
        try:
            return np.sqrt(x) + x**0.5
        except ZeroDivisionError:
            return 5.0 * x

    with np.errstate(all="ignore"):
        assert hoad.derivative(f, 0.0) == hoad.grad(f, 0.0) == np.inf
        for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"):
            assert not np.isfinite(hoad.hessian(f, 0.0, mode=mode))


@pytest.mark.parametrize("operator", ["*", "/", "+", "-", "**", "%"])
@pytest.mark.parametrize("mode", ["auto", "forward-reverse", "forward-forward", "reverse-reverse"])
def test_fractions_beside_floats_are_floats(operator: str, mode: str) -> None:
    f = eval(f"lambda x: (x[0] {operator} F(1, 3)) * x[1] + F(2, 3) {operator} x[1]", {"F": Fraction})
    g = eval(f"lambda x: (x[0] {operator} F) * x[1] + G {operator} x[1]", {"F": 1 / 3, "G": 2 / 3})
    x = np.array([0.7, 0.4])
    found = hoad.hessian(f, x, mode=mode)
    assert found.dtype == float
    np.testing.assert_allclose(found, hoad.hessian(g, x, mode=mode), rtol=1e-14)
    forward = hoad.jacobian(f, x, mode="forward")
    assert forward.dtype == float
    np.testing.assert_allclose(forward, hoad.grad(g, x), rtol=1e-14)


LONG = """
def f(x):
    total = 0.0
{lines}
    match x:
        case C():
            total = total + (x * 2.0 if x.__class__ is float else x * 100.0)
        case _:
            total = total + x * 100.0
    try:
        total = total + x.ndim
    except AttributeError:
        total = total + float(x) * (3.0 if type(x) is float else 100.0)
    return total
"""


@pytest.mark.parametrize("count", [0, 60, 120, *range(236, 260), 600])
def test_long_functions(count: int) -> None:
    """Names and constants of a high number have instructions of two parts."""
    names = {f"n{k}": k + 0.5 for k in range(count)}
    lines = "\n".join([f"    total = total + n{k} * {k}.25" for k in range(count)])
    exec(LONG.format(lines=lines), names | {"C": numbers.Real}, made := {})
    f = types.FunctionType(made["f"].__code__, names | {"C": numbers.Real})
    assert f(0.5) == sum([(k + 0.5) * (k + 0.25) for k in range(count)]) + 2.5
    assert hoad.grad(f, 0.5) == hoad.derivative(f, 0.5) == 5.0
    assert hoad.jvp(f, (0.5,), (1.0,)) == (f(0.5), 5.0)


IN_SETS = {
    "in": lambda x: x * x if x in {2.0, 3.0, "a"} else 5.0 * x,
    "not in": lambda x: 5.0 * x if x not in {2.0, 3.0} else x * x,
}


@pytest.mark.parametrize("program", IN_SETS.values(), ids=IN_SETS)
def test_members_of_a_batch_in_a_set(program) -> None:
    """Where the members give one answer that is it, and where they differ there is none."""
    ways = (
        lambda x: hoad.vmap(program)(x),
        lambda x: hoad.vmap(hoad.grad(program))(x),
        lambda x: hoad.grad(lambda y: np.sum(hoad.vmap(program)(y)))(x),
    )
    for number in (2.0, 0.5):
        value, slope = (4.0, 4.0) if number == 2.0 else (2.5, 5.0)
        for way, right in zip(ways, (value, slope, slope), strict=True):
            np.testing.assert_array_equal(way(np.array([number, number])), [right, right])
    for members in ([2.0, 0.5], [2.0, 3.0]):
        for way in ways:
            with pytest.raises(TypeError, match="no single truth value"):
                way(np.array(members))
