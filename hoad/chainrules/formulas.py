"""Rules as formulas: the statement of a rule, which is Python, read as mathematics by SymPy.

The text of a partial, ``np.cos(x)``, becomes a formula; what it calls is followed: a ufunc is the function of
mathematics, a helper whose docstring begins with a formula in double backquotes is that formula, a helper of
few lines is its body, and anything else is a function of its name. Numbers are taken for real ones.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import inspect
import math
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NumberError
from ..values.fields import OPERATORS, sympy, sympy_field
from . import unknown
from .statements import Primitive, Scalar
from .text import Renamed, lambda_of

ROOTS = {
    round(math.sqrt(2), 14): "sqrt(2)",
    round(math.sqrt(math.pi), 14): "sqrt(pi)",
    round(1 / math.sqrt(math.pi), 14): "1/sqrt(pi)",
    round(2 / math.sqrt(math.pi), 14): "2/sqrt(pi)",
    round(math.sqrt(math.pi) / 2, 14): "sqrt(pi)/2",
    round(math.sqrt(2 * math.pi), 14): "sqrt(2*pi)",
    round(1 / math.sqrt(2 * math.pi), 14): "1/sqrt(2*pi)",
}  # floats of rules that stand for roots
DEEPEST = 6  # helpers within helpers
SAME_IN_SYMPY = {
    "gamma": "gamma", "gammaln": "loggamma", "psi": "digamma", "polygamma": "polygamma", "erf": "erf",
    "erfc": "erfc", "erfi": "erfi", "erfinv": "erfinv", "jv": "besselj", "yv": "bessely", "iv": "besseli",
    "kv": "besselk", "ellipe": "elliptic_e", "ellipk": "elliptic_k",
}  # fmt: skip
OF_ORDER = {"j0": "besselj", "j1": "besselj", "y0": "bessely", "y1": "bessely", "i0": "besseli"}
OF_ORDER |= {"i1": "besseli", "k0": "besselk", "k1": "besselk"}


Law = tuple[str, str]  # in plain text, and in LaTeX


class UnreadableError(Exception):
    """The text is not mathematics that the reader knows."""


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


# ------------------------------------------------------------------------------------------------------------
# Reading Python as mathematics
# ------------------------------------------------------------------------------------------------------------


class Reader:
    """Expressions of Python as SymPy's, where names stand for ``known`` formulas or for what is in scope."""

    def __init__(self, known: dict[str, Any], scope: dict[str, Any], depth: int = 0) -> None:
        self.known = known
        self.scope = scope
        self.depth = depth
        self.field = sympy_field()

    def read(self, node: ast.AST) -> Any:
        """The formula of an expression."""
        method = getattr(self, f"read_{type(node).__name__.lower()}", None)
        if method is None:
            raise UnreadableError(ast.unparse(node))
        return method(node)

    def read_constant(self, node: ast.Constant) -> Any:
        """A number."""
        if isinstance(node.value, (int, float, complex)):
            return self.field.number(node.value)
        raise UnreadableError(repr(node.value))

    def read_name(self, node: ast.Name) -> Any:
        """A variable, or a number in scope."""
        return self.known[node.id] if node.id in self.known else self.number(self.found(node))

    def read_attribute(self, node: ast.Attribute) -> Any:
        """``np.pi``, or the real part of a number, which it is."""
        found = self.found(node)
        return self.read(node.value) if found is None and node.attr == "real" else self.number(found)

    def number(self, value: Any) -> Any:
        """A number in scope as a formula."""
        root = ROOTS.get(round(value, 14)) if isinstance(value, float) else None
        if root is not None:
            return sympy().sympify(root)
        if isinstance(value, (int, float, complex, np.number)):
            return self.field.number(value)
        raise UnreadableError(repr(value))

    def found(self, node: ast.AST) -> Any:
        """What a dotted name stands for; None for nothing."""
        if isinstance(node, ast.Name):
            return None if node.id in self.known else self.scope.get(node.id)
        return getattr(self.found(node.value), node.attr, None) if isinstance(node, ast.Attribute) else None

    def read_binop(self, node: ast.BinOp) -> Any:
        """Arithmetic."""
        combine = BINARY.get(type(node.op))
        if combine is None:
            raise UnreadableError(ast.unparse(node))
        return combine(self.term(node.left), self.term(node.right))

    def read_unaryop(self, node: ast.UnaryOp) -> Any:
        """A sign, or ``not``."""
        if isinstance(node.op, ast.USub):
            return -self.term(node.operand)
        return (
            sympy().Not(self.read(node.operand)) if isinstance(node.op, ast.Not) else self.read(node.operand)
        )

    def term(self, node: ast.AST) -> Any:
        """A formula where a number is wanted: a condition counts 1 or 0."""
        return numeric(self.read(node))

    def read_compare(self, node: ast.Compare) -> Any:
        """A condition; of classes and kinds, what holds for a number like no other."""
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            return sympy().false if isinstance(node.ops[0], ast.Is) else sympy().true
        compare = COMPARISONS.get(type(node.ops[0]))
        if compare is None or len(node.ops) > 1:
            raise UnreadableError(ast.unparse(node))
        return getattr(sympy(), compare)(self.term(node.left), self.term(node.comparators[0]))

    def read_ifexp(self, node: ast.IfExp) -> Any:
        """A choice."""
        return chosen(self.read(node.test), lambda: self.term(node.body), lambda: self.term(node.orelse))

    def read_subscript(self, node: ast.Subscript) -> Any:
        """``x[()]`` is x."""
        if isinstance(node.slice, ast.Tuple) and not node.slice.elts:
            return self.read(node.value)
        raise UnreadableError(ast.unparse(node))

    def read_call(self, node: ast.Call) -> Any:
        """A function of formulas."""
        text, function = ast.unparse(node.func), self.found(node.func)
        given = CALLS.get(text.rpartition(".")[2])
        if given is not None:
            return given(*[self.read(a) for a in node.args])
        if text == "isinstance":
            return sympy().false
        if node.keywords or function is None:
            raise UnreadableError(ast.unparse(node))
        return self.applied(function, text.rpartition(".")[2], [self.term(a) for a in node.args])

    def applied(self, function: Any, name: str, args: list[Any]) -> Any:
        """A function by what it is in mathematics, by its formula, by its body, or by its name."""
        plain = function.function if isinstance(function, Primitive) else function
        if isinstance(plain, np.ufunc) and (name in self.field.functions or name in OPERATORS):
            return self.field.function(plain)(*args)
        if isinstance(plain, np.ufunc) and name in SAME_IN_SYMPY:
            return getattr(sympy(), SAME_IN_SYMPY[name])(*args)
        if isinstance(plain, np.ufunc) and name in OF_ORDER:
            return getattr(sympy(), OF_ORDER[name])(int(name[1]), *args)
        try:
            return of_helper(plain, args, self.depth + 1)
        except (UnreadableError, NumberError, OSError, TypeError, SyntaxError, AttributeError):
            return sympy().Function(name.strip("_"), real=True)(*args)


BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x / y,
    ast.Pow: lambda x, y: x**y,
    ast.FloorDiv: lambda x, y: sympy().floor(x / y),
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: "Gt", ast.GtE: "Ge", ast.Lt: "Lt", ast.LtE: "Le", ast.Eq: "Eq", ast.NotEq: "Ne",
}  # fmt: skip
SAME: Callable[[Any], Any] = lambda x: x


def real_part(x: Any) -> Any:
    """The real part; of a formula without i, itself."""
    return sympy().re(x) if x.has(sympy().I) else x


def imaginary_part(x: Any) -> Any:
    """The imaginary part; of a formula without i, zero."""
    return sympy().im(x) if x.has(sympy().I) else sympy().Integer(0)


CALLS: dict[str, Callable[..., Any]] = {
    "within": SAME,
    "real": real_part,
    "imag": imaginary_part,
    "conj": SAME,
    "float": SAME,
    "is_complex": lambda x: sympy().false,
    "iscomplexobj": lambda x: sympy().false,
    unknown.unknown.__name__: lambda x: sympy().nan,
    unknown.corner.__name__: lambda x: sympy().Integer(0),
    "isnan": lambda x: sympy().false,
    "where": lambda c, x, y: chosen(c, lambda: numeric(x), lambda: numeric(y)),
    "equal": lambda x, y: sympy().Eq(x, y),
    "rint": lambda x: sympy().floor(x + sympy().Rational(1, 2)),
    "asarray": SAME,
}


def is_condition(x: Any) -> bool:
    """Tell whether a formula is true or false."""
    sp = sympy()
    return isinstance(x, (bool, np.bool_, sp.logic.boolalg.Boolean)) and not isinstance(x, sp.Expr)


def numeric(x: Any) -> Any:
    """A condition as 1 or 0, beside numbers."""
    sp = sympy()
    if not is_condition(x):
        return x
    return sp.Integer(int(bool(x))) if x in (True, False) else sp.Piecewise((1, x), (0, True))


def chosen(test: Any, x: Callable[[], Any], y: Callable[[], Any]) -> Any:
    """A choice between formulas; what can't be chosen is not read."""
    sp = sympy()
    if test in (True, False):
        return x() if test else y()
    test = test if is_condition(test) else sp.Ne(test, 0)
    return sp.Piecewise((x(), test), (y(), True))


# ------------------------------------------------------------------------------------------------------------
# Helpers: by their docstring, or by their body
# ------------------------------------------------------------------------------------------------------------


def of_helper(function: Any, args: list[Any], depth: int) -> Any:
    """A helper of arguments as a formula."""
    if depth > DEEPEST:
        raise UnreadableError(function.__name__)
    node = source_of(function)
    parameters = [a.arg for a in node.args.args]
    known = dict(zip(parameters, args, strict=True))
    scope = scope_of(function)
    if isinstance(node, ast.Lambda):
        return Reader(known, scope, depth).read(node.body)
    stated = stated_in(ast.get_docstring(node))
    if stated is not None and {n.id for n in ast.walk(stated) if isinstance(n, ast.Name)} <= {
        *parameters,
        *SAID,
    }:
        return Reader({**SAID_VALUES(), **known}, vars(np), depth).read(stated)
    return body_of(node.body, Reader(known, scope, depth))


SAID = frozenset(
    {"e", "pi", "exp", "log", "sqrt", "cosh", "tanh", "where", "sign", "floor", "conj", "multiply"}
)


def SAID_VALUES() -> dict[str, Any]:
    """The constants that docstrings speak of."""
    return {"e": sympy().E, "pi": sympy().pi}


def stated_in(docstring: str | None) -> ast.expr | None:
    """The formula that a docstring begins with, if it is one."""
    found = re.match(r"``([^`]+)``", docstring or "")
    if found is None:
        return None
    try:
        return ast.parse(found[1], mode="eval").body
    except SyntaxError:
        return None


def source_of(function: Any) -> Any:
    """The syntax of a Python function: its definition, or its lambda."""
    if getattr(function, "__name__", "") == "<lambda>":
        found = lambda_of(function)
        if found is None:
            raise UnreadableError("a lambda without source")
        return found
    if not inspect.isfunction(function):
        raise UnreadableError(str(function))
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def scope_of(function: Any) -> dict[str, Any]:
    """What the names in a function stand for."""
    return {**function.__globals__, **inspect.getclosurevars(function).nonlocals}


def body_of(statements: list[ast.stmt], reader: Reader) -> Any:
    """The value of a body of assignments, choices that are decided, and a return."""
    for k, s in enumerate(statements):
        if isinstance(s, ast.Return) and s.value is not None:
            return reader.term(s.value)
        if isinstance(s, ast.If):
            return of_choice(s, statements[k + 1 :], reader)
        if isinstance(s, ast.With):
            return body_of([*s.body, *statements[k + 1 :]], reader)
        if isinstance(s, ast.Assign) and len(s.targets) == 1 and isinstance(s.targets[0], ast.Name):
            reader.known = {**reader.known, s.targets[0].id: reader.read(s.value)}
        elif not isinstance(s, ast.Expr):
            raise UnreadableError(ast.unparse(s))
    raise UnreadableError("no value")


def of_choice(s: ast.If, rest: list[ast.stmt], reader: Reader) -> Any:
    """The value of an ``if`` and of what comes after it."""
    test, known = reader.read(s.test), reader.known

    def branch(body: list[ast.stmt]) -> Any:
        reader.known = known
        return body_of([*body, *rest], reader)

    return chosen(test, lambda: branch(s.body), lambda: branch(s.orelse))


# ------------------------------------------------------------------------------------------------------------
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
