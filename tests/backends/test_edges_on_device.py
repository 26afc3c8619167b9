"""Where a function has a kink, a pole or an end, and where a value is nan or infinite, a device gives what
NumPy's arrays get: the same number, nan for nan, the type and the precision, in every mode and nesting.

Nobody looks for nan there, so what is known only from having looked may be nan on a device, where NumPy's
arrays have a number. The tables below name all of it; a *number* that is another one is never right.
"""

import numpy as np
import pytest
from on_device import from_device, to_device

import hoad
from hoad.testing import device as cp

pytestmark = pytest.mark.filterwarnings("ignore")
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, np.inf, -np.inf, np.nan, 800.0, -800.0, 1e-310, 1e300])
DATA = np.array([1.0, np.nan, 3.0, np.inf])
X = {
    "zero": np.array([0.0, 1.0, 4.0]),
    "nan": np.array([0.0, 1.0, np.nan]),
    "infinite": np.array([0.5, 1.0, np.inf, -np.inf]),
    "large": np.array([0.0, 1.0, 800.0, -800.0]),
    "weights": np.array([0.5, 2.0, 1.0, 0.0]),
}


def data(x, *numbers):
    held = np.array(numbers or DATA)
    return cp.asarray(held) if isinstance(hoad.primal(x), cp.ndarray) else held


def written_between(x):
    y = x * 1.0
    before = np.abs(y)
    y[1] = y[0]
    return np.sum(before * np.abs(y))


PROGRAMS = {
    "nan in data": (lambda w: np.sum(np.where(np.isfinite(data(w)), w * data(w), 0) ** 2), "weights"),
    "nansum of data": (lambda w: np.nansum(w[:3] * data(w)[:3]), "weights"),
    "a mask of data": (lambda w: np.sum((w * data(w))[np.isfinite(data(w))]), "weights"),
    "where isnan": (lambda x: np.sum(np.where(np.isnan(x), 0, x * x)), "nan"),
    "where it is itself": (lambda x: np.sum(np.where(x == x, np.sin(x), 0)), "nan"),
    "where isfinite": (lambda x: np.sum(np.where(np.isfinite(x), x * x, 0)), "infinite"),
    "where it is less": (lambda x: np.sum(np.where(x < 5, x**3, 0)), "infinite"),
    "nansum": (lambda x: np.nansum(x * x), "nan"),
    "nanmean": (lambda x: np.nanmean(np.exp(x)), "nan"),
    "nan_to_num": (lambda x: np.sum(np.nan_to_num(x) ** 2), "nan"),
    "logistic function by hand": (lambda x: np.sum(1 / (1 + np.exp(-x))), "large"),
    "softplus by hand": (lambda x: np.sum(np.log1p(np.exp(x))), "large"),
    "softplus that is not taken": (lambda x: np.sum(np.where(x < 700, np.log1p(np.exp(x)), x)), "large"),
    "root of a square": (lambda x: np.sum(np.sqrt(x**2)), "zero"),
    "root of a product": (lambda x: np.sum(np.sqrt(x * x)), "zero"),
    "root of a constant 0": (lambda x: np.sum(x + np.sqrt(0 * x)), "zero"),
    "0 times a root": (lambda x: np.sum(0 * np.sqrt(x)), "zero"),
    "a mask times a root": (lambda x: np.sum(data(x, 0.0, 1.0, 2.0) * np.sqrt(x)), "zero"),
    "abs of a root": (lambda x: np.sum(abs(np.sqrt(x))), "zero"),
    "cosine of a root": (lambda x: np.sum(np.cos(np.sqrt(x))), "zero"),
    "exp of log": (lambda x: np.sum(np.exp(np.log(x))), "zero"),
    "log of a pole": (lambda x: np.sum(np.log(1 / x)), "zero"),
    "arctan of a pole": (lambda x: np.sum(np.arctan(-(1 / x))), "zero"),
    "square of a root": (lambda x: np.sum(np.sqrt(x) ** 2), "zero"),
    "square of abs": (lambda x: np.sum(np.abs(x) ** 2), "zero"),
    "product of abs": (lambda x: np.sum(np.abs(x) * np.abs(x)), "zero"),
    "product of abs, and a write between": (written_between, "zero"),
    "square of a length": (lambda x: np.linalg.norm(0 * x + x[0]) ** 2, "zero"),
    "square of a deviation": (lambda x: np.std(x[:1] * data(x, 1.0, 1.0)) ** 2, "zero"),
    "square of hypot": (lambda x: np.sum(np.hypot(x, 2 * x) ** 2), "zero"),
}


def along(f, x, v):
    return hoad.jvp(f, (x,), (v,))[1]


MODES = {
    "grad": lambda f, x, v: hoad.grad(lambda x: np.sum(f(x)))(x),
    "vjp": lambda f, x, v: hoad.vjp(f, x)[1](np.ones_like(f(x)))[0],
    "jvp": along,
    "forward": lambda f, x, v: hoad.jacobian(f, x, mode="forward"),
    "reverse": lambda f, x, v: hoad.jacobian(f, x, mode="reverse"),
    "hvp": lambda f, x, v: hoad.hvp(lambda x: np.sum(f(x)), x, v),
    "reverse-forward": lambda f, x, v: hoad.grad(lambda x: np.sum(along(f, x, v)))(x),
    "forward-reverse": lambda f, x, v: along(hoad.grad(lambda x: np.sum(f(x))), x, v),
    "forward-forward": lambda f, x, v: along(lambda x: along(f, x, v), x, v),
    "reverse-reverse": lambda f, x, v: hoad.grad(lambda x: np.sum(hoad.grad(lambda x: np.sum(f(x)))(x) * v))(
        x
    ),
    "jet": lambda f, x, v: hoad.directional(f, x, v, 2),
}
FIRST = ("grad", "vjp", "jvp", "forward", "reverse")

UNSEEN = {  # nan on a device, since nobody looks: the modes
    "logistic function by hand": "hvp forward-forward",
    "root of a square": "hvp jet",
    "root of a product": "hvp jet",
    "root of a constant 0": "hvp jet",
    "abs of a root": "reverse-forward jet",
    "square of a root": "jvp forward",
}
NESTED = ("forward-reverse", "forward-forward", "reverse-reverse")
INSTEAD = {("cosine of a root", mode) for mode in NESTED}  # infinite on the one, and nan on the other


def found_by(mode, f, x, v, reads=False):
    with np.errstate(all="ignore"):
        right = mode(f, x, v)
        cp.synchronisations = 0
        found = mode(f, to_device(x), to_device(v))
    assert type(found) is cp.ndarray and (reads or not cp.synchronisations)
    return from_device(found), np.asarray(right)


def assert_alike(found, right, may_be_nan=False):
    assert (found.dtype, found.shape) == (right.dtype, right.shape)
    narrow = found.dtype.itemsize // (1 + (found.dtype.kind == "c")) == 4
    if may_be_nan:
        found = np.where(np.isnan(found), right, found)
    np.testing.assert_allclose(found, right, rtol=1e-5 if narrow else 1e-11, atol=1e-6 if narrow else 1e-14)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name, mode):
    f, point = PROGRAMS[name]
    x = X[point]
    found, right = found_by(MODES[mode], f, x, np.cos(np.arange(x.size) + 1.0), name == "a mask of data")
    if (name, mode) in INSTEAD:
        return np.testing.assert_array_equal(np.isfinite(found), np.isfinite(right))
    assert_alike(found, right, mode in UNSEEN.get(name, "").split())


def test_each_exception_is_one():
    """What is named as not seen is not seen: else it leaves the table."""
    for name, modes in UNSEEN.items():
        f, point = PROGRAMS[name]
        for mode in modes.split():
            found, right = found_by(MODES[mode], f, X[point], np.cos(np.arange(X[point].size) + 1.0))
            assert np.isnan(found).any() and not np.array_equal(found, right, equal_nan=True), (name, mode)


SINGLE = {
    "power": lambda x: x**0.5,
    "a power that is chosen": lambda x: np.where(x > 0, x**0.5, 0.0),
    "0 times log": lambda x: 0.0 * np.log(x),
    "0 times a root": lambda x: 0.0 * np.sqrt(x),
    "square of a root": lambda x: np.sqrt(x) ** 2,
    "copysign": lambda x: np.copysign(x, -1.0),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SINGLE)
def test_precision_where_nan_came_up(name, mode):
    """What is of single precision stays so, on the host and on a device, to second order."""
    x = np.array([0.0, -1.0, 4.0], np.float32)
    found, right = found_by(MODES[mode], SINGLE[name], x, np.ones_like(x))
    assert found.dtype == right.dtype == np.float32


READ = {
    "a sum": lambda x: float(np.sum(x)),
    "a product of numbers": lambda x: float(np.sum(x)) * float(x[0]),
}
OF_READ = {
    "forward": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "grad": hoad.grad,
    "hessian": hoad.hessian,
    "hvp": lambda f, x: hoad.hvp(f, x, x),
    "diagonal": hoad.diag_hessian,
}


@pytest.mark.parametrize("way", OF_READ)
@pytest.mark.parametrize("name", READ)
def test_numbers_that_the_program_reads(name, way):
    """Their derivatives lie where the point does, and have its precision."""
    x = np.array([0.5, 2.0], np.float32)
    right, found = OF_READ[way](READ[name], x), OF_READ[way](READ[name], to_device(x))
    assert type(found) is cp.ndarray and found.dtype == right.dtype
    np.testing.assert_allclose(found.get(), right, rtol=1e-6)
