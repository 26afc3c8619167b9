"""Programs that call published packages as their users do, as they stand, against differences of themselves.

``make pipelines`` installs the packages and differentiates each program: the reflection of a thin film, the
likelihood of a filter, a power flow, a yield curve. First derivatives in both modes are compared with
differences, second ones with differences of first ones.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import hoad
from hoad.errors import HoadError
from tests.packages import MODES, apart, difference, verdict

Program = Callable[[np.ndarray], Any]
PROGRAMS: dict[str, Callable[[], tuple[Program, list[float]]]] = {}
TIMES = np.arange(25.0)
SERIES = np.sin(0.3 * TIMES) + 0.2 * np.cos(1.7 * TIMES) + 0.05 * TIMES
DESIGN = np.column_stack([np.ones(25), np.cos(TIMES), np.sin(2.1 * TIMES)])
WHERE = np.stack([5 * np.sin(TIMES[:12]) ** 2, 5 * np.cos(1.3 * TIMES[:12]) ** 2])


def program(make: Callable[[], tuple[Program, list[float]]]) -> Any:
    """A program under its name, and the point at which it is differentiated; made where its package is."""
    PROGRAMS[make.__name__] = make
    return make


# ------------------------------------------------------------------------------------------------------------
# Physics and engineering
# ------------------------------------------------------------------------------------------------------------


@program
def tmm_reflection() -> tuple[Program, list[float]]:
    import tmm

    layers = [1, 2.2, 1.5 + 0.1j, 1.0]
    return lambda d: tmm.coh_tmm("s", layers, [np.inf, d[0], d[1], np.inf], 0.3, 500.0)["R"], [100.0, 300.0]


@program
def tmm_transmission_by_indices() -> tuple[Program, list[float]]:
    import tmm

    def f(p: Any) -> Any:
        layers = [1, p[0], p[1] + 0.3j, 3.3]
        return tmm.coh_tmm("p", layers, [np.inf, 100.0, 300.0, np.inf], p[2], 500.0)["T"]

    return f, [2.2, 1.5, 0.3]


@program
def tmm_incoherent_layers() -> tuple[Program, list[float]]:
    import tmm

    layers, kinds = [1, 2.2, 1.5 + 0.01j, 1.0], ["i", "c", "i", "i"]
    return lambda d: tmm.inc_tmm("s", layers, [np.inf, *d, np.inf], kinds, 0.3, 500.0)["T"], [100.0, 300.0]


@program
def tmm_ellipsometry() -> tuple[Program, list[float]]:
    import tmm

    return lambda d: tmm.ellips([1, 2.2, 3.3 + 0.3j], [np.inf, d[0], np.inf], d[1], 500.0)["psi"], [
        100.0,
        0.4,
    ]


@program
def periodictable_scattering_length() -> tuple[Program, list[float]]:
    import periodictable

    return lambda p: periodictable.xray_sld("Fe2O3", density=p[0], energy=p[1])[0], [5.24, 8.04]


@program
def colossus_luminosity_distance() -> tuple[Program, list[float]]:
    from colossus.cosmology import cosmology

    rest = {"flat": True, "Ob0": 0.049, "sigma8": 0.81, "ns": 0.95, "interpolation": False, "persistence": ""}

    def f(p: Any) -> Any:
        model = cosmology.setCosmology("own", params={"H0": p[0], "Om0": p[1], **rest})
        return model.luminosityDistance(0.7)

    return f, [70.0, 0.3]


@program
def colossus_mass_in_a_halo() -> tuple[Program, list[float]]:
    from colossus.cosmology import cosmology
    from colossus.halo import profile_nfw

    def f(p: Any) -> Any:
        cosmology.setCosmology("planck18", persistence="")
        halo = profile_nfw.NFWProfile(M=1e12 * p[0], c=p[1], z=0.0, mdef="200c")
        return halo.enclosedMass(50.0) / 1e12

    return f, [1.0, 8.0]


@program
def hankel_transform() -> tuple[Program, list[float]]:
    from hankel import HankelTransform

    def f(p: Any) -> Any:
        transform = HankelTransform(nu=0, N=120, h=0.03)
        return transform.integrate(lambda x: np.exp(-p[0] * x**2) * x, False, False)

    return f, [1.3]


@program
def pypower_power_flow() -> tuple[Program, list[float]]:
    from pypower.api import case9, ppoption, runpf

    quiet = ppoption(VERBOSE=0, OUT_ALL=0, PF_TOL=1e-12)

    def f(p: Any) -> Any:
        case = {k: v.astype(float) if isinstance(v, np.ndarray) else v for k, v in case9().items()}
        case["bus"][[4, 6], 2] = p  # two loads, in MW
        return runpf(case, quiet)[0]["bus"][4, 7]  # a voltage

    return f, [90.0, 100.0]


@program
def control_frequency_response() -> tuple[Program, list[float]]:
    import control

    return lambda p: np.abs(control.tf([1.0], [1.0, p[0], p[1]])(1.3j)), [1.0, 2.0]


@program
def control_regulator() -> tuple[Program, list[float]]:
    import control

    a, b = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.0], [1.0]])
    return lambda p: control.lqr(a, b, np.diag(p), np.eye(1))[0][0, 1], [1.0, 2.0]


@program
def control_poles() -> tuple[Program, list[float]]:
    import control

    return lambda p: np.max(control.tf([1.0], [1.0, p[0], p[1]]).poles().imag), [1.0, 2.0]


@program
def skrf_network() -> tuple[Program, list[float]]:
    import skrf

    def f(p: Any) -> Any:
        line = skrf.media.DefinedGammaZ0(skrf.Frequency(1, 2, 3, "ghz"), z0=50.0)
        return np.abs((line.inductor(1e-9 * p[1]) ** line.resistor(p[0]) ** line.short()).s[1, 0, 0])

    return f, [50.0, 1.2]


# ------------------------------------------------------------------------------------------------------------
# Filters, time series, places
# ------------------------------------------------------------------------------------------------------------


@program
def pykalman_likelihood() -> tuple[Program, list[float]]:
    import pykalman

    def f(p: Any) -> Any:
        one = np.array([[1.0]])
        filter = pykalman.KalmanFilter(
            one * p[0], one, one * p[1], one * p[2], initial_state_mean=[0.0], initial_state_covariance=one
        )
        return filter.loglikelihood(SERIES[:, None])

    return f, [0.9, 0.2, 0.3]


@program
def pykalman_smoother() -> tuple[Program, list[float]]:
    import pykalman

    def f(p: Any) -> Any:
        filter = pykalman.KalmanFilter([[p[0]]], [[1.0]], [[p[1]]], [[0.3]])
        return filter.smooth(SERIES)[0][7, 0]

    return f, [0.9, 0.2]


@program
def filterpy_likelihood() -> tuple[Program, list[float]]:
    from filterpy.common import Q_discrete_white_noise
    from filterpy.kalman import KalmanFilter

    def f(p: Any) -> Any:
        k = KalmanFilter(dim_x=2, dim_z=1)
        k.x, k.F, k.H = np.array([0.0, 1.0]), np.array([[1.0, 0.1], [0.0, 1.0]]), np.array([[1.0, 0.0]])
        k.P, k.R, k.Q = np.eye(2) * p[2], np.eye(1) * p[1], Q_discrete_white_noise(2, 0.1, p[0])
        found = 0.0
        for z in SERIES[:8]:
            k.predict()
            k.update(z)
            found = found + k.log_likelihood
        return found

    return f, [0.1, 0.5, 1.0]


@program
def filterpy_unscented() -> tuple[Program, list[float]]:
    from filterpy.kalman import MerweScaledSigmaPoints, UnscentedKalmanFilter

    def f(p: Any) -> Any:
        points = MerweScaledSigmaPoints(2, alpha=0.3, beta=2.0, kappa=1.0)
        moved = lambda x, dt: np.array([x[0] + dt * np.sin(x[1]), 0.9 * x[1]])
        k = UnscentedKalmanFilter(2, 1, 0.1, lambda x: np.array([x[0] ** 2 + x[1]]), moved, points)
        k.x, k.P, k.R, k.Q = np.array([0.3, 1.0]), np.eye(2) * p[1], np.eye(1) * 0.3, np.eye(2) * p[0]
        for z in SERIES[:4]:
            k.predict()
            k.update(np.array([z]))
        return k.x[0]

    return f, [0.1, 0.5]


@program
def pykrige_by_its_variogram() -> tuple[Program, list[float]]:
    from pykrige import OrdinaryKriging

    def f(p: Any) -> Any:
        model = OrdinaryKriging(*WHERE, SERIES[:12], variogram_model="gaussian", variogram_parameters=[*p])
        return model.execute("points", np.array([2.5]), np.array([2.4]))[0][0]

    return f, [1.0, 3.0, 0.1]


@program
def pykrige_by_the_place() -> tuple[Program, list[float]]:
    from pykrige import OrdinaryKriging

    def f(p: Any) -> Any:
        model = OrdinaryKriging(
            *WHERE, SERIES[:12], variogram_model="gaussian", variogram_parameters=[1.0, 3.0, 0.1]
        )
        return model.execute("points", p[:1], p[1:])[1][0]

    return f, [2.5, 2.4]


# ------------------------------------------------------------------------------------------------------------
# Economics
# ------------------------------------------------------------------------------------------------------------


@program
def quantecon_lyapunov() -> tuple[Program, list[float]]:
    import quantecon

    def f(p: Any) -> Any:
        return quantecon.solve_discrete_lyapunov(np.array([[p[0], 0.1], [0.0, p[1]]]), np.eye(2))[0, 0]

    return f, [0.5, 0.9]


@program
def quantecon_regulator() -> tuple[Program, list[float]]:
    import quantecon

    def f(p: Any) -> Any:
        a, b = np.array([[1.0, p[1]], [0, 1]]), np.array([[0.0], [1.0]])
        return quantecon.LQ(np.eye(1) * p[0], np.eye(2), a, b, beta=0.95).stationary_values()[0][0, 1]

    return f, [0.5, 0.9]


@program
def quantecon_chains() -> tuple[Program, list[float]]:
    import quantecon

    def f(p: Any) -> Any:
        first, second = quantecon.tauchen(5, p[0], 0.3), quantecon.rouwenhorst(5, p[0], p[1])
        return first.P[0, 1] * second.P[0, 1] * second.state_values[-1]

    return f, [0.8, 0.3]


@program
def quantecon_stationary_distribution() -> tuple[Program, list[float]]:
    import quantecon

    def f(p: Any) -> Any:
        rows = np.stack([p[0:3], p[3:6], p[1:4]])
        return quantecon.gth_solve(rows / rows.sum(1, keepdims=True)) @ np.array([1.0, 2.0, 4.0])

    return f, [0.3, 0.7, 0.4, 0.6, 0.2, 0.8]


@program
def nashpy_payoff() -> tuple[Program, list[float]]:
    import nashpy

    return lambda p: nashpy.Game(p.reshape(2, 2), p.reshape(2, 2).T ** 2)[[0.3, 0.7], [0.4, 0.6]][1], [
        1.0,
        2.0,
        3.0,
        4.0,
    ]


# ------------------------------------------------------------------------------------------------------------
# Statistics
# ------------------------------------------------------------------------------------------------------------


def of_statsmodels(name: str, y: np.ndarray, more: list[float] | None = None, **options: Any) -> None:
    """A log-likelihood of one of its models."""

    def make() -> tuple[Program, list[float]]:
        import statsmodels.api as sm

        given = {k: v(sm) for k, v in options.items()}
        return lambda b: getattr(sm, name)(y, DESIGN, **given).loglike(b), [0.2, -0.3, 0.1, *(more or [])]

    PROGRAMS[f"statsmodels_{name.lower()}"] = make


HITS, COUNTS = (SERIES > 0.4).astype(float), np.round(3 * np.abs(SERIES))
of_statsmodels("OLS", SERIES)
of_statsmodels("Logit", HITS)
of_statsmodels("Probit", HITS)
of_statsmodels("Poisson", COUNTS)
of_statsmodels("NegativeBinomial", COUNTS, [0.5])
of_statsmodels("GLM", SERIES**2 + 0.5, family=lambda sm: sm.families.Gamma(sm.families.links.Log()))


@program
def lifelines_weibull() -> tuple[Program, list[float]]:
    from lifelines.fitters.weibull_fitter import WeibullFitter

    times = np.array([1.0, 2.0, 3.0, 2.5])

    def f(p: Any) -> Any:
        fitter = WeibullFitter()
        return np.sum(fitter._log_hazard(p, times) - fitter._cumulative_hazard(p, times))

    return f, [2.0, 1.5]


@program
def pyhf_likelihood() -> tuple[Program, list[float]]:
    import pyhf

    model = pyhf.simplemodels.uncorrelated_background([5.0], [50.0], [7.0])
    return lambda p: model.logpdf(p, np.array([52.0, *model.config.auxdata]))[0], [1.1, 0.9]


@program
def iminuit_least_squares() -> tuple[Program, list[float]]:
    from iminuit.cost import LeastSquares

    line = lambda x, a, b: a * x + np.exp(-b * x)
    return lambda p: LeastSquares(TIMES, SERIES, 0.3, line)(*p), [0.3, 1.2]


@program
def iminuit_unbinned_likelihood() -> tuple[Program, list[float]]:
    from iminuit.cost import UnbinnedNLL
    from scipy.stats import norm

    return lambda p: UnbinnedNLL(SERIES, lambda x, m, s: norm.pdf(x, m, s))(*p), [0.3, 1.2]


@program
def sklearn_kernel() -> tuple[Program, list[float]]:
    from sklearn.gaussian_process.kernels import RBF

    return lambda p: RBF(p[0])(p[None, 1:], DESIGN[:, 1:])[0, 3], [0.7, 0.2, 0.4]


@program
def uncertainties_arithmetic() -> tuple[Program, list[float]]:
    import uncertainties.umath

    return lambda p: uncertainties.umath.sin(p[0]) * uncertainties.umath.exp(p[1]), [1.2, 0.3]


def first_order(f: Program, x: np.ndarray) -> dict[str, tuple[str, str]]:
    """What becomes of the gradient in each mode, beside differences."""
    slopes = np.array([difference(lambda y: float(f(y)), x, i) for i in range(len(x))])
    return {mode: verdict(f, x, mode, *slopes.T, max(1e-12, abs(float(f(x))))) for mode in MODES}


def second_order(f: Program, x: np.ndarray) -> tuple[str, str]:
    """What becomes of the Hessian, beside differences of first derivatives."""
    try:
        slope: Any = hoad.jacobian(f, mode="forward")
        right: Any = np.array([difference(slope, x, i)[0] for i in range(len(x))])
        found = np.asarray(hoad.hessian(f)(x.copy()), float)
    except HoadError as error:
        return "refused", str(error)
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"
    size = np.max(np.abs(right)) + np.max(np.abs(slope(x))) / np.max(np.abs(x))
    off = np.max(np.abs(found - right)) > 1e-4 * size
    return ("wrong", f"{found.tolist()}, and not {right.tolist()}") if off else ("right", "")


def main(names: list[str]) -> int:
    """Go through the programs; print a line for each, and give the number of those that are wrong."""
    warnings.simplefilter("ignore")
    wrong = right = 0
    for name in names or PROGRAMS:
        with apart():
            f, point = PROGRAMS[name]()
            told = first_order(f, np.array(point)) | {"Hessian": second_order(f, np.array(point))}
        verdicts = {what for what, _ in told.values()}
        wrong, right = wrong + ("wrong" in verdicts), right + (verdicts == {"right"})
        said = "; ".join([f"{way} {what} {why[:300]}".strip() for way, (what, why) in told.items()])
        print(f"{name}: {'right' if verdicts == {'right'} else said}", flush=True)
    print(f"{right} of {len(names or PROGRAMS)} are right in both modes and at second order, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
