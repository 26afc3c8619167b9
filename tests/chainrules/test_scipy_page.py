"""``docs/scipy.md`` is the page of the tables as they are, and its errors are those that are measured."""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy
import scipy_coverage as coverage

TEXT = coverage.PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)` \| (\d) \| (\S+) \| (\S+) \| (\S+) \| (\S+) \| (.*) \|$", re.M)
MEASURED = {(name, int(k)): list(map(float, errors)) for name, k, *errors, _ in ROW.findall(TEXT)}
OF_RANGES = {(e.name.split()[0], e.active) for e in coverage.RANGES}
OF_EXACT = {(e.name, k) for e in coverage.EXACT for k in e.arguments}
OTHER_MACHINES = 16.0  # times as large, where SciPy's own values are other ones
SAMPLES = (
    "cbrt",
    "boxcox",
    "expn 1",
    "elliprd",
    "stdtr",
    "eval_legendre 5",
    "spherical_jn 2",
    "pseudo_huber",
)
SAMPLED = [e for e in coverage.EXACT if e.name in SAMPLES]


def test_the_page_has_every_function_by_every_argument() -> None:
    assert set(MEASURED) == OF_RANGES | OF_EXACT, "make coverage"


@pytest.mark.skipif(f"SciPy {scipy.__version__}." not in TEXT, reason="the page is of another SciPy")
def test_the_page_is_not_stale() -> None:
    """All of it but the numbers."""
    assert coverage.distributions_part() in TEXT, "make coverage"
    for name, module in coverage.modules().items():
        assert coverage.module_part(name, module) in TEXT, f"{name}: make coverage"
    assert coverage.special_rest() in TEXT, "make coverage"


def test_what_is_worse_than_the_goal_says_why() -> None:
    for line in ROW.finditer(TEXT):
        worst, why = max(map(float, line.groups()[3:6])), line.group(7)
        assert bool(why.strip()) == (worst > coverage.GOAL), line.group(1)


@pytest.mark.parametrize("entry", SAMPLED, ids=[e.name for e in SAMPLED])
def test_the_errors_are_those_of_the_page(entry: coverage.Exact) -> None:
    for k in entry.arguments:
        point = entry.points[len(entry.points) // 2]
        found = coverage.errors(entry.function, point, k, *coverage.exact_derivatives(entry, point, k))
        allowed = OTHER_MACHINES * np.array(MEASURED[entry.name, k]) + OTHER_MACHINES
        assert np.all(np.array(found[1:]) <= allowed[1:]), (point, k, found)
