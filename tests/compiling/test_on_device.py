"""``hoad.compile`` called with arrays on a device: kernels, through a device that is not there."""

from __future__ import annotations

import runpy
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special as sc
from compiled_cases import CASES
from kernels_run import chain, layers, squares, ulps
from kernels_run import heat as diffusion

import hoad
from hoad.chainrules.statements import RULES
from hoad.compiling import replay
from hoad.compiling.device import Device
from hoad.compiling.native import LIMIT
from hoad.errors import RecordingError
from hoad.program.program import Program
from hoad.strong import traits
from hoad.testing import device as cp
from hoad.testing import raw_module
from hoad.testing.raw_module import compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
RNG = np.random.default_rng(19)
X = RNG.normal(size=60)
CODE = "*[0-9a-f]"  # files of code: those of recordings have a suffix
Z = RNG.normal(size=(12, 9))


def heat(u: Any, steps: int = 12) -> Any:
    return diffusion(u, steps)


def on_device(args: Any) -> Any:
    """Arguments with their arrays on the device."""
    if isinstance(args, (tuple, list)):
        return type(args)([on_device(a) for a in args])
    return cp.asarray(args) if isinstance(args, np.ndarray) else args


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def at_hand(x: Any) -> Any:
    return x.get() if isinstance(x, cp.ndarray) else x


def assert_near(got: Any, right: Any, bound: float = 64.0) -> None:
    for a, b in zip(leaves(got), leaves(right), strict=True):
        assert type(a) is type(b) and np.shape(a) == np.shape(b)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None)
        assert ulps(at_hand(a), at_hand(b)) <= bound


PROGRAMS = {
    "gradient": (hoad.grad(chain), (X,)),
    "value and gradient": (hoad.value_and_grad(chain), (X,)),
    "Hv": (lambda x, v: hoad.hvp(chain, x, v), (X, X[::-1].copy())),
    "Hessian": (hoad.hessian(chain), (X[:20],)),
    "a jet": (lambda x: hoad.directional(lambda x: np.sin(x) * x, x, np.ones_like(x), 4), (X,)),
    "Jacobian": (hoad.jacobian(lambda x: np.exp(x[1:]) * x[:-1]), (X[:9],)),
    "Hv of products": (lambda w: hoad.hvp(layers, w, w * w), (Z,)),
    "of steps": (hoad.grad(heat), (Z,)),
    "products": (hoad.grad(layers), (Z,)),
    "single": (hoad.grad(layers), (Z.astype(np.float32),)),
    "complex": (lambda z: np.exp(z) * z[::-1], (X[:9] + 1j * X[10:19],)),
    "truths": (lambda x: x > 0.5, (X,)),
    "a number": (lambda x, t: np.sin(x) * t, (X, 0.25)),
    "a single number": (lambda x, t: np.sin(x) * t, (X.astype(np.float32), np.float32(0.25))),
    "a matrix turned": (lambda x: np.sin(x).T * 2.0, (Z.T,)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_give_what_the_function_gives(name: str) -> None:
    f, args = PROGRAMS[name]
    given = on_device(args)
    compiled = hoad.compile(f)
    compiled(*given)
    cp.synchronisations = 0
    got = compiled(*given)
    assert cp.synchronisations == 0 and compiled.why() == "" and compiled.stats()["hits"] == 1
    assert_near(got, f(*given))


def test_arguments_are_not_read_when_a_program_is_recorded() -> None:
    compiled = hoad.compile(lambda x: np.sin(x) * x)
    cp.synchronisations = 0
    compiled(cp.asarray(X))
    assert cp.synchronisations == 0


def test_results_are_the_callers_own() -> None:
    for f, size in ((hoad.grad(chain), X), (hoad.grad(heat), Z)):  # the second is replayed
        compiled = hoad.compile(f)
        x = cp.asarray(size)
        compiled(x)
        first = compiled(x)
        before = first.get()
        compiled(2.0 * x)
        first_again = compiled(x)
        assert np.array_equal(first.get(), before) and np.array_equal(first_again.get(), before)
        first[...] = 0.0
        assert np.array_equal(compiled(x).get(), before)


def test_arrays_that_are_captured_are_constants() -> None:
    data, targets = RNG.normal(size=(40, 3)), (RNG.random(40) > 0.5) * 1.0

    def loss(w: Any, data: Any, targets: Any) -> Any:
        z = data @ w
        return np.sum(np.logaddexp(z * 0, z) - targets * z)

    held = on_device((data, targets))
    gradient = hoad.grad(lambda w: loss(w, *held))
    compiled, w = hoad.compile(gradient), cp.asarray(X[:3])
    compiled(w)
    right = gradient(w)
    assert_near(compiled(w), right)
    held[0][...] = 0.0
    assert_near(compiled(w), right)
    plain = hoad.grad(lambda w: loss(w, data, targets))(X[:3])
    assert ulps(right.get(), plain) < 64


def test_large_arrays_that_are_captured_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoad.program.elsewhere.MOST_READ", 10)
    data = cp.asarray(X)
    compiled = hoad.compile(lambda x: np.sin(x) * data + data)
    x = cp.asarray(X[::-1].copy())
    cp.synchronisations = 0
    compiled(x)
    got = compiled(x)
    assert compiled.why() == "" and cp.synchronisations == 1  # the second use is compared with the first
    assert_near(got, np.sin(x) * data + data)


def test_branches_have_programs_of_their_own_and_one_flag() -> None:
    def f(x: Any) -> Any:
        return np.sin(x) if x[0] > 0 else np.cos(x) if x[1] > 0 else x * 1.0

    compiled = hoad.compile(f)
    points = [cp.asarray(np.array(p)) for p in ((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0))]
    for x in (*points, *points):
        assert_near(compiled(x), f(x))
    assert compiled.stats()["variants"] == 3 and compiled.stats()["plain"] == 0
    cp.synchronisations = 0
    compiled(points[0])
    assert cp.synchronisations == 1


def test_what_has_no_kernel_is_called_between_kernels() -> None:
    gradient = hoad.grad(lambda a: np.sum(np.linalg.solve(a + 5 * np.sin(a), a[:, 0]) ** 2))
    compiled, a = hoad.compile(gradient), cp.asarray(RNG.normal(size=(6, 6)))
    compiled(a)
    cp.synchronisations = 0
    got = compiled(a)
    assert cp.synchronisations == 0
    assert_near(got, gradient(a), 2**12)
    assert "kernels between calls" in repr(compiled.variants) and "solve has no native form" in compiled.why()
    assert "KERNEL hoad_" in compiled.source() and "solve(" in compiled.source()
    with pytest.raises(RecordingError, match="what has no kernel"):
        compiled.save("nowhere.py")


def test_a_compiled_function_is_differentiable() -> None:
    value = hoad.compile(chain)
    x = cp.asarray(X)
    value(x)
    assert_near(hoad.grad(value)(x), hoad.grad(chain)(x))
    again = hoad.compile(hoad.grad(value))
    again(x)
    assert_near(again(x), hoad.grad(chain)(x))


def test_zeros_stay_zero_and_nan_stays_where_it_is() -> None:
    x, zero = cp.asarray(np.array([1.0, 4.0])), cp.asarray(np.array([0.0, 4.0]))
    compiled = hoad.compile(hoad.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0))))
    compiled(x)
    assert np.array_equal(compiled(zero).get(), [0.0, 0.25])
    unknown = hoad.compile(hoad.grad(lambda x: np.sum(np.sqrt(x) * np.sin(x))))
    unknown(x)
    assert np.array_equal(np.isnan(unknown(zero).get()), [True, False])


@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_the_share_of_a_choice_is_constant(f: Any) -> None:
    """Its change was an array of zeros, and nan where the cotangent is infinite."""
    x, c = on_device((np.array([1.0, np.inf, -np.inf]), np.array([2.0, 1.0, 1.0])))
    hessian = hoad.hessian(lambda x: np.sum(f(x, c) ** 2))
    compiled = hoad.compile(hessian)
    compiled(x)
    assert_near(compiled(x), hessian(x))
    assert not np.isnan(hessian(x).get()).any()


def choices() -> list[Any]:
    """NumPy's functions that choose among their arguments: partials are zeros of the program."""
    ours = [(f, RULES[f]) for f in vars(np).values() if isinstance(f, np.ufunc) and f in RULES]
    rules = [(f, rule) for f, rule in dict(ours).items() if getattr(rule, "kind", None) == "scalar"]
    places = [tuple(range(rule.arity)) for _, rule in rules]
    return [f for (f, r), k in zip(rules, places, strict=True) if traits(r, (None,) * len(k), k).masks]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("f", choices())
def test_what_is_not_chosen_gets_nothing_of_an_infinite_cotangent(f: Any) -> None:
    points = [0.0, 1.0, -1.0, 2.5, np.inf, -np.inf]
    n = RULES[f].arity
    args = [a.ravel() for a in np.meshgrid(*[points] * n)]
    g = hoad.grad(lambda *x: np.sum(f(*x) * np.abs(f(*x))), argnums=tuple(range(n)))
    compiled, given = hoad.compile(g), on_device(args)
    compiled(*given)
    assert_near(g(*given), tuple(map(cp.asarray, g(*args))))
    found = compiled(*given)
    if not np.isnan([part.get() for part in found]).all():  # as where the program assumes what is finite
        assert_near(found, g(*given))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("f", [np.mean, np.var, np.std, np.nanmean, np.nanvar, np.nanstd])
@pytest.mark.parametrize("ddof", [0, 2])
def test_moments_of_nothing_are_unknown(f: Any, ddof: int) -> None:
    """Their partials were 0 where the mask left nothing over: the parts of the mask that are not taken."""
    x = cp.asarray(np.array([[0.75, 1.25, 0.125], [2.25, 1.75, 0.5]]))
    options = {"ddof": ddof} if f not in (np.mean, np.nanmean) else {}
    g = hoad.grad(lambda x: np.sum(f(x, axis=0, where=x > 0.625, **options) ** 2))
    compiled = hoad.compile(g)
    compiled(x)
    found, right = compiled(x), g(x)
    assert_near(found, right)
    assert np.isnan(right.get()[:, 2]).all()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.histogram(x[:0], 3),
        lambda x: np.histogram(x, 3, (0.0, 1.0)),
        lambda x: np.ix_([True, False], x),
    ],
)
def test_constants_among_results_lie_where_the_arrays_do(f: Any) -> None:
    x = cp.asarray(X[:9])
    compiled = hoad.compile(f)
    for found in (compiled(x), compiled(x), f(x)):
        assert all([isinstance(part, cp.ndarray) for part in found])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("f", [lambda x: x.T.T, np.sin, lambda x: x.T.T[::2]])
def test_results_that_are_one_value_are_each_written(f: Any, count: int) -> None:
    """The third was the second again, and its own memory as it was found."""
    x = cp.asarray(X[:8].reshape(4, 2))
    compiled = hoad.compile(f)
    compiled(x)
    noted = compiled.variants[0].program
    program = Program(noted.nodes, noted.inputs, noted.outputs * count, noted.guards)
    found = Device(program, cp.BACKEND, x, LIMIT, ["x"], "f", None).function(x)
    assert len({part.data.ptr for part in found}) == count
    for part in found:
        assert_near(part, f(x))


@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
def test_second_order_of_wide_triangles(mode: Any) -> None:
    x = np.array([[0.5, -1.25, 2.25], [1.5, 0.75, -0.375]])
    f = lambda x: np.sum(np.sin(np.linalg.qr(x, mode)[-1] if mode != "r" else np.linalg.qr(x, mode)) ** 3)
    compiled = hoad.compile(hoad.hessian(f))
    compiled(cp.asarray(x))
    np.testing.assert_allclose(compiled(cp.asarray(x)).get(), hoad.hessian(f, x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.linalg.inv(a)[0] @ a[1],
        lambda a: np.sum(np.linalg.inv(a)),
        lambda a: np.linalg.inv(a)[0, 0],
        lambda a: np.real(np.mean(np.linalg.inv(a))),
        lambda a: np.max(np.abs(np.linalg.inv(a))),
        lambda a: (a[0] * 1j) @ a[1],
        lambda a: np.linalg.cholesky(a @ np.conj(a.T)),
        lambda a: np.linalg.cholesky(a @ np.conj(a.T)) * np.linalg.det(a),
        lambda a: np.linalg.eigh(a @ np.conj(a.T))[0],
    ],
)
def test_complex_numbers_that_come_of_arrays_stay_on_the_device(f: Any) -> None:
    """Between calls they are pairs, of which each is an array without axes."""
    (a,) = on_device((np.array([[2.0, 1j], [0.5, 3.0 - 1j]]),))
    compiled = hoad.compile(f)
    compiled(a)
    found, right = compiled(a), f(a)
    assert type(found) is type(right) and found.shape == right.shape and compiled.stats()["hits"]
    np.testing.assert_allclose(found.get(), right.get(), rtol=1e-14)


def test_zeros_of_a_tangent_are_looked_for_where_one_is_careful() -> None:
    pushed = hoad.compile(lambda x, v: hoad.jvp(np.sqrt, (x,), (v,))[1])
    x, zero = cp.asarray(np.array([1.0, 4.0])), cp.asarray(np.array([0.0, 4.0]))
    pushed(x, x)
    assert np.array_equal(np.isnan(pushed(zero, zero).get()), [True, False])
    with hoad.careful():
        assert np.array_equal(pushed(zero, zero).get(), [0.0, 1.0])


def test_sums_are_the_same_at_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    x = cp.asarray(RNG.normal(size=70_000))
    compiled = hoad.compile(lambda x: np.sum(np.sin(x)))
    compiled(x)
    first = compiled(x).get()
    monkeypatch.setattr(raw_module, "backwards", True)
    assert compiled(x).get() == first


def test_each_device_has_its_own_program() -> None:
    compiled = hoad.compile(hoad.grad(chain))
    with cp.cuda.Device(1):
        x = cp.asarray(X)
        other = compiled(x)
    given = [x, here := cp.asarray(X), x, here]
    found = [compiled(place) for place in given]
    assert [out.device for out in found] == [place.device for place in given]
    assert_near(found, [other] * 4)  # the library's functions, where a program is recorded
    for out in found[2:]:
        np.testing.assert_array_equal(out.get(), found[0].get())
    assert compiled.stats()["variants"] == 2 and compiled.stats()["native"] == 2


def test_without_kernels_the_library_is_called() -> None:
    gradient = hoad.grad(lambda x: np.sum(x[np.array([1, 1, 3])] ** 2))
    compiled, x = hoad.compile(gradient, backend="numpy"), cp.asarray(X)
    compiled(x)
    assert_near(compiled(x), gradient(x))
    assert compiled.stats()["hits"] == 1 and "calls" in repr(compiled.variants)


def test_a_failing_launch_is_told_and_the_function_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, x = hoad.compile(hoad.grad(chain)), cp.asarray(X)
    right = compiled(x)

    def refuse(*_: Any) -> None:
        raise MemoryError("no room for 64 bytes")

    monkeypatch.setattr(raw_module.Kernel, "__call__", refuse)
    assert_near(compiled(x), right)
    assert "MemoryError: no room for 64 bytes" in compiled.why()


def test_a_compiled_function_of_members() -> None:
    compiled, x = hoad.compile(lambda x: np.sum(np.sin(x) ** 2)), cp.asarray(Z)
    compiled(x[0])
    assert_near(hoad.vmap(compiled)(x), np.sum(np.sin(x) ** 2, axis=1))


# ------------------------------------------------------------------------------------------------------------
# Text
# ------------------------------------------------------------------------------------------------------------


def test_source_has_launches_and_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    compiled = hoad.compile(hoad.grad(chain))
    compiled(cp.asarray(X))
    text = compiled.source()
    assert "def chain(x):" in text and "KERNEL hoad_" in text and "// 0: 1 values of [60]" in text
    compiled.show()
    assert text in capsys.readouterr().out


def test_a_saved_program_needs_the_library_alone(tmp_path: Path) -> None:
    data = cp.asarray(X)
    compiled = hoad.compile(hoad.grad(lambda x: np.sum(np.sin(x * data) ** 2)))
    x = cp.asarray(X[::-1].copy())
    right = compiled(x)
    compiled.save(tmp_path / "saved.py")
    text = (tmp_path / "saved.py").read_text()
    assert "import hoad\n" not in text and "import hoad.testing.device as cp" in text  # the library itself
    assert_near(runpy.run_path(str(tmp_path / "saved.py"))["compiled"](x)[0], right)


def test_kernels_are_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = cp.asarray(np.array([0.5, 1.0, 3.0, 2.0, 4.0, 9.0]))

    def f(x: Any) -> Any:
        return np.sum(np.sin(x[np.array([3, 1, 3, 7, 2, 9])] * weights) ** 2) + layers(x.reshape(4, 15))

    x = cp.asarray(X)
    right = hoad.grad(f)(x)
    for cached in (0, 1, 1):
        compiled = hoad.compile(hoad.grad(f), cache=tmp_path)
        compiled(x)
        assert_near(compiled(x), right)
        assert compiled.stats()["cached"] == cached and len(list(tmp_path.glob(CODE))) == 1
    monkeypatch.setattr(cp, "__version__", "another", raising=False)
    assert hoad.compile(hoad.grad(f), cache=tmp_path)(x) is not None
    assert len(list(tmp_path.glob(CODE))) == 2
    for path in tmp_path.glob(CODE):
        path.write_bytes(path.read_bytes()[:-9])  # not whole: made anew
    compiled = hoad.compile(hoad.grad(f), cache=tmp_path)
    assert_near(compiled(x), right)
    assert compiled.stats()["cached"] == 0


# ------------------------------------------------------------------------------------------------------------
# Graphs
# ------------------------------------------------------------------------------------------------------------


def replayed(f: Any, x: Any) -> Any:
    compiled = hoad.compile(f)
    compiled(x)
    assert compiled.variants[0].device.replay is not None
    return compiled


def test_many_launches_are_noted_once_and_replayed() -> None:
    x = cp.asarray(Z)
    compiled = replayed(hoad.grad(heat), x)
    for k in (1.0, 2.0, 3.0):
        assert_near(compiled(k * x), hoad.grad(heat)(k * x))
    graph = compiled.variants[0].device.replay.steps[0].__self__
    assert graph.count == 3 and len(graph.launches) == 24


def test_arguments_without_axes_are_replayed() -> None:
    def f(u: Any, a: Any, b: float) -> Any:
        return heat(u * a + b, 12)

    x, a = cp.asarray(Z), cp.asarray(np.array(0.5))
    compiled = hoad.compile(hoad.grad(f, argnums=(0, 1)))
    compiled(x, a, 0.25)
    assert compiled.variants[0].device.replay is not None
    assert_near(compiled(x.T.copy().T, 2.0 * a, 0.75), hoad.grad(f, argnums=(0, 1))(x, 2.0 * a, 0.75))


def test_a_program_is_cut_at_products() -> None:
    def f(u: Any) -> Any:
        return heat(u @ u.T / 9, 8) + heat(u, 8)

    x = cp.asarray(Z)
    compiled = replayed(hoad.grad(f), x)
    assert_near(compiled(x), hoad.grad(f)(x), 256)
    kinds = [hasattr(step, "__self__") for step in compiled.variants[0].device.replay.steps]
    assert kinds.count(True) >= 1 and kinds.count(False) >= 2


def test_another_stream_waits_for_the_one_before() -> None:
    x = cp.asarray(Z)
    compiled = replayed(hoad.grad(heat), x)
    right = compiled(x).get()
    with cp.cuda.Stream() as stream:
        assert np.array_equal(compiled(x).get(), right)
    assert len(stream.waited) == 1


def test_where_nothing_can_be_noted_kernels_are_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(raw_module.Stream, "begin_capture", refuse)
    x = cp.asarray(Z)
    compiled = replayed(hoad.grad(heat), x)
    assert_near(compiled(x), hoad.grad(heat)(x))
    assert not raw_module.entered() and not raw_module.noted


def test_threads_may_replay_at_once() -> None:
    x = cp.asarray(Z)
    compiled = replayed(hoad.grad(heat), x)
    right = [compiled(k * x).get() for k in range(4)]
    found: dict[int, Any] = {}

    def run(k: int) -> None:
        found[k] = compiled(k * x).get()

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all([np.array_equal(found[k], right[k]) for k in range(4)])


def test_few_launches_or_large_arrays_are_not_replayed() -> None:
    assert not replay.is_worth_it([3, 1, 3], 8) and not replay.is_worth_it([100], 2**30)
    assert replay.is_worth_it([1, 40], 2**20)


# ------------------------------------------------------------------------------------------------------------
# The tables
# ------------------------------------------------------------------------------------------------------------


PARTS = 211  # of the tables; the default run takes one


def parts() -> list[Any]:
    return [pytest.param(k, marks=[pytest.mark.sweep] if k else []) for k in range(PARTS)]


def moved(args: Any, rng: Any) -> Any:
    """Arguments of which the last digits are others."""
    if isinstance(args, (tuple, list)):
        return type(args)([moved(a, rng) for a in args])
    if not isinstance(args, np.ndarray) or args.dtype.kind not in "fc":
        return args
    found = args.copy()
    for part in (found.real, found.imag) if found.dtype.kind == "c" else (found,):
        part[...] = np.nextafter(part, rng.choice([-np.inf, np.inf], part.shape), dtype=part.dtype)
    return found


def assert_as_good(got: Any, right: Any, nearby: Any) -> None:
    """Refuse what differs by more than 256 units in the last place, but for numbers that another last digit
    of the arguments changes as much, and for nan everywhere, where what the program assumed finite is not.
    """
    try:
        assert_near(got, right, 256)
    except AssertionError:
        rng = np.random.default_rng(19)
        others = [leaves(nearby(rng)) for _ in range(4)]
        for a, b, *near in zip(leaves(got), leaves(right), *others, strict=True):
            assert type(a) is type(b) and np.shape(a) == np.shape(b)
            a, b, *near = map(at_hand, (a, b, *near))
            if np.isnan(a).all() and not np.isfinite(b).all():
                continue
            change = np.fmax.reduce([np.abs(c - b) for c in near])  # of those that the function has
            loose = (change > 256 * np.finfo(b.dtype).eps * np.abs(b)) & (np.abs(a - b) <= 64 * change)
            assert_near(np.where(loose & np.isfinite(a), b, a), b, 256)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", parts())
def test_the_tables(part: int) -> None:
    compared = 0
    for name in list(CASES)[part::PARTS]:
        f, args = CASES[name]
        loss, n = squares(f), len(args)
        for g in (f, hoad.grad(loss, argnums=tuple(range(n))), hoad.hessian(loss)):
            given = on_device(args)
            if not any([isinstance(x, cp.ndarray) for x in leaves(given)]):
                continue
            try:
                right = g(*given)
            except Exception:  # what CuPy can't do, or hoad on its arrays
                continue
            compiled = hoad.compile(g)
            compiled(*given)
            assert_as_good(
                compiled(*given), right, lambda rng, g=g, args=args: g(*on_device(moved(args, rng)))
            )
            compared += compiled.stats()["hits"]
    assert compared > 3


# ------------------------------------------------------------------------------------------------------------
# The scripts that need a GPU
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "name"), [("benchmarks/gpu.py", "bench-gpu"), ("tests/gpu.py", "test-gpu")]
)
def test_without_a_gpu_the_scripts_say_so(script: str, name: str) -> None:
    path = Path(hoad.__file__).parent.parent / script
    if not path.exists():
        pytest.skip("installed without its scripts")
    command = [sys.executable, str(path), "--library", "no_such_library_of_arrays"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith(f"{name} needs a GPU and CuPy")


def test_the_benchmark_compares_what_kernels_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what the first call gives, which notes the function and carries it out as it is written."""
    path = Path(hoad.__file__).parent.parent / "benchmarks" / "gpu.py"
    if not path.exists():
        pytest.skip("installed without its scripts")
    monkeypatch.setattr(sys, "path", [*sys.path])
    script = runpy.run_path(str(path))

    class Contender:
        calls = 0
        given = staticmethod(lambda args: args)
        wait = to_numpy = staticmethod(lambda out: out)

        def compiled(self, f: Any, what: str, count: int) -> Any:
            def function(x: Any) -> Any:
                self.calls += 1
                return x if self.calls == 1 else 2.0 * x

            return function

    found, _ = script["measured"](Contender(), "compiled", ("a row", None, "", None), (X,), X)
    assert found["error"] == 1.0


def test_the_benchmark_runs_through(tmp_path: Path) -> None:
    path = Path(hoad.__file__).parent.parent / "benchmarks" / "gpu.py"
    if not path.exists():
        pytest.skip("installed without its scripts")
    options = ["--library", "hoad.testing.device", "--small", "--only", "100, gradient"]
    command = [sys.executable, str(path), *options, "--out", str(tmp_path / "gpu.md")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    row = (tmp_path / "gpu.md").read_text().splitlines()[-1].split(" | ")
    assert row[0] == "| Rosenbrock 100, gradient" and float(row[1]) > 0 and float(row[-2]) < 1e-14


def test_functions_of_scipys_that_cuda_has_are_called_in_kernels() -> None:
    """And softmax, one call of the library in plain derivatives, is in kernels with what is around it."""
    f = lambda x: np.sum(
        sc.erfinv(x) + sc.erfcinv(x) * sc.ndtri(x) + sc.erfcx(x) * sc.log_ndtr(x) + sc.log_ndtr(-9 * x)
    )
    x = np.linspace(0.05, 0.95, 12)
    for run in (f, hoad.grad(lambda x: np.sum(sc.softmax(x, axis=0) ** 2 * sc.log_softmax(x)))):
        compiled = hoad.compile(run)
        for k in range(2):
            assert_near(compiled(cp.asarray(x * (1 - 0.1 * k))), run(cp.asarray(x * (1 - 0.1 * k))), 64)
        assert compiled.why() == ""


def between_calls(x: Any) -> Any:
    """Three runs of kernels with a branch in each, between calls of the library."""
    for k in range(3):
        x = np.sort(np.sin(x) * 2 + k if x[k] > -5 else np.cos(x) * x[k])
    return x + 1 if x[0] > -9 else x * x


def test_kernels_between_calls_have_one_flag() -> None:
    """Whichever guard fails, all flags are read at once, and what follows a failed one is thrown away."""
    x = np.linspace(0.1, 1.9, 9)
    others = [np.where(np.arange(9) == k, -6.0, x) for k in range(3)]
    compiled = hoad.compile(between_calls)
    assert_near(compiled(cp.asarray(x)), between_calls(cp.asarray(x)))
    assert compiled.variants[0].devices and len(compiled.variants[0].noted.guards) > 3
    cp.synchronisations = cp.launches = 0
    assert_near(compiled(cp.asarray(x)), between_calls(cp.asarray(x)))
    assert compiled.stats()["hits"] == 1
    cp.synchronisations = 0
    compiled(cp.asarray(x))
    assert cp.synchronisations == 1
    for other in (*others, *others, x):
        given = cp.asarray(other)
        assert_near(compiled(given), between_calls(given))
        np.testing.assert_array_equal(given.get(), other)
    assert compiled.stats()["plain"] == 0


def test_an_error_behind_a_failed_guard_is_none() -> None:
    """Of an argument that goes another way, which the factorisation does not take."""

    def f(a: Any) -> Any:
        root = np.linalg.cholesky(a * 1.0 if a[0, 0] > 0 else -a)
        return np.sin(root) if root[0, 0] > 0 else root

    a = np.array([[2.0, 0.3], [0.3, 1.0]])
    compiled = hoad.compile(f)
    for _ in range(2):
        for given in (cp.asarray(a), cp.asarray(-a)):
            assert_near(compiled(given), f(given))
    assert compiled.variants[0].devices and compiled.stats()["variants"] == 2
    assert compiled.stats()["plain"] == 0 and "LinAlgError" not in compiled.why()
    with pytest.raises(np.linalg.LinAlgError):  # the function itself says so
        compiled(cp.asarray(np.array([[2.0, 3.0], [3.0, 1.0]])))
