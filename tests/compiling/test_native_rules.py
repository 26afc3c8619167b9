"""As machine code, every program of the tables gives what it gives plainly, up to rounding; where a part
has no native form, the code between is native, or the reason is told.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from compiled_cases import CASES
from proofs import total

import hoad

pytest.importorskip("llvmlite")
FORMS = {
    "value": lambda f, n: f,
    "gradient": lambda f, n: hoad.grad(total(f), argnums=tuple(range(n))),
    "Hessian": lambda f, n: hoad.hessian(total(f)),
}
EVERY = {"value": 19, "gradient": 31, "Hessian": 263}  # the default run takes one in so many
CLOSE = {"value": 1e-13, "gradient": 1e-12, "Hessian": 1e-11}  # of the largest entry, in double precision


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def attempt(f: Any, args: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return f(*args)
    except Exception as error:
        return error


def beside(a: Any) -> Any:
    """Another number or array of the same class, type and shape."""
    if not (isinstance(a, float) or (isinstance(a, (np.ndarray, np.generic)) and a.dtype.kind in "fc")):
        return a
    moved = a * (1 + 2.0**-9)
    return np.array(moved, a.dtype) if isinstance(a, np.ndarray) else type(a)(moved)


def rounding(f: Any, point: Any) -> float:
    """What rounding leaves of terms as large as the value, where they should cancel: a correlation of one
    vector is 1, and its derivative 0.
    """
    own = [a.copy() if isinstance(a, np.ndarray) else a for a in point]  # f may write into them
    arrays = [np.asarray(y) for y in leaves(attempt(f, own)) if isinstance(y, (float, np.number, np.ndarray))]
    sizes = [np.max(np.abs(y), initial=0.0, where=np.isfinite(y)) for y in arrays if y.dtype.kind in "fc"]
    return 2.0**-50 * float(max(sizes, default=0.0))


def assert_close(got: Any, right: Any, share: float, noise: float = 0.0) -> None:
    if isinstance(right, Exception) or isinstance(got, Exception):
        assert type(got) is type(right) and str(got) == str(right)
        return
    for a, b in zip(leaves(got), leaves(right), strict=True):
        if b is None:  # as the singular values are that no driver gives
            assert a is None
            continue
        kind = np.result_type(b)
        assert type(a) is type(b) and np.shape(a) == np.shape(b) and np.result_type(a) == kind
        if kind.kind not in "fc":
            assert np.array_equal(a, b)
            continue
        size = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
        bound = share * max(1.0, float(np.finfo(kind).eps) / 2.0**-52)
        np.testing.assert_allclose(a, b, rtol=bound, atol=max(bound * size, noise))


def cases() -> list[Any]:
    return [
        pytest.param(name, form, id=f"{form} of {name}", marks=[] if k % every == 0 else [pytest.mark.sweep])
        for form, every in EVERY.items()
        for k, name in enumerate(CASES)
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "form"), cases())
def test_native_is_plain(name: str, form: str) -> None:
    f, args = CASES[name]
    g = FORMS[form](f, len(args))
    compiled = hoad.compile(g)
    for point in (args, args, tuple(map(beside, args))):
        assert_close(attempt(compiled, point), attempt(g, point), CLOSE[form], rounding(f, point))
    assert compiled.stats()["native"] or compiled.why() or not compiled.variants
    for text in compiled.why().splitlines():
        assert not re.match(r"no native code: \w+(Error|Exception)", text), text


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", [n for n in CASES if re.match(r"special (ellip[ek]|erf|dawsn|wofz|erfcx)", n)]
)
def test_formulas_of_other_numbers_are_none_of_doubles(name: str) -> None:
    """Rules with a formula for mpmath's numbers, which may cancel in doubles: it becomes no machine code."""
    f, args = CASES[name]
    g = FORMS["gradient"](f, len(args))
    compiled = hoad.compile(g)
    for point in (args, args):
        assert_close(attempt(compiled, point), attempt(g, point), CLOSE["gradient"])


def test_why_names_function_line_and_reason() -> None:
    compiled = hoad.compile(hoad.grad(lambda x: np.sum(np.unique(x) ** 2)))
    compiled(np.array([2.0, 1.0, 3.0]))
    assert compiled.why().startswith("no native code: unique has no native form of such arguments")
    assert "test_native_rules.py:" in compiled.why() and "np.unique(x) ** 2" in compiled.why()
    compiled = hoad.compile(lambda x: x > 0)
    compiled(np.arange(3.0))
    assert compiled.why() == "no native code: a result of type bool has no native form"
