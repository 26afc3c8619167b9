"""The search: from a function to what is bound while a derivative of it runs."""

from __future__ import annotations

import builtins
from collections.abc import Set
from typing import Any

from .binding import Code, Item, Own, binding_at, code_of, original_at
from .builtins import CALLED
from .known import LEFT, RUNNING, Adaptation, Known
from .patches import OWN, patches
from .reach import Reach
from .reading import Names
from .replacements import NUMPYS, SCALARS, builtin_of, has_scalars, importing, joined, stand_in
from .rewriting import rewritten


def known(f: Any, more: list[Any]) -> Known:
    """A function, with what else leads to code, searched."""
    left = f is not None and code_of(f) in LEFT
    reach = Reach(LEFT).search(*([] if f is None else [f]), *more)
    adaptation = None if left else adaptation_from(reach)
    if adaptation is None and not left and any([stand_in(m, reach.names) is not None for m in more]):
        adaptation = Adaptation([], reach.names)
    return Known(f, more, reach.checks, adaptation)


def of_module(module: Any, names: Names) -> Known:
    """A module that joins a program which uses certain names, searched."""
    reach = Reach(LEFT, names).search(module)
    return Known(None, [module], reach.checks, adaptation_from(reach))


def adaptation_from(reach: Reach) -> Adaptation | None:
    """What is to be bound in the places that were reached; None for nothing."""
    names, bindings = reach.names, []
    called = names.called
    if any([value is module and stand_in(value, names) for _, value in reach.found for module in NUMPYS]):
        names = names._replace(of_hoad=True)
    if reach.polynomials:  # which NumPy's code fills, term by term
        names = names._replace(of_hoad=True, writes=True)
    for place, value in reach.found:
        new = stand_in(value, names)
        if (
            has_scalars(new)
            and isinstance(place.holder, dict)
            and reach.compared(place.holder) & SCALARS.keys()
        ):
            new = stand_in(value, names._replace(called=names.called - SCALARS.keys()))
        if new is None and value.__class__ is type and is_called(place, called, reach):
            new = OF_NAMES.get(value)
        if new is not None:
            bindings.append(binding_at(place, value, new, joined))
    for place, name in reach.missing:
        new = builtin_of(name, names)
        if new is not None and not (name in CALLED and name in reach.compared(place.holder)):
            bindings.append(binding_at(place, original_at(place), new, joined))
    unnamed = reach.hands_on_classes
    for f in reach.functions:
        new = rewritten(f, reach.compared, unnamed, names.writes)
        if new is not None:
            bindings.append(binding_at(Code(f, "__code__"), code_of(f), new, joined))
    for module in NUMPYS:  # the rules are written in NumPy's own functions
        for name, value in patches(module).items():
            reach.checks.append((vars(module), name, value))  # once it is undone, this is another program
            bindings.append(binding_at(Own(vars(module), name), value, OWN[module][name], joined))
    if names.imported:
        place = Item(builtins.__dict__, "__import__")
        bindings.append(binding_at(place, IMPORT, IMPORTING, joined))
    return Adaptation(list(dict.fromkeys(bindings)), names) if bindings or names.catches else None


def is_called(place: Item, called: Set[str], reach: Reach) -> bool:
    """Tell whether a name of a module is called, and not compared by identity: another of ``float``, say."""
    name, held = place.name, place.holder
    return held.__class__ is dict and name in called and name not in reach.compared(held)


OF_NAMES = {getattr(builtins, name): new for name, new in CALLED.items()}  # by whatever name


def imported(module: Any) -> None:
    """A module was imported in the body of a function."""
    if (run := RUNNING.get()) is not None:
        run.join(module)


IMPORT = builtins.__import__
IMPORTING = importing(IMPORT, imported)
