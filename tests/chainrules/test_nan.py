"""Where an argument holds nan or an infinity, the value within a derivative is NumPy's."""

from __future__ import annotations

import numpy as np
import numpy_points  # noqa: F401  (enters programs)
import pytest
from rule_points import Program, leaves, named_programs

import hoad
from hoad.errors import EscapeError

# What is not determined, and what nan spreads to by the order of operations alone.
FREE = {
    np.empty_like, np.partition, np.linspace, np.interp, np.histogram, np.poly, np.polydiv,
    np.linalg.matrix_power, np.linalg.multi_dot, np.fft.irfft, np.fft.hfft, np.fft.irfftn, np.fft.irfft2,
    np.logspace, np.pad,
    np.linalg.cond,  # nan in NumPy 2.5, an error before; a derivative is refused in both
}  # fmt: skip
# What an infinity leaves of a decomposition is LAPACK's; of a sum of products, of complex ones above all, it
# is nan sooner or later.
INFINITE = (
    "eig", "svd", "pinv", "lstsq", "rank", "cond", "norm", "qr", "cholesky", "polyfit", "roots", "fft",
    "imag", "sign", "geomspace", "unwrap", "quantile", "percentile",
)  # fmt: skip


CASES = [
    pytest.param(program, name.rpartition("-")[0], id=name)
    for name, function, program in named_programs()
    if function not in FREE
]


def check(program: Program, special: float, place: int) -> None:
    for i, a in enumerate(program.arguments):
        if not isinstance(a, np.ndarray) or a.dtype.kind not in "fc" or not a.size:
            continue
        x = a.copy()
        x.flat[place % a.size] = special
        f = lambda x, i=i: program.run(*program.arguments[:i], x, *program.arguments[i + 1 :])
        try:
            right = f(x)
        except Exception:
            continue
        try:
            values = (hoad.jvp(f, (x,), (np.ones_like(x),))[0], hoad.vjp(f, x)[0])
        except EscapeError:
            continue  # a keyword alone
        for value in values:
            for got, expected in zip(leaves(value), leaves(right), strict=True):
                np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12, equal_nan=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("program", "name"), CASES)
def test_nan(program: Program, name: str) -> None:
    with np.errstate(all="ignore"):
        check(program, np.nan, 1)


@pytest.mark.sweep
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("place", [0, 1, -1])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("program", "name"), CASES)
def test_special_numbers(program: Program, name: str, special: float, place: int) -> None:
    if np.isnan(special) or not any(word in name for word in INFINITE):
        with np.errstate(all="ignore"):
            check(program, special, place)
