"""What users of the Julia systems complain of: for each a case that another system gets wrong, and the right
answer.
"""

import copy
import dataclasses
import linecache
import sys
from concurrent.futures import ThreadPoolExecutor

import mpmath
import numpy as np
import pytest
import scipy.special
from features import row

import hoad
from hoad.errors import EscapeError, HoadError, MissingRuleError, NonScalarOutputError

SYSTEM = "Complaints"
MODES = ("forward", "reverse")
NESTINGS = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]


@pytest.mark.as_written
@row(
    SYSTEM,
    "3.1 array mutation",
    "out[i] = x, out += x, views, np.copyto",
    "as in NumPy, in every mode; into a plain float array an error with the fix",
)
def test_mutation():
    def f(x):
        out = np.zeros_like(x)
        out[0] = x[0]
        for k in range(1, len(x)):
            out[k] = out[k - 1] * x[k]
        tail = out[1:]  # a view
        tail *= 2.0
        x[0] = 5.0  # the input, overwritten after it was read
        return np.sum(out) + x[0]

    x = np.array([2.0, 3.0, 4.0])
    for mode in MODES:
        assert hoad.jacobian(f, x, mode=mode).tolist() == [1.0 + 6.0 + 24.0, 4.0 + 16.0, 12.0]
    for mode in NESTINGS:
        assert hoad.hessian(f, x, mode=mode)[0].tolist() == [0.0, 10.0, 6.0]
    assert x.tolist() == [2.0, 3.0, 4.0]

    def into_plain(x):
        out = np.zeros(3)
        out[0] = x[0]
        return np.sum(out)

    with pytest.raises(EscapeError, match="zeros_like") as caught:
        hoad.gradient(into_plain, x)
    assert "setting an array element" in str(caught.value.__cause__)  # NumPy's own


@row(SYSTEM, "3.2 try and except", "try: … except: …", "works where something is thrown, too")
def test_exceptions():
    def f(x):
        try:
            if x > 1:
                raise ValueError(x)
            return x
        except ValueError as error:
            return error.args[0] ** 2
        finally:
            x = None

    for mode in MODES:
        assert hoad.jacobian(f, 3.0, mode=mode) == 6.0
        assert hoad.jacobian(f, 0.5, mode=mode) == 1.0
    assert hoad.hessian(f, 3.0) == 2.0

    def inner_fails(x):  # a derivative that is broken off leaves nothing behind
        try:
            hoad.grad(lambda y: y[5], np.ones(2))
        except (HoadError, IndexError):
            return x * 2
        return x

    assert hoad.gradient(inner_fails, 1.0) == 2.0


@row(
    SYSTEM,
    "3.3 second order silently wrong",
    "hoad.hessian(f, x, mode=…)",
    "all nestings agree, of functions that differentiate inside too",
)
@pytest.mark.parametrize("mode", NESTINGS)
def test_second_order(mode):
    def energy(x):  # Zygote over ForwardDiff drops what the inner function closes over
        force = hoad.jacobian(lambda q: np.sum(q * x) ** 2, np.ones(2), mode="forward")
        return np.sum(force**2)

    # force = 2 (x0 + x1) x, so the energy is 4 s² (x0² + x1²)
    a, b = 1.0, 2.0
    s, r = a + b, a * a + b * b
    exact = 8 * np.array(
        [[r + 4 * s * a + s * s, r + 2 * s * (a + b)], [r + 2 * s * (a + b), r + 4 * s * b + s * s]]
    )
    np.testing.assert_allclose(hoad.hessian(energy, np.array([a, b]), mode=mode), exact, rtol=1e-14)
    assert hoad.hessian(lambda x: x**4, 2.0, mode=mode) == 48.0
    assert hoad.derivative(hoad.grad(hoad.grad(lambda x: x**4)), 2.0) == 48.0  # third order


@row(SYSTEM, "3.4 nothing for a gradient", "zeros", "of the shape and type of the argument, every key kept")
def test_zeros():
    g = hoad.gradient(lambda p: p["a"] ** 2, {"a": 3.0, "unused": np.ones(2), "flag": True, "text": "t"})
    assert g["a"] == 6.0
    assert g["unused"].tolist() == [0.0, 0.0]
    assert (g["flag"], g["text"]) == (True, "t")
    assert hoad.gradient(lambda x, y: x, 1.0, np.ones(2))[1].tolist() == [0.0, 0.0]
    assert hoad.gradient(lambda x: 3.0, 1.0) == 0.0
    assert hoad.hessian(lambda x: np.sum(x), np.ones(2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert hoad.jacobian(lambda x: np.ones(2), 1.0).tolist() == [0.0, 0.0]


@row(
    SYSTEM,
    "3.5 perturbation confusion",
    "automatic",
    "a fresh number for every derivative; a function that is returned gets another at each call",
)
def test_confusion():
    d = hoad.derivative
    assert d(lambda x: x * d(lambda y: x + y, 1.0), 1.0) == 1.0
    assert d(lambda x: x * d(lambda y: x * y**2, 2.0), 3.0) == 24.0
    # Manzyuk and others, the Amazing Bug: s(u)(f)(x) = f(x + u)
    shift = lambda u: lambda f: lambda x: f(x + u)
    once = d(shift, 0.0)  # f -> f'
    assert once(once(lambda x: x**3))(2.0) == 12.0
    assert hoad.derivative(lambda x: once(np.sin)(x), 1.0) == -np.sin(1.0)
    # the same by two instances of one function object
    square = lambda y: y * y
    assert d(lambda x: d(square, x) * x, 3.0) == 12.0


@row(
    SYSTEM,
    "3.6 compile latency",
    "nothing to compile",
    "a function is run once for its first gradient, and code is written once for a rule, not for a function",
)
def test_nothing_is_compiled_for_a_function():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(np.sin(x) * x)

    hoad.gradient(f, np.ones(3))
    assert len(calls) == 1
    hoad.gradient(lambda x: np.sum(np.sin(x) * x + 0.0), np.ones(3))
    written = len(linecache.cache)
    for k in range(20):
        hoad.gradient(lambda x, k=k: np.sum(np.sin(x) * x + k), np.ones(3))
    assert len(linecache.cache) == written


@row(SYSTEM, "3.7 indexing in a loop", "x[i]", "cotangents of entries go into one buffer")
def test_indexing_costs_no_array_each(monkeypatch):
    n, big = 2000, []

    def counted(make):
        def make_and_count(*args, **kwargs):
            made = make(*args, **kwargs)
            big.extend([make.__name__] if np.size(made) >= n else [])
            return made

        return make_and_count

    def f(x):
        total = 0.0
        for k in range(n):
            total = total + x[k] * x[k]
        return total

    x = np.linspace(0.0, 1.0, n)
    for name in ("zeros", "zeros_like", "bincount"):
        monkeypatch.setattr(np, name, counted(getattr(np, name)))
    g = hoad.gradient(f, x)
    np.testing.assert_allclose(g, 2 * x, rtol=1e-15)
    assert len(big) < 10


@row(
    SYSTEM,
    "3.8 exponential growth, recursion limits",
    "hoad.derivative(f, x, n), loops of any length",
    "each operation is swept once; the n-th derivative costs n², not 2ⁿ",
)
def test_growth():
    def shared(x):  # each value used twice: 2^60 paths
        for _ in range(60):
            x = x * 0.5 + x * 0.5
        return x

    assert hoad.gradient(shared, 1.0) == 1.0

    def deep(x):
        for _ in range(5 * sys.getrecursionlimit()):
            x = x + 1e-3 * np.sin(x)
        return x

    assert np.isfinite(hoad.gradient(deep, 1.0))
    calls = []
    found = hoad.derivative(lambda x: calls.append(1) or np.exp(np.sin(x)), 0.0, n=20)
    exact = mpmath.taylor(lambda x: mpmath.exp(mpmath.sin(x)), 0, 20)[20] * mpmath.factorial(20)
    assert found == pytest.approx(float(exact), rel=1e-13)
    assert len(calls) == 1


@row(
    SYSTEM,
    "3.10 mutable objects and dictionaries",
    "obj.a = x, d[k] = x",
    "ordinary objects; what is kept from a derivative is a number afterwards",
)
def test_mutable_objects():
    @dataclasses.dataclass
    class State:
        x: float
        history: list

    def run(s):
        for _ in range(3):
            s.x = s.x * s.x
            s.history.append(s.x)
        return s.x + s.history[0]

    start = State(1.5, [])
    assert hoad.gradient(run, start).x == pytest.approx(8 * 1.5**7 + 2 * 1.5, rel=1e-15)
    assert start == State(1.5, [])
    cache = {}

    def memo(x):
        cache.setdefault("square", x * x)
        return cache["square"] * x

    assert hoad.gradient(memo, 3.0) == 27.0
    assert hoad.gradient(memo, 3.0) == 9.0  # the cache holds a number now
    assert copy.deepcopy(cache)["square"] == 9.0


@row(
    SYSTEM,
    "3.11 complex numbers",
    "hoad.gradient(f, z)",
    "∂/∂Re + i ∂/∂Im; second order through complex values",
)
def test_complex():
    f = lambda x: np.real(np.exp(1j * x))  # ForwardDiff: wrong at 0, by comparing imag with 0
    for mode in NESTINGS:
        assert hoad.hessian(f, 0.0, mode=mode) == -1.0
        h = hoad.hessian(lambda x: np.abs(x[0] + 1j * x[1]) ** 2, np.array([1.0, 2.0]), mode=mode)
        np.testing.assert_allclose(h, 2 * np.eye(2), atol=1e-15)
    assert hoad.gradient(lambda z: np.abs(z), 3 + 4j) == pytest.approx(0.6 + 0.8j)
    assert isinstance(hoad.gradient(lambda x: np.abs(x * 1j), 2.0), float)
    assert hoad.derivative(lambda z: z**2 / (1 + z), 1j, holomorphic=True) == pytest.approx(
        1j * (2 + 1j) / (1 + 1j) ** 2
    )


@row(
    SYSTEM,
    "3.12 nan at singular points",
    "np.sqrt, np.linalg.norm, x**n, np.prod, np.where",
    "finite, and right",
)
def test_singular_points():
    g = hoad.gradient
    for mode in NESTINGS:
        assert hoad.hessian(lambda x: x**2, 0.0, mode=mode) == 2.0
        assert hoad.hessian(lambda x: x**1, 0.0, mode=mode) == 0.0
    assert g(lambda x: np.sqrt(x**2), 0.0) == 0.0
    assert g(lambda x: np.linalg.norm(x) ** 2, np.zeros(2)).tolist() == [0.0, 0.0]
    assert g(np.linalg.norm, np.zeros(2)).tolist() == [0.0, 0.0]
    assert hoad.derivatives(lambda x: x**3, 0.0, 5) == [0.0, 0.0, 0.0, 6.0, 0.0, 0.0]
    assert g(np.prod, np.array([0.0, 2.0, 3.0])).tolist() == [6.0, 0.0, 0.0]
    assert hoad.hessian(np.prod, np.array([0.0, 0.0, 3.0]))[0].tolist() == [0.0, 3.0, 0.0]
    assert g(lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0) == 0.0
    assert g(lambda x: np.minimum(1.0, 1 / x), 0.0) == 0.0  # the branch that was not taken is infinite


@row(
    SYSTEM,
    "3.13 abs and ties",
    "np.abs, np.maximum, np.max",
    "one policy: [kinks](kinks.md); ties are split evenly",
)
def test_kinks():
    for mode in MODES:
        j = lambda f, x, mode=mode: np.asarray(hoad.jacobian(f, x, mode=mode)).tolist()
        assert j(np.abs, 0.0) == 0.0
        assert j(lambda x: np.abs(x) ** 2, 0.0) == 0.0
        assert j(lambda x: np.maximum(x, x), 1.0) == 1.0
        assert j(lambda x: np.maximum(x, 0.0), 0.0) == 0.5
        assert j(np.max, np.array([1.0, 3.0, 3.0])) == [0.0, 0.5, 0.5]


@row(
    SYSTEM,
    "3.14 equality of traced numbers",
    "x == 0",
    "of the values; no rule of hoad's takes a shortcut by it that would lose a derivative",
)
def test_equality():
    assert hoad.gradient(lambda x: x * 3 if x == 0 else x, 0.0) == 3.0
    # shortcuts for zeros in libraries drop derivatives: a triangular determinant, a diagonal solve
    a = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert hoad.gradient(np.linalg.det, a).tolist() == [[2.0, 0.0], [0.0, 1.0]]
    h = hoad.hessian(np.linalg.det, a)
    assert h[0, 1, 1, 0] == -1.0
    np.testing.assert_allclose(
        hoad.jacobian(lambda a: np.linalg.solve(a, np.ones(2)), a)[0], [[-1.0, -0.5], [0.0, 0.0]], rtol=1e-15
    )
    assert hoad.gradient(lambda x: np.power(x, 0), 0.0) == 0.0
    assert hoad.gradient(lambda x: x[0] * x[1], np.zeros(2)).tolist() == [0.0, 0.0]
    assert hoad.hessian(lambda x: x[0] * x[1], np.zeros(2)).tolist() == [[0.0, 1.0], [1.0, 0.0]]


@row(
    SYSTEM,
    "3.15 generic code",
    "any NumPy code",
    "nothing to declare: annotations are for the reader; any number of arguments",
)
def test_code_need_not_be_generic():
    def annotated(x: np.ndarray, k: float = 2.0, *, axis: int = 0) -> np.ndarray:
        total: float = 0.0
        for line in np.atleast_2d(x):
            total += float(k) * np.sum(line, axis=axis)
        return total

    assert hoad.gradient(annotated, np.ones(3)).tolist() == [2.0, 2.0, 2.0]
    assert hoad.grad(annotated, np.ones(3), 5.0, argnums=0, axis=0).tolist() == [5.0, 5.0, 5.0]
    assert hoad.grad(lambda a, b, c: a * b * c, 2.0, 3.0, 4.0, argnums=(0, 2)) == (12.0, 6.0)


@row(SYSTEM, "3.16 threads", "any number of derivatives at once", "no lock, no state of a thread")
def test_threads():
    def work(k):
        x = np.full(3, float(k))
        return hoad.hessian(lambda x: np.sum(x**3), x)[0, 0], hoad.derivative(lambda t: t**k, 2.0, n=2)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, [2, 3, 4, 5] * 25))
    assert found == [(6.0 * k, k * (k - 1) * 2.0 ** (k - 2)) for k in [2, 3, 4, 5] * 25]

    def across(x):
        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(lambda k: hoad.derivative(lambda y: x * y**k, 2.0), range(1, 5)))

    assert hoad.gradient(across, 3.0) == 1.0 + 4.0 + 12.0 + 32.0


@row(
    SYSTEM,
    "3.17 orientation of the Jacobian",
    "hoad.jacobian(f, x)",
    "output shape followed by input shape, always",
)
@pytest.mark.parametrize("mode", MODES)
def test_orientation(mode):
    x = np.arange(6.0).reshape(2, 3)
    j = hoad.jacobian(lambda x: np.concatenate([x.sum(axis=0), x[0, :1] * 2]), x, mode=mode)
    assert j.shape == (4, 2, 3)
    assert j[3].tolist() == [[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert hoad.jacobian(lambda x: x[:, :2], x, mode=mode).shape == (2, 2, 2, 3)
    assert hoad.jacobian(lambda t: np.ones((2, 3)) * t, 1.0, mode=mode).shape == (2, 3)
    assert hoad.jacobian(lambda x: np.sum(x), x, mode=mode).shape == (2, 3)


@row(SYSTEM, "3.18 inputs changed", "f(x) that writes into x", "the caller's arrays stay as they were")
def test_inputs_stay():
    x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    other = {"w": np.ones(2)}

    def f(x, p):
        x *= 2
        p["w"][0] = x[1]
        p["new"] = x
        return np.sum(x**2) * p["w"][0]

    gx, gp = hoad.grad(f, x, other, argnums=(0, 1))  # 8 x1 (x0² + x1²), and w0 is overwritten
    assert gx.tolist() == [32.0, 104.0]
    assert gp["w"].tolist() == [0.0, 0.0]
    hoad.jacobian(lambda x: f(x, {"w": np.ones_like(x)}), x, mode="forward")
    hoad.hessian(lambda x: f(x, {"w": np.ones_like(x)}), x)
    assert x.tolist() == [1.0, 2.0]
    assert list(other) == ["w"]
    assert other["w"].tolist() == [1.0, 1.0]
    _, pullback = hoad.vjp(lambda x: x * 2, x)
    g = pullback(v)[0]
    g[...] = 7.0  # what is returned is the caller's own
    assert v.tolist() == [1.0, 0.0]
    assert pullback(v)[0].tolist() == [2.0, 0.0]


@row(
    SYSTEM,
    "3.21 prepared objects misused",
    "nothing is prepared",
    "branches are taken anew in each call; a pullback can be called again, after the inputs changed too",
)
def test_nothing_goes_stale():
    f = hoad.grad(lambda x: x**2 if x > 0 else -x)
    assert [f(2.0), f(-2.0), f(3)] == [4.0, -1.0, 6.0]
    g = hoad.grad(lambda x: np.sum(x**2))
    assert g(np.ones(2)).shape == (2,)
    assert g(np.ones((3, 1))).shape == (3, 1)
    x = np.array([1.0, 2.0])
    _, pullback = hoad.vjp(lambda x: np.sum(x**2), x)
    x[:] = 100.0
    assert pullback(1.0)[0].tolist() == pullback(1.0)[0].tolist() == [2.0, 4.0]


@row(
    SYSTEM,
    "3.23 opaque errors",
    "hoad.errors",
    "each names the value, the cause and what to type; the traceback ends near the user's line",
)
def test_errors_are_clear():
    def user_line(x):
        return scipy.special.kolmogorov(x) * 2

    with pytest.raises(NonScalarOutputError, match=r"array|shape.*jacobian"):
        hoad.gradient(lambda x: x, np.ones(2))
    with pytest.raises(MissingRuleError, match=r"hoad\.chainrules") as caught:
        hoad.gradient(lambda x: np.sum(scipy.special.kolmogorov(x)), np.ones(2))
    assert caught.value.__cause__ is None
    with pytest.raises(MissingRuleError) as caught:
        hoad.gradient(lambda x: np.sum(user_line(x)), np.eye(2))
    frames = [entry.name for entry in caught.traceback]
    assert "user_line" in frames
    assert len(frames) - frames.index("user_line") < 6
