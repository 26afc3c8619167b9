"""Pictures, by the data in them."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, MissingDependencyError, NonScalarOutputError
from hoad.pictures import canvas

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = importlib.import_module("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def data(line: Any) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)


def test_a_function_and_its_derivatives() -> None:
    ax = hoad.plot(lambda x: np.exp(2 * x), -1.0, 1.0, (0, 1, 4), points=20)
    curves = ax.lines[:3]
    for line, order in zip(curves, (0, 1, 4), strict=True):
        x, y = data(line)
        assert x[0] == -1.0 and x[-1] == 1.0 and len(x) == 20
        np.testing.assert_allclose(y, 2.0**order * np.exp(2 * x))
    assert [line.get_label() for line in curves] == ["$f$", "$f'$", "$f^{(4)}$"]


def test_on_axes_of_the_users_with_a_style() -> None:
    mine = plt.subplots()[1]
    ax = hoad.plot(np.sin, 0, 1, orders=1, ax=mine, color="red", points=5)
    assert ax is mine and ax.lines[0].get_color() == "red" and ax.lines[0].get_label() == "$sin'$"


def test_where_a_function_is_not_defined_the_line_has_a_gap() -> None:
    x, y = data(hoad.plot(np.log, -1.0, 1.0, (0, 1), points=9).lines[0])
    assert np.isnan(y[x < 0]).all() and np.isfinite(y[x > 0]).all()


def test_a_branch_is_taken_at_each_point() -> None:
    x, y = data(hoad.plot(lambda x: x**2 if x > 0 else -x, -1.0, 1.0, (1,), points=4).lines[0])
    np.testing.assert_allclose(y, np.where(x > 0, 2 * x, -1.0))


def test_taylor_polynomials_and_their_errors() -> None:
    left, right = hoad.plot_taylor(np.exp, 0.5, -1.0, 2.0, (1, 3), points=30)
    x, y = data(left.lines[0])
    np.testing.assert_allclose(y, np.exp(x))
    for k, n in enumerate((1, 3)):
        _, p = data(left.lines[k + 1])
        right_one = sum([math.exp(0.5) * (x - 0.5) ** j / math.factorial(j) for j in range(n + 1)])
        np.testing.assert_allclose(p, right_one)
        np.testing.assert_allclose(data(right.lines[k])[1], np.abs(right_one - np.exp(x)), atol=1e-14)
        assert right.lines[k].get_color() == left.lines[k + 1].get_color()
    assert right.get_yscale() == "log"


def test_a_gradient_field_with_level_lines() -> None:
    ax = hoad.plot_gradient(lambda x: x[0] ** 2 + 3 * x[1], (-1.0, 2.0), (0.0, 1.0), arrows=4)
    arrows = next(c for c in ax.collections if hasattr(c, "U"))
    np.testing.assert_allclose(arrows.U, 2 * arrows.X)
    np.testing.assert_allclose(arrows.V, 3.0)
    assert arrows.U.size == 16 and len(ax.collections) == 2
    for path in ax.collections[0].get_paths():
        v = path.vertices
        if len(v):
            height = v[:, 0] ** 2 + 3 * v[:, 1]
            assert np.ptp(height) < 0.02


QUADRATIC = np.array([[3.0, 1.0], [1.0, 2.0]])


@pytest.mark.parametrize("h", [QUADRATIC, -QUADRATIC, np.diag([2.0, -1.0]), np.diag([0.0, 4.0])])
def test_the_hessian_as_a_conic(h: np.ndarray) -> None:
    at = np.array([1.0, -0.5])
    ax = hoad.plot_hessian(lambda x: x @ h @ x / 2 + x[0], at, level=0.75, lines=0)
    *curves, first, second, point = ax.lines
    for curve in curves:
        d = np.array(data(curve)) - at[:, None]
        np.testing.assert_allclose(np.abs(np.einsum("ik,ij,jk->k", d, h, d)), 1.5, rtol=1e-9)
    for axis in (first, second):
        ends = np.array(data(axis))
        d = (ends[:, 1] - ends[:, 0]) / 2
        np.testing.assert_allclose(np.linalg.det(np.stack([h @ d, d])), 0, atol=1e-9)  # an eigenvector
        np.testing.assert_allclose(ends.mean(axis=1), at)
    assert np.array(data(point)).ravel().tolist() == at.tolist()


def test_level_lines_beside_the_ellipse() -> None:
    ax = hoad.plot_hessian(lambda x: x[0] ** 2 + 4 * x[1] ** 2, np.zeros(2))
    assert len(ax.collections) == 1 and ax.get_aspect() == 1.0


def test_the_pattern_of_a_sparse_hessian() -> None:
    n = 12
    chain = lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2)
    ax = hoad.plot_sparsity(chain, np.linspace(0.5, 1.0, n))
    dots = ax.collections[0]
    columns, rows = np.asarray(dots.get_offsets(), int).T
    found = np.zeros((n, n), bool)
    found[rows, columns] = True
    assert (found == (np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= 1)).all()
    colors = np.asarray(dots.get_array())
    for r in range(n):  # no row meets a color twice
        assert len(set(colors[rows == r])) == np.sum(rows == r)
    assert ax.get_title() == "34 of 144 elements, 3 of 12 directions"


def test_a_dense_and_an_empty_pattern() -> None:
    dense = hoad.plot_sparsity(lambda x: np.linalg.norm(x) ** 3, np.ones(5))
    assert dense.get_title() == "25 of 25 elements, 5 of 5 directions"
    assert hoad.plot_sparsity(lambda x: 3.0, np.ones(5)).get_title().startswith("0 of 25")


def test_costs() -> None:
    ax = hoad.plot_cost((1, 256), repeats=2)
    forward, reverse = (data(line)[1] for line in ax.lines)
    assert [line.get_label() for line in ax.lines] == ["forward", "reverse"]
    assert (forward > 0).all() and (reverse > 0).all()  # which is dearer where is for benchmarks to say
    ax = hoad.plot_cost((2, 3), by="outputs", other=4, repeats=1)
    assert ax.get_xlabel() == "outputs" and data(ax.lines[0])[0].tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: hoad.plot(np.sin, 1.0, 0.0), ArgumentError, "is empty"),
        (lambda: hoad.plot(np.sin, "a", 1.0), ArgumentError, "a is"),
        (lambda: hoad.plot(np.sin, 0.0, 1.0, ()), ArgumentError, "orders is empty"),
        (lambda: hoad.plot(np.sin, 0.0, 1.0, (-1,)), ArgumentError, "orders"),
        (lambda: hoad.plot(3.0, 0.0, 1.0), ArgumentError, "not a function"),
        (lambda: hoad.plot_gradient(np.sum, 3.0), ArgumentError, "two numbers"),
        (lambda: hoad.plot_hessian(np.sum, np.ones(3)), ArgumentError, "two numbers"),
        (lambda: hoad.plot_hessian(np.sum, np.ones(2)), ArgumentError, "is zero"),
        (lambda: hoad.plot_sparsity(np.sin, np.ones(2)), NonScalarOutputError, "np.sum"),
        (lambda: hoad.plot_sparsity(np.sum, {"a": np.ones(2)}), ArgumentError, "one array"),
        (lambda: hoad.plot_cost(by="rows"), ArgumentError, "'inputs' or 'outputs'"),
        (lambda: hoad.plot_cost((0,)), ArgumentError, "positive"),
    ],
)
def test_bad_input(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(canvas.importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'hoad\[plot\]'"):
        canvas.pyplot()
