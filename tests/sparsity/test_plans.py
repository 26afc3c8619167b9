"""Plans give the derivative at every point, or an error that names the entry; never a wrong number."""

from __future__ import annotations

import inspect
import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from random_programs import POINTS, PROGRAMS, made
from test_structured import FUNCTIONS, X, dense_of, weighted

import hoad
from hoad.errors import ArgumentError, NonScalarOutputError, RecordingWarning, ShapeMismatchError
from hoad.sparse import checks, colors, matrices, patterns, places, plans, ways
from hoad.sparse.blocks import Block
from hoad.sparse.checks import Check, at_random, disagreeing
from hoad.sparse.colors import by_columns, chosen_symmetric
from hoad.sparse.plans import SparsePlan

Y = X[::-1] * 1.01 + 0.013


def banded(x: Any) -> Any:
    return x[1:-1] * np.sin(x[:-2]) - np.exp(-x[2:] * x[1:-1])


def chain(x: Any) -> Any:
    return np.sum(np.sin(x[2:] * x[:-2]) + x[1:-1] ** 2 * x[:-2])


def by_way(plan: SparsePlan, structured: bool) -> SparsePlan:
    """The same plan, made to go one way."""
    plan._structured = structured
    return plan


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_functions(name: str) -> None:
    """At another point than the plan's, along colours and without."""
    f = FUNCTIONS[name]
    loss = weighted(f)
    tolerance = 1e-5 if "precision" in name else 1e-11
    first, second = dense_of(f, Y), hoad.hessian(loss, Y, mode="forward-reverse")
    for structured in (False, True):
        plan = by_way(hoad.sparse_plan(f, X), structured)
        np.testing.assert_allclose(plan(Y).toarray(), first, rtol=tolerance, atol=tolerance)
        plan = by_way(hoad.sparse_plan(loss, X, order=2), structured)
        np.testing.assert_allclose(plan(Y).toarray(), second, rtol=tolerance, atol=1e-10)


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_kept_places_stay_as_they_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where terms stand is kept from one call to the next, and shared by matrices: none may be written to."""
    monkeypatch.setattr(places, "WORTH_KEEPING", 0)
    f = FUNCTIONS[name]
    loss = weighted(f)
    tolerance = 1e-5 if "precision" in name else 1e-11
    for g, order, derivative in ((f, 1, dense_of), (loss, 2, hoad.hessian)):
        plan = by_way(hoad.sparse_plan(g, X, order=order), True)
        for z in (Y, X):
            np.testing.assert_allclose(
                plan(z).toarray(), derivative(g, z), rtol=tolerance, atol=max(tolerance, 1e-10)
            )


def test_what_is_written_below_a_threshold_keeps_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a matrix are written over terms, of which some are zero then; and one matrix serves twice."""
    monkeypatch.setattr(places, "WORTH_KEEPING", 0)
    some = sp.csr_array(
        (np.arange(1.0, 9.0), np.array([3, 1, 7, 2, 9, 0, 5, 4]), np.array([0, 2, 4, 6, 8])), shape=(4, 24)
    )

    def f(x: Any) -> Any:
        y = np.sin(x) * np.roll(x, 1)
        z = y * 1.0
        z[2:10:2] = some @ x
        return np.concatenate([z, y, 2.0 * z])

    plan = by_way(hoad.sparse_plan(f, X), True)
    for z in (Y, X, Y):
        np.testing.assert_allclose(plan(z).toarray(), hoad.jacobian(f, z), rtol=1e-13)
    np.testing.assert_array_equal(some.data, np.arange(1.0, 9.0))


def test_results_have_arrays_of_their_own() -> None:
    """Whoever writes into one leaves the others, and the user's own matrices, as they are."""
    a = sp.csr_array(np.triu(np.ones((24, 24))))
    f = lambda x: (a @ x, 2.0 * (a @ x), *(lambda y: (y, 2.0 * y, y * y, y))(a @ x))
    found = [*hoad.jacobian(f, X, sparse=True), a]
    parts = [(m.data, m.indices, m.indptr) for m in found]
    for p, q in itertools.combinations(parts, 2):
        assert not any(np.shares_memory(u, v) for u in p for v in q)


def test_a_pattern_of_the_users_stays_as_it_is() -> None:
    """Its columns are in no order, and one is there twice."""
    given_ = sp.csr_array(
        (np.arange(1.0, 8.0), np.array([1, 0, 2, 1, 3, 2, 3]), np.array([0, 2, 4, 7])), shape=(3, 4)
    )
    before = given_.toarray(), given_.indices.copy()
    hoad.sparse_plan(lambda x: x[1:] * x[:-1], np.ones(4), pattern=given_)
    np.testing.assert_array_equal(given_.toarray(), before[0])
    np.testing.assert_array_equal(given_.indices, before[1])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(PROGRAMS, POINTS, POINTS)
def test_random_programs(program: Any, x: Any, y: Any) -> None:
    compared(made(program), x, y)


@pytest.mark.sweep
@settings(max_examples=1000, deadline=None, derandomize=True)
@given(PROGRAMS, POINTS, POINTS)
def test_many_random_programs(program: Any, x: Any, y: Any) -> None:
    compared(made(program), x, y)


def compared(f: Any, x: Any, y: Any) -> None:
    """A plan that was made at x, at y, whatever branch that takes."""

    def rows(z: Any) -> Any:
        out = f(z)
        return np.concatenate([np.ravel(p) for p in out]) if isinstance(out, (tuple, list)) else np.ravel(out)

    with np.errstate(all="ignore"):
        right = hoad.jacobian(rows, y, mode="forward")
        plan = by_way(hoad.sparse_plan(rows, x), False)
        if plan.pattern.shape != right.shape:
            return
        got = plan(y).toarray()
    scale = max(1.0, float(np.abs(right[np.isfinite(right)]).max(initial=0.0)))
    np.testing.assert_allclose(got, right, rtol=1e-8, atol=1e-8 * scale)


@pytest.mark.parametrize("compile", [False, True])
def test_compiled_and_not(compile: bool) -> None:
    """Forward, back and of second order; what is compiled runs many times."""
    arrow = lambda x: np.concatenate([np.sum(x * x)[None], x[1:] * x[0]])
    for f, order in ((banded, 1), (chain, 2), (np.linalg.norm, 1), (arrow, 1)):
        plan = by_way(hoad.sparse_plan(f, X, order=order, compile=compile), False)
        assert plan.way == ("compiled" if compile else "colors")
        for k in range(4):
            z = X + 0.1 * k
            right = hoad.hessian(f, z) if order == 2 else dense_of(f, z)
            np.testing.assert_allclose(plan(z).toarray(), right, rtol=1e-12, atol=1e-13)


def test_places_stay() -> None:
    plan = hoad.sparse_plan(chain, X, order=2)
    a, b = plan(X), plan(Y)
    assert a.has_canonical_format
    np.testing.assert_array_equal(a.indices, b.indices)
    np.testing.assert_array_equal(a.indptr, b.indptr)
    rows, columns = plan.structure
    np.testing.assert_array_equal(sp.csr_array((a.data, (rows, columns))).toarray(), a.toarray())
    a.data[:] = 0
    a.eliminate_zeros()
    np.testing.assert_array_equal(plan(Y).toarray(), b.toarray())
    data = np.zeros(b.nnz)
    assert plan(Y, out=data) is data
    np.testing.assert_array_equal(data, b.data)
    kept = plan(X)
    assert plan(Y, out=kept) is kept
    np.testing.assert_array_equal(kept.toarray(), b.toarray())


def masked(x: Any) -> Any:
    y = np.sin(x) * np.roll(x, 1)
    y[x > 0] = x[0]
    return y


def branching(x: Any) -> Any:
    return x * x[::-1] if x[0] > 1 else x**2


@pytest.mark.parametrize("f", [masked, branching, np.sort])
def test_a_pattern_that_changes(f: Any) -> None:
    """The plan grows by what the check finds, or goes without colours; each result is right."""
    rng = np.random.default_rng(3)
    plan = by_way(SparsePlan(f, np.full(12, -1.0), (), 1, None, None, True, False), False)
    for _ in range(40):
        z = rng.normal(size=12) + 0.4
        np.testing.assert_allclose(plan(z).toarray(), hoad.jacobian(f, z), atol=1e-14)
    assert plan.grown or f is np.sort
    assert plan.grown < 8 or plan.way == "structured"


def test_a_note_where_it_depends_on_numbers() -> None:
    near = np.array([1e-6, -1e-6] * 5 + [1.0, 1.0])
    assert "depends on the numbers" in hoad.pattern(masked, near).note
    assert "depends on the numbers" in repr(hoad.sparse_plan(masked, near))
    assert hoad.pattern(banded, X).note == ""


def uneven(x: Any) -> Any:
    """The first row is full, so that the terms of a check fill no rectangle."""
    return np.concatenate([[np.sum(x**2)], x[1:] ** 3])


@pytest.mark.parametrize("way", ["colours", "structured", "compiled"])
@pytest.mark.parametrize(("f", "order"), [(banded, 1), (chain, 2), (uneven, 1)])
def test_every_lost_entry_is_found(f: Any, order: int, way: str) -> None:
    """The probe: whichever entry a pattern of the user's lacks, the plan names it."""
    full = hoad.pattern(f, X, order=order)
    right = (hoad.hessian if order == 2 else hoad.jacobian)(f, X)
    rows, columns = np.nonzero(full.toarray() & (right != 0))
    for i, j in list(zip(rows.tolist(), columns.tolist(), strict=True))[::3]:
        lacking = full.toarray()
        lacking[i, j] = False
        if order == 2:
            lacking[j, i] = False
            if i == j:
                continue  # the diagonal is always there
        known = sp.csr_array(lacking)
        color = chosen_symmetric(known, (24,)).columns if order == 2 else by_columns(known)
        compiled = way == "compiled"
        plan = hoad.sparse_plan(f, X, order=order, pattern=known, colors=color, compile=compiled)
        by_way(plan, way == "structured")
        named = rf"no entry \(({i}, {j}|{j}, {i})\), where the derivative is"
        with pytest.raises(ArgumentError, match=named):
            plan(X)
        with pytest.raises(ArgumentError, match=named):  # at once, where the plan finds its own colours
            hoad.sparse_plan(f, X, order=order, pattern=lacking)


@pytest.mark.parametrize("compiled", [False, True])
def test_no_false_alarms(compiled: bool) -> None:
    rng = np.random.default_rng(0)
    plan = by_way(hoad.sparse_plan(chain, X, order=2, compile=compiled), False)
    before = SparsePlan._by_structure
    try:
        SparsePlan._by_structure = None  # type: ignore[method-assign,assignment]
        for _ in range(200):
            plan(10.0 ** rng.uniform(-3, 3) * rng.normal(size=24))
    finally:
        SparsePlan._by_structure = before  # type: ignore[method-assign]


def test_disagreement_is_counted() -> None:
    """Row for row, by the sizes of its own terms: a large row hides nothing of a small one."""
    lines, others, where = np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 1, 2])
    check = Check(np.array([1.0, 2.0]), slice(3, 5), False).with_rectangle(lines, others, where)
    assert check.rectangle is not None
    counted = lambda a: disagreeing(a, a[check.probe], check.rectangle)
    for entries, count in (
        ([1e9, 3.0, 1e-9, 1e9 + 6, 2e-9], 0),
        ([1e9, 3.0, 1e-9, 1e9 + 6, 3e-9], 1),
        ([1e9, 3.0, 1e-9, 2e9, 3e-9], 2),
    ):
        assert counted(np.array(entries)) == count
    assert counted(np.array([np.nan, 3.0, 1e-9, 1e9, 2e-9]))
    full = Check(np.ones(9), slice(0, 9), False).with_rectangle(np.zeros(9, int), np.arange(9), np.arange(9))
    assert full.rectangle is None


@pytest.mark.parametrize("most", [0, 40])
@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("ragged", [False, True])
def test_terms_of_a_check(ragged: bool, count: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that are a rectangle, and others; few terms, each alone, and many in one array: each element
    that is wrong counts, and no other.
    """
    monkeypatch.setattr(checks, "MOST_ALONE", most)
    rng = np.random.default_rng(count)
    rows = np.repeat(np.arange(6), count)[int(ragged and count > 0) :]
    matrix = sp.csr_array((rng.normal(size=len(rows)), (rows, rng.permutation(len(rows)))), shape=(6, 18))
    matrix.sort_indices()
    check = Check(at_random(18), slice(0, 6), False)
    lines, others = matrices.entries(matrix)
    laid = check.with_rectangle(lines, others, np.arange(len(lines))).rectangle
    assert laid is not None and (laid.where is None) is (not ragged or count == 0)
    product = matrix @ check.direction
    assert disagreeing(matrix.data, product, laid) == 0
    for wrong in range(6):
        assert disagreeing(matrix.data, product + (np.arange(6) == wrong), laid) == 1


def test_what_the_user_knows() -> None:
    pattern = hoad.pattern(banded, X)
    plan = hoad.sparse_plan(banded, X, pattern=pattern.toarray(), colors=np.arange(24) % 4)
    assert plan.colors == 4 and plan.lower_bound == 3
    np.testing.assert_allclose(plan(Y).toarray(), hoad.jacobian(banded, Y), rtol=1e-12)
    wide = hoad.sparse_plan(banded, X, pattern=np.ones((22, 24)))
    np.testing.assert_allclose(wide(Y).toarray(), hoad.jacobian(banded, Y), rtol=1e-12)


def test_a_full_pattern_that_is_too_large() -> None:
    with pytest.raises(ArgumentError, match="give the pattern that you know of"):
        patterns.full(10**5, 10**5)


@pytest.mark.parametrize("check", [False, True])
def test_a_value_of_another_size(check: bool) -> None:
    plan = by_way(hoad.sparse_plan(lambda x: x[x > 0] ** 2, np.ones(6), check=check), False)
    with pytest.raises(ShapeMismatchError, match="the derivative is 4 x 6 at this point"):
        plan(np.array([1.0, -1.0, 1.0, 2.0, -1.0, 3.0]))


def test_marks_cannot_cancel() -> None:
    """Nor where an axis repeats: each entry is there, whatever the numbers of the constants are."""
    w = np.array([1.0, -1.0, 2.0])
    f = lambda x: np.einsum("ii,i->i", x.reshape(3, 3), w) + np.einsum("ij,j->i", x.reshape(3, 3), w)
    found = hoad.pattern(f, np.ones(9)).toarray()
    assert not np.any(hoad.jacobian(f, np.ones(9))[~found]) and found.sum() == 9
    both = lambda x: np.einsum("ij,j->i", np.stack([x, x]), np.array([1.0, -1.0, 3.0]))
    assert hoad.pattern(both, np.ones(3)).toarray().all()


def test_colours_are_found_where_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of long runs that goes without them has none until they are asked for; results are the same."""
    monkeypatch.setattr(ways, "SHORT", 1e-9)
    for f, order in ((banded, 1), (chain, 2)):
        times = itertools.chain([0.0, 1.0], itertools.accumulate([10.0] * 50))  # few directions take longer
        monkeypatch.setattr(plans.time, "process_time", times.__next__)
        plan = hoad.sparse_plan(f, X, order=order)
        assert plan.way == "structured" and "colors" not in repr(plan) and "not needed" in plan._repr_html_()
        again = pickle.loads(pickle.dumps(plan))
        right = hoad.hessian(f, Y) if order == 2 else dense_of(f, Y)
        np.testing.assert_allclose(again(Y).toarray(), right, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(plan(Y, chunk_size=2).toarray(), right, rtol=1e-12, atol=1e-13)
        assert f"{plan.colors} colors" in repr(plan) and again.colors == plan.colors == (
            3 if order == 1 else 5
        )


def test_colours_are_sought_where_calls_make_up_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Greedy colours take long, and those of a lattice nothing: where few directions are a little faster than
    a structured tangent, only the latter are sought.
    """
    monkeypatch.setattr(ways, "SHORT", 1e-9)
    monkeypatch.setattr(colors, "duration", lambda steps: 100.0)
    at = np.random.default_rng(0).integers(0, 24, (3, 24))
    scattered = lambda x: x[at[0]] * x[at[1]] + x[at[2]] ** 3
    for f, gain, found in ((scattered, 1.0, False), (scattered, 10.0, True), (banded, 1.0, True)):
        # Structured, few directions, structured again; then along the colours.
        seconds = [20.0, 20.0 - gain, 20.0, 1.0]
        times = itertools.chain(*[(100.0 * k, 100.0 * k + t) for k, t in enumerate(seconds)])
        monkeypatch.setattr(plans.time, "process_time", times.__next__)
        plan = hoad.sparse_plan(f, X)
        assert plan.way == ("colors" if found else "structured") and ("colors" in repr(plan)) is found
        np.testing.assert_allclose(plan(Y).toarray(), dense_of(f, Y), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("order", [1, 2])
def test_marks_run_once_where_nothing_depends_on_numbers(order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative that is timed tells the pattern at the point; where that is another one, marks run there
    too, and the plan has all entries and the note.
    """
    runs: list[int] = []
    before = patterns.marked
    monkeypatch.setattr(patterns, "marked", lambda *args: (runs.append(1), before(*args))[1])
    hoad.sparse_plan(banded if order == 1 else chain, X, order=order)
    assert len(runs) == 1
    near = np.array([1e-6, -1e-6] * 5 + [1.0, 1.0])
    f = masked if order == 1 else lambda x: np.sum(masked(x)[1:] * masked(x)[:-1] ** 2 * x[1:])
    runs.clear()
    plan = hoad.sparse_plan(f, near, order=order)
    assert len(runs) == 2 and "depends on the numbers" in plan.note
    np.testing.assert_array_equal(
        plan.pattern.toarray(),
        hoad.pattern(f, near, order=order).toarray() | (order == 2) * np.eye(12, dtype=bool),
    )


def test_where_sums_stand_is_known_by_what_the_places_are() -> None:
    """Not by where they lie: matrices of another run have the same places in other memory."""
    rng = np.random.default_rng(0)
    a, b = [sp.csr_array(rng.random((60, 60)) * (rng.random((60, 60)) < 0.4)) for _ in range(2)]
    known: dict[Any, Any] = {}
    first = places.sum_of(a, b, known)
    np.testing.assert_array_equal(first.toarray(), (a + b).toarray())
    (kept,) = known[a.shape, "sums"]
    again = places.sum_of(2.0 * a.copy(), b.copy(), known)
    assert len(known[a.shape, "sums"]) == 1 and np.shares_memory(again.indices, kept.indices)
    np.testing.assert_array_equal(again.toarray(), (2.0 * a + b).toarray())
    other = b.copy()
    other.indices = (other.indices[::-1] - 59) * -1  # as many entries, elsewhere
    other.indptr = np.concatenate([[0], np.cumsum(np.diff(b.indptr)[::-1])]).astype(b.indptr.dtype)
    np.testing.assert_array_equal(places.sum_of(a, other, known).toarray(), (a + other).toarray())
    assert len(known[a.shape, "sums"]) == 2


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_what_is_said_to_be_in_order_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Matrices of kept places are not looked at again: their columns go up, each once."""
    monkeypatch.setattr(places, "WORTH_KEEPING", 0)
    made_: list[Any] = []
    for kind in (places.Places, places.Sum):
        before = kind.matrix
        monkeypatch.setattr(kind, "matrix", lambda *args, f=before: (made_.append(f(*args)), made_[-1])[1])
    plan = by_way(hoad.sparse_plan(FUNCTIONS[name], X), True)
    for matrix in [plan(X), plan(Y), *made_]:
        assert sp.csr_array((matrix.data, matrix.indices, matrix.indptr), matrix.shape).has_canonical_format


def test_terms_in_one_order_for_all_rows() -> None:
    """Columns that go up alike in each row, and such that do not; with two terms in one place, or none."""
    rng = np.random.default_rng(0)
    i = np.arange(6, dtype=np.int32)
    around = (i + 1) % 6
    for columns, alike in (
        ([i + 1, i, i + 2], True),
        ([i, around], False),
        ([i + 1, i, i + 1], True),
        ([i, np.where(i > 2, i + 1, np.int32(-1))], False),
    ):
        stacked = np.array(columns)
        block = Block(stacked, rng.normal(size=stacked.shape) * (stacked >= 0), bool((stacked >= 0).all()))
        found = places.places_of([block], 6, 8, None)
        assert (found.slots is not None) is alike
        right = np.zeros((6, 8))
        for c, v in zip(stacked, block.coefficients, strict=True):
            np.add.at(right, (i, c), v)
        np.testing.assert_allclose(found.matrix([block], (6, 8)).toarray(), right, rtol=1e-15)


def test_symmetric_patterns() -> None:
    """With the transpose and the diagonal, whichever of them is missing."""
    rng = np.random.default_rng(0)
    for _ in range(10):
        square = rng.random((9, 9)) < 0.2
        for given_ in (square, square | square.T, square | np.eye(9, dtype=bool)):
            found = patterns.symmetric(patterns.as_pattern(sp.csr_array(given_))).toarray()
            np.testing.assert_array_equal(found, given_ | given_.T | np.eye(9, dtype=bool))


def test_it_can_be_pickled_and_shared() -> None:
    plan = hoad.sparse_plan(chain, X, order=2, compile=True)
    again = pickle.loads(pickle.dumps(plan))
    right = hoad.hessian(chain, Y)
    np.testing.assert_allclose(again(Y).toarray(), right, rtol=1e-12)
    growing = by_way(SparsePlan(masked, np.full(12, -1.0), (), 1, None, None, True, False), False)
    points = np.random.default_rng(1).normal(size=(24, 12))
    with ThreadPoolExecutor(4) as pool:
        for z, found in zip(points, pool.map(growing, points), strict=True):
            np.testing.assert_allclose(found.toarray(), hoad.jacobian(masked, z), atol=1e-14)


def test_what_f_holds_may_change() -> None:
    """A compiled plan is recorded anew; where that comes too often, it is not compiled any more."""
    w, rest = np.ones(24), {"scale": 1.0}
    held = lambda x: banded(x) * w[1:-1] * rest["scale"]
    for f, order in ((held, 1), (lambda x: np.sum(held(x)), 2)):
        derivative = hoad.hessian if order == 2 else hoad.jacobian
        for check in (False, True):
            plan = hoad.sparse_plan(f, X, order=order, compile=True, check=check)
            for k in range(3):
                w[5], rest["scale"] = float(k), float(k + 1)
                np.testing.assert_allclose(plan(Y).toarray(), derivative(f, Y), rtol=1e-12, atol=1e-13)
            assert plan.way == "compiled"
            with pytest.warns(RecordingWarning, match=r"holds w that varies .* plan\(x, w\)"):
                for k in range(9):
                    w[5] = 10.0 + k
                    np.testing.assert_allclose(plan(Y).toarray(), derivative(f, Y), rtol=1e-12, atol=1e-13)
            assert plan.way == "colors"
            w[5] = 1.0
            np.testing.assert_allclose(plan(Y).toarray(), derivative(f, Y), rtol=1e-12, atol=1e-13)


class Counting(ThreadPoolExecutor):
    """Threads that count what they are given."""

    shares = 0

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        self.shares += 1
        return super().submit(*args, **kwargs)


@pytest.mark.parametrize(("f", "order"), [(banded, 1), (chain, 2)])
def test_workers_of_a_plan(f: Any, order: int) -> None:
    right = hoad.sparse_plan(f, Y, order=order)(Y).toarray()
    with Counting(2) as pool, Counting(2) as other:
        plan = by_way(hoad.sparse_plan(f, X, order=order, executor=pool, chunk_size=1), False)
        assert pool.shares > 0  # the way was chosen by what it will take
        n = plan.colors + 1  # and that of the check
        for options, given, count in (
            ({}, pool, n),
            ({"chunk_size": 2}, pool, -(-n // 2)),
            ({"executor": other}, other, n),
            ({"executor": False, "progress": False}, pool, 0),
        ):
            before = given.shares
            np.testing.assert_allclose(plan(Y, **options).toarray(), right, rtol=1e-12, atol=1e-14)
            # Who calls takes chunks too, so the others are given fewer.
            assert given.shares == before if count == 0 else 0 < given.shares - before <= count
        before = pool.shares
        np.testing.assert_allclose(by_way(plan, True)(Y).toarray(), right, rtol=1e-12, atol=1e-14)
        again = by_way(pickle.loads(pickle.dumps(plan)), False)
        np.testing.assert_allclose(again(Y).toarray(), right, rtol=1e-12, atol=1e-14)
        assert pool.shares == before
        inside = by_way(plan, False)
        with pytest.raises(ArgumentError, match="executor= is for the outermost derivative"):
            hoad.grad(lambda t: t * inside(Y).sum(), 1.0)
        with pytest.raises(ArgumentError, match="executor= is for the outermost derivative"):
            hoad.grad(lambda t: t * hoad.sparse_plan(f, X, order=order, executor=pool).nnz, 1.0)
    with pytest.raises(ArgumentError, match="without compile=True"):
        hoad.sparse_plan(f, X, order=order, compile=True, executor=True)
    for wrong in ({"executor": "threads"}, {"chunk_size": 0}):
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            hoad.sparse_plan(f, X, order=order, **wrong)
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            plan(Y, **wrong)


def test_containers_and_further_arguments() -> None:
    f = lambda p, k: {"a": k * np.sin(p["u"]), "b": p["v"] * p["u"][0]}
    p = {"u": X[:3], "v": X[3:7].reshape(2, 2)}
    plan = hoad.sparse_plan(f, p, 2.0)
    flat = lambda z: np.concatenate([3.0 * np.sin(z[:3]), z[3:] * z[0]])
    right = hoad.jacobian(flat, X[:7])
    for structured in (False, True):
        np.testing.assert_allclose(by_way(plan, structured)(p, 3.0).toarray(), right, rtol=1e-14)


def test_what_it_shows() -> None:
    pytest.importorskip("matplotlib")
    plan = hoad.sparse_plan(chain, X, order=2)
    assert "Hessian of chain: 24 x 24" in repr(plan) and "5 colors" in repr(plan)
    assert "<th>entries</th>" in plan._repr_html_()
    assert "5 directions" in plan.plot().get_title()
    arrow = hoad.sparse_plan(lambda x: np.concatenate([np.sum(x)[None] * x[0], x[1:] * x[0]]), X)
    assert arrow.plot() is not None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: hoad.sparse_plan(banded, X, order=3), ArgumentError, "order=3 must be 1"),
        (lambda: hoad.pattern(banded, X, order=0), ArgumentError, "order=0 must be 1"),
        (
            lambda: hoad.sparse_plan(banded, X, pattern=np.ones((3, 4))),
            ArgumentError,
            "pattern= is 3 x 4, and the Jacobian is 22 x 24",
        ),
        (
            lambda: hoad.sparse_plan(chain, X, order=2, pattern=np.ones((3, 4))),
            ArgumentError,
            "pattern= is 3 x 4, and the Hessian is 24 x 24",
        ),
        (
            lambda: hoad.sparse_plan(banded, X, colors=np.arange(24) % 2),
            ArgumentError,
            r"colors= conflict: entry \(0, 0\)",
        ),
        (lambda: hoad.sparse_plan(banded, X, colors=[0, 1]), ArgumentError, "for each of the 24 columns"),
        (
            lambda: hoad.sparse_plan(banded, X)(X[:5]),
            ShapeMismatchError,
            r"for points of shape \(24,\), not \(5,\)",
        ),
        (lambda: hoad.sparse_plan(banded, X, compile=True)(X[:5]), ShapeMismatchError, r"of shape \(24,\)"),
        (lambda: hoad.sparse_plan(banded, X)(X, out=np.zeros(3)), ShapeMismatchError, "the 66 entries"),
        (lambda: hoad.sparse_plan(banded, X)(X, out=np.zeros(66, int)), ArgumentError, "can't hold"),
        (lambda: hoad.sparse_plan(3.0, X), ArgumentError, "hoad.sparse_plan"),
        (lambda: hoad.sparse_plan(banded, X, pattern="3 bands"), ArgumentError, "must be a matrix"),
        (
            lambda: hoad.sparse_plan(banded, X, pattern=np.ones((2, 22, 24))),
            ArgumentError,
            "must be a matrix",
        ),
        (lambda: hoad.sparse_plan(banded, X, pattern=[[1], [1, 2]]), ArgumentError, "must be a matrix"),
        (lambda: hoad.sparse_plan(banded, X)(X, out=[0.0] * 66), ArgumentError, "pass np.empty"),
        (lambda: hoad.sparse_plan(banded, X, order=2), NonScalarOutputError, "^sparse_plan wants"),
        (lambda: hoad.jacobian(banded, X, format="coo"), ArgumentError, "add sparse=True"),
        (
            lambda: hoad.grad(lambda x: hoad.sparse_plan(banded, X)(x).sum(), X),
            ArgumentError,
            "inside another",
        ),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


WRONG = ["no", b"x", 2.5, np.ones(2), (1, 2), {}, object(), float("nan"), -1]
OPTIONS = [k for k, p in inspect.signature(hoad.sparse_plan).parameters.items() if p.kind is p.KEYWORD_ONLY]
OF_A_CALL = [
    k for k, p in inspect.signature(SparsePlan.__call__).parameters.items() if p.kind is p.KEYWORD_ONLY
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: repr(w)[:12])
def test_options_of_another_kind(wrong: Any) -> None:
    """Every option refuses what it can't be, by its name."""
    plan = hoad.sparse_plan(banded, X)
    for option in OPTIONS:
        with pytest.raises(ArgumentError, match=f"{option}="):
            hoad.sparse_plan(banded, X, **{option: wrong})
    for option in OF_A_CALL:
        with pytest.raises((ArgumentError, ShapeMismatchError), match=f"{option}="):
            plan(X, **{option: wrong})
    with pytest.raises(ArgumentError, match="order="):
        hoad.pattern(banded, X, order=wrong)


def test_a_pattern_may_be_lists() -> None:
    wanted = hoad.sparse_plan(banded, X)(X)
    for pattern in (wanted.toarray().tolist(), (wanted.toarray() != 0).tolist(), wanted.tocoo()):
        np.testing.assert_array_equal(
            hoad.sparse_plan(banded, X, pattern=pattern)(X).toarray(), wanted.toarray()
        )


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("compile", [False, True])
def test_acyclic_colours(check: bool, compile: bool) -> None:
    """Fewer directions for the same Hessian; a star colouring where there are no fewer."""
    plan = by_way(hoad.sparse_plan(chain, X, order=2, colors="acyclic", check=check, compile=compile), False)
    assert plan.coloring.substituted and plan.colors < hoad.sparse_plan(chain, X, order=2).colors
    for z in (X, Y):
        np.testing.assert_allclose(plan(z).toarray(), hoad.hessian(chain, z), rtol=1e-11, atol=1e-12)
    dense = hoad.sparse_plan(lambda x: np.sum(x) ** 2, X, order=2, colors="acyclic")
    assert not dense.coloring.substituted


def test_acyclic_colours_are_checked() -> None:
    pattern = hoad.pattern(chain, X, order=2).toarray()
    pattern[3, 5] = pattern[5, 3] = False
    plan = by_way(SparsePlan(chain, X, (), 2, pattern, "acyclic", True, False), False)
    with pytest.raises(ArgumentError, match=r"no entry \((3, 5|5, 3)\)"):
        plan(X)


def test_no_run_is_made_to_be_timed_that_can_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where colours take longer to find than they can save, not even a few directions are tried."""
    monkeypatch.setattr(ways, "SHORT", 1e-9)
    monkeypatch.setattr(colors, "duration", lambda steps: 1e9)
    runs: list[str] = []
    before = SparsePlan._products
    monkeypatch.setattr(SparsePlan, "_products", lambda *args: (runs.append("few"), before(*args))[1])
    at = np.random.default_rng(0).integers(0, 24, (3, 24))
    plan = hoad.sparse_plan(lambda x: x[at[0]] * x[at[1]] + x[at[2]] ** 3, X)
    assert plan.way == "structured" and not runs
    assert hoad.sparse_plan(banded, X).colors == 3 and runs  # a formula tells these


@pytest.mark.parametrize("structured", [0.02, 0.04])
@pytest.mark.parametrize("slow", ["few", "colored"])
def test_the_first_run_along_colours_is_not_the_measure(slow: str, structured: float) -> None:
    """It makes what it needs: where the first is slower than a structured tangent, and the next is faster,
    colours are the way, whether runs are short or long.
    """
    now = [0.0]
    late = {slow: [0.06]}

    def taking(name: str, seconds: float) -> Any:
        waiting = late.get(name, [])
        return lambda: now.__setitem__(0, now[0] + (waiting.pop() if waiting else seconds))

    runs = [taking(name, t) for name, t in (("structured", structured), ("few", 0.008), ("colored", 0.01))]
    found = ways.Ways(runs[0], runs[1], lambda seconds: seconds > 0.5, lambda: None, runs[2])
    assert not found.is_faster_structured(structured, lambda: now[0], False)
