"""Derivative rules, each stated once: the tables of the rules, by family."""

from __future__ import annotations

from . import contraction, elementwise, indexing, linalg, reductions, shaping
from .registry import RULES, composite, constant, differential, linear_rule, multilinear_rule, scalar_rule

__all__ = [
    "RULES",
    "composite",
    "constant",
    "contraction",
    "differential",
    "elementwise",
    "indexing",
    "linalg",
    "linear_rule",
    "multilinear_rule",
    "reductions",
    "scalar_rule",
    "shaping",
]
