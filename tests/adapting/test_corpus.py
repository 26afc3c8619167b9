"""Programs as scientists write them, differentiated as they stand, to second order in every nesting."""

import functools
import importlib
import runpy
from pathlib import Path

import learning
import numpy as np
import proofs
import pytest
from differences import expansion
from turns import by_turns

import hoad

CORPUS = Path(__file__).parent / "corpus"

# By the module: the function, and a point at which nothing branches nearby.
PROGRAMS = {
    "acid_base": ("ph", [0.05, 4.76, 0.08]),
    "adaptive_simpson": ("ratio", [0.9, 1.3, 1.05]),
    "attention": ("perplexity", [0.8, 0.6, 0.9]),
    "attitude": ("heading", [0.8, -0.4, 1.1]),
    "baseline_als": ("area", [0.9, 1.1, 0.05]),
    "beam_dataclass": ("deflection", [0.2, 0.3, 0.9]),
    "binomial_tree": ("price", [44.0, 0.04, 0.35]),
    "biquad": ("rms", [0.9, 0.8, 0.5]),
    "chromatography": ("resolution", [0.5, 1.1, 0.4]),
    "cosmology": ("chi2", [69.0, 0.28, -0.95]),
    "crank_nicolson": ("mean_temperature", [0.8, 0.3, 1.5]),
    "debye_scattering": ("loss", [1.2, 0.3]),
    "decay_chain_script": ("misfit", [1.05, 0.95, 1.1]),
    "descriptors": ("travel_time", [2.1, 1.4, 0.3]),
    "dosing": ("loss", [1.2, 0.3, 1.1]),
    "ecosystem_copies": ("difference", [1.3, 0.4, 0.8]),
    "expression_match": ("value", [0.7, 0.9]),
    "extended_kalman": ("pendulum_cost", [9.0, 0.4, 0.3]),
    "field_context": ("energy", [1.2, 0.1, 0.6]),
    "garch": ("model.loglike", [0.1, 0.15, 0.6]),
    "gaussian_process": ("log_marginal_likelihood", [0.1, -0.2, -2.0]),
    "gr4j": ("mean_log_flow", [1.0, 0.3, 0.9, 1.6]),
    "grids": ("area", [1.2, 0.7, 0.4]),
    "guarded_chemistry": ("activity", [1.4, 0.7, 0.6]),
    "hodgkin_huxley": ("response", [12.0, 115.0, 1.1]),
    "impedance": ("gain", [0.6, 0.8, 0.5]),
    "implied_volatility": ("smile", [1.5, -0.2, -0.1]),
    "inverse_kinematics": ("comfort", [0.7, 0.6, 0.4]),
    "ising_transfer": ("free_energy", [0.7, 0.3, 0.9]),
    "kalman": ("loss", [-1.5, -0.7, 0.9]),
    "kepler_orbit": ("slant_range", [1.05, 0.15, 0.9]),
    "kernel_registry": ("posterior", [0.9, 1.2, 0.4]),
    "learned_rate": ("final_loss", [0.3, 0.05, 0.6]),
    "lennard_jones": ("observable", [1.1, 0.95, 0.006]),
    "leslie": ("objective", [0.9, 0.5, 0.7]),
    "logged_fit": ("loss", [1.0, 0.9, 0.2]),
    "lorenz_generator": ("roughness", [1.05, 0.95, 1.2]),
    "mixture": ("compressibility", [1.02, 0.9, 0.4]),
    "mixture_em": ("log_likelihood", [-1.5, 2.2, 1.2]),
    "moist_air": ("profile_energy", [24.0, 0.6, 0.95]),
    "monte_carlo_heston": ("call_price", [0.05, 1.3, 0.06, 0.2]),
    "neural_network": ("loss", [0.2, -0.3, 0.5]),
    "oblate_orbit": ("energy_and_height", [0.95, 0.2, 0.08]),
    "ols_frame": ("loss", [1.0, 0.08, 0.02, -0.03]),
    "optics_tower": ("spot", [0.5, 0.1, 0.8]),
    "padded_signal": ("energy", [1.3, 2.2, 0.7]),
    "pendulum_script": ("observable", [0.7, 1.1, 0.2]),
    "peng_robinson": ("fugacity_difference", [1.02, 1.1]),
    "percolation_numba": ("energy", [1.05, 0.1, 0.8]),
    "phylogeny": ("log_likelihood", [2.5, 1.2, 0.15]),
    "pid_control": ("itae", [4.0, 1.5, 0.4]),
    "pk_one_compartment": ("neg_log_likelihood", [0.1, 1.2, 3.6, -0.8]),
    "pk_two_compartment": ("effect", [0.25, 0.15, 0.1, 0.4]),
    "plasma_vectorize": ("rate", [1.1, 0.3, 0.4]),
    "polynomials": ("residual", [0.4, 0.9, 0.3]),
    "pool_map": ("total", [0.8, 0.9, 0.7]),
    "portfolio": ("objective", [0.4, 0.3, 0.5]),
    "probit": ("marginal_effect", [0.1, 0.6, -0.2]),
    "pseudo_voigt": ("chi2", [0.15, 0.9, 0.7, 0.4]),
    "quantum_well": ("observable", [0.5, 0.2, 0.7]),
    "ray_tracing": ("misfit", [1.8, 2.4, 3.1]),
    "reaction_network": ("yield_of_product", [0.8, 1.2, 0.7]),
    "registration": ("ncc", [0.06, 0.23, -0.31]),
    "reliability": ("objective", [1.4, 3.2, 1.5]),
    "renewal": ("attack", [1.8, 0.4, 4.5]),
    "reservoir": ("objective", [1.3, 2.1, 1.05]),
    "robot_arm": ("manipulability", [0.3, 0.8, -0.6]),
    "root_walrus": ("equilibrium", [0.8, 1.1, 0.6]),
    "seir": ("deviance", [2.4, 0.3, 0.25]),
    "seismic_network": ("misfit", [0.31, 0.23, 0.27]),
    "sequence_models": ("score", [0.72, 0.31, 0.64]),
    "shortest_path": ("centrality", [1.1, 0.3, 0.8]),
    "single_diode": ("power", [0.98, 1.0, 1.02]),
    "soil_piecewise": ("drainage", [1.3, 2.2, 0.6]),
    "spectra_dispatch": ("area", [1.2, 0.4, 0.3]),
    "stars_structured": ("spread", [1.2, 0.4, 0.7]),
    "stiff_kinetics": ("product", [1.0, 90.0, 1.5]),
    "structure_factor": ("intensities", [5.6, 6.1, 95.0]),
    "sun_position": ("daily_energy", [48.0, 30.0, 2.5]),
    "tableau_fractions": ("growth", [0.3, 0.9, 1.7]),
    "thin_film": ("merit", [1.9, 1.05, 0.97]),
    "truss": ("compliance", [1.1, 0.8, 1.3]),
    "universal_variable": ("lagrange_f", [1.1, 1.0, 0.7]),
    "variogram": ("estimate", [0.1, 0.9, 2.6]),
    "vincenty": ("detour", [58.0, -20.0]),
    "yield_curve": ("objective", [0.035, -0.01, 0.012]),
}

NESTINGS = {
    "forward": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "reverse": hoad.grad,
    **{
        mode: functools.partial(hoad.hessian, mode=mode)
        for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
    },
    "taylor": lambda f, x: np.stack([hoad.directional(f, x, u, 2) for u in np.eye(x.size)]),
}


@functools.cache
def program(name: str):
    """The function of a program; a script is run as a shell runs it."""
    f, _ = PROGRAMS[name]
    if name.endswith("_script"):
        return runpy.run_path(str(CORPUS / f"{name}.py"), run_name="__main__")[f]
    held = importlib.import_module(f"corpus.{name}")
    for part in f.split("."):
        held = getattr(held, part)
    return held


@functools.cache
def right(name: str):
    """Its gradient and its Hessian, by differences of plain numbers."""
    return expansion(lambda x: float(program(name)(x)), np.array(PROGRAMS[name][1]))


@pytest.fixture(autouse=True)
def no_arguments(monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["program"])


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_as_it_stands(name: str, nesting: str) -> None:
    f, x = program(name), np.array(PROGRAMS[name][1])
    gradient, hessian = right(name)
    wanted = {"forward": gradient, "reverse": gradient, "taylor": np.diag(hessian)}.get(nesting, hessian)
    found = NESTINGS[nesting](f, x.copy())
    scale = np.abs(x) if wanted.ndim == 1 else np.outer(np.abs(x), np.abs(x))
    scale = scale * (np.abs(x) if nesting == "taylor" else 1)
    np.testing.assert_allclose(
        found * scale, wanted * scale, rtol=1e-7, atol=1e-8 * np.max(np.abs(wanted * scale))
    )


FORMS = {"value": lambda f: f, "gradient": hoad.grad}


def near(x: np.ndarray) -> list[np.ndarray]:
    """Points at which a program goes the same way, the first of them twice, and again in the end."""
    return [x.copy(), x.copy(), x * (1 + 1e-6), x * (1 - 2e-6 * np.arange(x.size)), x.copy()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "form"), by_turns(PROGRAMS, FORMS, every=3))
def test_compiled(name: str, form: str) -> None:
    """What is recorded of a program is the program, at other points too; where it can't be, nothing is."""
    g, x = FORMS[form](program(name)), np.array(PROGRAMS[name][1])
    compiled = hoad.compile(g)
    for point in near(x):
        wanted = g(point.copy())
        np.testing.assert_allclose(
            compiled(point.copy()), wanted, rtol=1e-8, atol=1e-9 * np.max(np.abs(wanted))
        )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", proofs.sampled(PROGRAMS, 3))
def test_learned(name: str) -> None:
    f, x = program(name), np.array(PROGRAMS[name][1])
    with learning.at_once():
        found = [hoad.grad(f)(point) for point in near(x) * 2]
    with hoad.run_each_time():
        wanted = [hoad.grad(f)(point) for point in near(x)] * 2
    np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-9 * np.max(np.abs(wanted)))


def test_every_program_is_tested() -> None:
    files = {path.stem for path in CORPUS.glob("*.py")} - {"__init__", "substances"}
    assert files == set(PROGRAMS)
