"""What functions of numbers are called in the text of a kernel, which is CUDA C, and what the library of C
has not.

A text is read by two: by a compiler, and, where there is no GPU, by Python, whose operators are the same and
which has a function of NumPy's for each name (``testing/elementwise_kernel.py``). So nothing stands in it
that they would read differently, as ``c ? a : b``: that is a function here.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from ..chainrules.numpy.elementwise import complex_imag, complex_real, of_parts, real_absolute
from ..chainrules.numpy.indexing import where

BOOL = np.dtype(bool)
SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
COMPLEX = {SINGLE: np.dtype(np.complex64), DOUBLE: np.dtype(np.complex128)}  # of the same precision
TYPES = {
    BOOL: "bool",
    SINGLE: "float",
    DOUBLE: "double",
    COMPLEX[SINGLE]: "hoad_c8",
    COMPLEX[DOUBLE]: "hoad_c16",
}
REAL = {kind: real for real, other in COMPLEX.items() for kind in (real, other)}

COMPARISONS = {
    np.greater: "{0} > {1}", np.greater_equal: "{0} >= {1}", np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}", np.equal: "{0} == {1}", np.not_equal: "{0} != {1}",
}  # fmt: skip
LOGICAL = {
    np.logical_and: "{0} & {1}", np.logical_or: "{0} | {1}", np.logical_xor: "{0} ^ {1}",
    np.bitwise_and: "{0} & {1}", np.bitwise_or: "{0} | {1}", np.bitwise_xor: "{0} ^ {1}",
    np.logical_not: "hoad_not({0})", np.invert: "hoad_not({0})",
}  # fmt: skip
OPERATORS = {
    np.add: "{0} + {1}", np.subtract: "{0} - {1}", np.multiply: "{0} * {1}", np.divide: "{0} / {1}",
    np.negative: "-{0}", np.square: "{0} * {0}", np.positive: "{0}", np.conjugate: "{0}",
}  # fmt: skip
QUESTIONS = {
    np.isnan: "hoad_isnan",
    np.isinf: "hoad_isinf",
    np.isfinite: "hoad_isfinite",
    np.signbit: "hoad_signbit",
}
PARTS = {complex_real.function: "hoad_real", complex_imag.function: "hoad_imag"}
ANY = {  # functions that are defined for complex numbers, too
    np.arcsin: "asin", np.arccos: "acos", np.arctan: "atan", np.arcsinh: "asinh", np.arccosh: "acosh",
    np.arctanh: "atanh", np.power: "pow", np.sin: "sin", np.cos: "cos", np.tan: "tan", np.sinh: "sinh",
    np.cosh: "cosh", np.tanh: "tanh", np.exp: "exp", np.log: "log", np.log10: "log10", np.sqrt: "sqrt",
}  # fmt: skip
ALIKE = (
    np.exp2, np.expm1, np.log2, np.log1p, np.cbrt, np.hypot, np.floor, np.ceil, np.trunc, np.rint, np.fmod,
    np.copysign, np.nextafter,
)  # fmt: skip
REALS = {
    np.arctan2: "atan2", np.absolute: "fabs", np.fabs: "fabs", real_absolute.function: "fabs",
    np.fmin: "fmin", np.fmax: "fmax", np.sign: "hoad_sign",
    np.maximum: "hoad_maximum", np.minimum: "hoad_minimum", np.remainder: "hoad_remainder",
    np.floor_divide: "hoad_floor_divide", np.heaviside: "hoad_heaviside",
    np.logaddexp: "hoad_logaddexp", np.logaddexp2: "hoad_logaddexp2", np.round: "rint",
} | {f: f.__name__ for f in ALIKE}  # fmt: skip
CHOICE = where.function
TOGETHER = of_parts.function
LINEAR = {np.conjugate, CHOICE, TOGETHER, *PARTS}  # functions of linear rules
NAMES: dict[Any, str] = {**ANY, **REALS, **QUESTIONS, **PARTS, CHOICE: "hoad_where"}
# Functions of ``scipy.special``, by the names that they have inside. A step of another one is made of the
# library's own functions.
SPECIAL = {
    "erf": "erf", "erfc": "erfc", "gamma": "tgamma", "gammaln": "lgamma", "j0": "j0", "j1": "j1", "y0": "y0",
    "y1": "y1", "ndtr": "hoad_ndtr", "expit": "hoad_expit", "log_expit": "hoad_log_expit",
    "logit": "hoad_logit", "xlogy": "hoad_xlogy", "xlog1py": "hoad_xlog1py", "entr": "hoad_entr",
    "rel_entr": "hoad_rel_entr", "psi": "hoad_psi", "_zeta": "hoad_zeta", "erfinv": "erfinv",
    "erfcinv": "erfcinv", "ndtri": "normcdfinv", "erfcx": "erfcx", "log_ndtr": "hoad_log_ndtr",
}  # fmt: skip
EXPONENT = "hoad_exponent"  # the second value of ``np.frexp``, as a number
BY_FACTOR = {
    np.degrees: 180 / math.pi, np.rad2deg: 180 / math.pi,
    np.radians: math.pi / 180, np.deg2rad: math.pi / 180,
}  # fmt: skip

# ------------------------------------------------------------------------------------------------------------
# What the library of C has not
# ------------------------------------------------------------------------------------------------------------

MACROS = {
    "HOAD_INFINITY": "#define HOAD_INFINITY (1e300 * 1e300)",
    "HOAD_NAN": "#define HOAD_NAN (1e300 * 1e300 - 1e300 * 1e300)",
    "hoad_c8": "typedef complex<float> hoad_c8;",
    "hoad_c16": "typedef complex<double> hoad_c16;",
    "hoad_where": "#define hoad_where(c, a, b) ((c) ? (a) : (b))",
    "hoad_not": "#define hoad_not(c) (!(c))",
    "hoad_isnan": "#define hoad_isnan(x) ((x) != (x))",
    "hoad_isinf": "#define hoad_isinf(x) ((x) == (x) && (x) - (x) != (x) - (x))",
    "hoad_isfinite": "#define hoad_isfinite(x) ((x) - (x) == (x) - (x))",
    "hoad_signbit": "#define hoad_signbit(x) (copysign(1.0, (double)(x)) < 0)",
    "hoad_real": "#define hoad_real(z) ((z).real())",
    "hoad_imag": "#define hoad_imag(z) ((z).imag())",
}
# B2, B4, ..: the asymptotic series of psi at y, of which r is 1 / y**2, and Euler's and Maclaurin's of the
# tail of zeta, whose terms have f = p (p + 1) .., and r = 1 / a (DLMF 5.11.2 and 25.11.28).
BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
)
DIGAMMA = " ".join([f"tail = (tail + ({b / (2 * k)!r})) * r;" for k, b in [*enumerate(BERNOULLI, 1)][6::-1]])
ZETA = " ".join(
    [
        f"b *= r; total += f * b * ({b / math.factorial(2 * k)!r}); "
        f"b *= r; f *= (p + {2 * k - 1}) * (p + {2 * k});"
        for k, b in enumerate(BERNOULLI, 1)
    ]
)
# Differences of powers of y + b and y, as ``beta_functions._difference`` has them.
STEP = "expm1(-({0}) * log1p(z / y)) * pow(y, -({0}))"
STEPS = " ".join(
    [
        f"total -= {b / (2 * k)!r} * rising * {STEP.format(f'n + {2 * k}')}; "
        f"rising *= (n + {2 * k}) * (n + {2 * k + 1}) / {2 * k * (2 * k + 1)}.0;"
        for k, b in enumerate(BERNOULLI[:9], 1)
    ]
)
BODIES = {
    "hoad_strong(D d, T t)": "return t != t && d == D(0) ? T(0) : t;",
    "hoad_sign(T x)": "return x > 0 ? T(1) : x < 0 ? T(-1) : x;",
    "hoad_maximum(T a, T b)": "return a >= b || a != a ? a : b;",
    "hoad_minimum(T a, T b)": "return a <= b || a != a ? a : b;",
    "hoad_remainder(T a, T b)": (
        "T m = fmod(a, b); return m == 0 ? copysign(T(0), b) : (m < 0) != (b < 0) ? m + b : m;"
    ),
    "hoad_floor_divide(T a, T b)": (
        "if (b == 0) return a / b; "
        "T m = fmod(a, b), q = (a - m) / b; if (m != 0 && (m < 0) != (b < 0)) q -= 1; "
        "T f = floor(q); return q == 0 ? copysign(T(0), a / b) : q - f > T(0.5) ? f + 1 : f;"
    ),
    "hoad_heaviside(T x, T h)": "return x < 0 ? T(0) : x == 0 ? h : x > 0 ? T(1) : x;",
    "hoad_logaddexp(T a, T b)": (
        "if (a == b) return a + log(T(2)); T d = a - b; "
        "return d > 0 ? a + log1p(exp(-d)) : d <= 0 ? b + log1p(exp(d)) : d;"
    ),
    "hoad_logaddexp2(T a, T b)": (
        "if (a == b) return a + T(1); T d = a - b; "
        "return d > 0 ? a + log1p(exp2(-d)) / log(T(2)) : d <= 0 ? b + log1p(exp2(d)) / log(T(2)) : d;"
    ),
    "hoad_ndtr(T x)": "return T(0.5) * erfc(-x * T(0.70710678118654752440));",
    "hoad_log_ndtr(T x)": (
        "T y = x * T(0.70710678118654752440); "
        "return x < -1 ? log(T(0.5) * erfcx(-y)) - y * y : log1p(-T(0.5) * erfc(y));"
    ),
    # As ``error_functions.ratios``: upwards for x < 0, downwards for large x, and by integrals between.
    "hoad_ratio(T x, T k)": (
        "double y = x, n = k, r = 0; "
        "if (y < 0) { double inverse = 1.12837916709551257390 / erfcx(y); "
        "for (int j = 1; j <= n; j++) { r = (inverse - 2 * y) / (2 * j); inverse = 1 / r; } return T(r); } "
        "if (y >= 3) { r = 1 / (y + sqrt(y * y + 2 * n + 82)); "
        "for (double j = n + 40; j > n; j -= 1) r = 1 / (2 * y + 2 * j * r); return T(r); } "
        "double above = 0, below = 0; "
        "for (int j = -42; j < 25; j++) { double s = j / 11.0, e = exp(-s), t = exp(s - e); "
        "double share = (1 + e) * exp(-t * (t + 2 * y)) * pow(t, n); "
        "below += share; above += share * t; } return T(above / (n * below));"
    ),
    "hoad_expit(T x)": "return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));",
    "hoad_log_expit(T x)": "return x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x));",
    "hoad_logit(T x)": (
        "return x < T(0.3) || x > T(0.65) ? log(x / (1 - x)) : log1p(2 * x - 1) - log1p(1 - 2 * x);"
    ),
    "hoad_xlogy(T x, T y)": "return x == 0 && y == y ? T(0) : x * log(y);",
    "hoad_xlog1py(T x, T y)": "return x == 0 && y == y ? T(0) : x * log1p(y);",
    "hoad_entr(T x)": "return x > 0 ? -x * log(x) : x == 0 ? T(0) : x != x ? x : -T(HOAD_INFINITY);",
    "hoad_rel_entr(T x, T y)": (
        "if (x > 0 && y > 0) return x * log(x / y); if (x == 0 && y >= 0) return T(0); "
        "return x != x ? x : y != y ? y : T(HOAD_INFINITY);"
    ),
    "hoad_psi(T x)": (
        "if (x == 0) return copysign(T(HOAD_INFINITY), -x); "
        "double y = x, found = 0, pi = 3.14159265358979323846; "
        "if (y < 0) { if (y == floor(y)) return T(HOAD_NAN); found = -pi / tan(pi * y); y = 1 - y; } "
        "for (; y < 10; y += 1) found -= 1 / y; "
        f"double r = 1 / (y * y), tail = 0; {DIGAMMA} "
        "return T(found + log(y) - 0.5 / y - tail);"
    ),
    "hoad_zeta(T s, T q)": (
        "if (q - q != 0) return q > 0 ? T(0) : q; "
        "double p = s, a = q, b = pow(a, -p), total = b; "
        "for (int k = 0; k < 12; k++) { a += 1; b = pow(a, -p); total += b; } "
        f"total += b * a / (p - 1) - 0.5 * b; double f = p, r = 1 / a; {ZETA} "
        "return T(total);"
    ),
    "hoad_digamma_step(T a, T b, T i)": (
        "double y = a, z = b, n = i, total = 0, sign = 1; for (int j = 1; j <= n; j++) sign *= -j; "
        f"for (int j = 0; j < 12; j++) {{ total -= sign * {STEP.format('n + 1')}; y += 1; }} "
        f"total += n == 0 ? log1p(z / y) : -sign / n * {STEP.format('n')}; "
        f"total -= sign / 2 * {STEP.format('n + 1')}; double rising = sign * (n + 1); {STEPS} "
        "return T(total);"
    ),
    "hoad_beta_integral(T a, T b, T i, T j)": (
        "double total = 0; for (int k = -320; k <= 320; k++) { "
        "double v = k / 80.0, turn = 1.57079632679489661923 * sinh(v); "
        "double left = -log1p(exp(-2 * turn)), right = -log1p(exp(2 * turn)); "
        "total += exp(a * left + b * right) * cosh(v) * pow(left, (double)i) * pow(right, (double)j); } "
        "return T(total * (3.14159265358979323846 / 80));"
    ),
    "hoad_exponent(T x)": "if (x - x != 0) return T(0); int e; frexp(x, &e); return T(e);",
}
WORD = re.compile(r"\w+")


def name_of(function: Any) -> str | None:
    """What a function is called in a text; None where it has no name there."""
    name = NAMES.get(function) or getattr(function, "in_kernels", None)
    if (
        name is None
        and isinstance(function, np.ufunc)
        and getattr(np, function.__name__, None) is not function
    ):
        name = SPECIAL.get(function.__name__)
    return name


def preamble(text: str) -> str:
    """The definitions of what a text calls that C has not."""
    words = set(WORD.findall(text))
    words |= {
        word
        for head, body in BODIES.items()
        if head.partition("(")[0] in words
        for word in WORD.findall(body)
    }
    lines = [line for name, line in MACROS.items() if name in words]
    for head, body in BODIES.items():
        if head.partition("(")[0] in words:
            kinds = "typename D, typename T" if "D d" in head else "typename T"
            lines.append(f"template<{kinds}> __device__ inline T {head} {{ {body} }}")
    return "\n".join(lines)
