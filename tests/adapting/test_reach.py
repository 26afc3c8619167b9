"""Programs as they are: by whatever way a function is reached, its names are bound, and bound back."""

import cmath
import dataclasses
import functools
import importlib
import math
import multiprocessing
import operator
import os
import sys
import threading
import types
from collections.abc import Callable
from math import exp as exponential

import numpy as np
import pytest

import hoad
from hoad.adapting import search
from hoad.adapting.binding import BINDINGS
from hoad.adapting.known import Run, adaptation_of
from hoad.adapting.reach import Reach
from hoad.errors import ArgumentError, HoadError

POINT = 0.7


def is_bound() -> bool:
    """Whether the names of this module are bound now."""
    return not isinstance(math.exp, types.BuiltinFunctionType)


FAR = """
import math
import numpy as np
from math import sin
from numpy import zeros, asarray

SCALE = 3.0
calls = 0


def energy(x):
    out = zeros(2)
    out[0] = math.exp(float(x))
    out[1] = sin(x)
    return out[0] * out[1]


class Body:
    factor = 2.0

    def __init__(self, x):
        self.x = x

    def energy(self):
        return energy(self.x)


def counted(x):
    global calls
    calls += 1
    return energy(x)
"""


def module(name: str, text: str) -> types.ModuleType:
    """A module of the user's, imported."""
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(compile(text, f"{name}.py", "exec"), made.__dict__)
    return made


far = module("far_program", FAR)


def energy(x):
    out = np.zeros(2)
    out[0] = math.exp(float(x))
    out[1] = cmath.sin(x).real if isinstance(x, complex) else math.sin(x)
    return out[0] * out[1]


def right(x: float, n: int = 1) -> float:
    """The derivatives of exp(x) sin(x)."""
    return [np.exp(x) * np.sin(x), np.exp(x) * (np.sin(x) + np.cos(x)), 2 * np.exp(x) * np.cos(x)][n]


class Plain:
    """Every kind of method."""

    def __init__(self, x=None):
        self.x = x
        self.law = energy
        self.laws = {"energy": [energy]}

    def method(self, x):
        return energy(x)

    @staticmethod
    def static(x):
        return math.exp(x) * math.sin(x)

    @classmethod
    def of_class(cls, x):
        return cls.static(x)

    @property
    def value(self):
        return math.exp(self.x) * math.sin(self.x)

    @functools.cached_property
    def kept(self):
        return math.exp(self.x) * math.sin(self.x)

    def __call__(self, x):
        return math.exp(x) * math.sin(x)

    def by_attribute(self, x):
        return self.law(x)

    def by_container(self, x):
        return self.laws["energy"][0](x)

    @functools.cache  # noqa: B019
    def cached(self, x):
        return math.exp(x) * math.sin(x)

    class Inner:
        @staticmethod
        def energy(x):
            return math.exp(x) * math.sin(x)


class Derived(Plain):
    def method(self, x):
        return super().method(x)


@dataclasses.dataclass
class Data:
    x: float

    def energy(self):
        return math.exp(self.x) * math.sin(self.x)


def decorated(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)

    return wrapper


def wrapped_without_wraps(f):
    return lambda *args: f(*args)


@decorated
@wrapped_without_wraps
def with_decorators(x):
    return math.exp(x) * math.sin(x)


@functools.lru_cache
def with_cache(x):
    return math.exp(x) * math.sin(x)


@functools.lru_cache
def fibonacci(n):
    return np.array([1.0]) if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@functools.singledispatch
def dispatched(x):
    return math.exp(x) * math.sin(x)


@np.vectorize
def each(x):
    return math.exp(x) * math.sin(x)


def terms(x):
    for k in range(2):
        yield math.exp(x) * math.sin(x) if k == 0 else 0.0


def with_import(x):
    import math as mathematics
    from math import sin

    return mathematics.exp(x) * sin(x)


def with_numpy_import(x):
    import numpy as numerics
    from numpy import zeros

    out = zeros(2)
    out[0] = numerics.exp(x)
    out[1] = numerics.sin(x)
    return out[0] * out[1]


def recursive(x, n=3):
    return recursive(x, n - 1) if n else math.exp(x) * math.sin(x)


def applied(f, x):
    return f(x)


LAWS = {"energy": energy, "exp": math.exp}
PLANETS = [Plain(), energy]
TABLE = (energy, (Plain,))
HELD = Plain()

WAYS = {
    "a function": energy,
    "a lambda": lambda x: math.exp(x) * math.sin(x),
    "a name of a function": lambda x: exponential(x) * math.sin(x),
    "a module": lambda x: far.energy(x),
    "a class of a module": lambda x: far.Body(x).energy(),
    "a method": HELD.method,
    "a method called": lambda x: HELD.method(x),
    "a derived class": lambda x: Derived().method(x),
    "a static method": lambda x: Plain.static(x),
    "a class method": lambda x: Plain.of_class(x),
    "a property": lambda x: Plain(x).value,
    "a cached property": lambda x: Plain(x).kept,
    "a cached method": lambda x: HELD.cached(x),
    "an object that is called": Plain(),
    "an object that is called inside": lambda x: HELD(x),
    "a function that is an attribute": lambda x: HELD.by_attribute(x),
    "functions in an attribute": lambda x: HELD.by_container(x),
    "a class in a class": lambda x: Plain.Inner.energy(x),
    "a dataclass": lambda x: Data(x).energy(),
    "decorators": with_decorators,
    "a cache": with_cache,
    "a cache inside": lambda x: with_cache(x),
    "a generic function": lambda x: dispatched(x),
    "vectorize": lambda x: each(x)[()] * 1.0,
    "a generator": lambda x: sum(terms(x)),
    "an expression of a generator": lambda x: sum(math.exp(x) * math.sin(x) for _ in range(1)),
    "an import in the body": with_import,
    "an import of NumPy in the body": with_numpy_import,
    "recursion": recursive,
    "an argument": lambda x: applied(energy, x),
    "a default": lambda x, f=energy: f(x),
    "a default of math": lambda x, f=math.exp: f(x) * math.sin(x),
    "a default by keyword": lambda x, *, f=energy: f(x),
    "a dictionary": lambda x: LAWS["energy"](x),
    "a function of math in a dictionary": lambda x: LAWS["exp"](x) * math.sin(x),
    "a list": lambda x: PLANETS[1](x),
    "an object in a list": lambda x: PLANETS[0](x),
    "a tuple": lambda x: TABLE[0](x),
    "a class in a tuple": lambda x: TABLE[1][0]().method(x),
    "partial": functools.partial(applied, energy),
    "partial inside": lambda x: functools.partial(applied, energy)(x),
    "map": lambda x: sum(map(energy, [x])),
    "reduce": lambda x: functools.reduce(lambda a, b: a + energy(b), [x], 0.0),
    "attrgetter": lambda x: operator.attrgetter("energy")(far)(x),
    "methodcaller": lambda x: operator.methodcaller("method", x)(HELD),
    "eval": lambda x: eval("math.exp(x) * math.sin(x)"),
    "getattr": lambda x: getattr(math, "exp")(x) * getattr(math, "sin")(x),  # noqa: B009
    "a closure": (lambda f, m: lambda x: f(x) * m.sin(x) / math.sin(x))(energy, math),
}


@pytest.mark.parametrize("way", WAYS)
def test_reached(way: str) -> None:
    f = WAYS[way]
    before = {name: dict(vars(m)) for name, m in ((__name__, sys.modules[__name__]), ("far_program", far))}
    for mode in ("forward", "reverse"):
        assert hoad.jacobian(f, POINT, mode=mode) == pytest.approx(right(POINT), rel=1e-12)
    assert hoad.derivative(hoad.grad(f), POINT) == pytest.approx(right(POINT, 2), rel=1e-12)
    assert hoad.derivatives(f, POINT, 2)[2] == pytest.approx(right(POINT, 2), rel=1e-12)
    assert hoad.vmap(hoad.grad(f))(np.array([POINT, 1.0])) == pytest.approx(
        [right(POINT), right(1.0)], rel=1e-12
    )
    for name, names in before.items():
        now = vars(sys.modules[name])
        assert [k for k in now if now[k] is not names.get(k)] == []
        assert list(now) == list(names)
    assert LAWS["exp"] is math.exp
    assert Plain.cached.cache_info().currsize == 0


def test_the_function_runs_once() -> None:
    far.calls = 0
    hoad.grad(far.counted, POINT)
    assert far.calls == 1


def test_a_module_that_is_imported_within(tmp_path, monkeypatch) -> None:
    (tmp_path / "late_program.py").write_text(FAR)
    monkeypatch.syspath_prepend(str(tmp_path))

    def f(x):
        from late_program import energy

        return energy(x)

    def g(x):
        import late_program

        return late_program.Body(x).energy()

    assert hoad.grad(f, POINT) == pytest.approx(right(POINT), rel=1e-12)
    assert hoad.grad(g, POINT) == pytest.approx(right(POINT), rel=1e-12)
    late = sys.modules.pop("late_program")
    assert late.math is math
    assert "float" not in vars(late)
    assert hoad.grad(g, POINT) == pytest.approx(right(POINT), rel=1e-12)


def test_a_module_that_is_imported_at_each_call_is_searched_once(tmp_path, monkeypatch) -> None:
    (tmp_path / "often_imported.py").write_text("import math\ndef f(x):\n    return math.exp(2 * x)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    searched = []
    plain = search.Reach.search
    monkeypatch.setattr(search.Reach, "search", lambda self, *of: searched.append(of) or plain(self, *of))

    def f(x):
        import json

        import often_imported

        return often_imported.f(x) + len(json.dumps({}))

    for _ in range(3):
        assert hoad.grad(f, 0.0) == 2.0
    before = len(searched)
    assert hoad.grad(f, 0.0) == 2.0
    assert len(searched) == before
    sys.modules["often_imported"].f = lambda x: math.sin(3 * x)
    assert hoad.grad(f, 0.0) == 3.0
    assert len(searched) > before


def test_names_that_the_code_does_not_say(tmp_path, monkeypatch) -> None:
    (tmp_path / "found_by_name.py").write_text(
        "import math\nfrom scipy.linalg import inv\ndef energy(x):\n return math.sin(x) * inv([[x]])[0][0]\n"
        "class Body:\n    def energy(self, x):\n        return energy(x)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("found_by_name")
    names = ["energy", "Body", "sin", "inv"]
    programs = [
        lambda x: getattr(module, names[0])(x),
        lambda x: getattr(module, names[1])().energy(x),
        lambda x: getattr(math, names[2])(x) * getattr(module, names[3])([[x]])[0][0],
        lambda x: getattr(importlib.import_module("found_by_name"), names[0])(x),
    ]
    for f in programs:
        for _ in range(2):
            assert hoad.grad(f)(0.7) == pytest.approx(np.cos(0.7) / 0.7 - np.sin(0.7) / 0.49)
    assert module.math is math


def test_reload(tmp_path, monkeypatch) -> None:
    path = tmp_path / "changing_program.py"
    path.write_text("import math\ndef f(x):\n    return math.exp(2 * x)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    changing = importlib.import_module("changing_program")

    def f(x):
        return changing.f(x)

    assert hoad.grad(f, 0.0) == 2.0
    path.write_text("from math import exp as e, sin\ndef f(x):\n    return e(sin(3 * x)) + 0.0\n")
    importlib.invalidate_caches()
    importlib.reload(changing)
    assert hoad.grad(f, 0.0) == 3.0

    def reloading(x):
        importlib.reload(changing)
        return changing.f(x)

    assert changing.e is math.exp
    hoad.grad(f, 0.0)
    with pytest.raises(HoadError):
        hoad.grad(reloading, 0.0)  # its names were bound anew by the program itself
    assert changing.e is math.exp


def test_names_that_the_program_changes_stay_changed() -> None:
    text = "import math\nn = 0\ndef f(x):\n    global n, math\n"
    text += "    n += 1\n    y = math.exp(x)\n    math = 5\n    return y\n"
    program = module("changing_names", text)
    assert hoad.grad(program.f, 0.0) == 1.0
    assert (program.n, program.math) == (1, 5)


def test_code_that_is_executed() -> None:
    names: dict = {}
    exec(
        "import math, numpy as np\ndef f(x):\n    a = np.zeros(1)\n    a[0] = math.exp(x)\n    return a[0]",
        names,
    )
    assert hoad.grad(names["f"], 1.0) == pytest.approx(math.e)
    assert names["np"] is np


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_names_are_bound_back_after_an_error(error) -> None:
    def f(x):
        assert is_bound()
        math.exp(x)
        raise error("stop")

    with pytest.raises(error):
        hoad.grad(f, 1.0)
    assert not is_bound()


def test_a_generator_that_outlives_the_derivative() -> None:
    kept = []

    def steps(x):
        while True:
            yield math.exp(x)

    def f(x):
        kept.append(steps(x))
        return next(kept[-1])

    assert hoad.grad(f, 1.0) == pytest.approx(math.e)
    assert float(next(kept[0])) == pytest.approx(math.e)


def test_derivatives_within_derivatives() -> None:
    def inner(y):
        return math.sin(y) * float(y)

    def f(x):
        return math.exp(hoad.grad(inner)(x))

    value = np.sin(POINT) + POINT * np.cos(POINT)
    slope = 2 * np.cos(POINT) - POINT * np.sin(POINT)
    assert hoad.grad(f, POINT) == pytest.approx(np.exp(value) * slope, rel=1e-12)
    assert math.sin.__module__ == "math"


def test_caches_are_those_of_the_run() -> None:
    def f(x):
        return fibonacci(40)[0] * x

    assert hoad.grad(f, 1.0) == 165580141.0
    assert fibonacci.cache_info().currsize == 0
    assert type(fibonacci(3)) is np.ndarray
    fibonacci.cache_clear()


def test_functions_made_again_and_again() -> None:
    for k in range(1, 4):
        law = types.FunctionType(energy.__code__, globals(), "law")
        assert hoad.grad(lambda x, k=k, law=law: law(k * x), 0.3) == pytest.approx(k * right(0.3 * k))
    assert hoad.grad((lambda f: lambda x: f(x))(np.sin), 0.3) == pytest.approx(np.cos(0.3))
    for f, slope in ((math.sin, math.cos(0.3)), (math.exp, math.exp(0.3)), (np.exp, math.exp(0.3))):
        assert hoad.grad(lambda x, f=f: f(x), 0.3) == pytest.approx(slope)


def test_a_name_that_is_bound_to_another_function() -> None:
    program = module("rebound", "import math\ndef g(x):\n    return x\ndef f(x):\n    return g(x)\n")
    assert hoad.grad(program.f, 2.0) == 1.0
    exec("def g(x):\n    return math.exp(x)", vars(program))
    assert hoad.grad(program.f, 2.0) == pytest.approx(math.exp(2))


def test_a_program_that_needs_nothing_is_left_alone() -> None:
    assert adaptation_of(lambda x: np.sum(np.sin(x) ** 2)) is None
    assert adaptation_of(lambda x: np.linalg.norm(x) * np.exp(x).sum(axis=0)) is None
    assert repr(hoad.adapted(np.sin)) == "nothing is bound: it needs nothing"


def test_what_is_bound_is_told() -> None:
    assert hoad.adapted(WAYS["a module"]).places() == {"far_program": ["float", "math", "sin", "zeros"]}
    assert "far_program: float, math, sin, zeros" in repr(hoad.adapted(WAYS["a module"]))


def test_no_adapt() -> None:
    def law(x):
        return math.exp(x)

    with hoad.no_adapt(), pytest.raises(HoadError):
        hoad.grad(law, 1.0)
    assert hoad.grad(law, 1.0) == pytest.approx(math.e)
    assert hoad.grad(hoad.adapt(law), 1.0) == pytest.approx(math.e)
    with hoad.no_adapt():
        assert hoad.grad(hoad.adapt(law), 1.0) == pytest.approx(math.e)
    assert hoad.no_adapt(law) is law
    with pytest.raises(HoadError):
        hoad.grad(law, 1.0)
    with pytest.raises(HoadError):
        hoad.grad(lambda x: law(x), 1.0)
    with pytest.raises(ArgumentError, match="wants a function"):
        hoad.no_adapt(3)


def at_once(*work: Callable[[], None]) -> None:
    """Run functions in threads of their own, which take turns as often as they can."""
    threads = [threading.Thread(target=each) for each in work]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


def test_other_threads_see_numpy() -> None:
    failures: list[str] = []

    def plain() -> None:
        for _ in range(10_000):
            made = np.zeros(3)
            if type(made) != np.ndarray or type(math.exp(1.0)) != float or type(float("1.5")) != float:  # noqa: E721
                failures.append(repr((made, math.exp(1.0))))
            if not isinstance(1.0, float) or not isinstance(np.float64(1.0), float) or isinstance(1, float):
                failures.append("isinstance")

    def adapted() -> None:
        for _ in range(500):
            if not np.isclose(hoad.grad(energy, POINT), right(POINT)):
                failures.append("derivative")

    at_once(plain, plain, adapted, adapted, adapted, adapted)
    assert failures == []
    assert not is_bound()
    assert all(b.count == 0 for b in BINDINGS.values())


@pytest.mark.parametrize("times", [150, pytest.param(10_000, marks=pytest.mark.sweep)])
def test_plain_and_adapted_code_at_once(times: int) -> None:
    failures: list[str] = []
    value, slope = energy(POINT), right(POINT)
    second = hoad.derivative(energy, POINT, 2)

    def plain() -> None:
        for _ in range(times):
            if type(found := energy(POINT)) is not type(value) or found != value:
                failures.append(f"value {found!r}")

    def adapted() -> None:
        for _ in range(times):
            if abs(hoad.grad(energy, POINT) - slope) > 1e-12:
                failures.append("gradient")

    def twice() -> None:
        for _ in range(times // 4):
            if abs(hoad.grad(lambda x: hoad.derivative(energy, x), POINT) - second) > 1e-12:
                failures.append("second derivative")

    def left_alone() -> None:
        with hoad.no_adapt():
            for _ in range(times):
                if hoad.derivative(lambda x: np.sin(x) * x, POINT) != np.cos(POINT) * POINT + np.sin(POINT):
                    failures.append("left alone")

    at_once(plain, plain, adapted, adapted, twice, left_alone)
    assert failures == []
    assert not is_bound()
    assert all(b.count == 0 for b in BINDINGS.values())


def in_another_process(x):
    return energy(x), hoad.grad(energy, x)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_that_is_forked_while_names_are_bound() -> None:
    found = []

    def f(x):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            found.extend(pool.map(in_another_process, [POINT]))
        return energy(x)

    assert hoad.grad(f, POINT) == pytest.approx(right(POINT), rel=1e-12)
    assert found == [(energy(POINT), hoad.grad(energy, POINT))]
    assert not is_bound()


def test_bindings_are_counted() -> None:
    first, second = adaptation_of(energy), adaptation_of(WAYS["a name of a function"])
    assert first is not None
    assert second is not None
    with Run(first):
        with Run(second):
            assert is_bound()
        assert is_bound()
    assert not is_bound()


def test_writes_by_the_name_of_the_method() -> None:
    def f(x):
        y = np.zeros(2)
        y.__setitem__(0, x)
        return y[0] ** 2

    assert hoad.grad(f, 3.0) == 6.0


@pytest.mark.parametrize("steps", range(1, 7))
def test_attributes_of_one_module_by_several_functions(steps):
    """Each of which is found where the one before it was looked at, and names another attribute."""
    lines = ["import sys", "from math import tan", "def itself(): return sys.modules[__name__]"]
    lines += [f"def step{k}(x): return itself().step{k + 1}(x)" for k in range(steps)]
    chain = module(f"chain_of_{steps}", "\n".join([*lines, f"step{steps} = tan"]))
    f = eval("lambda x: itself().step0(x)", {"itself": chain.itself})
    assert hoad.derivative(f, 0.7) == pytest.approx(1 / math.cos(0.7) ** 2, rel=1e-14)


def test_attributes_of_one_module_by_two_functions():
    two = types.ModuleType("two")
    two.sin, two.cos = math.sin, math.cos
    names = {"two": two}
    names |= {"first": eval("lambda x: two.sin(x)", names), "second": eval("lambda x: two.cos(x)", names)}
    f = eval("lambda x: first(x) * second(x)", names)
    assert hoad.derivative(f, 0.7) == pytest.approx(math.cos(1.4), rel=1e-14)


def test_attributes_of_several_modules_by_one_function():
    one, two, three = (types.ModuleType(name) for name in ("one", "two", "three"))
    one.sin, two.cos, three.exp = math.sin, math.cos, math.exp
    names = {"one": one, "two": two, "three": three}
    f = eval("lambda x: one.sin(x) * two.cos(x) * three.exp(x)", names)
    right = math.exp(0.7) * (math.sin(0.7) * math.cos(0.7) + math.cos(1.4))
    assert hoad.derivative(f, 0.7) == pytest.approx(right, rel=1e-14)
    assert hoad.grad(f)(0.7) == pytest.approx(right, rel=1e-14)


@pytest.mark.parametrize("what", ["functions", "classes", "modules"])
def test_what_all_code_refers_to_is_put_together_as_often_for_many_as_for_few(what, monkeypatch):
    """It is gone through whole each time, so that to do it for each of what is found is a search that takes
    the square of the program's size.
    """
    found, given = [], Reach.names

    def counted(reach):
        found.append(reach)
        return given.fget(reach)

    def looks(n):
        holder = types.ModuleType("holder")
        written = {"functions": "def name{k}(x): return x.name{k}", "classes": "class name{k}: pass"}
        lines = [written.get(what, "").format(k=k) for k in range(n)]
        exec("\n".join(lines), vars(holder))
        for k in range(n if what == "modules" else 0):
            setattr(holder, f"name{k}", types.ModuleType(f"name{k}"))
        calls = ", ".join([f"holder.name{k}" for k in range(n)])
        f = eval(f"lambda x: (x, {calls})[0]", {"holder": holder})
        found.clear()
        hoad.derivative(f, 0.7)
        return len(found)

    monkeypatch.setattr(Reach, "names", property(counted))
    assert looks(3) == looks(40) < 12
