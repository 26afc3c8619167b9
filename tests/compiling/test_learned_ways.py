"""Functions whose code as a whole is not known to be pure, but for the way that they take: what they read
there is compared at each call, what they do on another way is done, and each call runs them once.
"""

import collections
import math
import os
import random
import sys
import time
import types
import warnings
from abc import ABC, abstractmethod
from numbers import Integral

import learning
import numpy as np
import pytest
from learning import known_of

import hoad
from hoad.adapting import walked as walking
from hoad.adapting.pure import pure
from hoad.adapting.walked import Way, walked


@pytest.fixture(autouse=True, params=[True, False], ids=["machine code", "NumPy"])
def learned_at_once(request):
    with learning.at_once(request.param):
        yield


def is_learned(f):
    return any([o.answer is not None for o in known_of(f)])


def hits(f):
    return sum([one.hits() for o in known_of(f) for one in o.known])


SOURCE = """
import math
import random
import time
import types
import warnings

SCALE, VERBOSE, NAME, SEEN, TABLE, N = 2.0, False, "SCALE", [], {1: 3.0}, 0
PARTS = {1.0, 2.5}
sub = types.ModuleType("hoad_tests_package.sub")
sub.K = 3.0
clock = time.time


def helper(x, by=2.0):
    return by * x


def scaled(x):
    if VERBOSE:
        print(x)
    return SCALE * helper(x) + sub.K * x


def count():
    global N
    N += 1
    return N


def other(x):
    return -x


def named(x):
    return x * len(scaled.__name__)


class Model:
    gain = 2.0

    def __init__(self, start=1.0):
        self.start = start

    def step(self, x):
        return self.gain * self.start * x

    def unused(self):
        print("unused")

    def __call__(self, x):
        return self.step(x)


MODEL = Model()
"""


def asked_for_a_step(self, name):
    return (lambda x: 11.0 * x) if name == "step" else object.__getattribute__(self, name)


@pytest.fixture
def package():
    made = types.ModuleType("hoad_tests_package")
    sys.modules[made.__name__] = made
    exec(compile(SOURCE, "hoad_tests_package.py", "exec"), vars(made))
    yield made
    del sys.modules[made.__name__]


def checked(f, *changes, points=(0.5, 0.7, 0.6, 0.55)):
    """The derivatives of a function that is learned, those of a run before and after each change."""
    df = hoad.derivative(f)
    for _ in range(3):
        for x in points:
            df(x)
    assert is_learned(f) and hits(f), [o.why for o in known_of(f)]
    for change in (lambda: None, *changes):
        change()
        with hoad.run_each_time():
            expected = [df(x) for x in points]
        for _ in range(2):
            np.testing.assert_allclose([df(x) for x in points], expected, rtol=1e-13)
    return expected


# -- What it reads is compared -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda p: setattr(p, "SCALE", 5.0),
        lambda p: setattr(p, "helper", p.other),
        lambda p: setattr(p.helper, "__code__", p.other.__code__),
        lambda p: setattr(p.helper, "__defaults__", (7.0,)),
        lambda p: setattr(p, "scaled", p.other),
        lambda p: setattr(p.sub, "K", -3.0),
        lambda p: setattr(p, "sub", types.SimpleNamespace(K=9.0)),
        lambda p: delattr(p, "sub") or setattr(p, "sub", types.SimpleNamespace(K=9.0)),
    ],
)
def test_an_attribute_of_a_module_that_changes_is_met(package, change):
    def f(x):
        return package.scaled(x) ** 2

    before = checked(f)
    assert checked(f, lambda: change(package)) != before


@pytest.mark.parametrize(
    "change",
    [
        lambda p: setattr(p.Model, "gain", 5.0),
        lambda p: setattr(p.Model, "step", lambda self, x: 9.0 * x),
        lambda p: setattr(p.Model.step, "__code__", (lambda self, x: 9.0 * x).__code__),
        lambda p: setattr(p.MODEL, "start", 5.0),
        lambda p: setattr(p.MODEL, "step", lambda x: 9.0 * x),
        lambda p: setattr(p.MODEL, "__class__", type("Other", (p.Model,), {"gain": 7.0})),
        lambda p: setattr(p.Model, "__getattribute__", asked_for_a_step),
        lambda p: setattr(p, "MODEL", p.Model(4.0)),
    ],
)
def test_an_object_of_a_package_that_changes_is_met(package, change):
    def f(x):
        return package.MODEL.step(x) ** 2

    before = checked(f)
    assert checked(f, lambda: change(package)) != before


def test_a_branch_that_is_not_taken_does_nothing(package, capsys):
    def f(x):
        return package.scaled(x) ** 2

    with pytest.raises(LookupError, match="print"):
        pure(f)
    checked(f)
    assert not capsys.readouterr().out
    package.VERBOSE = True
    df = hoad.derivative(f)
    for k in range(8):
        df(0.5 + 0.01 * k)
        assert capsys.readouterr().out.count("\n") == 1


def test_a_name_that_is_asked_for(package):
    def f(x):
        name = package.NAME.lower()[:0] + "gain"
        return getattr(package, "SCALE") * x**2 + getattr(package.MODEL, name) * x  # noqa: B009

    def named(x):
        return getattr(package.MODEL, package.NAME) * x**2

    checked(f, lambda: setattr(package, "SCALE", 9.0), lambda: setattr(package.Model, "gain", 9.0))
    package.NAME, package.MODEL.other = "start", 12.0
    checked(named, lambda: setattr(package, "NAME", "other"), lambda: setattr(package.MODEL, "other", 2.0))


def test_a_name_of_a_function(package):
    checked(lambda x: package.named(x) ** 2, lambda: setattr(package.scaled, "__name__", "s"))


def test_a_set_and_an_environment(package, monkeypatch):
    monkeypatch.setenv("HOAD_TESTS_LENGTH", "abc")

    def f(x):
        import os as system

        return sum(package.PARTS) * x**2 + len(system.environ["HOAD_TESTS_LENGTH"]) * x

    checked(
        f,
        lambda: package.PARTS.add(7.0),
        lambda: monkeypatch.setenv("HOAD_TESTS_LENGTH", "abcdef"),
        lambda: package.PARTS.discard(1.0),
    )


def test_an_import_in_a_body(package):
    def f(x):
        import hoad_tests_package
        from hoad_tests_package import helper as h
        from hoad_tests_package import sub

        return h(x) ** 2 * sub.K + hoad_tests_package.SCALE

    class Other:
        helper, sub, SCALE = staticmethod(lambda x: 5.0 * x), package.sub, 1.0

    checked(
        f,
        lambda: setattr(package.sub, "K", 8.0),
        lambda: setattr(package, "helper", package.other),
        lambda: sys.modules.__setitem__("hoad_tests_package", Other),
    )


class Shape(ABC):
    @abstractmethod
    def area(self, x): ...


class Square(Shape):
    def area(self, x):
        return x * x if isinstance(self.side, Integral) else 2 * x * x

    side = 1


class Whole:
    pass


def test_abstract_classes_and_what_is_registered(monkeypatch):
    shape = Square()

    def f(x):
        return shape.area(x) ** 2

    whole = type("Whole", (), {})()

    def held(x):
        return x**2 if isinstance(whole, Shape) else x**3

    checked(f, lambda: monkeypatch.setattr(Square, "side", Whole()))
    before = checked(held)
    assert checked(held, lambda: Shape.register(type(whole))) != before


class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 2.0, [1.0]


class Entries(dict):
    def total(self):
        return sum(self.values())


def test_slots_and_entries_are_compared():
    slots, entries = Slots(), Entries(a=1.0)

    def f(x):
        return slots.a * x**2 + slots.b[0] * x**3 + entries.total() * x**4

    checked(
        f,
        lambda: setattr(slots, "a", 3.0),
        lambda: slots.b.append(2.0),
        lambda: slots.b.__setitem__(0, 5.0),
        lambda: entries.update(b=4.0),
    )


def test_functions_that_are_met_twice():
    def made(c):
        def inner(x):
            return c[0] * x

        return inner

    c = [2.0]
    inner = made(c)

    def first(x):
        return inner(x) ** 2

    def second(x):
        return inner(first(x)) if x < 9.0 else second(x)

    checked(second, lambda: c.__setitem__(0, 3.0))


def test_a_function_in_two_places_of_which_one_gets_another():
    def made(c):
        return lambda x: c * x

    inner = made(2.0)
    parts = [inner, inner]

    def f(x):
        if x > 9.0:
            print(x)
        return parts[0](x) ** 2 + parts[1](x)

    def change():
        parts[0] = made(2.0)
        inner.__closure__[0].cell_contents = 3.0

    before = checked(f)
    assert checked(f, change) != before


def test_a_method_that_is_read_and_not_called(package):
    def f(x):
        if package.VERBOSE:
            print(x)
        return x**2 if package.Model.unused is None else x**3

    before = checked(f)
    assert checked(f, lambda: setattr(package.Model, "unused", None)) != before


def test_a_recursion_over_what_is_captured():
    def made(c):
        def f(x, k=2):
            return c[0] * x**2 + (f(x, k - 1) if k else 0.0)

        return f

    c = [1.0]
    checked(made(c), lambda: c.__setitem__(0, 2.0))


# -- Errors --------------------------------------------------------------------------------------------------


def by_log(x):
    try:
        return math.log(x)
    except ValueError:
        return x**2


def by_quotient(x):
    try:
        y = 1.0 / (x - 0.3)
    except ZeroDivisionError:
        y = 5.0 * x
    return 1.0 / (1.0 + y) + x


def by_place(x):
    try:
        return [1.0, 2.0][int(10 * x) - 5] * x**2
    except IndexError:
        return x**3


def by_matrix(x):
    try:
        return np.linalg.cholesky(np.array([[x, 0.1], [0.1, 1.0]]))[1, 1]
    except np.linalg.LinAlgError:
        return x**2


def by_a_check(x):
    try:
        if x < 0.0:
            raise ValueError(x)
        return x**2
    except ValueError:
        return -x
    finally:
        x = 0.0


def by_overflow(x):
    try:
        return 1.0 / math.exp(x)
    except OverflowError:
        return x**2


def by_attribute(x):
    try:
        return x.nothing
    except AttributeError:
        return x**3


def with_an_assertion(x):
    try:
        assert x > 0.0
        return x**2
    except AssertionError:
        return 3.0 * x


@pytest.mark.parametrize(
    "f",
    [by_log, by_quotient, by_place, by_matrix, by_a_check, by_overflow, by_attribute, with_an_assertion],
    ids=lambda f: f.__name__,
)
def test_a_handler_is_entered_where_it_is_in_a_run(f):
    checked(f, points=(0.5, 0.52, 0.57, 0.55))
    df = hoad.derivative(f)
    for x in (0.5, 0.7, -1.0, 0.3, 0.95, 0.009, 800.0, 0.6):
        with hoad.run_each_time():
            expected = df(x)
        for _ in range(3):
            np.testing.assert_allclose(df(x), expected, rtol=1e-12, err_msg=str(x))


def caught(x):
    try:
        y = 1.0 / (x - 0.5)
    except ZeroDivisionError:
        y = 5.0
    return x * y


def caught_whatever_it_is(x):
    try:
        y = 1.0 / (x - 0.5)
    except:  # noqa: E722
        y = 5.0
    return x * y


@pytest.mark.parametrize("f", [caught, caught_whatever_it_is], ids=lambda f: f.__name__)
def test_an_error_of_a_number_that_is_caught_is_not_learned(f):
    df = hoad.derivative(f)
    for _ in range(10):
        assert df(0.5) == 5.0
    assert not is_learned(f)
    np.testing.assert_allclose(df(0.7), (0.7 - 0.5 - 0.7) / 0.2**2)


# -- What it does is done once at each call ------------------------------------------------------------------

DONE: list = []
COUNT = 0
RNG, OLD = np.random.default_rng(0), np.random.RandomState(0)
HELD: dict = {"random": random, "time": time}


class Watcher:
    def __init__(self):
        self.n = 0

    def __getattr__(self, name):
        DONE.append(name)
        return 2.0

    @property
    def seen(self):
        DONE.append("seen")
        return 2.0


class Descriptor:
    def __get__(self, of, cls):
        DONE.append("got")
        return 2.0


class Described:
    value = Descriptor()


class Counting(type):
    def __getattr__(cls, name):
        DONE.append(name)
        return 2.0


class Counted(metaclass=Counting):
    pass


WATCHER, DESCRIBED = Watcher(), Described()


def does_if(flag):
    if flag:
        DONE.append(1)
    return 1.0


def prints(x):
    print("x")
    return x**2


def sets(x):
    global COUNT
    COUNT += 1
    return x**2 * COUNT


def by_getattr(x):
    return WATCHER.anything * x**2


def by_property(x):
    return WATCHER.seen * x**2


def by_descriptor(x):
    return DESCRIBED.value * x**2


def by_metaclass(x):
    return Counted.anything * x**2


def warns(x):
    warnings.warn("each time", UserWarning, stacklevel=1)
    return x**2


def draws(x):
    return x**2 * RNG.normal()


def draws_of_old(x):
    return x**2 * OLD.normal()


def draws_of_a_module(x):
    return x**2 * random.random()


def draws_of_a_held_module(x):
    return x**2 * HELD["random"].random()


def reads_a_clock(x):
    return x**2 * time.perf_counter_ns()


def reads_a_held_clock(x):
    return x**2 * HELD["time"].perf_counter_ns()


def reads_a_file(x):
    with open(os.devnull) as file:
        return x**2 + len(file.read())


def grows(x):
    DONE.append(x is None)
    return x**2 * len(DONE)


def sets_an_attribute(x):
    setattr(WATCHER, "n" + "", WATCHER.n + 1)
    return x**2 * WATCHER.n


def sets_one_of_a_class(x):
    Described.n = getattr(Described, "n", 0) + 1
    return x**2 * Described.n


def sets_errors(x):
    np.seterr(over="ignore" if np.geterr()["over"] == "warn" else "warn")
    return x**2


MEMORY: dict = {}


def remembers(x):
    MEMORY[len(MEMORY)] = 1.0
    return x**2 * len(MEMORY)


DOING = [
    prints, sets, by_getattr, by_property, by_descriptor, by_metaclass, warns, draws, draws_of_old,
    draws_of_a_module, draws_of_a_held_module, reads_a_clock, reads_a_held_clock, reads_a_file, grows,
    sets_an_attribute, sets_one_of_a_class, sets_errors, remembers,
]  # fmt: skip


@pytest.mark.parametrize("f", DOING, ids=lambda f: f.__name__)
def test_what_a_function_does_it_does_at_each_call(f, capsys):
    """Once, and not twice in the call in which it is looked at."""

    def state():
        drawn = RNG.bit_generator.state["state"]["state"], OLD.get_state()[2], random.getstate()[1][-1]
        return len(DONE), COUNT, WATCHER.__dict__["n"], vars(Described).get("n", 0), len(MEMORY), drawn[1:]

    df, steps = hoad.derivative(f), []
    with warnings.catch_warnings(record=True) as told, np.errstate():
        warnings.simplefilter("always")
        for k in range(12):
            before = state()
            df(0.5 + 0.01 * k)
            after = state()
            steps.append([b - a for a, b in zip(before[:-1], after[:-1], strict=True)])
    assert not is_learned(f), f.__name__
    assert all(step == steps[0] for step in steps), steps
    assert capsys.readouterr().out.count("\n") == (12 if f is prints else 0)
    assert len(told) == (12 if f is warns else 0)


def does_beyond(x):
    return x**2 * (does_if(False) if x < 1.0 else does_if(True))


def prints_beyond(x):
    if x > 1.0:
        print("beyond")
    return x**2


@pytest.mark.parametrize("f", [does_beyond, prints_beyond], ids=lambda f: f.__name__)
def test_another_way_may_do_something(f, capsys):
    checked(f)
    df = hoad.derivative(f)
    for k in range(12):
        before = len(DONE)
        df(1.5 + 0.01 * k)
        out = capsys.readouterr().out
        assert (len(DONE) - before if f is does_beyond else out.count("\n")) == 1
        np.testing.assert_allclose(df(0.5), 1.0)
    assert len(known_of(f)) == 1


class Held:
    def __init__(self, module):
        self.module = module


def test_a_module_in_an_object(package):
    """What is read of it has no name in the code."""
    held = Held(package)

    def f(x):
        return held.module.count() * x**2

    df = hoad.derivative(f)
    before = package.N
    for _ in range(10):
        df(0.5)
    assert package.N - before == 10
    assert not is_learned(f)


def test_a_class_may_have_what_a_generator_has(package):
    class Law:
        def normal(self):
            return 2.0

    law, rng = Law(), np.random.default_rng(1)

    def f(x):
        return x**2 * law.normal() * rng.normal()

    df = hoad.derivative(f)
    assert len({df(0.5) for _ in range(10)}) == 10
    assert not is_learned(f)


def test_the_kind_of_an_argument():
    def f(x):
        return x**2 if type(x) is float else 3.0 * x if hasattr(x, "dtype") else x**3

    df = hoad.derivative(f)
    for _ in range(6):
        for x in (0.5, np.float64(0.5), np.float32(0.5)):
            with hoad.run_each_time():
                expected = df(x)
            assert df(x) == expected


def test_a_named_attribute_that_holds_another_kind():
    """A list and a counter are told apart from what they were."""
    held = types.SimpleNamespace()
    counts = collections.Counter(a=2)

    def f(x):
        return counts["a"] * x**2 + len(vars_of(counts)) * x

    def vars_of(value):
        return value.__dict__

    df = hoad.derivative(f)
    for n in (2, 3, 4):
        counts["a"] = n
        for _ in range(5):
            assert df(0.5) == n
    assert held == types.SimpleNamespace()


def test_a_way_that_is_long_is_left():
    def f(x):
        n = 0
        for k in range(300_000):
            if k < 0:
                print(k)
            n += 1
        return x**2 * n

    way = Way()
    way.left = 1000
    with walked(way):
        f(1.0)
    assert way.left == -1
    assert sys.gettrace() is None


@pytest.mark.parametrize("compares", [True, False])
def test_where_python_tells_of_no_instruction_nothing_is_learned(compares, monkeypatch):
    """As versions of it do at the first look."""

    def untold(frame, looked):
        frame.f_trace, frame.f_trace_lines = looked, False
        return looked

    def of_numbers(x):
        y = x
        return x * (2.0 if y is x else 3.0)

    def prints(x):
        if x > 1.0:
            print("beyond")
        return x**2

    monkeypatch.setattr(walking, "told_of", untold)
    f = of_numbers if compares else prints
    df = hoad.derivative(f)
    for k in range(12):
        df(0.5 + 0.01 * k)
    assert not is_learned(f) and not hits(f)
