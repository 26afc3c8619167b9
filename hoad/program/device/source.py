"""The Python text that launches the kernels of a program: it needs the library of the arrays alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Program
from ..sources.numpy_source import apart
from .cuda import Kernels, Matrix, Step
from .kernels import THREADS
from .memory import DTYPES
from .text import Place

OPTIONS = ("--std=c++17", "--fmad=false")  # nothing is contracted: x * x - y * y is 0 where x is y

HEAD = '''\
def matrix(x, dtype, start, shape, strides):
    """A matrix, or a stack of them, in memory."""
    flat = x.reshape(-1).view(dtype)[start:]
    return cp.lib.stride_tricks.as_strided(flat, shape, strides)
'''


class DeviceSource:
    """The text of a function that carries out a program on a device.

    ``body`` holds ``launched``, which fills results and arena, and the function itself. What it reads beside
    its arguments are ``held``, the arrays that the program holds, and ``arrays``, by their places.

    Args:
        program: what is carried out.
        made: its kernels.
        held: how many arrays the program holds.
        names: what the inputs are called.
        title: the name of the function.
        is_stage: whether the flag of its guards is one more result, which whoever calls reads.
    """

    def __init__(
        self,
        program: Program,
        made: Kernels,
        held: int,
        names: list[str],
        title: str,
        is_stage: bool = False,
    ) -> None:
        self.inputs, self.outputs = program.inputs, program.outputs
        self.kernels = made
        self.gives_flag = is_stage and made.guarded
        self.title = title
        self.names = [apart(name, title) for name in names]
        self.held = [f"held{k}" for k in range(held)]
        self.arrays = {place: f"array{k}" for k, place in enumerate(made.arrays)}
        self.results = [f"y{k}" for k in range(len(made.results))]
        self.memory = ", ".join([*self.names, *self.results, "room"])
        self.runs = in_runs(made.steps)
        self.body = "\n\n".join([HEAD, *self.parts(), self.launching(), self.whole()])

    @property
    def room(self) -> int:
        """The bytes of the arena."""
        return max(self.kernels.room, 8)

    # -- What is launched ------------------------------------------------------------------------------------

    def parts(self) -> list[str]:
        """A function for each run of launches, and for each product."""
        found = []
        for k, run in enumerate(self.runs):
            lines = ["at = room.data.ptr", *[self.launch(step) for step in run if step.kernel is not None]]
            lines = lines if run[0].kernel is not None else [self.product(*run[0].matrices)]
            found.append(f"def part{k}({self.memory}):\n    " + "\n    ".join(lines) + "\n")
        return found

    def launching(self) -> str:
        """The function that carries out all steps."""
        lines = [f"part{k}({self.memory})" for k in range(len(self.runs))]
        return f"def launched({self.memory}):\n    " + "\n    ".join(lines or ["pass"]) + "\n"

    def launch(self, step: Step) -> str:
        """One launch."""
        given = ", ".join([self.address(place) for place in step.places])
        return f"{step.kernel}(({step.blocks},), ({THREADS},), ({given},))  # {step.what}"

    def address(self, place: Place) -> str:
        """What a kernel gets for a place."""
        kind = place[0]
        if kind == "arena":
            return f"at + {place[1]}"
        return "at" if kind == "flag" else self.array(place)

    def array(self, place: Place) -> str:
        """The array of a place that is none in the arena."""
        kind = place[0]
        if kind == "in":
            name: str = [*self.names, *self.held][place[1]]
            return name
        return self.results[place[1]] if kind == "out" else self.arrays[place]

    def product(self, out: Matrix, left: Matrix, right: Matrix) -> str:
        """A product of matrices, by the library."""
        return f"cp.matmul({self.matrix(left)}, {self.matrix(right)}, out={self.matrix(out)})"

    def matrix(self, m: Matrix) -> str:
        """A matrix, as an array of the library."""
        dtype = DTYPES[m.kind]
        is_inside = m.place[0] == "arena"
        start = m.offset + (m.place[1] // dtype.itemsize if is_inside else 0)
        name = "room" if is_inside else self.array(m.place)
        strides = tuple([dtype.itemsize * step for step in m.strides])
        return f"matrix({name}, {dtype.name!r}, {start}, {m.shape}, {strides})"

    # -- The whole -------------------------------------------------------------------------------------------

    def whole(self, replays: bool = False) -> str:
        """The function: it makes the memory, and gives the results; ``replays`` lets ``replay`` do both."""
        lines = [entered(name, node) for name, node in zip(self.names, self.inputs, strict=True)]
        if replays:
            lines.append(f"{', '.join([*self.results, 'room'])} = replay({', '.join(self.names)})")
        else:
            for name, node in zip(self.results, self.outputs, strict=True):
                lines.append(f"{name} = cp.empty({node.shape}, {node.dtype.name!r})")
            lines += [f"room = cp.empty({self.room}, 'uint8')", f"launched({self.memory})"]
        if self.kernels.guarded and not self.gives_flag:
            lines += [
                "if room[:8].view('int32').get().any():",
                "    return MISSED  # another branch is taken",
            ]
        found = [given(name, node) for name, node in zip(self.results, self.outputs, strict=True)]
        found += ["room[:8].view('int32').copy()"] if self.gives_flag else []
        lines.append(f"return {', '.join(found)}{',' if len(found) == 1 else ''}" if found else "return ()")
        body = "\n        ".join(lines)
        return f"def {self.title}({', '.join(self.names)}):\n    with {self.device()}:\n        {body}\n"

    def device(self) -> str:
        """Where it is carried out."""
        pairs = zip(self.names, self.inputs, strict=True)
        near = [n for n, node in pairs if not is_here(node) and node.kind is not np.ndarray]
        arrays = [*near, *self.held, *self.arrays.values()]
        return f"{arrays[0]}.device" if arrays else "cp.cuda.Device()"

    def module(self, library: str, arrays: list[str]) -> str:
        """A text that needs the library alone; ``arrays`` are the texts of all arrays, in order."""
        names = [*self.held, *self.arrays.values()]
        kernels = dict.fromkeys([step.kernel for step in self.kernels.steps if step.kernel is not None])
        return "\n".join(
            [
                f"import numpy as np\n\nimport {library} as cp\n",
                "MISSED = NotImplemented",
                f"SOURCE = r'''{self.kernels.source}'''",
                f"module = cp.RawModule(code=SOURCE, options={OPTIONS}, backend='nvrtc')",
                *[f"{name} = module.get_function({name!r})" for name in kernels],
                *[f"{name} = cp.asarray({text})" for name, text in zip(names, arrays, strict=True)],
                f"\n\n{self.body}",
            ]
        )


def in_runs(steps: tuple[Step, ...]) -> list[list[Step]]:
    """Steps in runs: launches one after the other, and each product by itself."""
    found: list[list[Step]] = []
    for step in steps:
        if found and step.kernel is not None and found[-1][0].kernel is not None:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def is_here(node: Any) -> bool:
    """Tell whether a value is a number, which lies on no device."""
    return issubclass(node.kind, (float, complex, np.generic))


def entered(name: str, node: Any) -> str:
    """The line that makes an argument what kernels read: an array in rows."""
    if is_here(node):
        return f"{name} = cp.full((), {name}, {node.dtype.name!r})"
    if node.kind is np.ndarray:
        return f"{name} = cp.asarray({name}, order='C')"
    return f"{name} = {name} if {name}.flags.c_contiguous else cp.ascontiguousarray({name})"


def given(name: str, node: Any) -> str:
    """A result as the caller gets it, where the function has it."""
    if node.kind is np.ndarray:
        return f"{name}.get()"
    if not is_here(node):
        return name
    return f"{node.kind.__name__}({name}.get())" if node.kind in (float, complex) else f"{name}.get()[()]"
