"""The texts of kernels of one element, compiled on the host: a compiler of C++ takes what a device would."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from hoad.fast import forms
from hoad.testing.cuda_functions import functions_for

HEAD = """\
#include <cmath>
#include <complex>
using namespace std;
typedef signed char int8;
#define __device__ static
"""
COMPLEX = "typedef complex<float> hoad_c8; typedef complex<double> hoad_c16;"
IN_C = {np.dtype(kind).name: text for kind, text in forms.TYPES.items()}


def compiled(bodies: Iterable[tuple[str, list[str]]], folder: Path) -> ctypes.CDLL:
    """A library with a function ``k0``, ``k1``, .. for each body, of the addresses ``in`` of its operands.

    Args:
        bodies: what stands before the function, and its lines.
        folder: where it is compiled.
    """
    cpp = shutil.which("g++") or shutil.which("clang++")
    if cpp is None:
        pytest.skip("there is no compiler of C++")
    bodies = list(bodies)
    texts = [HEAD, functions_for("\n".join([before + "\n".join(lines) for before, lines in bodies]))]
    for k, (before, lines) in enumerate(bodies):
        complexes, whole = "" if "hoad_c" in before else COMPLEX, "\n".join(lines)
        texts.append(f"namespace n{k} {{\n{before}\n{complexes}\nvoid f(void **in) {{\n{whole}\n}}\n}}")
        names = [word.split("(")[0].split()[1] for word in before.splitlines() if word.startswith("#define")]
        texts += [f"#undef {name}" for name in names]
        texts.append(f'extern "C" void k{k}(void **in) {{ n{k}::f(in); }}')
    source, library = folder / "kernels.cpp", folder / "kernels.so"
    source.write_text("\n".join(texts))
    command = [cpp, "-O0", "-ffp-contract=off", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))
