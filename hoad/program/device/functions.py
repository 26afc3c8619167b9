"""What the text of kernels begins with, and the functions of SciPy's that CUDA has or that are written here.

The text is C and C++ alike, so that a C compiler can make the same kernels for a processor.
"""

from __future__ import annotations

# Functions of one or several doubles: SciPy's name, and what it is called on a device.
FUNCTIONS = {
    "erf": "erf", "erfc": "erfc", "gammaln": "lgamma", "gamma": "tgamma", "j0": "j0", "j1": "j1",
    "y0": "y0", "y1": "y1", "ndtr": "normcdf", "expit": "hoad_expit", "log_expit": "hoad_log_expit",
    "logit": "hoad_logit", "xlogy": "hoad_xlogy", "xlog1py": "hoad_xlog1py", "entr": "hoad_entr",
    "rel_entr": "hoad_rel_entr", "psi": "hoad_psi", "expm1": "expm1", "log1p": "log1p", "exp2": "exp2",
    "exp10": "exp10", "cbrt": "cbrt", "erfinv": "erfinv", "erfcinv": "erfcinv", "ndtri": "normcdfinv",
    "erfcx": "erfcx", "log_ndtr": "hoad_log_ndtr",
}  # fmt: skip

# What is computed in single precision as such: the four operations and the root are rounded once either way.
OF_SINGLE = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}",
    **{name: name + "f({0})" for name in (
        "sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "asin", "acos", "atan", "asinh",
        "acosh", "atanh", "expm1", "log1p", "exp2", "log2", "log10", "cbrt",
    )},
    **{name: name + "f({0}, {1})" for name in ("pow", "atan2", "hypot", "fmod")},
}  # fmt: skip

PRELUDE = """\
#ifdef __cplusplus
#define KERNEL extern "C" __global__ void
#define RESTRICT __restrict__
#else
#define KERNEL __global__ void
#define RESTRICT restrict
#endif
#define THREADS 256
#define INFINITE of_bits(0x7ff0000000000000ull)
#define NOT_A_NUMBER of_bits(0x7ff8000000000000ull)
"""

# Functions that are written here: their parameters, and what they give.
WRITTEN = {
    "with_sum": ("a, b", "a + b"),
    "with_times": ("a, b", "a * b"),
    "with_most": ("a, b", "b > a || b != b ? b : a"),
    "with_least": ("a, b", "b < a || b != b ? b : a"),
    "hoad_expit": ("x", "x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))"),
    "hoad_log_expit": ("x", "x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x))"),
    "hoad_log_ndtr": (
        "x",
        "x < -1 ? log(erfcx(x * -0.70710678118654752440) / 2) - x * x / 2"
        " : log1p(-erfc(x * 0.70710678118654752440) / 2)",
    ),
    "hoad_logit": ("x", "x < 0.3 || x > 0.65 ? log(x / (1 - x)) : log1p(2 * x - 1) - log1p(1 - 2 * x)"),
    "hoad_xlogy": ("x, y", "x == 0 && y == y ? 0.0 : x * log(y)"),
    "hoad_xlog1py": ("x, y", "x == 0 && y == y ? 0.0 : x * log1p(y)"),
    "hoad_entr": ("x", "x > 0 ? -x * log(x) : x == 0 ? 0.0 : x != x ? x : -INFINITE"),
    "hoad_rel_entr": (
        "x, y",
        "x > 0 && y > 0 ? x * log(x / y) : x == 0 && y >= 0 ? 0.0 : x != x ? x : y != y ? y : INFINITE",
    ),
}
OF_BITS = """\
__device__ static double of_bits(unsigned long long bits) {
  union { unsigned long long bits; double number; } both;
  both.bits = bits;
  return both.number;
}
"""
DIGAMMA = """\
__device__ static double hoad_psi(double x) {
  double found = 0, square;
  if (x <= 0) {
    if (x == floor(x)) return NOT_A_NUMBER;
    found = -3.14159265358979323846 / tan(3.14159265358979323846 * x);
    x = 1 - x;
  }
  for (; x < 10; x += 1) found -= 1 / x;
  square = 1 / (x * x);
  return found + log(x) - 0.5 / x - square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252
    - square * (1.0 / 240 - square * (1.0 / 132 - square * (691.0 / 32760 - square / 12))))));
}
"""


def helpers(text: str) -> list[str]:
    """The functions written here that a text calls."""
    names = [name for name in WRITTEN if f"{name}(" in text]
    found = [DIGAMMA] if "hoad_psi(" in text else []
    for name in names:
        parameters, given = WRITTEN[name]
        declared = ", ".join([f"double {x}" for x in parameters.split(", ")])
        found.append(f"__device__ static double {name}({declared}) {{ return {given}; }}")
    needs = any([word in "".join([text, *found]) for word in ("INFINITE", "NOT_A_NUMBER")])
    return [OF_BITS, *found] if needs else found
