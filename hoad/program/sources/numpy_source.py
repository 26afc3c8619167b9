"""A program as NumPy code: one line an operation, straight down, with buffers used again where nobody else
sees it.
"""

from __future__ import annotations

import builtins
import cmath
import keyword
import linecache
import math
import re
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ...adapting.builtins import CALLED
from ...adapting.mathematics import MATHEMATICS
from ...arrays import mutation
from ...arrays.mutation import own
from ...chainrules.numpy.indexing import is_basic, scatter
from ...kinds.recording import Node
from ...values.constants import is_elsewhere
from ..elsewhere import failed
from ..program import Program
from .spelling import INFIX, home_of, texts_of, written_out

MODULES: dict[str, Any] = {"np": np, "math": math, "cmath": cmath}
FOR_TRACED = {"np": np, "math": MATHEMATICS[math], "cmath": MATHEMATICS[cmath], **CALLED}
MISSED = NotImplemented  # what the code returns where a guard does not hold
PYTHON = frozenset({float, int, bool, complex})
IN_PLACE = 1024  # bytes of a buffer from which on it is worth to use it again


class Source:
    """The text of a program and what its names stand for.

    Args:
        program: what is written.
        names: what the inputs are called.
        title: the name of the function.
        reuse: whether spent buffers are written to; not where traced values are to pass.
    """

    def __init__(
        self, program: Program, names: list[str], title: str = "compiled", reuse: bool = True
    ) -> None:
        self.program = program
        self.title = title
        self.reuse = reuse
        self.names: dict[Node, str] = {}
        self.functions: dict[str, Any] = {}  # what is called, and is not NumPy's
        self.constants: dict[str, Any] = {}
        self.lines: list[str] = []
        self.fresh: set[Node] = set()  # values in a buffer of their own
        self.root: dict[Node, Node] = {}  # whose buffer a value looks at
        names = [apart(name, title) for name in names]
        taken = {*names, *MODULES, title}
        for node, name in zip(program.inputs, names, strict=True):
            self.names[node] = name
        self.last = self.last_uses()
        self.wanted = {guard.node: guard.seen for guard in program.guards}
        self.number = 0
        self.taken = taken
        self.flags, self.failed = [free(name, taken) for name in ("flags", "failed")]
        self.taken.update((self.flags, self.failed))
        for k, node in enumerate(program.nodes):
            self.write(k, node)
        self.finish(names)

    def last_uses(self) -> dict[Node, int]:
        """The place of the last operation that reads the buffer of each value."""
        last: dict[Node, int] = {}
        for k, node in enumerate(self.program.nodes):
            operands = node.operands()
            self.root[node] = self.root[operands[0]] if operands and may_be_view(node) else node
            for operand in operands:
                last[self.root[operand]] = k
        for node in self.program.roots():
            last[self.root[node]] = len(self.program.nodes)
        return last

    # -- Lines -----------------------------------------------------------------------------------------------

    def write(self, k: int, node: Node) -> None:
        """Write one operation, and the guard on it."""
        if node.what == "constant":
            self.names[node] = self.constant(node)
        elif node.what != "input":
            self.names[node] = self.name()
            self.lines += self.statements(k, node)
        if node in self.wanted:
            self.lines.append(f"if {self.differs(node, self.wanted[node])}:\n        return MISSED")

    def name(self) -> str:
        """A name that is not taken."""
        self.number += 1
        return f"v{self.number}" if f"v{self.number}" not in self.taken else self.name()

    def constant(self, node: Node) -> str:
        """The text of a constant; an array gets a name."""
        return self.named(node.args) if isinstance(node.args, np.ndarray) else self.text(node.args)

    def differs(self, node: Node, seen: Any) -> str:
        """The condition under which a guard does not hold."""
        name = self.names[node]
        if isinstance(seen, np.ndarray) or is_elsewhere(seen):
            return f"not np.array_equal({name}, {self.constant(Node('constant', seen, {}, seen))})"
        if isinstance(seen, (bool, np.bool_)):
            return f"not {name}" if seen else name
        return f"{name} != {seen!r}" if seen.__class__ is int else f"{name} != {int(seen)!r}"

    def statements(self, k: int, node: Node) -> list[str]:
        """The lines of an operation."""
        name = self.names[node]
        if node.what == "part":
            return [f"{name} = {self.text(node.args[0])}[{node.args[1]}]"]
        if node.what == "put" and not self.reuse:
            self.functions["put"] = put, put
            return [f"{name} = put({', '.join([self.text(a) for a in node.args])})"]
        if node.what == "put":
            held, index, value = node.args
            copies = f"{name} = {self.text(held)}" + ("" if self.is_spent(held, k) else ".copy()")
            self.fresh.add(node)
            return [copies, f"{name}[{self.index(index)}] = {self.text(value)}"]
        if node.rule is scatter and self.reuse:
            return self.scattered(name, node)
        if node.what == "stage":
            call = f"{self.function(node)}({', '.join([self.text(a) for a in node.args])})"
            if getattr(node.function, "gives_flag", False):
                return [f"{name} = {call}", f"{self.flags}.append({name}[-1])"]
            return [f"{name} = {call}", f"if {name} is MISSED:\n        return MISSED"]
        return [f"{name} = {self.called(k, node)}"]

    def scattered(self, name: str, node: Node) -> list[str]:
        """Values put in their places in an array of zeros, added up where places occur twice."""
        g, index, shape = node.args
        self.fresh.add(node)
        made = f"{name} = np.zeros({self.text(shape)}, {self.text(node.dtype)})"
        if is_basic(index):
            return [made, f"{name}[{self.index(index)}] += {self.text(g)}"]
        return [made, f"np.add.at({name}, {self.text(index)}, {self.text(g)})"]

    def called(self, k: int, node: Node) -> str:
        """The expression of an operation."""
        if getattr(node.rule, "gathers", False):
            return f"{self.text(node.args[0])}[{self.index(node.args[1])}]"
        args = [self.text(a) for a in node.args]
        if (isinstance(node.function, np.ufunc) or node.function in INFIX) and not node.kwargs:
            return self.of_ufunc(k, node, args)
        kwargs = {name: self.text(a) for name, a in node.kwargs.items()}
        expression = written_out(node.function, args, kwargs)
        if expression is None:
            named = [f"{name}={text}" for name, text in kwargs.items()]
            expression = f"{self.function(node)}({', '.join([*args, *named])})"
        return self.of_class(node, expression)

    def of_ufunc(self, k: int, node: Node, args: list[str]) -> str:
        """A ufunc: infix where it has a sign, into a spent buffer where there is one."""
        sign = INFIX.get(node.function) if has_sign(node) else None
        if node.kind is np.ndarray and node.dtype is not None:
            self.fresh.add(node)
            if self.reuse and math.prod(node.shape) * node.dtype.itemsize >= IN_PLACE:
                spent = next((a for a in node.args if self.fits(a, node) and self.is_spent(a, k)), None)
                if spent is not None and sign != "@":
                    return f"{self.function(node)}({', '.join(args)}, out={self.names[spent]})"
        if sign is not None:
            first, second = [self.operand(node, k) for k in (0, 1)]
            first = f"({first})" if sign == "**" else first
            return self.of_sign(node, f"{first} {sign} {second}")
        if node.function is np.negative and has_sign(node):
            return self.of_sign(node, f"-{args[0]}")
        call = f"{self.function(node)}({', '.join(args)})"
        return self.of_class(node, call)

    def of_class(self, node: Node, call: str) -> str:
        """A call whose value is a number of Python's where it was one."""
        is_number = node.kind in (float, complex) and node.kind is not node.function and self.reuse
        return f"{node.kind.__name__}({call})" if is_number else call

    def of_sign(self, node: Node, expression: str) -> str:
        """The same of a sign, which gives a number of Python's for such."""
        given = all([class_of(a) in PYTHON for a in node.args])
        return expression if given else self.of_class(node, expression)

    def operand(self, node: Node, k: int) -> str:
        """An operand of a sign: a number of NumPy's is a number like any other beside a value of its type."""
        held, beside = node.args[k], node.args[1 - k]
        held = held.args if held.__class__ is Node and held.what == "constant" else held
        alike = beside.__class__ is Node and beside.kind not in PYTHON and beside.dtype == np.float64
        is_plain = held.__class__ is np.float64 and np.isfinite(held) and alike
        return repr(float(held)) if is_plain else self.text(node.args[k])

    def is_spent(self, node: Any, k: int) -> bool:
        """Tell whether a value has a buffer of its own, which nobody reads after operation k."""
        return self.reuse and isinstance(node, Node) and node in self.fresh and self.last[node] <= k

    def fits(self, held: Any, node: Node) -> bool:
        """Tell whether a value has the shape and the type of another."""
        return isinstance(held, Node) and held.shape == node.shape and held.dtype == node.dtype

    # -- Words -----------------------------------------------------------------------------------------------

    def function(self, node: Node) -> str:
        """The name of what a node calls."""
        home = home_of(node.function)
        if home is not None:
            return home
        base = getattr(node.function, "__name__", "function").strip("_<>")
        base = base if base.isidentifier() and not keyword.iskeyword(base) else "function"
        name, k = base, 1
        while name in self.taken and self.functions.get(name, (None,))[0] is not node.function:
            k += 1
            name = f"{base}{k}"
        self.taken.add(name)
        self.functions[name] = node.function, node.rule
        return name

    def text(self, arg: Any) -> str:
        """An argument as text."""
        kind = arg.__class__
        if kind is Node:
            return self.names[arg]
        if kind is tuple:
            return f"({', '.join([self.text(a) for a in arg])}{',' if len(arg) == 1 else ''})"
        if kind is list:
            return f"[{', '.join([self.text(a) for a in arg])}]"
        if kind is slice:
            return f"slice({self.text(arg.start)}, {self.text(arg.stop)}, {self.text(arg.step)})"
        if kind is float:
            return (
                repr(arg) if math.isfinite(arg) else f"{'-' * (arg < 0)}np.{'nan' if arg != arg else 'inf'}"
            )
        if kind in (int, str, bool, type(None)):
            return repr(arg)
        if arg is Ellipsis:
            return "..."
        if isinstance(arg, np.dtype):
            return f"np.{arg.name}" if hasattr(np, arg.name) else f"np.dtype({arg.str!r})"
        if kind is type:
            return f"np.{arg.__name__}" if arg.__module__ == "numpy" else arg.__name__
        return self.named(arg)

    def named(self, value: Any) -> str:
        """The name of a constant that has no text."""
        name = f"c{len(self.constants) + 1}"
        self.constants[name] = value
        return name

    def index(self, index: Any) -> str:
        """An index as it stands in brackets."""
        parts = index if isinstance(index, tuple) and index else (index,)
        words = [self.sliced(part) if isinstance(part, slice) else self.text(part) for part in parts]
        return ", ".join(words) + ("," if isinstance(index, tuple) and len(words) == 1 and index else "")

    def sliced(self, part: slice) -> str:
        """A slice as it stands in brackets."""
        start, stop, step = ["" if k is None else self.text(k) for k in (part.start, part.stop, part.step)]
        return f"{start}:{stop}" + (f":{step}" if step else "")

    # -- The whole -------------------------------------------------------------------------------------------

    def finish(self, names: list[str]) -> None:
        """Write the last line and the first."""
        results: list[str] = []
        for k, node in enumerate(self.program.outputs):
            name = self.names[node]
            held = node not in self.fresh or node in self.program.outputs[:k] or self.root[node] is not node
            results.append(f"{name}.copy()" if self.reuse and node.kind is np.ndarray and held else name)
        several = f"{', '.join(results)}{',' if len(results) == 1 else ''}"
        self.lines = self.under_flags(f"return {several}" if results else "return ()")
        body = "\n    ".join(self.lines)
        self.body = f"def {self.title}({', '.join(names)}):\n    {body}\n"

    def under_flags(self, last: str) -> list[str]:
        """The lines with the last one. Where kernels give flags, which say whether this is the program for
        the inputs, all of them are read at the end, once: what was made of others is thrown away, and an
        error that it has brought about is none.
        """
        if not any([line.startswith(f"{self.flags}.append(") for line in self.lines]):
            return [*self.lines, last]
        self.constants[self.failed] = failed
        missed = f"if {self.failed}({self.flags}):"
        lines = ["    " + line.replace("\n", "\n    ") for line in self.lines]
        return [
            f"{self.flags} = []",
            "try:",
            *lines,
            "except Exception:",
            f"    {missed}\n            return MISSED",
            "    raise",
            f"{missed}\n        return MISSED  # another branch is taken",
            last,
        ]

    def made(self, traced: bool = False) -> Callable[..., Any]:
        """The function; where traced values are to pass, what it calls are the rules, and what stands for
        functions of Python's.
        """
        functions = {name: rule if traced else function for name, (function, rule) in self.functions.items()}
        named = FOR_TRACED if traced else MODULES
        namespace: dict[str, Any] = {**named, "MISSED": MISSED, **functions, **self.constants}
        name = f"<hoad.compile {self.title} {id(self):x}>"
        exec(compile(self.body, name, "exec"), namespace)
        linecache.cache[name] = len(self.body), None, self.body.splitlines(keepends=True), name
        made: Callable[..., Any] = namespace[self.title]
        weakref.finalize(made, linecache.cache.pop, name, None)
        return made

    def module(self) -> str:
        """A text that needs NumPy alone: what the function calls, its constants, and the function.

        Raises:
            LookupError: something of that can't be written down.
        """
        modules = ["import numpy as np"] + [f"import {m}" for m in ("math", "cmath") if f" {m}." in self.body]
        functions = {name: function for name, (function, _) in self.functions.items()}
        parts = ["\n".join(modules), texts_of(functions)]
        parts += [f"{name} = {constant_text(name, value)}" for name, value in self.constants.items()]
        if self.program.guards:
            parts.append("MISSED = NotImplemented  # these inputs take another branch")
        return "\n\n".join([part for part in [*parts, "\n" + self.body] if part])


def constant_text(name: str, value: Any) -> str:
    """A constant as text that gives the same bits."""
    kind = getattr(value, "dtype", np.dtype(value.__class__) if value.__class__ is complex else None)
    if kind is None or kind.kind not in "fciub":
        raise LookupError(f"{name} is {value!r}, which can't be written down")
    real = np.zeros((), kind).real.dtype
    parts = np.asarray(value, order="C").reshape(-1).view(real)
    if real.itemsize > 8:  # more digits than a float has
        made = f"np.frombuffer(bytes.fromhex({parts.tobytes().hex()!r}), {kind.str!r})"
    else:
        text = repr(parts.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
        made = f"np.array({text}, {real.str!r})" + (f".view({kind.str!r})" if kind.kind == "c" else "")
    if isinstance(value, np.ndarray):
        return f"{made}.reshape({value.shape})"
    return f"complex({made}[0])" if value.__class__ is complex else f"{made}[0]"


def put(held: Any, index: Any, value: Any) -> Any:
    """An array with a value written into it, which may be traced."""
    return mutation.put(own(held), index, value)


def free(name: str, taken: set[str]) -> str:
    """A name that is not taken, as near to another as can be."""
    return name if name not in taken else free(f"{name}_", taken)


def apart(name: str, title: str) -> str:
    """The name of an input that is not one of those that the code itself uses."""
    known = {*MODULES, *vars(builtins), "MISSED", title}
    return f"{name}_" if name in known or re.fullmatch(r"[cv]\d+", name) else name


def has_sign(node: Node) -> bool:
    """Tell whether a sign of Python's gives what the function does: of floats it is a float, and NumPy's
    number otherwise.
    """
    return node.kind in PYTHON or not all([class_of(a) in PYTHON for a in node.args])


def class_of(x: Any) -> Any:
    """The class of an operand."""
    return x.kind if x.__class__ is Node else x.__class__


def may_be_view(node: Node) -> bool:
    """Tell whether the value of a node may share its elements with the first operand."""
    return node.what == "part" or getattr(node.rule, "is_view", False)
