"""Functions of CUDA's that the library of C has not, in C, where its kernels are compiled for a processor."""

from __future__ import annotations

TEXTS = {
    # By the product where erfc has its digits, else by the continued fraction (DLMF 7.9.3).
    "erfcx": """\
static double erfcx(double x) {
  if (x < 10) {
    double square = x * x, lost = fma(x, x, -square), rest = x < -27 ? INFINITY : exp(square);
    return rest - rest == 0 ? rest * (1 + lost) * erfc(x) : rest;
  }
  double r = 0;
  for (int k = 40; k > 0; k--) r = k / 2.0 / (x + r);
  return 0.56418958354775628695 / (x + r);
}
""",
    # y > 0 with erfc(y) = r <= 1/2: Newton's steps for the logarithms.
    "hoad_tail_inverse": """\
static double hoad_tail_inverse(double r) {
  if (r == 0) return INFINITY;
  double goal = log(r), y = sqrt(-goal);
  for (int k = 0; k < 8; k++) {
    double scaled = erfcx(y);
    y += (log(scaled) - y * y - goal) * 0.88622692545275801365 * scaled;
  }
  return y;
}
""",
    "erfinv": """\
static double erfinv(double x) {
  if (!(fabs(x) <= 1)) return NAN;
  if (x > 0.5) return hoad_tail_inverse(1 - x);
  if (x < -0.5) return -hoad_tail_inverse(1 + x);
  double y = 0.88622692545275801365 * x;
  for (int k = 0; k < 5; k++) y -= (erf(y) - x) * 0.88622692545275801365 * exp(y * y);
  return y;
}
""",
    "erfcinv": """\
static double erfcinv(double x) {
  if (!(x >= 0 && x <= 2)) return NAN;
  return x < 0.5 ? hoad_tail_inverse(x) : x > 1.5 ? -hoad_tail_inverse(2 - x) : erfinv(1 - x);
}
""",
    "normcdfinv": """\
static double normcdfinv(double p) {
  double y = erfcinv(2 * p);
  return y == 0 ? 0.0 : -1.41421356237309504880 * y;
}
""",
}


def functions_for(text: str) -> str:
    """What the compiler has to be told before a text, in which some of them are called."""
    called = [name for name in TEXTS if f"{name}(" in text]
    return "".join(TEXTS.values()) if called else ""
