"""Rules read as text: one-frame methods for scalar rules, written from the rule's own partials.

The general path (``Primitive.__call__``, then ``process``) is the specification. A scalar rule can do better:
the text of its partials is known, so a function is written that takes the operands apart, evaluates the
primal and exactly the partials that are needed, and builds the result, with no call in between where the
operand is a plain number or array. For ``scalar_rule(np.sin, lambda x, out: np.cos(x))`` the forward method
is, but for the guards of Python's floats (``fast/forward.py``) ::

    def sin(_a):
        x = _a.primal
        out = x.fused[_primal](x) if x.__class__ in _KINDS else _primal(x)
        _p0 = x.fused[np.cos](x) if x.__class__ in _KINDS else np.cos(x)
        _t = _a.tangent * _p0
        if _t.__class__ in _REALS and out.__class__ in _REALS:
            if _t != _t:
                _t = _fit(_push(_rule, out, (x,), None, {0: _a.tangent}), out)
        elif not _is_settled(_t, out):
            _t = _fit(_push(_rule, out, (x,), None, {0: _a.tangent}) if _has_nan(_t) else _t, out)
        return _Dual(_a.level, out, _t)

Written on first use (import stays fast) and registered in ``linecache``, so that tracebacks and debuggers
show it.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nested import CATCHES, forgiven
from .parsing import parse, parsed_expression
from .statements import RULES, Scalar, as_numpy, value_in_numpy

Namespace = dict[str, Any]

KINDS: set[type] = set()  # the kinds of traced values that have one-frame methods
NOTED: set[type] = set()  # those whose every use is noted, and which are of the class that is seen in them

VALUES = frozenset({float, np.float64, np.ndarray})
TAKEN = frozenset(["a", "b", "g", "i", "out", "values", "cotangents", "held", "tape", "slot", "program"])
OPERATORS = {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.divide: "{0} / {1}",
    np.power: "{0} ** {1}",
    np.remainder: "{0} % {1}",
    np.negative: "-{0}",
    np.positive: "+{0}",
}


@dataclass(frozen=True)
class Text:
    """A scalar rule as text: parameter names, an expression per argument, and what they refer to.

    An expression is a partial, or, where the rule says how it is ``applied``, the change that ``_d`` makes.
    """

    name: str
    names: tuple[str, ...]
    primal: str
    terms: tuple[str, ...]
    applied: bool
    namespace: Namespace

    def mentions(self, i: int) -> set[str]:
        """The names that expression ``i`` reads."""
        return {n.id for n in ast.walk(parse(self.terms[i])) if isinstance(n, ast.Name)}

    def reads(self, i: int) -> str:
        """The arguments that expression ``i`` reads, as a list in text."""
        known = self.mentions(i)
        return ", ".join(n for n in ("_d", *self.names, "out") if n in known)


class Direct(ast.NodeTransformer):
    """Let a NumPy function of a traced argument find its one-frame method without the detour through NumPy's
    dispatch.
    """

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``np.cos(x)`` becomes ``x.fused[np.cos](x) if x is traced else np.cos(x)``."""
        self.generic_visit(node)
        text = ast.unparse(node.func)
        function = getattr(np, text[3:], None) if text.startswith("np.") else None
        if (
            not isinstance(RULES.get(function), Scalar)
            or len(node.args) != 1
            or not isinstance(node.args[0], ast.Name)
        ):
            return node
        x = node.args[0].id
        direct = f"({x}.fused[{text}]({x}) if {x}.__class__ in _KINDS else {ast.unparse(node)})"
        return parsed_expression(direct)


@functools.cache
def _parsed(filename: str) -> dict[tuple[int, int], ast.Lambda]:
    """All lambdas of a file, by the position of their body's first token."""
    tree = parse("".join(linecache.getlines(filename)))
    return {(n.body.lineno, n.body.col_offset): n for n in ast.walk(tree) if isinstance(n, ast.Lambda)}


def lambda_of(function: Callable[..., Any]) -> ast.Lambda | None:
    """The syntax of a lambda in a file; None where it can't be told from others."""
    code = function.__code__
    lines = [
        (line, column)
        for line, _, column, _ in code.co_positions()
        if line is not None and column is not None
    ]
    lambdas = [
        node
        for node in _parsed(code.co_filename).values()
        if node.lineno == code.co_firstlineno
        and [a.arg for a in node.args.args] == list(inspect.signature(function).parameters)
    ]
    inside = [
        n
        for n in lambdas
        if all(_contains(n, position) for position in lines if position > (code.co_firstlineno, 0))
    ]
    return inside[0] if len(inside) == 1 else None


def _contains(node: ast.Lambda, position: tuple[int, int]) -> bool:
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return (node.lineno, node.col_offset) <= position <= end


def read(rule: Scalar) -> Text | None:
    """Read a scalar rule as text.

    Args:
        rule: the rule; its statement must be one ``lambda`` in a file.

    Returns:
        Its text, or None where there is none (a rule typed at a prompt, or not a lambda).

    Example:
        >>> import numpy as np
        >>> from hoad.chainrules import RULES
        >>> read(RULES[np.multiply]).terms, read(RULES[np.divide]).terms[0]
        (('y', 'x'), '_d / y')
    """
    function = rule.applied or rule.partials
    try:
        node = lambda_of(function) if function.__name__ == "<lambda>" else None
    except (OSError, SyntaxError):
        node = None
    if node is None:
        return None
    closure = inspect.getclosurevars(function).nonlocals
    known = {**function.__globals__, **closure}
    names, renamed, others = own_names(node, rule.applied is not None, identifier(rule))
    body = Direct(function.__globals__).visit(renamed)
    terms = tuple(ast.unparse(e) for e in body.elts) if isinstance(body, ast.Tuple) else (ast.unparse(body),)
    direct = rule.arity == 1 or isinstance(rule.function, np.ufunc)  # else a traced primal would run the body
    primal = rule.function if direct else rule
    own = {"_primal": primal, "_rule": rule, "_KINDS": KINDS, "_VALUES": VALUES}
    found = {new: known[old] for old, new in others.items() if old in known}
    namespace = {**known, **found, **own, **HELPERS}
    call = "({0}.fused[_primal]({0}) if {0}.__class__ in _KINDS else _primal({0}))"
    if not isinstance(rule.function, np.ufunc):  # a traced value of another kind would run the body
        call = call.replace("else", "else _rule({0}) if {0}.__class__ not in _VALUES else")
    evaluation = OPERATORS.get(rule.function, call if rule.arity == 1 else "(_primal({0}, {1}))")
    return Text(
        str(rule.name), names[:-1], evaluation.format(*names), terms, rule.applied is not None, namespace
    )


class Renamed(ast.NodeTransformer):
    """Names replaced by others."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """One name."""
        return ast.copy_location(ast.Name(self.names.get(node.id, node.id), node.ctx), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter of a function within."""
        return ast.copy_location(ast.arg(self.names.get(node.arg, node.arg)), node)


def own_names(
    node: ast.Lambda, applied: bool, method: str
) -> tuple[tuple[str, ...], ast.expr, dict[str, str]]:
    """A statement under names that its methods do not use themselves: those of ``TAKEN``, all that begin with
    ``_``, and the name of the method, which could be that of a helper.

    Returns:
        The parameters, of which the last one is ``out``, and what the partials are applied to is ``_d``; the
        body; and the new names of what the body refers to.
    """
    names = [a.arg for a in node.args.args]
    first = ["_d"] if applied else []
    mentioned = {n.id for n in ast.walk(node.body) if isinstance(n, ast.Name)}
    used = {*TAKEN, method, *names, *mentioned}
    new = dict(zip(names, [*first, *names[len(first) : -1], "out"], strict=True))
    others = sorted(mentioned - set(names))
    for name in [*names[len(first) : -1], *others]:
        if name.startswith("_") or name in TAKEN or name == method:
            new[name] = f"{name.lstrip('_')}_"
            while new[name] in used or not new[name].isidentifier() or new[name].startswith("_"):
                new[name] = f"x{new[name]}"
            used.add(new[name])
    body: ast.expr = Renamed(new).visit(copy.deepcopy(node.body))
    return tuple([new[name] for name in names[len(first) :]]), body, {n: new[n] for n in others if n in new}


WRITTEN = "<hoad"  # how the names begin of files that nobody wrote


def compile_source(name: str, source: str, namespace: Namespace) -> Any:
    """Make the function ``name`` out of its source, visible to tracebacks."""
    filename = f"{WRITTEN} {name} {id(namespace)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


def primal_lines(text: Text) -> list[str]:
    """Assign the value to ``out``, in NumPy's arithmetic, and as a Python float where the operand is one:
    those are fast.
    """
    if text.primal.startswith("("):  # a call
        lines = [f"out = {text.primal}"]
        return (
            [
                *lines,
                "if out.__class__ is _float64:",
                f"    if {text.names[0]}.__class__ is float:",
                "        out = float(out)",
                f"elif out.__class__ in _NOTED and {text.names[0]}.seen.__class__ is float:",
                "    out = out.as_float()",
            ]
            if len(text.names) == 1
            else lines
        )
    if not any(sign in text.primal for sign in ("/", "**", "%")):
        return [f"out = {text.primal}"]
    names = ", ".join(text.names)
    lines = [
        "try:",
        f"    out = {text.primal}",
        "except ArithmeticError:",
        f"    out = _value_in_numpy(_primal, {names})",
    ]
    if "**" in text.primal:
        is_complex = "out.__class__ is complex or out.__class__ in _NOTED and out.seen.__class__ is complex"
        lines += [f"if {is_complex}:", f"    out = _as_numpy(_primal, {names})"]
    return lines


def partial_lines(text: Text, i: int) -> list[str]:
    """Assign partial ``i`` to ``_p{i}``."""
    return term_lines(text, i, f"_p{i}")


def term_lines(text: Text, i: int, target: str) -> list[str]:
    """Evaluate expression ``i``; where Python would raise (1 / 0.0), or a sweep (0 * inf, in NumPy's
    numbers), NumPy's inf or nan.
    """
    term = text.terms[i]
    if not set("/*+-(").intersection(term):
        return [f"{target} = {term}"]
    lines = [
        "try:",
        f"    {target} = {term}",
        "except ArithmeticError:",
        f"    {target} = _in_numpy(lambda {text.reads(i)}: {term}, {text.reads(i)})",
    ]
    if "(" not in term:
        return lines
    return [
        *lines,
        f"if {target}.__class__ is _float64:",
        f"    {target} = float({target})",
        f"elif {target}.__class__ in _NOTED:",
        f"    {target} = {target}.as_float()",
    ]


def in_numpy(partial: Callable[..., Any], *args: Any, small: Callable[..., Any] | None = None) -> Any:
    """Evaluate a partial in NumPy's arithmetic, where an undefined value is inf or nan; ``small`` is called
    where an element becomes too small for a float.
    """
    error = sys.exception()
    if error is not None and is_caught_by_a_method(error):
        forgiven(error)  # this is the other way
    caught = CATCHES.set(False)  # the statement of a rule, which may be the user's, is none of the program's
    try:
        with np.errstate(all="ignore", under="call" if small else "ignore", call=small):
            try:
                return as_numpy(partial, *args)
            except ZeroDivisionError:  # of a Python integer: a mean of nothing
                return partial(*[np.float64(a) if type(a) in (float, int) else a for a in args])
    finally:
        CATCHES.reset(caught)


def is_caught_by_a_method(error: BaseException) -> bool:
    """Tell whether an error is being handled by a method that was written, and not by the program."""
    trace = error.__traceback__
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(WRITTEN)


def safe_partial(
    rule: Scalar, i: int, args: tuple[Any, ...], out: Any, small: Callable[..., Any] | None = None
) -> Any:
    """Partial ``i`` of a rule, in the same arithmetic; the general path's way."""
    if rule.applied is not None:
        return in_numpy(functools.partial(term_of(rule, i), 1.0), *args, out, small=small)
    return in_numpy(term_of(rule, i), *args, out, small=small)


def term_of(rule: Scalar, i: int) -> Callable[..., Any]:
    """Partial ``i`` of a rule alone, as a function of the arguments and the output; where the rule says how
    it is applied, of a change before those.
    """
    found = _terms.get((rule, i))
    if found is None:
        found = _terms[rule, i] = _term_of(rule, i)
    return found


_terms: dict[tuple[Scalar, int], Callable[..., Any]] = {}


def _term_of(rule: Scalar, i: int) -> Callable[..., Any]:
    text = read(rule) if rule.arity > 1 else None
    if text is None:
        return functools.partial(_nth_term, rule.applied or rule.partials, i)
    change = ("_d",) if text.applied else ()
    name = f"_term_{i}_of_{identifier(rule)}"
    source = f"def {name}({', '.join((*change, *text.names, 'out'))}):\n    return {text.terms[i]}\n"
    function: Callable[..., Any] = compile_source(name, source, {**text.namespace})
    return function


def terms_of(rule: Scalar) -> Callable[..., Any] | None:
    """All that a rule says of how it is applied, as one function of a change that gives a tuple: what several
    parts of it have in common is computed once. None where they have nothing in common.
    """
    text = read(rule)
    if text is None or not text.applied:
        return None
    parts = [parse(term, mode="eval") for term in text.terms]
    lines = once(parts, "_s")
    if not lines:
        return None
    name = f"_terms_of_{identifier(rule)}"
    body = indent([*lines, f"return {', '.join([ast.unparse(part) for part in parts])}"])
    source = f"def {name}(_d, {', '.join(text.names)}, out):\n{body}\n"
    function: Callable[..., Any] = compile_source(name, source, {**text.namespace})
    return function


def identifier(rule: Any) -> str:
    """The name of a rule as a name in Python: that of a lambda is none."""
    return str(rule.name) if str(rule.name).isidentifier() else "rule_of_a_lambda"


def _nth_term(statement: Callable[..., Any], i: int, *args: Any) -> Any:
    terms = statement(*args)
    return terms[i] if isinstance(terms, tuple) else terms


def once(terms: list[ast.Expression], letter: str) -> list[str]:
    """What stands at several places of some expressions, as lines that compute it once; in those, names stand
    for it from now on. Only what is computed in any case is looked at: no part of a choice.

    Args:
        terms: the expressions, which are changed.
        letter: with which the names begin.

    Example:
        >>> terms = [ast.parse(text, mode="eval") for text in ("d / y", "-(d / y) * x")]
        >>> once(terms, "_s"), [ast.unparse(e) for e in terms]
        (['_s0 = d / y'], ['_s0', '-_s0 * x'])
    """
    own: list[tuple[str, ast.Expression]] = []
    while True:
        found: dict[str, list[Place]] = {}
        for holder in [*terms, *[e for _, e in own]]:
            for place in places_in(holder):
                found.setdefault(ast.unparse(at(place)), []).append(place)
        text = max([t for t, places in found.items() if len(places) > 1], key=len, default=None)
        if text is None:
            return [f"{name} = {ast.unparse(e)}" for name, e in own]
        name, whole = f"{letter}{len(own)}", ast.Expression(at(found[text][0]))
        for holder, field, k in found[text]:
            if k is None:
                setattr(holder, field, ast.Name(name))
            else:
                getattr(holder, field)[k] = ast.Name(name)
        own.insert(0, (name, whole))  # what stands in it, too, is shorter, and comes before


Place = tuple[
    Any, str, int | None
]  # of a part of an expression: what holds it, the field, and the place there


def at(place: Place) -> Any:
    """What stands at a place."""
    holder, field, k = place
    return getattr(holder, field) if k is None else getattr(holder, field)[k]


def places_in(holder: Any) -> Iterator[Place]:
    """Where operations stand in an expression that are computed in any case: by what holds them."""
    if isinstance(holder, ast.IfExp):
        return
    for field, value in ast.iter_fields(holder):
        for k, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Call)) and field != "func":
                if any([isinstance(n, ast.Name) for n in ast.walk(node)]):
                    yield holder, field, k
                yield from places_in(node)


HELPERS = {
    "_in_numpy": in_numpy,
    "_as_numpy": as_numpy,
    "_value_in_numpy": value_in_numpy,
    "_float64": np.float64,
    "_NOTED": NOTED,
}


def indent(lines: list[str], by: int = 1) -> str:
    """Lines as one indented block."""
    return textwrap.indent("\n".join(lines), "    " * by)
