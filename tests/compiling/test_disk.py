"""Machine code on disk: made once, loaded by other processes, and made anew where it is not what was
written.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.compiling import disk

pytest.importorskip("llvmlite")
X = np.linspace(0.5, 1.5, 9)
CODE = "*[0-9a-f]"  # files of code: those of recordings have a suffix
A = np.random.default_rng(4).normal(size=(9, 9))


def rosen(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def compiled(folder: Path, f: Callable[[Any], Any], x: Any = X) -> Any:
    made = hoad.compile(f, cache=folder)
    np.testing.assert_allclose(made(x), f(x), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(made(x), f(x), rtol=1e-11, atol=1e-11)
    return made


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "of single numbers": hoad.hessian(rosen),
    "of loops": hoad.grad(lambda x: np.sum(np.tanh(np.outer(x, np.linspace(0, 1, 300))) ** 2)),
    "of products": hoad.grad(lambda x: np.sum(np.sin(np.outer(A @ x, x) @ A) ** 2)),
    "complex": lambda x: np.exp(1j * x) / (2 + x),
    "with a guard": lambda x: x * 2 if x[0] > 0 else x,
    "of positions": lambda x: np.sum(x[[3, 1, 1, 6]] ** 3),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_code_is_made_once(name: str, tmp_path: Path) -> None:
    assert compiled(tmp_path, FUNCTIONS[name]).stats()["cached"] == 0
    again = compiled(tmp_path, FUNCTIONS[name])
    assert again.stats()["cached"] == again.stats()["native"] == 1
    assert len(list(tmp_path.glob(CODE))) == 1


def test_stages_are_kept(tmp_path: Path) -> None:
    f = lambda x: np.sum(np.sort(np.sin(3 * x) * x) * np.exp(np.arange(9.0) / 7))
    compiled(tmp_path, f)
    assert all([code.cached for code in compiled(tmp_path, f).variants[0].stages])


CHANGES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "a number": (lambda x: x * 2.0, lambda x: x * 2.5),
    "an array": (lambda x: A @ x, lambda x: 2 * A @ x),
    "a function": (lambda x: np.sin(x), lambda x: np.cos(x)),
    "an index": (lambda x: x[1:], lambda x: x[:-1]),
    "an option": (lambda x: np.cumsum(np.outer(x, x), 0), lambda x: np.cumsum(np.outer(x, x), 1)),
    "a guard": (lambda x: x * 2 if x[0] > 0 else x, lambda x: x * 2 if x[0] < 1 else x),
    "one result": (lambda x: np.sum(x), lambda x: (np.sum(x),)),
    "its class": (lambda x: np.sum(x), lambda x: float(np.sum(x))),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_program_is_another_file(name: str, tmp_path: Path) -> None:
    first, second = CHANGES[name]
    for f in (first, second):
        made = hoad.compile(f, cache=tmp_path)
        for _ in range(2):
            got, right = made(X), f(X)
            assert type(got) is type(right)
            np.testing.assert_allclose(got, right, rtol=1e-13)
        assert made.stats()["cached"] == 0 and made.stats()["native"]
    assert len(list(tmp_path.glob(CODE))) == 2


def test_another_processor_or_version_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(tmp_path, rosen)
    for name in ("versions", "processor"):
        told = getattr(disk, name)()
        monkeypatch.setattr(disk, name, lambda told=told: (*told, "another"))
        assert compiled(tmp_path, rosen).stats()["cached"] == 0


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda text: text[: len(text) // 2],
    "empty": lambda text: b"",
    "a bit": lambda text: text[:-9] + bytes([text[-9] ^ 1]) + text[-8:],
    "another file": lambda text: b"hello",
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_made_anew(name: str, tmp_path: Path) -> None:
    compiled(tmp_path, hoad.grad(rosen))
    (file,) = tmp_path.glob(CODE)
    file.write_bytes(DAMAGES[name](file.read_bytes()))
    assert compiled(tmp_path, hoad.grad(rosen)).stats()["cached"] == 0
    assert compiled(tmp_path, hoad.grad(rosen)).stats()["cached"] == 1


def test_a_folder_that_cant_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert compiled(tmp_path / "file" / "code", rosen).stats()["native"] == 1


def test_a_function_of_the_users_has_no_name() -> None:
    """Nobody can tell in another process whether it is the same."""
    made = hoad.compile(lambda x: np.sin(x) * 2)
    made(X)
    program = made.variants[0].program
    assert disk.name_of(program, True) == disk.name_of(program, True) != disk.name_of(program, False)
    (node,) = [node for node in program.nodes if node.what == "sin"]
    node.function = lambda x: x
    assert disk.name_of(program, True) is None


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOAD_CACHE_DIR", str(tmp_path / "a"))
    assert disk.folder(True) == tmp_path / "a" and disk.folder(False) is None
    monkeypatch.delenv("HOAD_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "b"))
    assert disk.folder(True) == tmp_path / "b" / "hoad"
    assert disk.folder(str(tmp_path)) == tmp_path


PROGRAM = """
import sys, numpy as np, hoad
def rosen(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
compiled = hoad.compile(hoad.grad(rosen), cache=sys.argv[1])
x = np.linspace(0.5, 1.5, 500)
compiled(x)
assert np.allclose(compiled(x), hoad.grad(rosen)(x), rtol=1e-11, atol=1e-9)
print(compiled.stats()["cached"])
"""


def test_processes(tmp_path: Path) -> None:
    """Several at once make the code or load it; whoever comes later loads it."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    many = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert all(
        [process.communicate()[0].strip() in ("0", "1") and not process.returncode for process in many]
    )
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "1"
    assert len(list(tmp_path.glob(CODE))) == 1
