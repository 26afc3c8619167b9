"""Zeros of the program stay zero on a device, too, where they meet an infinite partial, and nothing waits.

Each way in which a program makes zeros of a cotangent stands before each function with an infinite partial;
what is right is what NumPy's arrays get, where somebody looks for nan.
"""

import functools
import importlib
import itertools
import warnings

import numpy as np
import pytest
from on_device import assert_same, to_device

import hoad
from hoad import strong
from hoad.chainrules import RULES
from hoad.chainrules.statements import Scalar
from hoad.testing import device as cp

POINT = np.array([0.0, 1.0, 4.0, 0.5])  # infinite at the first


def written(y):
    y = y * 1
    y[0] = 1.0
    return y


def mask(y, *numbers):
    held = np.array(numbers)
    return cp.asarray(held) if isinstance(hoad.primal(y), cp.ndarray) else held


TRANSFORMS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "irfftn")


def cut(name, y, x):
    """Of three elements, without the one that is infinite."""
    n = 4 if name in ("irfft", "hfft", "irfftn") else 3
    return np.real(getattr(np.fft, name)(y[::-1], (n,) if name.endswith("n") else n))


STEEP = {
    "sqrt": np.sqrt,
    "log": np.log,
    "reciprocal": lambda x: 1 / x,
    "quotient": lambda x: np.cos(x) / x,
    "root": lambda x: x**0.5,
    "power": lambda x: x**-1.5,
    "x log x": lambda x: x * np.log(x),
    "overflow": lambda x: np.exp(720 * (1 - 2 * x)),
    "arctanh": lambda x: np.arctanh(1 - 0.1 * x),
    "log10": lambda x: np.log10(x) ** 2,
    "product with what is infinite": lambda x: np.einsum("i,i->i", 1 / x, np.sin(x)),
    "products of matrices": lambda x: np.reshape(
        np.reshape(np.log(x), (4, 1, 1)) @ np.reshape(x, (4, 1, 1)), 4
    ),
}
MASKS = {
    "where": lambda y, x: np.where(x > 0, y, 0),
    "where, the other way": lambda y, x: np.where(x <= 0, 1.0, np.sin(y)),
    "slice": lambda y, x: y[1:],
    "positions": lambda y, x: y[[1, 2, 2, 3]],
    "take": lambda y, x: np.take(y, [3, 1]),
    "mask of data": lambda y, x: np.where(x > 0, y, 1.0) * mask(y, 0.0, 1.0, 2.0, 3.0),
    "write": lambda y, x: written(y),
    "clip": lambda y, x: np.clip(np.where(x > 0, y, 9.0), -1, 0.9),  # nobody looks for ties on a device
    "maximum": lambda y, x: np.maximum(np.where(x > 0, y, -9.0), 0.3),
    "diagonal": lambda y, x: np.diagonal(np.where(x > 0, y, 0) * np.ones_like(x)[:, None]),
    "select": lambda y, x: np.select([x > 2, x > 0], [y, 2 * y], 0.0),
    "sum of chosen": lambda y, x: np.cumsum(np.where(x > 0, y, 0)) @ np.reshape(x, (4, 1)),
    "sum of two": lambda y, x: np.where(x > 0, y, 0) - np.where(x > 0, np.sin(y), x),
    **{f"{name}, cut": functools.partial(cut, name) for name in TRANSFORMS},
}


def loss(steep, masked):
    return lambda x: np.sum(MASKS[masked](STEEP[steep](x), x) ** 2)


@pytest.mark.parametrize(("steep", "masked"), [*itertools.product(STEEP, MASKS)])
def test_zeros_stay_zero(steep, masked):
    f = loss(steep, masked)
    with np.errstate(all="ignore"):
        right = hoad.grad(f, POINT), hoad.hvp(f, POINT, POINT + 1)
        x, v = to_device(POINT), to_device(POINT + 1)
        cp.synchronisations = 0
        found = hoad.grad(f, x), hoad.hvp(f, x, v)
        assert not cp.synchronisations
    assert np.isfinite(right[0]).all()
    assert_same([g.get() for g in found], right)


@pytest.mark.parametrize("mode", ["auto", "forward-reverse", "reverse-forward", "reverse-reverse"])
def test_hessians_of_every_nesting(mode):
    f = loss("sqrt", "where")
    with np.errstate(all="ignore"):
        assert_same(hoad.hessian(f, to_device(POINT), mode=mode).get(), hoad.hessian(f, POINT, mode=mode))


def test_seeds_with_zeros():
    with np.errstate(all="ignore"):
        found = hoad.jacobian(np.sqrt, to_device(POINT), mode="reverse")
        assert_same(found.get(), hoad.jacobian(np.sqrt, POINT, mode="reverse"))
        seed = np.array([0.0, 1.0, 1.0, 0.0])
        assert_same(
            hoad.vjp(np.log, to_device(POINT))[1](to_device(seed))[0].get(),
            hoad.vjp(np.log, POINT)[1](seed)[0],
        )


def test_what_happens_to_be_zero_is_none_of_the_programs():
    """The derivative of ``cos(sqrt(x))`` is -1/2, and not 0: nan says that it is not known. That of
    ``sqrt(x)**2`` is known, as the root remembers what it is of.
    """
    with np.errstate(all="ignore"):
        for part in (slice(None), slice(2)):
            found = hoad.grad(lambda x, part=part: np.sum(np.cos(np.sqrt(x[part]))), to_device(POINT)).get()
            assert np.isnan(found[0])
            found = hoad.grad(lambda x, part=part: np.sum(np.sqrt(x[part]) ** 2), to_device(POINT)).get()
            np.testing.assert_allclose(found[:2], [1.0, 1.0])


@pytest.mark.parametrize(("f", "most"), [("where", 4.5), ("slice", 7.0)])
def test_launches(f, most):
    """What it costs, in launches for each of the function's own."""
    g, x = loss("sqrt", f), to_device(POINT)
    with np.errstate(all="ignore"):
        cp.launches = 0
        g(x)
        own = cp.launches
        cp.launches = 0
        hoad.grad(g, x)
    assert cp.launches <= most * own


def test_programs_without_such_a_pair_are_swept_as_ever():
    f = lambda x: np.sum(np.tanh(x[1:]) / (1 + x[:-1] ** 2))
    tape = hoad.tape.Tape()
    x = hoad.tracer.entered(tape, to_device(POINT))
    y = f(x)
    assert not strong.guards(tape.columns(), y.slot, 1)


@pytest.mark.parametrize(
    ("function", "steep"),
    [(np.sqrt, True), (np.log, True), (np.divide, True), (np.sin, False), (np.multiply, False)],
)
def test_what_is_steep_is_found_by_the_rule(function, steep):
    rule = RULES[function]
    assert strong.traits(rule, [None] * rule.arity, tuple(range(rule.arity))).steep is steep


def scalar_rules():
    """All of them, those within a function that refuses some arguments first, too."""
    importlib.import_module("hoad.scipy.special")
    for function in [*RULES]:
        rule = RULES[function]
        held = [cell.cell_contents for cell in getattr(rule, "__closure__", None) or ()]
        for part in (rule, *held):
            yield from [r for r in (part if isinstance(part, list) else [part]) if isinstance(r, Scalar)]


def test_nothing_is_said_of_numbers_that_are_not_the_programs(monkeypatch):
    """As that an argument should be an integer, of what a rule is tried at."""
    monkeypatch.setattr(strong, "PROBES", (0.5, -2.0))
    monkeypatch.setattr(strong, "_known", {})
    rules, said = [*scalar_rules()], []
    assert len(rules) > 250
    for rule in rules:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            strong.traits(rule, [None] * rule.arity, tuple(range(rule.arity)))
        said += [f"{rule.name}: {warning.message}" for warning in told]
    assert said == []


def test_a_power_is_steep_by_its_exponent():
    rule = RULES[np.power]
    assert [strong.traits(rule, [None, n], (0,)).steep for n in (2, 3.0, 0.5, -1, 1.5)] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_kind_of_zeros_of_a_rule():
    assert strong.traits(RULES[np.multiply], [None, 2.0], (0,)).masks == frozenset()
    assert strong.traits(RULES[np.multiply], [None, to_device(POINT)], (0,)).masks == {0}
    assert strong.traits(RULES[np.multiply], [None, None], (0, 1)).masks == frozenset()
    assert strong.traits(RULES[np.maximum], [None, None], (0, 1)).masks == {0, 1}


@pytest.mark.parametrize("turned", [False, True])
def test_factors_of_several_shapes(turned):
    """Each has numbers of its own shape in its place where marks go through a product."""

    def f(x):
        column, row = np.reshape(np.sqrt(x), (4, 1)), np.reshape(x[1:] + 1.0, (1, 3))
        product = (row.T @ column.T).T if turned else column @ row
        return np.sum(np.where(x[:, None] > 0, product, 0.0) ** 2)

    with np.errstate(all="ignore"):
        right = hoad.grad(f, POINT)
        assert np.isfinite(right).all()
        assert_same(hoad.grad(f, to_device(POINT)).get(), right)
