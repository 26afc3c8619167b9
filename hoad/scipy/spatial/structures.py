"""``scipy.spatial``: what is made by compiled code of the places of points, and what to do with a traced
point.
"""

from __future__ import annotations

import scipy.spatial

from ...chainrules.scipy.without import refuse
from ..namesakes import names_of

HULL = "compiled code makes it; make it of hoad.primal(points), and index the traced points with its "
NEAREST = (
    "compiled code looks for neighbours; query a tree of hoad.primal(points), and take the distances of "
    "the traced ones by its indices"
)
refuse(
    scipy.spatial,
    {
        "ConvexHull": HULL + "simplices",
        "Delaunay": HULL + "simplices",
        "Voronoi": HULL + "ridge_points",
        "HalfspaceIntersection": "compiled code finds the corners; np.linalg.solve has a derivative",
        "SphericalVoronoi": HULL + "regions",
        "KDTree": NEAREST,
        "cKDTree": NEAREST,
        "Rectangle": "it is a part of a tree of neighbours, of plain points: hoad.primal(points)",
        "tsearch": "it finds a triangle; ask with hoad.primal(points)",
    },
)

globals().update(names_of(scipy.spatial))
__all__ = [name for name in scipy.spatial.__all__ if name not in ("distance", "transform")]
