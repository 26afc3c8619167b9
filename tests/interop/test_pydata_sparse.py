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
from hoad.errors import ArgumentError, HoadError
from hoad.values import foreign

sparse = pytest.importorskip("sparse")

NUMBERS = np.array([[1.5, 0.0, 2.0], [0.0, 0.5, 0.0], [0.25, 0.0, 0.0]])
W = np.array([0.31, 0.73, 0.92])
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


ROUNDING = {
    "float16",
    "float32",
    "complex64",
}  # classes whose numbers have few digits: differences say nothing


def functions(kind: str) -> Iterator[tuple[str, Any]]:
    """All that may be called, with the array as an argument."""
    for name in OPERATORS:
        yield name, getattr(operator, name)
    for name in [n for n in dir(FORMATS[kind]) if not n.startswith("_")]:
        yield f".{name}", lambda a, *rest, name=name: called(getattr(a, name), rest)
    for name in set(sparse.__all__) - FILES - ROUNDING:
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
    make = lambda: FORMATS[kind].from_numpy(NUMBERS)
    right, refused, other = 0, 0, []
    for name, f in functions(kind):
        for way, program in WAYS.items():
            loss = lambda w, f=f, program=program: total(program(f, make(), w))
            try:
                with np.errstate(all="ignore"):
                    found = hoad.grad(loss, W)
            except Exception as error:
                refused += is_named(error)
                if not is_named(error) and runs(loss):
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
    assert right > 290 and refused > 100
    assert other == []


def runs(loss: Callable[[Any], Any]) -> bool:
    """Tell whether the plain program has a value."""
    try:
        return bool(np.isfinite(loss(W.copy())))  # an argument may be for the result
    except Exception:
        return False


# ------------------------------------------------------------------------------------------------------------
# As points
# ------------------------------------------------------------------------------------------------------------

OTHER = np.array([[0.0, 1.0, 0.5], [0.7, 0.0, 0.0], [0.0, 0.0, 0.3]])
STORED = NUMBERS != 0
# Of the point, another array of its kind, and the names of the functions: NumPy's for arrays of NumPy's.
PROGRAMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "a product": lambda a, b, m: np.sum((a @ W) ** 3),
    "a product from the left": lambda a, b, m: np.sum((W @ a) ** 2),
    "a product of two": lambda a, b, m: np.sum((a @ b) ** 2) + np.sum(a.T @ a),
    "sums": lambda a, b, m: np.sum(a.sum(axis=0) ** 2) + np.sum(a.mean(axis=1, keepdims=True) * a),
    "each element": lambda a, b, m: np.sum(np.sin(a + b) * 2 + a * b + a) + np.sum(a**2 * W) + np.sum(a / W),
    "a fill": lambda a, b, m: np.sum((a + 1.5) ** 2) + np.sum(np.cos(a)),
    "a fill that is traced": lambda a, b, m: np.sum((a + a[0, 2]) * a) + np.sum((a[2, 0] - a) ** 2),
    "largest": lambda a, b, m: np.max(a) * np.sum(np.max(a, axis=1)) + a.std() + np.prod(a[0] + 1),
    "indices": lambda a, b, m: a[0, 2] * a[2, 0] + np.sum(a[1:] ** 2) + a[0, 1] + np.sum(a[:, ::-1] * a),
    "choices": lambda a, b, m: np.sum(np.where(a > 0.4, a**2, a)) + np.sum(np.maximum(a, b) ** 2),
    "shapes": lambda a, b, m: np.sum(a.reshape((1, 9))[0, :5] ** 2) + np.sum(m.roll(a, 1, 1) * a),
    "together": lambda a, b, m: np.sum(m.stack([a, b])[0] ** 2) + np.sum(m.concatenate([b, a], axis=1) ** 3),
    "by axes": lambda a, b, m: np.sum(m.tensordot(a, b, axes=([0], [1])) ** 2) + np.sum(m.kron(a, b) ** 2),
    "by names": lambda a, b, m: m.einsum("ij,jk,k->", a, b, W) ** 2 + m.einsum("ii->", a) ** 2,
    "a diagonal": lambda a, b, m: np.sum(m.diagonal(a) ** 2),
    "in bulk": lambda a, b, m: np.sum((m.stack([a, b]) @ m.stack([b, a])) ** 2),
}
OPERATORS_OF_POINTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "grad": lambda f, a, v: hoad.grad(f, a),
    "hessian": lambda f, a, v: hoad.hessian(f, a),
    "jvp": lambda f, a, v: hoad.jvp(f, (a,), (v,))[1],
    "hvp": lambda f, a, v: hoad.hvp(f, a, v),
}


def at_entries(found: np.ndarray) -> np.ndarray:
    """A derivative by all elements, where there are entries: for each order, as many axes as a matrix has."""
    return found if found.ndim < 4 else found * STORED[:, :, None, None]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", OPERATORS_OF_POINTS)
@pytest.mark.parametrize("kind", FORMATS)
def test_derivatives_by_the_entries(kind: str, operator: str) -> None:
    of, met = OPERATORS_OF_POINTS[operator], 0
    a, b = FORMATS[kind].from_numpy(NUMBERS), FORMATS[kind].from_numpy(OTHER)
    for name, f in PROGRAMS.items():
        try:
            f(a, b, sparse)
        except Exception:  # few operations of the library's take a DOK
            continue
        met += 1
        found = of(lambda x, f=f: f(x, b, sparse), a, a)
        wanted = of(lambda x, f=f: f(x, OTHER, np), NUMBERS, NUMBERS)
        if operator != "jvp":
            assert type(found) is FORMATS[kind]
            found, wanted = found.todense(), at_entries(wanted * STORED)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14, err_msg=name)
    assert met >= (2 if kind == "DOK" else 14)


def test_a_jacobian_has_the_axes_of_the_value_before_those_of_the_point() -> None:
    found = hoad.jacobian(lambda a: a @ W, sparse.COO.from_numpy(NUMBERS))
    np.testing.assert_allclose(found.todense(), hoad.jacobian(lambda a: a @ W, NUMBERS) * STORED, rtol=1e-14)


def test_an_entry_that_is_zero_has_a_derivative() -> None:
    a = sparse.COO(np.array([[0, 1], [1, 0]]), np.array([0.0, 2.0]), shape=(2, 2))
    found = hoad.grad(lambda a: np.sum((a @ np.ones(2)) * np.array([3.0, 4.0])), a)
    assert found.nnz == 2 and found.todense().tolist() == [[0, 3], [4, 0]]


def test_arrays_are_made_of_traced_entries() -> None:
    places = np.array([[0, 1, 1], [1, 0, 0]])  # one of them twice: the entries there are added
    f = lambda w: np.sum(sparse.COO(places, w**2, shape=(2, 2)).todense() ** 2)
    g = lambda w: w[0] ** 4 + (w[1] ** 2 + w[2] ** 2) ** 2
    np.testing.assert_allclose(hoad.hessian(f, W), hoad.hessian(g, W), rtol=1e-13)


def test_all_kinds_of_derivatives_of_data() -> None:
    a = sparse.COO.from_numpy(NUMBERS)
    np.testing.assert_array_equal(hoad.vmap(lambda w: a @ w)(np.eye(3)), NUMBERS.T)
    found = hoad.jacobian(lambda w: a @ w + w**2, W, sparse=True)
    np.testing.assert_allclose(found.toarray(), NUMBERS + np.diag(2 * W), rtol=1e-15)
    assert hoad.compile(lambda w: np.sum((a @ w) ** 2))(W) == np.sum((a @ W) ** 2)
    inner = lambda w: np.sum(hoad.grad(lambda a: np.sum((a @ w) ** 3), a).todense())
    dense = lambda w: np.sum(hoad.grad(lambda a: np.sum((a @ w) ** 3), NUMBERS) * STORED)
    np.testing.assert_allclose(hoad.grad(inner, W), hoad.grad(dense, W), rtol=1e-13)
    np.testing.assert_allclose(
        hoad.grad(lambda w, a: np.sum((a @ w) ** 2), W, a), 2 * NUMBERS.T @ NUMBERS @ W
    )


def test_a_direction_has_the_entries_of_the_point() -> None:
    a, other = sparse.COO.from_numpy(NUMBERS), sparse.COO.from_numpy(OTHER)
    with pytest.raises(HoadError, match="other entries than the point"):
        hoad.jvp(lambda a: a @ W, (a,), (other,))


def test_what_is_not_sparse_is_refused_by_name() -> None:
    a = sparse.DOK.from_numpy(NUMBERS)
    with pytest.raises(HoadError, match="written into a DOK"):
        hoad.grad(lambda w: a.__setitem__((0, 0), w[0]) or w[0], W)
    with pytest.raises(HoadError, match=r"a\.todense\(\)"):
        hoad.grad(lambda a: np.sum(sparse.diagonalize(a[0])), sparse.COO.from_numpy(NUMBERS))


def test_a_jacobian_stores_no_zeros() -> None:
    """Of the pairs of an element of the value and an entry of the point, those of another row are zero."""
    a, x = sparse.random((6, 5), density=0.3, random_state=1), np.arange(1.0, 6.0)
    found = hoad.jacobian(lambda a: a @ x, a)
    assert found.nnz == a.nnz and found.shape == (6, 6, 5)
    right = hoad.jacobian(lambda d: d @ x, a.todense())
    np.testing.assert_allclose(found.todense(), right * (a.todense() != 0))
    assert hoad.grad(lambda a: np.sum((a * 0.0) @ x), a).nnz == a.nnz  # the pattern of the point


@pytest.mark.parametrize("derivative", [hoad.jacobian, hoad.hessian])
def test_a_matrix_of_scipys_is_refused(derivative: Any) -> None:
    a = sparse.random((6, 5), density=0.3, random_state=1)
    with pytest.raises(ArgumentError, match=r"leave sparse=True out.*A\.data, sparse=True"):
        derivative(lambda a: np.sum(a * a), a, sparse=True)
