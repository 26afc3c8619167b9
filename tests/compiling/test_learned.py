"""What is learned of a function that is called often: where it is, the results are those of running it, and
where running it does anything else than compute, it is run at each call.
"""

import collections
import contextlib
import dataclasses
import functools
import itertools
import logging
import math
import operator
import random
import sys
import threading
import time
import types
import warnings
from typing import NamedTuple

import learning
import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.special
from learning import known_of
from scipy import optimize, stats
from scipy.spatial.transform import Rotation
from turns import by_turns

import hoad
from hoad.adapting.pure import pure
from hoad.chainrules import remove_rule, scalar_rule
from hoad.running import often

X = np.array([0.4, 1.3, 0.7])
SCALE, TABLE, LIST, SEEN, MEMORY = 2.0, np.array([0.5, 2.0, 3.0]), [1.0, 2.0], [], {}
COUNT = 0
DRAWN = np.random.default_rng(0)


@pytest.fixture(autouse=True, params=[True, False], ids=["machine code", "NumPy"])
def learned_at_once(request):
    with learning.at_once(request.param):
        yield


def learned_of(f):
    """What was learned of a function, over all operators."""
    return [o for o in known_of(f) if o.answer is not None]


def why(f):
    """Why nothing was."""
    return [o.why for o in known_of(f)]


# -- Pure functions ------------------------------------------------------------------------------------------


def helper(x, by=SCALE):
    return x * by + TABLE[1]


def plain(x):
    return np.sum(np.sin(x) ** 2)


def reads_data(x):
    return SCALE * np.sum(TABLE * x) ** 2 + sum(LIST) * x[0]


def calls(x):
    return np.sum(helper(x) ** 2) + helper(x[0], by=3.0)


def loops(x):
    total = 0.0
    for k, v in enumerate(x):
        total += v ** (k + 1) if v > 0.5 else math.exp(v)
    while total > 1.0:
        total /= 2.0
    return total


def nested(x):
    def inner(k):
        return x[k] ** 2 + power(x[k])

    power = lambda v: v**3
    return functools.reduce(operator.add, map(inner, range(3))) + max([v * 2 for v in x], key=lambda v: -v)


def writes(x):
    y = np.zeros(4)
    y[1:] = x**2
    y[0] += y[3]
    return y @ y


def counts(x):
    n = 0

    def step(v):
        nonlocal n
        n += 1
        return v * n

    return sum(step(v) for v in x)


def quiet(x):
    with np.errstate(divide="ignore"):
        return np.sum(np.where(x > 0.5, np.log(x), x))


def solves(x):
    a = np.outer(x, x) + 2.0 * np.eye(3)
    return np.linalg.solve(a, x).sum() + scipy.linalg.expm(0.1 * a)[0, 1] + scipy.special.gamma(x).sum()


def unpacks(x):
    a, *rest = x
    match (a, 1):
        case (b, 1):
            return np.prod([b, *rest]) + (rest[0] if rest is not None else 0.0)


class Filter:
    gain = 0.5

    def __init__(self, start):
        self.state = start
        self.steps = 0

    def step(self, z):
        self.state = self.state + self.gain * (z - self.state)
        self.steps += 1
        return self

    @property
    def energy(self):
        return self.state**2 * self.steps

    @staticmethod
    def half(v):
        return v / 2

    def __add__(self, other):
        return Filter(self.state + other.state)


@dataclasses.dataclass
class Pair:
    first: float
    second: float = 2.0

    def product(self):
        return self.first * self.second


def filters(x):
    state = Filter(x[0])
    for z in x[1:]:
        state.step(z)
    return (state + Filter(1.0)).step(2.0).energy + Filter.half(state.energy)


def pairs(x):
    return Pair(x[0], x[1]).product() + Pair(x[2]).product() ** 2


MODEL = Filter(3.0)


def holds_an_object(x):
    return np.sum(MODEL.gain * x**2) + MODEL.state * x[0]


class Model:
    def __init__(self):
        self.scale, self.data, self.rule = 2.0, [1.0, 2.0], lambda v: v**2

    def loss(self, x):
        return self.scale * np.sum(self.rule(x)) + self.data[0] * x[0]


def recursive(x, k=2):
    return x[k] ** 2 + (recursive(x, k - 1) if k > 0 else 0.0)


NORM, PRIOR, PERMUTED = stats.norm, stats.gamma(2.5, scale=1.5), stats.PermutationMethod(n_resamples=3)
Span = collections.namedtuple("Span", "low high")


class Range(NamedTuple):
    low: float
    high: float = 2.0

    def width(self):
        return self.high - self.low


def distributions(x):
    found = stats.norm.logpdf([0.2, 0.5], x[0], np.exp(x[1])).sum() + NORM.cdf(x[1], scale=2.0)
    return found + PRIOR.logpdf(x[2]) + stats.beta(2.0 + x[0], 3.0).sf(0.4)


def normal_vectors(x):
    law = stats.multivariate_normal([x[0], 0.0], [[1.0, 0.2], [0.2, 1.0 + x[1]]])
    return law.logpdf([[0.1, 0.2], [1.0, 0.3]]).sum() * x[2]


def turns(x):
    return Rotation.from_rotvec(x).apply([1.0, 2.0, 3.0]) @ Rotation.from_euler("z", x[0]).as_matrix()[0]


def named_tuples(x):
    span, wide = Span(x[0], high=x[1]), Range(x[2])._replace(high=3.0)
    low, _ = span
    return low * span.high + wide.width() ** 2 + stats.norm.pdf(x[0], *span._replace(low=0.5))


MISSING = object()


class Body:
    def __init__(self, place):
        self.place = place


def bodies(x):
    every = [Body(x[k]) for k in range(3)]
    pull = lambda b: sum((o.place * b.place for o in every if o is not b), 0.0)
    return sum(pull(b) for b in every) + optional(x) + optional(x, x[0])


def optional(x, scale=MISSING):
    return x[1] if scale is MISSING else x[1] * scale


PURE = [
    bodies, filters, pairs, holds_an_object, Model().loss, recursive, plain, reads_data, calls, loops, nested,
    writes, counts, quiet, solves, unpacks, distributions, normal_vectors, turns, named_tuples,
]  # fmt: skip
OPERATORS = {
    "grad": hoad.grad,
    "value_and_grad": hoad.value_and_grad,
    "hessian": hoad.hessian,
    "jacobian": hoad.jacobian,
    "hvp": lambda f: lambda x: hoad.hvp(f, x, np.cos(x)),
    "derivatives": lambda f: hoad.derivatives(lambda t: f(t * X), n=2),
}


@pytest.mark.parametrize(("f", "name"), by_turns(PURE, OPERATORS, every=2))
def test_a_pure_function_is_learned(f, name):
    df = OPERATORS[name](f)
    points = [X, X * 1.01, X + 0.02, X * 0.99, X - 0.01, X[::-1].copy()]
    points = [p[1] for p in points] if name == "derivatives" else points
    with hoad.run_each_time():
        expected = [df(p) for p in points]
    for _ in range(4):
        df(points[0])
    found = [df(p) for p in points]
    for one, other in zip(found, expected, strict=True):
        assert type(one) is type(other)
        for a, b in zip(*[v if isinstance(v, (tuple, list)) else (v,) for v in (one, other)], strict=True):
            assert type(a) is type(b)
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    made = [o for o in often._known.values() if o.answer is not None]
    assert made, [(o.code.co_name, o.why) for o in often._known.values()]
    assert sum(v.calls for o in made for v in o.learned.variants) >= len(points) - 1


def test_what_a_function_holds_is_compared():
    def scaled(c, table):
        return lambda x: np.sum(c * x**2) + table[0] * x[0]

    for c, first in itertools.product((1.0, 2.0), (3.0, 4.0)):
        table = [first]
        for _ in range(6):
            f = scaled(c, table)
            np.testing.assert_allclose(hoad.grad(f, X), 2 * c * X + [first, 0, 0])
        table[0] = -1.0
        np.testing.assert_allclose(hoad.grad(f, X), 2 * c * X + [-1.0, 0, 0])


@pytest.mark.parametrize(
    "name, value, slope",
    [
        ("SCALE", 5.0, 5.0),
        ("TABLE", np.array([7.0, 2.0, 3.0]), None),
        ("LIST", [1.0, 5.0], None),
        ("np", types.SimpleNamespace(sum=lambda v: 7.0 * v[0]), None),
        ("sum", lambda values: 100.0, None),
    ],
)
def test_a_global_variable_that_changes_is_met(monkeypatch, name, value, slope):
    df = hoad.grad(reads_data)
    for _ in range(6):
        df(X)
    assert learned_of(reads_data)
    monkeypatch.setitem(globals(), name, value)
    with hoad.run_each_time():
        expected = df(X)
    assert df(X).tolist() == expected.tolist()
    monkeypatch.undo()
    assert df(X).tolist() == hoad.grad(reads_data, X).tolist()


def test_functions_of_one_code_are_learned_apart():
    """As losses with data of their own: one after the other, and by turns."""

    def loss(data):
        return lambda x: np.sum((x - data) ** 2)

    losses = [loss(np.arange(3.0) * k) for k in range(4)]
    for k, f in enumerate(losses):
        for _ in range(8):
            np.testing.assert_allclose(hoad.grad(f, X), 2 * (X - np.arange(3.0) * k))
    (found,) = learned_of(losses[0])
    assert len(found.known) == 4
    before = [one.hits() for one in found.known]
    for _ in range(3):
        for k, f in enumerate(losses):
            np.testing.assert_allclose(hoad.grad(f, X), 2 * (X - np.arange(3.0) * k))
    assert [one.hits() - n for one, n in zip(found.known, before, strict=True)] == [3] * 4


def test_what_is_another_at_each_call_is_looked_at_less_and_less():
    for k in range(600):
        assert hoad.derivative(lambda x, k=k: k * x, 0.5) == k
    (found,) = often._known.values()
    assert len(found.known) <= often.FORMS
    assert found.wanted == sys.maxsize and found.why == "what it holds changes"


def test_data_that_is_written_to_is_met():
    df = hoad.grad(reads_data)
    for _ in range(6):
        before = df(X)
    TABLE[0] += 1.0
    try:
        assert df(X)[0] != before[0]
    finally:
        TABLE[0] -= 1.0


@pytest.mark.parametrize(
    "make",
    [
        dict, collections.OrderedDict, collections.Counter, lambda d: collections.defaultdict(float, d),
        collections.UserDict, collections.ChainMap, lambda d: types.MappingProxyType(d),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["written to", "put in another order", "longer"])
def test_a_mapping_that_changes_is_met(make, how):
    plain = {"a": 2.0, "b": 3.0}
    held = make(plain)
    df = hoad.grad(lambda x: sum(k * v for k, v in enumerate(held.values())) * x[0] + held["a"] * x[1])
    for _ in range(100):
        df(X)
    written = plain if isinstance(held, types.MappingProxyType) else held
    if how == "put in another order":
        written["a"] = written.pop("a")
    else:
        written["a" if how == "written to" else "c"] = 7.0
    wanted = [sum(k * v for k, v in enumerate(held.values())), held["a"], 0.0]
    np.testing.assert_allclose(df(X), wanted)


def test_an_ordered_dictionary_that_is_put_in_another_order_is_met():
    held = collections.OrderedDict(a=2.0, b=3.0)
    df = hoad.grad(lambda x: next(iter(held.values())) * x[0])
    for _ in range(100):
        df(X)
    held.move_to_end("a")
    assert df(X)[0] == 3.0


NUMBERS = itertools.count()


def test_what_was_learned_is_forgotten_where_a_function_is_left_as_it_is():
    text = f"lambda x: math.exp(x) + {next(NUMBERS)}"  # equal code is marked with it, and for good
    law = eval(text, {"math": math})
    for _ in range(100):
        hoad.grad(law, 1.0)
    assert learned_of(law)
    hoad.no_adapt(law)
    with pytest.raises(hoad.errors.HoadError):
        hoad.grad(law, 1.0)


def test_a_function_that_is_called_may_be_another_one(monkeypatch):
    df = hoad.grad(calls)
    for _ in range(6):
        df(X)
    monkeypatch.setattr(helper, "__code__", (lambda x, by=1.0: x * by).__code__)
    np.testing.assert_allclose(df(X), 2 * 4 * X + [3.0, 0, 0])
    monkeypatch.undo()
    monkeypatch.setattr(helper, "__defaults__", (1.0,))
    np.testing.assert_allclose(df(X), 2 * (X + TABLE[1]) + [3.0, 0, 0])


def test_a_function_of_a_module_may_be_another_one(monkeypatch):
    df = hoad.grad(plain)
    for _ in range(6):
        df(X)
    assert learned_of(plain)
    monkeypatch.setattr(np, "sum", lambda v: 3.0 * v[0])
    np.testing.assert_allclose(df(X), [3 * np.sin(2 * X[0]), 0, 0])


def test_an_object_that_changes_is_met():
    model = Model()
    df = hoad.grad(model.loss)
    for _ in range(6):
        df(X)
    assert learned_of(Model.loss)
    np.testing.assert_allclose(hoad.grad(model.loss)(X), 4 * X + [1, 0, 0])
    model.data[0] = 5.0
    np.testing.assert_allclose(df(X), 4 * X + [5, 0, 0])
    for _ in range(6):
        df(X)
    model.scale = 1.0
    np.testing.assert_allclose(df(X), 2 * X + [5, 0, 0])
    model.rule = lambda v: v**3
    np.testing.assert_allclose(df(X), 3 * X**2 + [5, 0, 0])
    other = Model()
    np.testing.assert_allclose(hoad.grad(other.loss)(X), 4 * X + [1, 0, 0])


class Lowest:
    gain = 2.0

    def lowest(self, x):
        return self.gain * x


class Middle(Lowest):
    power = 2

    def middle(self, x):
        return self.lowest(x) ** self.power


class Highest(Middle):
    def loss(self, x):
        return np.sum(self.middle(x))


@pytest.mark.parametrize(
    "cls, name, value",
    [
        (Lowest, "gain", 3.0),
        (Lowest, "lowest", lambda self, x: 5.0 * x),
        (Middle, "power", 3),
        (Middle, "middle", lambda self, x: x),
        (Middle, "lowest", lambda self, x: 7.0 * x),
        (Highest, "gain", 0.5),
        (Highest, "loss", lambda self, x: x[0]),
    ],
)
def test_a_class_that_others_are_made_of_changes_and_is_met(monkeypatch, cls, name, value):
    f = lambda x: Highest().loss(x)
    df = hoad.grad(f)
    for _ in range(6):
        df(X)
    assert learned_of(f)
    monkeypatch.setattr(cls, name, value, raising=False)
    with hoad.run_each_time():
        expected = df(X)
    assert df(X).tolist() == expected.tolist()


def test_what_a_class_is_made_of_may_do_something_else(monkeypatch):
    """A method of any of its classes."""
    kept = []
    monkeypatch.setattr(Lowest, "lowest", lambda self, x: kept.append(1) or 2.0 * x)
    df = hoad.grad(lambda x: Highest().loss(x))
    for k in range(6):
        df(X)
        assert len(kept) == k + 1


@pytest.mark.parametrize(
    "name, value", [("gain", 0.1), ("step", lambda self, z: self), ("energy", 3.0), ("other", 1.0)]
)
def test_a_class_that_changes_is_met(monkeypatch, name, value):
    df = hoad.grad(filters)
    for _ in range(6):
        df(X)
    assert learned_of(filters)
    monkeypatch.setattr(Filter, name, value, raising=False)
    with hoad.run_each_time():
        expected = df(X)
    assert df(X).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("law", "name", "value", "slope"),
    [
        (PRIOR, "kwds", {"scale": 3.0}, lambda x: 1.5 / x - 1 / 3.0),
        (PRIOR, "args", (4.0,), lambda x: 3.0 / x - 1 / 1.5),
        (NORM, "_parse_args", lambda *args, **kwds: ((), 1.0, 2.0), lambda x: -(x - 1.0) / 4.0),
    ],
    ids=["scale", "shape", "function"],
)
def test_a_distribution_that_changes_is_met(monkeypatch, law, name, value, slope):
    reads = (lambda x: PRIOR.logpdf(x)) if law is PRIOR else (lambda x: stats.norm.logpdf(x))
    df = hoad.derivative(reads)
    for _ in range(6):
        df(0.5)
    assert learned_of(reads)
    monkeypatch.setattr(law, name, value)
    np.testing.assert_allclose(df(0.5), slope(0.5))


def test_a_field_of_a_named_tuple_that_changes_is_met(monkeypatch):
    reads = lambda x: Span(x, 2.0).low ** 2
    df = hoad.derivative(reads)
    for _ in range(6):
        df(0.5)
    assert learned_of(reads)
    monkeypatch.setattr(Span, "low", property(lambda pair: pair[0] * pair[1]))
    assert df(0.5) == 4.0


# -- Functions that do something else ------------------------------------------------------------------------


def counting(x):
    global COUNT
    COUNT += 1
    return x**2 * COUNT


def printing(x):
    print(".", end="")
    return x**2


def appending(x):
    SEEN.append(1)
    return x**2 * len(SEEN)


def remembering(x):
    MEMORY[len(MEMORY)] = 1
    return x**2 * len(MEMORY)


def writing(x):
    TABLE[2] += 1.0
    return x * TABLE[2]


def drawing(x):
    return x * DRAWN.normal()


def drawing_of_old(x):
    return x * np.random.rand()  # noqa: NPY002


def drawing_of_python(x):
    return x * random.random()


def waiting(x):
    return x * time.perf_counter()


def attributed(x):
    attributed.calls = getattr(attributed, "calls", 0) + 1
    return x * attributed.calls


def identical(x):
    return x * (2.0 if (x > 0) is True else id(x))


def of_a_comparison(x):
    is_positive, right = x > 0, True
    return x * (2.0 if is_positive is right else 3.0)


def of_numbers(x):
    y, z = x, x * 1.0
    return x * (2.0 if y is x else 3.0) + z


def of_numbers_beside_objects(x):
    other, y, z = MISSING, x, x * 1.0
    return (2.0 if (other, y is x)[1] else 3.0) * x + z


def evaluating(x):
    return eval("x * COUNT")


def catching(x):
    try:
        return x / 0
    except ZeroDivisionError:
        return x


def warning(x):
    warnings.warn("each time", UserWarning, stacklevel=1)
    return x


def making(x):
    class Local:
        seen = 0

    Local.seen += 1
    return x * Local.seen


class Counter:
    made = 0

    def __init__(self):
        Counter.made += 1
        self.n = Counter.made


class Hidden:
    made = 0

    def __init__(self):
        cls = type(self)
        cls.made += 1


class Sly:
    seen = [0]  # noqa: RUF012

    def __init__(self):
        self.seen[0] += 1

    @classmethod
    def count(cls):
        cls.total = getattr(cls, "total", 0) + 1
        return cls.total


def classes(x):
    return x * Counter().n


def hidden(x):
    return x * Hidden().made


def sly(x):
    return x * Sly().seen[0]


def slier(x):
    return x * Sly.count()


def of_a_function(x):
    g = plain
    g.seen = [x]
    return x


def of_a_module(x):
    m = np
    m.seen = 1
    return x


def object_of_itself(x):
    MODEL.steps += 1
    return x * MODEL.steps


def annealed(x):
    return x * optimize.basinhopping(lambda v: (v[0] - 0.3) ** 2, [1.0], niter=1).x[0]


def sketched(x):
    return x * scipy.linalg.clarkson_woodruff_transform(np.eye(4), 2)[0, 0]


def assigned(x):
    a, b = np.arange(9.0).reshape(3, 3), np.eye(3)
    return x * optimize.quadratic_assignment(a, b, method="2opt").fun


def integrated_at_random(x):
    return x * scipy.integrate.qmc_quad(lambda t: np.sum(t), 0.0, 1.0, n_points=8).integral


def drawn_of_a_law(x):
    return x * stats.norm.rvs()


def drawn_of_a_frozen_law(x):
    return x * stats.norm(0.0, 1.0).rvs()


def drawn_of_a_held_law(x):
    return x * PRIOR.rvs()


def drawn_of_vectors(x):
    return x * stats.multivariate_normal.rvs([0.0, 1.0])[0]


def integrated_by_chance(x):
    return x * stats.multivariate_normal.cdf([0.1] * 4, np.zeros(4)) + NORM.cdf(x)


def turned_by_chance(x):
    return x * Rotation.random().as_rotvec()[0]


def permuted(x):
    return (
        x
        * stats.pearsonr(
            [0.1, 0.4, 0.3], [0.2, 0.7, 0.5], method=stats.PermutationMethod(n_resamples=3)
        ).pvalue
    )


ITERATOR = itertools.count(1)
IMPURE = [
    counting, printing, appending, remembering, writing, drawing, drawing_of_old, drawing_of_python, waiting,
    attributed, identical, of_a_comparison, of_numbers, of_numbers_beside_objects,
    evaluating, catching, warning, making,
    classes, hidden, sly, slier,
    of_a_function, of_a_module, object_of_itself, lambda x: x * next(ITERATOR),
    lambda x: x * vars(math)["pi"], lambda x: x * hash("a"), lambda x: x * sys.getrefcount(X),
    annealed, sketched, assigned, integrated_at_random, drawn_of_a_law, drawn_of_a_frozen_law,
    drawn_of_a_held_law, drawn_of_vectors, integrated_by_chance, turned_by_chance, permuted,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:each time")
@pytest.mark.parametrize("f", IMPURE, ids=lambda f: f.__name__)
def test_a_function_that_does_something_else_is_run(f, monkeypatch):
    runs = []
    for _ in range(6):
        state = COUNT, len(SEEN), len(MEMORY), TABLE[2]
        with contextlib.suppress(hoad.errors.HoadError):
            hoad.derivative(f, 0.5)
        runs.append((COUNT, len(SEEN), len(MEMORY), TABLE[2]) != state)
    assert not learned_of(f) and all(why(f)), why(f)
    assert len(set(runs)) == 1


def last_time(x, t):
    MODEL.last = t
    return x * t


def test_what_is_written_depends_on_an_argument():
    slope = hoad.derivative(last_time)
    try:
        for t in (0.5,) * 6 + (0.75, 0.25) * 3:
            assert slope(2.0, t) == t
            assert MODEL.last.__class__ is float and MODEL.last == t
    finally:
        del MODEL.last


def test_a_captured_variable_that_is_set():
    n = 0

    def f(x):
        nonlocal n
        n += 1
        return x * n

    assert [hoad.derivative(f, 1.0) for _ in range(6)] == [1, 2, 3, 4, 5, 6]


def test_a_default_that_grows():
    def f(x, seen=[]):  # noqa: B006
        seen.append(1)
        return x * len(seen)

    assert [hoad.derivative(f, 1.0) for _ in range(6)] == [1, 2, 3, 4, 5, 6]


def test_errors_and_warnings_are_those_of_a_run():
    df = hoad.derivative(lambda x: np.exp(x) / (1 + np.exp(x)) + 1 / (x - 1.0))
    for _ in range(6):
        df(0.5)
    for point in (1.0, 800.0):
        with hoad.run_each_time(), warnings.catch_warnings(record=True) as expected:
            warnings.simplefilter("always")
            value = df(point)
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            np.testing.assert_array_equal(df(point), value)
        assert [str(w.message) for w in found] == [str(w.message) for w in expected]
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        df(800.0)
    dg = hoad.derivative(lambda x: 1.0 / x)
    for _ in range(6):
        dg(0.5)
    with hoad.run_each_time():
        expected = dg(0.0)
    assert dg(0.0) == expected or np.isnan(expected)


def test_who_looks_at_a_run_sees_it():
    df = hoad.grad(plain)
    for _ in range(6):
        df(X)
    seen = []

    def look(frame, event, arg):
        seen.append(frame.f_code)

    for setter in (sys.settrace, sys.setprofile):
        before = sys.gettrace() if setter is sys.settrace else sys.getprofile()
        seen.clear()
        setter(look)
        try:
            df(X)
        finally:
            setter(before)
        assert plain.__code__ in seen


def test_within_another_derivative():
    def outer(x):
        return np.sum(hoad.grad(plain)(x) * np.array([1.0, 2.0, 3.0])) + np.sum(hoad.grad(plain)(X))

    expected = 2 * np.cos(2 * X) * [1, 2, 3]
    for _ in range(8):
        hoad.grad(plain)(X)
        np.testing.assert_allclose(hoad.grad(outer)(X), expected)


def test_other_arguments_are_run():
    df = hoad.grad(plain)
    for _ in range(6):
        df(X)
    for point in (X[:2], X.astype(np.float32), X.astype(complex).real, X[::-1], np.stack([X, X])[:, 1], X[0]):
        np.testing.assert_allclose(df(point), np.sin(2 * point), rtol=1e-6)
        assert np.asarray(df(point)).dtype == np.asarray(point).dtype
    with pytest.raises(TypeError):
        df("text")


def test_results_are_the_callers_own():
    df = hoad.grad(plain)
    for _ in range(6):
        first = df(X)
    kept = first.copy()
    df(X + 1.0)[:] = 0.0
    assert np.array_equal(first, kept)


def test_branches_are_followed_until_there_are_too_many():
    def f(x):
        n = 1
        while x > n:
            n += 1
        return n * x

    for k in range(200):
        point = (k % 20) + 0.5
        assert hoad.derivative(f, point) == math.ceil(point)


def test_a_rule_that_is_stated_later_counts():
    df = hoad.grad(plain)
    for _ in range(6):
        df(X)

    def squared(x):
        return x * x

    scalar_rule(squared, lambda x, out: 5.0)
    g = hoad.derivative(lambda x: squared(x))
    assert [g(2.0) for _ in range(6)] == [5.0] * 6
    remove_rule(squared)
    assert [g(2.0) for _ in range(6)] == [4.0] * 6


def test_threads_learn_one_at_a_time():
    df, found = hoad.grad(plain), []

    def work():
        for k in range(40):
            found.append(np.allclose(df(X + k / 100), np.sin(2 * (X + k / 100))))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found) and len(found) == 160


def test_off(monkeypatch):
    monkeypatch.setattr(often, "EACH", often.ContextVar("each", default=True))
    monkeypatch.setattr(often, "DISTURBING", (*often.DISTURBING[:-1], often.EACH.get))
    df = hoad.grad(plain)
    for _ in range(8):
        df(X)
    assert not learned_of(plain)


@pytest.mark.parametrize("f", IMPURE + PURE, ids=lambda f: f.__name__)
def test_why_is_told(f):
    try:
        assert pure(f)[0](f)
    except LookupError as error:
        assert str(error)


def test_large_arrays_are_left_to_a_run():
    def f(x):
        return np.sum(np.linspace(0.0, 1.0, 5000) * x) + np.sum(np.zeros(70)) * x

    for _ in range(6):
        assert hoad.derivative(f, 2.0) == 2500.0
    assert why(f) == ["it has arrays of more than 4096 elements"]


def of_two(x, y):
    return np.sum(x**3 * y), np.sum(x)


OPTIONS = {
    "argnums": [lambda k=k: hoad.grad(lambda_of_two, argnums=k)(X, 2.0 * X) for k in (0, 1, (0,), (1, 0))],
    "orders": [lambda n=n: hoad.derivative(cube, 0.7, n) for n in (1, 2, 3)],
    "orders of a series": [lambda n=n: hoad.derivatives(cube, 0.7, n) for n in (1, 3, 2)],
    "has_aux": [lambda: hoad.grad(of_two, has_aux=True)(X, X), lambda: hoad.jacobian(of_two)(X, X)],
    "modes": [lambda mode=mode: hoad.jacobian(rows, X, mode=mode) for mode in ("forward", "reverse", "auto")],
    "holomorphic": [lambda h=h: hoad.derivative(cube, 0.7 + 0.0j, holomorphic=h) for h in (True,)],
    "vectors and orders": [lambda n=n: hoad.directional(lambda_of_one, X, X, n) for n in (1, 2)],
}


def lambda_of_two(x, y):
    return np.sum(x**3 * y)


def lambda_of_one(x):
    return np.sum(x**4)


def cube(x):
    return x**3 + x


def rows(x):
    return x * np.sum(x)


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_told_apart(name):
    """The same function, by the same operator, with other options, in every order."""
    with hoad.run_each_time():
        wanted = [call() for call in OPTIONS[name]]
    for order in itertools.permutations(range(len(wanted))):
        often.forget()
        for _ in range(5):
            for k in order:
                found = OPTIONS[name][k]()
                assert type(found) is type(wanted[k])
                for a, b in zip(leaves_of(found), leaves_of(wanted[k]), strict=True):
                    np.testing.assert_allclose(a, b, rtol=1e-13)


def leaves_of(x):
    return [leaf for part in x for leaf in leaves_of(part)] if isinstance(x, (tuple, list)) else [x]


# -- Loggers -------------------------------------------------------------------------------------------------

LOG = logging.getLogger("hoad.tests.learned")
OTHER_LOG = logging.getLogger("hoad.tests.learned.other")


def logs(x):
    LOG.debug("x = %s", x)
    return np.sum(x**3)


def logs_to_two(x):
    LOG.debug("x = %s", x)
    OTHER_LOG.debug("x = %s", x)
    return np.sum(x**3)


def warns_by_a_log(x):
    if x[0] > 100.0:
        LOG.warning("x = %s", x)
    return np.sum(x**3)


def test_a_logger_that_is_silent_does_nothing(caplog):
    caplog.set_level(logging.INFO, logger=LOG.name)
    gradient = hoad.grad(logs)
    for _ in range(5):
        np.testing.assert_allclose(gradient(X), 3 * X**2)
    assert learned_of(logs)[0].known[0].hits()
    assert not caplog.records
    caplog.set_level(logging.DEBUG, logger=LOG.name)
    for _ in range(3):
        np.testing.assert_allclose(gradient(X), 3 * X**2)
    assert len(caplog.records) >= 3
    caplog.clear()
    caplog.set_level(logging.INFO, logger=LOG.name)
    np.testing.assert_allclose(gradient(X), 3 * X**2)
    assert not caplog.records


def test_a_logger_that_may_write_is_asked_each_time(caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger=LOG.name)
    caplog.set_level(logging.DEBUG, logger=OTHER_LOG.name)
    gradient = hoad.grad(logs_to_two)
    for _ in range(5):
        np.testing.assert_allclose(gradient(X), 3 * X**2)
    assert not learned_of(logs_to_two)
    assert len(caplog.records) == 5
    caplog.clear()
    gradient = hoad.grad(warns_by_a_log)
    for _ in range(5):
        np.testing.assert_allclose(gradient(X), 3 * X**2)
    assert learned_of(warns_by_a_log) and not caplog.records
    for n in range(1, 6):
        gradient(X * 1000.0)
        assert len(caplog.records) == n
    seen = []
    monkeypatch.setattr(LOG, "debug", lambda *args: seen.append(args), raising=False)
    gradient = hoad.grad(logs)
    for _ in range(5):
        gradient(X)
    assert len(seen) == 5
