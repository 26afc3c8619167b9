"""Every public name of SciPy's modules has a door that a test knows, works as a program, takes nothing
traced, or is refused with what to use.
"""

from __future__ import annotations

import functools
import types
from pathlib import Path
from typing import Any

import numpy as np
import proofs
import pytest
import scipy.sparse
import scipy_names as table

import hoad
from hoad.adapting.doors import door_of
from hoad.chainrules import RULES
from hoad.chainrules.doors import BEHIND, DOORS
from hoad.chainrules.scipy.without import Question, Refusal

TESTS = Path(__file__).parent.parent


@functools.cache
def text_of_tests() -> str:
    """The text of all tests of SciPy."""
    files = [
        *TESTS.glob("scipy/*.py"),
        *TESTS.glob("chainrules/test_scipy*.py"),
        *TESTS.glob("tables/scipy_*.py"),
    ]
    return "\n".join([f.read_text(encoding="utf-8") for f in files if f.name != Path(__file__).name])


def names_of(module: Any) -> dict[str, Any]:
    """The functions and classes that a module makes public."""
    found = {n: getattr(module, n) for n in module.__all__}
    return {n: f for n, f in found.items() if not isinstance(f, types.ModuleType)}


def ways(module: str, name: str, value: Any) -> list[str]:
    """How a name is accounted for."""
    held = isinstance(value, type) and issubclass(value, (scipy.sparse.sparray, scipy.sparse.spmatrix))
    warns = isinstance(value, type) and issubclass(value, Exception)
    found = {
        "refused": isinstance(BEHIND.get(value), Refusal),
        "question": isinstance(BEHIND.get(value), Question),
        "door": value in DOORS and not isinstance(BEHIND.get(value), (Refusal, Question)),
        "rule": value in RULES and value not in DOORS,
        "program": f"{module}.{name}" in table.PROGRAMS,
        "constant": name in table.CONSTANT.get(module, "").split() or (warns and value not in DOORS),
        "holds traced entries": held and name in HELD,
        "operator": name in ("LinearOperator", "aslinearoperator"),
    }
    return [way for way, there in found.items() if there]


BY_TABLES = ("scipy.fft", "scipy.spatial.distance", "scipy.sparse.csgraph")  # their tests run over all names
HELD = {
    f"{kind}_{form}"
    for kind in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
    for form in ("array", "matrix")
}


@pytest.mark.parametrize("module", table.MODULES)
def test_every_name_is_accounted_for(module: str) -> None:
    names = names_of(table.MODULES[module])
    for value in names.values():
        door_of(value)  # its family is loaded
    wrong = {n: w for n, f in names.items() if len(w := ways(module, n, f)) != 1}
    assert not {n: w for n, w in wrong.items() if w != ["constant", "holds traced entries"]}
    by_tables = module in BY_TABLES
    untested = [
        n
        for n, f in names.items()
        if ways(module, n, f) == ["door"] and not by_tables and n not in text_of_tests()
    ]
    assert not untested


SLOW = ("scipy.spatial.transform.RotationSpline",)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.sweep] if n in SLOW else []) for n in table.PROGRAMS]
)
def test_programs(name: str) -> None:
    f, *args = table.PROGRAMS[name]
    proofs.prove(f, *args, orders=2, batches=name not in table.NOT_MAPPED, differences=1e-7, exact=1e-9)


@pytest.mark.parametrize(
    "module", ["scipy.integrate", "scipy.optimize", "scipy.spatial", "scipy.spatial.transform"]
)
def test_what_is_refused_says_what_to_use(module: str) -> None:
    for name, f in names_of(table.MODULES[module]).items():
        door_of(f)
        if isinstance(BEHIND.get(f), Refusal):
            with pytest.raises(
                hoad.errors.MissingRuleError, match=rf"{module}\.{name} has no derivative: .*"
            ):
                hoad.grad(lambda x, f=f: f(lambda t: x[0], x), np.ones(3))
