"""Modules that a program imports in a body, one within the other, as a derivative runs."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pytest

import hoad
from hoad.adapting import known


def package(folder: Path, name: str) -> None:
    deep = folder / name / "deep"
    deep.mkdir(parents=True)
    (folder / name / "__init__.py").write_text("")
    (deep / "__init__.py").write_text("")
    (deep / "laws.py").write_text("import math\n\ndef law(x):\n    return math.exp(x)\n")


@pytest.mark.parametrize("operator", [hoad.grad, hoad.derivative])
def test_parts_of_a_package_that_are_imported_later(
    operator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"package_of_{operator.__name__}"
    package(tmp_path, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    scope: dict[str, Any] = {}
    text = f"""
def f(x):
    import {name}
    import {name}.deep
    import {name}.deep.laws
    return {name}.deep.laws.law(x) * 2
"""
    exec(text, scope)
    for _ in range(3):
        assert operator(scope["f"])(0.3) == 2 * math.exp(0.3)
    assert name in sys.modules


def test_a_module_joins_a_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any) -> Any:
        for _ in range(20):
            import fractions

            x = x * fractions.Fraction(1, 1).numerator
        return math.exp(x)

    assert hoad.grad(f)(0.3) == math.exp(0.3)
    looks = []
    holds = known.Known.holds
    monkeypatch.setattr(known.Known, "holds", lambda self, *args: looks.append(args) or holds(self, *args))
    assert hoad.grad(f)(0.3) == math.exp(0.3)
    assert len(looks) <= 3
