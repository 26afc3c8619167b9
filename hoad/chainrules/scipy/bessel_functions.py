"""Functions of Bessel's kind by their argument: scaled, spherical, of Hankel, Airy, Struve and Kelvin.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapters 9 to 11.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ..doors import door
from ..statements import Scalar
from .stating import enter, own, several, within_some

# Scaled functions, of real arguments: the scale has no complex derivative.
own(sc.i0e, lambda x, out: sc.i1e(x) - np.sign(x) * out)
own(sc.i1e, lambda x, out: 0.5 * (sc.i0e(x) + sc.ive(2.0, x)) - np.sign(x) * out)
own(sc.k0e, lambda x, out: out - sc.k1e(x))
own(sc.k1e, lambda x, out: out - 0.5 * (sc.k0e(x) + sc.kve(2.0, x)))
within_some(
    "ive",
    lambda v, x, out: (0, 0.5 * (sc.ive(v - 1, x) + sc.ive(v + 1, x)) - np.sign(x) * out),
    "-v z",
)
within_some("kve", lambda v, x, out: (0, out - 0.5 * (sc.kve(v - 1, x) + sc.kve(v + 1, x))), "-v z")
within_some("jve", lambda v, x, out: (0, 0.5 * (sc.jve(v - 1, x) - sc.jve(v + 1, x))), "-v z")
within_some("yve", lambda v, x, out: (0, 0.5 * (sc.yve(v - 1, x) - sc.yve(v + 1, x))), "-v z")

# Of Hankel, and of whole order
within_some("hankel1", lambda v, z, out: (0, 0.5 * (sc.hankel1(v - 1, z) - sc.hankel1(v + 1, z))), "-v z")
within_some("hankel2", lambda v, z, out: (0, 0.5 * (sc.hankel2(v - 1, z) - sc.hankel2(v + 1, z))), "-v z")
within_some(
    "hankel1e",
    lambda v, z, out: (0, 0.5 * (sc.hankel1e(v - 1, z) - sc.hankel1e(v + 1, z)) - 1j * out),
    "-v z",
)
within_some(
    "hankel2e",
    lambda v, z, out: (0, 0.5 * (sc.hankel2e(v - 1, z) - sc.hankel2e(v + 1, z)) + 1j * out),
    "-v z",
)
within_some("kn", lambda n, x, out: (0, -0.5 * (sc.kv(n - 1.0, x) + sc.kv(n + 1.0, x))), "-n x")
within_some("yn", lambda n, x, out: (0, 0.5 * (sc.yv(n - 1.0, x) - sc.yv(n + 1.0, x))), "-n x")


# Spherical (DLMF 10.51.1, 10.51.4): of a whole order n, by its neighbours
def down(f: Any, n: Any, z: Any) -> Any:
    """``n f(n-1)``, which is 0 for n = 0."""
    return n * f(np.maximum(n - 1, 0), z)


def of_whole_order(name: str) -> Any:
    """A function whose order comes as a float from a derivative."""
    function = getattr(sc._ufuncs, name)
    return lambda n, z: function(np.asarray(n).astype(int), z)


jn: Scalar = Scalar(
    of_whole_order("_spherical_jn"),
    lambda n, z, out: (0, (down(jn, n, z) - (n + 1) * jn(n + 1, z)) / (2 * n + 1)),
    "spherical_jn",
)
yn: Scalar = Scalar(
    of_whole_order("_spherical_yn"),
    lambda n, z, out: (0, (down(yn, n, z) - (n + 1) * yn(n + 1, z)) / (2 * n + 1)),
    "spherical_yn",
)
i_n: Scalar = Scalar(
    of_whole_order("_spherical_in"),
    lambda n, z, out: (0, (down(i_n, n, z) + (n + 1) * i_n(n + 1, z)) / (2 * n + 1)),
    "spherical_in",
)
kn: Scalar = Scalar(
    of_whole_order("_spherical_kn"),
    lambda n, z, out: (0, -(down(kn, n, z) + (n + 1) * kn(n + 1, z)) / (2 * n + 1)),
    "spherical_kn",
)
for _name, _rule in (("jn", jn), ("yn", yn), ("in", i_n), ("kn", kn)):
    enter(getattr(sc._ufuncs, f"_spherical_{_name}"), _rule)
enter(sc._ufuncs._spherical_jn_d, lambda n, z: (down(jn, n, z) - (n + 1) * jn(n + 1, z)) / (2 * n + 1))
enter(sc._ufuncs._spherical_yn_d, lambda n, z: (down(yn, n, z) - (n + 1) * yn(n + 1, z)) / (2 * n + 1))
enter(sc._ufuncs._spherical_in_d, lambda n, z: (down(i_n, n, z) + (n + 1) * i_n(n + 1, z)) / (2 * n + 1))
enter(sc._ufuncs._spherical_kn_d, lambda n, z: -(down(kn, n, z) + (n + 1) * kn(n + 1, z)) / (2 * n + 1))


def of_either_sign(name: str, odd: int | None) -> Any:
    """A spherical function of any real argument: by its parity, which is that of n + odd."""
    plain, slope = (getattr(sc._ufuncs, f"_spherical_{name}{end}") for end in ("", "_d"))

    def spherical(n: Any, z: Any, derivative: bool = False) -> Any:
        f, n = slope if derivative else plain, np.asarray(n).astype(int)
        if odd is None or np.iscomplexobj(z):
            return f(n, z)
        turned = np.where((n + odd + derivative) % 2 == 1, -1.0, 1.0)
        return np.where(z < 0, turned, 1.0) * f(n, np.where(z < 0, -z, z))

    return spherical


door(sc.spherical_jn)(of_either_sign("jn", 0))
door(sc.spherical_yn)(of_either_sign("yn", 1))
door(sc.spherical_in)(of_either_sign("in", 0))
door(sc.spherical_kn)(of_either_sign("kn", None))

# Of Airy (DLMF 9.2.1): w'' = z w
several(
    "airy",
    lambda z, out: sc.airy(z)[1],
    lambda z, out: z * sc.airy(z)[0],
    lambda z, out: sc.airy(z)[3],
    lambda z, out: z * sc.airy(z)[2],
)
several(
    "airye",
    lambda z, out: sc.airye(z)[1] + np.sqrt(z) * out,
    lambda z, out: z * sc.airye(z)[0] + np.sqrt(z) * out,
    lambda z, out: sc.airye(z)[3] - np.sqrt(np.where(z > 0, z, 0)) * out,
    lambda z, out: z * sc.airye(z)[2] - np.sqrt(np.where(z > 0, z, 0)) * out,
)
several(
    "itairy",
    lambda x, out: sc.airy(x)[0],
    lambda x, out: sc.airy(x)[2],
    lambda x, out: sc.airy(-x)[0],
    lambda x, out: sc.airy(-x)[2],
)


# Of Struve (DLMF 11.4.27, 11.4.28)
def rest(v: Any, x: Any) -> Any:
    """Half of what the recurrences of Struve's functions have beside those of Bessel's."""
    return np.power(x / 2, v) * sc.rgamma(v + 1.5) / (2 * math.sqrt(math.pi))


within_some(
    "struve",
    lambda v, x, out: (0, 0.5 * (sc.struve(v - 1, x) - sc.struve(v + 1, x)) + rest(v, x)),
    "-v x",
)
within_some(
    "modstruve",
    lambda v, x, out: (0, 0.5 * (sc.modstruve(v - 1, x) + sc.modstruve(v + 1, x)) + rest(v, x)),
    "-v x",
)
own(sc.itstruve0, lambda x, out: sc.struve(0.0, x))
own(sc.it2struve0, lambda x, out: -sc.struve(0.0, x) / x)
own(sc.itmodstruve0, lambda x, out: sc.modstruve(0.0, x))
several("itj0y0", lambda x, out: sc.j0(x), lambda x, out: sc.y0(x))
several("it2j0y0", lambda x, out: (1 - sc.j0(x)) / x, lambda x, out: -sc.y0(x) / x)
several("iti0k0", lambda x, out: sc.i0(x), lambda x, out: sc.k0(x))
several("it2i0k0", lambda x, out: (sc.i0(x) - 1) / x, lambda x, out: -sc.k0(x) / x)

# Of Kelvin: Bessel's functions along diagonals (DLMF 10.61.1, 10.61.2)
FALLING, RISING = np.exp(0.75j * math.pi), np.exp(0.25j * math.pi)
own(sc.ber, lambda x, out: sc.berp(x))
own(sc.bei, lambda x, out: sc.beip(x))
own(sc.ker, lambda x, out: sc.kerp(x))
own(sc.kei, lambda x, out: sc.keip(x))
own(sc.berp, lambda x, out: 0.5 * np.imag(sc.jv(2.0, FALLING * x) - sc.jv(0.0, FALLING * x)))
own(sc.beip, lambda x, out: -0.5 * np.real(sc.jv(2.0, FALLING * x) - sc.jv(0.0, FALLING * x)))
own(sc.kerp, lambda x, out: -0.5 * np.imag(sc.kv(0.0, RISING * x) + sc.kv(2.0, RISING * x)))
own(sc.keip, lambda x, out: 0.5 * np.real(sc.kv(0.0, RISING * x) + sc.kv(2.0, RISING * x)))
enter(
    sc.kelvin,
    lambda x: (
        sc.ber(x) + 1j * sc.bei(x),
        sc.ker(x) + 1j * sc.kei(x),
        sc.berp(x) + 1j * sc.beip(x),
        sc.kerp(x) + 1j * sc.keip(x),
    ),
)
