"""``hoad.solve_ivp``: SciPy's ``solve_ivp`` in hoad's own form, with the times first and the parameters last.
How its derivatives are found is told in ``trajectories.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ConvergenceError, describe
from ..interop.solvers import Function, as_array, check_form, unknown
from ..running.tracebacks import folding
from ..values.shapes import is_complex
from .members import by_members
from .trajectories import solve_ivp as trajectory


@folding
def solve_ivp(f: Function, times: Any, y0: Any, p: Any = (), **options: Any) -> Any:
    """Solve ``y' = f(t, y, p)``, ``y(times[0]) = y0`` by ``scipy.integrate.solve_ivp``, with derivatives by
    y0 and p, and by all that f has captured.

    Args:
        f: the right-hand side, NumPy code; y is an array of one axis.
        times: where the solution is wanted, the first being the start.
        y0: the value there, real or complex; may be traced.
        p: parameters: a number, an array or a container of those; may be traced.
        options: passed on to SciPy; by default the method DOP853 with tolerances of 1e-10.

    Returns:
        The solution, of shape (times, elements of y).

    Raises:
        ConvergenceError: SciPy failed.
        ArgumentError: y0 is no array of one axis, times are no times, an option that says what these say, or
            f is complex and y0 is real.

    Example:
        >>> import numpy as np, hoad
        >>> decay = lambda p: hoad.solve_ivp(lambda t, y, p: -p * y, [0.0, 1.0], np.array([2.0]), p)[-1, 0]
        >>> round(hoad.derivative(decay, 0.5), 8), round(-2 * float(np.exp(-0.5)), 8)
        (-1.21306132, -1.21306132)
    """
    check_form("solve_ivp", f, (times, y0, p), options)
    times, y0 = checked_times(times), unknown(y0, "y0")
    if np.ndim(y0) != 1:
        raise ArgumentError(f"y0={describe(y0)} must be an array of one axis: np.array([y0]), np.ravel(y0)")
    settings = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-10, **options}
    slope: Function = lambda t, y, p: slope_at(f(t, y, p), y)
    found = each(slope, (times[0], times[-1]), y0, t_eval=times, args=(p,), **settings)
    if not found.success:
        raise ConvergenceError(f"scipy.integrate.solve_ivp: {found.message}")
    return np.transpose(found.y)


each = by_members(trajectory)


def checked_times(times: Any) -> np.ndarray:
    """At least two real numbers."""
    found = np.asarray(times)
    if found.ndim != 1 or len(found) < 2 or found.dtype.kind not in "biuf":
        raise ArgumentError(f"times={times!r} must be at least two times, the first being the start")
    return found.astype(float)


def slope_at(slope: Any, y: Any) -> Any:
    """What f gives, as an array like y."""
    slope = as_array(slope)
    if is_complex(slope) and not is_complex(y):
        raise ArgumentError("f is complex and y0 real; y0 + 0j begins a complex solution")
    return slope if np.shape(slope) == np.shape(y) else np.broadcast_to(slope, np.shape(y))
