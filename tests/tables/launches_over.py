"""Functions whose derivatives take more launches on a device than three, three and seven for each of theirs.

What a derivative adds is counted on the device that is not there, where a function of NumPy's is one launch.
"""

# How many kernels functions of CuPy are by its source, where they are several that are easily counted: the
# mean before the variance, the root after it, two extremes, a copy, a sort, a mean and two looks for nan.
KERNELS = {"average": 4, "det": 20, "median": 5, "ptp": 3, "slogdet": 18, "std": 3, "var": 2}

SEVERAL = "a composition of functions that keep the bounds, for all of which the stand-in counts one launch"
FACTORED = "its differential is products and solutions, beside a factorization that is dozens of kernels"
CHAINED = "each step along the axis needs the one before: as many launches as there are bits in its length"
PLACED = "elements go to places and back by an index, and what is there already is added"
SUMMED = "a series with as many terms as a value says"
PARTS = "of complex numbers: the parts are put together again after each function"

# (gradient, jvp, hvp) for each of the function's own launches, rounded up; 0 where the bound holds.
COUNTED_WITH = "2.4"
OVER = {
    SEVERAL: {
        "apply_along_axis": (19, 20, 32), "bincount": (0, 4, 0), "corrcoef": (26, 15, 55),
        "correlate": (4, 6, 13), "cov": (41, 23, 125), "cross": (15, 9, 27), "diff": (5, 0, 0),
        "frexp": (4, 4, 0), "gradient": (110, 53, 173), "histogram": (30, 23, 46), "histogram2d": (4, 6, 0),
        "interp": (57, 26, 116), "linspace": (9, 0, 11), "logspace": (12, 4, 19), "median": (7, 4, 9),
        "pad": (139, 82, 232), "percentile": (33, 20, 51), "piecewise": (19, 8, 23), "poly": (28, 26, 53),
        "polymul": (10, 10, 14), "polyval": (10, 6, 18), "quantile": (34, 22, 53), "trapezoid": (8, 5, 13),
        "trim_zeros": (9, 10, 11), "unwrap": (7, 8, 0), "vander": (7, 8, 12), "var": (4, 5, 10),
    },
    FACTORED: {
        "<differential rule of det>": (4, 6, 34), "<differential rule of eig>": (9, 5, 20),
        "<differential rule of eigenvalues of any matrix>": (5, 7, 14),
        "<differential rule of eigenvalues>": (0, 4, 0), "<differential rule of inv>": (0, 4, 9),
        "<differential rule of largest or smallest>": (6, 4, 10),
        "<differential rule of pinv>": (24, 12, 72), "<differential rule of qr>": (7, 4, 16),
        "<differential rule of singular values>": (0, 4, 0), "<differential rule of slogdet>": (8, 6, 18),
        "<differential rule of svd>": (0, 4, 0), "cholesky": (16, 23, 42), "cond": (32, 94, 110),
        "eig": (0, 7, 0), "eigh": (13, 18, 32), "eigvals": (10, 18, 28), "eigvalsh": (19, 68, 77),
        "lstsq": (34, 66, 0), "matrix_power": (10, 12, 36), "norm": (39, 108, 130), "pinv": (24, 14, 72),
        "polyfit": (75, 142, 0), "qr": (13, 9, 33), "solve": (0, 0, 10), "svd": (34, 100, 113),
        "tensorinv": (4, 4, 10), "tensorsolve": (0, 0, 8),
    },
    CHAINED: {
        "<differential rule of cumprod>": (18, 12, 42), "<differential rule of prod>": (0, 4, 0),
        "cumprod": (26, 16, 60), "cumulative_prod": (22, 17, 47), "cumulative_sum": (4, 7, 0),
        "prod": (10, 12, 29),
    },
    PLACED: {
        "diag": (0, 5, 0), "diagflat": (0, 4, 0), "dot": (0, 4, 0), "einsum": (0, 0, 8),
        "fill_diagonal": (29, 28, 43), "put": (27, 27, 42), "setdiff1d": (10, 8, 12),
        "setxor1d": (17, 15, 20), "sort_complex": (6, 5, 0), "tensordot": (0, 4, 0),
        "unique_values": (5, 5, 0), "vdot": (0, 4, 0),
    },
    SUMMED: {
        "i0": (165, 168, 669),
    },
    PARTS: {
        "absolute": (0, 0, 8), "angle": (4, 0, 11), "sign": (0, 13, 0),
    },
}  # fmt: skip
