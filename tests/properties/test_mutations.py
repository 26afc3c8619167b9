"""The changes that nobody can see, as ``make mutants`` lists them, are those of the code as it is; and the
others are made.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants import codes_in, functions_held, name_of
from mutations import ROOT, changes_of, equivalents

from hoad.second import called

ENTRIES = equivalents()
FILES = sorted({where.partition(" ")[0] for where, _, _ in ENTRIES})


def test_every_block_is_read() -> None:
    text = (Path(__file__).parent.parent / "equivalent_mutants.txt").read_text(encoding="utf-8")
    assert len(ENTRIES) == text.count("\n- ") and all(reason.strip() for reason in ENTRIES.values())


@pytest.mark.parametrize("file", FILES)
def test_every_one_can_be_made(file: str) -> None:
    listed = {entry for entry in ENTRIES if entry[0].partition(" ")[0] == file}
    lines = [before for _, before, _ in listed]
    text = (ROOT / "hoad" / file).read_text(encoding="utf-8").split("\n")
    near = [
        change
        for change in changes_of(ROOT / "hoad" / file)
        if any(line.startswith(" ".join(text[change.mutation.line - 1].split())) for line in lines)
    ]
    assert listed <= {change.entry for change in near}


def test_the_functions_of_which_the_code_is_changed_are_found() -> None:
    """What is collected is frozen, and the collector passes it over."""
    file = str(called.__file__)
    names = [name_of(code) for code in codes_in(compile(Path(file).read_text("utf-8"), file, "exec"))]
    functions = functions_held()
    whole = [name for name in names if "<" not in name[1]]
    assert whole and not [name for name in whole if name not in functions]
