"""Electronics: a ladder of complex impedances in ``cmath``, in polar form and by real square roots."""

import cmath
import math


class Impedance(complex):
    """A complex number with a name of its own."""


def parallel(*z):
    return 1 / sum(1 / v for v in z)


def ladder(omega, r, l, c):
    z = complex(50.0, 0.0)
    for k in range(3):
        z = complex(r, omega * l * (k + 1)) + parallel(z, 1 / (1j * omega * c))
    return z


def damping(r, l, c):
    root = cmath.sqrt(r * r - 4 * l / c)  # of a negative real number
    first = (-r + root) / (2 * l)
    return first


def gain(p):
    z = ladder(1.3, p[0], p[1], p[2])
    magnitude, angle = cmath.polar(z)
    s = damping(p[0], p[1], p[2])
    again = cmath.rect(magnitude, angle)
    assert cmath.isclose(again, z) and abs(Impedance(3 + 4j)) == 5.0
    decay = abs(cmath.exp(s * 0.4)) + cmath.log(-p[0]).imag * p[1]
    return (
        20 * math.log10(abs(1 / z))
        + cmath.phase(z.conjugate())
        + decay
        + s.imag * z.real / (z * z.conjugate()).real
    )
