"""What is given behind the variable by ``args=``: a list, an array or one number, taken as SciPy takes it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

scipy = pytest.importorskip("scipy")
from scipy import integrate, optimize  # noqa: E402

import hoad  # noqa: E402
from hoad.adapting.doors import FAMILIES  # noqa: E402
from hoad.chainrules.doors import BEHIND, signature_of  # noqa: E402

for _family in set(FAMILIES.values()):
    importlib.import_module(_family)

ROOTS = ("bisect", "brenth", "brentq", "ridder", "toms748")
START = np.array([1.0, 1.2])
Function = Callable[..., Any]


def residual(x: Any, a: Any, b: Any) -> Any:
    return x - a * b


def square(x: Any, a: Any, b: Any) -> Any:
    return np.sum((x - a * b) ** 2)


def wave(x: Any, a: Any, b: Any) -> Any:
    return a * np.sin(b * x)


def plane(y: Any, x: Any, a: Any, b: Any) -> Any:
    return a * np.sin(b * x * y)


def space(z: Any, y: Any, x: Any, a: Any, b: Any) -> Any:
    return a * x + b * y * z


def decay(y: Any, t: Any, a: Any, b: Any) -> Any:
    return -a * y + b


def at(name: str, *before: Any, part: Any = None, **options: Any) -> Callable[[Function, Any], Any]:
    """A call of SciPy's function of that name, with ``args=p``; a part of what it gives, if one is named."""
    function = getattr(optimize, name, None) or getattr(integrate, name)

    def call(f: Function, p: Any) -> Any:
        found = function(f, *before, args=p, **options)
        return found if part is None else getattr(found, part) if isinstance(part, str) else found[part]

    return call


QUIET = {"disp": 0}
UNIT = (0.0, 1.0)
# How many variables there are, what is sought, and the call.
CALLS: dict[str, tuple[int, Function, Callable[[Function, Any], Any]]] = {
    **{name: (1, residual, at(name, -50.0, 50.0)) for name in ROOTS},
    "newton": (1, lambda x, a, b: x**3 - a * b, at("newton", 1.5)),
    "root_scalar": (1, residual, at("root_scalar", bracket=(-50.0, 50.0), part="root")),
    "fixed_point": (1, lambda x, a, b: 0.1 * np.cos(x) * a + b, at("fixed_point", 1.0)),
    "fsolve": (1, residual, at("fsolve", START)),
    "root": (1, residual, at("root", START, part="x")),
    "leastsq": (1, residual, at("leastsq", START, part=0)),
    "least_squares": (1, residual, at("least_squares", START, part="x")),
    "minimize": (1, square, at("minimize", START, part="x")),
    "minimize_scalar": (1, square, at("minimize_scalar", part="x")),
    "fminbound": (1, square, at("fminbound", -9.0, 9.0)),
    "brent": (1, square, at("brent")),
    "golden": (1, square, at("golden")),
    **{
        name: (1, square, at(name, START, **QUIET))
        for name in ("fmin", "fmin_powell", "fmin_bfgs", "fmin_cg")
    },
    "fmin_l_bfgs_b": (1, square, at("fmin_l_bfgs_b", START, approx_grad=True, part=0)),
    "fmin_tnc": (1, square, at("fmin_tnc", START, approx_grad=True, part=0, **QUIET)),
    "fmin_slsqp": (1, square, at("fmin_slsqp", START, **QUIET)),
    "brute": (1, square, at("brute", [(0.0, 4.0)], Ns=5)),
    "quad": (1, wave, at("quad", *UNIT, part=0)),
    "quad_vec": (1, wave, at("quad_vec", *UNIT, part=0)),
    "fixed_quad": (1, wave, at("fixed_quad", *UNIT, part=0)),
    "dblquad": (2, plane, at("dblquad", *UNIT, *UNIT, part=0)),
    "tplquad": (3, space, at("tplquad", *UNIT, *UNIT, *UNIT, part=0)),
    "nquad": (2, plane, at("nquad", [UNIT, UNIT], part=0)),
    "odeint": (2, decay, at("odeint", START, [0.0, 0.5], part=-1)),
    "solve_ivp": (2, lambda t, y, a, b: decay(y, t, a, b), at("solve_ivp", (0.0, 0.5), START, part="y")),
}
REFUSED = {"bracket", "cubature", "nsum", "tanhsinh"}  # by their names, in a derivative
OF_CONSTANTS = {
    "differential_evolution",
    "direct",
    "dual_annealing",
    "shgo",
}  # as brute is followed, or refused
SHAPES: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda p: (p[0], p[1]),
    "list": lambda p: [p[0], p[1]],
    "array": lambda p: p,
    "one": lambda p: ((p[0], p[1]),),
}
"""The ways in which two numbers are given."""


def counted(k: int, of: Function) -> tuple[Function, list[int]]:
    """A function of k variables, and how many arguments it was given behind them."""
    counts: list[int] = []

    def f(*given: Any) -> Any:
        counts.append(len(given) - k)
        rest = given[k:]
        a, b = rest if len(rest) == 2 else rest[0]
        return of(*given[:k], a, b)

    return f, counts


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CALLS)
def test_args_are_taken_as_scipy_takes_them(name: str, shape: str) -> None:
    k, of, call = CALLS[name]
    point = np.array([1.3, 0.9])
    theirs, expected = counted(k, of)
    try:
        value = call(theirs, SHAPES[shape](point))
    except Exception as error:
        value = error
    own, counts = counted(k, of)
    total = lambda p: np.sum(call(own, SHAPES[shape](p)))
    alike = hoad.grad(lambda p: np.sum(call(of, (p[0], p[1]))))(point)
    if isinstance(value, Exception):  # SciPy does not take it: a door refuses it, or is right
        try:
            gradient = hoad.grad(total)(point)
        except (type(value), hoad.errors.HoadError):
            return
        np.testing.assert_allclose(gradient, alike, rtol=1e-5, atol=1e-7)
        return
    found, gradient = hoad.value_and_grad(total)(point)
    assert set(counts) == set(expected)
    np.testing.assert_allclose(found, np.sum(value), rtol=1e-6)
    np.testing.assert_allclose(gradient, alike, rtol=1e-5, atol=1e-7)
    assert np.all(gradient != 0.0)


def test_every_door_with_args_is_tried() -> None:
    more = {"check_grad", "fmin_cobyla", "fmin_ncg", "line_search"}  # want gradients or constraints, or star
    doors = set()
    for module in (optimize, integrate):
        for name in vars(module):
            function = getattr(module, name)
            known = callable(function) and not isinstance(function, type) and function in BEHIND
            signature = signature_of(function) if known else None
            if signature is not None and "args" in signature.parameters:
                doors.add(name)
    assert doors - set(CALLS) - REFUSED - OF_CONSTANTS - more == set()
