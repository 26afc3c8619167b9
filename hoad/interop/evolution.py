"""Derivatives of the solutions of initial value problems; SciPy does the solving.

In forward mode the change of the solution travels with it (the sensitivity equations), in reverse mode the
adjoint travels back, from one time to the one before. Both are differential equations again, so they are
solved by the same class, and derivatives of all orders follow.

Source: R. Chen and others, Neural ordinary differential equations (NeurIPS 2018).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..chainrules import NoTangent
from ..chainrules.custom import Custom
from ..custom.modes import active_leaves
from ..errors import ArgumentError, ConvergenceError, describe
from ..operators.products import jvp, vjp
from ..running.tracebacks import folding
from ..values.shapes import is_complex
from ..values.trees import flatten, unflatten
from .solvers import Function, as_array, check_form, in_parts, scipy, together, unknown


@folding
def solve_ivp(f: Function, times: Any, y0: Any, p: Any = (), **options: Any) -> Any:
    """Solve ``y' = f(t, y, p)``, ``y(times[0]) = y0`` by ``scipy.integrate.solve_ivp``, with derivatives by
    y0 and p: by the sensitivity equations in forward mode, by the adjoint equations in reverse mode.

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
    q, rebuilt = packed(p)
    slope: Function = lambda t, y, q: slope_at(f(t, y, rebuilt(q)), y)
    if not is_complex(y0):
        return Flow(slope, times, settings).of(y0, q)
    shape = (2, *np.shape(y0))
    parts: Function = lambda z: together(np.reshape(z, shape))
    flow = Flow(lambda t, z, q: np.ravel(in_parts(slope(t, parts(z), q))), times, settings)
    found = np.reshape(flow.of(np.ravel(in_parts(y0)), q), (len(times), *shape))
    return found[:, 0] + 1j * found[:, 1]


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


def packed(p: Any) -> tuple[Any, Function]:
    """Parameters as one array of real numbers, and how they come back from it."""
    leaves, structure = flatten(p)
    chosen = active_leaves(leaves, structure)
    numbers = [(k, in_parts(leaves[k]) if is_complex(leaves[k]) else leaves[k]) for k in chosen]

    def rebuilt(q: Any) -> Any:
        whole, start = list(leaves), 0
        for k, like in numbers:
            size = int(np.size(like))
            part = np.reshape(q[start : start + size], np.shape(like))[()]
            whole[k], start = together(part) if is_complex(leaves[k]) else part, start + size
        return unflatten(structure, whole)

    return np.concatenate([np.zeros(0), *[np.reshape(x, -1) for _, x in numbers]]), rebuilt


class Flow:
    """The solution of one differential equation, as a function of where it starts and of its parameters."""

    def __init__(self, f: Function, times: np.ndarray, settings: dict[str, Any]) -> None:
        self.f, self.times, self.settings = f, times, settings

        self.of = Custom(self.solved, frule=self.push, rrule=self.pull)

    def solved(self, y0: Any, p: Any) -> Any:
        """The solution for plain values."""
        integrate = scipy("integrate")
        found = integrate.solve_ivp(
            lambda t, y: np.asarray(self.f(t, y, p), dtype=float),
            (self.times[0], self.times[-1]),
            np.asarray(y0, dtype=float),
            t_eval=self.times,
            **self.settings,
        )
        if not found.success:
            raise ConvergenceError(f"scipy.integrate.solve_ivp: {found.message}")
        return found.y.T

    @functools.cached_property
    def sensitivities(self) -> Flow:
        """The flow of value and change together; its parameters are those and their change."""

        def right_hand_side(t: float, z: Any, q: Any) -> Any:
            n, m = np.shape(z)[0] // 2, np.shape(q)[0] // 2
            y, change = jvp(lambda y, p: self.f(t, y, p), (z[:n], q[:m]), (z[n:], q[m:]))
            return np.concatenate([y, change])

        return Flow(right_hand_side, self.times, self.settings)

    def push(self, tangents: Any, y0: Any, p: Any) -> Any:
        """Forward mode: the change travels with the value."""
        _, dy0, dp = tangents
        n = np.shape(y0)[0]
        z0 = np.concatenate([y0, dense(dy0, y0)])
        q = np.concatenate([p, dense(dp, p)])
        both = self.sensitivities.of(z0, q)
        return both[:, :n], both[:, n:]

    def pull(self, y0: Any, p: Any) -> Any:
        """Reverse mode: the adjoint travels back, from one time to the one before."""
        ys = self.of(y0, p)
        n, m = np.shape(y0)[0], int(np.size(p))

        def pullback(g: Any) -> tuple[Any, ...]:
            adjoint, total = g[-1], np.zeros(m)
            for k in range(len(self.times) - 1, 0, -1):
                back = self.backward(k)
                z = back.of(np.concatenate([ys[k], adjoint, total]), p)[-1]
                adjoint, total = z[n : 2 * n] + g[k - 1], z[2 * n :]
            return NoTangent(), adjoint, total

        return ys, pullback

    @functools.cache  # noqa: B019  (as long as the flow)
    def backward(self, k: int) -> Flow:
        """The flow of value, adjoint and gradient by the parameters from one time to the one before."""

        def right_hand_side(t: float, z: Any, p: Any) -> Any:
            m = np.shape(p)[0]
            n = (np.shape(z)[0] - m) // 2
            y, a = z[:n], z[n : 2 * n]
            value, back = vjp(lambda y, p: self.f(t, y, p), y, p)
            gy, gp = back(a)
            return np.concatenate([value, -gy, -gp])

        return Flow(right_hand_side, self.times[[k, k - 1]], self.settings)


def dense(d: Any, x: Any) -> Any:
    """A tangent with zeros where there is none."""
    return d if hasattr(d, "dtype") or isinstance(d, float) else np.zeros_like(x)
