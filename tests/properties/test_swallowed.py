"""An error of hoad's that the program's own ``except`` catches ends the derivative, in every operator: what
the fallback returns is another function.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import math
import pickle
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from test_errors import ESCAPES

import hoad
from hoad import errors, nested, runs
from hoad.errors import SwallowedError

pytestmark = pytest.mark.as_written

X = np.array([0.5, -1.25, 2.0])

OPERATORS: dict[str, Callable[[Any], Any]] = {
    "jvp": lambda f: hoad.jvp(f, (X,), (X,)),
    "vjp": lambda f: hoad.vjp(f, X),
    "grad": lambda f: hoad.grad(f, X),
    "gradient": lambda f: hoad.gradient(f, X),
    "value_and_grad": lambda f: hoad.value_and_grad(f, X),
    "jacobian": lambda f: hoad.jacobian(f, X),
    "forward jacobian": lambda f: hoad.jacobian(f, X, mode="forward"),
    "hessian": lambda f: hoad.hessian(f, X),
    "reverse-forward": lambda f: hoad.hessian(f, X, mode="reverse-forward"),
    "forward-forward": lambda f: hoad.hessian(f, X, mode="forward-forward"),
    "reverse-reverse": lambda f: hoad.hessian(f, X, mode="reverse-reverse"),
    "value_grad_hessian": lambda f: hoad.value_grad_hessian(f, X),
    "hvp": lambda f: hoad.hvp(f, X, X),
    "diag_hessian": lambda f: hoad.diag_hessian(f, X),
    "laplacian": lambda f: hoad.laplacian(f, X),
    "biharmonic": lambda f: hoad.biharmonic(f, X),
    "derivative_tensor": lambda f: hoad.derivative_tensor(f, X, 3),
    "directional": lambda f: hoad.directional(f, X, X, 2),
    "derivative": lambda f: hoad.derivative(lambda t: f(t * X), 1.0),
    "second derivative": lambda f: hoad.derivative(lambda t: f(t * X), 1.0, 2),
    "derivatives": lambda f: hoad.derivatives(lambda t: f(t * X), 1.0, 7),
    "taylor": lambda f: hoad.taylor(lambda t: f(t * X), 1.0, 6),
    "prime": lambda f: hoad.prime(lambda t: f(t * X))(1.0),
    "vmap": lambda f: hoad.vmap(f)(np.stack([X, 2 * X])),
    "pullback": lambda f: hoad.pullback(f, X),
    "trace": lambda f: hoad.trace(f, X),
    "checkpoint": lambda f: hoad.grad(hoad.checkpoint(f), X),
    "inside another": lambda f: hoad.grad(lambda y: hoad.grad(lambda x: f(x) * y, X)[0], 1.0),
    "of an outer value": lambda f: hoad.grad(lambda x: hoad.grad(lambda y: f(x) * y, 1.0), X),
}
EVERYWHERE = pytest.mark.parametrize("run", OPERATORS.values(), ids=OPERATORS)


def number(v: Any) -> float:
    """``float(v)``, in code that hoad does not reach."""
    return v.__float__()


@pytest.mark.parametrize("f", [f for f, _ in ESCAPES], ids=[f.__name__ for f, _ in ESCAPES])
@pytest.mark.parametrize("run", ["jvp", "vjp", "reverse-forward", "derivatives", "laplacian", "vmap"])
def test_the_fallback_of_an_escape_is_not_differentiated(f: Any, run: str) -> None:
    caught = []

    def careful(x: Any) -> Any:
        try:
            return f(x)
        except Exception as error:
            caught.append(error)
            return np.sum(x**2)

    try:
        OPERATORS[run](careful)
    except SwallowedError as error:
        assert caught and re.search(r"test_errors\.py:\d+", str(error))
    else:
        assert not caught


@EVERYWHERE
def test_every_operator_looks_at_its_end(run: Any) -> None:
    def own_except(x: Any) -> Any:
        try:
            return number(x[0])
        except TypeError:
            return np.sum(x**2)

    with pytest.raises(SwallowedError, match=r"test_swallowed\.py:\d+: return v\.__float__\(\)"):
        run(own_except)


# ------------------------------------------------------------------------------------------------------------
# The ways in which programs catch
# ------------------------------------------------------------------------------------------------------------


def by_bare_except(x: Any) -> Any:
    try:
        v = number(x[0])
    except:  # noqa: E722
        v = 0.0
    return v**2 + x[1]


def by_suppress(x: Any) -> Any:
    v = 0.0
    with contextlib.suppress(TypeError):
        v = number(x[0])
    return v**2 + x[1]


def by_retries(x: Any) -> Any:
    for convert in (number, lambda v: v.__int__(), lambda v: 1.0):
        try:
            v = convert(x[0])
            break
        except TypeError:
            continue
    return v * x[1]


def by_return_in_finally(x: Any) -> Any:
    try:
        return number(x[0])
    finally:
        return x[1]  # noqa: B012, SIM107


def by_generator(x: Any) -> Any:
    def numbers() -> Any:
        for v in x:
            try:
                yield number(v)
            except TypeError:
                yield 0.0

    return sum(numbers()) + x[0]


def by_another_thread(x: Any) -> Any:
    found = []

    def work() -> None:
        try:
            found.append(number(x[0]))
        except TypeError:
            found.append(0.0)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0] + x[1]


def by_hasattr(x: Any) -> Any:
    class Model:
        @property
        def scale(self) -> float:
            try:
                return number(x[0])
            except TypeError:
                raise AttributeError from None

    return Model().scale if hasattr(Model(), "scale") else x[1]


def by_a_copy_of_floats(x: Any) -> Any:
    try:
        return np.sum(x.__array__(float))
    except (TypeError, ValueError):
        return x[1]


def by_pickle(x: Any) -> Any:
    try:
        return pickle.loads(pickle.dumps(x))[0]
    except Exception:
        return x[1]


def by_the_name_of_the_error(x: Any) -> Any:
    try:
        return number(x[0])
    except errors.EscapeError:
        return x[1]


def by_a_function_without_a_rule(x: Any) -> Any:
    try:
        return scipy.special.smirnov(2, x[0])
    except NotImplementedError:
        return x[1]


CATCHING = [f for name, f in list(globals().items()) if name.startswith("by_")]


@pytest.mark.parametrize("run", ["jvp", "grad", "hessian", "derivatives"])
@pytest.mark.parametrize("f", CATCHING, ids=[f.__name__ for f in CATCHING])
def test_however_it_is_caught(f: Any, run: str) -> None:
    with pytest.raises(SwallowedError):
        OPERATORS[run](f)


@pytest.mark.parametrize("run", ["jvp", "grad", "hessian", "derivatives", "taylor", "laplacian"])
def test_a_foreign_error_that_is_caught_is_suspected(run: str) -> None:
    """SciPy's own error about an array of objects is not known to hoad."""

    def log_likelihood(x: Any) -> Any:
        try:
            return np.sum(scipy.linalg.inv(np.outer(x, x) + np.eye(3)))
        except Exception:
            return -1e10

    try:
        with pytest.warns(errors.ObjectArrayWarning, match=r"test_swallowed\.py:\d+: return np\.sum\(scipy"):
            OPERATORS[run](log_likelihood)
    except pytest.fail.Exception:
        value, slope = hoad.value_and_grad(log_likelihood, X)  # it is followed
        assert value > 0.0 and np.any(slope)


# ------------------------------------------------------------------------------------------------------------
# What a program may catch
# ------------------------------------------------------------------------------------------------------------


def test_a_function_may_catch_what_it_would_catch_of_plain_numbers() -> None:
    def f(x: Any) -> Any:
        for attempt in (lambda: x[7], lambda: math.exp(x), lambda: x + np.ones(4), lambda: float(x)):
            with pytest.raises((IndexError, TypeError, ValueError)):
                attempt()
        return np.sum(x**2)

    assert f(X) == np.sum(X**2)
    for run in ("jvp", "grad", "hessian", "laplacian", "vmap"):
        OPERATORS[run](f)
    assert hoad.grad(f, X).tolist() == [1.0, -2.5, 4.0]


def test_a_derivative_of_the_program_itself_may_fail() -> None:
    """Its own value escapes in it, in the plain program too; so do its own arguments."""

    def f(x: Any) -> Any:
        try:
            slope = hoad.grad(number, x[0])
        except TypeError:
            slope = 2.0 * x[0]
        try:
            hoad.grad(lambda y: y, "text")
        except errors.NotDifferentiableError:
            slope = slope * x[1]
        return slope

    assert f(X) == -1.25
    assert hoad.grad(f, X).tolist() == [-2.5, 1.0, 0.0]
    assert hoad.hessian(f, X)[0].tolist() == [0.0, 2.0, 0.0]


def test_an_outer_value_that_escapes_in_an_inner_derivative() -> None:
    def f(x: Any) -> Any:
        try:
            return hoad.grad(lambda y: y * number(x[0]), 1.0)
        except TypeError:
            return x[1]

    with pytest.raises(SwallowedError):
        hoad.grad(f, X)


def test_an_error_that_passes_is_the_error() -> None:
    def f(x: Any) -> Any:
        try:
            return number(x[0])
        finally:
            x = x * 2

    def g(x: Any) -> Any:
        try:
            return number(x[0])
        except TypeError as error:
            raise KeyError("the program's own") from error

    for run in OPERATORS.values():
        with pytest.raises(errors.EscapeError):
            run(f)
        with pytest.raises(KeyError):
            run(g)


def test_the_next_derivative_knows_nothing_of_it() -> None:
    with pytest.raises(SwallowedError):
        hoad.grad(by_suppress, X)
    assert hoad.grad(lambda x: np.sum(x**2), X).tolist() == [1.0, -2.5, 4.0]
    outside = []

    def keeps(x: Any) -> Any:
        outside.append(x[0])
        return np.sum(x)

    hoad.grad(keeps, X)
    assert float(outside[0]) == 0.5


# ------------------------------------------------------------------------------------------------------------
# Every place that refuses
# ------------------------------------------------------------------------------------------------------------

NOTED = ("nothing", "something else", "a refusal")
AFTER_THE_RUN = {"running/mistakes.py"}  # they are raised when the function is done


def test_every_refusal_of_a_traced_value_is_noted() -> None:
    root = Path(hoad.__file__).parent
    found = []
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).as_posix() in AFTER_THE_RUN:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = node.exc.func
                if isinstance(name, ast.Name) and name.id in NOTED:
                    found.append(f"{path.relative_to(root)}:{node.lineno}")
    assert not found, "write raise refused(error, the traced value)"


NOTED = ("nothing", "something else", "a refusal")


@pytest.mark.parametrize("ends", ["well", "with an error"])
@pytest.mark.parametrize("noted", list(itertools.product(NOTED, repeat=3)), ids=", ".join)
def test_a_refusal_at_any_of_the_levels_of_a_run_counts(noted: tuple[str, ...], ends: str) -> None:
    """Whichever has one, and whatever is noted at the others, before and after it."""
    levels = [nested.Level() for _ in noted]
    for level, what in zip(levels, noted, strict=True):
        if what == "something else":
            nested.notes_of(level).lent = 3
        if what == "a refusal":
            nested.notes_of(level).refusal = nested.Refusal("no", ("test_swallowed.py", 1))
    error, is_refused = ValueError("of the program"), "a refusal" in noted
    if ends == "well":
        with pytest.raises(SwallowedError) if is_refused else contextlib.nullcontext():
            runs.ended(tuple(levels), None)
    else:
        runs.ended(tuple(levels), error)
        assert hasattr(error, "refusal") is is_refused
    assert not any(level.alive for level in levels)
