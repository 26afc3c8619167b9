"""The book keeps to its form: short cells, and a solution for each exercise."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CHAPTERS = sorted(path for path in (DOCS / "book").glob("*.md") if path.name != "index.md")
NOTEBOOKS = [*CHAPTERS, *(path for path in (DOCS / "guides").glob("*.md") if path.name != "index.md")]
CELL = re.compile(r"^```\{code-cell\} python3\n((?::[^\n]*\n)*)(.*?)^```", re.M | re.S)
LONGEST = 30  # lines of a cell


def names(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names(NOTEBOOKS))
def test_cells_are_short_and_are_python(path: Path) -> None:
    cells = CELL.findall(path.read_text(encoding="utf-8"))
    assert cells
    for _, body in cells:
        assert len(body.strip().splitlines()) <= LONGEST, body
        ast.parse(body)


@pytest.mark.parametrize("path", CHAPTERS, ids=names(CHAPTERS))
def test_each_exercise_has_a_solution_that_is_hidden(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    chapter, _, exercises = text.partition("\n## Exercises\n")
    numbers = [int(n) for n in re.findall(r"^\*\*(\d+)\.\*\*", exercises, re.M)]
    assert len(numbers) >= 3 and numbers == list(range(1, len(numbers) + 1))
    assert [options for options, _ in CELL.findall(exercises)] == [":tags: [hide-cell]\n"] * len(numbers)
    assert "hide-cell" not in chapter


def test_each_chapter_is_in_the_book() -> None:
    listed = re.search(r"```\{toctree\}\n(.*?)```", (DOCS / "book" / "index.md").read_text(), re.S)
    assert listed is not None
    chapters = [line for line in listed[1].split() if not line.startswith(":") and not line.isdigit()]
    assert sorted(chapters) == names(CHAPTERS)
