"""Sparse derivatives at a point on a device: the pattern is looked for on the host, and all else stays there.

The pattern is that of a run on NumPy's arrays with the same numbers, which are copied for it, once. The
directions of its colours go through f where the point lies, and the entries are read off there, into a matrix
of the library's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import ArgumentError, NotDifferentiableError
from ..running.calling import Argnums, Function
from ..running.chunks import Chunks
from ..running.points import Point
from ..values.constants import is_elsewhere, library, plain_of
from ..values.trees import flatten, unflatten
from . import colors, compressed
from .acyclic import Forest
from .checks import allowed, is_small
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
    layout = Placed(layout_of(f, args, kwargs, argnums, order), plain_of(x))
    parts = compressed.products_at(g, point, order, layout.rows, Chunks())
    return layout.matrix(layout.entries(layout.flat(parts))).asformat(format)


def layout_of(f: Function, args: Any, kwargs: Any, argnums: Argnums, order: int) -> Layout:
    """The pattern of the derivative, found on the host, with its colours."""
    with looking_on_host():
        g, point = sparse_point(f, on_host(args), on_host(kwargs), argnums)
        pattern = as_pattern(marked(g, point, order, {}))
    pattern = symmetric(pattern) if order == 2 else pattern
    return laid_out(pattern, coloring_of(pattern, point, order), False)


@contextmanager
def looking_on_host() -> Iterator[None]:
    """Say what it is about where f does not take NumPy's arrays."""
    try:
        yield
    except (TypeError, NotDifferentiableError) as error:
        raise ArgumentError(
            "which entries of a sparse derivative differ from zero is looked for in a run on NumPy's arrays, "
            f"and f does not take those ({error}): give it its data as arguments, in place of arrays on the "
            "device that it holds; or leave sparse=True out"
        ) from error


def coloring_of(pattern: Any, point: Point, order: int) -> Any:
    """Colours of the columns, and of the rows where that is less."""
    shape = np.shape(point.differentiated()[0])
    return (colors.chosen_symmetric if order == 2 else colors.chosen)(pattern, shape)


def on_host(arguments: Any) -> Any:
    """Arguments with NumPy's arrays in the place of those on a device."""
    leaves, structure = flatten(arguments)
    return unflatten(structure, [library(x).to_numpy(x) if is_elsewhere(x) else x for x in leaves])


class Placed:
    """A layout with its directions and places where the points lie.

    Args:
        layout: as it was found on the host.
        x: a point.

    Attributes:
        rows: the directions of both sides.

    Raises:
        ArgumentError: the library has no sparse matrices.
    """

    def __init__(self, layout: Layout, x: Any) -> None:
        self.layout = layout
        self.dtype, self.device = x.dtype, x.device
        backend, pattern = library(x), layout.pattern

        def there(numbers: Any, kind: Any) -> Any:
            return backend.asarray(x, np.asarray(numbers), kind)

        self.there = there
        self.make, self.turned = [backend.of_scipy("scipy.sparse", n) for n in ("csr_matrix", "csc_matrix")]
        if self.make is None:
            raise ArgumentError(f"{backend.those_of_scipy('scipy.sparse')}, and no csr_matrix")
        self.rows = there(layout.forward, x.dtype), there(layout.backward, x.dtype)
        self.where = layout.where if isinstance(layout.where, Forest) else there(layout.where, np.int64)
        self.indices, self.ends = there(pattern.indices, np.int32), there(pattern.indptr, np.int32)
        self.none = there([], x.dtype)
        self.direction = None if layout.check is None else there(layout.check.direction, x.dtype)

    def flat(self, parts: list[Any]) -> Any:
        """What all directions give, in one line.

        Raises:
            ArgumentError: f has a value of another size there.
        """
        sizes = [n for n, side in zip(self.layout.pattern.shape, self.rows, strict=True) if len(side)]
        if [part.shape[1] for part in parts] != sizes:
            raise ArgumentError(
                f"f gives {parts[0].shape[1]} numbers on the device, and {sizes[0]} on the host"
            )
        return np.concatenate([np.reshape(part, -1) for part in parts]) if parts else self.none

    def entries(self, flat: Any) -> Any:
        """The entries among what all directions give."""
        return read_in(flat, self.where) if flat.size else self.none

    def matrix(self, entries: Any) -> Any:
        """A matrix of the library's own, in arrays that nobody else holds."""
        with self.device:
            places = self.indices.copy(), self.ends.copy()
            return self.make((entries, *places), shape=self.layout.pattern.shape)

    def holds(self, entries: Any, product: Any) -> bool:
        """Tell whether entries are those of the derivative, by what it gives along the direction of the
        check; waits for the device, once.
        """
        with np.errstate(all="ignore"), self.device:
            gap = np.abs(self.times(entries, self.direction) - product)
            size = np.abs(product) + self.times(np.abs(entries), np.abs(self.direction))
            return bool(np.all(is_small(gap, allowed(product.dtype) * size)))

    def times(self, entries: Any, direction: Any) -> Any:
        """The product of a matrix of the entries with a direction, from the side of the check."""
        whole, (m, n) = (entries, self.indices, self.ends), self.layout.pattern.shape
        if self.layout.check is not None and self.layout.check.back:
            return self.turned(whole, shape=(n, m)) @ direction  # rows are the columns of the transpose
        return self.make(whole, shape=(m, n)) @ direction
