"""The table of errors in docs/native.md: a sample of it, in both forms of machine code."""

from __future__ import annotations

import native_accuracy
import pytest
from native_accuracy import CASES, Case

pytest.importorskip("llvmlite")
BOUND = 2.75  # units in the last place, or what SciPy has, where it is SciPy's function


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_no_function_is_less_exact_than_the_table_says(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_accuracy, "N", 25)
    loops, scalars, plain = native_accuracy.errors(case)
    assert max(loops, scalars) <= max(BOUND, 1.01 * plain)


def test_the_page_has_every_function() -> None:
    rows = (
        native_accuracy.PAGE.read_text().partition(native_accuracy.BEGIN)[2].partition(native_accuracy.END)[0]
    )
    assert [line.split("|")[1].strip() for line in rows.strip().splitlines()[2:]] == [c.name for c in CASES]
