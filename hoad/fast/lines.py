"""The writer of ``straight.py``: the lines of a sweep, carried out as they are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.indexing import is_basic
from ..chainrules.parsing import parsed_expression
from ..chainrules.text import Text, compile_source, indent
from ..nested import Slot
from ..tangents.fit import FEW, ONES, fit_cotangent
from ..tape import no_pull, pull, pull_put, pull_same
from ..tracer import pull_component, pull_rule
from ..values.shapes import DOUBLE, REALS, is_complex
from . import shortcuts
from .branches import as_text
from .called import HELPERS as CALLED
from .called import lines_of_call, lines_of_rule, look_at
from .guards import Columns, Guards, is_array, is_constant, is_field, is_of_doubles
from .named import Named
from .sums import Sums, Unwritten, is_element

Form = Callable[[list[Any], list[Any], list[Any], Any], Any]


def is_written(pullback: Any) -> bool:
    """Tell whether the lines of a pullback are known."""
    return pullback in BY_HAND or hasattr(pullback, "statement")


class Sweep:
    """Writes the sweep of a program as one function, and carries out each line as it is written.

    Args:
        columns: the program.
        seeds: the cotangents of the outputs, by slot.
        inputs: how many slots are inputs.

    Raises:
        Unwritten: there are values that only the sweep itself handles.
    """

    by_products = True  # whether a sum of products is one, as in the pullbacks

    def __init__(self, columns: Columns, seeds: dict[Slot, Any], inputs: int) -> None:
        self.pullbacks, self.left, self.right, self.values = columns
        self.inputs, self.top = inputs, max(seeds)
        self.seeds = ["g"] if len(seeds) == 1 else [f"g{k}" for k in range(len(seeds))]
        known = dict(zip(self.seeds, seeds.values(), strict=True))
        self.given = ""  # more parameters of the function
        self.guards = Guards(columns)
        self.of_doubles = are_of_doubles(columns)
        for name, g in known.items():
            self.guards.like(name, g)
        self.namespace: dict[str, Any] = {**HELPERS, "values": self.values}
        self.namespace |= {"left": self.left, "right": self.right} | known
        self.namespace |= {f"v{i}": v for i, v in enumerate(self.values)}
        self.lines: list[
            tuple[str, str, bool]
        ] = []  # target, expression, whether it may stand where it is read
        self.parts: dict[str, str] = {}
        self.cotangents = Sums(self, "p")
        for slot, name in zip(seeds, self.seeds, strict=True):
            self.cotangents.add(slot, name)

    # -- Lines -----------------------------------------------------------------------------------------------

    def emit(self, expression: str, once: bool = False) -> str:
        """Assign an expression to a new name."""
        target = f"t{len(self.lines)}"
        self.lines.append((target, expression, once))
        self.namespace[target] = eval(expression, self.namespace)
        return target

    def do(self, statement: str) -> None:
        """Carry out what has no value."""
        self.lines.append(("", statement, False))
        exec(statement, self.namespace)

    def known(self, expression: str) -> str:
        """The name of a part of an expression, computed if it was not before."""
        if expression not in self.parts:
            self.parts[expression] = self.emit(expression, once=True)
        return self.parts[expression]

    def name_for(self, name: str, namespace: dict[str, Any]) -> str:
        """A name of this function for what a rule's module knows as ``name``."""
        if name not in namespace:
            return name  # a builtin
        value = namespace[name]
        while self.namespace.setdefault(name, value) is not value:
            name += "_"
        return name

    def value(self, name: str) -> Any:
        """What a name stands for now."""
        return self.namespace[name]

    # -- The program -----------------------------------------------------------------------------------------

    def function(self) -> Form:
        """The function, of the values, the operands and the cotangent of the output; of several, a tuple."""
        for i in range(self.inputs):
            self.guards.like(f"v{i}", self.values[i])
        for i in range(self.top, self.inputs - 1, -1):
            if self.pullbacks[i] is no_pull:
                continue
            if self.pullbacks[i] is pull_put:
                self.pull_put(i)
                continue
            g = self.cotangents.total(i)
            if g is not None:
                self.pull(i, g)
        found = [self.cotangents.total(i) for i in range(self.inputs)]
        return self.compiled(f"[{', '.join(map(str, found))}]")

    def pull(self, i: Slot, g: str) -> None:
        """The lines of one operation."""
        by_hand = BY_HAND.get(self.pullbacks[i])
        if by_hand is not None:
            by_hand(self, i, g)
            return
        rule, text, active = self.pullbacks[i].statement
        if not self.is_ordinary(i, g, active):
            lines_of_call(self, i, g, active)
            return
        meaning = {"out": f"v{i}", "_d": g}
        if text.applied and (is_complex(self.value(g)) or is_complex(self.values[i])):
            meaning["_d"] = self.known(f"np.conjugate({g})")
        for k, name in enumerate(text.names):
            meaning[name] = self.operand(i, k, k in active)
        for k in active:
            slot = (self.left, self.right)[k][i]
            t = self.term(text, k, g, meaning, slot)
            if t is not None:
                self.cotangents.add(slot, t)
        if rule.arity > len(active):
            self.guards.like(f"v{i}", self.values[i])  # a constant that is not read may have any shape

    def is_ordinary(self, i: Slot, g: str, active: tuple[int, ...]) -> bool:
        """Tell whether an operation is on doubles and complex numbers, and has lines of its own."""
        column = [(self.left, self.right)[k][i] for k in (0, 1)]
        given = [self.values[c] if k in active else c for k, c in enumerate(column)]
        own = all([is_field(x) for x in (self.value(g), self.values[i], *[given[k] for k in active])])
        return own and all([x is None or is_constant(x) or is_field(x) for x in given])

    def pull_put(self, i: Slot) -> None:
        """The lines of a write: what was written gets its elements, what was overwritten gets none."""
        slot, (index, source) = self.left[i], self.right[i]
        sums, x = self.cotangents, self.values[i]
        self.guards.same[0].append(i)
        if is_basic(index):
            self.guards.index(i, index)
        else:
            self.guards.lines.append(f"right[{i}][1] != {source}")
        is_number = source is None or self.values[source].__class__ in REALS
        if is_number and is_element(index, x) and not sums.has(slot):
            t = sums.moved(i, slot, index)
        elif is_basic(index) and not sums.has(slot):
            t = sums.cut_out(i, slot, index)
        else:
            g = sums.total(i)
            if g is not None:
                lines_of_call(self, i, g, ())
            return
        if t is not None and source is not None:
            sums.add(source, self.fitted(t, source, True))

    def operand(self, i: Slot, k: int, active: bool) -> str:
        """An operand of an operation: the name of its value, or of a constant."""
        column = (self.left, self.right)[k]
        if active:
            self.guards.same[k].append(i)
            return f"v{column[i]}"
        name, x = f"{'ab'[k]}{i}", column[i]
        if x is not None and name not in self.namespace:
            if not (is_constant(x) or is_field(x)):
                raise Unwritten
            self.namespace[name] = x
            self.guards.like(name, x)
        return name

    def term(self, text: Text, k: int, g: str, meaning: dict[str, str], slot: Slot) -> str | None:
        """What argument ``k`` receives."""
        p = text.terms[k]
        if p == "0":
            return None
        x = self.values[slot]
        if p in ("1", "-1"):
            t = self.fitted(g, slot, True)
            return t if p == "1" else self.emit(f"-{t}")
        named = Named(self, meaning, text.namespace)
        named.real = not any([is_complex(self.value(n)) for n in meaning.values() if n in self.namespace])
        found = ast.unparse(named.visit(parsed_expression(p)))
        if text.applied:
            if meaning["_d"] != g:
                found = self.known(f"np.conjugate({found})")
            return self.fitted(found, slot, named.steady)
        if self.by_products and x.__class__ in REALS and self.value(g).__class__ is np.ndarray:
            return self.inner(g, found, slot, named.steady)
        if found in self.namespace and self.value(found).__class__ is np.float64:
            found = self.known(f"float({found})")
        if not named.real and is_complex(eval(found, self.namespace)):
            found = self.known(f"({found}).conjugate()")
        return self.fitted(self.known(f"{g} * {found}"), slot, named.steady)

    def inner(self, g: str, p: str, slot: Slot, steady: bool) -> str:
        """The sum of products that a number receives from an array."""
        a, b = self.value(g), eval(p, self.namespace)
        same = b.__class__ is np.ndarray and a.shape == b.shape and a.ndim == 1 and a.size <= FEW
        same = same and a.dtype is b.dtype is DOUBLE
        if same and steady:
            return self.emit(f"{g}.dot({p})")
        is_real = b.__class__ in REALS or (b.__class__ is np.ndarray and b.dtype is DOUBLE)
        if steady and is_real and a.dtype is DOUBLE:
            return self.fitted(self.known(f"{g} * {p}"), slot, True)
        return self.emit(f"_pull({g}, {p}, v{slot})")

    def fitted(self, t: str, slot: Slot, steady: bool) -> str:
        """A cotangent in the shape of its value."""
        x, found = self.values[slot], eval(t, self.namespace)
        if not steady:
            if x.__class__ in REALS and found.__class__ in REALS:
                self.do(f"if {t}.__class__ not in _REALS: raise _Unwritten")
                return t
            t = self.emit(f"_fit({t}, v{slot})")
            if is_complex(x):
                look_at(self, t)
            return t
        if is_complex(found) or is_complex(x):
            if np.shape(found) == np.shape(x):
                return t if is_complex(x) else self.emit(f"({t}).real")
        elif x.__class__ in REALS:
            if found.__class__ in REALS:
                return t
            if found.ndim == 1 and found.size <= FEW:
                ones = f"_ones{found.size}"
                self.namespace[ones] = ONES[: found.size]
                return self.emit(f"{t}.dot({ones})")
            if found.dtype is DOUBLE:
                return self.emit(f"_reduce({t}, axis=None)")
        elif found.__class__ in REALS:
            if not x.shape and x.dtype is DOUBLE:
                return t
        elif found.__class__ is np.ndarray and found.dtype is x.dtype:
            axes = axes_to_sum(found.shape, x.shape)
            if axes is not None:
                return self.emit(f"_reduce({t}, {axes})") if axes else t
        return self.emit(f"_fit({t}, v{slot})")

    # -- The text --------------------------------------------------------------------------------------------

    def compiled(self, result: str) -> Form:
        """The function of all lines."""
        body = [*unpacked(self.values[: self.top + 1], self.values)]
        body += [] if self.seeds == ["g"] else [f"({', '.join(self.seeds)}) = g"]
        constants = [n for n in self.namespace if re.fullmatch(r"[ab]\d+", n)]
        body += [f"{n} = {'left' if n[0] == 'a' else 'right'}[{n[1:]}]" for n in constants]
        lines = rendered([*self.lines, ("return", result, False)])
        arrays = {n for n, x in self.namespace.items() if n[0] == "t" and x.__class__ is np.ndarray}
        taken = self.guards.source(self.namespace)
        body += ["try:", *[f"    {line}" for line in [*taken, *let_go(lines, arrays)]]]
        refused = "(ArithmeticError, ValueError, _Unwritten)"  # an option that is an array compares to none
        body += [f"except {refused}:", "    return None"]
        source = f"def straight(values, left, right, g{self.given}):\n{indent(body)}\n"
        own = r"[abeptv]\d+|q\d+_\d+|values|left|right|g\d*"
        namespace = {n: x for n, x in self.namespace.items() if not re.fullmatch(own, n)}
        form: Form = compile_source("straight", source, namespace)
        return form


def are_of_doubles(columns: Columns) -> bool:
    """Tell whether there is no number of another precision, beside which floats of NumPy's and of Python's
    differ.
    """
    _, left, right, values = columns
    parts = [part for x in right if x.__class__ is tuple for part in x if part.__class__ is list]
    found = [*values, *left, *right, *[x for part in parts for x in part]]
    return all([is_of_doubles(x) for x in found if isinstance(x, (np.ndarray, np.generic))])


def axes_to_sum(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str | None:
    """How an array is summed to a shape that was stretched to its own (``summed_to``): the options of
    ``np.add.reduce``; none for the same shape, None for what takes more than that.
    """
    extra = len(shape) - len(wanted)
    if shape == wanted:
        return ""
    if extra > 0 and shape[extra:] == wanted:
        return f"axis={0 if extra == 1 else tuple(range(extra))}"
    axes = tuple([k for k, (n, m) in enumerate(zip(wanted, shape, strict=False)) if n == 1 != m])
    kept = tuple([1 if k in axes else n for k, n in enumerate(shape)])
    return f"axis={axes}, keepdims=True" if kept == wanted else None


def unpacked(values: list[Any], whole: list[Any]) -> list[str]:
    """All values under their names."""
    names = ", ".join([f"v{i}" for i in range(len(values))])
    return [f"({names},{' *_' if len(whole) > len(values) else ''}) = values"]


def rendered(lines: list[tuple[str, str, bool]]) -> list[str]:
    """The lines as text; what is read once stands where it is read, and what is never read nowhere."""
    count: dict[str, int] = {}
    for target, expression, _ in reversed(lines):
        if target in ("", "return") or target in count:
            for name in re.findall(r"\bt\d+\b", expression):
                count[name] = count.get(name, 0) + 1
    inner: dict[str, str] = {}
    found = []
    for target, expression, once in lines:
        if target not in ("", "return") and target not in count:
            continue
        text = re.sub(r"\bt\d+\b", lambda m: inner.pop(m.group(), m.group()), expression)
        if target in ("", "return"):
            found.append(f"{target} {text}".strip())
        elif once and count[target] == 1:
            inner[target] = text if is_atom(text) else f"({text})"
        else:
            found.append(f"{target} = {text}")
    return found


def let_go(lines: list[str], arrays: set[str]) -> list[str]:
    """The lines, in which an array is let go when it has been read for the last time, so that the next one
    takes its memory.
    """
    last = {name: k for k, line in enumerate(lines) for name in re.findall(r"\bt\d+\b", line)}
    spent: dict[int, list[str]] = {}
    for name, k in last.items():
        if name in arrays:
            spent.setdefault(k, []).append(name)
    found: list[str] = []
    for k, line in enumerate(lines):
        found.append(line)
        if k in spent and k < len(lines) - 1:
            found.append(f"del {', '.join(spent[k])}")
    return found


def is_atom(text: str) -> bool:
    """Tell whether an expression needs no brackets in another one."""
    return isinstance(parsed_expression(text), (ast.Call, ast.Name, ast.Constant))


# ------------------------------------------------------------------------------------------------------------
# Pullbacks by hand
# ------------------------------------------------------------------------------------------------------------


def lines_of_reading(sweep: Sweep, i: Slot, g: str) -> None:
    """``x[index]``."""
    sweep.guards.same[0].append(i)
    sweep.guards.same[1].append(i)
    index = sweep.right[i]
    if index.__class__ is np.int64:
        index = int(index)
    sweep.cotangents.add_piece(sweep.left[i], index, g)


def lines_of_total(sweep: Sweep, i: Slot, g: str) -> None:
    """``np.sum(x)``: every element gets the same."""
    slot = sweep.left[i]
    if sweep.value(g).__class__ not in REALS or not is_array(sweep.values[slot]):
        lines_of_call(sweep, i, g, (0,))
        return
    sweep.guards.same[0].append(i)
    t = sweep.emit(f"_empty({sweep.values[slot].shape})")
    sweep.do(f"{t}.fill({g})")
    sweep.cotangents.add(slot, t)


def lines_of_same(sweep: Sweep, i: Slot, g: str) -> None:
    """The same value in a new slot."""
    sweep.guards.same[0].append(i)
    sweep.cotangents.add(sweep.left[i], g)


def lines_of_product(active: tuple[int, ...]) -> Any:
    """``x @ y``, of which the factors ``active`` are recorded."""

    def lines(sweep: Sweep, i: Slot, g: str) -> None:
        columns = sweep.left, sweep.right
        factors = [sweep.values[columns[k][i]] if k in active else columns[k][i] for k in (0, 1)]
        if not all(map(is_array, factors)):
            lines_of_call(sweep, i, g, active)
            return
        x, y = (sweep.operand(i, k, k in active) for k in (0, 1))
        for k in active:
            slot = (sweep.left, sweep.right)[k][i]
            form = (shortcuts.matmul_left, shortcuts.matmul_right)[k]
            t = as_text(form, [g, x, y], [sweep.value(g), *factors])
            sweep.cotangents.add(slot, sweep.fitted(sweep.emit(t), slot, True))

    return lines


def lines_of_component(sweep: Sweep, i: Slot, g: str) -> None:
    """One output of several."""
    sweep.guards.same[0].append(i)
    sweep.guards.same[1].append(i)
    sweep.guards.like(f"v{i}", sweep.values[i])
    k, n = sweep.right[i]
    sweep.cotangents.add_component(sweep.left[i], k, n, g)


HELPERS: dict[str, Any] = {
    **CALLED,
    "np": np,
    "_REALS": REALS,
    "_DOUBLE": DOUBLE,
    "_ndarray": np.ndarray,
    "_int": int,
    "_fit": fit_cotangent,
    "_pull": pull,
    "_reduce": np.add.reduce,
    "_zeros": np.zeros,
    "_empty": np.empty,
    "_Unwritten": Unwritten,
}
BY_HAND: dict[Any, Any] = {
    no_pull: lambda sweep, i, g: None,
    pull_put: lambda sweep, i, g: None,  # ``Sweep.pull_put``
    pull_same: lines_of_same,
    pull_rule: lines_of_rule,
    pull_component: lines_of_component,
    shortcuts.pull_getitem: lines_of_reading,
    shortcuts.pull_total: lines_of_total,
    shortcuts.pull_matmul: lines_of_product((0, 1)),
    shortcuts.pull_matmul_left: lines_of_product((0,)),
    shortcuts.pull_matmul_right: lines_of_product((1,)),
}
