"""CUDA kernels on a processor: ``RawModule``, as CuPy has it, made by a C compiler.

The text is compiled as C, with the words of CUDA defined for one processor. Blocks run one after the other;
the threads of a block take turns at each ``__syncthreads``, each on a stack of its own. So what a kernel
computes, and where it reads and writes, can be tested where no GPU is.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from .cuda_functions import functions_for

HEAD = """\
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <ucontext.h>
#define __global__
#define __device__
#define __shared__ static
#define __restrict__ restrict
#define __forceinline__ inline
typedef struct { unsigned x, y, z; } dim3;
static dim3 blockIdx, threadIdx, gridDim, blockDim;
#define MOST_THREADS 1024
#define STACK 65536
static ucontext_t outside, inside[MOST_THREADS];
static char *stacks;
static int alive[MOST_THREADS];
static void (*body_)(void **);
static void **given_;
static void enter(void) {
  unsigned me = threadIdx.x;
  body_(given_);
  alive[me] = 0;
  swapcontext(&inside[me], &outside);
}
static void __syncthreads(void) { unsigned me = threadIdx.x; swapcontext(&inside[me], &outside); }
static void in_turns(unsigned threads, int backwards) {
  if (!stacks) stacks = malloc((size_t)MOST_THREADS * STACK);
  for (unsigned k = 0; k < threads; k++) {
    getcontext(&inside[k]);
    inside[k].uc_stack.ss_sp = stacks + (size_t)k * STACK;
    inside[k].uc_stack.ss_size = STACK;
    inside[k].uc_link = &outside;
    makecontext(&inside[k], enter, 0);
    alive[k] = 1;
  }
  for (int some = 1; some;) {
    some = 0;
    for (unsigned k = 0; k < threads; k++) {
      unsigned me = backwards ? threads - 1 - k : k;
      if (!alive[me]) continue;
      threadIdx.x = me;
      swapcontext(&outside, &inside[me]);
      some |= alive[me];
    }
  }
}
static void launch(void (*body)(void **), void **given, unsigned blocks, unsigned threads, int waits,
                   int backwards) {
  body_ = body;
  given_ = given;
  gridDim.x = blocks;
  blockDim.x = threads;
  for (unsigned b = 0; b < blocks; b++) {
    blockIdx.x = backwards ? blocks - 1 - b : b;
    if (waits) { in_turns(threads, backwards); continue; }
    for (unsigned k = 0; k < threads; k++) {
      threadIdx.x = backwards ? threads - 1 - k : k;
      body(given);
    }
  }
}
#define normcdf(x) (0.5 * erfc(-(x) * 0.70710678118654752440))
"""
KERNELS = re.compile(r"^(?:KERNEL|extern \"C\" __global__ void) (\w+)\((.*?)\) \{(.*?)^\}", re.M | re.S)
FLAGS = ("-std=gnu11", "-O1", "-ffp-contract=off", "-fwrapv", "-w", "-shared", "-fPIC")
noted: list[list[Any]] = []  # of streams that note launches, what they have noted
backwards = False  # whether threads and blocks take turns from the last to the first


def compiler() -> str | None:
    """The C compiler that is here."""
    return shutil.which("gcc") or shutil.which("cc")


class RawModule:
    """Kernels of a text in CUDA C.

    Args:
        code: the text.
        options: of NVRTC, which are not looked at.
        backend: the same.
    """

    def __init__(self, code: str, options: tuple[str, ...] = (), backend: str = "nvrtc") -> None:
        self.code = code

    def get_function(self, name: str) -> Kernel:
        """A kernel by its name."""
        return Kernel(getattr(compiled(self.code), f"launch_{name}"), name)


class Kernel:
    """A kernel, called as CuPy's: with the numbers of blocks and of threads, and the arguments."""

    def __init__(self, function: Any, name: str) -> None:
        self.function = function
        self.name = name

    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], args: tuple[Any, ...]) -> None:
        cells = [ctypes.c_longlong(address_of(x)) for x in args]
        if noted:
            noted[-1].append((self, grid, block, args))
            return
        given = (ctypes.c_void_p * max(1, len(cells)))(*[ctypes.addressof(cell) for cell in cells])
        self.function(given, ctypes.c_uint(grid[0]), ctypes.c_uint(block[0]), ctypes.c_int(backwards))


def address_of(x: Any) -> int:
    """An argument as a kernel gets it: where an array begins, or an integer."""
    if isinstance(x, np.ndarray):  # it lies where no kernel reads
        raise TypeError(f"Unsupported type {type(x)}. (size={x.itemsize})")
    return int(x.data.ptr) if hasattr(x, "data") and hasattr(x.data, "ptr") else int(x)


@functools.lru_cache(maxsize=256)
def compiled(code: str) -> Any:
    """The library that the C compiler makes of a text."""
    ends = []
    for name, parameters, body in KERNELS.findall(code):
        kinds = [p.strip().rpartition("*")[0] + "*" for p in parameters.split(",") if p.strip()]
        given = ", ".join([f"*({kind} *)given[{k}]" for k, kind in enumerate(kinds)])
        waits = int("__syncthreads" in body)
        ends.append(f"static void call_{name}(void **given) {{ {name}({given}); }}")
        head = f"void launch_{name}(void **given, unsigned blocks, unsigned threads, int backwards)"
        ends.append(f"{head} {{ launch(call_{name}, given, blocks, threads, {waits}, backwards); }}")
    text = "\n".join([HEAD, functions_for(code), code, *ends])
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.c"
        source.write_text(text)
        library = source.with_suffix(".so")
        command = [compiler() or "gcc", *FLAGS, "-o", str(library), str(source), "-lm"]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"the C compiler refuses the kernels:\n{made.stderr[:2000]}")
        return ctypes.CDLL(str(library))


_streams = threading.local()


def entered() -> list[Stream]:
    """The streams that the thread is in, one within the other."""
    found: list[Stream] = _streams.__dict__.setdefault("entered", [])
    return found


class Graph:
    """Launches that a stream has noted."""

    def __init__(self, launches: list[Any]) -> None:
        self.launches = launches
        self.count = 0

    def launch(self, stream: Any = None) -> None:
        """Carry them out."""
        self.count += 1
        for kernel, *given in self.launches:
            kernel(*given)


class Stream:
    """A stream, in ``with`` the current one of the thread: all that is launched is done at once, but what is
    noted.
    """

    def __init__(self, non_blocking: bool = False, ptr: int | None = None) -> None:
        self.ptr = id(self) if ptr is None else ptr
        self.waited: list[Any] = []  # for which events

    def __enter__(self) -> Stream:
        entered().append(self)
        return self

    def __exit__(self, *_: object) -> None:
        entered().pop()

    def record(self) -> Any:
        """An event: what the stream is at."""
        return self, len(self.waited)

    def wait_event(self, event: Any) -> None:
        """Go on when another stream has come to an event."""
        self.waited.append(event)

    def begin_capture(self) -> None:
        """Note launches from here on."""
        noted.append([])

    def end_capture(self) -> Graph:
        """What was noted."""
        return Graph(noted.pop())


FIRST = Stream(ptr=0)


def get_current_stream() -> Stream:
    """The stream that launches go to."""
    return entered()[-1] if entered() else FIRST
