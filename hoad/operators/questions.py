"""What a function may ask about its argument: is it traced, how deep, what is its plain value."""

from __future__ import annotations

from typing import Any

from .. import nested
from ..chainrules.stopping import still
from ..values.captures import traced_in
from ..values.constants import is_array
from ..values.trees import map_leaves

# ------------------------------------------------------------------------------------------------------------
# Questions
# ------------------------------------------------------------------------------------------------------------


def order(x: Any) -> int:
    """Tell how many derivatives are being taken of a value: 0 outside of all, 2 within a Hessian.

    Args:
        x: a number, an array, a container or a function (whose closure is looked into).

    Returns:
        The largest number of nested derivatives that a value in ``x`` carries: a level of ``derivatives`` to
        order n counts n times, one of a Laplacian twice.

    Example:
        >>> import hoad
        >>> seen = []
        >>> _ = hoad.hessian(lambda x: (seen.append(hoad.order(x)), x * x)[1], 3.0)
        >>> hoad.order(3.0), seen
        (0, [2])
    """
    return max([nested.depth(t) for t in traced_in(x)], default=0)


def is_tracing(x: Any) -> bool:
    """Tell whether a derivative by a value is being taken right now.

    Args:
        x: a number, an array, a container or a function (whose closure is looked into).

    Returns:
        True inside of a derivative that ``x`` depends on.

    Example:
        >>> import hoad
        >>> hoad.is_tracing(3.0), hoad.grad(lambda x: x * hoad.is_tracing(x), 3.0)
        (False, 1.0)
    """
    return order(x) > 0


def stop_gradient(x: Any) -> Any:
    """Give a value that counts as a constant, in every mode and to every order.

    Args:
        x: a number, an array, or a container of those.

    Returns:
        The same values, without derivatives.

    Example:
        >>> import hoad
        >>> hoad.grad(lambda x: x * hoad.stop_gradient(x), 3.0)
        3.0
    """
    return map_leaves(primal, x)


def primal(x: Any) -> Any:
    """Give the ordinary value that a traced value stands for, as a constant.

    Args:
        x: a traced value, or anything else.

    Returns:
        Its value, an array as a copy, so that a change of it does not reach what is recorded; anything else
        as it is.

    Example:
        >>> import hoad
        >>> hoad.grad(lambda x: x * hoad.primal(x), 3.0)   # the second factor counts as a constant
        3.0
    """
    value = nested.primal(x)
    if value is not x:
        nested.stopped(x)
    if isinstance(value, nested.Traced) and value.noted:
        return still(value)
    return value.copy() if value is not x and is_array(value) else value
