"""Published nonlinear regression problems: the data, the model, and the published estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """A regression problem, with what was published of its solution.

    Args:
        name: how it is called.
        source: where data and estimates were published.
        formula: the model, as text.
        model: the model, ``model(parameters, x)``.
        x: the predictor.
        y: the response.
        names: the parameters' names.
        start: where the fit begins.
        estimates: the published estimates, as text, so that their digits are known.
        errors: the published standard errors, as text.
    """

    name: str
    source: str
    formula: str
    model: Callable[[Any, Any], Any]
    x: Any
    y: Any
    names: tuple[str, ...]
    start: tuple[float, ...]
    estimates: tuple[str, ...]
    errors: tuple[str, ...]


def michaelis_menten(theta: Any, x: Any) -> Any:
    """Reaction velocity at a substrate concentration."""
    return theta[0] * x / (theta[1] + x)


def saturation(theta: Any, x: Any) -> Any:
    """Exponential approach to a limit."""
    return theta[0] * (1 - np.exp(-theta[1] * x))


def power_law(theta: Any, x: Any) -> Any:
    """A power of the predictor."""
    return theta[0] * x ** theta[1]


PUROMYCIN = Dataset(
    name="Puromycin (treated cells)",
    source="Bates and Watts (1988), Nonlinear Regression Analysis; estimates as summary(nls()) of R",
    formula="rate = V conc / (K + conc)",
    model=michaelis_menten,
    x=np.array([0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10]),
    y=np.array([76.0, 47.0, 97.0, 107.0, 123.0, 139.0, 159.0, 152.0, 191.0, 201.0, 207.0, 200.0]),
    names=("V", "K"),
    start=(200.0, 0.1),
    estimates=("2.127E+02", "6.412E-02"),
    errors=("6.947E+00", "8.281E-03"),
)

MISRA1A = Dataset(
    name="Misra1a",
    source="NIST Statistical Reference Datasets, nonlinear: Misra (1978), dental research",
    formula="y = b1 (1 - exp(-b2 x))",
    model=saturation,
    x=np.array(
        [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0]
    ),
    y=np.array(
        [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78]
    ),
    names=("b1", "b2"),
    start=(250.0, 5e-4),
    estimates=("2.3894212918E+02", "5.5015643181E-04"),
    errors=("2.7070075241E+00", "7.2668688436E-06"),
)

DANWOOD = Dataset(
    name="DanWood",
    source="NIST Statistical Reference Datasets, nonlinear: Daniel and Wood (1980), radiated energy",
    formula="y = b1 x**b2",
    model=power_law,
    x=np.array([1.309, 1.471, 1.490, 1.565, 1.611, 1.680]),
    y=np.array([2.138, 3.421, 3.597, 4.340, 4.882, 5.660]),
    names=("b1", "b2"),
    start=(0.7, 4.0),
    estimates=("7.6886226176E-01", "3.8604055871E+00"),
    errors=("1.8281973860E-02", "5.1726610913E-02"),
)

ALL = (PUROMYCIN, MISRA1A, DANWOOD)
