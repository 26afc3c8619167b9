"""Every operator, method and function of pydata/sparse beside a traced value: the derivative is right, or an
error names the array. They are many, and each goes its own way to the entries, so none is taken on trust.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import HoadError
from hoad.values import foreign

sparse = pytest.importorskip("sparse")

NUMBERS = np.array([[1.5, 0.0, 2.0], [0.0, 0.5, 0.0], [0.25, 0.0, 0.0]])
W = np.array([0.3, 0.7, 0.9])
STEP = 1e-6
FORMATS = {"COO": sparse.COO, "GCXS": sparse.GCXS, "DOK": sparse.DOK}
OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "eq", "lt", "ge", "and_")
# Programs of an array and the parameters, of each function: (A, w), (w, A), and so on.
WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "f(A, w)": lambda f, a, w: f(a, w),
    "f(w, A)": lambda f, a, w: f(w, a),
    "f(A, number)": lambda f, a, w: f(a, w[0]),
    "f(number, A)": lambda f, a, w: f(w[0], a),
    "f(w)": lambda f, a, w: f(w),
    "f(A * w)": lambda f, a, w: f(a * w),
    "f([A, w])": lambda f, a, w: f([a, w]),
    "f(A > 0, w, A)": lambda f, a, w: f(a > 0, w, a),
}
FILES = {"save_npz", "load_npz", "random"}


def functions(kind: str) -> Iterator[tuple[str, Any]]:
    """All that may be called, with the array as an argument."""
    for name in OPERATORS:
        yield name, getattr(operator, name)
    for name in [n for n in dir(FORMATS[kind]) if not n.startswith("_")]:
        yield f".{name}", lambda a, *rest, name=name: called(getattr(a, name), rest)
    for name in set(sparse.__all__) - FILES:
        if callable(getattr(sparse, name)):
            yield f"sparse.{name}", getattr(sparse, name)
    for name in (
        "dot",
        "kron",
        "outer",
        "inner",
        "tensordot",
        "where",
        "concatenate",
        "stack",
        "clip",
        "sum",
    ):
        yield f"np.{name}", getattr(np, name)


def called(found: Any, rest: Any) -> Any:
    """A method with arguments, or an attribute."""
    return found(*rest) if callable(found) else found


def total(y: Any) -> Any:
    """A number of whatever comes out, in which each element has a weight of its own."""
    if isinstance(y, (tuple, list)):
        return sum([total(part) for part in y])
    y = y.todense() if hasattr(y, "todense") else y
    return np.sum(y * np.cos(1.0 + np.arange(np.size(y)).reshape(np.shape(y))))


def slope(loss: Callable[[Any], Any]) -> np.ndarray | None:
    """The gradient by differences, of the plain program; None where that has no value."""
    try:
        with np.errstate(all="ignore"):
            return np.array([float(loss(W + h) - loss(W - h)) / (2 * STEP) for h in STEP * np.eye(3)])
    except Exception:
        return None


def is_named(error: Exception) -> bool:
    """Tell whether an error is hoad's, or says what to write."""
    return isinstance(error, HoadError) or any(
        ["todense" in note for note in getattr(error, "__notes__", ())]
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMATS)
def test_no_operation_gives_a_wrong_number(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "LOOKED_AT", 500)  # objects behind an error, of which there are many here
    a = FORMATS[kind].from_numpy(NUMBERS)
    right, refused, other = 0, 0, []
    for name, f in functions(kind):
        for way, program in WAYS.items():
            loss = lambda w, f=f, program=program: total(program(f, a, w))
            try:
                with np.errstate(all="ignore"):
                    found = hoad.grad(loss, W)
            except Exception as error:
                refused += is_named(error)
                if not is_named(error) and "clip" not in name and runs(loss):  # it speaks of its bounds
                    other.append(f"{name}, {way}: {error!r}")
                continue
            wanted = slope(loss) if runs(loss) else None
            if wanted is None:
                continue
            right += 1
            known = np.isfinite(wanted)
            np.testing.assert_allclose(
                found[known], wanted[known], rtol=1e-4, atol=1e-7, err_msg=f"{name}, {way}"
            )
    assert right > 20 and refused > 100
    assert other == []


def runs(loss: Callable[[Any], Any]) -> bool:
    """Tell whether the plain program has a value."""
    try:
        return bool(np.isfinite(loss(W)))
    except Exception:
        return False
