"""The table of ``docs/arrays.md``: arrays of other libraries are right, or refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import HoadError

X = np.array([0.7, 1.3, 0.4])
V = np.array([1.0, -0.5, 2.0])
D = np.array([1.5, 0.3, 2.2])
A = np.array([[1.0, 2.0, 3.0], [0.5, 0.2, 1.0]])

PAGE = Path(__file__).parents[2] / "docs" / "arrays.md"
# CuPy's device is in tests/backends; Dask's arrays have more tests of their own.
MAKERS: dict[str, tuple[str, Callable[[Any, np.ndarray], Any]]] = {
    "Dask": ("dask.array", lambda m, a: m.from_array(a)),
    "JAX": ("jax.numpy", lambda m, a: m.asarray(a)),
    "pint": ("pint", lambda m, a: m.get_application_registry().Quantity(a, "dimensionless")),
    "xarray": ("xarray", lambda m, a: m.DataArray(a, dims=list("ij")[: a.ndim])),
    "pandas": ("pandas", lambda m, a: m.Series(a) if a.ndim == 1 else m.DataFrame(a)),
    "PyTorch": ("torch", lambda m, a: m.tensor(a)),
    "pydata/sparse": ("sparse", lambda m, a: m.COO.from_numpy(a)),
    "SciPy": ("scipy.sparse", lambda m, a: m.csr_array(a)),
    "astropy": ("astropy.units", lambda m, a: m.Quantity(a)),
    "uncertainties": ("uncertainties.unumpy", lambda m, a: m.uarray(a, 0.1 * np.ones(a.shape))),
    "mpmath": ("mpmath", lambda m, a: m.matrix(a.tolist())),
    "array_api_strict": ("array_api_strict", lambda m, a: m.asarray(a)),
    "NumPy": ("numpy.ma", lambda m, a: m.array(a, mask=np.zeros(a.shape, bool))),
}
POINTS: dict[str, Callable[[Any], Any]] = {
    "sum of squares": lambda x: np.sum(x**2),
    "sin": lambda x: np.sum(np.sin(x) * x),
    "a method": lambda x: (x * x).sum(),
    "slices": lambda x: np.sum(x[1:] * x[:-1]),
    "a product": lambda x: x @ x,
    "elements": lambda x: x[0] * x[1] + x[2],
    "where": lambda x: np.sum(np.where(x > 0.5, x**2, x)),
}
DATA: dict[str, tuple[Callable[[Any, Any], Any], np.ndarray]] = {
    "from the left": (lambda w, d: np.sum(d * w), D),
    "from the right": (lambda w, d: np.sum(w * d), D),
    "a method": (lambda w, d: ((d - w) ** 2).sum(), D),
    "a difference": (lambda w, d: np.sum((w - d) ** 2), D),
    "a matrix": (lambda w, d: np.sum((d @ w) ** 2), A),
    "a matrix from the right": (lambda w, d: np.sum((w @ d.T) ** 2), A),
    "exp": (lambda w, d: np.sum(np.exp(d * w)), D),
    "maximum": (lambda w, d: np.sum(np.maximum(w * w, d)), D),
    "dot": (lambda w, d: np.dot(d, w) ** 2, D),
    "elements": (lambda w, d: d[0] * w[0] * w[1], D),
}
OPERATORS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "grad": lambda f, x, v: hoad.grad(f, x),
    "jvp": lambda f, x, v: hoad.jvp(f, (x,), (v,))[1],
    "hessian": lambda f, x, v: hoad.hessian(f, x),
}


def rows() -> dict[str, tuple[str, str, str]]:
    """The table: what each library's arrays are as points, and as data, and what class a derivative has."""
    found = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[1].startswith(("right", "refused")):
            found[re.split(r"[ ']", cells[0])[0]] = cells[1], cells[2], cells[3]
    return found


TABLE = rows()


def test_the_table_and_the_tests_are_of_the_same_libraries() -> None:
    assert set(TABLE) == {*MAKERS, "CuPy"}


def plain(found: Any) -> np.ndarray:
    found = found.todense() if hasattr(found, "todense") else found
    return np.asarray(getattr(found, "magnitude", found), float)


def runs(f: Callable[[], Any]) -> bool:
    """Tell whether the library itself can run a program."""
    try:
        f()
    except Exception:
        return False
    return True


def outcome(run: Callable[[], Any], right: Any, said: str) -> None:
    """A result is right where the table says so, and else the refusal has the text of the table."""
    if said.startswith("right"):
        np.testing.assert_allclose(plain(run()), right, rtol=1e-6)
        return
    advice = said.partition("`")[2].partition("`")[0]
    try:
        found = run()
    except HoadError as error:
        assert advice.partition("(value")[0] in str(error), error
    else:  # where the array met no traced value
        np.testing.assert_allclose(plain(found), right, rtol=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("library", MAKERS)
def test_as_a_point(library: str, operator: str) -> None:
    name, make = MAKERS[library]
    made = lambda a: make(pytest.importorskip(name), a)
    x, v, of, refused = made(X), made(V), OPERATORS[operator], TABLE[library][0].startswith("refused")
    for program, f in POINTS.items():
        if not runs(lambda f=f: f(x)) or (library, program) == ("xarray", "slices"):  # it aligns labels
            continue
        outcome(lambda f=f: of(f, x, v), of(f, X, V), TABLE[library][0])
        if refused:
            with pytest.raises(HoadError):
                of(f, x, v)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("library", MAKERS)
def test_as_data(library: str, operator: str) -> None:
    name, make = MAKERS[library]
    module, of, met = pytest.importorskip(name), OPERATORS[operator], 0
    for f, numbers in DATA.values():
        d = make(module, numbers)
        if runs(lambda f=f, d=d: f(X, d)):
            met += 1
            right = of(lambda w, f=f, a=numbers: f(w, a), X, V)
            outcome(lambda f=f, d=d: of(lambda w: f(w, d), X, V), right, TABLE[library][1])
    assert met or library in ("PyTorch", "mpmath")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("library", MAKERS)
def test_the_class_of_a_derivative(library: str) -> None:
    name, make = MAKERS[library]
    x, said = make(pytest.importorskip(name), X), TABLE[library][2]
    f = lambda p: np.sum(p["w"] * p["w"] * 2.0) + p["b"]
    if said == "–":
        with pytest.raises(HoadError):
            hoad.grad(f, {"w": x, "b": 1.0, "n": 3})
        return
    for found in (hoad.grad(lambda w: np.sum(w * w * 2.0), x), hoad.grad(f, {"w": x, "b": 1.0, "n": 3})["w"]):
        names = [c.__name__ for c in type(found).__mro__]
        assert isinstance(found, type(x)) and any([f"{n}`" in said for n in (*names, "jax.Array")]), names
        np.testing.assert_allclose(plain(found), 4 * X, rtol=1e-6)


def test_derivatives_by_arrays_of_jax() -> None:
    jax = pytest.importorskip("jax")
    x, f = jax.numpy.asarray(X), lambda x: np.sum(x**3)
    found = [hoad.jacobian(np.square, x), hoad.hessian(f, x), hoad.hvp(f, x, x), hoad.grad(f, x)]
    found += [hoad.value_and_grad(f, x)[1], *hoad.jvp(np.square, (x,), (V,)), hoad.derivative(np.sin, x[0])]
    assert all([isinstance(a, jax.Array) for a in found])
    pairs = hoad.grad(lambda x, y: np.sum(x * y), x, V, argnums=(0, 1))
    assert isinstance(pairs[0], jax.Array) and type(pairs[1]) is np.ndarray
    n = jax.numpy.arange(3)
    assert hoad.grad(lambda p: np.sum(p["n"] * p["x"]), {"n": n, "x": x})["n"].dtype == n.dtype
    data = hoad.grad(lambda w: np.sum(w * x), X)
    assert type(data) is np.ndarray
    assert isinstance(hoad.grad(lambda x: (f(x), x), x, has_aux=True)[0], jax.Array)
    assert hoad.sparse_plan(np.square, x)(x).nnz == 3
