"""Every kind of traced value fulfils its protocol, and reads custom rules of every make in every operator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ways import EXACT, FOREIGN, OPERATORS, POINT, SOLVERS, WAYS, WEIGHTS, loss_of

import hoad
from hoad.arrays.arraylike import ArrayLike, Lent
from hoad.arrays.fillable import Fillable
from hoad.arrays.roots import Rooted
from hoad.chainrules import custom
from hoad.errors import HoadError, RuleError
from hoad.fast.cells import Cell
from hoad.fast.wires import Wire
from hoad.kinds.batch import Row
from hoad.kinds.recorded import Recorded
from hoad.nested import Level, Traced, everything
from hoad.parameters.parameter import Awaiting, Parameter
from hoad.sparse.structured import Structured
from hoad.tracer import Lean

STATEMENTS = {"linear_rule", "multilinear_rule", "differential"}  # which are read; other rules are called
# What is again what it stands for before a rule sees it; wires, and tangents that are linear maps, which no
# program meets. (So is a sparse matrix of SciPy's, whose class is made with the first program that has one.)
STAND_INS = {Fillable, Parameter, Awaiting, Lent, Wire, Cell, Structured}
MOST = {"solve_ivp": 2}  # the largest order that is asked of a way, where the sizes double with each
# Ways that the default run takes through every operator.
ALWAYS = {"rrule", "frule", "foreign rrule", "frule in one array"}
ALWAYS |= {"writing rrule", "writing frule", "buffered rrule"}
ALSO = {("solve_ivp", "laplacian"), ("foreign frule", "vmap of grad"), ("root", "vmap of grad")}
OF_OTHERS = 9  # of the rest it takes one in so many; ``make sweep`` takes all
ALL = {**OPERATORS, **EXACT}


def subclasses(cls: type) -> set[type]:
    """All classes that are made of one."""
    return set(cls.__subclasses__()).union(*map(subclasses, cls.__subclasses__()))


def of_hoad(kind: type) -> bool:
    return kind.__module__.startswith("hoad.") and not kind.__module__.startswith("hoad.scipy.sparse")


def is_face(kind: type) -> bool:
    """What kinds are made of, and no kind itself."""
    return any(map(of_hoad, kind.__subclasses__())) and "process" not in vars(kind)


KINDS = sorted(
    (
        kind
        for kind in subclasses(Traced) - STAND_INS
        if of_hoad(kind) and not is_face(kind) and not issubclass(kind, Rooted)  # which says it is its base
    ),
    key=lambda kind: kind.__name__,
)


def pairs(operators: dict[str, Any]) -> list[Any]:
    """Every way under every operator, of which some are left to the sweep."""
    chosen = [(w, o) for w in WAYS for o, (order, _) in operators.items() if order <= MOST.get(w, 9)]

    def marks(n: int, way: str, name: str) -> Any:
        sampled = way in ALWAYS or (way, name) in ALSO or (n % OF_OTHERS == 0 and way != "solve_ivp")
        return [] if sampled else pytest.mark.sweep

    return [pytest.param(w, o, id=f"{w}-{o}", marks=marks(n, w, o)) for n, (w, o) in enumerate(chosen)]


def compared(way: str, apply: Any, may_refuse: bool) -> None:
    """The same with and without the rule; or, where that can't be, an error that says so."""
    make, same = WAYS[way]
    right = apply(loss_of(same), POINT)
    with make() as g:
        try:
            got = apply(loss_of(g), POINT)
        except HoadError:
            if may_refuse:
                return
            raise
    loose = way in SOLVERS
    np.testing.assert_allclose(got, right, rtol=1e-7 if loose else 1e-12, atol=1e-8 if loose else 1e-13)


@pytest.mark.parametrize(("way", "name"), pairs(OPERATORS))
def test_a_rule_changes_nothing(way: str, name: str) -> None:
    order, apply = OPERATORS[name]
    compared(way, apply, may_refuse=way in FOREIGN and order > 1)


@pytest.mark.parametrize(("way", "name"), pairs(EXACT))
def test_numbers_of_other_kinds(way: str, name: str) -> None:
    """In fractions and in formulas; what goes through floats on purpose refuses them by name."""
    compared(way, EXACT[name][1], may_refuse=way in SOLVERS | FOREIGN)


# ------------------------------------------------------------------------------------------------------------
# The protocol
# ------------------------------------------------------------------------------------------------------------


def test_every_kind_meets_a_rule_under_some_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a new kind must have an operator in the table, and is met by all that stands here."""
    met = set()
    read = custom.reading

    def noting(top: Any, *rest: Any) -> Any:
        met.add(top.__class__)
        return read(top, *rest)

    monkeypatch.setattr(custom, "reading", noting)
    with WAYS["rrule"][0]() as g:
        for _, apply in ALL.values():
            apply(loss_of(g), POINT)
    apart = {
        Lean,  # arrays of 128 KiB: tests/fast/test_large.py
        Row,  # numbers, a batch as soon as a rule asks: tests/fast/test_batched_paths.py
    }
    assert met == set(KINDS) - apart and Recorded in met


@pytest.mark.parametrize("kind", [*KINDS, Fillable], ids=lambda kind: kind.__name__)
def test_every_kind_writes_out_its_duties(kind: type[Traced]) -> None:
    for duty in ("process", "constant", "blank", "frozen", "store"):
        assert getattr(kind, duty) is not getattr(Traced, duty), duty
    assert "has_members" not in vars(kind) or not kind.differentiates


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_that_differentiates_has_a_reader(kind: type[Traced]) -> None:
    default = custom.reading.dispatch(object)
    assert not kind.differentiates or custom.reading.dispatch(kind) is not default


@pytest.mark.parametrize("differentiates", [True, False])
def test_a_kind_without_a_reader(differentiates: bool) -> None:
    """One that takes no derivative runs the function as it stands; for another the rule can't be left out."""

    class New(ArrayLike):
        __slots__ = ()

        def process(self, rule: Any, args: Any, kwargs: Any) -> Any:
            return rule(*[a.primal if isinstance(a, New) else a for a in args], **kwargs)

    New.differentiates = differentiates
    x = New()
    x.level, x.primal = Level(), POINT
    with WAYS["rrule"][0]() as g:
        if differentiates:
            with pytest.raises(RuleError, match="New has no way to read one"):
                g(x)
        else:
            np.testing.assert_array_equal(g(x), WAYS["rrule"][1](POINT))


def written(x: Any) -> Any:
    """Every duty of a kind that has to do with writing."""
    y = x * 1.0
    before = y.frozen()
    y[0] = 7.0
    c = y.constant(np.arange(3.0))
    c[1] = x[2] * x[0]
    b = y.blank((3,), float)
    assert not np.any(np.asarray(everything(b), dtype=float))
    b[2] = x[1] ** 2
    assert everything(before).shape == everything(y).shape
    return before * y + c * b


def as_written(x: Any) -> Any:
    return np.stack([7 * x[0], x[1] ** 2, x[2] ** 2 + 2 * x[1] ** 2])


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("value", "symbols")])
def test_what_is_written(name: str) -> None:
    apply = ALL[name][1]
    right = apply(loss_of(as_written), POINT)
    np.testing.assert_allclose(apply(loss_of(written), POINT), right, rtol=1e-12, atol=1e-13)


# ------------------------------------------------------------------------------------------------------------
# Questions
# ------------------------------------------------------------------------------------------------------------

# What ``order`` says of the argument, where it is not the number of derivatives that are taken.
STEPS = {"first-order operator": {1}, "partial": {3}, "derivatives of a draft": {4}}


@pytest.mark.parametrize("name", [name for name in ALL if "fractions" not in name])
def test_order_counts_the_derivatives_that_are_taken(name: str) -> None:
    order, apply = ALL[name]
    seen = set()

    def asking(x: Any) -> Any:
        seen.add(hoad.order(x))
        assert hoad.is_tracing(x) == (hoad.order(x) > 0)
        return as_written(x)

    apply(loss_of(asking), POINT)
    assert seen == STEPS.get(name, {order}), seen


@pytest.mark.parametrize("name", list(ALL))
def test_a_value_that_is_made_a_constant(name: str) -> None:
    """Within batches, too: their members stay, and nothing that they carry."""
    apply = ALL[name][1]
    levels = []

    def f(x: Any) -> Any:
        constant = hoad.stop_gradient(x)
        levels.append(hoad.order(constant))
        return as_written(constant)

    found = apply(lambda x: np.sum(WEIGHTS * f(x)), POINT)
    assert not any(levels)
    if ALL[name][0]:
        parts = found[1:] if name.startswith("derivatives") else found
        assert not np.any(np.asarray(parts, dtype=float))


def test_a_rule_that_holds_a_batch() -> None:
    """What it captured is not among its arguments, and its value differs between the members all the same."""

    def scaled(c: Any) -> Any:
        f = hoad.interop.differentiate_with(
            lambda x: c * np.sum(x * x), jvp=lambda xs, ds: 2 * c * np.sum(xs[0] * ds[0])
        )
        along = lambda v: hoad.jvp(f, (POINT,), (v,))
        y, dy = along(c * POINT)
        return np.stack([y, dy, *hoad.derivatives(lambda t: f(POINT * t), 1.0, 2), hoad.laplacian(f, POINT)])

    c, s = np.array([1.0, 2.0, -3.0]), np.sum(POINT**2)
    rows = [[c * s, 2 * c * c * s, c * s, 2 * c * s, 2 * c * s, 6 * c] for c in c]
    np.testing.assert_allclose(hoad.vmap(scaled)(c), rows, rtol=1e-12)


@pytest.mark.parametrize("way", [way for way in WAYS if way not in SOLVERS | STATEMENTS])
def test_a_batch_of_no_members(way: str) -> None:
    """Nothing is called for, and the shape of the value is that of a member's."""
    with WAYS[way][0]() as g:
        for f, shape in ((g, (0, 3)), (hoad.grad(loss_of(g)), (0, 3)), (loss_of(g), (0,))):
            assert hoad.vmap(f)(np.zeros((0, 3))).shape == shape
