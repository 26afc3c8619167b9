"""Steps of rules that compare, count, sum and call: what lies between two calls is one launch."""

import ctypes
import gc
import inspect

import numpy as np
import pytest
from texts_of_kernels import IN_C, compiled

import hoad
from hoad.chainrules import remove_rule
from hoad.chainrules.declarations import differential
from hoad.fast import deferred, grouped
from hoad.testing import device as cp
from hoad.testing.device import memory

POINTS = np.random.default_rng(0).normal(size=(4, 6))
LEAST, MOST = ("min", "max") if "min" in inspect.signature(np.clip).parameters else ("a_min", "a_max")
WAYS = {
    "gradient": lambda f, x: hoad.grad(lambda x: np.sum(f(x) ** 2), x),
    "jvp": lambda f, x: hoad.jvp(f, (x,), (np.cos(x),))[1],
    "hvp": lambda f, x: hoad.hvp(lambda x: np.sum(f(x) ** 2), x, x),
    "Hessian": lambda f, x: hoad.hessian(lambda x: np.sum(f(x) ** 2), x),
    "Jacobian": lambda f, x: hoad.jacobian(f, x),
    "forward over reverse": lambda f, x: hoad.jvp(
        hoad.grad(lambda x: np.sum(f(x) ** 2)), (x,), (x,)
    )[1],
    "reverse over forward": lambda f, x: hoad.grad(
        lambda x: np.sum(hoad.jvp(f, (x,), (np.cos(x),))[1] ** 2), x
    ),
}  # fmt: skip
STEPS = {
    "max": lambda x: np.max(np.sin(x), axis=1),
    "max of ties": lambda x: np.max(np.round(x) + 0 * x, axis=0, keepdims=True),
    "min": lambda x: np.min(x * x),
    "prod": lambda x: np.prod(x, axis=0),
    "cumprod": lambda x: np.cumprod(x, axis=1),
    "norm": np.linalg.norm,
    "norms": lambda x: np.linalg.norm(x, axis=1),
    "another norm": lambda x: np.linalg.norm(x, 3, axis=0),
    "variance": lambda x: np.var(x, axis=1, ddof=1),
    "deviation": lambda x: np.std(x, axis=0, keepdims=True),
    "differences": lambda x: np.diff(x, 2, axis=1),
    "determinant": lambda x: np.linalg.det(x @ x.T),
    "inverse": lambda x: np.linalg.inv(x[:, :4] + 5 * np.sin(x[:, 2:])),
    "factor": lambda x: np.linalg.cholesky(x @ x.T),
    "orthogonal factor": lambda x: np.sin(np.linalg.qr(x.T)[0]),
    "eigenvectors": lambda x: np.linalg.eigh(x @ x.T)[1] ** 2,
    "singular values": lambda x: np.linalg.svd(x, compute_uv=False),
    "limits": lambda x: np.clip(x, np.sin(x), 0.9),
    "limits by name": lambda x: np.clip(x, **{LEAST: -0.3, MOST: np.cos(x)}),
    "no nan": lambda x: np.nan_to_num(x, nan=1.0),
    "fractions": lambda x: np.modf(3 * x)[0],
}


CASES = [(name, way) for name in STEPS for way in WAYS]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "way"), CASES)
def test_the_same_as_on_the_host(name, way, kind):
    f, derivative = STEPS[name], WAYS[way]
    wanted, x = derivative(f, POINTS), cp.asarray(POINTS.astype(kind))
    for _ in range(2):
        cp.synchronisations = 0
        found = derivative(f, x)
        assert not cp.synchronisations
        assert found.dtype == kind
        bound = 1e-10 if kind is np.float64 else 2e-3 * 3 ** (way not in ("gradient", "jvp", "Jacobian"))
        np.testing.assert_allclose(found.get(), wanted, rtol=bound, atol=bound * np.max(np.abs(wanted)))


@pytest.fixture
def made(monkeypatch):
    """What reductions are made of from here on."""
    found = {}
    make = cp.BACKEND.reduction

    def reduction(name, inputs, output, each, *rest):
        kernel = make(name, inputs, output, each, *rest)
        found[(*inputs, output, each, *rest)] = kernel, inputs, output, each, *rest
        return kernel

    deferred.forget()
    monkeypatch.setattr(cp.BACKEND, "reduction", reduction)
    return found


def test_the_text_of_a_reduction_is_c(made, tmp_path):
    """A compiler takes all of them; what is computed of each element, and of two of those, is NumPy's."""
    for f in STEPS.values():
        for kind in (np.float64, np.float32):
            for derivative in WAYS.values():
                derivative(f, cp.asarray(POINTS.astype(kind)))
    assert len(made) > 20
    bodies = []
    for _, inputs, output, each, reduce, identity, before in made.values():
        lines = [f"{IN_C[one.split()[0]]} {one.split()[1]} = *({IN_C[one.split()[0]]} *)in[{j}];"
                 for j, one in enumerate(inputs)]  # fmt: skip
        kind = IN_C[output.split()[0]]
        lines += [f"{kind} b = {identity}, a = {each};", f"*({kind} *)in[{len(inputs)}] = {reduce};"]
        bodies.append((before, lines))
    loaded, rng = compiled(bodies, tmp_path), np.random.default_rng(0)
    for k, (kernel, inputs, output, *_) in enumerate(made.values()):
        kinds = [one.split()[0] for one in inputs]
        given = [np.asarray(rng.uniform(0.3, 0.9) > 0.6 * (kind == "bool")).astype(kind) if kind == "bool"
                 else np.asarray(rng.uniform(0.3, 0.9)).astype(kind) for kind in kinds]  # fmt: skip
        found = np.zeros((), output.split()[0])
        pointers = [x.ctypes.data_as(ctypes.c_void_p) for x in (*given, found)]
        getattr(loaded, f"k{k}")((ctypes.c_void_p * len(pointers))(*pointers))
        wanted = kernel(*map(cp.asarray, given), axis=None, keepdims=False).get()
        bound = 1e-12 if found.dtype == np.float64 else 1e-4
        np.testing.assert_allclose(found, wanted, rtol=bound, atol=bound)


def test_a_reduction_of_the_stand_in():
    squares = cp.ReductionKernel("T x, T y", "T z", "x * y", "a + b", "z = a", "0", "dotted")
    x = cp.asarray(POINTS)
    cp.launches = 0
    found = squares(x, x, axis=1)
    assert cp.launches == 1
    np.testing.assert_allclose(found.get(), np.sum(POINTS**2, axis=1))
    with pytest.raises(NotImplementedError, match="odd"):
        cp.ReductionKernel("T x", "T z", "x", "a - b", "z = a", "0", "odd")(x)


def scaled(x):
    return np.sum(x) * x


def test_a_step_that_writes_or_reads_is_made_as_ever():
    """Nothing of what was noted before may be lost, or be noted of what is there later."""

    def written(d, x, out):
        first = d * np.sum(x)
        d = d + 0.0
        later = 2.0 * d
        d[0] = 0.0
        return first + x * np.sum(later / 2) + 0.0 * d

    rule = differential(scaled, written)
    try:
        x, v = np.array([1.0, 2.0, 4.0]), np.array([0.3, -1.0, 2.0])
        wanted = hoad.jvp(lambda x: np.sum(x) * x, (x,), (v,))[1]
        for _ in range(2):
            found = hoad.jvp(rule, (cp.asarray(x),), (cp.asarray(v),))[1]
            np.testing.assert_allclose(found.get(), wanted)
    finally:
        remove_rule(scaled)


def test_errors_of_a_step_are_its_own():
    singular = cp.asarray(np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError):
        hoad.jvp(np.linalg.inv, (singular,), (singular,))


def test_only_some_rules_are_made_as_ever():
    """Those that read numbers, or write: what else is refused is a launch for each of its calls."""
    deferred.forget()
    for f in STEPS.values():
        for derivative in WAYS.values():
            derivative(f, cp.asarray(POINTS))
    assert {rule.name for rule, _ in deferred._refusing} <= {
        "det", "scatter", "one triangle", "getitem", "solve", "take", "eigh", "svd",
    }  # fmt: skip


def test_compositions_that_are_one_operation():
    """They are it on a device only, and of numbers, arrays and words that are known."""
    x = cp.asarray(POINTS)
    rules = lambda: len(grouped._scalars)
    hoad.grad(lambda x: np.sum(np.clip(x, 0.1, 0.5)), x)
    before = rules()
    hoad.grad(lambda x: np.sum(np.clip(x, 0.2, 0.7)), x)
    hoad.grad(lambda x: np.sum(np.clip(x, 0.2, 0.7)), POINTS)
    assert rules() == before
    with pytest.raises(TypeError, match="where"):
        hoad.grad(lambda x: np.sum(np.clip(x, 0.1, 0.5, where=x > 0)), x)


GROUPED = {
    "limits": lambda x: np.clip(x, -1, 1) * x,
    "limits that depend on it": lambda x: np.clip(x, np.sin(x), 2 * x),
    "limits within limits": lambda x: np.exp(np.clip(np.clip(x, -9, 9) * x, -5, 5)),
    "no nan": lambda x: np.nan_to_num(x) ** 2,
}


@pytest.mark.parametrize("name", GROUPED)
def test_with_care_compositions_of_one_launch_have_their_derivatives(name):
    """There are no kernels then: the partials are those of the composition, which asked for itself."""
    f, x = GROUPED[name], np.array([0.3, -0.7, 1.5, -2.0])
    total = lambda x: np.sum(f(x))
    with hoad.careful():
        for derivative in (
            lambda x: hoad.jacobian(f, x, mode="forward"),
            lambda x: hoad.jacobian(f, x, mode="reverse"),
            lambda x: hoad.hessian(total, x),
            lambda x: hoad.hvp(total, x, x),
        ):
            np.testing.assert_allclose(derivative(cp.asarray(x)).get(), derivative(x), rtol=1e-12)


@pytest.mark.parametrize("name", ["largest", "deviation"])
def test_steps_give_their_arrays_back_at_once(name):
    """Without a collection of circles: the memory is the device's, of which Python knows nothing."""
    f = {"largest": lambda x: np.max(x * x), "deviation": lambda x: np.sum(x[1:] * x[:-1]) + np.std(x)}[name]
    x = cp.asarray(np.linspace(0.1, 1.0, 50))
    hoad.hessian(f, x)
    gc.collect()
    gc.disable()
    try:
        before = memory.used[0]
        for derivative in (hoad.grad, hoad.hessian, lambda f, x: hoad.hvp(f, x, x)):
            derivative(f, x)
            assert memory.used[0] == before
    finally:
        gc.enable()
