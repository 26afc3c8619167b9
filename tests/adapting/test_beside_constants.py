"""Numbers that are given to NumPy's functions beside constants: in a list, as a keyword, by what a function
gives. NumPy looks for traced values in some arguments alone, and makes numbers or objects of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import EscapeError

CONSTANTS = {
    "np": np,
    "D": np.array([1.0, -2.0, 3.0, 0.5]),
    "C": np.array([True, False, True, True]),
    "M": np.arange(6.0).reshape(2, 3) + 0.5,
    "B": np.array([1.0, np.nan, np.inf, -np.inf]),
    "I": np.array([0, 1, 1, 2]),
}
GIVEN = """
np.full(3, x)
np.full_like(D, x)
np.nan_to_num(B, nan=x)
np.nan_to_num(B, True, x)
np.nan_to_num(B, posinf=x)
np.nan_to_num(B, neginf=x)
np.unwrap(D * 9, period=x * 5)
np.piecewise(D, [C], [x, 2.0])
np.piecewise(D, [C, ~C], [lambda t: t * x, 2.0])
np.piecewise(D, C, (x, x * x))
np.piecewise(D, [C], [lambda t, a: t * a, 2.0], x)
np.piecewise(D, [C], [lambda t, a: t * a, lambda t, a: a], a=x)
np.choose(I, [D, x, 2.0])
np.select([C], [x], D)
np.select([C], [D], x)
np.select([C], [D], default=x)
np.interp([0.0, 2.0], [1.0, 2.0], [1.0, 2.0], left=x)
np.interp([0.0, 3.0], [1.0, 2.0], [1.0, 2.0], right=x)
np.interp([0.3, 3.0], [1.0, 2.0], [1.0, 2.0], period=x + 5)
np.interp([0.0, 2.0], [1.0, 2.0], [1.0, 2.0], x, x)
np.sum(D, initial=x)
np.prod(D, initial=x)
np.max(D, initial=x + 9)
np.min(D, initial=x - 9)
np.amax(M, 0, initial=x + 9)
np.nansum(B[:2], initial=x)
np.nanprod(B[:2], initial=x)
np.nanmax(D, initial=x + 9)
np.nanmin(D, initial=x - 9)
np.pad(D, 1, constant_values=x)
np.pad(D, 1, constant_values=(x, 2.0))
np.pad(D, 1, 'linear_ramp', end_values=x)
np.diff(D, prepend=x)
np.diff(D, append=x)
np.diff(D, 1, -1, x, x)
np.ediff1d(D, to_begin=x)
np.ediff1d(D, x, x)
np.clip(D, x, 2.0)
D.clip(x, 2.0)
np.clip(D, a_min=None, a_max=x)
D.clip(max=x)
np.trapezoid(D, dx=x)
np.trapezoid(D, x=[0.0, x, 2.0, 3.0])
np.gradient(D, x)
np.gradient(M, x, 2 * x)
np.gradient(D, [0.0, x, 2.0, 3.0])
np.average(D, weights=[x, 1.0, 1.0, 1.0])
np.cov(D, aweights=[x, 1.0, 1.0, 1.0])
np.bincount(I, weights=[x, 1.0, 2.0, 3.0])
np.bincount(I, [x, 1.0, 2.0, 3.0])
np.histogram(D, bins=3, weights=[x, 1.0, 2.0, 3.0])[0]
np.histogram2d(D, D, 2, weights=[x, 1.0, 2.0, 3.0])[0]
np.polyint(D, k=x)
np.polyint(D, 2, [x, 1.0])
np.polyfit([0.0, 1.0, 2.0, 3.0], D, 1, w=[x, 1.0, 1.0, 1.0])
np.logspace(0, 1, 3, base=x + 2)
np.geomspace(1.0, x + 1, 3)
np.linspace(0.0, x, 3)
np.linspace(start=x, stop=1.0, num=3)
np.arange(3) * x
np.var(D, mean=x)
np.std(D, mean=x)
np.quantile(D, x)
np.percentile(D, x * 50)
np.quantile(D, 0.4, weights=[x, 1.0, 1.0, 1.0], method='inverted_cdf')
np.insert(D, 1, x)
np.append(D, x)
np.where(C, x, D)
np.kron(D, x)
np.outer(D, x)
np.tile(x, 3)
np.repeat(x, 3)
np.broadcast_to(x, (3,))
np.ldexp(x, 2)
np.heaviside(D - 1, x)
np.einsum('i,->i', D, x)
np.tensordot(D, x, 0)
np.polyval(D, x)
np.vander([x, 1.0])
np.poly([x, 1.0])
np.roots([1.0, -3.0, x])
np.diag([x, 1.0])
np.diagflat([x, 1.0])
np.fromfunction(lambda i: i * x, (3,))
np.fromiter((x * k for k in range(3)), float)
np.apply_along_axis(lambda r: r * x, 0, M)
np.apply_along_axis(lambda r, a: r * a, 0, M, x)
np.apply_along_axis(lambda r, a: r * a, 0, M, a=x)
np.vectorize(lambda t: t * x)(D)
np.convolve(D, [x, 1.0])
np.correlate(D, [x, 1.0])
np.linalg.solve(np.eye(2), [x, 1.0])
np.linalg.norm([x, 1.0])
np.linalg.det([[x, 1.0], [1.0, 3.0]])
np.linalg.lstsq(M.T, [x, 1.0, 2.0], rcond=None)[0]
np.linalg.matrix_power([[x, 1.0], [1.0, 3.0]], 2)
np.linalg.inv([[x, 1.0], [1.0, 3.0]])
np.fft.fft([x, 1.0]).real
np.fft.fftfreq(4, d=x)
np.fft.rfftfreq(4, x)
np.sinc(x)
np.kaiser(5, x)
np.i0(x)
np.angle(x + 1j)
np.unwrap([x, 7.0])
np.round(x * 10, 1)
np.cross([x, 1.0, 2.0], D[:3])
np.block([[x, 1.0], [2.0, 3.0]])
np.stack([x, 1.0])
np.ptp([x, 1.0])
np.cumsum([x, 1.0])
np.cumsum(np.array([x, 1.0]))
np.r_[x, D]
np.c_[D, [x, 1.0, 1.0, 1.0]]
np.mgrid[0:x:3j]
np.trim_zeros([0.0, x, 0.0])
np.unique([x, x, 2.0])
np.sort([x, 0.1, 0.9])
np.median([x, 0.1, 0.9])
np.partition([x, 0.1, 0.9], 1)
np.searchsorted([0.0, 0.5, 1.0], x) * x
np.isclose(x, 0.7) * x
np.allclose(x, 0.7) * x
np.nanmedian([x, np.nan])
np.resize([x, 1.0], 5)
np.roll([x, 1.0], 1)
np.flip([x, 1.0])
np.rot90([[x, 1.0], [2.0, 3.0]])
np.atleast_2d(x)
np.take([x, 1.0], [0, 0])
np.compress([True, False], [x, 1.0])
np.extract([True, False], [x, 1.0])
np.delete([x, 1.0], 1)
np.triu([[x, 1.0], [2.0, 3.0]])
np.trace([[x, 1.0], [2.0, 3.0]])
np.dot([x, 1.0], [2.0, 3.0])
np.vdot([x, 1.0], [2.0, 3.0])
np.inner([x, 1.0], [2.0, 3.0])
np.matmul([x, 1.0], [2.0, 3.0])
np.real([x, 1.0])
np.argmax([x, 1.0]) * x
np.count_nonzero([x, 0.0]) * x
np.nonzero([x, 0.0])[0] * x
np.fmin(D, x)
np.divmod(D, x)[1]
np.frexp(x)[0]
np.modf(x * 3)[0]
x * np.gcd(4, 6)
""".strip().splitlines()
WRITTEN = """
y = M.copy(); np.fill_diagonal(y, x)
y = D.copy(); np.put(y, [0, 1], x)
y = D.copy(); np.put(y, [0, 1], [x, 1.0])
y = D.copy(); np.place(y, C, x)
y = D.copy(); np.place(y, C, [x, 2.0])
y = D.copy(); np.putmask(y, C, x)
y = D.copy(); np.copyto(y, x, where=C)
y = M.copy(); np.put_along_axis(y, np.array([[0], [1]]), x, 1)
y = D.copy(); y.fill(x)
y = D.copy(); y[0] = x
y = D.copy(); y[1:] = [x, x, 2.0]
y = D.copy(); y += x
y = D.copy(); y[C] = x
y = D.copy(); y.flat[1] = x
y = D.copy(); np.multiply(D, x, out=y)
y = D.copy(); np.clip(D, x, 2.0, out=y)
y = D.copy(); np.add.at(y, [0, 0], x)
y = D.copy(); np.multiply(D, x, out=y, where=C)
y = D.copy(); y[...] = x
y = M.copy(); y.T[0] = x
y = D.copy(); y.reshape(2, 2)[0] = x
y = np.empty(3); y.fill(x)
y = np.zeros(3); np.place(y, [True, False, True], [x])
y = np.array([x, 0.1]); y.sort()
y = np.empty_like(D); np.copyto(y, x)
""".strip().splitlines()
# Methods of NumPy's arrays and ufuncs, for which nothing can stand, and an array of objects that NumPy makes.
REFUSED = """
np.add.reduce(D, initial=x)
D.sum(initial=x)
D.prod(initial=x)
D.max(initial=x + 9)
D.min(initial=x - 9)
np.frompyfunc(lambda t: t * x, 1, 1)(D).astype(float)
""".strip().splitlines()


def of_text(text: str) -> Callable[[Any], Any]:
    """The function of x that a line stands for; what writes into y gives it."""
    lines = text.split("; ") if text.startswith("y = ") else [f"y = {text}"]
    names: dict[str, Any] = {}
    exec("\n    ".join(["def f(x):", *lines, "return y"]), CONSTANTS, names)
    return names["f"]


@pytest.mark.parametrize("text", [*GIVEN, *WRITTEN])
def test_a_number_beside_constants(text: str) -> None:
    f, h = of_text(text), 1e-6
    for x, mode in (
        (0.7, "forward"),
        (0.7, "reverse"),
        (np.float64(0.31), "forward"),
        (np.float64(0.31), "reverse"),
    ):
        right = (np.asarray(f(x + h), float) - np.asarray(f(x - h), float)) / (2 * h)
        np.testing.assert_allclose(hoad.jacobian(f, x, mode=mode), right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str, mode: str) -> None:
    with pytest.raises(EscapeError):
        hoad.jacobian(of_text(text), 0.7, mode=mode)
