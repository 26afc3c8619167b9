"""Functions through points in what is learned: made within the function, or held by it as a table, which is
compared each time.
"""

import learning
import numpy as np
import pytest
import scipy.interpolate as si
from learning import check_learned, hits

import hoad
from hoad.running import often

K = [0.0, 1.0, 2.0, 3.0]
Y = np.array([1.0, 2.0, 0.5, 1.5])
POINTS = [Y, Y + 0.1, np.array([0.3, 1.2, 2.2, 0.9])]
CUBIC, THROUGH, STRAIGHT = si.CubicSpline(K, Y), si.make_interp_spline(K, Y), si.interp1d(K, Y)
FITTED, GRID, SHAPED = (
    si.UnivariateSpline(K, Y, s=0),
    si.RegularGridInterpolator((K,), Y),
    si.PchipInterpolator(K, Y),
)

PROGRAMS = {
    "cubic": lambda y: si.CubicSpline(K, y)(1.3) ** 2,
    "derivative": lambda y: si.CubicSpline(K, y).derivative()(1.3) * si.CubicSpline(K, y).integrate(0, y[1]),
    "shaped": lambda y: si.PchipInterpolator(K, y)(1.3),
    "akima": lambda y: si.Akima1DInterpolator(K, y)(1.3),
    "through": lambda y: si.make_interp_spline(K, y, k=3)(0.4) ** 2,
    "at a point": lambda y: si.make_interp_spline(K, y, k=3)(y[0]) ** 2,
    "least squares": lambda y: si.make_lsq_spline(K, y, [0, 0, 0, 3, 3, 3], 2)(0.4) ** 2,
    "hermite": lambda y: si.CubicHermiteSpline(K, y, np.sin(y))(1.3) ** 2,
    "one axis": lambda y: si.interp1d(K, y, kind="cubic")(1.3) ** 2 + si.interp1d(K, y)(0.7) * y[0],
    "fitpack": lambda y: si.splev(1.3, si.splrep(K, y)) ** 2,
    "a table": lambda y: CUBIC(y[0]) * y[1] + THROUGH(y[1]) + CUBIC.derivative()(y[2]),
    "a table of one axis": lambda y: STRAIGHT(y[0]) * y[1],
    "a fitted table": lambda y: FITTED(y[0]) * y[1],
    "a shaped table": lambda y: SHAPED(y).sum() * y[1],
    "a grid": lambda y: GRID(y[:1][None])[0] * y[1],
}  # fmt: skip


@pytest.fixture(autouse=True)
def learned_at_once():
    with learning.at_once(often.AT_ONCE):
        yield


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_splines_are_learned(f):
    check_learned(f, [Y, *POINTS], 1e-10, 1e-12)
    assert hits(f), hoad.learned(f)


def test_a_table_that_is_written_to_is_another():
    table = si.CubicSpline(K, Y)
    both = hoad.value_and_grad(lambda y: table(y[0]) * y[1])
    for _ in range(5):
        both(Y)
    value, gradient = both(Y)
    table.c[:] = 2 * table.c
    assert both(Y)[0] == 2 * value
    np.testing.assert_allclose(both(Y)[1], 2 * gradient)
    assert np.isfinite(both(Y + 5.0)[0])
    table.extrapolate = False
    assert np.isnan(both(Y + 5.0)[0])


@pytest.mark.parametrize(
    "f",
    [lambda y: si.make_interp_spline(K, y)(0.4), lambda y: si.splev(y[0] - 1.0, si.splrep(K, Y * y[1], k=3))],
    ids=["through", "fitpack"],
)
def test_what_scipy_refuses_is_refused_each_time(f):
    gradient = hoad.grad(f)
    for _ in range(5):
        gradient(Y)
    assert hits(f), hoad.learned(f)
    bad = np.array([1.0, np.inf, 0.5, 1.5])
    try:
        with hoad.run_each_time(), np.errstate(all="ignore"):
            right = gradient(bad)
    except Exception as error:
        with pytest.raises(type(error)), np.errstate(all="ignore"):
            gradient(bad)
    else:
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(gradient(bad), right)
