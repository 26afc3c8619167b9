"""``hoad.formula``, and what notebooks show of hoad's values."""

from __future__ import annotations

import html.parser
from typing import Any

import numpy as np
import pytest
import sympy as sp

import hoad
from hoad.errors import ArgumentError
from hoad.teaching import notebooks

x, a = sp.symbols("x a", real=True)


def test_the_arguments_name_the_symbols() -> None:
    assert hoad.formula(lambda x, a: np.sin(a * x)) == sp.sin(a * x)
    assert hoad.formula(lambda x, a: np.sin(a * x), order=3) == -(a**3) * sp.cos(a * x)
    assert hoad.formula(np.arctan2) == sp.atan2(x, sp.Symbol("y", real=True))
    assert hoad.formula(lambda x, n=3: x**n) == x**3
    assert hoad.formula(lambda x, *, k: k * x, k=2) == 2 * x


def test_it_is_symbolic_where_the_names_are_given() -> None:
    f = lambda v: np.sum(v**3)
    assert hoad.formula(f, "a b", order=2) == hoad.symbolic(f, "a b", order=2)


def test_loops_are_simplified_if_that_is_asked_for() -> None:
    def f(x: Any) -> Any:
        total = 0
        for k in range(3):
            total = total + (x + k) ** 2
        return total / (3 * x**2 + 6 * x + 5)

    assert hoad.formula(f) != 1 and hoad.formula(f, simplify=True) == 1
    assert hoad.formula(lambda v: v * (np.sin(v) ** 2 + np.cos(v) ** 2), "a b", simplify=True)[0] == a


def test_a_notebook_sets_it() -> None:
    assert hoad.formula(lambda x: np.sqrt(x))._repr_latex_() == r"$\displaystyle \sqrt{x}$"


def test_a_function_whose_arguments_have_no_names() -> None:
    with pytest.raises(ArgumentError, match=r"hoad\.formula\(f, 'x'\)"):
        hoad.formula(lambda *xs: xs[0])


class Table(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


def cells(shown: Any) -> list[str]:
    table = Table()
    table.feed(shown._repr_html_())
    return table.cells


def test_tables_of_parameters_and_gradients() -> None:
    W, b = hoad.param(np.ones((1, 2))), hoad.param(3.0)
    ps = hoad.Params([W, b])
    assert cells(ps)[2:] == ["0", "(1, 2)", "[[1. 1.]]", "1", "()", "3"]
    grads = hoad.gradient(lambda: np.sum(W**2) * b, ps)
    assert cells(grads)[3:] == ["0", "(1, 2)", "[[1. 1.]]", "[[6. 6.]]", "1", "()", "3", "2"]
    assert cells(hoad.verify(np.sin, 1.0))[-1] == "SymPy"


def test_functions_that_have_derivatives() -> None:
    @hoad.differentiable
    def f(x: Any) -> Any:
        return np.exp(2 * x)

    show = notebooks.function_latex
    assert show(f) == r"$f = e^{2 x}$" and show(f.prime) == r"$f' = 2 e^{2 x}$"
    assert show(f.nth(4)) == r"$f^{(4)} = 16 e^{2 x}$"
    assert f.prime._repr_latex_() == show(f.prime)
    assert show(hoad.differentiable(lambda x: x if x > 0 else -x)) is None  # the text remains


def test_differential_operators() -> None:
    operator = hoad.DifferentialOperator({(2, 0): 1.0, (1, 1): -1.0, (0, 3): 2.5, (0, 0): lambda x: x[0]})
    assert operator._repr_latex_() == (
        r"$\frac{\partial^{2}}{\partial x_{0}^{2}} - \frac{\partial^{2}}{\partial x_{0} \partial x_{1}} "
        r"+ 2.5 \, \frac{\partial^{3}}{\partial x_{1}^{3}} + c_{3}(x) \, \mathrm{id}$"
    )
