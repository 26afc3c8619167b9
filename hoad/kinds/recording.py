"""``Recording``: a level at which every operation is noted as a *node*, to be carried out again later.

A node is a function with its arguments, in which other nodes stand for the values that depend on the inputs.
What the program read of such a value in order to go on (the side of an ``if``, the number of a mask's
elements) is noted as a *guard*: the nodes are the program of all inputs for which the guards hold.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from ..errors import RecordingError
from ..nested import Level, Traced, Value, refused, settle
from ..places import OURS, Place, is_of_a_library, shown, users_place
from ..values.constants import is_elsewhere
from .handlers import is_handled
from .heard import hears, teller

FLOAT64 = np.dtype(np.float64)


class Node:
    """One operation.

    ``function`` is what is called, or None for an input (``args`` is its number then) and for a constant
    (``args`` is its value); ``rule`` is the statement it belongs to. In ``args`` and ``kwargs`` stand nodes,
    also within tuples, lists, dictionaries and slices. ``kind``, ``shape`` and ``dtype`` are those of the
    value, and are the same whenever the program is carried out. ``instead`` is a node with the same value up
    to rounding, which consists of rules alone; None for the node itself. ``place`` is the line of the
    function where it is called; None where that was not looked for.
    """

    __slots__ = (
        "args", "dtype", "function", "instead", "kind", "kwargs", "place", "read", "rule", "shape", "what",
    )  # fmt: skip

    def __init__(
        self,
        what: str,
        args: Any,
        kwargs: dict[str, Any],
        value: Value,
        function: Any = None,
        rule: Any = None,
    ) -> None:
        self.what = what
        self.args = args
        self.kwargs = kwargs
        self.function = function
        self.rule = rule
        self.instead: Node | None = None
        self.place: Place | None = None
        self.read: list[Node] | None = None  # ``operands()``, once they were asked for
        self.kind = tuple if isinstance(value, tuple) else type(value)
        self.shape: tuple[int, ...] = ()
        self.dtype: Any = FLOAT64
        if self.kind is tuple:
            self.dtype = None
        elif self.kind is not float:
            self.shape = np.shape(value)
            self.dtype = getattr(value, "dtype", None) or np.result_type(value)

    def operands(self) -> list[Node]:
        """The nodes among the arguments, in order."""
        found = self.read
        if found is None:
            found = self.read = []
            if self.what not in ("input", "constant"):
                gather(self.args, found)
                if self.kwargs:
                    gather(self.kwargs, found)
        return found

    def __repr__(self) -> str:
        return f"<{self.what} {getattr(self.function, '__name__', '')} {self.dtype}{list(self.shape)}>"


def gather(tree: Any, found: list[Node]) -> None:
    """Collect the nodes in arguments."""
    kind = tree.__class__
    if kind is Node:
        found.append(tree)
    elif kind in (tuple, list):
        for part in tree:
            gather(part, found)
    elif kind is dict:
        for part in tree.values():
            gather(part, found)
    elif kind is slice:
        gather((tree.start, tree.stop, tree.step), found)


TREES = frozenset({tuple, list, dict, slice})


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Arguments with every leaf changed."""
    kind = tree.__class__
    if kind in (tuple, list):
        return kind([mapped(part, change) if part.__class__ in TREES else change(part) for part in tree])
    if kind is dict:
        return {name: mapped(part, change) for name, part in tree.items()}
    if kind is slice:
        return slice(*[mapped(part, change) for part in (tree.start, tree.stop, tree.step)])
    return change(tree)


class Recording(Level):
    """The nodes of one run, in order, and the guards among them with what each was.

    Args:
        limit: the number of nodes from which on a program is too long to be worth it.
        wholes: whether a function that consists of others is noted as one call beside them.
        largest: the number of elements from which on an array is too large for it.
        is_final: whether no derivative will be taken of the program itself.
    """

    __slots__ = (
        "at_work",
        "born",
        "constants",
        "guarded",
        "guards",
        "inputs",
        "is_final",
        "largest",
        "leaves_out",
        "lent",
        "limit",
        "nodes",
        "outside",
        "spoiled",
        "told",
        "wholes",
    )

    def __init__(
        self,
        limit: int = 1_000_000,
        wholes: bool = False,
        largest: int = sys.maxsize,
        is_final: bool = False,
    ) -> None:
        super().__init__()
        self.limit, self.largest = limit, largest
        self.wholes, self.is_final = wholes, is_final
        self.at_work: list[Any] = []  # functions of which it is being noted what they consist of
        self.nodes: list[Node] = []
        self.born: list[Any] = []  # weak references to its values
        self.inputs: list[Node] = []
        self.lent: list[Value] = []  # the inputs, as they are in this run
        self.guards: list[tuple[Node, Any]] = []
        self.guarded: set[Node] = set()
        self.leaves_out = False  # whether a value was left out since it was 0, which may have a derivative
        self.constants: dict[Any, tuple[Node, Any]] = {}
        self.outside: FrameType | None = None  # the frame in which the function was called
        self.spoiled: RecordingError | None = None
        self.told = teller()

    def is_handled(self) -> bool:
        """Whether the function may catch an error that is raised now."""
        return self.outside is not None and is_handled(sys._getframe(1), self.outside)

    def is_heard(self, asked: dict[str, str]) -> bool:
        """Whether the function hears what NumPy says of its numbers, and may go another way then."""
        return hears(asked, self.warned, self.told) and ("raise" in asked.values() or self.is_handled())

    def place(self) -> Place | None:
        """The line of the function that is at work; None in the sweep of a derivative around it."""
        frame = sys._getframe(1) if self.outside is not None else None
        while frame is not None and frame is not self.outside:
            file = frame.f_code.co_filename
            if not (file.startswith(OURS) or is_of_a_library(file)):
                return file, frame.f_lineno
            frame = frame.f_back
        return None

    def raised(self, error: Exception) -> None:
        """Something was raised, which other arguments may not raise: if the function catches it, what it does
        then is no program.
        """
        if self.is_handled():
            self.spoil(
                f"the function handles {type(error).__name__} ({error}): whether there will be one can't be "
                f"told for other arguments"
            )

    def spoil(self, why: str) -> None:
        """Note that what was recorded is not the program for other arguments."""
        if self.spoiled is None:
            self.spoiled = RecordingError(f"{why} (at {shown(users_place())})")

    def warned(self, kind: str, flag: int) -> None:
        """Called by NumPy where it would warn.

        Raises:
            FloatingPointError: always: plain hoad is to warn.
        """
        error = FloatingPointError(f"{kind} encountered")
        self.raised(error)
        raise error

    def add(self, node: Node) -> Node:
        """Note a node."""
        self.nodes.append(node)
        if len(self.nodes) > self.limit:
            raise RecordingError(f"the program has more than {self.limit} operations (max_ops={self.limit})")
        if node.shape and math.prod(node.shape) > self.largest:
            raise RecordingError(f"it has arrays of more than {self.largest} elements")
        return node

    def entered(self, value: Value) -> Node:
        """Note an input."""
        node = self.add(Node("input", len(self.inputs), {}, value))
        self.inputs.append(node)
        self.lent.append(value)
        return node

    def constant(self, value: Value) -> Node:
        """The node of a plain value, which is what it was when it was noted."""
        is_array = value.__class__ is np.ndarray or is_elsewhere(value)
        key = id(value) if is_array else (value.__class__, repr(value))
        known = self.constants.get(key)
        if known is not None and (
            not is_array or bool(np.array_equal(known[0].args, value, equal_nan=value.dtype.kind in "fc"))
        ):
            return known[0]
        node = self.add(Node("constant", value.copy() if is_array else value, {}, value))
        self.constants[key] = node, value
        return node

    def guard(self, node: Node, seen: Any) -> None:
        """Note that the program is this one only where a node is what it was."""
        if node not in self.guarded:
            self.guarded.add(node)
            self.guards.append((node, seen))

    def taken(self, tree: Any) -> Any:
        """Arguments as a node holds them: nodes for traced values and for arrays."""

        def noted(leaf: Any) -> Any:
            if isinstance(leaf, Traced):
                if leaf.level is self:
                    return leaf.slot
                leaf = settle(leaf)
                if isinstance(leaf, Traced):
                    raise refused(RecordingError(f"{leaf!r} belongs to another derivative"), leaf)
            return self.constant(leaf) if leaf.__class__ is np.ndarray or is_elsewhere(leaf) else leaf

        return mapped(tree, noted)
