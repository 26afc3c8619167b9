"""What CuPy 14.2 has of NumPy's functions, and what it has not: for ``device.py``."""

from __future__ import annotations

import numpy as np

MISSING_NAMES = """
asmatrix block bmat busday_count busday_offset datetime_as_string datetime_data einsum_path frompyfunc
geomspace histogram_bin_edges insert is_busday isnat matvec nanpercentile nanquantile nested_iters
polyder polydiv polyint spacing unstack vecdot vecmat linalg.diagonal linalg.matrix_norm linalg.multi_dot
linalg.outer linalg.svdvals linalg.tensordot linalg.trace linalg.vecdot linalg.vector_norm
"""
METHOD_NAMES = """
all any argmax argmin argpartition argsort astype choose clip conj conjugate copy cumprod cumsum diagonal
dot max mean min nonzero partition prod ptp put ravel repeat reshape round searchsorted sort squeeze std
sum swapaxes take trace transpose var view
"""
SPECIAL = """
bdtr bdtrc bdtri beta betainc betaincinv betaln binom boxcox boxcox1p btdtr btdtri cbrt chdtr chdtrc chdtri
cosdg cosm1 cotdg digamma ellipeinc ellipj ellipk ellipkinc ellipkm1 entr erf erfc erfcinv erfcx erfinv exp1
exp10 exp2 expi expit expm1 expn exprel fdtr fdtrc fdtri gamma gammainc gammaincc gammainccinv gammaincinv
gammaln gammasgn gdtr gdtrc huber i0 i0e i1 i1e inv_boxcox inv_boxcox1p j0 j1 k0 k0e k1 k1e kl_div lambertw
log1p log_expit log_ndtr log_softmax loggamma logit logsumexp lpmv multigammaln nbdtr nbdtrc nbdtri ndtr ndtri
pdtr pdtrc pdtri poch polygamma pseudo_huber psi radian rel_entr rgamma round shichi sici sinc sindg softmax
sph_harm_y tandg wright_bessel xlog1py xlogy y0 y1 yn zeta zetac
"""  # of ``cupyx.scipy.special``
MISSING = frozenset(MISSING_NAMES.split())  # functions
METHODS: dict[str, tuple[str, ...] | None] = {
    "__call__": None,
    "outer": None,
    "reduce": ("add", "multiply"),
    "accumulate": ("add", "multiply"),
    "at": ("add",),
}  # of ufuncs, and for which there are any; None for all
CREATORS = frozenset(
    ["zeros", "empty", "identity", "arange", "tri", "array", "asarray", "asanyarray", "ones", "full", "eye"]
)
UNLIKE = frozenset(["ones", "full", "eye"])  # NumPy hands them device=, which CuPy's do not know
NO_MASK = frozenset(["sum", "prod", "max", "min", "amax", "amin"])  # without where= and initial=
JOINS = frozenset(["stack", "concatenate", "hstack", "vstack"])  # of arrays alone
# Of functions whose keywords are fewer than NumPy's, those that there are.
KEYWORDS = {
    "argsort": {"a", "axis", "kind"},
    "sort": {"a", "axis", "kind"},
    "argpartition": {"a", "kth", "axis"},
    "partition": {"a", "kth", "axis"},
    "pinv": {"a", "rcond"},
    "svd": {"a", "full_matrices", "compute_uv"},
    "matrix_rank": {"M", "tol"},
}
BY_POSITIONS = frozenset(["take", "transpose"])  # their positions may be NumPy's

BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "pow": np.power,
    "matmul": np.matmul,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}
COMPARED = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}
UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}
NAMED = METHOD_NAMES.split()  # methods of arrays

# Functions that read how long their value is, or whether an argument is right (``put`` and ``choose``, unless
# ``mode=`` says what else to do).
COUNTED = """nonzero flatnonzero argwhere compress extract unique unique_values unique_counts unique_inverse
unique_all put choose bincount"""
