"""The doors of the methods of SciPy's distributions, continuous and discrete.

A method of all distributions stands in one class, and a few distributions have their own, which call that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scipy.stats import rv_continuous, rv_discrete
from scipy.stats._distn_infrastructure import rv_generic

from ...chainrules.doors import door
from ..inputs import arguments_of
from ..members import by_members, elementwise
from . import continuous, discrete, expectations, moments

Function = Callable[..., Any]

for _name in continuous.OUTSIDE:
    door(vars(rv_continuous)[_name])(elementwise(continuous.of_point(_name)))
for _name in discrete.METHODS:
    door(vars(rv_discrete)[_name])(elementwise(discrete.of_count(_name)))
for _name in ("ppf", "isf"):
    door(vars(rv_continuous)[_name])(elementwise(continuous.of_probability(_name)))
    door(vars(rv_discrete)[_name])(elementwise(discrete.of_quantile(_name)))
for _name in ("stats", "moment", "entropy", "support", "nnlf"):
    door(vars(rv_generic)[_name])((by_members if _name == "nnlf" else elementwise)(getattr(moments, _name)))

for _cls in (rv_continuous, rv_discrete):
    _plain = vars(_cls)["expect"]
    door(_plain, always=True, keeps=arguments_of(_plain))(
        by_members(expectations.expected(_plain, _cls is rv_discrete))
    )

_FIT = "minimise nnlf, whose derivatives are known: scipy.optimize.minimize, with hoad's gradient"
_DRAW = "draw from the standard form, and write loc + scale * draws in the place of loc= and scale="
door(vars(rv_continuous)["fit"])(moments.refusing("fit", _FIT))
door(vars(rv_generic)["rvs"])(moments.refusing("rvs", _DRAW))
