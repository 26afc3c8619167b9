"""Sparse derivatives at a point on a device: the pattern is looked for on the host, and all else stays there.

The pattern is that of a run on NumPy's arrays with the same numbers, which are copied for it, once. The
directions of its colours go through f where the point lies, and the entries are read off there, into a matrix
of the library's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, NotDifferentiableError
from ..running.calling import Argnums, Function
from ..running.chunks import Chunks
from ..running.points import Point
from ..values.constants import is_elsewhere, library, plain_of
from ..values.trees import flatten, unflatten
from . import colors, compressed
from .derivatives import sparse_point
from .layouts import Layout, laid_out, read_in
from .patterns import as_pattern, marked, symmetric


def sparse_jacobian(f: Function, args: Any, kwargs: Any, argnums: Argnums, format: str) -> Any:
    """The Jacobian as a matrix of ``cupyx.scipy.sparse``; its arguments are those of ``derivatives.py``."""
    return derivative(f, args, kwargs, argnums, format, 1)


def sparse_hessian(f: Function, args: Any, kwargs: Any, argnums: Argnums, format: str) -> Any:
    """The same of a Hessian."""
    return derivative(f, args, kwargs, argnums, format, 2)


def derivative(f: Function, args: Any, kwargs: Any, argnums: Argnums, format: str, order: int) -> Any:
    """The derivative of one array by one array."""
    g, point = sparse_point(f, args, kwargs, argnums)
    if not point.plain:
        raise ArgumentError(
            "a sparse derivative on a device is by one array: put the container together in f, of the parts "
            "of one array, or pass the numbers from the device, as cupy.asnumpy(x)"
        )
    (x,) = point.differentiated()
    layout = layout_of(f, args, kwargs, argnums, order)
    rows = [library(x).asarray(plain_of(x), side, x.dtype) for side in (layout.forward, layout.backward)]
    parts = compressed.products_at(g, point, order, rows, Chunks())
    sizes = [n for n, side in zip(layout.pattern.shape, rows, strict=True) if len(side)]
    if [part.shape[1] for part in parts] != sizes:
        raise ArgumentError(f"f gives {parts[0].shape[1]} numbers on the device, and {sizes[0]} on the host")
    return matrix_of(parts, layout, x).asformat(format)


def layout_of(f: Function, args: Any, kwargs: Any, argnums: Argnums, order: int) -> Layout:
    """The pattern of the derivative, found on the host, with its colours."""
    try:
        g, point = sparse_point(f, on_host(args), on_host(kwargs), argnums)
        pattern = as_pattern(marked(g, point, order, {}))
    except (TypeError, NotDifferentiableError) as error:
        raise ArgumentError(
            "which entries of a sparse derivative differ from zero is looked for in a run on NumPy's arrays, "
            f"and f does not take those ({error}): give it its data as arguments, in place of arrays on the "
            "device that it holds; or leave sparse=True out"
        ) from error
    pattern = symmetric(pattern) if order == 2 else pattern
    return laid_out(pattern, coloring_of(pattern, point, order), False)


def coloring_of(pattern: Any, point: Point, order: int) -> Any:
    """Colours of the columns, and of the rows where that is less."""
    shape = np.shape(point.differentiated()[0])
    return (colors.chosen_symmetric if order == 2 else colors.chosen)(pattern, shape)


def on_host(arguments: Any) -> Any:
    """Arguments with NumPy's arrays in the place of those on a device."""
    leaves, structure = flatten(arguments)
    return unflatten(structure, [library(x).to_numpy(x) if is_elsewhere(x) else x for x in leaves])


def matrix_of(parts: list[Any], layout: Layout, x: Any) -> Any:
    """The entries in what the directions give, as a matrix where ``x`` lies."""
    backend, pattern = library(x), layout.pattern

    def there(numbers: Any, kind: Any) -> Any:
        return backend.asarray(x, numbers, kind)

    if parts:
        flat = np.concatenate([np.reshape(part, -1) for part in parts])
        entries = read_in(flat, there(layout.where, np.int64))
    else:
        entries = backend.zeros(x, 0, x.dtype)
    make = backend.of_scipy("scipy.sparse", "csr_matrix")
    if make is None:
        raise ArgumentError(f"{backend.those_of_scipy('scipy.sparse')}, and no csr_matrix")
    whole = (entries, there(pattern.indices, np.int32), there(pattern.indptr, np.int32))
    return make(whole, shape=pattern.shape)
