"""Indices as CuPy takes them: positions out of bounds come in again at the other end."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_basic(index: Any) -> bool:
    """Tell whether an index has neither arrays nor lists in it."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any([isinstance(part, (np.ndarray, list)) and np.ndim(part) for part in parts])


def wrapping(index: Any, shape: tuple[int, ...]) -> Any:
    """An index in NumPy's arrays, in which positions out of bounds come in again at the other end."""
    parts = list(index) if isinstance(index, tuple) else [index]
    parts = [np.asarray(p) if isinstance(p, list) else getattr(p, "_held", p) for p in parts]
    if is_basic(tuple(parts)):
        return tuple(parts)
    sizes = [p.ndim if isinstance(p, np.ndarray) and p.dtype == bool else int(p is not None) for p in parts]
    axis, rest = 0, len(shape) - sum([n for p, n in zip(parts, sizes, strict=True) if p is not Ellipsis])
    for k, (p, n) in enumerate(zip(parts, sizes, strict=True)):
        if isinstance(p, np.ndarray) and p.dtype.kind in "iu":
            parts[k] = p % shape[axis] if shape[axis] else p
        axis += rest if p is Ellipsis else n
    return tuple([p.astype(int) if isinstance(p, np.ndarray) and not p.size else p for p in parts])
