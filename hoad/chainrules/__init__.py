"""Derivative rules, each stated once: the tables of the rules, by family, and the ways to state more."""

from __future__ import annotations

from . import (
    calculus,
    contraction,
    decompositions,
    eigen,
    elementwise,
    extending,
    fourier,
    indexing,
    linalg,
    reductions,
    shaping,
    statistics,
)
from .custom import adjoint, frule, non_differentiable, rrule
from .projection import project
from .registry import (
    RULES,
    composite,
    constant,
    differential,
    linear_rule,
    multilinear_rule,
    remove_rule,
    scalar_rule,
)
from .tangents import NoTangent, NotImplementedTangent, ZeroTangent

__all__ = [
    "RULES",
    "NoTangent",
    "NotImplementedTangent",
    "ZeroTangent",
    "adjoint",
    "calculus",
    "composite",
    "constant",
    "contraction",
    "decompositions",
    "differential",
    "eigen",
    "elementwise",
    "extending",
    "fourier",
    "frule",
    "indexing",
    "linalg",
    "linear_rule",
    "multilinear_rule",
    "non_differentiable",
    "project",
    "reductions",
    "remove_rule",
    "rrule",
    "scalar_rule",
    "shaping",
    "statistics",
]
