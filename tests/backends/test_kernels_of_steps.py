"""Steps of a derivative in one launch: what their kernels are, and when there is none."""

import ctypes
import subprocess

import numpy as np
import pytest

import hoad
from hoad.chainrules import remove_rule, scalar_rule
from hoad.fast import jets, kernels
from hoad.testing import device as cp
from hoad.testing.raw_module import compiler

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
    "what has no kernel": lambda x, c: np.where(x > 0.5, x, x * x) + np.abs(x - 0.5) * np.maximum(x, c - 1),
}
BOUNDS = {"float64": 2e-13, "float32": 3e-5}
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


@pytest.fixture
def made(monkeypatch):
    """What kernels are made of from here on."""
    found = {}
    make = cp.BACKEND.elementwise

    def elementwise(name, inputs, outputs, body, preamble, kind):
        found[(name, *inputs, *outputs, body)] = name, inputs, outputs, body, kind
        return make(name, inputs, outputs, body, preamble, kind)

    kernels.forget()
    jets.forget(np.sin, None)
    monkeypatch.setattr(cp.BACKEND, "elementwise", elementwise)
    return found


@pytest.mark.parametrize("kind", BOUNDS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_as_on_the_host(name, way, kind):
    f, derivative = FUNCTIONS[name], WAYS[way]
    points, data, bound = POINTS.astype(kind), DATA.astype(kind), BOUNDS[kind]
    wanted = derivative(lambda x: f(x, DATA), POINTS)
    x, c = cp.asarray(points), cp.asarray(data)
    found = [derivative(lambda x: f(x, c), x) for _ in range(2)]
    for each in found:
        assert each.dtype == derivative(lambda x: f(x, data), points).dtype
        np.testing.assert_allclose(each.get(), wanted, rtol=bound, atol=bound * np.max(np.abs(wanted)))


@pytest.mark.parametrize("kind", BOUNDS)
def test_their_text_is_c(made, tmp_path, kind):
    """A C compiler takes all of them, and they compute what NumPy does."""
    number, bound = {"float64": "double", "float32": "float"}[kind], BOUNDS[kind] * 10
    x, c = cp.asarray(POINTS.astype(kind)), cp.asarray(DATA.astype(kind))
    for f in FUNCTIONS.values():
        for derivative in WAYS.values():
            derivative(lambda x, f=f: f(x, c), x)
    assert len(made) > 100
    texts, cases = ["#include <math.h>", kernels.PREAMBLE.replace("__device__", "static")], []
    for k, (name, inputs, outputs, body, own) in enumerate(made.values()):
        if own != kind:
            continue  # of a part that is wider for a while
        assert all([line.startswith((f"{number} t", "r")) for line in body.splitlines()])
        given = [f"{number} {n} = in[{j}];" for j, n in enumerate(inputs)]
        taken = [f"out[{j}] = {n};" for j, n in enumerate(outputs)]
        lines = "\n".join([*given, f"{number} {', '.join(outputs)};", body, *taken])
        texts.append(f"void k{k}(const double *in, double *out) {{\n{lines}\n}}")
        cases.append((k, cp.BACKEND.elementwise(name, inputs, outputs, body, "", kind), inputs, outputs))
    source, library = tmp_path / "kernels.c", tmp_path / "kernels.so"
    source.write_text("\n".join(texts))
    command = [compiler() or "gcc", "-O0", "-ffp-contract=off", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run([*command, str(source), "-lm"], check=True)
    loaded, rng = ctypes.CDLL(str(library)), np.random.default_rng(0)
    for k, kernel, inputs, outputs in cases:
        given, found = rng.uniform(0.3, 0.9, len(inputs)), np.zeros(len(outputs))
        pointers = [x.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for x in (given, found)]
        getattr(loaded, f"k{k}")(*pointers)
        wanted = [float(y) for y in kernel(*[cp.asarray(v.astype(kind)) for v in given])]
        np.testing.assert_allclose(found, wanted, rtol=bound, atol=bound)


def test_numbers_that_are_recorded_have_numbers_for_cotangents():
    """A factor that is one number gets the sum of the products."""
    x = cp.asarray(POINTS)
    g = hoad.grad(lambda p: np.sum(p["a"] * np.sin(p["x"]) / p["a"] ** 2), {"a": 2.0, "x": x})
    assert type(g["a"]) is float
    np.testing.assert_allclose(g["a"], -np.sum(np.sin(POINTS)) / 4, rtol=1e-14)
    change = hoad.hvp(lambda p: np.sum(p["a"] * p["x"] ** 2), {"a": 2.0, "x": x}, {"a": 1.0, "x": x})
    np.testing.assert_allclose(float(change["a"]), 2 * np.sum(POINTS**2), rtol=1e-14)


@pytest.mark.parametrize("kind", [np.complex64, np.complex128])
def test_other_numbers_have_no_kernels(made, kind):
    x = cp.asarray(POINTS.astype(kind))
    f = lambda x: np.sum(np.real(np.sin(x) * np.exp(x)))
    g = hoad.grad(f, x)
    assert not made
    assert g.dtype == kind
    np.testing.assert_allclose(g.get(), hoad.grad(f, POINTS.astype(kind)), rtol=1e-6)


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
    functions = [f for f in kernels.NAMES if isinstance(f, np.ufunc) and f.nin == 1]
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
