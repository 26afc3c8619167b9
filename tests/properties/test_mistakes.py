"""The mistakes that newcomers make: what the message says, and that what it tells to type works."""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
import pickle
import re
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_alike import OPERATORS

import hoad
from hoad import errors
from hoad.running import mistakes
from hoad.testing import device

POINT = np.array([1.0, 2.0, 3.0])


def loss(x: Any) -> Any:
    return np.sum(x**2)


def product(x: Any, y: Any) -> Any:
    return x * y


def said(call: Callable[[], Any], kind: type[BaseException]) -> str:
    """All that a user reads of an error: its message and its notes."""
    with pytest.raises(kind) as caught:
        call()
    return " ".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


Grad = hoad.grad
# What is typed, the error, words of the message; then what the message tells to type, and its value.
MISTAKES: dict[str, tuple[Callable[[], Any], type[BaseException], str, Callable[[], Any], Any]] = {
    "no return": (
        lambda: Grad(lambda x: None, 1.0), errors.NonScalarOutputError, "grad wants.*None.*return missing",
        lambda: Grad(lambda x: x, 1.0), 1.0,
    ),
    "a string": (
        lambda: hoad.jacobian(str, 1.0), errors.NonScalarOutputError,
        "jacobian wants.*returned '1.0' \\(str\\)",
        lambda: hoad.jacobian(np.sin, 0.0), 1.0,
    ),
    "a value of many numbers": (
        lambda: Grad(np.sin, POINT), errors.NonScalarOutputError,
        r"returned ndarray of shape \(3,\).*hoad\.jacobian\(f, x\)",
        lambda: np.diag(hoad.jacobian(np.sin, POINT)), np.cos(POINT),
    ),
    "a list as a point": (
        lambda: Grad(loss, [1.0, 2.0]), TypeError, r"list.*np\.array\(x\)",
        lambda: Grad(loss, np.array([1.0, 2.0])), [2.0, 4.0],
    ),
    "arguments in a tuple": (
        lambda: Grad(product, (2.0, 3.0)), errors.CallError,
        r"product takes 2 arguments.*hoad\.grad\(f, \*point, argnums=\(0, 1\)\)",
        lambda: Grad(product, *(2.0, 3.0), argnums=(0, 1)), (3.0, 2.0),
    ),
    "arguments in a tuple, of an operator of one argument": (
        lambda: hoad.partial(product, (2.0, 3.0), (1, 1)), errors.CallError,
        r"hoad\.partial\(lambda p: f\(\*p\), point, \.\.\.\)",
        lambda: hoad.partial(lambda p: product(*p), (2.0, 3.0), (1, 1)), 1.0,
    ),
    "a misspelt keyword": (
        lambda: Grad(product, 2.0, 3.0, argnum=1), errors.CallError, r"'argnum'.*did you mean argnums=",
        lambda: Grad(product, 2.0, 3.0, argnums=1), 2.0,
    ),
    "a misspelt keyword of an operator without keywords of f": (
        lambda: hoad.partial(loss, POINT, order=(1, 0, 0)), errors.CallError, "did you mean orders=",
        lambda: hoad.partial(loss, POINT, orders=(1, 0, 0)), 2.0,
    ),
    "no argnums": (
        lambda: Grad(product, 2.0, 3.0, argnums=()), errors.ArgumentError, r"argnums=\(\) must be",
        lambda: Grad(product, 2.0, 3.0, argnums=(0,)), (3.0,),
    ),
    "a list of argnums": (
        lambda: Grad(product, 2.0, 3.0, argnums=[0, 1]), errors.ArgumentError, r"argnums=\(0, 1\)",
        lambda: Grad(product, 2.0, 3.0, argnums=(0, 1)), (3.0, 2.0),
    ),
    "a float as argnums": (
        lambda: Grad(product, 2.0, 3.0, argnums=0.0), errors.ArgumentError, "argnums=0.0 must be a position",
        lambda: Grad(product, 2.0, 3.0, argnums=np.int64(0)), 3.0,
    ),
    "a traced number as an index": (
        lambda: Grad(lambda x: POINT[x], 1.0), IndexError, r"int\(hoad\.primal\(k\)\)",
        lambda: Grad(lambda k: k * POINT[int(hoad.primal(k))], 1.0), 2.0,
    ),
    "a traced number as an index of a traced array": (
        lambda: Grad(lambda x: x[x[0]], POINT), IndexError, r"x\[int\(hoad\.primal\(k\)\)\]",
        lambda: Grad(lambda x: x[int(hoad.primal(x[0]))], POINT), [0.0, 1.0, 0.0],
    ),
    "a traced number as an index of a list": (
        lambda: Grad(lambda x: [1.0, 5.0][x], 1.0), TypeError, r"int\(hoad\.primal\(x\)\)",
        lambda: Grad(lambda x: x * [1.0, 5.0][int(hoad.primal(x))], 1.0), 5.0,
    ),
    "rows of different lengths": (
        lambda: Grad(lambda x: np.sum(np.array([[x[0], x[1]], [x[2]]])), POINT), ValueError,
        r"different lengths.*np\.concatenate\(rows\)",
        lambda: Grad(lambda x: np.sum(np.concatenate([[x[0], x[1]], [x[2]]])), POINT), [1.0, 1.0, 1.0],
    ),
    "an array of strings": (
        lambda: Grad(np.sum, np.array(["1", "2"], dtype=object)), errors.NotDifferentiableError,
        r"'1' \(str\).*np\.array\(x, dtype=float\)",
        lambda: Grad(np.sum, np.array(np.array(["1", "2"], dtype=object), dtype=float)), [1.0, 1.0],
    ),
    "a misspelt name": (
        lambda: hoad.jacobain, AttributeError, "did you mean hoad.jacobian",
        lambda: hoad.jacobian is not None, True,
    ),
    "a tangent of another shape": (
        lambda: hoad.jvp(np.sin, POINT, np.ones(2)), errors.ShapeMismatchError,
        r"tangent has shape \(2,\), and what it belongs to has shape \(3,\)",
        lambda: hoad.jvp(np.sin, POINT, np.ones(3))[1], np.cos(POINT),
    ),
    "a module": (
        lambda: Grad(math, 1.0), errors.ArgumentError, r"the module math.*hoad\.grad\(np\.sin\)",
        lambda: Grad(np.sin)(0.0), 1.0,
    ),
    "a class": (
        lambda: Grad(dict, 1.0), TypeError, "is the class dict",
        lambda: Grad(lambda x: dict(a=x)["a"], 1.0), 1.0,
    ),
    "a value for the function": (
        lambda: Grad(loss(POINT), POINT), errors.ArgumentError, r"hoad\.grad\(f\), not hoad\.grad\(f\(x\)\)",
        lambda: Grad(loss)(POINT), 2 * POINT,
    ),
    "the vector forgotten": (
        lambda: hoad.hvp(loss, POINT), errors.CallError, r"wants v too: hoad\.hvp\(f, x, v\)",
        lambda: hoad.hvp(loss, POINT, POINT), 2 * POINT,
    ),
    "None": (
        lambda: Grad(loss, None), errors.NotDifferentiableError, "argument 0 is None",
        lambda: Grad(loss, 3), 6.0,
    ),
    "a keyword of both": (
        lambda: hoad.derivative(lambda x, n: x**n, 2.0, n=3), errors.CallError,
        r"hoad\.derivative\(f\)\(x, n=\.\.\.\) the function's",
        lambda: hoad.derivative(lambda x, n: x**n)(2.0, n=3), 12.0,
    ),
    "names in one string": (
        lambda: hoad.symbolic(product, "a b"), errors.CallError, r'hoad\.symbolic\(f, "a", "b"\)',
        lambda: str(hoad.symbolic(product, "a", "b")), "a*b",
    ),
    "pickling inside": (
        lambda: Grad(lambda x: pickle.loads(pickle.dumps(x)), 3.0),
        errors.EscapeError, "hoad.primal",
        lambda: Grad(lambda x: x * pickle.loads(pickle.dumps(hoad.primal(x))), 3.0), 3.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_helps(name: str) -> None:
    if name == "names in one string":
        pytest.importorskip("sympy")
    call, kind, words, mended, right = MISTAKES[name]
    text = said(call, kind)
    assert re.search(words, text, re.DOTALL), text
    assert not re.search("Tracer|Dual|Jet|Draft|<operator>", text), text
    np.testing.assert_equal(mended(), right)


@pytest.mark.parametrize("name", sorted({*OPERATORS, "vjp"}))
def test_arguments_in_a_tuple_for_every_operator(name: str) -> None:
    _, options, rest = OPERATORS.get(name, (None, {}, (POINT,)))
    op, point, more = getattr(hoad, name), (2.0, 3.0), rest[1:]
    if name in ("jvp", "jet", "derivative_tensor") or "n" in options:
        return  # these take a tuple of arguments, one number or one array
    if name == "wirtinger":
        assert "np.array(x)" in said(lambda: op(product, point), TypeError)
        return
    options = {"orders": (1, 1)} if name == "partial" else options
    text = said(lambda: op(product, point, *[point for _ in more], **options), errors.CallError)
    written = text[text.index("write hoad.") :].removeprefix("write ")
    if "..." not in written:
        assert eval(written, {"hoad": hoad, "f": product, "point": point}) is not None
    else:
        assert name in ("hvp", "partial", "directional")


# ------------------------------------------------------------------------------------------------------------
# Solvers
# ------------------------------------------------------------------------------------------------------------

SOLVER_MISTAKES: dict[str, tuple[Callable[[], Any], type[BaseException], str]] = {
    "args": (
        lambda: hoad.root(lambda x, p: x - p, 1.0, args=(2.0,)), errors.ArgumentError,
        r"root\(f, guess, \*p\)",
    ),
    "t_eval": (
        lambda: hoad.solve_ivp(lambda t, y, a: -a * y, (0.0, 1.0), np.ones(1), 1.0, t_eval=[0.0, 1.0]),
        errors.ArgumentError, r"t_eval=.*solve_ivp\(f, times, y0, p\)",
    ),
    "no parameter": (
        lambda: hoad.solve_ivp(lambda t, y: -y, [0.0, 1.0], np.ones(1)), errors.CallError, r"f\(t, y, p\)",
    ),
    "arity": (
        lambda: hoad.brentq(lambda x: x**2 - 2, 0.0, 2.0, 1.0), errors.CallError,
        r"brentq\(f, a, b, \*p\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOLVER_MISTAKES)
def test_solvers_say_their_form(name: str) -> None:
    pytest.importorskip("scipy")
    call, kind, words = SOLVER_MISTAKES[name]
    assert re.search(words, said(call, kind), re.DOTALL)


def test_a_residual_may_hold_a_parameter() -> None:
    def solved(p: Any) -> Any:
        return hoad.implicit_function(lambda x: x**2 - p, lambda: np.sqrt(hoad.primal(p)))()

    for operator in (hoad.grad, hoad.derivative):
        assert operator(solved, 4.0) == 0.25


def test_solver_mended() -> None:
    pytest.importorskip("scipy")
    found = Grad(lambda p: hoad.brentq(lambda x, p: x**2 - p, 0.0, 5.0, p), 4.0)
    np.testing.assert_allclose(found, 0.25, rtol=1e-10)


# ------------------------------------------------------------------------------------------------------------
# Values that are kept, and functions of Numba's
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", [hoad.grad, hoad.jacobian, hoad.laplacian, hoad.diag_hessian])
def test_a_value_that_was_kept_is_pickled_as_what_it_stands_for(operator: Any) -> None:
    kept = SimpleNamespace()

    def f(x: Any) -> Any:
        kept.last = x * 2.0
        return np.sum(kept.last * x)

    operator(f, POINT)
    again = pickle.loads(pickle.dumps(kept)).last
    assert type(again) is np.ndarray
    np.testing.assert_array_equal(np.unique(again), np.unique(2.0 * POINT))


@pytest.mark.as_written
def test_functions_of_numba() -> None:
    numba = pytest.importorskip("numba")
    square = numba.njit(lambda x: x * x)
    text = said(lambda: hoad.grad(square, 3.0), errors.MissingRuleError)
    assert re.search(r"compiled by Numba.*hoad\.grad\(f\.py_func\)", text)
    assert hoad.grad(square.py_func)(3.0) == 6.0
    assert "a function in it" in said(lambda: hoad.grad(lambda x: square(x), 3.0), errors.MissingRuleError)


# ------------------------------------------------------------------------------------------------------------
# Errors of other code
# ------------------------------------------------------------------------------------------------------------


class OfNumba(Exception):
    __module__ = "numba.core.errors"


def raising(kind: type[BaseException], text: str, within: str = __name__) -> Callable[..., Any]:
    """A function that ends with an error, in a module of a name."""
    names = {"__name__": within, "kind": kind, "text": text}
    exec("def f(x):\n    raise kind(text)", names)
    found: Callable[..., Any] = names["f"]
    return found


class Model:
    def __init__(self, x: Any) -> None:
        raise ValueError("of its own")


# For each hint: a function whose error has it, the error, and words of the hint.
HINTED: dict[str, tuple[Callable[..., Any], type[BaseException], str]] = {
    "memory": (raising(MemoryError, ""), MemoryError, r"keeps what f computes.*hoad\.checkpoint\(g\)"),
    "numba": (raising(OfNumba, "no"), errors.MissingRuleError, r"compiled by Numba"),
    "cupy": (raising(TypeError, "Unsupported type <class 'numpy.ndarray'>"), TypeError, "meets.*asnumpy"),
    "cupy, converted": (
        raising(TypeError, "Implicit conversion to a NumPy array is not"), TypeError, r"\.asarray\(a\)"
    ),
    "a class": (Model, ValueError, "was given is the class Model"),
    "an index": (raising(IndexError, "arrays used as indices"), IndexError, r"\[int\(hoad\.primal\(k"),
    "rows": (raising(ValueError, "has an inhomogeneous shape"), ValueError, "rows of different lengths"),
    **{
        f"of {house}": (raising(ValueError, "no", f"{house}.a"), ValueError, f"{house} does not know of")
        for house in mistakes.HOUSES
    },
    **{
        f"tables: {name}": (lambda x, name=name: getattr(x, name), AttributeError, rf"pandas.*a\.{name}:")
        for name in mistakes.OF_TABLES
    },
}  # fmt: skip
HINTED_ONCE: dict[str, Callable[[], Any]] = {
    "a list": lambda: hoad.grad(lambda x: x**2, [1.0, 2.0]),
    "a function that a device has not": lambda: hoad.grad(
        raising(TypeError, "no implementation found for 'numpy.trapz' on types"), device.asarray([1.0, 2.0])
    ),
}


@pytest.mark.as_written
@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_operator_says_more_of_an_error(name: str) -> None:
    _, options, rest = OPERATORS[name]
    for function, kind, words in HINTED.values():
        text = said(functools.partial(getattr(hoad, name), function, *rest, **options), kind)
        assert re.search(words, text, re.DOTALL), text


@pytest.mark.as_written
def test_every_hint_has_an_error_here() -> None:
    """All that may be said is said of one of them."""
    code, run = mistakes.hints.__code__, set()

    def trace(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code is code:
            run.add(frame.f_lineno)
            return trace
        return None

    calls = [lambda f=f: hoad.grad(f, POINT) for f, _, _ in HINTED.values()]
    before = sys.gettrace()
    for call in (*calls, *HINTED_ONCE.values()):
        sys.settrace(trace)
        try:
            with contextlib.suppress(Exception):
                call()
        finally:
            sys.settrace(before)
    lines, first = inspect.getsourcelines(mistakes.hints)
    said_at = {first + k for k, line in enumerate(lines) if "found.append" in line}
    assert said_at and said_at <= run
