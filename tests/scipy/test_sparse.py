"""``scipy.sparse``: products, matrices of traced entries, and solvers, in every format and every mode."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import proofs
import pytest
from differences import slopes

import hoad
from hoad.errors import MissingRuleError

ss = pytest.importorskip("scipy.sparse")
import scipy.sparse.csgraph as graphs  # noqa: E402
import scipy.sparse.linalg as sl  # noqa: E402
import scipy_sparse as table  # noqa: E402

import hoad.scipy.sparse.csgraph  # noqa: E402
import hoad.scipy.sparse.linalg  # noqa: E402
from hoad.chainrules.doors import DOORS  # noqa: E402
from hoad.scipy.sparse import classes  # noqa: E402
from hoad.scipy.sparse.arithmetic import BINARY, UNARY  # noqa: E402

X = np.array([0.7, -0.4, 1.2])
A = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0], [4.0, 0.0, -1.5]])
MATRIX = "np.matrix, in which"


@pytest.mark.parametrize("name", proofs.sampled(table.CASES, 6))
def test_derivatives(name: str) -> None:
    f, *args = table.CASES[name]
    try:
        f(*args)
    except TypeError as error:
        pytest.skip(f"this SciPy does not take it: {error}")
    proofs.prove(f, *args)


@pytest.mark.parametrize("name", proofs.sampled(table.ITERATED, 8))
def test_derivatives_of_iterations(name: str) -> None:
    f, *args = table.ITERATED[name]
    proofs.prove(f, *args, exact=1e-8, differences=1e-7, batches=False)


# ------------------------------------------------------------------------------------------------------------
# Plain matrices beside traced arrays
# ------------------------------------------------------------------------------------------------------------

OF_ALL: dict[str, Any] = {
    "A @ x": lambda a, x: a @ x,
    "x @ A": lambda a, x: x @ a,
    "A.T @ x": lambda a, x: a.T @ x,
    "A.dot(x)": lambda a, x: a.dot(x),
    "A @ X": lambda a, x: a @ np.stack([x, x * x], 1),
    "X @ A": lambda a, x: np.stack([x, x * x]) @ a,
    "A * number": lambda a, x: a * x[0],
    "number * A": lambda a, x: x[0] * a,
    "A / number": lambda a, x: a / x[0],
    "A.multiply(x)": lambda a, x: a.multiply(x),
    "A.multiply(X)": lambda a, x: a.multiply(np.expand_dims(x, 1)),
}
OF_ARRAYS: dict[str, Any] = {
    "A * x": lambda a, x: a * x,
    "x * A": lambda a, x: x * a,
    "A + X": lambda a, x: a + np.stack([x, x, x * x]),
    "X + A": lambda a, x: np.stack([x, x, x * x]) + a,
    "A - X": lambda a, x: a - np.stack([x, x, x * x]),
    "X - A": lambda a, x: np.stack([x, x, x * x]) - a,
}
OF_MATRICES: dict[str, Any] = {"A * x": lambda a, x: a * x, "x * A": lambda a, x: x * a}


def check(f: Any, x: np.ndarray, tolerance: float = 1e-8, orders: int = 2) -> None:
    """Both modes, against differences of the program as it is, and second order against first."""
    flat = lambda x: np.reshape(table.dense(f(x)), -1)
    right = slopes(flat, x)
    np.testing.assert_allclose(hoad.jacobian(flat, x, mode="reverse"), right, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(hoad.jacobian(flat, x, mode="forward"), right, rtol=tolerance, atol=tolerance)
    if orders < 2:
        return
    loss = lambda x: np.sum(flat(x) ** 2)
    right = slopes(lambda x: hoad.grad(loss, x), x)
    np.testing.assert_allclose(hoad.hessian(loss, x), right, rtol=10 * tolerance, atol=10 * tolerance)


SOME = ("csr_array", "coo_matrix", "lil_array")
EACH = [
    pytest.param(c, id=c.__name__, marks=[] if c.__name__ in SOME else pytest.mark.sweep)
    for c in table.CLASSES
]


@pytest.mark.parametrize("cls", EACH)
def test_products_with_plain_matrices(cls: Any) -> None:
    a = cls(A)
    own = OF_ARRAYS if issubclass(cls, ss.sparray) else OF_MATRICES
    for name, f in (OF_ALL | own).items():
        try:
            check(lambda x, f=f: f(a, x), X)
        except Exception as error:
            error.add_note(name)
            raise


@pytest.mark.parametrize("cls", table.CLASSES, ids=lambda c: c.__name__)
def test_values_are_scipys(cls: Any) -> None:
    """Of every operation, beside a traced operand and with traced entries."""
    a = cls(A)
    own = OF_ARRAYS if issubclass(cls, ss.sparray) else OF_MATRICES
    for f in (OF_ALL | own).values():
        plain = table.dense(f(a, X))
        found = hoad.jvp(lambda x, f=f: table.dense(f(a, x)), (X,), (X,))[0]
        np.testing.assert_allclose(found, plain, rtol=1e-14, atol=1e-14)
        made = lambda x, f=f: table.dense(f(cls(ss.coo_array((x, ([0, 1, 2], [1, 0, 2])))), X))
        np.testing.assert_allclose(hoad.jvp(made, (X,), (X,))[0], made(X), rtol=1e-14, atol=1e-14)


# ------------------------------------------------------------------------------------------------------------
# Every method of matrices with traced entries
# ------------------------------------------------------------------------------------------------------------

E = np.array([0.45, 0.25, 0.3, 0.7, 0.9])
PLACES = ([0, 0, 1, 2, 2], [0, 1, 2, 0, 2])


def made(cls: Any, e: Any) -> Any:
    return cls(ss.coo_array((e, PLACES), shape=(3, 3)))


def wrote(a: Any) -> Any:
    a[1, 0] = 5.0
    return a


def set_diagonal(a: Any) -> Any:
    a.setdiag(np.array([1.0, 2.0]), 1)
    return a


def changed(name: str, *args: Any) -> Any:
    def call(a: Any) -> Any:
        getattr(a, name)(*args)
        return a

    return call


OF_TWO = ("__matmul__", "dot", "multiply", "__add__", "__sub__")
OF_NUMBERS = ("__truediv__", "__imul__", "__itruediv__", "__mul__", "__rmul__")
# What is called of each method that has a derivative.
CALLS: dict[str, Any] = {
    **{name: (lambda a, n=name: getattr(a, n)()) for name in (*UNARY, *classes.MOVES)},
    **{name: (lambda a, n=name: getattr(a, n)(a.T)) for name in OF_TWO},
    **{name: (lambda a, n=name: getattr(a, n)(2.5)) for name in OF_NUMBERS},
    "__rmatmul__": lambda a: a.__rmatmul__(A),
    "__radd__": lambda a: a.__radd__(A) if isinstance(a, ss.sparray) else a,
    "__rsub__": lambda a: a.__rsub__(A) if isinstance(a, ss.sparray) else a,
    "power": lambda a: a.power(3), "__pow__": lambda a: a**2, "astype": lambda a: a.astype(float),
    "reshape": lambda a: a.reshape(1, 9), "__getitem__": lambda a: a[1:, [0, 2]],
    "getrow": lambda a: a.getrow(1), "_getrow": lambda a: a._getrow(1),
    "getcol": lambda a: a.getcol(1), "_getcol": lambda a: a._getcol(1),
    "sum": lambda a: a.sum() * np.ones(2), "mean": lambda a: a.mean() * np.ones(2),
    "trace": lambda a: a.trace() * np.ones(2),
    "get": lambda a: a.get((0, 1)) * np.ones(2), "__setitem__": wrote, "setdiag": set_diagonal,
    "real": lambda a: a.real, "imag": lambda a: a.imag, "nnz": lambda a: a * a.nnz,
    "size": lambda a: a * a.size,
    "sort_indices": changed("sort_indices"), "resize": changed("resize", 2, 3), "prune": changed("prune"),
    "sum_duplicates": changed("sum_duplicates"), "eliminate_zeros": changed("eliminate_zeros"),
    "__iter__": lambda a: ss.vstack([row.reshape(1, -1) for row in a]),
}  # fmt: skip
NO_MATRIX = ("todense",)


@pytest.mark.parametrize(
    ("cls", "orders"),
    [
        (table.CLASSES[3], 1),
        (table.CLASSES[12], 1),
        *[pytest.param(c, 2, marks=pytest.mark.sweep) for c in table.CLASSES],
    ],
)
def test_every_method(cls: Any, orders: int) -> None:
    """It has the derivative of SciPy's own, or says that it has none, and no method is forgotten."""
    for name in sorted({*classes.names_of(cls), "real", "imag"}):
        if name in classes.OWN or name in classes.ASKS:
            continue
        if name not in classes.STATED:
            with pytest.raises(MissingRuleError, match="has no derivative"):
                hoad.grad(lambda e, n=name: np.sum(table.dense(getattr(made(cls, e), n)())), E)
            continue
        if name in NO_MATRIX and issubclass(cls, ss.spmatrix):
            continue
        f = lambda e, f=CALLS[name]: f(made(cls, e))
        try:
            table.dense(f(E))
        except (NotImplementedError, TypeError, AttributeError, ValueError):
            with pytest.raises(Exception, match=""):  # as SciPy's own
                hoad.grad(lambda e, f=f: np.sum(table.dense(f(e))), E)
            continue
        try:
            check(f, E, orders=orders)
        except Exception as error:
            error.add_note(f"{cls.__name__}.{name}")
            raise


def test_np_matrix_is_refused() -> None:
    for f in (lambda a: a.todense(), lambda a: a.sum(axis=0), lambda a: a + A):
        with pytest.raises(MissingRuleError, match=r"np\.matrix.*A\.toarray\(\)"):
            hoad.grad(lambda e, f=f: np.sum(f(ss.csr_matrix((e, PLACES)))), E)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1), None])
def test_sums_along_axes(axis: Any) -> None:
    try:
        ss.csr_array((E, PLACES)).sum(axis=axis)
    except TypeError:
        pytest.skip("this SciPy has no such axes")
    check(lambda e: np.sin(ss.csr_array((e, PLACES)).sum(axis=axis)) * np.ones(3), E)
    check(lambda e: np.sin(ss.coo_array((e, PLACES)).mean(axis=axis)) * np.ones(3), E)


def test_questions_are_answered_by_the_values() -> None:
    found = {}

    def f(e: Any) -> Any:
        a = ss.csr_array((e, PLACES))
        found.update(
            count=a.count_nonzero(), shape=a.shape, nnz=a.nnz, dtype=a.dtype, more=(a > 0.4).toarray(),
            kind=isinstance(a, ss.csr_array), sparse=ss.issparse(a), places=[p.tolist() for p in a.nonzero()],
        )  # fmt: skip
        return a.sum()

    hoad.grad(f, E)
    plain = ss.csr_array((E, PLACES))
    assert (
        found["count"] == 5 and found["shape"] == (3, 3) and found["nnz"] == 5 and found["dtype"].kind == "f"
    )
    assert found["kind"] and found["sparse"]
    np.testing.assert_array_equal(found["more"], (plain > 0.4).toarray())


def test_entries_that_are_zero_have_derivatives() -> None:
    zero = np.zeros(5)
    np.testing.assert_array_equal(hoad.grad(lambda e: ss.csr_array((e, PLACES)).sum(), zero), np.ones(5))
    np.testing.assert_array_equal(
        hoad.grad(lambda x: ss.csr_array(x).sum(), np.zeros((2, 2))), np.ones((2, 2))
    )


def test_single_precision_stays() -> None:
    x, a = X.astype(np.float32), ss.csr_array(A.astype(np.float32))
    assert hoad.grad(lambda x: np.sum(a @ x), x).dtype == np.float32
    made = lambda e: ss.csr_array((e, ([0, 1, 2], [1, 0, 2])))
    assert hoad.jvp(lambda e: made(e) @ x, (x,), (x,))[1].dtype == np.float32


# ------------------------------------------------------------------------------------------------------------
# Names
# ------------------------------------------------------------------------------------------------------------


def test_every_name_is_accounted_for() -> None:
    """A case in the table, a refusal, a question, or what makes or asks and has nothing to be traced."""
    proved = {name.split()[0].rstrip(",") for name in (*table.CASES, *table.ITERATED)}
    for module in (ss, sl):
        for name in module.__all__:
            f = getattr(module, name)
            if isinstance(f, types.ModuleType) or (
                isinstance(f, type) and issubclass(f, (Warning, Exception))
            ):
                continue
            known = f in (*table.CLASSES, ss.sparray, ss.spmatrix) or name in table.MAKERS | table.QUESTIONS
            assert known or (name in proved) != (name in table.WITHOUT), name
            assert known or f in DOORS, name


def test_what_has_none_says_so() -> None:
    for name, module in table.WITHOUT.items():
        f = getattr(module, name, None)
        if f is None:
            continue
        with pytest.raises(MissingRuleError, match=rf"scipy\.sparse\.?\w*\.{name} has no derivative: "):
            hoad.grad(lambda e, f=f: f(ss.csc_array((e, PLACES)), 1), E)
    for name in graphs.__all__:
        f = getattr(graphs, name)
        if not isinstance(f, (type, types.ModuleType)):
            with pytest.raises(MissingRuleError, match=rf"csgraph\.{name} has no derivative: "):
                hoad.grad(lambda e, f=f: f(ss.csr_array((e, PLACES))), E)


def test_errors_are_scipys() -> None:
    with pytest.raises(ValueError, match="dimension mismatch"):
        hoad.grad(lambda x: np.sum(ss.csr_array(A) @ x[:2]), X)
    with pytest.raises(ValueError, match="inconsistent shapes"):
        hoad.grad(lambda e: (ss.csr_array((e, PLACES)) + ss.csr_array((2, 2))).sum(), E)
    with pytest.raises(NotImplementedError, match="nonzero scalar"):
        hoad.grad(lambda x: (ss.csr_array(A) + x[0]).sum(), X)
    with pytest.raises(MissingRuleError, match=r"np\.power of a sparse matrix.*A\.toarray\(\)"):
        hoad.grad(lambda x: np.sum(np.power(x, ss.csr_array(A))), X)
    with pytest.raises(MissingRuleError, match="are equal"):
        hoad.grad(lambda x: sl.eigsh(ss.diags_array(np.ones(5) * x[0]).tocsc(), 2)[0][0], X)


def test_a_matrix_in_a_closure_of_a_solver() -> None:
    from scipy.integrate import solve_ivp

    def end(e: Any) -> Any:
        a = ss.csr_array((-e, PLACES))
        return np.sum(solve_ivp(lambda t, y: a @ y, (0, 1), np.ones(3), rtol=1e-10, atol=1e-10).y[:, -1])

    np.testing.assert_allclose(hoad.grad(end, E), slopes(end, E), rtol=1e-6)


def test_binary_methods_have_a_door_in_every_class() -> None:
    for name, function in classes.functions_of(BINARY):
        assert function in DOORS, name
