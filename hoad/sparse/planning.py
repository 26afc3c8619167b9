"""``sparse_plan``: a plan for the points of a function, wherever they lie."""

from __future__ import annotations

from typing import Any

from ..running.calling import Function, check_function, checked_flag
from ..running.tracebacks import folding
from ..values.constants import is_elsewhere
from ..values.trees import flatten
from .patterns import checked_order
from .plans import SparsePlan
from .plans_on_device import DevicePlan
from .sharing import Sharing


@folding
def sparse_plan(
    f: Function,
    x: Any,
    *args: Any,
    order: int = 1,
    pattern: Any = None,
    colors: Any = None,
    check: bool = True,
    compile: bool = False,
    executor: Any = None,
    chunk_size: int | None = None,
    progress: bool | None = None,
) -> SparsePlan:
    """Plan the sparse Jacobians or Hessians of a function at many points.

    The pattern is found once, and coloured: few directions then give all entries, since no row meets two of
    those that go together. Each result is checked along one more direction. Where an entry is missing, since
    the function has taken another branch, the derivative is taken without colours, and the plan grows; if
    that has happened eight times, all are. Where a run without colours is faster from the start, it is what
    the plan does.

    Args:
        f: the function: of an array (or a container of arrays) to arrays; to one number for ``order=2``.
        x: a point.
        args: further arguments of f, not differentiated.
        order: 1 for Jacobians, 2 for Hessians.
        pattern: the entries that may differ from zero, a matrix; found by ``hoad.pattern`` if it is None.
        colors: a colour for each column, numbered from 0; found if it is None. "acyclic" allows for Hessians
            whose entries are found one after the other, if that takes fewer directions: small entries found
            from large ones are less precise then.
        check: whether each result is checked, to about nine digits of the largest terms of each row. Without
            it, results hold only where f takes the branches that it took at ``x``.
        compile: whether the directions are recorded and compiled (``hoad.compile``), for which ``x`` must be
            one array; worth it from some hundred calls on. Where f holds numbers or arrays that are not what
            they were, they are recorded anew; what varies from call to call is better given after the point.
        executor: whose workers share the directions of each call, as for ``hoad.jacobian``; the plan goes
            without colours only where that is faster. A plan that was pickled comes back without it.
        chunk_size: how many directions go together.
        progress: whether calls show a bar.

    Returns:
        A function of a point, ``plan(x, *args, out=None)``, that gives a ``scipy.sparse.csr_array``. It has
        ``pattern``, ``structure`` (rows and columns of the entries), ``coloring``, ``colors`` (how many),
        ``lower_bound``, ``way``, ``grown``, ``note``, ``plot()``, can be pickled if f can, and may be called
        by several threads. Of points on a device it gives ``cupyx.scipy.sparse.csr_matrix``: what is found
        once is found on the host, where f must take NumPy's arrays, and the check waits, once a call.

    Raises:
        ArgumentError: the pattern has another shape, or lacks an entry, which the message names; colours
            conflict; ``x`` is a container, and the plan compiled; ``executor`` is none, is given with
            ``compile``, or within another derivative.
        ShapeMismatchError: a point of another shape, or one where the value has another size.
        MissingDependencyError: SciPy is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> f = lambda x: x[1:-1] ** 2 * x[:-2] - np.sin(x[2:])
        >>> plan = hoad.sparse_plan(f, np.ones(1000))
        >>> plan.colors, plan.lower_bound
        (3, 3)
        >>> plan(np.arange(1000.0))[3, :6].toarray().round(3)
        array([ 0.   ,  0.   ,  0.   , 16.   , 24.   , -0.284])
    """
    check_function(f, "sparse_plan")
    sharing = Sharing(executor, chunk_size, progress)
    check, compile = checked_flag("check", check), checked_flag("compile", compile)
    kind = DevicePlan if any(map(is_elsewhere, flatten(x)[0])) else SparsePlan
    return kind(f, x, args, checked_order(order), pattern, colors, check, compile, sharing)
