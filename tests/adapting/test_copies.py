"""Arrays of constants that the program copies, and then writes what it is differentiated by into."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import hoad
from hoad.adapting.attributes import METHODS
from hoad.errors import HoadError

DATA = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
TABLE = {"bus": DATA, "more": [DATA, (DATA.T, "text")]}
SPARSE = scipy.sparse.csr_array(DATA)
POINT = np.array([0.5, 1.5, 2.5])


@dataclasses.dataclass
class Case:
    bus: np.ndarray
    names: tuple[str, ...] = ("a", "b")


class Model:
    def __init__(self, bus: np.ndarray) -> None:
        self.start = bus
        self.reset()

    def reset(self) -> None:
        self.bus = self.start.copy()


def helper(a: np.ndarray) -> np.ndarray:
    return a.copy()


# Ways to an array of two rows and three columns that is no other's.
WAYS: dict[str, Callable[[], Any]] = {
    "copy": lambda: DATA.copy(),
    "copy in its order": lambda: DATA.T.copy(order="F").T,
    "of a part": lambda: TABLE["bus"].copy(),  # type: ignore[attr-defined]
    "by a helper": lambda: helper(DATA),
    "astype": lambda: DATA.astype(float),
    "astype of integers": lambda: np.arange(6).reshape(2, 3).astype("d"),
    "flatten": lambda: DATA.flatten().reshape(2, 3),
    "repeat": lambda: DATA[:1].repeat(2, 0),
    "take": lambda: DATA.take([1, 0], 0),
    "clip": lambda: DATA.clip(2.0, 5.0),
    "cumsum": lambda: DATA.cumsum(1),
    "dot": lambda: DATA.dot(np.eye(3)),
    "conj": lambda: (DATA + 0j).conj(),
    "copy.copy": lambda: copy.copy(DATA),
    "copy.deepcopy": lambda: copy.deepcopy(DATA),
    "deepcopy": lambda: deepcopy(DATA),
    "deepcopy of a dictionary": lambda: deepcopy(TABLE)["bus"],
    "of what lies in it": lambda: deepcopy(TABLE)["more"][1][0].T,  # type: ignore[index]
    "deepcopy of an object": lambda: deepcopy(Case(DATA)).bus,
    "an attribute": lambda: Model(DATA).bus,
    "np.copy": lambda: np.copy(DATA),
    "np.array": lambda: np.array(DATA),
    "np.sort": lambda: np.sort(DATA),
    "np.roll": lambda: np.roll(DATA, 1),
    "np.kron": lambda: np.kron(np.ones((2, 1)), DATA[:1]),
    "np.pad": lambda: np.pad(DATA[:, :2], ((0, 0), (0, 1))),
    "np.triu": lambda: np.triu(DATA),
    "np.take": lambda: np.take(DATA, [0, 0], 0),
}


def written(c: Any, x: Any) -> Any:
    c[0, 1] = x[0] * 2
    c[1] = c[1] * x
    c[:, 2] += x[:2]
    c[0, :2] *= c[1, 0]
    return np.sum(abs(c) ** 2 * np.arange(1.0, 7.0).reshape(2, 3))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("way", WAYS)
def test_gradient(way: str, mode: str) -> None:
    make, before = WAYS[way], DATA.copy()
    plain = np.array(make())
    f = lambda x: written(make(), x)
    right = hoad.jacobian(lambda x: written(np.array(plain), x), POINT, mode=mode)
    np.testing.assert_allclose(hoad.jacobian(f, POINT, mode=mode), right, rtol=1e-14)
    step = np.array([1e-6, -2e-6, 1.5e-6])
    assert f(POINT + step) - f(POINT - step) == pytest.approx(2 * right @ step, rel=1e-7)
    np.testing.assert_array_equal(DATA, before)


@pytest.mark.parametrize("way", WAYS)
def test_second_order_and_batches(way: str) -> None:
    make = WAYS[way]
    plain = np.array(make())
    f, g = (lambda x: written(make(), x)), (lambda x: written(np.array(plain), x))
    np.testing.assert_allclose(hoad.hessian(f, POINT), hoad.hessian(g, POINT), rtol=1e-13)
    points = np.stack([POINT, POINT[::-1]])
    np.testing.assert_allclose(hoad.vmap(f)(points), [f(p) for p in points], rtol=1e-14)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_give_memory_of_their_own(name: str) -> None:
    """What can be filled is nobody else's: NumPy is asked."""
    arguments = {
        "choose": ([DATA, DATA],),
        "astype": (float,),
        "repeat": (1,),
        "take": ([0, 1, 2, 3, 4, 5],),
        "compress": ([True, True], 0),
        "dot": (np.eye(3),),
        "clip": (0.0, 9.0),
    }
    array = np.zeros((2, 3), int) if name == "choose" else DATA + 0j if name.startswith("conj") else DATA
    assert not np.shares_memory(getattr(array, name)(*arguments.get(name, ())), array)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_of_other_objects_are_theirs(name: str) -> None:
    class Own:
        pass

    setattr(Own, name, lambda self, *args: ("own", *args))
    seen = []

    def f(x: Any) -> Any:
        seen.append((Own().copy(), Own().astype(1)) if hasattr(Own, "copy") and hasattr(Own, "astype") else 0)
        out = np.zeros(1)
        out[0] = x
        return out[0] * len(getattr(Own(), name)(1))

    Own.copy = Own.astype = getattr(Own, name)  # type: ignore[attr-defined]
    assert hoad.grad(f)(1.0) == 2.0
    assert seen == [(("own",), ("own", 1))]


def test_the_same_object_where_numpy_gives_it() -> None:
    def f(x: Any) -> Any:
        seen.append(DATA.astype(float, copy=False) is DATA)
        out = np.zeros(1)
        out[0] = x
        return out[0]

    seen: list[bool] = []
    hoad.grad(f)(1.0)
    assert seen == [True]


def test_what_lacks_the_method_says_so() -> None:
    def f(x: Any) -> Any:
        out = np.zeros(1)
        out[0] = x
        return (3.0).copy() * out[0]  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="'float' object has no attribute 'copy'"):
        hoad.grad(f)(1.0)


def test_what_an_operator_makes_is_refused_with_what_to_type() -> None:
    def f(x: Any) -> Any:
        c = DATA * 2
        c[0, 0] = x
        return c.sum()

    with pytest.raises(HoadError, match=r"np\.array\("):
        hoad.grad(f)(1.0)

    def g(x: Any) -> Any:
        c = np.array(DATA * 2)
        c[0, 0] = x
        return c.sum()

    assert hoad.grad(g)(1.0) == 1.0


def test_outside_of_derivatives_copies_are_numpys() -> None:
    f = lambda x: written(DATA.copy(), x)
    hoad.grad(f)(POINT)
    assert type(DATA.copy()) is np.ndarray is type(copy.deepcopy(TABLE)["bus"])
    assert hoad.adapted(f) is not None


WHOLE = np.zeros(3, int)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("kind", [int, np.int32, np.uint8, bool])
def test_what_is_written_into_integers_is_cut(kind: Any, mode: str) -> None:
    def f(x: Any) -> Any:
        c = WHOLE.astype(kind)
        c[:] = x * 10
        c[[0, 2]] = (x * 7)[1:]
        return np.sum(c * x)

    x = np.array([0.51, 1.57, 0.33])
    right = f(x + 1e-7 * np.eye(3)[0]), f(x - 1e-7 * np.eye(3)[0])
    found = hoad.jacobian(f, x, mode=mode)
    assert found[0] == pytest.approx((right[0] - right[1]) / 2e-7, rel=1e-6)
    c = WHOLE.astype(kind)
    c[:] = x * 10
    c[[0, 2]] = (x * 7)[1:]
    np.testing.assert_array_equal(found, c.astype(float))
    np.testing.assert_array_equal(hoad.hessian(f, x), 0.0)


def test_members_of_a_batch_are_not_cut_into_one_array_of_integers() -> None:
    def f(x: Any) -> Any:
        c = np.zeros(3, int)
        c[:] = x * 10
        return np.sum(c * x)

    points = np.array([[0.51, 1.57, 0.33], [0.1, 0.2, 0.3]])
    try:
        found = hoad.vmap(f)(points)
    except HoadError:
        return
    np.testing.assert_allclose(found, [f(p) for p in points])


def test_integers_of_a_recorded_program_are_looked_at_again() -> None:
    def f(x: Any) -> Any:
        c = np.zeros(3, int)
        c[:] = x * 10
        return np.sum(c * x)

    compiled = hoad.compile(hoad.grad(f))
    for x in (np.array([0.51, 1.57, 0.33]), np.array([0.91, 0.57, 0.83])):
        try:
            found = compiled(x)
        except HoadError:
            return
        np.testing.assert_array_equal(found, (x * 10).astype(int))
