"""What a learned function depends on beside its arguments changes between two calls: each kind is met, or
nothing was learned. The run of the function is the specification.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import learning
import numpy as np
import pytest
from scipy import special
from turns import by_turns

import hoad

X, V = np.array([0.4, 1.3, 0.7]), np.array([0.5, -1.0, 0.25])
HEAD = """\
import abc, collections, copy, dataclasses, functools, math
from typing import NamedTuple
import numpy as np
from scipy import interpolate, special, stats

class Model:
    k = 1.0

    def __init__(self, w=2.0):
        self.w, self.data = w, [1.0, 2.0]

    def loss(self, v):
        return np.sum(self.w * v**2)

class Point(NamedTuple):
    low: float
    high: float = 2.0

@dataclasses.dataclass(order=True)
class Pair:
    low: float
    high: float = 2.0

def helper(v, c=2.0, *, d=1.0):
    return c * d * v**2

def scaled(v):
    return v * scaled.by[0]

scaled.by = [2.0]

def choose(first, other):
    return lambda v: np.sum(v**2) * (2.0 if first is other else 3.0)

A, B, LIST, TABLE = Model(), Pair(1.0), [2.0], np.arange(6.0).reshape(2, 3)
C, D, SAME, NAN = Model(), Model(), LIST, float("nan")
C.data = A.data
A.c, C.c, ODD = Model(), Model(), [NAN]
D.c = A.c
PART = functools.partial(helper, c=3.0)
PART.by = 2.0
LAW = stats.gamma(2.5, scale=1.5)
POLE, HELD = np.array([-1.0]), [str, special.gammaln]
SPLINE = interpolate.CubicSpline(np.arange(4.0), np.array([1.0, 3.0, 2.0, 5.0]))
"""
# The body of the function, and what changes after it was learned.
STATES: dict[str, tuple[str, str]] = {
    "attribute": ("A.loss(x)", "A.w = 5.0"),
    "attribute of the class": ("A.k * np.sum(x**2)", "Model.k = 3.0"),
    "attribute in front of that of the class": ("A.k * np.sum(x**2)", "A.__dict__['k'] = 3.0"),
    "method": ("A.loss(x)", "Model.loss = lambda self, v: np.sum(v)"),
    "method of one object": ("A.loss(x)", "A.loss = np.sum"),
    "class of an object": (
        "A.loss(x)",
        "A.__class__ = type('Other', (Model,), {'loss': lambda s, v: v[0]})",
    ),
    "way to attributes": (
        "A.k * np.sum(x**2)",
        "del Model.__weakref__; Model.__getattribute__ = lambda self, name: 9.0",
    ),
    "comparison of objects": (
        "np.sum(x**2) * (2.0 if B == Pair(1.0) else 3.0)",
        "Pair.__eq__ = lambda a, b: False",
    ),
    "order of objects": (
        "np.sum(x**2) * (2.0 if B < Pair(5.0) else 3.0)",
        "Pair.__lt__ = lambda a, b: False",
    ),
    "code of such an order": (
        "np.sum(x**2) * (2.0 if B < Pair(5.0) else 3.0)",
        "Pair.__lt__.__code__ = (lambda a, b: False).__code__",
    ),
    "text of an object": ("np.sum(x**2) * len(str(B))", "Pair.__repr__ = lambda self: ''"),
    "fields of a data class": (
        "np.sum(x**2) * len(dataclasses.fields(B))",
        "Pair.__dataclass_fields__.pop('high')",
    ),
    "default of a data class": ("Pair(x[0]).high * x[1] ** 2", "Pair.__init__.__defaults__ = (5.0,)"),
    "default of a named tuple": ("Point(x[0]).high * x[1] ** 2", "Point.__new__.__defaults__ = (5.0,)"),
    "maker of a named tuple": (
        "Point(x[0]).high * x[1] ** 2",
        "Point.__new__ = lambda cls, low: tuple.__new__(cls, (low, 7.0))",
    ),
    "default": ("np.sum(helper(x))", "helper.__defaults__ = (5.0,)"),
    "default of a keyword": ("np.sum(helper(x))", "helper.__kwdefaults__['d'] = 5.0"),
    "code": ("np.sum(helper(x))", "helper.__code__ = (lambda v, c=2.0, *, d=1.0: v).__code__"),
    "attribute of a function": ("np.sum(scaled(x) ** 2)", "scaled.by[0] = 5.0"),
    "arguments of a partial function": ("np.sum(PART(x))", "PART.keywords['c'] = 5.0"),
    "attribute of a partial function": ("np.sum(PART(x)) * PART.by", "PART.by = 5.0"),
    "list": ("LIST[0] * np.sum(x**2)", "LIST[0] = 5.0"),
    "array": ("TABLE[0] @ x**2", "TABLE[0, 1] = 5.0"),
    "array by a view": ("TABLE[0] @ x**2", "TABLE.T.reshape(3, 2)[1] = 5.0"),
    "order in memory, read": ("TABLE.ravel('K')[:3] @ x**2", "TABLE = np.asfortranarray(TABLE)"),
    "order in memory, kept": ("(TABLE * 1.0).ravel('K')[:3] @ x**2", "TABLE = np.asfortranarray(TABLE)"),
    "order in memory, asked for": (
        "np.reshape(TABLE, 6, order='A')[:3] @ x**2",
        "TABLE = np.asfortranarray(TABLE)",
    ),
    "steps in memory": ("TABLE.strides[0] * np.sum(x**2)", "TABLE = np.asfortranarray(TABLE)"),
    "kind of elements": ("TABLE[0] @ x**2", "TABLE = TABLE.view(np.int64)"),
    "precision": ("TABLE[0] @ x**2", "TABLE = (TABLE / 3).astype(np.float32)"),
    "sign of a zero": ("(2 + math.copysign(1.0, TABLE[0, 0])) * np.sum(x**2)", "TABLE[0, 0] = -0.0"),
    "function of Python's own": ("abs(x[0] - 2) * x[1] ** 2", "builtins.abs = lambda v: v * v"),
    "function of a module": ("np.linalg.norm(x)", "np.linalg.norm = lambda v: v[0] ** 3"),
    "number of a module": ("np.pi * x[0] ** 2", "np.pi = 3.0"),
    "name in front of Python's own": ("abs(x[0] - 2) * x[1] ** 2", "abs = lambda v: v * v"),
    "which lists are one": ("np.sum(x**2) * (2.0 if LIST is SAME else 3.0)", "SAME = [2.0]"),
    "which captured lists are one": ("choose(LIST, SAME)(x)", "SAME = [2.0]"),
    "which lists of objects are one": (
        "np.sum(x**2) * choose(A.data, C.data)(x)",
        "C.data = list(C.data)",
    ),
    "which objects are one": ("np.sum(x**2) * (2.0 if A == C else 3.0)", "C = A"),
    "which objects are one, among others": ("np.sum(x**2) * (1 + [C, A].index(A))", "C = A"),
    "which objects are one, of attributes": ("np.sum(x**2) * (2.0 if A.c == C.c else 3.0)", "C.c = A.c"),
    "which objects were one": ("np.sum(A.c.w * x + D.c.w * x**2)", "A.c = Model(); D.c.w = 7.0"),
    "nan in a list": ("np.sum(x**2) * (2.0 if NAN in [ODD[0]] else 3.0)", "ODD[0] = float('nan')"),
    "nan as a key": ("np.sum(x**2) * {ODD[0]: 2.0}.get(NAN, 3.0)", "NAN = float('nan')"),
    "how arrays are shown": ("np.sum(x**2) * len(str(TABLE / 3))", "np.set_printoptions(precision=2)"),
    "how they are shown in text": ("np.sum(x**2) * len(f'{TABLE / 3}')", "np.set_printoptions(precision=2)"),
    "how they are put into text": (
        "np.sum(x**2) * len('%s' % (TABLE / 3))",
        "np.set_printoptions(precision=2)",
    ),
    "how a method puts them there": (
        "np.sum(x**2) * len('{}'.format(TABLE / 3))",
        "np.set_printoptions(precision=2)",
    ),
    "how a function shows them": (
        "np.sum(x**2) * len(np.array2string(TABLE / 3))",
        "np.set_printoptions(precision=2)",
    ),
    "what is done about errors": (
        "np.sum(x**2) * (2.0 if np.geterr()['over'] == 'warn' else 3.0)",
        "np.seterr(over='ignore')",
    ),
    "what is done about errors of SciPy's": (
        "np.sum(x**2) * (2.0 if special.gammaln(POLE)[0] > 1.0 else 3.0)",
        "special.seterr(singular='raise')",
    ),
    "what is done about those, of a function in a list": (
        "np.sum(x**2) * (2.0 if HELD[1](POLE)[0] > 1.0 else 3.0)",
        "special.seterr(singular='raise')",
    ),
    "how arrays are shown by a function in a list": (
        "np.sum(x**2) * len(HELD[0](TABLE / 3))",
        "np.set_printoptions(precision=2)",
    ),
    "support of a distribution": ("np.sum(LAW.logpdf(x)) * (1 + LAW.a)", "LAW.a = 3.0"),
    "parameters of a distribution": ("np.sum(LAW.logpdf(x))", "LAW.args = (3.5,)"),
    "pieces of a spline": ("np.sum(SPLINE(x))", "SPLINE.c[0, 0] = 9.0"),
    "ends of a spline": ("np.sum(SPLINE(x + 2.5))", "SPLINE.extrapolate = False"),
}
# Which may be run each time: splines are, where SciPy keeps a module in them.
UNLEARNED = {
    "what is done about errors",
    "steps in memory",
    "text of an object",
    "pieces of a spline",
    "ends of a spline",
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: hoad.grad(f)(X),
    "hvp": lambda f: hoad.hvp(f, X, V),
    "hessian": lambda f: hoad.hessian(f)(X),
}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Makes a module that has a function of a body; what it may change in others is put back."""
    for place, name in ((builtins, "abs"), (np.linalg, "norm"), (np, "pi")):
        monkeypatch.setattr(place, name, getattr(place, name))
    monkeypatch.syspath_prepend(tmp_path)

    def made(body: str) -> ModuleType:
        text = f"{HEAD}\ndef f(x):\n    return {body}\n"
        (tmp_path / "of_hidden_state.py").write_text(text.replace("import abc", "import abc, builtins"))
        importlib.invalidate_caches()
        return importlib.import_module("of_hidden_state")

    yield made
    sys.modules.pop("of_hidden_state", None)


def outcome(call: Callable[[], Any]) -> Any:
    """A value, or the class of the error."""
    try:
        return np.asarray(call())
    except Exception as error:
        return type(error)


@pytest.mark.parametrize(("state", "operator"), by_turns(STATES, OPERATORS, every=3))
def test_a_change_is_met(state: str, operator: str, module: Callable[[str], ModuleType]) -> None:
    body, change = STATES[state]
    made, run = module(body), OPERATORS[operator]
    with learning.at_once(), np.printoptions(), np.errstate(), special.errstate():
        for _ in range(6):
            before = outcome(lambda: run(made.f))
        assert learning.hits(made.f) or state in UNLEARNED
        exec(change, vars(made))
        found = outcome(lambda: run(made.f))
        with hoad.run_each_time():
            right = outcome(lambda: run(made.f))
    if isinstance(right, type):
        assert found is right
    else:
        np.testing.assert_allclose(found, right, rtol=1e-12)
        assert not np.array_equal(before, right, equal_nan=True)


ORDERED: dict[str, Callable[[Any], Any]] = {
    "read": lambda x: x.ravel("K") @ (np.arange(6.0) * x.ravel("K")),
    "asked for": lambda x: np.reshape(x, 6, order="A") @ (np.arange(6.0) * x.T.ravel()),
    "kept": lambda x: (x * 1.0).ravel("K") @ (np.arange(6.0) * np.array(x).ravel("K")),
    "by an option": lambda x: x.ravel(**OPTIONS) @ (np.arange(6.0) * x.ravel()),
    "steps": lambda x: np.sum(x**2) * x.strides[0],
}
OPTIONS = {"order": "K"}


@pytest.mark.parametrize("machine_code", [True, False], ids=["machine code", "NumPy"])
@pytest.mark.parametrize("kind", ORDERED)
def test_an_argument_in_another_order_in_memory_is_met(kind: str, machine_code: bool) -> None:
    gradient = hoad.value_and_grad(ORDERED[kind])
    rows = np.arange(6.0).reshape(2, 3) + 0.5
    with learning.at_once(machine_code):
        for first, other in ((rows, np.asfortranarray(rows)), (np.asfortranarray(rows), rows)):
            for _ in range(6):
                gradient(first)
            found = gradient(other)
            with hoad.run_each_time():
                right = gradient(other)
            np.testing.assert_allclose(found[0], right[0])
            np.testing.assert_allclose(found[1], right[1])


@pytest.mark.parametrize("options", [{}, {"backend": "numpy"}, {"backend": "plain"}], ids=str)
@pytest.mark.parametrize("kind", [kind for kind in ORDERED if kind != "steps"])
def test_a_compiled_program_is_one_for_an_order_in_memory(kind: str, options: Any) -> None:
    """Of the arguments; also where there was a program for another order before, and within a derivative."""
    rows = np.arange(12.0).reshape(2, 3, 2)[:, :, 0] + 0.5
    orders = [rows.copy(), rows, np.asfortranarray(rows), rows.copy()[:, ::-1], rows.copy()[::-1].T.copy().T]
    for first in orders:
        for run in (hoad.value_and_grad(ORDERED[kind]), ORDERED[kind]):
            compiled = hoad.compile(run, **options)
            for x in (first, *orders, first, *orders):
                for found, right in zip(
                    np.atleast_1d(compiled(x)) if run is ORDERED[kind] else compiled(x),
                    np.atleast_1d(run(x)) if run is ORDERED[kind] else run(x),
                    strict=True,
                ):
                    np.testing.assert_allclose(found, right)
                if run is ORDERED[kind]:
                    np.testing.assert_allclose(hoad.grad(compiled)(x), hoad.grad(run)(x))
