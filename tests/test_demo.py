"""The main job: published fits are reproduced to the digits published, and a wrong digit is noticed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hoad import demo
from hoad.datasets import ALL, DANWOOD, MISRA1A, Dataset


@pytest.mark.parametrize("data", ALL, ids=lambda data: data.name)
def test_estimates_and_errors_agree_with_the_published(data: Dataset) -> None:
    result = demo.fit(data)
    for found, published in ((result.estimates, data.estimates), (result.errors, data.errors)):
        for value, text in zip(found, published, strict=True):
            assert demo.difference(float(value), text) <= demo.AGREEMENT


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


def test_a_wrong_datum_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    y = np.where(np.arange(6) == 2, 3.598, DANWOOD.y)
    assert demo.main((dataclasses.replace(DANWOOD, y=y),)) == 1
