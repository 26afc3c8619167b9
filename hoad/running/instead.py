"""What to type in the place of a function that can't follow a traced value."""

from __future__ import annotations

import re

# By the beginning of the name of what was called; the first that fits.
INSTEAD = {
    "scipy.linalg.solve_triangular": "np.linalg.solve(np.tril(a), b) is the same function",
    "scipy.linalg.solve": "np.linalg.solve(a, b) is the same function",
    "scipy.linalg.cho": "np.linalg.cholesky(a) and np.linalg.solve(a, b) are the same functions",
    "scipy.linalg.inv": "np.linalg.inv(a) is the same function",
    "scipy.linalg.det": "np.linalg.det(a) is the same function",
    "scipy.linalg.eigh": "np.linalg.eigh(a) is the same function",
    "scipy.linalg.pinv": "np.linalg.pinv(a) is the same function",
    "scipy.linalg.svd": "np.linalg.svd(a) is the same function",
    "scipy.linalg.qr": "np.linalg.qr(a) is the same function",
    "scipy.linalg.lstsq": "np.linalg.lstsq(a, b) is the same function",
    "scipy.fft.": "np.fft has the same transforms of Fourier's",
    "scipy.fftpack": "np.fft has the same transforms",
    "scipy.signal.fftconvolve": "np.convolve(x, y, mode) is the same function",
    "scipy.signal.convolve": "np.convolve(x, y, mode) is the same function",
    "scipy.spatial.distance": "np.linalg.norm(a[:, None] - b[None], axis=-1) is the matrix of distances",
    "scipy.spatial.KDTree": "np.linalg.norm(points[k] - x, axis=-1) has the distances, to the neighbours "
    "k = tree.query(hoad.primal(x))[1]",
    "scipy.sparse": "a.toarray() @ x is the same product, and a.toarray() the array of any sparse matrix",
    "scipy.stats.norm": "scipy.special.ndtr((x - m) / s) is its cdf, and "
    "-(((x - m) / s) ** 2) / 2 - np.log(s * np.sqrt(2 * np.pi)) its logpdf",
    "scipy.interpolate.interp1d": "np.interp(t, x, y) is the same function",
    "scipy.integrate.odeint": "hoad.solve_ivp(f, times, y0, p) has derivatives by y0 and p",
    "scipy.integrate.solve_ivp": "hoad.solve_ivp(f, times, y0, p) has derivatives by y0 and p",
    "scipy.optimize": "hoad.root(f, guess, p), hoad.brentq and hoad.minimize have derivatives by p",
    "pandas": "a.to_numpy() is the array that it holds, and takes part: a.to_numpy() @ p",
    "statistics.NormalDist": "scipy.stats.norm(m, s) has the same functions, as .pdf(x), .cdf(x), .ppf(p)",
    "statistics.": "np.mean(x), np.std(x, ddof=1) and np.median(x) are the same functions",
    "json": "the number can be written, without its derivative: json.dumps(float(hoad.primal(x)))",
}  # fmt: skip
# What is asked of a result of arithmetic with a Series or a DataFrame, which is an array: what an array has.
OF_TABLES = {
    "values": "a is the array itself", "to_numpy": "a is the array itself", "array": "a is the array itself",
    "iloc": "a[i] is the element at position i", "iat": "a[i] is the element at position i",
    "loc": "an array has no labels: a[i] is the element at position i",
    "at": "an array has no labels: a[i] is the element at position i",
    "index": "its labels are those of the Series: s.index", "columns": "its labels are those of the frame",
    "abs": "np.abs(a)", "median": "np.median(a)", "quantile": "np.quantile(a, q)", "pow": "a ** n",
    "sub": "a - b", "mul": "a * b", "div": "a / b", "apply": "f(a), or np.vectorize(f)(a)",
    "map": "np.vectorize(f)(a)", "corr": "np.corrcoef(a, b)[0, 1]", "cov": "np.cov(a, b)[0, 1]",
    "idxmax": "np.argmax(a), and s.index[k] is the label",
    "idxmin": "np.argmin(a), and s.index[k] is the label",
    "head": "a[:n]", "tail": "a[-n:]", "fillna": "np.where(np.isnan(a), value, a)",
    "dropna": "a[~np.isnan(a)]",
    "shift": "np.concatenate([np.full(k, np.nan), a[:-k]])",
    "groupby": "np.stack([a[rows] for rows in s.groupby(key).indices.values()])",
    "rolling": "np.lib.stride_tricks.sliding_window_view(a, n).mean(axis=-1)",
}  # fmt: skip
ARRAY = (
    "An array of traced numbers is made by np.stack([a, b]), and of rows by np.stack([np.stack([a, b]), "
    "...]), in place of np.array([a, b]), or by np.array([a, b]) with import hoad.numpy as np"
)
RULE = (
    "state its derivative with hoad.chainrules.rrule, or take its value without one: hoad.primal(x) is the "
    "plain number"
)


def advice(called: str | None, line: str) -> str:
    """What to type, for what was called and the line in which that was.

    Example:
        >>> advice("scipy.linalg.inv", "x = inv(a)")
        'Instead: np.linalg.inv(a) is the same function'
    """
    for beginning, text in INSTEAD.items():
        if called is not None and called.startswith(beginning):
            return f"Instead: {text}"
    if called is None or called.startswith(("np.", "numpy.")) or re.search(r"\bnp\.\w", line):
        return ARRAY
    return f"Instead: {RULE}"
