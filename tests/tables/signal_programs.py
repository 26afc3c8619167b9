"""Programs of ``scipy.signal``: one for each public name of which something has a derivative, or more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.signal as S

X = np.random.default_rng(0).normal(size=40)
P = np.random.default_rng(1).normal(size=(6, 8))
b, a = S.butter(2, 0.3)
sos = S.butter(4, 0.3, output="sos")
SHORT = np.ascontiguousarray(sos[:, [0, 1, 2, 4, 5]])
A, B = np.array([[-0.5, 1.0], [-1.0, -0.3]]), np.array([[0.0], [1.0]])
C, D = np.array([[1.0, 0.2]]), np.array([[0.1]])
num, den = np.array([1.0, 0.5]), np.array([1.0, 0.8, 1.3])
zz, pp = np.array([-0.5]), np.array([-0.3, -1.2])
T = np.linspace(0, 3, 8)
U = np.sin(T)
BAND, STOP = np.array([0.1, 0.9]), np.array([0.3, 0.6])
MEASURES = (
    "prominences",
    "widths",
    "width_heights",
    "left_ips",
    "right_ips",
    "left_thresholds",
    "peak_heights",
)


def whole(s: Any) -> Any:
    """Filters of second order, whose fourth coefficient is 1."""
    return np.concatenate([s[:, :3].copy(), np.ones((s.shape[0], 1)), s[:, 3:].copy()], axis=1)


def measures(x: Any) -> Any:
    known = S.find_peaks(x, height=-9.0, threshold=0.0, prominence=0.0, width=0.0)[1]
    return [known[name] for name in MEASURES]


def back_and_forth(transform: Any, x: Any) -> Any:
    return transform.istft(transform.stft(x), k1=40)


# By the name, and what is tried of it.
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "lsim input": (lambda u: S.lsim((A, B, C, D), u, T), (U,)),
    "lsim matrices": (lambda A, B, C, D: S.lsim((A, B, C, D), U, T), (A, B, C, D)),
    "lsim start": (lambda x: S.lsim((A, B, C, D), U, T, x), (np.array([0.3, 0.2]),)),
    "lsim coefficients": (lambda n, d: S.lsim((n, d), U, T), (num, den)),
    "lsim steps": (lambda A, u: S.lsim((A, B, C, D), u, T, interp=False), (A, U)),
    "lsim without input": (lambda A, x: S.lsim((A, B, C, D), None, T, x), (A, np.array([0.3, 0.2]))),
    "impulse": (lambda A, B, C: S.impulse((A, B, C, D), T=T), (A, B, C)),
    "step": (lambda A, B, C, D: S.step((A, B, C, D), T=T), (A, B, C, D)),
    "step tf": (lambda n, d: S.step((n, d), T=T), (num, den)),
    "cont2discrete": (lambda A, B, C, D, dt: S.cont2discrete((A, B, C, D), dt)[:4], (A, B, C, D, 0.3)),
    "dlsim": (lambda A, B, C, D, u: S.dlsim((A, B, C, D, 0.1), u)[1:], (A, B, C, D, U)),
    "dstep": (lambda A, B, C, D: S.dstep((A, B, C, D, 0.1), n=5)[1][0], (A, B, C, D)),
    "dimpulse": (lambda A, B, C, D: S.dimpulse((A, B, C, D, 0.1), n=5)[1][0], (A, B, C, D)),
    "freqs": (lambda n, d: S.freqs(n, d, T + 0.1)[1], (num, den)),
    "freqs w": (lambda w: S.freqs(num, den, w)[1], (T + 0.1,)),
    "freqs_zpk": (lambda z, p, k: S.freqs_zpk(z, p, k, T + 0.1)[1], (zz, pp, 2.0)),
    "freqz": (lambda b, a: S.freqz(b, a, 16)[1], (b, a)),
    "freqz w": (lambda w: S.freqz(b, a, w)[1], (T + 0.1,)),
    "freqz_zpk": (lambda z, p, k: S.freqz_zpk(z, p, k, 16)[1], (zz, pp, 2.0)),
    "bode": (lambda n, d: S.bode((n, d), w=T + 0.1)[1:], (num, den)),
    "dbode": (lambda n, d: S.dbode((n, d, 0.1), w=T + 0.1)[1:], (num, den)),
    "freqresp": (lambda n, d: S.freqresp((n, d), w=T + 0.1)[1], (num, den)),
    "freqresp ss": (lambda A, B: S.freqresp((A, B, C, D), w=T + 0.1)[1], (A, B)),
    "dfreqresp": (lambda n, d: S.dfreqresp((n, d, 0.1), w=T + 0.1)[1], (num, den)),
    "resample_poly": (lambda x: S.resample_poly(x, 3, 2), (X,)),
    "resample_poly mean": (lambda x: S.resample_poly(x, 3, 2, padtype="mean"), (X,)),
    "resample_poly window": (lambda x, w: S.resample_poly(x, 3, 2, window=w), (X, np.hanning(9))),
    "resample": (lambda x: S.resample(x, 55), (X,)),
    "decimate fir": (lambda x: S.decimate(x, 3, ftype="fir"), (X,)),
    "filtfilt": (lambda b, a, x: S.filtfilt(b, a, x), (b, a, X)),
    "filtfilt gust": (lambda x: S.filtfilt(b, a, x, method="gust"), (X,)),
    "sosfiltfilt": (lambda x: S.sosfiltfilt(sos, x), (X,)),
    "sosfilt": (lambda s, x: S.sosfilt(whole(s), x), (sos[:, [0, 1, 2, 4, 5]], X)),
    "sosfilt_zi": (lambda s: S.sosfilt_zi(s), (sos,)),
    "lfiltic": (lambda b, a, y, x: S.lfiltic(b, a, y, x), (b, a, X[:2], X[3:5])),
    "deconvolve": (lambda x, d: S.deconvolve(x, d), (X[:9], num + 0.5)),
    "savgol_filter": (lambda x: S.savgol_filter(x, 7, 2), (X,)),
    "savgol_filter nearest": (lambda x: S.savgol_filter(x, 7, 2, deriv=1, delta=0.3, mode="nearest"), (X,)),
    "savgol_coeffs": (lambda d: S.savgol_coeffs(5, 2, 1, d), (0.3,)),
    "detrend": (lambda x: S.detrend(x), (X,)),
    "detrend bp": (lambda x: S.detrend(x, bp=[10, 20]), (X,)),
    "detrend const": (lambda x: S.detrend(x, type="constant"), (X,)),
    "hilbert": (lambda x: S.hilbert(x), (X,)),
    "hilbert2": (lambda x: S.hilbert2(x), (P,)),
    "envelope": (lambda x: S.envelope(x), (X,)),
    "welch": (lambda x: S.welch(x, nperseg=16)[1], (X,)),
    "periodogram": (lambda x: S.periodogram(x)[1], (X,)),
    "csd": (lambda x, y: S.csd(x, y, nperseg=16)[1], (X, X[::-1] ** 2)),
    "coherence": (lambda x, y: S.coherence(x, y, nperseg=16)[1], (X, X[::-1] ** 2)),
    "spectrogram": (lambda x: S.spectrogram(x, nperseg=16)[2], (X,)),
    "stft": (lambda x: S.stft(x, nperseg=16)[2], (X,)),
    "istft": (lambda x: S.istft(S.stft(x, nperseg=16)[2], nperseg=16)[1], (X,)),
    "lombscargle": (lambda x: S.lombscargle(np.arange(40.0), x, np.linspace(0.1, 1, 5)), (X,)),
    "lombscargle t": (lambda t: S.lombscargle(t, X, np.linspace(0.1, 1, 5)), (np.arange(40.0),)),
    "czt": (lambda x: S.czt(x, 20), (X,)),
    "zoom_fft": (lambda x: S.zoom_fft(x, [0.1, 0.4], 20), (X,)),
    "wiener": (lambda x: S.wiener(x, 5), (X,)),
    "cspline1d": (lambda x: S.cspline1d(x), (X,)),
    "qspline1d": (lambda x: S.qspline1d(x), (X,)),
    "cspline1d s": (lambda x: S.cspline1d(x, 1.0), (X,)),
    "cspline2d": (lambda x: S.cspline2d(x, 0.0, 0.1), (P,)),
    "gauss_spline": (lambda x: S.gauss_spline(x, 3), (X,)),
    "symiirorder1": (lambda x: S.symiirorder1(x, 0.5, 0.3), (X,)),
    "symiirorder2": (lambda x: S.symiirorder2(x, 0.5, 0.3), (X,)),
    "firwin": (lambda c: S.firwin(7, c), (0.3,)),
    "firwin2": (lambda g: S.firwin2(7, [0, 0.5, 1.0], g), (np.array([1.0, 0.7, 0.0]),)),
    "butter": (lambda w: S.butter(3, w), (0.3,)),
    "butter sos": (lambda w: S.butter(3, w, output="sos"), (0.3,)),
    "butter zpk": (lambda w: S.butter(3, w, output="zpk"), (0.3,)),
    "butter band": (lambda u, v: S.butter(2, [u, v], "band"), (0.3, 0.6)),
    "cheby1": (lambda q, w: S.cheby1(3, q, w), (1.0, 0.3)),
    "cheby2": (lambda q, w: S.cheby2(3, q, w), (20.0, 0.3)),
    "ellip": (lambda q, s, w: S.ellip(3, q, s, w), (1.0, 30.0, 0.3)),
    "bessel": (lambda w: S.bessel(3, w), (0.3,)),
    "iirnotch": (lambda w, q: S.iirnotch(w, q), (0.3, 5.0)),
    "iirpeak": (lambda w, q: S.iirpeak(w, q), (0.3, 5.0)),
    "iircomb": (lambda q: S.iircomb(0.25, q), (5.0,)),
    "iirfilter": (lambda w: S.iirfilter(2, w, btype="low"), (0.3,)),
    "iirdesign": (lambda w: S.iirdesign(w, 0.5, 1, 20), (0.3,)),
    "gammatone": (lambda f: S.gammatone(f, "iir", fs=16.0), (2.0,)),
    "buttord": (lambda g: S.buttord(0.2, 0.3, g, 40), (3.0,)),
    "cheb1ord": (lambda g: S.cheb1ord(0.2, 0.3, g, 40), (3.0,)),
    "cheb2ord": (lambda g: S.cheb2ord(0.2, 0.3, g, 40), (3.0,)),
    "ellipord": (lambda g: S.ellipord(0.2, 0.3, g, 40), (3.0,)),
    "cheb1ap": (lambda q: S.cheb1ap(3, q), (1.0,)),
    "cheb2ap": (lambda q: S.cheb2ap(3, q), (20.0,)),
    "lp2lp": (lambda n, d, w: S.lp2lp(n, d, w), (num, den, 1.3)),
    "lp2hp": (lambda n, d, w: S.lp2hp(n, d, w), (num, den, 1.3)),
    "lp2bp": (lambda n, d, w, v: S.lp2bp(n, d, w, v), (num, den, 1.3, 0.4)),
    "lp2bs": (lambda n, d, w, v: S.lp2bs(n, d, w, v), (num, den, 1.3, 0.4)),
    "lp2hp_zpk": (lambda z, p, k, w: S.lp2hp_zpk(z, p, k, w), (zz, pp, 2.0, 1.3)),
    "lp2bs_zpk": (lambda z, p, k, w, v: S.lp2bs_zpk(z, p, k, w, v), (zz, pp, 2.0, 1.3, 0.4)),
    "tf2zpk": (lambda n, d: S.tf2zpk(n, d), (num, den)),
    "zpk2tf": (lambda z, p, k: S.zpk2tf(z, p, k), (zz, pp, 2.0)),
    "tf2sos": (lambda n, d: S.tf2sos(n, d), (num, den)),
    "sos2tf": (lambda s: S.sos2tf(s), (sos,)),
    "zpk2sos": (lambda z, p, k: S.zpk2sos(z, p, k), (zz, pp, 2.0)),
    "tf2ss": (lambda n, d: S.tf2ss(n, d), (num, den)),
    "ss2tf": (lambda A, B, C, D: S.ss2tf(A, B, C, D), (A, B, C, D)),
    "zpk2ss": (lambda z, p, k: S.zpk2ss(z, p, k), (zz, pp, 2.0)),
    "ss2zpk": (lambda A, B: S.ss2zpk(A, B, C, D), (A, B)),
    "normalize": (lambda n, d: S.normalize(n, d), (num, den)),
    "abcd_normalize": (lambda A: S.abcd_normalize(A, B, C, D), (A,)),
    "invres": (lambda q: S.invres(q, [-1.0, -2.0], []), (np.array([0.3, 0.4]),)),
    "invresz": (lambda q: S.invresz(q, [-1.0, -2.0], []), (np.array([0.3, 0.4]),)),
    "place_poles": (lambda A: S.place_poles(A, B, pp).gain_matrix, (A,)),
    "chirp": (lambda t, f: S.chirp(t, f, 1.0, 2.0), (T, 0.3)),
    "gausspulse": (lambda t: S.gausspulse(t, 0.4), (T,)),
    "sawtooth": (lambda t: S.sawtooth(t), (T + 0.2,)),
    "square": (lambda t: S.square(t) * t, (T + 0.2,)),
    "sweep_poly": (lambda t, p: S.sweep_poly(t, p), (T, np.array([0.3, 0.2]))),
    "vectorstrength": (lambda e, p: S.vectorstrength(e, p), (T, 1.3)),
    "get_window": (lambda s: S.get_window(("gaussian", s), 8), (1.3,)),
    "windows": (lambda s: S.windows.kaiser(8, s), (1.3,)),
    "TransferFunction": (lambda n, d: S.TransferFunction(n, d).freqresp(T + 0.1)[1], (num, den)),
    "StateSpace": (lambda A: S.StateSpace(A, B, C, D).step(T=T)[1], (A,)),
    "dlti": (lambda n, d: S.dlti(n, d, dt=0.1).freqresp(T + 0.1)[1], (num, den)),
    "find_peaks": (lambda x: x[S.find_peaks(x)[0]], (X,)),
    "peak_prominences": (lambda x: S.peak_prominences(x, S.find_peaks(x)[0])[0], (X,)),
    "peak_widths": (lambda x: S.peak_widths(x, S.find_peaks(x)[0])[0], (X,)),
    "argrelmax": (lambda x: x[S.argrelmax(x)[0]], (X,)),
    "argrelmin": (lambda x: x[S.argrelmin(x)[0]], (X,)),
    "argrelextrema": (lambda x: x[S.argrelextrema(x, np.greater)[0]], (X,)),
    "find_peaks_cwt": (lambda x: x[S.find_peaks_cwt(x, [2, 3])], (X,)),
    "findfreqs": (lambda n: S.findfreqs(n, den, 5), (num,)),
    "bilinear": (lambda n, d, f: S.bilinear(n, d, f[0]), (num, den, np.array([1.3]))),
    "bilinear_zpk": (lambda z, p, k, f: S.bilinear_zpk(z, p, k, f[0]), (zz, pp, 2.0, np.array([1.3]))),
    "freqz_sos": (lambda s: S.sosfreqz(whole(s), 16)[1], (SHORT,)),
    "sosfreqz": (lambda s: S.sosfreqz(whole(s), 16)[1], (SHORT,)),
    "find_peaks measures": (measures, (X,)),
    "decimate": (lambda x: S.decimate(x, 3), (X,)),
    "minimum_phase": (lambda h: S.minimum_phase(h), (np.array([0.1, 0.3, 0.9, 0.3, 0.1]),)),
    "group_delay": (lambda a: S.group_delay(([1.0, 0.3], a), 16)[1], (np.array([1.0, -0.3, 0.2]),)),
    "firls": (lambda d: S.firls(7, [0, 0.3, 0.5, 1.0], d), (np.array([1.0, 1.0, 0.4, 0.3]),)),
    "ellipap": (lambda q: S.ellipap(3, q, 30.0), (1.0,)),
    "lp2lp_zpk": (lambda z, p, k, w: S.lp2lp_zpk(z, p, k, w), (zz, pp, 2.0, 1.3)),
    "lp2bp_zpk": (lambda z, p, k, w, v: S.lp2bp_zpk(z, p, k, w, v), (zz, pp, 2.0, 1.3, 0.4)),
    "kaiser_beta": (lambda s: S.kaiser_beta(s), (30.0,)),
    "kaiser_atten": (lambda s: S.kaiser_atten(20, s), (0.2,)),
    "kaiserord": (lambda s: S.kaiserord(s, 0.2)[1], (30.0,)),
    "sos2zpk": (lambda s: S.sos2zpk(whole(s)), (np.array([[1.0, 0.5, 0.7, -0.2, 0.4]]),)),
    "ZerosPolesGain": (lambda k: S.ZerosPolesGain(zz, pp, k).to_tf().num, (2.0,)),
    "lti": (lambda n, d: S.lti(n, d).output(U, T)[1], (num, den)),
    "ShortTimeFFT": (lambda x: S.ShortTimeFFT(np.hanning(16), 8, 1.0).stft(x), (X,)),
    "ShortTimeFFT back": (lambda x: back_and_forth(S.ShortTimeFFT(np.hanning(16), 8, 1.0), x), (X,)),
    "CZT": (lambda x: S.CZT(40, 20)(x), (X,)),
    "ZoomFFT": (lambda x: S.ZoomFFT(40, 0.4, 20)(x), (X,)),
    "qspline2d": (lambda x: S.qspline2d(x, 0.0, 0.1), (P,)),
    "cspline1d_eval": (lambda c, t: S.cspline1d_eval(c, t), (X, np.array([1.3, 2.7, 8.4, -1.2]))),
    "qspline1d_eval": (lambda c, t: S.qspline1d_eval(c, t), (X, np.array([1.3, 2.7, 8.4, -1.2]))),
    "lfilter": (lambda b, a, x: S.lfilter(b, a, x), (b, a, X)),
    "lfilter_zi": (lambda b, a: S.lfilter_zi(b, a), (b, a)),
    "convolve": (lambda x, h: S.convolve(x, h, "same"), (X, X[:5])),
    "fftconvolve": (lambda x, h: S.fftconvolve(x, h, "same", 1), (P, P[:, :3])),
    "oaconvolve": (lambda x, h: S.oaconvolve(x, h, "valid", axes=-1), (P, P[:1, :3])),
    "correlate": (lambda x, h: S.correlate(x, h, "valid"), (X, X[:5])),
    "convolve2d": (lambda x, h: S.convolve2d(x, h, "same", "symm"), (P, P[:3, :2])),
    "correlate2d": (lambda x, h: S.correlate2d(x, h, "full", "wrap"), (P, P[:3, :2])),
    "upfirdn": (lambda h, x: S.upfirdn(h, x, 3, 2), (X[:5], X)),
    "sepfir2d": (lambda x, h, k: S.sepfir2d(x, h, k), (P, X[:3], X[3:8])),
    "medfilt": (lambda x: S.medfilt(x, 5), (X,)),
    "medfilt2d": (lambda x: S.medfilt2d(x, 3), (P,)),
    "order_filter": (lambda x: S.order_filter(x, np.ones((3, 1)), 1), (P,)),
}  # fmt: skip
CONSTANT = {
    "BadCoefficients", "max_len_seq", "unit_impulse", "correlation_lags", "czt_points", "buttap", "besselap",
    "check_COLA", "check_NOLA", "choose_conv_method", "closest_STFT_dual_window", "firwin_2d",
}  # fmt: skip
REFUSED: dict[str, Callable[[Any], Any]] = {
    "remez": lambda x: S.remez(7, [0, 0.1, 0.2, 0.5], x[:2]),
    "residue": lambda x: S.residue(x[:2], den)[0],
    "residuez": lambda x: S.residuez(x[:2], den)[0],
    "unique_roots": lambda x: S.unique_roots(x)[0],
    "spline_filter": lambda x: S.spline_filter(x * P),
    "whittaker_henderson": lambda x: S.whittaker_henderson(x, lamb=2.0).x,
    "band_stop_obj": lambda x: S.band_stop_obj(x[0] / 9, 0, BAND, STOP, 3.0, 40.0, "butter"),
}
