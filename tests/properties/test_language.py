"""What Python code may do inside a function that is differentiated, one test for each row of the feature
table: objects, dictionaries, closures, control flow, complex numbers, printing.
"""

import collections
import contextlib
import copy
import dataclasses
import functools
import itertools
import logging
import math
from concurrent.futures import ThreadPoolExecutor
from operator import mul

import attrs
import numpy as np
import pytest
from features import row

import hoad
from hoad.errors import ComplexOutputError, EscapeError, NotDifferentiableError

MODES = ["forward", "reverse"]


@dataclasses.dataclass
class Point:
    x: float
    y: float

    @property
    def square(self):
        return self.x**2 + self.y**2

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)


@attrs.define
class AttrsPoint:
    x: float
    y: float


class Model:
    def __init__(self, weights, bias):
        self.weights, self.bias, self.name = weights, bias, "model"

    def __call__(self, x):
        return np.tanh(self.weights @ x + self.bias)


@row(
    "Zygote",
    "structs",
    "hoad.grad(f, obj)",
    "the gradient is an object of the same class; unused fields are zero, and fields may be set",
)
def test_structs():
    g = hoad.gradient(lambda p: p.square, Point(3.0, 4.0))
    assert g == Point(6.0, 8.0)
    assert Point(1.0, 1.0) + g == Point(7.0, 9.0)
    assert hoad.gradient(lambda p: p.x, AttrsPoint(3.0, 4.0)) == AttrsPoint(1.0, 0.0)

    model = Model(np.array([[1.0, 2.0]]), np.zeros(1))
    g = hoad.gradient(lambda m: np.sum(m(np.array([0.0, 0.0]))), model)
    assert isinstance(g, Model)
    assert (g.weights.tolist(), g.bias.tolist(), g.name) == ([[0.0, 0.0]], [1.0], "model")

    def accumulate(p):  # a field that is written, in a loop
        for _ in range(3):
            p.x = p.x * p.y
        return p.x

    assert hoad.gradient(accumulate, Point(2.0, 3.0)) == Point(27.0, 54.0)
    assert hoad.hessian(lambda p: p.x**2 * p.y, Point(2.0, 3.0)) == Point(Point(6.0, 4.0), Point(4.0, 0.0))


@row(
    "Zygote",
    "Dict",
    "{...} as an argument, captured, read and written",
    "keys that are not used are zero, not absent; nothing is kept from one call to the next",
)
def test_dictionaries():
    assert hoad.gradient(lambda d: d["a"] * d.get("b", 1.0), {"a": 2.0, "b": 5.0, "c": 1.0}) == {
        "a": 5.0,
        "b": 2.0,
        "c": 0.0,
    }
    assert hoad.gradient(lambda d: sum(d.values()), {"a": 2.0, "b": 5.0}) == {"a": 1.0, "b": 1.0}
    assert hoad.gradient(lambda d: sum(v * len(k) for k, v in d.items()), {"a": 2.0, "bcd": 5.0}) == {
        "a": 1.0,
        "bcd": 3.0,
    }

    def written(x):
        table = {}
        table["x"] = x
        table.update(square=table["x"] ** 2)
        table["square"] *= table.pop("x")
        return copy.deepcopy(table)["square"] + table.setdefault("other", x) + ("x" in table)

    for mode in MODES:
        assert hoad.jacobian(written, 3.0, mode=mode) == 28.0

    calls = {}

    def counted(x):
        calls["last"] = x * 1.0
        return calls["last"] ** 2

    assert hoad.gradient(counted, 3.0) == hoad.gradient(counted, 3.0) == 6.0
    assert hoad.primal(calls["last"]) == 3.0
    point = {"a": 2.0}
    hoad.gradient(lambda d: d.__setitem__("a", 0.0) or d["a"], point)
    assert point == {"a": 2.0}


Pair = collections.namedtuple("Pair", "left right")


@row(
    "Zygote",
    "tuples, named tuples, Ref, tasks",
    "tuple, namedtuple, a list of one, threads",
    "threads need no lock, and derivatives nest across them",
)
def test_tuples_and_tasks():
    assert hoad.gradient(lambda p: p[0] * p[1][0], (2.0, (5.0, 1))) == (5.0, (2.0, 1))
    assert hoad.gradient(lambda p: p.left * p.right, Pair(2.0, 5.0)) == Pair(5.0, 2.0)
    assert hoad.gradient(lambda p: sum(p._replace(left=p.right)), Pair(2.0, 5.0)) == Pair(0.0, 2.0)

    def first_of(x):
        a, *rest = (x, x**2, x**3)
        return a * rest[-1]

    assert hoad.gradient(first_of, 2.0) == 32.0

    def by_reference(x):
        cell = [x]
        for _ in range(3):
            cell[0] = cell[0] * x
        return cell[0]

    assert hoad.gradient(by_reference, 2.0) == 32.0

    def by_tasks(x):
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda k: x**k, range(1, 4)))
            inner = pool.submit(lambda: hoad.grad(lambda y: y * x, 5.0))
            return sum(parts) + inner.result()

    for mode in MODES:
        assert hoad.jacobian(by_tasks, 2.0, mode=mode) == 1.0 + 4.0 + 12.0 + 1.0


@row(
    "Zygote",
    "closures",
    "hoad.grad(f, x), and hoad.grad(lambda f: f(x), obj) for a callable object",
    "a captured variable that is bound again is no exception",
)
def test_closures():
    def outer(a):
        def inner(b):
            return a * b

        return inner(a + 1.0)

    assert hoad.gradient(outer, 3.0) == 7.0

    def bound_again(x):
        total = x

        def add(y):
            nonlocal total
            total = total * y

        for _ in range(2):
            add(x)
        return total

    assert hoad.gradient(bound_again, 2.0) == 12.0
    assert hoad.gradient(lambda x: (lambda y, z=x: y * z)(x**2), 2.0) == 12.0
    assert hoad.gradient(lambda x: functools.partial(mul, x)(x), 3.0) == 6.0
    model = Model(np.eye(2), np.ones(2))
    g = hoad.gradient(lambda m: np.sum(m(np.zeros(2))), model)  # by the callable itself
    np.testing.assert_allclose(g.bias, 1 - np.tanh(np.ones(2)) ** 2, rtol=1e-15)
    curried = hoad.derivative(lambda x: lambda y: x**2 * y, 3.0)
    assert curried(10.0) == 60.0


def power(x, n):
    return x * power(x, n - 1) if n > 0 else 1.0


def newton(x, steps=20):
    y = x
    while abs(y * y - x) > 1e-12:
        y = (y + x / y) / 2
        steps -= 1
        if steps == 0:
            break
    return y


def caught(x):
    try:
        y = x**2
        _ = {}["missing"]
    except KeyError:
        y = y * 3
    else:
        y = 0.0
    finally:
        y = y + x
    return y


def generated(x):
    def powers():
        y = x
        while True:
            yield y
            y = y * x

    return sum(itertools.islice(powers(), 3))


def with_context(x):
    with contextlib.suppress(ZeroDivisionError):
        x = x * 2
        raise ZeroDivisionError
    return x * x


def matched(x):
    match {"kind": "square", "value": x}:
        case {"kind": "square", "value": v}:
            return v**2
        case _:
            return 0.0


def asserted(x):
    assert x > 0, f"{x} is not positive"
    return np.log(x)


CONTROL = {
    "recursion": (lambda x: power(x, 5), 2.0, 80.0),
    "while, abs, break": (newton, 4.0, 0.25),
    "for, if": (lambda x: sum(x**k if k % 2 else -(x**k) for k in range(4)), 2.0, 1.0 - 4.0 + 12.0),
    "try, except, else, finally": (caught, 2.0, 13.0),
    "generator": (generated, 2.0, 1.0 + 4.0 + 12.0),
    "comprehension": (lambda x: sum([y * x for y in (x, 2.0, x**2) if y > 1]), 3.0, 6.0 + 2.0 + 27.0),
    "part of a comprehension": (lambda x: [x, x**2, x**3][1], 3.0, 6.0),
    "splat": (lambda x: (lambda *a, **k: a[0] * a[1] * k["z"])(*[x, 2.0], **{"z": x}), 3.0, 12.0),
    "keyword": (lambda x: (lambda *, scale: scale * 3)(scale=x), 3.0, 3.0),
    "sorted by": (lambda x: sorted([x, 2 * x, -x], key=lambda v: -v)[0], 3.0, 2.0),
    "map": (lambda x: sum(map(lambda a, b: a * b, [x, 2.0], [3.0, x])), 5.0, 5.0),
    "zip of other lengths": (
        lambda x: sum(a * b for a, b in zip([x, x, x], [1.0, x], strict=False)),
        5.0,
        11.0,
    ),
    "enumerate": (lambda x: sum(k * v for k, v in enumerate([x, x, x])), 5.0, 3.0),
    "product": (lambda x: sum(a * b for a, b in itertools.product([x, 1.0], [x, 2.0])), 5.0, 13.0),
    "reduce": (lambda x: functools.reduce(mul, [x, x, 2.0]), 5.0, 20.0),
    "accumulate": (lambda x: list(itertools.accumulate([x, x, x], mul))[-1], 2.0, 12.0),
    "max, min of Python": (lambda x: max(x, 2.0) * min(x, 2.0), 3.0, 2.0),
    "math.prod, sum": (lambda x: math.prod([x, x, 3.0]) + sum([x, x]), 3.0, 20.0),
    "and, or": (lambda x: (x > 0 and x**2) or x, 3.0, 6.0),
    "with": (with_context, 3.0, 24.0),
    "match": (matched, 3.0, 6.0),
    "assert": (asserted, 4.0, 0.25),
    "walrus": (lambda x: (y := x * x) * y, 2.0, 32.0),
    "lambda in a list": (lambda x: [np.sin, lambda v: v**2][1](x), 3.0, 6.0),
    "lru_cache": (lambda x: functools.lru_cache(lambda v: v**2)(x), 3.0, 6.0),
}


@row(
    "Zygote",
    "control flow",
    "for, while, break, if, match, recursion, generators, comprehensions, try, with, *args, **kwargs",
    "an exception that is thrown and caught is no exception",
)
@pytest.mark.parametrize("name", CONTROL)
def test_control_flow(name):
    f, x, right = CONTROL[name]
    assert hoad.gradient(f, x) == pytest.approx(right, rel=1e-14)
    assert hoad.derivative(f, x) == pytest.approx(right, rel=1e-14)
    assert hoad.hessian(f, x) == pytest.approx(
        hoad.hessian(f, x, mode="reverse-reverse"), rel=1e-12, abs=1e-12
    )


@row(
    "Zygote",
    "complex numbers",
    "hoad.gradient(f, z), hoad.derivative(f, z, holomorphic=True), hoad.wirtinger(f, z)",
    "the same convention; a real input always has a real gradient",
)
def test_complex_numbers():
    z = 1 + 2j
    assert hoad.gradient(lambda z: np.abs(z) ** 2, z) == pytest.approx(2 + 4j, rel=1e-15)
    assert hoad.gradient(lambda z: (z * np.conj(z)).real, z) == 2 + 4j
    assert hoad.gradient(np.imag, 3.0) == 0.0
    assert hoad.gradient(np.imag, 3 + 3j) == 1j
    assert hoad.gradient(np.real, 3 + 3j) == 1.0
    assert hoad.wirtinger(lambda z: 3 * z**2 + 2 * z + 1, z) == (8 + 12j, 0)
    assert hoad.wirtinger(lambda z: np.real(z * np.conj(z)), z) == (1 - 2j, 1 + 2j)
    assert hoad.derivative(lambda z: z**3, z, holomorphic=True) == pytest.approx(3 * z**2)
    real = hoad.gradient(lambda x: np.real(np.exp(1j * x)), 1.0)
    assert type(real) is float
    assert real == -np.sin(1.0)
    with pytest.raises(ComplexOutputError, match="holomorphic=True"):
        hoad.gradient(lambda z: z**2, z)


@row(
    "Zygote",
    "conventions",
    "np.floor, np.round, np.sign, x // 1, np.abs, np.sqrt(x**2)",
    "zero instead of nothing; at a kink the mean of both sides; [the table](kinks.md)",
)
def test_conventions():
    for flat in (np.floor, np.ceil, np.round, np.sign, lambda x: x // 1, lambda x: np.rint(x) + 0 * x):
        assert hoad.gradient(flat, 2.5) == 0.0
    assert hoad.gradient(abs, 0.0) == hoad.gradient(np.abs, 0.0) == 0.0
    assert hoad.gradient(lambda x: np.sqrt(x**2), 0.0) == 0.0
    assert hoad.gradient(lambda x: x**3, 2) == 12.0  # an integer is differentiated as a float
    assert hoad.gradient(lambda x: 2.0 if hash(str(type(x))) else x, 3.0) == 0.0
    mask = np.array([True, False, True])
    assert hoad.gradient(lambda x: np.sum(x[mask]), np.arange(3.0)).tolist() == [1.0, 0.0, 1.0]
    with pytest.raises(NotDifferentiableError):
        hoad.gradient(lambda s: len(s), "text")


@row(
    "Zygote",
    "printing and logging",
    'print(x), f"{x:.3f}", logging, assert',
    "the value is shown, and the derivative goes on",
)
def test_printing_and_logging(capsys, caplog):
    def f(x):
        print("x is", x, f"{x:.3f} {x:8.1e}", format(hoad.primal(x), ".2f"), str(x), f"{x!r}")
        logging.getLogger("model").warning("x = %s", x)
        assert x > 0, f"{x} must be positive"
        return x**2

    for mode in MODES:
        assert hoad.jacobian(f, 1.5, mode=mode) == 3.0
        shown = capsys.readouterr().out
        assert shown.startswith("x is 1.5 1.500  1.5e+00 1.50 1.5 ")
        assert "x = 1.5" in caplog.text
    with hoad.no_adapt(), pytest.raises(EscapeError, match=r"np\.sin for math\.sin"):
        hoad.gradient(lambda x: math.sin(x), 1.0)
    with pytest.raises(AssertionError, match=r"-1\.5 must be positive"):
        hoad.gradient(f, -1.5)
    assert hoad.gradient(lambda a: print(a, f"{a}") or np.sum(a), np.ones(2)).tolist() == [1.0, 1.0]
    assert "[1. 1.]" in capsys.readouterr().out
