"""What an operation says its result depends on is all that it depends on: over the tables, and at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy_points  # noqa: F401  (enters its programs)
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_points import PROGRAMS
from shape_calls import ONE

import hoad
from hoad.errors import HoadError, NonScalarOutputError
from hoad.kinds.grid_points import NONE, SEVERAL
from hoad.kinds.gridded import Gridded
from hoad.nested import INSIDE, Level, pack
from hoad.values.containers import is_differentiable
from hoad.values.trees import flatten_result

# ------------------------------------------------------------------------------------------------------------
# Every function of the tables
# ------------------------------------------------------------------------------------------------------------


def leaves_of(y: Any) -> list[Any]:
    """The arrays of a value in which there is something to differentiate."""
    return [leaf for leaf in map(pack, flatten_result(y)[0]) if is_differentiable(leaf)]


def on_grid(f: Callable[..., Any], arguments: tuple[Any, ...], share: int) -> tuple[list[Any], list[Any]]:
    """The leaves of a value and the points of the arguments, of which so many in a row are the same."""
    level, start, points, token = Level(), 0, [], INSIDE.set(True)
    for a in arguments:
        points.append((start + np.arange(np.size(a)).reshape(np.shape(a))) // share)
        start += np.size(a)
    try:
        given = [Gridded(level, np.array(a)[()], p) for a, p in zip(arguments, points, strict=True)]
        found = leaves_of(f(*given))
    finally:
        INSIDE.reset(token)
    return found, points


def assert_told(f: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
    """No element has a derivative by a point that it is not said to depend on; False where there is none."""
    holomorphic = any(np.iscomplexobj(a) for a in arguments)
    parts = lambda y: [np.stack([np.real(leaf), np.imag(leaf)]) for leaf in leaves_of(y)]
    nums = tuple(range(len(arguments)))
    real = [np.stack([np.real(a), np.imag(a)]) if holomorphic else np.asarray(a, float) for a in arguments]
    whole = (lambda r: r[0] + 1j * r[1]) if holomorphic else (lambda r: r)
    try:
        slopes = hoad.jacobian(lambda *r: parts(f(*map(whole, r))), *real, argnums=nums)
    except (HoadError, ValueError, TypeError, IndexError, np.linalg.LinAlgError):
        return False  # not at this shape, or of this type
    for share in (1, 2, 5):
        found, points = on_grid(f, arguments, share)
        assert len(found) == len(slopes)
        for leaf, blocks in zip(found, slopes, strict=True):
            told = leaf.slot if leaf.__class__ is Gridded else np.full(np.shape(leaf), NONE)
            assert np.shape(told) == np.shape(leaf)
            for p, block in zip(points, blocks, strict=True):
                lines = (2, *np.shape(told), *((2,) if holomorphic else ()), *np.shape(p))
                depends = np.any(
                    np.reshape(block, (2, np.size(told), 1 + holomorphic, np.size(p))) != 0, axis=(0, 2)
                )
                assert np.size(block) == np.prod(lines)
                other = np.ravel(told)[:, None] != np.ravel(p)
                assert not np.any(depends & other & (np.ravel(told) != SEVERAL)[:, None])
    return True


def values(shape: tuple[int, ...]) -> Any:
    n = int(np.prod(shape))
    return np.random.default_rng(n).permutation(np.linspace(0.27, 1.71, n) ** 1.5).reshape(shape)


CALLS = [
    pytest.param(
        f, call, id=f"{getattr(f, '__name__', f)}-{k}", marks=[] if k % 3 == 0 else pytest.mark.sweep
    )
    for f, calls in ONE.items()
    for k, call in enumerate(calls)
]


@pytest.mark.parametrize("other", [values((2,)), values((2, 2)), values((2, 2, 2))], ids=np.shape)
@pytest.mark.parametrize("own", [values((2,)), values((2, 2)), values((2, 2, 2))], ids=np.shape)
def test_products(own: Any, other: Any) -> None:
    for f in (np.matmul, np.dot, np.inner, np.kron, lambda a, b: np.tensordot(a, b, 1)):
        assert assert_told(lambda x, f=f: f(x, other), (own,)) and assert_told(
            lambda x, f=f: f(other, x), (own,)
        )


@pytest.mark.parametrize(("f", "call"), CALLS)
def test_calls_of_one_array(f: Any, call: Any) -> None:
    for shape in ((4,), (2, 3), (2, 2), (2, 3, 2)):
        assert_told(call, (values(shape),))


RUNS = [
    pytest.param(p, id=f"{getattr(f, '__name__', f)}-{k}", marks=[] if k % 3 == 0 else pytest.mark.sweep)
    for f, entries in PROGRAMS.items()
    for k, p in enumerate(entries)
]


@pytest.mark.parametrize("program", RUNS)
def test_programs(program: Any) -> None:
    assert_told(program.run, program.arguments)


# ------------------------------------------------------------------------------------------------------------
# Programs at random
# ------------------------------------------------------------------------------------------------------------

Array = Any
N = 4
BY_ELEMENT: list[Callable[[Array, Array, Any], Array]] = [  # of two rows of N numbers another one
    lambda a, b, r: a * b,
    lambda a, b, r: np.sin(a) + b,
    lambda a, b, r: np.where(r > 0, a, b),
    lambda a, b, r: np.where(a > b, a, b),
    lambda a, b, r: np.max(np.stack([a, b]), axis=0),
    lambda a, b, r: np.stack([a, b], axis=-1) @ r[:2],
    lambda a, b, r: r[:2] @ np.stack([a, b]),
    lambda a, b, r: (np.outer(r, r)[:, :2] @ np.stack([a, b], -1)[..., None])[:, 1, 0],
    lambda a, b, r: np.einsum("ki,ki->i", np.stack([a, b]), np.stack([b, a])),
    lambda a, b, r: np.concatenate([a[:2], b[2:]]),
    lambda a, b, r: np.roll(np.roll(a, 1) ** 2, -1),
    lambda a, b, r: np.diag(np.outer(a, r)),
    lambda a, b, r: np.diag(np.outer(a, b)),
    lambda a, b, r: np.sum(np.outer(a, r), axis=1),
    lambda a, b, r: np.prod(np.stack([a, b, a]), axis=0),
    lambda a, b, r: np.sort(np.stack([a, b]), axis=0)[0],
    lambda a, b, r: np.linalg.solve(np.stack([a, r, r, 3 + b], -1).reshape(N, 2, 2), np.ones((N, 2, 1)))[
        :, 0, 0
    ],
    lambda a, b, r: written(a, b, r),
    lambda a, b, r: added(a, b, r),
    lambda a, b, r: hoad.derivative(lambda t: t * a, b),
    lambda a, b, r: hoad.stop_gradient(a) * b,
]
MIXING: list[Callable[[Array, Array, Any], Array]] = [
    lambda a, b, r: a[np.argsort(r)],
    lambda a, b, r: a[np.argsort(a)],
    lambda a, b, r: np.flip(a),
    lambda a, b, r: np.flip(np.flip(a) * b),
    lambda a, b, r: np.cumsum(a),
    lambda a, b, r: a - np.mean(b),
    lambda a, b, r: a * b[0],
    lambda a, b, r: np.outer(r, r) @ a,
    lambda a, b, r: np.reshape(np.stack([a, b]), (N, 2))[:, 0],
    lambda a, b, r: np.concatenate([a[2:], b[:2]]),
    lambda a, b, r: a + (b - np.roll(b, 1)) ** 2,
    lambda a, b, r: np.sum(np.outer(a, r), axis=0),
]
ONE_OF = BY_ELEMENT + MIXING


def written(a: Array, b: Array, r: Any) -> Array:
    out = np.zeros_like(a)
    out[r > 0] = a[r > 0]
    out[::2] += b[::2]
    view = out[1:]
    view[0] = a[1] * b[1]
    return out


def added(a: Array, b: Array, r: Any) -> Array:
    out = a.copy()
    np.add.at(out, np.argsort(r), b[np.argsort(r)])
    return out


@st.composite
def programs(draw: Any) -> Any:
    """A function of a row that makes one row after the other of two that are there."""
    steps = draw(
        st.lists(
            st.tuples(st.integers(0, len(ONE_OF) - 1), *[st.integers(0, 99)] * 3), min_size=1, max_size=5
        )
    )

    def program(x: Any) -> Any:
        rows = [x]
        for which, i, j, seed in steps:
            r = np.random.default_rng(seed).normal(size=N)
            rows.append(ONE_OF[which](rows[i % len(rows)], rows[j % len(rows)], r))
        return rows[-1]

    return program


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    programs(), st.lists(st.sampled_from([0.0, 1.0, -0.5, 0.3]), min_size=N, max_size=N), st.integers(1, 3)
)
def test_programs_at_random(f: Callable[[Any], Any], numbers: list[float], n: int) -> None:
    """Whatever is not refused has a diagonal Jacobian, whose diagonal it is, and so has its derivative."""
    x = np.array(numbers)
    with np.errstate(all="ignore"):
        try:
            found = hoad.derivative(f, x, n)
        except (NonScalarOutputError, np.linalg.LinAlgError):
            return
        tensor: Any = f
        for _ in range(n):
            tensor = hoad.jacobian(tensor)
        whole = tensor(x)
        diagonal = (np.arange(N),) * (n + 1)
        np.testing.assert_allclose(found, whole[diagonal], rtol=1e-9, atol=1e-9)
        whole[diagonal] = 0
        assert not np.any(np.nan_to_num(whole, nan=0.0))


@pytest.mark.parametrize("step", ONE_OF)
def test_each_step_alone(step: Callable[[Array, Array, Any], Array]) -> None:
    """So the programs at random are of both kinds."""
    x, r = np.array([0.3, -0.5, 1.0, 0.7]), np.array([0.3, -1.0, 0.2, 2.0])
    f = lambda x: step(x, np.sin(x), r)
    if step in BY_ELEMENT:
        np.testing.assert_allclose(hoad.derivative(f, x), np.diag(hoad.jacobian(f, x)))
    else:
        with pytest.raises(NonScalarOutputError):
            hoad.derivative(f, x)


def test_members_of_a_batch_that_take_other_elements() -> None:
    rows, signs = np.array([[0.3, -0.5, 1.0], [1.0, 2.0, -3.0]]), np.array([[1.0, -1, 1], [-1, 1, 1]])
    chosen = hoad.vmap(hoad.prime(lambda x, s: np.where(s > 0, x**2, -x)))(rows, signs)
    np.testing.assert_array_equal(chosen, np.where(signs > 0, 2 * rows, -1))
    chosen = hoad.vmap(hoad.prime(lambda x, s: np.where(x > 0, x**2, -x)))(rows, signs)
    np.testing.assert_array_equal(chosen, np.where(rows > 0, 2 * rows, -1))

    def put(x: Any, s: Any) -> Any:
        out = x * 1.0
        out[np.argsort(s)] = x
        return out

    for f in (
        lambda x, s: np.where(s > 0, x, np.flip(x)),
        lambda x, s: np.where(x > 0, x, np.flip(x)),
        lambda x, s: x[np.argsort(s)],
        put,
    ):
        with pytest.raises(NonScalarOutputError):
            hoad.vmap(hoad.prime(f))(rows, signs)
