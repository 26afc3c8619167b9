"""Where the rules of ``scipy.special`` are proved: over the whole range, next to every special point.

Each function comes with the same one in mpmath, the points, and the distance from a point to the next
singularity, which sets the steps of the exact differences. Where a function is a constant and a small rest,
the table has minus the rest, whose derivatives are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
import scipy.special as sc

Exact = Callable[..., Any]


@dataclass(frozen=True)
class Range:
    """A function of numbers, exactly, and points over its range; ``active`` is the one differentiated."""

    name: str
    function: Any
    exact: Exact
    points: tuple[tuple[float, ...], ...]
    distance: Callable[..., float]
    active: int
    first: float


RANGES: list[Range] = []

FIRST = 4.0
LOOSER = {  # more than FIRST for the first derivative, and why
    **dict.fromkeys(("erfcx", "log_ndtr"), (8.0, "erfcx and ndtr are rounded by several units in SciPy")),
    **dict.fromkeys(("gamma", "rgamma"), (8.0, "a product of two functions")),
    **dict.fromkeys(("ellipk", "ellipe", "dawsn"), (8.0, "a sum of many terms")),
    **dict.fromkeys(("gammainc", "gammaincc"), (64.0, "for large a, an exponent of some hundreds")),
    "rel_entr": (8.0, "a sum that vanishes at x = y/e"),
    **dict.fromkeys(("j0", "j1", "y0", "y1", "jv", "yv", "iv", "kv"), (16.0, "SciPy's at another order")),
}


def sizes(low: int, high: int, steps: int = 1) -> list[float]:
    """Numbers from ``10**low`` to ``10**high``, as many as ``steps`` to the power of ten, none round."""
    exponents = np.linspace(low, high, (high - low) * steps + 1)
    return [float(f"{1.2345678901234 * 10.0**e:.14g}") for e in exponents]


def signed(values: list[float]) -> list[float]:
    return [-v for v in reversed(values)] + values


def around(center: float, closest: int = -15) -> list[float]:
    """Numbers on both sides of a point."""
    return [center + d for d in signed(sizes(closest, -1))]


def first_of(name: str) -> float:
    return LOOSER[name][0] if name in LOOSER else FIRST


def of_one(name: str, exact: Exact, points: list[float], *singular: float, integers: Any = None) -> None:
    """Enter a function of one number, by its singular points; ``integers`` tells where they are integers."""

    def distance(x: float) -> float:
        found = [abs(x - s) for s in singular] + [max(abs(x), 1e-40) if x else 1.0]
        if integers is not None and integers(x):
            found.append(abs(x - round(x)))
        return min(found)

    rows = tuple((x,) for x in sorted(set(points)))
    RANGES.append(Range(name, getattr(sc, name), exact, rows, distance, 0, first_of(name)))


def of_two(name: str, exact: Exact, points: list[tuple[float, float]], active: int, distance: Any) -> None:
    """Enter a function of two numbers, by one of them."""
    RANGES.append(
        Range(
            f"{name} by {active}", getattr(sc, name), exact, tuple(points), distance, active, first_of(name)
        )
    )


def scaled(x: Any) -> Any:
    """``erfcx``: by Kummer's second function where the exponential is beyond reach."""
    return mp.exp(x * x) * mp.erfc(x) if x < 50 else mp.hyperu(0.5, 0.5, x * x) / mp.sqrt(mp.pi)


def normal(x: Any) -> Any:
    """The normal distribution, or minus the rest of it."""
    return mp.erfc(-x / mp.sqrt(2)) / 2 if x < 1 else -mp.erfc(x / mp.sqrt(2)) / 2


def log_normal(x: Any) -> Any:
    if x > 1:
        return mp.log1p(normal(x))
    return mp.log(scaled(-x / mp.sqrt(2)) / 2) - x * x / 2


def logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x)) if x < 1 else -1 / (1 + mp.exp(x))


def log_logistic(x: Any) -> Any:
    return -mp.log1p(mp.exp(-x)) if x > 0 else x - mp.log1p(mp.exp(x))


def error_rest(x: Any) -> Any:
    return mp.erf(x) if abs(x) < 1 else -mp.sign(x) * mp.erfc(abs(x))


def dawson(x: Any) -> Any:
    if abs(x) > 60:
        k = mp.mpf(x)
        terms, term = mp.mpf(0), 1 / (2 * k)
        for j in range(1, 200):
            terms += term
            term *= (2 * j - 1) / (2 * k * k)
        return terms
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def inverse_erfc(y: Any) -> Any:
    """The inverse of erfc, by Newton's method from double precision."""
    x, digits, wanted = mp.mpf(float(sc.erfcinv(float(y)))), 15, mp.mp.dps
    while digits < wanted:
        digits = 2 * digits - 2
        with mp.workdps(min(digits, wanted) + 15):
            x += (mp.erfc(x) - y) / (2 / mp.sqrt(mp.pi) * mp.exp(-x * x))
    return x


def inverse_erf(x: Any) -> Any:
    return mp.sign(x) * inverse_erfc(1 - abs(x)) if abs(x) > 0.5 else mp.erfinv(x)


def dilogarithm(x: Any) -> Any:
    """``spence``: by the inversion formula for large x, where mpmath's is slow."""
    if x <= 2:
        return mp.polylog(2, 1 - x)
    return -(mp.pi**2) / 6 - mp.log(x - 1) ** 2 / 2 - mp.polylog(2, 1 / (1 - x))


BELOW = lambda x: x < 1
SMALL = sizes(-308, 1, 1)[::12] + sizes(-20, 1, 1)
MODERATE = sorted({*sizes(-18, 1, 1), *np.linspace(0.013, 10.07, 70).tolist()})
WAVES = [*sizes(-18, -1), *np.linspace(0.113, 60.07, 40).tolist(), 123.4, 1234.5]
LARGE = sizes(1, 15, 1)
HUGE = sizes(16, 300, 1)[::40]
POLES = [p for n in (0, -1, -2, -3, -10, -33) for p in around(float(n), -14 if n else -15)]
TENTHS = np.linspace(-12.43, 12.61, 90).tolist()

of_one("erf", error_rest, signed([*SMALL, *MODERATE, 15.3, 21.7, 25.9]))
of_one("erfc", error_rest, signed([*SMALL, *MODERATE, 15.3, 21.7, 25.9]))
RANGES[-1] = Range(
    "erfc", sc.erfc, lambda x: -error_rest(x), RANGES[-1].points, RANGES[-1].distance, 0, FIRST
)
of_one("erfi", mp.erfi, signed([*SMALL, *MODERATE, 15.3, 21.7, 25.9]))
of_one("erfcx", scaled, [*signed([*SMALL, *MODERATE]), *LARGE, *HUGE[:4], -20.3, -25.9])
of_one(
    "erfinv",
    inverse_erf,
    signed([*SMALL[:-2], *np.linspace(0.013, 0.987, 31).tolist(), *[1 - d for d in sizes(-15, -1)]]),
    1.0,
    -1.0,
)
of_one(
    "erfcinv",
    inverse_erfc,
    [*sizes(-300, -1, 1)[::13], *np.linspace(0.013, 1.987, 41).tolist(), *[2 - d for d in sizes(-15, -1)]],
    0.0,
    2.0,
)
of_one("ndtr", normal, signed([*SMALL, *MODERATE, 15.3, 21.7, 35.9]))
of_one(
    "log_ndtr",
    log_normal,
    [*signed([*SMALL, *MODERATE]), 15.3, 35.9, *[-x for x in (*LARGE, *HUGE[:2])], -9.99, -10.01],
)
of_one(
    "ndtri",
    lambda p: -mp.sqrt(2) * inverse_erfc(2 * p),
    [*sizes(-300, -1, 1)[::13], *np.linspace(0.013, 0.987, 41).tolist(), *[1 - d for d in sizes(-15, -1)]],
    0.0,
    1.0,
)
of_one("dawsn", dawson, signed([*SMALL, *MODERATE, *LARGE, *HUGE[:3]]))

of_one(
    "gamma",
    mp.gamma,
    [*SMALL, *POLES, *TENTHS, 20.3, 51.7, 100.9, 150.3, 170.1, -100.3, -150.7],
    0.0,
    integers=BELOW,
)
of_one(
    "gammaln",
    lambda x: mp.log(abs(mp.gamma(x))) if x < 100 else mp.loggamma(x),
    [*SMALL, *POLES, *TENTHS, *LARGE, *HUGE, -100.3, -1000.7],
    0.0,
    integers=BELOW,
)
of_one("loggamma", mp.loggamma, [*SMALL, *[x for x in TENTHS if x > 0], *LARGE, *HUGE], 0.0)
of_one(
    "rgamma",
    mp.rgamma,
    [
        *POLES,
        *SMALL,
        *[-x for x in SMALL],
        *TENTHS,
        0.0,
        -1.0,
        -2.0,
        -5.0,
        -20.0,
        20.3,
        51.7,
        100.9,
        150.3,
        -100.3,
    ],
)
of_one(
    "psi",
    mp.digamma,
    [*SMALL, *POLES, *TENTHS, *LARGE, *HUGE, -100.3, -1000.7, -1e6 - 0.3],
    0.0,
    integers=BELOW,
)

of_one("expit", logistic, signed([*SMALL, *MODERATE, 15.3, 51.7, 350.3, 700.3]))
of_one(
    "logit",
    lambda x: mp.log(x / (1 - x)),
    [*sizes(-300, -1, 1)[::13], *np.linspace(0.013, 0.987, 31).tolist(), *[1 - d for d in sizes(-15, -1)]],
    0.0,
    1.0,
)
of_one("log_expit", log_logistic, signed([*SMALL, *MODERATE, 15.3, 51.7, 350.3, 700.3]))
of_one(
    "entr",
    lambda x: -x * mp.log(x),
    [*sizes(-300, 300, 1)[::13], *np.linspace(0.013, 2.987, 31).tolist()],
    0.0,
)


def beside(v: float) -> Any:
    """An order next to an integer one, where mpmath is a thousand times as fast."""
    return mp.mpf(v) + mp.mpf(10) ** -60 if v == round(v) else mp.mpf(v)


for order in (0, 1):
    of_one(f"j{order}", lambda x, k=order: mp.besselj(k, x), signed(WAVES))
    of_one(f"y{order}", lambda x, k=order: mp.bessely(beside(k), x), WAVES, 0.0)
    of_one(f"i{order}", lambda x, k=order: mp.besseli(k, x), signed([*WAVES[:-1], 512.3, 700.1]))
    of_one(
        f"k{order}",
        lambda x, k=order: mp.besselk(beside(k), x),
        [*sizes(-60, -18, 1)[::5], *WAVES[:-1], 512.3, 690.1],
        0.0,
    )

of_one("exp1", mp.e1, [*sizes(-90, -18, 1)[::5], *MODERATE, 51.3, 350.7, 690.1], 0.0)
of_one(
    "expi", mp.ei, [*signed([*sizes(-90, -18, 1)[::5], *MODERATE, 51.3, 350.7]), 690.1, 709.9, -690.1], 0.0
)
of_one(
    "spence", dilogarithm, [*sizes(-90, -1, 1)[::5], *MODERATE, *around(1.0), 1.0, *sizes(1, 90, 1)[::5]], 0.0
)
of_one(
    "ellipk",
    mp.ellipk,
    [
        *signed(SMALL[:-2]),
        0.0,
        *np.linspace(-9.7, 0.97, 41).tolist(),
        *[1 - d for d in sizes(-15, -1)],
        *[-x for x in LARGE],
    ],
    1.0,
)
of_one(
    "ellipe",
    mp.ellipe,
    [
        *signed(SMALL[:-2]),
        0.0,
        *np.linspace(-9.7, 0.97, 41).tolist(),
        *[1 - d for d in sizes(-15, -1)],
        *[-x for x in LARGE],
    ],
    1.0,
)

# ------------------------------------------------------------------------------------------------------------
# Functions of two numbers
# ------------------------------------------------------------------------------------------------------------

AT_ZERO = lambda *p: min(abs(v) for v in p)
PLUS = [1.2e-300, 3.4e-150, 2.3e-20, 1.7e-8, 0.013, 0.77, 1.0, 1.9, 7.3, 51.3, 2.1e5, 3.7e12, 1.9e150]
SQUARE = [(x, y) for x in PLUS for y in PLUS]
EQUAL = [(y * (1 + d), y) for y in PLUS for d in (0.0, 2.2e-16, -1.1e-16, 1.3e-9, -0.2, 0.9, -0.6)]
EQUAL += [(y * (1 + d), y) for y in PLUS[4:7] for d in (2.9e-14, -5.3e-12, -4.7e-8, 1.3e-5, -3.1e-4)]

for i in (0, 1):
    of_two("xlogy", lambda x, y: x * mp.log(y), SQUARE, i, AT_ZERO)
    of_two(
        "xlog1py",
        lambda x, y: x * mp.log1p(y),
        [*SQUARE, (0.7, -1 + 1e-9), (3.1, -0.3)],
        i,
        lambda x, y: min(x, y + 1),
    )
    of_two("rel_entr", lambda x, y: x * mp.log(x / y), [*SQUARE, *EQUAL], i, AT_ZERO)
    of_two("kl_div", lambda x, y: x * mp.log(x / y) - x + y, [*SQUARE, *EQUAL], i, AT_ZERO)
    of_two(
        "betaln",
        lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
        [p for p in SQUARE if max(p) < 1e13 and min(p) > 1e-9],
        i,
        AT_ZERO,
    )
    of_two("beta", mp.beta, [p for p in SQUARE if max(p) < 1e13 and min(p) > 1e-9], i, AT_ZERO)

of_two(
    "zeta",
    mp.zeta,
    [(s, q) for s in (1.0001, 1.3, 2.0, 5.7, 33.3) for q in (1e-9, 0.013, 0.77, 1.0, 2.9, 17.3, 451.3, 1e6)],
    1,
    lambda s, q: q,
)

ORDERS = (1e-9, 0.013, 0.5, 1.0, 1.3, 2.0, 3.0, 7.7, 19.9, 20.1, 51.3, 1001.7)
DENSE = [
    (a, x)
    for a in ORDERS
    for x in (1e-300, 1e-20, 0.013, 0.77, 1.9, 7.3, 21.9, 51.3, 351.7, 690.1, 1001.3, 1100.9)
]


def lower(a: Any, x: Any) -> Any:
    """``gammainc``, or minus ``gammaincc``."""
    return (
        mp.gammainc(a, 0, x, regularized=True) if x < a + 1 else -mp.gammainc(a, x, mp.inf, regularized=True)
    )


for sign in (1, -1):
    of_two(
        "gammainc" if sign == 1 else "gammaincc",
        lambda a, x, s=sign: s * lower(a, x),
        DENSE,
        1,
        lambda a, x: x,
    )

DEGREES = (0.0, 0.5, 1.0, 1.3, 2.0, 3.0, 7.7, 20.0, 101.3, -0.3, -1.0, -2.7)
for name, exact in (
    ("jv", mp.besselj),
    ("yv", lambda v, x: mp.bessely(beside(v), x)),
    ("iv", mp.besseli),
    ("kv", lambda v, x: mp.besselk(beside(v), x)),
):
    grid = [(v, x) for v in DEGREES for x in (1e-9, 0.013, 0.77, 1.9, 7.3, 21.9, 51.3, 151.7)]
    of_two(name, exact, grid, 1, lambda v, x: x)
