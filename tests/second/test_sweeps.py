"""Sweeps of second order give what the nested levels give, which are their specification."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rule_points import ELEMENTWISE, Elementwise

import hoad
from hoad.chainrules.scipy import special
from hoad.chainrules.statements import RULES, Scalar
from hoad.chainrules.text import read
from hoad.operators.hessians import nested_diagonal
from hoad.operators.jacobians import goes_down
from hoad.running.points import Point
from hoad.running.recording import Recording
from hoad.second.sweep import ELEMENTS, IN_CACHE, READ_ONCE, Program
from hoad.second.written import pair

RNG = np.random.default_rng(11)
X = RNG.uniform(0.3, 1.4, 6)
V = RNG.normal(size=6)
A = RNG.normal(size=(6, 6))
SCALARS = [
    rule
    for function, rule in RULES.items()
    if isinstance(rule, Scalar) and rule.arity <= 2 and function not in special.FUNCTIONS
]
# Partials with branches of their own: these operations go through duals.
BRANCHES = {("heaviside", (0,)), ("heaviside", (0, 1))}


def actives(rule: Scalar) -> list[tuple[int, ...]]:
    return [(0,)] if rule.arity == 1 else [(0, 1), (0,), (1,)]


def test_every_scalar_rule_has_a_pair() -> None:
    """The change of a partial is read from its text, for one direction and for many."""
    without = {
        (rule.name, active)
        for rule in SCALARS
        for active in actives(rule)
        for rows in (False, True)
        if pair((rule, read(rule), active), rows) is None  # type: ignore[arg-type]
    }
    assert without == BRANCHES


# An argument that is an option chooses one of several functions.
FREE = [entry for entry in ELEMENTWISE.values() if len(entry.arguments) == len(entry.points[0])]


@pytest.mark.parametrize("entry", FREE, ids=lambda e: str(getattr(e.function, "__name__", e.function)))
def test_rules_over_their_range(entry: Elementwise) -> None:
    """On floats and on arrays, for one direction and for many: where the nested levels give a number, the
    sweep gives that, and nan where they do.
    """
    rows = list(entry.points)
    whole = np.array(rows, float)
    functions = [lambda z: np.sum(entry.function(*z.T))]
    if whole.shape[1] == 2:
        functions += [lambda z: np.sum(entry.function(z[:, 0], whole[:, 1]))]
        functions += [lambda z: np.sum(entry.function(whole[:, 0], z[:, 1]))]
    with np.errstate(all="ignore"):
        for f in functions:
            agree(lambda mode, f=f: hoad.hessian(f, whole[:4], mode=mode) if f is functions[0] else 0.0)
            agree(lambda mode, f=f: hoad.hvp(f, whole, np.ones_like(whole), mode=mode))
        for p in rows:
            agree(lambda mode, p=p: hoad.hessian(lambda z: entry.function(*z), p, mode=mode))


def agree(of: Any) -> None:
    swept, nested = np.asarray(of("auto"), float), np.asarray(of("forward-reverse"), float)
    scale = np.max(np.abs(nested[np.isfinite(nested)]), initial=1e-300)
    np.testing.assert_allclose(swept, nested, rtol=1e-12, atol=1e-13 * scale)


@pytest.mark.parametrize("rule", SCALARS, ids=lambda rule: str(rule.name))
def test_rules_of_complex_numbers(rule: Scalar) -> None:
    """On numbers and on arrays, beside real operands and complex ones, and with real values in between."""
    x = np.array([0.4, 0.7, 0.3, -0.2])
    others = [1.25 + 0.5j, np.array([0.8, 1.3]), np.array([[0.8 - 0.1j], [1.3]])]

    def arguments(z: Any, other: Any) -> list[tuple[Any, ...]]:
        if rule.arity == 1:
            return [(z,)]
        return [(z, np.exp(z)), (z, other), (other, z), (z, np.real(z) * 2.0), (np.imag(z) + 0.5, z)]

    def loss(x: Any, number: bool, k: int, other: Any) -> Any:
        z = x[0] + 1j * x[2] if number else x[:2] + 1j * x[2:]
        y = rule(*arguments(z, other)[k]) * (1.5 - 0.5j)
        return np.sum(np.real(y) * np.imag(y) + np.real(y))

    try:
        rule(*([0.4 + 0.3j] * rule.arity))
    except TypeError:  # of real numbers alone
        with pytest.raises(TypeError):
            hoad.hessian(lambda x: loss(x, True, 0, others[0]), x)
        return
    for k in range(len(arguments(0.5, 0.5))):
        for number in (True, False):
            for other in others if k in (1, 2) else others[:1]:
                f = lambda x, k=k, number=number, other=other: loss(x, number, k, other)
                agree(lambda mode, f=f: hoad.hessian(f, x, mode=mode))
                agree(lambda mode, f=f: hoad.hvp(f, x, np.array([1.0, -0.5, 0.25, 2.0]), mode=mode))


def test_formulas_of_complex_numbers_have_pairs() -> None:
    for function in (
        np.add,
        np.subtract,
        np.multiply,
        np.divide,
        np.negative,
        np.exp,
        np.sin,
        np.cos,
        np.sinh,
    ):
        rule: Any = RULES[function]
        for active in actives(rule):
            assert pair((rule, read(rule), active), True, False), rule  # type: ignore[arg-type]


def broadcast(x: Any) -> Any:
    return np.sum((x[:, None] * x - 1.5 * x.reshape(1, 6) / x[:, None]) ** 2) * np.mean(x)


def loop(x: Any) -> Any:
    total = 0.0
    for k in range(5):
        total = total + 100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2
    return total


def filled(x: Any) -> Any:
    out = np.zeros(6)
    for k in range(6):
        out[k] = np.sin(x[k]) * (out[k - 1] if k else 1.0)
    out[::2] *= x[1::2]
    out[np.array([1, 3])] = x[:2] * x[2:4]
    out[np.array([True] + 5 * [False])] = x[5] ** 2
    return np.sum(out**2)


def filled_matrix(x: Any) -> Any:
    m = np.zeros((3, 3))
    m[0, :2] = x[:2]
    m[:, 2] = x[3] * x[4]
    m[1:, 1] += x[:2] ** 2
    m[[0, 2], [1, 0]] = x[:2] * x[5]
    return np.sum(m @ m * m[0])


def linear_algebra(x: Any) -> Any:
    m = A @ A.T + np.diag(x)
    return np.linalg.slogdet(m)[1] + x @ np.linalg.solve(m, x) + np.sum(np.linalg.eigvalsh(m) ** 2)


def several_values(x: Any) -> Any:
    q, r = np.linalg.qr(A + np.outer(x, x))
    return np.sum(np.abs(r)) + q[0, 0] ** 2


def products(x: Any) -> Any:
    return np.sum(np.tanh(A @ x) ** 3) + np.einsum("i,ij,j", x, A, x) ** 2 + np.prod(x) + (x @ A)[0] * (x @ x)


def reductions(x: Any) -> Any:
    parts = [np.max(x), np.std(x), np.linalg.norm(x), np.cumsum(x)[3], np.sort(x)[2], np.median(x)]
    return np.sum(np.stack(parts) ** 2) + np.sum(np.where(x > 0.6, x**4, np.exp(x)))


def complex_parts(x: Any) -> Any:
    return np.abs(np.sum(np.exp(1j * x) * x)) ** 2 + np.sum(np.fft.fft(x * x).real[:3] ** 2)


def at_numbers(x: Any) -> Any:
    return x[0] ** 3 * np.exp(x[1]) / (1 + x[2] ** 2) + np.arctan2(x[3], x[4]) * x[5] ** x[0]


PROGRAMS = [
    broadcast, loop, filled, filled_matrix, linear_algebra, several_values, products, reductions,
    complex_parts, at_numbers,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS)
def test_programs(f: Any) -> None:
    right = hoad.hessian(f, X, mode="forward-reverse")
    near = {"rtol": 1e-11, "atol": 1e-11 * np.abs(right).max()}
    np.testing.assert_allclose(hoad.hessian(f, X), right, **near)
    np.testing.assert_allclose(hoad.hessian(f, X, chunk_size=4), right, **near)
    np.testing.assert_allclose(hoad.hvp(f, X, V), right @ V, **near)
    np.testing.assert_allclose(hoad.diag_hessian(f, X), np.diag(right), **near)
    np.testing.assert_allclose(nested_diagonal(hoad.adapt(f), (X,), {}), np.diag(right), **near)
    value, gradient, second = hoad.value_grad_hessian(f, X)
    np.testing.assert_allclose(value, f(X), rtol=1e-14)
    np.testing.assert_allclose(gradient, hoad.grad(f, X), rtol=1e-13)
    np.testing.assert_allclose(second, right, **near)


@pytest.mark.parametrize("f", PROGRAMS)
def test_they_nest(f: Any) -> None:
    """Third derivatives, with a sweep inside: by tangents, by cotangents, by a sweep of a sweep."""
    third = lambda mode: hoad.jvp(lambda x: hoad.hvp(f, x, V, mode=mode), (X,), (V,))[1]
    right = third("forward-reverse")
    near = {"rtol": 1e-10, "atol": 1e-10 * np.abs(right).max()}
    np.testing.assert_allclose(third("auto"), right, **near)
    by_reverse = hoad.grad(lambda x: V @ hoad.hvp(f, x, V), X)
    np.testing.assert_allclose(by_reverse, right, **near)
    rows = hoad.jacobian(lambda x: hoad.hessian(f, x) @ V, X)
    np.testing.assert_allclose(rows @ V, right, **near)


def test_a_sweep_in_a_sweep() -> None:
    slope = lambda x: np.sum(hoad.hvp(products, x, V) ** 2)
    right = hoad.hessian(slope, X, mode="forward-forward")
    np.testing.assert_allclose(hoad.hessian(slope, X), right, rtol=1e-10)


def square(x: Any) -> Any:
    return np.tanh(np.outer(x, x)[0] * x) + np.sort(x)


def tall(x: Any) -> Any:
    return np.concatenate([x**2, x[::-1] * x, np.cumsum(x)])


def of_several(x: Any) -> Any:
    return {"a": x[1:] * x[:-1], "b": (np.sum(x), 3, np.ones(2)), "c": np.linalg.solve(np.diag(x) + 1.0, x)}


def with_zeros(x: Any) -> Any:
    return np.where(x > 1.0, np.sqrt(np.abs(x - 1.0)), 0.0) * x


@pytest.mark.parametrize("f", [square, tall, of_several, with_zeros])
def test_tangents_go_down_a_recorded_program(f: Any) -> None:
    """``jacobian`` with mode="auto": f runs once, whatever shape the Jacobian has."""
    x = np.linspace(0.5, 1.5, 41)
    runs = []
    got = hoad.jacobian(lambda x: (runs.append(1), f(x))[1], x)
    right = hoad.jacobian(f, x, mode="forward")
    assert len(runs) == 1
    pairs = zip(*(hoad.values.trees.flatten(t)[0] for t in (got, right)), strict=True)
    for a, b in pairs:
        assert type(a) is type(b)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    third = [hoad.jvp(lambda x, m=m: np.sum(np.sin(hoad.jacobian(square, x, mode=m))), (x,), (x,))[1]
             for m in ("auto", "forward")]  # fmt: skip
    np.testing.assert_allclose(*third, rtol=1e-12)


def chain(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2 + np.exp(x[1:] / x[:-1]))


def separable(x: Any) -> Any:
    return np.sum(np.sin(x) * x**3) + 3.0 * np.sum(x)


def two_parts(x: Any) -> Any:
    return np.sum(x["a"] ** 2 * x["b"]) + np.sum(np.exp(x["a"][1:] * x["a"][:-1])) + np.sum(x["b"]) * 2


def with_neighbours(x: Any) -> Any:
    m = x.reshape(8, 10)
    return np.sum((m[1:] - m[:-1]) ** 4) + np.sum(np.cos(m[:, 1:] * m[:, :-1]))


def all_meet(x: Any) -> Any:
    return np.sum(x) ** 3 + np.sum(x**2)


@pytest.mark.parametrize("f", [chain, separable, with_neighbours, all_meet])
def test_sparse_hessians(f: Any) -> None:
    x = np.random.default_rng(3).uniform(0.5, 1.5, 80)
    right = hoad.hessian(f, x, mode="forward-reverse")
    np.testing.assert_allclose(hoad.hessian(f, x), right, rtol=1e-11, atol=1e-11 * np.abs(right).max())
    np.testing.assert_allclose(hoad.diag_hessian(f, x), np.diag(right), rtol=1e-11, atol=1e-11)
    dense = hoad.hessian(f, x, chunk_size=50)
    np.testing.assert_allclose(dense, right, rtol=1e-11, atol=1e-11 * np.abs(right).max())


def test_a_sparse_hessian_of_a_container() -> None:
    x = {"a": np.linspace(0.5, 1.5, 50), "b": np.linspace(1.0, 2.0, 50)}
    got, right = (hoad.hessian(two_parts, x, mode=mode) for mode in ("auto", "forward-reverse"))
    for i in x:
        for j in x:
            np.testing.assert_allclose(got[i][j], right[i][j], rtol=1e-11, atol=1e-11)
        diagonal = hoad.diag_hessian(two_parts, x)[i]
        np.testing.assert_allclose(diagonal, np.diag(right[i][i]), rtol=1e-11, atol=1e-11)


def test_a_sparse_hessian_within_another_derivative() -> None:
    x = np.linspace(0.5, 1.5, 80)
    of_closure = lambda a, mode: np.sum(hoad.hessian(lambda x: chain(a * x), x, mode=mode))
    right = hoad.derivative(lambda a: of_closure(a, "forward-reverse"), 1.1)
    for operator in (hoad.derivative, hoad.grad):
        np.testing.assert_allclose(operator(lambda a: of_closure(a, "auto"), 1.1), right, rtol=1e-11)
        diagonal = operator(lambda a: np.sum(hoad.diag_hessian(lambda x: separable(a * x), x)), 1.1)
        whole = hoad.derivative(
            lambda a: np.trace(hoad.hessian(lambda x: separable(a * x), x, mode="forward-reverse")), 1.1
        )
        np.testing.assert_allclose(diagonal, whole, rtol=1e-11)


def test_the_function_runs_once_on_plain_values() -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append((hoad.order(x), type(hoad.primal(x[0]))))
        return np.sum(x**3)

    hoad.hessian(f, X)
    hoad.hvp(f, X, V)
    hoad.value_grad_hessian(f, X)
    assert seen == [(2, np.float64)] * 3


def test_zeros_that_the_program_says_stay_zero() -> None:
    x = np.array([0.0, 0.5])
    f = lambda x: np.sum(np.where(x > 0, x * np.log(np.where(x > 0, x, 1.0)), 0.0) ** 2)
    np.testing.assert_array_equal(hoad.hessian(f, x), hoad.hessian(f, x, mode="forward-reverse"))
    assert np.isfinite(hoad.hessian(f, x)).all()
    infinite = lambda x: np.sum(np.sqrt(x) ** 3)  # which a mode may not know: nan, and never a number
    one, other = hoad.hessian(infinite, x), hoad.hessian(infinite, x, mode="forward-reverse")
    assert not np.isfinite(one[0, 0])
    assert not np.isfinite(other[0, 0])
    np.testing.assert_array_equal(one.ravel()[1:], other.ravel()[1:])


def test_a_rule_of_a_user_is_met() -> None:
    def cube(x: Any) -> Any:
        return x**3

    @hoad.chainrules.rrule(cube)
    def pulled(x: Any) -> Any:
        return x**3, lambda g: (hoad.chainrules.NoTangent(), g * 3 * x**2)

    try:
        np.testing.assert_allclose(hoad.hessian(lambda x: np.sum(cube(x)), X), np.diag(6 * X), rtol=1e-14)
    finally:
        hoad.chainrules.remove_rule(cube)


def test_another_rule_for_a_function_in_a_partial() -> None:
    """The pair of sin is written with the rule of cos; it is written again when that is stated anew."""
    f = lambda x: np.sum(np.sin(x))
    right = hoad.hessian(f, X)
    hoad.chainrules.scalar_rule(np.cos, lambda x, out: -2 * np.sin(x))
    try:
        np.testing.assert_allclose(hoad.hessian(f, X), 2 * right, rtol=1e-14)
    finally:
        hoad.chainrules.remove_rule(np.cos)
    np.testing.assert_array_equal(hoad.hessian(f, X), right)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.longdouble])
def test_precisions(kind: Any) -> None:
    x = X.astype(kind)
    f = lambda x: np.sum(np.tanh(x * np.arange(1, 7, dtype=kind)) * x[::-1] ** 3)
    for mode in hoad.operators.hessians.MODES:
        h = hoad.hessian(f, x, mode=mode)
        assert h.dtype == kind
        np.testing.assert_allclose(
            h, hoad.hessian(f, X), rtol=1e-4 if kind is np.float32 else 1e-11, atol=1e-5
        )
    assert hoad.hvp(f, x, x).dtype == kind


def test_containers_and_several_arguments() -> None:
    point = {"w": X[:4].reshape(2, 2), "b": (0.7, X[4:])}
    f = lambda p, k: np.sum(np.tanh(p["w"] @ p["b"][1]) ** 2) * p["b"][0] ** 3 * k + np.sum(p["w"] ** 3)
    for argnums in (0, 1, (0, 1)):
        got = hoad.hessian(f, point, 1.5, argnums=argnums)
        right = hoad.hessian(f, point, 1.5, argnums=argnums, mode="forward-reverse")
        pairs = zip(*(hoad.values.trees.flatten(t)[0] for t in (got, right)), strict=True)
        for a, b in pairs:
            assert type(a) is type(b)
            np.testing.assert_allclose(a, b, rtol=1e-12)
    direction = {"w": np.ones((2, 2)), "b": (1.0, np.ones(2))}
    got = hoad.hvp(f, point, direction, 1.5)
    right = hoad.hvp(f, point, direction, 1.5, mode="forward-reverse")
    np.testing.assert_allclose(got["w"], right["w"], rtol=1e-12)
    np.testing.assert_allclose(got["b"][0], right["b"][0], rtol=1e-12)


# ------------------------------------------------------------------------------------------------------------
# Which way, and how many directions at once
# ------------------------------------------------------------------------------------------------------------


def recorded(f: Any, n: int) -> tuple[Recording, Program]:
    recording = Recording(f, Point((np.linspace(0.5, 1.5, n),), (0,)))
    top = max(y.slot for y in recording.outputs)
    return recording, Program(recording.tape.columns(), top, 1)


WEIGHTS = np.random.default_rng(0).standard_normal((300, 300))


@pytest.mark.parametrize(
    ("f", "n", "down"),
    [
        (lambda x: np.sum(x * x), 2, False),
        (lambda x: np.sin(x) * x, 50, True),
        (lambda x: (WEIGHTS[:, :3] @ x) ** 2, 3, True),
        (lambda x: np.tanh(WEIGHTS[:6] @ np.sin(x)), 300, False),
        (lambda x: np.array([x[0] * x[1], x[1] - x[0]]), 2, True),
        (lambda x: tuple(x[k] * x[k + 1] for k in range(4)), 40, False),
        (lambda x: np.array([np.sum(np.exp(x[k] * x)) for k in range(20)]), 40, True),
    ],
)
def test_a_jacobian_goes_the_way_that_costs_less(f: Any, n: int, down: bool) -> None:
    """By the operations that were recorded, and by no clock."""
    recording, _ = recorded(f, n)
    assert goes_down(recording, n) is down
    x = np.linspace(0.5, 1.5, n)
    found = [hoad.values.trees.flatten(hoad.jacobian(f, x, mode=m))[0] for m in ("auto", "forward")]
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def test_what_a_chunk_reads_is_worth_it() -> None:
    """Directions share a matrix that is larger than their tangents; those of large arrays go alone."""
    count = lambda f, n: ELEMENTS // recorded(f, n)[1].at_once()
    assert count(lambda x: np.sum(np.sin(x)), 300) == IN_CACHE // 300
    assert count(lambda x: np.sum(np.sin(np.ones((600, 600)) @ x)), 600) == READ_ONCE > IN_CACHE // 600
    assert count(lambda x: np.sum(np.sin(x)), IN_CACHE // 2) == 2
    assert count(lambda x: np.sum(np.sin(x)), 2 * IN_CACHE) == 1


def test_tangents_that_are_spent_are_let_go() -> None:
    """A slot is spent when nothing reads it any more; what is read later, or wanted, stays."""
    recording, program = recorded(lambda x: np.exp(x) * np.sin(np.cos(x)), 5)
    slots = [y.slot for y in recording.outputs]
    spent = program.spent(slots)
    gone = sorted(slot for group in spent for slot in group)
    assert gone == [k for k in range(program.top) if k not in slots]
    _, left, right, _ = program.columns
    for i, group in enumerate(spent):
        later = {*left[i + 1 :], *right[i + 1 :]}
        assert not later & set(group)


@pytest.mark.parametrize("c", range(-9, 10))
def test_integers_of_the_program_are_no_places(c: int) -> None:
    """Jacobians let tangents go that nothing reads after an operation, which keeps its constants."""
    x = np.linspace(0.2, 0.9, 5)
    for f in (
        lambda x: c * np.exp(np.sin(x) * np.cos(x)),
        lambda x: np.sin(c * np.exp(x)) * np.cos(x) * np.tanh(x),
        lambda x: np.hypot(np.exp(np.sin(x)), c) * x,
        lambda x: np.hypot(np.exp(np.sin(x)), c),
    ):
        wanted = hoad.jacobian(f, x, mode="reverse")
        np.testing.assert_allclose(hoad.jacobian(f, x), wanted, rtol=1e-13, atol=1e-15)
