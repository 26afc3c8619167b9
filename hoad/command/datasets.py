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
        deviation: the published standard deviation of the residuals, as text.
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
    deviation: str


def michaelis_menten(theta: Any, x: Any) -> Any:
    """Reaction velocity at a substrate concentration."""
    return theta[0] * x / (theta[1] + x)


def saturation(theta: Any, x: Any) -> Any:
    """Exponential approach to a limit."""
    return theta[0] * (1 - np.exp(-theta[1] * x))


def power_law(theta: Any, x: Any) -> Any:
    """A power of the predictor."""
    return theta[0] * x ** theta[1]


def ratio_of_cubics(theta: Any, x: Any) -> Any:
    """A cubic over a cubic whose constant is 1."""
    above = theta[0] + x * (theta[1] + x * (theta[2] + x * theta[3]))
    return above / (1 + x * (theta[4] + x * (theta[5] + x * theta[6])))


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
    deviation="1.093E+01",
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
    deviation="1.0187876330E-01",
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
    deviation="3.2853114039E-02",
)

MOBILITY = """
    80.574 -3.067  84.248 -2.981  87.264 -2.921  87.195 -2.912  89.076 -2.840  89.608 -2.797
    89.868 -2.702  90.101 -2.699  92.405 -2.633  95.854 -2.481  100.696 -2.363  101.060 -2.322
    401.672 -1.501  390.724 -1.460  567.534 -1.274  635.316 -1.212  733.054 -1.100
    759.087 -1.046  894.206 -0.915  990.785 -0.714  1090.109 -0.566  1080.914 -0.545
    1122.643 -0.400  1178.351 -0.309  1260.531 -0.109  1273.514 -0.103  1288.339 0.010
    1327.543 0.119  1353.863 0.377  1414.509 0.790  1425.208 0.963  1421.384 1.006
    1442.962 1.115  1464.350 1.572  1468.705 1.841  1447.894 2.047  1457.628 2.200
"""  # pairs of y and x

THURBER = Dataset(
    name="Thurber",
    source="NIST Statistical Reference Datasets, nonlinear, higher difficulty: Thurber (1979)",
    formula="y = (b1 + b2 x + b3 x**2 + b4 x**3) / (1 + b5 x + b6 x**2 + b7 x**3)",
    model=ratio_of_cubics,
    x=np.array(MOBILITY.split()[1::2], dtype=float),
    y=np.array(MOBILITY.split()[0::2], dtype=float),
    names=("b1", "b2", "b3", "b4", "b5", "b6", "b7"),
    start=(1000.0, 1000.0, 400.0, 40.0, 0.7, 0.3, 0.03),
    estimates=(
        "1.2881396800E+03",
        "1.4910792535E+03",
        "5.8323836877E+02",
        "7.5416644291E+01",
        "9.6629502864E-01",
        "3.9797285797E-01",
        "4.9727297349E-02",
    ),
    errors=(
        "4.6647963344E+00",
        "3.9571156086E+01",
        "2.8698696102E+01",
        "5.5675370270E+00",
        "3.1333340687E-02",
        "1.4984928198E-02",
        "6.5842344623E-03",
    ),
    deviation="1.3714600784E+01",
)

ALL = (PUROMYCIN, MISRA1A, DANWOOD, THURBER)
