"""Structured tangents give what dense ones give, for every program of the tables and for random ones."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import numpy_points  # noqa: F401  (enters programs)
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import ODD_POINTS, POINTS, PROGRAMS, made
from rule_points import Program, leaves, named_programs

import hoad
from hoad.chainrules.numpy.eigen import undetermined
from hoad.chainrules.numpy.linalg import one_triangle
from hoad.errors import ArgumentError, ComplexOutputError, HoadError
from hoad.running.calling import select
from hoad.running.points import Point
from hoad.sparse import derivatives, matrices
from hoad.sparse.blocks import Block
from hoad.sparse.derivatives import first_order, second_order

RNG = np.random.default_rng(5)
X = RNG.uniform(0.5, 1.5, 24)
A = RNG.normal(size=(24, 24)) * (RNG.random((24, 24)) < 0.08)
DENSE = RNG.normal(size=(24, 24))
WHERE = RNG.integers(0, 24, 40)

FUNCTIONS: dict[str, Any] = {
    "banded": lambda x: x[1:-1] * np.sin(x[:-2]) - np.exp(-x[2:] * x[1:-1]),
    "grid": lambda x: np.roll(x.reshape(4, 6), 1, 0) * x.reshape(4, 6) - np.roll(x.reshape(4, 6), -1, 1) ** 2,
    "padded": lambda x: np.diff(np.pad(x.reshape(4, 6), 1), axis=0) ** 2,
    "sums of low rank": lambda x: np.sum((x @ x) * DENSE[:6], axis=1) ** 2,
    "gathered": lambda x: np.sin(x[WHERE]) * x[WHERE[::-1]],
    "added at": lambda x: scattered(x),
    "sparse product": lambda x: A @ np.sin(x),
    "from the left": lambda x: np.cos(x) @ A,
    "dense product": lambda x: DENSE @ np.sin(x),
    "products of matrices": lambda x: x[:12].reshape(6, 2) @ np.exp(x[12:].reshape(2, 6)),
    "wide product": lambda x: DENSE[:5] @ x.reshape(24, 1),
    "einsum": lambda x: np.einsum("ij,kj,j->ik", x.reshape(4, 6), np.sin(x.reshape(4, 6)), np.arange(6.0)),
    "batch of matrices": lambda x: np.matmul(x.reshape(2, 3, 4), np.tanh(x.reshape(2, 4, 3))),
    "solve": lambda x: np.linalg.solve(DENSE[:6, :6] + np.diag(x[:6]), x[6:12]),
    "mean": lambda x: x - np.mean(x),
    "norm": lambda x: x / np.linalg.norm(x),
    "rows": lambda x: np.sum(x.reshape(4, 6), axis=1) * x.reshape(4, 6).sum(0)[:4],
    "cumulated": lambda x: np.cumsum(x) ** 2,
    "chosen": lambda x: np.where(x > 1, x[::-1], np.sin(x)),
    "largest": lambda x: np.maximum(x, x[::-1]),
    "sorted": lambda x: np.sort(x) * np.arange(24.0),
    "stacked": lambda x: np.stack([x[:5], np.sin(x[5:10]), np.zeros(5)], 1),
    "joined": lambda x: np.concatenate([np.sum(x)[None], x[3:] * x[:-3], A @ x]),
    "written": lambda x: written(x),
    "many steps": lambda x: steps(x),
    "complex inside": lambda x: (
        np.abs(np.exp(1j * x[1:]) * x[:-1] + 2j * x[1:]) + np.real(1j * x[1:] ** 2 * 1j)
    ),
    "fourier": lambda x: np.real(np.fft.fft(x)),
    "convolved": lambda x: np.convolve(x, np.array([1.0, -2.0, 0.5])),
    "diagonal": lambda x: np.diag(x[:4] ** 2) + np.diagonal(x[:16].reshape(4, 4)),
    "one number": lambda x: np.sum(np.sin(x[1:] * x[:-1])) * x[0],
    "constant": lambda x: np.ones(3),
    "log of zero": lambda x: np.where(x > 1, np.log(np.where(x > 1, x, 1.0)), 0.0),
    "long sums": lambda x: np.sum(np.outer(x, x) * (np.abs(A) > 0), axis=0),
    "windows": lambda x: np.sum(np.lib.stride_tricks.sliding_window_view(x, 3) ** 2, axis=1),
    "norm of rows": lambda x: np.linalg.norm(x.reshape(8, 3), axis=1),
    "of half precision": lambda x: (x.astype(np.float32) ** 2)[1:],
}


def scattered(x: Any) -> Any:
    out = np.zeros_like(x)
    np.add.at(out, WHERE, np.sin(x[WHERE]) * x[WHERE])
    return out


def written(x: Any) -> Any:
    y = x * 1.0
    y[2:5] = np.sin(x[:3])
    y[[7, 9]] = x[0] * x[1]
    y[x > 1.4] = 0.5
    y[10:] *= x[:14]
    y[0] = np.sum(x)
    return y[1:] * y[:-1]


def steps(x: Any) -> Any:
    for _ in range(12):
        x = x + 0.1 * (np.roll(x, 1) - 2 * x + np.roll(x, -1)) - 0.01 * x**3
    return x


def weighted(f: Any) -> Any:
    """A number of which the Hessian asks all that f does."""

    def loss(x: Any) -> Any:
        y = f(x)
        return np.sum(np.sin(y) * np.arange(1.0, 1.0 + np.size(y)).reshape(np.shape(y)))

    return loss


def dense_of(f: Any, x: Any) -> Any:
    found = hoad.jacobian(f, x)
    return found.reshape(-1, np.size(x))


def followed(f: Any, x: Any, marks: bool = False, second: bool = False) -> Any:
    g, values, names = select(f, (x,), {}, 0)
    point = Point(values, names)
    return second_order(g, point, marks) if second else first_order(g, point, marks).parts[0]


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_functions(name: str) -> None:
    """First and second order, and what may differ from zero; none needs the other way."""
    f = FUNCTIONS[name]
    right = dense_of(f, X)
    got = followed(f, X)
    assert got.format == "csr" and got.shape == right.shape
    tolerance = 1e-6 if "precision" in name else 1e-12
    np.testing.assert_allclose(got.toarray(), right, rtol=tolerance, atol=tolerance)
    assert not np.any(right[followed(f, X, marks=True).toarray() == 0])
    loss = weighted(f)
    second = hoad.hessian(loss, X, mode="forward-reverse")
    np.testing.assert_allclose(followed(loss, X, second=True).toarray(), second, rtol=tolerance, atol=1e-11)
    assert not np.any(second[followed(loss, X, True, True).toarray() == 0])


@pytest.mark.parametrize("name", ["banded", "grid", "gathered", "padded"])
def test_zeros_are_left_out(name: str) -> None:
    f = FUNCTIONS[name]
    assert hoad.jacobian(f, X, sparse=True).nnz == np.count_nonzero(dense_of(f, X))


def compared(f: Any, x: Any, first_only: bool = False) -> None:
    """Sparse and dense, first and second order; nan where that is nan."""
    with np.errstate(all="ignore"):
        right = hoad.jacobian(f, x, mode="forward")
        for r, s in zip(leaves(right), leaves(hoad.jacobian(f, x, sparse=True)), strict=True):
            r = np.reshape(r, (-1, np.size(x)))
            np.testing.assert_allclose(s.toarray(), r, rtol=1e-9, atol=1e-9 * largest(r))
        if first_only:
            return
        total = lambda z: sum([np.sum(y) for y in leaves(f(z))])
        right = hoad.hessian(total, x, mode="forward-reverse")
        got = hoad.hessian(total, x, sparse=True).toarray()
        np.testing.assert_allclose(got, right, rtol=1e-8, atol=1e-8 * largest(right))


def largest(r: Any) -> float:
    finite = np.abs(r[np.isfinite(r)])
    return max(1.0, float(finite.max(initial=0.0)))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(PROGRAMS, POINTS)
def test_random_programs(program: Any, x: Any) -> None:
    compared(made(program), x)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(PROGRAMS, ODD_POINTS)
def test_random_programs_at_odd_points(program: Any, x: Any) -> None:
    compared(made(program), x, first_only=True)


@pytest.mark.sweep
@settings(max_examples=2000, deadline=None, derandomize=True)
@given(PROGRAMS, POINTS)
def test_many_random_programs(program: Any, x: Any) -> None:
    compared(made(program), x)


MOVING = [
    (name, program)
    for name, _, program in named_programs()
    if program.function not in (one_triangle, undetermined)  # on dense rows
    and all(np.ndim(a) and np.asarray(a).dtype.kind == "f" for a in program.arguments[:1])
]


@pytest.mark.filterwarnings("ignore")
def test_patterns_of_what_moves_elements_are_exact() -> None:
    """Where a function of the tables only puts elements elsewhere, marks go with them: none comes to a place
    by being next to one that does.
    """
    found, loose = 0, []
    for name, program in MOVING:
        x, *rest = program.arguments
        told = np.sqrt(np.arange(2.3, 2 + np.size(x))).reshape(np.shape(x))
        f = lambda z, run=program.run, rest=rest: run(z, *rest)
        try:
            y = f(told)
            if y.__class__ is not np.ndarray or not np.array_equal(f(-7.0 * told), -7.0 * y):
                continue
            if not np.isin(y, [0.0, *told.flat]).all():
                continue
            right = np.stack([np.ravel(f(e.reshape(told.shape))) for e in np.eye(told.size)], axis=1) != 0
        except (HoadError, ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
            continue
        if not right.any() or right.sum(axis=1).max() > 1:
            continue
        marks = hoad.pattern(f, told).toarray()
        if np.any(right & ~marks) or marks.sum(axis=1).max(initial=0) > 1:
            loose.append(name)
        found += 1
    assert not loose and found > 60, (found, loose)


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "irfftn"])
def test_patterns_leave_out_what_a_transform_cuts_off(name: str) -> None:
    """All that is transformed comes to each frequency, and what is not to none."""
    is_real = name in ("irfft", "hfft", "irfftn")
    n = 8 if is_real else 5
    f = lambda x: np.abs(getattr(np.fft, name)(np.sin(x), (n,) if name.endswith("n") else n)) ** 2
    for order, g in ((1, f), (2, lambda x: np.sum(f(x) ** 2))):
        marks = hoad.pattern(g, X[:9], order=order).toarray()
        assert marks[:5, :5].all() and not marks[:, 5:].sum() - (4 if order == 2 else 0), order


REAL = [
    pytest.param(program, id=name, marks=[] if k % 12 == 0 else pytest.mark.sweep)
    for k, (name, _, program) in enumerate(named_programs())
    if not any(np.iscomplexobj(a) for a in program.arguments)
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", REAL)
def test_every_function_of_the_tables(program: Program) -> None:
    """All arguments at once, as one row of numbers; one in twelve here, the others in the sweep."""
    sizes = np.cumsum([np.size(a) for a in program.arguments])[:-1]
    x = np.concatenate([np.ravel(a) for a in program.arguments]).astype(float)

    def f(z: Any) -> Any:
        parts = np.split(z, sizes)
        y = program.run(*[np.reshape(p, np.shape(a)) for p, a in zip(parts, program.arguments, strict=True)])
        return np.concatenate(
            [part for leaf in leaves(y) for part in (np.ravel(np.real(leaf)), np.ravel(np.imag(leaf)))]
        )

    try:
        with np.errstate(all="ignore"):
            right = hoad.jacobian(f, x, mode="forward")
    except HoadError:
        pytest.skip("it has no derivative")
    with np.errstate(all="ignore"):
        got = hoad.jacobian(f, x, sparse=True).toarray()
    np.testing.assert_allclose(got, right, rtol=1e-10, atol=1e-10 * largest(right))


# ------------------------------------------------------------------------------------------------------------
# The operators
# ------------------------------------------------------------------------------------------------------------


def test_containers_and_several_arguments() -> None:
    f = lambda p, y: {"a": np.sin(p["u"]) * y[0], "b": np.sum(p["v"]) * y}
    p, y = {"u": X[:3], "v": X[3:7].reshape(2, 2)}, X[7:9]
    right = hoad.jacobian(f, p, y, argnums=(0, 1))
    got = hoad.jacobian(f, p, y, argnums=(0, 1), sparse=True, format="csc")
    for name, size in (("a", 3), ("b", 2)):
        for leaf in ("u", "v"):
            block = got[name][0][leaf]
            assert block.format == "csc"
            np.testing.assert_allclose(block.toarray(), right[name][0][leaf].reshape(size, -1))
        np.testing.assert_allclose(got[name][1].toarray(), right[name][1].reshape(size, -1))
    loss = lambda p: np.sum(np.sin(p["u"])) * p["v"][0, 1] ** 2
    right, got = hoad.hessian(loss, p), hoad.hessian(loss, p, sparse=True)
    for a in ("u", "v"):
        for b in ("u", "v"):
            shape = np.size(p[a]), np.size(p[b])
            np.testing.assert_allclose(got[a][b].toarray(), right[a][b].reshape(shape), atol=1e-14)


def test_as_functions() -> None:
    jacobian = hoad.jacobian(FUNCTIONS["banded"], sparse=True)
    assert sp.issparse(jacobian(X)) and sp.issparse(
        pickle.loads(pickle.dumps(hoad.hessian(np.sum, sparse=True)))(X)
    )
    assert hoad.jacobian(lambda x: 2.0 * x, 3.0, sparse=True).toarray() == [[2.0]]
    for format in ("csr", "csc", "coo", "dia", "lil", "dok", "bsr"):
        assert hoad.hessian(lambda x: np.sum(x**2), X, sparse=True, format=format).format == format


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: hoad.jacobian(np.sin, X, sparse=True, format="banded"), ArgumentError, "'csr', 'csc'"),
        (lambda: hoad.jacobian(np.sin, X, sparse=True, mode="reverse"), ArgumentError, "mode='reverse' and"),
        (
            lambda: hoad.hessian(np.sum, X, sparse=True, chunk_size=4),
            ArgumentError,
            "chunk_size=4 and sparse",
        ),
        (lambda: hoad.jacobian(np.sin, X + 1j, sparse=True), ComplexOutputError, "real and imaginary parts"),
        (
            lambda: hoad.grad(lambda x: hoad.jacobian(np.sin, x, sparse=True).sum(), X),
            ArgumentError,
            "inside another derivative",
        ),
        (
            lambda: hoad.vmap(lambda x: hoad.jacobian(np.sin, x, sparse=True))(X.reshape(4, 6)),
            ArgumentError,
            "inside another derivative",
        ),
        (lambda: hoad.jacobian(lambda x: lambda y: x * y, X, sparse=True), ArgumentError, "is a function"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("operator", [hoad.derivative, hoad.grad])
def test_what_f_has_captured_may_not_be_traced(operator: Any) -> None:
    """It is refused by name, whatever the operations are; a dense Hessian takes the other way."""
    big = np.linspace(0.5, 1.5, 800)
    for g in (lambda a, x: a * x**2, lambda a, x: (a * DENSE) @ x, lambda a, x: np.cumsum(a * x)):
        calls = [
            lambda a, g=g: hoad.jacobian(lambda x: g(a, x), X, sparse=True).sum(),
            lambda a, g=g: hoad.hessian(lambda x: np.sum(g(a, x) ** 2), X, sparse=True).sum(),
            lambda a, g=g: hoad.sparse_plan(lambda x, b: g(b, x), X, 1.0)(X, a).sum(),
        ]
        for call in calls:
            with pytest.raises(ArgumentError, match="inside another derivative"):
                operator(call, 1.1)
    f = lambda a: np.sum(hoad.hessian(lambda x: np.sum(np.sin(a * x[1:] * x[:-1])), big) @ big)
    right = lambda a: np.sum(hoad.hvp(lambda x: np.sum(np.sin(a * x[1:] * x[:-1])), big, big))
    np.testing.assert_allclose(operator(f, 1.1), operator(right, 1.1), rtol=1e-9)


def test_an_error_of_the_function_comes_back_as_itself() -> None:
    def f(x: Any) -> Any:
        raise LookupError("no such table")

    for derivative in (hoad.jacobian, hoad.hessian):
        with pytest.raises(LookupError, match="no such table"):
            derivative(f, X, sparse=True)


def test_the_other_way_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no structure is followed, directions are taken some at a time."""

    def refused(*args: Any) -> Any:
        raise derivatives.Unstructured("nothing is followed")

    monkeypatch.setattr(derivatives, "first_order", refused)
    monkeypatch.setattr(derivatives, "second_order", refused)
    monkeypatch.setattr(derivatives, "AT_ONCE", 5)
    for name in ("banded", "joined", "one number", "constant"):
        f = FUNCTIONS[name]
        np.testing.assert_allclose(hoad.jacobian(f, X, sparse=True).toarray(), dense_of(f, X), rtol=1e-12)
        got = hoad.hessian(weighted(f), X, sparse=True).toarray()
        np.testing.assert_allclose(got, hoad.hessian(weighted(f), X), rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_places_of_terms_are_kept(seed: int) -> None:
    """The matrix of some terms is the same from places that are known, with columns twice, out of order, and
    none at all; and places are found anew where the columns differ.
    """
    rng = np.random.default_rng(seed)
    size, n = int(rng.integers(1, 9)) * 300, int(rng.integers(1, 30))
    shapes = [(int(k), size) for k in rng.integers(1, 4, rng.integers(2, 4))]
    known: dict[Any, Any] = {}
    for columns in [[rng.integers(-1, n, s, np.int32) for s in shapes]] * 2 + [
        [np.zeros(s, np.int32) for s in shapes]
    ]:
        blocks = [
            Block(c, np.where(c < 0, 0.0, rng.normal(size=c.shape)), bool((c >= 0).all())) for c in columns
        ]
        right = matrices.of_blocks(blocks, size, n)
        got = matrices.of_blocks(blocks, size, n, known)
        assert list(known) == [size] and got.has_canonical_format
        np.testing.assert_allclose(got.toarray(), right.toarray(), rtol=1e-14, atol=1e-14)
        np.testing.assert_array_equal(got.indices, right.indices)
        np.testing.assert_array_equal(got.indptr, right.indptr)
