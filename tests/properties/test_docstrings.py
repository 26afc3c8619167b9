"""Every public name says what it is: a sentence, its arguments, what is returned and raised, an example."""

from __future__ import annotations

import builtins
import inspect
import re
from typing import Any

import numpy as np
import pytest

import hoad
from hoad import errors

PUBLIC = [
    pytest.param(getattr(home, name), id=name)
    for home in (hoad, hoad.chainrules)
    for name in home.__all__
    if callable(getattr(home, name))
]
QUIET = {
    "adapted",
    "careful",
    "run_each_time",
    "ignore_derivatives",
    "is_tracing",
    "learned",
    "order",
    "primal",
    "show_grad",
    "stop_gradient",
}
SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Source|Example):$", re.M)
IMPLIED = {"self", "cls", "_cls"}
HOMES = (errors, builtins, np.linalg)  # of errors


def sections(thing: Any) -> dict[str, str]:
    """The parts of a docstring by their titles; the first has none."""
    parts = SECTION.split(inspect.getdoc(thing) or "")
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def parameters_of(thing: Any) -> list[str]:
    """The names of what it is called with."""
    target = thing
    if inspect.isclass(thing) and thing.__new__ is not object.__new__ and "__init__" not in vars(thing):
        target = thing.__new__
    try:
        found = list(inspect.signature(target).parameters)
    except (TypeError, ValueError):
        return []
    return [name for name in found if name not in IMPLIED]


def wrong(thing: Any) -> list[str]:
    """What a docstring lacks."""
    parts, name = sections(thing), thing.__name__
    lacks = []
    first = " ".join(parts[""].split("\n\n")[0].split())
    if not first or first[-1] not in ".:":
        lacks.append("a sentence first")
    documented = re.findall(r"^    (\*{0,2}\w+)(?:, \w+)*:", parts.get("Args", ""), re.M)
    missing = [p for p in parameters_of(thing) if not re.search(rf"\b{p}\b", parts.get("Args", ""))]
    if missing and not is_bare(thing):
        lacks.append(f"arguments {missing} beside {documented}")
    if not inspect.isclass(thing) and "Returns" not in parts and not returns_nothing(thing):
        lacks.append("what is returned")
    if not inspect.isclass(thing) and "Raises" not in parts and name not in QUIET:
        lacks.append("what is raised")
    raised = re.findall(r"^    (\w+):", parts.get("Raises", ""), re.M)
    lacks += [f"{r} is no error" for r in raised if not any([hasattr(home, r) for home in HOMES])]
    if ">>>" not in parts.get("Example", ""):
        lacks.append("an example")
    return lacks


def is_bare(thing: Any) -> bool:
    """Tell whether a class is made without arguments."""
    return inspect.isclass(thing) and parameters_of(thing) in ([], ["args", "kwargs"])


def returns_nothing(thing: Any) -> bool:
    """Tell whether a function gives None, by its annotation."""
    return inspect.signature(thing).return_annotation in (None, "None")


@pytest.mark.parametrize("thing", PUBLIC)
def test_a_public_name_says_what_it_is(thing: Any) -> None:
    assert wrong(thing) == []


def test_what_the_check_would_find() -> None:
    def f(x: Any, y: Any) -> Any:
        """Add

        Args:
            x: one number.

        Raises:
            Nonsense: never.
        """

    assert wrong(f) == [
        "a sentence first",
        "arguments ['y'] beside ['x']",
        "what is returned",
        "Nonsense is no error",
        "an example",
    ]
