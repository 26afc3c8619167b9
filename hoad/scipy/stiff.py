"""The adjoint of a stiff equation: one way back over the steps of an implicit method.

Between two values that are asked for, the cotangent of the state obeys ``dl/dt = -J(t)^T l``, where J is
the Jacobian of the right-hand side along the solution, which SciPy gives between its steps. That is linear,
and stiff where the equation is; so each step is taken back by Radau's method of order 5, whose stages are
one linear system. What belongs to the parameters is the integral of ``(df/dp)^T l``, by the same nodes. The
steps are those that the solution needed.

Source: Y. Cao, S. Li, L. Petzold and R. Serban, Adjoint sensitivity analysis for differential-algebraic
equations (2003); E. Hairer and G. Wanner, Solving Ordinary Differential Equations II (1996), IV.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from ..operators.jacobians import jacobian
from .inputs import outside

METHODS = {"Radau": integrate.Radau, "BDF": integrate.BDF, "LSODA": integrate.LSODA}
ROOT = 6**0.5
NODES = np.array([(4 - ROOT) / 10, (4 + ROOT) / 10, 1.0])
WEIGHTS = np.array([
    [(88 - 7 * ROOT) / 360, (296 - 169 * ROOT) / 1800, (-2 + 3 * ROOT) / 225],
    [(296 + 169 * ROOT) / 1800, (88 + 7 * ROOT) / 360, (-2 - 3 * ROOT) / 225],
    [(16 - ROOT) / 36, (16 + ROOT) / 36, 1 / 9],
])  # fmt: skip


def over(
    motion: Any, pulled: Any, step: Any, adjoint: Any, within: Any, totals: list[Any], careful: bool
) -> Any:
    """The adjoint at the beginning of a step, from that at its end and the cotangents of the values within;
    what belongs to the parameters is added to the totals.
    """
    here = 1.0
    for x, g in sorted(within, key=lambda pair: -pair[0]):
        if x != here:
            adjoint, here = part(motion, pulled, step, (here, x), adjoint, totals, careful), x
        adjoint = adjoint + g
    return part(motion, pulled, step, (here, 0.0), adjoint, totals, careful)


def part(
    motion: Any, pulled: Any, step: Any, ends: Any, adjoint: Any, totals: list[Any], careful: bool
) -> Any:
    """The same over a part of a step, from one share of it back to another."""
    late, early = [step.t_old + x * (step.t - step.t_old) for x in ends]
    h, n = late - early, len(adjoint)
    times = late - NODES * h
    states = np.asarray(step(times)).T
    with outside():
        slopes = [
            np.reshape(jacobian(lambda y, t=t: motion.plain_slope(t, y), y), (n, n))
            for t, y in zip(times, states, strict=True)
        ]
    blocks = h * WEIGHTS[:, None, :, None] * np.stack(slopes).transpose(2, 0, 1)[None]
    matrix = np.eye(3 * n) - np.reshape(blocks, (3 * n, 3 * n))
    stages = np.reshape(np.linalg.solve(matrix, np.tile(adjoint, 3)), (3, n))
    for t, y, w, stage in zip(times, states, WEIGHTS[2], stages, strict=True):
        out, _, program = pulled.recorded(float(t), y)
        _, *by_leaves = pulled.pulled(out, program, w * h * stage, careful)
        for j, by_leaf in enumerate(by_leaves):
            if by_leaf is not None:
                totals[j] += by_leaf
    return stages[2]
