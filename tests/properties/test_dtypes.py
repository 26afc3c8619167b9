"""The precision of the user's numbers is kept: NumPy's result type in the value, the tangent and the series,
the argument's in the cotangent, in each mode and each nesting, for every program of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy_points  # noqa: F401  (enters its programs)
import optree
import pytest
from rule_points import ELEMENTWISE, PROGRAMS
from test_alike import OPERATORS
from test_rules import name_of

import hoad
from hoad.errors import NonScalarOutputError

Case = tuple[Callable[..., Any], tuple[Any, ...]]
FOUR = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]
COMPLEX = {np.float16: np.complex64, np.float32: np.complex64, np.longdouble: np.clongdouble}
# A plain array can't hold what is written into it, and np.pad does not show its keywords to hoad beside one.
HIDDEN = {("pad-1", 1), ("pad-13", 1)}
WRITTEN = {"copyto", "put", "putmask", "place", "fill_diagonal", "put_along_axis"}


def cases() -> Iterator[tuple[str, Case]]:
    """All programs, and the elementwise functions at ordinary points."""
    for key, entries in PROGRAMS.items():
        for k, entry in enumerate(entries):
            yield f"{name_of(key)}-{k}", (entry.run, entry.arguments)
    for key, entry in ELEMENTWISE.items():
        points = [p for p in entry.points if all(1e-3 < abs(v) < 30 or v == 0 for v in p)] or entry.points[:1]
        if len(entry.arguments) == len(points[0]):
            yield name_of(key), (entry.function, tuple(map(np.array, zip(*points, strict=True))))


CASES = {
    name: case
    for name, case in cases()
    if "linalg" not in name and "hoad" not in name and name.partition("-")[0] not in WRITTEN
}


def cast(x: Any, kind: Any) -> Any:
    """An argument in a precision; an integer stays one."""
    x = np.asarray(x)
    return x.astype(COMPLEX[kind] if x.dtype.kind == "c" else kind) if x.dtype.kind in "fc" else x


def type_of(x: Any) -> Any:
    return np.asarray(x).dtype


def check_first_order(f: Callable[[Any], Any], x: Any, kind: Any) -> None:
    """The value and its tangent are of NumPy's type, the cotangent of the argument's."""
    value, change = hoad.jvp(f, (x,), (np.ones_like(x),))
    assert (type_of(value), type_of(change)) == (kind, kind)
    value, pullback = hoad.vjp(f, x)
    assert type_of(value) == kind
    assert type_of(pullback(np.ones_like(value))[0]) == x.dtype


def check_higher_orders(f: Callable[[Any], Any], x: Any, kind: Any) -> None:
    """Coefficients of the series along a line, and Jacobians and Hessians of all nestings."""
    line = hoad.derivatives(lambda t: f(x + t * np.ones_like(x)), x.dtype.type(0), 3)
    assert {type_of(c) for c in line} == {kind}
    if kind != x.dtype:
        return
    weights = np.cos(np.arange(np.size(f(x))) + 0.5).reshape(np.shape(f(x))).astype(kind)
    for mode in ("forward", "reverse"):
        assert type_of(hoad.jacobian(f, x, mode=mode)) == kind
    for mode in FOUR:
        assert type_of(hoad.hessian(lambda x: np.sum(f(x) * weights), x, mode=mode)) == kind


def check(name: str, kind: Any) -> None:
    f, arguments = CASES[name]
    given = tuple(cast(a, kind) for a in arguments)
    try:
        right = np.asarray(f(*given))
    except TypeError:
        return  # a precision that NumPy does not have the function in
    for i, x in enumerate(given):
        at = lambda x, i=i: f(*given[:i], x, *given[i + 1 :])
        if right.dtype.kind in "fc" and x.dtype.kind in "fc" and (name, i) not in HIDDEN:
            check_first_order(at, x, right.dtype)
            if right.dtype.kind == x.dtype.kind == "f":
                check_higher_orders(at, x, right.dtype)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_single_precision(name: str) -> None:
    with np.errstate(all="ignore"):
        check(name, np.float32)


def leaves(tree: Any) -> list[Any]:
    """All numbers in a result."""
    parts = list(tree.values()) if isinstance(tree, dict) else tree
    return [leaf for part in parts for leaf in leaves(part)] if isinstance(parts, (tuple, list)) else [tree]


@pytest.mark.parametrize("name", [*OPERATORS, "DifferentialOperator", "estimate_operator"])
def test_every_operator_keeps_single_precision(name: str) -> None:
    """Arrays are of the precision of the value; a number may be one of Python's."""
    heat = hoad.DifferentialOperator({(0, 0, 0): 1.0, (1, 0, 0): -1.0, (0, 2, 0): 2.0, (0, 1, 2): 1.0})
    f, options, rest = OPERATORS.get(name, OPERATORS["grad"])
    x = optree.tree_map(
        lambda v: cast(v, np.float32)[()] if isinstance(v, (float, complex, np.ndarray)) else v, rest
    )
    applied: dict[str, Callable[[Any], Any]] = {
        "DifferentialOperator": lambda g: heat(g, *x),
        "estimate_operator": lambda g: hoad.estimate_operator(heat, g, *x, seed=0),
    }
    apply = applied.get(name, lambda g: getattr(hoad, name)(g, *x, **options))
    for g in (f, lambda x: np.sin(x) * x):
        try:
            found = leaves(apply(g))
        except NonScalarOutputError:
            continue  # a gradient wants one number
        assert {type_of(leaf) for leaf in found if type(leaf) is not float} <= {*map(np.dtype, "fF")}, g


@pytest.mark.sweep
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [np.float16, np.longdouble])
@pytest.mark.parametrize("name", CASES)
def test_other_precisions(name: str, kind: Any) -> None:
    with np.errstate(all="ignore"):
        check(name, kind)


SINGLE = np.array([1.0, 2.0], np.float32)
OF_NUMBERS = {
    "dot": lambda x: np.dot(x, SINGLE),
    "dot after": lambda x: np.dot(SINGLE, x),
    "inner": lambda x: np.inner(x, SINGLE),
    "select": lambda x: np.select([SINGLE > 1, SINGLE <= 1], [SINGLE, x]),
    "product": lambda x: x * SINGLE,
    "multiply": lambda x: np.multiply(SINGLE, x),
    "outer": lambda x: np.outer(x, SINGLE),
    "where": lambda x: np.where(SINGLE > 1, x, SINGLE),
    "maximum": lambda x: np.maximum(x, SINGLE),
    "clip": lambda x: np.clip(SINGLE, x, 3.0),
    "kron": lambda x: np.kron(x, SINGLE),
    "einsum": lambda x: np.einsum(",i", x, SINGLE),
    "power": lambda x: SINGLE**x,
    "full_like": lambda x: np.full_like(SINGLE, x),
    "append": lambda x: np.append(SINGLE, x),
    "hstack": lambda x: np.hstack([x, SINGLE]),
    "convolve": lambda x: np.convolve(x, SINGLE),
    "interp": lambda x: np.interp(x, SINGLE, SINGLE),
    "insert": lambda x: np.insert(SINGLE, 1, x),
    "solve": lambda x: np.linalg.solve(np.diag(SINGLE), [x, 1.0]),
}


@pytest.mark.parametrize(
    "x", [0.7, np.float64(0.7), np.float32(0.7), np.float16(0.7)], ids=lambda x: type(x).__name__
)
@pytest.mark.parametrize("name", OF_NUMBERS)
def test_a_number_beside_an_array_of_single_precision(name: str, x: object) -> None:
    """One of Python's is a double to some functions, and has the type of the array to others."""
    f = OF_NUMBERS[name]
    for value in (hoad.jvp(f, (x,), (type(x)(1.0),))[0], hoad.vjp(f, x)[0]):
        assert value.dtype == f(x).dtype
        np.testing.assert_allclose(value, f(x), rtol=1e-6)
