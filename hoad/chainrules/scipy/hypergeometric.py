"""Hypergeometric functions by their argument, and orthogonal polynomials: the derivative of each has the same
form with its parameters moved by one (DLMF 13.3.15, 15.5.1, 18.9).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ...errors import MissingRuleError
from ...nested import everything, refused
from ..statements import Scalar
from .stating import within_some

within_some("hyp0f1", lambda v, z, out: (0, sc.hyp0f1(v + 1, z) / v), "-v z")
within_some("hyp1f1", lambda a, b, z, out: (0, 0, a / b * sc.hyp1f1(a + 1, b + 1, z)), "-a -b x")
within_some("hyperu", lambda a, b, x, out: (0, 0, -a * sc.hyperu(a + 1, b + 1, x)), "-a -b x")
within_some(
    "hyp2f1",
    lambda a, b, c, z, out: (0, 0, 0, a * b / c * sc.hyp2f1(a + 1, b + 1, c + 1, z)),
    "-a -b -c z",
)
within_some("wright_bessel", lambda a, b, x, out: (0, 0, sc.wright_bessel(a, a + b, x)), "-a -b x")
within_some(
    "log_wright_bessel",
    lambda a, b, x, out: (0, 0, np.exp(sc.log_wright_bessel(a, a + b, x) - out)),
    "-a -b x",
)


# ------------------------------------------------------------------------------------------------------------
# Orthogonal polynomials, those of Gegenbauer by one formula; U is that of 1, P that of 1/2
# ------------------------------------------------------------------------------------------------------------


def _gegenbauer(n: Any, a: Any, x: Any) -> Any:
    low = (np.asarray(n) < 0) & (n == np.floor(n))
    return np.where(low, 0.0, sc.eval_gegenbauer(np.where(low, 0.0, n), a, x))[()]


# It is 0 below degree 0, as the derivatives of polynomials are.
C: Scalar = Scalar(_gegenbauer, lambda n, a, x, out: (0, 0, 2 * a * C(n - 1.0, a + 1, x)), "eval_gegenbauer")


def one(n: Any, x: Any) -> Any:
    """The degree of a derivative, of a polynomial of degree n.

    Raises:
        MissingRuleError: n is negative.
    """
    if np.any(everything(n) < 0):
        text = "a polynomial of scipy.special of negative degree has no derivative here"
        raise refused(MissingRuleError(text), x)
    return n - 1.0


within_some("eval_gegenbauer", lambda n, a, x, out: (0, 0, 2 * a * C(one(n, x), a + 1, x)), "-n -alpha x")
within_some("eval_legendre", lambda n, x, out: (0, C(one(n, x), 1.5, x)), "-n x")
within_some("eval_chebyt", lambda n, x, out: (0, n * C(one(n, x), 1.0, x)), "-n x")
within_some("eval_chebyu", lambda n, x, out: (0, 2 * C(one(n, x), 2.0, x)), "-n x")
within_some("eval_chebyc", lambda n, x, out: (0, n * C(one(n, x), 1.0, x / 2)), "-n x")
within_some("eval_chebys", lambda n, x, out: (0, C(one(n, x), 2.0, x / 2)), "-n x")
within_some("eval_sh_legendre", lambda n, x, out: (0, 2 * C(one(n, x), 1.5, 2 * x - 1)), "-n x")
within_some("eval_sh_chebyt", lambda n, x, out: (0, 2 * n * C(one(n, x), 1.0, 2 * x - 1)), "-n x")
within_some("eval_sh_chebyu", lambda n, x, out: (0, 4 * C(one(n, x), 2.0, 2 * x - 1)), "-n x")
within_some(
    "eval_jacobi",
    lambda n, a, b, x, out: (0, 0, 0, 0.5 * (n + a + b + 1) * sc.eval_jacobi(n - 1.0, a + 1, b + 1, x)),
    "-n -alpha -beta x",
)
within_some(
    "eval_sh_jacobi",
    lambda n, p, q, x, out: (
        0,
        0,
        0,
        n * sc.eval_sh_jacobi(np.maximum(n - 1.0, 0.0), p + 2.0, q + 1.0, x),
    ),
    "-n -p -q x",
)
within_some("eval_laguerre", lambda n, x, out: (0, -sc.eval_genlaguerre(n - 1.0, 1.0, x)), "-n x")
within_some(
    "eval_genlaguerre", lambda n, a, x, out: (0, 0, -sc.eval_genlaguerre(n - 1.0, a + 1, x)), "-n -alpha x"
)
within_some("eval_hermite", lambda n, x, out: (0, 2 * n * sc.eval_hermite(np.maximum(n - 1, 0), x)), "-n x")
within_some(
    "eval_hermitenorm", lambda n, x, out: (0, n * sc.eval_hermitenorm(np.maximum(n - 1, 0), x)), "-n x"
)
within_some(
    "lpmv",
    lambda m, v, x, out: (0, 0, (v * x * out - (v + m) * sc.lpmv(m, v - 1.0, x)) / (x * x - 1)),
    "-m -v x",
)
