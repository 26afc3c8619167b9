"""Calls of SciPy's functions, and values to try for their keywords.

Each keyword of a function that has one of these names is tried with all of the values that SciPy takes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.fft as sf
import scipy.integrate as si
import scipy.linalg as sl
import scipy.ndimage as nd
import scipy.signal as ss
import scipy.spatial.distance as sd
import scipy.special as sc
import scipy.stats as st

rng = np.random.default_rng(5)
M = rng.uniform(0.3, 2, (4, 5))
V = rng.uniform(0.3, 2, 8)
N = rng.normal(size=(4, 5))
W = rng.normal(size=8)
LONG = rng.normal(size=(2, 40))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
P = S @ S.T
LABELS = np.arange(20).reshape(4, 5) % 3
SECTIONS = ss.butter(2, 0.3, output="sos")

CALLS: list[tuple[Any, ...]] = [
    # stats
    *[
        (f, M)
        for f in (st.gmean, st.hmean, st.variation, st.gstd, st.gzscore, st.circmean, st.circvar, st.circstd)
    ],
    *[
        (f, N)
        for f in (st.zscore, st.skew, st.kurtosis, st.sem, st.iqr, st.median_abs_deviation, st.describe)
    ],
    *[(f, V) for f in (st.tmean, st.tvar, st.tstd, st.kstat, st.kstatvar)],
    (st.pmean, M, 2.5),
    (st.zmap, N, M),
    (st.moment, N, 3),
    (st.trim_mean, N, 0.25),
    (st.entropy, M),
    (st.ttest_1samp, M, 0.7),
    (st.ttest_ind, M, N),
    (st.ttest_rel, M, N),
    (st.pearsonr, V, W),
    (st.power_divergence, M),
    (st.chisquare, M),
    (st.boxcox_llf, 0.7, M),
    (st.yeojohnson_llf, 0.7, N),
    (st.boxcox, V, 0.6),
    (st.yeojohnson, W, 0.6),
    (st.linregress, V, W),
    (st.directional_stats, M),
    *[(f, V, W, V[:5] ** 2) for f in (st.f_oneway, st.levene, st.bartlett)],
    *[(f, M, N, M[:, ::-1] ** 2) for f in (st.f_oneway, st.bartlett)],
    (st.wasserstein_distance, V, W),
    (st.energy_distance, V, W),
    (st.trimboth, V, 0.25),
    (st.trim1, V, 0.25),
    # ndimage
    *[(f, N, 1.0) for f in (nd.gaussian_filter, nd.gaussian_filter1d, nd.gaussian_laplace)],
    (nd.gaussian_gradient_magnitude, N, 1.0),
    (nd.uniform_filter, N),
    (nd.uniform_filter1d, N, 3),
    *[(f, N, S) for f in (nd.correlate, nd.convolve)],
    *[(f, N, W[:3]) for f in (nd.correlate1d, nd.convolve1d)],
    *[(f, N) for f in (nd.sobel, nd.prewitt, nd.laplace, nd.spline_filter, nd.spline_filter1d)],
    *[
        (f, N, 3)
        for f in (
            nd.maximum_filter,
            nd.minimum_filter,
            nd.median_filter,
            nd.minimum_filter1d,
            nd.maximum_filter1d,
            nd.grey_erosion,
            nd.grey_dilation,
            nd.grey_opening,
            nd.grey_closing,
            nd.morphological_gradient,
            nd.morphological_laplace,
            nd.white_tophat,
            nd.black_tophat,
        )
    ],
    (nd.rank_filter, N, 2, 3),
    (nd.percentile_filter, N, 30, 3),
    (nd.shift, N, 0.6),
    (nd.zoom, N, 1.7),
    (nd.rotate, N, 20.0),
    (nd.affine_transform, N, np.array([[0.9, 0.1], [-0.1, 1.05]]), 0.07),
    (nd.map_coordinates, N, rng.uniform(0.3, 2.7, (2, 6))),
    *[(f, N + 0j, 0.3) for f in (nd.fourier_shift, nd.fourier_gaussian)],
    *[(f, N + 0j, 1.3) for f in (nd.fourier_uniform, nd.fourier_ellipsoid)],
    *[
        (f, N, LABELS)
        for f in (nd.sum_labels, nd.mean, nd.variance, nd.standard_deviation, nd.median, nd.maximum)
    ],
    # fft
    *[(f, N) for f in (sf.fft, sf.ifft, sf.rfft, sf.ihfft, sf.fft2, sf.fftn, sf.rfftn, sf.ihfftn)],
    *[(f, N + 0j) for f in (sf.irfft, sf.hfft, sf.irfftn, sf.hfftn)],
    *[(f, N) for f in (sf.dct, sf.idct, sf.dst, sf.idst, sf.dctn, sf.idctn, sf.dstn, sf.idstn)],
    (sf.fht, V, 0.1, 0.3),
    (sf.ifht, V, 0.1, 0.3),
    # signal
    *[(f, V, W[:3]) for f in (ss.convolve, ss.correlate)],
    *[(f, N, N[:2, :2]) for f in (ss.fftconvolve, ss.oaconvolve, ss.convolve2d, ss.correlate2d)],
    (ss.lfilter, np.array([1, 0.3]), np.array([1.0, 0.2]), N),
    (ss.sosfilt, SECTIONS, N),
    (ss.sosfiltfilt, SECTIONS, LONG),
    (ss.filtfilt, np.array([1, 0.3]), np.array([1.0, 0.2]), LONG),
    (ss.savgol_filter, N, 5, 2),
    (ss.detrend, N),
    (ss.hilbert, N),
    (ss.resample, N, 7),
    (ss.resample_poly, N, 3, 2),
    (ss.decimate, LONG, 2),
    (ss.periodogram, N),
    *[(f, LONG[0]) for f in (ss.welch, ss.stft)],
    (ss.csd, LONG[0], LONG[1]),
    (ss.upfirdn, np.array([1.0, 2.0]), N, 2),
    (ss.medfilt, V),
    (ss.wiener, N),
    (ss.freqz, np.array([1.0, 0.3]), np.array([1, 0.2])),
    (ss.chirp, V, 1.0, 1.5, 2.0),
    (ss.gausspulse, V),
    (ss.lombscargle, np.sort(V) * 5, W, V[:3]),
    (ss.czt, V),
    # linalg, integrate, special, distances
    *[(f, S, N[:3]) for f in (sl.solve, sl.solve_triangular)],
    *[(f, P) for f in (sl.cholesky, sl.eigvalsh, sl.pinvh, sl.cho_factor)],
    *[(f, S) for f in (sl.inv, sl.lu, sl.qr, sl.rq, sl.svdvals, sl.norm, sl.eigvals, sl.polar)],
    *[(f, N) for f in (si.simpson, si.trapezoid, si.cumulative_trapezoid, si.cumulative_simpson)],
    (si.romb, N),
    *[(f, N) for f in (sc.logsumexp, sc.softmax, sc.log_softmax)],
    (sd.cdist, N, M),
    (sd.pdist, N),
    *[
        (f, V, W)
        for f in (
            sd.minkowski,
            sd.euclidean,
            sd.cosine,
            sd.correlation,
            sd.canberra,
            sd.braycurtis,
            sd.cityblock,
            sd.sqeuclidean,
        )
    ],
]

VALUES: dict[str, list[Any]] = {
    "axis": [0, 1, -1, None, (0, 1)],
    "axes": [0, (1,), (0, 1), (1, 0), ()],
    "keepdims": [True],
    "ddof": [0, 1, 2],
    "bias": [False],
    "alternative": ["less", "greater"],
    "dtype": [np.float32],
    "nan_policy": ["omit", "raise"],
    "weights": [M, np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 4, 5]), V[::-1]],
    "mode": [
        "constant",
        "nearest",
        "mirror",
        "wrap",
        "grid-mirror",
        "full",
        "valid",
        "same",
        "economic",
        "psd",
        "complex",
        ["wrap", "nearest"],
    ],
    "cval": [2.0],
    "origin": [1, (0, -1)],
    "order": [0, 1, 2, (1, 0)],
    "truncate": [2.0],
    "radius": [1, (1, 2)],
    "output": [np.float32],
    "norm": ["ortho", "forward"],
    "n": [3, 7],
    "N": [7],
    "s": [(3, 5), (6,)],
    "type": [1, 3, 4, "constant"],
    "orthogonalize": [True, False],
    "detrend": ["linear", False],
    "window": ["hamming", ("kaiser", 3.0)],
    "scaling": ["spectrum", "psd"],
    "return_onesided": [False],
    "boundary": ["wrap", "symm", None, "even"],
    "padded": [False],
    "average": ["median"],
    "fs": [2.5],
    "nperseg": [8],
    "noverlap": [3],
    "nfft": [16],
    "fillvalue": [0.7],
    "lower": [True],
    "trans": [1, "C"],
    "unit_diagonal": [True],
    "assume_a": ["pos", "sym"],
    "pivoting": [True],
    "permute_l": [True],
    "ord": [1, 2, np.inf, "nuc"],
    "side": ["left"],
    "center": ["mean", "median"],
    "proportiontocut": [0.2],
    "scale": ["normal", 2.0],
    "interpolation": ["lower", "hazen"],
    "rng": [(10, 60)],
    "high": [2.5],
    "low": [0.2],
    "lambda_": ["neyman", "pearson", 0.5, 0, -1],
    "qk": [N**2 + 1],
    "base": [2.0],
    "equal_var": [False],
    "fisher": [False],
    "method": ["direct", "fft", "gust", "linear", "quadratic"],
    "zero_phase": [False],
    "deriv": [1],
    "delta": [0.5],
    "padtype": ["even", "constant", None, "mean"],
    "padlen": [3],
    "bp": [2],
    "x": [np.array([0, 0.3, 1, 1.2, 2])],
    "dx": [0.3],
    "initial": [0.0],
    "domain": ["freq"],
    "nyq": [2.0],
    "prefilter": [False],
    "reshape": [False],
    "grid_mode": [True],
    "offset": [0.3],
    "output_shape": [(3, 3)],
    "index": [[0, 2], 1],
    "size": [3, (2, 3)],
    "footprint": [np.array([[1, 0, 1], [1, 1, 0]], bool)],
    "structure": [np.array([[0.1, 0.2], [0.3, 0.4]])],
    "metric": ["cityblock", "cosine", "seuclidean", "canberra"],
    "p": [3, 1.5],
    "w": [V, np.array([1.0, 2, 3, 4, 5]), 0.9 + 0.1j],
    "b": [M],
    "u_weights": [V],
    "v_weights": [V],
    "phi": [30.0],
    "vertex_zero": [False],
    "whole": [True],
    "worN": [7],
    "m": [5],
    "include_nyquist": [True],
    "retquad": [True],
    "bwr": [-3],
    "bw": [0.7],
    "precenter": [True],
    "a": [0.9],
    "normalize": [True, "power"],
    "floating_mean": [True],
    "up": [3],
    "down": [3],
    "kernel_size": [5],
    "t": [np.arange(5.0)],
    "polyorder": [3],
    "return_sign": [True],
    "correction": [1],
    "f_exp": [M],
    "permutations": [None],
    "mysize": [3],
    "noise": [0.4],
    "return_p": [True],
    "inclusive": [(False, True)],
    "moment": [1],
}
EXCEPT = {
    ("morphological_gradient", "output"): "SciPy does not read it where it names a type",
    ("morphological_laplace", "output"): "SciPy does not read it where it names a type",
    ("czt", "w"): "numbers far from the circle, whose powers no two computations agree on",
}
PAIRS = [
    ("axis", "keepdims"),
    ("axis", "ddof"),
    ("axis", "mode"),
    ("mode", "cval"),
    ("mode", "origin"),
    ("axis", "n"),
    ("type", "norm"),
    ("axis", "weights"),
    ("order", "mode"),
    ("axis", "order"),
    ("axis", "window"),
    ("axes", "mode"),
    ("scaling", "return_onesided"),
    ("axis", "nperseg"),
    ("boundary", "fillvalue"),
    ("axis", "alternative"),
]


def ways(call: tuple[Any, ...], pairs: bool) -> Iterator[dict[str, Any]]:
    """The call with each keyword alone, or with two of them."""
    function, *args = call
    parameters = list(inspect.signature(function).parameters.values())
    name = function.__name__
    free = {
        p.name
        for k, p in enumerate(parameters)
        if (p.kind is p.KEYWORD_ONLY or (p.kind is p.POSITIONAL_OR_KEYWORD and k >= len(args)))
        and (name, p.name) not in EXCEPT
    }
    if pairs:
        both = [(a, b) for a, b in PAIRS if {a, b} <= free]
        yield from ({a: x, b: y} for a, b in both for x in VALUES[a] for y in VALUES[b])
        return
    yield {}
    for p in parameters:
        if p.name in free:
            other = (
                [not p.default] if isinstance(p.default, bool) and not p.name.startswith("overwrite") else []
            )
            yield from ({p.name: value} for value in VALUES.get(p.name, other))
