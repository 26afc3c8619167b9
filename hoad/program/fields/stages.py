"""A program of which parts have no native form, as stages: what has one, between calls of NumPy's and
SciPy's functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...backends.registry import backend_of_class
from ...kinds.recording import Node, mapped
from ...values.constants import is_elsewhere
from ..elsewhere import at_hand
from ..lowering.complexes import has_complex, in_pairs
from ..lowering.definitions import Unsupported
from ..passes import input_like, with_args
from ..program import Guard, Program
from .fields import Fields

REAL = (np.dtype(np.float64), np.dtype(np.float32))
MOST = 64  # calls, from which on NumPy code is as good


class Probe(Fields):
    """A lowering that goes on where something has no native form: the value comes from a call then.

    ``calls`` are the nodes that are called.
    """

    def __init__(self, program: Program, limit: int) -> None:
        self.calls: dict[Node, None] = {}
        self.own = set(program.nodes)
        super().__init__(program, limit)

    def value(self, node: Node) -> Any:
        """The id of a node; None for one that native code can't read."""
        if node not in self.own:
            return super().value(node)
        if node.what == "constant" and is_elsewhere(node.args) and 0 not in node.shape:
            value = at_hand(node.args)
            if value is not None:
                return self.constants(value)
            return self.algebra.make("input", id(node), node.shape)
        try:
            if any([self.ids[operand] is None for operand in node.operands()]):
                raise Unsupported("it reads what native code can't")
            return super().value(node)
        except Unsupported:
            if node.what in ("input", "constant"):
                return None
            self.calls[node] = None
            return self.algebra.make("input", -len(self.calls), node.shape) if is_real(node) else None

    def position(self, arg: Any) -> Any:
        """A part of an index, which may lie on a device."""
        found = super().position(arg)
        return at_hand(found) if is_elsewhere(found) else found

    def conditions(self, ids: Any, seen: Any, of_each: bool) -> Any:
        """Guards are for the stages."""
        return super().conditions(ids, seen, of_each) if of_each else []


def staged(
    program: Program,
    limit: int,
    native: Callable[[Program], Callable[..., Any]],
    least: int = 2,
    probe: type[Probe] = Probe,
) -> Program:
    """A program of calls: of native stages, and of what has no native form.

    Args:
        program: in terms of rules.
        limit: how many operations there may be.
        native: makes native code of a stage; its value is a tuple.
        least: how many operations there must be for each call.
        probe: finds out what has no native form.

    Raises:
        Unsupported: there is nothing to be gained.
    """
    program = in_pairs(program, False) if has_complex(program) else program
    calls = probe(program, limit).calls
    native_count = sum(
        [node.what not in ("input", "constant", "part") and node not in calls for node in program.nodes]
    )
    if len(calls) > MOST or native_count < max(least * len(calls), 1):
        raise Unsupported(f"{next(iter(calls)).what} has no native form, and there is little else")
    ready = readiness(program, calls)
    new: dict[Node, Node] = {node: node for node in program.nodes if node.what in ("input", "constant")}
    order: list[Node] = list(new)
    for stage in range(max(ready.values(), default=0) + 1):
        inside = [n for n in program.nodes if n not in calls and n not in new and ready[n] == stage]
        if inside:
            add_stage(program, inside, calls, new, order, native)
        for node in calls:
            if ready[node] - 1 == stage:
                args, kwargs = mapped(
                    (node.args, node.kwargs), lambda a: new[a] if a.__class__ is Node else a
                )
                new[node] = with_args(node, args, kwargs)
                order.append(new[node])
    guards = tuple([Guard(new[g.node], g.seen) for g in program.guards if g.node in calls])
    return Program(tuple(order), program.inputs, tuple([new[node] for node in program.outputs]), guards)


def is_real(node: Node) -> bool:
    """Tell whether a value is one that native code gives and takes."""
    return node.dtype in REAL and backend_of_class(node.kind) is not None


def is_truth(node: Node) -> bool:
    """Tell whether a value is made of truth values, by an operation."""
    return node.dtype == np.dtype(bool) and node.what not in ("input", "constant")


def with_truths(nodes: set[Node], calls: dict[Node, None]) -> set[Node]:
    """Nodes, and the operands of truth values among them: no stage takes those, so each makes its own."""
    found: set[Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.operands() if is_truth(node) and node not in calls else ()
    return found


def readiness(program: Program, calls: dict[Node, None]) -> dict[Node, int]:
    """The stage in which each value is there: one further behind each call."""
    ready: dict[Node, int] = {}
    for node in program.nodes:
        ready[node] = max([ready[operand] for operand in node.operands()], default=0) + (node in calls)
    return ready


def add_stage(
    program: Program,
    inside: list[Node],
    calls: dict[Node, None],
    new: dict[Node, Node],
    order: list[Node],
    native: Callable[[Program], Callable[..., Any]],
) -> None:
    """Add one stage: a call of native code, and the parts of its value."""
    own = set(inside)
    wanted = {g.node for g in program.guards} | set(program.outputs)
    later = [n for n in program.nodes if n not in own and n not in new]
    wanted |= with_truths({operand for node in later for operand in node.operands()}, calls)
    asked = {operand for node in calls for operand in node.operands()} | set(program.outputs)
    outputs = [n for n in inside if n in wanted and (is_real(n) or (n in asked and is_truth(n)))]
    guards = [g for g in program.guards if g.node in own]
    needed = with_truths({operand for node in inside for operand in node.operands()}, calls)
    again = [k for k in program.nodes if k in needed and k not in own and is_truth(k) and k not in calls]
    inside, own = [*again, *inside], own | set(again)
    given = list(
        dict.fromkeys([k for n in inside for k in n.operands() if k not in own and k.what != "constant"])
    )
    known = [k for k in dict.fromkeys([k for n in inside for k in n.operands()]) if k.what == "constant"]
    entered = {node: input_like(node, k) for k, node in enumerate(given)}
    body: dict[Node, Node] = {**entered, **{node: node for node in known}}
    for node in inside:
        args, kwargs = mapped((node.args, node.kwargs), lambda a: body[a] if a.__class__ is Node else a)
        body[node] = with_args(node, args, kwargs)
    stage = Program(
        tuple(body.values()),
        tuple(entered.values()),
        tuple([body[node] for node in outputs]),
        tuple([Guard(body[g.node], g.seen) for g in guards]),
    )
    call = input_like(inside[0], 0)
    call.what, call.function, call.args, call.kind, call.dtype = "stage", native(stage), (), tuple, None
    call.args = tuple([new[node] for node in given])
    order.append(call)
    for k, node in enumerate(outputs):
        part = input_like(node, 0)
        part.what, part.args = "part", (call, k)
        new[node] = part
        order.append(part)
