"""``a += x`` on plain arrays: a new array where nobody else holds the old one, an error everywhere else."""

import operator

import numpy as np
import pytest
from differences import slopes

import hoad
from hoad.errors import EscapeError

pytestmark = pytest.mark.as_written  # the names of NumPy are not bound
DATA = np.array([1.0, 2.0])
X = np.array([0.5, -1.5])
HELD = np.zeros(2)


class Model:
    shared = np.zeros(2)

    def __init__(self):
        self.w = np.zeros(2)


def subtracted(x):
    r = DATA.copy()
    r -= x
    return r


def in_a_loop(x):
    r = np.ones(2)
    for _ in range(3):
        r *= x
    return r


def of_an_argument(x):
    def add(a):
        a += x
        return a

    return add(np.ones(2))


def captured(x):
    r = DATA * 2

    def inner():
        nonlocal r
        r += x * x
        return r

    return inner()


def of_an_element(x):
    out = x * 0.0
    rows = np.ones((2, 2))
    rows[[0, 1]] @ np.ones(2)
    out[0] += x[1] * 3
    return out


def wide(x):
    r = np.ones((3, 2))
    r += x
    return np.sum(r**2, axis=0)


def narrow(x):
    r = np.ones(2, dtype=np.float32)
    r += x
    assert r.dtype == np.float32
    return r


def of_complex(x):
    r = np.zeros(2, complex)
    r += x * 1j
    return r.imag * 2


FOLLOWED = [subtracted, in_a_loop, of_an_argument, captured, of_an_element, wide, narrow, of_complex]


@pytest.mark.parametrize("f", FOLLOWED)
def test_a_name_gets_a_new_array(f) -> None:
    tolerance = 1e-3 if f is narrow else 1e-8
    right = slopes(f, X)
    for mode in ("forward", "reverse"):
        found = hoad.jacobian(f, X, mode=mode)
        np.testing.assert_allclose(found, right, atol=tolerance)
    rows = np.stack([X, 2 * X])
    np.testing.assert_allclose(hoad.vmap(f)(rows), np.stack([f(x) for x in rows]))
    assert np.array_equal(DATA, [1.0, 2.0])


def aliased(x):
    r = s = np.ones(2)
    r += x
    return s


def viewed(x):
    r = np.ones(2)
    half = r[:1]
    r += x
    return half


def a_view(x):
    r = np.ones(2)
    part = r[:]
    part += x
    return r


def of_the_caller(x):
    def add(a):
        a += x

    r = np.ones(2)
    add(r)
    return r


def of_a_list(x):
    rows = [np.ones(2)]
    for row in rows:
        row += x
    return rows[0]


def of_an_entry(x):
    held = {"a": np.ones(2)}
    other = held | {}
    held["a"] += x
    return other["a"]


def of_a_class(x):
    m = Model()
    m.shared += x
    return Model().shared


def of_an_attribute(x):
    m = Model()
    w = m.w
    m.w += x
    return w


def by_function(x):
    r = np.ones(2)
    np.add(r, x, out=r)
    return r


def by_operator(x):
    r = np.ones(2)
    operator.iadd(r, x)
    return r


def in_a_generator(x):
    def rows():
        r = np.ones(2)
        yield r
        r += x
        yield 0

    first, _ = rows()
    return first


def by_default(x, a=HELD):
    a += x
    return HELD


def by_name(x):
    r = np.ones(2)
    names = locals()
    r += x
    return names["r"]


REFUSED = [
    aliased, viewed, a_view, of_the_caller, of_a_list, of_an_entry, of_a_class, of_an_attribute, by_function,
    by_operator, in_a_generator, by_default, by_name,
]  # fmt: skip


@pytest.mark.parametrize("f", REFUSED)
def test_what_others_hold_is_refused(f) -> None:
    for mode in ("forward", "reverse"):
        with pytest.raises(EscapeError):
            hoad.jacobian(f, X, mode=mode)


def test_shapes_and_types_are_refused_as_ever() -> None:
    def larger(x):
        r = np.ones(2)
        r += x[:, None]
        return r

    def integers(x):
        r = np.ones(2, dtype=int)
        r += x
        return r

    for f, error in ((larger, ValueError), (integers, TypeError)):
        with pytest.raises(error):
            f(X)
        with pytest.raises(error):
            hoad.jacobian(f, X)
