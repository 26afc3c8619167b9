"""Programs whose arrays lie on a device: the constants that it holds are inputs of its kernels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..backends import NUMPY, Backend, backend_of
from ..backends.registry import backend_of_class
from ..kinds.recording import Node
from ..values.constants import is_elsewhere, library
from .passes import input_like, of_operands, pruned, rebuilt
from .program import Guard, Program

MOST_READ = 2**22  # elements of a constant, up to which it is looked at whether it is zero, or a diagonal


def owner(program: Program) -> Backend | None:
    """The library whose arrays a program is about; None for NumPy's."""
    kinds = dict.fromkeys([node.kind for node in program.nodes])
    found = [backend_of_class(kind) for kind in kinds]
    return next((backend for backend in found if backend is not None and backend is not NUMPY), None)


def at_hand(x: Any) -> Any:
    """An array on a device as one of NumPy's, if it is small enough to be read; None for others."""
    backend = backend_of(x)
    return None if backend is None or x.size > MOST_READ else backend.to_numpy(x)


def opened(program: Program) -> tuple[Program, list[Any]]:
    """A program without constant arrays on a device: small ones are read, once, since what is known to be
    zero need not be computed; others are inputs, which are given back too.
    """
    inputs: list[Node] = []
    held: list[Any] = []

    def change(node: Node, args: Any, kwargs: Any) -> Node:
        if node.what != "constant" or not is_elsewhere(node.args):
            return of_operands(node, args, kwargs)
        value = at_hand(node.args)
        if value is not None:
            return Node("constant", value, {}, value)
        inputs.append(input_like(node, len(program.inputs) + len(held)))
        held.append(node.args)
        return inputs[-1]

    found = pruned(rebuilt(program, change))
    guards = tuple([Guard(guard.node, here(guard.seen)) for guard in found.guards])
    return replace(found, inputs=(*found.inputs, *inputs), guards=guards), held


def failed(flags: list[Any]) -> bool:
    """Tell whether a guard has failed, by the flags of several kernels: read all at once."""
    return bool(flags) and bool(library(flags[0]).to_numpy(np.concatenate(flags)).any())


def here(seen: Any) -> Any:
    """What a guard compares with, of which kernels are made."""
    backend = backend_of(seen) if is_elsewhere(seen) else None
    return seen if backend is None else backend.to_numpy(seen)
