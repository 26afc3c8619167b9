"""What was recorded, on disk, for the next process: a file for a function with what it holds
(``adapting/spelling.py``), the kinds of its arguments, and the versions of all that has a part in it.

In it are the programs of several ways through the function's branches. Functions of NumPy's and SciPy's stand
in it by their names, rules by the places where they are stated, and what has neither is not kept.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import io
import pickle
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from ..adapting.spelling import HOAD, Speller, spelled
from ..chainrules.statements import RULES, Primitive
from ..kinds.recording import Node
from ..program.program import Guard, Program
from ..running.made import found_in_module
from ..values.constants import is_elsewhere, library
from ..values.reading import CAREFUL
from . import disk
from .signature import ONE_BY_ONE, PLAIN, Call, Same
from .variant import Variant

PARTS = ("what", "args", "kwargs", "function", "rule", "instead", "place", "kind", "shape", "dtype")
MOST = 32  # programs in a file
CONTAINERS = (None, tuple, list, dict)
STATED_LATER = f"{HOAD}.chainrules.scipy.special"


def name_of(f: Any, call: Call, options: Any) -> str | None:
    """The name of the file for the calls of a function that are as this one; None where nobody can tell in
    another process whether it is the same.
    """
    try:
        check_containers(call.structure)
        told = spelled(f), key_text(call.key), options, CAREFUL.get()
    except (LookupError, RecursionError):
        return None
    made_by = disk.version_of("scipy"), np.__version__, sys.version, sys.byteorder, disk.sources()
    return f"{hashlib.sha256(repr((told, made_by)).encode()).hexdigest()[:40]}.run"


def check_containers(structure: Any) -> None:
    """Refuse arguments in containers whose class may be another in the next process."""
    if structure is None or structure is ONE_BY_ONE:
        return
    if structure.type not in CONTAINERS:
        raise LookupError(f"an argument is a {structure.type.__name__}")
    for part in structure.children():
        check_containers(part)


def key_text(key: Any) -> Any:
    """What a program must be for, as text."""
    kind = key.__class__
    if kind is tuple:
        return "tuple", *map(key_text, key)
    if kind is str:
        return key
    if kind is Same:
        return Speller().of(key.value)
    if kind in PLAIN or kind is bytes or isinstance(key, np.dtype):
        return repr(key)
    if isinstance(key, type):
        return key.__module__, key.__qualname__
    if key is ONE_BY_ONE:
        return "one by one"
    raise LookupError(f"an argument is a {kind.__name__}")


# ------------------------------------------------------------------------------------------------------------
# Programs as bytes
# ------------------------------------------------------------------------------------------------------------


@functools.cache
def places(count: int) -> dict[int, tuple[str, str]]:
    """Where rules stand, in modules that are there; their number tells whether others are."""
    found: dict[int, tuple[str, str]] = {}
    for name, module in sys.modules.copy().items():
        if name.startswith(f"{HOAD}."):
            for own, value in vars(module).items():
                if isinstance(value, Primitive):
                    found.setdefault(id(value), (name, own))
    return found


def place_of(rule: Primitive) -> Any:
    """How a rule is found again.

    Raises:
        PicklingError: it is not.
    """
    place = places(len(sys.modules)).get(id(rule))
    if place is not None:
        return ("rule", *place)
    function = next((f for f, stated in RULES.copy().items() if stated is rule), None)
    if function is None:
        raise pickle.PicklingError(f"{rule!r} has no name")
    return "stated", function


def module_of(function: np.ufunc) -> str:
    """The module in which a function of numbers stands under its name, which does not say so itself. None is
    asked for a name that it has not, as pickle would ask them: some warn then, and some import others.

    Raises:
        PicklingError: there is none.
    """
    name = function.__name__
    for module in ("numpy", "scipy.special", *list(sys.modules)):
        members = getattr(sys.modules.get(module), "__dict__", {})
        if members.get(name) is function and module != "__main__":
            return module
    raise pickle.PicklingError(f"{function!r} stands in no module")


class Writer(pickle.Pickler):
    """A pickler of nodes, which stand as their numbers.

    Args:
        file: where it writes.
        nodes: all of them.
    """

    def __init__(self, file: Any, nodes: tuple[Node, ...]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.number = {node: k for k, node in enumerate(nodes)}

    def persistent_id(self, x: Any) -> Any:
        """What stands for an object that is not written as it is."""
        if x.__class__ is Node:
            return "node", self.number[x]
        if isinstance(x, Primitive):
            return place_of(x)
        if x.__class__ is np.ufunc:
            return "named", module_of(x), x.__name__
        if x.__class__ is FunctionType and found_in_module(x) is not x:
            rules = [rule for rule in list(RULES.values()) if getattr(rule, "function", None) is x]
            if rules:
                return "function of", rules[0]
        if is_elsewhere(x):
            return "on a device", library(x).to_numpy(x)
        return None


class Reader(pickle.Unpickler):
    """The reverse.

    Args:
        file: from which it reads.
        count: how many nodes there are.
        like: an array where the arguments lie; None if that is here.
    """

    def __init__(self, file: Any, count: int, like: Any) -> None:
        super().__init__(file)
        self.nodes = [Node.__new__(Node) for _ in range(count)]
        self.like = like

    def persistent_load(self, what: Any) -> Any:
        """What was written otherwise."""
        kind, *told = what
        if kind == "node":
            return self.nodes[told[0]]
        if kind in ("rule", "named"):
            return getattr(importlib.import_module(told[0]), told[1])
        if kind == "stated":
            if told[0] not in RULES:
                importlib.import_module(STATED_LATER)
            return RULES[told[0]]
        if kind == "function of":
            return told[0].function
        return library(self.like).asarray(self.like, told[0])


def written(variant: Variant) -> bytes | None:
    """A recorded program as bytes; None for one with what can't be found again."""
    program = variant.recorded
    if any([x.__class__ not in PLAIN for x in variant.rest.values()]):
        return None
    nodes = [[getattr(node, name) for name in PARTS] for node in program.nodes]
    guards = [(guard.node, guard.seen) for guard in program.guards]
    ends = program.inputs, program.outputs, guards
    file = io.BytesIO()
    try:
        whole = nodes, ends, variant.structure, variant.rest, variant.leaves_out
        Writer(file, program.nodes).dump(whole)
    except Exception:  # whatever it is, it is recorded again
        return None
    return file.getvalue()


def read(data: bytes, count: int, like: Any, **options: Any) -> Variant:
    """The program of some bytes."""
    reader = Reader(io.BytesIO(data), count, like)
    nodes, (inputs, outputs, guards), structure, rest, leaves_out = reader.load()
    for node, parts in zip(reader.nodes, nodes, strict=True):
        for name, part in zip(PARTS, parts, strict=True):
            setattr(node, name, part)
        node.read = None
    program = Program(tuple(reader.nodes), inputs, outputs, tuple([Guard(*guard) for guard in guards]))
    variant = Variant(program, structure, rest, **options)
    variant.leaves_out = leaves_out
    return variant


# ------------------------------------------------------------------------------------------------------------
# Files
# ------------------------------------------------------------------------------------------------------------


def kept(path: Path) -> list[tuple[int, bytes]]:
    """What is in a file: the number of nodes of each program, and the program."""
    body = disk.body_of(path)
    try:
        found: list[tuple[int, bytes]] = [] if body is None else pickle.loads(body)
    except Exception:
        return []
    return found


def found(path: Path, like: Any, **options: Any) -> list[Variant]:
    """The programs in a file, in the order in which they were recorded."""
    try:
        return [read(data, count, like, **options) for count, data in kept(path)]
    except Exception:  # what it was made of is not there
        return []


def keep(path: Path, variant: Variant) -> None:
    """Add a program to a file, if it can be written."""
    data = written(variant)
    if data is None:
        return
    one, others = (len(variant.recorded.nodes), data), kept(path)
    if one not in others and len(others) < MOST:
        disk.write(path, pickle.dumps([*others, one]))
