"""Machine code on disk, for the next process: files named after the program, the processor, and the versions
of all that has a part in them.

A file is written under another name and then moved, so that processes may read and write at once; one that is
not what was written is made anew. What stands in it is executed: the folder must be one that nobody else may
write to.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from ..kinds.recording import Node
from ..places import OURS
from ..program.held import Held
from ..program.program import Program
from .objects import Code, llvm, processor

MAGIC = b"hoad code 1\n"
HOME = ("hoad.", "numpy", "scipy", "math", "cmath", "operator", "_operator", "builtins")


def folder(cache: Any) -> Path | None:
    """The folder that the keyword ``cache`` stands for; None if nothing is to be kept."""
    if cache is None or cache is False:
        return None
    if cache is not True:
        return Path(cache)
    above = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("HOAD_CACHE_DIR") or Path(above) / "hoad")


# ------------------------------------------------------------------------------------------------------------
# Files
# ------------------------------------------------------------------------------------------------------------


def found(path: Path) -> Code | None:
    """What is kept in a file; None if there is none, or not a whole one."""
    body = body_of(path)
    if body is None:
        return None
    try:
        header, _, data = body.partition(b"\n")
        told = json.loads(header)
        return Code(told["mode"], [key_of(entry, data) for entry in told["table"]], data[: told["size"]])
    except (ValueError, KeyError, TypeError):
        return None


def body_of(path: Path) -> bytes | None:
    """What was written into a file; None if there is none, or not a whole one."""
    try:
        text = path.read_bytes()
    except OSError:
        return None
    digest, _, body = text.removeprefix(MAGIC).partition(b"\n")
    is_whole = text.startswith(MAGIC) and hashlib.sha256(body).hexdigest().encode() == digest
    return body if is_whole else None


def write(path: Path, body: bytes) -> None:
    """Write a file; where that can't be done, there is none."""
    text = b"".join([MAGIC, hashlib.sha256(body).hexdigest().encode(), b"\n", body])
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, other = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        os.replace(other, path)
    except OSError:
        return


def keep(path: Path, code: Code) -> None:
    """Write code into a file."""
    table, parts, place = [], [code.data], len(code.data)
    for kind, *what in code.table:
        if kind != "array":
            table.append([kind, *what])
            continue
        value = what[0].value
        table.append([kind, value.dtype.str, value.shape, place, value.nbytes])
        parts.append(value.tobytes())
        place += value.nbytes
    header = json.dumps({"mode": code.mode, "table": table, "size": len(code.data)}).encode()
    write(path, b"\n".join([header, b"".join(parts)]))


def key_of(entry: Any, data: bytes) -> tuple[Any, ...]:
    """An entry of the table."""
    kind, *what = entry
    if kind != "array":
        return (kind, *what)
    dtype, shape, place, size = what
    return kind, Held(np.frombuffer(data[place : place + size], dtype).reshape(shape).copy())


# ------------------------------------------------------------------------------------------------------------
# Names
# ------------------------------------------------------------------------------------------------------------


class NoNameError(Exception):
    """A program calls something of which another process could not tell whether it is the same."""


def name_of(program: Program, single: bool, made_by: Any = None) -> str | None:
    """The name of the file for a program; None for one that calls what can't be named."""
    number = {node: k for k, node in enumerate(program.nodes)}
    spelling = hashlib.sha256(repr((made_by or (versions(), processor()), single)).encode())
    try:
        for node in (*program.nodes, *program.inputs):
            told = [node.what, node.kind.__name__, node.shape, str(node.dtype), spelled(node.args, number)]
            told += [spelled(node.kwargs, number), spelled(node.function, number), rule_of(node, number)]
            spelling.update(repr(told).encode())
        ends = [number[node] for node in program.outputs]
        guards = [(number[guard.node], spelled(guard.seen, number)) for guard in program.guards]
    except NoNameError:
        return None
    spelling.update(repr((ends, guards)).encode())
    return spelling.hexdigest()[:40]


def rule_of(node: Node, number: dict[Node, int]) -> Any:
    """The rule of a node, by what it carries out."""
    if node.rule is None or node.rule is node.function:
        return None
    function = getattr(node.rule, "function", node.rule)
    return "its own" if function is node.function else spelled(function, number)


def spelled(x: Any, number: dict[Node, int]) -> Any:
    """A part of a program as text that is the same in every process."""
    kind = x.__class__
    if kind is Node:
        return f"%{number[x]}"
    if kind in (int, bool, str, type(None), type(Ellipsis)):
        return repr(x)
    if kind in (float, complex) or isinstance(x, (np.generic, np.dtype)):
        return kind.__name__, x.tobytes().hex() if isinstance(x, np.generic) else repr(x)
    if kind is np.ndarray and x.dtype.kind in "fciub":
        return "array", x.dtype.str, x.shape, hashlib.sha256(x.tobytes()).hexdigest()
    if kind in (tuple, list):
        return kind.__name__, *[spelled(part, number) for part in x]
    if kind is dict:
        return "dict", *[(name, spelled(part, number)) for name, part in x.items()]
    if kind is slice:
        return "slice", *[spelled(part, number) for part in (x.start, x.stop, x.step)]
    return called(x, number)


def called(x: Any, number: dict[Node, int]) -> Any:
    """A function or a class as text: where it stands, and what it holds."""
    if x.__class__ is functools.partial:
        return "partial", *[spelled(part, number) for part in (x.func, x.args, x.keywords)]
    if isinstance(x, np.ufunc):
        return "ufunc", x.__name__, x.nin, x.nout, tuple(x.types)
    module = getattr(x, "__module__", None) or ""
    if hasattr(x, "function") and module.startswith("hoad."):  # a rule
        return "rule", x.__class__.__name__, spelled(x.function, number)
    if not module.startswith(HOME):
        raise NoNameError
    if isinstance(x, FunctionType):
        held = [cell.cell_contents for cell in x.__closure__ or ()]
        parts = [spelled(part, number) for part in (*held, *(x.__defaults__ or ()))]
        return "function", module, x.__qualname__, x.__code__.co_firstlineno, *parts
    if isinstance(x, (type, BuiltinFunctionType)) or hasattr(x, "__qualname__"):
        return "named", module, x.__qualname__
    raise NoNameError


@functools.cache
def versions() -> tuple[Any, ...]:
    """What code depends on beside the program and the processor: who made it."""
    made_by = [version_of(name) for name in ("llvmlite", "numpy", "scipy")]
    return (*made_by, llvm().llvm_version_info, sys.version, platform.machine(), sources())


def versions_of(library: Any, device: Any) -> tuple[Any, ...]:
    """The same of kernels: the library, with the card that they are for."""
    runtime = getattr(library.cuda, "runtime", None)
    card = None if runtime is None else runtime.getDeviceProperties(device.id)["name"]
    return library.__name__, getattr(library, "__version__", ""), str(card), np.__version__, sources()


def version_of(name: str) -> str:
    """The version of a package; nothing where it is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def sources() -> str:
    """Hoad itself, by the sizes and times of its files."""
    told = hashlib.sha256()
    for path in sorted(Path(OURS[0]).rglob("*.py")):
        state = path.stat()
        told.update(f"{path.name} {state.st_size} {state.st_mtime_ns}".encode())
    return told.hexdigest()
