"""What NumPy and SciPy will not take any more: hoad's own lines do without it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

KINDS = [DeprecationWarning, PendingDeprecationWarning, np.exceptions.VisibleDeprecationWarning]


@pytest.mark.parametrize("kind", KINDS)
def test_at_a_line_of_hoads_it_is_an_error(kind: type[Warning]) -> None:
    """As setup.cfg says."""
    with pytest.raises(kind):
        exec("warn('old', kind)", {"__name__": "hoad.room", "warn": warnings.warn, "kind": kind})
    with pytest.warns(kind):
        exec("warn('old', kind)", {"__name__": "tests.room", "warn": warnings.warn, "kind": kind})
