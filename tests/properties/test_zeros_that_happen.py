"""A partial that happens to be zero and one that is infinite: the derivative is right, or nan or infinite.

Random compositions at 0, where some links have the derivative 0 and others an infinite one, against the limit
from the right at 2000 bits. What may stand in the place of the limit is said in docs/kinks.md: a *change*
that is zero stays zero (``sqrt(x**2)``), and so does a partial whose argument has grown to +inf.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import hoad

NESTINGS = ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Link:
    """One function, in NumPy and in mpmath."""

    name: str
    plain: Function
    exact: Function

    def __repr__(self) -> str:
        return self.name


LINKS = {
    link.name: link
    for link in (
        Link("sqrt", np.sqrt, mp.sqrt),
        Link("cbrt", np.cbrt, mp.cbrt),
        Link("**0.3", lambda x: x**0.3, lambda x: x ** mp.mpf("0.3")),
        Link("**1.5", lambda x: x**1.5, lambda x: x ** mp.mpf("1.5")),
        Link("**2", lambda x: x**2, lambda x: x**2),
        Link("x*x*x", lambda x: x * x * x, lambda x: x**3),
        Link("sin", np.sin, mp.sin),
        Link("cos", np.cos, mp.cos),
        Link("1-cos", lambda x: 1 - np.cos(x), lambda x: 1 - mp.cos(x)),
        Link("exp", np.exp, mp.exp),
        Link("expm1", np.expm1, mp.expm1),
        Link("log", np.log, mp.log),
        Link("log1p", np.log1p, mp.log1p),
        Link("logaddexp", lambda x: np.logaddexp(x, 0.0), lambda x: mp.log(1 + mp.exp(x))),
        Link("tanh", np.tanh, mp.tanh),
        Link("arctan", np.arctan, mp.atan),
        Link("hypot 1", lambda x: np.hypot(x, 1.0), lambda x: mp.sqrt(x * x + 1)),
        Link("-", lambda x: -x, lambda x: -x),
        Link("1+", lambda x: 1 + x, lambda x: 1 + x),
        Link("arcsin(1-)", lambda x: np.arcsin(1 - x), lambda x: mp.asin(1 - x)),
        Link(
            "einsum",
            lambda x: np.einsum("i...,i...->...", np.stack([x, x]), np.stack([x, 1 + x])),
            lambda x: x * x + x * (1 + x),
        ),
    )
}
Chain = tuple[Link, ...]
CHAINS = st.lists(st.sampled_from(list(LINKS.values())), min_size=1, max_size=4).map(tuple)


def chain(*names: str) -> Chain:
    return tuple(LINKS[name] for name in names)


def composed(links: Chain, exact: bool = False) -> Function:
    def f(x: Any) -> Any:
        for link in links:
            x = (link.exact if exact else link.plain)(x)
        return x

    return f


def combined(first: Chain, second: Chain, how: str, exact: bool = False) -> Function:
    f, g = composed(first, exact), composed(second, exact)
    return {"f": f, "f*g": lambda x: f(x) * g(x), "f+g": lambda x: f(x) + g(x)}[how]


def is_documented(links: Chain) -> bool:
    """Whether a change that is zero meets an infinite partial, or one of an argument at +inf."""
    x, change = np.float64(0.0), 1.0
    for link in links:
        value, slope = link.plain(x), hoad.derivative(link.plain, x)
        if (change == 0 and not np.isfinite(slope)) or x == np.inf:
            return True
        x, change = np.float64(value), change * slope
    return False


def limit(f: Function, order: int) -> Any:
    """The derivative as x falls to 0: a number, inf, or None where this can't tell."""
    found = []
    for exponent in (60, 75):
        h = mp.mpf(10) ** -exponent
        values = [f((k + 1) * h) for k in range(3)]
        if not all(isinstance(v, mp.mpf) and mp.isfinite(v) for v in values):
            return None
        a, b, c = values
        found.append((b - a) / h if order == 1 else (c - 2 * b + a) / h**2)
    near, nearer = found
    if abs(near - nearer) <= mp.mpf(10) ** -9 * max(abs(near), 1):
        return float(nearer)
    return np.inf if abs(nearer) > 100 * abs(near) else None


def derivatives_of(f: Function, order: int) -> dict[str, float]:
    point = np.zeros(2)
    if order == 1:
        found = {mode: hoad.jacobian(f, point, mode=mode)[1, 1] for mode in ("forward", "reverse")}
        numbers = {"derivative": hoad.derivative(f, 0.0), "grad": hoad.grad(f, 0.0)}
        return found | numbers | {"jet": hoad.derivatives(f, 0.0, 5)[1]}
    return {mode: hoad.hessian(f, 0.0, mode=mode) for mode in NESTINGS} | {
        "jet": hoad.derivatives(f, 0.0, 5)[2]
    }


def wrong(first: Chain, second: Chain, how: str) -> dict[Any, Any] | None:
    """The finite derivatives that are not the limit; None where there is nothing to compare."""
    mp.mp.prec = 2000
    f = combined(first, second, how)
    with np.errstate(all="ignore"):
        if not np.isfinite(f(np.float64(0.0))) or any(map(is_documented, (first, second)[: len(how)])):
            return None
        found = {}
        for order in (1, 2):
            right = limit(combined(first, second, how, exact=True), order)
            if right is None:
                return found if order == 2 else None
            for mode, got in derivatives_of(f, order).items():
                if np.isfinite(got) and not np.isclose(float(got), right, rtol=1e-9, atol=1e-9):
                    found[order, mode] = (float(got), right)
    return found


@settings(max_examples=50, deadline=None, derandomize=True)
@given(CHAINS, CHAINS, st.sampled_from(["f", "f*g", "f+g"]))
@example(chain("sqrt", "cos"), (), "f")
@example(chain("sqrt", "**2"), (), "f")
@example(chain("log", "logaddexp"), (), "f")
@example(chain("log", "exp"), (), "f")
@example(chain("**0.3"), chain("sqrt"), "f*g")
def test_a_finite_derivative_is_right(first: Chain, second: Chain, how: str) -> None:
    found = wrong(first, second, how)
    assume(found is not None)
    assert not found


@pytest.mark.sweep
def test_short_chains() -> None:
    """All of two links, and every fourth of three."""
    pairs = itertools.product(LINKS.values(), repeat=2)
    triples = itertools.islice(itertools.product(LINKS.values(), repeat=3), 0, None, 4)
    found = {links: wrong(links, (), "f") for links in (*pairs, *triples)}
    assert {links: w for links, w in found.items() if w} == {}
    assert sum(w is not None for w in found.values()) > 1000


@pytest.mark.parametrize("large", [1e160, 1e200])
def test_a_partial_that_is_too_small_is_no_zero(large: float) -> None:
    """What a partial is that no float holds looks like a zero of the program, where an infinite cotangent
    meets it: the numbers are right, or nan or infinite, and never 0.
    """
    x = np.array([np.log(large), 1.0, 2.0])
    f = lambda x: np.sum(1.0 / (1.0 / np.exp(x)))
    with np.errstate(all="ignore"):
        sparse = hoad.hessian(f, x, sparse=True).toarray()
        found = [
            hoad.hessian(f, x),
            hoad.hessian(f, x, mode="forward-reverse"),
            np.diag(hoad.hvp(f, x, np.ones(3))),
        ]
        found += [
            np.diag(hoad.grad(f, x)),
            np.diag(hoad.vjp(lambda x: 1 / (1 / np.exp(x)), x)[1](np.ones(3))[0]),
        ]
    np.testing.assert_allclose(sparse, np.diag(np.exp(x)), rtol=1e-12)
    for h in found:
        assert h[0, 0] / large == pytest.approx(1.0) or not np.isfinite(h[0, 0])
        np.testing.assert_allclose(np.diag(h)[1:], np.exp(x[1:]), rtol=1e-12)


def test_zeros_beside_what_is_too_small() -> None:
    """A partial that is zero keeps an infinite cotangent from what is before it."""
    slopes = hoad.grad(lambda x: np.sum(np.sqrt(x**2)), np.array([0.0, 3.0]))
    np.testing.assert_array_equal(slopes, [0.0, 1.0])


PRODUCTS: dict[str, Callable[[Any, Any], Any]] = {
    "dot": np.dot,
    "inner": np.inner,
    "vdot": np.vdot,
    "matmul": lambda a, b: a @ b,
    "matrices": lambda a, b: np.sum(np.diag(a) @ b),
    "einsum": lambda a, b: np.einsum("i,i->", a, b),
    "tensordot": lambda a, b: np.tensordot(a, b, 1),
    "outer": lambda a, b: np.trace(np.outer(a, b)),
    "prod": lambda a, b: np.sum(np.prod(np.stack([a, b]), axis=0)),
    "cumprod": lambda a, b: np.sum(np.cumprod(np.stack([a, b]), axis=0)[1]),
    "convolve": lambda a, b: np.convolve(a, b[::-1])[2],
    "multi_dot": lambda a, b: np.linalg.multi_dot([a[None], np.eye(3), b])[0],
    "det": lambda a, b: np.sum(np.linalg.det(a[:, None, None] * FIRST + b[:, None, None] * LAST)),
}
FIRST, LAST = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_a_factor_that_happens_to_be_zero(name: str, mode: Any) -> None:
    """It is no zero of the program's own, and hides no infinite derivative: that of ``sqrt(x) @ sqrt(x)``
    is 1 everywhere.
    """
    product, x = PRODUCTS[name], np.array([0.0, 1.0, 4.0])
    roots = (lambda x: np.sqrt(x), lambda x: x**0.5, lambda x: np.sqrt(np.sin(x)))
    with np.errstate(all="ignore"):
        for root in roots[:2]:
            found = hoad.jacobian(lambda x, root=root: product(root(x), root(x)), x, mode=mode)
            np.testing.assert_allclose(found[1:], 1.0, rtol=1e-12)
            assert found[0] == 1.0 or not np.isfinite(found[0])
        found = hoad.jacobian(lambda x: product(roots[2](x), np.sqrt(x)), x, mode=mode)
        assert not np.isfinite(found[0]) or abs(found[0] - 1.0) < 1e-12
