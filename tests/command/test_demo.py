"""The main job: published fits are reproduced to the digits published, and a wrong digit is noticed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hoad.command import demo
from hoad.command.datasets import ALL, DANWOOD, MISRA1A, Dataset


@pytest.mark.parametrize("data", ALL, ids=lambda data: data.name)
def test_estimates_and_errors_agree_with_the_published(data: Dataset) -> None:
    result = demo.fit(data)
    assert len(result.estimates) == len(result.errors) == len(data.names)
    for found, published in ((result.estimates, data.estimates), (result.errors, data.errors)):
        for value, text in zip(found, published, strict=True):
            assert demo.difference(float(value), text) <= demo.AGREEMENT
    assert demo.difference(result.deviation, data.deviation) <= demo.AGREEMENT


@pytest.mark.parametrize("data", ALL, ids=lambda data: data.name)
def test_exact_derivatives_take_fewer_runs_and_come_no_less_near(data: Dataset) -> None:
    work = {(w.solver, w.derivatives): w for w in demo.fit(data).work}
    assert len(work) == 4
    for solver in {solver for solver, _ in work}:
        exact, differences = work[solver, "hoad"], work[solver, demo.FINITE]
        assert exact.runs < differences.runs
        assert exact.off <= max(differences.off, 0.51)
    assert work["minimize, trust-exact", "hoad"].off < 1


def test_runs_are_counted() -> None:
    """Once for each residual that the solver asks for, and once for each Jacobian."""
    runs = []
    data = dataclasses.replace(DANWOOD, model=lambda b, x: runs.append(1) or DANWOOD.model(b, x))
    _, work = demo.by_least_squares(data, exact=True)
    assert work.runs == len(runs)


def test_all_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main() == 0
    out = capsys.readouterr().out
    assert "All agree to the digits that were published" in out
    for data in ALL:
        assert data.source in out


@pytest.mark.parametrize("field", ["estimates", "errors"])
def test_a_wrong_digit_is_noticed(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    published = getattr(MISRA1A, field)
    digit = "5" if published[0][11] != "5" else "6"
    wrong = published[0][:11] + digit + published[0][12:]
    assert demo.main((dataclasses.replace(MISRA1A, **{field: (wrong, *published[1:])}),)) == 1
    assert "NOT all agree" in capsys.readouterr().out


def test_a_wrong_deviation_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main((dataclasses.replace(MISRA1A, deviation="1.0187876331E-01"),)) == 1
    assert "NOT all agree" in capsys.readouterr().out


def test_one_wrong_problem_among_right_ones_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = dataclasses.replace(MISRA1A, deviation="1.0187876331E-01")
    assert demo.main((DANWOOD, wrong, DANWOOD)) == 1


def test_nan_is_no_agreement(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    right = demo.fit(DANWOOD)
    errors = np.array([right.errors[0], np.nan])
    monkeypatch.setattr(demo, "fit", lambda data: dataclasses.replace(right, errors=errors))
    assert demo.main((DANWOOD,)) == 1


@pytest.mark.parametrize(
    ("text", "unit"), [("212.7", 0.1), ("0.06412", 1e-5), ("6.947E+00", 1e-3), ("5.5015643181E-04", 1e-14)]
)
def test_units_of_the_last_digit(text: str, unit: float) -> None:
    assert demo.last_digit(text) == pytest.approx(unit, rel=1e-15)
    assert demo.digits(float(text), text) == text
    assert demo.difference(float(text) + unit / 2, text) == pytest.approx(0.5, rel=1e-3)


def test_a_wrong_datum_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    y = np.where(np.arange(6) == 2, 3.598, DANWOOD.y)
    assert demo.main((dataclasses.replace(DANWOOD, y=y),)) == 1
