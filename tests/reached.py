"""Which test runs which line of hoad, for ``mutants.py``: a plugin of pytest's around coverage.py.

``make reached`` runs all tests under it, in an hour or so, and keeps what it finds in ``build/reached``, with
hoad as it was then: lines that have moved since are found by what stands in them.
"""

from __future__ import annotations

import difflib
import functools
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "reached"


class Noted:
    """A plugin that notes for each test the lines that it runs, and the seconds that it takes."""

    def __init__(self) -> None:
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(ROOT / "hoad", FOLDER / "hoad", ignore=shutil.ignore_patterns("__pycache__"))
        self.coverage = coverage.Coverage(
            data_file=str(FOLDER / "lines"), include=[f"{ROOT}/hoad/*"], messages=False
        )
        self.seconds = (FOLDER / "seconds").open("w")
        self.coverage.start()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        start = time.process_time()
        yield
        print(f"{time.process_time() - start:.4f}\t{item.nodeid}", file=self.seconds, flush=True)
        self.coverage.switch_context("")

    def pytest_unconfigure(self) -> None:
        self.coverage.stop()
        self.coverage.save()


class Reached:
    """What was noted.

    Args:
        folder: where.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.lines = coverage.CoverageData(str(folder / "lines"))
        self.lines.read()
        self.files = {name.rpartition("/hoad/")[2]: name for name in self.lines.measured_files()}
        told = [line.split("\t", 1) for line in (folder / "seconds").read_text().splitlines()]
        self.seconds = {name: float(seconds) for seconds, name in told}

    def tests(self, file: str, text: str, first: int, last: int) -> list[str]:
        """The tests that run one of some lines, the quick ones first.

        Args:
            file: the file's path in hoad.
            text: what stands in it now.
            first, last: the lines, from 1.
        """
        if file not in self.files:
            return []
        places = self.places(file, text)
        wanted = {places[k] for k in range(first, last + 1) if k in places}
        found = self.contexts(file)
        names = {name for line in wanted for name in found.get(line, ())} - {""}
        return sorted(names, key=lambda name: (self.seconds.get(name, 1.0), name))

    @functools.lru_cache(maxsize=4)  # noqa: B019
    def contexts(self, file: str) -> dict[int, list[str]]:
        """By line, which tests run it."""
        return self.lines.contexts_by_lineno(self.files[file])

    def places(self, file: str, text: str) -> dict[int, int]:
        """By line, which one it was."""
        before = self.folder / "hoad" / file
        if not before.exists():
            return {}
        matcher = difflib.SequenceMatcher(None, before.read_text().split("\n"), text.split("\n"), False)
        return {b + k + 1: a + k + 1 for a, b, size in matcher.get_matching_blocks() for k in range(size)}


if __name__ == "__main__":
    raise SystemExit(pytest.main(["-q", "-p", "no:xdist", *sys.argv[1:]], plugins=[Noted()]))
