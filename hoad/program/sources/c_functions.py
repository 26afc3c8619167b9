"""SciPy's special functions as C: those that are a line of what C's library has.

Their values are SciPy's to some units in the last place.
"""

from __future__ import annotations

import re

from ..lowering.special import PREFIX

FUSED = re.compile(r"__pyx_fuse_\d+(_\d+)*")  # before the name of a function of several types
TEXTS = {
    **{name: f"{name}({{0}})" for name in ("cbrt", "erf", "erfc", "exp2", "expm1", "log1p")},
    "gamma": "tgamma({0})",
    "gammaln": "lgamma({0})",
    "exp10": "pow(10, {0})",
    "round": "rint({0})",
    "expit": "{0} < 0 ? exp({0}) / (1 + exp({0})) : 1 / (1 + exp(-{0}))",
    "log_expit": "{0} < 0 ? {0} - log1p(exp({0})) : -log1p(exp(-{0}))",
    "logit": "{0} < 0.3 || {0} > 0.65 ? log({0} / (1 - {0})) : log1p(2 * {0} - 1) - log1p(1 - 2 * {0})",
    "ndtr": "0.5 * erfc({0} * -0x1.6a09e667f3bcdp-1)",
    "exprel": "{0} == 0 ? 1 : expm1({0}) / {0}",
    "cosm1": "-2 * sin(0.5 * {0}) * sin(0.5 * {0})",
    "entr": "{0} > 0 ? -{0} * log({0}) : {0} == 0 ? 0 : isnan({0}) ? {0} : -INFINITY",
    "xlogy": "{0} == 0 && !isnan({1}) ? 0 : {0} * log({1})",
    "xlog1py": "{0} == 0 && !isnan({1}) ? 0 : {0} * log1p({1})",
    "rel_entr": "{0} > 0 && {1} > 0 ? {0} * log({0} / {1}) : {0} == 0 && {1} >= 0 ? 0 : "
    "isnan({0}) || isnan({1}) ? NAN : INFINITY",
    "kl_div": "{0} > 0 && {1} > 0 ? {0} * log({0} / {1}) - {0} + {1} : {0} == 0 && {1} >= 0 ? {1} : "
    "isnan({0}) || isnan({1}) ? NAN : INFINITY",
    "huber": "{0} < 0 ? INFINITY : fabs({1}) <= {0} ? 0.5 * {1} * {1} : {0} * (fabs({1}) - 0.5 * {0})",
    "pseudo_huber": "{0} < 0 ? INFINITY : {0} == 0 || {1} == 0 ? 0 : "
    "{0} * {0} * expm1(0.5 * log1p({1} / {0} * ({1} / {0})))",
    "boxcox": "{1} == 0 ? log({0}) : expm1({1} * log({0})) / {1}",
    "boxcox1p": "{1} == 0 ? log1p({0}) : expm1({1} * log1p({0})) / {1}",
    "inv_boxcox": "{1} == 0 ? exp({0}) : exp(log1p({1} * {0}) / {1})",
    "inv_boxcox1p": "{1} == 0 ? expm1({0}) : expm1(log1p({1} * {0}) / {1})",
}


def name_of(operation: str) -> str:
    """What SciPy calls the function of an operation."""
    return FUSED.sub("", operation.removeprefix(PREFIX))


def text_of(operation: str, operands: list[str]) -> str | None:
    """A special function in C; None for one that is more than a line."""
    text = TEXTS.get(name_of(operation))
    return None if text is None else text.format(*operands)
