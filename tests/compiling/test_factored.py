"""Systems of equations, inverses, determinants, Cholesky factors and writes to positions as machine code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from proofs import total

import hoad
from hoad.program.fields.fields import Fields

pytest.importorskip("llvmlite")
RNG = np.random.default_rng(0)
A = RNG.normal(size=(6, 6))
S = A @ A.T + 6 * np.eye(6) + 0.1 * A
B, V = RNG.normal(size=(6, 3)), RNG.normal(size=6)
ROWS, COLUMNS = [0, 2, 4, 0], [1, 1, 3, 1]  # one place twice: what is written last stays


def positive(a: Any) -> Any:
    return a @ a.T + np.eye(6)


def written(where: Any) -> Any:
    def f(a: Any) -> Any:
        y = a * 1.0
        places = y[where]
        y[where] = a[0] * 2 if places.ndim > 1 else a[0, : len(places)] * 2
        return y

    return f


def likelihood(a: Any) -> Any:
    factor = np.linalg.cholesky(positive(a))
    return np.sum(np.log(np.diag(factor))) + np.sum(np.linalg.solve(factor, V) ** 2)


PROGRAMS: dict[str, Any] = {
    "inverse": np.linalg.inv,
    "inverse of a view": lambda a: np.linalg.inv(a[::-1, 1:][1:]),
    "systems": lambda a: np.linalg.solve(a, B),
    "a system": lambda a: np.linalg.solve(a, V),
    "turned": lambda a: np.linalg.solve(a.T, B),
    "both sides": lambda a: np.linalg.solve(a, a @ a + B[:, :1]),
    "determinant": np.linalg.det,
    "determinant, exchanged": lambda a: np.linalg.det(a[::-1]),
    "its logarithm": lambda a: tuple(
        np.linalg.slogdet(a[[1, 0, 2, 3, 5, 4]] * np.array([1, -1, 1, 1, 1, 1]))
    ),
    "power": lambda a: np.linalg.matrix_power(a, -2),
    "Cholesky": lambda a: np.linalg.cholesky(positive(a)),
    "Cholesky, upper": lambda a: np.linalg.cholesky(positive(a), upper=True),
    "Cholesky of one triangle": lambda a: np.linalg.cholesky(positive(a) + np.triu(a, 1)),
    "triangle": lambda a: np.linalg.solve(np.linalg.cholesky(positive(a)), B),
    "triangle, one column": lambda a: np.linalg.solve(np.linalg.cholesky(positive(a)), V),
    "triangle, turned": lambda a: np.linalg.solve(np.linalg.cholesky(positive(a)).T, B),
    "triangle, turned, one column": lambda a: np.linalg.solve(np.linalg.cholesky(positive(a)).T, V),
    "likelihood": likelihood,
    "likelihood by determinant": lambda a: np.linalg.slogdet(a)[1] + V @ np.linalg.solve(a, V),
    "written to places": written((ROWS, COLUMNS)),
    "written to the diagonal": written((np.arange(6), np.arange(6))),
    "written to a line": written(([0, 2, 4], [5, 3, 1])),
    "written where a mask is": written(B[:, 0] > 0),
}


@pytest.mark.parametrize("operator", ["value", "gradient", pytest.param("Hessian", marks=pytest.mark.sweep)])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, operator: str) -> None:
    f = PROGRAMS[name]
    g = {"value": f, "gradient": hoad.grad(total(f)), "Hessian": hoad.hessian(total(f))}[operator]
    compiled = hoad.compile(g)
    for a in (S, A, 0.5 * A + np.eye(6)):
        right = g(a)
        for _ in range(2):
            got = compiled(a)
            assert type(got) is type(right)
            for p, q in zip(*[x if isinstance(x, tuple) else (x,) for x in (got, right)], strict=True):
                assert type(p) is type(q)
                np.testing.assert_allclose(p, q, rtol=1e-8, atol=1e-9 * np.max(np.abs(q)))
    assert compiled.stats()["native"] == 1 and not compiled.why()


@pytest.mark.parametrize("name", ["inverse", "a system", "determinant", "Cholesky"])
def test_what_has_no_factors_is_the_plain_functions(name: str) -> None:
    """Singular matrices, matrices that are not positive definite, and nan."""
    f = PROGRAMS[name] if name != "Cholesky" else np.linalg.cholesky
    compiled = hoad.compile(f)
    compiled(S)
    for a in (np.ones((6, 6)), np.zeros((6, 6)), -S, np.where(np.eye(6, dtype=bool), np.nan, S)):
        found: list[Any] = []
        for g in (compiled, f):
            try:
                found.append(g(a))
            except np.linalg.LinAlgError as error:
                found.append(str(error))
        if isinstance(found[1], str):
            assert found[0] == found[1]
        else:
            np.testing.assert_allclose(found[0], found[1], rtol=1e-10, atol=1e-12)


def test_factors_are_found_once() -> None:
    """The value, the gradient and the determinant of a matrix are made of the same factors."""
    f = lambda a: V @ np.linalg.solve(a, V) + np.linalg.slogdet(a)[1]
    compiled = hoad.compile(hoad.value_and_grad(f))
    compiled(S)
    fields = Fields(compiled.variants[0].program)
    names = [operation[0] for operation in fields.algebra.operations]
    assert names.count("lu") == 1 and names.count("inverse") == 1 and names.count("solved") == 2
