"""Many derivatives at once, each right; and derivatives that are shared between threads.

What nests across threads stands in the museum of confusions; here is the traffic.
"""

from __future__ import annotations

import array
import dataclasses
import gc
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules.parsing import parsed_expression
from hoad.dual import Dual
from hoad.running import spread
from hoad.tracer import Tracer

WORKERS = 8


@pytest.fixture(autouse=True)
def hasty() -> Iterator[None]:
    """Threads that change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def program(x: Any, k: Any) -> Any:
    """Loops, writes, views, matrix products; its value is k * sum(x**2 sin(x)) + x0 x1."""
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] ** 2
    view = out[:]
    view *= np.sin(x)
    return k * np.sum(out) + x[0] * x[1]


def right(x: np.ndarray, k: float) -> np.ndarray:
    g = k * (2 * x * np.sin(x) + x**2 * np.cos(x))
    g[0] += x[1]
    g[1] += x[0]
    return g


def right_hessian(x: np.ndarray, k: float) -> np.ndarray:
    h = np.diag(k * (2 * np.sin(x) + 4 * x * np.cos(x) - x**2 * np.sin(x)))
    h[0, 1] += 1.0
    h[1, 0] += 1.0
    return h


def in_threads(work: Callable[[int], None], count: int) -> None:
    """Do the work with every number below ``count``, and let the first failure through."""
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(count)))


def point(k: int) -> np.ndarray:
    return np.linspace(0.5, 1.5, 4) + 0.01 * k


@pytest.mark.parametrize(
    ("operator", "reference"),
    [
        (lambda f, x: hoad.grad(f, x), right),
        (lambda f, x: hoad.jacobian(f, x, mode="forward"), right),
        (lambda f, x: hoad.jacobian(f, x, mode="reverse"), right),
        (lambda f, x: hoad.vjp(f, x)[1](1.0)[0], right),
        (lambda f, x: hoad.hessian(f, x), right_hessian),
        (lambda f, x: hoad.hessian(f, x, mode="reverse-reverse"), right_hessian),
        (lambda f, x: hoad.hessian(f, x, mode="forward-forward"), right_hessian),
        (lambda f, x: hoad.hvp(f, x, np.ones(4)), lambda x, k: right_hessian(x, k).sum(axis=1)),
        (lambda f, x: hoad.diag_hessian(f, x), lambda x, k: np.diag(right_hessian(x, k))),
        (
            lambda f, x: np.array(hoad.derivatives(lambda t: f(x * t), 1.0, 1)[1:]),
            lambda x, k: [right(x, k) @ x],
        ),
    ],
    ids=["grad", "forward", "reverse", "vjp", "fr", "rr", "ff", "hvp", "diagonal", "derivatives"],
)
def test_many_at_once(operator: Any, reference: Any) -> None:
    def work(k: int) -> None:
        x = point(k)
        np.testing.assert_allclose(
            operator(lambda x: program(x, float(k)), x), reference(x, float(k)), rtol=1e-12
        )

    in_threads(work, 48)


def test_all_operators_at_the_same_time() -> None:
    def work(k: int) -> None:
        x = point(k)
        f = lambda x: program(x, float(k))  # a function of its own for each thread
        choice = k % 6
        if choice == 0:
            np.testing.assert_allclose(hoad.grad(f, x), right(x, k), rtol=1e-12)
        elif choice == 1:
            np.testing.assert_allclose(hoad.hessian(f, x), right_hessian(x, k), rtol=1e-12)
        elif choice == 2:
            np.testing.assert_allclose(hoad.jacobian(f, x, mode="forward"), right(x, k), rtol=1e-12)
        elif choice == 3:
            assert hoad.derivative(lambda t: np.sin(t) * k, 0.0, 3) == -k
        elif choice == 4:
            with pytest.raises(hoad.errors.EscapeError):
                hoad.grad(lambda x: array.array("d", [x[0]])[0], x)
        else:
            assert hoad.grad(lambda p: p["a"] ** 2 * k, {"a": 3.0})["a"] == 6.0 * k

    in_threads(work, 120)


def test_first_use_of_a_function_in_many_threads() -> None:
    """The one-frame methods are written on first use; here all threads ask for the same one at once."""
    code = """
import sys; sys.path.insert(0, {root!r}); sys.setswitchinterval(1e-6)
import threading, numpy as np, hoad
barrier, wrong = threading.Barrier(8), []
def work(k):
    x = np.linspace(0.1, 0.9, 3)
    barrier.wait()
    pairs = [(np.arctanh, 1/(1-x*x)), (np.cbrt, 1/(3*np.cbrt(x)**2))]
    pairs += [(np.expm1, np.exp(x)), (np.log1p, 1/(1+x))]
    for f, d in pairs:
        try:
            for g in (hoad.elementwise_grad(f, x), np.diag(hoad.jacobian(f, x, mode="forward"))):
                if not np.allclose(g, d, rtol=1e-12): wrong.append((f, g, d))
        except BaseException as error:
            wrong.append(error)
threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(wrong)
"""
    root = str(Path(hoad.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code.replace("{root!r}", repr(root))],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_one_function_object_in_many_threads() -> None:
    slope = hoad.grad(program)
    prime = hoad.differentiable(np.sin).prime.prime

    def work(k: int) -> None:
        x = point(k)
        np.testing.assert_allclose(slope(x, float(k)), right(x, k), rtol=1e-12)
        assert prime(0.25 * k) == pytest.approx(-np.sin(0.25 * k), rel=1e-15)

    in_threads(work, 48)


def test_one_pullback_in_many_threads() -> None:
    x = point(0)
    _, pullback = hoad.vjp(lambda x: np.sin(x) * np.sum(x), x)
    jac = np.diag(np.cos(x) * x.sum()) + np.sin(x)[:, None]

    def work(k: int) -> None:
        u = np.cos(np.arange(4.0) + k)
        np.testing.assert_allclose(pullback(u)[0], u @ jac, rtol=1e-12)

    in_threads(work, 64)


def test_one_large_constant_in_many_threads() -> None:
    """Each derivative locks it; it is writeable again when the last one is done, and not before."""
    c = np.linspace(1.0, 2.0, 10_000).copy()

    def work(k: int) -> None:
        np.testing.assert_array_equal(hoad.grad(lambda x: np.sum(x * c) * k, np.ones(10_000)), c * k)

    in_threads(work, 64)
    gc.collect()
    assert c.flags.writeable
    pullbacks = [hoad.vjp(lambda x: x * c, np.ones(10_000))[1] for _ in range(3)]
    in_threads(work, 8)
    assert not c.flags.writeable
    del pullbacks
    gc.collect()
    assert c.flags.writeable


def test_views_of_one_large_constant_in_many_threads() -> None:
    c = np.linspace(1.0, 2.0, 20_000)

    def work(k: int) -> None:
        part = c[k % 3 : 12_000 + k % 3]
        np.testing.assert_array_equal(hoad.grad(lambda x: np.sum(x * part), np.ones(12_000)), part)

    in_threads(work, 48)
    gc.collect()
    assert c.flags.writeable
    assert c[:5].flags.writeable


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_workers_that_use_the_outer_variable(outer: str, inner: str) -> None:
    """sum over k of d/dy (x**2 y**3 k) at y = x, which is 3 k x**4; outside, 12 k x**3."""

    def slope(k: int, x: Any) -> Any:
        return hoad.jacobian(lambda y: x**2 * y**3 * k, x, mode=inner)

    def f(x: Any) -> Any:
        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(lambda k: slope(k, x), range(1, 21)))

    assert hoad.jacobian(f, 1.5, mode=outer) == pytest.approx(12 * 210 * 1.5**3, rel=1e-13)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_workers_that_compute_parts_of_one_array(mode: str) -> None:
    """No derivative inside: the workers only do arithmetic with the traced array of the main thread."""

    def part(x: Any, k: int) -> Any:
        y = x[k]
        for _ in range(20):
            y = y * x[k - 1] / 2 + np.sin(y)
        return y

    def together(x: Any) -> Any:
        with ThreadPoolExecutor(WORKERS) as pool:
            return np.stack(list(pool.map(lambda k: part(x, k), range(len(x)))))

    def alone(x: Any) -> Any:
        return np.stack([part(x, k) for k in range(len(x))])

    x = np.linspace(0.5, 1.5, 24)
    np.testing.assert_allclose(
        hoad.jacobian(together, x, mode=mode), hoad.jacobian(alone, x, mode=mode), rtol=1e-13
    )


def test_threads_inside_threads_at_three_levels() -> None:
    """d/dx [x d/dy (y x d/dz (x y z**2))] with z = y, y = x: the innermost is 2 x y**2, then 6 x**2 y**2."""

    def innermost(x: Any, y: Any) -> Any:
        with ThreadPoolExecutor(2) as pool:
            return pool.submit(lambda: hoad.grad(lambda z: x * y * z**2, y)).result()

    def middle(x: Any) -> Any:
        with ThreadPoolExecutor(2) as pool:
            return pool.submit(lambda: hoad.grad(lambda y: y * x * innermost(x, y), x)).result()

    def work(k: int) -> None:
        x = 0.5 + 0.1 * k
        # y x 2 x y**2 = 2 x**2 y**3; by y: 6 x**2 y**2; at y = x, times x: 6 x**5; by x: 30 x**4
        assert hoad.grad(lambda x: x * middle(x), x) == pytest.approx(30 * x**4, rel=1e-12)

    in_threads(work, 16)


def test_an_exception_in_one_thread_leaves_the_others_alone() -> None:
    class Own(Exception):
        pass

    c = np.linspace(1.0, 2.0, 10_000)

    def work(k: int) -> None:
        def f(x: Any) -> Any:
            y = np.sum(x * c)
            if k % 3 == 0:
                raise Own
            return y

        if k % 3 == 0:
            with pytest.raises(Own):
                hoad.grad(f, np.ones(10_000))
        else:
            np.testing.assert_array_equal(hoad.grad(f, np.ones(10_000)), c)

    in_threads(work, 48)
    gc.collect()
    assert c.flags.writeable


def test_error_states_are_each_threads_own() -> None:
    def work(k: int) -> None:
        before = np.geterr()
        with np.errstate(divide="raise" if k % 2 else "ignore"):
            inside = np.geterr()
            np.testing.assert_allclose(hoad.grad(lambda x: np.sum(np.sqrt(x)), np.ones(3)), 0.5)
            assert np.geterr() == inside
        assert np.geterr() == before

    in_threads(work, 48)


def test_tags_are_drawn_once() -> None:
    tags: list[int] = []

    def work(k: int) -> None:
        tags.extend([hoad.nested.Level().tag for _ in range(200)])

    in_threads(work, 16)
    assert len(set(tags)) == len(tags) == 3200


@pytest.mark.parametrize(
    "draw",
    [lambda: hoad.nested.Level().tag, hoad.nested.next_tag, spread.serial],
    ids=["level", "tag", "serial"],
)
def test_no_number_is_drawn_twice_wherever_another_thread_comes_between(draw: Callable[[], Any]) -> None:
    """Another thread draws one after each step of Python's that the first takes."""
    drawn: list[Any] = []

    def step(frame: Any, event: str, arg: Any) -> Any:
        frame.f_trace_opcodes = True
        if event == "opcode":
            other = threading.Thread(target=lambda: drawn.append(draw()))
            other.start()
            other.join()
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        first = draw()
    finally:
        sys.settrace(before)
    assert len({first, *drawn}) == len(drawn) + 1


def test_registering_a_dataclass_in_many_threads() -> None:
    """The first thread to meet a new kind of dataclass teaches it to the others."""
    for _ in range(20):

        @dataclasses.dataclass
        class Fresh:
            a: Any
            b: Any

        barrier, wrong = threading.Barrier(4), []

        def work(cls: Any = Fresh, barrier: Any = barrier, wrong: Any = wrong) -> None:
            barrier.wait()
            try:
                result = hoad.grad(lambda p: p.a * p.b, cls(2.0, 3.0))
                if (type(result), result.a, result.b) != (cls, 3.0, 2.0):
                    wrong.append(result)
            except BaseException as error:  # a thread must not lose it
                wrong.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert wrong == []


def test_a_derivative_of_fractions_slows_no_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends its own operations the general way, where constants are made exact, and no one else's."""
    walked: list[int] = []

    def counted(kind: Any) -> None:
        process = kind.process

        def counting(self: Any, *rest: Any) -> Any:
            walked.append(threading.get_ident())
            return process(self, *rest)

        monkeypatch.setattr(kind, "process", counting)

    def f(x: Any) -> Any:
        for _ in range(5):
            x = (x / 3 + 2 / x) ** 2
        return x

    hoad.grad(f, 0.5), hoad.derivative(f, 0.5)  # the methods are written
    counted(Tracer)
    counted(Dual)
    inside, done = threading.Event(), threading.Event()

    def of_fraction(x: Any) -> Any:
        inside.set()
        assert done.wait(60)
        return f(x)

    with ThreadPoolExecutor(2) as pool:
        exact = pool.submit(hoad.derivative, of_fraction, Fraction(1, 3))
        assert inside.wait(60)
        try:
            pool.submit(lambda: (hoad.grad(f, 0.5), hoad.derivative(f, 0.5))).result()
            mine = list(walked)
        finally:
            done.set()
        assert isinstance(exact.result(), Fraction)
    assert mine == []
    assert len(walked) == 15  # / 3, 2 / and **, five times


def test_the_outermost_levels_stand_outside_of_all() -> None:
    """Their tags are drawn before those of any derivative, whatever is imported when."""
    nested = hoad.nested
    code = (
        "import hoad.nested as n; first = n.Level().tag; import hoad.kinds.number as k; "
        "from fractions import Fraction; "
        "print(k.wrapped(Fraction(1, 3)).level.tag < first, n.BASE.tag < first)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.strip() == "True True"
    assert nested.BASE.tag < nested.NUMBERS.tag < nested.Level().tag


def test_parsing_in_threads() -> None:
    """Before Python 3.11.8, ``ast.parse`` of several threads ended in a SystemError where collections of
    garbage let others have their turn.
    """
    before, turn = gc.get_threshold(), lambda *told: time.sleep(0)
    gc.set_threshold(5, 1, 1)
    gc.callbacks.append(turn)
    try:
        in_threads(
            lambda k: [parsed_expression(f"f(x * {k} + y)[0] if a else (b - c)**2") for _ in range(300)], 8
        )
    finally:
        gc.callbacks.remove(turn)
        gc.set_threshold(*before)
