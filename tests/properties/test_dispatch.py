"""hoad's own code asks arrays through functions that dispatch: a method of a ufunc, ``np.add.reduce(x)``, is
only for what is known to be NumPy's, since other libraries have no such methods.
"""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2] / "hoad"
METHODS = {"reduce", "reduceat"}
# Where the operand is NumPy's: its class was asked for, or it is rows that were made there.
KNOWN = {
    "tangents/fit.py", "arrays/ufunc_methods.py", "chainrules/numpy/reductions.py", "fast/shortcuts.py",
    "sparse/matrices.py",
}  # fmt: skip


def methods_of_ufuncs(tree: ast.AST) -> list[str]:
    """The calls ``np.name.method(...)`` in a module."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of = node.func.value
        named = isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) and of.value.id == "np"
        if named and node.func.attr in METHODS and isinstance(getattr(np, of.attr, None), np.ufunc):
            found.append(f"np.{of.attr}.{node.func.attr}")
    return found


def test_the_search_finds_them() -> None:
    tree = ast.parse("np.add.reduce(x); np.linalg.outer(x, x); np.add.reduceat(x, i); functools.reduce(f, x)")
    assert methods_of_ufuncs(tree) == ["np.add.reduce", "np.add.reduceat"]


def test_methods_of_ufuncs_are_for_numpys_arrays() -> None:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        calls = methods_of_ufuncs(ast.parse(path.read_text()))
        if calls:
            found[path.relative_to(ROOT).as_posix()] = calls
    assert {name: calls for name, calls in found.items() if name not in KNOWN} == {}
