"""Machine code for processors without newer instructions, and where there is none: on others than x86-64, on
free-threaded Python, on other interpreters.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from test_native import SHAPES

import hoad
from hoad.compiling import entry, objects

pytest.importorskip("llvmlite")
HAS = str(objects.llvm().get_host_cpu_features().flatten()) if objects.llvm() is not None else ""
KINDS = {"x86-64": "+sse2", "x86-64-v2": "+sse4.2", "x86-64-v3": "+avx2", "x86-64-v4": "+avx512vl"}
NAMES = ["heat", "products", "einsum", "logsumexp", "branches", "norms"]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if platform.machine() not in ("x86_64", "AMD64") or KINDS[name] not in HAS:
        pytest.skip(f"this processor is no {name}")
    monkeypatch.setenv("HOAD_CPU", name)
    return name


@pytest.mark.parametrize("name", NAMES)
def test_without_newer_instructions(kind: str, name: str) -> None:
    f, x = SHAPES[name]
    wide = np.concatenate([np.tile(x, 100) * np.linspace(0.9, 1.1, 100 * x.size)]) if x.ndim == 1 else x
    wide = wide if name in ("logsumexp", "branches", "norms") else x
    for g in (f, hoad.grad(f)):
        compiled = hoad.compile(g)
        compiled(wide)
        for point in (wide, wide * 1.01 + 0.003):
            right = g(point)
            np.testing.assert_allclose(compiled(point), right, rtol=1e-11, atol=1e-12 * np.max(np.abs(right)))
        assert compiled.stats()["native"] == 1, compiled.why()


def test_functions_without_newer_instructions(kind: str) -> None:
    """A product and a sum that are rounded once have an instruction only from AVX2 on."""
    x = np.linspace(0.05, 0.95, 3000)
    functions = (np.exp, np.log, np.sin, np.cos, np.tanh, np.expm1, np.log1p, np.sinh, np.cosh, np.arcsin)
    compiled = hoad.compile(lambda x: tuple([f(x) for f in functions]))
    compiled(x)
    for f, found in zip(functions, compiled(x), strict=True):
        np.testing.assert_array_max_ulp(found, f(x), maxulp=3)
    assert compiled.stats()["native"] == 1 and compiled.variants[0].native.mode == "loops"


ELSEWHERE: dict[str, Any] = {
    "PyPy": lambda patch: patch.setattr(sys.implementation, "name", "pypy"),
    "32 bit": lambda patch: patch.setattr(sys, "maxsize", 2**31 - 1),
    "big endian": lambda patch: patch.setattr(sys, "byteorder", "big"),
    "free-threaded": lambda patch: patch.setattr(
        entry.sysconfig, "get_config_var", lambda name: int(name == "Py_GIL_DISABLED")
    ),
    "another processor": lambda patch: patch.setattr(platform, "machine", lambda: "riscv64"),
}


@pytest.fixture(params=ELSEWHERE)
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    ELSEWHERE[request.param](monkeypatch)
    for cached in (entry.is_understood, entry.reason, objects.llvm):
        cached.cache_clear()
    yield request.param
    monkeypatch.undo()
    for cached in (entry.is_understood, entry.reason, objects.llvm):
        cached.cache_clear()


def test_auto_falls_back_and_says_so(elsewhere: str) -> None:
    compiled = hoad.compile(hoad.grad(lambda x: np.sum(np.sin(x) ** 2)))
    x = np.linspace(0.0, 1.0, 5)
    assert np.array_equal(compiled(x), compiled(x)) and compiled.stats()["native"] == 0
    assert compiled.stats()["hits"] == 1 and "no native code: " in compiled.why()
    with pytest.raises(hoad.errors.MissingDependencyError, match="native code"):
        hoad.compile(np.sin, backend="native")
