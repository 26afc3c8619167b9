"""The reference of the site names every public name, once."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
AUTOSUMMARY = re.compile(r"^\.\. currentmodule:: (\S+)|^   (\w+)$", re.M)


def listed() -> list[str]:
    """The names in the tables of the reference, with their modules."""
    names = []
    for page in sorted(REFERENCE.glob("*.rst")):
        module = ""
        for match in AUTOSUMMARY.finditer(page.read_text()):
            module = match[1] or module
            if match[2]:
                names.append(f"{module}.{match[2]}")
    return names


def public(module: str) -> set[str]:
    """What a module offers: ``__all__``, or what it defines itself."""
    home = importlib.import_module(module)
    names = getattr(home, "__all__", None) or [
        n for n, value in vars(home).items() if defined(home, n, value)
    ]
    return {f"{module}.{n}" for n in names if not inspect.ismodule(getattr(home, n)) and n != "__version__"}


def defined(home: object, name: str, value: object) -> bool:
    """Tell whether a name is one of the module's own."""
    return (
        not name.startswith("_") and name[0].isupper() and getattr(value, "__module__", "") == home.__name__
    )  # type: ignore[attr-defined]


def test_no_name_stands_twice() -> None:
    names = listed()
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("module", ["hoad", "hoad.chainrules", "hoad.testing", "hoad.interop"])
def test_every_public_name_has_a_page(module: str) -> None:
    elsewhere = {"hoad.testing.RuleCheckError", "hoad.chainrules.RULES", "hoad.chainrules.numpy"}
    assert public(module) - elsewhere <= set(listed())
