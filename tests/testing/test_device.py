"""The device that is not there does what CuPy does."""

import re
from typing import Any

import numpy as np
import pytest
import scipy.special
from cupy_facts import FACTS

import hoad
from hoad.testing import device as cp

# Where an error of another class, or the class of what is not an array, is as good.
ALIKE = {"x.data", "np.result_type(x)", "np.result_type(x, 1.0)", "np.shape(x)"}
THERE = {text for text in dir(np) if not text.startswith("_")}  # np.matvec is not, before NumPy 2.2
CASES = [
    (text, found)
    for text, found in [line.split(" -> ") for line in FACTS.strip().splitlines()]
    if THERE.issuperset(re.findall(r"\bnp\.(\w+)", text))
]


def real() -> object:
    """CuPy, or None where it is not, or has no GPU."""
    try:
        import cupy

        cupy.asarray(np.ones(1))
    except Exception:  # each release and each driver has its own
        return None
    return cupy


LIBRARIES = [cp, *([CUPY] if (CUPY := real()) is not None else [])]


def names(library: Any = cp) -> dict:
    """What the expressions name."""
    i, mask = np.array([0, 0, 2]), np.array([True, False, True])
    g = lambda *v: library.asarray(np.array(v, float))
    return {
        "np": np, "scipy": scipy, "cp": library, "g": g, "x": g(0.5, -1.25, 2.25),
        "A": library.asarray(np.arange(9.0).reshape(3, 3) + np.eye(3)), "n": np.array([1.0, 2.0, 3.0]),
        "i": i, "di": library.asarray(i), "mask": mask, "dm": library.asarray(mask),
    }  # fmt: skip


def kind_of(value: Any, library: Any = cp) -> str:
    first = value[0] if isinstance(value, tuple) and value else value
    if isinstance(first, library.ndarray):
        plain = isinstance(value, tuple) and type(value) is not tuple
        return "array" if plain else f"array {first.dtype}{list(first.shape)}"
    kind = type(first)
    name = (
        kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__name__}"
    )
    return f"{name} {first.dtype}{list(first.shape)}" if isinstance(first, np.ndarray) else name


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)
@pytest.mark.parametrize(("text", "found"), CASES, ids=[text for text, _ in CASES])
def test_an_expression(text, found, library):
    """What was read off a card is so of the device that is not there, and of one that is."""
    if text in ALIKE:
        return
    try:
        value = eval(text, names(library))
        have = kind_of(value, library)
    except Exception as error:
        value, have = None, type(error).__name__
    assert have.split()[0] == found.split()[0]
    if " " in found and not isinstance(value, tuple):
        assert have == found


def test_what_waits_and_what_is_launched():
    x = cp.asarray([1.0, 2.0])
    cp.synchronisations = cp.launches = 0
    y = np.sin(x)[::-1].reshape(2, 1).T + 1.0
    assert (cp.synchronisations, cp.launches) == (0, 2)
    float(y[0, 0]), bool(y[0, 0] > 0), y.get(), y.tolist(), repr(y)
    assert cp.synchronisations == 5


COUNTED = {
    "a mask": lambda x: x[x > 0],
    "a mask beside a slice": lambda x: np.stack([x, x])[:, x > 0],
    "a write by a mask": lambda x: x.__setitem__(x > 0, 1.0),
    "nonzero": lambda x: np.nonzero(x),
    "positions of a condition": lambda x: np.where(x > 0),
    "a method": lambda x: x.nonzero(),
    "put": lambda x: np.put(x, cp.asarray([0]), 1.0),
    "unique": lambda x: np.unique(x),
    "compress": lambda x: np.compress(x > 0, x),
}
UNCOUNTED = {
    "a choice": lambda x: np.where(x > 0, x, 0.0),
    "positions": lambda x: x[cp.asarray([0, 0])],
    "a write by positions": lambda x: x.__setitem__(cp.asarray([0, 0]), 1.0),
    "put, around": lambda x: x.put(cp.asarray([3]), cp.asarray([1.0]), mode="wrap"),
}


@pytest.mark.parametrize("name", [*COUNTED, *UNCOUNTED])
def test_lengths_that_values_decide_are_read(name):
    """A mask, read or written by, is counted on the device, and the count is read: CuPy's source says so."""
    x = cp.asarray([1.0, -2.0, 3.0])
    cp.synchronisations = 0
    (COUNTED | UNCOUNTED)[name](x)
    assert bool(cp.synchronisations) == (name in COUNTED)


def test_positions_wrap_and_the_first_of_two_writes_stays():
    x = cp.asarray(np.arange(3.0))
    np.testing.assert_array_equal(x[cp.asarray([1, 3, -4])].get(), [1, 0, 2])
    np.testing.assert_array_equal(x[:, None][np.array([4]), ...].get(), [[1]])
    x[np.array([0, 3, 1])] = cp.asarray([10.0, 20.0, 30.0])
    np.testing.assert_array_equal(x.get(), [10, 30, 2])


def test_arrays_of_two_devices_do_not_meet():
    with cp.cuda.Device(1):
        y = cp.ones(2)
    assert y.device == cp.cuda.Device(1)
    with pytest.raises(ValueError, match="device must be same"):
        y + cp.ones(2)


def test_a_leak_to_the_host_is_an_error():
    leaks = lambda x: np.sum(x * np.ones(2))
    with pytest.raises(TypeError, match="numpy"):
        hoad.grad(leaks, cp.asarray([1.0, 2.0]))


def test_an_array_is_laid_in_the_order_that_is_asked_for():
    """Kernels read memory: what is asked for in rows, and lies in columns or apart, is a copy in rows."""
    x = cp.asarray(np.arange(6.0).reshape(2, 3))
    for y in (x.T, x[:, ::2], (x * 1j).imag):
        assert not y.flags.c_contiguous
        rows = cp.asarray(y, order="C")
        assert rows.flags.c_contiguous and cp.asarray(rows, order="C") is rows
        np.testing.assert_array_equal(rows.get(), y.get())
    assert cp.asarray(x.T) is not x and cp.asarray(x.T, order="F").flags.f_contiguous
