"""Rules as formulas: every rule has one, and what it says is what the rule computes."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from typing import Any

import mpmath
import numpy as np
import pytest
import rule_points
import sympy as sp
from special_points import RANGES

from hoad.chainrules import RULES, scipy
from hoad.chainrules.formulas import formula_of, spelled
from hoad.chainrules.statements import OWN, Primitive, Scalar
from hoad.chainrules.text import lambda_of

for _, family, _ in pkgutil.iter_modules(scipy.__path__):  # all of them, whatever other tests have loaded
    importlib.import_module(f"hoad.chainrules.scipy.{family}")
STATED = {id(rule): rule for table in (RULES, OWN) for rule in table.values()}
HOADS_OWN = [
    rule for rule in {*rule_points.ELEMENTWISE, *rule_points.PROGRAMS} if isinstance(rule, Primitive)
]
EVERY = [*STATED.values(), *HOADS_OWN]
# SymPy's cube root of a negative number is complex, and its sign of a zero has no side.
BESIDE = {"cbrt": lambda x: x < 0, "copysign": lambda x, y: y == 0}


def test_every_rule_has_a_formula() -> None:
    wrong = []
    for rule in EVERY:
        formula = formula_of(rule)
        text, latex = str(formula), formula.latex()
        if not text or not latex or latex.count("{") != latex.count("}") or "Piecewise" in text:
            wrong.append((formula.name, text))
        if isinstance(rule, Scalar) and len(formula.partials) != rule.arity:
            wrong.append((formula.name, text))
    assert wrong == []


def test_which_partials_have_only_a_name() -> None:
    """None but those of functions whose derivative is SciPy's own code."""
    named = {
        formula.name
        for formula in map(formula_of, [rule for rule in EVERY if isinstance(rule, Scalar)])
        for k, p in enumerate(formula.partials)
        if f"d{formula.name.strip('_')}_{k + 1}" in {f.func.__name__ for f in p.atoms(sp.Function)}
    }
    assert named == {"spherical_in", "spherical_jn", "spherical_kn", "spherical_yn"}


def cases() -> Any:
    """Functions of numbers that have rules, with real points."""
    for function, entry in rule_points.ELEMENTWISE.items():
        rule = function if isinstance(function, Scalar) else RULES[function]
        if isinstance(rule, Scalar):
            yield pytest.param(rule, entry.points, entry.arguments, id=rule.name)
    for span in RANGES:
        rule = RULES.get(span.function)
        if isinstance(rule, Scalar):
            near = [p for p in span.points if all([0.05 < abs(x) < 20 for x in p])]
            points = near[:: max(len(near) // 3, 1)]
            yield pytest.param(rule, points, (span.active,), id=f"{span.name}-{span.active}")


def is_known(expression: Any) -> bool:
    """Tell whether SymPy knows all functions of a formula."""
    undefined = expression.atoms(sp.core.function.AppliedUndef)
    return not undefined and not expression.has(sp.nan)


@pytest.mark.parametrize(("rule", "points", "active"), list(cases()))
def test_a_formula_says_what_the_rule_computes(rule: Any, points: Any, active: Any) -> None:
    formula = formula_of(rule)
    symbols = [sp.Symbol(x, real=True) for x in formula.names]
    digits = 400 if rule in rule_points.ELEMENTWISE or rule.function in rule_points.ELEMENTWISE else 30
    checked = 0
    for k in active:
        p = formula.partials[k]
        if not is_known(p):
            continue
        evaluate = sp.lambdify(symbols, p, "mpmath")
        for point in points:
            with np.errstate(all="ignore"):
                right = rule.partials_at(
                    tuple(map(np.float64, point)), rule.function(*map(np.float64, point))
                )[k]
            if BESIDE.get(rule.name, lambda *x: False)(*point):
                continue
            if not np.isfinite(right) or not 1e-200 < abs(right) < 1e200:
                continue
            with mpmath.workdps(digits):
                found = evaluate(*[mpmath.mpf(float(x)) for x in point])
                found = float(mpmath.re(found))
            assert np.isclose(found, float(right), rtol=1e-7), (spelled(p), point)
            checked += 1
    assert checked or not all([is_known(formula.partials[k]) for k in active])


@pytest.mark.parametrize(("rule", "points", "active"), list(cases()))
def test_a_formula_is_the_derivative_of_its_value(rule: Any, points: Any, active: Any) -> None:
    """By SymPy, which knows nothing of the rule."""
    formula = formula_of(rule)
    if not is_known(formula.value) or formula.value.has(
        sp.floor, sp.Max, sp.Min, sp.Heaviside, sp.Abs, sp.sign
    ):
        return
    symbols = [sp.Symbol(x, real=True) for x in formula.names]
    point = next((p for p in points if all([0.1 < abs(x) < 50 for x in p]) and len(set(p)) == len(p)), None)
    for k in active:
        if point is None or not is_known(formula.partials[k]):
            continue
        right = sp.diff(formula.value, symbols[k])
        values = [sp.Rational(x) for x in point]
        put = dict(zip(symbols, values, strict=True))
        found, right = (complex(sp.N(e.subs(put), 30)) for e in (formula.partials[k], right))
        assert np.isclose(found, right, rtol=1e-9), spelled(formula.partials[k])


def test_rules_show_themselves_in_a_notebook() -> None:
    assert formula_of(RULES[np.sin]).latex().endswith(r"\sin{\left(x \right)} = \cos{\left(x \right)}")
    assert RULES[np.sin]._repr_latex_() == f"${formula_of(RULES[np.sin]).latex()}$"
    assert str(formula_of(RULES[np.power])).startswith("d x**y / dx = x**(y - 1)*y, ")
    assert str(formula_of(RULES[np.matmul])) == "d(a @ b) = da @ b + a @ db"


# fmt: off
LAMBDAS = [
    *zip((lambda x: x + 1.0, lambda x: x - 1.0), ("lambda x: x + 1.0", "lambda x: x - 1.0"), strict=True),
    ((lambda x: lambda x: 2.0 * x)(1.0), "lambda x: 2.0 * x"),
    ((lambda x, y: lambda x, y: y / x)(1.0, 2.0), "lambda x, y: y / x"),
    ((lambda x: [lambda y: x, lambda x: x * x])(1.0)[1], "lambda x: x * x"),
    ((lambda x: lambda y: lambda x: y ** x)(1.0)(2.0), "lambda x: y ** x"),
]
# fmt: on


@pytest.mark.parametrize(("function", "text"), LAMBDAS)
def test_a_lambda_is_told_from_those_around_it(function: Any, text: str) -> None:
    """What is read as a lambda's is its own, or nothing where it can't be told."""
    node = lambda_of(function)
    assert node is None or ast.unparse(node) == text


def test_lambdas_beside_each_other_are_read() -> None:
    assert [lambda_of(function) is not None for function, _ in LAMBDAS[:2]] == [True, True]
