"""The general path is the specification: every generated and hand-written method gives what it gives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import RULES, remove_rule, scalar_rule
from hoad.chainrules.numpy.elementwise import real_absolute
from hoad.chainrules.scipy import bessel_functions, special
from hoad.chainrules.statements import Scalar
from hoad.chainrules.text import compile_source, read
from hoad.dual import Dual
from hoad.fast import shortcuts
from hoad.fast.forward import forward_source
from hoad.fast.writer import has_method
from hoad.nested import Level
from hoad.tape import Tape, sweep
from hoad.tracer import Draft, Tracer, entered

OF_SCIPY = set(special.FUNCTIONS)  # some have the names of NumPy's
SCALARS = {
    ("special " if rule.function in OF_SCIPY else "") + rule.name: rule
    for rule in [*RULES.values(), real_absolute]
    if has_method(rule)
}
POINTS = {"arccosh": (1.5, 2.25), "root_of_square_minus_one": (1.5, 2.25)}
VALUES = [
    ("numbers", lambda a, b: (a, b)),
    ("NumPy scalars", lambda a, b: (np.float64(a), np.float64(b))),
    ("arrays", lambda a, b: (np.array([a, b]), np.array([b, a]))),
    ("broadcast", lambda a, b: (np.array([[a], [b]]), np.array([b, a, a]))),
    ("number and array", lambda a, b: (a, np.array([b, a]))),
    ("NumPy scalar and row", lambda a, b: (np.float64(a), np.array([b, a]))),
    ("row and number", lambda a, b: (np.array([a, b]), b)),
    ("float32", lambda a, b: (np.array([a, b], np.float32), np.array([b, a], np.float32))),
]
PATTERNS = [(True, True), (True, False), (False, True)]


def pairs() -> list[Any]:
    cases = []
    for name, rule in SCALARS.items():
        for label, make in VALUES:
            for pattern in PATTERNS if rule.arity == 2 else [(True,)]:
                cases.append(pytest.param(rule, make, pattern, id=f"{name}-{label}-{pattern}"))
    return cases


def arguments(rule: Scalar, make: Any) -> list[Any]:
    return list(make(*POINTS.get(rule.name, (0.375, 0.8125))))[: rule.arity]


def assert_same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(
        np.asarray(a), np.asarray(b), rtol=3e-16 if np.result_type(a) != np.float32 else 2e-7
    )
    assert np.shape(a) == np.shape(b)
    assert np.result_type(a) == np.result_type(b)


@pytest.mark.parametrize(("rule", "make", "pattern"), pairs())
def test_forward(rule: Scalar, make: Any, pattern: tuple[bool, ...]) -> None:
    level = Level()
    plain = arguments(rule, make)
    args = [Dual(level, x, 0.5 * x) if active else x for x, active in zip(plain, pattern, strict=True)]
    fused, general = Dual.fused[rule.function](*args), rule.general(*args)
    assert type(fused) is type(general) is Dual
    assert_same(fused.primal, general.primal)
    assert_same(fused.tangent, general.tangent)


@pytest.mark.parametrize("rule", SCALARS.values(), ids=SCALARS)
def test_forward_of_tangents_that_are_no_numbers(rule: Scalar) -> None:
    """A zero partial and a zero tangent stay zero, or not, beside infinity and nan as on the general path."""
    points = [arguments(rule, lambda a, b: (a, b)), [0.0, 0.0]]
    patterns = PATTERNS if rule.arity == 2 else [(True,)]
    for plain, pattern, make in itertools.product(points, patterns, (float, lambda x: np.array([x, x]))):
        for changes in itertools.product((0.0, np.inf, np.nan), repeat=sum(pattern)):
            level, left = Level(), list(changes)
            args = [
                Dual(level, make(x), make(left.pop())) if active else make(x)
                for x, active in zip(plain, pattern, strict=False)
            ]
            with np.errstate(all="ignore"):
                fused, general = Dual.fused[rule.function](*args), rule.general(*args)
            np.testing.assert_allclose(fused.tangent, general.tangent, rtol=1e-15, err_msg=str(args))


@pytest.mark.parametrize(("rule", "make", "pattern"), pairs())
def test_reverse(rule: Scalar, make: Any, pattern: tuple[bool, ...]) -> None:
    found = []
    for method in (Tracer.fused[rule.function], rule.general):
        tape = Tape()
        plain = arguments(rule, make)
        tracers = [entered(tape, x) if active else x for x, active in zip(plain, pattern, strict=True)]
        y = method(*tracers)
        slots = [t.slot for t, active in zip(tracers, pattern, strict=True) if active]
        g = 0.75 * np.ones_like(y.primal)[()]
        cotangents = sweep(tape, {y.slot: g}, slots)
        inputs = [x for x, active in zip(plain, pattern, strict=True) if active]
        found.append(
            (y.primal, [0.0 * x if c is None else c for c, x in zip(cotangents, inputs, strict=True)])
        )
    (fused, back), (general, back_general) = found
    assert_same(fused, general)
    for a, b in zip(back, back_general, strict=True):
        assert_same(a, b)


def filled(x: Any) -> Any:
    """Numbers written and read one by one, twice at one place, over what was there."""
    y = x * 2.0
    y[0] = x[1] * y[2]
    for k in (1, 2, -1, 1):
        y[k] = y[k - 1] * x[k] + y[k]
    y[2] = 4.0
    return y * x


def filled_matrix(x: Any) -> Any:
    """The same of a matrix."""
    y = x * 2.0
    for i in range(3):
        y[i, -1] = x[i, 0] * y[i - 1, 2] + y[-1, i]
    y[0, 1] = 4.0
    y[1] = y[1, 2]
    return y * x


def unpacked(x: Any) -> Any:
    """Elements under names of their own."""
    a, b, c = x
    return a * b - c / a


ARRAYS = {1: np.array([0.5, -1.25, 2.0]), 2: np.arange(9.0).reshape(3, 3) - 3.5}
SHORTCUTS = [
    ("x[1]", lambda x: x[1], 1),
    ("x[1:]", lambda x: x[1:], 1),
    ("x[::-2]", lambda x: x[::-2], 2),
    ("x[0]", lambda x: x[0], 2),
    ("x[None]", lambda x: x[None, 1:], 1),
    ("x[..., 1]", lambda x: x[..., 1], 1),
    ("x[1, 2]", lambda x: x[1, 2] * x[np.int64(1), -1], 2),
    ("x[:, 0]", lambda x: x[:, 0] * x[..., 1], 2),
    ("x[()]", lambda x: x[()] * x[1:, None, ::2][0, 0, 1], 2),
    ("a, b, c = x", unpacked, 1),
    ("abs(x)", lambda x: abs(x) * np.abs(x[0]), 2),
    ("sum", lambda x: np.sum(x), 2),
    ("x.sum()", lambda x: x.sum(), 1),
    ("sum of a row", lambda x: np.sum(x, axis=0), 1),
    ("sum of columns", lambda x: np.sum(x, axis=0), 2),
    ("mean", lambda x: np.mean(x), 2),
    ("x.mean()", lambda x: x.mean(), 1),
    ("mean of columns", lambda x: np.mean(x, axis=0), 2),
    ("elements one by one", lambda x: sum(a * b for a, b in zip(x, x[::-1], strict=True)), 1),
    ("rows one by one", lambda x: sum(np.sum(row) ** 2 for row in x), 2),
    ("a row that is filled", filled, 1),
    ("a matrix that is filled", filled_matrix, 2),
    ("x @ x", lambda x: x @ x, 1),
    ("X @ X", lambda x: x @ x, 2),
    ("A @ x", lambda x: ARRAYS[2] @ x, 1),
    ("x @ A", lambda x: x @ ARRAYS[2], 1),
    ("X @ b", lambda x: x @ ARRAYS[1], 2),
    ("b @ X", lambda x: ARRAYS[1] @ x, 2),
    ("dot", lambda x: np.dot(x, ARRAYS[1]), 2),
    ("x.dot", lambda x: x.dot(ARRAYS[2]), 1),
]


BY_HAND = (np.matmul, np.absolute)


@pytest.mark.parametrize(("f", "ndim"), [case[1:] for case in SHORTCUTS], ids=[case[0] for case in SHORTCUTS])
def test_shortcuts(f: Any, ndim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> tuple[Any, Any]:
        tape = Tape()
        x = entered(tape, ARRAYS[ndim].copy())
        y = f(x)
        g = np.cos(np.arange(np.size(y.primal))).reshape(np.shape(y.primal))[()]
        return y.primal, sweep(tape, {y.slot: g}, [x.slot])[0]

    value, back = run()
    for name in ("__getitem__", "__iter__", "__abs__", "sum", "mean", "__matmul__", "__rmatmul__", "dot"):
        monkeypatch.delattr(Tracer, name)
    monkeypatch.delattr(Draft, "__setitem__")
    monkeypatch.setattr(Draft, "__getitem__", shortcuts.general_getitem_of_draft)
    monkeypatch.setattr(Tracer, "functions", {})
    monkeypatch.setattr(Tracer, "fused", {k: v for k, v in Tracer.fused.items() if k not in BY_HAND})
    value_general, back_general = run()
    np.testing.assert_array_equal(value, value_general)
    np.testing.assert_allclose(back, back_general, rtol=1e-15, atol=1e-15)


def test_every_scalar_rule_has_text() -> None:
    """A rule without text would silently take the general path."""
    assert [rule.name for rule in SCALARS.values() if read(rule) is None] == []
    of_few = {r.function for r in map(RULES.get, special.FUNCTIONS) if isinstance(r, Scalar) and r.arity <= 2}
    whole = {
        f.function
        for f in (bessel_functions.jn, bessel_functions.yn, bessel_functions.i_n, bessel_functions.kn)
    }
    assert of_few - whole <= {rule.function for rule in SCALARS.values()}
    assert len(SCALARS) >= len({r for r in RULES.values() if isinstance(r, Scalar) and r.arity <= 2})


@pytest.mark.as_written
def test_a_rule_of_two_arguments_for_a_function_that_is_no_ufunc() -> None:
    """At second order the rule must be met again, not the function's own body."""

    def body(x: Any, y: Any) -> Any:
        return np.floor(x) * y  # what its derivative would be is not what the rule says

    rule = Scalar(body, lambda x, y, out: (3 * x * y, x))
    for inner, outer in itertools.product((hoad.grad, hoad.derivative), repeat=2):
        for method in (rule.general, lambda x, y: type(x).fused.get(body, rule.general)(x, y)):
            assert outer(inner(lambda x, method=method: method(x, 2.0)))(1.5) == 6.0
    level = Level()
    made = forward_source(rule, "body")
    assert made is not None
    method = compile_source("body", *made)
    inner_level = Level()
    nested = method(Dual(inner_level, Dual(level, 1.5, 1.0), 1.0), 2.0)
    assert (nested.tangent.primal, nested.tangent.tangent, nested.primal.tangent) == (9.0, 6.0, 9.0)


@pytest.mark.parametrize("rule", [r for r in SCALARS.values() if r.arity == 1 and r.name != "wofz"], ids=str)
def test_numbers_stay_of_their_class(rule: Scalar) -> None:
    """What a function makes of one of Python's floats is one, with which the next operation is quick."""
    for kind in (float, np.float64, np.float32):
        (x,) = arguments(rule, lambda a, b: (kind(a), kind(b)))  # noqa: B023
        level, tape = Level(), Tape()
        assert type(Dual.fused[rule.function](Dual(level, x, kind(1.0))).primal) is kind
        assert type(Tracer.fused[rule.function](entered(tape, x)).primal) is kind


HANDED_ON = {
    "by itself": (lambda x: x + 1.0, lambda d, x, out: d),
    "by NumPy": (lambda x: x - 3.0, lambda d, x, out: np.asarray(d)),
    "by a branch": (lambda x: x - 4.0, lambda d, x, out: -d if x is None else d),
    "of the first": (lambda x, y: x - 2.0 * y, lambda d, x, y, out: (d, -2.0 * d)),
    **{f.__name__: (f, None) for f in (np.add, np.subtract, np.positive, np.maximum, np.fmin)},
}


@pytest.mark.parametrize("method", ["fused", "general"])
@pytest.mark.parametrize("name", HANDED_ON)
def test_a_change_that_is_handed_on_is_a_change_of_its_own(name: str, method: str) -> None:
    """A tangent may be the array that a statement was given: a write to the one must not reach the other."""
    function, applied = HANDED_ON[name]
    level, plain = Level(), [np.array([1.0, 2.0]), np.array([3.0, 0.5])]
    rule: Any = RULES[function] if applied is None else scalar_rule(function, applied=applied)
    try:
        for pattern in PATTERNS if getattr(rule, "arity", 1) == 2 else [(True,)]:
            args = [
                Dual(level, x, 0.5 * x) if active else x for x, active in zip(plain, pattern, strict=False)
            ]
            out = (Dual.fused.get(function, rule) if method == "fused" else rule.general)(*args)
            held = [part for a in args if a.__class__ is Dual for part in (a.primal, a.tangent)]
            assert not any([np.shares_memory(mine, x) for mine in (out.primal, out.tangent) for x in held])
    finally:
        if applied is not None:
            remove_rule(function)
