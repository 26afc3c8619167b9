"""Where the elements of an argument lie in memory, and whether they may be written to, is not told by its
shape, type and values, so it is part of no program: each attribute that arrays of equal elements differ in.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

import hoad

ROWS = np.arange(6.0).reshape(2, 3) + 0.5


def spread() -> np.ndarray:
    """The elements of ROWS, each two columns and two rows apart."""
    whole = np.zeros((4, 6))
    whole[::2, ::2] = ROWS
    return whole[::2, ::2]


def locked() -> np.ndarray:
    """ROWS, read-only."""
    whole = ROWS.copy()
    whole.flags.writeable = False
    return whole


def askew() -> np.ndarray:
    """ROWS at an odd address."""
    whole = np.ndarray(ROWS.shape, ROWS.dtype, np.zeros(ROWS.nbytes + 1, np.uint8).data, 1)
    whole[...] = ROWS
    return whole


ARRAYS: dict[str, np.ndarray] = {
    "its own": ROWS.copy(),
    "in columns": np.asfortranarray(ROWS),
    "spread": spread(),
    "locked": locked(),
    "askew": askew(),
    "a view": ROWS.copy()[:],
    "backwards": ROWS[::-1].copy()[::-1],
    "repeated": np.broadcast_to(ROWS, (1, 2, 3))[0],
}


def names_of(value: Any) -> list[str]:
    """The attributes of an object that are no methods."""
    names = [name for name in dir(value) if not name.startswith("_")]
    return [name for name in names if not callable(getattr(value, name, len))]


PATHS = [
    *names_of(ROWS),
    *[f"flags.{name}" for name in names_of(ROWS.flags)],
    *[f"data.{name}" for name in names_of(ROWS.data)],
    "ctypes.data",
    "ctypes.strides[0]",
    "flags['OWNDATA']",
    "T.strides",
    "T.flags.c_contiguous",
    "view().flags.writeable",
    "ravel().base",
    "diagonal().strides",
    "swapaxes(0, 1).flags",
    "__array_interface__['strides']",
    "tobytes('A')",
]
FUNCTIONS = [
    "np.isfortran(x)",
    "np.shares_memory(x, ROWS)",
    "np.may_share_memory(x, ROWS)",
    "np.lib.array_utils.byte_bounds(x)[0]" if hasattr(np.lib, "array_utils") else "np.isfortran(x)",
    "[float(v) for v in np.nditer(x)]",
    "[np.size(v) for v in np.nditer(x, flags=['external_loop'])]",
    "np.einsum('ij->ji', x).strides",
    "(x * 2.0).flags",
    "np.sin(x).strides",
    "x.copy('K').strides",
    "np.empty_like(x).strides",
]


def coded(told: Any) -> float:
    """A number for what was told of an array; one for all objects that tell something only when asked."""
    told = told.tolist() if isinstance(told, np.ndarray) else told
    is_dumb = " at 0x" in repr(told) or "flat" in type(told).__name__.lower()
    return 1.0 if is_dumb else 1.0 + zlib.crc32(repr(told).encode()) % 1000


@pytest.mark.parametrize("asked", [*[f"x.{path}" for path in PATHS], *FUNCTIONS])
def test_a_compiled_function_is_told_of_its_own_argument(asked: str) -> None:
    names: dict[str, Any] = {"np": np, "coded": coded, "ROWS": ROWS}
    exec(f"def f(x):\n    return np.sum(x**3) * coded({asked})", names)
    f = names["f"]
    right = {kind: f(x) for kind, x in ARRAYS.items()}
    for first in ARRAYS:
        others = [kind for kind in ARRAYS if right[kind] != right[first]]
        if others or first == "its own":
            compiled = hoad.compile(f, backend="numpy")
            for kind in (first, first, *others, first):
                np.testing.assert_allclose(compiled(ARRAYS[kind]), f(ARRAYS[kind]))


def test_what_is_the_same_in_each_call_is_part_of_a_program() -> None:
    compiled = hoad.compile(lambda x: np.sum(x * np.zeros_like(x).strides[0]) + (2.0 * x).nbytes)
    for x in ARRAYS.values():
        compiled(x)
    assert compiled.variants and not compiled.why()
    refused = hoad.compile(lambda x: np.sum(x) * x.strides[0])
    refused(ROWS)
    assert not refused.variants and "x.strides of an argument" in refused.why()
