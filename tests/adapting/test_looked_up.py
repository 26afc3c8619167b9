"""Numbers and functions that a program looks up, in tables of constants and of what it has computed: what is
found is what the plain program finds, and nothing that was kept takes a derivative away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from looked_up import LOOKUPS
from memos import MEMOIZED, MEMOS, UNTOLD, USES, used

import hoad
from hoad.errors import EscapeError

X = 0.7
WAYS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "value": (lambda f: lambda x: hoad.value_and_grad(f)(x)[0], 0),
    "grad": (hoad.grad, 1),
    "jvp": (lambda f: lambda x: hoad.jvp(f, (x,), (1.0,))[1], 1),
    "nested": (lambda f: hoad.derivative(hoad.grad(f)), 2),
    "series": (lambda f: lambda x: hoad.derivatives(f, x, 2)[2], 2),
    "hessian": (lambda f: lambda x: hoad.hessian(lambda p: f(p[0]))(np.array([x]))[0, 0], 2),
    "compiled": (hoad.compile, 0),
    "compiled grad": (lambda f: hoad.compile(hoad.grad(f)), 1),
}
OF_BATCHES: dict[str, tuple[Callable[[Any], Any], int]] = {
    "vmap": (lambda f: lambda x: hoad.vmap(f)(np.array([x, x]))[1], 0),
    "vmap of grad": (lambda f: lambda x: hoad.vmap(hoad.grad(f))(np.array([x, x]))[1], 1),
}


def right(f: Callable[..., Any], order: int, x: float = X) -> Any:
    """Differences; of the polynomial through nine values."""
    h = 0.02 * np.arange(-4, 5)
    return np.polyfit(h, [float(f(x + s)) for s in h], 8)[-1 - order] * math.factorial(order)


@pytest.mark.filterwarnings("ignore::hoad.errors.RecordingWarning", "ignore::hoad.errors.KeptValueWarning")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*LOOKUPS, *MEMOIZED])
def test_what_is_looked_up_is_found(name: str, way: str) -> None:
    (f, same), (operator, order) = (LOOKUPS | MEMOIZED)[name], WAYS[way]
    for _ in range(
        2
    ):  # a memo has by then what a derivative before has kept, and what the plain function has
        assert f(X) == pytest.approx(same(X), rel=1e-14)
        assert float(operator(f)(X)) == pytest.approx(right(same, order), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("way", OF_BATCHES)
@pytest.mark.parametrize("name", [*LOOKUPS, *MEMOIZED])
def test_in_a_batch_it_is_found_or_refused(name: str, way: str) -> None:
    (f, same), (operator, order) = (LOOKUPS | MEMOIZED)[name], OF_BATCHES[way]
    try:
        found = operator(f)(X)
    except (TypeError, EscapeError) as error:
        assert "no single hash" in str(error)
        assert name not in MEMOIZED or name.startswith(("update", "what is new"))  # of a display
    else:
        assert float(found) == pytest.approx(right(same, order), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("memo", UNTOLD)
def test_what_is_not_told_to_be_a_memo_is_right_or_refused(memo: str, use: str) -> None:
    f, same = used(USES[use], UNTOLD[memo]())
    for differentiate in (hoad.grad, hoad.derivative):
        assert f(X) == same(X)
        try:
            found = differentiate(f)(X)
        except EscapeError as error:
            assert "at another place" in str(error)
        else:
            assert found == pytest.approx(right(same, 1), rel=1e-6)


@pytest.mark.parametrize("memo", MEMOS)
def test_equal_arguments_have_each_their_own_derivative(memo: str) -> None:
    g = MEMOS[memo]()
    p, weights = np.ones(3), np.array([2.0, 3.0, 5.0])
    f = lambda p: g(p[0]) + weights[1] * g(p[1]) + g(p[0]) + weights[2] * g(p[2]) + g(1.0)
    for _ in range(2):
        np.testing.assert_allclose(hoad.grad(f)(p), 3 * weights, rtol=1e-15)
        np.testing.assert_allclose(hoad.jacobian(f, p, mode="forward"), 3 * weights, rtol=1e-15)
        np.testing.assert_allclose(hoad.hessian(f)(p), np.diag(6 * weights), rtol=1e-14)
        assert f(p) == 11.0
        assert isinstance(g(1.0), float)


@pytest.mark.parametrize("operator", [hoad.grad, lambda f: lambda p: hoad.jvp(f, (p,), (np.arange(2.0),))])
def test_what_was_computed_is_found_again(operator: Callable[..., Any]) -> None:
    calls: list[Any] = []
    memo: dict[Any, Any] = {}

    def g(x):
        if x not in memo:
            calls.append(x)
            memo[x] = x**3
        return memo[x]

    operator(lambda p: g(p[0]) + g(p[1]) + g(p[0]) * g(p[1]))(np.ones(2))
    assert len(calls) == 2


def read_elsewhere(memo, key):
    return memo.get(key, 0.0)


def write_elsewhere(memo, key, value):
    memo[key] = value


def test_what_nobody_can_tell_is_refused() -> None:
    table = {0.7: 2.0}

    def f(x):
        write_elsewhere(table, 1.0, 3.0)
        return read_elsewhere(table, x) * x

    for differentiate in (hoad.grad, hoad.derivative):
        with pytest.raises(EscapeError, match=r"at another place \(memo\)"):
            differentiate(f)(0.7)
    g = lambda x: read_elsewhere(table, hoad.primal(x)) * x
    assert hoad.grad(g)(0.7) == 2.0


def test_equal_keys_of_different_derivatives_are_refused_there_too() -> None:
    table: dict[Any, Any] = {}

    def f(x):
        write_elsewhere(table, x, x * x)
        return read_elsewhere(table, x) + read_elsewhere(table, 2 * x - 0.7)

    for _ in range(2):
        with pytest.raises(EscapeError, match=r"at another place \(memo\)"):
            hoad.grad(f)(0.7)
    assert hoad.grad(lambda x: f(x) if x < 0 else read_elsewhere({x: x}, x))(0.7) == 1.0


def test_slices_are_no_keys() -> None:
    def f(x):
        table, y = {0.7: 2.0}, np.zeros(3)
        get = table.get
        y[:] = get(x, 1.0) * x
        y[1:2], y[..., 0] = x, x
        return np.sum(y)

    assert hoad.grad(f)(0.7) == 4.0


def test_fractions_are_keys() -> None:
    table = {Fraction(1, 3): 2}
    assert hoad.derivative(lambda x: table[x] * x**2)(Fraction(1, 3)) == Fraction(4, 3)


def test_code_without_text() -> None:
    names: dict[str, Any] = {"TABLE": {0.7: 2.0}, "KEPT": {0.7: 0.49}}
    exec(
        "def constant(x):\n    return TABLE.get(x, 1.0) * x\n"
        "def kept(x):\n    if x not in KEPT:\n        KEPT[x] = x * x\n    return KEPT[x]\n",
        names,
    )
    assert hoad.grad(names["constant"])(0.7) == 2.0
    with pytest.raises(EscapeError, match=r"look hoad\.primal"):
        hoad.grad(names["kept"])(0.7)
    assert hoad.grad(names["kept"])(0.8) == 1.6
