"""What the keywords of ufuncs ask for: another type to compute in, other axes to work on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.numpy.shaping import cast

TYPES = ("dtype", "signature", "casting")
CORE = ("axes", "axis", "keepdims")


def kind_asked(x: Any) -> Any:
    """The type of an operand as NumPy's promotion sees it: that of Python's numbers gives way."""
    return (
        x.dtype if hasattr(x, "dtype") else type(x) if type(x) in (int, float, complex) else np.result_type(x)
    )


def in_types(ufunc: Any, inputs: tuple[Any, ...], asked: dict[str, Any]) -> tuple[Any, ...]:
    """The operands in the types that ``dtype=``, ``signature=`` and ``casting=`` ask to compute in.

    Raises:
        UFuncTypeError: NumPy has no such way to compute.
    """
    asked = {name: asked[name] for name in TYPES if asked.get(name) is not None}
    with np.errstate(all="ignore"):  # NumPy refuses what it would refuse of these types
        ufunc(*[np.ones(np.shape(x), x.dtype) if hasattr(x, "dtype") else x for x in inputs], **asked)
    signature = asked.get("signature", (None,) * (ufunc.nin + ufunc.nout))
    if "dtype" in asked:
        signature = (None,) * ufunc.nin + (np.dtype(asked["dtype"]),) * ufunc.nout
    kinds = (*[kind_asked(x) for x in inputs], *(None,) * ufunc.nout)
    found = ufunc.resolve_dtypes(kinds, signature=signature, casting="unsafe")
    return tuple(
        [x if kind_asked(x) == kind else cast(x, kind) for x, kind in zip(inputs, found, strict=False)]
    )


def on_axes(ufunc: Any, rule: Any, inputs: tuple[Any, ...], asked: dict[str, Any]) -> Any:
    """A ufunc of vectors or matrices (``matmul`` and its kin), on the axes that its keywords name."""
    *taken, made = [len(part.split(",")) if part else 0 for part in _cores(ufunc.signature)]
    taken = [min(n, np.ndim(x)) for n, x in zip(taken, inputs, strict=True)]
    made = made - sum(n < m for n, m in zip(taken, (2, 2), strict=True)) if ufunc is np.matmul else made
    axes, axis, keepdims = asked.get("axes"), asked.get("axis"), asked.get("keepdims", False)
    if (axis is not None or keepdims) and (set(taken) != {1} or made):
        raise TypeError(
            f"{ufunc.__name__} does not support axis= or keepdims=: its core has more than one axis"
        )
    if axes is None:
        named = (-1 if axis is None else axis,)
        axes = [named] * (len(taken) + 1) if keepdims else [named] * len(taken) if axis is not None else None
    if axes is None:
        return rule(*inputs)
    axes = [(k,) if isinstance(k, int) else tuple(k) for k in axes]
    moved = [np.moveaxis(x, k, range(-n, 0)) for x, k, n in zip(inputs, axes, taken, strict=False)]
    out = rule(*moved)
    if keepdims:
        out, made = np.expand_dims(out, -1), 1
    return np.moveaxis(out, range(-made, 0), axes[len(taken)] if len(axes) > len(taken) else range(-made, 0))


def _cores(signature: str) -> list[str]:
    """The names of the core axes, operand by operand: those of ``(m,n),(n)->(m)``."""
    return signature.replace("->", ",").replace("),(", ")|(").replace("(", "").replace(")", "").split("|")
