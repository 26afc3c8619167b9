"""A door is called as the function of the installed SciPy is: by its names, its order and its defaults."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

scipy = pytest.importorskip("scipy")

from hoad.adapting.doors import FAMILIES  # noqa: E402
from hoad.chainrules.doors import BEHIND, fitted, passes_on, signature_of  # noqa: E402

for _family in set(FAMILIES.values()):
    importlib.import_module(_family)

NEWEST = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 18)
FORMER = {"disp", "blocksize"}  # which SciPy took before 1.18
KNOWN = [
    f
    for f in BEHIND
    if not isinstance(f, type) and signature_of(f) is not None and not passes_on(signature_of(BEHIND[f]))
]  # type: ignore[arg-type]


def named(function: Any) -> dict[str, inspect.Parameter]:
    signature = signature_of(function)
    assert signature is not None
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {p.name: p for p in signature.parameters.values() if p.kind not in kinds}


def text(function: Any) -> str:
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', function)}"


def faults(function: Any) -> list[str]:
    """What a door takes otherwise than its function does."""
    theirs, own = named(function), named(BEHIND[function])
    if next(iter(theirs), "") == "self":  # what a method is called of has no name
        theirs, own = (dict(list(names.items())[1:]) for names in (theirs, own))
    takes_all = any([p.kind is p.VAR_KEYWORD for p in signature_of(BEHIND[function]).parameters.values()])  # type: ignore[union-attr]
    found = [f"{name} is not known" for name in theirs if name not in own and not takes_all]
    if NEWEST:  # in an older SciPy, what was added since is refused as the names are bound
        found += [f"{name} is not SciPy's" for name in own if name not in {*theirs, *FORMER}]
    for name in set(theirs) & set(own):
        one, other = theirs[name].default, own[name].default
        one, other = (tuple(d) if isinstance(d, list) else d for d in (one, other))
        alike = type(one) is type(other) or {type(one), type(other)} == {int, float}
        same = one is other or (alike and one == other)
        chosen = other is None and callable(one)  # in older versions of SciPy a function is the default
        unasked = object in (type(one), type(other))  # what was not given, which SciPy chooses
        if not (same or chosen or unasked or one is inspect.Parameter.empty):
            found.append(f"{name}: {one!r} is the default, and not {other!r}")
    return found


def test_parameters_are_those_of_scipy() -> None:
    assert len(KNOWN) > 250
    assert {text(f): faults(f) for f in KNOWN if faults(f)} == {}


def test_what_has_another_order_comes_by_name() -> None:
    def scipys(x: Any, mode: str = "full", axes: Any = None) -> Any:
        raise AssertionError

    body = fitted(scipys, lambda x, mode="full", method="auto", axes=None: (mode, method, axes))
    assert body(1.0, "same", 0) == ("same", "auto", 0)
    assert body(1.0, axes=0, mode="valid") == ("valid", "auto", 0)
    with pytest.raises(TypeError, match="method"):
        body(1.0, method="fft")
