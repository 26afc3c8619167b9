"""The adjoint of an explicit method of Runge and Kutta: one way back over the steps that SciPy has taken.
That of implicit methods is in ``stiff.py``.

For many parameters. Each stage of a step is a run of the right-hand side, of which reverse mode gives the
products with a cotangent; so all parameters together cost about what the solve did, whatever their number.
It is the gradient of what SciPy computed, with its steps as they were, and as near to that of the solution
as the solution is.

Source: E. Hairer, S. Norsett and G. Wanner, Solving Ordinary Differential Equations I (1993), II.4 to II.6;
A. Walther, Automatic differentiation of explicit Runge-Kutta methods for optimal control (2007).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import integrate

from ..chainrules import NoTangent
from ..chainrules.custom import Custom
from ..nested import Traced, primal
from ..runs import running
from ..tape import Tape, no_pull, swept, swept_with_care
from ..tracer import Draft, Tracer, handle_on
from ..values.captures import with_changed
from . import stiff
from .inputs import Inputs, array

Function = Callable[..., Any]
METHODS = {"RK23": integrate.RK23, "RK45": integrate.RK45, "DOP853": integrate.DOP853}


class Tableau:
    """A method: how each stage is made of those before, the new value, and the values within a step.

    ``y_old + h * a[i] @ k`` is where stage i is evaluated, at ``t_old + c[i] * h``.
    """

    def __init__(self, method: Any) -> None:
        n = method.n_stages
        extra = getattr(method, "A_EXTRA", np.zeros((0, n + 1)))
        self.size = n + 1 + len(extra)
        self.a = np.zeros((self.size, self.size))
        self.a[:n, : method.A.shape[1]] = method.A[:n]
        self.a[n, :n] = method.B
        for i, row in enumerate(extra):
            self.a[n + 1 + i, : len(row)] = row
        self.c = np.array([*method.C[:n], 1.0, *getattr(method, "C_EXTRA", [])])
        self.b, self.method, self.n = self.a[n], method, n
        self.reach = self.size  # how many stages the values within a step are made of

    def weights(self, x: float) -> Any:
        """What a value within a step is made of: ``y_old + h * weights @ k``, at ``t_old + x * h``."""
        if self.method is not METHODS["DOP853"]:
            p = np.cumprod(np.full(self.method.P.shape[1], x))
            return np.append(self.method.P @ p, np.zeros(self.size - len(self.method.P)))
        first, last = np.eye(self.size)[0], np.eye(self.size)[self.n]
        parts = [self.b, first - self.b, 2 * self.b - last - first, *self.method.D]
        total = np.zeros(self.size)
        for i, part in enumerate(reversed(parts)):
            total = (total + part) * (x if i % 2 == 0 else 1 - x)
        return total


class Pulled:
    """Products of cotangents with the derivatives of a right-hand side, by what it depends on.

    There is one tape, of which each run takes up a program of its own: the state stands at its first slot,
    and the leaves of the inputs at the next.
    """

    def __init__(self, inputs: Inputs, f: Function, args: Any) -> None:
        self.tape = Tape()
        self.values = [primal(t) for t in inputs.leaves]
        self.leaves = [handle_on(self.tape, 1 + k, v) for k, v in enumerate(self.values)]
        known = {id(t): mine for t, mine in zip(inputs.leaves, self.leaves, strict=True)}
        self.f, self.args = with_changed((f, args), lambda t: known.get(id(t), primal(t)))
        self.entries = [x for k, v in enumerate(self.values) for x in (1 + k, no_pull, None, None, v)]

    def recorded(self, t: float, y: Any) -> tuple[Any, Any, list[Any]]:
        """The run at a point, its value, and its program."""
        tape = self.tape
        tape.program = [0, no_pull, None, None, y, *self.entries]
        tape.next_slot = itertools.count(1 + len(self.leaves)).__next__
        for k, (leaf, value) in enumerate(zip(self.leaves, self.values, strict=True)):
            if leaf.primal is not value or leaf.__class__ is not Tracer:  # the run before has written into it
                leaf.__class__, leaf.level, leaf.slot, leaf.primal = Tracer, tape, 1 + k, value
        out = array(self.f(t, handle_on(tape, 0, y), *self.args))
        if out.__class__ is Draft:
            out.finish()
        value = out.primal if out.__class__ is Tracer and out.level is tape else out
        return out, np.asarray(value, float), tape.program

    def pulled(self, out: Any, program: list[Any], g: Any, careful: bool) -> list[Any]:
        """The cotangents of the state and of the leaves."""
        n = 1 + len(self.leaves)
        if not (out.__class__ is Tracer and out.level is self.tape):
            return [None] * n
        self.tape.program = program
        way = swept_with_care if careful else swept
        return way(self.tape.columns(), {out.slot: g}, n)


def fits(motion: Any, method: Any, *rest: Any) -> bool:
    """Tell whether the solution can be gone back over: all that is traced waits for a cotangent, and nothing
    else than the solution is asked for.
    """
    inputs = motion.inputs
    kind = METHODS.get(method, stiff.METHODS.get(method, method))
    own = (
        kind in (*METHODS.values(), *stiff.METHODS.values())
        and inputs.order == 1
        and motion.y0.dtype == np.float64
    )
    return own and not any(rest) and all([is_recorded(t) for t in inputs.leaves])


def is_recorded(t: Any) -> bool:
    """Tell whether a value is one of reverse mode alone."""
    return t.__class__ is Tracer and not isinstance(t.primal, Traced) and t.dtype == np.float64


def solution(motion: Any, method: Any, found: Any) -> Any:
    """The values of a solution (times, elements), with their way back.

    Args:
        motion: the equation.
        method: SciPy's name of the method, or its class.
        found: SciPy's result, which has its steps: ``dense_output=True``.
    """
    inputs, values = motion.inputs, found.y.T

    def rule(*leaves: Any) -> Any:
        return values, lambda g: (NoTangent(), *back(motion, way(motion, method), found, g))

    return Custom(lambda *leaves: values, rrule=rule)(*inputs.leaves)


def way(motion: Any, method: Any) -> Function:
    """How a step of a method is gone back over."""
    kind = METHODS.get(method, method)
    if kind in METHODS.values():
        return functools.partial(over, Tableau(kind))
    return functools.partial(stiff.over, motion)


def back(motion: Any, method: Function, found: Any, g: Any) -> list[Any]:
    """The cotangents of all that the solution depends on, from those of its values."""
    pulled = Pulled(motion.inputs, motion.f, motion.args)
    with running(pulled.tape), np.errstate(all="ignore"):
        totals = gone_back(motion, method, pulled, found, g, careful=False)
        if any([np.isnan(total).any() for total in totals]):
            totals = gone_back(motion, method, pulled, found, g, careful=True)
    return totals


def gone_back(motion: Any, method: Function, pulled: Pulled, found: Any, g: Any, careful: bool) -> list[Any]:
    """The same, by plain arithmetic or with care for zeros beside infinities."""
    totals = [np.zeros(np.shape(v)) for v in pulled.values]
    steps, of_step = found.sol.interpolants, places(found)
    adjoint = np.zeros(len(found.y))
    for k in range(len(steps) - 1, -1, -1):
        within = [(x, g[j]) for j, x in of_step[k]]
        adjoint = method(pulled, steps[k], adjoint, within, totals, careful)
    for j, _ in of_step[-1]:
        adjoint = adjoint + g[j]
    for i, leaf in enumerate(motion.inputs.leaves):
        if leaf is motion.y0:
            totals[i] = totals[i] + adjoint
    return totals


def places(found: Any) -> list[list[tuple[int, float]]]:
    """Which values lie in each step, and where in it; at last those at the start."""
    ends, n = found.sol.ts, len(found.sol.interpolants)
    inside: list[list[tuple[int, float]]] = [[] for _ in range(n + 1)]
    rising = ends[-1] >= ends[0]
    for j, t in enumerate(found.t):
        k = int(np.searchsorted(ends if rising else -ends, t if rising else -t)) - 1
        if k < 0:
            inside[n].append((j, 0.0))
        else:
            step = found.sol.interpolants[k]
            inside[k].append((j, 1.0 if t == ends[k + 1] else (t - step.t_old) / (step.t - step.t_old)))
    return inside


def over(
    method: Tableau, pulled: Pulled, step: Any, adjoint: Any, within: Any, totals: list[Any], careful: bool
) -> Any:
    """The adjoint at the beginning of a step, from that at its end and the cotangents of the values within;
    what belongs to the parameters is added to the totals.
    """
    h, start, last = step.h, step.y_old, method.n
    weights, cotangents = [method.b], [sum([g for x, g in within if x == 1.0], adjoint)]
    for x, g in within:
        if x != 1.0:
            weights.append(method.weights(x))
            cotangents.append(g)
            last = max(last, method.reach)
    a, c = h * method.a, method.c
    stages = h * (np.stack(weights, 1) @ np.stack(cotangents))
    k, back = np.empty((last, len(start))), np.zeros((last, len(start)))
    runs = []
    for i in range(last):
        out, k[i], program = pulled.recorded(step.t_old + c[i] * h, start + a[i, :i] @ k[:i])
        runs.append((out, program))
    for i in range(last - 1, -1, -1):
        g = stages[i] + a[i + 1 : last, i] @ back[i + 1 :]
        if not g.any():
            continue
        by_state, *by_leaves = pulled.pulled(*runs[i], g, careful)
        for j, part in enumerate(by_leaves):
            if part is not None:
                totals[j] += part
        if by_state is not None:
            back[i] = by_state
    return sum(cotangents) + np.sum(back, 0)
