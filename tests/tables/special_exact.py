"""Functions of ``scipy.special`` that mpmath has too, by each argument in which they have a derivative: for
the page of errors (``docs/scipy.md``). Those of ``special_points.py`` are proved over more points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import scipy.special as sc


@dataclass(frozen=True)
class Exact:
    """A function, exactly, by some of its arguments, at points."""

    name: str
    function: Callable[..., Any]
    exact: Callable[..., Any]
    points: tuple[tuple[float, ...], ...]
    arguments: tuple[int, ...]


EXACT: list[Exact] = []
PLUS = (1e-8, 0.013, 0.31, 1.17, 3.3, 9.7, 31.3)
SIGNED = (-9.7, -1.17, -0.031, 0.013, 0.31, 3.3, 17.1)
SHARES = (1e-6, 0.03, 0.21, 0.5, 0.77, 0.98)
Q = mp.mpf


def enter(name: str, exact: Any, points: Any, *arguments: int, function: Any = None) -> None:
    """Enter a function; points that are numbers are those of one argument."""
    rows = tuple(p if isinstance(p, tuple) else (p,) for p in points)
    EXACT.append(Exact(name, function or getattr(sc, name.split()[0]), exact, rows, arguments or (0,)))


def each(*columns: Any) -> list[tuple[float, ...]]:
    """Rows of a few combinations of columns."""
    longest = max(len(c) for c in columns)
    return [tuple(c[(i * (2 * j + 1) + j) % len(c)] for j, c in enumerate(columns)) for i in range(longest)]


def fixed(name: str, *before: Any) -> Callable[[Any], Any]:
    """A function of SciPy's with its first arguments given."""
    function = getattr(sc, name)
    return lambda x: function(*before, x)


# elementary
enter("cbrt", lambda x: mp.cbrt(x), PLUS)
enter("exp2", lambda x: Q(2) ** x, SIGNED)
enter("exp10", lambda x: Q(10) ** x, SIGNED)
enter("expm1", mp.expm1, SIGNED)
enter("log1p", mp.log1p, (-0.97, -0.3, -1e-9, *PLUS))
enter("exprel", lambda x: mp.expm1(x) / x, SIGNED)
enter("cosm1", lambda x: mp.cos(x) - 1, SIGNED)
enter("sindg", lambda x: mp.sin(x * mp.pi / 180), (-170.3, -31.0, 0.3, 44.0, 91.3, 400.7))
enter("cosdg", lambda x: mp.cos(x * mp.pi / 180), (-170.3, -31.0, 0.3, 44.0, 91.3, 400.7))
enter("tandg", lambda x: mp.tan(x * mp.pi / 180), (-170.3, -31.0, 0.3, 44.0, 88.3))
enter("cotdg", lambda x: mp.cot(x * mp.pi / 180), (-170.3, -31.0, 0.3, 44.0, 88.3))
enter("powm1", lambda x, y: x**y - 1, each(PLUS[1:], SIGNED[1:-1]), 0, 1)
enter("boxcox", lambda x, p: (x**p - 1) / p, each(PLUS[1:], (-0.6, 1e-5, 0.3, 1.7)), 0, 1)
enter("boxcox1p", lambda x, p: ((1 + x) ** p - 1) / p, each(PLUS, (-0.6, 1e-5, 0.3, 1.7)), 0, 1)
enter("inv_boxcox", lambda y, p: (y * p + 1) ** (1 / p), each((0.1, 0.5, 1.3), (-0.4, 1e-5, 0.7)), 0, 1)
enter("inv_boxcox1p", lambda y, p: (y * p + 1) ** (1 / p) - 1, each((0.1, 0.5, 1.3), (-0.4, 1e-5, 0.7)), 0, 1)
enter("pseudo_huber", lambda d, r: d * d * (mp.sqrt(1 + (r / d) ** 2) - 1), each(PLUS[1:], SIGNED), 0, 1)
enter("lambertw", mp.lambertw, (-0.367, -0.2, -0.01, *PLUS), function=lambda x: sc.lambertw(x).real)
enter("wrightomega", lambda x: mp.lambertw(mp.exp(x)), SIGNED)
enter("agm", mp.agm, each(PLUS[1:], PLUS[:0:-1]), 0, 1)
enter("binom", mp.binomial, [(4.3, 2.2), (10.7, 0.3), (30.3, 11.7)], 0, 1)
enter("poch", mp.rf, [(0.3, 1.2), (4.3, 2.2), (10.7, 0.3), (30.3, 11.7)], 0, 1)
if hasattr(sc, "softplus"):
    enter("softplus", lambda x: mp.log1p(mp.exp(x)), SIGNED)
# error functions and integrals


def faddeeva(z: Any) -> Any:
    """The function of Faddeeva's."""
    return mp.exp(-z * z) * mp.erfc(-1j * z)


enter("fresnel S", mp.fresnels, (0.013, 0.31, 1.17, 3.3, 9.7), function=lambda x: sc.fresnel(x)[0])
enter("fresnel C", mp.fresnelc, (0.013, 0.31, 1.17, 3.3, 9.7), function=lambda x: sc.fresnel(x)[1])
enter("sici Si", mp.si, PLUS[1:], function=lambda x: sc.sici(x)[0])
enter("sici Ci", mp.ci, PLUS[1:], function=lambda x: sc.sici(x)[1])
enter("shichi Shi", mp.shi, PLUS[1:], function=lambda x: sc.shichi(x)[0])
enter("shichi Chi", mp.chi, PLUS[1:], function=lambda x: sc.shichi(x)[1])
for _n in (0, 1, 4):
    enter(f"expn {_n}", lambda x, n=_n: mp.expint(n, x), PLUS[1:], function=lambda x, n=_n: sc.expn(n, x))
enter(
    "voigt_profile",
    lambda x, s, g: mp.re(faddeeva((x + 1j * g) / (s * mp.sqrt(2)))) / (s * mp.sqrt(2 * mp.pi)),
    [(-1.2, 0.7, 0.4), (0.3, 1.3, 0.1), (4.1, 0.6, 1.7)], 0, 1, 2,
)  # fmt: skip
ZETA = (-20.3, -4.0, -0.3, 0.0, 0.5, 0.9999, 1.3, 2.7, 5.1, 17.3)
enter("zetac", lambda x: mp.zeta(x) - 1, ZETA)
enter("zeta of one", mp.zeta, ZETA, function=lambda s: sc.zeta(s))
enter("zeta", lambda s, q: mp.zeta(s, q), [(1.3, 0.7), (2.7, 3.1), (7.1, 0.3), (17.3, 2.9)], 0)
enter("polygamma 2", lambda x: mp.psi(2, x), PLUS[1:], function=lambda x: sc.polygamma(2, x))
enter(
    "multigammaln 2",
    lambda a: mp.log(mp.pi) / 2 + mp.loggamma(a) + mp.loggamma(a - mp.mpf(1) / 2),
    (0.7, 1.3, 4.4, 31.7), function=lambda a: sc.multigammaln(a, 2),
)  # fmt: skip
# Bessel and kin
for _k, _name in enumerate(("airyai", "airyai'", "airybi", "airybi'")):
    _f = getattr(mp, _name.rstrip("'"))
    _of = (lambda x, f=_f: f(x, derivative=1)) if _name.endswith("'") else _f
    enter(f"airy {_k}", _of, (-9.7, -3.1, -0.3, 0.3, 2.2, 7.7), function=lambda x, k=_k: sc.airy(x)[k])
for _n in (0, 1):
    enter(f"i{_n}e", lambda x, n=_n: mp.exp(-abs(x)) * mp.besseli(n, x), SIGNED)
    enter(f"k{_n}e", lambda x, n=_n: mp.exp(x) * mp.besselk(n + Q(10) ** -60, x), PLUS[1:])
for _name, _of in (
    ("jve", mp.besselj), ("yve", mp.bessely),
    ("ive", lambda v, x: mp.exp(-x) * mp.besseli(v, x)), ("kve", lambda v, x: mp.exp(x) * mp.besselk(v, x)),
):  # fmt: skip
    enter(
        f"{_name} 1.3", lambda x, f=_of: f(Q(1.3), x), PLUS[1:],
        function=fixed(_name, 1.3),
    )  # fmt: skip
for _name in ("jv", "yv", "iv", "kv"):
    _of = getattr(mp, f"bessel{_name[0]}")
    enter(_name, _of, [(0.3, 0.7), (2.7, 4.1), (0.9, 17.3), (7.7, 3.3)], 0)
enter("struve 1.3", lambda x: mp.struveh(Q(1.3), x), PLUS[1:], function=lambda x: sc.struve(1.3, x))
enter("modstruve 1.3", lambda x: mp.struvel(Q(1.3), x), PLUS[1:-1], function=lambda x: sc.modstruve(1.3, x))
for _name in ("ber", "bei", "ker", "kei"):
    enter(_name, lambda x, n=_name: getattr(mp, n)(0, x), PLUS[1:-1])
_HALF = {"jn": mp.besselj, "yn": mp.bessely, "in": mp.besseli, "kn": mp.besselk}
for _name, _of in _HALF.items():
    _scale = lambda x: mp.sqrt(mp.pi / (2 * x))
    enter(
        f"spherical_{_name} 2", lambda x, f=_of, s=_scale: s(x) * f(Q(5) / 2, x), PLUS[1:-1],
        function=fixed(f"spherical_{_name}", 2),
    )  # fmt: skip
# elliptic
enter("ellipkinc", mp.ellipf, each((0.3, 1.1, -0.7, 1.4), (0.1, 0.5, 0.9, -2.0)), 0, 1)
enter("ellipeinc", mp.ellipe, each((0.3, 1.1, -0.7, 1.4), (0.1, 0.5, 0.9, -2.0)), 0, 1)
enter("ellipkm1", lambda p: mp.ellipk(1 - p), SHARES)
enter("ellipj sn", lambda u, m: mp.ellipfun("sn", u, m=m), each((0.3, 1.1, 2.7), (0.1, 0.5, 0.9)), 0, 1,
      function=lambda u, m: sc.ellipj(u, m)[0])  # fmt: skip
enter("elliprc", mp.elliprc, each(PLUS[1:], PLUS[:0:-1]), 0, 1)
enter("elliprf", mp.elliprf, [(0.3, 0.8, 1.7), (4.1, 0.02, 2.0), (9.3, 7.1, 8.8)], 0, 1, 2)
enter("elliprd", mp.elliprd, [(0.3, 0.8, 1.7), (4.1, 0.02, 2.0), (9.3, 7.1, 8.8)], 0, 1, 2)
enter("elliprj", mp.elliprj, [(0.3, 0.8, 1.7, 0.9), (4.1, 0.02, 2.0, 3.1)], 0, 1, 2, 3)
# hypergeometric, polynomials
enter("hyp0f1 1.3", lambda x: mp.hyp0f1(Q(1.3), x), SIGNED, function=lambda x: sc.hyp0f1(1.3, x))
enter(
    "hyp1f1 0.7 1.6",
    lambda x: mp.hyp1f1(Q(0.7), Q(1.6), x),
    SIGNED,
    function=lambda x: sc.hyp1f1(0.7, 1.6, x),
)
enter(
    "hyperu 0.7 1.6",
    lambda x: mp.hyperu(Q(0.7), Q(1.6), x),
    PLUS[1:],
    function=lambda x: sc.hyperu(0.7, 1.6, x),
)
enter("hyp2f1 0.7 0.4 1.6", lambda x: mp.hyp2f1(Q(0.7), Q(0.4), Q(1.6), x), (-3.1, -0.7, 0.3, 0.77, 0.95),
      function=lambda x: sc.hyp2f1(0.7, 0.4, 1.6, x))  # fmt: skip
for _name, _of in (
    ("legendre", mp.legendre), ("chebyt", mp.chebyt), ("chebyu", mp.chebyu), ("hermite", mp.hermite),
    ("laguerre", lambda n, x: mp.laguerre(n, 0, x)),
):  # fmt: skip
    enter(f"eval_{_name} 5", lambda x, f=_of: f(5, x), (-0.83, -0.2, 0.13, 0.57, 0.97),
          function=fixed(f"eval_{_name}", 5))  # fmt: skip
enter("eval_gegenbauer 4", lambda x: mp.gegenbauer(4, Q(0.7), x), (-0.83, 0.13, 0.57, 0.97),
      function=lambda x: sc.eval_gegenbauer(4, 0.7, x))  # fmt: skip
enter("eval_jacobi 4", lambda x: mp.jacobi(4, Q(0.7), Q(0.2), x), (-0.83, 0.13, 0.57, 0.97),
      function=lambda x: sc.eval_jacobi(4, 0.7, 0.2, x))  # fmt: skip
# distribution functions


def lower(a: Any, x: Any) -> Any:
    """The incomplete gamma function, or minus the rest of it."""
    return (
        mp.gammainc(a, 0, x, regularized=True) if x < a + 1 else -mp.gammainc(a, x, mp.inf, regularized=True)
    )


def beta(a: Any, b: Any, x: Any) -> Any:
    """The incomplete beta function, or minus the rest of it."""
    if x < a / (a + b):
        return mp.betainc(a, b, 0, x, regularized=True)
    return -mp.betainc(b, a, 0, 1 - x, regularized=True)


ROWS = [(0.7, 0.3), (2.3, 1.9), (9.7, 14.1), (31.3, 27.0), (120.7, 130.3)]
enter("gammainc", lower, ROWS, 0)
enter("gammaincc", lambda a, x: -lower(a, x), ROWS, 0)
enter("chdtr", lambda v, x: lower(v / 2, x / 2), ROWS, 0, 1)
enter("gdtr", lambda a, b, x: lower(b, a * x), [(0.7, 2.3, 1.9), (1.3, 9.7, 7.1), (2.1, 0.4, 0.3)], 0, 1, 2)
enter("pdtr 2", lambda m: -lower(Q(3), m), PLUS[1:], function=lambda m: sc.pdtr(2, m))
TRIPLES = [(0.7, 1.3, 0.3), (2.3, 0.7, 0.4), (9.7, 14.1, 0.35), (35.0, 60.0, 0.4)]
enter("betainc", beta, TRIPLES, 0, 1, 2)
enter("betaincc", lambda a, b, x: -beta(a, b, x), TRIPLES, 0, 1, 2)
enter(
    "stdtr",
    lambda v, t: -beta(v / 2, Q(1) / 2, v / (v + t * t)) / 2 * mp.sign(t),
    [(1.5, 0.7), (3.5, -2.1), (30.3, 1.2)],
    0,
    1,
)
enter(
    "fdtr",
    lambda m, n, x: beta(m / 2, n / 2, m * x / (m * x + n)),
    [(3.5, 7.0, 0.7), (12.0, 2.5, 1.9)],
    0,
    1,
    2,
)
enter(
    "owens_t",
    lambda h, a: mp.quad(lambda t: mp.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a]) / (2 * mp.pi),
    [(0.7, 0.4), (1.9, 1.1)], 0, 1,
)  # fmt: skip
