"""The feature tables: which test shows which feature of the systems that hoad learns from, and the page of
the docs that is made of them.

A test says which row it shows, and the page says the rest::

    @row("Zygote", "gradient", "hoad.gradient", "zeros where Zygote gives nothing")
    def test_gradient(): ...

``python tests/tables/features.py`` writes ``docs/features.md`` anew; ``test_features.py`` fails while the
page is old, while a row has no test, and while a test names a row that is not in the table.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "features.md"
MODULES = [
    "test_zygote",
    "test_language",
    "test_parameters",
    "test_graph",
    "test_chainrules",
    "test_testing",
    "test_forwarddiff",
    "test_complaints",
    "test_enzyme",
]

MUST, SHOULD, OPTIONAL = "must", "should", "optional"

# What each system offers, and how much it would be missed.
TABLES: dict[str, dict[str, str]] = {
    "Zygote": {
        "gradient": MUST,
        "withgradient": MUST,
        "pullback": MUST,
        "pushforward": SHOULD,
        "jacobian": MUST,
        "withjacobian": SHOULD,
        "hessian": MUST,
        "hessian_reverse": SHOULD,
        "diaghessian": SHOULD,
        "f'": MUST,
        "hook": SHOULD,
        "@showgrad": OPTIONAL,
        "isderiving, nestlevel": OPTIONAL,
        "Buffer": OPTIONAL,
        "checkpointed": SHOULD,
        "eager_update!": OPTIONAL,
        "forwarddiff": SHOULD,
        "dropgrad, ignore": SHOULD,
        "@nograd": SHOULD,
        "@adjoint": MUST,
        "Params": OPTIONAL,
        "Params, algebra": OPTIONAL,
        "Grads, algebra": OPTIONAL,
        "jacobian of Params": OPTIONAL,
        "structs": MUST,
        "Dict": MUST,
        "tuples, named tuples, Ref, tasks": SHOULD,
        "closures": MUST,
        "control flow": MUST,
        "complex numbers": MUST,
        "conventions": SHOULD,
        "printing and logging": SHOULD,
        "@code_adjoint, profile": OPTIONAL,
        "refresh": OPTIONAL,
    },
    "ChainRules": {
        "rrule": MUST,
        "frule": MUST,
        "@scalar_rule": MUST,
        "@non_differentiable": MUST,
        "@opt_out": OPTIONAL,
        "@thunk": OPTIONAL,
        "@not_implemented": SHOULD,
        "ProjectTo": MUST,
        "NoTangent, ZeroTangent": MUST,
        "Tangent": SHOULD,
        "accumulation, debug_mode": OPTIONAL,
        "rrule_via_ad, frule_via_ad": SHOULD,
        "ignore_derivatives": SHOULD,
        "non-differentiable points": SHOULD,
        "powers at zero": SHOULD,
    },
    "Rule testing (ChainRulesTestUtils, EnzymeTestUtils, Mooncake)": {
        "test_rrule": MUST,
        "test_frule": MUST,
        "test_scalar": MUST,
        "rand_tangent, test_approx": SHOULD,
        "rrule_f = rrule_via_ad": SHOULD,
        "test_forward, test_reverse": SHOULD,
        "test_rule": SHOULD,
        "second order of each rule": MUST,
    },
    "ForwardDiff": {
        "derivative": MUST,
        "gradient, jacobian, hessian": MUST,
        "gradient!, DiffResult": SHOULD,
        "f!(y, x)": MUST,
        "Config, Chunk": OPTIONAL,
        "Tag": SHOULD,
        "DiffResults": SHOULD,
        "nansafe_mode": SHOULD,
        "comparisons": SHOULD,
        "custom rule": SHOULD,
    },
    "Enzyme": {
        "autodiff(Reverse, …)": MUST,
        "autodiff(Forward, …)": MUST,
        "Const, Active, Duplicated, …": SHOULD,
        "ForwardWithPrimal, ReverseWithPrimal": SHOULD,
        "ReverseHolomorphic": SHOULD,
        "autodiff_thunk": SHOULD,
        "gradient, jacobian": MUST,
        "hvp, hvp_and_gradient!": MUST,
        "mutation, make_zero": MUST,
        "ignore_derivatives, within_autodiff": SHOULD,
        "set_strong_zero": SHOULD,
        "EnzymeRules": SHOULD,
        "autodiff_deferred": SHOULD,
    },
    "Complaints": {
        "3.1 array mutation": MUST,
        "3.2 try and except": MUST,
        "3.3 second order silently wrong": MUST,
        "3.4 nothing for a gradient": MUST,
        "3.5 perturbation confusion": MUST,
        "3.6 compile latency": SHOULD,
        "3.7 indexing in a loop": MUST,
        "3.8 exponential growth, recursion limits": MUST,
        "3.9 wrong rules in the documentation": MUST,
        "3.10 mutable objects and dictionaries": MUST,
        "3.11 complex numbers": MUST,
        "3.12 nan at singular points": MUST,
        "3.13 abs and ties": MUST,
        "3.14 equality of traced numbers": MUST,
        "3.15 generic code": MUST,
        "3.16 threads": MUST,
        "3.17 orientation of the Jacobian": MUST,
        "3.18 inputs changed": MUST,
        "3.19 late rules": MUST,
        "3.20 scalar parameters ignored": MUST,
        "3.21 prepared objects misused": SHOULD,
        "3.23 opaque errors": MUST,
        "3.24 forward mode drops closures": MUST,
    },
}


@dataclass(frozen=True)
class Row:
    """One feature of one system, and the test that shows what hoad has for it."""

    system: str
    name: str
    hoad: str
    differs: str
    test: str


ROWS: dict[tuple[str, str], Row] = {}


def row(system: str, name: str, hoad: str, differs: str = "") -> Callable[[Any], Any]:
    """Note that the decorated test shows a row.

    Args:
        system: a key of ``TABLES``.
        name: a key of ``TABLES[system]``.
        hoad: what a user of hoad types for it, as code; empty for what hoad does not offer.
        differs: how hoad differs, in a few words of Markdown, without a vertical bar; a complaint says what
        hoad does.

    Returns:
        A decorator that leaves the test as it is.
    """
    if name not in TABLES.get(system, {}):
        raise KeyError(f"{system}: {name} is not a row of the tables in features.py")

    def note(test: Any) -> Any:
        if (system, name) in ROWS and ROWS[system, name].test != f"{test.__module__}.{test.__name__}":
            raise KeyError(f"{system}: {name} is shown by {ROWS[system, name].test} already")
        ROWS[system, name] = Row(system, name, hoad, differs, f"{test.__module__}.{test.__name__}")
        return test

    return note


def load() -> None:
    """Import the tests, which fill ``ROWS``."""
    for name in MODULES:
        importlib.import_module(name)


def page() -> str:
    """The page of the docs, as Markdown."""
    lines = [
        "# Feature by feature",
        "",
        "What the systems that hoad learns from offer, and what hoad has for it. This page is made from the "
        "tests",
        "(`python tests/tables/features.py`): each row is shown by the test in its last column.",
        "",
    ]
    for system, names in TABLES.items():
        lines += [
            f"## {system}",
            "",
            "| feature | rank | in hoad | how it differs | test |",
            "|---|---|---|---|---|",
        ]
        for name, rank in names.items():
            shown = ROWS.get((system, name))
            if shown is None:
                lines.append(f"| {code(name, system)} | {rank} | | | |")
            else:
                spelling = f"`{shown.hoad}`" if shown.hoad else ""
                test = shown.test.replace(".", ".py::", 1)
                lines.append(f"| {code(name, system)} | {rank} | {spelling} | {shown.differs} | `{test}` |")
        lines.append("")
    return "\n".join(lines)


def code(name: str, system: str) -> str:
    """A name as it stands in the page: words as they are, identifiers as code."""
    plain = system == "Complaints" or (" " in name and "(" not in name and "," not in name)
    return name if plain else f"`{name}`"


if __name__ == "__main__":
    sys.path += [str(folder) for folder in HERE.parent.glob("**/") if folder.name != "__pycache__"]
    import features

    features.load()
    PAGE.write_text(features.page(), encoding="utf-8")
