"""The passes that hold for every way in which a program is carried out: each gives the same values, bit by
bit, with fewer operations.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..arrays.mutation import own, put
from ..chainrules import RULES
from ..chainrules.stopping import still
from ..kinds.recording import Node, mapped
from .held import Held
from .program import Guard, Program

# What a sign of Python's is among NumPy's functions.
UFUNCS: dict[Any, Any] = {
    operator.pow: np.power,
    operator.floordiv: np.floor_divide,
    operator.mod: np.remainder,
    abs: np.absolute,
}


Change = Callable[[Node, Any, Any], Node]
LEAVES = ("input", "constant")


def rebuilt(program: Program, change: Change) -> Program:
    """A program with every node replaced; ``change(node, args, kwargs)`` is given the arguments with the new
    nodes in them, which are the node's own if none is new.
    """
    new: dict[Node, Node] = {}
    order: dict[Node, None] = {}

    def replaced(leaf: Any) -> Any:
        return new[leaf] if leaf.__class__ is Node else leaf

    for node in program.nodes:
        args, kwargs = node.args, node.kwargs
        if node.what not in LEAVES and any([new[operand] is not operand for operand in node.operands()]):
            args, kwargs = mapped(args, replaced), mapped(kwargs, replaced)
        found = new[node] = change(node, args, kwargs)
        order.setdefault(found)
    guards: dict[Node, Guard] = {}
    for guard in program.guards:
        if new[guard.node].what != "constant":
            guards.setdefault(new[guard.node], Guard(new[guard.node], guard.seen))
    return Program(
        tuple(order),
        program.inputs,
        tuple([new[node] for node in program.outputs]),
        tuple(guards.values()),
    )


def primitive(program: Program) -> Program:
    """A program in which a function that consists of others is what it consists of; its values are the same
    up to rounding. To be asked of a program as it was recorded.
    """

    known: dict[Node, Node] = {}

    def change(node: Node, args: Any, kwargs: Any) -> Node:
        if node.rule is still:  # nobody differentiates what comes of it
            held: Node = args[0]
            known[node] = held
            return held
        made = of_operands(node, args, kwargs) if node.instead is None else known[node.instead]
        if made.kind is not node.kind or made.function in UFUNCS:
            made = with_args(made, made.args, made.kwargs)
            made.kind, made.function = node.kind, UFUNCS.get(made.function, made.function)
        known[node] = made
        return made

    return pruned(rebuilt(program, change))


def pruned(program: Program) -> Program:
    """A program without what neither its outputs nor its guards depend on."""
    wanted = set(program.roots())
    for node in reversed(program.nodes):
        if node in wanted:
            wanted.update(node.operands())
    return replace(program, nodes=tuple([node for node in program.nodes if node in wanted]))


def with_args(node: Node, args: Any, kwargs: Any) -> Node:
    """The same operation of other operands."""
    made: Node = object.__new__(Node)
    made.what, made.args, made.kwargs = node.what, args, kwargs
    made.function, made.rule, made.instead = node.function, node.rule, node.instead
    made.kind, made.shape, made.dtype, made.read = node.kind, node.shape, node.dtype, None
    made.place = node.place
    return made


def input_like(node: Node, k: int) -> Node:
    """An input of the class, the shape and the type of a value."""
    made = with_args(node, k, {})
    made.what, made.function, made.rule, made.instead = "input", None, None, None
    return made


def of_operands(node: Node, args: Any, kwargs: Any) -> Node:
    """A node with these operands: itself, if they are its own."""
    return node if args is node.args and kwargs is node.kwargs else with_args(node, args, kwargs)


def is_same_copy(node: Node) -> bool:
    """Tell whether a node only copies its operand, in the same type."""
    if node.what != "astype" or not isinstance(node.args[0], Node):
        return False
    return bool(node.args[0].dtype == node.dtype and node.args[0].kind is node.kind)


def uncopied(node: Node, args: Any, kwargs: Any) -> Node:
    """A node, or what it is a copy of."""
    if is_same_copy(node):
        held: Node = args[0]
        return held
    return of_operands(node, args, kwargs)


def without_copies(program: Program) -> Program:
    """A program without copies: nothing is written to, so nobody could tell."""
    return pruned(rebuilt(program, uncopied))


def fold(node: Node, args: Any, kwargs: Any) -> Node:
    """A node, or its value, if that depends on constants alone."""
    new = of_operands(node, args, kwargs)
    operands = new.operands()
    if not operands or any([operand.what != "constant" for operand in operands]):
        return new
    value = value_of(new)
    return new if value is None else Node("constant", value, {}, value)


def folded(program: Program) -> Program:
    """A program in which what depends on constants alone is one."""
    return pruned(rebuilt(program, fold))


def value_of(node: Node) -> Any:
    """The value of an operation on constants; None if it is no number or array."""
    args, kwargs = mapped((node.args, node.kwargs), lambda a: a.args if a.__class__ is Node else a)
    if node.what == "put":
        return put(own(args[0]), args[1], args[2])
    if node.what == "part":
        return None
    try:
        with np.errstate(all="raise"):
            value = node.function(*args, **kwargs)
    except Exception:  # nobody knows what is asked of the value
        return None
    if value.__class__ is tuple:
        return None
    return node.kind(value) if node.kind in (float, complex) else value  # it may be NumPy's, of Python's


def rewritten(node: Node, args: Any, kwargs: Any) -> Node:
    """A node, or what is simpler and the same."""
    new = of_operands(node, args, kwargs)
    rewrite = REWRITES.get(node.function)
    if rewrite in (product, quotient) and node.dtype is not None and node.dtype.kind == "c":
        rewrite = None  # (a + inf i)(1 + 0i) is nan + inf i, and the sign of a zero may change
    found = None if rewrite is None or kwargs else rewrite(new, *args)
    return found if found is not None and is_like(found, node) else new


def without_units(program: Program) -> Program:
    """A program without products and quotients by one, without double signs, and with differences for sums of
    negative terms.
    """
    return pruned(rebuilt(program, rewritten))


def is_like(found: Node, node: Node) -> bool:
    """Tell whether a value is of the class, the shape and the type of another."""
    return found.kind is node.kind and found.shape == node.shape and found.dtype == node.dtype


def is_constant(x: Any, value: int) -> bool:
    """Tell whether an operand is a number everywhere."""
    x = x.args if x.__class__ is Node and x.what == "constant" else x
    if x.__class__ in (int, float) or isinstance(x, np.generic):
        return bool(x == value)
    return isinstance(x, np.ndarray) and bool(np.all(x == value))


def product(node: Node, x: Any, y: Any) -> Node | None:
    """``x * y`` without a factor of 1 or -1."""
    for factor, other in ((x, y), (y, x)):
        if other.__class__ is Node and is_constant(factor, 1):
            found: Node = other
            return found
        if other.__class__ is Node and is_constant(factor, -1):
            return negated(node, other)
    return None


def quotient(node: Node, x: Any, y: Any) -> Node | None:
    """``x / y`` without a division by 1 or -1."""
    if is_constant(y, -1):
        return negated(node, x)
    return x if x.__class__ is Node and is_constant(y, 1) else None


def negated(node: Node, x: Any) -> Node | None:
    """``-x`` in the place of another node."""
    if x.__class__ is not Node:
        return None
    if x.function is np.negative:
        held: Node = x.args[0]
        return held
    made = with_args(node, (x,), {})
    made.what, made.function, made.rule = "negative", np.negative, RULES[np.negative]
    return made


def signed(other: Any) -> Callable[..., Node | None]:
    """``x + (-y)`` and ``x - (-y)``, as the other of the two."""

    def rewrite(node: Node, x: Any, y: Any) -> Node | None:
        for first, second in ((x, y), (y, x))[: 1 + (node.function is np.add)]:
            if second.__class__ is Node and second.function is np.negative:
                made = with_args(node, (first, second.args[0]), {})
                made.what, made.function, made.rule = other.__name__, other, RULES[other]
                return made
        return None

    return rewrite


REWRITES: dict[Any, Callable[..., Node | None]] = {
    np.multiply: product,
    np.divide: quotient,
    np.negative: lambda node, x: negated(node, x) if x.function is np.negative else None,
    np.add: signed(np.subtract),
    np.subtract: signed(np.add),
}


def once() -> Change:
    """A change that gives the first of all nodes that are the same."""
    known: dict[Any, Node] = {}

    def change(node: Node, args: Any, kwargs: Any) -> Node:
        if node.what == "input":
            return node
        new = of_operands(node, args, kwargs)
        options = marked(kwargs) if kwargs else ()
        return known.setdefault((node.what, node.function, marked(args), options, node.kind), new)

    return change


def shared(program: Program) -> Program:
    """A program in which no operation is done twice."""
    return pruned(rebuilt(program, once()))


def marked(tree: Any) -> Any:
    """Arguments as something to be looked up by."""
    kind = tree.__class__
    if kind is Node:
        return tree
    if kind in (tuple, list):
        return (kind, *[part if part.__class__ is Node else marked(part) for part in tree])
    if kind in (int, str, bool, type(None)):
        return (kind, tree)
    if kind is float:
        return (kind, repr(tree))
    if kind is dict:
        return (dict, *[(name, marked(part)) for name, part in sorted(tree.items())])
    if kind is slice:
        return (slice, marked(tree.start), marked(tree.stop), marked(tree.step))
    if kind is np.ndarray:
        return Held(tree)
    return (
        (kind, repr(tree)) if isinstance(tree, (float, complex, np.generic, np.dtype)) else ("id", id(tree))
    )


# The passes, in order, each by itself: for a reader.
STEPS: tuple[Callable[[Program], Program], ...] = (
    pruned, without_copies, shared, folded, without_units, shared,
)  # fmt: skip


def simplified(program: Program) -> Program:
    """The passes that hold for every way in which a program is carried out, in order: all of them node by
    node, in one go.
    """
    steps = (uncopied, once(), fold, rewritten, once())
    done: set[Node] = set()

    def change(node: Node, args: Any, kwargs: Any) -> Node:
        found = of_operands(node, args, kwargs)
        for step in steps:
            found = step(found, found.args, found.kwargs)
            if found in done:
                return found
        done.add(found)
        return found

    return pruned(rebuilt(pruned(program), change))
