"""Rules are entered in the table, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import RuleError, describe
from ..values.captures import traced_in
from .interception import intercept, release, separate
from .statements import LISTENERS, OWN, RULES, Primitive


def checked(function: Any, rule: Any) -> Any:
    """What a rule is about: the plain function, for a Python function whose calls will go to the rule."""
    for what in (function, rule):
        if not callable(what):
            raise RuleError(
                f"a rule was stated for {describe(function)}, but {describe(what)} can't be called"
            )
    if type(function).__name__ == "CPUDispatcher":
        name = getattr(function, "__name__", "f")
        raise RuleError(
            f"{name} is compiled by Numba, which asks no rule when it is called; state the rule for a Python "
            f"function that calls it, and call that: def {name}_(*args): return {name}(*args)"
        )
    return separate(function)


def register(function: Any, rule: Any) -> None:
    """Enter a rule in the table; it counts from the next call of the function on, wherever that stands."""
    RULES[function] = rule
    intercept(function, _entrance(function))
    for tell in LISTENERS:
        tell(function, rule)


def _entrance(function: Any) -> Callable[..., Any]:
    plain = separate(function)

    def enter(*args: Any, **kwargs: Any) -> Any:
        rule = RULES.get(function, plain)
        if not isinstance(rule, Primitive) and not traced_in((args, kwargs)):
            return plain(
                *args, **kwargs
            )  # a composite stands in for the function where that is differentiated
        return rule(*args, **kwargs)

    return enter


def remove_rule(function: Any) -> None:
    """Take back the rules that were stated for a function; hoad's own counts again, where there is one.

    Args:
        function: what a rule was stated for, or the rule.

    Raises:
        RuleError: nobody stated one.

    Example:
        >>> import hoad
        >>> def double(x):
        ...     return 2 * x
        >>> rule = hoad.chainrules.scalar_rule(double, lambda x, out: 2.0)
        >>> hoad.chainrules.remove_rule(double)
    """
    if isinstance(function, Primitive):
        function = next((f for f, rule in RULES.copy().items() if rule is function), function)
    if RULES.get(function) is OWN.get(function):
        raise RuleError(f"no rule was stated for {describe(function)}, so there is none to remove")
    release(function)
    del RULES[function]
    if function in OWN:
        RULES[function] = OWN[function]
    for tell in LISTENERS:
        tell(function, OWN.get(function))
