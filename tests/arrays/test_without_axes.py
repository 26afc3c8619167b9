"""A number and an array without axes are two things to NumPy, and to a program that asks: what is an array in
the plain call is one within a derivative.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from turns import some_in

import hoad

POINTS = (0.7, np.float64(0.7), np.array(0.7))
WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "f(x)": lambda f, x: f(x),
    "f(x, x)": lambda f, x: f(x, x),
    "f(x, 3.0)": lambda f, x: f(x, 3.0),
    "f(x, 2)": lambda f, x: f(x, 2),
    "f(x, ())": lambda f, x: f(x, ()),
    "f(3.0, x)": lambda f, x: f(3.0, x),
    "f([x, x])": lambda f, x: f([x, x]),
    "f(x > 0, x, x)": lambda f, x: f(x > 0, x, x),
    "f(x, 0.0, 1.0)": lambda f, x: f(x, 0.0, 1.0),
}
# A number stays one where no axes are added; out= of a number; a list is trimmed to a list.
OTHERWISE = {("expand_dims", "f(x, ())"), ("dot", "f(x > 0, x, x)"), ("trim_zeros", "f([x, x])")}
OTHERS = ("save", "load", "from", "mem", "show", "test", "info", "get", "set", "print", "array_", "array2")
OTHERS += ("format", "bmat", "asmatrix", "is_busday", "busday")  # files, text, matrices, dates


def names() -> list[tuple[str, str]]:
    """NumPy's functions and the ways in which they take one number."""
    found = []
    for name in sorted(vars(np)):
        function = getattr(np, name)
        if callable(function) and not isinstance(function, type) and not name.startswith(("_", *OTHERS)):
            found += [(name, way) for way in WAYS if (name, way) not in OTHERWISE and answers(function, way)]
    return found


def answers(function: Any, way: str) -> bool:
    """Whether NumPy takes a number so, and gives numbers or arrays."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = WAYS[way](function, np.float64(0.7))
    except Exception:
        return False
    parts = found if isinstance(found, (tuple, list)) else [found]
    return len(parts) > 0 and all([isinstance(p, (np.ndarray, np.number, float)) for p in parts])


def classes(found: Any) -> list[tuple[bool, int]]:
    """Which of the results are arrays, and of how many axes."""
    parts = found if isinstance(found, (tuple, list)) else [found]
    return [(isinstance(part, np.ndarray), np.ndim(part)) for part in parts]


@some_in(3)
@pytest.mark.parametrize(("name", "way"), names())
def test_arrays_without_axes_are_arrays_within_a_derivative(name: str, way: str, every: int) -> None:
    function, call = getattr(np, name), WAYS[way]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        cases = [*itertools.product(POINTS, (hoad.grad, hoad.derivative))]
        for x, derivative in cases[len(name) % every :: every]:
            try:
                wanted = classes(call(function, x))
            except Exception:
                continue
            seen: list[Any] = []

            def f(x: Any, seen: list[Any] = seen) -> Any:
                seen.append(classes(call(function, x)))
                return x * 1.0

            try:
                derivative(f)(x)
            except (hoad.errors.HoadError, TypeError, IndexError, AttributeError):
                continue  # refused, which other tests look at
            assert seen[-1] == wanted, (type(x), derivative)


def test_many_are_tried() -> None:
    assert len(names()) > 250


def filled(x: Any) -> Any:
    v, a = np.broadcast_arrays(0.5, x)
    out = np.full_like(v, np.nan)
    out[a > 0] = a[a > 0] * v[a > 0] ** 2 * a[a > 0]
    return out[()]


def zeros(x: Any) -> Any:
    out = np.zeros(())
    out[x > 0] = x**3
    return out.item()


def asked(x: Any) -> Any:
    return x**2 if isinstance(np.asarray(x), np.ndarray) else x


def asked_of_a_copy(x: Any) -> Any:
    return x if np.isscalar(np.array(x)) else x**2


def changed_in_place(x: Any) -> Any:
    y = np.array(x)
    y[...] *= x
    y += 1.0
    return y.sum() * x


def not_the_argument(x: Any) -> Any:
    y = np.asarray(x, dtype=float).copy()
    y[...] = 3.0
    return x * x + y


@pytest.mark.parametrize("f", [filled, zeros, asked, asked_of_a_copy, changed_in_place, not_the_argument])
@pytest.mark.parametrize("x", POINTS[:2])
def test_programs_that_fill_and_ask(f: Any, x: Any) -> None:
    h = 1e-6
    wanted = (f(x + h) - f(x - h)) / (2 * h)
    for derivative in (hoad.grad, hoad.derivative):
        assert float(derivative(f)(x)) == pytest.approx(float(wanted), rel=1e-7)
    assert float(hoad.derivative(f, x, 2)) == pytest.approx(
        float(hoad.derivative(hoad.grad(f), x)), rel=1e-12
    )


@pytest.mark.parametrize("cls", [np.float64, np.float32, np.complex128, np.complex64])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 2)])
def test_classes_of_numbers_make_arrays_of_arrays(cls: type, shape: tuple[int, ...]) -> None:
    names: dict[str, Any] = {"np": np}
    lines = ("def f(x):", f"    y = np.{cls.__name__}(x)", "    seen.append((type(y), y.shape, y.dtype))")
    exec("\n".join((*lines, "    return y * y")), names)
    f, seen = names["f"], names.setdefault("seen", [])
    x = np.linspace(0.5, 2.0, int(np.prod(shape))).reshape(shape) if shape else 0.7
    f(x)
    value, change = hoad.jvp(f, x, x * 0 + 1.0)
    hoad.vjp(f, x)
    assert len(set(seen)) == 1
    np.testing.assert_allclose(change, 2 * np.asarray(x), rtol=1e-6)
    np.testing.assert_allclose(value, np.asarray(x) ** 2, rtol=1e-6)
