"""Programs as C: the values are those of the plain function, and what has no form is named."""

from __future__ import annotations

import ctypes
import itertools
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special
from test_native import SHAPES

import hoad
from hoad.program.sources import c_functions

GCC = shutil.which("cc")


def built(text: str, folder: Path) -> Any:
    """C functions, by the compiler of the machine."""
    (folder / "f.c").write_text(text)
    library = folder / "f.so"
    command = [
        GCC or "cc",
        "-O1",
        "-ffp-contract=off",
        "-shared",
        "-fPIC",
        "-o",
        str(library),
        str(folder / "f.c"),
    ]
    subprocess.run([*command, "-lm"], check=True)
    return ctypes.CDLL(str(library))


@pytest.mark.skipif(GCC is None, reason="there is no C compiler")
@pytest.mark.parametrize("name", ["shifts", "filled", "branches", "logsumexp", "products"])
def test_c(name: str, tmp_path: Path) -> None:
    f, x = SHAPES[name]
    compiled = hoad.compile(hoad.grad(f))
    compiled(x)
    function = getattr(built(compiled.to_c(), tmp_path), compiled.variants[0].title)
    out, double = np.zeros(x.shape), ctypes.POINTER(ctypes.c_double)
    assert function(x.ctypes.data_as(double), out.ctypes.data_as(double)) == 0
    np.testing.assert_allclose(out, hoad.grad(f)(x), rtol=1e-12, atol=1e-12)
    infinite = np.full(x.shape, np.inf)
    assert function(infinite.ctypes.data_as(double), out.ctypes.data_as(double)) != 0


C_POINTS = np.concatenate([np.linspace(-8, 8, 33), np.linspace(0.02, 0.98, 25), [-0.0, 1e-9, -1e-9, 30.0]])


@pytest.mark.skipif(GCC is None, reason="there is no C compiler")
@pytest.mark.parametrize("arity", [1, 2])
def test_special_functions_in_c(arity: int, tmp_path: Path) -> None:
    """All that are a line of C, at once; where SciPy's value is not finite, the program does not hold."""
    ufuncs = {name: getattr(special, name) for name in c_functions.TEXTS}
    every = {name: f for name, f in ufuncs.items() if f.nin == arity}
    assert len(every) == {1: 17, 2: 10}[arity]
    double = ctypes.POINTER(ctypes.c_double)
    texts = []
    for name, f in every.items():
        compiled = hoad.compile(lambda x, f=f: f(*x))
        compiled(np.full(arity, 0.25))
        texts.append(compiled.to_c().replace("int compiled(", f"int hoad_{name}("))
    library, out = built("\n".join(texts), tmp_path), np.zeros(1)
    for name, f in every.items():
        function = getattr(library, f"hoad_{name}")
        for x in itertools.product(C_POINTS[:: 1 if arity == 1 else 5], repeat=arity):
            with np.errstate(all="ignore"):
                point, right = np.array(x), float(f(*x))
            code = function(point.ctypes.data_as(double), out.ctypes.data_as(double))
            assert code == (0 if np.isfinite(right) else 2), (name, x, right)
            if not code:
                assert abs(out[0] - right) <= 1e-14 * abs(right) + 1e-15, (name, x, out[0], right)


def test_what_scipy_alone_has_is_named() -> None:
    compiled = hoad.compile(lambda x: special.jv(0.5, x) + special.psi(x) * special.expit(x))
    compiled(1.5)
    with pytest.raises(hoad.errors.RecordingError, match="only SciPy has the code of jv, psi"):
        compiled.to_c()


def test_what_has_no_form_in_c_is_refused() -> None:
    compiled = hoad.compile(np.linalg.eigvalsh)
    compiled(np.eye(3))
    with pytest.raises(hoad.errors.RecordingError, match="can't be written in C"):
        compiled.to_c()
