"""The public names of SciPy's modules that have no door: those that work as programs, with cases; those
that take no traced value; and which modules are accounted for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
import scipy.integrate
import scipy.optimize
import scipy.sparse.csgraph
import scipy.sparse.linalg
import scipy.spatial.distance
import scipy.spatial.transform

X = np.array([0.3, 1.1, 0.4, 1.7, 0.9])
POINTS = np.random.default_rng(0).normal(size=(3, 2))
OTHERS = np.random.default_rng(1).normal(size=(3, 2))
DATA = np.array([1.0, 2.0, 3.0])
so, ss, si = scipy.optimize, scipy.spatial, scipy.integrate
rotations = scipy.spatial.transform

MODULES: dict[str, Any] = {
    "scipy.integrate": scipy.integrate,
    "scipy.optimize": scipy.optimize,
    "scipy.fft": scipy.fft,
    "scipy.spatial": scipy.spatial,
    "scipy.spatial.distance": scipy.spatial.distance,
    "scipy.spatial.transform": scipy.spatial.transform,
    "scipy.sparse": scipy.sparse,
    "scipy.sparse.linalg": scipy.sparse.linalg,
    "scipy.sparse.csgraph": scipy.sparse.csgraph,
}

PROGRAMS: dict[str, Any] = {
    "scipy.integrate.trapezoid": (lambda y, x: si.trapezoid(y, x), X, np.cumsum(X)),
    "scipy.integrate.cumulative_trapezoid": (lambda y, x: si.cumulative_trapezoid(y, x), X, np.cumsum(X)),
    "scipy.integrate.romb": (lambda y: si.romb(y, dx=0.3), X),
    "scipy.optimize.approx_fprime": (
        lambda p: so.approx_fprime(DATA, lambda x: np.sum(x) * np.sin(p), 0.5), 0.7),
    "scipy.optimize.rosen": (so.rosen, X),
    "scipy.optimize.rosen_der": (so.rosen_der, X),
    "scipy.optimize.rosen_hess": (so.rosen_hess, X[:3]),
    "scipy.optimize.rosen_hess_prod": (lambda x, p: so.rosen_hess_prod(x, p), X, X[::-1]),
    "scipy.fft.fftfreq": (lambda d: scipy.fft.fftfreq(5, d), 0.7),
    "scipy.fft.rfftfreq": (lambda d: scipy.fft.rfftfreq(5, d), 0.7),
    "scipy.spatial.distance_matrix": (lambda x, y: ss.distance_matrix(x, y), POINTS, OTHERS),
    "scipy.spatial.minkowski_distance": (lambda x, y: ss.minkowski_distance(x, y, 3), POINTS, OTHERS),
    "scipy.spatial.minkowski_distance_p": (lambda x, y: ss.minkowski_distance_p(x, y, 3), POINTS, OTHERS),
    "scipy.spatial.geometric_slerp": (
        lambda t: ss.geometric_slerp(np.array([1.0, 0, 0]), np.array([0.0, 1, 0]), t), np.array([0.2, 0.5])),
    "scipy.spatial.procrustes": (lambda a, b: ss.procrustes(a, b)[2], POINTS, OTHERS),
    "scipy.spatial.transform.RotationSpline": (
        lambda v: rotations.RotationSpline([0, 1, 2], rotations.Rotation.from_rotvec(v))(0.7).as_matrix(),
        np.random.default_rng(2).normal(size=(3, 3)) * 0.3),
}  # fmt: skip
NOT_MAPPED = (  # they branch by what they find, or make a tree of objects
    "scipy.spatial.procrustes", "scipy.spatial.transform.RotationSpline", "scipy.optimize.approx_fprime",
    "scipy.spatial.geometric_slerp",
)  # fmt: skip

CONSTANT: dict[str, str] = {
    "scipy.integrate": "BDF DOP853 DenseOutput LSODA OdeSolution OdeSolver RK23 RK45 Radau lebedev_rule "
    "newton_cotes",
    "scipy.optimize": "BFGS Bounds BroydenFirst HessianUpdateStrategy InverseJacobian KrylovJacobian "
    "LbfgsInvHessProduct LinearConstraint NonlinearConstraint OptimizeResult RootResults SR1 show_options "
    "linprog_verbose_callback NoConvergence",
    "scipy.fft": "next_fast_len prev_fast_len fhtoffset set_backend skip_backend set_global_backend "
    "register_backend get_workers set_workers",
    "scipy.spatial": "QhullError convex_hull_plot_2d delaunay_plot_2d voronoi_plot_2d",
    "scipy.sparse": "eye eye_array get_index_dtype identity issparse isspmatrix isspmatrix_bsr "
    "isspmatrix_coo isspmatrix_csc isspmatrix_csr isspmatrix_dia isspmatrix_dok isspmatrix_lil load_npz rand "
    "random random_array safely_cast_index_arrays sparray spmatrix",
    "scipy.sparse.linalg": "ArpackError ArpackNoConvergence LaplacianNd SuperLU use_solver",
    "scipy.sparse.csgraph": "NegativeCycleError",
}
