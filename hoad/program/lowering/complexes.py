"""Complex numbers as pairs of real ones: a pass from programs to programs, before native code is made, which
knows real numbers alone.

What has no form in pairs (a factorisation, a Fourier transform) is called with complex numbers, which are put
together before and taken apart behind it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...chainrules import RULES
from ...chainrules.numpy import reductions, shaping
from ...chainrules.numpy.contraction import einsum
from ...chainrules.numpy.elementwise import complex_imag, complex_real, of_parts
from ...chainrules.numpy.indexing import getitem, scatter, where
from ...kinds.recording import Node, mapped
from ...values.constants import is_array
from ..passes import simplified, with_args
from ..program import Guard, Program
from .definitions import Unsupported, definition_of, told_of
from .lowering import data_of, given_as, moves
from .pairs import FORMS, TRUTHS, Pair, exponential, logarithm, product, quotient

PYTHON = frozenset({float, complex, int, bool})
LARGEST_POWER = 64  # the largest exponent that becomes products
REAL = {np.dtype(np.complex128): np.dtype(np.float64), np.dtype(np.complex64): np.dtype(np.float32)}


def is_complex(x: Any) -> bool:
    """Tell whether a node, or an argument that is known, is complex."""
    dtype = getattr(x, "dtype", None)
    return x.__class__ is complex or (dtype is not None and dtype.kind == "c")


def has_complex(program: Program) -> bool:
    """Tell whether there are complex numbers in a program."""
    return any([is_complex(node) for node in program.nodes])


def in_pairs(program: Program, whole: bool) -> Program:
    """A program without operations on complex numbers, as far as those have a form in pairs.

    Args:
        program: in terms of rules.
        whole: whether complex arguments and results are arrays of pairs, with an axis more; else they are
            complex numbers, taken apart and put together by calls.
    """
    return simplified(Pairing(program, whole).paired())


class Pairing:
    """The new nodes, in order, and what has become of each old one."""

    def __init__(self, program: Program, whole: bool) -> None:
        self.program = program
        self.whole = whole
        self.nodes: list[Node] = []
        self.guards: list[Guard] = []  # of definitions
        self.new: dict[Node, Node] = {}
        self.pairs: dict[Node, Pair] = {}
        self.held: dict[Node, Node] = {}  # complex nodes that there are as such
        self.dtype = np.dtype(np.float64)  # of the parts that are being made
        self.place: Any = None  # the class of arrays that a definition is made for
        self.inputs = [self.entered(node) for node in program.inputs]
        for node in program.nodes:
            if node.what != "input":
                try:
                    self.add(node)
                except (Unsupported, TypeError, ValueError, LookupError, AttributeError) as error:
                    raise told_of(node, error) from error
        self.outputs = [self.result(node) for node in program.outputs]

    def paired(self) -> Program:
        """The new program."""
        guards = [Guard(self.new[g.node], g.seen) for g in self.program.guards]
        return Program(tuple(self.nodes), tuple(self.inputs), tuple(self.outputs), (*guards, *self.guards))

    # -- Nodes -----------------------------------------------------------------------------------------------

    def put(self, node: Node) -> Node:
        """Add a node; definitions are noted with NumPy's arrays, wherever those lie that they are of."""
        if self.place is not None and node.what not in ("input", "constant") and node.kind not in PYTHON:
            node.kind = self.place
        self.nodes.append(node)
        return node

    def entered(self, node: Node) -> Node:
        """An input: of a complex one, the pairs."""
        if not is_complex(node):
            self.new[node] = self.put(node)
            return node
        if not self.whole:
            self.held[node] = self.put(node)
            self.pairs[node] = self.taken_apart(node, node)
            return node
        made = self.put(typed(node, (*node.shape, 2), REAL[node.dtype]))
        parts = [self.rule(getitem, made, (..., k), like=node) for k in (0, 1)]
        self.pairs[node] = Pair(*parts)
        return made

    def result(self, node: Node) -> Node:
        """An output: of a complex one, the pairs."""
        if node not in self.pairs:
            return self.new[node]
        if not self.whole:
            return self.put_together(node)
        pair = self.pairs[node]
        made = typed(node, (*node.shape, 2), REAL[node.dtype])
        made.what, made.function, made.rule = "stack", shaping.stack.function, shaping.stack
        made.args, made.kwargs = tuple(pair), {"axis": -1}
        return self.put(made)

    def taken_apart(self, node: Node, like: Node) -> Pair:
        """The parts of a complex value that there is."""
        return Pair(*[self.rule(rule, node, like=like) for rule in (complex_real, complex_imag)])

    def put_together(self, node: Node) -> Node:
        """A complex value of its parts."""
        if node not in self.held:
            made = typed(node, node.shape, node.dtype)
            made.what, made.args, made.kwargs = "of_parts", tuple(self.pairs[node]), {}
            made.rule, made.function = of_parts, of_parts.function
            if node.kind is complex:
                made.rule, made.function = python_complex, python_complex
            self.held[node] = self.put(made)
        return self.held[node]

    def rule(self, rule: Any, *args: Any, like: Node, kwargs: Any = None) -> Node:
        """A call of a rule on parts: of the shape of a node, and of the type of its parts."""
        made = typed(like, like.shape, REAL.get(like.dtype, like.dtype))
        made.what, made.function, made.rule = rule.name, rule.function, rule
        made.args, made.kwargs = args, kwargs or {}
        return self.put(made)

    def __call__(self, function: Any, *args: Any) -> Any:
        """A function of each element of parts; of numbers that are known, its value."""
        nodes = [a for a in args if a.__class__ is Node]
        if not nodes:
            return function(*args)
        shape = np.broadcast_shapes(*[np.shape(a) if a.__class__ is not Node else a.shape for a in args])
        is_truth = function in TRUTHS
        made = typed(nodes[0], shape, np.dtype(bool) if is_truth else self.dtype)
        rule: Any = where if function is np.where else RULES[function]
        made.what, made.rule, made.args, made.kwargs = rule.name, rule, args, {}
        made.function = rule.function
        is_python = not shape and not is_truth and all([kind_of(a) in PYTHON for a in args])
        elsewhere = next((a.kind for a in nodes if lies_elsewhere(a.kind)), None)
        made.kind = elsewhere or (float if is_python else np.ndarray if shape else made.dtype.type)
        return self.put(made)

    # -- Operations ------------------------------------------------------------------------------------------

    def add(self, node: Node) -> None:
        """Find what becomes of a node."""
        if not is_complex(node) and not any([k in self.pairs for k in node.operands()]):
            self.new[node] = self.put(self.moved(node, lambda a: self.new[a]))
            return
        if node.what == "constant":
            self.held[node] = self.put(node)
            self.pairs[node] = Pair(*[self.constant(part, node) for part in (node.args.real, node.args.imag)])
            return
        found = self.of_pairs(node)
        if found is None or is_complex(node) is not isinstance(found, Pair):
            self.opaque(node)
        elif is_complex(node):
            self.pairs[node] = Pair(*[self.fitted(part, node) for part in found])
        else:
            self.new[node] = self.fitted(found, node)

    def moved(self, node: Node, change: Callable[[Node], Node]) -> Node:
        """The same operation of new operands."""
        if node.what in ("input", "constant"):
            return node
        parts = [
            mapped(x, lambda a: change(a) if a.__class__ is Node else a) for x in (node.args, node.kwargs)
        ]
        return with_args(node, *parts)

    def constant(self, value: Any, node: Node) -> Any:
        """A part that is known: an array is a node."""
        if not is_array(value):
            return value
        held = np.array(value, order="C") if isinstance(value, np.ndarray) else value
        return self.put(Node("constant", held, {}, held))

    def fitted(self, part: Any, node: Node) -> Node:
        """A part as a node of the shape of a value."""
        if part.__class__ is not Node:
            dtype = REAL.get(node.dtype, node.dtype)
            value = np.full(node.shape, part, dtype) if node.shape else dtype.type(part)
            value = float(value) if node.kind in PYTHON else value
            return self.put(Node("constant", value, {}, value))
        if part.shape == node.shape:
            return part
        return self.rule(shaping.broadcast_to, part, node.shape, like=node)

    def opaque(self, node: Node) -> None:
        """A call with complex numbers.

        Raises:
            Unsupported: nothing may be called.
        """
        if self.whole:
            raise Unsupported(f"{node.what} of complex numbers has no native form")
        made = self.put(self.moved(node, lambda a: self.put_together(a) if a in self.pairs else self.new[a]))
        if is_complex(node):
            self.held[node] = made
            self.pairs[node] = self.taken_apart(made, node)
        else:
            self.new[node] = made

    def pair(self, arg: Any) -> Pair:
        """An operand as a pair, in the type that is computed in."""
        if arg.__class__ is Node:
            found = self.pairs[arg] if arg in self.pairs else Pair(self.new[arg], 0.0)
            return Pair(*[self.widened(part) for part in found])
        return Pair(arg.real, arg.imag) if is_complex(arg) else Pair(arg, 0.0)

    def widened(self, part: Any) -> Any:
        """A part of single precision where double precision is computed in."""
        if part.__class__ is not Node or part.dtype == self.dtype or part.dtype not in REAL.values():
            return part
        made = typed(part, part.shape, self.dtype)
        made.what, made.function, made.rule = "astype", shaping.astype.function, shaping.astype
        made.args, made.kwargs = (part, self.dtype), {}
        return self.put(made)

    def of_pairs(self, node: Node) -> Any:
        """The parts of the value of an operation, or its value if that is real; None if there is no form."""
        if node.dtype is None or node.dtype.kind not in "cfb":
            return None
        self.dtype = REAL.get(node.dtype, node.dtype if node.dtype.kind == "f" else np.dtype(np.float64))
        if node.rule is complex_real or node.rule is complex_imag:
            return self.pairs[node.args[0]][node.rule is complex_imag]
        if node.rule is of_parts:
            return Pair(*[self.new[a] if a.__class__ is Node else a for a in node.args])
        if node.function is np.matmul or node.rule is einsum:
            return self.contracted(node)
        form = FORMS.get(node.function)
        if form is not None and not node.kwargs:
            return form(self, *[self.pair(a) for a in node.args])
        if node.function is np.power and not node.kwargs:
            return self.powered(*node.args)
        if node.rule is where:
            return self.chosen(node)
        return self.part_by_part(node) if is_by_parts(node) else self.defined(node)

    def defined(self, node: Node) -> Any:
        """A function that is defined by others: what those give."""
        varying = [k for k, a in enumerate(node.args) if a.__class__ is Node and a.what != "constant"]
        given = tuple([given_as(a, k in varying, False) for k, a in enumerate(node.args)])
        try:
            program = definition_of(node.rule, given, tuple(sorted(node.kwargs.items())))
        except (Unsupported, AttributeError, TypeError):  # no body, or options that can't be looked up
            return None
        place, self.place = self.place, node.kind if lies_elsewhere(node.kind) else self.place
        for part in program.nodes:
            self.held.pop(part, None)  # the nodes are those of every call of the function
            if part.what != "input":
                self.add(part)
                continue
            operand = node.args[varying[part.args]]
            known: Any = self.pairs if operand in self.pairs else self.new
            known[part] = known[operand]
        self.place = place
        self.guards += [Guard(self.new[g.node], g.seen) for g in program.guards]
        (out,) = program.outputs
        return self.pairs[out] if out in self.pairs else self.new[out]

    def part_by_part(self, node: Node) -> Pair | None:
        """A function that is the same of real and of imaginary parts."""
        if not is_complex(node):
            return None
        data, parts = data_of(node), []
        for k in (0, 1):
            made = typed(node, node.shape, REAL.get(node.dtype, node.dtype))
            made.args = tuple([self.part(a, k, j in data) for j, a in enumerate(node.args)])
            parts.append(self.put(made))
        return Pair(*parts)

    def part(self, arg: Any, k: int, is_data: bool) -> Any:
        """The real (0) or the imaginary (1) part of an argument; what says where elements go stays as it
        is.
        """
        if is_data and arg in self.pairs if arg.__class__ is Node else False:
            return self.pairs[arg][k]
        if is_data and is_complex(arg):
            return (arg.real, arg.imag)[k]
        if is_data and k:
            return self.zeros(arg) if arg.__class__ is Node else 0.0
        if isinstance(arg, np.dtype) and arg.kind == "c":
            return REAL.get(arg, arg)
        return mapped(arg, lambda a: self.new[a] if a.__class__ is Node else a)

    def zeros(self, node: Node) -> Node:
        """Zeros in the place of a value."""
        value = np.zeros(node.shape, self.dtype)[()]
        return self.put(Node("constant", value, {}, value))

    def chosen(self, node: Node) -> Pair | None:
        """``np.where``."""
        condition, *choices = node.args
        if condition in self.pairs:
            return None
        a, b = [self.pair(x) for x in choices]
        given = self.new[condition] if condition.__class__ is Node else condition
        return Pair(self(np.where, given, a.real, b.real), self(np.where, given, a.imag, b.imag))

    def powered(self, x: Any, exponent: Any) -> Pair:
        """A power: by an integer, products; else by the logarithm."""
        is_held = exponent.__class__ is Node and exponent.what == "constant"
        n = exponent.args if is_held else exponent
        is_known = n.__class__ is not Node and not isinstance(n, np.ndarray) and bool(np.isfinite(n))
        k = abs(int(np.real(n))) if is_known and n == int(np.real(n)) else 0
        if not 0 < k <= LARGEST_POWER:
            return exponential(self, product(self, self.pair(exponent), logarithm(self, self.pair(x))))
        square, found = self.pair(x), None
        negative = int(np.real(n)) < 0
        while k:
            if k & 1:
                found = square if found is None else product(self, found, square)
            k >>= 1
            square = product(self, square, square) if k else square
        assert found is not None
        return quotient(self, Pair(1.0, 0.0), found) if negative else found

    def contracted(self, node: Node) -> Pair | None:
        """A product of matrices, or a sum of products: one for each choice of parts."""
        if any([a.__class__ is not Node for a in node.args]):
            return None
        parts: list[list[Any]] = [[], []]
        for choice in itertools.product(*[(0, 1) if a in self.pairs else (0,) for a in node.args]):
            given = [
                self.widened(self.pairs[a][k] if a in self.pairs else self.new[a])
                for a, k in zip(node.args, choice, strict=True)
            ]
            one = self.rule(node.rule, *given, like=node, kwargs=node.kwargs)
            turns = sum(choice)  # factors of i
            parts[turns % 2].append(self(np.negative, one) if turns % 4 > 1 else one)
        return Pair(
            *[self.ordinary(functools.reduce(lambda p, q: self(np.add, p, q), part)) for part in parts]
        )

    def ordinary(self, part: Any) -> Any:
        """The same, where it is finite: a product by zero, which is left out, has that looked at. What
        infinite parts give is not the same in each library of complex products.
        """
        return self(np.add, part, self(np.multiply, part, 0.0))


def kind_of(x: Any) -> Any:
    """The class of an operand."""
    return x.kind if x.__class__ is Node else x.__class__


def lies_elsewhere(kind: type) -> bool:
    """Tell whether values of a class are arrays of another library, which are arrays without axes too."""
    return not (kind in PYTHON or kind is np.ndarray or issubclass(kind, np.generic))


def typed(like: Node, shape: tuple[int, ...], dtype: Any) -> Node:
    """The same operation with a value of another shape and type, and of the class that goes with it."""
    made = with_args(like, like.args, like.kwargs)
    made.instead, made.shape, made.dtype = None, shape, dtype
    if lies_elsewhere(like.kind):
        made.kind = like.kind
    elif shape:
        made.kind = np.ndarray
    elif like.kind in PYTHON:
        made.kind = complex if dtype.kind == "c" else float
    elif like.kind is not np.ndarray or like.shape:
        made.kind = dtype.type
    return made


def is_by_parts(node: Node) -> bool:
    """Tell whether a function is the same of real and of imaginary parts."""
    if node.what in ("put",) or node.rule in (reductions.sum_, reductions.cumsum_, scatter, shaping.astype):
        return True
    return node.rule is not None and hasattr(node.rule, "is_view") and moves(node.rule)


def python_complex(re: Any, im: Any) -> complex:
    """A complex number of Python's."""
    return complex(re, im)
