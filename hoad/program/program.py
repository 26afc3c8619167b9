"""``Program``: what was recorded of a function, as nodes in order, which the passes make shorter.

A program has no effects: a node is a value, a write in place is a new value (``put``), and the guards say
for which inputs it is the program of the function. So every pass is a function from programs to programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..kinds.recording import Node, Recording


@dataclass(frozen=True)
class Guard:
    """The program is that of the function only where ``node`` is ``seen``."""

    node: Node
    seen: Any


@dataclass(frozen=True)
class Program:
    """Nodes in an order in which each comes after its operands.

    ``inputs`` are all inputs, in the order of the arguments, also those that nothing depends on.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    guards: tuple[Guard, ...] = ()

    def __repr__(self) -> str:
        number = {node: k for k, node in enumerate(self.nodes)}
        lines = [f"%{number[node]} = {described(node, number)}" for node in self.nodes]
        lines += [f"guard %{number[g.node]} is {g.seen!r}" for g in self.guards]
        return "\n".join([*lines, f"return {', '.join([f'%{number[o]}' for o in self.outputs])}"])

    def roots(self) -> list[Node]:
        """The nodes that are wanted: outputs and guards."""
        return [*self.outputs, *[guard.node for guard in self.guards]]

    def size(self) -> int:
        """How many operations there are."""
        return sum([node.what not in ("input", "constant", "part") for node in self.nodes])


def described(node: Node, number: dict[Node, int]) -> str:
    """A node as a line of text."""
    kind = f"{node.dtype}{list(node.shape)}" if node.dtype is not None else "several"
    if node.what == "input":
        return f"input {node.args}  # {kind}"
    if node.what == "constant":
        text = " ".join(repr(node.args).split())
        return f"{text if len(text) < 60 else '...'}  # {kind}"
    parts = [shown(a, number) for a in node.args]
    parts += [f"{name}={shown(a, number)}" for name, a in node.kwargs.items()]
    return f"{node.what}({', '.join(parts)})  # {kind}"


def shown(arg: Any, number: dict[Node, int]) -> str:
    """An argument as text."""
    if arg.__class__ is Node:
        return f"%{number[arg]}"
    if arg.__class__ in (tuple, list):
        return f"({', '.join([shown(a, number) for a in arg])})"
    return repr(arg)


def program_of(recording: Recording, outputs: Iterable[Node]) -> Program:
    """What a recording has noted, with the nodes that were returned."""
    guards = tuple([Guard(node, seen) for node, seen in recording.guards])
    return Program(tuple(recording.nodes), tuple(recording.inputs), tuple(outputs), guards)
