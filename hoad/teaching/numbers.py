"""Numbers as a lesson shows them, in text and LaTeX: plain, dual (``3 + 6ε₁``), series (``1 + 2t + t²``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dual import Dual
from ..kinds.jet import Jet
from ..nested import LOWERED, Level, Traced, primal
from ..program.operations import NOT_KEPT, short

RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
Levels = Sequence[Level]
WIDEST = 72  # letters of a number within a formula


def epsilon(k: int) -> str:
    """The name of a perturbation."""
    return f"ε{str(k).translate(LOWERED)}"


def terms_of(value: Any, levels: Levels) -> list[tuple[str, str, Any]]:
    """A value as a sum: what stands at each coefficient, as text and in LaTeX, and the coefficient."""
    if isinstance(value, Jet) and value.level in levels:
        known = value.tangent.known
        return [(power(k), power_latex(k), c) for k, c in enumerate(known) if c is not None]
    if isinstance(value, Dual) and value.level in levels:
        k = levels.index(value.level) + 1
        rest = terms_of(value.primal, levels)
        own = terms_of(value.tangent, levels)
        moved = [(f"{text}{epsilon(k)}", rf"{latex}\varepsilon_{{{k}}}", c) for text, latex, c in own]
        return sorted([*rest, *moved], key=lambda term: len(term[0]))
    return [("", "", value)]


def power(k: int) -> str:
    """A power of t."""
    return "" if k == 0 else "t" if k == 1 else f"t{str(k).translate(RAISED)}"


def power_latex(k: int) -> str:
    """The same in LaTeX."""
    return "" if k == 0 else "t" if k == 1 else f"t^{{{k}}}"


def coefficient(value: Any, levels: Levels) -> Any:
    """What stands at the product of all perturbations; None for nothing."""
    for level in reversed(levels):
        value = value.tangent if isinstance(value, Dual) and value.level is level else None
    return value


def is_zero(c: Any) -> bool:
    """Tell whether a coefficient is one number, zero."""
    c = primal(c)
    return not isinstance(c, Traced) and np.ndim(c) == 0 and bool(np.all(np.equal(c, 0)))


def shown(value: Any, levels: Levels, latex: bool = False) -> str:
    """A value with all that it carries."""
    if isinstance(value, tuple):
        return "(" + ", ".join([shown(v, levels, latex) for v in value]) + ")"
    terms = [t for t in terms_of(value, levels) if not (t[0] and is_zero(t[2]))]
    if len(terms) > 1 and is_zero(terms[0][2]):
        terms = terms[1:]
    text = " + ".join([times(plain(c, latex), t[1] if latex else t[0]) for t in terms for c in t[2:]])
    return text.replace("+ -", "- ")


def times(number: str, what: str) -> str:
    """A coefficient with what it stands at."""
    if not what:
        return number
    if number in ("1", "-1"):
        return number[:-1] + what
    return (
        f"({number}){what}"
        if re.fullmatch(r"-?[\d.]+.*[+-].*", number) and "e" not in number
        else number + what
    )


def plain(value: Any, latex: bool = False) -> str:
    """A plain value in a few letters."""
    if value is NOT_KEPT:
        return "..."
    value = primal(value)
    if isinstance(value, (complex, np.complexfloating)):
        text = f"{complex(value):.6g}"
        return text.replace("j", r"\,i") if latex else text
    text = short(value)
    if latex and re.fullmatch(r"-?[\d.]+e[+-]\d+", text):
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    if latex and isinstance(value, np.ndarray) and value.ndim == 1 and text.startswith("["):
        return r"\left[" + re.sub(r"(?<=[\d.]) +(?=[-\d])", r",\\ ", text.strip("[] ")) + r"\right]"
    if latex and isinstance(value, np.ndarray):
        return rf"\text{{{text}}}"
    return text


def within(text: str) -> str:
    """A number that stands within a formula: in parentheses, unless it is one without a sign."""
    return text if re.fullmatch(r"[\d.]+|inf|nan|\w+|\[.*\]|\\left\[.*\\right\]", text) else f"({text})"


def bar(name: str) -> str:
    """The name of a cotangent."""
    return f"{name[0]}\u0304{name[1:]}" if name.isidentifier() else f"bar({name})"


def latex_name(name: str) -> str:
    """The name of a value in LaTeX."""
    found = re.fullmatch(r"([A-Za-z]+?)_?(\d+)", name)
    if found:
        return f"{latex_name(found[1])}_{{{found[2]}}}"
    if name.isalpha():
        return name if len(name) == 1 else rf"\{name}" if name in GREEK else rf"\mathrm{{{name}}}"
    return r"\mathtt{" + re.sub(r"([_%&#${}])", r"\\\1", name) + "}"


LETTERS = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi
    omega
"""
GREEK = frozenset(LETTERS.split())
