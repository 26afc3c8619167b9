"""What CuPy 14.2.0 beside NumPy 2.5.2 makes of an expression, read off an H100: the class of the value (of
its first part), and for arrays dtype and shape; or the error.

``x`` and ``A`` are arrays of CuPy's, a vector of three and a matrix; ``n``, ``i``, ``mask`` are NumPy's,
``di`` and ``dm`` the same on the device; ``g(...)`` makes a vector there.
"""

FACTS = """
np.transpose(A, np.argsort([1, 0])) -> array float64[3, 3]
np.moveaxis(A, 0, -1) -> array float64[3, 3]
np.add.at(x.copy(), [0, 0], g(1., 2.)) -> TypeError
np.add.at(x.copy(), i, g(1., 2., 3.)) -> NoneType
np.add.at(x.copy(), di, g(1., 2., 3.)) -> NoneType
np.add.at(A.copy(), (di, di), x) -> TypeError
np.add.at(A.copy(), ([0, 1], slice(None)), A[:2]) -> TypeError
np.subtract.at(x.copy(), di, x) -> TypeError
np.multiply.at(x.copy(), di, x) -> NotImplementedError
np.add.reduce(A, axis=0) -> array float64[3]
np.multiply.reduce(x) -> array float64[]
np.maximum.reduce(A, axis=1) -> NotImplementedError
np.add.accumulate(x) -> array float64[3]
np.multiply.outer(x, x) -> array float64[3, 3]
np.add.reduceat(x, [0, 2]) -> TypeError
x[i] -> array float64[3]
x[[0, 0]] -> array float64[2]
x[mask] -> array float64[2]
x[dm] -> array float64[2]
x[di] -> array float64[3]
A[di, di] -> array float64[3]
A[..., None] -> array float64[3, 3, 1]
A[np.ix_([0, 1], [1, 2])] -> array float64[2, 2]
x[np.int64(1)] -> array float64[]
x[di[0]] -> array float64[]
np.float64(2) * x -> array float64[3]
np.array(2.0) * x -> TypeError
x * np.array(2.0) -> TypeError
x * np.float64(2) -> array float64[3]
2.0 ** x -> array float64[3]
x ** np.int64(2) -> array float64[3]
x + n -> TypeError
n + x -> TypeError
np.add(n, x) -> TypeError
np.add(x, 1.0) -> array float64[3]
np.where(x > 0, x, 0.0) -> array float64[3]
np.where(mask, x, 0.0) -> TypeError
np.where(dm, 0, x) -> array float64[3]
np.concatenate([x, n]) -> TypeError
np.concatenate([x, x]) -> array float64[6]
np.stack([x, x]) -> array float64[2, 3]
np.stack([x[0], x[1]]) -> array float64[2]
np.stack([x[0], 1.0]) -> TypeError
np.array([x[0], x[1]]) -> TypeError
np.asarray(x) -> TypeError
np.array(x) -> TypeError
np.asarray([1.0, 2.0], like=x) -> array float64[2]
np.array([1.0, 2.0], like=x) -> array float64[2]
np.zeros(3, like=x) -> array float64[3]
np.zeros((2, 2), np.float32, like=x) -> array float32[2, 2]
np.ones(3, like=x) -> TypeError
np.full(3, 2.0, like=x) -> TypeError
np.empty(3, like=x) -> array float64[3]
np.eye(3, like=x) -> TypeError
np.identity(3, like=x) -> array float64[3, 3]
np.arange(3, like=x) -> array int64[3]
np.arange(3.0, like=x) -> array float64[3]
np.tri(3, k=-1, like=x) -> array float64[3, 3]
np.tri(3, dtype=bool, like=x) -> array bool[3, 3]
np.zeros_like(x) -> array float64[3]
np.full_like(x, 2.0) -> array float64[3]
np.ones_like(x, shape=(2,)) -> array float64[2]
np.broadcast_to(x[0], (3,)) -> array float64[3]
np.broadcast_to(x, (2, 3)) -> array float64[2, 3]
np.broadcast_to(1.0, (3,)) -> numpy.ndarray float64[3]
np.einsum('ij,j->i', A, x) -> array float64[3]
np.tensordot(A, x, 1) -> array float64[3]
np.linalg.solve(A, x) -> array float64[3]
np.linalg.inv(A) -> array float64[3, 3]
np.linalg.det(A) -> array float64[]
np.linalg.slogdet(A) -> array
np.linalg.cholesky(A @ A.T + np.eye(3, like=A)) -> TypeError
np.linalg.eigh(A + A.T) -> array
np.linalg.eigvalsh(A + A.T) -> array float64[3]
np.linalg.eig(A) -> array
np.linalg.svd(A) -> array
np.linalg.qr(A) -> array
np.linalg.norm(A) -> array float64[]
np.linalg.pinv(A) -> array float64[3, 3]
np.linalg.lstsq(A, x) -> array
np.linalg.matrix_power(A, 3) -> array float64[3, 3]
np.linalg.multi_dot([A, A, x]) -> TypeError
np.linalg.cond(A) -> array float64[]
np.linalg.expm(A) -> AttributeError
np.fft.fft(x) -> array complex128[3]
np.fft.rfft(x) -> array complex128[2]
np.fft.irfft(x) -> array float64[4]
np.fft.fft2(A) -> array complex128[3, 3]
np.quantile(x, 0.5) -> array float64[]
np.median(x) -> array float64[]
np.percentile(x, [10, 20]) -> array float64[2]
np.interp(x, g(-2., 0., 3.), g(1., 2., 5.)) -> array float64[3]
np.sort(x) -> array float64[3]
np.argsort(x) -> array int64[3]
np.partition(x, 1) -> array float64[3]
np.searchsorted(x, 0.1) -> array int64[]
np.unique(x) -> array float64[3]
np.cumsum(x) -> array float64[3]
np.cumprod(x) -> array float64[3]
np.diff(x) -> array float64[2]
np.gradient(x) -> array float64[3]
np.trapezoid(x) -> array float64[]
np.convolve(x, x) -> array float64[5]
np.cross(x, x) -> array float64[3]
np.kron(x, x) -> array float64[9]
np.outer(x, x) -> array float64[3, 3]
np.pad(x, 1) -> array float64[5]
np.roll(x, 1) -> array float64[3]
np.flip(x) -> array float64[3]
np.tile(x, 2) -> array float64[6]
np.repeat(x, 2) -> array float64[6]
np.take(x, i) -> array float64[3]
np.take_along_axis(A, cp.asarray(np.argsort(np.ones((3, 3)))), 1) -> array float64[3, 3]
np.put_along_axis(A.copy(), cp.asarray(np.zeros((3, 1), int)), 1.0, 1) -> NoneType
np.putmask(x.copy(), dm, 0.0) -> NoneType
np.copyto(x.copy(), 1.0) -> NoneType
np.copyto(x.copy(), x, where=dm) -> NoneType
np.sin(x, out=x.copy()) -> array float64[3]
np.add(x, x, out=x.copy()) -> array float64[3]
np.sin(x, where=dm) -> TypeError
np.sum(x) -> array float64[]
np.sum(x, where=dm) -> TypeError
np.sum(x, initial=1.0) -> TypeError
np.sum(A, axis=(0, 1), keepdims=True) -> array float64[1, 1]
np.mean(x) -> array float64[]
np.var(x, ddof=1) -> array float64[]
np.max(x) -> array float64[]
np.max(x, where=dm, initial=0.) -> TypeError
np.clip(x, 0, 1) -> array float64[3]
np.prod(x) -> array float64[]
np.dot(A, x) -> array float64[3]
np.vdot(x, x) -> array float64[]
np.inner(x, x) -> array float64[]
A @ x -> array float64[3]
np.matmul(A, x) -> array float64[3]
np.matvec(A, x) -> TypeError
np.vecdot(x, x) -> TypeError
np.linalg.vector_norm(x) -> TypeError
np.logaddexp(x, x) -> array float64[3]
np.heaviside(x, 0.5) -> array float64[3]
np.sinc(x) -> array float64[3]
np.i0(x) -> array float64[3]
np.exp2(x) -> array float64[3]
np.cbrt(x) -> array float64[3]
np.hypot(x, x) -> array float64[3]
np.arctan2(x, x) -> array float64[3]
np.float_power(x * x, 2) -> array float64[3]
np.nan_to_num(x) -> array float64[3]
np.real(x) -> array float64[3]
np.isnan(x) -> array bool[3]
np.select([x > 0], [x]) -> array float64[3]
np.piecewise(x, [x > 0], [1.0, 2.0]) -> array float64[3]
np.choose(cp.asarray(np.array([0, 1, 0])), [x, x]) -> AttributeError
np.apply_along_axis(np.sum, 0, A) -> array float64[3]
np.vectorize(lambda v: v * 2)(x) -> TypeError
np.polyval(x, x) -> array float64[3]
np.polyfit(x, x, 1) -> array float64[2]
np.roots(x) -> NotImplementedError
np.cov(A) -> array float64[3, 3]
np.corrcoef(A) -> array float64[3, 3]
np.histogram(x) -> array
np.block([[A, A]]) -> TypeError
np.meshgrid(x, x) -> array
np.triu(A) -> array float64[3, 3]
np.diag(x) -> array float64[3, 3]
np.diagonal(A) -> array float64[3]
np.trace(A) -> array float64[]
np.result_type(x) -> numpy.Float64DType
np.result_type(x, 1.0) -> numpy.Float64DType
np.shape(x) -> int
np.ndim(x) -> int
np.size(x) -> int
np.iscomplexobj(x) -> bool
np.isscalar(x[0]) -> bool
np.shares_memory(x, x[1:]) -> bool
np.may_share_memory(x, x[1:]) -> bool
float(x[0]) -> float
bool(x[0] > 0) -> bool
[float(v) for v in x] -> list
x.flags.writeable -> AttributeError
setattr(x.copy().flags, 'writeable', False) -> NoneType
x.astype(np.float32) * np.float64(2) -> array float64[3]
x.astype(np.float32) * 2.0 -> array float32[3]
x.astype(np.float32) + x -> array float64[3]
(x * 1j).real -> array float64[3]
x.real -> array float64[3]
np.sum(x) * n -> TypeError
np.sum(x).item() -> float
x == None -> array bool[3]
x != x -> array bool[3]
x.T -> array float64[3]
A.mT -> array float64[3, 3]
x.copy().fill(0.0) -> NoneType
x.data -> cupy.MemoryPointer
x.base -> NoneType
x[1:].base is not None -> bool
list(x.flat) -> list
np.array_equal(x, x) -> array bool[]
np.allclose(x, x) -> array bool[]
np.testing.assert_allclose(x, x) -> TypeError
x.tolist() -> list
scipy.special.erf(x) -> array float64[3]
"""
