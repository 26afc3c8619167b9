"""The Makefile: its list of targets is whole, and an environment is of the Python that was asked for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not here")


def asked(folder: Path, *words: str) -> list[str]:
    """What make prints in a folder, as a user asks for it, and not as one who runs these tests with make."""
    assert MAKE is not None
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    done = subprocess.run(
        [MAKE, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def listed(folder: Path = ROOT) -> list[str]:
    """The targets that ``make help`` lists."""
    return [line.split()[0] for line in asked(folder, "help")]


def targets(text: str) -> dict[str, bool]:
    """The targets of a makefile that are no files, and whether a text after ``##`` says what each is for."""
    named = re.findall(r"^([\w-]+):(?!=)(.*)$", text, re.MULTILINE)
    return {name: bool(re.search(r" ## \S", rest)) for name, rest in named}


def phony(text: str) -> set[str]:
    return {
        name
        for line in re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE)
        for name in line.split()
        if "$" not in name
    }


def faults(text: str, help_says: list[str]) -> list[str]:
    """What the list of targets leaves out or has too much."""
    has = targets(text)
    return [
        *(f"{name} has no text after ##" for name, told in has.items() if not told),
        *(f"{name} is not in .PHONY" for name in sorted(has.keys() - phony(text))),
        *(f"{name} of .PHONY has no rule" for name in sorted(phony(text) - has.keys())),
        *(f"{name} is not in `make help`" for name in sorted(has.keys() - set(help_says))),
    ]


def test_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert len(listed()) > 15 and {"help", "test", "lint"} <= set(listed())
    assert faults(text, listed()) == []
    assert sorted(listed()) == sorted(targets(text))  # each once


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("lint: ", "lint2: "), "lint2 is not in `make help`"),  # whose names the list reads as letters
        (("## ruff and mypy", ""), "lint has no text after ##"),
        (("typing bench ", "typing "), "bench is not in .PHONY"),
        (("clean\n", "clean old\n"), "old of .PHONY has no rule"),
    ],
)
def test_a_target_that_is_left_out_is_found(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert change[0] in text
    text = text.replace(*change)
    (tmp_path / "Makefile").write_text(text)
    assert fault in faults(text, listed(tmp_path))


# ------------------------------------------------------------------------------------------------------------
# Environments
# ------------------------------------------------------------------------------------------------------------


def planned(folder: Path, *words: str) -> tuple[set[str], set[str], set[str]]:
    """What all targets together would make: environments with their Python, installations, and stamps."""
    lines = asked(folder, "-n", "MAKE=true", *words, *listed(ROOT))
    whole = "\n".join(lines)
    made = {
        f"{python} {place}" for python, place in re.findall(r"^(\S+) -m venv.* (\S+)$", whole, re.MULTILINE)
    }
    installed = set(re.findall(r"^(\S+/bin/python -m pip install .*?)\s*\\?$", whole, re.MULTILINE))
    return made, installed, set(re.findall(r"^touch (\S+)$", whole, re.MULTILINE))


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A checkout with all of its environments, which are of the Python that runs the tests."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    os.utime(tmp_path / "pyproject.toml", (0, 0))
    made, installed, stamps = planned(tmp_path)
    assert len(made) >= 6 and len(installed) >= 6 and len(stamps) >= 6
    for place in made:
        program(tmp_path / place.split()[1] / "bin" / "python", f'exec "{sys.executable}" "$@"')
    for stamp in (*stamps, ".venv-uv/bin/uv"):
        (tmp_path / stamp).touch()
    return tmp_path


def test_environments_that_are_there_stay(house: Path) -> None:
    assert planned(house) == (set(), set(), set())
    assert planned(house, f"PYTHON={sys.executable}") == (set(), set(), set())


def test_environments_are_made_anew_for_another_python(
    house: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bare = tmp_path_factory.mktemp("bare")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, bare)
    other = program(tmp_path_factory.mktemp("bin") / "python", "echo another")
    assert planned(house, f"PYTHON={other}") == planned(bare, f"PYTHON={other}")
    assert all(line.startswith(f"{other} ") for line in planned(house, f"PYTHON={other}")[0])


def test_one_environment_of_another_python_is_made_anew_alone(house: Path) -> None:
    program(house / ".venv-docs" / "bin" / "python", "echo another")
    assert planned(house) == (set(), set(), set())
    made, _, stamps = planned(house, f"PYTHON={sys.executable}")
    assert (made, stamps) == ({f"{sys.executable} .venv-docs"}, {".venv-docs/.done"})
