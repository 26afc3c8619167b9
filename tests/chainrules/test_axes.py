"""An axis that is not there, or is named twice, is refused by the same functions as NumPy's refuse it."""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hoad
from hoad.chainrules import RULES
from hoad.errors import HoadError

A = np.arange(1.0, 7.0).reshape(2, 3)
OPERANDS = [(A,), (A, 1), (A, [1]), (A, A.T), ([A, A],), (A, 0.5), (A, 1, 1.0)]
GOOD = (0, 1, (0, 1), [1])
BAD = (7, -8, 2, (0, 7), (0, 0), [9])
PLACES = {"numpy": np, "linalg": np.linalg, "fft": np.fft, "strides": np.lib.stride_tricks}


def accepts(function: Any, *args: Any, **kwargs: Any) -> bool:
    try:
        function(*args, **kwargs)
    except Exception:
        return False
    return True


def parameters_of(function: Any) -> list[str]:
    """The names of the parameters; none where NumPy does not tell them."""
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:
        return []


def calls() -> Iterator[tuple[str, Any, tuple[Any, ...], str]]:
    """Functions, operands that they take, and the name of a parameter that is an axis."""
    for place, module in PLACES.items():
        for name, function in list(vars(module).items()):
            if not callable(function) or isinstance(function, np.ufunc) or function not in RULES:
                continue
            for parameter in parameters_of(function):
                if parameter.startswith("ax"):
                    for args in OPERANDS:
                        if any([accepts(function, *args, **{parameter: axis}) for axis in GOOD]):
                            yield f"{place}.{name}", function, args, parameter


def refuses(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Tell whether a derivative is refused."""

    def f(x: Any) -> Any:
        given = [x if a is A else [x, x] if a.__class__ is list and a[0] is A else a for a in args]
        return function(*given, **options)

    try:
        hoad.jvp(f, (A,), (A,))
    except (TypeError, ValueError, IndexError, HoadError):  # NumPy's AxisError is two of them
        return True
    return False


@pytest.mark.filterwarnings("ignore")
def test_an_axis_that_numpy_refuses() -> None:
    wrong, count = [], 0
    for name, function, args, parameter in calls():
        for axis in BAD:
            if not accepts(function, *args, **{parameter: axis}):
                count += 1
                if not refuses(function, args, {parameter: axis}):
                    wrong.append((name, parameter, axis))
    assert count > 500
    assert wrong == []


@pytest.mark.parametrize("function", [np.diagonal, np.trace])
def test_a_diagonal_is_of_two_axes(function: Any) -> None:
    for x in (2.0, np.ones(3)):
        with pytest.raises(ValueError, match="two dimensions"):
            hoad.jvp(function, (x,), (x,))


@pytest.mark.parametrize("axis", [2, -3])
def test_functions_along_an_axis_of_the_users(axis: int) -> None:
    for f in (
        lambda x: np.apply_along_axis(np.sum, axis, x),
        lambda x: np.apply_over_axes(np.sum, x, [axis]),
        lambda x: np.tensordot(x, x, ([axis], [0])),
    ):
        with pytest.raises((np.exceptions.AxisError, IndexError)):
            hoad.jvp(f, (A,), (A,))


@given(st.lists(st.integers(1, 3), max_size=3), st.lists(st.integers(1, 3), max_size=3), st.data())
@settings(max_examples=40)
def test_pairs_of_axes_are_of_one_length(left: list[int], right: list[int], data: st.DataObject) -> None:
    """Nothing is contracted that NumPy does not, though the number of elements may be the same."""
    count = data.draw(st.integers(0, min(len(left), len(right))))
    pairs = [data.draw(st.permutations(range(len(shape))))[:count] for shape in (left, right)]
    a, b = np.ones(left), np.ones(right)
    for f in (lambda x: np.tensordot(x, b, count), lambda x: np.tensordot(x, b, pairs)):
        if accepts(f, a):
            np.testing.assert_array_equal(hoad.jvp(f, (a,), (a,))[0], f(a))
        else:
            with pytest.raises(ValueError, match="shape-mismatch"):
                hoad.jvp(f, (a,), (a,))
