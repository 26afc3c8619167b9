"""Interpolation between scattered points, as ``scipy.interpolate`` has it on Qhull's triangulation: in the
point, in the values, and in the data points.

Which triangle a point is in, and how the data points are joined, does not change between kinks; within a
triangle all is smooth in the barycentric coordinates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import CloughTocher2DInterpolator, LinearNDInterpolator, NearestNDInterpolator
from scipy.interpolate._interpnd import NDInterpolatorBase
from scipy.spatial import Delaunay

from ...nested import deciding, values
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import COMPANIONS
from ..numpy.indexing import read
from ..statements import Constant
from .grids import coordinates
from .piecewise import points_of
from .plain import compiled, floats, plainly

# ------------------------------------------------------------------------------------------------------------
# The data
# ------------------------------------------------------------------------------------------------------------


def put(self: Any, points: Any, data: Any, rescale: bool) -> None:
    """Put traced data into an object that SciPy has made of plain ones."""
    if not isinstance(points, Delaunay):
        points = points_of(coordinates(points))
        if traced_in(points):
            values(points)  # those of a batch have each a triangulation of their own
        self.points = points
        if rescale:
            self.offset, self.scale = np.mean(points, axis=0), np.ptp(points, axis=0)
            self.scale = np.where(deciding(self.scale) > 0, self.scale, 1.0)
            self.points = (points - self.offset) / self.scale
    if data is not None:
        self.values = np.reshape(floats(data), (len(self.points), -1))


LINEAR, CUBIC, NEAREST = (
    c.__init__ for c in (LinearNDInterpolator, CloughTocher2DInterpolator, NearestNDInterpolator)
)


@compiled(LinearNDInterpolator.__init__, keeps=(1, "points"))
def linear(self: Any, points: Any, values: Any, fill_value: Any = np.nan, rescale: bool = False) -> None:
    """The planes over the triangles."""
    plainly(LINEAR, self, points, values, fill_value, rescale)
    put(self, points, values, rescale)


@compiled(CloughTocher2DInterpolator.__init__, keeps=(1, "points"))
def cubic(
    self: Any,
    points: Any,
    values: Any,
    fill_value: Any = np.nan,
    tol: float = 1e-6,
    maxiter: int = 400,
    rescale: bool = False,
) -> None:
    """The smooth surface over the triangles, and its gradients at the data points."""
    plainly(CUBIC, self, points, values, fill_value, tol, maxiter, rescale)
    put(self, points, values, rescale)
    if values is not None:
        self.grad = gradients(self.tri, self.points, self.values)


@compiled(NearestNDInterpolator.__init__, keeps=(1, "x"))
def nearest(self: Any, x: Any, y: Any, rescale: bool = False, tree_options: Any = None) -> None:
    """The data points in a tree."""
    plainly(NEAREST, self, x, y, rescale, tree_options)
    put(self, x, None, rescale)
    self.values = y if traced_in(y) else np.asarray(y)


def gradients(tri: Delaunay, points: Any, data: Any) -> Any:
    """The gradients at the data points that bend the edges least: what SciPy finds by iteration, by one
    solve.

    Source: G. Nielson, A method for interpolating scattered data based upon a minimum norm network (1983).
    """
    starts, ends = tri.vertex_neighbor_vertices
    n = len(starts) - 1
    here, there = np.repeat(np.arange(n), np.diff(starts)), ends
    edge = points[there] - points[here]
    size = np.sqrt(np.sum(edge * edge, axis=-1)) ** 3
    square = edge[:, :, None] * edge[:, None, :] / size[:, None, None]
    own, others = (here[:, None] == np.arange(n)) * 1.0, (there[:, None] == np.arange(n)) * 1.0
    main = np.einsum("ei,exy->ixy", own, 4.0 * square)
    matrix = np.einsum("ei,ej,exy->ixjy", own, others, 2.0 * square)
    matrix = matrix + np.einsum("ij,ixy->ixjy", np.eye(n), main)
    bend = 6.0 * (data[there] - data[here])
    right = np.einsum("ei,ev,ex->ixv", own, bend, edge / size[:, None])
    found = np.linalg.solve(np.reshape(matrix, (2 * n, 2 * n)), np.reshape(right, (2 * n, -1)))
    return np.transpose(np.reshape(found, (n, 2, -1)), (0, 2, 1))


# ------------------------------------------------------------------------------------------------------------
# In the point
# ------------------------------------------------------------------------------------------------------------

simplex_: Constant = Constant(
    lambda x, tri, tolerance: tri.find_simplex(x, tol=100 * np.finfo(float).eps * tolerance),
    name="the triangles of points",
)


def barycentric(corners: Any, x: Any) -> Any:
    """The weights of the corners by which points are their means."""
    last = corners[:, -1]
    matrix = np.swapaxes(corners[:, :-1] - last[:, None], -1, -2)
    found = np.linalg.solve(matrix, (x - last)[..., None])[..., 0]
    return np.concatenate([found, 1.0 - np.sum(found, axis=-1, keepdims=True)], axis=-1)


@compiled(NDInterpolatorBase.__call__, keeps=tuple(range(1, 9)))
def called(self: Any, *args: Any, simplex_tolerance: float = 1.0) -> Any:
    """The surface at points, and a constant beyond the triangles."""
    x = points_of(coordinates(args, shape_of(self.points)[1]))
    if shape_of(x)[-1] != shape_of(self.points)[1]:
        raise ValueError("number of dimensions in xi does not match x")
    shape = (*shape_of(x)[:-1], *self.values_shape)
    x = np.reshape(x, (-1, shape_of(x)[-1]))
    x = x if self.scale is None else (x - self.offset) / self.scale
    place = simplex_(deciding(x), tri=self.tri, tolerance=simplex_tolerance)
    outside, place = place < 0, np.maximum(place, 0)
    vertices = read(self.tri.simplices, place)
    b = barycentric(read(self.points, vertices), x)
    if isinstance(self, CloughTocher2DInterpolator):
        found = clough_tocher(self, place, vertices, b)
    else:
        found = np.sum(b[..., None] * read(self.values, vertices), axis=1)
    return np.reshape(np.where(np.expand_dims(outside, -1), self.fill_value, found), shape)


def clough_tocher(self: Any, place: Any, vertices: Any, b: Any) -> Any:
    """The cubic of Clough and Tocher, by its Bézier coefficients: corners 1, 2, 3 of the triangle, and its
    middle, 4.

    Source: P. Alfeld, A trivariate Clough-Tocher scheme for tetrahedral data (1984), with SciPy's directions
    across the edges, from a triangle's middle to that of its neighbour.
    """
    corners, f, df = (read(part, vertices) for part in (self.points, self.values, self.grad))

    def slope(i: int, j: int) -> Any:
        """The value a third of the way from corner i to corner j."""
        return f[:, i] + np.sum(df[:, i] * (corners[:, j] - corners[:, i])[:, None], axis=-1) / 3.0

    near = {(i, j): slope(i, j) for i in range(3) for j in range(3) if i != j}
    inner = [(f[:, i] + near[i, (i + 1) % 3] + near[i, (i + 2) % 3]) / 3.0 for i in range(3)]
    turns = across(self, place, corners)
    middle = []  # opposite of each corner
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        along = -f[:, j] + 3.0 * near[j, k] - 3.0 * near[k, j] + f[:, k]
        bend = -f[:, j] + 2.0 * near[j, k] - near[k, j] + inner[j] + inner[k]
        middle.append((turns[i][:, None] * along + bend) / 2.0)
    last = [(middle[(i + 1) % 3] + middle[(i + 2) % 3] + inner[i]) / 3.0 for i in range(3)]
    least = np.min(b, axis=-1)
    p, m = [(b[:, i] - least)[:, None] for i in range(3)], 3.0 * least[:, None]
    total = m**3 * sum(last) / 3.0
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        total = total + p[i] ** 3 * f[:, i] + 3.0 * p[i] ** 2 * (p[j] * near[i, j] + p[k] * near[i, k])
        total = total + 3.0 * m * p[i] ** 2 * inner[i] + 3.0 * m**2 * p[i] * last[i]
        total = total + 6.0 * m * p[j] * p[k] * middle[i]
    return total


def across(self: Any, place: Any, corners: Any) -> list[Any]:
    """For each edge, where the direction across it points, by the middle of the triangle behind it."""
    turns = []
    for i in range(3):
        other = read(self.tri.neighbors[:, i], place)
        none = other < 0
        there = read(self.points, read(self.tri.simplices, np.maximum(other, 0)))
        c = barycentric(corners, np.mean(there, axis=1))
        j, k = (i + 1) % 3, (i + 2) % 3
        below = np.where(none, 1.0, 2.0 - 3.0 * c[:, k] - 3.0 * c[:, j])
        turns.append(np.where(none, -0.5, (2.0 * c[:, k] + c[:, j] - 1.0) / below))
    return turns


def _closest(x: Any, tree: Any, **options: Any) -> Any:
    far, found = tree.query(x, **options)
    return np.where(np.isfinite(far), found, -1)


closest_: Constant = Constant(_closest, name="the nearest points")


@compiled(NearestNDInterpolator.__call__, keeps=tuple(range(1, 9)))
def stepped(self: Any, *args: Any, **query_options: Any) -> Any:
    """The value of the nearest data point; nan where none is near enough."""
    x = points_of(coordinates(args, shape_of(self.points)[1]))
    if shape_of(x)[-1] != shape_of(self.points)[1]:
        raise ValueError("number of dimensions in xi does not match x")
    x = x if self.scale is None else (x - self.offset) / self.scale
    shape = shape_of(x)[:-1]
    place = closest_(deciding(np.reshape(x, (-1, shape_of(x)[-1]))), tree=self.tree, **query_options)
    found = read(self.values, np.maximum(place, 0))
    none = np.reshape(place < 0, (-1, *(1,) * (ndim_of(found) - 1)))
    return np.reshape(np.where(none, np.nan, found), (*shape, *shape_of(found)[1:]))


COMPANIONS["scipy.interpolate"] += (
    NDInterpolatorBase,
    LinearNDInterpolator,
    CloughTocher2DInterpolator,
    NearestNDInterpolator,
)
