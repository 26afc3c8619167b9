"""What holds numbers in its own way and can't be followed: each is refused by name, with what to type, and
what stands there instead is right.
"""

import statistics

import numpy as np
import pytest

import hoad

spatial = pytest.importorskip("scipy.spatial")
stats = pytest.importorskip("scipy.stats")
MATRIX = np.matrix([[1.0, 2.0], [3.0, 4.0]])
TABLE = np.array([(1.0, 2.0), (3.0, 4.0)], dtype=[("a", float), ("b", float)])
POINTS = np.array([[0.1, 0.2], [0.9, 0.4], [0.5, 0.8]])
TREE, OLDER = spatial.KDTree(POINTS), spatial.cKDTree(POINTS)
X = np.array([0.3, 0.4])


def written(x):
    table = np.zeros(2, dtype=TABLE.dtype)
    table["a"] = x
    return np.sum(table["a"])


REFUSED = {
    "a matrix as point": (lambda: hoad.grad(lambda m: np.sum(m * m))(MATRIX), r"np\.asarray\(a\), with @"),
    "a matrix in a Jacobian": (lambda: hoad.jacobian(lambda m: m**2)(MATRIX), r"np\.asarray\(a\), with @"),
    "a matrix as data": (lambda: hoad.grad(lambda x: np.sum(MATRIX @ x))(X), r"np\.asarray\(a\), with @"),
    "a normal law": (
        lambda: hoad.grad(lambda x: statistics.NormalDist(x, 1.0).cdf(0.4))(1.3),
        r"statistics\.NormalDist .*scipy\.stats\.norm\(m, s\)",
    ),
    "its argument": (
        lambda: hoad.grad(lambda x: statistics.NormalDist().inv_cdf(x))(0.3),
        r"statistics\.NormalDist\.inv_cdf .*scipy\.stats\.norm\(m, s\)",
    ),
    "a tree's points": (
        lambda: hoad.grad(lambda p: spatial.cKDTree(p).query(X)[0])(POINTS),
        r"scipy\.spatial\.cKDTree .*hoad\.primal\(points\)",
    ),
    "a tree's query": (
        lambda: hoad.grad(lambda x: TREE.query(x)[0])(X),
        r"scipy\.spatial\.KDTree\.query .*tree\.query\(hoad\.primal\(x\)\)",
    ),
    "an older tree's query": (lambda: hoad.grad(lambda x: OLDER.query(x)[0])(X), r"hoad\.primal\(x\)"),
    "a table as point": (lambda: hoad.grad(lambda r: np.sum(r["a"]))(TABLE), "pass an array of floats"),
    "a table that is written to": (lambda: hoad.grad(written)(2.0), r"np\.zeros_like\(x\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name):
    call, words = REFUSED[name]
    with pytest.raises(hoad.errors.HoadError, match=words):
        call()


def slope(f, x):
    return [(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(x.size)]


RIGHT = {
    "a matrix made of numbers": lambda x: np.sum(np.asarray(MATRIX) @ x) * np.asarray(MATRIX)[0] @ x,
    "asmatrix": lambda x: np.sum(np.asmatrix(np.outer(x, x)) ** 2),
    "a normal law": lambda x: stats.norm(x[0], x[1]).cdf(0.2) + stats.norm(x[1], 2.0).ppf(x[0]),
    "distances to neighbours": lambda x: np.linalg.norm(POINTS[TREE.query(hoad.primal(x))[1]] - x, axis=-1),
    "columns of a table": lambda x: np.sum(TABLE["a"] * x) * np.sum(TABLE["b"] * x[::-1]),
    "a column of records": lambda x: np.sum(np.rec.fromarrays([x * x, X], names="a,b").a * x),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_to_type_is_right(name):
    f = RIGHT[name]
    np.testing.assert_allclose(hoad.grad(f)(X), slope(f, X), rtol=1e-7)
    np.testing.assert_allclose(hoad.jacobian(f, X, mode="forward"), hoad.grad(f)(X), rtol=1e-13)
    np.testing.assert_allclose(hoad.compile(hoad.grad(f))(X), hoad.grad(f)(X), rtol=1e-13)
