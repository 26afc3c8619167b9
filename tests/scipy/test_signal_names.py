"""Every public name of ``scipy.signal`` is accounted for: as a program with SciPy's value and the derivative
that differences give, as a constant, or as refused by name.
"""

from __future__ import annotations

import types

import numpy as np
import proofs
import pytest
import scipy.signal as S
from signal_programs import CONSTANT, PROGRAMS, REFUSED

import hoad


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", proofs.sampled(PROGRAMS, 9))
def test_programs(name: str) -> None:
    f, given = PROGRAMS[name]
    if not hasattr(S, name.split()[0]):
        pytest.skip("in another version of SciPy")
    proofs.first(f, *given)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    if not hasattr(S, name):
        pytest.skip("in another version of SciPy")
    with pytest.raises(hoad.errors.MissingRuleError, match=rf"scipy.signal.\w*{name}"):
        hoad.grad(lambda x: np.sum(np.abs(REFUSED[name](x))), 1.0 + np.arange(8.0))


def test_every_name_is_accounted_for() -> None:
    known = {name.split()[0] for name in PROGRAMS} | CONSTANT | set(REFUSED)
    names = {name for name in S.__all__ if not isinstance(getattr(S, name), types.ModuleType)}
    assert names - known == set()
