"""How the rules of ``scipy.special`` are entered: its ufuncs ask their operands, so the rules are in the
table that NumPy's are in, once the first of them meets a traced value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scipy.special as sc

from ...errors import MissingRuleError
from ...nested import Traced, depth, refused
from ..registration import register
from ..statements import OWN, RULES, Scalar

FUNCTIONS: list[Any] = []  # those with a rule here


def enter(function: Any, rule: Any) -> None:
    """Enter a rule, unless the user has stated another one before."""
    FUNCTIONS.append(function)
    OWN[function] = rule
    if function not in RULES:
        register(function, rule)


def own(function: Any, partials: Any) -> None:
    """State the partials of a function in all its arguments."""
    enter(function, Scalar(function, partials))


def within_some(name: str, partials: Any, without: str) -> None:
    """State the partials of a function of which some arguments have no derivative: those are refused by name.

    Args:
        name: of the function.
        partials: as of a rule; what stands for those arguments is not used.
        without: the names of all arguments, with a ``-`` before those that have none.
    """
    function = getattr(sc, name, None)
    if function is None:  # in another version of SciPy
        return
    names = without.split()
    rule = Scalar(function, partials)
    blocked = [(k, n[1:]) for k, n in enumerate(names) if n.startswith("-")]

    def checked(*args: Any) -> Any:
        for k, argument in blocked:
            if isinstance(args[k], Traced) and depth(args[k]):
                raise refused(MissingRuleError(unknown_argument(name, argument, names)), args[k])
        return rule(*args)

    enter(function, checked)


def unknown_argument(name: str, argument: str, names: list[str]) -> str:
    """The text for an argument without a derivative."""
    known = [n for n in names if not n.startswith("-")]
    others = f"; it has derivatives by {', '.join(known)}" if known else ""
    return (
        f"scipy.special.{name} has no derivative by its argument {argument}, which has no closed form"
        f"{others}. hoad.stop_gradient({argument}) makes it a constant"
    )


def several(name: str, *partials: Any) -> None:
    """State the partials of a function with several values, one statement for each; ``out`` is that value."""
    function = getattr(sc, name, None)
    if function is None:
        return
    parts = [Scalar(value_of(function, k), p, f"{name}[{k}]") for k, p in enumerate(partials)]
    enter(function, lambda *args: tuple([part(*args) for part in parts]))


def value_of(function: Any, k: int) -> Callable[..., Any]:
    """One of the values of a function."""
    return lambda *args: function(*args)[k]
