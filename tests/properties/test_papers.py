"""Every folder in ``papers/`` has a note, a place in the index, and a script whose claims hold."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

PAPERS = Path(__file__).parent.parent.parent / "papers"
FOLDERS = sorted(script.parent for script in PAPERS.glob("*/reproduce.py"))
TWO_PAGES = 120


def test_papers_are_found() -> None:
    assert {"siskind_pearlmutter_2005", "pearlmutter_1994", "manzyuk_2019", "dangel_2025"} <= {
        folder.name for folder in FOLDERS
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_note(folder: Path) -> None:
    note = (folder / "README.md").read_text(encoding="utf-8")
    year = folder.name.rpartition("_")[2]
    assert len(note.splitlines()) <= TWO_PAGES
    assert year in note, "the source is named with its year"
    assert f"({folder.name}/README.md)" in (PAPERS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_result_is_reproduced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(folder / "reproduce.py"))["main"]()
    assert capsys.readouterr().out
