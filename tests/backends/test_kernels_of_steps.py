"""Steps of a derivative in one launch: what their kernels are, and when there is none."""

import ctypes

import numpy as np
import pytest
import scipy.special as sc
import texts_of_kernels
from texts_of_kernels import IN_C

import hoad
from hoad import strong, tape
from hoad.chainrules import remove_rule, scalar_rule
from hoad.fast import forms, jets, kernels
from hoad.testing import device as cp
from hoad.values.shapes import is_complex

POINTS = np.linspace(0.2, 0.9, 5)
DATA = np.linspace(1.5, 2.5, 5)
FUNCTIONS = {
    "one argument": lambda x, c: (
        np.exp(np.sin(x)) * np.log(x) + np.tanh(x) / np.cosh(x) + np.arcsin(x) * np.sqrt(x) + np.arctan(x)
    ),
    "roots and logarithms": lambda x, c: (
        np.cbrt(x) * np.log1p(x) + np.expm1(x) * np.exp2(x) + np.log2(x) * np.log10(x) + np.arcsinh(x)
    ),
    "two arguments": lambda x, c: np.arctan2(x, x * x) + np.hypot(x, np.cos(x)) + x / np.sin(x) - x * x,
    "numbers": lambda x, c: (2.0 - x) * (3 / x) + (x - 1) * (x / 4) + x**3 + x**0.5 + 2.0**x - x**-1.5,
    "data": lambda x, c: (c - x) * (c / x) + (x - c) * (x / c) + x**c + c**x + np.arctan2(c, x),
    "powers": lambda x, c: x**0 + x**1 + x**2 + x**-2 + x**2.5,
    "the same twice": lambda x, c: x * x + x / x + np.arctan2(x, x) + x**x,
    "choices": lambda x, c: (
        np.where(x > 0.5, x, x * x) + np.abs(x - 0.5) * np.maximum(x, c - 1) + np.clip(x, 0.3, 0.7)
    ),
    "steps": lambda x, c: (
        np.sign(x - 0.5) * x + np.floor(3 * x) * x + np.round(4 * x) * x + np.heaviside(x - 0.5, x)
    ),
    "remainders": lambda x, c: (
        np.remainder(x, 0.3) + np.fmod(c, x) + np.copysign(x, x - 0.5) + np.fmax(x, c - 1.2)
    ),
    "logarithms of sums": lambda x, c: (
        np.logaddexp(x, x * x) * np.logaddexp2(x, c) + np.degrees(x) * np.deg2rad(x)
    ),
    "of SciPy's": lambda x, c: (
        sc.erf(x) * sc.erfc(x)
        + sc.ndtr(x) * sc.expit(x)
        + sc.log_expit(x) * sc.logit(x)
        + sc.xlogy(x, c)
        + sc.xlog1py(c, x)
        + sc.entr(x)
        + sc.rel_entr(x, c)
    ),
    "error functions": lambda x, c: sc.erfcx(x) * sc.log_ndtr(x) + sc.log_ndtr(-12 * x) * sc.erfcx(4 * x),
    "inverses": lambda x, c: sc.erfinv(x) * sc.erfcinv(x) + sc.ndtri(x),
    "beta functions": lambda x, c: sc.betaln(x, c) * sc.betaln(x, x) + sc.beta(c, x) * sc.beta(x, x),
    "gamma functions": lambda x, c: sc.gammaln(x) * sc.psi(x + 0.5) + sc.gamma(x),
    "sin(pi x) / (pi x)": lambda x, c: np.sinc(x) * x,
    "what has fewer axes": lambda x, c: x * x[0] + x / c[1] + np.maximum(x, x[2:3]) * np.sin(np.sum(x)),
}
COMPLEX_FUNCTIONS = {
    "powers": lambda z, c: (
        np.exp(z) * np.log(z) + np.sqrt(z) * np.sin(z) / np.cos(z) + z**3 + 2.0**z - z**-1.5
    ),
    "parts": lambda z, c: np.conj(z) * z + np.real(z) * np.sinh(z) + np.imag(z) * np.cosh(z) + np.abs(z) * z,
    "choices": lambda z, c: (
        np.where(np.real(z) > 0.5, z, z * z) * np.tanh(z) + np.tan(z) * c + (1 + 2j) * z / c
    ),
}
BOUNDS = {"float64": 2e-13, "float32": 3e-5, "complex128": 2e-13, "complex64": 3e-5}
TURN = {"c": 1 + 0.3j, "f": 1}  # from real points to others
COMPLEX_WAYS = {
    "jvp": lambda f, x: hoad.jvp(f, (x,), (x,))[1],
    "gradient": lambda f, x: hoad.grad(lambda x: np.sum(np.real(f(x))), x),
    "hvp": lambda f, x: hoad.hvp(lambda x: np.sum(np.real(f(x) * np.cos(x))), x, x),
}
WAYS = {
    "jvp": lambda f, x: hoad.jvp(f, (x,), (x,))[1],
    "gradient": lambda f, x: hoad.grad(lambda x: np.sum(f(x)), x),
    "hvp": lambda f, x: hoad.hvp(lambda x: np.sum(f(x) * np.cos(x)), x, x),
    "Hessian": lambda f, x: hoad.hessian(lambda x: np.sum(f(x) * np.cos(x)), x),
    "Jacobian": lambda f, x: hoad.jacobian(f, x),
    "Hessian of a matrix": lambda f, x: hoad.hessian(lambda x: np.sum(f(x)[None] * x[:, None]), x),
    "third derivative": lambda f, x: hoad.derivative(f, x, 3),
    "gradient of a jvp": lambda f, x: hoad.grad(lambda x: np.sum(hoad.jvp(f, (x,), (x,))[1]), x),
}


CASES = [(f, way, kind) for f in FUNCTIONS for way in WAYS for kind in ("float64", "float32")]
CASES = [
    one for one in CASES if one[:2] != ("what has fewer axes", "third derivative")
]  # which is of numbers
CASES += [
    (f, way, kind) for f in COMPLEX_FUNCTIONS for way in COMPLEX_WAYS for kind in ("complex128", "complex64")
]


def case(name, way, kind):
    """The function, the derivative, points and data."""
    of_kind = np.dtype(kind).kind
    functions, ways = (COMPLEX_FUNCTIONS, COMPLEX_WAYS) if of_kind == "c" else (FUNCTIONS, WAYS)
    points, data = [(v * TURN[of_kind]).astype(kind) for v in (POINTS, DATA)]
    return functions[name], ways[way], points, data


@pytest.fixture
def made(monkeypatch):
    """What kernels are made of from here on."""
    found = {}
    make = cp.BACKEND.elementwise

    def elementwise(name, inputs, outputs, body, preamble):
        kernel = make(name, inputs, outputs, body, preamble)
        if name != "hoad_in_places":  # which is no step: see test_pieces.py
            found[(name, *inputs, *outputs, body)] = kernel, inputs, outputs, body, preamble
        return kernel

    kernels.forget()
    jets.forget(np.sin, None)
    monkeypatch.setattr(cp.BACKEND, "elementwise", elementwise)
    return found


@pytest.mark.parametrize(("name", "way", "kind"), CASES)
def test_the_same_as_on_the_host(name, way, kind):
    f, derivative, points, data = case(name, way, kind)
    wide = np.result_type(kind, np.float64)
    wanted = derivative(lambda x: f(x, data.astype(wide)), points.astype(wide))
    x, c, bound = cp.asarray(points), cp.asarray(data), BOUNDS[kind]
    found = [derivative(lambda x: f(x, c), x) for _ in range(2)]
    for each in found:
        assert each.dtype == derivative(lambda x: f(x, data), points).dtype
        np.testing.assert_allclose(each.get(), wanted, rtol=bound, atol=bound * np.max(np.abs(wanted)))


def compiled(made, folder):
    """The kernels as functions of one element, by a compiler of C++."""
    bodies = []
    for _, inputs, outputs, body, before in made.values():
        given = [one.split() for one in (*inputs, *outputs)]
        lines = [f"{IN_C[kind]} {n} = *({IN_C[kind]} *)in[{j}];" for j, (kind, n) in enumerate(given)]
        taken = [
            f"*({IN_C[kind]} *)in[{len(inputs) + j}] = {n};"
            for j, (kind, n) in enumerate(given[len(inputs) :])
        ]
        bodies.append((before, [*lines, body, *taken]))
    return texts_of_kernels.compiled(bodies, folder)


@pytest.fixture
def marks(monkeypatch):
    """What tells zeros from others is of doubles, of which no two are the same: here, of the kind that
    is asked for, so that doubles of any other origin are seen.
    """

    def of_kind(kind):
        if kind in ("float32", "complex64"):
            made = lambda x, like=None: exact(x, like).astype("complex64" if is_complex(x) else "float32")
            for module in (tape, strong):
                monkeypatch.setattr(module, "generic", made)

    exact = tape.generic
    return of_kind


@pytest.mark.parametrize("kind", BOUNDS)
def test_their_text_is_c(made, marks, tmp_path, kind):
    """A compiler takes all of them, and they compute what NumPy does."""
    marks(kind)
    for name, way, own in CASES:
        if own == kind:
            f, derivative, points, data = case(name, way, kind)
            c = cp.asarray(data)
            derivative(lambda x, f=f, c=c: f(x, c), cp.asarray(points))
    assert len(made) > (100 if kind.startswith("f") else 50)
    loaded, rng = compiled(made, tmp_path), np.random.default_rng(0)
    bound = BOUNDS[kind] * 10
    for k, (kernel, inputs, outputs, body, _) in enumerate(made.values()):
        kinds = [one.split()[0] for one in (*inputs, *outputs)]
        assert kind in ("float64", "complex128") or not {"float64", "complex128"}.intersection(kinds)
        given = [drawn(rng, one.split()[0]) for one in inputs]
        found = [np.zeros((), one.split()[0]) for one in outputs]
        pointers = [x.ctypes.data_as(ctypes.c_void_p) for x in (*given, *found)]
        getattr(loaded, f"k{k}")((ctypes.c_void_p * len(pointers))(*pointers))
        wanted = [y.get() for y in kernel(*map(cp.asarray, given))]
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=bound, atol=bound, err_msg=body)


def drawn(rng, kind):
    """A number of a type."""
    x = rng.uniform(0.3, 0.9) * TURN.get(np.dtype(kind).kind, 1)
    return np.asarray(x > 0.6 if kind == "bool" else x).astype(kind)


def test_numbers_that_are_recorded_have_numbers_for_cotangents():
    """A factor that is one number gets the sum of the products."""
    x = cp.asarray(POINTS)
    g = hoad.grad(lambda p: np.sum(p["a"] * np.sin(p["x"]) / p["a"] ** 2), {"a": 2.0, "x": x})
    assert type(g["a"]) is float
    np.testing.assert_allclose(g["a"], -np.sum(np.sin(POINTS)) / 4, rtol=1e-14)
    change = hoad.hvp(lambda p: np.sum(p["a"] * p["x"] ** 2), {"a": 2.0, "x": x}, {"a": 1.0, "x": x})
    np.testing.assert_allclose(float(change["a"]), 2 * np.sum(POINTS**2), rtol=1e-14)


def test_other_numbers_have_no_kernels(made):
    x, whole = cp.asarray(POINTS), cp.asarray(np.arange(5))
    g = hoad.grad(lambda x: np.sum(x * whole), x)
    assert not made
    np.testing.assert_allclose(g.get(), np.arange(5.0), rtol=1e-15)


def test_who_looks_for_nan_gets_no_kernels(made):
    x = cp.asarray(POINTS)
    f = lambda x: np.sin(x) * np.exp(x)
    with hoad.careful():
        for derivative in WAYS.values():
            derivative(f, x)
    assert not made
    hoad.derivative(f, x, 2)
    assert made


EXTREMES = [
    0.0,
    -0.0,
    1e-310,
    1e-200,
    0.3,
    -20.0,
    300.0,
    -710.0,
    1e150,
    -1e160,
    1e300,
    np.inf,
    -np.inf,
    np.nan,
]


def test_where_numbers_end(monkeypatch):
    """At the ends of their range kernels give what the steps give, or a zero where those have nan."""
    x, c = cp.asarray(EXTREMES), cp.asarray(EXTREMES[3:] + EXTREMES[:3])
    functions = [f for f in forms.NAMES if isinstance(f, np.ufunc) and f.nin == 1]
    for f in (np.arctan2, np.hypot, np.power, np.divide, np.multiply):
        functions += [lambda x, f=f: f(x, c), lambda x, f=f: f(1.5, x), lambda x, f=f: f(x, np.sin(x) + 2)]
    ways = [WAYS[name] for name in ("jvp", "gradient", "third derivative")]
    ways.append(lambda f, x: hoad.hvp(lambda x: np.sum(f(x)), x, cp.ones(len(EXTREMES))))

    def all_of_them():
        with np.errstate(all="ignore"):
            return np.array([way(f, x).get() for f in functions for way in ways])

    found = all_of_them()
    monkeypatch.setattr(type(cp.BACKEND), "fuses", False)
    wanted = all_of_them()
    np.testing.assert_allclose(found[~np.isnan(wanted)], wanted[~np.isnan(wanted)], rtol=1e-12)
    rest = found[np.isnan(wanted)]
    assert np.all(np.isnan(rest) | (rest == 0))
    assert np.mean(np.isnan(rest)) > 0.9


def test_a_library_without_kernels_has_none(made, monkeypatch):
    monkeypatch.delattr(cp, "ElementwiseKernel")
    monkeypatch.setattr(cp, "MISSING", cp.MISSING | {"ElementwiseKernel"})
    x = cp.asarray(POINTS)
    for derivative in WAYS.values():
        derivative(np.sin, x)
    assert not made


def test_a_rule_that_is_stated_anew_is_what_kernels_compute():
    x = cp.asarray(POINTS)
    g = hoad.grad(lambda x: np.sum(np.sin(x)), x)
    scalar_rule(np.sin, lambda x, out: 3 * np.cos(x))
    try:
        again = hoad.grad(lambda x: np.sum(np.sin(x)), x)
        jvp = hoad.jvp(np.sin, (x,), (cp.ones(5),))[1]
    finally:
        remove_rule(np.sin)
    np.testing.assert_allclose(again.get(), 3 * g.get(), rtol=1e-15)
    np.testing.assert_allclose(jvp.get(), 3 * g.get(), rtol=1e-15)


def test_a_tangent_of_zero_stays_zero():
    """Where the partial is infinite, too; what is nan on the host is nan."""
    x, v = np.array([0.0, 0.0, 4.0]), np.array([0.0, 1.0, 1.0])
    for f in (np.sqrt, np.log, lambda x: x**0.5, lambda x: 1 / x, lambda x: np.sqrt(x) * x, np.cbrt):
        with np.errstate(all="ignore"):
            wanted = hoad.jvp(f, (x,), (v,))[1]
            found = hoad.jvp(f, (cp.asarray(x),), (cp.asarray(v),))[1]
        np.testing.assert_array_equal(found.get(), wanted)


POWERS = {
    "x**x": lambda x: x**x,
    "x**(x*x)": lambda x: x ** (x * x),
    "(x*x)**x": lambda x: (x * x) ** x,
    "x**(2 x)": lambda x: x ** (2 * x),
    "x**(1 + x)": lambda x: x ** (1 + x),
    "x**c": lambda x: (1.5 * x) ** (2.5 + 0 * x),
    "(2 + x)**(x*x)": lambda x: (2 + x) ** (x * x),
}


@pytest.mark.parametrize("name", POWERS)
def test_powers_at_zero_are_as_on_the_host(name):
    """Of second order, too, where the host goes another way since there is nan in the first."""
    f, x, ones = POWERS[name], np.array([0.0, 0.5, 2.0, -0.0, 1e-200, np.inf]), np.ones(6)
    ways = {
        "gradient": lambda x, v: hoad.grad(lambda x: np.sum(f(x)), x),
        "jvp": lambda x, v: hoad.jvp(f, (x,), (v,))[1],
        "hvp": lambda x, v: hoad.hvp(lambda x: np.sum(f(x)), x, v),
        "Hessian": lambda x, v: hoad.hessian(lambda x: np.sum(f(x)), x).diagonal(),
        "second derivative": lambda x, v: hoad.derivative(f, x, 2),
    }
    with np.errstate(all="ignore"):
        for way, d in ways.items():
            found = d(cp.asarray(x), cp.asarray(ones))
            np.testing.assert_allclose(found.get(), d(x, ones), rtol=1e-13, err_msg=way)


def test_rules_of_users_may_ask_for_shapes(made):
    """What is right for arrays of one size is not for numbers, which wires are."""

    def share(x):
        return x * x / x.size

    rule = scalar_rule(share, lambda x, out: 2 * x / x.size)
    try:
        f = lambda x: rule(x) * rule(x)
        for name, derivative in WAYS.items():
            found, wanted = derivative(f, cp.asarray(POINTS)), derivative(f, POINTS)
            np.testing.assert_allclose(found.get(), wanted, rtol=1e-14, err_msg=name)
    finally:
        remove_rule(share)


def test_what_is_written_into_reaches_nobody_else():
    """Tangents of several values may not be one array."""
    x = cp.asarray(POINTS)

    def f(x):
        y = 1 + x
        y[0] = 0.0
        return y * x

    _, change = hoad.jvp(f, (x,), (cp.ones(5),))
    wanted = hoad.jvp(f, (POINTS,), (np.ones(5),))[1]
    np.testing.assert_allclose(change.get(), wanted, rtol=1e-15)
