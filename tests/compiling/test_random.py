"""Random programs, compiled and plain, at ordinary points and at nan, infinities, zeros and subnormals."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs import total
from random_programs import ODD_POINTS, POINTS, PROGRAMS, made, text_of

import hoad

EXAMPLES = int(os.environ.get("HOAD_EXAMPLES", "30"))  # make fuzz takes 10**5
BOUNDED = settings(derandomize=True, database=None, deadline=None, max_examples=EXAMPLES)
SEVERAL = st.lists(POINTS, min_size=2, max_size=3)


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def attempt(f: Any, x: Any) -> Any:
    """The value, or the error, and the warnings."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            out = f(x.copy())
        except Exception as error:
            out = error
    return out, {(w.category, str(w.message)) for w in seen if w.category is RuntimeWarning}


def noise(g: Any, x: Any) -> float:
    """What rounding leaves in a result that cancels: how it changes by the last bits of the point."""
    rng = np.random.default_rng(0)
    ends = [g(x * (1 + rng.integers(-2, 3, x.shape) * 2.0**-52)) for _ in range(8)]
    found = np.ptp([np.concatenate([np.ravel(leaf) for leaf in leaves(end)]) for end in ends], axis=0).max()
    return float(found) if found < 1e-9 else 0.0  # more is a branch that changes, and no rounding


def assert_same(got: Any, right: Any, exactly: bool, text: str, g: Any, x: Any) -> None:
    (a, told), (b, mine) = got, right
    assert told <= mine, text  # what nothing depends on is not computed, and not warned of
    if isinstance(a, Exception) or isinstance(b, Exception):
        assert (type(a), str(a)) == (type(b), str(b)), text
        return
    for p, q in zip(leaves(a), leaves(b), strict=True):
        assert type(p) is type(q) and np.shape(p) == np.shape(q), text
        if exactly:
            assert np.asarray(p).tobytes() == np.asarray(q).tobytes() or repr(p) == repr(q), (text, p, q)
        else:
            size = float(np.max(np.abs(q), initial=0.0, where=np.isfinite(q)))
            if not np.allclose(p, q, 1e-11, 1e-12 * size, equal_nan=True):
                size += 1e13 * noise(g, x)
            np.testing.assert_allclose(p, q, rtol=1e-11, atol=1e-12 * size, err_msg=text)


def compared(g: Any, points: list[Any], exactly: bool, text: str) -> None:
    compiled = hoad.compile(g, backend="numpy", max_variants=6)
    for x in (*points, points[0]):
        assert_same(attempt(compiled, x), attempt(g, x), exactly, text, g, x)


@BOUNDED
@given(PROGRAMS, SEVERAL)
def test_values(program: Any, points: list[Any]) -> None:
    compared(made(program), points, True, text_of(program))


@BOUNDED
@given(PROGRAMS, st.lists(ODD_POINTS, min_size=2, max_size=3))
def test_values_at_odd_points(program: Any, points: list[Any]) -> None:
    compared(made(program), points, True, text_of(program))


@BOUNDED
@given(PROGRAMS, SEVERAL)
def test_gradients(program: Any, points: list[Any]) -> None:
    compared(hoad.grad(total(made(program))), points, False, text_of(program))


@BOUNDED
@given(PROGRAMS, st.lists(ODD_POINTS, min_size=2, max_size=3))
def test_gradients_at_odd_points(program: Any, points: list[Any]) -> None:
    compared(hoad.grad(total(made(program))), points, False, text_of(program))


@BOUNDED
@given(PROGRAMS, SEVERAL, st.sampled_from(["hessian", "jacobian", "hvp", "derivative", "vmap"]))
def test_other_operators(program: Any, points: list[Any], name: str) -> None:
    f = made(program)
    loss = total(f)
    g = {
        "hessian": hoad.hessian(loss),
        "jacobian": hoad.jacobian(f),
        "hvp": lambda x: hoad.hvp(loss, x, np.array([1.0, -2.0, 0.5, 1.5])),
        "derivative": lambda x: hoad.derivative(
            lambda t: loss(x + t * np.array([1.0, -2.0, 0.5, 1.5])), 0.25, 3
        ),
        "vmap": lambda x: hoad.vmap(hoad.grad(lambda v: np.sum(np.sin(v) * x)))(np.outer(x, x)),
    }[name]
    compared(g, points[:2], False, text_of(program))
