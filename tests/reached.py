"""Which test runs which statement of hoad, for ``mutants.py``: a plugin of pytest's.

``make reached`` runs the tests under it, each with some of its parameters, and keeps what it finds in
``build/reached``, with hoad as it was then: lines that have moved since are found by what stands in them. As
hoad is imported, each statement of a function, and each body of a lambda, is compiled with one more before
it, which notes that it is run. The text stays as it is, and so do the lines: hoad reads its rules as text.
That takes a fifth of the time of the tests more.
"""

from __future__ import annotations

import ast
import base64
import builtins
import difflib
import functools
import random
import shutil
import sys
import time
import zlib
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
MOST = 10  # sets of parameters of a test
FOLDER = ROOT / "build" / "reached"
SEEN = "__seen__"  # among the builtins: a byte for each statement, 1 where it was run


class Noting(ast.NodeTransformer):
    """Puts a statement before each one of a function, which notes that this is run.

    Attributes:
        lines: by number, where the statement is.
    """

    def __init__(self, lines: list[int]) -> None:
        self.lines = lines
        self.within = False

    def note(self, node: Any) -> int:
        """The number of a statement."""
        self.lines.append(node.lineno)
        return len(self.lines) - 1

    def generic_visit(self, node: ast.AST) -> ast.AST:
        outside, self.within = self.within, self.within or isinstance(node, ast.FunctionDef)
        super().generic_visit(node)
        if self.within and not isinstance(node, ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list):
                    setattr(node, name, [each for line in block for each in self.noted(line)])
        self.within = outside
        return node

    def noted(self, line: ast.stmt) -> Iterator[ast.stmt]:
        """A statement after that which notes it; none before a text, which may be that of a function."""
        if not isinstance(line, ast.Expr) or not isinstance(line.value, ast.Constant):
            note = ast.parse(f"{SEEN}[{self.note(line)}] = 1").body[0]
            for part in ast.walk(note):
                ast.copy_location(part, line)
            yield note
        yield line

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        super().generic_visit(node)
        note = ast.parse(f"{SEEN}.__setitem__({self.note(node.body)}, 1)", mode="eval").body
        node.body = ast.BoolOp(ast.Or(), [note, node.body])  # what notes is None
        for part in [node.body, *ast.walk(note)]:
            ast.copy_location(part, node.body.values[1])
        return node


class Loader(SourceFileLoader):
    """Compiles a module of hoad with notes in it."""

    codes: ClassVar[dict[str, Any]] = {}

    def get_code(self, fullname: str) -> Any:
        return self.codes[self.get_filename(fullname)]


class Finder:
    """Finds the modules of hoad, and gives them that loader."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] != "hoad":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None and spec.origin.startswith(str(ROOT / "hoad")):
            spec.loader = Loader(name, spec.origin)
        return spec


class Noted:
    """A plugin that notes for each test the statements that it runs, and the seconds that it takes."""

    def __init__(self) -> None:
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(ROOT / "hoad", FOLDER / "hoad", ignore=shutil.ignore_patterns("__pycache__"))
        numbers = []
        lines: list[int] = []
        for path in sorted((ROOT / "hoad").rglob("*.py")):
            first = len(lines)
            tree = Noting(lines).visit(ast.parse(path.read_bytes()))
            Loader.codes[str(path)] = compile(tree, str(path), "exec", dont_inherit=True)
            numbers.append(
                " ".join(map(str, [path.relative_to(ROOT / "hoad").as_posix(), first, *lines[first:]]))
            )
        (FOLDER / "files").write_text("\n".join(numbers))
        self.seen = bytearray(len(lines))
        setattr(builtins, SEEN, self.seen)
        sys.meta_path.insert(0, Finder)
        self.tests = (FOLDER / "tests").open("w")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Of a test with many parameters some are taken, at random."""
        kinds: dict[str, list[Any]] = {}
        for item in items:
            kinds.setdefault(item.nodeid.partition("[")[0], []).append(item)
        rng = random.Random(0)
        some = {item for same in kinds.values() for item in rng.sample(same, min(len(same), MOST))}
        items[:] = [item for item in items if item in some]

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self.seen[:] = bytes(len(self.seen))
        start = time.process_time()
        yield
        seconds = time.process_time() - start
        found = base64.b85encode(zlib.compress(np.packbits(np.frombuffer(self.seen, np.uint8)).tobytes()))
        print(f"{seconds:.4f}", found.decode(), item.nodeid, sep="\t", file=self.tests, flush=True)


class Reached:
    """What was noted.

    Args:
        folder: where.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        told = [line.split() for line in (folder / "files").read_text().splitlines()]
        self.numbers = {
            file: [(int(line), int(first) + k) for k, line in enumerate(lines)]
            for file, first, *lines in told
        }
        self.names: list[str] = []
        self.seconds: dict[str, float] = {}
        found = []
        for line in (folder / "tests").read_text().splitlines():
            seconds, bits, name = line.split("\t", 2)
            self.names.append(name)
            self.seconds[name] = float(seconds)
            found.append(np.frombuffer(zlib.decompress(base64.b85decode(bits)), np.uint8))
        self.found = np.array(found)  # a row for each test, a bit for each statement

    def tests(self, file: str, text: str, first: int, last: int) -> list[str]:
        """The tests that run a statement on one of some lines, the quick ones first.

        Args:
            file: the file's path in hoad.
            text: what stands in it now.
            first, last: the lines, from 1.
        """
        places = self.places(file, text)
        lines = {places[k] for k in range(first, last + 1) if k in places}
        wanted = [number for line, number in self.numbers.get(file, ()) if line in lines]
        return self.that_run(wanted)

    def tests_of(self, folder: str) -> list[str]:
        """The tests that run some statement of the files in a folder, the quick ones first."""
        wanted = [n for file, lines in self.numbers.items() if file.startswith(folder) for _, n in lines]
        return self.that_run(wanted)

    def that_run(self, wanted: list[int]) -> list[str]:
        """The tests that run one of some statements."""
        run = np.zeros(len(self.names), bool)
        for number in wanted:
            run |= (self.found[:, number // 8] & (128 >> number % 8)) != 0
        names = [self.names[k] for k in np.flatnonzero(run)]
        return sorted(names, key=lambda name: (self.seconds[name], name))

    @functools.lru_cache(maxsize=4)  # noqa: B019
    def places(self, file: str, text: str) -> dict[int, int]:
        """By line, which one it was."""
        before = self.folder / "hoad" / file
        if not before.exists():
            return {}
        matcher = difflib.SequenceMatcher(None, before.read_text().split("\n"), text.split("\n"), False)
        return {b + k + 1: a + k + 1 for a, b, size in matcher.get_matching_blocks() for k in range(size)}


if __name__ == "__main__":
    raise SystemExit(pytest.main(["-q", "-p", "no:xdist", *sys.argv[1:]], plugins=[Noted()]))
