"""Derivative rules, each stated once: the tables of the rules, by family, and the ways to state more.

``statements`` has the ways to state a derivative and the table, ``declarations`` the calls that enter one,
``numpy`` and ``scipy`` what is stated, ``text`` reads a statement as text, ``formulas`` as mathematics,
``custom`` and ``interception`` are for the rules of users.
"""

from __future__ import annotations

from ..tangents.projection import project
from ..tangents.types import NoTangent, NotImplementedTangent, ZeroTangent
from . import formulas, numpy  # noqa: F401  (rules show themselves in notebooks)
from .custom import adjoint, frule, non_differentiable, rrule
from .declarations import composite, constant, differential, linear_rule, multilinear_rule, scalar_rule
from .registration import remove_rule
from .statements import OWN, RULES

OWN.update(RULES)  # all of hoad's rules are stated above; those that come later are the user's

__all__ = [
    "RULES",
    "NoTangent",
    "NotImplementedTangent",
    "ZeroTangent",
    "adjoint",
    "composite",
    "constant",
    "differential",
    "frule",
    "linear_rule",
    "multilinear_rule",
    "non_differentiable",
    "numpy",
    "project",
    "remove_rule",
    "rrule",
    "scalar_rule",
]
