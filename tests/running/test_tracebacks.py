"""Tracebacks: the call of the operator, then the user's own lines, and the error that was raised."""

from __future__ import annotations

import math
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_alike import LINEAR_MAPS, OPERATORS, WRAPPERS

import hoad
from hoad.errors import EscapeError, HoadError

pytestmark = pytest.mark.as_written

ROOT = str(Path(hoad.__file__).parent)


class OwnError(Exception):
    pass


RAISED = OwnError("the user's")
CAUSE = KeyError("its cause")


def fails(*args: Any) -> Any:
    raise RAISED from CAUSE


def inner(x: Any) -> Any:
    return fails(x)


def escapes(*args: Any) -> Any:
    return math.sin(np.sum(args[0]))  # the user's line


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOAD_TRACEBACKS", raising=False)


def frames(error: BaseException) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))


def of_hoad(error: BaseException) -> int:
    return sum(f.filename.startswith((ROOT, "<hoad")) for f in frames(error))


@pytest.mark.parametrize("name", sorted({*OPERATORS, *LINEAR_MAPS} - {"pushforward"}))
def test_an_error_of_the_function(name: str) -> None:
    op = getattr(hoad, name)
    _, options, rest = OPERATORS.get(name, (None, {}, (1.0,)))
    for call in (lambda: op(inner, *rest, **options), lambda: op(inner, **options)(*rest)):
        with pytest.raises(OwnError) as caught:
            call()
        assert caught.value is RAISED and caught.value.__cause__ is CAUSE
        assert of_hoad(caught.value) == 0
        assert [f.name for f in frames(caught.value)][-3:] == ["<lambda>", "inner", "fails"]
        RAISED.__traceback__ = None


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_error_of_hoads_own(name: str) -> None:
    _, options, rest = OPERATORS[name]
    with pytest.raises(HoadError) as caught:
        getattr(hoad, name)(escapes, *rest, **options)
    assert of_hoad(caught.value) == 0
    assert "math.sin" in str(frames(caught.value)[-1].line) or not isinstance(caught.value, EscapeError)


@pytest.mark.parametrize("name", sorted({*WRAPPERS} - {"hook", "differentiable"}))
def test_wrappers(name: str) -> None:
    _, rest = WRAPPERS[name]
    with pytest.raises(OwnError) as caught:
        getattr(hoad, name)(inner)(*rest)
    assert of_hoad(caught.value) == 0
    RAISED.__traceback__ = None


def test_nested_operators_and_pullbacks() -> None:
    nested = hoad.grad(lambda x: hoad.derivative(lambda y: hoad.vmap(inner)(y * np.ones(2)), x))
    _, back = hoad.vjp(lambda x: hoad.hook(fails, x) * 2.0, 1.0)
    for call in (lambda: nested(1.0), lambda: back(1.0)):
        with pytest.raises(OwnError) as caught:
            call()
        assert of_hoad(caught.value) == 0
        RAISED.__traceback__ = None


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x @ np.ones(5),
        lambda x: np.concatenate([x, 1.0]),
        lambda x: np.linalg.inv(x),
        lambda x: x + np.ones(7),
        lambda x: np.sum(x, axis=3),
        lambda x: x[10],
        lambda x: np.einsum("ij->i", x),
        lambda x: x.nothing,
        lambda x: np.reshape(x, (5, 5)),
        lambda x: np.nothing(x),
    ],
)
@pytest.mark.parametrize("op", [hoad.grad, hoad.jacobian, hoad.hessian, hoad.laplacian])
def test_a_mistake_of_one_line_shows_little_of_hoad(mistake: Any, op: Any) -> None:
    with pytest.raises(Exception) as caught:
        op(mistake, np.ones(3))
    assert of_hoad(caught.value) <= 1
    assert any(f.name == "<lambda>" for f in frames(caught.value))


def test_the_errors_that_it_was_raised_from() -> None:
    def f(x: Any) -> Any:
        try:
            return x[10]
        except IndexError as error:
            raise RAISED from error

    with pytest.raises(OwnError) as caught:
        hoad.grad(f, np.ones(3))
    assert isinstance(caught.value.__cause__, IndexError)
    assert of_hoad(caught.value.__cause__) <= 1
    RAISED.__traceback__ = RAISED.__cause__ = None


def test_the_whole_traceback_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OwnError) as caught, hoad.debug():
        hoad.grad(inner, 1.0)
    assert of_hoad(caught.value) > 3
    RAISED.__traceback__ = None
    monkeypatch.setenv("HOAD_TRACEBACKS", "full")
    with pytest.raises(OwnError) as caught:
        hoad.grad(inner, 1.0)
    assert of_hoad(caught.value) > 3
    RAISED.__traceback__ = None


def test_local_names_are_there_for_a_debugger() -> None:
    def f(x: Any) -> Any:
        mine = 5
        return fails(x, mine)

    with pytest.raises(OwnError) as caught:
        hoad.grad(f, 1.0)
    chain: Any = caught.value.__traceback__
    names = []
    while chain is not None:
        names.append(chain.tb_frame.f_locals.get("mine"))
        chain = chain.tb_next
    assert 5 in names
    RAISED.__traceback__ = None


def test_solvers_and_teaching() -> None:
    pytest.importorskip("scipy")
    pytest.importorskip("sympy")
    calls = [
        lambda: hoad.root(fails, 1.0),
        lambda: hoad.brentq(fails, 0.0, 1.0),
        lambda: hoad.minimize(fails, np.ones(2)),
        lambda: hoad.fixed_point(fails, 1.0),
        lambda: hoad.solve_ivp(fails, [0.0, 1.0], np.ones(1)),
        lambda: hoad.grad(lambda p: hoad.implicit_function(fails, lambda p: 1.0)(p), 1.0),
        lambda: hoad.trace(inner, 1.0),
        lambda: hoad.symbolic(inner, "x"),
        lambda: hoad.enzyme.autodiff(hoad.enzyme.Reverse, inner, hoad.enzyme.Active(1.0)),
        lambda: hoad.enzyme.autodiff(hoad.enzyme.Forward, inner, hoad.enzyme.Duplicated(1.0, 1.0)),
    ]
    for k, call in enumerate(calls):
        with pytest.raises(OwnError) as caught:
            call()
        assert of_hoad(caught.value) <= 1, k
        RAISED.__traceback__ = None
