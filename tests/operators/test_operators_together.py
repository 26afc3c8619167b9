"""Terms of several orders, from one run of f: as the sum of the terms alone, which are exact on fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import ComplexOutputError, NonScalarOutputError

EXACT = np.array([Fraction(1, 3), Fraction(2, 5)])
INDICES = [i for i in itertools.product(range(5), repeat=2) if sum(i) <= 4]
UP_TO_4: dict[Any, Any] = {(0, 0): 2.0, (1, 0): -1.0, (0, 2): 0.5, (1, 2): 3.0, (0, 3): -2.0, (4, 0): 0.25}


def rational(p: Any) -> Any:
    return p[0] ** 3 * p[1] ** 2 / (1 + p[0] * p[1]) + p[1] ** 4


def smooth(p: Any) -> Any:
    return np.exp(np.sin(p[0]) * p[1]) / (1 + p[1] ** 2)


def drawn(seed: int) -> dict[Any, Any]:
    random = np.random.default_rng(seed)
    chosen = random.choice(len(INDICES), random.integers(1, 8), replace=False)
    return {INDICES[k]: Fraction(int(random.integers(-5, 6)), 7) for k in chosen}


@pytest.mark.parametrize("seed", range(25))
def test_orders_add_up_exactly(seed: int) -> None:
    """The same fraction, in chunks of any size."""
    terms = drawn(seed)
    wanted = sum(c * hoad.partial(rational, EXACT, i) for i, c in terms.items())
    operator = hoad.DifferentialOperator(terms)
    for size in (None, 1, 2, 3):
        found = operator(rational, EXACT, chunk_size=size)
        assert isinstance(found, Fraction)
        assert found == wanted


@pytest.mark.parametrize("size", [None, 1, 2, 3])
@pytest.mark.parametrize("count", range(1, len(UP_TO_4) + 1))
def test_each_kind_of_value(count: int, size: int | None) -> None:
    """A container with what is no number in it, constants, parts that broadcast, and a function."""
    terms = dict(itertools.islice(UP_TO_4.items(), count))
    x = np.array([0.5, 1.5])

    def several(p: Any) -> Any:
        return {"a": smooth(p), "b": "text", "c": 3.0, "d": None, "e": p[1] * p**3 + np.zeros((2, 2)), "f": 2}

    def alone(f: Any) -> Any:
        return sum(c * (hoad.partial(f, x, i) if any(i) else f(x)) for i, c in terms.items())

    operator = hoad.DifferentialOperator(terms)
    found = operator(several, x, chunk_size=size)
    assert (found["b"], found["d"]) == ("text", None)
    assert (found["c"], found["f"]) == (terms[0, 0] * 3.0, terms[0, 0] * 2)
    assert found["a"] == pytest.approx(alone(smooth), rel=1e-13)
    np.testing.assert_allclose(found["e"], alone(lambda p: several(p)["e"]), rtol=1e-13)
    later = operator(lambda p: lambda y: smooth(p) * y, x, chunk_size=size)
    assert later(3.0) == pytest.approx(3.0 * alone(smooth), rel=1e-13)


@pytest.mark.parametrize("size", [None, 1, 2])
def test_what_only_lower_orders_ask_for_is_no_part_of_the_highest(size: int | None) -> None:
    """The third derivative by y is infinite here, and is not asked for."""
    f = lambda p: p[0] ** 3 + p[1] ** 2.5
    x = np.array([1.0, 0.0])
    assert hoad.partial(f, x, (0, 3)) == np.inf
    for lower in ({(0, 2): 1.0}, {(0, 1): 1.0}, {(0, 1): 1.0, (0, 2): 1.0}):
        assert hoad.DifferentialOperator({(3, 0): 1.0, **lower})(f, x, chunk_size=size) == 6.0


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_precision_is_that_of_the_value(kind: Any) -> None:
    x = np.array([0.5, 1.5], dtype=kind)
    for count in range(1, len(UP_TO_4) + 1):
        operator = hoad.DifferentialOperator(dict(itertools.islice(UP_TO_4.items(), count)))
        assert operator(lambda p: np.sin(p) * p**3, x).dtype == kind
    assert hoad.biharmonic(lambda p: p**5, x).dtype == kind


def test_orders_within_derivatives_and_batches() -> None:
    """Coefficients that are functions of the point are differentiated, too."""
    factors = {(0, 0): lambda p: p[1], (1, 0): lambda p: p[0], (0, 2): lambda p: p[1] ** 2, (2, 1): 2.0}
    whole = hoad.DifferentialOperator(factors)(smooth)
    each = [hoad.DifferentialOperator({i: c})(smooth) for i, c in factors.items()]
    x = np.array([0.3, 0.4])
    for derive in (hoad.grad, lambda f: hoad.jacobian(f, mode="forward"), hoad.hessian):
        np.testing.assert_allclose(derive(whole)(x), sum(derive(one)(x) for one in each), rtol=1e-12)
    points = np.stack([x, 2 * x])
    np.testing.assert_allclose(hoad.vmap(whole)(points), [whole(p) for p in points], rtol=1e-13)


@pytest.mark.parametrize("size", [None, 1, 2])
def test_drawn_terms_are_those_of_the_operator(size: int | None) -> None:
    """With all terms drawn, the estimate is the operator."""
    operator = hoad.DifferentialOperator({i: c for i, c in UP_TO_4.items()})
    for f in (smooth, lambda p: p**4 * p[::-1]):
        x = np.array([0.5, 1.5])
        found = hoad.estimate_operator(operator, f, x, chunk_size=size)
        np.testing.assert_allclose(found.value, operator(f, x), rtol=1e-12)


def test_what_is_refused_is_so_at_each_order() -> None:
    holder = lambda x: (x, lambda y: x * y)
    for terms in ({(0,): 1.0, (1,): 1.0}, {(1,): 1.0, (2,): 1.0}, {(0,): 1.0, (3,): 1.0}):
        operator = hoad.DifferentialOperator(terms)
        with pytest.raises(ComplexOutputError):
            operator(lambda x: 1j * x**3, 2.0)
        with pytest.raises(NonScalarOutputError, match="functions in it"):
            operator(holder, 2.0)
    with pytest.raises(NonScalarOutputError, match="'text'"):
        hoad.DifferentialOperator({(0,): 1.0})(lambda x: "text", 2.0)
