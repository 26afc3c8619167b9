"""Compiled to NumPy code, every program of the tables gives what it gives plainly, bit for bit: the function,
its gradient, its Jacobian and its Hessian, at the point where it was recorded and at another.

Where a program is not compiled, ``REASONS`` has why, so that no other reason goes unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiled_cases import CASES
from proofs import total

import hoad

FORMS: dict[str, Callable[[Any, int], Any]] = {
    "value": lambda f, n: f,
    "gradient": lambda f, n: hoad.grad(total(f), argnums=tuple(range(n))),
    "Jacobian": lambda f, n: hoad.jacobian(f, mode="forward"),
    "Hessian": lambda f, n: hoad.hessian(total(f)),
}
EVERY = {"value": 7, "gradient": 9, "Jacobian": 23, "Hessian": 61}  # the default run takes one in so many
REASONS = (
    r"FloatingPointError: ",  # only the plain run knows what to warn of, and what becomes of a nan
    r"the value is nan",
    r"a rule reads it: ",  # a statement that looks at plain values, as that of np.histogram
    r"it left for code that asks no rule",
    r"float\(x\) of it was taken",  # Python code of SciPy's without a door
    r"gave .* was expected",  # SciPy's value is of another type than its statement's
    r"setting an array element with a sequence|object arrays are not supported|ufunc 'isfinite'",
    r"dtype object cannot be cast|can't be|could not be broadcast|out of bounds|dimension of bins",
    r"modulo by zero|not subscriptable|iteration over a number",
)
# The order in which cotangents are added up is another where an array is read in several ways.
ROUNDED = {"gradient": 4.0, "Jacobian": 4.0, "Hessian": 16.0}  # units in the last place of the largest entry


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def form_of(out: Any) -> Any:
    """Classes, types and shapes."""
    if isinstance(out, (tuple, list)):
        return (type(out), *map(form_of, out))
    return (type(out), getattr(out, "dtype", None), np.shape(out))


def assert_same(got: Any, right: Any, ulps: float) -> None:
    if isinstance(right, Exception) or isinstance(got, Exception):
        assert type(got) is type(right) and str(got) == str(right)
        return
    assert form_of(got) == form_of(right)
    for a, b in zip(leaves(got), leaves(right), strict=True):
        if ulps and np.asarray(b).dtype.kind in "fc":
            size = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
            np.testing.assert_allclose(a, b, rtol=0, atol=ulps * size * np.finfo(np.result_type(b)).eps)
        else:
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes() or repr(a) == repr(b)


def attempt(f: Any, args: Any) -> Any:
    try:
        return f(*args)
    except Exception as error:
        return error


def beside(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Another point of the same classes, types and shapes."""
    return tuple([type_kept(a * (1 + 2.0**-9), a) if is_number(a) else a for a in args])


def is_finite(x: Any) -> bool:
    """Tell whether no nan came up, in a value or on the way to an infinite one."""
    return not (has_nan(x) or (isinstance(x, np.ndarray) and has_nan(0.0 * x)))


def is_number(a: Any) -> bool:
    return isinstance(a, float) or (isinstance(a, (np.ndarray, np.generic)) and a.dtype.kind in "fc")


def type_kept(new: Any, old: Any) -> Any:
    return np.array(new, old.dtype) if isinstance(old, np.ndarray) else type(old)(new)


def cases() -> list[Any]:
    return [
        pytest.param(name, form, id=f"{form} of {name}", marks=[] if k % every == 0 else pytest.mark.sweep)
        for form, every in EVERY.items()
        for k, name in enumerate(CASES)
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "form"), cases())
def test_compiled_is_plain(name: str, form: str) -> None:
    f, args = CASES[name]
    g = FORMS[form](f, len(args))
    compiled = hoad.compile(g, backend="numpy")
    for point in (args, args, beside(args)):
        got, right = attempt(compiled, point), attempt(g, point)
        assert_same(got, right, ROUNDED.get(form, 0.0))
    if not isinstance(right, Exception):
        reasons = [text for text in compiled.why().splitlines() if text]
        assert all([any([re.search(known, text) for known in REASONS]) for text in reasons]), reasons
        assert (
            reasons or compiled.stats()["hits"] or not is_finite(right)
        )  # nothing is kept where nan came up


def has_nan(out: Any) -> bool:
    """Such a value is the plain function's alone."""
    return any([np.any(np.not_equal(leaf, leaf)) for leaf in leaves(out)])
