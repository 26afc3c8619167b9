"""Programs as kernels for a device, carried out on a processor: a C compiler makes them of the same text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from hoad.compiling.signature import taken_apart
from hoad.compiling.variant import recorded
from hoad.program.device.cuda import Kernels, Matrix, kernels
from hoad.program.device.functions import PRELUDE
from hoad.program.lowering.complexes import has_complex, in_pairs
from hoad.program.lowering.definitions import Unsupported
from hoad.testing.raw_module import RawModule
from hoad.values.trees import flatten_result, number

ARENA = 255  # what stands in every byte of the arena before: as a number, nan
DOUBLE = {"double": np.dtype(np.float64), "float": np.dtype(np.float32)}
KERNEL = re.compile(r"^KERNEL \w+.*?^}\n", re.M | re.S)
HELPER = re.compile(r"^__device__ [^\n]*(?:}$|{\n.*?^}$)", re.M | re.S)


def kernels_of(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Kernels, list[Any]] | None:
    """The kernels of a function, and the leaves of its value; None where it has no such form."""
    call = taken_apart(args, {}, frozenset())
    try:
        variant, found = recorded(f, call, [f"x{k}" for k in range(len(call.varying))], "f", 100_000, None)
        program = variant.program
        made = kernels(in_pairs(program, True) if has_complex(program) else program, 60_000)
    except Unsupported:
        return None
    except Exception as error:  # a program that can't be recorded, or that native code can't take either
        if re.search("KERNEL|cuda", repr(error)):
            raise
        return None
    leaves = [y for y in flatten_result(found)[0] if number(y) and y.__class__ not in (int, bool)]
    return made, leaves


def together(sources: Iterable[str]) -> str:
    """The text of all kernels of some texts: they are named by what is in them."""
    texts = list(sources)
    helpers = dict.fromkeys([text for source in texts for text in HELPER.findall(source)])
    first = sorted(helpers, key=lambda text: "of_bits(unsigned" not in text)
    return "\n".join([PRELUDE, *first, *dict.fromkeys([k for text in texts for k in KERNEL.findall(text)])])


def carried_out(made: Kernels, args: Iterable[Any], module: RawModule) -> tuple[list[Any], Any]:
    """The results, and the flag."""
    inputs = [in_pairs_of(np.ascontiguousarray(a)) for a in args]
    room = np.full(max(made.room, 64), ARENA, np.uint8)
    outputs = [np.full(r.shape, 77, r.dtype) for r in made.results]

    def at(place: Any) -> Any:
        kind, *rest = place
        if kind in ("in", "out"):
            return (inputs if kind == "in" else outputs)[rest[0]]
        return room[rest[0] :] if kind in ("arena", "flag") else made.arrays[place]

    def matrix(m: Matrix) -> Any:
        kind = DOUBLE[m.kind]
        flat = np.ravel(at(m.place))
        flat = (
            flat[: flat.nbytes // kind.itemsize * kind.itemsize].view(kind)
            if flat.dtype == np.uint8
            else flat
        )
        return np.lib.stride_tricks.as_strided(
            flat[m.offset :], m.shape, [kind.itemsize * n for n in m.strides]
        )

    for step in made.steps:
        if step.kernel is None:
            out, left, right = map(matrix, step.matrices)
            out[...] = left @ right
        else:
            function = module.get_function(step.kernel)
            function((step.blocks,), (256,), tuple([at(place).ctypes.data for place in step.places]))
    return outputs, room[:8].view(np.int32)


def in_pairs_of(a: Any) -> Any:
    """Complex numbers as pairs."""
    return a.view(a.real.dtype).reshape(*a.shape, 2) if a.dtype.kind == "c" else a


def ulps(got: Any, right: Any) -> float:
    """The largest difference, in units in the last place of the largest element."""
    got = in_pairs_of(np.ascontiguousarray(got))
    right = in_pairs_of(np.ascontiguousarray(right)).reshape(np.shape(got))
    if right.dtype.kind in "biu":
        return 0.0 if np.array_equal(got, right) else np.inf
    with np.errstate(all="ignore"):
        same = (got == right) | (np.isnan(got) & np.isnan(right))
        size = np.max(np.abs(right), initial=0.0, where=np.isfinite(right)) or 1.0
        off = np.max(np.where(same, 0.0, np.abs(got - right)), initial=0.0)
    return float(off / size / np.finfo(right.dtype).eps) if np.isfinite(off) else np.inf


def squares(f: Callable[..., Any]) -> Callable[..., Any]:
    """A number of a function's value, wherever its arrays lie: the sum of all squares, those of every second
    element twice, as the sum of all may be constant (of eigenvectors) or linear (of Cholesky factors).
    """

    def loss(*args: Any) -> Any:
        found = [np.reshape(y, -1) for y in flatten_result(f(*args))[0] if number(y)]
        return sum([np.sum(np.real(y * np.conj(y))) for whole in found for y in (whole, whole[::2])])

    return loss


def chain(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def heat(u: Any, steps: int = 3) -> Any:
    for _ in range(steps):
        around = np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)
        u = u + 0.2 * (around - 4 * u) - 0.01 * u**3
    return np.sum(u**2)


def layers(w: Any) -> Any:
    return np.sum(np.tanh(np.tanh(w @ w.T) @ w) ** 2)
