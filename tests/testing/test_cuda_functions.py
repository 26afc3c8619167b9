"""What stands for CUDA's functions where there is no GPU has their digits, over the whole range."""

import ctypes

import mpmath
import numpy as np
import pytest
import scipy.special as sc
import texts_of_kernels

from hoad.chainrules.scipy.error_functions import ratios
from hoad.fast import forms
from hoad.testing.cuda_functions import TEXTS

SMALL = 10.0 ** np.arange(-300, 0, 7)
TAILS = np.concatenate([SMALL, np.linspace(0.001, 0.5, 200)])
UNIT = np.concatenate([-SMALL, SMALL, np.linspace(-1, 1, 401), 1 - SMALL[-20:], SMALL[-20:] - 1])
LINE = np.concatenate([-SMALL, SMALL, np.linspace(-27, 60, 701), 10.0 ** np.arange(2, 300, 11)])


def exact_erfcx(x):
    """SciPy's for x < 0 rounds the square, which is 5e-14 at -26."""
    with mpmath.workdps(40):
        left = [float(mpmath.exp(mpmath.mpf(v) ** 2) * mpmath.erfc(v)) if v < 0 else 0.0 for v in x.tolist()]
    return np.where((x < 0) & (x > -np.inf), left, sc.erfcx(x))


FUNCTIONS = {
    "erfcx": (exact_erfcx, LINE, 6),
    "erfinv": (sc.erfinv, UNIT, 6),
    "erfcinv": (sc.erfcinv, np.concatenate([TAILS, 1 - TAILS, 1 + TAILS, 2 - TAILS]), 6),
    "normcdfinv": (sc.ndtri, np.concatenate([TAILS, 1 - TAILS]), 12),
    "hoad_log_ndtr": (sc.log_ndtr, np.concatenate([-SMALL, np.linspace(-60, 5, 401), [-1e10]]), 10),
}


def compiled(calls, folder):
    """Functions of one number and a place for the value."""
    bodies = []
    for call in calls:
        lines = [
            "double x = *(double *)in[0], k = *(double *)in[1];",
            f"*(double *)in[2] = {call};",
        ]
        bodies.append((forms.preamble(call), lines))
    return texts_of_kernels.compiled(bodies, folder)


def values(function, points, k=0.0):
    found = np.empty_like(points)
    for j, x in enumerate(points):
        cells = np.array([x, k, 0.0])
        function((ctypes.c_void_p * 3)(*[cells.ctypes.data + 8 * n for n in range(3)]))
        found[j] = cells[2]
    return found


def test_they_have_the_digits_of_scipys(tmp_path):
    loaded = compiled([f"{name}(x)" for name in FUNCTIONS], tmp_path)
    assert set(TEXTS) - {"hoad_tail_inverse"} <= set(FUNCTIONS)
    for k, (name, (function, points, ulps)) in enumerate(FUNCTIONS.items()):
        found = values(getattr(loaded, f"k{k}"), points)
        np.testing.assert_allclose(found, function(points), rtol=ulps * 2.3e-16, atol=0, err_msg=name)
        odd = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0, 2.0, 3.0])
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(values(getattr(loaded, f"k{k}"), odd), function(odd), rtol=1e-15)


@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_ratios_of_repeated_integrals_are_those_of_the_host(k, tmp_path):
    loaded = compiled(["hoad_ratio(x, k)"], tmp_path)
    points = np.concatenate([np.linspace(-6, 12, 91), [0.0, 1e-300, 3.0, 50.0, 1e8, 1e200]])
    found = values(loaded.k0, points, float(k))
    np.testing.assert_allclose(found, ratios(points, k)[k - 1], rtol=2e-14)
