"""Random programs, compiled for a device: values and derivatives to third order, of all four precisions, at
the point where they were noted and at others, are those of the function as it is written.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import random_programs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_programs import KINDS, ORDINARY, RETURNS, in_kind, text_of

import hoad
from hoad.testing import device as cp
from hoad.testing.raw_module import compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
EXAMPLES = max(8, int(os.environ.get("HOAD_EXAMPLES", "60")) // 100)
TWICE = "[[1, 3, 1]]"  # of two values for one place CuPy keeps any
V = np.array([1.0, -2.0, 0.5, 1.5])


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def total(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: sum([np.sum(np.sin(np.real(y)) + np.real(y * np.conj(y))) for y in leaves(f(x))])


FORMS: dict[str, Callable[..., Any]] = {
    "value": lambda f, v: f,
    "gradient": lambda f, v: hoad.grad(total(f)),
    "jvp": lambda f, v: lambda x: hoad.jvp(f, (x,), (v,)),
    "second": lambda f, v: hoad.grad(lambda x: hoad.jvp(total(f), (x,), (v,))[1]),
    "third": lambda f, v: lambda x: hoad.directional(total(f), x, v, 3),
    "third back": lambda f, v: hoad.grad(lambda x: np.sum(hoad.hvp(total(f), x, v) * v)),
}


def on_the_device(program: Any) -> Callable[[Any], Any]:
    names: dict[str, Any] = {"np": np, "math": math, "hoad": hoad, "halved": random_programs.halved}
    names["MATRIX"] = cp.asarray(random_programs.MATRIX)
    exec(text_of(program), names)
    return names["f"]


def programs(kind: str) -> Any:
    lines = [line for line in KINDS[kind][1] if TWICE not in line]
    line = st.tuples(st.sampled_from(lines), *4 * [st.integers(0, 1)])
    which = st.integers(0, 1)
    return st.tuples(st.lists(line, min_size=1, max_size=5), st.sampled_from(RETURNS), which, which)


NUMBERS = st.lists(ORDINARY, min_size=4, max_size=4).map(np.array)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=2)


def attempt(f: Callable[..., Any], x: Any) -> Any:
    try:
        return f(cp.asarray(x))
    except Exception as error:
        return error


def nearby(x: Any) -> Any:
    """The point with another last digit."""
    y = x.copy()
    parts = y.view(y.real.dtype)
    parts[...] = np.nextafter(parts, np.inf, dtype=parts.dtype)
    return y


def flat(y: Any) -> Any:
    y = np.atleast_1d(y.get() if isinstance(y, cp.ndarray) else np.asarray(y))
    return y.view(y.real.dtype) if y.dtype.kind == "c" else y


def assert_same(f: Callable[..., Any], got: Any, right: Any, x: Any) -> None:
    if isinstance(got, Exception) or isinstance(right, Exception):
        assert type(got) is type(right), (got, right)
        return
    pairs = list(zip(leaves(got), leaves(right), strict=True))
    lost = all([np.isnan(flat(a)).all() for a, _ in pairs])
    for k, (a, b) in enumerate(pairs):
        assert type(a) is type(b) and np.shape(a) == np.shape(b)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None)
        a, b = flat(a), flat(b)
        size = np.max(np.abs(b), initial=0.0, where=np.isfinite(b)) or 1.0
        off = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b) / size)
        if np.all(off <= 1000 * np.finfo(b.dtype).eps):
            continue
        moved = attempt(f, nearby(x))
        change = np.abs(flat(leaves(moved)[k]) - b)
        if lost and not np.isfinite(change).all():
            continue  # what the program assumed finite is not
        assert np.all((off <= 1000 * np.finfo(b.dtype).eps) | (np.abs(a - b) <= 256 * change)), (a, b)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_compiled_for_a_device(kind: str, data: Any) -> None:
    program, points = data.draw(programs(kind)), data.draw(POINTS)
    form = data.draw(st.sampled_from([n for n in FORMS if "complex" not in kind or "third" not in n]))
    f = FORMS[form](on_the_device(program), cp.asarray(V.astype(KINDS[kind][0])))
    numbers = [in_kind(x, y, kind) for x, y in points]
    with np.errstate(all="ignore"):
        right = [attempt(f, x) for x in numbers]
        if isinstance(right[0], (TypeError, AttributeError)):  # what the library has not
            return
        compiled = hoad.compile(f)
        for x, y in [*zip(numbers, right, strict=True)] * 2:
            assert_same(f, attempt(compiled, x), y, x)
