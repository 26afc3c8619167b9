"""Powers, exponentials and logarithms.

The partials are exact where the power alone is out of range, and where a difference of exponents is rounded.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...nested import Traced
from ...values.constants import is_array
from ...values.reading import somewhere, vanishes
from ...values.shapes import DOUBLE, NUMBERS, REALS, is_complex
from ..declarations import scalar_rule
from ..statements import CHANGES, Scalar
from ..unknown import within

LOG2E = 1 / np.log(2.0).item()
LOG10E = 1 / np.log(10.0).item()
LN2 = np.log(2.0).item()

# ------------------------------------------------------------------------------------------------------------
# Powers
# ------------------------------------------------------------------------------------------------------------


def raised(d: Any, x: Any, n: Any, out: Any) -> Any:
    """``n * x**(n-1) * d`` where ``out`` is ``x**n``, exact at x = 0: an exponent of 0 gives 0, so that the
    derivatives of x**n end. Where the power alone may be out of range, for n < 1/2, or ``n - 1`` is rounded,
    of which a large ``log(x)`` makes much, it is ``n * (d / x) * out``.
    """
    if n.__class__ is np.float64 and x.__class__ is np.ndarray:
        n = float(n)  # whose comparisons take a fifth of the time
    if n.__class__ not in NUMBERS and (isinstance(n, Traced) or is_array(n)):
        if is_ordinary(x) and is_ordinary(out):
            return n * (out / x) * d
        less = np.subtract(n, 1)
        by_quotient = ((less + 1 != n) | (np.real(n) < 0.5)) & (x != 0)
        base = np.where(np.real(n) < 1, within(x), x)
        power = base ** np.where(by_quotient | ((n == 0) & (x == 0)), 0, less)
        return np.where(by_quotient, n * (d / np.where(by_quotient, x, 1)) * out, n * power * d)[()]
    if n == 2:
        return 2 * x * d
    if n == 0 or n == 1:
        return n * d
    if n.real < 0.5 or n - 1 + 1 != n:
        if not vanishes_somewhere(x):
            return n * (d / x) * out
        return np.where(x == 0, n * x ** (n - 1) * d, n * (d / np.where(x == 0, 1, x)) * out)[()]
    power = (x if n.real > 1 else within(x)) ** (n - 1)
    is_root = power.__class__ is complex and x.__class__ is float and n.__class__ is not complex
    return d * math.nan if is_root else n * power * d  # of a negative number, which has none


def is_ordinary(x: Any) -> bool:
    """Tell whether the quotient of an array by another such one has all its digits: all is positive, and far
    from what is too large or too small.
    """
    return (
        x.__class__ is np.ndarray
        and x.dtype is DOUBLE
        and x.size
        and bool(x.min() > 1e-100 and x.max() < 1e100)
    )


def vanishes_somewhere(x: Any) -> bool:
    """Tell whether a number is zero, or an element of an array."""
    if x.__class__ is np.ndarray:
        return vanishes(x)
    return somewhere(np.equal(x, 0))


def raised_along(d: Any, x: Any, n: Any, out: Any, e: Any) -> Any:
    """The change of ``raised(d, x, n, out)`` by a change ``e`` of x: the same again, of ``x**(n-1)``; none
    where x and n are 0, as the derivatives of ``x**n`` end there.
    """
    if n.__class__ in NUMBERS and (n == 2 or n == 0):
        return n * (d * e)
    if isinstance(n, Traced) or is_array(n):
        none = (n == 0) & (x == 0)
        return np.where(none, 0, n * raised(d * e, x, n - 1, out / x))[()]
    less = None if 1.5 <= n.real < 2**52 else out / x
    return n * raised(d * e, x, n - 1, less)


def raised_along_exponent(d: Any, x: Any, n: Any, out: Any, e: Any) -> Any:
    """The change of ``raised(d, x, n, out)`` by a change ``e`` of n: ``x**(n-1) * d``, with ``x**0`` in the
    place of that power if x and n are 0, and what the power changes by.
    """
    none = n == 0
    safe = np.where(none, 1, n)[()]
    ratio = np.where(none, d / np.where(none & (x != 0), x, 1), raised(d, x, n, out) / safe)[()]
    return ratio * (1 + n * log_of_base(x)) * e


CHANGES[raised] = {1: raised_along, 2: raised_along_exponent, 3: None}


def log_of_base(x: Any) -> Any:
    """``log(x)`` for the partial of ``x**y`` in y, with 0 at x = 0, where 0**y is constant for y > 0."""
    if x.__class__ is np.ndarray and not vanishes_somewhere(x):
        return np.log(x)
    found = np.log(np.where(x == 0, 1, x)[()])
    return float(found) if x.__class__ in (int, float) else found


def log_along(x: Any, e: Any) -> Any:
    """The change of ``log_of_base(x)`` by a change ``e`` of x."""
    return np.where(x == 0, 0, e / np.where(x == 0, 1, x))[()]


CHANGES[log_of_base] = {0: log_along}


def squared_root(x: Any) -> Any:
    """``np.sqrt(x)**2``: x, where it has a root."""
    if is_complex(x):
        return np.positive(x)
    kind = getattr(x, "dtype", float)
    return x * np.where(np.less(x, 0), np.nan, 1.0).astype(kind)[()]


scalar_rule(np.power, applied=lambda d, x, y, out: (raised(d, x, y, out), d * (out * log_of_base(x))))
scalar_rule(np.square, lambda x, out: 2 * x)
scalar_rule(np.sqrt, lambda x, out: 0.5 / within(out), square=squared_root)
scalar_rule(np.cbrt, lambda x, out: 1 / (3 * within(out) * out))

# ------------------------------------------------------------------------------------------------------------
# Exponentials and logarithms
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.exp, lambda x, out: out)
scalar_rule(np.exp2, lambda x, out: out * LN2)
scalar_rule(np.expm1, lambda x, out: np.exp(x))
scalar_rule(np.log, applied=lambda d, x, out: d / within(x))
scalar_rule(np.log2, applied=lambda d, x, out: LOG2E * (d / within(x)))
scalar_rule(np.log10, applied=lambda d, x, out: LOG10E * (d / within(x)))
scalar_rule(np.log1p, applied=lambda d, x, out: d / (1 + within(x)))

# ------------------------------------------------------------------------------------------------------------
# Logarithms of sums of exponentials, by the odds of the one against the other
# ------------------------------------------------------------------------------------------------------------


def _odds(x: Any, y: Any) -> Any:
    """``e**x / (e**x + e**y)``, as if ``x - y`` were exact."""
    if x.__class__ in REALS and y.__class__ in REALS and -700 < x - y < 700:
        share = 1 / (1 + math.exp(y - x))
        return share * (1 + _left_out(x, y) * (1 - share))
    with np.errstate(over="ignore", invalid="ignore"):
        share = 1 / (1 + np.exp(y - x))
        if is_none(x) or is_none(y):
            return share  # the difference is exact
        rest = _left_out(x, y)
        return share * (1 + np.where(rest == rest, rest, 0) * (1 - share))


def is_none(x: Any) -> bool:
    """Tell whether an operand is the number 0, or an array without axes that holds it."""
    return bool((x.__class__ in NUMBERS or (x.__class__ is np.ndarray and not x.ndim)) and x == 0)


def _odds2(x: Any, y: Any) -> Any:
    """``2**x / (2**x + 2**y)``, as if ``x - y`` were exact."""
    with np.errstate(over="ignore", invalid="ignore"):
        share, rest = 1 / (1 + np.exp2(y - x)), LN2 * _left_out(x, y)
        return share * (1 + np.where(rest == rest, rest, 0) * (1 - share))


def _spread(x: Any, y: Any) -> Any:
    """The product of both odds, by one exponential: its derivative, written as theirs, would cancel next to
    x = y.
    """
    if x.__class__ in REALS and y.__class__ in REALS:
        return _odds(x, y) * _odds(y, x)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        ratio = np.exp(-np.abs(x - y))  # of the smaller to the larger
        larger = 1 / (1 + ratio)
        if is_none(x) or is_none(y):
            return ratio * larger * larger
        rest = _left_out(x, y)
        return ratio * larger * larger * (1 - np.where(rest == rest, rest, 0) * np.tanh(0.5 * (x - y)))


def _spread2(x: Any, y: Any) -> Any:
    return _odds2(x, y) * _odds2(y, x)


def _left_out(x: Any, y: Any) -> Any:
    """What the rounding of ``x - y`` leaves out, exactly (Knuth 1998, "Seminumerical algorithms", 4.2.2)."""
    difference = x - y
    back = difference - x
    return (x - (difference - back)) - (y + back)


odds: Scalar = Scalar(_odds, lambda x, y, out: (spread(x, y), -spread(x, y)), name="odds")
odds2: Scalar = Scalar(_odds2, lambda x, y, out: (LN2 * spread2(x, y), -LN2 * spread2(x, y)), name="odds2")
spread: Scalar = Scalar(
    _spread,
    lambda x, y, out: (-out * np.tanh(0.5 * (x - y)), out * np.tanh(0.5 * (x - y))),
    name="spread",
)
spread2: Scalar = Scalar(
    _spread2,
    lambda x, y, out: (
        -LN2 * out * np.tanh(0.5 * LN2 * (x - y)),
        LN2 * out * np.tanh(0.5 * LN2 * (x - y)),
    ),
    name="spread2",
)

scalar_rule(np.logaddexp, lambda x, y, out: (odds(x, y), odds(y, x)))
scalar_rule(np.logaddexp2, lambda x, y, out: (odds2(x, y), odds2(y, x)))
