"""Functions of one number as LLVM's text, without branches, so that loops with them become vector
instructions.

The reductions and the coefficients are those of fdlibm (Sun Microsystems, 1993) for the logarithm, the sine
and the cosine, and of Cephes (Moshier, 1989) for the hyperbolic tangent; the exponential is Taylor's
series. Their errors, in units in the last place, are measured in
``tests/program/test_vector_functions.py``. The sine and the cosine of numbers from 2**20 on are given as
nan: the call is answered by the plain function then.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer, which stands in the low bits
HALF_PI = (1.57079632679489655800e00, 6.12323399573676603587e-17, -1.49738490485919983e-33)
LARGE_ANGLE = 2.0**20
SINE = (
    1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
    -1.98412698298579493134e-04, 8.33333333332248946124e-03, -1.66666666666666324348e-01,
)  # fmt: skip
COSINE = (
    -1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
    2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02,
)  # fmt: skip
LOG_EVEN = (1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01)
LOG_ODD = (
    1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01, 6.666666666666735130e-01,
)  # fmt: skip
TANH_ABOVE = (-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3)
TANH_BELOW = (1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3)


def literal(value: float) -> str:
    """A number as LLVM writes it, bit by bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Lines:
    """The lines of a function."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> str:
        """Add an instruction; its name."""
        self.lines.append(f"  %t{len(self.lines)} = {text}")
        return f"%t{len(self.lines) - 1}"

    def add(self, a: str, b: str) -> str:
        """``a + b``."""
        return self.line(f"fadd double {a}, {b}")

    def sub(self, a: str, b: str) -> str:
        """``a - b``."""
        return self.line(f"fsub double {a}, {b}")

    def mul(self, a: str, b: str) -> str:
        """``a * b``."""
        return self.line(f"fmul double {a}, {b}")

    def div(self, a: str, b: str) -> str:
        """``a / b``."""
        return self.line(f"fdiv double {a}, {b}")

    def fma(self, a: str, b: str, c: str) -> str:
        """``a * b + c``, rounded once."""
        return self.line(f"call double @llvm.fma.f64(double {a}, double {b}, double {c})")

    def fabs(self, a: str) -> str:
        """The absolute value."""
        return self.line(f"call double @llvm.fabs.f64(double {a})")

    def choose(self, how: str, a: str, b: str, yes: str, no: str) -> str:
        """``yes`` where a comparison holds."""
        return self.line(f"select i1 {self.line(f'fcmp {how} double {a}, {b}')}, double {yes}, double {no}")

    def polynomial(self, x: str, coefficients: tuple[float, ...]) -> str:
        """By Horner's rule, the highest power first."""
        found = literal(coefficients[0])
        for c in coefficients[1:]:
            found = self.fma(found, x, literal(c))
        return found

    def bits(self, a: str) -> str:
        """A number as an integer."""
        return self.line(f"bitcast double {a} to i64")

    def number(self, a: str) -> str:
        """The other way."""
        return self.line(f"bitcast i64 {a} to double")

    def integer(self, how: str, a: str, b: int | str) -> str:
        """An operation on integers."""
        return self.line(f"{how} i64 {a}, {b}")


def exponential_less_one(f: Lines, r: str) -> str:
    """``exp(r) - 1`` of small r."""
    q = f.polynomial(r, tuple([1 / math.factorial(k) for k in range(14, 1, -1)]))
    return f.fma(f.mul(r, r), q, r)


def by_powers_of_two(f: Lines, x: str, doublings: int) -> tuple[str, str, str]:
    """``exp(r) - 1`` and two powers of two, where ``x = n log 2 + r`` and their product is ``2**(n +
    doublings)``.
    """
    shifted = f.fma(x, literal(1 / math.log(2)), literal(MAGIC))
    n = f.sub(shifted, literal(MAGIC))
    r = f.fma(n, literal(-LN2_LOW), f.fma(n, literal(-LN2_HIGH), x))
    whole = f.integer("ashr", f.integer("shl", f.bits(shifted), 32), 32)
    half = f.integer("ashr", whole, 1)
    rest = f.integer("add", f.integer("sub", whole, half), doublings)
    first, second = [f.number(f.integer("shl", f.integer("add", k, 1023), 52)) for k in (half, rest)]
    return exponential_less_one(f, r), first, second


def exp(f: Lines, x: str, doublings: int = 0) -> str:
    """By powers of two; times ``2**doublings``, which may be in range where ``exp(x)`` is not."""
    x = f.choose("ogt", x, literal(712.0), literal(712.0), x)
    x = f.choose("olt", x, literal(-746.0), literal(-746.0), x)
    p, first, second = by_powers_of_two(f, x, doublings)
    return f.mul(f.fma(p, first, first), second)


def expm1(f: Lines, x: str) -> str:
    """``p 2**n + (2**n - 1)`` with ``p = exp(r) - 1``, in which nothing cancels."""
    near = f.choose("olt", f.fabs(x), literal(40.0), x, literal(40.0))
    p, first, second = by_powers_of_two(f, near, 0)
    power = f.mul(first, second)
    found = f.fma(p, power, f.sub(power, literal(1.0)))
    return f.choose("olt", f.fabs(x), literal(40.0), found, f.sub(exp(f, x), literal(1.0)))


def log(f: Lines, x: str) -> str:
    """By powers of two: ``x = 2**k m`` with m between the square roots of a half and of two."""
    is_small = f.line(f"fcmp olt double {x}, {literal(2.0**-1022)}")
    scaled = f.line(f"select i1 {is_small}, double {f.mul(x, literal(2.0**54))}, double {x}")
    less = f.line(f"select i1 {is_small}, double {literal(-54.0)}, double {literal(0.0)}")
    bits = f.bits(scaled)
    k = f.integer("ashr", f.integer("sub", bits, 0x3FE6A09E667F3BCD), 52)  # the bits of the root of a half
    m = f.number(f.integer("sub", bits, f.integer("shl", k, 52)))
    magic = struct.unpack("<q", struct.pack("<d", MAGIC))[0]
    exponent = f.add(f.sub(f.number(f.integer("add", k, magic)), literal(MAGIC)), less)
    t = f.sub(m, literal(1.0))
    s = f.div(t, f.add(t, literal(2.0)))
    z = f.mul(s, s)
    w = f.mul(z, z)
    rest = f.add(f.mul(w, f.polynomial(w, LOG_EVEN)), f.mul(z, f.polynomial(w, LOG_ODD)))
    half = f.mul(f.mul(literal(0.5), t), t)
    y = f.fma(s, f.add(half, rest), f.mul(exponent, literal(LN2_LOW)))
    y = f.fma(exponent, literal(LN2_HIGH), f.sub(t, f.sub(half, y)))
    y = f.choose("oeq", x, literal(math.inf), x, y)
    y = f.choose("oeq", x, literal(0.0), literal(-math.inf), y)
    return f.choose("ult", x, literal(0.0), literal(math.nan), y)


def log1p(f: Lines, x: str) -> str:
    """``log(w) + (x - (w - 1)) / w`` with w = 1 + x rounded."""
    w = f.add(x, literal(1.0))
    lost = f.sub(x, f.sub(w, literal(1.0)))
    more = f.choose("olt", f.fabs(w), literal(1e300), f.div(lost, w), literal(0.0))
    y = f.add(log(f, w), more)
    y = f.choose("oeq", w, literal(0.0), literal(-math.inf), y)
    y = f.choose("oeq", x, literal(math.inf), x, y)
    return f.choose("olt", f.fabs(x), literal(2.0**-54), x, y)


def quarter_turns(f: Lines, x: str, more: int) -> str:
    """``sin(x + more π/2)``, from the sine and cosine of what is left after quarter turns."""
    shifted = f.fma(x, literal(2 / math.pi), literal(MAGIC))
    n = f.sub(shifted, literal(MAGIC))
    r = x
    for part in HALF_PI:
        r = f.fma(n, literal(-part), r)
    z = f.mul(r, r)
    sine = f.fma(f.mul(f.polynomial(z, SINE), z), r, r)
    cosine = f.fma(f.mul(z, z), f.polynomial(z, COSINE), f.fma(z, literal(-0.5), literal(1.0)))
    turns = f.integer("add", f.bits(shifted), more)
    odd = f.line(f"icmp ne i64 {f.integer('and', turns, 1)}, 0")
    found = f.line(f"select i1 {odd}, double {cosine}, double {sine}")
    sign = f.integer("shl", f.integer("and", turns, 2), 62)
    found = f.number(f.integer("xor", f.bits(found), sign))
    return f.choose("olt", f.fabs(x), literal(LARGE_ANGLE), found, literal(math.nan))


def tanh(f: Lines, x: str) -> str:
    """A rational function near 0, and by the exponential elsewhere."""
    a = f.fabs(x)
    z = f.mul(x, x)
    near = f.fma(f.mul(z, a), f.div(f.polynomial(z, TANH_ABOVE), f.polynomial(z, TANH_BELOW)), a)
    e = exp(f, f.add(a, a))
    far = f.sub(literal(1.0), f.div(literal(2.0), f.add(e, literal(1.0))))
    y = f.choose("olt", a, literal(0.625), near, far)
    return f.line(f"call double @llvm.copysign.f64(double {y}, double {x})")


def cosh(f: Lines, x: str) -> str:
    """``e/2 + 1/(2 e)`` with e = exp(|x|)."""
    half = exp(f, f.choose("olt", f.fabs(x), literal(711.0), f.fabs(x), literal(711.0)), -1)
    y = f.add(half, f.div(literal(0.25), half))
    return f.choose("ogt", f.fabs(x), literal(711.0), literal(math.inf), y)


def sinh(f: Lines, x: str) -> str:
    """``(t + t / (t + 1)) / 2`` with t = exp(|x|) - 1, and ``e/2`` where the rest is below rounding."""
    a = f.fabs(x)
    t = expm1(f, f.choose("olt", a, literal(22.0), a, literal(22.0)))
    near = f.mul(literal(0.5), f.add(t, f.div(t, f.add(t, literal(1.0)))))
    far = exp(f, a, -1)
    y = f.choose("olt", a, literal(22.0), near, far)
    return f.line(f"call double @llvm.copysign.f64(double {y}, double {x})")


def defined(name: str, body: Callable[[Lines, str], str]) -> str:
    """A function as text."""
    lines = Lines()
    value = body(lines, "%x")
    head = f"define internal double @hoad_{name}(double %x) alwaysinline nounwind willreturn memory(none) {{"
    return "\n".join([head, *lines.lines, f"  ret double {value}", "}"])


FUNCTIONS: dict[str, str] = {
    name: defined(name, body)
    for name, body in {
        "exp": exp,
        "expm1": expm1,
        "log": log,
        "log1p": log1p,
        "sin": lambda f, x: quarter_turns(f, x, 0),
        "cos": lambda f, x: quarter_turns(f, x, 1),
        "tanh": tanh,
        "cosh": cosh,
        "sinh": sinh,
    }.items()
}
DECLARED = """declare double @llvm.fma.f64(double, double, double)
declare double @llvm.fabs.f64(double)
declare double @llvm.copysign.f64(double, double)"""
