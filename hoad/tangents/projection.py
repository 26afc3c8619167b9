"""What users' rules return, projected entry by entry to the space of the values it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import RuleError, ShapeMismatchError, describe
from ..nested import Traced
from ..values.containers import is_container, is_differentiable
from ..values.shapes import is_complex, shape_of
from ..values.trees import as_plain, one_level
from .fit import broadcasts, narrowed, summed_to, zero_of
from .types import NoTangent, NotImplementedTangent, is_zero

Leaf = Callable[[Any, Any], Any]


def project(x: Any, g: Any) -> Any:
    """Bring a cotangent to the space of the value that it belongs to, as ChainRules' ``ProjectTo`` does.

    Args:
        x: the value: a number, an array, or a container of those.
        g: its cotangent: sums over the axes along which ``x`` was broadcast; a container may lack entries,
            and ``NoTangent()``, ``ZeroTangent()`` and None stand for zeros.

    Returns:
        The cotangent in the shape, precision, field (real for a real ``x``) and structure of ``x``;
        ``NoTangent()`` where ``x`` can't be perturbed (bools, strings, functions).

    Raises:
        ShapeMismatchError: the shape of ``g`` is not that of ``x``, nor one that ``x`` broadcasts to.
        RuleError: ``g`` is no number, or has entries that ``x`` lacks.

    Example:
        >>> import numpy as np
        >>> project(np.zeros(2, np.float32), np.ones((3, 2)) * (1 + 2j))
        array([3., 3.], dtype=float32)
        >>> project({"a": 1.0, "b": 2}, {"a": 5})
        {'a': 5.0, 'b': 0.0}
    """
    return entry_by_entry(x, g, project_leaf)


def as_tangent(x: Any, d: Any) -> Any:
    """Check a tangent against its value: the same shape, since nothing is summed, and the same structure."""
    return entry_by_entry(x, d, tangent_leaf)


def entry_by_entry(x: Any, g: Any, leaf: Leaf) -> Any:
    """Match a tangent or cotangent with its value, leaf by leaf."""
    if isinstance(g, NotImplementedTangent):
        raise RuleError(f"a derivative that nobody has worked out is needed here: {g.message}")
    if is_container(x):
        return container(x, g, leaf)
    if not is_perturbable(x):
        return NoTangent()
    return zero_of(x) if is_zero(g) else leaf(x, g)


def is_perturbable(x: Any) -> bool:
    """Tell whether a value has tangents: floats, integers as floats, and arrays of them; not bools."""
    if isinstance(x, (bool, np.bool_)) or (isinstance(x, np.ndarray) and x.dtype.kind not in "iufcO"):
        return False
    return is_differentiable(x) or isinstance(x, (int, np.integer, np.ndarray))


def container(x: Any, g: Any, leaf: Leaf) -> Any:
    """Entry by entry, into a container of the type of ``x``."""
    children, entries, rebuild = one_level(x)
    if is_zero(g):
        return rebuild([entry_by_entry(child, None, leaf) for child in children])
    if isinstance(g, Mapping):
        unknown = set(g) - set(entries)
        if unknown:
            raise RuleError(
                f"the cotangent has the entries {sorted(map(repr, unknown))}, which {describe(x)} lacks"
            )
        parts = [g.get(entry) for entry in entries]
    else:
        parts = one_level(g)[0] if is_container(g) else []
        if len(parts) != len(children) or not is_container(g):
            raise RuleError(f"the cotangent {describe(g)} has not the structure of {describe(x)}")
    return rebuild([entry_by_entry(child, part, leaf) for child, part in zip(children, parts, strict=True)])


def project_leaf(x: Any, g: Any) -> Any:
    """A number or an array, to the space of another."""
    if not is_perturbable(g) or is_container(g):
        raise RuleError(f"the cotangent is {describe(g)}, which is neither a number nor an array of numbers")
    g = as_plain(g, "the cotangent")
    own, shape = shape_of(g), shape_of(x)
    if own != shape:
        if not broadcasts(shape, own):
            raise ShapeMismatchError(
                f"the cotangent has shape {own} and its value has shape {shape}; return one of shape "
                f"{shape}, or of a shape that this broadcasts to, which is then summed"
            )
        g = summed_to(g, shape)
    if isinstance(g, Traced):
        return np.real(g) if is_complex(g) and not is_complex(x) else g
    if is_complex(g) and not is_complex(x):
        g = g.real
    kind = getattr(x, "dtype", None)
    if isinstance(g, (int, np.integer)) or (isinstance(g, np.ndarray) and g.dtype.kind in "iu"):
        g = g * 1.0
    return g if kind is None else narrowed(g, kind)


def tangent_leaf(x: Any, d: Any) -> Any:
    """The tangent of a number or an array."""
    if not is_perturbable(d) or is_container(d):
        raise RuleError(f"the tangent is {describe(d)}, which is neither a number nor an array of numbers")
    if shape_of(d) != shape_of(x):
        raise ShapeMismatchError(
            f"the tangent has shape {shape_of(d)} and its value has shape {shape_of(x)}; they must be the "
            f"same"
        )
    return as_plain(d, "the tangent")
