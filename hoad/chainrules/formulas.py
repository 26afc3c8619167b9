"""Rules as formulas: what a rule states in Python, read as mathematics (``reader.py``).

The text of a partial, ``np.cos(x)``, becomes a formula.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NumberError
from ..values.fields import sympy
from .reader import SAME, Reader, UnreadableError, body_of, scope_of, source_of, stated_in
from .statements import Primitive, Scalar
from .text import Renamed, lambda_of

Law = tuple[str, str]  # in plain text, and in LaTeX


@dataclass(frozen=True)
class Formula:
    """What a rule says.

    ``value`` is the function of its arguments, ``partials`` the derivative by each argument, where the rule
    is of numbers; ``law`` says in one line how changes go forward, and cotangents back.
    """

    name: str
    names: tuple[str, ...]
    value: Any
    partials: tuple[Any, ...]
    law: Law

    def latex(self) -> str:
        """The rule in LaTeX."""
        print_ = sympy().latex
        if not self.partials:
            return self.law[1]
        left = [
            rf"\frac{{\partial}}{{\partial {print_(symbol(x))}}} {print_(self.value)}" for x in self.names
        ]
        return r",\quad ".join([f"{a} = {print_(p)}" for a, p in zip(left, self.partials, strict=True)])

    def __str__(self) -> str:
        if not self.partials:
            return self.law[0]
        pairs = zip(self.names, self.partials, strict=True)
        return ", ".join([f"d {spelled(self.value)} / d{x} = {spelled(p)}" for x, p in pairs])


def spelled(formula: Any) -> str:
    """A formula as a line of text: ``[x > y]`` is 1 where that holds, and 0 elsewhere."""
    return str(printer()().doprint(formula))


@functools.cache
def printer() -> Any:
    """SymPy's printer, with choices as they are written by hand."""
    base: Any = importlib.import_module("sympy.printing.str").StrPrinter

    class Printer(base):  # type: ignore[misc]
        def _print_Piecewise(self, choice: Any) -> str:
            cases = [(value, self._print(value), self._print(test)) for value, test in choice.args]
            if len(cases) == 2 and cases[0][0] == 1 and cases[1][0] == 0:
                return f"[{cases[0][2]}]"
            *first, last = cases
            return "(" + " else ".join([*[f"{v} if {test}" for _, v, test in first], last[1]]) + ")"

        def _print_Equality(self, equation: Any) -> str:
            return f"{self._print(equation.lhs)} = {self._print(equation.rhs)}"

    return Printer


def symbol(name: str) -> Any:
    """A real number of a name."""
    return sympy().Symbol(name, real=True)


# Rules
# ------------------------------------------------------------------------------------------------------------


def formula_of(rule: Any, args: list[Any] | None = None, out: Any = None) -> Formula:
    """The formula of a rule.

    Args:
        rule: a rule of the table, or the body of a composition.
        args: formulas for its arguments; symbols of the names in its statement by default.
        out: what its value is called where a partial mentions it; the value itself by default.

    Returns:
        The formula; every rule has one.
    """
    if isinstance(rule, Scalar):
        return of_scalar(rule, args, out)
    name = str(getattr(rule, "name", getattr(rule, "__name__", rule))).strip("_")
    law = LAWS.get(getattr(rule, "kind", "composite"), of_composite)
    return Formula(name, (), None, (), law(rule, name))


def of_scalar(rule: Scalar, args: list[Any] | None, out: Any) -> Formula:
    """The value and the partials of a function of numbers."""
    function = rule.applied or rule.partials
    node = lambda_of(function) if function.__name__ == "<lambda>" else None
    listed = list(inspect.signature(function).parameters)
    names = listed[1:-1] if rule.applied else listed[:-1]
    args = [symbol(x) for x in names] if args is None else args
    value = value_of(rule, args)
    known = dict(zip(names, args, strict=True)) | {listed[-1]: value if out is None else out}
    known |= {listed[0]: sympy().Integer(1)} if rule.applied else {}
    if node is None:  # a def, or one typed at a prompt
        terms: list[Any] = [None] * len(names)
    else:
        terms = list(node.body.elts) if isinstance(node.body, ast.Tuple) else [node.body]
    reader = Reader(known, scope_of(function))
    partials = [partial_of(reader, t, rule, args, k) for k, t in enumerate(terms)]
    return Formula(str(rule.name), tuple(names), value, tuple(partials), ("", ""))


def partial_of(reader: Reader, term: ast.expr | None, rule: Any, args: list[Any], k: int) -> Any:
    """One partial; where its text is no mathematics, the name that it has there."""
    try:
        if term is None:
            raise UnreadableError(rule.name)
        return reader.term(term)
    except (UnreadableError, NumberError, TypeError):
        return sympy().Function(f"d{str(rule.name).strip('_')}_{k + 1}", real=True)(*args)


def value_of(rule: Scalar, args: list[Any]) -> Any:
    """The function itself of formulas."""
    try:
        return Reader({}, {}).applied(rule.function, str(rule.name), args)
    except (UnreadableError, NumberError, TypeError):
        return sympy().Function(str(rule.name).strip("_"), real=True)(*args)


def word(name: str) -> str:
    """The name of a function in LaTeX."""
    return r"\operatorname{" + name.replace("_", r"\_").replace(" ", r"\ ") + "}"


def of_linear(rule: Any, name: str) -> Law:
    """Linear: a change goes through the function itself, a cotangent through its transpose."""
    f, back = word(name), transpose_text(rule) or f"{name}ᵀ(ȳ)"
    latex = rf"\mathrm{{d}}y = {f}(\mathrm{{d}}x),\quad \bar x = {f}^{{\top}}(\bar y)"
    return f"dy = {name}(dx), x̄ = {back}", latex


def transpose_text(rule: Any) -> str:
    """The transpose as it is stated, if that is one line."""
    statement = rule.transpose
    node = lambda_of(statement) if getattr(statement, "__name__", "") == "<lambda>" else None
    if node is None or rule.positions != (0,):
        return ""
    names = {node.args.args[0].arg: "ȳ"}
    return ast.unparse(Renamed(names).visit(copy.deepcopy(node.body)))


def of_multilinear(rule: Any, name: str) -> Law:
    """A product: one factor changes after the other."""
    f = word(name)
    if rule.function is np.matmul:
        return "d(a @ b) = da @ b + a @ db", r"\mathrm{d}(A\,B) = \mathrm{d}A\,B + A\,\mathrm{d}B"
    latex = rf"\mathrm{{d}}{f}(a, b) = {f}(\mathrm{{d}}a, b) + {f}(a, \mathrm{{d}}b)"
    return f"d {name}(a, b) = {name}(da, b) + {name}(a, db)", latex


def of_differential(rule: Any, name: str) -> Law:
    """The differential as it is stated, in letters for matrices; by its name where it is more than a line."""
    for part in rule.differentials[:1]:
        try:
            text, latex = matrices(part)
            return f"d {name}(A) = {text}", rf"\mathrm{{d}}{word(name)}(A) = {latex}"
        except (UnreadableError, OSError, TypeError, SyntaxError, AttributeError):
            break
    latex = rf"\mathrm{{d}}{word(name)}(A) = {word(name)}'(A)[\mathrm{{d}}A]"
    return f"d {name}(A) = {name}′(A)[dA]", latex


def of_constant(rule: Any, name: str) -> Law:
    """Piecewise constant."""
    return f"d {name}(x) = 0", rf"\mathrm{{d}}{word(name)}(x) = 0"


def of_composite(rule: Any, name: str) -> Law:
    """Made of other functions, each of which has its rule."""
    said = (inspect.getdoc(rule) or "").split("\n")[0].rstrip(".") or "made of other functions"
    return f"{name}: {said.replace('`', '')}", rf"{word(name)}\colon\ \text{{{escaped(said)}}}"


def of_custom(rule: Any, name: str) -> Law:
    """A rule that can only be called."""
    f = word(name)
    latex = rf"\mathrm{{d}}y = {f}'(x)[\mathrm{{d}}x],\quad \bar x = {f}'(x)^{{\top}}[\bar y]"
    return f"dy = {name}′(x)[dx], x̄ = {name}′(x)ᵀ[ȳ]", latex


LAWS: dict[str, Callable[[Any, str], Law]] = {
    "linear": of_linear,
    "multilinear": of_multilinear,
    "differential": of_differential,
    "constant": of_constant,
    "custom": of_custom,
}


def escaped(text: str) -> str:
    """Text within LaTeX."""
    return re.sub(r"([_%&#$^{}])", r"\\\1", text.replace("\\", "/").replace("``", "").replace("`", ""))


class Matrices(Reader):
    """The same for matrices, in text and in LaTeX: products do not commute, and the rest is functions."""

    def __init__(self, known: dict[str, Any], scope: dict[str, Any], word: Callable[[str], str]) -> None:
        super().__init__(known, scope)
        self.word = word

    def read_binop(self, node: ast.BinOp) -> Any:
        """Sums and products."""
        if isinstance(node.op, ast.MatMult):
            return self.read(node.left) * self.read(node.right)
        if isinstance(node.op, ast.Mult) and not isinstance(node.left, ast.Constant):
            sign = "∘" if self.word is SAME else r"\odot"
            return self.letter(f"{self.printed(node.left)} {sign} {self.printed(node.right)}")
        return super().read_binop(node)

    def read_name(self, node: ast.Name) -> Any:
        """A matrix, of its name."""
        return self.known[node.id] if node.id in self.known else self.letter(node.id)

    def read_call(self, node: ast.Call) -> Any:
        """A function of matrices, by its name."""
        name = ast.unparse(node.func).rpartition(".")[2].strip("_")
        if any([k.arg not in AXES for k in node.keywords]):
            raise UnreadableError(ast.unparse(node))
        return self.letter(f"{self.word(name)}({', '.join(map(self.printed, node.args))})")

    def printed(self, node: ast.AST) -> str:
        """A part as text."""
        return str((spelled if self.word is SAME else sympy().latex)(self.read(node)))

    def read_subscript(self, node: ast.Subscript) -> Any:
        """An element."""
        return self.letter(f"{self.printed(node.value)}[{ast.unparse(node.slice)}]")

    def letter(self, text: str) -> Any:
        """A matrix."""
        return sympy().Symbol(text, commutative=False)


AXES = ("axis", "axis1", "axis2", "keepdims")


def matrices(statement: Any) -> Law:
    """A differential in text and in LaTeX."""
    node = source_of(statement)
    names = [a.arg for a in node.args.args]
    stated = None if isinstance(node, ast.Lambda) else stated_in(ast.get_docstring(node))
    found = []
    for change, print_, named in (("dA", spelled, SAME), (r"\mathrm{d}A", sympy().latex, word)):
        letters = {x: x.upper() if len(x) == 1 else x for x in names[1:]} | {names[0]: change, "out": "Y"}
        known = {x: sympy().Symbol(s, commutative=False) for x, s in letters.items()}
        reader = Matrices(known, scope_of(statement), named)
        if stated is not None or isinstance(node, ast.Lambda):
            value = reader.read(node.body if stated is None else stated)
        else:
            value = body_of(node.body, reader)
        found.append(str(print_(value)))
    return found[0].replace("*", " @ "), found[1]


def latex_of(rule: Any) -> str:
    """What a notebook shows of a rule."""
    return f"${formula_of(rule).latex()}$"


setattr(Primitive, "_repr_latex_", latex_of)
