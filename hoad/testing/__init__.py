"""Rules and derivatives of one's own, checked: against finite differences, mpmath, and themselves.

Example:
    >>> import hoad
    >>> from hoad.chainrules import NoTangent, remove_rule, rrule
    >>> def double(x):
    ...     return 2 * x
    >>> @rrule(double)
    ... def _(x):
    ...     return 2 * x, lambda g: (NoTangent(), 2 * g)
    >>> hoad.testing.check_rrule(double, 3.0)
    <Report of double: 9 checks passed>
    >>> remove_rule(double)
"""

from ..errors import RuleCheckError
from .checks import check_frule, check_grads, check_rrule, check_rule
from .directions import assert_close, random_tangent
from .report import Check, Report
from .scalars import check_scalar

__all__ = [
    "Check",
    "Report",
    "RuleCheckError",
    "assert_close",
    "check_frule",
    "check_grads",
    "check_rrule",
    "check_rule",
    "check_scalar",
    "random_tangent",
]
