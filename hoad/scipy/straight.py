"""Right-hand sides of equations, and integrands, as straight programs of numbers, with their derivatives.

A right-hand side is evaluated some hundred times in one solve, and most are a few lines of arithmetic: ``[a
* u - b * u * v, -c * v + d * u * v]``. So it is run once on *wires* (``fast/wires.py``), which write down
what is done to them; the lines are differentiated by the rules, as often as is wanted, and become one
Python function of floats. That function costs about what the right-hand side itself does. What asks a wire
for more than arithmetic, a comparison, a position, a whole array's function, has no such program, and is
differentiated at each step.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.fillable import Fillable
from ..chainrules.text import compile_source
from ..dual import Dual
from ..fast.wires import Program, Unclear, Wire, objects
from ..nested import Level, glance, settle
from ..values.quiet import sum_of_squares
from .inputs import Inputs

Function = Callable[..., Any]
MOST = 3000  # lines of a program
PRODUCTS = 200  # of a Jacobian with derivatives, up to which floats take less than arrays
LARGE = 200  # elements of a Jacobian, which would be as many lines
REFUSED = (Unclear, TypeError, ValueError, AttributeError, NotImplementedError, IndexError, ArithmeticError,
           RecursionError)  # fmt: skip


class Straight(Program):
    """A program of floats that knows by which rule each of its lines was made."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        super().__init__(floats=True)
        self.made: dict[str, tuple[Any, tuple[Any, ...]]] = {}

    def applied(self, rule: Any, args: tuple[Any, ...]) -> Wire:
        """A line, and where it comes from."""
        wire = super().applied(rule, args)
        self.made.setdefault(str(wire.slot), (rule, args))
        if len(self.lines) > MOST:
            raise Unclear
        return wire

    def partial(self, name: str, i: int) -> Any:
        """What a line changes by where one of its operands does."""
        rule, args = self.made[name]
        level = Level()
        level.lift = None
        moved = rule.general(*args[:i], Dual(level, args[i], 1.0), *args[i + 1 :])
        return moved.tangent if isinstance(moved, Dual) and moved.level is level else 0.0

    def derivatives(self, inputs: list[str], outputs: list[Any]) -> list[dict[str, Any]]:
        """The derivatives of some numbers by the inputs, those that are not zero."""
        known: dict[str, dict[str, Any]] = {name: {name: 1.0} for name in inputs}
        wanted = [line.name for line in self.needed([o.slot for o in outputs if o.__class__ is Wire])]
        for name in wanted:
            _, args = self.made[name]
            total: dict[str, Any] = {}
            for i, a in enumerate(args):
                of_operand = known.get(a.slot, {}) if a.__class__ is Wire else {}
                if of_operand:
                    p = self.partial(name, i)
                    for k, d in of_operand.items():
                        total[k] = plus(total.get(k, 0.0), times(p, d))
            known[name] = {k: d for k, d in total.items() if not is_number(d, 0)}
        return [known.get(o.slot, {}) if o.__class__ is Wire else {} for o in outputs]


def is_number(x: Any, value: int) -> bool:
    """Tell whether a factor is a plain 0 or 1."""
    return x.__class__ is not Wire and x == value


def times(a: Any, b: Any) -> Any:
    """A product, of what is not 0 or 1."""
    if is_number(a, 0) or is_number(b, 0):
        return 0.0
    return b if is_number(a, 1) else a if is_number(b, 1) else a * b


def plus(a: Any, b: Any) -> Any:
    """A sum, of what is not 0."""
    return b if is_number(a, 0) else a if is_number(b, 0) else a + b


def wired(program: Straight, letter: str, n: int) -> Any:
    """Wires in an array of objects."""
    return objects([Wire(program, f"{letter}{k}") for k in range(n)])


def numbers_of(y: Any, n: int) -> list[Any]:
    """What a right-hand side gave, as numbers and wires.

    Raises:
        Unclear: it is something else.
    """
    y = glance(settle(y)) if y.__class__ is Fillable else settle(y)
    flat = list(y) if y.__class__ in (list, tuple) else list(y.ravel()) if y.__class__ is np.ndarray else [y]
    if len(flat) != n:
        raise Unclear
    return [v if v.__class__ is Wire else float(v) for v in map(settle, flat)]


def written(inputs: Inputs, thing: tuple[Function, Any], n: int) -> Function | None:
    """The right-hand side of the sensitivity equations of a flat table, by a straight program: a function of
    the numbers that it depends on gives it; None if there is none.

    Args:
        inputs: what the right-hand side depends on.
        thing: the right-hand side and its arguments.
        n: how many states there are.
    """
    if not 1 <= inputs.order <= 2 or n * (n + len(inputs.numbers)) > LARGE:
        return None
    if any([t.dtype != np.float64 for t in inputs.leaves]):
        return None
    program = Straight()
    try:
        m = len(inputs.numbers)
        names = [f"y{k}" for k in range(n)] + [f"q{k}" for k in range(m)]
        q = wired(program, "q", m)
        f, args = inputs.at(thing, q)
        found = numbers_of(f(Wire(program, "t"), wired(program, "y", n), *args), n)
        firsts = program.derivatives(names, found)
        first = [(i, names.index(k), d) for i, row in enumerate(firsts) for k, d in row.items()]
        second: list[tuple[int, int, int, Any]] = []
        if inputs.order == 2:
            rows = program.derivatives(names, [d for *_, d in first])
            second = [
                (i, a, names.index(k), d)
                for (i, a, _), row in zip(first, rows, strict=True)
                for k, d in row.items()
            ]
        evaluate = compiled(program, ["t", *names], found, first, second)
    except REFUSED:
        return None
    if inputs.order == 2:
        return lambda numbers: of_tables(evaluate(numbers), n, m, first, second)
    if len(first) * m <= PRODUCTS:
        return of_numbers(program, names, n, m, found, first)
    return lambda numbers: of_rows(evaluate(numbers), n, m, first)


def tabled(inputs: Inputs, thing: tuple[Function, Any], k: int = 1) -> Function | None:
    """An integrand and its derivatives by the inputs, as tables (``Directions``), by a straight program: a
    function of the numbers that it depends on gives it; None if there is none.

    Args:
        inputs: what the integrand depends on.
        thing: the integrand, a function of k numbers, and its further arguments.
    """
    m = len(inputs.numbers)
    if not 1 <= inputs.order <= 2 or m**inputs.order > LARGE:
        return None
    if any([t.dtype != np.float64 for t in inputs.leaves]):
        return None
    program, variables = Straight(), [f"x{i}" for i in range(k)]
    try:
        names = [f"q{i}" for i in range(m)]
        f, args = inputs.at(thing, wired(program, "q", m))
        found = numbers_of(f(*[Wire(program, x) for x in variables], *args), 1)
        first = [(names.index(k), d) for k, d in program.derivatives(names, found)[0].items()]
        second: list[tuple[int, int, Any]] = []
        if inputs.order == 2:
            rows = program.derivatives(names, [d for _, d in first])
            second = [
                (i, names.index(k), d)
                for (i, _), row in zip(first, rows, strict=True)
                for k, d in row.items()
            ]
        evaluate = compiled(program, [*variables, *names], found, first, second)
    except REFUSED:
        return None
    if inputs.order == 1:
        return lambda numbers: of_vectors(evaluate(numbers), m, first)
    return lambda numbers: of_matrices(evaluate(numbers), m, first, second)


def of_vectors(evaluate: Function, m: int, first: list[Any]) -> Function:
    """The value and its first derivatives."""
    places = [1 + k for k, _ in first]

    def table(*x: Any) -> Any:
        (value,), row, _ = evaluate(*map(float, x))
        out = np.zeros(1 + m)
        out[0] = value
        out[places] = row
        return checked(out)

    return table


def of_matrices(evaluate: Function, m: int, first: list[Any], second: list[Any]) -> Function:
    """The value and its first and second derivatives."""
    places = [1 + k for k, _ in first]
    deep = tuple(np.array([[1 + a, 1 + b] for a, b, _ in second], np.intp).reshape(-1, 2).T)

    def table(*x: Any) -> Any:
        (value,), row, more = evaluate(*map(float, x))
        out = np.zeros((1 + m, 1 + m))
        out[0, 0] = value
        out[0, places] = out[places, 0] = row
        out[deep] = more
        checked(out)
        return out

    return table


def compiled(program: Straight, names: list[str], *parts: Any) -> Function:
    """A function of the parameters that gives the function of floats, of the other names. The
    parameters are no part of its text, so that the next solve finds it compiled.
    """
    results = [[p[-1] if p.__class__ is tuple else p for p in part] for part in parts]
    texts = [", ".join(map(text_of, part)) for part in results]
    wanted = [r for part in results for r in part]
    return made(program, names, [], wanted, ["return " + ", ".join([f"[{t}]" for t in texts])])


def of_numbers(
    program: Straight, names: list[str], n: int, m: int, found: list[Any], first: list[Any]
) -> Function:
    """The equations of the values and of their first derivatives, number by number."""
    rows = [[f"y{j}" for j in range(n)]] + [[f"d{k}_{j}" for j in range(n)] for k in range(m)]
    out = [text_of(y) for y in found]
    for k in range(m):
        terms: list[list[str]] = [[] for _ in range(n)]
        for i, j, d in first:
            if j < n:
                terms[i].append(f"{text_of(d)} * d{k}_{j}")
            elif j == n + k:
                terms[i].append(text_of(d))
        out += [" + ".join(row) or "0.0" for row in terms]
    before = [f"({', '.join([name for row in rows for name in row])},) = z.tolist()"]
    after = [
        f"out = [{', '.join(out)}]",
        "total = sum(out)",
        "if total - total != 0.0:",  # some are not finite: only the rules know what is meant there
        "    raise ArithmeticError",
        "return out",
    ]
    return made(program, ["t", "z", *names[n:]], before, [*found, *[d for *_, d in first]], after)


def text_of(x: Any) -> str:
    """A wire, or a number, in a line."""
    return str(x.slot) if x.__class__ is Wire else repr(float(x))


def made(
    program: Straight, names: list[str], before: list[str], wanted: list[Any], after: list[str]
) -> Function:
    """A function of the parameters that gives a function, in which they are the last of its arguments."""
    lines = program.needed([w.slot for w in wanted if w.__class__ is Wire])
    guards = [f"if {text}: raise ArithmeticError" for text, _ in program.guards]  # the rules know more there
    body = [*before, *[f"{line.name} = {line.text}" for line in lines], *guards, *after]
    source = "\n    ".join([f"def slope({', '.join(names)}):", *body])
    code, names_of_program = code_of(source + "\n").__code__, dict(program.namespace)
    return lambda q: types.FunctionType(code, names_of_program, "slope", tuple(q.tolist()))


@functools.lru_cache(maxsize=256)
def code_of(source: str) -> types.FunctionType:
    """The function of a text, to be given its names."""
    function: types.FunctionType = compile_source("slope", source, {})
    return function


def of_rows(evaluate: Function, n: int, m: int, first: list[Any]) -> Function:
    """The equations of the values and of their first derivatives."""
    empty = np.zeros((n, n + m))
    places = tuple(np.array([[i, k] for i, k, _ in first], np.intp).reshape(-1, 2).T)

    def slope(t: Any, z: Any) -> Any:
        value, row, _ = evaluate(t, *z[:n].tolist())
        jacobian = empty.copy()
        jacobian[places] = row
        out = np.empty((1 + m, n))
        out[0] = value
        np.matmul(z.reshape(1 + m, n)[1:], jacobian[:, :n].T, out=out[1:])
        out[1:] += jacobian[:, n:].T
        return checked(out)

    return slope


def of_tables(evaluate: Function, n: int, m: int, first: list[Any], second: list[Any]) -> Function:
    """The equations of the values and of their first and second derivatives."""
    empty, flat = np.zeros((n, n + m)), np.zeros((n, n + m, n + m))
    places = tuple(np.array([[i, k] for i, k, _ in first], np.intp).reshape(-1, 2).T)
    deep = tuple(np.array([[i, a, b] for i, a, b, _ in second], np.intp).reshape(-1, 3).T)
    unit = np.eye(m)

    def slope(t: Any, z: Any) -> Any:
        value, row, more = evaluate(t, *z[:n].tolist())
        z = z.reshape(1 + m, 1 + m, n)
        jacobian, hessian = empty.copy(), flat.copy()
        jacobian[places] = row
        hessian[deep] = more
        moved = np.concatenate([z[1:, 0], unit], 1)
        out = np.empty((1 + m, 1 + m, n))
        out[0, 0] = value
        out[0, 1:] = out[1:, 0] = moved @ jacobian.T
        out[1:, 1:] = z[1:, 1:] @ jacobian[:, :n].T + (moved @ hessian @ moved.T).transpose(1, 2, 0)
        return checked(out)

    return slope


def checked(out: Any) -> Any:
    """A flat table of finite numbers.

    Raises:
        ArithmeticError: some are not: only the rules themselves know what is meant there.
    """
    flat = out.reshape(-1)
    if not np.isfinite(sum_of_squares(flat)) and not np.isfinite(flat).all():
        raise ArithmeticError
    return flat
