"""Sparse plans at points on a device: entries stay there, and are those of a plan of NumPy's arrays."""

import itertools
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.errors import ArgumentError, ShapeMismatchError
from hoad.testing import device as cp
from hoad.testing.cupyx.scipy.sparse import csr_matrix
from hoad.testing.raw_module import compiler

X = np.linspace(0.1, 1.0, 9)


def chain(x):
    return (x[1:] - x[:-1] ** 2) ** 2 * np.sin(x[1:])


def arrow(x):
    return np.concatenate([x * x[0], np.sum(x)[None] ** 2])


FUNCTIONS = {
    "a chain": chain,
    "an arrow": arrow,
    "rows": lambda x: np.sum(np.reshape(x, (3, 3)) ** 2, axis=1),
    "constants": lambda x: 0 * x + 1.0,
    "one row": lambda x: np.sum(np.sin(x))[None],
    "a matrix": lambda x: np.reshape(x, (3, 3)) ** 2,
}
OPTIONS = [{}, {"check": False}, {"compile": True}, {"compile": True, "check": False}, {"colors": "acyclic"}]


def hessian_of(f):
    return lambda x: np.sum(np.sin(f(x)))


def assert_same(found, wanted, kind=np.float64):
    bound = 1e-12 if kind is np.float64 else 1e-5
    assert isinstance(found, csr_matrix) and found.shape == wanted.shape and found.dtype == kind
    np.testing.assert_allclose(found.toarray().get(), wanted.toarray(), rtol=bound, atol=bound)


OF_ORDERS = [(n, o) for n, o in itertools.product([1, 2], OPTIONS) if n == 2 or "colors" not in o]


@pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
@pytest.mark.parametrize(("name", "which"), by_turns(FUNCTIONS, OF_ORDERS, every=4))
def test_plans(name, which):
    order, options = which
    f = FUNCTIONS[name] if order == 1 else hessian_of(FUNCTIONS[name])
    for kind in (np.float64, np.float32):
        x = X.astype(kind)
        plan = hoad.sparse_plan(f, cp.asarray(x), order=order, **options)
        host = hoad.sparse_plan(f, x, order=order, **options)
        assert plan.way == ("compiled" if "compile" in options else "colors") and plan.shape == host.shape
        for k in (1, 0.5, 0.75):
            point = cp.asarray(x * kind(k))
            plan(point) if k == 1 else None  # noted here
            cp.synchronisations = 0
            found = plan(point)
            assert cp.synchronisations == (1 if options.get("check", True) else 0)
            assert_same(found, host(x * kind(k)), kind)
        assert plan.grown == 0


@pytest.mark.parametrize("options", [{}, {"compile": True}], ids=str)
def test_a_missing_entry_is_seen(options):
    """The function takes another branch: the pattern grows."""
    if options and compiler() is None:
        pytest.skip("no C compiler is here")
    f = lambda x: x * x[::-1] if x[-1] > 0.5 else x**2
    plan = hoad.sparse_plan(f, cp.asarray(X[:8] / 4), **options)
    before = plan.nnz
    for x in (X[:8], X[:8] / 4, X[1:], X[1:]):
        assert_same(plan(cp.asarray(x)), hoad.jacobian(f, x, sparse=True))
    assert plan.nnz > before and plan.grown == 1


def test_a_pattern_of_the_users_that_lacks_an_entry_is_refused():
    plan = hoad.sparse_plan(chain, cp.asarray(X), pattern=np.eye(8, 9))
    with pytest.raises(ArgumentError, match=r"pattern= has no entry \(0, 1\)"):
        plan(cp.asarray(X))


def test_numbers_that_are_not_finite():
    plan = hoad.sparse_plan(lambda x: 1 / x * x[::-1], cp.asarray(X))
    odd = X.copy()
    odd[3] = 0.0
    with np.errstate(all="ignore"):
        found, wanted = plan(cp.asarray(odd)), hoad.jacobian(lambda x: 1 / x * x[::-1], odd, sparse=True)
    np.testing.assert_array_equal(found.toarray().get(), wanted.toarray())


def test_data_are_arguments():
    f = lambda x, a: (x[1:] * a[1:] - x[:-1]) ** 2
    plan = hoad.sparse_plan(f, cp.asarray(X), cp.asarray(X[::-1].copy()))
    for a in (X, X[::-1].copy()):
        assert_same(plan(cp.asarray(X), cp.asarray(a)), hoad.jacobian(f, X, a, sparse=True))
    held = cp.asarray(X)
    with pytest.raises(ArgumentError, match="give it its data as arguments"):
        hoad.sparse_plan(lambda x: x * held, cp.asarray(X))


def test_results_are_the_callers_own():
    plan = hoad.sparse_plan(chain, cp.asarray(X))
    first = plan(cp.asarray(X))
    first.indices[...] = 0
    first.data[...] = 0.0
    assert_same(plan(cp.asarray(X)), hoad.jacobian(chain, X, sparse=True))


def test_out():
    plan = hoad.sparse_plan(chain, cp.asarray(X))
    wanted = hoad.jacobian(chain, 2 * X, sparse=True)
    values = cp.zeros(plan.nnz)
    assert plan(cp.asarray(2 * X), out=values) is values
    np.testing.assert_allclose(values.get(), wanted.data, rtol=1e-13)
    matrix = plan(cp.asarray(X))
    assert plan(cp.asarray(2 * X), out=matrix) is matrix
    assert_same(matrix, wanted)
    with pytest.raises(ShapeMismatchError, match="entries of the plan"):
        plan(cp.asarray(X), out=cp.zeros(3))
    with pytest.raises(ArgumentError, match="on the device"):
        plan(cp.asarray(X), out=np.zeros(plan.nnz))
    moved = matrix.indices.copy()
    moved[...] = (moved + 1) % 9
    with pytest.raises(ShapeMismatchError):
        plan(cp.asarray(X), out=csr_matrix((matrix.data, moved, matrix.indptr), matrix.shape))


@pytest.mark.parametrize("order", [1, 2])
def test_threads_of_an_executor(order):
    f = chain if order == 1 else hessian_of(chain)
    wanted = hoad.sparse_plan(f, X, order=order)(2 * X)
    with ThreadPoolExecutor(2) as pool:
        plan = hoad.sparse_plan(f, cp.asarray(X), order=order, executor=pool)
        assert_same(plan(cp.asarray(2 * X)), wanted)
        assert_same(plan(cp.asarray(2 * X), executor=False, chunk_size=1), wanted)


def use_second():
    cp.cuda.Device(1).use()


def test_workers_that_hold_another_device():
    wanted = hoad.jacobian(arrow, X, sparse=True)
    with ProcessPoolExecutor(2, initializer=use_second) as pool:
        plan = hoad.sparse_plan(arrow, cp.asarray(X))
        found = plan(cp.asarray(X), executor=pool, chunk_size=1)
    assert found.data.device.id == 0
    assert_same(found, wanted)


@pytest.mark.parametrize("options", [{}, {"compile": True}], ids=str)
def test_each_device(options):
    if options and compiler() is None:
        pytest.skip("no C compiler is here")
    plan = hoad.sparse_plan(chain, cp.asarray(X), **options)
    wanted = hoad.jacobian(chain, X, sparse=True)
    with cp.cuda.Device(1):
        x = cp.asarray(X)
    for point in (x, cp.asarray(X), x):
        found = plan(point)
        assert found.data.device == point.device and found.indices.device == point.device
        assert_same(found, wanted)


@pytest.mark.parametrize("options", [{}, {"compile": True}], ids=str)
def test_plans_are_pickled(options):
    if options and compiler() is None:
        pytest.skip("no C compiler is here")
    plan = pickle.loads(pickle.dumps(hoad.sparse_plan(chain, cp.asarray(X), **options)))
    assert_same(plan(cp.asarray(X)), hoad.jacobian(chain, X, sparse=True))


def test_points_of_another_place_are_refused():
    with pytest.raises(ArgumentError, match="points on a device"):
        hoad.sparse_plan(chain, cp.asarray(X))(X)
    with pytest.raises(ArgumentError, match="points of NumPy's arrays"):
        hoad.sparse_plan(chain, X)(cp.asarray(X))
    with pytest.raises(ShapeMismatchError):
        hoad.sparse_plan(chain, cp.asarray(X))(cp.asarray(X[1:]))
    with pytest.raises(ArgumentError, match="by one array"):
        hoad.sparse_plan(lambda p: p["a"] ** 2, {"a": cp.asarray(X)})


def test_what_f_holds_may_change():
    if compiler() is None:
        pytest.skip("no C compiler is here")
    held = [2.0]
    f = lambda x: held[0] * x[1:] * x[:-1]
    plan = hoad.sparse_plan(f, cp.asarray(X), compile=True)
    for held[0] in (2.0, 3.0):
        assert_same(plan(cp.asarray(X)), hoad.jacobian(f, X, sparse=True))
