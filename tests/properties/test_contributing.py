"""CONTRIBUTING.md is true: what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`([^`\n]+)`", PAGE)))
FILES = [name for name in NAMES if re.fullmatch(r"\.?[\w./-]*(/|\.\w+)", name) and not name.startswith("__")]
TESTS = [name for name in NAMES if name.startswith("test_")]
TARGETS = sorted(set(re.findall(r"make ([a-z-]+)", PAGE)))
CODE = [name for name in NAMES if re.fullmatch(r"[A-Za-z_]+", name) and name not in TESTS]
SOURCES = [path.read_text(encoding="utf-8") for path in (ROOT / "hoad").rglob("*.py")]


def test_the_page_names_something() -> None:
    assert len(FILES) > 15 and len(TESTS) >= 2 and len(TARGETS) >= 5 and len(CODE) >= 4


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_there(name: str) -> None:
    assert any((ROOT / folder / name).exists() for folder in (".", "hoad/chainrules/numpy"))


@pytest.mark.parametrize("name", TESTS)
def test_every_test_is_where_the_page_says(name: str) -> None:
    place = re.search(rf"`{name}`\s+in\s+`([^`]+)`", PAGE)
    assert place is not None and f"def {name}(" in (ROOT / place.group(1)).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_is_there(name: str) -> None:
    assert re.search(rf"^{name}:.* ## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", CODE)
def test_every_name_is_defined(name: str) -> None:
    pattern = re.compile(rf"^(def|class) {name}\b|^{name}\b.*=", re.MULTILINE)
    assert any(pattern.search(text) for text in SOURCES), name


def test_what_ci_runs_is_what_the_hooks_run() -> None:
    """The hooks of .pre-commit-config.yaml run each linter that ``make lint`` runs."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    lint = makefile[makefile.index("\nlint:") :].split("\n\n")[0]
    linters = re.findall(r"\$\(BIN\)/(\w+(?: check| format)?)", lint)
    assert len(linters) == 3 and all(linter in hooks for linter in linters)
    assert "make lint" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
