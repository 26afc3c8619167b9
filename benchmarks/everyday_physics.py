"""Small programs as they are found in physics, chemistry and engineering, with SciPy, loops and classes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import fft, integrate, interpolate, linalg, signal, special
from scipy.sparse import diags
from scipy.sparse.linalg import spsolve
from scipy.spatial.transform import Rotation

SIR_DATA = np.array([1.0, 2.5, 6.0, 12.0, 20.0, 26.0, 28.0])
BARS = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]


def truss(p: Any) -> Any:
    """The work of loads on a truss, whose stiffness is put together bar by bar."""
    nodes = np.array([[0, 0], [1, 0], [0.5, p[2] + 0.6], [1.5, 0.9]])
    stiffness = np.zeros((8, 8))
    for i, j in BARS:
        d = nodes[j] - nodes[i]
        length = np.linalg.norm(d)
        c, s = d / length
        places = [2 * i, 2 * i + 1, 2 * j, 2 * j + 1]
        stiffness[np.ix_(places, places)] += p[0] * p[1] / length * np.outer([-c, -s, c, s], [-c, -s, c, s])
    free, loads = [4, 5, 6, 7], np.array([0, -1.0, 0.2, -0.5])
    return loads @ np.linalg.solve(stiffness[np.ix_(free, free)], loads)


def heat_sparse(p: Any) -> Any:
    """The heat in a rod whose conductivity varies, by a sparse matrix."""
    n = 20
    h = 1 / (n + 1)
    x = np.linspace(h, 1 - h, n)
    conductivity = p[0] + p[1] * x**2
    sides = -conductivity[:-1] / h**2
    matrix = diags([2 * conductivity / h**2, sides, sides], [0, 1, -1], format="csc")
    u = spsolve(matrix, np.ones(n))
    return np.sum((u[1:] + u[:-1]) / 2 * np.diff(x))


def robertson(k: Any) -> Any:
    """Stiff kinetics of three species."""

    def rates(t: float, y: Any) -> Any:
        a, b, c = y
        return [-k[0] * a + k[2] * b * c, k[0] * a - k[2] * b * c - k[1] * b * b, k[1] * b * b]

    found = integrate.solve_ivp(rates, (0, 5), [1.0, 0, 0], method="BDF", rtol=1e-10, atol=1e-12)
    return found.y[2, -1]


def epidemic(p: Any) -> Any:
    """An epidemic of three compartments beside data."""

    def rates(y: Any, t: float, b: Any, g: Any) -> Any:
        s, i, r = y
        n = s + i + r
        return -b * s * i / n, b * s * i / n - g * i, g * i

    found = integrate.odeint(rates, [99.0, 1.0, 0.0], np.arange(7.0), args=tuple(p), rtol=1e-10, atol=1e-10)
    return ((found[:, 1] - SIR_DATA) ** 2).sum()


def lennard_jones(x: Any) -> Any:
    """The energy of a few particles in a periodic box."""
    r, energy = x.reshape(-1, 2), 0
    for i in range(len(r)):
        for j in range(i + 1, len(r)):
            d = r[i] - r[j]
            d -= 3 * np.round(d / 3)
            square = np.dot(d, d)
            if square > 2.5**2:
                continue
            s6 = 1 / square**3
            energy += 4 * (s6**2 - s6)
    return energy


def layers(p: Any) -> Any:
    """What thin layers reflect, by transfer matrices."""
    m = np.eye(2, dtype=complex)
    for n, d in zip([p[0], p[1], p[0]], [0.1, p[2], 0.2], strict=True):
        phase = 2 * np.pi * n * d / 0.6
        m = m @ np.array([[np.cos(phase), 1j * np.sin(phase) / n], [1j * n * np.sin(phase), np.cos(phase)]])
    back, through = m[0, 0] + m[0, 1] - m[1, 0] - m[1, 1], m[0, 0] + m[0, 1] + m[1, 0] + m[1, 1]
    return abs(back / through) ** 2


def band_gap(p: Any) -> Any:
    """The gap of a chain of two alternating bonds."""
    h = np.zeros((6, 6))
    for i in range(5):
        h[i, i + 1] = h[i + 1, i] = p[i % 2]
    energies = np.linalg.eigvalsh(h)
    return energies[3] - energies[2]


def waves_in_place(p: Any) -> Any:
    """Maxwell's equations in one dimension, stepped in place."""
    e, h, permittivity = np.zeros(40), np.zeros(39), np.ones(40)
    permittivity[20:] = p[1]
    for n in range(40):
        h += 0.5 * np.diff(e)
        e[1:-1] += 0.5 / permittivity[1:-1] * np.diff(h)
        e[5] += p[0] * np.exp(-(((n - 10) / 4) ** 2))
    return np.sum(e**2)


def tridiagonal(p: Any) -> Any:
    """A tridiagonal system by elimination, in place."""
    n = 6
    a, b, c, d = np.full(n, p[1]), np.full(n, p[0]), np.full(n, p[2] * 0.3), np.arange(1.0, n + 1)
    for i in range(1, n):
        m = a[i] / b[i - 1]
        b[i] -= m * c[i - 1]
        d[i] -= m * d[i - 1]
    x = np.zeros(n)
    x[-1] = d[-1] / b[-1]
    for i in reversed(range(n - 1)):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return x.sum()


def splines(y: Any) -> Any:
    """Two splines through given values."""
    knots = [0, 1, 2, 3]
    return interpolate.CubicSpline(knots, y)(1.3) + interpolate.make_interp_spline(knots, y, k=3)(0.4) ** 2


def debye(p: Any) -> Any:
    """The heat capacity of a crystal, an integral."""
    integral, _ = integrate.quad(lambda x: x**3 / np.expm1(x), 0, p[0] / p[1])
    return 9 * (p[1] / p[0]) ** 3 * integral


def low_pass(p: Any) -> Any:
    """The power behind a filter of frequencies."""
    t = np.arange(64) / 64
    spectrum = fft.rfft(np.sin(2 * np.pi * p[0] * t) + 0.1 * np.cos(2 * np.pi * 20 * t))
    spectrum *= 1 / (1 + (fft.rfftfreq(64, 1 / 64) / (10 * p[1] + 4)) ** 4)
    return np.sum(fft.irfft(spectrum) ** 2)


def two_compartments(p: Any) -> Any:
    """A dose in two compartments, by the exponential of a matrix."""
    rates = np.array([[-p[0] - p[1], p[2]], [p[1], -p[2]]])
    return linalg.expm(rates * 2.0)[0] @ [10, 1.0]


def kepler(p: Any) -> Any:
    """The true anomaly of an orbit, by Newton's iteration."""
    e, mean = p
    anomaly = mean
    for _ in range(50):
        step = (anomaly - e * np.sin(anomaly) - mean) / (1 - e * np.cos(anomaly))
        anomaly -= step
        if abs(step) < 1e-14:
            break
    return 2 * math.atan2(np.sqrt(1 + e) * np.sin(anomaly / 2), np.sqrt(1 - e) * np.cos(anomaly / 2))


def rotation(w: Any) -> Any:
    """A vector turned by a rotation."""
    return Rotation.from_rotvec(w).apply([1.0, 2, 3]) @ [1, 0, 2]


def fibre(p: Any) -> Any:
    """Special functions, of orders that vary too."""
    return (
        special.jv(0, p[0]) * special.kv(1, p[1])
        + special.ellipk(p[1] ** 2)
        + special.gammainc(p[0], p[1])
        + special.erfcx(p[1])
    )


@dataclass
class Body:
    """A mass, where it is and how fast, and where it was."""

    mass: float
    place: np.ndarray
    speed: np.ndarray
    path: list[np.ndarray] = field(default_factory=list)


def bodies(p: Any) -> Any:
    """Two bodies, followed with the leapfrog."""
    both = [
        Body(p[0], np.zeros(2), np.zeros(2)),
        Body(0.01, np.array([1.0, p[1]]), np.array([0.0, p[2]])),
    ]

    def pull(b: Body) -> Any:
        others = (o for o in both if o is not b)
        return sum(
            (o.mass * (o.place - b.place) / np.linalg.norm(o.place - b.place) ** 3 for o in others),
            np.zeros(2),
        )

    for _ in range(20):
        for b in both:
            b.speed = b.speed + 0.01 * pull(b)
        for b in both:
            b.place += 0.02 * b.speed
            b.path.append(b.place.copy())
    return np.array(both[1].path)[:, 0].sum()


def moving_average(p: Any) -> Any:
    """The likelihood of a series, by a recursive filter."""
    found = signal.lfilter([1, -p[0]], [1, p[1]], np.cos(np.arange(25) * 0.7))
    return np.log(found @ found / 25)


def contraction(x: Any) -> Any:
    """Contractions of a small tensor."""
    t = x.reshape(2, 2, 2)
    return np.einsum("ijk,kjl->il", t, t).trace() + np.tensordot(t, t, 3)


def chirp(p: Any) -> Any:
    """The phase of a chirp, without its jumps."""
    t = np.arange(20)
    return np.unwrap(np.angle(np.exp(1j * (p[0] * t + p[1] * t**2)))).sum()


PROGRAMS = [
    (truss, [2.0, 1.5, 0.3]),
    (heat_sparse, [1.0, 0.4]),
    (robertson, [0.04, 3.0, 1.0]),
    (epidemic, [0.9, 0.3]),
    (lennard_jones, [0, 0, 1.1, 0.1, 0.5, 1.0, 1.6, 0.9]),
    (layers, [1.5, 2.3, 0.12]),
    (band_gap, [1.0, 0.6]),
    (waves_in_place, [1.0, 2.0]),
    (tridiagonal, [4.0, 1.0, 2.0]),
    (splines, [1.0, 2.0, 0.5, 1.5]),
    (debye, [0.8, 1.1]),
    (low_pass, [3.0, 0.2]),
    (two_compartments, [0.3, 0.2, 0.1]),
    (kepler, [0.3, 1.2]),
    (rotation, [0.1, 0.2, 0.3]),
    (fibre, [1.5, 0.8]),
    (bodies, [1.0, 0.1, 0.9]),
    (moving_average, [0.5, 0.3]),
    (contraction, list(np.arange(8) * 0.1)),
    (chirp, [0.3, 0.5]),
]
