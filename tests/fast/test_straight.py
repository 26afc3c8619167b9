"""A sweep that is written out gives what the sweep gives, bit for bit, and only where it may."""

from __future__ import annotations

import gc
import linecache
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from test_large import STEPS, same
from test_paths import PATTERNS, POINTS, SCALARS, VALUES

import hoad
from hoad.chainrules import NoTangent, differential, remove_rule, rrule
from hoad.fast import straight
from hoad.running.often import run_each_time
from hoad.second import sweep as second
from hoad.tape import Tape, sweep
from hoad.tracer import entered


@pytest.fixture(autouse=True)
def _at_second_sight(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A program is written out when it comes for the second time, in these tests, and is never learned."""
    monkeypatch.setattr(straight, "SIGHTS", 1)
    straight.forget()
    with run_each_time():
        yield
    straight.forget()


def plainly(f: Callable[..., Any], *args: Any) -> Any:
    """The same without sweeps that are written out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tape, "quick", staticmethod(lambda *_: None))
        patch.setattr(second, "straight_pairs", lambda *_: None)
        return f(*args)


def thrice(f: Callable[..., Any], *args: Any) -> Any:
    """What f gives when its program was seen, and written."""
    f(*args)
    f(*args)
    return f(*args)


def written() -> int:
    """How many functions there are."""
    forms = [form for known in straight._known.values() if isinstance(known, list) for form in known]
    return sum(form is not straight.none for form in forms)


# ------------------------------------------------------------------------------------------------------------
# Every rule, every pattern of operands
# ------------------------------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, 2.0, -1.5, 1e-310, 1e300, math.inf, math.nan]
CASES = [
    pytest.param(rule, make, pattern, id=f"{name}-{label}-{pattern}")
    for name, rule in SCALARS.items()
    for label, make in VALUES
    for pattern in (PATTERNS if rule.arity == 2 else [(True,)])
]


@pytest.mark.parametrize(("rule", "make", "pattern"), CASES[::29])
def test_some_rules(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    compare(rule, make, pattern)


@pytest.mark.sweep
@pytest.mark.parametrize(("rule", "make", "pattern"), CASES)
def test_every_rule(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    compare(rule, make, pattern)


def compare(rule: Any, make: Any, pattern: tuple[bool, ...], total: Any = lambda y: np.sum(y * 1.5)) -> None:
    """At a point, and at special values once the function is written for that point."""

    def pulled(a: float, b: float) -> Any:
        program = Tape()
        plain = list(make(a, b))[: rule.arity]
        args = [entered(program, x) if on else x for x, on in zip(plain, pattern, strict=True)]
        inputs = [x.slot for x, on in zip(args, pattern, strict=True) if on]
        y = total(rule(*args))
        return [np.asarray(0.0 if c is None else c) for c in sweep(program, {y.slot: 1.0}, inputs)]

    a, b = POINTS.get(rule.name, (0.375, 0.8125))
    with np.errstate(all="ignore"):
        found = thrice(pulled, a, b)
        assert same(found, plainly(pulled, a, b))
        for other in [(b, a), *zip(SPECIAL, SPECIAL[::-1], strict=True), (0.0, 0.0)]:
            assert same(pulled(*other), plainly(pulled, *other)), other


def test_most_are_written() -> None:
    """The test above tests something."""
    for function in (np.sin, np.multiply, np.divide, np.power, np.logaddexp, np.hypot):
        straight.forget()
        args = [np.array([0.5, 0.25])] * function.nin
        thrice(lambda f=function, args=args: hoad.gradient(lambda *x: np.sum(f(*x)), *args))
        assert written() == 1, function


# ------------------------------------------------------------------------------------------------------------
# Random programs
# ------------------------------------------------------------------------------------------------------------

NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "read": lambda v, s: v[2] * s,
    "last": lambda v, s: v[-1] + s,
    "added": lambda v, s: s + 1.5,
    "divided": lambda v, s: s / (1.0 + s * s),
    "dot": lambda v, s: v @ v + s,
    "total": lambda v, s: np.sum(v * s),
    "sine": lambda v, s: np.sin(s) * s,
    "to a power": lambda v, s: (1.0 + s * s) ** 0.5,
}


def programs(most: int) -> Any:
    """Some steps, and the point at which they begin."""
    step = st.tuples(st.sampled_from([*STEPS, *NUMBERS]), st.integers(0, 1), st.integers(0, 1))
    return st.lists(step, min_size=1, max_size=most), st.lists(st.floats(-2, 2), min_size=6, max_size=6)


def program_of(steps: list[tuple[str, int, int]]) -> Callable[[Any], Any]:
    """The program of some steps, on two arrays and a number."""

    def f(z: Any) -> Any:
        v, s = [z, z[::-1] * 0.5], z[0] - z[1]
        for name, j, k in steps:
            if name in NUMBERS:
                s = NUMBERS[name](v[j], s)
            else:
                v[j] = STEPS[name](v, v[j], v[k]) * s
        return np.sum(v[0]) + np.sum(v[1] * v[1]) * s

    return f


@settings(max_examples=150, deadline=None)
@given(*programs(8))
def test_random_programs(steps: list[tuple[str, int, int]], point: list[float]) -> None:
    """The same program at two points, by the function that was written at the first."""

    f = program_of(steps)

    x = np.array(point)
    with np.errstate(all="ignore"):
        for p in (x, np.cos(3 * x)):
            assert same(thrice(hoad.grad, f, p), plainly(hoad.grad, f, p))


# ------------------------------------------------------------------------------------------------------------
# What may change from one call to the next
# ------------------------------------------------------------------------------------------------------------


def check(f: Callable[..., Any], *points: Any) -> None:
    """One function after the other at points at which its program differs in something."""
    for _ in range(4):
        for args in points:
            args = args if isinstance(args, tuple) else (args,)
            assert same(hoad.grad(f, *args), plainly(hoad.grad, f, *args)), args


def test_other_shapes_and_kinds() -> None:
    row = np.linspace(0.5, 1.5, 4)
    for c in (2, 2.0, np.float64(2.0), row, row[:1], np.float32(1.5), 1 + 0j, True):
        check(lambda x, c=c: np.sum(np.real(np.sin(x * c) ** 2 / (c + x))), row, row[:2].sum(), 0.5)
    check(lambda x: np.sum(x**2 * row), row, row[:1], row[1:2], row[None] * np.ones((3, 1)), np.float64(1.5))
    check(lambda x: np.sum(x**2), row.astype(np.float32), row, row.astype(np.longdouble), np.ones(()))


def test_other_constants() -> None:
    """Whose values are read anew, whatever the exponent makes of the partial."""
    row = np.linspace(0.5, 1.5, 4)
    check(lambda x, n: np.sum((x + 1.0) ** n), *[(row, n) for n in (2, 3, 0, 1, 0.5, -1, 2.5)])
    check(lambda x, n: (x + 1.0) ** n, *[(0.5, n) for n in (2, 3, 0, 1, 0.5, -1, 2.5)])
    check(lambda x, n: np.sum(x[0] ** n), *[(row, n) for n in (2.0, row, row[:2], 0.0, row[:, None])])
    check(lambda x, c: np.sum(x + c), *[(row[0], c) for c in (1.0, row, row[:2], np.ones((2, 4)))])


def test_other_operands() -> None:
    x = np.array([0.5, 1.5, -0.25])
    for i, j in ((0, 1), (1, 1), (2, 0), (-1, 2)):
        check(lambda z, i=i, j=j: np.sin(z[i]) * z[j] + z[i], x)
    for k in (slice(1), slice(1, None), slice(None, None, -1), [0, 0], z := np.array([True, False, True])):
        check(lambda x, k=k: np.sum(x[k] ** 2) + np.sum(x[1:] * 2.0), x)
    assert z.any()
    square = np.linspace(-1.0, 1.0, 9).reshape(3, 3)
    for place in ((1, 2), (slice(None), 0), (..., 1), (None, 2), (np.int64(1), slice(None, None, -2)), ()):
        check(lambda x, k=place: np.sum(x[k] ** 2) * x[0, 1] + np.sum(x[1:, 0]), square, -square)
    for k in range(3):
        check(lambda x, k=k: np.sum(np.where(np.arange(3) > k, x, x * x)) + np.sum(x[x > 0.0]), x, -x)


def recursion(x: Any) -> Any:
    """A row whose elements depend on those before."""
    v = np.zeros(6)
    v[0] = x[0] ** 2
    for k in range(1, 6):
        v[k] = x[0] + x[1] * k**2 + np.sin(x[2]) * v[k - 1]
    return np.sum(np.log(1.0 + v**2) + k / (2.0 + v**2))


def overwritten(x: Any) -> Any:
    """Some of them written twice, with numbers too, and read in between."""
    v = x * 2.0
    s = x[1]
    for k in (1, -1, 0, 1, 1):
        v[k] = v[k - 1] * s + v[k]
        s = v[k] * x[k]
    v[0] = 3.0
    return v[2] * s + v[0] + v[1] ** 2


def read_between(x: Any) -> Any:
    """All of it read before it is finished, and slices written."""
    v = np.zeros(3)
    v[1] = x[1] * x[0]
    w = v * x
    v[0] = v[1] * 2.0
    v[1:] = w[:2]
    return np.sum(v * x) + np.sum(w)


def without(x: Any) -> Any:
    """An element that nobody reads, and one that is read alone."""
    v = np.zeros(4)
    v[3] = x[0] ** 2
    v[2] = np.exp(x[1])
    return v[2] * x[2]


def in_blocks(x: Any) -> Any:
    """Rows, columns, elements and chosen places of a matrix."""
    v = np.zeros((3, 3))
    v[0] = x * x[1]
    v[1, 2] = v[2, 1] = x[0] ** 2
    s = v[1, 2] * v[0, 0]
    v[1:, 0] = x[:2] * s
    v[np.ix_([0, 2], [0, 1])] += x[2]
    v[0, 0] = 2.0
    v[:, 2] *= x
    return np.sum(v * v) + np.sum(v[1])


def a_part_of_it(x: Any) -> Any:
    """A row that is read as a whole, of which parts were written."""
    v = np.ones(4)
    v[1:3] = x[:2] * x[2]
    v[0] = x[0] ** 2
    w = v[1:] * 2.0
    v[-1] = w[0]
    return np.sum(v * v) * w[1]


@pytest.mark.parametrize("f", [recursion, overwritten, read_between, without, in_blocks, a_part_of_it])
def test_writes(f: Callable[[Any], Any]) -> None:
    x = np.array([0.5, 1.5, -0.25])
    check(f, x, -x, np.array([1.0, 0.0, math.inf]))
    assert written() > 0


# ------------------------------------------------------------------------------------------------------------
# Values of other kinds
# ------------------------------------------------------------------------------------------------------------

KINDS = [
    ("complex numbers", lambda a, b: (complex(a, b), complex(b, -a))),
    ("NumPy complex numbers", lambda a, b: (np.complex128(complex(a, b)), np.complex128(complex(b, -a)))),
    ("complex arrays", lambda a, b: (np.array([complex(a, b), b]), np.array([b, complex(b, -a)]))),
    ("real and complex", lambda a, b: (np.array([a, b]), np.array([[complex(b, a)], [complex(a, 0.5)]]))),
    ("complex and real", lambda a, b: (complex(a, b), b)),
    ("a number and a complex array", lambda a, b: (a, np.array([complex(b, a), complex(a, 0.5)]))),
    ("no axes", lambda a, b: (np.array(a), np.array(b))),
    ("longdouble", lambda a, b: (np.array([a, b], np.longdouble), np.array([b, a]))),
]
OTHERS = [
    pytest.param(rule, make, pattern, id=f"{name}-{label}-{pattern}")
    for name, rule in SCALARS.items()
    for label, make in KINDS
    for pattern in (PATTERNS if rule.arity == 2 else [(True,)])
]


@pytest.mark.parametrize(("rule", "make", "pattern"), OTHERS[::23])
def test_some_rules_of_other_kinds(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    compare_kinds(rule, make, pattern)


@pytest.mark.sweep
@pytest.mark.parametrize(("rule", "make", "pattern"), OTHERS)
def test_every_rule_of_other_kinds(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    compare_kinds(rule, make, pattern)


def compare_kinds(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    try:
        compare(rule, make, pattern, lambda y: np.sum(np.real(y * (1.5 - 0.5j) if np.iscomplexobj(y) else y)))
    except (TypeError, NotImplementedError):  # of real numbers alone: so is the plain call
        with pytest.raises((TypeError, NotImplementedError)):
            rule(*list(make(0.375, 0.8125))[: rule.arity])


def test_complex_numbers_are_written() -> None:
    """The tests above test something."""

    def f(x: Any) -> Any:
        z = np.exp(1j * x[0]) * x[1] + np.array([[x[0], 1j * x[1]], [2.0, x[2]]])[0, 1]
        w = np.fft.rfft(x * np.sin(x)) * z
        return np.abs(w[1]) + np.sum(np.abs(w / z) ** 2) + np.real(z) * np.angle(z)

    x = np.array([0.5, 1.5, -0.25])
    check(f, x, -x)
    assert written() > 0


def test_several_outputs() -> None:
    """Cotangents of several values at once, of which one depends on another."""
    x = np.array([0.5, 1.5, -0.25])

    def pulled(p: Any, c: float) -> Any:
        program = Tape()
        z = entered(program, p)
        y = np.sin(z) * z[0]
        outputs = [y, np.sum(y * z), z[1] * 2.0]
        return sweep(program, dict(zip([o.slot for o in outputs], (c * p, c, 3.0), strict=True)), [z.slot])

    for p, c in ((x, 1.5), (-x, 2), (x, np.float64(0.5))):
        assert same(thrice(pulled, p, c), plainly(pulled, p, c))
    assert written() > 0


def test_several_values() -> None:
    """Operations with more than one value, one of which may be read twice, and one not at all."""

    def f(x: Any) -> Any:
        u, s, v = np.linalg.svd(np.outer(x, x[::-1]) + np.diag(x), full_matrices=False)
        _, r = np.linalg.qr(np.outer(x, x) + np.eye(3))
        return s[0] * s[1] + np.sum(s**2) + (u[:, :1] * s[:1] @ v[:1]).sum() + r[0, 0]

    x = np.array([0.5, 1.5, -0.25])
    check(f, x, -x)
    assert written() > 0


def test_writes_at_other_places() -> None:
    def f(x: Any, places: tuple[int, ...]) -> Any:
        v = np.zeros(3)
        for k in places:
            v[k] = v[k] * x[k] + x[k - 1] * 2.0
        return np.sum(v * v)

    x = np.array([0.5, 1.5, -0.25])
    check(f, *[(x, places) for places in ((0, 1, 2), (2, 1, 0), (0, 0, -1), (1, 1, 1))])


def test_a_program_that_branches() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x)) * x[1] if x[0] > 0 else np.sum(np.sin(x)) * x[2]

    x = np.array([0.5, 1.5, -0.25])
    check(f, x, -x)


def test_numbers_out_of_range() -> None:
    """Where Python's arithmetic raises, the sweep gives what NumPy's gives."""
    check(lambda x: 1.0 / (x * x) + x**3, 0.5, 0.0, 1e-200, 1e200, math.inf)
    check(lambda x: np.sqrt(x) * np.log(x), 0.5, 0.0, -1.0)
    check(lambda x: np.sum(np.where(x > 0, np.log(x), 0.0)), np.array([0.5, 1.0]), np.array([0.0, 1.0]))


def test_numbers_of_another_kind_and_nesting() -> None:
    """Values that are no floats are swept as ever, and leave floats their function."""

    def f(x: Any) -> Any:
        return x**3 / (1 + x)

    for _ in range(4):
        assert hoad.grad(f, Fraction(1, 2)) == Fraction(4, 9)
        check(f, 0.5)
        assert hoad.grad(hoad.grad(f))(0.5) == plainly(hoad.grad(hoad.grad(f)), 0.5)
        assert hoad.derivative(hoad.grad(f), 0.5) == plainly(hoad.derivative, hoad.grad(f), 0.5)
    assert written() >= 1


def test_seeds_of_every_kind() -> None:
    """One program, one cotangent after the other, each of which differs from another in its kind alone."""
    x = np.array([0.5, 1.5, -0.25])
    rows = [x, x.astype(np.float32), x.astype(np.longdouble), x + 0.5j, np.arange(3)]
    numbers = [1.5, 2, np.float32(1.5), np.longdouble(1.5), 1.5 + 0.5j, np.array(1.5)]

    def pulled(total: bool, g: Any) -> Any:
        program = Tape()
        z = entered(program, x)
        y = np.sin(z * z[0])
        return sweep(program, {(np.sum(y * y) if total else y).slot: g}, [z.slot])

    for total, seeds in ((False, rows), (True, numbers)):
        for first in seeds:
            straight.forget()
            thrice(pulled, total, first)
            for g in seeds:
                assert same(pulled(total, g), plainly(pulled, total, g)), (first, g)


def test_a_write_of_another_value() -> None:
    """The operations are the same, and write another value, or one that is no result, or elsewhere."""
    x = np.array([0.5, 1.5, -0.25])

    def f(x: Any, k: int, place: Any) -> Any:
        v = np.zeros(4)
        v[1:] = x
        v[place] = (np.sin(x), np.exp(x), np.array([1.0, 2.0, 3.0]), np.sum(x * x), x[0] - x[1], 2.0)[k]
        return np.sum(v * v[0]) * v[3]

    for place in (np.array([0, 2, 3]), np.array([True, True, False, True]), slice(3), slice(0, 3), 2, -1):
        size = np.size(np.zeros(4)[place])
        cases = [(k, p) for k in range(6) for p in (place, 1) if k > 2 or (size == 3 and p is place)]
        for first in cases:
            straight.forget()
            thrice(hoad.grad, f, x, *first)
            assert written() > 0
            for k, p in cases:
                assert same(hoad.grad(f, x, k, p), plainly(hoad.grad, f, x, k, p)), (first, k, p)


def test_indices_that_are_equal_and_mean_another() -> None:
    """True is 1, and selects all; an array of one number is equal to that, and has an axis."""
    x = np.array([0.5, 1.5, -0.25])
    weights = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]])

    def put(x: Any, index: Any) -> Any:
        v = np.zeros((2, 3))
        v[index] = np.exp(x[0])
        return np.sum(v * v * weights)

    def read(x: Any, index: Any) -> Any:
        return np.sum((weights * x)[index] ** 2)

    some = [1, True, np.int64(1), np.True_, np.array(1), np.array([1]), np.array([1, 0]), 0, False, [0]]
    some += [(1,), (True,), (0, 1), (False, True), (False, 1), (0, np.array([1])), (0, [1, 2]), (None, 1)]
    for f in (put, read):
        for first in some:
            straight.forget()
            thrice(hoad.grad, f, x, first)
            for index in some:
                assert same(hoad.grad(f, x, index), plainly(hoad.grad, f, x, index)), (first, index)


def test_several_values_that_are_real_here_and_complex_there() -> None:
    """As eigenvalues may be: by the numbers."""

    def values(x: Any, d: Any) -> Any:
        return np.sum(d), d * (1.0 if x[0] > 0 else 1j)

    both = differential(lambda x: values(x, x), lambda d, x, out: values(x, d), name="real or complex")
    real = np.array([0.5, 1.5, -0.25])

    def pulled(p: Any) -> Any:
        program = Tape()
        z = entered(program, p)
        w = both(z)[1]
        return sweep(program, {(w * w).slot: np.array([1.0, 2.0, 3.0])}, [z.slot])

    for first in (real, -real):
        straight.forget()
        thrice(pulled, first)
        assert written() > 0
        for p in (real, -real):
            assert same(pulled(p), plainly(pulled, p)), (first, p)


def test_seeds_of_arrays() -> None:
    x = np.array([0.5, 1.5, -0.25])

    def pulled(g: Any) -> Any:
        return hoad.vjp(lambda z: np.sin(z) * z[0], x)[1](g)[0]

    for g in (x, 2 * x, x.astype(np.float32)):
        assert same(thrice(pulled, g), plainly(pulled, g))


def test_another_rule() -> None:
    """A rule that is stated anew holds at once."""

    def f(x: float) -> float:
        return np.sinc(x) * 2.0

    first = thrice(hoad.grad, f, 0.5)
    rrule(np.sinc)(lambda x: (np.sinc(x), lambda g: (NoTangent(), 7.0 * g)))
    try:
        assert hoad.grad(f, 0.5) == 14.0
    finally:
        remove_rule(np.sinc)
    assert hoad.grad(f, 0.5) == first


# ------------------------------------------------------------------------------------------------------------
# The same operations, of another operand
# ------------------------------------------------------------------------------------------------------------

MATRIX = np.array([[2.0, -0.5, 1.0], [0.5, 1.0, -1.0], [0.25, -2.0, 3.0]])
ROW = np.array([1.0, -2.0, 0.5])


def two_rows(which: int, write: Callable[[Any], None], x: Any, alone: bool = False) -> Any:
    """Two arrays that are filled, of which one is written to once more: what both give, or that one alone."""
    rows = np.zeros(3), np.ones(3)
    for row, part in zip(rows, (x[0], x[1] * x[2]), strict=True):
        row[0] = part
    write(rows[which])
    return np.sin(rows[which]) * ROW if alone else np.sin(rows[0]) * rows[1] * ROW


def put(index: Any, value: Any) -> Callable[[Any], None]:
    return lambda row: row.__setitem__(index, value)


def squares(p: Any) -> list[Any]:
    """Matrices of both rows."""
    return [MATRIX + np.outer(row, row) for row in p]


def singles(p: Any) -> list[Any]:
    """Both rows in another precision."""
    return [row.astype(np.float32) for row in p]


def waves(p: Any) -> list[Any]:
    """Complex numbers of both rows."""
    return [np.exp(1j * row) for row in p]


CHOICES: dict[str, Callable[[Any, Any, int], Any]] = {
    "sum": lambda x, p, k: np.sum(p[k]),
    "scalar": lambda x, p, k: np.tanh(p[k]),
    "of complex numbers": lambda x, p, k: np.real(np.exp(waves(p)[k])),
    "of single precision": lambda x, p, k: np.sin(singles(p)[k]),
    "one or two": lambda x, p, k: p[0] * p[k],
    "one or two of single precision": lambda x, p, k: (lambda s: s[0] * s[k])(singles(p)),
    "one or two of complex numbers": lambda x, p, k: np.real((lambda z: z[0] * z[k])(waves(p))),
    "one or two matrices": lambda x, p, k: (lambda a: np.linalg.solve(a[0], a[k] @ MATRIX))(squares(p)),
    "read": lambda x, p, k: p[k][1:] ** 2,
    "linear": lambda x, p, k: np.cumsum(p[k]) * ROW,
    "which linear one": lambda x, p, k: (np.cumsum, np.flip)[k](p[0]) * ROW,
    "which factor": lambda x, p, k: np.outer(*(p[0], ROW)[:: 1 - 2 * k]) * MATRIX,
    "factor on the left": lambda x, p, k: p[k] @ MATRIX,
    "factor on the right": lambda x, p, k: MATRIX @ p[k],
    "inverse": lambda x, p, k: np.linalg.inv(squares(p)[k]),
    "solution by either": lambda x, p, k: (lambda a: np.linalg.solve(a[k], a[1]))(squares(p)),
    "largest": lambda x, p, k: np.max(p[k]),
    "largest or product": lambda x, p, k: (np.max, np.prod)[k](p[0]),
    "solution": lambda x, p, k: np.linalg.solve(MATRIX, squares(p)[k]),
    "of several values": lambda x, p, k: np.linalg.qr(squares(p)[k])[1] * MATRIX,
    "which of several values": lambda x, p, k: np.linalg.qr(squares(p)[0])[k] * MATRIX,
    "element": lambda x, p, k: two_rows(k, put(1, x[2]), x),
    "number": lambda x, p, k: two_rows(k, put(1, 3.0), x),
    "slice": lambda x, p, k: two_rows(k, put(slice(1, 3), x[1:]), x),
    "places": lambda x, p, k: two_rows(k, put([2, 1], x[1:]), x),
    "first read": lambda x, p, k: two_rows(k, np.sum, x),
    "element alone": lambda x, p, k: two_rows(k, put(1, x[2]), x, True),
    "places alone": lambda x, p, k: two_rows(k, put([2, 1], x[1:]), x, True),
    "read alone": lambda x, p, k: two_rows(k, lambda row: None, x, True),
}
OPERATORS: dict[str, Callable[..., Any]] = {
    "grad": hoad.grad,
    "hvp": lambda f, x: hoad.hvp(f, x, np.array([1.0, -0.5, 2.0])),
    "hessian": hoad.hessian,
    "hessian in chunks": lambda f, x: hoad.hessian(f, x, chunk_size=8),
}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("choice", CHOICES)
def test_another_operand_of_the_same_operation(choice: str, operator: str) -> None:
    """Each operation is of one value or another, and all else is the same."""

    def program(which: int) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            parts = np.sin(x), np.exp(x)
            found = np.sum(np.sin(CHOICES[choice](x, parts, which)))
            return found * np.sum(parts[0] * parts[1] * ROW)

        return f

    x, derivative = np.array([0.5, 1.5, -0.25]), OPERATORS[operator]
    functions = [program(which) for which in (0, 1)]
    expected = [plainly(derivative, f, x) for f in functions]
    for first, other in ((0, 1), (1, 0)):
        straight.forget()
        thrice(derivative, functions[first], x)
        for which in (other, first):
            assert same(derivative(functions[which], x), expected[which]), (first, which)


# ------------------------------------------------------------------------------------------------------------
# One value twice in an operation
# ------------------------------------------------------------------------------------------------------------

TWICE: dict[str, Callable[[Any], Any]] = {
    "stacked": lambda y: np.stack([y, y, np.ones(3)]) * MATRIX,
    "stacked numbers": lambda y: np.stack([np.sum(y), np.sum(y), 1.0]) * ROW,
    "the same number": lambda y: (lambda s: np.stack([s, s, 1.0]) * ROW + np.sin(s))(np.sum(y)),
    "product": lambda y: np.outer(y, y) * MATRIX,
    "power": lambda y: np.power(y, y) * ROW,
    "of single precision": lambda y: (lambda s: np.arctan2(s, s * s) + s**s)(y.astype(np.float32)),
    "of complex numbers": lambda y: np.real((lambda z: z**z + z / (z + 1.0))(np.exp(1j * y) * y)),
    "written": lambda y: two_rows(0, put([2, 0, 1], y), y) + y,
    "special": lambda y: special.betainc(y, y, 0.3) * ROW,
}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", TWICE)
def test_one_value_twice(name: str, operator: str) -> None:
    """What comes back is added up one part after the other: rounded in one order."""
    derivative = OPERATORS[operator]

    def f(x: Any) -> Any:
        y = np.exp(0.3 * x)
        return np.sum(TWICE[name](y)) * np.sum(np.cos(y)) + np.sum(np.sin(y))

    points = np.random.default_rng(0).normal(size=(12, 3))
    thrice(derivative, f, points[0])
    for x in points:
        assert same(derivative(f, x), plainly(derivative, f, x)), x


# ------------------------------------------------------------------------------------------------------------
# What is kept
# ------------------------------------------------------------------------------------------------------------


def test_it_keeps_nothing_of_the_program() -> None:
    """Neither arrays of the user's, nor without end."""
    c = np.linspace(0.0, 1.0, 50)
    c.flags.writeable = True
    for _ in range(4):
        hoad.grad(lambda x: np.sum(np.sin(c * x[0]) * x[1:]) + x[0], np.arange(51.0))
    assert written() == 1
    kept = [x for form in next(f for f in straight._known.values() if f) for x in form.__globals__.values()]
    assert not [x for x in kept if isinstance(x, np.ndarray) and x.size == 50 and x.base is None]
    gc.collect()
    for n in range(1, 2 * straight.PROGRAMS):
        for _ in range(3):
            hoad.grad(lambda x, n=n: sum([x * x for _ in range(n % 140)], x * n), 0.5)
    assert len(straight._known) <= straight.PROGRAMS
    straight.forget()
    assert not [name for name in linecache.cache if name.startswith("<hoad straight")]
